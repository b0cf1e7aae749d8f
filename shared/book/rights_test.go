package book

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
)

// TestRights is docs/domain.md's column "written by", written by hand: for every row all of
// everybody are tried, and exactly those named may.
func TestRights(t *testing.T) {
	const (
		isNew = "create"
		edits = "edit"
		gone  = "delete"
	)
	contact, deskField, mark := []uint32{1, 7}, []uint32{100}, []uint32{99}
	type row struct {
		name   string
		kind   pb.Kind
		holder Holder
		unit   string
		verb   string
		fields []uint32
		// behalf: the new record says on whose behalf it was written.
		behalf string
		author string
		may    string
	}
	visit, petition := pb.Kind_KIND_VISIT, pb.Kind_KIND_PETITION
	rows := []row{
		{name: "new visit at an's", kind: visit, holder: byHousehold("hộ-an"), unit: "thôn", verb: isNew, fields: contact, may: "an"},
		{name: "new visit at an's on behalf of an, who has a device", kind: visit, holder: byHousehold("hộ-an"), unit: "thôn", verb: isNew, fields: contact, behalf: "an", may: "an"},
		{name: "new visit at bình's without saying for whom", kind: visit, holder: byHousehold("hộ-bình"), unit: "thôn", verb: isNew, fields: contact, may: "bình"},
		{name: "new visit at bình's on behalf", kind: visit, holder: byHousehold("hộ-bình"), unit: "thôn", verb: isNew, fields: contact, behalf: "bình", may: "bí phó bình chi"},
		{name: "new visit at bình's on behalf of another", kind: visit, holder: byHousehold("hộ-bình"), unit: "thôn", verb: isNew, fields: contact, behalf: "an", may: "bình"},
		{name: "new visit at dũng's on behalf: dũng has a device", kind: visit, holder: byHousehold("hộ-dũng"), unit: "thôn", verb: isNew, fields: contact, behalf: "dũng", may: "dũng"},
		{name: "new visit at the secretary's own", kind: visit, holder: byHousehold("hộ-bí"), unit: "thôn", verb: isNew, fields: contact, may: "bí"},
		{name: "new visit at nobody's", kind: visit, holder: byHousehold("hộ-trống"), unit: "thôn", verb: isNew, fields: contact, may: ""},
		{name: "new visit in the next branch", kind: visit, holder: byHousehold("hộ-bên"), unit: "bên", verb: isNew, fields: contact, may: "bên-bí"},
		{name: "edit an's visit", kind: visit, holder: byHousehold("hộ-an"), unit: "thôn", verb: edits, fields: contact, author: "an", may: "an"},
		{name: "edit a visit that chi made before the handover to an", kind: visit, holder: byHousehold("hộ-an"), unit: "thôn", verb: edits, fields: contact, author: "chi", may: "an"},
		{name: "edit a visit that the secretary wrote when an had no device", kind: visit, holder: byHousehold("hộ-an"), unit: "thôn", verb: edits, fields: contact, author: "bí", may: "an bí"},
		{name: "edit a visit that chi wrote for bình", kind: visit, holder: byHousehold("hộ-bình"), unit: "thôn", verb: edits, fields: contact, author: "chi", may: "bí phó bình chi"},
		{name: "edit a visit that chi wrote for dũng, who has a device by now", kind: visit, holder: byHousehold("hộ-dũng"), unit: "thôn", verb: edits, fields: contact, author: "chi", may: "dũng chi"},
		{name: "delete an's visit", kind: visit, holder: byHousehold("hộ-an"), unit: "thôn", verb: gone, fields: mark, author: "an", may: "an"},
		{name: "desk field of a visit", kind: visit, holder: byHousehold("hộ-an"), unit: "thôn", verb: edits, fields: deskField, author: "an", may: "bí phó"},
		{name: "visit with desk field, new", kind: visit, holder: byHousehold("hộ-an"), unit: "thôn", verb: isNew, fields: []uint32{1, 100}, may: ""},
		{name: "server field of a visit", kind: visit, holder: byHousehold("hộ-an"), unit: "thôn", verb: edits, fields: []uint32{200}, author: "an", may: ""},
		{name: "far server field of a visit", kind: visit, holder: byHousehold("hộ-an"), unit: "thôn", verb: isNew, fields: []uint32{1, 536870911}, may: ""},
		{name: "new petition at an's", kind: petition, holder: byHousehold("hộ-an"), unit: "thôn", verb: isNew, fields: contact, may: "an"},
		{name: "new contribution at bình's on behalf", kind: pb.Kind_KIND_CONTRIBUTION, holder: byHousehold("hộ-bình"), unit: "thôn", verb: isNew, fields: contact, behalf: "bình", may: "bí phó bình chi"},
		{name: "delete bình's contribution", kind: pb.Kind_KIND_CONTRIBUTION, holder: byHousehold("hộ-bình"), unit: "thôn", verb: gone, fields: mark, author: "chi", may: "bí phó bình chi"},

		{name: "new household", kind: pb.Kind_KIND_HOUSEHOLD, holder: byHousehold("hộ mới"), unit: "thôn", verb: isNew, fields: []uint32{1, 100, 101}, may: "bí phó"},
		{name: "contact fields of an's household", kind: pb.Kind_KIND_HOUSEHOLD, holder: byHousehold("hộ-an"), unit: "thôn", verb: edits, fields: contact, may: "bí phó an"},
		{name: "contact fields of dũng's household", kind: pb.Kind_KIND_HOUSEHOLD, holder: byHousehold("hộ-dũng"), unit: "thôn", verb: edits, fields: contact, may: "bí phó dũng chi"},
		{name: "assignment of an's household", kind: pb.Kind_KIND_HOUSEHOLD, holder: byHousehold("hộ-an"), unit: "thôn", verb: edits, fields: deskField, may: "bí phó"},
		{name: "contact and assignment together", kind: pb.Kind_KIND_HOUSEHOLD, holder: byHousehold("hộ-an"), unit: "thôn", verb: edits, fields: []uint32{1, 100}, may: "bí phó"},
		{name: "deletion of an's household", kind: pb.Kind_KIND_HOUSEHOLD, holder: byHousehold("hộ-an"), unit: "thôn", verb: gone, fields: mark, may: "bí phó"},
		{name: "household of the next branch", kind: pb.Kind_KIND_HOUSEHOLD, holder: byHousehold("hộ-bên"), unit: "bên", verb: edits, fields: contact, may: "bên-bí"},

		{name: "new consent at an's", kind: pb.Kind_KIND_CONSENT, holder: byHousehold("hộ-an"), unit: "thôn", verb: isNew, fields: contact, may: "bí phó an"},
		{name: "new consent at dũng's", kind: pb.Kind_KIND_CONSENT, holder: byHousehold("hộ-dũng"), unit: "thôn", verb: isNew, fields: contact, may: "bí phó dũng chi"},
		{name: "a consent is not edited", kind: pb.Kind_KIND_CONSENT, holder: byHousehold("hộ-an"), unit: "thôn", verb: edits, fields: contact, author: "an", may: ""},

		{name: "new notice of the commune", kind: pb.Kind_KIND_NOTICE, holder: byCommune("xã"), unit: "xã", verb: isNew, fields: contact, may: "cán"},
		{name: "delete a notice of the commune", kind: pb.Kind_KIND_NOTICE, holder: byCommune("xã"), unit: "xã", verb: gone, fields: mark, may: "cán"},
		{name: "new notice of the branch", kind: pb.Kind_KIND_NOTICE, holder: byBranch("thôn"), unit: "thôn", verb: isNew, fields: contact, may: "bí phó cán"},
		{name: "new initiative of the branch", kind: pb.Kind_KIND_INITIATIVE, holder: byBranch("thôn"), unit: "thôn", verb: isNew, fields: contact, may: "bí phó"},
		{name: "the commune recognises an initiative", kind: pb.Kind_KIND_INITIATIVE, holder: byBranch("thôn"), unit: "thôn", verb: edits, fields: []uint32{5}, may: "bí phó cán"},
		{name: "delete an initiative of the branch", kind: pb.Kind_KIND_INITIATIVE, holder: byBranch("thôn"), unit: "thôn", verb: gone, fields: mark, may: "bí phó"},
		{name: "new initiative of the commune", kind: pb.Kind_KIND_INITIATIVE, holder: byCommune("xã"), unit: "xã", verb: isNew, fields: contact, may: "cán"},
		{name: "new commendation of the branch", kind: pb.Kind_KIND_COMMENDATION, holder: byBranch("thôn"), unit: "thôn", verb: isNew, fields: contact, may: "bí phó"},
		{name: "new commendation of the commune", kind: pb.Kind_KIND_COMMENDATION, holder: byCommune("xã"), unit: "xã", verb: isNew, fields: contact, may: "cán"},
		{name: "new survey of the branch", kind: pb.Kind_KIND_SURVEY, holder: byBranch("thôn"), unit: "thôn", verb: isNew, fields: contact, may: "cán"},
		{name: "desk field of a survey", kind: pb.Kind_KIND_SURVEY, holder: byBranch("thôn"), unit: "thôn", verb: edits, fields: deskField, may: "cán"},
		{name: "new unit", kind: pb.Kind_KIND_UNIT, holder: byCommune("xã"), unit: "xã", verb: isNew, fields: contact, may: "cán quản"},
		{name: "edit a unit", kind: pb.Kind_KIND_UNIT, holder: byCommune("xã"), unit: "xã", verb: edits, fields: contact, may: "cán quản"},
		{name: "new authority", kind: pb.Kind_KIND_AUTHORITY, holder: byCommune("xã"), unit: "xã", verb: isNew, fields: contact, may: "cán"},
		{name: "calendar line", kind: pb.Kind_KIND_CALENDAR, holder: byCommune("xã"), unit: "xã", verb: edits, fields: contact, may: "cán"},
		{name: "category", kind: pb.Kind_KIND_CATEGORY, holder: byCommune("xã"), unit: "xã", verb: gone, fields: mark, may: "cán"},
		{name: "desk field of a category", kind: pb.Kind_KIND_CATEGORY, holder: byCommune("xã"), unit: "xã", verb: edits, fields: deskField, may: "cán"},
		{name: "category of another commune", kind: pb.Kind_KIND_CATEGORY, holder: byCommune("xã khác"), unit: "xã khác", verb: isNew, fields: contact, may: "cán-khác"},
		{name: "new member of the branch", kind: pb.Kind_KIND_MEMBER, holder: byBranch("thôn"), unit: "thôn", verb: isNew, fields: contact, may: "bí phó cán"},
		{name: "member's office", kind: pb.Kind_KIND_MEMBER, holder: byBranch("thôn"), unit: "thôn", verb: edits, fields: []uint32{200}, may: ""},
		{name: "member's devices", kind: pb.Kind_KIND_MEMBER, holder: byBranch("thôn"), unit: "thôn", verb: edits, fields: []uint32{1, 201}, may: ""},
		{name: "member of the commune", kind: pb.Kind_KIND_MEMBER, holder: byCommune("xã"), unit: "xã", verb: isNew, fields: contact, may: "cán"},

		{name: "new suggestion", kind: pb.Kind_KIND_SUGGESTION, holder: byDesk("thôn"), unit: "thôn", verb: isNew, fields: deskField, may: ""},
		{name: "decide a suggestion", kind: pb.Kind_KIND_SUGGESTION, holder: byDesk("thôn"), unit: "thôn", verb: edits, fields: deskField, may: "bí phó"},
		{name: "the patch of a suggestion", kind: pb.Kind_KIND_SUGGESTION, holder: byDesk("thôn"), unit: "thôn", verb: edits, fields: []uint32{200}, may: ""},
		{name: "low field of a suggestion", kind: pb.Kind_KIND_SUGGESTION, holder: byDesk("thôn"), unit: "thôn", verb: edits, fields: []uint32{1}, may: ""},
		{name: "new overwritten", kind: pb.Kind_KIND_OVERWRITTEN, holder: byHousehold("hộ-an"), unit: "thôn", verb: isNew, fields: []uint32{200}, may: ""},
		{name: "new refused", kind: pb.Kind_KIND_REFUSED, holder: byDesk("thôn"), unit: "thôn", verb: isNew, fields: nil, may: ""},
	}
	w := newWorld()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			may := strings.Fields(row.may)
			for _, name := range everybody {
				a := actor(name)
				r := Record{Kind: row.kind, ID: named("bản ghi"), Holder: row.holder, Unit: named(row.unit), Author: a.Member}
				if row.holder.Kind == pb.HolderKind_HOLDER_KIND_HOUSEHOLD && row.kind != pb.Kind_KIND_HOUSEHOLD {
					r.Subject = row.holder.ID
				}
				if row.verb != isNew {
					r.Author = named(row.author)
				}
				var set []byte
				fields := slices.Clone(row.fields)
				if row.behalf != "" {
					set = encode(t, &pb.Visit{OnBehalfOf: named(row.behalf).Bytes()})
					fields = append(fields, fieldOnBehalf)
				}
				got := MayWrite(a, r, row.verb == isNew, fields, set, w)
				if want := slices.Contains(may, name); (got == nil) != want {
					t.Errorf("%s: %v, want allowed %v", name, got, want)
				}
			}
		})
	}
}

