package typing

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// onsets are the consonants a syllable begins with; "q" stands for a "qu" that
// is not finished. There is no z: Zalo and Zoom are more frequent than zô.
var onsets = setOf(" b c ch d đ g gh gi h k kh l m n ng ngh nh p ph q qu r s t th tr v x")

// highlandOnsets begin names of places and families in the Central Highlands
// (Krông, Mlô, Kpă). They carry marks but never a tone, which keeps Ksor and
// most English words with such beginnings as typed.
var highlandOnsets = setOf("by đr hl hm hr kb kd kl km kn kp kr ks kt ml mn rm")

// rhymes has a line a nucleus: which endings it takes; "-" is none. It is
// generous: a word that is missing here cannot be typed, while one too many
// costs nothing but an English word now and then.
const rhymes = `
a - c ch i m n ng nh o p t u y
ă c k m n ng p t
â c m n ng p t u y
e - c m n ng o p t
ê - ch m n nh p t u
i - a ch m n nh p t u
iê c m n ng p t u
yê c m n ng p t u
o - c i m n ng p t
oo c ng
oa - c ch i m n ng nh o p t y
oă c m n ng p t
oe - m n ng o p t
ô - c i m n ng p t
ơ - i m n ng p t
u - a c i k m n ng p t
uâ c m n ng p t y
uê - ch n nh u
uơ -
uô c i m n ng p t
uy - a ch n nh p t u
uyê n t
ư - a c i m n ng t u
ươ c i m n ng p t u
y - ch m n nh t`

// wholeRhymes are the rhymes, without tone; openRhymes also all that stands on
// the screen while one is being typed: beginnings, and letters whose mark comes
// later.
var wholeRhymes, openRhymes = readRhymes()

func setOf(s string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.SplitSeq(s, " ") {
		set[w] = true
	}
	return set
}

func readRhymes() (whole, open map[string]bool) {
	whole, open = map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(strings.TrimSpace(rhymes)) {
		f := strings.Fields(line)
		for _, ending := range f[1:] {
			rhyme := f[0] + strings.Trim(ending, "-")
			whole[rhyme] = true
			// forms are the letters so far in every choice of marks.
			forms := []string{""}
			for _, r := range rhyme {
				plain := bare(r)
				var next []string
				for _, form := range forms {
					next = append(next, form+string(r))
					if plain != r {
						next = append(next, form+string(plain))
					}
				}
				forms = next
				for _, form := range forms {
					open[form] = true
				}
			}
		}
	}
	return whole, open
}

// bare gives the plain letter under a lower-case Vietnamese vowel.
func bare(r rune) rune {
	plain, _ := utf8.DecodeRuneInString(norm.NFD.String(string(r)))
	return plain
}

// The tone marks as combining characters.
const (
	huyen = '\u0300'
	sac   = '\u0301'
	nga   = '\u0303'
	hoi   = '\u0309'
	nang  = '\u0323'
)

func isTone(r rune) bool { return strings.ContainsRune("\u0300\u0301\u0303\u0309\u0323", r) }

// toneless takes the tone from a word and gives both. Of several tones (no
// Vietnamese word has them) it gives the last, and many as true.
func toneless(word string) (plain string, tone rune, many bool) {
	var b strings.Builder
	for _, r := range norm.NFD.String(word) {
		if isTone(r) {
			many = tone != 0
			tone = r
			continue
		}
		b.WriteRune(r)
	}
	return norm.NFC.String(b.String()), tone, many
}

// sameButTonePlace reports whether two words differ at most in which letter
// carries the tone: hoà and hòa.
func sameButTonePlace(a, b string) bool {
	if a == b {
		return true
	}
	plainA, toneA, manyA := toneless(a)
	plainB, toneB, manyB := toneless(b)
	return plainA == plainB && toneA == toneB && !manyA && !manyB
}

// isSyllable reports whether word is a Vietnamese syllable. Unless whole, what
// may become one by further keys counts too.
func isSyllable(word string, whole bool) bool {
	plain, tone, many := toneless(strings.ToLower(word))
	if many {
		return false
	}
	stopped := isStopped(plain)
	switch tone {
	case huyen, hoi, nga:
		if stopped {
			return false
		}
	case 0:
		if whole && stopped {
			return false
		}
	}
	known := openRhymes
	// Búk and Đắk are names; ták is the beginning of nothing but task.
	if whole || tone != 0 && strings.HasSuffix(plain, "k") {
		known = wholeRhymes
	}
	for i := range plain {
		onset, rhyme := plain[:i], plain[i:]
		if known[rhyme] && (onsets[onset] && onset != "q" || highlandOnsets[onset] && tone == 0) && !(onset == "k" && strings.HasPrefix(rhyme, "ư")) {
			return true
		}
	}
	return !whole && (onsets[plain] || highlandOnsets[plain])
}

// isStopped reports whether word, in lower case, ends in one of c, ch, k, p, t, which go with
// sắc and nặng only.
func isStopped(word string) bool {
	return word != "" && strings.ContainsRune("ckpt", rune(word[len(word)-1])) || strings.HasSuffix(word, "ch")
}

// isAbbreviation reports whether word, with đ and no other mark, can be letters
// that stand for words: no vowel at all (sđt, đc, HĐND), or capitals only (BAĐ).
func isAbbreviation(word string) bool {
	vowels, small := false, false
	for _, r := range word {
		if r != 'đ' && r != 'Đ' && !isASCIILetter(r) {
			return false
		}
		vowels = vowels || strings.ContainsRune("aeiouyAEIOUY", r)
		small = small || unicode.IsLower(r)
	}
	return !vowels || !small && utf8.RuneCountInString(word) > 1
}

// marks counts what a word has above or below its plain letters, and bars of đ.
func marks(word string) int {
	n := 0
	for _, r := range norm.NFD.String(word) {
		if r == 'đ' || r == 'Đ' || unicode.Is(unicode.M, r) {
			n++
		}
	}
	return n
}

func isASCIILetter(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }

func isASCIIDigit(r rune) bool { return '0' <= r && r <= '9' }
