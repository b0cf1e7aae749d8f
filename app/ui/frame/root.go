package frame

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
)

// Widths at which screens of a stack stand side by side, in px at text step 1.
const (
	twoPanes   = 900
	threePanes = 1320
	railWidth  = 132
)

// root lays out the window: panes, the bar of tabs, a message, a question.
type root struct {
	f     *Frame
	size  fyne.Size
	panes []*pane
	wide  bool

	page     fyne.CanvasObject
	stage    *fyne.Container
	tabs     *fyne.Container
	message  *fyne.Container
	question *fyne.Container
	refuse   func()
}

func newRoot(f *Frame) *root {
	r := &root{f: f, page: kit.Ground(kit.Page), stage: container.NewWithoutLayout(), tabs: container.NewWithoutLayout()}
	r.message, r.question = container.NewWithoutLayout(), container.NewWithoutLayout()
	f.said = &saying{r: r}
	return r
}

func (r *root) objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.page, r.stage, r.tabs, r.message, r.question}
}

// MinSize is small, so that every phone's window fits.
func (r *root) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(280, 320) }

// Layout is called by Fyne when the window changes, as after a rotation.
func (r *root) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	if size == r.size {
		return
	}
	before := r.fitting()
	r.size = size
	if r.f.Top() != nil && (r.fitting() != before || r.isWide() != r.wide) {
		r.build()
		for _, p := range r.panes {
			if p.s.Refresh != nil {
				p.s.Refresh()
			}
		}
	}
	r.fit()
}

func (r *root) isWide() bool { return r.size.Width >= twoPanes }

// fitting is how many screens stand side by side.
func (r *root) fitting() int {
	switch {
	case r.f.tabs == nil || r.size.Width < twoPanes:
		return 1
	case r.size.Width < threePanes:
		return 2
	}
	return 3
}

// build makes the panes of the stack: the first screen, and the last ones.
func (r *root) build() {
	r.wide = r.isWide()
	st := r.f.stack()
	if n := r.fitting(); len(st) > n {
		top := st[len(st)-n+1:]
		if slices.ContainsFunc(st, func(s *Screen) bool { return s.Hub }) {
			st = st[len(st)-n:]
		} else if n == 1 {
			top = st[len(st)-1:]
			st = top
		} else {
			st = append([]*Screen{st[0]}, top...)
		}
	}
	r.panes = nil
	r.stage.Objects = nil
	for _, s := range st {
		p := s.pane
		if p == nil {
			p = newPane(r.f, s)
			s.pane = p
		}
		p.head()
		r.panes = append(r.panes, p)
		r.stage.Add(p.Container)
	}
	r.calm()
	if len(r.panes) == 1 && r.fitting() > 1 {
		r.stage.Add(kit.Inset(4*kit.Grid, 6*kit.Grid, kit.NewText(words.ChooseLeft, kit.Style{Color: kit.Second})))
	}
	r.bar()
}

// bar draws the tabs: at the bottom of a phone, at the left of a wide window.
func (r *root) bar() {
	r.tabs.Objects = nil
	if r.f.tabs == nil || !r.wide && len(r.f.stack()) > 1 {
		r.tabs.Hide()
		return
	}
	r.tabs.Show()
	for i, t := range r.f.tabs {
		b := newTabButton(t, i == r.f.at, func() { r.f.open(i) })
		r.tabs.Add(b)
	}
	r.fit()
}

// calm leaves one red button in the window: that of the last screen.
func (r *root) calm() {
	for i, p := range r.panes {
		calm(p.s.Foot, i < len(r.panes)-1)
	}
}

func calm(o fyne.CanvasObject, on bool) {
	switch o := o.(type) {
	case *kit.Button:
		o.Calm(on)
	case *fyne.Container:
		for _, child := range o.Objects {
			calm(child, on)
		}
	}
}

// upToLine gives the foot the width of the page's lines, not of a wide pane.
type upToLine struct{}

func (upToLine) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

func (upToLine) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Resize(fyne.NewSize(min(s.Width, kit.MaxLine()+4*kit.Grid), s.Height))
}

