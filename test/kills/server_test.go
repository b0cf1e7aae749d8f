package kills

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/test/probe"
)

// sender is one who loads the server until a call fails.
type sender interface {
	// step makes one call and gives how many acks came.
	step(ctx context.Context) (acks int, err error)
}

// wirePhone sends changes that it keeps as they were sent, so that each ack can be asked for
// again.
type wirePhone struct {
	*probe.Phone
	chance    *rand.Rand
	agreed    book.ID
	other     book.ID // a household that did not agree: notes of it are refused
	made      []book.ID
	sent      [][]byte // sent[i] is change i+1
	petitions uint32
	// told are the acks as they came first.
	told map[uint64]*pb.Ack
}

func newWirePhone(t *testing.T, tw *probe.Town, name string, chance *rand.Rand) *wirePhone {
	w := &wirePhone{Phone: tw.Phone(t, tw.Member(name)), chance: chance, told: map[uint64]*pb.Ack{}}
	w.Packed = true
	w.Phone.Sync()
	w.agreed, w.other = w.Household("Hộ "+name+" 1"), w.Household("Hộ "+name+" 2")
	w.sent = [][]byte{w.Consent(w.agreed, pb.Purpose_PURPOSE_KEEP)}
	return w
}

// change is the next thing that its owner writes.
func (w *wirePhone) change() []byte {
	words := text(0, uint64(len(w.sent)), w.chance.IntN(100))
	what := w.chance.IntN(10)
	switch {
	case what == 0:
		return w.Visit(w.ID(), w.other, words)
	case what == 1:
		w.petitions++
		return w.Petition(w.ID(), w.agreed, w.petitions, words)
	case what < 5 && len(w.made) > 0:
		return w.Bytes(probe.Change{Kind: pb.Kind_KIND_VISIT, ID: w.made[w.chance.IntN(len(w.made))], Set: &pb.Visit{Note: &words}})
	}
	id := w.ID()
	w.made = append(w.made, id)
	return w.Visit(id, w.agreed, words)
}

// step sends what waits, or else some new changes. Now and then it confirms that it has
// older acks, which the server may then forget.
func (w *wirePhone) step(context.Context) (int, error) {
	if uint64(len(w.sent)) == w.Last {
		for range 1 + w.chance.IntN(6) {
			w.sent = append(w.sent, w.change())
		}
	}
	if back := uint64(w.chance.IntN(20)); w.chance.IntN(4) == 0 && w.Last > w.Confirmed+back {
		w.Confirmed = w.Last - back
	}
	out, err := w.Try(w.sent[w.Last:]...)
	if err != nil {
		return 0, err
	}
	for _, a := range out.GetAcks() {
		w.told[a.GetNumber()] = a
	}
	return len(out.GetAcks()), nil
}

// again asks for each ack once more that it has not confirmed: an ack that came means that
// the server has it on disk, so the answer is the same.
func (w *wirePhone) again(t *testing.T) {
	t.Helper()
	if w.Last == w.Confirmed {
		return
	}
	req := w.Request()
	req.First, req.Ops = proto.Uint64(w.Confirmed+1), w.sent[w.Confirmed:w.Last]
	w.Sign(req)
	out, err := w.Call(req)
	if err != nil {
		t.Fatalf("phone %d asks again for changes %d to %d: %v", w.Device, w.Confirmed+1, w.Last, err)
	}
	if out.GetClone() != nil || len(out.GetAcks()) != len(req.Ops) {
		t.Fatalf("phone %d asked again for %d acks, got %d; clone %v", w.Device, len(req.Ops), len(out.GetAcks()), out.GetClone())
	}
	for _, a := range out.GetAcks() {
		if !proto.Equal(a, w.told[a.GetNumber()]) {
			t.Errorf("phone %d, change %d: %v before the kill, %v after it", w.Device, a.GetNumber(), w.told[a.GetNumber()], a)
		}
	}
}

