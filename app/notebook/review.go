package notebook

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

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
	// Version is what ApproveSeen and the like compare: it changes with any field that is
	// under review, and with no other.
	Version Version `json:"-"`
}

// Version names what stood in a record when it was shown, as a verdict does.
type Version [16]byte

// ReviewQueue gives what waits for a verdict that this user may give, by member; empty for
// a member without office. What they wrote themselves is not in it: it waits for the other
// of secretary and deputy. Lists inside of items are shared between calls: do not write to them.
func (n *Notebook) ReviewQueue() []ReviewGroup {
	v := n.view()
	out := []ReviewGroup{}
	groups := map[ID][]*queuedItem{}
	for _, h := range n.queued(v, true).households {
		for i := range h.items {
			groups[h.items[i].member] = append(groups[h.items[i].member], &h.items[i])
		}
	}
	for member, items := range groups {
		g := ReviewGroup{Member: member, Name: v.memberName(book.ID(member)), Months: []VisitMonth{}, Items: []ReviewItem{}}
		if member.IsZero() {
			g.Name = words.NobodyAssigned
		}
		// Oldest first, so that months and what is in them come in their order.
		slices.SortFunc(items, func(a, b *queuedItem) int {
			return cmp.Or(cmp.Compare(a.Day, b.Day), bytes.Compare(a.ID[:], b.ID[:]))
		})
		g.fill(items)
		out = append(out, g)
	}
	sortByName(out, func(g ReviewGroup) (string, ID) { return g.Name, g.Member })
	return out
}

// Waiting is how many records wait for a verdict of this user: those of ReviewQueue, without
// its texts.
func (n *Notebook) Waiting() int {
	count := 0
	for _, h := range n.queued(n.view(), false).households {
		count += len(h.waiting)
	}
	return count
}

// queue is what waits for a verdict of this user in one snapshot, by household.
type queue struct {
	snapshot *store.Snapshot
	// others is the edition of members, lists and all else that items are judged and named by.
	others     uint64
	households map[book.Holder]queuedHousehold
}

// queuedHousehold is what waits of one household at one edition of its records. items has the
// texts, in the order of waiting, once somebody asked for them.
type queuedHousehold struct {
	edition uint64
	waiting []queuedRecord
	items   []queuedItem
}

type queuedRecord struct {
	id     book.ID
	status book.Status
}

type queuedItem struct {
	ReviewItem
	member ID
	visit  bool
	// year and month are those of Day.
	year, month int
}

// queued gives what waits, with texts or without: only households whose records changed since
// the last time are looked through again.
func (n *Notebook) queued(v *view, texts bool) *queue {
	q := &queue{snapshot: v.Snapshot, others: v.Edition(book.Holder{})}
	if !v.atDesk() {
		return q
	}
	before := n.queue.Load()
	if before == nil || before.others != q.others {
		before = new(queue)
	}
	if before.snapshot == v.Snapshot && !texts {
		return before
	}
	q.households = make(map[book.Holder]queuedHousehold, len(before.households))
	for holder := range v.Holders() {
		edition := v.Edition(holder)
		h, ok := before.households[holder]
		if !ok || h.edition != edition {
			h = queuedHousehold{edition: edition}
			for r := range v.Held(holder) {
				if info, _ := book.KindInfo(r.Kind); !info.Reviewed {
					continue
				}
				if status, ok := v.waits(r); ok {
					h.waiting = append(h.waiting, queuedRecord{r.ID, status})
				}
			}
		}
		if texts && h.items == nil && len(h.waiting) > 0 {
			h.items = make([]queuedItem, len(h.waiting))
			of := v.nameOf(holder.ID.Bytes())
			facts, _ := world{v}.Household(holder.ID)
			for i, w := range h.waiting {
				r, _ := v.Record(w.id)
				h.items[i] = v.queuedItem(r, w.status, of, ID(facts.Member))
			}
		}
		q.households[holder] = h
	}
	n.queue.Store(q)
	return q
}

