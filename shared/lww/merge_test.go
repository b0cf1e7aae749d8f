package lww_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"sodanvan/shared/hlc"
	"sodanvan/shared/lww"
)

// change is a change at a stamp by device 1.
func change(stamp uint64, set []byte, cleared ...uint32) lww.Change {
	return lww.Change{Set: set, Cleared: cleared, Version: at(stamp)}
}

func creation(stamp uint64, set []byte, cleared ...uint32) lww.Change {
	c := change(stamp, set, cleared...)
	c.Create = true
	return c
}

func at(stamp uint64) lww.Version { return lww.Version{Stamp: hlc.Stamp(stamp), Device: 1} }

func later(field uint32, stamp uint64) lww.FieldVersion {
	return lww.FieldVersion{Field: field, Version: at(stamp)}
}

func TestMerge(t *testing.T) {
	two := lww.Version{Stamp: 5, Device: 2}
	cases := []struct {
		name    string
		changes []lww.Change
		want    lww.State
		lost    []lww.Lost // of the last change
	}{
		{"a creation",
			[]lww.Change{creation(5, cat(num(1, 1), num(2, 2)))},
			lww.State{Body: cat(num(1, 1), num(2, 2)), Created: at(5)}, nil},
		{"a creation that carries nothing",
			[]lww.Change{creation(5, []byte{})},
			lww.State{Created: at(5)}, nil},
		{"a second creation after one that carries nothing",
			[]lww.Change{creation(5, nil), creation(9, num(1, 1))},
			lww.State{Body: num(1, 1), Created: at(5), Later: []lww.FieldVersion{later(1, 9)}}, nil},
		{"a later set of another field: the creation does not cover it",
			[]lww.Change{creation(5, num(1, 1)), change(7, num(2, 2))},
			lww.State{Body: cat(num(1, 1), num(2, 2)), Created: at(5), Later: []lww.FieldVersion{later(2, 7)}}, nil},
		{"a later set of the same field",
			[]lww.Change{creation(5, num(1, 1)), change(7, num(1, 9))},
			lww.State{Body: num(1, 9), Created: at(5), Later: []lww.FieldVersion{later(1, 7)}},
			[]lww.Lost{{Field: 1, Value: num(1, 1), Version: at(5), Winner: at(7)}}},
		{"the same bytes again: the version rises, nothing is lost",
			[]lww.Change{creation(5, num(1, 1)), change(7, num(1, 1))},
			lww.State{Body: num(1, 1), Created: at(5), Later: []lww.FieldVersion{later(1, 7)}}, nil},
		{"an older set comes late",
			[]lww.Change{creation(5, num(1, 1)), change(7, num(1, 9)), change(6, num(1, 8))},
			lww.State{Body: num(1, 9), Created: at(5), Later: []lww.FieldVersion{later(1, 7)}},
			[]lww.Lost{{Field: 1, Value: num(1, 8), Version: at(6), Winner: at(7), Incoming: true}}},
		{"a clear keeps its entry",
			[]lww.Change{creation(5, num(1, 1)), change(7, nil, 1)},
			lww.State{Created: at(5), Later: []lww.FieldVersion{later(1, 7)}},
			[]lww.Lost{{Field: 1, Value: num(1, 1), Version: at(5), Winner: at(7)}}},
		{"so an older set does not come back",
			[]lww.Change{creation(5, num(1, 1)), change(7, nil, 1), change(6, num(1, 9))},
			lww.State{Created: at(5), Later: []lww.FieldVersion{later(1, 7)}},
			[]lww.Lost{{Field: 1, Value: num(1, 9), Version: at(6), Winner: at(7), Incoming: true}}},
		{"a set over a clear",
			[]lww.Change{creation(5, num(1, 1)), change(7, nil, 1), change(8, num(1, 1))},
			lww.State{Body: num(1, 1), Created: at(5), Later: []lww.FieldVersion{later(1, 8)}},
			[]lww.Lost{{Field: 1, Cleared: true, Version: at(7), Winner: at(8)}}},
		{"a clear over a clear",
			[]lww.Change{creation(5, nil), change(7, nil, 1), change(8, nil, 1)},
			lww.State{Created: at(5), Later: []lww.FieldVersion{later(1, 8)}}, nil},
		{"a clear of what never was",
			[]lww.Change{creation(5, num(1, 1)), change(7, nil, 2)},
			lww.State{Body: num(1, 1), Created: at(5), Later: []lww.FieldVersion{later(2, 7)}}, nil},
		{"a creation that clears keeps that too",
			[]lww.Change{creation(5, num(1, 1), 2)},
			lww.State{Body: num(1, 1), Created: at(5), Later: []lww.FieldVersion{later(2, 5)}}, nil},
		{"equal versions: the greater bytes, whoever comes first",
			[]lww.Change{creation(5, num(1, 2)), change(5, num(1, 1))},
			lww.State{Body: num(1, 2), Created: at(5)},
			[]lww.Lost{{Field: 1, Value: num(1, 1), Version: at(5), Winner: at(5), Incoming: true}}},
		{"equal versions the other way round",
			[]lww.Change{creation(5, num(1, 1)), change(5, num(1, 2))},
			lww.State{Body: num(1, 2), Created: at(5)},
			[]lww.Lost{{Field: 1, Value: num(1, 1), Version: at(5), Winner: at(5)}}},
		{"equal versions: a clear is less than any value",
			[]lww.Change{creation(5, nil, 1), change(5, num(1, 0))},
			lww.State{Body: num(1, 0), Created: at(5)},
			[]lww.Lost{{Field: 1, Cleared: true, Version: at(5), Winner: at(5)}}},
		{"equal stamps: the device decides",
			[]lww.Change{creation(5, num(1, 9)), {Set: num(1, 1), Version: two}},
			lww.State{Body: num(1, 1), Created: at(5), Later: []lww.FieldVersion{{Field: 1, Version: two}}},
			[]lww.Lost{{Field: 1, Value: num(1, 9), Version: at(5), Winner: two}}},
		{"the second creation comes first",
			[]lww.Change{creation(9, cat(num(1, 1), num(2, 2))), creation(5, cat(num(2, 3), num(3, 4)))},
			lww.State{Body: cat(num(1, 1), num(2, 2), num(3, 4)), Created: at(5),
				Later: []lww.FieldVersion{later(1, 9), later(2, 9)}},
			[]lww.Lost{{Field: 2, Value: num(2, 3), Version: at(5), Winner: at(9), Incoming: true}}},
		{"changes before the creation, of its version and lesser ones",
			[]lww.Change{change(5, num(1, 1)), change(4, num(2, 2)), change(9, num(3, 3)), creation(5, num(2, 9))},
			lww.State{Body: cat(num(1, 1), num(2, 9), num(3, 3)), Created: at(5), Later: []lww.FieldVersion{later(3, 9)}},
			[]lww.Lost{{Field: 2, Value: num(2, 2), Version: at(4), Winner: at(5)}}},
		{"changes without a creation",
			[]lww.Change{change(5, num(1, 1)), change(6, nil, 3)},
			lww.State{Body: num(1, 1), Later: []lww.FieldVersion{later(1, 5), later(3, 6)}}, nil},
		{"a list is one value: the later one replaces all of it",
			[]lww.Change{creation(5, cat(text(3, "a"), text(3, "b"))), change(6, text(3, "c"))},
			lww.State{Body: text(3, "c"), Created: at(5), Later: []lww.FieldVersion{later(3, 6)}},
			[]lww.Lost{{Field: 3, Value: cat(text(3, "a"), text(3, "b")), Version: at(5), Winner: at(6)}}},
		{"a list emptied is a clear",
			[]lww.Change{creation(5, cat(text(3, "a"), text(3, "b"))), change(6, nil, 3)},
			lww.State{Created: at(5), Later: []lww.FieldVersion{later(3, 6)}},
			[]lww.Lost{{Field: 3, Value: cat(text(3, "a"), text(3, "b")), Version: at(5), Winner: at(6)}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, lost := merged(t, c.changes)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("state (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.lost, lost); diff != "" {
				t.Errorf("lost (-want +got):\n%s", diff)
			}
			if err := got.Valid(); err != nil {
				t.Errorf("the state is not canonical: %v", err)
			}
		})
	}
}

