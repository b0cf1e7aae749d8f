package importer

import (
	"strconv"
	"strings"

	"sodanvan/shared/viet"
)

// Known is what the server holds in the branches of a roster. Values of a
// record come twice: Current as they are now, and Imported as the last import
// left them (nil if the record was not made or touched by one). A field whose
// two values differ was changed by a phone or in the console since.
type Known struct {
	Branches   []KnownBranch
	Members    []KnownMember
	Households []KnownHousehold
}

// KnownBranch is a branch of the commune.
type KnownBranch struct {
	ID string
	// Key is the Branch.Key of the import that made it, or "".
	Key  string
	Name string
}

// MemberFields are the fields of a member that an import may write.
type MemberFields struct {
	Name        string
	Distinguish string
	Office      string
}

// KnownMember is a member on the server.
type KnownMember struct {
	ID       string
	Key      string // Member.Key of the import that made it, or ""
	Branch   string // KnownBranch.ID
	Current  MemberFields
	Imported *MemberFields
	// Gone: deleted since the import. It is not made again.
	Gone bool
}

// KnownHousehold is a household on the server. Member in its fields is a
// KnownMember's ID or Key.
type KnownHousehold struct {
	ID       string
	Key      string // Household.Key of the import that made it, or ""
	Branch   string // KnownBranch.ID
	Current  HouseholdFields
	Imported *HouseholdFields
	// Gone: deleted or erased since the import. It is not made again.
	Gone bool
}

// Action is what the registry does with one record.
type Action int

const (
	// Unchanged: nothing is written to the record.
	Unchanged Action = iota
	Create
	Change
)

// Field names a field in a step.
type Field string

const (
	FieldName        Field = "name"
	FieldDistinguish Field = "distinguish"
	FieldOffice      Field = "office"
	FieldHead        Field = "head"
	FieldHamlet      Field = "hamlet"
	FieldAddress     Field = "address"
	FieldSize        Field = "size"
	FieldPhone       Field = "phone"
	FieldWelfare     Field = "welfare"
	FieldMember      Field = "member"
)

// Label is the field's name in Vietnamese, as in a sentence.
func (f Field) Label() string {
	switch f {
	case FieldName:
		return "họ tên"
	case FieldDistinguish:
		return "năm để phân biệt"
	case FieldOffice:
		return "chức vụ"
	case FieldHead:
		return "chủ hộ"
	case FieldHamlet:
		return "thôn, phố"
	case FieldAddress:
		return "địa chỉ"
	case FieldSize:
		return "số khẩu"
	case FieldPhone:
		return "điện thoại"
	case FieldWelfare:
		return "diện"
	case FieldMember:
		return "đảng viên phụ trách"
	}
	return string(f)
}

// Step is what to do with one record. After the step the registry stores the
// roster's Key with the record (Adopted tells that it had another one or none)
// and the step's Imported values.
type Step struct {
	Action Action
	// ID is the record on the server, "" when it is to be created.
	ID      string
	Adopted bool
	// Gone: the record was deleted on the server and stays so.
	Gone bool
	// Set are the fields to write, with the roster's values; all that have one
	// when the record is created.
	Set []Field
	// Kept are fields in which the file differs and which were changed on the
	// server since the last import: they stay.
	Kept []Field
}

// BranchStep is the step for Roster.Branches[Index].
type BranchStep struct {
	Step
	Index int
}

// MemberStep is the step for Branches[Branch].Members[Index].
type MemberStep struct {
	Step
	Branch, Index int
	Imported      MemberFields
}

// HouseholdStep is the step for Branches[Branch].Households[Index]. Member in
// Imported is a Member.Key, or what Known had if the file names nobody.
type HouseholdStep struct {
	Step
	Branch, Index int
	Imported      HouseholdFields
}

// Tally counts the steps of one kind of record.
type Tally struct{ Created, Changed, Unchanged int }

// Plan is what an import would do. It has one step for each branch, member and
// household of the roster, in the roster's order.
type Plan struct {
	Branches   []BranchStep
	Members    []MemberStep
	Households []HouseholdStep
	// Of… count the steps; their sums are in Counts.
	OfBranches, OfMembers, OfHouseholds Tally
	// Absent are IDs of households that an earlier import made in these branches
	// and that this file does not have. Nothing is done with them: a roster may
	// be of one hamlet only, and deleting is for a person to decide.
	Absent []string
	// Counts are the roster's with Created, Changed and Unchanged.
	Counts Counts

	household map[[2]int]int // branch, index → position in Households
}

// HouseholdStep gives the step of a row's household.
func (p *Plan) HouseholdStep(branch, index int) *HouseholdStep {
	if i, ok := p.household[[2]int{branch, index}]; ok {
		return &p.Households[i]
	}
	return nil
}

