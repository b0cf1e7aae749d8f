package registry

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
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

// serverDevice is the number under which the server itself writes.
const serverDevice = 0

const metaClock = "clock"

var errBody = errors.New("a stored body cannot be read")

// writing is one call's part of a transaction: rows with their seq, digests, projections
// and the access log move together or not at all.
type writing struct {
	r       *Registry
	tx      store.Tx
	world   *world
	now     hlc.Stamp
	units   map[book.ID]*store.Unit
	sums    map[book.Holder]*holderSum
	audited map[auditKey]uint32
	// devices that this call reads or changes; finish writes them back.
	devices map[uint32]*store.Device
	// hasErased saves most calls the question for each change.
	hasErased bool
	handovers map[book.ID]uint64
	// cursors are the phone's; built are the seqs of rows that it makes itself from its own
	// change and what it has.
	cursors map[book.ID]uint64
	built   map[rowAt]bool
	// filling are the holders that the phone is still fetching.
	filling map[book.Holder]bool
	// What foresee found of ids that came with the call: no creation by the device foreseen had a
	// fate, nothing waits for them, they were not erased.
	unfated, unawaited, unerased map[book.ID]bool
	foreseen                     uint32
}

// rowAt is a place in the order of a partition.
type rowAt struct {
	unit book.ID
	seq  uint64
}

type holderSum struct {
	unit book.ID
	store.Sum
}

type auditKey struct {
	device uint32
	verb   string
	holder book.Holder
}

// begin opens one call's part of a transaction; finish closes it.
func (r *Registry) begin(tx store.Tx) (*writing, error) {
	b, err := tx.Meta(metaClock)
	if err != nil {
		return nil, err
	}
	if len(b) == 8 {
		r.clock.Observe(hlc.Stamp(binary.BigEndian.Uint64(b)))
	}
	erased, err := tx.HasErased()
	if err != nil {
		return nil, err
	}
	return &writing{hasErased: erased, unfated: map[book.ID]bool{}, unawaited: map[book.ID]bool{}, unerased: map[book.ID]bool{},
		handovers: map[book.ID]uint64{}, built: map[rowAt]bool{}, r: r, tx: tx, world: newWorld(tx), now: r.clock.Now(r.nowMS()),
		units: map[book.ID]*store.Unit{}, sums: map[book.Holder]*holderSum{}, audited: map[auditKey]uint32{}, devices: map[uint32]*store.Device{}}, nil
}

// finish writes what the call counted up.
func (w *writing) finish() error {
	if w.world.err != nil {
		return w.world.err
	}
	for _, u := range w.units {
		if err := w.tx.PutUnit(*u); err != nil {
			return err
		}
	}
	for h, s := range w.sums {
		if err := w.tx.SetHolderSum(h, s.unit, s.Sum); err != nil {
			return err
		}
	}
	for _, d := range w.devices {
		if err := w.tx.PutDevice(d); err != nil {
			return err
		}
	}
	if err := w.appendAudit(); err != nil {
		return err
	}
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(w.now))
	return w.tx.SetMeta(metaClock, b[:])
}

// appendAudit adds one line a device, verb and holder to the chain: each line's hash is
// over the one before, so that a line cannot be changed or taken out unseen.
func (w *writing) appendAudit() error {
	if len(w.audited) == 0 {
		return nil
	}
	head, err := w.tx.AuditHead()
	if err != nil {
		return err
	}
	keys := make([]auditKey, 0, len(w.audited))
	for k := range w.audited {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b auditKey) int {
		return cmp.Or(cmp.Compare(a.device, b.device), cmp.Compare(a.verb, b.verb), cmp.Compare(a.holder.Kind, b.holder.Kind), slices.Compare(a.holder.ID[:], b.holder.ID[:]))
	})
	entries := make([]store.AuditEntry, len(keys))
	for i, k := range keys {
		e := store.AuditEntry{MS: w.now.Millis(), Device: k.device, Verb: k.verb, Holder: k.holder, Count: w.audited[k]}
		e.Hash = auditHash(head, e)
		head = e.Hash
		entries[i] = e
	}
	return w.tx.AppendAudit(entries)
}

func auditHash(head []byte, e store.AuditEntry) []byte {
	b := append([]byte(nil), head...)
	b = binary.BigEndian.AppendUint64(b, uint64(e.MS))
	b = binary.BigEndian.AppendUint32(b, e.Device)
	b = append(b, byte(len(e.Verb)))
	b = append(b, e.Verb...)
	b = append(b, byte(e.Holder.Kind))
	b = append(b, e.Holder.ID[:]...)
	b = binary.BigEndian.AppendUint32(b, e.Count)
	sum := sha256.Sum256(b)
	return sum[:]
}

