package registry

import (
	"context"
	"errors"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/store"
)

// Erasure beats every stamp: the bodies of a household go from every table that has bodies,
// its key is destroyed, and its ids stay, so that nothing about it is ever taken in again,
// from whatever phone or backup it comes.

var errNotHousehold = errors.New("no such household")

// Erase erases a household and all records about it, and gives how many there were. It may be
// called again after a crash. The error is a Problem of NOT_YOURS where the id never was a
// household here.
func (r *Registry) Erase(ctx context.Context, household book.ID) (records int, err error) {
	err = r.store.Read(ctx, func(from store.Reader) error {
		row, err := from.Row(household)
		if err != nil {
			return err
		}
		gone, err := from.Erased(household)
		if err == nil && !gone && (row == nil || row.Kind != pb.Kind_KIND_HOUSEHOLD) {
			err = problem(pb.ProblemCode_PROBLEM_CODE_NOT_YOURS, errNotHousehold)
		}
		return err
	})
	if err != nil {
		return 0, asProblem(err)
	}
	err = r.store.Write(ctx, func(tx store.Tx) error {
		w, err := r.begin(tx)
		if err != nil {
			return err
		}
		ids, err := w.erase(household, nil)
		if err != nil {
			return err
		}
		records = len(ids)
		// The list is on disk before the database says the same: a backup of before can then
		// be brought to it.
		if err := r.keepGone(Gone{Households: map[book.ID][]book.ID{household: ids}}); err != nil {
			return err
		}
		return w.finish()
	})
	if err != nil {
		return 0, asProblem(err)
	}
	return records, asProblem(r.store.DestroyKeys(ctx, []book.ID{household}))
}

// erase takes a household out of every table. also are ids that went with it in another life
// of the database. It gives the ids of all that is erased now, the household's first.
func (w *writing) erase(household book.ID, also []book.ID) ([]book.ID, error) {
	unit, err := w.unitOfErased(household)
	if err != nil {
		return nil, err
	}
	h := book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: household}
	held, err := w.tx.HeldBy(h)
	if err != nil {
		return nil, err
	}
	about := map[book.ID]bool{household: true}
	for _, id := range slices.Concat(held, also) {
		about[id] = true
	}
	elsewhere := map[book.ID]*store.Unit{}
	// What one of them names, another may be about: until none grows any more.
	var desk []*store.Row
	for known := -1; known < len(about); {
		known = len(about)
		if desk, err = w.deskAbout(about); err != nil {
			return nil, err
		}
		if err := w.parkedAbout(about); err != nil {
			return nil, err
		}
		if err := w.workAbout(about); err != nil {
			return nil, err
		}
	}
	u, err := w.unit(unit)
	if err != nil {
		return nil, err
	}
	sum, err := w.tx.HolderSum(h)
	if err != nil {
		return nil, err
	}
	u.Sum.Digest -= sum.Digest
	u.Sum.Rows -= sum.Rows
	delete(w.sums, h)
	u.Seq++
	// What another life of the database erased with it may stand on a desk without saying why.
	known := map[book.ID]bool{}
	for _, id := range held {
		known[id] = true // sealed with the household's key, which may be gone
	}
	for _, r := range desk {
		known[r.ID] = true
	}
	for _, id := range also {
		if known[id] {
			continue
		}
		switch r, err := w.tx.Row(id); {
		case errors.Is(err, store.ErrKeyGone): // of another household that is erased
		case err != nil:
			return nil, err
		case r != nil:
			desk = append(desk, r)
		}
	}
	for _, r := range desk {
		if err := w.unsum(r); err != nil {
			return nil, err
		}
		about[r.ID] = true
		if r.Unit == unit {
			continue
		}
		// On another branch's desk: that branch hears of it in its own order.
		other, err := w.unit(r.Unit)
		if err != nil {
			return nil, err
		}
		other.Seq++
		elsewhere[r.ID] = other
	}
	ids := slices.SortedFunc(maps.Keys(about), func(a, b book.ID) int { return slices.Compare(a[:], b[:]) })
	for _, id := range ids {
		at := u
		if other := elsewhere[id]; other != nil {
			at = other
		}
		if err := w.tx.Erase(id, at.ID, at.Seq); err != nil {
			return nil, err
		}
		delete(w.world.records, id)
	}
	if err := w.tx.EraseHolder(h); err != nil {
		return nil, err
	}
	delete(w.world.houses, household)
	w.hasErased = true
	w.audit(serverDevice, "erase", h)
	i := slices.Index(ids, household)
	return slices.Concat([]book.ID{household}, ids[:i], ids[i+1:]), nil
}

