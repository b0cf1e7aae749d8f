package registry

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/importer"
	"sodanvan/syncserver/store/sqlite"
)

// town is a server with a small invented commune: branches of members with households.
type town struct {
	t     testing.TB
	dir   string
	r     *Registry
	clock time.Time
	by    map[string]book.ID
}

func newTown(t testing.TB, o sqlite.Options) *town {
	t.Helper()
	tw := &town{t: t, dir: t.TempDir(), clock: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC), by: map[string]book.ID{}}
	tw.open(o)
	roster := &importer.Roster{Branches: []importer.Branch{branch("Chi bộ Xóm Đình", "An", "Bình", "Cúc"), branch("Chi bộ Xóm Bến", "Dung", "Em")}}
	if _, err := tw.r.ImportRoster(context.Background(), roster, "Xã Mẫu", false); err != nil {
		t.Fatal(err)
	}
	tw.index()
	return tw
}

func branch(name string, members ...string) importer.Branch {
	b := importer.Branch{Key: name, Name: name}
	for i, m := range members {
		office := ""
		if i == 0 {
			office = importer.OfficeSecretary
		}
		b.Members = append(b.Members, importer.Member{Key: name + m, Name: m, Office: office})
		for _, n := range []string{"1", "2"} {
			b.Households = append(b.Households, importer.Household{Key: name + m + n, HouseholdFields: importer.HouseholdFields{
				Head: "Hộ " + m + n, Hamlet: "Xóm Đình", Address: "số " + n, Size: 4, Phone: "0912345678", Member: name + m}})
		}
	}
	return b
}

func (tw *town) open(o sqlite.Options) {
	tw.t.Helper()
	r, err := Open(context.Background(), filepath.Join(tw.dir, "data"), Options{Store: o, Now: func() time.Time { return tw.clock }})
	if err != nil {
		tw.t.Fatal(err)
	}
	tw.r = r
	tw.t.Cleanup(func() { r.Close() })
}

func (tw *town) index() {
	people, err := tw.r.People(context.Background())
	if err != nil {
		tw.t.Fatal(err)
	}
	for _, p := range people {
		tw.by[p.Name] = p.ID
		tw.by[p.UnitName] = p.Unit
	}
}

// phone is the least that a phone does: it numbers, signs and sends, and keeps what comes.
type phone struct {
	tw       *town
	caller   Caller
	key      ed25519.PrivateKey
	join     *pb.JoinResponse
	device   uint32
	last     uint64
	rows     map[book.ID]*pb.Row
	cursors  []*pb.Cursor
	held     []*pb.Grant
	view     []*pb.Grant
	filling  []*pb.Filling
	acks     map[uint64]*pb.Ack
	erased   map[book.ID]bool
	response *pb.SyncResponse
}

func (tw *town) phone(name string) *phone {
	tw.t.Helper()
	ctx := context.Background()
	codes, err := tw.r.IssueCodes(ctx, []Person{{ID: tw.by[name]}})
	if err != nil {
		tw.t.Fatal(err)
	}
	p := &phone{tw: tw, key: seal.NewDeviceKey(rand.Reader), rows: map[book.ID]*pb.Row{}, acks: map[uint64]*pb.Ack{}, erased: map[book.ID]bool{}}
	public := p.key.Public().(ed25519.PublicKey)
	nonce := make([]byte, 32)
	proof := seal.Proof(seal.CodeKey(codes[0].Code.Secret), seal.PhoneSide, nil, nil, nonce, public)
	p.join, err = tw.r.Join(ctx, Channel{}, &pb.JoinRequest{Code: &codes[0].Code.ID, Nonce: nonce, Proof: proof[:], DeviceKey: public, DeviceName: proto.String("máy thử"), Schema: proto.Uint32(1)})
	if err != nil {
		tw.t.Fatal(err)
	}
	p.device = p.join.GetDevice()
	p.caller, err = tw.r.Authenticate(ctx, p.join.GetToken())
	if err != nil {
		tw.t.Fatal(err)
	}
	return p
}

func (p *phone) request(ops ...[]byte) *pb.SyncRequest {
	req := &pb.SyncRequest{Device: &p.device, Epoch: p.join.GetEpoch(), Schema: proto.Uint32(book.Schema), NowMs: proto.Int64(p.tw.clock.UnixMilli()),
		First: proto.Uint64(p.last + 1), Ops: ops, Cursors: p.cursors, Held: lww.HeldDigest(p.held), Filling: p.filling}
	p.sign(req)
	return req
}

func (p *phone) sign(req *pb.SyncRequest) {
	n := uint64(len(req.GetOps()))
	req.Signature = seal.SignOps(p.key, seal.OpsClaim{Server: p.join.GetServer(), Epoch: p.join.GetEpoch(), Device: req.GetDevice(),
		First: req.GetFirst(), Last: req.GetFirst() + n - 1, Hash: seal.HashOps(req.GetOps())})
}

// sync sends ops and follows pages until there is nothing more.
func (p *phone) sync(ops ...[]byte) *pb.SyncResponse {
	p.tw.t.Helper()
	for range 100 {
		out, err := p.tw.r.Sync(context.Background(), p.caller, p.request(ops...))
		if err != nil {
			p.tw.t.Fatal(err)
		}
		p.last += uint64(len(ops))
		ops = nil
		p.take(out)
		if !out.GetMore() && out.GetView() == nil {
			return out
		}
	}
	p.tw.t.Fatal("a hundred pages and no end")
	return nil
}