// stored gives the records of the changes from first on that were acked as stored, each
// with the greatest seq that an ack named.
func (w *wirePhone) stored(t *testing.T, first uint64) map[book.ID]uint64 {
	t.Helper()
	out := map[book.ID]uint64{}
	for n := first; n <= w.Last; n++ {
		if w.told[n].GetResult() != pb.Result_RESULT_STORED {
			continue
		}
		var p pb.Patch
		if err := proto.Unmarshal(w.sent[n-1], &p); err != nil {
			t.Fatal(err)
		}
		id, _ := book.IDFrom(p.GetEnvelope().GetId())
		out[id] = max(out[id], w.told[n].GetSeq())
	}
	return out
}

// appPhone is the real app: it writes a visit and syncs.
type appPhone struct {
	opened
	household notebook.ID
	chance    *rand.Rand
	n         uint64
	saved     map[book.ID]bool
}

func newAppPhone(t *testing.T, tw *probe.Town, name string, chance *rand.Rand) *appPhone {
	b, err := open(t.Context(), enrolled(t, tw.Server, tw.Member(name)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	if err := b.agree(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &appPhone{opened: b, household: b.Households(notebook.Query{})[0].ID, chance: chance, saved: map[book.ID]bool{}}
}

func (a *appPhone) step(ctx context.Context) (int, error) {
	for range 1 + a.chance.IntN(3) {
		a.n++
		v, err := a.RecordVisit(ctx, notebook.NewVisit{Household: a.household, Contact: pb.Contact_CONTACT_AT_HOME, Note: text(0, a.n, a.chance.IntN(30))})
		if err != nil {
			return 0, err
		}
		a.saved[book.ID(v.ID)] = true
	}
	done, err := a.Sync(ctx)
	return done.Sent, err
}

// moment is when a kill comes: after so many acks, and a little later, so that it falls into
// any part of a call.
type moment struct {
	acks  int64
	later time.Duration
}

func (m moment) String() string { return fmt.Sprintf("after %d acks and %v", m.acks, m.later) }

// load lets all send at once and kills the server at a moment. It returns when the last of
// them has seen its call fail.
func load(t *testing.T, s *probe.Server, all []sender, m moment) (acks int64) {
	t.Helper()
	var killed atomic.Bool
	var count atomic.Int64
	reached, ended := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var wait sync.WaitGroup
	for _, w := range all {
		wait.Go(func() {
			for {
				n, err := w.step(t.Context())
				if err != nil {
					if !killed.Load() {
						t.Errorf("before the kill: %v", err)
					}
					return
				}
				if count.Add(int64(n)) >= m.acks {
					once.Do(func() { close(reached) })
				}
			}
		})
	}
	go func() { wait.Wait(); close(ended) }()
	select {
	case <-reached:
		<-time.After(m.later)
	case <-ended:
	}
	killed.Store(true)
	s.Kill()
	<-ended
	return count.Load()
}

// stumble kills a server while it starts on what the kill before left.
func stumble(t *testing.T, dir string, after time.Duration) {
	t.Helper()
	cmd := exec.Command(probe.Binary(t), "serve", "--data", dir, "--listen", "127.0.0.1:0", "--host", "127.0.0.1", "--metrics", "off")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-time.After(after)
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// alone closes the test's own view of the data: with it open a kill would leave somebody who
// has the database's index, and the next server would have nothing to recover.
func alone(t *testing.T, s *probe.Server) {
	t.Helper()
	if err := s.Registry.Close(); err != nil {
		t.Fatal(err)
	}
	s.Registry = nil
}

// TestTheServerIsKilled: an ack that a phone got stands, whatever became of the server.
func TestTheServerIsKilled(t *testing.T) {
	kills, chance := moments(t)
	s := probe.StartProcess(t, probe.Options{})
	tw := probe.NewTown(t, s)
	var wires []*wirePhone
	var all []sender
	for _, name := range []string{"Bình", "Cúc", "Em", "Khoa"} {
		w := newWirePhone(t, tw, name, rand.New(rand.NewPCG(chance.Uint64(), 1)))
		wires, all = append(wires, w), append(all, w)
	}
	app := newAppPhone(t, tw, "Giang", rand.New(rand.NewPCG(chance.Uint64(), 2)))
	all = append(all, app)
	desks := []*probe.Phone{tw.Phone(t, tw.Member("An")), tw.Phone(t, tw.Member("Dung"))}
	alone(t, s)

	results := map[pb.Result]int{}
	var acks int64
	for range kills {
		m := moment{acks: 1 + chance.Int64N(80), later: time.Duration(chance.Int64N(int64(8 * time.Millisecond)))}
		before := make([]uint64, len(wires))
		for i, w := range wires {
			before[i] = w.Last
		}
		acks += load(t, s, all, m)
		if chance.IntN(4) == 0 {
			stumble(t, s.Dir, time.Duration(chance.Int64N(int64(60*time.Millisecond))))
		}
		s = probe.StartProcess(t, probe.Options{Dir: s.Dir, Listen: s.Address})
		look(t, s)
		alone(t, s)
		for _, w := range wires {
			w.again(t)
			if _, err := w.step(t.Context()); err != nil { // what was on its way at the kill
				t.Fatalf("phone %d sends again: %v", w.Device, err)
			}
			w.Phone.Sync()
		}
		app.settle(t)
		for _, d := range desks {
			d.Sync()
		}
		for i, w := range wires {
			agrees(t, w.Phone)
			for id, seq := range w.stored(t, before[i]+1) {
				onDesk(t, desks, id, seq)
			}
			for n := before[i] + 1; n <= w.Last; n++ {
				results[w.told[n].GetResult()]++
			}
		}
		for _, d := range desks {
			agrees(t, d)
		}
		if t.Failed() {
			t.Fatalf("the kill %s", m)
		}
	}

	// A phone that knows nothing finds all of it.
	for _, d := range desks {
		d.Forget()
		d.Sync()
		agrees(t, d)
	}
	for _, w := range wires {
		for id, seq := range w.stored(t, 1) {
			onDesk(t, desks, id, seq)
		}
	}
	for id := range app.saved {
		onDesk(t, desks, id, 1)
	}
	if results[pb.Result_RESULT_STORED] < kills || results[pb.Result_RESULT_REFUSED] == 0 {
		t.Errorf("the load was none: %v", results)
	}
	t.Logf("%d kills of the server under load, %d acks before them; %v", kills, acks, results)
}

// look checks the data of a server that came back.
func look(t *testing.T, s *probe.Server) {
	t.Helper()
	for _, file := range []string{"server.db", "keys.db"} {
		sound(t, filepath.Join(s.Dir, file))
	}
	if found, err := s.Registry.Check(t.Context()); err != nil || len(found) > 0 {
		t.Fatalf("check: %v %v", found, err)
	}
}

// agrees compares a phone's rows with the server's digests of its last reply.
func agrees(t *testing.T, p *probe.Phone) {
	t.Helper()
	if len(p.Reply.GetDigests()) == 0 {
		t.Errorf("phone %d got no digests to compare", p.Device)
	}
	if diff := p.Equal(); diff != "" {
		t.Errorf("phone %d: %s", p.Device, diff)
	}
}

// onDesk looks for a record on a secretary's phone, at least as new as an ack said.
func onDesk(t *testing.T, desks []*probe.Phone, id book.ID, seq uint64) {
	t.Helper()
	for _, d := range desks {
		if row := d.Rows[id]; row != nil {
			if row.GetSeq() < seq {
				t.Errorf("record %s: seq %d, an ack said %d", id, row.GetSeq(), seq)
			}
			return
		}
	}
	t.Errorf("record %s was acked and is not on the server", id)
}
