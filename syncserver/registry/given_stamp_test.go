package registry

import (
	"testing"
	"time"

	"sodanvan/syncserver/store/sqlite"
)

// A phone's word about its stamps counts for what a restored server has lost, never else.
func TestAGivenStampCountsOnlyAfterARestore(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	h := member.household("Hộ Bình1")
	member.sync(member.consent(h))
	given := member.acks[1].GetStamp() - 1<<32
	tw.clock = tw.clock.Add(time.Hour)
	member.sync(resent(t, member.visit(member.id(), h, "một"), given))
	if got := member.acks[2].GetStamp(); got <= member.acks[1].GetStamp() {
		t.Errorf("stamp %d, after %d of the change before", got, member.acks[1].GetStamp())
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
