package desk

import (
	"context"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
)

// Suggestions lists the changes that wait for a decision: they came from a phone that had no
// right to make them any more, or from before a restore of the server.
func Suggestions(f *frame.Frame) *frame.Screen {
	var all []notebook.Suggestion
	s := &frame.Screen{Name: "suggestions", Title: words.Suggestions}
	s.List = kit.NewList(words.NoSuggestions, func(i int) { f.PushOver(s, suggestion(f, all[i].ID)) })
	asked := 0
	s.Refresh = func() {
		look(f, &asked, f.Book.Suggestions, func(got []notebook.Suggestion) {
			all = got
			items := make([]kit.Item, len(got))
			for i, g := range got {
				items[i] = kit.Item{Sign: kit.SignTold, Tone: kit.Waiting, Lines: []kit.RowText{
					{Words: words.Dots(g.Of, g.Kind.Text), Style: kit.Style{Bold: true}},
					{Words: g.Why.Text, Style: kit.Style{Size: kit.Small, Color: kit.Waiting}},
					{Words: words.SentBy(g.By, g.At), Style: kit.Style{Size: kit.Small, Color: kit.Second}},
				}}
			}
			s.List.Set(items)
			s.SetTitle(s.Title, words.Records(len(got)))
		})
	}
	return s
}

// suggestion shows one: why it waits, who wrote it and when, and what it would set against
// what stands today.
func suggestion(f *frame.Frame, id notebook.ID) *frame.Screen {
	s := &frame.Screen{Name: "suggestion", Title: words.Suggestion}
	col := kit.Column(1.5 * kit.Grid)
	foot := kit.Column(kit.Grid)
	s.Body, s.Foot = col, foot
	accept, reject := kit.Do(words.Accept, nil), kit.Act(words.Reject, nil)
	decide := func(b *kit.Button, yes bool, said string) func() {
		return func() {
			f.Do(b, func(ctx context.Context) error { return f.Book.Decide(ctx, id, yes) }, func() {
				f.Remove(s)
				f.Tell(said)
			})
		}
	}
	back := false // it is from before a restore
	accept.OnTapped, reject.OnTapped = func() {
		said := words.Accepted
		if back {
			said = words.RestoredBack
		}
		decide(accept, true, said)()
	}, decide(reject, false, words.Rejected)
	foot.Add(kit.Even(2, reject, accept))
	foot.Hide()
	type today struct {
		s      notebook.Suggestion
		open   bool
		stands map[uint32]string
		known  bool
	}
	asked := 0
	s.Refresh = func() {
		look(f, &asked, func() today {
			for _, g := range f.Book.Suggestions() {
				if g.ID != id {
					continue
				}
				t := today{s: g, open: true, stands: map[uint32]string{}}
				if e, err := f.Book.Entry(g.Record); err == nil {
					t.known = true
					for _, l := range e.Fields {
						t.stands[l.Field] = l.Value
					}
				}
				return t
			}
			return today{}
		}, func(t today) {
			col.Objects = nil
			foot.Hidden = !t.open
			if !t.open {
				col.Add(kit.Banner(kit.SignTold, notebook.ErrGone.UserMessage(), kit.Told))
				s.Fit()
				return
			}
			col.Add(kit.Column(kit.Grid/2, kit.NewText(t.s.Of, kit.Style{Size: kit.Title, Bold: true}),
				kit.Heading(t.s.Kind.Text), kit.Lesser(words.SentBy(t.s.By, t.s.At))))
			back = t.s.Restored
			col.Add(kit.Banner(kit.SignTold, words.WhyWaits(t.s.Why.Text), kit.Told))
			if said := wouldDo(t.s, t.known); said != "" {
				col.Add(kit.Plain(said))
			}
			lines := kit.Column(2 * kit.Grid)
			for _, l := range t.s.Fields {
				lines.Add(against(l, t.stands[l.Field], t.known))
			}
			col.Add(kit.Sheet(kit.Card, kit.Line, lines))
			s.Fit()
		})
	}
	return s
}

// wouldDo says what accepting does, where the fields alone do not.
func wouldDo(s notebook.Suggestion, known bool) string {
	switch {
	case s.Restored && known:
		return words.RestoredOlder
	case s.Restored:
		return words.RestoredNew
	case !known:
		return words.WouldBeNew
	}
	return ""
}

// against puts what a suggestion would write below what stands.
func against(l notebook.FieldLine, stands string, known bool) fyne.CanvasObject {
	col := kit.Column(kit.Grid/2, kit.Lesser(l.Name))
	if known {
		col.Add(kit.Plain(words.Stands(orEmpty(stands))))
	}
	col.Add(barred(kit.Waiting, kit.Heading(words.Would(orEmpty(l.Value)))))
	return col
}
