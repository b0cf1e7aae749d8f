package handover

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sodanvan/app/notebook"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// sync presses "Gửi", again where a call was lost, until all is done.
func (p *phone) sync() {
	p.Helper()
	var err error
	for range 5 {
		if _, err = p.Notebook.Sync(p.Context()); err == nil {
			break
		}
		if p.dead {
			p.dead = false
			p.restart(0)
		}
	}
	if err != nil {
		p.Fatalf("%s: %v (%s)", p.name, err, notebook.Say(err))
	}
	if st := p.store.Snapshot().State(); st.DifferCount != 0 {
		p.Errorf("%s: the book differs from the server's: %v", p.name, st.Differs)
	}
}

// once makes one call that must get through.
func (p *phone) once() {
	p.Helper()
	if _, err := p.call(); err != nil {
		p.Fatalf("%s: %v", p.name, err)
	}
}

// later lets days pass.
func (b *branch) later(days int) { b.now = b.now.Add(time.Duration(days) * 24 * time.Hour) }

// must is what a save gives where it must succeed: the record.
func (b *branch) must(s notebook.Saved, err error) notebook.ID {
	b.Helper()
	if err != nil {
		b.Fatalf("%v (%s)", err, notebook.Say(err))
	}
	b.now = b.now.Add(time.Minute)
	return s.ID
}

// household finds a household by its head, on the secretary's book.
func (b *branch) household(head string) notebook.ID {
	b.Helper()
	id, err := b.hoa.HouseholdNamed(head)
	if err != nil {
		b.Fatalf("%s: %v", head, err)
	}
	return id
}

// agree records that a household agrees to be noted of.
func (p *phone) agree(household notebook.ID) {
	p.Helper()
	p.must(p.RecordConsent(p.Context(), notebook.NewConsent{Household: household, Purpose: pb.Purpose_PURPOSE_KEEP,
		Answer: pb.Answer_ANSWER_GIVEN, NoticeVersion: "1", Channel: pb.Channel_CHANNEL_SPOKEN}))
}

func (p *phone) visit(household notebook.ID, note string) notebook.ID {
	p.Helper()
	return p.must(p.RecordVisit(p.Context(), notebook.NewVisit{Household: household, Contact: pb.Contact_CONTACT_AT_HOME, Note: note}))
}

func (p *phone) rewrite(visit notebook.ID, note string) {
	p.Helper()
	p.must(p.EditVisit(p.Context(), visit, notebook.VisitEdit{Note: &note}))
}

func (p *phone) petition(household notebook.ID, text string) notebook.ID {
	p.Helper()
	return p.must(p.RecordPetition(p.Context(), notebook.NewPetition{Household: household, Text: text}))
}

func (p *phone) telephone(household notebook.ID, number string) {
	p.Helper()
	p.must(p.EditHousehold(p.Context(), household, notebook.HouseholdEdit{Phone: &number}))
}

// assign hands a household over on the secretary's book and sends it.
func (b *branch) assign(household notebook.ID, to *phone) {
	b.Helper()
	b.must(b.hoa.AssignHousehold(b.Context(), household, to.me))
	b.hoa.sync()
}

