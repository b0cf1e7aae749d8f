package registry

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/syncserver/store/sqlite"
)

// The row that a change was merged into is left out of the reply where the phone has what it
// was made of, and travels where somebody else has written since the phone's cursor.
func TestARowIsLeftOutOnlyWhereThePhoneCanMakeIt(t *testing.T) {
	for _, c := range []struct {
		name  string
		since bool
	}{
		{"the phone has the last state", false},
		{"somebody wrote since", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			tw := newTown(t, sqlite.Options{})
			member, secretary := tw.phone("Bình"), tw.phone("An")
			member.sync()
			secretary.sync()
			h := member.household("Hộ Bình1")
			if c.since {
				secretary.sync(secretary.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Hamlet: proto.String("Xóm Mới")}))
				secretary.wants(1, pb.Result_RESULT_STORED, 0)
			}
			req := member.request(member.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Phone: proto.String("0987654321")}))
			req.Builds = proto.Bool(true)
			out := member.call(req)
			sent := false
			for _, row := range out.GetRows() {
				sent = sent || string(row.GetEnvelope().GetId()) == string(h[:])
			}
			if built := out.GetAcks()[0].GetBuilt(); built == c.since || sent != c.since {
				t.Errorf("to be built by the phone: %t; sent: %t", built, sent)
			}
		})
	}
}
