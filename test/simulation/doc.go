// Package simulation runs whole towns in one goroutine each: the real registry on real SQLite
// files, three to nine phones with the real store and engine of the app, a network, disks and
// clocks that fail, and one seed that decides everything.
//
// # Running and replaying
//
//	go test ./test/simulation                         # 2,000 seeds and the walks
//	make simulate SEEDS=100000                        # more of them
//	go test ./test/simulation -run Seed -first 5000 -seeds 500
//	go test ./test/simulation -run Seed -seed 123     # one, with its trace
//	go test ./test/simulation -run Seed -seed 123 -events 4,7,9
//
// A seed draws a town, its clocks, which sorts of faults it has, and a list of events, each with a
// time and a source of chance of its own: an event that is left out changes nothing about the
// others, so a failing seed is shrunk to the events that matter and printed as the last of
// these commands. The same seed is the same run, to the byte of each request and reply; some seeds
// run twice to see that. A change of the plan or of the product may give a seed another meaning, so
// the command names the commit.
//
// # Reading a trace
//
// A line begins with the number of the event. "An → 1f2e ← 9a8b 3:stored view of 5" is a call: hashes
// of request and reply, the answer to each change, and what else came (a view, an epoch, offers). "An
// rest device 1, number 3, confirmed 3, 12 rows, at 3b72:2 2341:15" is what the phone made of
// it: how the step ended, what it has sent and heard of, and its cursors. Texts are «event.n» and
// records are hashes of their ids. After "calm" there are no more faults. Nothing sealed is in a
// trace, since seals are of true randomness.
//
// # What is held against what
//
// With each reply: every row is the server's and within the rights of the caller at that moment,
// by plain code over the server's rows that shares nothing with the registry's views; a change
// has one answer, however often it is sent; seqs rise; no stamp is of the future. After each whole
// sync: the phone has what its owner may see and nothing else, row by row, to the byte. In the
// end, when the faults stop: all come to rest within some calls, no change waits, what was refused
// says why, digests agree, the files are sound, the server's own check finds nothing, what was
// erased is nowhere, and every text that anybody wrote is in its record, in history, on the desk, among
// what is parked, or in a draft. A text may be missing only for a reason that the run knows: its
// writer took it back, or the only phone that had it was lost.
//
// # What happens
//
// Visits, edits of one field by several people, petitions with their steps, reviews, notices and
// receipts, drafts, proxies, new households, handovers to and fro, changes of the secretary; changes
// that no rule allows, kinds and fields of a later version; lost, late, doubled and cut
// calls; a crash before any statement and after the commit, on either side, going on from a copy
// of the files as they were at that statement; full disks; clocks of 1970 and 2099 that jump and
// drift; phones put back to an old copy, copied phones, revoked phones that hand their work over, new
// phones; a daily limit; small replies, so that a view takes many; a server put back to a backup,
// households erased, also in the middle of a crash; rows damaged in a phone's file.
//
// Beside the seeds, one small day is walked through: a death at every statement of the server, then
// of a phone; a disk that is full from each write on; files that may grow by one page, two, three.
//
// # What is not modelled
//
// Loss of what the kernel was handed and has not written: a dead process leaves its files as
// the kernel has them (that changes are synced before they are acknowledged is what test/fsync
// reads). Bytes on the wire, TLS and enrolment by slip: calls enter the registry where the API
// hands them over, and replies pass through the packing of the wire alone where they are cut. Two
// goroutines in one program. Officers of the commune. A damaged server. A server put back
// while a phone's file is spoilt. After a restore, what was on the lost disk alone may be gone: it counts as lost only if a
// phone had it.
package simulation
