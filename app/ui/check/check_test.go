package check

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"golang.org/x/text/unicode/norm"
	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	"sodanvan/app/notebook/notebooktest"
	"sodanvan/app/ui/kit"
	"sodanvan/app/ui/uitest"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/viet/typing"
)

// shown puts the check on a phone with a book in a folder of its own.
func shown(t *testing.T, size fyne.Size, b *notebooktest.Branch) (*uitest.Rig, notebook.Options) {
	t.Helper()
	r := uitest.Over(t, size, b, notebooktest.Binh)
	o := b.Options(filepath.Join(t.TempDir(), "Thư mục của Trịnh Canary"))
	r.Show(Root(r.Frame, o))
	return r, o
}

func TestCheckRunsByItself(t *testing.T) {
	r, _ := shown(t, uitest.Phone, notebooktest.NewBranch(t))
	r.Want(words.CheckStorage, words.CheckSpace, words.SQLiteWorks, words.ServerReached, words.KillNotTried, words.CheckYet)
	r.Branch.SetDown(true)
	r.Frame.Changed() // the book changed: no reason to try all again
	r.Want(words.ServerReached)
	r.Tap(words.CheckAgain)
	r.Want(words.ServerNotReached)
	r.Tap(words.CheckCopy)
	got := r.Clipboard()
	for _, want := range []string{
		words.ResultOK + " · " + words.CheckSQLite, words.ResultNot + " · " + words.CheckTLS, words.ResultNotYet + " · " + words.CheckReopen,
		words.ResultNotYet + " · " + words.FontsTitle, words.ResultNotYet + " · " + words.KeysTitle, words.ResultGlyphs(178),
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no «%s» in:\n%s", want, got)
		}
	}
}

func TestWithoutABook(t *testing.T) {
	b := notebooktest.NewBranch(t)
	r := uitest.Bare(t, uitest.Phone, b.Now)
	r.Show(Root(r.Frame, b.Options(filepath.Join(t.TempDir(), "book"))))
	r.Want(words.ServerNotTried, words.SQLiteWorks)
}

