package book

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/lww"
)

func fullVisit() *pb.Visit {
	return &pb.Visit{
		Day: proto.Int32(20000), Contact: pb.Contact_CONTACT_AT_HOME.Enum(), Topics: [][]byte{named("vệ sinh").Bytes()},
		Note: proto.String("Hộ mong sửa đường."), FollowUpDay: proto.Int32(20030),
	}
}

func TestValidateNewRecords(t *testing.T) {
	long := func(n int) *string { return proto.String(strings.Repeat("ừ", n)) }
	onHousehold := func(kind pb.Kind, m proto.Message) func(*testing.T, *fakeWorld) *Refusal {
		return func(t *testing.T, w *fakeWorld) *Refusal {
			return w.creates(t, kind, "an", "hộ-an", byHousehold("hộ-an"), "thôn", m)
		}
	}
	onUnit := func(kind pb.Kind, m proto.Message) func(*testing.T, *fakeWorld) *Refusal {
		return func(t *testing.T, w *fakeWorld) *Refusal {
			return w.creates(t, kind, "bí", "thôn", byBranch("thôn"), "thôn", m)
		}
	}
	visit := func(change func(*pb.Visit)) func(*testing.T, *fakeWorld) *Refusal {
		m := fullVisit()
		change(m)
		return onHousehold(pb.Kind_KIND_VISIT, m)
	}
	petition := func(change func(*pb.Petition)) func(*testing.T, *fakeWorld) *Refusal {
		m := petitionOf("đường hỏng")
		change(m)
		return onHousehold(pb.Kind_KIND_PETITION, m)
	}
	household := func(m *pb.Household) func(*testing.T, *fakeWorld) *Refusal {
		return func(t *testing.T, w *fakeWorld) *Refusal {
			return w.creates(t, pb.Kind_KIND_HOUSEHOLD, "bí", "thôn", byHousehold("mới"), "thôn", m)
		}
	}
	consent := func(change func(*pb.Consent)) func(*testing.T, *fakeWorld) *Refusal {
		m := &pb.Consent{Purpose: pb.Purpose_PURPOSE_KEEP.Enum(), Answer: pb.Answer_ANSWER_GIVEN.Enum(), NoticeVersion: proto.String("2026-1"), TimeMs: proto.Int64(1_780_000_000_000), Channel: pb.Channel_CHANNEL_SPOKEN.Enum()}
		change(m)
		return onHousehold(pb.Kind_KIND_CONSENT, m)
	}
	name := proto.String("Tên mẫu")
	for _, tc := range []struct {
		name   string
		run    func(*testing.T, *fakeWorld) *Refusal
		broken string
		field  uint32
	}{
		{"visit", visit(func(*pb.Visit) {}), "", 0},
		{"visit without a day", visit(func(m *pb.Visit) { m.Day = nil }), ruleRequired, 1},
		{"visit in 1970", visit(func(m *pb.Visit) { m.Day, m.FollowUpDay = proto.Int32(0), nil }), "", 0},
		{"visit in 1899", visit(func(m *pb.Visit) { m.Day = proto.Int32(minDay - 1) }), ruleBadDay, 1},
		{"visit in 2201", visit(func(m *pb.Visit) { m.Day, m.FollowUpDay = proto.Int32(maxDay+1), nil }), ruleBadDay, 1},
		{"visit of the far future, as a wrong clock has it", visit(func(m *pb.Visit) { m.Day, m.FollowUpDay = proto.Int32(maxDay), nil }), "", 0},
		{"visit without contact", visit(func(m *pb.Visit) { m.Contact = nil }), ruleRequired, 2},
		{"visit with an unknown contact", visit(func(m *pb.Visit) { m.Contact = pb.Contact(17).Enum() }), ruleUnknownValue, 2},
		{"visit with a cut topic", visit(func(m *pb.Visit) { m.Topics[0] = m.Topics[0][:5] }), ruleBadID, 3},
		{"visit with a topic twice", visit(func(m *pb.Visit) { m.Topics = append(m.Topics, m.Topics[0]) }), ruleRepeated, 3},
		{"visit with too many topics", visit(func(m *pb.Visit) {
			for i := range maxPicks {
				m.Topics = append(m.Topics, named(string(rune('a'+i))).Bytes())
			}
		}), ruleTooMany, 3},
		{"visit with the longest note", visit(func(m *pb.Visit) { m.Note = long(maxText) }), "", 0},
		{"visit with the longest note, decomposed", visit(func(m *pb.Visit) { m.Note = proto.String(strings.Repeat("o\u031b\u0300", maxText*3/5)) }), "", 0},
		{"visit with a note too long", visit(func(m *pb.Visit) { m.Note = long(maxText + 1) }), ruleTooLong, 4},
		{"visit with a note that no call carries", visit(func(m *pb.Visit) { m.Note = long(maxText * 2) }), ruleTooLarge, 0},
		{"visit with a bell in the note", visit(func(m *pb.Visit) { m.Note = proto.String("a\x07") }), ruleControl, 4},
		{"visit with lines in the note", visit(func(m *pb.Visit) { m.Note = proto.String("a\n\tb\r\n") }), "", 0},
		{"follow-up before the visit", visit(func(m *pb.Visit) { m.FollowUpDay = proto.Int32(19999) }), ruleDaysReversed, 5},
		{"visit on behalf of its author", visit(func(m *pb.Visit) { m.OnBehalfOf = named("an").Bytes() }), ruleOnBehalfWrong, 90},
		{"visit on behalf of a stranger", visit(func(m *pb.Visit) { m.OnBehalfOf = named("bên-bí").Bytes() }), ruleOnBehalfWrong, 90},
		{"visit on behalf of one who has a device", visit(func(m *pb.Visit) { m.OnBehalfOf = named("dũng").Bytes() }), ruleOnBehalfWrong, 90},
		{"deleted visit without anything", visit(func(m *pb.Visit) { proto.Reset(m); m.Deleted = proto.Bool(true) }), "", 0},
		{"deleted visit with a note too long", visit(func(m *pb.Visit) { m.Deleted, m.Note = proto.Bool(true), long(maxText+1) }), ruleTooLong, 4},

		{"petition", petition(func(*pb.Petition) {}), "", 0},
		{"petition without a number", petition(func(m *pb.Petition) { m.Number = nil }), ruleRequired, 1},
		{"petition with a mistyped number", petition(func(m *pb.Petition) { m.Number = proto.String("A3-0420") }), ruleBadNumber, 1},
		{"petition with a number in another form", petition(func(m *pb.Petition) { m.Number = proto.String(strings.ToLower(m.GetNumber())) }), ruleBadNumber, 1},
		{"petition without words", petition(func(m *pb.Petition) { m.Text = proto.String("  ") }), ruleRequired, 3},
		{"petition without a day", petition(func(m *pb.Petition) { m.Day = nil }), ruleRequired, 2},

		{"contribution", onHousehold(pb.Kind_KIND_CONTRIBUTION, &pb.Contribution{Day: proto.Int32(20000), LandDm2: proto.Int64(115530)}), "", 0},
		{"contribution of nothing", onHousehold(pb.Kind_KIND_CONTRIBUTION, &pb.Contribution{Day: proto.Int32(20000), LandDm2: proto.Int64(0)}), ruleNothingGiven, 0},
		{"contribution below nothing", onHousehold(pb.Kind_KIND_CONTRIBUTION, &pb.Contribution{Day: proto.Int32(20000), ValueVnd: proto.Int64(-1)}), ruleOutOfRange, 5},
		{"contribution beyond all measure", onHousehold(pb.Kind_KIND_CONTRIBUTION, &pb.Contribution{Day: proto.Int32(20000), WorkdayTenths: proto.Int32(1e7 + 1)}), ruleOutOfRange, 4},

		{"household", household(&pb.Household{Head: name, Phone: proto.String("0912345678"), Size: proto.Int32(5), Member: named("an").Bytes(), Welfare: pb.Welfare_WELFARE_POOR.Enum()}), "", 0},
		{"household without a head", household(&pb.Household{Phone: proto.String("0912345678")}), ruleRequired, 1},
		{"household with a long name", household(&pb.Household{Head: long(maxName + 1)}), ruleTooLong, 1},
		{"household with a name on two lines", household(&pb.Household{Head: proto.String("a\nb")}), ruleControl, 1},
		{"household with a short phone", household(&pb.Household{Head: name, Phone: proto.String("0912")}), ruleBadPhone, 4},
		{"household with words beside the phone", household(&pb.Household{Head: name, Phone: proto.String("0912345678 / con trai")}), ruleBadPhone, 4},
		{"household with two phones", household(&pb.Household{Head: name, Phone: proto.String("0912 345 678, 0221.398.6543")}), "", 0},
		{"household without a phone", household(&pb.Household{Head: name, Phone: proto.String("")}), "", 0},
		{"household of minus one", household(&pb.Household{Head: name, Size: proto.Int32(-1)}), ruleOutOfRange, 5},
		{"household with an invented welfare", household(&pb.Household{Head: name, Welfare: pb.Welfare(9).Enum()}), ruleUnknownValue, 101},
		{"household of the next branch's member", household(&pb.Household{Head: name, Member: named("bên-bí").Bytes()}), ruleMemberUnknown, 100},
		{"household of nobody known", household(&pb.Household{Head: name, Member: named("ai").Bytes()}), ruleMemberUnknown, 100},

		{"consent", consent(func(*pb.Consent) {}), "", 0},
		{"consent to nothing", consent(func(m *pb.Consent) { m.Purpose = nil }), ruleRequired, 1},
		{"consent to something unknown", consent(func(m *pb.Consent) { m.Purpose = pb.Purpose(9).Enum() }), ruleUnknownValue, 1},
		{"consent without an answer", consent(func(m *pb.Consent) { m.Answer = nil }), ruleRequired, 2},
		{"consent without the notice", consent(func(m *pb.Consent) { m.NoticeVersion = nil }), ruleRequired, 3},
		{"withdrawal without the notice", consent(func(m *pb.Consent) { m.Answer, m.NoticeVersion = pb.Answer_ANSWER_WITHDRAWN.Enum(), nil }), "", 0},
		{"consent without a time", consent(func(m *pb.Consent) { m.TimeMs = nil }), ruleRequired, 4},
		{"consent at an impossible time", consent(func(m *pb.Consent) { m.TimeMs = proto.Int64(1 << 60) }), ruleBadTime, 4},
		{"consent without a channel", consent(func(m *pb.Consent) { m.Channel = nil }), ruleRequired, 5},
		{"withdrawal that has seen withdrawals", consent(func(m *pb.Consent) {
			m.Answer, m.WithdrawalsSeen = pb.Answer_ANSWER_WITHDRAWN.Enum(), [][]byte{named("x").Bytes()}
		}), ruleSeenOnlyGiven, 7},

		{"member", onUnit(pb.Kind_KIND_MEMBER, &pb.Member{Name: name, Phone: proto.String("+84 912 345 678"), Proxies: [][]byte{named("an").Bytes()}}), "", 0},
		{"member without a name", onUnit(pb.Kind_KIND_MEMBER, &pb.Member{}), ruleRequired, 1},
		{"member as own proxy", onUnit(pb.Kind_KIND_MEMBER, &pb.Member{Name: name, Proxies: [][]byte{named("mới").Bytes()}}), ruleProxySelf, 4},
		{"proxy of the next branch", onUnit(pb.Kind_KIND_MEMBER, &pb.Member{Name: name, Proxies: [][]byte{named("bên-bí").Bytes()}}), ruleProxyUnknown, 4},
		{"unit", onUnit(pb.Kind_KIND_UNIT, &pb.Unit{Name: name, Level: proto.String("chi bộ")}), "", 0},
		{"unit without a level", onUnit(pb.Kind_KIND_UNIT, &pb.Unit{Name: name}), ruleRequired, 2},
		{"unit that reports to itself", onUnit(pb.Kind_KIND_UNIT, &pb.Unit{Name: name, Level: proto.String("xã"), ReportsTo: named("mới").Bytes()}), ruleOwnSuperior, 7},
		{"unit that ends before it begins", onUnit(pb.Kind_KIND_UNIT, &pb.Unit{Name: name, Level: proto.String("xã"), ValidFromDay: proto.Int32(9), ValidToDay: proto.Int32(8)}), ruleDaysReversed, 6},
		{"authority", onUnit(pb.Kind_KIND_AUTHORITY, &pb.Authority{Name: name, Phone: proto.String("024 3825 1234")}), "", 0},
		{"authority with a bad phone", onUnit(pb.Kind_KIND_AUTHORITY, &pb.Authority{Name: name, Phone: proto.String("gọi sau")}), ruleBadPhone, 3},
		{"holiday", onUnit(pb.Kind_KIND_CALENDAR, &pb.Calendar{Holiday: &pb.Holiday{Day: proto.Int32(20500), Name: name}}), "", 0},
		{"holiday without a day", onUnit(pb.Kind_KIND_CALENDAR, &pb.Calendar{Holiday: &pb.Holiday{Name: name}}), ruleHolidayOrLimit, 1},
		{"limit", onUnit(pb.Kind_KIND_CALENDAR, &pb.Calendar{Limit: &pb.Limit{Days: proto.Int32(10)}}), "", 0},
		{"limit of no days", onUnit(pb.Kind_KIND_CALENDAR, &pb.Calendar{Limit: &pb.Limit{Days: proto.Int32(0)}}), ruleOutOfRange, 2},
		{"limit without days", onUnit(pb.Kind_KIND_CALENDAR, &pb.Calendar{Limit: &pb.Limit{}}), ruleHolidayOrLimit, 2},
		{"holiday and limit", onUnit(pb.Kind_KIND_CALENDAR, &pb.Calendar{Holiday: &pb.Holiday{Day: proto.Int32(1), Name: name}, Limit: &pb.Limit{Days: proto.Int32(1)}}), ruleHolidayOrLimit, 0},
		{"neither", onUnit(pb.Kind_KIND_CALENDAR, &pb.Calendar{}), ruleHolidayOrLimit, 0},
		{"limit that ends before it begins", onUnit(pb.Kind_KIND_CALENDAR, &pb.Calendar{Limit: &pb.Limit{Days: proto.Int32(1), ValidFromDay: proto.Int32(2), ValidToDay: proto.Int32(1)}}), ruleDaysReversed, 2},
		{"category", onUnit(pb.Kind_KIND_CATEGORY, &pb.Category{Use: pb.CategoryUse_CATEGORY_USE_TOPIC.Enum(), Name: name}), "", 0},
		{"category of no use", onUnit(pb.Kind_KIND_CATEGORY, &pb.Category{Name: name}), ruleRequired, 1},
		{"notice", onUnit(pb.Kind_KIND_NOTICE, &pb.Notice{Title: name, Text: long(maxText), FromDay: proto.Int32(1), UntilDay: proto.Int32(1)}), "", 0},
		{"notice without a text", onUnit(pb.Kind_KIND_NOTICE, &pb.Notice{Title: name}), ruleRequired, 2},
		{"notice that ends first", onUnit(pb.Kind_KIND_NOTICE, &pb.Notice{Title: name, Text: name, FromDay: proto.Int32(2), UntilDay: proto.Int32(1)}), ruleDaysReversed, 4},
		{"initiative", onUnit(pb.Kind_KIND_INITIATIVE, &pb.Initiative{Name: name, Field: pb.InitiativeField_INITIATIVE_FIELD_ECONOMY.Enum()}), "", 0},
		{"initiative without a field", onUnit(pb.Kind_KIND_INITIATIVE, &pb.Initiative{Name: name}), ruleRequired, 2},
		{"initiative recognised before it was registered", onUnit(pb.Kind_KIND_INITIATIVE, &pb.Initiative{Name: name, Field: pb.InitiativeField_INITIATIVE_FIELD_ECONOMY.Enum(), RegisteredDay: proto.Int32(5), RecognisedDay: proto.Int32(4)}), ruleDaysReversed, 5},
		{"commendation", onUnit(pb.Kind_KIND_COMMENDATION, &pb.Commendation{Name: name, Day: proto.Int32(20000)}), "", 0},
		{"commendation without a day", onUnit(pb.Kind_KIND_COMMENDATION, &pb.Commendation{Name: name}), ruleRequired, 3},
		{"survey", onUnit(pb.Kind_KIND_SURVEY, &pb.Survey{Day: proto.Int32(20000), Findings: long(maxHalf), Recommendations: long(maxHalf)}), "", 0},
		{"survey without a day", onUnit(pb.Kind_KIND_SURVEY, &pb.Survey{}), ruleRequired, 1},
		{"suggestion with an unknown verdict", onUnit(pb.Kind_KIND_SUGGESTION, &pb.Suggestion{Verdict: pb.Verdict(9).Enum()}), ruleUnknownValue, 100},
		{"unknown kind", onUnit(pb.Kind(99), &pb.Survey{}), ruleUnknownKind, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld()
			w.agreed(t, "hộ-an")
			got := tc.run(t, w)
			if rule(got) != tc.broken || got != nil && got.Field != tc.field {
				t.Errorf("%v, want %q in field %d", got, tc.broken, tc.field)
			}
		})
	}
}

