package wire

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"connectrpc.com/connect"

	pb "sodanvan/shared/gen/sodanvan/v1"
	rpc "sodanvan/shared/gen/sodanvan/v1/sodanvanv1connect"
)

// server answers with what it was asked, and notes how the calls were packed.
type server struct {
	rpc.UnimplementedSyncServiceHandler
	mu      sync.Mutex
	came    []string
	refuses bool
}

func (s *server) Sync(_ context.Context, r *connect.Request[pb.SyncRequest]) (*connect.Response[pb.SyncResponse], error) {
	if s.refuses {
		return nil, connect.NewError(connect.CodeUnavailable, errors.New("later"))
	}
	return connect.NewResponse(&pb.SyncResponse{AuditHead: r.Msg.GetOps()[0]}), nil
}

// start serves; knows: with the compression of this package.
func start(t *testing.T, knows bool) (*server, rpc.SyncServiceClient) {
	t.Helper()
	s := &server{}
	var o []connect.HandlerOption
	if knows {
		o = append(o, connect.WithCompression(Name, func() connect.Decompressor { return NewDecompressor(1 << 20) }, NewCompressor))
	}
	_, h := rpc.NewSyncServiceHandler(s, o...)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.came = append(s.came, r.Header.Get("Content-Encoding")+">"+w.Header().Get("Content-Encoding"))
	}))
	t.Cleanup(site.Close)
	return s, NewClient(site.Client(), site.URL, 1<<20)
}

func (s *server) took() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.came = nil }()
	return strings.Join(s.came, " ")
}

func TestClient(t *testing.T) {
	long := &pb.SyncRequest{Ops: [][]byte{[]byte(strings.Repeat("đường làng ", 500))}}
	short := &pb.SyncRequest{Ops: [][]byte{[]byte("đường")}}
	sync := func(t *testing.T, c rpc.SyncServiceClient, m *pb.SyncRequest) {
		t.Helper()
		res, err := c.Sync(t.Context(), connect.NewRequest(m))
		if err != nil || string(res.Msg.GetAuditHead()) != string(m.GetOps()[0]) {
			t.Fatalf("%v %v", res, err)
		}
	}
	t.Run("a server of today", func(t *testing.T) {
		s, c := start(t, true)
		sync(t, c, long)
		if got := s.took(); got != Name+">"+Name {
			t.Errorf("went %q", got)
		}
		sync(t, c, short)
		if got := s.took(); !strings.HasPrefix(got, ">") {
			t.Errorf("a short request went %q", got)
		}
	})
	t.Run("an older server", func(t *testing.T) {
		s, c := start(t, false)
		sync(t, c, long)
		if got := s.took(); got != Name+"> gzip>gzip" {
			t.Errorf("first went %q", got)
		}
		sync(t, c, long)
		if got := s.took(); got != "gzip>gzip" {
			t.Errorf("then went %q", got)
		}
	})
	t.Run("a method that is not there teaches nothing", func(t *testing.T) {
		s, c := start(t, true)
		_, err := c.History(t.Context(), connect.NewRequest(&pb.HistoryRequest{}))
		if connect.CodeOf(err) != connect.CodeUnimplemented {
			t.Errorf("got %v", err)
		}
		s.took()
		sync(t, c, long)
		if got := s.took(); got != Name+">"+Name {
			t.Errorf("then went %q", got)
		}
	})
	t.Run("another error is no reason to ask twice", func(t *testing.T) {
		s, c := start(t, true)
		s.refuses = true
		_, err := c.Sync(t.Context(), connect.NewRequest(long))
		if connect.CodeOf(err) != connect.CodeUnavailable {
			t.Errorf("got %v", err)
		}
		if got := s.took(); strings.Contains(got, "gzip") || strings.Count(got, Name) != 1 {
			t.Errorf("went %q", got)
		}
	})
	t.Run("an encoding that nobody knows", func(t *testing.T) {
		s, _ := start(t, true)
		_, h := rpc.NewSyncServiceHandler(s, connect.WithCompression(Name, func() connect.Decompressor { return NewDecompressor(1 << 20) }, NewCompressor))
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, rpc.SyncServiceSyncProcedure, strings.NewReader("x"))
		r.Header.Set("Content-Type", "application/proto")
		r.Header.Set("Content-Encoding", "flate-2")
		h.ServeHTTP(w, r)
		if w.Code != http.StatusNotImplemented || !strings.Contains(w.Body.String(), `"unimplemented"`) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
	t.Run("a reply over the limit", func(t *testing.T) {
		_, c := start(t, true)
		for size, ok := range map[int]bool{1<<20 - 8: true, 1<<20 + 1: false} {
			_, err := c.Sync(t.Context(), connect.NewRequest(&pb.SyncRequest{Ops: [][]byte{make([]byte, size)}}))
			if (err == nil) != ok {
				t.Errorf("%d bytes: %v", size, err)
			}
		}
	})
}
