package frame

import (
	"context"
	"slices"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/mobile"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/kit"
)

// Screen is one page. Build what it shows before it is pushed; Refresh fills it.
type Screen struct {
	// Name is stable and English, for tests and screenshots.
	Name string
	// Title stands in the head, Aside at its right, such as "10 hộ".
	Title, Aside string
	// Body scrolls with margins; List fills the screen instead and scrolls by itself, under
	// Above, which stays.
	Body  fyne.CanvasObject
	Above fyne.CanvasObject
	List  *kit.List
	// Foot stays at the bottom: the main button.
	Foot fyne.CanvasObject
	// Hub: a screen of doors to others. Of a stack with a hub the last screens stand side by
	// side; of one without, the first, which is a list, and the last.
	Hub bool
	// Refresh is called when the screen comes up and after the book changed.
	Refresh func()
	// Leave is called before the screen goes by the back button; it calls then to let it go.
	// nil: it goes at once.
	Leave func(then func())
	// Gone is called when the screen is off the stack.
	Gone func()
	// Rune and Key get what is typed while nothing has the focus; true: taken.
	Rune func(r rune) bool
	Key  func(k *fyne.KeyEvent) bool

	scroll *kit.Scroll
	pane   *pane
}

// SetTitle changes the head of a screen that may be shown.
func (s *Screen) SetTitle(title, aside string) {
	s.Title, s.Aside = title, aside
	if s.pane != nil {
		s.pane.head()
	}
}

// Fit lays the screen out anew after its content changed.
func (s *Screen) Fit() {
	if s.scroll != nil {
		s.scroll.Fit()
	}
	if s.pane != nil {
		s.pane.fit()
	}
}

// Reveal scrolls the page to one of its things.
func (s *Screen) Reveal(o fyne.CanvasObject) {
	if s.scroll != nil {
		s.scroll.Reveal(o)
	}
}

// Tab is one of the places of the app, with a stack of screens of its own.
type Tab struct {
	Name  string
	Label string
	Sign  string
	// Root makes the first screen; it is made once.
	Root func() *Screen
	// Count is shown at the label, such as what waits; 0 nothing. Called off the screen's
	// thread.
	Count func() int

	stack []*Screen
	count int
	asked int // which count is the newest: an older one that comes later shows nothing
}

// Options are what a frame gets from outside.
type Options struct {
	Window fyne.Window
	// Now is the phone's clock; nil: time.Now.
	Now func() time.Time
	// Inline runs all work at once on the calling goroutine: for tests that look at pictures.
	Inline bool
	// Start runs work; nil: on a goroutine of its own, or as Inline says. For tests of what
	// happens meanwhile.
	Start func(work func())
}

// Frame is the window's content. All methods are for the screen's thread.
type Frame struct {
	// Book is the open book; nil before it is opened.
	Book *notebook.Notebook

	win     fyne.Window
	now     func() time.Time
	start   func(work func())
	ctx     context.Context
	end     context.CancelFunc
	inline  bool
	running sync.WaitGroup     // what runs on goroutines of the frame's own
	kept    map[*Drafting]bool // forms that began to keep themselves

	tabs   []*Tab
	at     int
	single []*Screen // the stack without tabs: joining, PIN
	below  []*Tab    // the tabs that Lock covers
	behind int       // the one of them that was open
	root   *root
	said   *saying
}

// New puts an empty frame into a window.
func New(o Options) *Frame {
	f := &Frame{win: o.Window, now: o.Now, start: o.Start, inline: o.Inline, kept: map[*Drafting]bool{}}
	switch {
	case o.Start != nil:
	case o.Inline:
		f.start = atOnce
	default:
		f.start = f.aside
	}
	if f.now == nil {
		f.now = time.Now
	}
	f.ctx, f.end = context.WithCancel(context.Background())
	f.root = newRoot(f)
	f.win.SetPadded(false)
	f.win.SetContent(container.New(f.root, f.root.objects()...))
	c := f.win.Canvas()
	c.SetOnTypedKey(f.key)
	c.SetOnTypedRune(f.rune)
	kit.Focused = f.entryFocus
	return f
}

