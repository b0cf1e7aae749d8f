package main

import (
	"sodanvan/app/notebook"
	"sodanvan/app/words"
)

type memberCmd struct {
	Add   memberAddCmd   `cmd:"" help:"Thêm đảng viên vào chi bộ."`
	Edit  memberEditCmd  `cmd:"" help:"Sửa trang của đảng viên."`
	Proxy memberProxyCmd `cmd:"" help:"Nhờ đồng chí khác ghi hộ đảng viên không có máy."`
}

// memberFlags are the fields of a member; an empty text clears a field.
type memberFlags struct {
	Name        *string `help:"Họ và tên."`
	Distinguish *string `help:"Để phân biệt người trùng tên."`
	Phone       *string `help:"Điện thoại."`
}

func (f memberFlags) edit() notebook.MemberEdit {
	return notebook.MemberEdit{Name: f.Name, Distinguish: f.Distinguish, Phone: f.Phone}
}

type memberAddCmd struct{ memberFlags }

func (c memberAddCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error { return e.saved(n.NewMember(e, c.edit())) })
}

// aMember is the argument of every command about a member.
type aMember struct {
	Member string `arg:"" help:"Đồng chí: tên hoặc mã."`
}

// of does something for the member of an argument.
func (e *env) of(member string, do func(n *notebook.Notebook, id notebook.ID) error) error {
	return e.with(func(n *notebook.Notebook) error {
		id, err := n.MemberNamed(member)
		if err != nil {
			return err
		}
		return do(n, id)
	})
}

type memberEditCmd struct {
	aMember
	memberFlags
}

func (c memberEditCmd) Run(e *env) error {
	return e.of(c.Member, func(n *notebook.Notebook, id notebook.ID) error { return e.saved(n.EditMember(e, id, c.edit())) })
}

type memberProxyCmd struct {
	aMember
	Proxies []string `arg:"" optional:"" help:"Những đồng chí ghi thay: tên hoặc mã. Không ghi: không nhờ ai nữa." placeholder:"TÊN"`
}

func (c memberProxyCmd) Run(e *env) error {
	return e.of(c.Member, func(n *notebook.Notebook, id notebook.ID) error {
		var proxies []notebook.ID
		for _, name := range c.Proxies {
			proxy, err := n.MemberNamed(name)
			if err != nil {
				return err
			}
			proxies = append(proxies, proxy)
		}
		return e.saved(n.SetProxies(e, id, proxies))
	})
}

type noticeCmd struct {
	Add  noticeAddCmd  `cmd:"" help:"Soạn thông báo của chi bộ."`
	Edit noticeEditCmd `cmd:"" help:"Sửa thông báo của chi bộ."`
}

// noticeFlags are the fields of a notice.
type noticeFlags struct {
	Title *string  `help:"Tiêu đề."`
	Text  *string  `help:"Nội dung."`
	From  *dayFlag `help:"Từ ngày (thông báo mới không ghi: hôm nay)." placeholder:"NGÀY"`
	Until *dayFlag `help:"Đến hết ngày." placeholder:"NGÀY"`
}

func (f noticeFlags) edit() notebook.NoticeEdit {
	e := notebook.NoticeEdit{Title: f.Title, Text: f.Text}
	if f.From != nil {
		e.From = &f.From.Day
	}
	if f.Until != nil {
		e.Until = &f.Until.Day
	}
	return e
}

type noticeAddCmd struct{ noticeFlags }

func (c noticeAddCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error { return e.saved(n.NewNotice(e, c.edit())) })
}

type noticeEditCmd struct {
	anID
	noticeFlags
}

func (c noticeEditCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error { return e.saved(n.EditNotice(e, c.ID, c.edit())) })
}

type initiativeCmd struct {
	List initiativeListCmd `cmd:"" default:"1" help:"Danh sách mô hình; bí thư, phó bí thư thấy tổng đóng góp."`
	Add  initiativeAddCmd  `cmd:"" help:"Đăng ký mô hình (bí thư, phó bí thư)."`
	Edit initiativeEditCmd `cmd:"" help:"Sửa mô hình của chi bộ (bí thư, phó bí thư)."`
}

type initiativeListCmd struct{}

func (initiativeListCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		all := n.Initiatives()
		return e.give(all, func(p *printer) {
			p.line(0, words.Initiatives)
			if len(all) == 0 {
				p.line(1, words.NoInitiatives)
			}
			for _, i := range all {
				p.line(1, i.Name, receipt(i.Receipt), p.id(i.ID))
				p.line(2, dots(i.Field.Text, words.Registered(int32(i.Registered)), words.Recognised(int32(i.Recognised))))
				p.line(2, i.Description)
				if s := i.Sums; s != nil {
					p.line(2, words.GivenInAll(s.Approved.Text, s.Waiting.Text, s.NoReviewer.Text))
				}
			}
		})
	})
}

