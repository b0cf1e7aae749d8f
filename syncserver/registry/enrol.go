package registry

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/store"
)

const (
	// codeMS is how long a code may be used.
	codeMS = 14 * 24 * 3600 * 1000
	// codeFailures wrong proofs and a code is dead.
	codeFailures = 10
	// nonceLen is the least length of a phone's nonce.
	nonceLen = 16
)

var (
	errProof    = errors.New("proof does not fit")
	errWork     = errors.New("device handed over too much work")
	errNoMember = errors.New("no such member, or not of the caller's branch")
)

// Channel is what binds an enrolment to one connection: empty over plain HTTP on loopback.
type Channel struct {
	EKM, SPKI []byte
	// Remote is where the call comes from, for the throttle only.
	Remote string
}

// throttle bounds how many enrolment calls the server answers: guessing codes, and a
// thousand phones at once, must not keep it from its work. A bucket of tokens.
type throttle struct {
	mu     sync.Mutex
	tokens float64
	last   time.Time
}

const (
	enrolBurst     = 200
	enrolPerSecond = 20
)

func (t *throttle) allow(now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last.IsZero() {
		t.tokens = enrolBurst
	} else if d := now.Sub(t.last).Seconds(); d > 0 {
		t.tokens = min(enrolBurst, t.tokens+d*enrolPerSecond)
	}
	t.last = now
	if t.tokens < 1 {
		return false
	}
	t.tokens--
	return true
}

// binding is what the server's proof covers beside the channel: its name and its pins, so
// that nobody between can exchange them.
func (r *Registry) binding() []byte {
	b := slices.Clone(r.server)
	for _, p := range r.pins {
		b = append(b, p[:]...)
	}
	return b
}

// codeKey gives the key of a code, and a key that looks the same for a code that is not
// there, so that asking does not tell which codes exist.
func (r *Registry) codeKey(c *store.Code, id string) [32]byte {
	if c != nil && len(c.Key) == 32 {
		return [32]byte(c.Key)
	}
	return sha256.Sum256(append(append([]byte("no such code"), r.recovery[:]...), id...))
}

// Challenge proves to a phone that this server knows its code. Errors: THROTTLED, BAD_REQUEST.
func (r *Registry) Challenge(ctx context.Context, ch Channel, req *pb.ChallengeRequest) (*pb.ChallengeResponse, error) {
	if !r.throttle.allow(r.now()) {
		return nil, problem(pb.ProblemCode_PROBLEM_CODE_THROTTLED, nil)
	}
	if len(req.GetNonce()) < nonceLen || len(req.GetCode()) > 16 {
		return nil, problem(pb.ProblemCode_PROBLEM_CODE_BAD_REQUEST, nil)
	}
	var c *store.Code
	err := r.store.Read(ctx, func(from store.Reader) (err error) {
		c, err = from.Code(req.GetCode())
		return err
	})
	if err != nil {
		return nil, asProblem(err)
	}
	proof := seal.Proof(r.codeKey(c, req.GetCode()), seal.ServerSide, ch.EKM, ch.SPKI, req.GetNonce(), r.binding())
	out := &pb.ChallengeResponse{Proof: proof[:], Server: r.server}
	for _, p := range r.pins {
		out.Pins = append(out.Pins, p[:])
	}
	return out, nil
}

// prove finds the code that a phone proves to know. A wrong proof is counted against the
// code, in a transaction that stays although the call fails.
func (r *Registry) prove(ctx context.Context, ch Channel, id string, nonce, proof, deviceKey []byte) (*store.Code, error) {
	if !r.throttle.allow(r.now()) {
		return nil, problem(pb.ProblemCode_PROBLEM_CODE_THROTTLED, nil)
	}
	if len(nonce) < nonceLen || len(id) > 16 {
		return nil, problem(pb.ProblemCode_PROBLEM_CODE_BAD_REQUEST, nil)
	}
	var c *store.Code
	if err := r.store.Read(ctx, func(from store.Reader) (err error) { c, err = from.Code(id); return err }); err != nil {
		return nil, err
	}
	if c != nil && c.Failures >= codeFailures {
		return nil, problem(pb.ProblemCode_PROBLEM_CODE_CODE_WRONG, nil)
	}
	if !seal.CheckProof(proof, r.codeKey(c, id), seal.PhoneSide, ch.EKM, ch.SPKI, nonce, deviceKey) || c == nil {
		if c != nil {
			err := r.store.Write(ctx, func(tx store.Tx) error {
				c, err := tx.Code(id)
				if err != nil || c == nil {
					return err
				}
				c.Failures++
				return tx.PutCode(c)
			})
			if err != nil {
				return nil, err
			}
		}
		return nil, problem(pb.ProblemCode_PROBLEM_CODE_CODE_WRONG, errProof)
	}
	return c, nil
}

