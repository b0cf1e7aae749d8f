package registry

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/store/sqlite"
)

// backup copies the files of the stopped server; restore puts them back and begins a new epoch.
func (tw *town) backup() (dir string) {
	tw.t.Helper()
	if err := tw.r.Close(); err != nil {
		tw.t.Fatal(err)
	}
	dir = filepath.Join(tw.t.TempDir(), "copy")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(tw.dir, "data"))); err != nil {
		tw.t.Fatal(err)
	}
	tw.open(sqlite.Options{})
	return dir
}

func (tw *town) restore(from string) Restored {
	tw.t.Helper()
	data := filepath.Join(tw.dir, "data")
	if err := tw.r.Close(); err != nil {
		tw.t.Fatal(err)
	}
	gone, err := ReadGone(filepath.Join(data, ErasedFile))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		tw.t.Fatal(err)
	}
	if err := os.RemoveAll(data); err != nil {
		tw.t.Fatal(err)
	}
	if err := os.CopyFS(data, os.DirFS(from)); err != nil {
		tw.t.Fatal(err)
	}
	if err := WriteGone(filepath.Join(data, ErasedFile), gone); err != nil {
		tw.t.Fatal(err)
	}
	done, err := StartNewEpoch(context.Background(), data, Options{Now: func() time.Time { return tw.clock }}, gone)
	if err != nil {
		tw.t.Fatal(err)
	}
	tw.open(sqlite.Options{})
	return done
}

// meet makes a call of the life before and takes what the server says of the new one.
func (p *phone) meet() *pb.Epoch {
	p.tw.t.Helper()
	out, err := p.tw.r.Sync(context.Background(), p.caller, p.request())
	if err != nil {
		p.tw.t.Fatal(err)
	}
	e := out.GetEpoch()
	if e == nil || len(out.GetRows())+len(out.GetAcks()) > 0 {
		p.tw.t.Fatalf("another epoch was answered with %v", out)
	}
	p.join.Epoch = e.GetId()
	at := map[string]uint64{}
	for _, c := range e.GetAt() {
		at[string(c.GetUnit())] = c.GetSeq()
	}
	for _, c := range p.cursors {
		c.Seq = proto.Uint64(min(c.GetSeq(), at[string(c.GetUnit())]))
	}
	p.last = min(p.last, e.GetLastOp())
	p.held, p.filling = nil, nil
	return e
}

