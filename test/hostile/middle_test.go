package hostile

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"sodanvan/app/store"
	"sodanvan/app/syncing"
	rpc "sodanvan/shared/gen/sodanvan/v1/sodanvanv1connect"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/api"
	"sodanvan/test/probe"
)

// middle is a man in the middle: a TLS server with a certificate of his own making that
// passes on to the real server all that it can read, and keeps a copy.
type middle struct {
	address string
	mu      sync.Mutex
	paths   []string
	heard   []byte // headers and bodies of all requests
	raw     *recorder
}

// recorder keeps what clients send before any decryption.
type recorder struct {
	net.Listener
	mu   sync.Mutex
	sent [][]byte // one a connection
}

type recorded struct {
	net.Conn
	r *recorder
	n int
}

func (r *recorder) Accept() (net.Conn, error) {
	c, err := r.Listener.Accept()
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, nil)
	return &recorded{c, r, len(r.sent) - 1}, nil
}

func (c *recorded) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	c.r.sent[c.n] = append(c.r.sent[c.n], p[:n]...)
	return n, err
}

func (r *recorder) connections() [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.sent)
}

// inTheMiddle stands between phones and a server, with a chain that forge makes of the
// real root's certificate.
func inTheMiddle(t *testing.T, s *probe.Server, maxVersion uint16, forge func(t *testing.T) tls.Certificate) *middle {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &middle{address: ln.Addr().String(), raw: &recorder{Listener: ln}}
	to, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.Transport = &http.Transport{TLSClientConfig: seal.EnrolTLS()}
	proxy.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	web := &http.Server{ErrorLog: proxy.ErrorLog, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head, _ := httputil.DumpRequest(r, false)
		body, _ := io.ReadAll(r.Body)
		m.mu.Lock()
		m.paths = append(m.paths, r.URL.Path)
		m.heard = append(append(m.heard, head...), body...)
		m.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
	})}
	cfg := seal.ServerTLS(forge(t))
	cfg.MinVersion, cfg.MaxVersion = tls.VersionTLS12, maxVersion
	done := make(chan struct{})
	go func() { defer close(done); _ = web.Serve(tls.NewListener(m.raw, cfg)) }()
	t.Cleanup(func() { web.Close(); <-done })
	return m
}

func (m *middle) url() string { return "https://" + m.address }

func (m *middle) seen() ([]string, []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.paths), bytes.Clone(m.heard)
}

