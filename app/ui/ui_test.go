package ui_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/test"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
	"sodanvan/app/ui"
	"sodanvan/app/ui/outline"
	"sodanvan/app/ui/uitest"
	"sodanvan/app/words"
)

// app is the whole app in one window of the test driver, on a book that is on the disk.
type app struct {
	*uitest.Rig
	w *ui.Window
}

// open starts the app on a folder, as after a tap on its icon.
func open(t *testing.T, size fyne.Size, o notebook.Options, pin string) *app {
	t.Helper()
	a := test.NewTempApp(t)
	win := test.NewTempWindow(t, nil)
	w := ui.New(a, win, ui.Options{Book: o, PIN: pin}, true)
	win.Resize(size)
	w.Begin()
	t.Cleanup(w.Close)
	return &app{&uitest.Rig{T: t, Window: win}, w}
}

// book makes a member's book in a folder and closes it.
func book(t *testing.T, member notebook.ID) (*nt.Branch, notebook.Options) {
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
	return b, b.Options(dir)
}

func TestFirstStartAsksForACode(t *testing.T) {
	a := open(t, uitest.Phone, notebook.Options{Dir: filepath.Join(t.TempDir(), "so")}, "")
	a.Want(words.JoinBegin)
}

func TestAllTabsOpen(t *testing.T) {
	for name, c := range map[string]struct {
		member notebook.ID
		size   fyne.Size
	}{"member_phone": {nt.Binh, uitest.Phone}, "secretary_desktop": {nt.Hoa, uitest.Desktop}} {
		t.Run(name, func(t *testing.T) {
			_, o := book(t, c.member)
			a := open(t, c.size, o, nt.PIN)
			a.Want(words.MyHouseholds)
			a.Golden(name)
			for tab, title := range map[string]string{
				words.TabTasks: words.TasksToday, words.TabPetitions: words.Petitions, words.TabNotices: words.Notices,
				words.TabSync: words.State, words.TabHouseholds: words.MyHouseholds,
			} {
				a.Tap(tab)
				a.Want(title)
			}
		})
	}
}

// TestNoNetworkFromTheSecondStartOn: the server is gone, and everything of a day's work
// goes on.
func TestNoNetworkFromTheSecondStartOn(t *testing.T) {
	b, o := book(t, nt.Binh)
	b.SetDown(true)
	a := open(t, uitest.Phone, o, nt.PIN)
	a.Tap("Nguyễn Văn Đạt")
	a.Tap(words.RecordVisit)
	a.Tap("Không gặp ai")
	a.Tap(words.Done)
	a.Want(words.Written)
	a.Tap(words.Back)
	a.Tap(words.TabSync)
	a.Want(words.UnsentCount(1))
	a.Tap(words.SendNow)
	a.Want(words.NoNetwork)
}

// TestAKilledAppReopensOnItsForm: what was typed is there, also what could not be saved yet.
func TestAKilledAppReopensOnItsForm(t *testing.T) {
	_, o := book(t, nt.Binh)
	a := open(t, uitest.Phone, o, nt.PIN)
	a.Tap("Nguyễn Văn Đạt")
	a.Tap(words.RecordVisit)
	a.Tap("Không gặp ai")
	a.Type(words.FieldNext, "5/12")
	a.w.Close() // the process is gone; nobody left the form

	a = open(t, uitest.Phone, o, nt.PIN)
	a.Want("5/12")
	a.Tap(words.Done)
	a.Want(words.Written)
	a.WantNot(words.FieldNext)
}

func TestBadStarts(t *testing.T) {
	t.Run("a wrong PIN in the file", func(t *testing.T) {
		_, o := book(t, nt.Binh)
		a := open(t, uitest.Phone, o, "000000")
		a.Want(words.LockOpen)
	})
	t.Run("open in another window", func(t *testing.T) {
		_, o := book(t, nt.Binh)
		n, err := notebook.Open(context.Background(), o, nt.PIN)
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		a := open(t, uitest.Phone, o, "")
		a.Want("đang mở ở cửa sổ khác")
	})
	t.Run("no folder can be made", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "a-file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		a := open(t, uitest.Phone, notebook.Options{Dir: filepath.Join(file, "so")}, "")
		if len(a.Items()) == 0 {
			t.Fatal("the window is empty")
		}
		for _, it := range a.Items() {
			if it.Kind == outline.Button && it.Label == "" {
				t.Error("a button without words")
			}
		}
	})
}

func TestTheToolkitSpeaksVietnamese(t *testing.T) {
	open(t, uitest.Phone, notebook.Options{Dir: t.TempDir()}, "")
	for _, word := range []string{"Cancel", "Open", "Paste", "Select all", "Yes"} {
		if got := lang.L(word); got == word {
			t.Errorf("%q is still English", word)
		}
	}
}