// edits validates a change of a stored record, merged.
func (w *fakeWorld) edits(t testing.TB, name, who string, set proto.Message, cleared ...uint32) *Refusal {
	t.Helper()
	tick++
	r := w.records[named(name)]
	c := lww.Change{Set: encode(t, set), Cleared: cleared, Version: lww.Version{Stamp: hlc.Make(int64(tick), 0), Device: actor(who).Device}}
	s, _, err := lww.Merge(r.State, c)
	if err != nil {
		t.Fatal(err)
	}
	r.State = s
	return Validate(r, c, actor(who), w)
}

func TestConsentToKeep(t *testing.T) {
	w := newWorld()
	visit := func(change func(*pb.Visit)) *Refusal {
		m := &pb.Visit{Day: proto.Int32(20000), Contact: pb.Contact_CONTACT_NOBODY_MET.Enum()}
		change(m)
		return w.creates(t, pb.Kind_KIND_VISIT, "an", "hộ-an", byHousehold("hộ-an"), "thôn", m)
	}
	withNote := func(m *pb.Visit) { m.Note = proto.String("đường") }
	withTopic := func(m *pb.Visit) { m.Topics = [][]byte{named("vệ sinh").Bytes()} }
	petition := func() *Refusal {
		return w.creates(t, pb.Kind_KIND_PETITION, "an", "hộ-an", byHousehold("hộ-an"), "thôn", petitionOf("x"))
	}
	contribution := func() *Refusal {
		return w.creates(t, pb.Kind_KIND_CONTRIBUTION, "an", "hộ-an", byHousehold("hộ-an"), "thôn", &pb.Contribution{Day: proto.Int32(1), ValueVnd: proto.Int64(1)})
	}
	check := func(when, want string, got *Refusal) {
		t.Helper()
		if rule(got) != want {
			t.Errorf("%s: %v, want %q", when, got, want)
		}
	}
	for _, contact := range []pb.Contact{pb.Contact_CONTACT_NOBODY_MET, pb.Contact_CONTACT_NOT_WISHED, pb.Contact_CONTACT_AT_HOME} {
		check("only when and how", "", visit(func(m *pb.Visit) { m.Contact = contact.Enum() }))
	}
	check("a blank note", "", visit(func(m *pb.Visit) { m.Note = proto.String(" ") }))
	check("a note unasked", ruleNoConsentKeep, visit(withNote))
	check("a topic unasked", ruleNoConsentKeep, visit(withTopic))
	check("a petition unasked", ruleNoConsentKeep, petition())
	check("a contribution unasked", ruleNoConsentKeep, contribution())
	w.answer(t, "chuyển", "hộ-an", pb.Purpose_PURPOSE_FORWARD, pb.Answer_ANSWER_GIVEN)
	check("the other purpose", ruleNoConsentKeep, visit(withNote))
	w.answer(t, "đồng ý", "hộ-an", pb.Purpose_PURPOSE_KEEP, pb.Answer_ANSWER_GIVEN)
	check("a note", "", visit(withNote))
	check("a topic", "", visit(withTopic))
	check("a petition", "", petition())
	check("a contribution", "", contribution())

	w.stored(t, pb.Kind_KIND_VISIT, "v", "an", "hộ-an", byHousehold("hộ-an"), "thôn", fullVisit())
	w.answer(t, "rút", "hộ-an", pb.Purpose_PURPOSE_KEEP, pb.Answer_ANSWER_WITHDRAWN)
	check("a note after the withdrawal", ruleNoConsentKeep, visit(withNote))
	check("a new note in an old visit", ruleNoConsentKeep, w.edits(t, "v", "an", &pb.Visit{Note: proto.String("mới")}))
	check("the day of an old visit", "", w.edits(t, "v", "an", &pb.Visit{Day: proto.Int32(20001)}))
	check("taking the note away", "", w.edits(t, "v", "an", &pb.Visit{}, 3, 4))
	check("deleting", "", w.edits(t, "v", "an", &pb.Visit{Deleted: proto.Bool(true)}))
	w.edited(t, "v", 3, &pb.Visit{Deleted: proto.Bool(true)})
	check("bringing it back", ruleNoConsentKeep, w.edits(t, "v", "an", &pb.Visit{}, 99))
}

