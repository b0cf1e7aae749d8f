package household_test

import (
	"testing"

	"sodanvan/app/notebook/notebooktest"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/household"
	"sodanvan/app/ui/uitest"
)

// list800 is a window with a member's list of 800 households.
func list800(b *testing.B) (*uitest.Rig, *frame.Screen) {
	branch := notebooktest.NewBranch(b)
	branch.Fill(notebooktest.Binh, 800, 1, 0)
	r := uitest.Over(b, uitest.Phone, branch, notebooktest.Binh)
	s := household.List(r.Frame, false)
	r.Show(s)
	return r, s
}

// BenchmarkScroll800 is what one frame of scrolling asks of the screen's thread, half a row
// further each time; a frame of 60 a second has 16.7 ms.
func BenchmarkScroll800(b *testing.B) {
	_, s := list800(b)
	y := float32(0)
	for b.Loop() {
		y += 40
		s.List.ScrollTo(float32(int(y) % 60_000))
	}
}

// BenchmarkScrollDrawn800 also draws the frame, without a graphics card.
func BenchmarkScrollDrawn800(b *testing.B) {
	r, s := list800(b)
	y := float32(0)
	for b.Loop() {
		y += 40
		s.List.ScrollTo(float32(int(y) % 60_000))
		r.Window.Canvas().Capture()
	}
}
