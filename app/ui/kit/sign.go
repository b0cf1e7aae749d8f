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

var icons = map[string]fyne.ThemeIconName{
	SignSafe: theme.IconNameConfirm, SignApproved: theme.IconNameCheckButtonChecked, SignReturned: theme.IconNameMailReply,
	SignAgain: theme.IconNameHistory, SignWaiting: theme.IconNameUpload, SignWrong: theme.IconNameWarning,
	SignTold: theme.IconNameInfo, SignMet: theme.IconNameRadioButton, SignLong: theme.IconNameMediaRecord, SignHome: theme.IconNameHome,
	SignTasks: theme.IconNameList, SignPetition: theme.IconNameDocumentCreate, SignNotice: theme.IconNameVolumeUp, SignSync: theme.IconNameViewRefresh,
	SignSettings: theme.IconNameSettings, SignBack: theme.IconNameNavigateBack, SignOpen: theme.IconNameNavigateNext,
	SignPerson: theme.IconNameAccount, SignDevice: theme.IconNameComputer, SignAdd: theme.IconNameContentAdd,
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
	if _, ok := icons[s.sign]; !ok && s.sign != "" {
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
	name, ok := icons[r.s.sign]
	r.image.Hidden, r.text.Hidden = !ok, ok
	if ok {
		r.image.Resource = theme.NewColoredResource(theme.Icon(name), r.s.tone)
		r.image.Refresh()
	}
	r.text.Text, r.text.TextSize, r.text.Color = r.s.sign, sizeOf(Body)*r.s.scale, colorOf(r.s.tone)
	r.text.Refresh()
}

func (r *signRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.image, r.text}
}
