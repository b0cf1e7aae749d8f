package notices

import (
	"context"
	"reflect"
	"slices"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
)

// Count is the number at the tab: notices that hold and were not read.
func Count(book *notebook.Notebook) int {
	n := 0
	for _, x := range book.Notices() {
		if unread(x) {
			n++
		}
	}
	return n
}

// unread tells whether a notice waits to be read; one that is still to come does not.
func unread(n notebook.Notice) bool { return !n.Read && !n.Coming }

// Root is the list of notices that hold, unread ones first.
func Root(f *frame.Frame) *frame.Screen {
	l := &list{f: f}
	l.rows = kit.NewList(words.NoNotices, l.open)
	l.screen = &frame.Screen{Name: "notices", Title: words.Notices, List: l.rows, Refresh: l.fill}
	return l.screen
}

type list struct {
	f       *frame.Frame
	screen  *frame.Screen
	rows    *kit.List
	notices []notebook.Notice
	asked   int // which reading is the newest
}

func (l *list) fill() {
	l.asked++
	asked := l.asked
	frame.Load(l.f, l.f.Book.Notices, func(got []notebook.Notice) {
		if asked == l.asked {
			l.show(got)
		}
	})
}

func (l *list) show(got []notebook.Notice) {
	waiting := 0
	for _, n := range got {
		if unread(n) {
			waiting++
		}
	}
	// Both halves stay newest first.
	slices.SortStableFunc(got, func(a, b notebook.Notice) int { return rank(a) - rank(b) })
	l.notices = got
	items := make([]kit.Item, len(got))
	for i, n := range got {
		items[i] = item(n)
	}
	l.rows.Set(items)
	aside := ""
	if waiting > 0 {
		aside = words.UnreadNotices(waiting)
	}
	l.screen.SetTitle(words.Notices, aside)
}

func rank(n notebook.Notice) int {
	if unread(n) {
		return 0
	}
	return 1
}

func item(n notebook.Notice) kit.Item {
	small := func(s string, tone fyne.ThemeColorName) kit.RowText {
		return kit.RowText{Words: s, Style: kit.Style{Size: kit.Small, Color: tone}}
	}
	it := kit.Item{Sign: kit.SignMet, Tone: kit.Second, Lines: []kit.RowText{{Words: n.Title, Style: kit.Style{Bold: unread(n)}}}}
	it.Lines = append(it.Lines, small(source(n), kit.Second))
	switch {
	case n.Coming:
		it.Lines = append(it.Lines, small(words.Capital(words.From(int32(n.From))), kit.Waiting))
	case unread(n):
		it.Sign, it.Tone = kit.SignLong, kit.Told
		it.Lines = append(it.Lines, small(words.NoticeUnread, kit.Told))
	}
	if n.Households > 0 && !n.Coming {
		tone := kit.Second
		if n.Told == n.Households {
			it.Sign, it.Tone, tone = kit.SignSafe, kit.Safe, kit.Safe
		}
		it.Lines = append(it.Lines, small(words.NoticeTold(n.Told, n.Households), tone))
	}
	return it
}

// source says whose notice it is and until when it holds.
func source(n notebook.Notice) string {
	of := words.NoticeOfCommune
	if n.Branch {
		of = words.NoticeOfBranch
	}
	if until := words.Until(int32(n.Until)); until != "" {
		of += " · " + until
	}
	return of
}

func (l *list) open(i int) { l.f.PushOver(l.screen, Page(l.f, l.notices[i].ID)) }

// Page is one notice with the user's households, to be ticked as they are told.
func Page(f *frame.Frame, id notebook.ID) *frame.Screen {
	p := &page{f: f, id: id, body: kit.Column(1.5 * kit.Grid)}
	p.read = kit.Do(words.NoticeRead, p.markRead)
	p.screen = &frame.Screen{Name: "notice", Title: words.Notices, Body: p.body, Foot: p.read, Refresh: p.fill}
	p.read.Hide()
	return p.screen
}

type page struct {
	f      *frame.Frame
	id     notebook.ID
	screen *frame.Screen
	body   *fyne.Container
	read   *kit.Button
	shown  *content
	asked  int
}

