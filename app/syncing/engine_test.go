package syncing

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
)

var cheap = seal.Params{MemoryKiB: 8, Time: 1, Threads: 1}

const pin = "271828"

// phone is an engine with a real book.
type phone struct {
	t   tb
	f   *fake
	o   store.Options
	s   *store.Store
	e   *Engine
	now time.Time
	// what was seen so far, for the rules that hold over time.
	cursors   map[book.ID]uint64
	confirmed uint64
	device    uint32
	epoch     string
}

func (f *fake) phone(t tb, dir string, m book.ID) *phone {
	p := &phone{t: t, f: f, now: start, cursors: map[book.ID]uint64{}}
	p.o = store.Options{Dir: dir, PIN: cheap, Now: func() time.Time { return p.now }}
	s, err := store.Create(context.Background(), p.o, f.join(m), pin, seal.NoDeviceSecret{})
	if err != nil {
		t.Fatal(err)
	}
	p.begin(s)
	return p
}

func (p *phone) begin(s *store.Store) {
	p.s = s
	p.e = New(s, Config{Rand: rand.New(rand.NewPCG(1, 2))})
}

// restart is a killed app that is opened again.
func (p *phone) restart() {
	p.s.Close()
	s, err := store.Open(context.Background(), p.o, pin, seal.NoDeviceSecret{})
	if err != nil {
		p.t.Fatal(err)
	}
	p.begin(s)
}

func (p *phone) visit(n, hh uint64, create bool, note string) store.Write {
	set, err := lww.Encode(&pb.Visit{Note: proto.String(note)})
	if err != nil {
		p.t.Fatal(err)
	}
	return store.Write{
		Patch: &pb.Patch{
			Envelope: &pb.Envelope{Kind: pb.Kind_KIND_VISIT.Enum(), Id: id('V', n).Bytes(), Subject: id('H', hh).Bytes()},
			Create:   proto.Bool(create), Set: set,
		},
		Holder: household(hh), Unit: branch,
	}
}

func (p *phone) write(ws ...store.Write) error {
	_, err := p.s.AddOps(context.Background(), ws...)
	return err
}

func (p *phone) state() *store.State { return p.s.Snapshot().State() }

// step makes one call if one is due; lose says what happens to it.
func (p *phone) step(lose string) (Outcome, bool) {
	req, wake, err := p.e.Next(p.now)
	if err != nil {
		p.t.Fatal(err)
	}
	if req == nil {
		if !wake.IsZero() && !wake.After(p.now) {
			p.t.Fatalf("nothing to do, and to come back at %v, which is past", wake)
		}
		return Outcome{}, false
	}
	var resp *pb.SyncResponse
	callErr := errLost
	if lose != "request" {
		resp, err = p.f.sync(proto.Clone(req).(*pb.SyncRequest))
		if err == nil && lose != "reply" {
			callErr = nil
		} else {
			resp = nil
			if err != nil {
				callErr = err
			}
		}
	}
	out, err := p.e.Reply(p.now, req, resp, callErr)
	if err != nil {
		p.t.Fatal(err)
	}
	p.check()
	return out, true
}

// check holds what is true after every step.
func (p *phone) check() {
	st := p.state()
	if st.Identity.Device != p.device {
		p.device, p.confirmed = st.Identity.Device, 0
	}
	if string(st.Identity.Epoch) != p.epoch {
		p.epoch, p.confirmed, p.cursors = string(st.Identity.Epoch), 0, map[book.ID]uint64{}
	}
	if st.Confirmed < p.confirmed {
		p.t.Fatalf("confirmed went back from %d to %d", p.confirmed, st.Confirmed)
	}
	p.confirmed = st.Confirmed
	for _, c := range st.Cursors {
		if c.Seq < p.cursors[c.Unit] {
			p.t.Fatalf("cursor went back from %d to %d", p.cursors[c.Unit], c.Seq)
		}
		p.cursors[c.Unit] = c.Seq
	}
}

