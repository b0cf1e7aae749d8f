package simulation

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"sodanvan/app/store"
	"sodanvan/app/syncing"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/registry"
)

// alive are the phones that still have a book.
func (w *world) alive() (all []*phone) {
	for _, p := range w.phones {
		if !p.gone {
			all = append(all, p)
		}
	}
	return all
}

// serverDies makes a call during which the server dies at some statement.
func (p *phone) serverDies() {
	p.server.left = 1 + p.chance.IntN(70)
	p.call(fine)
	p.server.left = 0
}

func (p *phone) serverRestarts() {
	p.server.restart()
	p.note("the server starts again")
}

// serverFull makes a call while the server's disk takes only some statements more.
func (p *phone) serverFull() {
	p.server.room = 1 + p.chance.IntN(20)
	for range 1 + p.chance.IntN(3) {
		p.call(fine)
	}
	p.server.room = 0
}

// dies ends the app at some statement of what it does next.
func (p *phone) dies() {
	p.left = 1 + p.chance.IntN(24)
	p.something()
	p.left = 0
}

// full lets the phone's disk run out in the middle of what it does next.
func (p *phone) isFull() {
	p.room = 1 + p.chance.IntN(6)
	p.something()
	p.room = 0
}

// something is a save or a call, with or without a fault.
func (p *phone) something() {
	switch p.chance.IntN(4) {
	case 0:
		p.visit()
	case 1:
		p.editHousehold()
	default:
		p.call(fault(p.chance.IntN(int(faults))))
	}
}

func (p *phone) syncs() {
	if p.locked {
		p.again()
	}
	p.sync(4 + p.chance.IntN(20))
}

func (p *phone) badCall() { p.call(fault(1 + p.chance.IntN(int(faults)-1))) }

// arrives delivers a request that the network had kept.
func (p *phone) arrives() {
	if len(p.flight) == 0 {
		return
	}
	i := p.chance.IntN(len(p.flight))
	it := p.flight[i]
	p.flight = slices.Delete(p.flight, i, i+1)
	p.deliver(it)
}

// jump sets a phone's clock.
func (p *phone) jump() {
	p.offset = oddOffset(p.chance)
	p.drift = oddDrift(p.chance)
	p.jumped = true
	p.note("%s's clock says %s", p.name, p.clock().UTC().Format(time.DateOnly))
}

// keepCopy copies a phone's files as a backup program would.
func (p *phone) keepCopy() {
	to := p.newDir(p.name + "-copy")
	p.must(copyFiles(p.dir, to), "copy a phone")
	p.copies = append(p.copies, to)
}

// restore puts an old copy in the place of a phone's files.
func (p *phone) restore() {
	if len(p.copies) == 0 {
		return
	}
	i := p.chance.IntN(len(p.copies))
	lost := p.outbox()
	p.must(p.store.Close(), "close a book")
	os.RemoveAll(p.dir)
	p.dir = p.newDir(p.name)
	p.must(copyFiles(p.copies[i], p.dir), "restore a phone")
	p.open()
	p.note("%s has an old copy of its book", p.name)
	p.loses(lost)
	if p.restores > 0 {
		p.loseWithServer(nil) // what the server had lost before, and this phone alone had
	}
}

// loses: what was on a phone alone is gone with its files.
func (p *phone) loses(lost map[string]bool) {
	for _, q := range p.alive() {
		for t := range q.outbox() {
			delete(lost, t)
		}
	}
	for t := range lost {
		p.forget([]string{t}, "it was on a phone that was lost")
	}
}

// mostPhones bounds a run.
const mostPhones = 7

// clone starts a second phone with a copy of the first one's files.
func (p *phone) clone() {
	if len(p.phones) >= mostPhones {
		return
	}
	q := &phone{world: p.world, name: p.name + "'", random: newStream(p.seed, 200+uint64(len(p.phones))), newer: p.newer, hurt: p.hurt, offset: p.offset, drift: p.drift}
	from := p.dir
	if len(p.copies) > 0 && p.chance.IntN(2) == 0 {
		from = p.copies[0]
	}
	q.dir = p.newDir(q.name)
	p.must(copyFiles(from, q.dir), "copy a phone")
	q.open()
	p.world.phones = append(p.world.phones, q)
	p.note("%s is a copy of %s", q.name, p.name)
}

// caller authenticates a phone for a call beside the sync.
func (p *phone) caller() (registry.Caller, bool) {
	c, err := p.server.reg.Authenticate(ctx, p.state().Identity.Token)
	return c, err == nil
}

// confirm lets the secretary confirm the copies of devices.
func (p *phone) confirm() {
	if !p.desk() {
		return
	}
	c, ok := p.caller()
	if !ok {
		return
	}
	devices, err := p.server.reg.ListDevices(ctx, c, &pb.ListDevicesRequest{})
	if err != nil {
		return // their own seat ended, or their phone is a copy itself
	}
	for _, d := range devices.GetDevices() {
		if d.GetUnconfirmed() && !d.GetRevoked() {
			_, err := p.server.reg.ConfirmDevice(ctx, c, &pb.ConfirmDeviceRequest{Device: d.Number})
			if p.server.revive() || err != nil {
				return
			}
			p.mirror.look()
			p.reached["device confirmed"]++
			p.note("device %d is confirmed", d.GetNumber())
		}
	}
}

