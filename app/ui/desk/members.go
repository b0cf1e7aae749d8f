package desk

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/household"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/viet"
)

// Members lists the members of the branch by given name.
func Members(f *frame.Frame) *frame.Screen {
	s := &frame.Screen{Name: "members", Title: words.Members}
	l := newMemberList(f, words.NoMembers, func(m notebook.Member) { f.PushOver(s, Member(f, m.ID)) })
	s.List, s.Above = l.rows, l.above
	s.Foot = kit.Act(words.AddMember, func() { f.PushOver(s, NewMember(f)) })
	s.Refresh = func() { l.fill(func(n int) { s.SetTitle(s.Title, words.MemberCount(n)) }) }
	return s
}

// memberList is a list of members with a search over it.
type memberList struct {
	f      *frame.Frame
	empty  string
	search *kit.Entry
	above  fyne.CanvasObject
	rows   *kit.List
	all    []notebook.Member
	shown  []notebook.Member
	// nobody, if set, is the last row: what it says.
	nobody string
	asked  int
	skip   notebook.ID // is not listed
}

func newMemberList(f *frame.Frame, empty string, open func(notebook.Member)) *memberList {
	l := &memberList{f: f, empty: empty, search: kit.NewEntry(words.SearchMember).Named(words.Search)}
	l.above = kit.Inset(2*kit.Grid, kit.Grid, l.search)
	l.search.OnEdited = func(string) { l.show() }
	l.rows = kit.NewList(empty, func(i int) {
		if i < len(l.shown) {
			open(l.shown[i])
			return
		}
		open(notebook.Member{})
	})
	return l
}

func (l *memberList) fill(counted func(int)) {
	look(l.f, &l.asked, l.f.Book.Members, func(all []notebook.Member) {
		counted(len(all))
		l.all = slices.DeleteFunc(all, func(m notebook.Member) bool { return m.ID == l.skip })
		l.show()
	})
}

func (l *memberList) show() {
	q := viet.NewQuery(l.search.Text)
	l.shown = nil
	var items []kit.Item
	for _, m := range l.all {
		if !q.Matches(viet.SearchKey(m.Name + " " + m.Phone)) {
			continue
		}
		l.shown = append(l.shown, m)
		items = append(items, memberRow(m))
	}
	l.rows.SetEmpty(l.empty)
	if l.search.Text != "" {
		l.rows.SetEmpty(words.NoMemberFound)
	} else if l.nobody != "" {
		items = append(items, kit.Item{Sign: kit.SignMet, Lines: []kit.RowText{{Words: l.nobody}}})
	}
	l.rows.Set(items)
}

func memberRow(m notebook.Member) kit.Item {
	small := kit.Style{Size: kit.Small, Color: kit.Second}
	it := kit.Item{Sign: kit.SignPerson, Lines: []kit.RowText{
		{Words: m.Name, Style: kit.Style{Bold: true}},
		{Words: words.Dots(m.Office.Text, words.Households(m.Households)), Style: small},
	}}
	phone := kit.RowText{Words: words.Capital(words.Phone(m.HasDevice, m.Proxies)), Style: small}
	if !m.HasDevice && len(m.Proxies) == 0 {
		it.Tone, phone.Style.Color = kit.Waiting, kit.Waiting
	}
	return kit.Item{Sign: it.Sign, Tone: it.Tone, Lines: append(it.Lines, phone)}
}

// Member is the page of a member: how they write, their households, and what the desk does
// for them.
func Member(f *frame.Frame, id notebook.ID) *frame.Screen {
	type got struct {
		m          notebook.Member
		here       bool
		households []notebook.HouseholdLine
	}
	return page(f, "member", words.MemberTitle, func(s *frame.Screen, col *fyne.Container, asked *int) {
		look(f, asked, func() got {
			var g got
			g.m, g.here = member(f.Book, id)
			if g.here {
				g.households = f.Book.Households(notebook.Query{Member: id, Branch: true, Sort: notebook.ByName})
			}
			return g
		}, func(g got) {
			col.Objects = nil
			if !g.here {
				col.Add(kit.Banner(kit.SignWrong, words.NotYours, kit.Waiting))
				s.Fit()
				return
			}
			m := g.m
			about := kit.Column(kit.Grid/2, kit.NewText(m.Name, kit.Style{Size: kit.Title, Bold: true}), kit.Lesser(words.Dots(m.Office.Text, m.Phone)))
			if !m.HasDevice && len(m.Proxies) == 0 {
				about.Add(kit.State(kit.SignLong, words.Capital(words.Phone(m.HasDevice, m.Proxies)), kit.Waiting))
			} else {
				about.Add(kit.Lesser(words.Capital(words.Phone(m.HasDevice, m.Proxies))))
			}
			if len(m.WritesFor) > 0 {
				about.Add(kit.Lesser(words.Capital(words.WritesFor(m.WritesFor))))
			}
			col.Add(about)
			col.Add(kit.Act(words.IssueCode, func() { f.PushOver(s, Code(f, id)) }))
			col.Add(kit.Act(words.EditMember, func() { f.PushOver(s, editMember(f, id)) }))
			if !m.HasDevice || len(m.Proxies) > 0 {
				col.Add(kit.Act(words.ChooseProxies, func() { f.PushOver(s, proxies(f, m)) }))
			}
			col.Add(kit.Act(words.HandOverSeveral, func() { f.PushOver(s, several(f, id)) }))
			col.Add(kit.Gap(kit.Grid))
			col.Add(kit.Heading(words.HouseholdsOf(len(g.households))))
			if len(g.households) == 0 {
				col.Add(kit.Lesser(words.MemberHasNone))
			}
			cards := kit.Column(kit.Grid)
			for _, h := range g.households {
				cards.Add(kit.NewTap(h.Title, func() { f.PushOver(s, household.Page(f, h.ID)) }, kit.Heading(h.Title), kit.Lesser(orEmpty(h.Address))))
			}
			col.Add(cards)
			s.Fit()
		})
	})
}

