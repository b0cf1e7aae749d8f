package simulation

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	"sodanvan/app/syncing"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/registry"
	serverstore "sodanvan/syncserver/store"
)

// phone is a real book with a real engine.
type phone struct {
	*world
	*life
	name   string
	member book.ID
	dir    string
	next   string
	random stream
	store  *store.Store
	engine *syncing.Engine
	// newer: the app is of a later version and writes fields that this one does not know.
	newer bool
	// offset and drift (millionths) are how its clock lies.
	offset time.Duration
	drift  int64
	// sent is a call whose reply is still to come.
	sent *sentCall
	// copies are old copies of its files.
	copies []string
	// gone: the book was wiped.
	gone bool
	// locked: the server does not know its token.
	locked bool
	// hurt: its file was damaged on purpose, so that a difference may be found.
	hurt bool
	// jumped: its clock was set. A running engine counts on a clock that is not, so the app is
	// started anew before the end.
	jumped bool
	// pages bound its file from the next start on; 0: no bound.
	pages int
}

type sentCall struct {
	req  *pb.SyncRequest
	body []byte
	err  error
	// at is where the server's rows stood when it answered.
	at uint64
}

// clock is the phone's own.
func (p *phone) clock() time.Time {
	passed := p.now.Sub(start)
	return p.now.Add(p.offset + time.Duration(passed.Milliseconds()*p.drift/1_000_000)*time.Millisecond)
}

func (p *phone) open() {
	p.next = p.newDir(p.name)
	l := &life{full: &store.FullError{Err: errors.New("simulated")}}
	dir, next := p.dir, p.next
	l.leave = func() error { return copyFiles(dir, next) }
	p.life = l
	s, err := store.Open(ctx, store.Options{Dir: p.dir, PIN: cheap, Now: p.clock, Rand: p.random, MaxPages: p.pages, Step: l.step}, pin, seal.NoDeviceSecret{})
	p.must(err, "open the book of "+p.name)
	if n := s.Snapshot().Damaged(); n > 0 && !p.hurt {
		p.fail("rows do not open", "%d in the book of %s", n, p.name)
	}
	p.store, p.member = s, s.Snapshot().State().Identity.Member
	p.engine = syncing.New(s, syncing.Config{Rand: rand.New(rand.NewPCG(p.seed, uint64(p.dirs)))})
	p.sent = nil
}

// restart ends the app, in order or after its death, and starts it on the files it left.
func (p *phone) restart() {
	err := p.store.Close()
	if p.dead {
		p.must(p.err, "copy the dead phone's files")
		os.RemoveAll(p.dir)
		p.dir = p.next
	} else {
		p.must(err, "close the book of "+p.name)
	}
	p.open()
}

// revive restarts an app that died.
func (p *phone) revive() bool {
	if !p.dead {
		return false
	}
	p.deaths++
	p.reached["a phone died"]++
	p.note("%s died and starts again", p.name)
	p.restart()
	return true
}

func (p *phone) book() *store.Snapshot { return p.store.Snapshot() }

func (p *phone) state() *store.State { return p.book().State() }

// desk tells whether the phone's owner sits at the desk, as their own book says.
func (p *phone) desk() bool {
	return slices.ContainsFunc(p.state().Grants, func(g store.Grant) bool { return g.Holder.Kind == pb.HolderKind_HOLDER_KIND_WHOLE_BRANCH })
}

// device reads a device past the registry.
func (w *world) device(number uint32) (d *serverstore.Device) {
	w.must(w.server.store.Read(ctx, func(from serverstore.Reader) (err error) {
		d, err = from.Device(number)
		return err
	}), "read a device")
	return d
}

// fault is what happens to one call.
type fault int

const (
	fine fault = iota
	requestLost
	replyLost
	replyCut
	twice
	delayed
	later // the reply comes with the next event of the phone
	faults
)

