package store

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
)

// cheap makes a guess at the PIN cost nothing: these tests are not about that.
var cheap = seal.Params{MemoryKiB: 8, Time: 1, Threads: 1}

const pin = "271828"

// id makes a recognisable id: family and number.
func id(family byte, n uint64) (x book.ID) {
	x[0] = family
	binary.BigEndian.PutUint64(x[8:], n)
	return x
}

var (
	commune = id('C', 1)
	branch  = id('B', 1)
	me      = id('M', 1)
	server  = []byte("made-up server.")
)

func holder(k pb.HolderKind, x book.ID) book.Holder { return book.Holder{Kind: k, ID: x} }

func household(n uint64) book.Holder {
	return holder(pb.HolderKind_HOLDER_KIND_HOUSEHOLD, id('H', n))
}

var (
	communeHolder = holder(pb.HolderKind_HOLDER_KIND_COMMUNE, commune)
	branchHolder  = holder(pb.HolderKind_HOLDER_KIND_BRANCH, branch)
	memberHolder  = holder(pb.HolderKind_HOLDER_KIND_MEMBER, me)
)

func identity(t testing.TB) Identity {
	t.Helper()
	key, err := seal.NewRecoveryKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := key.Public()
	if err != nil {
		t.Fatal(err)
	}
	return Identity{
		Server: server, Epoch: []byte("epoch one"), Device: 7, Token: "token of an invented phone",
		DeviceKey: seal.NewDeviceKey(nil), Pins: [][]byte{make([]byte, 32)}, Address: "https://xa.example",
		Member: me, Branch: branch, Commune: commune, RecoveryKey: pub[:],
	}
}

type clock struct{ ms int64 }

func (c *clock) now() time.Time { c.ms++; return time.UnixMilli(c.ms) }

func options(dir string) Options {
	c := &clock{1_800_000_000_000}
	return Options{Dir: dir, PIN: cheap, Now: c.now}
}

