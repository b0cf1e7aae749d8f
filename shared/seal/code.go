package seal

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Shape of a code: 4 public letters, 16 letters of secret, 1 check letter,
// written as AAAA-BBBB-CCCC-DDDD-EEEEF.
const (
	codeIDLetters = 4
	codeLetters   = 21
	codeGroups    = 5
	codeMaxInput  = 256 // bytes; a slip has 25
)

// codeAlphabet is Crockford's base 32: no I, L, O (read as 1, 1, 0) and no U.
const codeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// Code is what a slip of enrolment carries. ID is 4 letters of the code's
// alphabet and public: the server finds the slip by it. Secret is 80 random
// bits, known to the slip and to the server only. The zero value is not valid.
type Code struct {
	ID     string
	Secret [10]byte
}

// NewCode draws a code. The ID has 20 bits, so whoever issues codes must look
// whether an open code has it already and draw again.
func NewCode(random io.Reader) Code {
	var b [codeIDLetters + 10]byte
	fill(random, b[:])
	var c Code
	id := make([]byte, codeIDLetters)
	for i := range id {
		id[i] = codeAlphabet[b[i]&31]
	}
	c.ID = string(id)
	copy(c.Secret[:], b[codeIDLetters:])
	return c
}

// String is the code as printed on the slip, secret included: never log it
// (slog prints the ID alone).
func (c Code) String() string {
	v := c.values()
	var b strings.Builder
	for i, x := range v {
		if i > 0 && i%4 == 0 && i < 20 {
			b.WriteByte('-')
		}
		b.WriteByte(codeAlphabet[x])
	}
	return b.String()
}

// LogValue keeps the secret out of logs.
func (c Code) LogValue() slog.Value { return slog.StringValue("code " + c.ID) }

// values gives the 21 letters as numbers of 0 to 31, the check letter last.
func (c Code) values() [codeLetters]byte {
	var v [codeLetters]byte
	for i := 0; i < codeIDLetters; i++ {
		if i < len(c.ID) {
			if x, ok := codeValue(rune(c.ID[i])); ok {
				v[i] = x
			}
		}
	}
	for i := 0; i < 16; i++ { // letter i has bits 5i … 5i+4 of the secret
		for k := 0; k < 5; k++ {
			bit := 5*i + k
			v[codeIDLetters+i] = v[codeIDLetters+i]<<1 | c.Secret[bit/8]>>(7-bit%8)&1
		}
	}
	v[codeLetters-1] = codeCheck(v[:codeLetters-1])
	return v
}

// codeCheck computes the check letter over GF(32) = GF(2)[x]/(x⁵+x²+1):
// letter i weighs αⁱ⁺¹, the check letter α⁰. All weights differ and none is
// zero, so every single wrong letter changes the sum, and so does every swap of
// two letters, neighbours or not, and every doubled letter read as another
// double. Two independent errors pass once in 32. The constant keeps the code of
// only zeros from being right.
func codeCheck(v []byte) byte {
	sum := byte(21)
	weight := byte(1)
	for _, x := range v {
		weight = gf32Mul(weight, 2)
		sum ^= gf32Mul(weight, x)
	}
	return sum
}

func gf32Mul(a, b byte) byte {
	var p byte
	for ; b != 0; b >>= 1 {
		if b&1 != 0 {
			p ^= a
		}
		a <<= 1
		if a&32 != 0 {
			a ^= 0b100101
		}
	}
	return p
}

// codeValue reads one letter as a person writes it.
func codeValue(r rune) (byte, bool) {
	switch r {
	case 'O', 'o':
		r = '0'
	case 'I', 'i', 'L', 'l':
		r = '1'
	case 'Đ', 'đ', 'Ð', 'ð': // a Vietnamese keyboard, and the look-alike
		r = 'D'
	}
	if 'a' <= r && r <= 'z' {
		r -= 'a' - 'A'
	}
	if r > unicode.MaxASCII {
		return 0, false
	}
	i := strings.IndexByte(codeAlphabet, byte(r))
	return byte(i), i >= 0
}

// CodeErrorKind says what is wrong with a typed code.
type CodeErrorKind int

// The kinds of CodeError.
const (
	CodeEmpty  CodeErrorKind = iota + 1 // nothing typed
	CodeLetter                          // a letter that no code has
	CodeLength                          // too few or too many letters
	CodeCheck                           // the check letter does not fit the others
)

