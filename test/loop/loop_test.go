package loop

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	"sodanvan/app/syncing"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/importer"
	"sodanvan/syncserver/registry"
)

const pin = "271828"

var errLost = errors.New("lost on the way")

// world is one run: a server, three books, a clock and one source of chance.
type world struct {
	*testing.T
	chance *rand.Rand
	now    time.Time
	server *registry.Registry
	phones []*phone
	// texts are all notes that were ever written.
	texts []string
}

type phone struct {
	*world
	name   string
	caller registry.Caller
	store  *store.Store
	engine *syncing.Engine
	dir    store.Options
}

// Read makes the run's chance a source of random bytes.
func (w *world) Read(b []byte) (int, error) {
	for i := 0; i < len(b); i += 8 {
		var eight [8]byte
		binary.LittleEndian.PutUint64(eight[:], w.chance.Uint64())
		copy(b[i:], eight[:])
	}
	return len(b), nil
}

func (w *world) clock() time.Time { return w.now }

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{T: t, chance: rand.New(rand.NewPCG(seed, 3)), now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)}
	ctx := context.Background()
	var err error
	w.server, err = registry.Open(ctx, filepath.Join(t.TempDir(), "data"), registry.Options{Now: w.clock, Random: w})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.server.Close() })
	names := []string{"An", "Bình", "Cúc"}
	b := importer.Branch{Key: "b", Name: "Chi bộ Mẫu"}
	for i, m := range names {
		office := ""
		if i == 0 {
			office = importer.OfficeSecretary
		}
		b.Members = append(b.Members, importer.Member{Key: m, Name: m, Office: office})
		for n := range 3 {
			b.Households = append(b.Households, importer.Household{Key: fmt.Sprint(m, n), HouseholdFields: importer.HouseholdFields{Head: fmt.Sprint("Hộ ", m, n), Hamlet: "Xóm Đình", Address: "số 1", Size: 4, Member: m}})
		}
	}
	if _, err := w.server.ImportRoster(ctx, &importer.Roster{Branches: []importer.Branch{b}}, "Xã Mẫu", false); err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		w.phones = append(w.phones, w.join(n))
	}
	return w
}

func (w *world) join(name string) *phone {
	ctx := context.Background()
	people, err := w.server.People(ctx)
	if err != nil {
		w.Fatal(err)
	}
	who := people[slices.IndexFunc(people, func(p registry.Person) bool { return p.Name == name })]
	codes, err := w.server.IssueCodes(ctx, []registry.Person{who})
	if err != nil {
		w.Fatal(err)
	}
	key := seal.NewDeviceKey(w)
	public := key.Public().(ed25519.PublicKey)
	nonce := make([]byte, 32)
	proof := seal.Proof(seal.CodeKey(codes[0].Code.Secret), seal.PhoneSide, nil, nil, nonce, public)
	j, err := w.server.Join(ctx, registry.Channel{}, &pb.JoinRequest{Code: &codes[0].Code.ID, Nonce: nonce, Proof: proof[:], DeviceKey: public, DeviceName: proto.String("máy thử"), Schema: proto.Uint32(book.Schema)})
	if err != nil {
		w.Fatal(err)
	}
	id := store.Identity{Server: j.GetServer(), Epoch: j.GetEpoch(), Device: j.GetDevice(), Token: j.GetToken(), DeviceKey: key, RecoveryKey: j.GetRecoveryKey()}
	id.Member, _ = book.IDFrom(j.GetMember())
	id.Branch, _ = book.IDFrom(j.GetBranch())
	id.Commune, _ = book.IDFrom(j.GetCommune())
	p := &phone{world: w, name: name, dir: store.Options{Dir: w.TempDir(), PIN: seal.Params{MemoryKiB: 8, Time: 1, Threads: 1}, Now: w.clock, Rand: w}}
	if p.caller, err = w.server.Authenticate(ctx, j.GetToken()); err != nil {
		w.Fatal(err)
	}
	if p.store, err = store.Create(ctx, p.dir, id, pin, seal.NoDeviceSecret{}); err != nil {
		w.Fatal(err)
	}
	p.engine = p.newEngine()
	w.Cleanup(func() { p.store.Close() })
	return p
}

