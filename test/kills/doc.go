// Package kills ends the real programs with kill -9, again and again, at moments that come
// from a seed: the server while several phones send, the app while it writes and sends. After
// each kill it asks what a person would: is everything still there that was called saved, do
// both sides still agree, does the next sync work.
//
//	KILLS=200 KILLS_SEED=7 go test ./test/kills
//
// KILLS is how many kills each side gets (20), KILLS_SEED names the moments (1). The seed
// gives the moments and what is written; how far a program has come by then is the
// machine's, so the same seed is a close repetition and not the same run.
//
// What a kill is not: it takes the process and leaves the kernel, which still writes what it
// was handed. A program that never called fsync would pass here. That what is acknowledged
// is on disk first, as a power cut asks for, is what test/fsync reads from the calls to the
// kernel; crashes between two statements are what app/store tries in its own tests.
package kills
