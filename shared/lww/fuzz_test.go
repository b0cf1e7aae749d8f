package lww_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/lww"
)

func FuzzSplit(f *testing.F) {
	for _, c := range badBodies {
		f.Add(c.body)
	}
	for _, c := range checkCases {
		f.Add(c.body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		values, err := lww.Split(body)
		if err != nil {
			var wire *lww.WireError
			if !errors.As(err, &wire) || values != nil {
				t.Fatalf("%v with %d values", err, len(values))
			}
			return
		}
		if got := lww.Assemble(values); !bytes.Equal(got, body) {
			t.Fatalf("%x became %x", body, got)
		}
		// What is canonical here, every decoder reads as unknown fields, and nothing is
		// left to choose: written again it is the same.
		if err := proto.Unmarshal(body, &pb.ListDevicesRequest{}); err != nil {
			t.Fatalf("no decoder reads %x: %v", body, err)
		}
		set, cleared, err := lww.Diff(nil, body)
		if err != nil || !bytes.Equal(set, body) || cleared != nil {
			t.Fatalf("diff from nothing is %x %v %v", set, cleared, err)
		}
	})
}

func FuzzCheck(f *testing.F) {
	for _, c := range badBodies {
		f.Add(c.body)
	}
	for _, c := range checkCases {
		f.Add(c.body)
	}
	old, young := schema(f, 1), schema(f, 2)
	f.Fuzz(func(t *testing.T, body []byte) {
		if lww.Check(young, body) == nil {
			if err := lww.Check(old, body); err != nil {
				t.Fatalf("generation 1 refuses what generation 2 takes: %v", err)
			}
			m := thing(young)
			if err := proto.Unmarshal(body, m); err != nil {
				t.Fatalf("Check passes what no decoder reads: %v", err)
			}
			again, err := lww.Encode(m)
			if err != nil {
				t.Fatal(err)
			}
			if err := lww.Check(young, again); err != nil {
				t.Fatalf("what Encode writes does not pass: %v", err)
			}
			back := thing(young)
			if _, err := lww.Decode(again, back); err != nil || !sameMessage(m, back) {
				t.Fatalf("%v became %v, %v", m, back, err)
			}
		}
		m := thing(young)
		if _, err := lww.Decode(body, m); err != nil {
			if _, err := lww.Split(body); err == nil {
				t.Fatalf("a canonical body is not readable: %x", body)
			}
			return
		}
		set, cleared, err := lww.Edited(body, m)
		if set != nil || cleared != nil || err != nil {
			t.Fatalf("nothing was edited, got %x %v %v", set, cleared, err)
		}
	})
}

// sameMessage compares by bytes: a NaN is not equal to itself.
func sameMessage(a, b proto.Message) bool {
	x, errX := lww.Encode(a)
	y, errY := lww.Encode(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// FuzzMerge merges changes out of one string of bytes in two orders.
func FuzzMerge(f *testing.F) {
	f.Add([]byte{1, 5, 2, 8, 1, 0, 0, 6, 3, 8, 2, 16, 1, 0})
	f.Add([]byte{1, 5, 2, 8, 1, 1, 2, 1, 5, 2, 16, 1, 1, 1})
	f.Add([]byte{0, 6, 0, 2, 1, 99, 1, 5, 4, 10, 2, 'h', 'i', 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		changes := changesOf(data)
		forward, sound := fold(t, changes)
		backward := lww.State{}
		for i := len(sound) - 1; i >= 0; i-- {
			for range 2 {
				var err error
				if backward, _, err = lww.Merge(backward, sound[i]); err != nil {
					t.Fatalf("refused only in this order: %v", err)
				}
			}
		}
		if diff := cmp.Diff(forward, backward); diff != "" {
			t.Fatalf("the order matters:\n%s", diff)
		}
		if err := forward.Valid(); err != nil {
			t.Fatalf("not canonical: %v", err)
		}
		half := len(sound) / 2
		a, _ := fold(t, sound[:half])
		b, _ := fold(t, sound[half:])
		if diff := cmp.Diff(forward, lww.Join(a, b)); diff != "" {
			t.Fatalf("join is not merge:\n%s", diff)
		}
	})
}

// fold merges what is sound and returns that as well; a refusal must leave the state alone.
func fold(t *testing.T, changes []lww.Change) (s lww.State, sound []lww.Change) {
	for _, c := range changes {
		next, lost, err := lww.Merge(s, c)
		if err != nil {
			if diff := cmp.Diff(s, next); diff != "" || lost != nil {
				t.Fatalf("refused, but the state changed:\n%s", diff)
			}
			continue
		}
		s, sound = next, append(sound, c)
	}
	return s, sound
}

// changesOf reads changes of the form: flags, stamp, length, set, count, cleared numbers.
func changesOf(data []byte) []lww.Change {
	take := func(n int) []byte {
		n = min(n, len(data))
		part := data[:n:n]
		data = data[n:]
		return part
	}
	one := func() byte {
		if b := take(1); len(b) == 1 {
			return b[0]
		}
		return 0
	}
	var changes []lww.Change
	for len(data) > 0 && len(changes) < 8 {
		flags := one()
		c := lww.Change{
			Create:  flags&1 != 0,
			Version: lww.Version{Stamp: hlc.Stamp(one() % 8), Device: uint32(flags >> 7)},
		}
		c.Set = take(int(one()))
		for _, f := range take(int(one() % 4)) {
			c.Cleared = append(c.Cleared, uint32(f))
		}
		changes = append(changes, c)
	}
	return changes
}
