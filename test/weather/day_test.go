package weather

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sodanvan/app/notebook"
	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/importer"
	"sodanvan/test/probe"
)

func TestMain(m *testing.M) { os.Exit(probe.Main(m)) }

// hamlet is the weather of these tests: 64 kbit/s each way, far away, and never for long.
var hamlet = Conditions{RoundTrip: 600 * time.Millisecond, Loss: 0.05, Rate: 64_000 / 8, Cut: 20 * time.Second}

// most is how often somebody presses "Gửi" before they go home.
const most = 40

// branch is an invented branch with its server.
type branch struct {
	*probe.Server
	people map[string]book.ID
	// desk is a secretary's phone on a good line; it shares no code with the app.
	desk *probe.Phone
}

const (
	member    = "Bình"
	secretary = "An"
	writer    = "Cúc"
)

// notes are how many visits a branch has at first.
const notes = 300

// newBranch starts a server process with a branch of ten members, their households and their
// visits with a text: 600 records.
func newBranch(t *testing.T) *branch {
	t.Helper()
	b := &branch{Server: probe.StartProcess(t, probe.Options{}), people: map[string]book.ID{}}
	r := importer.Branch{Key: "b", Name: "Chi bộ Xóm Núi (bịa)"}
	for i := range 10 {
		m := importer.Member{Key: fmt.Sprint(i), Name: fmt.Sprintf("Đảng viên bịa %d", i)}
		switch i {
		case 0:
			m.Name, m.Office = secretary, importer.OfficeSecretary
		case 1:
			m.Name = member
		case 2:
			m.Name = writer
		}
		r.Members = append(r.Members, m)
		for n := range 29 {
			r.Households = append(r.Households, importer.Household{Key: fmt.Sprint(i, "/", n), HouseholdFields: importer.HouseholdFields{
				Head: fmt.Sprintf("Nguyễn Văn Bịa %d %d", i, n), Hamlet: "Xóm Núi", Address: fmt.Sprintf("số %d đường liên thôn", n), Size: 2 + n%5,
				Phone: fmt.Sprintf("0912%03d%03d", i, n), Member: m.Key}})
		}
	}
	if _, err := b.Registry.ImportRoster(t.Context(), &importer.Roster{Branches: []importer.Branch{r}}, "Xã Hư Cấu", false); err != nil {
		t.Fatal(err)
	}
	people, err := b.Registry.People(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range people {
		b.people[p.Name] = p.ID
	}
	b.fill(t)
	b.desk = b.Phone(t, b.people[secretary])
	b.desk.Sync()
	return b
}

// fill writes what was noted before the test: texts of syllables by chance, which pack worse
// than a person's words.
func (b *branch) fill(t *testing.T) {
	t.Helper()
	onsets := strings.Fields("b c ch d đ g gi h kh l m n ng nh ph qu r s t th tr v x")
	rhymes := strings.Fields("a á ạ ai ái an án anh ao át ăn ăm ân âm âu ây e em én ê ền ết i ia inh ít o oa oan on ong ô ôi ôn ông ốt ơ ơi ơn u ua úi ung ư ưa ươi ươn ương ức y")
	chance := rand.New(rand.NewPCG(1, 7))
	p := b.Phone(t, b.people[writer])
	p.Sync()
	h := p.Household("Nguyễn Văn Bịa 2 0")
	ops := [][]byte{p.Consent(h, pb.Purpose_PURPOSE_KEEP)}
	for range notes {
		var note []string
		for range 20 + chance.IntN(30) {
			note = append(note, onsets[chance.IntN(len(onsets))]+rhymes[chance.IntN(len(rhymes))])
		}
		ops = append(ops, p.Visit(p.ID(), h, strings.Join(note, " ")))
	}
	p.Sync(ops...)
	p.Stored(1, notes+1)
}

// line leads to the branch's server.
func (b *branch) line(t *testing.T, seed uint64) *Line {
	t.Helper()
	l, err := Open(b.Address, seed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

const pin = "271828"

// phone is the real app without a screen, as its commands use it.
type phone struct {
	*notebook.Notebook
	store *store.Store
	// presses counts the syncs that were begun, failed those that did not come to an end.
	presses, failed int
}

// joined enrols a phone through a line and makes its book. A call that is cut off is made
// again, as a person would; the attempt remembers what was done.
func (b *branch) joined(t *testing.T, l *Line, name string) *phone {
	t.Helper()
	p := &phone{}
	inv := seal.Invitation{Code: b.Codes(t, b.people[name]), Address: "https://" + l.Address}
	j := notebook.Join{Invitation: inv.Text(), DeviceName: "máy thử (bịa)", Attempt: &notebook.Attempt{}}
	o := notebook.Options{Dir: filepath.Join(t.TempDir(), "book"), PIN: seal.Params{MemoryKiB: 8, Time: 1, Threads: 1}, Remote: notebook.ViaNetwork(notebook.Network{})}
	var n *notebook.Notebook
	var err error
	for range most {
		if n, err = notebook.Enrol(t.Context(), o, notebook.Network{}, j, pin); err == nil {
			break
		}
		t.Logf("joining: %v", err)
	}
	if err != nil {
		t.Fatalf("cannot join: %v", err)
	}
	// Opened once more beside the notebook's back, so that the test sees what is in the book.
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if p.store, err = store.Open(t.Context(), store.Options{Dir: o.Dir, PIN: o.PIN}, pin, seal.NoDeviceSecret{}); err != nil {
		t.Fatal(err)
	}
	if p.Notebook, err = notebook.Over(p.store, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// sync presses "Gửi" until it says that all is done.
func (p *phone) sync(t *testing.T) {
	t.Helper()
	var err error
	for range most {
		p.presses++
		if _, err = p.Sync(t.Context()); err == nil {
			return
		}
		p.failed++
		t.Logf("press %d: %v", p.presses, err)
	}
	t.Fatalf("nothing gets through: %v", err)
}

// report says what a piece of work took.
func report(t *testing.T, what string, p *phone, l *Line, before Seen, since time.Time) {
	t.Helper()
	s := l.Seen()
	t.Logf("%s: %d round trips, %d bytes up, %d down, %.1f s; %d pieces lost, %d cuts, %d connections, %d of %d syncs failed", what,
		s.Turns-before.Turns, s.Up-before.Up, s.Down-before.Down, time.Since(since).Seconds(), s.Lost-before.Lost, s.Cuts-before.Cuts,
		s.Connections-before.Connections, p.failed, p.presses)
}

// inStep looks that nothing is left over: all is sent, nothing was refused, the sums of both
// sides agree.
func (p *phone) inStep(t *testing.T) *store.Snapshot {
	t.Helper()
	snap := p.store.Snapshot()
	st := snap.State()
	if len(st.Differs) > 0 || st.SumDiffers {
		t.Errorf("the book and the server differ: %v", st.Differs)
	}
	if n, m := snap.Unsent(), len(snap.Mend()); n+m+len(st.Fillings)+snap.Damaged() > 0 {
		t.Errorf("%d unsent, %d refused, %d being fetched, %d unreadable", n, m, len(st.Fillings), snap.Damaged())
	}
	return snap
}

// onDesk compares what a book has of records with what the secretary's phone fetches.
func (b *branch) onDesk(t *testing.T, snap *store.Snapshot, ids []book.ID) {
	t.Helper()
	b.desk.Sync()
	if diff := b.desk.Equal(); diff != "" {
		t.Error(diff)
	}
	for _, id := range ids {
		r, ok := snap.Record(id)
		if row := b.desk.Rows[id]; !ok || row == nil || !bytes.Equal(r.State.Body, row.GetBody()) {
			t.Errorf("record %s is not the same in the book and on the server", id)
		}
	}
}

// day is what a member does: ten visits, two petitions, a household's new number; each
// household is asked first. After each save the book is sent, as the app does. It gives the
// records.
func (p *phone) day(t *testing.T) (ids []book.ID) {
	t.Helper()
	ctx := t.Context()
	must := func(s notebook.Saved, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%v (%s)", err, notebook.Say(err))
		}
		ids = append(ids, book.ID(s.ID))
		p.sync(t)
	}
	hs := p.Households(notebook.Query{})
	for i := range 10 {
		h := hs[i].ID
		must(p.RecordConsent(ctx, notebook.NewConsent{Household: h, Purpose: pb.Purpose_PURPOSE_KEEP, Answer: pb.Answer_ANSWER_GIVEN,
			NoticeVersion: "1", Channel: pb.Channel_CHANNEL_SPOKEN}))
		must(p.RecordVisit(ctx, notebook.NewVisit{Household: h, Contact: pb.Contact_CONTACT_AT_HOME,
			Note: fmt.Sprintf("Nhà thứ %d: gia đình hỏi lịch bơm nước vụ chiêm, đã hẹn trả lời trong tuần.", i+1)}))
		if i%5 == 1 {
			must(p.RecordPetition(ctx, notebook.NewPetition{Household: h, Text: "Đường vào xóm ngập mỗi khi mưa to, đề nghị khơi rãnh thoát nước."}))
		}
		if i == 4 {
			number := "0987654321"
			must(p.EditHousehold(ctx, h, notebook.HouseholdEdit{Phone: &number}))
		}
	}
	return ids
}

func TestADayInTheHamlet(t *testing.T) {
	t.Parallel() // it waits most of the time
	b := newBranch(t)
	l := b.line(t, 1)
	p := b.joined(t, l, member)
	p.sync(t)
	p.presses = 0
	l.Set(hamlet)
	before, since := l.Seen(), time.Now()
	ids := p.day(t)
	report(t, "a day's work", p, l, before, since)
	b.onDesk(t, p.inStep(t), ids)
	if len(ids) != 10+10+2+1 {
		t.Errorf("%d records", len(ids))
	}
	weathered(t, l, before)
}

func TestANewPhoneInTheHamlet(t *testing.T) {
	t.Parallel() // it waits most of the time
	b := newBranch(t)
	l := b.line(t, 8)
	l.Set(hamlet)
	before, since := l.Seen(), time.Now()
	p := b.joined(t, l, secretary)
	report(t, "joining", p, l, before, since)
	p.sync(t)
	report(t, "joining and the first sync", p, l, before, since)
	snap := p.inStep(t)
	t.Logf("%d records", snap.Len())
	if snap.Len() < 600 {
		t.Errorf("%d records, want 600", snap.Len())
	}
	var ids []book.ID
	for r := range snap.All() {
		ids = append(ids, r.ID)
	}
	b.onDesk(t, snap, ids)
	weathered(t, l, before)
}

// weathered looks that there was weather: a line that lost nothing proves nothing. The delays
// alone take longer than the first cut is away.
func weathered(t *testing.T, l *Line, before Seen) {
	t.Helper()
	if s := l.Seen(); s.Lost == before.Lost || s.Cuts == before.Cuts {
		t.Errorf("no weather: %+v", s)
	}
}

// TestAConnectionDiesAtEachByte: the connection of each sync ends at another byte of what the
// server says, in the handshake, in the head of the reply, in the rows. The phone asks for
// less and keeps what came whole; what it sends meanwhile is stored once.
func TestAConnectionDiesAtEachByte(t *testing.T) {
	const places, farthest = 30, 12 << 10
	b := newBranch(t)
	l := b.line(t, 3)
	p := b.joined(t, l, secretary)
	chance := rand.New(rand.NewPCG(3, 5))
	rows, gained, acked := p.store.Snapshot().Len(), 0, 0
	var ids []book.ID
	var told []string
	for i := range places {
		n := 1 + chance.IntN(farthest)
		l.Set(Conditions{Reply: n})
		if hs := p.Households(notebook.Query{}); len(hs) > 0 {
			s, err := p.RecordVisit(t.Context(), notebook.NewVisit{Household: hs[0].ID, Contact: pb.Contact_CONTACT_NOBODY_MET})
			if err != nil {
				t.Fatal(err)
			}
			ids, rows = append(ids, book.ID(s.ID)), rows+1
		}
		before := p.store.Snapshot().Unsent()
		_, err := p.Sync(t.Context())
		snap := p.store.Snapshot()
		if snap.Len() > rows {
			gained++
		}
		if snap.Unsent() < before {
			acked++
		}
		if filling := len(snap.State().Fillings); snap.Len() < rows || err == nil && filling > 0 {
			t.Errorf("place %d, byte %d: %d records, %d before; %d being fetched, %v", i, n, snap.Len(), rows, filling, err)
		}
		rows = snap.Len()
		told = append(told, fmt.Sprintf("%d:%d", n, rows))
	}
	t.Logf("byte:records %s", strings.Join(told, " "))
	t.Logf("%d of %d places brought records, %d took changes; %d records", gained, places, acked, rows)
	if gained < 5 || acked == 0 {
		t.Errorf("no progress: %d places brought records, %d took changes", gained, acked)
	}
	l.Set(Conditions{})
	p.sync(t)
	b.onDesk(t, p.inStep(t), ids)
	if n := b.desk.Count(pb.Kind_KIND_VISIT); n != notes+len(ids) {
		t.Errorf("%d visits on the server, want %d", n, notes+len(ids))
	}
}
