package notebook

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"sodanvan/app/store"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// Page is the page of one household. Lists are newest first.
type Page struct {
	HouseholdLine
	FormOfAddress string `json:"form_of_address,omitempty"`
	Hamlet        string `json:"hamlet,omitempty"`
	Size          int32  `json:"size,omitempty"`
	Welfare       Term   `json:"welfare"`
	// Receipt is of the household's own fields.
	Receipt Receipt `json:"receipt"`

	Consents      []ConsentLine      `json:"consents"`
	Petitions     []PetitionLine     `json:"petitions"`
	Visits        []VisitLine        `json:"visits"`
	Contributions []ContributionLine `json:"contributions"`
	NoticesTold   []ToldLine         `json:"notices_told"`
	// Conflicts ask the user about own values that were overwritten; Mends are refused
	// changes of this household; Drafts are unfinished forms.
	Conflicts []Conflict `json:"conflicts"`
	Mends     []Mend     `json:"mends"`
	Drafts    []Draft    `json:"drafts"`
}

// VisitLine is one visit.
type VisitLine struct {
	ID       ID       `json:"id"`
	Day      Day      `json:"day"`
	Contact  Term     `json:"contact"`
	Topics   []string `json:"topics,omitempty"`
	Note     string   `json:"note,omitempty"`
	FollowUp Day      `json:"follow_up,omitempty"`
	By       string   `json:"by"`
	// For is the member for whom a proxy wrote.
	For     string  `json:"for,omitempty"`
	Receipt Receipt `json:"receipt"`
}

// PetitionLine is one petition with what happened to it.
type PetitionLine struct {
	ID     ID     `json:"id"`
	Number string `json:"number"`
	Day    Day    `json:"day"`
	Text   string `json:"text"`
	Matter string `json:"matter,omitempty"`
	// WithName: goes up with the household's name.
	WithName bool   `json:"with_name"`
	By       string `json:"by"`
	For      string `json:"for,omitempty"`
	// Standing is the last step that moves it; nothing: it has not gone up.
	Standing Term `json:"standing"`
	// Due is the authority's day.
	Due     Day        `json:"due,omitempty"`
	Closed  bool       `json:"closed"`
	Steps   []StepLine `json:"steps"`
	Receipt Receipt    `json:"receipt"`
}

// StepLine is one standing step of a petition, oldest first.
type StepLine struct {
	ID      ID      `json:"id"`
	What    Term    `json:"what"`
	Day     Day     `json:"day"`
	Text    string  `json:"text,omitempty"`
	By      string  `json:"by"`
	Receipt Receipt `json:"receipt"`
}

// ContributionLine is what a household gave once.
type ContributionLine struct {
	ID         ID      `json:"id"`
	Day        Day     `json:"day"`
	Initiative string  `json:"initiative,omitempty"`
	LandM2     float64 `json:"land_m2,omitempty"`
	Workdays   float64 `json:"workdays,omitempty"`
	ValueVND   int64   `json:"value_vnd,omitempty"`
	// Text is all of it in words.
	Text    string  `json:"text"`
	By      string  `json:"by"`
	Receipt Receipt `json:"receipt"`
}

// ToldLine is a notice that was told to the household.
type ToldLine struct {
	// ID is the receipt's; Notice the notice's.
	ID      ID      `json:"id"`
	Notice  ID      `json:"notice"`
	Title   string  `json:"title"`
	Day     Day     `json:"day"`
	By      string  `json:"by"`
	Receipt Receipt `json:"receipt"`
}

// Household gives the page of a household; ErrNotYours where it is not here.
func (n *Notebook) Household(id ID) (Page, error) {
	v := n.view()
	r, ok := v.Record(book.ID(id))
	if !ok || r.Kind != pb.Kind_KIND_HOUSEHOLD {
		return Page{}, ErrNotYours
	}
	h := decode[pb.Household](r.State)
	unsent := 0
	for o := range v.Ops() {
		if o.Holder == r.Holder && o.Unsent() {
			unsent++
		}
	}
	line := v.listed(r)
	if line.deleted {
		return Page{}, ErrNotYours
	}
	v.around(&line, r.Holder, unsent)
	p := Page{
		HouseholdLine: line.HouseholdLine, FormOfAddress: h.GetFormOfAddress(), Hamlet: h.GetHamlet(), Size: h.GetSize(),
		Welfare: term(h.GetWelfare()), Receipt: v.receipt(r), Consents: v.consentLines(r.ID),
		Visits: v.visitLines(r.ID), Petitions: v.petitionLines(r.ID), Contributions: v.contributionLines(r.ID),
		NoticesTold: v.toldLines(r.Holder), Conflicts: []Conflict{}, Mends: []Mend{}, Drafts: []Draft{},
	}
	for _, c := range v.conflicts() {
		if c.Household == id {
			p.Conflicts = append(p.Conflicts, c)
		}
	}
	for _, m := range v.mends() {
		if m.Household == id {
			p.Mends = append(p.Mends, m)
		}
	}
	for _, d := range v.drafts() {
		if d.Household == id {
			p.Drafts = append(p.Drafts, d)
		}
	}
	return p, nil
}

