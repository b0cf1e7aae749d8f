package lww

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Encode writes a message as a canonical body: in order of field number, the same bytes
// for the same message. Fields that the program does not know go along. For new records
// and for what a form edited; stored bodies are never marshalled again.
//
// It returns a [*WireError] where unknown fields of the message are not canonical, which
// those of a stored body always are.
func Encode(m proto.Message) ([]byte, error) {
	if m == nil {
		return nil, nil
	}
	b, err := proto.MarshalOptions{Deterministic: true, AllowPartial: true}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", m.ProtoReflect().Descriptor().FullName(), err)
	}
	known := len(b) - len(m.ProtoReflect().GetUnknown())
	values := make([]Value, 0, 16)
	for at := 0; at < len(b); {
		field, _, _, _, size, problem := record(b[at:])
		if problem != "" {
			return nil, &WireError{Field: field, Offset: at, Problem: problem}
		}
		// A value that Decode could not read gives way to one that was set since.
		if at < known || !set(m.ProtoReflect(), field) {
			values = append(values, Value{Field: field, Raw: b[at : at+size]})
		}
		at += size
	}
	slices.SortStableFunc(values, func(a, b Value) int { return int(a.Field) - int(b.Field) })
	return Assemble(values), nil
}

// set tells whether m has a value of its own for a field number.
func set(m protoreflect.Message, field uint32) bool {
	fd := m.Descriptor().Fields().ByNumber(protoreflect.FieldNumber(field))
	return fd != nil && m.Has(fd)
}

// Decode reads a body into m, which it empties first. A field that m's schema knows but
// whose bytes contradict it (a server older than the field let them in) hides nothing
// else: its number is returned, m has no value for it, and its bytes stay with m's unknown
// fields, so that [Encode] writes them back unless a new value was set. It returns a
// [*WireError] where the body as a whole cannot be read.
func Decode(body []byte, m proto.Message) (undecodable []uint32, err error) {
	r := m.ProtoReflect()
	fields := r.Descriptor().Fields()
	c := cursorOf(body)
	for ; c.field != 0; c.next() {
		if checkValue(fields, c.field, c.raw) != "" {
			undecodable = append(undecodable, c.field)
		}
	}
	if c.err != nil {
		return nil, c.err
	}
	good, bad := body, []byte(nil)
	if undecodable != nil {
		good = make([]byte, 0, len(body))
		for c := cursorOf(body); c.field != 0; c.next() {
			if slices.Contains(undecodable, c.field) {
				bad = append(bad, c.raw...)
			} else {
				good = append(good, c.raw...)
			}
		}
	}
	if err := (proto.UnmarshalOptions{AllowPartial: true}).Unmarshal(good, m); err != nil {
		return undecodable, fmt.Errorf("decode %s: %w", r.Descriptor().FullName(), err)
	}
	if bad != nil {
		r.SetUnknown(append(slices.Clone(r.GetUnknown()), bad...))
	}
	return undecodable, nil
}

// Diff returns what makes the body after out of the body before: the fields to set and,
// rising, those to clear. It compares bytes; [Edited] compares what they mean. The error is
// a [*WireError].
func Diff(before, after []byte) (set []byte, cleared []uint32, err error) {
	x, y := cursorOf(before), cursorOf(after)
	for x.field != 0 || y.field != 0 {
		switch {
		case y.field == 0 || x.field != 0 && x.field < y.field:
			cleared = append(cleared, x.field)
			x.next()
		case x.field == 0 || y.field < x.field:
			set = append(set, y.raw...)
			y.next()
		default:
			if !bytes.Equal(x.raw, y.raw) {
				set = append(set, y.raw...)
			}
			x.next()
			y.next()
		}
	}
	if x.err != nil {
		return nil, nil, fmt.Errorf("before: %w", x.err)
	}
	if y.err != nil {
		return nil, nil, fmt.Errorf("after: %w", y.err)
	}
	return set, cleared, nil
}

// ErrNoMessage: a form gave no message.
var ErrNoMessage = errors.New("no message")

// Edited returns what a form changed: stored is the body that it opened, after the message
// that [Decode] made of it and the user edited. A value that only stands in other bytes
// than this program would write (an unpacked list, a scalar written twice) is no change.
func Edited(stored []byte, after proto.Message) (set []byte, cleared []uint32, err error) {
	if after == nil {
		return nil, nil, ErrNoMessage
	}
	m := after.ProtoReflect().New().Interface()
	if _, err := Decode(stored, m); err != nil {
		return nil, nil, fmt.Errorf("stored body: %w", err)
	}
	before, err := Encode(m)
	if err != nil {
		return nil, nil, fmt.Errorf("stored body: %w", err)
	}
	now, err := Encode(after)
	if err != nil {
		return nil, nil, fmt.Errorf("edited message: %w", err)
	}
	return Diff(before, now)
}
