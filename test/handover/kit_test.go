package handover

import (
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	"sodanvan/app/store"
	"sodanvan/app/syncing"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/importer"
	"sodanvan/syncserver/registry"
)

const pin = "271828"

var (
	cheap   = seal.Params{MemoryKiB: 8, Time: 1, Threads: 1}
	errLost = errors.New("lost on the way")
)

// fault is what happens to one call.
type fault string

const (
	requestLost fault = "request lost"
	replyLost   fault = "reply lost"
	// died: the app is killed before the reply came, and started again.
	died fault = "died before the reply"
)

// paging is how much a call carries.
type paging struct {
	// up: one change a call; down: the least page of rows.
	up, down bool
}

// branch is one story's branch: secretary Hoa, and the members Bình, Cúc and Dũng.
// Bình looks after the households Đạt and Lan, Cúc after Mai, Dũng after Quang, Hoa after Sen.
type branch struct {
	testing.TB
	now    time.Time
	random stream
	server *registry.Registry
	paging paging
	// calls counts the calls of all phones; faults names those that go wrong, by their number.
	calls  int
	faults map[int]fault

	hoa, binh, cuc, dung *phone
}

// stream is a source of random bytes that replays.
type stream struct{ *rand.Rand }

func newStream(n uint64) stream { return stream{rand.New(rand.NewPCG(n, 7))} }

// Read never fails.
func (s stream) Read(b []byte) (int, error) {
	for i := 0; i < len(b); i += 8 {
		var eight [8]byte
		binary.LittleEndian.PutUint64(eight[:], s.Uint64())
		copy(b[i:], eight[:])
	}
	return len(b), nil
}

func (b *branch) clock() time.Time { return b.now }

func newBranch(t testing.TB) *branch {
	t.Helper()
	b := &branch{TB: t, now: time.Date(2026, 11, 21, 1, 0, 0, 0, time.UTC), random: newStream(1), faults: map[int]fault{}}
	var err error
	b.server, err = registry.Open(t.Context(), filepath.Join(folder(t), "data"), registry.Options{Now: b.clock, Random: b.random})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.server.Close() })
	r := importer.Branch{Key: "b", Name: "Chi bộ Mẫu"}
	for i, name := range []string{"Hoa", "Bình", "Cúc", "Dũng"} {
		office := ""
		if i == 0 {
			office = importer.OfficeSecretary
		}
		r.Members = append(r.Members, importer.Member{Key: name, Name: name, Office: office})
	}
	for _, h := range [][2]string{{"Đạt", "Bình"}, {"Lan", "Bình"}, {"Mai", "Cúc"}, {"Quang", "Dũng"}, {"Sen", "Hoa"}} {
		r.Households = append(r.Households, importer.Household{Key: h[0], HouseholdFields: importer.HouseholdFields{
			Head: h[0], Hamlet: "Xóm Đình", Address: "số 1", Size: 4, Phone: "0912345678", Member: h[1]}})
	}
	if _, err := b.server.ImportRoster(t.Context(), &importer.Roster{Branches: []importer.Branch{r}}, "Xã Mẫu", false); err != nil {
		t.Fatal(err)
	}
	b.hoa, b.binh, b.cuc, b.dung = b.join("Hoa", 11), b.join("Bình", 12), b.join("Cúc", 13), b.join("Dũng", 14)
	for _, p := range []*phone{b.hoa, b.binh, b.cuc, b.dung} {
		p.sync()
	}
	return b
}

// folder is a folder of the test's own; in memory where the machine has such a place, since a
// story waits for the disk most of its time and nothing here is about the disk.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "sodanvan-handover-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// phone is one person with an open book.
type phone struct {
	*branch
	*notebook.Notebook
	name    string
	me      notebook.ID
	random  stream
	options store.Options
	store   *store.Store
	engine  *syncing.Engine
	// keysDropped counts the keys of households that the book destroyed.
	keysDropped int
	// dead: the app was killed.
	dead bool
}

// person finds a member as the administrator does.
func (b *branch) person(name string) registry.Person {
	b.Helper()
	people, err := b.server.People(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	i := slices.IndexFunc(people, func(p registry.Person) bool { return p.Name == name })
	if i < 0 {
		b.Fatalf("nobody is called %s", name)
	}
	return people[i]
}

func (b *branch) join(name string, seed uint64) *phone {
	b.Helper()
	who := b.person(name)
	codes, err := b.server.IssueCodes(b.Context(), []registry.Person{who})
	if err != nil {
		b.Fatal(err)
	}
	p := &phone{branch: b, name: name, me: notebook.ID(who.ID), random: newStream(seed)}
	key := seal.NewDeviceKey(p.random)
	public := key.Public().(ed25519.PublicKey)
	nonce := make([]byte, 32)
	proof := seal.Proof(seal.CodeKey(codes[0].Code.Secret), seal.PhoneSide, nil, nil, nonce, public)
	j, err := b.server.Join(b.Context(), registry.Channel{}, &pb.JoinRequest{Code: &codes[0].Code.ID, Nonce: nonce, Proof: proof[:], DeviceKey: public,
		DeviceName: proto.String("máy thử"), Schema: proto.Uint32(book.Schema)})
	if err != nil {
		b.Fatal(err)
	}
	id := store.Identity{Server: j.GetServer(), Epoch: j.GetEpoch(), Device: j.GetDevice(), Token: j.GetToken(), DeviceKey: key, RecoveryKey: j.GetRecoveryKey(),
		Member: who.ID}
	id.Branch, _ = book.IDFrom(j.GetBranch())
	id.Commune, _ = book.IDFrom(j.GetCommune())
	p.options = store.Options{Dir: folder(b), PIN: cheap, Now: b.clock, Rand: p.random, Step: func(what string) error {
		if what == "drop key" {
			p.keysDropped++
		}
		return nil
	}}
	s, err := store.Create(b.Context(), p.options, id, pin, seal.NoDeviceSecret{})
	if err != nil {
		b.Fatal(err)
	}
	p.over(s)
	b.Cleanup(func() { p.Notebook.Close() })
	return p
}

// over opens the notebook over a store.
func (p *phone) over(s *store.Store) {
	p.Helper()
	n, err := notebook.Over(s, notebook.Options{Dir: p.options.Dir, Now: p.clock, Rand: p.random, PIN: cheap,
		Remote: func(*store.Store) (notebook.Remote, error) { return remote{p}, nil }})
	if err != nil {
		p.Fatal(err)
	}
	p.store, p.Notebook = s, n
	p.engine = syncing.New(pages{s, &p.branch.paging}, syncing.Config{Rand: rand.New(rand.NewPCG(3, 3))})
}

// restart closes the book and opens it anew, with room for so many pages; 0: no limit.
func (p *phone) restart(maxPages int) {
	p.Helper()
	if err := p.Notebook.Close(); err != nil {
		p.Fatal(err)
	}
	p.options.MaxPages = maxPages
	s, err := store.Open(p.Context(), p.options, pin, seal.NoDeviceSecret{})
	if err != nil {
		p.Fatal(err)
	}
	p.over(s)
}

// pages is a store that sends one change a call where the story says so.
type pages struct {
	*store.Store
	paging *paging
}

func (s pages) Freeze(ctx context.Context, bytes int) ([]store.Op, error) {
	if s.paging.up {
		bytes = 1
	}
	return s.Store.Freeze(ctx, bytes)
}