func (p *phone) take(out *pb.SyncResponse) {
	for _, b := range out.GetErased() {
		id, _ := book.IDFrom(b)
		p.erased[id] = true
	}
	for _, a := range out.GetAcks() {
		p.acks[a.GetNumber()] = a
	}
	for _, c := range out.GetCursors() {
		p.cursors = slices.DeleteFunc(slices.Clone(p.cursors), func(o *pb.Cursor) bool { return string(o.GetUnit()) == string(c.GetUnit()) })
		p.cursors = append(p.cursors, c)
	}
	cursors := map[string]uint64{}
	for _, c := range p.cursors {
		cursors[string(c.GetUnit())] = c.GetSeq()
	}
	if v := out.GetView(); v != nil {
		known := map[book.Holder]uint64{}
		for _, g := range p.held {
			known[book.HolderFrom(g.GetHolder())] = g.GetGrant()
		}
		p.view, p.held = v.GetGrants(), nil
		old := p.filling
		p.filling = nil
		keep := map[book.Holder]bool{}
		for _, g := range p.view {
			h := book.HolderFrom(g.GetHolder())
			if known[h] == g.GetGrant() {
				p.held = append(p.held, g)
				keep[h] = true
				continue
			}
			upto := cursors[string(p.unitOf(h))]
			f := &pb.Filling{Holder: g.GetHolder(), Grant: g.Grant, Upto: &upto, Phase: proto.Uint32(0), Below: proto.Uint64(upto + 1)}
			for _, o := range old {
				if book.HolderFrom(o.GetHolder()) == h && o.GetGrant() == g.GetGrant() {
					f, keep[h] = o, true
				}
			}
			p.filling = append(p.filling, f)
		}
		whole := len(keep) > 0 && func() bool {
			for h := range keep {
				if h.Kind == pb.HolderKind_HOLDER_KIND_WHOLE_BRANCH {
					return true
				}
			}
			return false
		}()
		for id, row := range p.rows {
			if !whole && !keep[book.HolderFrom(row.GetEnvelope().GetHolder())] {
				delete(p.rows, id)
			}
		}
	}
	for _, row := range out.GetRows() {
		id, _ := book.IDFrom(row.GetEnvelope().GetId())
		p.rows[id] = row
	}
	if len(out.GetFilling()) > 0 {
		p.filling = nil
		for _, f := range out.GetFilling() {
			if !f.GetDone() {
				p.filling = append(p.filling, f)
				continue
			}
			p.held = append(p.held, &pb.Grant{Holder: f.GetHolder(), Grant: f.Grant})
		}
	}
	p.response = out
}

// unitOf is the partition of a holder: the commune's is its own, all others are the branch's.
func (p *phone) unitOf(h book.Holder) []byte {
	if h.Kind == pb.HolderKind_HOLDER_KIND_COMMUNE || len(p.join.GetBranch()) == 0 {
		return p.join.GetCommune()
	}
	return p.join.GetBranch()
}

// patch makes the bytes of a change.
func (p *phone) patch(kind pb.Kind, id, subject book.ID, create bool, m proto.Message, cleared ...uint32) []byte {
	p.tw.t.Helper()
	set, err := lww.Encode(m)
	if err != nil {
		p.tw.t.Fatal(err)
	}
	patch := &pb.Patch{Envelope: &pb.Envelope{Kind: kind.Enum(), Id: id.Bytes()}, Create: &create, Set: set, Cleared: cleared,
		PhoneMs: proto.Int64(p.tw.clock.UnixMilli()), ServerMs: proto.Int64(p.tw.clock.UnixMilli()), Schema: proto.Uint32(book.Schema)}
	if create {
		patch.Envelope.Subject = subject.Bytes()
	} else if row := p.rows[id]; row != nil {
		patch.Seen = proto.Uint64(uint64(lww.FromRow(row).Max().Stamp))
	}
	b, err := proto.Marshal(patch)
	if err != nil {
		p.tw.t.Fatal(err)
	}
	return b
}

func (p *phone) id() book.ID { return book.NewID(p.tw.clock.UnixMilli(), rand.Reader) }

// household finds a household by its head's name.
func (p *phone) household(head string) book.ID {
	p.tw.t.Helper()
	for id, row := range p.rows {
		if row.GetEnvelope().GetKind() == pb.Kind_KIND_HOUSEHOLD {
			var h pb.Household
			if _, err := lww.Decode(row.GetBody(), &h); err != nil {
				p.tw.t.Fatal(err)
			}
			if h.GetHead() == head {
				return id
			}
		}
	}
	p.tw.t.Fatalf("no household %q", head)
	return book.ID{}
}

func (p *phone) count(kind pb.Kind) (n int) {
	for _, row := range p.rows {
		if row.GetEnvelope().GetKind() == kind {
			n++
		}
	}
	return n
}

func (p *phone) consent(household book.ID) []byte {
	return p.patch(pb.Kind_KIND_CONSENT, p.id(), household, true, &pb.Consent{Purpose: pb.Purpose_PURPOSE_KEEP.Enum(), Answer: pb.Answer_ANSWER_GIVEN.Enum(),
		NoticeVersion: proto.String("1"), TimeMs: proto.Int64(p.tw.clock.UnixMilli()), Channel: pb.Channel_CHANNEL_SPOKEN.Enum()})
}

func (p *phone) visit(id, household book.ID, note string) []byte {
	return p.patch(pb.Kind_KIND_VISIT, id, household, true, &pb.Visit{Day: proto.Int32(20778), Contact: pb.Contact_CONTACT_AT_HOME.Enum(), Note: proto.String(note)})
}