// unitOfErased finds the partition in which a household is counted, or was.
func (w *writing) unitOfErased(household book.ID) (book.ID, error) {
	facts, ok, err := w.tx.Household(household)
	if err != nil || ok {
		return facts.Branch, err
	}
	// It never came to this database: any partition will do to tell phones of it; all hear.
	units, err := w.tx.Units()
	for _, u := range units {
		if u.ID == u.Commune {
			return u.ID, err
		}
	}
	return book.ID{}, errors.Join(err, errNoUnit)
}

// unsum takes a row out of the digests that count it.
func (w *writing) unsum(r *store.Row) error {
	s, err := open(r)
	if err != nil {
		return err
	}
	sum, err := w.sumOf(r.Holder, r.Unit)
	if err != nil {
		return err
	}
	u, err := w.unit(r.Unit)
	if err != nil {
		return err
	}
	hash := lww.RowHash(s.row)
	sum.Digest -= hash
	sum.Rows--
	u.Sum.Digest -= hash
	u.Sum.Rows--
	return nil
}

// deskAbout finds the suggestions and refused changes, on whatever desk, that are about any of these
// records, and adds the records that they would make: what waits on those goes too.
func (w *writing) deskAbout(about map[book.ID]bool) ([]*store.Row, error) {
	var waiting []*store.Row
	var patches []*pb.Patch
	all, err := w.tx.AllOnDesk()
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		p, err := waitingPatch(r)
		if err != nil {
			return nil, err
		}
		if p != nil {
			waiting, patches = append(waiting, r), append(patches, p)
		}
	}
	var out []*store.Row
	taken := map[book.ID]bool{}
	for again := true; again; {
		again = false
		for i, r := range waiting {
			if !taken[r.ID] && (about[r.Subject] || w.patchAbout(patches[i], about)) {
				taken[r.ID], again = true, true
				out = append(out, r)
			}
		}
	}
	return out, nil
}

// waitingPatch gives the change, or the envelope of the row, inside a desk's row; nil: it is
// another kind of row.
func waitingPatch(r *store.Row) (*pb.Patch, error) {
	s, err := open(r)
	if err != nil {
		return nil, err
	}
	p, err := patchInside(r.Kind, s.record.State.Body)
	if err == nil && p != nil && !s.record.Household.IsZero() {
		p.HeldBy = s.record.Household.Bytes()
	}
	return p, err
}

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
	p := &pb.Patch{Envelope: row.GetEnvelope()}
	if h := row.GetEnvelope().GetHolder(); h.GetKind() == pb.HolderKind_HOLDER_KIND_HOUSEHOLD {
		p.HeldBy = h.GetId()
	}
	return p
}

// offeredPatches gives what an offered row is about, and the change that waits in it where it
// is one of a desk.
func offeredPatches(row *pb.Row) []*pb.Patch {
	out := []*pb.Patch{ofRow(row)}
	if p, err := patchInside(row.GetEnvelope().GetKind(), row.GetBody()); err == nil && p != nil {
		out = append(out, p)
	}
	return out
}

// patchAbout tells whether a change is about any of these records, and if so adds its own. One
// that stands is not added: whatever a change says of it, it is its holder's.
func (w *writing) patchAbout(p *pb.Patch, about map[book.ID]bool) bool {
	for _, id := range namedBy(p) {
		if !about[id] {
			continue
		}
		if own, ok := book.IDFrom(p.GetEnvelope().GetId()); ok && !w.stands(own) {
			about[own] = true
		}
		return true
	}
	return false
}

