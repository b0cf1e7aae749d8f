// Package ui is the field app in a window: it opens the book or joins, puts the screens of
// its sub-packages into tabs, and keeps the book in step with the server while the window
// is there. app's main calls Run. Screens are in the packages below; the window, its stack
// of screens and its threads in ui/frame, the widgets in ui/kit.
//
// # The phone's concerns, and where they are met
//
//   - where the book lies: folder, below
//   - storage running out: notebook.State says so before writing fails; ui/sending shows it
//   - the app killed: ui/frame's Drafting, and resume below
//   - a long time in the background: Away and Here below, and ui/frame's Lock, under which
//     half-written forms stay as they are
//   - the back key: ui/frame's key, and ui/kit's letGo
//   - the on-screen keyboard over a field: ui/frame's entryFocus
//   - rotation: ui/frame's root lays out for the size that it has
//   - temporary files: the pragma temp_store in app/store
package ui

import (
	"context"
	"path/filepath"
	"time"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/check"
	"sodanvan/app/ui/desk"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/household"
	"sodanvan/app/ui/join"
	"sodanvan/app/ui/kit"
	"sodanvan/app/ui/lock"
	"sodanvan/app/ui/notices"
	"sodanvan/app/ui/petition"
	"sodanvan/app/ui/sending"
	"sodanvan/app/ui/settings"
	"sodanvan/app/ui/tasks"
	"sodanvan/app/ui/visit"
	"sodanvan/app/words"
)

// ID names the app to the system; preferences lie below it.
const ID = "vn.sodanvan.app"

// lockAfter is how long the app may be in the background before it asks for the PIN again.
const lockAfter = 10 * time.Minute

// Options say what a window shows.
type Options struct {
	// Book is the folder and what else a book needs; an empty Dir: the app's own folder.
	Book notebook.Options
	// Network says how servers are reached.
	Network notebook.Network
	// PIN opens the book without asking: for trying out. "": the user is asked.
	PIN string
	// Size of the window on a desktop; zero: 1100 x 760.
	Size fyne.Size
	// Title of the window; "": the app's name.
	Title string
}

// Window is the app in one window.
type Window struct {
	f   *frame.Frame
	app fyne.App
	o   Options
	// follow ends what keeps followed in step with the server.
	follow   context.CancelFunc
	followed *notebook.Notebook
	begin    func(*notebook.Notebook) context.CancelFunc // nil: nothing is kept in step
	// hidden is since when the app is in the background; zero: it is not. By the clock on the
	// wall: the one that Go counts with stands still while a phone sleeps.
	hidden time.Time
}

// Run shows the window and returns when it is closed.
func Run(app fyne.App, o Options) {
	if o.Title == "" {
		o.Title = words.AppName
	}
	if o.Size.IsZero() {
		o.Size = fyne.NewSize(1100, 760)
	}
	win := app.NewWindow(o.Title)
	win.Resize(o.Size)
	w := New(app, win, o, false)
	// Not before: fyne.Do runs at once, on any goroutine, until the driver's loop turns.
	app.Lifecycle().SetOnStarted(func() {
		w.Begin()
		exposeOutline(win)
	})
	app.Lifecycle().SetOnExitedForeground(w.Away)
	app.Lifecycle().SetOnEnteredForeground(w.Here)
	win.SetOnClosed(w.Close)
	win.ShowAndRun()
}

// New puts the app into a window; Begin shows something in it. With inline all work is done at once on the calling
// goroutine, for tests that look at pictures.
func New(app fyne.App, win fyne.Window, o Options, inline bool) *Window {
	o.Book.Dir = folder(app, o.Book.Dir)
	o.Book.Desktop = !fyne.CurrentDevice().IsMobile()
	if o.Book.Remote == nil {
		o.Book.Remote = notebook.ViaNetwork(o.Network)
	}
	if err := speakVietnamese(); err != nil {
		fyne.LogError("translate the toolkit", err)
	}
	settings.Load(app).Apply(app)
	household.Handover = desk.Handover
	w := &Window{app: app, o: o}
	w.f = frame.New(frame.Options{Window: win, Now: o.Book.Now, Inline: inline})
	if !inline {
		w.begin = func(n *notebook.Notebook) context.CancelFunc { return w.f.Follow(n.Live, w.progressed) }
	}
	return w
}

// folder is where the book lies: an absolute path below the app's own storage, which is
// the only place that a phone lets an app write to.
func folder(app fyne.App, dir string) string {
	if dir == "" {
		return filepath.Join(app.Storage().RootURI().Path(), "book")
	}
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}

// Begin asks for the PIN of the book that is there, or for a code.
func (w *Window) Begin() {
	var there notebook.Standing
	w.f.Go(func(ctx context.Context) error {
		there = notebook.Look(ctx, w.o.Book.Dir)
		return nil
	}, func(error) {
		switch {
		case !there.Book && there.Err == nil && !there.Busy:
			w.f.Only(join.Screen(w.f, join.Start{Options: w.o.Book, Network: w.o.Network, Opened: w.opened}))
		case w.o.PIN != "":
			w.openWith(w.o.PIN)
		default:
			w.ask()
		}
	})
}

// ask shows the screen for the PIN: over the screens of a book that is open, which stay as
// they are, and before there is one. A book that was wiped needs none.
func (w *Window) ask() {
	book := w.f.Book
	switch {
	case book != nil && book.Progress().Wiped:
		w.f.Only(sending.Wiped(w.f))
		return
	case book != nil && book.Closed(): // on the way to a new PIN, which was not gone to its end
		book = nil
	}
	w.f.Lock(lock.Screen(w.f, lock.Lock{Options: w.o.Book, Network: w.o.Network, Book: book, Opened: w.opened}))
}

