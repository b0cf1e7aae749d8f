package notebook

import (
	"context"
	"errors"
	"fmt"

	"sodanvan/app/store"
	"sodanvan/app/syncing"
	"sodanvan/app/words"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/seal"
)

// Network says how servers are reached.
type Network struct {
	// Loopback allows plain HTTP to this machine, for trying things out.
	Loopback bool
}

// ViaNetwork makes the way to the server that the book was enrolled with.
func ViaNetwork(o Network) func(*store.Store) (Remote, error) {
	return func(s *store.Store) (Remote, error) {
		identity := func() store.Identity { return s.Snapshot().State().Identity }
		client, err := syncing.NewClient(identity, syncing.Options{Loopback: o.Loopback})
		if err != nil {
			return nil, err
		}
		n := &network{Client: client, book: &keptBook{Store: s}}
		n.engine = syncing.New(n.book, syncing.Config{})
		return n, nil
	}
}

// network is a Remote over package syncing. The notebook makes one sync at a time.
type network struct {
	*syncing.Client
	engine *syncing.Engine
	book   *keptBook
}

// keptBook is the store, and counts what replies brought once they are kept.
type keptBook struct {
	*store.Store
	round Traffic
	moved func(Traffic)
}

func (b *keptBook) Apply(ctx context.Context, d store.Delta) (store.Applied, error) {
	a, err := b.Store.Apply(ctx, d)
	if err != nil {
		return a, err
	}
	b.round.Sent += len(d.Acks)
	b.round.Received += len(d.Rows)
	if b.moved != nil {
		b.moved(b.round)
	}
	return a, nil
}

// StoppedError tells that a sync ended before all was done; the book is unharmed.
type StoppedError struct {
	Outcome syncing.Outcome
	Err     error
}

func (e *StoppedError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("sync %s: %v", e.Outcome.Kind, e.Err)
	}
	return "sync " + e.Outcome.Kind.String()
}

// Unwrap gives the cause, if there is one.
func (e *StoppedError) Unwrap() error { return e.Err }

// UserMessage is what the book or the server says; with neither there is no network.
func (e *StoppedError) UserMessage() string {
	var book interface{ UserMessage() string }
	switch {
	case errors.As(e.Err, &book):
		return book.UserMessage()
	case e.Outcome.Kind == syncing.Retry && e.Outcome.Problem == nil:
		return words.NoNetwork
	case e.Outcome.Sentence != "":
		return e.Outcome.Sentence
	}
	return words.Unexpected
}

func (n *network) Sync(ctx context.Context) (Traffic, error) {
	n.book.round, n.book.moved = Traffic{}, nil
	n.engine.Kick()
	out, err := syncing.Run(ctx, n.engine, n.book, n.Client)
	return n.book.round, stopped(out, err)
}

// stopped gives the error of a sync that did not come to its end.
func stopped(out syncing.Outcome, err error) error {
	if err != nil || out.Kind == syncing.Retry || out.Kind == syncing.Stopped || out.Kind == syncing.Revoked {
		return &StoppedError{Outcome: out, Err: err}
	}
	return nil
}

// wiped tells whether a sync ended with the book gone.
func wiped(err error) bool {
	var e *StoppedError
	return errors.As(err, &e) && e.Outcome.Kind == syncing.Revoked && e.Err == nil
}

// unknown tells whether a sync ended because the server does not know this phone.
func unknown(err error) bool {
	var e *StoppedError
	return errors.As(err, &e) && e.Outcome.Problem.GetCode() == pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN
}

func (n *network) Keep(ctx context.Context, kick <-chan struct{}, w Watch) {
	n.book.round, n.book.moved = Traffic{}, w.Moved
	server := &begins{Server: n.Client, first: true, begun: w.Begun}
	n.engine.Kick() // at once, also where an earlier Keep was waiting
	syncing.Keep(ctx, n.engine, n.book, server, kick, func(out syncing.Outcome, err error) {
		err = stopped(out, err)
		w.Ended(Round{Traffic: n.book.round, Wiped: wiped(err)}, err)
		n.book.round, server.first = Traffic{}, true
	})
}

// begins tells when the first call of a sync is made.
type begins struct {
	syncing.Server
	first bool
	begun func()
}

func (b *begins) Sync(ctx context.Context, req *pb.SyncRequest) (*pb.SyncResponse, error) {
	if b.first {
		b.first = false
		b.begun()
	}
	return b.Server.Sync(ctx, req)
}

