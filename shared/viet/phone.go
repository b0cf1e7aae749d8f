package viet

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// PhoneResult is a Vietnamese phone number. The zero value holds none.
type PhoneResult struct {
	// Number is the number as dialled inside the country, digits only: ten for
	// a mobile (0912345678), ten or eleven for a landline (02213986543).
	Number string
	// Old tells that the input was an eleven-digit mobile number from before
	// 2018 and Number is what it became.
	Old bool
}

// PhoneReason says why a text is not a phone number.
type PhoneReason string

const (
	PhoneEmpty      PhoneReason = "empty"
	PhoneNotDigits  PhoneReason = "not digits"
	PhoneTooShort   PhoneReason = "too short"
	PhoneTooLong    PhoneReason = "too long"
	PhoneBadPrefix  PhoneReason = "no such prefix"
	PhoneForeign    PhoneReason = "foreign"
	PhoneDigitsLost PhoneReason = "digits lost in a spreadsheet"
)

// PhoneError is the error of Phone.
type PhoneError struct {
	Input  string // as given
	Reason PhoneReason
}

// Error tells the reason without the number, so that it may go into a log.
func (e *PhoneError) Error() string { return "phone number: " + string(e.Reason) }

// UserMessage says in Vietnamese what is wrong with the number and what to do.
func (e *PhoneError) UserMessage() string {
	in := quoteInput(e.Input)
	switch e.Reason {
	case PhoneEmpty:
		return "Chưa có số điện thoại, hãy nhập số hoặc để trống cả ô."
	case PhoneNotDigits:
		return fmt.Sprintf("Số điện thoại %s có ký tự không phải chữ số, hãy chỉ ghi số.", in)
	case PhoneTooShort:
		return fmt.Sprintf("Số điện thoại %s thiếu chữ số (số di động có 10 chữ số), hãy hỏi lại và ghi đủ.", in)
	case PhoneTooLong:
		return fmt.Sprintf("Số điện thoại %s thừa chữ số (số di động có 10 chữ số), hãy xem lại và sửa.", in)
	case PhoneForeign:
		return fmt.Sprintf("Số điện thoại %s không phải số Việt Nam, hãy ghi một số trong nước.", in)
	case PhoneDigitsLost:
		return fmt.Sprintf("Số điện thoại %s đã bị bảng tính làm tròn mất chữ số, hãy ghi lại đủ 10 chữ số.", in)
	default:
		return fmt.Sprintf("Số điện thoại %s có đầu số không dùng ở Việt Nam, hãy xem lại và sửa.", in)
	}
}

// quoteInput gives a text to be shown inside a sentence, cut if it is long.
func quoteInput(s string) string {
	rs := []rune(Squash(s))
	if len(rs) > 30 {
		rs = append(rs[:30], '…')
	}
	return "“" + string(rs) + "”"
}

// oldMobile maps the four-digit prefixes of eleven-digit mobile numbers to the
// three digits that replaced them. Source: the operators' conversion of
// September to November 2018, as listed in the project's domain notes.
var oldMobile = map[string]string{
	"0162": "032", "0163": "033", "0164": "034", "0165": "035",
	"0166": "036", "0167": "037", "0168": "038", "0169": "039",
	"0120": "070", "0121": "079", "0122": "077", "0126": "076", "0128": "078",
	"0123": "083", "0124": "084", "0125": "085", "0127": "081", "0129": "082",
	"0186": "056", "0188": "058",
	"0199": "059",
}

// Phone reads one phone number as people and spreadsheets write it: with +84,
// 84 or 0084, with dots, blanks, dashes or brackets, without the zero that a
// spreadsheet ate, or as the spreadsheet's float (9.12345678E8, 912345678.0).
// Eleven-digit mobile numbers of before 2018 are converted, see PhoneResult.
//
// Mobile numbers are 03, 05, 07, 08 or 09 and eight digits; which third digits
// are handed out changes from year to year and is not judged. Landlines are 02
// and eight or nine digits.
//
// A cell with several numbers, separated by "/", ";", ",", a line break or
// "hoặc", gives the first valid one; see Phones for all. The error is always a
// *PhoneError; blank input is one too (PhoneEmpty), so callers for whom a blank
// phone is fine ask for that first.
func Phone(s string) (PhoneResult, error) {
	found, reason := readPhones(s)
	if len(found) == 0 {
		return PhoneResult{}, &PhoneError{Input: s, Reason: reason}
	}
	return found[0], nil
}

// Phones gives the valid numbers of a cell in their order, each once; none for
// a cell without any. Separators are those of Phone.
func Phones(s string) []PhoneResult {
	found, _ := readPhones(s)
	return found
}

// readPhones gives the valid numbers of s, and why its first part is none.
func readPhones(s string) (found []PhoneResult, reason PhoneReason) {
	reason = PhoneEmpty
	for _, part := range splitPhones(s) {
		p, why := readPhone(part)
		switch {
		case why == "":
			if !slices.ContainsFunc(found, func(q PhoneResult) bool { return q.Number == p.Number }) {
				found = append(found, p)
			}
		case reason == PhoneEmpty:
			reason = why
		}
	}
	return found, reason
}

// splitPhones cuts a cell at what separates numbers. A float with a comma is
// one number: its comma separates nothing.
func splitPhones(s string) []string {
	s = strings.ReplaceAll(strings.ToLower(NFC(s)), "hoặc", "\n")
	if _, isFloat, _ := floatDigits(Squash(s)); isFloat {
		return []string{s}
	}
	return strings.FieldsFunc(s, func(r rune) bool {
		return r == '/' || r == ';' || r == ',' || r == '\n' || r == '\r'
	})
}

