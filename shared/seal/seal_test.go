package seal

import (
	"io"
	"math/rand/v2"
	"testing"
)

// seeded gives a reader that repeats for the same seed.
func seeded(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

type userMessager interface{ UserMessage() string }

// wantPanic runs f and fails unless it panics.
func wantPanic(t *testing.T, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	f()
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
