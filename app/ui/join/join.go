package join

import (
	"context"
	"errors"
	"io"
	"os"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver/mobile"
	"fyne.io/fyne/v2/storage"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/join/qr"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
)

// Start says what joining works on.
type Start struct {
	Options notebook.Options
	Network notebook.Network
	// Opened gets the open book.
	Opened func(*notebook.Notebook)
}

// Screen welcomes, and leads over the code and the PIN to the book.
func Screen(f *frame.Frame, s Start) *frame.Screen {
	j := newJoining(f, s, false)
	body := kit.Column(2*kit.Grid,
		kit.Gap(2*kit.Grid), kit.NewText(words.AppName, kit.Style{Size: kit.Huge, Bold: true}), kit.Plain(words.JoinWelcome))
	screen := &frame.Screen{Name: "join", Title: words.JoinTitle, Body: body, Foot: kit.Do(words.JoinBegin, func() { f.Push(j.codeStep) })}
	// Only where a book is here is there a PIN to be forgotten.
	forgotten := kit.Link(words.ForgottenWithCode, func() { f.Push(Recover(f, s, nil)) })
	forgotten.Hide()
	body.Add(forgotten)
	dir := s.Options.Dir
	screen.Refresh = func() {
		var there notebook.Standing
		f.Go(func(ctx context.Context) error {
			there = notebook.Look(ctx, dir)
			return nil
		}, func(error) {
			if there.Book && !forgotten.Visible() {
				forgotten.Show()
				screen.Fit()
			}
		})
	}
	return screen
}

// Recover puts the book that is here behind a new PIN with a new code. open, if not nil, is
// called on the last step and gives that book where it is open, else nil: it is closed then,
// whether the rest goes well or not.
func Recover(f *frame.Frame, s Start, open func() *notebook.Notebook) *frame.Screen {
	j := newJoining(f, s, true)
	j.open = open
	return j.codeStep
}

// Rejoin lets a phone that the server does not know any more go on with its open book and a
// new code. done is called when the server knows it again.
func Rejoin(f *frame.Frame, network notebook.Network, book *notebook.Notebook, done func()) *frame.Screen {
	j := &joining{f: f, s: Start{Network: network, Options: notebook.Options{Desktop: book.Desktop()}}, again: book, done: done}
	j.pick = j.choosePicture
	j.makeCode()
	j.server.SetText(book.Address())
	j.makeDevice()
	return j.codeStep
}

// joining is one way from code to book. Its screens are made once and keep what was typed,
// also while others are shown.
type joining struct {
	f       *frame.Frame
	s       Start
	recover bool
	open    func() *notebook.Notebook
	again   *notebook.Notebook // the open book that joins once more; nil: none
	done    func()

	code    *codeField
	picture *kit.Text
	known   *kit.Text
	server  *kit.Entry
	wrong   *kit.Text
	place   *fyne.Container
	secret  *Secret
	device  *kit.Entry
	unnamed *kit.Text
	going   *fyne.Container // what the last step says while it works, or why it failed
	do      *kit.Button
	busy    bool
	attempt notebook.Attempt // what a press that failed already got

	codeStep, pinStep, deviceStep, last *frame.Screen

	// pick lets the user choose a picture; tests put another in.
	pick func(chosen func(io.ReadCloser, error))
}

func newJoining(f *frame.Frame, s Start, recover bool) *joining {
	j := &joining{f: f, s: s, recover: recover}
	j.pick = j.choosePicture
	j.makeCode()
	j.makePIN()
	if !recover {
		j.makeDevice()
	}
	return j
}

func (j *joining) titled(title string, step int) (string, string) {
	switch {
	case j.again != nil:
		return words.RejoinTitle, words.StepOf(min(step, 2), 2)
	case j.recover && j.s.Options.Desktop:
		return words.RecoverPhraseTitle, words.StepOf(step, 2)
	case j.recover:
		return words.RecoverTitle, words.StepOf(step, 2)
	}
	return title, words.StepOf(step, 3)
}

