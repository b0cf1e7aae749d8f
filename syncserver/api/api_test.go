package api

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"github.com/klauspost/compress/gzip"
	"google.golang.org/protobuf/encoding/protowire"

	pb "sodanvan/shared/gen/sodanvan/v1"
	rpc "sodanvan/shared/gen/sodanvan/v1/sodanvanv1connect"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/registry"
)

func TestSyncRoundTrip(t *testing.T) {
	for name, opts := range map[string][]connect.ClientOption{
		"plain": nil,
		"gzip":  {connect.WithSendGzip(), connect.WithCompressMinBytes(10)},
	} {
		t.Run(name, func(t *testing.T) {
			s := startSite(t)
			s.reg.syncWith = func(_ context.Context, c registry.Caller, r *pb.SyncRequest) (*pb.SyncResponse, error) {
				if c.Device != 7 {
					t.Errorf("device %d", c.Device)
				}
				return &pb.SyncResponse{Rows: []*pb.Row{{Body: r.GetOps()[0]}}, Acks: []*pb.Ack{{}}}, nil
			}
			body := bytes.Repeat([]byte("đường làng "), 5000)
			res, err := s.sync(t, opts...).Sync(t.Context(), with(&pb.SyncRequest{Ops: [][]byte{body}}, goodToken))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(res.Msg.GetPage().GetBodies()[0], body) {
				t.Error("body changed")
			}
			c := <-s.seen
			if c.Method != "Sync/Sync" || c.Code != "ok" || c.Device != 7 || c.Ops != 1 || c.Rows != 1 || c.Acks != 1 {
				t.Errorf("seen %+v", c)
			}
			if packed := c.In < int64(len(body)); packed != (name == "gzip") {
				t.Errorf("%d bytes came in", c.In)
			}
			if c.Out == 0 || c.Out >= int64(len(body)) {
				t.Errorf("%d bytes went out, not packed", c.Out)
			}
			if strings.Contains(s.log.String(), "làng") {
				t.Error("the log quotes a body")
			}
		})
	}
}

func TestTokenIsNeeded(t *testing.T) {
	s := startSite(t)
	sync, enrol := s.sync(t), s.enrol(t)
	calls := map[string]func(token string) error{
		"Sync": func(k string) error { _, err := sync.Sync(t.Context(), with(&pb.SyncRequest{}, k)); return err },
		"History": func(k string) error {
			_, err := sync.History(t.Context(), with(&pb.HistoryRequest{}, k))
			return err
		},
		"IssueCode": func(k string) error {
			_, err := enrol.IssueCode(t.Context(), with(&pb.IssueCodeRequest{}, k))
			return err
		},
		"ListDevices": func(k string) error {
			_, err := enrol.ListDevices(t.Context(), with(&pb.ListDevicesRequest{}, k))
			return err
		},
		"RevokeDevice": func(k string) error {
			_, err := enrol.RevokeDevice(t.Context(), with(&pb.RevokeDeviceRequest{}, k))
			return err
		},
		"ConfirmDevice": func(k string) error {
			_, err := enrol.ConfirmDevice(t.Context(), with(&pb.ConfirmDeviceRequest{}, k))
			return err
		},
		"RotateToken": func(k string) error {
			_, err := enrol.RotateToken(t.Context(), with(&pb.RotateTokenRequest{}, k))
			return err
		},
		"HandOverWork": func(k string) error {
			_, err := enrol.HandOverWork(t.Context(), with(&pb.HandOverWorkRequest{}, k))
			return err
		},
	}
	for name, call := range calls {
		for _, token := range []string{"", "unknown", revokedToken} {
			t.Run(name+"/"+token, func(t *testing.T) {
				before := len(s.reg.calls())
				err := call(token)
				want := pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN
				if token == revokedToken {
					want = pb.ProblemCode_PROBLEM_CODE_TOKEN_REVOKED
				}
				if name == "HandOverWork" && token == revokedToken {
					if err != nil || len(s.reg.calls()) != before+1 {
						t.Fatalf("a revoked phone cannot hand over its work: %v", err)
					}
					return
				}
				if connect.CodeOf(err) != connect.CodeUnauthenticated || problemOf(t, err).GetCode() != want {
					t.Errorf("got %v", err)
				}
				if len(s.reg.calls()) != before {
					t.Error("the call reached the registry")
				}
			})
		}
		t.Run(name+"/good", func(t *testing.T) {
			if err := call(goodToken); err != nil {
				t.Error(err)
			}
		})
	}
	const open = 4 // without a token; see TestEveryMethodHasItsGuard
	if len(calls)+open != len(procedures) {
		t.Errorf("%d procedures, %d tried", len(procedures), len(calls)+open)
	}
}