// resent is a change as a phone sends it again: with the stamp that it got.
func resent(t *testing.T, raw []byte, stamp uint64) []byte {
	t.Helper()
	p := &pb.Patch{}
	if err := proto.Unmarshal(raw, p); err != nil {
		t.Fatal(err)
	}
	p.GivenStamp = &stamp
	b, err := proto.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (p *phone) offer(rows ...*pb.Row) *pb.SyncResponse {
	p.tw.t.Helper()
	req := p.request()
	req.Offers = rows
	out, err := p.tw.r.Sync(context.Background(), p.caller, req)
	if err != nil {
		p.tw.t.Fatal(err)
	}
	p.take(out)
	return p.sync()
}

// suggestions are those on a secretary's desk.
func (p *phone) suggestions() map[book.ID]*pb.Suggestion {
	out := map[book.ID]*pb.Suggestion{}
	for id, row := range p.rows {
		if row.GetEnvelope().GetKind() == pb.Kind_KIND_SUGGESTION {
			m := &pb.Suggestion{}
			if _, err := lww.Decode(row.GetBody(), m); err != nil {
				p.tw.t.Fatal(err)
			}
			out[id] = m
		}
	}
	return out
}

func TestARestoredServerGetsBackWhatPhonesHave(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, sqlite.Options{})
	member, secretary := tw.phone("Bình"), tw.phone("An")
	member.sync()
	secretary.sync()
	h := member.household("Hộ Bình1")
	first := member.id()
	member.sync(member.consent(h), member.visit(first, h, "trước khi sao lưu"))
	copied := tw.backup()

	tw.clock = tw.clock.Add(time.Hour)
	second := member.id()
	op := member.visit(second, h, "sau khi sao lưu")
	member.sync(op)
	ack := member.acks[3]
	secretary.sync()
	foreign := secretary.rows[second]
	if foreign == nil {
		t.Fatal("the secretary has not seen the visit")
	}
	edited := secretary.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Hamlet: proto.String("Xóm Mới")})
	secretary.sync(edited)
	household := secretary.rows[h]
	late := tw.phone("Cúc")
	late.sync()
	before := tw.clock

	tw.clock = tw.clock.Add(time.Hour)
	done := tw.restore(copied)
	if done.Devices != 2 || done.Rows == 0 || done.AsOf.After(before.Add(-time.Minute)) {
		t.Errorf("restored: %+v", done)
	}
	// A device that enrolled since is unknown, not revoked, and nobody gets its number.
	if _, err := tw.r.Authenticate(ctx, late.join.GetToken()); !isProblem(err, pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN) {
		t.Errorf("a device of the lost days: %v", err)
	}
	if n := tw.phone("Cúc"); n.device <= late.device {
		t.Errorf("device number %d is given again", n.device)
	}

	e := secretary.meet()
	if e.GetLastOp() != 0 || len(e.GetAt()) != 2 || string(e.GetParent()) == string(e.GetId()) {
		t.Errorf("epoch: %v", e)
	}
	secretary.rows = map[book.ID]*pb.Row{}
	secretary.cursors = nil
	secretary.sync()
	if secretary.rows[second] != nil {
		t.Fatal("the restored server has what it lost")
	}

	// The secretary offers the visit twice, and a household that she had edited.
	for range 2 {
		secretary.offer(foreign, household)
	}
	waiting := secretary.suggestions()
	if len(waiting) != 2 {
		t.Fatalf("%d rows wait on the desk, want 2", len(waiting))
	}
	for _, m := range waiting {
		if m.GetWhy() != pb.SuggestionReason_SUGGESTION_REASON_RESTORED || m.GetSettled() {
			t.Errorf("on the desk: %v", m)
		}
	}

	// The member's phone sends its own again: the same stamp, and nothing is left to decide.
	if e := member.meet(); e.GetLastOp() != 2 {
		t.Errorf("the server says it has %d changes", e.GetLastOp())
	}
	member.sync(resent(t, op, ack.GetStamp()))
	if got := member.acks[3]; got.GetResult() != pb.Result_RESULT_STORED || got.GetStamp() != ack.GetStamp() {
		t.Errorf("sent again: %v, before %v", got, ack)
	}
	secretary.sync()
	var open []book.ID
	for id, m := range secretary.suggestions() {
		if !m.GetSettled() {
			open = append(open, id)
		}
	}
	if len(open) != 1 {
		t.Fatalf("%d rows are left to decide, want the household", len(open))
	}

	// The verdict alone makes the server take the row over, with its stamps and author.
	secretary.sync(secretary.patch(pb.Kind_KIND_SUGGESTION, open[0], book.ID{}, false, &pb.Suggestion{Verdict: pb.Verdict_VERDICT_APPROVED.Enum()}))
	if got := secretary.rows[h]; lww.RowHash(got) != lww.RowHash(household) {
		t.Errorf("taken over:\n%v\nwas\n%v", got, household)
	}
	secretary.equal()
	member.sync()
	member.equal()
	tw.sound()
}

func isProblem(err error, code pb.ProblemCode) bool {
	var p *Problem
	return errors.As(err, &p) && p.Code == code
}

// What stood on something that the restored server lacks is not the writer's to mend.
func TestAChangeSentAgainIsNeverRefused(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	secretary, member := tw.phone("An"), tw.phone("Bình")
	secretary.sync()
	member.sync()
	copied := tw.backup()
	// The household becomes Bình's only after the backup.
	h := secretary.household("Hộ An1")
	secretary.sync(secretary.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Member: tw.by["Bình"].Bytes()}))
	member.sync()
	consent := member.consent(h)
	visit := member.visit(member.id(), h, "hộ mới nhận")
	member.sync(consent, visit)
	stamps := []uint64{member.acks[1].GetStamp(), member.acks[2].GetStamp()}
	tw.restore(copied)
	member.meet()
	member.sync(resent(t, consent, stamps[0]), resent(t, visit, stamps[1]))
	for n := uint64(1); n <= 2; n++ {
		if got := member.acks[n].GetResult(); got != pb.Result_RESULT_SUGGESTION {
			t.Errorf("change %d: %v", n, got)
		}
	}
	tw.sound()
}

