package store

import (
	"iter"
	"slices"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// Record is a record as a screen shows it: the server's row with the own changes over it.
// The versions in its State are provisional where own changes lie over it: never send them.
type Record struct {
	book.Record
	// Own are the keys of the own changes that lie over it, oldest first.
	Own []uint64
	// New: the server does not have it yet.
	New bool
}

// row is a record as the server keeps it.
type row struct {
	rec   *Record // Own empty, New false
	local uint64
	hash  uint64
}

// Snapshot is an immutable book. The zero value is an empty one.
type Snapshot struct {
	state  *State
	rows   table[book.ID, *row]
	recs   table[book.ID, *Record]
	holder table[book.Holder, []book.ID]
	about  table[book.ID, []book.ID]
	kinds  map[pb.Kind]table[book.ID, *Record]
	ops    []*Op // rising by key
	drafts []*Draft
	// damaged are the local numbers of rows that did not open.
	damaged []uint64
	// edition counts the changes of the book since it was opened; editions has the last one
	// of each household, others the last one of all else.
	edition, others uint64
	editions        table[book.Holder, uint64]
}

// State is all that is known besides records, changes and drafts.
func (b *Snapshot) State() *State { return b.state }

// Row is the server's row alone.
func (b *Snapshot) Row(id book.ID) (book.Record, bool) {
	r, ok := b.rows.get(id)
	if !ok {
		return book.Record{}, false
	}
	return r.rec.Record, true
}

// Record is a record as a screen shows it.
func (b *Snapshot) Record(id book.ID) (Record, bool) {
	r, ok := b.recs.get(id)
	if !ok {
		return Record{}, false
	}
	return *r, true
}

// Len is how many records there are.
func (b *Snapshot) Len() int { return b.recs.n }

// Kind goes through all records of a kind, in no order.
func (b *Snapshot) Kind(k pb.Kind) iter.Seq[Record] {
	t := b.kinds[k]
	return func(yield func(Record) bool) {
		t.each(func(_ book.ID, r *Record) bool { return yield(*r) })
	}
}

// All goes through all records, in no order.
func (b *Snapshot) All() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		b.recs.each(func(_ book.ID, r *Record) bool { return yield(*r) })
	}
}

// Held goes through the records of a holder, in the order in which they came.
func (b *Snapshot) Held(h book.Holder) iter.Seq[Record] {
	ids, _ := b.holder.get(h)
	return b.list(ids, pb.Kind_KIND_UNSPECIFIED)
}

// About goes through the records of a kind (0: every kind) whose subject is the id, in the
// order in which they came.
func (b *Snapshot) About(subject book.ID, k pb.Kind) iter.Seq[Record] {
	ids, _ := b.about.get(subject)
	return b.list(ids, k)
}

func (b *Snapshot) list(ids []book.ID, k pb.Kind) iter.Seq[Record] {
	return func(yield func(Record) bool) {
		for _, id := range ids {
			r, ok := b.recs.get(id)
			if ok && (k == 0 || r.Kind == k) && !yield(*r) {
				return
			}
		}
	}
}

// Edition tells two snapshots of one open book apart, holder by holder: as long as it is the
// same, so are the holder's records and what lies over them. It is kept for households; of
// every other holder it is that of all of them together.
func (b *Snapshot) Edition(h book.Holder) uint64 {
	if h.Kind != pb.HolderKind_HOLDER_KIND_HOUSEHOLD {
		return b.others
	}
	e, _ := b.editions.get(h)
	return e
}

// Holders goes through the households of which there are records, in no order.
func (b *Snapshot) Holders() iter.Seq[book.Holder] {
	return func(yield func(book.Holder) bool) {
		b.holder.each(func(h book.Holder, _ []book.ID) bool {
			return h.Kind != pb.HolderKind_HOLDER_KIND_HOUSEHOLD || yield(h)
		})
	}
}

// Ops goes through all own changes that are still here, in order; those of the outbox are
// Pending. What is Away is among them while the server has not answered it.
func (b *Snapshot) Ops() iter.Seq[Op] {
	return func(yield func(Op) bool) {
		for _, o := range b.ops {
			if o.State != Done && o.State != Erased && o.State != Offering && !(o.Away && o.State == Refused) && !yield(*o) {
				return
			}
		}
	}
}

// Op is one own change.
func (b *Snapshot) Op(key uint64) (Op, bool) {
	i, ok := slices.BinarySearchFunc(b.ops, key, byKey)
	if !ok {
		return Op{}, false
	}
	return *b.ops[i], true
}

// Mend are the refused changes that wait for a person, oldest first.
func (b *Snapshot) Mend() []Op {
	var out []Op
	for _, o := range b.ops {
		if o.State == Refused && !o.Away {
			out = append(out, *o)
		}
	}
	return out
}

// Drafts are all drafts, the last saved first.
func (b *Snapshot) Drafts() []Draft {
	out := make([]Draft, len(b.drafts))
	for i, d := range b.drafts {
		out[len(out)-1-i] = *d
	}
	return out
}

// Draft is the draft of a record.
func (b *Snapshot) Draft(id book.ID) (Draft, bool) {
	for _, d := range b.drafts {
		if d.ID == id {
			return *d, true
		}
	}
	return Draft{}, false
}

// Unsent is how many changes and drafts the server does not have yet.
func (b *Snapshot) Unsent() int {
	n := len(b.drafts)
	for _, o := range b.ops {
		if o.Unsent() {
			n++
		}
	}
	return n
}

// Leaving tells whether a holder was handed over and takes no new work.
func (b *Snapshot) Leaving(h book.Holder) bool {
	return slices.ContainsFunc(b.state.Leaving, func(g Grant) bool { return g.Holder == h })
}

// Damaged is how many rows of the file did not open; the next comparison with the server
// brings them back.
func (b *Snapshot) Damaged() int { return len(b.damaged) }

func byKey(o *Op, key uint64) int {
	switch {
	case o.Key < key:
		return -1
	case o.Key > key:
		return 1
	}
	return 0
}
