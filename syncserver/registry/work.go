package registry

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/store"
)

// Work is what a revoked phone had not sent. It is kept sealed as it came, and each change of
// it lies on a desk, so that somebody sees it.

// maxWork is how many pieces of work the server keeps of one device: who holds a stolen
// phone must not fill the disk with its work.
const maxWork = 16

const (
	// mostNumbers is how many numbers a piece of work may cover, mostPieces how many changes and
	// rows there may be in it; one with more is no phone's.
	mostNumbers = 1 << 18
	mostPieces  = 2 * defaultDayOps
)

// HandOverWork keeps what a revoked phone had not sent, sealed to the recovery key. The
// Problem is THROTTLED for more than a phone has.
func (r *Registry) HandOverWork(ctx context.Context, c Caller, req *pb.HandOverWorkRequest) (*pb.HandOverWorkResponse, error) {
	const most = 8 << 20
	if c.Device == 0 || len(req.GetSealed()) > most {
		return nil, problem(pb.ProblemCode_PROBLEM_CODE_BAD_REQUEST, nil)
	}
	err := r.store.Write(ctx, func(tx store.Tx) error {
		w, err := r.begin(tx)
		if err != nil {
			return err
		}
		// A revoked caller acts for nobody, so the device says whose work it is.
		d, err := tx.Device(c.Device)
		if err != nil {
			return err
		}
		if d == nil {
			return problem(pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN, errDevice)
		}
		if n, err := tx.WorkCount(c.Device); err != nil {
			return err
		} else if n >= maxWork {
			return problem(pb.ProblemCode_PROBLEM_CODE_THROTTLED, errWork)
		}
		w.audit(c.Device, "hand over", book.Holder{Kind: pb.HolderKind_HOLDER_KIND_MEMBER, ID: d.Member})
		if err := w.takeWork(d, req.GetDevice(), req.GetSealed()); err != nil {
			return err
		}
		return w.finish()
	})
	if err != nil {
		return nil, asProblem(err)
	}
	return &pb.HandOverWorkResponse{}, nil
}

// takeWork keeps handed-over work as it came, without what is about erased households, and
// lays it out.
func (w *writing) takeWork(d *store.Device, named uint32, sealed []byte) error {
	number, work, err := w.r.openWork(w.tx, d.Number, sealed)
	if err != nil {
		return err
	}
	unknown := false
	if work == nil && named != 0 {
		// A copy that got its number after the backup: nobody here knows of it, but it is one of d.
		stranger, err := w.device(named)
		if err != nil {
			return err
		}
		if stranger == nil {
			work, number, unknown = w.r.unsealWork(named, sealed), named, true
		}
	}
	if len(work.GetOps()) > mostNumbers || piecesOf(work) > mostPieces {
		return problem(pb.ProblemCode_PROBLEM_CODE_THROTTLED, errWork)
	}
	waits := store.Unreadable
	if work != nil {
		known, err := w.forgetKnown(number, work)
		if err != nil {
			return err
		}
		erased, err := w.forgetErased(work)
		if err != nil {
			return err
		}
		m := w.world.member(d.Member)
		var offers []*pb.Row
		if m != nil {
			offers, work.Offers = work.GetOffers(), nil // the desk has them, or nobody needs them
		}
		if waits, err = w.layOut(d, m, number, work, offers); err != nil {
			return err
		}
		if unknown {
			number = d.Number // under which it is found from now on
		}
		if known || erased || unknown || len(offers) > 0 {
			if sealed, err = w.sealWork(number, work); err != nil {
				return err
			}
		}
	}
	if len(sealed) == 0 {
		return nil
	}
	return w.tx.PutWork(d.Number, w.now.Millis(), waits, sealed)
}

// piecesOf counts the changes and rows in handed-over work.
func piecesOf(work *pb.SyncRequest) int {
	n := len(work.GetOffers())
	for _, op := range work.GetOps() {
		if len(op) > 0 {
			n++
		}
	}
	return n
}

