package store

import (
	"testing"

	pb "sodanvan/shared/gen/sodanvan/v1"
)

func TestErasureTakesEveryBody(t *testing.T) {
	s, _ := settledBook(t, visitRow(t, 1, 1, 8, "một"))
	added(t, s, visitWrite(t, 1, 1, false, "a"), visitWrite(t, 1, 1, false, "b"))
	frozen(t, s, 1<<20)
	added(t, s, visitWrite(t, 1, 1, false, "c"), visitWrite(t, 2, 1, true, "d"))
	if err := s.SaveDraft(t.Context(), Draft{ID: id('V', 1), Holder: household(1), Form: []byte("e")}); err != nil {
		t.Fatal(err)
	}
	applied(t, s, Delta{Acks: []*pb.Ack{result(1, pb.Result_RESULT_ERASED)}})
	b := s.Snapshot()
	if _, ok := b.Row(id('V', 1)); ok || len(b.Drafts()) != 0 {
		t.Error("row or draft stayed")
	}
	wantStates(t, s, Erased, Sending, Waiting) // the frozen one is still to be answered
	applied(t, s, Delta{Acks: []*pb.Ack{result(2, pb.Result_RESULT_ERASED)}})
	wantStates(t, s, Erased, Erased, Waiting)
	if o := s.Snapshot().ops[1]; len(o.Bytes) != 0 || o.Patch() != nil {
		t.Errorf("bytes stayed: %+v", o)
	}
}

func TestAnErasedHouseholdLeavesNothing(t *testing.T) {
	s, o := settledBook(t, visitRow(t, 1, 1, 8, "một"), visitRow(t, 2, 2, 9, "hai"), visitRow(t, 6, 1, 50, "sáu"))
	added(t, s, visitWrite(t, 1, 1, false, "đã gửi"), visitWrite(t, 5, 1, true, "gửi dở"), visitWrite(t, 3, 2, true, "hộ khác"))
	frozen(t, s, 1<<20)
	applied(t, s, Delta{Acks: []*pb.Ack{result(1, pb.Result_RESULT_PARKED)}})
	added(t, s, visitWrite(t, 7, 1, true, "chưa gửi"))
	if err := s.SaveDraft(t.Context(), Draft{ID: id('V', 4), Kind: pb.Kind_KIND_VISIT, Holder: household(1), Unit: branch, Patch: visitWrite(t, 4, 1, true, "dở").Patch}); err != nil {
		t.Fatal(err)
	}
	// A receipt of the branch's book that is about a visit of that household.
	about := visitRow(t, 8, 1, 10, "về hộ")
	about.Envelope.Subject, about.Envelope.Holder = id('V', 1).Bytes(), memberHolder.Proto()
	applied(t, s, Delta{Rows: []*pb.Row{about}})
	applied(t, s, Delta{Epoch: epoch("epoch two", 1, cursors(5, 40)...)})
	if s.Snapshot().OfferCount() != 1 {
		t.Fatal("setup: nothing to offer")
	}
	// The server names the household, and its records too.
	applied(t, s, Delta{Erased: [][]byte{id('H', 1).Bytes(), id('V', 1).Bytes(), []byte("short")}})
	b := s.Snapshot()
	if b.Len() != 2 || note(t, b, 2) != "hai" || note(t, b, 3) != "hộ khác" || len(b.Drafts()) != 0 || b.OfferCount() != 0 {
		t.Errorf("%d records, %d drafts, %d offers", b.Len(), len(b.Drafts()), b.OfferCount())
	}
	wantStates(t, s, Erased, Sending, Sending)
	if _, ok := s.keys[scopeOf(household(1))]; ok {
		t.Error("the key is still here")
	}
	s.Close()
	s = opened(t, o) // what is sent and not answered opens without that key
	if ops := frozen(t, s, 1<<20); len(ops) != 2 || len(ops[0].Bytes) == 0 {
		t.Fatalf("to send: %+v", ops)
	}
	// Whatever the answer is, an old one too, nothing of it stays.
	applied(t, s, Delta{Acks: []*pb.Ack{stored(2, 60), stored(3, 61)}})
	wantStates(t, s, Erased, Erased, Stored)
	for _, x := range s.Snapshot().ops[:2] {
		if len(x.Bytes) != 0 || x.Holder.Kind != 0 {
			t.Errorf("left behind: %+v", x)
		}
	}
	if s.Snapshot().Len() != 2 {
		t.Error("the answered change is shown")
	}
}

func TestAnErasedRecordTakesWhatIsAboutIt(t *testing.T) {
	s, _ := settledBook(t, visitRow(t, 1, 1, 8, "một"), visitRow(t, 2, 1, 9, "hai"))
	reply := visitWrite(t, 5, 1, true, "về một")
	reply.Patch.Envelope.Subject = id('V', 1).Bytes()
	added(t, s, reply, visitWrite(t, 2, 1, false, "sửa hai"))
	if err := s.SaveDraft(t.Context(), Draft{ID: id('V', 6), Holder: household(1), Unit: branch, Patch: reply.Patch}); err != nil {
		t.Fatal(err)
	}
	applied(t, s, Delta{Erased: [][]byte{id('V', 1).Bytes()}})
	if b := s.Snapshot(); b.Len() != 1 || note(t, b, 2) != "sửa hai" || len(b.Drafts()) != 0 {
		t.Errorf("%d records, %d drafts", b.Len(), len(b.Drafts()))
	}
	wantStates(t, s, Waiting)
	if _, ok := s.keys[scopeOf(household(1))]; !ok {
		t.Error("the key of the household went with one record")
	}
}