// MakePlan compares a roster with what the server holds.
//
// A record is the same one if it has the same Key. Else it is looked for in
// its branch among the records that no key has found, by what the file said
// last time and then by what is there now, and only where the match is the
// only one on both sides:
//   - a member: same name, where one of the two has no year;
//   - a household: same head, hamlet and address; same head and phone (it
//     moved, or the address was mended); same hamlet and address with the same
//     phone or with one head missing (the head was mended); same head and
//     member. Never by address alone: one family's notes must not go to the
//     next family in the house.
//
// A field is written if the file says something else than the server and the
// server still has what the last import wrote. What a phone or the console
// changed since stays (Kept), and a blank cell clears nothing.
func MakePlan(r *Roster, known Known) *Plan {
	p := &planner{roster: r, known: known, plan: &Plan{Counts: r.Counts, household: map[[2]int]int{}}, memberID: map[string]string{}}
	p.refs = make(map[string]string, len(known.Members))
	p.goneMember = map[string]bool{}
	for _, m := range known.Members {
		if m.Key != "" {
			p.refs[m.Key] = m.ID
		}
		p.goneMember[m.ID] = m.Gone
	}
	p.branches()
	for i := range r.Branches {
		p.members(i)
	}
	p.absentIn = map[string]bool{}
	for i := range r.Branches {
		p.households(i)
	}
	plan := p.plan
	for _, t := range []Tally{plan.OfBranches, plan.OfMembers, plan.OfHouseholds} {
		plan.Counts.Created += t.Created
		plan.Counts.Changed += t.Changed
		plan.Counts.Unchanged += t.Unchanged
	}
	return plan
}

type planner struct {
	roster     *Roster
	known      Known
	plan       *Plan
	refs       map[string]string // member key → ID on the server
	memberID   map[string]string // roster's member key → ID, for those found
	goneMember map[string]bool
	absentIn   map[string]bool
}

func (t *Tally) add(a Action) {
	switch a {
	case Create:
		t.Created++
	case Change:
		t.Changed++
	default:
		t.Unchanged++
	}
}

func (p *planner) branches() {
	byKey, byName := map[string]string{}, map[string]string{}
	for _, b := range p.known.Branches {
		if b.Key != "" {
			byKey[b.Key] = b.ID
		}
		byName[bareBranch(b.Name)] = b.ID
	}
	for i, b := range p.roster.Branches {
		s := BranchStep{Index: i}
		if id, ok := byKey[b.Key]; ok {
			s.ID = id
		} else if id, ok := byName[bareBranch(b.Name)]; ok {
			s.ID, s.Adopted = id, true
		} else {
			s.Action, s.Set = Create, []Field{FieldName}
		}
		p.plan.Branches = append(p.plan.Branches, s)
		p.plan.OfBranches.add(s.Action)
	}
}

// bareBranch compares branches without the words "chi bộ" in front.
func bareBranch(name string) string {
	s, _ := branchOfSheet(name)
	return viet.CompareKey(s)
}

// decide compares one field. file, now and before are comparable texts. What
// is blank on a record that no import has touched is filled; what was emptied
// since an import stays empty.
func (s *Step) decide(f Field, file, now, before string, haveBefore bool) {
	switch {
	case file == "" || file == now:
	case haveBefore && now == before, !haveBefore && now == "":
		s.Set = append(s.Set, f)
	default:
		s.Kept = append(s.Kept, f)
	}
}

func (s *Step) finish() {
	if len(s.Set) > 0 {
		s.Action = Change
	}
}

