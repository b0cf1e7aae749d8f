package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Colours beyond Fyne's own names. A state is never colour alone: see State.
const (
	// Page is what lies under everything, Card what lies on it, Line what parts things.
	Page = theme.ColorNameBackground
	Card = theme.ColorNameInputBackground
	Line = theme.ColorNameSeparator
	// Ink is text, Second text of lower rank.
	Ink    = theme.ColorNameForeground
	Second = fyne.ThemeColorName("sodanvan.second")
	// Action fills the one main button of a screen, OnAction is the text on it.
	Action   = theme.ColorNamePrimary
	OnAction = theme.ColorNameForegroundOnPrimary
	// Safe is kept or approved, Waiting not sent or not approved, Wrong returned or
	// overdue, Told a notice or an answer.
	Safe    = fyne.ThemeColorName("sodanvan.safe")
	Waiting = fyne.ThemeColorName("sodanvan.waiting")
	Wrong   = fyne.ThemeColorName("sodanvan.wrong")
	Told    = fyne.ThemeColorName("sodanvan.told")
	// Chosen is under what is chosen.
	Chosen = fyne.ThemeColorName("sodanvan.chosen")
)

// Sizes of text; all follow the step that the user chose.
const (
	Body  = theme.SizeNameText
	Title = fyne.ThemeSizeName("sodanvan.title")
	Small = fyne.ThemeSizeName("sodanvan.small")
	// Huge is for what is read out or copied by hand: a petition's number, a code.
	Huge = fyne.ThemeSizeName("sodanvan.huge")
)

// Grid is the unit of all distances, Touch the least height of what can be tapped.
const (
	Grid  float32 = 8
	Touch float32 = 48
)

// steps are the sizes of body text that a user can choose, in px.
var steps = []float32{18, 20, 24, 28}

// Steps is how many text sizes there are.
func Steps() int { return len(steps) }

// hue is one role of colour, by day and by night.
type hue struct{ light, dark color.NRGBA }

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xff}
}

func of(light, dark uint32) hue { return hue{rgb(light), rgb(dark)} }

// hues has every colour of the app; the contrast of text on Page and Card is 7:1 or more,
// which a test computes.
var hues = map[fyne.ThemeColorName]hue{
	Page:     of(0xFBF8F3, 0x161311),
	Card:     of(0xFFFFFF, 0x221D1A),
	Line:     of(0xD9D2C5, 0x443C35),
	Ink:      of(0x1B1917, 0xF4EEE4),
	Second:   of(0x4A443D, 0xCFC6B8),
	Action:   of(0x9B1C1C, 0xFFB4A8),
	OnAction: of(0xFFFFFF, 0x2A0A06),
	Safe:     of(0x14532D, 0x9BE3B4),
	Waiting:  of(0x6B4300, 0xF2C879),
	Wrong:    of(0x9B1C1C, 0xFFB4A8),
	Told:     of(0x123B6D, 0xA9CBFF),
	Chosen:   of(0xF3E6DA, 0x3A2F29),

	theme.ColorNameInputBorder:         of(0x4A443D, 0xCFC6B8),
	theme.ColorNamePlaceHolder:         of(0x4A443D, 0xCFC6B8),
	theme.ColorNameButton:              of(0xFFFFFF, 0x221D1A),
	theme.ColorNameDisabledButton:      of(0xEFE9DF, 0x2B2521),
	theme.ColorNameDisabled:            of(0x5B544B, 0xB3A99B),
	theme.ColorNameHover:               of(0xF3EDE3, 0x2B2521),
	theme.ColorNamePressed:             of(0xE6DCCB, 0x3A322C),
	theme.ColorNameFocus:               of(0x123B6D, 0xA9CBFF),
	theme.ColorNameSelection:           of(0xF0D9C8, 0x5A4034),
	theme.ColorNameHyperlink:           of(0x123B6D, 0xA9CBFF),
	theme.ColorNameError:               of(0x9B1C1C, 0xFFB4A8),
	theme.ColorNameSuccess:             of(0x14532D, 0x9BE3B4),
	theme.ColorNameWarning:             of(0x6B4300, 0xF2C879),
	theme.ColorNameHeaderBackground:    of(0xF3EDE3, 0x221D1A),
	theme.ColorNameMenuBackground:      of(0xFFFFFF, 0x221D1A),
	theme.ColorNameOverlayBackground:   of(0xFFFFFF, 0x221D1A),
	theme.ColorNameScrollBar:           of(0x8A8172, 0x8A8172),
	theme.ColorNameForegroundOnError:   of(0xFFFFFF, 0x2A0A06),
	theme.ColorNameForegroundOnSuccess: of(0xFFFFFF, 0x161311),
	theme.ColorNameForegroundOnWarning: of(0xFFFFFF, 0x161311),
}

// Shade says when the dark colours are used.
type Shade int

// The choices of a user.
const (
	// BySystem follows the phone.
	BySystem Shade = iota
	Light
	Dark
)

// Theme is the look of the app. Its zero value is step 1, by the system.
type Theme struct {
	// Step is 0 … Steps()-1: 18, 20, 24, 28 px.
	Step  int
	Shade Shade
}

var _ fyne.Theme = Theme{}

// Color gives a colour of ours, else Fyne's.
func (t Theme) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	dark := v == theme.VariantDark
	if t.Shade != BySystem {
		dark = t.Shade == Dark
	}
	if h, ok := hues[name]; ok {
		if dark {
			return h.dark
		}
		return h.light
	}
	if dark {
		return theme.DefaultTheme().Color(name, theme.VariantDark)
	}
	return theme.DefaultTheme().Color(name, theme.VariantLight)
}

// Font gives Fyne's font, which has every Vietnamese letter; the fixed-width one has not,
// so it is not used.
func (t Theme) Font(s fyne.TextStyle) fyne.Resource {
	s.Monospace = false
	return theme.DefaultTheme().Font(s)
}

// Icon gives Fyne's icons.
func (t Theme) Icon(name fyne.ThemeIconName) fyne.Resource { return theme.DefaultTheme().Icon(name) }

// Size gives a size in px.
func (t Theme) Size(name fyne.ThemeSizeName) float32 {
	body := steps[min(max(t.Step, 0), len(steps)-1)]
	switch name {
	case Body:
		return body
	case Title, theme.SizeNameSubHeadingText, theme.SizeNameHeadingText:
		return body * 1.25
	case Small, theme.SizeNameCaptionText:
		return body * 0.85
	case Huge:
		return body * 2
	case theme.SizeNamePadding:
		return Grid
	case theme.SizeNameInnerPadding:
		return 12
	case theme.SizeNameInlineIcon:
		return body * 1.25
	case theme.SizeNameInputRadius, theme.SizeNameSelectionRadius, theme.SizeNameButtonRadius, theme.SizeNameCardRadius, theme.SizeNameDialogRadius:
		return Grid
	case theme.SizeNameScrollBar:
		return 14
	case theme.SizeNameScrollBarSmall:
		return 5
	}
	return theme.DefaultTheme().Size(name)
}

func sizeOf(name fyne.ThemeSizeName) float32       { return theme.Size(name) }
func colorOf(name fyne.ThemeColorName) color.Color { return theme.Color(name) }
