package notebook_test

import (
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

func TestWrittenEditFillsTheForm(t *testing.T) {
	b := nt.NewBranch(t)
	n, desk := b.Phone(nt.Binh), b.Phone(nt.Hoa)
	agree(t, n, nt.Dat, keep)
	next := nt.Day(1, 12, 2026)
	s := must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{
		Household: nt.Dat, Contact: pb.Contact_CONTACT_MEETING, Topics: []notebook.ID{nt.Loans, nt.Hygiene}, Note: "hai dòng\nở đây", FollowUp: next,
	}))
	e, err := n.WrittenEdit(s.ID)
	ok(t, err)
	v := e.(notebook.VisitEdit)
	if *v.Day != nt.Today || *v.Contact != pb.Contact_CONTACT_MEETING || len(*v.Topics) != 2 || (*v.Topics)[0] != nt.Loans || *v.Note != "hai dòng\nở đây" || *v.FollowUp != next {
		t.Errorf("%+v", v)
	}
	// What it gives changes nothing when it is put back.
	if _, err := n.EditVisit(t.Context(), s.ID, v); !errors.Is(err, notebook.ErrNothingChanged) {
		t.Errorf("the whole edit of a visit changed it: %v", err)
	}
	p := must[notebook.Saved](t)(n.RecordPetition(t.Context(), notebook.NewPetition{Household: nt.Dat, Text: "Đường ngập", Matter: nt.Roads, WithName: true}))
	e, err = n.WrittenEdit(p.ID)
	ok(t, err)
	if q := e.(notebook.PetitionEdit); *q.Text != "Đường ngập" || *q.Matter != nt.Roads || !*q.WithName || *q.Day != nt.Today {
		t.Errorf("%+v", q)
	}
	sync(t, n, desk)
	if !n.MayEdit(s.ID) || !n.MayEdit(p.ID) || desk.MayEdit(s.ID) || n.MayEdit(nt.An) {
		t.Error("who may edit")
	}
	must[notebook.Saved](t)(n.Delete(t.Context(), s.ID))
	for _, id := range []notebook.ID{s.ID, nt.An, nt.Dat} {
		if _, err := n.WrittenEdit(id); !errors.Is(err, notebook.ErrNotYours) {
			t.Errorf("%s: %v", id, err)
		}
	}
	if n.MayEdit(s.ID) {
		t.Error("a deleted visit may be edited")
	}
}

func TestRefusedEditIsWhatWasWritten(t *testing.T) {
	b := nt.NewBranch(t)
	n := b.Phone(nt.Binh)
	b.Refuse = func(p *pb.Patch) *book.Refusal {
		if p.GetEnvelope().GetKind() == pb.Kind_KIND_VISIT {
			return &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_INVALID, Field: 5, Rule: "days_reversed"}
		}
		return nil
	}
	agree(t, n, nt.Dat, keep)
	s := must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_PHONE, Note: "đã gọi"}))
	if _, _, err := n.RefusedEdit(s.ID); !errors.Is(err, notebook.ErrGone) {
		t.Errorf("nothing is refused yet: %v", err)
	}
	sync(t, n)
	e, field, err := n.RefusedEdit(s.ID)
	ok(t, err)
	if v := e.(notebook.VisitEdit); field != 5 || *v.Note != "đã gọi" || *v.Contact != pb.Contact_CONTACT_PHONE {
		t.Errorf("field %d, %+v", field, v)
	}
}

