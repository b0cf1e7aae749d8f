package registry

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/syncserver/store"
)

// What is about an erased household may wait in many places: on desks, among what is parked, in
// what revoked phones handed over. One thing that waits may be about the record that another
// would make, so all of them are followed together.

// waiter is something that waits.
type waiter struct {
	// own is the record that it would make or change; names is all that it says that it is about.
	own   book.ID
	names []book.ID
	// also takes it along, but not its record: somebody else says so.
	also []book.ID
	take func()
}

// waiterOf is a change that its own phone sent.
func waiterOf(p *pb.Patch, take func()) waiter {
	own, _ := book.IDFrom(p.GetEnvelope().GetId())
	return waiter{own, namedBy(p), nil, take}
}

// laidOut is a change that lies on a desk, or lay there: others may have said whose it is.
func laidOut(p *pb.Patch, take func(), also ...book.ID) waiter {
	own, _ := book.IDFrom(p.GetEnvelope().GetId())
	held, _ := book.IDFrom(p.GetHeldBy())
	return waiter{own, namedBy(&pb.Patch{Envelope: p.GetEnvelope()}), append(also, held), take}
}

// takeAbout takes all that is about any of these ids or, where it is asked for, about what was
// erased, and adds the records that it would make: what waits on those goes too. A record that
// stands is not added: whatever a change says of it, it is its holder's.
func (w *writing) takeAbout(all []waiter, about map[book.ID]bool, erased bool) error {
	by := map[book.ID][]int{}
	var ids []book.ID
	for i, x := range all {
		for _, id := range slices.Concat(x.names, x.also) {
			if by[id] == nil {
				ids = append(ids, id)
			}
			by[id] = append(by[id], i)
		}
	}
	found, err := w.tx.Known(ids, serverDevice)
	if err != nil {
		return err
	}
	queue := slices.DeleteFunc(ids, func(id book.ID) bool {
		return !about[id] && !(erased && found[id]&store.KnownErased != 0)
	})
	taken, followed := make([]bool, len(all)), make([]bool, len(all))
	for len(queue) > 0 {
		id := queue[0]
		queue = queue[1:]
		for _, i := range by[id] {
			x := all[i]
			if !taken[i] {
				taken[i] = true
				x.take()
			}
			if followed[i] || !slices.Contains(x.names, id) {
				continue
			}
			followed[i] = true
			if stands := found[x.own]&store.KnownRow != 0; !stands && !x.own.IsZero() && !about[x.own] {
				about[x.own] = true
				queue = append(queue, x.own)
			}
		}
	}
	return nil
}

// takeWaiting takes what waits about any of these records from where it is parked and from what
// revoked phones handed over, and finds the rows of desks that go, which the caller erases.
func (w *writing) takeWaiting(about map[book.ID]bool) (desk []*store.Row, err error) {
	var all []waiter
	rows, err := w.tx.AllOnDesk()
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		s, err := open(r)
		if err != nil {
			return nil, err
		}
		p, err := patchInside(r.Kind, s.record.State.Body)
		if err != nil {
			return nil, err
		}
		if p != nil {
			all = append(all, laidOut(p, func() { desk = append(desk, r) }, r.Subject, s.record.Household))
		}
	}
	parked, fromParked, err := w.parkedWaiting()
	if err != nil {
		return nil, err
	}
	works, fromWork, err := w.workWaiting()
	if err != nil {
		return nil, err
	}
	if err := w.takeAbout(slices.Concat(all, fromParked, fromWork), about, false); err != nil {
		return nil, err
	}
	for _, p := range parked {
		if !p.taken || about[p.Record] {
			continue // it goes with its record
		}
		if err := w.tx.Unpark(p.Device, p.Number); err != nil {
			return nil, err
		}
	}
	for _, k := range works {
		if err := w.putBack(k); err != nil {
			return nil, err
		}
	}
	return desk, nil
}

type parkedChange struct {
	*store.Parked
	taken bool
}

func (w *writing) parkedWaiting() (out []*parkedChange, all []waiter, err error) {
	if n, err := w.tx.ParkedCount(); n == 0 || err != nil {
		return nil, nil, err
	}
	parked, err := w.tx.AllParked()
	if err != nil {
		return nil, nil, err
	}
	for _, p := range parked {
		patch := &pb.Patch{}
		if proto.Unmarshal(p.Op, patch) == nil {
			c := &parkedChange{Parked: p}
			out = append(out, c)
			all = append(all, waiterOf(patch, func() { c.taken = true }))
		}
	}
	return out, all, nil
}

// openedWork is a piece of handed-over work while things are taken from it.
type openedWork struct {
	kept    store.Work
	number  uint32
	work    *pb.SyncRequest
	changed bool
}

