package syncing

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
)

// tb is what testing.T and rapid.T share.
type tb interface {
	Helper()
	Error(...any)
	Errorf(string, ...any)
	Fatal(...any)
	Fatalf(string, ...any)
}

func id(family byte, n uint64) (x book.ID) {
	x[0] = family
	binary.BigEndian.PutUint64(x[8:], n)
	return x
}

var (
	commune    = id('C', 1)
	branch     = id('B', 1)
	serverName = []byte("made-up server")
	start      = time.UnixMilli(1_800_000_000_000)
)

func member(n uint64) book.ID { return id('M', n) }

func household(n uint64) book.Holder {
	return book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: id('H', n)}
}

// Words in a note that make the fake server answer in a certain way.
const (
	wordRefuse  = "REFUSE"
	wordPark    = "PARK"
	wordSuggest = "SUGGEST"
)

// fake is a small server that follows the same rules as the real one: numbers and hashes of
// changes, acks after storing, views by assignment, cursors, fillings by pages, digests.
type fake struct {
	t     tb
	rng   *rand.Rand
	clock *hlc.Clock
	epoch []byte
	// lives are the pasts of every epoch, for where two of them part.
	lives map[string][]past
	// jump: devices that may leave numbers out once, after a restore.
	jump    map[uint32]bool
	seq     map[book.ID]uint64
	rows    map[book.ID]*pb.Row
	devices map[uint32]*fakeDevice
	// owner of each household, and the grant that gave it.
	owner map[book.ID]store.Grant // Holder: the member
	next  uint32
	// later makes the server answer LATER for the rest of a call, now and then.
	later bool
	// texts are the notes that reached this life of the server, as history and desk keep them.
	texts map[string]bool
	// erased are ids that were destroyed, in their order.
	erased []book.ID
	// desk are rows that phones offered and nobody has decided on yet.
	desk  []*pb.Row
	calls int
	// consumed counts how often each change was taken, by its bytes.
	consumed map[string]int
}

type fakeDevice struct {
	number      uint32
	member      book.ID
	key         ed25519.PublicKey
	last        uint64
	confirmed   uint64
	kept        uint64
	log         map[uint64]fakeEntry
	lateAcks    map[uint64]*pb.Ack
	parked      []uint64
	unconfirmed bool
	cloneOf     uint32
	revoked     bool
}

type fakeEntry struct {
	hash [32]byte
	ack  *pb.Ack
	op   *pb.Patch
}

func newFake(t tb, seed uint64) *fake {
	return &fake{
		t: t, rng: rand.New(rand.NewPCG(seed, 1)), clock: hlc.NewClock(0), epoch: epochNamed(1),
		seq: map[book.ID]uint64{}, rows: map[book.ID]*pb.Row{}, devices: map[uint32]*fakeDevice{},
		owner: map[book.ID]store.Grant{}, next: 100, consumed: map[string]int{},
		texts: map[string]bool{}, lives: map[string][]past{string(epochNamed(1)): nil}, jump: map[uint32]bool{},
	}
}

func (f *fake) join(m book.ID) store.Identity {
	f.next++
	key := seal.NewDeviceKey(nil)
	f.devices[f.next] = &fakeDevice{number: f.next, member: m, key: key.Public().(ed25519.PublicKey), log: map[uint64]fakeEntry{}, lateAcks: map[uint64]*pb.Ack{}}
	recovery, err := seal.NewRecoveryKey(nil)
	if err != nil {
		f.t.Fatal(err)
	}
	pub, err := recovery.Public()
	if err != nil {
		f.t.Fatal(err)
	}
	return store.Identity{
		Server: serverName, Epoch: f.epoch, Device: f.next, Token: fmt.Sprint("token ", f.next), DeviceKey: key,
		Pins: [][]byte{make([]byte, 32)}, Address: "https://xa.example", Member: m, Branch: branch, Commune: commune, RecoveryKey: pub[:],
	}
}

// assign gives a household to a member; that is a row of its own, with a seq.
func (f *fake) assign(h, m book.ID) {
	f.seq[branch]++
	f.owner[h] = store.Grant{Holder: book.Holder{ID: m}, Number: f.seq[branch]}
	body, err := lww.Encode(&pb.Household{Head: proto.String("Hộ " + h.String()), Member: m.Bytes()})
	if err != nil {
		f.t.Fatal(err)
	}
	f.rows[h] = &pb.Row{
		Envelope: &pb.Envelope{Kind: pb.Kind_KIND_HOUSEHOLD.Enum(), Id: h.Bytes(), Subject: branch.Bytes(), Holder: book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: h}.Proto()},
		Body:     body, Stamp: proto.Uint64(uint64(f.clock.Now(start.UnixMilli()))), Device: proto.Uint32(1), Seq: proto.Uint64(f.seq[branch]),
	}
}