func TestAskedTellsWhatAFormAsksFirst(t *testing.T) {
	b := nt.NewBranch(t)
	n := b.Phone(nt.Binh)
	a, err := n.Asked(nt.Quang)
	ok(t, err)
	if a.Title != "Hộ anh Lê Quang" || a.Keep != book.NotAsked || a.For != "Nguyễn Văn Sáu" {
		t.Errorf("%+v", a)
	}
	agree(t, n, nt.Dat, keep, forward)
	a, err = n.Asked(nt.Dat)
	ok(t, err)
	if a.Keep != book.Given || a.Forward != book.Given || a.For != "" {
		t.Errorf("%+v", a)
	}
	for _, id := range []notebook.ID{nt.An, nt.Harvest} {
		if _, err := n.Asked(id); !errors.Is(err, notebook.ErrNotYours) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestPetitionsByWhatIsDue(t *testing.T) {
	b := nt.NewBranch(t)
	n, desk := b.Phone(nt.Binh), b.Phone(nt.Hoa)
	agree(t, n, nt.Dat, keep, forward)
	agree(t, n, nt.Lan, keep, forward)
	say := func(h notebook.ID, text string, day notebook.Day) notebook.ID {
		t.Helper()
		return must[notebook.Saved](t)(n.RecordPetition(t.Context(), notebook.NewPetition{Household: h, Text: text, Day: day})).ID
	}
	young, old := say(nt.Dat, "mới", nt.Day(20, 11, 2026)), say(nt.Lan, "cũ", nt.Day(1, 10, 2026))
	due, closed := say(nt.Dat, "có hạn", nt.Day(2, 10, 2026)), say(nt.Dat, "xong", nt.Day(3, 10, 2026))
	gone := say(nt.Dat, "bỏ", nt.Day(4, 10, 2026))
	must[notebook.Saved](t)(n.Delete(t.Context(), gone))
	sync(t, n, desk)
	for _, id := range []notebook.ID{due, closed} {
		must[notebook.Saved](t)(desk.Approve(t.Context(), id))
		must[notebook.Saved](t)(desk.SendUp(t.Context(), id))
	}
	must[notebook.Saved](t)(desk.AddStep(t.Context(), notebook.NewStep{Petition: closed, What: pb.StepKind_STEP_KIND_CLOSED, Reason: "đã xong"}))
	sync(t, desk)
	step := must[notebook.PetitionPage](t)(desk.Petition(due)).Steps[0].ID
	b.Put(pb.Kind_KIND_STEP, nt.NewID(1), due, nt.Household(nt.Dat), &pb.Step{
		Follows: book.ID(step).Bytes(), What: pb.StepKind_STEP_KIND_FORWARDED.Enum(), Day: i32(nt.Today),
		Forwarded: &pb.Forwarded{Authority: book.ID(nt.Authority).Bytes(), DueDay: proto.Int32(int32(nt.Day(5, 12, 2026)))},
	})
	sync(t, n)
	var got []notebook.ID
	for _, p := range n.Petitions() {
		got = append(got, p.ID)
	}
	want := []notebook.ID{due, old, young, closed}
	if len(got) != len(want) {
		t.Fatalf("%v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("at %d: %s, want %s", i, got[i], want[i])
		}
	}
	p := must[notebook.PetitionPage](t)(n.Petition(due))
	if p.Owed != nt.Day(5, 12, 2026) || p.Of != "Hộ ông Nguyễn Văn Đạt" || p.Household != nt.Dat || p.MayEdit || p.Forward != book.Given || p.Assigned != "" {
		t.Errorf("%+v", p)
	}
	if p := must[notebook.PetitionPage](t)(n.Petition(young)); !p.MayEdit || len(p.Next) != 0 {
		t.Errorf("%+v", p)
	}
	if p := must[notebook.PetitionPage](t)(desk.Petition(due)); p.Assigned != "Trần Văn Bình" || p.AssignedID != nt.Binh {
		t.Errorf("%+v", p)
	}
	for _, id := range []notebook.ID{gone, nt.Dat, nt.NewID(9)} {
		if _, err := n.Petition(id); !errors.Is(err, notebook.ErrNotYours) {
			t.Errorf("%s: %v", id, err)
		}
	}
	if got := b.Phone(nt.Dung).Petitions(); len(got) != 4 {
		t.Errorf("%d petitions at the desk", len(got))
	}
	if got := nt.NewBranch(t).Phone(nt.Binh).Petitions(); got == nil || len(got) != 0 {
		t.Errorf("%v", got)
	}
}

func TestDraftEditIsTheRecordWithWhatWasTyped(t *testing.T) {
	n := nt.NewBranch(t).Phone(nt.Binh)
	agree(t, n, nt.Dat, keep)
	s := must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_AT_HOME, Note: "cũ"}))
	must[notebook.ID](t)(n.SaveDraft(t.Context(), notebook.DraftForm{ID: s.ID, Edit: notebook.VisitEdit{Note: str("mới")}}))
	e, err := n.DraftEdit(s.ID)
	ok(t, err)
	if v := e.(notebook.VisitEdit); *v.Note != "mới" || *v.Contact != pb.Contact_CONTACT_AT_HOME {
		t.Errorf("%+v", v)
	}
	// Typed back to what it was: a draft without a change.
	must[notebook.ID](t)(n.SaveDraft(t.Context(), notebook.DraftForm{ID: s.ID, Edit: notebook.VisitEdit{Note: str("cũ")}}))
	e, err = n.DraftEdit(s.ID)
	ok(t, err)
	if v := e.(notebook.VisitEdit); *v.Note != "cũ" {
		t.Errorf("%+v", v)
	}
	fresh := must[notebook.ID](t)(n.SaveDraft(t.Context(), notebook.DraftForm{Household: nt.Dat, Edit: notebook.PetitionEdit{Text: str("dở")}}))
	e, err = n.DraftEdit(fresh)
	ok(t, err)
	if p := e.(notebook.PetitionEdit); *p.Text != "dở" {
		t.Errorf("%+v", p)
	}
	if _, err := n.DraftEdit(nt.NewID(1)); !errors.Is(err, notebook.ErrGone) {
		t.Errorf("no such draft: %v", err)
	}
}

