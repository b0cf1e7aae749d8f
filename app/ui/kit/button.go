package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Rank is how much a button draws the eye.
type Rank int

const (
	// Ordinary is a card with a border.
	Ordinary Rank = iota
	// Main is the one red button of a screen.
	Main
	// Quiet is text alone, for what is seldom needed.
	Quiet
	// calmed is Main beside another; see Calm.
	calmed
)

// Button is something to tap, at least Touch high; its words wrap. It can also be focused
// and pressed with space or enter.
type Button struct {
	widget.BaseWidget
	OnTapped func()

	words    *Text
	sign     *Sign
	back     *ground
	rank     Rank
	disabled bool
	focused  bool
	hovered  bool
	leading  bool
	chosen   bool
	called   string
}

var (
	_ fyne.Tappable     = (*Button)(nil)
	_ fyne.Focusable    = (*Button)(nil)
	_ fyne.Disableable  = (*Button)(nil)
	_ desktop.Hoverable = (*Button)(nil)
)

// NewButton makes a button.
func NewButton(words string, rank Rank, tapped func()) *Button {
	b := &Button{OnTapped: tapped, rank: rank, words: NewText(words, Style{Center: true, Bold: rank == Main}), back: newGround(Card, Second)}
	b.ExtendBaseWidget(b)
	b.dress()
	return b
}

// Act is an ordinary button, Do the main one, Link a quiet one.
func Act(words string, tapped func()) *Button { return NewButton(words, Ordinary, tapped) }

// Do: see Act.
func Do(words string, tapped func()) *Button { return NewButton(words, Main, tapped) }

// Link: see Act.
func Link(words string, tapped func()) *Button {
	b := NewButton(words, Quiet, tapped)
	b.leading = true
	b.words.SetStyle(Style{Color: Told})
	return b
}

// Words gives the text on the button.
func (b *Button) Words() string { return b.words.Words() }

// SetWords changes the text on the button.
func (b *Button) SetWords(s string) {
	b.words.Set(s)
	b.Refresh()
}

// Calm makes a main button an ordinary one for a while: of several screens side by side
// only the last has a red one. Other buttons stay as they are.
func (b *Button) Calm(calm bool) {
	if b.rank == Main && !calm || b.rank == calmed && calm || b.rank != Main && b.rank != calmed {
		return
	}
	b.rank = Main
	if calm {
		b.rank = calmed
	}
	b.dress()
	b.Refresh()
}

// SetSign puts a sign before the words, such as ✔.
func (b *Button) SetSign(s string) {
	if b.sign == nil {
		b.sign = NewSign(s, Ink, 1)
	}
	b.sign.sign = s
	b.dress()
	b.Refresh()
}

// Tapped presses the button.
func (b *Button) Tapped(*fyne.PointEvent) {
	if !b.disabled && b.OnTapped != nil {
		b.OnTapped()
	}
}

// Disable makes the button do nothing.
func (b *Button) Disable() { b.setDisabled(true) }

// Enable undoes Disable.
func (b *Button) Enable() { b.setDisabled(false) }

// Disabled tells whether it does nothing.
func (b *Button) Disabled() bool { return b.disabled }

func (b *Button) setDisabled(d bool) {
	if b.disabled != d {
		b.disabled = d
		b.dress()
		b.Refresh()
	}
}

// FocusGained and the others are what the keyboard does.
func (b *Button) FocusGained() { b.focused = true; b.dress(); b.Refresh() }

// FocusLost: see FocusGained.
func (b *Button) FocusLost() { b.focused = false; b.dress(); b.Refresh() }

// TypedRune: see FocusGained.
func (b *Button) TypedRune(r rune) {
	if r == ' ' {
		b.Tapped(nil)
	}
}

// TypedKey: see FocusGained.
func (b *Button) TypedKey(k *fyne.KeyEvent) {
	if letGo(b, k) {
		return
	}
	if k.Name == fyne.KeyReturn || k.Name == fyne.KeyEnter {
		b.Tapped(nil)
	}
}

