package syncing

import (
	"context"
	"errors"
	"fmt"
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
)

// told is what a test knows of one text: who wrote it, about which household.
type told struct{ member, household book.ID }

// lives is a small world: two phones, and a server that is restored now and then.
type lives struct {
	t       *rapid.T
	f       *fake
	phones  []*phone
	backups []backup
	texts   map[string]told
	// away: members from whom a household was taken, which takes their own words along.
	away map[told]bool
	n    uint64
}

// TestRestoresLoseNothing: two phones write, edit and hand households over; requests and
// replies are lost, apps are killed, and the server is put back to its newest backup, again
// and again. Then all of it stops. Every text that ever left a phone is on the server:
// stored, refused, suggested or offered; the outboxes are empty, the phones hold what the
// server has for them, no phone was taken for a copy.
func TestRestoresLoseNothing(t *testing.T) {
	top := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) { runLives(rt, top, true) })
}

// TestAnyBackupIsGoneOnWith: backups are restored in any order, older and later ones. What
// only a later backup had is lost with it; all else holds.
func TestAnyBackupIsGoneOnWith(t *testing.T) {
	top := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) { runLives(rt, top, false) })
}

func runLives(rt *rapid.T, top string, newest bool) {
	f := newFake(rt, rapid.Uint64().Draw(rt, "seed"))
	f.later = true
	root, err := os.MkdirTemp(top, "")
	if err != nil {
		rt.Fatal(err)
	}
	for h := range uint64(4) {
		f.assign(id('H', h), member(h%2))
	}
	w := &lives{t: rt, f: f, texts: map[string]told{}, away: map[told]bool{}}
	w.phones = []*phone{f.phone(rt, root+"/a", member(0)), f.phone(rt, root+"/b", member(1))}
	defer func() { w.phones[0].s.Close(); w.phones[1].s.Close() }()
	w.backups = []backup{f.backup()}
	for range rapid.IntRange(5, 60).Draw(rt, "steps") {
		w.step(newest)
	}
	for range 3 { // each may hand something to the other's view
		for _, p := range w.phones {
			p.quiet()
		}
	}
	f.takeOver()
	for _, p := range w.phones {
		p.quiet()
		p.same()
		if n := p.s.Snapshot().OfferCount(); n != 0 {
			rt.Errorf("%d offers are left", n)
		}
		// A device that may leave numbers out has none above the backup's to send.
		if st := p.state(); st.Confirmed != st.LastNumber || f.devices[st.Identity.Device].last < st.LastNumber && !f.jump[st.Identity.Device] {
			rt.Errorf("confirmed %d of %d, the server has %d", st.Confirmed, st.LastNumber, f.devices[st.Identity.Device].last)
		}
	}
	if len(f.devices) != 2 {
		rt.Errorf("%d devices: a phone was taken for a copy", len(f.devices))
	}
	for raw, n := range f.consumed {
		if n != 1 && raw != "" {
			rt.Errorf("a change of %d bytes was taken %d times", len(raw), n)
		}
	}
	for text, about := range w.texts {
		if newest && !f.texts[text] && !w.away[about] {
			rt.Errorf("%q is lost", text[:min(len(text), 20)])
		}
	}
}

