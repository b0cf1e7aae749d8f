package simulation

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// setup is what a run begins with.
type setup struct {
	shape int
	// newer has a bit for each phone whose app is of a later version.
	newer  uint
	small  bool
	wordy  bool
	dayOps uint32
	clocks [8]struct {
		offset time.Duration
		drift  int64
	}
}

// event is one thing that happens. It carries its own source of chance, so that the others
// happen as before where it is left out.
type event struct {
	n      int
	at     time.Duration
	deed   int
	who    uint32
	chance uint64
}

func (e event) String() string { return fmt.Sprintf("%d %s", e.n, deeds[e.deed].name) }

// deed is one sort of event. A group is switched on or off for a whole run, so that some runs
// have much of one fault and none of another.
type deed struct {
	name   string
	weight int
	group  string
	do     func(*phone)
}

var deeds = []deed{
	{"sync", 12, "", (*phone).syncs},
	{"call", 8, "", func(p *phone) { p.call(fine) }},
	{"visit", 14, "", (*phone).visit},
	{"edit visit", 6, "", (*phone).editVisit},
	{"edit household", 7, "", (*phone).editHousehold},
	{"hand over", 6, "", atDesk((*phone).handover)},

	{"notice", 3, "paper", atDesk((*phone).notice)},
	{"receipt", 2, "paper", (*phone).receipt},
	{"petition", 4, "paper", (*phone).petition},
	{"edit petition", 2, "paper", (*phone).editPetition},
	{"step", 3, "paper", (*phone).takeStep},
	{"review", 3, "paper", atDesk((*phone).review)},
	{"new household", 2, "paper", atDesk((*phone).newHousehold)},
	{"decide", 2, "paper", atDesk((*phone).decide)},

	{"remove", 3, "odd", (*phone).remove},
	{"proxies", 3, "proxies", atDesk((*phone).proxies)},
	{"foreign", 3, "odd", (*phone).foreign},
	{"wrong", 3, "odd", (*phone).wrong},
	{"unknown kind", 2, "odd", (*phone).unknownKind},
	{"draft", 4, "drafts", (*phone).draft},
	{"take back", 3, "drafts", (*phone).takeBack},

	{"bad call", 16, "network", (*phone).badCall},
	{"arrive", 4, "network", (*phone).arrives},
	{"phone restarts", 3, "crash", (*phone).restart},
	{"phone dies", 9, "crash", (*phone).dies},
	{"server restarts", 2, "server crash", (*phone).serverRestarts},
	{"server dies", 7, "server crash", (*phone).serverDies},
	{"phone full", 4, "full", (*phone).isFull},
	{"server full", 3, "full", (*phone).serverFull},
	{"clock", 4, "clock", (*phone).jump},

	{"copy", 2, "copies", (*phone).keepCopy},
	{"restore", 2, "copies", (*phone).restore},
	{"clone", 2, "clones", (*phone).clone},
	{"confirm", 2, "clones", (*phone).confirm},
	{"office", 2, "office", (*phone).office},
	{"revoke", 1, "revoke", (*phone).revoke},
	{"join", 2, "revoke", (*phone).join},
	{"erase", 1, "erase", (*phone).erase},
	{"back up", 3, "backup", (*phone).backUp},
	{"restore the server", 2, "backup", (*phone).restoreServer},
	{"damage", 2, "damage", (*phone).damage},
}

// atDesk does something where the phone's owner sits at the desk, else something plain.
func atDesk(do func(*phone)) func(*phone) {
	return func(p *phone) {
		if p.desk() {
			do(p)
		} else {
			p.visit()
		}
	}
}

func oddOffset(r *rand.Rand) time.Duration {
	switch r.IntN(6) {
	case 0:
		return time.Date(1970, 1, 2, 0, 0, 0, 0, time.UTC).Sub(start)
	case 1:
		return time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC).Sub(start)
	case 2:
		return time.Duration(r.IntN(7200)-3600) * time.Second
	case 3:
		return time.Duration(r.IntN(400)-200) * 24 * time.Hour
	}
	return time.Duration(r.IntN(2000)-1000) * time.Millisecond
}

func oddDrift(r *rand.Rand) int64 {
	if r.IntN(2) == 0 {
		return 0
	}
	return int64(r.IntN(100_000) - 50_000)
}

// planOf draws a run from its seed.
func planOf(seed uint64) (s setup, all []event) {
	r := rand.New(rand.NewPCG(seed, 5))
	s.shape = r.IntN(len(shapes))
	if r.IntN(3) == 0 {
		s.newer = uint(r.Uint32()) & 0xff
	}
	s.small, s.wordy = r.IntN(4) == 0, r.IntN(4) == 0
	if r.IntN(12) == 0 {
		s.dayOps = 3 + r.Uint32N(10)
	}
	odd := r.IntN(3) == 0
	for i := range s.clocks {
		if odd {
			s.clocks[i].offset, s.clocks[i].drift = oddOffset(r), oddDrift(r)
		}
	}
	// Two disasters at once, a server that is set back and a spoilt file of the one phone that has
	// what it lost, are not modelled.
	on := map[string]bool{"backup": r.IntN(2) == 0}
	if on["backup"] {
		on["damage"] = false
	}
	total := 0
	weights := make([]int, len(deeds))
	for i, d := range deeds {
		if _, drawn := on[d.group]; !drawn {
			on[d.group] = d.group == "" || r.IntN(100) < 55
		}
		if on[d.group] {
			weights[i] = d.weight
			total += d.weight
		}
	}
	// Mostly minutes pass, in some runs days.
	longest := []int{20, 600, 600, 7200, 100_000}[r.IntN(5)]
	at := time.Duration(0)
	for n := range 60 + r.IntN(60) {
		at += time.Duration(r.IntN(longest*1000)) * time.Millisecond
		e := event{n: n, at: at, who: r.Uint32(), chance: r.Uint64()}
		for k := r.IntN(total); k >= weights[e.deed]; e.deed++ {
			k -= weights[e.deed]
		}
		all = append(all, e)
	}
	return s, all
}
