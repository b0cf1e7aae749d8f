package frame_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/mobile"
	"fyne.io/fyne/v2/test"

	"sodanvan/app/notebook"
	"sodanvan/app/notebook/notebooktest"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/ui/uitest"
	"sodanvan/app/words"
)

// typed is a form of one text that keeps itself as the draft of a visit.
type typed struct {
	text  string
	keep  *frame.Drafting
	shown []string
	err   error
}

func drafting(f *frame.Frame) *typed {
	d := &typed{}
	d.keep = f.Drafting(notebook.ID{}, false, func() (notebook.DraftForm, frame.Half) {
		return notebook.DraftForm{Household: notebooktest.Dat, Edit: notebook.VisitEdit{}}, frame.Half{Form: "visit", Fields: map[string]string{"text": d.text}}
	}, func(saved string, err error) { d.shown, d.err = append(d.shown, saved), err })
	return d
}

func (d *typed) typing(s string) {
	d.text = s
	d.keep.Touch()
}

// kept gives the texts of all drafts on the disk, with + before one that opens by itself.
func kept(n *notebook.Notebook) string {
	var all []string
	for _, d := range n.Drafts() {
		h, _ := frame.ReadHalf(d)
		s := h.Fields["text"]
		if h.Open {
			s = "+" + s
		}
		all = append(all, s)
	}
	return strings.Join(all, " ")
}

// TestLateWorkTakesAwayItsOwnScreen: the user went back, or to another tab, before the disk
// answered.
func TestLateWorkTakesAwayItsOwnScreen(t *testing.T) {
	r := uitest.New(t, uitest.Desktop, notebooktest.Binh)
	first, form, over := page("một"), page("đơn"), page("trên")
	r.Frame.SetTabs(tab("a", first), tab("b", page("hai")))
	r.Frame.Push(form)
	r.Frame.Push(over)
	r.Tap("Thẻ b")
	other := page("ba")
	r.Frame.Push(other)
	r.Frame.Remove(form)
	if r.Frame.Top() != other {
		t.Fatalf("another tab lost its screen: %s is shown", r.Frame.Top().Name)
	}
	if r.Frame.Has(form) || r.Frame.Has(over) {
		t.Error("the screen stands on its tab still")
	}
	r.Frame.Remove(form)
	if r.Frame.Top() != other {
		t.Error("what is gone already took another screen with it")
	}
	r.Frame.Swap(form, page("phiếu"))
	r.Want("Trang phiếu")
	r.Frame.Swap(other, page("thay"))
	r.WantNot("Trang phiếu", "Trang ba")
	r.Want("Trang thay")
	r.Tap("Thẻ a")
	r.Frame.Remove(first)
	r.Want("Trang một")
}

// TestALeaveThatAnswersLate: meanwhile the user went to another tab, or asked again.
func TestALeaveThatAnswersLate(t *testing.T) {
	r := uitest.New(t, uitest.Desktop, notebooktest.Binh)
	list, form := page("danh sách"), page("đơn")
	var then []func()
	gone := 0
	form.Leave = func(let func()) { then = append(then, let) }
	form.Gone = func() { gone++ }
	r.Frame.SetTabs(tab("a", list), tab("b", page("hai")))
	r.Frame.PushOver(list, form)
	press(r, mobile.KeyBack)
	press(r, mobile.KeyBack)
	r.Frame.PushOver(list, page("hộ hai"))
	r.Tap("Thẻ b")
	r.Frame.Push(page("ba"))
	for _, f := range then {
		f()
	}
	r.Want("Trang ba")
	r.Tap("Thẻ a")
	r.Want("Trang hộ hai")
	if gone != 1 {
		t.Errorf("the form heard %d times that it is gone", gone)
	}
}

