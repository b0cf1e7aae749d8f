package desk

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/form"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
)

// Queue lists the members of whom something waits for a verdict of this user.
func Queue(f *frame.Frame) *frame.Screen {
	q := &queue{f: f}
	q.rows = kit.NewList(words.NoReviews, func(i int) { q.open(q.groups[i].Member) })
	q.screen = &frame.Screen{Name: "queue", Title: words.ReviewQueue, List: q.rows, Refresh: q.fill}
	return q.screen
}

type queue struct {
	f      *frame.Frame
	screen *frame.Screen
	rows   *kit.List
	groups []notebook.ReviewGroup
	asked  int
	over   *frame.Screen // what was opened of it
	member notebook.ID   // of whom
}

func (q *queue) fill() {
	look(q.f, &q.asked, q.f.Book.ReviewQueue, func(groups []notebook.ReviewGroup) {
		q.groups = groups
		total := 0
		items := make([]kit.Item, len(groups))
		for i, g := range groups {
			visits := 0
			for _, m := range g.Months {
				visits += len(m.Visits)
			}
			total += visits + len(g.Items)
			items[i] = kit.Item{Sign: kit.SignPerson, Tone: kit.Waiting, Lines: []kit.RowText{
				{Words: words.Capital(g.Name), Style: kit.Style{Bold: true}},
				{Words: words.WaitingOf(len(g.Items), visits), Style: kit.Style{Size: kit.Small, Color: kit.Waiting}},
			}}
		}
		q.rows.Set(items)
		q.mark()
		q.screen.SetTitle(words.ReviewQueue, words.Records(total))
	})
}

// mark marks the member whose page is open beside the list.
func (q *queue) mark() {
	q.rows.Mark(slices.IndexFunc(q.groups, func(g notebook.ReviewGroup) bool { return q.over != nil && g.Member == q.member }))
}

func (q *queue) open(member notebook.ID) {
	s := waiting(q.f, member, q.screen)
	s.Gone = func() {
		if q.over == s {
			q.over = nil
			q.mark()
		}
	}
	q.over, q.member = s, member
	q.f.PushOver(q.screen, s)
}

// Waiting shows what waits of one member: petitions, contact edits and contributions one by
// one, visits by month.
func Waiting(f *frame.Frame, member notebook.ID) *frame.Screen { return waiting(f, member, nil) }

// waiting is Waiting; when nothing is left it goes back to home, if that is known.
func waiting(f *frame.Frame, member notebook.ID, home *frame.Screen) *frame.Screen {
	w := &waits{f: f, member: member, home: home, col: kit.Column(kit.Grid), more: map[string]int{}}
	w.screen = &frame.Screen{Name: "waiting", Title: words.ReviewQueue, Body: w.col, Refresh: w.fill}
	return w.screen
}

type waits struct {
	f      *frame.Frame
	screen *frame.Screen
	member notebook.ID
	home   *frame.Screen
	col    *fyne.Container
	group  notebook.ReviewGroup
	filled bool
	asked  int
	more   map[string]int // how many cards of a part are shown beyond atOnce
	taps   map[notebook.ID]*kit.Tap
	at     notebook.ID // the record that is open beside it
}

// atOnce is how many cards a part of the page has before the user asks for more.
const atOnce = 30

func (w *waits) fill() {
	member := w.member
	look(w.f, &w.asked, func() notebook.ReviewGroup { return groupOf(w.f.Book.ReviewQueue(), member) }, func(g notebook.ReviewGroup) {
		if w.filled && sameGroup(g, w.group) {
			return
		}
		w.group, w.filled = g, true
		w.build()
	})
}

func (w *waits) build() {
	g := w.group
	w.taps = map[notebook.ID]*kit.Tap{}
	w.col.Objects = nil
	left := len(inOrder(g))
	if left == 0 {
		w.col.Add(kit.State(kit.SignApproved, words.NoneWaits, kit.Safe))
		w.screen.SetTitle(w.title(), "")
		w.screen.Fit()
		return
	}
	w.screen.SetTitle(w.title(), words.Records(left))
	if len(g.Items) > 0 {
		w.cards(words.OneByOne, g.Items, nil)
	}
	for _, m := range g.Months {
		all := kit.Act(words.ApproveMonth(len(m.Visits)), nil)
		all.SetSign(kit.SignSafe)
		all.OnTapped = func() { w.askMonth(all, m) }
		w.cards(words.VisitsOf(m.Year, m.Month), m.Visits, all)
	}
	w.mark(w.at)
	w.screen.Fit()
}

func (w *waits) title() string {
	if w.group.Name == "" {
		return words.ReviewQueue
	}
	return words.Capital(w.group.Name)
}

