package syncing

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
)

// Store is what the engine needs of the book; *store.Store is one.
type Store interface {
	Snapshot() *store.Snapshot
	// Freeze numbers and returns the next changes to send.
	Freeze(ctx context.Context, bytes int) ([]store.Op, error)
	// Apply applies a reply, all of it or nothing.
	Apply(ctx context.Context, d store.Delta) (store.Applied, error)
	MarkRevoked(ctx context.Context) error
}

// Sizes of a page, in bytes, both ways; startPage is what the server takes a call without one
// to mean. It is halved when a call fails, since a weak link
// carries less, and doubled after several calls that went well.
const (
	minPage   = 4 << 10
	startPage = 256 << 10
	maxPage   = 1 << 20
	// goodCalls doubles the page.
	goodCalls = 3
)

// Times between calls.
const (
	firstDelay = 2 * time.Second
	maxDelay   = 5 * time.Minute
	// listEvery is how often the phone asks for listings of holders that differ.
	listEvery = time.Hour
)

// Config is what an engine takes from outside.
type Config struct {
	// Rand spreads retries, so that phones which lost the same network do not come back
	// together; nil: random.
	Rand *rand.Rand
	// Schema is the version of the records that this app writes; 0: book.Schema.
	Schema uint32
	// Every is how long to rest when there is nothing to send; 0: five minutes.
	Every time.Duration
}

// Kind tells how a step ended.
type Kind uint8

const (
	// Again: call Next at once.
	Again Kind = iota + 1
	// Rest: nothing to do until Wake or until something is written.
	Rest
	// Retry: the call failed; Next gives another after Wake.
	Retry
	// Stopped: a person must act; Kick tries again.
	Stopped
	// Revoked: hand the work over, then wipe.
	Revoked
)

func (k Kind) String() string {
	return [...]string{"none", "again", "rest", "retry", "stopped", "revoked"}[k]
}

// Outcome is how a step ended.
type Outcome struct {
	Kind Kind
	Wake time.Time
	// Sentence says to a person what is wrong; empty: nothing.
	Sentence string
	// Problem is what the server said, if it did.
	Problem *pb.Problem
	Applied store.Applied
	// Rotate: the token is due for rotation.
	Rotate bool
}

// Engine decides what to send and when. Kick and Status may be called from anywhere; the
// rest from one goroutine.
type Engine struct {
	store Store
	c     Config

	mu sync.Mutex
	// due is when the next regular call is; zero: now.
	due time.Time
	// earliest is set by the server or by failures: no call before it. soft: Kick clears it.
	earliest time.Time
	soft     bool
	// opsFrom: until then the server takes no more changes of this phone; rows come all the same.
	opsFrom  time.Time
	stopped  bool
	failures int
	page     int
	good     int
	last     Outcome
	seenKey  uint64 // the last own change that was there when a call was made
	// tooLarge are offers that no call can carry, by their hash. They stay in the book, and an
	// app that is started anew tries once more.
	tooLarge map[uint64]bool
}

// New makes an engine that is due at once.
func New(s Store, c Config) *Engine {
	if c.Rand == nil {
		c.Rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	if c.Schema == 0 {
		c.Schema = book.Schema
	}
	if c.Every == 0 {
		c.Every = 5 * time.Minute
	}
	return &Engine{store: s, c: c, page: startPage, tooLarge: map[uint64]bool{}}
}

// Kick makes the next call due now: the user pressed the button, or the network came back.
// It goes past the engine's own waiting, not past a time that the server gave.
func (e *Engine) Kick() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stopped, e.due = false, time.Time{}
	if e.soft {
		e.earliest = time.Time{}
	}
}

// Status is how the last step ended.
func (e *Engine) Status() Outcome {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.last
}

// Next gives the call to make now, with its changes frozen, or nil and when to ask again.
// wake is zero where only Kick can help. An error is the book's: nothing was frozen.
func (e *Engine) Next(now time.Time) (req *pb.SyncRequest, wake time.Time, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	b := e.store.Snapshot()
	st := b.State()
	if e.stopped || st.Revoked {
		return nil, time.Time{}, nil
	}
	due, full := e.due, now.Before(e.opsFrom)
	if !full && fresh(b, e.seenKey) {
		due = time.Time{}
	}
	if due.Before(e.earliest) {
		due = e.earliest
	}
	if now.Before(due) {
		return nil, due, nil
	}
	var ops []store.Op
	if !full {
		if ops, err = e.store.Freeze(context.Background(), e.page); err != nil {
			return nil, time.Time{}, fmt.Errorf("freeze changes: %w", err)
		}
	}
	b = e.store.Snapshot()
	e.seenKey = b.State().LastKey
	return e.request(b, ops, now), time.Time{}, nil
}