func TestAPhoneGoesOnAboveAGapOnce(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	h := member.household("Hộ Bình1")
	copied := tw.backup()
	member.sync(member.consent(h), member.visit(member.id(), h, "một"), member.visit(member.id(), h, "hai"))
	tw.restore(copied)
	member.meet()
	// The phone let go of its first two: a backup that is lost as well had them.
	member.last = 2
	member.sync(member.visit(member.id(), h, "ba"))
	if member.acks[3] == nil {
		t.Fatal("no ack above the gap")
	}
	member.last = 9
	if _, err := tw.r.Sync(ctx, member.caller, member.request(member.visit(member.id(), h, "bốn"))); !isProblem(err, pb.ProblemCode_PROBLEM_CODE_GAP) {
		t.Errorf("a second gap: %v", err)
	}
}

func TestEpochsInARow(t *testing.T) {
	e := func(s string) []byte { return []byte(strings.Repeat(s, 16)) }
	chain := []branchOff{
		{From: e("a"), At: map[string]uint64{"x": 100, "y": 10}},
		{From: e("b"), At: map[string]uint64{"x": 90, "y": 20, "z": 5}},
	}
	cases := map[string]map[string]uint64{
		"a": {"x": 90, "y": 10},
		"b": {"x": 90, "y": 20, "z": 5},
		"?": {},
	}
	for named, want := range cases {
		got := commonPast(chain, e(named)[:8])
		if len(got) != len(want) {
			t.Errorf("%s: %v, want %v", named, got, want)
		}
		for u, seq := range want {
			if got[u] != seq {
				t.Errorf("%s: %s at %d, want %d", named, u, got[u], seq)
			}
		}
	}
}

// A phone whose token is younger than the backup proves itself with its key.
func TestReclaimToken(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	ask := func(p *phone, channel string) (*pb.ReclaimTokenResponse, error) {
		sig := seal.SignReclaim(p.key, seal.ReclaimClaim{Server: p.join.GetServer(), Device: p.device, Channel: []byte(channel), SPKI: []byte("leaf")})
		return tw.r.ReclaimToken(ctx, Channel{EKM: []byte("this"), SPKI: []byte("leaf")}, &pb.ReclaimTokenRequest{Device: &p.device, Signature: sig})
	}
	if _, err := ask(member, "this"); !isProblem(err, pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN) {
		t.Errorf("a server that was never restored: %v", err)
	}
	copied := tw.backup()
	rotated, err := tw.r.RotateToken(ctx, member.caller, &pb.RotateTokenRequest{})
	if err != nil {
		t.Fatal(err)
	}
	tw.restore(copied)
	if _, err := tw.r.Authenticate(ctx, rotated.GetToken()); !isProblem(err, pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN) {
		t.Fatalf("the new token: %v", err)
	}
	if _, err := ask(member, "another"); !isProblem(err, pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN) {
		t.Errorf("a signature for another connection: %v", err)
	}
	got, err := ask(member, "this")
	if err != nil {
		t.Fatal(err)
	}
	if c, err := tw.r.Authenticate(ctx, got.GetToken()); err != nil || c.Device != member.device {
		t.Errorf("the token that was given: %v", err)
	}
	if err := tw.r.Revoke(ctx, member.device); err != nil {
		t.Fatal(err)
	}
	// A revoked device may hand its work over, and nothing else.
	last, err := ask(member, "this")
	if err != nil {
		t.Fatal(err)
	}
	if c, err := tw.r.Authenticate(ctx, last.GetToken()); !isProblem(err, pb.ProblemCode_PROBLEM_CODE_TOKEN_REVOKED) || c.Device != member.device || !c.Revoked {
		t.Errorf("a revoked device: %+v %v", c, err)
	}
}

