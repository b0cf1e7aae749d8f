package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Tap is a card that can be tapped as a whole: a line of a page that opens another.
type Tap struct {
	widget.BaseWidget
	OnTapped func()

	label   string
	back    *ground
	body    *fyne.Container
	focused bool
	hovered bool
	marked  bool
}

// NewTap makes a card of some things; label is what it is called by screen readers.
func NewTap(label string, tapped func(), objects ...fyne.CanvasObject) *Tap {
	arrow := NewSign(SignOpen, Second, 1.2)
	t := &Tap{OnTapped: tapped, label: label, back: newGround(Card, Line)}
	t.body = Inset(2*Grid, 1.5*Grid, Trailing(Column(Grid/2, objects...), arrow))
	t.ExtendBaseWidget(t)
	return t
}

// Tapped opens it.
func (t *Tap) Tapped(*fyne.PointEvent) {
	if t.OnTapped != nil {
		t.OnTapped()
	}
}

// FocusGained and the others are what the keyboard and the mouse do.
func (t *Tap) FocusGained() { t.focused = true; t.dress() }

// FocusLost: see FocusGained.
func (t *Tap) FocusLost() { t.focused = false; t.dress() }

// TypedRune: see FocusGained.
func (t *Tap) TypedRune(r rune) {
	if r == ' ' {
		t.Tapped(nil)
	}
}

// TypedKey: see FocusGained.
func (t *Tap) TypedKey(k *fyne.KeyEvent) {
	if letGo(t, k) {
		return
	}
	if k.Name == fyne.KeyReturn || k.Name == fyne.KeyEnter {
		t.Tapped(nil)
	}
}

// MouseIn: see FocusGained.
func (t *Tap) MouseIn(*desktop.MouseEvent) { t.hovered = true; t.dress() }

// MouseMoved: see FocusGained.
func (t *Tap) MouseMoved(*desktop.MouseEvent) {}

// MouseOut: see FocusGained.
func (t *Tap) MouseOut() { t.hovered = false; t.dress() }

// Mark marks it as the one that is open beside its page, or takes the mark back.
func (t *Tap) Mark(on bool) {
	if t.marked != on {
		t.marked = on
		t.dress()
	}
}

func (t *Tap) dress() {
	t.back.fill, t.back.border = Card, Line
	if t.marked {
		t.back.fill, t.back.border = Chosen, Ink
	}
	if t.hovered {
		t.back.fill = "hover"
	}
	if t.focused {
		t.back.border = "focus"
	}
	t.back.Refresh()
}

// AccessibilityLabel is what a screen reader says.
func (t *Tap) AccessibilityLabel() string { return t.label }

// AccessibilityRole tells that this is a button.
func (t *Tap) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// MinSize is at least Touch high.
func (t *Tap) MinSize() fyne.Size { return t.body.MinSize().Max(fyne.NewSize(Touch, Touch)) }

// CreateRenderer is Fyne's.
func (t *Tap) CreateRenderer() fyne.WidgetRenderer { return &tapRenderer{t} }

type tapRenderer struct{ t *Tap }

func (r *tapRenderer) Layout(s fyne.Size) {
	r.t.back.Resize(s)
	r.t.body.Resize(s)
}
func (r *tapRenderer) MinSize() fyne.Size { return r.t.MinSize() }
func (r *tapRenderer) Destroy()           {}
func (r *tapRenderer) Refresh()           { r.t.back.Refresh(); r.t.body.Refresh() }
func (r *tapRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.t.back, r.t.body}
}

// State shows how something stands: icon, words and colour, all three.
func State(icon, words string, tone fyne.ThemeColorName) fyne.CanvasObject {
	return Beside(NewSign(icon, tone, 0.9), NewText(words, Style{Size: Small, Color: tone}))
}

// Banner is a message on the page, such as why something cannot be saved.
func Banner(icon, words string, tone fyne.ThemeColorName, below ...fyne.CanvasObject) *fyne.Container {
	objects := append([]fyne.CanvasObject{Beside(NewSign(icon, tone, 1), NewText(words, Style{Color: tone}))}, below...)
	return Sheet(Card, tone, Column(Grid, objects...))
}
