package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/lww"
	"sodanvan/syncserver/store"
)

// After a restore phones still have rows that the database lost: changes of others, whose own
// phones may be gone, and what the server itself had made. They offer them; a person at the
// desk of the branch takes them over. Own changes need no offer: they are sent again.

// offers lays what phones still have, and the database has not, on the desk.
func (w *writing) offers(d *store.Device, a book.Actor, rows []*pb.Row) error {
	if len(w.r.parent) == 0 {
		return nil // nothing was ever lost here
	}
	for _, row := range rows {
		if err := w.offer(d, a, row); err != nil {
			return err
		}
	}
	return nil
}

const (
	// oddStampMS is how far the stamps of an offered row may run ahead of the wall clock: the life
	// before may have had another one.
	oddStampMS = 24 * 3600 * 1000
	// dayOffers is how many rows one device may offer in a day: more than the largest book has.
	dayOffers = 200_000
	// maxOffers is how many versions of one record a device may offer; an honest one has two or
	// three, and who makes up more must not keep those of others away.
	maxOffers = 16
)

// mayOffer counts the offers of a device and tells whether its day has room for them. Offers
// are taken in all or none, so that a phone never takes one for done that is not.
func (r *Registry) mayOffer(device uint32, n int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if day := r.nowMS() / dayMS; day != r.offerDay {
		r.offerDay, r.offered = day, map[uint32]int{}
	}
	r.offered[device] += n
	return r.offered[device] <= dayOffers
}

func (w *writing) offer(d *store.Device, a book.Actor, row *pb.Row) error {
	switch row.GetEnvelope().GetKind() {
	case pb.Kind_KIND_SUGGESTION, pb.Kind_KIND_REFUSED:
		return w.offerWaiting(d, a, row)
	}
	rec, raw, ok := w.offered(a, row)
	if !ok {
		w.r.badOffers.Add(1)
		return nil
	}
	for _, id := range []book.ID{rec.ID, rec.Subject, rec.Household, rec.Holder.ID} {
		if id.IsZero() || !w.hasErased {
			continue
		}
		if gone, err := w.tx.Erased(id); gone || err != nil {
			return err
		}
	}
	if covered, err := w.covered(rec); covered || err != nil {
		return err
	}
	waiting, err := w.offersOf(rec.ID)
	if err != nil {
		return err
	}
	own := 0
	for _, o := range waiting {
		if string(o.m.GetRow()) == string(raw) {
			return nil // another phone offered the same, whatever became of it
		}
		if o.m.GetDevice() == d.Number {
			own++
		}
	}
	if own >= maxOffers {
		w.r.badOffers.Add(1)
		return nil
	}
	body, err := lww.Encode(&pb.Suggestion{Row: raw, Why: pb.SuggestionReason_SUGGESTION_REASON_RESTORED.Enum(),
		Device: proto.Uint32(d.Number), TimeMs: proto.Int64(w.now.Millis())})
	if err != nil {
		return err
	}
	w.audit(d.Number, "offer", rec.Holder)
	return w.serverRow(pb.Kind_KIND_SUGGESTION, rec.ID, book.ID{}, book.Holder{Kind: pb.HolderKind_HOLDER_KIND_DESK, ID: rec.Unit}, rec.Unit, body)
}

