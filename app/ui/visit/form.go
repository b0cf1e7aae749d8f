package visit

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/consent"
	"sodanvan/app/ui/form"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// The fields of a visit's message, as refusals name them.
const (
	fieldDay     = 1
	fieldContact = 2
	fieldTopics  = 3
	fieldNote    = 4
	fieldNext    = 5
)

// The keys of a draft's own part.
const (
	keyDay     = "day"
	keyContact = "contact"
	keyTopics  = "topics"
	keyNote    = "note"
	keyNext    = "next"
)

type visitForm struct {
	f         *frame.Frame
	mode      mode
	household notebook.ID
	id        notebook.ID // of the record; of a new one none, or the draft's
	half      frame.Half
	resumed   bool
	draft     notebook.Draft // that is taken up again
	why       string         // why the server refused it

	screen *frame.Screen
	page   *fyne.Container
	done   *kit.Button
	keep   *frame.Drafting
	filled bool
	left   bool
	looks  int // which look at the book is the newest: a later answer to an older one is dropped
	asked  notebook.Asked
	base   notebook.VisitEdit // what the record says, for an edit

	head    *fyne.Container // changes with each look at the book
	content *fyne.Container // topics and note, or why not
	day     *kit.Date
	how     *kit.Choice
	topics  *kit.Choice
	listed  []notebook.ID // of the chips of topics
	note    *form.Note
	next    *kit.Date
	saved   *form.Saved
	helps   map[uint32]*kit.Text
	places  map[uint32]fyne.CanvasObject
	asItIs  *kit.Button
}

func newForm(f *frame.Frame, m mode, household, id notebook.ID) *visitForm {
	v := &visitForm{f: f, mode: m, household: household, id: id, page: kit.Column(2.5 * kit.Grid)}
	v.done = kit.Do(words.Done, v.finish)
	if m == asMend {
		v.done.SetWords(words.SendAgain)
	}
	v.done.Hide()
	v.saved = form.NewSaved(v.fit)
	v.screen = &frame.Screen{Name: string(m), Title: words.Visit, Body: v.page, Foot: v.done, Refresh: v.look, Leave: v.leave}
	draft := notebook.ID{}
	if m != asNew {
		draft = id
	}
	v.watch(draft)
	return v
}

// watch starts to keep the form as the draft of an id.
func (v *visitForm) watch(draft notebook.ID) {
	v.keep = v.f.Drafting(draft, v.resumed, v.read, v.saved.Say)
}

// take goes on with what was half written.
func (v *visitForm) take(d notebook.Draft) {
	v.half, _ = frame.ReadHalf(d)
	v.resumed, v.draft = true, d
	v.watch(d.ID)
}

func (v *visitForm) fit() { v.screen.Fit() }

// seen is what a look at the book gives.
type seen struct {
	asked  notebook.Asked
	topics []notebook.Category
	base   notebook.VisitEdit
	fill   notebook.VisitEdit
	field  uint32
	why    string
	line   notebook.VisitLine
	may    bool
	err    error
}

func (v *visitForm) look() {
	v.looks++
	looks := v.looks
	b, m, household, id, resumed := v.f.Book, v.mode, v.household, v.id, v.resumed
	frame.Load(v.f, func() seen {
		s := seen{topics: b.Topics(), may: true}
		if s.asked, s.err = b.Asked(household); s.err != nil {
			return s
		}
		var e notebook.Edit
		switch m {
		case asEdit:
			e, s.err = b.WrittenEdit(id)
			s.base, _ = e.(notebook.VisitEdit)
			s.may = b.MayEdit(id)
			s.line = lineOf(b, household, id)
		case asMend:
			e, s.field, s.err = b.RefusedEdit(id)
			s.why = whyOf(b, id)
		}
		s.fill, _ = e.(notebook.VisitEdit)
		if resumed {
			if d, err := b.DraftEdit(id); err == nil {
				s.fill, _ = d.(notebook.VisitEdit)
			}
		}
		return s
	}, func(s seen) {
		if looks == v.looks && !v.left {
			v.show(s)
		}
	})
}

// lineOf gives the visit in words, with how far it has come.
func lineOf(b *notebook.Notebook, household, id notebook.ID) notebook.VisitLine {
	page, err := b.Household(household)
	if err != nil {
		return notebook.VisitLine{}
	}
	if i := slices.IndexFunc(page.Visits, func(l notebook.VisitLine) bool { return l.ID == id }); i >= 0 {
		return page.Visits[i]
	}
	return notebook.VisitLine{}
}