// fit gives everything its place.
func (r *root) fit() {
	size := r.size
	if size.Width <= 0 {
		return
	}
	pos := fyne.NewPos(0, 0)
	area := size
	r.page.Resize(size)
	if r.tabs.Visible() && len(r.tabs.Objects) > 0 {
		if r.wide {
			y := float32(kit.Grid)
			for _, o := range r.tabs.Objects {
				h := o.MinSize().Height
				o.Resize(fyne.NewSize(railWidth, h))
				o.Move(fyne.NewPos(0, y))
				y += h + kit.Grid
			}
			r.tabs.Resize(fyne.NewSize(railWidth, size.Height))
			r.tabs.Move(fyne.NewPos(0, 0))
			pos.X, area.Width = railWidth, size.Width-railWidth
		} else {
			h := float32(0)
			for _, o := range r.tabs.Objects {
				h = max(h, o.MinSize().Height)
			}
			w := size.Width / float32(len(r.tabs.Objects))
			for i, o := range r.tabs.Objects {
				o.Resize(fyne.NewSize(w, h))
				o.Move(fyne.NewPos(float32(i)*w, 0))
			}
			r.tabs.Resize(fyne.NewSize(size.Width, h))
			r.tabs.Move(fyne.NewPos(0, size.Height-h))
			area.Height -= h
		}
	}
	r.stage.Resize(area)
	r.stage.Move(pos)
	r.spread(area)
	r.f.said.fit(size, area.Height)
	for _, o := range r.question.Objects {
		o.Resize(size)
	}
	r.question.Resize(size)
}

// spread gives the panes their widths: lists less, the page on the right the most.
func (r *root) spread(area fyne.Size) {
	n := r.fitting()
	widths := []float32{area.Width}
	switch n {
	case 2:
		left := min(420, area.Width*0.42)
		widths = []float32{left, area.Width - left}
	case 3:
		left, mid := min(360, area.Width*0.28), min(460, area.Width*0.34)
		widths = []float32{left, mid, area.Width - left - mid}
	}
	if n == 3 && len(r.panes) == 2 {
		widths = []float32{widths[0], widths[1] + widths[2]}
	}
	var x float32
	for i, o := range r.stage.Objects {
		w := widths[min(i, len(widths)-1)]
		if i == len(r.stage.Objects)-1 {
			w = area.Width - x
		}
		o.Resize(fyne.NewSize(w, area.Height))
		o.Move(fyne.NewPos(x, 0))
		x += w
	}
	for _, p := range r.panes {
		p.fit()
	}
	r.stage.Refresh()
}

// asking tells that a question covers the window.
func (r *root) asking() bool { return len(r.question.Objects) > 0 }

// answer closes the question without doing what it asks.
func (r *root) answer() {
	r.question.Objects = nil
	r.question.Refresh()
	if done := r.refuse; done != nil {
		r.refuse = nil
		done()
	}
}

// pane is one screen in its place: head, page, foot.
type pane struct {
	*fyne.Container
	f    *Frame
	s    *Screen
	top  *fyne.Container
	body fyne.CanvasObject
	foot *fyne.Container
	line fyne.CanvasObject
	edge fyne.CanvasObject
	back fyne.CanvasObject
}

func newPane(f *Frame, s *Screen) *pane {
	p := &pane{f: f, s: s, top: container.NewStack(), foot: container.NewStack(), line: kit.Rule(), edge: kit.Ground(kit.Line), back: kit.Ground(kit.Page)}
	switch {
	case s.List != nil:
		p.body = s.List.Container
	case s.Body != nil:
		if s.scroll == nil {
			s.scroll = kit.NewScroll(s.Body)
		}
		p.body = s.scroll.Container
	default:
		p.body = container.NewWithoutLayout()
	}
	if s.Foot != nil {
		p.foot.Objects = []fyne.CanvasObject{kit.Ground(kit.Page), container.New(upToLine{}, kit.Inset(2*kit.Grid, kit.Grid, s.Foot))}
	}
	objects := []fyne.CanvasObject{p.back, p.body, p.top, p.line, p.foot, p.edge}
	if s.Above != nil {
		objects = append(objects, s.Above)
	}
	p.Container = container.New(p, objects...)
	p.head()
	return p
}

