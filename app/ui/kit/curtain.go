package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Curtain darkens what lies under it, takes every tap, and shows a card in the middle that
// scrolls where it is too high.
func Curtain(card fyne.CanvasObject) fyne.CanvasObject {
	// The edge keeps the card's border from being cut by the scroll.
	c := &curtain{card: Inset(Grid/2, Grid/2, card)}
	c.scroll = container.NewVScroll(c.card)
	c.ExtendBaseWidget(c)
	return c
}

type curtain struct {
	widget.BaseWidget
	card   fyne.CanvasObject
	scroll *container.Scroll
}

// Tapped keeps taps from what lies under it.
func (c *curtain) Tapped(*fyne.PointEvent) {}

func (c *curtain) CreateRenderer() fyne.WidgetRenderer {
	return &curtainRenderer{c: c, dim: canvas.NewRectangle(color.NRGBA{A: 0x99})}
}

type curtainRenderer struct {
	c   *curtain
	dim *canvas.Rectangle
}

func (r *curtainRenderer) Layout(s fyne.Size) {
	r.dim.Resize(s)
	w := min(s.Width-4*Grid, 460)
	h := settle(r.c.card, w)
	r.c.scroll.Resize(fyne.NewSize(w, min(h, s.Height-4*Grid)))
	r.c.scroll.Move(fyne.NewPos((s.Width-w)/2, max(2*Grid, (s.Height-h)/2)))
}

func (r *curtainRenderer) MinSize() fyne.Size { return fyne.Size{} }
func (r *curtainRenderer) Destroy()           {}
func (r *curtainRenderer) Refresh()           { r.Layout(r.c.Size()); canvas.Refresh(r.c.card) }
func (r *curtainRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.dim, r.c.scroll}
}
