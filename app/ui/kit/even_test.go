package kit

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// Keys of a pad have the same width, rows the height of their highest thing, and nothing
// overlaps.
func TestEven(t *testing.T) {
	test.NewTempApp(t)
	high := Key("9", nil)
	e := Even(3, Key("1", nil), Key("2", nil), Gap(Touch), Plain("x"), high)
	e.Resize(fyne.NewSize(328, e.MinSize().Height))
	o := e.Objects
	w := o[0].Size().Width
	for i, x := range o {
		if x.Size().Width != w {
			t.Errorf("%d is %v wide, the first %v", i, x.Size().Width, w)
		}
		if right := x.Position().X + x.Size().Width; right > 328.1 {
			t.Errorf("%d ends at %v", i, right)
		}
		if i >= 3 && x.Position().Y < o[0].Position().Y+o[0].Size().Height+Grid {
			t.Errorf("%d lies in the first row", i)
		}
	}
	if o[3].Size().Height != high.Size().Height || high.Size().Height < Touch {
		t.Errorf("heights of a row: %v and %v", o[3].Size().Height, high.Size().Height)
	}
	if bottom := o[4].Position().Y + o[4].Size().Height; bottom > e.MinSize().Height+0.1 {
		t.Errorf("the last row ends at %v of %v", bottom, e.MinSize().Height)
	}
}

// A cell is never narrower than its text on one line, and keeps its place while it is short.
func TestCell(t *testing.T) {
	test.NewTempApp(t)
	cell := func(s string) float32 {
		return Cell(NewSign(SignMet, Ink, 1), NewText(s, Style{Size: Huge}), 4).MinSize().Width
	}
	if cell("7") != cell("777") {
		t.Error("short texts move what stands after them")
	}
	long := NewText("WWWWWWWW", Style{Size: Huge})
	if got := Cell(NewSign(SignMet, Ink, 1), long, 4).MinSize().Width; got < long.OneLine() {
		t.Errorf("%v for a text of %v", got, long.OneLine())
	}
}
