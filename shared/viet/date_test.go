package viet

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseDate(t *testing.T) {
	want := Date{2026, 3, 5}
	for name, in := range map[string]string{
		"padded":            "05/03/2026",
		"not padded":        "5/3/2026",
		"dots":              "05.03.2026",
		"dashes":            "5-3-2026",
		"ISO":               "2026-03-05",
		"ISO, not padded":   "2026-3-5",
		"blanks round":      " 05/03/2026\u00a0",
		"blanks inside":     "05 / 03 / 2026",
		"invisible in cell": "\ufeff05/03/2026",
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := ParseDate(in); err != nil || got != want {
				t.Errorf("ParseDate(%q) = %+v, %v", in, got, err)
			}
		})
	}
}

func TestParseDateRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want DateReason
	}{
		"empty":                  {"", DateEmpty},
		"blanks":                 {" ", DateEmpty},
		"words":                  {"hôm qua", DateMalformed},
		"two parts":              {"05/03", DateMalformed},
		"four parts":             {"05/03/2026/1", DateMalformed},
		"mixed separators":       {"05/03-2026", DateMalformed},
		"no separators":          {"05032026", DateMalformed},
		"empty part":             {"05//2026", DateMalformed},
		"year first with slash":  {"2026/03/05", DateMalformed},
		"year first with dots":   {"2026.03.05", DateMalformed},
		"three-digit day":        {"005/03/2026", DateMalformed},
		"three-digit year":       {"05/03/226", DateMalformed},
		"five-digit year":        {"05/03/20226", DateMalformed},
		"sign":                   {"+5/03/2026", DateMalformed},
		"time behind":            {"2026-03-05T00:00:00Z", DateMalformed},
		"two-digit year":         {"05/03/26", DateShortYear},
		"year before the range":  {"05/03/1899", DateYearRange},
		"year after the range":   {"05/03/2206", DateYearRange},
		"month 13":               {"05/13/2026", DateNoSuchDay},
		"month 0":                {"05/00/2026", DateNoSuchDay},
		"day 0":                  {"00/03/2026", DateNoSuchDay},
		"31 April":               {"31/04/2026", DateNoSuchDay},
		"29 February, no leap":   {"29/02/2026", DateNoSuchDay},
		"29 February, a century": {"29/02/2100", DateNoSuchDay},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseDate(c.in)
			var de *DateError
			if !errors.As(err, &de) || got != (Date{}) {
				t.Fatalf("ParseDate(%q) = %+v, %v, want a *DateError", c.in, got, err)
			}
			if de.Reason != c.want || de.Input != c.in {
				t.Errorf("reason %q, input %q; want %q", de.Reason, de.Input, c.want)
			}
		})
	}
}

func TestDateUserMessages(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range []DateReason{DateEmpty, DateMalformed, DateShortYear, DateYearRange, DateNoSuchDay} {
		m := (&DateError{Input: "x", Reason: r}).UserMessage()
		if seen[m] || NFC(m) != m || !strings.HasSuffix(m, ".") || !strings.Contains(m, "hãy") {
			t.Errorf("%q: %q is said twice or no sentence that says what to do", r, m)
		}
		seen[m] = true
	}
}

func TestDateString(t *testing.T) {
	for want, d := range map[string]Date{
		"05/03/2026": {2026, 3, 5},
		"31/12/1999": {1999, 12, 31},
		"":           {},
	} {
		if got := d.String(); got != want {
			t.Errorf("%#v is shown as %q, want %q", d, got, want)
		}
	}
	if got := FormatDate(2026, 1, 2); got != "02/01/2026" {
		t.Errorf("FormatDate gives %q", got)
	}
}