// merged merges changes in their order; lost is what the last one made lose.
func merged(t interface {
	Helper()
	Fatal(...any)
}, changes []lww.Change) (s lww.State, lost []lww.Lost) {
	t.Helper()
	var err error
	for _, c := range changes {
		if s, lost, err = lww.Merge(s, c); err != nil {
			t.Fatal(err)
		}
	}
	return s, lost
}

func TestMergeRefuses(t *testing.T) {
	base := lww.State{Body: num(1, 1), Created: at(5)}
	cases := []struct {
		name string
		c    lww.Change
		want error
	}{
		{"set and cleared", change(6, cat(num(1, 1), num(4, 4)), 2, 4), lww.ErrBoth},
		{"cleared not rising", change(6, nil, 2, 1), lww.ErrCleared},
		{"cleared twice", change(6, nil, 2, 2), lww.ErrCleared},
		{"field 0 cleared", change(6, nil, 0), lww.ErrCleared},
		{"a number beyond the last cleared", change(6, nil, 1<<29), lww.ErrCleared},
		{"no stamp", change(0, num(1, 2)), lww.ErrNoVersion},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, lost, err := lww.Merge(base, c.c)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if diff := cmp.Diff(base, got); diff != "" || lost != nil {
				t.Errorf("the state changed all the same: %s%v", diff, lost)
			}
			c.c.Create = true
			if _, _, err := lww.Merge(lww.State{}, c.c); !errors.Is(err, c.want) {
				t.Errorf("as a creation: got %v, want %v", err, c.want)
			}
		})
	}
	if err := change(0, num(1, 2), 3).Valid(); err != nil {
		t.Errorf("Valid asks for a stamp that the server gives later: %v", err)
	}
}

