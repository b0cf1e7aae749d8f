package store

import (
	"context"
	"fmt"
	"os"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
)

// TestMemoryIsWhatTheFileSays: after any writes the book in memory, indexes included, is the
// one that opening the file builds from nothing.
func TestMemoryIsWhatTheFileSays(t *testing.T) {
	top, who := t.TempDir(), identity(t)
	rapid.Check(t, func(rt *rapid.T) {
		ctx := context.Background()
		dir, err := os.MkdirTemp(top, "")
		if err != nil {
			rt.Fatal(err)
		}
		o := options(dir)
		s, err := Create(ctx, o, who, pin, seal.NoDeviceSecret{})
		if err != nil {
			rt.Fatal(err)
		}
		defer func() { s.Close() }()
		seq, number, device := uint64(10), uint64(0), uint32(7)
		hh := func() uint64 { return rapid.Uint64Range(1, 3).Draw(rt, "household") }
		visit := func() uint64 { return rapid.Uint64Range(1, 8).Draw(rt, "visit") }
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"rows", "rows", "write", "write", "draft", "view", "acks", "cursor", "restored", "taken", "erased", "listing", "rejoined"}).Draw(rt, "what") {
			case "rows":
				var rows []*pb.Row
				for range rapid.IntRange(1, 4).Draw(rt, "rows") {
					seq++
					rows = append(rows, visitRow(t, visit(), hh(), seq, "từ máy chủ"))
				}
				_, err = s.Apply(ctx, Delta{Device: device, Rows: rows})
			case "write":
				var ws []Write
				for range rapid.SampledFrom([]int{1, 1, worthMark + 2}).Draw(rt, "writes") {
					ws = append(ws, visitWrite(t, visit(), hh(), rapid.Bool().Draw(rt, "create"), "của tôi"))
				}
				if rapid.Bool().Draw(rt, "marked") {
					s.marks = mostMarks // the next mark takes the place of all
				}
				_, err = s.AddOps(ctx, ws...)
			case "draft":
				n, h := visit(), hh()
				err = s.SaveDraft(ctx, Draft{ID: id('V', n), Holder: household(h), Unit: branch, Patch: visitWrite(t, n, h, true, "dở").Patch})
			case "view":
				grants := standing()[:3]
				for n := range uint64(3) {
					if g := rapid.Uint64Range(0, 2).Draw(rt, "grant"); g > 0 {
						grants = append(grants[:len(grants):len(grants)], Grant{household(n + 1), g})
					}
				}
				_, err = s.Apply(ctx, Delta{Device: device, View: view(grants...), Filling: done(grants...)})
			case "acks":
				var ops []Op
				if ops, err = s.Freeze(ctx, rapid.SampledFrom([]int{1, 200, 500, 5000}).Draw(rt, "page")); err != nil {
					break
				}
				var acks []*pb.Ack
				for _, x := range ops {
					seq++
					number = x.Number
					a := stored(x.Number, seq)
					a.Result = rapid.SampledFrom([]pb.Result{pb.Result_RESULT_STORED, pb.Result_RESULT_REFUSED, pb.Result_RESULT_PARKED, pb.Result_RESULT_SUGGESTION, pb.Result_RESULT_ERASED}).Draw(rt, "result").Enum()
					acks = append(acks, a)
				}
				_, err = s.Apply(ctx, Delta{Device: device, Acks: acks, Kept: number / 2})
			case "cursor":
				_, err = s.Apply(ctx, Delta{Device: device, Cursors: []*pb.Cursor{{Unit: branch.Bytes(), Seq: proto.Uint64(seq)}}})
			case "restored":
				at := rapid.Uint64Range(0, seq).Draw(rt, "at")
				e := &pb.Epoch{Id: []byte(fmt.Sprint("epoch ", seq, at)), At: cursors(0, at), LastOp: proto.Uint64(rapid.Uint64Range(0, s.Snapshot().State().LastNumber).Draw(rt, "last"))}
				_, err = s.Apply(ctx, Delta{Device: device, Epoch: e})
				seq = at
				contiguous(rt, s)
			case "taken":
				var some []*pb.Row
				for r := range s.Snapshot().Offers() {
					if rapid.Bool().Draw(rt, "took") {
						some = append(some, r)
					}
				}
				_, err = s.Apply(ctx, Delta{Device: device, Offered: some})
			case "erased":
				one := id('V', visit())
				if rapid.Bool().Draw(rt, "of a household") {
					one = id('H', hh())
				}
				_, err = s.Apply(ctx, Delta{Device: device, Erased: [][]byte{one.Bytes()}})
			case "listing":
				h := household(hh())
				l := &pb.Listing{Holder: h.Proto()}
				for r := range s.Snapshot().Held(h) {
					if rapid.Bool().Draw(rt, "listed") {
						l.Rows = append(l.Rows, &pb.RowHash{Id: r.ID.Bytes(), Hash: proto.Uint64(lww.RowHash(rowOf(r.Record)))})
					}
				}
				_, err = s.Apply(ctx, Delta{Device: device, Listings: []*pb.Listing{l}})
			case "rejoined":
				device++
				again := s.Snapshot().State().Identity
				again.Device = device
				err = s.Rejoin(ctx, again)
				contiguous(rt, s)
			}
			if err != nil && !isLeaving(err) {
				rt.Fatal(err)
			}
		}
		before := dumped(s.Snapshot())
		s.Close()
		if s, err = Open(ctx, o, pin, seal.NoDeviceSecret{}); err != nil {
			rt.Fatal(err)
		}
		if d := diff(before, dumped(s.Snapshot())); d != "" {
			rt.Fatal(d)
		}
		if s.Snapshot().Damaged() != 0 {
			rt.Fatal("damaged rows")
		}
	})
}

