package kit_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"sodanvan/app/ui/kit"
	"sodanvan/shared/viet"
	"sodanvan/shared/viet/typing"
)

// TestDateWithoutAYear: at the turn of the year the other year is meant.
func TestDateWithoutAYear(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(kit.Theme{})
	for _, c := range []struct {
		now, typed string
		planned    bool
		want       string
	}{
		{"2026-11-21", "20/11", false, "2026-11-20"},
		{"2026-11-21", "3/1", false, "2026-01-03"},
		{"2026-11-21", "5/1", true, "2027-01-05"},
		{"2026-11-21", "15/11", true, "2026-11-15"},
		{"2027-01-02", "28/12", false, "2026-12-28"},
		{"2027-01-02", "28/12", true, "2026-12-28"},
		{"2027-01-02", "5/2", true, "2027-02-05"},
	} {
		now, err := time.Parse(time.DateOnly, c.now)
		if err != nil {
			t.Fatal(err)
		}
		d := kit.NewDate(now.Add(3*time.Hour), c.planned)
		d.SetRaw(c.typed)
		day, err := d.Day()
		at := time.Date(1970, 1, 1+int(day), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		if err != nil || at != c.want {
			t.Errorf("on %s «%s» (planned %v) is %s, %v; want %s", c.now, c.typed, c.planned, at, err, c.want)
		}
	}
}

// TestNonsenseIsNoDay: whatever is typed, the field says what is wrong and nothing breaks.
func TestNonsenseIsNoDay(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(kit.Theme{})
	for _, s := range []string{"/", "//", "31/2", "0/0", "0/0/0", "29/2", "32/13/2026", "1/1/999999999999", "-1/-1/-1", "١/١", "12", strings.Repeat("9", 40), "a/b", "1/2/3/4"} {
		for _, none := range []bool{true, false} {
			d := kit.NewDate(time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC), none)
			d.SetRaw(s)
			if day, err := d.Day(); err == nil {
				t.Errorf("«%s» is the day %v", s, viet.FromDays(int(day)))
			}
			if d.Text() != s {
				t.Errorf("«%s» became «%s»", s, d.Text())
			}
		}
	}
}

// TestUndoAfterComposedLetters: the text goes back to what stood there, whatever was
// composed, and typing goes on from there.
func TestUndoAfterComposedLetters(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(kit.Theme{})
	kit.Typing = typing.Telex
	t.Cleanup(func() { kit.Typing = typing.Off })
	e := kit.NewNote("", 3)
	stage(t, e)
	e.SetText("Hộ ")
	e.CursorColumn = 3
	for _, r := range "tieengs" {
		e.TypedRune(r)
	}
	if e.Text != "Hộ tiếng" {
		t.Fatalf("typed %q", e.Text)
	}
	for range 40 {
		e.Undo()
	}
	if e.Text != "Hộ " {
		t.Errorf("undone to %q", e.Text)
	}
	for range 40 {
		e.Redo()
	}
	if e.Text != "Hộ tiếng" {
		t.Errorf("done again to %q", e.Text)
	}
	e.Undo()
	before := e.Text
	e.TypedRune('s')
	if !strings.HasPrefix(e.Text, "Hộ") || len([]rune(e.Text)) > len([]rune(before))+1 {
		t.Errorf("%q and s became %q", before, e.Text)
	}
}

// TestSelectionIsReplaced: by a letter and by what is pasted, at the limit too, in one line
// without new lines.
func TestSelectionIsReplaced(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(kit.Theme{})
	kit.Typing = typing.Telex
	t.Cleanup(func() { kit.Typing = typing.Off })
	e := kit.NewEntry("")
	e.Limit = 5
	stage(t, e)
	full := 0
	e.OnFull = func() { full++ }
	e.SetText("aaaaa")
	e.TypedShortcut(&fyne.ShortcutSelectAll{})
	e.TypedRune('s')
	if e.Text != "s" || full != 0 {
		t.Errorf("a letter over all became %q, said full %d times", e.Text, full)
	}
	e.TypedShortcut(&fyne.ShortcutSelectAll{})
	clip := fyne.CurrentApp().Clipboard()
	clip.SetContent("tie\u0302\u0301\nng dài")
	e.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clip})
	if e.Text != "tiế n" || full != 1 {
		t.Errorf("pasted over all became %q, said full %d times", e.Text, full)
	}
}

// TestComposingDrawsOnce: the keys of which a composed letter is made are not drawn one by
// one, which is what takes long in a long text; the last of them is.
func TestComposingDrawsOnce(t *testing.T) {
	kit.Typing = typing.Telex
	t.Cleanup(func() { kit.Typing = typing.Off })
	e := kit.NewNote("", 3)
	w := stage(t, e)
	blank := w.Canvas().Capture()
	told := []string{}
	e.OnEdited = func(s string) { told = append(told, s) }
	for _, r := range "tieengs" {
		e.TypedRune(r)
	}
	w.Canvas().Unfocus() // a caret blinks
	typed := w.Canvas().Capture()
	e.Refresh()
	if !reflect.DeepEqual(typed, w.Canvas().Capture()) {
		t.Error("what was composed is drawn otherwise after another refresh")
	}
	if reflect.DeepEqual(blank, typed) {
		t.Error("what was composed is not drawn")
	}
	if len(told) != 7 || told[6] != "tiếng" {
		t.Errorf("told of %q", told)
	}
}

// BenchmarkKeyInALongNote compares a key that is composed with one of Fyne's own, in 10,000
// letters, the most that a field takes.
func BenchmarkKeyInALongNote(b *testing.B) {
	kit.Typing = typing.Telex
	b.Cleanup(func() { kit.Typing = typing.Off })
	app := test.NewTempApp(b)
	app.Settings().SetTheme(kit.Theme{})
	e := kit.NewNote("", 5)
	w := test.NewTempWindow(b, e)
	w.Resize(fyne.NewSize(360, 720))
	text := strings.Repeat("Gia đình hỏi về nước tưới. ", 370)
	for _, c := range []struct {
		name string
		key  func(rune)
	}{{"composed", e.TypedRune}, {"fyne", e.Entry.TypedRune}} {
		b.Run(c.name, func(b *testing.B) {
			e.SetText(text)
			e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyPageDown})
			for i := 0; b.Loop(); i++ {
				c.key([]rune("tieengs ")[i%8])
			}
		})
	}
}
