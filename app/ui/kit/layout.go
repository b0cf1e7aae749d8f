package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

// Column stacks what it is given, gap apart, each as wide as the column and as high as it
// needs at that width.
func Column(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&column{gap: gap}, objects...)
}

type column struct{ gap float32 }

func (c *column) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	var y float32
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		h := settle(o, size.Width)
		o.Move(fyne.NewPos(0, y))
		y += h + c.gap
	}
}

func (c *column) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		if s.Height > 0 {
			s.Height += c.gap
		}
		s.Width = max(s.Width, m.Width)
		s.Height += m.Height
	}
	return s
}

// settle gives o a width and the height that it needs there.
func settle(o fyne.CanvasObject, width float32) float32 {
	o.Resize(fyne.NewSize(width, o.MinSize().Height))
	h := o.MinSize().Height
	o.Resize(fyne.NewSize(width, h))
	return h
}

// Beside puts a small thing at the left of, or after (trailing), one that takes the rest of
// the width.
func Beside(left, wide fyne.CanvasObject) *fyne.Container {
	return container.New(&beside{gap: Grid}, left, wide)
}

// Trailing: see Beside.
func Trailing(wide, right fyne.CanvasObject) *fyne.Container {
	return container.New(&beside{gap: Grid, trailing: true}, right, wide)
}

// Marked puts a sign at the left of the first of some lines, however many they are.
func Marked(sign, lines fyne.CanvasObject) *fyne.Container {
	return container.New(&beside{gap: Grid, top: true}, sign, lines)
}

type beside struct {
	gap           float32
	trailing, top bool
}

func (b *beside) Layout(o []fyne.CanvasObject, size fyne.Size) {
	small, wide := o[0], o[1]
	w := width(small)
	if !small.Visible() {
		w = -b.gap
	}
	rest := max(0, size.Width-w-b.gap)
	h := settle(wide, rest)
	small.Resize(fyne.NewSize(max(w, 0), small.MinSize().Height))
	sh := small.MinSize().Height
	// What is lower stands in the middle, but beside many lines at the first.
	mid := func(own float32) float32 {
		if b.top {
			return max(0, (fyne.MeasureText("Đ", sizeOf(Body), fyne.TextStyle{Bold: true}).Height-own)/2)
		}
		if other := max(h, sh); own < other && other < 2.2*Touch {
			return (other - own) / 2
		}
		return 0
	}
	if b.trailing {
		wide.Move(fyne.NewPos(0, mid(h)))
		small.Move(fyne.NewPos(rest+b.gap, mid(sh)))
		return
	}
	small.Move(fyne.NewPos(0, mid(sh)))
	wide.Move(fyne.NewPos(w+b.gap, mid(h)))
}

// width is what a thing likes to have where it does not have to wrap.
func width(o fyne.CanvasObject) float32 {
	switch o := o.(type) {
	case *Text:
		return o.OneLine() + 1
	case *Button:
		return o.natural()
	}
	return o.MinSize().Width
}

func (b *beside) MinSize(o []fyne.CanvasObject) fyne.Size {
	small, wide := o[0], o[1]
	m := wide.MinSize()
	if !small.Visible() {
		return m
	}
	return fyne.NewSize(width(small)+b.gap+m.Width, max(m.Height, small.MinSize().Height))
}

// Flow puts things one after another and breaks to a new row where one does not fit.
func Flow(objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&flow{}, objects...)
}

type flow struct{ width float32 }

func (f *flow) walk(objects []fyne.CanvasObject, put func(o fyne.CanvasObject, x, y float32, s fyne.Size)) float32 {
	var x, y, row float32
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		w := min(width(o), max(f.width, Touch))
		if x > 0 && x+w > f.width {
			x, y, row = 0, y+row+Grid, 0
		}
		put(o, x, y, fyne.NewSize(w, m.Height))
		x += w + Grid
		row = max(row, m.Height)
	}
	return y + row
}

func (f *flow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	f.width = size.Width
	f.walk(objects, func(o fyne.CanvasObject, x, y float32, s fyne.Size) {
		o.Resize(s)
		o.Move(fyne.NewPos(x, y))
	})
}

func (f *flow) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var w float32
	h := f.walk(objects, func(o fyne.CanvasObject, _, _ float32, s fyne.Size) { w = max(w, o.MinSize().Width) })
	return fyne.NewSize(w, h)
}

