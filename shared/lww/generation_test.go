package lww_test

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"pgregory.net/rapid"

	"sodanvan/shared/lww"
)

// anyThing draws a message of a schema: every field, nested ones too, with or without value.
func anyThing(md protoreflect.MessageDescriptor) *rapid.Generator[*dynamicpb.Message] {
	return rapid.Custom(func(t *rapid.T) *dynamicpb.Message {
		m := dynamicpb.NewMessage(md)
		fill(t, m, 3)
		return m
	})
}

func fill(t *rapid.T, m protoreflect.Message, depth int) {
	fds := m.Descriptor().Fields()
	for i := range fds.Len() {
		fd := fds.Get(i)
		if fd.Message() != nil && depth == 0 {
			continue
		}
		if fd.IsList() {
			for range rapid.IntRange(0, 2).Draw(t, "elements") {
				l := m.Mutable(fd).List()
				if fd.Message() != nil {
					fill(t, l.AppendMutable().Message(), depth-1)
				} else {
					l.Append(scalar(t, fd.Kind()))
				}
			}
			continue
		}
		if !rapid.Bool().Draw(t, "has") {
			continue
		}
		if fd.Message() != nil {
			fill(t, m.Mutable(fd).Message(), depth-1)
		} else {
			m.Set(fd, scalar(t, fd.Kind()))
		}
	}
}

func scalar(t *rapid.T, kind protoreflect.Kind) protoreflect.Value {
	switch kind {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(rapid.SampledFrom([]string{"", "Đạt", "Hoà"}).Draw(t, "text"))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "bytes"))
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(rapid.Bool().Draw(t, "bool"))
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(rapid.Int32().Draw(t, "enum")))
	case protoreflect.Int32Kind, protoreflect.Sint32Kind:
		return protoreflect.ValueOfInt32(rapid.Int32().Draw(t, "int32"))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(rapid.Int64().Draw(t, "int64"))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(rapid.Uint32().Draw(t, "uint32"))
	case protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(rapid.Uint64().Draw(t, "uint64"))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(float64(rapid.Int32().Draw(t, "double")))
	}
	t.Fatalf("no value for kind %v", kind)
	return protoreflect.Value{}
}