func (w *lives) step(newest bool) {
	rt, f := w.t, w.f
	p := w.phones[rapid.IntRange(0, 1).Draw(rt, "phone")]
	p.now = p.now.Add(time.Duration(rapid.IntRange(1, 400).Draw(rt, "seconds")) * time.Second)
	switch what := rapid.SampledFrom([]string{"visit", "visit", "edit", "hand over", "restart", "backup", "restore", "call", "call", "call", "lost request", "lost reply"}).Draw(rt, "what"); what {
	case "visit":
		hh := rapid.Uint64Range(0, 3).Draw(rt, "household")
		if f.owner[id('H', hh)].Holder.ID != p.state().Identity.Member {
			return
		}
		w.n++
		word := rapid.SampledFrom([]string{"", "", "", wordRefuse, wordPark, wordSuggest}).Draw(rt, "word")
		text := fmt.Sprintf("%d %s %s", w.n, word, strings.Repeat("x", rapid.IntRange(0, 3000).Draw(rt, "length")))
		w.write(p, p.visit(w.n, hh, true, text), text)
	case "edit":
		var all []store.Record
		for r := range p.s.Snapshot().Kind(pb.Kind_KIND_VISIT) {
			all = append(all, r)
		}
		if len(all) == 0 {
			return
		}
		slices.SortFunc(all, func(a, b store.Record) int { return strings.Compare(a.ID.String(), b.ID.String()) })
		r := all[rapid.IntRange(0, len(all)-1).Draw(rt, "record")]
		w.n++
		text := fmt.Sprintf("%d sửa", w.n)
		e := p.visit(0, 0, false, text)
		e.Patch.Envelope, e.Holder = &pb.Envelope{Kind: r.Kind.Enum(), Id: r.ID.Bytes()}, r.Holder
		w.write(p, e, text)
	case "hand over":
		hh := id('H', rapid.Uint64Range(0, 3).Draw(rt, "household"))
		w.away[told{f.owner[hh].Holder.ID, hh}] = true
		f.assign(hh, member(rapid.Uint64Range(0, 1).Draw(rt, "to")))
	case "restart":
		p.restart()
	case "backup":
		w.backups = append(w.backups, f.backup())
	case "restore":
		b := w.backups[len(w.backups)-1]
		if !newest {
			b = w.backups[rapid.IntRange(0, len(w.backups)-1).Draw(rt, "backup")]
		}
		for h, g := range b.owner { // the backup hands them back
			if f.owner[h].Holder.ID != g.Holder.ID {
				w.away[told{f.owner[h].Holder.ID, h}] = true
			}
		}
		f.restore(b)
	default:
		p.e.Kick()
		p.step(strings.TrimPrefix(what, "lost "))
	}
}