// forgetKnown takes out of handed-over work what the server has: changes that the phone has an
// ack for, unless they are above what this database, perhaps a restored one, ever took from
// it. A number alone says that only of those: a copy's own changes have the same numbers.
func (w *writing) forgetKnown(number uint32, work *pb.SyncRequest) (changed bool, err error) {
	d, err := w.device(number)
	if err != nil || d == nil || copied(d, work) {
		return false, err
	}
	for i := range work.GetOps() {
		if work.GetFirst()+uint64(i) <= min(work.GetConfirmed(), d.LastOp) {
			work.Ops[i], changed = nil, true
		}
	}
	return changed, nil
}

// copied tells whether the last change of a device here is not the one under its number in the
// work: a copy of the phone has used the numbers since a restore.
func copied(d *store.Device, work *pb.SyncRequest) bool {
	if d.LastOp < work.GetFirst() || d.LastName == nil {
		return false
	}
	i := d.LastOp - work.GetFirst()
	if i >= uint64(len(work.GetOps())) {
		return true
	}
	o := &op{raw: work.GetOps()[i]}
	return len(o.raw) > 0 && !bytes.Equal(o.name(), d.LastName)
}

// layOut puts the work of a revoked phone on the desk of its member's branch, a suggestion for
// each change, and what it offers with it. What was acked before, or laid out by an earlier
// try of the same phone, is not laid out again. It gives how many pieces wait still: all of
// them where nothing is known of the member (m is nil; see layOutWaiting).
func (w *writing) layOut(d *store.Device, m *store.Member, number uint32, work *pb.SyncRequest, offers []*pb.Row) (waits int, err error) {
	if m == nil {
		return piecesOf(work), nil
	}
	// A revoked phone acts for nobody; its work is of its member's branch, or their own where
	// they have none.
	a := book.Actor{Member: m.ID, Branch: m.Unit}
	a.Commune, _ = w.world.Commune(m.Unit)
	to := book.Holder{Kind: pb.HolderKind_HOLDER_KIND_DESK, ID: m.Unit}
	if a.Commune == a.Branch {
		a.Branch = book.ID{}
		to = book.Holder{Kind: pb.HolderKind_HOLDER_KIND_MEMBER, ID: m.ID}
	}
	as := number
	if from, err := w.device(number); err != nil {
		return 0, err
	} else if from == nil {
		as = d.Number
	}
	if waits, err = w.layOutChanges(to, m.Unit, number, as, work); err != nil {
		return 0, err
	}
	return waits, w.offers(d, a, offers)
}

// layOutChanges lays the changes of a device number out as those of the device as.
func (w *writing) layOutChanges(to book.Holder, unit book.ID, number, as uint32, work *pb.SyncRequest) (waits int, err error) {
	first := work.GetFirst()
	known := map[uint64]string{}
	entries, err := w.tx.Log(number, first, first+uint64(len(work.GetOps())))
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		known[e.Number] = string(e.Hash)
	}
	laid := 0
	for i, raw := range work.GetOps() {
		n := first + uint64(i)
		var patch pb.Patch
		if len(raw) == 0 || known[n] == string(lww.ChangeHash(raw)) || len(raw) > maxOp || proto.Unmarshal(raw, &patch) != nil {
			continue
		}
		id := workID(number, n, raw)
		if w.world.stored(id) != nil {
			continue
		}
		if laid++; laid > maxOps {
			waits++
			continue
		}
		body, err := lww.Encode(&pb.Suggestion{Patch: raw, Why: pb.SuggestionReason_SUGGESTION_REASON_DEVICE_REVOKED.Enum(), Device: proto.Uint32(as),
			Number: proto.Uint64(n), TimeMs: proto.Int64(w.now.Millis())})
		if err != nil {
			return 0, err
		}
		subject, _ := book.IDFrom(patch.GetEnvelope().GetId())
		env := &pb.Envelope{Kind: pb.Kind_KIND_SUGGESTION.Enum(), Id: id.Bytes(), Subject: subject.Bytes()}
		if h := w.householdOf(&patch, unit); !h.IsZero() {
			env.Household = h.Bytes()
		}
		if _, err := w.serverPatch(env, to, unit, body, nil); err != nil {
			return 0, err
		}
	}
	return waits, nil
}

