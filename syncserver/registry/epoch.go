package registry

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/store"
)

// An epoch is one unbroken life of the database. A restore begins a new one, because numbers
// that the lost days gave out are given out again for other things: a phone must know up to
// where its cursors still mean the same.

const (
	metaEpochs = "epochs"
	metaBackup = "backup"
	// deviceGap keeps the numbers of devices that enrolled after the backup from being given
	// to others: rows name devices by number.
	deviceGap = 1000
)

// branchOff is one restore: the epoch that it broke off, and how far partitions had come.
type branchOff struct {
	From []byte            `json:"from"`
	At   map[string]uint64 `json:"at"`
}

// Restored says what a restored database has.
type Restored struct {
	Rows             uint64
	Devices          int
	Erased, Revoked  int
	Codes            int
	AsOf             time.Time
	Epoch, FromEpoch []byte
}

// StartNewEpoch begins a new epoch in the data directory of a server that does not run, as the
// last step of a restore: open codes are void, devices may go on above gaps, the numbers of
// devices that enrolled since are left out, and what gone lists is erased or revoked here too.
// The list is written into the directory before.
func StartNewEpoch(ctx context.Context, dir string, o Options, gone Gone) (Restored, error) {
	var out Restored
	// The lives part before anything else is written: what is erased or tried again from here
	// on has numbers of the new one.
	r, err := openDir(ctx, dir, o, func(r *Registry, ctx context.Context) (err error) {
		if out, err = r.newEpoch(ctx, gone); err != nil {
			return err
		}
		return r.start(ctx)
	})
	if err != nil {
		return Restored{}, err
	}
	return out, r.Close()
}

func (r *Registry) newEpoch(ctx context.Context, gone Gone) (out Restored, err error) {
	err = r.store.Write(ctx, func(tx store.Tx) error {
		out = Restored{Erased: len(gone.Households)}
		w, err := r.begin(tx)
		if err != nil {
			return err
		}
		if err := w.branchOff(&out); err != nil {
			return err
		}
		if err := w.devicesAfterRestore(gone, &out); err != nil {
			return err
		}
		codes, err := tx.Codes()
		if err != nil {
			return err
		}
		for _, c := range codes {
			if c.Device == 0 && !c.Revoked {
				c.Revoked = true
				out.Codes++
				if err := tx.PutCode(c); err != nil {
					return err
				}
			}
		}
		w.audit(serverDevice, "restore", book.Holder{})
		return w.finish()
	})
	if err == nil {
		r.epoch, r.parent = out.Epoch, out.FromEpoch
	}
	return out, err
}

// branchOff gives the database a new epoch and remembers where it left the old one.
func (w *writing) branchOff(out *Restored) error {
	chain, err := epochChain(w.tx)
	if err != nil {
		return err
	}
	at := branchOff{From: w.r.epoch, At: map[string]uint64{}}
	units, err := w.tx.Units()
	if err != nil {
		return err
	}
	for _, u := range units {
		at.At[hex.EncodeToString(u.ID[:])] = u.Seq
		out.Rows += u.Sum.Rows
	}
	b, err := json.Marshal(append(chain, at))
	if err != nil {
		return err
	}
	// What stands is what the last transaction before the backup left; the clock knows when.
	last, err := w.tx.Meta(metaClock)
	if err != nil {
		return err
	}
	if len(last) == 8 {
		out.AsOf = hlc.Stamp(binary.BigEndian.Uint64(last)).Time()
	}
	epoch := book.NewID(w.r.nowMS(), w.r.random)
	out.Epoch, out.FromEpoch = epoch.Bytes(), w.r.epoch
	for name, v := range map[string][]byte{metaEpochs: b, metaParent: w.r.epoch, metaEpoch: epoch.Bytes()} {
		if err := w.tx.SetMeta(name, v); err != nil {
			return err
		}
	}
	return nil
}

