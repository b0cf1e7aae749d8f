// Package notebooktest makes an invented branch with phones and a server in memory, for
// the tests of app/notebook and app/book. People, places and words in it are invented.
//
// The server merges and stamps like the real one and sends each phone what it may see; it
// judges nothing unless a test sets Refuse. What the real one does is tested with it.
package notebooktest

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
	"sodanvan/shared/viet"
)

// PIN opens every phone of the branch.
const PIN = "271828"

// Cheap makes a guess at the PIN cost nothing.
var Cheap = seal.Params{MemoryKiB: 8, Time: 1, Threads: 1}

// id makes a recognisable id: family and number.
func id(family byte, n uint64) (x notebook.ID) {
	x[0], x[6], x[8] = family, 0x70, 0x80
	binary.BigEndian.PutUint32(x[12:], uint32(n))
	return x
}

// The invented branch.
var (
	Commune = id('C', 1)
	Unit    = id('B', 1)

	// Binh is a member with a phone, Hoa the secretary, Dung the deputy; Sau has no phone
	// and Binh writes for him.
	Binh, Hoa, Dung, Sau = id('M', 1), id('M', 2), id('M', 3), id('M', 4)

	// Dat and Lan are Binh's households, Quang is Sau's, An is Hoa's own, New nobody's.
	Dat, Lan, Quang, An, New = id('H', 1), id('H', 2), id('H', 3), id('H', 4), id('H', 5)

	// Hygiene and Loans are topics, Roads a matter.
	Hygiene, Loans, Roads = id('G', 1), id('G', 2), id('G', 3)
	// Harvest is a notice that holds, Old one that is over.
	Harvest, Old = id('N', 1), id('N', 2)
	// Authority answers petitions.
	Authority = id('A', 1)
)

// Devices of the members.
const (
	BinhDevice = 1
	HoaDevice  = 2
	DungDevice = 3
)

// Today is the day of the branch's clock.
var Today = Day(21, 11, 2026)

// Day gives a day of the calendar.
func Day(day, month, year int) notebook.Day {
	return notebook.Day(viet.Date{Year: year, Month: month, Day: day}.Days())
}

// Branch is the server's side and the clock that all share. Phones may sync from several
// goroutines; its fields a test sets only while none does, but for SetDown.
type Branch struct {
	t testing.TB
	// mu is held for what the server does, clock for At.
	mu, clock sync.Mutex
	// At is the time now; every look at the clock moves it by a millisecond.
	At time.Time
	// Down: the server does not answer.
	Down bool
	// Unknown: the server was restored and does not know the phones any more.
	Unknown bool
	// Later: the server takes rows out but looks at no change.
	Later bool
	// Refuse, if set, judges every change that arrives.
	Refuse func(p *pb.Patch) *book.Refusal

	rows map[book.ID]*book.Record
	ids  []book.ID // in the order in which they came
	seq  uint64
	last uint64
	past map[book.ID][]*pb.PastValue
}

