package typing

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"
)

const (
	// maxWord is how many letters, or keys, a word may have to be composed; the
	// longest syllable with all its keys has fewer than twelve.
	maxWord = 24
	// maxLook bounds how far back is looked for an address or for the start of
	// an emoji that is made of several.
	maxLook = 128
)

// lastWord gives the offset in bytes at which the last run of letters and their
// marks begins, len(s) if there is none. long tells that it is no word to
// compose; start then means nothing.
func lastWord(s string) (start int, long bool) {
	start = len(s)
	n := 0
	for at := len(s); at > 0; {
		r, size := utf8.DecodeLastRuneInString(s[:at])
		at -= size
		switch {
		case unicode.IsLetter(r):
			start = at
		case !unicode.Is(unicode.M, r):
			return start, false
		}
		if n++; n > 2*maxWord {
			return start, true
		}
	}
	return start, n > 2*maxWord
}

// lastJoin gives the offset of the last rune in s that no later rune can join
// when the text is normalised: what stands before it never changes.
func lastJoin(s string) int {
	for at := len(s); at > 0; {
		_, size := utf8.DecodeLastRuneInString(s[:at])
		at -= size
		if norm.NFC.PropertiesString(s[at:]).BoundaryBefore() {
			return at
		}
	}
	return 0
}

// inAddress reports whether a word behind prefix belongs to an e-mail or web
// address that began before it.
func inAddress(prefix string) bool {
	from := len(prefix)
	for range maxLook {
		r, size := utf8.DecodeLastRuneInString(prefix[:from])
		if size == 0 || unicode.IsSpace(r) {
			break
		}
		from -= size
	}
	chunk := strings.ToLower(prefix[from:])
	return strings.LastIndexByte(chunk, '@') > 0 || strings.Contains(chunk, "://") || strings.HasPrefix(chunk, "www.")
}

// lastGrapheme gives how many runes the last grapheme of s has.
func lastGrapheme(s string) int {
	from := len(s)
	for range maxLook {
		r, size := utf8.DecodeLastRuneInString(s[:from])
		if size == 0 {
			break
		}
		from -= size
		// What begins with a printable ASCII character is not part of anything
		// before it.
		if ' ' <= r && r <= '~' {
			break
		}
	}
	last := ""
	for rest, state := s[from:], -1; rest != ""; {
		last, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
	}
	return utf8.RuneCountInString(last)
}

// change gives what to delete at the end of old, in runes, and what to put
// there, so that it reads as new.
func change(old, new string) (remove int, insert string) {
	if strings.HasPrefix(new, old) {
		return 0, new[len(old):]
	}
	same := 0
	for i, r := range new {
		o, size := utf8.DecodeRuneInString(old[same:])
		if i != same || size == 0 || o != r || r == utf8.RuneError {
			break
		}
		same += size
	}
	return utf8.RuneCountInString(old[same:]), new[same:]
}
