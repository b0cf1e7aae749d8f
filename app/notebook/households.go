package notebook

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"sync"

	"sodanvan/app/store"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/viet"
)

// Sort is an order of the list of households.
type Sort string

const (
	// ByWalk is the order of the member's walk, then the name; the zero value too.
	ByWalk Sort = "walk"
	// ByName goes by given name.
	ByName Sort = "name"
	// ByLongest has those first who were not met for longest.
	ByLongest Sort = "longest"
)

// Query says which households to list; the zero value: the user's own, in walking order.
type Query struct {
	// Search is what was typed: head, address, phone or petition number, without accents
	// if one likes. Notes are never searched.
	Search string
	Sort   Sort
	// Branch lists all households that this phone holds, not only the user's own.
	Branch bool
	// Member lists those of one member; none: everybody's.
	Member ID
}

// HouseholdLine is one household in a list.
type HouseholdLine struct {
	ID ID `json:"id"`
	// Title is "Hộ ông Nguyễn Văn Đạt"; Head the name alone.
	Title    string `json:"title"`
	Head     string `json:"head"`
	Address  string `json:"address"`
	Phone    string `json:"phone,omitempty"`
	Member   ID     `json:"member"`
	Assigned string `json:"assigned"`
	Position int32  `json:"position,omitempty"`
	// LastVisit is the last day on which they were met; NextVisit the next day that was
	// agreed, if it is not past.
	LastVisit Day `json:"last_visit,omitempty"`
	NextVisit Day `json:"next_visit,omitempty"`
	// Since is "32 ngày chưa gặp" or "gặp 3 ngày trước".
	Since string `json:"since"`
	// OpenPetitions have no end yet.
	OpenPetitions int `json:"open_petitions"`
	// Unsent is how many changes of this household wait on this phone.
	Unsent  int  `json:"unsent"`
	Leaving bool `json:"leaving,omitempty"`
}

// listed is a line with what it is searched by.
type listed struct {
	HouseholdLine
	key string
}

// listing is the list of one snapshot, so that a keystroke in search only compares.
type listing struct {
	snapshot *store.Snapshot
	today    int32
	lines    []listed
}

// Households lists households. It is fast enough for every keystroke.
func (n *Notebook) Households(q Query) []HouseholdLine {
	v := n.view()
	search := viet.NewQuery(q.Search)
	out := []HouseholdLine{}
	for _, l := range n.listing(v).lines {
		switch {
		case !q.Branch && q.Member.IsZero() && l.Member != ID(v.me.Member):
		case !q.Member.IsZero() && l.Member != q.Member:
		case !search.Matches(l.key):
		default:
			out = append(out, l.HouseholdLine)
		}
	}
	switch q.Sort {
	case ByName:
	case ByLongest:
		slices.SortStableFunc(out, func(a, b HouseholdLine) int { return int(a.LastVisit) - int(b.LastVisit) })
	default:
		byPlace(out, func(l HouseholdLine) int32 { return l.Position })
	}
	return out
}

func (n *Notebook) listing(v *view) *listing {
	if l := n.list.Load(); l != nil && l.snapshot == v.Snapshot && l.today == v.today {
		return l
	}
	l := &listing{snapshot: v.Snapshot, today: v.today}
	unsent := map[book.Holder]int{}
	for _, o := range v.Ops() {
		if o.Unsent() {
			unsent[o.Holder]++
		}
	}
	for r := range v.Kind(pb.Kind_KIND_HOUSEHOLD) {
		if line, ok := v.listed(r, unsent[r.Holder], &n.visits); ok {
			l.lines = append(l.lines, line)
		}
	}
	sortByName(l.lines, func(l listed) (string, ID) { return l.Head, l.ID })
	n.list.Store(l)
	return l
}

