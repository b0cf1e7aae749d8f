package store

import (
	"errors"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/lww"
)

func states(s *Store) []OpState {
	var out []OpState
	for _, o := range s.Snapshot().ops {
		out = append(out, o.State)
	}
	return out
}

func wantStates(t *testing.T, s *Store, want ...OpState) {
	t.Helper()
	if got := states(s); !slices.Equal(got, want) {
		t.Errorf("states %v, want %v", got, want)
	}
}

func TestTheFirstReply(t *testing.T) {
	s, _ := made(t)
	out := applied(t, s, Delta{
		View: view(standing()...), Cursors: cursors(5, 10), PhoneMS: 77, Now: hlc.Make(100, 0),
		Rows: []*pb.Row{visitRow(t, 1, 1, 9, "một")},
		Filling: []*pb.Filling{
			{Holder: household(1).Proto(), Grant: proto.Uint64(3), Upto: proto.Uint64(10), Phase: proto.Uint32(1), Below: proto.Uint64(9)},
			{Holder: communeHolder.Proto(), Grant: proto.Uint64(1), Done: proto.Bool(true)},
		},
	})
	st := s.Snapshot().State()
	if out.Rows != 1 || len(st.Grants) != 1 || st.Grants[0] != (Grant{communeHolder, 1}) || len(st.Fillings) != 4 {
		t.Fatalf("%+v %+v", out, st)
	}
	for _, f := range st.Fillings {
		want := Filling{Grant: f.Grant, Upto: 10, Below: 11}
		if f.Holder == household(1) {
			want = Filling{Grant: f.Grant, Upto: 10, Below: 9, Phase: 1}
		}
		if f != want {
			t.Errorf("filling %+v, want %+v", f, want)
		}
	}
	if st.Cursor(branch) != 10 || st.Cursor(commune) != 5 || st.ServerNow != hlc.Make(100, 0) || st.LastSyncMS != 77 || st.SkewMS != 23 {
		t.Errorf("state %+v", st)
	}
	// A filling that was not named keeps its place; an older place changes nothing.
	applied(t, s, Delta{Filling: []*pb.Filling{{Holder: household(1).Proto(), Grant: proto.Uint64(3), Upto: proto.Uint64(10), Phase: proto.Uint32(0), Below: proto.Uint64(2)}}})
	if f := s.Snapshot().State().Fillings; !slices.Contains(f, Filling{Grant: Grant{household(1), 3}, Upto: 10, Below: 9, Phase: 1}) {
		t.Errorf("fillings %+v", f)
	}
	applied(t, s, Delta{Filling: done(standing()...), View: nil})
	if st := s.Snapshot().State(); len(st.Fillings) != 0 || len(st.Grants) != 5 {
		t.Errorf("state %+v", st)
	}
}

func TestAcks(t *testing.T) {
	s, _ := settledBook(t)
	for n := range uint64(6) {
		added(t, s, visitWrite(t, n+1, 1, true, "x"))
	}
	frozen(t, s, 1<<20)
	// 3 is missing: 4 is left alone, and goes again.
	out := applied(t, s, Delta{Acks: []*pb.Ack{stored(4, 20), stored(1, 11), result(2, pb.Result_RESULT_PARKED)}})
	wantStates(t, s, Stored, Parked, Sending, Sending, Sending, Sending)
	if st := s.Snapshot().State(); st.Confirmed != 2 || len(out.Refused) != 0 {
		t.Errorf("confirmed %d", st.Confirmed)
	}
	if ops := frozen(t, s, 1<<20); len(ops) != 4 || ops[0].Number != 3 {
		t.Errorf("to send: %v", ops)
	}
	out = applied(t, s, Delta{Acks: []*pb.Ack{result(3, pb.Result_RESULT_REFUSED), result(4, pb.Result_RESULT_SUGGESTION), result(5, pb.Result_RESULT_LATER), result(6, pb.Result_RESULT_LATER)}})
	wantStates(t, s, Stored, Parked, Refused, Suggested, Sending, Sending)
	if len(out.Refused) != 1 || out.Refused[0].Number != 3 || len(s.Snapshot().Mend()) != 1 {
		t.Errorf("refused %v", out.Refused)
	}
	// A late answer settles the parked one; an answer for what was answered changes nothing.
	applied(t, s, Delta{Acks: []*pb.Ack{stored(2, 30), result(3, pb.Result_RESULT_STORED), stored(99, 1)}})
	wantStates(t, s, Stored, Stored, Refused, Suggested, Sending, Sending)
	// The row comes when the cursor passes.
	applied(t, s, Delta{Cursors: cursors(5, 29)})
	wantStates(t, s, Done, Stored, Refused, Suggested, Sending, Sending)
	applied(t, s, Delta{Cursors: cursors(5, 12)})
	if c := s.Snapshot().State().Cursor(branch); c != 29 {
		t.Errorf("cursor went back to %d", c)
	}
	// A backup of the server has the first: nothing more is kept of it.
	applied(t, s, Delta{Kept: 1})
	wantStates(t, s, Stored, Refused, Suggested, Sending, Sending)
	// Acks for another device number are not ours.
	if _, err := s.Apply(t.Context(), Delta{Device: 8, Acks: []*pb.Ack{stored(5, 40)}}); err != nil {
		t.Fatal(err)
	}
	wantStates(t, s, Stored, Refused, Suggested, Sending, Sending)
}

