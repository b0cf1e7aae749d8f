package kit

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/mobile"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	"golang.org/x/text/unicode/norm"

	"sodanvan/shared/viet/typing"
)

// Typing is how keys become Vietnamese in every entry of the app: GLFW shows no
// composition and some input methods lose letters, so the entries compose themselves. On
// phones, whose keyboards do it, it is Off unless the user chose otherwise.
var Typing typing.Method

// Focused, if set, is told of every entry that gains or loses the focus; the frame scrolls
// it over the on-screen keyboard.
var Focused func(o fyne.CanvasObject, gained bool)

// Traced, if set, is told of every event that reaches an entry: a key or a typed rune. Used
// by the check of a device only.
var Traced func(event string)

// Entry is a field to type in. What it holds is always composed (NFC), however it was
// typed or pasted, and never longer than Limit.
type Entry struct {
	widget.Entry
	// OnEdited is called after the user, or SetText, changed the text.
	OnEdited func(string)
	// Limit is the most runes it takes; 0: no limit. OnFull is called when more were typed.
	Limit  int
	OnFull func()
	// Plain turns Vietnamese typing off: codes, numbers, addresses of servers.
	Plain bool
	// Kind is the on-screen keyboard.
	Kind mobile.KeyboardType

	composer  *typing.Composer
	composing bool // between the keys of one replace
	label     string
	hint      string // the whole placeholder
}

// NewEntry makes a field of one line.
func NewEntry(placeholder string) *Entry {
	e := &Entry{}
	e.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	e.init(placeholder)
	return e
}

// NewNumbers makes a field of one line for numbers, dates and phones.
func NewNumbers(placeholder string) *Entry {
	e := NewEntry(placeholder)
	e.Plain, e.Kind = true, mobile.NumberKeyboard
	return e
}

// NewSecret makes a field whose letters are hidden.
func NewSecret(placeholder string) *Entry {
	e := NewEntry(placeholder)
	e.Password, e.Plain, e.Kind = true, true, mobile.PasswordKeyboard
	return e
}

// NewNote makes a field of several lines that wrap.
func NewNote(placeholder string, rows int) *Entry {
	e := &Entry{}
	e.MultiLine, e.Wrapping = true, fyne.TextWrapWord
	e.init(placeholder)
	e.SetMinRowsVisible(rows)
	return e
}

func (e *Entry) init(placeholder string) {
	e.PlaceHolder, e.hint = placeholder, placeholder
	e.composer = typing.New(Typing)
	e.ExtendBaseWidget(e)
	e.OnChanged = e.changed
}

// Named tells screen readers and tests what the field is called.
func (e *Entry) Named(label string) *Entry { e.label = label; return e }

// Label gives what the field is called.
func (e *Entry) Label() string { return e.label }

func (e *Entry) changed(s string) {
	if e.OnEdited != nil && !e.composing {
		e.OnEdited(s)
	}
}

// SetText puts a text in, composed and cut to the limit.
func (e *Entry) SetText(s string) {
	s = norm.NFC.String(s)
	if e.Limit > 0 {
		s = clip(s, e.Limit)
	}
	e.Entry.SetText(s)
}

// room tells how many more runes fit; it says so to OnFull where n do not.
func (e *Entry) room(n int) int {
	if e.Limit <= 0 {
		return n
	}
	left := max(0, e.Limit-utf8.RuneCountInString(e.Text)+utf8.RuneCountInString(e.SelectedText()))
	if n > left && e.OnFull != nil {
		e.OnFull()
	}
	return min(n, left)
}

// clip cuts to n runes at most, never inside a letter.
func clip(s string, n int) string {
	runes, last := 0, 0
	at := 0
	for _, end := range letterEnds(s) {
		runes += utf8.RuneCountInString(s[at:end])
		at = end
		if runes > n {
			break
		}
		last = end
	}
	return s[:last]
}

// before is the text before the caret, at most the paragraph it stands in.
func (e *Entry) before() string {
	at := e.CursorTextOffset()
	for i := range e.Text {
		if at == 0 {
			s := e.Text[:i]
			return s[strings.LastIndexByte(s, '\n')+1:]
		}
		at--
	}
	return e.Text[strings.LastIndexByte(e.Text, '\n')+1:]
}

// TypedRune composes.
func (e *Entry) TypedRune(r rune) {
	if Traced != nil {
		Traced("rune " + strconv.QuoteRune(r))
	}
	if e.Disabled() || e.SelectedText() == "" && unicode.Is(unicode.Mn, r) && e.joinMark(r) {
		return
	}
	remove, insert := 0, string(r)
	if e.Plain || Typing == typing.Off || e.SelectedText() != "" {
		e.composer.Reset()
	} else {
		e.composer.SetMethod(Typing)
		remove, insert = e.composer.Type(e.before(), r)
	}
	if grow := utf8.RuneCountInString(insert) - remove; grow > 0 && e.room(grow) < grow {
		e.composer.Reset()
		return
	}
	e.replace(remove, insert)
}

