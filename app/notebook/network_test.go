package notebook_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
	"sodanvan/app/store"
	"sodanvan/app/syncing"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	rpc "sodanvan/shared/gen/sodanvan/v1/sodanvanv1connect"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
)

// loopback is a server of one code and one household on this machine.
type loopback struct {
	rpc.UnimplementedEnrolServiceHandler
	rpc.UnimplementedSyncServiceHandler
	code     seal.Code
	recovery []byte
	// problem, if set, answers every sync.
	problem *pb.Problem
	calls   int
	ops     int
}

var serverName = []byte("invented server.")

func (l *loopback) Challenge(_ context.Context, r *connect.Request[pb.ChallengeRequest]) (*connect.Response[pb.ChallengeResponse], error) {
	pins := [][]byte{make([]byte, 32)}
	proof := seal.Proof(seal.CodeKey(l.code.Secret), seal.ServerSide, nil, nil, r.Msg.GetNonce(), append([]byte(nil), append(serverName, pins[0]...)...))
	return connect.NewResponse(&pb.ChallengeResponse{Proof: proof[:], Server: serverName, Pins: pins}), nil
}

func (l *loopback) Join(_ context.Context, r *connect.Request[pb.JoinRequest]) (*connect.Response[pb.JoinResponse], error) {
	if !seal.CheckProof(r.Msg.GetProof(), seal.CodeKey(l.code.Secret), seal.PhoneSide, nil, nil, r.Msg.GetNonce(), r.Msg.GetDeviceKey()) {
		return nil, connect.NewError(connect.CodePermissionDenied, errors.New("wrong proof"))
	}
	return connect.NewResponse(&pb.JoinResponse{
		Device: proto.Uint32(nt.BinhDevice), Token: proto.String("token of an invented phone"), Server: serverName, Epoch: []byte("epoch one"),
		Member: book.ID(nt.Binh).Bytes(), Branch: book.ID(nt.Unit).Bytes(), Commune: book.ID(nt.Commune).Bytes(), RecoveryKey: l.recovery,
	}), nil
}

func (l *loopback) Sync(_ context.Context, r *connect.Request[pb.SyncRequest]) (*connect.Response[pb.SyncResponse], error) {
	l.calls++
	if l.problem != nil {
		err := connect.NewError(connect.CodeUnauthenticated, errors.New("problem"))
		detail, _ := connect.NewErrorDetail(l.problem)
		err.AddDetail(detail)
		return nil, err
	}
	resp := &pb.SyncResponse{Now: proto.Uint64(1_795_000_000_000 << 16)}
	for i := range r.Msg.GetOps() {
		l.ops++
		resp.Acks = append(resp.Acks, &pb.Ack{Number: proto.Uint64(r.Msg.GetFirst() + uint64(i)), Result: pb.Result_RESULT_STORED.Enum(), Seq: proto.Uint64(9), Stamp: proto.Uint64(1_795_000_000_000 << 16)})
	}
	holder := nt.Household(nt.Dat).Proto()
	if len(r.Msg.GetCursors()) == 0 {
		resp.View = &pb.View{Grants: []*pb.Grant{{Holder: holder, Grant: proto.Uint64(1)}}}
		resp.Filling = []*pb.Filling{{Holder: holder, Grant: proto.Uint64(1), Done: proto.Bool(true)}}
	}
	head := "Nguyễn Văn Đạt"
	resp.Page = lww.Pack([]*pb.Row{{
		Envelope: &pb.Envelope{Kind: pb.Kind_KIND_HOUSEHOLD.Enum(), Id: book.ID(nt.Dat).Bytes(), Subject: book.ID(nt.Unit).Bytes(), Holder: holder},
		Body:     encode(&pb.Household{Head: &head, Member: book.ID(nt.Binh).Bytes()}), Stamp: proto.Uint64(7), Seq: proto.Uint64(1),
	}})
	for _, unit := range []notebook.ID{nt.Commune, nt.Unit} {
		resp.Cursors = append(resp.Cursors, &pb.Cursor{Unit: book.ID(unit).Bytes(), Seq: proto.Uint64(9)})
	}
	return connect.NewResponse(resp), nil
}

func encode(m proto.Message) []byte {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		panic(err)
	}
	return b
}

func serve(t *testing.T) (*loopback, string) {
	t.Helper()
	key, err := seal.NewRecoveryKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := key.Public()
	if err != nil {
		t.Fatal(err)
	}
	l := &loopback{code: seal.NewCode(rand.Reader), recovery: pub[:]}
	mux := http.NewServeMux()
	mux.Handle(rpc.NewEnrolServiceHandler(l))
	mux.Handle(rpc.NewSyncServiceHandler(l))
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return l, s.URL
}

