package visit

import (
	"testing"

	"fyne.io/fyne/v2/driver/mobile"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/ui/uitest"
	"sodanvan/app/words"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// twoTabs shows a form in the first of two tabs, over a page.
func twoTabs(r *uitest.Rig, s *frame.Screen) {
	tab := func(name, text string) *frame.Tab {
		return &frame.Tab{Name: name, Label: name, Sign: kit.SignHome, Root: func() *frame.Screen {
			return &frame.Screen{Name: name, Title: text, Body: kit.Plain(text)}
		}}
	}
	r.Frame.SetTabs(tab("một", "trang một"), tab("hai", "trang hai"))
	r.Frame.Push(&frame.Screen{Name: "page", Title: "trang hộ", Body: kit.Plain("trang hộ")})
	r.Frame.Push(s)
}

// TestDoneOnASlowDiskIsDoneOnce: pressed twice, the back key, and a visit to another tab
// while the disk works.
func TestDoneOnASlowDiskIsDoneOnce(t *testing.T) {
	for name, meanwhile := range map[string]func(r *uitest.Rig){
		"nothing": func(*uitest.Rig) {},
		"twice": func(r *uitest.Rig) {
			done := r.Frame.Top().Foot.(*kit.Button)
			done.Enable() // as a button elsewhere on the form would be
			done.Tapped(nil)
		},
		"back": func(r *uitest.Rig) { r.Window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: mobile.KeyBack}) },
		"tab":  func(r *uitest.Rig) { r.Tap("hai") },
	} {
		t.Run(name, func(t *testing.T) {
			r := uitest.New(t, uitest.Desktop, nt.Binh)
			agree(t, r.Book, nt.Dat, pb.Answer_ANSWER_GIVEN)
			twoTabs(r, New(r.Frame, nt.Dat))
			r.Tap("Tại nhà")
			r.Hold()
			r.Type(words.FieldNote, "Hỏi về nước tưới.")
			r.Tap(words.Done)
			meanwhile(r)
			r.Let()
			r.WantNot(words.KeptAsDraft)
			if name == "tab" {
				r.Want("trang hai", words.Written)
				r.Tap("một")
			}
			r.Want("trang hộ")
			r.WantNot(words.FieldNote)
			if got := visits(t, r.Book, nt.Dat); len(got) != 1 || got[0].Note != "Hỏi về nước tưới." {
				t.Errorf("%+v", got)
			}
			if d := r.Book.Drafts(); len(d) != 0 {
				t.Errorf("drafts: %+v", d)
			}
		})
	}
}

// TestAVisitThatWasOnlyLookedAtLeavesNoDraft: and nobody is told of one.
func TestAVisitThatWasOnlyLookedAtLeavesNoDraft(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	agree(t, r.Book, nt.Dat, pb.Answer_ANSWER_GIVEN)
	id := record(t, r.Book, nt.Dat, "Hỏi về nước tưới.")
	open(r, Edit(r.Frame, nt.Dat, id))
	r.Tap(words.Back)
	r.Want("dưới")
	r.WantNot(words.KeptAsDraft)
	if d := r.Book.Drafts(); len(d) != 0 {
		t.Errorf("drafts: %+v", d)
	}
}

// TestADraftWhoseVisitIsGoneCanBeReadAndThrownAway, and the app does not start with it for
// ever.
func TestADraftWhoseVisitIsGoneCanBeReadAndThrownAway(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	agree(t, r.Book, nt.Dat, pb.Answer_ANSWER_GIVEN)
	id := record(t, r.Book, nt.Dat, "Hỏi về nước tưới.")
	sync(t, r.Book)
	open(r, Edit(r.Frame, nt.Dat, id))
	r.Type(words.FieldNote, " Hẹn thứ bảy.")
	if _, err := r.Book.Delete(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	// A deletion here drops the draft; one from elsewhere comes beside it.
	note := "Hỏi về nước tưới. Hẹn thứ bảy."
	if _, err := r.Book.SaveDraft(t.Context(), notebook.DraftForm{ID: id, Edit: notebook.VisitEdit{Note: &note},
		Form: []byte(`{"form":"visit-edit","open":true,"fields":{"note":"` + note + `"}}`)}); err != nil {
		t.Fatal(err)
	}
	d := r.Book.Drafts()
	if len(d) != 1 {
		t.Fatalf("%d drafts", len(d))
	}
	open(r, ResumeDraft(r.Frame, d[0]))
	r.Want("Hẹn thứ bảy.", words.DropHalf)
	r.Tap(words.Back)
	r.Want("dưới")
	if h, _ := frame.ReadHalf(r.Book.Drafts()[0]); h.Open || h.Fields["note"] != note {
		t.Errorf("after going back: %+v", h)
	}
	open(r, ResumeDraft(r.Frame, d[0]))
	r.Tap(words.DropHalf)
	r.Tap(words.DropIt)
	r.Want("dưới", words.Dropped)
	if d := r.Book.Drafts(); len(d) != 0 {
		t.Errorf("drafts: %+v", d)
	}
}

// TestLeavingWithoutConsentAnyMoreKeepsOnlyWhatItMay: what the household took back goes off
// the disk with the next save.
func TestLeavingWithoutConsentAnyMoreKeepsOnlyWhatItMay(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	agree(t, r.Book, nt.Dat, pb.Answer_ANSWER_GIVEN)
	open(r, New(r.Frame, nt.Dat))
	r.Tap("Tại nhà")
	r.Type(words.FieldNote, "Hỏi về nước tưới.")
	agree(t, r.Book, nt.Dat, pb.Answer_ANSWER_WITHDRAWN)
	r.Frame.Changed()
	r.WantNot(words.FieldNote)
	r.Tap(words.Back)
	r.Want("dưới", words.KeptAsDraft)
	if h, _ := frame.ReadHalf(r.Book.Drafts()[0]); h.Open || h.Fields["note"] != "" {
		t.Errorf("after the consent was taken back: %+v", h)
	}
}

// TestAVisitIsOpenedAgainAsItWasLeft: not from the list of what is half written, but by
// itself; what was typed before is not overwritten.
func TestAVisitIsOpenedAgainAsItWasLeft(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	agree(t, r.Book, nt.Dat, pb.Answer_ANSWER_GIVEN)
	id := record(t, r.Book, nt.Dat, "Hỏi về nước tưới.")
	for _, more := range []string{" Hẹn thứ bảy.", " Mang theo lịch."} {
		open(r, Edit(r.Frame, nt.Dat, id))
		r.Field(words.FieldNote).TypedKey(&fyne.KeyEvent{Name: fyne.KeyPageDown})
		r.Type(words.FieldNote, more)
		r.Tap(words.Back)
	}
	open(r, Edit(r.Frame, nt.Dat, id))
	r.Tap(words.Done)
	if got := visits(t, r.Book, nt.Dat); len(got) != 1 || got[0].Note != "Hỏi về nước tưới. Hẹn thứ bảy. Mang theo lịch." {
		t.Errorf("%+v", got)
	}
}
