// Package syncing carries changes to the server and rows to the phone.
//
// [Engine] is a pure step function: Next says what to send and when, Reply takes what came
// back. It starts no goroutine and does no I/O but its [Store], so a simulation drives many
// of them in one goroutine under virtual time. [Client] is the network: Connect over TLS 1.3
// to a pinned server. [Run] joins the two until nothing is left to do. [Enrol] and [Recover]
// are how a phone joins and how a forgotten PIN is reset.
//
// app/notebook calls it; nobody else does.
//
// What a reply means for the book is decided in app/store, in the transaction that applies
// it, because the user may write while a call is under way.
package syncing
