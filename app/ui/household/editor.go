package household

import (
	"context"
	"maps"
	"strings"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/form"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
)

// slot is one field of a form. Everything in it is text, good or not, so that a draft can
// keep it.
type slot struct {
	key   string
	field uint32 // in the record
	get   func() string
	set   func(string)
	// from makes of a record's text what set takes; nil: the same text.
	from func(string) string
	help *kit.Text // nil: o says itself what is wrong
	o    fyne.CanvasObject
}

// code gives what set takes for a record's text.
func (s *slot) code(text string) string {
	if s.from != nil {
		return s.from(text)
	}
	return text
}

// texts gives the values of a record's lines by field.
func texts(lines []notebook.FieldLine) map[uint32]string {
	out := make(map[uint32]string, len(lines))
	for _, l := range lines {
		out[l.Field] = l.Value
	}
	return out
}

// written shows what stands in a record.
func written(lines []notebook.FieldLine) fyne.CanvasObject {
	card := kit.Column(kit.Grid)
	for _, l := range lines {
		card.Add(kit.Plain(words.ValueWas(l.Name, l.Value)))
	}
	return kit.Paper(card)
}

// values are what stands in the fields of a form, by the slots' keys.
type values map[string]string

// source is what a form is filled with, read off the screen's thread.
type source struct {
	// title of the screen.
	title string
	// of is the record as it stands; nil: a new one.
	of []notebook.FieldLine
	// start are the values of a new record.
	start values
	// desk: secretary or deputy. choices are what can be chosen.
	desk    bool
	choices []notebook.Initiative
	// closed: the user may read the record and not change it.
	closed bool
	err    error
}

// editor is a page of fields that keeps itself as a draft. It writes what the user changed
// and nothing else, so that what others wrote meanwhile stays.
type editor struct {
	f      *frame.Frame
	screen *frame.Screen
	column *fyne.Container
	slots  []*slot
	date   *kit.Date // of a contribution
	before values    // as the record stands
	saved  *form.Saved
	wrong  *kit.Text // what belongs to no field
	done   *kit.Button
	drop   *kit.Button
	keep   *frame.Drafting
	asked  bool

	// name of the form in drafts; base says which draft it is; half is what stood in the
	// fields of a draft, lines what can be read of one that this app did not make.
	name  string
	base  notebook.DraftForm
	half  values
	lines []notebook.FieldLine
	draft notebook.Draft // that is taken up again

	load  func(b *notebook.Notebook) source
	build func(src source) []*slot
	// read makes the edit of what was changed, with a sentence for each field that is not
	// good; "" is the key of what belongs to no field.
	read func(changed values) (notebook.Edit, map[string]string)
	// save writes; draft is to be dropped with it. next gives the screen that stands in place
	// of the form then; nil: the one below.
	save func(ctx context.Context, b *notebook.Notebook, e notebook.Edit, draft notebook.ID) (notebook.Saved, error)
	next func(saved notebook.Saved) *frame.Screen
	// always: what is unchanged is sent too, as after a refusal.
	always bool
}

func (fm *editor) start(name string) *frame.Screen {
	fm.column = kit.Column(2*kit.Grid, kit.Lesser(words.Working))
	fm.saved, fm.wrong = form.NewSaved(func() { fm.screen.Fit() }), kit.Help()
	fm.done = kit.Do(words.Done, fm.finish)
	fm.done.Disable()
	fm.drop = kit.Link(words.DropHalf, fm.ask)
	fm.screen = &frame.Screen{Name: name, Title: words.PageOfHousehold, Body: fm.column, Foot: fm.done, Refresh: fm.fill, Leave: fm.leave}
	return fm.screen
}

// fill builds the fields once: a later refresh must not change what a user is typing.
func (fm *editor) fill() {
	if fm.asked {
		return
	}
	fm.asked = true
	b := fm.f.Book
	frame.Load(fm.f, func() source { return fm.load(b) }, fm.show)
}

func (fm *editor) show(src source) {
	if src.err != nil {
		fm.column.Objects = form.Stranded(fm.f, fm.screen, fm.draft, notebook.Say(src.err))
		fm.screen.Fit()
		return
	}
	if src.closed {
		fm.column.Objects = []fyne.CanvasObject{written(src.of)}
		if !fm.draft.ID.IsZero() {
			fm.column.Objects = append(form.Stranded(fm.f, fm.screen, fm.draft, words.NotYours), fm.column.Objects...)
		}
		fm.done.Hide()
		fm.screen.SetTitle(src.title, "")
		fm.screen.Fit()
		return
	}
	fm.slots = fm.build(src)
	record, draft := texts(src.of), texts(fm.lines)
	fm.before = values{}
	objects := make([]fyne.CanvasObject, 0, len(fm.slots)+3)
	for _, s := range fm.slots {
		text := s.code(record[s.field])
		fm.before[s.key] = text
		if v, ok := src.start[s.key]; ok {
			text = v
		}
		if v, ok := draft[s.field]; ok {
			text = s.code(v)
		}
		if v, ok := fm.half[s.key]; ok {
			text = v
		}
		s.set(text)
		objects = append(objects, s.o)
	}
	if fm.half == nil && fm.lines == nil {
		fm.drop.Hide()
	}
	fm.column.Objects = append(objects, fm.wrong, fm.saved.Text, fm.drop)
	fm.keep = fm.f.Drafting(fm.base.ID, !fm.draft.ID.IsZero(), fm.drafted, fm.kept)
	fm.done.Enable()
	fm.screen.SetTitle(src.title, "")
	fm.screen.Fit()
}

