package notebook

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

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

// listed is a line with what it is searched and sorted by. It is that of a household at one
// edition of its records; what else a line shows is laid over it: who it is assigned to, what
// is unsent, whether it leaves.
type listed struct {
	HouseholdLine
	key, name string
	edition   uint64
	deleted   bool
}

// listing is the list of one snapshot, so that a keystroke in search only compares. known has
// the lines by holder: after a save all but one household's are taken from the listing before.
type listing struct {
	snapshot *store.Snapshot
	today    int32
	lines    []listed
	known    map[book.Holder]listed
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
	before := n.list.Load()
	if before != nil && before.snapshot == v.Snapshot && before.today == v.today {
		return before
	}
	if before == nil || before.today != v.today {
		before = new(listing)
	}
	l := &listing{snapshot: v.Snapshot, today: v.today, known: make(map[book.Holder]listed, len(before.known))}
	unsent := map[book.Holder]int{}
	for o := range v.Ops() {
		if o.Unsent() {
			unsent[o.Holder]++
		}
	}
	for r := range v.Kind(pb.Kind_KIND_HOUSEHOLD) {
		line, ok := before.known[r.Holder]
		if edition := v.Edition(r.Holder); !ok || line.edition != edition {
			line = v.listed(r)
			line.edition = edition
		}
		l.known[r.Holder] = line
		if line.deleted {
			continue
		}
		v.around(&line, r.Holder, unsent[r.Holder])
		l.lines = append(l.lines, line)
	}
	slices.SortFunc(l.lines, func(a, b listed) int {
		return cmp.Or(strings.Compare(a.name, b.name), bytes.Compare(a.ID[:], b.ID[:]))
	})
	n.list.Store(l)
	return l
}

// around lays over a line what is not held by its household.
func (v *view) around(l *listed, h book.Holder, unsent int) {
	l.Unsent, l.Leaving, l.Assigned = unsent, v.Leaving(h), v.memberName(book.ID(l.Member))
}

// listed makes the line of a household of what is held by it.
func (v *view) listed(r store.Record) listed {
	h := decode[pb.Household](r.State)
	if h.GetDeleted() {
		return listed{deleted: true}
	}
	l := listed{name: viet.PeopleKey(h.GetHead()), HouseholdLine: HouseholdLine{
		ID: ID(r.ID), Title: words.HouseholdOf(h.GetFormOfAddress(), h.GetHead()), Head: h.GetHead(),
		Address: address(h), Phone: viet.FormatPhone(h.GetPhone()), Member: idFrom(h.GetMember()),
		Position: h.GetPosition(),
	}}
	for child := range v.About(r.ID, pb.Kind_KIND_VISIT) {
		visit := decode[pb.Visit](child.State)
		if visit.GetDeleted() {
			continue
		}
		if met(visit.GetContact()) {
			l.LastVisit = max(l.LastVisit, Day(visit.GetDay()))
		}
		if next := Day(visit.GetFollowUpDay()); int32(next) >= v.today && (l.NextVisit == 0 || next < l.NextVisit) {
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
	return l
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
