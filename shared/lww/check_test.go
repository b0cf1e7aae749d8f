package lww_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"sodanvan/shared/lww"
)

// checkCases are bodies that are canonical on the wire; problem is what the schema of
// generation 2 says about them, field where.
var checkCases = []struct {
	name    string
	body    []byte
	problem string
	field   uint32
}{
	{"empty", nil, "", 0},
	{"a name", text(1, "Nguyễn Văn Đạt"), "", 0},
	{"an empty name is a value", text(1, ""), "", 0},
	{"bad UTF-8", text(1, "a\xff"), "UTF-8", 1},
	{"a surrogate half", text(1, "\xed\xa0\x80"), "UTF-8", 1},
	{"bad UTF-8 in the first of two", cat(text(1, "\xff"), text(1, "a")), "UTF-8", 1},
	{"bad UTF-8 in a list", cat(text(15, "a"), text(15, "\xff")), "UTF-8", 15},
	{"bytes need no UTF-8", text(3, "\xff\x00"), "", 0},
	{"a scalar twice", cat(text(1, "a"), text(1, "b")), "", 0},
	{"text as a number", num(1, 5), "wrong wire type", 1},
	{"a number as text", text(2, "a"), "wrong wire type", 2},
	{"a number as 32 bits", fix32(2, 5), "wrong wire type", 2},
	{"32 bits as a number", num(11, 5), "wrong wire type", 11},
	{"32 bits", fix32(11, 5), "", 0},
	{"64 bits as 32", fix32(13, 5), "wrong wire type", 13},
	{"a double", fix64(13, 5), "", 0},
	{"the second record has the wrong type", cat(num(2, 5), fix32(2, 5)), "wrong wire type", 2},
	{"int32 at its ends", cat(num(2, 1<<31-1), num(2, 1<<64-1<<31)), "", 0},
	{"int32 too great", num(2, 1<<31), "out of range", 2},
	{"int32 too small", num(2, 1<<64-1<<31-1), "out of range", 2},
	{"int64 takes all", num(14, 1<<64-1), "", 0},
	{"uint32", num(8, 1<<32-1), "", 0},
	{"uint32 too great", num(8, 1<<32), "out of range", 8},
	{"sint32", num(10, 1<<32-1), "", 0},
	{"sint32 too great", num(10, 1<<32), "out of range", 10},
	{"an enum value of a later schema", num(9, 77), "", 0},
	{"a negative enum value", num(9, 1<<64-1), "", 0},
	{"an enum value beyond 32 bits", num(9, 1<<40), "out of range", 9},
	{"true", num(6, 1), "", 0},
	{"false", num(6, 0), "", 0},
	{"neither true nor false", num(6, 2), "out of range", 6},
	{"a list of bytes", cat(text(3, "a"), text(3, "")), "", 0},
	{"a packed list", nest(4, []byte{1, 2, 0x96, 0x01}), "", 0},
	{"the same unpacked", cat(num(4, 1), num(4, 2)), "", 0},
	{"packed and unpacked", cat(num(4, 1), nest(4, []byte{2})), "", 0},
	{"an empty packed list is a clear, not a value", text(4, ""), "is a clear", 4},
	{"twice nothing too", cat(text(4, ""), text(4, "")), "is a clear", 4},
	{"nothing and something", cat(text(4, ""), num(4, 1)), "", 0},
	{"packed, not minimal", nest(4, []byte{0x81, 0x00}), "not minimal", 4},
	{"packed, cut off", nest(4, []byte{0x01, 0x81}), "cut off", 4},
	{"packed, too great", nest(4, protowire.AppendVarint(nil, 1<<31)), "out of range", 4},
	{"a list with another type", cat(num(4, 1), fix64(4, 2)), "wrong wire type", 4},
	{"packed 64 bits", nest(12, make([]byte, 16)), "", 0},
	{"packed 64 bits cut off", nest(12, make([]byte, 15)), "cut off", 12},
	{"packed 32 bits", nest(16, make([]byte, 8)), "", 0},
	{"packed 32 bits cut off", nest(16, make([]byte, 7)), "cut off", 16},
	{"a list of texts as numbers", num(15, 1), "wrong wire type", 15},
	{"a scalar packed", nest(8, []byte{1}), "wrong wire type", 8},
	{"nested", nest(5, text(1, "x"), nest(3, num(1, 4))), "", 0},
	{"nested and empty", nest(5), "", 0},
	{"a nested list that is empty", nest(5, text(4, "")), "", 0},
	{"nested out of order, as a program writes that knows only some", nest(5, nest(3, num(1, 4)), text(1, "x")), "", 0},
	{"nested unknown", nest(5, num(77, 1)), "", 0},
	{"nested bad UTF-8", nest(5, text(1, "\xff")), "UTF-8", 5},
	{"nested twice deep bad UTF-8", nest(5, nest(3, text(2, "\xff"))), "UTF-8", 5},
	{"nested wrong type", nest(5, num(1, 1)), "wrong wire type", 5},
	{"nested not minimal", nest(5, nest(3, []byte{0x08, 0x81, 0x00})), "not minimal", 5},
	{"nested unknown not minimal", nest(5, []byte{0xe8, 0x04, 0x81, 0x00}), "not minimal", 5},
	{"nested group", nest(5, []byte{0x0b, 0x0c}), "groups", 5},
	{"nested field 0", nest(5, []byte{0x00, 0x01}), "out of range", 5},
	{"nested cut off", nest(5, []byte{0x0a, 0x05, 'a'}), "beyond the end", 5},
	{"no message at all", text(5, "\xff"), "cut off", 5},
	{"a list of messages, one of them bad", cat(nest(7, text(1, "a")), nest(7, text(1, "\xff"))), "UTF-8", 7},
	{"forty deep", nest(5, chain(40)), "too deep", 5},
	{"twenty deep", nest(5, chain(20)), "", 0},
	{"bad UTF-8 that only generation 2 knows", text(60, "\xff"), "UTF-8", 60},
	{"a wrong type that only generation 2 knows", cat(text(1, "a"), text(250, "x")), "wrong wire type", 250},
	{"nested bad UTF-8 that only generation 2 knows", nest(5, text(2, "\xff")), "UTF-8", 5},
	{"known to nobody", cat(text(1, "a"), text(98, "\xff\x80"), num(1000, 3)), "", 0},
}

