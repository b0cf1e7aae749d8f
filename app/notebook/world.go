package notebook

import (
	"math"

	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/lww"
)

// world answers the questions of the rules from the phone's book: what the screen shows,
// own changes included. The server answers the same questions from its own tables; what
// this phone may not see is simply not there.
type world struct{ *view }

var _ book.World = world{}

func (w world) Household(id book.ID) (book.HouseholdFacts, bool) {
	r, ok := w.view.Record(id)
	if !ok {
		return book.HouseholdFacts{}, false
	}
	return book.HouseholdFactsOf(r.Record)
}

func (w world) Member(id book.ID) (book.MemberFacts, bool) {
	f, ok := w.people().facts[id]
	return f, ok
}

// MemberOfDevice knows this phone's own number even before its member's row came.
func (w world) MemberOfDevice(device uint32) (book.ID, bool) {
	if device != 0 && device == w.me.Device {
		return w.me.Member, true
	}
	id, ok := w.people().devices[device]
	return id, ok
}

// people is what the rules ask of members again and again, read once a view.
type people struct {
	facts    map[book.ID]book.MemberFacts
	devices  map[uint32]book.ID
	branches map[book.ID][]book.MemberFacts
}

func (v *view) people() *people {
	if v.members != nil {
		return v.members
	}
	v.members = &people{facts: map[book.ID]book.MemberFacts{}, devices: map[uint32]book.ID{}, branches: map[book.ID][]book.MemberFacts{}}
	for r := range v.Kind(pb.Kind_KIND_MEMBER) {
		f, devices, ok := book.MemberFactsOf(r.Record)
		if !ok {
			continue
		}
		v.members.facts[r.ID] = f
		v.members.branches[f.Unit] = append(v.members.branches[f.Unit], f)
		for _, d := range devices {
			v.members.devices[d] = r.ID
		}
	}
	return v.members
}

func (w world) Record(id book.ID) (book.Record, bool) {
	r, ok := w.view.Record(id)
	return r.Record, ok
}

func (w world) About(subject book.ID, kind pb.Kind) []book.Record {
	var out []book.Record
	for r := range w.view.About(subject, kind) {
		out = append(out, placed(r))
	}
	return out
}

// placed gives a write-once record its place among others: one that the server has not
// stamped yet comes after all that it has, in the order of writing. A step without a
// stamp has version zero, which is how package book knows it (a step that the server has
// comes first, whatever this phone thinks).
func placed(r store.Record) book.Record {
	c := r.Record
	if !r.New || c.State.Created.Stamp.Millis() != 0 {
		// The server's row, or an own one that the server has stamped.
		return c
	}
	switch c.Kind {
	case pb.Kind_KIND_STEP:
		c.State.Created = lww.Version{}
	default:
		var last uint64
		if len(r.Own) > 0 {
			last = r.Own[len(r.Own)-1]
		}
		c.State.Created.Stamp = hlc.Stamp(math.MaxInt64 + last)
	}
	return c
}

func (w world) Commune(unit book.ID) (book.ID, bool) {
	switch {
	case unit.IsZero():
		return book.ID{}, false
	case unit == w.me.Branch || unit == w.me.Commune:
		return w.me.Commune, true
	}
	// A branch of the same commune hangs below it in the tree; ten levels end a ring.
	at := unit
	for range 10 {
		r, ok := w.view.Record(at)
		if !ok || r.Kind != pb.Kind_KIND_UNIT {
			return book.ID{}, false
		}
		if r.Subject == w.me.Commune {
			return w.me.Commune, true
		}
		at = r.Subject
	}
	return book.ID{}, false
}

// HadVersion: the phone knows only the version that the server has now.
func (w world) HadVersion(id book.ID, digest [16]byte) bool {
	r, ok := w.Row(id)
	return ok && lww.Digest(r.State.Body) == digest
}

func (w world) BranchMembers(branch book.ID) []book.MemberFacts {
	return w.people().branches[branch]
}