func encode(t interface {
	Helper()
	Fatal(...any)
}, m proto.Message) []byte {
	t.Helper()
	b, err := lww.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decode(t interface {
	Helper()
	Fatal(...any)
}, body []byte, md protoreflect.MessageDescriptor) *dynamicpb.Message {
	t.Helper()
	m := dynamicpb.NewMessage(md)
	bad, err := lww.Decode(body, m)
	if err != nil {
		t.Fatal(err)
	}
	if bad != nil {
		t.Fatal("undecodable: ", bad)
	}
	return m
}

// What Encode writes is canonical, passes Check of both generations, and decodes to the
// message that went in.
func TestEncodeRoundTrip(t *testing.T) {
	old, young := schema(t, 1), schema(t, 2)
	rapid.Check(t, func(t *rapid.T) {
		m := anyThing(young).Draw(t, "message")
		body := encode(t, m)
		for _, md := range []protoreflect.MessageDescriptor{old, young} {
			if err := lww.Check(md, body); err != nil {
				t.Fatal(err)
			}
		}
		if got := decode(t, body, young); !proto.Equal(got, m) {
			t.Fatalf("%v became %v", m, got)
		}
		if again := encode(t, decode(t, body, old)); !sameByGeneration2(t, again, body, young) {
			t.Fatalf("generation 1 wrote %x of %x", again, body)
		}
	})
}

// sameByGeneration2 compares what generation 2 reads.
func sameByGeneration2(t *rapid.T, a, b []byte, young protoreflect.MessageDescriptor) bool {
	return proto.Equal(decode(t, a, young), decode(t, b, young))
}

// A server of generation 1 checks and merges what phones of generation 2 write; nothing of
// generation 2 is lost, and the row is the one that a server of generation 2 makes.
func TestGeneration1MergesGeneration2(t *testing.T) {
	old, young := schema(t, 1), schema(t, 2)
	rapid.Check(t, func(t *rapid.T) {
		first, second := anyThing(young).Draw(t, "first"), anyThing(young).Draw(t, "second")
		s := lww.State{}
		want := dynamicpb.NewMessage(young)
		for i, m := range []*dynamicpb.Message{first, second} {
			set, cleared, err := lww.Edited(s.Body, m)
			if err != nil {
				t.Fatal(err)
			}
			if err := lww.Check(old, set); err != nil {
				t.Fatalf("generation 1 refuses: %v", err)
			}
			c := change(uint64(i+5), set, cleared...)
			c.Create = i == 0
			if s, _, err = lww.Merge(s, c); err != nil {
				t.Fatal(err)
			}
			want = m
		}
		if got := decode(t, s.Body, young); !proto.Equal(got, want) {
			t.Fatalf("generation 2 reads %v, wrote %v", got, want)
		}
		if err := lww.Check(old, s.Body); err != nil {
			t.Fatal(err)
		}
	})
}

// A phone of generation 1 edits a record of generation 2, also inside nested messages that
// hold fields it does not know. All that it did not edit survives, and its patch names
// only what it edited.
func TestGeneration1EditsGeneration2(t *testing.T) {
	old, young := schema(t, 1), schema(t, 2)
	rapid.Check(t, func(t *rapid.T) {
		m := anyThing(young).Draw(t, "record")
		s, _ := merged(t, []lww.Change{creation(5, encode(t, m))})

		form := decode(t, s.Body, old)
		want := proto.Clone(m).(*dynamicpb.Message)
		edits := map[uint32]bool{}
		for _, d := range []*dynamicpb.Message{form, want} {
			d.Set(d.Descriptor().Fields().ByNumber(1), protoreflect.ValueOfString("sửa"))
			if fd := d.Descriptor().Fields().ByNumber(5); d.Has(fd) {
				place := d.Mutable(fd).Message()
				place.Set(place.Descriptor().Fields().ByNumber(1), protoreflect.ValueOfString("đường mới"))
				edits[5] = true
				if deep := place.Descriptor().Fields().ByNumber(3); place.Has(deep) {
					in := place.Mutable(deep).Message()
					in.Set(in.Descriptor().Fields().ByNumber(1), protoreflect.ValueOfInt32(42))
				}
			}
			d.Clear(d.Descriptor().Fields().ByNumber(4))
		}
		edits[1], edits[4] = true, true

		set, cleared, err := lww.Edited(s.Body, form)
		if err != nil {
			t.Fatal(err)
		}
		if err := lww.Check(young, set); err != nil {
			t.Fatalf("generation 2 refuses the patch of generation 1: %v", err)
		}
		values, err := lww.Split(set)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			if !edits[v.Field] {
				t.Fatalf("field %d was not edited, the patch sets it to %x", v.Field, v.Raw)
			}
		}
		for _, f := range cleared {
			if !edits[f] {
				t.Fatalf("field %d was not edited, the patch clears it", f)
			}
		}
		if s, _, err = lww.Merge(s, change(6, set, cleared...)); err != nil {
			t.Fatal(err)
		}
		if got := decode(t, s.Body, young); !proto.Equal(got, want) {
			t.Fatalf("generation 2 reads %v, want %v", got, want)
		}
	})
}

// Two phones of different generations edit one record in any order; both orders agree.
func TestGenerationsCommute(t *testing.T) {
	old, young := schema(t, 1), schema(t, 2)
	rapid.Check(t, func(t *rapid.T) {
		made := creation(5, encode(t, anyThing(young).Draw(t, "record")))
		s, _ := merged(t, []lww.Change{made})

		a := decode(t, s.Body, old)
		a.Set(old.Fields().ByNumber(2), protoreflect.ValueOfInt32(rapid.Int32().Draw(t, "size")))
		setA, clearedA, err := lww.Edited(s.Body, a)
		if err != nil {
			t.Fatal(err)
		}
		setB, clearedB, err := lww.Edited(s.Body, anyThing(young).Draw(t, "edited by generation 2"))
		if err != nil {
			t.Fatal(err)
		}
		changes := []lww.Change{made, change(6, setA, clearedA...), change(7, setB, clearedB...)}
		want, _ := merged(t, changes)
		got, _ := merged(t, rapid.Permutation(changes).Draw(t, "order"))
		if !bytes.Equal(got.Body, want.Body) {
			t.Fatalf("%x, want %x", got.Body, want.Body)
		}
	})
}
