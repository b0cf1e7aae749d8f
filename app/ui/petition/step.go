package petition

import (
	"context"
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

// The fields of a step's message whose texts are bounded.
const (
	fieldSupplement = 5
	fieldReason     = 9
)

// outcomes are what a household may say to an answer, in the order of their chips.
var outcomes = []pb.ToldOutcome{pb.ToldOutcome_TOLD_OUTCOME_ACCEPTED, pb.ToldOutcome_TOLD_OUTCOME_DISPUTED}

// step is the form of one step. It is short and kept nowhere until it is done: leaving it
// with something written asks.
type step struct {
	f    *frame.Frame
	q    notebook.PetitionPage
	what pb.StepKind

	screen  *frame.Screen
	body    *fyne.Container
	done    *kit.Button
	day     *kit.Date
	text    *form.Note // supplement
	reason  *form.Note
	outcome *kit.Choice
	noOut   *kit.Text
	by      *kit.Choice
}

// titles of the forms and what the reason is asked as.
var steps = map[pb.StepKind]struct{ title, reason string }{
	pb.StepKind_STEP_KIND_SUPPLEMENT: {title: words.Supplement},
	pb.StepKind_STEP_KIND_TOLD:       {title: words.ToldHousehold},
	pb.StepKind_STEP_KIND_CLOSED:     {title: words.ClosePetition, reason: words.CloseWhy},
	pb.StepKind_STEP_KIND_REOPENED:   {title: words.Reopen, reason: words.ReopenWhy},
	pb.StepKind_STEP_KIND_TAKEN_BACK: {title: words.TakeBackStep, reason: words.TakeBackWhy},
}

// newStep is the form of a step of a petition; a supplement asks the household first where
// it has not agreed that the branch keeps what it says.
func newStep(f *frame.Frame, q notebook.PetitionPage, what pb.StepKind) *frame.Screen {
	if what == pb.StepKind_STEP_KIND_SUPPLEMENT && q.Keep != book.Given {
		return consent.Ask(f, q.Household, pb.Purpose_PURPOSE_KEEP, nil)
	}
	s := &step{f: f, q: q, what: what}
	s.done = kit.Do(words.Done, s.finish)
	s.day = form.NewDay(f, words.FieldDay)
	s.day.Set(words.Today(f.Now()))
	s.body = kit.Column(2.5*kit.Grid, kit.Column(kit.Grid/2, kit.Heading(q.Title), kit.Lesser(q.Of)))
	s.screen = &frame.Screen{Name: "petition-" + strings.ReplaceAll(codes[what], "_", "-"), Title: steps[what].title, Body: s.body, Foot: s.done, Leave: s.leave}
	fit := func() { s.screen.Fit() }
	limits := book.LimitsOf(pb.Kind_KIND_STEP)
	switch what {
	case pb.StepKind_STEP_KIND_SUPPLEMENT:
		s.text = form.NewNote(f, words.SupplementFor, words.WordsHint, limits[fieldSupplement].Inner[1].Letters, func() {}, fit)
		s.body.Add(s.text.Box)
	case pb.StepKind_STEP_KIND_TOLD:
		names := make([]string, len(outcomes))
		for i, o := range outcomes {
			names[i] = words.Capital(book.Label(o))
		}
		s.outcome, s.noOut = kit.NewChoice(names...), kit.Help()
		s.outcome.OnChanged = func() { kit.Tell(s.noOut, ""); fit() }
		s.body.Add(kit.Field(words.TheyAre, s.outcome, s.noOut))
		if q.Assigned != "" {
			s.by = kit.NewChoice(words.Myself, q.Assigned).Keep()
			s.by.Choose(0)
			s.by.OnChanged = fit
			s.body.Add(kit.Field(words.WhoTold, s.by, nil))
		}
	default:
		s.reason = form.NewNote(f, steps[what].reason, "", limits[fieldReason].Letters, func() {}, fit)
		s.body.Add(s.reason.Box)
	}
	s.day.OnEdited = fit
	s.body.Add(kit.Field(words.FieldDay, s.day, nil))
	return s.screen
}

// written tells whether something would be lost.
func (s *step) written() bool {
	return s.text != nil && s.text.Text != "" || s.reason != nil && s.reason.Text != ""
}

func (s *step) leave(then func()) {
	if !s.written() {
		then()
		return
	}
	s.f.Ask(words.LoseStepAsk, words.DropHalfText, words.DropIt, words.Cancel, then)
}

// bare tells whether the reason may be left out: after the household was told, why a
// petition is closed needs no more words.
func (s *step) bare() bool {
	return s.what == pb.StepKind_STEP_KIND_CLOSED && s.q.Standing.Code == codes[pb.StepKind_STEP_KIND_TOLD]
}

func (s *step) finish() {
	in := notebook.NewStep{Petition: s.q.ID, What: s.what}
	miss := func(n *form.Note, say string) bool {
		if n == nil || strings.TrimSpace(n.Text) != "" {
			return false
		}
		n.Miss(say)
		s.screen.Reveal(n.Box)
		return true
	}
	if miss(s.text, words.TextNeeded) || !s.bare() && miss(s.reason, words.ReasonFirst) {
		return
	}
	if s.text != nil {
		in.Text = s.text.Text
	}
	if s.reason != nil {
		in.Reason = s.reason.Text
	}
	if s.outcome != nil {
		i := s.outcome.Chosen()
		if i < 0 {
			kit.Tell(s.noOut, words.ChooseOutcome)
			s.screen.Fit()
			return
		}
		in.Outcome = outcomes[i]
		if s.by != nil && s.by.Chosen() == 1 {
			in.By = s.q.AssignedID
		}
	}
	day, err := s.day.Day()
	if err != nil {
		s.day.SetRaw(s.day.Text()) // what is wrong stands below it
		s.screen.Reveal(s.day)
		return
	}
	in.Day = notebook.Day(day)
	b := s.f.Book
	s.f.Do(s.done, func(ctx context.Context) error {
		_, err := b.AddStep(ctx, in)
		return err
	}, func() {
		s.f.Remove(s.screen)
		s.f.Tell(words.StepKept)
	})
}

// mendStep is a step that the server refused, such as one that another overtook.
func mendStep(f *frame.Frame, m notebook.Mend) *frame.Screen {
	again := kit.Do(words.MendAsItIs, nil)
	body := kit.Column(2*kit.Grid, kit.Column(kit.Grid/2, kit.Heading(m.Title), kit.Lesser(m.Of)), kit.Banner(kit.SignReturned, m.Text, kit.Wrong))
	for _, l := range m.Fields {
		if l.Value != "" {
			body.Add(kit.Field(l.Name, kit.Plain(l.Value), nil))
		}
	}
	s := &frame.Screen{Name: "petition-step-mend", Title: words.Petition, Body: body, Foot: again}
	again.OnTapped = func() { form.SendAsItWas(f, s, again, m.Record) }
	body.Add(kit.Link(words.DropIt, func() { form.GiveUp(f, s, again, m.Record) }))
	return s
}
