package registry

import (
	"context"
	"errors"
	"maps"
	"slices"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
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
	desk, err := w.takeWaiting(about)
	if err != nil {
		return nil, err
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
		if w.world.stored(id) != nil {
			continue
		}
		fate, err := w.fate(id, o.device.Number)
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
