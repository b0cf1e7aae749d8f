package lock

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	_ "modernc.org/sqlite"

	"sodanvan/app/notebook"
	"sodanvan/app/notebook/notebooktest"
	"sodanvan/app/store"
	"sodanvan/app/ui/kit"
	"sodanvan/app/ui/uitest"
	"sodanvan/app/words"
)

// stage is the book of a member in a folder, and the screen before it.
type stage struct {
	*uitest.Rig
	branch *notebooktest.Branch
	lock   Lock
	opened []*notebook.Notebook
	// waits is how often the countdown paused; after the first it goes on as long as left.
	waits int
	left  []time.Duration
}

var errStop = errors.New("no more seconds in this test")

func newStage(t *testing.T, size fyne.Size, open bool) *stage {
	t.Helper()
	b := notebooktest.NewBranch(t)
	s := &stage{branch: b, Rig: uitest.Bare(t, size, func() time.Time { return b.At })}
	dir := filepath.Join(t.TempDir(), "book")
	n := b.Empty(notebooktest.Binh, dir)
	if open {
		s.lock.Book = n
		t.Cleanup(func() { n.Close() })
	} else if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	s.lock.Options = b.Options(dir)
	s.lock.Opened = func(n *notebook.Notebook) {
		s.opened = append(s.opened, n)
		t.Cleanup(func() { n.Close() })
	}
	s.lock.pause = func(context.Context) error {
		s.waits++
		if len(s.left) == 0 {
			return errStop
		}
		b.At = b.At.Add(s.left[0])
		s.left = s.left[1:]
		return nil
	}
	return s
}

func (s *stage) show() { s.Show(Screen(s.Frame, s.lock)) }

func (s *stage) enter(pin string) {
	for _, d := range pin {
		s.Tap(string(d))
	}
	s.Tap(words.LockOpen)
}

func TestPadOpensTheBook(t *testing.T) {
	s := newStage(t, uitest.Phone, false)
	s.show()
	s.Golden("phone")
	s.Tap(words.LockOpen)
	s.Want(words.LockEmpty)
	s.Tap("2")
	s.Tap("9")
	s.Tap(words.LockErase)
	s.enter(notebooktest.PIN[1:])
	if len(s.opened) != 1 || s.opened[0].Me().ID != notebooktest.Binh {
		t.Fatalf("opened %d books:\n%s", len(s.opened), s.Text())
	}
}

func TestKeysWithoutFocusOpenTheBook(t *testing.T) {
	s := newStage(t, uitest.Phone, true)
	s.show()
	top := s.Frame.Top()
	for _, d := range notebooktest.PIN {
		if !top.Rune(d) {
			t.Errorf("%c is not taken", d)
		}
	}
	if top.Rune('x') || !top.Key(&fyne.KeyEvent{Name: fyne.KeyReturn}) {
		t.Error("a letter is taken for a digit, or Enter is not taken")
	}
	if len(s.opened) != 1 || s.opened[0] != s.lock.Book {
		t.Fatalf("the open book was not given back:\n%s", s.Text())
	}
}

// On a desk who begins to type need not click into the field first.
func TestLettersWithoutFocusOpenTheBookOfADesk(t *testing.T) {
	s := newStage(t, uitest.Desktop, true)
	s.lock.Options.Desktop = true
	s.show()
	test.TypeOnCanvas(s.Window.Canvas(), notebooktest.PIN)
	if got := s.Field(words.PhraseLabel).Text; got != notebooktest.PIN {
		t.Fatalf("the field has %q", got)
	}
	s.Type(words.PhraseLabel, "\n")
	if len(s.opened) != 1 {
		t.Errorf("not opened:\n%s", s.Text())
	}
}

// The window is closed while the PIN is being tried: the next one opens the book.
func TestAWindowThatCloses(t *testing.T) {
	s := newStage(t, uitest.Phone, false)
	remote := s.lock.Options.Remote
	s.lock.Options.Remote = func(st *store.Store) (notebook.Remote, error) {
		s.Frame.Close()
		return remote(st)
	}
	s.show()
	s.enter(notebooktest.PIN)
	if len(s.opened) != 0 {
		t.Error("a closed window shows a book")
	}
	if there := notebook.Look(t.Context(), s.lock.Options.Dir); there.Busy || !there.Book {
		t.Errorf("the book stays open: %+v", there)
	}
}

// Wrong PINs are told, then the button rests while the wait is counted down.
func TestWrongPINsWait(t *testing.T) {
	for name, open := range map[string]bool{"on the disk": false, "open": true} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, uitest.Phone, open)
			s.show()
			for range 4 {
				s.enter("314159")
				s.Want("Mã PIN chưa đúng")
				if got := s.Field(words.PINLabel).Text; got != "" {
					t.Errorf("the wrong PIN stays: %q", got)
				}
			}
			s.enter(notebooktest.PIN)
			s.Want("Nhập sai nhiều lần. Đợi 30 giây rồi nhập lại.")
			if s.waits != 1 || len(s.opened) != 0 {
				t.Fatalf("paused %d times, opened %d", s.waits, len(s.opened))
			}
			if !open {
				s.Golden("wait")
			}
			foot := s.Frame.Top().Foot.(*kit.Button)
			if !foot.Disabled() {
				t.Error("the button does not rest")
			}
			s.Frame.Top().Key(&fyne.KeyEvent{Name: fyne.KeyReturn})
			if len(s.opened) != 0 {
				t.Error("Enter got by")
			}
			// The next screen begins anew, and the wait still holds.
			s.left = []time.Duration{10 * time.Second, 25 * time.Second}
			s.show()
			s.enter(notebooktest.PIN)
			s.WantNot("Nhập sai nhiều lần")
			if s.waits != 3 {
				t.Errorf("paused %d times", s.waits)
			}
			if got := s.Field(words.PINLabel).Text; got != notebooktest.PIN {
				t.Errorf("what was typed is gone: %q", got)
			}
			s.Tap(words.LockOpen)
			if len(s.opened) != 1 {
				t.Errorf("not opened after the wait:\n%s", s.Text())
			}
		})
	}
}

