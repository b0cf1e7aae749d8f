package store

import (
	"bytes"
	"cmp"
	"iter"
	"slices"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

// newEpoch goes back with a server that was restored from a backup: cursors to where the two
// lives part, own changes that the backup lacks again into the outbox with the stamps they
// got, rows that it may lack offered to it. Nothing that was written is dropped.
func (w *writer) newEpoch(d Delta, out *Applied) {
	st := w.st()
	if bytes.Equal(d.Epoch.GetId(), st.Identity.Epoch) || len(d.Epoch.GetId()) == 0 || d.Device != st.Identity.Device {
		return
	}
	out.Epoch = true
	st.Identity.Epoch, st.ServerNow = d.Epoch.GetId(), d.Now
	at := map[book.ID]uint64{}
	for _, c := range d.Epoch.GetAt() {
		if unit, ok := st.unitNamed(c.GetUnit()); ok {
			at[unit] = c.GetSeq()
		}
	}
	cursors := slices.Clone(st.Cursors)
	for i, c := range cursors {
		cursors[i].Seq = min(c.Seq, at[c.Unit])
	}
	st.Cursors = cursors
	last := w.lastKnown(d.Epoch)
	w.sendAgain(last)
	w.nameHolders(last)
	w.settleOld(at)
	w.fetchAgain(at, w.offerRows(at))
}

// lastKnown is the last own change that the restored server has. Where a copy of this phone came
// first and used the numbers for changes of its own, it is what a backup surely has: all
// else goes again, the server notices that there are two phones and gives this one
// another number.
func (w *writer) lastKnown(e *pb.Epoch) uint64 {
	st, last := w.st(), e.GetLastOp()
	copied := last > st.LastNumber
	for _, o := range w.ops {
		if o.Device == st.Identity.Device && o.Number == last && !o.Record.IsZero() && len(e.GetLastName()) > 0 {
			copied = !bytes.Equal(lww.ChangeName(o.Record.Bytes(), o.MadeMS), e.GetLastName())
		}
	}
	if copied {
		return min(st.Kept, last)
	}
	return last
}

// sendAgain puts the own changes above last, which the server does not have, into the outbox
// under their numbers. The server wants numbers without a hole, but lets a phone begin above
// last + 1: what a later backup had is not kept here.
func (w *writer) sendAgain(last uint64) {
	st := w.st()
	w.answered(last)
	again := numbered(st, w.ops, last)
	was, next := st.Confirmed, st.LastNumber+1
	if len(again) > 0 {
		next = again[0].Number
	}
	st.Confirmed, st.Kept = min(was, next-1), min(st.Kept, last)
	fill := func(upto uint64) {
		for ; next < upto; next++ {
			st.LastKey++
			w.putOp(&Op{Key: st.LastKey, Number: next, Device: st.Identity.Device, State: Erased, Was: Erased})
		}
	}
	for _, o := range again {
		fill(o.Number)
		next++
		switch {
		case o.Gone:
			// This life of the server never had its bytes: they need not go any more.
			w.blank(o)
		case o.Number <= was:
			w.putOp(resent(o))
		}
	}
	fill(st.LastNumber + 1)
}

// answered takes back that changes go again which an earlier restore put into the outbox and
// which the server has after all, since a later backup was restored then.
func (w *writer) answered(last uint64) {
	st := w.st()
	for _, o := range numbered(st, w.ops, st.Confirmed) {
		if o.Number != st.Confirmed+1 || o.Number > last || o.Was == 0 {
			return
		}
		c := *o
		c.State, c.Was = o.Was, 0
		w.putOp(&c)
		st.Confirmed++
	}
}

// resent is a change on its way once more, with the stamp that it got, so that it does not win
// over what was written after it.
func resent(o *Op) *Op {
	c := *o
	c.Was, c.Seq = o.State, 0
	if o.State == Erased {
		return &c
	}
	c.State = Sending
	return placed(&c)
}

// placed makes a change say what a server must know that may have lost what the change is
// about: the stamp that it got, and the household that holds its record.
func placed(o *Op) *Op {
	p := proto.Clone(o.patch).(*pb.Patch)
	if o.Stamp != 0 {
		p.GivenStamp = proto.Uint64(uint64(o.Stamp))
	}
	if o.Holder.Kind == pb.HolderKind_HOLDER_KIND_HOUSEHOLD {
		p.HeldBy = o.Holder.ID.Bytes()
	}
	if b, err := lww.Again(o.Bytes, p); err == nil { // it was marshalled before
		o.patch, o.Bytes = p, b
	}
	return o
}

// nameHolders makes those say who holds their record that were not sent yet, and those that
// were, but whose numbers this life of the server has not.
func (w *writer) nameHolders(last uint64) {
	for _, o := range slices.Clone(w.ops) {
		if o.State == Waiting || o.State == Sending && o.Was == 0 && !o.Gone && o.Number > last {
			c := *o
			w.putOp(placed(&c))
		}
	}
}

// settleOld puts stored changes aside that the server has and whose place in the order is
// void: their rows come again. Those sent under an earlier number of this phone it may lack;
// they go again under the present one.
func (w *writer) settleOld(at map[book.ID]uint64) {
	for _, o := range slices.Clone(w.ops) {
		switch {
		case o.State != Stored || o.Seq <= at[o.Unit]:
		case o.Device == w.state.Identity.Device:
			w.settled(o, nil)
		default:
			c := resent(o)
			c.State, c.Number, c.Device, c.Session = Waiting, 0, w.state.Identity.Device, ""
			w.putOp(c)
		}
	}
}

// offerRows takes the rows above at, which the restored server may lack, out of the book and
// lays them out for it, oldest first; what waited on a desk too, since its writer's phone may
// not have it any more. It gives the holders of which rows went.
func (w *writer) offerRows(at map[book.ID]uint64) map[book.Holder]bool {
	var void []*Record
	w.rows.each(func(_ book.ID, r *row) bool {
		if r.rec.Seq > at[r.rec.Unit] {
			void = append(void, r.rec)
		}
		return true
	})
	slices.SortFunc(void, func(a, b *Record) int {
		return cmp.Or(cmp.Compare(a.Seq, b.Seq), bytes.Compare(a.ID[:], b.ID[:]))
	})
	waiting := map[offer]bool{}
	for o := range offers(w.ops) {
		waiting[offerOf(o)] = true
	}
	st, now := w.st(), w.s.o.Now().UnixMilli()
	went := map[book.Holder]bool{}
	for _, r := range void {
		went[r.Holder], went[wholeBranch(r.Unit)] = true, true
		w.dropRow(r.ID)
		m := rowOf(r.Record)
		b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
		if err != nil || waiting[offerOf(m)] {
			continue
		}
		st.LastKey++
		w.putOp(&Op{
			Key: st.LastKey, State: Offering, Record: r.ID, Kind: r.Kind, Holder: r.Holder, Unit: r.Unit, Bytes: b, MadeMS: now,
		})
	}
	return went
}

// fetchAgain begins to fetch what the offered rows were in the server's book, and all grants
// whose numbers are of the lost future: which of those still hold, the next view says.
// Everything is fetched up to the cursor: a row that came by the cursor may have been older
// in the backup, and then comes by no other way. In the middle of a pull everything is fetched: a
// row that was to come behind the cursor may have stood before it in the backup.
func (w *writer) fetchAgain(at map[book.ID]uint64, went map[book.Holder]bool) {
	st := w.st()
	var grants []Grant
	var fillings []Filling
	fill := func(g Grant) {
		upto := st.Cursor(st.unitOf(g.Holder))
		fillings = append(fillings, Filling{Grant: g, Upto: upto, Below: upto + 1})
	}
	for _, g := range st.Grants {
		if st.Partial || went[g.Holder] || g.Number > at[st.unitOf(g.Holder)] {
			fill(g)
		} else {
			grants = append(grants, g)
		}
	}
	for _, f := range st.Fillings {
		fill(f.Grant)
	}
	// What was leaving in the lost future may be this phone's still, and so may what had left;
	// where it is not, the view says so, and it leaves once what goes again of it is out.
	for _, g := range st.Leaving {
		fill(g)
	}
	st.Leaving = nil
	for _, o := range w.ops {
		if o.Away && o.Unsent() && !slices.ContainsFunc(fillings, func(f Filling) bool { return f.Holder == o.Holder }) {
			fill(Grant{Holder: o.Holder})
		}
	}
	// A number of the lost future says nothing any more.
	st.Behind = slices.DeleteFunc(slices.Clone(st.Behind), func(b Behind) bool { return b.Number > at[st.unitOf(b.Holder)] })
	slices.SortFunc(fillings, func(a, b Filling) int { return compareGrants(a.Grant, b.Grant) })
	st.Grants, st.Fillings = grants, fillings
}

// offer names one version of a record.
type offer struct {
	id   book.ID
	hash uint64
}

func offerOf(r *pb.Row) offer {
	id, _ := book.IDFrom(r.GetEnvelope().GetId())
	return offer{id, lww.RowHash(r)}
}

// offers goes through the rows that are to be offered, with their changes' keys.
func offers(ops []*Op) iter.Seq2[*pb.Row, uint64] {
	return func(yield func(*pb.Row, uint64) bool) {
		for _, o := range ops {
			if o.State != Offering {
				continue
			}
			r := new(pb.Row)
			if proto.Unmarshal(o.Bytes, r) == nil && !yield(r, o.Key) {
				return
			}
		}
	}
}

// dropOffers takes off what the server has taken in.
func (w *writer) dropOffers(rows []*pb.Row) {
	if len(rows) == 0 {
		return
	}
	taken := map[offer]bool{}
	for _, r := range rows {
		taken[offerOf(r)] = true
	}
	for r, key := range offers(slices.Clone(w.ops)) {
		if taken[offerOf(r)] {
			w.dropOp(key)
		}
	}
}

// Offers goes through the rows of the server's life before a restore that are still to be
// offered to it, oldest first; frozen. They are no changes of this phone: whatever the
// server lacks of them waits there for a person.
func (b *Snapshot) Offers() iter.Seq[*pb.Row] {
	return func(yield func(*pb.Row) bool) {
		for r := range offers(b.ops) {
			if !yield(r) {
				return
			}
		}
	}
}

// OfferCount is how many rows are to be offered.
func (b *Snapshot) OfferCount() int {
	n := 0
	for _, o := range b.ops {
		if o.State == Offering {
			n++
		}
	}
	return n
}
