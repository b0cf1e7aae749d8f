package book

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/lww"
)

const (
	sentUp     = pb.StepKind_STEP_KIND_SENT_UP
	supplement = pb.StepKind_STEP_KIND_SUPPLEMENT
	forwarded  = pb.StepKind_STEP_KIND_FORWARDED
	answered   = pb.StepKind_STEP_KIND_ANSWERED
	told       = pb.StepKind_STEP_KIND_TOLD
	closed     = pb.StepKind_STEP_KIND_CLOSED
	reopened   = pb.StepKind_STEP_KIND_REOPENED
	takenBack  = pb.StepKind_STEP_KIND_TAKEN_BACK
	notUp      = pb.StepKind_STEP_KIND_UNSPECIFIED
)

// chain makes steps that follow one another; ids are "1", "2" …
func chain(t testing.TB, w *fakeWorld, kinds ...pb.StepKind) []Record {
	t.Helper()
	var out []Record
	before := ID{}
	for i, k := range kinds {
		out = append(out, w.stored(t, pb.Kind_KIND_STEP, string(rune('1'+i)), "bí", "đơn", byHousehold("hộ-an"), "thôn", &pb.Step{Follows: before.Bytes(), What: k.Enum(), Day: proto.Int32(20000)}))
		before = out[i].ID
	}
	return out
}

func TestPetitionState(t *testing.T) {
	for _, tc := range []struct {
		name   string
		steps  []pb.StepKind
		state  pb.StepKind
		sentUp string
		top    string
		open   bool
	}{
		{"nothing", nil, notUp, "", "", false},
		{"sent up", []pb.StepKind{sentUp}, sentUp, "1", "1", true},
		{"a supplement moves nothing", []pb.StepKind{sentUp, forwarded, supplement}, forwarded, "1", "3", true},
		{"all the way", []pb.StepKind{sentUp, forwarded, answered, told, closed}, closed, "1", "5", false},
		{"reopened", []pb.StepKind{sentUp, closed, reopened}, reopened, "1", "3", true},
		{"taken back", []pb.StepKind{sentUp, takenBack}, notUp, "", "", false},
		{"taken back and sent up again", []pb.StepKind{sentUp, takenBack, sentUp}, sentUp, "3", "3", true},
		{"one of three taken back", []pb.StepKind{sentUp, forwarded, answered, takenBack}, forwarded, "1", "2", true},
		{"two of three taken back", []pb.StepKind{sentUp, forwarded, answered, takenBack, takenBack}, sentUp, "1", "1", true},
		{"a supplement taken back", []pb.StepKind{sentUp, supplement, takenBack}, sentUp, "1", "1", true},
		{"more taken back than there is", []pb.StepKind{sentUp, takenBack, takenBack}, notUp, "", "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			steps := chain(t, newWorld(), tc.steps...)
			got := PetitionState(steps)
			want := ID{}
			if len(steps) > 0 {
				want = steps[len(steps)-1].ID
			}
			if got.State != tc.state || got.Last != want || got.Open() != tc.open || len(got.Aside) != 0 {
				t.Errorf("%+v", got)
			}
			for name, id := range map[string]ID{tc.sentUp: got.SentUp, tc.top: got.Top.ID} {
				if name == "" && !id.IsZero() || name != "" && id != named(name) {
					t.Errorf("%q is %v", name, id)
				}
			}
		})
	}
}

func TestConcurrentSteps(t *testing.T) {
	w := newWorld()
	steps := chain(t, w, sentUp)
	after := func(name string, follows ID, k pb.StepKind) Record {
		return w.stored(t, pb.Kind_KIND_STEP, name, "cán", "đơn", byHousehold("hộ-an"), "thôn", &pb.Step{Follows: follows.Bytes(), What: k.Enum()})
	}
	early := after("sớm", steps[0].ID, forwarded)
	late := after("muộn", steps[0].ID, closed)
	lateNext := after("sau muộn", late.ID, reopened)
	orphan := after("mồ côi", named("chưa về"), answered)
	unsent := after("chưa gửi", steps[0].ID, closed)
	unsent.State.Created = lww.Version{}
	all := []Record{unsent, orphan, lateNext, late, early, steps[0]}
	got := PetitionState(all)
	if got.State != forwarded || got.Last != early.ID {
		t.Errorf("the first stamped step holds: %+v", got)
	}
	if len(got.Aside) != 4 || slices.Contains(got.Aside, early.ID) {
		t.Errorf("aside %v", got.Aside)
	}
	// Without the others the unsent step is the next one.
	if got := PetitionState([]Record{unsent, steps[0]}); got.State != closed {
		t.Errorf("%+v", got)
	}
}

