package form

import (
	"context"
	"errors"
	"slices"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/consent"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// Mode is what a form is for; with the form's name it is kept in drafts.
type Mode string

// The modes: a new record, one that was recorded, one that the server refused.
const (
	AsNew  Mode = ""
	AsEdit Mode = "-edit"
	AsMend Mode = "-mend"
)

// ModeOf gives what the half-written form of that name was for.
func ModeOf(f *frame.Frame, name string, d notebook.Draft) Mode {
	half, _ := frame.ReadHalf(d)
	switch half.Form {
	case name + string(AsEdit):
		return AsEdit
	case name + string(AsMend):
		return AsMend
	}
	if _, err := f.Book.WrittenEdit(d.ID); err == nil {
		return AsEdit // it was recorded from another form, or another app wrote the draft
	}
	return AsNew
}

// Kind is what differs from one form to the next.
type Kind struct {
	// Name of the screen, with the mode behind it; Title of the screen.
	Name, Title string
	// Delete is on the button that deletes a record, DeleteAsk and DeleteText are the question
	// before it.
	Delete, DeleteAsk, DeleteText string
	// Look reads the book and shows the form, with Load: it is called at each refresh.
	Look func()
	// Written gives what stands in the form, for its draft: as far as it can be read, and each
	// field as it was typed.
	Written func() (notebook.Edit, map[string]string)
	// Finish is what the button at the bottom does.
	Finish func()
}

// Form is a page of fields for one record of a household. It keeps itself as a draft at each
// change, says what is wrong at the field, and ends once: with the record saved, sent again,
// given up or deleted, or with the draft kept.
type Form struct {
	Frame     *frame.Frame
	Mode      Mode
	Household notebook.ID
	ID        notebook.ID       // of the record; of a new one none, or the draft's
	Typed     map[string]string // what stood in the fields of a draft that is taken up again
	Why       string            // why the server refused the record
	Asked     notebook.Asked    // of the household, from the last look at the book

	Screen *frame.Screen
	Page   *fyne.Container
	Done   *kit.Button // hidden until the form shows it
	Saved  *Saved

	kind   Kind
	draft  notebook.Draft // that is taken up again
	keep   *frame.Drafting
	filled bool
	left   bool
	looks  int // which look at the book is the newest: a later answer to an older one is dropped
	head   *fyne.Container
	again  *kit.Button
	places map[uint32]place
}

// place is where a field stands, and how what is wrong with it is said there.
type place struct {
	box  fyne.CanvasObject
	help *kit.Text // nil: miss says it
	miss func(say string)
}

// New makes a form without fields; what was half written of a record is taken up again. id
// is the record's, or the draft's of a new one, or none.
func New(f *frame.Frame, kind Kind, m Mode, household, id notebook.ID) *Form {
	fm := &Form{Frame: f, Mode: m, Household: household, ID: id, kind: kind, Page: kit.Column(2.5 * kit.Grid),
		head: kit.Column(kit.Grid), places: map[uint32]place{}}
	fm.Done = kit.Do(words.Done, kind.Finish)
	if m == AsMend {
		fm.Done.SetWords(words.SendAgain)
	}
	fm.Done.Hide()
	fm.Saved = NewSaved(fm.Fit)
	fm.Screen = &frame.Screen{Name: fm.name(), Title: kind.Title, Body: fm.Page, Foot: fm.Done, Refresh: kind.Look, Leave: fm.leave}
	if m == AsNew {
		fm.watch(notebook.ID{})
		return fm
	}
	fm.watch(id)
	if d, ok := Half(f, id); ok {
		fm.Take(d)
	}
	return fm
}

// name is that of the screen, and of the form in drafts.
func (fm *Form) name() string { return fm.kind.Name + string(fm.Mode) }

// Take goes on with what was half written: every field stands as it was typed, good or not.
func (fm *Form) Take(d notebook.Draft) {
	half, _ := frame.ReadHalf(d)
	fm.Typed, fm.draft = half.Fields, d
	fm.watch(d.ID)
}

// resumed tells whether the form goes on with a draft.
func (fm *Form) resumed() bool { return !fm.draft.ID.IsZero() }

// watch starts to keep the form as the draft of an id.
func (fm *Form) watch(draft notebook.ID) {
	fm.keep = fm.Frame.Drafting(draft, fm.resumed(), fm.read, fm.Saved.Say)
}

// read gives the form for its draft.
func (fm *Form) read() (notebook.DraftForm, frame.Half) {
	e, fields := fm.kind.Written()
	d := notebook.DraftForm{Household: fm.Household, Edit: e}
	if fm.Mode != AsNew {
		d.ID = fm.ID
	}
	return d, frame.Half{Form: fm.name(), Fields: fields}
}

// Fit lays the screen out anew after lines came or went.
func (fm *Form) Fit() { fm.Screen.Fit() }

// Seen is what a look at the book gives of the record.
type Seen struct {
	// Base is what the record says, for an edit; Fill is what is to stand in the fields: that,
	// what was refused, or what a draft says. Nil: nothing.
	Base, Fill notebook.Edit
	// May tells whether the user may write the record.
	May bool
	Err error

	asked notebook.Asked
	field uint32 // that the server refused
	why   string
}

// Load reads the book off the screen's thread, with more for what only this form needs, and
// calls show; an answer that comes after a newer look, or after the form was left, is dropped.
func Load[T any](fm *Form, more func(b *notebook.Notebook) T, show func(Seen, T)) {
	fm.looks++
	looks := fm.looks
	type answer struct {
		seen Seen
		more T
	}
	b, m, household, id, resumed := fm.Frame.Book, fm.Mode, fm.Household, fm.ID, fm.resumed()
	frame.Load(fm.Frame, func() answer {
		return answer{see(b, m, household, id, resumed), more(b)}
	}, func(a answer) {
		if looks == fm.looks && !fm.left {
			show(a.seen, a.more)
		}
	})
}

// see reads what the book says of a form's record.
func see(b *notebook.Notebook, m Mode, household, id notebook.ID, resumed bool) Seen {
	s := Seen{May: true}
	if s.asked, s.Err = b.Asked(household); s.Err != nil {
		return s
	}
	switch m {
	case AsEdit:
		s.Base, s.Err = b.WrittenEdit(id)
		s.Fill, s.May = s.Base, b.MayEdit(id)
	case AsMend:
		s.Fill, s.field, s.Err = b.RefusedEdit(id)
		refused, _ := Refused(b, id)
		s.why = refused.Text
	}
	if resumed {
		if d, err := b.DraftEdit(id); err == nil {
			s.Fill = d
		}
	}
	return s
}

// Refused finds what the server refused of a record.
func Refused(b *notebook.Notebook, record notebook.ID) (notebook.Mend, bool) {
	all := b.Mends()
	i := slices.IndexFunc(all, func(m notebook.Mend) bool { return m.Record == record })
	if i < 0 {
		return notebook.Mend{}, false
	}
	return all[i], true
}

// Stands takes in what was seen. False: there is no such record, or it may not be read; that
// is said in the place of the fields, if there are none yet.
func (fm *Form) Stands(s Seen) bool {
	if s.Err != nil {
		if !fm.filled {
			say := notebook.Say(s.Err)
			if errors.Is(s.Err, notebook.ErrGone) {
				say = words.NoMendLeft
			}
			fm.Page.Objects = Stranded(fm.Frame, fm.Screen, fm.draft, say)
			fm.Fit()
		}
		return false
	}
	fm.Asked = s.asked
	if s.why != "" {
		fm.Why = s.why
	}
	return true
}

// Filled tells whether the fields are there: they are made once, and a later look changes
// nothing that is being typed.
func (fm *Form) Filled() bool { return fm.filled }

// Put puts the fields below the head, and below them what else can be done with the record;
// from now on what is typed is kept.
func (fm *Form) Put(s Seen, fields ...fyne.CanvasObject) {
	fm.filled = true
	fm.Page.Objects = append([]fyne.CanvasObject{fm.head}, fields...)
	if acts := fm.acts(); len(acts) > 0 {
		fm.Page.Add(kit.Column(kit.Grid, acts...))
	}
	if s.field != 0 && fm.Why != "" {
		fm.wrong(s.field, fm.Why)
	}
}

// acts are what else can be done with the record.
func (fm *Form) acts() []fyne.CanvasObject {
	switch {
	case fm.Mode == AsMend:
		fm.again = kit.Act(words.MendAsItIs, func() { fm.Send(nil) })
		return []fyne.CanvasObject{fm.again, kit.Link(words.DropIt, fm.dropRefused)}
	case fm.Mode == AsEdit:
		return []fyne.CanvasObject{kit.Link(fm.kind.Delete, fm.delete)}
	case fm.resumed():
		return []fyne.CanvasObject{kit.Link(words.DropHalf, fm.dropDraft)}
	}
	return nil
}

// Top says whose record it is, for whom it is written, and what to do first; and it offers to
// send a refused record as it was where the household agrees to what stands in it.
func (fm *Form) Top(r notebook.Receipt) {
	fm.head.Objects = []fyne.CanvasObject{kit.Heading(fm.Asked.Title)}
	if fm.Asked.For != "" {
		fm.head.Add(kit.Lesser(words.Capital(words.WrittenFor(fm.Asked.For))))
	}
	switch {
	case fm.Mode == AsMend && fm.Why != "":
		fm.head.Add(kit.Banner(kit.SignReturned, fm.Why, kit.Wrong))
	case fm.Mode == AsEdit && r.State != "":
		fm.head.Add(Standing(r))
	}
	if fm.again != nil {
		fm.again.Show()
		if !fm.MayKeep() {
			fm.again.Hide()
		}
	}
}

// MayKeep tells whether the household agreed that the branch keeps what it said.
func (fm *Form) MayKeep() bool { return fm.Asked.Keep == book.Given }

// AskKeep is in the place of what needs that; once the household was asked, then is shown.
func (fm *Form) AskKeep(then fyne.CanvasObject) fyne.CanvasObject {
	return WhyAsk(pb.Purpose_PURPOSE_KEEP, fm.Asked.Keep, func() {
		fm.Frame.PushOver(fm.Screen, consent.Ask(fm.Frame, fm.Household, pb.Purpose_PURPOSE_KEEP, func() { fm.Screen.Reveal(then) }))
	})
}

// Field puts a label over a field and room for what is wrong below it. Fields have the
// numbers by which refusals name them.
func (fm *Form) Field(number uint32, label string, o fyne.CanvasObject) fyne.CanvasObject {
	help := kit.Help()
	box := kit.Field(label, o, help)
	fm.Place(number, box, help)
	return box
}

// Place tells where a field stands, and where what is wrong with it is said.
func (fm *Form) Place(number uint32, o fyne.CanvasObject, help *kit.Text) {
	fm.places[number] = place{box: o, help: help}
}

// Note makes the field of a long text, of a kind of record.
func (fm *Form) Note(number uint32, kind pb.Kind, label, hint string) *Note {
	n := NewNote(fm.Frame, label, hint, book.LimitsOf(kind)[number].Letters, fm.touched, fm.Fit)
	fm.places[number] = place{box: n.Box, miss: n.Miss}
	return n
}

// Editing is what every change of a field does: what was wrong with it is said no more.
func (fm *Form) Editing(number uint32) func() {
	return func() {
		if h := fm.places[number].help; h != nil && h.Visible() {
			kit.Tell(h, "")
		}
		fm.touched()
		fm.Fit()
	}
}

func (fm *Form) touched() {
	if fm.filled && !fm.left {
		fm.keep.Touch()
	}
}

// Mark says below a field what is wrong with it, and scrolls to it.
func (fm *Form) Mark(number uint32, say string) {
	fm.wrong(number, say)
	fm.reveal(number)
}

// DayGood tells whether a day can be read; where not, what is wrong stands below it.
func (fm *Form) DayGood(number uint32, d *kit.Date) bool {
	_, err := d.Day()
	if err != nil {
		d.SetRaw(d.Text())
		fm.reveal(number)
	}
	return err == nil
}

func (fm *Form) reveal(number uint32) {
	fm.Fit()
	if o := fm.places[number].box; o != nil {
		fm.Screen.Reveal(o)
	}
}

func (fm *Form) wrong(number uint32, say string) {
	switch p := fm.places[number]; {
	case p.miss != nil:
		p.miss(say)
	case p.help != nil:
		kit.Tell(p.help, say)
	}
}

func (fm *Form) refused(err error) {
	if field := WrongField(err); field != 0 {
		fm.Mark(field, notebook.Say(err))
	}
}

// leave keeps the form as a draft that does not open by itself.
func (fm *Form) leave(then func()) {
	keep := fm.keep
	if !fm.filled {
		keep = nil
	}
	Leave(fm.Frame, keep, fm.draft, func() {
		fm.left = true
		then()
	})
}

// Close does work, as Done, and leaves the form; then takes the screen away. Nil: it goes,
// and the user is told how the record stands.
func (fm *Form) Close(work func(ctx context.Context, draft notebook.ID) (notebook.Saved, error), then func(notebook.Saved)) {
	if then == nil {
		then = func(s notebook.Saved) {
			fm.Frame.Remove(fm.Screen)
			Told(fm.Frame, s)
		}
	}
	Done(fm.Frame, fm.Done, fm.keep, work, fm.refused, func(s notebook.Saved) {
		fm.left = true
		then(s)
	})
}

// Send sends a refused record again; nil: as it was.
func (fm *Form) Send(e notebook.Edit) {
	b, id := fm.Frame.Book, fm.ID
	fm.Close(func(ctx context.Context, _ notebook.ID) (notebook.Saved, error) { return SendAgain(ctx, b, id, e) }, func(s notebook.Saved) {
		fm.Frame.Remove(fm.Screen)
		SentAgain(fm.Frame, s)
	})
}

func (fm *Form) dropRefused() {
	fm.Frame.Ask(words.MendDropTitle, words.MendDropText, words.DropIt, words.Cancel, func() {
		b, id := fm.Frame.Book, fm.ID
		fm.drop(words.MendDropped, func(ctx context.Context, draft notebook.ID) error {
			if err := b.DropRefused(ctx, id); err != nil {
				return err
			}
			return b.DropDraft(ctx, draft)
		})
	})
}

func (fm *Form) dropDraft() {
	fm.Frame.Ask(words.DropHalfTitle, words.DropHalfText, words.DropIt, words.Cancel, func() {
		fm.drop(words.Dropped, fm.Frame.Book.DropDraft)
	})
}

func (fm *Form) delete() {
	fm.Frame.Ask(fm.kind.DeleteAsk, fm.kind.DeleteText, words.Delete, words.Cancel, func() {
		b, id := fm.Frame.Book, fm.ID
		fm.drop(words.Deleted, func(ctx context.Context, _ notebook.ID) error {
			_, err := b.Delete(ctx, id)
			return err
		})
	})
}

// drop does away with what the form is about, leaves it and says what was done.
func (fm *Form) drop(say string, work func(ctx context.Context, draft notebook.ID) error) {
	fm.Close(func(ctx context.Context, draft notebook.ID) (notebook.Saved, error) {
		return notebook.Saved{}, work(ctx, draft)
	}, func(notebook.Saved) {
		fm.Frame.Remove(fm.Screen)
		fm.Frame.Tell(say)
	})
}
