package household

import (
	"strings"
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

// TestContributionOnASlowDiskIsRecordedOnce: the user goes to another tab, presses the back
// key, or finishes again while the disk works.
func TestContributionOnASlowDiskIsRecordedOnce(t *testing.T) {
	for name, meanwhile := range map[string]func(r *uitest.Rig){
		"tab":  func(r *uitest.Rig) { r.Tap(words.TabSync) },
		"back": func(r *uitest.Rig) { r.Window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: mobile.KeyBack}) },
		"twice": func(r *uitest.Rig) {
			done := r.Frame.Top().Foot.(*kit.Button)
			done.Enable()
			done.Tapped(nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := uitest.New(t, uitest.Desktop, nt.Binh)
			agree(t, r.Book, nt.Dat)
			under(r, newGift(r.Frame, nt.Dat))
			r.Hold()
			r.Type("Giá trị", "200000")
			r.Tap(words.Done)
			meanwhile(r)
			r.Let()
			if name == "tab" {
				r.Tap(words.TabHouseholds)
			}
			if s := r.Frame.Top(); s.Name != "households" {
				t.Errorf("the form is not gone: %s", s.Name)
			}
			if p := pageOf(t, r.Book, nt.Dat); len(p.Contributions) != 1 || len(p.Drafts) != 0 {
				t.Errorf("%d contributions, %d drafts", len(p.Contributions), len(p.Drafts))
			}
		})
	}
}

// TestLeftHouseholdFormSaysThatItIsKept, and one that another screen only covers opens
// again in an app that was killed.
func TestLeftHouseholdFormSaysThatItIsKept(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Hoa)
	under(r, New(r.Frame))
	r.Type("Chủ hộ", "Đinh Văn Tư")
	half := func() frame.Half {
		d := r.Book.Drafts()
		if len(d) != 1 {
			t.Fatalf("%d drafts", len(d))
		}
		h, _ := frame.ReadHalf(d[0])
		return h
	}
	r.Frame.Lock(&frame.Screen{Name: "lock", Title: "khóa"})
	if !half().Open {
		t.Error("the form under the lock does not open by itself")
	}
	r.Frame.Unlock()
	r.Tap(words.Back)
	r.Want(words.KeptAsDraft)
	if half().Open {
		t.Error("a form that was left opens by itself")
	}
}

// TestAFormThatWasOnlyLookedAtLeavesNoDraft: of a household and of a contribution.
func TestAFormThatWasOnlyLookedAtLeavesNoDraft(t *testing.T) {
	b, n := lived(t)
	gift := pageOf(t, n, nt.Dat).Contributions[0].ID
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	for _, s := range []*frame.Screen{Edit(r.Frame, nt.Dat), editGift(r.Frame, nt.Dat, gift)} {
		under(r, s)
		r.Tap(words.Back)
		if d := r.Book.Drafts(); len(d) != 0 {
			t.Errorf("%s: drafts %+v", s.Name, d)
		}
	}
}

// TestADraftThatCannotBeShownCanBeThrownAway: the contribution was deleted meanwhile.
func TestADraftThatCannotBeShownCanBeThrownAway(t *testing.T) {
	b, n := lived(t)
	gift := pageOf(t, n, nt.Dat).Contributions[0].ID
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	under(r, editGift(r.Frame, nt.Dat, gift))
	r.Type("Giá trị", "9")
	must[notebook.Saved](t)(r.Book.Delete(t.Context(), gift))
	value := int64(7_000)
	must[notebook.ID](t)(r.Book.SaveDraft(t.Context(), notebook.DraftForm{ID: gift, Household: nt.Dat, Edit: notebook.ContributionEdit{ValueVND: &value},
		Form: []byte(`{"form":"contribution","open":true,"fields":{"value":"7000"}}`)}))
	under(r, ResumeDraft(r.Frame, r.Book.Drafts()[0]))
	r.Want("7.000", words.DropHalf)
	r.Tap(words.Back)
	if h, _ := frame.ReadHalf(r.Book.Drafts()[0]); h.Open {
		t.Error("the app starts with it for ever")
	}
	under(r, ResumeDraft(r.Frame, r.Book.Drafts()[0]))
	r.Tap(words.DropHalf)
	r.Tap(words.DropIt)
	r.Want(words.Dropped)
	if d := r.Book.Drafts(); len(d) != 0 {
		t.Errorf("drafts: %+v", d)
	}
}

// TestARowThatWasRefusedOpensOnTheNextTap: the form beside the list asked, the user stayed,
// and then went after all.
func TestARowThatWasRefusedOpensOnTheNextTap(t *testing.T) {
	b, _ := lived(t)
	r := uitest.Over(t, uitest.Desktop, b, nt.Binh)
	tabs(r, false)
	r.Tap("Nguyễn Văn Đạt")
	stay := true
	r.Frame.Push(&frame.Screen{Name: "form", Title: "đang gõ", Leave: func(then func()) {
		if !stay {
			then()
		}
	}})
	r.Tap("Trần Thị Lan")
	r.Want("đang gõ")
	stay = false
	r.Tap("Trần Thị Lan")
	r.Want("Hộ bà Trần Thị Lan")
	r.WantNot("đang gõ")
}

// TestATakenBackConsentDoesNotOpenAContributionForEver: nothing more of it may be kept, so the
// user is asked, and what was kept before opens no more by itself.
func TestATakenBackConsentDoesNotOpenAContributionForEver(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	agree(t, r.Book, nt.Dat)
	under(r, newGift(r.Frame, nt.Dat))
	r.Type("Giá trị", "200000")
	must[notebook.Saved](t)(r.Book.RecordConsent(t.Context(), notebook.NewConsent{
		Household: nt.Dat, Purpose: pb.Purpose_PURPOSE_KEEP, Answer: pb.Answer_ANSWER_WITHDRAWN, Channel: pb.Channel_CHANNEL_SPOKEN,
	}))
	r.Tap(words.Back)
	r.Tap(words.LeaveAnyway)
	if s := r.Frame.Top(); s.Name != "households" {
		t.Errorf("the form is not gone: %s", s.Name)
	}
	for _, d := range r.Book.Drafts() {
		if h, _ := frame.ReadHalf(d); h.Open {
			t.Error("the app starts with it for ever")
		}
	}
}

// TestAFormIsOpenedAgainAsItWasLeft: by the page's button, not from the list of what is half
// written.
func TestAFormIsOpenedAgainAsItWasLeft(t *testing.T) {
	b, n := lived(t)
	gift := pageOf(t, n, nt.Dat).Contributions[0].ID
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	for _, c := range []struct {
		screen        func() *frame.Screen
		first, second string
	}{
		{func() *frame.Screen { return Edit(r.Frame, nt.Dat) }, "Địa chỉ", "Chủ hộ"},
		{func() *frame.Screen { return editGift(r.Frame, nt.Dat, gift) }, "Ngày công", "Đất"},
	} {
		for _, field := range []string{c.first, c.second} {
			under(r, c.screen())
			r.Type(field, "1")
			r.Tap(words.Back)
		}
		under(r, c.screen())
		for _, field := range []string{c.first, c.second} {
			if s := r.Field(field).Text; !strings.HasPrefix(s, "1") {
				t.Errorf("%s has «%s»", field, s)
			}
		}
	}
}
