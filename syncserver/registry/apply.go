package registry

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/lww"
	"sodanvan/syncserver/store"
)

// maxOp is the most bytes that one change may have; a form cannot save more.
const maxOp = 64 << 10

// oddClock: a phone's clock that differs by more from the stamp it was given is kept in history.
const oddClockMS = 5 * 60 * 1000

var errNoUnit = errors.New("registry: unit unknown")

// op is one change on its way in.
type op struct {
	device *store.Device
	actor  book.Actor
	number uint64
	raw    []byte
	skewMS int64
	patch  pb.Patch
	id     book.ID
	hash   []byte
	// late, where set: a new record of a household that is another's by now.
	late pb.SuggestionReason
	// decoded: patch and id are of raw.
	decoded bool
}

func (o *op) ack(result pb.Result) *pb.Ack {
	return &pb.Ack{Number: proto.Uint64(o.number), Result: result.Enum()}
}

// name is what a phone knows the change by, even where it was erased there; nil: it says nothing.
func (o *op) name() []byte {
	if !o.read() {
		return nil
	}
	return lww.ChangeName(o.id.Bytes(), o.patch.GetPhoneMs())
}

// read decodes the change, once; false: it is none.
func (o *op) read() bool {
	if o.decoded || len(o.raw) > maxOp {
		return o.decoded
	}
	if proto.Unmarshal(o.raw, &o.patch) != nil {
		return false
	}
	id, ok := book.IDFrom(o.patch.GetEnvelope().GetId())
	if !ok || o.patch.GetEnvelope().GetKind() <= 0 {
		return false
	}
	o.id, o.decoded = id, true
	return true
}