func (w *lives) write(p *phone, c store.Write, text string) {
	err := p.write(c)
	if errors.As(err, new(*store.LeavingError)) {
		return
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.texts[text] = told{p.state().Identity.Member, c.Holder.ID}
}

// offering is a phone with rows to offer, about to make its next call.
func offering(t *testing.T, n int, note string) (*fake, *phone) {
	f, p := newPhone(t)
	before := f.backup()
	p.quiet()
	for i := range uint64(n) {
		x := id('V', 100+i)
		f.seq[branch]++
		body, err := lww.Encode(&pb.Visit{Note: proto.String(fmt.Sprint(i, note))})
		if err != nil {
			t.Fatal(err)
		}
		f.rows[x] = &pb.Row{
			Envelope: &pb.Envelope{Kind: pb.Kind_KIND_VISIT.Enum(), Id: x.Bytes(), Author: member(9).Bytes(), Subject: id('H', 1).Bytes(), Holder: household(1).Proto()},
			Body:     body, Stamp: proto.Uint64(uint64(f.clock.Now(start.UnixMilli()))), Device: proto.Uint32(77), Seq: proto.Uint64(f.seq[branch]),
		}
	}
	p.quiet()
	f.restore(before)
	p.e.Kick()
	if out, _ := p.step(""); out.Kind != Again || p.s.Snapshot().OfferCount() != n {
		t.Fatalf("%+v, %d offers", out, p.s.Snapshot().OfferCount())
	}
	return f, p
}

func TestOffersGoPageByPage(t *testing.T) {
	f, p := offering(t, 5, strings.Repeat("x", 100<<10))
	if err := p.write(p.visit(1, 1, true, strings.Repeat("y", 100<<10))); err != nil {
		t.Fatal(err)
	}
	p.e.page = startPage
	req, _, err := p.e.Next(p.now)
	if err != nil || len(req.GetOps()) != 1 || len(req.GetOffers()) != 1 || req.GetUnsent() != 0 {
		t.Fatalf("%d changes, %d offers, %d unsent, %v", len(req.GetOps()), len(req.GetOffers()), req.GetUnsent(), err)
	}
	// A lost reply loses none of them.
	if _, err := p.e.Reply(p.now, req, nil, errLost); err != nil || p.s.Snapshot().OfferCount() != 5 {
		t.Fatalf("%d offers, %v", p.s.Snapshot().OfferCount(), err)
	}
	p.now = p.now.Add(time.Hour)
	calls := 0
	for out := (Outcome{Kind: Again}); out.Kind == Again; calls++ {
		out, _ = p.step("")
	}
	if p.s.Snapshot().OfferCount() != 0 || calls < 3 || calls > 9 {
		t.Errorf("%d offers after %d calls", p.s.Snapshot().OfferCount(), calls)
	}
	f.takeOver()
	p.quiet()
	p.same()
}

// An offer that is too large for any call stays, and nothing waits for it.
func TestAnOfferThatIsTooLarge(t *testing.T) {
	_, p := offering(t, 3, strings.Repeat("x", 3000))
	if err := p.write(p.visit(1, 1, true, "của tôi")); err != nil {
		t.Fatal(err)
	}
	calls := 0
	for out := (Outcome{Kind: Again}); out.Kind == Again && calls < 50; calls++ {
		req, _, err := p.e.Next(p.now)
		if err != nil || req == nil {
			t.Fatalf("no call, %v", err)
		}
		var resp *pb.SyncResponse
		callErr := error(nil)
		if slices.ContainsFunc(req.GetOffers(), func(r *pb.Row) bool { return strings.HasPrefix(noteOf(t, r.GetBody()), "1") }) {
			callErr = problem(pb.ProblemCode_PROBLEM_CODE_TOO_LARGE)
		} else if resp, callErr = p.f.sync(req); callErr != nil {
			t.Fatal(callErr)
		}
		if out, err = p.e.Reply(p.now, req, resp, callErr); err != nil {
			t.Fatal(err)
		}
	}
	if p.s.Snapshot().OfferCount() != 1 || p.s.Snapshot().Unsent() != 0 {
		t.Errorf("%d offers and %d changes left after %d calls", p.s.Snapshot().OfferCount(), p.s.Snapshot().Unsent(), calls)
	}
	if out, called := p.step(""); called {
		t.Errorf("called again: %+v", out)
	}
	p.restart() // an app that is started anew tries once more
	if req, _, _ := p.e.Next(p.now); len(req.GetOffers()) != 1 {
		t.Errorf("offers %d after a restart", len(req.GetOffers()))
	}
}

func TestAServerThatHasHadEnoughForToday(t *testing.T) {
	f, p := newPhone(t)
	p.quiet()
	if err := p.write(p.visit(1, 1, true, "một")); err != nil {
		t.Fatal(err)
	}
	req, _, err := p.e.Next(p.now)
	if err != nil {
		t.Fatal(err)
	}
	later := &pb.SyncResponse{RetryAfterS: proto.Uint32(7200), Acks: []*pb.Ack{{Number: proto.Uint64(1), Result: pb.Result_RESULT_LATER.Enum()}}}
	out, err := p.e.Reply(p.now, req, later, nil)
	if err != nil || out.Kind != Retry || !strings.Contains(out.Sentence, "2 giờ") && !strings.Contains(out.Sentence, "120 phút") ||
		out.Problem.GetCode() != pb.ProblemCode_PROBLEM_CODE_THROTTLED {
		t.Fatalf("%+v, %v", out, err)
	}
	// Nothing goes up before, whatever is written; rows come down as ever.
	if err := p.write(p.visit(2, 1, true, "hai")); err != nil {
		t.Fatal(err)
	}
	if _, called := p.step(""); called {
		t.Error("called again at once")
	}
	f.assign(id('H', 3), member(1))
	calls := 0
	for p.now = out.Wake; p.now.Before(start.Add(2 * time.Hour)); p.now = p.now.Add(5 * time.Minute) {
		before := f.devices[p.state().Identity.Device].last
		if o, called := p.step(""); called && o.Kind != Again {
			calls++
			if o.Kind != Retry || o.Sentence == "" {
				t.Fatalf("%+v", o)
			}
		}
		if f.devices[p.state().Identity.Device].last != before {
			t.Fatal("a change went before its time")
		}
	}
	if _, ok := p.s.Snapshot().Row(id('H', 3)); !ok || calls == 0 || calls > 30 {
		t.Errorf("the new household is here: %v, after %d calls", ok, calls)
	}
	p.quiet()
	p.same()
}

func TestErasedOnTheServer(t *testing.T) {
	f, p := newPhone(t)
	if err := p.write(p.visit(1, 1, true, "một"), p.visit(2, 2, true, "hai")); err != nil {
		t.Fatal(err)
	}
	p.quiet()
	if err := p.write(p.visit(1, 1, false, "sửa"), p.visit(3, 1, true, "mới")); err != nil {
		t.Fatal(err)
	}
	f.erase(id('H', 1))
	p.quiet()
	b := p.s.Snapshot()
	if _, ok := b.Record(id('V', 1)); ok || len(slices.Collect(b.Ops())) != 0 || b.Unsent() != 0 {
		t.Errorf("left: %+v", slices.Collect(b.Ops()))
	}
	p.same()
	for range 2 { // the phone has a new number for what the erasure left of it
		p.restart()
		p.quiet()
	}
	p.same()
}

// A row that was spoilt on the phone, one that is missing and one too many: a listing each.
func TestDifferencesHealAfterOneListing(t *testing.T) {
	spoil := func(how func(r *pb.Row)) func(*phone) {
		return func(p *phone) {
			r := proto.Clone(p.f.rows[id('V', 1)]).(*pb.Row)
			how(r)
			r.Seq = proto.Uint64(r.GetSeq() + 1)
			if _, err := p.s.Apply(context.Background(), store.Delta{Rows: []*pb.Row{r}}); err != nil {
				p.t.Fatal(err)
			}
		}
	}
	for name, damage := range map[string]func(*phone){
		"another value": spoil(func(r *pb.Row) { r.Body[len(r.Body)-1] ^= 1 }),
		"one too many":  spoil(func(r *pb.Row) { r.Envelope.Id = id('V', 9).Bytes() }),
		"one missing": func(p *phone) {
			x := proto.Clone(p.f.rows[id('V', 1)]).(*pb.Row)
			x.Envelope.Id = id('V', 8).Bytes()
			p.f.rows[id('V', 8)] = x // below the cursor, so it never comes by itself
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, p := newPhone(t)
			if err := p.write(p.visit(1, 1, true, "một"), p.visit(2, 1, true, "hai")); err != nil {
				t.Fatal(err)
			}
			p.quiet()
			if err := p.write(p.visit(3, 1, true, "chưa gửi")); err != nil {
				t.Fatal(err)
			}
			damage(p)
			p.now = p.now.Add(time.Hour)
			p.e.Kick()
			calls := 0
			for out := (Outcome{Kind: Again}); out.Kind == Again && calls < 20; calls++ {
				out, _ = p.step("")
			}
			p.same()
			if st := p.state(); st.DifferCount == 0 || st.SumDiffers || calls > 5 {
				t.Errorf("%d differences, still differs %v, %d calls", st.DifferCount, st.SumDiffers, calls)
			}
			if p.f.rows[id('V', 3)] == nil {
				t.Error("the own change was not sent")
			}
		})
	}
}

