// Package lww merges changes of records: for every top-level field the last writer wins.
//
// The server's registry merges what phones send, the phone lays its own unsent changes
// over the server's row, and the domain (package book) reads fields and versions of a
// [State]. The package knows bytes and field numbers, never a kind of record: it works
// on raw wire records, so a program older than a field still keeps and merges it. Only
// [Check], [Decode] and [Encode] look at a schema, and leave alone what it does not know.
//
// A state is a pure function of the set of changes that reached it, whatever their order
// and however often they came. So phone and server agree by hashing the rows.
//
// Slices that go in are never written to and may be part of what comes out; callers
// treat all of them as frozen.
package lww

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"

	"sodanvan/shared/hlc"
)

// Version says when and by which device a field was written. The device's number breaks
// ties of stamps.
type Version struct {
	Stamp  hlc.Stamp
	Device uint32
}

// Compare returns -1, 0 or 1 as v is less than, equal to or greater than o.
func (v Version) Compare(o Version) int {
	if c := cmp.Compare(v.Stamp, o.Stamp); c != 0 {
		return c
	}
	return cmp.Compare(v.Device, o.Device)
}

// IsZero tells whether the version is none at all.
func (v Version) IsZero() bool { return v == Version{} }

// FieldVersion is the version of one field.
type FieldVersion struct {
	Field uint32
	Version
}

// Change is one patch of one record, with the version that the server gave it.
type Change struct {
	// Set holds raw wire records in order of field number; see [Split].
	Set []byte
	// Cleared holds the fields that were emptied, rising, none of them also in Set. A
	// list without elements is a clear.
	Cleared []uint32
	Version Version
	// Create marks the first change of a record. Where two devices made the same record,
	// the lesser version counts as its creation.
	Create bool
}

var (
	// ErrBoth: a field is set and cleared by the same change.
	ErrBoth = errors.New("a field is both set and cleared")
	// ErrCleared: the cleared fields are not rising numbers from 1 to MaxField.
	ErrCleared = errors.New("cleared fields are not in order or out of range")
	// ErrNoVersion: a change cannot be merged before it has a stamp.
	ErrNoVersion = errors.New("change has no stamp")
	// ErrState: a state's versions are not in order or not sparse.
	ErrState = errors.New("versions of fields are not canonical")
)

// Valid reports what is wrong with the form of a change: a [*WireError], [ErrBoth] or
// [ErrCleared]. It does not ask for a version: the server gives that afterwards.
func (c Change) Valid() error {
	var before uint32
	for _, f := range c.Cleared {
		if f <= before || f > MaxField {
			return fmt.Errorf("field %d: %w", f, ErrCleared)
		}
		before = f
	}
	cleared := c.Cleared
	set := cursorOf(c.Set)
	for ; set.field != 0; set.next() {
		for len(cleared) > 0 && cleared[0] < set.field {
			cleared = cleared[1:]
		}
		if len(cleared) > 0 && cleared[0] == set.field {
			return fmt.Errorf("field %d: %w", set.field, ErrBoth)
		}
	}
	if set.err != nil {
		return set.err
	}
	return nil
}

// State is a record as the changes so far made it. The zero value is no record.
type State struct {
	// Body holds raw wire records in order of field number; nil where there are none.
	Body []byte
	// Created is the version of the creation; zero as long as no creation came. It covers
	// the fields of the body that have no entry in Later, and nothing else.
	Created Version
	// Later has, rising, an entry for every field of another version than Created and for
	// every cleared field: an entry without a value in the body is a clear.
	Later []FieldVersion
}

// FieldVersion returns when the field was last set or cleared; false: it never was.
func (s State) FieldVersion(n uint32) (Version, bool) {
	for _, l := range s.Later {
		if l.Field == n {
			return l.Version, true
		}
	}
	if s.Value(n) == nil {
		return Version{}, false
	}
	return s.Created, true
}

