package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
)

// story is a sequence of writes that touches every table.
func story(t *testing.T) []func(*Store) error {
	ctx := t.Context()
	apply := func(d Delta) func(*Store) error {
		return func(s *Store) error {
			d.Device = s.Snapshot().State().Identity.Device
			_, err := s.Apply(ctx, d)
			return err
		}
	}
	add := func(ws ...Write) func(*Store) error {
		return func(s *Store) error {
			_, err := s.AddOps(ctx, ws...)
			return err
		}
	}
	draft := Draft{ID: id('V', 20), Kind: pb.Kind_KIND_VISIT, Holder: household(2), Unit: branch, Patch: visitWrite(t, 20, 2, true, "dở").Patch}
	sent := visitWrite(t, 20, 2, true, "xong")
	sent.DropDraft = true
	freeze := func(s *Store) error { _, err := s.Freeze(ctx, 1<<20); return err }
	return []func(*Store) error{
		apply(Delta{View: view(standing()...), Cursors: cursors(5, 10), Rows: []*pb.Row{visitRow(t, 1, 1, 8, "một"), visitRow(t, 2, 2, 9, "hai")}}),
		add(visitWrite(t, 3, 1, true, "ba"), visitWrite(t, 1, 1, false, "sửa")),
		func(s *Store) error { return s.SaveDraft(ctx, draft) },
		freeze,
		apply(Delta{Acks: []*pb.Ack{stored(1, 11), result(2, pb.Result_RESULT_REFUSED)}, Filling: done(standing()...)}),
		add(sent),
		apply(Delta{Cursors: cursors(5, 12), Rows: []*pb.Row{visitRow(t, 3, 1, 11, "ba")}, Kept: 1}),
		func(s *Store) error { return s.SaveDraft(ctx, draft) },
		apply(Delta{View: view(standing()[:3]...)}), // household 1 goes, 2 leaves
		freeze,
		apply(Delta{Acks: []*pb.Ack{stored(3, 13), result(4, pb.Result_RESULT_SUGGESTION)}}),
		apply(Delta{Clone: &pb.CloneNotice{Device: proto.Uint32(30), Confirmed: proto.Bool(true)}}),
		add(visitWrite(t, 4, 3, true, "bốn"), visitWrite(t, 5, 2, true, "năm")),
		apply(Delta{View: view(standing()...), Filling: done(standing()...), Rows: []*pb.Row{visitRow(t, 1, 1, 30, "một"), visitRow(t, 2, 2, 31, "hai")}, Cursors: cursors(5, 31)}),
		freeze,
		apply(Delta{Acks: []*pb.Ack{stored(1, 32), stored(2, 33)}}),
		apply(Delta{Epoch: &pb.Epoch{Id: []byte("two"), At: cursors(5, 30)}}),
		apply(Delta{Offered: []*pb.Row{visitRow(t, 2, 2, 31, "hai")}, Filling: done(standing()...)}),
		apply(Delta{Listings: []*pb.Listing{{Holder: household(1).Proto(), Rows: []*pb.RowHash{{Id: id('V', 9).Bytes(), Hash: proto.Uint64(9)}}}}}),
		apply(Delta{Epoch: &pb.Epoch{Id: []byte("three")}}),
		apply(Delta{Erased: [][]byte{id('H', 2).Bytes(), id('V', 1).Bytes()}}),
		add(many(t, 30)...),
		freeze,
		apply(Delta{Acks: storedFrom(1, 50, worthMark+2)}),
		add(many(t, 60)...),
		func(s *Store) error { s.marks = mostMarks; return freeze(s) },
		func(s *Store) error {
			again := s.Snapshot().State().Identity
			again.Device, again.Token = 31, "another token"
			return s.Rejoin(ctx, again)
		},
	}
}

// many are new visits, enough for a mark.
func many(t *testing.T, first uint64) (ws []Write) {
	for n := range uint64(worthMark + 2) {
		ws = append(ws, visitWrite(t, first+n, 1, true, fmt.Sprint("nhiều ", n)))
	}
	return ws
}

// storedFrom are acks of n numbers in a row.
func storedFrom(number, seq uint64, n uint64) (acks []*pb.Ack) {
	for i := range n {
		acks = append(acks, stored(number+i, seq+i))
	}
	return acks
}

// TestACrashAtEveryStatement copies the files before every statement of every write and
// after every commit, opens each copy, and finds the book as it was before or after that
// write, never between.
func TestACrashAtEveryStatement(t *testing.T) {
	s, o := made(t)
	root := t.TempDir()
	type copied struct {
		dir, what string
		step      int
	}
	var copies []copied
	step := 0
	s.o.Step = func(what string) error {
		dir := filepath.Join(root, fmt.Sprint(len(copies)))
		copyDir(t, o.Dir, dir)
		copies = append(copies, copied{dir, what, step})
		return nil
	}
	states := []dump{dumped(s.Snapshot())}
	for i, write := range story(t) {
		step = i
		if err := write(s); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		states = append(states, dumped(s.Snapshot()))
	}
	before, after := 0, 0
	for _, c := range copies {
		x := opened(t, options(c.dir))
		got := dumped(x.Snapshot())
		x.Close()
		switch want := states[c.step]; {
		case c.what != "committed" && diff(want, got) == "":
			before++
		case c.what == "committed" && diff(states[c.step+1], got) == "":
			after++
		default:
			t.Errorf("step %d, at %q: neither before nor after: %s", c.step, c.what, diff(states[c.step], got))
		}
	}
	if before < 40 || after != len(states)-1 {
		t.Errorf("%d copies before, %d after a commit", before, after)
	}
}

// TestAFailureAtEveryStatement lets each statement fail in turn: the book in memory and in
// the file stays as it was, and the same write works afterwards.
func TestAFailureAtEveryStatement(t *testing.T) {
	boom := errors.New("boom")
	s, _ := made(t)
	for i, write := range story(t) {
		before := dumped(s.Snapshot())
		for n := 0; ; n++ {
			at, what := 0, ""
			s.o.Step = func(w string) error {
				if at++; at == n+1 && w != "committed" {
					what = w
					return boom
				}
				return nil
			}
			err := write(s)
			s.o.Step = nil
			if err == nil {
				if n == 0 {
					t.Errorf("step %d wrote nothing", i)
				}
				break
			}
			if !errors.Is(err, boom) || !strings.Contains(err.Error(), "write book") {
				t.Fatalf("step %d: %v", i, err)
			}
			if d := diff(before, dumped(s.Snapshot())); d != "" {
				t.Fatalf("step %d, failing at %q, changed memory: %s", i, what, d)
			}
		}
		after := dumped(s.Snapshot())
		s = reopen(t, s)
		if d := diff(after, dumped(s.Snapshot())); d != "" {
			t.Fatalf("step %d, after failures: %s", i, d)
		}
	}
}