func (w *writing) audit(device uint32, verb string, h book.Holder) {
	w.audited[auditKey{device, verb, h}]++
}

// device gives the one copy of a device that this call works on.
func (w *writing) device(number uint32) (*store.Device, error) {
	if d := w.devices[number]; d != nil {
		return d, nil
	}
	d, err := w.tx.Device(number)
	if d != nil {
		w.devices[number] = d
	}
	return d, err
}

func (w *writing) unit(id book.ID) (*store.Unit, error) {
	if u := w.units[id]; u != nil {
		return u, nil
	}
	u, ok, err := w.tx.Unit(id)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, problem(pb.ProblemCode_PROBLEM_CODE_NOT_YOURS, errNoUnit)
	}
	w.units[id] = &u
	return &u, nil
}

// sumOf gives the one copy of a holder's digest that this call works on.
func (w *writing) sumOf(h book.Holder, unit book.ID) (*holderSum, error) {
	if s := w.sums[h]; s != nil {
		return s, nil
	}
	sum, err := w.tx.HolderSum(h)
	if err != nil {
		return nil, err
	}
	s := &holderSum{unit, sum}
	w.sums[h] = s
	return s, nil
}

// put stores a record: it takes the next seq of its partition, moves both digests, and
// keeps the projections that rights and views are computed from.
func (w *writing) put(rec book.Record, before *stored) (*stored, error) {
	u, err := w.unit(rec.Unit)
	if err != nil {
		return nil, err
	}
	s, err := w.sumOf(rec.Holder, rec.Unit)
	if err != nil {
		return nil, err
	}
	u.Seq++
	rec.Seq = u.Seq
	row := &pb.Row{Envelope: envelopeOf(rec), Seq: proto.Uint64(rec.Seq)}
	rec.State.IntoRow(row)
	delta := lww.RowHash(row)
	if before != nil {
		delta -= lww.RowHash(before.row)
	} else {
		u.Sum.Rows++
		s.Rows++
	}
	u.Sum.Digest += delta
	s.Digest += delta
	b, err := proto.Marshal(row)
	if err != nil {
		return nil, err
	}
	if err := w.tx.PutRow(&store.Row{ID: rec.ID, Unit: rec.Unit, Author: rec.Author, Subject: rec.Subject, Holder: rec.Holder,
		Kind: rec.Kind, Seq: rec.Seq, Bytes: b}, phaseOf(rec.Kind)); err != nil {
		return nil, err
	}
	after := &stored{row, rec}
	if err := w.project(after, before); err != nil {
		return nil, err
	}
	w.world.wrote(after)
	return after, nil
}

func envelopeOf(rec book.Record) *pb.Envelope {
	e := &pb.Envelope{Kind: rec.Kind.Enum(), Id: rec.ID.Bytes(), Author: rec.Author.Bytes(), Subject: rec.Subject.Bytes(), Holder: rec.Holder.Proto()}
	if !rec.Household.IsZero() {
		e.Household = rec.Household.Bytes()
	}
	return e
}

// project keeps the small tables beside the rows: who looks after whom since which seq,
// who holds which office, and which versions a reviewed record has had.
func (w *writing) project(after, before *stored) error {
	rec := after.record
	switch rec.Kind {
	case pb.Kind_KIND_UNIT:
		return w.projectUnit(rec)
	case pb.Kind_KIND_HOUSEHOLD:
		if err := w.projectHousehold(rec); err != nil {
			return err
		}
	case pb.Kind_KIND_MEMBER:
		return w.projectMember(rec)
	}
	if info, _ := book.KindInfo(rec.Kind); info.Reviewed && before != nil {
		was, is := lww.Digest(before.record.State.Body), lww.Digest(rec.State.Body)
		if was != is {
			return w.tx.AddVersion(rec.ID, was, book.LastWriters(before.record, w.world))
		}
	}
	return nil
}

// projectUnit makes a unit right below the commune a partition of its own: a branch.
func (w *writing) projectUnit(rec book.Record) error {
	if rec.Subject != rec.Unit {
		return nil
	}
	if _, known := w.world.Commune(rec.ID); known {
		return nil
	}
	w.units[rec.ID] = &store.Unit{ID: rec.ID, Commune: rec.Unit}
	w.world.units[rec.ID] = rec.Unit
	return nil
}

func (w *writing) projectHousehold(rec book.Record) error {
	facts, ok := book.HouseholdFactsOf(rec)
	if !ok {
		return fmt.Errorf("household %s: %w", rec.ID, errBody)
	}
	member := facts.Member
	h := store.Household{HouseholdFacts: facts, Since: rec.Seq}
	old, had, err := w.tx.Household(rec.ID)
	if err != nil {
		return err
	}
	if had && old.Member == member {
		h.Since = old.Since
		if old == h {
			return nil
		}
	} else {
		if err := w.tx.AssignHousehold(rec.ID, member, rec.Seq); err != nil {
			return err
		}
		if had && !old.Member.IsZero() {
			if err := w.handedOver(rec.Unit, rec.Seq); err != nil {
				return err
			}
		}
	}
	return w.tx.PutHousehold(h)
}

