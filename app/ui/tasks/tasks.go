package tasks

import (
	"context"
	"reflect"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
)

// Deps open the screens behind the lines. Resume may give nil for a draft that no form of
// this app made.
type Deps struct {
	Desk      func() *frame.Screen
	Household func(id notebook.ID) *frame.Screen
	Resume    func(d notebook.Draft) *frame.Screen
	Mend      func(m notebook.Mend) *frame.Screen
	Visit     func(household, id notebook.ID) *frame.Screen
	Petition  func(id notebook.ID) *frame.Screen
}

// Count is the number at the tab: what somebody waits for. Drafts and visits are the user's
// own time and not counted.
func Count(book *notebook.Notebook) int {
	return len(book.Mends()) + len(book.Conflicts()) + len(book.Returned()) + book.Waiting()
}

const (
	// first is how many lines of a part are shown before the user asks for all.
	first = 8
	// longest is how many households are named that were not met for long.
	longest = 5
)

// Root is the screen. What it shows is built anew only when something of it changed, so a
// sync in the background takes neither the place nor the focus away.
func Root(f *frame.Frame, deps Deps) *frame.Screen {
	r := &root{f: f, deps: deps, page: kit.Column(1.5 * kit.Grid), all: map[string]bool{}}
	r.screen = &frame.Screen{Name: "tasks", Title: words.TasksToday, Body: r.page, Refresh: r.fill}
	return r.screen
}

type root struct {
	f      *frame.Frame
	deps   Deps
	screen *frame.Screen
	page   *fyne.Container
	shown  *day
	asked  int             // which reading is the newest
	all    map[string]bool // the parts that are shown whole, by title
}

// day is what is to be done.
type day struct {
	desk      bool
	waiting   int
	mends     []notebook.Mend
	conflicts []notebook.Conflict
	returned  []notebook.ReturnedItem
	drafts    []notebook.Draft
	due       []notebook.DueVisit
	longest   []notebook.HouseholdLine
}

func read(book *notebook.Notebook, today int32) *day {
	d := &day{
		desk: book.Me().Desk, waiting: book.Waiting(), mends: book.Mends(), conflicts: book.Conflicts(),
		returned: book.Returned(), drafts: book.Drafts(), due: book.Due(),
	}
	expected := map[notebook.ID]bool{}
	for _, v := range d.due {
		expected[v.Household] = true
	}
	for _, h := range book.Households(notebook.Query{Sort: notebook.ByLongest}) {
		// A household that expects a visit already, now or later, needs no other reminder.
		if len(d.longest) == longest || h.LastVisit != 0 && today-int32(h.LastVisit) < words.LongAgoDays {
			break
		}
		if !expected[h.ID] && h.NextVisit == 0 && !h.Leaving {
			d.longest = append(d.longest, h)
		}
	}
	return d
}

func (r *root) fill() {
	r.asked++
	asked, book, today := r.asked, r.f.Book, words.Today(r.f.Now())
	frame.Load(r.f, func() *day { return read(book, today) }, func(d *day) {
		if asked == r.asked && !reflect.DeepEqual(d, r.shown) {
			r.shown = d
			r.show()
		}
	})
}

func (r *root) show() {
	d := r.shown
	r.page.Objects = nil
	if d.desk {
		tone := kit.Waiting
		sign := kit.SignAgain
		if d.waiting == 0 {
			tone, sign = kit.Safe, kit.SignSafe
		}
		r.page.Add(kit.NewTap(words.Desk, func() { r.push(r.deps.Desk()) },
			kit.Heading(words.Desk), kit.State(sign, words.DeskWaiting(d.waiting), tone)))
	}
	part(r, words.Mend, d.mends, r.mend)
	part(r, words.Conflicts, d.conflicts, r.conflict)
	part(r, words.TasksReturned, d.returned, r.returned)
	part(r, words.Drafts, d.drafts, r.draft)
	part(r, words.TasksDue, d.due, r.due)
	part(r, words.TasksLongest, d.longest, r.longest)
	if len(r.page.Objects) == 0 || d.desk && len(r.page.Objects) == 1 {
		r.page.Add(kit.NewText(words.NoTasks, kit.Style{Color: kit.Second}))
	}
	aside := ""
	if n := len(d.mends) + len(d.conflicts) + len(d.returned) + len(d.drafts) + len(d.due); n > 0 {
		aside = words.TaskCount(n)
	}
	r.screen.SetTitle(words.TasksToday, aside)
	r.page.Refresh()
	r.screen.Fit()
}

// part adds the lines of one sort under a heading; nothing where there are none.
func part[T any](r *root, title string, items []T, card func(T) fyne.CanvasObject) {
	if len(items) == 0 {
		return
	}
	if len(r.page.Objects) > 0 {
		r.page.Add(kit.Gap(kit.Grid / 2))
	}
	r.page.Add(kit.NewText(words.TasksHead(title, len(items)), kit.Style{Size: kit.Title, Bold: true}))
	shown := items
	if len(items) > first+1 && !r.all[title] {
		shown = items[:first]
	}
	for _, item := range shown {
		r.page.Add(card(item))
	}
	if len(shown) < len(items) {
		r.page.Add(kit.Link(words.TasksAll(len(items)), func() {
			r.all[title] = true
			r.show()
		}))
	}
}

