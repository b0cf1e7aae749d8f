package weather

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"
)

// echo is a server that says back what it hears.
func echo(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return ln.Addr().String()
}

func opened(t *testing.T, to string, c Conditions) *Line {
	t.Helper()
	l, err := Open(to, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	l.Set(c)
	return l
}

func dialled(t *testing.T, l *Line) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", l.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestALineKeepsBytesAndOrder(t *testing.T) {
	l := opened(t, echo(t), Conditions{RoundTrip: 4 * time.Millisecond, Loss: 0.3, Rate: 1 << 20})
	c := dialled(t, l)
	sent := make([]byte, 60_000)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(sent)
	go func() { _, _ = c.Write(sent) }()
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, sent) {
		t.Fatalf("other bytes came back: %v", err)
	}
	if s := l.Seen(); s.Up != len(sent) || s.Down != len(sent) || s.Lost == 0 || s.Connections != 1 {
		t.Errorf("%+v", s)
	}
}

// TestALineReckonsTime looks at the times that a line gives to pieces, not at how long it took.
func TestALineReckonsTime(t *testing.T) {
	start := time.Now().Add(time.Hour) // nothing but the line decides
	for name, c := range map[string]struct {
		Conditions
		want []time.Duration // when pieces of 1,000 bytes arrive after the start
	}{
		"delay":           {Conditions{RoundTrip: 600 * time.Millisecond}, []time.Duration{300 * time.Millisecond, 300 * time.Millisecond}},
		"rate":            {Conditions{Rate: 8000}, []time.Duration{125 * time.Millisecond, 250 * time.Millisecond}},
		"both":            {Conditions{RoundTrip: 600 * time.Millisecond, Rate: 8000}, []time.Duration{425 * time.Millisecond, 550 * time.Millisecond}},
		"every one twice": {Conditions{RoundTrip: 600 * time.Millisecond, Rate: 8000, Loss: 1}, []time.Duration{1750 * time.Millisecond, 2000 * time.Millisecond}},
	} {
		t.Run(name, func(t *testing.T) {
			l := opened(t, echo(t), Conditions{})
			for i, want := range c.want {
				if got := l.leave(1000, down, start, c.Conditions).Sub(start); got != want {
					t.Errorf("piece %d arrives after %v, want %v", i, got, want)
				}
			}
			if got := l.leave(1000, up, start, c.Conditions).Sub(start); got != c.want[0] {
				t.Errorf("the other way takes %v, want %v", got, c.want[0])
			}
			if s := l.Seen(); s.Turns != 1 {
				t.Errorf("%d turns, want 1", s.Turns)
			}
		})
	}
}

func TestAReplyEndsAtItsByte(t *testing.T) {
	for name, n := range map[string]int{"first": 1, "in a piece": 700, "between pieces": 1400, "later": 30_001} {
		t.Run(name, func(t *testing.T) {
			l := opened(t, echo(t), Conditions{Reply: n})
			c := dialled(t, l)
			go func() { _, _ = c.Write(make([]byte, 40_000)) }()
			got, _ := io.ReadAll(c)
			if len(got) > n {
				t.Errorf("%d bytes came, want at most %d", len(got), n)
			}
		})
	}
}

func TestACutEndsAllConnections(t *testing.T) {
	l := opened(t, echo(t), Conditions{Cut: 30 * time.Millisecond})
	a, b := dialled(t, l), dialled(t, l)
	for _, c := range []net.Conn{a, b} {
		if n, err := io.Copy(io.Discard, c); n > 0 {
			t.Errorf("%d bytes came, %v", n, err)
		}
	}
	l.Set(Conditions{})
	if s := l.Seen(); s.Cuts == 0 || s.Connections != 2 {
		t.Errorf("%+v", s)
	}
	c := dialled(t, l)
	if _, err := c.Write([]byte("nữa")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 4)); err != nil {
		t.Errorf("after the storm: %v", err)
	}
}
