package handover

import (
	"errors"
	"testing"

	"sodanvan/app/notebook"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// settledStory is the story of offline once everybody has synced: three suggestions wait.
func settledStory(t *testing.T) *offline {
	t.Helper()
	s := before(t)
	s.assign(s.dat, s.cuc)
	s.work()
	s.binh.sync()
	s.cuc.sync()
	s.hoa.sync()
	return s
}

// The secretary accepts what she may write and declines another; the first stands in the
// record under her hand, the second stays on the server and out of the record.
func TestTheSecretaryDecides(t *testing.T) {
	s := settledStory(t)
	hoa, cuc, binh := s.hoa, s.cuc, s.binh
	contact, edit := hoa.suggestion("0987"), hoa.suggestion("sửa lại")
	visits := hoa.visits(s.dat)

	if err := hoa.Decide(t.Context(), contact, true); err != nil {
		t.Fatalf("accept: %v (%s)", err, notebook.Say(err))
	}
	if err := hoa.Decide(t.Context(), edit, false); err != nil {
		t.Fatalf("decline: %v (%s)", err, notebook.Say(err))
	}
	s.want("the desk at once", hoa.waiting(), []string{draftSuggestion})
	for _, again := range []notebook.ID{contact, edit} {
		if err := hoa.Decide(t.Context(), again, true); !errors.Is(err, notebook.ErrGone) {
			t.Errorf("deciding twice: %v", err)
		}
	}
	for _, p := range []*phone{hoa, cuc, binh, hoa} {
		p.sync()
	}
	s.want("the desk", hoa.waiting(), []string{draftSuggestion})
	for _, p := range []*phone{hoa, cuc} {
		page, err := p.Household(s.dat)
		if err != nil {
			t.Fatal(err)
		}
		s.wantText("the number that "+p.name+" reads", page.Phone, "0987 654 321")
		s.want("the visits that "+p.name+" reads", p.visits(s.dat), visits)
	}
	r := s.record(s.dat)
	hand := hoa.store.Snapshot().State().Identity.Device
	if v, ok := r.State.FieldVersion(4); !ok || v.Device != hand {
		t.Errorf("the number stands under device %d, not the secretary's %d", v.Device, hand)
	}
	// Nothing of it waits for a verdict: she wrote it, and what was declined is not there.
	s.want("the queue", s.queue(), []string{"Bình / lần ba", "Bình / lần hai", "Bình / lần muộn", "Bình / lần đầu", "Bình / đường ngập"})
	if got := s.suggestionsKept(); got[pb.Verdict_VERDICT_APPROVED] != 1 || got[pb.Verdict_VERDICT_RETURNED] != 1 || got[0] != 1 {
		t.Errorf("kept suggestions by verdict: %v", got)
	}
	if !s.kept("lần hai, sửa lại") {
		t.Error("what was declined is nowhere on the server")
	}
	// The writer holds the household no more and reads nothing of it, whatever was decided.
	binh.nothingOf(s.dat)
	binh.atRest()
	cuc.atRest()
	hoa.atRest()
	s.sound()
}

// What the secretary may not write herself she cannot accept: a sentence says so, and it waits on.
func TestWhatTheSecretaryMayNotWriteWaitsOn(t *testing.T) {
	s := settledStory(t)
	hoa := s.hoa
	rows := s.rows()
	for range 2 {
		err := hoa.Decide(t.Context(), hoa.suggestion("sửa lại"), true)
		s.wantError("accept an edit of a member who has a phone", err, "Đồng chí được phân công nay có máy riêng; hãy đưa trang giấy để đồng chí ấy tự ghi.")
		hoa.sync()
		s.want("the desk", hoa.waiting(), allSuggestions)
	}
	hoa.atRest()
	s.want("the server's rows", s.rows(), rows)
	// The household's member may write it, and then there is nothing left to accept but the word.
	s.cuc.rewrite(s.old, "lần hai, sửa lại")
	s.cuc.sync()
	hoa.sync()
	if err := hoa.Decide(t.Context(), hoa.suggestion("sửa lại"), true); err != nil {
		t.Errorf("accept what stands already: %v (%s)", err, notebook.Say(err))
	}
	hoa.sync()
	s.want("the desk afterwards", hoa.waiting(), []string{contactSuggestion, draftSuggestion})
	s.sound()
}

// Secretary and deputy decide the same suggestions without having heard of each other: what is
// accepted twice is written once, and nothing is refused.
func TestTwoAtTheDeskDecide(t *testing.T) {
	s := settledStory(t)
	hoa, dung := s.hoa, s.dung
	s.office(dung, pb.Office_OFFICE_DEPUTY)
	dung.sync()
	s.want("the deputy's desk", dung.waiting(), allSuggestions)
	for _, p := range []*phone{hoa, dung} {
		if err := p.Decide(t.Context(), p.suggestion("0987"), true); err != nil {
			t.Fatal(err)
		}
	}
	if err := hoa.Decide(t.Context(), hoa.suggestion("viết dở"), false); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*phone{hoa, dung, s.cuc, hoa, dung} {
		p.sync()
	}
	for _, p := range []*phone{hoa, dung} {
		p.atRest()
		s.want("the desk of "+p.name, p.waiting(), []string{editSuggestion})
	}
	page, err := s.cuc.Household(s.dat)
	if err != nil || page.Phone != "0987 654 321" {
		t.Errorf("Cúc reads %s: %v", page.Phone, err)
	}
	s.sound()
}

// office is what the administrator does.
func (b *branch) office(p *phone, o pb.Office) {
	b.Helper()
	if err := b.server.SetOffice(b.Context(), b.person(p.name).ID, o); err != nil {
		b.Fatal(err)
	}
}
