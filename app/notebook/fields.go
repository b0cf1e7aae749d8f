package notebook

import (
	"fmt"
	"math"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/viet"
)

const deletedNumber = 99

// trueValue is the mark of deletion.
var trueValue = protoreflect.ValueOfBool(true)

// deletedField gives the field of the mark; the kind is deletable.
func deletedField(m proto.Message) protoreflect.FieldDescriptor {
	return m.ProtoReflect().Descriptor().Fields().ByNumber(deletedNumber)
}

// newMessage gives an empty message of a kind; nil for a kind that this app does not know.
func newMessage(kind pb.Kind) proto.Message {
	md, ok := book.Descriptor(kind)
	if !ok {
		return nil
	}
	if mt, err := protoregistry.GlobalTypes.FindMessageByName(md.FullName()); err == nil {
		return mt.New().Interface()
	}
	return dynamicpb.NewMessage(md)
}

// body decodes a record of any known kind; nil for an unknown one.
func body(r book.Record) proto.Message {
	m, _ := wholeBody(r)
	return m
}

// wholeBody is body, and tells whether every field could be read.
func wholeBody(r book.Record) (proto.Message, bool) {
	m := newMessage(r.Kind)
	if m == nil {
		return nil, false
	}
	bad, err := lww.Decode(r.State.Body, m)
	return m, err == nil && len(bad) == 0
}

// deleted tells whether a record bears the mark of deletion. Most bear none, which shows
// without decoding.
func deleted(r book.Record) bool {
	if len(r.State.Value(deletedNumber)) == 0 {
		return false
	}
	m, ok := body(r).(interface{ GetDeleted() bool })
	return ok && m.GetDeleted()
}

// fieldLines gives what stands in a record in words, in order of field number, without
// the mark of deletion. since marks what was set after that version.
func (v *view) fieldLines(kind pb.Kind, s lww.State, since lww.Version) []FieldLine {
	return v.linesOf(kind, s, since, nil)
}