// NewBranch makes the branch with its members, households, lists and notices.
func NewBranch(t testing.TB) *Branch {
	b := &Branch{t: t, At: time.Date(2026, 11, 21, 3, 42, 0, 0, time.UTC), rows: map[book.ID]*book.Record{}, past: map[book.ID][]*pb.PastValue{}}
	commune := book.Holder{Kind: pb.HolderKind_HOLDER_KIND_COMMUNE, ID: book.ID(Commune)}
	branch := book.Holder{Kind: pb.HolderKind_HOLDER_KIND_BRANCH, ID: book.ID(Unit)}
	b.Put(pb.Kind_KIND_UNIT, Commune, notebook.ID{}, commune, &pb.Unit{Name: proto.String("xã Đồng Lý"), Level: proto.String("xã")})
	b.Put(pb.Kind_KIND_UNIT, Unit, Commune, commune, &pb.Unit{Name: proto.String("thôn Bằng Ngang"), Level: proto.String("chi bộ")})
	b.Put(pb.Kind_KIND_AUTHORITY, Authority, Commune, commune, &pb.Authority{Name: proto.String("Ủy ban nhân dân xã Đồng Lý")})
	for _, c := range []struct {
		id   notebook.ID
		use  pb.CategoryUse
		name string
	}{
		{Hygiene, pb.CategoryUse_CATEGORY_USE_TOPIC, "vệ sinh"},
		{Loans, pb.CategoryUse_CATEGORY_USE_TOPIC, "vay vốn"},
		{Roads, pb.CategoryUse_CATEGORY_USE_MATTER, "đường sá"},
		{id('G', 4), pb.CategoryUse_CATEGORY_USE_WARNED_WORD, "tôn giáo"},
		{id('G', 5), pb.CategoryUse_CATEGORY_USE_WARNED_WORD, "bệnh"},
	} {
		b.Put(pb.Kind_KIND_CATEGORY, c.id, Commune, commune, &pb.Category{Use: c.use.Enum(), Name: &c.name})
	}
	b.Put(pb.Kind_KIND_NOTICE, Harvest, Commune, commune, &pb.Notice{
		Title: proto.String("Lịch lấy nước vụ xuân"), Text: proto.String("Trạm bơm mở nước từ ngày 05/12."),
		FromDay: proto.Int32(int32(Day(15, 11, 2026))), UntilDay: proto.Int32(int32(Day(31, 12, 2026))),
	})
	b.Put(pb.Kind_KIND_NOTICE, Old, Commune, commune, &pb.Notice{
		Title: proto.String("Tiêm phòng gia súc"), Text: proto.String("Đã xong."), UntilDay: proto.Int32(int32(Day(1, 6, 2026))),
	})
	member := func(id notebook.ID, name string, office pb.Office, device uint32, proxies ...notebook.ID) {
		m := &pb.Member{Name: &name, Office: office.Enum()}
		if device != 0 {
			m.Devices, m.HasDevice = []uint32{device}, proto.Bool(true)
		}
		for _, p := range proxies {
			m.Proxies = append(m.Proxies, book.ID(p).Bytes())
		}
		b.Put(pb.Kind_KIND_MEMBER, id, Unit, branch, m)
	}
	member(Binh, "Trần Văn Bình", pb.Office_OFFICE_MEMBER, BinhDevice)
	member(Hoa, "Lê Thị Hoa", pb.Office_OFFICE_SECRETARY, HoaDevice)
	member(Dung, "Phạm Tiến Dũng", pb.Office_OFFICE_DEPUTY, DungDevice)
	member(Sau, "Nguyễn Văn Sáu", pb.Office_OFFICE_MEMBER, 0, Binh)
	b.household(Dat, Binh, "Nguyễn Văn Đạt", "ông", "Xóm Đình", "số 12", "0912345678", 4, pb.Welfare_WELFARE_NEAR_POOR, 2)
	b.household(Lan, Binh, "Trần Thị Lan", "bà", "Xóm Đình", "số 14", "", 2, 0, 1)
	b.household(Quang, Sau, "Lê Quang", "anh", "Xóm Chùa", "số 3", "", 5, 0, 0)
	b.household(An, Hoa, "Phạm An", "", "Xóm Chùa", "số 8", "", 3, 0, 0)
	b.household(New, notebook.ID{}, "Đỗ Mới", "", "Xóm Bãi", "", "", 0, 0, 0)
	return b
}

func (b *Branch) household(id, member notebook.ID, head, form, hamlet, address, phone string, size int32, welfare pb.Welfare, position int32) {
	h := &pb.Household{Head: &head}
	for _, f := range []struct {
		to   **string
		from string
	}{{&h.FormOfAddress, form}, {&h.Hamlet, hamlet}, {&h.Address, address}, {&h.Phone, phone}} {
		if f.from != "" {
			*f.to = proto.String(f.from)
		}
	}
	if size != 0 {
		h.Size = &size
	}
	if welfare != 0 {
		h.Welfare = &welfare
	}
	if position != 0 {
		h.Position = &position
	}
	h.Member = book.ID(member).Bytes()
	b.Put(pb.Kind_KIND_HOUSEHOLD, id, Unit, Household(id), h)
}

// Household is the holder of a household.
func Household(id notebook.ID) book.Holder {
	return book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: book.ID(id)}
}

