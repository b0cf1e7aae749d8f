package book

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrPetitionNumber tells that a text is not a petition's number: mistyped, or misread
// from the slip.
var ErrPetitionNumber = errors.New("not a petition number")

// numberSymbols are the digits and the letters that a hand-written slip keeps apart: no
// B (8), D, O, Q (0), G (6), I, J, L (1), S (5), Z (2), U, V, W (each other). There are 23,
// a prime, so that the check symbol can do what it promises.
const (
	numberLetters = "ACEFHKMNPRTXY"
	numberSymbols = "0123456789" + numberLetters
	// pairValues is how many a pair of letter and digit can tell apart.
	pairValues = uint32(len(numberLetters) * 10)
)

// PetitionNumber makes the short number that a household gets on its slip, such as
// "K7-0421": the device as pairs of a letter and a digit, a hyphen, the device's own
// counter with at least three digits, and a check symbol over all of it. Made without
// network; two devices never make the same.
//
// The check symbol makes the weighted sum of all symbols 0 modulo 23, weight 1 at the
// right end and one more a place. Any one wrong symbol and any swap of neighbours is
// found: 23 is prime and the weights differ.
func PetitionNumber(device uint32, counter uint32) string {
	pairs := ""
	for {
		v := device % pairValues
		pairs = string([]byte{numberLetters[v/10], byte('0' + v%10)}) + pairs
		if device /= pairValues; device == 0 {
			break
		}
	}
	digits := fmt.Sprintf("%03d", counter)
	return pairs + "-" + digits + string(checkSymbol(pairs+digits))
}

func checkSymbol(s string) byte {
	sum := 0
	for i := range len(s) {
		sum += strings.IndexByte(numberSymbols, s[i]) * (len(s) - i + 1)
	}
	return numberSymbols[(len(numberSymbols)-sum%len(numberSymbols))%len(numberSymbols)]
}

// CheckPetitionNumber reads a number as people type it: in capitals or not, with or
// without hyphen, dots and spaces, O for 0 and I or L for 1. It gives the form that
// PetitionNumber makes, or an error that is ErrPetitionNumber.
func CheckPetitionNumber(s string) (string, error) {
	bad := func() (string, error) {
		short := []rune(s)
		return "", fmt.Errorf("%w: %q", ErrPetitionNumber, string(short[:min(len(short), 32)]))
	}
	if len(s) > 64 {
		return bad()
	}
	var b []byte
	for _, r := range strings.ToUpper(s) {
		switch {
		case r == '-' || r == ' ' || r == '.' || r == '\u00a0' || r == '\u2010' || r == '\u2011' || r == '\u2013':
		case r == 'O':
			b = append(b, '0')
		case r == 'I' || r == 'L':
			b = append(b, '1')
		case r < 0x80 && strings.IndexByte(numberSymbols, byte(r)) >= 0:
			b = append(b, byte(r))
		default:
			return bad()
		}
	}
	at := 0
	device := uint64(0)
	for at+1 < len(b) && isLetter(b[at]) && !isLetter(b[at+1]) {
		v := uint64(strings.IndexByte(numberLetters, b[at]))*10 + uint64(b[at+1]-'0')
		device = device*uint64(pairValues) + v
		if at += 2; device > 1<<32-1 {
			return bad()
		}
	}
	if at == 0 || len(b)-at < 4 {
		return bad()
	}
	counter, err := strconv.ParseUint(string(b[at:len(b)-1]), 10, 32)
	if err != nil {
		return bad()
	}
	number := PetitionNumber(uint32(device), uint32(counter))
	if strings.Replace(number, "-", "", 1) != string(b) {
		return bad()
	}
	return number, nil
}

func isLetter(c byte) bool { return c > '9' }
