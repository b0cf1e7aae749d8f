package viet

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// SearchKey gives the form of s in which it is searched: lower case, accents
// removed, đ and its look-alikes as d, everything but letters and digits as
// blanks, one blank between words. So "Nguyễn Văn Đạt" gives "nguyen van dat",
// composed or not, and wherever its tone marks stand. A key is its own key.
//
// Removing marks alone does not map đ, which Unicode holds to be a letter of
// its own: hence isD. Compatibility forms count as what they look like (full
// width letters, m² as m2).
//
// A phone number belongs into a key as Phone gives it, in one run of digits.
func SearchKey(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	blank := false
	for _, r := range norm.NFKD.String(validUTF8(s)) {
		switch {
		case isD(r):
			r = 'd'
		case r == '\u02bb' || r == '\u02bc': // letters that are written as an apostrophe
			blank = true
			continue
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.Is(unicode.Mc, r):
			r = unicode.ToLower(r)
		case unicode.Is(unicode.M, r), isInvisible(r) && !isBlank(r):
			continue
		default:
			blank = true
			continue
		}
		if blank && b.Len() > 0 {
			b.WriteByte(' ')
		}
		blank = false
		b.WriteRune(r)
	}
	return b.String()
}

// isD reports whether r is đ, Đ or a letter that looks like it: eth (ð, Ð),
// which old fonts and converters put in its place, or the African ɖ, Ɖ.
func isD(r rune) bool {
	switch r {
	case 'đ', 'Đ', 'ð', 'Ð', 'ɖ', 'Ɖ':
		return true
	}
	return false
}

// Query is what a user typed into a search box, made ready to be held against
// many keys. The zero Query matches everything.
type Query struct {
	words []string
	// digits[i] tells that words[i] is digits only.
	digits []bool
}

// NewQuery makes a Query of what was typed. Callers that search a list make it
// once a keystroke.
func NewQuery(typed string) Query {
	words := strings.Fields(SearchKey(typed))
	q := Query{words: words, digits: make([]bool, len(words))}
	for i, w := range words {
		q.digits[i] = strings.Trim(w, "0123456789") == ""
	}
	return q
}

// Matches reports whether every word of the query is found in key, which must
// be a SearchKey. A word is found when some word of key begins with it; a word
// of digits also when it stands inside a run of digits, so that "678" or
// "345 678" finds 0912345678: people remember the end of a number. The order of
// words does not matter, and one word of key may serve several of the query. A
// query without letters or digits matches every key.
func (q Query) Matches(key string) bool {
	for i, w := range q.words {
		if q.digits[i] {
			// What is all digits can only occur inside a run of digits.
			if !strings.Contains(key, w) {
				return false
			}
		} else if !hasWordPrefix(key, w) {
			return false
		}
	}
	return true
}

// Matches reports whether query, as typed, finds key, a SearchKey. The rule is
// that of Query.Matches; to search many keys make the Query once.
func Matches(key, query string) bool { return NewQuery(query).Matches(key) }

func hasWordPrefix(key, prefix string) bool {
	for from := 0; ; {
		i := strings.Index(key[from:], prefix)
		if i < 0 {
			return false
		}
		i += from
		if i == 0 || key[i-1] == ' ' {
			return true
		}
		_, size := utf8.DecodeRuneInString(key[i:])
		from = i + size
	}
}