// offerWaiting takes back what lay on a desk: a change that was refused or waited for a
// decision, whose writer's phone may not have it any more. Any phone of the branch may have sat
// at that desk in the life before. A change that its writer has sent again by now lies there already.
func (w *writing) offerWaiting(d *store.Device, a book.Actor, row *pb.Row) error {
	desk := book.Holder{Kind: pb.HolderKind_HOLDER_KIND_DESK, ID: a.Branch}
	m, err := deskSuggestion(row.GetEnvelope().GetKind(), row.GetBody())
	if err != nil || book.HolderFrom(row.GetEnvelope().GetHolder()) != desk || a.Branch.IsZero() || len(m.GetPatch())+len(m.GetRow()) > 4*maxOp {
		w.r.badOffers.Add(1)
		return nil
	}
	if m.GetRow() != nil {
		// An offer of an earlier restore. What was decided about it is lost as well, and what it
		// held may have been overwritten since, so that nobody else has it.
		inner := &pb.Row{}
		if proto.Unmarshal(m.GetRow(), inner) != nil || inner.GetEnvelope().GetKind() == pb.Kind_KIND_SUGGESTION || inner.GetEnvelope().GetKind() == pb.Kind_KIND_REFUSED {
			return nil
		}
		return w.offer(d, a, inner)
	}
	o := &op{device: &store.Device{Number: m.GetDevice()}}
	if proto.Unmarshal(m.GetPatch(), &o.patch) == nil {
		o.id, _ = book.IDFrom(o.patch.GetEnvelope().GetId())
		if gone, err := w.isErased(o); err != nil {
			return err
		} else if gone {
			// The phone's word is of its own member's changes alone.
			if whose, known := w.world.MemberOfDevice(m.GetDevice()); known && whose == d.Member && w.world.stored(o.id) == nil {
				_, err = w.erasedAck(o)
			}
			return err
		}
	}
	// An edit names only its record, which may be of the lost days: the row says whose it is.
	household, _ := book.IDFrom(row.GetEnvelope().GetHousehold())
	if !household.IsZero() && w.hasErased {
		if gone, err := w.tx.Erased(household); gone || err != nil {
			return err
		}
	}
	subject, _ := book.IDFrom(row.GetEnvelope().GetSubject())
	if waits, err := w.waits(subject, m.GetDevice(), m.GetNumber(), m.GetPatch()); waits || err != nil {
		return err
	}
	// Who sits at the desk may say whose it is, for the next restore: they may decline it as well.
	if !book.IsDesk(a.Office) {
		o.patch.HeldBy, household = nil, book.ID{}
		if m.Patch, err = lww.Again(m.GetPatch(), &o.patch); err != nil {
			return err
		}
	}
	if of := w.householdOf(&o.patch, a.Branch); !of.IsZero() {
		household = of
	}
	// What was decided is decided anew: its writer has to hear of it in this life.
	m.Why, m.Verdict = pb.SuggestionReason_SUGGESTION_REASON_RESTORED.Enum(), nil
	body, err := lww.Encode(m)
	if err != nil {
		return err
	}
	w.audit(d.Number, "offer", desk)
	return w.serverRow(pb.Kind_KIND_SUGGESTION, subject, household, desk, a.Branch, body)
}

// deskSuggestion gives what lay on a desk as a suggestion.
func deskSuggestion(kind pb.Kind, body []byte) (*pb.Suggestion, error) {
	m := &pb.Suggestion{}
	if kind == pb.Kind_KIND_SUGGESTION {
		_, err := lww.Decode(body, m)
		return m, err
	}
	refused := &pb.RefusedChange{}
	_, err := lww.Decode(body, refused)
	m.Patch, m.Device, m.Number, m.TimeMs = refused.Patch, refused.Device, refused.Number, refused.TimeMs
	return m, err
}

// waits tells whether a change of a device, by its number, lies on a desk already.
func (w *writing) waits(subject book.ID, device uint32, number uint64, patch []byte) (bool, error) {
	rows, err := w.tx.OnDesk(subject)
	if err != nil {
		return false, err
	}
	for _, r := range rows {
		s, err := open(r)
		if err != nil {
			return false, err
		}
		m, err := deskSuggestion(r.Kind, s.record.State.Body)
		if err != nil {
			return false, err
		}
		// By its bytes too: who offers it may have made up the number.
		if m.GetRow() == nil && m.GetDevice() == device && m.GetNumber() == number && bytes.Equal(lww.Bare(m.GetPatch()), lww.Bare(patch)) {
			return true, nil
		}
	}
	return false, nil
}

// offered looks whether an offer can be a row of this branch or commune, and gives it as the
// server would keep it: without a seq, its holder where the rules place it. Fields that only
// the server writes (offices, who has a phone) are not taken from a phone; a value that was
// overwritten consists of nothing else, and gives nobody anything.
func (w *writing) offered(a book.Actor, row *pb.Row) (rec book.Record, raw []byte, ok bool) {
	env := row.GetEnvelope()
	id, ok := book.IDFrom(env.GetId())
	if !ok || proto.Size(row) > 4*maxOp {
		return rec, nil, false
	}
	md, known := book.Descriptor(env.GetKind())
	state := lww.FromRow(row)
	switch {
	case !known, state.Valid() != nil, lww.Check(md, row.GetBody()) != nil, state.Created.IsZero(), state.Max().Stamp.Millis() > w.r.nowMS()+oddStampMS:
		return rec, nil, false
	case env.GetKind() != pb.Kind_KIND_OVERWRITTEN:
		state = state.Below(book.FirstServerField)
	}
	rec = book.Record{Kind: env.GetKind(), ID: id, State: state, Holder: book.HolderFrom(env.GetHolder())}
	rec.Author, _ = book.IDFrom(env.GetAuthor())
	rec.Subject, _ = book.IDFrom(env.GetSubject())
	rec.Household, _ = book.IDFrom(env.GetHousehold())
	if rec.Unit, _, ok = book.PlaceTakenOver(env, rec.Holder, a, w.world); !ok {
		return rec, nil, false
	}
	if s := w.world.stored(id); s != nil && (s.record.Kind != rec.Kind || s.record.Holder != rec.Holder || s.record.Unit != rec.Unit) {
		return rec, nil, false
	}
	clean := &pb.Row{Envelope: envelopeOf(rec)}
	rec.State.IntoRow(clean)
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(clean)
	return rec, raw, err == nil
}

