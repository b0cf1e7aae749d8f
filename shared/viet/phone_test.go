package viet

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestPhone(t *testing.T) {
	const want = "0912345678"
	for name, in := range map[string]string{
		"plain":                    "0912345678",
		"+84":                      "+84912345678",
		"+84, blanks":              "+84 912 345 678",
		"84":                       "84912345678",
		"0084":                     "0084912345678",
		"+84 and the zero":         "+84 (0) 912 345 678",
		"84 and the zero":          "840912345678",
		"brackets round +84":       "(+84) 912345678",
		"dots":                     "0912.345.678",
		"blanks":                   " 0912 345  678 ",
		"no-break spaces":          "0912\u00a0345\u00a0678",
		"dashes":                   "0912-345-678",
		"typographic dashes":       "0912–345—678",
		"minus signs":              "0912\u2212345\u2212678",
		"brackets":                 "(0912) 345678",
		"direction marks":          "\u202a0912345678\u202c",
		"apostrophe of a cell":     "'0912345678",
		"zero eaten":               "912345678",
		"zero eaten, dots":         "912.345.678",
		"float":                    "912345678.0",
		"float with a comma":       "912345678,0",
		"scientific":               "9.12345678E8",
		"scientific, two digits":   "9.12345678E+08",
		"scientific, comma":        "9,12345678e+8",
		"scientific of 84":         "8.4912345678E10",
		"two, first wins":          "0912345678/0987654321",
		"two, semicolon":           "0912345678; 0987654321",
		"two, comma":               "0912345678, 0987654321",
		"two, hoặc":                "0912345678 hoặc 0987654321",
		"two, hoặc decomposed":     "0912345678 " + norm.NFD.String("Hoặc") + " 0987654321",
		"two lines":                "0912345678\n0987654321",
		"first is none":            "không có / 0912345678",
		"second is cut":            "0912345678/79",
		"separator at the end":     "0912345678;",
		"separator at the front":   "/0912345678",
		"float before a separator": "912345678.0; 987654321.0",
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Phone(in)
			if err != nil || got != (PhoneResult{Number: want}) {
				t.Errorf("Phone(%q) = %+v, %v, want %s", in, got, err, want)
			}
		})
	}
}

func TestPhoneOtherNumbers(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"03":                           {"0350261789", "0350261789"},
		"05":                           {"0561234567", "0561234567"},
		"07":                           {"0701234567", "0701234567"},
		"090 with zeros":               {"0900155043", "0900155043"},
		"084 without its zero":         {"841234567", "0841234567"},
		"84 before 84":                 {"84841234567", "0841234567"},
		"float ending in zeros":        {"9.123456E8", "0912345600"},
		"landline, eleven digits":      {"0221 398 6543", "02213986543"},
		"landline of Hà Nội":           {"(024) 38251234", "02438251234"},
		"landline, ten digits":         {"0221398654", "0221398654"},
		"landline with +84":            {"+84 24 3825 1234", "02438251234"},
		"landline, zero eaten":         {"2438251234", "02438251234"},
		"landline of a 020 code":       {"02033825123", "02033825123"},
		"dots that look like a float":  {"091234567.0", "0912345670"},
		"blank group that starts at 8": {"84 1234567", "0841234567"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Phone(c.in)
			if err != nil || got != (PhoneResult{Number: c.want}) {
				t.Errorf("Phone(%q) = %+v, %v, want %s", c.in, got, err, c.want)
			}
		})
	}
}