func TestAStoredChangeGivesWayToItsRow(t *testing.T) {
	s, _ := settledBook(t, visitRow(t, 1, 1, 8, "cũ"))
	added(t, s, visitWrite(t, 1, 1, false, "của tôi"))
	frozen(t, s, 1)
	applied(t, s, Delta{Acks: []*pb.Ack{stored(1, 12)}})
	if got := note(t, s.Snapshot(), 1); got != "của tôi" {
		t.Errorf("stored: %q", got)
	}
	// Someone wrote after it: their row stands, even before the cursor is known.
	applied(t, s, Delta{Rows: []*pb.Row{visitRow(t, 1, 1, 13, "của người sau")}})
	if got := note(t, s.Snapshot(), 1); got != "của người sau" {
		t.Errorf("row: %q", got)
	}
	// An older row changes nothing.
	applied(t, s, Delta{Rows: []*pb.Row{visitRow(t, 1, 1, 9, "trang cũ")}})
	if got := note(t, s.Snapshot(), 1); got != "của người sau" {
		t.Errorf("older row: %q", got)
	}
}

func TestMending(t *testing.T) {
	s, _ := settledBook(t)
	added(t, s, visitWrite(t, 1, 1, true, "a"), visitWrite(t, 1, 1, false, "b"), visitWrite(t, 2, 1, true, "c"))
	frozen(t, s, 1<<20)
	refused := func(n uint64) *pb.Ack { return result(n, pb.Result_RESULT_REFUSED) }
	applied(t, s, Delta{Acks: []*pb.Ack{refused(1), refused(2), refused(3)}})
	if _, ok := s.Snapshot().Record(id('V', 1)); ok {
		t.Error("a refused record is shown as if it stood")
	}
	w := visitWrite(t, 1, 1, true, "ab")
	w.Mends = true
	added(t, s, w)
	wantStates(t, s, Done, Done, Refused, Waiting)
	if m := s.Snapshot().Mend(); len(m) != 1 || m[0].Record != id('V', 2) || note(t, s.Snapshot(), 1) != "ab" {
		t.Errorf("to mend: %v", m)
	}
}

// The edits of a refused new record that wait would reach the server before the new creation.
func TestMendingANewRecordTakesItsEditsAlong(t *testing.T) {
	s, _ := settledBook(t)
	added(t, s, visitWrite(t, 1, 1, true, "a"))
	frozen(t, s, 1)
	added(t, s, visitWrite(t, 1, 1, false, "b"), visitWrite(t, 2, 1, true, "c"))
	applied(t, s, Delta{Acks: []*pb.Ack{result(1, pb.Result_RESULT_REFUSED)}})
	whole := visitWrite(t, 1, 1, true, "ab")
	whole.Mends = true
	added(t, s, whole)
	wantStates(t, s, Done, Waiting, Waiting)
	if ops := frozen(t, s, 1<<20); len(ops) != 2 || ops[0].Record != id('V', 2) || !ops[1].Patch().GetCreate() {
		t.Errorf("to send: %+v", ops)
	}
}