func (p *planner) members(bi int) {
	branch := &p.roster.Branches[bi]
	found := make([]int, len(branch.Members))
	bid := p.plan.Branches[bi].ID
	var here []int
	byKey := map[string]int{}
	for i, k := range p.known.Members {
		if bid != "" && k.Branch == bid {
			here = append(here, i)
			if k.Key != "" {
				byKey[k.Key] = i
			}
		}
	}
	taken := map[int]bool{}
	for i, m := range branch.Members {
		found[i] = -1
		if k, ok := byKey[m.Key]; ok {
			found[i] = k
			taken[k] = true
		}
	}
	for _, view := range []func(*KnownMember) *MemberFields{
		func(k *KnownMember) *MemberFields { return k.Imported },
		func(k *KnownMember) *MemberFields { return &k.Current },
	} {
		for _, withYear := range []bool{true, false} {
			match(len(branch.Members), here,
				func(i int) string {
					if found[i] >= 0 {
						return ""
					}
					return memberMatchKey(branch.Members[i].Name, branch.Members[i].Distinguish, withYear)
				},
				func(k int) string {
					v := view(&p.known.Members[k])
					if taken[k] || v == nil {
						return ""
					}
					return memberMatchKey(v.Name, v.Distinguish, withYear)
				},
				func(i, k int) {
					v := view(&p.known.Members[k])
					if m := branch.Members[i]; withYear || m.Distinguish == "" || v.Distinguish == "" {
						found[i], taken[k] = k, true
					}
				})
		}
	}
	for i := range branch.Members {
		m := &branch.Members[i]
		s := MemberStep{Branch: bi, Index: i, Imported: MemberFields{m.Name, m.Distinguish, m.Office}}
		if found[i] < 0 {
			s.Action, s.Set = Create, []Field{FieldName}
			if m.Distinguish != "" {
				s.Set = append(s.Set, FieldDistinguish)
			}
			if m.Office != "" {
				s.Set = append(s.Set, FieldOffice)
			}
		} else {
			k := &p.known.Members[found[i]]
			s.ID, s.Adopted, s.Gone = k.ID, k.Key != m.Key, k.Gone
			p.memberID[m.Key] = k.ID
			before, have := MemberFields{}, k.Imported != nil
			if have {
				before = *k.Imported
			}
			if !k.Gone {
				// A name in other capitals is the same name: the first spelling stays.
				if !viet.SameText(m.Name, k.Current.Name) {
					s.decide(FieldName, m.Name, k.Current.Name, before.Name, have)
				}
				s.decide(FieldDistinguish, m.Distinguish, k.Current.Distinguish, before.Distinguish, have)
				s.decide(FieldOffice, m.Office, k.Current.Office, before.Office, have)
				s.finish()
			}
			if m.Office == "" {
				s.Imported.Office = before.Office
			}
			if m.Distinguish == "" {
				s.Imported.Distinguish = before.Distinguish
			}
		}
		p.plan.Members = append(p.plan.Members, s)
		p.plan.OfMembers.add(s.Action)
	}
}

func memberMatchKey(name, year string, withYear bool) string {
	key := viet.CompareKey(name)
	if key != "" && withYear {
		key += "\x1f" + year
	}
	return key
}

// match pairs entries of the roster (0 … n-1) with known ones of equal keys,
// where the key is the only one of its kind on both sides. An empty key takes
// no part.
func match(n int, known []int, left func(int) string, right func(int) string, pair func(i, k int)) {
	const many = -1
	find := func(m map[string]int, key string, i int) {
		if key == "" {
			return
		}
		if _, ok := m[key]; ok {
			i = many
		}
		m[key] = i
	}
	lefts, rights := map[string]int{}, map[string]int{}
	for i := range n {
		find(lefts, left(i), i)
	}
	for _, k := range known {
		find(rights, right(k), k)
	}
	for i := range n {
		key := left(i)
		if j, ok := lefts[key]; !ok || j != i {
			continue
		}
		if k, ok := rights[key]; ok && k != many {
			pair(i, k)
		}
	}
}

// ref turns a member's key or ID into the ID on the server; a key of a member
// who is not there yet stays.
func (p *planner) ref(s string) string {
	if id, ok := p.memberID[s]; ok {
		return id
	}
	if id, ok := p.refs[s]; ok {
		return id
	}
	return s
}

// householdMatches are the ways to find a household whose key is not known,
// the surest first. Each gives "" for a household that it cannot tell.
var householdMatches = []func(h *HouseholdFields, member string) string{
	func(h *HouseholdFields, _ string) string {
		return joined(h.Head, h.Hamlet, h.Address)
	},
	func(h *HouseholdFields, _ string) string { return joined(h.Head, h.Phone) },
	func(h *HouseholdFields, _ string) string { return joined(h.Address, h.Hamlet, h.Phone) },
	func(h *HouseholdFields, member string) string { return joined(h.Head, member) },
}

// joined gives a key of texts, or "" if one of them is missing.
func joined(parts ...string) string {
	for i, s := range parts {
		k := viet.CompareKey(s)
		if k == "" {
			return ""
		}
		parts[i] = k
	}
	return strings.Join(parts, "\x1f")
}