// Pong is what a look at the way to the server showed.
type Pong = syncing.Pong

// Join is what a phone needs to join.
type Join struct {
	// Invitation is what was typed or pasted: the code of the slip, or the whole line.
	Invitation string
	// Address of the server, where the invitation has none.
	Address string
	// DeviceName is what the owner calls this device.
	DeviceName string
	// Attempt, if set, is kept by the caller from press to press.
	Attempt *Attempt
}

// Attempt remembers, in memory, how far a phone came on its way to join. After a lost reply
// or a full disk Enrol goes on from there: the code is spent once, for the same device. The
// zero value is a new attempt; one call at a time uses it.
type Attempt struct {
	joining  *syncing.Joining
	code     string
	identity *store.Identity
}

// identify gets the phone's identity, once for a code.
func (a *Attempt) identify(ctx context.Context, j Join, inv seal.Invitation, o syncing.Options) (store.Identity, error) {
	if inv.Address == "" {
		inv.Address = j.Address
	}
	if a.joining == nil || a.code != j.Invitation {
		*a = Attempt{joining: syncing.NewJoining(inv, j.DeviceName, nil), code: j.Invitation}
	}
	if a.identity == nil {
		a.joining.Invitation, a.joining.DeviceName = inv, j.DeviceName
		id, err := a.joining.Enrol(ctx, o)
		if err != nil {
			return store.Identity{}, err
		}
		a.identity = &id
	}
	return *a.identity, nil
}

// Address is that of the book's server.
func (n *Notebook) Address() string { return n.store.Snapshot().State().Identity.Address }

// Rejoin goes on with this book under a new code of the same member, where the server does
// not know the phone any more (Progress.Unknown). All that is in the book stays, and what the
// server lacks goes again. Without an address, in the invitation or the Join, it is that of
// before. Errors leave the book as it is.
func (n *Notebook) Rejoin(ctx context.Context, network Network, j Join) error {
	inv, err := seal.ParseInvitation(j.Invitation)
	if err != nil {
		return err
	}
	if inv.Address == "" {
		inv.Address = j.Address
	}
	a := j.Attempt
	if a == nil {
		a = &Attempt{}
	}
	if a.joining == nil || a.code != j.Invitation {
		*a = Attempt{joining: syncing.NewJoining(inv, j.DeviceName, nil), code: j.Invitation}
	}
	a.joining.Invitation, a.joining.DeviceName = inv, j.DeviceName
	if err := a.joining.Rejoin(ctx, n.store, syncing.Options{Loopback: network.Loopback}); err != nil {
		return err
	}
	n.Kick()
	return nil
}

// Enrol joins with a code and makes the book behind the PIN. It looks first whether there
// is room for a book and whether the PIN is good: a code is valid once.
func Enrol(ctx context.Context, o Options, network Network, j Join, pin string) (*Notebook, error) {
	if err := o.checkNew(pin); err != nil {
		return nil, err
	}
	if err := free(ctx, o.Dir); err != nil {
		return nil, err
	}
	inv, err := seal.ParseInvitation(j.Invitation)
	if err != nil {
		return nil, err
	}
	if j.Attempt == nil {
		j.Attempt = &Attempt{}
	}
	id, err := j.Attempt.identify(ctx, j, inv, syncing.Options{Loopback: network.Loopback})
	if err != nil {
		return nil, err
	}
	return Create(ctx, o, id, pin)
}

func free(ctx context.Context, dir string) error {
	p, err := store.Peek(ctx, dir)
	switch {
	case err != nil:
		return err
	case p.Exists || p.Busy:
		return &store.ExistsError{Dir: dir}
	}
	return store.Room(dir)
}

// Recover opens the book of a forgotten PIN with a new code from the secretary and puts it
// behind a new PIN. Unsent work stays.
func Recover(ctx context.Context, o Options, network Network, j Join, newPIN string) (*Notebook, error) {
	if err := o.checkNew(newPIN); err != nil {
		return nil, err
	}
	p, err := store.Peek(ctx, o.Dir)
	if err != nil {
		return nil, err
	}
	inv, err := seal.ParseInvitation(j.Invitation)
	if err != nil {
		return nil, err
	}
	key, err := syncing.Recover(ctx, inv, j.Address, p, syncing.Options{Loopback: network.Loopback})
	if err != nil {
		return nil, err
	}
	s, err := store.OpenRecovered(ctx, o.store(), key, newPIN, o.device())
	if err != nil {
		return nil, err
	}
	return Over(s, o)
}
