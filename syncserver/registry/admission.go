package registry

import (
	"sync"
	"time"
)

// Bounds of admission: how many replies with rows are built at once, how many more may wait
// for that, and between what bounds phones that are told to come back follow each other.
const (
	admitAtOnce  = 8
	admitWaiting = 32
	slowestSlot  = time.Second / 8
	fastestSlot  = time.Second / 250
	// firstPace is what two cores do; the first crowd is sent away before a pace is known.
	firstPace = time.Second / 40
	// paceOver is over how many syncs the pace is taken.
	paceOver = 16
)

// admission holds back rows, never changes: a morning on which all phones come at once
// must not keep anyone's notes from the disk. Who is held back gets a slot of their own, and
// is let in when it comes. Slots follow each other at the pace at which syncs were finished
// lately: a fixed pace leaves a fast server idle while phones wait, and drowns a slow one.
type admission struct {
	once  sync.Once
	turns chan struct{}

	mu      sync.Mutex
	waiting int
	next    time.Time
	slots   map[uint32]time.Time
	// pace is how much time lies between two finished syncs while others wait; finished is when
	// the last one was, zero where nobody has waited since.
	pace     time.Duration
	finished time.Time
}

// enter lets a device in, when its turn has come, or gives the number of seconds after
// which it has a slot. leave ends what enter began; nil for who was not let in. Whoever has
// more to fetch keeps the turn: a sync of three pages waits once, not three times.
func (a *admission) enter(device uint32, clock func() time.Time) (leave func(more bool), after uint32) {
	now := clock()
	a.once.Do(func() {
		a.turns = make(chan struct{}, admitAtOnce)
		a.slots = map[uint32]time.Time{}
		a.pace = firstPace
	})
	a.mu.Lock()
	slot, reserved := a.slots[device]
	due := reserved && !now.Before(slot)
	room := admitWaiting
	if due {
		room *= 4
	}
	if a.waiting >= room {
		switch {
		case due:
			// The pace was thought too high: it comes back before those who came after it.
			slot = now.Add(time.Duration(a.waiting) * a.pace)
		case !reserved:
			if a.next.Before(now) {
				a.next = now
			}
			// A little slower than that: there are those, too, who come for the first time.
			a.next = a.next.Add(a.pace + a.pace/8)
			slot = a.next
		}
		a.slots[device] = slot
		a.mu.Unlock()
		return nil, uint32(slot.Sub(now)/time.Second) + 1
	}
	delete(a.slots, device)
	a.waiting++
	a.mu.Unlock()
	a.turns <- struct{}{}
	a.mu.Lock()
	a.waiting--
	a.mu.Unlock()
	return func(more bool) {
		<-a.turns
		a.left(device, more, clock())
	}, 0
}

// left takes note of a turn that ended.
func (a *admission) left(device uint32, more bool, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case more:
		a.slots[device] = now
	case a.waiting == 0:
		a.finished = time.Time{}
	default:
		if !a.finished.IsZero() {
			a.pace += (now.Sub(a.finished) - a.pace) / paceOver
			a.pace = min(max(a.pace, fastestSlot), slowestSlot)
		}
		a.finished = now
	}
}
