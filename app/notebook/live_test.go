package notebook_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	gosync "sync"
	"sync/atomic"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
	"sodanvan/app/words"
	pb "sodanvan/shared/gen/sodanvan/v1"
	rpc "sodanvan/shared/gen/sodanvan/v1/sodanvanv1connect"
)

// living is a notebook under Live.
type living struct {
	t       *testing.T
	n       *notebook.Notebook
	changes chan notebook.Progress
	stop    context.CancelFunc
	done    chan struct{}
}

func live(t *testing.T, n *notebook.Notebook) *living {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	l := &living{t: t, n: n, changes: make(chan notebook.Progress, 1000), stop: stop, done: make(chan struct{})}
	go func() {
		defer close(l.done)
		n.Live(ctx, func(p notebook.Progress) { l.changes <- p })
	}()
	t.Cleanup(func() { stop(); <-l.done })
	return l
}

// until waits for a progress, and gives it.
func (l *living) until(what string, is func(notebook.Progress) bool) notebook.Progress {
	l.t.Helper()
	var last notebook.Progress
	for end := time.After(20 * time.Second); ; {
		select {
		case last = <-l.changes:
			if is(last) {
				return last
			}
		case <-end:
			l.t.Fatalf("never %s; last %+v", what, last)
		}
	}
}

func rests(p notebook.Progress) bool { return !p.Running && p.Trouble == "" }

func TestLiveSendsWhatIsSaved(t *testing.T) {
	b := nt.NewBranch(t)
	n := b.Empty(nt.Binh, t.TempDir())
	defer n.Close()
	n.Kick() // nobody listens yet
	if p := n.Progress(); p != (notebook.Progress{}) {
		t.Errorf("%+v", p)
	}
	l := live(t, n)
	if p := l.until("filled", rests); p.Received == 0 || p.At.IsZero() {
		t.Errorf("%+v", p)
	}
	must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_AT_HOME}))
	if p := l.until("sent", func(p notebook.Progress) bool { return rests(p) && p.Sent == 1 }); p.ToSend != 0 {
		t.Errorf("%+v", p)
	}
	if got := len(b.Of(pb.Kind_KIND_VISIT)); got != 1 {
		t.Errorf("the server has %d visits", got)
	}

	b.SetDown(true)
	must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_PHONE}))
	if p := l.until("in trouble", func(p notebook.Progress) bool { return p.Trouble != "" }); p.Trouble != words.NoNetwork || p.ToSend != 1 || p.Running {
		t.Errorf("%+v", p)
	}
	if _, err := n.Sync(t.Context()); notebook.Say(err) != words.NoNetwork {
		t.Errorf("%v", err)
	}
	b.SetDown(false)
	n.Kick()
	l.until("well again", func(p notebook.Progress) bool { return rests(p) && p.ToSend == 0 })
	if p := n.Progress(); p.Trouble != "" {
		t.Errorf("%+v", p)
	}

	// The button joins Live, and after Live it syncs alone.
	must[notebook.Synced](t)(n.Sync(t.Context()))
	l.stop()
	<-l.done
	must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_MEETING}))
	if done := must[notebook.Synced](t)(n.Sync(t.Context())); done.Sent != 1 {
		t.Errorf("%+v", done)
	}
}

func TestLiveEndsWithTheBook(t *testing.T) {
	b := nt.NewBranch(t)
	n := b.Phone(nt.Binh)
	l := live(t, n)
	l.until("at rest", rests)
	ok(t, n.Close())
	<-l.done
}

func TestLiveWithoutAServer(t *testing.T) {
	b := nt.NewBranch(t)
	dir := t.TempDir()
	ok(t, b.Empty(nt.Binh, dir).Close())
	o := b.Options(dir)
	o.Remote = nil
	n := must[*notebook.Notebook](t)(notebook.Open(t.Context(), o, nt.PIN))
	defer n.Close()
	l := live(t, n)
	if _, err := n.Sync(t.Context()); !errors.Is(err, notebook.ErrOffline) {
		t.Errorf("%v", err)
	}
	n.Kick()
	l.stop()
	<-l.done
}

// TestTwoLives: the app came to the front again before the old one had ended.
func TestTwoLives(t *testing.T) {
	b := nt.NewBranch(t)
	n := b.Phone(nt.Binh)
	first := live(t, n)
	first.until("at rest", rests)
	second := live(t, n)
	first.stop()
	<-first.done
	second.until("at rest", rests)
	must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_AT_HOME}))
	second.until("sent", func(p notebook.Progress) bool { return rests(p) && p.Sent == 1 })
}

