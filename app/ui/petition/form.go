package petition

import (
	"context"
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

// formName is the form's name in drafts.
const formName = "petition"

type petitionForm struct {
	*form.Form
	base notebook.PetitionEdit // what the record says, for an edit

	fields  *fyne.Container
	ask     *fyne.Container // in the place of the fields
	day     *kit.Date
	text    *form.Note
	matter  *kit.Choice
	matters []notebook.ID
	name    *kit.Choice
}

func newForm(f *frame.Frame, m form.Mode, household, id notebook.ID) *petitionForm {
	p := &petitionForm{}
	p.Form = form.New(f, form.Kind{
		Name: formName, Title: words.Petition,
		Delete: words.DeletePetition, DeleteAsk: words.DeletePetitionAsk, DeleteText: words.DeletePetitionText,
		Look: p.look, Written: p.written, Finish: p.finish,
	}, m, household, id)
	return p
}

// seen is what a look at the book gives beside the record.
type seen struct {
	matters []notebook.Category
	receipt notebook.Receipt // of a petition that was recorded
}

func (p *petitionForm) look() {
	id, recorded := p.ID, p.Mode == form.AsEdit
	form.Load(p.Form, func(b *notebook.Notebook) seen {
		s := seen{matters: b.Matters()}
		if recorded {
			if page, err := b.Petition(id); err == nil {
				s.receipt = page.Receipt
			}
		}
		return s
	}, p.show)
}

func (p *petitionForm) show(r form.Seen, s seen) {
	if r.Err == nil && !r.May {
		r.Err = &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_CLOSED}
	}
	if !p.Stands(r) {
		return
	}
	if !p.Filled() {
		p.build(r, s.matters)
	}
	p.Top(s.receipt)
	p.offer()
	p.Fit()
}

// build makes the fields and puts in what stands in the book, and over it what was typed.
func (p *petitionForm) build(r form.Seen, matters []notebook.Category) {
	p.base, _ = r.Base.(notebook.PetitionEdit)
	fill, _ := r.Fill.(notebook.PetitionEdit)
	p.ask = kit.Column(kit.Grid)

	p.text = p.Note(fieldText, pb.Kind_KIND_PETITION, words.FieldWords, words.WordsHint)
	p.day = form.NewDay(p.Frame, words.FieldDay)
	p.name = kit.NewChoice(words.WithoutName, words.WithName).Keep()
	chosen := form.Value(fill.Matter)
	if raw, ok := p.Typed[keyMatter]; ok {
		chosen, _ = notebook.ParseID(raw)
	}
	var names []string
	for _, c := range matters {
		p.matters, names = append(p.matters, c.ID), append(names, words.Capital(c.Name))
	}
	for _, id := range []notebook.ID{chosen, form.Value(p.base.Matter)} {
		if !id.IsZero() && !slices.Contains(p.matters, id) {
			p.matters, names = append(p.matters, id), append(names, words.OldMatter)
		}
	}
	p.matter = kit.NewChoice(names...)

	p.fill(fill, chosen)

	p.day.OnEdited = p.Editing(fieldDay)
	p.matter.OnChanged = p.Editing(fieldMatter)
	p.name.OnChanged = p.Editing(fieldName)

	p.fields = kit.Column(2.5*kit.Grid, p.text.Box)
	if len(names) > 0 {
		p.fields.Add(p.Field(fieldMatter, words.FieldMatter, p.matter))
	}
	name := kit.Column(kit.Grid/2, p.Field(fieldName, words.FieldName, p.name), kit.Lesser(words.NameMeans))
	p.fields.Objects = append(p.fields.Objects, name, p.Field(fieldDay, words.FieldDay, p.day), p.Saved.Text)
	p.Put(r, p.ask, p.fields)
}

func (p *petitionForm) fill(e notebook.PetitionEdit, matter notebook.ID) {
	day := int32(form.Value(e.Day))
	if day == 0 {
		day = words.Today(p.Frame.Now())
	}
	p.day.Set(day)
	p.text.Fill(form.Value(e.Text))
	p.matter.Choose(slices.Index(p.matters, matter))
	with := form.Value(e.WithName)
	// What was typed, over it.
	for key, raw := range p.Typed {
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

// offer shows the fields, or in their place why not.
func (p *petitionForm) offer() {
	p.ask.Objects = nil
	if p.MayKeep() {
		p.ask.Hide()
		p.fields.Show()
		p.Done.Show()
	} else {
		p.ask.Objects = []fyne.CanvasObject{p.AskKeep(p.fields)}
		p.ask.Show()
		p.fields.Hide()
		p.Done.Hide()
	}
}

// edit gives what stands in the form as far as it can be read: for an edit only what
// differs from the record.
func (p *petitionForm) edit() notebook.PetitionEdit {
	text, matter, with := p.text.Text, notebook.ID{}, p.name.Chosen() == withName
	if i := p.matter.Chosen(); i >= 0 {
		matter = p.matters[i]
	}
	e := notebook.PetitionEdit{Day: form.DayIn(p.day), Text: &text, Matter: &matter, WithName: &with}
	if p.Mode != form.AsEdit {
		return e
	}
	e.Day, e.Text = form.Changed(e.Day, p.base.Day), form.Changed(e.Text, p.base.Text)
	e.Matter, e.WithName = form.Changed(e.Matter, p.base.Matter), form.Changed(e.WithName, p.base.WithName)
	return e
}

// written gives the form for its draft; only what a household agreed to is ever typed in it.
func (p *petitionForm) written() (notebook.Edit, map[string]string) {
	matter := ""
	if i := p.matter.Chosen(); i >= 0 {
		matter = p.matters[i].String()
	}
	with := words.No
	if p.name.Chosen() == withName {
		with = words.Yes
	}
	return p.edit(), map[string]string{keyDay: p.day.Text(), keyText: p.text.Text, keyMatter: matter, keyName: with}
}

// ready marks what is missing or cannot be read; false: something is.
func (p *petitionForm) ready() bool {
	if strings.TrimSpace(p.text.Text) == "" {
		p.Mark(fieldText, words.TextNeeded)
		return false
	}
	return p.DayGood(fieldDay, p.day)
}

func (p *petitionForm) finish() {
	if !p.ready() {
		return
	}
	b, e, id := p.Frame.Book, p.edit(), p.ID
	switch p.Mode {
	case form.AsMend:
		p.Send(e)
	case form.AsEdit:
		p.Close(func(ctx context.Context, _ notebook.ID) (notebook.Saved, error) { return b.EditPetition(ctx, id, e) }, nil)
	default:
		in := notebook.NewPetition{Household: p.Household, Day: form.Value(e.Day), Text: form.Value(e.Text), Matter: form.Value(e.Matter), WithName: form.Value(e.WithName)}
		p.Close(func(ctx context.Context, draft notebook.ID) (notebook.Saved, error) {
			in.Draft = draft
			return b.RecordPetition(ctx, in)
		}, func(s notebook.Saved) {
			p.Frame.Swap(p.Screen, slip(p.Frame, p.Household, s, p.Asked.Forward))
		})
	}
}

// askForward asks the household whether its petition may go beyond the branch.
func askForward(f *frame.Frame, household notebook.ID, done func()) *frame.Screen {
	return consent.Ask(f, household, pb.Purpose_PURPOSE_FORWARD, done)
}
