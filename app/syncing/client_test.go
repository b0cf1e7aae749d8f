package syncing

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	pb "sodanvan/shared/gen/sodanvan/v1"
	rpc "sodanvan/shared/gen/sodanvan/v1/sodanvanv1connect"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
)

// site is an enrolment and sync server over TLS, as far as a client sees one.
type site struct {
	rpc.UnimplementedEnrolServiceHandler
	*httptest.Server
	t       *testing.T
	root    seal.Root
	leaf    tls.Certificate
	code    seal.Code
	pins    [][32]byte
	f       *fake
	mu      sync.Mutex
	headers []http.Header
	joined  *pb.JoinResponse
	nonce   []byte
	key     []byte
	joins   int
	// anyNonce lets any phone have what was joined.
	anyNonce bool
	// loseJoin cuts the connection after a join was done.
	loseJoin int
	// meddle changes a challenge's answer on its way.
	meddle   func(*pb.ChallengeResponse)
	recovery seal.RecoveryKey
	conns    map[string]bool
}

func newSite(t *testing.T, plain bool) *site {
	t.Helper()
	root, err := seal.NewRoot(nil)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := root.Issue(nil, time.Now(), []string{"127.0.0.1"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	recovery, err := seal.NewRecoveryKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, root: root, leaf: leaf, code: seal.NewCode(nil), pins: [][32]byte{root.Pin(), {1}}, f: newFake(t, 1), recovery: recovery, conns: map[string]bool{}}
	mux := http.NewServeMux()
	mux.Handle(rpc.NewEnrolServiceHandler(s))
	mux.Handle(rpc.NewSyncServiceHandler(s))
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		h := r.Header.Clone()
		h.Set("Path", r.URL.Path)
		s.headers = append(s.headers, h)
		s.conns[r.RemoteAddr] = true
		s.mu.Unlock()
		ctx := context.WithValue(r.Context(), reqKey{}, r)
		mux.ServeHTTP(w, r.WithContext(ctx))
	}))
	s.EnableHTTP2 = true
	if plain {
		s.Start()
	} else {
		s.TLS = &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{leaf}, NextProtos: []string{"h2", "http/1.1"}}
		s.StartTLS()
	}
	t.Cleanup(s.Close)
	return s
}

type reqKey struct{}

// channel gives what a proof is bound to on the connection of a call.
func (s *site) channel(ctx context.Context) (ekm, spki []byte) {
	r := ctx.Value(reqKey{}).(*http.Request)
	if r.TLS == nil {
		return nil, nil
	}
	ekm, err := seal.ChannelBinding(*r.TLS)
	if err != nil {
		s.t.Error(err)
	}
	return ekm, s.leaf.Leaf.RawSubjectPublicKeyInfo
}

func (s *site) Challenge(ctx context.Context, req *connect.Request[pb.ChallengeRequest]) (*connect.Response[pb.ChallengeResponse], error) {
	ekm, spki := s.channel(ctx)
	out := &pb.ChallengeResponse{Server: serverName}
	binding := bytes.Clone(serverName)
	for _, p := range s.pins {
		out.Pins = append(out.Pins, p[:])
		binding = append(binding, p[:]...)
	}
	proof := seal.Proof(seal.CodeKey(s.code.Secret), seal.ServerSide, ekm, spki, req.Msg.GetNonce(), binding)
	out.Proof = proof[:]
	if s.meddle != nil {
		s.meddle(out)
	}
	return connect.NewResponse(out), nil
}

func said(code pb.ProblemCode, c connect.Code) error {
	err := connect.NewError(c, errors.New("no"))
	d, e := connect.NewErrorDetail(&pb.Problem{Code: code.Enum(), Sentence: proto.String("câu của máy chủ")})
	if e != nil {
		panic(e)
	}
	err.AddDetail(d)
	return err
}

