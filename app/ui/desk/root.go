package desk

import (
	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/household"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
)

// Root is "Bàn của bí thư": a door to each thing that only secretary and deputy do, with how
// much waits behind it.
func Root(f *frame.Frame) *frame.Screen {
	s := &frame.Screen{Name: "desk", Title: words.Desk, Hub: true}
	door := func(sign, title string, open func() *frame.Screen) *door {
		return newDoor(sign, title, func() { f.PushOver(s, open()) })
	}
	waiting := door(kit.SignSafe, words.ReviewQueue, func() *frame.Screen { return Queue(f) })
	suggestions := door(kit.SignTold, words.Suggestions, func() *frame.Screen { return Suggestions(f) })
	members := door(kit.SignPerson, words.Members, func() *frame.Screen { return Members(f) })
	nobodys := door(kit.SignAdd, words.NobodysHouseholds, func() *frame.Screen { return several(f, notebook.ID{}) })
	households := door(kit.SignHome, words.BranchHouseholds, func() *frame.Screen { return household.List(f, true) })
	devices := door(kit.SignDevice, words.Devices, func() *frame.Screen { return Devices(f) })
	notices := door(kit.SignNotice, words.BranchNotices, func() *frame.Screen { return Notices(f) })
	initiatives := door(kit.SignTasks, words.Initiatives, func() *frame.Screen { return Initiatives(f) })
	commendations := door(kit.SignApproved, words.Commendations, func() *frame.Screen { return Commendations(f) })
	devices.says(words.DevicesDoor, false)
	nobodys.tap.Hide()

	s.Body = kit.Column(kit.Grid, waiting.tap, suggestions.tap, nobodys.tap, members.tap, households.tap, notices.tap,
		initiatives.tap, commendations.tap, devices.tap)
	asked := 0
	s.Refresh = func() {
		look(f, &asked, func() counts { return count(f.Book) }, func(c counts) {
			waiting.says(words.WaitingCount(c.waiting), c.waiting > 0)
			suggestions.says(words.SuggestionCount(c.suggestions), c.suggestions > 0)
			nobodys.says(words.NobodysCount(c.nobodys), true)
			if c.nobodys > 0 {
				nobodys.tap.Show()
			} else {
				nobodys.tap.Hide()
			}
			members.says(words.MemberCount(c.members), false)
			households.says(words.Households(c.households), false)
			notices.says(words.NoticeCount(c.notices), false)
			initiatives.says(words.InitiativeCount(c.initiatives), false)
			commendations.says(words.CommendedCount(c.commendations), false)
			s.Fit()
		})
	}
	return s
}

// counts is what stands behind the doors.
type counts struct {
	waiting, suggestions, members, households, nobodys, notices, initiatives, commendations int
}

func count(book *notebook.Notebook) counts {
	c := counts{
		waiting: book.Waiting(), suggestions: len(book.Suggestions()), members: len(book.Members()),
		initiatives: len(book.Initiatives()), commendations: len(book.Commendations()),
	}
	for _, h := range book.Households(notebook.Query{Branch: true, Sort: notebook.ByName}) {
		c.households++
		if h.Member.IsZero() {
			c.nobodys++
		}
	}
	for _, n := range book.Notices() {
		if n.Branch {
			c.notices++
		}
	}
	return c
}

// door is a card of the desk: a sign, a title, and how much is behind it.
type door struct {
	tap  *kit.Tap
	sign *kit.Sign
	name string
	line *kit.Text
}

func newDoor(sign, title string, open func()) *door {
	d := &door{sign: kit.NewSign(sign, kit.Second, 1.2), name: sign, line: kit.Lesser("")}
	d.tap = kit.NewTap(title, open, kit.Beside(d.sign, kit.Column(0, kit.Heading(title), d.line)))
	return d
}

// says sets how much there is; with waits it is somebody's turn, told by a sign, bold words
// and a colour.
func (d *door) says(text string, waits bool) {
	st, sign, tone := kit.Style{Size: kit.Small, Color: kit.Second}, d.name, fyne.ThemeColorName(kit.Second)
	if waits {
		st, sign, tone = kit.Style{Size: kit.Small, Color: kit.Waiting, Bold: true}, kit.SignLong, kit.Waiting
	}
	d.line.SetStyle(st)
	d.line.Set(text)
	d.sign.Set(sign, tone)
}
