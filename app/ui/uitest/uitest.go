// Package uitest puts screens on a canvas without a display, for the tests of app/ui/…:
// the invented branch of notebooktest, a phone's or a desk's window, taps and typing by
// what stands on the screen, and golden images. Golden images are compared with the tag ci
// only, because system fonts change letters, and not with mobile, where a page moves up for
// the on-screen keyboard.
package uitest

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"sodanvan/app/notebook"
	"sodanvan/app/notebook/notebooktest"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/ui/outline"
)

// Sizes of windows: the smallest phone, a phone on its side, an old desktop, a wide one.
var (
	Phone    = fyne.NewSize(360, 720)
	Turned   = fyne.NewSize(720, 360)
	Desktop  = fyne.NewSize(1024, 720)
	WideDesk = fyne.NewSize(1400, 800)
)

// Rig is one window with a frame, and the book in it.
type Rig struct {
	T      testing.TB
	Frame  *frame.Frame
	Window fyne.Window
	Branch *notebooktest.Branch
	Book   *notebook.Notebook

	held []func()
	hold bool
}

// Hold keeps work from being done from now on, as on a slow disk; Let does what was held
// back, the oldest first, and what follows from it, and work is done at once again.
func (r *Rig) Hold() { r.hold = true }

// Let: see Hold.
func (r *Rig) Let() {
	for len(r.held) > 0 {
		r.Step()
	}
	r.hold = false
}

// Step does the oldest work that is held back.
func (r *Rig) Step() {
	r.T.Helper()
	if len(r.held) == 0 {
		r.T.Fatal("no work is held back")
	}
	work := r.held[0]
	r.held = r.held[1:]
	work()
}

func (r *Rig) start(work func()) {
	if r.hold {
		r.held = append(r.held, work)
	} else {
		work()
	}
}

// New makes a window of a size with the book of a member of a new invented branch.
func New(t testing.TB, size fyne.Size, member notebook.ID) *Rig {
	t.Helper()
	return Over(t, size, notebooktest.NewBranch(t), member)
}

// Over is New on a branch that the test has prepared.
func Over(t testing.TB, size fyne.Size, b *notebooktest.Branch, member notebook.ID) *Rig {
	t.Helper()
	r := Bare(t, size, func() time.Time { return b.At })
	r.Branch, r.Book = b, b.Phone(member)
	r.Frame.Book = r.Book
	return r
}

// Bare is a window without a book.
func Bare(t testing.TB, size fyne.Size, now func() time.Time) *Rig {
	t.Helper()
	app := test.NewTempApp(t)
	app.Settings().SetTheme(kit.Theme{Shade: kit.Light})
	w := test.NewTempWindow(t, nil)
	r := &Rig{T: t, Window: w}
	r.Frame = frame.New(frame.Options{Window: w, Now: now, Inline: true, Start: r.start})
	w.Resize(size)
	t.Cleanup(r.Frame.Close)
	return r
}

// Theme changes the look, as settings do.
func (r *Rig) Theme(th kit.Theme) {
	fyne.CurrentApp().Settings().SetTheme(th)
	r.Frame.Redraw()
}

// Show puts one screen into the window.
func (r *Rig) Show(s *frame.Screen) { r.Frame.Only(s) }

// Golden compares the window with testdata/NAME.png; see the package comment. A picture
// that differs is written to testdata/failed.
func (r *Rig) Golden(name string) {
	r.T.Helper()
	if !golden {
		return
	}
	t, ok := r.T.(*testing.T)
	if !ok {
		r.T.Fatal("golden images are for tests")
	}
	test.AssertImageMatches(t, name+".png", r.Window.Canvas().Capture())
}

// Items gives all that stands on the window.
func (r *Rig) Items() []outline.Item { return outline.Of(r.Window.Canvas()) }

// Sees tells whether a text stands on the window, whole or as a part of another.
func (r *Rig) Sees(text string) bool {
	for _, it := range r.Items() {
		if strings.Contains(it.Label, text) || strings.Contains(it.Value, text) {
			return true
		}
	}
	return false
}

// Want fails where a text is not on the window.
func (r *Rig) Want(texts ...string) {
	r.T.Helper()
	for _, s := range texts {
		if !r.Sees(s) {
			r.T.Fatalf("«%s» is not on the screen; there is:\n%s", s, r.Text())
		}
	}
}

// WantNot fails where a text is on the window.
func (r *Rig) WantNot(texts ...string) {
	r.T.Helper()
	for _, s := range texts {
		if r.Sees(s) {
			r.T.Fatalf("«%s» is on the screen:\n%s", s, r.Text())
		}
	}
}

// Text gives all that can be read on the window.
func (r *Rig) Text() string {
	var b strings.Builder
	for _, it := range r.Items() {
		b.WriteString(string(it.Kind) + ": " + it.Label)
		if it.Value != "" {
			b.WriteString(" = " + it.Value)
		}
		if it.Disabled {
			b.WriteString(" (off)")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// find gives the last item of a kind whose label is text, else the last that contains it;
// the last is the one in front.
func (r *Rig) find(kind outline.Kind, text string) (found outline.Item, ok bool) {
	exact := false
	for _, it := range r.Items() {
		if it.Kind != kind {
			continue
		}
		if it.Label == text || kind == outline.Field && it.Hint == text {
			found, ok, exact = it, true, true
		} else if !exact && strings.Contains(it.Label, text) {
			found, ok = it, true
		}
	}
	return found, ok
}

// Tap taps what says text: a button, else whatever can be tapped around a text, else the
// row of a list.
func (r *Rig) Tap(text string) {
	r.T.Helper()
	it, ok := r.find(outline.Button, text)
	if !ok {
		it, ok = r.find(outline.Text, text)
	}
	if !ok {
		r.T.Fatalf("nothing says «%s» to tap; there is:\n%s", text, r.Text())
	}
	if t, can := it.Object.(fyne.Tappable); can {
		if it.Disabled {
			r.T.Fatalf("«%s» is off", text)
		}
		t.Tapped(&fyne.PointEvent{})
		return
	}
	test.TapCanvas(r.Window.Canvas(), fyne.NewPos(it.X+it.W/2, it.Y+it.H/2))
}

// Type types into a field by its name or placeholder, key by key.
func (r *Rig) Type(field, text string) {
	r.T.Helper()
	e := r.Field(field)
	r.Window.Canvas().Focus(e)
	for _, c := range text {
		if c == '\n' {
			e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
			continue
		}
		e.TypedRune(c)
	}
}

// Field gives a field by its name or placeholder.
func (r *Rig) Field(name string) *kit.Entry {
	r.T.Helper()
	it, ok := r.find(outline.Field, name)
	if !ok {
		r.T.Fatalf("no field «%s»; there is:\n%s", name, r.Text())
	}
	return it.Object.(*kit.Entry)
}

// Clipboard gives what was copied.
func (r *Rig) Clipboard() string { return fyne.CurrentApp().Clipboard().Content() }
