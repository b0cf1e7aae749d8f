// Package proto_test walks the descriptors of the schema and holds them to the rules on
// which merge, rights and review rest, and to the line that the book draws around what
// may be known of a household.
package proto_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	pb "sodanvan/shared/gen/sodanvan/v1"
)

// writers says, by hand, which ranges of field numbers a kind may use: 1 for 1-99, what
// its writers write and a review looks at; 2 for 100-199, the secretary's and console's;
// 3 for 200 and up, the server's. A field in another range needs a decision, made here.
var writers = map[string][]int{
	"Unit": {1}, "Authority": {1}, "Calendar": {1}, "Category": {1}, "Notice": {1},
	"Member": {1, 3}, "Household": {1, 2}, "Visit": {1}, "Petition": {1}, "Contribution": {1},
	"Step": {1}, "Review": {1}, "Consent": {1}, "Receipt": {1},
	"Initiative": {1}, "Commendation": {1}, "Survey": {1},
	// What the server alone makes has nothing that a phone could write.
	"Overwritten": {3}, "Suggestion": {2, 3}, "RefusedChange": {3},
}

// writeOnce are the kinds that are never deleted by field 99: a wrong one is taken back by
// another, or the server alone keeps them.
var writeOnce = []string{"Step", "Review", "Consent", "Receipt", "Overwritten", "Suggestion", "RefusedChange"}

// forbidden are beginnings of words that no name in the schema may have, from "the
// household comes first": what is never stored or inferred. A name is split at "_"; an
// entry of several words must match as many in a row.
var forbidden = []string{
	"relig", "faith", "belief", "sect", "ethnic", "race", "tribe", "politic", "ideolog",
	"health", "ill", "illness", "disease", "disab", "medic", "hiv", "secret",
	"gps", "lat", "latitud", "lng", "lon", "longitud", "coordinat", "location", "geo",
	"birth", "born", "dob", "age", "gender", "sex", "marital",
	"rating", "rate", "rank", "score", "point", "grade", "stars", "attitud", "loyal", "trust", "mood", "sentiment", "risk", "suspic", "hostil",
	"gather", "protest", "complain", "denunci", "blacklist", "watch", "monitor",
	"photo", "picture", "image", "face", "portrait", "selfie", "fingerprint", "biometr", "voice",
	"id_card", "id_number", "identity", "citizen", "cccd", "cmnd", "passport", "national_id", "personal_number",
	"exempt", "party_member", "income", "bank",
	"ton_giao", "dan_toc", "suc_khoe", "thai_do", "xep_hang", "diem",
}

// harmless are words that only begin like a forbidden one.
var harmless = []string{"secretary"}

// badWord returns the forbidden word in a name; empty: none.
func badWord(name string) string {
	words := strings.Split(snake(name), "_")
	for _, entry := range forbidden {
		parts := strings.Split(entry, "_")
		for i := 0; i+len(parts) <= len(words); i++ {
			hit := true
			for j, p := range parts {
				w := words[i+j]
				// Short beginnings would hit half the dictionary: those must be the whole word.
				if w != p && (len(p) <= 4 || !strings.HasPrefix(w, p)) || slices.Contains(harmless, w) {
					hit = false
					break
				}
			}
			if hit {
				return entry
			}
		}
	}
	return ""
}

