package store

import (
	"slices"
	"testing"
)

// FuzzDecode: what comes out of a sealed row is ours, but a damaged or forged file must not
// take the app down.
func FuzzDecode(f *testing.F) {
	row, err := encodeRow(&Record{})
	if err != nil {
		f.Fatal(err)
	}
	op, err := encodeOp(&Op{State: Refused}, 1)
	if err != nil {
		f.Fatal(err)
	}
	draft, err := encodeDraft(&Draft{Patch: visitWrite(f, 1, 1, true, "x").Patch})
	if err != nil {
		f.Fatal(err)
	}
	mark := encodeFates([]fate{{key: 3, number: 9, device: 7, state: Stored, stamp: 1 << 60, seq: 40}, {key: 300, state: Done, was: Stored}})
	for _, b := range [][]byte{row, op, draft, mark, nil} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, _, err := decodeRow(b); err == nil {
			if _, err := encodeRow(r); err != nil {
				t.Error(err)
			}
		}
		if o, _, err := decodeOp(1, b); err == nil {
			lay(nil, []*Op{o})
		}
		if fs, err := decodeFates(b); err == nil {
			again, err := decodeFates(encodeFates(fs))
			if err != nil || !slices.Equal(again, fs) {
				t.Errorf("fates %v became %v: %v", fs, again, err)
			}
		}
		if d, err := decodeDraft(1, b); err == nil {
			empty(d.Patch)
		}
	})
}