// whyOf gives why the server refused a record.
func whyOf(b *notebook.Notebook, record notebook.ID) string {
	for _, m := range b.Mends() {
		if m.Record == record {
			return m.Text
		}
	}
	return ""
}

func (v *visitForm) show(s seen) {
	if s.err != nil {
		if !v.filled {
			say := notebook.Say(s.err)
			if errors.Is(s.err, notebook.ErrGone) {
				say = words.NoMendLeft
			}
			v.page.Objects = form.Stranded(v.f, v.screen, v.draft, say)
			v.fit()
		}
		return
	}
	v.asked = s.asked
	if s.why != "" {
		v.why = s.why
	}
	if !s.may {
		v.toRead(s)
		return
	}
	if !v.filled {
		v.build(s)
	}
	v.top(s.line.Receipt)
	v.offer()
	v.fit()
}

// top says whose visit it is, for whom it is written, and what to do first.
func (v *visitForm) top(r notebook.Receipt) {
	v.head.Objects = []fyne.CanvasObject{kit.Heading(v.asked.Title)}
	if v.asked.For != "" {
		v.head.Add(kit.Lesser(words.Capital(words.WrittenFor(v.asked.For))))
	}
	switch {
	case v.mode == asMend && v.why != "":
		v.head.Add(kit.Banner(kit.SignReturned, v.why, kit.Wrong))
	case v.mode == asEdit && r.State != "":
		v.head.Add(form.Standing(r))
	}
}

// toRead is the page for who may not write this visit.
func (v *visitForm) toRead(s seen) {
	l := s.line
	v.done.Hide()
	v.page.Objects = []fyne.CanvasObject{
		kit.Column(kit.Grid, kit.Heading(v.asked.Title), form.Standing(l.Receipt)),
		kit.Field(words.FieldDay, kit.Plain(l.Day.String()), nil),
		kit.Field(words.FieldHow, kit.Plain(l.Contact.Text), nil),
	}
	if len(l.Topics) > 0 {
		v.page.Add(kit.Field(words.FieldTopics, kit.Plain(strings.Join(l.Topics, ", ")), nil))
	}
	if l.Note != "" {
		v.page.Add(kit.Field(words.FieldNote, kit.Paper(kit.Plain(l.Note)), nil))
	}
	if l.FollowUp != 0 {
		v.page.Add(kit.Field(words.FieldNext, kit.Plain(l.FollowUp.String()), nil))
	}
	by := kit.Column(0, kit.Lesser(words.Capital(words.WrittenBy(l.By))))
	if l.For != "" {
		by.Add(kit.Lesser(words.Capital(words.WrittenFor(l.For))))
	}
	v.page.Add(by)
	v.fit()
}

// build makes the fields and puts in what stands in the book, and over it what was typed.
func (v *visitForm) build(s seen) {
	v.filled, v.base = true, s.base
	v.head, v.content = kit.Column(kit.Grid), kit.Column(2.5*kit.Grid)
	v.helps, v.places = map[uint32]*kit.Text{}, map[uint32]fyne.CanvasObject{}
	now := v.f.Now()

	v.day = kit.NewDate(now, false, kit.Jump{Words: words.ThisDay}, kit.Jump{Words: words.Yesterday, Days: -1}).Named(words.FieldDay)
	v.next = kit.NewDate(now, true, kit.Jump{Words: words.OneWeek, Days: 7}, kit.Jump{Words: words.TwoWeeks, Days: 14},
		kit.Jump{Words: words.OneMonth, Days: untilNextMonth(now)}).Named(words.FieldNext)
	names := make([]string, len(contacts))
	for i, c := range contacts {
		names[i] = words.Capital(book.Label(c))
	}
	v.how = kit.NewChoice(names...).Keep()
	chosen := deref(s.fill.Topics)
	if t, ok := v.half.Fields[keyTopics]; ok {
		chosen = splitIDs(t)
	}
	v.buildTopics(s.topics, append(slices.Clone(chosen), deref(s.base.Topics)...))
	v.note = form.NewNote(v.f, words.FieldNote, words.NoteHint, book.LimitsOf(pb.Kind_KIND_VISIT)[fieldNote].Letters, v.touched, v.fit)

	v.fill(s.fill, chosen, words.Today(now))

	v.day.OnEdited, v.next.OnEdited = v.editing(fieldDay), v.editing(fieldNext)
	v.topics.OnChanged = v.editing(fieldTopics)
	v.how.OnChanged = func() {
		v.editing(fieldContact)()
		v.offer()
		v.fit()
	}

	v.page.Objects = []fyne.CanvasObject{
		v.head,
		v.field(fieldDay, words.FieldDay, v.day),
		v.field(fieldContact, words.FieldHow, v.how),
		v.content,
		v.field(fieldNext, words.FieldNext, v.next),
		v.saved.Text,
	}
	v.places[fieldTopics], v.helps[fieldTopics] = v.topics, kit.Help()
	v.places[fieldNote] = v.note.Box
	v.actions()
	if s.field != 0 && v.why != "" {
		v.wrong(s.field, v.why)
	}
	v.done.Show()
}

