package frame

import (
	"context"
	"encoding/json"

	"sodanvan/app/notebook"
	"sodanvan/app/words"
)

// Half is the screen's part of a draft: which form it is, whether it was open when it was
// last saved, and what stood in its fields, good or not.
type Half struct {
	Form   string            `json:"form"`
	Open   bool              `json:"open"`
	Fields map[string]string `json:"fields"`
}

// ReadHalf reads a draft's own part; false for one that another app wrote.
func ReadHalf(d notebook.Draft) (Half, bool) {
	var h Half
	if len(d.Form) == 0 || json.Unmarshal(d.Form, &h) != nil || h.Form == "" {
		return Half{}, false
	}
	return h, true
}

// Drafting keeps a form on the disk at each change, so that a killed app reopens on it. The
// newest state wins; a save that is under way is never overtaken by an older one.
type Drafting struct {
	f    *Frame
	read func() (notebook.DraftForm, Half)
	show func(saved string, err error)
	id   notebook.ID

	there   bool // a draft is on the disk
	dirty   bool // something changed since the last save began
	failed  bool // the last save did not reach the disk
	saving  bool
	closed  bool              // being finished or left: nothing more is typed into it
	saved   notebook.ID       // what the save that is under way gives; read when it is over
	then    func(notebook.ID) // of Finish
	leaving func(kept bool)   // of Leave
}

// Drafting starts to keep a form. read gives what stands in it; show gets "Tự lưu trên máy
// · 10:42" after each save, or why it could not be saved. id is the record's that is edited,
// or that of a draft that is taken up again, else none; there: that draft is on the disk.
func (f *Frame) Drafting(id notebook.ID, there bool, read func() (notebook.DraftForm, Half), show func(saved string, err error)) *Drafting {
	return &Drafting{f: f, read: read, show: show, id: id, there: there}
}

// Touch says that something changed.
func (d *Drafting) Touch() {
	if d.closed {
		return
	}
	d.dirty = true
	d.save(true)
}

// form gives the form as it stands now.
func (d *Drafting) form(open bool) (notebook.DraftForm, error) {
	form, half := d.read()
	half.Open = open
	raw, err := json.Marshal(half)
	form.Form = raw
	if form.ID.IsZero() {
		form.ID = d.id
	}
	return form, err
}

func (d *Drafting) save(open bool) {
	if d.saving || !d.dirty {
		return
	}
	form, err := d.form(open)
	if err != nil {
		d.show("", err)
		return
	}
	d.f.kept[d] = true
	d.dirty, d.saving, d.saved = false, true, notebook.ID{}
	b := d.f.Book
	d.f.Go(func(ctx context.Context) error {
		// The window may close meanwhile: what was typed goes to the disk all the same.
		id, err := b.SaveDraft(context.WithoutCancel(ctx), form)
		d.saved = id
		return err
	}, func(err error) {
		d.saving, d.failed = false, err != nil
		if err == nil {
			d.id, d.there = d.saved, true
			d.show(words.SavedAt(d.f.Now().In(words.Zone()).Format("15:04")), nil)
		} else {
			d.show("", err)
		}
		switch {
		case d.dirty:
			d.save(d.leaving == nil)
		case d.then != nil:
			then := d.then
			d.then = nil
			d.finish(then)
		case d.leaving != nil:
			d.left(err)
		}
	})
}

// flush saves at the end of the window what no save has taken up yet.
func (d *Drafting) flush() {
	if !d.dirty && !d.failed {
		return
	}
	if d.id.IsZero() {
		d.id = d.saved
	}
	if form, err := d.form(d.leaving == nil); err == nil {
		// There is nobody left to be told of an error.
		_, _ = d.f.Book.SaveDraft(context.Background(), form)
	}
}

// Busy tells that the form is being finished or left: its buttons do nothing until that
// worked or failed.
func (d *Drafting) Busy() bool { return d.closed }

// Finish waits until what was typed is on the disk and calls then with the draft's id, or
// none; nothing is saved after that until Resume. A form that is Busy is not finished again.
func (d *Drafting) Finish(then func(notebook.ID)) {
	if d.closed {
		return
	}
	d.closed = true
	if d.saving {
		d.then = then
		return
	}
	d.finish(then)
}

func (d *Drafting) finish(then func(notebook.ID)) {
	delete(d.f.kept, d)
	then(d.id)
}

// Resume goes on after a Finish whose action failed.
func (d *Drafting) Resume() { d.closed = false }

// Leave keeps what was written as a draft that does not open by itself, and then lets the
// screen go: kept tells whether there is a draft now. Where it cannot be kept the user is
// asked whether it may be lost, and may stay. A form that is Busy does not go: what is under
// way takes it away.
func (d *Drafting) Leave(then func(kept bool)) {
	if d.closed {
		return
	}
	if !d.there && !d.dirty && !d.saving && !d.failed {
		d.closed = true
		then(false)
		return
	}
	d.closed, d.leaving, d.dirty = true, then, true
	d.save(false)
}

func (d *Drafting) left(err error) {
	then := d.leaving
	d.leaving = nil
	if err == nil {
		delete(d.f.kept, d)
		then(true)
		return
	}
	d.closed = false
	d.f.Ask(words.LeaveLosesAsk, notebook.Say(err)+" "+words.LeaveLosesText, words.LeaveAnyway, words.Cancel, func() {
		d.closed = true
		delete(d.f.kept, d)
		// What was kept before the error stays, but opens no more by itself.
		d.f.Aside(d.id, func() { then(false) })
	})
}

// Aside marks a draft whose form cannot be shown or saved as one that does not open by
// itself, else the app would start with it each time; then is called whatever comes of it.
func (f *Frame) Aside(draft notebook.ID, then func()) {
	b := f.Book
	f.Go(func(ctx context.Context) error {
		for _, d := range b.Drafts() {
			h, ok := ReadHalf(d)
			if d.ID != draft || !ok || !h.Open {
				continue
			}
			h.Open = false
			raw, err := json.Marshal(h)
			if err != nil {
				return err
			}
			return b.SetDraftForm(ctx, draft, raw)
		}
		return nil
	}, func(error) { then() })
}