func (w *writing) devicesAfterRestore(gone Gone, out *Restored) error {
	devices, err := w.tx.Devices()
	if err != nil {
		return err
	}
	var last uint32
	have := map[uint32]bool{}
	for _, d := range devices {
		have[d.Number], last = true, max(last, d.Number)
		out.Devices++
		if d, err = w.device(d.Number); err != nil {
			return err
		}
		d.Jump, d.AheadMS = true, 0
		if e, ok := gone.Devices[d.Number]; ok && e.Name == deviceName(d.Key) && !d.Revoked {
			out.Revoked++
			if err := w.revoke(d, serverDevice); err != nil {
				return err
			}
		}
	}
	// Those that enrolled and were revoked after the backup have work to hand over as well.
	for _, number := range slices.Sorted(maps.Keys(gone.Devices)) {
		last = max(last, number)
		e := gone.Devices[number]
		if have[number] || e.Key == nil {
			continue
		}
		out.Revoked++
		w.devices[number] = e.device(number)
		w.audit(serverDevice, "revoke", book.Holder{Kind: pb.HolderKind_HOLDER_KIND_MEMBER, ID: e.Member})
		if w.world.member(e.Member) == nil {
			continue // who enrolled after the backup too
		}
		if err := w.listDevice(e.Member, number); err != nil {
			return err
		}
	}
	// Another restore of the same backup must not give the same numbers, and nothing that it
	// could ask knows which were given.
	var b [2]byte
	if _, err := io.ReadFull(w.r.random, b[:]); err != nil {
		return fmt.Errorf("device numbers: %w", err)
	}
	return w.tx.SetNextDevice(last + deviceGap + uint32(binary.BigEndian.Uint16(b[:])))
}

// deviceName tells a device, by its public key, from another that got the same number in
// another life.
func deviceName(key []byte) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:16])
}

func epochChain(from store.Reader) (chain []branchOff, err error) {
	b, err := from.Meta(metaEpochs)
	if err != nil || b == nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &chain); err != nil {
		return nil, fmt.Errorf("epochs: %w", err)
	}
	return chain, nil
}

// epochFor tells a phone of another epoch how far its life and this one agree, and which of
// its changes are here. Of an epoch that is not in the chain nothing is known: it has nothing
// in common with this one, and the phone fetches everything anew.
func (r *Registry) epochFor(ctx context.Context, c Caller, req *pb.SyncRequest) (*pb.Epoch, error) {
	out := &pb.Epoch{Id: r.epoch, Parent: r.parent}
	err := r.store.Read(ctx, func(from store.Reader) error {
		d, err := from.Device(req.GetDevice())
		if err != nil {
			return err
		}
		if may, err := speaksFor(from, c.Device, d); err != nil {
			return err
		} else if may {
			out.LastOp, out.LastName = proto.Uint64(d.LastOp), d.LastName
		}
		chain, err := epochChain(from)
		if err != nil {
			return err
		}
		at := commonPast(chain, req.GetEpoch())
		units, err := from.Units()
		if err != nil {
			return err
		}
		for _, u := range units {
			if seq, ok := at[hex.EncodeToString(u.ID[:])]; ok && (u.ID == c.Commune || u.ID == c.Branch) {
				out.At = append(out.At, &pb.Cursor{Unit: u.ID.Bytes(), Seq: proto.Uint64(seq)})
			}
		}
		return nil
	})
	return out, err
}

// commonPast is how far each partition had come at the first restore after an epoch, or at a
// later one if that went further back.
func commonPast(chain []branchOff, epoch []byte) map[string]uint64 {
	var at map[string]uint64
	for _, b := range chain {
		if at == nil && !lww.IsEpoch(b.From, epoch) {
			continue
		}
		if at == nil {
			at = b.At
			continue
		}
		both := map[string]uint64{}
		for unit, seq := range at {
			if then, ok := b.At[unit]; ok {
				both[unit] = min(seq, then)
			}
		}
		at = both
	}
	return at
}

var errReclaim = errors.New("no device with this key")

