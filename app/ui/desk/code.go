package desk

import (
	"context"
	"image"
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	qrcode "github.com/skip2/go-qrcode"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
)

// Code gets a new code for a member and shows it, to type or as a picture. It is in no
// other place than this screen: closing it forgets the code.
func Code(f *frame.Frame, member notebook.ID) *frame.Screen {
	col := kit.Column(2 * kit.Grid)
	s := &frame.Screen{Name: "code", Title: words.IssueCode, Body: col}
	var issue func()
	gone := false
	say := func(objects ...fyne.CanvasObject) {
		col.Objects = objects
		s.Fit()
	}
	issue = func() {
		say(kit.Plain(words.GettingCode))
		var got notebook.Invite
		f.Go(func(ctx context.Context) error {
			var err error
			got, err = f.Book.IssueCode(ctx, member)
			return err
		}, func(err error) {
			if gone {
				return
			}
			if err != nil {
				say(kit.Banner(kit.SignWrong, notebook.Say(err), kit.Waiting, kit.Act(words.TryAgain, issue)))
				return
			}
			line := got.Line
			say(kit.Column(kit.Grid/2, kit.NewText(got.Member, kit.Style{Size: kit.Title, Bold: true}),
				kit.State(kit.SignWrong, words.OnlyForThem, kit.Waiting), kit.Lesser(words.CodeUntil(got.Expires))),
				kit.NewText(grouped(got.Code), kit.Style{Size: kit.Huge, Bold: true}),
				qr(line), kit.Lesser(words.CodeUse), kit.Act(words.CopyCode, func() { f.Copy(line) }))
		})
	}
	asked := false
	s.Refresh = func() {
		if !asked {
			asked = true
			issue()
		}
	}
	s.Gone = func() { gone, col.Objects = true, nil }
	return s
}

// grouped puts spaces between the groups of a code, so that it wraps between them only.
func grouped(code string) string { return strings.ReplaceAll(code, "-", " ") }

// qrSide is the least width of the picture in px: phones read it at arm's length.
const qrSide float32 = 264

// qr draws a line as a QR picture on a white card, white also by night: readers want dark on
// light.
func qr(line string) fyne.CanvasObject {
	code, err := qrcode.New(line, qrcode.Medium)
	if err != nil { // too long for a picture: the letters above do
		return kit.Gap(0)
	}
	bits := code.Bitmap()
	img := image.NewGray(image.Rect(0, 0, len(bits), len(bits)))
	for y, row := range bits {
		for x, dark := range row {
			if !dark {
				img.SetGray(x, y, color.Gray{Y: 0xff})
			}
		}
	}
	pic := canvas.NewImageFromImage(img)
	pic.ScaleMode, pic.FillMode = canvas.ImageScalePixels, canvas.ImageFillContain
	white := canvas.NewRectangle(color.White)
	white.CornerRadius = kit.Grid
	return container.New(square{}, white, pic)
}

// square lays things on one another in a square at the left, as large as there is room, up
// to a quarter more than the least.
type square struct{}

func (square) Layout(o []fyne.CanvasObject, size fyne.Size) {
	side := min(max(qrSide, size.Width), qrSide*1.25)
	for _, x := range o {
		x.Resize(fyne.NewSquareSize(side))
		x.Move(fyne.NewPos(0, 0))
	}
}

func (square) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(qrSide, qrSide*1.25) }
