// Package hostile gives the whole system bad input and bad luck: wrong codes, other servers,
// men in the middle, broken bytes, full disks, files of newer programs. For each it asks
// four things: is the answer typed, does it say in one Vietnamese sentence what to do, is
// everything that was there before still there, and does the good input that comes next
// still get through. The server is the real one over TLS (test/probe); the phone is the
// real book (app/store, app/syncing, app/notebook) where the phone's side is judged.
//
// Nothing calls it but go test.
package hostile
