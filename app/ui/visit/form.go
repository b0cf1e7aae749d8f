package visit

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
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

// formName is the form's name in drafts.
const formName = "visit"

type visitForm struct {
	*form.Form
	base notebook.VisitEdit // what the record says, for an edit

	content  *fyne.Container // topics and note, or why not
	day      *kit.Date
	how      *kit.Choice
	topics   *kit.Choice
	noTopics *kit.Text     // what is wrong with them
	listed   []notebook.ID // of the chips of topics
	note     *form.Note
	next     *kit.Date
}

func newForm(f *frame.Frame, m form.Mode, household, id notebook.ID) *visitForm {
	v := &visitForm{}
	v.Form = form.New(f, form.Kind{
		Name: formName, Title: words.Visit,
		Delete: words.DeleteVisit, DeleteAsk: words.DeleteVisitAsk, DeleteText: words.DeleteVisitText,
		Look: v.look, Written: v.written, Finish: v.finish,
	}, m, household, id)
	return v
}

// seen is what a look at the book gives beside the record.
type seen struct {
	topics []notebook.Category
	line   notebook.VisitLine // that was recorded
}

func (v *visitForm) look() {
	household, id, recorded := v.Household, v.ID, v.Mode == form.AsEdit
	form.Load(v.Form, func(b *notebook.Notebook) seen {
		s := seen{topics: b.Topics()}
		if recorded {
			s.line = lineOf(b, household, id)
		}
		return s
	}, v.show)
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

func (v *visitForm) show(r form.Seen, s seen) {
	if !v.Stands(r) {
		return
	}
	if !r.May {
		v.toRead(s.line)
		return
	}
	if !v.Filled() {
		v.build(r, s.topics)
	}
	v.Top(s.line.Receipt)
	v.offer()
	v.Fit()
}

// toRead is the page for who may not write this visit.
func (v *visitForm) toRead(l notebook.VisitLine) {
	v.Done.Hide()
	v.Page.Objects = []fyne.CanvasObject{
		kit.Column(kit.Grid, kit.Heading(v.Asked.Title), form.Standing(l.Receipt)),
		kit.Field(words.FieldDay, kit.Plain(l.Day.String()), nil),
		kit.Field(words.FieldHow, kit.Plain(l.Contact.Text), nil),
	}
	if len(l.Topics) > 0 {
		v.Page.Add(kit.Field(words.FieldTopics, kit.Plain(strings.Join(l.Topics, ", ")), nil))
	}
	if l.Note != "" {
		v.Page.Add(kit.Field(words.FieldNote, kit.Paper(kit.Plain(l.Note)), nil))
	}
	if l.FollowUp != 0 {
		v.Page.Add(kit.Field(words.FieldNext, kit.Plain(l.FollowUp.String()), nil))
	}
	by := kit.Column(0, kit.Lesser(words.Capital(words.WrittenBy(l.By))))
	if l.For != "" {
		by.Add(kit.Lesser(words.Capital(words.WrittenFor(l.For))))
	}
	v.Page.Add(by)
	v.Fit()
}

// build makes the fields and puts in what stands in the book, and over it what was typed.
func (v *visitForm) build(r form.Seen, topics []notebook.Category) {
	v.base, _ = r.Base.(notebook.VisitEdit)
	fill, _ := r.Fill.(notebook.VisitEdit)
	v.content = kit.Column(2.5 * kit.Grid)
	now := v.Frame.Now()

	v.day = form.NewDay(v.Frame, words.FieldDay)
	v.next = kit.NewDate(now, true, kit.Jump{Words: words.OneWeek, Days: 7}, kit.Jump{Words: words.TwoWeeks, Days: 14},
		kit.Jump{Words: words.OneMonth, Days: untilNextMonth(now)}).Named(words.FieldNext)
	names := make([]string, len(contacts))
	for i, c := range contacts {
		names[i] = words.Capital(book.Label(c))
	}
	v.how = kit.NewChoice(names...).Keep()
	chosen := form.Value(fill.Topics)
	if t, ok := v.Typed[keyTopics]; ok {
		chosen = splitIDs(t)
	}
	v.buildTopics(topics, append(slices.Clone(chosen), form.Value(v.base.Topics)...))
	v.note = v.Note(fieldNote, pb.Kind_KIND_VISIT, words.FieldNote, words.NoteHint)

	v.fill(fill, chosen, words.Today(now))

	v.day.OnEdited, v.next.OnEdited = v.Editing(fieldDay), v.Editing(fieldNext)
	v.topics.OnChanged = v.Editing(fieldTopics)
	v.how.OnChanged = func() {
		v.Editing(fieldContact)()
		v.offer()
		v.Fit()
	}

	v.Put(r,
		v.Field(fieldDay, words.FieldDay, v.day),
		v.Field(fieldContact, words.FieldHow, v.how),
		v.content,
		v.Field(fieldNext, words.FieldNext, v.next),
		v.Saved.Text,
	)
	v.Done.Show()
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
	v.topics, v.noTopics = kit.NewMany(names...), kit.Help()
	v.Place(fieldTopics, v.topics, v.noTopics)
}

func (v *visitForm) fill(e notebook.VisitEdit, topics []notebook.ID, today int32) {
	day := int32(form.Value(e.Day))
	if day == 0 {
		day = today
	}
	v.day.Set(day)
	v.next.Set(int32(form.Value(e.FollowUp)))
	v.how.Choose(slices.Index(contacts, form.Value(e.Contact)))
	var on []int
	for _, t := range topics {
		on = append(on, slices.Index(v.listed, t))
	}
	v.topics.Choose(on...)
	v.note.Fill(form.Value(e.Note))
	// What was typed, over it.
	for key, raw := range v.Typed {
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
		if v.MayKeep() && (v.note.Text != "" || len(v.topics.All()) > 0) {
			now = append(now, kit.Lesser(words.NothingToNote))
		}
	case !v.MayKeep():
		now = append(now, v.AskKeep(v.content))
	default:
		if len(v.listed) > 0 {
			now = append(now, kit.Field(words.FieldTopics, v.topics, v.noTopics))
		}
		now = append(now, v.note.Box)
	}
	if v.Mode == form.AsMend {
		send := words.SendAgain
		if !v.MayKeep() { // with what was talked about it would be refused again
			send = words.SendWithout
		}
		v.Done.SetWords(send)
	}
	if len(now) == 0 {
		v.content.Hide()
	} else {
		v.content.Show()
	}
	v.content.Objects = now
}

// edit gives what stands in the form as far as it can be read: for an edit only what
// differs from the record, so that one who may not keep notes can still mend a day.
func (v *visitForm) edit() notebook.VisitEdit {
	contact := v.contact()
	e := notebook.VisitEdit{Day: form.DayIn(v.day), FollowUp: form.DayIn(v.next), Contact: &contact}
	if v.MayKeep() {
		topics, note := []notebook.ID{}, ""
		if !silent(contact) {
			note = v.note.Text
			for _, i := range v.topics.All() {
				topics = append(topics, v.listed[i])
			}
		}
		e.Topics, e.Note = &topics, &note
	}
	if v.Mode != form.AsEdit {
		return e
	}
	e.Day, e.Contact = form.Changed(e.Day, v.base.Day), form.Changed(e.Contact, v.base.Contact)
	e.FollowUp, e.Note = form.Changed(e.FollowUp, v.base.FollowUp), form.Changed(e.Note, v.base.Note)
	if e.Topics != nil && sameSet(*e.Topics, form.Value(v.base.Topics)) {
		e.Topics = nil
	}
	return e
}

// written gives the form for its draft. What a household has not agreed to is not in it.
func (v *visitForm) written() (notebook.Edit, map[string]string) {
	fields := map[string]string{keyDay: v.day.Text(), keyNext: v.next.Text(), keyContact: strconv.Itoa(int(v.contact()))}
	if v.MayKeep() {
		var on []notebook.ID
		for _, i := range v.topics.All() {
			on = append(on, v.listed[i])
		}
		fields[keyTopics], fields[keyNote] = joinIDs(on), v.note.Text
	}
	return v.edit(), fields
}

// ready marks what is missing or cannot be read; false: something is.
func (v *visitForm) ready() bool {
	if !v.DayGood(fieldDay, v.day) {
		return false
	}
	if v.contact() == 0 {
		v.Mark(fieldContact, words.ChooseContact)
		return false
	}
	return v.DayGood(fieldNext, v.next)
}

func (v *visitForm) finish() {
	if !v.ready() {
		return
	}
	b, e, id := v.Frame.Book, v.edit(), v.ID
	switch v.Mode {
	case form.AsMend:
		if !v.MayKeep() { // then without what was talked about
			e.Note, e.Topics = new(string), &[]notebook.ID{}
		}
		v.Send(e)
	case form.AsEdit:
		v.Close(func(ctx context.Context, _ notebook.ID) (notebook.Saved, error) { return b.EditVisit(ctx, id, e) }, nil)
	default:
		in := notebook.NewVisit{Household: v.Household, Day: form.Value(e.Day), Contact: form.Value(e.Contact), Topics: form.Value(e.Topics), Note: form.Value(e.Note), FollowUp: form.Value(e.FollowUp)}
		v.Close(func(ctx context.Context, draft notebook.ID) (notebook.Saved, error) {
			in.Draft = draft
			return b.RecordVisit(ctx, in)
		}, nil)
	}
}

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
