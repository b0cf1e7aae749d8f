// Package store keeps the book of one phone: an SQLite file whose rows are sealed, and the
// same book decrypted in memory. It is the only SQL of the app.
//
// app/notebook reads [Snapshot]s and writes changes and drafts; app/syncing freezes changes
// for a call and applies replies. Nobody else calls it.
//
// # Reading never waits
//
// A [Snapshot] is immutable. Every write makes a new one after its transaction is on disk
// and puts it in place with one atomic store, so a screen that reads waits for nobody, not
// even for a page of rows that is being written. Writers wait for each other; a transaction
// is one user action or one page of a reply.
//
// # What lies in the file
//
// In the clear: local row numbers, how many writes there were, seq, local key numbers, the name of
// the book (server and device number) and the key boxes, which are sealed themselves. All
// else is sealed with a random key a household, one for the branch, one for drafts, one for
// the state. Dropping a household deletes its key first, so copies of the file
// lose it too. When many changes are sent or answered at once, their numbers and fates are one
// more row, a mark, instead of as many written anew; it has no words (mark.go).
//
// Beside the file a small one counts wrong guesses at the PIN, and a device check leaves
// another; neither tells anything of the book.
//
// # After the server was restored
//
// A server that was restored from a backup begins a new epoch. Own changes that the backup
// lacks go again under their numbers, which is why they are kept until a backup has them;
// rows that it may lack are taken out of the book and offered to it (restore.go). A device
// that it does not know gets a new enrolment and keeps the book (rejoin.go). What the server
// erased goes at once, keys first (erase.go); where digests differ, its listing sets the rows
// right (heal.go).
//
// # Errors
//
// [*BusyError], [*NewerError], [*FullError], [*MissingError], [*ExistsError], [*LeavingError]
// and [*WaitError] carry a sentence for the screen (UserMessage); those of package seal pass
// through. After any error neither file nor memory has changed.
package store