func (f *fake) view(m book.ID) []*pb.Grant {
	grant := func(k pb.HolderKind, x book.ID, n uint64) *pb.Grant {
		return &pb.Grant{Holder: book.Holder{Kind: k, ID: x}.Proto(), Grant: proto.Uint64(n)}
	}
	v := []*pb.Grant{
		grant(pb.HolderKind_HOLDER_KIND_COMMUNE, commune, 1), grant(pb.HolderKind_HOLDER_KIND_BRANCH, branch, 1), grant(pb.HolderKind_HOLDER_KIND_MEMBER, m, 1),
	}
	for h, g := range f.owner {
		if g.Holder.ID == m {
			v = append(v, grant(pb.HolderKind_HOLDER_KIND_HOUSEHOLD, h, g.Number))
		}
	}
	slices.SortFunc(v, func(a, b *pb.Grant) int {
		return cmp.Or(cmp.Compare(a.GetHolder().GetKind(), b.GetHolder().GetKind()), bytes.Compare(a.GetHolder().GetId(), b.GetHolder().GetId()))
	})
	return v
}

func problem(c pb.ProblemCode) error {
	return &CallError{Problem: &pb.Problem{Code: c.Enum(), Sentence: proto.String("câu của máy chủ")}}
}

func (f *fake) sync(req *pb.SyncRequest) (*pb.SyncResponse, error) {
	f.calls++
	d := f.devices[req.GetDevice()]
	if d == nil {
		return nil, problem(pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN)
	}
	if d.revoked {
		return nil, problem(pb.ProblemCode_PROBLEM_CODE_TOKEN_REVOKED)
	}
	out := &pb.SyncResponse{Now: proto.Uint64(uint64(f.clock.Now(start.UnixMilli())))}
	if !lww.IsEpoch(f.epoch, req.GetEpoch()) {
		out.Epoch = f.newEpoch(d, req.GetEpoch())
		return out, nil
	}
	if n := uint64(len(req.GetOps())); n > 0 {
		claim := seal.OpsClaim{Server: serverName, Epoch: f.epoch, Device: d.number, First: req.GetFirst(), Last: req.GetFirst() + n - 1, Hash: seal.HashOps(req.GetOps())}
		if seal.VerifyOps(d.key, claim, req.GetSignature()) != nil {
			return nil, problem(pb.ProblemCode_PROBLEM_CODE_BAD_SIGNATURE)
		}
		if req.GetFirst() > d.last+1 && !f.jump[d.number] {
			return nil, problem(pb.ProblemCode_PROBLEM_CODE_GAP)
		}
		if f.jump[d.number] {
			d.last = max(d.last, req.GetFirst()-1)
		}
		delete(f.jump, d.number)
	}
	for n := d.confirmed + 1; n <= min(req.GetConfirmed(), d.last); n++ {
		delete(d.log, n)
		d.confirmed = n
	}
	for i, raw := range req.GetOps() {
		n, hash := req.GetFirst()+uint64(i), sha256.Sum256(raw)
		if n <= d.last {
			e, ok := d.log[n]
			if !ok || e.hash != hash {
				return f.clone(d, out), nil
			}
			out.Acks = append(out.Acks, e.ack)
			continue
		}
		if f.later && i > 0 && f.rng.IntN(4) == 0 {
			for ; i < len(req.GetOps()); i++ {
				out.Acks = append(out.Acks, &pb.Ack{Number: proto.Uint64(req.GetFirst() + uint64(i)), Result: pb.Result_RESULT_LATER.Enum()})
			}
			break
		}
		out.Acks = append(out.Acks, f.take(d, n, hash, raw))
	}
	for _, r := range req.GetOffers() {
		f.desk = append(f.desk, r)
		f.texts[noteOf(f.t, r.GetBody())] = true
	}
	if len(f.desk) > 0 && f.rng.IntN(3) == 0 {
		f.takeOver()
	}
	out.Kept = proto.Uint64(d.kept)
	for _, x := range f.erased {
		out.Erased = append(out.Erased, x.Bytes())
	}
	f.settleParked(d)
	for _, n := range req.GetParked() {
		if a := d.lateAcks[n]; a != nil {
			out.Acks = append(out.Acks, a)
		}
	}
	if d.cloneOf != 0 {
		out.Clone = &pb.CloneNotice{Device: proto.Uint32(d.number), Confirmed: proto.Bool(!d.unconfirmed)}
	}
	if !d.unconfirmed {
		f.page(d, req, out)
	}
	return out, nil
}

