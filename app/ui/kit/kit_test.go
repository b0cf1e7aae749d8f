package kit_test

import (
	"image/color"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/mobile"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"sodanvan/app/ui/kit"
	"sodanvan/shared/viet/typing"
)

// luminance is that of WCAG 2.1.
func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	lin := func(v uint32) float64 {
		x := float64(v) / 0xffff
		if x <= 0.03928 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(r) + 0.7152*lin(g) + 0.0722*lin(b)
}

func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// TestContrast: sunlight and old eyes want 7:1 for every text, on page and card.
func TestContrast(t *testing.T) {
	for _, shade := range []kit.Shade{kit.Light, kit.Dark} {
		th := kit.Theme{Shade: shade}
		at := func(n fyne.ThemeColorName) color.Color { return th.Color(n, theme.VariantLight) }
		for _, on := range []fyne.ThemeColorName{kit.Page, kit.Card} {
			for _, text := range []fyne.ThemeColorName{kit.Ink, kit.Second, kit.Safe, kit.Waiting, kit.Wrong, kit.Told, theme.ColorNamePlaceHolder} {
				if c := contrast(at(text), at(on)); c < 7 {
					t.Errorf("shade %d: %s on %s has %.1f:1", shade, text, on, c)
				}
			}
		}
		if c := contrast(at(kit.OnAction), at(kit.Action)); c < 7 {
			t.Errorf("shade %d: the main button's text has %.1f:1", shade, c)
		}
		if c := contrast(at(kit.Ink), at(kit.Chosen)); c < 7 {
			t.Errorf("shade %d: what is chosen has %.1f:1", shade, c)
		}
	}
}

func TestThemeFollowsTheSystemUnlessChosen(t *testing.T) {
	for _, c := range []struct {
		shade kit.Shade
		phone fyne.ThemeVariant
		dark  bool
	}{
		{kit.BySystem, theme.VariantLight, false}, {kit.BySystem, theme.VariantDark, true},
		{kit.Light, theme.VariantDark, false}, {kit.Dark, theme.VariantLight, true},
	} {
		got := luminance(kit.Theme{Shade: c.shade}.Color(kit.Page, c.phone)) < 0.5
		if got != c.dark {
			t.Errorf("chosen %d, phone %d: dark is %v", c.shade, c.phone, got)
		}
	}
}

// TestWrap: no word is lost, no line is wider than it may, and a letter is never parted
// from its marks.
func TestWrap(t *testing.T) {
	measure := func(s string) float32 { return float32(utf8.RuneCountInString(norm.NFC.String(s))) }
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.StringMatching(`[a-zàảãáạăằđêốớự0-9]{0,14}`)).Draw(t, "words")
		s := strings.Join(words, rapid.SampledFrom([]string{" ", "  ", "\n"}).Draw(t, "between"))
		if rapid.Bool().Draw(t, "decomposed") {
			s = norm.NFD.String(s)
		}
		width := float32(rapid.IntRange(3, 30).Draw(t, "width"))
		lines := kit.Wrap(s, width, measure)
		for _, l := range lines {
			if measure(l) > width {
				t.Fatalf("line %q is wider than %v", l, width)
			}
			if r, _ := utf8.DecodeRuneInString(l); r >= 0x300 && r < 0x370 {
				t.Fatalf("line %q begins with a mark", l)
			}
		}
		flat := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if flat(strings.Join(lines, "")) != flat(s) {
			t.Fatalf("%q became %q", s, lines)
		}
	})
}

// stage puts a thing on a phone's window.
func stage(t *testing.T, o fyne.CanvasObject) fyne.Window {
	test.NewTempApp(t).Settings().SetTheme(kit.Theme{Shade: kit.Light})
	w := test.NewTempWindow(t, kit.NewScroll(kit.Column(kit.Grid, o)).Container)
	w.Resize(fyne.NewSize(360, 640))
	return w
}

