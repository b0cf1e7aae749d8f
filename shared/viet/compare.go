package viet

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The five tone marks of Vietnamese as combining characters; ngang has none.
const (
	markHuyen = '\u0300'
	markSac   = '\u0301'
	markNga   = '\u0303'
	markHoi   = '\u0309'
	markNang  = '\u0323'
)

func isTone(r rune) bool {
	switch r {
	case markHuyen, markSac, markNga, markHoi, markNang:
		return true
	}
	return false
}

// isVowel reports whether r, a lower-case letter without marks, is a vowel of
// Vietnamese.
func isVowel(r rune) bool {
	switch r {
	case 'a', 'e', 'i', 'o', 'u', 'y':
		return true
	}
	return false
}

// SameText reports whether two texts are the same for a reader: composed or
// decomposed, small or capital letters, blanks, and where in a syllable the tone
// mark stands do not matter. Accents do: "Hoa" is not "Hòa", and "quí" is not
// "quý". The importer compares names and addresses with it.
func SameText(a, b string) bool { return a == b || CompareKey(a) == CompareKey(b) }

// CompareKey gives the text behind SameText: squashed, in lower case and NFC,
// eth (Ð) as đ, and the tone mark of each run of vowels on its last vowel. So
// "Hoà" and "Hòa", "Thuý" and "Thúy" have one key, as both spellings are in
// use; a syllable has one tone, so moving its mark loses nothing. Letters never
// change: i and y stay apart. A key is for comparing, not for showing, and is
// its own key.
func CompareKey(s string) string {
	s = Squash(s)
	if isASCII(s) {
		return strings.ToLower(s)
	}
	var b strings.Builder
	b.Grow(len(s) + 8)
	var tones []rune // of the run of vowels being read
	inVowels := false
	flush := func() {
		for _, t := range tones {
			b.WriteRune(t)
		}
		tones = tones[:0]
	}
	for _, r := range norm.NFD.String(s) {
		if inVowels && isTone(r) {
			tones = append(tones, r)
			continue
		}
		if unicode.Is(unicode.M, r) {
			b.WriteRune(r)
			continue
		}
		if isD(r) {
			r = 'đ'
		}
		r = unicode.ToLower(r)
		if inVowels && !isVowel(r) {
			flush()
		}
		inVowels = isVowel(r)
		b.WriteRune(r)
	}
	flush()
	return NFC(b.String())
}
