// Package wire packs the bodies of SyncService under the name "zstd-1": zstd with a
// dictionary that both sides have built in. A sync of an ordinary day is a few hundred
// bytes, too short for a compressor to learn anything in; the dictionary has learnt
// before what patches, rows and notes look like. The server's api unpacks and packs with it, the
// app's syncing and the probes of the tests call through NewClient or Option.
//
// A name means one dictionary for ever. A new dictionary is a new file, a new number and a
// new name beside the old ones; scripts/dictionary makes it.
//
// What comes in is hostile until proven otherwise: one frame, of this dictionary, with a
// bounded window and number of blocks, and never a byte more out than the limit.
package wire
