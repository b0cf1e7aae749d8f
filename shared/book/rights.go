package book

import (
	"slices"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

// verb is what a change does to a record.
type verb uint8

const (
	create verb = 1 << iota
	edit
	// remove sets or takes away the mark of deletion, field 99.
	remove

	anyVerb = create | edit | remove
)

// band is a range of field numbers; the number says who may write a field, so that
// rights hold for fields that this code does not know.
type band uint8

const (
	// writers: 1-99.
	writers band = 1 << iota
	// desk: 100-199.
	desk
	// server: 200 and up; no row of the table has it.
	server
)

func bandOf(field uint32) band {
	switch {
	case field <= lastReviewed:
		return writers
	case field < FirstServerField:
		return desk
	}
	return server
}

// right is one row of the table of rights: any of who may do any of verbs to fields of
// any of bands in records of any of kinds. What no row allows is refused.
type right struct {
	kinds []pb.Kind
	verbs verb
	bands band
	who   []who
}

// who is one sort of person, seen from the record that is written.
type who struct {
	name string
	is   func(*ask) bool
}

// ask is one question of rights: who acts on which record. It fetches the household at
// most once.
type ask struct {
	a       Actor
	r       *Record
	w       World
	set     []byte
	created bool

	facts          HouseholdFacts
	fetched, known bool
}

// The sorts of people of the table.
var (
	// officer of the commune that holds the record.
	officer = who{"officer", func(q *ask) bool {
		return q.a.Office == pb.Office_OFFICE_OFFICER && heldByCommuneOf(q)
	}}
	// administrator of the commune that holds the record.
	administrator = who{"administrator", func(q *ask) bool {
		return q.a.Office == pb.Office_OFFICE_ADMINISTRATOR && heldByCommuneOf(q)
	}}
	// wordKeeper is the administrator, for the table of words that a note should not have:
	// docs/domain.md gives that table to the administrator and every other category to the officer.
	wordKeeper = who{"keeper of the words", func(q *ask) bool {
		if !administrator.is(q) {
			return false
		}
		is := func(body []byte) (set, word bool) {
			f, ok := peek(body, 1)
			return ok, pb.CategoryUse(int32(f.v)) == pb.CategoryUse_CATEGORY_USE_WARNED_WORD
		}
		set, word := is(q.set)
		if set && !word {
			return false
		}
		if q.created {
			return word
		}
		_, was := is(q.r.State.Body)
		return was
	}}
	// officerAbove works for the commune of the branch that holds the record.
	officerAbove = who{"officer above", func(q *ask) bool {
		if q.a.Office != pb.Office_OFFICE_OFFICER || q.r.Holder.Kind != pb.HolderKind_HOLDER_KIND_BRANCH {
			return false
		}
		commune, ok := q.w.Commune(q.r.Unit)
		return ok && commune == q.a.Commune
	}}
	// atDesk is secretary or deputy of the record's branch.
	atDesk = who{"desk", func(q *ask) bool {
		return q.r.Holder.Kind != pb.HolderKind_HOLDER_KIND_COMMUNE && q.a.atDesk(q.r.Unit)
	}}
	// assigned looks after the household, whatever the office.
	assigned = who{"assigned", func(q *ask) bool {
		h, ok := q.household()
		return ok && q.a.inBranch(h.Branch) && h.Member == q.a.Member
	}}
	// anyProxy is named by the household's member as a proxy.
	anyProxy = who{"proxy", isProxy}
	// onBehalf writes from the paper page of a member who has no device: a named proxy,
	// secretary or deputy. A new record says so in field 90.
	onBehalf = who{"on behalf", func(q *ask) bool {
		h, ok := q.household()
		if !ok || h.Member.IsZero() || h.Member == q.a.Member || !q.a.atDesk(h.Branch) && !isProxy(q) {
			return false
		}
		if m, ok := q.w.Member(h.Member); !ok || m.HasDevice {
			return false
		}
		if !q.created || q.r.Kind == pb.Kind_KIND_RECEIPT {
			return true
		}
		f, _ := peek(q.set, fieldOnBehalf)
		member, ok := IDFrom(f.b)
		return ok && member == h.Member
	}}
	// author made the record and still sees it: a secretary mends what they wrote for a
	// member who has a device by now; who handed the household over does not.
	author = who{"author", func(q *ask) bool {
		return q.r.Author == q.a.Member && MaySee(q.a, q.r.Holder, q.r.Unit, q.w)
	}}
	// hearer may see the notice and says so for themselves.
	hearer = who{"hearer", func(q *ask) bool {
		if q.r.Holder != (Holder{pb.HolderKind_HOLDER_KIND_MEMBER, q.a.Member}) || !q.a.inBranch(q.a.Branch) {
			return false
		}
		return seesSubject(q)
	}}
	// teller may see the notice and goes to the household that the receipt names.
	teller = who{"teller", func(q *ask) bool {
		if q.r.Holder.Kind != pb.HolderKind_HOLDER_KIND_HOUSEHOLD {
			return false
		}
		return (assigned.is(q) || onBehalf.is(q)) && seesSubject(q)
	}}
	// stepTaker may take this very step; see stepRights.
	stepTaker = who{"by step", mayStep}
	// reviewer sits at the desk; MayReview says the rest.
	reviewer = atDesk
)

func heldByCommuneOf(q *ask) bool {
	return q.r.Holder == Holder{pb.HolderKind_HOLDER_KIND_COMMUNE, q.a.Commune}
}

func isProxy(q *ask) bool {
	h, ok := q.household()
	return ok && q.a.inBranch(h.Branch) && proxyOf(q.a.Member, h.Member, q.w)
}

func proxyOf(proxy, member ID, w World) bool {
	if member.IsZero() || proxy == member {
		return false
	}
	m, ok := w.Member(member)
	return ok && slices.Contains(m.Proxies, proxy)
}

func seesSubject(q *ask) bool {
	n, ok := q.w.Record(q.r.Subject)
	return ok && MaySee(q.a, n.Holder, n.Unit, q.w)
}

// household gives the household that holds the record.
func (q *ask) household() (HouseholdFacts, bool) {
	if !q.fetched {
		q.fetched = true
		if q.r.Holder.Kind == pb.HolderKind_HOLDER_KIND_HOUSEHOLD {
			q.facts, q.known = q.w.Household(q.r.Holder.ID)
		}
	}
	return q.facts, q.known
}

// rights is the one table of who may write what: the column "written by" of docs/domain.md by ranges of
// field numbers.
var rights = []right{
	{[]pb.Kind{pb.Kind_KIND_UNIT}, anyVerb, writers, []who{officer, administrator}},
	{[]pb.Kind{pb.Kind_KIND_AUTHORITY, pb.Kind_KIND_CALENDAR, pb.Kind_KIND_CATEGORY}, anyVerb, writers, []who{officer}},
	{[]pb.Kind{pb.Kind_KIND_CATEGORY}, anyVerb, writers, []who{wordKeeper}},
	{[]pb.Kind{pb.Kind_KIND_NOTICE, pb.Kind_KIND_INITIATIVE, pb.Kind_KIND_COMMENDATION}, anyVerb, writers, []who{officer, atDesk}},
	{[]pb.Kind{pb.Kind_KIND_NOTICE}, anyVerb, writers, []who{officerAbove}},
	// The commune recognises the initiatives that branches register.
	{[]pb.Kind{pb.Kind_KIND_INITIATIVE}, edit, writers, []who{officerAbove}},
	{[]pb.Kind{pb.Kind_KIND_SURVEY}, anyVerb, writers, []who{officer, officerAbove}},
	{[]pb.Kind{pb.Kind_KIND_MEMBER}, anyVerb, writers, []who{officer, officerAbove, atDesk}},

	{[]pb.Kind{pb.Kind_KIND_HOUSEHOLD}, anyVerb, writers, []who{atDesk}},
	{[]pb.Kind{pb.Kind_KIND_HOUSEHOLD}, edit, writers, []who{assigned, anyProxy}},
	{[]pb.Kind{pb.Kind_KIND_VISIT, pb.Kind_KIND_PETITION, pb.Kind_KIND_CONTRIBUTION}, anyVerb, writers, []who{assigned, onBehalf}},
	{[]pb.Kind{pb.Kind_KIND_VISIT, pb.Kind_KIND_PETITION, pb.Kind_KIND_CONTRIBUTION}, edit | remove, writers, []who{author}},
	{[]pb.Kind{pb.Kind_KIND_CONSENT}, create, writers, []who{assigned, anyProxy, atDesk}},
	{[]pb.Kind{pb.Kind_KIND_RECEIPT}, create, writers, []who{hearer, teller}},
	{[]pb.Kind{pb.Kind_KIND_STEP}, create, writers, []who{stepTaker}},
	{[]pb.Kind{pb.Kind_KIND_REVIEW}, create, writers, []who{reviewer}},

	{[]pb.Kind{pb.Kind_KIND_SUGGESTION}, edit, desk, []who{atDesk}},
	{[]pb.Kind{pb.Kind_KIND_UNIT, pb.Kind_KIND_AUTHORITY, pb.Kind_KIND_CALENDAR, pb.Kind_KIND_CATEGORY}, create | edit, desk, []who{officer}},
	{[]pb.Kind{pb.Kind_KIND_NOTICE, pb.Kind_KIND_INITIATIVE, pb.Kind_KIND_COMMENDATION}, create | edit, desk, []who{officer, atDesk}},
	{[]pb.Kind{pb.Kind_KIND_NOTICE}, create | edit, desk, []who{officerAbove}},
	{[]pb.Kind{pb.Kind_KIND_SURVEY}, create | edit, desk, []who{officer, officerAbove}},
	{[]pb.Kind{pb.Kind_KIND_MEMBER}, create | edit, desk, []who{officer, officerAbove, atDesk}},
	{[]pb.Kind{
		pb.Kind_KIND_HOUSEHOLD, pb.Kind_KIND_VISIT, pb.Kind_KIND_PETITION, pb.Kind_KIND_CONTRIBUTION,
		pb.Kind_KIND_STEP, pb.Kind_KIND_REVIEW, pb.Kind_KIND_CONSENT, pb.Kind_KIND_RECEIPT,
	}, create | edit, desk, []who{atDesk}},
}

// stepRights is the part of the table that goes by the sort of step.
var stepRights = map[pb.StepKind][]who{
	pb.StepKind_STEP_KIND_SENT_UP:    {atDesk},
	pb.StepKind_STEP_KIND_SUPPLEMENT: {assigned, anyProxy, atDesk},
	pb.StepKind_STEP_KIND_FORWARDED:  {officerAsked},
	pb.StepKind_STEP_KIND_ANSWERED:   {officerAsked},
	pb.StepKind_STEP_KIND_TOLD:       {assigned, anyProxy, atDesk},
	pb.StepKind_STEP_KIND_CLOSED:     {atDesk, officerAsked},
	pb.StepKind_STEP_KIND_REOPENED:   {atDesk, officerAsked},
	pb.StepKind_STEP_KIND_TAKEN_BACK: {stepAuthor},
}

var (
	// officerAsked works for the commune to which the petition went up.
	officerAsked = who{"officer asked", func(q *ask) bool {
		if q.a.Office != pb.Office_OFFICE_OFFICER {
			return false
		}
		commune, ok := q.w.Commune(q.r.Unit)
		return ok && commune == q.a.Commune && !standing(q).SentUp.IsZero()
	}}
	// stepAuthor took the last standing step, which this one takes back, and still may see
	// the petition.
	stepAuthor = who{"author of the step", func(q *ask) bool {
		s := standing(q)
		if s.Top.ID.IsZero() || s.Top.Author != q.a.Member {
			return false
		}
		return MaySee(q.a, q.r.Holder, q.r.Unit, q.w) || officerAsked.is(q)
	}}
)

func standing(q *ask) Standing {
	return PetitionState(withoutRecord(q.w.About(q.r.Subject, pb.Kind_KIND_STEP), q.r.ID))
}

func withoutRecord(rs []Record, id ID) []Record {
	if !slices.ContainsFunc(rs, func(r Record) bool { return r.ID == id }) {
		return rs
	}
	return slices.DeleteFunc(slices.Clone(rs), func(r Record) bool { return r.ID == id })
}

func mayStep(q *ask) bool {
	f, _ := peek(q.set, 2)
	for _, p := range stepRights[pb.StepKind(int32(f.v))] {
		if p.is(q) {
			return true
		}
	}
	return false
}

// allowed is the table by kind, verb and band: [kind][verb][band].
var allowed = func() [][5][3][]who {
	table := make([][5][3][]who, len(shapes))
	for _, row := range rights {
		for _, k := range row.kinds {
			for _, v := range []verb{create, edit, remove} {
				for _, b := range []band{writers, desk} {
					if row.verbs&v != 0 && row.bands&b != 0 {
						table[k][v][b] = append(table[k][v][b], row.who...)
					}
				}
			}
		}
	}
	return table
}()

func (q *ask) may(v verb, b band) bool {
	if b == server {
		return false
	}
	for _, p := range allowed[q.r.Kind][v][b] {
		if p.is(q) {
			return true
		}
	}
	return false
}

// MayWrite says whether the actor may make this change: nil, or why not. r is the record
// before the merge, for a creation the envelope with holder, unit and author (the actor)
// and an empty state; fields are the numbers that the change sets or clears (see Fields)
// and set its raw records. The table is rights; Review has the rules of MayReview on top.
//
// "Not theirs" and "not there" get the same answer, NOT_YOURS with one rule; a rule that
// tells more is given only where the actor may see the record.
func MayWrite(a Actor, r Record, isNew bool, fields []uint32, set []byte, w World) *Refusal {
	s := shapeOf(r.Kind)
	if s == nil || a.Unconfirmed || a.Member.IsZero() {
		return notYours(0, ruleNotYours)
	}
	q := &ask{a: a, r: &r, w: w, set: set, created: isNew}
	if s.info.WriteOnce && !isNew {
		if !MaySee(a, r.Holder, r.Unit, w) {
			return notYours(0, ruleNotYours)
		}
		return refuse(pb.RefusalCode_REFUSAL_CODE_WRITE_ONCE, 0, ruleWriteOnce)
	}
	if isNew && !q.may(create, writers) {
		return q.denied(0, ruleNotYours)
	}
	// Each pair of verb and range is asked once, not each field.
	var asked [5][3]bool
	for _, field := range fields {
		b := bandOf(field)
		if b == server {
			return q.denied(field, ruleServerField)
		}
		v := edit
		switch {
		case field == fieldDeleted:
			v = remove
		case isNew:
			v = create
		}
		if asked[v][b] {
			continue
		}
		asked[v][b] = true
		if !q.may(v, b) {
			rule := ruleNotYours
			if b == desk {
				rule = ruleDeskField
			}
			return q.denied(field, rule)
		}
	}
	if r.Kind == pb.Kind_KIND_REVIEW {
		return mayGiveVerdict(q)
	}
	return nil
}

// denied makes the refusal, and tells more than "not yours" only to who sees the record.
func (q *ask) denied(field uint32, rule string) *Refusal {
	if !MaySee(q.a, q.r.Holder, q.r.Unit, q.w) {
		if q.r.Kind == pb.Kind_KIND_STEP && q.a.Office == pb.Office_OFFICE_OFFICER && rule == ruleNotYours {
			return notYours(0, q.officersStep())
		}
		return notYours(0, ruleNotYours)
	}
	if rule != ruleNotYours {
		return notYours(field, rule)
	}
	switch q.r.Kind {
	case pb.Kind_KIND_VISIT, pb.Kind_KIND_PETITION, pb.Kind_KIND_CONTRIBUTION, pb.Kind_KIND_RECEIPT:
		if h, ok := q.household(); ok && h.Member != q.a.Member {
			if m, ok := q.w.Member(h.Member); ok && m.HasDevice {
				return notYours(0, ruleMemberHasDevice)
			}
			return notYours(fieldOnBehalf, ruleOnBehalfWrong)
		}
	case pb.Kind_KIND_STEP:
		return notYours(2, ruleStepNotYours)
	case pb.Kind_KIND_OVERWRITTEN, pb.Kind_KIND_SUGGESTION, pb.Kind_KIND_REFUSED:
		return notYours(0, ruleServerOnly)
	}
	return notYours(0, ruleNotYours)
}

// officersStep words the refusal of an officer's step on a petition of their commune that
// has gone up; on any other the officer learns nothing.
func (q *ask) officersStep() string {
	if officerAsked.is(q) {
		return ruleStepNotYours
	}
	return ruleNotYours
}

// MaySee says whether the actor may see a row of that holder in that partition (a branch,
// or the commune). Rows of the commune are for everyone of it; a branch's for its
// members; the desk's and the whole branch for secretary and deputy; a member's for the
// member, secretary and deputy; a household's for its member, that member's proxies,
// secretary and deputy. Officers and administrators see rows of the commune and their own:
// petitions that went up reach the console by another way, without the book's rows.
func MaySee(a Actor, h Holder, unit ID, w World) bool {
	if a.Unconfirmed || a.Member.IsZero() || h.ID.IsZero() {
		return false
	}
	switch h.Kind {
	case pb.HolderKind_HOLDER_KIND_COMMUNE:
		return h.ID == a.Commune
	case pb.HolderKind_HOLDER_KIND_BRANCH:
		return a.inBranch(h.ID)
	case pb.HolderKind_HOLDER_KIND_DESK, pb.HolderKind_HOLDER_KIND_WHOLE_BRANCH:
		return a.atDesk(h.ID)
	case pb.HolderKind_HOLDER_KIND_MEMBER:
		return h.ID == a.Member || a.atDesk(unit)
	case pb.HolderKind_HOLDER_KIND_HOUSEHOLD:
		if a.atDesk(unit) {
			return true
		}
		if !a.inBranch(unit) {
			return false
		}
		facts, ok := w.Household(h.ID)
		return ok && (facts.Member == a.Member || proxyOf(a.Member, facts.Member, w))
	}
	return false
}

// mayGiveVerdict is what a verdict needs beside a seat at the desk.
func mayGiveVerdict(q *ask) *Refusal {
	subject, ok := q.w.Record(q.r.Subject)
	if !ok || subject.Holder != q.r.Holder {
		return notYours(0, ruleNotYours)
	}
	f, _ := peek(q.set, 1)
	if len(f.b) != 16 {
		// Validate refuses the digest; who wrote the current version is still asked.
		return MayReview(q.a, subject, lww.Digest(subject.State.Body), q.w)
	}
	return MayReview(q.a, subject, [16]byte(f.b), q.w)
}
