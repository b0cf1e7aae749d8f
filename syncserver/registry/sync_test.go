package registry

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/syncserver/store/sqlite"
)

func (p *phone) wants(number uint64, result pb.Result, code pb.RefusalCode) {
	p.tw.t.Helper()
	a := p.acks[number]
	if a.GetResult() != result || a.GetRefusal().GetCode() != code {
		p.tw.t.Fatalf("op %d: %s %s (%s), want %s %s", number, a.GetResult(), a.GetRefusal().GetCode(), a.GetRefusal().GetRule(), result, code)
	}
}

// sound asks the server's own check, and that a phone's digests are the server's.
func (tw *town) sound() {
	tw.t.Helper()
	found, err := tw.r.Check(context.Background())
	if err != nil || len(found) > 0 {
		tw.t.Fatalf("check: %v %v", found, err)
	}
}

func (p *phone) equal() {
	p.tw.t.Helper()
	for _, d := range p.response.GetDigests() {
		h := book.HolderFrom(d.GetHolder())
		var sum, rows uint64
		for _, row := range p.rows {
			at := book.HolderFrom(row.GetEnvelope().GetHolder())
			if at == h || h.Kind == pb.HolderKind_HOLDER_KIND_WHOLE_BRANCH && at.Kind != pb.HolderKind_HOLDER_KIND_COMMUNE {
				sum += lww.RowHash(row)
				rows++
			}
		}
		if sum != d.GetDigest() || rows != d.GetRows() {
			p.tw.t.Fatalf("holder %s: %d rows, the server has %d", h.Kind, rows, d.GetRows())
		}
	}
}

func TestFirstSyncGivesJustTheView(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member, secretary := tw.phone("Bình"), tw.phone("An")
	member.sync()
	secretary.sync()
	if got := member.count(pb.Kind_KIND_HOUSEHOLD); got != 2 {
		t.Errorf("a member sees %d households, want 2", got)
	}
	if got := secretary.count(pb.Kind_KIND_HOUSEHOLD); got != 6 {
		t.Errorf("a secretary sees %d households, want 6", got)
	}
	if got := member.count(pb.Kind_KIND_MEMBER); got != 3 {
		t.Errorf("a member sees %d members, want those of the branch: 3", got)
	}
	member.equal()
	secretary.equal()
	tw.sound()
}

func TestVisitTravelsAndIsReviewed(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member, secretary := tw.phone("Bình"), tw.phone("An")
	member.sync()
	h, v := member.household("Hộ Bình1"), member.id()
	member.sync(member.consent(h), member.visit(v, h, "Gia đình đồng ý sửa đường."))
	member.wants(1, pb.Result_RESULT_STORED, 0)
	member.wants(2, pb.Result_RESULT_STORED, 0)
	secretary.sync()
	row := secretary.rows[v]
	if row == nil {
		t.Fatal("the secretary does not see the visit")
	}
	digest := lww.Digest(row.GetBody())
	secretary.sync(secretary.patch(pb.Kind_KIND_REVIEW, secretary.id(), v, true, &pb.Review{Digest: digest[:], Verdict: pb.Verdict_VERDICT_APPROVED.Enum()}))
	secretary.wants(1, pb.Result_RESULT_STORED, 0)
	member.sync()
	if member.count(pb.Kind_KIND_REVIEW) != 1 {
		t.Error("the verdict did not come back")
	}
	member.equal()
	secretary.equal()
	tw.sound()
}

func TestRetryGetsTheOldAck(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	h := member.household("Hộ Bình1")
	req := member.request(member.consent(h), member.visit(member.id(), h, "một"), member.visit(member.id(), book.ID{9}, "của ai"))
	first, err := tw.r.Sync(context.Background(), member.caller, req)
	if err != nil {
		t.Fatal(err)
	}
	tw.clock = tw.clock.Add(time.Hour)
	again, err := tw.r.Sync(context.Background(), member.caller, req)
	if err != nil {
		t.Fatal(err)
	}
	if len(first.GetAcks()) != 3 || len(again.GetAcks()) != 3 {
		t.Fatalf("%d acks, then %d", len(first.GetAcks()), len(again.GetAcks()))
	}
	for i := range first.GetAcks() {
		if !proto.Equal(first.GetAcks()[i], again.GetAcks()[i]) {
			t.Errorf("ack %d: %v, then %v", i, first.GetAcks()[i], again.GetAcks()[i])
		}
	}
	tw.sound()
}

