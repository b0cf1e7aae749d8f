package slips

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/liberation/liberationserifbold"
	"github.com/go-fonts/liberation/liberationserifregular"

	"sodanvan/shared/seal"
)

var made = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

// slip is one of an invented member.
func slip(i int) Slip {
	code := seal.NewCode(bytes.NewReader(bytes.Repeat([]byte{byte(i + 3), 0x5a, byte(7 * i)}, 10)))
	return Slip{
		Member: fmt.Sprintf("Nguyễn Thị Ngọc Ưỡng %d", i+1), Branch: "Chi bộ Thôn Hành Lạc",
		Invitation: seal.Invitation{Code: code, Address: "https://danvan.nhuquynh.example:8443"},
		Expires:    made.Add(14 * 24 * time.Hour),
	}
}

func slipsOf(n int) []Slip {
	var all []Slip
	for i := range n {
		all = append(all, slip(i))
	}
	return all
}

func TestPages(t *testing.T) {
	for n, pages := range map[int]int{1: 1, 8: 1, 9: 2, 17: 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			var b bytes.Buffer
			if err := Write(&b, slipsOf(n), made); err != nil {
				t.Fatal(err)
			}
			if got := bytes.Count(b.Bytes(), []byte("/Type /Page\n")); got != pages {
				t.Errorf("%d pages", got)
			}
		})
	}
	if err := Write(&bytes.Buffer{}, nil, made); !errors.Is(err, ErrNone) {
		t.Errorf("got %v", err)
	}
}

func TestSameInSameOut(t *testing.T) {
	var a, b bytes.Buffer
	if err := errors.Join(Write(&a, slipsOf(3), made), Write(&b, slipsOf(3), made)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two prints of the same slips differ")
	}
}

// glyph looks a letter of the Basic Multilingual Plane up in a font's table of characters
// (cmap, format 4); 0: the font lacks it.
func glyph(t *testing.T, ttf []byte, letter uint16) int {
	t.Helper()
	u16 := func(at int) int { return int(binary.BigEndian.Uint16(ttf[at:])) }
	u32 := func(at int) int { return int(binary.BigEndian.Uint32(ttf[at:])) }
	cmap := 0
	for i := range u16(4) {
		if e := 12 + 16*i; string(ttf[e:e+4]) == "cmap" {
			cmap = u32(e + 8)
		}
	}
	for i := range u16(cmap + 2) {
		e := cmap + 4 + 8*i
		sub := cmap + u32(e+4)
		if u16(e) != 3 || u16(e+2) != 1 || u16(sub) != 4 {
			continue
		}
		n := u16(sub+6) / 2
		ends, starts := sub+14, sub+16+2*n
		deltas, offsets := starts+2*n, starts+4*n
		for k := range n {
			if int(letter) > u16(ends+2*k) {
				continue
			}
			if int(letter) < u16(starts+2*k) {
				return 0
			}
			if o := u16(offsets + 2*k); o != 0 {
				return u16(offsets + 2*k + o + 2*(int(letter)-u16(starts+2*k)))
			}
			return (int(letter) + u16(deltas+2*k)) & 0xffff
		}
	}
	return 0
}

const letters = "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵ" +
	"AÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬBCDĐEÈÉẺẼẸÊỀẾỂỄỆGHIÌÍỈĨỊKLMNOÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢPQRSTUÙÚỦŨỤƯỪỨỬỮỰVXYỲÝỶỸỴ…–“”"

func TestFontsHaveEveryVietnameseLetter(t *testing.T) {
	for name, ttf := range map[string][]byte{"regular": liberationserifregular.TTF, "bold": liberationserifbold.TTF} {
		t.Run(name, func(t *testing.T) {
			for _, r := range letters {
				if glyph(t, ttf, uint16(r)) == 0 {
					t.Errorf("no %c", r)
				}
			}
			if glyph(t, ttf, 'あ') != 0 {
				t.Error("this test cannot fail")
			}
		})
	}
}

func TestLongTextsStayInside(t *testing.T) {
	p := fpdf.New("P", "mm", "A4", "")
	p.AddUTF8FontFromBytes(serif, "", liberationserifregular.TTF)
	p.AddPage()
	long := "Đồng chí Công Tằng Tôn Nữ Thị Phương Ngọc Khuê Bích Ưng Trường Vĩnh Miên Nguyễn Phước"
	for name, c := range map[string]struct {
		width float64
		same  bool
	}{"room enough": {200, true}, "made smaller": {130, true}, "cut": {40, false}} {
		t.Run(name, func(t *testing.T) {
			got := fit(p, serif, "", 13, c.width, long)
			if w := p.GetStringWidth(got); w > c.width {
				t.Errorf("%.1f mm wide", w)
			}
			if (got == long) != c.same {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestLastDay(t *testing.T) {
	for name, c := range map[string]struct {
		expires time.Time
		want    string
	}{
		"afternoon":          {time.Date(2026, 12, 6, 8, 0, 0, 0, time.UTC), "05/12/2026"},
		"midnight in VN":     {time.Date(2026, 12, 5, 17, 0, 0, 0, time.UTC), "05/12/2026"},
		"just before in UTC": {time.Date(2026, 12, 5, 16, 59, 0, 0, time.UTC), "04/12/2026"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := lastDay(c.expires); got != c.want {
				t.Errorf("got %s", got)
			}
		})
	}
}