func TestEveryMethodHasItsGuard(t *testing.T) {
	for _, f := range []interface{ Len() int }{
		pb.File_sodanvan_v1_sync_proto.Services(), pb.File_sodanvan_v1_enrol_proto.Services(),
	} {
		if f.Len() != 1 {
			t.Fatal("a service more than this test knows")
		}
	}
	n := 0
	for _, s := range []struct {
		name string
		len  int
	}{
		{rpc.SyncServiceName, pb.File_sodanvan_v1_sync_proto.Services().Get(0).Methods().Len()},
		{rpc.EnrolServiceName, pb.File_sodanvan_v1_enrol_proto.Services().Get(0).Methods().Len()},
	} {
		n += s.len
	}
	if n != len(procedures) {
		t.Errorf("%d methods in the protos, %d guarded", n, len(procedures))
	}
	var open []string
	for path, p := range procedures {
		if p.open {
			open = append(open, path)
		}
		if p.time == 0 || p.maxBody == 0 {
			t.Errorf("%s has no limits", path)
		}
	}
	slices.Sort(open)
	want := []string{rpc.EnrolServiceChallengeProcedure, rpc.EnrolServiceJoinProcedure,
		rpc.EnrolServiceReclaimTokenProcedure, rpc.EnrolServiceRecoverProcedure}
	if !slices.Equal(open, want) {
		t.Errorf("open without a token: %v", open)
	}
}

func TestBearer(t *testing.T) {
	for name, c := range map[string]struct {
		values []string
		want   string
	}{
		"none":       {nil, ""},
		"good":       {[]string{"Bearer abc"}, "abc"},
		"any case":   {[]string{"bearer abc"}, "abc"},
		"two":        {[]string{"Bearer abc", "Bearer def"}, ""},
		"two in one": {[]string{"Bearer abc, Bearer def"}, ""},
		"basic":      {[]string{"Basic abc"}, ""},
		"empty":      {[]string{"Bearer "}, ""},
		"bare":       {[]string{"abc"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := bearer(http.Header{"Authorization": c.values})
			if got != c.want || ok != (c.want != "") {
				t.Errorf("got %q %v", got, ok)
			}
		})
	}
}

// watched tells whether somebody read.
type watched struct{ read bool }

func (w *watched) Read([]byte) (int, error) { w.read = true; return 0, io.EOF }
func (w *watched) Close() error             { return nil }

// quiet is a ResponseWriter without a connection.
type quiet struct {
	header http.Header
	status int
}

func (q *quiet) Header() http.Header         { return q.header }
func (q *quiet) WriteHeader(s int)           { q.status = s }
func (q *quiet) Write(b []byte) (int, error) { return len(b), nil }

func TestTokenIsCheckedBeforeTheBodyIsRead(t *testing.T) {
	for token, read := range map[string]bool{"": false, "unknown": false, revokedToken: false, goodToken: true} {
		t.Run(token, func(t *testing.T) {
			h := New(Config{Registry: &fakeRegistry{}, Log: slog.New(slog.DiscardHandler)})
			body := &watched{}
			r, err := http.NewRequest(http.MethodPost, rpc.SyncServiceSyncProcedure, body)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/proto")
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			w := &quiet{header: http.Header{}}
			h.ServeHTTP(w, r)
			if body.read != read {
				t.Errorf("body read: %v", body.read)
			}
			if (w.status == http.StatusUnauthorized) == read {
				t.Errorf("status %d", w.status)
			}
		})
	}
}

