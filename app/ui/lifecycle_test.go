package ui

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
	"sodanvan/app/store"
	"sodanvan/app/ui/uitest"
	"sodanvan/app/words"
)

// begun is the app on a member's book, opened without asking.
type begun struct {
	*uitest.Rig
	w        *Window
	branch   *nt.Branch
	followed []*notebook.Notebook
	ended    int
}

func begin(t *testing.T, member notebook.ID, change ...func(*notebook.Options)) *begun {
	t.Helper()
	b := nt.NewBranch(t)
	dir := filepath.Join(t.TempDir(), "so")
	n := b.Empty(member, dir)
	if _, err := n.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	o := b.Options(dir)
	for _, c := range change {
		c(&o)
	}
	app := test.NewTempApp(t)
	win := test.NewTempWindow(t, nil)
	s := &begun{branch: b, w: New(app, win, Options{Book: o, PIN: nt.PIN}, true)}
	s.w.begin = func(n *notebook.Notebook) context.CancelFunc {
		s.followed = append(s.followed, n)
		return func() { s.ended++ }
	}
	win.Resize(uitest.Phone)
	s.w.Begin()
	t.Cleanup(s.w.Close)
	s.Rig = &uitest.Rig{T: t, Frame: s.w.f, Window: win, Branch: b, Book: s.w.f.Book}
	return s
}

func (s *begun) unlock() {
	s.T.Helper()
	s.Field(secret()).SetText(nt.PIN)
	s.Tap(words.LockOpen)
}

// TestTheLockKeepsWhatIsHalfWritten: also in forms that keep no draft, and in the tab that is
// open. Nothing of it can be read meanwhile.
func TestTheLockKeepsWhatIsHalfWritten(t *testing.T) {
	s := begin(t, nt.Hoa)
	s.Tap(words.TabTasks)
	s.Tap(words.Desk)
	s.Tap(words.Members)
	s.Tap(words.AddMember)
	s.Type(words.MemberName, "Vu Thi Moi")
	s.w.ask()
	s.Want(asks())
	s.WantNot("Vu Thi Moi", words.TabTasks, words.AddMember)
	s.Frame.Changed() // a sync in the background
	s.Frame.Open("households")
	s.Frame.Back()
	s.w.ask() // and away again
	s.WantNot("Vu Thi Moi", words.TabTasks)
	s.Field(secret()).SetText("333333")
	s.Tap(words.LockOpen)
	s.WantNot("Vu Thi Moi")
	s.unlock()
	if got := s.Field(words.MemberName).Text; got != "Vu Thi Moi" {
		t.Errorf("the form says %q", got)
	}
	s.Tap(words.Save)
	s.Want(words.MemberAdded)
	if len(s.followed) != 1 || s.ended != 0 {
		t.Errorf("kept in step %d times, ended %d times", len(s.followed), s.ended)
	}
}

// TestAFormWithADraftIsThereOnceAfterTheLock: not a second time from its draft.
func TestAFormWithADraftIsThereOnceAfterTheLock(t *testing.T) {
	s := begin(t, nt.Binh)
	s.Tap("Nguyễn Văn Đạt")
	s.Tap(words.RecordVisit)
	s.Tap("Không gặp ai")
	s.Type(words.FieldNext, "5/12")
	top := s.Frame.Top()
	s.w.ask()
	s.unlock()
	s.Want("5/12")
	if s.Frame.Top() != top {
		t.Error("another form is shown")
	}
	s.Tap(words.Done)
	s.Want(words.Written)
	if d := s.Book.Drafts(); len(d) != 0 {
		t.Errorf("%d drafts are left", len(d))
	}
}

// TestNoQuestionStaysOverTheLock: its answer would act on a book that is covered.
func TestNoQuestionStaysOverTheLock(t *testing.T) {
	s := begin(t, nt.Binh)
	done := false
	s.Frame.Ask("Hỏi", "Câu hỏi về một hộ", "Làm", "Thôi", func() { done = true })
	s.w.ask()
	s.WantNot("Câu hỏi về một hộ", "Làm")
	s.unlock()
	s.WantNot("Câu hỏi về một hộ")
	if done {
		t.Error("the question was answered")
	}
}