func TestSameNumberOtherBytesIsAClone(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member, secretary := tw.phone("Bình"), tw.phone("An")
	member.sync()
	h := member.household("Hộ Bình1")
	copied := *member
	copied.rows, copied.acks = map[book.ID]*pb.Row{}, map[uint64]*pb.Ack{}
	member.sync(member.consent(h))
	req := copied.request(copied.visit(copied.id(), h, "từ bản sao"))
	one, err := tw.r.Sync(context.Background(), copied.caller, req)
	if err != nil {
		t.Fatal(err)
	}
	two, err := tw.r.Sync(context.Background(), copied.caller, req)
	if err != nil {
		t.Fatal(err)
	}
	if one.GetClone().GetDevice() == 0 || one.GetClone().GetDevice() == member.device {
		t.Fatalf("the copy was not told apart: %v", one)
	}
	if one.GetClone().GetDevice() != two.GetClone().GetDevice() {
		t.Error("a retry gave another number")
	}
	if len(one.GetRows())+len(one.GetAcks())+len(two.GetRows()) > 0 {
		t.Error("an unconfirmed copy got rows or acks")
	}
	copied.device, copied.last = one.GetClone().GetDevice(), 0
	out, err := tw.r.Sync(context.Background(), copied.caller, copied.request(copied.visit(copied.id(), h, "từ bản sao")))
	if err != nil {
		t.Fatal(err)
	}
	copied.take(out)
	copied.wants(1, pb.Result_RESULT_SUGGESTION, 0)
	if len(out.GetRows()) > 0 {
		t.Error("an unconfirmed copy got rows")
	}
	secretary.sync()
	if secretary.count(pb.Kind_KIND_SUGGESTION) != 1 {
		t.Error("its change is not on the desk")
	}
	if _, err := tw.r.ConfirmDevice(context.Background(), secretary.caller, &pb.ConfirmDeviceRequest{Device: &copied.device}); err != nil {
		t.Fatal(err)
	}
	copied.last++
	copied.sync(copied.visit(copied.id(), h, "đã xác nhận"))
	copied.wants(2, pb.Result_RESULT_STORED, 0)
	tw.sound()
}

func TestGapIsTyped(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	member.last = 5
	_, err := tw.r.Sync(context.Background(), member.caller, member.request(member.consent(member.household("Hộ Bình1"))))
	var p *Problem
	if !errors.As(err, &p) || p.Code != pb.ProblemCode_PROBLEM_CODE_GAP {
		t.Fatalf("got %v, want a gap", err)
	}
}

func TestConflictKeepsBothAndTellsTheLoser(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member, secretary := tw.phone("Bình"), tw.phone("An")
	member.sync()
	secretary.sync()
	h := member.household("Hộ Bình1")
	member.sync(member.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Phone: proto.String("0987654321")}))
	member.wants(1, pb.Result_RESULT_STORED, 0)
	tw.clock = tw.clock.Add(time.Minute)
	secretary.sync(secretary.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Phone: proto.String("0911111111")}))
	secretary.wants(1, pb.Result_RESULT_STORED, 0)
	member.sync()
	var told *pb.Overwritten
	for _, row := range member.rows {
		if row.GetEnvelope().GetKind() == pb.Kind_KIND_OVERWRITTEN {
			told = &pb.Overwritten{}
			if _, err := lww.Decode(row.GetBody(), told); err != nil {
				t.Fatal(err)
			}
		}
	}
	bình, an := tw.by["Bình"], tw.by["An"]
	if told == nil || string(told.GetAuthor()) != string(bình[:]) || string(told.GetWinnerAuthor()) != string(an[:]) || told.GetField() != 4 {
		t.Fatalf("the loser was told %v", told)
	}
	past, err := tw.r.History(context.Background(), member.caller, &pb.HistoryRequest{Id: h.Bytes()})
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for _, v := range past.GetValues() {
		var m pb.Household
		if _, err := lww.Decode(v.GetValue(), &m); err != nil {
			t.Fatal(err)
		}
		values = append(values, m.GetPhone())
	}
	if len(values) != 2 || values[0] != "0987654321" || values[1] != "0912345678" {
		t.Errorf("history has %q", values)
	}
	member.equal()
	tw.sound()
}