func made(t testing.TB) (*Store, Options) {
	t.Helper()
	o := options(t.TempDir())
	s, err := Create(t.Context(), o, identity(t), pin, seal.NoDeviceSecret{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, o
}

func reopen(t testing.TB, s *Store) *Store {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return opened(t, s.o)
}

func opened(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), o, pin, seal.NoDeviceSecret{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func encoded(t testing.TB, m proto.Message) []byte {
	t.Helper()
	b, err := lww.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// visitRow is a server's row of a visit to a household.
func visitRow(t testing.TB, n, hh, seq uint64, note string) *pb.Row {
	return &pb.Row{
		Envelope: &pb.Envelope{
			Kind: pb.Kind_KIND_VISIT.Enum(), Id: id('V', n).Bytes(), Author: me.Bytes(),
			Subject: id('H', hh).Bytes(), Holder: household(hh).Proto(),
		},
		Body:  encoded(t, &pb.Visit{Day: proto.Int32(20000), Note: proto.String(note)}),
		Stamp: proto.Uint64(uint64(hlc.Make(1_700_000_000_000, uint16(seq)))), Device: proto.Uint32(3), Seq: proto.Uint64(seq),
	}
}

// visitWrite is an own change of a visit: a creation, or an edit of the note.
func visitWrite(t testing.TB, n, hh uint64, create bool, note string) Write {
	return Write{
		Patch: &pb.Patch{
			Envelope: &pb.Envelope{Kind: pb.Kind_KIND_VISIT.Enum(), Id: id('V', n).Bytes(), Subject: id('H', hh).Bytes()},
			Create:   proto.Bool(create), Set: encoded(t, &pb.Visit{Note: proto.String(note)}),
		},
		Holder: household(hh), Unit: branch,
	}
}

func note(t testing.TB, b *Snapshot, n uint64) string {
	t.Helper()
	r, ok := b.Record(id('V', n))
	if !ok {
		return "(none)"
	}
	var v pb.Visit
	if _, err := lww.Decode(r.State.Body, &v); err != nil {
		t.Fatal(err)
	}
	return v.GetNote()
}

func view(grants ...Grant) *pb.View {
	v := &pb.View{}
	for _, g := range grants {
		v.Grants = append(v.Grants, &pb.Grant{Holder: g.Holder.Proto(), Grant: proto.Uint64(g.Number)})
	}
	return v
}

func done(grants ...Grant) []*pb.Filling {
	var fs []*pb.Filling
	for _, g := range grants {
		fs = append(fs, &pb.Filling{Holder: g.Holder.Proto(), Grant: proto.Uint64(g.Number), Done: proto.Bool(true)})
	}
	return fs
}

func cursors(c, b uint64) []*pb.Cursor {
	return []*pb.Cursor{{Unit: commune.Bytes(), Seq: proto.Uint64(c)}, {Unit: branch.Bytes(), Seq: proto.Uint64(b)}}
}

func stored(number, seq uint64) *pb.Ack {
	return &pb.Ack{Number: proto.Uint64(number), Result: pb.Result_RESULT_STORED.Enum(), Seq: proto.Uint64(seq), Stamp: proto.Uint64(uint64(hlc.Make(1_800_000_000_000, uint16(number))))}
}

func result(number uint64, r pb.Result) *pb.Ack {
	return &pb.Ack{Number: proto.Uint64(number), Result: r.Enum()}
}

// standing is the view of a member with two households.
func standing() []Grant {
	return []Grant{{communeHolder, 1}, {branchHolder, 1}, {memberHolder, 2}, {household(1), 3}, {household(2), 4}}
}

// settledBook is a book that holds the standing view completely, at cursor 10 of the branch.
func settledBook(t testing.TB, rows ...*pb.Row) (*Store, Options) {
	s, o := made(t)
	applied(t, s, Delta{View: view(standing()...), Filling: done(standing()...), Cursors: cursors(5, 10), Rows: rows})
	return s, o
}

func applied(t testing.TB, s *Store, d Delta) Applied {
	t.Helper()
	d.Device = s.Snapshot().State().Identity.Device
	out, err := s.Apply(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func added(t testing.TB, s *Store, w ...Write) []uint64 {
	t.Helper()
	keys, err := s.AddOps(t.Context(), w...)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func frozen(t testing.TB, s *Store, bytes int) []Op {
	t.Helper()
	ops, err := s.Freeze(t.Context(), bytes)
	if err != nil {
		t.Fatal(err)
	}
	return ops
}

// dump is all that a snapshot says, for comparing.
type dump struct {
	State  State
	Rows   map[book.ID]*pb.Row
	Recs   map[book.ID]Record
	Held   map[book.Holder][]book.ID
	About  map[book.ID][]book.ID
	Kinds  map[pb.Kind][]book.ID
	Ops    []Op
	Drafts []Draft
}

func dumped(b *Snapshot) dump {
	d := dump{
		State: *b.state, Rows: map[book.ID]*pb.Row{}, Recs: map[book.ID]Record{},
		Held: map[book.Holder][]book.ID{}, About: map[book.ID][]book.ID{}, Kinds: map[pb.Kind][]book.ID{},
	}
	b.rows.each(func(x book.ID, r *row) bool { d.Rows[x] = rowOf(r.rec.Record); return true })
	byID := func(a, b book.ID) int { return strings.Compare(string(a[:]), string(b[:])) }
	for r := range b.All() {
		d.Recs[r.ID] = r
		d.Held[r.Holder] = nil
		d.About[r.Subject] = nil
		d.Kinds[r.Kind] = nil
	}
	for h := range d.Held {
		for r := range b.Held(h) {
			d.Held[h] = append(d.Held[h], r.ID)
		}
		slices.SortFunc(d.Held[h], byID)
	}
	for x := range d.About {
		for r := range b.About(x, 0) {
			d.About[x] = append(d.About[x], r.ID)
		}
		slices.SortFunc(d.About[x], byID)
	}
	for k := range d.Kinds {
		for r := range b.Kind(k) {
			d.Kinds[k] = append(d.Kinds[k], r.ID)
		}
		slices.SortFunc(d.Kinds[k], byID)
	}
	for _, o := range b.ops {
		c := *o
		c.patch = nil
		d.Ops = append(d.Ops, c)
	}
	for _, p := range b.Drafts() {
		p.local = 0
		d.Drafts = append(d.Drafts, p)
	}
	return d
}

func diff(a, b dump) string {
	return cmp.Diff(a, b, protocmp.Transform(), cmp.AllowUnexported(Op{}, Draft{}, dump{}), cmp.Transformer("nil", func(x []byte) string { return string(x) }),
		cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Settings" }, cmp.Comparer(func(a, b map[string]string) bool {
			return len(a) == 0 && len(b) == 0 || cmp.Equal(a, b)
		})),
		cmp.FilterValues(func(a, b []Grant) bool { return len(a)+len(b) == 0 }, cmp.Ignore()),
		cmp.FilterValues(func(a, b []Filling) bool { return len(a)+len(b) == 0 }, cmp.Ignore()),
		cmp.FilterValues(func(a, b []Cursor) bool { return len(a)+len(b) == 0 }, cmp.Ignore()),
		cmp.FilterValues(func(a, b []uint64) bool { return len(a)+len(b) == 0 }, cmp.Ignore()))
}

// copyDir copies a book as a crash would leave it: the files as they are now.
func copyDir(t testing.TB, from, to string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{fileName, fileName + "-wal"} {
		b, err := os.ReadFile(filepath.Join(from, name))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