// initiativeFlags are the fields of an initiative.
type initiativeFlags struct {
	Name        *string  `help:"Tên mô hình."`
	Field       *string  `enum:"economy,culture-society,defence-security,party-building" help:"Lĩnh vực: economy (kinh tế), culture-society (văn hóa - xã hội), defence-security (quốc phòng - an ninh), party-building (xây dựng Đảng và hệ thống chính trị)."`
	Description *string  `help:"Mô tả."`
	Registered  *dayFlag `help:"Ngày đăng ký (mô hình mới không ghi: hôm nay)." placeholder:"NGÀY"`
}

func (f initiativeFlags) edit() notebook.InitiativeEdit {
	e := notebook.InitiativeEdit{Name: f.Name, Description: f.Description}
	if f.Field != nil {
		field := choice(initiativeFields, *f.Field)
		e.Field = &field
	}
	if f.Registered != nil {
		e.Registered = &f.Registered.Day
	}
	return e
}

type initiativeAddCmd struct{ initiativeFlags }

func (c initiativeAddCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error { return e.saved(n.NewInitiative(e, c.edit())) })
}

type initiativeEditCmd struct {
	Initiative string `arg:"" help:"Mô hình: tên hoặc mã."`
	initiativeFlags
}

func (c initiativeEditCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		id, err := n.InitiativeNamed(c.Initiative)
		if err != nil {
			return err
		}
		return e.saved(n.EditInitiative(e, id, c.edit()))
	})
}

type commendCmd struct {
	List commendListCmd `cmd:"" default:"1" help:"Danh sách biểu dương, khen thưởng."`
	Add  commendAddCmd  `cmd:"" help:"Ghi biểu dương, khen thưởng tập thể hoặc cá nhân (bí thư, phó bí thư)."`
	Edit commendEditCmd `cmd:"" help:"Sửa biểu dương, khen thưởng của chi bộ (bí thư, phó bí thư)."`
}

type commendListCmd struct{}

func (commendListCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		all := n.Commendations()
		return e.give(all, func(p *printer) {
			p.line(0, words.Commendations)
			if len(all) == 0 {
				p.line(1, words.NoCommended)
			}
			for _, c := range all {
				who := words.Person
				if c.Collective {
					who = words.Collective
				}
				p.line(1, c.Day.String(), who+": "+c.Name, receipt(c.Receipt), p.id(c.ID))
				p.line(2, dots(words.Decision(c.Decision), c.Initiative))
				p.line(2, c.Reason)
			}
		})
	})
}

// commendFlags are the fields of a commendation beside who is commended.
type commendFlags struct {
	Day      *dayFlag `help:"Ngày (mục mới không ghi: hôm nay)." placeholder:"NGÀY"`
	Decision *string  `help:"Số quyết định." placeholder:"SỐ"`
	Reason   *string  `help:"Thành tích."`
	For      *string  `help:"Mô hình: tên hoặc mã; để trống thì xóa." placeholder:"MÔ_HÌNH"`
}

func (f commendFlags) edit(n *notebook.Notebook) (notebook.CommendationEdit, error) {
	e := notebook.CommendationEdit{Decision: f.Decision, Reason: f.Reason}
	if f.Day != nil {
		e.Day = &f.Day.Day
	}
	if f.For != nil {
		var initiative notebook.ID
		if *f.For != "" {
			found, err := n.InitiativeNamed(*f.For)
			if err != nil {
				return e, err
			}
			initiative = found
		}
		e.Initiative = &initiative
	}
	return e, nil
}

// whoFlags say who is commended; a household is neither.
type whoFlags struct {
	Collective *string `xor:"who" help:"Tập thể được khen." placeholder:"TÊN"`
	Person     *string `xor:"who" help:"Cá nhân được khen." placeholder:"TÊN"`
}

func (f whoFlags) into(e *notebook.CommendationEdit) {
	collective := f.Collective != nil
	switch {
	case collective:
		e.Name, e.Collective = f.Collective, &collective
	case f.Person != nil:
		e.Name, e.Collective = f.Person, &collective
	}
}

type commendAddCmd struct {
	whoFlags
	commendFlags
}

func (c commendAddCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		edit, err := c.edit(n)
		if err != nil {
			return err
		}
		c.into(&edit)
		return e.saved(n.NewCommendation(e, edit))
	})
}

type commendEditCmd struct {
	anID
	whoFlags
	commendFlags
}

func (c commendEditCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		edit, err := c.edit(n)
		if err != nil {
			return err
		}
		c.into(&edit)
		return e.saved(n.EditCommendation(e, c.ID, edit))
	})
}