// TestPetitionStateDoesNotDependOnOrder also with forks, orphans and repeated rows.
func TestPetitionStateDoesNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 8).Draw(rt, "n")
		var all []Record
		for i := range n {
			follows := ID{}
			if j := rapid.IntRange(-1, n-1).Draw(rt, "follows"); j >= 0 {
				follows = named(string(rune('a' + j)))
			}
			k := pb.StepKind(rapid.IntRange(0, 8).Draw(rt, "what"))
			body, err := lww.Encode(&pb.Step{Follows: follows.Bytes(), What: k.Enum()})
			if err != nil {
				rt.Fatal(err)
			}
			stamp := hlc.Make(int64(rapid.IntRange(0, 3).Draw(rt, "ms")), 0)
			all = append(all, Record{Kind: pb.Kind_KIND_STEP, ID: named(string(rune('a' + i))), State: lww.State{Body: body, Created: lww.Version{Stamp: stamp}}})
		}
		want := PetitionState(all)
		mixed := rapid.Permutation(all).Draw(rt, "order")
		got := PetitionState(append(mixed, mixed...))
		if got.State != want.State || got.Last != want.Last || got.SentUp != want.SentUp || got.Top.ID != want.Top.ID || !slices.Equal(got.Aside, want.Aside) {
			rt.Fatalf("%+v in another order %+v", want, got)
		}
	})
}

// TestStepOrder tries every sort of step after every state, by hand.
func TestStepOrder(t *testing.T) {
	for _, tc := range []struct {
		before []pb.StepKind
		may    []pb.StepKind
	}{
		{nil, []pb.StepKind{sentUp}},
		{[]pb.StepKind{sentUp, takenBack}, []pb.StepKind{sentUp}},
		{[]pb.StepKind{sentUp}, []pb.StepKind{supplement, forwarded, answered, closed, takenBack}},
		{[]pb.StepKind{sentUp, forwarded}, []pb.StepKind{supplement, forwarded, answered, closed, takenBack}},
		{[]pb.StepKind{sentUp, forwarded, answered}, []pb.StepKind{supplement, forwarded, answered, told, closed, takenBack}},
		{[]pb.StepKind{sentUp, answered, told}, []pb.StepKind{supplement, forwarded, answered, told, closed, takenBack}},
		{[]pb.StepKind{sentUp, closed}, []pb.StepKind{reopened, takenBack}},
		{[]pb.StepKind{sentUp, closed, reopened}, []pb.StepKind{supplement, forwarded, answered, told, closed, takenBack}},
		{[]pb.StepKind{sentUp, supplement}, []pb.StepKind{supplement, forwarded, answered, closed, takenBack}},
	} {
		for k := sentUp; k <= takenBack; k++ {
			w := petitionReady(t)
			steps := chain(t, w, tc.before...)
			follows := ID{}
			if len(steps) > 0 {
				follows = steps[len(steps)-1].ID
			}
			got := w.step(t, stepOf(w, k, follows))
			if want := slices.Contains(tc.may, k); (got == nil) != want {
				t.Errorf("%v after %v: %v, want allowed %v", k, tc.before, got, want)
			}
			offered := slices.Contains(PetitionState(steps).NextSteps(), k)
			if offered != slices.Contains(tc.may, k) {
				t.Errorf("%v after %v: offered %v", k, tc.before, offered)
			}
		}
	}
}

// petitionReady is a world with an approved petition of a household that agreed.
func petitionReady(t testing.TB) *fakeWorld {
	w := newWorld()
	w.agreed(t, "hộ-an")
	r := w.stored(t, pb.Kind_KIND_PETITION, "đơn", "an", "hộ-an", byHousehold("hộ-an"), "thôn", petitionOf("đường hỏng"))
	d := digestOf(r)
	w.stored(t, pb.Kind_KIND_REVIEW, "duyệt", "phó", "đơn", byHousehold("hộ-an"), "thôn", &pb.Review{Digest: d[:], Verdict: pb.Verdict_VERDICT_APPROVED.Enum()})
	w.stored(t, pb.Kind_KIND_AUTHORITY, "cơ quan", "cán", "xã", byCommune("xã"), "xã", &pb.Authority{Name: proto.String("Phòng mẫu")})
	return w
}

// stepOf is a step of a sort with all that it needs.
func stepOf(w *fakeWorld, k pb.StepKind, follows ID) *pb.Step {
	s := &pb.Step{Follows: follows.Bytes(), What: k.Enum(), Day: proto.Int32(20010)}
	switch k {
	case sentUp:
		d := digestOf(w.records[named("đơn")])
		s.SentUp = &pb.SentUp{Digest: d[:]}
	case supplement:
		s.Supplement = &pb.Supplement{Text: proto.String("thêm")}
	case forwarded:
		s.Forwarded = &pb.Forwarded{Authority: named("cơ quan").Bytes(), DueDay: proto.Int32(20024)}
	case answered:
		s.Answered = &pb.Answered{Text: proto.String("đã sửa"), Number: proto.String("05/UBND")}
	case told:
		s.Told = &pb.Told{Outcome: pb.ToldOutcome_TOLD_OUTCOME_ACCEPTED.Enum()}
	default:
		s.Reason = proto.String("lý do")
	}
	return s
}

