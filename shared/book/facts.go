package book

import (
	"google.golang.org/protobuf/encoding/protowire"

	pb "sodanvan/shared/gen/sodanvan/v1"
)

// Numbers of the fields that facts are read from.
const (
	fieldProxies         = 4
	fieldHouseholdMember = 100
	fieldMemberOffice    = 200
	fieldMemberDevices   = 201
	fieldMemberHasDevice = 202
)

// HouseholdFactsOf reads from a household's row what rights need; false for a row of
// another kind or a malformed one. Server and phone build their World with it.
func HouseholdFactsOf(r Record) (HouseholdFacts, bool) {
	if r.Kind != pb.Kind_KIND_HOUSEHOLD {
		return HouseholdFacts{}, false
	}
	b, refusal := parse(shapes[r.Kind], r.State.Body)
	if refusal != nil {
		return HouseholdFacts{}, false
	}
	f := HouseholdFacts{ID: r.ID, Branch: r.Unit, Deleted: b.flag(fieldDeleted)}
	f.Member, _ = b.id(fieldHouseholdMember)
	return f, true
}

// MemberFactsOf reads from a member's row what rights need, and the numbers of the
// member's devices, revoked ones too, so that one can still tell who wrote a field; false for
// a row of another kind or a malformed one.
func MemberFactsOf(r Record) (MemberFacts, []uint32, bool) {
	if r.Kind != pb.Kind_KIND_MEMBER {
		return MemberFacts{}, nil, false
	}
	b, refusal := parse(shapes[r.Kind], r.State.Body)
	if refusal != nil {
		return MemberFacts{}, nil, false
	}
	f := MemberFacts{ID: r.ID, Unit: r.Unit, Deleted: b.flag(fieldDeleted), Office: pb.Office(int32(b.number(fieldMemberOffice)))}
	var devices []uint32
	for _, v := range b {
		switch {
		case v.num == fieldProxies:
			if id, ok := IDFrom(v.b); ok {
				f.Proxies = append(f.Proxies, id)
			}
		case v.num == fieldMemberDevices && v.typ == protowire.VarintType:
			devices = append(devices, uint32(v.v))
		case v.num == fieldMemberDevices:
			for packed := v.b; len(packed) > 0; {
				d, n := protowire.ConsumeVarint(packed)
				if n < 0 {
					break
				}
				devices = append(devices, uint32(d))
				packed = packed[n:]
			}
		}
	}
	f.HasDevice = b.flag(fieldMemberHasDevice)
	return f, devices, true
}
