package frame_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/mobile"

	"sodanvan/app/notebook"
	"sodanvan/app/notebook/notebooktest"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/ui/uitest"
	"sodanvan/app/words"
)

func page(name string, objects ...fyne.CanvasObject) *frame.Screen {
	return &frame.Screen{Name: name, Title: "Trang " + name, Body: kit.Column(kit.Grid, append(objects, kit.Plain("Chữ của "+name))...)}
}

func tab(name string, s *frame.Screen) *frame.Tab {
	return &frame.Tab{Name: name, Label: "Thẻ " + name, Sign: kit.SignHome, Root: func() *frame.Screen { return s }}
}

func press(r *uitest.Rig, key fyne.KeyName) {
	r.Window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: key})
}

func TestAStackOfScreens(t *testing.T) {
	r := uitest.New(t, uitest.Phone, notebooktest.Binh)
	first, second := page("một"), page("hai")
	gone := 0
	second.Gone = func() { gone++ }
	r.Frame.SetTabs(tab("a", first), tab("b", page("ba")))
	r.Want("Trang một", "Thẻ a", "Thẻ b")
	r.Frame.Push(second)
	r.Want("Trang hai")
	r.WantNot("Trang một", "Thẻ a")
	r.Tap(words.Back)
	r.Want("Trang một")
	if gone != 1 {
		t.Errorf("the screen heard %d times that it is gone", gone)
	}
	r.Tap("Thẻ b")
	r.Want("Trang ba")
	if r.Frame.Back() {
		t.Error("the first screen of a tab goes back somewhere")
	}
}

func TestBackKeyAsksTheScreen(t *testing.T) {
	r := uitest.New(t, uitest.Phone, notebooktest.Binh)
	form := page("đơn")
	may := false
	form.Leave = func(then func()) {
		if may {
			then()
		}
	}
	r.Frame.SetTabs(tab("a", page("một")))
	r.Frame.Push(form)
	press(r, mobile.KeyBack)
	r.Want("Trang đơn")
	may = true
	press(r, mobile.KeyBack)
	r.Want("Trang một")
}

func TestWideWindowShowsScreensSideBySide(t *testing.T) {
	for _, c := range []struct {
		size fyne.Size
		sees string
		not  string
	}{
		{uitest.Phone, "ba", "một hai"},
		{uitest.Turned, "ba", "một hai"},
		{uitest.Desktop, "một ba", "hai"},
		{uitest.WideDesk, "một hai ba", ""},
	} {
		t.Run(fmt.Sprint(c.size), func(t *testing.T) {
			r := uitest.New(t, c.size, notebooktest.Hoa)
			r.Frame.SetTabs(tab("a", page("một")))
			if c.size.Width >= 900 {
				r.Want(words.ChooseLeft)
			}
			r.Frame.Push(page("hai"))
			r.Frame.Push(page("ba"))
			for _, s := range strings.Fields(c.sees) {
				r.Want("Trang " + s)
			}
			for _, s := range strings.Fields(c.not) {
				r.WantNot("Trang " + s)
			}
		})
	}
}

// TestRotationKeepsWhatWasTyped: the same screens in another layout, both ways.
func TestRotationKeepsWhatWasTyped(t *testing.T) {
	r := uitest.New(t, uitest.Phone, notebooktest.Binh)
	r.Frame.SetTabs(tab("a", page("một")))
	r.Frame.Push(page("đơn", kit.Field("Ghi chú", kit.NewNote("", 3), nil)))
	r.Type("Ghi chú", "viết dở")
	for _, size := range []fyne.Size{uitest.Turned, uitest.WideDesk, uitest.Phone} {
		r.Window.Resize(size)
		r.Want("Trang đơn", "viết dở")
	}
	r.Golden("rotated")
}

func TestAListOpensPagesInPlaceOfTheLast(t *testing.T) {
	r := uitest.New(t, uitest.Desktop, notebooktest.Binh)
	list := page("danh sách")
	r.Frame.SetTabs(tab("a", list))
	one := page("hộ một")
	asked := 0
	one.Leave = func(then func()) { asked++; then() }
	r.Frame.PushOver(list, one)
	r.Frame.PushOver(list, page("hộ hai"))
	r.Want("Trang danh sách", "Trang hộ hai")
	r.WantNot("Trang hộ một")
	if asked != 1 {
		t.Errorf("the page that goes was asked %d times", asked)
	}
}

