package store

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/lww"
)

func TestANewEpochLosesNothing(t *testing.T) {
	s, _ := settledBook(t, visitRow(t, 1, 1, 8, "một"))
	for n := range uint64(5) {
		added(t, s, visitWrite(t, n+10, 1, true, "x"))
	}
	frozen(t, s, 1<<20)
	applied(t, s, Delta{Acks: []*pb.Ack{stored(1, 50), stored(2, 51), result(3, pb.Result_RESULT_REFUSED), stored(4, 53)}, Kept: 1, Cursors: cursors(5, 60),
		Rows: []*pb.Row{visitRow(t, 2, 1, 55, "sau bản sao lưu")}})
	wantStates(t, s, Done, Refused, Done, Sending)
	kept := slices.Collect(s.Snapshot().Ops())
	out := applied(t, s, Delta{Epoch: &pb.Epoch{Id: []byte("epoch two"), Parent: []byte("epoch one"), At: []*pb.Cursor{{Unit: branch.Bytes(), Seq: proto.Uint64(40)}}, LastOp: proto.Uint64(1)}, Now: 5})
	st := s.Snapshot().State()
	if !out.Epoch || string(st.Identity.Epoch) != "epoch two" || st.Cursor(branch) != 40 || st.Cursor(commune) != 0 || st.Confirmed != 1 {
		t.Fatalf("%+v %+v", out, st)
	}
	wantStates(t, s, Sending, Sending, Sending, Sending, Offering)
	ops := frozen(t, s, 1<<20)
	if len(ops) != 4 || ops[0].Number != 2 || hlc.Stamp(ops[0].Patch().GetGivenStamp()) != hlc.Make(1_800_000_000_000, 2) || ops[3].Patch().GetGivenStamp() != 0 {
		t.Errorf("to send again: %+v (were %+v)", ops, kept)
	}
	// A row that the restored server never had gives way to whatever it sends.
	applied(t, s, Delta{Rows: []*pb.Row{visitRow(t, 2, 1, 41, "viết lại")}, Cursors: cursors(6, 45), Acks: []*pb.Ack{stored(2, 42)}})
	if got := note(t, s.Snapshot(), 2); got != "viết lại" {
		t.Errorf("note %q", got)
	}
	if s.Snapshot().State().Cursor(branch) != 45 {
		t.Error("cursor")
	}
}

// epoch is the answer of a restored server.
func epoch(name string, lastOp uint64, at ...*pb.Cursor) *pb.Epoch {
	return &pb.Epoch{Id: []byte(name), At: at, LastOp: proto.Uint64(lastOp)}
}

func offered(b *Snapshot) (ids []book.ID) {
	for r := range b.Offers() {
		ids = append(ids, book.ID(r.GetEnvelope().GetId()))
	}
	return ids
}

