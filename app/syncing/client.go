package syncing

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	pb "sodanvan/shared/gen/sodanvan/v1"
	rpc "sodanvan/shared/gen/sodanvan/v1/sodanvanv1connect"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
	"sodanvan/shared/wire"
)

// Options of the network.
type Options struct {
	// Loopback allows plain HTTP to 127.0.0.1, [::1] or localhost, where there is no wire.
	Loopback bool
	// Dial opens connections; nil: the system's.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Limits of a call.
const (
	// syncDeadline leaves time for a page over a weak link.
	syncDeadline  = 90 * time.Second
	shortDeadline = 30 * time.Second
	dialDeadline  = 15 * time.Second
	// maxReply bounds what a reply may take: a page, the row that did not fit, and listings.
	maxReply = 16 << 20
)

// AddressError: an address that cannot be called.
type AddressError struct{ Address string }

func (e *AddressError) Error() string { return "cannot call " + e.Address + " without TLS" }

// UserMessage is the sentence for the screen.
func (e *AddressError) UserMessage() string {
	return "Địa chỉ máy chủ phải bắt đầu bằng https://. Xem lại phiếu hoặc hỏi người quản trị."
}

// Client is the network side of an enrolled phone. Its methods may be called from anywhere;
// their errors are *CallError where the server said why.
type Client struct {
	identity func() store.Identity
	o        Options

	mu  sync.Mutex
	way *way
}

// way is the connection to one address with its pins.
type way struct {
	address string
	pins    [][32]byte
	http    *http.Client
	sync    rpc.SyncServiceClient
	enrol   rpc.EnrolServiceClient
}

// NewClient makes a client to the address and pins of the identity. They and the token are
// asked for at each call, since they change: the token every week, all of them when the phone
// joins again.
func NewClient(identity func() store.Identity, o Options) (*Client, error) {
	c := &Client{identity: identity, o: o}
	if _, err := c.to(); err != nil {
		return nil, err
	}
	return c, nil
}

// to gives the way to the server of the identity as it is now.
func (c *Client) to() (*way, error) {
	id := c.identity()
	pins := pinsOf(id)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.way != nil && c.way.address == id.Address && slices.Equal(c.way.pins, pins) {
		return c.way, nil
	}
	t, address, err := transport(id.Address, c.o, seal.ClientTLS(pins))
	if err != nil {
		return nil, err
	}
	if c.way != nil {
		c.way.http.CloseIdleConnections()
	}
	w := &way{address: id.Address, pins: pins, http: &http.Client{Transport: t, CheckRedirect: noRedirect}}
	auth := connect.WithInterceptors(bearer(c.identity))
	w.sync = wire.NewClient(w.http, address, maxReply, auth)
	w.enrol = rpc.NewEnrolServiceClient(w.http, address, connect.WithReadMaxBytes(maxReply), auth, uncompressed())
	c.way = w
	return w, nil
}

func pinsOf(id store.Identity) (pins [][32]byte) {
	for _, p := range id.Pins {
		if len(p) == 32 {
			pins = append(pins, [32]byte(p))
		}
	}
	return pins
}

// uncompressed keeps secrets out of compressed bodies, whose length tells about them.
func uncompressed() connect.ClientOption { return connect.WithAcceptCompression("gzip", nil, nil) }

// noRedirect: a pinned server has no reason to send a phone elsewhere.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// transport gives the way to an address: TLS as cfg has it, or plain on loopback.
func transport(address string, o Options, cfg *tls.Config) (*http.Transport, string, error) {
	address, err := seal.ParseAddress(address)
	if err != nil {
		return nil, "", err
	}
	dial := o.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialDeadline}).DialContext
	}
	t := &http.Transport{
		DialContext:         dial,
		TLSHandshakeTimeout: dialDeadline,
		IdleConnTimeout:     2 * time.Minute,
		MaxIdleConnsPerHost: 1,
		// A phone changes networks: a dead connection must be noticed before the deadline.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second},
	}
	if strings.HasPrefix(address, "http://") { // ParseAddress allows it on loopback only
		if !o.Loopback {
			return nil, "", &AddressError{Address: address}
		}
		return t, address, nil
	}
	t.TLSClientConfig = cfg
	t.ForceAttemptHTTP2 = true
	return t, address, nil
}

func bearer(identity func() store.Identity) connect.UnaryInterceptorFunc {
	return func(next connect.UnaryFunc) connect.UnaryFunc {
		return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
			req.Header().Set("Authorization", "Bearer "+identity().Token)
			return next(ctx, req)
		}
	}
}

// call makes one unary call with a deadline.
func call[Q, R any](ctx context.Context, d time.Duration, f func(context.Context, *connect.Request[Q]) (*connect.Response[R], error), req *Q) (*R, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	resp, err := f(ctx, connect.NewRequest(req))
	if err != nil {
		return nil, callError(err)
	}
	return resp.Msg, nil
}

