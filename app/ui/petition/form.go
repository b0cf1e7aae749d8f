package petition

import (
	"context"
	"errors"
	"slices"
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

// The fields of a petition's message, as refusals name them.
const (
	fieldDay    = 2
	fieldText   = 3
	fieldMatter = 4
	fieldName   = 5
)

// The keys of a draft's own part.
const (
	keyDay    = "day"
	keyText   = "text"
	keyMatter = "matter"
	keyName   = "with-name"
)

// withName is the index of the chip that sends the household's name along; the one before
// it, without, is chosen at first.
const withName = 1

type petitionForm struct {
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
	base   notebook.PetitionEdit // what the record says, for an edit

	head    *fyne.Container // changes with each look at the book
	fields  *fyne.Container
	ask     *fyne.Container // in the place of the fields
	extra   *fyne.Container
	again   *kit.Button
	day     *kit.Date
	text    *form.Note
	matter  *kit.Choice
	matters []notebook.ID
	name    *kit.Choice
	saved   *form.Saved
	helps   map[uint32]*kit.Text
	places  map[uint32]fyne.CanvasObject
}

func newForm(f *frame.Frame, m mode, household, id notebook.ID) *petitionForm {
	p := &petitionForm{f: f, mode: m, household: household, id: id, page: kit.Column(2.5 * kit.Grid)}
	p.done = kit.Do(words.Done, p.finish)
	if m == asMend {
		p.done.SetWords(words.SendAgain)
	}
	p.done.Hide()
	p.saved = form.NewSaved(p.fit)
	p.screen = &frame.Screen{Name: string(m), Title: words.Petition, Body: p.page, Foot: p.done, Refresh: p.look, Leave: p.leave}
	draft := notebook.ID{}
	if m != asNew {
		draft = id
	}
	p.watch(draft)
	return p
}

// watch starts to keep the form as the draft of an id.
func (p *petitionForm) watch(draft notebook.ID) {
	p.keep = p.f.Drafting(draft, p.resumed, p.read, p.saved.Say)
}

// take goes on with what was half written.
func (p *petitionForm) take(d notebook.Draft) {
	p.half, _ = frame.ReadHalf(d)
	p.resumed, p.draft = true, d
	p.watch(d.ID)
}

func (p *petitionForm) fit() { p.screen.Fit() }

// seen is what a look at the book gives.
type seen struct {
	asked   notebook.Asked
	matters []notebook.Category
	base    notebook.PetitionEdit
	fill    notebook.PetitionEdit
	receipt notebook.Receipt
	field   uint32
	why     string
	may     bool
	err     error
}

func (p *petitionForm) look() {
	p.looks++
	looks := p.looks
	b, m, household, id, resumed := p.f.Book, p.mode, p.household, p.id, p.resumed
	frame.Load(p.f, func() seen {
		s := seen{matters: b.Matters(), may: true}
		if s.asked, s.err = b.Asked(household); s.err != nil {
			return s
		}
		var e notebook.Edit
		switch m {
		case asEdit:
			e, s.err = b.WrittenEdit(id)
			s.base, _ = e.(notebook.PetitionEdit)
			s.may = b.MayEdit(id)
			if page, err := b.Petition(id); err == nil {
				s.receipt = page.Receipt
			}
		case asMend:
			e, s.field, s.err = b.RefusedEdit(id)
			for _, mend := range b.Mends() {
				if mend.Record == id {
					s.why = mend.Text
				}
			}
		}
		s.fill, _ = e.(notebook.PetitionEdit)
		if resumed {
			if d, err := b.DraftEdit(id); err == nil {
				s.fill, _ = d.(notebook.PetitionEdit)
			}
		}
		return s
	}, func(s seen) {
		if looks == p.looks && !p.left {
			p.show(s)
		}
	})
}

func (p *petitionForm) show(s seen) {
	if s.err == nil && !s.may {
		s.err = &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_CLOSED}
	}
	if s.err != nil {
		if !p.filled {
			say := notebook.Say(s.err)
			if errors.Is(s.err, notebook.ErrGone) {
				say = words.NoMendLeft
			}
			p.page.Objects = form.Stranded(p.f, p.screen, p.draft, say)
			p.fit()
		}
		return
	}
	p.asked = s.asked
	if s.why != "" {
		p.why = s.why
	}
	if !p.filled {
		p.build(s)
	}
	p.top(s.receipt)
	p.offer()
	p.fit()
}