// snake turns LoyalVoter and LOYAL_VOTER into loyal_voter.
func snake(name string) string {
	if strings.ToUpper(name) == name {
		return strings.ToLower(name)
	}
	var b strings.Builder
	for i, r := range name {
		if r >= 'A' && r <= 'Z' {
			if i > 0 && name[i-1] != '_' {
				b.WriteByte('_')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// messageOf is the message of a kind, by name: KIND_VISIT is Visit.
func messageOf(kind protoreflect.Name) protoreflect.Name {
	if kind == "KIND_REFUSED" {
		return "RefusedChange"
	}
	var b strings.Builder
	for _, w := range strings.Split(strings.TrimPrefix(string(kind), "KIND_"), "_") {
		b.WriteString(w[:1] + strings.ToLower(w[1:]))
	}
	return protoreflect.Name(b.String())
}

// problems walks the kinds of a file, an enum Kind and the messages that it names, and
// returns what breaks a rule.
func problems(file protoreflect.FileDescriptor, writers map[string][]int) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	kinds := file.Enums().ByName("Kind")
	if kinds == nil {
		return []string{"no enum Kind"}
	}
	if file.Extensions().Len() > 0 {
		say("the file has extensions")
	}
	for i := range kinds.Values().Len() {
		kind := kinds.Values().Get(i)
		if kind.Number() == 0 {
			continue
		}
		name := messageOf(kind.Name())
		md := file.Messages().ByName(name)
		if md == nil {
			say("%s has no message %s", kind.Name(), name)
			continue
		}
		ranges, ok := writers[string(name)]
		if !ok {
			say("%s is not in the table of writers", name)
		}
		kindProblems(md, ranges, say)
	}
	return append(out, fileProblems(file)...)
}

// fileProblems walks all messages and enums of a file, kinds or not.
func fileProblems(file protoreflect.FileDescriptor) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for i := range file.Messages().Len() {
		nestedProblems(file.Messages().Get(i), say)
	}
	for i := range file.Enums().Len() {
		enumProblems(file.Enums().Get(i), say)
	}
	return out
}

// kindProblems holds the message of one kind to what the merge needs at top level.
func kindProblems(md protoreflect.MessageDescriptor, ranges []int, say func(string, ...any)) {
	if md.Oneofs().Len() > 0 {
		say("%s has a oneof", md.Name())
	}
	if md.ExtensionRanges().Len() > 0 || md.Extensions().Len() > 0 {
		say("%s has extensions", md.Name())
	}
	deleted := md.Fields().ByName("deleted")
	if once := slices.Contains(writeOnce, string(md.Name())); once && deleted != nil {
		say("%s is written once and has a mark of deletion", md.Name())
	} else if !once && deleted == nil {
		say("%s cannot be deleted", md.Name())
	}
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		at := fmt.Sprintf("%s.%s", md.Name(), fd.Name())
		if fd.IsMap() {
			say("%s is a map", at)
		}
		if fd.HasDefault() {
			say("%s has a default", at)
		}
		if !fd.IsList() && !fd.IsMap() && !fd.HasPresence() {
			say("%s has no explicit presence", at)
		}
		if fd.Cardinality() == protoreflect.Required {
			say("%s is required", at)
		}
		if r := rangeOf(fd.Number()); !slices.Contains(ranges, r) {
			say("%s has number %d, outside the ranges of its kind", at, fd.Number())
		}
		if (fd.Name() == "deleted") != (fd.Number() == 99) || fd.Number() == 99 && (fd.Kind() != protoreflect.BoolKind || fd.IsList()) {
			say("%s: 99 is the bool deleted and nothing else", at)
		}
	}
}

// rangeOf tells who may write a number: 1 the record's writers, 2 secretary and console,
// 3 the server.
func rangeOf(n protoreflect.FieldNumber) int {
	switch {
	case n < 100:
		return 1
	case n < 200:
		return 2
	}
	return 3
}

// nestedProblems holds every message, however deep, to what the wire check refuses and to
// the words that may not be.
func nestedProblems(md protoreflect.MessageDescriptor, say func(string, ...any)) {
	if w := badWord(string(md.Name())); w != "" {
		say("%s holds the forbidden word %q", md.FullName(), w)
	}
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		if fd.Kind() == protoreflect.GroupKind {
			say("%s is a group", fd.FullName())
		}
		if w := badWord(string(fd.Name())); w != "" {
			say("%s holds the forbidden word %q", fd.FullName(), w)
		}
	}
	for i := range md.Messages().Len() {
		nestedProblems(md.Messages().Get(i), say)
	}
	for i := range md.Enums().Len() {
		enumProblems(md.Enums().Get(i), say)
	}
}

func enumProblems(ed protoreflect.EnumDescriptor, say func(string, ...any)) {
	if ed.IsClosed() {
		say("%s is closed: a value of a later schema would be lost", ed.FullName())
	}
	for i := range ed.Values().Len() {
		if w := badWord(string(ed.Values().Get(i).Name())); w != "" {
			say("%s holds the forbidden word %q", ed.Values().Get(i).FullName(), w)
		}
	}
}

func TestKindsKeepTheRules(t *testing.T) {
	for _, p := range problems(pb.File_sodanvan_v1_records_proto, writers) {
		t.Error(p)
	}
}

// What travels is under the same line as what is kept.
func TestOtherFilesKeepTheRules(t *testing.T) {
	for _, file := range []protoreflect.FileDescriptor{pb.File_sodanvan_v1_sync_proto, pb.File_sodanvan_v1_enrol_proto} {
		for _, p := range fileProblems(file) {
			t.Error(p)
		}
	}
}