// Close drops idle connections.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.way.http.CloseIdleConnections()
}

// Sync makes the one call of syncing.
func (c *Client) Sync(ctx context.Context, req *pb.SyncRequest) (*pb.SyncResponse, error) {
	w, err := c.to()
	if err != nil {
		return nil, err
	}
	resp, err := call(ctx, syncDeadline, w.sync.Sync, req)
	if err != nil {
		return nil, fmt.Errorf("sync: %w", err)
	}
	if resp.Rows, err = lww.Unpack(resp.GetPage()); err != nil {
		return nil, fmt.Errorf("sync: %w", err)
	}
	resp.Page = nil
	return resp, nil
}

// History gives the earlier values of a record.
func (c *Client) History(ctx context.Context, req *pb.HistoryRequest) (*pb.HistoryResponse, error) {
	req.Device = proto.Uint32(c.identity().Device)
	w, err := c.to()
	if err != nil {
		return nil, err
	}
	resp, err := call(ctx, shortDeadline, w.sync.History, req)
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	return resp, nil
}

// IssueCode makes an enrolment code for a member of the branch.
func (c *Client) IssueCode(ctx context.Context, req *pb.IssueCodeRequest) (*pb.IssueCodeResponse, error) {
	w, err := c.to()
	if err != nil {
		return nil, err
	}
	resp, err := call(ctx, shortDeadline, w.enrol.IssueCode, req)
	if err != nil {
		return nil, fmt.Errorf("issue code: %w", err)
	}
	return resp, nil
}

// ListDevices lists the devices of the branch.
func (c *Client) ListDevices(ctx context.Context) (*pb.ListDevicesResponse, error) {
	w, err := c.to()
	if err != nil {
		return nil, err
	}
	resp, err := call(ctx, shortDeadline, w.enrol.ListDevices, &pb.ListDevicesRequest{})
	if err != nil {
		return nil, fmt.Errorf("list devices: %w", err)
	}
	return resp, nil
}

// RevokeDevice ends a device.
func (c *Client) RevokeDevice(ctx context.Context, device uint32) error {
	w, err := c.to()
	if err != nil {
		return err
	}
	_, err = call(ctx, shortDeadline, w.enrol.RevokeDevice, &pb.RevokeDeviceRequest{Device: &device})
	if err != nil {
		return fmt.Errorf("revoke device: %w", err)
	}
	return nil
}

// ConfirmDevice lets a copy go on as a device of its own.
func (c *Client) ConfirmDevice(ctx context.Context, device uint32) error {
	w, err := c.to()
	if err != nil {
		return err
	}
	_, err = call(ctx, shortDeadline, w.enrol.ConfirmDevice, &pb.ConfirmDeviceRequest{Device: &device})
	if err != nil {
		return fmt.Errorf("confirm device: %w", err)
	}
	return nil
}

// RotateToken asks for a new token; the old one stays valid until the new one was used.
func (c *Client) RotateToken(ctx context.Context) (string, error) {
	w, err := c.to()
	if err != nil {
		return "", err
	}
	resp, err := call(ctx, shortDeadline, w.enrol.RotateToken, &pb.RotateTokenRequest{})
	if err != nil {
		return "", fmt.Errorf("rotate token: %w", err)
	}
	return resp.GetToken(), nil
}

// ReclaimToken gets a new token from a server that was restored and does not know the last
// one: the device's key proves on a connection of its own that this is the phone.
func (c *Client) ReclaimToken(ctx context.Context) (string, error) {
	id := c.identity()
	ch, err := openChannel(id.Address, c.o, seal.ClientTLS(pinsOf(id)))
	if err != nil {
		return "", fmt.Errorf("reclaim token: %w", err)
	}
	defer ch.close()
	ctx, cancel := context.WithTimeout(ctx, shortDeadline)
	defer cancel()
	claim := seal.ReclaimClaim{Server: id.Server, Device: id.Device}
	if claim.Channel, claim.SPKI, err = ch.binding(ctx); err != nil {
		return "", fmt.Errorf("reclaim token: %w", err)
	}
	resp, err := call(ctx, shortDeadline, ch.client.ReclaimToken, &pb.ReclaimTokenRequest{
		Device: proto.Uint32(id.Device), Signature: seal.SignReclaim(id.DeviceKey, claim),
	})
	if err != nil {
		return "", fmt.Errorf("reclaim token: %w", err)
	}
	return resp.GetToken(), nil
}

// HandOverWork hands sealed work over; the server takes it from a revoked device too.
func (c *Client) HandOverWork(ctx context.Context, device uint32, sealed []byte) error {
	w, err := c.to()
	if err != nil {
		return err
	}
	_, err = call(ctx, syncDeadline, w.enrol.HandOverWork, &pb.HandOverWorkRequest{Device: proto.Uint32(device), Sealed: sealed})
	if err != nil {
		return fmt.Errorf("hand work over: %w", err)
	}
	return nil
}
