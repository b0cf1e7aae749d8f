package main

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

// TestEveryKindIsThere: a kind that no sample holds is one that the dictionary cannot help.
func TestEveryKindIsThere(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	rows, changes := map[pb.Kind]bool{}, map[pb.Kind]bool{}
	for range 4 {
		b := newBranch(r)
		for i, rec := range b.records {
			row := b.row(rec, uint64(i+1))
			got, err := lww.Unpack(lww.Pack([]*pb.Row{row}))
			if err != nil || !proto.Equal(got[0].GetEnvelope(), row.GetEnvelope()) {
				t.Fatalf("%v: %v", row, err)
			}
			rows[rec.kind] = true
		}
		for _, op := range b.ops(2000) {
			var p pb.Patch
			if err := proto.Unmarshal(op, &p); err != nil {
				t.Fatal(err)
			}
			changes[p.GetEnvelope().GetKind()] = true
		}
	}
	for n, name := range pb.Kind_name {
		if k := pb.Kind(n); k != pb.Kind_KIND_UNSPECIFIED && !rows[k] {
			t.Errorf("no row of %s", name)
		}
	}
	for _, k := range []pb.Kind{pb.Kind_KIND_VISIT, pb.Kind_KIND_HOUSEHOLD, pb.Kind_KIND_PETITION, pb.Kind_KIND_STEP, pb.Kind_KIND_CONSENT, pb.Kind_KIND_REVIEW,
		pb.Kind_KIND_RECEIPT, pb.Kind_KIND_CONTRIBUTION, pb.Kind_KIND_NOTICE, pb.Kind_KIND_INITIATIVE} {
		if !changes[k] {
			t.Errorf("no change of %v", k)
		}
	}
}

func TestOneSeedOneDictionary(t *testing.T) {
	of := func(seed uint64) []byte { return cover(samples(rand.New(rand.NewPCG(1, seed)), 3), 4<<10, stretch) }
	if a, b := of(1), of(1); !bytes.Equal(a, b) || len(a) != 4<<10 {
		t.Errorf("%d and %d bytes", len(a), len(b))
	}
	if bytes.Equal(of(1), of(2)) {
		t.Error("the seed does nothing")
	}
}

func TestCover(t *testing.T) {
	common, rare := "gia đình đề nghị sửa đường", "chỉ một lần thôi không ai nhắc lại"
	samples := [][]byte{[]byte("0123456789" + common + "abcdefghij"), []byte(rare), []byte("klmnopqrst" + common + "uvwxyzABCD")}
	if got := string(cover(samples, 1000, 40)); got != common {
		t.Errorf("got %q", got)
	}
}
