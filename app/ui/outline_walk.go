//go:build walk

package ui

import (
	"encoding/json"
	"net"
	"os"

	"fyne.io/fyne/v2"

	"sodanvan/app/ui/outline"
)

// exposeOutline serves what the window shows, as JSON, on the unix socket that the variable
// SODANVAN_OUTLINE names: one question and one answer a connection. Only the real-window
// tests build it in.
//
// A question may bring keys: Fyne's phone driver takes none from X, where the tests run, so
// they are handed to what has the focus, as that driver does with Android's keyboard.
func exposeOutline(win fyne.Window) {
	path := os.Getenv("SODANVAN_OUTLINE")
	if path == "" {
		return
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			var ask outline.Question
			if json.NewDecoder(c).Decode(&ask) == nil {
				var shown outline.Shown
				fyne.DoAndWait(func() {
					press(win.Canvas(), ask)
					shown = outline.Look(win.Canvas())
				})
				_ = json.NewEncoder(c).Encode(shown)
			}
			_ = c.Close()
		}
	}()
}

// press does what a driver does with keys.
func press(c fyne.Canvas, ask outline.Question) {
	for _, r := range ask.Keys {
		if f := c.Focused(); f != nil {
			f.TypedRune(r)
		} else if typed := c.OnTypedRune(); typed != nil {
			typed(r)
		}
	}
	if ask.Key == "" {
		return
	}
	k := &fyne.KeyEvent{Name: fyne.KeyName(ask.Key)}
	if f := c.Focused(); f != nil {
		f.TypedKey(k)
	} else if typed := c.OnTypedKey(); typed != nil {
		typed(k)
	}
}
