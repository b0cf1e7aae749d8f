package hlc

import "sync"

// Clock gives stamps that only ever grow, also where the wall clock jumps back. It may
// be used from several goroutines. The zero value is a clock that has seen nothing.
type Clock struct {
	mu   sync.Mutex
	last Stamp
}

// NewClock returns a clock that has seen last: on the server the greatest stamp that is
// stored, so that a restart with a wall clock set back gives nothing twice.
func NewClock(last Stamp) *Clock { return &Clock{last: last} }

// Now takes the next stamp: the wall clock, given in milliseconds of Unix time, or the
// stamp after the last one where the wall clock is not beyond it. It is greater than
// every stamp that this clock gave or observed.
func (c *Clock) Now(wallMS int64) Stamp {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = max(Make(wallMS, 0), c.last.Next())
	return c.last
}

// Peek returns what [Clock.Now] would give, and takes nothing.
func (c *Clock) Peek(wallMS int64) Stamp {
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(Make(wallMS, 0), c.last.Next())
}

// Observe tells the clock of a stamp that came from elsewhere or that [Give] returned.
// One that is not beyond what the clock has seen changes nothing.
func (c *Clock) Observe(s Stamp) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = max(c.last, s)
}
