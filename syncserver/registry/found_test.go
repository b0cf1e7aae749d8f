package registry

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/syncserver/store"
	"sodanvan/syncserver/store/sqlite"
)

// What reviewers found around restores and erasures, each as the trace that showed it.

// branchPhones are a member's phone, the secretary's and another member's, at rest.
func branchPhones(t *testing.T) (tw *town, member, secretary, other *phone) {
	t.Helper()
	tw = newTown(t, sqlite.Options{})
	member, secretary, other = tw.phone("Bình"), tw.phone("An"), tw.phone("Cúc")
	for _, p := range []*phone{member, secretary, other} {
		p.sync()
	}
	return tw, member, secretary, other
}

// restoredNow puts the server back to what it is, so that phones may offer, and brings them along.
func restoredNow(tw *town, phones ...*phone) {
	tw.t.Helper()
	tw.restore(tw.backup())
	for _, p := range phones {
		p.meet()
		p.sync()
	}
}

// asCopy makes the phone go on as a copy of itself, which the administrator confirms.
func (p *phone) asCopy(op []byte) {
	p.tw.t.Helper()
	p.rows, p.acks = maps.Clone(p.rows), map[uint64]*pb.Ack{}
	p.last = 0
	out, err := p.tw.r.Sync(context.Background(), p.caller, p.request(op))
	if err != nil || out.GetClone() == nil {
		p.tw.t.Fatalf("not taken for a copy: %v %v", out, err)
	}
	p.device = out.GetClone().GetDevice()
	if err := p.tw.r.Confirm(context.Background(), p.device); err != nil {
		p.tw.t.Fatal(err)
	}
}

func (p *phone) decide(id book.ID, v pb.Verdict) *pb.Ack {
	p.tw.t.Helper()
	p.sync(p.patch(pb.Kind_KIND_SUGGESTION, id, book.ID{}, false, &pb.Suggestion{Verdict: v.Enum()}))
	return p.acks[p.last]
}

// deskRows counts what waits on all desks.
func (tw *town) deskRows() (n int) {
	tw.t.Helper()
	if err := tw.r.store.Read(context.Background(), func(from store.Reader) error {
		all, err := from.AllOnDesk()
		n = len(all)
		return err
	}); err != nil {
		tw.t.Fatal(err)
	}
	return n
}

// waitingRow is a row of a desk as a phone would offer it.
func waitingRow(t *testing.T, tw *town, by *phone, m *pb.Suggestion, subject book.ID) *pb.Row {
	t.Helper()
	body, err := lww.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	desk := book.Holder{Kind: pb.HolderKind_HOLDER_KIND_DESK, ID: tw.by["Chi bộ Xóm Đình"]}
	return &pb.Row{Envelope: &pb.Envelope{Kind: pb.Kind_KIND_SUGGESTION.Enum(), Id: by.id().Bytes(), Subject: subject.Bytes(), Holder: desk.Proto()}, Body: body}
}

// A confirmed copy is told in each reply that it is one; its offers count all the same.
func TestOffersOfACopyTravelWithItsChanges(t *testing.T) {
	tw, member, secretary, _ := branchPhones(t)
	h := member.household("Hộ Bình1")
	secretary.sync(secretary.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Hamlet: proto.String("Xóm A")}))
	secretary.asCopy(secretary.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Hamlet: proto.String("Xóm B")}))
	secretary.sync()
	copied := tw.backup()
	v := member.id()
	member.sync(member.consent(h), member.visit(v, h, "sau bản sao"))
	secretary.sync()
	row := secretary.rows[v]
	tw.restore(copied)
	secretary.meet()
	req := secretary.request(secretary.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Hamlet: proto.String("Xóm C")}))
	req.Offers = []*pb.Row{row}
	if _, err := tw.r.Sync(context.Background(), secretary.caller, req); err != nil {
		t.Fatal(err)
	}
	if n := tw.deskRows(); n != 1 {
		t.Errorf("%d offers on the desk, want 1", n)
	}
}

// Where somebody put older files back by hand, the phone is right, and nothing of it is healed away.
func TestAPhoneAheadOfTheServerIsNotHealed(t *testing.T) {
	ctx := context.Background()
	tw, member, _, _ := branchPhones(t)
	h := member.household("Hộ Bình1")
	copied := tw.backup()
	member.sync(member.consent(h), member.visit(member.id(), h, "sau bản sao"))
	data := filepath.Join(tw.dir, "data")
	if err := tw.r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(data); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(data, os.DirFS(copied)); err != nil {
		t.Fatal(err)
	}
	tw.open(sqlite.Options{})
	for range 2 {
		req := member.request()
		req.Compare = []*pb.Holder{book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: h}.Proto()}
		out, err := tw.r.Sync(ctx, member.caller, req)
		if err != nil || len(out.GetListings()) > 0 {
			t.Errorf("listings of an older database: %v %v", out.GetListings(), err)
		}
	}
	s, err := tw.r.Stuck(ctx)
	if err != nil || len(s.Ahead) != 1 {
		t.Errorf("the alarm: %+v %v", s.Ahead, err)
	}
}