// Max returns the greatest version in the record: what a writer who reads it has seen.
func (s State) Max() Version {
	v := s.Created
	for _, l := range s.Later {
		if l.Version.Compare(v) > 0 {
			v = l.Version
		}
	}
	return v
}

// Value returns the raw records of a field; nil where it is not set.
func (s State) Value(n uint32) []byte {
	c := cursorOf(s.Body)
	for ; c.field != 0 && c.field <= n; c.next() {
		if c.field == n {
			return c.raw
		}
	}
	return nil
}

// Valid reports whether the state is one that a set of changes can make: a canonical
// body, and versions that rise by field and are sparse. For rows that come from
// elsewhere, such as a phone's after a restore of the server.
func (s State) Valid() error {
	body := cursorOf(s.Body)
	var before uint32
	for _, l := range s.Later {
		if l.Field <= before || l.Field > MaxField || l.Stamp == 0 {
			return fmt.Errorf("field %d: %w", l.Field, ErrState)
		}
		before = l.Field
		for body.field != 0 && body.field < l.Field {
			if s.Created.IsZero() {
				return fmt.Errorf("field %d: %w", body.field, ErrState)
			}
			body.next()
		}
		if body.field == l.Field {
			if l.Version == s.Created {
				return fmt.Errorf("field %d: %w", l.Field, ErrState)
			}
			body.next()
		}
	}
	for ; body.field != 0; body.next() {
		if s.Created.IsZero() {
			return fmt.Errorf("field %d: %w", body.field, ErrState)
		}
	}
	if body.err != nil {
		return fmt.Errorf("body: %w", body.err)
	}
	return nil
}

// Lost is a value, or a clear, that a merge put aside for other bytes. History keeps it.
type Lost struct {
	Field uint32
	// Value holds the raw records that lost; nil where a clear lost.
	Value   []byte
	Cleared bool
	// Version of what lost, and of what stands now.
	Version Version
	Winner  Version
	// Incoming: the change that was being merged lost to what stood already.
	Incoming bool
}

// wins tells whether value a of version v beats value b of version w: the greater
// version, for equal versions the greater bytes; a clear (nil) is less than any value.
func wins(a []byte, v Version, b []byte, w Version) bool {
	if c := v.Compare(w); c != 0 {
		return c > 0
	}
	return bytes.Compare(a, b) > 0
}

// earlier returns the creation of two: the lesser version, any rather than none.
func earlier(a, b Version) Version {
	if a.IsZero() || !b.IsZero() && b.Compare(a) < 0 {
		return b
	}
	return a
}

// side walks the fields of a state, or of a change seen as a state: the value (nil: a
// clear) and its version. After the end its field is 0.
type side struct {
	body    cursor
	later   []FieldVersion
	cleared []uint32
	version Version // of what is in the body without an entry, and of cleared

	field uint32
	raw   []byte
	at    Version
}

func (s *side) next() {
	f := s.body.field
	if len(s.later) > 0 && (f == 0 || s.later[0].Field <= f) {
		l := s.later[0]
		s.later = s.later[1:]
		s.field, s.raw, s.at = l.Field, nil, l.Version
		if l.Field == f {
			s.raw = s.body.raw
			s.body.next()
		}
		return
	}
	if len(s.cleared) > 0 && (f == 0 || s.cleared[0] < f) {
		s.field, s.raw, s.at = s.cleared[0], nil, s.version
		s.cleared = s.cleared[1:]
		return
	}
	s.field, s.raw, s.at = f, s.body.raw, s.version
	if f != 0 {
		s.body.next()
	}
}