func TestValidateEdits(t *testing.T) {
	w := petitionReady(t)
	w.stored(t, pb.Kind_KIND_VISIT, "v", "chi", "hộ-bình", byHousehold("hộ-bình"), "thôn", &pb.Visit{
		Day: proto.Int32(1), Contact: pb.Contact_CONTACT_AT_HOME.Enum(), OnBehalfOf: named("bình").Bytes(),
	})
	check := func(when, want string, got *Refusal) {
		t.Helper()
		if rule(got) != want {
			t.Errorf("%s: %v, want %q", when, got, want)
		}
	}
	check("on behalf of another, later", ruleOnBehalfFixed, w.edits(t, "v", "chi", &pb.Visit{OnBehalfOf: named("an").Bytes()}))
	check("on behalf of nobody, later", ruleOnBehalfFixed, w.edits(t, "v", "chi", &pb.Visit{}, 90))
	check("another day of a visit on behalf", "", w.edits(t, "v", "chi", &pb.Visit{Day: proto.Int32(2)}))
	check("the day cleared", ruleRequired, w.edits(t, "v", "chi", &pb.Visit{}, 1))
	check("the number changed", ruleNumberFixed, w.edits(t, "đơn", "an", &pb.Petition{Number: proto.String(PetitionNumber(1, 1))}))
	check("the number cleared", ruleNumberFixed, w.edits(t, "đơn", "an", &pb.Petition{}, 1))
	check("the words changed", "", w.edits(t, "đơn", "an", &pb.Petition{Text: proto.String("khác")}))

	chain(t, w, sentUp)
	for _, fields := range []proto.Message{
		&pb.Petition{Text: proto.String("khác")}, &pb.Petition{Deleted: proto.Bool(true)}, &pb.Petition{WithName: proto.Bool(true)},
	} {
		got := w.edits(t, "đơn", "an", fields)
		check("after it went up", rulePetitionClosed, got)
		if got != nil && got.Code != pb.RefusalCode_REFUSAL_CODE_CLOSED {
			t.Errorf("code %v", got.Code)
		}
	}
	check("a field of the desk after it went up", "", w.edits(t, "đơn", "bí", &pb.Petition{}, 100))
	chain(t, w, sentUp, takenBack)
	check("after that was taken back", "", w.edits(t, "đơn", "an", &pb.Petition{Text: proto.String("khác")}))

	w.stored(t, pb.Kind_KIND_HOUSEHOLD, "hộ-an", "bí", "thôn", byHousehold("hộ-an"), "thôn", &pb.Household{Head: proto.String("Ông Mẫu"), Member: named("an").Bytes()})
	delete(w.members, named("an"))
	check("a household whose member left stays editable", "", w.edits(t, "hộ-an", "bí", &pb.Household{Size: proto.Int32(3)}))
	check("until it is assigned again", ruleMemberUnknown, w.edits(t, "hộ-an", "bí", &pb.Household{Member: named("an").Bytes()}))
	check("or to nobody", "", w.edits(t, "hộ-an", "bí", &pb.Household{}, 100))
	w.stored(t, pb.Kind_KIND_CONSENT, "c", "an", "hộ-an", byHousehold("hộ-an"), "thôn", &pb.Consent{})
	check("a consent", ruleWriteOnce, w.edits(t, "c", "an", &pb.Consent{Witness: proto.String("x")}))
}