func TestAHouseholdLeavesWhenNothingIsUnsent(t *testing.T) {
	s, o := settledBook(t, visitRow(t, 1, 1, 8, "một"), visitRow(t, 2, 2, 9, "hai"))
	added(t, s, visitWrite(t, 3, 1, true, "chưa gửi"))
	if err := s.SaveDraft(t.Context(), Draft{ID: id('V', 4), Kind: pb.Kind_KIND_VISIT, Holder: household(1), Unit: branch, Patch: visitWrite(t, 4, 1, true, "dở").Patch}); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveDraft(t.Context(), Draft{ID: id('V', 5), Holder: household(1), Unit: branch, Form: []byte("trống")}); err != nil {
		t.Fatal(err)
	}
	rest := standing()[:3]
	out := applied(t, s, Delta{View: view(rest...), Cursors: cursors(5, 11)})
	b := s.Snapshot()
	if len(out.Left) != 2 || !b.Leaving(household(1)) || b.Leaving(household(2)) {
		t.Fatalf("left %v, leaving %v", out.Left, b.State().Leaving)
	}
	if note(t, b, 1) != "một" || note(t, b, 2) != "(none)" || note(t, b, 3) != "chưa gửi" {
		t.Error("household 1 should stay whole, household 2 go")
	}
	// Its drafts became changes; the empty one went. It takes no new work.
	wantStates(t, s, Waiting, Waiting)
	if x := slices.Collect(b.Ops())[1]; !x.Left || x.Record != id('V', 4) || len(b.Drafts()) != 0 {
		t.Errorf("draft: %+v", x)
	}
	var leaving *LeavingError
	if _, err := s.AddOps(t.Context(), visitWrite(t, 6, 1, true, "thêm")); !errors.As(err, &leaving) {
		t.Errorf("new work: %v", err)
	}
	if err := s.SaveDraft(t.Context(), Draft{ID: id('V', 6), Holder: household(1)}); !errors.As(err, &leaving) {
		t.Errorf("new draft: %v", err)
	}
	// The same view again changes nothing, after a restart too.
	s = reopen(t, s)
	applied(t, s, Delta{View: view(rest...)})
	if note(t, s.Snapshot(), 1) != "một" {
		t.Error("household 1 went too early")
	}
	frozen(t, s, 1<<20)
	applied(t, s, Delta{Acks: []*pb.Ack{stored(1, 90)}})
	if note(t, s.Snapshot(), 1) != "một" {
		t.Error("household 1 went with a draft unsent")
	}
	applied(t, s, Delta{Acks: []*pb.Ack{result(2, pb.Result_RESULT_SUGGESTION)}})
	b = s.Snapshot()
	if b.Len() != 0 || len(b.State().Leaving) != 0 || len(slices.Collect(b.Ops())) != 0 {
		t.Errorf("after the outbox is empty: %d records, %v, ops %v", b.Len(), b.State().Leaving, slices.Collect(b.Ops()))
	}
	for _, x := range b.ops {
		if x.State != Done || !x.Away {
			t.Errorf("left behind: %+v", x)
		}
	}
	if _, ok := s.keys[scopeOf(household(1))]; ok {
		t.Error("the key of household 1 is still here")
	}
	var keys int
	if err := s.db.QueryRow("SELECT count(*) FROM key").Scan(&keys); err != nil || keys != 3 {
		t.Errorf("%d keys, %v", keys, err)
	}
	s.Close()
	s = opened(t, o)
	if b := s.Snapshot(); b.Len() != 0 || b.Damaged() != 0 || len(b.ops) != 2 {
		t.Errorf("after reopening: %d records, %d damaged, %d changes", b.Len(), b.Damaged(), len(b.ops))
	}
	// A backup of the server has the first, then all: nothing is kept any longer.
	for kept, want := range []int{2, 1, 0} {
		applied(t, s, Delta{Kept: uint64(kept)})
		if n := len(s.Snapshot().ops); n != want {
			t.Errorf("with %d in a backup: %d changes", kept, n)
		}
	}
}

