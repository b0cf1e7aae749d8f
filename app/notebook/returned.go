package notebook

import (
	"slices"

	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// ReturnedItem is a record that secretary or deputy gave back and that this user can mend.
type ReturnedItem struct {
	ID        ID     `json:"id"`
	Kind      Term   `json:"kind"`
	Household ID     `json:"household"`
	Of        string `json:"of"`
	Title     string `json:"title"`
	// Day is that of the record; none for a household's page.
	Day Day `json:"day,omitempty"`
	// Receipt has the reason, in words and alone.
	Receipt Receipt `json:"receipt"`
}

// Returned gives the records that were given back and not edited since, oldest first: those
// that this user wrote, and those of the households that the user looks after or writes for.
// It is read off the verdicts, so it costs little where few were given back.
func (n *Notebook) Returned() []ReturnedItem {
	v := n.view()
	out := []ReturnedItem{}
	seen := map[book.ID]bool{}
	for review := range v.Kind(pb.Kind_KIND_REVIEW) {
		if seen[review.Subject] || decode[pb.Review](review.State).GetVerdict() != pb.Verdict_VERDICT_RETURNED {
			continue
		}
		seen[review.Subject] = true
		if r, ok := v.Record(review.Subject); ok && v.toMend(r) {
			out = append(out, v.returnedItem(r))
		}
	}
	newestFirst(out, func(i ReturnedItem) (Day, ID) { return i.Day, i.ID })
	slices.Reverse(out)
	return out
}

// toMend tells whether a record stands returned and this user is who mends it. A household
// that was handed over takes no more work from here.
func (v *view) toMend(r store.Record) bool {
	return (r.Author == v.me.Member || v.looksAfter(r.Holder.ID)) && !v.Leaving(r.Holder) && !deleted(r.Record) &&
		v.receipt(r).State == StateReturned
}

func (v *view) returnedItem(r store.Record) ReturnedItem {
	m := body(r.Record)
	item := ReturnedItem{
		ID: ID(r.ID), Kind: kindTerm(r.Kind), Household: ID(r.Holder.ID), Of: v.nameOf(r.Holder.ID.Bytes()),
		Title: v.titleOf(r.Record, m), Receipt: v.receipt(r),
	}
	if m, ok := m.(interface{ GetDay() int32 }); ok {
		item.Day = Day(m.GetDay())
	}
	return item
}

// looksAfter tells whether a household is this user's own, or of a member for whom they write.
func (v *view) looksAfter(household book.ID) bool {
	h, ok := world{v}.Household(household)
	if !ok || h.Member.IsZero() {
		return false
	}
	if h.Member == v.me.Member {
		return true
	}
	m, ok := world{v}.Member(h.Member)
	return ok && slices.Contains(m.Proxies, v.me.Member)
}