func (j *joining) makeCode() {
	j.code = newCodeField(j.codeChanged)
	j.picture, j.known = kit.Lesser(""), kit.NewText("", kit.Style{Color: kit.Safe})
	j.picture.Hide()
	paste := kit.Act(words.CodePaste, j.paste)
	photo := kit.Act(words.CodePicture, func() { j.pick(j.picked) })
	j.server, j.wrong = kit.NewEntry(words.ServerHint), kit.Help()
	j.server.Plain, j.server.Kind, j.server.Limit = true, mobile.PasswordKeyboard, 300
	j.server.OnEdited = func(string) { kit.Tell(j.wrong, ""); j.fit(j.codeStep) }
	help := words.ServerHelp
	if j.again != nil {
		help = words.RejoinServer
	}
	typed := kit.Column(kit.Grid/2, kit.Field(words.ServerLabel, j.server, nil), kit.Lesser(help), j.wrong)
	given := kit.Beside(kit.NewSign(kit.SignApproved, kit.Safe, 1), j.known)
	given.Hide()
	j.place = kit.Column(0, typed, given)
	body := kit.Column(1.5 * kit.Grid)
	switch {
	case j.recover:
		body.Add(kit.Plain(words.RecoverIntro))
	case j.again != nil:
		body.Add(kit.Plain(words.RejoinIntro))
	}
	for _, o := range []fyne.CanvasObject{j.code.body, kit.Flow(paste, photo), j.picture, j.place} {
		body.Add(o)
	}
	title, aside := j.titled(words.JoinTitle, 1)
	j.codeStep = &frame.Screen{Name: "join-code", Title: title, Aside: aside, Body: body, Foot: kit.Do(words.Next, j.codeDone)}
}

// codeChanged shows the address that came with the code, or asks for one.
func (j *joining) codeChanged() {
	kit.Tell(j.picture, "")
	address := j.code.code.Address
	j.known.Set(words.ServerKnown(address))
	for i, o := range j.place.Objects {
		if (i == 1) == (address != "") {
			o.Show()
		} else {
			o.Hide()
		}
	}
	j.fit(j.codeStep)
}

func (j *joining) paste() {
	text := fyne.CurrentApp().Clipboard().Content()
	if text == "" {
		j.say(words.PasteNothing)
		return
	}
	if !j.code.take(text) {
		j.say(words.PasteOther)
	}
}

// say tells what came of pasting and of a picture.
func (j *joining) say(s string) {
	j.picture.SetStyle(kit.Style{Size: kit.Small, Color: kit.Wrong})
	kit.Tell(j.picture, s)
	j.fit(j.codeStep)
}

func (j *joining) picked(file io.ReadCloser, err error) {
	if err != nil {
		j.say(words.PictureUnread)
		return
	}
	if file == nil {
		return // the user chose none
	}
	j.picture.SetStyle(kit.Style{Size: kit.Small, Color: kit.Second})
	kit.Tell(j.picture, words.CodeLooking)
	j.fit(j.codeStep)
	var text string
	j.f.Go(func(context.Context) error {
		defer file.Close()
		var err error
		text, err = qr.Read(file)
		return err
	}, func(err error) {
		kit.Tell(j.picture, "")
		var known *qr.Error
		switch {
		case errors.As(err, &known):
			j.say(notebook.Say(err))
		case err != nil:
			j.say(words.PictureUnread)
		case !j.code.take(text):
			j.say(words.PictureOther)
		}
		j.fit(j.codeStep)
	})
}

// choosePicture opens the system's or Fyne's way to choose a file.
func (j *joining) choosePicture(chosen func(io.ReadCloser, error)) {
	d := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
		if r == nil {
			chosen(nil, err)
			return
		}
		chosen(r, err)
	}, j.f.Window())
	d.SetTitleText(words.CodePicture)
	d.SetConfirmText(words.PictureOpen)
	d.SetDismissText(words.Cancel)
	d.SetFilter(storage.NewMimeTypeFileFilter([]string{"image/png", "image/jpeg"}))
	if home, err := os.UserHomeDir(); err == nil && !fyne.CurrentDevice().IsMobile() {
		// Else Fyne begins in the app's own folder, where the book lies.
		if l, err := storage.ListerForURI(storage.NewFileURI(home)); err == nil {
			d.SetLocation(l)
		}
	}
	c := j.f.Window().Canvas()
	before := len(c.Overlays().List())
	d.Show()
	// Where the system shows its own dialog there is none of Fyne's, and Resize would panic.
	if len(c.Overlays().List()) > before {
		d.Resize(c.Size())
	}
}

func (j *joining) codeDone() {
	ok := j.code.check()
	switch address, err := j.address(); {
	case address == "" && err == nil:
		kit.Tell(j.wrong, words.ServerNeeded)
		ok = false
	case err != nil:
		kit.Tell(j.wrong, notebook.Say(err))
		ok = false
	}
	j.fit(j.codeStep)
	switch {
	case ok && j.again != nil:
		j.f.Push(j.deviceStep)
	case ok:
		j.f.Push(j.pinStep)
	}
}

// address is that of the invitation, else what was typed; "" for nothing.
func (j *joining) address() (string, error) {
	if a := j.code.code.Address; a != "" || j.server.Text == "" {
		return a, nil
	}
	return notebook.CheckAddress(j.server.Text)
}

