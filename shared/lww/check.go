package lww

import (
	"math"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// maxDepth bounds how deep messages may lie in each other; the schema needs two.
const maxDepth = 32

// Check reports, as a [*WireError], what in a body contradicts the schema: everything that
// [Split] refuses, and in fields that md knows a wrong wire type, bad UTF-8, a number that
// its type cannot hold, a list without elements (which is a clear), and the same within
// nested messages. Fields that md does not know are left alone, so that a server older
// than a field takes it. What passes, [Decode] and proto.Unmarshal read whole.
func Check(md protoreflect.MessageDescriptor, body []byte) error {
	fields := md.Fields()
	c := cursorOf(body)
	for at := 0; c.field != 0; c.next() {
		if problem := checkValue(fields, c.field, c.raw); problem != "" {
			return &WireError{Field: c.field, Offset: at, Problem: problem}
		}
		at += len(c.raw)
	}
	if c.err != nil {
		return c.err
	}
	return nil
}

// checkValue checks all records of one top-level field.
func checkValue(fields protoreflect.FieldDescriptors, field uint32, raw []byte) string {
	fd := fields.ByNumber(protoreflect.FieldNumber(field))
	if fd == nil {
		return ""
	}
	empty := fd.IsList()
	for len(raw) > 0 {
		_, typ, payload, v, size, problem := record(raw)
		if problem == "" {
			problem = checkRecord(fd, typ, payload, v, 0)
		}
		if problem != "" {
			return problem
		}
		if typ != protowire.BytesType || len(payload) > 0 || wireType(fd.Kind()) == protowire.BytesType {
			empty = false
		}
		raw = raw[size:]
	}
	if empty {
		return "a list without elements is a clear"
	}
	return ""
}

// checkRecord checks one record of a field that the schema knows.
func checkRecord(fd protoreflect.FieldDescriptor, typ protowire.Type, payload []byte, v uint64, depth int) string {
	want := wireType(fd.Kind())
	if typ == want {
		switch fd.Kind() {
		case protoreflect.StringKind:
			if !utf8.Valid(payload) {
				return "text is not UTF-8"
			}
		case protoreflect.MessageKind:
			return checkMessage(fd.Message(), payload, depth+1)
		default:
			if typ == protowire.VarintType {
				return checkVarint(fd.Kind(), v)
			}
		}
		return ""
	}
	if !fd.IsList() || typ != protowire.BytesType {
		return "wrong wire type"
	}
	return checkPacked(fd.Kind(), want, payload)
}

// checkPacked checks a packed list. An empty one is fine here: a decoder takes it as
// nothing, and whether the whole list is empty its caller knows.
func checkPacked(kind protoreflect.Kind, elem protowire.Type, payload []byte) string {
	switch elem {
	case protowire.Fixed32Type:
		if len(payload)%4 != 0 {
			return "packed list is cut off"
		}
	case protowire.Fixed64Type:
		if len(payload)%8 != 0 {
			return "packed list is cut off"
		}
	case protowire.VarintType:
		for len(payload) > 0 {
			v, n := protowire.ConsumeVarint(payload)
			if n < 0 {
				return "packed list is cut off"
			}
			if n != protowire.SizeVarint(v) {
				return "varint is not minimal"
			}
			if problem := checkVarint(kind, v); problem != "" {
				return problem
			}
			payload = payload[n:]
		}
	default:
		return "wrong wire type"
	}
	return ""
}

// checkMessage checks a nested message. Its fields may come in any order: a program that
// does not know all of them writes those at the end.
func checkMessage(md protoreflect.MessageDescriptor, b []byte, depth int) string {
	if depth > maxDepth {
		return "messages lie too deep in each other"
	}
	fields := md.Fields()
	for len(b) > 0 {
		field, typ, payload, v, size, problem := record(b)
		if problem != "" {
			return problem
		}
		if fd := fields.ByNumber(protoreflect.FieldNumber(field)); fd != nil {
			if problem := checkRecord(fd, typ, payload, v, depth); problem != "" {
				return problem
			}
		}
		b = b[size:]
	}
	return ""
}

// checkVarint refuses numbers that a decoder would silently cut to the type's size: two
// programs could then see two values in the same bytes.
func checkVarint(kind protoreflect.Kind, v uint64) string {
	fits := true
	switch kind {
	case protoreflect.BoolKind:
		fits = v <= 1
	case protoreflect.Int32Kind, protoreflect.EnumKind:
		fits = int64(v) >= math.MinInt32 && int64(v) <= math.MaxInt32
	case protoreflect.Uint32Kind, protoreflect.Sint32Kind:
		fits = v <= math.MaxUint32
	}
	if !fits {
		return "number is out of range"
	}
	return ""
}

// wireType is how one element of a kind travels; a group has none that is allowed.
func wireType(kind protoreflect.Kind) protowire.Type {
	switch kind {
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind:
		return protowire.BytesType
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind, protoreflect.FloatKind:
		return protowire.Fixed32Type
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind, protoreflect.DoubleKind:
		return protowire.Fixed64Type
	case protoreflect.GroupKind:
		return protowire.StartGroupType
	}
	return protowire.VarintType
}