// stands tells whether there is a row of an id, without opening it: its key may be gone.
func (w *writing) stands(id book.ID) bool {
	found, err := w.tx.Known([]book.ID{id}, serverDevice)
	if err != nil {
		w.world.fail(err)
	}
	return found[id]&store.KnownRow != 0
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

// parkedAbout adds the records of parked changes about any of these: they are erased with them.
// A parked change of a record that stands goes alone.
func (w *writing) parkedAbout(about map[book.ID]bool) error {
	if n, err := w.tx.ParkedCount(); n == 0 || err != nil {
		return err
	}
	all, err := w.tx.AllParked()
	if err != nil {
		return err
	}
	taken := make([]bool, len(all))
	for again := true; again; {
		again = false
		for i, p := range all {
			patch := &pb.Patch{}
			if taken[i] || about[p.Record] || proto.Unmarshal(p.Op, patch) != nil || !w.patchAbout(patch, about) {
				continue
			}
			taken[i], again = true, true
			if about[p.Record] {
				continue
			}
			if err := w.tx.Unpark(p.Device, p.Number); err != nil {
				return err
			}
		}
	}
	return nil
}

// workAbout takes changes about these records out of what revoked phones handed over.
func (w *writing) workAbout(about map[book.ID]bool) error {
	all, err := w.tx.AllWork()
	if err != nil {
		return err
	}
	for _, kept := range all {
		d, err := w.device(kept.Device)
		if err != nil {
			return err
		}
		if d == nil || kept.Waits == store.Unreadable {
			continue
		}
		number, work, err := w.r.openWork(w.tx, d.Number, kept.Sealed)
		if err != nil {
			return err
		}
		if work == nil {
			continue
		}
		changed := false
		for i, raw := range work.Ops {
			p := &pb.Patch{}
			if proto.Unmarshal(raw, p) == nil && w.patchAbout(p, about) {
				work.Ops[i], changed = nil, true // the place stays: numbers count on
			}
		}
		offers := len(work.Offers)
		work.Offers = slices.DeleteFunc(work.Offers, func(row *pb.Row) bool {
			gone := false
			for _, p := range offeredPatches(row) {
				gone = w.patchAbout(p, about) || gone
			}
			return gone
		})
		if !changed && len(work.Offers) == offers {
			continue
		}
		sealed, err := w.sealWork(number, work)
		if err != nil {
			return err
		}
		if err := w.tx.SetWork(kept.N, min(kept.Waits, piecesOf(work)), sealed); err != nil {
			return err
		}
	}
	return nil
}

// sealWork packs handed-over work again, as the phone had; nothing where nothing is left of it.
func (w *writing) sealWork(number uint32, work *pb.SyncRequest) ([]byte, error) {
	if len(work.GetOffers()) == 0 && !slices.ContainsFunc(work.GetOps(), func(op []byte) bool { return len(op) > 0 }) {
		return nil, nil
	}
	b, err := proto.Marshal(work)
	if err != nil {
		return nil, err
	}
	public, err := w.r.recovery.Public()
	if err != nil {
		return nil, err
	}
	return seal.SealWork(public, recoveryName(w.r.server, number), b)
}

// forgetErased takes changes about what was erased out of handed-over work, and rows that wait
// in it, before anything of it is kept. What hangs on one of them goes as well.
func (w *writing) forgetErased(work *pb.SyncRequest) (changed bool, err error) {
	if !w.hasErased {
		return false, nil
	}
	gone := map[book.ID]bool{}
	goes := func(p *pb.Patch) bool {
		about, aboutErr := w.aboutErased(p)
		if err = errors.Join(err, aboutErr); !about {
			return w.patchAbout(p, gone)
		}
		if id, ok := book.IDFrom(p.GetEnvelope().GetId()); ok && !w.stands(id) {
			gone[id] = true
		}
		return true
	}
	for known := -1; known < len(gone); {
		known = len(gone)
		for i, raw := range work.GetOps() {
			p := &pb.Patch{}
			if len(raw) > 0 && proto.Unmarshal(raw, p) == nil && goes(p) {
				work.Ops[i], changed = nil, true
			}
		}
		work.Offers = slices.DeleteFunc(work.Offers, func(row *pb.Row) bool {
			about := false
			for _, p := range offeredPatches(row) {
				about = goes(p) || about
			}
			changed = changed || about
			return about
		})
	}
	return changed, err
}

// isErased tells whether a change is about what was erased: the record itself, its subject,
// or its household.
func (w *writing) isErased(o *op) (bool, error) {
	gone, err := w.aboutErased(&o.patch)
	if gone || err != nil || !w.hasErased {
		return gone, err
	}
	if w.world.stored(o.id) != nil {
		return false, nil
	}
	// An edit of what was new and erased names nothing but itself; what is about it, nothing but it.
	subject, _ := book.IDFrom(o.patch.GetEnvelope().GetSubject())
	for _, id := range []book.ID{o.id, subject} {
		fate, err := w.tx.Fate(id, o.device.Number)
		if err != nil || fate != nil && fate.Result == pb.Result_RESULT_ERASED {
			return err == nil, err
		}
	}
	return false, nil
}

func (w *writing) aboutErased(p *pb.Patch) (bool, error) {
	if !w.hasErased {
		return false, nil
	}
	for _, id := range namedBy(p) {
		if w.unerased[id] {
			continue
		}
		if gone, err := w.tx.Erased(id); gone || err != nil {
			return gone, err
		}
	}
	return false, nil
}

// erasedAck answers a change about what was erased. What would hang on its record has the
// same fate.
func (w *writing) erasedAck(o *op) (*pb.Ack, error) {
	if o.patch.GetCreate() && !o.id.IsZero() {
		if err := w.putFate(o, pb.Result_RESULT_ERASED); err != nil {
			return nil, err
		}
		if err := w.unpark(o.id); err != nil {
			return nil, err
		}
	}
	return o.ack(pb.Result_RESULT_ERASED), nil
}

// finishErasures brings the database to the list beside it: after a restore, or a crash
// between the two. A database that knows of erasures without their list is not opened, since
// the next restore could not be trusted.
func (r *Registry) finishErasures(ctx context.Context) error {
	if r.dir == "" {
		return nil
	}
	// The database first: what another process erases in between is in the list already.
	var known []book.ID
	err := r.store.Read(ctx, func(from store.Reader) (err error) {
		known, err = from.ErasedIDs()
		return err
	})
	if err != nil {
		return err
	}
	g, err := r.gone()
	if err != nil {
		return &StartError{"Tệp erased.list trong thư mục dữ liệu bị hỏng. Chép lại tệp này từ bản sao lưu mới nhất rồi chạy lại; dữ liệu vẫn nguyên.", err}
	}
	listed := map[book.ID]bool{}
	for h, ids := range g.Households {
		listed[h] = true
		for _, id := range ids {
			listed[id] = true
		}
	}
	have := map[book.ID]bool{}
	for _, id := range known {
		have[id] = true
		if !listed[id] {
			return &StartError{"Thiếu tệp erased.list (hoặc tệp đã cũ) trong thư mục dữ liệu, nên máy chủ không biết những gì đã xóa hẳn. Chép lại tệp này từ bản sao lưu mới nhất rồi chạy lại; dữ liệu vẫn nguyên.", errGone}
		}
	}
	byID := func(a, b book.ID) int { return slices.Compare(a[:], b[:]) }
	households := slices.SortedFunc(maps.Keys(g.Households), byID)
	todo := slices.DeleteFunc(slices.Clone(households), func(h book.ID) bool {
		return have[h] && !slices.ContainsFunc(g.Households[h], func(id book.ID) bool { return !have[id] })
	})
	if len(todo) > 0 {
		err = r.store.Write(ctx, func(tx store.Tx) error {
			w, err := r.begin(tx)
			if err != nil {
				return err
			}
			for _, h := range todo {
				all, err := w.erase(h, g.Households[h])
				if err != nil {
					return err
				}
				if err := r.keepGone(Gone{Households: map[book.ID][]book.ID{h: all}}); err != nil {
					return err
				}
			}
			return w.finish()
		})
		if err != nil {
			return err
		}
	}
	if len(households) == 0 {
		return nil
	}
	return r.store.DestroyKeys(ctx, households)
}
