// Package fsync proves from outside that an acknowledgement leaves the server only after
// what it acknowledges is on disk: it starts the real server under strace, sends changes,
// and reads from the trace in which order files were synced and replies were written. It
// sees the calls to the kernel, so no test double and no setting inside the server can
// make it believe something. Nothing calls it but go test.
package fsync