func (k CodeErrorKind) String() string {
	switch k {
	case CodeEmpty:
		return "empty"
	case CodeLetter:
		return "letter outside the alphabet"
	case CodeLength:
		return "wrong length"
	case CodeCheck:
		return "check letter does not fit"
	}
	return "unknown"
}

// CodeError says where a typed code is wrong. Group counts from 1 to 5; 0 where
// it cannot be told: one check letter says that a letter is wrong, not which.
// The error never contains what was typed.
type CodeError struct {
	Kind    CodeErrorKind
	Group   int
	Letters int // letters typed
}

func (e *CodeError) Error() string {
	if e.Group > 0 {
		return fmt.Sprintf("enrolment code: %s in group %d", e.Kind, e.Group)
	}
	return fmt.Sprintf("enrolment code: %s", e.Kind)
}

// UserMessage is the sentence for the screen.
func (e *CodeError) UserMessage() string {
	switch {
	case e.Kind == CodeEmpty:
		return "Chưa nhập mã. Gõ mã in trên phiếu."
	case e.Group > 0:
		return fmt.Sprintf("Mã sai ở nhóm thứ %d. Xem lại phiếu.", e.Group)
	case e.Kind == CodeLength && e.Letters < codeLetters:
		return fmt.Sprintf("Mã còn thiếu chữ: cần %d, mới có %d. Xem lại phiếu.", codeLetters, e.Letters)
	case e.Kind == CodeLength:
		return fmt.Sprintf("Mã thừa chữ: chỉ cần %d. Xem lại phiếu.", codeLetters)
	}
	return "Mã có một chữ chưa đúng. Xem lại phiếu."
}

// ParseCode reads a code as people type it: any case, blanks and dashes
// anywhere, O for 0, I and L for 1, đ for D. The error is a *CodeError.
func ParseCode(s string) (Code, error) {
	if len(s) > codeMaxInput {
		return Code{}, &CodeError{Kind: CodeLength, Letters: len(s)}
	}
	var (
		v        []byte
		bad      []int // positions of letters outside the alphabet
		lengths  []int // letters in each part as the typist set them apart
		boundary = true
	)
	for _, r := range norm.NFC.String(s) {
		if codeBlank(r) {
			boundary = true
			continue
		}
		if boundary {
			lengths = append(lengths, 0)
			boundary = false
		}
		x, ok := codeValue(r)
		if !ok {
			bad = append(bad, len(v))
		}
		v = append(v, x)
		lengths[len(lengths)-1]++
	}
	switch {
	case len(v) == 0:
		return Code{}, &CodeError{Kind: CodeEmpty}
	case len(bad) > 0:
		return Code{}, &CodeError{Kind: CodeLetter, Group: codeGroupAt(bad[0], lengths), Letters: len(v)}
	case len(v) != codeLetters:
		return Code{}, &CodeError{Kind: CodeLength, Group: codeGroupOfLength(lengths), Letters: len(v)}
	case codeCheck(v[:codeLetters-1]) != v[codeLetters-1]:
		return Code{}, &CodeError{Kind: CodeCheck, Letters: len(v)}
	}
	var c Code
	id := make([]byte, codeIDLetters)
	for i := range id {
		id[i] = codeAlphabet[v[i]]
	}
	c.ID = string(id)
	for i, x := range v[codeIDLetters : codeLetters-1] {
		for k := 0; k < 5; k++ {
			bit := 5*i + k
			c.Secret[bit/8] |= x >> (4 - k) & 1 << (7 - bit%8)
		}
	}
	return c, nil
}

// codeBlank: blanks, dashes of every kind, and the invisible characters that
// messengers put into pasted text.
func codeBlank(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || unicode.Is(unicode.Cf, r) || r == '_' || r == '−'
}

// codeGroupAt finds the group of letter i: by the typist's own parts if there
// are five of them, else by counting fours.
func codeGroupAt(i int, lengths []int) int {
	if len(lengths) == codeGroups {
		for g, n := range lengths {
			if i < n {
				return g + 1
			}
			i -= n
		}
	}
	return min(i/4, codeGroups-1) + 1
}

// codeGroupOfLength finds the first part with a wrong number of letters, or 0
// if the typist set no parts apart or only stopped too early.
func codeGroupOfLength(lengths []int) int {
	if len(lengths) < 2 || len(lengths) > codeGroups {
		return 0
	}
	for g, n := range lengths {
		want := 4
		if g == codeGroups-1 {
			want = 5
		}
		last := g == len(lengths)-1 && len(lengths) < codeGroups
		if n > 5 || last && n <= want {
			return 0
		}
		if n != want {
			return g + 1
		}
	}
	return 0
}
