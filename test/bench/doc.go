// Package bench prints, in one run beside each other, what syncing costs: 10,000 invented
// visits (rows.go) through the real server process with rights, validation, history and
// digests on, the floor under it (the same rows as plain upserts into SQLite), bytes a row
// both ways, one changed row on a warm connection, and a new phone with 600 rows (make
// bench); the same rows through PouchDB and express-pouchdb (make bench-peers); and a
// district's phones at one server (make bench-district). Machines are noisy: the tables give
// medians and ratios. docs/bench.md tells how to read them.
package bench
