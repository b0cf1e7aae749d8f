//go:build unix

package sqlite

import (
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

// TestAFileThatCannotGrowKeepsNothing: at an I/O error SQLite undoes a transaction by itself
// and takes each further statement as one of its own. What a call had on its way then is not kept.
func TestAFileThatCannotGrowKeepsNothing(t *testing.T) {
	s := opened(t, Options{})
	// With little memory pages are written before the commit, in the middle of the rows.
	if err := s.write.exec(`PRAGMA cache_size = 20`); err != nil {
		t.Fatal(err)
	}
	body := strings.Repeat("y", 3000)
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var usual syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &usual); err != nil {
		t.Fatal(err)
	}
	tight := usual
	tight.Cur = 1 << 20
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &tight); err != nil {
		t.Fatal(err)
	}
	errs := greatBetweenSmall(t, s, 8, body)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &usual); err != nil {
		t.Fatal(err)
	}
	wantSmall(t, s, errs, 8, body)
}