func (w *fakeWorld) step(t testing.TB, s *pb.Step) *Refusal {
	t.Helper()
	return w.creates(t, pb.Kind_KIND_STEP, "bí", "đơn", byHousehold("hộ-an"), "thôn", s)
}

// creates validates a new record.
func (w *fakeWorld) creates(t testing.TB, kind pb.Kind, author, subject string, h Holder, unit string, m proto.Message) *Refusal {
	t.Helper()
	body := encode(t, m)
	c := lww.Change{Set: body, Create: true, Version: lww.Version{Stamp: 1, Device: actor(author).Device}}
	r := Record{
		Kind: kind, ID: named("mới"), Author: named(author), Subject: named(subject), Holder: h, Unit: named(unit),
		State: lww.State{Body: body, Created: c.Version},
	}
	return Validate(r, c, actor(author), w)
}

func TestSendingUp(t *testing.T) {
	for _, tc := range []struct {
		name   string
		world  func(t *testing.T, w *fakeWorld)
		step   func(s *pb.Step)
		code   pb.RefusalCode
		broken string
	}{
		{name: "approved and agreed"},
		{name: "not approved", world: func(t *testing.T, w *fakeWorld) { delete(w.records, named("duyệt")) },
			code: pb.RefusalCode_REFUSAL_CODE_INVALID, broken: ruleNotApproved},
		{name: "returned later", world: func(t *testing.T, w *fakeWorld) {
			w.verdict(t, "trả", "bí", "đơn", digestOf(w.records[named("đơn")]), pb.Verdict_VERDICT_RETURNED, "sửa")
		}, code: pb.RefusalCode_REFUSAL_CODE_INVALID, broken: ruleNotApproved},
		{name: "nobody could approve it", world: func(t *testing.T, w *fakeWorld) {
			delete(w.records, named("duyệt"))
			delete(w.members, named("phó"))
			delete(w.members, named("bí"))
		}},
		{name: "edited since it was approved", world: func(t *testing.T, w *fakeWorld) {
			w.edited(t, "đơn", 3, &pb.Petition{Text: proto.String("khác")})
		}, code: pb.RefusalCode_REFUSAL_CODE_INVALID, broken: ruleNotApproved},
		{name: "the approved version, not the current one", world: func(t *testing.T, w *fakeWorld) {
			w.edited(t, "đơn", 3, &pb.Petition{Text: proto.String("khác")})
		}, step: func(s *pb.Step) {
			body, _ := lww.Encode(petitionOf("đường hỏng"))
			d := lww.Digest(body)
			s.SentUp.Digest = d[:]
		}, code: pb.RefusalCode_REFUSAL_CODE_UNKNOWN_VERSION, broken: ruleNotCurrentVersion},
		{name: "no digest", step: func(s *pb.Step) { s.SentUp.Digest = nil },
			code: pb.RefusalCode_REFUSAL_CODE_UNKNOWN_VERSION, broken: ruleNotCurrentVersion},
		{name: "not asked", world: func(t *testing.T, w *fakeWorld) { delete(w.records, named("hộ-an-chuyển")) },
			code: pb.RefusalCode_REFUSAL_CODE_NO_CONSENT, broken: ruleNoConsentForward},
		{name: "withdrawn", world: func(t *testing.T, w *fakeWorld) {
			w.answer(t, "rút", "hộ-an", pb.Purpose_PURPOSE_FORWARD, pb.Answer_ANSWER_WITHDRAWN)
		}, code: pb.RefusalCode_REFUSAL_CODE_NO_CONSENT, broken: ruleNoConsentForward},
		{name: "with the name against the wish", step: func(s *pb.Step) { s.SentUp.WithName = proto.Bool(true) },
			code: pb.RefusalCode_REFUSAL_CODE_INVALID, broken: ruleNameNotAsWished},
		{name: "deleted", world: func(t *testing.T, w *fakeWorld) {
			w.edited(t, "đơn", 3, &pb.Petition{Deleted: proto.Bool(true)})
		}, code: pb.RefusalCode_REFUSAL_CODE_INVALID, broken: rulePetitionGone},
		{name: "follows something", step: func(s *pb.Step) { s.Follows = named("đâu").Bytes() },
			code: pb.RefusalCode_REFUSAL_CODE_NOT_LAST_STEP, broken: ruleNotLastStep},
		{name: "without its content", step: func(s *pb.Step) { s.SentUp = nil },
			code: pb.RefusalCode_REFUSAL_CODE_INVALID, broken: ruleStepContent},
		{name: "with another's content", step: func(s *pb.Step) { s.Told = &pb.Told{} },
			code: pb.RefusalCode_REFUSAL_CODE_INVALID, broken: ruleStepContent},
		{name: "without a day", step: func(s *pb.Step) { s.Day = nil },
			code: pb.RefusalCode_REFUSAL_CODE_INVALID, broken: ruleRequired},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := petitionReady(t)
			if tc.world != nil {
				tc.world(t, w)
			}
			s := stepOf(w, sentUp, ID{})
			if tc.step != nil {
				tc.step(s)
			}
			got := w.step(t, s)
			if rule(got) != tc.broken || got != nil && got.Code != tc.code {
				t.Errorf("%v, want %s %s", got, tc.code, tc.broken)
			}
		})
	}
}