// linesOf is fieldLines of a body that the caller has decoded whole; nil: field by field.
func (v *view) linesOf(kind pb.Kind, s lww.State, since lww.Version, body proto.Message) []FieldLine {
	values, err := lww.Split(s.Body)
	if err != nil {
		return nil
	}
	out := make([]FieldLine, 0, len(values))
	for _, raw := range values {
		if raw.Field == deletedNumber || kind == pb.Kind_KIND_REVIEW && raw.Field == 1 {
			continue // a digest says nothing to a person
		}
		line := FieldLine{Field: raw.Field, Name: fieldName(kind, raw.Field)}
		if body != nil {
			line.Value = v.messageText(body.ProtoReflect(), raw.Field)
		} else {
			line.Value = v.valueText(kind, raw.Field, raw.Raw)
		}
		if written, ok := s.FieldVersion(raw.Field); ok && !since.IsZero() {
			line.Changed = written.Compare(since) > 0
		}
		out = append(out, line)
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func fieldName(kind pb.Kind, field uint32) string {
	if name := book.FieldName(kind, field); name != "" {
		return name
	}
	return words.UnknownField
}

// lostLines gives what a notice of an overwritten value says: the value that was lost.
func (v *view) lostLines(r book.Record) []FieldLine {
	m := decode[pb.Overwritten](r.State)
	subject, _ := v.Record(r.Subject)
	return []FieldLine{{
		Field: m.GetField(), Name: fieldName(subject.Kind, m.GetField()), Value: v.valueText(subject.Kind, m.GetField(), m.GetValue()),
	}}
}

// valueText gives the value of one field in words: the raw wire records of that field.
func (v *view) valueText(kind pb.Kind, field uint32, raw []byte) string {
	if len(raw) == 0 {
		return ""
	}
	m := newMessage(kind)
	if m == nil {
		return ""
	}
	if bad, err := lww.Decode(raw, m); err != nil || len(bad) > 0 {
		return words.Unreadable
	}
	return v.messageText(m.ProtoReflect(), field)
}

// messageText gives one field of a message in words.
func (v *view) messageText(m protoreflect.Message, field uint32) string {
	fd := m.Descriptor().Fields().ByNumber(protoreflect.FieldNumber(field))
	if fd == nil || !m.Has(fd) {
		return ""
	}
	return v.fieldText(fd, m.Get(fd))
}

func (v *view) fieldText(fd protoreflect.FieldDescriptor, value protoreflect.Value) string {
	if !fd.IsList() {
		return v.scalarText(fd, value)
	}
	var parts []string
	for i := range value.List().Len() {
		parts = append(parts, v.scalarText(fd, value.List().Get(i)))
	}
	return strings.Join(parts, ", ")
}

// scalarText goes by what the schema says of a field: its type, and for numbers the unit
// in its name (records.proto: days, milliseconds, dm², tenths of a day, VND).
func (v *view) scalarText(fd protoreflect.FieldDescriptor, value protoreflect.Value) string {
	name := string(fd.Name())
	switch fd.Kind() {
	case protoreflect.BoolKind:
		if value.Bool() {
			return words.Yes
		}
		return words.No
	case protoreflect.StringKind:
		if name == "phone" {
			return viet.FormatPhone(value.String())
		}
		return value.String()
	case protoreflect.EnumKind:
		return words.Capital(labelOf(fd, value.Enum()))
	case protoreflect.BytesKind:
		return v.nameOf(value.Bytes())
	case protoreflect.MessageKind:
		return v.nestedText(value.Message())
	case protoreflect.Uint32Kind, protoreflect.Uint64Kind, protoreflect.Fixed64Kind, protoreflect.Fixed32Kind:
		return fmt.Sprint(value.Uint())
	}
	n := value.Int()
	switch {
	case name == "day" || strings.HasSuffix(name, "_day"):
		return v.dayText(int32(n))
	case strings.HasSuffix(name, "_ms"):
		return words.AtWithYear(moment(n))
	case name == "land_dm2":
		return decimal(n, 2)
	case name == "workday_tenths":
		return decimal(n, 1)
	}
	return viet.FormatInt(n)
}

// dayText is words.Day, made once a view for each day: a list has few days and many records.
func (v *view) dayText(day int32) string {
	text, ok := v.days[day]
	if !ok {
		if v.days == nil {
			v.days = map[int32]string{}
		}
		text = words.Day(day)
		v.days[day] = text
	}
	return text
}

// decimal gives n tenths, hundredths … without zeros at the end.
func decimal(n int64, digits int) string {
	v := float64(n) / math.Pow10(digits)
	for digits > 0 && n%10 == 0 {
		n /= 10
		digits--
	}
	return viet.FormatDecimal(v, digits)
}

// decimalOf is decimal, and nothing for zero.
func decimalOf(n int64, digits int) string {
	if n == 0 {
		return ""
	}
	return decimal(n, digits)
}

// labelOf gives the book's word for a value of an enum field.
func labelOf(fd protoreflect.FieldDescriptor, n protoreflect.EnumNumber) string {
	et, err := protoregistry.GlobalTypes.FindEnumByName(fd.Enum().FullName())
	if err != nil {
		return ""
	}
	return book.Label(et.New(n))
}

// nestedText gives what stands in a nested message, its parts behind each other.
func (v *view) nestedText(m protoreflect.Message) string {
	var parts []string
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		if !m.Has(fd) || fd.Name() == "digest" {
			continue
		}
		text := v.fieldText(fd, m.Get(fd))
		switch {
		case fd.Kind() == protoreflect.BoolKind:
			text = words.Flag(string(fd.Name()), m.Get(fd).Bool())
		case fd.Name() == "due_day":
			text = words.DueBy(int32(m.Get(fd).Int()))
		}
		if text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, " · ")
}

// nameOf gives the name of the record that an id means, for a person to read.
func (v *view) nameOf(b []byte) string {
	id, ok := book.IDFrom(b)
	if !ok {
		return ""
	}
	r, ok := v.Record(id)
	if !ok {
		return words.NotHere
	}
	return v.title(r.Record)
}

// title gives a record one line by which people know it.
func (v *view) title(r book.Record) string { return v.titleOf(r, body(r)) }

func (v *view) titleOf(r book.Record, body proto.Message) string {
	switch m := body.(type) {
	case *pb.Household:
		return words.HouseholdOf(m.GetFormOfAddress(), m.GetHead())
	case *pb.Member:
		return v.memberName(r.ID)
	case *pb.Visit:
		return strings.TrimSpace(v.dayText(m.GetDay()) + " " + words.Capital(book.Label(m.GetContact())))
	case *pb.Petition:
		return m.GetNumber() + " " + firstLine(m.GetText())
	case *pb.Contribution:
		return words.Contribution + " " + words.Day(m.GetDay())
	case *pb.Step:
		petition, _ := read[pb.Petition](v, r.Subject)
		return petition.GetNumber() + ": " + book.Label(m.GetWhat()) + " " + words.Day(m.GetDay())
	case *pb.Consent:
		return words.Capital(book.Label(m.GetPurpose())) + ": " + book.Label(m.GetAnswer())
	case *pb.Review:
		return words.Capital(book.Label(m.GetVerdict())) + ": " + v.nameOf(r.Subject.Bytes())
	case *pb.Receipt:
		return words.Capital(book.Label(m.GetWhat())) + " " + words.Day(m.GetDay()) + ": " + v.nameOf(r.Subject.Bytes())
	case *pb.Overwritten:
		subject, _ := v.Record(r.Subject)
		return v.title(subject.Record) + ": " + fieldName(subject.Kind, m.GetField())
	case *pb.Notice:
		return m.GetTitle()
	case interface{ GetName() string }:
		return m.GetName()
	}
	info, _ := book.KindInfo(r.Kind)
	return words.Capital(info.Vietnamese)
}

// titleLetters is how much of a text stands in a list; the page has all of it.
const titleLetters = 60

// firstLine gives the beginning of a text, cut at a word.
func firstLine(s string) string {
	line, _, cut := strings.Cut(strings.TrimSpace(s), "\n")
	letters := []rune(viet.Squash(line))
	if len(letters) <= titleLetters {
		if cut {
			return string(letters) + " …"
		}
		return string(letters)
	}
	short := string(letters[:titleLetters])
	if at := strings.LastIndexByte(short, ' '); at > 0 {
		short = short[:at]
	}
	return short + " …"
}
