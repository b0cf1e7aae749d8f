package sqlite

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	lib "modernc.org/sqlite"

	"sodanvan/syncserver/store"
)

// job is one call that waits for its place in a transaction.
type job struct {
	fn   func(store.Tx) error
	done chan error
}

// Write implements store.Store. Calls that arrive while a transaction runs share the next
// one: one fsync for many phones. Nobody hears of success before the commit is on disk.
func (s *Store) Write(ctx context.Context, fn func(store.Tx) error) error {
	j := &job{fn: fn, done: make(chan error, 1)}
	select {
	case s.jobs <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.stop:
		return errClosed
	}
	// Once queued it runs; waiting on is the only way to know how it ended.
	select {
	case err := <-j.done:
		return err
	case <-s.stopped:
		select {
		case err := <-j.done:
			return err
		default:
			return errClosed
		}
	}
}

func (s *Store) loop() {
	defer close(s.stopped)
	for {
		var batch []*job
		select {
		case j := <-s.jobs:
			batch = append(batch, j)
		case <-s.stop:
			return
		}
	fill:
		for len(batch) < s.batch {
			select {
			case j := <-s.jobs:
				batch = append(batch, j)
			default:
				break fill
			}
		}
		s.run(batch)
	}
}

// run commits a batch in one transaction. A call that fails by itself is rolled back to its
// savepoint and the others go on; after an error of the database each call runs alone, so
// that one call that does not fit never takes the others down with it.
func (s *Store) run(batch []*job) {
	results, err := s.transaction(batch)
	if err != nil && len(batch) > 1 {
		for _, j := range batch {
			s.run([]*job{j})
		}
		return
	}
	for i, j := range batch {
		if err != nil {
			j.done <- err
		} else {
			j.done <- results[i]
		}
	}
}

func (s *Store) transaction(batch []*job) (results []error, err error) {
	w := s.write
	begin := func() error { return w.exec(`BEGIN IMMEDIATE`) }
	if err := begin(); err != nil {
		// Should a transaction ever be left open, nobody could write until the next start.
		_ = w.exec(`ROLLBACK`)
		if err := begin(); err != nil {
			return nil, err
		}
	}
	committed := false
	defer func() {
		if committed {
			return
		}
		w.behind.forget() // it may be sealing with keys that go next
		s.keys.drop()
		// The database may have rolled back by itself; then this says so and is right.
		_ = w.exec(`ROLLBACK`)
	}()
	results = make([]error, len(batch))
	for i, j := range batch {
		if err := w.exec(`SAVEPOINT call`); err != nil {
			return nil, err
		}
		results[i] = guard(j.fn, w)
		if e := (*lib.Error)(nil); errors.As(results[i], &e) {
			return nil, results[i]
		}
		if results[i] != nil {
			w.behind.forget()
			if err := w.exec(`ROLLBACK TO call`); err != nil {
				return nil, err
			}
		}
		if err := w.exec(`RELEASE call`); err != nil {
			return nil, err
		}
	}
	if err := s.keys.flush(); err != nil {
		return nil, err
	}
	if err := w.exec(`COMMIT`); err != nil {
		return nil, err
	}
	committed = true
	if w.step != nil {
		if err := w.step("committed"); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// guard turns a panic in one call into that call's error.
func guard(fn func(store.Tx) error, tx store.Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("store: panic in a transaction: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(tx)
}
