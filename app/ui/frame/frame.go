package frame

import (
	"context"
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
}

// Options are what a frame gets from outside.
type Options struct {
	Window fyne.Window
	// Now is the phone's clock; nil: time.Now.
	Now func() time.Time
	// Inline runs all work at once on the calling goroutine: for tests that look at pictures.
	Inline bool
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
	working int
	inline  bool

	tabs   []*Tab
	at     int
	single []*Screen // the stack before the tabs are there: joining, PIN
	root   *root
	said   *saying
}

// New puts an empty frame into a window.
func New(o Options) *Frame {
	f := &Frame{win: o.Window, now: o.Now, start: aside}
	if f.now == nil {
		f.now = time.Now
	}
	if o.Inline {
		f.start, f.inline = atOnce, true
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

// Close ends the work that is under way; its results are dropped.
func (f *Frame) Close() { f.end() }

// Context ends with the window.
func (f *Frame) Context() context.Context { return f.ctx }

// Window is where questions and the clipboard are.
func (f *Frame) Window() fyne.Window { return f.win }

// Now is the phone's clock.
func (f *Frame) Now() time.Time { return f.now() }

// Only shows one screen without tabs, as before the book is open.
func (f *Frame) Only(s *Screen) {
	f.drop(f.stack())
	f.tabs, f.single = nil, []*Screen{s}
	f.show()
}

// SetTabs shows the tabs, the first one open.
func (f *Frame) SetTabs(tabs ...*Tab) {
	f.drop(f.stack())
	f.single, f.tabs, f.at = nil, tabs, 0
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
		f.leave(t.stack[1:], func() {
			f.drop(t.stack[1:])
			t.stack = t.stack[:1]
			f.show()
		})
		return
	}
	f.at = i
	if t.stack == nil {
		t.stack = []*Screen{t.Root()}
	}
	f.show()
}

// stack is the one that is shown.
func (f *Frame) stack() []*Screen {
	if f.tabs == nil {
		return f.single
	}
	return f.tabs[f.at].stack
}

func (f *Frame) setStack(s []*Screen) {
	if f.tabs == nil {
		f.single = s
	} else {
		f.tabs[f.at].stack = s
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
	f.setStack(append(f.stack(), s))
	f.show()
}

// PushOver opens a screen over another one of the stack: what stood over that goes first.
// So a list beside its page opens the next page in place of the last.
func (f *Frame) PushOver(below, s *Screen) {
	st := f.stack()
	for i, x := range st {
		if x == below {
			f.leave(st[i+1:], func() {
				f.drop(st[i+1:])
				f.setStack(append(st[:i+1:i+1], s))
				f.show()
			})
			return
		}
	}
	f.Push(s)
}

// Replace opens a screen in place of the one on top.
func (f *Frame) Replace(s *Screen) {
	st := f.stack()
	if n := len(st); n > 0 {
		f.drop(st[n-1:])
		st = st[: n-1 : n-1]
	}
	f.setStack(append(st, s))
	f.show()
}

// Back does what the back key does: asks the screen, then goes one back. It tells whether
// there was somewhere to go.
func (f *Frame) Back() bool {
	st := f.stack()
	if len(st) < 2 {
		return false
	}
	f.leave(st[len(st)-1:], f.Pop)
	return true
}

// Pop takes the top screen away without asking it.
func (f *Frame) Pop() {
	st := f.stack()
	if n := len(st); n > 1 {
		f.drop(st[n-1:])
		f.setStack(st[:n-1])
		f.show()
	}
}

// PopTo takes away what stands over a screen.
func (f *Frame) PopTo(s *Screen) {
	st := f.stack()
	for i, x := range st {
		if x == s {
			f.drop(st[i+1:])
			f.setStack(st[:i+1])
			f.show()
			return
		}
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
		Load(f, t.Count, func(n int) {
			if t.count != n {
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
	for _, t := range f.tabs {
		for _, s := range t.stack {
			s.pane = nil
		}
	}
	f.root.build()
	f.root.fit()
	f.win.Canvas().Content().Refresh()
}
