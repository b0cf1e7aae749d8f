package registry

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/syncserver/store"
	"sodanvan/syncserver/store/sqlite"
)

// raw makes the bytes of an edit of fields that no schema knows.
func (p *phone) raw(kind pb.Kind, id book.ID, fields []uint32, value uint64) []byte {
	p.tw.t.Helper()
	var set []byte
	for _, f := range fields {
		set = protowire.AppendVarint(protowire.AppendTag(set, protowire.Number(f), protowire.VarintType), value)
	}
	b, err := proto.Marshal(&pb.Patch{Envelope: &pb.Envelope{Kind: kind.Enum(), Id: id.Bytes()}, Set: set, PhoneMs: proto.Int64(p.tw.clock.UnixMilli())})
	if err != nil {
		p.tw.t.Fatal(err)
	}
	return b
}

// call is one call, without following its pages.
func (p *phone) call(req *pb.SyncRequest) *pb.SyncResponse {
	p.tw.t.Helper()
	p.sign(req)
	out, err := p.tw.r.Sync(context.Background(), p.caller, req)
	if err != nil {
		p.tw.t.Fatal(err)
	}
	return out
}

// later asks for the fates of parked changes.
func (p *phone) later(numbers ...uint64) {
	p.tw.t.Helper()
	req := p.request()
	req.Parked = numbers
	p.take(p.call(req))
}

// copied is the same book on another phone.
func (p *phone) copied() *phone {
	c := *p
	c.rows, c.acks = map[book.ID]*pb.Row{}, map[uint64]*pb.Ack{}
	return &c
}

// A revoked device acts for nobody, so its parked change had no desk to go to, and the call
// of the secretary who made the household failed again and again.
func TestParkedOfARevokedDeviceBlocksNobody(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member, secretary := tw.phone("Bình"), tw.phone("An")
	member.sync()
	secretary.sync()
	h := secretary.id()
	member.sync(member.visit(member.id(), h, "hộ chưa có trong sổ"))
	member.wants(1, pb.Result_RESULT_PARKED, 0)
	if err := tw.r.Revoke(context.Background(), member.device); err != nil {
		t.Fatal(err)
	}
	me, b := tw.by["Bình"], tw.by["Chi bộ Xóm Đình"]
	secretary.sync(secretary.patch(pb.Kind_KIND_HOUSEHOLD, h, b, true, &pb.Household{Head: proto.String("Hộ mới"), Member: me.Bytes()}))
	secretary.wants(1, pb.Result_RESULT_STORED, 0)
	secretary.sync()
	if got := secretary.count(pb.Kind_KIND_SUGGESTION); got != 1 {
		t.Errorf("%d suggestions on the desk, want the note of the revoked phone", got)
	}
	tw.sound()
}

// What waits for a new record that is refused in the end is refused with it, and does not
// wait for ever.
func TestParkedFollowsTheRefused(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member, secretary := tw.phone("Bình"), tw.phone("An")
	member.sync()
	secretary.sync()
	h, v := secretary.id(), member.id()
	member.sync(member.visit(v, h, "chưa hỏi"), member.patch(pb.Kind_KIND_VISIT, v, book.ID{}, false, &pb.Visit{Note: proto.String("nữa")}))
	member.wants(1, pb.Result_RESULT_PARKED, 0)
	member.wants(2, pb.Result_RESULT_PARKED, 0)
	me, b := tw.by["Bình"], tw.by["Chi bộ Xóm Đình"]
	secretary.sync(secretary.patch(pb.Kind_KIND_HOUSEHOLD, h, b, true, &pb.Household{Head: proto.String("Hộ mới"), Member: me.Bytes()}))
	member.later(1, 2)
	member.wants(1, pb.Result_RESULT_REFUSED, pb.RefusalCode_REFUSAL_CODE_NO_CONSENT)
	member.wants(2, pb.Result_RESULT_REFUSED, pb.RefusalCode_REFUSAL_CODE_FOLLOWS_REFUSED)
	if s, err := tw.r.Status(context.Background()); err != nil || s.Parked != 0 {
		t.Errorf("%d changes wait still, %v", s.Parked, err)
	}
	tw.sound()
}

