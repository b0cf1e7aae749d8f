package petition

import (
	"context"
	"slices"
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

// Page is the page of one petition: its number to read out, what was said, where it has
// come to, and what this user may do next.
func Page(f *frame.Frame, id notebook.ID) *frame.Screen {
	p := &page{f: f, id: id, body: kit.Column(2.5 * kit.Grid)}
	p.main = kit.Do("", nil)
	p.main.Hide()
	p.screen = &frame.Screen{Name: "petition-page", Title: words.Petition, Body: p.body, Foot: p.main, Refresh: p.look}
	return p.screen
}

type page struct {
	f      *frame.Frame
	id     notebook.ID
	screen *frame.Screen
	body   *fyne.Container
	main   *kit.Button
	asked  int
}

// got is what a look at the book gives.
type got struct {
	notebook.PetitionPage
	err error
}

func (p *page) look() {
	p.asked++
	asked, b, id := p.asked, p.f.Book, p.id
	frame.Load(p.f, func() got {
		page, err := b.Petition(id)
		return got{page, err}
	}, func(g got) {
		if asked == p.asked {
			p.show(g)
		}
	})
}

func (p *page) show(g got) {
	p.main.Hide()
	if g.err != nil {
		p.body.Objects = []fyne.CanvasObject{kit.Banner(kit.SignWrong, notebook.Say(g.err), kit.Wrong)}
		p.screen.Fit()
		return
	}
	q := g.PetitionPage
	head := kit.Column(kit.Grid/2,
		kit.NewText(q.Number, kit.Style{Size: kit.Huge, Bold: true}), kit.Lesser(q.Of))
	said := kit.Column(kit.Grid, kit.Paper(kit.Plain(q.Text)))
	for _, line := range []string{q.Matter, words.WithNameUp(q.WithName), strings.Join(known(q.Day.String(), words.WrittenBy(q.By)), " · ")} {
		if line != "" {
			said.Add(kit.Lesser(words.Capital(line)))
		}
	}
	if q.For != "" {
		said.Add(kit.Lesser(words.Capital(words.WrittenFor(q.For))))
	}
	state := kit.Column(kit.Grid, form.Standing(q.Receipt))
	if due := p.due(q); due != nil {
		state.Add(due)
	}
	p.body.Objects = []fyne.CanvasObject{head, state, said, p.steps(q)}
	if ask := p.forward(q); ask != nil {
		p.body.Add(ask)
	}
	if acts := p.actions(q); len(acts.Objects) > 0 {
		p.body.Add(acts)
	}
	p.screen.Fit()
}

func known(parts ...string) []string {
	return slices.DeleteFunc(parts, func(s string) bool { return s == "" })
}

// due says by when an answer is owed; nil where none is.
func (p *page) due(q notebook.PetitionPage) fyne.CanvasObject {
	today, due := words.Today(p.f.Now()), int32(q.Owed)
	switch {
	case due == 0:
		return nil
	case due < today:
		return kit.State(kit.SignWrong, words.DueBy(due)+" · "+words.Overdue(today-due), kit.Wrong)
	}
	return kit.State(kit.SignAgain, words.DueBy(due), kit.Waiting)
}

// steps is what happened, the oldest first.
func (p *page) steps(q notebook.PetitionPage) fyne.CanvasObject {
	c := kit.Column(1.5*kit.Grid, kit.Heading(words.StepsOfIt))
	if len(q.Steps) == 0 {
		c.Add(kit.NewText(words.NoSteps, kit.Style{Color: kit.Second}))
	}
	for i, s := range q.Steps {
		sign := kit.SignMet
		if i == len(q.Steps)-1 {
			sign = kit.SignLong
		}
		lines := kit.Column(kit.Grid/4, kit.NewText(s.What.Text+" · "+s.Day.String(), kit.Style{Bold: true}))
		if s.Text != "" {
			lines.Add(kit.Plain(words.Capital(s.Text)))
		}
		if s.By != "" {
			lines.Add(kit.Lesser(words.Capital(words.WrittenBy(s.By))))
		}
		lines.Add(form.State(s.Receipt))
		c.Add(kit.Marked(kit.NewSign(sign, kit.Told, 0.9), lines))
	}
	return c
}

// forward asks for the consent without which it cannot go up; nil where it is not needed
// now or not this user's to ask.
func (p *page) forward(q notebook.PetitionPage) fyne.CanvasObject {
	up := may(q, pb.StepKind_STEP_KIND_SENT_UP)
	if q.Standing.Code != "" || q.Forward == book.Given || !up && !q.MayEdit {
		return nil
	}
	return form.WhyAsk(pb.Purpose_PURPOSE_FORWARD, q.Forward, func() { p.f.PushOver(p.screen, askForward(p.f, q.Household, p.look)) })
}

// codes are how the notebook calls the steps that are taken in the app.
var codes = map[pb.StepKind]string{
	pb.StepKind_STEP_KIND_SENT_UP: "sent_up", pb.StepKind_STEP_KIND_SUPPLEMENT: "supplement", pb.StepKind_STEP_KIND_TOLD: "told",
	pb.StepKind_STEP_KIND_CLOSED: "closed", pb.StepKind_STEP_KIND_REOPENED: "reopened", pb.StepKind_STEP_KIND_TAKEN_BACK: "taken_back",
}

func may(q notebook.PetitionPage, what pb.StepKind) bool {
	return slices.ContainsFunc(q.Next, func(t notebook.Term) bool { return t.Code == codes[what] })
}

// actions are the buttons; what comes next is the one at the bottom.
func (p *page) actions(q notebook.PetitionPage) *fyne.Container {
	c := kit.Column(1.5 * kit.Grid)
	main := func(say string, do func()) {
		p.main.SetWords(say)
		p.main.OnTapped = do
		p.main.Show()
	}
	open := func(what pb.StepKind) func() {
		return func() { p.f.PushOver(p.screen, newStep(p.f, q, what)) }
	}
	if may(q, pb.StepKind_STEP_KIND_SENT_UP) {
		switch approved := q.Receipt.State == notebook.StateApproved || q.Receipt.State == notebook.StateNoReviewer; {
		case approved && q.Forward == book.Given:
			main(words.SendUp, p.sendUp)
		case !approved:
			c.Add(kit.Lesser(words.ApproveOnce))
		}
	}
	if may(q, pb.StepKind_STEP_KIND_TOLD) {
		if q.Standing.Code == answered {
			main(words.TellHousehold, open(pb.StepKind_STEP_KIND_TOLD))
		} else {
			c.Add(kit.Act(words.TellHousehold, open(pb.StepKind_STEP_KIND_TOLD)))
		}
	}
	if q.MayEdit {
		if q.Receipt.State == notebook.StateReturned {
			main(words.EditPetition, func() { p.f.PushOver(p.screen, Edit(p.f, q.Household, q.ID)) })
		} else {
			c.Add(kit.Act(words.EditPetition, func() { p.f.PushOver(p.screen, Edit(p.f, q.Household, q.ID)) }))
		}
	}
	for _, b := range []struct {
		what pb.StepKind
		say  string
	}{
		{pb.StepKind_STEP_KIND_SUPPLEMENT, words.Supplement}, {pb.StepKind_STEP_KIND_CLOSED, words.ClosePetition}, {pb.StepKind_STEP_KIND_REOPENED, words.Reopen},
	} {
		if may(q, b.what) {
			c.Add(kit.Act(b.say, open(b.what)))
		}
	}
	c.Add(kit.Act(words.CopyNumber, func() { p.f.Copy(q.Number) }))
	if may(q, pb.StepKind_STEP_KIND_TAKEN_BACK) {
		c.Add(kit.Link(words.TakeBackStep, open(pb.StepKind_STEP_KIND_TAKEN_BACK)))
	}
	return c
}

// answered is the standing after which the household is to be told.
const answered = "answered"

func (p *page) sendUp() {
	p.f.Ask(words.SendUpAsk, words.SentUpOnce, words.SendUp, words.Cancel, func() {
		b, id := p.f.Book, p.id
		p.f.Do(p.main, func(ctx context.Context) error {
			_, err := b.SendUp(ctx, id)
			return err
		}, func() { p.f.Tell(words.SentUpDone) })
	})
}