// An erasure that is done twice is heard of by who was away at both.
func TestErasedTwiceIsHeardOfOnce(t *testing.T) {
	tw, member, secretary, _ := branchPhones(t)
	h := member.household("Hộ Bình1")
	for range 10 {
		member.sync(member.consent(h))
	}
	secretary.sync()
	for range 2 {
		if _, err := tw.r.Erase(context.Background(), h); err != nil {
			t.Fatal(err)
		}
	}
	if secretary.sync(); !secretary.erased[h] {
		t.Error("the secretary does not hear of it")
	}
}

// Nobody makes another's record look erased.
func TestAnOfferErasesNothing(t *testing.T) {
	tw, member, _, other := branchPhones(t)
	h, gone := member.household("Hộ Bình1"), member.household("Hộ Bình2")
	member.sync(member.consent(h))
	restoredNow(tw, member, other)
	if _, err := tw.r.Erase(context.Background(), gone); err != nil {
		t.Fatal(err)
	}
	patch, err := proto.Marshal(&pb.Patch{Create: proto.Bool(true), Envelope: &pb.Envelope{Kind: pb.Kind_KIND_VISIT.Enum(), Id: h.Bytes(), Subject: gone.Bytes()}})
	if err != nil {
		t.Fatal(err)
	}
	other.offer(waitingRow(t, tw, other, &pb.Suggestion{Device: &member.device, Number: proto.Uint64(99), Patch: patch}, h))
	member.sync(member.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Phone: proto.String("0987654321")}))
	if got := member.acks[member.last].GetResult(); got != pb.Result_RESULT_STORED {
		t.Errorf("the member's own edit: %v", got)
	}
}

// An offer of a record that stands elsewhere by now is not taken over.
func TestAnOfferDoesNotMoveARecord(t *testing.T) {
	tw, member, secretary, _ := branchPhones(t)
	h1, h2 := member.household("Hộ Bình1"), member.household("Hộ Bình2")
	member.sync(member.consent(h1), member.consent(h2))
	copied := tw.backup()
	v := member.id()
	member.sync(member.visit(v, h1, "một"))
	secretary.sync()
	row := proto.Clone(secretary.rows[v]).(*pb.Row)
	row.Envelope.Subject, row.Envelope.Holder = h2.Bytes(), book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: h2}.Proto()
	tw.restore(copied)
	member.meet()
	secretary.meet()
	member.offer(row)
	member.sync(member.visit(v, h1, "hai"))
	secretary.sync()
	for id := range secretary.suggestions() {
		if a := secretary.decide(id, pb.Verdict_VERDICT_APPROVED); a.GetResult() != pb.Result_RESULT_REFUSED {
			t.Errorf("%v", a)
		}
	}
	tw.sound()
	tw.phone("An").sync()
}

// A review names only its visit; whose it is, its holder tells.
func TestAnErasedHouseholdsReviewsGoToo(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct{ eraseFirst, visitToo bool }{
		"erased, then offered": {true, true}, "offered, then erased": {false, true}, "the review alone": {false, false},
	} {
		tw, member, secretary, _ := branchPhones(t)
		h := member.household("Hộ Bình1")
		member.sync(member.consent(h))
		copied := tw.backup()
		v, review := member.id(), member.id()
		member.sync(member.visit(v, h, "mất"))
		secretary.sync()
		digest := lww.Digest(secretary.rows[v].GetBody())
		secretary.sync(secretary.patch(pb.Kind_KIND_REVIEW, review, v, true, &pb.Review{Verdict: pb.Verdict_VERDICT_RETURNED.Enum(), Digest: digest[:], Reason: proto.String("bí mật")}))
		secretary.sync()
		rows := []*pb.Row{secretary.rows[review]}
		if c.visitToo {
			rows = append([]*pb.Row{secretary.rows[v]}, rows...)
		}
		tw.restore(copied)
		secretary.meet()
		erase := func() {
			if _, err := tw.r.Erase(ctx, h); err != nil {
				t.Fatal(err)
			}
		}
		if c.eraseFirst {
			erase()
		}
		secretary.offer(rows...)
		if !c.eraseFirst {
			erase()
		}
		if n := tw.deskRows(); n != 0 {
			t.Errorf("%s: %d rows on the desk", name, n)
		}
		tw.sound()
	}
}

