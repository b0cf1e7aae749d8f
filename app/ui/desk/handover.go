package desk

import (
	"cmp"
	"context"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
)

// Handover hands a household over: the user chooses the member, reads what will happen, and
// says yes.
func Handover(f *frame.Frame, household notebook.ID) *frame.Screen {
	var s *frame.Screen
	s = handTo(f, []notebook.ID{household}, func() { f.Remove(s) })
	refresh := s.Refresh
	s.Refresh = func() {
		refresh()
		frame.Load(f, func() string {
			p, err := f.Book.Household(household)
			if err != nil {
				return words.HandOver
			}
			return words.HandOverOne(p.Title)
		}, func(title string) { s.SetTitle(title, "") })
	}
	return s
}

// handTo chooses the member who gets households; done is called after it was done.
func handTo(f *frame.Frame, households []notebook.ID, done func()) *frame.Screen {
	s := &frame.Screen{Name: "handover", Title: words.HandOver}
	l := newMemberList(f, words.NoMembers, func(to notebook.Member) {
		title, text := words.HandOverTo(len(households), to.Name), words.HandOverText(to.Name, len(households))
		if to.ID.IsZero() {
			title, text = words.HandOverToNobody(len(households)), words.HandOverNobodyText
		}
		f.Ask(title, text, words.HandOver, words.Cancel, func() {
			var failed int
			f.Go(func(ctx context.Context) (err error) {
				failed, err = assign(ctx, f.Book, households, to.ID)
				return err
			}, func(err error) {
				f.Changed() // also after an error: the others are handed over
				if err != nil {
					f.Warn(words.HandoverPart(len(households)-failed, failed, notebook.Say(err)))
					return
				}
				done()
				f.Tell(words.HandoverDone(len(households)))
			})
		})
	})
	l.nobody = words.ToNobody
	s.List, s.Above = l.rows, kit.Column(0, kit.Inset(2*kit.Grid, kit.Grid, kit.Plain(words.ChooseWho)), l.above)
	s.Refresh = func() { l.fill(func(int) {}) }
	return s
}

// assign hands households over one after another; one that is with that member already is
// no error. One that fails holds the others up no longer: it gives how many failed, and why
// the first one did.
func assign(ctx context.Context, book *notebook.Notebook, households []notebook.ID, to notebook.ID) (failed int, first error) {
	for _, h := range households {
		p, err := book.Household(h)
		if err == nil && p.Member != to {
			_, err = book.AssignHousehold(ctx, h, to)
		}
		if err != nil {
			failed++
			first = cmp.Or(first, err)
		}
	}
	return failed, first
}

// several hands over any number of households: those of nobody stand first, then those of a
// member; of no member: those of nobody alone.
func several(f *frame.Frame, of notebook.ID) *frame.Screen {
	s := &frame.Screen{Name: "handover several", Title: words.HandOverSeveral}
	if of.IsZero() {
		s.Title = words.NobodysHouseholds
	}
	col := kit.Column(1.5 * kit.Grid)
	next := kit.Do(words.ChooseHouseholds, nil)
	s.Body, s.Foot = col, next
	chosen := map[notebook.ID]bool{}
	var listed []notebook.ID

	count := func() []notebook.ID {
		var all []notebook.ID
		for _, id := range listed {
			if chosen[id] {
				all = append(all, id)
			}
		}
		if len(all) == 0 {
			next.SetWords(words.ChooseHouseholds)
			next.Disable()
			return nil
		}
		next.SetWords(words.ChooseWhoGets(len(all)))
		next.Enable()
		return all
	}
	next.OnTapped = func() {
		var to *frame.Screen
		to = handTo(f, count(), func() {
			clear(chosen)
			f.Remove(to)
		})
		f.PushOver(s, to)
	}
	part := func(heading string, lines []notebook.HouseholdLine) {
		if len(lines) == 0 {
			return
		}
		names, on := make([]string, len(lines)), []int{}
		for i, h := range lines {
			names[i] = words.HouseholdAt(h.Head, h.Address)
			if chosen[h.ID] {
				on = append(on, i)
			}
			listed = append(listed, h.ID)
		}
		chips := kit.NewMany(names...)
		chips.Choose(on...)
		chips.OnChanged = func() {
			for _, h := range lines {
				delete(chosen, h.ID)
			}
			for _, i := range chips.All() {
				chosen[lines[i].ID] = true
			}
			count()
			s.Fit()
		}
		col.Add(kit.Heading(heading))
		col.Add(chips)
	}
	type got struct {
		nobodys, theirs []notebook.HouseholdLine
		name            string
	}
	asked := 0
	s.Refresh = func() {
		look(f, &asked, func() got {
			var g got
			for _, h := range f.Book.Households(notebook.Query{Branch: true, Sort: notebook.ByName}) {
				switch {
				case h.Member.IsZero():
					g.nobodys = append(g.nobodys, h)
				case h.Member == of:
					g.theirs = append(g.theirs, h)
				}
			}
			m, _ := member(f.Book, of)
			g.name = m.Name
			return g
		}, func(g got) {
			col.Objects, listed = nil, nil
			part(words.OfNobody(len(g.nobodys)), g.nobodys)
			part(words.OfMember(g.name, len(g.theirs)), g.theirs)
			if len(listed) == 0 {
				col.Add(kit.State(kit.SignApproved, words.NothingToHandOver, kit.Safe))
			}
			next.Hidden = len(listed) == 0
			count()
			s.Fit()
		})
	}
	return s
}