// A clock that is set back while the wait is counted down makes it no longer.
func TestAClockSetBackMakesNoWaitLonger(t *testing.T) {
	s := newStage(t, uitest.Phone, true)
	s.left = []time.Duration{-24 * time.Hour, 30 * time.Second}
	s.show()
	for range 5 {
		s.enter("000000")
	}
	s.WantNot("Nhập sai nhiều lần")
	if s.waits != 2 || s.Frame.Top().Foot.(*kit.Button).Disabled() {
		t.Errorf("%d pauses:\n%s", s.waits, s.Text())
	}
}

func TestLongWaitIsInMinutes(t *testing.T) {
	for seconds, want := range map[int]string{59: "Đợi 59 giây", 60: "Đợi 1 phút 00 giây", 3599: "Đợi 59 phút 59 giây"} {
		if got := words.LockWait(seconds); !strings.Contains(got, want) {
			t.Errorf("%d: %q", seconds, got)
		}
	}
}

// A second passes in one pause, and the end of the window ends it at once.
func TestSecond(t *testing.T) {
	if err := second(t.Context()); err != nil {
		t.Error(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := second(ended); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestOpenElsewhere(t *testing.T) {
	s := newStage(t, uitest.Phone, true)
	other := s.lock.Book
	s.lock.Book = nil
	s.show()
	s.Want(words.LockBusy)
	s.WantNot(words.PINLabel)
	s.Golden("busy")
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	s.Tap(words.LockAgain)
	s.WantNot(words.LockBusy)
	s.enter(notebooktest.PIN)
	if len(s.opened) != 1 {
		t.Errorf("not opened:\n%s", s.Text())
	}
}

func TestBooksThatNoPINOpens(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(file string) error
		want  string
	}{
		"newer": {func(file string) error {
			db, err := sql.Open("sqlite", file)
			if err != nil {
				return err
			}
			_, err = db.Exec("PRAGMA user_version = 999")
			return errors.Join(err, db.Close())
		}, "phiên bản ứng dụng mới hơn"},
		"damaged": {func(file string) error {
			return os.WriteFile(file, []byte(strings.Repeat("không phải sổ ", 1000)), 0o600)
		}, words.LockDamaged},
		"gone": {os.Remove, words.LockNoBook},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, uitest.Phone, false)
			if err := c.spoil(filepath.Join(s.lock.Options.Dir, "book.db")); err != nil {
				t.Fatal(err)
			}
			s.show()
			s.Want(c.want, words.LockAgain)
			s.WantNot(words.PINLabel)
		})
	}
}

func TestForgotten(t *testing.T) {
	s := newStage(t, uitest.Phone, false)
	s.show()
	s.Tap(words.ForgottenPIN)
	s.Want(words.RecoverTitle, words.CodeLabel)
	s.Frame.Back()
	s.Want(words.LockPIN)
}

// A covered book is closed to be recovered; where that fails it opens with its old PIN.
func TestForgottenOfAnOpenBookFails(t *testing.T) {
	s := newStage(t, uitest.Phone, true)
	s.show()
	s.Tap(words.ForgottenPIN)
	s.Type(words.CodeLabel, "0000-0000-0000-0000-0000N")
	s.Type(words.ServerLabel, "127.0.0.1:1") // nothing listens there
	s.Tap(words.Next)
	s.Type(words.PINLabel, "314159")
	s.Type(words.PINAgain, "314159")
	s.Tap(words.RecoverDo)
	s.Want(words.JoinNoNetwork)
	s.Frame.Back()
	s.Frame.Back()
	s.enter(notebooktest.PIN)
	if len(s.opened) != 1 || s.opened[0] == s.lock.Book {
		t.Fatalf("opened %d books:\n%s", len(s.opened), s.Text())
	}
	if me := s.opened[0].Me(); me.ID != notebooktest.Binh {
		t.Errorf("another book: %+v", me)
	}
}

func TestDesk(t *testing.T) {
	s := newStage(t, uitest.Desktop, true)
	s.lock.Options.Desktop = true
	s.show()
	s.Want(words.LockPhrase, words.ForgottenPhrase)
	s.WantNot(words.LockErase)
	s.Type(words.PhraseLabel, "sai rồi\n")
	s.Want(words.PhraseWrong)
	s.Window.Canvas().Unfocus()
	s.Golden("desk_wrong")
	s.Type(words.PhraseLabel, notebooktest.PIN+"\n")
	if len(s.opened) != 1 {
		t.Errorf("not opened:\n%s", s.Text())
	}
}

func TestPictures(t *testing.T) {
	s := newStage(t, uitest.Phone, false)
	s.show()
	s.enter("3141")
	s.Theme(kit.Theme{Step: 3, Shade: kit.Light})
	s.Golden("big")
	s.Theme(kit.Theme{Shade: kit.Dark})
	s.Golden("dark")
}