// receipt says how far a record has come: what waits on this phone first, then what the
// server and the reviewer said.
func (v *view) receipt(r store.Record) Receipt {
	if v.isRefused(r.ID) {
		return Receipt{State: StateRefused, Text: words.Refused}
	}
	if len(r.Own) > 0 {
		o, _ := v.Op(r.Own[len(r.Own)-1])
		switch o.State {
		case store.Waiting, store.Sending:
			return Receipt{State: StateUnsent, Text: words.Unsent}
		case store.Parked:
			return Receipt{State: StateParked, Text: words.Parked}
		}
		// The server has it; its row, and with it a verdict, is still to come.
		return Receipt{State: StateStored, Text: words.Stored}
	}
	if info, _ := book.KindInfo(r.Kind); !info.Reviewed {
		return Receipt{State: StateStored, Text: words.Stored}
	}
	status, reason, verdict := book.StatusOf(r.Record, world{v}.About(r.ID, pb.Kind_KIND_REVIEW), world{v})
	switch status {
	case book.Approved:
		if verdict == nil {
			// A household's page that only the secretary wrote: nobody had to approve it.
			return Receipt{State: StateStored, Text: words.Stored}
		}
		return Receipt{State: StateApproved, Text: words.Approved, Reason: reason}
	case book.Returned:
		return Receipt{State: StateReturned, Text: words.Returned(reason), Reason: reason}
	}
	return v.unreviewed(r.ID, status)
}

// unreviewed is the receipt of a record that the server has, whose version has no verdict.
func (v *view) unreviewed(id book.ID, status book.Status) Receipt {
	switch {
	case v.isRefused(id):
		return Receipt{State: StateRefused, Text: words.Refused}
	case status == book.WaitingAgain:
		return Receipt{State: StateWaitingAgain, Text: words.WaitingAgain}
	case status == book.NoReviewer:
		return Receipt{State: StateNoReviewer, Text: words.NoReviewer}
	}
	return Receipt{State: StateStored, Text: words.Stored}
}

// isRefused tells whether a change of the record waits to be mended.
func (v *view) isRefused(id book.ID) bool {
	if v.refusals == nil {
		v.refusals = map[book.ID]bool{}
		for _, o := range v.Mend() {
			if !o.Mended {
				v.refusals[o.Record] = true
			}
		}
	}
	return v.refusals[id]
}

func (v *view) visitLines(household book.ID) []VisitLine {
	out := []VisitLine{}
	for r := range v.About(household, pb.Kind_KIND_VISIT) {
		m := decode[pb.Visit](r.State)
		if m.GetDeleted() {
			continue
		}
		line := VisitLine{
			ID: ID(r.ID), Day: Day(m.GetDay()), Contact: term(m.GetContact()), Note: m.GetNote(), FollowUp: Day(m.GetFollowUpDay()),
			By: v.authorName(r.Record), For: v.memberName(book.ID(idFrom(m.GetOnBehalfOf()))), Receipt: v.receipt(r),
		}
		for _, t := range m.GetTopics() {
			line.Topics = append(line.Topics, v.nameOf(t))
		}
		out = append(out, line)
	}
	newestFirst(out, func(l VisitLine) (Day, ID) { return l.Day, l.ID })
	return out
}

func (v *view) petitionLines(household book.ID) []PetitionLine {
	out := []PetitionLine{}
	for r := range v.About(household, pb.Kind_KIND_PETITION) {
		m := decode[pb.Petition](r.State)
		if !m.GetDeleted() {
			out = append(out, v.petitionLine(r, m))
		}
	}
	newestFirst(out, func(l PetitionLine) (Day, ID) { return l.Day, l.ID })
	return out
}

