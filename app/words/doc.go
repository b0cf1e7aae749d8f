// Package words holds the Vietnamese sentences and labels of the field app in one
// place: app/notebook puts them into what it shows, app/book prints them and
// app/ui draws them, so a state is called the same everywhere.
//
// What has no gap is a constant, what has one a function with typed gaps. The
// sentences are short, say what to do next, blame nobody and carry no code
// without words. Names of enums and of fields are in shared/book (Label, FieldName);
// a sentence about a rule that a record breaks comes from book.Refusal.
package words

import (
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"

	"sodanvan/shared/viet"
)

// zone is the one time zone of the product. A fixed zone needs no zone table on
// the phone and is right for every year since 1975.
var zone = time.FixedZone("Việt Nam", 7*60*60)

// Zone gives the time zone in which every date and hour is shown and kept.
func Zone() *time.Location { return zone }

// Today gives the day of t in Viet Nam as days since 1970-01-01.
func Today(t time.Time) int32 { return int32(viet.DateOf(t.In(zone)).Days()) }

// Day gives dd/mm/yyyy of days since 1970-01-01, and nothing for 0, which stands
// for no day.
func Day(day int32) string {
	if day == 0 {
		return ""
	}
	return viet.FromDays(int(day)).String()
}

// ShortDay gives dd/mm of a day, for lists of the current year.
func ShortDay(day int32) string {
	if day == 0 {
		return ""
	}
	d := viet.FromDays(int(day))
	return fmt.Sprintf("%02d/%02d", d.Day, d.Month)
}

// At gives "10:42 ngày 20/11" in Viet Nam.
func At(t time.Time) string {
	t = t.In(zone)
	return fmt.Sprintf("%02d:%02d ngày %02d/%02d", t.Hour(), t.Minute(), t.Day(), int(t.Month()))
}

// AtWithYear gives "10:42 ngày 20/11/2026" in Viet Nam, for papers and for what
// may lie years back.
func AtWithYear(t time.Time) string {
	t = t.In(zone)
	return fmt.Sprintf("%02d:%02d ngày %s", t.Hour(), t.Minute(), viet.DateOf(t))
}

// Count gives a number with its noun, such as "4.785 hộ".
func Count(n int, noun string) string { return viet.FormatInt(int64(n)) + " " + noun }

// Capital gives s with its first letter in upper case: labels of the book are in
// lower case and stand at the beginning of a line here.
func Capital(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[size:]
}
