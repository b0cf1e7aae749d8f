package notebook

import (
	"context"
	"slices"
	"time"

	"sodanvan/app/store"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/viet"
)

// ReviewGroup is what waits for a verdict of this user, of one member's households.
type ReviewGroup struct {
	Member ID     `json:"member"`
	Name   string `json:"name"`
	// Months are the visits, confirmed by month in one gesture.
	Months []VisitMonth `json:"months"`
	// Items are looked at one by one: petitions, contact edits, contributions.
	Items []ReviewItem `json:"items"`
}

// VisitMonth is the visits of one member in one month that wait.
type VisitMonth struct {
	Year   int          `json:"year"`
	Month  int          `json:"month"`
	Visits []ReviewItem `json:"visits"`
}

// ReviewItem is one record that waits for a verdict.
type ReviewItem struct {
	ID        ID     `json:"id"`
	Kind      Term   `json:"kind"`
	Household ID     `json:"household"`
	Of        string `json:"of"`
	Title     string `json:"title"`
	Day       Day    `json:"day,omitempty"`
	// By are those who last wrote a reviewed field.
	By []string `json:"by"`
	// Fields are what the reviewer reads; Changed marks what is new since the last verdict.
	Fields  []FieldLine `json:"fields"`
	Receipt Receipt     `json:"receipt"`
}

// ReviewQueue gives what waits for a verdict that this user may give, by member; empty for
// a member without office. What they wrote themselves is not in it: it waits for the other
// of secretary and deputy.
func (n *Notebook) ReviewQueue() []ReviewGroup {
	v := n.view()
	out := []ReviewGroup{}
	if !v.atDesk() {
		return out
	}
	groups := map[ID]*ReviewGroup{}
	for _, kind := range []pb.Kind{pb.Kind_KIND_HOUSEHOLD, pb.Kind_KIND_VISIT, pb.Kind_KIND_PETITION, pb.Kind_KIND_CONTRIBUTION} {
		for r := range v.Kind(kind) {
			if !v.waits(r) {
				continue
			}
			member := v.memberOf(r)
			g := groups[member]
			if g == nil {
				g = &ReviewGroup{Member: member, Name: v.memberName(book.ID(member)), Months: []VisitMonth{}, Items: []ReviewItem{}}
				if member.IsZero() {
					g.Name = words.NobodyAssigned
				}
				groups[member] = g
			}
			item := v.reviewItem(r)
			if kind == pb.Kind_KIND_VISIT {
				g.month(item)
			} else {
				g.Items = append(g.Items, item)
			}
		}
	}
	for _, g := range groups {
		slices.SortFunc(g.Months, func(a, b VisitMonth) int { return (a.Year-b.Year)*12 + a.Month - b.Month })
		for _, m := range g.Months {
			oldestFirst(m.Visits)
		}
		oldestFirst(g.Items)
		out = append(out, *g)
	}
	sortByName(out, func(g ReviewGroup) (string, ID) { return g.Name, g.Member })
	return out
}

func oldestFirst(xs []ReviewItem) {
	newestFirst(xs, func(i ReviewItem) (Day, ID) { return i.Day, i.ID })
	slices.Reverse(xs)
}

func (g *ReviewGroup) month(item ReviewItem) {
	d := viet.FromDays(int(item.Day))
	for i := range g.Months {
		if g.Months[i].Year == d.Year && g.Months[i].Month == d.Month {
			g.Months[i].Visits = append(g.Months[i].Visits, item)
			return
		}
	}
	g.Months = append(g.Months, VisitMonth{Year: d.Year, Month: d.Month, Visits: []ReviewItem{item}})
}

// waits tells whether a record waits for a verdict that this user may give. A deleted one
// does not: nothing of it counts.
func (v *view) waits(r store.Record) bool {
	if len(r.Own) > 0 || r.New || deleted(r.Record) {
		return false
	}
	status, _, _ := book.StatusOf(r.Record, world{v}.About(r.ID, pb.Kind_KIND_REVIEW), world{v})
	if status != book.Stored && status != book.WaitingAgain {
		return false
	}
	return book.MayReview(v.me, r.Record, lww.Digest(r.State.Body), world{v}) == nil
}