// cards adds a heading and a card for each record, the first ones at once.
func (w *waits) cards(heading string, items []notebook.ReviewItem, all *kit.Button) {
	if len(w.col.Objects) > 0 {
		w.col.Add(kit.Gap(kit.Grid))
	}
	w.col.Add(kit.Heading(heading))
	if all != nil {
		w.col.Add(all)
	}
	show := min(len(items), atOnce+w.more[heading])
	for _, it := range items[:show] {
		w.col.Add(w.card(it))
	}
	if rest := len(items) - show; rest > 0 {
		w.col.Add(kit.Link(words.ShowMore(rest), func() {
			w.more[heading] += atOnce
			w.build()
		}))
	}
}

func (w *waits) card(it notebook.ReviewItem) *kit.Tap {
	lines := []fyne.CanvasObject{kit.Heading(it.Of)}
	if it.Title != it.Of {
		lines = append(lines, kit.Plain(it.Title))
	}
	if line := w.kindAndWriter(it); line != "" {
		lines = append(lines, kit.Lesser(line))
	}
	if it.Receipt.State == notebook.StateWaitingAgain {
		lines = append(lines, form.State(it.Receipt))
	}
	t := kit.NewTap(it.Of+", "+it.Title, func() { w.open(it.ID) }, lines...)
	w.taps[it.ID] = t
	return t
}

// kindOf names what is looked at: of a household it is an edit that waits.
func kindOf(it notebook.ReviewItem) string {
	if it.ID == it.Household {
		return words.EditContact
	}
	return it.Kind.Text
}

// kindAndWriter says what the heads of page and part do not say already.
func (w *waits) kindAndWriter(it notebook.ReviewItem) string {
	kind, writer := kindOf(it), words.WrittenBy(it.By...)
	if it.Title != it.Of && it.Kind.Code == "visit" {
		kind = ""
	}
	if slices.Equal(it.By, []string{w.group.Name}) {
		writer = ""
	}
	return words.Dots(kind, writer)
}

func (w *waits) open(id notebook.ID) {
	r := newRecord(w.f, id)
	r.home, r.shows = w.home, w.mark
	r.screen.Gone = func() {
		if w.at == r.id {
			w.mark(notebook.ID{})
		}
	}
	w.mark(id)
	w.f.PushOver(w.screen, r.screen)
}

// mark marks the card whose record is open.
func (w *waits) mark(id notebook.ID) {
	if t := w.taps[w.at]; t != nil {
		t.Mark(false)
	}
	w.at = id
	if t := w.taps[id]; t != nil {
		t.Mark(true)
	}
}

// askMonth asks before a whole month is approved: the visits that stand on the page and no
// others.
func (w *waits) askMonth(button *kit.Button, m notebook.VisitMonth) {
	f, member := w.f, w.member
	f.Ask(words.ApproveMonthTitle(len(m.Visits), m.Year, m.Month), words.ApproveMonthText, words.ApproveAll, words.LookFirst, func() {
		var n, left int
		button.Disable()
		f.Go(func(ctx context.Context) error {
			var err error
			n, err = f.Book.ApproveVisitsSeen(ctx, m.Visits)
			left = len(inOrder(groupOf(f.Book.ReviewQueue(), member)))
			return err
		}, func(err error) {
			button.Enable()
			f.Changed()
			if err != nil {
				f.Fail(err)
				return
			}
			if left == 0 && w.home != nil && f.Has(w.screen) {
				f.PopTo(w.home)
			}
			f.Tell(words.VisitsApproved(n))
		})
	})
}

// groupOf gives what waits of one member; an empty group where nothing does.
func groupOf(groups []notebook.ReviewGroup, member notebook.ID) notebook.ReviewGroup {
	for _, g := range groups {
		if g.Member == member {
			return g
		}
	}
	return notebook.ReviewGroup{Member: member}
}

// inOrder gives all that waits of a member in the order of the page.
func inOrder(g notebook.ReviewGroup) []notebook.ReviewItem {
	out := slices.Clone(g.Items)
	for _, m := range g.Months {
		out = append(out, m.Visits...)
	}
	return out
}

// sameVersion tells whether two readings of a record say the same to a reviewer.
func sameVersion(a, b notebook.ReviewItem) bool {
	return a.ID == b.ID && a.Version == b.Version && slices.Equal(a.Fields, b.Fields) && slices.Equal(a.By, b.By)
}

func sameGroup(a, b notebook.ReviewGroup) bool {
	same := func(x, y notebook.ReviewItem) bool {
		return sameVersion(x, y) && x.Of == y.Of && x.Receipt == y.Receipt
	}
	return a.Name == b.Name && slices.EqualFunc(inOrder(a), inOrder(b), same)
}
