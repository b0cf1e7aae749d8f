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
		return &network{Client: client, engine: syncing.New(s, syncing.Config{}), store: s, turn: make(chan struct{}, 1)}, nil
	}
}

// network is a Remote over package syncing. One sync runs at a time.
type network struct {
	*syncing.Client
	engine *syncing.Engine
	store  *store.Store
	turn   chan struct{}
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
	select {
	case n.turn <- struct{}{}:
		defer func() { <-n.turn }()
	case <-ctx.Done():
		return Traffic{}, ctx.Err()
	}
	count := &counting{Server: n.Client}
	n.engine.Kick()
	out, err := syncing.Run(ctx, n.engine, n.store, count)
	if err != nil || out.Kind == syncing.Retry || out.Kind == syncing.Stopped || out.Kind == syncing.Revoked {
		return count.Traffic, &StoppedError{Outcome: out, Err: err}
	}
	return count.Traffic, nil
}

// counting counts what goes over the wire.
type counting struct {
	syncing.Server
	Traffic
}

func (c *counting) Sync(ctx context.Context, req *pb.SyncRequest) (*pb.SyncResponse, error) {
	resp, err := c.Server.Sync(ctx, req)
	c.Sent += len(resp.GetAcks())
	c.Received += len(resp.GetRows())
	return resp, err
}

// Join is what a phone needs to join.
type Join struct {
	// Invitation is what was typed or pasted: the code of the slip, or the whole line.
	Invitation string
	// Address of the server, where the invitation has none.
	Address string
	// DeviceName is what the owner calls this device.
	DeviceName string
}

// Enrol joins with a code and makes the book behind the PIN. It looks first whether there
// is room for a book and whether the PIN is good: a code is valid once.
func Enrol(ctx context.Context, o Options, network Network, j Join, pin string) (*Notebook, error) {
	if err := seal.CheckPIN(pin, o.Desktop); err != nil {
		return nil, err
	}
	if err := free(ctx, o.Dir); err != nil {
		return nil, err
	}
	inv, err := seal.ParseInvitation(j.Invitation)
	if err != nil {
		return nil, err
	}
	id, err := syncing.Enrol(ctx, inv, j.Address, j.DeviceName, syncing.Options{Loopback: network.Loopback})
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
	if err := seal.CheckPIN(newPIN, o.Desktop); err != nil {
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
