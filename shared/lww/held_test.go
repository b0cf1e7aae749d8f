package lww_test

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

func grant(kind pb.HolderKind, id string, number uint64) *pb.Grant {
	return &pb.Grant{Holder: &pb.Holder{Kind: kind.Enum(), Id: []byte(id)}, Grant: proto.Uint64(number)}
}

func TestHeldDigest(t *testing.T) {
	const household, member = pb.HolderKind_HOLDER_KIND_HOUSEHOLD, pb.HolderKind_HOLDER_KIND_MEMBER
	base := []*pb.Grant{grant(household, "a", 1), grant(household, "b", 2), grant(member, "a", 3)}
	cases := []struct {
		name   string
		grants []*pb.Grant
		same   bool
	}{
		{"another order", []*pb.Grant{base[2], base[0], base[1]}, true},
		{"the same again", base, true},
		{"none", nil, false},
		{"one less", base[:2], false},
		{"given again after it was taken", []*pb.Grant{base[0], base[1], grant(member, "a", 4)}, false},
		{"another kind of holder", []*pb.Grant{base[0], base[1], grant(household, "a", 3)}, false},
		{"another holder", []*pb.Grant{base[0], base[1], grant(member, "c", 3)}, false},
	}
	want := lww.HeldDigest(base)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			first := append([]*pb.Grant(nil), c.grants...)
			if got := bytes.Equal(lww.HeldDigest(c.grants), want); got != c.same {
				t.Errorf("same is %v, want %v", got, c.same)
			}
			for i, g := range c.grants {
				if g != first[i] {
					t.Fatal("the grants were put in another order")
				}
			}
		})
	}
	if lww.HeldDigest(nil) != nil {
		t.Error("a new phone, which holds nothing, sends no digest")
	}
}
