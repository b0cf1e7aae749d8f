package viet

import (
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFormatInt(t *testing.T) {
	for want, n := range map[string]int64{
		"0": 0, "7": 7, "999": 999, "1.000": 1000, "1.155": 1155, "-1.155": -1155, "-999": -999, "18.827.000.000": 18_827_000_000,
		"9.223.372.036.854.775.807": math.MaxInt64, "-9.223.372.036.854.775.808": math.MinInt64,
	} {
		if got := FormatInt(n); got != want {
			t.Errorf("FormatInt(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestFormatDecimal(t *testing.T) {
	for name, c := range map[string]struct {
		v      float64
		digits int
		want   string
	}{
		"land":                  {1155.3, 1, "1.155,3"},
		"padded":                {18827, 2, "18.827,00"},
		"no digits":             {1155.7, 0, "1.156"},
		"negative digits":       {1155.7, -3, "1.156"},
		"below one":             {0.25, 2, "0,25"},
		"negative":              {-12.5, 1, "-12,5"},
		"rounds over":           {999.96, 1, "1.000,0"},
		"negative, rounded":     {-0.04, 1, "0,0"},
		"negative zero":         {math.Copysign(0, -1), 0, "0"},
		"million":               {1234567.891, 2, "1.234.567,89"},
		"not a number":          {math.NaN(), 1, "–"},
		"infinite":              {math.Inf(-1), 1, "–"},
		"three digits, grouped": {-1234, 0, "-1.234"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := FormatDecimal(c.v, c.digits); got != c.want {
				t.Errorf("FormatDecimal(%v, %d) = %q, want %q", c.v, c.digits, got, c.want)
			}
		})
	}
}

func TestParseNumber(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want float64
	}{
		"zero":                     {"0", 0},
		"land":                     {"1.155,3", 1155.3},
		"thousands":                {"18.827", 18827},
		"millions":                 {"18.827.000", 18827000},
		"decimal":                  {"12,5", 12.5},
		"plain":                    {"2408", 2408},
		"blanks between thousands": {"18 827 000,5", 18827000.5},
		"no-break spaces":          {"18\u00a0827", 18827},
		"narrow no-break spaces":   {"18\u202f827", 18827},
		"blanks round":             {" 12,5 ", 12.5},
		"negative":                 {"-12,5", -12.5},
		"minus sign":               {"\u221212,5", -12.5},
		"minus and blank":          {"- 5", -5},
		"minus zero":               {"-0", 0},
		"below one, three digits":  {"0,155", 0.155},
		"groups, three digits":     {"1.155,300", 1155.3},
		"no groups, three digits":  {"1155,300", 1155.3},
		"two digits":               {"1,25", 1.25},
		"four digits":              {"1,1550", 1.155},
		"zeros in front":           {"007", 7},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseNumber(c.in)
			if err != nil || got != c.want || math.Signbit(got) != (c.want < 0) {
				t.Errorf("ParseNumber(%q) = %v, %v, want %v", c.in, got, err, c.want)
			}
		})
	}
}

func TestParseNumberRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want NumberReason
	}{
		"empty":                   {"", NumberEmpty},
		"blanks":                  {" \u00a0", NumberEmpty},
		"words":                   {"năm", NumberMalformed},
		"unit":                    {"12 m²", NumberMalformed},
		"minus alone":             {"-", NumberMalformed},
		"two minus":               {"--5", NumberMalformed},
		"plus":                    {"+5", NumberMalformed},
		"comma alone":             {",", NumberMalformed},
		"comma first":             {",5", NumberMalformed},
		"comma last":              {"5,", NumberMalformed},
		"dot last":                {"5.", NumberMalformed},
		"dot first":               {".5", NumberMalformed},
		"two dots":                {"1..155", NumberMalformed},
		"blank and dot":           {"1 155.300", NumberMalformed},
		"blank that groups wrong": {"1 15", NumberMalformed},
		"blank after the comma":   {"1,5 5", NumberMalformed},
		"exponent":                {"1e5", NumberMalformed},
		"hexadecimal":             {"0x10", NumberMalformed},
		"infinite":                {"Inf", NumberMalformed},
		"English decimal":         {"12.5", NumberAmbiguous},
		"English decimal, four":   {"1155.3", NumberAmbiguous},
		"English decimal, zero":   {"0.155", NumberAmbiguous},
		"English both":            {"1,155.3", NumberAmbiguous},
		"English millions":        {"1,155,300", NumberAmbiguous},
		"comma or thousand":       {"1,155", NumberAmbiguous},
		"negative, the same":      {"-18,827", NumberAmbiguous},
		"first group too long":    {"1155.300", NumberAmbiguous},
		"too large":               {strings.Repeat("9", 400), NumberTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseNumber(c.in)
			var ne *NumberError
			if !errors.As(err, &ne) || got != 0 {
				t.Fatalf("ParseNumber(%q) = %v, %v, want a *NumberError", c.in, got, err)
			}
			if ne.Reason != c.want || ne.Input != c.in {
				t.Errorf("reason %q, input %q; want %q", ne.Reason, ne.Input, c.want)
			}
		})
	}
}

func TestParseInt(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want int64
		why  NumberReason
	}{
		"plain":         {"5", 5, ""},
		"grouped":       {"1.155", 1155, ""},
		"negative":      {"-1.155", -1155, ""},
		"greatest":      {"9.223.372.036.854.775.807", math.MaxInt64, ""},
		"least":         {"-9223372036854775808", math.MinInt64, ""},
		"one too many":  {"9223372036854775808", 0, NumberTooLarge},
		"decimal":       {"12,5", 0, NumberNotWhole},
		"zero decimals": {"12,0", 0, NumberNotWhole},
		"ambiguous":     {"12.0", 0, NumberAmbiguous},
		"words":         {"năm", 0, NumberMalformed},
		"empty":         {"", 0, NumberEmpty},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseInt(c.in)
			var why NumberReason
			if ne := (*NumberError)(nil); errors.As(err, &ne) {
				why = ne.Reason
			}
			if got != c.want || why != c.why || (err != nil) != (c.why != "") {
				t.Errorf("ParseInt(%q) = %d, %v, want %d, %q", c.in, got, err, c.want, c.why)
			}
		})
	}
}

func TestNumberUserMessages(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range []NumberReason{NumberEmpty, NumberMalformed, NumberAmbiguous, NumberNotWhole, NumberTooLarge} {
		m := (&NumberError{Input: "x", Reason: r}).UserMessage()
		if seen[m] || NFC(m) != m || !strings.HasSuffix(m, ".") || !strings.Contains(m, "hãy") {
			t.Errorf("%q: %q is said twice or no sentence that says what to do", r, m)
		}
		seen[m] = true
	}
}

func TestNumbersReadTheirOwnFormat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "n")
		if got, err := ParseInt(FormatInt(n)); err != nil || got != n {
			t.Fatalf("%d is written %q and read %d, %v", n, FormatInt(n), got, err)
		}
		// Three decimals are refused below a thousand, so two are the most
		// that always reads back; of hundredths below 2^53 nothing is lost.
		v := float64(rapid.Int64Range(-1<<50, 1<<50).Draw(t, "hundredths")) / 100
		if got, err := ParseNumber(FormatDecimal(v, 2)); err != nil || got != v {
			t.Fatalf("%v is written %q and read %v, %v", v, FormatDecimal(v, 2), got, err)
		}
	})
}

func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"", "0", "1.155,3", "18.827", "12.5", "1,155", "-1 155,30", "\u22125", "..", ",", "1,,2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseNumber(s)
		if err != nil {
			var ne *NumberError
			if !errors.As(err, &ne) || v != 0 || ne.UserMessage() == "" {
				t.Fatalf("%v, %v", v, err)
			}
			return
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Fatalf("%q gives %v", s, v)
		}
		if n, err := ParseInt(s); err == nil && float64(n) != v {
			t.Fatalf("%q is %d whole and %v decimal", s, n, v)
		}
	})
}
