// Package registry is what the server does: it takes changes in, merges them, decides who
// sees what, enrols devices, imports rosters. The API, the console and the commands call
// it and nothing below it; it calls the store and the domain.
package registry

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/store"
	"sodanvan/syncserver/store/sqlite"
)

// Names of small values in the store.
const (
	metaServer   = "server"
	metaEpoch    = "epoch"
	metaParent   = "epoch-parent"
	metaRecovery = "recovery"
)

// Options of a registry; the zero value is right for a server.
type Options struct {
	// Now gives the wall clock; nil: time.Now.
	Now func() time.Time
	// Random gives randomness; nil: crypto/rand.
	Random io.Reader
	// Dir is where the list of what was erased lies; Open sets it. Empty: nothing is listed.
	Dir string
	// Store tunes the database.
	Store sqlite.Options
	// Address is what invitations carry, such as "https://xa.example:8443".
	Address string
	// Pins are the SHA-256 of the public keys of the server's root and spare.
	Pins [][32]byte
	// DayOps is how many changes one device may send in a day; more wait for the next. 0: 50,000.
	DayOps uint32
}

// Registry is one server's book. Safe for concurrent use.
type Registry struct {
	store    store.Store
	clock    *hlc.Clock
	now      func() time.Time
	random   io.Reader
	address  string
	pins     [][32]byte
	server   []byte
	epoch    []byte
	parent   []byte
	recovery seal.RecoveryKey
	throttle throttle
	admit    admission

	dir    string
	dayOps uint32

	differences, badOffers atomic.Uint64

	mu       sync.Mutex
	lastSeen map[uint32]seen
	// listed is when a device last got listings, headTold the head of the access log; keptSent
	// is what it was told of backups.
	listed   map[uint32]int64
	headTold map[uint32]int64
	// offered counts the offers of each device on offerDay.
	offered  map[uint32]int
	offerDay int64
	keptSent map[uint32]uint64
	// long has an entry for each long call that is worked on.
	long chan struct{}
}

// seen is what a quiet sync leaves behind until the next write: it is not worth an fsync.
type seen struct {
	ms     int64
	unsent uint32
}

// errBehind stops a start whose wall clock is a day behind what is stored.
var errBehind = errors.New("the machine's clock is more than a day behind the records")

// Open opens the registry in a data directory, making it at first start.
func Open(ctx context.Context, dir string, o Options) (*Registry, error) {
	return openDir(ctx, dir, o, (*Registry).start)
}

// openDir opens a data directory; ready brings it to where it can answer.
func openDir(ctx context.Context, dir string, o Options, ready func(*Registry, context.Context) error) (*Registry, error) {
	s, err := sqlite.Open(ctx, dir, o.Store)
	if err != nil {
		return nil, opening(dir, err)
	}
	o.Dir = dir
	r, err := load(ctx, s, o)
	if err == nil {
		err = ready(r, ctx)
	}
	if err != nil {
		s.Close()
		return nil, opening(dir, err)
	}
	return r, nil
}

// New makes a registry over a store that the caller opened; closing the registry closes it.
func New(ctx context.Context, s store.Store, o Options) (*Registry, error) {
	r, err := load(ctx, s, o)
	if err == nil {
		err = r.start(ctx)
	}
	if err != nil {
		return nil, opening(o.Dir, err)
	}
	return r, nil
}

// start tries again what waits for this version of the program, and finishes erasures.
func (r *Registry) start(ctx context.Context) error {
	if err := r.finishErasures(ctx); err != nil {
		return err
	}
	return r.unparkKinds(ctx)
}

// StartError says in one Vietnamese sentence why a data directory cannot be opened.
type StartError struct {
	Sentence string
	Cause    error
}

func (e *StartError) Error() string       { return "open registry: " + e.Cause.Error() }
func (e *StartError) Unwrap() error       { return e.Cause }
func (e *StartError) UserMessage() string { return e.Sentence }

