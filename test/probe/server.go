package probe

import (
	"cmp"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"sodanvan/shared/book"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/api"
	"sodanvan/syncserver/registry"
	"sodanvan/syncserver/store/sqlite"
	"sodanvan/test/capture"
)

// Options of a server for a test. The zero value is right for most.
type Options struct {
	// Dir is the data directory; "": a directory of the test's own.
	Dir string
	// Now is the wall clock of the server; nil: time.Now.
	Now func() time.Time
	// Store tunes the database.
	Store sqlite.Options
	// Observe hears of each finished call.
	Observe func(api.Call)
	// Listen is host and port; "": a free port of loopback.
	Listen string
	// Args are further arguments of a process.
	Args []string
}

// Server is a running server. Start gives one in this process, StartProcess one apart.
type Server struct {
	// Address is host and port of the listener.
	Address string
	// Dir is the data directory.
	Dir string
	// Registry is the server's inside, for what an administrator does; for a process the same
	// data directory opened beside it.
	Registry *registry.Registry
	// Process is the server's process; nil for one in this process.
	Process *Process
	// Root and Spare are the identities that phones pin; zero for a process.
	Root, Spare seal.Root
	// Codes gives an enrolment code for a member, as the administrator would print it.
	Codes func(t testing.TB, member book.ID) seal.Code

	now    func() time.Time
	log    capture.Text
	follow func()
}

// Start runs the real handler and registry in this process, on a TLS 1.3 listener of
// loopback, until the test ends.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	if o.Dir == "" {
		o.Dir = filepath.Join(t.TempDir(), "data")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{Dir: o.Dir, now: o.Now}
	var err error
	if s.Root, err = seal.NewRoot(nil); err != nil {
		t.Fatal(err)
	}
	if s.Spare, err = seal.NewRoot(nil); err != nil {
		t.Fatal(err)
	}
	leaf, err := s.Root.Issue(nil, time.Now(), []string{"127.0.0.1", "localhost"}, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	inner, err := net.Listen("tcp", cmp.Or(o.Listen, "127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	s.Address = inner.Addr().String()
	s.Registry, err = registry.Open(context.Background(), o.Dir, registry.Options{
		Now: o.Now, Store: o.Store, Address: "https://" + s.Address, Pins: [][32]byte{s.Root.Pin(), s.Spare.Pin()}})
	if err != nil {
		inner.Close()
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(&s.log, nil))
	handler := api.New(api.Config{Registry: s.Registry, Log: log, Observe: o.Observe, Ready: s.Registry.Ready})
	web := api.NewHTTPServer(handler, false, log)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = web.Serve(api.TLSListener(inner, func() (*tls.Certificate, error) { return &leaf, nil }))
	}()
	var once sync.Once
	s.follow = func() {
		once.Do(func() {
			web.Close()
			<-done
			if err := s.Registry.Close(); err != nil {
				t.Errorf("close registry: %v", err)
			}
		})
	}
	t.Cleanup(s.Stop)
	s.Codes = func(t testing.TB, member book.ID) seal.Code {
		t.Helper()
		codes, err := s.Registry.IssueCodes(context.Background(), []registry.Person{{ID: member}})
		if err != nil {
			t.Fatal(err)
		}
		return codes[0].Code
	}
	return s
}

// Stop ends the server before the test does. Its data directory stays.
func (s *Server) Stop() { s.follow() }

// Now is the wall clock of the server.
func (s *Server) Now() time.Time { return s.now() }

// URL is the address with its scheme.
func (s *Server) URL() string { return "https://" + s.Address }

// Log gives what the server logged so far.
func (s *Server) Log() string { return s.log.String() }