func (v *view) petitionLine(r store.Record, m *pb.Petition) PetitionLine {
	s := v.standing(r.ID)
	line := PetitionLine{
		ID: ID(r.ID), Number: m.GetNumber(), Day: Day(m.GetDay()), Text: m.GetText(), Matter: v.nameOf(m.GetMatter()),
		WithName: m.GetWithName(), By: v.authorName(r.Record), For: v.memberName(book.ID(idFrom(m.GetOnBehalfOf()))),
		Standing: term(s.State), Due: Day(s.DueDay), Closed: s.State == pb.StepKind_STEP_KIND_CLOSED,
		Steps: []StepLine{}, Receipt: v.receipt(r),
	}
	for _, st := range s.Steps {
		step, ok := v.Record(st.ID)
		if !ok {
			continue
		}
		line.Steps = append(line.Steps, StepLine{
			ID: ID(st.ID), What: term(st.Step.GetWhat()), Day: Day(st.Step.GetDay()), Text: v.stepText(st.Step),
			By: v.authorName(step.Record), Receipt: v.receipt(step),
		})
	}
	return line
}

// stepText gives what a step says besides its sort and day.
func (v *view) stepText(s *pb.Step) string {
	return v.partsText(s.ProtoReflect(), 4, 5, 6, 7, 8, 9)
}

// partsText gives some fields of a message in words, behind each other.
func (v *view) partsText(m protoreflect.Message, numbers ...protoreflect.FieldNumber) string {
	var parts []string
	for _, n := range numbers {
		fd := m.Descriptor().Fields().ByNumber(n)
		if !m.Has(fd) {
			continue
		}
		if text := v.fieldText(fd, m.Get(fd)); text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, " · ")
}

func (v *view) contributionLines(household book.ID) []ContributionLine {
	out := []ContributionLine{}
	for r := range v.About(household, pb.Kind_KIND_CONTRIBUTION) {
		m := decode[pb.Contribution](r.State)
		if m.GetDeleted() {
			continue
		}
		out = append(out, ContributionLine{
			ID: ID(r.ID), Day: Day(m.GetDay()), Initiative: v.nameOf(m.GetInitiative()),
			LandM2: float64(m.GetLandDm2()) / 100, Workdays: float64(m.GetWorkdayTenths()) / 10, ValueVND: m.GetValueVnd(),
			Text: words.Given(decimalOf(m.GetLandDm2(), 2), decimalOf(int64(m.GetWorkdayTenths()), 1), decimalOf(m.GetValueVnd(), 0)), By: v.authorName(r.Record), Receipt: v.receipt(r),
		})
	}
	newestFirst(out, func(l ContributionLine) (Day, ID) { return l.Day, l.ID })
	return out
}

// toldLines gives the notices that were told to a household and not taken back.
func (v *view) toldLines(h book.Holder) []ToldLine {
	out := []ToldLine{}
	back := map[ID]bool{}
	for r := range v.Held(h) {
		if r.Kind != pb.Kind_KIND_RECEIPT {
			continue
		}
		m := decode[pb.Receipt](r.State)
		switch m.GetWhat() {
		case pb.ReceiptKind_RECEIPT_KIND_TAKEN_BACK:
			back[idFrom(m.GetTakesBack())] = true
		case pb.ReceiptKind_RECEIPT_KIND_TOLD:
			out = append(out, ToldLine{
				ID: ID(r.ID), Notice: ID(r.Subject), Title: v.nameOf(r.Subject.Bytes()), Day: Day(m.GetDay()),
				By: v.authorName(r.Record), Receipt: v.receipt(r),
			})
		}
	}
	out = slices.DeleteFunc(out, func(l ToldLine) bool { return back[l.ID] })
	newestFirst(out, func(l ToldLine) (Day, ID) { return l.Day, l.ID })
	return out
}

// authorName gives who made a record; nothing for what the server itself made.
func (v *view) authorName(r book.Record) string { return v.memberName(r.Author) }

func newestFirst[T any](xs []T, of func(T) (Day, ID)) {
	slices.SortFunc(xs, func(a, b T) int {
		d1, i1 := of(a)
		d2, i2 := of(b)
		// Of one day the later made comes first: ids rise with the time.
		return cmp.Or(cmp.Compare(d2, d1), bytes.Compare(i2[:], i1[:]))
	})
}
