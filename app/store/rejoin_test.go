package store

import (
	"errors"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	pb "sodanvan/shared/gen/sodanvan/v1"

	"sodanvan/shared/seal"
)

func TestRejoiningKeepsTheBook(t *testing.T) {
	s, o := settledBook(t, visitRow(t, 1, 1, 8, "một"))
	for n := range uint64(7) {
		added(t, s, visitWrite(t, n+10, 1, true, "x"))
	}
	ops := slices.Collect(s.Snapshot().Ops())
	frozen(t, s, 6*(len(ops[0].Bytes)+opOverhead))
	acks := []*pb.Ack{stored(1, 11), stored(2, 90), result(3, pb.Result_RESULT_PARKED), result(4, pb.Result_RESULT_SUGGESTION), result(5, pb.Result_RESULT_ERASED)}
	applied(t, s, Delta{Acks: acks, Cursors: cursors(5, 11)})
	wantStates(t, s, Done, Stored, Parked, Suggested, Erased, Sending, Waiting)
	key := slices.Clone(s.SealedKey())

	id2 := identity(t)
	id2.Device, id2.Token, id2.Epoch = 31, "another token", []byte("epoch two")
	other := id2
	other.Member = id('M', 2)
	before := s.Snapshot()
	for name, x := range map[string]Identity{"another member": other, "another server": func() Identity { y := id2; y.Server = []byte("other"); return y }()} {
		if err := s.Rejoin(t.Context(), x); !errors.Is(err, ErrOtherOwner) || s.Snapshot() != before {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Rejoin(t.Context(), id2); err != nil {
		t.Fatal(err)
	}
	st := s.Snapshot().State()
	if st.Identity.Device != 31 || st.Identity.Token != "another token" || string(st.Identity.Epoch) != "epoch one" || !slices.Equal(st.Identity.DeviceKey, id2.DeviceKey) {
		t.Errorf("identity %+v", st.Identity)
	}
	wantStates(t, s, Sending, Sending, Sending, Sending, Sending, Waiting)
	again := frozen(t, s, 1<<20)
	if len(again) != 6 || again[0].Number != 1 || again[5].Number != 6 || again[0].Patch().GetGivenStamp() == 0 || again[4].Patch().GetGivenStamp() != 0 {
		t.Errorf("to send: %+v", again)
	}
	for _, x := range again {
		if x.Device != 31 {
			t.Errorf("change %d goes under device %d", x.Number, x.Device)
		}
	}
	if note(t, s.Snapshot(), 1) != "một" {
		t.Error("rows went")
	}
	// A forgotten PIN is reset under the number that the server knows.
	if slices.Equal(key, s.SealedKey()) {
		t.Error("the sealed book key is the old one")
	}
	s.Close()
	p, err := Peek(t.Context(), o.Dir)
	if err != nil || p.Device != 31 || !slices.Equal(p.SealedKey, s.SealedKey()) {
		t.Errorf("%+v, %v", p, err)
	}
	if b := opened(t, o).Snapshot(); b.Unsent() != 6 {
		t.Errorf("%d unsent after a restart", b.Unsent())
	}
}

func TestTheKeyOfARejoinedBookComesBack(t *testing.T) {
	s, o := made(t)
	recovery, err := seal.NewRecoveryKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := recovery.Public()
	if err != nil {
		t.Fatal(err)
	}
	again := s.Snapshot().State().Identity
	again.Device, again.RecoveryKey = 31, pub[:]
	if err := s.Rejoin(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	s.Close()
	key, err := seal.OpenRecovery(recovery, s.SealedKey(), BookName(server, 31))
	if err != nil {
		t.Fatal(err)
	}
	b, err := OpenRecovered(t.Context(), o, key, "314159", seal.NoDeviceSecret{})
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
}

// A reply to a call under the number before says nothing to the new one.
func TestALateCopyNoticeIsNotForTheNewNumber(t *testing.T) {
	s, _ := settledBook(t)
	before := s.Snapshot().State().Identity
	id := before
	id.Device = 77
	if err := s.Rejoin(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	out, err := s.Apply(t.Context(), Delta{Device: before.Device, Clone: &pb.CloneNotice{Device: proto.Uint32(99), Confirmed: proto.Bool(false)}})
	if err != nil {
		t.Fatal(err)
	}
	if st := s.Snapshot().State(); out.Cloned || st.Identity.Device != 77 || st.Unconfirmed {
		t.Errorf("device %d, unconfirmed %v", st.Identity.Device, st.Unconfirmed)
	}
}
