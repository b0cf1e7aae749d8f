package book

import (
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "sodanvan/shared/gen/sodanvan/v1"
)

// TestKinds holds what the merge and the numbers of fields rest on: at the top level of a
// kind no oneof, map, group, extension or default, and 99 is the mark of deletion.
func TestKinds(t *testing.T) {
	for n, name := range pb.Kind_name {
		kind := pb.Kind(n)
		md, ok := Descriptor(kind)
		info, known := KindInfo(kind)
		if ok != (n != 0) || known != ok {
			t.Errorf("%s: descriptor %v, info %v", name, ok, known)
		}
		if !ok {
			continue
		}
		want := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, "KIND_")), "_", "")
		if got := strings.ToLower(string(md.Name())); got != want && got != want+"change" {
			t.Errorf("%s is the message %s", name, md.Name())
		}
		if info.Kind != kind || info.Name != string(md.Name()) || info.Vietnamese == "" || info.Holder == 0 {
			t.Errorf("%s: %+v", name, info)
		}
		if md.Oneofs().Len() > 0 || md.ExtensionRanges().Len() > 0 {
			t.Errorf("%s has a oneof or extensions", name)
		}
		fields := md.Fields()
		for i := range fields.Len() {
			f := fields.Get(i)
			if f.IsMap() || f.Kind() == protoreflect.GroupKind || f.HasDefault() {
				t.Errorf("%s of %s is a map or group or has a default", f.Name(), name)
			}
			if (f.Number() == fieldDeleted) != (f.Name() == "deleted") {
				t.Errorf("%s of %s has the number %d", f.Name(), name, f.Number())
			}
			if f.Number() > 255 {
				t.Errorf("%s of %s is beyond the table of shapes", f.Name(), name)
			}
			if f.Kind() == protoreflect.StringKind && f.Number() < 200 && limits[kind][uint32(f.Number())].Letters == 0 {
				t.Errorf("%s of %s has no greatest length", f.Name(), name)
			}
			if f.Number() < 200 && f.Number() != fieldDeleted && FieldName(kind, uint32(f.Number())) == "" && !info.ServerOnly {
				t.Errorf("%s of %s has no name", f.Name(), name)
			}
		}
		if info.WriteOnce && info.Deletable {
			t.Errorf("%s is write-once and can be deleted", name)
		}
		if info.Reviewed != (kind == pb.Kind_KIND_HOUSEHOLD || kind == pb.Kind_KIND_VISIT || kind == pb.Kind_KIND_PETITION || kind == pb.Kind_KIND_CONTRIBUTION) {
			t.Errorf("%s reviewed: %v", name, info.Reviewed)
		}
	}
	if len(Kinds()) != len(pb.Kind_name)-1 {
		t.Errorf("%d kinds", len(Kinds()))
	}
}

// TestNestedTextsAreBounded walks the nested messages too.
func TestNestedTextsAreBounded(t *testing.T) {
	for _, k := range Kinds() {
		md, _ := Descriptor(k.Kind)
		for i := range md.Fields().Len() {
			f := md.Fields().Get(i)
			if f.Kind() != protoreflect.MessageKind {
				continue
			}
			for j := range f.Message().Fields().Len() {
				in := f.Message().Fields().Get(j)
				if in.Kind() == protoreflect.StringKind && limits[k.Kind][uint32(f.Number())].Inner[uint32(in.Number())].Letters == 0 {
					t.Errorf("%s has no greatest length", in.FullName())
				}
			}
		}
	}
}

