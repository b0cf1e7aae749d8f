package main

import (
	"strconv"
	"strings"

	"sodanvan/app/notebook"
	"sodanvan/app/words"
)

type meCmd struct{}

func (meCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		me := n.Me()
		return e.give(me, func(p *printer) {
			p.line(0, me.Name, p.id(me.ID))
			p.line(0, dots(me.Office.Text, words.Branch(me.Branch), me.Commune))
		})
	})
}

type statusCmd struct{}

func (statusCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		s := n.State()
		return e.give(s, func(p *printer) {
			p.line(0, words.State)
			for _, l := range s.Lines {
				p.line(1, l)
			}
		})
	})
}

type householdsCmd struct {
	Search string `arg:"" optional:"" help:"Tên, địa chỉ, điện thoại, số kiến nghị; không cần dấu."`
	Sort   string `enum:"walk,name,longest" default:"walk" help:"Thứ tự: walk (đường đi), name (tên), longest (lâu chưa gặp)."`
	Branch bool   `help:"Tất cả hộ có trên máy này."`
	Member string `help:"Hộ của một đảng viên: tên hoặc mã."`
}

func (c householdsCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		q := notebook.Query{Search: c.Search, Sort: notebook.Sort(c.Sort), Branch: c.Branch}
		title := words.MyHouseholds
		if c.Branch {
			title = words.BranchHouseholds
		}
		if c.Member != "" {
			member, err := n.MemberNamed(c.Member)
			if err != nil {
				return err
			}
			q.Member, title = member, words.BranchHouseholds
		}
		lines := n.Households(q)
		return e.give(lines, func(p *printer) { p.households(title, lines, c.Search != "") })
	})
}

// aHousehold is the argument of every command about a household.
type aHousehold struct {
	Household string `arg:"" help:"Tên, địa chỉ, điện thoại hoặc mã của hộ."`
}

type householdCmd struct{ aHousehold }

func (c householdCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		id, err := n.HouseholdNamed(c.Household)
		if err != nil {
			return err
		}
		page, err := n.Household(id)
		if err != nil {
			return err
		}
		return e.give(page, func(p *printer) { p.page(page) })
	})
}

// anID is the argument of every command about one record.
type anID struct {
	ID notebook.ID `arg:"" help:"Mã của mục (xem bằng --ids)."`
}

type showCmd struct{ anID }

func (c showCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		entry, err := n.Entry(c.ID)
		if err != nil {
			return err
		}
		return e.give(entry, func(p *printer) {
			p.line(0, dots(entry.Kind.Text, entry.Of), p.id(entry.ID))
			p.line(0, dots(receipt(entry.Receipt), words.WrittenBy(entry.By)), words.SheetMark(entry.Deleted, false, false))
			p.fields(1, entry.Fields)
		})
	})
}

type sheetCmd struct{ aHousehold }

func (c sheetCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		id, err := n.HouseholdNamed(c.Household)
		if err != nil {
			return err
		}
		s, err := n.Sheet(id)
		if err != nil {
			return err
		}
		return e.give(s, func(p *printer) { p.sheet(s) })
	})
}

type membersCmd struct{}

func (membersCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		all := n.Members()
		return e.give(all, func(p *printer) {
			for _, m := range all {
				p.line(0, m.Name, p.id(m.ID))
				p.line(1, dots(m.Office.Text, words.Households(m.Households), m.Phone))
				p.line(1, dots(words.Phone(m.HasDevice, m.Proxies), words.WritesFor(m.WritesFor)))
			}
		})
	})
}

type topicsCmd struct{}

func (topicsCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error { return e.categories(n.Topics()) })
}

type mattersCmd struct{}

func (mattersCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error { return e.categories(n.Matters()) })
}

func (e *env) categories(all []notebook.Category) error {
	return e.give(all, func(p *printer) {
		for _, c := range all {
			p.line(0, c.Name, p.id(c.ID))
		}
	})
}

type draftsCmd struct {
	Drop notebook.ID `help:"Bỏ mục đang ghi dở này." placeholder:"ID"`
}

func (c draftsCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		if !c.Drop.IsZero() {
			return e.done(words.Dropped, n.DropDraft(e, c.Drop))
		}
		all := n.Drafts()
		return e.give(all, func(p *printer) {
			if len(all) == 0 {
				p.line(0, words.NoDrafts)
				return
			}
			p.drafts(all)
		})
	})
}

type noticesCmd struct {
	Read     notebook.ID `help:"Ghi là đã đọc thông báo này." placeholder:"ID" xor:"what"`
	Told     notebook.ID `help:"Ghi là đã phổ biến thông báo này đến hộ." placeholder:"ID" xor:"what"`
	To       string      `help:"Hộ được phổ biến." placeholder:"HỘ"`
	TakeBack notebook.ID `help:"Rút lại một lần ghi nhầm." placeholder:"ID" xor:"what"`
}

func (c noticesCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		switch {
		case !c.Read.IsZero():
			return e.saved(n.ReadNotice(e, c.Read))
		case !c.TakeBack.IsZero():
			return e.saved(n.TakeBackReceipt(e, c.TakeBack))
		case !c.Told.IsZero():
			id, err := n.HouseholdNamed(c.To)
			if err != nil {
				return err
			}
			return e.saved(n.TellNotice(e, c.Told, id))
		}
		all := n.Notices()
		return e.give(all, func(p *printer) {
			p.line(0, words.Notices)
			if len(all) == 0 {
				p.line(1, words.NoNotices)
			}
			for _, l := range all {
				p.line(1, l.Title, p.id(l.ID))
				from := ""
				if l.Coming {
					from = words.From(int32(l.From))
				}
				p.line(2, dots(words.NoticeState(l.Read, l.Told, l.Households), from, words.Until(int32(l.Until))))
				p.line(2, l.Text)
			}
		})
	})
}

type checkCmd struct {
	Text []string `arg:"" help:"Câu định ghi."`
}

func (c checkCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		found := n.WarnedWords(strings.Join(c.Text, " "))
		return e.give(map[string][]string{"words": append([]string{}, found...)}, func(p *printer) {
			if len(found) == 0 {
				p.line(0, words.NoWarning)
				return
			}
			p.line(0, words.Warned(found))
		})
	})
}

type historyCmd struct{ anID }

func (c historyCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		all, err := n.History(e, c.ID)
		if err != nil {
			return err
		}
		return e.give(all, func(p *printer) {
			p.line(0, words.History)
			if len(all) == 0 {
				p.line(1, words.NoHistory)
			}
			for _, v := range all {
				p.line(1, timeText(v.At), words.WrittenBy(v.By))
				p.fields(2, []notebook.FieldLine{{Name: v.Field, Value: v.Value}})
			}
		})
	})
}

type devicesCmd struct{}

func (devicesCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		all, err := n.Devices(e)
		if err != nil {
			return err
		}
		return e.give(all, func(p *printer) {
			p.line(0, words.Devices)
			if len(all) == 0 {
				p.line(1, words.NoDevices)
			}
			for _, d := range all {
				p.line(1, strconv.Itoa(int(d.Number)), dots(d.Owner, d.Name, d.Text))
			}
		})
	})
}
