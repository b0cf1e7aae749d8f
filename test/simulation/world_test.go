package simulation

import (
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/importer"
	"sodanvan/syncserver/registry"
)

const pin = "271828"

// cheap is the least that a guess at a PIN may cost.
var cheap = seal.Params{MemoryKiB: 8, Time: 1, Threads: 1}

var start = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

// ctx of all calls: nothing here waits.
var ctx = context.Background()

// failure is a promise that was broken; run recovers it.
type failure struct{ rule, text string }

func (f failure) String() string { return f.rule + ": " + f.text }

// world is one run.
type world struct {
	seed   uint64
	dir    string
	dirs   int
	now    time.Time
	event  int
	chance *rand.Rand
	server *server
	phones []*phone
	mirror *mirror
	// flight are requests that the network still has.
	flight []parcel
	acks   map[ackKey]*pb.Ack
	texts  map[string]*text
	// said counts the texts of this event.
	said int
	// erased are households that were erased.
	erased map[book.ID]bool
	// backups of the server's files that may take their place, and how often one did.
	backups  []backup
	restores int
	// small: replies have the least size, so that a view takes several; wordy: texts are long;
	// dayOps: a phone may send so many changes a day.
	small, wordy bool
	dayOps       uint32
	// calm: no more faults.
	calm  bool
	trace trace
	// sabotage, in tests of the simulation itself, spoils what the network carries.
	sabotage func(*pb.SyncRequest, *pb.SyncResponse)
	// reached counts the rarer things that happened.
	reached map[string]int
	// deaths counts the processes that died; atCalm the statements of server and phone before
	// the faults ended, in a walk over all of them.
	deaths int
	atCalm [2]int
	// meddle does something after each event.
	meddle func(*world)
}

// text is one thing that somebody wrote: it must be somewhere at the end.
type text struct {
	phone  *phone
	record book.ID
	holder book.Holder
	// abroad: it is about a household of another branch.
	abroad bool
	// gone says why nobody may expect to find it; empty: it must be there.
	gone string
}

type trace struct {
	sum  uint64
	keep bool
	text []string
}

func (t *trace) line(s string) {
	h := fnv.New64a()
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], t.sum)
	h.Write(b[:])
	io.WriteString(h, s)
	t.sum = h.Sum64()
	if t.keep {
		t.text = append(t.text, s)
	}
}

func (w *world) note(format string, args ...any) {
	w.trace.line(fmt.Sprintf("%3d ", w.event) + fmt.Sprintf(format, args...))
}

func (w *world) fail(rule, format string, args ...any) {
	panic(failure{rule, fmt.Sprintf(format, args...)})
}

// must ends the run on an error that no fault explains.
func (w *world) must(err error, doing string) {
	if err != nil {
		w.fail("error", "%s: %v", doing, err)
	}
}

func (w *world) clock() time.Time { return w.now }

// newDir names a folder that is not there yet.
func (w *world) newDir(name string) string {
	w.dirs++
	return filepath.Join(w.dir, fmt.Sprint(name, "-", w.dirs))
}

// stream is a source of random bytes that replays.
type stream struct{ *rand.Rand }

func newStream(a, b uint64) stream { return stream{rand.New(rand.NewPCG(a, b))} }

// Read never fails.
func (s stream) Read(b []byte) (int, error) {
	for i := 0; i < len(b); i += 8 {
		var eight [8]byte
		binary.LittleEndian.PutUint64(eight[:], s.Uint64())
		copy(b[i:], eight[:])
	}
	return len(b), nil
}

// hash is a short name of bytes in a trace.
func hash(b []byte) string {
	h := fnv.New64a()
	h.Write(b)
	return fmt.Sprintf("%016x", h.Sum64())
}

// memory is where the files of runs lie: in memory where the machine has such a place.
var memory = sync.OnceValue(func() string {
	if d, err := os.MkdirTemp("/dev/shm", "sodanvan-"); err == nil {
		return d
	}
	d, err := os.MkdirTemp("", "sodanvan-")
	if err != nil {
		panic(err)
	}
	return d
})

func TestMain(m *testing.M) {
	// Memory is not left full by who stops a long run.
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, os.Interrupt)
	go func() {
		<-stopped
		os.RemoveAll(memory())
		os.Exit(130)
	}()
	debug.SetGCPercent(400)
	code := m.Run()
	os.RemoveAll(memory())
	os.Exit(code)
}

// shape is a town to begin with: members by branch, the first of each its secretary.
type shape struct{ branches [][]string }

var shapes = []shape{
	{[][]string{{"An", "Bình", "Cúc"}}},
	{[][]string{{"An", "Bình", "Cúc", "Dung"}}},
	{[][]string{{"An", "Bình", "Cúc"}, {"Em", "Giang"}}},
	{[][]string{{"An", "Bình", "Cúc", "Dung"}, {"Em", "Giang"}}},
}

// town is a shape made once, as files: every run begins with a copy of them.
type town struct {
	dir    string
	server string
	phones []townPhone
	people map[string]registry.Person
}

type townPhone struct {
	name string
	dir  string
}

var towns = func() (all []func() (*town, error)) {
	for i := range shapes {
		all = append(all, sync.OnceValues(func() (*town, error) { return makeTown(i) }))
	}
	return all
}()