func TestTextTakesTheHeightOfItsLines(t *testing.T) {
	short, long := kit.Plain("Một dòng"), kit.Plain(strings.Repeat("nhiều chữ hơn ", 20))
	stage(t, kit.Column(0, short, long))
	if h, one := long.Size().Height, short.Size().Height; h < 5*one {
		t.Errorf("20 times three words take %v, one line %v", h, one)
	}
	long.Set("Ngắn")
	if long.MinSize().Height != short.MinSize().Height {
		t.Errorf("after a change to one line: %v", long.MinSize())
	}
}

// TestEverythingToTapIsBigEnough: 48 px, with short words and at every text size.
func TestEverythingToTapIsBigEnough(t *testing.T) {
	for step := range kit.Steps() {
		app := test.NewTempApp(t)
		app.Settings().SetTheme(kit.Theme{Step: step, Shade: kit.Light})
		for name, o := range map[string]fyne.CanvasObject{
			"button": kit.Act("ừ", nil), "main": kit.Do("ừ", nil), "link": kit.Link("ừ", nil), "card": kit.NewTap("ừ", nil, kit.Plain("ừ")),
			"choice": kit.NewChoice("ừ"), "entry": kit.NewEntry(""), "date": kit.NewDate(time.Now(), true),
		} {
			if m := o.MinSize(); m.Height < kit.Touch {
				t.Errorf("step %d: %s is %v high", step, name, m.Height)
			}
		}
	}
}

func TestEntryComposesVietnamese(t *testing.T) {
	kit.Typing = typing.Telex
	defer func() { kit.Typing = typing.Off }()
	for _, c := range []struct{ name, keys, want string }{
		{"a sentence", "Gia ddinhf ddoongf ys, hejn tuaanf sau", "Gia đình đồng ý, hẹn tuần sau"},
		{"a name", "Nguyeenx Vawn DDatj", "Nguyễn Văn Đạt"},
		{"lines", "mootj\nhai", "một\nhai"},
		{"a number", "0912345678", "0912345678"},
	} {
		for _, multi := range []bool{false, true} {
			if strings.Contains(c.want, "\n") && !multi {
				continue
			}
			e := kit.NewEntry("")
			if multi {
				e = kit.NewNote("", 3)
			}
			w := stage(t, e)
			w.Canvas().Focus(e)
			last := ""
			e.OnEdited = func(s string) { last = s }
			for _, r := range c.keys {
				if r == '\n' {
					e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
					continue
				}
				e.TypedRune(r)
			}
			if e.Text != c.want || last != c.want {
				t.Errorf("%s (lines %v): %q, told %q, want %q", c.name, multi, e.Text, last, c.want)
			}
		}
	}
}

// TestEntryComposesWhereTheCaretIs: a letter in the middle of a text that wraps.
func TestEntryComposesWhereTheCaretIs(t *testing.T) {
	kit.Typing = typing.Telex
	defer func() { kit.Typing = typing.Off }()
	e := kit.NewNote("", 3)
	w := stage(t, e)
	w.Canvas().Focus(e)
	text := strings.Repeat("chữ này dài để xuống dòng ", 6)
	e.SetText(text)
	e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyPageDown})
	for range 26 {
		e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft})
	}
	at := e.CursorTextOffset()
	for _, r := range "ddungs " {
		e.TypedRune(r)
	}
	runes := []rune(text)
	if want := string(runes[:at]) + "đúng " + string(runes[at:]); e.Text != want {
		t.Errorf("%q, want %q", e.Text, want)
	}
	if e.CursorTextOffset() != at+5 {
		t.Errorf("the caret is at %d, want %d", e.CursorTextOffset(), at+5)
	}
}

func TestEntryHoldsComposedTextOnly(t *testing.T) {
	const word = "Nguyễn"
	t.Run("set", func(t *testing.T) {
		e := kit.NewEntry("")
		stage(t, e)
		e.SetText(norm.NFD.String(word))
		if e.Text != word {
			t.Errorf("%q", e.Text)
		}
	})
	t.Run("typed as letters and marks", func(t *testing.T) {
		e := kit.NewEntry("")
		w := stage(t, e)
		w.Canvas().Focus(e)
		for _, r := range norm.NFD.String(word) {
			e.TypedRune(r)
		}
		if e.Text != word {
			t.Errorf("%q", e.Text)
		}
	})
	t.Run("pasted", func(t *testing.T) {
		e := kit.NewNote("", 2)
		w := stage(t, e)
		w.Canvas().Focus(e)
		e.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clip(norm.NFD.String(word))})
		if e.Text != word {
			t.Errorf("%q", e.Text)
		}
	})
}