type content struct {
	found      bool
	notice     notebook.Notice
	households []notebook.NoticeHousehold
}

func load(book *notebook.Notebook, id notebook.ID) *content {
	for _, n := range book.Notices() {
		if n.ID == id {
			return &content{found: true, notice: n, households: book.NoticeHouseholds(id)}
		}
	}
	return &content{}
}

func (p *page) fill() {
	p.asked++
	asked, book, id := p.asked, p.f.Book, p.id
	frame.Load(p.f, func() *content { return load(book, id) }, func(c *content) {
		if asked == p.asked && !reflect.DeepEqual(c, p.shown) {
			p.shown = c
			p.show()
		}
	})
}

func (p *page) show() {
	c := p.shown
	p.body.Objects = nil
	p.read.Hide()
	if !c.found {
		p.body.Add(kit.NewText(words.NoticeGone, kit.Style{Color: kit.Second}))
		p.body.Refresh()
		p.screen.Fit()
		return
	}
	n := c.notice
	p.body.Add(kit.NewText(n.Title, kit.Style{Size: kit.Title, Bold: true}))
	p.body.Add(kit.NewText(n.Text, kit.Style{Size: kit.Title}))
	p.body.Add(kit.Lesser(when(n)))
	switch {
	case n.Read:
		p.body.Add(kit.State(kit.SignApproved, words.NoticeRead, kit.Safe))
	case !n.Coming:
		p.read.Show()
	}
	p.body.Add(kit.Rule())
	p.tells(c)
	p.body.Refresh()
	p.screen.Fit()
}

// when says whose notice it is and from when until when it holds.
func when(n notebook.Notice) string {
	of := words.NoticeOfCommune
	if n.Branch {
		of = words.NoticeOfBranch
	}
	if days := words.NoticeHolds(int32(n.From), int32(n.Until)); days != "" {
		return of + " · " + days
	}
	return of
}

// tells adds the user's households.
func (p *page) tells(c *content) {
	p.body.Add(kit.NewText(words.NoticeTell, kit.Style{Size: kit.Title, Bold: true}))
	if len(c.households) == 0 {
		p.body.Add(kit.NewText(words.NoticeNobody, kit.Style{Color: kit.Second}))
		return
	}
	told := 0
	for _, h := range c.households {
		if h.Told != 0 {
			told++
		}
	}
	tone, sign := kit.Waiting, kit.SignAgain
	if told == len(c.households) {
		tone, sign = kit.Safe, kit.SignApproved
	}
	p.body.Add(kit.State(sign, words.NoticeTold(told, len(c.households)), tone))
	if c.notice.Coming {
		return
	}
	p.body.Add(kit.Lesser(words.NoticeTellHelp))
	lines := kit.Column(kit.Grid)
	for _, h := range c.households {
		lines.Add(p.household(h))
	}
	p.body.Add(lines)
}

func (p *page) household(h notebook.NoticeHousehold) fyne.CanvasObject {
	book, notice, household, receipt := p.f.Book, p.id, h.ID, h.Receipt
	if h.Told == 0 {
		b := kit.Tick(h.Title, false, nil)
		b.OnTapped = func() {
			p.f.Do(b, func(ctx context.Context) error {
				_, err := book.TellNotice(ctx, notice, household)
				return err
			}, nil)
		}
		return b
	}
	b := kit.Tick(words.NoticeToldOn(h.Title, int32(h.Told)), true, nil)
	b.OnTapped = func() {
		p.f.Ask(words.NoticeUntellAsk, words.NoticeUntellOf(h.Title), words.NoticeUntell, words.Cancel, func() {
			p.f.Do(b, func(ctx context.Context) error {
				_, err := book.TakeBackReceipt(ctx, receipt)
				return err
			}, nil)
		})
	}
	return b
}

func (p *page) markRead() {
	book, id := p.f.Book, p.id
	p.f.Do(p.read, func(ctx context.Context) error {
		_, err := book.ReadNotice(ctx, id)
		return err
	}, nil)
}
