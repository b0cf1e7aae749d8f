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
	for part := range b.parts {
		b.done <- b.write(part)
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
	b.rows = append(b.rows, phased{r, phase})
	if len(b.rows) < behindRows {
		return nil
	}
	return b.hand()
}

func (b *behind) hand() error {
	if b.out > behindParts {
		if err := b.wait(); err != nil {
			return err
		}
	}
	b.parts <- b.rows
	b.rows, b.out = nil, b.out+1
	return nil
}

func (b *behind) wait() error {
	b.out--
	return <-b.done
}

// drain returns when every row is written, with the first error. Rows after one that failed
// may be written: the transaction is undone anyway.
func (b *behind) drain() (err error) {
	if len(b.rows) > 0 && b.out == 0 {
		// Few rows: nothing to go on with meanwhile.
		part := b.rows
		b.rows = nil
		return b.write(part)
	}
	if len(b.rows) > 0 {
		err = b.hand()
	}
	for b.out > 0 {
		if e := b.wait(); err == nil {
			err = e
		}
	}
	b.rows = nil
	return err
}

func (b *behind) close() { close(b.parts) }