func TestAHouseholdThatComesBackIsFilledAgain(t *testing.T) {
	s, _ := settledBook(t, visitRow(t, 1, 1, 8, "một"), visitRow(t, 2, 2, 9, "hai"))
	added(t, s, visitWrite(t, 3, 1, true, "chưa gửi"))
	// A→B→A missed: household 1 has another grant number now, household 2 the same.
	grants := standing()
	grants[3].Number = 50
	applied(t, s, Delta{View: view(grants...), Cursors: cursors(5, 60)})
	b := s.Snapshot()
	if note(t, b, 1) != "(none)" || note(t, b, 2) != "hai" || note(t, b, 3) != "chưa gửi" {
		t.Error("rows of the changed grant should go, nothing else")
	}
	if st := b.State(); len(st.Fillings) != 1 || st.Fillings[0] != (Filling{Grant: grants[3], Upto: 60, Below: 61}) || len(st.Grants) != 4 {
		t.Errorf("state %+v", st)
	}
	// Leaving and coming back while a change is unsent.
	applied(t, s, Delta{View: view(standing()[:3]...), Rows: nil})
	if !s.Snapshot().Leaving(household(1)) {
		t.Fatal("not leaving")
	}
	grants[3].Number = 70
	applied(t, s, Delta{View: view(grants...), Rows: []*pb.Row{visitRow(t, 1, 1, 65, "một, sửa")}})
	b = s.Snapshot()
	if b.Leaving(household(1)) || note(t, b, 1) != "một, sửa" || note(t, b, 3) != "chưa gửi" {
		t.Errorf("leaving %v", b.State().Leaving)
	}
	added(t, s, visitWrite(t, 4, 1, true, "việc mới"))
	// A stored change stays in sight while the holder fills: its row comes with the filling.
	frozen(t, s, 1<<20)
	applied(t, s, Delta{Acks: []*pb.Ack{stored(1, 71), stored(2, 72)}, Cursors: cursors(5, 80)})
	wantStates(t, s, Stored, Stored)
	applied(t, s, Delta{Filling: done(grants[3]), Rows: []*pb.Row{visitRow(t, 3, 1, 71, "chưa gửi"), visitRow(t, 4, 1, 72, "việc mới")}})
	wantStates(t, s, Done, Done)
}

func TestRowsOfOthersAreNotKept(t *testing.T) {
	s, _ := settledBook(t)
	nobody := visitRow(t, 1, 1, 20, "x")
	nobody.Envelope.Id = nil
	out := applied(t, s, Delta{Rows: []*pb.Row{visitRow(t, 2, 9, 21, "hộ người khác"), nobody, visitRow(t, 3, 2, 22, "hộ mình")}})
	if out.Rows != 1 || out.Ignored != 2 || s.Snapshot().Len() != 1 {
		t.Errorf("%+v", out)
	}
}

func TestASecretaryHoldsTheWholeBranch(t *testing.T) {
	s, _ := settledBook(t, visitRow(t, 1, 1, 8, "một"))
	whole := Grant{wholeBranch(branch), 40}
	secretary := []Grant{{communeHolder, 1}, whole}
	// A member becomes secretary: what is here stays while the branch fills.
	applied(t, s, Delta{View: view(secretary...), Cursors: cursors(5, 60)})
	if st := s.Snapshot().State(); note(t, s.Snapshot(), 1) != "một" || len(st.Fillings) != 1 || len(st.Grants) != 1 {
		t.Fatalf("state %+v", st)
	}
	rows := []*pb.Row{visitRow(t, 2, 8, 9, "hộ tám")}
	applied(t, s, Delta{Filling: done(whole), Rows: rows})
	digest := lww.RowHash(rows[0]) + lww.RowHash(visitRow(t, 1, 1, 8, "một"))
	right := &pb.HolderDigest{Holder: wholeBranch(branch).Proto(), Digest: proto.Uint64(digest), Rows: proto.Uint64(2)}
	if out := applied(t, s, Delta{Digests: []*pb.HolderDigest{right}}); len(out.Differs) != 0 {
		t.Errorf("differs %v", out.Differs)
	}
	// A new grant of the whole branch (the office ended and began again): all of it fills again.
	applied(t, s, Delta{View: view(secretary[0], Grant{whole.Holder, 80})})
	if s.Snapshot().Len() != 0 {
		t.Error("rows of the old grant stayed")
	}
}

func TestDigestsThatDiffer(t *testing.T) {
	s, _ := settledBook(t, visitRow(t, 1, 1, 8, "một"))
	hash := lww.RowHash(visitRow(t, 1, 1, 8, "một"))
	digest := func(h book.Holder, sum, rows uint64) *pb.HolderDigest {
		return &pb.HolderDigest{Holder: h.Proto(), Digest: proto.Uint64(sum), Rows: proto.Uint64(rows)}
	}
	all := []*pb.HolderDigest{digest(household(1), hash, 1), digest(household(2), 0, 0), digest(branchHolder, 0, 0)}
	if out := applied(t, s, Delta{Digests: all}); len(out.Differs) != 0 || s.Snapshot().State().DifferCount != 0 {
		t.Errorf("differs %v", out.Differs)
	}
	own := lww.SumDigests(append(slices.Clone(all), digest(communeHolder, 0, 0), digest(memberHolder, 0, 0)))
	if applied(t, s, Delta{Sum: &own}); s.Snapshot().State().SumDiffers {
		t.Error("the same sum differs")
	}
	other := own + 1
	applied(t, s, Delta{Sum: &other})
	if st := s.Snapshot().State(); !st.SumDiffers || st.DifferCount != 1 {
		t.Errorf("another sum: differs %v, count %d", st.SumDiffers, st.DifferCount)
	}
	if applied(t, s, Delta{Digests: all}); s.Snapshot().State().SumDiffers {
		t.Error("the lines agree, and the next call would still ask for them")
	}
	all[0].Rows = proto.Uint64(2)
	all[2].Digest = proto.Uint64(9)
	if out := applied(t, s, Delta{Digests: all, More: true}); len(out.Differs) != 0 {
		t.Error("compared in the middle of a sync")
	}
	applied(t, s, Delta{Digests: all})
	st := s.Snapshot().State()
	if !slices.Equal(st.Differs, []book.Holder{household(1), branchHolder}) || st.DifferCount != 2 || !st.SumDiffers {
		t.Errorf("state %+v", st)
	}
}

