// Package backup makes sealed copies of a server's book beside a running server, and puts
// them back.
//
// A place (a folder, best on another disk) holds any number of snapshots of server.db, in
// which every body is sealed with the key of its household or unit, and one keys.backup with
// those keys, the identity that phones pin, and the list of what was erased. Only one copy of
// the keys ever lies in a place, replaced by every backup and rewritten after an erasure
// (RewriteKeys): so a household whose key was destroyed opens in no older snapshot either,
// although nobody can change those. Copies of keys.backup that people make elsewhere are out
// of this program's reach.
//
// Both kinds of file are a tar archive with a manifest, sealed with age to the public half of
// backup.key. That file is made at the first backup and must be kept away from the server:
// nobody opens a backup without it. Nothing but age and tar is needed to look inside.
//
// Order, making: the snapshot is copied first and the keys after it, since a key is on disk
// before the first body that it seals; keys.backup is on disk before the snapshot gets its
// name. Order, putting back: everything is built and checked in a folder of its own inside
// the data directory and then moved in by renames that a later start finishes (Install).
package backup