// memberOf gives the member whose work a record is: for whom it was written, else who looks
// after the household.
func (v *view) memberOf(r store.Record) ID {
	if m, ok := body(r.Record).(interface{ GetOnBehalfOf() []byte }); ok && len(m.GetOnBehalfOf()) > 0 {
		return idFrom(m.GetOnBehalfOf())
	}
	if r.Kind != pb.Kind_KIND_HOUSEHOLD && !r.Author.IsZero() {
		return ID(r.Author)
	}
	h, _ := world{v}.Household(r.Holder.ID)
	return ID(h.Member)
}

func (v *view) reviewItem(r store.Record) ReviewItem {
	item := ReviewItem{
		ID: ID(r.ID), Kind: kindTerm(r.Kind),
		Household: ID(r.Holder.ID), Of: v.nameOf(r.Holder.ID.Bytes()), Title: v.title(r.Record), Receipt: v.receipt(r),
	}
	if m, ok := body(r.Record).(interface{ GetDay() int32 }); ok {
		item.Day = Day(m.GetDay())
	}
	for _, w := range book.LastWriters(r.Record, world{v}) {
		item.By = append(item.By, v.memberName(w))
	}
	var since lww.Version
	for _, review := range (world{v}).About(r.ID, pb.Kind_KIND_REVIEW) {
		if review.State.Created.Compare(since) > 0 {
			since = review.State.Created
		}
	}
	if r.Kind == pb.Kind_KIND_HOUSEHOLD && since.IsZero() {
		// The branch's own list had no verdict: what the member changed in it is new.
		since = r.State.Created
	}
	for _, f := range v.fieldLines(r.Kind, r.State, since) {
		// What the desk itself keeps (100 and up) is not under review.
		if f.Field <= lww.LastReviewed {
			item.Fields = append(item.Fields, f)
		}
	}
	return item
}

// Approve gives the verdict "approved" on the version of a record that this phone shows.
func (n *Notebook) Approve(ctx context.Context, id ID) (Saved, error) {
	return n.review(ctx, id, pb.Verdict_VERDICT_APPROVED, "")
}

// Return gives a record back to its writer, with the reason that they will read.
func (n *Notebook) Return(ctx context.Context, id ID, reason string) (Saved, error) {
	if text(reason) == nil {
		return Saved{}, ErrReasonNeeded
	}
	return n.review(ctx, id, pb.Verdict_VERDICT_RETURNED, reason)
}

func (n *Notebook) review(ctx context.Context, id ID, verdict pb.Verdict, reason string) (Saved, error) {
	_, err := n.put(ctx, func(v *view) (change, error) { return n.verdict(v, id, verdict, reason) })
	if err != nil {
		return Saved{}, err
	}
	return saved(book.ID(id)), nil
}

func (n *Notebook) verdict(v *view, id ID, verdict pb.Verdict, reason string) (change, error) {
	r, ok := v.Record(book.ID(id))
	if !ok {
		return change{}, ErrNotYours
	}
	if len(r.Own) > 0 || r.New {
		return change{}, ErrNotYetStored
	}
	digest := lww.Digest(r.State.Body)
	m := &pb.Review{Digest: digest[:], Verdict: verdict.Enum(), Reason: text(reason)}
	return making(pb.Kind_KIND_REVIEW, n.newID(), r.ID, book.ID{}, m)
}

// ApproveVisits confirms the visits of one member in one month that wait, in one gesture:
// still one Review each. It gives how many; ErrNothingToApprove for none.
func (n *Notebook) ApproveVisits(ctx context.Context, member ID, year int, month time.Month) (int, error) {
	n.write.Lock()
	defer n.write.Unlock()
	v := n.view()
	var writes []store.Write
	for r := range v.Kind(pb.Kind_KIND_VISIT) {
		d := viet.FromDays(int(decode[pb.Visit](r.State).GetDay()))
		if d.Year != year || d.Month != int(month) || v.memberOf(r) != member || !v.waits(r) {
			continue
		}
		c, err := n.verdict(v, ID(r.ID), pb.Verdict_VERDICT_APPROVED, "")
		if err != nil {
			return 0, err
		}
		w, err := v.check(c)
		if err != nil {
			return 0, err
		}
		writes = append(writes, w)
	}
	if len(writes) == 0 {
		return 0, ErrNothingToApprove
	}
	n.apart()
	if _, err := n.store.AddOps(ctx, writes...); err != nil {
		return 0, err
	}
	return len(writes), nil
}