func TestRowsThatARestoredServerLacksAreOffered(t *testing.T) {
	suggestion := visitRow(t, 9, 1, 52, "")
	suggestion.Envelope.Kind = pb.Kind_KIND_SUGGESTION.Enum()
	s, o := settledBook(t, visitRow(t, 1, 1, 8, "một"), visitRow(t, 3, 2, 51, "ba"), visitRow(t, 2, 2, 50, "hai"), suggestion)
	applied(t, s, Delta{Epoch: epoch("epoch two", 0, cursors(5, 40)...), Now: 9})
	b := s.Snapshot()
	if got := offered(b); !slices.Equal(got, []book.ID{id('V', 2), id('V', 3), id('V', 9)}) || b.OfferCount() != 3 {
		t.Fatalf("offers %v", got)
	}
	if b.Unsent() != 0 || len(slices.Collect(b.Ops())) != 0 || len(b.Mend()) != 0 {
		t.Errorf("offers stand among the changes: %v", slices.Collect(b.Ops()))
	}
	if note(t, b, 1) != "một" || note(t, b, 2) != "(none)" {
		t.Error("the row of both lives should stay, the other not be shown")
	}
	// Household 2 is fetched again up to the cursor, and 1, of which a suggestion went.
	st := b.State()
	want := []Filling{{Grant: standing()[3], Upto: 10, Below: 11}, {Grant: standing()[4], Upto: 10, Below: 11}}
	if !slices.Equal(st.Fillings, want) || len(st.Grants) != 3 || st.ServerNow != 9 {
		t.Errorf("fillings %+v, grants %+v", st.Fillings, st.Grants)
	}
	// A reply that says only that there is another epoch has taken nothing in; nor has one to
	// the number that a copy gave up.
	rows := slices.Collect(b.Offers())
	applied(t, s, Delta{Epoch: epoch("epoch three", 0, cursors(5, 40)...), Offered: rows})
	if got := s.Snapshot().OfferCount(); got != 3 {
		t.Errorf("%d offers", got)
	}
	s = reopen(t, s)
	applied(t, s, Delta{Offered: []*pb.Row{rows[0], rows[2]}})
	if got := offered(s.Snapshot()); !slices.Equal(got, []book.ID{id('V', 3)}) {
		t.Errorf("left %v", got)
	}
	// The same version again is one offer, another version one more.
	applied(t, s, Delta{Rows: []*pb.Row{visitRow(t, 3, 2, 51, "ba")}})
	applied(t, s, Delta{Epoch: epoch("epoch four", 0, cursors(5, 40)...)})
	applied(t, s, Delta{Rows: []*pb.Row{visitRow(t, 3, 2, 52, "ba, sửa")}})
	applied(t, s, Delta{Epoch: epoch("epoch five", 0, cursors(5, 40)...)})
	if got := offered(s.Snapshot()); !slices.Equal(got, []book.ID{id('V', 3), id('V', 3)}) {
		t.Errorf("left %v", got)
	}
	s.Close()
	if got := opened(t, o).Snapshot().OfferCount(); got != 2 {
		t.Errorf("%d offers after a restart", got)
	}
}

func TestAHouseholdWithOffersStays(t *testing.T) {
	s, _ := settledBook(t, visitRow(t, 1, 1, 50, "một"))
	applied(t, s, Delta{Epoch: epoch("epoch two", 0, cursors(5, 40)...)})
	applied(t, s, Delta{View: view(standing()[:3]...)})
	if !s.Snapshot().Leaving(household(1)) || s.Snapshot().OfferCount() != 1 {
		t.Fatal("the household went with its offer")
	}
	applied(t, s, Delta{Offered: slices.Collect(s.Snapshot().Offers())})
	if b := s.Snapshot(); b.Leaving(household(1)) || len(b.State().Leaving) != 0 {
		t.Errorf("leaving %v", b.State().Leaving)
	}
	if _, ok := s.keys[scopeOf(household(1))]; ok {
		t.Error("the key of household 1 is still here")
	}
}

// The number of the grant is of the future that was lost: whether it stands, the view says.
func TestGrantsOfALostFutureAreFetchedAgain(t *testing.T) {
	s, _ := settledBook(t)
	late := Grant{household(3), 35}
	applied(t, s, Delta{View: view(append(standing(), late)...), Filling: done(late), Cursors: cursors(5, 40)})
	running := Grant{household(4), 36}
	applied(t, s, Delta{View: view(append(standing(), late, running)...)})
	applied(t, s, Delta{Filling: []*pb.Filling{{Holder: running.Holder.Proto(), Grant: proto.Uint64(36), Upto: proto.Uint64(40), Phase: proto.Uint32(1), Below: proto.Uint64(7)}}})
	applied(t, s, Delta{Epoch: epoch("epoch two", 0, cursors(5, 20)...)})
	want := []Filling{{Grant: late, Upto: 20, Below: 21}, {Grant: running, Upto: 20, Below: 21}}
	if st := s.Snapshot().State(); !slices.Equal(st.Fillings, want) || len(st.Grants) != 5 {
		t.Errorf("fillings %+v, grants %+v", st.Fillings, st.Grants)
	}
}

