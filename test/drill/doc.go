// Package drill loses a server and gets it back, as an administrator would: with the real
// command as a process of its own, a backup made while phones push, SIGKILL in the middle of
// a rush, a data directory that is gone, and real books that go on. What each phone writes
// comes from a seed; how far the rush came when the power went is the machine's. Nothing
// calls it but go test.
package drill