func opening(dir string, err error) error {
	if e := (*StartError)(nil); errors.As(err, &e) {
		return err
	}
	sentence := fmt.Sprintf("Không mở được thư mục dữ liệu %s. Xem quyền ghi của thư mục và chỗ trống trên ổ đĩa.", filepath.Clean(dir))
	switch {
	case errors.Is(err, store.ErrNewer):
		sentence = "Dữ liệu này do một phiên bản mới hơn ghi. Cài phiên bản mới nhất rồi chạy lại; dữ liệu vẫn nguyên."
	case errors.Is(err, store.ErrNoMaster):
		sentence = fmt.Sprintf("Thiếu tệp khóa master.key trong thư mục %s nên không mở được dữ liệu. Chép lại tệp này từ bản sao rồi chạy lại; dữ liệu vẫn nguyên.", filepath.Clean(dir))
	case errors.Is(err, store.ErrFull):
		sentence = "Ổ đĩa đã đầy. Dọn bớt chỗ rồi chạy lại; dữ liệu vẫn nguyên."
	case errors.Is(err, os.ErrPermission):
		sentence = fmt.Sprintf("Không có quyền ghi vào thư mục %s. Chọn thư mục khác bằng --data, hoặc sửa quyền.", filepath.Clean(dir))
	}
	return &StartError{sentence, err}
}

// load makes a registry over an open store; nothing but its name and first epoch is written.
func load(ctx context.Context, s store.Store, o Options) (*Registry, error) {
	r := &Registry{store: s, now: o.Now, random: o.Random, address: o.Address, pins: o.Pins, dir: o.Dir,
		dayOps: cmp.Or(o.DayOps, defaultDayOps), lastSeen: map[uint32]seen{}, listed: map[uint32]int64{}, headTold: map[uint32]int64{}, keptSent: map[uint32]uint64{},
		long: make(chan struct{}, longCalls)}
	if r.now == nil {
		r.now = time.Now
	}
	if r.random == nil {
		r.random = rand.Reader
	}
	var last hlc.Stamp
	ready := false
	err := s.Read(ctx, func(from store.Reader) error {
		var err error
		ready, err = r.identify(from, &last)
		return err
	})
	if err == nil && !ready {
		err = s.Write(ctx, func(tx store.Tx) error {
			// Another process may have been first.
			if done, err := r.identify(tx, &last); done || err != nil {
				return err
			}
			return r.first(tx)
		})
	}
	if err != nil {
		return nil, opening("", err)
	}
	if last.Millis()-r.nowMS() > 24*time.Hour.Milliseconds() {
		return nil, &StartError{"Đồng hồ máy chủ chậm hơn dữ liệu quá một ngày. Chỉnh lại ngày giờ của máy rồi chạy lại.", errBehind}
	}
	r.clock = hlc.NewClock(last)
	return r, nil
}

// unparkKinds tries again what waits for a kind: this version of the program may know it.
func (r *Registry) unparkKinds(ctx context.Context) error {
	var waiting []*store.Parked
	err := r.store.Read(ctx, func(from store.Reader) (err error) {
		waiting, err = from.ParkedFor(book.ID{})
		return err
	})
	if err != nil || len(waiting) == 0 {
		return err
	}
	return r.store.Write(ctx, func(tx store.Tx) error {
		w, err := r.begin(tx)
		if err != nil {
			return err
		}
		if err := w.unpark(book.ID{}); err != nil {
			return err
		}
		return w.finish()
	})
}

// identify reads what the server is; false: it is not anything yet.
func (r *Registry) identify(from store.Reader, last *hlc.Stamp) (bool, error) {
	values := map[string][]byte{}
	for _, name := range []string{metaServer, metaEpoch, metaParent, metaClock} {
		v, err := from.Meta(name)
		if err != nil {
			return false, err
		}
		values[name] = v
	}
	if len(values[metaServer]) == 0 {
		return false, nil
	}
	r.server, r.epoch, r.parent = values[metaServer], values[metaEpoch], values[metaParent]
	recovery, err := from.Secret(metaRecovery)
	if err != nil {
		return false, err
	}
	if len(recovery) != len(seal.RecoveryKey{}) {
		return false, errors.New("registry: recovery key missing")
	}
	r.recovery = seal.RecoveryKey(recovery)
	if b := values[metaClock]; len(b) == 8 {
		*last = hlc.Stamp(binary.BigEndian.Uint64(b))
	}
	return true, nil
}

