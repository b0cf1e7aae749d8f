package drill

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
	"sodanvan/test/probe"
)

func TestMain(m *testing.M) { os.Exit(probe.Main(m)) }

// cheap makes a guess at a PIN cost nothing: this test is not about that.
var cheap = seal.Params{MemoryKiB: 8, Time: 1, Threads: 1}

const pin = "271828"

// phone is a member's book with its way to the server.
type phone struct {
	*testing.T
	*notebook.Notebook
	store  *store.Store
	name   string
	chance *rand.Rand
	// texts are all that was ever written on it, visits those of them that it may edit.
	texts  []text
	visits []visit
}

// text is what was written about a household.
type text struct {
	words string
	about notebook.ID
}

type visit struct{ id, at notebook.ID }

// join gives a member a book with a code that the administrator prints.
func join(t *testing.T, s *probe.Server, tw *probe.Town, name string, seed uint64) *phone {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "so")
	o := notebook.Options{Dir: dir, PIN: cheap, Remote: notebook.ViaNetwork(notebook.Network{})}
	inv := seal.Invitation{Code: s.Codes(t, tw.Member(name)), Address: s.URL()}
	n, err := notebook.Enrol(t.Context(), o, notebook.Network{}, notebook.Join{Invitation: inv.Text(), DeviceName: "máy thử (bịa)"}, pin)
	if err == nil {
		err = n.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	p := &phone{T: t, name: name, chance: rand.New(rand.NewPCG(seed, uint64(tw.Member(name)[0])<<8|uint64(len(name))))}
	if p.store, err = store.Open(t.Context(), store.Options{Dir: dir, PIN: cheap}, pin, seal.NoDeviceSecret{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.store.Close() })
	if p.Notebook, err = notebook.Over(p.store, o); err != nil {
		t.Fatal(err)
	}
	p.sync()
	for _, h := range p.Households(notebook.Query{}) {
		if _, err := p.RecordConsent(t.Context(), notebook.NewConsent{Household: h.ID, Purpose: pb.Purpose_PURPOSE_KEEP,
			Answer: pb.Answer_ANSWER_GIVEN, NoticeVersion: "1", Channel: pb.Channel_CHANNEL_SPOKEN}); err != nil {
			t.Fatal(err)
		}
	}
	p.sync()
	return p
}

// sync syncs once and wants it to go well.
func (p *phone) sync() {
	p.Helper()
	if _, err := p.Sync(p.Context()); err != nil {
		p.Fatalf("%s: sync: %v", p.name, err)
	}
}

// say makes a text that nobody wrote before.
func (p *phone) say(about notebook.ID) string {
	s := fmt.Sprintf("«%s viết lần %d»", p.name, len(p.texts))
	p.texts = append(p.texts, text{s, about})
	return s
}

// work writes one thing; what it is comes from the seed. An error is for the caller: this
// runs beside other phones.
func (p *phone) work(ctx context.Context) error {
	mine := p.Households(notebook.Query{})
	if len(mine) == 0 {
		return fmt.Errorf("%s looks after nobody", p.name)
	}
	h := mine[p.chance.IntN(len(mine))].ID
	theirs := slices.Collect(func(yield func(visit) bool) {
		for _, v := range p.visits {
			if v.at == h && !yield(v) {
				return
			}
		}
	})
	switch n := p.chance.IntN(8); {
	case n < 2 && len(theirs) > 0:
		_, err := p.EditVisit(ctx, theirs[p.chance.IntN(len(theirs))].id, notebook.VisitEdit{Note: proto.String(p.say(h))})
		return err
	case n < 3:
		_, err := p.EditHousehold(ctx, h, notebook.HouseholdEdit{Address: proto.String(p.say(h))})
		return err
	case n < 4:
		_, err := p.RecordPetition(ctx, notebook.NewPetition{Household: h, Text: p.say(h)})
		return err
	}
	s, err := p.RecordVisit(ctx, notebook.NewVisit{Household: h, Contact: pb.Contact_CONTACT_AT_HOME, Note: p.say(h)})
	if err == nil {
		p.visits = append(p.visits, visit{s.ID, h})
	}
	return err
}

