package petition

import (
	"testing"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
	"sodanvan/app/ui/form"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/ui/uitest"
	"sodanvan/app/words"
	"sodanvan/shared/book"
)

// twoTabs shows the list of petitions in the second of two tabs.
func twoTabs(r *uitest.Rig) {
	r.Frame.SetTabs(
		&frame.Tab{Name: "households", Label: "Hộ", Sign: kit.SignHome, Root: func() *frame.Screen {
			return &frame.Screen{Name: "below", Title: "trang hộ", Body: kit.Plain("trang hộ")}
		}},
		&frame.Tab{Name: "petitions", Label: "Danh sách", Sign: kit.SignPetition, Root: func() *frame.Screen { return List(r.Frame) }})
}

// TestTheSlipWaitsWhereTheFormWas: the user went to another tab while the disk worked; and
// a number that was never shown, because the app was killed, stands in the list.
func TestTheSlipWaitsWhereTheFormWas(t *testing.T) {
	r := uitest.New(t, uitest.Desktop, nt.Binh)
	answer(t, r.Book, given, keep)
	twoTabs(r)
	r.Frame.Push(New(r.Frame, nt.Dat))
	r.Tap(words.ItIsAnOpinion)
	r.Hold()
	r.Type(words.FieldWords, "Đường ngõ 5 ngập.")
	r.Tap(words.Done)
	r.Tap("Danh sách")
	r.Let()
	number := r.Book.Petitions()[0].Number
	r.Want(words.Petitions, number)
	r.Tap("Hộ")
	r.Want(words.PetitionNumber, number)
	r.Tap(words.Done)
	r.Want("trang hộ")
	r.WantNot(words.PetitionNumber)
	if n := len(r.Book.Petitions()); n != 1 || len(r.Book.Drafts()) != 0 {
		t.Errorf("%d petitions, %d drafts", n, len(r.Book.Drafts()))
	}
}

// TestOneDraftInTwoFormsHasOneNumber: it is open in two tabs.
func TestOneDraftInTwoFormsHasOneNumber(t *testing.T) {
	r := uitest.New(t, uitest.Desktop, nt.Binh)
	answer(t, r.Book, given, keep)
	twoTabs(r)
	r.Frame.Push(newForm(r.Frame, form.AsNew, nt.Dat, notebook.ID{}).Screen)
	r.Type(words.FieldWords, "Đường ngõ 5 ngập.")
	r.Tap(words.Back)
	d := r.Book.Drafts()[0]
	r.Frame.Push(ResumeDraft(r.Frame, d))
	r.Tap("Danh sách")
	r.Frame.Push(ResumeDraft(r.Frame, d))
	r.Tap(words.Done)
	number := r.Book.Petitions()[0].Number
	r.Want(number)
	r.Tap("Hộ")
	r.Field(words.FieldWords).TypedKey(&fyne.KeyEvent{Name: fyne.KeyPageDown})
	r.Type(words.FieldWords, " Xe không đi được.")
	r.Tap(words.Done)
	r.Want(words.GoneMeanwhile)
	if got := r.Book.Petitions(); len(got) != 1 || got[0].Number != number || got[0].Text != "Đường ngõ 5 ngập." {
		t.Errorf("%+v", got)
	}
	// What was typed in the other form is an edit of the petition now.
	r.Tap(words.Back)
	r.Frame.Push(ResumeDraft(r.Frame, r.Book.Drafts()[0]))
	r.Tap(words.Done)
	if got := r.Book.Petitions(); len(got) != 1 || got[0].Number != number || got[0].Text != "Đường ngõ 5 ngập. Xe không đi được." {
		t.Errorf("%+v", got)
	}
}

// TestTheSlipBesideAQuestion: in a wide window the button of the slip takes the slip away.
func TestTheSlipBesideAQuestion(t *testing.T) {
	r := uitest.New(t, uitest.WideDesk, nt.Binh)
	answer(t, r.Book, given, keep)
	twoTabs(r)
	id := record(t, r.Book, "Đường ngõ 5 ngập.")
	s := petitionOf(t, r.Book, id)
	page := slip(r.Frame, nt.Dat, notebook.Saved{ID: s.ID, Number: s.Number}, book.NotAsked)
	r.Frame.Push(page)
	r.Tap(words.AskForwardNow)
	r.Want(words.ReadAloud)
	page.Foot.(*kit.Button).Tapped(nil)
	if r.Frame.Top().Name != "below" {
		t.Errorf("%s stands there still", r.Frame.Top().Name)
	}
}

// TestAPetitionIsOpenedAgainAsItWasLeft: from its page, not from the list of what is half
// written.
func TestAPetitionIsOpenedAgainAsItWasLeft(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	answer(t, r.Book, given, keep)
	id := record(t, r.Book, "Đường ngõ 5 ngập.")
	for _, more := range []string{" Xe không đi được.", " Mưa là ngập."} {
		open(r, Edit(r.Frame, nt.Dat, id))
		r.Field(words.FieldWords).TypedKey(&fyne.KeyEvent{Name: fyne.KeyPageDown})
		r.Type(words.FieldWords, more)
		r.Tap(words.Back)
	}
	open(r, Edit(r.Frame, nt.Dat, id))
	r.Tap(words.Done)
	if got := petitionOf(t, r.Book, id); got.Text != "Đường ngõ 5 ngập. Xe không đi được. Mưa là ngập." {
		t.Errorf("%+v", got)
	}
}
