//go:build unix

package sqlite

import (
	"errors"
	"fmt"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"sodanvan/syncserver/store"
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
	errs := together(t, s,
		func(tx store.Tx) error { return putSome(tx, 1, 3, "một") },
		func(tx store.Tx) error {
			for call := 10; call < 18; call++ {
				if err := putSome(tx, call, 250, body); err != nil {
					return err
				}
			}
			return nil
		},
		func(tx store.Tx) error { return putSome(tx, 2, 3, "hai") })
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &usual); err != nil {
		t.Fatal(err)
	}
	if errs[0] != nil || errs[2] != nil || !errors.Is(errs[1], store.ErrFull) {
		t.Errorf("calls ended with %v", errs)
	}
	if err := s.Write(t.Context(), func(tx store.Tx) error { return putSome(tx, 3, 3, "ba") }); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	err := s.Read(t.Context(), func(from store.Reader) error {
		for call, text := range map[int]string{1: "một", 2: "hai", 3: "ba"} {
			if found := has(t, from, call, 3, text); found != 3 {
				t.Errorf("%d rows of call %d", found, call)
			}
		}
		for call := 10; call < 18; call++ {
			if found := has(t, from, call, 250, body); found != 0 {
				t.Errorf("%d rows of the call that failed", found)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found, err := s.Check(t.Context()); err != nil || len(found) > 0 {
		t.Error(fmt.Sprint(found, err))
	}
}