// TestStepRights tries every sort of step with everybody, on a petition of an's household.
func TestStepRights(t *testing.T) {
	sentUp := map[pb.StepKind]string{
		pb.StepKind_STEP_KIND_SENT_UP:     "bí phó",
		pb.StepKind_STEP_KIND_SUPPLEMENT:  "bí phó an",
		pb.StepKind_STEP_KIND_FORWARDED:   "cán",
		pb.StepKind_STEP_KIND_ANSWERED:    "cán",
		pb.StepKind_STEP_KIND_TOLD:        "bí phó an",
		pb.StepKind_STEP_KIND_CLOSED:      "bí phó cán",
		pb.StepKind_STEP_KIND_REOPENED:    "bí phó cán",
		pb.StepKind_STEP_KIND_TAKEN_BACK:  "bí",
		pb.StepKind_STEP_KIND_UNSPECIFIED: "",
		pb.StepKind(77):                   "",
	}
	notSent := map[pb.StepKind]string{
		pb.StepKind_STEP_KIND_SENT_UP:    "bí phó",
		pb.StepKind_STEP_KIND_FORWARDED:  "",
		pb.StepKind_STEP_KIND_ANSWERED:   "",
		pb.StepKind_STEP_KIND_CLOSED:     "bí phó",
		pb.StepKind_STEP_KIND_TAKEN_BACK: "",
	}
	for name, table := range map[string]map[pb.StepKind]string{"sent up": sentUp, "not sent up": notSent} {
		w := newWorld()
		w.stored(t, pb.Kind_KIND_PETITION, "đơn", "an", "hộ-an", byHousehold("hộ-an"), "thôn", petitionOf("đường hỏng"))
		if name == "sent up" {
			w.stored(t, pb.Kind_KIND_STEP, "gửi", "bí", "đơn", byHousehold("hộ-an"), "thôn", &pb.Step{
				What: pb.StepKind_STEP_KIND_SENT_UP.Enum(), SentUp: &pb.SentUp{},
			})
		}
		for what, may := range table {
			t.Run(name+" "+what.String(), func(t *testing.T) {
				for _, who := range everybody {
					set := encode(t, &pb.Step{What: what.Enum()})
					r := Record{Kind: pb.Kind_KIND_STEP, ID: named("bước"), Author: actor(who).Member, Subject: named("đơn"), Holder: byHousehold("hộ-an"), Unit: named("thôn")}
					got := MayWrite(actor(who), r, true, []uint32{2, 3}, set, w)
					if want := slices.Contains(strings.Fields(may), who); (got == nil) != want {
						t.Errorf("%s: %v, want allowed %v", who, got, want)
					}
				}
			})
		}
	}
}