type clip string

func (c clip) Content() string   { return string(c) }
func (c clip) SetContent(string) {}

func TestEntryLimit(t *testing.T) {
	family := "👨‍👩‍👧"
	full := 0
	e := kit.NewNote("", 2)
	e.Limit, e.OnFull = 10, func() { full++ }
	w := stage(t, e)
	w.Canvas().Focus(e)
	e.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clip("12345678" + family)})
	if e.Text != "12345678" || full == 0 {
		t.Errorf("an emoji of five runes that does not fit: %q, told %d times", e.Text, full)
	}
	for _, r := range "90x" {
		e.TypedRune(r)
	}
	if e.Text != "1234567890" {
		t.Errorf("typed to the limit: %q", e.Text)
	}
	e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if e.Text != "1234567890" {
		t.Errorf("a new line past the limit: %q", e.Text)
	}
	e.SetText(strings.Repeat("ộ", 10_000))
	if got := utf8.RuneCountInString(e.Text); got != 10 {
		t.Errorf("10,000 letters set: %d stay", got)
	}
}

func TestBackspaceTakesWholeLetters(t *testing.T) {
	e := kit.NewEntry("")
	w := stage(t, e)
	w.Canvas().Focus(e)
	e.SetText("ừ👨‍👩‍👧")
	e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
	if e.Text != "ừ" {
		t.Errorf("after one backspace: %q", e.Text)
	}
}

// TestBackKeyLetsGoFirst: the first press closes the keyboard.
func TestBackKeyLetsGoFirst(t *testing.T) {
	e := kit.NewEntry("")
	w := stage(t, e)
	w.Canvas().Focus(e)
	e.TypedKey(&fyne.KeyEvent{Name: mobile.KeyBack})
	if w.Canvas().Focused() != nil {
		t.Error("the field still has the focus")
	}
}

func TestChoice(t *testing.T) {
	c := kit.NewChoice("một", "hai", "ba")
	told := 0
	c.OnChanged = func() { told++ }
	if c.Chosen() != -1 {
		t.Error("something is chosen before anybody chose")
	}
	c.Choose(1)
	if c.Chosen() != 1 || told != 0 {
		t.Errorf("set to 1: %d, told %d", c.Chosen(), told)
	}
	c.Choose(9)
	if c.Chosen() != -1 {
		t.Error("an index out of range chooses something")
	}
	m := kit.NewMany("một", "hai", "ba")
	m.Choose(0, 2)
	if got := m.All(); len(got) != 2 || got[0] != 0 || got[1] != 2 {
		t.Errorf("two of three: %v", got)
	}
}

func TestDate(t *testing.T) {
	now := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	d := kit.NewDate(now, true, kit.Jump{Words: "1 tuần", Days: 7})
	stage(t, d)
	if day, err := d.Day(); day != 0 || err != nil {
		t.Errorf("an empty field that may be empty: %d, %v", day, err)
	}
	for in, want := range map[string]string{"5/12/2026": "05/12/2026", "5/12": "05/12/2026", " 05.12.2026 ": "05/12/2026"} {
		d.SetRaw(in)
		day, err := d.Day()
		d.Set(day)
		if err != nil || d.Text() != want {
			t.Errorf("%q: %q, %v", in, d.Text(), err)
		}
	}
	d.SetRaw("31/2/2026")
	if _, err := d.Day(); err == nil {
		t.Error("31 February is taken for a day")
	}
	if d.Text() != "31/2/2026" {
		t.Errorf("what was typed is changed to %q", d.Text())
	}
	must := kit.NewDate(now, false)
	if _, err := must.Day(); err == nil {
		t.Error("an empty field that may not be empty is taken")
	}
}
