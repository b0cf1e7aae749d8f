// Package loop runs real books (store and engine of the app) against the real registry in
// one goroutine, with lost requests, lost replies, restarts of a book, and households handed
// to and fro, from a seed that replays exactly. When the faults stop, every outbox is
// empty, every digest is the server's, nobody holds what is not theirs, and every text that
// anyone wrote is in its record, its history, or on the desk. The full simulation with
// faults in every statement is to grow from here.
package loop
