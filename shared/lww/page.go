package lww

import (
	"errors"

	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
)

// ErrPage: a page whose columns do not fit each other, or that names what it does not list.
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

const idSize = 16

// Pack makes a page of rows, leaving out what stands elsewhere in it. Unpack gives back the
// same rows; digests see no difference. Ids are 16 bytes; one that is not (no code of ours makes one) is cut or filled.
func Pack(rows []*pb.Row) *pb.Page {
	if len(rows) == 0 {
		return nil
	}
	n := len(rows)
	page := &pb.Page{Kinds: make([]pb.Kind, n), Ids: make([]byte, n*idSize), Holder: make([]uint32, n), Author: make([]uint32, n),
		AfterIdMs: make([]int64, n), Counter: make([]uint32, n), Device: make([]uint32, n), SeqStep: make([]int64, n), Bodies: make([][]byte, n)}
	type key struct {
		kind pb.HolderKind
		id   string
	}
	holders, authors := map[key]uint32{}, map[string]uint32{}
	var seq uint64
	for i, row := range rows {
		e := row.GetEnvelope()
		page.Kinds[i] = e.GetKind()
		copy(page.Ids[i*idSize:(i+1)*idSize], e.GetId())
		if h := e.GetHolder(); h != nil {
			k := key{h.GetKind(), string(h.GetId())}
			at := holders[k]
			if at == 0 {
				page.Holders = append(page.Holders, h)
				at = uint32(len(page.Holders))
				holders[k] = at
			}
			page.Holder[i] = at
		}
		if a := e.GetAuthor(); len(a) > 0 {
			at := authors[string(a)]
			if at == 0 {
				page.Authors = append(page.Authors, a)
				at = uint32(len(page.Authors))
				authors[string(a)] = at
			}
			page.Author[i] = at
		}
		more := &pb.MoreOfRow{Household: e.GetHousehold(), Later: row.GetLater()}
		switch s := e.GetSubject(); {
		case len(s) == 0:
			more.NoSubject = proto.Bool(true)
		case string(s) != string(e.GetHolder().GetId()):
			more.Subject = s
		}
		if len(more.GetHousehold())+len(more.GetLater())+len(more.GetSubject()) > 0 || more.GetNoSubject() {
			more.Row = proto.Uint32(uint32(i))
			page.More = append(page.More, more)
		}
		page.AfterIdMs[i] = int64(row.GetStamp()>>counterBits) - idMillis(e.GetId())
		page.Counter[i] = uint32(row.GetStamp() & (1<<counterBits - 1))
		page.Device[i] = row.GetDevice()
		page.SeqStep[i] = int64(row.GetSeq()-seq) - 1
		seq = row.GetSeq()
		page.Bodies[i] = row.GetBody()
	}
	return page
}

// Unpack gives the rows of a page. The error is ErrPage.
func Unpack(page *pb.Page) ([]*pb.Row, error) {
	if page == nil {
		return nil, nil
	}
	n := len(page.GetBodies())
	for _, column := range []int{len(page.GetKinds()), len(page.GetHolder()), len(page.GetAuthor()), len(page.GetAfterIdMs()), len(page.GetCounter()), len(page.GetDevice()), len(page.GetSeqStep())} {
		if column != n {
			return nil, ErrPage
		}
	}
	if len(page.GetIds()) != n*idSize {
		return nil, ErrPage
	}
	rows := make([]*pb.Row, n)
	more := page.GetMore()
	var seq uint64
	for i := range rows {
		id := page.GetIds()[i*idSize : (i+1)*idSize : (i+1)*idSize]
		e := &pb.Envelope{Id: id}
		if k := page.GetKinds()[i]; k != 0 {
			e.Kind = k.Enum()
		}
		if at := page.GetHolder()[i]; at > 0 {
			if int(at) > len(page.GetHolders()) {
				return nil, ErrPage
			}
			e.Holder = page.GetHolders()[at-1]
		}
		if at := page.GetAuthor()[i]; at > 0 {
			if int(at) > len(page.GetAuthors()) {
				return nil, ErrPage
			}
			e.Author = page.GetAuthors()[at-1]
		}
		var m *pb.MoreOfRow
		if len(more) > 0 && int(more[0].GetRow()) == i {
			m, more = more[0], more[1:]
		}
		e.Household = m.GetHousehold()
		switch {
		case len(m.GetSubject()) > 0:
			e.Subject = m.GetSubject()
		case !m.GetNoSubject():
			e.Subject = e.GetHolder().GetId()
		}
		seq += uint64(page.GetSeqStep()[i] + 1)
		stamp := uint64(idMillis(id)+page.GetAfterIdMs()[i])<<counterBits | uint64(page.GetCounter()[i])&(1<<counterBits-1)
		rows[i] = &pb.Row{Envelope: e, Body: page.GetBodies()[i], Stamp: proto.Uint64(stamp), Device: proto.Uint32(page.GetDevice()[i]), Later: m.GetLater(), Seq: proto.Uint64(seq)}
	}
	if len(more) > 0 {
		return nil, ErrPage
	}
	return rows, nil
}
