package main

import (
	"time"

	"sodanvan/app/notebook"
	"sodanvan/app/words"
)

type reviewCmd struct {
	Queue   reviewQueueCmd   `cmd:"" default:"1" help:"Mục chờ duyệt."`
	Approve reviewApproveCmd `cmd:"" help:"Duyệt một mục."`
	Return  reviewReturnCmd  `cmd:"" help:"Trả lại, kèm lý do."`
	Month   reviewMonthCmd   `cmd:"" help:"Duyệt các lượt tiếp xúc của một đồng chí trong một tháng."`
}

type reviewQueueCmd struct{}

func (reviewQueueCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		q := n.ReviewQueue()
		return e.give(q, func(p *printer) { p.queue(q) })
	})
}

type reviewApproveCmd struct{ anID }

func (c reviewApproveCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error { return e.saved(n.Approve(e, c.ID)) })
}

type reviewReturnCmd struct {
	anID
	Reason string `arg:"" help:"Lý do."`
}

func (c reviewReturnCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error { return e.saved(n.Return(e, c.ID, c.Reason)) })
}

type reviewMonthCmd struct {
	Member string `arg:"" help:"Đồng chí: tên hoặc mã."`
	Year   int    `arg:"" help:"Năm."`
	Month  int    `arg:"" help:"Tháng."`
}

func (c reviewMonthCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		member, err := n.MemberNamed(c.Member)
		if err != nil {
			return err
		}
		count, err := n.ApproveVisits(e, member, c.Year, time.Month(c.Month))
		if err != nil {
			return err
		}
		return e.give(map[string]int{"approved": count}, func(p *printer) { p.line(0, words.VisitsApproved(count)) })
	})
}

type assignCmd struct {
	aHousehold
	Member string `arg:"" optional:"" help:"Đồng chí phụ trách: tên hoặc mã. Không ghi: chưa phân công ai."`
}

func (c assignCmd) Run(e *env) error {
	return e.on(c.Household, func(n *notebook.Notebook, id notebook.ID) error {
		var member notebook.ID
		if c.Member != "" {
			found, err := n.MemberNamed(c.Member)
			if err != nil {
				return err
			}
			member = found
		}
		return e.saved(n.AssignHousehold(e, id, member))
	})
}

type addCmd struct{ householdFlags }

func (c addCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error { return e.saved(n.NewHousehold(e, c.edit(), notebook.ID{})) })
}

type suggestionsCmd struct {
	Accept notebook.ID `help:"Nhận đề xuất này." placeholder:"ID" xor:"what"`
	Reject notebook.ID `help:"Không nhận đề xuất này." placeholder:"ID" xor:"what"`
}

func (c suggestionsCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		switch {
		case !c.Accept.IsZero():
			return e.done(words.Written, n.Decide(e, c.Accept, true))
		case !c.Reject.IsZero():
			return e.done(words.Written, n.Decide(e, c.Reject, false))
		}
		all := n.Suggestions()
		return e.give(all, func(p *printer) { p.suggestions(all) })
	})
}

type codeCmd struct {
	Member string `arg:"" help:"Đồng chí: tên hoặc mã."`
}

func (c codeCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		member, err := n.MemberNamed(c.Member)
		if err != nil {
			return err
		}
		invite, err := n.IssueCode(e, member)
		if err != nil {
			return err
		}
		return e.give(invite, func(p *printer) {
			p.line(0, words.CodeFor(invite.Member, invite.Expires))
			p.line(1, invite.Code)
			p.line(1, invite.Line)
		})
	})
}

// aDevice is the argument of commands about a device.
type aDevice struct {
	Number uint32 `arg:"" help:"Số máy (xem lệnh devices)."`
}

type revokeCmd struct{ aDevice }

func (c revokeCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error { return e.done(words.DeviceRevoked, n.RevokeDevice(e, c.Number)) })
}

type confirmCmd struct{ aDevice }

func (c confirmCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error { return e.done(words.DeviceConfirmed, n.ConfirmDevice(e, c.Number)) })
}
