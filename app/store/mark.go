package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"sodanvan/shared/hlc"
)

// A mark is one write's news about many changes that lie in the file already: their numbers
// when they are sent, their fate when they are answered. Changes of a year offline go and are
// answered by the thousand; without it each would be sealed and written three times, though
// all that is new of it are a few numbers. It has no word of a household, so that it may
// outlive a household's key.
const (
	// worthMark is from how many changes on a write makes one; fewer are written anew.
	worthMark = 8
	// mostMarks lie in the file at a time; then one takes the place of all.
	mostMarks = 32
)

// fate is what a mark says of a change.
type fate struct {
	key, number uint64
	device      uint32
	state, was  OpState
	stamp       hlc.Stamp
	seq         uint64
}

func fateOf(o *Op) fate {
	return fate{o.Key, o.Number, o.Device, o.State, o.Was, o.Stamp, o.Seq}
}

// sameBut tells whether two states of a change differ in nothing but what a mark says.
func sameBut(a, b *Op) bool {
	return a.Key == b.Key && a.Record == b.Record && a.Kind == b.Kind && a.Holder == b.Holder && a.Unit == b.Unit &&
		a.Session == b.Session && a.MadeMS == b.MadeMS && a.Refusal == b.Refusal && a.Mended == b.Mended && a.Left == b.Left &&
		a.Gone == b.Gone && a.Away == b.Away && bytes.Equal(a.Bytes, b.Bytes)
}

// encodeFates packs fates by rising keys.
func encodeFates(fs []fate) []byte {
	b := make([]byte, 0, 20*len(fs))
	last := uint64(0)
	for _, f := range fs {
		b = binary.AppendUvarint(b, f.key-last)
		last = f.key
		b = append(b, byte(f.state), byte(f.was))
		for _, n := range []uint64{f.number, uint64(f.device), uint64(f.stamp), f.seq} {
			b = binary.AppendUvarint(b, n)
		}
	}
	return b
}

var errMark = errors.New("damaged mark")

func decodeFates(b []byte) ([]fate, error) {
	var out []fate
	last := uint64(0)
	number := func() (n uint64, err error) {
		n, size := binary.Uvarint(b)
		if size <= 0 {
			return 0, errMark
		}
		b = b[size:]
		return n, nil
	}
	for len(b) > 0 {
		step, err := number()
		if err != nil || len(b) < 2 {
			return nil, errMark
		}
		last += step
		f := fate{key: last, state: OpState(b[0]), was: OpState(b[1])}
		b = b[2:]
		var ns [4]uint64
		for i := range ns {
			if ns[i], err = number(); err != nil {
				return nil, err
			}
		}
		f.number, f.device, f.stamp, f.seq = ns[0], uint32(ns[1]), hlc.Stamp(ns[2]), ns[3]
		out = append(out, f)
	}
	return out, nil
}

// marks decides which changes of a write a mark can carry and gives it; nil: none.
// Where the file has enough marks, it carries all of theirs and comes in their place.
func (w *writer) marks() (carried map[uint64]bool, fs []fate, whole bool) {
	if len(w.putOps) < worthMark {
		return nil, nil, false
	}
	carried = make(map[uint64]bool, len(w.putOps))
	i := 0
	for _, o := range w.ops {
		for i < len(w.old.ops) && w.old.ops[i].Key < o.Key {
			i++
		}
		if i < len(w.old.ops) && w.putOps[o.Key] && sameBut(w.old.ops[i], o) && !w.dropScopes[o.scope()] {
			carried[o.Key] = true
		}
	}
	if len(carried) < worthMark {
		return nil, nil, false
	}
	whole = w.s.marks >= mostMarks
	for _, o := range w.ops {
		if carried[o.Key] || whole && !w.putOps[o.Key] {
			fs = append(fs, fateOf(o))
		}
	}
	return carried, fs, whole
}

// putMark writes the mark of a write. What it carries is left to the caller not to write.
func (w *writer) putMark(run *runner) (carried map[uint64]bool, err error) {
	carried, fs, whole := w.marks()
	if carried == nil {
		return nil, nil
	}
	if !w.s.marked {
		// Now, and not when the book is opened: a full phone has no room for a table, and its
		// owner wants to read. From here on an older app refuses the book.
		for _, q := range []string{schemaMark, "PRAGMA user_version = " + strconv.Itoa(schemaVersion)} {
			if err := run.exec("make marks", q); err != nil {
				return nil, err
			}
		}
	}
	if whole {
		if err := run.exec("drop marks", "DELETE FROM mark"); err != nil {
			return nil, err
		}
		w.marksNow = 0
	}
	w.marksNow++
	key, body, err := run.seal("mark", w.mark, stateScope, encodeFates(fs))
	if err != nil {
		return nil, err
	}
	return carried, run.exec("put mark", "INSERT INTO mark (id, key, body) VALUES (?, ?, ?)", w.mark, key, body)
}

// remark takes the marks of the file into the changes that were read from it. A change that
// was written anew since has what the mark says.
func remark(ops []*Op, since map[uint64]uint64, mark uint64, body []byte) error {
	fs, err := decodeFates(body)
	if err != nil {
		return fmt.Errorf("mark %d: %w", mark, err)
	}
	i := 0
	for _, f := range fs {
		for i < len(ops) && ops[i].Key < f.key {
			i++
		}
		if i == len(ops) {
			return nil
		}
		if o := ops[i]; o.Key == f.key && since[o.Key] < mark {
			o.Number, o.Device, o.State, o.Was, o.Stamp, o.Seq = f.number, f.device, f.state, f.was, f.stamp, f.seq
		}
	}
	return nil
}