// field puts a label over a field and room for what is wrong below it.
func (v *visitForm) field(number uint32, label string, o fyne.CanvasObject) fyne.CanvasObject {
	help := kit.Help()
	box := kit.Field(label, o, help)
	v.helps[number], v.places[number] = help, box
	return box
}

// buildTopics makes the chips: the commune's list, and what is chosen but no longer in it.
func (v *visitForm) buildTopics(list []notebook.Category, chosen []notebook.ID) {
	v.listed = nil
	var names []string
	for _, t := range list {
		v.listed, names = append(v.listed, t.ID), append(names, t.Name)
	}
	for _, id := range chosen {
		if !slices.Contains(v.listed, id) {
			v.listed, names = append(v.listed, id), append(names, words.OldTopic)
		}
	}
	v.topics = kit.NewMany(names...)
}

func (v *visitForm) fill(e notebook.VisitEdit, topics []notebook.ID, today int32) {
	day := int32(deref(e.Day))
	if day == 0 {
		day = today
	}
	v.day.Set(day)
	v.next.Set(int32(deref(e.FollowUp)))
	v.how.Choose(slices.Index(contacts, deref(e.Contact)))
	var on []int
	for _, t := range topics {
		on = append(on, slices.Index(v.listed, t))
	}
	v.topics.Choose(on...)
	v.note.Fill(deref(e.Note))
	// What was typed, over it.
	for key, raw := range v.half.Fields {
		switch key {
		case keyDay:
			v.day.SetRaw(raw)
		case keyNext:
			v.next.SetRaw(raw)
		case keyContact:
			if n, err := strconv.Atoi(raw); err == nil {
				v.how.Choose(slices.Index(contacts, pb.Contact(n)))
			}
		case keyNote:
			v.note.Fill(raw)
		}
	}
}

// actions are what else can be done with the visit.
func (v *visitForm) actions() {
	switch {
	case v.mode == asMend:
		v.asItIs = kit.Act(words.MendAsItIs, func() { v.send(nil) })
		v.page.Add(kit.Column(kit.Grid, v.asItIs, kit.Link(words.DropIt, v.dropRefused)))
	case v.resumed && v.mode == asNew:
		v.page.Add(kit.Link(words.DropHalf, v.dropDraft))
	case v.mode == asEdit:
		v.page.Add(kit.Link(words.DeleteVisit, v.delete))
	}
}

// mayKeep tells whether the household agreed that the branch keeps what was talked about.
func (v *visitForm) mayKeep() bool { return v.asked.Keep == book.Given }

func (v *visitForm) contact() pb.Contact {
	if i := v.how.Chosen(); i >= 0 {
		return contacts[i]
	}
	return 0
}

// offer shows topics and note, or in their place why not.
func (v *visitForm) offer() {
	var now []fyne.CanvasObject
	switch {
	case silent(v.contact()):
		if v.mayKeep() && (v.note.Text != "" || len(v.topics.All()) > 0) {
			now = append(now, kit.Lesser(words.NothingToNote))
		}
	case !v.mayKeep():
		now = append(now, form.WhyAsk(pb.Purpose_PURPOSE_KEEP, v.asked.Keep, func() {
			v.f.PushOver(v.screen, consent.Ask(v.f, v.household, pb.Purpose_PURPOSE_KEEP, func() { v.screen.Reveal(v.content) }))
		}))
	default:
		if len(v.listed) > 0 {
			now = append(now, kit.Field(words.FieldTopics, v.topics, v.helps[fieldTopics]))
		}
		now = append(now, v.note.Box)
	}
	if v.asItIs != nil {
		if v.mayKeep() {
			v.asItIs.Show()
			v.done.SetWords(words.SendAgain)
		} else { // with what was talked about it would be refused again
			v.asItIs.Hide()
			v.done.SetWords(words.SendWithout)
		}
	}
	if len(now) == 0 {
		v.content.Hide()
	} else {
		v.content.Show()
	}
	v.content.Objects = now
}

