//go:build mobile

package frame_test

import (
	"testing"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook/notebooktest"
	"sodanvan/app/ui/kit"
	"sodanvan/app/ui/outline"
	"sodanvan/app/ui/uitest"
)

// TestFocusedFieldIsScrolledOverTheKeyboard: the keyboard covers the lower half of a
// phone; the field that is typed in stands in the upper one, the last field too.
func TestFocusedFieldIsScrolledOverTheKeyboard(t *testing.T) {
	r := uitest.New(t, uitest.Phone, notebooktest.Binh)
	var fields []fyne.CanvasObject
	for _, name := range []string{"Một", "Hai", "Ba", "Bốn", "Năm", "Sáu", "Bảy"} {
		fields = append(fields, kit.Field(name, kit.NewNote("", 3), nil))
	}
	r.Frame.SetTabs(tab("a", page("đơn", fields...)))
	last := r.Field("Bảy")
	r.Window.Canvas().Focus(last)
	at := func() outline.Item {
		for _, it := range r.Items() {
			if it.Kind == outline.Field && it.Label == "Bảy" {
				return it
			}
		}
		t.Fatal("the field is not there")
		return outline.Item{}
	}
	if it := at(); it.Y+40 > uitest.Phone.Height/2 || it.Y < 0 {
		t.Errorf("the field that is typed in stands at %v of %v", it.Y, uitest.Phone.Height)
	}
}