// chain is a Place whose Deep holds a Deep and so on.
func chain(n int) []byte {
	b := num(1, 1)
	for range n {
		b = nest(3, b)
	}
	return b
}

func TestCheck(t *testing.T) {
	md := schema(t, 2)
	for _, c := range checkCases {
		t.Run(c.name, func(t *testing.T) {
			err := lww.Check(md, c.body)
			if c.problem == "" {
				if err != nil {
					t.Fatal(err)
				}
				if err := proto.Unmarshal(c.body, thing(md)); err != nil {
					t.Fatalf("Check passes what no decoder reads: %v", err)
				}
				return
			}
			var wire *lww.WireError
			if !errors.As(err, &wire) || wire.Field != c.field || !strings.Contains(wire.Problem, c.problem) {
				t.Fatalf("got %v, want field %d: %s", err, c.field, c.problem)
			}
		})
	}
}

func TestCheckTellsWhere(t *testing.T) {
	body := cat(num(2, 300), text(1000, "x"))
	bad := slices.Concat(num(2, 300), text(15, "\xff"))
	if err := lww.Check(schema(t, 1), body); err != nil {
		t.Fatal(err)
	}
	var wire *lww.WireError
	if err := lww.Check(schema(t, 1), bad); !errors.As(err, &wire) || wire.Offset != 3 {
		t.Fatalf("got %v, want byte 3", err)
	}
}

// A server of generation 1 lets in what it does not know; whatever it is, generation 2
// still reads the rest of the record, and writes the bytes back as they are.
func TestUndecodableFieldHidesNothing(t *testing.T) {
	md := schema(t, 2)
	before, after := cat(text(1, "Đạt"), num(2, 4)), cat(text(100, "m"), num(1000, 3))
	for _, c := range checkCases {
		if c.field < 3 || c.field > 99 || c.problem == "" {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			body := cat(before, c.body, after)
			m := thing(md)
			bad, err := lww.Decode(body, m)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(bad, []uint32{c.field}) {
				t.Fatalf("undecodable: %v, want %d", bad, c.field)
			}
			f := func(n protoreflect.FieldNumber) protoreflect.FieldDescriptor { return md.Fields().ByNumber(n) }
			if m.Get(f(1)).String() != "Đạt" || m.Get(f(2)).Int() != 4 || string(m.Get(f(100)).Bytes()) != "m" {
				t.Error("the rest of the record is hidden")
			}
			if m.Has(f(protoreflect.FieldNumber(c.field))) {
				t.Error("the undecodable field has a value")
			}
			back, err := lww.Encode(m)
			if err != nil {
				if strings.Contains(err.Error(), "minimal") {
					return
				}
				t.Fatal(err)
			}
			if !bytes.Equal(back, body) {
				t.Errorf("written back as %x, was %x", back, body)
			}

			// A form that changes another field touches only that one; one that gives the
			// field a good value replaces it.
			m.Set(f(2), protoreflect.ValueOfInt32(5))
			set, cleared, err := lww.Edited(body, m)
			if err != nil || !bytes.Equal(set, num(2, 5)) || cleared != nil {
				t.Errorf("edited to %x %v, %v", set, cleared, err)
			}
			if c.field != 15 {
				return
			}
			m.Mutable(f(15)).List().Append(protoreflect.ValueOfString("good"))
			set, cleared, err = lww.Edited(body, m)
			if err != nil || !bytes.Equal(set, cat(num(2, 5), text(15, "good"))) || cleared != nil {
				t.Errorf("mended to %x %v, %v", set, cleared, err)
			}
		})
	}
}