func (s *site) Join(ctx context.Context, req *connect.Request[pb.JoinRequest]) (*connect.Response[pb.JoinResponse], error) {
	ekm, spki := s.channel(ctx)
	m := req.Msg
	if !seal.CheckProof(m.GetProof(), seal.CodeKey(s.code.Secret), seal.PhoneSide, ekm, spki, m.GetNonce(), m.GetDeviceKey()) {
		return nil, said(pb.ProblemCode_PROBLEM_CODE_CODE_WRONG, connect.CodePermissionDenied)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.joined != nil && !s.anyNonce && (!bytes.Equal(s.nonce, m.GetNonce()) || !bytes.Equal(s.key, m.GetDeviceKey())) {
		return nil, said(pb.ProblemCode_PROBLEM_CODE_CODE_USED, connect.CodeFailedPrecondition)
	}
	s.joins++
	if s.joined == nil {
		pub, err := s.recovery.Public()
		if err != nil {
			return nil, err
		}
		who := s.f.join(member(1))
		s.f.devices[who.Device].key = ed25519.PublicKey(m.GetDeviceKey())
		s.nonce, s.key = m.GetNonce(), m.GetDeviceKey()
		s.joined = &pb.JoinResponse{
			Device: proto.Uint32(who.Device), Token: proto.String("token"), Server: serverName, Epoch: s.f.epoch,
			Member: who.Member.Bytes(), Branch: branch.Bytes(), Commune: commune.Bytes(), RecoveryKey: pub[:],
		}
	}
	if s.loseJoin > 0 {
		s.loseJoin--
		panic(http.ErrAbortHandler)
	}
	return connect.NewResponse(s.joined), nil
}

func (s *site) Recover(ctx context.Context, req *connect.Request[pb.RecoverRequest]) (*connect.Response[pb.RecoverResponse], error) {
	ekm, spki := s.channel(ctx)
	m := req.Msg
	key := seal.CodeKey(s.code.Secret)
	if !seal.CheckProof(m.GetProof(), key, seal.PhoneSide, ekm, spki, m.GetNonce(), m.GetSealedBookKey()) {
		return nil, said(pb.ProblemCode_PROBLEM_CODE_CODE_WRONG, connect.CodePermissionDenied)
	}
	server := hex.EncodeToString(serverName)
	book, err := seal.OpenRecovery(s.recovery, m.GetSealedBookKey(), fmt.Sprintf("%s/%d", server, m.GetDevice()))
	if err != nil {
		return nil, err
	}
	box := seal.Seal(nil, seal.RowKey(key), seal.AD{Book: "recover", Table: server, Row: fmt.Sprint(m.GetDevice()), Key: s.code.ID}, book[:])
	return connect.NewResponse(&pb.RecoverResponse{SealedBookKey: box}), nil
}

func (s *site) RotateToken(context.Context, *connect.Request[pb.RotateTokenRequest]) (*connect.Response[pb.RotateTokenResponse], error) {
	return connect.NewResponse(&pb.RotateTokenResponse{Token: proto.String("new token")}), nil
}

func (s *site) Sync(_ context.Context, req *connect.Request[pb.SyncRequest]) (*connect.Response[pb.SyncResponse], error) {
	token := req.Header().Get("Authorization")
	if token != "Bearer token" && token != "Bearer new token" {
		return nil, said(pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN, connect.CodeUnauthenticated)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out, err := s.f.sync(req.Msg)
	if err != nil {
		return nil, said(ProblemOf(err).GetCode(), connect.CodeUnavailable)
	}
	out.Rotate = proto.Bool(token == "Bearer token")
	out.Page, out.Rows = lww.Pack(out.Rows), nil
	return connect.NewResponse(out), nil
}

func (s *site) History(context.Context, *connect.Request[pb.HistoryRequest]) (*connect.Response[pb.HistoryResponse], error) {
	return connect.NewResponse(&pb.HistoryResponse{More: proto.Bool(true)}), nil
}

func (s *site) invitation() seal.Invitation { return seal.Invitation{Code: s.code, Address: s.URL} }

func enrolled(t *testing.T, s *site, o Options) *store.Store {
	t.Helper()
	who, err := Enrol(t.Context(), s.invitation(), "", "máy thử", o)
	if err != nil {
		t.Fatal(err)
	}
	b, err := store.Create(t.Context(), store.Options{Dir: t.TempDir(), PIN: cheap}, who, pin, seal.NoDeviceSecret{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func clientOf(t *testing.T, b *store.Store, o Options) *Client {
	t.Helper()
	c, err := NewClient(func() store.Identity { return b.Snapshot().State().Identity }, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestFromTheSlipToTheFirstSync(t *testing.T) {
	for name, plain := range map[string]bool{"TLS": false, "loopback": true} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, plain)
			s.f.assign(id('H', 1), member(1))
			o := Options{Loopback: plain}
			b := enrolled(t, s, o)
			if n := len(s.conns); n != 1 {
				t.Errorf("enrolling took %d connections", n)
			}
			who := b.Snapshot().State().Identity
			if who.Device != s.joined.GetDevice() || len(who.Pins) != 2 || who.Address != s.URL {
				t.Errorf("identity %+v", who)
			}
			p := &phone{t: t}
			if _, err := b.AddOps(t.Context(), p.visit(1, 1, true, strings.Repeat("một câu dài ", 100))); err != nil {
				t.Fatal(err)
			}
			c := clientOf(t, b, o)
			out, err := Run(t.Context(), New(b, Config{}), b, c)
			if err != nil || out.Kind != Rest {
				t.Fatalf("%+v, %v", out, err)
			}
			if b.Snapshot().Unsent() != 0 || b.Snapshot().Len() != 2 {
				t.Errorf("%d unsent, %d records", b.Snapshot().Unsent(), b.Snapshot().Len())
			}
			if token := b.Snapshot().State().Identity.Token; token != "new token" {
				t.Errorf("token %q was not rotated", token)
			}
			enrolments, gz := 0, 0
			for _, h := range s.headers {
				switch {
				case strings.HasPrefix(h.Get("Path"), "/"+rpc.EnrolServiceName):
					enrolments++
					if strings.Contains(h.Get("Accept-Encoding"), "gzip") || h.Get("Content-Encoding") != "" {
						t.Errorf("an enrolment call may be compressed: %v", h)
					}
				case h.Get("Content-Encoding") == "gzip":
					gz++
				}
			}
			if enrolments != 3 || gz == 0 { // challenge, join, rotation
				t.Errorf("%d enrolment calls, %d compressed", enrolments, gz)
			}
		})
	}
}

func TestEnrolRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*site) seal.Invitation
		want  func(error) bool
	}{
		"another code": {func(s *site) seal.Invitation {
			i := s.invitation()
			i.Code = seal.NewCode(nil)
			return i
		}, func(err error) bool { return errors.Is(err, ErrImpostor) }},
		"exchanged pins": {func(s *site) seal.Invitation {
			s.meddle = func(r *pb.ChallengeResponse) { r.Pins[0][5] ^= 1 }
			return s.invitation()
		}, func(err error) bool { return errors.Is(err, ErrImpostor) }},
		"another server's name": {func(s *site) seal.Invitation {
			s.meddle = func(r *pb.ChallengeResponse) { r.Server = []byte("another") }
			return s.invitation()
		}, func(err error) bool { return errors.Is(err, ErrImpostor) }},
		"pins of another root": {func(s *site) seal.Invitation {
			s.pins = [][32]byte{{1}, {2}}
			return s.invitation()
		}, func(err error) bool { return errors.Is(err, ErrReply) }},
		"used code": {func(s *site) seal.Invitation {
			s.joined, s.nonce = &pb.JoinResponse{}, []byte("of another phone")
			return s.invitation()
		}, func(err error) bool {
			return ProblemOf(err).GetCode() == pb.ProblemCode_PROBLEM_CODE_CODE_USED && sentence(err) == "câu của máy chủ"
		}},
		"incomplete answer": {func(s *site) seal.Invitation {
			s.joined = &pb.JoinResponse{Device: proto.Uint32(3), Token: proto.String("token")}
			s.anyNonce = true
			return s.invitation()
		}, func(err error) bool { return errors.Is(err, ErrReply) }},
		"no address": {func(s *site) seal.Invitation { return seal.Invitation{Code: s.code} },
			func(err error) bool { return errors.As(err, new(*seal.InvitationError)) }},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, false)
			inv := c.spoil(s)
			_, err := Enrol(t.Context(), inv, "", "máy thử", Options{})
			if !c.want(err) {
				t.Errorf("got %v", err)
			}
			if s.joins != 0 && name != "incomplete answer" {
				t.Error("the phone proved itself")
			}
		})
	}
	t.Run("plain HTTP without leave", func(t *testing.T) {
		s := newSite(t, true)
		if _, err := Enrol(t.Context(), s.invitation(), "", "máy thử", Options{}); !errors.As(err, new(*AddressError)) {
			t.Errorf("got %v", err)
		}
	})
}