// call makes one call with one fault. The outcome is Rest where there was nothing to send.
func (p *phone) call(f fault) syncing.Outcome {
	if p.gone {
		return syncing.Outcome{Kind: syncing.Rest}
	}
	if p.sent != nil {
		return p.receive()
	}
	if p.state().Revoked {
		p.handOver()
		return syncing.Outcome{Kind: syncing.Revoked}
	}
	p.engine.Kick()
	req, wake, err := p.engine.Next(p.clock())
	if p.revive() {
		return syncing.Outcome{Kind: syncing.Retry}
	}
	if errors.As(err, new(*store.FullError)) {
		p.reached["a phone's disk is full"]++
		p.note("%s is full", p.name)
		return syncing.Outcome{Kind: syncing.Retry}
	}
	p.must(err, "next call of "+p.name)
	if req == nil {
		if wake.Sub(p.clock()) > time.Hour {
			p.restart() // its clock was set back: a real engine does not see that
		}
		return syncing.Outcome{Kind: syncing.Rest, Wake: wake}
	}
	p.audit(req)
	onWire := req
	if p.small {
		onWire = proto.Clone(req).(*pb.SyncRequest)
		onWire.Page = proto.Uint32(1) // the least that the server gives
	}
	body, err := marshal.Marshal(onWire)
	p.must(err, "write a request")
	it := parcel{p, p.state().Identity.Token, body}
	c := &sentCall{req: req, err: errLost}
	switch f {
	case requestLost:
	case delayed:
		p.flight = append(p.flight, it)
	case twice:
		first, err1 := p.deliver(it)
		c.at = p.mirror.mark()
		second, err2 := p.deliver(it)
		switch p.chance.IntN(3) {
		case 0:
			c.body, c.err = first, err1
		case 1:
			c.body, c.err, c.at = second, err2, p.mirror.mark()
		}
	case replyLost:
		p.deliver(it)
	default:
		c.body, c.err = p.deliver(it)
		c.at = p.mirror.mark()
	}
	p.sent = c
	switch f {
	case later:
		return syncing.Outcome{Kind: syncing.Retry}
	case replyCut:
		if c.err == nil {
			resp, err := p.cut(c.body)
			return p.reply(req, resp, err)
		}
	}
	return p.receive()
}

// receive takes the reply of the call that is open.
func (p *phone) receive() syncing.Outcome {
	c := p.sent
	if c.err != nil {
		return p.reply(c.req, nil, c.err)
	}
	resp, err := readReply(c.body)
	p.must(err, "read a reply")
	return p.reply(c.req, resp, nil)
}

func (p *phone) reply(req *pb.SyncRequest, resp *pb.SyncResponse, callErr error) syncing.Outcome {
	current := p.sent.at == p.mirror.mark()
	p.sent = nil
	before := p.state().DifferCount
	out, err := p.engine.Reply(p.clock(), req, resp, callErr)
	if p.revive() {
		return syncing.Outcome{Kind: syncing.Retry}
	}
	if errors.As(err, new(*store.FullError)) {
		p.reached["a phone's disk is full"]++
		p.note("%s is full", p.name)
		return out
	}
	p.must(err, "take a reply at "+p.name)
	if out.Kind == syncing.Stopped && p.reclaim(out.Problem.GetCode()) {
		return syncing.Outcome{Kind: syncing.Again}
	}
	if out.Kind == syncing.Stopped {
		if out.Problem.GetCode() != pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN {
			p.fail("a phone stops", "%s: %v", p.name, out.Problem)
		}
		p.locked = true
	}
	p.reachOutcome(out)
	st := p.state()
	if st.DifferCount != before && !p.hurt {
		p.fail("digests differ", "at %s: %v", p.name, st.Differs)
	}
	p.note("%s %s device %d, number %d, confirmed %d, %d rows, at %s", p.name, out.Kind, st.Identity.Device, st.LastNumber, st.Confirmed, p.book().Len(), cursors(st))
	switch {
	case out.Kind == syncing.Revoked || st.Revoked:
		p.handOver()
	case out.Rotate && callErr == nil:
		p.rotate()
	case current && out.Kind == syncing.Rest && callErr == nil && resp.GetRetryAfterS() == 0 && !resp.GetMore():
		p.exact()
	}
	return out
}

func cursors(st *store.State) string {
	var b strings.Builder
	for _, c := range st.Cursors {
		b.WriteString(hash(c.Unit[:])[:4] + ":" + itoa(c.Seq) + " ")
	}
	return b.String()
}

// audit looks at a request before it leaves.
func (p *phone) audit(req *pb.SyncRequest) {
	if len(req.GetOps()) > 0 && req.GetFirst() == 0 {
		p.fail("changes without numbers", "%s sends %d", p.name, len(req.GetOps()))
	}
}