// ownRoot is a chain of a root that the man made himself.
func ownRoot(t *testing.T) tls.Certificate {
	t.Helper()
	root, err := seal.NewRoot(nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := root.Issue(nil, time.Now(), []string{"127.0.0.1"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// realRootBeside is his own leaf with the real root's certificate in place of his: what
// anybody has seen on the wire he can show too.
func realRootBeside(s *probe.Server) func(t *testing.T) tls.Certificate {
	return func(t *testing.T) tls.Certificate {
		c := ownRoot(t)
		c.Certificate = [][]byte{c.Certificate[0], s.Root.Certificate().Raw}
		return c
	}
}

// bothRoots is his own good chain with the real root's certificate behind it.
func bothRoots(s *probe.Server) func(t *testing.T) tls.Certificate {
	return func(t *testing.T) tls.Certificate {
		c := ownRoot(t)
		c.Certificate = append(c.Certificate, s.Root.Certificate().Raw)
		return c
	}
}

type forgery struct {
	name       string
	maxVersion uint16
	forge      func(t *testing.T) tls.Certificate
	// relays: the phone at enrolment, which has no pins, talks to him until he fails to prove.
	relays bool
}

func forgeries(s *probe.Server) []forgery {
	return []forgery{
		{"a root of his own", tls.VersionTLS13, ownRoot, true},
		{"his leaf beside the real root", tls.VersionTLS13, realRootBeside(s), false},
		{"the real root behind his own", tls.VersionTLS13, bothRoots(s), true},
		{"an older TLS", tls.VersionTLS12, ownRoot, false},
	}
}

// secrets are the spellings in which a code could leak.
func secrets(code seal.Code) [][]byte {
	key := seal.CodeKey(code.Secret)
	return [][]byte{code.Secret[:], []byte(code.String()), []byte(code.String()[5:]), key[:], []byte(hex.EncodeToString(code.Secret[:]))}
}

func TestManInTheMiddleOfEnrolment(t *testing.T) {
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	for _, f := range forgeries(tw.Server) {
		t.Run(f.name, func(t *testing.T) {
			m := inTheMiddle(t, tw.Server, f.maxVersion, f.forge)
			inv := invitation(t, tw.Server, tw.Member("Bình"))
			real := inv.Address
			inv.Address = m.url()
			_, err := syncing.Enrol(t.Context(), inv, "", "máy thử (bịa)", syncing.Options{})
			if err == nil {
				t.Fatal("the phone joined through a man in the middle")
			}
			paths, heard := m.seen()
			if f.relays {
				// He passed the real server's proof on, and it does not fit his connection.
				if !errors.Is(err, syncing.ErrImpostor) {
					t.Errorf("%v, want ErrImpostor", err)
				}
				said(t, err)
				if !slices.Equal(paths, []string{rpc.EnrolServiceChallengeProcedure}) {
					t.Errorf("he heard %q, want one challenge", paths)
				}
				if !bytes.Contains(heard, []byte(inv.Code.ID)) {
					t.Fatal("the recorder is broken: it has not even the public letters")
				}
			} else if len(paths) > 0 {
				t.Errorf("he heard %q before his certificate was refused", paths)
			}
			for _, s := range secrets(inv.Code) {
				if bytes.Contains(heard, s) {
					t.Errorf("he heard a secret: %x", s)
				}
			}
			// The code is still good at the real server.
			inv.Address = real
			if _, err := syncing.Enrol(t.Context(), inv, "", "máy thử (bịa)", syncing.Options{}); err != nil {
				t.Errorf("the real server afterwards: %v", err)
			}
		})
	}
}

// records takes the raw bytes of a TLS client apart: how many bytes of each record type.
func records(raw []byte) map[byte]int {
	n := map[byte]int{}
	for len(raw) >= 5 {
		size := int(binary.BigEndian.Uint16(raw[3:5]))
		n[raw[0]] += size
		raw = raw[min(5+size, len(raw)):]
	}
	return n
}

// silent fails where a client said more than a hello and an alert. In TLS 1.3 an alert
// travels as "application data" of some 20 bytes; a request would take hundreds.
func silent(t *testing.T, connections [][]byte) {
	t.Helper()
	if len(connections) == 0 {
		t.Error("nobody called: the test proves nothing")
	}
	for _, raw := range connections {
		if n := records(raw); n[23] > 64 {
			t.Errorf("the phone sent %d bytes of data to a server that it must not trust", n[23])
		}
	}
}

func TestManInTheMiddleAfterEnrolment(t *testing.T) {
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	for _, f := range forgeries(tw.Server) {
		t.Run(f.name, func(t *testing.T) {
			m := inTheMiddle(t, tw.Server, f.maxVersion, f.forge)
			p := joined(t, tw.Server, tw.Member("Bình"), store.Options{}, syncing.Options{})
			p.synced(t)
			h := p.first(t)
			p.agreed(t, h.ID)
			p.visited(t, h.ID, "ghi chép bịa chưa gửi")
			rows := p.store.Snapshot().Len()

			// The network now leads to him.
			bad := p.reopened(t, store.Options{}, syncing.Options{Dial: dialer(m.address)})
			out := bad.sync(t)
			if f.maxVersion == tls.VersionTLS13 && out.Kind != syncing.Stopped {
				t.Errorf("sync ended with %s, want stopped: a person must look", out.Kind)
			}
			if out.Kind == syncing.Rest || out.Kind == syncing.Again {
				t.Errorf("sync through a man in the middle ended with %s", out.Kind)
			}
			spoken(t, out.Sentence)
			if paths, _ := m.seen(); len(paths) > 0 {
				t.Errorf("he heard %q", paths)
			}
			silent(t, m.raw.connections())
			if b := bad.store.Snapshot(); b.Len() != rows || b.Unsent() != 2 {
				t.Errorf("%d rows and %d unsent, want %d and 2", b.Len(), b.Unsent(), rows)
			}

			// Back on the right road all goes out.
			good := bad.reopened(t, store.Options{}, syncing.Options{})
			good.synced(t)
			if n := good.store.Snapshot().Unsent(); n != 0 {
				t.Errorf("%d changes are still unsent", n)
			}
		})
	}
}

// TestAnotherServerAtTheAddress: a phone that is pinned to one server meets another, real
// one where the first used to be.
func TestAnotherServerAtTheAddress(t *testing.T) {
	a := probe.NewTown(t, probe.Start(t, probe.Options{}))
	p := joined(t, a.Server, a.Member("Bình"), store.Options{}, syncing.Options{})
	p.synced(t)
	h := p.first(t)
	p.agreed(t, h.ID)

	var mu sync.Mutex
	var calls []api.Call
	b := probe.NewTown(t, probe.Start(t, probe.Options{Observe: func(c api.Call) { mu.Lock(); calls = append(calls, c); mu.Unlock() }}))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	raw := &recorder{Listener: ln}
	go relay(raw, b.Address)
	t.Cleanup(func() { ln.Close() })

	rows := p.store.Snapshot().Len()
	lost := p.reopened(t, store.Options{}, syncing.Options{Dial: dialer(ln.Addr().String())})
	out := lost.sync(t)
	if out.Kind != syncing.Stopped {
		t.Errorf("sync ended with %s, want stopped", out.Kind)
	}
	spoken(t, out.Sentence)
	silent(t, raw.connections())
	mu.Lock()
	if len(calls) > 0 {
		t.Errorf("the other server heard %+v", calls)
	}
	mu.Unlock()
	if s := lost.store.Snapshot(); s.Len() != rows || s.Unsent() != 1 {
		t.Errorf("%d rows and %d unsent, want %d and 1", s.Len(), s.Unsent(), rows)
	}

	good := lost.reopened(t, store.Options{}, syncing.Options{})
	good.synced(t)
	if n := good.store.Snapshot().Unsent(); n != 0 {
		t.Errorf("%d changes are still unsent", n)
	}
}

// relay carries bytes to an address and back.
func relay(ln net.Listener, to string) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			s, err := net.Dial("tcp", to)
			if err != nil {
				return
			}
			defer s.Close()
			go func() { _, _ = io.Copy(s, c); s.Close() }()
			_, _ = io.Copy(c, s)
		}()
	}
}