// head draws the title with the way back.
func (p *pane) head() {
	title := kit.NewText(p.s.Title, kit.Style{Size: kit.Title, Bold: true})
	var row fyne.CanvasObject = title
	if p.s.Aside != "" {
		row = kit.Trailing(title, kit.NewText(p.s.Aside, kit.Style{Color: kit.Second}))
	}
	st := p.f.stack()
	if len(st) > 1 && p.s != st[0] {
		back := newBack(func() { p.f.PopAbove(p.s) })
		row = kit.Beside(back, row)
	}
	if len(st) <= 1 || p.s == st[0] {
		row = kit.Beside(kit.Gap(kit.Touch), row) // as high as one with a button
	}
	if p.s.Aside != "" {
		row = kit.Trailing(row, kit.Gap(1)) // the margin of the page below
	}
	p.top.Objects = []fyne.CanvasObject{kit.Ground(kit.Page), kit.Inset(kit.Grid, 0.5*kit.Grid, row)}
	p.top.Refresh() // a container of the same size does not lay out new content by itself
	p.fit()
}

// PopAbove goes back from a screen that may stand in the middle of the window.
func (f *Frame) PopAbove(s *Screen) {
	st := f.stack()
	for i, x := range st {
		if x == s && i > 0 {
			f.leave(st[i:], func() { f.PopTo(st[i-1]) })
			return
		}
	}
}

func (p *pane) fit() {
	if p.Container != nil && p.Size().Width > 0 {
		p.Layout(p.Objects, p.Size())
	}
}

// MinSize is nothing: the root decides.
func (p *pane) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// Layout puts head, page and foot one below the other.
func (p *pane) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	p.back.Resize(size)
	var y float32
	put := func(o fyne.CanvasObject, h float32) {
		o.Resize(fyne.NewSize(size.Width, h))
		o.Move(fyne.NewPos(0, y))
		y += h
	}
	fitted := func(o fyne.CanvasObject) float32 {
		o.Resize(fyne.NewSize(size.Width, o.MinSize().Height))
		return o.MinSize().Height
	}
	if p.s.Title != "" {
		put(p.top, max(fitted(p.top), kit.Touch+kit.Grid))
		put(p.line, 1)
	} else {
		p.line.Hide()
		p.top.Hide()
	}
	if p.s.Above != nil {
		put(p.s.Above, fitted(p.s.Above))
	}
	foot := float32(0)
	if p.s.Foot != nil && p.s.Foot.Visible() {
		foot = fitted(p.foot)
	}
	put(p.body, max(0, size.Height-y-foot))
	put(p.foot, foot)
	p.edge.Resize(fyne.NewSize(1, size.Height))
	p.edge.Move(fyne.NewPos(size.Width-1, 0))
}

// tabButton is one tab: a sign over a word; the open one has a line and bold words.
type tabButton struct {
	widget.BaseWidget
	tapped func()
	label  string
	body   *fyne.Container
}

func newTabButton(t *Tab, open bool, tapped func()) *tabButton {
	tone, label := kit.Second, t.Label
	if open {
		tone = kit.Action
	}
	sign := t.Sign
	if t.count > 0 {
		sign = words.Counted(t.count)
	}
	line := kit.Ground(kit.Page)
	if open {
		line = kit.Ground(kit.Action)
	}
	b := &tabButton{tapped: tapped, label: label}
	b.body = container.New(&tabLayout{}, kit.Ground(kit.Page), line,
		container.NewCenter(kit.NewSign(sign, tone, 1)),
		kit.NewText(label, kit.Style{Size: kit.Small, Center: true, Color: tone, Bold: open}))
	b.ExtendBaseWidget(b)
	return b
}

// Tapped opens the tab.
func (b *tabButton) Tapped(*fyne.PointEvent) { b.tapped() }

// AccessibilityLabel is what a screen reader says.
func (b *tabButton) AccessibilityLabel() string { return b.label }

// AccessibilityRole tells that this is a button.
func (b *tabButton) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

func (b *tabButton) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(b.body) }

type tabLayout struct{}

func (tabLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(kit.Touch, max(7*kit.Grid, o[2].MinSize().Height+o[3].MinSize().Height+1.5*kit.Grid))
}

func (tabLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Resize(s)
	o[1].Resize(fyne.NewSize(s.Width, 3))
	y := kit.Grid * 0.75
	for _, t := range o[2:] {
		t.Resize(fyne.NewSize(s.Width, t.MinSize().Height))
		t.Move(fyne.NewPos(0, y))
		y += t.MinSize().Height
	}
}

// newBack is the button at the left of a head.
func newBack(tapped func()) fyne.CanvasObject {
	b := kit.Act("", tapped)
	b.SetSign(kit.SignBack)
	return b.Called(words.Back)
}