func (p *phone) newEngine() *syncing.Engine {
	return syncing.New(p.store, syncing.Config{Rand: rand.New(rand.NewPCG(p.chance.Uint64(), 1))})
}

// restart closes the book and opens it anew, as after the battery ran out.
func (p *phone) restart() {
	if err := p.store.Close(); err != nil {
		p.Fatal(err)
	}
	s, err := store.Open(context.Background(), p.dir, pin, seal.NoDeviceSecret{})
	if err != nil {
		p.Fatal(err)
	}
	p.store = s
	p.engine = p.newEngine()
}

type fault int

const (
	fine fault = iota
	requestLost
	replyLost
)

// step makes one call, packed as on the wire.
func (p *phone) step(f fault) syncing.Outcome {
	p.engine.Kick()
	req, _, err := p.engine.Next(p.now)
	if err != nil {
		p.Fatal(err)
	}
	if req == nil {
		return syncing.Outcome{Kind: syncing.Rest}
	}
	var resp *pb.SyncResponse
	if f != requestLost {
		sent := proto.Clone(req).(*pb.SyncRequest)
		if resp, err = p.server.Sync(context.Background(), p.caller, sent); err != nil {
			p.Fatalf("%s: %v", p.name, err)
		}
		if resp.Rows, err = lww.Unpack(lww.Pack(resp.Rows)); err != nil {
			p.Fatal(err)
		}
	}
	var callErr error
	if f != fine {
		resp, callErr = nil, errLost
	}
	out, err := p.engine.Reply(p.now, req, resp, callErr)
	if err != nil {
		p.Fatal(err)
	}
	if st := p.store.Snapshot().State(); st.DifferCount != 0 {
		p.Fatalf("%s: digests differ: %v", p.name, st.Differs)
	}
	return out
}

func (p *phone) write(kind pb.Kind, id book.ID, h book.Holder, subject book.ID, create bool, m proto.Message) {
	set, err := lww.Encode(m)
	if err != nil {
		p.Fatal(err)
	}
	env := &pb.Envelope{Kind: kind.Enum(), Id: id.Bytes()}
	if create {
		env.Subject = subject.Bytes()
	}
	_, err = p.store.AddOps(context.Background(), store.Write{Patch: &pb.Patch{Envelope: env, Create: &create, Set: set, Schema: proto.Uint32(book.Schema)},
		Holder: h, Unit: p.store.Snapshot().State().Identity.Branch})
	if err != nil && !errors.As(err, new(*store.LeavingError)) {
		p.Fatal(err)
	}
}

