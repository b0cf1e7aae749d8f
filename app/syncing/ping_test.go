package syncing

import (
	"context"
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/seal"
)

func TestPing(t *testing.T) {
	for _, plain := range []bool{false, true} {
		s := newSite(t, plain)
		o := Options{Loopback: plain}
		b := enrolled(t, s, o)
		p, err := clientOf(t, b, o).Ping(t.Context())
		if err != nil || !p.Clock || p.Ahead.Abs() > time.Minute {
			t.Fatalf("plain %v: %+v %v", plain, p, err)
		}
		if (p.TLS == "TLS 1.3") == plain || (p.Handshake > 0) == plain {
			t.Errorf("plain %v: %+v", plain, p)
		}
		for _, h := range s.headers {
			if h.Get("Path") == "/" && h.Get("Authorization") != "" {
				t.Error("the token was sent where nobody asked for it")
			}
		}
	}
}

func TestPingOfAnotherServer(t *testing.T) {
	b := enrolled(t, newSite(t, false), Options{})
	other := newSite(t, false)
	c, err := NewClient(func() store.Identity {
		id := b.Snapshot().State().Identity
		id.Address = other.URL
		return id
	}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Ping(t.Context()); !seal.IsNotPinned(err) {
		t.Errorf("%v", err)
	}
}

// revoking is a server that ended the device; unmarked a book whose disk does not take that
// the first time.
type (
	revoking struct{ Server }
	unmarked struct {
		*store.Store
		failed bool
	}
)

func (revoking) Sync(context.Context, *pb.SyncRequest) (*pb.SyncResponse, error) {
	return &pb.SyncResponse{Revoked: proto.Bool(true)}, nil
}

func (b *unmarked) MarkRevoked(ctx context.Context) error {
	if !b.failed {
		b.failed = true
		return &store.FullError{}
	}
	return b.Store.MarkRevoked(ctx)
}

// Keep does not take a phone for wiped that could not even note that it was revoked.
func TestKeepEndsOnlyWhenTheBookIsGone(t *testing.T) {
	b := &unmarked{Store: enrolled(t, newSite(t, false), Options{})}
	kick, errs, done := make(chan struct{}), make(chan error, 10), make(chan struct{})
	go func() {
		Keep(t.Context(), New(b, Config{}), b, revoking{}, kick, func(_ Outcome, err error) { errs <- err })
		close(done)
	}()
	if err := <-errs; !errors.As(err, new(*store.FullError)) {
		t.Fatal(err)
	}
	kick <- struct{}{}
	if err := <-errs; err != nil {
		t.Fatal(err)
	}
	<-done
	if b.Snapshot().State().Identity.Device != 0 {
		t.Error("the book is still there")
	}
}