// TestAStoredStepIsJudgedWithoutItself: the server may ask again with the step in World.
func TestAStoredStepIsJudgedWithoutItself(t *testing.T) {
	w := petitionReady(t)
	s := stepOf(w, sentUp, ID{})
	r := w.stored(t, pb.Kind_KIND_STEP, "gửi", "bí", "đơn", byHousehold("hộ-an"), "thôn", s)
	if got := Validate(r, lww.Change{Set: r.State.Body, Create: true}, actor("bí"), w); got != nil {
		t.Error(got)
	}
	back := w.stored(t, pb.Kind_KIND_STEP, "rút", "bí", "đơn", byHousehold("hộ-an"), "thôn", stepOf(w, takenBack, r.ID))
	if got := MayWrite(actor("bí"), back, true, []uint32{2}, back.State.Body, w); got != nil {
		t.Error(got)
	}
}

func TestStepContent(t *testing.T) {
	for _, tc := range []struct {
		name   string
		before []pb.StepKind
		kind   pb.StepKind
		change func(s *pb.Step)
		broken string
	}{
		{"forwarded to nobody", []pb.StepKind{sentUp}, forwarded, func(s *pb.Step) { s.Forwarded.Authority = nil }, ruleAuthorityUnknown},
		{"forwarded to a household", []pb.StepKind{sentUp}, forwarded, func(s *pb.Step) { s.Forwarded.Authority = named("đơn").Bytes() }, ruleAuthorityUnknown},
		{"due before it was forwarded", []pb.StepKind{sentUp}, forwarded, func(s *pb.Step) { s.Forwarded.DueDay = proto.Int32(20009) }, ruleDaysReversed},
		{"due on an impossible day", []pb.StepKind{sentUp}, forwarded, func(s *pb.Step) { s.Forwarded.DueDay = proto.Int32(1 << 30) }, ruleBadDay},
		{"answered with nothing", []pb.StepKind{sentUp}, answered, func(s *pb.Step) { s.Answered.Text = proto.String(" \n") }, ruleRequired},
		{"told without outcome", []pb.StepKind{sentUp, answered}, told, func(s *pb.Step) { s.Told.Outcome = nil }, ruleUnknownValue},
		{"told by a stranger", []pb.StepKind{sentUp, answered}, told, func(s *pb.Step) { s.Told.By = named("ai").Bytes() }, ruleTellerUnknown},
		{"told by chi", []pb.StepKind{sentUp, answered}, told, func(s *pb.Step) { s.Told.By = named("chi").Bytes() }, ""},
		{"closed without a reason", []pb.StepKind{sentUp}, closed, func(s *pb.Step) { s.Reason = nil }, ruleReasonRequired},
		{"closed after it was told", []pb.StepKind{sentUp, answered, told}, closed, func(s *pb.Step) { s.Reason = nil }, ""},
		{"reopened without a reason", []pb.StepKind{sentUp, closed}, reopened, func(s *pb.Step) { s.Reason = nil }, ruleReasonRequired},
		{"taken back without a reason", []pb.StepKind{sentUp}, takenBack, func(s *pb.Step) { s.Reason = nil }, ruleReasonRequired},
		{"an empty supplement", []pb.StepKind{sentUp}, supplement, func(s *pb.Step) { s.Supplement.Text = nil }, ruleRequired},
		{"an unknown sort", []pb.StepKind{sentUp}, closed, func(s *pb.Step) { s.What = pb.StepKind(99).Enum() }, ruleUnknownValue},
		{"told before an answer", []pb.StepKind{sentUp}, told, func(*pb.Step) {}, ruleStepOrder},
		{"forwarded before it went up", nil, forwarded, func(*pb.Step) {}, ruleFirstSentUp},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := petitionReady(t)
			follows := PetitionState(chain(t, w, tc.before...)).Last
			s := stepOf(w, tc.kind, follows)
			tc.change(s)
			if got := w.step(t, s); rule(got) != tc.broken {
				t.Errorf("%v, want %q", got, tc.broken)
			}
		})
	}
}
