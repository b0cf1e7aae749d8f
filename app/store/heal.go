package store

import (
	"slices"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// heal sets right what differs from the server's listings: the server's row wins. What is
// not listed or is not the same goes, and where something is missing the holder is fetched
// again. Own changes that are not in the server's rows stay.
func (w *writer) heal(d Delta, out *Applied) {
	for _, l := range d.Listings {
		h := book.HolderFrom(l.GetHolder())
		if i := slices.IndexFunc(w.state.Grants, func(g Grant) bool { return g.Holder == h }); i >= 0 && whole(l, d.Digests) {
			w.healOne(w.state.Grants[i], l)
			out.Healed = append(out.Healed, h)
		}
	}
}

// whole tells that a listing is all that the server holds, where the same reply has its
// digest: rows go by it.
func whole(l *pb.Listing, digests []*pb.HolderDigest) bool {
	h := book.HolderFrom(l.GetHolder())
	for _, g := range digests {
		if book.HolderFrom(g.GetHolder()) != h {
			continue
		}
		sum := uint64(0)
		for _, r := range l.GetRows() {
			sum += r.GetHash()
		}
		return sum == g.GetDigest() && uint64(len(l.GetRows())) == g.GetRows()
	}
	return true
}

func (w *writer) healOne(g Grant, l *pb.Listing) {
	lacks := make(map[book.ID]uint64, len(l.GetRows()))
	for _, r := range l.GetRows() {
		if id, ok := book.IDFrom(r.GetId()); ok {
			lacks[id] = r.GetHash()
		}
	}
	w.rows.each(func(id book.ID, r *row) bool {
		if r.rec.Holder != g.Holder && wholeBranch(r.rec.Unit) != g.Holder {
			return true
		}
		if hash, ok := lacks[id]; ok && hash == r.hash {
			delete(lacks, id)
		} else {
			w.dropRow(id)
		}
		return true
	})
	st := w.st()
	st.Differs = slices.DeleteFunc(slices.Clone(st.Differs), func(h book.Holder) bool { return h == g.Holder })
	if len(lacks) == 0 {
		return
	}
	upto := st.Cursor(st.unitOf(g.Holder))
	st.Grants = slices.DeleteFunc(slices.Clone(st.Grants), func(x Grant) bool { return x == g })
	st.Fillings = append(slices.Clone(st.Fillings), Filling{Grant: g, Upto: upto, Below: upto + 1})
	slices.SortFunc(st.Fillings, func(a, b Filling) int { return compareGrants(a.Grant, b.Grant) })
}

// dropDamaged lets go of rows that do not open, once all that the server has is here without them.
func (w *writer) dropDamaged() {
	for _, local := range w.damaged {
		w.dropRows[local] = true
	}
	w.damaged = nil
}
