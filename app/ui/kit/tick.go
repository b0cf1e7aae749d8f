package kit

// Tick is a line of a checklist, as wide as it gets: a round sign before the words, or a
// tick, a border and bold words once it is done. What a tap does is the caller's; the line
// does not tick itself.
func Tick(words string, done bool, tapped func()) *Button {
	b := Act(words, tapped)
	b.leading, b.chosen = true, done
	sign := SignMet
	if done {
		sign = SignSafe
	}
	b.SetSign(sign)
	return b
}