// The conversions of 2018, one by one, in each way such a number is written.
func TestPhoneConvertsOldMobileNumbers(t *testing.T) {
	table := map[string]string{
		"0162": "032", "0163": "033", "0164": "034", "0165": "035", "0166": "036", "0167": "037", "0168": "038", "0169": "039",
		"0120": "070", "0121": "079", "0122": "077", "0126": "076", "0128": "078",
		"0123": "083", "0124": "084", "0125": "085", "0127": "081", "0129": "082",
		"0186": "056", "0188": "058", "0199": "059",
	}
	for old, now := range table {
		want := PhoneResult{Number: now + "6107701", Old: true}
		for _, in := range []string{old + "6107701", old + ".610.7701", "+84" + old[1:] + "6107701", "84" + old[1:] + "6107701", old[1:] + "6107701", old[1:] + "6107701.0"} {
			t.Run(in, func(t *testing.T) {
				if got, err := Phone(in); err != nil || got != want {
					t.Errorf("Phone(%q) = %+v, %v, want %+v", in, got, err, want)
				}
			})
		}
	}
}

func TestPhoneRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want PhoneReason
	}{
		"empty":                     {"", PhoneEmpty},
		"blanks":                    {" \u00a0", PhoneEmpty},
		"only separators":           {" / ; ", PhoneEmpty},
		"words":                     {"không có", PhoneNotDigits},
		"a letter O":                {"O912345678", PhoneNotDigits},
		"a name behind":             {"0912345678 (Lan)", PhoneNotDigits},
		"only a plus":               {"+", PhoneNotDigits},
		"only dashes":               {"---", PhoneNotDigits},
		"plus inside":               {"091+2345678", PhoneNotDigits},
		"two pluses":                {"++84912345678", PhoneNotDigits},
		"eight digits":              {"03380856", PhoneTooShort},
		"nine digits":               {"091234567", PhoneTooShort},
		"eight digits, zero eaten":  {"91234567", PhoneTooShort},
		"short landline":            {"024382512", PhoneTooShort},
		"short float":               {"91234567.0", PhoneTooShort},
		"short old number":          {"0162345678", PhoneTooShort},
		"eleven digits":             {"09123456789", PhoneTooLong},
		"twelve digits":             {"091234567890", PhoneTooLong},
		"two numbers, one blank":    {"0912345678 0987654321", PhoneTooLong},
		"01 that never was mobile":  {"01612345678", PhoneBadPrefix},
		"04, landline of old":       {"0438251234", PhoneBadPrefix},
		"06":                        {"0612345678", PhoneBadPrefix},
		"zeros":                     {"0000000000", PhoneBadPrefix},
		"0200":                      {"0200123456", PhoneBadPrefix},
		"another country":           {"+12025550123", PhoneForeign},
		"another country, 00":       {"0012025550123", PhoneForeign},
		"rounded by a spreadsheet":  {"9.12346E+08", PhoneDigitsLost},
		"rounded to two digits":     {"9.12E+08", PhoneDigitsLost},
		"exponent without mantissa": {"E8", PhoneNotDigits},
		"exponent too small":        {"9.12345678E2", PhoneNotDigits},
		"huge exponent":             {"9.12345678E99", PhoneTooLong},
		"none of two":               {"0912/0987", PhoneTooShort},
		"digits of another script":  {"٠٩١٢٣٤٥٦٧٨", PhoneNotDigits},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Phone(c.in)
			var pe *PhoneError
			if !errors.As(err, &pe) || got != (PhoneResult{}) {
				t.Fatalf("Phone(%q) = %+v, %v, want a *PhoneError", c.in, got, err)
			}
			if pe.Reason != c.want || pe.Input != c.in {
				t.Errorf("reason %q, input %q; want %q, %q", pe.Reason, pe.Input, c.want, c.in)
			}
			if strings.ContainsAny(err.Error(), "0123456789") {
				t.Errorf("%q puts the number into the log", err)
			}
		})
	}
}

