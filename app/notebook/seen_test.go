package notebook_test

import (
	"errors"
	"testing"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// A sync may bring a new version between the look and the verdict: the verdict falls on what
// was seen or on nothing.
func TestAVerdictFallsOnWhatWasSeen(t *testing.T) {
	b := nt.NewBranch(t)
	n, desk, deputy := b.Phone(nt.Binh), b.Phone(nt.Hoa), b.Phone(nt.Dung)
	agree(t, n, nt.Dat, keep)
	visit := func(text string) notebook.ID {
		return must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{
			Household: nt.Dat, Day: nt.Day(5, 11, 2026), Contact: pb.Contact_CONTACT_AT_HOME, Note: text,
		})).ID
	}
	change := func(id notebook.ID, text string) {
		must[notebook.Saved](t)(n.EditVisit(t.Context(), id, notebook.VisitEdit{Note: &text}))
		sync(t, n, desk)
	}
	first := visit("Đã trao đổi việc giữ ngõ sạch.")
	visit("Hẹn đến lại.")
	sync(t, n, desk)
	shown := func() []notebook.ReviewItem { return desk.ReviewQueue()[0].Months[0].Visits }
	verdicts := func() int { sync(t, desk); return len(b.Of(pb.Kind_KIND_REVIEW)) }

	seen := shown()
	if len(seen) != 2 {
		t.Fatalf("%+v", seen)
	}
	of := func(id notebook.ID, items []notebook.ReviewItem) notebook.ReviewItem {
		for _, it := range items {
			if it.ID == id {
				return it
			}
		}
		t.Fatal("not shown")
		return notebook.ReviewItem{}
	}
	change(first, "Đã trao đổi việc khác hẳn.")
	if _, err := desk.ApproveSeen(t.Context(), of(first, seen)); !errors.Is(err, notebook.ErrChangedSinceShown) {
		t.Errorf("approved unseen: %v", err)
	}
	if _, err := desk.ReturnSeen(t.Context(), of(first, seen), "ghi rõ"); !errors.Is(err, notebook.ErrChangedSinceShown) {
		t.Errorf("returned unseen: %v", err)
	}
	if _, err := desk.ReturnSeen(t.Context(), of(first, seen), " "); !errors.Is(err, notebook.ErrReasonNeeded) {
		t.Errorf("%v", err)
	}
	if _, err := desk.ApproveVisitsSeen(t.Context(), seen); !errors.Is(err, notebook.ErrChangedSinceShown) {
		t.Errorf("a month approved unseen: %v", err)
	}
	if got := verdicts(); got != 0 {
		t.Fatalf("%d verdicts", got)
	}

	// What came after the look waits on.
	seen = shown()
	third := visit("Ghi sau.")
	sync(t, n, desk)
	if got := must[int](t)(desk.ApproveVisitsSeen(t.Context(), seen)); got != 2 {
		t.Errorf("%d approved", got)
	}
	if got := verdicts(); got != 2 {
		t.Errorf("%d verdicts", got)
	}
	if left := shown(); len(left) != 1 || left[0].ID != third {
		t.Errorf("%+v", left)
	}
	// A verdict of the other one was faster: nothing is left to say of it.
	seen = shown()
	sync(t, deputy)
	must[notebook.Saved](t)(deputy.Approve(t.Context(), third))
	sync(t, deputy, desk)
	if _, err := desk.ApproveSeen(t.Context(), seen[0]); !errors.Is(err, notebook.ErrGone) {
		t.Errorf("%v", err)
	}
	if _, err := desk.ApproveVisitsSeen(t.Context(), nil); !errors.Is(err, notebook.ErrNothingToApprove) {
		t.Errorf("%v", err)
	}
}