// rotate takes a new token. Nothing, the request or the reply may be lost.
func (p *phone) rotate() {
	lost := fine
	if !p.calm {
		lost = fault(p.chance.IntN(3))
	}
	if lost == requestLost {
		return
	}
	caller, err := p.server.reg.Authenticate(ctx, p.state().Identity.Token)
	if err != nil {
		return
	}
	resp, err := p.server.reg.RotateToken(ctx, caller, &pb.RotateTokenRequest{})
	if p.server.revive() || err != nil || lost == replyLost {
		return
	}
	err = p.store.SetToken(ctx, resp.GetToken())
	if !p.revive() && !errors.As(err, new(*store.FullError)) {
		p.must(err, "keep a token")
	}
	p.note("%s has a new token", p.name)
}

// sync calls until nothing is left to do.
func (p *phone) sync(most int) bool {
	for range most {
		p.now = p.now.Add(time.Second)
		out := p.call(fine)
		if out.Kind == syncing.Rest || out.Kind == syncing.Revoked {
			return true
		}
	}
	return false
}

// reclaim gets a new token with the device's key, where the server was restored and knows the
// phone but not its last token.
func (p *phone) reclaim(code pb.ProblemCode) bool {
	if code != pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN || p.restores == 0 {
		return false
	}
	token, err := p.askToken()
	if err != nil {
		return false
	}
	err = p.store.SetToken(ctx, token)
	if p.revive() || errors.As(err, new(*store.FullError)) {
		return false
	}
	p.must(err, "keep a token")
	p.reached["a token was reclaimed"]++
	p.note("%s reclaimed its token", p.name)
	return true
}

// askToken proves with the device's key who asks.
func (p *phone) askToken() (string, error) {
	id := p.state().Identity
	claim := seal.ReclaimClaim{Server: id.Server, Device: id.Device}
	resp, err := p.server.reg.ReclaimToken(ctx, registry.Channel{}, &pb.ReclaimTokenRequest{Device: proto.Uint32(id.Device), Signature: seal.SignReclaim(id.DeviceKey, claim)})
	if p.server.revive() {
		return "", errLost
	}
	return resp.GetToken(), problem(err)
}

// exact holds the phone's rows against the rights, one by one: after a whole sync it has
// what its owner may see and nothing else, to the byte. Only households that leave, and are
// kept until their work is sent, may be there besides.
func (p *phone) exact() {
	b := p.book()
	st := b.State()
	if st.Unconfirmed || !p.entitled(st.Identity.Device) {
		return
	}
	if p.hurt && (st.SumDiffers || len(st.Differs) > 0) {
		return // it knows, and the server's listing is still to come
	}
	have := 0
	for r := range b.All() {
		row, ok := b.Row(r.ID)
		if !ok {
			continue
		}
		s := p.mirror.rows[r.ID]
		if s == nil || !p.mirror.may(p.member, s) {
			if !b.Leaving(r.Holder) {
				p.fail("a phone keeps what is not its owner's", "%s: %s %s of %s", p.name, r.Kind, r.ID, r.Holder.Kind)
			}
			continue
		}
		have++
		got := rowOf(row)
		if lww.RowHash(got) != s.hash || row.Seq != s.row.GetSeq() {
			p.fail("a row is not the server's", "%s: %s %s: seq %d, the server has %d: %v, the server has %v", p.name, r.Kind, r.ID, row.Seq, s.row.GetSeq(), got, s.row)
		}
	}
	want := 0
	for _, s := range p.mirror.rows {
		if p.mirror.may(p.member, s) {
			want++
		}
	}
	if want == have {
		return
	}
	var missing []string
	for id, s := range p.mirror.rows {
		if _, ok := b.Row(id); !ok && p.mirror.may(p.member, s) {
			missing = append(missing, s.kind.String()+" "+id.String()+" seq "+itoa(s.row.GetSeq()))
		}
	}
	slices.Sort(missing)
	p.fail("rows were skipped", "%s has %d of %d rows: %s", p.name, have, want, strings.Join(missing, ", "))
}

// some picks one record of a kind that the phone shows; false: none.
func (p *phone) some(kind pb.Kind, is func(store.Record) bool) (store.Record, bool) {
	var all []store.Record
	for r := range p.book().Kind(kind) {
		if !p.book().Leaving(r.Holder) && (is == nil || is(r)) {
			all = append(all, r)
		}
	}
	if len(all) == 0 {
		return store.Record{}, false
	}
	slices.SortFunc(all, func(a, b store.Record) int { return cmp.Compare(string(a.ID[:]), string(b.ID[:])) })
	return all[p.chance.IntN(len(all))], true
}
