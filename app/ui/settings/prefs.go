// Package settings is the screen of what a user can set for this device, and where that is
// kept: text size, light or dark, how Vietnamese is typed, the PIN.
package settings

import (
	"fyne.io/fyne/v2"

	"sodanvan/app/ui/kit"
	"sodanvan/shared/viet/typing"
)

// Prefs are what is kept for a device, outside the book: they hold before it is open.
type Prefs struct {
	// Step is the text size, 0 … kit.Steps()-1.
	Step   int
	Shade  kit.Shade
	Typing typing.Method
}

// Keys in the app's preferences.
const (
	stepKey   = "look.step"
	shadeKey  = "look.shade"
	typingKey = "typing"
)

var shades = map[string]kit.Shade{"auto": kit.BySystem, "light": kit.Light, "dark": kit.Dark}

// Load reads what is kept. What was never set, or no longer means anything, is as at first:
// the smallest of the sizes, by the system, and on desks Telex, because a phone's keyboard
// composes by itself.
func Load(app fyne.App) Prefs {
	kept := app.Preferences()
	p := Prefs{Step: min(max(kept.Int(stepKey), 0), kit.Steps()-1), Shade: shades[kept.String(shadeKey)]}
	if m, ok := typing.ParseMethod(kept.String(typingKey)); ok {
		p.Typing = m
	} else if !fyne.CurrentDevice().IsMobile() {
		p.Typing = typing.Telex
	}
	return p
}

// Save keeps them.
func (p Prefs) Save(app fyne.App) {
	kept := app.Preferences()
	kept.SetInt(stepKey, p.Step)
	for name, s := range shades {
		if s == p.Shade {
			kept.SetString(shadeKey, name)
		}
	}
	kept.SetString(typingKey, p.Typing.String())
}

// Apply makes the app look and type so.
func (p Prefs) Apply(app fyne.App) {
	kit.Typing = p.Typing
	app.Settings().SetTheme(kit.Theme{Step: p.Step, Shade: p.Shade})
}