func (w *Window) openWith(pin string) {
	var n *notebook.Notebook
	w.f.Go(func(ctx context.Context) error {
		var err error
		n, err = lock.Open(ctx, w.o.Book, pin)
		return err
	}, func(err error) {
		if err != nil {
			w.ask()
			w.f.Fail(err)
			return
		}
		w.opened(n)
	})
}

// opened shows the book: where it was only covered, as it stood.
func (w *Window) opened(n *notebook.Notebook) {
	if n == w.f.Book && w.f.Unlock() {
		return
	}
	w.f.Book = n
	w.f.SetTabs(
		&frame.Tab{Name: "households", Label: words.TabHouseholds, Sign: kit.SignHome, Root: func() *frame.Screen { return household.List(w.f, false) }},
		&frame.Tab{Name: "tasks", Label: words.TabTasks, Sign: kit.SignTasks, Root: w.tasks, Count: func() int { return tasks.Count(n) }},
		&frame.Tab{Name: "petitions", Label: words.TabPetitions, Sign: kit.SignPetition, Root: func() *frame.Screen { return petition.List(w.f) }},
		&frame.Tab{Name: "notices", Label: words.TabNotices, Sign: kit.SignNotice, Root: func() *frame.Screen { return notices.Root(w.f) }, Count: func() int { return notices.Count(n) }},
		&frame.Tab{Name: "sync", Label: words.TabSync, Sign: kit.SignSync, Root: w.sending, Count: func() int { return sending.Count(n) }},
	)
	w.resume()
	if w.begin == nil || n == w.followed {
		return
	}
	if w.follow != nil {
		w.follow() // of the book that a new PIN closed
	}
	w.follow, w.followed = w.begin(n), n
}

// progressed is called on the screen's thread when a sync moved.
func (w *Window) progressed(p notebook.Progress) {
	if p.Wiped {
		w.f.Only(sending.Wiped(w.f))
		return
	}
	w.f.Changed()
}

// resume opens the form that was open when the app was killed.
func (w *Window) resume() {
	frame.Load(w.f, w.f.Book.Drafts, func(ds []notebook.Draft) {
		for _, d := range ds {
			if h, ok := frame.ReadHalf(d); ok && h.Open {
				if s := w.resumed(d); s != nil {
					w.f.Push(s)
				}
				return
			}
		}
	})
}

// resumed gives the form of a draft; nil where no form of this app made it.
func (w *Window) resumed(d notebook.Draft) *frame.Screen {
	switch d.Kind.Code {
	case "visit":
		return visit.ResumeDraft(w.f, d)
	case "petition":
		return petition.ResumeDraft(w.f, d)
	case "household", "contribution":
		return household.ResumeDraft(w.f, d)
	}
	return nil
}

// mend gives the page of a refused record.
func (w *Window) mend(m notebook.Mend) *frame.Screen {
	switch m.Kind.Code {
	case "visit":
		return visit.Mend(w.f, m)
	case "petition", "step":
		return petition.Mend(w.f, m)
	}
	return household.Mend(w.f, m)
}

func (w *Window) tasks() *frame.Screen {
	return tasks.Root(w.f, tasks.Deps{
		Desk:      func() *frame.Screen { return desk.Root(w.f) },
		Household: func(id notebook.ID) *frame.Screen { return household.Page(w.f, id) },
		Resume:    w.resumed,
		Mend:      w.mend,
		Visit:     func(h, id notebook.ID) *frame.Screen { return visit.Edit(w.f, h, id) },
		Petition:  func(id notebook.ID) *frame.Screen { return petition.Page(w.f, id) },
	})
}

func (w *Window) sending() *frame.Screen {
	return sending.Root(w.f, sending.Deps{
		Settings: func() *frame.Screen {
			return settings.Root(w.f, settings.Deps{
				Apply: w.f.Redraw,
				Check: func() *frame.Screen { return check.Root(w.f, w.o.Book) },
				Lock:  w.ask,
			})
		},
		Rejoin: func() *frame.Screen {
			return join.Rejoin(w.f, w.o.Network, w.f.Book, func() { w.f.Tell(words.RejoinDone) })
		},
	})
}

// Away is called when the app goes to the background.
func (w *Window) Away() {
	if w.hidden.IsZero() {
		w.hidden = wall(w.f.Now())
	}
}

// Here is called when it comes back: it syncs, and a phone asks for the PIN after a long time.
func (w *Window) Here() {
	if w.hidden.IsZero() {
		return
	}
	since := w.hidden
	w.hidden = time.Time{}
	if w.f.Book == nil {
		return
	}
	if fyne.CurrentDevice().IsMobile() && long(since, w.f.Now()) {
		w.ask()
	}
	w.f.Book.Kick()
}

// long tells whether so much time went by that the PIN is asked for; a clock that was set
// back says nothing, and the PIN is asked for too.
func long(since, now time.Time) bool {
	away := wall(now).Sub(since)
	return away < 0 || away > lockAfter
}

// wall is a time without what Go counts beside it.
func wall(t time.Time) time.Time { return t.Round(0) }

// Close ends what runs beside the window and closes the book.
func (w *Window) Close() {
	w.f.Close()
	if w.follow != nil {
		w.follow()
	}
	if w.f.Book != nil {
		w.f.Book.Close()
	}
}