func TestHandover(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	old, secretary, next := tw.phone("Bình"), tw.phone("An"), tw.phone("Cúc")
	for _, p := range []*phone{old, secretary, next} {
		p.sync()
	}
	h, v := old.household("Hộ Bình1"), old.id()
	old.sync(old.consent(h), old.visit(v, h, "trước"))
	to := tw.by["Cúc"]
	tw.clock = tw.clock.Add(time.Minute)
	secretary.sync(secretary.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Member: to.Bytes()}))
	secretary.wants(1, pb.Result_RESULT_STORED, 0)

	// The old phone wrote before it knew: the new record stands, the edit waits on the desk.
	fresh := old.id()
	old.sync(old.visit(fresh, h, "chưa biết đã bàn giao"), old.patch(pb.Kind_KIND_VISIT, v, book.ID{}, false, &pb.Visit{Note: proto.String("sửa muộn")}))
	old.wants(3, pb.Result_RESULT_STORED, 0)
	old.wants(4, pb.Result_RESULT_SUGGESTION, 0)
	if old.rows[h] != nil || old.rows[v] != nil {
		t.Error("the old phone still holds the household")
	}
	// It knows now: what comes later is a suggestion, a new record too.
	old.sync(old.visit(old.id(), h, "sau khi biết"))
	old.wants(5, pb.Result_RESULT_SUGGESTION, 0)
	next.sync()
	if next.rows[h] == nil || next.rows[v] == nil || next.rows[fresh] == nil {
		t.Error("the new phone lacks the household, its visit or the late one")
	}
	secretary.sync()
	if got := secretary.count(pb.Kind_KIND_SUGGESTION); got != 2 {
		t.Errorf("%d suggestions on the desk, want 2", got)
	}

	// And back: the grant is another one, so the household is fetched whole again.
	next.sync(next.visit(next.id(), h, "của Cúc"))
	back := tw.by["Bình"]
	tw.clock = tw.clock.Add(time.Minute)
	secretary.sync(secretary.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Member: back.Bytes()}))
	old.sync()
	next.sync()
	if old.rows[h] == nil || old.count(pb.Kind_KIND_VISIT) != 3 {
		t.Errorf("after A→B→A the phone has %d visits, want 3", old.count(pb.Kind_KIND_VISIT))
	}
	if next.rows[h] != nil {
		t.Error("the household stays on the phone that gave it back")
	}
	for _, p := range []*phone{old, secretary, next} {
		p.equal()
	}
	tw.sound()
}

func TestFollowsRefused(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	h, v := member.household("Hộ Bình1"), member.id()
	// No consent was asked: a note may not be kept.
	member.sync(member.visit(v, h, "chưa hỏi"), member.patch(pb.Kind_KIND_VISIT, v, book.ID{}, false, &pb.Visit{Note: proto.String("nữa")}),
		member.consent(h), member.visit(member.id(), h, "đã hỏi"))
	member.wants(1, pb.Result_RESULT_REFUSED, pb.RefusalCode_REFUSAL_CODE_NO_CONSENT)
	member.wants(2, pb.Result_RESULT_REFUSED, pb.RefusalCode_REFUSAL_CODE_FOLLOWS_REFUSED)
	member.wants(3, pb.Result_RESULT_STORED, 0)
	member.wants(4, pb.Result_RESULT_STORED, 0)
	tw.sound()
}