// readOps decodes the changes of a call, on all processors: before the transaction, since
// all other phones wait for that.
func readOps(req *pb.SyncRequest) []*op {
	all := make([]op, len(req.GetOps()))
	out := make([]*op, len(all))
	var group sync.WaitGroup
	const least = 64 // fewer are not worth a goroutine
	size := max(least, (len(all)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	for start := 0; start < len(all); start += size {
		group.Go(func() {
			for i := start; i < min(start+size, len(all)); i++ {
				o := &all[i]
				o.number, o.raw = req.GetFirst()+uint64(i), req.GetOps()[i]
				o.hash = lww.ChangeHash(o.raw)
				out[i] = o
				func() {
					// What cannot be read at all fails its call, where it is read again, and not the server.
					defer func() { _ = recover() }()
					o.read()
				}()
			}
		})
	}
	group.Wait()
	return out
}

// apply decides the fate of one change. A refusal is not an error: it is the ack. An error
// means that the database failed and the call as a whole is undone.
func (w *writing) apply(o *op) (*pb.Ack, error) {
	if len(o.raw) == 0 && len(w.r.parent) > 0 {
		// Sent again after a restore: what was erased on the phone itself, under a number that it had given already.
		return o.ack(pb.Result_RESULT_ERASED), nil
	}
	if len(o.raw) > maxOp {
		return w.refuse(o, &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_TOO_LARGE, Rule: "too_large"})
	}
	if !o.read() {
		return w.refuse(o, badWire())
	}
	env, id := o.patch.GetEnvelope(), o.id
	if gone, err := w.isErased(o); err != nil {
		return nil, err
	} else if gone {
		return w.erasedAck(o)
	}
	change := lww.FromPatch(&o.patch, lww.Version{})
	if change.Valid() != nil {
		return w.refuse(o, badWire())
	}
	md, known := book.Descriptor(env.GetKind())
	if o.actor.Unconfirmed {
		if a := w.storedBefore(o); a != nil {
			return a, nil
		}
		return w.suggest(o, pb.SuggestionReason_SUGGESTION_REASON_CLONE)
	}
	if !known {
		return w.park(o, book.ID{})
	}
	if lww.Check(md, o.patch.GetSet()) != nil {
		return w.refuse(o, badWire())
	}
	before := w.world.stored(id)
	rec, ack, err := w.locate(o, before)
	if ack != nil || err != nil {
		return ack, err
	}
	fields := book.Fields(&o.patch)
	creating := before == nil
	late, was, err := w.formerly(o, rec)
	if err != nil {
		return nil, err
	}
	// Steps and reviews are about what stands already: late ones wait, like edits.
	fresh := creating && rec.Kind != pb.Kind_KIND_STEP && rec.Kind != pb.Kind_KIND_REVIEW
	if o.patch.GetUnfinished() {
		return w.suggest(o, pb.SuggestionReason_SUGGESTION_REASON_HANDED_OVER)
	}
	if book.IsDesk(o.actor.Office) && !(fresh && late) {
		// Who sits at the desk would wait for themselves, and it is the desk that hands over. But
		// what they wrote at a door before is theirs as anybody's.
		late, was = false, 0
	}
	refusal := book.MayWrite(o.actor, rec, creating, fields, o.patch.GetSet(), w.world)
	switch {
	case refusal != nil && refusal.Code == pb.RefusalCode_REFUSAL_CODE_NOT_YOURS && was != 0:
		// It was theirs. A new record from a phone that does not know of the handover counts
		// as written before it; all else waits on the desk, and no clock decides.
		if !fresh || !late {
			return w.suggest(o, was)
		}
		w.world.as = map[book.ID]book.ID{rec.Holder.ID: o.actor.Member}
		defer func() { w.world.as = nil }()
		if refusal = book.MayWrite(o.actor, rec, creating, fields, o.patch.GetSet(), w.world); refusal != nil {
			return w.suggest(o, was)
		}
		o.late = was
	case refusal != nil:
		return w.refuse(o, refusal)
	case was != 0 && late && !fresh:
		// Theirs again (A→B→A), but the phone does not know yet that it was another's meanwhile.
		return w.suggest(o, was)
	}
	return w.store(o, rec, before)
}

// foresee asks at once, for all changes of a call, what stands under their ids: mostly
// nothing, since most changes are new records, and a question each costs more than the change.
func (w *writing) foresee(ops []*op) error {
	const few = 8
	if len(ops) < few {
		return nil
	}
	asked := map[book.ID]bool{}
	var ids []book.ID
	ask := func(b []byte) {
		if id, ok := book.IDFrom(b); ok && !asked[id] {
			asked[id] = true
			ids = append(ids, id)
		}
	}
	for _, o := range ops {
		env := o.patch.GetEnvelope()
		ask(env.GetId())
		if w.hasErased {
			ask(env.GetSubject())
			ask(env.GetHousehold())
			ask(o.patch.GetHeldBy())
		}
	}
	found, err := w.tx.Known(ids, ops[0].device.Number)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if found[id]&store.KnownRow == 0 {
			w.world.records[id] = nil
		}
		w.unfated[id] = found[id]&store.KnownFate == 0
		w.unawaited[id] = found[id]&store.KnownAwaited == 0
		w.unerased[id] = found[id]&store.KnownErased == 0
	}
	w.foreseen = ops[0].device.Number
	return nil
}

// fate finds what became of a record's creation by a device.
func (w *writing) fate(id book.ID, device uint32) (*store.Fate, error) {
	if device == w.foreseen && w.unfated[id] {
		return nil, nil
	}
	return w.tx.Fate(id, device)
}

func (w *writing) putFate(o *op, result pb.Result) error {
	delete(w.unfated, o.id)
	return w.tx.PutFate(store.Fate{Record: o.id, Device: o.device.Number, Result: result})
}

func badWire() *book.Refusal {
	return &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_BAD_WIRE, Rule: "bad_wire"}
}