func TestDateDays(t *testing.T) {
	for want, d := range map[int]Date{
		0:     {1970, 1, 1},
		-1:    {1969, 12, 31},
		59:    {1970, 3, 1},
		11016: {2000, 2, 29},
		20270: {2025, 7, 1},
	} {
		if got := d.Days(); got != want {
			t.Errorf("%v: %d days, want %d", d, got, want)
		}
		if got := FromDays(want); got != d {
			t.Errorf("%d days: %v, want %v", want, got, d)
		}
	}
}

func TestWeekStartsOnMonday(t *testing.T) {
	for name, c := range map[string]struct{ in, want Date }{
		"Monday":         {Date{2025, 6, 30}, Date{2025, 6, 30}},
		"Tuesday":        {Date{2025, 7, 1}, Date{2025, 6, 30}},
		"Sunday":         {Date{2025, 7, 6}, Date{2025, 6, 30}},
		"over New Year":  {Date{2026, 1, 1}, Date{2025, 12, 29}},
		"before 1970-01": {Date{1969, 12, 28}, Date{1969, 12, 22}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.in.WeekStart(); got != c.want {
				t.Errorf("week of %v starts on %v, want %v", c.in, got, c.want)
			}
		})
	}
}

func TestDateOfKeepsTheDayOfTheZone(t *testing.T) {
	late := time.Date(2026, 3, 5, 23, 30, 0, 0, time.FixedZone("+07", 7*3600))
	if got := DateOf(late); got != (Date{2026, 3, 5}) {
		t.Errorf("DateOf(%v) = %v", late, got)
	}
	if got := DateOf(late.Add(time.Hour)); got != (Date{2026, 3, 6}) {
		t.Errorf("an hour later is %v", got)
	}
}

func TestDateValid(t *testing.T) {
	for d, want := range map[Date]bool{
		{}: false, {2024, 2, 29}: true, {2026, 2, 29}: false, {2026, 13, 1}: false, {2026, 1, 0}: false,
	} {
		if d.Valid() != want {
			t.Errorf("%#v valid: %v", d, d.Valid())
		}
	}
	if !(Date{}).IsZero() || (Date{Day: 1}).IsZero() {
		t.Error("IsZero is wrong")
	}
}

func dates() *rapid.Generator[Date] {
	return rapid.Map(rapid.IntRange(Date{MinYear, 1, 1}.Days(), Date{MaxYear, 12, 31}.Days()), FromDays)
}

func TestDateProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := dates().Draw(t, "date")
		for _, s := range []string{d.String(), fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day), fmt.Sprintf("%d.%d.%d", d.Day, d.Month, d.Year)} {
			if got, err := ParseDate(s); err != nil || got != d {
				t.Fatalf("ParseDate(%q) = %v, %v", s, got, err)
			}
		}
		n := rapid.IntRange(-40000, 40000).Draw(t, "n")
		later := d.AddDays(n)
		if later.AddDays(-n) != d || later.Days()-d.Days() != n || !later.Valid() {
			t.Fatalf("%d days after %v is %v", n, d, later)
		}
		if got, want := later.Compare(d), min(1, max(-1, n)); got != want {
			t.Fatalf("Compare(%v, %v) = %d", later, d, got)
		}
		if (int(later.Weekday())-int(d.Weekday())-n)%7 != 0 {
			t.Fatalf("weekdays of %v and %v", later, d)
		}
		if w := d.WeekStart(); w.Weekday() != time.Monday || d.Days()-w.Days() < 0 || d.Days()-w.Days() > 6 {
			t.Fatalf("week of %v starts on %v", d, w)
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"", "05/03/2026", "2026-03-05", "5.3.26", "//", "-", "31/02/2026", "05/03/２０２６"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDate(s)
		if err != nil {
			var de *DateError
			if !errors.As(err, &de) || !d.IsZero() || de.UserMessage() == "" {
				t.Fatalf("%v, %v", d, err)
			}
			return
		}
		if again, err := ParseDate(d.String()); !d.Valid() || err != nil || again != d {
			t.Fatalf("%#v reads back as %v, %v", d, again, err)
		}
	})
}
