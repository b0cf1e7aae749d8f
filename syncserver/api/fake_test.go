package api

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"

	pb "sodanvan/shared/gen/sodanvan/v1"
	rpc "sodanvan/shared/gen/sodanvan/v1/sodanvanv1connect"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/registry"
)

const goodToken, revokedToken = "good-token", "revoked-token"

// fakeRegistry answers what a test tells it to and remembers what reached it.
type fakeRegistry struct {
	mu       sync.Mutex
	reached  []string
	channel  registry.Channel
	syncWith func(context.Context, registry.Caller, *pb.SyncRequest) (*pb.SyncResponse, error)
	joinWith func(context.Context, registry.Channel, *pb.JoinRequest) (*pb.JoinResponse, error)
	failWith error
}

func (f *fakeRegistry) note(method string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reached = append(f.reached, method)
	return f.failWith
}

func (f *fakeRegistry) calls() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.reached...)
}

func (f *fakeRegistry) Authenticate(_ context.Context, token string) (registry.Caller, error) {
	switch token {
	case goodToken:
		return registry.Caller{Device: 7}, nil
	case revokedToken:
		return registry.Caller{Device: 8}, &registry.Problem{Code: pb.ProblemCode_PROBLEM_CODE_TOKEN_REVOKED, Sentence: "Máy này đã bị thu hồi."}
	}
	return registry.Caller{}, &registry.Problem{Code: pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN, Sentence: sayNoToken}
}

func (f *fakeRegistry) Sync(ctx context.Context, c registry.Caller, r *pb.SyncRequest) (*pb.SyncResponse, error) {
	if err := f.note("Sync"); err != nil {
		return nil, err
	}
	if f.syncWith != nil {
		return f.syncWith(ctx, c, r)
	}
	return &pb.SyncResponse{Kept: new(uint64(len(r.GetOps())))}, nil
}

func (f *fakeRegistry) History(context.Context, registry.Caller, *pb.HistoryRequest) (*pb.HistoryResponse, error) {
	return &pb.HistoryResponse{}, f.note("History")
}

func (f *fakeRegistry) Challenge(_ context.Context, ch registry.Channel, _ *pb.ChallengeRequest) (*pb.ChallengeResponse, error) {
	f.channel = ch
	return &pb.ChallengeResponse{Proof: bytes.Repeat([]byte("p"), 4096)}, f.note("Challenge")
}

func (f *fakeRegistry) Join(ctx context.Context, ch registry.Channel, r *pb.JoinRequest) (*pb.JoinResponse, error) {
	if err := f.note("Join"); err != nil {
		return nil, err
	}
	if f.joinWith != nil {
		return f.joinWith(ctx, ch, r)
	}
	return &pb.JoinResponse{}, nil
}

func (f *fakeRegistry) ReclaimToken(context.Context, registry.Channel, *pb.ReclaimTokenRequest) (*pb.ReclaimTokenResponse, error) {
	return &pb.ReclaimTokenResponse{}, f.note("ReclaimToken")
}
func (f *fakeRegistry) Recover(context.Context, registry.Channel, *pb.RecoverRequest) (*pb.RecoverResponse, error) {
	return &pb.RecoverResponse{}, f.note("Recover")
}

func (f *fakeRegistry) IssueCode(context.Context, registry.Caller, *pb.IssueCodeRequest) (*pb.IssueCodeResponse, error) {
	return &pb.IssueCodeResponse{}, f.note("IssueCode")
}

func (f *fakeRegistry) ListDevices(context.Context, registry.Caller, *pb.ListDevicesRequest) (*pb.ListDevicesResponse, error) {
	return &pb.ListDevicesResponse{}, f.note("ListDevices")
}

func (f *fakeRegistry) RevokeDevice(context.Context, registry.Caller, *pb.RevokeDeviceRequest) (*pb.RevokeDeviceResponse, error) {
	return &pb.RevokeDeviceResponse{}, f.note("RevokeDevice")
}