func TestStateAccessors(t *testing.T) {
	s, _ := merged(t, []lww.Change{creation(5, cat(num(1, 1), num(4, 2))), change(7, num(2, 2)), change(6, nil, 4)})
	for _, c := range []struct {
		field uint32
		value []byte
		v     lww.Version
		ok    bool
	}{
		{1, num(1, 1), at(5), true},
		{2, num(2, 2), at(7), true},
		{3, nil, lww.Version{}, false},
		{4, nil, at(6), true},
		{9, nil, lww.Version{}, false},
	} {
		if got := s.Value(c.field); !bytes.Equal(got, c.value) {
			t.Errorf("value of %d is %x, want %x", c.field, got, c.value)
		}
		if v, ok := s.FieldVersion(c.field); v != c.v || ok != c.ok {
			t.Errorf("version of %d is %v %v, want %v %v", c.field, v, ok, c.v, c.ok)
		}
	}
	if s.Max() != at(7) {
		t.Errorf("Max is %v", s.Max())
	}
	if (lww.State{Created: at(3)}).Max() != at(3) {
		t.Error("Max forgets the creation")
	}
	if !(lww.Version{}).IsZero() || at(1).IsZero() {
		t.Error("IsZero is wrong")
	}
}

func TestStateValid(t *testing.T) {
	cases := []struct {
		name string
		s    lww.State
		ok   bool
	}{
		{"no record", lww.State{}, true},
		{"created", lww.State{Body: num(1, 1), Created: at(5)}, true},
		{"a clear of the creation", lww.State{Body: num(1, 1), Created: at(5), Later: []lww.FieldVersion{later(2, 5)}}, true},
		{"an entry that says what the creation says", lww.State{Body: num(1, 1), Created: at(5), Later: []lww.FieldVersion{later(1, 5)}}, false},
		{"entries out of order", lww.State{Created: at(5), Later: []lww.FieldVersion{later(2, 6), later(1, 6)}}, false},
		{"an entry twice", lww.State{Created: at(5), Later: []lww.FieldVersion{later(2, 6), later(2, 7)}}, false},
		{"an entry of field 0", lww.State{Created: at(5), Later: []lww.FieldVersion{later(0, 6)}}, false},
		{"an entry beyond the last field", lww.State{Created: at(5), Later: []lww.FieldVersion{later(1<<29, 6)}}, false},
		{"an entry without a stamp", lww.State{Created: at(5), Later: []lww.FieldVersion{{Field: 1}}}, false},
		{"a value of no version", lww.State{Body: num(1, 1)}, false},
		{"the same before an entry", lww.State{Body: cat(num(1, 1), num(2, 2)), Later: []lww.FieldVersion{later(2, 6)}}, false},
		{"all values with entries", lww.State{Body: cat(num(1, 1), num(2, 2)), Later: []lww.FieldVersion{later(1, 6), later(2, 6)}}, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := c.s.Valid()
			if (err == nil) != c.ok {
				t.Fatalf("Valid: %v", err)
			}
			if err != nil && !errors.Is(err, lww.ErrState) {
				t.Fatalf("got %v, want ErrState", err)
			}
		})
	}
}