// zeros gives gzip that unpacks to size bytes, made of members so that it is made fast.
func zeros(t *testing.T, size int) []byte {
	t.Helper()
	const member = 16 << 20
	var one bytes.Buffer
	w, err := gzip.NewWriterLevel(&one, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(make([]byte, member))
	w.Close()
	return bytes.Repeat(one.Bytes(), size/member)
}

func (s *site) post(t *testing.T, path, encoding string, body io.Reader, length int64) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = length
	r.Header.Set("Content-Type", "application/proto")
	r.Header.Set("Authorization", "Bearer "+goodToken)
	if encoding != "" {
		r.Header.Set("Content-Encoding", encoding)
	}
	res, err := s.dial(t, false, nil).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, answer
}

// isTooLarge recognises the typed problem in the JSON of an error, where Connect spells details out.
func isTooLarge(status int, answer []byte) bool {
	return status == http.StatusTooManyRequests && bytes.Contains(answer, []byte("PROBLEM_CODE_TOO_LARGE"))
}

func TestBomb(t *testing.T) {
	s := startSite(t)
	bomb := zeros(t, 3<<30) // about 3 MiB of gzip
	if len(bomb) > MaxBody {
		t.Fatalf("the bomb has %d bytes and would fail for another reason", len(bomb))
	}
	s.post(t, rpc.SyncServiceSyncProcedure, "", strings.NewReader(""), 0) // warm
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	res, answer := s.post(t, rpc.SyncServiceSyncProcedure, "gzip", bytes.NewReader(bomb), int64(len(bomb)))
	runtime.ReadMemStats(&after)
	if !isTooLarge(res.StatusCode, answer) {
		t.Errorf("answer %d %s", res.StatusCode, answer)
	}
	// The buffer that Connect grows by doubling to 16 MiB costs four times that in all, eight under the race detector.
	used := after.TotalAlloc - before.TotalAlloc
	t.Logf("%d KiB of gzip: %d KiB allocated in all, %d KiB from the system", len(bomb)>>10, used>>10, (after.Sys-before.Sys)>>10)
	if used > 16*MaxMessage {
		t.Errorf("allocated %d bytes", used)
	}
	if slices.Contains(s.reg.calls()[1:], "Sync") {
		t.Error("it reached the registry")
	}
}

// counted counts what is taken from a source.
type counted struct {
	io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

func TestUnpackerStopsAtTheLimit(t *testing.T) {
	src := &counted{Reader: bytes.NewReader(zeros(t, 1<<30))}
	u := newUnpacker(MaxMessage)
	if err := u.Reset(src); err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, u)
	if n != MaxMessage || connect.CodeOf(err) != connect.CodeResourceExhausted {
		t.Errorf("%d bytes, then %v", n, err)
	}
	if src.n > 100<<10 { // 16 MiB of zeros are 16 KiB; the reader buffers a little
		t.Errorf("read on to %d packed bytes", src.n)
	}
}

func pack(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestUnpackerAtTheEdges(t *testing.T) {
	const limit = 1000
	for name, c := range map[string]struct {
		size int
		ok   bool
	}{"nothing": {0, true}, "under": {999, true}, "exactly": {1000, true}, "one over": {1001, false}} {
		t.Run(name, func(t *testing.T) {
			u := newUnpacker(limit)
			for round := range 2 { // a used one is used again
				if err := u.Reset(bytes.NewReader(pack(t, make([]byte, c.size)))); err != nil {
					t.Fatal(err)
				}
				b, err := io.ReadAll(u)
				if (err == nil) != c.ok {
					t.Errorf("round %d: %v", round, err)
				}
				if c.ok && len(b) != c.size {
					t.Errorf("round %d: %d bytes", round, len(b))
				}
			}
		})
	}
	t.Run("not gzip", func(t *testing.T) {
		u := newUnpacker(limit)
		if err := u.Reset(strings.NewReader("chữ thường, không nén")); connect.CodeOf(err) != connect.CodeInvalidArgument {
			t.Errorf("got %v", err)
		}
		if _, err := u.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("got %v", err)
		}
	})
	t.Run("cut short", func(t *testing.T) {
		u := newUnpacker(limit)
		b := pack(t, bytes.Repeat([]byte("abc"), 100))
		if err := u.Reset(bytes.NewReader(b[:len(b)-5])); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(u); connect.CodeOf(err) != connect.CodeInvalidArgument {
			t.Errorf("got %v", err)
		}
	})
}