func TestParkedIsTriedAgain(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member, secretary := tw.phone("Bình"), tw.phone("An")
	member.sync()
	secretary.sync()
	h := secretary.id()
	member.sync(member.patch(pb.Kind_KIND_VISIT, member.id(), h, true, &pb.Visit{Day: proto.Int32(20778), Contact: pb.Contact_CONTACT_NOBODY_MET.Enum()}))
	member.wants(1, pb.Result_RESULT_PARKED, 0)
	me, b := tw.by["Bình"], tw.by["Chi bộ Xóm Đình"]
	secretary.sync(secretary.patch(pb.Kind_KIND_HOUSEHOLD, h, b, true, &pb.Household{Head: proto.String("Hộ mới"), Hamlet: proto.String("Xóm Đình"), Member: me.Bytes()}))
	secretary.wants(1, pb.Result_RESULT_STORED, 0)
	req := member.request()
	req.Parked = []uint64{1}
	out, err := tw.r.Sync(context.Background(), member.caller, req)
	if err != nil {
		t.Fatal(err)
	}
	member.take(out)
	member.wants(1, pb.Result_RESULT_STORED, 0)
	tw.sound()
}

func TestOddClocksCostNothing(t *testing.T) {
	for _, year := range []int{1970, 2099} {
		tw := newTown(t, sqlite.Options{})
		member := tw.phone("Bình")
		member.sync()
		h := member.household("Hộ Bình1")
		right := tw.clock
		tw.clock = time.Date(year, 1, 2, 3, 0, 0, 0, time.UTC)
		ops := [][]byte{member.consent(h), member.visit(member.id(), h, "đồng hồ sai")}
		req := member.request(ops...)
		tw.clock = right
		out, err := tw.r.Sync(context.Background(), member.caller, req)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range out.GetAcks() {
			if a.GetResult() != pb.Result_RESULT_STORED {
				t.Errorf("%d: %v", year, a)
			}
			if ms := int64(a.GetStamp() >> 16); ms > right.UnixMilli()+1000 || ms < right.UnixMilli()-24*3600*1000 {
				t.Errorf("%d: stamp is %s", year, time.UnixMilli(ms))
			}
		}
	}
}

func TestFullDiskLosesNothing(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	h := member.household("Hộ Bình1")
	if err := tw.r.Close(); err != nil {
		t.Fatal(err)
	}
	tw.open(sqlite.Options{MaxPages: 1}) // the least that the file already has
	note := make([]byte, 9000)
	for i := range note {
		note[i] = 'a'
	}
	ops := [][]byte{member.consent(h)}
	for range 20 {
		ops = append(ops, member.visit(member.id(), h, string(note)))
	}
	req := member.request(ops...)
	_, err := tw.r.Sync(context.Background(), member.caller, req)
	var p *Problem
	if !errors.As(err, &p) || p.Code != pb.ProblemCode_PROBLEM_CODE_DISK_FULL || p.RetryAfter == 0 {
		t.Fatalf("got %v, want a full disk", err)
	}
	tw.sound()
	if err := tw.r.Close(); err != nil {
		t.Fatal(err)
	}
	tw.open(sqlite.Options{})
	out, err := tw.r.Sync(context.Background(), member.caller, req)
	if err != nil || len(out.GetAcks()) != 21 {
		t.Fatalf("with room again: %v, %d acks", err, len(out.GetAcks()))
	}
	tw.sound()
}

func TestManyPhonesAtOnce(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	var phones []*phone
	for range 6 {
		for _, name := range []string{"Bình", "Cúc", "Em"} {
			phones = append(phones, tw.phone(name))
		}
	}
	var wg sync.WaitGroup
	for i, p := range phones {
		wg.Add(1)
		go func() {
			defer wg.Done()
			p.sync()
			var hs []book.ID
			for id, row := range p.rows {
				if row.GetEnvelope().GetKind() == pb.Kind_KIND_HOUSEHOLD {
					hs = append(hs, id)
				}
			}
			for n := range 5 {
				p.sync(p.consent(hs[n%2]), p.visit(p.id(), hs[n%2], fmt.Sprintf("máy %d lần %d", i, n)))
			}
		}()
	}
	wg.Wait()
	visits := 0
	for _, p := range phones {
		p.sync()
		p.equal()
		visits = max(visits, p.count(pb.Kind_KIND_VISIT))
	}
	if visits != 30 {
		t.Errorf("a member's phone has %d visits, want 30", visits)
	}
	tw.sound()
}
