package lww_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"pgregory.net/rapid"

	"sodanvan/shared/lww"
)

func TestSplit(t *testing.T) {
	cases := []struct {
		name string
		body []byte
		want []lww.Value
	}{
		{"empty", nil, nil},
		{"every wire type", cat(num(1, 5), fix64(2, 6), text(3, "a"), fix32(4, 7)), []lww.Value{
			{1, num(1, 5)}, {2, fix64(2, 6)}, {3, text(3, "a")}, {4, fix32(4, 7)}}},
		{"all records of a number are one value", cat(text(3, "a"), text(3, ""), num(3, 1), text(9, "b")), []lww.Value{
			{3, cat(text(3, "a"), text(3, ""), num(3, 1))}, {9, text(9, "b")}}},
		{"the last number", num(lww.MaxField, 1), []lww.Value{{lww.MaxField, num(lww.MaxField, 1)}}},
		{"the greatest varint", num(1, 1<<64-1), []lww.Value{{1, num(1, 1<<64-1)}}},
		{"nested bytes are not looked at", text(1, "\x80\x00"), []lww.Value{{1, text(1, "\x80\x00")}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := lww.Split(c.body)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(c.want) {
				t.Fatalf("%d values, want %d", len(got), len(c.want))
			}
			for i, v := range got {
				if v.Field != c.want[i].Field || !bytes.Equal(v.Raw, c.want[i].Raw) {
					t.Errorf("value %d is %d %x, want %d %x", i, v.Field, v.Raw, c.want[i].Field, c.want[i].Raw)
				}
			}
			if back := lww.Assemble(got); !bytes.Equal(back, c.body) {
				t.Errorf("assembled to %x, want %x", back, c.body)
			}
		})
	}
}

// badBodies are refused by everything that reads a body.
var badBodies = []struct {
	name    string
	body    []byte
	problem string
	field   uint32
	offset  int
}{
	{"fields out of order", cat(num(2, 1), num(1, 1)), "not in order", 1, 2},
	{"a number again later", cat(num(1, 1), num(2, 1), num(1, 1)), "not in order", 1, 4},
	{"tag not minimal", []byte{0x88, 0x00, 0x01}, "tag is not minimal", 0, 0},
	{"varint not minimal", []byte{0x08, 0x81, 0x00}, "varint is not minimal", 1, 0},
	{"zero in two bytes", []byte{0x08, 0x80, 0x00}, "varint is not minimal", 1, 0},
	{"length not minimal", []byte{0x0a, 0x81, 0x00, 'a'}, "length is not minimal", 1, 0},
	{"varint of eleven bytes", append([]byte{0x08}, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01), "varint is cut off or too long", 1, 0},
	{"group starts", []byte{0x0b, 0x0c}, "groups", 1, 0},
	{"group ends", []byte{0x0c}, "groups", 1, 0},
	{"wire type 6", []byte{0x0e}, "unknown wire type", 1, 0},
	{"wire type 7", []byte{0x0f}, "unknown wire type", 1, 0},
	{"field number 0", []byte{0x00, 0x01}, "out of range", 0, 0},
	{"field number 2^29", num(1<<29, 1), "out of range", 0, 0},
	{"field number beyond 32 bits", protowire.AppendVarint(nil, 1<<40), "out of range", 0, 0},
	{"tag cut off", []byte{0x08, 0x01, 0x80}, "tag is cut off", 0, 2},
	{"varint cut off", []byte{0x08, 0x80}, "varint is cut off", 1, 0},
	{"varint missing", []byte{0x08}, "varint is cut off", 1, 0},
	{"length missing", []byte{0x0a}, "length is cut off", 1, 0},
	{"length beyond the end", []byte{0x0a, 0x02, 'a'}, "beyond the end", 1, 0},
	{"length of 2^64-1", append([]byte{0x0a}, bytes.Repeat([]byte{0xff}, 9)...), "length is cut off", 1, 0},
	{"length of 2^63", protowire.AppendVarint([]byte{0x0a}, 1<<63), "beyond the end", 1, 0},
	{"32 bits cut off", fix32(1, 1)[:4], "32-bit", 1, 0},
	{"64 bits cut off", fix64(1, 1)[:8], "64-bit", 1, 0},
}

func TestBadBodies(t *testing.T) {
	md := schema(t, 1)
	good := lww.State{Body: num(1, 1), Created: lww.Version{Stamp: 1, Device: 1}}
	for _, c := range badBodies {
		t.Run(c.name, func(t *testing.T) {
			readers := map[string]func() error{
				"Split":      func() error { _, err := lww.Split(c.body); return err },
				"Check":      func() error { return lww.Check(md, c.body) },
				"Decode":     func() error { _, err := lww.Decode(c.body, thing(md)); return err },
				"Valid":      func() error { return lww.Change{Set: c.body}.Valid() },
				"Diff":       func() error { _, _, err := lww.Diff(nil, c.body); return err },
				"Diff back":  func() error { _, _, err := lww.Diff(c.body, nil); return err },
				"Edited":     func() error { _, _, err := lww.Edited(c.body, thing(md)); return err },
				"State":      func() error { s := good; s.Body = c.body; return s.Valid() },
				"Merge":      func() error { _, _, err := lww.Merge(good, change(2, c.body)); return err },
				"Merge into": func() error { s := good; s.Body = c.body; _, _, err := lww.Merge(s, change(2, nil, 7)); return err },
				"creation": func() error {
					ch := change(2, c.body)
					ch.Create = true
					_, _, err := lww.Merge(lww.State{}, ch)
					return err
				},
			}
			for name, read := range readers {
				err := read()
				var wire *lww.WireError
				if !errors.As(err, &wire) {
					t.Errorf("%s: got %v, want a WireError", name, err)
					continue
				}
				if name == "Check" && strings.Contains(wire.Problem, "type") && c.field == 1 {
					continue // the schema's word on field 1 may come first
				}
				if !strings.Contains(wire.Problem, c.problem) || wire.Field != c.field || wire.Offset != c.offset {
					t.Errorf("%s: got %v, want field %d at byte %d: %s", name, err, c.field, c.offset, c.problem)
				}
				if wire.UserMessage() == "" || !strings.Contains(wire.Error(), wire.Problem) {
					t.Errorf("%s: the error tells nothing", name)
				}
			}
		})
	}
}

func TestSplitKeepsEveryByte(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := anyBody().Draw(t, "body")
		values, err := lww.Split(body)
		if err != nil {
			t.Fatal(err)
		}
		if got := lww.Assemble(values); !bytes.Equal(got, body) {
			t.Fatalf("%x became %x", body, got)
		}
		for i := 1; i < len(values); i++ {
			if values[i].Field <= values[i-1].Field {
				t.Fatalf("field %d follows %d", values[i].Field, values[i-1].Field)
			}
		}
	})
}

// An appended value does not run into the next one's bytes.
func TestSplitCapsItsSlices(t *testing.T) {
	body := cat(num(1, 1), num(2, 2))
	values, err := lww.Split(body)
	if err != nil {
		t.Fatal(err)
	}
	_ = append(values[0].Raw, 0xff)
	if !bytes.Equal(body, cat(num(1, 1), num(2, 2))) {
		t.Fatal("appending to a value wrote into the body")
	}
}