// usable says why a code whose owner proved to know it cannot be used.
func (r *Registry) usable(c *store.Code) error {
	switch {
	case c.Revoked:
		return problem(pb.ProblemCode_PROBLEM_CODE_CODE_WRONG, nil)
	case r.nowMS() > c.ExpiresMS:
		return problem(pb.ProblemCode_PROBLEM_CODE_CODE_EXPIRED, nil)
	}
	return nil
}

// Join makes a device of a phone that knows a code, and uses the code up. The same phone
// (nonce and key) may ask again after a lost reply and gets the same device with a new token.
func (r *Registry) Join(ctx context.Context, ch Channel, req *pb.JoinRequest) (*pb.JoinResponse, error) {
	out, err := r.join(ctx, ch, req)
	return out, asProblem(err)
}

var errOtherOwner = errors.New("the code is of another member than the book")

func (r *Registry) join(ctx context.Context, ch Channel, req *pb.JoinRequest) (*pb.JoinResponse, error) {
	if len(req.GetDeviceKey()) != 32 || len(req.GetDeviceName()) > 200 {
		return nil, problem(pb.ProblemCode_PROBLEM_CODE_BAD_REQUEST, nil)
	}
	c, err := r.prove(ctx, ch, req.GetCode(), req.GetNonce(), req.GetProof(), req.GetDeviceKey())
	if err != nil {
		return nil, err
	}
	recovery, err := r.recovery.Public()
	if err != nil {
		return nil, err
	}
	token, hash := seal.NewToken(r.random)
	var out *pb.JoinResponse
	err = r.store.Write(ctx, func(tx store.Tx) error {
		c, err := tx.Code(c.ID)
		if err != nil {
			return err
		}
		if err := r.usable(c); err != nil {
			return err
		}
		if owner := req.GetOwner(); len(owner) > 0 && !bytes.Equal(owner, c.Member[:]) {
			return problem(pb.ProblemCode_PROBLEM_CODE_NOT_YOURS, errOtherOwner)
		}
		w, err := r.begin(tx)
		if err != nil {
			return err
		}
		var d *store.Device
		if c.Device != 0 {
			if !bytes.Equal(c.Nonce, req.GetNonce()) || !bytes.Equal(c.DeviceKey, req.GetDeviceKey()) {
				return problem(pb.ProblemCode_PROBLEM_CODE_CODE_USED, nil)
			}
			if d, err = w.device(c.Device); err != nil {
				return err
			}
		} else {
			n, err := tx.NextDevice()
			if err != nil {
				return err
			}
			d = &store.Device{Number: n, Member: c.Member, Key: req.GetDeviceKey(), Name: req.GetDeviceName(), EnrolledMS: w.now.Millis()}
			w.devices[n] = d
			c.Device, c.Nonce, c.DeviceKey = n, req.GetNonce(), req.GetDeviceKey()
			if err := tx.PutCode(c); err != nil {
				return err
			}
			if err := w.listDevice(c.Member, n); err != nil {
				return err
			}
			w.audit(n, "enrol", book.Holder{Kind: pb.HolderKind_HOLDER_KIND_MEMBER, ID: c.Member})
		}
		d.TokenHash, d.OldToken, d.TokenMS, d.Schema = hash[:], nil, w.now.Millis(), req.GetSchema()
		a, err := r.actor(tx, d)
		if err != nil {
			return err
		}
		if a.Member.IsZero() {
			return problem(pb.ProblemCode_PROBLEM_CODE_CODE_WRONG, errNoMember)
		}
		out = &pb.JoinResponse{Device: proto.Uint32(d.Number), Token: proto.String(token), Server: r.server, Epoch: r.epoch, Member: a.Member.Bytes(),
			Branch: a.Branch.Bytes(), Commune: a.Commune.Bytes(), RecoveryKey: recovery[:], Now: proto.Uint64(uint64(w.now))}
		return w.finish()
	})
	return out, err
}

