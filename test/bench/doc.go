// Package bench prints, in one run beside each other, what syncing costs: 10,000 invented
// visits (rows.go) through the real server process with rights, validation, history and
// digests on, the floor under it (the same rows as plain upserts into SQLite), bytes a row
// both ways, one changed row on a warm connection, and a new phone with 600 rows. Run it
// with make bench. Machines are noisy: the table gives medians, and ratios to the floor.
package bench