// locate finds the record that a change is about, or the place of a new one. An ack says
// that the change ends here.
func (w *writing) locate(o *op, before *stored) (book.Record, *pb.Ack, error) {
	env := o.patch.GetEnvelope()
	if before != nil {
		rec := before.record
		if rec.Kind == env.GetKind() && o.patch.GetCreate() && rec.Author != o.actor.Member && w.same(o, rec) {
			// Two at one desk took the same suggestion over.
			ack := o.ack(pb.Result_RESULT_STORED)
			ack.Stamp, ack.Seq = proto.Uint64(uint64(rec.State.Created.Stamp)), proto.Uint64(rec.Seq)
			return rec, ack, nil
		}
		if rec.Kind != env.GetKind() || o.patch.GetCreate() && rec.Author != o.actor.Member {
			// An id that stands already: said in the words of "not yours", whether the caller may
			// see that record or not.
			a, err := w.refuse(o, &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_NOT_YOURS, Rule: "not_yours"})
			return rec, a, err
		}
		return rec, nil, nil
	}
	if info, _ := book.KindInfo(env.GetKind()); info.ServerOnly {
		// Whatever it would be about, known here or not: only the server makes these.
		a, err := w.refuse(o, &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_NOT_YOURS, Rule: "not_yours"})
		return book.Record{}, a, err
	}
	subject, _ := book.IDFrom(env.GetSubject())
	if fate, err := w.fate(o.id, o.device.Number); err != nil {
		return book.Record{}, nil, err
	} else if fate != nil && !o.patch.GetCreate() {
		a, err := w.follow(o, fate, o.id)
		return book.Record{}, a, err
	}
	if !o.patch.GetCreate() {
		a, err := w.refuse(o, &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_NOT_YOURS, Rule: "not_yours"})
		return book.Record{}, a, err
	}
	holder, unit, err := book.Place(env, o.actor, w.world)
	var refusal *book.Refusal
	switch {
	case errors.Is(err, book.ErrParked):
		if fate, err := w.fate(subject, o.device.Number); err != nil {
			return book.Record{}, nil, err
		} else if fate != nil {
			a, err := w.follow(o, fate, subject)
			return book.Record{}, a, err
		}
		a, err := w.park(o, subject)
		return book.Record{}, a, err
	case errors.As(err, &refusal):
		a, err := w.refuse(o, refusal)
		return book.Record{}, a, err
	case err != nil:
		return book.Record{}, nil, err
	}
	rec := book.Record{Kind: env.GetKind(), ID: o.id, Author: o.actor.Member, Subject: subject, Holder: holder, Unit: unit}
	rec.Household, _ = book.IDFrom(env.GetHousehold())
	return rec, nil, nil
}

// storedBefore answers a change that a phone sends again after a restore and that stands as it
// was stored before, stamp and all; nil: it does not. Nobody need look at it.
func (w *writing) storedBefore(o *op) *pb.Ack {
	s := w.world.stored(o.id)
	if s == nil || !o.resent(w.r) || s.record.Kind != o.patch.GetEnvelope().GetKind() {
		return nil
	}
	given := hlc.Stamp(o.patch.GetGivenStamp())
	for _, f := range wantedFields(&o.patch) {
		if v, ok := s.record.State.FieldVersion(f.Field); !ok || v.Stamp != given || !bytes.Equal(s.record.State.Value(f.Field), f.Raw) {
			return nil
		}
	}
	if o.patch.GetCreate() && s.record.State.Created.Stamp != given {
		return nil
	}
	a := o.ack(pb.Result_RESULT_STORED)
	a.Stamp, a.Seq = proto.Uint64(uint64(given)), proto.Uint64(s.record.Seq)
	return a
}

// same tells whether a creation says nothing that a record which its writer may see does not
// say already.
func (w *writing) same(o *op, rec book.Record) bool {
	if !book.MaySee(o.actor, rec.Holder, rec.Unit, w.world) || len(o.patch.GetCleared()) > 0 {
		return false
	}
	values, err := lww.Split(o.patch.GetSet())
	return err == nil && !slices.ContainsFunc(values, func(v lww.Value) bool { return !bytes.Equal(rec.State.Value(v.Field), v.Raw) })
}

