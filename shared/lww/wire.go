package lww

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// MaxField is the greatest field number that the wire format has.
const MaxField = uint32(protowire.MaxValidNumber)

// Value is what a body holds for one field: all raw records (tag and payload) of one
// number, in their order. A list is one value, and so is a scalar that was written twice.
type Value struct {
	Field uint32
	Raw   []byte
}

// WireError tells that bytes are no canonical body, or that a field which the schema
// knows does not hold what the schema says.
type WireError struct {
	// Field is the top-level field; 0 where no number could be read.
	Field uint32
	// Offset of the offending record in the body, in bytes.
	Offset int
	// Problem says in English what is wrong.
	Problem string
}

func (e *WireError) Error() string {
	return fmt.Sprintf("field %d at byte %d: %s", e.Field, e.Offset, e.Problem)
}

// UserMessage is what a user reads: what happened and what to do.
func (e *WireError) UserMessage() string {
	return "Nội dung bản ghi bị hỏng nên chưa lưu được; hãy mở lại bản ghi, nhập lại rồi lưu."
}

// record reads the first wire record of b, which must be minimal and no group. It
// returns the number, the wire type, the payload without its length, the value of a
// varint, and the size of the whole record; problem is empty where all is well.
func record(b []byte) (field uint32, typ protowire.Type, payload []byte, v uint64, size int, problem string) {
	tag, n := protowire.ConsumeVarint(b)
	if n < 0 {
		return 0, 0, nil, 0, 0, "tag is cut off or too long"
	}
	if n != protowire.SizeVarint(tag) {
		return 0, 0, nil, 0, 0, "tag is not minimal"
	}
	if tag>>3 == 0 || tag>>3 > uint64(MaxField) {
		return 0, 0, nil, 0, 0, "field number is out of range"
	}
	field, typ = uint32(tag>>3), protowire.Type(tag&7)
	rest := b[n:]
	switch typ {
	case protowire.VarintType:
		u, m := protowire.ConsumeVarint(rest)
		if m < 0 {
			return field, typ, nil, 0, 0, "varint is cut off or too long"
		}
		if m != protowire.SizeVarint(u) {
			return field, typ, nil, 0, 0, "varint is not minimal"
		}
		return field, typ, rest[:m], u, n + m, ""
	case protowire.Fixed32Type:
		if len(rest) < 4 {
			return field, typ, nil, 0, 0, "32-bit value is cut off"
		}
		return field, typ, rest[:4], 0, n + 4, ""
	case protowire.Fixed64Type:
		if len(rest) < 8 {
			return field, typ, nil, 0, 0, "64-bit value is cut off"
		}
		return field, typ, rest[:8], 0, n + 8, ""
	case protowire.BytesType:
		l, m := protowire.ConsumeVarint(rest)
		if m < 0 {
			return field, typ, nil, 0, 0, "length is cut off or too long"
		}
		if m != protowire.SizeVarint(l) {
			return field, typ, nil, 0, 0, "length is not minimal"
		}
		if l > uint64(len(rest)-m) {
			return field, typ, nil, 0, 0, "length goes beyond the end"
		}
		return field, typ, rest[m : m+int(l)], 0, n + m + int(l), ""
	case protowire.StartGroupType, protowire.EndGroupType:
		return field, typ, nil, 0, 0, "groups are not used"
	}
	return field, typ, nil, 0, 0, "unknown wire type"
}

// cursor walks the values of a body from the least field on. After the end or an error
// its field is 0.
type cursor struct {
	body  []byte
	pos   int
	field uint32
	raw   []byte
	err   *WireError
}

func cursorOf(body []byte) cursor {
	c := cursor{body: body}
	c.next()
	return c
}

// next goes to the next value: all records of the next number.
func (c *cursor) next() {
	before := c.field
	c.field, c.raw = 0, nil
	if c.err != nil || c.pos == len(c.body) {
		return
	}
	start := c.pos
	var number uint32
	for c.pos < len(c.body) {
		field, _, _, _, size, problem := record(c.body[c.pos:])
		if problem == "" && field < before {
			problem = "fields are not in order"
		}
		if problem != "" {
			c.err = &WireError{Field: field, Offset: c.pos, Problem: problem}
			return
		}
		if number != 0 && field != number {
			break
		}
		number = field
		c.pos += size
	}
	c.field, c.raw = number, c.body[start:c.pos:c.pos]
}

// Split takes a body apart into its values, in order of field number. The values alias
// the body. It returns a [*WireError] where the body is not canonical: numbers that do
// not rise or are 0 or beyond [MaxField], tags, lengths or varints longer than needed,
// groups, a record that is cut off. One order and one way to write a number make equal
// records equal bytes, which digests and the rule for equal versions rest on.
func Split(body []byte) ([]Value, error) {
	var values []Value
	c := cursorOf(body)
	for ; c.field != 0; c.next() {
		values = append(values, Value{Field: c.field, Raw: c.raw})
	}
	if c.err != nil {
		return nil, c.err
	}
	return values, nil
}

// Assemble is the reverse of [Split]. The values must be in order of field number.
func Assemble(values []Value) []byte {
	size := 0
	for _, v := range values {
		size += len(v.Raw)
	}
	if size == 0 {
		return nil
	}
	body := make([]byte, 0, size)
	for _, v := range values {
		body = append(body, v.Raw...)
	}
	return body
}
