package book

import (
	"errors"
	"strings"
	"testing"
)

// FuzzParseID: what is an id comes back as it was written, in small letters; nothing else is one.
func FuzzParseID(f *testing.F) {
	f.Add("01a201dc-7c66-7fb5-aa55-3dea192b88a9")
	f.Add("01a201dc7c667fb5aa553dea192b88a9")
	f.Add("01A201DC-7C66-7FB5-AA55-3DEA192B88A9")
	f.Add("00000000-0000-0000-0000-000000000000")
	f.Add("01a201dc-7c66-7fb5-aa55_3dea192b88a9")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseID(s)
		if err != nil {
			if !errors.Is(err, ErrBadID) || !id.IsZero() {
				t.Fatalf("%v, %v", id, err)
			}
			return
		}
		if got := id.String(); strings.ReplaceAll(got, "-", "") != strings.ToLower(strings.ReplaceAll(s, "-", "")) {
			t.Fatalf("%q became %q", s, got)
		}
		if again, err := ParseID(id.String()); err != nil || again != id {
			t.Fatalf("%q → %v, %v", s, again, err)
		}
	})
}