// together lets all phones work and sync side by side: rounds times, or until the server does
// not answer. heard is told of each sync that went well.
func together(phones []*phone, rounds int, heard func()) {
	var all sync.WaitGroup
	for _, p := range phones {
		all.Go(func() {
			for range rounds {
				if err := p.work(p.Context()); err != nil {
					p.Errorf("%s: %v", p.name, err)
					return
				}
				if _, err := p.Sync(p.Context()); err != nil {
					return
				}
				heard()
			}
		})
	}
	all.Wait()
}

// quiet syncs all phones until nothing moves any more, and looks that they are at rest: all
// is sent, nothing is being fetched, all sums agree with the server's.
func quiet(t *testing.T, phones []*phone) {
	t.Helper()
	for range 4 {
		for _, p := range phones {
			p.sync()
		}
	}
	for _, p := range phones {
		snap := p.store.Snapshot()
		st := snap.State()
		if len(st.Differs) > 0 || st.SumDiffers {
			t.Errorf("%s and the server differ: %v", p.name, st.Differs)
		}
		if n := snap.Unsent() + snap.OfferCount() + len(st.Fillings) + snap.Damaged(); n > 0 {
			t.Errorf("%s: %d unsent, %d to offer, %d being fetched, %d unreadable", p.name, snap.Unsent(), snap.OfferCount(), len(st.Fillings), snap.Damaged())
		}
		for _, o := range snap.Mend() {
			t.Errorf("%s: refused: %v", p.name, o)
		}
	}
}

// states is what a set of phones has of the server's rows, each record once.
type states map[book.ID]held

type held struct {
	kind  pb.Kind
	state lww.State
}

// holding joins what phones have: of two that have seen a record at different times, what the
// later one has seen.
func holding(phones ...*phone) states {
	out := states{}
	for _, p := range phones {
		snap := p.store.Snapshot()
		for any := range snap.All() {
			r, ok := snap.Row(any.ID)
			if !ok || r.Kind == pb.Kind_KIND_SUGGESTION || r.Kind == pb.Kind_KIND_REFUSED {
				continue // never sent, or goes with the change that waits on the desk
			}
			h := held{r.Kind, r.State}
			if have, ok := out[r.ID]; ok {
				h.state = lww.Join(have.state, r.State)
			}
			out[r.ID] = h
		}
	}
	return out
}

// carrying is every word that phones have: of rows, and of own changes, also of those that the
// server has long since.
func carrying(phones []*phone) []byte {
	var all bytes.Buffer
	for _, p := range phones {
		snap := p.store.Snapshot()
		for r := range snap.All() {
			all.Write(r.State.Body)
		}
		for o := range snap.Ops() {
			all.Write(o.Patch().GetSet())
		}
	}
	return all.Bytes()
}

// written is what people wrote of a record. What only the server writes, such as offices, it
// does not take from phones.
func (h held) written() lww.State {
	if h.kind == pb.Kind_KIND_OVERWRITTEN {
		return h.state
	}
	return h.state.Below(book.FirstServerField)
}

func same(a, b lww.State) bool {
	var x, y pb.Row
	a.IntoRow(&x)
	b.IntoRow(&y)
	return lww.RowHash(&x) == lww.RowHash(&y)
}

// words is everything that the server keeps, seen with the secretary's eyes: bodies, what they
// were before, what lies on the desk.
func words(t *testing.T, s *probe.Server, secretary *phone) []byte {
	t.Helper()
	caller, err := s.Registry.Authenticate(t.Context(), secretary.store.Snapshot().State().Identity.Token)
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	for r := range secretary.store.Snapshot().All() {
		all.Write(r.State.Body)
		for before := uint64(0); ; {
			past, err := s.Registry.History(t.Context(), caller, &pb.HistoryRequest{Id: r.ID.Bytes(), Before: &before})
			if err != nil {
				t.Fatalf("history of a %s: %v", r.Kind, err)
			}
			for _, v := range past.GetValues() {
				all.Write(v.GetValue())
				before = v.GetStamp()
			}
			if !past.GetMore() {
				break
			}
		}
	}
	return all.Bytes()
}

// admin runs a command of the server's administrator as a process.
func admin(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	return exec.Command(probe.Binary(t), append([]string{"--data", dir}, args...)...)
}

// done runs it to its end.
func done(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args[1:], " "), err, out)
	}
	return string(out)
}

// waiting are the records of the life before that wait for this person.
func (p *phone) waiting() (out []notebook.Suggestion) {
	for _, s := range p.Suggestions() {
		if s.Restored {
			out = append(out, s)
		}
	}
	return out
}
