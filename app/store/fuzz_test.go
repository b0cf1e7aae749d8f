package store

import "testing"

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
	for _, b := range [][]byte{row, op, draft, nil} {
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
		if d, err := decodeDraft(1, b); err == nil {
			empty(d.Patch)
		}
	})
}