func TestOversized(t *testing.T) {
	s := startSite(t)
	for name, c := range map[string]struct {
		path string
		size int64
		ok   bool
	}{
		"sync, right size":       {rpc.SyncServiceSyncProcedure, MaxBody - 100, true},
		"sync, over":             {rpc.SyncServiceSyncProcedure, MaxBody + 1, false},
		"history, over":          {rpc.SyncServiceHistoryProcedure, MaxEnrolMessage + 1, false},
		"join, over":             {rpc.EnrolServiceJoinProcedure, MaxEnrolMessage + 1, false},
		"challenge, right size":  {rpc.EnrolServiceChallengeProcedure, MaxEnrolMessage - 100, true},
		"handed over, like sync": {rpc.EnrolServiceHandOverWorkProcedure, MaxBody - 100, true},
	} {
		for _, announced := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				// One record of a field that no message has, so that it decodes.
				b := protowire.AppendTag(nil, 1000, protowire.BytesType)
				b = protowire.AppendBytes(b, make([]byte, c.size-10))
				length := int64(len(b))
				if !c.ok {
					b = append(b, make([]byte, c.size)...)
					length = int64(len(b))
				}
				if !announced {
					length = -1
				}
				res, answer := s.post(t, c.path, "", io.MultiReader(bytes.NewReader(b)), length)
				if c.ok && res.StatusCode != http.StatusOK || !c.ok && !isTooLarge(res.StatusCode, answer) {
					t.Errorf("announced %v: %d %s", announced, res.StatusCode, answer)
				}
			})
		}
	}
}

func TestTooManyRecordsInOneMessage(t *testing.T) {
	s := startSite(t)
	small := bytes.Repeat([]byte{8<<3 | 2, 0}, maxRecords) // empty cursors, two bytes each
	if res, answer := s.post(t, rpc.SyncServiceSyncProcedure, "", bytes.NewReader(small), int64(len(small))); res.StatusCode != http.StatusOK {
		t.Errorf("the limit itself: %d %s", res.StatusCode, answer)
	}
	over := append(small, 8<<3|2, 0)
	res, answer := s.post(t, rpc.SyncServiceSyncProcedure, "", bytes.NewReader(over), int64(len(over)))
	if res.StatusCode != http.StatusBadRequest || !bytes.Contains(answer, []byte(sayDamaged)) {
		t.Errorf("one more: %d %s", res.StatusCode, answer)
	}
}

func TestEnrolIsNeverPacked(t *testing.T) {
	s := startSite(t)
	t.Run("packed request is refused", func(t *testing.T) {
		_, err := s.enrol(t, connect.WithSendGzip()).Join(t.Context(), with(&pb.JoinRequest{DeviceName: new(strings.Repeat("a", 5000))}, ""))
		if connect.CodeOf(err) != connect.CodeUnimplemented {
			t.Errorf("got %v", err)
		}
	})
	t.Run("reply is not packed", func(t *testing.T) {
		res, err := s.enrol(t).Challenge(t.Context(), with(&pb.ChallengeRequest{}, ""))
		if err != nil {
			t.Fatal(err)
		}
		if e := res.Header().Get("Content-Encoding"); e != "" {
			t.Errorf("packed with %s", e)
		}
	})
}