// covered tells whether the database has all that an offered row has: in the record, or where
// something newer stands, in its history.
func (w *writing) covered(rec book.Record) (bool, error) {
	have := w.world.stored(rec.ID)
	if have == nil {
		return false, nil
	}
	joined, lost := lww.JoinTold(have.record.State, rec.State)
	if !sameState(joined, have.record.State) {
		return false, nil
	}
	lost, err := w.unknownToHistory(rec.ID, lost)
	return len(lost) == 0, err
}

// unknownToHistory gives those of lost values that the history of a record has not.
func (w *writing) unknownToHistory(record book.ID, lost []lww.Lost) (out []lww.Lost, err error) {
	for _, l := range lost {
		past, err := w.tx.History(record, uint64(l.Version.Stamp)+1, 1)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(past, func(v *pb.PastValue) bool {
			return v.GetField() == l.Field && v.GetStamp() == uint64(l.Version.Stamp) && v.GetDevice() == l.Version.Device && string(v.GetValue()) == string(l.Value)
		}) {
			out = append(out, l)
		}
	}
	return out, nil
}

func sameState(a, b lww.State) bool {
	var x, y pb.Row
	a.IntoRow(&x)
	b.IntoRow(&y)
	return lww.RowHash(&x) == lww.RowHash(&y)
}

func suggestionOf(r *store.Row) (*pb.Suggestion, error) {
	if r.Kind != pb.Kind_KIND_SUGGESTION {
		return nil, nil
	}
	s, err := open(r)
	if err != nil {
		return nil, err
	}
	m := &pb.Suggestion{}
	_, err = lww.Decode(s.record.State.Body, m)
	return m, err
}

// samePlace tells whether a row and the record under its id are of one kind and in one place.
func samePlace(a, b book.Record) bool {
	return a.Kind == b.Kind && a.Holder == b.Holder && a.Unit == b.Unit
}

// notAfter takes stamps of a clock that ran ahead back to now: whoever reads the record and
// writes after it must get a later one.
func notAfter(s lww.State, now hlc.Stamp) lww.State {
	s.Created.Stamp = min(s.Created.Stamp, now)
	s.Later = slices.Clone(s.Later)
	for i := range s.Later {
		s.Later[i].Stamp = min(s.Later[i].Stamp, now)
	}
	return lww.Join(s, lww.State{}) // entries that say by now what the creation says go
}

// waitingOffer is an offered row on a desk.
type waitingOffer struct {
	row *store.Row
	m   *pb.Suggestion
}

// open tells whether somebody has to decide about it still.
func (o waitingOffer) open() bool { return !o.m.GetSettled() && o.m.GetVerdict() == 0 }

// offersOf lists the offers of a record, whatever became of them.
func (w *writing) offersOf(record book.ID) (out []waitingOffer, err error) {
	rows, err := w.tx.OnDesk(record)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		m, err := suggestionOf(r)
		if err != nil {
			return nil, err
		}
		if m.GetRow() != nil {
			out = append(out, waitingOffer{r, m})
		}
	}
	return out, nil
}

// settleOffers marks offers of a record that is as they have it by now: nobody need decide
// about them.
func (w *writing) settleOffers(rec book.Record) error {
	if len(w.r.parent) == 0 || rec.Kind == pb.Kind_KIND_SUGGESTION || rec.Kind == pb.Kind_KIND_REFUSED {
		return nil
	}
	waiting, err := w.offersOf(rec.ID)
	if err != nil {
		return err
	}
	for _, o := range waiting {
		r := o.row
		if !o.open() {
			continue
		}
		row := &pb.Row{}
		if err := proto.Unmarshal(o.m.GetRow(), row); err != nil {
			return fmt.Errorf("offer %s: %w", r.ID, err)
		}
		if covered, err := w.covered(book.Record{ID: rec.ID, State: lww.FromRow(row)}); err != nil {
			return err
		} else if !covered {
			continue
		}
		set, err := lww.Encode(&pb.Suggestion{Settled: proto.Bool(true)})
		if err != nil {
			return err
		}
		if _, err := w.serverPatch(&pb.Envelope{Kind: r.Kind.Enum(), Id: r.ID.Bytes()}, r.Holder, r.Unit, set, nil); err != nil {
			return err
		}
	}
	return nil
}