func TestACopyGoesOnAsADeviceOfItsOwn(t *testing.T) {
	s, _ := settledBook(t)
	for n := range uint64(5) {
		added(t, s, visitWrite(t, n+1, 1, true, "x"))
	}
	two := len(slices.Collect(s.Snapshot().Ops())[0].Bytes)*2 + 2*opOverhead
	frozen(t, s, two)
	applied(t, s, Delta{Acks: []*pb.Ack{stored(1, 50)}})
	bytes := slices.Collect(s.Snapshot().Ops())[1].Bytes
	notice := &pb.CloneNotice{Device: proto.Uint32(99)}
	out := applied(t, s, Delta{Clone: notice, Acks: []*pb.Ack{stored(2, 51)}})
	st := s.Snapshot().State()
	if !out.Cloned || st.Identity.Device != 99 || !st.Unconfirmed || st.Confirmed != 0 || st.LastNumber != 0 {
		t.Fatalf("%+v %+v", out, st)
	}
	wantStates(t, s, Stored, Waiting, Waiting, Waiting, Waiting)
	ops := frozen(t, s, two)
	if len(ops) != 2 || ops[0].Number != 1 || ops[0].Device != 99 || string(ops[0].Bytes) != string(bytes) {
		t.Errorf("frozen %+v", ops)
	}
	// The same notice again changes nothing more; acks go on under the new number.
	if out := applied(t, s, Delta{Clone: notice}); out.Cloned {
		t.Error("cloned twice")
	}
	applied(t, s, Delta{Clone: notice, Acks: []*pb.Ack{result(1, pb.Result_RESULT_SUGGESTION), result(2, pb.Result_RESULT_SUGGESTION)}})
	wantStates(t, s, Stored, Suggested, Suggested, Waiting, Waiting)
	// Confirmed: rows come, and the old number's change is settled by the cursor.
	applied(t, s, Delta{Clone: &pb.CloneNotice{Device: proto.Uint32(99), Confirmed: proto.Bool(true)}, Cursors: cursors(5, 60)})
	if s.Snapshot().State().Unconfirmed {
		t.Error("still unconfirmed")
	}
	wantStates(t, s, Suggested, Suggested, Waiting, Waiting)
}

func TestAnotherBranch(t *testing.T) {
	s, _ := settledBook(t, visitRow(t, 1, 1, 8, "một"))
	added(t, s, visitWrite(t, 2, 1, true, "trên đường"))
	frozen(t, s, 1)
	applied(t, s, Delta{Acks: []*pb.Ack{stored(1, 999)}})
	other := id('B', 2)
	applied(t, s, Delta{
		View:    view(Grant{communeHolder, 1}, Grant{holder(pb.HolderKind_HOLDER_KIND_BRANCH, other), 9}, Grant{household(7), 9}),
		Cursors: []*pb.Cursor{{Unit: commune.Bytes(), Seq: proto.Uint64(6)}, {Unit: other.Bytes(), Seq: proto.Uint64(300)}},
		Rows:    []*pb.Row{visitRow(t, 7, 7, 299, "hộ mới")},
	})
	b := s.Snapshot()
	st := b.State()
	if st.Identity.Branch != other || st.Cursor(branch) != 0 || st.Cursor(other) != 300 {
		t.Errorf("state %+v", st)
	}
	if r, ok := b.Row(id('V', 7)); !ok || r.Unit != other || b.Len() != 1 || len(st.Leaving) != 0 {
		t.Errorf("records %d, leaving %v", b.Len(), st.Leaving)
	}
}