// top says whose petition it is, for whom it is written, and what to do first.
func (p *petitionForm) top(r notebook.Receipt) {
	p.head.Objects = []fyne.CanvasObject{kit.Heading(p.asked.Title)}
	if p.asked.For != "" {
		p.head.Add(kit.Lesser(words.Capital(words.WrittenFor(p.asked.For))))
	}
	switch {
	case p.mode == asMend && p.why != "":
		p.head.Add(kit.Banner(kit.SignReturned, p.why, kit.Wrong))
	case p.mode == asEdit && r.State != "":
		p.head.Add(form.Standing(r))
	}
}

// build makes the fields and puts in what stands in the book, and over it what was typed.
func (p *petitionForm) build(s seen) {
	p.filled, p.base = true, s.base
	p.head, p.ask, p.extra = kit.Column(kit.Grid), kit.Column(kit.Grid), kit.Column(kit.Grid)
	p.helps, p.places = map[uint32]*kit.Text{}, map[uint32]fyne.CanvasObject{}

	p.text = form.NewNote(p.f, words.FieldWords, words.WordsHint, book.LimitsOf(pb.Kind_KIND_PETITION)[fieldText].Letters, p.touched, p.fit)
	p.day = kit.NewDate(p.f.Now(), false, kit.Jump{Words: words.ThisDay}, kit.Jump{Words: words.Yesterday, Days: -1}).Named(words.FieldDay)
	p.name = kit.NewChoice(words.WithoutName, words.WithName).Keep()
	chosen := deref(s.fill.Matter)
	if raw, ok := p.half.Fields[keyMatter]; ok {
		chosen, _ = notebook.ParseID(raw)
	}
	var names []string
	for _, c := range s.matters {
		p.matters, names = append(p.matters, c.ID), append(names, words.Capital(c.Name))
	}
	for _, id := range []notebook.ID{chosen, deref(s.base.Matter)} {
		if !id.IsZero() && !slices.Contains(p.matters, id) {
			p.matters, names = append(p.matters, id), append(names, words.OldMatter)
		}
	}
	p.matter = kit.NewChoice(names...)

	p.fill(s.fill, chosen)

	p.day.OnEdited = p.editing(fieldDay)
	p.matter.OnChanged = p.editing(fieldMatter)
	p.name.OnChanged = p.editing(fieldName)

	p.places[fieldText] = p.text.Box
	p.fields = kit.Column(2.5*kit.Grid, p.text.Box)
	if len(names) > 0 {
		p.fields.Add(p.field(fieldMatter, words.FieldMatter, p.matter))
	}
	name := kit.Column(kit.Grid/2, p.field(fieldName, words.FieldName, p.name), kit.Lesser(words.NameMeans))
	p.fields.Objects = append(p.fields.Objects, name, p.field(fieldDay, words.FieldDay, p.day), p.saved.Text)
	p.page.Objects = []fyne.CanvasObject{p.head, p.ask, p.fields, p.extra}
	p.actions()
	if s.field != 0 && p.why != "" {
		p.wrong(s.field, p.why)
	}
}

// field puts a label over a field and room for what is wrong below it.
func (p *petitionForm) field(number uint32, label string, o fyne.CanvasObject) fyne.CanvasObject {
	help := kit.Help()
	box := kit.Field(label, o, help)
	p.helps[number], p.places[number] = help, box
	return box
}

func (p *petitionForm) fill(e notebook.PetitionEdit, matter notebook.ID) {
	day := int32(deref(e.Day))
	if day == 0 {
		day = words.Today(p.f.Now())
	}
	p.day.Set(day)
	p.text.Fill(deref(e.Text))
	p.matter.Choose(slices.Index(p.matters, matter))
	with := deref(e.WithName)
	// What was typed, over it.
	for key, raw := range p.half.Fields {
		switch key {
		case keyDay:
			p.day.SetRaw(raw)
		case keyText:
			p.text.Fill(raw)
		case keyName:
			with = raw == words.Yes
		}
	}
	p.name.Choose(0)
	if with {
		p.name.Choose(withName)
	}
}