// readPhone reads one number; reason is empty if it is valid.
func readPhone(s string) (PhoneResult, PhoneReason) {
	s = strings.TrimLeft(Squash(s), "'") // a spreadsheet's sign for text
	if s == "" {
		return PhoneResult{}, PhoneEmpty
	}
	if digits, isFloat, lost := floatDigits(s); lost {
		return PhoneResult{}, PhoneDigitsLost
	} else if isFloat {
		s = digits
	}
	digits, plus, ok := phoneDigits(s)
	if !ok {
		return PhoneResult{}, PhoneNotDigits
	}
	return national(digits, plus)
}

// national judges the digits of a number; plus tells that a + stood before
// them.
func national(d string, plus bool) (PhoneResult, PhoneReason) {
	if !plus && strings.HasPrefix(d, "00") && strings.Trim(d, "0") != "" {
		d, plus = d[2:], true
	}
	switch {
	case d == "":
		return PhoneResult{}, PhoneNotDigits
	case plus && !strings.HasPrefix(d, "84"):
		return PhoneResult{}, PhoneForeign
	case plus, len(d) >= 11 && strings.HasPrefix(d, "84"):
		// A shorter number with 84 in front is 084… without its zero. Some
		// write +84 (0) 912…
		d = "0" + strings.TrimPrefix(d[2:], "0")
	case d[0] != '0':
		d = "0" + d
	}
	switch {
	case len(d) < 10:
		return PhoneResult{}, PhoneTooShort
	case len(d) > 11:
		return PhoneResult{}, PhoneTooLong
	}
	switch d[1] {
	case '3', '5', '7', '8', '9':
		if len(d) > 10 {
			return PhoneResult{}, PhoneTooLong
		}
		return PhoneResult{Number: d}, ""
	case '2':
		if d[2] == '0' && d[3] == '0' {
			return PhoneResult{}, PhoneBadPrefix
		}
		return PhoneResult{Number: d}, ""
	case '1':
		to, known := oldMobile[d[:4]]
		switch {
		case !known:
			return PhoneResult{}, PhoneBadPrefix
		case len(d) < 11:
			return PhoneResult{}, PhoneTooShort
		}
		return PhoneResult{Number: to + d[4:], Old: true}, ""
	}
	return PhoneResult{}, PhoneBadPrefix
}

// phoneDigits takes the digits out of a number with the separators that people
// write. ok is false if there is anything else; a + may stand only first.
func phoneDigits(s string) (digits string, plus, ok bool) {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b = append(b, byte(r))
		case r == '+' && !plus && len(b) == 0:
			plus = true
		case r == ' ', r == '.', r == '_', r == '(', r == ')', r == '[', r == ']',
			unicode.Is(unicode.Pd, r), r == '\u2212': // dashes; the minus sign
		default:
			return "", false, false
		}
	}
	return string(b), plus, true
}

// floatDigits gives the digits of a number that a spreadsheet rendered as a
// float: 9.12345678E8 or 912345678.0, with a dot or a comma. A number that
// starts with 0 is none. lost tells that the float has six significant digits
// or fewer, which is how spreadsheets round for display: the number cannot be
// recovered.
func floatDigits(s string) (digits string, isFloat, lost bool) {
	mantissa, exponent, scientific := cutAny(s, "eE")
	whole, fraction, pointed := cutAny(mantissa, ".,")
	if whole == "" || whole[0] == '0' || !allDigits(whole) || !allDigits(fraction) {
		return "", false, false
	}
	if !scientific {
		if pointed && fraction != "" && strings.Trim(fraction, "0") == "" && len(whole) >= 8 {
			return whole, true, false
		}
		return "", false, false
	}
	exponent = strings.TrimPrefix(exponent, "+")
	if len(whole) != 1 || exponent == "" || len(exponent) > 2 || !allDigits(exponent) {
		return "", false, false
	}
	fraction = strings.TrimRight(fraction, "0")
	e := int(exponent[0] - '0')
	if len(exponent) == 2 {
		e = e*10 + int(exponent[1]-'0')
	}
	if len(fraction) > e {
		return "", false, false // not a whole number
	}
	if len(fraction) < 6 {
		return "", true, true
	}
	return whole + fraction + strings.Repeat("0", e-len(fraction)), true, false
}

// cutAny cuts s around the first byte that is one of chars.
func cutAny(s, chars string) (before, after string, found bool) {
	if i := strings.IndexAny(s, chars); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

// allDigits reports whether s has only ASCII digits; true for "".
func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// FormatPhone gives a number of PhoneResult in the groups in which it is read
// out: "0912 345 678"; landlines "0221 398 6543", and "024 3825 1234" for the
// two cities with three-digit codes. Anything else comes back as it is.
func FormatPhone(number string) string {
	if !allDigits(number) || !strings.HasPrefix(number, "0") {
		return number
	}
	group := func(a, b int) string { return number[:a] + " " + number[a:b] + " " + number[b:] }
	switch {
	case len(number) == 10:
		return group(4, 7)
	case len(number) == 11 && (strings.HasPrefix(number, "024") || strings.HasPrefix(number, "028")):
		return group(3, 7)
	case len(number) == 11:
		return group(4, 7)
	}
	return number
}