// Who was revoked after the backup stays revoked.
func TestARestoreLetsNobodyInAgain(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, sqlite.Options{})
	member, other := tw.phone("Bình"), tw.phone("Cúc")
	codes, err := tw.r.IssueCodes(ctx, []Person{{ID: tw.by["Bình"]}})
	if err != nil {
		t.Fatal(err)
	}
	copied := tw.backup()
	if err := tw.r.Revoke(ctx, member.device); err != nil {
		t.Fatal(err)
	}
	if done := tw.restore(copied); done.Revoked != 1 || done.Codes != 1 {
		t.Errorf("restored: %+v", done)
	}
	if _, err := tw.r.Authenticate(ctx, member.join.GetToken()); !isProblem(err, pb.ProblemCode_PROBLEM_CODE_TOKEN_REVOKED) {
		t.Errorf("the revoked phone: %v", err)
	}
	if _, err := tw.r.Authenticate(ctx, other.join.GetToken()); err != nil {
		t.Errorf("another phone: %v", err)
	}
	nonce := make([]byte, 32)
	public := seal.NewDeviceKey(rand.Reader).Public().(ed25519.PublicKey)
	proof := seal.Proof(seal.CodeKey(codes[0].Code.Secret), seal.PhoneSide, nil, nil, nonce, public)
	if _, err := tw.r.Join(ctx, Channel{}, &pb.JoinRequest{Code: &codes[0].Code.ID, Nonce: nonce, Proof: proof[:], DeviceKey: public}); err == nil {
		t.Error("a code of before the restore is still good")
	}
}

func TestListingsAreForTheViewAndAtMostHourly(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, sqlite.Options{})
	member, other := tw.phone("Bình"), tw.phone("Em")
	member.sync()
	other.sync()
	theirs := other.household("Hộ Em1")
	ask := func() []*pb.Listing {
		t.Helper()
		req := member.request()
		own := member.household("Hộ Bình1")
		for _, id := range []book.ID{own, own, theirs} {
			req.Compare = append(req.Compare, book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: id}.Proto())
		}
		out, err := tw.r.Sync(ctx, member.caller, req)
		if err != nil {
			t.Fatal(err)
		}
		return out.GetListings()
	}
	first := ask()
	if len(first) != 1 || len(first[0].GetRows()) != 1 {
		t.Fatalf("listings: %v", first)
	}
	id, _ := book.IDFrom(first[0].GetRows()[0].GetId())
	if first[0].GetRows()[0].GetHash() != lww.RowHash(member.rows[id]) {
		t.Error("the hash is not that of the row")
	}
	if again := ask(); len(again) != 0 {
		t.Errorf("a second listing within the hour: %v", again)
	}
	tw.clock = tw.clock.Add(time.Hour)
	if later := ask(); len(later) != 1 || tw.r.Differences() != 3 {
		t.Errorf("after an hour: %d listings, %d differences counted", len(later), tw.r.Differences())
	}
}

// More changes than a day has room for are asked for later, one by one in their order, and
// none is lost.
func TestADayHasRoomForSoMany(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	tw.r.dayOps = 3
	member := tw.phone("Bình")
	member.sync()
	h := member.household("Hộ Bình1")
	var ops [][]byte
	ops = append(ops, member.consent(h))
	for range 4 {
		ops = append(ops, member.visit(member.id(), h, "một ngày"))
	}
	out, err := tw.r.Sync(context.Background(), member.caller, member.request(ops...))
	if err != nil {
		t.Fatal(err)
	}
	var got []pb.Result
	for _, a := range out.GetAcks() {
		got = append(got, a.GetResult())
	}
	if len(got) != 4 || got[2] != pb.Result_RESULT_STORED || got[3] != pb.Result_RESULT_LATER || out.GetRetryAfterS() == 0 {
		t.Fatalf("acks %v, again in %d s", got, out.GetRetryAfterS())
	}
	member.take(out)
	tw.clock = tw.clock.Add(24 * time.Hour)
	member.last = 3
	member.sync(ops[3:]...)
	if n := member.acks[5].GetResult(); n != pb.Result_RESULT_STORED {
		t.Errorf("the next day: %v", n)
	}
}

func TestGoneIsReadBackAndSurvivesACrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), ErasedFile)
	a, b := book.ID{1}, book.ID{2}
	for _, g := range []Gone{{Households: map[book.ID][]book.ID{a: {a, b}}}, {Devices: map[uint32]RevokedDevice{7: {Name: "ab"}}}} {
		if err := appendGone(path, g); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if err := appendGone(path, Gone{Devices: map[uint32]RevokedDevice{9: {Name: "cd"}}}); err != nil {
			t.Fatal(err)
		}
		g, err := ReadGone(path)
		if err != nil || g.Devices[9].Name != "cd" {
			t.Fatalf("cut at %d: %v %v", cut, g, err)
		}
		if _, ok := g.Households[a]; ok && len(g.Households[a]) != 2 {
			t.Errorf("cut at %d: half an entry counts", cut)
		}
	}
	for _, bad := range []string{"erased zz\n", "revoked x y\n", "hello\n", "erased 00\n"} {
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadGone(path); !errors.Is(err, errGone) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// What the commune itself holds waits for the administrator; no branch sees it.
func TestRowsOfTheCommuneWaitForTheAdministrator(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, sqlite.Options{})
	secretary := tw.phone("An")
	secretary.sync()
	copied := tw.backup()
	commune, _ := book.IDFrom(secretary.join.GetCommune())
	officer, err := tw.r.AddPerson(ctx, commune, "Giang", pb.Office_OFFICE_OFFICER)
	if err != nil {
		t.Fatal(err)
	}
	secretary.sync()
	row := secretary.rows[officer]
	if row == nil {
		t.Fatal("the officer's row has not come")
	}
	tw.restore(copied)
	secretary.meet()
	secretary.offer(row)
	if n := len(secretary.suggestions()); n != 0 {
		t.Errorf("%d offers of the commune's rows are on a branch's desk", n)
	}
	waiting, err := tw.r.CommuneOffers(ctx)
	if err != nil || len(waiting) != 1 || waiting[0].Record != officer || waiting[0].Kind != pb.Kind_KIND_MEMBER || !waiting[0].Missing {
		t.Fatalf("for the administrator: %+v %v", waiting, err)
	}
	if err := tw.r.DecideCommuneOffer(ctx, waiting[0].Record, true); !isProblem(err, pb.ProblemCode_PROBLEM_CODE_NOT_YOURS) {
		t.Errorf("no offer: %v", err)
	}
	if err := tw.r.DecideCommuneOffer(ctx, waiting[0].ID, true); err != nil {
		t.Fatal(err)
	}
	secretary.sync()
	// The office is the administrator's to give again: no phone brings one.
	var m pb.Member
	if got := secretary.rows[officer]; got == nil {
		t.Error("not taken over")
	} else if _, err := lww.Decode(got.GetBody(), &m); err != nil || m.GetName() != "Giang" || m.GetOffice() != 0 {
		t.Errorf("taken over: %v %v", &m, err)
	}
	if again, err := tw.r.CommuneOffers(ctx); err != nil || len(again) != 0 {
		t.Errorf("still waiting: %+v %v", again, err)
	}
	tw.sound()
}