// tellWriter leaves what the desk decided about a suggestion for the phone that sent it, which
// asks for it like for what was parked.
func (w *writing) tellWriter(verdict book.Record) error {
	m := &pb.Suggestion{}
	if _, err := lww.Decode(verdict.State.Body, m); err != nil {
		return err
	}
	ack := &pb.Ack{Number: m.Number, Result: pb.Result_RESULT_STORED.Enum()}
	switch {
	case m.GetRow() != nil || m.GetNumber() == 0 || m.GetVerdict() == 0:
		return nil
	case m.GetVerdict() != pb.Verdict_VERDICT_APPROVED:
		ack.Result, ack.Refusal = pb.Result_RESULT_REFUSED.Enum(), book.NotTaken().Proto()
	}
	b, err := proto.Marshal(ack)
	if err != nil {
		return err
	}
	return w.tx.AddLateAck(m.GetDevice(), store.LogEntry{Number: m.GetNumber(), Ack: b})
}

// follow gives a change the fate of the new record that it belongs to.
func (w *writing) follow(o *op, fate *store.Fate, of book.ID) (*pb.Ack, error) {
	switch fate.Result {
	case pb.Result_RESULT_PARKED:
		return w.park(o, of)
	case pb.Result_RESULT_SUGGESTION:
		return w.suggest(o, pb.SuggestionReason_SUGGESTION_REASON_HANDED_OVER)
	case pb.Result_RESULT_ERASED:
		return w.erasedAck(o)
	}
	return w.refuse(o, &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_FOLLOWS_REFUSED, Rule: "follows_refused"})
}

// ended gives the seq at which a tenure of a household ended for me: as the member who looked
// after it, or as that member's proxy. 0: it did not, or never was.
func (w *writing) ended(me book.ID, t store.Tenure) (uint64, error) {
	if t.Member == me {
		return t.To, nil
	}
	ts, err := w.tx.ProxyTenures(t.Member)
	if err != nil {
		return 0, err
	}
	var last uint64
	for _, p := range ts {
		if p.Member != me || t.To != 0 && p.From >= t.To || p.To != 0 && t.From >= p.To {
			continue
		}
		end := p.To
		if end == 0 || t.To != 0 && t.To < end {
			end = t.To
		}
		last = max(last, end)
	}
	return last, nil
}

// formerly tells whether the actor once looked after the household, or once sat at the
// desk of the branch, and no longer or only again does so; late: the device has not matched
// its view since that ended.
func (w *writing) formerly(o *op, rec book.Record) (late bool, why pb.SuggestionReason, err error) {
	me := o.actor.Member
	if rec.Unit != o.actor.Branch {
		return false, 0, nil
	}
	if rec.Holder.Kind == pb.HolderKind_HOLDER_KIND_HOUSEHOLD {
		last, err := w.lastHandover(rec.Unit)
		if err != nil || last == 0 {
			return false, 0, err
		}
		ts, err := w.tx.HouseholdTenures(rec.Holder.ID)
		if err != nil {
			return false, 0, err
		}
		for _, t := range ts {
			ended, err := w.ended(me, t)
			if err != nil {
				return false, 0, err
			}
			if ended != 0 {
				why = pb.SuggestionReason_SUGGESTION_REASON_HANDED_OVER
				late = late || ended > o.device.Matched
			}
			if why != 0 && t.To > o.device.Matched {
				late = true
			}
		}
	}
	if why == 0 {
		ts, err := w.tx.OfficeTenures(rec.Unit)
		if err != nil {
			return false, 0, err
		}
		for _, t := range ts {
			if t.Member == me && t.To != 0 {
				why, late = pb.SuggestionReason_SUGGESTION_REASON_OFFICE_ENDED, t.To > o.device.Matched
			}
		}
	}
	return late && why != 0, why, nil
}