// some picks one record of a kind that the phone holds; false: none.
func (p *phone) some(kind pb.Kind) (store.Record, bool) {
	var all []store.Record
	for r := range p.store.Snapshot().Kind(kind) {
		all = append(all, r)
	}
	if len(all) == 0 {
		return store.Record{}, false
	}
	slices.SortFunc(all, func(a, b store.Record) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return all[p.chance.IntN(len(all))], true
}

// say makes a text that nobody wrote before.
func (p *phone) say() string {
	s := fmt.Sprintf("«%s viết lần %d»", p.name, len(p.texts))
	p.texts = append(p.texts, s)
	return s
}

func (p *phone) act() {
	switch p.chance.IntN(10) {
	case 0, 1:
		if h, ok := p.some(pb.Kind_KIND_HOUSEHOLD); ok && !p.store.Snapshot().Leaving(h.Holder) {
			p.write(pb.Kind_KIND_CONSENT, book.NewID(p.now.UnixMilli(), p), h.Holder, h.ID, true, &pb.Consent{Purpose: pb.Purpose_PURPOSE_KEEP.Enum(), Answer: pb.Answer_ANSWER_GIVEN.Enum(),
				NoticeVersion: proto.String("1"), TimeMs: proto.Int64(p.now.UnixMilli()), Channel: pb.Channel_CHANNEL_SPOKEN.Enum()})
			p.write(pb.Kind_KIND_VISIT, book.NewID(p.now.UnixMilli(), p), h.Holder, h.ID, true, &pb.Visit{Day: proto.Int32(20778), Contact: pb.Contact_CONTACT_AT_HOME.Enum(), Note: proto.String(p.say())})
		}
	case 2:
		if v, ok := p.some(pb.Kind_KIND_VISIT); ok && !p.store.Snapshot().Leaving(v.Holder) {
			p.write(pb.Kind_KIND_VISIT, v.ID, v.Holder, book.ID{}, false, &pb.Visit{Note: proto.String(p.say())})
		}
	case 3:
		if h, ok := p.some(pb.Kind_KIND_HOUSEHOLD); ok && p == p.phones[0] {
			to := p.phones[p.chance.IntN(len(p.phones))].store.Snapshot().State().Identity.Member
			p.write(pb.Kind_KIND_HOUSEHOLD, h.ID, h.Holder, book.ID{}, false, &pb.Household{Member: to.Bytes()})
		}
	case 4:
		p.restart()
	case 5:
		p.step(requestLost)
	case 6, 7:
		p.step(replyLost)
	default:
		p.step(fine)
	}
}

// settle lets every phone sync in peace until nothing moves any more.
func (w *world) settle() {
	const most = 60
	for range 3 {
		for _, p := range w.phones {
			for n := 0; ; n++ {
				w.now = w.now.Add(10 * time.Minute)
				if p.step(fine).Kind == syncing.Rest {
					break
				}
				if n == most {
					w.Fatalf("%s is not quiet after %d calls", p.name, most)
				}
			}
		}
	}
}

// where finds every text that the server keeps: bodies, history, refused changes, suggestions.
func (w *world) kept() []byte {
	var all []byte
	secretary := w.phones[0]
	for r := range secretary.store.Snapshot().All() {
		all = append(all, r.State.Body...)
		past, err := w.server.History(context.Background(), secretary.caller, &pb.HistoryRequest{Id: r.ID.Bytes()})
		if err != nil {
			w.Fatal(err)
		}
		for _, v := range past.GetValues() {
			all = append(all, v.GetValue()...)
		}
	}
	return all
}

func TestNothingIsLostAndAllBooksAgree(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := newWorld(t, seed)
			for range 120 {
				w.now = w.now.Add(time.Duration(w.chance.IntN(600)) * time.Second)
				w.phones[w.chance.IntN(len(w.phones))].act()
			}
			w.settle()
			for _, p := range w.phones {
				b := p.store.Snapshot()
				st := b.State()
				for _, o := range b.Ops() {
					if o.Pending() {
						t.Errorf("%s: a change still waits: %v", p.name, o.State)
					}
				}
				if len(st.Fillings)+len(st.Leaving)+len(st.Differs) != 0 {
					t.Errorf("%s: not at rest: %d fillings, %d leaving, %d differ", p.name, len(st.Fillings), len(st.Leaving), len(st.Differs))
				}
				if p == w.phones[0] {
					continue
				}
				for h := range b.Kind(pb.Kind_KIND_HOUSEHOLD) {
					var m pb.Household
					if _, err := lww.Decode(h.State.Body, &m); err != nil {
						t.Fatal(err)
					}
					if !bytes.Equal(m.GetMember(), st.Identity.Member[:]) {
						t.Errorf("%s holds a household of somebody else", p.name)
					}
				}
			}
			kept := w.kept()
			for _, text := range w.texts {
				if !bytes.Contains(kept, []byte(text)) {
					t.Errorf("%s is nowhere on the server", text)
				}
			}
			if found, err := w.server.Check(context.Background()); err != nil || len(found) > 0 {
				t.Errorf("check: %v %v", found, err)
			}
		})
	}
}

// The same seed is the same run, to the last digest.
func TestASeedReplays(t *testing.T) {
	once := func() (out []byte) {
		t.Helper()
		w := newWorld(t, 7)
		for range 60 {
			w.now = w.now.Add(time.Duration(w.chance.IntN(600)) * time.Second)
			w.phones[w.chance.IntN(len(w.phones))].act()
		}
		w.settle()
		rows := slices.Collect(w.phones[0].store.Snapshot().All())
		slices.SortFunc(rows, func(a, b store.Record) int { return bytes.Compare(a.ID[:], b.ID[:]) })
		for _, r := range rows {
			out = append(out, r.ID[:]...)
			out = append(out, r.State.Body...)
		}
		return out
	}
	first := once()
	for range 3 {
		if !bytes.Equal(first, once()) {
			t.Fatal("a seed gave two runs")
		}
	}
}