func TestALostJoinIsAskedAgain(t *testing.T) {
	s := newSite(t, false)
	s.loseJoin = 3
	j := NewJoining(s.invitation(), "máy thử", nil)
	if _, err := j.Enrol(t.Context(), Options{}); err == nil || ProblemOf(err) != nil {
		t.Fatalf("got %v", err)
	}
	who, err := j.Enrol(t.Context(), Options{})
	if err != nil || who.Device != s.joined.GetDevice() || s.joins != 4 {
		t.Fatalf("%v, %d joins", err, s.joins)
	}
	if _, err := NewJoining(s.invitation(), "máy khác", nil).Enrol(t.Context(), Options{}); ProblemOf(err).GetCode() != pb.ProblemCode_PROBLEM_CODE_CODE_USED {
		t.Errorf("another phone: %v", err)
	}
}

func TestAnotherServerGetsNothing(t *testing.T) {
	s, other := newSite(t, false), newSite(t, false)
	b := enrolled(t, s, Options{})
	// The address leads to another server now.
	c := clientOf(t, b, Options{Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, other.Listener.Addr().String())
	}})
	e := New(b, Config{})
	out, err := Run(t.Context(), e, b, c)
	if err != nil || out.Kind != Stopped || out.Sentence != seal.ErrNotPinned.UserMessage() {
		t.Errorf("%+v, %v", out, err)
	}
	if len(other.headers) != 0 {
		t.Error("something was sent")
	}
	if out, err = Run(t.Context(), e, b, c); err != nil || out.Kind != Stopped {
		t.Errorf("again: %+v, %v", out, err)
	}
}

