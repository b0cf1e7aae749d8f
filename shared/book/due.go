package book

import (
	"bytes"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
)

// Days are counted from 1970-01-01, a Thursday. The book accepts those of 1900 to 2200:
// no clock says what is in the future, only what cannot be meant.
const (
	minDay int32 = -25567
	maxDay int32 = 84370
)

// minTimeMS and maxTimeMS bound times in milliseconds the same way.
const (
	minTimeMS = int64(minDay) * 86_400_000
	maxTimeMS = (int64(maxDay) + 1) * 86_400_000
)

// longestLimit bounds a limit: ten years of days.
const longestLimit = 3660

// weekday of a day since 1970-01-01.
func weekday(day int32) time.Weekday { return time.Weekday(((int64(day)+4)%7 + 7) % 7) }

// DueDay gives the last day of a limit that starts from the day on which a matter was
// received. The first day counted is the next one (Civil Code 2015, article 147.2).
// Working days leave out Saturdays, Sundays and the holidays (days since 1970-01-01, in
// any order); calendar days count all, and where the last one is no working day, the next
// working day is the last (article 148.5). A limit that is nil or has no days gives 0:
// nothing is due. Saturdays that make up for a holiday are not known to the calendar.
func DueDay(from int32, limit *pb.Limit, holidays []int32) int32 {
	days := limit.GetDays()
	if days <= 0 || from < minDay || from > maxDay {
		return 0
	}
	days = min(days, longestLimit)
	day := from
	if limit.GetCalendarDays() {
		day += days
		for !workingDay(day, holidays) && day < maxDay {
			day++
		}
		return day
	}
	for days > 0 && day < maxDay {
		day++
		if workingDay(day, holidays) {
			days--
		}
	}
	return day
}

func workingDay(day int32, holidays []int32) bool {
	w := weekday(day)
	return w != time.Saturday && w != time.Sunday && !slices.Contains(holidays, day)
}

// Holidays gives the days of the calendar's holidays, sorted, deleted ones left out.
func Holidays(calendar []Record) []int32 {
	var days []int32
	for i := range calendar {
		if c, ok := calendarOf(&calendar[i]); ok && c.GetHoliday() != nil {
			days = append(days, c.GetHoliday().GetDay())
		}
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// LimitFor gives the limit that the calendar has for a matter (a Category; zero: none) on
// a day: the matter's own, else the one for every matter; of several the one valid from
// the later day, then of the lesser id. nil: the calendar has none.
func LimitFor(calendar []Record, matter ID, day int32) *pb.Limit {
	var best *pb.Limit
	var bestID ID
	for i := range calendar {
		c, ok := calendarOf(&calendar[i])
		if !ok || c.GetLimit() == nil {
			continue
		}
		l := c.GetLimit()
		of, _ := IDFrom(l.GetMatter())
		if !of.IsZero() && of != matter || l.ValidFromDay != nil && day < l.GetValidFromDay() || l.ValidToDay != nil && day > l.GetValidToDay() {
			continue
		}
		if best == nil || limitBefore(l, calendar[i].ID, best, bestID) {
			best, bestID = l, calendar[i].ID
		}
	}
	return best
}

func limitBefore(a *pb.Limit, aID ID, b *pb.Limit, bID ID) bool {
	if own, other := len(a.GetMatter()) > 0, len(b.GetMatter()) > 0; own != other {
		return own
	}
	if a.GetValidFromDay() != b.GetValidFromDay() {
		return a.GetValidFromDay() > b.GetValidFromDay()
	}
	return bytes.Compare(aID[:], bID[:]) < 0
}

func calendarOf(r *Record) (*pb.Calendar, bool) {
	if r.Kind != pb.Kind_KIND_CALENDAR {
		return nil, false
	}
	c := new(pb.Calendar)
	if err := proto.Unmarshal(r.State.Body, c); err != nil || c.GetDeleted() {
		return nil, false
	}
	return c, true
}