// A backup older than the newest one: what the newest had is not kept here, and what lies
// among it is sent behind empty changes.
func TestAnOlderBackupThanTheNewest(t *testing.T) {
	s, _ := settledBook(t)
	for n := range uint64(6) {
		added(t, s, visitWrite(t, n+1, 1, true, "x"))
	}
	frozen(t, s, 1<<20)
	acks := []*pb.Ack{stored(1, 11), stored(2, 12), result(3, pb.Result_RESULT_SUGGESTION), stored(4, 14), stored(5, 15), stored(6, 16)}
	applied(t, s, Delta{Acks: acks, Cursors: cursors(5, 16), Kept: 5})
	wantStates(t, s, Suggested, Done)
	applied(t, s, Delta{Epoch: epoch("epoch two", 1, cursors(5, 12)...)})
	var numbers []uint64
	ops := frozen(t, s, 1<<20)
	for _, o := range ops {
		numbers = append(numbers, o.Number)
	}
	if !slices.Equal(numbers, []uint64{3, 4, 5, 6}) || len(ops[1].Bytes)+len(ops[2].Bytes) != 0 || len(ops[0].Bytes) == 0 || len(ops[3].Bytes) == 0 {
		t.Errorf("to send: %+v", ops)
	}
	if st := s.Snapshot().State(); st.Confirmed != 2 || st.Kept != 1 {
		t.Errorf("confirmed %d, kept %d", st.Confirmed, st.Kept)
	}
	added(t, s, visitWrite(t, 7, 1, true, "mới"))
	if ops := frozen(t, s, 1<<20); ops[len(ops)-1].Number != 7 {
		t.Errorf("the next is %d", ops[len(ops)-1].Number)
	}
	// With nothing left at all, the next change goes under the next number.
	s, _ = settledBook(t)
	added(t, s, visitWrite(t, 1, 1, true, "x"))
	frozen(t, s, 1)
	applied(t, s, Delta{Acks: []*pb.Ack{stored(1, 11)}, Cursors: cursors(5, 11), Kept: 1})
	applied(t, s, Delta{Epoch: epoch("epoch two", 0, cursors(5, 5)...)})
	added(t, s, visitWrite(t, 2, 1, true, "y"))
	if ops := frozen(t, s, 1); len(ops) != 1 || ops[0].Number != 2 {
		t.Errorf("to send: %+v", ops)
	}
	applied(t, s, Delta{Acks: []*pb.Ack{stored(2, 12)}})
	wantStates(t, s, Stored)
}

func TestWhatTheBackupHasIsNotSentAgain(t *testing.T) {
	s, _ := settledBook(t)
	for n := range uint64(3) {
		added(t, s, visitWrite(t, n+1, 1, true, "x"))
	}
	frozen(t, s, 1<<20)
	applied(t, s, Delta{Acks: []*pb.Ack{stored(1, 50), stored(2, 20)}})
	before := string(slices.Collect(s.Snapshot().Ops())[2].Bytes)
	applied(t, s, Delta{Epoch: epoch("epoch two", 2, cursors(5, 40)...)})
	// The place of the first is void: its row comes again. The second waits for its row as before.
	wantStates(t, s, Done, Stored, Sending)
	ops := frozen(t, s, 1<<20)
	if len(ops) != 1 || ops[0].Number != 3 || !strings.HasPrefix(string(ops[0].Bytes), before) {
		t.Errorf("to send: %+v", ops)
	}
	if s.Snapshot().State().Confirmed != 2 {
		t.Error("confirmed")
	}
}

func TestAnErasedChangeGoesWithoutBytes(t *testing.T) {
	s, _ := settledBook(t)
	added(t, s, visitWrite(t, 1, 1, true, "x"), visitWrite(t, 2, 1, true, "y"))
	frozen(t, s, 1<<20)
	applied(t, s, Delta{Acks: []*pb.Ack{result(1, pb.Result_RESULT_ERASED), stored(2, 11)}})
	applied(t, s, Delta{Epoch: epoch("epoch two", 0)})
	ops := frozen(t, s, 1<<20)
	if len(ops) != 2 || len(ops[0].Bytes) != 0 || ops[0].State != Erased || len(ops[1].Bytes) == 0 {
		t.Fatalf("to send: %+v", ops)
	}
	applied(t, s, Delta{Acks: []*pb.Ack{result(1, pb.Result_RESULT_ERASED), stored(2, 11)}})
	wantStates(t, s, Erased, Stored)
	if st := s.Snapshot().State(); st.Confirmed != 2 {
		t.Errorf("confirmed %d", st.Confirmed)
	}
}