// joinMark composes a mark that was typed by itself with the letter before it.
func (e *Entry) joinMark(mark rune) bool {
	b := e.before()
	last, _ := utf8.DecodeLastRuneInString(b)
	one := norm.NFC.String(string(last) + string(mark))
	if b == "" || utf8.RuneCountInString(one) != 1 {
		return false
	}
	e.composer.Reset()
	e.replace(1, one)
	return true
}

// TypedKey deletes whole letters and otherwise does what Fyne does.
func (e *Entry) TypedKey(k *fyne.KeyEvent) {
	if Traced != nil {
		Traced("key " + string(k.Name))
	}
	if letGo(e, k) {
		return
	}
	if k.Name == fyne.KeyBackspace && !e.Disabled() && e.SelectedText() == "" {
		if b := e.before(); b != "" {
			e.replace(e.composer.Backspace(b), "")
			return
		}
	}
	if k.Name == fyne.KeyReturn && e.MultiLine && e.room(1) < 1 {
		return
	}
	e.Entry.TypedKey(k)
}

// TypedShortcut composes what is pasted and cuts it to the limit.
func (e *Entry) TypedShortcut(s fyne.Shortcut) {
	if p, ok := s.(*fyne.ShortcutPaste); ok && p.Clipboard != nil {
		text := norm.NFC.String(p.Clipboard.Content())
		if e.Limit > 0 {
			text = clip(text, e.room(utf8.RuneCountInString(text)))
		}
		e.composer.Reset()
		s = &fyne.ShortcutPaste{Clipboard: pasted(text)}
	}
	e.Entry.TypedShortcut(s)
}

// pasted is a clipboard of one text.
type pasted string

func (p pasted) Content() string   { return string(p) }
func (p pasted) SetContent(string) {}

// replace puts insert in place of the n runes before the caret, as keys would: so the
// caret and undo are Fyne's.
func (e *Entry) replace(n int, insert string) {
	e.composing = true
	for range n {
		e.Entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
	}
	for _, r := range insert {
		e.Entry.TypedRune(r)
	}
	e.composing = false
	e.Refresh()
	e.changed(e.Text)
}

// CreateRenderer is Fyne's, but that it draws once for all keys of a replace: drawing takes
// far longer than a key where the text is long.
func (e *Entry) CreateRenderer() fyne.WidgetRenderer {
	return &entryRenderer{WidgetRenderer: e.Entry.CreateRenderer(), e: e}
}

type entryRenderer struct {
	fyne.WidgetRenderer
	e *Entry
}

func (r *entryRenderer) Refresh() {
	if !r.e.composing {
		r.WidgetRenderer.Refresh()
	}
}

// Layout leaves the end of a hint out, from a comma on, where one line cannot hold it: cut
// letters and a bar to scroll them help nobody.
func (r *entryRenderer) Layout(size fyne.Size) {
	if hint := r.e.hintFor(size.Width); hint != r.e.PlaceHolder && !r.e.MultiLine {
		r.e.SetPlaceHolder(hint)
	}
	r.WidgetRenderer.Layout(size)
}

func (e *Entry) hintFor(width float32) string {
	hint := e.hint
	room := width - 2*(theme.Size(theme.SizeNameInnerPadding)+theme.Size(theme.SizeNameInputBorder))
	for fyne.MeasureText(hint, theme.TextSize(), fyne.TextStyle{}).Width > room {
		comma := strings.LastIndexByte(hint, ',')
		if comma < 0 {
			break
		}
		hint = hint[:comma]
	}
	return hint
}

// FocusGained tells Focused.
func (e *Entry) FocusGained() {
	e.Entry.FocusGained()
	if Focused != nil {
		Focused(e, true)
	}
}

// FocusLost tells Focused.
func (e *Entry) FocusLost() {
	e.composer.Reset()
	e.Entry.FocusLost()
	if Focused != nil {
		Focused(e, false)
	}
}

// Keyboard chooses the on-screen keyboard.
func (e *Entry) Keyboard() mobile.KeyboardType {
	if e.Kind != mobile.DefaultKeyboard {
		return e.Kind
	}
	return e.Entry.Keyboard()
}

// Field puts a label over a thing and what helps below it; help may be nil.
func Field(label string, o fyne.CanvasObject, help *Text) *fyne.Container {
	if e, ok := o.(*Entry); ok {
		e.label = label
	}
	c := Column(Grid/2, NewText(label, Style{Bold: true}), o)
	if help != nil {
		c.Add(help)
	}
	return c
}

// Help is an empty line under a field that says what is wrong once Set is called.
func Help() *Text {
	t := NewText("", Style{Size: Small, Color: Wrong})
	t.Hide()
	return t
}

// Tell sets a help line; "" hides it.
func Tell(t *Text, s string) {
	t.Set(s)
	if s == "" {
		t.Hide()
	} else {
		t.Show()
	}
}
