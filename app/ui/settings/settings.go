package settings

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/join"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
	"sodanvan/shared/viet/typing"
)

// Deps are what the screen asks of the app.
type Deps struct {
	// Apply is called after the look changed: draw everything anew.
	Apply func()
	// Check makes the screen that checks the device.
	Check func() *frame.Screen
	// Lock covers the book at once.
	Lock func()
}

// methods are the ways of typing, as they stand on the screen.
var methods = []struct {
	method     typing.Method
	name, help string
}{
	{typing.Telex, words.TypingTelex, words.TypingTelexHelp},
	{typing.VNI, words.TypingVNI, words.TypingVNIHelp},
	{typing.Off, words.TypingOff, words.TypingOffHelp},
}

// Root shows the settings; each change holds at once.
func Root(f *frame.Frame, d Deps) *frame.Screen {
	app := fyne.CurrentApp()
	prefs := Load(app)
	screen := &frame.Screen{Name: "settings", Title: words.SettingsTitle}
	changed := func() {
		prefs.Save(app)
		prefs.Apply(app)
		d.Apply()
	}

	steps := make([]string, kit.Steps())
	for i := range steps {
		steps[i] = words.TextStep(i)
	}
	size := kit.NewChoice(steps...).Keep()
	size.Choose(prefs.Step)
	size.OnChanged = func() { prefs.Step = size.Chosen(); changed() }

	// In the order of kit.Shade.
	shade := kit.NewChoice(words.ShadeAuto, words.ShadeLight, words.ShadeDark).Keep()
	shade.Choose(int(prefs.Shade))
	shade.OnChanged = func() { prefs.Shade = kit.Shade(shade.Chosen()); changed() }

	names := make([]string, len(methods))
	for i, m := range methods {
		names[i] = m.name
	}
	way, help := kit.NewChoice(names...).Keep(), kit.Lesser("")
	for i, m := range methods {
		if m.method == prefs.Typing {
			way.Choose(i)
			help.Set(m.help)
		}
	}
	way.OnChanged = func() {
		m := methods[way.Chosen()]
		prefs.Typing = m.method
		help.Set(m.help)
		changed()
		screen.Fit()
	}
	try := kit.NewEntry(words.TypingTry).Named(words.TypingTry)
	try.Limit = 200

	owner, branch := kit.Plain(""), kit.Lesser("")
	version := app.Metadata().Version
	if version == "" {
		version = words.VersionUnknown
	}
	change := words.ChangePIN
	if f.Book.Desktop() {
		change = words.ChangePhrase
	}
	screen.Body = kit.Column(2*kit.Grid,
		kit.Paper(kit.Heading(words.TextSize), size, kit.Plain(words.TextSample)),
		kit.Paper(kit.Heading(words.Shade), shade),
		kit.Paper(kit.Heading(words.TypingTitle), way, help, try),
		kit.Column(kit.Grid,
			kit.NewTap(change, func() { f.Push(changePIN(f)) }, kit.Plain(change)),
			kit.NewTap(words.WarnTable, func() { f.Push(warnTable(f)) }, kit.Plain(words.WarnTable)),
			kit.NewTap(words.CheckDevice, func() { f.Push(d.Check()) }, kit.Plain(words.CheckDevice), kit.Lesser(words.CheckDeviceWhy))),
		kit.Act(words.LockNow, d.Lock),
		kit.Column(kit.Grid/2, kit.Lesser(words.Owner), owner, branch, kit.Lesser(words.Version+" "+version)),
	)
	screen.Refresh = func() {
		book := f.Book
		frame.Load(f, book.Me, func(me notebook.Me) {
			owner.Set(words.OwnerLine(me.Name, me.Office.Text))
			branch.Set(words.Under(me.Branch, me.Commune))
			screen.Fit()
		})
	}
	return screen
}

// changePIN asks for the old PIN, then twice for the new one.
func changePIN(f *frame.Frame) *frame.Screen {
	screen := &frame.Screen{Name: "change-pin"}
	book := f.Book
	desktop := book.Desktop()
	label, title, explains := words.OldPIN, words.ChangePIN, words.PINExplains
	if desktop {
		label, title, explains = words.OldPhrase, words.ChangePhrase, words.PhraseExplains
	}
	old, help := join.SecretEntry(desktop), kit.Help()
	old.OnEdited = func(string) { kit.Tell(help, ""); screen.Fit() }
	secret := join.NewSecret(desktop, screen.Fit)
	working := kit.State(kit.SignAgain, words.ChangeWorking, kit.Told)
	working.Hide()
	var do *kit.Button
	do = kit.Do(words.ChangeDo, func() {
		was, pin := old.Text, secret.Get()
		if was == "" {
			kit.Tell(help, words.OldNeeded)
		}
		screen.Fit()
		if was == "" || pin == "" {
			return
		}
		do.Disable()
		working.Show()
		screen.Fit()
		f.Go(func(ctx context.Context) error {
			if err := book.Unlock(ctx, was); err != nil {
				return &oldError{err}
			}
			return book.ChangePIN(ctx, pin)
		}, func(err error) {
			do.Enable()
			working.Hide()
			screen.Fit()
			var wrong *oldError
			switch {
			case err == nil:
				f.Remove(screen)
				f.Tell(words.ChangeDone)
			case errors.As(err, &wrong):
				said := notebook.Say(wrong.error)
				if desktop && notebook.WrongPIN(wrong.error) {
					said = words.PhraseWrong
				}
				kit.Tell(help, said)
				screen.Fit()
			default:
				f.Fail(err)
			}
		})
	})
	screen.Title, screen.Foot = title, do
	screen.Body = kit.Column(1.5*kit.Grid, kit.Field(label, old, help), kit.Plain(explains), secret.Box, working)
	return screen
}

// oldError is what Unlock said of the old PIN.
type oldError struct{ error }

func (e *oldError) Unwrap() error { return e.error }

// warnTable lists the words that the app warns of: open to everybody.
func warnTable(f *frame.Frame) *frame.Screen {
	list := kit.NewList(words.WarnTableEmpty, func(int) {})
	screen := &frame.Screen{
		Name: "warned-words", Title: words.WarnTable, List: list,
		Above: kit.Inset(2*kit.Grid, kit.Grid, kit.Lesser(words.WarnTableSays)),
	}
	screen.Refresh = func() {
		book := f.Book
		frame.Load(f, book.WarnedWordTable, func(table []string) {
			items := make([]kit.Item, len(table))
			for i, w := range table {
				items[i] = kit.Item{Lines: []kit.RowText{{Words: w}}}
			}
			list.Set(items)
		})
	}
	return screen
}
