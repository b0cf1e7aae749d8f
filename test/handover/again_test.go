package handover

import (
	"testing"

	"sodanvan/app/notebook"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// grant is the number of the grant by which a book has a household; 0: it has it not.
func (p *phone) grant(household notebook.ID) uint64 {
	for _, g := range p.store.Snapshot().State().Grants {
		if g.Holder == (book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: book.ID(household)}) {
			return g.Number
		}
	}
	return 0
}

// A household goes to another and comes back while its member is away. The member never
// knew: what is new is taken, what changes old pages waits, and then work goes on.
func TestAHouseholdComesBackWhileItsMemberIsAway(t *testing.T) {
	s := before(t)
	b, binh, cuc, hoa := s.branch, s.binh, s.cuc, s.hoa
	had := binh.grant(s.dat)
	b.assign(s.dat, cuc)
	cuc.sync()
	cuc.visit(s.dat, "lần của Cúc")
	cuc.rewrite(s.old, "lần hai, Cúc ghi")
	cuc.sync()
	b.assign(s.dat, binh)
	cuc.sync()
	cuc.nothingOf(s.dat)
	s.work()

	binh.sync()
	if now := binh.grant(s.dat); now == had || now == 0 {
		t.Errorf("the grant has number %d, had %d", now, had)
	}
	b.wantText("Bình's households", binh.heads(true), "Lan Đạt")
	visits := []string{
		"lần ba / Bình / " + stored, "lần của Cúc / Cúc / " + stored, "lần hai, Cúc ghi / Bình / " + stored, "lần muộn / Bình / " + stored,
		"lần tư / Bình / " + words.Returned("ghi rõ hơn"), "lần đầu / Bình / " + stored,
	}
	b.want("the visits that Bình reads", binh.visits(s.dat), visits)
	b.want("the petitions that Bình reads", binh.petitions(s.dat), []string{"đường ngập / Bình / " + stored})
	state := binh.State()
	if state.Leaving+state.Unsent+state.Mends != 0 || state.Suggested != 2 || state.Drafts != 1 {
		t.Errorf("the screen of sending: %+v", state)
	}
	b.want("what Bình is to mend", titles(binh), []string{"lần tư"})

	hoa.sync()
	b.want("the desk", hoa.waiting(), []string{contactSuggestion, editSuggestion})
	b.want("the visits that the secretary reads", hoa.visits(s.dat), visits)

	// The form that was open is still open, and work goes on as on any day.
	b.must(binh.EditVisit(t.Context(), s.unfinished, notebook.VisitEdit{Note: ptr("lần ba, xong")}))
	binh.rewrite(s.back, "lần tư, rõ hơn")
	binh.visit(s.dat, "lần mới")
	binh.telephone(s.dat, "0911111111")
	binh.sync()
	hoa.sync()
	b.want("the visits that the secretary reads afterwards", hoa.visits(s.dat), []string{
		"lần ba, xong / Bình / " + stored, "lần của Cúc / Cúc / " + stored, "lần hai, Cúc ghi / Bình / " + stored, "lần muộn / Bình / " + stored,
		"lần mới / Bình / " + stored, "lần tư, rõ hơn / Bình / " + words.WaitingAgain, "lần đầu / Bình / " + stored,
	})
	b.want("the desk afterwards", hoa.waiting(), []string{contactSuggestion, editSuggestion})
	page, err := hoa.Household(s.dat)
	if err != nil || page.Phone != "0911 111 111" {
		t.Errorf("the secretary reads the number %s: %v", page.Phone, err)
	}
	b.sound()
}

