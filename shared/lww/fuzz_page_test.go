package lww_test

import (
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

// FuzzPage: whatever a page says, Unpack gives rows or ErrPage; and rows that came out go in
// again and come out the same.
func FuzzPage(f *testing.F) {
	row := &pb.Row{Envelope: &pb.Envelope{Kind: pb.Kind_KIND_VISIT.Enum(), Id: []byte("0123456789abcdef"), Author: []byte("a member 16 long"),
		Subject: []byte("household 16 lg!"), Holder: &pb.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD.Enum(), Id: []byte("household 16 lg!")}},
		Body: []byte{8, 1}, Stamp: proto.Uint64(1 << 40), Device: proto.Uint32(3), Seq: proto.Uint64(9)}
	other := proto.Clone(row).(*pb.Row)
	other.Envelope.Subject, other.Seq = nil, proto.Uint64(4)
	for _, rows := range [][]*pb.Row{nil, {row}, {row, other, row}} {
		b, err := proto.Marshal(lww.Pack(rows))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var page pb.Page
		if proto.Unmarshal(b, &page) != nil {
			return
		}
		rows, err := lww.Unpack(&page)
		if err != nil {
			if !errors.Is(err, lww.ErrPage) || rows != nil {
				t.Fatalf("%v with %d rows", err, len(rows))
			}
			return
		}
		again, err := lww.Unpack(lww.Pack(rows))
		if err != nil || len(again) != len(rows) {
			t.Fatalf("%d rows of %d: %v", len(again), len(rows), err)
		}
		for i := range rows {
			if lww.RowHash(again[i]) != lww.RowHash(rows[i]) || again[i].GetSeq() != rows[i].GetSeq() {
				t.Fatalf("row %d: %v became %v", i, rows[i], again[i])
			}
			_ = lww.FromRow(rows[i]).Valid()
		}
	})
}
