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
	if len(want) != 16 {
		t.Errorf("%d bytes, want 16", len(want))
	}
	if lww.HeldDigest(nil) != nil {
		t.Error("a new phone, which holds nothing, sends no digest")
	}
}

func TestSumDigests(t *testing.T) {
	line := func(id string, digest, rows uint64) *pb.HolderDigest {
		return &pb.HolderDigest{Holder: &pb.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD.Enum(), Id: []byte(id)}, Digest: proto.Uint64(digest), Rows: proto.Uint64(rows)}
	}
	base := []*pb.HolderDigest{line("a", 1, 2), line("b", 3, 4)}
	want := lww.SumDigests(base)
	for name, c := range map[string]struct {
		all  []*pb.HolderDigest
		same bool
	}{
		"another order":             {[]*pb.HolderDigest{base[1], base[0]}, true},
		"digests exchanged":         {[]*pb.HolderDigest{line("b", 1, 2), line("a", 3, 4)}, false},
		"one row more":              {[]*pb.HolderDigest{line("a", 1, 3), line("b", 3, 4)}, false},
		"digests of the same total": {[]*pb.HolderDigest{line("a", 2, 2), line("b", 2, 4)}, false},
		"one holder less":           {base[:1], false},
	} {
		if got := lww.SumDigests(c.all) == want; got != c.same {
			t.Errorf("%s: same is %v, want %v", name, got, c.same)
		}
	}
}

func TestShortIDs(t *testing.T) {
	id := []byte("0123456789abcdef")
	if !lww.IsUnit(id, id) || !lww.IsUnit(id, lww.ShortUnit(id)) || !lww.IsEpoch(id, id) || !lww.IsEpoch(id, lww.ShortEpoch(id)) {
		t.Error("an id is not itself")
	}
	for _, named := range []string{"", "f", "def", "0123", "xcdef", "00123456789abcdef"} {
		if lww.IsUnit(id, []byte(named)) {
			t.Errorf("%q names the partition", named)
		}
	}
	if lww.IsEpoch(id, []byte("cdef")) {
		t.Error("four bytes name an epoch")
	}
}
