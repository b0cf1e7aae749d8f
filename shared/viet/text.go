package viet

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// NFC gives s in Unicode normal form C, the only form in which text is stored
// and sent. macOS, some keyboards and PDF copies give decomposed text, so every
// edge (typing, import, RPC) calls it. Text that is already in NFC comes back
// as the same string, without allocation. Each run of bytes that are not UTF-8
// becomes U+FFFD: the wire and the database take only UTF-8.
func NFC(s string) string {
	if isASCII(s) {
		return s
	}
	return norm.NFC.String(validUTF8(s))
}

// validUTF8 puts U+FFFD in place of bytes that are not UTF-8. It stands before
// every use of norm, which leaves text behind such bytes as it is.
func validUTF8(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

// Squash gives s in NFC without blanks at the ends and with every run of
// Unicode white space (tabs, line breaks, no-break spaces, the zero-width space
// U+200B) as one blank. Invisible marks that separate nothing (byte order mark,
// joiners, soft hyphen, direction marks) are dropped; so are control
// characters. It is for names, addresses and other one-line fields, not for notes.
func Squash(s string) string {
	if isSquashedASCII(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	blank := false
	for _, r := range validUTF8(s) {
		switch {
		case isBlank(r):
			blank = true
		case isInvisible(r):
		default:
			if blank && b.Len() > 0 {
				b.WriteByte(' ')
			}
			blank = false
			b.WriteRune(r)
		}
	}
	// Composing comes last: a mark may have stood behind a dropped joiner.
	return NFC(b.String())
}

// isBlank reports whether r separates words. Go does not count U+200B as white
// space, though it is what web pages put between words.
func isBlank(r rune) bool { return unicode.IsSpace(r) || r == '\u200b' }

// isInvisible reports whether r shows nothing and separates nothing.
func isInvisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Cc, r)
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// isSquashedASCII reports whether s is printable ASCII that Squash would not
// change.
func isSquashedASCII(s string) bool {
	prev := byte(' ')
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < ' ' || c > '~' || (c == ' ' && prev == ' ') {
			return false
		}
		prev = c
	}
	return len(s) == 0 || prev != ' '
}