// editing is what every change of a field does: what was wrong with it is said no more.
func (v *visitForm) editing(field uint32) func() {
	return func() {
		if h := v.helps[field]; h != nil && h.Visible() {
			kit.Tell(h, "")
		}
		v.touched()
		v.fit()
	}
}

func (v *visitForm) touched() {
	if v.filled && !v.left {
		v.keep.Touch()
	}
}

// edit gives what stands in the form as far as it can be read: for an edit only what
// differs from the record, so that one who may not keep notes can still mend a day.
func (v *visitForm) edit() notebook.VisitEdit {
	var e notebook.VisitEdit
	if d, err := v.day.Day(); err == nil {
		day := notebook.Day(d)
		e.Day = &day
	}
	if d, err := v.next.Day(); err == nil {
		day := notebook.Day(d)
		e.FollowUp = &day
	}
	contact := v.contact()
	e.Contact = &contact
	if v.mayKeep() {
		topics, note := []notebook.ID{}, ""
		if !silent(contact) {
			note = v.note.Text
			for _, i := range v.topics.All() {
				topics = append(topics, v.listed[i])
			}
		}
		e.Topics, e.Note = &topics, &note
	}
	if v.mode != asEdit {
		return e
	}
	if same(e.Day, v.base.Day) {
		e.Day = nil
	}
	if same(e.Contact, v.base.Contact) {
		e.Contact = nil
	}
	if same(e.FollowUp, v.base.FollowUp) {
		e.FollowUp = nil
	}
	if same(e.Note, v.base.Note) {
		e.Note = nil
	}
	if e.Topics != nil && sameSet(*e.Topics, deref(v.base.Topics)) {
		e.Topics = nil
	}
	return e
}

// read gives the form for its draft. What a household has not agreed to is not in it.
func (v *visitForm) read() (notebook.DraftForm, frame.Half) {
	h := frame.Half{Form: string(v.mode), Fields: map[string]string{
		keyDay: v.day.Text(), keyNext: v.next.Text(), keyContact: strconv.Itoa(int(v.contact())),
	}}
	if v.mayKeep() {
		var on []notebook.ID
		for _, i := range v.topics.All() {
			on = append(on, v.listed[i])
		}
		h.Fields[keyTopics], h.Fields[keyNote] = joinIDs(on), v.note.Text
	}
	form := notebook.DraftForm{Household: v.household, Edit: v.edit()}
	if v.mode != asNew {
		form.ID = v.id
	}
	return form, h
}

// leave keeps the form as a draft that does not open by itself.
func (v *visitForm) leave(then func()) {
	gone := func(kept bool) {
		v.left = true
		then()
		if kept {
			v.f.Tell(words.KeptAsDraft)
		}
	}
	switch {
	case v.filled:
		v.keep.Leave(gone)
	case v.resumed: // and could not be shown
		v.f.Aside(v.draft.ID, func() { gone(false) })
	default:
		gone(false)
	}
}

// ready marks what is missing or cannot be read; false: something is.
func (v *visitForm) ready() bool {
	if _, err := v.day.Day(); err != nil {
		v.unread(fieldDay, v.day)
		return false
	}
	if v.contact() == 0 {
		v.mark(fieldContact, words.ChooseContact)
		return false
	}
	if _, err := v.next.Day(); err != nil {
		v.unread(fieldNext, v.next)
		return false
	}
	return true
}

// unread shows a day that cannot be read; what is wrong stands below it.
func (v *visitForm) unread(field uint32, d *kit.Date) {
	d.SetRaw(d.Text())
	v.fit()
	v.screen.Reveal(v.places[field])
}

