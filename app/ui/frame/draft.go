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
	f      *Frame
	read   func() (notebook.DraftForm, Half)
	show   func(saved string, err error)
	id     notebook.ID
	dirty  bool
	saving bool
	closed bool
	then   func(notebook.ID)
}

// Drafting starts to keep a form. read gives what stands in it; show gets "Tự lưu trên máy
// · 10:42" after each save, or why it could not be saved. id is that of a draft that is
// taken up again, else none.
func (f *Frame) Drafting(id notebook.ID, read func() (notebook.DraftForm, Half), show func(saved string, err error)) *Drafting {
	return &Drafting{f: f, read: read, show: show, id: id}
}

// Touch says that something changed.
func (d *Drafting) Touch() {
	if d.closed {
		return
	}
	d.dirty = true
	d.save(true)
}

func (d *Drafting) save(open bool) {
	if d.saving || !d.dirty {
		return
	}
	form, half := d.read()
	half.Open = open
	raw, err := json.Marshal(half)
	if err != nil {
		d.show("", err)
		return
	}
	form.Form = raw
	if form.ID.IsZero() {
		form.ID = d.id
	}
	d.dirty, d.saving = false, true
	var id notebook.ID
	d.f.Go(func(ctx context.Context) error {
		var err error
		id, err = d.f.Book.SaveDraft(ctx, form)
		return err
	}, func(err error) {
		d.saving = false
		if err == nil {
			d.id = id
			d.show(words.SavedAt(d.f.Now().In(words.Zone()).Format("15:04")), nil)
		} else {
			d.show("", err)
		}
		switch {
		case d.then != nil:
			then := d.then
			d.then = nil
			then(d.id)
		case d.dirty:
			d.save(!d.closed)
		}
	})
}

// Finish waits for a save that is under way and calls then with the draft's id, or none;
// nothing is saved after that until Resume.
func (d *Drafting) Finish(then func(notebook.ID)) {
	d.closed, d.dirty = true, false
	if d.saving {
		d.then = then
		return
	}
	then(d.id)
}

// Resume goes on after a Finish whose action failed.
func (d *Drafting) Resume() { d.closed = false }

// Leave keeps what was written as a draft that does not open by itself.
func (d *Drafting) Leave() {
	if d.closed {
		return
	}
	d.closed = true
	if d.id.IsZero() && !d.dirty && !d.saving {
		return
	}
	d.dirty = true
	d.save(false)
}
