package join

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/mobile"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
)

// Secret is a new PIN, on a desk a passphrase, typed twice, with a button that shows it.
type Secret struct {
	// Box is what stands on the page.
	Box *fyne.Container

	desktop     bool
	first, then *kit.Entry
	help, again *kit.Text
}

// NewSecret makes the two fields. fit is called when a line below them came or went.
func NewSecret(desktop bool, fit func()) *Secret {
	s := &Secret{desktop: desktop, help: kit.Help(), again: kit.Help()}
	label := words.PINLabel
	if desktop {
		label = words.PhraseLabel
	}
	s.first, s.then = SecretEntry(desktop), SecretEntry(desktop)
	for _, e := range []*kit.Entry{s.first, s.then} {
		e.OnEdited = func(string) {
			kit.Tell(s.help, "")
			kit.Tell(s.again, "")
			fit()
		}
	}
	s.Box = kit.Column(1.5*kit.Grid, kit.Field(label, s.first, s.help), kit.Field(words.PINAgain, s.then, s.again), Reveal(s.first, s.then))
	return s
}

// SecretEntry is one field for a PIN, with the keyboard of digits, or for a passphrase.
func SecretEntry(desktop bool) *kit.Entry {
	e := kit.NewSecret("")
	e.Limit = 100
	if !desktop {
		e.Kind = mobile.NumberKeyboard
	}
	return e
}

// Reveal is a button that shows the letters of fields and hides them again.
func Reveal(fields ...*kit.Entry) *kit.Button {
	var b *kit.Button
	b = kit.Link(words.ShowLetters, func() {
		hide := !fields[0].Password
		for _, e := range fields {
			e.Password = hide
			e.Refresh()
		}
		if hide {
			b.SetWords(words.ShowLetters)
		} else {
			b.SetWords(words.HideLetters)
		}
	})
	return b
}

// Get gives the PIN; "" where it is no good or the two differ: then the field says so.
func (s *Secret) Get() string {
	pin := s.first.Text
	err := notebook.CheckPIN(pin, s.desktop)
	kit.Tell(s.help, notebook.Say(err))
	switch {
	case err != nil:
		return ""
	case s.then.Text != pin:
		kit.Tell(s.again, words.PINDiffers)
		return ""
	}
	kit.Tell(s.again, "")
	return pin
}

// Clear empties both fields.
func (s *Secret) Clear() {
	s.first.SetText("")
	s.then.SetText("")
}