func TestFolderThatCannotBeWritten(t *testing.T) {
	b := notebooktest.NewBranch(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := uitest.Bare(t, uitest.Phone, b.Now)
	r.Show(Root(r.Frame, b.Options(filepath.Join(file, "book"))))
	r.Want(words.CannotWrite, words.SQLiteFails)
}

func TestFonts(t *testing.T) {
	r, _ := shown(t, uitest.Phone, notebooktest.NewBranch(t))
	r.Tap(words.FontsTitle)
	r.Want(words.FontsAsk, "ư ừ ử ữ ứ ự", "Ơ Ờ Ở Ỡ Ớ Ợ", "đ")
	r.Tap(words.FontsNo)
	r.Want(words.FontsNotSeen)
	r.Tap(words.FontsTitle)
	r.Tap(words.FontsYes)
	r.Want(words.FontsSeen)
	r.Tap(words.CheckCopy)
	if got := r.Clipboard(); !strings.Contains(got, words.ResultOK+" · "+words.FontsTitle) {
		t.Error(got)
	}
}

func TestLetters(t *testing.T) {
	letters := alphabet()
	seen := map[rune]bool{}
	for _, r := range letters {
		seen[r] = true
	}
	// 12 vowels with 6 tones and 17 consonants, in both cases, each as one rune.
	if len(letters) != 178 || len(seen) != 178 {
		t.Errorf("%d letters, %d different", len(letters), len(seen))
	}
	for _, ttf := range []fyne.Resource{theme.DefaultTextFont(), theme.DefaultTextBoldFont()} {
		if lost, err := missing(ttf.Content(), letters); err != nil || len(lost) > 0 {
			t.Errorf("%s lacks %q: %v", ttf.Name(), string(lost), err)
		}
	}
	// The fixed-width font is known to lack many: the check must find them.
	lost, err := missing(theme.DefaultTextMonospaceFont().Content(), letters)
	if err != nil || !strings.ContainsRune(string(lost), 'ử') {
		t.Errorf("in the fixed-width font is found to lack %q, %v", string(lost), err)
	}
	if lost, err := missing(theme.DefaultTextFont().Content(), []rune("a漢 ")); err != nil || string(lost) != "漢 " {
		t.Errorf("a letter that is not there, or has no ink: %q %v", string(lost), err)
	}
	if _, err := missing([]byte("no font"), letters); err == nil {
		t.Error("no font is no font")
	}
}

// typed goes to the page of the keyboard, types, and comes back.
func typed(r *uitest.Rig, keys string) {
	r.T.Helper()
	r.Tap(words.KeysTitle)
	e := r.Field(words.KeysField)
	r.Window.Canvas().Focus(e)
	for _, k := range keys {
		if k == '⌫' {
			e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
		} else {
			e.TypedRune(k)
		}
	}
	r.Tap(words.KeysDone)
}

func TestKeyboard(t *testing.T) {
	t.Cleanup(func() { kit.Typing = typing.Off })
	telex := "DDuwowngf ngox 12 ngaapj nuwowcs; baf con ddeef nghij suwar ranhx, ddoor laij bee toong truwowcs ngayf 05/12. Uyr ban ddax nhaanj."
	strange := "Nguyễn Thị Lạ, số 4 ngõ 7"
	for name, c := range map[string]struct {
		method typing.Method
		keys   string
		same   bool
		trace  string // begins with
	}{
		"composed by the system":            {keys: words.KeysSentence + " ", same: true, trace: words.ResultTrace + "'Đ' 'ư' 'ờ'"},
		"in pieces":                         {keys: norm.NFD.String(words.KeysSentence), same: true, trace: words.ResultTrace + "'Đ' 'u' "},
		"Telex":                             {method: typing.Telex, keys: telex, same: true, trace: words.ResultTrace + "'D' 'D' 'u'"},
		"Telex without composer":            {keys: telex, trace: words.ResultTrace + "'D' 'D' 'u'"},
		"corrected":                         {keys: "Đg⌫" + words.KeysSentence[len("Đ"):], same: true, trace: words.ResultTrace + "'Đ' 'g' [BackSpace] 'ư'"},
		"something else":                    {keys: strange, trace: words.ResultNoTrace},
		"something else, then the sentence": {keys: strange + strings.Repeat("⌫", 25) + words.KeysSentence, same: true, trace: words.ResultTrace + "'Đ' 'ư'"},
		"something else in between":         {keys: words.KeysSentence[:8] + strange + strings.Repeat("⌫", 25) + words.KeysSentence[8:], same: true, trace: words.ResultNoTrace},
	} {
		t.Run(name, func(t *testing.T) {
			kit.Typing = c.method
			r, _ := shown(t, uitest.Phone, notebooktest.NewBranch(t))
			typed(r, c.keys)
			says, verdict := words.KeysDiffer, words.ResultNot
			if c.same {
				says, verdict = words.KeysSame, words.ResultOK
			}
			r.Want(says)
			r.Tap(words.CheckCopy)
			got := r.Clipboard()
			if !strings.Contains(got, verdict+" · "+words.KeysTitle) || !strings.Contains(got, "\n"+c.trace) {
				t.Errorf("want %s, %q in:\n%s", verdict, c.trace, got)
			}
			if strings.Contains(got, "'L' 'ạ'") {
				t.Errorf("what is the user's own is copied:\n%s", got)
			}
			if kit.Traced != nil {
				t.Error("fields are still listened to")
			}
		})
	}
}

func TestKill(t *testing.T) {
	r, o := shown(t, uitest.Phone, notebooktest.NewBranch(t))
	r.Tap(words.KillTitle)
	r.Want(words.KillExplain)
	r.Tap(words.KillBegin)
	r.Want(words.KillArmed)
	r.Frame.Back()
	r.Want(words.KillArmed, words.CheckIntro)
	// What another run of the app finds: the mark of a process that is not this one.
	found := false
	for _, k := range notebook.Examine(context.Background(), o, r.Book) {
		found = found || k.Code == "reopen" && k.Text == words.KillArmed
	}
	if !found {
		t.Error("no mark was left")
	}
}

// A book full of names, texts and numbers: none of them may be in the result.
func TestResultNamesNobody(t *testing.T) {
	b := notebooktest.NewBranch(t)
	canaries := []string{
		"Canary", "Trịnh", "0987001234", "xóm Hoàng Yến", "số 4711", "quan trọng kín", "Đạt", "Bình", "Hoa", "Dũng", "Đình",
		notebooktest.Binh.String(), notebooktest.Dat.String(), notebooktest.Commune.String(), notebooktest.PIN,
	}
	b.Put(pb.Kind_KIND_HOUSEHOLD, notebooktest.NewID(700), notebooktest.Unit, notebooktest.Household(notebooktest.NewID(700)), &pb.Household{
		Head: proto.String("Trịnh Canary"), Phone: proto.String("0987001234"), Hamlet: proto.String("xóm Hoàng Yến"), Address: proto.String("số 4711"),
		Member: book.ID(notebooktest.Binh).Bytes(),
	})
	r, o := shown(t, uitest.Phone, b)
	if _, err := r.Book.RecordVisit(t.Context(), notebook.NewVisit{Household: notebooktest.Dat, Contact: pb.Contact_CONTACT_AT_HOME}); err != nil {
		t.Fatal(err)
	}
	for name, prepare := range map[string]func(){
		"well":              func() {},
		"no network":        func() { b.SetDown(true) },
		"names were typed":  func() { typed(r, "Trịnh Canary quan trọng kín") },
		"the mark is there": func() { _ = notebook.ArmKill(o) },
	} {
		t.Run(name, func(t *testing.T) {
			prepare()
			r.Tap(words.CheckAgain)
			r.Tap(words.CheckCopy)
			got := r.Clipboard()
			if strings.Count(got, "\n") < 8 {
				t.Fatalf("no result:\n%s", got)
			}
			for _, c := range append(canaries, o.Dir, filepath.Base(o.Dir), r.Book.Me().Name, r.Book.Me().Branch, r.Book.Me().Commune) {
				if c == "" || strings.Contains(strings.ToLower(got), strings.ToLower(c)) {
					t.Errorf("«%s» is in the result:\n%s", c, got)
				}
			}
			b.SetDown(false)
		})
	}
}

// Pictures are of a device on which everything takes the same time and room.
func TestPictures(t *testing.T) {
	b := notebooktest.NewBranch(t)
	r := uitest.Over(t, uitest.Phone, b, notebooktest.Binh)
	c := newChecking(r.Frame, b.Options(t.TempDir()))
	c.begun = true
	r.Show(c.screen)
	c.show([]notebook.Check{
		{Title: words.CheckStorage, Text: words.CanWrite, OK: true}, {Title: words.CheckSpace, Text: words.LowSpace},
		{Title: words.CheckSQLite, Text: words.SQLiteWorks, OK: true}, {Title: words.CheckTLS, Text: words.ServerReached, OK: true},
		{Title: words.CheckReopen, Text: words.KillNotTried}, {Title: words.CheckClock, Text: words.ClockRight, OK: true},
	})
	r.Golden("phone")
	c.screen.Reveal(c.own)
	r.Golden("own")
	r.Frame.Push(c.fontsPage())
	r.Golden("fonts")
	r.Theme(kit.Theme{Step: 3, Shade: kit.Light})
	r.Golden("fonts_big")
	r.Theme(kit.Theme{Shade: kit.Dark})
	r.Frame.Pop()
	r.Golden("dark")
	r.Theme(kit.Theme{Shade: kit.Light})
	r.Frame.Push(c.keysPage())
	r.Golden("keys")
	r.Frame.Pop()
	r.Frame.Push(c.killPage())
	r.Tap(words.KillBegin)
	r.Golden("kill")
	c.begun = true
	r.Frame.Pop()
	r.Window.Resize(uitest.Desktop)
	r.Golden("desk")
}
