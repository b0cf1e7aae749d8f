package registry

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/store/sqlite"
)

// handOver hands work over as a revoked phone does.
func (p *phone) handOver(work *pb.SyncRequest) {
	p.tw.t.Helper()
	caller, err := p.tw.r.Authenticate(context.Background(), p.join.GetToken())
	if err == nil || caller.Device == 0 {
		p.tw.t.Fatalf("not revoked: %v, %v", caller, err)
	}
	work.Device = &p.device
	b, err := proto.Marshal(work)
	if err != nil {
		p.tw.t.Fatal(err)
	}
	sealed, err := seal.SealWork(seal.RecoveryPub(p.join.GetRecoveryKey()), recoveryName(p.tw.r.server, p.device), b)
	if err != nil {
		p.tw.t.Fatal(err)
	}
	if _, err := p.tw.r.HandOverWork(context.Background(), caller, &pb.HandOverWorkRequest{Device: &p.device, Sealed: sealed}); err != nil {
		p.tw.t.Fatal(err)
	}
}

// What a phone had not sent when it was revoked lies on the desk, once, however often the
// phone has to say it.
func TestWorkOfARevokedPhoneIsOnTheDesk(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, sqlite.Options{})
	member, secretary := tw.phone("Bình"), tw.phone("An")
	member.sync()
	h := member.household("Hộ Bình1")
	sent := member.consent(h)
	member.sync(sent)
	unsent := [][]byte{sent, member.visit(member.id(), h, "chưa kịp gửi"), []byte("hỏng")}
	if _, err := tw.r.RevokeDevice(ctx, secretary.caller, &pb.RevokeDeviceRequest{Device: &member.device}); err != nil {
		t.Fatal(err)
	}
	caller, err := tw.r.Authenticate(ctx, member.join.GetToken())
	if err == nil || caller.Device != member.device {
		t.Fatalf("revoked: %v, %v", caller, err)
	}
	for range 2 {
		member.handOver(&pb.SyncRequest{First: proto.Uint64(1), Ops: unsent})
	}
	if _, err := tw.r.HandOverWork(ctx, caller, &pb.HandOverWorkRequest{Sealed: []byte("nobody can open this")}); err != nil {
		t.Errorf("work that does not open is kept all the same: %v", err)
	}
	secretary.sync()
	var found []*pb.Suggestion
	for _, row := range secretary.rows {
		if row.GetEnvelope().GetKind() == pb.Kind_KIND_SUGGESTION {
			var s pb.Suggestion
			if _, err := lww.Decode(row.GetBody(), &s); err != nil {
				t.Fatal(err)
			}
			found = append(found, &s)
		}
	}
	if len(found) != 1 || !bytes.Equal(found[0].GetPatch(), unsent[1]) || found[0].GetWhy() != pb.SuggestionReason_SUGGESTION_REASON_DEVICE_REVOKED {
		t.Errorf("on the desk: %v", found)
	}
	secretary.equal()
	tw.sound()
}

// The key that opens what phones seal is itself sealed in the database.
func TestRecoveryKeyIsSealed(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	key := tw.r.recovery
	if err := tw.r.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(tw.dir, "data", "*"))
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, key[:]) {
			t.Errorf("%s has the recovery key in clear", filepath.Base(f))
		}
	}
	tw.open(sqlite.Options{})
	if tw.r.recovery != key {
		t.Error("another key after a restart")
	}
}

// A phone hands over what it has acks for too, and the server that took it knows it again; a
// copy's own changes under the same numbers it does not.
func TestHandedOverWorkIsNeverSkippedByItsNumberAlone(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		confirmed uint64
		same      bool
		want      int
	}{
		"acked here":                           {2, true, 1},
		"a copy's own":                         {0, false, 3},
		"a copy's own, acked before a restore": {2, false, 3},
	} {
		tw := newTown(t, sqlite.Options{})
		member, secretary := tw.phone("Bình"), tw.phone("An")
		member.sync()
		h := member.household("Hộ Bình1")
		ops := [][]byte{member.visit(member.id(), h, "một"), member.visit(member.id(), h, "hai"), member.visit(member.id(), h, "ba")}
		here := [][]byte{member.consent(h), member.visit(member.id(), h, "đã nhận")}
		if c.same {
			here = ops[:2]
		}
		member.sync(here...)
		// The acks are on the phone, so the server has no more than the numbers and the last name.
		confirm := member.request()
		confirm.Confirmed = proto.Uint64(2)
		member.call(confirm)
		if err := tw.r.Revoke(ctx, member.device); err != nil {
			t.Fatal(err)
		}
		member.handOver(&pb.SyncRequest{Confirmed: &c.confirmed, First: proto.Uint64(1), Ops: ops})
		secretary.sync()
		if n := len(secretary.suggestions()); n != c.want {
			t.Errorf("%s: %d on the desk, want %d", name, n, c.want)
		}
		tw.sound()
	}
}