// Desk is the holder of what secretary and deputy decide about.
var Desk = book.Holder{Kind: pb.HolderKind_HOLDER_KIND_DESK, ID: book.ID(Unit)}

// NewID makes a recognisable id for a test's own records.
func NewID(n uint64) notebook.ID { return id('T', n) }

// Now is the clock of all phones and of the server.
func (b *Branch) Now() time.Time {
	b.clock.Lock()
	defer b.clock.Unlock()
	b.At = b.At.Add(time.Millisecond)
	return b.At
}

// SetDown takes the server's network away or gives it back, also while phones sync.
func (b *Branch) SetDown(down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.Down = down
}

func (b *Branch) isDown() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Down
}

// Phone makes the phone of a member and fills it with a first sync. It is closed at the end
// of the test.
func (b *Branch) Phone(member notebook.ID) *notebook.Notebook {
	b.t.Helper()
	n := b.Empty(member, b.t.TempDir())
	b.t.Cleanup(func() { n.Close() })
	if _, err := n.Sync(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	return n
}

// Empty makes the phone of a member in a folder, before its first sync.
func (b *Branch) Empty(member notebook.ID, dir string) *notebook.Notebook {
	b.t.Helper()
	key, err := seal.NewRecoveryKey(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	pub, err := key.Public()
	if err != nil {
		b.t.Fatal(err)
	}
	identity := store.Identity{
		Server: []byte("invented server."), Epoch: []byte("epoch one"), Device: b.device(member), Token: "token of an invented phone",
		DeviceKey: seal.NewDeviceKey(nil), Pins: [][]byte{make([]byte, 32)}, Address: "https://xa.example",
		Member: book.ID(member), Branch: book.ID(Unit), Commune: book.ID(Commune), RecoveryKey: pub[:],
	}
	n, err := notebook.Create(b.t.Context(), b.Options(dir), identity, PIN)
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

// Options open a phone of this branch in a folder.
func (b *Branch) Options(dir string) notebook.Options {
	var seed [32]byte
	copy(seed[:], "ids of this test are the same ev")
	return notebook.Options{Dir: dir, Now: b.Now, Rand: rand.NewChaCha8(seed), PIN: Cheap, Remote: b.Remote}
}

func (b *Branch) device(member notebook.ID) uint32 {
	return map[notebook.ID]uint32{Binh: BinhDevice, Hoa: HoaDevice, Dung: DungDevice}[member]
}

// Remote is the way of a phone to this server.
func (b *Branch) Remote(s *store.Store) (notebook.Remote, error) {
	return &wire{b: b, s: s}, nil
}

// Put writes a record on the server, as the console or an import would.
func (b *Branch) Put(kind pb.Kind, id, subject notebook.ID, holder book.Holder, m proto.Message) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.put(kind, id, subject, holder, m)
}

func (b *Branch) put(kind pb.Kind, id, subject notebook.ID, holder book.Holder, m proto.Message) {
	b.t.Helper()
	body, err := lww.Encode(m)
	if err != nil {
		b.t.Fatal(err)
	}
	unit := book.ID(Unit)
	if holder.Kind == pb.HolderKind_HOLDER_KIND_COMMUNE {
		unit = book.ID(Commune)
	}
	r := &book.Record{Kind: kind, ID: book.ID(id), Subject: book.ID(subject), Holder: holder, Unit: unit}
	b.merge(r, lww.Change{Set: body, Version: lww.Version{Stamp: b.stamp()}, Create: true})
}

// Record is a record as the server has it.
func (b *Branch) Record(id notebook.ID) (book.Record, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r, ok := b.rows[book.ID(id)]
	if !ok {
		return book.Record{}, false
	}
	return *r, true
}

// Of gives the server's records of a kind in the order in which they came.
func (b *Branch) Of(kind pb.Kind) []book.Record {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.of(kind)
}

func (b *Branch) of(kind pb.Kind) []book.Record {
	var out []book.Record
	for _, id := range b.ids {
		if b.rows[id].Kind == kind {
			out = append(out, *b.rows[id])
		}
	}
	return out
}
