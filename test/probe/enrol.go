package probe

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	rpc "sodanvan/shared/gen/sodanvan/v1/sodanvanv1connect"
	"sodanvan/shared/seal"
)

// Line is one HTTP client with the TLS states of the connections it made.
type Line struct {
	*http.Client
	mu     sync.Mutex
	states []tls.ConnectionState
}

// Dial makes a client that speaks HTTP/2 with this TLS configuration.
func (s *Server) Dial(t testing.TB, config *tls.Config) *Line {
	config = config.Clone()
	config.NextProtos = []string{"h2", "http/1.1"}
	l := &Line{}
	tr := &http.Transport{ForceAttemptHTTP2: true}
	tr.DialTLSContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := (&tls.Dialer{Config: config}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.states = append(l.states, c.(*tls.Conn).ConnectionState())
		return c, nil
	}
	t.Cleanup(tr.CloseIdleConnections)
	l.Client = &http.Client{Transport: tr, Timeout: time.Minute}
	return l
}

// States gives the TLS state of each connection so far.
func (l *Line) States() []tls.ConnectionState {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]tls.ConnectionState(nil), l.states...)
}

// Phone enrols a new phone of a member over TLS.
func (s *Server) Phone(t testing.TB, member book.ID) *Phone {
	t.Helper()
	return s.Join(t, s.Codes(t, member))
}

// Join enrols a phone with a code, as the app does: the server proves first that it knows
// the code, on the one connection that both proofs are bound to; from then on the phone
// speaks only to the pinned root.
func (s *Server) Join(t testing.TB, code seal.Code) *Phone {
	t.Helper()
	ctx := t.Context()
	line := s.Dial(t, seal.EnrolTLS())
	client := rpc.NewEnrolServiceClient(line, s.URL())
	nonce := make([]byte, 32)
	_, _ = rand.Read(nonce)

	challenge, err := client.Challenge(ctx, connect.NewRequest(&pb.ChallengeRequest{Code: &code.ID, Nonce: nonce}))
	if err != nil {
		t.Fatalf("challenge: %v", err)
	}
	state := line.States()[0]
	ekm, err := seal.ChannelBinding(state)
	if err != nil {
		t.Fatal(err)
	}
	spki := state.PeerCertificates[0].RawSubjectPublicKeyInfo
	binding := append([]byte(nil), challenge.Msg.GetServer()...)
	var pins [][32]byte
	for _, p := range challenge.Msg.GetPins() {
		binding = append(binding, p...)
		if len(p) != 32 {
			t.Fatalf("a pin of %d bytes", len(p))
		}
		pins = append(pins, [32]byte(p))
	}
	key := seal.CodeKey(code.Secret)
	if !seal.CheckProof(challenge.Msg.GetProof(), key, seal.ServerSide, ekm, spki, nonce, binding) {
		t.Fatal("the server does not prove that it knows the code")
	}

	p := &Phone{T: t, Server: s, Key: seal.NewDeviceKey(rand.Reader), Rows: map[book.ID]*pb.Row{}, Acks: map[uint64]*pb.Ack{}, Now: s.Now}
	public := p.Key.Public().(ed25519.PublicKey)
	proof := seal.Proof(key, seal.PhoneSide, ekm, spki, nonce, public)
	joined, err := client.Join(ctx, connect.NewRequest(&pb.JoinRequest{Code: &code.ID, Nonce: nonce, Proof: proof[:], DeviceKey: public,
		DeviceName: proto.String("máy thử (bịa)"), Schema: proto.Uint32(book.Schema)}))
	if err != nil {
		t.Fatalf("join: %v", err)
	}
	if n := len(line.States()); n != 1 {
		t.Fatalf("enrolment took %d connections", n)
	}
	line.CloseIdleConnections()
	p.Joined, p.Device, p.Token = joined.Msg, joined.Msg.GetDevice(), joined.Msg.GetToken()
	p.Member, _ = book.IDFrom(joined.Msg.GetMember())
	p.Branch, _ = book.IDFrom(joined.Msg.GetBranch())
	p.Commune, _ = book.IDFrom(joined.Msg.GetCommune())
	p.Pins = pins
	p.Line = s.Dial(t, seal.ClientTLS(pins))
	return p
}
