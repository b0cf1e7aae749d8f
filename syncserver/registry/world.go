package registry

import (
	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/syncserver/store"
)

// world answers the domain's questions from one transaction or snapshot, asking the store
// once for each thing. An error of the store is remembered; the caller asks for it in the end.
type world struct {
	from    store.Reader
	err     error
	houses  map[book.ID]*store.Household
	people  map[book.ID]*store.Member
	devices map[uint32]book.ID
	records map[book.ID]*stored
	about   map[aboutKey][]book.Record
	units   map[book.ID]book.ID
	// as, where set, pretends that these households are looked after by this member still.
	as map[book.ID]book.ID
}

type aboutKey struct {
	subject book.ID
	kind    pb.Kind
}

// stored is a row as it is kept, and the same as the domain looks at it.
type stored struct {
	row    *pb.Row
	record book.Record
}

var _ book.World = (*world)(nil)
var _ book.VersionWriters = (*world)(nil)

func newWorld(from store.Reader) *world {
	return &world{from: from,
		houses: map[book.ID]*store.Household{}, people: map[book.ID]*store.Member{}, devices: map[uint32]book.ID{},
		records: map[book.ID]*stored{}, about: map[aboutKey][]book.Record{}, units: map[book.ID]book.ID{}}
}

func (w *world) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// open decodes a stored row.
func open(r *store.Row) (*stored, error) {
	row := &pb.Row{}
	if err := proto.Unmarshal(r.Bytes, row); err != nil {
		return nil, err
	}
	rec := book.Record{Kind: r.Kind, ID: r.ID, Author: r.Author, Subject: r.Subject, Holder: r.Holder, Unit: r.Unit, State: lww.FromRow(row), Seq: r.Seq}
	rec.Household, _ = book.IDFrom(row.GetEnvelope().GetHousehold())
	return &stored{row, rec}, nil
}

// stored finds a row; nil: none.
func (w *world) stored(id book.ID) *stored {
	s, known := w.records[id]
	if known {
		return s
	}
	r, err := w.from.Row(id)
	if err == nil && r != nil {
		s, err = open(r)
	}
	if err != nil {
		w.fail(err)
		return nil
	}
	w.records[id] = s
	return s
}

func (w *world) household(id book.ID) *store.Household {
	h, known := w.houses[id]
	if known {
		return h
	}
	got, ok, err := w.from.Household(id)
	if err != nil {
		w.fail(err)
	} else if ok {
		h = &got
	}
	w.houses[id] = h
	return h
}

func (w *world) Household(id book.ID) (book.HouseholdFacts, bool) {
	h := w.household(id)
	if h == nil {
		return book.HouseholdFacts{}, false
	}
	facts := h.HouseholdFacts
	if m, ok := w.as[id]; ok {
		facts.Member = m
	}
	return facts, true
}

func (w *world) member(id book.ID) *store.Member {
	m, known := w.people[id]
	if known {
		return m
	}
	got, ok, err := w.from.Member(id)
	if err != nil {
		w.fail(err)
	} else if ok {
		m = &got
	}
	w.people[id] = m
	return m
}

func (w *world) Member(id book.ID) (book.MemberFacts, bool) {
	m := w.member(id)
	if m == nil {
		return book.MemberFacts{}, false
	}
	return m.MemberFacts, true
}

func (w *world) MemberOfDevice(device uint32) (book.ID, bool) {
	id, known := w.devices[device]
	if !known {
		d, err := w.from.Device(device)
		if err != nil {
			w.fail(err)
		} else if d != nil {
			id = d.Member
		}
		w.devices[device] = id
	}
	return id, !id.IsZero()
}

func (w *world) Record(id book.ID) (book.Record, bool) {
	s := w.stored(id)
	if s == nil {
		return book.Record{}, false
	}
	return s.record, true
}

func (w *world) About(subject book.ID, kind pb.Kind) []book.Record {
	k := aboutKey{subject, kind}
	out, known := w.about[k]
	if known {
		return out
	}
	rows, err := w.from.About(subject, kind)
	for _, r := range rows {
		s, e := open(r)
		if e != nil {
			err = e
			break
		}
		out = append(out, s.record)
	}
	if err != nil {
		w.fail(err)
	}
	w.about[k] = out
	return out
}

func (w *world) Commune(unit book.ID) (book.ID, bool) {
	c, known := w.units[unit]
	if !known {
		u, ok, err := w.from.Unit(unit)
		if err != nil {
			w.fail(err)
		} else if ok {
			c = u.Commune
		}
		w.units[unit] = c
	}
	return c, !c.IsZero()
}

func (w *world) HadVersion(id book.ID, digest [16]byte) bool {
	if s := w.stored(id); s != nil && lww.Digest(s.record.State.Body) == digest {
		return true
	}
	_, ok, err := w.from.Version(id, digest)
	if err != nil {
		w.fail(err)
	}
	return ok
}

func (w *world) WritersOf(id book.ID, digest [16]byte) ([]book.ID, bool) {
	if s := w.stored(id); s != nil && lww.Digest(s.record.State.Body) == digest {
		return book.LastWriters(s.record, w), true
	}
	writers, ok, err := w.from.Version(id, digest)
	if err != nil {
		w.fail(err)
	}
	return writers, ok
}

func (w *world) BranchMembers(branch book.ID) []book.MemberFacts {
	ms, err := w.from.MembersOf(branch)
	if err != nil {
		w.fail(err)
	}
	out := make([]book.MemberFacts, len(ms))
	for i, m := range ms {
		out[i] = m.MemberFacts
	}
	return out
}

// wrote takes a new state of a record into what the world answers.
func (w *world) wrote(s *stored) {
	w.records[s.record.ID] = s
	switch s.record.Kind {
	case pb.Kind_KIND_STEP, pb.Kind_KIND_REVIEW, pb.Kind_KIND_CONSENT:
		k := aboutKey{s.record.Subject, s.record.Kind}
		if list, known := w.about[k]; known {
			w.about[k] = append(list, s.record)
		}
	case pb.Kind_KIND_HOUSEHOLD:
		delete(w.houses, s.record.ID)
	case pb.Kind_KIND_MEMBER:
		delete(w.people, s.record.ID)
	}
}