// A phone cannot make with an offer what it may not write: no office, no row for everybody,
// nothing of another branch, nothing of a household of another branch.
func TestOffersGiveNoRights(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member, secretary, other := tw.phone("Bình"), tw.phone("An"), tw.phone("Em")
	for _, p := range []*phone{member, secretary, other} {
		p.sync()
	}
	tw.restore(tw.backup())
	for _, p := range []*phone{member, secretary, other} {
		p.meet()
		p.sync()
	}
	h := member.household("Hộ Bình1")
	branch, _ := book.IDFrom(member.join.GetBranch())
	stamp := uint64(hlcAt(tw.clock.Add(-time.Minute)))
	row := func(kind pb.Kind, id, subject book.ID, holder book.Holder, m proto.Message) *pb.Row {
		body, err := lww.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		return &pb.Row{Envelope: &pb.Envelope{Kind: kind.Enum(), Id: id.Bytes(), Author: tw.by["An"].Bytes(), Subject: subject.Bytes(), Holder: holder.Proto()},
			Body: body, Stamp: &stamp, Device: proto.Uint32(1)}
	}
	household := func(id book.ID) book.Holder { return book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: id} }
	everybody := book.Holder{Kind: pb.HolderKind_HOLDER_KIND_BRANCH, ID: branch}
	unknown := member.id()
	visit := &pb.Visit{Day: proto.Int32(20778), Contact: pb.Contact_CONTACT_AT_HOME.Enum(), Note: proto.String("bịa")}
	cases := []struct {
		name string
		row  *pb.Row
		lies bool
	}{
		{"a visit of an own household", row(pb.Kind_KIND_VISIT, member.id(), h, household(h), visit), true},
		{"a visit of a household that is not here", row(pb.Kind_KIND_VISIT, member.id(), unknown, household(unknown), visit), true},
		{"a visit for everybody", row(pb.Kind_KIND_VISIT, member.id(), h, everybody, visit), false},
		{"the same of an unknown household", row(pb.Kind_KIND_VISIT, member.id(), unknown, everybody, visit), false},
		{"a visit under another household", row(pb.Kind_KIND_VISIT, member.id(), unknown, household(h), visit), false},
		{"of another branch's household", row(pb.Kind_KIND_VISIT, member.id(), other.household("Hộ Em1"), household(other.household("Hộ Em1")), visit), false},
		{"a step on nothing, held by all", row(pb.Kind_KIND_STEP, member.id(), unknown, everybody, &pb.Step{Reason: proto.String("x")}), false},
		{"a suggestion of the own desk", row(pb.Kind_KIND_SUGGESTION, member.id(), unknown, book.Holder{Kind: pb.HolderKind_HOLDER_KIND_DESK, ID: branch}, &pb.Suggestion{Number: proto.Uint64(4)}), true},
		{"a suggestion of another desk", row(pb.Kind_KIND_SUGGESTION, member.id(), unknown, book.Holder{Kind: pb.HolderKind_HOLDER_KIND_DESK, ID: member.id()}, &pb.Suggestion{Number: proto.Uint64(5)}), false},
		{"a broken body", &pb.Row{Envelope: row(pb.Kind_KIND_VISIT, member.id(), h, household(h), visit).GetEnvelope(), Body: []byte{0xff}, Stamp: &stamp}, false},
		{"a stamp of next year", func() *pb.Row {
			r := row(pb.Kind_KIND_VISIT, member.id(), h, household(h), visit)
			r.Stamp = proto.Uint64(uint64(hlcAt(tw.clock.Add(365 * 24 * time.Hour))))
			return r
		}(), false},
	}
	for _, c := range cases {
		before := len(secretary.suggestions())
		member.offer(c.row)
		secretary.sync()
		if n := len(secretary.suggestions()) - before; n != map[bool]int{true: 1}[c.lies] {
			t.Errorf("%s: %d on the desk", c.name, n)
		}
	}

	// A member's row with an office in it is taken over without the office.
	forged := &pb.Row{}
	proto.Merge(forged, secretary.rows[tw.by["Bình"]])
	body, err := lww.Encode(&pb.Member{Name: proto.String("Bình đổi tên"), Office: pb.Office_OFFICE_SECRETARY.Enum(), HasDevice: proto.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	forged.Body, forged.Stamp, forged.Later = body, &stamp, nil
	before := secretary.suggestions()
	member.offer(forged)
	secretary.sync()
	approve := func() {
		for id := range secretary.suggestions() {
			if before[id] == nil {
				secretary.sync(secretary.patch(pb.Kind_KIND_SUGGESTION, id, book.ID{}, false, &pb.Suggestion{Verdict: pb.Verdict_VERDICT_APPROVED.Enum()}))
			}
		}
	}
	approve()
	var m pb.Member
	if _, err := lww.Decode(secretary.rows[tw.by["Bình"]].GetBody(), &m); err != nil {
		t.Fatal(err)
	}
	if m.GetOffice() == pb.Office_OFFICE_SECRETARY {
		t.Error("an offer made somebody secretary")
	}

	// What stands on nothing is refused until that is offered too; then it comes along.
	step := row(pb.Kind_KIND_STEP, member.id(), unknown, household(h), &pb.Step{What: pb.StepKind_STEP_KIND_TOLD.Enum(), Reason: proto.String("x")})
	before = secretary.suggestions()
	member.offer(step)
	secretary.sync()
	approve()
	if a := secretary.acks[secretary.last]; a.GetRefusal().GetRule() != book.SubjectMissing().Rule {
		t.Errorf("a step on nothing: %v", a)
	}
	member.offer(row(pb.Kind_KIND_PETITION, unknown, h, household(h), &pb.Petition{Day: proto.Int32(20778), Text: proto.String("đường hỏng")}))
	id, _ := book.IDFrom(step.GetEnvelope().GetId())
	for waiting, s := range secretary.suggestions() {
		if row := secretary.rows[waiting]; string(row.GetEnvelope().GetSubject()) == string(id[:]) && s.GetVerdict() == 0 {
			secretary.sync(secretary.patch(pb.Kind_KIND_SUGGESTION, waiting, book.ID{}, false, &pb.Suggestion{Verdict: pb.Verdict_VERDICT_APPROVED.Enum()}))
		}
	}
	if secretary.rows[id] == nil || secretary.rows[unknown] == nil {
		t.Errorf("step %v, petition %v", secretary.rows[id], secretary.rows[unknown])
	}
	secretary.equal()
	tw.sound()
}

// What waited on a desk comes back from the desk's phone, once, whoever is first.
func TestWhatWaitedOnADeskComesBack(t *testing.T) {
	for _, writerFirst := range []bool{false, true} {
		tw := newTown(t, sqlite.Options{})
		member, secretary := tw.phone("Bình"), tw.phone("An")
		member.sync()
		secretary.sync()
		copied := tw.backup()
		refused := member.visit(member.id(), secretary.household("Hộ Cúc1"), "nhà người khác")
		member.sync(refused)
		secretary.sync()
		var had *pb.Row
		for _, row := range secretary.rows {
			if row.GetEnvelope().GetKind() == pb.Kind_KIND_REFUSED {
				had = row
			}
		}
		if had == nil {
			t.Fatal("the desk has no refused change")
		}
		tw.restore(copied)
		writer := func() {
			member.meet()
			member.last = 0
			member.sync(refused)
		}
		secretary.meet()
		secretary.rows, secretary.cursors = map[book.ID]*pb.Row{}, nil
		if writerFirst {
			writer()
		}
		secretary.offer(had)
		secretary.offer(had)
		if !writerFirst {
			writer()
		}
		secretary.sync()
		n := 0
		for _, row := range secretary.rows {
			m, err := deskSuggestion(row.GetEnvelope().GetKind(), row.GetBody())
			if k := row.GetEnvelope().GetKind(); (k == pb.Kind_KIND_SUGGESTION || k == pb.Kind_KIND_REFUSED) && err == nil && string(m.GetPatch()) == string(refused) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("writer first %v: %d times on the desk", writerFirst, n)
		}
		secretary.equal()
		tw.sound()
	}
}

func hlcAt(t time.Time) hlc.Stamp { return hlc.Stamp(uint64(t.UnixMilli()) << 16) }

// More offers than any book has rows are held back, all of them, and the phone keeps them.
func TestOffersHaveALimitADay(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	for _, c := range []struct {
		n    int
		wait time.Duration
		may  bool
	}{{dayOffers, 0, true}, {1, 0, false}, {1, 24 * time.Hour, true}} {
		tw.clock = tw.clock.Add(c.wait)
		if got := tw.r.mayOffer(7, c.n); got != c.may {
			t.Errorf("%d more: %v", c.n, got)
		}
	}
}
