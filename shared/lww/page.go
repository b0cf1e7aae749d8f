package lww

import (
	"errors"

	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
)

// ErrPage: a page names a holder or an author that it does not list.
var ErrPage = errors.New("page is damaged")

// idMillis is the time that a UUIDv7 carries; 0 for anything that is too short.
func idMillis(id []byte) int64 {
	if len(id) < 6 {
		return 0
	}
	var ms int64
	for _, b := range id[:6] {
		ms = ms<<8 | int64(b)
	}
	return ms
}

const counterBits = 16

// Pack makes a page of rows, leaving out what stands elsewhere in it. Unpack gives back the
// same rows; digests see no difference.
func Pack(rows []*pb.Row) *pb.Page {
	if len(rows) == 0 {
		return nil
	}
	page := &pb.Page{Rows: make([]*pb.PackedRow, len(rows))}
	type key struct {
		kind pb.HolderKind
		id   string
	}
	holders, authors := map[key]uint32{}, map[string]uint32{}
	var seq uint64
	for i, row := range rows {
		e := row.GetEnvelope()
		if e == nil {
			e = &pb.Envelope{}
		}
		p := &pb.PackedRow{Id: e.GetId(), Body: row.GetBody(), Later: row.GetLater(), Household: e.GetHousehold()}
		if e.Kind != nil {
			p.Kind = e.GetKind().Enum()
		}
		if h := e.GetHolder(); h != nil {
			k := key{h.GetKind(), string(h.GetId())}
			n := holders[k]
			if n == 0 {
				page.Holders = append(page.Holders, h)
				n = uint32(len(page.Holders))
				holders[k] = n
			}
			p.Holder = proto.Uint32(n)
		}
		if a := e.GetAuthor(); len(a) > 0 {
			n := authors[string(a)]
			if n == 0 {
				page.Authors = append(page.Authors, a)
				n = uint32(len(page.Authors))
				authors[string(a)] = n
			}
			p.Author = proto.Uint32(n)
		}
		switch s := e.GetSubject(); {
		case len(s) == 0:
			p.NoSubject = proto.Bool(true)
		case string(s) != string(e.GetHolder().GetId()):
			p.Subject = s
		}
		if after := int64(row.GetStamp()>>counterBits) - idMillis(e.GetId()); after != 0 {
			p.AfterIdMs = proto.Int64(after)
		}
		if c := row.GetStamp() & (1<<counterBits - 1); c != 0 {
			p.Counter = proto.Uint32(uint32(c))
		}
		if row.GetDevice() != 0 {
			p.Device = row.Device
		}
		if step := int64(row.GetSeq()-seq) - 1; step != 0 {
			p.SeqStep = proto.Int64(step)
		}
		seq = row.GetSeq()
		page.Rows[i] = p
	}
	return page
}

// Unpack gives the rows of a page. The error is ErrPage.
func Unpack(page *pb.Page) ([]*pb.Row, error) {
	if page == nil {
		return nil, nil
	}
	rows := make([]*pb.Row, len(page.GetRows()))
	var seq uint64
	for i, p := range page.GetRows() {
		e := &pb.Envelope{Kind: p.Kind, Id: p.GetId(), Household: p.GetHousehold()}
		if n := p.GetHolder(); n > 0 {
			if int(n) > len(page.GetHolders()) {
				return nil, ErrPage
			}
			e.Holder = page.GetHolders()[n-1]
		}
		if n := p.GetAuthor(); n > 0 {
			if int(n) > len(page.GetAuthors()) {
				return nil, ErrPage
			}
			e.Author = page.GetAuthors()[n-1]
		}
		switch {
		case len(p.GetSubject()) > 0:
			e.Subject = p.GetSubject()
		case !p.GetNoSubject():
			e.Subject = e.GetHolder().GetId()
		}
		seq += uint64(p.GetSeqStep() + 1)
		stamp := uint64(idMillis(p.GetId())+p.GetAfterIdMs())<<counterBits | uint64(p.GetCounter())&(1<<counterBits-1)
		rows[i] = &pb.Row{Envelope: e, Body: p.GetBody(), Stamp: proto.Uint64(stamp), Device: proto.Uint32(p.GetDevice()), Later: p.GetLater(), Seq: proto.Uint64(seq)}
	}
	return rows, nil
}