func TestPhoneUserMessages(t *testing.T) {
	seen := map[string]PhoneReason{}
	for _, r := range []PhoneReason{PhoneEmpty, PhoneNotDigits, PhoneTooShort, PhoneTooLong, PhoneBadPrefix, PhoneForeign, PhoneDigitsLost} {
		m := (&PhoneError{Input: "03380856", Reason: r}).UserMessage()
		if other, twice := seen[m]; twice {
			t.Errorf("%q and %q say the same", r, other)
		}
		seen[m] = r
		if NFC(m) != m || !strings.HasSuffix(m, ".") || !strings.Contains(m, "hãy") {
			t.Errorf("%q: %q is no sentence that says what to do", r, m)
		}
		if r != PhoneEmpty && !strings.Contains(m, "“03380856”") {
			t.Errorf("%q: %q does not show the number", r, m)
		}
	}
	long := (&PhoneError{Input: strings.Repeat("x", 1000), Reason: PhoneNotDigits}).UserMessage()
	if len(long) > 200 {
		t.Errorf("a long input is not cut: %d bytes", len(long))
	}
}

func TestPhones(t *testing.T) {
	a, b := PhoneResult{Number: "0912345678"}, PhoneResult{Number: "0387654321", Old: true}
	for name, c := range map[string]struct {
		in   string
		want []PhoneResult
	}{
		"none":           {"", nil},
		"nothing valid":  {"không có", nil},
		"one":            {"0912345678", []PhoneResult{a}},
		"two":            {"0912345678 / 01687654321", []PhoneResult{a, b}},
		"one of three":   {"x; 0912345678, 12", []PhoneResult{a}},
		"the same twice": {"0912345678; +84912345678", []PhoneResult{a}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Phones(c.in); !slices.Equal(got, c.want) {
				t.Errorf("Phones(%q) = %v, want %v", c.in, got, c.want)
			}
		})
	}
}

func TestFormatPhone(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"mobile":             {"0912345678", "0912 345 678"},
		"landline":           {"02213986543", "0221 398 6543"},
		"landline of Hà Nội": {"02438251234", "024 3825 1234"},
		"empty":              {"", ""},
		"too short":          {"0912", "0912"},
		"no digits":          {"xin chào", "xin chào"},
		"no zero":            {"9123456780", "9123456780"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := FormatPhone(c.in); got != c.want {
				t.Errorf("FormatPhone(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func numbers() *rapid.Generator[string] {
	return rapid.StringMatching(`0[35789][0-9]{8}|02[1-9][0-9]{7,8}`)
}

func TestPhoneReadsItsOwnFormat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := numbers().Draw(t, "number")
		for _, in := range []string{n, FormatPhone(n), "+84" + n[1:], "0084" + n[1:], n[1:], n[1:] + ".0"} {
			if got, err := Phone(in); err != nil || got != (PhoneResult{Number: n}) {
				t.Fatalf("Phone(%q) = %+v, %v, want %s", in, got, err, n)
			}
		}
	})
}

// A float of seven significant digits or more is read back exactly.
func TestPhoneReadsFloats(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(3_000_000, 9_999_999).Filter(func(n int) bool {
			return n%10 != 0 && strings.ContainsAny(fmt.Sprint(n)[:1], "35789")
		}).Draw(t, "number") * 100
		want := fmt.Sprintf("0%d", n)
		in := fmt.Sprintf("%.6E", float64(n))
		if got, err := Phone(in); err != nil || got.Number != want {
			t.Fatalf("Phone(%q) = %+v, %v, want %s", in, got, err, want)
		}
	})
}

func FuzzPhone(f *testing.F) {
	for _, s := range []string{"", "0912345678", "+84 (0) 912.345.678", "9.12345678E8", "912345678,0", "01266107701 hoặc 0987", "0084", "+", "84", "00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := Phone(s)
		if err != nil {
			var pe *PhoneError
			if !errors.As(err, &pe) || got != (PhoneResult{}) || pe.UserMessage() == "" {
				t.Fatalf("%+v, %v", got, err)
			}
			return
		}
		if n := len(got.Number); n < 10 || n > 11 || got.Number[0] != '0' || !allDigits(got.Number) {
			t.Fatalf("%q is no number", got.Number)
		}
		if again, err := Phone(FormatPhone(got.Number)); err != nil || again != (PhoneResult{Number: got.Number}) {
			t.Fatalf("%q formatted reads as %+v, %v", got.Number, again, err)
		}
	})
}
