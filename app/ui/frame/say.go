package frame

import (
	"context"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
)

// saying is the message at the bottom of the window; it stays until it is closed or the
// user goes on to another screen.
type saying struct {
	r     *root
	shown bool
}

func (s *saying) say(sign, text string, tone fyne.ThemeColorName) {
	closing := kit.Act(words.Close, s.hide)
	s.r.message.Objects = []fyne.CanvasObject{kit.Inset(kit.Grid, kit.Grid, kit.Banner(sign, text, tone, closing))}
	s.shown = true
	s.r.fit()
	s.r.message.Refresh()
}

func (s *saying) hide() {
	if s.shown {
		s.shown = false
		s.r.message.Objects = nil
		s.r.message.Refresh()
	}
}

func (s *saying) fit(size fyne.Size, bottom float32) {
	for _, o := range s.r.message.Objects {
		w := min(size.Width, kit.MaxLine())
		o.Resize(fyne.NewSize(w, o.MinSize().Height))
		h := o.MinSize().Height
		o.Resize(fyne.NewSize(w, h))
		o.Move(fyne.NewPos((size.Width-w)/2, max(0, bottom-h)))
	}
	s.r.message.Resize(size)
}

// Fail says what went wrong and what to do, in the notebook's words.
func (f *Frame) Fail(err error) {
	if err == nil || f.ctx.Err() != nil {
		return
	}
	f.said.say(kit.SignWrong, notebook.Say(err), kit.Wrong)
}

// Tell says that something is done.
func (f *Frame) Tell(text string) { f.said.say(kit.SignApproved, text, kit.Safe) }

// Warn says something to look at.
func (f *Frame) Warn(text string) { f.said.say(kit.SignWrong, text, kit.Waiting) }

// Said gives whether a message is shown.
func (f *Frame) Said() bool { return f.said.shown }

// Ask covers the window with a question of two answers. yes may be told in red: it is the
// main button.
func (f *Frame) Ask(title, text, yes, no string, do func()) {
	f.Cover(nil, kit.NewText(title, kit.Style{Size: kit.Title, Bold: true}), kit.Plain(text),
		kit.Do(yes, func() { f.Uncover(); do() }), kit.Act(no, f.Uncover))
}

// Cover lays a card over the window until Uncover. refused is called when it is closed
// with the back key.
func (f *Frame) Cover(refused func(), objects ...fyne.CanvasObject) {
	f.win.Canvas().Unfocus()
	if f.root.asking() {
		f.root.answer() // who asked before learns that nobody answered
	}
	card := kit.Sheet(kit.Card, kit.Line, kit.Column(1.5*kit.Grid, objects...))
	f.root.refuse = refused
	f.root.question.Objects = []fyne.CanvasObject{kit.Curtain(card)}
	f.root.fit()
	f.root.question.Refresh()
}

// Uncover takes the card away.
func (f *Frame) Uncover() {
	f.root.refuse = nil
	f.root.answer()
}

// Copy puts a text on the clipboard and says so.
func (f *Frame) Copy(text string) {
	fyne.CurrentApp().Clipboard().SetContent(text)
	f.Tell(words.Copied)
}

// Kicked is what the button "gửi" does: the sync loop starts at once; without one the sync
// runs here.
func (f *Frame) Kicked(done func(error)) {
	f.Go(func(ctx context.Context) error {
		_, err := f.Book.Sync(ctx)
		return err
	}, func(err error) {
		f.Changed()
		done(err)
	})
}