// A server whose listing never agrees with the phone is asked once an hour.
func TestListingsAreAskedForOnceAnHour(t *testing.T) {
	f, p := newPhone(t)
	p.quiet()
	asked := 0
	for range 36 {
		p.now = p.now.Add(5 * time.Minute)
		for n := 0; ; n++ {
			req, _, err := p.e.Next(p.now)
			if err != nil || req == nil || n > 5 {
				t.Fatalf("no call, or too many: %d, %v", n, err)
			}
			if len(req.GetCompare()) > 0 {
				asked++
			}
			resp, err := f.sync(req)
			if err != nil {
				t.Fatal(err)
			}
			if resp.Sum != nil {
				resp.Sum = proto.Uint64(*resp.Sum + 1)
			}
			for _, d := range resp.GetDigests() {
				*d.Digest++
			}
			resp.Listings = nil
			if out, err := p.e.Reply(p.now, req, resp, nil); err != nil || out.Kind != Again {
				break
			}
		}
	}
	if asked != 3 {
		t.Errorf("asked %d times in three hours", asked)
	}
}

// reclaimer gives a token, or not.
type reclaimer struct {
	*fake
	known bool
	err   error
	asked int
}

func (s *reclaimer) Sync(_ context.Context, req *pb.SyncRequest) (*pb.SyncResponse, error) {
	if !s.known {
		return nil, problem(pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN)
	}
	return s.sync(req)
}