// quiet syncs without losses until nothing is due, and gives the number of calls.
func (p *phone) quiet() int {
	for n := range 200 {
		p.e.Kick()
		out, called := p.step("")
		if !called || out.Kind == Rest && !pending(p.s.Snapshot()) {
			return n + 1
		}
		if out.Kind == Stopped {
			p.t.Fatalf("stopped: %+v", out)
		}
		p.now = p.now.Add(10 * time.Minute)
	}
	p.t.Fatalf("not quiet after 200 calls: %+v", slices.Collect(p.s.Snapshot().Ops()))
	return 0
}

func pending(b *store.Snapshot) bool {
	return slices.ContainsFunc(slices.Collect(b.Ops()), store.Op.Pending)
}

// same compares the rows of a phone with what the server has for its member.
func (p *phone) same() {
	p.t.Helper()
	st := p.state()
	want := map[book.ID]uint64{}
	for _, r := range p.f.rows {
		h, _ := book.IDFrom(r.GetEnvelope().GetHolder().GetId())
		if p.f.owner[h].Holder.ID == st.Identity.Member {
			want[book.ID(r.GetEnvelope().GetId())] = r.GetSeq()
		}
	}
	got := map[book.ID]uint64{}
	for r := range p.s.Snapshot().All() {
		if r.New || len(r.Own) > 0 {
			p.t.Errorf("record %s still has own changes %v", r.ID, r.Own)
		}
		got[r.ID] = r.Seq
	}
	if fmt.Sprint(want) != fmt.Sprint(got) {
		p.t.Errorf("member %s holds %v, should hold %v", st.Identity.Member, got, want)
	}
	if len(st.Differs) > 0 || len(st.Fillings) > 0 || len(st.Leaving) > 0 {
		p.t.Errorf("differs %v, filling %v, leaving %v", st.Differs, st.Fillings, st.Leaving)
	}
}

