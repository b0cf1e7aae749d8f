// Package lock is the screen before the book: the PIN, on a desk the passphrase, for a book
// on the disk or for one that is open and covered.
package lock

import (
	"context"
	"errors"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/join"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
)

// Lock says what is to be opened.
type Lock struct {
	Options notebook.Options
	Network notebook.Network
	// Book is open already and only covered; nil: the book in Options.Dir is opened.
	Book *notebook.Notebook
	// Opened gets the open book.
	Opened func(*notebook.Notebook)

	// pause waits between the steps of the countdown, off the screen's thread; nil: a second.
	pause func(ctx context.Context) error
}

// Screen asks for the PIN.
func Screen(f *frame.Frame, l Lock) *frame.Screen {
	if l.pause == nil {
		l.pause = second
	}
	s := &asking{f: f, l: l}
	desktop := l.Options.Desktop
	label, asks, forgotten := words.PINLabel, words.LockPIN, words.ForgottenPIN
	if desktop {
		label, asks, forgotten = words.PhraseLabel, words.LockPhrase, words.ForgottenPhrase
	}
	s.entry, s.help, s.state = join.SecretEntry(desktop), kit.Help(), kit.Column(0)
	s.entry.OnEdited = func(string) {
		kit.Tell(s.help, "")
		s.screen.Fit()
	}
	s.entry.OnSubmitted = func(string) { s.open() }
	s.pin = kit.Column(1.5*kit.Grid, kit.Plain(asks), kit.Field(label, s.entry, s.help))
	if !desktop {
		s.pin.Add(s.pad())
	}
	s.pin.Add(kit.Flow(join.Reveal(s.entry), kit.Link(forgotten, s.forgotten)))
	s.do = kit.Do(words.LockOpen, s.open)
	s.screen = &frame.Screen{
		Name: "lock", Title: words.LockTitle, Foot: s.do, Refresh: s.look, Rune: s.typed, Key: s.key,
		Body: kit.Column(1.5*kit.Grid, s.state, s.pin),
	}
	return s.screen
}

func second(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	<-ctx.Done()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil
	}
	return ctx.Err()
}

type asking struct {
	f      *frame.Frame
	l      Lock
	screen *frame.Screen
	entry  *kit.Entry
	help   *kit.Text
	state  *fyne.Container // why no PIN is asked, that it is being tried, how long to wait
	pin    *fyne.Container
	do     *kit.Button

	busy   bool
	looked bool
	left   time.Duration // of a wait, when the clock said at
	at     time.Time
}

// pad is the twelve keys of a phone.
func (s *asking) pad() fyne.CanvasObject {
	keys := make([]fyne.CanvasObject, 0, 12)
	digit := func(d string) fyne.CanvasObject { return kit.Key(d, func() { s.entry.SetText(s.entry.Text + d) }) }
	for _, d := range strings.Split("123456789", "") {
		keys = append(keys, digit(d))
	}
	keys = append(keys, kit.Gap(kit.Touch), digit("0"), kit.Act(words.LockErase, func() {
		if r := []rune(s.entry.Text); len(r) > 0 {
			s.entry.SetText(string(r[:len(r)-1]))
		}
	}))
	return kit.Even(3, keys...)
}

// typed takes what is typed while the field has no focus: on a phone the digits, which the
// keys beside the field give too, on a desk all, and the field gets the focus.
func (s *asking) typed(r rune) bool {
	if s.l.Options.Desktop && s.pin.Visible() {
		s.f.Window().Canvas().Focus(s.entry)
		s.entry.TypedRune(r)
		return true
	}
	if s.l.Options.Desktop || r < '0' || r > '9' {
		return false
	}
	s.entry.SetText(s.entry.Text + string(r))
	return true
}

func (s *asking) key(k *fyne.KeyEvent) bool {
	if k.Name != fyne.KeyReturn && k.Name != fyne.KeyEnter {
		return false
	}
	s.open()
	return true
}