// Close ends the work that is under way and waits for it; its results are dropped. The last
// letter that was typed is on the disk when it returns.
func (f *Frame) Close() {
	f.end()
	f.running.Wait()
	for d := range f.kept {
		d.flush()
	}
	clear(f.kept)
}

// Context ends with the window.
func (f *Frame) Context() context.Context { return f.ctx }

// Window is where questions and the clipboard are.
func (f *Frame) Window() fyne.Window { return f.win }

// Now is the phone's clock.
func (f *Frame) Now() time.Time { return f.now() }

// Only shows one screen without tabs, as before the book is open.
func (f *Frame) Only(s *Screen) {
	f.clear()
	f.single = []*Screen{s}
	f.show()
}

// SetTabs shows the tabs, the first one open.
func (f *Frame) SetTabs(tabs ...*Tab) {
	f.clear()
	f.tabs, f.at = tabs, 0
	f.open(0)
	f.counts()
}

// Open goes to a tab by its name, to its first screen.
func (f *Frame) Open(name string) {
	for i, t := range f.tabs {
		if t.Name == name {
			f.open(i)
		}
	}
}

func (f *Frame) open(i int) {
	t := f.tabs[i]
	if i == f.at && len(t.stack) > 1 {
		f.leave(t.stack[1:], func() { f.PopTo(t.stack[0]) })
		return
	}
	f.at = i
	if t.stack == nil {
		t.stack = []*Screen{t.Root()}
	}
	f.show()
}

// shown is the stack that is shown.
func (f *Frame) shown() *[]*Screen {
	if f.tabs == nil {
		return &f.single
	}
	return &f.tabs[f.at].stack
}

func (f *Frame) stack() []*Screen { return *f.shown() }

// find gives the stack that a screen is on, in sight or not, and its place there; nil: on
// none.
func (f *Frame) find(s *Screen) (*[]*Screen, int) {
	if i := slices.Index(f.single, s); i >= 0 {
		return &f.single, i
	}
	for _, t := range slices.Concat(f.tabs, f.below) {
		if i := slices.Index(t.stack, s); i >= 0 {
			return &t.stack, i
		}
	}
	return nil, 0
}

// Has tells whether a screen is on a stack.
func (f *Frame) Has(s *Screen) bool {
	st, _ := f.find(s)
	return st != nil
}

// cut leaves the first n screens of a stack and puts others on them.
func (f *Frame) cut(st *[]*Screen, n int, more ...*Screen) {
	gone := (*st)[n:]
	*st = append((*st)[:n:n], more...)
	f.drop(gone)
	if st == f.shown() {
		f.show()
	}
}

// Top is the screen that a user looks at; nil before any.
func (f *Frame) Top() *Screen {
	st := f.stack()
	if len(st) == 0 {
		return nil
	}
	return st[len(st)-1]
}

// Push opens a screen over the one that is shown.
func (f *Frame) Push(s *Screen) {
	st := f.shown()
	f.cut(st, len(*st), s)
}

// PushOver opens a screen over another one of the stack: what stood over that goes first.
// So a list beside its page opens the next page in place of the last.
func (f *Frame) PushOver(below, s *Screen) {
	st, i := f.find(below)
	if st == nil {
		f.Push(s)
		return
	}
	f.leave((*st)[i+1:], func() {
		// A screen may have let itself go only after a while.
		if st, i := f.find(below); st != nil {
			f.cut(st, i+1, s)
		}
	})
}

// Replace opens a screen in place of the one on top.
func (f *Frame) Replace(s *Screen) {
	st := f.shown()
	f.cut(st, max(0, len(*st)-1), s)
}

// Swap opens a screen in place of another one and of what stands over that, also where the
// user looks at another tab; where the other one is gone, over what is shown.
func (f *Frame) Swap(old, s *Screen) {
	if st, i := f.find(old); st != nil {
		f.cut(st, i, s)
		return
	}
	f.Push(s)
}

// Back does what the back key does: asks the screen, then goes one back. It tells whether
// there was somewhere to go.
func (f *Frame) Back() bool {
	st := f.stack()
	if len(st) < 2 {
		return false
	}
	s := st[len(st)-1]
	f.leave(st[len(st)-1:], func() { f.Remove(s) })
	return true
}