// TestADraftBecomesTheRecord: under its own id and in one write, so that an app that is
// killed in between has one or the other, and nothing is recorded twice.
func TestADraftBecomesTheRecord(t *testing.T) {
	b := nt.NewBranch(t)
	desk := b.Phone(nt.Hoa)
	agree(t, desk, nt.An, keep)
	value, head := int64(200_000), "Đinh Văn Tư"
	gift, household := notebook.ContributionEdit{ValueVND: &value}, notebook.HouseholdEdit{Head: &head}
	for name, c := range map[string]struct {
		form   notebook.DraftForm
		record func(draft notebook.ID) (notebook.Saved, error)
	}{
		"contribution": {notebook.DraftForm{Household: nt.An, Edit: gift}, func(draft notebook.ID) (notebook.Saved, error) {
			return desk.RecordContribution(t.Context(), nt.An, gift, draft)
		}},
		"visit": {notebook.DraftForm{Household: nt.An, Edit: notebook.VisitEdit{}}, func(draft notebook.ID) (notebook.Saved, error) {
			return desk.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.An, Contact: pb.Contact_CONTACT_PHONE, Draft: draft})
		}},
		"petition": {notebook.DraftForm{Household: nt.An, Edit: notebook.PetitionEdit{}}, func(draft notebook.ID) (notebook.Saved, error) {
			return desk.RecordPetition(t.Context(), notebook.NewPetition{Household: nt.An, Text: "Đường ngập.", Draft: draft})
		}},
		"household": {notebook.DraftForm{Edit: household}, func(draft notebook.ID) (notebook.Saved, error) {
			return desk.NewHousehold(t.Context(), household, draft)
		}},
	} {
		draft := must[notebook.ID](t)(desk.SaveDraft(t.Context(), c.form))
		s := must[notebook.Saved](t)(c.record(draft))
		if s.ID != draft || len(desk.Drafts()) != 0 {
			t.Errorf("%s: the draft %s became %s; %d drafts stay", name, draft, s.ID, len(desk.Drafts()))
		}
		if _, err := c.record(draft); !errors.Is(err, notebook.ErrGone) {
			t.Errorf("%s: one draft was recorded twice: %v", name, err)
		}
	}
}

// TestSetDraftFormLeavesWhatWasTyped: only the screen's own part is another one.
func TestSetDraftFormLeavesWhatWasTyped(t *testing.T) {
	b := nt.NewBranch(t)
	n := b.Phone(nt.Binh)
	agree(t, n, nt.Dat, keep)
	id := must[notebook.ID](t)(n.SaveDraft(t.Context(), notebook.DraftForm{Household: nt.Dat, Edit: notebook.VisitEdit{Note: str("viết dở")}, Form: []byte("một")}))
	if err := n.SetDraftForm(t.Context(), id, []byte("hai")); err != nil {
		t.Fatal(err)
	}
	d := n.Drafts()
	if len(d) != 1 || string(d[0].Form) != "hai" || len(d[0].Fields) != 1 || d[0].Fields[0].Value != "viết dở" {
		t.Errorf("%+v", d)
	}
	if err := n.SetDraftForm(t.Context(), nt.NewID(77), nil); !errors.Is(err, notebook.ErrGone) {
		t.Errorf("a draft that is not there: %v", err)
	}
}