// fresh tells whether something was written since the last call that has not been sent.
func fresh(b *store.Snapshot, seen uint64) bool {
	if b.State().LastKey <= seen {
		return false
	}
	for o := range b.Ops() {
		if o.State == store.Waiting && o.Key > seen {
			return true
		}
	}
	return false
}

func (e *Engine) request(b *store.Snapshot, ops []store.Op, now time.Time) *pb.SyncRequest {
	st := b.State()
	id := st.Identity
	req := &pb.SyncRequest{
		Device: proto.Uint32(id.Device),
		Epoch:  lww.ShortEpoch(id.Epoch),
		Schema: proto.Uint32(e.c.Schema),
		NowMs:  proto.Int64(now.UnixMilli()),
		Held:   held(st),
		Builds: proto.Bool(true),
		Brief:  proto.Bool(!st.SumDiffers),
	}
	// What is nought or as usual is left out: most calls carry one change or none.
	if st.Confirmed > 0 {
		req.Confirmed = proto.Uint64(st.Confirmed)
	}
	if left := b.Unsent() - unsent(ops); left > 0 {
		req.Unsent = proto.Uint32(uint32(left))
	}
	if n := len(b.Mend()); n > 0 {
		req.Mends = proto.Uint32(uint32(n))
	}
	if e.page != startPage {
		req.Page = proto.Uint32(uint32(e.page))
	}
	for _, c := range st.Cursors {
		req.Cursors = append(req.Cursors, &pb.Cursor{Unit: lww.ShortUnit(c.Unit[:]), Seq: proto.Uint64(c.Seq)})
	}
	for _, f := range st.Fillings {
		req.Filling = append(req.Filling, &pb.Filling{
			Holder: f.Holder.Proto(), Grant: proto.Uint64(f.Number), Upto: proto.Uint64(f.Upto),
			Phase: proto.Uint32(f.Phase), Below: proto.Uint64(f.Below),
		})
	}
	for o := range b.Ops() {
		if (o.State == store.Parked || o.State == store.Suggested) && o.Device == id.Device {
			req.Parked = append(req.Parked, o.Number)
		}
	}
	if listingsDue(st, now) {
		for _, h := range st.Differs {
			req.Compare = append(req.Compare, h.Proto())
		}
	}
	req.Offers = e.offers(b, ops)
	if len(ops) == 0 {
		return req
	}
	req.First = proto.Uint64(ops[0].Number)
	for _, o := range ops {
		req.Ops = append(req.Ops, o.Bytes)
	}
	req.Signature = seal.SignOps(id.DeviceKey, seal.OpsClaim{
		Server: id.Server, Epoch: id.Epoch, Device: id.Device,
		First: ops[0].Number, Last: ops[len(ops)-1].Number, Hash: seal.HashOps(req.Ops),
	})
	return req
}

// unsent counts those that the server does not have; the others have a number alone.
func unsent(ops []store.Op) (n int) {
	for _, o := range ops {
		if o.Unsent() {
			n++
		}
	}
	return n
}

// listingsDue tells whether holders differ and the server may be asked what it has of them.
func listingsDue(st *store.State, now time.Time) bool {
	// A clock that was ahead then and was set right since must not put the next off for years.
	ago := now.UnixMilli() - st.ComparedMS
	return len(st.Differs) > 0 && (ago < 0 || ago >= listEvery.Milliseconds())
}

// offers gives the rows that fit into the call beside its changes; where it has none, at
// least one.
func (e *Engine) offers(b *store.Snapshot, ops []store.Op) (out []*pb.Row) {
	left := e.page
	for _, o := range ops {
		left -= len(o.Bytes)
	}
	for r := range b.Offers() {
		if e.tooLarge[lww.RowHash(r)] {
			continue
		}
		n := proto.Size(r)
		if n > left && len(ops)+len(out) > 0 {
			break
		}
		left -= n
		out = append(out, r)
	}
	return out
}

// offersLeft tells whether there is a row to offer that a call can carry.
func (e *Engine) offersLeft(b *store.Snapshot) bool {
	for r := range b.Offers() {
		if !e.tooLarge[lww.RowHash(r)] {
			return true
		}
	}
	return false
}

// held digests the complete grants, and those that are leaving: while unsent work of a
// household that was handed over is still here, the server must not take this phone for one
// that had nothing left to say about it.
func held(st *store.State) []byte {
	var grants []*pb.Grant
	for _, g := range slices.Concat(st.Grants, st.Leaving) {
		grants = append(grants, &pb.Grant{Holder: g.Holder.Proto(), Grant: proto.Uint64(g.Number)})
	}
	for _, b := range st.Behind {
		grants = append(grants, &pb.Grant{Holder: b.Holder.Proto(), Grant: proto.Uint64(b.Number)})
	}
	return lww.HeldDigest(grants)
}