// TestLostRepliesLoseNothing: two phones write, hand households over, lose requests and
// replies and are killed, at random; then the faults stop. Every change was taken exactly
// once, outboxes are empty, both phones hold what the server has for them.
func TestLostRepliesLoseNothing(t *testing.T) {
	top := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		f := newFake(rt, rapid.Uint64().Draw(rt, "seed"))
		f.later = true
		root, err := os.MkdirTemp(top, "")
		if err != nil {
			rt.Fatal(err)
		}
		for h := range uint64(4) {
			f.assign(id('H', h), member(h%2))
		}

		phones := []*phone{f.phone(rt, root+"/a", member(0)), f.phone(rt, root+"/b", member(1))}
		defer func() { phones[0].s.Close(); phones[1].s.Close() }()
		written := map[string]bool{}
		visits := uint64(0)
		steps := rapid.IntRange(5, 60).Draw(rt, "steps")
		for range steps {
			p := phones[rapid.IntRange(0, 1).Draw(rt, "phone")]
			p.now = p.now.Add(time.Duration(rapid.IntRange(1, 400).Draw(rt, "seconds")) * time.Second)
			switch what := rapid.SampledFrom([]string{"visit", "visit", "edit", "hand over", "draft", "restart", "call", "call", "call", "lost request", "lost reply", "lost reply"}).Draw(rt, "what"); what {
			case "visit", "draft":
				hh := rapid.Uint64Range(0, 3).Draw(rt, "household")
				if f.owner[id('H', hh)].Holder.ID != p.state().Identity.Member {
					continue
				}
				visits++
				word := rapid.SampledFrom([]string{"", "", "", wordRefuse, wordPark, wordSuggest}).Draw(rt, "word")
				w := p.visit(visits, hh, true, fmt.Sprintf("%s %d %s", word, visits, strings.Repeat("x", rapid.IntRange(0, 3000).Draw(rt, "length"))))
				var err error
				if what == "draft" {
					err = p.s.SaveDraft(context.Background(), store.Draft{ID: id('V', visits), Holder: w.Holder, Unit: w.Unit, Patch: w.Patch})
				} else {
					err = p.write(w)
				}
				if err != nil && !errors.As(err, new(*store.LeavingError)) {
					rt.Fatal(err)
				}
			case "edit":
				for r := range p.s.Snapshot().Kind(pb.Kind_KIND_VISIT) {
					w := p.visit(0, 0, false, "sửa "+fmt.Sprint(p.now.UnixMilli()))
					w.Patch.Envelope = &pb.Envelope{Kind: r.Kind.Enum(), Id: r.ID.Bytes()}
					w.Holder = r.Holder
					if err := p.write(w); err != nil && !errors.As(err, new(*store.LeavingError)) {
						rt.Fatal(err)
					}
					break
				}
			case "hand over":
				hh := id('H', rapid.Uint64Range(0, 3).Draw(rt, "household"))
				f.assign(hh, member(rapid.Uint64Range(0, 1).Draw(rt, "to")))
			case "restart":
				p.restart()
			default:
				p.e.Kick()
				p.step(strings.TrimPrefix(what, "lost "))
			}
			for o := range p.s.Snapshot().Ops() {
				if o.State != store.Waiting {
					written[string(o.Bytes)] = true
				}
			}
		}
		for range 3 { // each may hand something to the other's view
			for _, p := range phones {
				p.quiet()
			}
		}
		for _, p := range phones {
			p.same()
			b := p.s.Snapshot()
			for o := range b.Ops() {
				if o.State != store.Refused && o.State != store.Suggested {
					rt.Errorf("change %d is %d in the end", o.Number, o.State)
				}
			}
			if st := b.State(); st.Confirmed != st.LastNumber || f.devices[st.Identity.Device].last != st.LastNumber {
				rt.Errorf("confirmed %d of %d, the server has %d", st.Confirmed, st.LastNumber, f.devices[st.Identity.Device].last)
			}
		}
		for raw := range written {
			if f.consumed[raw] == 0 {
				rt.Error("a change never reached the server")
			}
		}
		for raw, n := range f.consumed {
			if n != 1 {
				rt.Errorf("a change of %d bytes was taken %d times", len(raw), n)
			}
		}
	})
}

func newPhone(t *testing.T) (*fake, *phone) {
	f := newFake(t, 1)
	f.assign(id('H', 1), member(1))
	f.assign(id('H', 2), member(1))
	p := f.phone(t, t.TempDir(), member(1))
	t.Cleanup(func() { p.s.Close() })
	return f, p
}

func TestAnEngineRestsAndWakes(t *testing.T) {
	_, p := newPhone(t)
	out, called := p.step("")
	for out.Kind == Again {
		out, called = p.step("")
	}
	if !called || out.Kind != Rest || !out.Wake.Equal(start.Add(5*time.Minute)) {
		t.Fatalf("%+v", out)
	}
	p.same()
	if _, called := p.step(""); called {
		t.Error("called again with nothing to do")
	}
	if err := p.write(p.visit(1, 1, true, "mới")); err != nil {
		t.Fatal(err)
	}
	if out, called := p.step(""); !called || out.Kind != Rest {
		t.Errorf("a new change was not sent at once: %+v", out)
	}
	p.same()
	p.now = p.now.Add(5 * time.Minute)
	if _, called := p.step(""); !called {
		t.Error("did not wake")
	}
	p.e.Kick()
	if _, called := p.step(""); !called {
		t.Error("the button did nothing")
	}
}