// first gives a new server its name, its epoch and its recovery key.
func (r *Registry) first(tx store.Tx) error {
	server, epoch := book.NewID(r.nowMS(), r.random), book.NewID(r.nowMS(), r.random)
	key, err := seal.NewRecoveryKey(r.random)
	if err != nil {
		return err
	}
	r.server, r.epoch, r.recovery = server.Bytes(), epoch.Bytes(), key
	for name, v := range map[string][]byte{metaServer: r.server, metaEpoch: r.epoch} {
		if err := tx.SetMeta(name, v); err != nil {
			return err
		}
	}
	return tx.SetSecret(metaRecovery, key[:])
}

// bornMS is when this server was first started: its name begins with that.
func (r *Registry) bornMS() int64 {
	return int64(binary.BigEndian.Uint64(append([]byte{0, 0}, r.server[:6]...)))
}

func (r *Registry) nowMS() int64 { return r.now().UnixMilli() }

// Close closes the store.
func (r *Registry) Close() error { return r.store.Close() }

// Caller is who calls, as the token tells. Zero: nobody.
type Caller struct {
	Device  uint32
	Member  book.ID
	Office  pb.Office
	Branch  book.ID
	Commune book.ID
	// Revoked: the only thing left to do is to hand over sealed work.
	Revoked bool
	// tokenHash is of the token that was shown.
	tokenHash []byte
}

// actor says who acts through a device, by what the database says now.
func (r *Registry) actor(from store.Reader, d *store.Device) (book.Actor, error) {
	a := book.Actor{Device: d.Number, Unconfirmed: d.Unconfirmed, Schema: d.Schema}
	m, ok, err := from.Member(d.Member)
	if err != nil || !ok || m.Deleted || d.Revoked {
		return a, err
	}
	a.Member, a.Office = m.ID, m.Office
	u, ok, err := from.Unit(m.Unit)
	if err != nil || !ok {
		return a, err
	}
	a.Commune = u.Commune
	if u.ID != u.Commune && m.Office != pb.Office_OFFICE_OFFICER && m.Office != pb.Office_OFFICE_ADMINISTRATOR {
		a.Branch = u.ID
	}
	return a, nil
}

// Authenticate tells who holds a token. It runs before anything of a request is decoded.
// Unknown is not revoked: a server that was restored may have forgotten a token, and the
// phone then keeps everything. For a revoked device the caller is returned beside the
// Problem, since it may still hand over its sealed work.
func (r *Registry) Authenticate(ctx context.Context, token string) (Caller, error) {
	hash, err := seal.HashToken(token)
	if err != nil {
		return Caller{}, problem(pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN, err)
	}
	var c Caller
	ended := false
	err = r.store.Read(ctx, func(from store.Reader) error {
		d, err := from.DeviceByToken(hash[:])
		if err != nil {
			return err
		}
		if d == nil {
			return problem(pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN, nil)
		}
		a, err := r.actor(from, d)
		if err != nil {
			return err
		}
		c = Caller{Device: d.Number, Member: a.Member, Office: a.Office, Branch: a.Branch, Commune: a.Commune, Revoked: d.Revoked || a.Member.IsZero(), tokenHash: hash[:]}
		// The first use of a new token ends the old one.
		ended = len(d.OldToken) > 0 && bytes.Equal(d.TokenHash, hash[:])
		return nil
	})
	if err == nil && ended {
		err = r.store.Write(ctx, func(tx store.Tx) error {
			d, err := tx.Device(c.Device)
			if err != nil || d == nil || !bytes.Equal(d.TokenHash, hash[:]) {
				return err
			}
			d.OldToken = nil
			return tx.PutDevice(d)
		})
	}
	if err == nil && c.Revoked {
		err = problem(pb.ProblemCode_PROBLEM_CODE_TOKEN_REVOKED, nil)
	}
	return c, asProblem(err)
}
