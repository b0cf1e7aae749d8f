package store

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// erased removes what the server destroyed; the id of a household stands for all that it
// holds, and its key goes first.
func (w *writer) erased(named [][]byte) {
	ids := map[book.ID]bool{}
	for _, b := range named {
		if id, ok := book.IDFrom(b); ok && !id.IsZero() {
			ids[id] = true
		}
	}
	if len(ids) > 0 {
		w.erase(ids)
	}
}

// erase removes every body of records and about them: rows, drafts, changes, offers. Changes
// that were sent and not answered stay until they are: other bytes under their numbers would
// look like a copied phone.
func (w *writer) erase(ids map[book.ID]bool) {
	for id := range ids {
		sc := scope{What: "household", ID: id}
		if _, ok := w.s.keys[sc]; ok {
			w.dropScopes[sc] = true
		}
	}
	about := func(h book.Holder, named ...book.ID) bool {
		return h.Kind == pb.HolderKind_HOLDER_KIND_HOUSEHOLD && ids[h.ID] ||
			slices.ContainsFunc(named, func(id book.ID) bool { return ids[id] })
	}
	went := map[book.ID]bool{}
	w.rows.each(func(id book.ID, r *row) bool {
		if about(r.rec.Holder, id, r.rec.Subject, r.rec.Household) {
			went[id] = true
			w.dropRow(id)
		}
		return true
	})
	for _, d := range slices.Clone(w.drafts) {
		if went[d.ID] || about(d.Holder, named(d.ID, d.Patch.GetEnvelope())...) {
			w.dropDraft(d.ID)
		}
	}
	for _, o := range slices.Clone(w.ops) {
		if went[o.Record] || about(o.Holder, named(o.Record, o.envelope())...) {
			w.eraseOp(o)
		}
	}
}

func named(record book.ID, env *pb.Envelope) []book.ID {
	subject, _ := book.IDFrom(env.GetSubject())
	household, _ := book.IDFrom(env.GetHousehold())
	return []book.ID{record, subject, household}
}

func (o *Op) envelope() *pb.Envelope {
	if o.State != Offering {
		return o.patch.GetEnvelope()
	}
	r := new(pb.Row)
	if proto.Unmarshal(o.Bytes, r) != nil {
		return nil
	}
	return r.GetEnvelope()
}

func (w *writer) eraseOp(o *Op) {
	switch o.State {
	case Erased:
	case Waiting, Offering:
		w.dropOp(o.Key)
	case Sending:
		c := *o
		c.Gone, c.Holder = true, book.Holder{} // its household's key goes
		w.putOp(&c)
	default:
		w.blank(o)
	}
}