// workWaiting opens what revoked phones handed over.
func (w *writing) workWaiting() (opened []*openedWork, all []waiter, err error) {
	works, err := w.tx.AllWork()
	if err != nil {
		return nil, nil, err
	}
	for _, kept := range works {
		if kept.Waits == store.Unreadable {
			continue
		}
		number, work, err := w.r.openWork(w.tx, kept.Device, kept.Sealed)
		if err != nil {
			return nil, nil, err
		}
		if work == nil {
			continue
		}
		k := &openedWork{kept: kept, number: number, work: work}
		opened = append(opened, k)
		all = append(all, k.waiting()...)
	}
	return opened, all, nil
}

// waiting gives the changes and the offered rows. A taken change leaves its place, since numbers
// count on; a taken row leaves a nil.
func (k *openedWork) waiting() (all []waiter) {
	for i, raw := range k.work.GetOps() {
		p := &pb.Patch{}
		if len(raw) > 0 && proto.Unmarshal(raw, p) == nil {
			all = append(all, waiterOf(p, func() { k.work.Ops[i], k.changed = nil, true }))
		}
	}
	for i, row := range k.work.GetOffers() {
		take := func() { k.work.Offers[i], k.changed = nil, true }
		all = append(all, waiterOf(ofRow(row), take))
		if p, err := patchInside(row.GetEnvelope().GetKind(), row.GetBody()); err == nil && p != nil {
			household, _ := book.IDFrom(row.GetEnvelope().GetHousehold())
			all = append(all, laidOut(p, take, household))
		}
	}
	return all
}

// taken tells whether anything was taken, and closes the gaps among the offered rows.
func (k *openedWork) taken() bool {
	if k.changed {
		k.work.Offers = slices.DeleteFunc(k.work.Offers, func(row *pb.Row) bool { return row == nil })
	}
	return k.changed
}

func (w *writing) putBack(k *openedWork) error {
	if !k.taken() {
		return nil
	}
	sealed, err := w.sealWork(k.number, k.work)
	if err != nil {
		return err
	}
	return w.tx.SetWork(k.kept.N, min(k.kept.Waits, piecesOf(k.work)), sealed)
}

// forgetErased takes changes about what was erased out of handed-over work, and rows that wait
// in it, before anything of it is kept.
func (w *writing) forgetErased(work *pb.SyncRequest) (changed bool, err error) {
	if !w.hasErased {
		return false, nil
	}
	k := &openedWork{work: work}
	err = w.takeAbout(k.waiting(), map[book.ID]bool{}, true)
	return k.taken(), err
}

// patchInside gives the change inside a desk's row, or the envelope of the row inside it; nil: it
// is another kind of row.
func patchInside(kind pb.Kind, body []byte) (*pb.Patch, error) {
	var raw []byte
	switch kind {
	case pb.Kind_KIND_SUGGESTION:
		var m pb.Suggestion
		if _, err := lww.Decode(body, &m); err != nil {
			return nil, err
		}
		if m.GetRow() != nil {
			row := &pb.Row{}
			if proto.Unmarshal(m.GetRow(), row) != nil {
				return &pb.Patch{}, nil
			}
			return ofRow(row), nil
		}
		raw = m.GetPatch()
	case pb.Kind_KIND_REFUSED:
		var m pb.RefusedChange
		if _, err := lww.Decode(body, &m); err != nil {
			return nil, err
		}
		raw = m.GetPatch()
	default:
		return nil, nil
	}
	p := &pb.Patch{}
	if proto.Unmarshal(raw, p) != nil {
		return &pb.Patch{}, nil // refused for just that; its subject tells
	}
	return p, nil
}

// ofRow gives what a row is about in the form of a change. A review or a step names only its
// subject: its holder tells whose it is.
func ofRow(row *pb.Row) *pb.Patch {
	env := &pb.Envelope{Id: row.GetEnvelope().GetId(), Subject: row.GetEnvelope().GetSubject(), Household: row.GetEnvelope().GetHousehold()}
	if h := row.GetEnvelope().GetHolder(); env.Household == nil && h.GetKind() == pb.HolderKind_HOLDER_KIND_HOUSEHOLD {
		env.Household = h.GetId()
	}
	return &pb.Patch{Envelope: env}
}

// namedBy gives what a change says that it is about: its record, the record's subject and
// household, and after a restore who holds it.
func namedBy(p *pb.Patch) (ids []book.ID) {
	env := p.GetEnvelope()
	for _, b := range [][]byte{env.GetId(), env.GetSubject(), env.GetHousehold(), p.GetHeldBy()} {
		if id, ok := book.IDFrom(b); ok {
			ids = append(ids, id)
		}
	}
	return ids
}
