package hlc_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sodanvan/shared/hlc"
)

// noon is an arbitrary moment of the invented server.
var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC).UnixMilli()

const minute = 60 * 1000

func TestStampParts(t *testing.T) {
	cases := []struct {
		name        string
		ms          int64
		counter     uint16
		wantMS      int64
		wantCounter uint16
	}{
		{"none yet", 0, 0, 0, 0},
		{"today", noon, 7, noon, 7},
		{"before 1970", -5, 3, 0, 3},
		{"last millisecond", hlc.MaxMillis, math.MaxUint16, hlc.MaxMillis, math.MaxUint16},
		{"beyond 48 bits", math.MaxInt64, 1, hlc.MaxMillis, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := hlc.Make(c.ms, c.counter)
			if s.Millis() != c.wantMS || s.Counter() != c.wantCounter {
				t.Errorf("Make(%d, %d) holds %d and %d, want %d and %d", c.ms, c.counter, s.Millis(), s.Counter(), c.wantMS, c.wantCounter)
			}
			if got := s.Time().UnixMilli(); got != c.wantMS {
				t.Errorf("Time is at %d ms, want %d", got, c.wantMS)
			}
		})
	}
}

func TestNext(t *testing.T) {
	cases := []struct {
		name string
		in   hlc.Stamp
		want hlc.Stamp
	}{
		{"first", 0, 1},
		{"counter", hlc.Make(noon, 4), hlc.Make(noon, 5)},
		{"counter runs over", hlc.Make(noon, math.MaxUint16), hlc.Make(noon+1, 0)},
		{"the very last", math.MaxUint64, math.MaxUint64},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := c.in.Next(); got != c.want {
				t.Errorf("Next of %v = %v, want %v", c.in, got, c.want)
			}
		})
	}
}

func TestString(t *testing.T) {
	if got, want := hlc.Make(noon, 2).String(), "2026-11-21T12:00:00.000Z+2"; got != want {
		t.Errorf("String = %q, want %q", got, want)
	}
}

func TestGive(t *testing.T) {
	now := hlc.Make(noon, 9)
	in1970 := int64(0)
	in2099 := time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	cases := []struct {
		name string
		w    hlc.Write
		want hlc.Stamp
	}{
		{"a right clock, written an hour ago",
			hlc.Write{PhoneMS: noon - 60*minute, Now: now}, hlc.Make(noon-60*minute, 0)},
		{"a skew of five minutes is not shifted",
			hlc.Write{PhoneMS: noon - 60*minute, SkewMS: 5 * minute, Now: now}, hlc.Make(noon-60*minute, 0)},
		{"nor one of five minutes ahead",
			hlc.Write{PhoneMS: noon - 60*minute, SkewMS: -5 * minute, Now: now}, hlc.Make(noon-60*minute, 0)},
		{"one millisecond more is shifted",
			hlc.Write{PhoneMS: noon - 60*minute, SkewMS: 5*minute + 1, Now: now}, hlc.Make(noon-55*minute+1, 0)},
		{"and so is one ahead",
			hlc.Write{PhoneMS: noon - 60*minute, SkewMS: -5*minute - 1, Now: now}, hlc.Make(noon-65*minute-1, 0)},
		{"1970, a day after the phone's start, with the skew measured",
			hlc.Write{PhoneMS: in1970 + 1000, SkewMS: noon - 3000, Now: now}, hlc.Make(noon-2000, 0)},
		{"1970, clock set right before the call, so no skew: not before what the phone knew",
			hlc.Write{PhoneMS: in1970 + 1000, ServerMS: noon - 20*minute, Now: now}, hlc.Make(noon-20*minute, 0)},
		{"1970 and nothing known: kept all the same",
			hlc.Write{PhoneMS: in1970, Now: now}, 1},
		{"2099 with the skew measured",
			hlc.Write{PhoneMS: in2099, SkewMS: noon + 1000 - in2099 - 5000, Now: now}, hlc.Make(noon-4000, 0)},
		{"2099 without: not beyond now",
			hlc.Write{PhoneMS: in2099, Now: now}, now},
		{"after what the writer had seen",
			hlc.Write{PhoneMS: noon - 60*minute, Seen: hlc.Make(noon-minute, 3), Now: now}, hlc.Make(noon-minute, 4)},
		{"a forged seen counts up to now",
			hlc.Write{PhoneMS: noon - 60*minute, Seen: hlc.Make(in2099, 0), Now: now}, now.Next()},
		{"after the device's last",
			hlc.Write{PhoneMS: noon - 60*minute, DeviceLast: hlc.Make(noon-minute, 0), Now: now}, hlc.Make(noon-minute, 1)},
		{"even where that is beyond now",
			hlc.Write{PhoneMS: noon, DeviceLast: hlc.Make(noon+minute, 0), Now: now}, hlc.Make(noon+minute, 1)},
		{"a server time beyond now, after the server's clock went back: now holds",
			hlc.Write{PhoneMS: noon, ServerMS: noon + 60*minute, Now: now}, now},
		{"numbers at their ends do not run over",
			hlc.Write{PhoneMS: math.MaxInt64, SkewMS: math.MaxInt64, Now: now}, now},
		{"nor below",
			hlc.Write{PhoneMS: math.MinInt64, SkewMS: math.MinInt64, Now: now}, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := hlc.Give(c.w); got != c.want {
				t.Errorf("Give = %v, want %v", got, c.want)
			}
		})
	}
}