func TestWhatTheServerSaysReachesThePerson(t *testing.T) {
	s := newSite(t, false)
	b := enrolled(t, s, Options{})
	if err := b.SetToken(t.Context(), "forgotten"); err != nil {
		t.Fatal(err)
	}
	// Nor does it know the key, so there is no other token to be had.
	s.f.devices[b.Snapshot().State().Identity.Device].key = seal.NewDeviceKey(nil).Public().(ed25519.PublicKey)
	out, err := Run(t.Context(), New(b, Config{}), b, clientOf(t, b, Options{}))
	if err != nil || out.Kind != Stopped || out.Sentence != "câu của máy chủ" {
		t.Errorf("%+v, %v", out, err)
	}
	h, err := clientOf(t, b, Options{}).History(t.Context(), &pb.HistoryRequest{})
	if err != nil || !h.GetMore() {
		t.Errorf("history: %v, %v", h, err)
	}
	_, err = clientOf(t, b, Options{}).ListDevices(t.Context())
	if connect.CodeOf(err) != connect.CodeUnimplemented || sentence(err) == "" {
		t.Errorf("list devices: %v", err)
	}
}

func TestRecoverGivesTheBookBack(t *testing.T) {
	s := newSite(t, false)
	who, err := Enrol(t.Context(), s.invitation(), "", "máy thử", Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := store.Options{Dir: t.TempDir(), PIN: cheap}
	b, err := store.Create(t.Context(), o, who, pin, seal.NoDeviceSecret{})
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
	peeked, err := store.Peek(t.Context(), o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	s.code = seal.NewCode(nil) // a fresh slip
	key, err := Recover(t.Context(), s.invitation(), "", peeked, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if b, err = store.OpenRecovered(t.Context(), o, key, "161803", seal.NoDeviceSecret{}); err != nil {
		t.Fatal(err)
	}
	b.Close()
	peeked.Name = "00/1"
	if _, err := Recover(t.Context(), s.invitation(), "", peeked, Options{}); !errors.Is(err, ErrOtherBook) {
		t.Errorf("another book: %v", err)
	}
}

func TestKeepSyncsOnTheButton(t *testing.T) {
	s := newSite(t, false)
	s.f.assign(id('H', 1), member(1))
	b := enrolled(t, s, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	kick, outcomes, done := make(chan struct{}), make(chan Outcome), make(chan struct{})
	go func() {
		Keep(ctx, New(b, Config{}), b, clientOf(t, b, Options{}), kick, func(o Outcome, _ error) { outcomes <- o })
		close(done)
	}()
	if out := <-outcomes; out.Kind != Rest {
		t.Fatalf("%+v", out)
	}
	if _, err := b.AddOps(t.Context(), (&phone{t: t}).visit(1, 1, true, "mới")); err != nil {
		t.Fatal(err)
	}
	kick <- struct{}{}
	if out := <-outcomes; out.Kind != Rest || b.Snapshot().Unsent() != 0 {
		t.Errorf("%+v, %d unsent", out, b.Snapshot().Unsent())
	}
	cancel()
	<-done
}