// A made-up waiting change does not stand in for the real one.
func TestAForgedSuggestionHidesNone(t *testing.T) {
	tw, member, secretary, other := branchPhones(t)
	h := member.household("Hộ Bình1")
	member.sync(member.consent(h))
	restoredNow(tw, member, secretary, other)
	patch, err := proto.Marshal(&pb.Patch{Envelope: &pb.Envelope{Kind: pb.Kind_KIND_HOUSEHOLD.Enum(), Id: h.Bytes()}})
	if err != nil {
		t.Fatal(err)
	}
	other.offer(waitingRow(t, tw, other, &pb.Suggestion{Device: &member.device, Number: proto.Uint64(member.last + 1), Patch: patch}, h))
	secretary.sync(secretary.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Member: tw.by["Cúc"].Bytes()}))
	honest := member.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Phone: proto.String("0987654321")})
	member.sync(honest)
	secretary.sync()
	found := false
	for _, s := range secretary.suggestions() {
		found = found || string(s.GetPatch()) == string(honest)
	}
	if !found {
		t.Errorf("the member's change (%v) is not on the desk", member.acks[member.last].GetResult())
	}
}

// What was decided in the lost life is decided anew, and its writer hears of it.
func TestADecisionOfTheLostLifeIsAskedAnew(t *testing.T) {
	tw, member, secretary, _ := branchPhones(t)
	h := member.household("Hộ Bình1")
	member.sync(member.consent(h))
	secretary.sync(secretary.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Member: tw.by["Cúc"].Bytes()}))
	copied := tw.backup()
	op := member.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Phone: proto.String("0987654321")})
	member.sync(op)
	secretary.sync()
	var row *pb.Row
	for id := range secretary.suggestions() {
		secretary.decide(id, pb.Verdict_VERDICT_RETURNED)
		secretary.sync()
		row = secretary.rows[id]
	}
	tw.restore(copied)
	secretary.meet()
	member.meet()
	secretary.rows, secretary.cursors = map[book.ID]*pb.Row{}, nil
	secretary.offer(row)
	member.sync(op)
	secretary.sync()
	for id, s := range secretary.suggestions() {
		if s.GetVerdict() != 0 {
			t.Errorf("decided: %v", s)
		}
		secretary.decide(id, pb.Verdict_VERDICT_RETURNED)
	}
	req := member.request()
	req.Parked = []uint64{member.last}
	out, err := tw.r.Sync(context.Background(), member.caller, req)
	if err != nil || len(out.GetAcks()) != 1 || out.GetAcks()[0].GetRefusal().GetCode() != pb.RefusalCode_REFUSAL_CODE_DECLINED {
		t.Errorf("the writer hears %v %v", out.GetAcks(), err)
	}
}

// Stamps of a clock that ran ahead do not push the server's.
func TestOfferedStampsDoNotPushTheClock(t *testing.T) {
	tw, member, secretary, _ := branchPhones(t)
	h, v := member.household("Hộ Bình1"), member.id()
	member.sync(member.consent(h), member.visit(v, h, "một"))
	restoredNow(tw, member, secretary)
	for i := range 2 {
		row := proto.Clone(member.rows[v]).(*pb.Row)
		set, err := lww.Encode(&pb.Visit{Note: proto.String(fmt.Sprint("sửa ", i))})
		if err != nil {
			t.Fatal(err)
		}
		ahead := lww.Version{Stamp: hlcAt(tw.clock.Add(time.Duration(22+i) * time.Hour)), Device: member.device}
		state, _, err := lww.Merge(lww.FromRow(row), lww.Change{Set: set, Version: ahead})
		if err != nil {
			t.Fatal(err)
		}
		state.IntoRow(row)
		member.offer(row)
		secretary.sync()
		for id, s := range secretary.suggestions() {
			if s.GetVerdict() == 0 && !s.GetSettled() {
				if a := secretary.decide(id, pb.Verdict_VERDICT_APPROVED); a.GetResult() != pb.Result_RESULT_STORED {
					t.Errorf("%v", a)
				}
			}
		}
	}
	if ahead := time.UnixMilli(int64(secretary.sync().GetNow() >> 16)).Sub(tw.clock); ahead > time.Minute {
		t.Errorf("the server's clock is %s ahead", ahead)
	}
	var m pb.Visit
	if _, err := lww.Decode(secretary.rows[v].GetBody(), &m); err != nil || m.GetNote() != "sửa 1" {
		t.Errorf("the visit: %v %v", &m, err)
	}
	secretary.equal()
	tw.sound()
}

