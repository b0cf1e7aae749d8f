package book

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func TestNewID(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ms := rapid.Int64Range(0, 1<<48-1).Draw(rt, "ms")
		random := rapid.SliceOfN(rapid.Byte(), 10, 10).Draw(rt, "random")
		id := NewID(ms, bytes.NewReader(random))
		u := uuid.UUID(id)
		if u.Version() != 7 || u.Variant() != uuid.RFC4122 {
			rt.Fatalf("%s is version %d", id, u.Version())
		}
		if id.String() != u.String() {
			rt.Fatalf("%s, want %s", id, u)
		}
		got := int64(0)
		for _, b := range id[:6] {
			got = got<<8 | int64(b)
		}
		if got != ms {
			rt.Fatalf("time %d, want %d", got, ms)
		}
		for _, s := range []string{id.String(), strings.ToUpper(id.String()), strings.ReplaceAll(id.String(), "-", "")} {
			if again, err := ParseID(s); err != nil || again != id {
				rt.Fatalf("%s: %v %v", s, again, err)
			}
		}
		if again, ok := IDFrom(id.Bytes()); !ok || again != id {
			rt.Fatalf("%v", again)
		}
	})
	defer func() {
		if recover() == nil {
			t.Error("an id without random bytes")
		}
	}()
	NewID(1, io.LimitReader(bytes.NewReader(nil), 0))
}

func TestNoID(t *testing.T) {
	for _, s := range []string{"", "0", strings.Repeat("0", 32), "00000000-0000-0000-0000-000000000000", strings.Repeat("g", 32), "01234567x89ab-7def-8123-456789abcdef", "{0123456789ab7def8123456789abcdef}"} {
		if id, err := ParseID(s); !errors.Is(err, ErrBadID) {
			t.Errorf("%q: %v %v", s, id, err)
		}
	}
	for _, b := range [][]byte{nil, {1}, make([]byte, 15), make([]byte, 16), make([]byte, 17)} {
		if id, ok := IDFrom(b); ok {
			t.Errorf("%v: %v", b, id)
		}
	}
	if (ID{}).Bytes() != nil || !(ID{}).IsZero() {
		t.Error("the zero id has bytes")
	}
}
