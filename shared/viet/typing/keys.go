package typing

import (
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// keySet tells which keys make which mark.
type keySet struct {
	// double: circumflex and bar are the letter itself once more (Telex).
	double     bool
	circumflex rune
	bar        rune
	breve      rune
	horn       rune
	tones      map[rune]rune
}

var (
	telexKeys = keySet{double: true, breve: 'w', horn: 'w', tones: map[rune]rune{sac: 's', huyen: 'f', hoi: 'r', nga: 'x', nang: 'j'}}
	vniKeys   = keySet{circumflex: '6', bar: '9', breve: '8', horn: '7', tones: map[rune]rune{sac: '1', huyen: '2', hoi: '3', nga: '4', nang: '5'}}
)

// keysOf gives keys that compose word, the tone last. It is no proof: the
// caller composes them and compares. It gives false for letters that no
// Vietnamese key makes.
func (k *keySet) keysOf(word string) ([]rune, bool) {
	var keys, tone []rune
	var prev rune
	letter := 'a' // the last plain letter, as typed
	for _, r := range norm.NFD.String(word) {
		like := func(key rune) rune {
			if unicode.IsUpper(letter) {
				return unicode.ToUpper(key)
			}
			return key
		}
		switch {
		case isASCIILetter(r):
			if k.double && prev == 'o' && unicode.ToLower(r) == 'o' {
				keys = append(keys, r) // boong: a third o takes the mark of the second back
			}
			letter = r
			keys = append(keys, r)
		case r == 'đ' || r == 'Đ':
			letter = 'd'
			if r == 'Đ' {
				letter = 'D'
			}
			keys = append(keys, letter, pick(k.double, letter, k.bar))
		case r == '\u0302':
			keys = append(keys, pick(k.double, letter, k.circumflex))
		case r == '\u0306':
			keys = append(keys, like(k.breve))
		case r == '\u031b':
			keys = append(keys, like(k.horn))
		case k.tones[r] != 0:
			tone = append(tone, like(k.tones[r]))
		default:
			return nil, false
		}
		prev = unicode.ToLower(r)
	}
	return append(keys, tone...), true
}

func pick(first bool, a, b rune) rune {
	if first {
		return a
	}
	return b
}