// TestAQuestionBelongsToItsScreen: a screen that takes everything's place, and a second
// question, close the first one without an answer.
func TestAQuestionBelongsToItsScreen(t *testing.T) {
	r := uitest.New(t, uitest.Phone, notebooktest.Binh)
	r.Frame.SetTabs(tab("a", page("một")))
	refused := 0
	r.Frame.Cover(func() { refused++ }, page("hỏi").Body)
	r.Frame.Ask("Câu sau", "", "Có", "Không", func() { t.Error("nobody said yes") })
	if refused != 1 {
		t.Errorf("the first question heard %d times that nobody answered", refused)
	}
	r.Frame.Only(page("khóa"))
	r.WantNot("Câu sau")
	r.Want("Trang khóa")
}

// TestFinishWaitsForWhatWasTypedLast: a killed app must find the last letters, so they are
// on the disk before the action begins.
func TestFinishWaitsForWhatWasTypedLast(t *testing.T) {
	r := uitest.New(t, uitest.Phone, notebooktest.Binh)
	d := drafting(r.Frame)
	r.Hold()
	d.typing("a")
	d.typing("ab")
	var done []string
	d.keep.Finish(func(id notebook.ID) { done = append(done, fmt.Sprint(!id.IsZero(), kept(r.Book))) })
	d.keep.Finish(func(notebook.ID) { t.Error("a form is finished twice") })
	d.keep.Leave(func(bool) { t.Error("a form goes while it is finished") })
	d.typing("abc")
	if len(done) != 0 {
		t.Fatal("finished before the save came back")
	}
	r.Let()
	if len(done) != 1 || done[0] != "true+abc" {
		t.Errorf("finished with %q", done)
	}
	d.keep.Resume()
	d.typing("abcd")
	if kept(r.Book) != "+abcd" {
		t.Errorf("after a failure there is %q", kept(r.Book))
	}
}

// TestLeavingWaitsForTheDisk: "kept" is said when it is.
func TestLeavingWaitsForTheDisk(t *testing.T) {
	r := uitest.New(t, uitest.Phone, notebooktest.Binh)
	d := drafting(r.Frame)
	r.Hold()
	d.typing("a")
	d.typing("ab")
	left := 0
	d.keep.Leave(func(yes bool) {
		left++
		if !yes || kept(r.Book) != "ab" {
			t.Errorf("left with %q, kept %v", kept(r.Book), yes)
		}
	})
	if left != 0 {
		t.Fatal("left before the save came back")
	}
	r.Let()
	if left != 1 {
		t.Errorf("left %d times", left)
	}
}

// TestLeavingWhatCannotBeKeptAsks: here a note of a household that did not agree to any.
func TestLeavingWhatCannotBeKeptAsks(t *testing.T) {
	r := uitest.New(t, uitest.Phone, notebooktest.Binh)
	r.Frame.SetTabs(tab("a", page("một")))
	note := "chưa hỏi hộ"
	left := ""
	d := r.Frame.Drafting(notebook.ID{}, false, func() (notebook.DraftForm, frame.Half) {
		return notebook.DraftForm{Household: notebooktest.Dat, Edit: notebook.VisitEdit{Note: &note}}, frame.Half{Form: "visit"}
	}, func(string, error) {})
	d.Touch()
	leave := func() { d.Leave(func(k bool) { left += fmt.Sprint("left ", k) }) }
	leave()
	r.Want(words.LeaveLosesAsk)
	r.Golden("leave-loses")
	r.Tap(words.Cancel)
	if left != "" {
		t.Fatalf("%s without an answer", left)
	}
	leave()
	r.Tap(words.LeaveAnyway)
	if left != "left false" || len(r.Book.Drafts()) != 0 {
		t.Errorf("«%s», %d drafts", left, len(r.Book.Drafts()))
	}
}

// TestAnUntouchedFormLeavesNoDraft: an edit of a record that was only looked at.
func TestAnUntouchedFormLeavesNoDraft(t *testing.T) {
	r := uitest.New(t, uitest.Phone, notebooktest.Binh)
	d := r.Frame.Drafting(notebooktest.Dat, false, func() (notebook.DraftForm, frame.Half) {
		return notebook.DraftForm{ID: notebooktest.Dat, Edit: notebook.HouseholdEdit{}}, frame.Half{Form: "household"}
	}, func(string, error) {})
	d.Leave(func(k bool) {
		if k {
			t.Error("nothing is told to be kept")
		}
	})
	if n := len(r.Book.Drafts()); n != 0 {
		t.Errorf("%d drafts of nothing", n)
	}
}