// listDevice keeps a device's number in its member's record, so that phones can tell who
// wrote a field, and says there whether the member has a device in use.
func (w *writing) listDevice(member book.ID, number uint32) error {
	s := w.world.stored(member)
	if s == nil {
		return problem(pb.ProblemCode_PROBLEM_CODE_NOT_YOURS, errNoMember)
	}
	var m pb.Member
	if _, err := lww.Decode(s.record.State.Body, &m); err != nil {
		return err
	}
	all, err := w.tx.DevicesOf(member)
	if err != nil {
		return err
	}
	inUse := false
	for _, d := range all {
		if now := w.devices[d.Number]; now != nil {
			d = now
		}
		inUse = inUse || !d.Revoked && !d.Unconfirmed
	}
	if d := w.devices[number]; d != nil {
		inUse = inUse || !d.Revoked && !d.Unconfirmed
	}
	now := &pb.Member{Devices: m.GetDevices(), HasDevice: proto.Bool(inUse)}
	if !slices.Contains(now.Devices, number) {
		now.Devices = append(slices.Clone(now.Devices), number)
	}
	if proto.Equal(now, &pb.Member{Devices: m.GetDevices(), HasDevice: m.HasDevice}) {
		return nil
	}
	set, err := lww.Encode(now)
	if err != nil {
		return err
	}
	_, err = w.serverPatch(&pb.Envelope{Kind: pb.Kind_KIND_MEMBER.Enum(), Id: member.Bytes()}, s.record.Holder, s.record.Unit, set, nil)
	return err
}

// Recover opens a book key that a phone sealed at enrolment and gives it back, sealed with
// the key of a fresh code, so that a forgotten PIN loses no unsent work. The code must be
// for the very member whose device asks.
func (r *Registry) Recover(ctx context.Context, ch Channel, req *pb.RecoverRequest) (*pb.RecoverResponse, error) {
	out, err := r.recover(ctx, ch, req)
	return out, asProblem(err)
}

func (r *Registry) recover(ctx context.Context, ch Channel, req *pb.RecoverRequest) (*pb.RecoverResponse, error) {
	c, err := r.prove(ctx, ch, req.GetCode(), req.GetNonce(), req.GetProof(), req.GetSealedBookKey())
	if err != nil {
		return nil, err
	}
	key, err := seal.OpenRecovery(r.recovery, req.GetSealedBookKey(), recoveryName(r.server, req.GetDevice()))
	if err != nil {
		return nil, problem(pb.ProblemCode_PROBLEM_CODE_BAD_REQUEST, err)
	}
	var out *pb.RecoverResponse
	err = r.store.Write(ctx, func(tx store.Tx) error {
		c, err := tx.Code(c.ID)
		if err != nil {
			return err
		}
		if err := r.usable(c); err != nil {
			return err
		}
		d, err := tx.Device(req.GetDevice())
		if err != nil {
			return err
		}
		if d == nil || d.Revoked || d.Member != c.Member {
			return problem(pb.ProblemCode_PROBLEM_CODE_NOT_YOURS, errDevice)
		}
		if c.Device != 0 && (c.Device != d.Number || !bytes.Equal(c.Nonce, req.GetNonce())) {
			return problem(pb.ProblemCode_PROBLEM_CODE_CODE_USED, nil)
		}
		c.Device, c.Nonce, c.DeviceKey = d.Number, req.GetNonce(), nil
		if err := tx.PutCode(c); err != nil {
			return err
		}
		w, err := r.begin(tx)
		if err != nil {
			return err
		}
		w.audit(d.Number, "recover", book.Holder{Kind: pb.HolderKind_HOLDER_KIND_MEMBER, ID: d.Member})
		box := seal.Seal(r.random, seal.RowKey(c.Key), seal.AD{Book: "recover", Table: hex.EncodeToString(r.server), Row: fmt.Sprint(d.Number), Key: c.ID}, key[:])
		out = &pb.RecoverResponse{SealedBookKey: box}
		return w.finish()
	})
	return out, err
}

// recoveryName is the name under which a device seals its book key to the recovery key.
func recoveryName(server []byte, device uint32) string {
	return hex.EncodeToString(server) + "/" + fmt.Sprint(device)
}

