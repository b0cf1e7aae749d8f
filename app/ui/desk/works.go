package desk

import (
	"context"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/form"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// Initiatives lists the initiatives of the branch and the commune, with what was given.
func Initiatives(f *frame.Frame) *frame.Screen {
	var all []notebook.Initiative
	s := &frame.Screen{Name: "initiatives", Title: words.Initiatives}
	s.List = kit.NewList(words.NoInitiativesDesk, func(i int) { f.PushOver(s, initiative(f, all[i].ID)) })
	s.Foot = kit.Do(words.NewInitiative, func() { f.PushOver(s, initiativeForm(f, notebook.Initiative{})) })
	asked := 0
	s.Refresh = func() {
		look(f, &asked, f.Book.Initiatives, func(got []notebook.Initiative) {
			all = got
			items := make([]kit.Item, len(got))
			for i, n := range got {
				items[i] = kit.Item{Sign: kit.SignTasks, Lines: []kit.RowText{
					{Words: n.Name, Style: kit.Style{Bold: true}},
					{Words: words.Dots(n.Field.Text, words.Registered(int32(n.Registered)), ofWhom(n.Branch)), Style: kit.Style{Size: kit.Small, Color: kit.Second}},
				}}
			}
			s.List.Set(items)
		})
	}
	return s
}

func ofWhom(branch bool) string {
	if branch {
		return ""
	}
	return words.OfCommune
}

// initiative is the page of one: what it is, and what households gave in all, never which.
func initiative(f *frame.Frame, id notebook.ID) *frame.Screen {
	return page(f, "initiative", words.InitiativeTitle, func(s *frame.Screen, col *fyne.Container, asked *int) {
		look(f, asked, func() (got notebook.Initiative) {
			for _, n := range f.Book.Initiatives() {
				if n.ID == id {
					got = n
				}
			}
			return got
		}, func(n notebook.Initiative) {
			col.Objects = nil
			if n.ID.IsZero() {
				col.Add(kit.Banner(kit.SignWrong, words.NotYours, kit.Waiting))
				s.Fit()
				return
			}
			col.Add(kit.Column(kit.Grid/2, kit.NewText(n.Name, kit.Style{Size: kit.Title, Bold: true}), kit.Lesser(words.Dots(n.Field.Text, ofWhom(n.Branch))),
				kit.Lesser(words.Capital(words.Dots(words.Registered(int32(n.Registered)), words.Recognised(int32(n.Recognised)))))))
			if n.Description != "" {
				col.Add(kit.Plain(n.Description))
			}
			if sums := n.Sums; sums != nil {
				col.Add(kit.Heading(words.GivenTitle))
				col.Add(kit.Paper(given(sums)...))
			}
			col.Add(form.State(n.Receipt))
			if n.Branch {
				col.Add(kit.Act(words.Edit, func() { f.PushOver(s, initiativeForm(f, n)) }))
			}
			s.Fit()
		})
	})
}

// given shows the sums that are not empty, each by its state.
func given(sums *notebook.Sums) []fyne.CanvasObject {
	var out []fyne.CanvasObject
	for _, p := range []struct {
		sign, title string
		tone        fyne.ThemeColorName
		of          notebook.Given
	}{
		{kit.SignApproved, words.SumApproved, kit.Safe, sums.Approved},
		{kit.SignAgain, words.ReviewQueue, kit.Waiting, sums.Waiting},
		{kit.SignAgain, words.SumNoReviewer, kit.Waiting, sums.NoReviewer},
	} {
		if p.of.Text != "" {
			out = append(out, kit.State(p.sign, p.title, p.tone), kit.Plain(p.of.Text))
		}
	}
	if len(out) == 0 {
		out = append(out, kit.Plain(words.NothingGiven))
	}
	return out
}

var initiativeFields = []pb.InitiativeField{
	pb.InitiativeField_INITIATIVE_FIELD_ECONOMY, pb.InitiativeField_INITIATIVE_FIELD_CULTURE_SOCIETY,
	pb.InitiativeField_INITIATIVE_FIELD_DEFENCE_SECURITY, pb.InitiativeField_INITIATIVE_FIELD_PARTY_BUILDING,
}

// initiativeForm registers an initiative, or edits the one that was.
func initiativeForm(f *frame.Frame, was notebook.Initiative) *frame.Screen {
	isNew := was.ID.IsZero()
	title := words.EditInitiative
	if isNew {
		title = words.NewInitiative
	}
	fm := newForm(f, "initiative form", title, pb.Kind_KIND_INITIATIVE)
	name := fm.entry(1, words.InitiativeName, kit.NewEntry(words.InitiativeHint))
	labels, field := make([]string, len(initiativeFields)), -1
	for i, x := range initiativeFields {
		labels[i] = words.Capital(book.Label(x))
		if labels[i] == was.Field.Text {
			field = i
		}
	}
	chips := kit.NewChoice(labels...).Keep()
	chips.Choose(field)
	chips.OnChanged = func() { fm.touch(2) }
	fm.add(2, words.InitiativeField, chips)
	text := fm.entry(3, words.InitiativeText, kit.NewNote("", 4))
	day := kit.NewDate(f.Now(), false, kit.Jump{Words: words.ThisDay}).Named(words.InitiativeDay)
	day.OnEdited = func() { fm.touch(4) }
	fm.add(4, words.InitiativeDay, day)
	name.SetText(was.Name)
	text.SetText(was.Description)
	day.Set(int32(was.Registered))
	if isNew {
		day.Set(words.Today(f.Now()))
	}
	fm.dirty = false
	fm.save.OnTapped = func() {
		registered, ok := fm.day(4, day)
		if !ok {
			return
		}
		if name.Text == "" {
			fm.tell(1, words.WorkNameNeeded)
			fm.screen.Reveal(name)
			return
		}
		e := notebook.InitiativeEdit{Name: changed(name.Text, was.Name), Description: changed(text.Text, was.Description), Registered: changedDay(registered, was.Registered)}
		if i := chips.Chosen(); i >= 0 && i != field {
			e.Field = &initiativeFields[i]
		}
		fm.send(func(ctx context.Context) (notebook.Saved, error) {
			if isNew {
				return f.Book.NewInitiative(ctx, e)
			}
			return f.Book.EditInitiative(ctx, was.ID, e)
		}, words.InitiativeSaved)
	}
	return fm.screen
}

// Commendations lists the commendations of the branch and the commune.
func Commendations(f *frame.Frame) *frame.Screen {
	var all []notebook.Commendation
	s := &frame.Screen{Name: "commendations", Title: words.Commendations}
	s.List = kit.NewList(words.NoCommendedDesk, func(i int) {
		if all[i].Branch {
			f.PushOver(s, commendation(f, all[i]))
			return
		}
		f.Tell(words.CommuneKeeps)
	})
	s.Foot = kit.Do(words.NewCommendation, func() { f.PushOver(s, commendation(f, notebook.Commendation{})) })
	asked := 0
	s.Refresh = func() {
		look(f, &asked, f.Book.Commendations, func(got []notebook.Commendation) {
			all = got
			items := make([]kit.Item, len(got))
			for i, c := range got {
				small := kit.Style{Size: kit.Small, Color: kit.Second}
				items[i] = kit.Item{Sign: kit.SignApproved, Lines: []kit.RowText{
					{Words: words.Who(c.Collective, c.Name), Style: kit.Style{Bold: true}},
					{Words: words.Dots(c.Day.String(), words.Capital(words.Decision(c.Decision)), ofWhom(c.Branch)), Style: small},
				}}
				if line := words.Dots(c.Reason, c.Initiative); line != "" {
					items[i].Lines = append(items[i].Lines, kit.RowText{Words: line, Style: small})
				}
			}
			s.List.Set(items)
		})
	}
	return s
}

// commendation records one of a collective or a person, or edits the one that was.
func commendation(f *frame.Frame, was notebook.Commendation) *frame.Screen {
	isNew := was.ID.IsZero()
	title := words.EditCommendation
	if isNew {
		title = words.NewCommendation
	}
	fm := newForm(f, "commendation", title, pb.Kind_KIND_COMMENDATION)
	who := kit.NewChoice(words.Collective, words.Person).Keep()
	who.OnChanged = func() { fm.touch(2) }
	fm.add(2, words.CommendWho, who)
	name := fm.entry(1, words.CommendName, kit.NewEntry(words.CommendHint))
	day := kit.NewDate(f.Now(), false, kit.Jump{Words: words.ThisDay}).Named(words.CommendDay)
	day.OnEdited = func() { fm.touch(3) }
	fm.add(3, words.CommendDay, day)
	decision := fm.entry(4, words.CommendDecision, kit.NewEntry(""))
	decision.Plain = true
	reason := fm.entry(5, words.CommendReason, kit.NewNote("", 3))
	name.SetText(was.Name)
	decision.SetText(was.Decision)
	reason.SetText(was.Reason)
	day.Set(int32(was.Day))
	if isNew {
		day.Set(words.Today(f.Now()))
	} else {
		who.Choose(map[bool]int{true: 0, false: 1}[was.Collective])
	}
	fm.dirty = false

	var works []notebook.Initiative
	var work *kit.Choice
	chosen := -1
	fm.screen.Refresh = func() {
		if work != nil {
			return
		}
		frame.Load(f, f.Book.Initiatives, func(got []notebook.Initiative) {
			if works = got; len(works) == 0 || work != nil {
				return
			}
			names := make([]string, len(works))
			for i, w := range works {
				names[i] = w.Name
				if w.Name == was.Initiative {
					chosen = i
				}
			}
			work = kit.NewChoice(names...)
			work.Choose(chosen)
			work.OnChanged = func() { fm.touch(6) }
			fm.add(6, words.CommendFor, work)
			fm.screen.Fit()
		})
	}
	fm.save.OnTapped = func() {
		d, ok := fm.day(3, day)
		if !ok {
			return
		}
		if who.Chosen() < 0 {
			fm.tell(2, words.WhoNeeded)
			fm.screen.Reveal(who)
			return
		}
		if name.Text == "" {
			fm.tell(1, words.NameNeeded)
			fm.screen.Reveal(name)
			return
		}
		e := notebook.CommendationEdit{
			Name: changed(name.Text, was.Name), Day: changedDay(d, was.Day), Decision: changed(decision.Text, was.Decision), Reason: changed(reason.Text, was.Reason),
		}
		if collective := who.Chosen() == 0; isNew || collective != was.Collective {
			e.Collective = &collective
		}
		if work != nil && work.Chosen() != chosen {
			var to notebook.ID
			if i := work.Chosen(); i >= 0 {
				to = works[i].ID
			}
			e.Initiative = &to
		}
		fm.send(func(ctx context.Context) (notebook.Saved, error) {
			if isNew {
				return f.Book.NewCommendation(ctx, e)
			}
			return f.Book.EditCommendation(ctx, was.ID, e)
		}, words.CommendationSaved)
	}
	return fm.screen
}