// TestAsideDoesNotOpenAgain: what was typed stays.
func TestAsideDoesNotOpenAgain(t *testing.T) {
	r := uitest.New(t, uitest.Phone, notebooktest.Binh)
	d := drafting(r.Frame)
	d.typing("viết dở")
	r.Frame.Aside(r.Book.Drafts()[0].ID, func() {})
	if kept(r.Book) != "viết dở" {
		t.Errorf("there is %q", kept(r.Book))
	}
}

// TestTheNewestCountStands: an older one that comes later shows nothing.
func TestTheNewestCountStands(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(kit.Theme{Shade: kit.Light})
	var held []func()
	w := test.NewTempWindow(t, nil)
	r := &uitest.Rig{T: t, Window: w, Frame: frame.New(frame.Options{Window: w, Start: func(work func()) { held = append(held, work) }})}
	w.Resize(uitest.Phone)
	waiting := 0
	counted := tab("a", page("một"))
	counted.Count = func() int { return waiting }
	r.Frame.SetTabs(counted)
	r.Frame.Changed()
	none := w.Canvas().Capture()
	waiting = 3
	held[1]()
	three := w.Canvas().Capture()
	waiting = 9
	held[0]()
	if reflect.DeepEqual(none, three) {
		t.Error("the newest count is not shown")
	}
	if !reflect.DeepEqual(three, w.Canvas().Capture()) {
		t.Error("an older count took its place")
	}
}

// threads is an app whose work runs on goroutines while what comes of it waits for the
// test's own, as on a screen's thread.
type threads struct {
	fyne.App
	queue chan func()
}

type queued struct {
	fyne.Driver
	queue chan func()
}

func (a *threads) Driver() fyne.Driver             { return &queued{a.App.Driver(), a.queue} }
func (d *queued) DoFromGoroutine(f func(), _ bool) { d.queue <- f }
func (a *threads) until(f *frame.Frame, over func() bool) {
	for !over() {
		(<-a.queue)()
	}
}

// TestGoroutines types faster than the disk, finishes, and closes the window with the last
// letters on their way; with -race it also tells who reads whose fields.
func TestGoroutines(t *testing.T) {
	a := &threads{test.NewTempApp(t), make(chan func(), 1000)}
	fyne.SetCurrentApp(a)
	a.Settings().SetTheme(kit.Theme{Shade: kit.Light})
	b := notebooktest.NewBranch(t)
	f := frame.New(frame.Options{Window: a.NewWindow(""), Now: b.Now})
	f.Book = b.Phone(notebooktest.Binh)
	f.SetTabs(tab("a", page("một")))

	d := drafting(f)
	for i := range 200 {
		d.typing(fmt.Sprint("chữ", i))
	}
	finished := false
	d.keep.Finish(func(id notebook.ID) {
		f.Go(func(ctx context.Context) error {
			_, err := f.Book.RecordVisit(ctx, notebook.NewVisit{Household: notebooktest.Dat, Contact: 1, Draft: id})
			return err
		}, func(err error) {
			if err != nil {
				t.Error(err)
			}
			finished = true
		})
	})
	a.until(f, func() bool { return finished })
	if kept(f.Book) != "" {
		t.Errorf("a visit that was recorded is a draft still: %q", kept(f.Book))
	}

	var ended atomic.Bool
	f.Go(func(ctx context.Context) error { <-ctx.Done(); ended.Store(true); return ctx.Err() }, func(error) { t.Error("late work is shown") })
	last := drafting(f)
	for i := range 200 {
		last.typing(fmt.Sprint("đơn", i))
	}
	f.Close()
	if !ended.Load() {
		t.Error("the window closed over work that runs")
	}
	if got := kept(f.Book); got != "+đơn199" {
		t.Errorf("after the window closed there is %q", got)
	}
	for len(a.queue) > 0 {
		(<-a.queue)()
	}
}
