package simulation

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"sodanvan/app/syncing"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// rare are the rarer things of which a long run sees each: one that has none of something proves
// nothing about it.
var rare = []string{
	"a phone died", "a phone is a copy", "a phone's disk is full", "a reply came in pages", "a reply was cut", "a restore died", "a row was offered",
	"a token was reclaimed", "a view came", "an offer was taken over", "damage was healed", "device confirmed", "joined again", "new epoch",
	"result erased", "result later", "result parked", "result refused", "result suggestion", "the server died", "the server's disk is full", "work handed over",
}

// tally adds up what runs reached.
type tally struct {
	sync.Mutex
	all map[string]int
}

func (t *tally) add(some map[string]int) {
	t.Lock()
	defer t.Unlock()
	if t.all == nil {
		t.all = map[string]int{}
	}
	for what, n := range some {
		t.all[what] += n
	}
}

// missing are the things that no run reached.
func (t *tally) missing() (all []string) {
	for _, what := range rare {
		if t.all[what] == 0 {
			all = append(all, what)
		}
	}
	return all
}

func (t *tally) String() string {
	var b strings.Builder
	for _, what := range slices.Sorted(maps.Keys(t.all)) {
		b.WriteString(what + " " + itoa(uint64(t.all[what])) + ", ")
	}
	return strings.TrimSuffix(b.String(), ", ")
}

// reach notes what a reply brought.
func (w *world) reach(req *pb.SyncRequest, resp *pb.SyncResponse) {
	for _, a := range resp.GetAcks() {
		w.reached["result "+strings.ToLower(strings.TrimPrefix(a.GetResult().String(), "RESULT_"))]++
	}
	for what, is := range map[string]bool{
		"a reply came in pages": resp.GetMore(), "a view came": resp.GetView() != nil, "new epoch": resp.GetEpoch() != nil, "a row was offered": len(req.GetOffers()) > 0,
	} {
		if is {
			w.reached[what]++
		}
	}
}

// reachOutcome notes what a phone made of a reply.
func (w *world) reachOutcome(out syncing.Outcome) {
	if len(out.Applied.Healed) > 0 {
		w.reached["damage was healed"]++
	}
	if out.Applied.Cloned {
		w.reached["a phone is a copy"]++
	}
}
