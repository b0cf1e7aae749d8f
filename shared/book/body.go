package book

import (
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	pb "sodanvan/shared/gen/sodanvan/v1"
)

// field is one wire record of a body: a number in v or bytes in b.
type field struct {
	num uint32
	typ protowire.Type
	v   uint64
	b   []byte
}

// body is a body taken apart once, in one pass and without copying: cheaper than
// proto.Unmarshal for the few fields that a rule looks at.
type body []field

// parse takes a body of a kind apart. It refuses what is not well-formed, a known field of
// the wrong wire type, and text that is not UTF-8.
func parse(s *shape, raw []byte) (body, *Refusal) {
	out := make(body, 0, 8)
	for len(raw) > 0 {
		num, typ, n := protowire.ConsumeTag(raw)
		if n < 0 || num > protowire.MaxValidNumber {
			return nil, badWire(0, ruleBadWire)
		}
		raw = raw[n:]
		f := field{num: uint32(num), typ: typ}
		switch typ {
		case protowire.VarintType:
			f.v, n = protowire.ConsumeVarint(raw)
		case protowire.BytesType:
			f.b, n = protowire.ConsumeBytes(raw)
		case protowire.Fixed64Type:
			f.v, n = protowire.ConsumeFixed64(raw)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(raw)
			f.v = uint64(v)
		default:
			return nil, badWire(f.num, ruleBadWire)
		}
		if n < 0 {
			return nil, badWire(f.num, ruleBadWire)
		}
		raw = raw[n:]
		if int(num) < len(s.fields) {
			if want := s.fields[num]; want.known {
				if typ != want.wire && (!want.packed || typ != protowire.BytesType) {
					return nil, badWire(f.num, ruleBadWire)
				}
				if want.text && !utf8.Valid(f.b) {
					return nil, badWire(f.num, ruleBadWire)
				}
			}
		}
		out = append(out, f)
	}
	return out, nil
}

// last gives the record of a field that counts; as in every protobuf decoder the last.
func (b body) last(num uint32) (field, bool) {
	for i := len(b) - 1; i >= 0; i-- {
		if b[i].num == num {
			return b[i], true
		}
	}
	return field{}, false
}

func (b body) has(num uint32) bool { _, ok := b.last(num); return ok }

// number gives a varint field as it was written; 0 where it is not set.
func (b body) number(num uint32) int64 { f, _ := b.last(num); return int64(f.v) }

// day gives a field that holds a day.
func (b body) day(num uint32) (int32, bool) { f, ok := b.last(num); return int32(f.v), ok }

func (b body) flag(num uint32) bool { f, _ := b.last(num); return f.v != 0 }

func (b body) bytes(num uint32) []byte { f, _ := b.last(num); return f.b }

// id gives a field that holds an id; false where it is not set or is none.
func (b body) id(num uint32) (ID, bool) { return IDFrom(b.bytes(num)) }

// peek reads one varint or bytes field of a body without taking the rest apart; for the
// few fields that folds look at. Malformed bytes read as not set.
func peek(raw []byte, num uint32) (f field, ok bool) {
	for len(raw) > 0 {
		got, typ, n := protowire.ConsumeTag(raw)
		if n < 0 {
			return field{}, false
		}
		raw = raw[n:]
		m := protowire.ConsumeFieldValue(got, typ, raw)
		if m < 0 {
			return field{}, false
		}
		if uint32(got) == num {
			f, ok = field{num: num, typ: typ}, true
			switch typ {
			case protowire.VarintType:
				f.v, _ = protowire.ConsumeVarint(raw)
			case protowire.BytesType:
				f.b, _ = protowire.ConsumeBytes(raw)
			}
		}
		raw = raw[m:]
	}
	return f, ok
}

// deleted tells that a record bears the mark of deletion.
func deleted(r *Record) bool {
	f, _ := peek(r.State.Body, fieldDeleted)
	return f.v != 0
}

// fieldsOf gives the numbers of a patch's fields: those set and those cleared. A set that
// is malformed counts up to where it breaks; lww.Check refuses it elsewhere.
func fieldsOf(set []byte, cleared []uint32) []uint32 {
	var out []uint32
	for len(set) > 0 {
		num, typ, n := protowire.ConsumeTag(set)
		if n < 0 {
			break
		}
		m := protowire.ConsumeFieldValue(num, typ, set[n:])
		if m < 0 {
			break
		}
		if len(out) == 0 || out[len(out)-1] != uint32(num) {
			out = append(out, uint32(num))
		}
		set = set[n+m:]
	}
	return append(out, cleared...)
}

// Fields gives the numbers of the fields that a patch sets or clears, as MayWrite takes
// them.
func Fields(p *pb.Patch) []uint32 { return fieldsOf(p.GetSet(), p.GetCleared()) }