func (f *fakeRegistry) ConfirmDevice(context.Context, registry.Caller, *pb.ConfirmDeviceRequest) (*pb.ConfirmDeviceResponse, error) {
	return &pb.ConfirmDeviceResponse{}, f.note("ConfirmDevice")
}

func (f *fakeRegistry) RotateToken(context.Context, registry.Caller, *pb.RotateTokenRequest) (*pb.RotateTokenResponse, error) {
	return &pb.RotateTokenResponse{Token: new("new-token")}, f.note("RotateToken")
}

func (f *fakeRegistry) HandOverWork(context.Context, registry.Caller, *pb.HandOverWorkRequest) (*pb.HandOverWorkResponse, error) {
	return &pb.HandOverWorkResponse{}, f.note("HandOverWork")
}

// site is a running server over real TLS.
type site struct {
	url  string
	reg  *fakeRegistry
	root seal.Root
	log  *lockedBuffer
	seen chan Call
	cert func(tls.Certificate)
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func startSite(t *testing.T) *site {
	t.Helper()
	root, err := seal.NewRoot(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{reg: &fakeRegistry{}, root: root, log: &lockedBuffer{}, seen: make(chan Call, 100)}
	log := slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	current := s.issue(t)
	s.cert = func(c tls.Certificate) {
		mu.Lock()
		defer mu.Unlock()
		current = c
	}
	ln := TLSListener(inner, func() (*tls.Certificate, error) {
		mu.Lock()
		defer mu.Unlock()
		return &current, nil
	})
	server := NewHTTPServer(New(Config{Registry: s.reg, Log: log, Observe: func(c Call) { s.seen <- c }}), false, log)
	go server.Serve(ln)
	t.Cleanup(func() { server.Close() })
	s.url = "https://" + inner.Addr().String()
	return s
}

func (s *site) issue(t *testing.T) tls.Certificate {
	t.Helper()
	c, err := s.root.Issue(nil, time.Now(), []string{"localhost"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// dial is a phone's HTTP client; states, if given, receives the TLS state of each connection.
func (s *site) dial(t *testing.T, http1 bool, states func(tls.ConnectionState)) *http.Client {
	conf := seal.ClientTLS([][32]byte{s.root.Pin()})
	conf.NextProtos = []string{"h2", "http/1.1"}
	if http1 {
		conf.NextProtos = nil
	}
	tr := &http.Transport{ForceAttemptHTTP2: !http1, DisableCompression: true}
	// The keying material is there only once the handshake is over.
	tr.DialTLSContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		d := tls.Dialer{Config: conf}
		c, err := d.DialContext(ctx, network, addr)
		if err == nil && states != nil {
			states(c.(*tls.Conn).ConnectionState())
		}
		return c, err
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 30 * time.Second}
}

func (s *site) sync(t *testing.T, opts ...connect.ClientOption) rpc.SyncServiceClient {
	return rpc.NewSyncServiceClient(s.dial(t, false, nil), s.url, opts...)
}

func (s *site) enrol(t *testing.T, opts ...connect.ClientOption) rpc.EnrolServiceClient {
	return rpc.NewEnrolServiceClient(s.dial(t, false, nil), s.url, opts...)
}

func with[T any](m *T, token string) *connect.Request[T] {
	r := connect.NewRequest(m)
	if token != "" {
		r.Header().Set("Authorization", "Bearer "+token)
	}
	return r
}

// problemOf takes the typed detail out of an error of a client.
func problemOf(t *testing.T, err error) *pb.Problem {
	t.Helper()
	var e *connect.Error
	if !errors.As(err, &e) {
		t.Fatalf("no connect error: %v", err)
	}
	for _, d := range e.Details() {
		v, err := d.Value()
		if err != nil {
			t.Fatal(err)
		}
		if p, ok := v.(*pb.Problem); ok {
			return p
		}
	}
	t.Fatalf("no problem in %v", e)
	return nil
}