// TestTheBookOfANewPINIsKeptInStep: a forgotten PIN closes the book and opens it anew.
func TestTheBookOfANewPINIsKeptInStep(t *testing.T) {
	s := begin(t, nt.Binh)
	s.w.ask()
	if err := s.Book.Close(); err != nil { // as join.Recover does, before it asks the server
		t.Fatal(err)
	}
	again, err := notebook.Open(t.Context(), s.w.o.Book, nt.PIN)
	if err != nil {
		t.Fatal(err)
	}
	s.w.opened(again)
	s.Want(words.MyHouseholds)
	if len(s.followed) != 2 || s.followed[1] != again || s.ended != 1 {
		t.Errorf("kept in step: %d, ended: %d", len(s.followed), s.ended)
	}
}

// TestABookThatIsClosedIsOpenedFromTheDisk: the way to a new PIN was not gone to its end.
func TestABookThatIsClosedIsOpenedFromTheDisk(t *testing.T) {
	s := begin(t, nt.Binh)
	if err := s.Book.Close(); err != nil {
		t.Fatal(err)
	}
	s.w.ask()
	s.unlock()
	s.Want(words.MyHouseholds)
	if s.w.f.Book == s.Book || s.w.f.Book.Closed() {
		t.Error("the closed book is shown")
	}
}

// TestTimeAway: by the clock on the wall, since the other one stands still in a pocket.
func TestTimeAway(t *testing.T) {
	now := time.Now()
	if s := wall(now).String(); strings.Contains(s, "m=") {
		t.Errorf("%s counts with the clock that stands still", s)
	}
	for away, want := range map[time.Duration]bool{0: false, 9 * time.Minute: false, 11 * time.Minute: true, 8 * time.Hour: true, -time.Hour: true} {
		if got := long(wall(now), now.Add(away)); got != want {
			t.Errorf("%v away: %v", away, got)
		}
	}
	s := begin(t, nt.Binh)
	s.w.Away()
	s.w.Here()
	s.Want(words.MyHouseholds)
	if !s.w.hidden.IsZero() {
		t.Error("still away")
	}
}

// TestAPhoneAsksAfterTenMinutes: and a desk, where a window is often behind others, does not.
func TestAPhoneAsksAfterTenMinutes(t *testing.T) {
	s := begin(t, nt.Binh)
	away := func(d time.Duration) {
		s.w.Away()
		s.branch.At = s.branch.At.Add(d)
		s.w.Here()
	}
	if !mobile {
		away(time.Hour)
		s.Want(words.MyHouseholds)
	}
	desk := fyne.CurrentApp()
	fyne.SetCurrentApp(phoneApp{desk})
	t.Cleanup(func() { fyne.SetCurrentApp(desk) })
	away(9 * time.Minute)
	s.Want(words.MyHouseholds)
	s.w.Away()
	s.branch.At = s.branch.At.Add(6 * time.Minute)
	away(5 * time.Minute) // told twice that it is away
	s.WantNot(words.MyHouseholds)
	away(time.Hour)
	s.unlock()
	s.Want(words.MyHouseholds)
}

// device is a driver's device that says it is a phone.
type device struct{ fyne.Device }

func (device) IsMobile() bool { return true }

// phone is a driver with that device.
type phone struct{ fyne.Driver }

func (p phone) Device() fyne.Device { return device{p.Driver.Device()} }

// phoneApp is an app on a phone.
type phoneApp struct{ fyne.App }

func (a phoneApp) Driver() fyne.Driver { return phone{a.App.Driver()} }

// TestAWipedBookAsksForNoPIN: its owner reads what became of it, however often they come back.
func TestAWipedBookAsksForNoPIN(t *testing.T) {
	s := begin(t, nt.Binh, func(o *notebook.Options) {
		remote := o.Remote
		o.Remote = func(st *store.Store) (notebook.Remote, error) {
			r, err := remote(st)
			return ending{r}, err
		}
	})
	ctx, end := context.WithCancel(t.Context())
	s.Book.Live(ctx, func(p notebook.Progress) {
		s.w.progressed(p)
		end()
	})
	s.Want(words.WipedWhat)
	s.w.ask()
	s.Want(words.WipedWhat)
	s.WantNot(asks())
	s.w.Away()
	s.w.Here()
	s.Want(words.WipedWhat)
}

// ending is a way to the server of a phone that was revoked.
type ending struct{ notebook.Remote }

func (ending) Keep(_ context.Context, _ <-chan struct{}, w notebook.Watch) {
	w.Ended(notebook.Round{Wiped: true}, nil)
}

// asks and secret are how the lock asks on the driver of this test binary.
func asks() string {
	if mobile {
		return words.LockPIN
	}
	return words.LockPhrase
}

func secret() string {
	if mobile {
		return words.PINLabel
	}
	return words.PhraseLabel
}
