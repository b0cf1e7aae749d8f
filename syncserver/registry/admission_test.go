package registry

import (
	"testing"
	"time"
)

func TestAdmissionGivesSlots(t *testing.T) {
	var a admission
	now := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
	at := func(now time.Time) func() time.Time { return func() time.Time { return now } }
	leave, after := a.enter(1, at(now))
	if leave == nil || after != 0 {
		t.Fatal("an idle server held a phone back")
	}
	leave(false)
	a.pace = slowestSlot
	a.waiting = admitWaiting
	var last uint32
	for d := uint32(2); d < 40; d++ {
		leave, after := a.enter(d, at(now))
		if leave != nil || after == 0 {
			t.Fatalf("phone %d was let in past the bound", d)
		}
		if after < last {
			t.Errorf("phone %d came later and has an earlier slot", d)
		}
		last = after
	}
	if last < uint32(38*slowestSlot/time.Second) {
		t.Errorf("38 phones in %d s: the slots are not spread", last)
	}
	_, first := a.enter(2, at(now))
	if _, again := a.enter(2, at(now.Add(100*time.Millisecond))); again > first {
		t.Error("asking early moved the slot back")
	}
	if leave, _ := a.enter(2, at(now.Add(2*time.Second))); leave == nil {
		t.Error("the slot was not kept")
	}
}

func TestAdmissionFollowsThePace(t *testing.T) {
	for name, c := range map[string]struct {
		between time.Duration
		waiting int
		want    time.Duration
	}{
		"a fast server":             {10 * time.Millisecond, 1, 10 * time.Millisecond},
		"one that has time":         {50 * time.Millisecond, 1, 50 * time.Millisecond},
		"a slow one":                {10 * time.Second, 1, slowestSlot},
		"syncs of nothing":          {0, 1, fastestSlot},
		"a clock that was set back": {-time.Hour, 1, fastestSlot},
		"nobody waits":              {10 * time.Millisecond, 0, firstPace},
	} {
		t.Run(name, func(t *testing.T) {
			var a admission
			now := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
			clock := func() time.Time { return now }
			for d := range uint32(20 * paceOver) {
				for _, more := range []bool{true, false} { // a sync of two pages is one sync
					leave, _ := a.enter(d, clock)
					if leave == nil {
						t.Fatal("held back without need")
					}
					a.waiting = c.waiting
					leave(more)
					a.waiting = 0
				}
				now = now.Add(c.between)
			}
			if diff := a.pace - c.want; diff < -time.Millisecond || diff > time.Millisecond {
				t.Errorf("pace %s, want %s", a.pace, c.want)
			}
		})
	}
}

func TestAdmissionKeepsTheTurnOfWhoHasMore(t *testing.T) {
	var a admission
	now := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	for _, more := range []bool{true, false} {
		leave, _ := a.enter(1, clock)
		leave(more)
		a.waiting = admitWaiting
		if leave, _ = a.enter(1, clock); (leave != nil) != more {
			t.Errorf("more %t: let in %t", more, leave != nil)
		}
		a.waiting = 0
	}
	// A queue that is too long holds back even those whose slot has come, and soon lets them in.
	a.waiting = 4 * admitWaiting
	now = now.Add(time.Hour)
	leave, after := a.enter(1, clock)
	if leave != nil || after == 0 {
		t.Fatal("let in past the second bound")
	}
	a.waiting = 0
	now = now.Add(time.Duration(after) * time.Second)
	if leave, _ = a.enter(1, clock); leave == nil {
		t.Error("the second slot was not kept")
	}
}