// heads are the households that a book lists, the user's own or all that it has.
func (p *phone) heads(all bool) string {
	var out []string
	for _, h := range p.Households(notebook.Query{Branch: all}) {
		out = append(out, h.Head)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// visits are a household's visits as its page shows them: note, writer, receipt.
func (p *phone) visits(household notebook.ID) []string {
	p.Helper()
	page, err := p.Household(household)
	if err != nil {
		p.Errorf("%s: the household's page: %v", p.name, err)
	}
	var out []string
	for _, v := range page.Visits {
		out = append(out, fmt.Sprintf("%s / %s / %s", v.Note, v.By, v.Receipt.Text))
	}
	slices.Sort(out)
	return out
}

// petitions are the same of petitions.
func (p *phone) petitions(household notebook.ID) []string {
	p.Helper()
	page, err := p.Household(household)
	if err != nil {
		p.Errorf("%s: the household's page: %v", p.name, err)
	}
	var out []string
	for _, v := range page.Petitions {
		out = append(out, fmt.Sprintf("%s / %s / %s", v.Text, v.By, v.Receipt.Text))
	}
	slices.Sort(out)
	return out
}

// rest is what else a household's page shows: answers, what was given, notices that were told.
func (p *phone) rest(household notebook.ID) []string {
	p.Helper()
	page, err := p.Household(household)
	if err != nil {
		p.Errorf("%s: the household's page: %v", p.name, err)
	}
	var out []string
	for _, c := range page.Consents {
		out = append(out, fmt.Sprintf("%s / %s / %s", c.Purpose.Text, c.State, c.By))
	}
	for _, c := range page.Contributions {
		out = append(out, fmt.Sprintf("%s / %s / %s", c.Text, c.By, c.Receipt.Text))
	}
	for _, n := range page.NoticesTold {
		out = append(out, fmt.Sprintf("%s / %s / %s", n.Title, n.By, n.Receipt.Text))
	}
	return out
}

// waiting are the suggestions on a desk: why, what, of which household, whose, what it sets.
func (p *phone) waiting() []string {
	var out []string
	for _, s := range p.Suggestions() {
		out = append(out, spoken(s))
	}
	slices.Sort(out)
	return out
}

func spoken(s notebook.Suggestion) string {
	var fields []string
	for _, f := range s.Fields {
		fields = append(fields, f.Name+": "+f.Value)
	}
	return fmt.Sprintf("%s / %s / %s / %s / %s", s.Why.Code, s.Kind.Text, s.Of, s.By, strings.Join(fields, "; "))
}

// suggestion finds the one suggestion on a desk that says something.
func (p *phone) suggestion(says string) notebook.ID {
	p.Helper()
	for _, s := range p.Suggestions() {
		if strings.Contains(spoken(s), says) {
			return s.ID
		}
	}
	p.Fatalf("no suggestion says %q: %q", says, p.waiting())
	return notebook.ID{}
}

// want compares what a person reads with what they should read.
func (b *branch) want(what string, got, want []string) {
	b.Helper()
	if !slices.Equal(got, want) {
		b.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

func (b *branch) wantText(what, got, want string) {
	b.Helper()
	if got != want {
		b.Errorf("%s: %q, want %q", what, got, want)
	}
}

// wantError tells that an action must fail with a sentence.
func (b *branch) wantError(what string, err error, sentence string) {
	b.Helper()
	if err == nil || notebook.Say(err) != sentence {
		b.Errorf("%s: %q (%v), want %q", what, notebook.Say(err), err, sentence)
	}
}

// nothingOf tells that a book has no trace of a household left: no record, change or draft,
// not even as somebody else's.
func (p *phone) nothingOf(household notebook.ID) {
	p.Helper()
	b := p.store.Snapshot()
	for r := range b.All() {
		if notebook.ID(r.Holder.ID) == household {
			p.Errorf("%s still has a %s of the household", p.name, r.Kind)
		}
	}
	for o := range b.Ops() {
		if notebook.ID(o.Holder.ID) == household {
			p.Errorf("%s still has a change of a %s of the household", p.name, o.Kind)
		}
	}
	for _, d := range b.Drafts() {
		if notebook.ID(d.Holder.ID) == household {
			p.Errorf("%s still has a draft of a %s of the household", p.name, d.Kind)
		}
	}
	if _, err := p.Household(household); !errors.Is(err, notebook.ErrNotYours) {
		p.Errorf("%s opens the household's page: %v", p.name, err)
	}
}

// atRest tells that a book has nothing to send, to fetch or to mend.
func (p *phone) atRest() {
	p.Helper()
	if s := p.State(); s.Unsent+s.Drafts+s.Mends+s.Parked+s.Suggested+s.Leaving+s.Filling+s.Conflicts != 0 || !s.Safe {
		p.Errorf("%s: the book is not at rest: %q", p.name, s.Lines)
	}
}

// sound asks the server to look for damage.
func (b *branch) sound() {
	b.Helper()
	if found, err := b.server.Check(b.Context()); err != nil || len(found) > 0 {
		b.Errorf("check: %v %q", err, found)
	}
}

// kept tells whether a text stands in any row that the server keeps of the branch: the
// secretary's book has them all, the desk's too.
func (b *branch) kept(text string) bool {
	b.Helper()
	b.hoa.sync()
	for r := range b.hoa.store.Snapshot().All() {
		if bytes.Contains(r.State.Body, []byte(text)) {
			return true
		}
	}
	return false
}

// suggestionsKept counts the suggestions that the server keeps, by their verdict.
func (b *branch) suggestionsKept() map[pb.Verdict]int {
	b.Helper()
	out := map[pb.Verdict]int{}
	for r := range b.hoa.store.Snapshot().Kind(pb.Kind_KIND_SUGGESTION) {
		out[read[pb.Suggestion](b, r.Record).GetVerdict()]++
	}
	return out
}

// record is a record as the secretary's book, and so the server, has it.
func (b *branch) record(id notebook.ID) book.Record {
	b.Helper()
	r, ok := b.hoa.store.Snapshot().Row(book.ID(id))
	if !ok {
		b.Fatalf("the server has no record %s", id)
	}
	return r
}

// seen is all that a person reads on a book, for comparing two tellings of one story. Times of
// the clock are left out: a lost call takes time.
func (p *phone) seen() []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, p.name+": "+fmt.Sprintf(format, args...)) }
	lines := p.Households(notebook.Query{Branch: true})
	slices.SortFunc(lines, func(a, b notebook.HouseholdLine) int { return cmp.Compare(a.Head, b.Head) })
	for _, h := range lines {
		say("%s, phone %s, of %s, leaving %v, unsent %d, petitions %d", h.Title, h.Phone, h.Assigned, h.Leaving, h.Unsent, h.OpenPetitions)
		for _, v := range slices.Concat(p.visits(h.ID), p.petitions(h.ID), p.rest(h.ID)) {
			say("  %s", v)
		}
	}
	for _, s := range p.waiting() {
		say("suggestion %s", s)
	}
	for _, r := range p.Returned() {
		say("returned %s %s", r.Title, r.Receipt.Text)
	}
	for _, m := range p.Mends() {
		say("to mend %s %s", m.Title, m.Text)
	}
	for _, d := range p.Drafts() {
		say("draft %s", d.Title)
	}
	state := p.State()
	for _, l := range state.Lines[:len(state.Lines)-1] {
		say("%s", l)
	}
	return out
}

// rows counts the rows that the server keeps, by kind.
func (b *branch) rows() []string {
	count := map[pb.Kind]int{}
	for r := range b.hoa.store.Snapshot().All() {
		count[r.Kind]++
	}
	var out []string
	for k, n := range count {
		out = append(out, fmt.Sprintf("%d %s", n, k))
	}
	slices.Sort(out)
	return out
}

// queue is what waits for the secretary's verdict: whose work, and what it says.
func (b *branch) queue() []string {
	var out []string
	for _, g := range b.hoa.ReviewQueue() {
		items := slices.Clone(g.Items)
		for _, m := range g.Months {
			items = append(items, m.Visits...)
		}
		for _, i := range items {
			for _, f := range i.Fields {
				if f.Name == "Ghi chép" || f.Name == "Lời của hộ" {
					out = append(out, g.Name+" / "+f.Value)
				}
			}
		}
	}
	slices.Sort(out)
	return out
}
