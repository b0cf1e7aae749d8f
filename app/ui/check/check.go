// Package check is the page that tries whether a device can keep a book, for a user with a
// helper: what notebook.Examine tries by itself, letters, the keyboard, and ending the app by
// force. Its result can be copied as a text without anything of the book.
package check

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
	"sodanvan/shared/viet/typing"
)

// Root shows the check. It runs once when the page comes up, and again on its button.
func Root(f *frame.Frame, o notebook.Options) *frame.Screen { return newChecking(f, o).screen }

type checking struct {
	f       *frame.Frame
	o       notebook.Options
	screen  *frame.Screen
	results *fyne.Container // of what is tried by itself
	own     *fyne.Container // what the user does
	again   *kit.Button
	copy    *kit.Button
	begun   bool

	checks []notebook.Check
	fonts  fonts
	keys   keys
}

func newChecking(f *frame.Frame, o notebook.Options) *checking {
	c := &checking{f: f, o: o, results: kit.Column(1.5 * kit.Grid), own: kit.Column(kit.Grid)}
	c.again = kit.Act(words.CheckAgain, c.run)
	c.copy = kit.Do(words.CheckCopy, func() { f.Copy(c.text()) })
	c.screen = &frame.Screen{
		Name: "check", Title: words.CheckTitle, Foot: c.copy,
		Body: kit.Column(2*kit.Grid, c.results, c.again, kit.Lesser(words.CheckIntro), c.own, kit.Lesser(words.CheckCopyNote)),
	}
	c.screen.Refresh = func() {
		if !c.begun {
			c.run()
		}
		c.showOwn()
	}
	return c
}

// fonts is how the letters stand: what the fonts lack, and what the user saw.
type fonts struct {
	tried   int
	missing string
	err     error
	asked   bool
	seen    bool
}

func (f fonts) good() bool { return f.err == nil && f.missing == "" && f.tried > 0 }

func (c *checking) run() {
	c.begun = true
	c.again.Disable()
	c.copy.Disable()
	c.results.Objects = []fyne.CanvasObject{kit.State(kit.SignAgain, words.CheckRunning, kit.Told)}
	c.screen.Fit()
	o, book := c.o, c.f.Book
	theme := fyne.CurrentApp().Settings().Theme()
	plain, bold := theme.Font(fyne.TextStyle{}).Content(), theme.Font(fyne.TextStyle{Bold: true}).Content()
	var checks []notebook.Check
	var drawn fonts
	c.f.Go(func(ctx context.Context) error {
		checks = notebook.Examine(ctx, o, book)
		drawn = tryFonts(plain, bold)
		return nil
	}, func(error) {
		c.again.Enable()
		c.copy.Enable()
		drawn.asked, drawn.seen = c.fonts.asked, c.fonts.seen
		c.fonts = drawn
		c.show(checks)
	})
}

// tryFonts looks for every letter in the two fonts that the app draws with.
func tryFonts(plain, bold []byte) fonts {
	letters := alphabet()
	f := fonts{tried: len(letters)}
	for _, ttf := range [][]byte{plain, bold} {
		lost, err := missing(ttf, letters)
		f.err = errors.Join(f.err, err)
		for _, r := range lost {
			if !strings.ContainsRune(f.missing, r) {
				f.missing += string(r)
			}
		}
	}
	return f
}

func (c *checking) show(checks []notebook.Check) {
	c.checks = checks
	c.results.Objects = nil
	for _, k := range checks {
		sign, tone := kit.SignWrong, kit.Wrong
		switch {
		case k.OK:
			sign, tone = kit.SignApproved, kit.Safe
		case notTried(k):
			sign, tone = kit.SignAgain, kit.Waiting
		}
		c.results.Add(line(sign, tone, k.Title, k.Text))
	}
	c.showOwn()
}

// notTried tells a check that waits for the user from one that went wrong.
func notTried(k notebook.Check) bool {
	return k.Text == words.ServerNotTried || k.Text == words.KillNotTried || k.Text == words.KillArmed
}

func line(sign string, tone fyne.ThemeColorName, title, text string) fyne.CanvasObject {
	return kit.Beside(kit.NewSign(sign, tone, 1.1), kit.Column(0, kit.Heading(title), kit.NewText(text, kit.Style{Color: tone})))
}

// showOwn draws the three things that the user does, and how they went.
func (c *checking) showOwn() {
	tap := func(title, says, sign string, tone fyne.ThemeColorName, open func() *frame.Screen) fyne.CanvasObject {
		return kit.NewTap(title, func() { c.f.Push(open()) }, line(sign, tone, title, says))
	}
	fontsSay, fontsSign, fontsTone := words.CheckYet, kit.SignAgain, kit.Waiting
	switch {
	case c.fonts.missing != "":
		fontsSay, fontsSign, fontsTone = words.GlyphsMissing(c.fonts.missing), kit.SignWrong, kit.Wrong
	case c.fonts.asked && !c.fonts.seen:
		fontsSay, fontsSign, fontsTone = words.FontsNotSeen, kit.SignWrong, kit.Wrong
	case c.fonts.asked:
		fontsSay, fontsSign, fontsTone = words.FontsSeen, kit.SignApproved, kit.Safe
	}
	keysSay, keysSign, keysTone := words.CheckYet, kit.SignAgain, kit.Waiting
	switch {
	case c.keys.done && c.keys.same():
		keysSay, keysSign, keysTone = words.KeysSame, kit.SignApproved, kit.Safe
	case c.keys.done:
		keysSay, keysSign, keysTone = words.KeysDiffer, kit.SignWrong, kit.Wrong
	}
	c.own.Objects = []fyne.CanvasObject{
		tap(words.FontsTitle, fontsSay, fontsSign, fontsTone, c.fontsPage),
		tap(words.KeysTitle, keysSay, keysSign, keysTone, c.keysPage),
		kit.NewTap(words.KillTitle, func() { c.f.Push(c.killPage()) }, kit.Heading(words.KillTitle), kit.Plain(words.KillOpen)),
	}
	c.own.Refresh()
	c.screen.Fit()
}

