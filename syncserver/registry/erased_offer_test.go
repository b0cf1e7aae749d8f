package registry

import (
	"context"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/syncserver/store/sqlite"
)

// A phone that has not heard of an erasure still has the household. What it offers of it after
// a restore is let lie; of another household it waits on the desk.
func TestNothingErasedIsOfferedBack(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member, secretary := tw.phone("Bình"), tw.phone("An")
	member.sync()
	secretary.sync()
	gone, stays := member.household("Hộ Bình1"), member.household("Hộ Bình2")
	member.sync(member.consent(gone), member.consent(stays))
	copied := tw.backup()

	tw.clock = tw.clock.Add(time.Hour)
	visits := []book.ID{member.id(), member.id()}
	member.sync(member.visit(visits[0], gone, "hộ sẽ xóa"), member.visit(visits[1], stays, "hộ còn lại"))
	edited := secretary.patch(pb.Kind_KIND_HOUSEHOLD, gone, book.ID{}, false, &pb.Household{Hamlet: proto.String("Xóm Mới")})
	secretary.sync(edited)
	var offers []*pb.Row
	for _, id := range []book.ID{gone, visits[0], visits[1]} {
		row := secretary.rows[id]
		if row == nil {
			t.Fatalf("the secretary lacks %s", id)
		}
		offers = append(offers, row)
	}
	if _, err := tw.r.Erase(context.Background(), gone); err != nil {
		t.Fatal(err)
	}

	tw.clock = tw.clock.Add(time.Hour)
	tw.restore(copied)
	secretary.meet()
	secretary.offer(offers...)
	found := 0
	for _, m := range secretary.suggestions() {
		row := &pb.Row{}
		if err := proto.Unmarshal(m.GetRow(), row); err != nil {
			t.Fatal(err)
		}
		if id, _ := book.IDFrom(row.GetEnvelope().GetId()); id != visits[1] {
			t.Errorf("%s of %s is on the desk", row.GetEnvelope().GetKind(), id)
		}
		if lww.RowHash(row) != lww.RowHash(offers[2]) {
			t.Error("the offer of the other household is another row")
		}
		found++
	}
	if found != 1 {
		t.Errorf("%d offers on the desk, want that of the household which stays", found)
	}
	tw.sound()
}