// Reply takes what came back for a request: a response or the error of the call. An error
// is the book's (a full disk, say): nothing of the reply was kept, and since acks were not
// kept either, the same changes go again.
func (e *Engine) Reply(now time.Time, req *pb.SyncRequest, resp *pb.SyncResponse, callErr error) (Outcome, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	out, err := e.reply(now, req, resp, callErr)
	e.last = out
	return out, err
}

func (e *Engine) reply(now time.Time, req *pb.SyncRequest, resp *pb.SyncResponse, callErr error) (Outcome, error) {
	if callErr != nil {
		return e.failed(now, req, callErr)
	}
	if resp.GetRevoked() {
		return e.revoked(nil)
	}
	applied, err := e.store.Apply(context.Background(), delta(now, req, resp))
	if err != nil {
		out := e.backOff(now, sentence(err))
		return out, fmt.Errorf("apply reply: %w", err)
	}
	e.failures = 0
	e.grow()
	e.earliest, e.soft = time.Time{}, false
	out := Outcome{Kind: Rest, Applied: applied, Rotate: resp.GetRotate()}
	b := e.store.Snapshot()
	slot := time.Duration(resp.GetRetryAfterS()) * time.Second
	if slot > 0 && postponed(resp) {
		// It has had enough of this phone's changes for now; what it has for the phone may come.
		e.opsFrom, slot = now.Add(slot), 0
	}
	full := waits(b) && now.Before(e.opsFrom)
	switch {
	case applied.Epoch || applied.Cloned, resp.GetMore() && slot == 0, !full && (waits(b) && progressed(resp) || fresh(b, e.seenKey)),
		slot == 0 && (begun(b.State(), req) || e.compareAgain(b.State(), req, now)),
		slot == 0 && (len(req.GetOffers()) > 0 || progressed(resp)) && e.offersLeft(b):
		out.Kind = Again
		e.due = time.Time{}
	default:
		e.due = now.Add(e.c.Every)
		if slot > 0 {
			// A slot that the server keeps for this phone; new changes may go before it.
			e.due = now.Add(slot)
		}
		if full {
			e.full(now, &out)
		}
		out.Wake = e.due
	}
	if b.State().Unconfirmed {
		out.Sentence = "Máy này được chép từ máy khác và đang chờ bí thư chi bộ xác nhận. Những gì đã ghi vẫn được gửi để chi bộ xem xét."
	}
	return out, nil
}

// full says that the server takes no more changes until later. Nothing failed and nothing is
// lost, so the times between calls do not grow.
func (e *Engine) full(now time.Time, out *Outcome) {
	if e.opsFrom.Before(e.due) {
		e.due = e.opsFrom
	}
	wait := e.opsFrom.Sub(now)
	out.Kind, out.Sentence = Retry, fullSentence(wait)
	out.Problem = &pb.Problem{
		Code: pb.ProblemCode_PROBLEM_CODE_THROTTLED.Enum(), Sentence: proto.String(out.Sentence), RetryAfterS: proto.Uint32(uint32(wait / time.Second)),
	}
}

// compareAgain tells whether the next call finds out more about a difference than this one
// did: which holders differ, and what the server has of them.
func (e *Engine) compareAgain(st *store.State, req *pb.SyncRequest, now time.Time) bool {
	if len(st.Differs) == 0 {
		return st.SumDiffers && req.GetBrief()
	}
	return len(req.GetCompare()) == 0 && listingsDue(st, now)
}

// postponed tells whether the server left changes for another call.
func postponed(resp *pb.SyncResponse) bool {
	return slices.ContainsFunc(resp.GetAcks(), func(a *pb.Ack) bool { return a.GetResult() == pb.Result_RESULT_LATER })
}

// waits tells whether changes are left to send.
func waits(b *store.Snapshot) bool {
	for o := range b.Ops() {
		if o.Unsent() {
			return true
		}
	}
	return false
}

// begun tells whether there is something to fetch that the call did not ask for: a view came
// and the fetching of its new grants starts with the next call.
func begun(st *store.State, req *pb.SyncRequest) bool {
	asked := map[store.Grant]bool{}
	for _, f := range req.GetFilling() {
		asked[store.Grant{Holder: book.HolderFrom(f.GetHolder()), Number: f.GetGrant()}] = true
	}
	for _, f := range st.Fillings {
		if !asked[f.Grant] {
			return true
		}
	}
	return false
}

// progressed tells whether the server took something, so that calling again at once cannot
// go round for ever.
func progressed(resp *pb.SyncResponse) bool {
	for _, a := range resp.GetAcks() {
		if a.GetResult() != pb.Result_RESULT_LATER && a.GetResult() != pb.Result_RESULT_UNSPECIFIED {
			return true
		}
	}
	return false
}

