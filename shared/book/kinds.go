package book

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "sodanvan/shared/gen/sodanvan/v1"
)

// HolderRule says through what a record of a kind is seen; the table of docs/domain.md.
type HolderRule uint8

const (
	// HeldByCommune: everyone of the commune sees it.
	HeldByCommune HolderRule = iota + 1
	// HeldByUnit: the branch or the commune that is its subject.
	HeldByUnit
	// HeldAsItself: a household holds itself.
	HeldAsItself
	// HeldByHousehold: the household that is its subject.
	HeldByHousehold
	// HeldAsSubject: whatever holds the record that is its subject.
	HeldAsSubject
	// HeldByHouseholdOrMember: the household that the envelope names, else its author.
	HeldByHouseholdOrMember
	// HeldByDesk: secretary and deputy.
	HeldByDesk
)

// Info is what is the same for all records of a kind.
type Info struct {
	Kind pb.Kind
	// Name is the message's name, such as "Visit".
	Name string
	// Vietnamese is the kind's name in the app, in lower case.
	Vietnamese string
	// WriteOnce: a change of a stored one is refused.
	WriteOnce bool
	// Reviewed: secretary or deputy give a verdict on its fields from 1 to 99.
	Reviewed bool
	// ServerOnly: no phone may make one.
	ServerOnly bool
	// Deletable: it has the mark of deletion, field 99.
	Deletable bool
	Holder    HolderRule
}

// kinds is the table of kinds; field 99 is read from the message itself.
var kinds = []struct {
	Info
	message protoreflect.MessageDescriptor
}{
	{Info{Kind: pb.Kind_KIND_UNIT, Vietnamese: "tổ chức", Holder: HeldByCommune}, (*pb.Unit)(nil).ProtoReflect().Descriptor()},
	{Info{Kind: pb.Kind_KIND_AUTHORITY, Vietnamese: "cơ quan có thẩm quyền", Holder: HeldByCommune}, (*pb.Authority)(nil).ProtoReflect().Descriptor()},
	{Info{Kind: pb.Kind_KIND_CALENDAR, Vietnamese: "lịch và thời hạn", Holder: HeldByCommune}, (*pb.Calendar)(nil).ProtoReflect().Descriptor()},
	{Info{Kind: pb.Kind_KIND_CATEGORY, Vietnamese: "danh mục", Holder: HeldByCommune}, (*pb.Category)(nil).ProtoReflect().Descriptor()},
	{Info{Kind: pb.Kind_KIND_NOTICE, Vietnamese: "thông báo", Holder: HeldByUnit}, (*pb.Notice)(nil).ProtoReflect().Descriptor()},
	{Info{Kind: pb.Kind_KIND_MEMBER, Vietnamese: "đảng viên", Holder: HeldByUnit}, (*pb.Member)(nil).ProtoReflect().Descriptor()},
	{Info{Kind: pb.Kind_KIND_HOUSEHOLD, Vietnamese: "hộ gia đình", Reviewed: true, Holder: HeldAsItself}, (*pb.Household)(nil).ProtoReflect().Descriptor()},
	{Info{Kind: pb.Kind_KIND_VISIT, Vietnamese: "lượt tiếp xúc", Reviewed: true, Holder: HeldByHousehold}, (*pb.Visit)(nil).ProtoReflect().Descriptor()},
	{Info{Kind: pb.Kind_KIND_PETITION, Vietnamese: "ý kiến, kiến nghị", Reviewed: true, Holder: HeldByHousehold}, (*pb.Petition)(nil).ProtoReflect().Descriptor()},
	{Info{Kind: pb.Kind_KIND_CONTRIBUTION, Vietnamese: "đóng góp", Reviewed: true, Holder: HeldByHousehold}, (*pb.Contribution)(nil).ProtoReflect().Descriptor()},
	{Info{Kind: pb.Kind_KIND_STEP, Vietnamese: "bước xử lý", WriteOnce: true, Holder: HeldAsSubject}, (*pb.Step)(nil).ProtoReflect().Descriptor()},
	{Info{Kind: pb.Kind_KIND_REVIEW, Vietnamese: "duyệt", WriteOnce: true, Holder: HeldAsSubject}, (*pb.Review)(nil).ProtoReflect().Descriptor()},
	{Info{Kind: pb.Kind_KIND_CONSENT, Vietnamese: "sự đồng ý của hộ", WriteOnce: true, Holder: HeldByHousehold}, (*pb.Consent)(nil).ProtoReflect().Descriptor()},
	{Info{Kind: pb.Kind_KIND_OVERWRITTEN, Vietnamese: "nội dung bị ghi đè", WriteOnce: true, ServerOnly: true, Holder: HeldAsSubject}, (*pb.Overwritten)(nil).ProtoReflect().Descriptor()},
	{Info{Kind: pb.Kind_KIND_RECEIPT, Vietnamese: "xác nhận đã đọc, đã phổ biến", WriteOnce: true, Holder: HeldByHouseholdOrMember}, (*pb.Receipt)(nil).ProtoReflect().Descriptor()},
	{Info{Kind: pb.Kind_KIND_INITIATIVE, Vietnamese: "mô hình “Dân vận khéo”", Holder: HeldByUnit}, (*pb.Initiative)(nil).ProtoReflect().Descriptor()},
	{Info{Kind: pb.Kind_KIND_COMMENDATION, Vietnamese: "biểu dương, khen thưởng", Holder: HeldByUnit}, (*pb.Commendation)(nil).ProtoReflect().Descriptor()},
	{Info{Kind: pb.Kind_KIND_SURVEY, Vietnamese: "khảo sát, kiểm tra", Holder: HeldByUnit}, (*pb.Survey)(nil).ProtoReflect().Descriptor()},
	{Info{Kind: pb.Kind_KIND_SUGGESTION, Vietnamese: "thay đổi chờ quyết định", ServerOnly: true, Holder: HeldByDesk}, (*pb.Suggestion)(nil).ProtoReflect().Descriptor()},
	{Info{Kind: pb.Kind_KIND_REFUSED, Vietnamese: "thay đổi bị từ chối", WriteOnce: true, ServerOnly: true, Holder: HeldByDesk}, (*pb.RefusedChange)(nil).ProtoReflect().Descriptor()},
}