// TestProxiesOfAMemberWithAPhone: nobody new is named; who was named before the phone came
// may stay or go.
func TestProxiesOfAMemberWithAPhone(t *testing.T) {
	for _, tc := range []struct {
		name      string
		hasDevice bool
		before    []string
		after     []string
		broken    string
	}{
		{"no phone", false, nil, []string{"chi"}, ""},
		{"a phone", true, nil, []string{"chi"}, ruleProxyHasDevice},
		{"kept from before the phone", true, []string{"chi"}, []string{"chi"}, ""},
		{"one of two taken away", true, []string{"an", "chi"}, []string{"chi"}, ""},
		{"all taken away", true, []string{"an", "chi"}, nil, ""},
		{"another in their place", true, []string{"chi"}, []string{"an"}, ruleProxyHasDevice},
		{"one more", true, []string{"chi"}, []string{"an", "chi"}, ruleProxyHasDevice},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld()
			ids := func(names []string) (out [][]byte) {
				for _, n := range names {
					out = append(out, named(n).Bytes())
				}
				return out
			}
			row := &pb.Member{Name: proto.String("Bình"), HasDevice: proto.Bool(tc.hasDevice), Proxies: ids(tc.before)}
			facts, _, _ := MemberFactsOf(w.stored(t, pb.Kind_KIND_MEMBER, "bình", "bí", "thôn", byBranch("thôn"), "thôn", row))
			w.members[facts.ID] = facts
			change := &pb.Member{Proxies: ids(tc.after)}
			got := w.edits(t, "bình", "bí", change)
			if len(tc.after) == 0 {
				got = w.edits(t, "bình", "bí", change, 4)
			}
			if rule(got) != tc.broken {
				t.Errorf("%v, want %q", got, tc.broken)
			}
			if other := w.edits(t, "bình", "bí", &pb.Member{Phone: proto.String("0912345678")}); other != nil {
				t.Errorf("another field: %v", other)
			}
		})
	}
}