// office lets two members of a branch change places.
func (p *phone) office() {
	var desk, other []string
	for id, m := range p.mirror.members {
		if p.mirror.rows[id].unit != p.unit() {
			continue
		}
		if m.GetOffice() == pb.Office_OFFICE_SECRETARY {
			desk = append(desk, string(id[:]))
		} else {
			other = append(other, string(id[:]))
		}
	}
	slices.Sort(desk)
	slices.Sort(other)
	if len(other) == 0 {
		return
	}
	set := func(id string, o pb.Office) {
		p.must(p.server.reg.SetOffice(ctx, [16]byte([]byte(id)), o), "set an office")
	}
	set(other[p.chance.IntN(len(other))], pb.Office_OFFICE_SECRETARY)
	for _, id := range desk {
		set(id, pb.Office_OFFICE_MEMBER)
	}
	p.mirror.look()
	p.note("the secretary changes")
}

// revoke ends a device; at its next call the phone hands its work over and is wiped.
func (p *phone) revoke() {
	d := p.state().Identity.Device
	err := p.server.reg.Revoke(ctx, d)
	p.mirror.look()
	p.note("device %d is revoked: %v", d, err == nil)
}

// handOver is what the app does when it hears that it was revoked.
func (p *phone) handOver() {
	own := p.own()
	_, err := syncing.Run(ctx, p.engine, p.store, handing{p})
	if p.revive() {
		return
	}
	if err != nil {
		p.note("%s has not handed its work over", p.name)
		return
	}
	p.gone = true
	if p.restores > 0 {
		// It hands its own changes over; rows of others that it had still to offer go with it.
		p.loseWithServer(own)
	}
	p.reached["work handed over"]++
	p.note("%s handed its work over and is wiped", p.name)
}

// handing is the network of a phone that hands its work over.
type handing struct{ *phone }

func (h handing) Sync(context.Context, *pb.SyncRequest) (*pb.SyncResponse, error) {
	return nil, errLost
}

func (h handing) RotateToken(context.Context) (string, error) { return "", errLost }

func (h handing) ReclaimToken(context.Context) (string, error) { return h.askToken() }

func (h handing) HandOverWork(_ context.Context, device uint32, sealed []byte) error {
	lost := fine
	if !h.calm {
		lost = fault(h.chance.IntN(3))
	}
	if lost == requestLost {
		return errLost
	}
	c, err := h.server.reg.Authenticate(ctx, h.state().Identity.Token)
	if c.Device == 0 {
		return problem(err)
	}
	_, err = h.server.reg.HandOverWork(ctx, c, &pb.HandOverWorkRequest{Device: &device, Sealed: sealed})
	if h.server.revive() || lost == replyLost {
		return errLost
	}
	h.mirror.look()
	return problem(err)
}

// join gives a member who has no phone a new one.
func (p *phone) join() {
	if len(p.phones) >= mostPhones+2 {
		return
	}
	var names []string
	for _, q := range p.phones {
		if q.gone && !slices.ContainsFunc(p.alive(), func(o *phone) bool { return o.member == q.member }) && !slices.Contains(names, q.name) {
			names = append(names, q.name)
		}
	}
	if len(names) == 0 {
		return
	}
	name := names[p.chance.IntN(len(names))]
	old := p.phones[slices.IndexFunc(p.phones, func(q *phone) bool { return q.name == name })]
	id, err := joinServer(p.server.reg, registry.Person{ID: old.member}, stream{p.chance})
	p.must(err, "join")
	p.mirror.look()
	q := &phone{world: p.world, name: name + "+", random: newStream(p.seed, 300+uint64(len(p.phones)))}
	q.dir = p.newDir(q.name)
	s, err := store.Create(ctx, store.Options{Dir: q.dir, PIN: cheap, Now: q.clock, Rand: q.random}, id, pin, seal.NoDeviceSecret{})
	p.must(err, "make a book")
	p.must(s.Close(), "close a book")
	q.open()
	p.world.phones = append(p.world.phones, q)
	p.note("%s joins as device %d", q.name, id.Device)
}

// again joins with a new code and keeps the book: the server does not know the phone's token.
func (p *phone) again() {
	id, err := joinServer(p.server.reg, registry.Person{ID: p.member}, stream{p.chance})
	p.must(err, "join again")
	p.mirror.look()
	err = p.store.Rejoin(ctx, id)
	if p.revive() || errors.As(err, new(*store.FullError)) {
		return // the code is spent: the next try needs another one
	}
	p.must(err, "keep the book")
	p.engine.Kick()
	p.locked = false
	p.reached["joined again"]++
	p.note("%s joins again as device %d", p.name, id.Device)
}