func (s *reclaimer) ReclaimToken(context.Context) (string, error) {
	s.asked++
	s.known = s.err == nil
	return "a new token", s.err
}

func TestATokenThatARestoredServerDoesNotKnow(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		kind Kind
	}{
		"it knows the phone":  {nil, Rest},
		"it does not":         {problem(pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN), Stopped},
		"it is an older one":  {problem(pb.ProblemCode_PROBLEM_CODE_BAD_SIGNATURE), Stopped},
		"the network is gone": {errLost, Retry},
	} {
		t.Run(name, func(t *testing.T) {
			f, p := newPhone(t)
			if err := p.write(p.visit(1, 1, true, "một")); err != nil {
				t.Fatal(err)
			}
			s := &reclaimer{fake: f, err: c.err}
			was := p.state().Identity.Token
			out, err := Run(t.Context(), p.e, p.s, s)
			if err != nil || out.Kind != c.kind || s.asked != 1 {
				t.Fatalf("%+v, %v, asked %d times", out, err, s.asked)
			}
			if token := p.state().Identity.Token; (token == "a new token") != (c.err == nil) || c.err != nil && token != was {
				t.Errorf("token %q", token)
			}
			if c.err == nil {
				p.same()
			} else if p.s.Snapshot().Unsent() != 1 || out.Sentence == "" {
				t.Errorf("%d unsent, %q", p.s.Snapshot().Unsent(), out.Sentence)
			}
		})
	}
}

// A phone that joined after the backup joins once more, and nothing of it is lost.
func TestAPhoneThatTheBackupDoesNotKnowJoinsAgain(t *testing.T) {
	f, p := newPhone(t)
	p.quiet()
	before := f.backup()
	q := f.phone(t, t.TempDir(), member(1))
	defer func() { q.s.Close() }()
	if err := q.write(q.visit(1, 1, true, "đã nhận"), q.visit(2, 1, true, wordRefuse), q.visit(3, 1, true, wordSuggest)); err != nil {
		t.Fatal(err)
	}
	q.quiet()
	if err := q.write(q.visit(1, 1, false, "chưa gửi")); err != nil {
		t.Fatal(err)
	}
	f.restore(before)
	q.e.Kick()
	if out, _ := q.step(""); out.Kind != Stopped || out.Sentence == "" {
		t.Fatalf("%+v", out)
	}
	if err := q.s.Rejoin(t.Context(), f.join(member(1))); err != nil {
		t.Fatal(err)
	}
	q.quiet()
	q.same()
	for _, text := range []string{"đã nhận", wordRefuse, wordSuggest, "chưa gửi"} {
		if !f.texts[text] {
			t.Errorf("%q is lost", text)
		}
	}
	if b := q.s.Snapshot(); len(b.Mend()) != 1 || b.Unsent() != 0 || q.state().Identity.Device == p.state().Identity.Device {
		t.Errorf("to mend %v, %d unsent", b.Mend(), b.Unsent())
	}
}