// anyMS draws times around the invented noon and at the ends, in milliseconds.
func anyMS() *rapid.Generator[int64] {
	return rapid.OneOf(
		rapid.Int64Range(noon-1000, noon+1000),
		rapid.Int64Range(0, 2*noon),
		rapid.Int64(),
	)
}

func anyStamp() *rapid.Generator[hlc.Stamp] {
	return rapid.Custom(func(t *rapid.T) hlc.Stamp {
		return hlc.Make(anyMS().Draw(t, "ms"), rapid.Uint16().Draw(t, "counter"))
	})
}

func anyWrite() *rapid.Generator[hlc.Write] {
	return rapid.Custom(func(t *rapid.T) hlc.Write {
		return hlc.Write{
			PhoneMS:    anyMS().Draw(t, "phone"),
			ServerMS:   anyMS().Draw(t, "server"),
			SkewMS:     rapid.OneOf(rapid.Int64Range(-10*minute, 10*minute), rapid.Int64()).Draw(t, "skew"),
			Seen:       anyStamp().Draw(t, "seen"),
			DeviceLast: anyStamp().Draw(t, "last"),
			Now:        anyStamp().Draw(t, "now"),
		}
	})
}

func TestGiveBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWrite().Draw(t, "write")
		got := hlc.Give(w)
		if got > max(w.Now.Next(), w.DeviceLast.Next()) {
			t.Fatalf("%v is beyond now %v and the device's last %v", got, w.Now, w.DeviceLast)
		}
		if w.Seen < w.Now && w.DeviceLast < w.Now && got > w.Now {
			t.Fatalf("%v is beyond now %v though nothing asks for it", got, w.Now)
		}
		if seen := min(w.Seen, w.Now); got <= seen && seen != math.MaxUint64 {
			t.Fatalf("%v is not after what was seen, %v", got, seen)
		}
		if got <= w.DeviceLast && w.DeviceLast != math.MaxUint64 {
			t.Fatalf("%v is not after the device's last, %v", got, w.DeviceLast)
		}
		if known := hlc.Make(w.ServerMS, 0); got < min(known, w.Now) {
			t.Fatalf("%v is before the server's time that the phone knew, %v", got, known)
		}
		if got == 0 {
			t.Fatal("a given stamp is never the zero that means none")
		}
	})
}

func TestGiveSmallSkewIsNoShift(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWrite().Draw(t, "write")
		w.SkewMS = rapid.Int64Range(-hlc.MaxSkewMS, hlc.MaxSkewMS).Draw(t, "small skew")
		with := hlc.Give(w)
		w.SkewMS = 0
		if without := hlc.Give(w); with != without {
			t.Fatalf("a skew within five minutes moved the stamp from %v to %v", without, with)
		}
	})
}