// TestALatePageAfterTheHandover: a proxy's page for the former member is still valid.
func TestALatePageAfterTheHandover(t *testing.T) {
	w := newWorld()
	h := w.households[named("hộ-bình")]
	h.Member = named("an")
	w.households[h.ID] = h
	m := &pb.Visit{Day: proto.Int32(1), Contact: pb.Contact_CONTACT_AT_HOME.Enum(), OnBehalfOf: named("bình").Bytes()}
	for _, hasDevice := range []bool{false, true} {
		former := w.members[named("bình")]
		former.HasDevice = hasDevice
		w.members[former.ID] = former
		if got := w.creates(t, pb.Kind_KIND_VISIT, "chi", "hộ-bình", byHousehold("hộ-bình"), "thôn", m); got != nil {
			t.Errorf("has a device by now %v: %v", hasDevice, got)
		}
	}
}

func TestValidateReview(t *testing.T) {
	w := petitionReady(t)
	current := digestOf(w.records[named("đơn")])
	old := [16]byte{1}
	w.versions[named("đơn")] = append(w.versions[named("đơn")], old)
	yes, no := pb.Verdict_VERDICT_APPROVED, pb.Verdict_VERDICT_RETURNED
	for _, tc := range []struct {
		name   string
		review *pb.Review
		broken string
	}{
		{"the current version", &pb.Review{Digest: current[:], Verdict: yes.Enum()}, ""},
		{"an earlier version", &pb.Review{Digest: old[:], Verdict: yes.Enum()}, ""},
		{"a version that never was", &pb.Review{Digest: named("x").Bytes(), Verdict: yes.Enum()}, ruleUnknownVersion},
		{"a cut digest", &pb.Review{Digest: current[:8], Verdict: yes.Enum()}, ruleUnknownVersion},
		{"no verdict", &pb.Review{Digest: current[:]}, ruleRequired},
		{"an unknown verdict", &pb.Review{Digest: current[:], Verdict: pb.Verdict(5).Enum()}, ruleUnknownValue},
		{"returned with a reason", &pb.Review{Digest: current[:], Verdict: no.Enum(), Reason: proto.String("thiếu")}, ""},
		{"returned without a reason", &pb.Review{Digest: current[:], Verdict: no.Enum(), Reason: proto.String(" ")}, ruleReasonRequired},
	} {
		if got := w.creates(t, pb.Kind_KIND_REVIEW, "bí", "đơn", byHousehold("hộ-an"), "thôn", tc.review); rule(got) != tc.broken {
			t.Errorf("%s: %v, want %q", tc.name, got, tc.broken)
		}
	}
}