// reclaim gets the phone a token for its key.
func (p *phone) reclaim() error {
	sig := seal.SignReclaim(p.key, seal.ReclaimClaim{Server: p.join.GetServer(), Device: p.device})
	out, err := p.tw.r.ReclaimToken(context.Background(), Channel{}, &pb.ReclaimTokenRequest{Device: &p.device, Signature: sig})
	if err == nil {
		p.join.Token = out.Token
	}
	return err
}

// A phone that enrolled after the backup, and was revoked before the server was lost, is
// still revoked on the restored one, and can still hand its work over.
func TestAPhoneOfTheLostDaysHandsItsWorkOver(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, sqlite.Options{})
	secretary := tw.phone("An")
	secretary.sync()
	copied := tw.backup()
	late := tw.phone("Bình")
	late.sync()
	h := late.household("Hộ Bình1")
	late.sync(late.consent(h))
	twin := *late
	twin.join = proto.Clone(late.join).(*pb.JoinResponse)
	twin.asCopy(late.visit(late.id(), h, "của bản sao"))
	if err := tw.r.Revoke(ctx, late.device); err != nil {
		t.Fatal(err)
	}
	if done := tw.restore(copied); done.Revoked != 2 {
		t.Errorf("restored: %+v", done)
	}
	if d := tw.phone("Cúc").device; d <= twin.device {
		t.Errorf("device number %d is given again", d)
	}
	stranger := *late
	stranger.key = seal.NewDeviceKey(rand.Reader)
	if err := stranger.reclaim(); !isProblem(err, pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN) {
		t.Errorf("with another key: %v", err)
	}
	secretary.meet()
	secretary.cursors = nil
	for n, p := range []*phone{late, &twin} {
		if err := p.reclaim(); err != nil {
			t.Fatal(err)
		}
		if _, err := tw.r.Authenticate(ctx, p.join.GetToken()); !isProblem(err, pb.ProblemCode_PROBLEM_CODE_TOKEN_REVOKED) {
			t.Errorf("phone %d: %v", p.device, err)
		}
		p.handOver(&pb.SyncRequest{Confirmed: proto.Uint64(1), First: proto.Uint64(1), Ops: [][]byte{p.visit(p.id(), h, "chưa gửi")}})
		secretary.sync()
		if got := len(secretary.suggestions()); got != n+1 {
			t.Errorf("%d changes on the desk after phone %d", got, p.device)
		}
	}
	if s := tw.stuck(); len(s.Work) != 0 || s.SuggestionCount() != 2 {
		t.Errorf("stuck: %+v", s)
	}
	// The next restore of the same backup knows them too.
	if done := tw.restore(copied); done.Revoked != 2 {
		t.Errorf("restored again: %+v", done)
	}
	tw.sound()
}

// A list of a server of before this says less of a revoked device: then it is unknown, as it was.
func TestAnOlderListOfRevokedDevices(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	copied := tw.backup()
	late := tw.phone("Bình")
	if err := tw.r.Revoke(context.Background(), late.device); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(tw.dir, "data", ErasedFile)
	if err := os.WriteFile(path, fmt.Appendf(nil, "revoked %d %s\n", late.device, deviceName(late.key.Public().(ed25519.PublicKey))), 0o600); err != nil {
		t.Fatal(err)
	}
	if done := tw.restore(copied); done.Revoked != 0 {
		t.Errorf("restored: %+v", done)
	}
	if err := late.reclaim(); !isProblem(err, pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN) {
		t.Errorf("%v", err)
	}
	if d := tw.phone("Cúc").device; d <= late.device {
		t.Errorf("device number %d is given again", d)
	}
}

