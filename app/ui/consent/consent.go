// Package consent has the one screen where a household is asked: whether the branch may
// keep notes, or pass its petitions on. The notice is read out, the answer is the
// household's, and nothing is chosen beforehand.
package consent

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// Ask asks a household for one purpose. After the answer is kept the screen goes and done
// is called, which shows what follows from it; nil: a message says that it is kept.
func Ask(f *frame.Frame, household notebook.ID, purpose pb.Purpose, done func()) *frame.Screen {
	a := &ask{f: f, household: household, purpose: purpose, done: done, page: kit.Column(2.5 * kit.Grid)}
	a.save = kit.Do(words.RecordAnswer, a.record)
	a.save.Hide()
	a.screen = &frame.Screen{Name: "consent", Title: words.AskHousehold, Body: a.page, Foot: a.save, Refresh: a.read}
	return a.screen
}

type ask struct {
	f         *frame.Frame
	household notebook.ID
	purpose   pb.Purpose
	done      func()

	screen  *frame.Screen
	page    *fyne.Container
	save    *kit.Button
	filled  bool
	offered []pb.Answer
	answer  *kit.Choice
	means   *kit.Text
	noAns   *kit.Text
	channel *kit.Choice
	noChan  *kit.Text
	witness *kit.Entry
}

// channels are the ways to ask, in the order of their chips.
var channels = []pb.Channel{pb.Channel_CHANNEL_SPOKEN, pb.Channel_CHANNEL_PAPER, pb.Channel_CHANNEL_PHONE}

// now is what the screen shows of the household.
type now struct {
	asked notebook.Asked
	last  notebook.ConsentLine
	err   error
}

// read fills the screen once: what the user chose stays when the book changes.
func (a *ask) read() {
	if a.filled {
		return
	}
	b, household, purpose := a.f.Book, a.household, a.purpose
	frame.Load(a.f, func() now {
		var n now
		n.asked, n.err = b.Asked(household)
		if page, err := b.Household(household); err == nil {
			if i := int(purpose) - 1; i >= 0 && i < len(page.Consents) {
				n.last = page.Consents[i]
			}
		}
		return n
	}, a.fill)
}

func (a *ask) fill(n now) {
	if a.filled {
		return
	}
	if n.err != nil {
		a.page.Objects = []fyne.CanvasObject{kit.Banner(kit.SignWrong, notebook.Say(n.err), kit.Wrong)}
		a.screen.Fit()
		return
	}
	a.filled = true
	state, notice := n.asked.Keep, words.NoticeKeep
	if a.purpose == pb.Purpose_PURPOSE_FORWARD {
		state, notice = n.asked.Forward, words.NoticeForward
	}
	head := []fyne.CanvasObject{kit.Heading(n.asked.Title)}
	if state != book.NotAsked {
		head = append(head, kit.Lesser(words.LastAnswer(n.last.Text, int32(n.last.Day))))
	}
	a.offered = []pb.Answer{pb.Answer_ANSWER_GIVEN, pb.Answer_ANSWER_DECLINED}
	names := []string{words.Agrees, words.AgreesNot}
	if state == book.Given {
		a.offered[1] = pb.Answer_ANSWER_WITHDRAWN
		names = []string{words.StillAgrees, words.TakesBack}
	}
	a.answer, a.means, a.noAns = kit.NewChoice(names...), kit.Lesser(""), kit.Help()
	a.means.Hide()
	a.answer.OnChanged = a.chosen
	how := make([]string, len(channels))
	for i, c := range channels {
		how[i] = words.Capital(book.Label(c))
	}
	a.channel, a.noChan = kit.NewChoice(how...), kit.Help()
	a.channel.OnChanged = func() { kit.Tell(a.noChan, ""); a.screen.Fit() }
	a.witness = kit.NewEntry(words.WitnessHint)
	a.witness.Limit = book.LimitsOf(pb.Kind_KIND_CONSENT)[6].Letters
	answer := kit.Field(words.TheirAnswer, a.answer, a.means)
	answer.Add(a.noAns)
	var read []fyne.CanvasObject
	for _, sentence := range strings.Split(notice, "\n") {
		read = append(read, kit.Plain(sentence))
	}
	paper := kit.Paper(append(read, kit.Lesser(words.NoticeVersion))...)
	a.page.Objects = []fyne.CanvasObject{
		kit.Column(kit.Grid/2, head...),
		kit.Column(kit.Grid/2, kit.Heading(words.ReadAloud), paper),
		answer,
		kit.Field(words.HowAsked, a.channel, a.noChan),
		kit.Field(words.Witness, a.witness, nil),
	}
	a.save.Show()
	a.screen.Fit()
}

// picked gives the answer that is chosen; 0: none.
func (a *ask) picked() pb.Answer {
	if i := a.answer.Chosen(); i >= 0 {
		return a.offered[i]
	}
	return 0
}

// chosen says what the answer means for the book.
func (a *ask) chosen() {
	kit.Tell(a.noAns, "")
	means := ""
	switch a.picked() {
	case pb.Answer_ANSWER_DECLINED:
		means = words.AgreesNotMeans
	case pb.Answer_ANSWER_WITHDRAWN:
		means = words.TakesBackMeans
	}
	if means != "" && a.purpose == pb.Purpose_PURPOSE_FORWARD {
		means = words.NotPassedOn
	}
	kit.Tell(a.means, means)
	a.screen.Fit()
}

func (a *ask) record() {
	in := notebook.NewConsent{
		Household: a.household, Purpose: a.purpose, Answer: a.picked(), NoticeVersion: words.NoticeVersion, Witness: a.witness.Text,
	}
	if i := a.channel.Chosen(); i >= 0 {
		in.Channel = channels[i]
	}
	if in.Answer == 0 || in.Channel == 0 {
		if in.Channel == 0 {
			kit.Tell(a.noChan, words.ChooseHow)
			a.screen.Reveal(a.channel)
		}
		if in.Answer == 0 {
			kit.Tell(a.noAns, words.ChooseAnswer)
			a.screen.Reveal(a.answer)
		}
		a.screen.Fit()
		return
	}
	b := a.f.Book
	a.f.Do(a.save, func(ctx context.Context) error {
		_, err := b.RecordConsent(ctx, in)
		return err
	}, func() {
		a.f.Remove(a.screen)
		if a.done != nil {
			a.done()
			return
		}
		a.f.Tell(words.AnswerKept)
	})
}
