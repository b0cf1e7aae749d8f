package kit

import (
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// RowText is one text of a row of a List.
type RowText struct {
	Words string
	Style Style
}

// Item is what a row of a List shows.
type Item struct {
	// Sign stands at the left, such as ● for somebody who waits; "" for none.
	Sign  string
	Tone  fyne.ThemeColorName
	Lines []RowText
}

// List is a long list of rows with texts that wrap; only rows in sight exist. Rows are
// chosen by tapping, or with the arrows and space.
type List struct {
	*fyne.Container
	// OnOpen is called with the index of the row that was tapped.
	OnOpen func(i int)

	list  *widget.List
	items []Item
	width float32
	size  float32
	probe *row
	empty *fyne.Container
	keep  bool // the opened row stays marked, for list and page side by side
	mark  int  // that row; -1 none
	quiet bool
}

// NewList makes an empty list; empty is what it says then.
func NewList(empty string, open func(i int)) *List {
	l := &List{OnOpen: open, probe: newRow()}
	l.list = widget.NewList(
		func() int { return len(l.items) },
		func() fyne.CanvasObject { return newRow() },
		func(i widget.ListItemID, o fyne.CanvasObject) {
			if i < len(l.items) {
				o.(*row).set(l.items[i])
			}
		})
	l.list.OnSelected = func(i widget.ListItemID) {
		if l.quiet {
			return
		}
		// A row is chosen by a tap only until it is told to: Mark says which one is open, and
		// one that stayed chosen could not be tapped again.
		if l.keep {
			l.Mark(l.mark)
		} else {
			l.list.UnselectAll()
		}
		if l.OnOpen != nil && i < len(l.items) {
			l.OnOpen(i)
		}
	}
	l.empty = Inset(2*Grid, 3*Grid, NewText(empty, Style{Color: Second}))
	l.Container = container.New(&listing{l}, l.list, l.empty)
	return l
}

// Set shows other items; the place in the list stays.
func (l *List) Set(items []Item) {
	l.items = items
	l.measure()
	if len(items) == 0 {
		l.list.Hide()
		l.empty.Show()
	} else {
		l.empty.Hide()
		l.list.Show()
	}
	l.list.Refresh()
	l.Container.Layout.Layout(l.Container.Objects, l.Container.Size())
}

// Len is how many rows there are.
func (l *List) Len() int { return len(l.items) }

// SetEmpty changes what an empty list says.
func (l *List) SetEmpty(s string) { l.empty.Objects[0].(*Text).Set(s) }

// Mark marks a row as the one that is open beside the list; -1 none. The list stays where
// it is scrolled to.
func (l *List) Mark(i int) {
	l.keep, l.quiet, l.mark = true, true, i
	at := l.list.GetScrollOffset()
	l.list.UnselectAll()
	if i >= 0 && i < len(l.items) {
		l.list.Select(i)
		l.list.ScrollToOffset(at)
	}
	l.quiet = false
}

// Top scrolls to the beginning.
func (l *List) Top() { l.list.ScrollToTop() }

// ScrollTo moves the list to an offset in px, for the frame-time benchmark.
func (l *List) ScrollTo(y float32) { l.list.ScrollToOffset(y) }

// measure gives each row its height. Most rows have lines that surely fit, and those have
// one height: only the others are broken into lines.
func (l *List) measure() {
	if l.width <= 0 {
		return
	}
	letter := sizeOf(Body) * 0.72 // wider than the mean of any text in the app's font
	plain := map[int]float32{}
	for i, it := range l.items {
		fits := true
		for _, ln := range it.Lines {
			if float32(utf8.RuneCountInString(ln.Words))*letter > l.probe.textWidth(l.width) || ln.Style.Size == Title {
				fits = false
			}
		}
		h, known := plain[len(it.Lines)]
		if !fits || !known {
			l.probe.write(it)
			h = l.probe.heightAt(l.width)
			if fits {
				plain[len(it.Lines)] = h
			}
		}
		l.list.SetItemHeight(i, h)
	}
}

type listing struct{ l *List }

func (g *listing) Layout(o []fyne.CanvasObject, s fyne.Size) {
	l := g.l
	if size := sizeOf(Body); s.Width != l.width || size != l.size {
		l.width, l.size = s.Width, size
		l.measure()
	}
	o[0].Resize(s)
	o[0].Move(fyne.NewPos(0, 0))
	settle(o[1], s.Width)
	o[1].Move(fyne.NewPos(0, 0))
}

func (g *listing) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(4*Touch, 2*Touch) }

// row is one row: a sign, then lines.
type row struct {
	widget.BaseWidget
	sign  *Sign
	lines []*Text
	shown int
}

func newRow() *row {
	r := &row{sign: NewSign("", Second, 0.85)}
	r.ExtendBaseWidget(r)
	return r
}

// signWidth is what the texts leave to the sign, which grows with them.
func (r *row) signWidth() float32 { return max(3*Grid, r.sign.MinSize().Height+0.75*Grid) }

func (r *row) textWidth(width float32) float32 { return max(0, width-2*2*Grid-r.signWidth()) }

func (r *row) set(it Item) {
	tone := it.Tone
	if tone == "" {
		tone = Second
	}
	r.sign.Set(it.Sign, tone)
	r.write(it)
	if s := r.Size(); s.Width > 0 {
		r.place(s)
	}
	r.Refresh()
}

// write sets the texts alone, which is all that a row's height needs: a sign is a picture
// and takes far longer.
func (r *row) write(it Item) {
	for len(r.lines) < len(it.Lines) {
		r.lines = append(r.lines, NewText("", Style{}))
	}
	for i, ln := range it.Lines {
		r.lines[i].SetStyle(ln.Style)
		r.lines[i].Set(ln.Words)
	}
	r.shown = len(it.Lines)
}

func (r *row) heightAt(width float32) float32 {
	h := 2.5 * Grid
	for _, t := range r.lines[:r.shown] {
		h += settle(t, r.textWidth(width))
	}
	return max(h, Touch)
}

func (r *row) place(s fyne.Size) {
	r.sign.Resize(r.sign.MinSize())
	r.sign.Move(fyne.NewPos(2*Grid, 1.25*Grid+3))
	y := 1.25 * Grid
	for _, t := range r.lines[:r.shown] {
		h := settle(t, r.textWidth(s.Width))
		t.Move(fyne.NewPos(2*Grid+r.signWidth(), y))
		y += h
	}
}

// MinSize is the least; the list gives each row its own height.
func (r *row) MinSize() fyne.Size { return fyne.NewSize(Touch, Touch) }

func (r *row) CreateRenderer() fyne.WidgetRenderer { return &rowRenderer{r} }

type rowRenderer struct{ r *row }

func (x *rowRenderer) Layout(s fyne.Size) { x.r.place(s) }
func (x *rowRenderer) MinSize() fyne.Size { return x.r.MinSize() }
func (x *rowRenderer) Destroy()           {}
func (x *rowRenderer) Refresh() {
	for _, o := range x.Objects() {
		o.Refresh()
	}
}

func (x *rowRenderer) Objects() []fyne.CanvasObject {
	o := []fyne.CanvasObject{x.r.sign}
	for _, t := range x.r.lines[:x.r.shown] {
		o = append(o, t)
	}
	return o
}