// layOutWaiting lays out what the phones of a member handed over before the member was known
// here: a restored database may get the phone's work before the member's record. Their
// numbers come to stand in the record.
func (w *writing) layOutWaiting(member book.ID) error {
	devices, err := w.tx.DevicesOf(member)
	if err != nil || len(devices) == 0 {
		return err
	}
	for _, d := range devices {
		if err := w.listDevice(member, d.Number); err != nil {
			return err
		}
	}
	if waiting, err := w.tx.WaitingWork(); err != nil || len(waiting) == 0 {
		return err
	}
	all, err := w.tx.AllWork()
	if err != nil {
		return err
	}
	for _, kept := range all {
		i := slices.IndexFunc(devices, func(d *store.Device) bool { return d.Number == kept.Device })
		if i < 0 || kept.Waits <= 0 {
			continue
		}
		number, work, err := w.r.openWork(w.tx, kept.Device, kept.Sealed)
		if err != nil {
			return err
		}
		if work == nil {
			continue
		}
		offers := work.GetOffers()
		work.Offers = nil
		waits, err := w.layOut(devices[i], w.world.member(member), number, work, offers)
		if err != nil {
			return err
		}
		sealed, err := w.sealWork(number, work)
		if err != nil {
			return err
		}
		if err := w.tx.SetWork(kept.N, waits, sealed); err != nil {
			return err
		}
	}
	return nil
}

// sealWork packs handed-over work again, as the phone had; nothing where nothing is left of it.
func (w *writing) sealWork(number uint32, work *pb.SyncRequest) ([]byte, error) {
	if len(work.GetOffers()) == 0 && !slices.ContainsFunc(work.GetOps(), func(op []byte) bool { return len(op) > 0 }) {
		return nil, nil
	}
	b, err := proto.Marshal(work)
	if err != nil {
		return nil, err
	}
	public, err := w.r.recovery.Public()
	if err != nil {
		return nil, err
	}
	return seal.SealWork(public, recoveryName(w.r.server, number), b)
}

// openWork opens what a phone handed over: it sealed it under its own number or, where it is
// a copy, under the one that it was given. Nil: it does not open, or cannot be read.
func (r *Registry) openWork(from store.Reader, device uint32, sealed []byte) (uint32, *pb.SyncRequest, error) {
	all, err := from.Devices()
	if err != nil {
		return 0, nil, err
	}
	i := slices.IndexFunc(all, func(d *store.Device) bool { return d.Number == device })
	if i < 0 {
		return 0, nil, nil
	}
	for _, c := range all {
		if !oneBook(c, all[i]) {
			continue
		}
		if work := r.unsealWork(c.Number, sealed); work != nil {
			return c.Number, work, nil
		}
	}
	return 0, nil, nil
}

func (r *Registry) unsealWork(number uint32, sealed []byte) *pb.SyncRequest {
	b, err := seal.OpenWork(r.recovery, recoveryName(r.server, number), sealed)
	if err != nil {
		return nil
	}
	work := &pb.SyncRequest{}
	if proto.Unmarshal(b, work) != nil {
		return nil
	}
	return work
}

// workID names the suggestion of one handed over change: the same one for the same change.
func workID(device uint32, number uint64, raw []byte) book.ID {
	sum := sha256.Sum256(fmt.Appendf(nil, "work %d %d %x", device, number, lww.ChangeHash(raw)))
	id := book.ID(sum[:16])
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80
	return id
}