func TestMessagesAndQuestions(t *testing.T) {
	r := uitest.New(t, uitest.Phone, notebooktest.Binh)
	r.Frame.SetTabs(tab("a", page("một")))
	r.Frame.Fail(notebook.ErrNotYours)
	r.Want(words.NotYours)
	r.Golden("failed")
	r.Tap(words.Close)
	r.WantNot(words.NotYours)
	done := 0
	r.Frame.Ask("Bỏ phần ghi dở?", "Phần này chưa gửi đi.", "Bỏ", words.Cancel, func() { done++ })
	r.Golden("question")
	press(r, mobile.KeyBack)
	r.WantNot("Bỏ phần ghi dở?")
	if done != 0 {
		t.Error("the back key answers yes")
	}
	r.Frame.Ask("Bỏ phần ghi dở?", "Phần này chưa gửi đi.", "Bỏ", words.Cancel, func() { done++ })
	r.Tap("Bỏ")
	if done != 1 {
		t.Errorf("yes did it %d times", done)
	}
}

func TestDoSaysWhatWentWrong(t *testing.T) {
	r := uitest.New(t, uitest.Phone, notebooktest.Binh)
	b := kit.Do("Làm", nil)
	refreshed, done := 0, 0
	s := page("một", b)
	s.Refresh = func() { refreshed++ }
	r.Frame.SetTabs(tab("a", s))
	before := refreshed
	b.OnTapped = func() {
		r.Frame.Do(b, func(context.Context) error {
			if !b.Disabled() {
				t.Error("the button can be pressed twice")
			}
			return notebook.ErrGone
		}, func() { done++ })
	}
	r.Tap("Làm")
	r.Want(words.GoneMeanwhile)
	if done != 0 || refreshed != before || b.Disabled() {
		t.Errorf("after a failure: done %d, refreshed %d times more, off %v", done, refreshed-before, b.Disabled())
	}
	b.OnTapped = func() { r.Frame.Do(b, func(context.Context) error { return nil }, func() { done++ }) }
	r.Tap("Làm")
	if done != 1 || refreshed == before {
		t.Errorf("after a success: done %d, refreshed %d times more", done, refreshed-before)
	}
}

// TestDraftKeepsTheNewestState: every change is on the disk; leaving says so in the draft.
func TestDraftKeepsTheNewestState(t *testing.T) {
	r := uitest.New(t, uitest.Phone, notebooktest.Binh)
	text := ""
	var shown []string
	var failed error
	d := r.Frame.Drafting(notebook.ID{}, false, func() (notebook.DraftForm, frame.Half) {
		return notebook.DraftForm{Household: notebooktest.Dat, Edit: notebook.VisitEdit{}}, frame.Half{Form: "visit", Fields: map[string]string{"note": text}}
	}, func(saved string, err error) { shown, failed = append(shown, saved), err })
	for _, text = range []string{"a", "ab", "abc"} {
		d.Touch()
	}
	if failed != nil || len(shown) != 3 || shown[2] != "Tự lưu trên máy · 10:42" {
		t.Errorf("three changes: %q, %v", shown, failed)
	}
	half := func() frame.Half {
		ds := r.Book.Drafts()
		if len(ds) != 1 {
			t.Fatalf("%d drafts", len(ds))
		}
		h, ok := frame.ReadHalf(ds[0])
		if !ok {
			t.Fatal("the draft has no form")
		}
		return h
	}
	if h := half(); !h.Open || h.Fields["note"] != "abc" {
		t.Errorf("on the disk while open: %+v", h)
	}
	kept := false
	d.Leave(func(k bool) { kept = k })
	if !kept {
		t.Error("leaving says that nothing was kept")
	}
	if h := half(); h.Open {
		t.Error("a form that was left opens by itself")
	}
	text = "zzz"
	d.Touch()
	if h := half(); h.Fields["note"] != "abc" {
		t.Error("a form that was left is still saved")
	}
}

// TestReadHalfOfSomethingElse: drafts of the command have no form.
func TestReadHalfOfSomethingElse(t *testing.T) {
	for _, form := range []string{"", "{", `{"open":true}`, "\xff"} {
		if _, ok := frame.ReadHalf(notebook.Draft{Form: []byte(form)}); ok {
			t.Errorf("%q is taken for a form", form)
		}
	}
}

func TestWorkAfterTheEndShowsNothing(t *testing.T) {
	r := uitest.New(t, uitest.Phone, notebooktest.Binh)
	shown := false
	r.Frame.Go(func(context.Context) error { r.Frame.Close(); return errors.New("late") }, func(error) { shown = true })
	if shown {
		t.Error("what ends after the window draws on it")
	}
}