func TestOtherDialectsAreRefused(t *testing.T) {
	s := startSite(t)
	for name, c := range map[string]struct {
		method, path, kind string
		status             int
	}{
		"json":         {"POST", rpc.SyncServiceSyncProcedure, "application/json", http.StatusUnsupportedMediaType},
		"grpc":         {"POST", rpc.SyncServiceSyncProcedure, "application/grpc", http.StatusUnsupportedMediaType},
		"get":          {"GET", rpc.SyncServiceSyncProcedure, "", http.StatusUnsupportedMediaType},
		"no such path": {"POST", "/sodanvan.v1.SyncService/Everything", "application/proto", http.StatusNotFound},
		"front page":   {"GET", "/", "", http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := http.NewRequestWithContext(t.Context(), c.method, s.url+c.path, nil)
			r.Header.Set("Content-Type", c.kind)
			r.Header.Set("Authorization", "Bearer "+goodToken)
			res, err := s.dial(t, false, nil).Do(r)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != c.status {
				t.Errorf("status %d", res.StatusCode)
			}
		})
	}
	if calls := s.reg.calls(); len(calls) != 0 {
		t.Errorf("reached the registry: %v", calls)
	}
}

// What the server tells the registry of the channel must be what the phone sees of it.
func TestChannelFacts(t *testing.T) {
	for name, http1 := range map[string]bool{"http/2": false, "http/1.1": true} {
		t.Run(name, func(t *testing.T) {
			s := startSite(t)
			var seen []tls.ConnectionState
			client := s.dial(t, http1, func(cs tls.ConnectionState) { seen = append(seen, cs) })
			enrol := rpc.NewEnrolServiceClient(client, s.url)
			challenge := func() registry.Channel {
				t.Helper()
				if _, err := enrol.Challenge(t.Context(), with(&pb.ChallengeRequest{}, "")); err != nil {
					t.Fatal(err)
				}
				return s.reg.channel
			}
			first := challenge()
			if len(seen) != 1 {
				t.Fatalf("%d connections", len(seen))
			}
			ekm, err := seal.ChannelBinding(seen[0])
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(first.EKM, ekm) || len(ekm) != 32 {
				t.Error("keying material differs")
			}
			if !bytes.Equal(first.SPKI, seen[0].PeerCertificates[0].RawSubjectPublicKeyInfo) {
				t.Error("leaf differs")
			}
			if first.Remote != "127.0.0.1" {
				t.Errorf("remote %q", first.Remote)
			}

			// A renewed leaf does not change what the living connection was shown …
			s.cert(s.issue(t))
			if again := challenge(); !bytes.Equal(again.SPKI, first.SPKI) || !bytes.Equal(again.EKM, first.EKM) {
				t.Error("the living connection changed")
			}
			// … and a new connection shows the new one.
			client.CloseIdleConnections()
			next := challenge()
			if len(seen) != 2 {
				t.Fatalf("%d connections", len(seen))
			}
			if bytes.Equal(next.SPKI, first.SPKI) || bytes.Equal(next.EKM, first.EKM) {
				t.Error("two connections look the same")
			}
			if !bytes.Equal(next.SPKI, seen[1].PeerCertificates[0].RawSubjectPublicKeyInfo) {
				t.Error("renewed leaf differs")
			}
		})
	}
}

