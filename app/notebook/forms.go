package notebook

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

// WrittenEdit gives what stands in a visit or petition, as the edit that sets all of it, for
// the fields of its form; ErrNotYours where it is not here or was deleted.
func (n *Notebook) WrittenEdit(record ID) (Edit, error) {
	r, ok := n.view().Record(book.ID(record))
	if !ok || deleted(r.Record) {
		return nil, ErrNotYours
	}
	return wholeEdit(body(r.Record))
}

// RefusedEdit is WrittenEdit of a refused record as its refused changes would have made it,
// for the form of Mend. field is the number of the field that the refusal names, 0: the
// record as a whole. ErrGone: nothing to mend.
func (n *Notebook) RefusedEdit(record ID) (e Edit, field uint32, err error) {
	v := n.view()
	ops, ok := v.refusedOf(record)
	if !ok {
		return nil, 0, ErrGone
	}
	after, err := v.wanted(ops)
	if err != nil {
		return nil, 0, err
	}
	if refusal := book.RefusalFrom(ops[0].Refusal); refusal != nil {
		field = refusal.Field
	}
	e, err = wholeEdit(body(after))
	return e, field, err
}

// wholeEdit gives the edit that sets every field that it knows of.
func wholeEdit(m proto.Message) (Edit, error) {
	switch m := m.(type) {
	case *pb.Visit:
		on, contact, note, next := Day(m.GetDay()), m.GetContact(), m.GetNote(), Day(m.GetFollowUpDay())
		topics := []ID{}
		for _, t := range m.GetTopics() {
			topics = append(topics, idFrom(t))
		}
		return VisitEdit{Day: &on, Contact: &contact, Topics: &topics, Note: &note, FollowUp: &next}, nil
	case *pb.Petition:
		on, text, matter, named := Day(m.GetDay()), m.GetText(), idFrom(m.GetMatter()), m.GetWithName()
		return PetitionEdit{Day: &on, Text: &text, Matter: &matter, WithName: &named}, nil
	}
	return nil, ErrNotYours
}

// MayEdit tells whether this user may change a record that is here, as far as the rules of
// who writes what go: whether to show a form or a page to read. A petition that went up is
// closed.
func (n *Notebook) MayEdit(record ID) bool { return n.view().mayEdit(book.ID(record)) }

func (v *view) mayEdit(record book.ID) bool {
	r, ok := v.Record(record)
	if !ok || deleted(r.Record) {
		return false
	}
	if r.Kind == pb.Kind_KIND_PETITION && !v.standing(r.ID).SentUp.IsZero() {
		return false
	}
	return book.MayWrite(v.me, r.Record, false, []uint32{1}, nil, world{v}) == nil
}

// Asked is what a form asks first of a household: whether it agreed, and for whom a proxy
// writes.
type Asked struct {
	// Title is "Hộ ông Nguyễn Văn Đạt".
	Title string
	// Keep and Forward are the standing answers for the two purposes.
	Keep, Forward book.ConsentState
	// For is the household's member where it is not the one who writes.
	For string
}

// Asked gives that for a household; ErrNotYours where it is not here.
func (n *Notebook) Asked(household ID) (Asked, error) {
	v := n.view()
	id := book.ID(household)
	r, ok := v.Record(id)
	if !ok || r.Kind != pb.Kind_KIND_HOUSEHOLD || deleted(r.Record) {
		return Asked{}, ErrNotYours
	}
	states := v.consents(id)
	a := Asked{Title: v.title(r.Record), Keep: states[pb.Purpose_PURPOSE_KEEP], Forward: states[pb.Purpose_PURPOSE_FORWARD]}
	if m := v.onBehalf(id); m != nil {
		a.For = v.memberName(book.ID(idFrom(m)))
	}
	return a, nil
}

// DraftEdit is WrittenEdit of a half-written form: the record, if there is one, with what
// was typed over it. ErrGone: no such draft.
func (n *Notebook) DraftEdit(id ID) (Edit, error) {
	v := n.view()
	for _, d := range v.Snapshot.Drafts() {
		if d.ID != book.ID(id) {
			continue
		}
		r := book.Record{Kind: d.Kind, ID: d.ID}
		if known, ok := v.Record(d.ID); ok {
			r = known.Record
		}
		if d.Patch != nil {
			version := lww.Version{Stamp: r.State.Max().Stamp.Next(), Device: v.me.Device}
			state, _, err := lww.Merge(r.State, lww.FromPatch(d.Patch, version))
			if err != nil {
				return nil, fmt.Errorf("merge draft of %s: %w", d.Kind, err)
			}
			r.State = state
		}
		return wholeEdit(body(r))
	}
	return nil, ErrGone
}
