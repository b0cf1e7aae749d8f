package join

import (
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/mobile"
	"fyne.io/fyne/v2/theme"
	"golang.org/x/text/unicode/norm"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
)

// codeField is the field for a code with the picture of its groups below. In the field a
// hyphen parts groups where fours end, a blank where the user parted them: letters that were
// forgotten may so be put in anywhere, and a group that the user closed stays closed.
type codeField struct {
	entry   *kit.Entry
	help    *kit.Text
	right   fyne.CanvasObject
	groups  [notebook.CodeGroups]*groupCell
	body    *fyne.Container
	changed func()

	code notebook.Code
	err  error
	last string // what stood in the entry
	own  bool   // the text is being set by this field
}

func newCodeField(changed func()) *codeField {
	c := &codeField{entry: kit.NewEntry(words.CodeHint), help: kit.Help(), changed: changed}
	c.entry.Plain, c.entry.Kind, c.entry.Limit = true, mobile.PasswordKeyboard, 1000
	c.entry.OnEdited = c.edited
	c.right = kit.State(kit.SignApproved, words.CodeRight, kit.Safe)
	c.right.Hide()
	cells := make([]fyne.CanvasObject, len(c.groups))
	for i := range c.groups {
		c.groups[i] = newGroupCell()
		cells[i] = c.groups[i].Container
	}
	c.body = kit.Column(kit.Grid, kit.Field(words.CodeLabel, c.entry, nil), c.help, c.right, kit.Paper(kit.Flow(cells...)))
	c.read("")
	return c
}

// edited brings what was typed or pasted into groups and keeps the caret at its letter.
func (c *codeField) edited(s string) {
	if c.own {
		return
	}
	if code, err := notebook.CheckCode(s); err == nil && code.Address != "" {
		c.put(code.Text(), -1)
		c.code.Address = code.Address
		c.changed()
		return
	}
	runes := []rune(norm.NFC.String(s))
	at, before := c.entry.CursorTextOffset(), -1
	if at < len(runes) {
		before = letters(string(runes[:at]))
	}
	c.put(shape(c.last, s, at), before)
	c.changed()
}

// take puts in what came from the clipboard or a picture: a line, a code, also one in the
// middle of a message. False: it is something else, and what stood there stays.
func (c *codeField) take(s string) bool {
	code, err := notebook.CheckCode(s)
	for _, word := range strings.Fields(s) {
		if err == nil {
			break
		}
		if found, wrong := notebook.CheckCode(word); wrong == nil {
			code, err = found, nil
		}
	}
	if err != nil && (code.Letters() == 0 || strings.IndexFunc(code.Text(), foreign) >= 0) {
		return false
	}
	c.put(shape("", code.Text(), 0), -1)
	c.code.Address = code.Address
	c.changed()
	return true
}

// foreign are runes that nobody reads on a slip by mistake.
func foreign(r rune) bool {
	return r != '-' && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r))
}

// put shows a text with the caret behind so many letters; -1: at the end.
func (c *codeField) put(s string, caret int) {
	c.read(s)
	s = drawn(s, c.code)
	c.last = s
	if c.entry.Text != s {
		c.own = true
		c.entry.SetText(s)
		c.own = false
	}
	c.entry.CursorRow, c.entry.CursorColumn = 0, place(s, caret)
	c.entry.Refresh()
}

// read looks at a text; the address of an invitation that was pasted before stays.
func (c *codeField) read(s string) {
	address := c.code.Address
	c.code, c.err = notebook.CheckCode(s)
	if c.code.Address == "" {
		c.code.Address = address
	}
	for i, g := range c.groups {
		g.set(c.code.Groups[i], c.code.GroupOK(i), c.code.Wrong == i+1)
	}
	said := ""
	if c.code.Wrong > 0 || c.err != nil && c.code.Complete() {
		said = notebook.Say(c.err)
	}
	kit.Tell(c.help, said)
	if c.err == nil {
		c.right.Show()
	} else {
		c.right.Hide()
	}
}