func TestValidateReceipt(t *testing.T) {
	w := newWorld()
	old := w.stored(t, pb.Kind_KIND_RECEIPT, "cũ", "an", "tin", byMember("an"), "thôn", &pb.Receipt{What: pb.ReceiptKind_RECEIPT_KIND_READ.Enum(), Day: proto.Int32(1)})
	read, toldOne, back := pb.ReceiptKind_RECEIPT_KIND_READ, pb.ReceiptKind_RECEIPT_KIND_TOLD, pb.ReceiptKind_RECEIPT_KIND_TAKEN_BACK
	for _, tc := range []struct {
		name, author, household string
		receipt                 *pb.Receipt
		broken                  string
	}{
		{"read", "an", "", &pb.Receipt{What: read.Enum(), Day: proto.Int32(1)}, ""},
		{"read at a household", "an", "hộ-an", &pb.Receipt{What: read.Enum(), Day: proto.Int32(1)}, ruleReceiptHousehold},
		{"told", "an", "hộ-an", &pb.Receipt{What: toldOne.Enum(), Day: proto.Int32(1)}, ""},
		{"told nobody", "an", "", &pb.Receipt{What: toldOne.Enum(), Day: proto.Int32(1)}, ruleReceiptHousehold},
		{"without a day", "an", "", &pb.Receipt{What: read.Enum()}, ruleRequired},
		{"of no sort", "an", "", &pb.Receipt{Day: proto.Int32(1)}, ruleRequired},
		{"taken back", "an", "", &pb.Receipt{What: back.Enum(), Day: proto.Int32(1), TakesBack: old.ID.Bytes()}, ""},
		{"taken back by another", "chi", "", &pb.Receipt{What: back.Enum(), Day: proto.Int32(1), TakesBack: old.ID.Bytes()}, ruleReceiptUnknown},
		{"taken back as told", "an", "hộ-an", &pb.Receipt{What: back.Enum(), Day: proto.Int32(1), TakesBack: old.ID.Bytes()}, ruleReceiptUnknown},
		{"taking nothing back", "an", "", &pb.Receipt{What: back.Enum(), Day: proto.Int32(1)}, ruleReceiptTakesBack},
		{"read and taking back", "an", "", &pb.Receipt{What: read.Enum(), Day: proto.Int32(1), TakesBack: old.ID.Bytes()}, ruleReceiptTakesBack},
	} {
		body := encode(t, tc.receipt)
		r := Record{Kind: pb.Kind_KIND_RECEIPT, ID: named("mới"), Author: named(tc.author), Subject: named("tin"), State: lww.State{Body: body}}
		if tc.household != "" {
			r.Household = named(tc.household)
		}
		if got := Validate(r, lww.Change{Set: body, Create: true}, actor(tc.author), w); rule(got) != tc.broken {
			t.Errorf("%s: %v, want %q", tc.name, got, tc.broken)
		}
	}
}

