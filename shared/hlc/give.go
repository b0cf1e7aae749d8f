package hlc

import "math"

// MaxSkewMS is the skew between a phone and the server, in milliseconds, up to which a
// phone's clock is taken as it is: five minutes, rule 6 of the sync. A shift by the few
// seconds that a slow network makes of every measurement would reorder what two people
// wrote at nearly the same time.
const MaxSkewMS = 5 * 60 * 1000

// Write is what the server knows about a change to which it gives a stamp. All times are
// milliseconds of Unix time.
type Write struct {
	// PhoneMS is the phone's own clock when the change was made, right or wrong.
	PhoneMS int64
	// ServerMS is the last time of the server that the phone knew then; 0: none.
	ServerMS int64
	// SkewMS is the server's now less the phone's now, measured in this call.
	SkewMS int64
	// Seen is the greatest stamp of the record that the writer had seen; 0: a new record.
	Seen Stamp
	// DeviceLast is the stamp given last to this device; 0: none.
	DeviceLast Stamp
	// Now is the server's hybrid clock.
	Now Stamp
}

// Give returns the stamp of a change, by rule 6 of the sync: no change is refused for a
// clock. The time is the phone's, shifted by a skew of more than [MaxSkewMS] and kept
// between the server's time that the phone knew and the server's now. The stamp is that
// time, but more than what the writer had seen (an answer comes after what it answers)
// and more than the device's last (the order of one person's changes holds). What the
// writer claims to have seen counts up to now at most, so that a forged or broken claim
// pushes nobody's record into the future.
//
// So the stamp is at most one beyond Now, unless the device's last was further. The
// caller lets its [Clock] observe the stamp.
func Give(w Write) Stamp {
	ms := w.PhoneMS
	if w.SkewMS > MaxSkewMS || w.SkewMS < -MaxSkewMS {
		ms = add(ms, w.SkewMS)
	}
	at := Make(max(ms, w.ServerMS), 0)
	at = min(at, w.Now)
	seen := min(w.Seen, w.Now)
	return max(at, seen.Next(), w.DeviceLast.Next())
}

// add adds without running over: both numbers come from a phone.
func add(a, b int64) int64 {
	switch {
	case b > 0 && a > math.MaxInt64-b:
		return math.MaxInt64
	case b < 0 && a < math.MinInt64-b:
		return math.MinInt64
	}
	return a + b
}