// store gives the change its stamp, merges it, asks whether the merged record keeps the
// rules, and writes all that follows from it.
func (w *writing) store(o *op, rec book.Record, before *stored) (*pb.Ack, error) {
	// A change that was stored before keeps its stamp: a later one would beat what others wrote
	// since. Who invents an earlier one can only lose by it; none is from before this server.
	stamp := hlc.Stamp(o.patch.GetGivenStamp())
	if stamp.Millis() < w.r.bornMS() || stamp > w.now {
		stamp = hlc.Give(hlc.Write{PhoneMS: o.patch.GetPhoneMs(), ServerMS: o.patch.GetServerMs(), SkewMS: o.skewMS,
			Seen: hlc.Stamp(o.patch.GetSeen()), DeviceLast: hlc.Stamp(o.device.LastStamp), Now: w.now})
	}
	change := lww.FromPatch(&o.patch, lww.Version{Stamp: stamp, Device: o.device.Number})
	if before != nil {
		change.Create = false
	}
	state, lost, err := lww.Merge(rec.State, change)
	if err != nil {
		return w.refuse(o, badWire())
	}
	after := rec
	after.State = state
	if refusal := book.Validate(after, change, o.actor, w.world); refusal != nil {
		if o.late != 0 {
			// Its writer does not hold the household any more and could not mend it.
			return w.suggest(o, o.late)
		}
		return w.refuse(o, refusal)
	}
	if refusal, err := w.mayTakeOver(after); refusal != nil || err != nil {
		return w.refusedOr(o, refusal, err)
	}
	o.device.LastStamp = max(o.device.LastStamp, uint64(stamp))
	// The stamps of many changes of one moment run beyond now: the clock must know of them,
	// or an answer to the last one would get a lesser stamp and lose to it.
	w.now = max(w.now, stamp)
	w.r.clock.Observe(stamp)
	kept, err := w.put(after, before)
	if err != nil {
		return nil, err
	}
	if err := w.keepLost(kept.record, lost); err != nil {
		return nil, err
	}
	if err := w.tellLosers(o, kept.record, lost); err != nil {
		return nil, err
	}
	if off := stamp.Millis() - o.patch.GetPhoneMs(); off > oddClockMS || off < -oddClockMS {
		if err := w.keepClock(o, kept.record, stamp); err != nil {
			return nil, err
		}
	}
	switch rec.Kind {
	case pb.Kind_KIND_REVIEW:
		err = w.approved(kept.record)
	case pb.Kind_KIND_SUGGESTION:
		if err = w.takeOver(kept.record); err == nil {
			err = w.tellWriter(kept.record)
		}
	}
	if err != nil {
		return nil, err
	}
	if err := w.settleOffers(kept.record); err != nil {
		return nil, err
	}
	w.audit(o.device.Number, "write", kept.record.Holder)
	ack := o.ack(pb.Result_RESULT_STORED)
	ack.Stamp, ack.Seq = proto.Uint64(uint64(stamp)), proto.Uint64(kept.record.Seq)
	if w.phoneHas(rec, before) && book.MaySee(o.actor, rec.Holder, rec.Unit, w.world) {
		ack.Built = proto.Bool(true)
		w.built[rowAt{rec.Unit, kept.record.Seq}] = true
	}
	if before == nil {
		if err := w.arrived(kept.record); err != nil {
			return nil, err
		}
	}
	return ack, nil
}

// phoneHas tells whether the phone of this call has just what the change was merged into: it
// then makes the merged row itself, by the same functions, and the row need not travel
// back. Its digest says so if it did not. While it fetches a holder it may have the cursor
// and not the row.
func (w *writing) phoneHas(rec book.Record, before *stored) bool {
	if w.cursors == nil {
		return false
	}
	if before == nil {
		return true
	}
	if w.filling[rec.Holder] || w.filling[book.Holder{Kind: pb.HolderKind_HOLDER_KIND_WHOLE_BRANCH, ID: rec.Unit}] {
		return false
	}
	at, ok := w.cursors[rec.Unit]
	return ok && before.record.Seq <= at || w.built[rowAt{rec.Unit, before.record.Seq}]
}