func (p *planner) households(bi int) {
	branch := &p.roster.Branches[bi]
	bid := p.plan.Branches[bi].ID
	var here []int
	byKey := map[string]int{}
	for i, k := range p.known.Households {
		if bid != "" && k.Branch == bid {
			here = append(here, i)
			if k.Key != "" {
				byKey[k.Key] = i
			}
		}
	}
	found, taken := make([]int, len(branch.Households)), map[int]bool{}
	for i := range branch.Households {
		found[i] = -1
		if k, ok := byKey[branch.Households[i].Key]; ok {
			found[i], taken[k] = k, true
		}
	}
	if len(here) > len(taken) {
		p.matchHouseholds(branch, here, found, taken)
	}
	for i := range branch.Households {
		s := p.householdStep(&branch.Households[i], found[i])
		s.Branch, s.Index = bi, i
		p.plan.household[[2]int{bi, i}] = len(p.plan.Households)
		p.plan.Households = append(p.plan.Households, s)
		p.plan.OfHouseholds.add(s.Action)
	}
	for _, k := range here {
		if h := &p.known.Households[k]; !taken[k] && !h.Gone && h.Key != "" && !p.absentIn[h.ID] {
			p.absentIn[h.ID] = true
			p.plan.Absent = append(p.plan.Absent, h.ID)
		}
	}
}

func (p *planner) matchHouseholds(branch *Branch, here, found []int, taken map[int]bool) {
	pass := func(view func(*KnownHousehold) *HouseholdFields, keyOf func(*HouseholdFields, string) string, accept func(a, b *HouseholdFields) bool) {
		match(len(branch.Households), here,
			func(i int) string {
				if found[i] >= 0 {
					return ""
				}
				h := &branch.Households[i].HouseholdFields
				return keyOf(h, p.ref(h.Member))
			},
			func(k int) string {
				v := view(&p.known.Households[k])
				if taken[k] || v == nil {
					return ""
				}
				return keyOf(v, p.ref(v.Member))
			},
			func(i, k int) {
				if accept == nil || accept(&branch.Households[i].HouseholdFields, view(&p.known.Households[k])) {
					found[i], taken[k] = k, true
				}
			})
	}
	for _, view := range []func(*KnownHousehold) *HouseholdFields{
		func(k *KnownHousehold) *HouseholdFields { return k.Imported },
		func(k *KnownHousehold) *HouseholdFields { return &k.Current },
	} {
		for _, keyOf := range householdMatches {
			pass(view, keyOf, nil)
		}
		pass(view, func(h *HouseholdFields, _ string) string { return joined(h.Address, h.Hamlet) },
			func(a, b *HouseholdFields) bool { return a.Head == "" || b.Head == "" })
	}
}

func (p *planner) householdStep(h *Household, at int) HouseholdStep {
	s := HouseholdStep{Imported: h.HouseholdFields}
	file := comparable7(&h.HouseholdFields, p.ref(h.Member))
	if at < 0 {
		s.Action = Create
		for i, f := range householdFieldOrder {
			if file[i] != "" {
				s.Set = append(s.Set, f)
			}
		}
		return s
	}
	k := &p.known.Households[at]
	s.ID, s.Adopted, s.Gone = k.ID, k.Key != h.Key, k.Gone
	now := comparable7(&k.Current, p.ref(k.Current.Member))
	var before [7]string
	old := HouseholdFields{}
	if k.Imported != nil {
		old = *k.Imported
		before = comparable7(&old, p.ref(old.Member))
	}
	if h.blankWelfare && now[5] != "" {
		file[5] = "0" // the file says that the household is in no category
	}
	if p.goneMember[file[6]] {
		file[6] = ""
	}
	if !k.Gone {
		for i, f := range householdFieldOrder {
			s.decide(f, file[i], now[i], before[i], k.Imported != nil)
		}
		s.finish()
	}
	s.Imported.keepBlank(old)
	if h.blankWelfare {
		s.Imported.Welfare = WelfareNone
	}
	return s
}

// keepBlank takes from the last import what the file says nothing about.
func (f *HouseholdFields) keepBlank(old HouseholdFields) {
	for _, p := range [][2]*string{{&f.Head, &old.Head}, {&f.Hamlet, &old.Hamlet}, {&f.Address, &old.Address}, {&f.Phone, &old.Phone}, {&f.Member, &old.Member}} {
		if *p[0] == "" {
			*p[0] = *p[1]
		}
	}
	if f.Size == 0 {
		f.Size = old.Size
	}
	if f.Welfare == WelfareNone {
		f.Welfare = old.Welfare
	}
}

var householdFieldOrder = [7]Field{FieldHead, FieldHamlet, FieldAddress, FieldSize, FieldPhone, FieldWelfare, FieldMember}

// comparable7 gives the fields as texts in the order of householdFieldOrder,
// "" for a blank one.
func comparable7(f *HouseholdFields, member string) [7]string {
	out := [7]string{f.Head, f.Hamlet, f.Address, "", f.Phone, "", member}
	if f.Size > 0 {
		out[3] = strconv.Itoa(f.Size)
	}
	if f.Welfare != WelfareNone {
		out[5] = strconv.Itoa(int(f.Welfare))
	}
	return out
}
