package notebook

import (
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// NoticeHousehold is one of the user's own households, and whether a notice was told to it.
type NoticeHousehold struct {
	ID      ID     `json:"id"`
	Title   string `json:"title"`
	Address string `json:"address"`
	// Told is the day on which it was told; none: not yet.
	Told Day `json:"told,omitempty"`
	// Receipt is what TakeBackReceipt takes: the user's own where there are several.
	Receipt ID `json:"receipt"`
}

// NoticeHouseholds gives the user's own households, in walking order, with what was told to
// them of a notice.
func (n *Notebook) NoticeHouseholds(notice ID) []NoticeHousehold {
	v := n.view()
	told := map[ID]book.Record{}
	for _, r := range v.receipts(book.ID(notice)) {
		if r.Household.IsZero() {
			continue
		}
		if known, ok := told[ID(r.Household)]; !ok || known.Author != v.me.Member {
			told[ID(r.Household)] = r
		}
	}
	own := []HouseholdLine{}
	for _, l := range n.listing(v).lines {
		if l.Member == ID(v.me.Member) {
			own = append(own, l.HouseholdLine)
		}
	}
	byPlace(own, func(l HouseholdLine) int32 { return l.Position })
	out := []NoticeHousehold{}
	for _, l := range own {
		h := NoticeHousehold{ID: l.ID, Title: l.Title, Address: l.Address}
		if r, ok := told[l.ID]; ok {
			h.Receipt, h.Told = ID(r.ID), Day(decode[pb.Receipt](r.State).GetDay())
		}
		out = append(out, h)
	}
	return out
}