// A household moves twice before the one between has ever synced.
func TestAHouseholdPassesThroughAHandThatNeverHeard(t *testing.T) {
	s := before(t)
	b, binh, cuc, dung, hoa := s.branch, s.binh, s.cuc, s.dung, s.hoa
	b.assign(s.dat, cuc)
	b.assign(s.dat, dung)
	s.work()
	binh.sync()
	binh.nothingOf(s.dat)
	binh.atRest()
	cuc.sync()
	cuc.nothingOf(s.dat)
	cuc.atRest()
	b.wantText("Cúc's households", cuc.heads(true), "Mai")
	dung.sync()
	b.wantText("Dũng's households", dung.heads(false), "Quang Đạt")
	b.want("the visits that Dũng reads", dung.visits(s.dat), []string{
		"lần ba / Bình / " + stored, "lần hai / Bình / " + stored, "lần muộn / Bình / " + stored,
		"lần tư / Bình / " + words.Returned("ghi rõ hơn"), "lần đầu / Bình / " + stored,
	})
	hoa.sync()
	b.want("the desk", hoa.waiting(), allSuggestions)
	// Which devices were ever given the household: Cúc's is not among them.
	log, err := b.server.AccessLog(t.Context(), book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: book.ID(s.dat)})
	if err != nil {
		t.Fatal(err)
	}
	given := map[uint32]bool{}
	for _, e := range log {
		given[e.Device] = given[e.Device] || e.Verb == "send"
	}
	for _, p := range []*phone{binh, cuc, dung} {
		if got := given[p.store.Snapshot().State().Identity.Device]; got != (p != cuc) {
			t.Errorf("the access log says that %s's phone was given the household: %v", p.name, got)
		}
	}
	b.sound()
}

func ptr[T any](v T) *T { return &v }

// A household leaves, and before the last of its work is out it comes back: it stays, with all
// of its pages, and takes work again.
func TestAHouseholdComesBackWhileItLeaves(t *testing.T) {
	s := before(t)
	b, binh, cuc, hoa := s.branch, s.binh, s.cuc, s.hoa
	s.work()
	b.assign(s.dat, cuc)
	binh.once()
	if st := binh.State(); st.Leaving != 1 || st.Unsent != 1 {
		t.Fatalf("the screen of sending: %+v", st)
	}
	b.assign(s.dat, binh)
	binh.sync()
	b.wantText("Bình's households", binh.heads(false), "Lan Đạt")
	if st := binh.State(); st.Leaving+st.Unsent+st.Drafts+st.Mends != 0 {
		t.Errorf("the screen of sending: %+v", st)
	}
	binh.visit(s.dat, "lần mới")
	binh.rewrite(s.back, "lần tư, rõ hơn")
	binh.sync()
	hoa.sync()
	b.want("the desk", hoa.waiting(), allSuggestions)
	visits := []string{
		"lần ba / Bình / " + stored, "lần hai / Bình / " + stored, "lần muộn / Bình / " + stored, "lần mới / Bình / " + stored,
		"lần tư, rõ hơn / Bình / " + words.WaitingAgain, "lần đầu / Bình / " + stored,
	}
	b.want("the visits that the secretary reads", hoa.visits(s.dat), visits)
	cuc.sync()
	cuc.nothingOf(s.dat)
	cuc.atRest()
	b.sound()
}

// A household goes on to a third member while the second, who had it, is away with work of her
// own: both find their work in the third one's book.
func TestAHouseholdGoesOnWhileTwoAreAway(t *testing.T) {
	s := before(t)
	b, binh, cuc, dung, hoa := s.branch, s.binh, s.cuc, s.dung, s.hoa
	s.work()
	b.assign(s.dat, cuc)
	cuc.sync()
	cuc.visit(s.dat, "lần của Cúc")
	cuc.rewrite(s.old, "lần hai, Cúc ghi")
	b.assign(s.dat, dung)
	for _, p := range []*phone{cuc, binh} {
		p.sync()
		p.sync()
		p.nothingOf(s.dat)
		p.atRest()
	}
	dung.sync()
	b.want("the visits that Dũng reads", dung.visits(s.dat), []string{
		"lần ba / Bình / " + stored, "lần của Cúc / Cúc / " + stored, "lần hai / Bình / " + stored, "lần muộn / Bình / " + stored,
		"lần tư / Bình / " + words.Returned("ghi rõ hơn"), "lần đầu / Bình / " + stored,
	})
	hoa.sync()
	b.want("the desk", hoa.waiting(), []string{contactSuggestion, draftSuggestion, editSuggestion,
		"handed_over / Lượt tiếp xúc / Hộ Đạt / Cúc / Ghi chép: lần hai, Cúc ghi"})
	dung.atRest()
	b.sound()
}
