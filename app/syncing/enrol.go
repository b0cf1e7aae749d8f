package syncing

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	rpc "sodanvan/shared/gen/sodanvan/v1/sodanvanv1connect"
	"sodanvan/shared/seal"
)

// Error is a plain failure with a sentence for the screen.
type Error struct{ text, user string }

func (e *Error) Error() string { return "syncing: " + e.text }

// UserMessage is the sentence for the screen.
func (e *Error) UserMessage() string { return e.user }

var (
	// ErrImpostor: the server that answered does not know the code. Nothing was proven to it.
	ErrImpostor = &Error{"server does not know the code",
		"Máy chủ ở địa chỉ này không biết mã trên phiếu. Kiểm tra lại mã và địa chỉ; nếu vẫn vậy, báo bí thư chi bộ."}
	// ErrReply: the server's answer lacks what a phone needs.
	ErrReply = &Error{"reply is not complete",
		"Máy chủ trả lời thiếu nên chưa nhận được sổ. Thử lại; nếu vẫn vậy, báo người quản trị."}
	// ErrOtherBook: the code leads to another server than the book's.
	ErrOtherBook = &Error{"server of another book",
		"Mã này là của máy chủ khác, không mở được sổ trên máy. Xin bí thư chi bộ đúng mã."}
)

const nonceLen = 32

// Joining is one phone on its way to join: it keeps the nonce and the device key, so that
// asking again after a lost reply gets the same device and does not waste the code.
type Joining struct {
	Invitation seal.Invitation
	// DeviceName is what the owner calls the device.
	DeviceName string
	nonce      []byte
	key        ed25519.PrivateKey
	// server is the only one to join, where a book is here already; nil: any.
	server []byte
	// owner is the member whose book is here already; nil: none is.
	owner []byte
}

// NewJoining prepares to join. random nil: crypto/rand.
func NewJoining(inv seal.Invitation, deviceName string, random io.Reader) *Joining {
	if random == nil {
		random = rand.Reader
	}
	j := &Joining{Invitation: inv, DeviceName: deviceName, nonce: make([]byte, nonceLen), key: seal.NewDeviceKey(random)}
	if _, err := io.ReadFull(random, j.nonce); err != nil {
		panic(fmt.Sprintf("syncing: no randomness: %v", err)) // as package seal does
	}
	return j
}

// Enrol joins with an invitation and gives the identity for store.Create. address replaces
// an empty one of the invitation.
func Enrol(ctx context.Context, inv seal.Invitation, address, deviceName string, o Options) (store.Identity, error) {
	if inv.Address == "" {
		inv.Address = address
	}
	return NewJoining(inv, deviceName, nil).Enrol(ctx, o)
}

// Enrol proves the code both ways on one connection and joins. It may be called again after
// an error. Errors: ErrImpostor, *CallError (code wrong, used, expired), *seal.PinError, or
// of the network; the last is tried twice here.
func (j *Joining) Enrol(ctx context.Context, o Options) (store.Identity, error) {
	var id store.Identity
	var err error
	for range 2 {
		id, err = j.once(ctx, o)
		if err == nil || ctx.Err() != nil || ProblemOf(err) != nil || errors.As(err, new(*Error)) || seal.IsNotPinned(err) {
			break
		}
	}
	if err != nil {
		return store.Identity{}, fmt.Errorf("enrol: %w", err)
	}
	return id, nil
}

func (j *Joining) once(ctx context.Context, o Options) (store.Identity, error) {
	p, err := prove(ctx, j.Invitation, j.nonce, o)
	if err != nil {
		return store.Identity{}, err
	}
	defer p.close()
	if j.server != nil && !slices.Equal(j.server, p.server) {
		return store.Identity{}, ErrOtherBook // before the code is spent
	}
	public := j.key.Public().(ed25519.PublicKey)
	proof := seal.Proof(p.key, seal.PhoneSide, p.ekm, p.spki, j.nonce, public)
	r, err := call(ctx, shortDeadline, p.client.Join, &pb.JoinRequest{
		Code: proto.String(j.Invitation.Code.ID), Nonce: j.nonce, Proof: proof[:], DeviceKey: public,
		DeviceName: proto.String(j.DeviceName), Schema: proto.Uint32(book.Schema), Owner: j.owner,
	})
	if j.owner != nil && ProblemOf(err).GetCode() == pb.ProblemCode_PROBLEM_CODE_NOT_YOURS {
		return store.Identity{}, store.ErrOtherOwner // the code was not spent
	}
	if err != nil {
		return store.Identity{}, err
	}
	id := store.Identity{
		Server: r.GetServer(), Epoch: r.GetEpoch(), Device: r.GetDevice(), Token: r.GetToken(), DeviceKey: j.key,
		Pins: p.pins, Address: p.address, RecoveryKey: r.GetRecoveryKey(),
	}
	id.Member, _ = book.IDFrom(r.GetMember())
	id.Branch, _ = book.IDFrom(r.GetBranch())
	id.Commune, _ = book.IDFrom(r.GetCommune())
	if id.Device == 0 || id.Token == "" || id.Member.IsZero() || id.Commune.IsZero() ||
		!slices.Equal(id.Server, p.server) || len(id.RecoveryKey) != len(seal.RecoveryPub{}) {
		return store.Identity{}, ErrReply
	}
	return id, nil
}

