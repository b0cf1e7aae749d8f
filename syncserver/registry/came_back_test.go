package registry

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/syncserver/store/sqlite"
)

// A household that went to another member and came back while a phone was away: an edit made
// before waits on the desk, since others may have written in between; no clock decides.
func TestALateEditOfAHouseholdThatCameBack(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	away, secretary := tw.phone("Bình"), tw.phone("An")
	away.sync()
	secretary.sync()
	h, v := away.household("Hộ Bình1"), away.id()
	away.sync(away.consent(h), away.visit(v, h, "trước"))
	for _, to := range []string{"Cúc", "Bình"} {
		id := tw.by[to]
		secretary.sync(secretary.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Member: id.Bytes()}))
	}
	edit := func(note string) []byte {
		return away.patch(pb.Kind_KIND_VISIT, v, book.ID{}, false, &pb.Visit{Note: proto.String(note)})
	}
	away.sync(away.visit(away.id(), h, "chưa biết đã đi và về"), edit("sửa muộn"))
	away.wants(3, pb.Result_RESULT_STORED, 0)
	away.wants(4, pb.Result_RESULT_SUGGESTION, 0)
	away.sync(edit("sửa khi đã biết"))
	away.wants(5, pb.Result_RESULT_STORED, 0)
	secretary.sync()
	if got := secretary.count(pb.Kind_KIND_SUGGESTION); got != 1 {
		t.Errorf("%d suggestions on the desk, want 1", got)
	}
	away.equal()
	tw.sound()
}