func TestTakingBackBelongsToTheStepsAuthor(t *testing.T) {
	w := newWorld()
	w.stored(t, pb.Kind_KIND_PETITION, "đơn", "an", "hộ-an", byHousehold("hộ-an"), "thôn", petitionOf("đường hỏng"))
	w.stored(t, pb.Kind_KIND_STEP, "gửi", "bí", "đơn", byHousehold("hộ-an"), "thôn", &pb.Step{What: pb.StepKind_STEP_KIND_SENT_UP.Enum()})
	w.stored(t, pb.Kind_KIND_STEP, "chuyển", "cán", "đơn", byHousehold("hộ-an"), "thôn", &pb.Step{
		Follows: named("gửi").Bytes(), What: pb.StepKind_STEP_KIND_FORWARDED.Enum(),
	})
	for _, who := range everybody {
		r := Record{Kind: pb.Kind_KIND_STEP, ID: named("bước"), Author: actor(who).Member, Subject: named("đơn"), Holder: byHousehold("hộ-an"), Unit: named("thôn")}
		got := MayWrite(actor(who), r, true, []uint32{2}, encode(t, &pb.Step{What: pb.StepKind_STEP_KIND_TAKEN_BACK.Enum()}), w)
		if (got == nil) != (who == "cán") {
			t.Errorf("%s: %v", who, got)
		}
	}
}