// Pop takes the top screen away without asking it.
func (f *Frame) Pop() {
	if s := f.Top(); s != nil {
		f.Remove(s)
	}
}

// Remove takes a screen away without asking it, with what stands over it, also where the
// user looks at another tab or has gone on: work that ends late takes away its own screen
// and no other. The first screen of a stack stays.
func (f *Frame) Remove(s *Screen) {
	if st, i := f.find(s); st != nil && i > 0 {
		f.cut(st, i)
	}
}

// PopTo takes away what stands over a screen.
func (f *Frame) PopTo(s *Screen) {
	if st, i := f.find(s); st != nil {
		f.cut(st, i+1)
	}
}

// leave asks screens, the top one first, whether they may go.
func (f *Frame) leave(st []*Screen, then func()) {
	if len(st) == 0 {
		then()
		return
	}
	s := st[len(st)-1]
	rest := func() { f.leave(st[:len(st)-1], then) }
	if s.Leave == nil {
		rest()
		return
	}
	s.Leave(rest)
}

func (f *Frame) drop(st []*Screen) {
	for _, s := range st {
		s.pane = nil
		if s.Gone != nil {
			s.Gone()
		}
	}
}

// Changed lets every screen in sight look at the book anew.
func (f *Frame) Changed() {
	for _, p := range f.root.panes {
		if p.s.Refresh != nil {
			p.s.Refresh()
			p.s.Fit()
		}
	}
	f.counts()
}

// counts fetches the numbers at the tabs.
func (f *Frame) counts() {
	for _, t := range f.tabs {
		if t.Count == nil {
			continue
		}
		t.asked++
		asked := t.asked
		Load(f, t.Count, func(n int) {
			if asked == t.asked && t.count != n {
				t.count = n
				f.root.bar()
			}
		})
	}
}

func (f *Frame) show() {
	f.win.Canvas().Unfocus()
	f.said.hide()
	f.root.build()
	for _, p := range f.root.panes {
		if p.s.Refresh != nil {
			p.s.Refresh()
		}
	}
	f.root.fit()
}

// key handles what no field took. On a phone the back key arrives here only when nothing
// has the focus: with the on-screen keyboard up it closes that first.
func (f *Frame) key(k *fyne.KeyEvent) {
	switch k.Name {
	case mobile.KeyBack, fyne.KeyEscape:
		if f.root.asking() {
			f.root.answer()
			return
		}
		if !f.Back() && k.Name == mobile.KeyBack {
			if m, ok := fyne.CurrentApp().Driver().(mobile.Driver); ok {
				m.GoBack()
			}
		}
		return
	}
	if s := f.Top(); s != nil && s.Key != nil && !f.root.asking() {
		s.Key(k)
	}
}

func (f *Frame) rune(r rune) {
	if s := f.Top(); s != nil && s.Rune != nil && !f.root.asking() {
		s.Rune(r)
	}
}

// touchTime is longer than a finger rests on a field: the focus comes with the touch, and
// what moves before the finger is lifted would be tapped in its place.
const touchTime = 300 * time.Millisecond

// entryFocus scrolls a field that is typed in over the on-screen keyboard, and makes room
// below so that the last field can go there too. The room stays: nothing jumps when the
// finger goes to the next field or to a button.
func (f *Frame) entryFocus(o fyne.CanvasObject, gained bool) {
	if !gained || !fyne.CurrentDevice().IsMobile() {
		return
	}
	f.after(touchTime, func() {
		if focused, ok := o.(fyne.Focusable); !ok || f.win.Canvas().Focused() != focused {
			return
		}
		for _, p := range f.root.panes {
			if p.s.scroll != nil {
				p.s.scroll.Room(p.Size().Height / 2)
				p.s.scroll.Reveal(o)
			}
		}
	})
}

// Redraw draws everything anew, after the theme changed.
func (f *Frame) Redraw() {
	for _, s := range f.stack() {
		if s.pane != nil {
			s.pane = nil
		}
	}
	for _, t := range slices.Concat(f.tabs, f.below) {
		for _, s := range t.stack {
			s.pane = nil
		}
	}
	f.root.build()
	f.root.fit()
	f.win.Canvas().Content().Refresh()
}