func (j *joining) makePIN() {
	desktop := j.s.Options.Desktop
	j.secret = NewSecret(desktop, func() { j.fit(j.pinStep) })
	title, explains := words.PINTitle, words.PINExplains
	if desktop {
		title, explains = words.PhraseTitle, words.PhraseExplains
	}
	title, aside := j.titled(title, 2)
	body := kit.Column(1.5*kit.Grid, kit.Plain(explains), j.secret.Box, kit.Lesser(words.PINNote))
	j.pinStep = &frame.Screen{Name: "join-pin", Title: title, Aside: aside, Body: body}
	if j.recover {
		j.finishOn(j.pinStep, body, words.RecoverDo)
		return
	}
	j.pinStep.Foot = kit.Do(words.Next, func() {
		pin := j.secret.Get()
		j.fit(j.pinStep)
		if pin != "" {
			j.f.Push(j.deviceStep)
		}
	})
}

func (j *joining) makeDevice() {
	j.device, j.unnamed = kit.NewEntry(""), kit.Help()
	j.device.Limit = 60
	name := words.DevicePhone
	if j.s.Options.Desktop {
		name = words.DeviceDesktop
	}
	j.device.SetText(name)
	j.device.OnEdited = func(string) { kit.Tell(j.unnamed, ""); j.fit(j.deviceStep) }
	title, aside := j.titled(words.DeviceTitle, 3)
	body := kit.Column(1.5*kit.Grid, kit.Field(words.DeviceLabel, j.device, j.unnamed), kit.Lesser(words.DeviceHelp))
	j.deviceStep = &frame.Screen{Name: "join-device", Title: title, Aside: aside, Body: body}
	do := words.JoinDo
	if j.again != nil {
		do = words.RejoinDo
	}
	j.finishOn(j.deviceStep, body, do)
}

// finishOn makes a screen the last step.
func (j *joining) finishOn(s *frame.Screen, body *fyne.Container, do string) {
	j.last, j.going = s, kit.Column(kit.Grid)
	body.Add(j.going)
	j.do = kit.Do(do, j.finish)
	s.Foot = j.do
	// A book that is being made is waited for: leaving would spend the code for nothing.
	s.Leave = func(then func()) {
		if !j.busy {
			then()
		}
	}
}

func (j *joining) fit(s *frame.Screen) {
	if s != nil {
		s.Fit()
	}
}

// finish asks the server and makes the book.
func (j *joining) finish() {
	if j.busy {
		return
	}
	pin := ""
	if j.again == nil {
		pin = j.secret.Get()
	}
	if pin == "" && j.again == nil {
		if j.last != j.pinStep {
			j.f.PopTo(j.pinStep)
		}
		j.fit(j.pinStep)
		return
	}
	join := notebook.Join{Invitation: j.code.code.Text()}
	var err error
	if join.Address, err = j.address(); err != nil || j.code.err != nil {
		j.f.PopTo(j.codeStep)
		j.codeDone()
		return
	}
	how := notebook.Recover
	if j.again != nil {
		how = func(ctx context.Context, _ notebook.Options, n notebook.Network, join notebook.Join, _ string) (*notebook.Notebook, error) {
			return j.again, j.again.Rejoin(ctx, n, join)
		}
	}
	if !j.recover {
		if j.again == nil {
			how = notebook.Enrol
		}
		join.DeviceName, join.Attempt = j.device.Text, &j.attempt
		if join.DeviceName == "" {
			kit.Tell(j.unnamed, words.DeviceNeeded)
			j.fit(j.last)
			return
		}
	}
	j.busy = true
	j.do.Disable()
	waiting := words.JoinWaiting
	if j.again != nil {
		waiting = words.RejoinWaiting
	}
	j.show(kit.State(kit.SignAgain, waiting, kit.Told))
	var n *notebook.Notebook
	o, network := j.s.Options, j.s.Network
	var open *notebook.Notebook
	if j.open != nil {
		open = j.open()
	}
	j.f.Go(func(ctx context.Context) error {
		if open != nil {
			if err := open.Close(); err != nil {
				return err
			}
		}
		var err error
		n, err = how(ctx, o, network, join, pin)
		return err
	}, func(err error) {
		j.busy = false
		j.do.Enable()
		if err != nil {
			j.show(kit.Banner(kit.SignWrong, notebook.SayJoining(err), kit.Wrong, kit.Act(words.LookAtCode, func() { j.f.PopTo(j.codeStep) })))
			return
		}
		j.show()
		if j.again != nil {
			j.f.Remove(j.deviceStep)
			j.f.Remove(j.codeStep)
			j.done()
			return
		}
		j.secret.Clear()
		j.s.Opened(n)
	})
}

func (j *joining) show(objects ...fyne.CanvasObject) {
	j.going.Objects = objects
	j.going.Refresh()
	j.last.Fit()
	if len(objects) > 0 {
		j.last.Reveal(j.going)
	}
}