// A phone whose clock said 2099 asked for listings; its clock is right now.
func TestAClockThatWasAheadPutsNoListingOff(t *testing.T) {
	_, p := newPhone(t)
	p.quiet()
	asks := func(compared time.Time) bool {
		wrong := &pb.HolderDigest{Holder: household(1).Proto(), Digest: proto.Uint64(77), Rows: proto.Uint64(9)}
		if _, err := p.s.Apply(t.Context(), store.Delta{Compared: true, PhoneMS: compared.UnixMilli(), Digests: []*pb.HolderDigest{wrong}}); err != nil {
			t.Fatal(err)
		}
		p.e.Kick()
		req, _, err := p.e.Next(p.now)
		if err != nil || req == nil {
			t.Fatalf("no call: %v", err)
		}
		return len(req.GetCompare()) > 0
	}
	for _, c := range []struct {
		compared time.Time
		want     bool
	}{{p.now, false}, {p.now.Add(-2 * listEvery), true}, {p.now.AddDate(73, 0, 0), true}} {
		if got := asks(c.compared); got != c.want {
			t.Errorf("compared at %v: asks %v", c.compared, got)
		}
	}
}

func TestANewHouseholdIsFetchedAtOnce(t *testing.T) {
	f, p := newPhone(t)
	p.quiet()
	f.assign(id('H', 3), member(1))
	f.assign(id('H', 2), member(1)) // another grant of what is here already
	p.e.Kick()
	if out, _ := p.step(""); out.Kind != Again {
		t.Fatalf("the view came, and then: %+v", out)
	}
	if out, _ := p.step(""); out.Kind != Rest {
		t.Fatalf("%+v", out)
	}
	p.same()
}

func TestAServerThatTakesNothingIsNotAskedForEver(t *testing.T) {
	_, p := newPhone(t)
	p.quiet()
	if err := p.write(p.visit(1, 1, true, "một")); err != nil {
		t.Fatal(err)
	}
	req, _, err := p.e.Next(p.now)
	if err != nil || len(req.GetOps()) != 1 {
		t.Fatalf("%v, %v", req, err)
	}
	later := &pb.SyncResponse{Acks: []*pb.Ack{{Number: proto.Uint64(1), Result: pb.Result_RESULT_LATER.Enum()}}}
	out, err := p.e.Reply(p.now, req, later, nil)
	if err != nil || out.Kind != Rest || p.s.Snapshot().Unsent() != 1 {
		t.Errorf("%+v, %v", out, err)
	}
	if again, _, _ := p.e.Next(p.now); again != nil {
		t.Error("asked again at once")
	}
}

func TestOneRoundTripCarriesBothWays(t *testing.T) {
	f, p := newPhone(t)
	p.quiet()
	if err := p.write(p.visit(1, 1, true, "một"), p.visit(2, 2, true, "hai")); err != nil {
		t.Fatal(err)
	}
	calls := f.calls
	p.step("")
	if f.calls != calls+1 || len(slices.Collect(p.s.Snapshot().Ops())) != 0 {
		t.Errorf("%d calls, left %v", f.calls-calls, slices.Collect(p.s.Snapshot().Ops()))
	}
	p.same()
}

func TestFailuresWaitLongerAndLonger(t *testing.T) {
	_, p := newPhone(t)
	page := p.e.page
	var last time.Duration
	for n := range 12 {
		out, called := p.step("request")
		if !called || out.Kind != Retry || out.Sentence == "" {
			t.Fatalf("failure %d: %+v", n, out)
		}
		d := out.Wake.Sub(p.now)
		if d < firstDelay || d > maxDelay || n > 0 && n < 7 && d*4 < last {
			t.Errorf("failure %d waits %v after %v", n, d, last)
		}
		last = d
		if err := p.write(p.visit(uint64(n), 1, true, "mới")); err != nil {
			t.Fatal(err)
		}
		if _, called := p.step(""); called {
			t.Error("a new change went past the waiting")
		}
		p.now = out.Wake
	}
	if last < maxDelay/2 || p.e.page != minPage || page != startPage {
		t.Errorf("the last wait was %v, the page %d", last, p.e.page)
	}
	p.quiet()
	p.same()
	for range 40 {
		p.e.Kick()
		p.step("")
	}
	if p.e.page != maxPage {
		t.Errorf("the page grew to %d", p.e.page)
	}
}

