package sqlite

import (
	"bytes"
	"errors"
	"testing"

	"sodanvan/syncserver/store"
)

// FuzzLog: a damaged log of changes is told; what is read is written as it was, but for
// numbers that were longer than they need be.
func FuzzLog(f *testing.F) {
	good := encodeLog([]store.LogEntry{{Number: 1, Hash: []byte("hash"), Ack: []byte{8, 1}}, {Number: 1 << 60}})
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		entries, err := decodeLog(b)
		if err != nil {
			if !errors.Is(err, errLog) || entries != nil {
				t.Fatalf("%d entries, %v", len(entries), err)
			}
			return
		}
		once := encodeLog(entries)
		again, err := decodeLog(once)
		if err != nil || !bytes.Equal(encodeLog(again), once) || len(again) != len(entries) {
			t.Fatalf("%d entries of %d, %v", len(again), len(entries), err)
		}
	})
}