// fontsPage shows every letter, big.
func (c *checking) fontsPage() *frame.Screen {
	body := kit.Column(kit.Grid, kit.Heading(words.FontsAsk), kit.Lesser(words.FontsExplain))
	for _, row := range rows() {
		body.Add(kit.NewText(row, kit.Style{Size: kit.Huge}))
	}
	answer := func(seen bool) func() {
		return func() {
			c.fonts.asked, c.fonts.seen = true, seen
			c.f.Pop()
		}
	}
	return &frame.Screen{
		Name: "check-fonts", Title: words.FontsTitle, Body: body,
		Foot: kit.Even(2, kit.Act(words.FontsNo, answer(false)), kit.Do(words.FontsYes, answer(true))),
	}
}

// keysPage hears what a keyboard does while a sentence is typed.
func (c *checking) keysPage() *frame.Screen {
	k := &keys{}
	end := k.listen()
	entry := kit.NewNote(words.KeysHint, 4).Named(words.KeysField)
	entry.Limit = 400
	entry.OnEdited = k.edited
	screen := &frame.Screen{Name: "check-keys", Title: words.KeysTitle, Gone: end}
	// What is asked stands under the field too far away for an on-screen keyboard: above it.
	screen.Body = kit.Column(1.5*kit.Grid, kit.Plain(words.KeysExplain), kit.Paper(kit.Heading(words.KeysSentence)), kit.Field(words.KeysField, entry, nil))
	screen.Foot = kit.Do(words.KeysDone, func() {
		k.done = true
		c.keys = *k
		c.f.Pop()
	})
	return screen
}

// killPage leaves a mark on the disk that the next run of the app looks for.
func (c *checking) killPage() *frame.Screen {
	armed := kit.Column(0)
	screen := &frame.Screen{Name: "check-kill", Title: words.KillTitle}
	var begin *kit.Button
	begin = kit.Do(words.KillBegin, func() {
		o := c.o
		c.f.Do(begin, func(context.Context) error { return notebook.ArmKill(o) }, func() {
			armed.Objects = []fyne.CanvasObject{kit.Banner(kit.SignApproved, words.KillArmed, kit.Told)}
			armed.Refresh()
			screen.Fit()
			c.begun = false // look again when the page comes up
		})
	})
	screen.Body, screen.Foot = kit.Column(1.5*kit.Grid, kit.Plain(words.KillExplain), armed), begin
	return screen
}

// text is the result to send: nothing of the book, no name, no address, no id.
func (c *checking) text() string {
	app := fyne.CurrentApp()
	version := app.Metadata().Version
	if version == "" {
		version = words.VersionUnknown
	}
	canvas := c.f.Window().Canvas()
	size := canvas.Size()
	step := 0
	if t, ok := app.Settings().Theme().(kit.Theme); ok {
		step = t.Step
	}
	lines := []string{
		words.CheckTitle + ", " + words.AppName + ", " + words.Version + " " + version,
		words.ResultDevice(runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), fyne.CurrentDevice().IsMobile(), size.Width, size.Height, canvas.Scale()),
		words.ResultLook(step, way()),
	}
	for _, k := range c.checks {
		lines = append(lines, fmt.Sprintf("%s · %s: %s (%d ms; %s)", verdict(k.OK, notTried(k)), k.Title, k.Text, k.Millis, k.Detail))
	}
	says := words.CheckYet
	switch {
	case c.fonts.asked && c.fonts.seen:
		says = words.FontsSeen
	case c.fonts.asked:
		says = words.FontsNotSeen
	}
	drawn := words.ResultGlyphs(c.fonts.tried)
	switch {
	case c.fonts.err != nil:
		drawn = c.fonts.err.Error()
	case c.fonts.missing != "":
		drawn = words.GlyphsMissing(c.fonts.missing)
	}
	lines = append(lines, fmt.Sprintf("%s · %s: %s (%s)", verdict(c.fonts.good() && c.fonts.seen, c.fonts.good() && !c.fonts.asked), words.FontsTitle, says, drawn))
	if !c.keys.done {
		lines = append(lines, words.ResultNotYet+" · "+words.KeysTitle)
		return strings.Join(lines, "\n") + "\n"
	}
	says = words.KeysSame
	if !c.keys.same() {
		says = words.KeysDiffer
	}
	lines = append(lines, fmt.Sprintf("%s · %s: %s (%s)", verdict(c.keys.same(), false), words.KeysTitle, says, words.ResultKeys(len(c.keys.events), c.keys.deleted)), c.keys.trace())
	return strings.Join(lines, "\n") + "\n"
}

func verdict(ok, yet bool) string {
	switch {
	case ok:
		return words.ResultOK
	case yet:
		return words.ResultNotYet
	}
	return words.ResultNot
}

// way names how Vietnamese is typed.
func way() string {
	switch kit.Typing {
	case typing.Telex:
		return words.TypingTelex
	case typing.VNI:
		return words.TypingVNI
	}
	return words.TypingOff
}