// Laws.

var someFields = []uint32{1, 2, 3, 60, 99, 100, 200, lww.MaxField}

// anyRaw draws all records of one field.
func anyRaw(field uint32) *rapid.Generator[[]byte] {
	one := rapid.OneOf(
		rapid.Map(rapid.Uint64Range(0, 2), func(v uint64) []byte { return num(field, v) }),
		rapid.Map(rapid.Uint64(), func(v uint64) []byte { return num(field, v) }),
		rapid.Map(rapid.SampledFrom([]string{"", "a", "b", "ă", "\xff"}), func(s string) []byte { return text(field, s) }),
		rapid.Just(fix32(field, 7)),
		rapid.Just(fix64(field, 7)),
	)
	return rapid.Map(rapid.SliceOfN(one, 1, 3), func(parts [][]byte) []byte { return cat(parts...) })
}

func anyBody() *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		var body []byte
		for _, f := range someFields {
			if rapid.Bool().Draw(t, "has") {
				body = append(body, anyRaw(f).Draw(t, "raw")...)
			}
		}
		return body
	})
}

// anyChange draws changes that often meet: few fields, few versions.
func anyChange() *rapid.Generator[lww.Change] {
	return rapid.Custom(func(t *rapid.T) lww.Change {
		c := lww.Change{
			Version: lww.Version{
				Stamp:  hlc.Stamp(rapid.IntRange(1, 4).Draw(t, "stamp")),
				Device: uint32(rapid.IntRange(1, 2).Draw(t, "device")),
			},
			Create: rapid.Bool().Draw(t, "create"),
		}
		for _, f := range someFields {
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				c.Set = append(c.Set, anyRaw(f).Draw(t, "raw")...)
			case 1:
				c.Cleared = append(c.Cleared, f)
			}
		}
		return c
	})
}

func anyChanges() *rapid.Generator[[]lww.Change] { return rapid.SliceOfN(anyChange(), 0, 7) }

// model says what a set of changes makes, from the words of the rule and without the
// package's code: per field the greatest version, then the greatest bytes.
func model(changes []lww.Change) lww.State {
	type cell struct {
		v   lww.Version
		raw []byte // nil: cleared
	}
	best := map[uint32]cell{}
	less := func(a, b cell) bool {
		if a.v.Stamp != b.v.Stamp {
			return a.v.Stamp < b.v.Stamp
		}
		if a.v.Device != b.v.Device {
			return a.v.Device < b.v.Device
		}
		return string(a.raw) < string(b.raw)
	}
	put := func(f uint32, c cell) {
		if old, ok := best[f]; !ok || less(old, c) {
			best[f] = c
		}
	}
	var s lww.State
	for _, c := range changes {
		values, err := lww.Split(c.Set)
		if err != nil {
			panic(err)
		}
		for _, v := range values {
			put(v.Field, cell{c.Version, v.Raw})
		}
		for _, f := range c.Cleared {
			put(f, cell{c.Version, nil})
		}
		if c.Create && (s.Created == lww.Version{} || less(cell{v: c.Version}, cell{v: s.Created})) {
			s.Created = c.Version
		}
	}
	for _, f := range someFields {
		c, ok := best[f]
		if !ok {
			continue
		}
		s.Body = append(s.Body, c.raw...)
		if c.raw == nil || c.v != s.Created {
			s.Later = append(s.Later, lww.FieldVersion{Field: f, Version: c.v})
		}
	}
	return s
}

// The state is a function of the set of changes: any order, any repetition, the same
// state, and the one that the rule's words make.
func TestMergeIsAFunctionOfTheSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		changes := anyChanges().Draw(t, "changes")
		want := model(changes)
		order := append([]lww.Change{}, changes...)
		if len(changes) > 0 {
			order = append(order, rapid.SliceOfN(rapid.SampledFrom(changes), 0, 5).Draw(t, "again")...)
		}
		order = rapid.Permutation(order).Draw(t, "order")
		got, _ := merged(t, order)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("state (-want +got):\n%s", diff)
		}
		if err := got.Valid(); err != nil {
			t.Fatalf("not canonical: %v", err)
		}
	})
}