// newCode makes a code for a member. Its public letters must be free.
func (w *writing) newCode(member book.ID, issuer uint32) (seal.Code, *store.Code, error) {
	for {
		c := seal.NewCode(w.r.random)
		old, err := w.tx.Code(c.ID)
		if err != nil {
			return c, nil, err
		}
		if old != nil && old.ExpiresMS > w.now.Millis() {
			continue
		}
		key := seal.CodeKey(c.Secret)
		s := &store.Code{ID: c.ID, Member: member, Key: key[:], IssuedMS: w.now.Millis(), ExpiresMS: w.now.Millis() + codeMS, Issuer: issuer}
		w.audit(issuer, "code", book.Holder{Kind: pb.HolderKind_HOLDER_KIND_MEMBER, ID: member})
		return c, s, w.tx.PutCode(s)
	}
}

// atDesk says who calls, if they sit at the desk of a branch; else the Problem is NOT_YOURS.
func (r *Registry) atDesk(from store.Reader, c Caller) (book.Actor, error) {
	d, err := from.Device(c.Device)
	if err != nil {
		return book.Actor{}, err
	}
	if d == nil || d.Revoked || d.Unconfirmed {
		return book.Actor{}, problem(pb.ProblemCode_PROBLEM_CODE_NOT_YOURS, nil)
	}
	a, err := r.actor(from, d)
	if err != nil {
		return book.Actor{}, err
	}
	if a.Branch.IsZero() || !book.IsDesk(a.Office) {
		return book.Actor{}, problem(pb.ProblemCode_PROBLEM_CODE_NOT_YOURS, nil)
	}
	return a, nil
}

// desk runs fn in a transaction for a caller who sits at the desk of a branch.
func (r *Registry) desk(ctx context.Context, c Caller, fn func(w *writing, a book.Actor) error) error {
	return asProblem(r.store.Write(ctx, func(tx store.Tx) error {
		a, err := r.atDesk(tx, c)
		if err != nil {
			return err
		}
		w, err := r.begin(tx)
		if err != nil {
			return err
		}
		if err := fn(w, a); err != nil {
			return err
		}
		return w.finish()
	}))
}

// IssueCode makes an enrolment code for a member of the caller's branch.
func (r *Registry) IssueCode(ctx context.Context, c Caller, req *pb.IssueCodeRequest) (*pb.IssueCodeResponse, error) {
	var out *pb.IssueCodeResponse
	err := r.desk(ctx, c, func(w *writing, a book.Actor) error {
		id, _ := book.IDFrom(req.GetMember())
		m := w.world.member(id)
		if m == nil || m.Deleted || m.Unit != a.Branch {
			return problem(pb.ProblemCode_PROBLEM_CODE_NOT_YOURS, errNoMember)
		}
		code, kept, err := w.newCode(id, c.Device)
		if err != nil {
			return err
		}
		out = &pb.IssueCodeResponse{Code: proto.String(code.String()), Invitation: proto.String(seal.Invitation{Code: code, Address: r.address}.Text()), ExpiresMs: proto.Int64(kept.ExpiresMS)}
		return nil
	})
	return out, err
}

// ownDevice finds a device of a member of the caller's branch.
func (w *writing) ownDevice(a book.Actor, number uint32) (*store.Device, error) {
	d, err := w.device(number)
	if err != nil {
		return nil, err
	}
	if d == nil {
		return nil, problem(pb.ProblemCode_PROBLEM_CODE_NOT_YOURS, errDevice)
	}
	if m := w.world.member(d.Member); m == nil || m.Unit != a.Branch {
		return nil, problem(pb.ProblemCode_PROBLEM_CODE_NOT_YOURS, errDevice)
	}
	return d, nil
}

// ListDevices lists the devices of the caller's branch.
func (r *Registry) ListDevices(ctx context.Context, c Caller, _ *pb.ListDevicesRequest) (*pb.ListDevicesResponse, error) {
	out := &pb.ListDevicesResponse{}
	err := r.store.Read(ctx, func(from store.Reader) error {
		a, err := r.atDesk(from, c)
		if err != nil {
			return err
		}
		all, err := from.Devices()
		if err != nil {
			return err
		}
		w := newWorld(from)
		for _, d := range all {
			if m := w.member(d.Member); m == nil || m.Unit != a.Branch {
				continue
			}
			d = r.fresh(d)
			out.Devices = append(out.Devices, &pb.Device{Number: proto.Uint32(d.Number), Member: d.Member.Bytes(), Name: proto.String(d.Name), EnrolledMs: proto.Int64(d.EnrolledMS),
				LastSyncMs: proto.Int64(d.LastSync), Unsent: proto.Uint32(d.Unsent), Revoked: proto.Bool(d.Revoked), Unconfirmed: proto.Bool(d.Unconfirmed), CloneOf: proto.Uint32(d.CloneOf)})
		}
		return w.err
	})
	if err != nil {
		return nil, asProblem(err)
	}
	return out, nil
}