// keepLost writes every value that lost into the history of its record.
func (w *writing) keepLost(rec book.Record, lost []lww.Lost) error {
	for _, l := range lost {
		author, _ := w.world.MemberOfDevice(l.Version.Device)
		if err := w.tx.AddPast(&store.Past{Record: rec.ID, Holder: rec.Holder, Unit: rec.Unit, Value: &pb.PastValue{
			Field: proto.Uint32(l.Field), Value: l.Value, Cleared: proto.Bool(l.Cleared), Stamp: proto.Uint64(uint64(l.Version.Stamp)),
			Device: proto.Uint32(l.Version.Device), Author: author.Bytes()}}); err != nil {
			return err
		}
	}
	return nil
}

// keepClock keeps the phone's own clock where it was far from the stamp; field 0 is the change as a whole.
func (w *writing) keepClock(o *op, rec book.Record, stamp hlc.Stamp) error {
	return w.tx.AddPast(&store.Past{Record: rec.ID, Holder: rec.Holder, Unit: rec.Unit, Value: &pb.PastValue{
		Stamp: proto.Uint64(uint64(stamp)), Device: proto.Uint32(o.device.Number), Author: o.actor.Member.Bytes(), PhoneMs: proto.Int64(o.patch.GetPhoneMs())}})
}

// tellLosers leaves a row for each value that was replaced by a writer who had not seen
// it, or that came too late to stand: the loser reads who wrote what stands, and can put
// their own back.
func (w *writing) tellLosers(o *op, rec book.Record, lost []lww.Lost) error {
	for _, l := range lost {
		if !l.Incoming && (l.Version.Device == o.device.Number || uint64(l.Version.Stamp) <= o.patch.GetSeen()) {
			continue
		}
		if err := w.tellLoser(rec, l); err != nil {
			return err
		}
	}
	return nil
}

// tellLoser leaves the row for one value.
func (w *writing) tellLoser(rec book.Record, l lww.Lost) error {
	if l.Field >= book.FirstServerField {
		return nil
	}
	loser, _ := w.world.MemberOfDevice(l.Version.Device)
	winner, _ := w.world.MemberOfDevice(l.Winner.Device)
	body, err := lww.Encode(&pb.Overwritten{Field: proto.Uint32(l.Field), Value: l.Value, Cleared: proto.Bool(l.Cleared),
		Stamp: proto.Uint64(uint64(l.Version.Stamp)), Device: proto.Uint32(l.Version.Device), Author: loser.Bytes(),
		WinnerStamp: proto.Uint64(uint64(l.Winner.Stamp)), WinnerDevice: proto.Uint32(l.Winner.Device), WinnerAuthor: winner.Bytes()})
	if err != nil {
		return err
	}
	return w.serverRow(pb.Kind_KIND_OVERWRITTEN, rec.ID, book.ID{}, rec.Holder, rec.Unit, body)
}

// serverRow makes a record of the server's own. household is whose the change is that lies
// in it, where its holder does not say so: a server that is restored may not know the subject.
func (w *writing) serverRow(kind pb.Kind, subject, household book.ID, h book.Holder, unit book.ID, body []byte) error {
	id := book.NewID(w.now.Millis(), w.r.random)
	env := &pb.Envelope{Kind: kind.Enum(), Id: id.Bytes(), Subject: subject.Bytes()}
	if !household.IsZero() {
		env.Household = household.Bytes()
	}
	_, err := w.serverPatch(env, h, unit, body, nil)
	return err
}

// householdOf finds the household of a unit that a change is about, for the desk of that unit:
// of another one's it says nothing but what the change says itself. Zero: none is known.
func (w *writing) householdOf(p *pb.Patch, unit book.ID) book.ID {
	for _, id := range namedBy(p) {
		r, err := w.tx.Row(id)
		switch {
		case errors.Is(err, store.ErrKeyGone):
		case err != nil:
			w.world.fail(err)
		case r != nil && r.Unit == unit && r.Holder.Kind == pb.HolderKind_HOLDER_KIND_HOUSEHOLD:
			return r.Holder.ID
		}
	}
	id, _ := book.IDFrom(p.GetHeldBy())
	return id
}

