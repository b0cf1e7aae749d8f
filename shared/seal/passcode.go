package seal

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Lengths that CheckPIN asks for, in characters.
const (
	MinPIN        = 6
	MinPassphrase = 12
)

// PINErrorKind says why a PIN is refused.
type PINErrorKind int

// The kinds of PINError.
const (
	PINShort     PINErrorKind = iota + 1 // too few characters
	PINNotDigits                         // a phone's PIN with something else than 0 to 9
	PINTrivial                           // one of the first that anybody tries
)

// PINError is a refused choice of PIN or passphrase. It never contains the choice.
type PINError struct {
	Kind    PINErrorKind
	Desktop bool
}

func (e *PINError) Error() string {
	what := map[PINErrorKind]string{PINShort: "too short", PINNotDigits: "not digits", PINTrivial: "too easy to guess"}[e.Kind]
	if e.Desktop {
		return "passphrase: " + what
	}
	return "pin: " + what
}

// UserMessage is the sentence for the screen.
func (e *PINError) UserMessage() string {
	switch {
	case e.Desktop && e.Kind == PINShort:
		return fmt.Sprintf("Cụm mật khẩu quá ngắn. Đặt ít nhất %d ký tự, ví dụ bốn từ không liên quan.", MinPassphrase)
	case e.Desktop:
		return "Cụm mật khẩu quá dễ đoán. Chọn vài từ không liên quan với nhau."
	case e.Kind == PINShort:
		return fmt.Sprintf("Mã PIN quá ngắn. Đặt ít nhất %d chữ số.", MinPIN)
	case e.Kind == PINNotDigits:
		return "Mã PIN chỉ gồm chữ số từ 0 đến 9. Đặt lại mã."
	}
	return "Mã PIN quá dễ đoán. Đừng dùng số lặp lại hay dãy liền nhau."
}

// CheckPIN judges a new PIN before WrapWithPIN; it is not asked when unlocking.
// A phone takes 6 digits or more, a desktop a passphrase of 12 characters or
// more, since a desktop has no DeviceSecret and its files are easily copied.
// Repetitions and runs are refused: a thief tries these first. The error is a
// *PINError.
func CheckPIN(pin string, desktop bool) error {
	text := normalizePIN(pin)
	least, distinct := MinPIN, 3
	if desktop {
		least, distinct = MinPassphrase, 5
	}
	if utf8.RuneCountInString(norm.NFC.String(strings.TrimSpace(pin))) < least {
		return &PINError{PINShort, desktop}
	}
	if !desktop && strings.Trim(text, "0123456789") != "" {
		return &PINError{PINNotDigits, desktop}
	}
	r := []rune(text)
	if countDistinct(r) < distinct || isRun(r) || isRepeat(r) || isDoubled(r) || isMirroredRun(r) {
		return &PINError{PINTrivial, desktop}
	}
	return nil
}

func countDistinct(r []rune) int {
	seen := make(map[rune]bool)
	for _, x := range r {
		seen[x] = true
	}
	return len(seen)
}

// isRun: equal steps of one or two from each character to the next, for digits
// also over the 9: 123456, 987654, 567890, 246802.
func isRun(r []rune) bool {
	for _, step := range []rune{1, 9, 2, 8} {
		run := true
		for i := 1; i < len(r) && run; i++ {
			a, b := r[i-1], r[i]
			if '0' <= a && a <= '9' && '0' <= b && b <= '9' {
				run = (a-'0'+step)%10 == b-'0'
			} else {
				run = a+step == b || a-step == b
			}
		}
		if run {
			return true
		}
	}
	return false
}

// isRepeat: a shorter piece over and over: 121212, 135135.
func isRepeat(r []rune) bool {
	for n := 1; n <= len(r)/2; n++ {
		if len(r)%n == 0 && strings.Repeat(string(r[:n]), len(r)/n) == string(r) {
			return true
		}
	}
	return false
}

// isDoubled: every character twice, and a run underneath: 112233.
func isDoubled(r []rune) bool {
	if len(r)%2 != 0 {
		return false
	}
	var half []rune
	for i := 0; i < len(r); i += 2 {
		if r[i] != r[i+1] {
			return false
		}
		half = append(half, r[i])
	}
	return isRun(half)
}

// isMirroredRun: a run there and back: 123321.
func isMirroredRun(r []rune) bool {
	for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
		if r[i] != r[j] {
			return false
		}
	}
	return isRun(r[:(len(r)+1)/2])
}

// normalizePIN gives one spelling to what looks alike on the screen: NFC, and
// the tone mark of each word moved to its end, because hoà and hòa are one
// word that keyboards spell in two ways: a passphrase must open with either.
func normalizePIN(pin string) string {
	var out strings.Builder
	var tones []rune
	flush := func() {
		for _, t := range tones {
			out.WriteRune(t)
		}
		tones = tones[:0]
	}
	for _, r := range norm.NFD.String(pin) {
		switch r {
		case '\u0300', '\u0301', '\u0303', '\u0309', '\u0323': // huyền sắc ngã hỏi nặng
			tones = append(tones, r)
			continue
		case ' ', '\t', '\n':
			flush()
		}
		out.WriteRune(r)
	}
	flush()
	return norm.NFC.String(out.String())
}
