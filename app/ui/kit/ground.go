package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// ground is a rounded rectangle whose colours follow the theme.
type ground struct {
	widget.BaseWidget
	fill, border fyne.ThemeColorName
}

func newGround(fill, border fyne.ThemeColorName) *ground {
	g := &ground{fill: fill, border: border}
	g.ExtendBaseWidget(g)
	return g
}

// Ground is a flat rectangle of one colour of the theme.
func Ground(fill fyne.ThemeColorName) fyne.CanvasObject { return newGround(fill, "") }

func (g *ground) CreateRenderer() fyne.WidgetRenderer {
	r := &groundRenderer{g: g, rect: canvas.NewRectangle(color.Transparent)}
	r.Refresh()
	return r
}

type groundRenderer struct {
	g    *ground
	rect *canvas.Rectangle
}

func (r *groundRenderer) Layout(s fyne.Size) { r.rect.Resize(s) }
func (r *groundRenderer) MinSize() fyne.Size { return fyne.Size{} }
func (r *groundRenderer) Destroy()           {}
func (r *groundRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.rect}
}

func (r *groundRenderer) Refresh() {
	r.rect.FillColor = color.Transparent
	if r.g.fill != "" {
		r.rect.FillColor = colorOf(r.g.fill)
	}
	r.rect.StrokeWidth, r.rect.CornerRadius = 0, 0
	if r.g.border != "" {
		r.rect.StrokeColor, r.rect.StrokeWidth, r.rect.CornerRadius = colorOf(r.g.border), 1, Grid
	}
	r.rect.Refresh()
}

// rule is a line whose colour follows the theme.
type rule struct{ widget.BaseWidget }

func newRule() *rule {
	r := &rule{}
	r.ExtendBaseWidget(r)
	return r
}

func (r *rule) MinSize() fyne.Size { return fyne.NewSize(1, 1) }

func (r *rule) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(newGround(Line, ""))
}