func TestProblems(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		kind Kind
		wait time.Duration // 0: not looked at
		kick bool          // Kick calls again at once
	}{
		"unknown token": {problem(pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN), Stopped, 0, true},
		"bad signature": {problem(pb.ProblemCode_PROBLEM_CODE_BAD_SIGNATURE), Stopped, 0, true},
		"too old":       {problem(pb.ProblemCode_PROBLEM_CODE_SCHEMA_TOO_OLD), Stopped, 0, true},
		"other server":  {fmt.Errorf("tls: %w", &seal.PinError{Reason: "x"}), Stopped, 0, true},
		"busy": {&CallError{Problem: &pb.Problem{Code: pb.ProblemCode_PROBLEM_CODE_BUSY.Enum(), Sentence: proto.String("bận"), RetryAfterS: proto.Uint32(77)}},
			Retry, 77 * time.Second, false},
		"gap":     {problem(pb.ProblemCode_PROBLEM_CODE_GAP), Retry, 0, true},
		"network": {errLost, Retry, 0, true},
		"revoked": {problem(pb.ProblemCode_PROBLEM_CODE_TOKEN_REVOKED), Revoked, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, p := newPhone(t)
			if err := p.write(p.visit(1, 1, true, "giữ lại")); err != nil {
				t.Fatal(err)
			}
			req, _, err := p.e.Next(p.now)
			if err != nil || req == nil {
				t.Fatal(err)
			}
			out, err := p.e.Reply(p.now, req, nil, c.err)
			if err != nil || out.Kind != c.kind || out.Sentence == "" {
				t.Fatalf("%+v, %v", out, err)
			}
			if c.wait != 0 && out.Wake.Sub(p.now) != c.wait {
				t.Errorf("waits %v", out.Wake.Sub(p.now))
			}
			if again, _, err := p.e.Next(p.now); again != nil || err != nil {
				t.Errorf("called again at once, %v", err)
			}
			p.e.Kick()
			if again, _, _ := p.e.Next(p.now); (again != nil) != c.kick {
				t.Errorf("after the button: %v", again != nil)
			}
			if n := p.s.Snapshot().Unsent(); n != 1 {
				t.Errorf("%d unsent", n)
			}
		})
	}
}

func TestTooLargeHalvesTheCall(t *testing.T) {
	_, p := newPhone(t)
	p.quiet()
	for n := range uint64(40) {
		if err := p.write(p.visit(n+1, 1, true, strings.Repeat("x", 2000))); err != nil {
			t.Fatal(err)
		}
	}
	large := 0
	for range 100 {
		req, _, err := p.e.Next(p.now)
		if err != nil || req == nil {
			break
		}
		if len(req.GetOps()) > 4 {
			large++
			out, err := p.e.Reply(p.now, req, nil, problem(pb.ProblemCode_PROBLEM_CODE_TOO_LARGE))
			if err != nil || out.Kind != Again {
				t.Fatalf("%+v, %v", out, err)
			}
			continue
		}
		resp, err := p.f.sync(req)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.e.Reply(p.now, req, resp, nil); err != nil {
			t.Fatal(err)
		}
	}
	if large < 3 || p.s.Snapshot().Unsent() != 0 {
		t.Errorf("%d large calls, %d unsent", large, p.s.Snapshot().Unsent())
	}
}

