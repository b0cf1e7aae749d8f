package syncing

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/seal"
)

func (s *site) ReclaimToken(ctx context.Context, req *connect.Request[pb.ReclaimTokenRequest]) (*connect.Response[pb.ReclaimTokenResponse], error) {
	ekm, spki := s.channel(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.f.devices[req.Msg.GetDevice()]
	claim := seal.ReclaimClaim{Server: serverName, Device: req.Msg.GetDevice(), Channel: ekm, SPKI: spki}
	if d == nil || seal.VerifyReclaim(d.key, claim, req.Msg.GetSignature()) != nil {
		return nil, said(pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN, connect.CodeUnauthenticated)
	}
	return connect.NewResponse(&pb.ReclaimTokenResponse{Token: proto.String("token")}), nil
}

// The server was restored and knows the phone by its key, not by its last token.
func TestATokenIsReclaimedOnItsOwnConnection(t *testing.T) {
	for name, plain := range map[string]bool{"over TLS": false, "on loopback": true} {
		t.Run(name, func(t *testing.T) {
			s, o := newSite(t, plain), Options{Loopback: plain}
			s.f.assign(id('H', 1), member(1))
			b := enrolled(t, s, o)
			if err := b.SetToken(t.Context(), "a token that was given after the backup"); err != nil {
				t.Fatal(err)
			}
			if _, err := b.AddOps(t.Context(), (&phone{t: t}).visit(1, 1, true, "giữ lại")); err != nil {
				t.Fatal(err)
			}
			out, err := Run(t.Context(), New(b, Config{}), b, clientOf(t, b, o))
			if err != nil || out.Kind != Rest || b.Snapshot().Unsent() != 0 {
				t.Fatalf("%+v, %v, %d unsent", out, err, b.Snapshot().Unsent())
			}
			for _, h := range s.headers {
				if h.Get("Path") == "/sodanvan.v1.EnrolService/ReclaimToken" && (h.Get("Authorization") != "" || h.Get("Content-Encoding") != "") {
					t.Errorf("the call for a token has %v", h)
				}
			}
			// With another device's key nothing is given.
			s.f.devices[b.Snapshot().State().Identity.Device].key = seal.NewDeviceKey(nil).Public().(ed25519.PublicKey)
			if _, err := clientOf(t, b, o).ReclaimToken(t.Context()); ProblemOf(err).GetCode() != pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN {
				t.Errorf("another key: %v", err)
			}
		})
	}
}

func TestAnotherServerGetsNoClaim(t *testing.T) {
	s := newSite(t, false)
	b := enrolled(t, s, Options{})
	other := newSite(t, false)
	if err := b.SetAddress(t.Context(), other.URL); err != nil {
		t.Fatal(err)
	}
	if _, err := clientOf(t, b, Options{}).ReclaimToken(t.Context()); !seal.IsNotPinned(err) || len(other.headers) != 0 {
		t.Errorf("%v, %d calls", err, len(other.headers))
	}
}

func TestRejoinKeepsTheBook(t *testing.T) {
	s := newSite(t, false)
	s.f.assign(id('H', 1), member(1))
	before := s.f.backup()
	b := enrolled(t, s, Options{})
	c := clientOf(t, b, Options{})
	write := func(n uint64, note string) {
		t.Helper()
		if _, err := b.AddOps(t.Context(), (&phone{t: t}).visit(n, 1, true, note)); err != nil {
			t.Fatal(err)
		}
	}
	write(1, "đã nhận")
	e := New(b, Config{})
	if _, err := Run(t.Context(), e, b, c); err != nil {
		t.Fatal(err)
	}
	write(2, "chưa gửi")
	was := b.Snapshot().State().Identity
	s.f.restore(before)
	s.joined = nil
	e.Kick()
	if out, err := Run(t.Context(), e, b, c); err != nil || out.Kind != Stopped || ProblemOf(&CallError{Problem: out.Problem}).GetCode() != pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN {
		t.Fatalf("%+v, %v", out, err)
	}

	s.code = seal.NewCode(nil) // a fresh slip
	j := NewJoining(seal.Invitation{Code: s.code}, "máy thử", nil)
	s.loseJoin = 1
	if err := j.Rejoin(t.Context(), b, Options{}); err != nil {
		t.Fatal(err)
	}
	now := b.Snapshot().State().Identity
	if now.Device == was.Device || bytes.Equal(now.DeviceKey, was.DeviceKey) || s.joins != 3 {
		t.Errorf("device %d after %d, %d joins", now.Device, was.Device, s.joins)
	}
	e.Kick()
	if out, err := Run(t.Context(), e, b, c); err != nil || out.Kind != Rest || b.Snapshot().Unsent() != 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	for _, text := range []string{"đã nhận", "chưa gửi"} {
		if !s.f.texts[text] {
			t.Errorf("%q is lost", text)
		}
	}
}

func TestRejoinIsForTheSameOwnerAndServer(t *testing.T) {
	s := newSite(t, false)
	b := enrolled(t, s, Options{})
	s.joined, s.code = nil, seal.NewCode(nil)
	mine := b.Snapshot().State().Identity
	elsewhere, theirs := mine, mine
	elsewhere.Server, theirs.Member = []byte("another made-up server"), member(2)
	for _, c := range []struct {
		name  string
		book  store.Identity
		want  error
		spent bool
	}{
		{"another server", elsewhere, ErrOtherBook, false},
		{"another member", theirs, store.ErrOtherOwner, true},
	} {
		x, err := store.Create(t.Context(), store.Options{Dir: t.TempDir(), PIN: cheap}, c.book, pin, seal.NoDeviceSecret{})
		if err != nil {
			t.Fatal(err)
		}
		before := x.Snapshot()
		if err := NewJoining(s.invitation(), "máy thử", nil).Rejoin(t.Context(), x, Options{}); !errors.Is(err, c.want) || (s.joined != nil) != c.spent || x.Snapshot() != before {
			t.Errorf("%s: %v; the code is spent: %v", c.name, err, s.joined != nil)
		}
		x.Close()
	}
}
