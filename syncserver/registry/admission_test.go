package registry

import (
	"testing"
	"time"
)

func TestAdmissionGivesSlots(t *testing.T) {
	var a admission
	now := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
	leave, after := a.enter(1, now)
	if leave == nil || after != 0 {
		t.Fatal("an idle server held a phone back")
	}
	leave()
	a.waiting = admitWaiting
	var last uint32
	for d := uint32(2); d < 40; d++ {
		leave, after := a.enter(d, now)
		if leave != nil || after == 0 {
			t.Fatalf("phone %d was let in past the bound", d)
		}
		if after < last {
			t.Errorf("phone %d came later and has an earlier slot", d)
		}
		last = after
	}
	if last < 38/slotsPerSecond {
		t.Errorf("38 phones in %d s: the slots are not spread", last)
	}
	_, first := a.enter(2, now)
	if _, again := a.enter(2, now.Add(100*time.Millisecond)); again > first {
		t.Error("asking early moved the slot back")
	}
	if leave, _ := a.enter(2, now.Add(2*time.Second)); leave == nil {
		t.Error("the slot was not kept")
	}
}