func TestProofOfAnotherChannelFails(t *testing.T) {
	s := startSite(t)
	code := seal.NewCode(nil)
	key := seal.CodeKey(code.Secret)
	wrong := &registry.Problem{Code: pb.ProblemCode_PROBLEM_CODE_CODE_WRONG, Sentence: "Mã chưa đúng."}
	s.reg.joinWith = func(_ context.Context, ch registry.Channel, r *pb.JoinRequest) (*pb.JoinResponse, error) {
		if !seal.CheckProof(r.GetProof(), key, seal.PhoneSide, ch.EKM, ch.SPKI, r.GetNonce(), r.GetDeviceKey()) {
			return nil, wrong
		}
		return &pb.JoinResponse{}, nil
	}
	var state tls.ConnectionState
	enrol := rpc.NewEnrolServiceClient(s.dial(t, false, func(cs tls.ConnectionState) { state = cs }), s.url)
	if _, err := enrol.Challenge(t.Context(), with(&pb.ChallengeRequest{}, "")); err != nil {
		t.Fatal(err)
	}
	nonce, device := []byte("nonce"), []byte("device key")
	ekm, err := seal.ChannelBinding(state)
	if err != nil {
		t.Fatal(err)
	}
	proof := seal.Proof(key, seal.PhoneSide, ekm, state.PeerCertificates[0].RawSubjectPublicKeyInfo, nonce, device)
	req := func() *connect.Request[pb.JoinRequest] {
		return with(&pb.JoinRequest{Code: &code.ID, Nonce: nonce, Proof: proof[:], DeviceKey: device}, "")
	}
	if _, err := enrol.Join(t.Context(), req()); err != nil {
		t.Errorf("on its own channel: %v", err)
	}
	_, err = s.enrol(t).Join(t.Context(), req())
	if connect.CodeOf(err) != connect.CodePermissionDenied || problemOf(t, err).GetCode() != wrong.Code {
		t.Errorf("on another channel: %v", err)
	}
}

func TestErrorsOnTheWire(t *testing.T) {
	const secret = "bà Đào thôn Thượng"
	for name, c := range map[string]struct {
		err     error
		code    connect.Code
		problem pb.ProblemCode
		retry   uint32
	}{
		"busy":           {&registry.Problem{Code: pb.ProblemCode_PROBLEM_CODE_BUSY, Sentence: "Máy chủ bận.", RetryAfter: 30, Cause: errors.New(secret)}, connect.CodeUnavailable, pb.ProblemCode_PROBLEM_CODE_BUSY, 30},
		"wrapped":        {errors.Join(errors.New(secret), &registry.Problem{Code: pb.ProblemCode_PROBLEM_CODE_GAP, Sentence: "Thiếu."}), connect.CodeFailedPrecondition, pb.ProblemCode_PROBLEM_CODE_GAP, 0},
		"not yours":      {&registry.Problem{Code: pb.ProblemCode_PROBLEM_CODE_NOT_YOURS}, connect.CodeNotFound, pb.ProblemCode_PROBLEM_CODE_NOT_YOURS, 0},
		"other":          {errors.New(secret), connect.CodeInternal, 0, retryBusy},
		"code of future": {&registry.Problem{Code: 99, Sentence: "Mới."}, connect.CodeInternal, 99, 0},
		"out of time":    {context.DeadlineExceeded, connect.CodeDeadlineExceeded, pb.ProblemCode_PROBLEM_CODE_BUSY, retryBusy},
	} {
		t.Run(name, func(t *testing.T) {
			s := startSite(t)
			s.reg.failWith = c.err
			_, err := s.sync(t).Sync(t.Context(), with(&pb.SyncRequest{}, goodToken))
			p := problemOf(t, err)
			if connect.CodeOf(err) != c.code || p.GetCode() != c.problem || p.GetRetryAfterS() != c.retry {
				t.Errorf("got %v, %v", err, p)
			}
			if p.GetSentence() == "" {
				t.Error("no sentence")
			}
			if strings.Contains(err.Error(), secret) || strings.Contains(p.GetSentence(), secret) {
				t.Error("the cause is on the wire")
			}
			if got := <-s.seen; got.Code != c.code.String() || got.Problem != c.problem {
				t.Errorf("seen %+v", got)
			}
		})
	}
	for code := range pb.ProblemCode_name {
		if _, ok := connectCodes[pb.ProblemCode(code)]; !ok && code != 0 {
			t.Errorf("no connect code for %v", pb.ProblemCode(code))
		}
	}
}

