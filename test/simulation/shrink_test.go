package simulation

import (
	"fmt"
	"os/exec"
	"strings"
	"sync"
)

// mostTries bounds the work on one failing seed.
const mostTries = 400

// shrink leaves out events as long as the same promise is broken: halves first, then
// quarters, down to single ones. It gives the numbers of those that are left.
func shrink(seed uint64, broken failure, o options) []int {
	_, events := planOf(seed)
	keep := make([]int, len(events))
	for i, e := range events {
		keep[i] = e.n
	}
	tries := 0
	fails := func(keep []int) bool {
		tries++
		res := run(seed, keep, o)
		return res.broken != nil && res.broken.rule == broken.rule
	}
	for size := len(keep) / 2; size > 0 && tries < mostTries; {
		smaller := false
		for from := 0; from < len(keep) && tries < mostTries; {
			without := append(append([]int{}, keep[:from]...), keep[min(from+size, len(keep)):]...)
			if fails(without) {
				keep, smaller = without, true
			} else {
				from += size
			}
		}
		if !smaller || size > 1 {
			if size == 1 {
				break
			}
			size /= 2
		}
	}
	return keep
}

// command is how to see a run again, with the state of the source.
func command(seed uint64, keep []int) string {
	list := make([]string, len(keep))
	for i, n := range keep {
		list[i] = fmt.Sprint(n)
	}
	return fmt.Sprintf("go test ./test/simulation -run Seed -seed %d -events %s%s", seed, strings.Join(list, ","), commit())
}

// commit names the state of the source, where that is known. It is asked for before the first
// run: a child process holds the locks of open books until it has become another program.
var commit = sync.OnceValue(func() string {
	out, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return ""
	}
	return " # at " + strings.TrimSpace(string(out))
})