// ReclaimToken gives a new token to a device that proves with its key who it is: after a
// restore the server does not know tokens that it gave since the backup. The Problem is
// TOKEN_UNKNOWN for an unknown device, a wrong signature or a server that was never
// restored, all in the same words. A revoked device gets one too, restored or not: all it is
// good for is to hand over what it has not sent, and the token that a copy shows may have
// been changed by the phone that it is a copy of.
func (r *Registry) ReclaimToken(ctx context.Context, ch Channel, req *pb.ReclaimTokenRequest) (*pb.ReclaimTokenResponse, error) {
	if !r.throttle.allow(r.now()) {
		return nil, problem(pb.ProblemCode_PROBLEM_CODE_THROTTLED, nil)
	}
	token, hash := seal.NewToken(r.random)
	err := r.store.Write(ctx, func(tx store.Tx) error {
		d, err := tx.Device(req.GetDevice())
		if err != nil {
			return err
		}
		if d == nil || len(r.parent) == 0 && !d.Revoked {
			return problem(pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN, errReclaim)
		}
		claim := seal.ReclaimClaim{Server: r.server, Device: req.GetDevice(), Channel: ch.EKM, SPKI: ch.SPKI}
		if seal.VerifyReclaim(ed25519.PublicKey(d.Key), claim, req.GetSignature()) != nil {
			return problem(pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN, errReclaim)
		}
		// A copy shows the token of the first device until here, and takes it from nobody.
		w, err := r.begin(tx)
		if err != nil {
			return err
		}
		// As after a rotation, the old token is good until the new one was used.
		d.OldToken, d.TokenHash, d.TokenMS = d.TokenHash, hash[:], r.nowMS()
		w.devices[d.Number] = d
		w.audit(d.Number, "reclaim", book.Holder{Kind: pb.HolderKind_HOLDER_KIND_MEMBER, ID: d.Member})
		return w.finish()
	})
	if err != nil {
		return nil, asProblem(err)
	}
	return &pb.ReclaimTokenResponse{Token: proto.String(token)}, nil
}

// backupNote is when the last backup was finished.
type backupNote struct {
	MS int64 `json:"ms"`
}

// MarkKept notes that a finished backup holds the changes of each device up to a number, and
// when it was taken: phones need not keep those for a restore.
func (r *Registry) MarkKept(ctx context.Context, kept map[uint32]uint64, at time.Time) error {
	return asProblem(r.store.Write(ctx, func(tx store.Tx) error {
		for number, n := range kept {
			d, err := tx.Device(number)
			if err != nil {
				return err
			}
			if d == nil || n <= d.Kept {
				continue
			}
			d.Kept = min(n, d.LastOp)
			if err := tx.PutDevice(d); err != nil {
				return err
			}
		}
		b, err := json.Marshal(backupNote{at.UnixMilli()})
		if err != nil {
			return err
		}
		return tx.SetMeta(metaBackup, b)
	}))
}

// LastBackup is when the last finished backup was taken; zero: never.
func (r *Registry) LastBackup(ctx context.Context) (at time.Time, err error) {
	err = r.store.Read(ctx, func(from store.Reader) error {
		b, err := from.Meta(metaBackup)
		if err != nil || b == nil {
			return err
		}
		var note backupNote
		if err := json.Unmarshal(b, &note); err != nil {
			return fmt.Errorf("backup note: %w", err)
		}
		at = time.UnixMilli(note.MS)
		return nil
	})
	return at, asProblem(err)
}

// unknownCopy gives a copy of a device, which got its number after the backup, a new one; the
// same again when it asks again.
func (r *Registry) unknownCopy(ctx context.Context, c Caller, req *pb.SyncRequest, out *pb.SyncResponse) error {
	return r.store.Write(ctx, func(tx store.Tx) error {
		w, err := r.begin(tx)
		if err != nil {
			return err
		}
		d, err := w.device(c.Device)
		if err != nil {
			return err
		}
		if d == nil {
			return problem(pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN, errDevice)
		}
		mark := sha256.Sum256(fmt.Appendf(nil, "number %d of a life before", req.GetDevice()))
		if out.Clone, err = w.clone(d, mark[:16]); err != nil {
			return err
		}
		return w.finish()
	})
}

// sameEpoch tells whether a request is of this life of the database.
func (r *Registry) sameEpoch(req *pb.SyncRequest) bool {
	return len(req.GetEpoch()) == 0 || lww.IsEpoch(r.epoch, req.GetEpoch())
}