// What a phone hands over of whose member the restored database knows nothing waits, is seen,
// and goes to the desk with the member's record.
func TestWorkWaitsForItsMember(t *testing.T) {
	ctx := context.Background()
	tw, _, secretary, h := crowded(t)
	copied := tw.backup()
	branch, _ := book.IDFrom(secretary.join.GetBranch())
	newcomer, err := tw.r.AddPerson(ctx, branch, "Giang", pb.Office_OFFICE_MEMBER)
	if err != nil {
		t.Fatal(err)
	}
	tw.index()
	late := tw.phone("Giang")
	late.sync()
	secretary.sync()
	person, seen := secretary.rows[newcomer], secretary.rows[h]
	if person == nil || seen == nil {
		t.Fatal("the secretary lacks the rows")
	}
	if err := tw.r.Revoke(ctx, late.device); err != nil {
		t.Fatal(err)
	}
	tw.restore(copied)
	if err := late.reclaim(); err != nil {
		t.Fatal(err)
	}
	other := secretary.household("Hộ An1")
	version := proto.Clone(seen).(*pb.Row)
	version.Body, err = lww.Encode(&pb.Household{Hamlet: proto.String(secretWord + " chủ hộ")})
	if err != nil {
		t.Fatal(err)
	}
	late.handOver(&pb.SyncRequest{First: proto.Uint64(1), Offers: []*pb.Row{version, person}, Ops: [][]byte{
		late.visit(late.id(), h, secretWord+" bàn giao"), late.visit(late.id(), other, "của nhà bên")}})
	late.handOver(&pb.SyncRequest{First: proto.Uint64(1), Offers: []*pb.Row{version}})
	waiting := tw.stuck().Work
	if len(waiting) != 2 || waiting[0].Device != late.device || waiting[0].Owner != "" || waiting[0].Changes != 4 || waiting[1].Changes != 1 || waiting[0].Unreadable {
		t.Fatalf("stuck: %+v", waiting)
	}
	// Erasure reaches what waits, changes and offers.
	if _, err := tw.r.Erase(ctx, h); err != nil {
		t.Fatal(err)
	}
	// One step is parked about a petition that nobody knows: it goes when that comes.
	if after := tw.words(secretWord); len(after) != 1 || after["parked"] != 1 {
		t.Errorf("erased words are in %v", after)
	}
	if waiting = tw.stuck().Work; len(waiting) != 1 || waiting[0].Changes != 2 {
		t.Errorf("stuck after the erasure: %+v", waiting)
	}
	// What comes later is not even kept.
	late.handOver(&pb.SyncRequest{First: proto.Uint64(1), Offers: []*pb.Row{version}, Ops: [][]byte{late.visit(late.id(), h, secretWord)}})
	if after := tw.words(secretWord); len(after) != 1 {
		t.Errorf("late erased words are in %v", after)
	}
	// The secretary's phone has the member's record; with it the work is on the desk.
	before := len(secretary.suggestions())
	secretary.meet()
	secretary.sync()
	secretary.offer(person)
	for id, m := range secretary.suggestions() {
		if m.GetRow() != nil && m.GetVerdict() == 0 && !m.GetSettled() {
			if a := secretary.decide(id, pb.Verdict_VERDICT_APPROVED); a.GetResult() != pb.Result_RESULT_STORED {
				t.Fatalf("taking the member over: %v", a)
			}
		}
	}
	secretary.sync()
	if s := tw.stuck(); len(s.Work) != 0 {
		t.Errorf("still waiting: %+v", s.Work)
	}
	found := 0
	for _, m := range secretary.suggestions() {
		var p pb.Patch
		if proto.Unmarshal(m.GetPatch(), &p) == nil && m.GetDevice() == late.device {
			found++
		}
	}
	if found != 1 {
		t.Errorf("%d changes of the late phone on the desk (%d suggestions before)", found, before)
	}
	var m pb.Member
	if _, err := lww.Decode(secretary.rows[newcomer].GetBody(), &m); err != nil || !slices.Contains(m.GetDevices(), late.device) {
		t.Errorf("the member's record lists %v, not device %d: %v", m.GetDevices(), late.device, err)
	}
	if got := tw.words("của nhà bên"); got["work"] != 1 || got["rows"] != 1 {
		t.Errorf("kept: %v", got)
	}
	tw.sound()
}

// An officer of the commune has no desk: the work waits at the officer, like what else they wrote.
func TestWorkOfAnOfficerIsSeen(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, sqlite.Options{})
	secretary := tw.phone("An")
	commune, _ := book.IDFrom(secretary.join.GetCommune())
	if _, err := tw.r.AddPerson(ctx, commune, "Giang", pb.Office_OFFICE_OFFICER); err != nil {
		t.Fatal(err)
	}
	tw.index()
	officer := tw.phone("Giang")
	officer.sync()
	if err := tw.r.Revoke(ctx, officer.device); err != nil {
		t.Fatal(err)
	}
	officer.handOver(&pb.SyncRequest{First: proto.Uint64(1), Ops: [][]byte{officer.patch(pb.Kind_KIND_NOTICE, officer.id(), commune, true, &pb.Notice{Title: proto.String("a")})}})
	if s := tw.stuck(); s.SuggestionCount() != 1 || len(s.Work) != 0 {
		t.Errorf("stuck: %+v", s)
	}
	tw.sound()
}