func (f *fake) clone(d *fakeDevice, out *pb.SyncResponse) *pb.SyncResponse {
	for _, c := range f.devices {
		if c.cloneOf == d.number {
			out.Clone = &pb.CloneNotice{Device: proto.Uint32(c.number)}
			return out
		}
	}
	f.next++
	f.devices[f.next] = &fakeDevice{number: f.next, member: d.member, key: d.key, log: map[uint64]fakeEntry{}, lateAcks: map[uint64]*pb.Ack{}, unconfirmed: true, cloneOf: d.number}
	out.Acks = nil
	out.Clone = &pb.CloneNotice{Device: proto.Uint32(f.next)}
	return out
}

// take takes one change in and remembers its answer.
func (f *fake) take(d *fakeDevice, n uint64, hash [32]byte, raw []byte) *pb.Ack {
	var p pb.Patch
	if err := proto.Unmarshal(raw, &p); err != nil {
		f.t.Fatalf("device %d, change %d: %v", d.number, n, err)
	}
	f.consumed[string(raw)]++
	a := &pb.Ack{Number: proto.Uint64(n)}
	note := noteOf(f.t, p.GetSet())
	f.texts[note] = true
	sub, _ := book.IDFrom(p.GetEnvelope().GetSubject())
	if r, ok := f.rows[bookID(p.GetEnvelope().GetId())]; ok {
		sub, _ = book.IDFrom(r.GetEnvelope().GetSubject())
	}
	x, _ := book.IDFrom(p.GetEnvelope().GetId())
	switch {
	case len(raw) == 0, slices.Contains(f.erased, sub), slices.Contains(f.erased, x):
		a.Result = pb.Result_RESULT_ERASED.Enum()
	case strings.Contains(note, wordRefuse):
		a.Result = pb.Result_RESULT_REFUSED.Enum()
		a.Refusal = &pb.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_INVALID.Enum()}
	case d.unconfirmed, p.GetUnfinished(), strings.Contains(note, wordSuggest), f.owner[sub].Holder.ID != d.member:
		a.Result = pb.Result_RESULT_SUGGESTION.Enum()
	case strings.Contains(note, wordPark), !p.GetCreate() && f.rows[x] == nil:
		a.Result = pb.Result_RESULT_PARKED.Enum()
		d.parked = append(d.parked, n)
	default:
		f.store(d, &p, a)
	}
	d.last = n
	d.log[n] = fakeEntry{hash, a, &p}
	if a.GetResult() == pb.Result_RESULT_PARKED {
		d.lateAcks[n] = nil
	}
	return a
}

func (f *fake) store(d *fakeDevice, p *pb.Patch, a *pb.Ack) {
	stamp := hlc.Stamp(cmp.Or(p.GetGivenStamp(), uint64(f.clock.Now(start.UnixMilli()))))
	x := book.ID(p.GetEnvelope().GetId())
	r := f.rows[x]
	if r == nil {
		h, _ := book.IDFrom(p.GetEnvelope().GetSubject())
		r = &pb.Row{Envelope: proto.Clone(p.GetEnvelope()).(*pb.Envelope)}
		r.Envelope.Author = d.member.Bytes()
		r.Envelope.Holder = book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: h}.Proto()
	} else {
		r = proto.Clone(r).(*pb.Row)
	}
	st, _, err := lww.Merge(lww.FromRow(r), lww.FromPatch(p, lww.Version{Stamp: stamp, Device: d.number}))
	if err != nil {
		f.t.Fatal(err)
	}
	st.IntoRow(r)
	f.seq[branch]++
	r.Seq = proto.Uint64(f.seq[branch])
	f.rows[x] = r
	a.Result, a.Stamp, a.Seq = pb.Result_RESULT_STORED.Enum(), proto.Uint64(uint64(stamp)), r.Seq
}

// settleParked tries what was parked again, now and then.
func (f *fake) settleParked(d *fakeDevice) {
	if len(d.parked) == 0 || f.rng.IntN(3) != 0 {
		return
	}
	n := d.parked[0]
	d.parked = d.parked[1:]
	if e, ok := d.log[n]; ok && !e.op.GetCreate() && f.rows[bookID(e.op.GetEnvelope().GetId())] == nil {
		d.parked = append(d.parked, n) // what it changes is not here yet
		return
	}
	a := &pb.Ack{Number: proto.Uint64(n)}
	if e, ok := d.log[n]; ok {
		f.store(d, e.op, a)
	} else {
		a.Result = pb.Result_RESULT_SUGGESTION.Enum() // its log is gone; a decision, all the same
	}
	d.lateAcks[n] = a
}

