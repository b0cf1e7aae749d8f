// Package hlc is the hybrid logical clock of the book: stamps that order changes the
// way people saw them happen, on devices whose clocks may stand in 1970 or 2099.
//
// The server's registry gives every change its stamp with [Give] and keeps a [Clock]
// over the greatest stamp that it stored; the merge (package lww) only compares stamps;
// the phone reads the server's time with a [Clock] of its own. The package knows no
// wall clock: the time comes in as milliseconds, so that a simulation can replay it.
package hlc

import (
	"fmt"
	"math"
	"time"
)

const (
	counterBits = 16
	// MaxMillis is the greatest time that a stamp can hold, in milliseconds of Unix
	// time: 48 bits, the year 10889.
	MaxMillis = 1<<48 - 1
)

// Stamp is one moment of the hybrid clock: milliseconds of Unix time in the upper 48
// bits, a counter in the lower 16. Stamps compare as numbers. The zero value means
// "none yet" and is less than every stamp that [Give] or [Clock.Now] return.
type Stamp uint64

// Make returns the stamp of a time in milliseconds of Unix time and a counter. A time
// before 1970 becomes 0 and one after [MaxMillis] becomes MaxMillis: a clock costs no
// note, so there is no error.
func Make(ms int64, counter uint16) Stamp {
	ms = min(max(ms, 0), MaxMillis)
	return Stamp(uint64(ms)<<counterBits | uint64(counter))
}

// Millis returns the time of the stamp in milliseconds of Unix time.
func (s Stamp) Millis() int64 { return int64(s >> counterBits) }

// Counter returns what tells stamps of one millisecond apart.
func (s Stamp) Counter() uint16 { return uint16(s) }

// Time returns the time of the stamp in UTC, without the counter.
func (s Stamp) Time() time.Time { return time.UnixMilli(s.Millis()).UTC() }

// Next returns the least stamp greater than s. A full counter runs over into the next
// millisecond; the very last stamp stays what it is.
func (s Stamp) Next() Stamp {
	if s == math.MaxUint64 {
		return s
	}
	return s + 1
}

// String shows the stamp for logs, as time and counter.
func (s Stamp) String() string {
	return fmt.Sprintf("%s+%d", s.Time().Format("2006-01-02T15:04:05.000Z"), s.Counter())
}
