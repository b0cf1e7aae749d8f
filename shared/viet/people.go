package viet

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// GivenName gives the last word of a full name, by which people are called and
// sorted; empty for an empty name.
func GivenName(full string) string {
	full = Squash(full)
	return full[strings.LastIndexByte(full, ' ')+1:]
}

// TitleName gives a name that was typed in capitals the way it is written:
// "BÙI HỮU NAM" becomes "Bùi Hữu Nam". Each letter at the beginning or after
// something that is not a letter stays a capital. A name with any small letter
// is taken as meant and comes back as it is, in NFC.
func TitleName(s string) string {
	s = NFC(s)
	upper := 0
	for _, r := range s {
		if unicode.IsLower(r) {
			return s
		}
		if unicode.IsUpper(r) {
			upper++
		}
	}
	if upper == 0 {
		return s
	}
	start := true
	title := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.M, r) {
			return r // belongs to the letter before it
		}
		if isD(r) {
			r = 'Đ' // eth would become ð, which no reader takes for đ
		}
		if start {
			start = !unicode.IsLetter(r) && !unicode.IsDigit(r)
			return r
		}
		start = !unicode.IsLetter(r) && !unicode.IsDigit(r)
		return unicode.ToLower(r)
	}, s)
	return NFC(title)
}

// ComparePeople orders two full names as a Vietnamese list does: by given name
// (the last word), then by the whole name. It gives -1, 0 or 1, and 0 only for
// names that are the same in NFC, so the order is total and every phone shows
// the same list.
//
// Letters come first (a ă â b c d đ e ê g h i k l m n o ô ơ p q r s t u ư v x
// y, with f j w z at their Latin places), then tones from left to right (ngang,
// huyền, hỏi, ngã, sắc, nặng); capitals and the place of a tone mark decide
// nothing before the very end. A blank comes before any letter, a digit before
// letters.
//
// The table is our own: the collator of golang.org/x/text is not safe for
// concurrent use.
func ComparePeople(a, b string) int { return strings.Compare(PeopleKey(a), PeopleKey(b)) }

// SortPeople sorts xs by the names that name gives, in the order of
// ComparePeople. It calls name once for each element; equal names keep their
// order.
func SortPeople[T any](xs []T, name func(T) string) {
	type keyed struct {
		key string
		x   T
	}
	ks := make([]keyed, len(xs))
	for i, x := range xs {
		ks[i] = keyed{PeopleKey(name(x)), x}
	}
	slices.SortStableFunc(ks, func(a, b keyed) int { return strings.Compare(a.key, b.key) })
	for i := range ks {
		xs[i] = ks[i].x
	}
}

// PeopleKey gives the bytes whose plain order is that of ComparePeople, for
// lists that are sorted often and for an index of a database (store as a blob).
// It is: given name's letters, 0, given name's tones, 0, the same of the whole
// name, then the name in NFC. Keys are compared, never shown.
func PeopleKey(full string) string {
	whole := CompareKey(full)
	var b []byte
	b = appendCollation(b, whole[strings.LastIndexByte(whole, ' ')+1:])
	b = appendCollation(b, whole)
	b = append(b, NFC(full)...)
	return string(b)
}

// Weights of letters on the first level. 0 ends a level; a rune that is no
// Latin letter or digit weighs other + its UTF-8 bytes, or mark + them if it is
// punctuation.
const (
	weightBlank = 1
	weightMark  = 2
	weightDigit = 3  // up to 12
	weightAlpha = 16 // up to 16+len(alphabet)
	weightOther = 0xfe
)

// alphabet is the order of the letters: the 29 of Vietnamese, and f j w z,
// which foreign and minority names bring, at their Latin places.
var alphabet = []rune("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")

var letterWeight = func() map[rune]byte {
	m := make(map[rune]byte, len(alphabet))
	for i, r := range alphabet {
		m[r] = byte(weightAlpha + i)
	}
	return m
}()

// toneWeight gives the second level; 1 is ngang.
func toneWeight(r rune) byte {
	switch r {
	case markHuyen:
		return 2
	case markHoi:
		return 3
	case markNga:
		return 4
	case markSac:
		return 5
	case markNang:
		return 6
	}
	return 1
}

// appendCollation appends both levels of key, a CompareKey or a word of one,
// each ended by 0.
func appendCollation(b []byte, key string) []byte {
	var tones []byte
	rs := []rune(norm.NFD.String(key))
	for i := 0; i < len(rs); {
		letter, tone := rs[i], byte(1)
		for i++; i < len(rs) && unicode.Is(unicode.M, rs[i]); i++ {
			if t := toneWeight(rs[i]); t > 1 {
				tone = t
			} else {
				letter = withQuality(letter, rs[i])
			}
		}
		tones = append(tones, tone)
		switch w, known := letterWeight[letter]; {
		case known:
			b = append(b, w)
		case letter == ' ':
			b = append(b, weightBlank)
		case letter >= '0' && letter <= '9':
			b = append(b, byte(weightDigit+letter-'0'))
		case unicode.IsLetter(letter):
			b = utf8.AppendRune(append(b, weightOther), letter)
		default:
			b = utf8.AppendRune(append(b, weightMark), letter)
		}
	}
	b = append(b, 0)
	b = append(b, tones...)
	return append(b, 0)
}

// withQuality gives the letter that a base letter and a mark of quality make (a
// and the breve: ă), or the base letter alone for a mark that Vietnamese does
// not have.
func withQuality(base, mark rune) rune {
	switch mark {
	case '\u0306':
		if base == 'a' {
			return 'ă'
		}
	case '\u0302':
		switch base {
		case 'a':
			return 'â'
		case 'e':
			return 'ê'
		case 'o':
			return 'ô'
		}
	case '\u031b':
		switch base {
		case 'o':
			return 'ơ'
		case 'u':
			return 'ư'
		}
	}
	return base
}