// A device's stamps rise in the order of its writes, whatever its clock does.
func TestGiveRisesPerDevice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		server := hlc.NewClock(hlc.Make(noon, 0))
		var last hlc.Stamp
		for range rapid.IntRange(1, 20).Draw(t, "writes") {
			w := anyWrite().Draw(t, "write")
			w.DeviceLast = last
			w.Now = server.Now(rapid.Int64Range(noon-minute, noon+minute).Draw(t, "wall"))
			w.Seen = rapid.SampledFrom([]hlc.Stamp{0, last, w.Now, w.Seen}).Draw(t, "seen again")
			got := hlc.Give(w)
			if got <= last {
				t.Fatalf("%v does not follow %v", got, last)
			}
			last = got
			server.Observe(got)
		}
		if next := server.Now(0); next <= last {
			t.Fatalf("the server's clock gave %v after %v was stored", next, last)
		}
	})
}

func TestClock(t *testing.T) {
	c := hlc.NewClock(hlc.Make(noon, 5))
	steps := []struct {
		name string
		do   func() hlc.Stamp
		want hlc.Stamp
	}{
		{"a wall clock set back before the restart", func() hlc.Stamp { return c.Now(noon - minute) }, hlc.Make(noon, 6)},
		{"peek", func() hlc.Stamp { return c.Peek(noon) }, hlc.Make(noon, 7)},
		{"peek takes nothing", func() hlc.Stamp { return c.Now(noon) }, hlc.Make(noon, 7)},
		{"the wall clock goes on", func() hlc.Stamp { return c.Now(noon + 1) }, hlc.Make(noon+1, 0)},
		{"peek at the wall clock", func() hlc.Stamp { return c.Peek(noon + 9) }, hlc.Make(noon+9, 0)},
		{"an older stamp changes nothing", func() hlc.Stamp { c.Observe(5); return c.Now(noon) }, hlc.Make(noon+1, 1)},
		{"a later one does", func() hlc.Stamp { c.Observe(hlc.Make(noon+50, 3)); return c.Now(noon) }, hlc.Make(noon+50, 4)},
	}
	for _, s := range steps {
		if got := s.do(); got != s.want {
			t.Fatalf("%s: %v, want %v", s.name, got, s.want)
		}
	}
}

func TestClockRises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		last := anyStamp().Filter(func(s hlc.Stamp) bool { return s.Millis() < hlc.MaxMillis }).Draw(t, "stored")
		c := hlc.NewClock(last)
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "observe") {
				seen := hlc.Make(rapid.Int64Range(0, 2*noon).Draw(t, "seen"), rapid.Uint16().Draw(t, "counter"))
				c.Observe(seen)
				last = max(last, seen)
				continue
			}
			wall := rapid.OneOf(rapid.Int64Range(noon-minute, noon+minute), rapid.Int64Range(-noon, 2*noon)).Draw(t, "wall")
			peeked := c.Peek(wall)
			got := c.Now(wall)
			if got != peeked {
				t.Fatalf("peeked %v, got %v", peeked, got)
			}
			if got <= last {
				t.Fatalf("%v does not follow %v", got, last)
			}
			if got < hlc.Make(wall, 0) {
				t.Fatalf("%v is behind the wall clock %d", got, wall)
			}
			last = got
		}
	})
}

func TestClockFromManyGoroutines(t *testing.T) {
	const workers, each = 8, 20_000
	var c hlc.Clock
	out := make(chan hlc.Stamp, workers*each)
	for range workers {
		go func() {
			for range each {
				out <- c.Now(noon)
			}
		}()
	}
	seen := map[hlc.Stamp]bool{}
	for range workers * each {
		s := <-out
		if seen[s] {
			t.Fatalf("%v was given twice", s)
		}
		seen[s] = true
	}
}
