package store

import (
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/lww"
)

// scope is what one key seals.
type scope struct {
	What string
	ID   book.ID
}

var (
	branchScope = scope{What: "branch"}
	draftsScope = scope{What: "drafts"}
	stateScope  = scope{What: "state"}
)

// scopeOf gives a household a key of its own, so that dropping the household is
// dropping the key; the rest shares one.
func scopeOf(h book.Holder) scope {
	if h.Kind == pb.HolderKind_HOLDER_KIND_HOUSEHOLD {
		return scope{What: "household", ID: h.ID}
	}
	return branchScope
}

// scope is what seals a change: the key of its household, unless it is to outlive that key.
func (o *Op) scope() scope {
	if o.State == Erased || o.Away {
		return branchScope
	}
	return scopeOf(o.Holder)
}

// rowOf rebuilds the message of a server's row.
func rowOf(r book.Record) *pb.Row {
	m := &pb.Row{Envelope: &pb.Envelope{
		Kind: r.Kind.Enum(), Id: r.ID.Bytes(), Author: r.Author.Bytes(),
		Subject: r.Subject.Bytes(), Household: r.Household.Bytes(), Holder: r.Holder.Proto(),
	}, Seq: proto.Uint64(r.Seq)}
	r.State.IntoRow(m)
	return m
}

// encodeRow gives what is sealed of a row: the partition, which the server's message does
// not name, and the message.
func encodeRow(r *Record) ([]byte, error) {
	b, err := proto.MarshalOptions{Deterministic: true}.MarshalAppend(r.Unit[:], rowOf(r.Record))
	if err != nil {
		return nil, fmt.Errorf("encode row: %w", err)
	}
	return b, nil
}

func decodeRow(b []byte) (*Record, uint64, error) {
	if len(b) < 16 {
		return nil, 0, fmt.Errorf("decode row: %d bytes", len(b))
	}
	var m pb.Row
	if err := proto.Unmarshal(b[16:], &m); err != nil {
		return nil, 0, fmt.Errorf("decode row: %w", err)
	}
	rec, ok := book.RecordFrom(&m, book.ID(b[:16]))
	if !ok {
		return nil, 0, fmt.Errorf("decode row: no id")
	}
	return &Record{Record: rec}, lww.RowHash(&m), nil
}

// opJSON, like the other sealed forms below, is the format of the file: fields may be added.
type opJSON struct {
	Number  uint64      `json:"number,omitempty"`
	Device  uint32      `json:"device,omitempty"`
	State   OpState     `json:"state"`
	Record  book.ID     `json:"record"`
	Kind    pb.Kind     `json:"kind"`
	Holder  book.Holder `json:"holder"`
	Unit    book.ID     `json:"unit"`
	Bytes   []byte      `json:"bytes,omitempty"`
	Session string      `json:"session,omitempty"`
	MadeMS  int64       `json:"made_ms"`
	Stamp   hlc.Stamp   `json:"stamp,omitempty"`
	Seq     uint64      `json:"seq,omitempty"`
	Refusal []byte      `json:"refusal,omitzero"` // a marshalled pb.Refusal
	Mended  bool        `json:"mended,omitempty"`
	Left    bool        `json:"left,omitempty"`
	Gone    bool        `json:"gone,omitempty"`
	Away    bool        `json:"away,omitempty"`
	Was     OpState     `json:"was,omitempty"`
	Mark    uint64      `json:"mark,omitempty"` // marks up to it say nothing newer
}

// encodeOp gives what is sealed of a change; mark is the number of the write.
func encodeOp(o *Op, mark uint64) ([]byte, error) {
	j := opJSON{o.Number, o.Device, o.State, o.Record, o.Kind, o.Holder, o.Unit, o.Bytes,
		o.Session, o.MadeMS, o.Stamp, o.Seq, nil, o.Mended, o.Left, o.Gone, o.Away, o.Was, mark}
	if o.Refusal != nil {
		b, err := proto.MarshalOptions{Deterministic: true}.Marshal(o.Refusal)
		if err != nil {
			return nil, fmt.Errorf("encode refusal: %w", err)
		}
		j.Refusal = append([]byte{}, b...)
	}
	return json.Marshal(j)
}

func decodeOp(key uint64, b []byte) (o *Op, mark uint64, err error) {
	var j opJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return nil, 0, fmt.Errorf("decode change %d: %w", key, err)
	}
	o = &Op{key, j.Number, j.Device, j.State, j.Record, j.Kind, j.Holder, j.Unit, j.Bytes,
		j.Session, j.MadeMS, j.Stamp, j.Seq, nil, j.Mended, j.Left, j.Gone, j.Away, j.Was, nil}
	if o.State == Refused || j.Refusal != nil {
		o.Refusal = new(pb.Refusal)
		if err := proto.Unmarshal(j.Refusal, o.Refusal); err != nil {
			return nil, 0, fmt.Errorf("decode refusal: %w", err)
		}
	}
	if o.State != Erased && o.State != Offering {
		o.patch = new(pb.Patch)
		if err := proto.Unmarshal(j.Bytes, o.patch); err != nil {
			return nil, 0, fmt.Errorf("decode change %d: %w", key, err)
		}
	}
	return o, j.Mark, nil
}

type draftJSON struct {
	ID      book.ID     `json:"id"`
	Kind    pb.Kind     `json:"kind"`
	Holder  book.Holder `json:"holder"`
	Unit    book.ID     `json:"unit"`
	Patch   []byte      `json:"patch,omitempty"`
	Form    []byte      `json:"form,omitempty"`
	SavedMS int64       `json:"saved_ms"`
}

func encodeDraft(d *Draft) ([]byte, error) {
	j := draftJSON{ID: d.ID, Kind: d.Kind, Holder: d.Holder, Unit: d.Unit, Form: d.Form, SavedMS: d.SavedMS}
	if d.Patch != nil {
		b, err := encodePatch(d.Patch)
		if err != nil {
			return nil, err
		}
		j.Patch = b
	}
	return json.Marshal(j)
}

func decodeDraft(local uint64, b []byte) (*Draft, error) {
	var j draftJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return nil, fmt.Errorf("decode draft: %w", err)
	}
	d := &Draft{ID: j.ID, Kind: j.Kind, Holder: j.Holder, Unit: j.Unit, Form: j.Form, SavedMS: j.SavedMS, local: local}
	if j.Patch != nil {
		d.Patch = new(pb.Patch)
		if err := proto.Unmarshal(j.Patch, d.Patch); err != nil {
			return nil, fmt.Errorf("decode draft: %w", err)
		}
	}
	return d, nil
}

func encodePatch(p *pb.Patch) ([]byte, error) {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode change: %w", err)
	}
	return b, nil
}

// stateMain is the row of the state.
const stateMain = 1

func encodeState(st *State) ([]byte, error) {
	b, err := json.Marshal(st)
	if err != nil {
		return nil, fmt.Errorf("encode state: %w", err)
	}
	return b, nil
}
