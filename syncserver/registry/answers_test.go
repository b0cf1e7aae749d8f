package registry

import (
	"context"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/syncserver/store/sqlite"
)

// A phone that has confirmed one change and lost the answers to the next two gets those again:
// what it confirms lets go of nothing else.
func TestAnswersAreKeptUntilConfirmed(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	h := member.household("Hộ Bình1")
	ops := [][]byte{member.consent(h), member.visit(member.id(), h, "một"), member.visit(member.id(), h, "hai")}
	first, err := tw.r.Sync(ctx, member.caller, member.request(ops...))
	if err != nil {
		t.Fatal(err)
	}
	tw.clock = tw.clock.Add(time.Hour)
	member.last = 1
	for _, confirmed := range []uint64{1, 1} { // that reply is lost too
		req := member.request(ops[1:]...)
		req.Confirmed = proto.Uint64(confirmed)
		again := member.call(req)
		if len(again.GetAcks()) != 2 || again.GetClone() != nil {
			t.Fatalf("%d acks, want 2; a copy: %v", len(again.GetAcks()), again.GetClone())
		}
		for i, a := range again.GetAcks() {
			if !proto.Equal(a, first.GetAcks()[i+1]) {
				t.Errorf("%v, then %v", first.GetAcks()[i+1], a)
			}
		}
	}
	tw.sound()
}
