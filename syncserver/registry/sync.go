package registry

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/store"
)

const (
	// maxOps bounds the changes of one call; more are for the next one.
	maxOps = 10_000
	// quietMS: so long a device's last call may be remembered in memory only.
	quietMS = 10 * 60 * 1000
	// longCall is from how many bytes of changes on a call is long, longCalls how many of them are
	// worked on at a time.
	longCall  = 256 << 10
	longCalls = 4
	// maxCopies is how many copies one device may ever have: more are somebody's mischief.
	maxCopies = 32
	// rotateMS is the age at which a token is due for rotation.
	rotateMS = 7 * 24 * 3600 * 1000
)

var (
	errDevice = errors.New("device is not the token's")
	errGap    = errors.New("op numbers have a gap")
	// errUnknownCopy: a copy got its number after the backup that this database comes from.
	errUnknownCopy = errors.New("device number of a life before")
	errOffers      = errors.New("too many offers in a day")
	errCopies      = errors.New("too many copies of one device")
)

// Sync takes a phone's changes in and gives it rows, in one call; see docs/sync.md.
//
// Errors are *Problem: TOKEN_REVOKED, BAD_REQUEST (a device that is not the token's),
// BAD_SIGNATURE, GAP, TOO_LARGE, DISK_FULL, BUSY. A change that cannot be taken is no
// error: its ack says so.
func (r *Registry) Sync(ctx context.Context, c Caller, req *pb.SyncRequest) (*pb.SyncResponse, error) {
	out, err := r.sync(ctx, c, req)
	if err != nil {
		return nil, asProblem(err)
	}
	return out, nil
}