// contiguous: the changes that are to be sent have numbers without a hole, up to the last.
func contiguous(t *rapid.T, s *Store) {
	st := s.Snapshot().State()
	next := st.Confirmed
	for _, o := range sent(st, s.Snapshot().ops) {
		if next++; o.Number != next {
			t.Fatalf("change %d follows %d", o.Number, next-1)
		}
	}
	if next != st.LastNumber {
		t.Fatalf("the last number is %d, the last change %d", st.LastNumber, next)
	}
}

func isLeaving(err error) bool {
	_, ok := err.(*LeavingError)
	return ok
}

// BenchmarkOpen is a secretary's book: 60,000 records of 800 households. Budget: 2 s.
func BenchmarkOpen(b *testing.B) {
	o := options(b.TempDir())
	s, err := Create(b.Context(), o, identity(b), pin, seal.NoDeviceSecret{})
	if err != nil {
		b.Fatal(err)
	}
	whole := Grant{wholeBranch(branch), 1}
	for page := range uint64(60) {
		d := Delta{Device: 7, View: view(whole)}
		for n := range uint64(1000) {
			x := page*1000 + n
			d.Rows = append(d.Rows, visitRow(b, x, x%800+1, x+1, "đã đến thăm, gia đình khỏe mạnh, hỏi về đường thôn"))
		}
		if _, err := s.Apply(b.Context(), d); err != nil {
			b.Fatal(err)
		}
	}
	s.Close()
	for b.Loop() {
		s, err := Open(b.Context(), o, pin, seal.NoDeviceSecret{})
		if err != nil {
			b.Fatal(err)
		}
		if s.Snapshot().Len() != 60_000 {
			b.Fatalf("%d records", s.Snapshot().Len())
		}
		s.Close()
	}
}

// BenchmarkPage applies a page of 1,000 rows to a book of as many, with the disk's fsync.
func BenchmarkPage(b *testing.B) {
	s, _ := made(b)
	whole := Grant{wholeBranch(branch), 1}
	seq := uint64(0)
	for b.Loop() {
		d := Delta{Device: 7, View: view(whole)}
		for n := range uint64(1000) {
			seq++
			d.Rows = append(d.Rows, visitRow(b, n, n%80+1, seq, "đã đến thăm, gia đình khỏe mạnh"))
		}
		if _, err := s.Apply(b.Context(), d); err != nil {
			b.Fatal(err)
		}
	}
}
