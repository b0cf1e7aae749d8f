package store

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
)

// without is the view of a phone that looks after household 2 only.
func without() *pb.View {
	return view(slices.DeleteFunc(standing(), func(g Grant) bool { return g.Holder == household(1) })...)
}

// handedOver is a book with one acked change of a household that then went to somebody else.
func handedOver(t *testing.T) *Store {
	t.Helper()
	s, _ := settledBook(t, visitRow(t, 1, 1, 8, "một"))
	added(t, s, visitWrite(t, 3, 1, true, "lời của mình"))
	frozen(t, s, 1<<20)
	applied(t, s, Delta{Acks: []*pb.Ack{stored(1, 50)}})
	applied(t, s, Delta{View: without(), Cursors: cursors(5, 60)})
	return reopen(t, s)
}

// unseen: nothing of household 1 is on a screen, and its key is gone.
func unseen(t *testing.T, s *Store, when string) {
	t.Helper()
	b := s.Snapshot()
	if _, ok := b.Record(id('V', 3)); ok || note(t, b, 1) != "(none)" {
		t.Errorf("%s: a record is still shown", when)
	}
	for h := range b.Holders() {
		if h == household(1) {
			t.Errorf("%s: the household is still listed", when)
		}
	}
	if _, ok := s.keys[scopeOf(household(1))]; ok {
		t.Errorf("%s: its key is still here", when)
	}
}

// TestWhatLeftGoesToARestoredServer: the server is restored from a backup of before a change
// whose household was handed over since. The phone of the former member may be all that has it.
func TestWhatLeftGoesToARestoredServer(t *testing.T) {
	s := handedOver(t)
	unseen(t, s, "after the handover")
	if b := s.Snapshot(); len(slices.Collect(b.Ops())) != 0 || b.Unsent() != 0 {
		t.Errorf("it stands in the outbox: %v", slices.Collect(b.Ops()))
	}
	applied(t, s, Delta{Epoch: epoch("epoch two", 0, cursors(5, 40)...), Now: 9})
	s = reopen(t, s)
	unseen(t, s, "after the restore")
	ops := frozen(t, s, 1<<20)
	if len(ops) != 1 || ops[0].Number != 1 || hlc.Stamp(ops[0].Patch().GetGivenStamp()) != hlc.Make(1_800_000_000_000, 1) ||
		!slices.Equal(ops[0].Patch().GetHeldBy(), household(1).ID.Bytes()) {
		t.Fatalf("to send again: %+v", ops)
	}
	// Whose the household is in the restored past, the next view says: the phone claims to
	// fetch it, so one must come.
	if st := s.Snapshot().State(); !slices.ContainsFunc(st.Fillings, func(f Filling) bool { return f.Holder == household(1) }) || len(st.Leaving) != 0 {
		t.Errorf("fillings %v, leaving %v", st.Fillings, st.Leaving)
	}
	// Another one's still: it stays away, and is held until it is out.
	applied(t, s, Delta{View: without()})
	if b := s.Snapshot(); !b.Leaving(household(1)) || b.Unsent() != 1 {
		t.Errorf("leaving %v, %d unsent", b.State().Leaving, b.Unsent())
	}
	applied(t, s, Delta{Acks: []*pb.Ack{result(1, pb.Result_RESULT_SUGGESTION)}, View: without()})
	unseen(t, s, "after it was sent again")
	b := s.Snapshot()
	if len(b.State().Leaving) != 0 || len(slices.Collect(b.Ops())) != 0 || len(b.ops) != 1 || !b.ops[0].Away {
		t.Errorf("leaving %v, ops %+v", b.State().Leaving, b.ops)
	}
	// And once more, until a backup has it.
	applied(t, s, Delta{Epoch: epoch("epoch three", 0, cursors(5, 40)...)})
	if ops := frozen(t, s, 1<<20); len(ops) != 1 {
		t.Errorf("%d changes go to the next one", len(ops))
	}
	applied(t, s, Delta{Acks: []*pb.Ack{stored(1, 41)}, View: without(), Kept: 1})
	if n := len(s.Snapshot().ops); n != 0 {
		t.Errorf("%d changes are kept although a backup has them", n)
	}
}

// TestWhatLeftComesBackWithItsHousehold: in the restored past it is this phone's still.
func TestWhatLeftComesBackWithItsHousehold(t *testing.T) {
	s := handedOver(t)
	applied(t, s, Delta{Epoch: epoch("epoch two", 0, cursors(5, 40)...)})
	applied(t, s, Delta{View: view(standing()...)})
	b := s.Snapshot()
	if note(t, b, 3) != "lời của mình" || b.ops[0].Away || b.Leaving(household(1)) {
		t.Fatalf("%q, %+v", note(t, b, 3), b.ops)
	}
	s = reopen(t, s)
	applied(t, s, Delta{Acks: []*pb.Ack{stored(1, 41)}})
	if note(t, s.Snapshot(), 3) != "lời của mình" {
		t.Error("after its ack it is not shown")
	}
	// It leaves again like the first time.
	applied(t, s, Delta{View: without()})
	unseen(t, s, "after the second handover")
	if ops := s.Snapshot().ops; len(ops) != 1 || !ops[0].Away {
		t.Errorf("kept: %+v", ops)
	}
}

