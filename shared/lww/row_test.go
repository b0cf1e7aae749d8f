package lww_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

func TestRowRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := model(anyChanges().Draw(t, "changes"))
		row := &pb.Row{Seq: proto.Uint64(7), Body: []byte("old"), Later: []*pb.FieldStamp{{}}}
		s.IntoRow(row)
		wire, err := proto.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		back := &pb.Row{}
		if err := proto.Unmarshal(wire, back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s, lww.FromRow(back)); diff != "" {
			t.Fatalf("state (-want +got):\n%s", diff)
		}
		if back.GetSeq() != 7 {
			t.Fatal("IntoRow changed what is not its own")
		}
		if lww.RowHash(back) != lww.RowHash(row) {
			t.Fatal("the hash does not survive the wire")
		}
	})
}

func TestFromRowPutsVersionsInOrder(t *testing.T) {
	row := &pb.Row{Stamp: proto.Uint64(5), Device: proto.Uint32(1), Later: []*pb.FieldStamp{
		{Field: proto.Uint32(4), Stamp: proto.Uint64(6), Device: proto.Uint32(1)},
		{Field: proto.Uint32(2), Stamp: proto.Uint64(7), Device: proto.Uint32(1)},
	}}
	want := lww.State{Created: at(5), Later: []lww.FieldVersion{later(2, 7), later(4, 6)}}
	if diff := cmp.Diff(want, lww.FromRow(row)); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
	if row.GetLater()[0].GetField() != 4 {
		t.Error("FromRow wrote into the row")
	}
	if got := lww.FromRow(nil); cmp.Diff(lww.State{}, got) != "" {
		t.Errorf("no row is %v", got)
	}
}

func TestFromPatch(t *testing.T) {
	p := &pb.Patch{Create: proto.Bool(true), Set: num(1, 1), Cleared: []uint32{2}}
	want := creation(5, num(1, 1), 2)
	if diff := cmp.Diff(want, lww.FromPatch(p, at(5))); diff != "" {
		t.Errorf("change (-want +got):\n%s", diff)
	}
}

func TestDigest(t *testing.T) {
	base := cat(text(1, "a"), num(99, 1))
	cases := []struct {
		name string
		body []byte
		same bool
	}{
		{"the same", cat(text(1, "a"), num(99, 1)), true},
		{"an assignment", cat(text(1, "a"), num(99, 1), text(100, "m")), true},
		{"the server's fields", cat(text(1, "a"), num(99, 1), num(200, 1)), true},
		{"the last field", cat(text(1, "a"), num(99, 1), num(lww.MaxField, 1)), true},
		{"another value", cat(text(1, "b"), num(99, 1)), false},
		{"another number", cat(text(2, "a"), num(99, 1)), false},
		{"without the deletion", text(1, "a"), false},
		{"a field that nobody knows yet", cat(text(1, "a"), num(98, 1), num(99, 1)), false},
		{"a value in other bytes", cat(text(1, "x"), text(1, "a"), num(99, 1)), false},
		{"nothing", nil, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := lww.Digest(c.body) == lww.Digest(base); got != c.same {
				t.Errorf("same is %v, want %v", got, c.same)
			}
		})
	}
	if lww.Digest(nil) != lww.Digest(text(100, "m")) {
		t.Error("a body without reviewed fields has the digest of none")
	}
	if lww.Digest([]byte{0x0a, 0x05}) == lww.Digest([]byte{0x0a, 0x06}) {
		t.Error("bodies that are cut off share a digest")
	}
}

// The digest is a function of the values of fields 1-99: not of versions, not of others.
func TestDigestDependsOnReviewedFieldsAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		changes := anyChanges().Draw(t, "changes")
		s := model(changes)
		shifted := make([]lww.Change, len(changes))
		for i, c := range changes {
			c.Version.Stamp += 100
			shifted[i] = c
		}
		if lww.Digest(s.Body) != lww.Digest(model(shifted).Body) {
			t.Fatal("the digest depends on versions")
		}
		values, err := lww.Split(s.Body)
		if err != nil {
			t.Fatal(err)
		}
		var reviewed, other []lww.Value
		for _, v := range values {
			if v.Field <= 99 {
				reviewed = append(reviewed, v)
			} else {
				other = append(other, v)
			}
		}
		if lww.Digest(s.Body) != lww.Digest(lww.Assemble(reviewed)) {
			t.Fatal("the digest depends on fields beyond 99")
		}
		more := lww.Assemble(append([]lww.Value{{Field: 1, Raw: text(1, "another name")}}, other...))
		if lww.Digest(more) == lww.Digest(s.Body) {
			t.Fatal("other reviewed fields, the same digest")
		}
	})
}

