package store

import (
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

func marksOf(t *testing.T, s *Store) (n int) {
	t.Helper()
	if err := s.db.QueryRow("SELECT count(*) FROM mark").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestManyChangesTakeOneMark: what is told of many changes at once does not write them again,
// is there after the book was opened anew, and what is written later counts more.
func TestManyChangesTakeOneMark(t *testing.T) {
	s, _ := settledBook(t)
	added(t, s, many(t, 30)...)
	bodies := func() (sum []byte) {
		rows, err := s.db.Query("SELECT body FROM op ORDER BY id")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var b []byte
			if err := rows.Scan(&b); err != nil {
				t.Fatal(err)
			}
			sum = append(sum, b...)
		}
		return sum
	}
	written := bodies()
	again := func(what string, marks int) {
		t.Helper()
		before := dumped(s.Snapshot())
		if n := marksOf(t, s); n != marks {
			t.Errorf("%s: %d marks, want %d", what, n, marks)
		}
		s = reopen(t, s)
		if d := diff(before, dumped(s.Snapshot())); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
	if ops := frozen(t, s, 1<<20); len(ops) != worthMark+2 {
		t.Fatalf("%d changes to send", len(ops))
	}
	again("sent", 1)
	applied(t, s, Delta{Acks: storedFrom(1, 50, worthMark+2)})
	again("answered", 2)
	if !slices.Equal(written, bodies()) {
		t.Error("the changes were written again")
	}
	applied(t, s, Delta{Cursors: cursors(5, 52)}) // three rows have come: few enough to be written
	again("three are done", 2)
	applied(t, s, Delta{Cursors: cursors(5, 60), Kept: 4})
	again("four are in a backup", 2)
	if n := len(slices.Collect(s.Snapshot().Ops())); n != 0 {
		t.Errorf("%d changes are still out", n)
	}
}

// TestManyRefusalsStay: a mark has no room for reasons.
func TestManyRefusalsStay(t *testing.T) {
	s, _ := settledBook(t)
	added(t, s, many(t, 30)...)
	frozen(t, s, 1<<20)
	var acks []*pb.Ack
	for n := range uint64(worthMark + 2) {
		a := result(n+1, pb.Result_RESULT_REFUSED)
		a.Refusal = &pb.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_NOT_YOURS.Enum(), Rule: proto.String(fmt.Sprint("rule ", n))}
		acks = append(acks, a)
	}
	applied(t, s, Delta{Acks: acks})
	before := dumped(s.Snapshot())
	s = reopen(t, s)
	if d := diff(before, dumped(s.Snapshot())); d != "" {
		t.Error(d)
	}
	for n, o := range s.Snapshot().Mend() {
		if o.Refusal.GetRule() != fmt.Sprint("rule ", n) {
			t.Errorf("change %d: %v", n, o.Refusal)
		}
	}
}

// TestMarksDoNotPileUp: one mark in the place of many, before there are too many.
func TestMarksDoNotPileUp(t *testing.T) {
	s, _ := settledBook(t)
	most := 0
	for round := range uint64(mostMarks) {
		at := round * (worthMark + 2)
		added(t, s, many(t, 100+at)...)
		frozen(t, s, 1<<20)
		applied(t, s, Delta{Acks: storedFrom(1+at, 50+at, worthMark+2)})
		most = max(most, marksOf(t, s))
	}
	if most != mostMarks {
		t.Errorf("%d marks at most", most)
	}
	before := dumped(s.Snapshot())
	s = reopen(t, s)
	if d := diff(before, dumped(s.Snapshot())); d != "" {
		t.Error(d)
	}
	if n := len(slices.Collect(s.Snapshot().Ops())); n != mostMarks*(worthMark+2) {
		t.Errorf("%d changes wait for their rows", n)
	}
}

// TestAMarkOutlivesAKey: a household goes with its key while a mark names its changes.
func TestAMarkOutlivesAKey(t *testing.T) {
	s, _ := settledBook(t)
	added(t, s, append(many(t, 30), visitWrite(t, 90, 2, true, "của hộ hai"))...)
	frozen(t, s, 1<<20)
	acks := storedFrom(1, 50, worthMark+2)
	acks = append(acks, result(worthMark+3, pb.Result_RESULT_ERASED))
	applied(t, s, Delta{Acks: acks, View: view(slices.DeleteFunc(standing(), func(g Grant) bool { return g.Holder == household(1) })...)})
	before := dumped(s.Snapshot())
	s = reopen(t, s)
	if d := diff(before, dumped(s.Snapshot())); d != "" {
		t.Error(d)
	}
	for i, o := range s.now.Load().ops {
		away := o.State == Done && o.Away
		if erased := o.State == Erased && len(o.Bytes) == 0; i < worthMark+2 && !away || i == worthMark+2 && !erased {
			t.Errorf("change %d: state %d, away %v", o.Key, o.State, o.Away)
		}
	}
}

// TestManyRowsAtOnce: rows that come in one reply lie in the file as they came, however many.
func TestManyRowsAtOnce(t *testing.T) {
	for _, n := range []uint64{1, rowsAtOnce - 1, rowsAtOnce, rowsAtOnce + 1, 5*rowsAtOnce + 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			s, _ := settledBook(t)
			var rows []*pb.Row
			for i := range n {
				rows = append(rows, visitRow(t, 200+i, 1+i%2, 20+i, fmt.Sprint("thứ ", i)))
			}
			if out := applied(t, s, Delta{Rows: rows}); out.Rows != int(n) {
				t.Fatalf("%d rows", out.Rows)
			}
			before := dumped(s.Snapshot())
			s = reopen(t, s)
			if d := diff(before, dumped(s.Snapshot())); d != "" {
				t.Error(d)
			}
			for _, r := range rows {
				got, ok := s.now.Load().rows.get(idOf(t, r))
				if !ok || !proto.Equal(rowOf(got.rec.Record), r) {
					t.Errorf("row %x: %v", r.GetEnvelope().GetId(), got)
				}
			}
		})
	}
}

func idOf(t *testing.T, r *pb.Row) book.ID {
	t.Helper()
	id, ok := book.IDFrom(r.GetEnvelope().GetId())
	if !ok {
		t.Fatal("no id")
	}
	return id
}
