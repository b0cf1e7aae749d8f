package sqlite

import (
	"fmt"
	"runtime/debug"

	"sodanvan/syncserver/store"
)

// A hand-over of rows costs a little, and the last part of a call waits for its writing.
// One statement for some rows takes a quarter less than one for each.
const (
	behindRows  = 64
	behindParts = 4
	rowsAtOnce  = 16
)

// behind writes rows while the call that made them goes on to its next change: sealing and
// storing a row takes as long as all that leads up to it, and a server has more than one
// processor. Whatever else the session is asked waits until they are written, so statements
// run in the order in which they were asked for, and a call hears of an error before it ends.
type behind struct {
	s     *session
	rows  []phased
	parts chan []phased
	// out counts parts that were handed over and not waited for.
	out  int
	done chan error
	// err is the first error of this transaction. SQLite may have rolled it back by itself: what
	// was written after that would be kept.
	err error
}

type phased struct {
	*store.Row
	phase uint32
}

func newBehind(s *session) *behind {
	b := &behind{s: s, parts: make(chan []phased, behindParts), done: make(chan error, behindParts+1)}
	go b.loop()
	return b
}

func (b *behind) loop() {
	var failed error
	for part := range b.parts {
		switch {
		case part == nil:
			failed = nil // a new transaction
		case failed == nil:
			failed = b.write(part)
		}
		b.done <- failed
	}
}

func (b *behind) write(part []phased) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("store: panic while writing rows: %v\n%s", p, debug.Stack())
		}
	}()
	for ; len(part) >= rowsAtOnce; part = part[rowsAtOnce:] {
		if err := b.s.putRows(part[:rowsAtOnce], manyRows); err != nil {
			return err
		}
	}
	for i := range part {
		if err := b.s.putRows(part[i:i+1], oneRow); err != nil {
			return err
		}
	}
	return nil
}

// add takes a row. The error is one of rows that were taken before.
func (b *behind) add(r *store.Row, phase uint32) error {
	if b.err != nil {
		return b.err
	}
	b.rows = append(b.rows, phased{r, phase})
	if len(b.rows) < behindRows {
		return nil
	}
	return b.hand()
}

// hand hands the rows over that were taken.
func (b *behind) hand() error {
	if b.out > behindParts {
		if b.wait(); b.err != nil {
			return b.err
		}
	}
	b.parts <- b.rows
	b.rows, b.out = nil, b.out+1
	return nil
}

func (b *behind) wait() {
	b.out--
	if err := <-b.done; b.err == nil {
		b.err = err
	}
}

// drain returns when every row is written or one failed; then nothing more is written in this
// transaction.
func (b *behind) drain() error {
	if len(b.rows) > 0 && b.out == 0 && b.err == nil {
		// Few rows, or the last: nothing to go on with meanwhile.
		b.err = b.write(b.rows)
		b.rows = nil
	}
	if len(b.rows) > 0 && b.err == nil {
		if err := b.hand(); err != nil {
			return err
		}
	}
	for b.out > 0 {
		b.wait()
	}
	b.rows = nil
	return b.err
}

// forget ends the transaction for it: what was not written is not, what failed is past.
func (b *behind) forget() {
	b.rows = nil
	for b.out > 0 {
		b.wait()
	}
	if b.err != nil {
		b.parts <- nil
		<-b.done
	}
	b.err = nil
}

// close ends it; nothing may be out.
func (b *behind) close() {
	b.forget()
	close(b.parts)
}
