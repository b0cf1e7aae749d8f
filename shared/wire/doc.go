// Package wire packs the bodies of SyncService under the name "flate-1": DEFLATE (RFC 1951)
// with a dictionary that both sides have built in. A sync of an ordinary day is a few
// hundred bytes, too short for a compressor to learn anything in; the dictionary has learnt
// before what patches, rows and notes look like. The server's api packs and unpacks with it; the
// app's syncing and the probes of the tests call through NewClient or Option.
//
// A body is the first two bytes of the dictionary's SHA-256, then one DEFLATE stream. A name
// means one dictionary for ever: a new one is a new file and a new name beside the old.
// scripts/dictionary makes it.
//
// Why not zstd, measured with both on the same messages (klauspost/compress v1.20.3, bytes):
//
//	                                  gzip   zstd default  better  best   flate-1
//	a row in a page of 5,000          108.5      106.4      107.2  100.7   102.7
//	a row in a page of 600            112.5      113.2      114.8  108.0   106.7
//	a request with one new visit        404        352        332    n/a     324
//	a reply with one row                218        181        167    n/a     151
//
// (flate-1 by the standard library's level 4. Level 7 of klauspost/compress, which packs now,
// takes the same time; a change in a push of 2,500 becomes 4 % smaller, a row of a page 1 %.)
//
// Notes are short words of two-byte letters: matches of three to five bytes, which zstd's
// faster levels do not look for and DEFLATE does. Zstd's best does; it costs 70 MiB of
// tables and four times the time. A stream of DEFLATE has no header, its window is 32 KiB.
package wire
