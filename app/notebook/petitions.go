package notebook

import (
	"bytes"
	"cmp"
	"slices"

	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// PetitionItem is one petition with the household whose words it is.
type PetitionItem struct {
	PetitionLine
	Household ID `json:"household"`
	// Of is "Hộ ông Nguyễn Văn Đạt".
	Of string `json:"of"`
	// Owed is the day by which the authority must answer, as long as it has not.
	Owed Day `json:"owed,omitempty"`
	// Title is the number with the beginning of the text, for a list.
	Title string `json:"title"`
}

// Petitions lists all petitions that this phone holds: the open ones first, by the day by
// which an answer is owed, those without such a day after them, the oldest first; then the
// closed ones, the newest first.
func (n *Notebook) Petitions() []PetitionItem {
	v := n.view()
	out := []PetitionItem{}
	for r := range v.Kind(pb.Kind_KIND_PETITION) {
		m := decode[pb.Petition](r.State)
		if !m.GetDeleted() {
			out = append(out, v.petitionItem(r, m))
		}
	}
	slices.SortFunc(out, func(a, b PetitionItem) int {
		switch {
		case a.Closed != b.Closed:
			if a.Closed {
				return 1
			}
			return -1
		case a.Closed:
			return cmp.Or(cmp.Compare(b.Day, a.Day), bytes.Compare(b.ID[:], a.ID[:]))
		}
		// No day is 0 and, less one, greater than every day.
		return cmp.Or(cmp.Compare(uint32(a.Owed)-1, uint32(b.Owed)-1), cmp.Compare(a.Day, b.Day), bytes.Compare(a.ID[:], b.ID[:]))
	})
	return out
}

func (v *view) petitionItem(r store.Record, m *pb.Petition) PetitionItem {
	p := PetitionItem{
		PetitionLine: v.petitionLine(r, m), Household: ID(r.Subject), Of: v.nameOf(r.Subject.Bytes()), Title: v.titleOf(r.Record, m),
	}
	if p.Standing == term(pb.StepKind_STEP_KIND_FORWARDED) {
		p.Owed = p.Due
	}
	return p
}

// PetitionPage is the page of one petition with what this user may do with it.
type PetitionPage struct {
	PetitionItem
	// Next are the sorts of step that may follow now; see NextSteps.
	Next []Term `json:"next"`
	// MayEdit: it has not gone up, and this user writes for the household.
	MayEdit bool `json:"may_edit"`
	// Keep and Forward are the household's standing answers for the two purposes.
	Keep    book.ConsentState `json:"-"`
	Forward book.ConsentState `json:"-"`
	// Assigned is the household's member where that is not this user; AssignedID their id.
	Assigned   string `json:"assigned,omitempty"`
	AssignedID ID     `json:"assigned_id"`
}

// Petition gives the page of a petition; ErrNotYours where it is not here or was deleted.
func (n *Notebook) Petition(id ID) (PetitionPage, error) {
	v := n.view()
	r, ok := v.Record(book.ID(id))
	m := decode[pb.Petition](r.State)
	if !ok || r.Kind != pb.Kind_KIND_PETITION || m.GetDeleted() {
		return PetitionPage{}, ErrNotYours
	}
	states := v.consents(r.Subject)
	p := PetitionPage{
		PetitionItem: v.petitionItem(r, m), Next: n.NextSteps(id), MayEdit: v.mayEdit(r.ID),
		Keep: states[pb.Purpose_PURPOSE_KEEP], Forward: states[pb.Purpose_PURPOSE_FORWARD],
	}
	if member := v.onBehalf(r.Subject); member != nil {
		p.AssignedID = idFrom(member)
		p.Assigned = v.memberName(book.ID(p.AssignedID))
	}
	return p, nil
}