// mark says below a field what is wrong with it, and scrolls to it.
func (v *visitForm) mark(field uint32, say string) {
	v.wrong(field, say)
	v.fit()
	if o := v.places[field]; o != nil {
		v.screen.Reveal(o)
	}
}

func (v *visitForm) wrong(field uint32, say string) {
	if field == fieldNote {
		v.note.Miss(say)
	} else if h := v.helps[field]; h != nil {
		kit.Tell(h, say)
	}
}

func (v *visitForm) refused(err error) {
	if field := form.WrongField(err); field != 0 {
		v.mark(field, notebook.Say(err))
	}
}

func (v *visitForm) finish() {
	if !v.ready() {
		return
	}
	b, e, id := v.f.Book, v.edit(), v.id
	switch v.mode {
	case asMend:
		if !v.mayKeep() {
			e = v.emptied()
		}
		v.send(e)
	case asEdit:
		v.close(func(ctx context.Context, _ notebook.ID) (notebook.Saved, error) { return b.EditVisit(ctx, id, e) })
	default:
		in := notebook.NewVisit{Household: v.household, Day: deref(e.Day), Contact: deref(e.Contact), Topics: deref(e.Topics), Note: deref(e.Note), FollowUp: deref(e.FollowUp)}
		v.close(func(ctx context.Context, draft notebook.ID) (notebook.Saved, error) {
			in.Draft = draft
			return b.RecordVisit(ctx, in)
		})
	}
}

// close saves the form for good and leaves it.
func (v *visitForm) close(work func(ctx context.Context, draft notebook.ID) (notebook.Saved, error)) {
	form.Done(v.f, v.done, v.keep, work, v.refused, func(s notebook.Saved) {
		v.left = true
		v.f.Remove(v.screen)
		form.Told(v.f, s)
	})
}

// emptied is the edit without what was talked about.
func (v *visitForm) emptied() notebook.VisitEdit {
	e, note, topics := v.edit(), "", []notebook.ID{}
	e.Note, e.Topics = &note, &topics
	return e
}

// send sends a refused visit again; nil: as it was.
func (v *visitForm) send(e notebook.Edit) {
	if e != nil && !v.ready() {
		return
	}
	b, id := v.f.Book, v.id
	form.Done(v.f, v.done, v.keep, func(ctx context.Context, _ notebook.ID) (notebook.Saved, error) {
		return form.SendAgain(ctx, b, id, e)
	}, v.refused, func(s notebook.Saved) {
		v.left = true
		v.f.Remove(v.screen)
		form.SentAgain(v.f, s)
	})
}

func (v *visitForm) dropRefused() {
	v.f.Ask(words.MendDropTitle, words.MendDropText, words.DropIt, words.Cancel, func() {
		b, id := v.f.Book, v.id
		v.drop(words.MendDropped, func(ctx context.Context, draft notebook.ID) error {
			if err := b.DropRefused(ctx, id); err != nil {
				return err
			}
			return b.DropDraft(ctx, draft)
		})
	})
}

func (v *visitForm) dropDraft() {
	v.f.Ask(words.DropHalfTitle, words.DropHalfText, words.DropIt, words.Cancel, func() {
		b := v.f.Book
		v.drop(words.Dropped, func(ctx context.Context, draft notebook.ID) error { return b.DropDraft(ctx, draft) })
	})
}

func (v *visitForm) delete() {
	v.f.Ask(words.DeleteVisitAsk, words.DeleteVisitText, words.Delete, words.Cancel, func() {
		b, id := v.f.Book, v.id
		v.drop(words.Deleted, func(ctx context.Context, _ notebook.ID) error {
			_, err := b.Delete(ctx, id)
			return err
		})
	})
}

// drop does away with what the form is about, and leaves it.
func (v *visitForm) drop(say string, work func(ctx context.Context, draft notebook.ID) error) {
	form.Done(v.f, v.done, v.keep, func(ctx context.Context, draft notebook.ID) (notebook.Saved, error) {
		return notebook.Saved{}, work(ctx, draft)
	}, nil, func(notebook.Saved) {
		v.left = true
		v.f.Remove(v.screen)
		v.f.Tell(say)
	})
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func same[T comparable](a, b *T) bool { return a != nil && b != nil && *a == *b }

func sameSet(a, b []notebook.ID) bool {
	if len(a) != len(b) {
		return false
	}
	for _, id := range a {
		if !slices.Contains(b, id) {
			return false
		}
	}
	return true
}