func TestReceiptRights(t *testing.T) {
	w := newWorld()
	w.stored(t, pb.Kind_KIND_NOTICE, "tin xã", "cán", "xã", byCommune("xã"), "xã", &pb.Notice{Title: proto.String("a"), Text: proto.String("b")})
	w.stored(t, pb.Kind_KIND_NOTICE, "tin thôn", "bí", "thôn", byBranch("thôn"), "thôn", &pb.Notice{Title: proto.String("a"), Text: proto.String("b")})
	for _, tc := range []struct{ name, notice, household, may string }{
		{"read the commune's", "tin xã", "", "bí phó an bình chi dũng bên-bí"},
		{"read the branch's", "tin thôn", "", "bí phó an bình chi dũng"},
		{"told an's household", "tin xã", "hộ-an", "an"},
		{"told bình's household, from his page", "tin thôn", "hộ-bình", "bí phó bình chi"},
		{"told dũng's household", "tin thôn", "hộ-dũng", "dũng"},
		{"told the next branch's household", "tin xã", "hộ-bên", "bên-bí"},
		{"told with a notice that is not theirs", "tin thôn", "hộ-bên", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, who := range everybody {
				a := actor(who)
				r := Record{Kind: pb.Kind_KIND_RECEIPT, ID: named("r"), Author: a.Member, Subject: named(tc.notice), Holder: Holder{pb.HolderKind_HOLDER_KIND_MEMBER, a.Member}, Unit: a.Branch}
				if tc.household != "" {
					f := w.households[named(tc.household)]
					r.Household, r.Holder, r.Unit = f.ID, byHousehold(tc.household), f.Branch
				}
				got := MayWrite(a, r, true, []uint32{1, 2}, nil, w)
				if want := slices.Contains(strings.Fields(tc.may), who); (got == nil) != want {
					t.Errorf("%s: %v, want allowed %v", who, got, want)
				}
			}
		})
	}
	other := Record{Kind: pb.Kind_KIND_RECEIPT, ID: named("r"), Author: named("an"), Subject: named("tin xã"), Holder: byMember("chi"), Unit: named("thôn")}
	if MayWrite(actor("an"), other, true, []uint32{1}, nil, w) == nil {
		t.Error("a receipt in another member's name")
	}
}