func (v *view) listed(r store.Record, unsent int, facts *visitFacts) (listed, bool) {
	h := decode[pb.Household](r.State)
	if h.GetDeleted() {
		return listed{}, false
	}
	l := listed{HouseholdLine: HouseholdLine{
		ID: ID(r.ID), Title: words.HouseholdOf(h.GetFormOfAddress(), h.GetHead()), Head: h.GetHead(),
		Address: address(h), Phone: viet.FormatPhone(h.GetPhone()), Member: idFrom(h.GetMember()),
		Position: h.GetPosition(), Unsent: unsent, Leaving: v.Leaving(r.Holder),
	}}
	l.Assigned = v.memberName(book.ID(l.Member))
	for child := range v.About(r.ID, pb.Kind_KIND_VISIT) {
		visit := facts.of(child.Record)
		l.LastVisit = max(l.LastVisit, visit.met)
		if next := visit.next; int32(next) >= v.today && (l.NextVisit == 0 || next < l.NextVisit) {
			l.NextVisit = next
		}
	}
	var numbers []string
	for child := range v.About(r.ID, pb.Kind_KIND_PETITION) {
		p := decode[pb.Petition](child.State)
		if p.GetDeleted() {
			continue
		}
		numbers = append(numbers, p.GetNumber())
		if v.standing(child.ID).State != pb.StepKind_STEP_KIND_CLOSED {
			l.OpenPetitions++
		}
	}
	l.Since = words.NotVisited
	if l.LastVisit != 0 {
		l.Since = words.SinceVisit(v.today - int32(l.LastVisit))
	}
	l.key = viet.SearchKey(strings.Join(append(numbers, h.GetHead(), l.Address, h.GetPhone()), " "))
	return l, true
}

// visitFact is what a list needs of a visit: the day on which the household was met, and
// when to come again. body is the first byte of what it was read from.
type visitFact struct {
	body      *byte
	met, next Day
}

// visitFacts keeps the facts of visits: a save makes a new snapshot, in which all records
// but one are the same bytes at the same place, and a secretary's book has 60,000 of them.
type visitFacts struct {
	mu sync.Mutex
	m  map[book.ID]visitFact
}

func (f *visitFacts) of(r book.Record) visitFact {
	if len(r.State.Body) == 0 {
		return visitFact{}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	at := &r.State.Body[0]
	if known, ok := f.m[r.ID]; ok && known.body == at {
		return known
	}
	fact := visitFact{body: at}
	if m := decode[pb.Visit](r.State); !m.GetDeleted() {
		fact.next = Day(m.GetFollowUpDay())
		if met(m.GetContact()) {
			fact.met = Day(m.GetDay())
		}
	}
	if f.m == nil {
		f.m = map[book.ID]visitFact{}
	}
	f.m[r.ID] = fact
	return fact
}

// met tells whether a contact reached the household. "Did not wish to" satisfies the visit
// and is told apart nowhere by household (docs/domain.md).
func met(c pb.Contact) bool { return c != pb.Contact_CONTACT_NOBODY_MET && c != 0 }

func address(h *pb.Household) string {
	parts := slices.DeleteFunc([]string{h.GetHamlet(), h.GetAddress()}, func(s string) bool { return s == "" })
	return strings.Join(parts, ", ")
}

// byPlace sorts by a place that people gave; those without one come last.
func byPlace[T any](xs []T, of func(T) int32) {
	slices.SortStableFunc(xs, func(a, b T) int { return cmp.Compare(uint32(of(a))-1, uint32(of(b))-1) })
}

// sortByName sorts by given name, then whole name, then id, so that an order never jumps.
func sortByName[T any](xs []T, of func(T) (string, ID)) {
	keys := make(map[ID]string, len(xs))
	for _, x := range xs {
		name, id := of(x)
		keys[id] = viet.PeopleKey(name)
	}
	slices.SortFunc(xs, func(a, b T) int {
		_, x := of(a)
		_, y := of(b)
		if c := strings.Compare(keys[x], keys[y]); c != 0 {
			return c
		}
		return bytes.Compare(x[:], y[:])
	})
}
