package desk

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/form"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// formScreen is a screen of fields of one kind of record, with one button that saves it.
type formScreen struct {
	f      *frame.Frame
	screen *frame.Screen
	kind   pb.Kind
	col    *fyne.Container
	helps  map[uint32]*kit.Text
	fields map[uint32]fyne.CanvasObject
	save   *kit.Button
	dirty  bool
}

func newForm(f *frame.Frame, name, title string, kind pb.Kind) *formScreen {
	fm := &formScreen{f: f, kind: kind, col: kit.Column(2 * kit.Grid), helps: map[uint32]*kit.Text{}, fields: map[uint32]fyne.CanvasObject{}}
	fm.save = kit.Do(words.Save, nil)
	fm.screen = &frame.Screen{Name: name, Title: title, Body: fm.col, Foot: fm.save, Leave: fm.leave}
	return fm
}

// add puts a field of a number below the others.
func (fm *formScreen) add(number uint32, label string, o fyne.CanvasObject) {
	fm.helps[number], fm.fields[number] = kit.Help(), o
	fm.col.Add(kit.Field(label, o, fm.helps[number]))
}

// entry adds a field to type in, bounded as the book bounds it.
func (fm *formScreen) entry(number uint32, label string, e *kit.Entry) *kit.Entry {
	fm.add(number, label, e)
	e.Limit = book.LimitsOf(fm.kind)[number].Letters
	e.OnFull = func() { fm.tell(number, words.TextFull) }
	e.OnEdited = func(string) { fm.touch(number) }
	return e
}

// touch says that the user changed a field: what was wrong with it is being mended.
func (fm *formScreen) touch(number uint32) {
	fm.dirty = true
	kit.Tell(fm.helps[number], "")
	fm.screen.Fit() // chips grow when they are chosen
}

func (fm *formScreen) tell(number uint32, s string) {
	kit.Tell(fm.helps[number], s)
	fm.screen.Fit()
}

// wrong puts an error where it belongs: at its field, else over the window.
func (fm *formScreen) wrong(err error) {
	number := form.WrongField(err)
	if errors.Is(err, notebook.ErrCommendsHousehold) {
		number = 1
	}
	if fm.helps[number] != nil {
		fm.tell(number, notebook.Say(err))
		fm.screen.Reveal(fm.fields[number])
		return
	}
	fm.f.Fail(err)
}

// send saves and goes back; a form that changes nothing only goes back.
func (fm *formScreen) send(work func(ctx context.Context) (notebook.Saved, error), said string) {
	for n := range fm.helps {
		kit.Tell(fm.helps[n], "")
	}
	fm.save.Disable()
	var saved notebook.Saved
	fm.f.Go(func(ctx context.Context) error {
		var err error
		saved, err = work(ctx)
		return err
	}, func(err error) {
		fm.save.Enable()
		if err != nil && !errors.Is(err, notebook.ErrNothingChanged) {
			fm.wrong(err)
			return
		}
		fm.dirty = false
		fm.f.Remove(fm.screen)
		fm.f.Changed()
		switch {
		case err != nil:
			fm.f.Tell(words.NothingChanged)
		case len(saved.Warned) > 0:
			fm.f.Warn(words.Warned(saved.Warned))
		default:
			fm.f.Tell(said)
		}
	})
}

// leave asks before what was typed is thrown away.
func (fm *formScreen) leave(then func()) {
	if !fm.dirty {
		then()
		return
	}
	fm.f.Ask(words.DropFormTitle, words.DropFormText, words.DropForm, words.KeepWriting, func() {
		fm.dirty = false
		then()
	})
}

// changed gives a text that is not what it was; nil: it is.
func changed(now, was string) *string {
	if now == was {
		return nil
	}
	return &now
}

// changedDay is changed of a day.
func changedDay(now int32, was notebook.Day) *notebook.Day {
	if d := notebook.Day(now); d != was {
		return &d
	}
	return nil
}

// day reads a date of the form; where it is none, that stands at the field.
func (fm *formScreen) day(number uint32, d *kit.Date) (int32, bool) {
	got, err := d.Day()
	if err == nil {
		return got, true
	}
	if d.Text() == "" { // else the field has said so while it was typed
		fm.tell(number, notebook.Say(err))
	}
	fm.screen.Reveal(fm.fields[number])
	return 0, false
}

// look reads the book off the screen's thread and shows what it got, unless a newer look was
// taken meanwhile: looks may come back in another order. asked counts them.
func look[T any](f *frame.Frame, asked *int, read func() T, show func(T)) {
	*asked++
	mine := *asked
	frame.Load(f, read, func(got T) {
		if mine == *asked {
			show(got)
		}
	})
}

// page is a screen of a column that is built anew at each look.
func page(f *frame.Frame, name, title string, build func(s *frame.Screen, col *fyne.Container, asked *int)) *frame.Screen {
	col := kit.Column(1.5 * kit.Grid)
	s := &frame.Screen{Name: name, Title: title, Body: col}
	asked := 0
	s.Refresh = func() { build(s, col, &asked) }
	return s
}