// look asks once what is in the folder; what stands in the way of any PIN is said instead.
func (s *asking) look() {
	if s.l.Book != nil || s.looked || s.busy {
		return
	}
	s.looked = true
	var there notebook.Standing
	dir := s.l.Options.Dir
	s.f.Go(func(ctx context.Context) error {
		there = notebook.Look(ctx, dir)
		return nil
	}, func(error) {
		switch {
		case there.Err != nil:
			s.refuse(say(there.Err))
		case there.Busy:
			s.refuse(words.LockBusy)
		case !there.Book:
			s.refuse(words.LockNoBook)
		default:
			s.pin.Show()
			s.do.Show()
			s.show()
		}
	})
}

// refuse shows why no PIN is asked.
func (s *asking) refuse(why string) {
	s.pin.Hide()
	s.do.Hide()
	s.show(kit.Banner(kit.SignWrong, why, kit.Waiting, kit.Act(words.LockAgain, func() {
		s.looked = false
		s.look()
	})))
}

// say is notebook.Say; a book that cannot be opened for no reason with words is damaged.
func say(err error) string {
	if said := notebook.Say(err); said != words.Unexpected {
		return said
	}
	return words.LockDamaged
}

func (s *asking) show(objects ...fyne.CanvasObject) {
	s.state.Objects = objects
	s.state.Refresh()
	s.screen.Fit()
}

func (s *asking) open() {
	if s.busy || s.left > 0 || !s.pin.Visible() {
		return
	}
	pin := s.entry.Text
	if pin == "" {
		s.tell(words.LockEmpty)
		return
	}
	kit.Tell(s.help, "")
	s.busy = true
	s.do.Disable()
	s.show(kit.State(kit.SignAgain, words.LockOpening, kit.Told))
	book, o := s.l.Book, s.l.Options
	s.f.Go(func(ctx context.Context) error {
		if book != nil {
			return book.Unlock(ctx, pin)
		}
		var err error
		book, err = Open(ctx, o, pin)
		return err
	}, func(err error) {
		s.busy = false
		s.do.Enable()
		s.show()
		if err != nil {
			s.failed(err)
			return
		}
		s.entry.SetText("")
		s.l.Opened(book)
	})
}

// Open is notebook.Open for a window: one that was closed meanwhile leaves no book open, of
// which the next window would say that it is open elsewhere.
func Open(ctx context.Context, o notebook.Options, pin string) (*notebook.Notebook, error) {
	n, err := notebook.Open(ctx, o, pin)
	if err == nil && ctx.Err() != nil {
		return nil, errors.Join(ctx.Err(), n.Close())
	}
	return n, err
}

func (s *asking) failed(err error) {
	var wait *notebook.WaitError
	switch {
	case errors.As(err, &wait):
		s.left, s.at = wait.For, s.f.Now()
		s.do.Disable()
		s.tick()
	case notebook.WrongPIN(err):
		s.entry.SetText("")
		if s.l.Options.Desktop {
			s.tell(words.PhraseWrong)
		} else {
			s.tell(notebook.Say(err))
		}
	case s.l.Book == nil:
		s.refuse(say(err))
	default:
		s.tell(notebook.Say(err))
	}
}

func (s *asking) tell(why string) {
	kit.Tell(s.help, why)
	s.screen.Fit()
}

// tick shows how long is left to wait, and gives the button back after it.
func (s *asking) tick() {
	// Both ways of counting: on the wall a clock may be set back, the other one stands still
	// while a phone sleeps. Neither makes the wait longer.
	now := s.f.Now()
	s.left -= max(now.Sub(s.at), now.Round(0).Sub(s.at.Round(0)), 0)
	s.at = now
	if s.left <= 0 {
		s.left = 0
		s.do.Enable()
		s.show()
		return
	}
	s.show(kit.Banner(kit.SignAgain, words.LockWait(int((s.left+time.Second-1)/time.Second)), kit.Waiting))
	pause := s.l.pause
	s.f.Go(func(ctx context.Context) error { return pause(ctx) }, func(err error) {
		if err == nil && s.left > 0 {
			s.tick()
		}
	})
}

// forgotten goes the way of a new code.
func (s *asking) forgotten() {
	if s.busy {
		return
	}
	s.f.Push(join.Recover(s.f, join.Start{Options: s.l.Options, Network: s.l.Network, Opened: s.l.Opened}, func() *notebook.Notebook {
		book := s.l.Book
		s.l.Book = nil // closed from now on: this screen opens it from the disk again
		return book
	}))
}
