package qr_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/skip2/go-qrcode"
	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"

	"sodanvan/app/ui/join/qr"
)

const line = "sodanvan://enrol?c=7K2P-AB3D-9XYZ-0011-QRST0&s=https%3A%2F%2Fmay.xa.example%3A8443"

// code draws the QR of a slip, so many pixels wide.
func code(t *testing.T, width int) image.Image {
	t.Helper()
	q, err := qrcode.New(line, qrcode.Medium)
	if err != nil {
		t.Fatal(err)
	}
	return q.Image(width)
}

// photo lays a picture, turned by degrees, in the middle of a sheet of a shade.
func photo(of image.Image, w, h int, degrees float64, paper uint8) *image.RGBA {
	sheet := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(sheet, sheet.Rect, image.NewUniform(color.Gray{Y: paper}), image.Point{}, draw.Src)
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	b := of.Bounds()
	cx, cy := float64(b.Dx())/2, float64(b.Dy())/2
	m := f64.Aff3{cos, -sin, float64(w)/2 - cos*cx + sin*cy, sin, cos, float64(h)/2 - sin*cx - cos*cy}
	draw.ApproxBiLinear.Transform(sheet, m, of, b, draw.Over, nil)
	return sheet
}

// noisy is a photo taken in bad light: every point is off, and one side is darker.
func noisy(p *image.RGBA, amount int) *image.RGBA {
	random := rand.New(rand.NewPCG(1, 2))
	w := p.Rect.Dx()
	for i := 0; i < len(p.Pix); i += 4 {
		off, x := random.IntN(2*amount+1)-amount, i/4%w
		for c := range 3 {
			p.Pix[i+c] = uint8(min(255, max(0, int(p.Pix[i+c])*(2*w-x)/(2*w)+off)))
		}
	}
	return p
}

func asPNG(t *testing.T, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPG(t *testing.T, p image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRead(t *testing.T) {
	clear := image.NewNRGBA(image.Rect(0, 0, 400, 400))
	for y := range 400 { // black on nothing
		for x, c := 0, code(t, 400); x < 400; x++ {
			if r, _, _, _ := c.At(x, y).RGBA(); r == 0 {
				clear.SetNRGBA(x, y, color.NRGBA{A: 255})
			}
		}
	}
	for name, data := range map[string][]byte{
		"as sent":                    asPNG(t, code(t, 300)),
		"small":                      asPNG(t, code(t, 120)),
		"jpg":                        asJPG(t, code(t, 400), 60),
		"transparent":                asPNG(t, clear),
		"a quarter turn":             asJPG(t, photo(code(t, 500), 900, 1200, 90, 255), 80),
		"upside down":                asJPG(t, photo(code(t, 500), 900, 1200, 180, 255), 80),
		"three quarters":             asJPG(t, photo(code(t, 500), 900, 1200, 270, 255), 80),
		"held askew":                 asJPG(t, photo(code(t, 500), 1200, 900, 17, 240), 80),
		"half a turn and a bit":      asJPG(t, photo(code(t, 500), 1200, 900, 222, 240), 80),
		"wide white margins":         asPNG(t, photo(code(t, 260), 2400, 2400, 0, 255)),
		"12 MP photo":                asJPG(t, noisy(photo(code(t, 1400), 4000, 3000, 3, 230), 40), 70),
		"12 MP photo, small, turned": asJPG(t, noisy(photo(code(t, 700), 3000, 4000, 90, 230), 25), 70),
		"much noise":                 asJPG(t, noisy(photo(code(t, 500), 900, 1200, 0, 230), 90), 60),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := qr.Read(bytes.NewReader(data))
			if err != nil || got != line {
				t.Errorf("%q %v", got, err)
			}
		})
	}
}

func TestReadNothing(t *testing.T) {
	noise := noisy(photo(image.NewGray(image.Rect(0, 0, 1, 1)), 600, 800, 0, 128), 120)
	huge := asPNG(t, image.NewGray(image.Rect(0, 0, 8, 8)))
	copy(huge[16:24], []byte{0, 1, 0, 0, 0, 1, 0, 0}) // says 65536 x 65536
	// The header's sum is wrong then, as in a file that lies; both answers keep the memory.
	for name, c := range map[string]struct {
		data []byte
		want []*qr.Error
	}{
		"white":        {asPNG(t, photo(image.NewGray(image.Rect(0, 0, 0, 0)), 500, 500, 0, 255)), []*qr.Error{qr.ErrNoCode}},
		"noise":        {asJPG(t, noise, 80), []*qr.Error{qr.ErrNoCode}},
		"one point":    {asPNG(t, image.NewGray(image.Rect(0, 0, 1, 1))), []*qr.Error{qr.ErrNoCode}},
		"half a code":  {asPNG(t, code(t, 400).(*image.Paletted).SubImage(image.Rect(0, 0, 400, 190))), []*qr.Error{qr.ErrNoCode}},
		"empty":        {nil, []*qr.Error{qr.ErrPicture}},
		"a text":       {[]byte(line), []*qr.Error{qr.ErrPicture}},
		"cut":          {asJPG(t, code(t, 300), 80)[:900], []*qr.Error{qr.ErrPicture}},
		"lying header": {huge, []*qr.Error{qr.ErrTooBig, qr.ErrPicture}},
		"40 MiB":       {make([]byte, 41<<20), []*qr.Error{qr.ErrTooBig}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := qr.Read(bytes.NewReader(c.data))
			known := false
			for _, w := range c.want {
				known = known || errors.Is(err, w)
			}
			var said interface{ UserMessage() string }
			if got != "" || !known || !errors.As(err, &said) || !strings.HasSuffix(said.UserMessage(), ".") {
				t.Errorf("%q %v", got, err)
			}
		})
	}
}