// takenOver gives the row that a verdict takes over; false: it takes none over.
func takenOver(verdict book.Record) (rec book.Record, row *pb.Row, ok bool, err error) {
	if verdict.Kind != pb.Kind_KIND_SUGGESTION {
		return rec, nil, false, nil
	}
	m := &pb.Suggestion{}
	if _, err := lww.Decode(verdict.State.Body, m); err != nil {
		return rec, nil, false, err
	}
	if m.GetVerdict() != pb.Verdict_VERDICT_APPROVED || m.GetRow() == nil || m.GetSettled() {
		return rec, nil, false, nil
	}
	row = &pb.Row{}
	if err := proto.Unmarshal(m.GetRow(), row); err != nil {
		return rec, nil, false, fmt.Errorf("offer %s: %w", verdict.ID, err)
	}
	rec, ok = book.RecordFrom(row, verdict.Unit)
	return rec, row, ok, nil
}

// mayTakeOver refuses a verdict on a row that cannot stand: another record has its id by now,
// or what it is about is not here and nobody offered that either.
func (w *writing) mayTakeOver(verdict book.Record) (*book.Refusal, error) {
	rec, row, ok, err := takenOver(verdict)
	// What is offered stands on what is offered: a step on a petition on a household.
	for depth := 0; ok && err == nil && depth < 8; depth++ {
		if before := w.world.stored(rec.ID); before != nil && !samePlace(before.record, rec) {
			return book.SubjectMissing(), nil
		}
		var below *book.Record
		if below, err = w.subjectOffer(rec, row); below == nil || err != nil {
			return nil, err
		}
		if below.Kind != pb.Kind_KIND_SUGGESTION {
			return book.SubjectMissing(), nil
		}
		m := &pb.Suggestion{}
		if _, err = lww.Decode(below.State.Body, m); err != nil {
			return nil, err
		}
		row = &pb.Row{}
		if err = proto.Unmarshal(m.GetRow(), row); err == nil {
			rec, ok = book.RecordFrom(row, below.Unit)
		}
	}
	return nil, err
}

// subjectOffer tells what a row lacks: nil, nothing; the open offer of its subject; or, where
// there is none, the row itself.
func (w *writing) subjectOffer(rec book.Record, row *pb.Row) (*book.Record, error) {
	commune, _ := w.world.Commune(rec.Unit)
	a := book.Actor{Commune: commune}
	if commune != rec.Unit {
		a.Branch = rec.Unit
	}
	_, missing, ok := book.PlaceTakenOver(row.GetEnvelope(), rec.Holder, a, w.world)
	if !ok || !missing {
		return nil, nil
	}
	waiting, err := w.offersOf(rec.Subject)
	if err != nil {
		return nil, err
	}
	for _, o := range waiting {
		if !o.open() || o.row.Unit != rec.Unit {
			continue
		}
		s, err := open(o.row)
		if err != nil {
			return nil, err
		}
		return &s.record, nil
	}
	return &rec, nil
}

// takeOver merges an offered row that a person at the desk accepted, with the stamps, the
// author and the holder that it had. What it is about comes with it, where that was offered.
func (w *writing) takeOver(verdict book.Record) error {
	rec, row, ok, err := takenOver(verdict)
	if err != nil || !ok {
		return err
	}
	if below, err := w.subjectOffer(rec, row); err != nil {
		return err
	} else if below != nil && below.Kind == pb.Kind_KIND_SUGGESTION && below.ID != verdict.ID {
		if err := w.approveOffer(*below); err != nil {
			return err
		}
	}
	before := w.world.stored(rec.ID)
	var lost []lww.Lost
	kept := before
	rec.State = notAfter(rec.State, w.now)
	if before != nil {
		if !samePlace(before.record, rec) {
			return nil // mayTakeOver refuses it; this one came along with another
		}
		rec.Author, rec.Subject, rec.Household = before.record.Author, before.record.Subject, before.record.Household
		rec.State, lost = lww.JoinTold(before.record.State, rec.State)
		if lost, err = w.unknownToHistory(rec.ID, lost); err != nil {
			return err
		}
	}
	if before == nil || !sameState(rec.State, before.record.State) {
		if kept, err = w.put(rec, before); err != nil {
			return err
		}
		if rec.Kind == pb.Kind_KIND_REVIEW {
			if err := w.approved(kept.record); err != nil {
				return err
			}
		}
	}
	if err := w.keepLost(kept.record, lost); err != nil {
		return err
	}
	for _, l := range lost {
		if err := w.tellLoser(kept.record, l); err != nil {
			return err
		}
	}
	w.audit(serverDevice, "take over", rec.Holder)
	if err := w.settleOffers(kept.record); err != nil {
		return err
	}
	if before == nil {
		return w.arrived(kept.record)
	}
	return nil
}