// approved keeps the body that a verdict approved, for reports while an edit waits.
func (w *writing) approved(review book.Record) error {
	var m pb.Review
	if _, err := lww.Decode(review.State.Body, &m); err != nil {
		return err
	}
	subject := w.world.stored(review.Subject)
	if m.GetVerdict() != pb.Verdict_VERDICT_APPROVED || subject == nil {
		return nil
	}
	digest := lww.Digest(subject.record.State.Body)
	if string(digest[:]) != string(m.GetDigest()) {
		return nil
	}
	return w.tx.PutApproved(&store.Approved{Record: review.Subject, Digest: digest[:], Review: review.ID, Body: subject.record.State.Body},
		subject.record.Holder, subject.record.Unit)
}

// refusedOr refuses, or passes an error of the database on.
func (w *writing) refusedOr(o *op, refusal *book.Refusal, err error) (*pb.Ack, error) {
	if err != nil {
		return nil, err
	}
	return w.refuse(o, refusal)
}

// refuse keeps a refused change for the desk and tells the phone why.
func (w *writing) refuse(o *op, refusal *book.Refusal) (*pb.Ack, error) {
	if o.resent(w.r) {
		return w.suggest(o, pb.SuggestionReason_SUGGESTION_REASON_RESTORED)
	}
	a := o.ack(pb.Result_RESULT_REFUSED)
	a.Refusal = refusal.Proto()
	raw := o.raw
	if len(raw) > maxOp {
		raw = nil
	}
	body, err := lww.Encode(&pb.RefusedChange{Patch: raw, Code: refusal.Code.Enum(), Device: proto.Uint32(o.device.Number),
		Number: proto.Uint64(o.number), TimeMs: proto.Int64(w.now.Millis())})
	if err != nil {
		return nil, err
	}
	return a, w.onDesk(o, pb.Kind_KIND_REFUSED, body, pb.Result_RESULT_REFUSED)
}

// resent tells whether a change was stored before in a life of the database that was lost.
// Its writer has nothing to mend then: what it stood on may be missing here, so it waits on
// the desk instead of being refused.
func (o *op) resent(r *Registry) bool { return o.patch.GetGivenStamp() != 0 && len(r.parent) > 0 }

// suggest lays a change on the desk, for a person to decide.
func (w *writing) suggest(o *op, why pb.SuggestionReason) (*pb.Ack, error) {
	body, err := lww.Encode(&pb.Suggestion{Patch: o.raw, Why: why.Enum(), Device: proto.Uint32(o.device.Number),
		Number: proto.Uint64(o.number), TimeMs: proto.Int64(w.now.Millis())})
	if err != nil {
		return nil, err
	}
	return o.ack(pb.Result_RESULT_SUGGESTION), w.onDesk(o, pb.Kind_KIND_SUGGESTION, body, pb.Result_RESULT_SUGGESTION)
}

// onDesk places a server's row about a change with the desk of the writer's own branch;
// with the writer alone where they have none.
func (w *writing) onDesk(o *op, kind pb.Kind, body []byte, result pb.Result) error {
	h, unit := book.Holder{Kind: pb.HolderKind_HOLDER_KIND_DESK, ID: o.actor.Branch}, o.actor.Branch
	if unit.IsZero() {
		h, unit = book.Holder{Kind: pb.HolderKind_HOLDER_KIND_MEMBER, ID: o.actor.Member}, o.actor.Commune
	}
	waits := false
	if len(w.r.parent) > 0 {
		// After a restore a phone of the desk may have brought it back before its writer did.
		var err error
		if waits, err = w.waits(o.id, o.device.Number, o.number, o.raw); err != nil {
			return err
		}
	}
	if !waits {
		if err := w.serverRow(kind, o.id, w.householdOf(&o.patch, unit), h, unit, body); err != nil {
			return err
		}
	}
	if o.patch.GetCreate() && !o.id.IsZero() && w.world.stored(o.id) == nil {
		return w.putFate(o, result)
	}
	return nil
}

