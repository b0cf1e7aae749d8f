package registry

import (
	"sync"
	"time"
)

// Bounds of admission: how many replies with rows are built at once, how many more may
// wait for that, and how many phones a second are told to come back.
const (
	admitAtOnce    = 8
	admitWaiting   = 32
	slotsPerSecond = 8
)

// admission holds back rows, never changes: a morning on which all phones come at once
// must not keep anyone's notes from the disk. Who is held back gets a slot of their own, and
// is let in when it comes.
type admission struct {
	once  sync.Once
	turns chan struct{}

	mu      sync.Mutex
	waiting int
	next    time.Time
	slots   map[uint32]time.Time
}

// enter lets a device in, when its turn has come, or gives the number of seconds after
// which it has a slot. leave ends what enter began; nil for who was not let in.
func (a *admission) enter(device uint32, now time.Time) (leave func(), after uint32) {
	a.once.Do(func() {
		a.turns = make(chan struct{}, admitAtOnce)
		a.slots = map[uint32]time.Time{}
	})
	a.mu.Lock()
	slot, reserved := a.slots[device]
	due := reserved && !now.Before(slot)
	if due {
		delete(a.slots, device)
	}
	if !due && a.waiting >= admitWaiting {
		if !reserved {
			if a.next.Before(now) {
				a.next = now
			}
			a.next = a.next.Add(time.Second / slotsPerSecond)
			slot = a.next
			a.slots[device] = slot
		}
		a.mu.Unlock()
		return nil, uint32(slot.Sub(now)/time.Second) + 1
	}
	a.waiting++
	a.mu.Unlock()
	a.turns <- struct{}{}
	a.mu.Lock()
	a.waiting--
	a.mu.Unlock()
	return func() { <-a.turns }, 0
}