func metaHandover(unit book.ID) string { return "handover:" + unit.String() }

// handedOver notes the seq of a partition's last handover: a device that matched its view
// before it does not know of it.
func (w *writing) handedOver(unit book.ID, seq uint64) error {
	w.handovers[unit] = seq
	return w.tx.SetMeta(metaHandover(unit), binary.BigEndian.AppendUint64(nil, seq))
}

func (w *writing) lastHandover(unit book.ID) (uint64, error) {
	seq, known := w.handovers[unit]
	if known {
		return seq, nil
	}
	seq, err := lastHandover(w.tx, unit)
	w.handovers[unit] = seq
	return seq, err
}

func lastHandover(from store.Reader, unit book.ID) (uint64, error) {
	b, err := from.Meta(metaHandover(unit))
	if err != nil || len(b) != 8 {
		return 0, err
	}
	return binary.BigEndian.Uint64(b), nil
}

func (w *writing) projectMember(rec book.Record) error {
	facts, _, ok := book.MemberFactsOf(rec)
	if !ok {
		return fmt.Errorf("member %s: %w", rec.ID, errBody)
	}
	now := store.Member{MemberFacts: facts}
	old, had, err := w.tx.Member(rec.ID)
	if err != nil {
		return err
	}
	now.Since, now.ProxySince = rec.Seq, rec.Seq
	if had && old.Office == now.Office && old.Deleted == now.Deleted {
		now.Since = old.Since
	}
	if had && slices.Equal(sorted(old.Proxies), sorted(now.Proxies)) {
		now.ProxySince = old.ProxySince
	}
	desk := func(m store.Member) bool {
		return !m.Deleted && book.IsDesk(m.Office)
	}
	if was := had && desk(old); was != desk(now) {
		if err := w.tx.AssignOffice(rec.Unit, rec.ID, desk(now), rec.Seq); err != nil {
			return err
		}
		if was {
			if err := w.handedOver(rec.Unit, rec.Seq); err != nil {
				return err
			}
		}
	}
	if err := w.projectProxies(rec, old, now); err != nil {
		return err
	}
	return w.tx.PutMember(now)
}

// projectProxies keeps who was a member's proxy from which seq to which. For a proxy the end of
// it is what a handover is for a household's member.
func (w *writing) projectProxies(rec book.Record, old, now store.Member) error {
	were, are := old.Proxies, now.Proxies
	if old.Deleted {
		were = nil
	}
	if now.Deleted {
		are = nil
	}
	for _, p := range sorted(are) {
		if !slices.Contains(were, p) {
			if err := w.tx.AssignProxy(rec.ID, p, true, rec.Seq); err != nil {
				return err
			}
		}
	}
	for _, p := range sorted(were) {
		if slices.Contains(are, p) {
			continue
		}
		if err := w.tx.AssignProxy(rec.ID, p, false, rec.Seq); err != nil {
			return err
		}
		if err := w.handedOver(rec.Unit, rec.Seq); err != nil {
			return err
		}
	}
	return nil
}

func sorted(ids []book.ID) []book.ID {
	out := slices.Clone(ids)
	slices.SortFunc(out, func(a, b book.ID) int { return slices.Compare(a[:], b[:]) })
	return out
}

// serverPatch merges a change that the server itself makes: an import, an office, a device.
func (w *writing) serverPatch(env *pb.Envelope, holder book.Holder, unit book.ID, set []byte, cleared []uint32) (*stored, error) {
	id, ok := book.IDFrom(env.GetId())
	if !ok {
		return nil, book.ErrBadID
	}
	w.now = w.now.Next()
	w.r.clock.Observe(w.now)
	v := lww.Version{Stamp: w.now, Device: serverDevice}
	before := w.world.stored(id)
	var rec book.Record
	if before != nil {
		rec = before.record
	} else {
		rec = book.Record{Kind: env.GetKind(), ID: id, Holder: holder, Unit: unit}
		rec.Subject, _ = book.IDFrom(env.GetSubject())
		rec.Household, _ = book.IDFrom(env.GetHousehold())
	}
	c := lww.Change{Set: set, Cleared: cleared, Version: v, Create: before == nil}
	state, lost, err := lww.Merge(rec.State, c)
	if err != nil {
		return nil, err
	}
	rec.State = state
	after, err := w.put(rec, before)
	if err != nil {
		return nil, err
	}
	return after, w.keepLost(after.record, lost)
}