// fresh adds what a device's quiet calls left in memory.
func (r *Registry) fresh(d *store.Device) *store.Device {
	r.mu.Lock()
	s, ok := r.lastSeen[d.Number]
	r.mu.Unlock()
	if ok && s.ms > d.LastSync {
		d.LastSync, d.Unsent = s.ms, s.unsent
	}
	return d
}

// RevokeDevice ends a device of the caller's branch, and its copies with it.
func (r *Registry) RevokeDevice(ctx context.Context, c Caller, req *pb.RevokeDeviceRequest) (*pb.RevokeDeviceResponse, error) {
	err := r.desk(ctx, c, func(w *writing, a book.Actor) error {
		d, err := w.ownDevice(a, req.GetDevice())
		if err != nil {
			return err
		}
		return w.revoke(d, c.Device)
	})
	if err != nil {
		return nil, err
	}
	return &pb.RevokeDeviceResponse{}, nil
}

func (w *writing) revoke(d *store.Device, by uint32) error {
	if d.Revoked {
		return nil
	}
	all, err := w.tx.Devices()
	if err != nil {
		return err
	}
	d.Revoked = true
	gone := map[uint32]RevokedDevice{d.Number: revokedEntry(d)}
	for _, c := range all {
		if c.CloneOf != d.Number {
			continue
		}
		// They show its token, which is good for nothing now.
		if c, err = w.device(c.Number); err != nil {
			return err
		}
		c.Revoked = true
		gone[c.Number] = revokedEntry(c)
	}
	// Before the database says so: one from a backup of before must not let them in again.
	if err := w.r.keepGone(Gone{Devices: gone}); err != nil {
		return err
	}
	w.audit(by, "revoke", book.Holder{Kind: pb.HolderKind_HOLDER_KIND_MEMBER, ID: d.Member})
	return w.listDevice(d.Member, d.Number)
}

// ConfirmDevice lets a copy of a device go on as a device of its own.
func (r *Registry) ConfirmDevice(ctx context.Context, c Caller, req *pb.ConfirmDeviceRequest) (*pb.ConfirmDeviceResponse, error) {
	err := r.desk(ctx, c, func(w *writing, a book.Actor) error {
		d, err := w.ownDevice(a, req.GetDevice())
		if err != nil {
			return err
		}
		return w.confirm(d, c.Device)
	})
	if err != nil {
		return nil, err
	}
	return &pb.ConfirmDeviceResponse{}, nil
}

// confirm lets a copy go on; once is enough.
func (w *writing) confirm(d *store.Device, by uint32) error {
	if !d.Unconfirmed {
		return nil
	}
	d.Unconfirmed = false
	w.audit(by, "confirm", book.Holder{Kind: pb.HolderKind_HOLDER_KIND_MEMBER, ID: d.Member})
	return w.listDevice(d.Member, d.Number)
}

// RotateToken gives a new token. The old one stays good until the new one was used, so
// that a lost reply locks nobody out.
func (r *Registry) RotateToken(ctx context.Context, c Caller, _ *pb.RotateTokenRequest) (*pb.RotateTokenResponse, error) {
	token, hash := seal.NewToken(r.random)
	err := r.store.Write(ctx, func(tx store.Tx) error {
		d, err := tx.Device(c.Device)
		if err != nil {
			return err
		}
		if d == nil || d.Revoked {
			return problem(pb.ProblemCode_PROBLEM_CODE_TOKEN_REVOKED, nil)
		}
		// A call with the older token means that the last new one never arrived.
		if bytes.Equal(d.OldToken, c.tokenHash) && len(d.OldToken) > 0 {
			d.TokenHash = hash[:]
		} else {
			d.OldToken, d.TokenHash = d.TokenHash, hash[:]
		}
		d.TokenMS = r.nowMS()
		return tx.PutDevice(d)
	})
	if err != nil {
		return nil, asProblem(err)
	}
	return &pb.RotateTokenResponse{Token: proto.String(token)}, nil
}