// What was stored under the number that a copy had before may be lacking too.
func TestARestoreAfterACopyWasFound(t *testing.T) {
	s, _ := settledBook(t)
	added(t, s, visitWrite(t, 1, 1, true, "x"))
	frozen(t, s, 1)
	applied(t, s, Delta{Acks: []*pb.Ack{stored(1, 50)}, Clone: &pb.CloneNotice{Confirmed: proto.Bool(true)}})
	applied(t, s, Delta{Clone: &pb.CloneNotice{Device: proto.Uint32(99), Confirmed: proto.Bool(true)}})
	wantStates(t, s, Stored)
	applied(t, s, Delta{Epoch: epoch("epoch two", 0, cursors(5, 40)...)})
	ops := frozen(t, s, 1)
	if len(ops) != 1 || ops[0].Device != 99 || ops[0].Number != 1 || ops[0].Patch().GetGivenStamp() == 0 {
		t.Errorf("to send: %+v", ops)
	}
}

// The wrong backup was restored first, then the right one: what the outbox holds again is
// on the server after all, under the old bytes.
func TestALaterBackupAfterAnOlderOne(t *testing.T) {
	s, _ := settledBook(t)
	for n := range uint64(4) {
		added(t, s, visitWrite(t, n+1, 1, true, "x"))
	}
	frozen(t, s, 1<<20)
	acks := []*pb.Ack{stored(1, 11), result(2, pb.Result_RESULT_REFUSED), result(3, pb.Result_RESULT_ERASED), stored(4, 14)}
	applied(t, s, Delta{Acks: acks, Cursors: cursors(5, 14)})
	applied(t, s, Delta{Epoch: epoch("epoch two", 0)})
	wantStates(t, s, Sending, Sending, Erased, Sending)
	applied(t, s, Delta{Epoch: epoch("epoch three", 3, cursors(5, 13)...)})
	wantStates(t, s, Done, Refused, Erased, Sending)
	if ops := frozen(t, s, 1<<20); len(ops) != 1 || ops[0].Number != 4 || len(s.Snapshot().Mend()) != 1 {
		t.Errorf("to send: %+v", ops)
	}
	applied(t, s, Delta{Acks: []*pb.Ack{stored(4, 14)}})
	wantStates(t, s, Done, Refused, Erased, Stored)
}

// TestWhatGoesAgainSaysWhoseItIs: the restored server may not know the record that a change is
// about, and must tell whether its household was erased. What was sent and not answered says it
// behind the bytes that it had, of which a later backup may know; what this one has says nothing new.
func TestWhatGoesAgainSaysWhoseItIs(t *testing.T) {
	s, _ := settledBook(t)
	added(t, s, visitWrite(t, 10, 1, true, "đã lưu"), visitWrite(t, 11, 2, false, "đang chờ"), visitWrite(t, 12, 2, true, "đã gửi"))
	frozen(t, s, 1<<20)
	applied(t, s, Delta{Acks: []*pb.Ack{stored(1, 50), result(2, pb.Result_RESULT_PARKED)}, Cursors: cursors(5, 60)})
	typing := visitWrite(t, 13, 2, true, "đang g")
	typing.Session = "form"
	added(t, s, typing)
	before := s.now.Load().ops[2].Bytes
	applied(t, s, Delta{Epoch: epoch("two", 0, cursors(5, 40)...)})
	typing.Patch = visitWrite(t, 13, 2, false, "đang gõ").Patch
	added(t, s, typing)
	s = reopen(t, s)
	ops := frozen(t, s, 1<<20)
	if len(ops) != 4 {
		t.Fatalf("%d changes", len(ops))
	}
	for i, want := range []book.Holder{household(1), household(2), household(2), household(2)} {
		var p pb.Patch
		if err := proto.Unmarshal(ops[i].Bytes, &p); err != nil {
			t.Fatal(err)
		}
		if string(p.GetHeldBy()) != string(want.ID.Bytes()) {
			t.Errorf("change %d says that %x holds it", i+1, p.GetHeldBy())
		}
	}
	if after := string(ops[2].Bytes); !strings.HasPrefix(after, string(before)) || !proto.Equal(ops[2].Patch(), decoded(t, ops[2].Bytes)) {
		t.Errorf("a change that may be on the server was changed: %x, before %x", after, before)
	}
	once := string(ops[2].Bytes)
	applied(t, s, Delta{Epoch: epoch("three", 0, cursors(5, 40)...)})
	if again := frozen(t, s, 1<<20); string(again[2].Bytes) != once {
		t.Error("it says so twice")
	}
	applied(t, s, Delta{Epoch: epoch("four", 3, cursors(5, 40)...)})
	if again := frozen(t, s, 1<<20); again[0].Number != 3 || string(again[0].Bytes) != once {
		t.Error("the bytes of a change that this backup has were changed")
	}
	if p := ops[3].Patch(); !p.GetCreate() || ops[3].Record != id('V', 13) {
		t.Errorf("the form's change is %v", p)
	}
}