// page builds the rows of a reply.
func (f *fake) page(d *fakeDevice, req *pb.SyncRequest, out *pb.SyncResponse) {
	v := f.view(d.member)
	held := map[book.Holder]bool{}
	for _, g := range v {
		held[book.HolderFrom(g.GetHolder())] = true
	}
	filling := map[book.Holder]uint64{}
	for _, x := range req.GetFilling() {
		filling[book.HolderFrom(x.GetHolder())] = x.GetGrant()
	}
	var complete []*pb.Grant
	for _, g := range v {
		if h := book.HolderFrom(g.GetHolder()); filling[h] == g.GetGrant() && filling[h] != 0 {
			delete(filling, h)
			continue
		}
		complete = append(complete, g)
	}
	if len(filling) > 0 || !bytes.Equal(lww.HeldDigest(complete), req.GetHeld()) {
		out.View = &pb.View{Grants: v}
	}
	left := int(cmp.Or(req.GetPage(), startPage)) / 256 // small pages, so that a few rows take several calls
	take := func(r *pb.Row) bool {
		if len(out.Rows) > 0 && left < proto.Size(r) {
			out.More = proto.Bool(true)
			return false
		}
		left -= proto.Size(r)
		out.Rows = append(out.Rows, r)
		return true
	}
	cursors := map[book.ID]uint64{}
	for _, c := range req.GetCursors() {
		for _, unit := range []book.ID{commune, branch} {
			if lww.IsUnit(unit[:], c.GetUnit()) {
				cursors[unit] = c.GetSeq()
			}
		}
	}
	first := len(cursors) == 0
	for _, unit := range []book.ID{commune, branch} {
		at := f.seq[unit]
		if from, ok := cursors[unit]; ok {
			for _, r := range f.sorted(func(r *pb.Row) bool {
				return unit == branch && r.GetSeq() > from && held[book.HolderFrom(r.GetEnvelope().GetHolder())]
			}) {
				if !take(r) {
					at = from
					break
				}
				from = r.GetSeq()
			}
		}
		named := unit.Bytes()
		if req.GetBrief() {
			named = lww.ShortUnit(named)
		}
		out.Cursors = append(out.Cursors, &pb.Cursor{Unit: named, Seq: proto.Uint64(at)})
	}
	todo := req.GetFilling()
	if first {
		for _, g := range v {
			upto := f.seq[branch]
			todo = append(todo, &pb.Filling{Holder: g.GetHolder(), Grant: g.Grant, Upto: proto.Uint64(upto), Phase: proto.Uint32(0), Below: proto.Uint64(upto + 1)})
		}
	}
	for _, x := range todo {
		if f.fill(v, x, take, out) {
			continue
		}
	}
	if !out.GetMore() {
		for _, g := range v {
			h := book.HolderFrom(g.GetHolder())
			sum := &pb.HolderDigest{Holder: g.GetHolder(), Digest: proto.Uint64(0), Rows: proto.Uint64(0)}
			for _, r := range f.rows {
				if book.HolderFrom(r.GetEnvelope().GetHolder()) == h {
					*sum.Digest += lww.RowHash(r)
					*sum.Rows++
				}
			}
			out.Digests = append(out.Digests, sum)
		}
		for _, h := range req.GetCompare() {
			out.Listings = append(out.Listings, f.listing(h))
		}
		if req.GetBrief() {
			out.Sum, out.Digests = proto.Uint64(lww.SumDigests(out.Digests)), nil
		}
	}
}

// fill goes on with one filling that is still in the view, newest first.
func (f *fake) fill(v []*pb.Grant, x *pb.Filling, take func(*pb.Row) bool, out *pb.SyncResponse) bool {
	h := book.HolderFrom(x.GetHolder())
	if !slices.ContainsFunc(v, func(g *pb.Grant) bool { return book.HolderFrom(g.GetHolder()) == h && g.GetGrant() == x.GetGrant() }) {
		return false
	}
	x = proto.Clone(x).(*pb.Filling)
	defer func() { out.Filling = append(out.Filling, x) }()
	for phase := x.GetPhase(); phase < 2; phase++ {
		rows := f.sorted(func(r *pb.Row) bool {
			early := r.GetEnvelope().GetKind() == pb.Kind_KIND_HOUSEHOLD
			return book.HolderFrom(r.GetEnvelope().GetHolder()) == h && r.GetSeq() <= x.GetUpto() && r.GetSeq() < x.GetBelow() && early == (phase == 0)
		})
		slices.Reverse(rows)
		for _, r := range rows {
			if out.GetMore() || !take(r) {
				out.More = proto.Bool(true)
				return true
			}
			x.Below = r.Seq
		}
		x.Phase, x.Below = proto.Uint32(phase+1), proto.Uint64(x.GetUpto()+1)
	}
	x.Done = proto.Bool(true)
	return true
}

func (f *fake) sorted(want func(*pb.Row) bool) []*pb.Row {
	var out []*pb.Row
	for _, r := range f.rows {
		if want(r) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b *pb.Row) int { return cmp.Compare(a.GetSeq(), b.GetSeq()) })
	return out
}

var errLost = errors.New("lost on the way")

// copyBook copies a closed book.
func copyBook(t tb, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}
