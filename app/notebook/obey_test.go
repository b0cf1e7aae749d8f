package notebook_test

import (
	"testing"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// TestAWithdrawalEmptiesDrafts: what a household takes back is gone from what is half
// written, here at once and on the other phone with its next sync; what needs no consent
// stays.
func TestAWithdrawalEmptiesDrafts(t *testing.T) {
	ctx := t.Context()
	b := nt.NewBranch(t)
	member, secretary := b.Phone(nt.Binh), b.Phone(nt.Hoa)
	answer := func(n *notebook.Notebook, a pb.Answer) {
		t.Helper()
		if _, err := n.RecordConsent(ctx, notebook.NewConsent{
			Household: nt.Dat, Purpose: pb.Purpose_PURPOSE_KEEP, Answer: a, NoticeVersion: "thử", Channel: pb.Channel_CHANNEL_SPOKEN,
		}); err != nil {
			t.Fatal(err)
		}
		for _, x := range []*notebook.Notebook{n, member, secretary} {
			if _, err := x.Sync(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	draft := func(e notebook.Edit) {
		t.Helper()
		if _, err := member.SaveDraft(ctx, notebook.DraftForm{Household: nt.Dat, Edit: e, Form: []byte(`{"form":"x"}`)}); err != nil {
			t.Fatal(err)
		}
	}
	note, day, words := "Gia đình kể một việc.", nt.Today, "Xin sửa cống."
	fill := func() {
		draft(notebook.VisitEdit{Note: &note})
		draft(notebook.VisitEdit{Day: &day})
		draft(notebook.PetitionEdit{Text: &words})
	}
	left := func() (kinds []string) {
		for _, d := range member.Drafts() {
			kinds = append(kinds, d.Kind.Code)
		}
		return kinds
	}
	answer(member, pb.Answer_ANSWER_GIVEN)
	fill()
	answer(secretary, pb.Answer_ANSWER_WITHDRAWN)
	if got := left(); len(got) != 1 || got[0] != "visit" {
		t.Errorf("after a withdrawal that a sync brought: %v", got)
	}
	answer(member, pb.Answer_ANSWER_GIVEN)
	fill()
	if _, err := member.RecordConsent(ctx, notebook.NewConsent{
		Household: nt.Dat, Purpose: pb.Purpose_PURPOSE_KEEP, Answer: pb.Answer_ANSWER_DECLINED, NoticeVersion: "thử", Channel: pb.Channel_CHANNEL_SPOKEN,
	}); err != nil {
		t.Fatal(err)
	}
	for _, k := range left() {
		if k != "visit" {
			t.Errorf("after the household declined: a draft of a %s", k)
		}
	}
}
