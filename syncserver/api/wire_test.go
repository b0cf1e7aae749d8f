package api

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"connectrpc.com/connect"

	pb "sodanvan/shared/gen/sodanvan/v1"
	rpc "sodanvan/shared/gen/sodanvan/v1/sodanvanv1connect"
	"sodanvan/shared/wire"
	"sodanvan/syncserver/registry"
)

// wired packs as phones do.
func wired(t *testing.T, size int) []byte {
	t.Helper()
	var out bytes.Buffer
	c := wire.NewCompressor()
	c.Reset(&out)
	zeros := make([]byte, 1<<20)
	for ; size > 0; size -= len(zeros) {
		if _, err := c.Write(zeros[:min(size, len(zeros))]); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestSyncPackedAsPhonesDo(t *testing.T) {
	s := startSite(t)
	s.reg.syncWith = func(_ context.Context, _ registry.Caller, r *pb.SyncRequest) (*pb.SyncResponse, error) {
		return &pb.SyncResponse{Rows: []*pb.Row{{Body: r.GetOps()[0]}}}, nil
	}
	body := bytes.Repeat([]byte("đường làng "), 100)
	res, err := s.sync(t, wire.Option(MaxMessage)).Sync(t.Context(), with(&pb.SyncRequest{Ops: [][]byte{body}}, goodToken))
	if err != nil {
		t.Fatal(err)
	}
	if got := res.Header().Get("Content-Encoding"); got != wire.Name {
		t.Errorf("the reply is packed as %q", got)
	}
	if !bytes.Equal(res.Msg.GetPage().GetBodies()[0], body) {
		t.Error("body changed")
	}
	if c := <-s.seen; c.In > 100 || c.Out > 100 {
		t.Errorf("%d bytes came in, %d went out", c.In, c.Out)
	}
}

func TestPackedBodiesThatAreRefused(t *testing.T) {
	s := startSite(t)
	good := wired(t, 1000)
	for _, c := range []struct {
		name, path, encoding string
		body                 []byte
		status               int
		says                 string
	}{
		{"a bomb", rpc.SyncServiceSyncProcedure, wire.Name, wired(t, 256<<20), http.StatusTooManyRequests, "PROBLEM_CODE_TOO_LARGE"},
		{"cut", rpc.SyncServiceSyncProcedure, wire.Name, good[:len(good)-1], http.StatusBadRequest, sayDamaged},
		{"something else", rpc.SyncServiceSyncProcedure, wire.Name, []byte("không phải dòng nén"), http.StatusBadRequest, sayDamaged},
		{"a dictionary of tomorrow", rpc.SyncServiceSyncProcedure, "flate-2", good, http.StatusNotImplemented, `"unimplemented"`},
		{"secrets are not packed", rpc.EnrolServiceRotateTokenProcedure, wire.Name, good, http.StatusNotImplemented, `"unimplemented"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			res, answer := s.post(t, c.path, c.encoding, bytes.NewReader(c.body), int64(len(c.body)))
			runtime.ReadMemStats(&after)
			if res.StatusCode != c.status || !strings.Contains(string(answer), c.says) {
				t.Errorf("%d %s", res.StatusCode, answer)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 16*MaxMessage {
				t.Errorf("allocated %d MiB", used>>20)
			}
			if calls := s.reg.calls(); slices.Contains(calls, "Sync") || slices.Contains(calls, "RotateToken") {
				t.Error("it reached the registry")
			}
		})
	}
}

func TestWireUnpackerStopsAtTheLimit(t *testing.T) {
	u := newWireUnpacker(MaxMessage)
	if err := u.Reset(bytes.NewReader(wired(t, 64<<20))); err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, u)
	if n != MaxMessage || connect.CodeOf(err) != connect.CodeResourceExhausted {
		t.Errorf("%d bytes, then %v", n, err)
	}
}
