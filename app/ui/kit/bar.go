package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Bar is a calm line that shows how much of something is done. It does not move by itself.
type Bar struct {
	widget.BaseWidget
	share      float32
	back, done *ground
}

// NewBar makes an empty bar.
func NewBar() *Bar {
	b := &Bar{back: newGround(Page, Line), done: newGround(Told, Told)}
	b.ExtendBaseWidget(b)
	return b
}

// Set shows a share from 0 to 1; what lies outside is cut.
func (b *Bar) Set(share float32) {
	b.share = max(0, min(1, share))
	b.Refresh()
}

// MinSize is one and a half grids high.
func (b *Bar) MinSize() fyne.Size { return fyne.NewSize(Touch, 1.5*Grid) }

// CreateRenderer is Fyne's.
func (b *Bar) CreateRenderer() fyne.WidgetRenderer { return &barRenderer{b} }

type barRenderer struct{ b *Bar }

func (r *barRenderer) Layout(s fyne.Size) {
	r.b.back.Resize(s)
	r.b.done.Resize(fyne.NewSize(s.Width*r.b.share, s.Height))
}
func (r *barRenderer) MinSize() fyne.Size { return r.b.MinSize() }
func (r *barRenderer) Destroy()           {}

func (r *barRenderer) Refresh() {
	r.Layout(r.b.Size())
	r.b.back.Refresh()
	r.b.done.Refresh()
}

func (r *barRenderer) Objects() []fyne.CanvasObject {
	if r.b.share == 0 {
		return []fyne.CanvasObject{r.b.back}
	}
	return []fyne.CanvasObject{r.b.back, r.b.done}
}