func TestMaySee(t *testing.T) {
	w := newWorld()
	for _, tc := range []struct {
		name   string
		holder Holder
		unit   string
		may    string
	}{
		{"commune", byCommune("xã"), "xã", "bí phó an bình chi dũng bên-bí cán quản"},
		{"branch", byBranch("thôn"), "thôn", "bí phó an bình chi dũng"},
		{"desk", byDesk("thôn"), "thôn", "bí phó"},
		{"whole branch", holderOf(pb.HolderKind_HOLDER_KIND_WHOLE_BRANCH, "thôn"), "thôn", "bí phó"},
		{"member", byMember("an"), "thôn", "bí phó an"},
		{"an officer's own rows", byMember("cán"), "xã", "cán"},
		{"an's household", byHousehold("hộ-an"), "thôn", "bí phó an"},
		{"bình's household", byHousehold("hộ-bình"), "thôn", "bí phó bình chi"},
		{"dũng's household", byHousehold("hộ-dũng"), "thôn", "bí phó dũng chi"},
		{"nobody's household", byHousehold("hộ-trống"), "thôn", "bí phó"},
		{"next branch's household", byHousehold("hộ-bên"), "bên", "bên-bí"},
		{"unknown household", byHousehold("đâu đó"), "thôn", "bí phó"},
		{"no holder", Holder{}, "thôn", ""},
		{"holder of no kind", Holder{ID: named("thôn")}, "thôn", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, who := range everybody {
				if got, want := MaySee(actor(who), tc.holder, named(tc.unit), w), slices.Contains(strings.Fields(tc.may), who); got != want {
					t.Errorf("%s: %v, want %v", who, got, want)
				}
			}
		})
	}
	moved := actor("an")
	moved.Branch = named("bên")
	if MaySee(moved, byHousehold("hộ-an"), named("thôn"), w) {
		t.Error("who moved to the next branch still sees the household")
	}
	officer := actor("cán")
	officer.Branch = named("thôn")
	if MaySee(officer, byBranch("thôn"), named("thôn"), w) {
		t.Error("an officer with a branch by mistake sees the branch")
	}
}