// A kind that was unknown is known to the next version of the server.
func TestParkedOfAKindIsTriedAtStart(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	h := member.household("Hộ Bình1")
	member.sync(member.patch(pb.Kind(99), member.id(), h, true, &pb.Visit{Day: proto.Int32(20778)}))
	member.wants(1, pb.Result_RESULT_PARKED, 0)
	// As if 99 had become known: the same number waits with a kind of today.
	if err := tw.r.store.Write(ctx, func(tx store.Tx) error {
		return tx.Park(&store.Parked{Device: member.device, Number: 1, Record: member.id(), Unit: tw.by["Chi bộ Xóm Đình"], Op: member.consent(h)})
	}); err != nil {
		t.Fatal(err)
	}
	member.sync(member.patch(pb.Kind(98), member.id(), h, true, &pb.Visit{Day: proto.Int32(20778)}))
	tw.r.Close()
	tw.open(sqlite.Options{})
	member.later(1, 2)
	member.wants(1, pb.Result_RESULT_STORED, 0)
	member.wants(2, pb.Result_RESULT_PARKED, 0)
	if s, err := tw.r.Status(ctx); err != nil || s.Parked != 1 {
		t.Errorf("%d changes wait, want the one of kind 98: %v", s.Parked, err)
	}
	tw.sound()
}

// Many changes of one moment get stamps beyond the server's clock; the clock must know of
// them, or an answer to the last one loses to it.
func TestAnAnswerComesAfterWhatItAnswers(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member, secretary := tw.phone("Bình"), tw.phone("An")
	member.sync()
	h := member.household("Hộ Bình1")
	var ops [][]byte
	for range 50 {
		ops = append(ops, member.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Phone: proto.String("0987654321")}))
	}
	member.sync(ops...)
	secretary.sync()
	secretary.sync(secretary.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Phone: proto.String("0911111111")}))
	secretary.sync()
	var got pb.Household
	if err := proto.Unmarshal(secretary.rows[h].GetBody(), &got); err != nil || got.GetPhone() != "0911111111" {
		t.Errorf("the answer lost to what it answers: %q, %v", got.GetPhone(), err)
	}
	if secretary.acks[1].GetStamp() <= member.acks[50].GetStamp() {
		t.Errorf("stamp %d for an answer to %d", secretary.acks[1].GetStamp(), member.acks[50].GetStamp())
	}
	// A restart must not forget them either.
	last := secretary.acks[1].GetStamp()
	tw.r.Close()
	tw.open(sqlite.Options{})
	if now := uint64(tw.r.clock.Peek(0)); now <= last {
		t.Errorf("after a restart the clock is at %d, behind the stored %d", now, last)
	}
}

// A phone that is still fetching a holder may have the cursor and not the row: what it
// cannot build must travel.
func TestNothingIsBuiltOnWhatIsStillFetched(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	h := member.household("Hộ Bình1")
	req := member.request(member.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Phone: proto.String("0987654321")}))
	req.Builds = proto.Bool(true)
	var rest []*pb.Grant
	for _, g := range member.held {
		if book.HolderFrom(g.GetHolder()).ID != h {
			rest = append(rest, g)
			continue
		}
		req.Filling = []*pb.Filling{{Holder: g.GetHolder(), Grant: g.Grant, Upto: proto.Uint64(1000), Phase: proto.Uint32(1), Below: proto.Uint64(1)}}
	}
	member.held = rest
	req.Held = member.request().GetHeld()
	out := member.call(req)
	if out.GetView() != nil {
		t.Fatal("the request does not match: the test is wrong")
	}
	got := false
	for _, row := range out.GetRows() {
		got = got || string(row.GetEnvelope().GetId()) == string(h[:])
	}
	if out.GetAcks()[0].GetBuilt() || !got {
		t.Errorf("built %v, row sent %v", out.GetAcks()[0].GetBuilt(), got)
	}
}