func TestDecodeEmptiesTheMessageFirst(t *testing.T) {
	md := schema(t, 1)
	m := thing(md)
	for _, body := range [][]byte{cat(text(1, "a"), num(2, 4), num(60, 1)), text(1, "b"), nil} {
		if _, err := lww.Decode(body, m); err != nil {
			t.Fatal(err)
		}
		if got, err := lww.Encode(m); err != nil || !bytes.Equal(got, body) {
			t.Fatalf("holds %x, %v; want %x", got, err, body)
		}
	}
}

func TestDecodeTakesTheLastOfAScalar(t *testing.T) {
	md := schema(t, 1)
	m := thing(md)
	body := cat(text(1, "first"), text(1, "last"))
	if _, err := lww.Decode(body, m); err != nil {
		t.Fatal(err)
	}
	if got := m.Get(md.Fields().ByNumber(1)).String(); got != "last" {
		t.Errorf("got %q", got)
	}
	values, err := lww.Split(body)
	if err != nil || len(values) != 1 || !bytes.Equal(values[0].Raw, body) {
		t.Errorf("kept as %v, %v; want one value with both records", values, err)
	}
}

func TestDiff(t *testing.T) {
	cases := []struct {
		name          string
		before, after []byte
		set           []byte
		cleared       []uint32
	}{
		{"nothing", nil, nil, nil, nil},
		{"no change", cat(num(1, 1), text(3, "a")), cat(num(1, 1), text(3, "a")), nil, nil},
		{"all new", nil, cat(num(1, 1), text(3, "a")), cat(num(1, 1), text(3, "a")), nil},
		{"all gone", cat(num(1, 1), text(3, "a")), nil, nil, []uint32{1, 3}},
		{"one of each", cat(num(1, 1), num(2, 2), num(3, 3)), cat(num(2, 2), num(3, 4), num(5, 5)), cat(num(3, 4), num(5, 5)), []uint32{1}},
		{"a list with one more", text(3, "a"), cat(text(3, "a"), text(3, "b")), cat(text(3, "a"), text(3, "b")), nil},
		{"a list emptied", cat(text(3, "a"), text(3, "b")), nil, nil, []uint32{3}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			set, cleared, err := lww.Diff(c.before, c.after)
			if err != nil || !bytes.Equal(set, c.set) || !slices.Equal(cleared, c.cleared) {
				t.Fatalf("got %x %v %v, want %x %v", set, cleared, err, c.set, c.cleared)
			}
			if err := (lww.Change{Set: set, Cleared: cleared}).Valid(); err != nil {
				t.Errorf("a diff is no valid change: %v", err)
			}
		})
	}
}

func TestEditedSeesValuesNotBytes(t *testing.T) {
	md := schema(t, 1)
	// An unpacked list, a scalar twice, a nested message out of order: as others may write them.
	stored := cat(text(1, "a"), text(1, "b"), num(4, 1), num(4, 2), nest(5, nest(3, num(1, 4)), text(1, "x")))
	m := thing(md)
	if _, err := lww.Decode(stored, m); err != nil {
		t.Fatal(err)
	}
	if set, cleared, err := lww.Edited(stored, m); err != nil || set != nil || cleared != nil {
		t.Fatalf("nothing was edited, got %x %v %v", set, cleared, err)
	}
	m.Mutable(md.Fields().ByNumber(4)).List().Truncate(0)
	m.Set(md.Fields().ByNumber(1), protoreflect.ValueOfString(""))
	set, cleared, err := lww.Edited(stored, m)
	if err != nil || !bytes.Equal(set, text(1, "")) || !slices.Equal(cleared, []uint32{4}) {
		t.Fatalf("got %x %v %v", set, cleared, err)
	}
	if _, _, err := lww.Edited(stored, nil); !errors.Is(err, lww.ErrNoMessage) {
		t.Fatalf("no message: %v", err)
	}
}
