package viet

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Date is a day of the calendar, without time or zone. The zero Date is no day;
// only dates for which Valid holds have a meaning.
type Date struct{ Year, Month, Day int }

// The years that ParseDate takes. A year outside them in the book of a branch
// is a slip of the finger.
const (
	MinYear = 1900
	MaxYear = 2199
)

const secondsPerDay = 24 * 60 * 60

// DateReason says why a text is not a date.
type DateReason string

const (
	DateEmpty     DateReason = "empty"
	DateMalformed DateReason = "malformed"
	DateShortYear DateReason = "year without century"
	DateYearRange DateReason = "year out of range"
	DateNoSuchDay DateReason = "no such day"
)

// DateError is the error of ParseDate.
type DateError struct {
	Input  string // as given
	Reason DateReason
}

// Error tells the reason without the input, so that it may go into a log.
func (e *DateError) Error() string { return "date: " + string(e.Reason) }

// UserMessage says in Vietnamese what is wrong with the date and what to do.
func (e *DateError) UserMessage() string {
	in := quoteInput(e.Input)
	switch e.Reason {
	case DateEmpty:
		return "Chưa có ngày, hãy ghi theo dạng ngày/tháng/năm, ví dụ 05/03/2026."
	case DateShortYear:
		return fmt.Sprintf("Ngày %s ghi thiếu chữ số của năm, hãy ghi năm đủ 4 chữ số, ví dụ 05/03/2026.", in)
	case DateYearRange:
		return fmt.Sprintf("Ngày %s có năm ngoài khoảng %d–%d, hãy xem lại năm.", in, MinYear, MaxYear)
	case DateNoSuchDay:
		return fmt.Sprintf("Ngày %s không có trong lịch, hãy xem lại ngày và tháng.", in)
	default:
		return fmt.Sprintf("Không đọc được ngày %s, hãy ghi theo dạng ngày/tháng/năm, ví dụ 05/03/2026.", in)
	}
}

// ParseDate reads dd/mm/yyyy, with one or two digits for day and month and "/",
// "." or "-" between, the same one twice; and yyyy-mm-dd as machines write it.
// A year needs four digits, from MinYear to MaxYear: 26 is refused, not
// guessed. The error is always a *DateError.
func ParseDate(s string) (Date, error) {
	fail := func(why DateReason) (Date, error) { return Date{}, &DateError{Input: s, Reason: why} }
	t := Squash(s)
	if t == "" {
		return fail(DateEmpty)
	}
	sep := strings.IndexAny(t, "/.-")
	if sep < 0 {
		return fail(DateMalformed)
	}
	parts := strings.Split(t, t[sep:sep+1])
	if len(parts) != 3 {
		return fail(DateMalformed)
	}
	for i, p := range parts {
		parts[i] = strings.TrimSpace(p)
		if parts[i] == "" || len(parts[i]) > 4 || !allDigits(parts[i]) {
			return fail(DateMalformed)
		}
	}
	day, month, year := parts[0], parts[1], parts[2]
	if t[sep] == '-' && len(day) == 4 {
		day, year = year, day
	}
	switch {
	case len(day) > 2 || len(month) > 2 || len(year) == 3 || len(year) == 1:
		return fail(DateMalformed)
	case len(year) == 2:
		return fail(DateShortYear)
	}
	d := Date{Year: atoi(year), Month: atoi(month), Day: atoi(day)}
	switch {
	case d.Year < MinYear || d.Year > MaxYear:
		return fail(DateYearRange)
	case !d.Valid():
		return fail(DateNoSuchDay)
	}
	return d, nil
}

// atoi reads one to four digits.
func atoi(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// FormatDate gives dd/mm/yyyy with zeros before single digits.
func FormatDate(year, month, day int) string {
	return fmt.Sprintf("%02d/%02d/%04d", day, month, year)
}

// DateOf gives the day of t in t's own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{Year: y, Month: int(m), Day: d}
}

// FromDays gives the day that is days after 1970-01-01, before it if negative.
func FromDays(days int) Date { return DateOf(time.Unix(int64(days)*secondsPerDay, 0).UTC()) }

// String gives the date as dd/mm/yyyy, and nothing for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return FormatDate(d.Year, d.Month, d.Day)
}

// IsZero reports whether d is the zero Date, which is no day.
func (d Date) IsZero() bool { return d == Date{} }

// Valid reports whether the calendar has this day.
func (d Date) Valid() bool { return DateOf(d.utc()) == d }

// Days gives the days since 1970-01-01, the form in which dates are stored and
// sent; negative before it.
func (d Date) Days() int { return int(d.utc().Unix() / secondsPerDay) }

// Weekday gives the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// WeekStart gives the Monday of the week of d: weeks start on Monday here.
func (d Date) WeekStart() Date { return d.AddDays(-(int(d.Weekday()) + 6) % 7) }

// AddDays gives the day n days after d, before it if n is negative.
func (d Date) AddDays(n int) Date { return FromDays(d.Days() + n) }

// Compare gives -1, 0 or 1 as d is before, the same as or after e.
func (d Date) Compare(e Date) int {
	return cmp.Or(cmp.Compare(d.Year, e.Year), cmp.Compare(d.Month, e.Month), cmp.Compare(d.Day, e.Day))
}

// utc gives midnight of d in UTC, where every day has 24 hours.
func (d Date) utc() time.Time {
	return time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC)
}