// An officer may write a branch's notice and holds no branch: the row must not stay there.
func TestNobodyBuildsWhatTheyMayNotSee(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	commune := book.ID{}
	units, err := tw.r.Units(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range units {
		commune = u.Commune
	}
	if _, err := tw.r.AddPerson(context.Background(), commune, "Giang", pb.Office_OFFICE_OFFICER); err != nil {
		t.Fatal(err)
	}
	tw.index()
	officer := tw.phone("Giang")
	officer.sync()
	req := officer.request(officer.patch(pb.Kind_KIND_NOTICE, officer.id(), tw.by["Chi bộ Xóm Đình"], true, &pb.Notice{Title: proto.String("Họp chi bộ"), Text: proto.String("Mời đến họp."), FromDay: proto.Int32(20778)}))
	req.Builds = proto.Bool(true)
	out := officer.call(req)
	a := out.GetAcks()[0]
	if a.GetResult() != pb.Result_RESULT_STORED {
		t.Fatalf("the notice: %v", a)
	}
	if a.GetBuilt() {
		t.Error("the officer's book is told to hold a row of a branch")
	}
}

// A book may be copied twice: the copy of a copy showed the token of the first phone and
// was turned away for ever.
func TestACopyOfACopyIsHeard(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member, secretary := tw.phone("Bình"), tw.phone("An")
	member.sync()
	secretary.sync()
	h := member.household("Hộ Bình1")
	one := member.copied()
	member.sync(member.consent(h))
	one.device = one.call(one.request(one.visit(one.id(), h, "bản sao"))).GetClone().GetDevice()
	one.last = 0
	if _, err := tw.r.ConfirmDevice(context.Background(), secretary.caller, &pb.ConfirmDeviceRequest{Device: &one.device}); err != nil {
		t.Fatal(err)
	}
	two := one.copied()
	one.sync(one.visit(one.id(), h, "bản sao"))
	req := proto.Clone(two.request(two.visit(two.id(), h, "bản sao của bản sao"))).(*pb.SyncRequest)
	two.device = two.call(req).GetClone().GetDevice()
	if two.device == 0 || two.device == one.device || two.device == member.device {
		t.Fatalf("the copy of a copy is device %d", two.device)
	}
	if again := two.call(req).GetClone().GetDevice(); again != two.device {
		t.Errorf("asked again it is device %d, was %d", again, two.device)
	}
	two.take(two.call(two.request(two.visit(two.id(), h, "bản sao của bản sao"))))
	two.wants(1, pb.Result_RESULT_SUGGESTION, 0)
	tw.sound()
}

// Copies share the first phone's token: rotating it for one would lock the others out.
func TestSharedTokensAreNotRotated(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member, other := tw.phone("Bình"), tw.phone("Cúc")
	member.sync()
	h := member.household("Hộ Bình1")
	one := member.copied()
	member.sync(member.consent(h))
	one.device = one.call(one.request(one.visit(one.id(), h, "bản sao"))).GetClone().GetDevice()
	one.last = 0
	tw.clock = tw.clock.Add(8 * 24 * time.Hour)
	if !other.call(other.request()).GetRotate() {
		t.Error("a phone alone with its token is not told to rotate it")
	}
	if member.call(member.request()).GetRotate() || one.call(one.request()).GetRotate() {
		t.Error("phones with one token are told to rotate it")
	}
	if err := tw.r.Revoke(context.Background(), one.device); err != nil {
		t.Fatal(err)
	}
	if !member.call(member.request()).GetRotate() {
		t.Error("the copy is gone and the token is still not rotated")
	}
}

// Revoking a device ends its copies: else the member counts as one with a device for ever,
// and nobody may write from the paper page.
func TestRevokingEndsTheCopies(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, sqlite.Options{})
	member, secretary := tw.phone("Bình"), tw.phone("An")
	member.sync()
	secretary.sync()
	h := member.household("Hộ Bình1")
	one := member.copied()
	member.sync(member.consent(h))
	one.device = one.call(one.request(one.visit(one.id(), h, "bản sao"))).GetClone().GetDevice()
	if _, err := tw.r.ConfirmDevice(ctx, secretary.caller, &pb.ConfirmDeviceRequest{Device: &one.device}); err != nil {
		t.Fatal(err)
	}
	if _, err := tw.r.RevokeDevice(ctx, secretary.caller, &pb.RevokeDeviceRequest{Device: &member.device}); err != nil {
		t.Fatal(err)
	}
	devices, err := tw.r.AllDevices(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range devices {
		if d.Member == tw.by["Bình"] && !d.Revoked {
			t.Errorf("device %d of the member lives on", d.Number)
		}
	}
	people, err := tw.r.People(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range people {
		if p.Name == "Bình" && p.HasDevice {
			t.Error("the member still counts as one with a device")
		}
	}
	tw.sound()
}

// A secretary who gives their own household to another knows of it, and keeps the rights
// of the desk: no edit of theirs waits on their own desk.
func TestTheDeskWaitsForNobody(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	secretary := tw.phone("An")
	secretary.sync()
	h, to := secretary.household("Hộ An1"), tw.by["Cúc"]
	secretary.sync(secretary.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Member: to.Bytes()}),
		secretary.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Phone: proto.String("0987654321")}))
	secretary.wants(1, pb.Result_RESULT_STORED, 0)
	secretary.wants(2, pb.Result_RESULT_STORED, 0)
	tw.sound()
}