func member(book *notebook.Notebook, id notebook.ID) (notebook.Member, bool) {
	for _, m := range book.Members() {
		if m.ID == id {
			return m, true
		}
	}
	return notebook.Member{}, false
}

// memberForm has the fields of a member.
type memberForm struct {
	*formScreen
	name, distinguish, phone *kit.Entry
}

func newMemberForm(f *frame.Frame, name, title string) *memberForm {
	fm := &memberForm{formScreen: newForm(f, name, title, pb.Kind_KIND_MEMBER)}
	fm.name = fm.entry(1, words.MemberName, kit.NewEntry(words.MemberNameHint))
	fm.phone = fm.entry(3, words.MemberPhone, kit.NewNumbers(""))
	fm.distinguish = fm.entry(2, words.MemberDistinguish, kit.NewEntry(words.MemberDistinguishHint))
	return fm
}

// edit gives what was changed of what stood before.
func (fm *memberForm) edit(name, distinguish, phone string) notebook.MemberEdit {
	return notebook.MemberEdit{
		Name: changed(fm.name.Text, name), Distinguish: changed(fm.distinguish.Text, distinguish), Phone: changed(fm.phone.Text, phone),
	}
}

// NewMember is the form of a member who joins the branch.
func NewMember(f *frame.Frame) *frame.Screen {
	fm := newMemberForm(f, "new member", words.AddMember)
	fm.save.OnTapped = func() {
		e := fm.edit("", "", "")
		if e.Name == nil {
			fm.tell(1, words.NameNeeded)
			return
		}
		fm.send(func(ctx context.Context) (notebook.Saved, error) { return f.Book.NewMember(ctx, e) }, words.MemberAdded)
	}
	return fm.screen
}

// editMember is the form of a member who is in the book.
func editMember(f *frame.Frame, id notebook.ID) *frame.Screen {
	fm := newMemberForm(f, "edit member", words.EditMember)
	was, filled := map[uint32]string{}, false
	fm.screen.Refresh = func() {
		if filled {
			return
		}
		filled = true
		frame.Load(f, func() map[uint32]string { return valuesOf(f.Book, id) }, func(got map[uint32]string) {
			was = got
			fm.name.SetText(got[1])
			fm.distinguish.SetText(got[2])
			fm.phone.SetText(got[3])
			fm.dirty = false
		})
	}
	fm.save.OnTapped = func() {
		e := fm.edit(was[1], was[2], was[3])
		fm.send(func(ctx context.Context) (notebook.Saved, error) { return f.Book.EditMember(ctx, id, e) }, words.MemberSaved)
	}
	return fm.screen
}

// valuesOf gives the fields of a record in words, by number.
func valuesOf(book *notebook.Notebook, id notebook.ID) map[uint32]string {
	out := map[uint32]string{}
	if e, err := book.Entry(id); err == nil {
		for _, l := range e.Fields {
			out[l.Field] = l.Value
		}
	}
	return out
}

// proxies chooses who writes for a member who has no phone: members with one.
func proxies(f *frame.Frame, m notebook.Member) *frame.Screen {
	fm := newForm(f, "proxies", words.ChooseProxies, pb.Kind_KIND_MEMBER)
	fm.col.Add(kit.Plain(words.ProxiesOf(m.Name)))
	var chips *kit.Choice
	var able []notebook.ID
	fm.screen.Refresh = func() {
		if chips != nil {
			return
		}
		frame.Load(f, f.Book.Members, func(all []notebook.Member) {
			var names []string
			var on []int
			for _, x := range all {
				now := slices.Contains(m.ProxyIDs, x.ID)
				if x.ID == m.ID || !x.HasDevice && !now {
					continue
				}
				if now {
					on = append(on, len(able))
				}
				able, names = append(able, x.ID), append(names, x.Name)
			}
			chips = kit.NewMany(names...)
			chips.Choose(on...)
			chips.OnChanged = func() { fm.touch(4) }
			fm.add(4, words.WhoWrites, chips)
			if len(able) == 0 {
				fm.col.Add(kit.Lesser(words.NobodyAble))
			}
			fm.screen.Fit()
		})
	}
	fm.save.OnTapped = func() {
		if chips == nil {
			return
		}
		chosen := []notebook.ID{}
		for _, i := range chips.All() {
			chosen = append(chosen, able[i])
		}
		fm.send(func(ctx context.Context) (notebook.Saved, error) { return f.Book.SetProxies(ctx, m.ID, chosen) }, words.ProxiesSaved)
	}
	return fm.screen
}