// A copy that alone was revoked, of a phone that the restored database does not know, and a
// copy whose token the first phone has changed since: both prove themselves with their key.
func TestARevokedCopyHandsItsWorkOver(t *testing.T) {
	ctx := context.Background()
	for _, lost := range []bool{true, false} {
		tw := newTown(t, sqlite.Options{})
		secretary := tw.phone("An")
		secretary.sync()
		copied := tw.backup()
		first := tw.phone("Bình")
		first.sync()
		h := first.household("Hộ Bình1")
		first.sync(first.consent(h))
		twin := *first
		twin.join = proto.Clone(first.join).(*pb.JoinResponse)
		twin.asCopy(first.visit(first.id(), h, "của bản sao"))
		if err := twin.reclaim(); !isProblem(err, pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN) {
			t.Errorf("before it is revoked: %v", err)
		}
		if err := tw.r.Revoke(ctx, twin.device); err != nil {
			t.Fatal(err)
		}
		if lost {
			tw.restore(copied)
			secretary.meet()
			secretary.cursors = nil
		}
		for range 2 {
			if out, err := tw.r.RotateToken(ctx, first.caller, &pb.RotateTokenRequest{}); err == nil {
				first.join.Token = out.Token
				first.caller, _ = tw.r.Authenticate(ctx, first.join.GetToken())
			}
		}
		if _, err := tw.r.Authenticate(ctx, twin.join.GetToken()); !isProblem(err, pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN) {
			t.Fatalf("the copy's token: %v", err)
		}
		before := first.join.GetToken()
		if err := twin.reclaim(); err != nil {
			t.Fatalf("lost %v: %v", lost, err)
		}
		twin.handOver(&pb.SyncRequest{First: proto.Uint64(2), Ops: [][]byte{twin.visit(twin.id(), h, "chưa gửi")}})
		secretary.sync()
		if n := len(secretary.suggestions()); n != 1 {
			t.Errorf("lost %v: %d on the desk", lost, n)
		}
		if _, err := tw.r.Authenticate(ctx, before); !lost && err != nil {
			t.Errorf("the first phone was shut out: %v", err)
		}
		tw.sound()
	}
}

// Rows of desks that a revoked phone offers: what hangs on one about an erased household goes
// with it, whether they are laid out or wait.
func TestWaitingRowsAboutTheErasedAreNotKept(t *testing.T) {
	ctx := context.Background()
	for _, known := range []bool{true, false} {
		tw := newTown(t, sqlite.Options{})
		member, secretary := tw.phone("Bình"), tw.phone("An")
		member.sync()
		h := member.household("Hộ Bình1")
		member.sync(member.consent(h))
		copied := tw.backup()
		late := secretary
		if !known {
			branch, _ := book.IDFrom(secretary.join.GetBranch())
			if _, err := tw.r.AddPerson(ctx, branch, "Giang", pb.Office_OFFICE_MEMBER); err != nil {
				t.Fatal(err)
			}
			tw.index()
			late = tw.phone("Giang")
		}
		if err := tw.r.Revoke(ctx, late.device); err != nil {
			t.Fatal(err)
		}
		tw.restore(copied)
		if _, err := tw.r.Erase(ctx, h); err != nil {
			t.Fatal(err)
		}
		if err := late.reclaim(); err != nil {
			t.Fatal(err)
		}
		visit := member.id()
		waiting := func(patch []byte, n uint64) *pb.Row {
			body, err := lww.Encode(&pb.Suggestion{Patch: patch, Why: pb.SuggestionReason_SUGGESTION_REASON_HANDED_OVER.Enum(),
				Device: &member.device, Number: &n, TimeMs: proto.Int64(1)})
			if err != nil {
				t.Fatal(err)
			}
			return &pb.Row{Envelope: &pb.Envelope{Kind: pb.Kind_KIND_SUGGESTION.Enum(), Id: member.id().Bytes(), Subject: visit.Bytes(),
				Holder: &pb.Holder{Kind: pb.HolderKind_HOLDER_KIND_DESK.Enum(), Id: secretary.join.GetBranch()}}, Body: body}
		}
		edit := member.patch(pb.Kind_KIND_VISIT, visit, book.ID{}, false, &pb.Visit{Note: proto.String(secretWord + " sửa")})
		late.handOver(&pb.SyncRequest{First: proto.Uint64(1),
			Ops:    [][]byte{late.patch(pb.Kind_KIND_VISIT, visit, book.ID{}, false, &pb.Visit{Note: proto.String(secretWord + " sửa nữa")})},
			Offers: []*pb.Row{waiting(edit, 8), waiting(member.visit(visit, h, secretWord), 7)}})
		if after := tw.words(secretWord); len(after) != 0 {
			t.Errorf("known %v: erased words are in %v", known, after)
		}
	}
}

