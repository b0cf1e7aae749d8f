package registry

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/syncserver/store/sqlite"
)

// FuzzCursor: a phone may ask with any cursors, fillings and digests; it gets an answer or a
// typed problem, and never a row of a household that is not its own.
func FuzzCursor(f *testing.F) {
	tw := newTown(f, sqlite.Options{})
	member, other := tw.phone("Bình"), tw.phone("Cúc")
	for _, p := range []*phone{member, other} {
		p.sync()
		p.sync(p.consent(p.household("Hộ " + map[*phone]string{member: "Bình1", other: "Cúc1"}[p])))
	}
	own := map[book.Holder]bool{}
	for _, g := range member.view {
		own[book.HolderFrom(g.GetHolder())] = true
	}
	theirs := (&pb.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD.Enum(), Id: other.household("Hộ Cúc1").Bytes()})
	for _, r := range []*pb.SyncRequest{
		{Cursors: member.cursors, Held: lww.HeldDigest(member.held)},
		{Cursors: []*pb.Cursor{{Unit: member.join.GetBranch()[8:], Seq: proto.Uint64(1)}}, Brief: proto.Bool(true), Page: proto.Uint32(1)},
		{Cursors: []*pb.Cursor{{Unit: nil, Seq: proto.Uint64(1<<64 - 1)}, {Unit: member.join.GetCommune()}}},
		{Filling: []*pb.Filling{{Holder: theirs, Grant: proto.Uint64(1), Upto: proto.Uint64(99), Below: proto.Uint64(100)}}},
		{Compare: []*pb.Holder{theirs}, Held: []byte{0}},
	} {
		b, err := proto.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var asked pb.SyncRequest
		if proto.Unmarshal(b, &asked) != nil {
			return
		}
		req := member.request()
		req.Cursors, req.Filling, req.Held, req.Compare = asked.GetCursors(), asked.GetFilling(), asked.GetHeld(), asked.GetCompare()
		req.Page, req.Brief, req.Parked = asked.Page, asked.Brief, asked.GetParked()
		out, err := tw.r.Sync(context.Background(), member.caller, req)
		if err != nil {
			var p *Problem
			if !errors.As(err, &p) {
				t.Fatalf("untyped: %v", err)
			}
			return
		}
		for _, row := range out.GetRows() {
			if h := book.HolderFrom(row.GetEnvelope().GetHolder()); !own[h] {
				t.Fatalf("a row of %s %s left for a phone that may not see it", h.Kind, h.ID)
			}
		}
		for _, l := range out.GetListings() {
			if h := book.HolderFrom(l.GetHolder()); !own[h] {
				t.Fatalf("a listing of %s %s left for a phone that may not see it", h.Kind, h.ID)
			}
		}
	})
}

// FuzzPatch: any bytes as a change get one answer, the same one when they come again, and
// the next change goes its way.
func FuzzPatch(f *testing.F) {
	tw := newTown(f, sqlite.Options{})
	p := tw.phone("Bình")
	p.sync()
	h := p.household("Hộ Bình1")
	p.sync(p.consent(h))
	for _, b := range [][]byte{
		p.visit(p.id(), h, "ghi chép bịa"), p.consent(h), nil, {0xff},
		p.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Phone: proto.String("0987654321")}),
		p.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Member: make([]byte, 16)}),
		p.patch(pb.Kind(99), p.id(), h, true, &pb.Visit{}),
		p.patch(pb.Kind_KIND_VISIT, book.ID{}, book.ID{}, true, &pb.Visit{}, 1, 1, 0, 1<<31),
		p.patch(pb.Kind_KIND_REVIEW, p.id(), h, true, &pb.Review{Verdict: pb.Verdict_VERDICT_APPROVED.Enum()}),
	} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		ctx := context.Background()
		req := p.request(raw)
		var first *pb.Ack
		for range 2 {
			out, err := tw.r.Sync(ctx, p.caller, req)
			if err != nil {
				var problem *Problem
				if !errors.As(err, &problem) {
					t.Fatalf("untyped: %v", err)
				}
				return
			}
			if len(out.GetAcks()) != 1 || out.GetAcks()[0].GetResult() == pb.Result_RESULT_UNSPECIFIED {
				t.Fatalf("acks %v", out.GetAcks())
			}
			if first != nil && !proto.Equal(first, out.GetAcks()[0]) {
				t.Fatalf("%v, and when asked again %v", first, out.GetAcks()[0])
			}
			first = out.GetAcks()[0]
		}
		p.last++
	})
}
