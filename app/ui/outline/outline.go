// Package outline tells what stands on a canvas and where, in words: what a person would
// read and could tap. Tests look for buttons with it instead of guessing positions, in the
// test driver and, built with the tag walk, in a real window.
package outline

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"sodanvan/app/ui/kit"
)

// Kind is what a person could do with an item.
type Kind string

// The kinds.
const (
	Text   Kind = "text"
	Button Kind = "button"
	Field  Kind = "field"
	Image  Kind = "image"
)

// Item is one thing on the canvas. Positions are in the canvas's units.
type Item struct {
	Kind Kind `json:"kind"`
	// Label is what it says, a field's name; Value what was typed.
	Label string `json:"label"`
	Value string `json:"value,omitempty"`
	// Hint is the placeholder of a field.
	Hint string  `json:"hint,omitempty"`
	X    float32 `json:"x"`
	Y    float32 `json:"y"`
	W    float32 `json:"w"`
	H    float32 `json:"h"`
	// InSight: its middle is on the screen and not scrolled away.
	InSight  bool `json:"in_sight"`
	Disabled bool `json:"disabled,omitempty"`
	Focused  bool `json:"focused,omitempty"`

	Object fyne.CanvasObject `json:"-"`
}

// Of gives all items of a canvas from back to front.
func Of(c fyne.Canvas) []Item {
	w := walker{focused: c.Focused(), screen: rect{0, 0, c.Size().Width, c.Size().Height}}
	w.walk(c.Content(), fyne.NewPos(0, 0), w.screen)
	for _, o := range c.Overlays().List() {
		w.walk(o, fyne.NewPos(0, 0), w.screen)
	}
	return w.items
}

type rect struct{ x, y, w, h float32 }

func (r rect) has(x, y float32) bool { return x >= r.x && x <= r.x+r.w && y >= r.y && y <= r.y+r.h }

func (r rect) and(o rect) rect {
	x, y := max(r.x, o.x), max(r.y, o.y)
	return rect{x, y, max(0, min(r.x+r.w, o.x+o.w)-x), max(0, min(r.y+r.h, o.y+o.h)-y)}
}

type walker struct {
	items   []Item
	focused fyne.Focusable
	screen  rect
}

func (w *walker) walk(o fyne.CanvasObject, at fyne.Position, clip rect) {
	if o == nil || !o.Visible() {
		return
	}
	at = at.Add(o.Position())
	size := o.Size()
	here := rect{at.X, at.Y, size.Width, size.Height}
	it := Item{X: at.X, Y: at.Y, W: size.Width, H: size.Height, Object: o, InSight: size.Width > 0 && clip.has(at.X+size.Width/2, at.Y+size.Height/2)}
	if fo, ok := o.(fyne.Focusable); ok {
		it.Focused = fo == w.focused
	}
	if d, ok := o.(fyne.Disableable); ok {
		it.Disabled = d.Disabled()
	}
	add := func(k Kind, label string) {
		it.Kind, it.Label = k, label
		w.items = append(w.items, it)
	}
	switch x := o.(type) {
	case *kit.Entry:
		it.Value, it.Hint = x.Text, x.PlaceHolder
		add(Field, x.Label())
		return
	case *kit.Text:
		add(Text, x.Words())
		return
	case *canvas.Image:
		add(Image, "")
		return
	case *fyne.Container:
		for _, child := range x.Objects {
			w.walk(child, at, clip)
		}
		return
	case *container.Scroll:
		clip = clip.and(here)
	case fyne.Accessible:
		if x.AccessibilityRole() == fyne.AccessibleRoleButton {
			add(Button, x.AccessibilityLabel())
		}
	}
	if wid, ok := o.(fyne.Widget); ok {
		if r := test.WidgetRenderer(wid); r != nil {
			for _, child := range r.Objects() {
				w.walk(child, at, clip)
			}
		}
	}
}

// Question asks a window built for tests what it shows, after some keys if there are any.
type Question struct {
	Keys string `json:"keys,omitempty"`
	// Key is the name of one key, such as Back.
	Key string `json:"key,omitempty"`
}

// Shown is a window at one moment.
type Shown struct {
	// Scale is pixels a unit.
	Scale float32 `json:"scale"`
	W     float32 `json:"w"`
	H     float32 `json:"h"`
	Items []Item  `json:"items"`
}

// Look gives a window's canvas as it is now.
func Look(c fyne.Canvas) Shown {
	return Shown{Scale: c.Scale(), W: c.Size().Width, H: c.Size().Height, Items: Of(c)}
}