// Inset keeps a distance around a thing: left and right x, above and below y.
func Inset(x, y float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(&inset{x, y}, o)
}

type inset struct{ x, y float32 }

func (i *inset) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		h := settle(o, max(0, size.Width-2*i.x))
		o.Resize(fyne.NewSize(max(0, size.Width-2*i.x), max(h, size.Height-2*i.y)))
		o.Move(fyne.NewPos(i.x, i.y))
	}
}

func (i *inset) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for _, o := range objects {
		s = s.Max(o.MinSize())
	}
	return s.AddWidthHeight(2*i.x, 2*i.y)
}

// Paper is a card: white, a line around it, air inside.
func Paper(objects ...fyne.CanvasObject) *fyne.Container {
	return Sheet(Card, Line, Column(Grid, objects...))
}

// Sheet lays a thing on a rounded rectangle of a colour with a border of another; both
// follow the theme.
func Sheet(fill, border fyne.ThemeColorName, o fyne.CanvasObject) *fyne.Container {
	return container.New(&over{}, newGround(fill, border), Inset(2*Grid, 1.5*Grid, o))
}

// over lays things on one another, all of the same width.
type over struct{}

func (over) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(fyne.NewSize(size.Width, o.MinSize().Height))
		o.Resize(size)
		o.Move(fyne.NewPos(0, 0))
	}
}

func (over) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	for _, o := range objects {
		s = s.Max(o.MinSize())
	}
	return s
}

// MaxLine is how wide a page of text gets on a wide screen: about 60 letters.
func MaxLine() float32 { return 36*sizeOf(Body) + 4*Grid }

// Scroll shows a page that may be higher than the screen, with margins; no line gets wider
// than MaxLine.
type Scroll struct {
	*fyne.Container
	scroll  *container.Scroll
	content fyne.CanvasObject
	frame   *fyne.Container
}

// NewScroll makes the page of a content.
func NewScroll(content fyne.CanvasObject) *Scroll {
	s := &Scroll{content: content}
	s.frame = container.New(&margin{}, content)
	s.scroll = container.NewVScroll(s.frame)
	s.Container = container.New(&scrolling{s}, s.scroll)
	return s
}

type margin struct{ below float32 }

func (m *margin) Layout(o []fyne.CanvasObject, size fyne.Size) {
	w := min(size.Width-4*Grid, MaxLine())
	settle(o[0], max(0, w))
	o[0].Move(fyne.NewPos(2*Grid, 1.5*Grid))
}

func (m *margin) MinSize(o []fyne.CanvasObject) fyne.Size {
	return o[0].MinSize().AddWidthHeight(4*Grid, 3*Grid+m.below)
}

type scrolling struct{ s *Scroll }

func (l *scrolling) Layout(o []fyne.CanvasObject, size fyne.Size) {
	l.s.frame.Layout.Layout(l.s.frame.Objects, size)
	o[0].Resize(size)
	o[0].Move(fyne.NewPos(0, 0))
	l.s.frame.Resize(fyne.NewSize(size.Width, max(size.Height, l.s.frame.MinSize().Height)))
}

func (l *scrolling) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(4*Touch, 2*Touch) }

// Fit lays out anew after the content changed.
func (s *Scroll) Fit() {
	s.Container.Layout.Layout(s.Container.Objects, s.Container.Size())
	s.scroll.Refresh()
}

// Room makes room below the content, so that its last field can be scrolled over an
// on-screen keyboard; 0 takes it away.
func (s *Scroll) Room(h float32) {
	if m := s.frame.Layout.(*margin); m.below != h {
		m.below = h
		s.Fit()
	}
}

// Top scrolls to the beginning.
func (s *Scroll) Top() { s.scroll.ScrollToTop() }

// Reveal scrolls so that o stands in the upper third.
func (s *Scroll) Reveal(o fyne.CanvasObject) {
	d := fyne.CurrentApp().Driver()
	y := d.AbsolutePositionForObject(o).Y - d.AbsolutePositionForObject(s.frame).Y
	s.scroll.ScrollToOffset(fyne.NewPos(0, max(0, y-s.scroll.Size().Height/4)))
}

// Rule is a thin line across.
func Rule() fyne.CanvasObject { return newRule() }

// Gap is empty space of a height.
func Gap(h float32) fyne.CanvasObject {
	r := canvas.NewRectangle(color.Transparent)
	r.SetMinSize(fyne.NewSize(1, h))
	return r
}