func (r *Registry) sync(ctx context.Context, c Caller, req *pb.SyncRequest) (*pb.SyncResponse, error) {
	if c.Revoked {
		return nil, problem(pb.ProblemCode_PROBLEM_CODE_TOKEN_REVOKED, nil)
	}
	if len(req.GetOps()) > maxOps || len(req.GetOffers()) > maxOps {
		return nil, problem(pb.ProblemCode_PROBLEM_CODE_TOO_LARGE, nil)
	}
	out := &pb.SyncResponse{}
	if !r.sameEpoch(req) {
		var err error
		if out.Epoch, err = r.epochFor(ctx, c, req); err != nil {
			return nil, err
		}
		out.Now = proto.Uint64(uint64(r.clock.Now(r.nowMS())))
		return out, nil
	}
	d, err := r.deviceOf(ctx, c, req)
	if errors.Is(err, errUnknownCopy) {
		if err := r.unknownCopy(ctx, c, req, out); err != nil {
			return nil, err
		}
		out.Now = proto.Uint64(uint64(r.clock.Now(r.nowMS())))
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	if n := len(req.GetOps()); n > 0 {
		claim := seal.OpsClaim{Server: r.server, Epoch: r.epoch, Device: req.GetDevice(), First: req.GetFirst(),
			Last: req.GetFirst() + uint64(n) - 1, Hash: seal.HashOps(req.GetOps())}
		if req.GetFirst() == 0 || seal.VerifyOps(ed25519.PublicKey(d.Key), claim, req.GetSignature()) != nil {
			return nil, problem(pb.ProblemCode_PROBLEM_CODE_BAD_SIGNATURE, nil)
		}
	}
	if n := len(req.GetOffers()); n > 0 && !r.mayOffer(d.Number, n) {
		return nil, problem(pb.ProblemCode_PROBLEM_CODE_THROTTLED, errOffers)
	}
	now := r.nowMS()
	var built map[rowAt]bool
	if len(req.GetOps())+len(req.GetOffers()) > 0 || req.GetConfirmed() > d.Confirmed || now-d.LastSync > quietMS || d.Schema != req.GetSchema() || d.Mends != req.GetMends() {
		if d, built, err = r.push(ctx, d.Number, req, out); err != nil {
			return nil, err
		}
		if out.GetClone() != nil && out.GetClone().GetDevice() != req.GetDevice() {
			out.Now = proto.Uint64(uint64(r.clock.Now(r.nowMS())))
			return out, nil
		}
	}
	if err := r.rows(ctx, d, req, built, out); err != nil {
		return nil, err
	}
	if now-d.TokenMS > rotateMS {
		shared, err := r.sharesToken(ctx, d)
		if err != nil {
			return nil, err
		}
		if !shared {
			out.Rotate = proto.Bool(true)
		}
	}
	out.Now = proto.Uint64(uint64(r.clock.Now(r.nowMS())))
	r.mu.Lock()
	r.lastSeen[d.Number] = seen{now, req.GetUnsent()}
	r.mu.Unlock()
	return out, nil
}

// sharesToken tells whether a device and copies of it live by one token: rotating it for one
// would lock the others out.
func (r *Registry) sharesToken(ctx context.Context, d *store.Device) (shared bool, err error) {
	if d.CloneOf != 0 {
		return len(d.TokenHash) == 0, nil
	}
	err = r.store.Read(ctx, func(from store.Reader) error {
		all, err := from.Devices()
		for _, c := range all {
			shared = shared || c.CloneOf == d.Number && !c.Revoked && len(c.TokenHash) == 0
		}
		return err
	})
	return shared, err
}

// rows builds the rows of the reply, when it is the phone's turn; else it names a time.
func (r *Registry) rows(ctx context.Context, d *store.Device, req *pb.SyncRequest, built map[rowAt]bool, out *pb.SyncResponse) error {
	leave, after := r.admit.enter(d.Number, r.now)
	if leave == nil {
		out.RetryAfterS = proto.Uint32(after)
		return nil
	}
	defer func() { leave(out.GetMore() || out.View != nil) }() // a panic gives its turn back too
	return r.pull(ctx, d, req, built, out)
}

// speaksFor tells whether a token's device may speak for another one: for itself, and for copies
// of its book, of which it may be one that has just been given its number. No copy speaks for
// the first.
func speaksFor(from store.Reader, caller uint32, d *store.Device) (bool, error) {
	if d == nil || d.Number == caller || d.CloneOf == 0 {
		return d != nil && d.Number == caller, nil
	}
	c, err := from.Device(caller)
	return c != nil && oneBook(c, d), err
}

// oneBook tells whether two devices are copies of one book. All copies name the first device.
func oneBook(a, b *store.Device) bool {
	first := func(d *store.Device) uint32 { return cmp.Or(d.CloneOf, d.Number) }
	return first(a) == first(b)
}

// deviceOf finds the device that a request speaks for.
func (r *Registry) deviceOf(ctx context.Context, c Caller, req *pb.SyncRequest) (d *store.Device, err error) {
	err = r.store.Read(ctx, func(from store.Reader) error {
		if d, err = from.Device(req.GetDevice()); err != nil {
			return err
		}
		if d == nil && len(r.parent) > 0 {
			return errUnknownCopy
		}
		if may, err := speaksFor(from, c.Device, d); err != nil {
			return err
		} else if !may {
			return problem(pb.ProblemCode_PROBLEM_CODE_BAD_REQUEST, errDevice)
		}
		if d.Revoked {
			return problem(pb.ProblemCode_PROBLEM_CODE_TOKEN_REVOKED, nil)
		}
		return nil
	})
	return d, err
}

// push takes the changes of a call into the database. When it returns, they are on disk.
// The rows that the phone builds itself are returned by their places.
func (r *Registry) push(ctx context.Context, number uint32, req *pb.SyncRequest, out *pb.SyncResponse) (*store.Device, map[rowAt]bool, error) {
	var acks []*pb.Ack
	var clone *pb.CloneNotice
	var device *store.Device
	var built map[rowAt]bool
	var later bool
	leave, err := r.enterLong(ctx, req)
	if err != nil {
		return nil, nil, err
	}
	defer leave()
	ops := readOps(req)
	err = r.store.Write(ctx, func(tx store.Tx) error {
		acks, clone, later = nil, nil, false
		d, err := tx.Device(number)
		if err != nil {
			return err
		}
		if d == nil {
			return problem(pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN, nil)
		}
		d.Schema = req.GetSchema()
		actor, err := r.actor(tx, d)
		if err != nil {
			return err
		}
		if actor.Member.IsZero() {
			return problem(pb.ProblemCode_PROBLEM_CODE_TOKEN_REVOKED, nil)
		}
		if err := tx.LockUnits(partitions(actor)); err != nil {
			return err
		}
		w, err := r.begin(tx)
		if err != nil {
			return err
		}
		w.devices[number] = d
		if req.GetBuilds() {
			w.cursors = map[book.ID]uint64{}
			for _, id := range partitions(actor) {
				if seq, ok := cursorOf(req, id); ok {
					w.cursors[id] = seq
				}
			}
			w.filling = map[book.Holder]bool{}
			for _, f := range req.GetFilling() {
				w.filling[book.HolderFrom(f.GetHolder())] = true
			}
		}
		if err := w.matched(d, actor, req); err != nil {
			return err
		}
		d.LastSync, d.Unsent, d.Mends = r.nowMS(), req.GetUnsent(), req.GetMends()
		if req.GetNowMs() != 0 {
			d.SkewMS = w.now.Millis() - req.GetNowMs()
		}
		if req.GetConfirmed() > d.Confirmed {
			d.Confirmed = min(req.GetConfirmed(), d.LastOp)
			if err := tx.ForgetLog(number, d.Confirmed); err != nil {
				return err
			}
			if err := tx.ForgetLateAcks(number, d.Confirmed, req.GetParked()); err != nil {
				return err
			}
		}
		if len(ops) > 0 {
			if acks, clone, err = w.ops(d, actor, ops); err != nil {
				return err
			}
		}
		later = len(acks) > 0 && acks[len(acks)-1].GetResult() == pb.Result_RESULT_LATER
		// The notice that a copy goes on under its own number stands in each of its replies.
		if clone == nil || clone.GetDevice() == number {
			if err := w.offers(d, actor, req.GetOffers()); err != nil {
				return err
			}
		}
		device, built = d, w.built
		return w.finish()
	})
	if err != nil {
		return nil, nil, err
	}
	out.Acks, out.Clone = acks, clone
	if later {
		out.RetryAfterS = proto.Uint32(laterSeconds)
	}
	return device, built, nil
}

// enterLong waits until few enough long calls hold their decoded changes, which take several
// times the bytes that they came in. Ordinary calls pass.
func (r *Registry) enterLong(ctx context.Context, req *pb.SyncRequest) (leave func(), err error) {
	n := 0
	for _, raw := range req.GetOps() {
		n += len(raw)
	}
	if n < longCall {
		return func() {}, nil
	}
	select {
	case r.long <- struct{}{}:
		return func() { <-r.long }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// partitions that a call of this actor may write to, sorted, to be locked before anything is read.
func partitions(a book.Actor) []book.ID {
	ids := []book.ID{a.Commune}
	if !a.Branch.IsZero() {
		ids = append(ids, a.Branch)
	}
	return sorted(ids)
}

// cursorOf is where the phone stands in a partition; false: nowhere yet.
func cursorOf(req *pb.SyncRequest, unit book.ID) (seq uint64, ok bool) {
	for _, c := range req.GetCursors() {
		if lww.IsUnit(unit[:], c.GetUnit()) {
			seq, ok = c.GetSeq(), true
		}
	}
	return seq, ok
}

// tellErased gives a copy that nobody confirmed yet the ids of what was erased since its
// cursors, or ever. It gets no rows, but what it has must go.
func tellErased(from store.Reader, a book.Actor, req *pb.SyncRequest, out *pb.SyncResponse) error {
	for _, id := range partitions(a) {
		at, _ := cursorOf(req, id)
		u, _, err := from.Unit(id)
		if err != nil {
			return err
		}
		gone, err := from.ErasedAfter(id, at, max(at, u.Seq))
		if err != nil {
			return err
		}
		for _, e := range gone {
			out.Erased = append(out.Erased, e.Bytes())
		}
	}
	return nil
}

// matched notes that the phone now holds just what it should: after that it knows of
// every handover so far.
func (w *writing) matched(d *store.Device, a book.Actor, req *pb.SyncRequest) error {
	if a.Branch.IsZero() || len(req.GetHeld())+len(req.GetFilling()) == 0 {
		return nil
	}
	v, err := view(w.tx, a)
	if err != nil {
		return err
	}
	if !matches(v, req) {
		return nil
	}
	u, err := w.unit(a.Branch)
	if err != nil {
		return err
	}
	d.Matched = u.Seq
	return nil
}

// ops takes a call's changes in order. What was answered before is answered the same way.
func (w *writing) ops(d *store.Device, actor book.Actor, ops []*op) ([]*pb.Ack, *pb.CloneNotice, error) {
	first, last := ops[0].number, ops[len(ops)-1].number
	if first > d.LastOp+1 && d.Jump {
		// The phone let go of changes that a newer backup than this one had; they are gone here.
		w.audit(d.Number, "gap", book.Holder{Kind: pb.HolderKind_HOLDER_KIND_MEMBER, ID: d.Member})
		d.LastOp, d.LastName = first-1, nil
	}
	d.Jump = false
	if first > d.LastOp+1 {
		return nil, nil, problem(pb.ProblemCode_PROBLEM_CODE_GAP, fmt.Errorf("%w: first %d, have %d", errGap, first, d.LastOp))
	}
	known := map[uint64]store.LogEntry{}
	if first <= d.LastOp {
		entries, err := w.tx.Log(d.Number, first, last)
		if err != nil {
			return nil, nil, err
		}
		for _, e := range entries {
			known[e.Number] = e
		}
	}
	for _, o := range ops {
		// A call whose transaction failed for another's sake comes here again.
		o.device, o.actor, o.skewMS, o.late = d, actor, d.SkewMS, 0
	}
	if err := w.foresee(ops); err != nil {
		return nil, nil, err
	}
	acks := make([]*pb.Ack, 0, len(ops))
	log := make([]store.LogEntry, 0, len(ops))
	var newest *op
	for _, o := range ops {
		n := o.number
		if n <= d.LastOp {
			e, ok := known[n]
			if !ok || !sameChange(e.Hash, o) {
				// These numbers were used already, for something else: two phones with one book.
				c, err := w.clone(d, o.hash)
				return nil, c, err
			}
			a := &pb.Ack{}
			if err := proto.Unmarshal(e.Ack, a); err != nil {
				return nil, nil, err
			}
			acks = append(acks, a)
			continue
		}
		if !w.today(d) {
			acks = append(acks, &pb.Ack{Number: proto.Uint64(n), Result: pb.Result_RESULT_LATER.Enum()})
			break
		}
		a, err := w.apply(o)
		if err != nil {
			return nil, nil, err
		}
		if w.world.err != nil {
			return nil, nil, w.world.err
		}
		b, err := proto.Marshal(a)
		if err != nil {
			return nil, nil, err
		}
		acks = append(acks, a)
		log = append(log, store.LogEntry{Number: n, Hash: o.hash, Ack: b})
		d.LastOp, newest = n, o
	}
	if newest != nil {
		d.LastName = newest.name()
	}
	var notice *pb.CloneNotice
	if d.CloneOf != 0 {
		notice = &pb.CloneNotice{Device: proto.Uint32(d.Number), Confirmed: proto.Bool(!d.Unconfirmed)}
	}
	return acks, notice, w.tx.AppendLog(d.Number, log)
}

// defaultDayOps is far more than a year offline makes; laterSeconds is how long a phone that
// sent more is asked to wait. Days are those of UTC.
const (
	defaultDayOps = 50_000
	laterSeconds  = 3600
	dayMS         = 24 * 3600 * 1000
)

// today counts one more change of a device and tells whether its day has room for it.
func (w *writing) today(d *store.Device) bool {
	if day := w.r.nowMS() / dayMS; day != d.Day {
		d.Day, d.DayOps = day, 0
	}
	if d.DayOps >= w.r.dayOps {
		return false
	}
	d.DayOps++
	return true
}

// sameChange tells whether a change is the one that was answered. Servers of before counted all
// its bytes.
func sameChange(hash []byte, o *op) bool {
	if bytes.Equal(hash, o.hash) {
		return true
	}
	whole := sha256.Sum256(o.raw)
	return bytes.Equal(hash, whole[:16])
}

// clone gives the copy of a device a number of its own, the same one again when it asks
// again. Until the secretary has confirmed it, its changes are suggestions and it gets no rows.
// The copy of a copy counts as one of the first device, whose token it shows.
func (w *writing) clone(d *store.Device, mark []byte) (*pb.CloneNotice, error) {
	all, err := w.tx.Devices()
	if err != nil {
		return nil, err
	}
	first := d.Number
	if d.CloneOf != 0 {
		first = d.CloneOf
	}
	copies := 0
	for _, c := range all {
		if c.CloneOf == first {
			copies++
		}
		// One that comes after its own: a phone that is put back to an old copy again and again
		// goes along the row of those that it was given, to a new one.
		if c.CloneOf == first && c.Number > d.Number && bytes.Equal(c.CloneMark, mark) {
			return &pb.CloneNotice{Device: proto.Uint32(c.Number), Confirmed: proto.Bool(!c.Unconfirmed)}, nil
		}
	}
	if copies >= maxCopies {
		return nil, problem(pb.ProblemCode_PROBLEM_CODE_THROTTLED, errCopies)
	}
	n, err := w.tx.NextDevice()
	if err != nil {
		return nil, err
	}
	c := &store.Device{Number: n, Member: d.Member, Key: d.Key, Name: d.Name, EnrolledMS: w.now.Millis(), TokenMS: d.TokenMS,
		Unconfirmed: true, CloneOf: first, CloneMark: mark, Schema: d.Schema}
	w.devices[n] = c
	w.audit(n, "clone", book.Holder{Kind: pb.HolderKind_HOLDER_KIND_MEMBER, ID: d.Member})
	return &pb.CloneNotice{Device: proto.Uint32(n), Confirmed: proto.Bool(false)}, nil
}

// pull builds the rows of the reply on one snapshot.
func (r *Registry) pull(ctx context.Context, d *store.Device, req *pb.SyncRequest, built map[rowAt]bool, out *pb.SyncResponse) error {
	var v []grant
	var knows uint64
	var stale, ahead bool
	err := r.store.Read(ctx, func(from store.Reader) error {
		fresh, err := from.Device(d.Number)
		if err != nil {
			return err
		}
		if fresh == nil || fresh.Revoked {
			return problem(pb.ProblemCode_PROBLEM_CODE_TOKEN_REVOKED, nil)
		}
		late, err := from.LateAcks(d.Number, parkedOf(req))
		if err != nil {
			return err
		}
		for _, e := range late {
			a := &pb.Ack{}
			if err := proto.Unmarshal(e.Ack, a); err != nil {
				return err
			}
			out.Acks = append(out.Acks, a)
		}
		head, err := from.AuditHead()
		if err != nil {
			return err
		}
		r.tellHead(d.Number, head, out)
		if fresh.CloneOf != 0 {
			out.Clone = &pb.CloneNotice{Device: proto.Uint32(fresh.Number), Confirmed: proto.Bool(!fresh.Unconfirmed)}
		}
		actor, err := r.actor(from, fresh)
		if err != nil {
			return err
		}
		if fresh.Unconfirmed {
			return tellErased(from, actor, req, out)
		}
		if v, err = view(from, actor); err != nil {
			return err
		}
		if err := page(from, fresh, actor, v, req, built, out); err != nil {
			return err
		}
		if err := r.listings(from, fresh, v, req, out); err != nil {
			return err
		}
		ahead = r.isAhead(from, actor, req, fresh)
		r.tellKept(fresh, out)
		if out.View == nil && !actor.Branch.IsZero() {
			last, err := lastHandover(from, actor.Branch)
			if err != nil {
				return err
			}
			u, _, err := from.Unit(actor.Branch)
			knows, stale = u.Seq, fresh.Matched < last
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	if ahead {
		if err := r.keepAhead(ctx, d.Number); err != nil {
			return err
		}
	}
	if stale {
		return r.keepMatched(ctx, d.Number, knows)
	}
	if out.View != nil {
		return r.keepSent(ctx, d.Number, v)
	}
	return nil
}

// parkedOf are the numbers whose fate the phone asks for, as far as one call answers them:
// what was answered it does not ask again.
func parkedOf(req *pb.SyncRequest) []uint64 {
	ns := req.GetParked()
	return ns[:min(len(ns), maxOps)]
}

// keepMatched notes that a device has matched its view after a handover.
func (r *Registry) keepMatched(ctx context.Context, number uint32, seq uint64) error {
	return r.store.Write(ctx, func(tx store.Tx) error {
		d, err := tx.Device(number)
		if err != nil || d == nil {
			return err
		}
		d.Matched = max(d.Matched, seq)
		return tx.PutDevice(d)
	})
}

// isAhead tells whether a phone of this epoch has seen more than the database has: somebody
// put an older copy of the files in place without a restore. That is an alarm and nothing
// else; it is noted once a day.
func (r *Registry) isAhead(from store.Reader, a book.Actor, req *pb.SyncRequest, d *store.Device) bool {
	for _, id := range partitions(a) {
		seq, ok := cursorOf(req, id)
		if !ok {
			continue
		}
		if u, known, err := from.Unit(id); err == nil && known && seq > u.Seq {
			return r.nowMS()-d.AheadMS > 24*3600*1000
		}
	}
	return false
}

func (r *Registry) keepAhead(ctx context.Context, number uint32) error {
	return r.store.Write(ctx, func(tx store.Tx) error {
		d, err := tx.Device(number)
		if err != nil || d == nil {
			return err
		}
		d.AheadMS = r.nowMS()
		return tx.PutDevice(d)
	})
}

// tellKept says which changes are in a finished backup, when that moved. A reply that is lost
// costs nothing: the phone keeps them until the next backup.
func (r *Registry) tellKept(d *store.Device, out *pb.SyncResponse) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d.Kept > r.keptSent[d.Number] {
		r.keptSent[d.Number] = d.Kept
		out.Kept = proto.Uint64(d.Kept)
	}
}

// tellHead lets a phone witness the access log, some times an hour. Eight bytes are enough:
// nobody makes another chain that ends in them.
func (r *Registry) tellHead(device uint32, head []byte, out *pb.SyncResponse) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.nowMS()
	if last, told := r.headTold[device]; told && now-last < quietMS && now >= last {
		return
	}
	r.headTold[device] = now
	out.AuditHead = head[:min(8, len(head))]
}

// keepSent writes into the access log which households a device is being given, before
// the reply leaves: the household's sheet says which devices hold its data.
func (r *Registry) keepSent(ctx context.Context, number uint32, v []grant) error {
	return r.store.Write(ctx, func(tx store.Tx) error {
		w, err := r.begin(tx)
		if err != nil {
			return err
		}
		for _, g := range v {
			if g.holder.Kind == pb.HolderKind_HOLDER_KIND_HOUSEHOLD || g.holder.Kind == pb.HolderKind_HOLDER_KIND_WHOLE_BRANCH {
				w.audit(number, "send", g.holder)
			}
		}
		return w.finish()
	})
}

// History gives the earlier values of a record that the caller may see, newest first.
// "Not yours" and "not there" are the same answer. A page ends between two stamps, since the
// next one goes on below its last stamp.
func (r *Registry) History(ctx context.Context, c Caller, req *pb.HistoryRequest) (*pb.HistoryResponse, error) {
	const limit = 200
	out := &pb.HistoryResponse{}
	err := r.store.Read(ctx, func(from store.Reader) error {
		id, ok := book.IDFrom(req.GetId())
		number := c.Device
		if req.GetDevice() != 0 {
			number = req.GetDevice()
		}
		d, err := from.Device(number)
		if err != nil {
			return err
		}
		may, err := speaksFor(from, c.Device, d)
		if err != nil {
			return err
		}
		if !ok || !may || c.Revoked {
			return problem(pb.ProblemCode_PROBLEM_CODE_NOT_YOURS, nil)
		}
		actor, err := r.actor(from, d)
		if err != nil {
			return err
		}
		w := newWorld(from)
		s := w.stored(id)
		if w.err != nil {
			return w.err
		}
		if s == nil || !book.MaySee(actor, s.record.Holder, s.record.Unit, w) {
			return problem(pb.ProblemCode_PROBLEM_CODE_NOT_YOURS, nil)
		}
		if out.Values, err = from.History(id, req.GetBefore(), limit); err != nil {
			return err
		}
		if n := len(out.Values); n >= limit {
			older, err := from.History(id, out.Values[n-1].GetStamp(), 1)
			if err != nil {
				return err
			}
			if len(older) > 0 {
				out.More = proto.Bool(true)
			}
		}
		return w.err
	})
	if err != nil {
		return nil, asProblem(err)
	}
	return out, nil
}
