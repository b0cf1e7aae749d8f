package household

import (
	"slices"
	"strings"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
)

// List is the first screen: the user's own households in the order of their walk, by name
// or by how long ago they were met; for the desk also those of the whole branch.
func List(f *frame.Frame, branch bool) *frame.Screen {
	l := &list{f: f, branch: branch, marked: -1}
	l.search = kit.NewEntry(words.SearchHint).Named(words.Search)
	l.search.OnEdited = func(string) { l.fill() }
	l.sort = kit.Link(orders[0].words, nil)
	l.sort.OnTapped = func() {
		l.order = (l.order + 1) % len(orders)
		l.sort.SetWords(orders[l.order].words)
		l.again()
	}
	l.other = kit.Link("", nil)
	l.other.OnTapped = func() {
		l.branch = !l.branch
		l.again()
	}
	l.add = kit.Link(words.AddHousehold, func() { f.PushOver(l.screen, New(f)) })
	l.add.SetSign(kit.SignAdd)
	l.other.Hide()
	l.add.Hide()
	l.rows = kit.NewList(words.NoHouseholds, l.open)
	l.screen = &frame.Screen{
		Name: "households", Title: l.title(), List: l.rows, Refresh: l.fill,
		Above: kit.Inset(2*kit.Grid, kit.Grid, kit.Column(0, l.search, kit.Flow(l.sort, l.other, l.add))),
	}
	return l.screen
}

type list struct {
	f      *frame.Frame
	branch bool
	screen *frame.Screen
	search *kit.Entry
	sort   *kit.Button
	other  *kit.Button // to the other list, for the desk
	add    *kit.Button
	order  int
	rows   *kit.List
	shown  listing
	filled bool
	asked  int // which reading is the newest: an older one that comes later shows nothing
	page   *frame.Screen
	opened notebook.ID // the household that page shows
	marked int
}

// orders are gone through with one button, which says the one that is shown.
var orders = []struct {
	by    notebook.Sort
	words string
}{{notebook.ByWalk, words.SortWalk}, {notebook.ByName, words.SortName}, {notebook.ByLongest, words.SortLongest}}

// listing is what the list shows, but for the words.
type listing struct {
	lines        []notebook.HouseholdLine
	branch, desk bool
	searched     bool
	filling      bool
	today        int32
}

func (a listing) same(b listing) bool {
	return a.branch == b.branch && a.desk == b.desk && a.searched == b.searched && a.filling == b.filling &&
		a.today == b.today && slices.Equal(a.lines, b.lines)
}

func (l *list) title() string {
	if l.branch {
		return words.BranchHouseholds
	}
	return words.MyHouseholds
}

// again shows another list from its beginning.
func (l *list) again() {
	l.rows.Top()
	l.fill()
}

func (l *list) fill() {
	l.asked++
	asked := l.asked
	q := notebook.Query{Search: l.search.Text, Sort: orders[l.order].by, Branch: l.branch}
	now := listing{branch: l.branch, searched: strings.TrimSpace(q.Search) != "", today: words.Today(l.f.Now())}
	book := l.f.Book
	frame.Load(l.f, func() listing {
		now.lines, now.desk = book.Households(q), book.Me().Desk
		if len(now.lines) == 0 && !now.searched {
			st := book.State()
			now.filling = st.Filling > 0 || st.LastSync.IsZero() && book.Progress().Running
		}
		return now
	}, func(got listing) {
		if asked == l.asked {
			l.show(got)
		}
	})
}

// show changes what is on the screen where something is different: a sync calls for a
// refresh at each of its replies.
func (l *list) show(got listing) {
	if !l.filled || !l.shown.same(got) {
		l.shown, l.filled = got, true
		l.head()
		l.rows.SetEmpty(l.empty())
		items := make([]kit.Item, len(got.lines))
		for i, h := range got.lines {
			items[i] = item(h, got.today, got.branch)
		}
		l.rows.Set(items)
		l.screen.SetTitle(l.title(), words.Households(len(got.lines)))
	}
	l.mark()
}

// head shows the ways that only the desk has.
func (l *list) head() {
	hide := func(b *kit.Button, hidden bool) {
		if hidden {
			b.Hide()
		} else {
			b.Show()
		}
	}
	hide(l.other, !l.shown.desk)
	hide(l.add, !l.shown.desk || !l.shown.branch)
	if l.shown.branch {
		l.other.SetWords(words.SeeMine)
	} else {
		l.other.SetWords(words.SeeBranch)
	}
	l.screen.Fit()
}

// empty says what will stand here, and how to start.
func (l *list) empty() string {
	switch {
	case l.shown.searched:
		return words.NothingFound
	case l.shown.filling:
		return words.Filling
	case l.shown.desk && l.shown.branch:
		return words.NoneOfBranch
	case l.shown.desk:
		return words.NoneOfMine
	}
	return words.NoHouseholds
}

// mark marks the household that is open beside the list.
func (l *list) mark() {
	at := -1
	if l.page != nil {
		at = slices.IndexFunc(l.shown.lines, func(h notebook.HouseholdLine) bool { return h.ID == l.opened })
	}
	if at != l.marked {
		l.marked = at
		l.rows.Mark(at)
	}
}

// item is a household in a list. The sign tells at a glance whether they wait for a visit.
func item(h notebook.HouseholdLine, today int32, branch bool) kit.Item {
	it := kit.Item{Sign: kit.SignMet, Tone: kit.Second, Lines: []kit.RowText{{Words: h.Head, Style: kit.Style{Bold: true}}}}
	line := func(s string, tone kit.Style) { it.Lines = append(it.Lines, kit.RowText{Words: s, Style: tone}) }
	small := kit.Style{Size: kit.Small, Color: kit.Second}
	waits := kit.Style{Size: kit.Small, Color: kit.Waiting}
	if h.Address != "" {
		line(h.Address, small)
	}
	state := []string{h.Since}
	if h.OpenPetitions > 0 {
		state = append(state, words.OpenPetitions(h.OpenPetitions))
	}
	if h.NextVisit != 0 {
		state = append(state, words.FollowUp(int32(h.NextVisit)))
	}
	met := small
	if h.LastVisit == 0 || today-int32(h.LastVisit) >= words.LongAgoDays {
		it.Sign, it.Tone, met = kit.SignLong, kit.Waiting, waits
	}
	line(strings.Join(state, " · "), met)
	if branch {
		line(words.LookedAfter(h.Assigned), small)
	}
	if h.Unsent > 0 {
		line(words.UnsentCount(h.Unsent), waits)
	}
	if h.Leaving {
		line(words.Capital(words.HandedOver), waits)
	}
	return it
}

func (l *list) open(i int) {
	id := l.shown.lines[i].ID
	page := Page(l.f, id)
	page.Gone = func() {
		if l.page == page {
			l.page = nil
		}
	}
	// What stands there may stay, where the user does not want to lose what was typed in it.
	fill := page.Refresh
	page.Refresh = func() {
		l.page, l.opened = page, id
		fill()
		l.mark()
	}
	l.f.PushOver(l.screen, page)
}