// check says what is wrong with the code, also that it is not whole; true: nothing is.
func (c *codeField) check() bool {
	kit.Tell(c.help, notebook.Say(c.err))
	return c.err == nil
}

// shape parts the letters of a text into fours. was stood in the field before, caret is where
// it stands now, in runes: a hyphen that was just typed, or came with several letters at
// once, is the user's own and closes a group; others are of this func.
func shape(was, s string, caret int) string {
	runes := []rune(norm.NFC.String(s))
	switch grown := letters(s) - letters(was); {
	case grown > 1:
		for i, r := range runes {
			if parts(r) {
				runes[i] = ' '
			}
		}
	case grown == 0 && len(runes) == len([]rune(was))+1 && caret > 0 && caret <= len(runes) && parts(runes[caret-1]):
		runes[caret-1] = ' '
	}
	var b strings.Builder
	n, group := 0, 0 // letters of this group, whole groups before it
	closed := false
	for _, r := range runes {
		switch {
		case r == '-':
			continue
		case parts(r):
			closed = n > 0
			continue
		}
		full := n == 4 && group < notebook.CodeGroups-1
		switch {
		case full:
			b.WriteByte('-')
		case closed:
			b.WriteByte(' ')
		}
		if full || closed {
			n, group = 0, group+1
		}
		closed = false
		b.WriteRune(r)
		n++
	}
	if closed && n < 4 {
		b.WriteByte(' ')
	}
	return b.String()
}

// drawn puts the letters of a code in place of those of a text that was read as it.
func drawn(s string, code notebook.Code) string {
	read := []rune(strings.Join(code.Groups[:], ""))
	runes := []rune(s)
	if letters(s) != len(read) {
		return s
	}
	i := 0
	for k, r := range runes {
		if !parts(r) {
			runes[k] = read[i]
			i++
		}
	}
	return string(runes)
}

func letters(s string) int {
	n := 0
	for _, r := range norm.NFC.String(s) {
		if !parts(r) {
			n++
		}
	}
	return n
}

// place gives the place, in runes, behind so many letters; -1: the end.
func place(s string, n int) int {
	at := 0
	for i, r := range []rune(s) {
		if n >= 0 && n == 0 {
			return at
		}
		if !parts(r) {
			n--
		}
		at = i + 1
	}
	return at
}

// parts tells whether a rune stands between letters of a code.
func parts(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Pd, unicode.Cf, unicode.Cc) || strings.ContainsRune("_−.,·•", r)
}

// groupCell is one group, big, with a sign whether it is whole.
type groupCell struct {
	*fyne.Container
	sign *kit.Sign
	text *kit.Text
}

func newGroupCell() *groupCell {
	g := &groupCell{sign: kit.NewSign(kit.SignMet, kit.Second, 0.9), text: kit.NewText(noLetters, kit.Style{Size: big(), Bold: true, Color: kit.Second})}
	g.Container = kit.Cell(g.sign, g.text, 4)
	return g
}

// mostShown letters of a group are shown: more are wrong, and would not fit.
const mostShown = 5

// big is the size of a group. Where the user chose big letters a title is as big as Huge is
// otherwise, and two groups stand side by side on a small phone all the same.
func big() fyne.ThemeSizeName {
	if theme.Size(kit.Body) > 20 {
		return kit.Title
	}
	return kit.Huge
}

// noLetters stands where a group is still to come.
const noLetters = "····"

func (g *groupCell) set(letters string, ok, wrong bool) {
	sign, tone := kit.SignMet, kit.Second
	switch {
	case wrong:
		sign, tone = kit.SignWrong, kit.Wrong
	case ok:
		sign, tone = kit.SignApproved, kit.Safe
	}
	ink := tone
	if letters != "" && !wrong && !ok {
		ink = kit.Ink
	}
	if letters == "" {
		letters = noLetters
	}
	if r := []rune(letters); len(r) > mostShown {
		letters = string(r[:mostShown]) + "…"
	}
	g.sign.Set(sign, tone)
	g.text.SetStyle(kit.Style{Size: big(), Bold: true, Color: ink})
	g.text.Set(letters)
	g.Refresh()
}