// A phone that offers ever other versions of one record leaves so many of them, no more.
func TestVersionsOfOneRecordAreBounded(t *testing.T) {
	tw, member, _, _ := branchPhones(t)
	h, v := member.household("Hộ Bình1"), member.id()
	member.sync(member.consent(h), member.visit(v, h, "một"))
	restoredNow(tw, member)
	var rows []*pb.Row
	for i := range 3 * maxOffers {
		row := proto.Clone(member.rows[v]).(*pb.Row)
		set, err := lww.Encode(&pb.Visit{Note: proto.String(fmt.Sprint("bịa ", i))})
		if err != nil {
			t.Fatal(err)
		}
		state, _, err := lww.Merge(lww.FromRow(row), lww.Change{Set: set, Version: lww.Version{Stamp: hlcAt(tw.clock.Add(time.Hour)), Device: member.device}})
		if err != nil {
			t.Fatal(err)
		}
		state.IntoRow(row)
		rows = append(rows, row)
	}
	member.offer(rows...)
	if n := tw.deskRows(); n != maxOffers {
		t.Errorf("%d on the desk, want %d", n, maxOffers)
	}
}

// What a parked change leads to on the desk goes with its household.
func TestErasureGoesOnUntilNothingIsAboutIt(t *testing.T) {
	ctx := context.Background()
	tw, member, _, _ := branchPhones(t)
	h := member.household("Hộ Bình1")
	member.sync(member.consent(h))
	x, newer := member.id(), pb.Kind(9999)
	member.sync(member.patch(newer, x, h, true, &pb.Visit{}))
	edit := member.patch(newer, x, book.ID{}, false, &pb.Visit{Note: proto.String("bí mật")})
	copied := *member
	copied.last = 0
	out, err := tw.r.Sync(ctx, copied.caller, copied.request(edit))
	if err != nil {
		t.Fatal(err)
	}
	copied.device = out.GetClone().GetDevice()
	if _, err = tw.r.Sync(ctx, copied.caller, copied.request(edit)); err != nil || tw.deskRows() != 1 {
		t.Fatalf("the copy's edit is not on the desk: %v", err)
	}
	if _, err := tw.r.Erase(ctx, h); err != nil {
		t.Fatal(err)
	}
	if n := tw.deskRows(); n != 0 {
		t.Errorf("%d rows are left on the desk", n)
	}
}

// Two restores of one backup give their new devices different numbers, and copies of a
// revoked device stay revoked.
func TestDevicesAfterRestores(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	h := member.household("Hộ Bình1")
	member.sync(member.consent(h))
	member.asCopy(member.visit(member.id(), h, "của bản sao"))
	copied := tw.backup()
	if err := tw.r.Revoke(ctx, member.caller.Device); err != nil {
		t.Fatal(err)
	}
	given := map[uint32]bool{}
	for _, name := range []string{"An", "Cúc", "An"} {
		tw.restore(copied)
		n := tw.phone(name).device
		if given[n] {
			t.Errorf("device number %d is given twice", n)
		}
		given[n] = true
	}
	devices, err := tw.r.AllDevices(ctx)
	for _, d := range devices {
		if err != nil || d.Number < deviceGap && !d.Revoked {
			t.Errorf("device %d, copy of %d, is not revoked: %v", d.Number, d.CloneOf, err)
		}
	}
	tw.sound()
}

// What a taken over row replaces is kept: who wrote it reads it in the record's history.
func TestATakeoverKeepsWhatItReplaces(t *testing.T) {
	tw, member, secretary, _ := branchPhones(t)
	h, v := member.household("Hộ Bình1"), member.id()
	member.sync(member.consent(h), member.visit(v, h, "lời cũ"))
	copied := tw.backup()
	tw.clock = tw.clock.Add(time.Hour)
	member.sync(member.patch(pb.Kind_KIND_VISIT, v, book.ID{}, false, &pb.Visit{Note: proto.String("lời mới")}))
	secretary.sync()
	row := secretary.rows[v]
	tw.restore(copied)
	secretary.meet()
	secretary.offer(row)
	for id := range secretary.suggestions() {
		secretary.decide(id, pb.Verdict_VERDICT_APPROVED)
	}
	past, err := tw.r.History(context.Background(), secretary.caller, &pb.HistoryRequest{Id: v.Bytes()})
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, p := range past.GetValues() {
		found = found || noteOf(p.GetValue()) == "lời cũ"
	}
	if !found {
		t.Errorf("history: %v", past.GetValues())
	}
	tw.sound()
}

// noteOf gives the text of a visit's note from its raw bytes.
func noteOf(raw []byte) string {
	var m pb.Visit
	if proto.Unmarshal(raw, &m) != nil {
		return ""
	}
	return m.GetNote()
}