// Rule 5: new records of a phone that does not know of the handover stand; steps do not.
func TestALateStepWaitsOnTheDesk(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	old, secretary := tw.phone("Bình"), tw.phone("An")
	old.sync()
	secretary.sync()
	h, pt := old.household("Hộ Bình1"), old.id()
	old.sync(old.consent(h), old.patch(pb.Kind_KIND_PETITION, pt, h, true, &pb.Petition{Number: proto.String(book.PetitionNumber(old.device, 1)), Day: proto.Int32(20778), Text: proto.String("Xin sửa cống.")}))
	old.wants(2, pb.Result_RESULT_STORED, 0)
	to := tw.by["Cúc"]
	secretary.sync(secretary.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Member: to.Bytes()}))
	old.sync(old.patch(pb.Kind_KIND_STEP, old.id(), pt, true, &pb.Step{What: pb.StepKind_STEP_KIND_SUPPLEMENT.Enum(), Day: proto.Int32(20778), Supplement: &pb.Supplement{Text: proto.String("Thêm.")}}),
		old.visit(old.id(), h, "chưa biết đã bàn giao"))
	old.wants(3, pb.Result_RESULT_SUGGESTION, 0)
	old.wants(4, pb.Result_RESULT_STORED, 0)
	tw.sound()
}

// A proxy whose book has not heard that it is one no more writes in good faith, as does who
// gave a household away.
func TestALateProxyLosesNothing(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	secretary, proxy := tw.phone("An"), tw.phone("Cúc")
	secretary.sync()
	bình, cúc := tw.by["Bình"], tw.by["Cúc"]
	secretary.sync(secretary.patch(pb.Kind_KIND_MEMBER, bình, book.ID{}, false, &pb.Member{Proxies: [][]byte{cúc.Bytes()}}))
	secretary.wants(1, pb.Result_RESULT_STORED, 0)
	proxy.sync()
	h, v := proxy.household("Hộ Bình1"), proxy.id()
	page := func(id book.ID) []byte {
		return proxy.patch(pb.Kind_KIND_VISIT, id, h, true, &pb.Visit{Day: proto.Int32(20778), Contact: pb.Contact_CONTACT_NOBODY_MET.Enum(), OnBehalfOf: bình.Bytes()})
	}
	proxy.sync(page(v))
	proxy.wants(1, pb.Result_RESULT_STORED, 0)
	secretary.sync(secretary.patch(pb.Kind_KIND_MEMBER, bình, book.ID{}, false, &pb.Member{}, 4))
	secretary.wants(2, pb.Result_RESULT_STORED, 0)
	proxy.sync(page(proxy.id()), proxy.patch(pb.Kind_KIND_VISIT, v, book.ID{}, false, &pb.Visit{Contact: pb.Contact_CONTACT_AT_HOME.Enum()}))
	proxy.wants(2, pb.Result_RESULT_STORED, 0)
	proxy.wants(3, pb.Result_RESULT_SUGGESTION, 0)
	if proxy.rows[h] != nil {
		t.Error("the book of the proxy still has the household")
	}
	proxy.sync(page(proxy.id()))
	proxy.wants(4, pb.Result_RESULT_SUGGESTION, 0)
	tw.sound()
}

