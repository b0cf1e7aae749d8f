package registry

import (
	"context"
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/syncserver/store/sqlite"
)

// The earlier values of a record are for those who may see the record. Not theirs and not
// there are one answer.
func TestHistoryIsForThoseWhoSeeTheRecord(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member, other, secretary := tw.phone("Bình"), tw.phone("Cúc"), tw.phone("An")
	for _, p := range []*phone{member, other, secretary} {
		p.sync()
	}
	h := member.household("Hộ Bình1")
	member.sync(member.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Phone: proto.String("0987654321")}))
	for _, c := range []struct {
		name string
		p    *phone
		id   book.ID
		may  bool
	}{
		{"its member", member, h, true},
		{"the secretary", secretary, h, true},
		{"another member", other, h, false},
		{"nothing of that id", other, other.id(), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := tw.r.History(context.Background(), c.p.caller, &pb.HistoryRequest{Id: c.id.Bytes()})
			if c.may && (err != nil || len(out.GetValues()) == 0) {
				t.Errorf("%d values, %v", len(out.GetValues()), err)
			}
			if !c.may && !isProblem(err, pb.ProblemCode_PROBLEM_CODE_NOT_YOURS) {
				t.Errorf("%d values, %v", len(out.GetValues()), err)
			}
		})
	}
}