func TestPanicEndsOneCall(t *testing.T) {
	s := startSite(t)
	client := s.sync(t)
	for name, thrown := range map[string]func(){
		"runtime": func() { var none []int; _ = none[len(s.url)] },
		"other":   func() { panic("hộ bà Đào") },
	} {
		t.Run(name, func(t *testing.T) {
			s.reg.syncWith = func(context.Context, registry.Caller, *pb.SyncRequest) (*pb.SyncResponse, error) {
				thrown()
				return nil, nil
			}
			_, err := client.Sync(t.Context(), with(&pb.SyncRequest{}, goodToken))
			if connect.CodeOf(err) != connect.CodeInternal || problemOf(t, err).GetSentence() == "" {
				t.Errorf("got %v", err)
			}
			<-s.seen
			if log := s.log.String(); !strings.Contains(log, "panic") || !strings.Contains(log, "api_test.go") {
				t.Errorf("log without the place: %s", log)
			}
			if strings.Contains(s.log.String(), "Đào") {
				t.Error("the log quotes what was thrown")
			}
		})
	}
	s.reg.syncWith = nil
	if _, err := client.Sync(t.Context(), with(&pb.SyncRequest{}, goodToken)); err != nil {
		t.Errorf("after the panics: %v", err)
	}
}

func TestSlotsOfOneDevice(t *testing.T) {
	s := startSite(t)
	hold, here := make(chan struct{}), make(chan struct{}, 100)
	s.reg.syncWith = func(ctx context.Context, c registry.Caller, _ *pb.SyncRequest) (*pb.SyncResponse, error) {
		if _, ok := ctx.Deadline(); !ok {
			t.Error("a call without a deadline")
		}
		here <- struct{}{}
		<-hold
		return &pb.SyncResponse{}, nil
	}
	client := s.sync(t)
	done := make(chan error, maxCallsPerDevice)
	for range maxCallsPerDevice {
		go func() {
			_, err := client.Sync(t.Context(), with(&pb.SyncRequest{}, goodToken))
			done <- err
		}()
	}
	for range maxCallsPerDevice {
		<-here
	}
	_, err := client.Sync(t.Context(), with(&pb.SyncRequest{}, goodToken))
	if p := problemOf(t, err); p.GetCode() != pb.ProblemCode_PROBLEM_CODE_THROTTLED || p.GetRetryAfterS() == 0 {
		t.Errorf("got %v", err)
	}
	close(hold)
	for range maxCallsPerDevice {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if _, err := client.Sync(t.Context(), with(&pb.SyncRequest{}, goodToken)); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestHealth(t *testing.T) {
	ready := errors.New("not yet")
	h := New(Config{Registry: &fakeRegistry{}, Log: slog.New(slog.DiscardHandler), Ready: func(context.Context) error { return ready }})
	ask := func() string {
		r, _ := http.NewRequest(http.MethodPost, "/grpc.health.v1.Health/Check", strings.NewReader("{}"))
		r.Header.Set("Content-Type", "application/json")
		w := &keeper{quiet: quiet{header: http.Header{}}}
		h.ServeHTTP(w, r)
		return w.b.String()
	}
	if got := ask(); !strings.Contains(got, "NOT_SERVING") {
		t.Errorf("got %s", got)
	}
	ready = nil
	if got := ask(); !strings.Contains(got, "SERVING") || strings.Contains(got, "NOT") {
		t.Errorf("got %s", got)
	}
}

type keeper struct {
	quiet
	b bytes.Buffer
}

func (k *keeper) Write(b []byte) (int, error) { return k.b.Write(b) }

func TestOldTLSIsRefused(t *testing.T) {
	s := startSite(t)
	conf := seal.ClientTLS([][32]byte{s.root.Pin()})
	conf.MinVersion, conf.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	if c, err := tls.Dial("tcp", strings.TrimPrefix(s.url, "https://"), conf); err == nil {
		c.Close()
		t.Error("TLS 1.2 was spoken")
	}
}

func FuzzCodec(f *testing.F) {
	f.Add([]byte{8<<3 | 2, 0})
	f.Add([]byte{0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		var m pb.SyncRequest
		if err := (codec{}).Unmarshal(data, &m); err != nil {
			return
		}
		if _, err := (codec{}).Marshal(&m); err != nil {
			t.Errorf("what was read cannot be written: %v", err)
		}
	})
}