// TestStrangersLearnNothing: not theirs and not there get one answer.
func TestStrangersLearnNothing(t *testing.T) {
	w := newWorld()
	w.stored(t, pb.Kind_KIND_PETITION, "đơn", "an", "hộ-an", byHousehold("hộ-an"), "thôn", petitionOf("x"))
	for _, kind := range []pb.Kind{pb.Kind_KIND_VISIT, pb.Kind_KIND_HOUSEHOLD, pb.Kind_KIND_STEP, pb.Kind_KIND_CONSENT, pb.Kind_KIND_REVIEW, pb.Kind_KIND_OVERWRITTEN} {
		for _, fields := range [][]uint32{{1}, {99}, {100}, {200}} {
			for _, isNew := range []bool{true, false} {
				r := Record{Kind: kind, ID: named("x"), Holder: byHousehold("hộ-an"), Unit: named("thôn"), Subject: named("đơn")}
				for _, who := range []string{"bên-bí", "cán", "quản", "chi", "clone", "nobody"} {
					got := MayWrite(actor(who), r, isNew, fields, nil, w)
					if got == nil || *got != *notYours(0, ruleNotYours) {
						t.Errorf("%s on %v %v: %v", who, kind, fields, got)
					}
				}
			}
		}
	}
}

func TestRightsSayWhy(t *testing.T) {
	w := newWorld()
	visit := Record{Kind: pb.Kind_KIND_VISIT, ID: named("v"), Author: named("chi"), Holder: byHousehold("hộ-dũng"), Unit: named("thôn")}
	for _, tc := range []struct {
		who    string
		create bool
		fields []uint32
		rule   string
	}{
		{"chi", true, []uint32{1, 90}, ruleMemberHasDevice},
		{"dũng", false, []uint32{100}, ruleDeskField},
		{"dũng", false, []uint32{1, 203}, ruleServerField},
	} {
		if got := MayWrite(actor(tc.who), visit, tc.create, tc.fields, encode(t, &pb.Visit{OnBehalfOf: named("dũng").Bytes()}), w); rule(got) != tc.rule {
			t.Errorf("%s %v: %v, want %s", tc.who, tc.fields, got, tc.rule)
		}
	}
	step := Record{Kind: pb.Kind_KIND_STEP, ID: named("s"), Holder: byHousehold("hộ-an"), Unit: named("thôn")}
	if got := MayWrite(actor("an"), step, false, []uint32{1}, nil, w); !errors.Is(got, &Refusal{Code: pb.RefusalCode_REFUSAL_CODE_WRITE_ONCE}) {
		t.Errorf("edit of a step: %v", got)
	}
}

func TestUnconfirmedCopiesWriteNothing(t *testing.T) {
	w := newWorld()
	r := Record{Kind: pb.Kind_KIND_CATEGORY, ID: named("x"), Holder: byCommune("xã"), Unit: named("xã")}
	a := actor("cán")
	if got := MayWrite(a, r, true, []uint32{1}, nil, w); got != nil {
		t.Fatal(got)
	}
	a.Unconfirmed = true
	if got := MayWrite(a, r, true, []uint32{1}, nil, w); rule(got) != ruleNotYours {
		t.Errorf("a copy of an officer's device: %v", got)
	}
}

func TestAVerdictIsHeldAsItsSubject(t *testing.T) {
	w := newWorld()
	v := w.stored(t, pb.Kind_KIND_VISIT, "v", "an", "hộ-an", byHousehold("hộ-an"), "thôn", aVisit("x"))
	d := digestOf(v)
	set := encode(t, &pb.Review{Digest: d[:]})
	r := Record{Kind: pb.Kind_KIND_REVIEW, ID: named("r"), Author: named("bí"), Subject: v.ID, Holder: byHousehold("hộ-bí"), Unit: named("thôn")}
	if got := MayWrite(actor("bí"), r, true, []uint32{1}, set, w); rule(got) != ruleNotYours {
		t.Errorf("%v", got)
	}
	r.Holder = v.Holder
	if got := MayWrite(actor("bí"), r, true, []uint32{1}, set, w); got != nil {
		t.Errorf("%v", got)
	}
}

// TestEveryKindHasRights: a kind without rows would be refused for everybody unnoticed.
func TestEveryKindHasRights(t *testing.T) {
	for _, k := range Kinds() {
		some := false
		for _, verbs := range allowed[k.Kind] {
			for _, who := range verbs {
				some = some || len(who) > 0
			}
		}
		if want := k.Kind != pb.Kind_KIND_OVERWRITTEN && k.Kind != pb.Kind_KIND_REFUSED; some != want {
			t.Errorf("%s has rights: %v, want %v", k.Name, some, want)
		}
	}
}
