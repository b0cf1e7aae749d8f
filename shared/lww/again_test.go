package lww_test

import (
	"bytes"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

// A change that goes again is the same change, whatever it says by then of its stamp and of
// who holds it, and reads like one that was made so.
func TestAChangeThatGoesAgainIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := func(label string) []byte { return rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, label) }
		p := &pb.Patch{Envelope: &pb.Envelope{Kind: pb.Kind_KIND_VISIT.Enum(), Id: id("id")}, Create: proto.Bool(rapid.Bool().Draw(t, "create")),
			Set: rapid.SliceOf(rapid.Byte()).Draw(t, "set"), Seen: proto.Uint64(rapid.Uint64().Draw(t, "seen")), Schema: proto.Uint32(1)}
		first, err := proto.MarshalOptions{Deterministic: true}.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(lww.Bare(first), first) {
			t.Fatal("nothing was added, and something is taken away")
		}
		raw := first
		for range rapid.IntRange(1, 3).Draw(t, "times") {
			if rapid.Bool().Draw(t, "stamped") {
				p.GivenStamp = proto.Uint64(rapid.Uint64().Draw(t, "stamp"))
			}
			if rapid.Bool().Draw(t, "held") {
				p.HeldBy = id("holder")
			}
			if raw, err = lww.Again(raw, p); err != nil {
				t.Fatal(err)
			}
			got := &pb.Patch{}
			if err := proto.Unmarshal(raw, got); err != nil || !proto.Equal(got, p) {
				t.Fatalf("it reads %v, want %v: %v", got, p, err)
			}
			if !bytes.Equal(lww.Bare(raw), first) || !bytes.Equal(lww.ChangeHash(raw), lww.ChangeHash(first)) {
				t.Fatalf("%x is another change than %x", raw, first)
			}
		}
		other := slices.Clone(first)
		other[len(other)-1] ^= 1
		if bytes.Equal(lww.ChangeHash(other), lww.ChangeHash(first)) {
			t.Fatal("another change has the same hash")
		}
	})
}

func FuzzBare(f *testing.F) {
	again, err := lww.Again([]byte{0x10, 1}, &pb.Patch{GivenStamp: proto.Uint64(7), HeldBy: make([]byte, 16)})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{nil, {0x10, 1}, again, again[:len(again)-1], {0x5a, 0}, {0x58, 0x30}, bytes.Repeat([]byte{0x5a, 0}, 9)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		bare := lww.Bare(raw)
		if !bytes.Equal(lww.Bare(bare), bare) {
			t.Errorf("%x is bare and %x is barer", bare, lww.Bare(bare))
		}
		whole, part := &pb.Patch{}, &pb.Patch{}
		if proto.Unmarshal(raw, whole) != nil || proto.Unmarshal(bare, part) != nil {
			return
		}
		whole.GivenStamp, whole.HeldBy = nil, nil
		part.GivenStamp, part.HeldBy = nil, nil
		if !proto.Equal(whole, part) {
			t.Errorf("%x reads otherwise than %x", raw, bare)
		}
	})
}
