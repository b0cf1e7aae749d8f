package book

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
)

func TestFacts(t *testing.T) {
	w := newWorld()
	h := w.stored(t, pb.Kind_KIND_HOUSEHOLD, "h", "bí", "thôn", byHousehold("h"), "thôn", &pb.Household{Head: proto.String("Bà Mẫu"), Member: named("an").Bytes(), Deleted: proto.Bool(true)})
	if f, ok := HouseholdFactsOf(h); !ok || f != (HouseholdFacts{ID: named("h"), Branch: named("thôn"), Member: named("an"), Deleted: true}) {
		t.Errorf("%v %+v", ok, f)
	}
	m := w.stored(t, pb.Kind_KIND_MEMBER, "m", "bí", "thôn", byBranch("thôn"), "thôn", &pb.Member{
		Name: proto.String("Mẫu"), Proxies: [][]byte{named("chi").Bytes(), named("an").Bytes()}, Office: pb.Office_OFFICE_DEPUTY.Enum(), Devices: []uint32{7, 300}, HasDevice: proto.Bool(true),
	})
	f, devices, ok := MemberFactsOf(m)
	if !ok || f.ID != named("m") || f.Unit != named("thôn") || f.Office != pb.Office_OFFICE_DEPUTY || !f.HasDevice || f.Deleted ||
		!slices.Equal(f.Proxies, []ID{named("chi"), named("an")}) || !slices.Equal(devices, []uint32{7, 300}) {
		t.Errorf("%v %+v %v", ok, f, devices)
	}
	m.State.Body = encode(t, &pb.Member{Name: proto.String("Mẫu")})
	if f, devices, ok := MemberFactsOf(m); !ok || f.HasDevice || devices != nil || f.Office != 0 {
		t.Errorf("%v %+v %v", ok, f, devices)
	}
	m.State.Body = encode(t, &pb.Member{Name: proto.String("Mẫu"), Deleted: proto.Bool(true)})
	if f, _, ok := MemberFactsOf(m); !ok || !f.Deleted {
		t.Errorf("%v %+v", ok, f)
	}
	if _, _, ok := MemberFactsOf(h); ok {
		t.Error("a household is no member")
	}
	if _, ok := HouseholdFactsOf(m); ok {
		t.Error("a member is no household")
	}
	h.State.Body = []byte{0x0b}
	if _, ok := HouseholdFactsOf(h); ok {
		t.Error("malformed")
	}
}
