package petition

import (
	"strings"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/form"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	"sodanvan/shared/viet"
)

// List is the first screen of the tab of petitions: the open ones by what is due first, then
// those that are done. It is searched by number and household, never by text.
func List(f *frame.Frame) *frame.Screen {
	l := &list{f: f, search: kit.NewEntry(words.SearchNumber).Named(words.Search)}
	l.search.OnEdited = func(string) { l.show() }
	l.rows = kit.NewList(words.NoPetitionsYet, l.open)
	l.screen = &frame.Screen{
		Name: "petitions", Title: words.Petitions, List: l.rows, Refresh: l.fill,
		Above: kit.Inset(2*kit.Grid, kit.Grid, l.search),
	}
	return l.screen
}

type list struct {
	f      *frame.Frame
	screen *frame.Screen
	search *kit.Entry
	rows   *kit.List
	all    []found
	shown  []notebook.ID // of each row; none for a heading
	asked  int
}

// found is a petition with what it is searched by.
type found struct {
	notebook.PetitionItem
	key string
}

func (l *list) fill() {
	l.asked++
	asked, b := l.asked, l.f.Book
	frame.Load(l.f, func() []found {
		all := b.Petitions()
		out := make([]found, len(all))
		for i, p := range all {
			out[i] = found{p, viet.SearchKey(p.Number + " " + p.Of)}
		}
		return out
	}, func(got []found) {
		if asked == l.asked {
			l.all = got
			l.show()
		}
	})
}

func (l *list) show() {
	typed := strings.TrimSpace(l.search.Text)
	q := viet.NewQuery(typed)
	number, err := book.CheckPetitionNumber(typed)
	if err != nil {
		number = ""
	}
	today := words.Today(l.f.Now())
	var items []kit.Item
	l.shown = nil
	for _, closed := range []bool{false, true} {
		var part []found
		for _, p := range l.all {
			if p.Closed == closed && (typed == "" || p.Number == number || q.Matches(p.key)) {
				part = append(part, p)
			}
		}
		if len(part) == 0 {
			continue
		}
		title := words.PetitionsClosed
		if !closed {
			title = words.PetitionsOpen
		}
		items = append(items, kit.Item{Lines: []kit.RowText{{Words: words.SectionOf(title, len(part)), Style: kit.Style{Size: kit.Small, Bold: true, Color: kit.Second}}}})
		l.shown = append(l.shown, notebook.ID{})
		for _, p := range part {
			items, l.shown = append(items, item(p.PetitionItem, today)), append(l.shown, p.ID)
		}
	}
	l.rows.SetEmpty(words.NoPetitionsYet)
	if typed != "" {
		l.rows.SetEmpty(words.NumberNotFound)
	}
	l.rows.Set(items)
}

// item is a petition in the list: what it says, whose it is, how it stands, what is due.
func item(p notebook.PetitionItem, today int32) kit.Item {
	small := kit.Style{Size: kit.Small, Color: kit.Second}
	it := kit.Item{Lines: []kit.RowText{
		{Words: p.Title, Style: kit.Style{Bold: true}}, {Words: p.Of, Style: small},
	}}
	state, said := small, p.Standing.Text
	switch due := int32(p.Owed); {
	case p.Closed:
		it.Sign, it.Tone = kit.SignApproved, kit.Second
	case p.Standing.Code == "":
		it.Sign, it.Tone = p.Receipt.Icon(), form.Tone(p.Receipt.Tone())
		said, state.Color = words.NotUp+" · "+p.Receipt.Text, it.Tone
	case due == 0:
		it.Sign, it.Tone = kit.SignMet, kit.Told
	case due < today:
		it.Sign, it.Tone = kit.SignWrong, kit.Wrong
		said, state.Color = said+" · "+words.Overdue(today-due), kit.Wrong
	default:
		it.Sign, it.Tone = kit.SignAgain, kit.Waiting
		said, state.Color = said+" · "+words.Due(due), kit.Waiting
	}
	it.Lines = append(it.Lines, kit.RowText{Words: said, Style: state})
	return it
}

func (l *list) open(i int) {
	if id := l.shown[i]; !id.IsZero() {
		l.f.PushOver(l.screen, Page(l.f, id))
	}
}