func TestJoinAgreesWithMerge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one := anyChanges().Draw(t, "one")
		two := append(anyChanges().Draw(t, "two"), one[:rapid.IntRange(0, len(one)).Draw(t, "shared")]...)
		a, b := model(one), model(two)
		want := model(append(append([]lww.Change{}, one...), two...))
		if diff := cmp.Diff(want, lww.Join(a, b)); diff != "" {
			t.Fatalf("join (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want, lww.Join(b, a)); diff != "" {
			t.Fatalf("join the other way (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(a, lww.Join(a, a)); diff != "" {
			t.Fatalf("join with itself (-want +got):\n%s", diff)
		}
		c := model(anyChanges().Draw(t, "three"))
		if diff := cmp.Diff(lww.Join(lww.Join(a, b), c), lww.Join(a, lww.Join(b, c))); diff != "" {
			t.Fatalf("join is not associative:\n%s", diff)
		}
	})
}

// What loses is not lost: every value that a change brought stands at the end or was told.
func TestEveryReplacedValueIsTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		changes := anyChanges().Draw(t, "changes")
		type key struct {
			field uint32
			raw   string
		}
		told := map[key]bool{}
		var s lww.State
		for _, c := range changes {
			before := s
			var lost []lww.Lost
			var err error
			if s, lost, err = lww.Merge(before, c); err != nil {
				t.Fatal(err)
			}
			for _, l := range lost {
				told[key{l.Field, string(l.Value)}] = true
				winner, winnerRaw := c.Version, s.Value(l.Field)
				if l.Incoming {
					winner, _ = before.FieldVersion(l.Field)
				}
				if l.Winner != winner {
					t.Fatalf("field %d: told that %v won, it was %v", l.Field, l.Winner, winner)
				}
				if bytes.Equal(winnerRaw, l.Value) {
					t.Fatalf("field %d: told as lost, but the same bytes stand", l.Field)
				}
				if l.Cleared != (l.Value == nil) {
					t.Fatalf("field %d: cleared is %v of value %x", l.Field, l.Cleared, l.Value)
				}
				if l.Version.Compare(l.Winner) > 0 {
					t.Fatalf("field %d: the greater version lost", l.Field)
				}
			}
		}
		for _, c := range changes {
			values, err := lww.Split(c.Set)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range c.Cleared {
				values = append(values, lww.Value{Field: f})
			}
			for _, v := range values {
				if !bytes.Equal(s.Value(v.Field), v.Raw) && !told[key{v.Field, string(v.Raw)}] {
					t.Fatalf("field %d: %x of %v vanished without a word", v.Field, v.Raw, c.Version)
				}
			}
		}
	})
}

// What goes into a merge is not written to: callers share those slices.
func TestMergeLeavesItsInputAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := model(anyChanges().Draw(t, "state"))
		c := anyChange().Draw(t, "change")
		body, set, entries := bytes.Clone(s.Body), bytes.Clone(c.Set), append([]lww.FieldVersion(nil), s.Later...)
		if _, _, err := lww.Merge(s, c); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(body, s.Body) || !bytes.Equal(set, c.Set) || cmp.Diff(entries, s.Later) != "" {
			t.Fatal("Merge wrote to what it was given")
		}
	})
}

func TestBelowIsAsIfNobodyHadWrittenTheRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		changes := anyChanges().Draw(t, "changes")
		limit := rapid.SampledFrom(someFields).Draw(t, "limit")
		below := slices.Clone(changes)
		for i, c := range below {
			below[i].Set = (lww.State{Body: c.Set}).Below(limit).Body
			below[i].Cleared = slices.DeleteFunc(slices.Clone(c.Cleared), func(f uint32) bool { return f >= limit })
		}
		got, want := model(changes).Below(limit), model(below)
		if !cmp.Equal(got, want, cmpopts.EquateEmpty()) || got.Valid() != nil {
			t.Fatalf("%+v, want %+v", got, want)
		}
	})
}