func delta(now time.Time, req *pb.SyncRequest, r *pb.SyncResponse) store.Delta {
	return store.Delta{
		Device: req.GetDevice(), PhoneMS: now.UnixMilli(), Compared: len(req.GetCompare()) > 0,
		Acks: r.GetAcks(), Rows: r.GetRows(), View: r.GetView(), Cursors: r.GetCursors(),
		Filling: r.GetFilling(), Digests: r.GetDigests(), Sum: r.Sum, Listings: r.GetListings(),
		Epoch: r.GetEpoch(), Clone: r.GetClone(), Kept: r.GetKept(), Now: hlc.Stamp(r.GetNow()),
		AuditHead: r.GetAuditHead(), More: r.GetMore(), Offered: req.GetOffers(), Erased: r.GetErased(),
	}
}

// grow doubles the page after some calls that went well.
func (e *Engine) grow() {
	e.good++
	if e.good >= goodCalls {
		e.good, e.page = 0, min(2*e.page, maxPage)
	}
}

func (e *Engine) shrink() { e.good, e.page = 0, max(e.page/2, minPage) }

// failed decides what to do after a call without a reply.
func (e *Engine) failed(now time.Time, req *pb.SyncRequest, callErr error) (Outcome, error) {
	p := ProblemOf(callErr)
	switch p.GetCode() {
	case pb.ProblemCode_PROBLEM_CODE_TOKEN_REVOKED:
		return e.revoked(p)
	case pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN, pb.ProblemCode_PROBLEM_CODE_BAD_SIGNATURE,
		pb.ProblemCode_PROBLEM_CODE_SCHEMA_TOO_OLD:
		// Unknown is not revoked: a server restored from an old backup may not know this phone
		// yet. Everything stays; a person looks at it.
		return e.stop(p, callErr), nil
	case pb.ProblemCode_PROBLEM_CODE_BUSY, pb.ProblemCode_PROBLEM_CODE_DISK_FULL, pb.ProblemCode_PROBLEM_CODE_THROTTLED:
		out := e.backOff(now, p.GetSentence())
		out.Problem = p
		if s := p.GetRetryAfterS(); s > 0 {
			e.earliest, e.soft = now.Add(time.Duration(s)*time.Second), false
			e.due, out.Wake = e.earliest, e.earliest
		}
		return out, nil
	case pb.ProblemCode_PROBLEM_CODE_TOO_LARGE:
		ops, offers := len(req.GetOps()), req.GetOffers()
		again := e.page > minPage && ops+len(offers) != 1
		if ops == 0 && len(offers) == 1 {
			e.tooLarge[lww.RowHash(offers[0])], again = true, true
		}
		if again {
			e.shrink()
			e.due, e.earliest = time.Time{}, time.Time{}
			return Outcome{Kind: Again, Problem: p}, nil
		}
	}
	if seal.IsNotPinned(callErr) {
		return e.stop(p, callErr), nil
	}
	e.shrink()
	out := e.backOff(now, sentence(callErr))
	out.Problem = p
	if p.GetSentence() != "" {
		out.Sentence = p.GetSentence()
	}
	return out, nil
}

func (e *Engine) stop(p *pb.Problem, err error) Outcome {
	e.stopped = true
	out := Outcome{Kind: Stopped, Problem: p, Sentence: p.GetSentence()}
	if out.Sentence == "" {
		out.Sentence = sentence(err)
	}
	return out
}

func (e *Engine) revoked(p *pb.Problem) (Outcome, error) {
	out := Outcome{Kind: Revoked, Problem: p, Sentence: p.GetSentence()}
	if out.Sentence == "" {
		out.Sentence = "Máy này đã bị thu hồi. Những gì chưa gửi sẽ được bàn giao cho chi bộ, rồi sổ trên máy được xóa."
	}
	if err := e.store.MarkRevoked(context.Background()); err != nil {
		return out, fmt.Errorf("mark revoked: %w", err)
	}
	return out, nil
}

// backOff waits 2 s, 4 s, 8 s … 5 min, each between half and one and a half times.
func (e *Engine) backOff(now time.Time, why string) Outcome {
	d := maxDelay
	if e.failures < 8 {
		d = min(firstDelay<<e.failures, maxDelay)
	}
	e.failures++
	d = min(max(d/2+time.Duration(e.c.Rand.Int64N(int64(d))), firstDelay), maxDelay)
	e.earliest, e.soft = now.Add(d), true
	e.due = e.earliest
	return Outcome{Kind: Retry, Wake: e.earliest, Sentence: why}
}