// A page of history ends between stamps, not within one: what shares the stamp of its last
// value would be skipped by the next page.
func TestHistoryPagesSkipNothing(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	h := member.household("Hộ Bình1")
	var fields []uint32
	for f := uint32(20); f < 80; f++ {
		fields = append(fields, f)
	}
	for n := range uint64(6) {
		tw.clock = tw.clock.Add(time.Minute)
		member.sync(member.raw(pb.Kind_KIND_HOUSEHOLD, h, fields, n))
		member.wants(n+1, pb.Result_RESULT_STORED, 0)
	}
	got, before := 0, uint64(0)
	for pages := 0; ; pages++ {
		out, err := tw.r.History(context.Background(), member.caller, &pb.HistoryRequest{Id: h.Bytes(), Before: &before})
		if err != nil {
			t.Fatal(err)
		}
		got += len(out.GetValues())
		if !out.GetMore() {
			break
		}
		if pages > 10 {
			t.Fatal("no end")
		}
		before = out.GetValues()[len(out.GetValues())-1].GetStamp()
	}
	if got != 5*60 {
		t.Errorf("history has %d values, want %d", got, 5*60)
	}
}

// Numbers that no phone sends cost an answer, not an error and not the server's time.
func TestHostileNumbers(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	grant := member.held[0]
	for name, change := range map[string]func(*pb.SyncRequest){
		"parked beyond int64": func(r *pb.SyncRequest) { r.Parked = []uint64{math.MaxUint64, 1 << 63, 0} },
		"parked a million": func(r *pb.SyncRequest) {
			r.Parked = make([]uint64, 1_000_000)
			for i := range r.Parked {
				r.Parked[i] = uint64(i)
			}
		},
		"cursor beyond int64": func(r *pb.SyncRequest) {
			r.Held = nil
			for _, c := range r.Cursors {
				c = proto.Clone(c).(*pb.Cursor)
				c.Seq = proto.Uint64(math.MaxUint64 - 3)
				r.Cursors = []*pb.Cursor{c}
			}
		},
		"filling beyond int64": func(r *pb.SyncRequest) {
			r.Filling = []*pb.Filling{{Holder: grant.GetHolder(), Grant: grant.Grant, Upto: proto.Uint64(math.MaxUint64 - 9), Below: proto.Uint64(math.MaxUint64 - 10)}}
		},
		"filling of no phase": func(r *pb.SyncRequest) {
			r.Filling = []*pb.Filling{{Holder: grant.GetHolder(), Grant: grant.Grant, Upto: proto.Uint64(5), Below: proto.Uint64(6), Phase: proto.Uint32(9)}}
		},
		"one filling many times": func(r *pb.SyncRequest) {
			for range 20_000 {
				r.Filling = append(r.Filling, &pb.Filling{Holder: grant.GetHolder(), Grant: grant.Grant, Upto: proto.Uint64(5), Below: proto.Uint64(1)})
			}
		},
		"held is garbage":     func(r *pb.SyncRequest) { r.Held = make([]byte, 1000) },
		"page without end":    func(r *pb.SyncRequest) { r.Page = proto.Uint32(math.MaxUint32) },
		"confirmed too far":   func(r *pb.SyncRequest) { r.Confirmed = proto.Uint64(math.MaxUint64) },
		"clock of the past":   func(r *pb.SyncRequest) { r.NowMs = proto.Int64(math.MinInt64); r.Schema = proto.Uint32(7) },
		"clock of the future": func(r *pb.SyncRequest) { r.NowMs = proto.Int64(math.MaxInt64); r.Schema = proto.Uint32(8) },
	} {
		t.Run(name, func(t *testing.T) {
			req := member.request()
			change(req)
			out, err := tw.r.Sync(context.Background(), member.caller, req)
			if err != nil {
				t.Fatal(err)
			}
			if len(out.GetFilling()) > len(member.held) {
				t.Errorf("%d fillings for %d grants", len(out.GetFilling()), len(member.held))
			}
		})
	}
	for _, first := range []uint64{math.MaxUint64, math.MaxUint64 - 1, 0} {
		req := member.request(member.consent(member.household("Hộ Bình1")), []byte{1}, nil)
		req.First = &first
		member.sign(req)
		var p *Problem
		if _, err := tw.r.Sync(context.Background(), member.caller, req); !errors.As(err, &p) || p.Code != pb.ProblemCode_PROBLEM_CODE_GAP && p.Code != pb.ProblemCode_PROBLEM_CODE_BAD_SIGNATURE {
			t.Errorf("first %d: %v", first, err)
		}
	}
	h := member.household("Hộ Bình1")
	if _, err := tw.r.History(context.Background(), member.caller, &pb.HistoryRequest{Id: h.Bytes(), Before: proto.Uint64(math.MaxUint64)}); err != nil {
		t.Errorf("history: %v", err)
	}
	member.sync(member.consent(h))
	member.wants(1, pb.Result_RESULT_STORED, 0)
	tw.sound()
}

