package store

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/seal"
)

func TestEverythingComesBackAfterClosing(t *testing.T) {
	s, _ := settledBook(t, visitRow(t, 1, 1, 8, "đã đến thăm"), visitRow(t, 2, 2, 9, "không gặp ai"))
	added(t, s, visitWrite(t, 1, 1, false, "sửa lại"), visitWrite(t, 3, 2, true, "mới"))
	if err := s.SaveDraft(t.Context(), Draft{ID: id('V', 4), Kind: pb.Kind_KIND_VISIT, Holder: household(1), Unit: branch, Patch: visitWrite(t, 4, 1, true, "dở").Patch, Form: []byte("đang gõ")}); err != nil {
		t.Fatal(err)
	}
	if err := s.SetSetting(t.Context(), "text size", "large"); err != nil {
		t.Fatal(err)
	}
	n, err := s.TakeCounter(t.Context())
	if err != nil || n != 1 {
		t.Fatalf("counter %d, %v", n, err)
	}
	frozen(t, s, 1)
	applied(t, s, Delta{Acks: []*pb.Ack{{Number: proto.Uint64(1), Result: pb.Result_RESULT_REFUSED.Enum(), Refusal: &pb.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_CLOSED.Enum(), Rule: proto.String("x")}}}})
	before := dumped(s.Snapshot())
	if len(before.Drafts) != 1 || len(before.Recs) != 3 {
		t.Fatalf("setup: %+v", before)
	}
	again := reopen(t, s)
	if d := diff(before, dumped(again.Snapshot())); d != "" {
		t.Error(d)
	}
	if n, err := again.TakeCounter(t.Context()); n != 2 || err != nil {
		t.Errorf("counter %d, %v", n, err)
	}
}