func TestACopiedPhoneGoesOn(t *testing.T) {
	f, p := newPhone(t)
	p.quiet()
	if err := p.s.Close(); err != nil {
		t.Fatal(err)
	}
	// The folder is copied, and both phones write.
	q := &phone{t: t, f: f, now: start, cursors: map[book.ID]uint64{}}
	q.o = p.o
	q.o.Dir = t.TempDir()
	copyBook(t, p.o.Dir, q.o.Dir)
	p.restart()
	s, err := store.Open(t.Context(), q.o, pin, seal.NoDeviceSecret{})
	if err != nil {
		t.Fatal(err)
	}
	q.begin(s)
	defer func() { q.s.Close() }()
	for i, x := range []*phone{p, q} {
		if err := x.write(x.visit(uint64(10*i+1), 1, true, fmt.Sprint("của máy ", i)), x.visit(uint64(10*i+2), 1, true, fmt.Sprint("nữa ", i))); err != nil {
			t.Fatal(err)
		}
	}
	p.quiet()
	q.e.Kick()
	if out, _ := q.step("reply"); out.Kind != Retry {
		t.Fatalf("%+v", out)
	}
	q.now = q.now.Add(time.Hour)
	q.quiet()
	st := q.state()
	if st.Identity.Device == p.state().Identity.Device || !st.Unconfirmed || len(f.devices) != 2 {
		t.Fatalf("state %+v", st)
	}
	if ops := slices.Collect(q.s.Snapshot().Ops()); len(ops) != 2 || ops[0].State != store.Suggested || ops[1].State != store.Suggested {
		t.Errorf("ops %+v", ops)
	}
	if q.e.Status().Sentence == "" {
		t.Error("nothing is said about it")
	}
	f.devices[st.Identity.Device].unconfirmed = false
	p.quiet()
	q.quiet()
	q.same()
	p.same()
	if q.state().Unconfirmed {
		t.Error("still unconfirmed")
	}
}

func TestANewEpochIsTakenOver(t *testing.T) {
	f, p := newPhone(t)
	before := f.backup()
	if err := p.write(p.visit(1, 1, true, "trước")); err != nil {
		t.Fatal(err)
	}
	p.quiet()
	f.restore(before)
	p.e.Kick()
	if out, _ := p.step(""); out.Kind != Again || !out.Applied.Epoch {
		t.Fatalf("%+v", out)
	}
	p.quiet()
	p.same()
	if f.rows[id('V', 1)] == nil {
		t.Error("the change was not sent again")
	}
}

func TestRunHandsOverAndWipes(t *testing.T) {
	f, p := newPhone(t)
	if _, err := Run(t.Context(), p.e, p.s, f); err != nil {
		t.Fatal(err)
	}
	if err := p.write(p.visit(1, 1, true, "chưa gửi")); err != nil {
		t.Fatal(err)
	}
	f.devices[p.state().Identity.Device].revoked = true
	offlineServer := &taker{fake: f, err: errLost}
	p.e.Kick()
	if out, err := Run(t.Context(), p.e, p.s, offlineServer); !errors.Is(err, errLost) || out.Kind != Retry {
		t.Fatalf("%+v, %v", out, err)
	}
	if p.s.Snapshot().Unsent() != 1 {
		t.Fatal("wiped before the work was taken")
	}
	p.restart() // the app is killed; it goes on with handing over
	server := &taker{fake: f}
	out, err := Run(t.Context(), p.e, p.s, server)
	if err != nil || out.Kind != Revoked || len(server.work) != 1 {
		t.Fatalf("%+v, %v, %d", out, err, len(server.work))
	}
	if there, err := store.Peek(t.Context(), p.o.Dir); err != nil || there.Exists {
		t.Errorf("the book is still there: %v", err)
	}
}

// Sync makes the fake a Server.
func (f *fake) Sync(_ context.Context, req *pb.SyncRequest) (*pb.SyncResponse, error) {
	return f.sync(req)
}

func (f *fake) RotateToken(context.Context) (string, error) { return "", errLost }
func (f *fake) ReclaimToken(context.Context) (string, error) {
	return "", problem(pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN)
}
func (f *fake) HandOverWork(context.Context, uint32, []byte) error { return errLost }

// taker takes work over.
type taker struct {
	*fake
	err  error
	work [][]byte
}

func (s *taker) HandOverWork(_ context.Context, _ uint32, sealed []byte) error {
	if s.err == nil {
		s.work = append(s.work, sealed)
	}
	return s.err
}