// TestUnknownFieldsStay: a field that this code does not know neither breaks a rule nor
// hides one.
func TestUnknownFieldsStay(t *testing.T) {
	w := newWorld()
	w.agreed(t, "hộ-an")
	unknown := protowire.AppendBytes(protowire.AppendTag(nil, 42, protowire.BytesType), []byte{0xff, 0xfe, 0x01})
	for _, tc := range []struct {
		name   string
		visit  *pb.Visit
		broken string
	}{{"kept", fullVisit(), ""}, {"still checked", &pb.Visit{Day: proto.Int32(1)}, ruleRequired}} {
		body := append(encode(t, tc.visit), unknown...)
		c := lww.Change{Set: body, Create: true, Version: lww.Version{Stamp: 1}}
		s, _, err := lww.Merge(lww.State{}, c)
		if err != nil {
			t.Fatal(err)
		}
		r := Record{Kind: pb.Kind_KIND_VISIT, ID: named("v"), Author: named("an"), Subject: named("hộ-an"), Holder: byHousehold("hộ-an"), Unit: named("thôn"), State: s}
		if got := Validate(r, c, actor("an"), w); rule(got) != tc.broken {
			t.Errorf("%s: %v, want %q", tc.name, got, tc.broken)
		}
	}
}

func TestBadWire(t *testing.T) {
	w := newWorld()
	for name, body := range map[string][]byte{
		"cut":                    {0x08},
		"a group":                {0x0b, 0x0c},
		"a day of text":          protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), "x"),
		"a note of a number":     protowire.AppendVarint(protowire.AppendTag(nil, 4, protowire.VarintType), 1),
		"a note that is no text": protowire.AppendBytes(protowire.AppendTag(nil, 4, protowire.BytesType), []byte{0xff}),
	} {
		r := Record{Kind: pb.Kind_KIND_VISIT, State: lww.State{Body: body}}
		if got := Validate(r, lww.Change{Set: body, Create: true}, actor("an"), w); rule(got) != ruleBadWire {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestVisitsAskLittle: the way of most changes asks World for one household and one list of
// consents.
func TestVisitsAskLittle(t *testing.T) {
	w := newWorld()
	w.agreed(t, "hộ-an")
	w.asked = nil
	body := encode(t, fullVisit())
	env := &pb.Envelope{Kind: pb.Kind_KIND_VISIT.Enum(), Id: named("v").Bytes(), Subject: named("hộ-an").Bytes()}
	h, unit, err := Place(env, actor("an"), w)
	if err != nil {
		t.Fatal(err)
	}
	r := Record{Kind: pb.Kind_KIND_VISIT, ID: named("v"), Author: named("an"), Subject: named("hộ-an"), Holder: h, Unit: unit}
	if got := MayWrite(actor("an"), r, true, fieldsOf(body, nil), body, w); got != nil {
		t.Fatal(got)
	}
	r.State.Body = body
	if got := Validate(r, lww.Change{Set: body, Create: true}, actor("an"), w); got != nil {
		t.Fatal(got)
	}
	if w.asked["household"] > 2 || w.asked["about"] > 1 || w.asked["member"]+w.asked["record"]+w.asked["commune"] > 0 {
		t.Errorf("asked %v", w.asked)
	}
}
