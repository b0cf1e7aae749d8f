package notebook

import (
	"bytes"
	"cmp"
	"slices"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// DueVisit is a household that was told "we come again on this day", today or earlier.
type DueVisit struct {
	Household ID     `json:"household"`
	Title     string `json:"title"`
	Address   string `json:"address"`
	// Day is the day that was agreed, Days how many days it is past: 0 is today.
	Day  Day   `json:"day"`
	Days int32 `json:"days"`
}

// Due gives the visits that were agreed for today and those that are overdue, of the
// households that the user looks after or writes for, the longest overdue first.
//
// One for today is done once somebody met the household today. One that is past is overdue
// only as long as nobody met the household after it was agreed, and no later day was agreed:
// who came a day early is not reminded for ever.
func (n *Notebook) Due() []DueVisit {
	v := n.view()
	out := []DueVisit{}
	for _, l := range n.listing(v).lines {
		if l.Leaving || !v.looksAfter(book.ID(l.ID)) {
			continue
		}
		if day := v.due(book.ID(l.ID)); day != 0 {
			out = append(out, DueVisit{Household: l.ID, Title: l.Title, Address: l.Address, Day: day, Days: v.today - int32(day)})
		}
	}
	slices.SortStableFunc(out, func(a, b DueVisit) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), bytes.Compare(a.Household[:], b.Household[:]))
	})
	return out
}

// due gives the day that was agreed with a household and is due; none if nothing is.
func (v *view) due(household book.ID) Day {
	var visits []*pb.Visit
	var lastMet, lastAgreed int32
	today := false
	for r := range v.About(household, pb.Kind_KIND_VISIT) {
		m := decode[pb.Visit](r.State)
		if m.GetDeleted() {
			continue
		}
		visits = append(visits, m)
		if met(m.GetContact()) {
			lastMet = max(lastMet, m.GetDay())
		}
		lastAgreed = max(lastAgreed, m.GetFollowUpDay())
		today = today || m.GetFollowUpDay() == v.today
	}
	switch {
	case today && lastMet < v.today:
		return Day(v.today)
	case lastAgreed == 0 || lastAgreed >= v.today:
		return 0
	}
	for _, m := range visits {
		if m.GetFollowUpDay() == lastAgreed && lastMet <= m.GetDay() {
			return Day(lastAgreed)
		}
	}
	return 0
}