// MouseIn and the others are what the mouse does.
func (b *Button) MouseIn(*desktop.MouseEvent) { b.hovered = true; b.dress(); b.Refresh() }

// MouseMoved: see MouseIn.
func (b *Button) MouseMoved(*desktop.MouseEvent) {}

// MouseOut: see MouseIn.
func (b *Button) MouseOut() { b.hovered = false; b.dress(); b.Refresh() }

// Called gives a button whose face is a sign a name for screen readers.
func (b *Button) Called(name string) *Button { b.called = name; return b }

// AccessibilityLabel is what a screen reader says.
func (b *Button) AccessibilityLabel() string {
	if b.called != "" {
		return b.called
	}
	return b.words.Words()
}

// AccessibilityRole tells that this is a button.
func (b *Button) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// dress chooses the colours for the state.
func (b *Button) dress() {
	fill, border, ink := Card, Second, fyne.ThemeColorName(Ink)
	switch {
	case b.disabled:
		fill, border, ink = "disabledButton", Line, "disabled"
	case b.rank == Main:
		fill, border, ink = Action, Action, OnAction
	case b.rank == Quiet:
		fill, border, ink = "", "", Told
	}
	if b.chosen {
		fill, border = Chosen, Ink
	}
	if b.hovered && !b.disabled && b.rank != Main && !b.chosen {
		fill = "hover"
	}
	if b.focused {
		border = "focus"
	}
	b.back.fill, b.back.border = fill, border
	st := b.words.style
	st.Color, st.Bold, st.Center = ink, b.rank == Main || b.chosen, !b.leading && b.sign == nil
	b.words.SetStyle(st)
	if b.sign != nil {
		b.sign.Set(b.sign.sign, ink)
	}
}

// MinSize is at least Touch high.
func (b *Button) MinSize() fyne.Size {
	m := b.words.MinSize()
	w := m.Width
	if b.Size().Width == 0 {
		w = b.words.OneLine() + 1
	}
	pad := 2 * Grid
	if b.rank == Quiet {
		pad = Grid
	}
	if b.sign != nil {
		w += b.sign.MinSize().Width
		if b.words.Words() != "" {
			w += Grid
		}
	}
	return fyne.NewSize(max(Touch, min(w, 260)+2*pad), max(Touch, m.Height+2*Grid+4))
}

// Natural is the width on one line.
func (b *Button) natural() float32 {
	w := b.words.OneLine() + 1
	if b.sign != nil {
		w += b.sign.MinSize().Width + Grid
	}
	return max(Touch, w+4*Grid)
}

// CreateRenderer is Fyne's.
func (b *Button) CreateRenderer() fyne.WidgetRenderer { return &buttonRenderer{b} }

type buttonRenderer struct{ b *Button }

func (r *buttonRenderer) Layout(s fyne.Size) {
	b := r.b
	b.back.Resize(s)
	pad := 2 * Grid
	if b.rank == Quiet {
		pad = Grid
	}
	x, w := pad, s.Width-2*pad
	if b.sign != nil {
		m := b.sign.MinSize()
		sw := m.Width
		if b.words.Words() == "" {
			x = (s.Width - sw) / 2
		}
		b.sign.Resize(m)
		b.sign.Move(fyne.NewPos(x, (s.Height-m.Height)/2))
		x, w = x+sw+Grid, w-sw-Grid
	}
	h := settle(b.words, max(0, w))
	b.words.Move(fyne.NewPos(x, (s.Height-h)/2))
}

func (r *buttonRenderer) MinSize() fyne.Size { return r.b.MinSize() }
func (r *buttonRenderer) Destroy()           {}

func (r *buttonRenderer) Refresh() {
	r.b.back.Refresh()
	r.Layout(r.b.Size())
	r.b.words.Refresh()
}

func (r *buttonRenderer) Objects() []fyne.CanvasObject {
	if r.b.sign != nil {
		return []fyne.CanvasObject{r.b.back, r.b.sign, r.b.words}
	}
	return []fyne.CanvasObject{r.b.back, r.b.words}
}
