// Package petition has the screens of petitions: the question that comes before one, the
// form, the slip with the number, the page with its steps, and the list.
package petition

import (
	"sodanvan/app/notebook"
	"sodanvan/app/ui/form"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
	"sodanvan/shared/book"
)

// New asks the household first whether what it brings is a denunciation, and goes on to
// where one is filed, of which nothing is kept, or to the form.
func New(f *frame.Frame, household notebook.ID) *frame.Screen {
	s := &frame.Screen{Name: "petition-question", Title: words.AskFirstTitle}
	s.Body = kit.Column(2*kit.Grid,
		kit.Column(kit.Grid/2, kit.Heading(words.ReadAloud), kit.Paper(kit.Plain(book.DenunciationQuestion))),
		kit.Column(1.5*kit.Grid,
			kit.Act(words.ItIsAnOpinion, func() { f.Swap(s, newForm(f, form.AsNew, household, notebook.ID{}).Screen) }),
			kit.Act(words.ItIsDenouncing, func() { f.Swap(s, advice(f)) }),
		),
	)
	return s
}

// advice is read out to a household that wishes to denounce. Nothing is kept.
func advice(f *frame.Frame) *frame.Screen {
	return &frame.Screen{
		Name: "denunciation", Title: words.Denouncing, Body: kit.Plain(book.DenunciationAdvice),
		Foot: kit.Do(words.Understood, f.Pop),
	}
}

// Edit is the form of a petition that has not gone up.
func Edit(f *frame.Frame, household, id notebook.ID) *frame.Screen {
	return newForm(f, form.AsEdit, household, id).Screen
}

// ResumeDraft goes on with a half-written form: every field stands as it was typed, good or
// not. The question that comes first was answered before there was a draft.
func ResumeDraft(f *frame.Frame, d notebook.Draft) *frame.Screen {
	p := newForm(f, form.ModeOf(f, formName, d), d.Household, d.ID)
	p.Take(d)
	return p.Screen
}

// Mend is the form of a petition that the server refused, with the reason and what was
// written. A step that was refused can be sent again behind the last one, or given up.
func Mend(f *frame.Frame, m notebook.Mend) *frame.Screen {
	if m.Kind.Code == kindStep {
		return mendStep(f, m)
	}
	p := newForm(f, form.AsMend, m.Household, m.Record)
	p.Why = m.Text
	return p.Screen
}

// kindStep is how the notebook calls a step.
const kindStep = "step"

// slip shows the number of a new petition, to be written on the household's slip.
func slip(f *frame.Frame, household notebook.ID, s notebook.Saved, forward book.ConsentState) *frame.Screen {
	c := kit.Column(2*kit.Grid,
		kit.Paper(
			kit.NewText(words.PetitionNumber, kit.Style{Center: true, Color: kit.Second}),
			kit.NewText(s.Number, kit.Style{Size: kit.Huge, Bold: true, Center: true}),
		),
		kit.Plain(words.Slip(s.Number)),
		kit.State(s.Receipt.Icon(), s.Receipt.Text, kit.Waiting),
	)
	if len(s.Warned) > 0 {
		c.Add(kit.Banner(kit.SignWrong, words.Warned(s.Warned), kit.Waiting))
	}
	screen := &frame.Screen{Name: "petition-slip", Title: words.PetitionNumber, Body: c}
	screen.Foot = kit.Do(words.Done, func() { f.Remove(screen) })
	acts := kit.Column(1.5*kit.Grid, kit.Act(words.CopyNumber, func() { f.Copy(s.Number) }))
	if forward == book.NotAsked {
		acts.Add(kit.Act(words.AskForwardNow, func() { f.PushOver(screen, askForward(f, household, nil)) }))
	}
	acts.Add(kit.Act(words.ToThePetition, func() { f.Swap(screen, Page(f, s.ID)) }))
	c.Add(acts)
	return screen
}
