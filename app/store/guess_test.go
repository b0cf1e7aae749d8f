package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sodanvan/shared/seal"
)

// guessing is a closed book whose clock a test sets.
type guessing struct {
	t   *testing.T
	o   Options
	now time.Time
}

func newGuessing(t *testing.T) *guessing {
	t.Helper()
	g := &guessing{t: t, now: time.UnixMilli(1_800_000_000_000)}
	s, o := made(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	g.o = o
	g.o.Now = func() time.Time { return g.now }
	return g
}

// try opens the book; the wait that stood in the way, and whether it opened.
func (g *guessing) try(pin string) (wait time.Duration, opened bool) {
	g.t.Helper()
	s, err := Open(g.t.Context(), g.o, pin, seal.NoDeviceSecret{})
	var w *WaitError
	switch {
	case err == nil:
		if err := s.Close(); err != nil {
			g.t.Fatal(err)
		}
		return 0, true
	case errors.As(err, &w):
		return w.For, false
	case !errors.Is(err, seal.ErrWrongPIN):
		g.t.Fatal(err)
	}
	return 0, false
}

func (g *guessing) wrong(times int) {
	g.t.Helper()
	for range times {
		if wait, opened := g.try("999111"); wait != 0 || opened {
			g.t.Fatalf("a guess that was due: wait %v, opened %v", wait, opened)
		}
	}
}

func TestWrongPINsWaitLonger(t *testing.T) {
	g := newGuessing(t)
	g.wrong(freeGuesses)
	for i, want := range []time.Duration{
		30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, time.Hour, time.Hour, time.Hour,
	} {
		// Every look is that of an app that was started anew, and the right PIN waits too.
		if wait, opened := g.try(pin); wait != want || opened {
			t.Fatalf("wait %d is %v, want %v (opened: %v)", i, wait, want, opened)
		}
		g.now = g.now.Add(want - time.Millisecond)
		if wait, _ := g.try("999111"); wait != time.Millisecond {
			t.Fatalf("wait %d: %v left, want 1 ms", i, wait)
		}
		g.now = g.now.Add(time.Millisecond)
		g.wrong(1)
	}
	g.now = g.now.Add(time.Hour)
	if _, opened := g.try(pin); !opened {
		t.Fatal("the right PIN does not open after the wait")
	}
	g.wrong(freeGuesses) // the count began anew
}

func TestWaitsAndAClockThatJumps(t *testing.T) {
	for name, c := range map[string]struct {
		jumps []time.Duration // of the clock, with a look after each
		want  time.Duration   // left after the last
	}{
		"set back":                   {[]time.Duration{-1000 * time.Hour}, 30 * time.Second},
		"set back after a while":     {[]time.Duration{10 * time.Second, -1000 * time.Hour}, 20 * time.Second},
		"back and forth":             {[]time.Duration{-time.Hour, 10 * time.Second, -time.Hour, 5 * time.Second}, 15 * time.Second},
		"to 1970":                    {[]time.Duration{-time.Duration(1_800_000_000_000) * time.Millisecond}, 30 * time.Second},
		"standing still":             {[]time.Duration{0, 0}, 30 * time.Second},
		"set back, then long enough": {[]time.Duration{-time.Hour, 30 * time.Second}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGuessing(t)
			g.wrong(freeGuesses)
			var wait time.Duration
			for _, j := range c.jumps {
				g.now = g.now.Add(j)
				wait, _ = g.try("999111")
			}
			if wait != c.want {
				t.Errorf("%v left, want %v", wait, c.want)
			}
		})
	}
}

func TestAGuessIsCountedBeforeItIsTried(t *testing.T) {
	g := newGuessing(t)
	s := opened(t, g.o)
	if err := s.SetPIN(t.Context(), pin, asked{func() {}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// A device without its secret makes no guess, however often.
	for range freeGuesses + 2 {
		if _, err := Open(t.Context(), g.o, pin, seal.NoDeviceSecret{}); !errors.Is(err, seal.ErrDeviceSecret) {
			t.Fatal(err)
		}
	}
	counted := -1
	device := asked{func() { counted = readTally(g.o.Dir, g.o.Now).Wrong }}
	for i := range freeGuesses {
		if _, err := Open(t.Context(), g.o, "999111", device); !errors.Is(err, seal.ErrWrongPIN) || counted != i+1 {
			t.Fatalf("during guess %d, %d are counted: %v", i+1, counted, err)
		}
	}
}

// asked is a device that tells when its secret is asked for.
type asked struct{ tell func() }

func (a asked) Secret(context.Context) ([]byte, error) {
	a.tell()
	return []byte("sixteen bytes of an invented one"), nil
}

func TestADamagedTallyCostsHalfAMinute(t *testing.T) {
	for name, content := range map[string]string{"empty": "", "text": "x", "negative": `{"wrong":-3}`, "huge": `{"wrong":9223372036854775807,"left_ms":9223372036854775807}`} {
		t.Run(name, func(t *testing.T) {
			g := newGuessing(t)
			if err := os.WriteFile(filepath.Join(g.o.Dir, guessName), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if wait, _ := g.try(pin); wait != firstWait {
				t.Errorf("wait %v", wait)
			}
			g.now = g.now.Add(firstWait)
			if _, opened := g.try(pin); !opened {
				t.Error("the right PIN does not open after the wait")
			}
		})
	}
	t.Run("left longer than any wait", func(t *testing.T) {
		g := newGuessing(t)
		if err := os.WriteFile(filepath.Join(g.o.Dir, guessName), []byte(`{"wrong":4,"left_ms":99999999999,"at_ms":0}`), 0o600); err != nil {
			t.Fatal(err)
		}
		g.now = time.UnixMilli(0)
		if wait, _ := g.try(pin); wait != firstWait {
			t.Errorf("wait %v", wait)
		}
	})
}

func TestCheckPINOfAnOpenBook(t *testing.T) {
	s, _ := made(t)
	none := seal.NoDeviceSecret{}
	if err := s.CheckPIN(t.Context(), pin, none); err != nil {
		t.Fatal(err)
	}
	if err := s.SetPIN(t.Context(), "314159", none); err != nil {
		t.Fatal(err)
	}
	for range freeGuesses {
		if err := s.CheckPIN(t.Context(), pin, none); !errors.Is(err, seal.ErrWrongPIN) {
			t.Fatalf("the old PIN: %v", err)
		}
	}
	var w *WaitError
	if err := s.CheckPIN(t.Context(), "314159", none); !errors.As(err, &w) {
		t.Fatalf("no wait: %v", err)
	}
	// The waits of an open book and of opening it are one.
	o := s.o
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.CheckPIN(t.Context(), "314159", none); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	if _, err := Open(t.Context(), o, "314159", none); !errors.As(err, &w) {
		t.Errorf("opening after wrong guesses: %v", err)
	}
}

func TestWaitSentence(t *testing.T) {
	for wait, want := range map[time.Duration]string{
		time.Millisecond:        "Nhập sai nhiều lần. Đợi 1 giây rồi thử lại.",
		30 * time.Second:        "Nhập sai nhiều lần. Đợi 30 giây rồi thử lại.",
		90 * time.Second:        "Nhập sai nhiều lần. Đợi 90 giây rồi thử lại.",
		91 * time.Second:        "Nhập sai nhiều lần. Đợi 2 phút rồi thử lại.",
		time.Hour - time.Second: "Nhập sai nhiều lần. Đợi 60 phút rồi thử lại.",
	} {
		if got := (&WaitError{For: wait}).UserMessage(); got != want {
			t.Errorf("%v: %q", wait, got)
		}
	}
}