// actions are what else can be done with the petition.
func (p *petitionForm) actions() {
	switch {
	case p.mode == asMend:
		p.again = kit.Act(words.MendAsItIs, func() { p.send(nil) })
		p.extra.Add(p.again)
		p.extra.Add(kit.Link(words.DropIt, p.dropRefused))
	case p.resumed && p.mode == asNew:
		p.extra.Add(kit.Link(words.DropHalf, p.dropDraft))
	case p.mode == asEdit:
		p.extra.Add(kit.Link(words.DeletePetition, p.delete))
	}
}

// mayKeep tells whether the household agreed that the branch keeps what it said.
func (p *petitionForm) mayKeep() bool { return p.asked.Keep == book.Given }

// offer shows the fields, or in their place why not.
func (p *petitionForm) offer() {
	p.ask.Objects = nil
	if p.mayKeep() {
		p.ask.Hide()
		p.fields.Show()
		p.done.Show()
	} else {
		p.ask.Objects = []fyne.CanvasObject{form.WhyAsk(pb.Purpose_PURPOSE_KEEP, p.asked.Keep, func() {
			p.f.PushOver(p.screen, consent.Ask(p.f, p.household, pb.Purpose_PURPOSE_KEEP, func() { p.screen.Reveal(p.fields) }))
		})}
		p.ask.Show()
		p.fields.Hide()
		p.done.Hide()
	}
	if p.again != nil {
		p.again.Show()
		if !p.mayKeep() {
			p.again.Hide()
		}
	}
	p.extra.Show()
	if len(p.extra.Objects) == 0 {
		p.extra.Hide()
	}
}

// editing is what every change of a field does: what was wrong with it is said no more.
func (p *petitionForm) editing(field uint32) func() {
	return func() {
		if h := p.helps[field]; h != nil && h.Visible() {
			kit.Tell(h, "")
		}
		p.touched()
		p.fit()
	}
}

func (p *petitionForm) touched() {
	if p.filled && !p.left {
		p.keep.Touch()
	}
}

// edit gives what stands in the form as far as it can be read: for an edit only what
// differs from the record.
func (p *petitionForm) edit() notebook.PetitionEdit {
	text, matter, with := p.text.Text, notebook.ID{}, p.name.Chosen() == withName
	if i := p.matter.Chosen(); i >= 0 {
		matter = p.matters[i]
	}
	e := notebook.PetitionEdit{Text: &text, Matter: &matter, WithName: &with}
	if d, err := p.day.Day(); err == nil {
		day := notebook.Day(d)
		e.Day = &day
	}
	if p.mode != asEdit {
		return e
	}
	if same(e.Day, p.base.Day) {
		e.Day = nil
	}
	if same(e.Text, p.base.Text) {
		e.Text = nil
	}
	if same(e.Matter, p.base.Matter) {
		e.Matter = nil
	}
	if same(e.WithName, p.base.WithName) {
		e.WithName = nil
	}
	return e
}

// read gives the form for its draft; only what a household agreed to is ever typed in it.
func (p *petitionForm) read() (notebook.DraftForm, frame.Half) {
	e := p.edit()
	matter := ""
	if i := p.matter.Chosen(); i >= 0 {
		matter = p.matters[i].String()
	}
	with := words.No
	if p.name.Chosen() == withName {
		with = words.Yes
	}
	h := frame.Half{Form: string(p.mode), Fields: map[string]string{keyDay: p.day.Text(), keyText: p.text.Text, keyMatter: matter, keyName: with}}
	d := notebook.DraftForm{Household: p.household, Edit: e}
	if p.mode != asNew {
		d.ID = p.id
	}
	return d, h
}

// leave keeps the form as a draft that does not open by itself.
func (p *petitionForm) leave(then func()) {
	gone := func(kept bool) {
		p.left = true
		then()
		if kept {
			p.f.Tell(words.KeptAsDraft)
		}
	}
	switch {
	case p.filled:
		p.keep.Leave(gone)
	case p.resumed: // and could not be shown
		p.f.Aside(p.draft.ID, func() { gone(false) })
	default:
		gone(false)
	}
}

// ready marks what is missing or cannot be read; false: something is.
func (p *petitionForm) ready() bool {
	if strings.TrimSpace(p.text.Text) == "" {
		p.mark(fieldText, words.TextNeeded)
		return false
	}
	if _, err := p.day.Day(); err != nil {
		p.day.SetRaw(p.day.Text()) // what is wrong stands below it
		p.fit()
		p.screen.Reveal(p.places[fieldDay])
		return false
	}
	return true
}