func TestEnrolAndSyncOverTheNetwork(t *testing.T) {
	l, url := serve(t)
	network := notebook.Network{Loopback: true}
	o := notebook.Options{Dir: t.TempDir(), PIN: nt.Cheap, Remote: notebook.ViaNetwork(network)}
	join := notebook.Join{Invitation: l.code.String(), Address: url, DeviceName: "máy thử"}
	if _, err := notebook.Enrol(t.Context(), o, network, join, "111111"); err == nil || l.calls > 0 {
		t.Errorf("a trivial PIN was taken, or spent the code: %v", err)
	}
	if _, err := notebook.Enrol(t.Context(), o, notebook.Network{}, join, nt.PIN); err == nil || notebook.Say(err) == words.Unexpected {
		t.Errorf("http without being allowed: %v (%s)", err, notebook.Say(err))
	}
	n, err := notebook.Enrol(t.Context(), o, network, join, nt.PIN)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if _, err := notebook.Enrol(t.Context(), o, network, join, nt.PIN); !errors.As(err, new(*store.ExistsError)) {
		t.Errorf("joined twice in one folder: %v", err)
	}
	if done, err := n.Sync(t.Context()); err != nil || done.Received == 0 {
		t.Fatalf("%+v %v", done, err)
	}
	must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_AT_HOME}))
	done := must[notebook.Synced](t)(n.Sync(t.Context()))
	if done.Sent != 1 || l.ops != 1 || done.State.Unsent != 0 {
		t.Errorf("%+v, server took %d", done, l.ops)
	}

	for _, c := range []struct {
		name    string
		problem *pb.Problem
		want    string
	}{
		{"the server's own words", &pb.Problem{Code: pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN.Enum(), Sentence: proto.String("Báo bí thư xin mã mới (thử).")}, "Báo bí thư xin mã mới (thử)."},
		{"busy", &pb.Problem{Code: pb.ProblemCode_PROBLEM_CODE_BUSY.Enum(), Sentence: proto.String("Máy chủ đang bận (thử).")}, "Máy chủ đang bận (thử)."},
	} {
		t.Run(c.name, func(t *testing.T) {
			l.problem = c.problem
			_, err := n.Sync(t.Context())
			var stopped *notebook.StoppedError
			if !errors.As(err, &stopped) || notebook.Say(err) != c.want {
				t.Errorf("%v: %q, want %q", err, notebook.Say(err), c.want)
			}
			if p := page(t, n, nt.Dat); p.Head != "Nguyễn Văn Đạt" {
				t.Errorf("the book lost a household: %+v", p)
			}
			l.problem = nil
		})
	}
}

func TestNoServerIsNoNetwork(t *testing.T) {
	l, url := serve(t)
	network := notebook.Network{Loopback: true}
	o := notebook.Options{Dir: t.TempDir(), PIN: nt.Cheap, Remote: notebook.ViaNetwork(network)}
	n, err := notebook.Enrol(t.Context(), o, network, notebook.Join{Invitation: l.code.String(), Address: url}, nt.PIN)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	// Nothing listens there any more.
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	o.Remote = func(s *store.Store) (notebook.Remote, error) {
		if err := s.SetAddress(t.Context(), gone.URL); err != nil {
			return nil, err
		}
		return notebook.ViaNetwork(network)(s)
	}
	n, err = notebook.Open(t.Context(), o, nt.PIN)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if _, err := n.Sync(t.Context()); notebook.Say(err) != words.NoNetwork {
		t.Errorf("%v (%s)", err, notebook.Say(err))
	}
	if lines := strings.Join(n.State().Lines, "\n"); !strings.Contains(lines, words.NoNetwork) {
		t.Errorf("%s", lines)
	}
}

func TestSentencesOfAStoppedSync(t *testing.T) {
	for name, c := range map[string]struct {
		err  notebook.StoppedError
		want string
	}{
		"full disk":  {notebook.StoppedError{Outcome: syncing.Outcome{Kind: syncing.Retry, Sentence: "x"}, Err: &store.FullError{}}, (&store.FullError{}).UserMessage()},
		"no network": {notebook.StoppedError{Outcome: syncing.Outcome{Kind: syncing.Retry, Sentence: "x"}}, words.NoNetwork},
		"stopped":    {notebook.StoppedError{Outcome: syncing.Outcome{Kind: syncing.Stopped, Sentence: "x"}}, "x"},
		"no words":   {notebook.StoppedError{Outcome: syncing.Outcome{Kind: syncing.Stopped}}, words.Unexpected},
	} {
		if got := c.err.UserMessage(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestADiskIsNoNetwork: an error number of a file says nothing of the network.
func TestADiskIsNoNetwork(t *testing.T) {
	_, gone := os.ReadFile(filepath.Join(t.TempDir(), "gone"))
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"a file":       {fmt.Errorf("read: %w", gone), words.Unexpected},
		"a connection": {&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, words.NoNetwork},
		"too late":     {context.DeadlineExceeded, words.NoNetwork},
	} {
		if got := notebook.Say(c.err); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