// TestARestoreInTheMiddleOfAPull: a row that was edited in the lost days stands behind the
// cursor then, and before it in the backup. Who had not come so far fetches everything.
func TestARestoreInTheMiddleOfAPull(t *testing.T) {
	sum := uint64(0)
	for name, c := range map[string]struct {
		last []Delta
		want int
	}{
		"a page of several":        {[]Delta{{Cursors: cursors(5, 12), More: true}}, 5},
		"and a busy server behind": {[]Delta{{Cursors: cursors(5, 12), More: true}, {Acks: []*pb.Ack{}}}, 5},
		"the last page":            {[]Delta{{Cursors: cursors(5, 12), More: true}, {Cursors: cursors(5, 15), Sum: &sum}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := settledBook(t)
			applied(t, s, Delta{Sum: &sum})
			for _, d := range c.last {
				applied(t, s, d)
			}
			s = reopen(t, s)
			applied(t, s, Delta{Epoch: epoch("epoch two", 0, cursors(5, 40)...)})
			if st := s.Snapshot().State(); len(st.Fillings) != c.want || len(st.Grants)+len(st.Fillings) != 5 {
				t.Errorf("fillings %v, grants %v", st.Fillings, st.Grants)
			}
		})
	}
}

// TestACopyCameFirst: the restored server has changes of a copy of this phone under its numbers.
// All that no backup has goes again, and the server then gives this one a number of its own.
func TestACopyCameFirst(t *testing.T) {
	for name, c := range map[string]struct {
		last  uint64
		named func(*Store) []byte
		want  int
	}{
		"its own change":          {3, func(s *Store) []byte { return nameOf(s, 2) }, 0},
		"its own, erased since":   {3, func(s *Store) []byte { return nameOf(s, 2) }, 0},
		"another's, erased since": {3, func(*Store) []byte { return lww.ChangeName(id('V', 9).Bytes(), 5) }, 1},
		"an older server":         {3, func(*Store) []byte { return nil }, 0},
		"another change":          {3, func(*Store) []byte { return lww.ChangeName(id('V', 9).Bytes(), 5) }, 2},
		"more than it ever wrote": {4, func(*Store) []byte { return nil }, 2},
		"an older backup":         {1, func(s *Store) []byte { return nameOf(s, 0) }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := settledBook(t)
			for n := range uint64(3) {
				added(t, s, visitWrite(t, n+1, 1, true, "x"))
			}
			frozen(t, s, 1<<20)
			applied(t, s, Delta{Acks: storedFrom(1, 20, 3), Kept: 1})
			e := epoch("epoch two", c.last, cursors(5, 40)...)
			e.LastName = c.named(s)
			if strings.Contains(name, "erased") {
				applied(t, s, Delta{Erased: [][]byte{id('V', 3).Bytes()}})
			}
			applied(t, s, Delta{Epoch: e})
			s = reopen(t, s)
			ops := slices.DeleteFunc(frozen(t, s, 1<<20), func(o Op) bool { return o.State == Erased })
			if len(ops) != c.want || len(ops) > 0 && ops[0].Number != 2 {
				t.Fatalf("to send: %+v", ops)
			}
			if c.want == 0 {
				return
			}
			applied(t, s, Delta{Clone: &pb.CloneNotice{Device: proto.Uint32(99), Confirmed: proto.Bool(false)}})
			ops = frozen(t, s, 1<<20)
			if len(ops) != c.want || ops[0].Device != 99 || ops[0].Number != 1 || ops[0].Was != 0 || ops[0].Patch().GetGivenStamp() == 0 {
				t.Errorf("under the new number: %+v", ops)
			}
		})
	}
}

func nameOf(s *Store, i int) []byte {
	o := s.now.Load().ops[i]
	return lww.ChangeName(o.Record.Bytes(), o.patch.GetPhoneMs())
}

func decoded(t *testing.T, b []byte) *pb.Patch {
	t.Helper()
	p := new(pb.Patch)
	if err := proto.Unmarshal(b, p); err != nil {
		t.Fatal(err)
	}
	return p
}