// makeTown imports the roster and lets every member join.
func makeTown(n int) (t *town, err error) {
	dir := filepath.Join(memory(), fmt.Sprint("town-", n))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	t = &town{dir: dir, server: filepath.Join(dir, "server"), people: map[string]registry.Person{}}
	random := newStream(uint64(n), 11)
	now := func() time.Time { return start.Add(-time.Hour) }
	r, err := registry.Open(ctx, t.server, registry.Options{Now: now, Random: random, Store: serverOptions(nil)})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if _, err := r.ImportRoster(ctx, rosterOf(shapes[n]), "Xã Mẫu", false); err != nil {
		return nil, err
	}
	people, err := r.People(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range people {
		t.people[p.Name] = p
	}
	for _, branch := range shapes[n].branches {
		for _, name := range branch {
			id, err := joinServer(r, t.people[name], random)
			if err != nil {
				return nil, err
			}
			at := filepath.Join(dir, "phone-"+name)
			s, err := store.Create(ctx, store.Options{Dir: at, PIN: cheap, Now: now, Rand: random}, id, pin, seal.NoDeviceSecret{})
			if err != nil {
				return nil, err
			}
			if err := s.Close(); err != nil {
				return nil, err
			}
			t.phones = append(t.phones, townPhone{name, at})
		}
	}
	return t, nil
}

func rosterOf(s shape) *importer.Roster {
	roster := &importer.Roster{}
	for i, members := range s.branches {
		b := importer.Branch{Key: fmt.Sprint("b", i), Name: fmt.Sprint("Chi bộ ", i+1)}
		for j, m := range members {
			office := ""
			if j == 0 {
				office = importer.OfficeSecretary
			}
			b.Members = append(b.Members, importer.Member{Key: m, Name: m, Office: office})
			for n := range 2 {
				b.Households = append(b.Households, importer.Household{Key: fmt.Sprint(m, n), HouseholdFields: importer.HouseholdFields{
					Head: fmt.Sprint("Hộ ", m, " ", n), Hamlet: "Xóm Đình", Address: "số 1", Size: 4, Member: m}})
			}
		}
		roster.Branches = append(roster.Branches, b)
	}
	return roster
}

// joinServer takes a member's phone through enrolment on the server's side.
func joinServer(r *registry.Registry, who registry.Person, random io.Reader) (store.Identity, error) {
	var id store.Identity
	codes, err := r.IssueCodes(ctx, []registry.Person{who})
	if err != nil {
		return id, err
	}
	return joinWith(r, codes[0].Code, random)
}

func joinWith(r *registry.Registry, code seal.Code, random io.Reader) (store.Identity, error) {
	key, nonce := seal.NewDeviceKey(random), make([]byte, 32)
	if _, err := io.ReadFull(random, nonce); err != nil {
		return store.Identity{}, err
	}
	return joinAs(r, code, key, nonce)
}

// joinAs is one try to join: the same key and nonce get the same device again.
func joinAs(r *registry.Registry, code seal.Code, key ed25519.PrivateKey, nonce []byte) (id store.Identity, err error) {
	public := key.Public().(ed25519.PublicKey)
	proof := seal.Proof(seal.CodeKey(code.Secret), seal.PhoneSide, nil, nil, nonce, public)
	j, err := r.Join(ctx, registry.Channel{}, &pb.JoinRequest{Code: &code.ID, Nonce: nonce, Proof: proof[:], DeviceKey: public,
		DeviceName: proto.String("máy thử"), Schema: proto.Uint32(book.Schema)})
	if err != nil {
		return id, err
	}
	id = store.Identity{Server: j.GetServer(), Epoch: j.GetEpoch(), Device: j.GetDevice(), Token: j.GetToken(), DeviceKey: key, RecoveryKey: j.GetRecoveryKey()}
	id.Member, _ = book.IDFrom(j.GetMember())
	id.Branch, _ = book.IDFrom(j.GetBranch())
	id.Commune, _ = book.IDFrom(j.GetCommune())
	return id, nil
}

// newWorld begins a run with copies of a town's files.
func newWorld(seed uint64, s setup) *world {
	w := &world{seed: seed, now: start, chance: rand.New(rand.NewPCG(seed, 1)), acks: map[ackKey]*pb.Ack{}, texts: map[string]*text{}, erased: map[book.ID]bool{}, reached: map[string]int{},
		small: s.small, wordy: s.wordy, dayOps: s.dayOps}
	t, err := towns[s.shape]()
	w.must(err, "make a town")
	w.dir, err = os.MkdirTemp(memory(), fmt.Sprint("seed-", seed, "-"))
	w.must(err, "make a folder")
	w.server = &server{world: w, random: newStream(seed, 2)}
	w.server.dir = w.newDir("server")
	w.must(copyFiles(t.server, w.server.dir), "copy the server")
	w.server.open()
	w.mirror = newMirror(w)
	w.mirror.look()
	for i, from := range t.phones {
		p := &phone{world: w, name: from.name, random: newStream(seed, 100+uint64(i)), newer: s.newer&(1<<i) != 0}
		p.offset, p.drift = s.clocks[i].offset, s.clocks[i].drift
		p.dir = w.newDir(from.name)
		w.must(copyFiles(from.dir, p.dir), "copy a phone")
		p.open()
		w.phones = append(w.phones, p)
	}
	return w
}

func (w *world) close() {
	for _, p := range w.phones {
		if p.store != nil {
			p.store.Close()
		}
	}
	if w.server != nil && w.server.reg != nil {
		w.server.reg.Close()
	}
	os.RemoveAll(w.dir)
}

// copyFiles copies the plain files of a folder as they are, like a copy of a disk: without
// what belongs to a running program (locks, shared memory).
func copyFiles(from, to string) error {
	if err := os.Mkdir(to, 0o700); err != nil {
		return err
	}
	files, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.IsDir() || slices.Contains([]string{".lock", ".db-shm"}, filepath.Ext(f.Name())) {
			continue
		}
		b, err := os.ReadFile(filepath.Join(from, f.Name()))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, f.Name()), b, 0o600); err != nil {
			return err
		}
	}
	return nil
}
