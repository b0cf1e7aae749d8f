package lww_test

import (
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

func anyRow() *rapid.Generator[*pb.Row] {
	return rapid.Custom(func(t *rapid.T) *pb.Row {
		id := rapid.SliceOfN(rapid.Byte(), 16, 16)
		few := rapid.SampledFrom([][]byte{[]byte("0123456789abcdef"), []byte("fedcba9876543210"), []byte("----------------")})
		row := &pb.Row{Envelope: &pb.Envelope{Kind: pb.Kind(rapid.Int32Range(1, 30).Draw(t, "kind")).Enum(), Id: id.Draw(t, "id"),
			Holder: &pb.Holder{Kind: pb.HolderKind(rapid.Int32Range(1, 5).Draw(t, "holder")).Enum(), Id: few.Draw(t, "holder id")}},
			Body:  rapid.SliceOf(rapid.Byte()).Draw(t, "body"),
			Stamp: proto.Uint64(rapid.Uint64().Draw(t, "stamp")), Device: proto.Uint32(rapid.Uint32().Draw(t, "device")), Seq: proto.Uint64(rapid.Uint64().Draw(t, "seq"))}
		if rapid.Bool().Draw(t, "author") {
			row.Envelope.Author = few.Draw(t, "author")
		}
		if rapid.Bool().Draw(t, "subject") {
			row.Envelope.Subject = few.Draw(t, "subject")
		}
		if rapid.Bool().Draw(t, "household") {
			row.Envelope.Household = few.Draw(t, "household")
		}
		if rapid.Bool().Draw(t, "later") {
			row.Later = []*pb.FieldStamp{{Field: proto.Uint32(4), Stamp: proto.Uint64(9), Device: proto.Uint32(2)}}
		}
		return row
	})
}

// A page that crossed the wire gives back the rows, to the hash and the seq.
func TestPackUnpack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(anyRow(), 0, 8).Draw(t, "rows")
		b, err := proto.Marshal(&pb.SyncResponse{Page: lww.Pack(rows)})
		if err != nil {
			t.Fatal(err)
		}
		var there pb.SyncResponse
		if err := proto.Unmarshal(b, &there); err != nil {
			t.Fatal(err)
		}
		back, err := lww.Unpack(there.GetPage())
		if err != nil || len(back) != len(rows) {
			t.Fatalf("%d rows of %d: %v", len(back), len(rows), err)
		}
		for i := range rows {
			if lww.RowHash(rows[i]) != lww.RowHash(back[i]) || rows[i].GetSeq() != back[i].GetSeq() {
				t.Fatalf("row %d: %v, was %v", i, back[i], rows[i])
			}
		}
	})
}

func TestUnpackRefuses(t *testing.T) {
	for name, damage := range map[string]func(*pb.Page){
		"a holder that is not listed":  func(p *pb.Page) { p.Holder[0] = 2 },
		"an author that is not listed": func(p *pb.Page) { p.Author[1] = 2 },
		"a short column":               func(p *pb.Page) { p.Device = p.Device[:1] },
		"a long column":                func(p *pb.Page) { p.SeqStep = append(p.SeqStep, 0) },
		"half an id":                   func(p *pb.Page) { p.Ids = p.Ids[:24] },
		"no bodies":                    func(p *pb.Page) { p.Bodies = nil },
		"more of a row that is not there": func(p *pb.Page) {
			p.More = []*pb.MoreOfRow{{Row: proto.Uint32(2)}}
		},
		"more out of order": func(p *pb.Page) {
			p.More = []*pb.MoreOfRow{{Row: proto.Uint32(1)}, {Row: proto.Uint32(0)}}
		},
	} {
		row := &pb.Row{Envelope: &pb.Envelope{Id: make([]byte, 16), Holder: &pb.Holder{Id: []byte("x")}, Author: []byte("a"), Subject: []byte("x")}, Body: []byte("b")}
		page := lww.Pack([]*pb.Row{row, row})
		if _, err := lww.Unpack(page); err != nil {
			t.Fatal(err)
		}
		damage(page)
		if _, err := lww.Unpack(page); !errors.Is(err, lww.ErrPage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
