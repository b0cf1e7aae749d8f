package handover

import (
	"testing"

	"sodanvan/app/notebook"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// leavingSentence is what a book says to new work about a household that was handed over.
const leavingSentence = "Hộ này đã chuyển cho đảng viên khác phụ trách nên không ghi thêm được. Những gì chưa gửi sẽ được gửi cho chi bộ."

// stored is the receipt of what the server has.
const stored = words.Stored

// offline is the story of the household Đạt: Bình is out of reach with work of every sort
// when the secretary hands it over to Cúc.
type offline struct {
	*branch
	// dat is the household, notice one that is told from house to house.
	dat, notice notebook.ID
	// old and unfinished are visits that the server has and Bình edits, the one saved, the
	// other half way; back was returned to him.
	old, unfinished, back, late, petition notebook.ID
}

// before is the story up to where the line is gone.
func before(t testing.TB) *offline {
	t.Helper()
	b := newBranch(t)
	s := &offline{branch: b, dat: b.household("Đạt")}
	b.binh.agree(s.dat)
	b.binh.visit(s.dat, "lần đầu")
	s.old, s.unfinished, s.back = b.binh.visit(s.dat, "lần hai"), b.binh.visit(s.dat, "lần ba"), b.binh.visit(s.dat, "lần tư")
	b.binh.sync()
	b.hoa.sync()
	b.must(b.hoa.Return(b.Context(), s.back, "ghi rõ hơn"))
	s.notice = b.must(b.hoa.NewNotice(b.Context(), notebook.NoticeEdit{Title: ptr("Lịch lấy nước"), Text: ptr("Trạm bơm mở nước.")}))
	b.hoa.sync()
	b.binh.sync()
	b.later(1)
	return s
}

// work is what Bình writes without a line.
func (s *offline) work() {
	s.Helper()
	s.late = s.binh.visit(s.dat, "lần muộn")
	s.binh.rewrite(s.old, "lần hai, sửa lại")
	s.binh.telephone(s.dat, "0987654321")
	s.petition = s.binh.petition(s.dat, "đường ngập")
	s.must(s.binh.RecordContribution(s.Context(), s.dat, notebook.ContributionEdit{ValueVND: ptr(int64(200000))}, notebook.ID{}))
	s.must(s.binh.TellNotice(s.Context(), s.notice, s.dat))
	s.must(s.binh.RecordConsent(s.Context(), notebook.NewConsent{Household: s.dat, Purpose: pb.Purpose_PURPOSE_FORWARD,
		Answer: pb.Answer_ANSWER_GIVEN, NoticeVersion: "1", Channel: pb.Channel_CHANNEL_SPOKEN}))
	note := "lần ba, viết dở"
	if _, err := s.binh.SaveDraft(s.Context(), notebook.DraftForm{ID: s.unfinished, Edit: notebook.VisitEdit{Note: &note}, Form: []byte("nửa chừng")}); err != nil {
		s.Fatalf("%v (%s)", err, notebook.Say(err))
	}
}

// The suggestions that come of it, as the desk reads them.
var (
	contactSuggestion = "handed_over / Hộ gia đình / Hộ Đạt / Bình / Điện thoại: 0987 654 321"
	editSuggestion    = "handed_over / Lượt tiếp xúc / Hộ Đạt / Bình / Ghi chép: lần hai, sửa lại"
	draftSuggestion   = "handed_over / Lượt tiếp xúc / Hộ Đạt / Bình / Ghi chép: lần ba, viết dở"
	allSuggestions    = []string{contactSuggestion, draftSuggestion, editSuggestion}
)

// restByBinh is what else stands on the household's page once Bình's work is in.
var restByBinh = []string{
	"Lưu liên hệ và ghi chép trong sổ chi bộ / given / Bình", "Chuyển kiến nghị lên trên chi bộ / given / Bình",
	"200.000 đồng / Bình / " + stored, "Lịch lấy nước / Bình / " + stored,
}

// A household goes to another member while the first is out of reach with work of every
// sort: all of it arrives, and each person reads what became of it.
func TestAHouseholdIsHandedOverWhileItsMemberIsOffline(t *testing.T) {
	s := before(t)
	b, binh, cuc, hoa := s.branch, s.binh, s.cuc, s.hoa
	b.assign(s.dat, cuc)
	s.work()
	b.wantText("Bình's households before he hears", binh.heads(false), "Lan Đạt")
	b.want("what Bình is to mend", titles(binh), []string{"lần tư"})

	// The first call sends what was saved and brings the news; the form is still here.
	binh.once()
	page, err := binh.Household(s.dat)
	if err != nil || !page.Leaving {
		t.Fatalf("the page does not say that the household leaves: %v %v", page.Leaving, err)
	}
	for _, h := range binh.Households(notebook.Query{}) {
		if h.Leaving != (h.ID == s.dat) {
			t.Errorf("the list says of %s: leaving %v", h.Title, h.Leaving)
		}
	}
	b.want("what Bình is to mend when it leaves", titles(binh), nil)
	_, err = binh.RecordVisit(t.Context(), notebook.NewVisit{Household: s.dat, Contact: pb.Contact_CONTACT_PHONE})
	b.wantError("a new visit", err, leavingSentence)
	_, err = binh.RecordPetition(t.Context(), notebook.NewPetition{Household: s.dat, Text: "thêm"})
	b.wantError("a new petition", err, leavingSentence)
	note := "thêm"
	_, err = binh.EditVisit(t.Context(), s.back, notebook.VisitEdit{Note: &note})
	b.wantError("an edit", err, leavingSentence)
	_, err = binh.SaveDraft(t.Context(), notebook.DraftForm{Household: s.dat, Edit: notebook.VisitEdit{Note: &note}})
	b.wantError("a new form", err, leavingSentence)
	state := binh.State()
	if state.Leaving != 1 || state.Unsent != 1 || state.Drafts != 0 || state.Safe {
		t.Errorf("the screen of sending: %+v", state)
	}
	b.want("what the screen of sending says", state.Lines[:3], []string{"Còn 1 mục chưa gửi", words.LeavingCount(1), words.SuggestedCount(2)})

	if binh.keysDropped != 0 {
		t.Error("the household's key went before its work was sent")
	}
	binh.sync()
	binh.nothingOf(s.dat)
	binh.atRest()
	b.wantText("Bình's households", binh.heads(true), "Lan")
	if binh.keysDropped != 1 {
		t.Errorf("%d keys were destroyed, want the household's", binh.keysDropped)
	}

	cuc.sync()
	cuc.atRest()
	b.wantText("Cúc's households", cuc.heads(false), "Mai Đạt")
	b.want("the visits that Cúc reads", cuc.visits(s.dat), []string{
		"lần ba / Bình / " + stored, "lần hai / Bình / " + stored, "lần muộn / Bình / " + stored,
		"lần tư / Bình / " + words.Returned("ghi rõ hơn"), "lần đầu / Bình / " + stored,
	})
	b.want("the petitions that Cúc reads", cuc.petitions(s.dat), []string{"đường ngập / Bình / " + stored})
	b.want("what else Cúc reads", cuc.rest(s.dat), restByBinh)

	// What was returned to Bình is Cúc's to mend, and hers to write on.
	b.want("what Cúc is to mend", titles(cuc), []string{"lần tư"})
	cuc.rewrite(s.back, "lần tư, rõ hơn")
	cuc.visit(s.dat, "lần mới")
	cuc.sync()
	b.want("what Cúc is to mend afterwards", titles(cuc), nil)

	hoa.sync()
	for _, id := range []notebook.ID{s.late, s.petition} {
		if r := b.record(id); r.Author != book.ID(binh.me) {
			t.Errorf("%s is by %s, not by Bình", r.Kind, r.Author)
		}
	}
	b.want("the desk", hoa.waiting(), allSuggestions)
	b.want("the queue", b.queue(), []string{
		"Bình / lần ba", "Bình / lần hai", "Bình / lần muộn", "Bình / lần tư, rõ hơn", "Bình / lần đầu", "Bình / đường ngập", "Cúc / lần mới",
	})
	if hoa.visits(s.dat)[4] != "lần tư, rõ hơn / Bình / "+words.WaitingAgain {
		t.Errorf("the secretary reads %q", hoa.visits(s.dat))
	}
	b.sound()
}

// titles are the notes of the records that a person is asked to mend.
func titles(p *phone) []string {
	var out []string
	for _, r := range p.Returned() {
		e, err := p.WrittenEdit(r.ID)
		if err != nil {
			p.Fatal(err)
		}
		v, ok := e.(notebook.VisitEdit)
		if !ok || v.Note == nil {
			p.Fatalf("%T was returned", e)
		}
		out = append(out, *v.Note)
	}
	return out
}
