package kit

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestBarShowsAShare(t *testing.T) {
	test.NewTempApp(t)
	b := NewBar()
	b.Resize(fyne.NewSize(200, 12))
	for _, c := range []struct{ share, width float32 }{{0.25, 50}, {1, 200}, {7, 200}, {-1, 0}} {
		b.Set(c.share)
		objects := test.WidgetRenderer(b).Objects()
		width := float32(0)
		if len(objects) > 1 {
			width = objects[1].Size().Width
		}
		if width != c.width {
			t.Errorf("%v of 200 px: %v", c.share, width)
		}
	}
}

func TestTickLeavesTheTapToItsCaller(t *testing.T) {
	test.NewTempApp(t)
	taps := 0
	b := Tick("Hộ ông Nguyễn Văn Đạt", false, func() { taps++ })
	test.Tap(b)
	if taps != 1 || b.chosen || b.sign.sign != SignMet {
		t.Errorf("%d taps, ticked %v with %s", taps, b.chosen, b.sign.sign)
	}
	if done := Tick("Hộ ông Nguyễn Văn Đạt", true, nil); !done.chosen || done.sign.sign != SignSafe {
		t.Error("a done line has no tick")
	}
}
