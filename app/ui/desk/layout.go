package desk

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
)

// barred puts a bar at the left of a thing, from its top to its bottom: so that what is new
// is found without colour.
func barred(tone fyne.ThemeColorName, o fyne.CanvasObject) *fyne.Container {
	return container.New(bar{}, kit.Ground(tone), o)
}

type bar struct{}

const barWidth, barGap = 5, 1.5 * kit.Grid

func (bar) Layout(o []fyne.CanvasObject, size fyne.Size) {
	o[0].Resize(fyne.NewSize(barWidth, size.Height))
	o[0].Move(fyne.NewPos(0, 0))
	place(o[1], barWidth+barGap, max(0, size.Width-barWidth-barGap))
}

func (bar) MinSize(o []fyne.CanvasObject) fyne.Size {
	return o[1].MinSize().AddWidthHeight(barWidth+barGap, 0)
}

// place gives a thing a width and then the height that it needs there.
func place(o fyne.CanvasObject, x, width float32) {
	o.Resize(fyne.NewSize(width, o.MinSize().Height))
	o.Resize(fyne.NewSize(width, o.MinSize().Height))
	o.Move(fyne.NewPos(x, 0))
}

// forKeys shows a thing only where the window is that of a desk, which has a keyboard.
func forKeys(f *frame.Frame, o fyne.CanvasObject) *fyne.Container {
	return container.New(keyed{f}, o)
}

type keyed struct{ f *frame.Frame }

// deskWidth is from where on a window is taken for one of a desk.
const deskWidth = 900

func (k keyed) here() bool {
	return !fyne.CurrentDevice().IsMobile() && k.f.Window().Canvas().Size().Width >= deskWidth
}

func (k keyed) Layout(o []fyne.CanvasObject, size fyne.Size) {
	o[0].Hide()
	if k.here() {
		o[0].Show()
		place(o[0], 0, size.Width)
	}
}

func (k keyed) MinSize(o []fyne.CanvasObject) fyne.Size {
	if !k.here() {
		return fyne.Size{}
	}
	return o[0].MinSize()
}