// Known answers: phones and servers of all versions must agree on these numbers, so a
// change here breaks every installed phone.
func TestKnownHashes(t *testing.T) {
	row := sampleRow()
	if got, want := lww.RowHash(row), uint64(knownRowHash); got != want {
		t.Errorf("RowHash = %#x, want %#x", got, want)
	}
	if got := lww.Digest(row.GetBody()); got != knownDigest {
		t.Errorf("Digest = %x, want %x", got, knownDigest)
	}
}

func sampleRow() *pb.Row {
	return &pb.Row{
		Envelope: &pb.Envelope{
			Kind: pb.Kind_KIND_HOUSEHOLD.Enum(), Id: []byte("id"), Author: []byte("author"),
			Subject: []byte("subject"), Household: []byte("household"),
			Holder: &pb.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD.Enum(), Id: []byte("holder")},
		},
		Body:  cat(text(1, "Hộ bịa"), num(99, 1), num(200, 5)),
		Stamp: proto.Uint64(5), Device: proto.Uint32(6),
		Later: []*pb.FieldStamp{
			{Field: proto.Uint32(2), Stamp: proto.Uint64(7), Device: proto.Uint32(8)},
			{Field: proto.Uint32(3), Stamp: proto.Uint64(9), Device: proto.Uint32(8)},
		},
		Seq: proto.Uint64(10),
	}
}

func TestRowHashSeesEverythingButTheSeq(t *testing.T) {
	cases := map[string]func(*pb.Row){
		"kind":         func(r *pb.Row) { r.Envelope.Kind = pb.Kind_KIND_VISIT.Enum() },
		"id":           func(r *pb.Row) { r.Envelope.Id = []byte("other") },
		"author":       func(r *pb.Row) { r.Envelope.Author = nil },
		"subject":      func(r *pb.Row) { r.Envelope.Subject = nil },
		"household":    func(r *pb.Row) { r.Envelope.Household = nil },
		"holder kind":  func(r *pb.Row) { r.Envelope.Holder.Kind = pb.HolderKind_HOLDER_KIND_MEMBER.Enum() },
		"holder id":    func(r *pb.Row) { r.Envelope.Holder.Id = nil },
		"body":         func(r *pb.Row) { r.Body = r.Body[:len(r.Body)-1] },
		"stamp":        func(r *pb.Row) { r.Stamp = proto.Uint64(6) },
		"device":       func(r *pb.Row) { r.Device = proto.Uint32(7) },
		"later field":  func(r *pb.Row) { r.Later[1].Field = proto.Uint32(4) },
		"later stamp":  func(r *pb.Row) { r.Later[1].Stamp = proto.Uint64(10) },
		"later device": func(r *pb.Row) { r.Later[1].Device = proto.Uint32(9) },
		"later fewer":  func(r *pb.Row) { r.Later = r.Later[:1] },
		"bytes moved from one id to the next": func(r *pb.Row) {
			r.Envelope.Id, r.Envelope.Author = []byte("ida"), []byte("uthor")
		},
		"stamp and device exchanged": func(r *pb.Row) { r.Stamp, r.Device = proto.Uint64(6), proto.Uint32(5) },
	}
	seen := map[uint64]string{lww.RowHash(sampleRow()): "the row itself"}
	for name, change := range cases {
		row := sampleRow()
		change(row)
		h := lww.RowHash(row)
		if other, ok := seen[h]; ok {
			t.Errorf("%s hashes like %s", name, other)
		}
		seen[h] = name
	}
	row := sampleRow()
	row.Seq = proto.Uint64(11)
	if lww.RowHash(row) != lww.RowHash(sampleRow()) {
		t.Error("the hash depends on the seq")
	}
	if lww.RowHash(nil) != lww.RowHash(&pb.Row{}) {
		t.Error("no row and an empty row differ")
	}
}

// Computed apart from this package, with another program.
const knownRowHash = 0x162649bc6f78ecd1

var knownDigest = [16]byte{0x8a, 0xbd, 0x62, 0x29, 0xf4, 0x5b, 0xa9, 0x71, 0xf4, 0x6d, 0x63, 0xf5, 0x20, 0x27, 0x62, 0x36}