// mark says below a field what is wrong with it, and scrolls to it.
func (p *petitionForm) mark(field uint32, say string) {
	p.wrong(field, say)
	p.fit()
	if o := p.places[field]; o != nil {
		p.screen.Reveal(o)
	}
}

func (p *petitionForm) wrong(field uint32, say string) {
	if field == fieldText {
		p.text.Miss(say)
	} else if h := p.helps[field]; h != nil {
		kit.Tell(h, say)
	}
}

func (p *petitionForm) refused(err error) {
	if field := form.WrongField(err); field != 0 {
		p.mark(field, notebook.Say(err))
	}
}

func (p *petitionForm) finish() {
	if !p.ready() {
		return
	}
	b, e, id := p.f.Book, p.edit(), p.id
	switch p.mode {
	case asMend:
		p.send(e)
	case asEdit:
		p.close(func(ctx context.Context, _ notebook.ID) (notebook.Saved, error) { return b.EditPetition(ctx, id, e) }, func(s notebook.Saved) {
			p.f.Remove(p.screen)
			form.Told(p.f, s)
		})
	default:
		in := notebook.NewPetition{Household: p.household, Day: deref(e.Day), Text: deref(e.Text), Matter: deref(e.Matter), WithName: deref(e.WithName)}
		p.close(func(ctx context.Context, draft notebook.ID) (notebook.Saved, error) {
			in.Draft = draft
			return b.RecordPetition(ctx, in)
		}, func(s notebook.Saved) {
			p.f.Swap(p.screen, slip(p.f, p.household, s, p.asked.Forward))
		})
	}
}

// close saves the form for good; then leaves it.
func (p *petitionForm) close(work func(ctx context.Context, draft notebook.ID) (notebook.Saved, error), then func(notebook.Saved)) {
	form.Done(p.f, p.done, p.keep, work, p.refused, func(s notebook.Saved) {
		p.left = true
		then(s)
	})
}

// send sends a refused petition again; nil: as it was.
func (p *petitionForm) send(e notebook.Edit) {
	b, id := p.f.Book, p.id
	p.close(func(ctx context.Context, _ notebook.ID) (notebook.Saved, error) { return form.SendAgain(ctx, b, id, e) }, func(s notebook.Saved) {
		p.f.Remove(p.screen)
		form.SentAgain(p.f, s)
	})
}

// gone leaves the form and says what was done.
func (p *petitionForm) gone(say string) func(notebook.Saved) {
	return func(notebook.Saved) {
		p.f.Remove(p.screen)
		p.f.Tell(say)
	}
}

func (p *petitionForm) dropRefused() {
	p.f.Ask(words.MendDropTitle, words.MendDropText, words.DropIt, words.Cancel, func() {
		b, id := p.f.Book, p.id
		p.close(func(ctx context.Context, draft notebook.ID) (notebook.Saved, error) {
			if err := b.DropRefused(ctx, id); err != nil {
				return notebook.Saved{}, err
			}
			return notebook.Saved{}, b.DropDraft(ctx, draft)
		}, p.gone(words.MendDropped))
	})
}

func (p *petitionForm) dropDraft() {
	p.f.Ask(words.DropHalfTitle, words.DropHalfText, words.DropIt, words.Cancel, func() {
		b := p.f.Book
		p.close(func(ctx context.Context, draft notebook.ID) (notebook.Saved, error) {
			return notebook.Saved{}, b.DropDraft(ctx, draft)
		}, p.gone(words.Dropped))
	})
}

func (p *petitionForm) delete() {
	p.f.Ask(words.DeletePetitionAsk, words.DeletePetitionText, words.Delete, words.Cancel, func() {
		b, id := p.f.Book, p.id
		p.close(func(ctx context.Context, _ notebook.ID) (notebook.Saved, error) { return b.Delete(ctx, id) }, p.gone(words.Deleted))
	})
}

// askForward asks the household whether its petition may go beyond the branch.
func askForward(f *frame.Frame, household notebook.ID, done func()) *frame.Screen {
	return consent.Ask(f, household, pb.Purpose_PURPOSE_FORWARD, done)
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func same[T comparable](a, b *T) bool { return a != nil && b != nil && *a == *b }