func TestCheckLimits(t *testing.T) {
	long := strings.Repeat("ữ", maxText)
	for name, tc := range map[string]struct {
		kind pb.Kind
		m    proto.Message
		rule string
	}{
		"an unfinished form":    {pb.Kind_KIND_VISIT, &pb.Visit{}, ""},
		"the longest note":      {pb.Kind_KIND_VISIT, &pb.Visit{Note: &long}, ""},
		"one letter more":       {pb.Kind_KIND_VISIT, &pb.Visit{Note: proto.String(long + "a")}, ruleTooLong},
		"a long nested text":    {pb.Kind_KIND_STEP, &pb.Step{Supplement: &pb.Supplement{Text: proto.String(long + "a")}}, ruleTooLong},
		"a long nested number":  {pb.Kind_KIND_STEP, &pb.Step{Answered: &pb.Answered{Number: proto.String(strings.Repeat("a", maxShort+1))}}, ruleTooLong},
		"a line in nested line": {pb.Kind_KIND_STEP, &pb.Step{Answered: &pb.Answered{Number: proto.String("a\nb")}}, ruleControl},
	} {
		if got := CheckLimits(tc.kind, encode(t, tc.m)); rule(got) != tc.rule {
			t.Errorf("%s: %v, want %q", name, got, tc.rule)
		}
	}
	if got := CheckLimits(pb.Kind(99), make([]byte, MaxBody+1)); rule(got) != ruleTooLarge {
		t.Errorf("%v", got)
	}
	if got := CheckLimits(pb.Kind(99), make([]byte, MaxBody)); got != nil {
		t.Errorf("%v", got)
	}
	if LimitsOf(pb.Kind_KIND_VISIT)[4].Letters != maxText || LimitsOf(pb.Kind(99)) != nil {
		t.Error("LimitsOf")
	}
	// Every kind's texts at their greatest length fit a body, with room for the rest.
	for _, k := range Kinds() {
		size := 0
		for _, l := range limits[k.Kind] {
			size += 3*l.Letters + 18*l.Items
		}
		if size > MaxBody-64 && k.Kind != pb.Kind_KIND_STEP {
			t.Errorf("%s: %d bytes of text", k.Name, size)
		}
	}
}

func TestLabels(t *testing.T) {
	for _, file := range []protoreflect.FileDescriptor{pb.File_sodanvan_v1_records_proto} {
		for i := range file.Enums().Len() {
			e := file.Enums().Get(i)
			for j := range e.Values().Len() {
				n := e.Values().Get(j).Number()
				if (labels[e.Name()][n] == "") != (n == 0) {
					t.Errorf("%s %d has the name %q", e.Name(), n, labels[e.Name()][n])
				}
			}
		}
	}
	for got, want := range map[string]string{
		Label(pb.Contact_CONTACT_NOT_WISHED): "hộ không muốn tiếp", Label(pb.Office(77)): "không rõ", Label(pb.Office(0)): "",
		Label(pb.Kind_KIND_VISIT): "lượt tiếp xúc", NoReviewer.String(): "chưa có người duyệt", Status(99).String(): "", Withdrawn.String(): "đã rút đồng ý",
		PhoneText("0912345678; 02213986543"): "0912 345 678, 0221 398 6543", PhoneText("không có"): "không có",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for s := Written; s <= NoReviewer; s++ {
		if s.String() == "" {
			t.Errorf("status %d has no name", s)
		}
	}
	for _, s := range []ConsentState{NotAsked, Given, Declined, Withdrawn} {
		if s.String() == "" || s != NotAsked && s.String() == NotAsked.String() {
			t.Errorf("consent %d: %s", s, s)
		}
	}
}

func TestDenunciationAdvice(t *testing.T) {
	for _, must := range []string{"không ghi vào sổ", "nơi tiếp công dân", "Ủy ban kiểm tra", "Khiếu nại"} {
		if !strings.Contains(DenunciationAdvice, must) {
			t.Errorf("the advice lacks %q", must)
		}
	}
	if !utf8.ValidString(DenunciationAdvice) || strings.Contains(DenunciationAdvice, "Uỷ") || !strings.HasSuffix(DenunciationQuestion, "?") {
		t.Error("spelling")
	}
}

func TestRecordFrom(t *testing.T) {
	row := &pb.Row{
		Envelope: &pb.Envelope{
			Kind: pb.Kind_KIND_RECEIPT.Enum(), Id: named("r").Bytes(), Author: named("an").Bytes(), Subject: named("tin").Bytes(),
			Household: named("hộ-an").Bytes(), Holder: byHousehold("hộ-an").Proto(),
		},
		Body: protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 1), Stamp: proto.Uint64(5), Device: proto.Uint32(3), Seq: proto.Uint64(9),
	}
	r, ok := RecordFrom(row, named("thôn"))
	if !ok || r.ID != named("r") || r.Author != named("an") || r.Subject != named("tin") || r.Household != named("hộ-an") ||
		r.Holder != byHousehold("hộ-an") || r.Unit != named("thôn") || r.Seq != 9 || r.State.Created.Device != 3 || r.Kind != pb.Kind_KIND_RECEIPT {
		t.Errorf("%v %+v", ok, r)
	}
	if _, ok := RecordFrom(&pb.Row{}, ID{}); ok {
		t.Error("a row without id")
	}
	if got := HolderFrom(&pb.Holder{Kind: pb.HolderKind_HOLDER_KIND_DESK.Enum(), Id: []byte{1}}); got != (Holder{}) {
		t.Errorf("%v", got)
	}
}