// fill puts items that are sorted by day into a group, visits by month.
func (g *ReviewGroup) fill(items []*queuedItem) {
	var visits []*queuedItem
	for _, item := range items {
		if item.visit {
			visits = append(visits, item)
		} else {
			g.Items = append(g.Items, item.ReviewItem)
		}
	}
	for len(visits) > 0 {
		m := VisitMonth{Year: visits[0].year, Month: visits[0].month}
		end := slices.IndexFunc(visits, func(i *queuedItem) bool { return i.year != m.Year || i.month != m.Month })
		if end < 0 {
			end = len(visits)
		}
		m.Visits = make([]ReviewItem, end)
		for i, item := range visits[:end] {
			m.Visits[i] = item.ReviewItem
		}
		g.Months = append(g.Months, m)
		visits = visits[end:]
	}
}

// waits tells whether a record waits for a verdict that this user may give, and how it
// stands. A deleted one does not: nothing of it counts.
func (v *view) waits(r store.Record) (book.Status, bool) {
	if len(r.Own) > 0 || r.New || deleted(r.Record) {
		return 0, false
	}
	status, _, _ := book.StatusOf(r.Record, world{v}.About(r.ID, pb.Kind_KIND_REVIEW), world{v})
	if status != book.Stored && status != book.WaitingAgain {
		return status, false
	}
	return status, book.MayReview(v.me, r.Record, lww.Digest(r.State.Body), world{v}) == nil
}

// memberOf gives the member whose work a record is: for whom it was written, else who looks
// after the household.
func (v *view) memberOf(r store.Record) ID {
	h, _ := world{v}.Household(r.Holder.ID)
	return workOf(r, body(r.Record), ID(h.Member))
}

// workOf is memberOf of a record whose body and household's member are known.
func workOf(r store.Record, body proto.Message, household ID) ID {
	if m, ok := body.(interface{ GetOnBehalfOf() []byte }); ok && len(m.GetOnBehalfOf()) > 0 {
		return idFrom(m.GetOnBehalfOf())
	}
	if r.Kind != pb.Kind_KIND_HOUSEHOLD && !r.Author.IsZero() {
		return ID(r.Author)
	}
	return household
}

// queuedItem puts a record that waits into words; of is the household's title, assigned its
// member.
func (v *view) queuedItem(r store.Record, status book.Status, of string, assigned ID) queuedItem {
	body, whole := wholeBody(r.Record)
	item := queuedItem{member: workOf(r, body, assigned), visit: r.Kind == pb.Kind_KIND_VISIT, ReviewItem: ReviewItem{
		ID: ID(r.ID), Kind: kindTerm(r.Kind),
		Household: ID(r.Holder.ID), Of: of, Title: v.titleOf(r.Record, body), Receipt: v.unreviewed(r.ID, status),
		Version: lww.Digest(r.State.Body),
	}}
	if m, ok := body.(interface{ GetDay() int32 }); ok {
		item.Day = Day(m.GetDay())
	}
	d := viet.FromDays(int(item.Day))
	item.year, item.month = d.Year, d.Month
	for _, w := range book.LastWriters(r.Record, world{v}) {
		item.By = append(item.By, v.memberName(w))
	}
	var since lww.Version
	for review := range v.About(r.ID, pb.Kind_KIND_REVIEW) {
		if created := placed(review).State.Created; created.Compare(since) > 0 {
			since = created
		}
	}
	if r.Kind == pb.Kind_KIND_HOUSEHOLD && since.IsZero() {
		// The branch's own list had no verdict: what the member changed in it is new.
		since = r.State.Created
	}
	if !whole {
		body = nil
	}
	for _, f := range v.linesOf(r.Kind, r.State, since, body) {
		// What the desk itself keeps (100 and up) is not under review.
		if f.Field <= lww.LastReviewed {
			item.Fields = append(item.Fields, f)
		}
	}
	return item
}

// Approve gives the verdict "approved" on whatever stands in a record now, for who names it
// without looking, as a command does. A screen takes ApproveSeen.
func (n *Notebook) Approve(ctx context.Context, id ID) (Saved, error) {
	return n.review(ctx, id, nil, pb.Verdict_VERDICT_APPROVED, "")
}