func TestOpening(t *testing.T) {
	ctx := t.Context()
	t.Run("twice", func(t *testing.T) {
		_, o := made(t)
		var busy *BusyError
		if _, err := Open(ctx, o, pin, seal.NoDeviceSecret{}); !errors.As(err, &busy) || busy.UserMessage() == "" {
			t.Errorf("got %v", err)
		}
		if p, err := Peek(ctx, o.Dir); err != nil || !p.Busy || !p.Exists {
			t.Errorf("peek: %+v, %v", p, err)
		}
	})
	t.Run("wrong pin, then right", func(t *testing.T) {
		s, o := made(t)
		s.Close()
		if _, err := Open(ctx, o, "314159", seal.NoDeviceSecret{}); !errors.Is(err, seal.ErrWrongPIN) {
			t.Errorf("got %v", err)
		}
		opened(t, o) // the failed try let go of the lock
	})
	t.Run("missing", func(t *testing.T) {
		var missing *MissingError
		if _, err := Open(ctx, options(t.TempDir()), pin, seal.NoDeviceSecret{}); !errors.As(err, &missing) {
			t.Errorf("got %v", err)
		}
		if p, err := Peek(ctx, t.TempDir()); err != nil || p.Exists {
			t.Errorf("peek: %+v, %v", p, err)
		}
	})
	t.Run("made twice", func(t *testing.T) {
		s, o := made(t)
		s.Close()
		var exists *ExistsError
		if _, err := Create(ctx, o, identity(t), pin, seal.NoDeviceSecret{}); !errors.As(err, &exists) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("newer", func(t *testing.T) {
		s, o := made(t)
		if _, err := s.db.Exec("PRAGMA user_version = 99"); err != nil {
			t.Fatal(err)
		}
		s.Close()
		var newer *NewerError
		if _, err := Open(ctx, o, pin, seal.NoDeviceSecret{}); !errors.As(err, &newer) || newer.Found != 99 {
			t.Errorf("got %v", err)
		}
		if p, err := Peek(ctx, o.Dir); err != nil || !p.Newer {
			t.Errorf("peek: %+v, %v", p, err)
		}
	})
	t.Run("of the first schema", func(t *testing.T) {
		s, o := made(t)
		keys := added(t, s, visitWrite(t, 1, 1, true, "từ sổ cũ"))
		if _, err := s.db.Exec("DROP TABLE mark; UPDATE op SET waiting = 1; PRAGMA user_version = 1; VACUUM"); err != nil {
			t.Fatal(err)
		}
		if err := s.db.QueryRow("PRAGMA page_count").Scan(&o.MaxPages); err != nil {
			t.Fatal(err)
		}
		before := dumped(s.Snapshot())
		s.Close()
		version := func(s *Store, want int) {
			t.Helper()
			if v, err := found(ctx, s.db); err != nil || v != want {
				t.Errorf("schema %d, want %d: %v", v, want, err)
			}
		}
		full, err := Open(ctx, o, pin, seal.NoDeviceSecret{})
		if err != nil {
			t.Fatalf("a full phone cannot read its old book: %v", err)
		}
		version(full, 2)
		if d := diff(before, dumped(full.Snapshot())); d != "" {
			t.Error(d)
		}
		full.Close()
		o.MaxPages = 0
		again := opened(t, o)
		if err := again.DropOp(ctx, keys[0]); err != nil {
			t.Error(err)
		}
		added(t, again, many(t, 30)...)
		version(again, 2)
		frozen(t, again, 1<<20)
		version(again, schemaVersion)
		before = dumped(again.Snapshot())
		again = reopen(t, again)
		if d := diff(before, dumped(again.Snapshot())); d != "" {
			t.Error(d)
		}
	})
	t.Run("half made", func(t *testing.T) {
		o := options(t.TempDir())
		if err := os.WriteFile(filepath.Join(o.Dir, fileName), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		var missing *MissingError
		if _, err := Open(ctx, o, pin, seal.NoDeviceSecret{}); !errors.As(err, &missing) {
			t.Errorf("got %v", err)
		}
		s, err := Create(ctx, o, identity(t), pin, seal.NoDeviceSecret{})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
	})
	t.Run("new pin", func(t *testing.T) {
		s, o := made(t)
		if err := s.SetPIN(ctx, "161803", seal.NoDeviceSecret{}); err != nil {
			t.Fatal(err)
		}
		s.Close()
		if _, err := Open(ctx, o, pin, seal.NoDeviceSecret{}); !errors.Is(err, seal.ErrWrongPIN) {
			t.Errorf("got %v", err)
		}
		s, err := Open(ctx, o, "161803", seal.NoDeviceSecret{})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
	})
}

func TestAForgottenPINLosesNothing(t *testing.T) {
	o := options(t.TempDir())
	key, err := seal.NewRecoveryKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := key.Public()
	if err != nil {
		t.Fatal(err)
	}
	who := identity(t)
	who.RecoveryKey = pub[:]
	s, err := Create(t.Context(), o, who, pin, seal.NoDeviceSecret{})
	if err != nil {
		t.Fatal(err)
	}
	added(t, s, visitWrite(t, 1, 1, true, "chưa gửi"))
	s.Close()

	p, err := Peek(t.Context(), o.Dir)
	if err != nil || p.Name != BookName(who.Server, who.Device) || p.Device != who.Device {
		t.Fatalf("peek: %+v, %v", p, err)
	}
	bookKey, err := seal.OpenRecovery(key, p.SealedKey, p.Name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenRecovered(t.Context(), o, seal.NewBookKey(nil), "161803", seal.NoDeviceSecret{}); !errors.Is(err, seal.ErrOpen) {
		t.Fatalf("another key: %v", err)
	}
	s, err = OpenRecovered(t.Context(), o, bookKey, "161803", seal.NoDeviceSecret{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := note(t, s.Snapshot(), 1); got != "chưa gửi" {
		t.Errorf("note %q", got)
	}
}

func TestFullDisk(t *testing.T) {
	s, o := made(t)
	s.Close()
	o.MaxPages = 14
	s = opened(t, o)
	var full *FullError
	var n uint64
	var before dump
	for n = 1; n < 500; n++ {
		before = dumped(s.Snapshot())
		_, err := s.AddOps(t.Context(), visitWrite(t, n, 1, true, strings.Repeat("dài ", 200)))
		if errors.As(err, &full) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if full == nil || n < 2 || full.UserMessage() == "" {
		t.Fatalf("the disk never filled (%d)", n)
	}
	if d := diff(before, dumped(s.Snapshot())); d != "" {
		t.Errorf("memory changed: %s", d)
	}
	if _, err := s.Apply(t.Context(), Delta{Device: 7, View: view(standing()...), Rows: []*pb.Row{visitRow(t, 900, 1, 1, strings.Repeat("dài ", 900))}}); !errors.As(err, &full) {
		t.Errorf("apply: %v", err)
	}
	if d := diff(before, dumped(s.Snapshot())); d != "" {
		t.Errorf("memory changed: %s", d)
	}
	// With room again everything is there and writing goes on.
	s.Close()
	o.MaxPages = 0
	s = opened(t, o)
	if d := diff(before, dumped(s.Snapshot())); d != "" {
		t.Errorf("file changed: %s", d)
	}
	added(t, s, visitWrite(t, n, 1, true, "vừa đủ chỗ"))
}

func TestOwnChangesLieOverTheRow(t *testing.T) {
	s, _ := settledBook(t, visitRow(t, 1, 1, 8, "của máy chủ"))
	keys := added(t, s, visitWrite(t, 1, 1, false, "một"), visitWrite(t, 1, 1, false, "hai"))
	b := s.Snapshot()
	if got := note(t, b, 1); got != "hai" {
		t.Errorf("note %q", got)
	}
	r, _ := b.Record(id('V', 1))
	if len(r.Own) != 2 || r.Own[0] != keys[0] || r.New {
		t.Errorf("record %+v", r)
	}
	if row, _ := b.Row(id('V', 1)); row.State.Max() == r.State.Max() {
		t.Error("the row itself changed")
	}
	// What a change had seen is the row's, never a provisional stamp.
	row, _ := b.Row(id('V', 1))
	for o := range b.Ops() {
		if hlc.Stamp(o.Patch().GetSeen()) != row.State.Max().Stamp {
			t.Errorf("seen %x", o.Patch().GetSeen())
		}
	}
	added(t, s, visitWrite(t, 2, 2, true, "mới"))
	r, ok := s.Snapshot().Record(id('V', 2))
	if !ok || !r.New || r.Subject != id('H', 2) || r.Holder != household(2) {
		t.Errorf("new record %+v", r)
	}
	// An edit of a record that is not here shows nothing.
	added(t, s, visitWrite(t, 9, 2, false, "đâu"))
	if _, ok := s.Snapshot().Record(id('V', 9)); ok {
		t.Error("an edit alone made a record")
	}
}

func TestEditsJoinOnlyBeforeTheFirstSending(t *testing.T) {
	s, _ := settledBook(t)
	w := func(session, note string, create bool) Write {
		x := visitWrite(t, 1, 1, create, note)
		x.Session = session
		return x
	}
	first := added(t, s, w("a", "một", true))
	day := w("a", "", false)
	day.Patch.Set, day.Patch.Cleared = encoded(t, &pb.Visit{Day: proto.Int32(3)}), []uint32{4}
	if got := added(t, s, day); got[0] != first[0] {
		t.Fatalf("did not join: %v", got)
	}
	o, _ := s.Snapshot().Op(first[0])
	if p := o.Patch(); !p.GetCreate() || len(p.GetCleared()) != 1 || string(p.GetSet()) != string(encoded(t, &pb.Visit{Day: proto.Int32(3)})) {
		t.Errorf("joined %v", p)
	}
	if got := added(t, s, w("b", "hai", false)); got[0] == first[0] {
		t.Error("another session joined")
	}
	ops := frozen(t, s, 1<<20)
	if len(ops) != 2 || ops[0].Number != 1 || ops[1].Number != 2 {
		t.Fatalf("frozen %v", ops)
	}
	if got := added(t, s, w("b", "ba", false)); got[0] == ops[1].Key {
		t.Error("joined a frozen change")
	}
	again := frozen(t, s, 1<<20)
	if len(again) != 3 || string(again[0].Bytes) != string(ops[0].Bytes) || string(again[1].Bytes) != string(ops[1].Bytes) {
		t.Errorf("frozen bytes changed")
	}
}

func TestAJoinedChangeHasSeenWhatItsFirstHalfHadSeen(t *testing.T) {
	s, _ := settledBook(t, visitRow(t, 1, 1, 8, "một"))
	w := visitWrite(t, 1, 1, false, "sửa")
	w.Session = "a"
	key := added(t, s, w)[0]
	first, _ := s.Snapshot().Op(key)
	applied(t, s, Delta{Rows: []*pb.Row{visitRow(t, 1, 1, 9, "người khác")}})
	w.Patch.Set = encoded(t, &pb.Visit{Day: proto.Int32(5)})
	added(t, s, w)
	if o, _ := s.Snapshot().Op(key); o.Patch().GetSeen() != first.Patch().GetSeen() || first.Patch().GetSeen() == 0 {
		t.Errorf("seen %x, then %x", first.Patch().GetSeen(), o.Patch().GetSeen())
	}
}

func TestFreezeKeepsToThePage(t *testing.T) {
	s, _ := settledBook(t)
	for n := range uint64(10) {
		added(t, s, visitWrite(t, n+1, 1, true, strings.Repeat("x", 100)))
	}
	one := frozen(t, s, 1)
	if len(one) != 1 {
		t.Fatalf("%d for one byte", len(one))
	}
	size := len(one[0].Bytes) + opOverhead
	if got := frozen(t, s, 3*size); len(got) != 3 || got[2].Number != 3 {
		t.Errorf("got %d", len(got))
	}
	if got := frozen(t, s, 3*size-1); len(got) != 2 {
		t.Errorf("got %d", len(got))
	}
	if st := s.Snapshot().State(); st.LastNumber != 3 {
		t.Errorf("last number %d", st.LastNumber)
	}
}

func TestBadChangesAreRefused(t *testing.T) {
	s, _ := settledBook(t)
	for name, spoil := range map[string]func(*Write){
		"no id":     func(w *Write) { w.Patch.Envelope.Id = nil },
		"no kind":   func(w *Write) { w.Patch.Envelope.Kind = nil },
		"no holder": func(w *Write) { w.Holder = book.Holder{} },
		"no unit":   func(w *Write) { w.Unit = book.ID{} },
		"unsorted":  func(w *Write) { w.Patch.Set = []byte{0x10, 1, 0x08, 1} },
		"both":      func(w *Write) { w.Patch.Cleared = []uint32{4} },
	} {
		t.Run(name, func(t *testing.T) {
			good, bad := visitWrite(t, 1, 1, true, "tốt"), visitWrite(t, 2, 1, true, "hỏng")
			spoil(&bad)
			if _, err := s.AddOps(t.Context(), good, bad); !errors.Is(err, ErrPatch) {
				t.Errorf("got %v", err)
			}
			if n := len(slices.Collect(s.Snapshot().Ops())); n != 0 {
				t.Errorf("%d changes were kept", n)
			}
		})
	}
}

func TestDraftsAndTheOutboxMoveTogether(t *testing.T) {
	s, _ := settledBook(t)
	for _, form := range []string{"v", "vi", "việt"} {
		if err := s.SaveDraft(t.Context(), Draft{ID: id('V', 1), Holder: household(1), Form: []byte(form)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SaveDraft(t.Context(), Draft{ID: id('V', 2), Holder: household(1), Form: []byte("khác")}); err != nil {
		t.Fatal(err)
	}
	b := s.Snapshot()
	if ds := b.Drafts(); len(ds) != 2 || string(ds[0].Form) != "khác" || string(ds[1].Form) != "việt" {
		t.Fatalf("drafts %v", ds)
	}
	w := visitWrite(t, 1, 1, true, "việt")
	w.DropDraft = true
	s.o.Step = func(what string) error {
		if what == "put op" {
			return errors.New("crash")
		}
		return nil
	}
	if _, err := s.AddOps(t.Context(), w); err == nil {
		t.Fatal("no error")
	}
	s.o.Step = nil
	if s.Snapshot() != b {
		t.Error("a failed write changed the book")
	}
	added(t, s, w)
	if _, ok := s.Snapshot().Draft(id('V', 1)); ok || s.Snapshot().Unsent() != 2 {
		t.Error("the draft stayed")
	}
	if err := s.DropDraft(t.Context(), id('V', 2)); err != nil || len(s.Snapshot().Drafts()) != 0 {
		t.Errorf("draft 2: %v", err)
	}
}

func TestTakingBackAndDismissing(t *testing.T) {
	s, _ := settledBook(t)
	keys := added(t, s, visitWrite(t, 1, 1, true, "a"), visitWrite(t, 2, 1, true, "b"))
	frozen(t, s, 1)
	if err := s.DropOp(t.Context(), keys[0]); !errors.Is(err, ErrSent) {
		t.Errorf("sent: %v", err)
	}
	if err := s.DropOp(t.Context(), keys[1]); err != nil {
		t.Error(err)
	}
	if err := s.DropOp(t.Context(), keys[1]); !errors.Is(err, ErrNoOp) {
		t.Errorf("gone: %v", err)
	}
	if err := s.Dismiss(t.Context(), keys[0]); !errors.Is(err, ErrNoOp) {
		t.Errorf("not refused: %v", err)
	}
	applied(t, s, Delta{Acks: []*pb.Ack{result(1, pb.Result_RESULT_SUGGESTION)}})
	if err := s.Dismiss(t.Context(), keys[0]); err != nil || len(slices.Collect(s.Snapshot().Ops())) != 0 {
		t.Errorf("dismiss: %v", err)
	}
}

func TestWorkOfARevokedPhone(t *testing.T) {
	s, o := settledBook(t)
	added(t, s, visitWrite(t, 1, 1, true, "gửi rồi"), visitWrite(t, 2, 1, true, "chưa gửi"))
	frozen(t, s, 1)
	applied(t, s, Delta{Acks: []*pb.Ack{stored(1, 99)}})
	for n, p := range map[uint64]*pb.Patch{3: visitWrite(t, 3, 1, true, "dở").Patch, 4: nil} {
		if err := s.SaveDraft(t.Context(), Draft{ID: id('V', n), Holder: household(1), Unit: branch, Patch: p}); err != nil {
			t.Fatal(err)
		}
	}
	b, n, err := s.Snapshot().Work()
	var req pb.SyncRequest
	if err != nil || n != 3 || proto.Unmarshal(b, &req) != nil {
		t.Fatalf("%d, %v", n, err)
	}
	// What has an ack goes along, since no backup is known to have it, and is told apart.
	if req.GetDevice() != 7 || req.GetFirst() != 1 || req.GetConfirmed() != 1 || len(req.GetOps()) != 3 || !strings.Contains(string(req.GetOps()[2]), "dở") {
		t.Errorf("work %v", &req)
	}
	draft := &pb.Patch{}
	if err := proto.Unmarshal(req.GetOps()[2], draft); err != nil || !draft.GetUnfinished() {
		t.Errorf("the draft goes as %v, %v", draft, err)
	}
	if err := s.MarkRevoked(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Wipe(t.Context()); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(o.Dir)
	if err != nil || len(left) != 1 || left[0].Name() != lockName {
		t.Errorf("left: %v, %v", left, err)
	}
	if _, err := s.AddOps(t.Context(), visitWrite(t, 5, 1, true, "")); !errors.Is(err, ErrClosed) {
		t.Errorf("after wiping: %v", err)
	}
	if s.Snapshot().Len() != 0 {
		t.Error("records stayed in memory")
	}
}

func TestReadersNeverWait(t *testing.T) {
	s, _ := settledBook(t, visitRow(t, 1, 1, 8, "cũ"))
	inside, leave := make(chan struct{}), make(chan struct{})
	s.o.Step = func(what string) error {
		if what == "commit" {
			close(inside)
			<-leave
		}
		return nil
	}
	var wg sync.WaitGroup
	wg.Go(func() { added(t, s, visitWrite(t, 1, 1, false, "mới")) })
	<-inside
	// A write is in its transaction: the old book is still there to read.
	if got := note(t, s.Snapshot(), 1); got != "cũ" {
		t.Errorf("note %q", got)
	}
	old := s.Snapshot()
	close(leave)
	wg.Wait()
	if got := note(t, s.Snapshot(), 1); got != "mới" {
		t.Errorf("note %q", got)
	}
	if got := note(t, old, 1); got != "cũ" {
		t.Errorf("a snapshot changed: %q", got)
	}
}

func TestADamagedRowCostsOnlyItself(t *testing.T) {
	s, o := settledBook(t, visitRow(t, 1, 1, 8, "một"), visitRow(t, 2, 1, 9, "hai"))
	if _, err := s.db.Exec("UPDATE row SET body = zeroblob(200) WHERE id = (SELECT min(id) FROM row)"); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = opened(t, o)
	if b := s.Snapshot(); b.Damaged() != 1 || b.Len() != 1 {
		t.Errorf("damaged %d, records %d", b.Damaged(), b.Len())
	}
	// A row that is put in another's place does not open either.
	if _, err := s.db.Exec("UPDATE row SET id = 777 WHERE id = (SELECT max(id) FROM row)"); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = opened(t, o)
	if b := s.Snapshot(); b.Damaged() != 2 || b.Len() != 0 {
		t.Errorf("damaged %d, records %d", b.Damaged(), b.Len())
	}
}
