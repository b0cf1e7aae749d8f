package store

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"sodanvan/shared/seal"
)

// guessName is the file that counts wrong guesses at the PIN. It stands in the clear beside
// the book: whoever can change it can copy the book too, and the cost of a guess is then all
// that is left. It slows down the hand that types.
const guessName = "book.guess"

// Waits between guesses: none for the first wrong ones, then longer each time.
const (
	freeGuesses = 4
	firstWait   = 30 * time.Second
	longestWait = time.Hour
)

// waitAfter is how long to wait after so many wrong guesses.
func waitAfter(wrong int) time.Duration {
	if wrong < freeGuesses {
		return 0
	}
	doubled := min(wrong-freeGuesses, 10) // more would only overflow
	return min(firstWait<<doubled, longestWait)
}

// tally is what is known of wrong guesses. Of the clock only the time since the last look
// counts, and only forwards: a clock that was set back takes nothing off the wait and adds
// nothing to it.
type tally struct {
	Wrong int `json:"wrong"`
	// LeftMS was left to wait when the clock said AtMS.
	LeftMS int64 `json:"left_ms"`
	AtMS   int64 `json:"at_ms"`
}

// at is the tally as it stands at a time.
func (t tally) at(now time.Time) tally {
	left := min(t.LeftMS, waitAfter(t.Wrong).Milliseconds())
	if passed := now.UnixMilli() - t.AtMS; passed > 0 {
		left -= min(left, passed)
	}
	t.LeftMS, t.AtMS = max(left, 0), now.UnixMilli()
	return t
}

func readTally(dir string, now func() time.Time) tally {
	b, err := os.ReadFile(filepath.Join(dir, guessName))
	if errors.Is(err, fs.ErrNotExist) {
		return tally{}
	}
	var t tally
	if err == nil {
		err = json.Unmarshal(b, &t)
	}
	if err != nil || t.Wrong < 0 || t.Wrong > math.MaxInt32 {
		// Unreadable: as after the free guesses, which costs an honest hand half a minute.
		return tally{Wrong: freeGuesses, LeftMS: firstWait.Milliseconds(), AtMS: now().UnixMilli()}
	}
	return t.at(now())
}

// keep writes a tally. Where it cannot be written, as on a full disk, the guess goes on: who
// knows the PIN must get at the book to make room.
func (t tally) keep(dir string) {
	if b, err := json.Marshal(t); err == nil {
		_ = putFile(dir, guessName, b)
	}
}

// forget takes the tally away: the PIN was right, or the book is another.
func forget(dir string) { _ = os.Remove(filepath.Join(dir, guessName)) }

// guess tries a PIN. The guess is counted before it is tried, so that ending the app in the
// middle does not make it free. Errors: [*WaitError] without a try, those of Unwrap.
func (s *Store) guess(ctx context.Context, w seal.Wrapped, pin string, device seal.DeviceSecret) (seal.BookKey, error) {
	s.guessing.Lock()
	defer s.guessing.Unlock()
	t := readTally(s.o.Dir, s.o.Now)
	if t.LeftMS > 0 {
		t.keep(s.o.Dir)
		return seal.BookKey{}, &WaitError{For: time.Duration(t.LeftMS) * time.Millisecond}
	}
	next := tally{Wrong: t.Wrong + 1}
	if wait := waitAfter(next.Wrong); wait > 0 {
		next.LeftMS, next.AtMS = wait.Milliseconds(), s.o.Now().UnixMilli()
	}
	next.keep(s.o.Dir)
	key, err := w.Unwrap(ctx, pin, device)
	switch {
	case err == nil:
		forget(s.o.Dir)
	case !errors.Is(err, seal.ErrWrongPIN):
		t.keep(s.o.Dir) // no guess was made
	}
	return key, err
}

// CheckPIN tells whether a PIN opens this book, which stays open. Errors: seal.ErrWrongPIN,
// [*WaitError], [ErrClosed], those of the device's secret. It takes the time of a guess.
func (s *Store) CheckPIN(ctx context.Context, pin string, device seal.DeviceSecret) error {
	w := s.wrapped.Load()
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	if w == nil || closed {
		return ErrClosed
	}
	_, err := s.guess(ctx, *w, pin, device)
	return err
}

// putFile writes a small file whole or not at all, and on the disk.
func putFile(dir, name string, b []byte) (err error) {
	f, err := os.CreateTemp(dir, "."+name+"-*")
	if err != nil {
		return diskError(err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return diskError(err)
	}
	return diskError(os.Rename(f.Name(), filepath.Join(dir, name)))
}