// push opens a screen beside or over this one.
func (r *root) push(s *frame.Screen) { r.f.PushOver(r.screen, s) }

// head gives the first lines of a card: whose it is, and what it is.
func head(of, kind, title string) []fyne.CanvasObject {
	switch {
	case of == "":
		return []fyne.CanvasObject{kit.Heading(title), kit.Lesser(kind)}
	case title == "" || title == of:
		return []fyne.CanvasObject{kit.Heading(of), kit.Lesser(kind)}
	}
	return []fyne.CanvasObject{kit.Heading(of), kit.Lesser(kind + " · " + title)}
}

func name(of, title string) string {
	if of == "" {
		return title
	}
	return of
}

func (r *root) mend(m notebook.Mend) fyne.CanvasObject {
	return kit.NewTap(name(m.Of, m.Title), func() { r.push(r.deps.Mend(m)) },
		append(head(m.Of, m.Kind.Text, m.Title), kit.State(kit.SignReturned, m.Text, kit.Wrong))...)
}

// conflict asks which of two values stays.
func (r *root) conflict(c notebook.Conflict) fyne.CanvasObject {
	book, id := r.f.Book, c.ID
	mine, theirs := kit.Act(words.KeepMine, nil), kit.Act(words.KeepTheirs, nil)
	mine.OnTapped = func() {
		r.f.Do(mine, func(ctx context.Context) error {
			_, err := book.KeepMine(ctx, id)
			return err
		}, func() { r.f.Tell(words.KeptMine) })
	}
	theirs.OnTapped = func() {
		r.f.Do(theirs, func(ctx context.Context) error { return book.KeepTheirs(ctx, id) }, func() { r.f.Tell(words.KeptTheirs) })
	}
	lines := head(c.Of, c.Field, c.Title)
	lines = append(lines, kit.State(kit.SignWrong, c.Text, kit.Waiting), kit.Plain(words.MineIs(c.Mine)), kit.Plain(words.TheirsIs(c.Theirs)),
		mine, theirs)
	return kit.Paper(lines...)
}

func (r *root) returned(i notebook.ReturnedItem) fyne.CanvasObject {
	open := func() *frame.Screen {
		switch i.Kind.Code {
		case "visit":
			return r.deps.Visit(i.Household, i.ID)
		case "petition":
			return r.deps.Petition(i.ID)
		}
		return r.deps.Household(i.Household)
	}
	return kit.NewTap(name(i.Of, i.Title), func() { r.push(open()) },
		append(head(i.Of, i.Kind.Text, i.Title), kit.State(i.Receipt.Icon(), i.Receipt.Text, kit.Wrong))...)
}

func (r *root) draft(d notebook.Draft) fyne.CanvasObject {
	resume := func() {
		s := r.deps.Resume(d)
		switch {
		case s != nil:
			r.push(s)
		case !d.Household.IsZero():
			r.push(r.deps.Household(d.Household))
		default:
			r.f.Warn(words.DraftElsewhere)
		}
	}
	// The title is made of what was filled in, which may be little.
	lines := head(d.Of, d.Kind.Text, "")
	if d.Of == "" {
		lines = []fyne.CanvasObject{kit.Heading(d.Kind.Text)}
		if d.Title != "" && d.Title != d.Kind.Text {
			lines = append(lines, kit.Lesser(d.Title))
		}
	}
	lines = append(lines, kit.State(kit.SignPetition, words.DraftSince(d.SavedAt), kit.Waiting))
	drop := kit.Act(words.DropDraft, nil).Called(words.DropOf(d.Kind.Text, d.Of))
	book, id := r.f.Book, d.ID
	drop.OnTapped = func() {
		r.f.Ask(words.DropDraftAsk, words.DropDraftOf(d.Kind.Text, d.Of), words.DropDraft, words.Cancel, func() {
			r.f.Do(drop, func(ctx context.Context) error { return book.DropDraft(ctx, id) }, nil)
		})
	}
	return kit.Trailing(kit.NewTap(name(d.Of, d.Kind.Text), resume, lines...), drop)
}

func (r *root) due(v notebook.DueVisit) fyne.CanvasObject {
	state := kit.State(kit.SignTold, words.DueToday, kit.Told)
	if v.Days > 0 {
		state = kit.State(kit.SignWrong, words.DuePast(int32(v.Day), v.Days), kit.Wrong)
	}
	return r.household(v.Household, v.Title, v.Address, state)
}

func (r *root) longest(h notebook.HouseholdLine) fyne.CanvasObject {
	return r.household(h.ID, h.Title, h.Address, kit.State(kit.SignLong, words.Capital(h.Since), kit.Waiting))
}

func (r *root) household(id notebook.ID, title, address string, state fyne.CanvasObject) fyne.CanvasObject {
	lines := []fyne.CanvasObject{kit.Heading(title)}
	if address != "" {
		lines = append(lines, kit.Lesser(address))
	}
	return kit.NewTap(title, func() { r.push(r.deps.Household(id)) }, append(lines, state)...)
}
