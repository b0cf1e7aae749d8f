package viet

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// NumberReason says why a text is not a number.
type NumberReason string

const (
	NumberEmpty     NumberReason = "empty"
	NumberMalformed NumberReason = "malformed"
	NumberAmbiguous NumberReason = "ambiguous separator"
	NumberNotWhole  NumberReason = "not a whole number"
	NumberTooLarge  NumberReason = "too large"
)

// NumberError is the error of ParseNumber and ParseInt.
type NumberError struct {
	Input  string // as given
	Reason NumberReason
}

// Error tells the reason without the input, so that it may go into a log.
func (e *NumberError) Error() string { return "number: " + string(e.Reason) }

// UserMessage says in Vietnamese what is wrong with the number and what to do.
func (e *NumberError) UserMessage() string {
	in := quoteInput(e.Input)
	switch e.Reason {
	case NumberEmpty:
		return "Chưa có số, hãy nhập một số, ví dụ 1.155,3."
	case NumberAmbiguous:
		return fmt.Sprintf("Số %s có thể hiểu theo hai cách, hãy dùng dấu chấm cho hàng nghìn và dấu phẩy cho phần lẻ, ví dụ 1.155,3.", in)
	case NumberNotWhole:
		return fmt.Sprintf("Số %s có phần lẻ, hãy ghi một số nguyên.", in)
	case NumberTooLarge:
		return fmt.Sprintf("Số %s quá lớn, hãy xem lại các chữ số.", in)
	default:
		return fmt.Sprintf("Không đọc được số %s, hãy chỉ ghi chữ số, ví dụ 1.155,3.", in)
	}
}

// FormatInt gives n with a dot between thousands: 1.155.
func FormatInt(n int64) string {
	digits := strconv.FormatInt(n, 10)
	if n < 0 {
		return "-" + groupThousands(digits[1:])
	}
	return groupThousands(digits)
}

// FormatDecimal gives v rounded to so many digits (none if negative) after a
// decimal comma, with a dot between thousands: 1.155,3. What is rounded to zero
// has no sign. NaN and the infinities, which no sum of records gives, are "–".
func FormatDecimal(v float64, digits int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	s := strconv.FormatFloat(math.Abs(v), 'f', max(digits, 0), 64)
	whole, fraction, _ := strings.Cut(s, ".")
	out := groupThousands(whole)
	if fraction != "" {
		out += "," + fraction
	}
	if v < 0 && strings.Trim(s, "0.") != "" {
		return "-" + out
	}
	return out
}

// groupThousands puts a dot before every third digit from the right.
func groupThousands(digits string) string {
	var b strings.Builder
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte('.')
		}
		b.WriteByte(digits[i])
	}
	return b.String()
}

// ParseNumber reads a number as it is written in Viet Nam: dots (or blanks)
// between thousands, a comma before decimals, a minus in front: "1.155,3",
// "18.827", "12,5".
//
// Refused as ambiguous, because guessing would be wrong by a factor of a
// thousand for some writers: a dot that does not separate thousands ("12.5",
// "1,155.3") and a lone comma before exactly three digits ("1,155", which is
// 1155 to those who write English numbers); "0,155", "1155,300" and "1.155,300"
// have one reading. The error is always a *NumberError.
func ParseNumber(s string) (float64, error) {
	minus, whole, fraction, why := splitNumber(s)
	if why != "" {
		return 0, &NumberError{Input: s, Reason: why}
	}
	text := whole + "." + fraction + "0"
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, &NumberError{Input: s, Reason: NumberTooLarge}
	}
	if minus && v != 0 {
		v = -v
	}
	return v, nil
}

// ParseInt reads a whole number in the way of ParseNumber; decimals are refused
// even if they are zeros. The error is always a *NumberError.
func ParseInt(s string) (int64, error) {
	minus, whole, fraction, why := splitNumber(s)
	if why == "" && fraction != "" {
		why = NumberNotWhole
	}
	if why != "" {
		return 0, &NumberError{Input: s, Reason: why}
	}
	if minus {
		whole = "-" + whole
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return 0, &NumberError{Input: s, Reason: NumberTooLarge}
	}
	return n, nil
}

// splitNumber gives the digits before and after the comma; why is empty if s is
// a number.
func splitNumber(s string) (minus bool, whole, fraction string, why NumberReason) {
	t := Squash(s)
	if t == "" {
		return false, "", "", NumberEmpty
	}
	for _, sign := range []string{"-", "\u2212"} { // hyphen, minus sign
		if rest, cut := strings.CutPrefix(t, sign); cut {
			t, minus = strings.TrimSpace(rest), true
			break
		}
	}
	if strings.Trim(t, "0123456789., ") != "" || !strings.ContainsAny(t, "0123456789") {
		return false, "", "", NumberMalformed
	}
	groups, fraction, comma := strings.Cut(t, ",")
	if comma && !(fraction != "" && allDigits(fraction)) {
		if strings.ContainsAny(fraction, ".,") && allDigits(strings.NewReplacer(".", "", ",", "").Replace(fraction)) {
			return false, "", "", NumberAmbiguous // 1,155.3
		}
		return false, "", "", NumberMalformed
	}
	grouped := strings.ContainsAny(groups, ". ")
	if !grouped {
		if groups == "" {
			return false, "", "", NumberMalformed
		}
		if len(fraction) == 3 && len(groups) <= 3 && groups[0] != '0' {
			return false, "", "", NumberAmbiguous
		}
		return minus, groups, fraction, ""
	}
	sep := "."
	if strings.Contains(groups, " ") {
		sep = " "
	}
	parts := strings.Split(groups, sep)
	for i, p := range parts {
		first := i == 0
		switch {
		case p == "" || !allDigits(p):
			return false, "", "", NumberMalformed
		case first && (len(p) > 3 || p[0] == '0'), !first && len(p) != 3:
			if sep == " " {
				return false, "", "", NumberMalformed
			}
			return false, "", "", NumberAmbiguous // 12.5, 0.155
		}
	}
	return minus, strings.Join(parts, ""), fraction, ""
}