// approveOffer takes an offer over because another, that was approved, stands on it.
func (w *writing) approveOffer(offer book.Record) error {
	set, err := lww.Encode(&pb.Suggestion{Verdict: pb.Verdict_VERDICT_APPROVED.Enum()})
	if err != nil {
		return err
	}
	after, err := w.serverPatch(&pb.Envelope{Kind: offer.Kind.Enum(), Id: offer.ID.Bytes()}, offer.Holder, offer.Unit, set, nil)
	if err != nil {
		return err
	}
	return w.takeOver(after.record)
}

// CommuneOffer is a row of the commune's own that phones still had after a restore.
type CommuneOffer struct {
	ID, Record book.ID
	Kind       pb.Kind
	// Missing: the record is not here at all; else it is here in another state.
	Missing bool
}

var errNoOffer = errors.New("no such offer")

// CommuneOffers lists what waits for the administrator after a restore: rows that the commune
// holds, which no branch's desk may decide about.
func (r *Registry) CommuneOffers(ctx context.Context) (out []CommuneOffer, err error) {
	err = r.store.Read(ctx, func(from store.Reader) error {
		out = nil
		units, err := from.Units()
		if err != nil {
			return err
		}
		for _, u := range units {
			if u.ID != u.Commune {
				continue
			}
			ids, err := from.HeldBy(book.Holder{Kind: pb.HolderKind_HOLDER_KIND_DESK, ID: u.ID})
			if err != nil {
				return err
			}
			for _, id := range ids {
				row, err := from.Row(id)
				if err != nil {
					return err
				}
				m, err := suggestionOf(row)
				if err != nil {
					return err
				}
				if m.GetRow() == nil || m.GetSettled() || m.GetVerdict() != 0 {
					continue
				}
				offered := &pb.Row{}
				if err := proto.Unmarshal(m.GetRow(), offered); err != nil {
					return fmt.Errorf("offer %s: %w", id, err)
				}
				have, err := from.Row(row.Subject)
				if err != nil {
					return err
				}
				out = append(out, CommuneOffer{ID: id, Record: row.Subject, Kind: offered.GetEnvelope().GetKind(), Missing: have == nil})
			}
		}
		return nil
	})
	return out, asProblem(err)
}

// DecideCommuneOffer takes such a row over, or lets it lie. The Problem is NOT_YOURS where none waits.
func (r *Registry) DecideCommuneOffer(ctx context.Context, id book.ID, accept bool) error {
	return asProblem(r.store.Write(ctx, func(tx store.Tx) error {
		w, err := r.begin(tx)
		if err != nil {
			return err
		}
		s := w.world.stored(id)
		if s == nil || s.record.Kind != pb.Kind_KIND_SUGGESTION || s.record.Holder != (book.Holder{Kind: pb.HolderKind_HOLDER_KIND_DESK, ID: s.record.Unit}) {
			return problem(pb.ProblemCode_PROBLEM_CODE_NOT_YOURS, errNoOffer)
		}
		if commune, _ := w.world.Commune(s.record.Unit); commune != s.record.Unit {
			return problem(pb.ProblemCode_PROBLEM_CODE_NOT_YOURS, errNoOffer) // a branch's own business
		}
		verdict := pb.Verdict_VERDICT_RETURNED
		if accept {
			verdict = pb.Verdict_VERDICT_APPROVED
		}
		set, err := lww.Encode(&pb.Suggestion{Verdict: verdict.Enum()})
		if err != nil {
			return err
		}
		after, err := w.serverPatch(&pb.Envelope{Kind: pb.Kind_KIND_SUGGESTION.Enum(), Id: id.Bytes()}, s.record.Holder, s.record.Unit, set, nil)
		if err != nil {
			return err
		}
		if refusal, err := w.mayTakeOver(after.record); err != nil {
			return err
		} else if refusal != nil {
			return &Problem{Code: pb.ProblemCode_PROBLEM_CODE_BAD_REQUEST, Sentence: refusal.UserMessage()}
		}
		if err := w.takeOver(after.record); err != nil {
			return err
		}
		return w.finish()
	}))
}

// BadOffers counts offered rows that could not be rows of the phone's branch, since the start.
func (r *Registry) BadOffers() uint64 { return r.badOffers.Load() }
