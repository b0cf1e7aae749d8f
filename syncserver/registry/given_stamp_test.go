package registry

import (
	"testing"
	"time"

	"sodanvan/shared/hlc"
	"sodanvan/syncserver/store/sqlite"
)

// A stamp that no server can have given yet is not taken from a phone: it would win over all
// that is written until then.
func TestAGivenStampIsNotOfTheFuture(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	h := member.household("Hộ Bình1")
	member.sync(member.consent(h))
	tw.clock = tw.clock.Add(time.Hour)
	future := uint64(hlc.Make(tw.clock.AddDate(1, 0, 0).UnixMilli(), 0))
	member.sync(resent(t, member.visit(member.id(), h, "một"), future))
	if got := hlc.Stamp(member.acks[2].GetStamp()); got.Millis() > tw.clock.UnixMilli() {
		t.Errorf("stamp %v at %v", got, tw.clock)
	}
	tw.sound()
}

// A change that a restored server gets again has the stamp that it had, whatever the clock of
// its phone said: else it would win over what was written after it.
func TestAResentChangeKeepsItsStamp(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	h := member.household("Hộ Bình1")
	member.sync(member.consent(h))
	copied := tw.backup()
	// A clock that was years ahead, and set right before the call: such a change is of now.
	right := tw.clock.Add(time.Hour)
	tw.clock = right.AddDate(60, 0, 0)
	op := member.visit(member.id(), h, "máy chạy nhanh")
	tw.clock = right
	member.sync(op)
	had := member.acks[2].GetStamp()

	tw.clock = tw.clock.Add(time.Hour)
	tw.restore(copied)
	member.meet()
	member.sync(resent(t, op, had))
	if got := member.acks[2].GetStamp(); got != had {
		t.Errorf("stamp %d, it had %d", got, had)
	}
	tw.sound()
}
