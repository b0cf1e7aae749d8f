package lww_test

import (
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// fields names the fields of a message type as name → descriptor.
type fields []*descriptorpb.FieldDescriptorProto

func field(number int32, name string, typ descriptorpb.FieldDescriptorProto_Type, options ...func(*descriptorpb.FieldDescriptorProto)) *descriptorpb.FieldDescriptorProto {
	f := &descriptorpb.FieldDescriptorProto{
		Name: &name, Number: &number, Type: &typ,
		Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
	}
	for _, o := range options {
		o(f)
	}
	return f
}

func list(f *descriptorpb.FieldDescriptorProto) {
	f.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
}

func of(name string) func(*descriptorpb.FieldDescriptorProto) {
	return func(f *descriptorpb.FieldDescriptorProto) { f.TypeName = &name }
}

const (
	tString  = descriptorpb.FieldDescriptorProto_TYPE_STRING
	tBytes   = descriptorpb.FieldDescriptorProto_TYPE_BYTES
	tBool    = descriptorpb.FieldDescriptorProto_TYPE_BOOL
	tInt32   = descriptorpb.FieldDescriptorProto_TYPE_INT32
	tInt64   = descriptorpb.FieldDescriptorProto_TYPE_INT64
	tUint32  = descriptorpb.FieldDescriptorProto_TYPE_UINT32
	tSint32  = descriptorpb.FieldDescriptorProto_TYPE_SINT32
	tFixed32 = descriptorpb.FieldDescriptorProto_TYPE_FIXED32
	tFixed64 = descriptorpb.FieldDescriptorProto_TYPE_FIXED64
	tDouble  = descriptorpb.FieldDescriptorProto_TYPE_DOUBLE
	tEnum    = descriptorpb.FieldDescriptorProto_TYPE_ENUM
	tMessage = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE
)

// schema builds the message Thing of an invented schema. Generation 2 has fields that
// generation 1 lacks: at the top 60, 61, 150 and 250, in Place 2 and 9, in Deep 2.
func schema(t testing.TB, generation int) protoreflect.MessageDescriptor {
	t.Helper()
	str := func(s string) *string { return &s }
	num := func(n int32) *int32 { return &n }
	deep := fields{field(1, "x", tInt32), field(3, "again", tMessage, of(".test.Deep"))}
	place := fields{field(1, "street", tString), field(3, "deep", tMessage, of(".test.Deep")), field(4, "counts", tInt32, list)}
	thing := fields{
		field(1, "name", tString), field(2, "size", tInt32), field(3, "topics", tBytes, list),
		field(4, "counts", tInt32, list), field(5, "place", tMessage, of(".test.Place")),
		field(6, "flag", tBool), field(7, "places", tMessage, of(".test.Place"), list),
		field(8, "u", tUint32), field(9, "e", tEnum, of(".test.E")), field(10, "s", tSint32),
		field(11, "f32", tFixed32), field(12, "f64s", tFixed64, list), field(13, "d", tDouble),
		field(14, "i64", tInt64), field(15, "words", tString, list), field(16, "f32s", tFixed32, list),
		field(99, "deleted", tBool), field(100, "member", tBytes),
	}
	if generation >= 2 {
		deep = append(deep, field(2, "y", tString))
		place = append(place, field(2, "hamlet", tString), field(9, "more", tMessage, of(".test.Deep"), list))
		thing = append(thing, field(60, "nick", tString), field(61, "other", tMessage, of(".test.Place")),
			field(150, "marks", tInt32, list), field(250, "seal", tFixed64))
	}
	file := &descriptorpb.FileDescriptorProto{
		Name: str("test.proto"), Package: str("test"), Syntax: str("editions"),
		Edition: descriptorpb.Edition_EDITION_2023.Enum(),
		MessageType: []*descriptorpb.DescriptorProto{
			{Name: str("Deep"), Field: deep}, {Name: str("Place"), Field: place}, {Name: str("Thing"), Field: thing},
		},
		EnumType: []*descriptorpb.EnumDescriptorProto{{Name: str("E"), Value: []*descriptorpb.EnumValueDescriptorProto{
			{Name: str("E_NONE"), Number: num(0)}, {Name: str("E_ONE"), Number: num(1)},
		}}},
	}
	fd, err := protodesc.NewFile(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return fd.Messages().ByName("Thing")
}

// thing is an empty message of the schema.
func thing(md protoreflect.MessageDescriptor) *dynamicpb.Message { return dynamicpb.NewMessage(md) }

// The wire, record by record.

func cat(parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func tag(field uint32, typ protowire.Type) []byte {
	return protowire.AppendVarint(nil, uint64(field)<<3|uint64(typ))
}

func num(field uint32, v uint64) []byte {
	return protowire.AppendVarint(tag(field, protowire.VarintType), v)
}

func text(field uint32, s string) []byte {
	return protowire.AppendString(tag(field, protowire.BytesType), s)
}

func nest(field uint32, parts ...[]byte) []byte {
	return protowire.AppendBytes(tag(field, protowire.BytesType), cat(parts...))
}

func fix32(field uint32, v uint32) []byte {
	return protowire.AppendFixed32(tag(field, protowire.Fixed32Type), v)
}

func fix64(field uint32, v uint64) []byte {
	return protowire.AppendFixed64(tag(field, protowire.Fixed64Type), v)
}