// FirstServerField is the first of the field numbers that only the server writes.
const FirstServerField = 200

// fieldDeleted is the mark of deletion in every kind that can be deleted.
const fieldDeleted = 99

// fieldOnBehalf names the member for whom a proxy wrote.
const fieldOnBehalf = 90

// lastReviewed is the greatest number of a field that a review looks at.
const lastReviewed = 99

// sinceSchema names the fields that came after schema 1 and the version that brought
// them, so that nobody approves what an older app of theirs cannot show.
var sinceSchema = map[pb.Kind]map[uint32]uint32{}

// shape is a kind's message in the form that parse walks quickly.
type shape struct {
	info    Info
	message protoreflect.MessageDescriptor
	// fields is indexed by field number; known tells which there are.
	fields [256]fieldShape
}

type fieldShape struct {
	known, text, nested, packed bool
	wire                        protowire.Type
}

// shapes is indexed by kind; nil where there is none.
var shapes = func() []*shape {
	var all []*shape
	for _, k := range kinds {
		s := &shape{info: k.Info, message: k.message}
		s.info.Name = string(k.message.Name())
		fields := k.message.Fields()
		for i := range fields.Len() {
			f := fields.Get(i)
			fs := fieldShape{known: true, packed: f.IsList(), wire: wireOf(f.Kind()), text: f.Kind() == protoreflect.StringKind, nested: f.Kind() == protoreflect.MessageKind}
			s.fields[f.Number()] = fs
		}
		s.info.Deletable = s.fields[fieldDeleted].known
		for len(all) <= int(k.Kind) {
			all = append(all, nil)
		}
		all[k.Kind] = s
	}
	return all
}()

func wireOf(k protoreflect.Kind) protowire.Type {
	switch k {
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind:
		return protowire.BytesType
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind, protoreflect.DoubleKind:
		return protowire.Fixed64Type
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind, protoreflect.FloatKind:
		return protowire.Fixed32Type
	}
	return protowire.VarintType
}

func shapeOf(kind pb.Kind) *shape {
	if kind <= 0 || int(kind) >= len(shapes) {
		return nil
	}
	return shapes[kind]
}

// Descriptor gives the message of a kind; false for a kind that this code does not know.
func Descriptor(kind pb.Kind) (protoreflect.MessageDescriptor, bool) {
	s := shapeOf(kind)
	if s == nil {
		return nil, false
	}
	return s.message, true
}

// KindInfo gives what is the same for all records of a kind; false for an unknown one.
func KindInfo(kind pb.Kind) (Info, bool) {
	s := shapeOf(kind)
	if s == nil {
		return Info{}, false
	}
	return s.info, true
}

// Kinds gives all kinds in the order of their numbers.
func Kinds() []Info {
	var all []Info
	for _, s := range shapes {
		if s != nil {
			all = append(all, s.info)
		}
	}
	return all
}