// Rejoiner is the book of a phone that joins again; *store.Store is one.
type Rejoiner interface {
	Snapshot() *store.Snapshot
	Rejoin(ctx context.Context, id store.Identity) error
}

// Rejoin joins for a book that is here already, whose device the server does not know any
// more: it was restored from a backup that is older than the phone. The book and all that is
// in it stays, and what the server lacks goes again under the new number. It may be called
// again after an error; beside those of Enrol they are ErrOtherBook and store.ErrOtherOwner,
// and then nothing was changed.
func (j *Joining) Rejoin(ctx context.Context, b Rejoiner, o Options) error {
	was := b.Snapshot().State().Identity
	j.server, j.owner = was.Server, was.Member.Bytes()
	if j.Invitation.Address == "" {
		j.Invitation.Address = was.Address
	}
	id, err := j.Enrol(ctx, o)
	if err != nil {
		return err
	}
	return b.Rejoin(ctx, id)
}

// Recover gets the book key of a phone whose PIN was forgotten, with a fresh code from the
// secretary; open the book with store.OpenRecovered then. The server checks that the code
// is for the phone's own member.
func Recover(ctx context.Context, inv seal.Invitation, address string, book store.Peeked, o Options) (seal.BookKey, error) {
	if inv.Address == "" {
		inv.Address = address
	}
	nonce := make([]byte, nonceLen)
	rand.Read(nonce) // never fails
	p, err := prove(ctx, inv, nonce, o)
	if err != nil {
		return seal.BookKey{}, fmt.Errorf("recover: %w", err)
	}
	defer p.close()
	server := hex.EncodeToString(p.server)
	if !strings.HasPrefix(book.Name, server+"/") {
		return seal.BookKey{}, fmt.Errorf("recover: %w", ErrOtherBook)
	}
	proof := seal.Proof(p.key, seal.PhoneSide, p.ekm, p.spki, nonce, book.SealedKey)
	r, err := call(ctx, shortDeadline, p.client.Recover, &pb.RecoverRequest{
		Code: proto.String(inv.Code.ID), Nonce: nonce, Proof: proof[:], Device: proto.Uint32(book.Device), SealedBookKey: book.SealedKey,
	})
	if err != nil {
		return seal.BookKey{}, fmt.Errorf("recover: %w", err)
	}
	ad := seal.AD{Book: "recover", Table: server, Row: fmt.Sprint(book.Device), Key: inv.Code.ID}
	plain, err := seal.Open(seal.RowKey(p.key), ad, r.GetSealedBookKey())
	if err != nil || len(plain) != len(seal.BookKey{}) {
		return seal.BookKey{}, fmt.Errorf("recover: %w", ErrReply)
	}
	return seal.BookKey(plain), nil
}

// channel is one connection and a client whose calls all go over it, for proofs that are
// bound to it.
type channel struct {
	client  rpc.EnrolServiceClient
	address string
	one     *oneConn
	http    *http.Client
}

func openChannel(address string, o Options, cfg *tls.Config) (*channel, error) {
	// One connection and calls one after the other: plain HTTP/1.1 does.
	cfg.NextProtos = []string{"http/1.1"}
	t, address, err := transport(address, o, cfg)
	if err != nil {
		return nil, err
	}
	t.ForceAttemptHTTP2 = false
	t.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	t.MaxConnsPerHost = 1
	c := &channel{address: address, one: &oneConn{raw: t.DialContext, cfg: cfg}}
	t.DialTLSContext = c.one.dial
	c.http = &http.Client{Transport: t, CheckRedirect: noRedirect}
	c.client = rpc.NewEnrolServiceClient(c.http, address, connect.WithReadMaxBytes(1<<20), uncompressed())
	return c, nil
}

