package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/mobile"
)

// letGo gives the focus back on the back key of a phone, or Escape: the first press closes
// the on-screen keyboard, the next goes a screen back. It tells whether it did.
func letGo(o fyne.CanvasObject, k *fyne.KeyEvent) bool {
	if k.Name != mobile.KeyBack && k.Name != fyne.KeyEscape {
		return false
	}
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil {
		c.Unfocus()
	}
	return true
}
