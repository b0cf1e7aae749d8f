package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/syncserver/store"
)

var (
	someUnit   = book.ID{15: 1}
	errInvited = errors.New("invited")
)

func someRow(call, n int, body string) *store.Row {
	return &store.Row{ID: book.ID{14: byte(call), 15: byte(n)}, Unit: someUnit, Holder: book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: book.ID{13: 1, 15: byte(n % 3)}},
		Kind: pb.Kind_KIND_VISIT, Seq: uint64(call*1000 + n), Bytes: []byte(body)}
}

func putSome(tx store.Tx, call, n int, body string) error {
	for i := range n {
		if err := tx.PutRow(someRow(call, i, fmt.Sprint(body, " ", i)), 1); err != nil {
			return err
		}
	}
	return nil
}

// has tells how many of a call's rows are there with their bodies.
func has(t *testing.T, from store.Reader, call, n int, body string) (found int) {
	t.Helper()
	for i := range n {
		r, err := from.Row(someRow(call, i, "").ID)
		if err != nil {
			t.Fatal(err)
		}
		if r != nil {
			found++
			if want := fmt.Sprint(body, " ", i); string(r.Bytes) != want {
				t.Errorf("row %d of call %d says %q, want %q", i, call, r.Bytes, want)
			}
		}
	}
	return found
}

func opened(t *testing.T, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestRowsAreThereForWhoAsks: however many were put and however the last statement was
// filled, the next question in the same call finds all, and the last version of each.
func TestRowsAreThereForWhoAsks(t *testing.T) {
	s := opened(t, Options{})
	for call, n := range []int{1, rowsAtOnce - 1, rowsAtOnce, behindRows, behindRows + 1, 3*behindRows + rowsAtOnce + 5} {
		err := s.Write(t.Context(), func(tx store.Tx) error {
			if err := putSome(tx, call, n, "đầu"); err != nil {
				return err
			}
			if err := putSome(tx, call, n, "sau"); err != nil { // the same ids once more, in the same statements
				return err
			}
			if found := has(t, tx, call, n, "sau"); found != n {
				t.Errorf("%d rows of %d", found, n)
			}
			// Rows that are put while others are walked over.
			return tx.EachRow(someUnit, func(r *store.Row) error {
				if r.ID[14] != byte(call) {
					return nil
				}
				return tx.PutRow(&store.Row{ID: r.ID, Unit: r.Unit, Holder: r.Holder, Kind: r.Kind, Seq: r.Seq, Bytes: bytes.ToUpper(r.Bytes)}, 1)
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Read(t.Context(), func(from store.Reader) error {
			if found := has(t, from, call, n, "SAU"); found != n {
				t.Errorf("after the commit: %d rows of %d", found, n)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// together runs calls in one transaction: they queue while the first one waits for them.
func together(t *testing.T, s *Store, calls ...func(store.Tx) error) []error {
	t.Helper()
	queued := make(chan struct{})
	first := make(chan error, 1)
	go func() {
		first <- s.Write(context.Background(), func(store.Tx) error { <-queued; return nil })
	}()
	for len(s.jobs) > 0 {
	}
	done := make([]chan error, len(calls))
	for i, fn := range calls {
		j := &job{fn: fn, done: make(chan error, 1)}
		done[i] = j.done
		s.jobs <- j
	}
	close(queued)
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	out := make([]error, len(calls))
	for i := range done {
		out[i] = <-done[i]
	}
	return out
}

// TestWhoseRowsFail: a row that cannot be written fails the call that put it and no other of
// the same transaction, and nothing of it stays.
func TestWhoseRowsFail(t *testing.T) {
	for _, n := range []int{1, rowsAtOnce, 3 * behindRows} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			fail := false
			s := opened(t, Options{Step: func(statement string) error {
				if fail && strings.HasPrefix(statement, "INSERT INTO rows") {
					return errInvited
				}
				return nil
			}})
			errs := together(t, s,
				func(tx store.Tx) error { fail = false; return putSome(tx, 1, n, "một") },
				func(tx store.Tx) error {
					if _, err := tx.Meta("so that what came before is written"); err != nil {
						return err
					}
					fail = true
					return putSome(tx, 2, n, "hai")
				},
				func(tx store.Tx) error { fail = false; return putSome(tx, 3, n, "ba") },
				func(tx store.Tx) error { // its own failure, with rows on their way
					if err := putSome(tx, 4, n, "bốn"); err != nil {
						return err
					}
					return errClosed
				},
				func(tx store.Tx) error { return putSome(tx, 5, n, "năm") })
			for i, want := range []error{nil, errInvited, nil, errClosed, nil} {
				if !errors.Is(errs[i], want) {
					t.Errorf("call %d: %v, want %v", i+1, errs[i], want)
				}
			}
			fail = false
			err := s.Read(t.Context(), func(from store.Reader) error {
				for call, want := range map[int]int{1: n, 2: 0, 3: n, 4: 0, 5: n} {
					if found := has(t, from, call, n, map[int]string{1: "một", 3: "ba", 5: "năm"}[call]); found != want {
						t.Errorf("%d rows of call %d, want %d", found, call, want)
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// greatBetweenSmall runs a call of so many rows that there is no room for them, between two
// small ones of the same transaction.
func greatBetweenSmall(t *testing.T, s *Store, parts int, body string) []error {
	t.Helper()
	return together(t, s,
		func(tx store.Tx) error { return putSome(tx, 1, 3, "một") },
		func(tx store.Tx) error {
			for part := range parts {
				if err := putSome(tx, 10+part, 250, body); err != nil {
					return err
				}
			}
			return nil
		},
		func(tx store.Tx) error { return putSome(tx, 2, 3, "hai") })
}

// wantSmall looks whether nothing of the great call was kept, all of the small ones, and
// whether the store goes on.
func wantSmall(t *testing.T, s *Store, errs []error, parts int, body string) {
	t.Helper()
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
		for part := range parts {
			if found := has(t, from, 10+part, 250, body); found != 0 {
				t.Errorf("%d rows of the call that failed", found)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found, err := s.Check(t.Context()); err != nil || len(found) > 0 {
		t.Error(found, err)
	}
}

// TestAFullDiskInTheMiddleKeepsNothing: wherever in a call the room ends.
func TestAFullDiskInTheMiddleKeepsNothing(t *testing.T) {
	body := strings.Repeat("x", 700)
	for pages := 120; pages < 200; pages += 7 {
		t.Run(fmt.Sprint(pages), func(t *testing.T) {
			s := opened(t, Options{MaxPages: pages})
			wantSmall(t, s, greatBetweenSmall(t, s, 4, body), 4, body)
		})
	}
}

// TestATransactionLeftOpenDoesNotStay: whatever left it, the next call does not suffer.
func TestATransactionLeftOpenDoesNotStay(t *testing.T) {
	s := opened(t, Options{})
	if err := s.write.exec(`BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	if err := s.write.exec(`INSERT INTO meta (name, value) VALUES ('left', x'00')`); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), func(tx store.Tx) error { return putSome(tx, 1, 3, "một") }); err != nil {
		t.Fatal(err)
	}
	err := s.Read(t.Context(), func(from store.Reader) error {
		if v, err := from.Meta("left"); v != nil || err != nil {
			t.Errorf("what was left open was kept: %v, %v", v, err)
		}
		if found := has(t, from, 1, 3, "một"); found != 3 {
			t.Errorf("%d rows", found)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