func (c *channel) close() {
	c.http.CloseIdleConnections()
	c.one.drop()
}

// binding gives the exported keying material of the connection, which it opens where there
// is none yet, and the key of the server's certificate; both empty on plain loopback.
func (c *channel) binding(ctx context.Context) (ekm, spki []byte, err error) {
	if !strings.HasPrefix(c.address, "https://") {
		return nil, nil, nil
	}
	u, err := url.Parse(c.address)
	if err != nil {
		return nil, nil, fmt.Errorf("address: %w", err)
	}
	state, err := c.one.open(ctx, net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "443")))
	if err != nil {
		return nil, nil, err
	}
	if ekm, err = seal.ChannelBinding(state); err != nil {
		return nil, nil, err
	}
	return ekm, state.PeerCertificates[0].RawSubjectPublicKeyInfo, nil
}

// proven is a connection on which the server has proven that it knows the code.
type proven struct {
	*channel
	key       [32]byte
	ekm, spki []byte
	server    []byte
	pins      [][]byte
}

// prove opens one connection and lets the server prove the code on it, before the phone
// proves anything. The proof covers the server's name and pins, so nobody between can
// exchange what the phone will pin.
func prove(ctx context.Context, inv seal.Invitation, nonce []byte, o Options) (*proven, error) {
	ch, err := openChannel(inv.Address, o, seal.EnrolTLS())
	if err != nil {
		return nil, err
	}
	p := &proven{channel: ch, key: seal.CodeKey(inv.Code.Secret)}
	if err := p.challenge(ctx, inv.Code.ID, nonce); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *proven) challenge(ctx context.Context, code string, nonce []byte) error {
	r, err := call(ctx, shortDeadline, p.client.Challenge, &pb.ChallengeRequest{Code: proto.String(code), Nonce: nonce})
	if err != nil {
		return err
	}
	var root []byte
	if p.ekm, p.spki, err = p.binding(ctx); err != nil {
		return err
	}
	if p.ekm != nil {
		hash, err := seal.RootSPKI(p.one.state())
		if err != nil {
			return err
		}
		root = hash[:]
	}
	p.server, p.pins = r.GetServer(), r.GetPins()
	binding := slices.Clone(p.server)
	for _, pin := range p.pins {
		binding = append(binding, pin...)
	}
	if !seal.CheckProof(r.GetProof(), p.key, seal.ServerSide, p.ekm, p.spki, nonce, binding) {
		return ErrImpostor
	}
	if root != nil && !slices.ContainsFunc(p.pins, func(pin []byte) bool { return slices.Equal(pin, root) }) {
		return ErrReply // the next connection would fail on these pins
	}
	return nil
}

// oneConn makes one connection and remembers its state: a proof is for one channel.
type oneConn struct {
	raw func(ctx context.Context, network, address string) (net.Conn, error)
	cfg *tls.Config

	mu   sync.Mutex
	conn *tls.Conn
	used bool // a client has it
}

var errOneConn = errors.New("the connection of the proof was lost")

// dial gives the one connection to the one client.
func (o *oneConn) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	if _, err := o.open(ctx, addr); err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.used {
		return nil, errOneConn
	}
	o.used = true
	return o.conn, nil
}

// open makes the connection where there is none yet.
func (o *oneConn) open(ctx context.Context, addr string) (tls.ConnectionState, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.conn != nil {
		return o.conn.ConnectionState(), nil
	}
	raw, err := o.raw(ctx, "tcp", addr)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	cfg := o.cfg.Clone()
	if host, _, err := net.SplitHostPort(addr); err == nil {
		cfg.ServerName = host
	}
	c := tls.Client(raw, cfg)
	if err := c.HandshakeContext(ctx); err != nil {
		raw.Close()
		return tls.ConnectionState{}, err
	}
	o.conn = c
	return c.ConnectionState(), nil
}

func (o *oneConn) state() tls.ConnectionState {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.conn.ConnectionState()
}

// drop closes a connection that no client took.
func (o *oneConn) drop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.conn != nil && !o.used {
		o.conn.Close()
	}
}
