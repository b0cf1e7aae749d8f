// Package form has what forms share. Form is the whole skeleton of one: visits and petitions
// embed it, and add what stands in it, how it is filled and what its button does. The rest
// are pieces that households, contributions, steps and the desk's pages use too: a long text
// that counts what is left and warns of words, the line that tells when a form was last
// saved, saving, leaving, what to do with what the server refused, and how a record stands.
package form

import (
	"context"
	"errors"
	"unicode/utf8"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// Tone gives a receipt's colour.
func Tone(t notebook.Tone) fyne.ThemeColorName {
	switch t {
	case notebook.Safe:
		return kit.Safe
	case notebook.Wrong:
		return kit.Wrong
	}
	return kit.Waiting
}

// State shows how far a record has come.
func State(r notebook.Receipt) fyne.CanvasObject {
	return kit.State(r.Icon(), r.Text, Tone(r.Tone()))
}

// Standing is State, and for a record that was returned a banner with the reason, because
// that is what to do first.
func Standing(r notebook.Receipt) fyne.CanvasObject {
	if r.State == notebook.StateReturned || r.State == notebook.StateRefused {
		return kit.Banner(r.Icon(), r.Text, kit.Wrong)
	}
	return State(r)
}

// nearEnd is from how many letters on a text counts what it still takes.
const nearEnd = 300

// Note is a long text of a form.
type Note struct {
	*kit.Entry
	// Box is the field with its label and what is said below it; Warned is hidden while no
	// word is warned of.
	Box *fyne.Container

	f      *frame.Frame
	left   *kit.Text
	warned *kit.Text
	screen func()
	asked  int
}

// NewNote makes the field. limit is the greatest number of letters, edited is called after
// each change, fit lays the screen out anew.
func NewNote(f *frame.Frame, label, hint string, limit int, edited, fit func()) *Note {
	n := &Note{Entry: kit.NewNote(hint, 5), f: f, left: kit.Help(), screen: fit}
	n.warned = kit.NewText("", kit.Style{Size: kit.Small, Color: kit.Waiting})
	n.warned.Hide()
	n.Limit = limit
	n.OnFull = func() {
		n.say(words.TextFull, kit.Wrong)
	}
	n.OnEdited = func(string) {
		n.look()
		edited()
	}
	n.Box = kit.Field(label, n.Entry, nil)
	n.Box.Add(n.left)
	n.Box.Add(n.warned)
	return n
}

// Fill puts a text in without telling of an edit.
func (n *Note) Fill(s string) {
	edited := n.OnEdited
	n.OnEdited = nil
	n.SetText(s)
	n.OnEdited = edited
	n.look()
}

// Miss says below the field what is missing in it.
func (n *Note) Miss(s string) { n.say(s, kit.Wrong) }

func (n *Note) say(s string, tone fyne.ThemeColorName) {
	n.left.SetStyle(kit.Style{Size: kit.Small, Color: tone})
	if n.left.Words() != s || n.left.Visible() != (s != "") {
		kit.Tell(n.left, s)
		n.screen()
	}
}

// look counts what is left and looks for words that the commune's table warns of.
func (n *Note) look() {
	switch left := n.Limit - utf8.RuneCountInString(n.Text); {
	case left <= 0:
		n.say(words.TextFull, kit.Wrong)
	case left <= nearEnd:
		n.say(words.LettersLeft(left), kit.Second)
	default:
		n.say("", kit.Second)
	}
	n.asked++
	asked, text, b := n.asked, n.Text, n.f.Book
	frame.Load(n.f, func() []string { return b.WarnedWords(text) }, func(found []string) {
		if asked != n.asked {
			return
		}
		s := ""
		if len(found) > 0 {
			s = words.Warned(found)
		}
		if n.warned.Words() != s {
			kit.Tell(n.warned, s)
			n.screen()
		}
	})
}

// Saved is the line that tells when a form was last saved.
type Saved struct {
	*kit.Text
	fit func()
}

// NewSaved makes the line; it takes no room until Say.
func NewSaved(fit func()) *Saved {
	s := &Saved{Text: kit.Lesser(""), fit: fit}
	s.Hide()
	return s
}

// Say is for frame.Drafting.
func (s *Saved) Say(at string, err error) {
	tone := kit.Second
	if err != nil {
		at, tone = words.NotKept+notebook.Say(err), kit.Wrong
	}
	s.SetStyle(kit.Style{Size: kit.Small, Color: tone})
	if s.Words() != at || !s.Visible() {
		kit.Tell(s.Text, at)
		s.fit()
	}
}

// Done saves a form for good: it waits for the draft that is under way, does work with its
// id, and calls done; after an error the form goes on as it was and wrong may mark a field.
// An edit that changes nothing drops the draft and is no error; done gets no id then.
func Done(f *frame.Frame, button fyne.Disableable, keep *frame.Drafting, work func(ctx context.Context, draft notebook.ID) (notebook.Saved, error), wrong func(error), done func(notebook.Saved)) {
	if keep.Busy() {
		return // another button of the form was quicker
	}
	button.Disable()
	keep.Finish(func(draft notebook.ID) {
		var saved notebook.Saved
		b := f.Book
		f.Go(func(ctx context.Context) error {
			var err error
			saved, err = work(ctx, draft)
			if errors.Is(err, notebook.ErrNothingChanged) {
				saved, err = notebook.Saved{}, b.DropDraft(ctx, draft)
			}
			return err
		}, func(err error) {
			button.Enable()
			if err != nil {
				keep.Resume()
				keep.Touch()
				if wrong != nil {
					wrong(err)
				}
				f.Fail(err)
				return
			}
			done(saved)
			f.Changed()
		})
	})
}

// Half gives the half-written form of a record, if there is one: who opens the record again
// goes on with it, else the next letter would overwrite what was typed before.
func Half(f *frame.Frame, record notebook.ID) (notebook.Draft, bool) {
	for _, d := range f.Book.Drafts() {
		if d.ID == record {
			return d, true
		}
	}
	return notebook.Draft{}, false
}

// Stranded is in the place of a half-written form that cannot be shown, such as that of a
// record which was deleted meanwhile: why, what was typed, and the way to throw it away.
func Stranded(f *frame.Frame, s *frame.Screen, d notebook.Draft, why string) []fyne.CanvasObject {
	out := []fyne.CanvasObject{kit.Banner(kit.SignWrong, why, kit.Wrong)}
	if d.ID.IsZero() {
		return out
	}
	typed := kit.Column(kit.Grid)
	for _, l := range d.Fields {
		typed.Add(kit.Plain(words.ValueWas(l.Name, l.Value)))
	}
	if len(typed.Objects) > 0 {
		out = append(out, kit.Paper(typed))
	}
	drop := kit.Link(words.DropHalf, nil)
	drop.OnTapped = func() {
		f.Ask(words.DropHalfTitle, words.DropHalfText, words.DropIt, words.Cancel, func() {
			b := f.Book
			f.Do(drop, func(ctx context.Context) error { return b.DropDraft(ctx, d.ID) }, func() {
				f.Remove(s)
				f.Tell(words.Dropped)
			})
		})
	}
	return append(out, drop)
}

// Leave keeps a form as a draft that does not open by itself, and then lets it go. keep is
// nil while nothing can be typed into the form; d is the draft that is taken up again, if any.
func Leave(f *frame.Frame, keep *frame.Drafting, d notebook.Draft, then func()) {
	gone := func(kept bool) {
		then()
		if kept {
			f.Tell(words.KeptAsDraft)
		}
	}
	switch {
	case keep != nil:
		keep.Leave(gone)
	case !d.ID.IsZero(): // and could not be shown
		f.Aside(d.ID, func() { gone(false) })
	default:
		gone(false)
	}
}

// SendAgain sends a refused record again, mended by e, or as it was for nil. Where the
// record has come to say the same meanwhile there is nothing to send: it goes off the list,
// and the result names no record.
func SendAgain(ctx context.Context, b *notebook.Notebook, record notebook.ID, e notebook.Edit) (notebook.Saved, error) {
	s, err := b.MendRefused(ctx, record, e)
	if errors.Is(err, notebook.ErrNothingChanged) {
		if err := b.DropRefused(ctx, record); err != nil {
			return notebook.Saved{}, err
		}
		return notebook.Saved{}, b.DropDraft(ctx, record)
	}
	return s, err
}

// SentAgain tells what SendAgain did.
func SentAgain(f *frame.Frame, s notebook.Saved) {
	if s.ID.IsZero() {
		f.Tell(words.GoneMeanwhile)
		return
	}
	f.Tell(words.SentAgain)
}

// SendAsItWas is what a button does that sends a refused record again as it was; the screen
// goes then.
func SendAsItWas(f *frame.Frame, s *frame.Screen, button fyne.Disableable, record notebook.ID) {
	var sent notebook.Saved
	b := f.Book
	f.Do(button, func(ctx context.Context) error {
		var err error
		sent, err = SendAgain(ctx, b, record, nil)
		return err
	}, func() {
		f.Remove(s)
		SentAgain(f, sent)
	})
}

// GiveUp is what a button does that gives a refused record up, after a question; the screen
// goes then.
func GiveUp(f *frame.Frame, s *frame.Screen, button fyne.Disableable, record notebook.ID) {
	f.Ask(words.MendDropTitle, words.MendDropText, words.DropIt, words.Cancel, func() {
		b := f.Book
		f.Do(button, func(ctx context.Context) error { return b.DropRefused(ctx, record) }, func() {
			f.Remove(s)
			f.Tell(words.MendDropped)
		})
	})
}

// NewDay makes the field of the day when something was; it is empty at first.
func NewDay(f *frame.Frame, label string) *kit.Date {
	return kit.NewDate(f.Now(), false, kit.Jump{Words: words.ThisDay}, kit.Jump{Words: words.Yesterday, Days: -1}).Named(label)
}

// DayIn gives the day in a field, nil where it cannot be read.
func DayIn(d *kit.Date) *notebook.Day {
	n, err := d.Day()
	if err != nil {
		return nil
	}
	day := notebook.Day(n)
	return &day
}

// Value gives what an edit says of a field, the empty value where it says nothing.
func Value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// Changed gives what an edit says of a field, nil where the record says the same.
func Changed[T comparable](now, was *T) *T {
	if now != nil && was != nil && *now == *was {
		return nil
	}
	return now
}

// WrongField gives the number of the field that an error is about, 0: the whole record.
func WrongField(err error) uint32 {
	var r *book.Refusal
	if errors.As(err, &r) {
		return r.Field
	}
	return 0
}

// Told says how a record stands after it was saved, with the words of it that the commune's
// table warns of.
func Told(f *frame.Frame, s notebook.Saved) {
	switch {
	case len(s.Warned) > 0:
		f.Warn(s.Receipt.Text + ". " + words.Warned(s.Warned))
	case s.ID.IsZero():
		f.Tell(words.NothingChanged)
	default:
		f.Tell(s.Receipt.Text)
	}
}

// WhyAsk is the banner that stands in the place of what needs a household's consent.
func WhyAsk(purpose pb.Purpose, state book.ConsentState, ask func()) fyne.CanvasObject {
	why, button := words.AskFirst, words.AskHousehold
	declined, withdrawn := words.Declined, words.Withdrawn
	if purpose == pb.Purpose_PURPOSE_FORWARD {
		why, declined, withdrawn = words.AskForward, words.ForwardDeclined, words.ForwardWithdrawn
	}
	switch state {
	case book.Declined:
		why, button = declined, words.AskAgain
	case book.Withdrawn:
		why, button = withdrawn, words.AskAgain
	}
	return kit.Banner(kit.SignTold, why, kit.Waiting, kit.Act(button, ask))
}