// Merge puts a change into a state. For every field the greater version wins; for equal
// versions the greater bytes, a clear being less than any value. The result depends only
// on the set of changes merged, not on their order or number. Lost tells, by field, which
// values gave way to different bytes, the change's own among them.
//
// It returns what [Change.Valid] returns, [ErrNoVersion], or a [*WireError] in the state's
// own body; then the state comes back as it was.
func Merge(s State, c Change) (State, []Lost, error) {
	if c.Version.Stamp == 0 {
		return s, nil, ErrNoVersion
	}
	if err := c.Valid(); err != nil {
		return s, nil, fmt.Errorf("change: %w", err)
	}
	if s.Body == nil && s.Later == nil && s.Created.IsZero() && c.Create {
		return created(c), nil, nil
	}
	x := side{body: cursorOf(s.Body), later: s.Later, version: s.Created}
	y := side{body: cursorOf(c.Set), cleared: c.Cleared, version: c.Version}
	first := s.Created
	if c.Create {
		first = earlier(first, c.Version)
	}
	merged, lost := join(&x, &y, first, len(s.Later)+len(c.Cleared)+4, true)
	if x.body.err != nil {
		return s, nil, fmt.Errorf("stored body: %w", x.body.err)
	}
	return merged, lost, nil
}

// created is the state that a creation alone makes; the common case, without copying.
func created(c Change) State {
	s := State{Created: c.Version}
	if len(c.Set) > 0 {
		s.Body = c.Set
	}
	if len(c.Cleared) > 0 {
		s.Later = make([]FieldVersion, len(c.Cleared))
		for i, f := range c.Cleared {
			s.Later[i] = FieldVersion{Field: f, Version: c.Version}
		}
	}
	return s
}

// Below gives the state without the fields from limit on, as if nobody had ever written them.
// The state must be valid.
func (s State) Below(limit uint32) State {
	out := State{Created: s.Created}
	c := cursorOf(s.Body)
	for end := 0; c.field != 0 && c.field < limit; c.next() {
		end += len(c.raw)
		out.Body = s.Body[:end:end]
	}
	for _, l := range s.Later {
		if l.Field < limit {
			out.Later = append(out.Later, l)
		}
	}
	return out
}

// Join merges two states of one record: the state that all changes of both would make.
// For a takeover of a phone's row after a restore. Both states must be valid; see
// [State.Valid].
func Join(a, b State) State {
	s, _ := joinStates(a, b, false)
	return s
}

// JoinTold is Join, and tells as Merge does which values gave way: those of a, or, marked as
// incoming, those of b.
func JoinTold(a, b State) (State, []Lost) { return joinStates(a, b, true) }

func joinStates(a, b State, tell bool) (State, []Lost) {
	x := side{body: cursorOf(a.Body), later: a.Later, version: a.Created}
	y := side{body: cursorOf(b.Body), later: b.Later, version: b.Created}
	return join(&x, &y, earlier(a.Created, b.Created), len(a.Later)+len(b.Later)+4, tell)
}

// join walks two sides and keeps what wins. first is the version of the creation.
func join(x, y *side, first Version, room int, tell bool) (State, []Lost) {
	body := make([]byte, 0, len(x.body.body)+len(y.body.body))
	later := make([]FieldVersion, 0, room)
	var lost []Lost
	x.next()
	y.next()
	for x.field != 0 || y.field != 0 {
		var field uint32
		var raw []byte
		var at Version
		switch {
		case y.field == 0 || x.field != 0 && x.field < y.field:
			field, raw, at = x.field, x.raw, x.at
			x.next()
		case x.field == 0 || y.field < x.field:
			field, raw, at = y.field, y.raw, y.at
			y.next()
		default:
			field, raw, at = x.field, x.raw, x.at
			loser, lostAt, incoming := y.raw, y.at, true
			if wins(y.raw, y.at, x.raw, x.at) {
				raw, at, loser, lostAt, incoming = y.raw, y.at, x.raw, x.at, false
			}
			if tell && !bytes.Equal(raw, loser) {
				lost = append(lost, Lost{
					Field: field, Value: loser, Cleared: loser == nil,
					Version: lostAt, Winner: at, Incoming: incoming,
				})
			}
			x.next()
			y.next()
		}
		body = append(body, raw...)
		if raw == nil || at != first {
			later = append(later, FieldVersion{Field: field, Version: at})
		}
	}
	s := State{Created: first}
	if len(body) > 0 {
		s.Body = body
	}
	if len(later) > 0 {
		s.Later = later
	}
	return s, lost
}
