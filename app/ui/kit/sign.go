package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Signs are written as one letter in the notebook's receipts and in screens, and drawn as
// icons, because the app's font has few of these letters.
const (
	SignSafe     = "✓" // kept on the server
	SignApproved = "✔"
	SignReturned = "↩"
	SignAgain    = "…" // waits again, or is kept waiting
	SignWaiting  = "↑" // not sent yet
	SignWrong    = "!"
	SignTold     = "i"
	SignMet      = "○"
	SignLong     = "●"
	SignHome     = "⌂"
	SignTasks    = "☰"
	SignPetition = "✎"
	SignNotice   = "◁"
	SignSync     = "⟳"
	SignSettings = "⚙"
	SignBack     = "‹"
	SignOpen     = "›"
	SignPerson   = "☺"
	SignDevice   = "▭"
	SignAdd      = "+"
)

// drawn are signs of our own, for which the toolkit's are too thin for sunlight.
var drawn = map[string]fyne.Resource{
	SignMet: fyne.NewStaticResource("met.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24">`+
		`<path fill="#000000" d="M12 3 A9 9 0 0 1 12 21 A9 9 0 0 1 12 3 Z M12 5.8 A6.2 6.2 0 0 0 12 18.2 A6.2 6.2 0 0 0 12 5.8 Z"/></svg>`)),
}

var icons = map[string]fyne.ThemeIconName{
	SignSafe: theme.IconNameConfirm, SignApproved: theme.IconNameCheckButtonChecked, SignReturned: theme.IconNameMailReply,
	SignAgain: theme.IconNameHistory, SignWaiting: theme.IconNameUpload, SignWrong: theme.IconNameWarning,
	SignTold: theme.IconNameInfo, SignLong: theme.IconNameMediaRecord, SignHome: theme.IconNameHome,
	SignTasks: theme.IconNameList, SignPetition: theme.IconNameDocumentCreate, SignNotice: theme.IconNameVolumeUp, SignSync: theme.IconNameViewRefresh,
	SignSettings: theme.IconNameSettings, SignBack: theme.IconNameNavigateBack, SignOpen: theme.IconNameNavigateNext,
	SignPerson: theme.IconNameAccount, SignDevice: theme.IconNameComputer, SignAdd: theme.IconNameContentAdd,
}

// picture is what a sign is drawn as; nil: as text.
func picture(sign string) fyne.Resource {
	if p, ok := drawn[sign]; ok {
		return p
	}
	if name, ok := icons[sign]; ok {
		return theme.Icon(name)
	}
	return nil
}

// Sign is one small picture in a colour of the theme; what is no sign above is drawn as
// text, such as a number.
type Sign struct {
	widget.BaseWidget
	sign  string
	tone  fyne.ThemeColorName
	scale float32
}

// NewSign makes a sign as high as body text times scale.
func NewSign(sign string, tone fyne.ThemeColorName, scale float32) *Sign {
	s := &Sign{sign: sign, tone: tone, scale: scale}
	s.ExtendBaseWidget(s)
	return s
}

// Set changes the sign.
func (s *Sign) Set(sign string, tone fyne.ThemeColorName) {
	if s.sign != sign || s.tone != tone {
		s.sign, s.tone = sign, tone
		s.Refresh()
	}
}

// MinSize is a square, or wider for a number.
func (s *Sign) MinSize() fyne.Size {
	side := sizeOf(Body) * 1.15 * s.scale
	if picture(s.sign) == nil && s.sign != "" {
		w := fyne.MeasureText(s.sign, sizeOf(Body)*s.scale, fyne.TextStyle{Bold: true}).Width
		return fyne.NewSize(max(side, w), side)
	}
	return fyne.NewSize(side, side)
}

// CreateRenderer is Fyne's.
func (s *Sign) CreateRenderer() fyne.WidgetRenderer {
	r := &signRenderer{s: s, image: &canvas.Image{FillMode: canvas.ImageFillContain}, text: canvas.NewText("", nil)}
	r.text.Alignment, r.text.TextStyle = fyne.TextAlignCenter, fyne.TextStyle{Bold: true}
	r.Refresh()
	return r
}

type signRenderer struct {
	s     *Sign
	image *canvas.Image
	text  *canvas.Text
}

func (r *signRenderer) Layout(size fyne.Size) {
	r.image.Resize(size)
	h := r.text.MinSize().Height
	r.text.Resize(fyne.NewSize(size.Width, h))
	r.text.Move(fyne.NewPos(0, (size.Height-h)/2))
}

func (r *signRenderer) MinSize() fyne.Size { return r.s.MinSize() }
func (r *signRenderer) Destroy()           {}

func (r *signRenderer) Refresh() {
	p := picture(r.s.sign)
	r.image.Hidden, r.text.Hidden = p == nil, p != nil
	if p != nil {
		r.image.Resource = theme.NewColoredResource(p, r.s.tone)
		r.image.Refresh()
	}
	r.text.Text, r.text.TextSize, r.text.Color = r.s.sign, sizeOf(Body)*r.s.scale, colorOf(r.s.tone)
	r.text.Refresh()
}

func (r *signRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.image, r.text}
}
