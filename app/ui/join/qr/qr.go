// Package qr reads a QR code in a picture that a phone took or a screenshot: big, turned,
// noisy, with wide margins. Package join calls it; it draws nothing.
package qr

import (
	"bytes"
	"errors"
	"image"
	_ "image/jpeg" // what phones write
	_ "image/png"
	"io"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"golang.org/x/image/draw"

	"sodanvan/app/words"
)

// Error is a picture that gives no text; it has a sentence for the screen.
type Error struct{ text, user string }

func (e *Error) Error() string { return "qr: " + e.text }

// UserMessage is the sentence for the screen.
func (e *Error) UserMessage() string { return e.user }

var (
	// ErrNoCode: a picture without a QR code that can be read.
	ErrNoCode = &Error{"no code in the picture", words.PictureNoQR}
	// ErrPicture: no PNG or JPG.
	ErrPicture = &Error{"not a picture", words.PictureUnread}
	// ErrTooBig: more than a small phone can unpack.
	ErrTooBig = &Error{"picture is too big", words.PictureTooBig}
)

const (
	// maxBytes and maxPixels bound what a picture takes of a small phone's memory: the
	// biggest that phones take now have 50 million pixels by default.
	maxBytes  = 40 << 20
	maxPixels = 52_000_000
)

// sides are the lengths, in pixels, to which a picture's longer side is brought one after
// another: small ones are fast and have no noise, big ones keep a small code apart.
var sides = []int{800, 1400, 400, 2200}

// Read gives the text of the QR code in a picture. Errors: ErrNoCode, ErrPicture, ErrTooBig,
// those of r. It may take seconds and much memory: call it off the screen's thread.
func Read(r io.Reader) (string, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	switch {
	case err != nil:
		return "", err
	case len(data) > maxBytes:
		return "", ErrTooBig
	}
	shape, _, err := image.DecodeConfig(bytes.NewReader(data))
	switch {
	case err != nil || shape.Width < 1 || shape.Height < 1:
		return "", ErrPicture
	case shape.Width > maxPixels/shape.Height:
		return "", ErrTooBig
	}
	picture, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return "", ErrPicture
	}
	longer := max(shape.Width, shape.Height)
	for i, side := range sides {
		if i > 0 && longer <= sides[0] && side > longer {
			continue // it was read in full already
		}
		text, err := find(gray(picture, side))
		if err == nil {
			return text, nil
		}
		if !errors.Is(err, ErrNoCode) {
			return "", err
		}
	}
	return "", ErrNoCode
}

// gray brings a picture to a side, on white paper where it is transparent; it never enlarges.
func gray(picture image.Image, side int) *image.Gray {
	b := picture.Bounds()
	w, h := b.Dx(), b.Dy()
	if longer := max(w, h); longer > side {
		w, h = max(1, w*side/longer), max(1, h*side/longer)
	}
	g := image.NewGray(image.Rect(0, 0, w, h))
	for i := range g.Pix {
		g.Pix[i] = 0xff
	}
	draw.ApproxBiLinear.Scale(g, g.Rect, picture, b, draw.Over, nil)
	return g
}

// find looks for a code in a picture as it is and turned, by light and dark around each
// point and by those of the whole picture.
func find(g *image.Gray) (string, error) {
	reader := qrcode.NewQRCodeReader()
	hints := map[gozxing.DecodeHintType]interface{}{gozxing.DecodeHintType_TRY_HARDER: true}
	for range 4 {
		source := gozxing.NewLuminanceSourceFromImage(g)
		for _, by := range []gozxing.Binarizer{gozxing.NewHybridBinarizer(source), gozxing.NewGlobalHistgramBinarizer(source)} {
			bitmap, err := gozxing.NewBinaryBitmap(by)
			if err != nil {
				return "", err
			}
			if got, err := reader.Decode(bitmap, hints); err == nil {
				return got.GetText(), nil
			}
			reader.Reset()
		}
		g = turned(g)
	}
	return "", ErrNoCode
}

// turned gives a picture a quarter turn.
func turned(g *image.Gray) *image.Gray {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	t := image.NewGray(image.Rect(0, 0, h, w))
	for y := range h {
		for x := range w {
			t.Pix[x*t.Stride+h-1-y] = g.Pix[y*g.Stride+x]
		}
	}
	return t
}