// TestWhatLeftIsErasedToo: erasure reaches words that outlived their household's key.
func TestWhatLeftIsErasedToo(t *testing.T) {
	for name, named := range map[string]book.ID{"by the household": household(1).ID, "by the record": id('V', 3)} {
		s := handedOver(t)
		applied(t, s, Delta{Erased: [][]byte{named.Bytes()}})
		s = reopen(t, s)
		if ops := s.Snapshot().ops; len(ops) != 1 || ops[0].State != Erased || len(ops[0].Bytes) != 0 {
			t.Errorf("%s: %+v", name, ops)
		}
	}
}

// TestWhatWasRefusedLeavesQuietly: what nobody can mend here any more is kept like the rest,
// refused or on the desk, and is on no list.
func TestWhatWasRefusedLeavesQuietly(t *testing.T) {
	s, _ := settledBook(t)
	added(t, s, visitWrite(t, 3, 1, true, "a"), visitWrite(t, 4, 1, true, "b"))
	frozen(t, s, 1<<20)
	applied(t, s, Delta{Acks: []*pb.Ack{result(1, pb.Result_RESULT_REFUSED), result(2, pb.Result_RESULT_SUGGESTION)}})
	applied(t, s, Delta{View: without()})
	again := frozen(t, s, 1<<20)
	if len(again) != 1 || !again[0].Patch().GetUnfinished() {
		t.Fatalf("to the desk: %+v", again)
	}
	applied(t, s, Delta{Acks: []*pb.Ack{{Number: proto.Uint64(3), Result: pb.Result_RESULT_REFUSED.Enum()}}, View: without()})
	b := s.Snapshot()
	if len(b.Mend()) != 0 || len(slices.Collect(b.Ops())) != 0 || len(b.ops) != 3 || len(b.State().Leaving) != 0 {
		t.Errorf("to mend %d, listed %v, kept %d", len(b.Mend()), slices.Collect(b.Ops()), len(b.ops))
	}
	for _, o := range b.ops {
		if o.State != Done || !o.Away {
			t.Errorf("kept: %+v", o)
		}
	}
}

// TestWhatLeftAndIsRefusedStaysUnseen: the restored server refuses what the lost one had put
// on a desk. It may answer without a view, when it is busy.
func TestWhatLeftAndIsRefusedStaysUnseen(t *testing.T) {
	s := handedOver(t)
	applied(t, s, Delta{Epoch: epoch("epoch two", 0, cursors(5, 40)...)})
	frozen(t, s, 1<<20)
	quiet := func(when string) {
		t.Helper()
		unseen(t, s, when)
		if b := s.Snapshot(); len(b.Mend()) != 0 {
			t.Errorf("%s: on the list to mend: %+v", when, b.Mend())
		}
	}
	if out := applied(t, s, Delta{Acks: []*pb.Ack{result(1, pb.Result_RESULT_REFUSED)}}); len(out.Refused) != 0 {
		t.Errorf("told: %+v", out.Refused)
	}
	quiet("after the ack")
	applied(t, s, Delta{View: without()})
	quiet("after the view")
	s = reopen(t, s)
	ops := frozen(t, s, 1<<20)
	if len(ops) != 1 || !ops[0].Patch().GetUnfinished() {
		t.Fatalf("to the desk: %+v", ops)
	}
	applied(t, s, Delta{Acks: []*pb.Ack{result(2, pb.Result_RESULT_SUGGESTION)}, View: without()})
	quiet("in the end")
	if st := s.Snapshot().State(); len(st.Leaving) != 0 || s.Snapshot().Unsent() != 0 {
		t.Errorf("leaving %v", st.Leaving)
	}
}

// TestWhatLeftAndIsParkedHoldsNothingUp: the household may never come to the restored server.
func TestWhatLeftAndIsParkedHoldsNothingUp(t *testing.T) {
	s := handedOver(t)
	applied(t, s, Delta{Epoch: epoch("epoch two", 0, cursors(5, 40)...)})
	frozen(t, s, 1<<20)
	applied(t, s, Delta{Acks: []*pb.Ack{result(1, pb.Result_RESULT_PARKED)}, View: without()})
	b := s.Snapshot()
	if len(b.State().Leaving) != 0 || len(b.ops) != 1 || b.ops[0].State != Done {
		t.Errorf("leaving %v, ops %+v", b.State().Leaving, b.ops)
	}
	applied(t, s, Delta{Kept: 1, View: without()})
	if n := len(s.Snapshot().ops); n != 0 {
		t.Errorf("%d changes are kept although a backup has them", n)
	}
}