// The table of writers is about kinds that exist.
func TestWritersNameKinds(t *testing.T) {
	known := map[string]bool{}
	kinds := pb.Kind_KIND_UNSPECIFIED.Descriptor().Values()
	for i := range kinds.Len() {
		if kinds.Get(i).Number() != 0 {
			known[string(messageOf(kinds.Get(i).Name()))] = true
		}
	}
	if len(known) != len(writers) {
		t.Errorf("%d kinds, %d in the table of writers", len(known), len(writers))
	}
	for _, name := range slices.Concat(writeOnce, slices.Collect(maps.Keys(writers))) {
		if !known[name] {
			t.Errorf("%s is in a table and is no kind", name)
		}
	}
}

// TestWalkerFinds tries the walker on descriptors that break one rule each.
func TestWalkerFinds(t *testing.T) {
	const sound = `field { name: "name" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
		field { name: "deleted" number: 99 label: LABEL_OPTIONAL type: TYPE_BOOL }`
	cases := []struct {
		name    string
		message string // the inside of message Visit
		file    string // beside it
		want    string // empty: nothing is wrong
	}{
		{"a sound kind", sound, ``, ""},
		{"oneof", sound + `oneof_decl { name: "either" } field { name: "a" number: 2 label: LABEL_OPTIONAL type: TYPE_STRING oneof_index: 0 }`, ``, "Visit has a oneof"},
		{"map", sound + `field { name: "m" number: 2 label: LABEL_REPEATED type: TYPE_MESSAGE type_name: ".bad.Visit.MEntry" }
			nested_type { name: "MEntry" options { map_entry: true }
				field { name: "key" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
				field { name: "value" number: 2 label: LABEL_OPTIONAL type: TYPE_STRING } }`, ``, "Visit.m is a map"},
		{"group", sound + `field { name: "part" number: 2 label: LABEL_OPTIONAL type: TYPE_MESSAGE type_name: ".bad.Visit.Part" options { features { message_encoding: DELIMITED } } }
			nested_type { name: "Part" }`, ``, "bad.Visit.part is a group"},
		{"nested group", sound + `field { name: "part" number: 2 label: LABEL_OPTIONAL type: TYPE_MESSAGE type_name: ".bad.Visit.Part" }
			nested_type { name: "Part" field { name: "in" number: 1 label: LABEL_OPTIONAL type: TYPE_MESSAGE type_name: ".bad.Visit.Part" options { features { message_encoding: DELIMITED } } } }`, ``, "bad.Visit.Part.in is a group"},
		{"room for extensions", sound + `extension_range { start: 50 end: 60 }`, ``, "Visit has extensions"},
		{"an extension in the file", sound, `message_type { name: "Open" extension_range { start: 50 end: 60 } }
			extension { name: "more" number: 50 label: LABEL_OPTIONAL type: TYPE_STRING extendee: ".bad.Open" }`, "the file has extensions"},
		{"default", sound + `field { name: "n" number: 2 label: LABEL_OPTIONAL type: TYPE_INT32 default_value: "7" }`, ``, "Visit.n has a default"},
		{"implicit presence", sound + `field { name: "n" number: 2 label: LABEL_OPTIONAL type: TYPE_INT32 options { features { field_presence: IMPLICIT } } }`, ``, "Visit.n has no explicit presence"},
		{"required", sound + `field { name: "n" number: 2 label: LABEL_OPTIONAL type: TYPE_INT32 options { features { field_presence: LEGACY_REQUIRED } } }`, ``, "Visit.n is required"},
		{"a secretary's field in a member's record", sound + `field { name: "n" number: 100 label: LABEL_OPTIONAL type: TYPE_INT32 }`, ``, "Visit.n has number 100"},
		{"a server's field in a member's record", sound + `field { name: "n" number: 200 label: LABEL_OPTIONAL type: TYPE_INT32 }`, ``, "Visit.n has number 200"},
		{"deleted elsewhere", `field { name: "deleted" number: 9 label: LABEL_OPTIONAL type: TYPE_BOOL }`, ``, "Visit.deleted: 99 is"},
		{"99 is another", sound[:strings.Index(sound, "\n")] + `field { name: "gone" number: 99 label: LABEL_OPTIONAL type: TYPE_BOOL }`, ``, "Visit.gone: 99 is"},
		{"deleted is a number", `field { name: "deleted" number: 99 label: LABEL_OPTIONAL type: TYPE_INT32 }`, ``, "Visit.deleted: 99 is"},
		{"deleted is a list", `field { name: "deleted" number: 99 label: LABEL_REPEATED type: TYPE_BOOL }`, ``, "Visit.deleted: 99 is"},
		{"not deletable", `field { name: "name" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }`, ``, "Visit cannot be deleted"},
		{"closed enum", sound, `enum_type { name: "E" value { name: "E_ZERO" number: 0 } options { features { enum_type: CLOSED } } }`, "bad.E is closed"},
		{"forbidden field", sound + `field { name: "head_religion" number: 2 label: LABEL_OPTIONAL type: TYPE_STRING }`, ``, `forbidden word "relig"`},
		{"forbidden nested field", sound + `nested_type { name: "Part" field { name: "id_card_no" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING } }`, ``, `forbidden word "id_card"`},
		{"forbidden value", sound, `enum_type { name: "E" value { name: "E_ZERO" number: 0 } value { name: "E_LOYAL" number: 1 } }`, `forbidden word "loyal"`},
		{"forbidden message", sound, `message_type { name: "FacePhoto" }`, `forbidden word "photo"`},
		{"forbidden value of a nested enum", sound + `enum_type { name: "E" value { name: "E_ZERO" number: 0 } value { name: "E_BAD_ATTITUDE" number: 1 } }`, ``, `forbidden word "attitud"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := problems(build(t, `KIND_VISIT`, `message_type { name: "Visit" `+c.message+` } `+c.file), map[string][]int{"Visit": {1}})
			if c.want == "" {
				if len(got) > 0 {
					t.Fatalf("found %q in a sound kind", got)
				}
				return
			}
			if !slices.ContainsFunc(got, func(p string) bool { return strings.Contains(p, c.want) }) {
				t.Fatalf("found %q, want %q", got, c.want)
			}
		})
	}
}

func TestWalkerFindsKinds(t *testing.T) {
	member := map[string][]int{"RefusedChange": {3}, "Step": {1}}
	cases := []struct {
		name, kind, message, want string
	}{
		{"no message", "KIND_TWO_WORDS", ``, "KIND_TWO_WORDS has no message TwoWords"},
		{"not in the table", "KIND_UNIT", `message_type { name: "Unit" }`, "Unit is not in the table of writers"},
		{"refused is RefusedChange", "KIND_REFUSED", `message_type { name: "RefusedChange" field { name: "patch" number: 1 label: LABEL_OPTIONAL type: TYPE_BYTES } }`, "RefusedChange.patch has number 1"},
		{"a step that can be deleted", "KIND_STEP", `message_type { name: "Step" field { name: "deleted" number: 99 label: LABEL_OPTIONAL type: TYPE_BOOL } }`, "Step is written once"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := problems(build(t, c.kind, c.message), member)
			if !slices.ContainsFunc(got, func(p string) bool { return strings.Contains(p, c.want) }) {
				t.Fatalf("found %q, want %q", got, c.want)
			}
		})
	}
	empty, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{Name: strp("none.proto"), Syntax: strp("proto3")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := problems(empty, nil); len(got) != 1 || got[0] != "no enum Kind" {
		t.Errorf("found %q in a file without kinds", got)
	}
}

func strp(s string) *string { return &s }

// build makes a file of edition 2023 with one kind and what else is given as text.
func build(t *testing.T, kind, rest string) protoreflect.FileDescriptor {
	t.Helper()
	var file descriptorpb.FileDescriptorProto
	head := `name: "bad.proto" package: "bad" syntax: "editions" edition: EDITION_2023
		enum_type { name: "Kind" value { name: "KIND_UNSPECIFIED" number: 0 } value { name: "` + kind + `" number: 1 } } `
	if err := prototext.Unmarshal([]byte(head+rest), &file); err != nil {
		t.Fatal(err)
	}
	fd, err := protodesc.NewFile(&file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

func TestBadWord(t *testing.T) {
	for name, want := range map[string]string{
		"head": "", "size": "", "position": "", "welfare": "", "later": "", "patch": "", "form_of_address": "",
		"PARTY_BUILDING": "", "language": "", "latest": "", "message": "", "village": "", "surface": "",
		"religion": "relig", "ethnicity": "ethnic", "health_note": "health", "gps": "gps", "latitude": "latitud",
		"birth_year": "birth", "rating": "rating", "score": "score", "attitude": "attitud", "loyalty": "loyal",
		"photo": "photo", "id_card": "id_card", "IdCard": "id_card", "ID_CARD": "id_card", "age": "age", "face": "face", "secret": "secret", "OFFICE_SECRETARY": "",
		"lat": "lat", "party_member": "party_member", "citizen_number": "citizen",
	} {
		if got := badWord(name); got != want {
			t.Errorf("badWord(%q) = %q, want %q", name, got, want)
		}
	}
}
