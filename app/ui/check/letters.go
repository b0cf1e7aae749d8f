package check

import (
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

// tones are none, huyền, hỏi, ngã, sắc and nặng, as marks behind a vowel.
var tones = []string{"", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323"}

const (
	vowels     = "aăâeêioôơuưy"
	consonants = "bcdđghklmnpqrstvx"
)

// rows gives all Vietnamese letters as the page shows them: a row for each vowel in both
// cases, the consonants at the end.
func rows() []string {
	var out []string
	for _, v := range vowels {
		row := make([]string, len(tones))
		for i, t := range tones {
			row[i] = norm.NFC.String(string(v) + t)
		}
		line := strings.Join(row, " ")
		out = append(out, line, strings.ToUpper(line))
	}
	line := strings.Join(strings.Split(consonants, ""), " ")
	return append(out, line, strings.ToUpper(line))
}

// alphabet gives the letters of rows.
func alphabet() []rune { return []rune(strings.ReplaceAll(strings.Join(rows(), ""), " ", "")) }

// missing gives the letters that a font does not draw: it has no glyph for them, or one
// without width or without ink.
func missing(ttf []byte, letters []rune) ([]rune, error) {
	f, err := sfnt.Parse(ttf)
	if err != nil {
		return nil, err
	}
	var buf sfnt.Buffer
	em := fixed.I(64)
	var out []rune
	for _, r := range letters {
		glyph, err := f.GlyphIndex(&buf, r)
		if err != nil || glyph == 0 { // 0 is the sign for what is not there
			out = append(out, r)
			continue
		}
		ink, advance, err := f.GlyphBounds(&buf, glyph, em, font.HintingNone)
		if err != nil || advance <= 0 || ink.Empty() {
			out = append(out, r)
		}
	}
	return out, nil
}
