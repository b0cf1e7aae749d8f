package main

import (
	"context"
	"strings"

	"sodanvan/app/notebook"
	"sodanvan/app/words"
)

// join are the flags of joining and of recovering.
type join struct {
	Code    []string `arg:"" help:"Mã trên phiếu, hoặc cả dòng bắt đầu bằng sodanvan://."`
	Address string   `help:"Địa chỉ máy chủ, nếu mã không có sẵn." placeholder:"https://…"`
	Name    string   `help:"Tên gọi máy này." default:"máy tính"`
}

func (c join) notebook() notebook.Join {
	return notebook.Join{Invitation: strings.Join(c.Code, " "), Address: c.Address, DeviceName: c.Name}
}

type enrolCmd struct{ join }

func (c enrolCmd) Run(e *env) error { return e.join(c.join, notebook.Enrol) }

type recoverCmd struct{ join }

func (c recoverCmd) Run(e *env) error { return e.join(c.join, notebook.Recover) }

// rejoinCmd lets a book that the server does not know any more go on under a new code.
type rejoinCmd struct{ join }

func (c rejoinCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		if err := n.Rejoin(e, notebook.Network{Loopback: e.g.Loopback}, c.notebook()); err != nil {
			return err
		}
		return e.sync(n, words.RejoinDone)
	})
}

type joining func(ctx context.Context, o notebook.Options, network notebook.Network, j notebook.Join, pin string) (*notebook.Notebook, error)

// join gets a book and fills it. A first sync that fails is no failure of joining: the
// next one goes on.
func (e *env) join(c join, how joining) error {
	pin, err := e.pin()
	if err != nil {
		return err
	}
	n, err := how(e, e.options(e.g), notebook.Network{Loopback: e.g.Loopback}, c.notebook(), pin)
	if err != nil {
		return err
	}
	defer n.Close()
	return e.sync(n, words.Joined)
}

type pinCmd struct {
	New string `required:"" name:"new-file" help:"Tệp có mã mới ở dòng đầu." placeholder:"FILE"`
}

func (c pinCmd) Run(e *env) error {
	pin, err := firstLine(c.New)
	if err != nil {
		return err
	}
	return e.with(func(n *notebook.Notebook) error { return e.done(words.PINChanged, n.ChangePIN(e, pin)) })
}

type syncCmd struct{}

func (syncCmd) Run(e *env) error {
	return e.with(func(n *notebook.Notebook) error {
		done, err := n.Sync(e)
		if err != nil {
			return err
		}
		return e.give(done, func(p *printer) { p.synced(done) })
	})
}

func (e *env) sync(n *notebook.Notebook, before string) error {
	done, err := n.Sync(e)
	if err != nil {
		done = notebook.Synced{Text: notebook.Say(err), State: n.State()}
	}
	return e.give(done, func(p *printer) {
		p.line(0, before)
		p.synced(done)
	})
}

func (p *printer) synced(s notebook.Synced) {
	p.line(0, s.Text)
	for _, l := range s.State.Lines {
		p.line(1, l)
	}
}