// leave keeps what was written as a draft that does not open by itself.
func (fm *editor) leave(then func()) { form.Leave(fm.f, fm.keep, fm.draft, then) }

// changed gives what the user changed, and all of a new record.
func (fm *editor) changed() values {
	out := values{}
	for _, s := range fm.slots {
		if v := s.get(); v != fm.before[s.key] {
			out[s.key] = v
		}
	}
	return out
}

// drafted is what the draft keeps.
func (fm *editor) drafted() (notebook.DraftForm, frame.Half) {
	changed := fm.changed()
	d := fm.base
	d.Edit, _ = fm.read(changed)
	return d, frame.Half{Form: fm.name, Fields: maps.Clone(changed)}
}

// kept tells when the draft was saved, or why it could not be.
func (fm *editor) kept(saved string, err error) {
	if err == nil && !fm.drop.Visible() {
		fm.drop.Show()
		fm.screen.Fit()
	}
	fm.saved.Say(saved, err)
}

// touched is called when the user changed a field.
func (fm *editor) touched(s *slot) {
	if s.help != nil && s.help.Visible() {
		kit.Tell(s.help, "")
		fm.screen.Fit()
	}
	if fm.keep != nil {
		fm.keep.Touch()
	}
}

func (fm *editor) slot(key string) *slot {
	for _, s := range fm.slots {
		if s.key == key {
			return s
		}
	}
	return nil
}

// tell puts a sentence at its field, or below all of them.
func (fm *editor) tell(s *slot, sentence string) {
	switch {
	case s == nil:
		kit.Tell(fm.wrong, sentence)
	case s.help != nil:
		kit.Tell(s.help, sentence)
	}
	fm.screen.Fit()
	switch {
	case sentence == "":
	case s == nil:
		fm.screen.Reveal(fm.wrong)
	default:
		fm.screen.Reveal(s.o)
	}
}

// finish writes the form if every field is good.
func (fm *editor) finish() {
	kit.Tell(fm.wrong, "")
	changed := fm.changed()
	edit, wrong := fm.read(changed)
	if len(wrong) > 0 {
		for i := len(fm.slots) - 1; i >= 0; i-- { // the first one is in sight at the end
			if sentence, ok := wrong[fm.slots[i].key]; ok {
				fm.tell(fm.slots[i], sentence)
			}
		}
		if sentence, ok := wrong[""]; ok {
			fm.tell(nil, sentence)
		}
		return
	}
	b := fm.f.Book
	form.Done(fm.f, fm.done, fm.keep, func(ctx context.Context, draft notebook.ID) (notebook.Saved, error) {
		if len(changed) == 0 && !fm.always {
			return notebook.Saved{}, notebook.ErrNothingChanged
		}
		return fm.save(ctx, b, edit, draft)
	}, fm.failed, func(saved notebook.Saved) {
		var next *frame.Screen
		if fm.next != nil {
			next = fm.next(saved)
		}
		if next != nil {
			fm.f.Swap(fm.screen, next)
		} else {
			fm.f.Remove(fm.screen)
		}
		form.Told(fm.f, saved)
	})
}

// failed says what went wrong at the field that it is about.
func (fm *editor) failed(err error) {
	for _, s := range fm.slots {
		if s.field == form.WrongField(err) {
			fm.tell(s, notebook.Say(err))
		}
	}
}

// ask asks whether the draft may go.
func (fm *editor) ask() {
	fm.f.Ask(words.DropHalfTitle, words.DropHalfText, words.DropIt, words.Cancel, func() {
		b := fm.f.Book
		form.Done(fm.f, fm.done, fm.keep, func(ctx context.Context, draft notebook.ID) (notebook.Saved, error) {
			return notebook.Saved{}, b.DropDraft(ctx, draft)
		}, nil, func(notebook.Saved) {
			fm.f.Remove(fm.screen)
			fm.f.Tell(words.Dropped)
		})
	})
}

// entry makes the slot of a text of one line.
func (fm *editor) entry(key string, field uint32, label string, e *kit.Entry, limit int) *slot {
	s := &slot{key: key, field: field, help: kit.Help(), get: func() string { return strings.TrimSpace(e.Text) }, set: e.SetText}
	e.Limit = limit
	e.OnFull = func() { fm.tell(s, words.TextFull) }
	e.OnEdited = func(string) { fm.touched(s) }
	s.o = kit.Field(label, e, s.help)
	return s
}

// choice makes the slot of chips; codes are what stands for them in drafts, and "" for none.
func (fm *editor) choice(key string, field uint32, label string, c *kit.Choice, codes []string, from func(string) string) *slot {
	s := &slot{key: key, field: field, help: kit.Help(), from: from}
	s.get = func() string {
		if i := c.Chosen(); i >= 0 {
			return codes[i]
		}
		return ""
	}
	s.set = func(code string) {
		at := -1
		for i, x := range codes {
			if x == code {
				at = i
			}
		}
		c.Choose(at)
	}
	c.OnChanged = func() { fm.touched(s) }
	s.o = kit.Field(label, c, s.help)
	return s
}

// again goes on with what was half written of the record, if anything.
func (fm *editor) again() *editor {
	if d, ok := form.Half(fm.f, fm.base.ID); ok {
		fm.from(d)
	}
	return fm
}

// from takes a draft up again.
func (fm *editor) from(d notebook.Draft) {
	fm.base.ID, fm.draft = d.ID, d
	if h, ok := frame.ReadHalf(d); ok {
		fm.half = h.Fields
		if fm.half == nil {
			fm.half = values{}
		}
		return
	}
	fm.lines = d.Fields
}
