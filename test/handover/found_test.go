package handover

import (
	"testing"

	"sodanvan/app/notebook"
	"sodanvan/app/words"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// A form of a NEW visit, half filled, when the household is handed over.
func TestAHalfFilledNewFormReachesTheDesk(t *testing.T) {
	for name, contact := range map[string]*pb.Contact{"half": nil, "filled but never saved": pb.Contact_CONTACT_AT_HOME.Enum()} {
		t.Run(name, func(t *testing.T) {
			s := before(t)
			note, day := "viết dở", notebook.Day(20778)
			if _, err := s.binh.SaveDraft(t.Context(), notebook.DraftForm{Household: s.dat, Edit: notebook.VisitEdit{Note: &note, Day: &day, Contact: contact}}); err != nil {
				t.Fatal(err)
			}
			s.assign(s.dat, s.cuc)
			s.binh.sync()
			s.binh.sync() // The first leaves it behind
			s.hoa.sync()
			if got := s.hoa.waiting(); len(got) != 1 {
				t.Errorf("the desk: %q", got)
			}
			s.want("the visits", s.hoa.visits(s.dat), []string{
				"lần ba / Bình / " + stored, "lần hai / Bình / " + stored,
				"lần tư / Bình / " + words.Returned("ghi rõ hơn"), "lần đầu / Bình / " + stored,
			})
		})
	}
}

// A→B→A; one change a call: edits must not depend on how the work was cut.
func TestAHouseholdComesBackCut(t *testing.T) {
	for _, up := range []bool{false, true} {
		s := before(t)
		s.paging.up = up
		s.assign(s.dat, s.cuc)
		s.cuc.sync()
		s.cuc.rewrite(s.old, "lần hai, Cúc ghi")
		s.cuc.sync()
		s.assign(s.dat, s.binh)
		s.cuc.sync()
		s.work()
		s.binh.sync()
		s.hoa.sync()
		s.want("the desk", s.hoa.waiting(), []string{contactSuggestion, editSuggestion})
	}
}

// Handed over, and its past member becomes secretary, before the past member syncs.
func TestAMemberBecomesSecretaryAfterAHandover(t *testing.T) {
	s := before(t)
	s.work()
	s.assign(s.dat, s.cuc)
	s.office(s.binh, pb.Office_OFFICE_SECRETARY)
	s.binh.sync()
	s.hoa.sync()
	s.binh.sync()
	if got := s.binh.Mends(); len(got) != 0 {
		for _, m := range got {
			t.Errorf("to mend: %s %s", m.Title, m.Text)
		}
	}
}

// New records of a revoked phone can be accepted, on behalf of the member without a phone.
func TestNewWorkOfARevokedPhoneCanBeAccepted(t *testing.T) {
	s := before(t)
	s.work()
	if err := s.hoa.RevokeDevice(t.Context(), s.binh.store.Snapshot().State().Identity.Device); err != nil {
		t.Fatal(err)
	}
	s.hoa.sync()
	s.binh.lose()
	s.hoa.sync()
	for _, what := range []string{"lần muộn", "đường ngập"} {
		if err := s.hoa.Decide(t.Context(), s.hoa.suggestion(what), true); err != nil {
			t.Errorf("accept %s: %v (%s)", what, err, notebook.Say(err))
		}
	}
}

// The writer reads "chờ bí thư quyết định" for ever.
func TestTheWriterHearsOfTheDecision(t *testing.T) {
	s := before(t)
	s.assign(s.dat, s.cuc)
	s.assign(s.dat, s.binh)
	s.work()
	s.binh.sync()
	s.hoa.sync()
	for _, what := range []string{"0987", "sửa lại"} {
		if err := s.hoa.Decide(t.Context(), s.hoa.suggestion(what), false); err != nil {
			t.Fatal(err)
		}
	}
	s.hoa.sync()
	s.later(30)
	s.binh.sync()
	if st := s.binh.State(); st.Suggested != 0 {
		t.Errorf("Bình reads %q", st.Lines)
	}
}

// One press of "Gửi" that brings the handover leaves the form behind, although the line is good.
func TestOnePressSendsTheForm(t *testing.T) {
	s := before(t)
	note := "viết dở"
	if _, err := s.binh.SaveDraft(t.Context(), notebook.DraftForm{ID: s.old, Edit: notebook.VisitEdit{Note: &note}}); err != nil {
		t.Fatal(err)
	}
	s.assign(s.dat, s.cuc)
	s.binh.sync()
	if st := s.binh.State(); st.Unsent != 0 || st.Leaving != 0 {
		t.Errorf("Bình reads %q", st.Lines)
	}
}

// A change that was refused before the handover: the writer's list loses it, and nobody has it.
func TestWhatWasRefusedIsReadBySomebody(t *testing.T) {
	s := before(t)
	s.must(s.binh.RecordConsent(t.Context(), notebook.NewConsent{Household: s.dat, Purpose: pb.Purpose_PURPOSE_FORWARD,
		Answer: pb.Answer_ANSWER_GIVEN, NoticeVersion: "1", Channel: pb.Channel_CHANNEL_SPOKEN}))
	pet := s.binh.petition(s.dat, "đường ngập")
	s.binh.sync()
	s.hoa.sync()
	s.must(s.hoa.Approve(t.Context(), pet))
	s.hoa.sync()
	s.binh.sync()
	// Two steps race: the member's supplement is overtaken.
	step := func(p *phone, text string) {
		if _, err := p.AddStep(t.Context(), notebook.NewStep{Petition: pet, What: pb.StepKind_STEP_KIND_SUPPLEMENT, Text: text}); err != nil {
			t.Logf("%s: %v (%s)", p.name, err, notebook.Say(err))
		}
	}
	if _, err := s.hoa.SendUp(t.Context(), pet); err != nil {
		t.Logf("send up: %v (%s)", err, notebook.Say(err))
	}
	s.hoa.sync()
	s.binh.sync()
	step(s.hoa, "bí thư bổ sung")
	step(s.binh, "Bình bổ sung")
	s.hoa.sync()
	s.binh.sync()
	s.assign(s.dat, s.cuc)
	s.binh.sync()
	s.cuc.sync()
	s.hoa.sync()
	if len(s.binh.Mends())+len(s.cuc.Mends())+len(s.hoa.waiting()) == 0 {
		t.Error("no person's book shows what Bình wrote")
	}
}

// Secretary and deputy both accept the same new record, unheard of each other.
func TestTwoAcceptOneNewRecord(t *testing.T) {
	s := before(t)
	lan := s.household("Lan")
	s.binh.agree(lan)
	if err := s.hoa.RevokeDevice(t.Context(), s.binh.store.Snapshot().State().Identity.Device); err != nil {
		t.Fatal(err)
	}
	s.hoa.sync()
	s.binh.lose()
	s.office(s.dung, pb.Office_OFFICE_DEPUTY)
	s.hoa.sync()
	s.dung.sync()
	for _, p := range []*phone{s.hoa, s.dung} {
		if err := p.Decide(t.Context(), p.suggestion("device_revoked"), true); err != nil {
			t.Fatalf("%v (%s)", err, notebook.Say(err))
		}
	}
	for _, p := range []*phone{s.hoa, s.dung, s.hoa} {
		p.sync()
		t.Logf("%s reads %q, mends %+v, desk %q", p.name, p.State().Lines, p.Mends(), p.waiting())
	}
	s.hoa.atRest()
	s.dung.atRest()
}

// The walk of lost calls over the story of D2, cut.
func TestWalkCut(t *testing.T) {
	_, want := tell(t, stories["handed over and back"], paging{}, 0, "")
	p := paging{up: true, down: true}
	calls, got := tell(t, stories["handed over and back"], p, 0, "")
	(&branch{TB: t}).want("cut", got, want)
	for at := range calls {
		for _, f := range []fault{requestLost, replyLost, died} {
			_, got := tell(t, stories["handed over and back"], p, at, f)
			(&branch{TB: t}).want("the end of the story", got, want)
		}
	}
}