// Who has a stolen phone can fill neither the disk nor the time of others with its work.
func TestWorkIsBounded(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	if err := tw.r.Revoke(ctx, member.device); err != nil {
		t.Fatal(err)
	}
	caller, _ := tw.r.Authenticate(ctx, member.join.GetToken())
	hand := func(plain []byte) error {
		sealed, err := seal.SealWork(seal.RecoveryPub(member.join.GetRecoveryKey()), recoveryName(tw.r.server, member.device), plain)
		if err != nil {
			t.Fatal(err)
		}
		_, err = tw.r.HandOverWork(ctx, caller, &pb.HandOverWorkRequest{Sealed: sealed})
		return err
	}
	many, err := proto.Marshal(&pb.SyncRequest{First: proto.Uint64(1), Ops: make([][]byte, mostNumbers+1)})
	if err != nil {
		t.Fatal(err)
	}
	if err := hand(many); !isProblem(err, pb.ProblemCode_PROBLEM_CODE_THROTTLED) {
		t.Errorf("more numbers than a phone has: %v", err)
	}
	if err := hand([]byte("hỏng")); err != nil {
		t.Fatal(err)
	}
	if w := tw.stuck().Work; len(w) != 1 || !w[0].Unreadable || w[0].Owner != "Bình" {
		t.Errorf("stuck: %+v", w)
	}
	tw.later(unreadableFor + time.Hour)
	if w := tw.stuck().Work; len(w) != 0 {
		t.Errorf("stuck after a month: %+v", w)
	}
	for range maxWork - 1 {
		if err := hand([]byte("hỏng")); err != nil {
			t.Fatal(err)
		}
	}
	if err := hand([]byte("hỏng")); !isProblem(err, pb.ProblemCode_PROBLEM_CODE_THROTTLED) {
		t.Errorf("one piece more than is kept: %v", err)
	}
}

// A copy that got its number after the backup shows the token of the first phone, which is
// revoked on the restored server.
func TestAnUnknownCopyHandsItsWorkOver(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, sqlite.Options{})
	first, secretary := tw.phone("Bình"), tw.phone("An")
	first.sync()
	h := first.household("Hộ Bình1")
	first.sync(first.consent(h))
	copied := tw.backup()
	twin := *first
	twin.asCopy(first.visit(first.id(), h, "của bản sao"))
	tw.restore(copied)
	if err := tw.r.Revoke(ctx, first.device); err != nil {
		t.Fatal(err)
	}
	op := twin.visit(twin.id(), h, secretWord)
	for range 2 {
		twin.handOver(&pb.SyncRequest{First: proto.Uint64(2), Ops: [][]byte{op}})
	}
	secretary.meet()
	secretary.cursors = nil
	secretary.sync()
	if n := len(secretary.suggestions()); n != 1 || len(tw.stuck().Work) != 0 {
		t.Errorf("%d on the desk, stuck %+v", n, tw.stuck().Work)
	}
	for _, m := range secretary.suggestions() {
		if m.GetDevice() != first.device {
			t.Errorf("it is of device %d", m.GetDevice())
		}
	}
	if _, err := tw.r.Erase(ctx, h); err != nil {
		t.Fatal(err)
	}
	if got := tw.words(secretWord); len(got) != 0 {
		t.Errorf("erased words are in %v", got)
	}
	// Nobody hands work over in the name of a device that is known and another's.
	secret := *first
	secret.device = secretary.device
	secret.handOver(&pb.SyncRequest{First: proto.Uint64(5), Ops: [][]byte{op}})
	if w := tw.stuck().Work; len(w) != 1 || !w[0].Unreadable {
		t.Errorf("in another's name: %+v", w)
	}
}