// gate lets calls of a loopback server through one by one, and counts how many are under way.
type gate struct {
	*loopback
	open    chan struct{}
	arrived chan struct{}
	now     atomic.Int32
	most    atomic.Int32
	mu      gosync.Mutex
}

func (g *gate) Sync(ctx context.Context, r *connect.Request[pb.SyncRequest]) (*connect.Response[pb.SyncResponse], error) {
	g.most.Store(max(g.most.Load(), g.now.Add(1)))
	defer g.now.Add(-1)
	select {
	case g.arrived <- struct{}{}:
	default:
	}
	select {
	case <-g.open:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.loopback.Sync(ctx, r)
}

// gated is a phone of a server that answers when the gate is opened.
func gated(t *testing.T) (*gate, *notebook.Notebook) {
	t.Helper()
	l, _ := serve(t)
	g := &gate{loopback: l, open: make(chan struct{}), arrived: make(chan struct{}, 1)}
	mux := http.NewServeMux()
	mux.Handle(rpc.NewEnrolServiceHandler(l))
	mux.Handle(rpc.NewSyncServiceHandler(g))
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	network := notebook.Network{Loopback: true}
	o := notebook.Options{Dir: t.TempDir(), PIN: nt.Cheap, Remote: notebook.ViaNetwork(network)}
	n := must[*notebook.Notebook](t)(notebook.Enrol(t.Context(), o, network, notebook.Join{Invitation: l.code.String(), Address: s.URL}, nt.PIN))
	t.Cleanup(func() { n.Close() })
	return g, n
}

func TestReadingWaitsForNoServer(t *testing.T) {
	g, n := gated(t)
	l := live(t, n)
	<-g.arrived
	l.until("running", func(p notebook.Progress) bool { return p.Running })
	// The server holds the call; everything that a screen reads answers all the same.
	n.State()
	n.Households(notebook.Query{})
	n.ReviewQueue()
	n.Waiting()
	n.Progress()
	ok(t, n.Unlock(t.Context(), nt.PIN))

	// The button, twice, and a save while the call is under way: nothing goes beside it.
	var buttons gosync.WaitGroup
	for range 2 {
		buttons.Go(func() {
			if _, err := n.Sync(t.Context()); err != nil {
				t.Errorf("joined sync: %v", err)
			}
		})
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := n.Sync(stopped); !errors.Is(err, context.Canceled) {
		t.Errorf("a sync that nobody waits for: %v", err)
	}
	close(g.open)
	buttons.Wait()
	l.until("filled", rests)
	must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_AT_HOME}))
	l.until("sent", func(p notebook.Progress) bool { return rests(p) && p.ToSend == 0 && p.Sent == 1 })
	if g.most.Load() != 1 {
		t.Errorf("%d calls at the same time", g.most.Load())
	}
}

// TestAStoppedLiveLeavesTheButtonAlone: a sync that joined one which was stopped makes its own.
func TestAStoppedLiveLeavesTheButtonAlone(t *testing.T) {
	g, n := gated(t)
	l := live(t, n)
	<-g.arrived
	l.until("running", func(p notebook.Progress) bool { return p.Running })
	end := make(chan error, 1)
	go func() { _, err := n.Sync(t.Context()); end <- err }()
	l.stop()
	<-l.done
	close(g.open)
	if err := <-end; err != nil {
		t.Errorf("%v", err)
	}
	if p := n.Progress(); p.Running || p.Received == 0 || p.Trouble != "" {
		t.Errorf("%+v", p)
	}
}

func TestAStoppedLiveDoesNotRun(t *testing.T) {
	g, n := gated(t)
	l := live(t, n)
	<-g.arrived
	l.until("running", func(p notebook.Progress) bool { return p.Running })
	l.stop()
	<-l.done
	if p := n.Progress(); p.Running {
		t.Errorf("%+v", p)
	}
}

func TestLiveOfARevokedPhone(t *testing.T) {
	g, n := gated(t)
	close(g.open)
	l := live(t, n)
	l.until("filled", rests)
	g.mu.Lock()
	g.problem = &pb.Problem{Code: pb.ProblemCode_PROBLEM_CODE_TOKEN_REVOKED.Enum(), Sentence: proto.String("Máy này đã bị thu hồi (thử).")}
	g.mu.Unlock()
	n.Kick()
	if p := l.until("wiped", func(p notebook.Progress) bool { return p.Wiped }); p.Running || p.Trouble == "" {
		t.Errorf("%+v", p)
	}
	if got := n.Households(notebook.Query{Branch: true}); len(got) != 0 {
		t.Errorf("a wiped book shows %d households", len(got))
	}
	if _, err := n.Sync(t.Context()); err == nil {
		t.Error("a wiped book syncs")
	}
	l.stop()
	<-l.done
}