// ApproveSeen is Approve of what ReviewQueue gave. Where a sync brought another version since
// then nothing is approved: ErrChangedSinceShown, or ErrGone where it no longer waits.
func (n *Notebook) ApproveSeen(ctx context.Context, seen ReviewItem) (Saved, error) {
	return n.review(ctx, seen.ID, &seen.Version, pb.Verdict_VERDICT_APPROVED, "")
}

// Return gives a record back to its writer as it stands now, with the reason that they will
// read. A screen takes ReturnSeen.
func (n *Notebook) Return(ctx context.Context, id ID, reason string) (Saved, error) {
	return n.giveBack(ctx, id, nil, reason)
}

// ReturnSeen is Return of what ReviewQueue gave; the errors are those of ApproveSeen too.
func (n *Notebook) ReturnSeen(ctx context.Context, seen ReviewItem, reason string) (Saved, error) {
	return n.giveBack(ctx, seen.ID, &seen.Version, reason)
}

func (n *Notebook) giveBack(ctx context.Context, id ID, seen *Version, reason string) (Saved, error) {
	if text(reason) == nil {
		return Saved{}, ErrReasonNeeded
	}
	return n.review(ctx, id, seen, pb.Verdict_VERDICT_RETURNED, reason)
}

func (n *Notebook) review(ctx context.Context, id ID, seen *Version, verdict pb.Verdict, reason string) (Saved, error) {
	_, err := n.put(ctx, func(v *view) (change, error) {
		if seen != nil {
			if err := v.stillSo(id, *seen); err != nil {
				return change{}, err
			}
		}
		return n.verdict(v, id, verdict, reason)
	})
	if err != nil {
		return Saved{}, err
	}
	return saved(book.ID(id)), nil
}

// stillSo refuses a verdict on what the reviewer did not see. It is asked under the write
// lock, of the view that the verdict is made from.
func (v *view) stillSo(id ID, seen Version) error {
	r, ok := v.Record(book.ID(id))
	if !ok {
		return ErrNotYours
	}
	if lww.Digest(r.State.Body) != [16]byte(seen) {
		return ErrChangedSinceShown
	}
	if _, waits := v.waits(r); !waits {
		return ErrGone
	}
	return nil
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

// ApproveVisits confirms the visits of one member in one month that wait now, in one gesture:
// still one Review each. It gives how many; ErrNothingToApprove for none. A screen takes
// ApproveVisitsSeen.
func (n *Notebook) ApproveVisits(ctx context.Context, member ID, year int, month time.Month) (int, error) {
	return n.approveAll(ctx, func(v *view) (ids []ID, err error) {
		for r := range v.Kind(pb.Kind_KIND_VISIT) {
			d := viet.FromDays(int(decode[pb.Visit](r.State).GetDay()))
			if d.Year != year || d.Month != int(month) || v.memberOf(r) != member {
				continue
			}
			if _, ok := v.waits(r); ok {
				ids = append(ids, ID(r.ID))
			}
		}
		return ids, nil
	})
}

// ApproveVisitsSeen confirms the visits that ReviewQueue gave and no others, all or none: the
// errors are those of ApproveSeen. What came since waits on.
func (n *Notebook) ApproveVisitsSeen(ctx context.Context, seen []ReviewItem) (int, error) {
	return n.approveAll(ctx, func(v *view) (ids []ID, err error) {
		for _, item := range seen {
			if err := v.stillSo(item.ID, item.Version); err != nil {
				return nil, err
			}
			ids = append(ids, item.ID)
		}
		return ids, nil
	})
}

// approveAll approves what choose gives, in one transaction.
func (n *Notebook) approveAll(ctx context.Context, choose func(*view) ([]ID, error)) (int, error) {
	n.write.Lock()
	defer n.write.Unlock()
	v := n.view()
	ids, err := choose(v)
	if err != nil {
		return 0, err
	}
	if len(ids) == 0 {
		return 0, ErrNothingToApprove
	}
	writes := make([]store.Write, len(ids))
	for i, id := range ids {
		c, err := n.verdict(v, id, pb.Verdict_VERDICT_APPROVED, "")
		if err != nil {
			return 0, err
		}
		if writes[i], err = v.check(c); err != nil {
			return 0, err
		}
	}
	n.apart()
	if err := n.send(ctx, writes...); err != nil {
		return 0, err
	}
	return len(writes), nil
}