// park keeps a change until what it is about is known here.
func (w *writing) park(o *op, waitFor book.ID) (*pb.Ack, error) {
	unit := o.actor.Branch
	if unit.IsZero() {
		unit = o.actor.Commune
	}
	delete(w.unawaited, waitFor)
	if err := w.tx.Park(&store.Parked{Device: o.device.Number, Number: o.number, WaitFor: waitFor, Record: o.id, Unit: unit, Op: o.raw, SkewMS: o.skewMS}); err != nil {
		return nil, err
	}
	if o.patch.GetCreate() {
		if err := w.putFate(o, pb.Result_RESULT_PARKED); err != nil {
			return nil, err
		}
	}
	return o.ack(pb.Result_RESULT_PARKED), nil
}

// arrived goes on with all that waited for a record that is new here.
func (w *writing) arrived(rec book.Record) error {
	if rec.Kind == pb.Kind_KIND_MEMBER {
		if err := w.layOutWaiting(rec.ID); err != nil {
			return err
		}
	}
	return w.unpark(rec.ID)
}

// unpark tries again what waited for a record that is now here, or is refused for good, and
// keeps the new fate for the phone to ask for.
func (w *writing) unpark(id book.ID) error {
	if w.unawaited[id] {
		return nil
	}
	waiting, err := w.tx.ParkedFor(id)
	if err != nil {
		return err
	}
	// Whoever sent it is not who is calling, or has forgotten what it had.
	cursors, as := w.cursors, w.world.as
	w.cursors, w.world.as = nil, nil
	defer func() { w.cursors, w.world.as = cursors, as }()
	for _, p := range waiting {
		d, err := w.device(p.Device)
		if err != nil {
			return err
		}
		if d == nil {
			continue
		}
		if err := w.tx.Unpark(p.Device, p.Number); err != nil {
			return err
		}
		ack, err := w.again(d, p)
		if err != nil {
			return err
		}
		if ack.GetResult() == pb.Result_RESULT_PARKED {
			continue
		}
		b, err := proto.Marshal(ack)
		if err != nil {
			return err
		}
		if err := w.tx.AddLateAck(p.Device, store.LogEntry{Number: p.Number, Hash: nil, Ack: b}); err != nil {
			return fmt.Errorf("late ack: %w", err)
		}
		// What waits for a new record that is not stored after all has the same fate.
		if ack.GetResult() != pb.Result_RESULT_STORED && p.Record != id && !p.Record.IsZero() {
			if err := w.unpark(p.Record); err != nil {
				return err
			}
		}
	}
	return nil
}

// again applies a parked change. Its writer may act for nobody by now (the device was
// revoked, the member left): then it waits on the desk of their branch, since it was sent
// while they could, and must not end the call of whoever made its subject.
func (w *writing) again(d *store.Device, p *store.Parked) (*pb.Ack, error) {
	actor, err := w.r.actor(w.tx, d)
	if err != nil {
		return nil, err
	}
	o := &op{device: d, actor: actor, number: p.Number, raw: p.Op, skewMS: p.SkewMS, id: p.Record}
	if !actor.Member.IsZero() {
		return w.apply(o)
	}
	o.actor.Member = d.Member
	o.actor.Commune, _ = w.world.Commune(p.Unit)
	if o.actor.Commune != p.Unit {
		o.actor.Branch = p.Unit
	}
	if err := proto.Unmarshal(o.raw, &o.patch); err != nil {
		return nil, err
	}
	return w.suggest(o, pb.SuggestionReason_SUGGESTION_REASON_OFFICE_ENDED)
}