// What the view offers and the rights refuse would end every sync of that phone.
func TestAProxySeesNoOtherBranch(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, sqlite.Options{})
	other := tw.phone("Dung")
	other.sync()
	h := other.household("Hộ Dung1")
	bình, cúc := tw.by["Bình"], tw.by["Cúc"]
	if err := tw.r.store.Write(ctx, func(tx store.Tx) error {
		w, err := tw.r.begin(tx)
		if err != nil {
			return err
		}
		if err := w.importRecord(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, book.Holder{}, &pb.Household{Member: bình.Bytes()}); err != nil {
			return err
		}
		if err := w.importRecord(pb.Kind_KIND_MEMBER, bình, book.ID{}, book.Holder{}, &pb.Member{Proxies: [][]byte{cúc.Bytes()}}); err != nil {
			return err
		}
		return w.finish()
	}); err != nil {
		t.Fatal(err)
	}
	proxy := tw.phone("Cúc")
	proxy.sync()
	if got := proxy.count(pb.Kind_KIND_HOUSEHOLD); got != 4 {
		t.Errorf("the proxy sees %d households, want 4", got)
	}
}

// A body that cannot be read is what the check is for.
func TestCheckFindsADamagedBody(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	tw.r.Close()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(tw.dir, "data", "server.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`UPDATE rows SET sealed = zeroblob(length(sealed)) WHERE kind = 7 OR n = 5`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	tw.open(sqlite.Options{})
	found, err := tw.r.Check(context.Background())
	if err != nil || len(found) == 0 {
		t.Errorf("check of a damaged body: %q, %v", found, err)
	}
}

// A new master key beside old keys would open nothing, and would wrap what is written next
// where the old one cannot reach it.
func TestALostMasterKeyIsNotMadeAnew(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	tw.r.Close()
	path := filepath.Join(tw.dir, "data", "master.key")
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	r, err := Open(context.Background(), filepath.Join(tw.dir, "data"), Options{})
	if err == nil {
		r.Close()
		t.Fatal("opened without its master key")
	}
	var s *StartError
	if !errors.As(err, &s) || !errors.Is(err, store.ErrNoMaster) {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(path, kept, 0o600); err != nil {
		t.Fatal(err)
	}
	tw.open(sqlite.Options{})
	tw.sound()
}

// A stolen phone that was revoked may hand over its work, and not fill the disk with it.
func TestWorkOfARevokedPhoneIsBounded(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	if err := tw.r.Revoke(ctx, member.device); err != nil {
		t.Fatal(err)
	}
	c, _ := tw.r.Authenticate(ctx, member.join.GetToken())
	for n := range 1000 {
		_, err := tw.r.HandOverWork(ctx, c, &pb.HandOverWorkRequest{Sealed: []byte("sealed")})
		if err == nil {
			continue
		}
		if n < 3 {
			t.Errorf("after %d pieces: %v", n, err)
		}
		return
	}
	t.Error("a thousand pieces were kept")
}

// panicking is a store whose snapshots end in a panic.
type panicking struct{ store.Store }

func (panicking) Read(context.Context, func(store.Reader) error) error { panic("snapshot") }

// A panic while rows are built must not keep a turn for ever: after eight of them nobody
// would be let in again.
func TestAPanicGivesItsTurnBack(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	d := &store.Device{Number: member.device}
	whole := tw.r.store
	tw.r.store = panicking{whole}
	func() {
		defer func() { _ = recover() }()
		_ = tw.r.rows(context.Background(), d, member.request(), nil, &pb.SyncResponse{})
	}()
	tw.r.store = whole
	if n := len(tw.r.admit.turns); n != 0 {
		t.Errorf("%d turns are kept", n)
	}
}

// The commands of the administrator run beside the server on one data directory: neither
// may give a seq or a stamp that the other gave, or miss a key that the other made.
func TestTwoProcessesOnOneDirectory(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	h := member.household("Hộ Bình1")
	ahead, err := Open(ctx, filepath.Join(tw.dir, "data"), Options{Now: func() time.Time { return tw.clock.Add(time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	defer ahead.Close()
	last := uint64(0)
	for n := range uint64(5) {
		if err := ahead.SetOffice(ctx, tw.by["Cúc"], pb.Office(1+n%2)); err != nil {
			t.Fatal(err)
		}
		if _, err := ahead.AddPerson(ctx, tw.by["Chi bộ Xóm Bến"], "Hạnh", pb.Office_OFFICE_MEMBER); err != nil {
			t.Fatal(err)
		}
		before := uint64(ahead.clock.Peek(0)) - 1
		member.sync(member.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Phone: proto.String("0987654321")}))
		member.wants(n+1, pb.Result_RESULT_STORED, 0)
		if now := uint64(tw.r.clock.Peek(0)); now <= before || member.acks[n+1].GetStamp() <= last {
			t.Errorf("round %d: the clock is at %d after %d", n, now, before)
		}
		last = member.acks[n+1].GetStamp()
	}
	member.equal()
	tw.sound()
	if found, err := ahead.Check(ctx); err != nil || len(found) > 0 {
		t.Errorf("the other process finds %q, %v", found, err)
	}
}

// The smallest page carries any row that the book can hold, one at least.
func TestARowGreaterThanThePage(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	h := member.household("Hộ Bình1")
	note := make([]byte, 9000)
	for i := range note {
		note[i] = 'a'
	}
	ops := [][]byte{member.consent(h)}
	for range 5 {
		ops = append(ops, member.visit(member.id(), h, string(note)))
	}
	member.sync(ops...)
	second := tw.phone("Bình")
	for calls := 0; ; calls++ {
		req := second.request()
		req.Page = proto.Uint32(1)
		out := second.call(req)
		second.take(out)
		if !out.GetMore() && out.GetView() == nil {
			break
		}
		if calls > 40 {
			t.Fatal("no end")
		}
	}
	if got := second.count(pb.Kind_KIND_VISIT); got != 5 {
		t.Errorf("%d visits came, want 5", got)
	}
	second.equal()
}
