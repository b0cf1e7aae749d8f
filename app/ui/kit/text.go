package kit

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Style is how a text looks; the zero value is body text in ink.
type Style struct {
	Size   fyne.ThemeSizeName  // "": Body
	Color  fyne.ThemeColorName // "": Ink
	Bold   bool
	Center bool
}

// Text is words that wrap at the width they get and are never cut. It has no margins. Rows
// of long lists are made of it too: it is a handful of canvas texts.
type Text struct {
	widget.BaseWidget
	words string
	style Style
	lines []string
	width float32 // for which lines are broken; 0: not yet
	size  float32 // of letters when broken
}

// NewText makes a text.
func NewText(s string, st Style) *Text {
	t := &Text{words: s, style: st}
	t.ExtendBaseWidget(t)
	return t
}

// Plain is body text, Heading a heading in bold, Lesser small text of second rank.
func Plain(s string) *Text { return NewText(s, Style{}) }

// Heading: see Plain.
func Heading(s string) *Text { return NewText(s, Style{Bold: true}) }

// Lesser: see Plain.
func Lesser(s string) *Text { return NewText(s, Style{Size: Small, Color: Second}) }

// Words gives the text.
func (t *Text) Words() string { return t.words }

// Set changes the words.
func (t *Text) Set(s string) {
	if t.words != s {
		t.words = s
		t.Refresh()
	}
}

// SetStyle changes the look.
func (t *Text) SetStyle(st Style) {
	if t.style != st {
		t.style = st
		t.Refresh()
	}
}

func (t *Text) letters() float32 {
	if t.style.Size == "" {
		return sizeOf(Body)
	}
	return sizeOf(t.style.Size)
}

func (t *Text) textStyle() fyne.TextStyle { return fyne.TextStyle{Bold: t.style.Bold} }

func (t *Text) breakLines(width float32) {
	size := t.letters()
	if t.lines != nil && t.width == width && t.size == size {
		return
	}
	t.width, t.size = width, size
	t.lines = Wrap(t.words, width, func(s string) float32 { return fyne.MeasureText(s, size, t.textStyle()).Width })
}

// Resize breaks the lines anew.
func (t *Text) Resize(s fyne.Size) {
	if s.Width != t.width {
		t.lines = nil
		t.breakLines(s.Width)
		t.BaseWidget.Resize(s)
		t.BaseWidget.Refresh()
		return
	}
	t.BaseWidget.Resize(s)
}

// Refresh draws anew, also after another text size was chosen.
func (t *Text) Refresh() {
	t.lines = nil
	t.BaseWidget.Refresh()
}

// MinSize is as high as the lines at the last width.
func (t *Text) MinSize() fyne.Size {
	t.breakLines(t.width)
	h := fyne.MeasureText("Ậ", t.letters(), t.textStyle()).Height
	var w float32
	if t.width == 0 {
		w = fyne.MeasureText(t.words, t.letters(), t.textStyle()).Width
		w = min(w, 4*t.letters())
	}
	return fyne.NewSize(w, h*float32(max(1, len(t.lines))))
}

// OneLine is the width that the text takes on one line.
func (t *Text) OneLine() float32 {
	return fyne.MeasureText(t.words, t.letters(), t.textStyle()).Width
}

// CreateRenderer is Fyne's.
func (t *Text) CreateRenderer() fyne.WidgetRenderer { return &textRenderer{t: t} }

// AccessibilityLabel is what a screen reader says.
func (t *Text) AccessibilityLabel() string { return t.words }

// AccessibilityRole tells that this is text.
func (t *Text) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

type textRenderer struct {
	t     *Text
	texts []*canvas.Text
	objs  []fyne.CanvasObject
}

func (r *textRenderer) Layout(fyne.Size) { r.place() }

func (r *textRenderer) place() {
	t := r.t
	t.breakLines(t.width)
	col := t.style.Color
	if col == "" {
		col = Ink
	}
	for len(r.texts) < len(t.lines) {
		c := canvas.NewText("", colorOf(col))
		r.texts = append(r.texts, c)
		r.objs = append(r.objs, c)
	}
	r.texts, r.objs = r.texts[:len(t.lines)], r.objs[:len(t.lines)]
	var y float32
	h := fyne.MeasureText("Ậ", t.letters(), t.textStyle()).Height
	for i, line := range t.lines {
		c := r.texts[i]
		c.Text, c.TextSize, c.TextStyle, c.Color = line, t.letters(), t.textStyle(), colorOf(col)
		c.Alignment = fyne.TextAlignLeading
		if t.style.Center {
			c.Alignment = fyne.TextAlignCenter
		}
		c.Move(fyne.NewPos(0, y))
		c.Resize(fyne.NewSize(t.width, h))
		y += h
	}
}

func (r *textRenderer) MinSize() fyne.Size { return r.t.MinSize() }

func (r *textRenderer) Refresh() {
	r.place()
	for _, c := range r.texts {
		c.Refresh()
	}
	canvas.Refresh(r.t)
}

func (r *textRenderer) Objects() []fyne.CanvasObject { return r.objs }
func (r *textRenderer) Destroy()                     {}

// Wrap breaks a text into lines no wider than width, between words; a word that is wider
// than a line is broken between letters. Width 0 breaks at new lines only.
func Wrap(s string, width float32, measure func(string) float32) []string {
	var out []string
	for _, para := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		if width <= 0 || measure(para) <= width {
			out = append(out, para)
			continue
		}
		line := ""
		for _, w := range strings.Fields(para) {
			try := w
			if line != "" {
				try = line + " " + w
			}
			if measure(try) <= width {
				line = try
				continue
			}
			if line != "" {
				out = append(out, line)
			}
			for measure(w) > width {
				cut := fitting(w, width, measure)
				out = append(out, w[:cut])
				w = w[cut:]
			}
			line = w
		}
		out = append(out, line)
	}
	return out
}

// fitting gives how many bytes of a word fit, at least one letter with its marks.
func fitting(w string, width float32, measure func(string) float32) int {
	ends := letterEnds(w)
	lo, hi := 0, len(ends)-1 // the first always goes
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if measure(w[:ends[mid]]) <= width {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return ends[lo]
}
