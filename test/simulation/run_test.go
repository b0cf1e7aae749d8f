package simulation

import (
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"strconv"
)

func itoa(n uint64) string { return strconv.FormatUint(n, 10) }

// result is how a run ended.
type result struct {
	broken *failure
	trace  trace
	deaths int
	// reached counts the rarer things that happened.
	reached map[string]int
}

// options of a run, for the tests of the simulation itself.
type options struct {
	trace    bool
	sabotage func(*world)
}

// run does the events of a seed that are kept (nil: all).
func run(seed uint64, keep []int, o options) result {
	s, events := planOf(seed)
	wanted := map[int]bool{}
	for _, n := range keep {
		wanted[n] = true
	}
	return within(seed, s, o, func(w *world) {
		for _, e := range events {
			if keep == nil || wanted[e.n] {
				w.do(e)
				if w.meddle != nil {
					w.meddle(w)
				}
			}
		}
		w.event = len(events)
		w.settle()
		w.check()
	})
}

// within makes a world, and tells which promise what is done in it broke.
func within(seed uint64, s setup, o options, do func(*world)) (res result) {
	var w *world
	defer func() {
		if w != nil {
			res.trace, res.deaths, res.reached = w.trace, w.deaths, w.reached
			w.close()
		}
		switch p := recover().(type) {
		case nil:
		case failure:
			res.broken = &p
		default:
			res.broken = &failure{"panic", fmt.Sprintf("%v\n%s", p, debug.Stack())}
		}
	}()
	w = newWorld(seed, s)
	w.trace.keep = o.trace
	if o.sabotage != nil {
		o.sabotage(w)
	}
	do(w)
	return res
}

// do makes one event happen, to a phone that is there.
func (w *world) do(e event) {
	if t := start.Add(e.at); t.After(w.now) {
		w.now = t
	}
	w.event, w.chance = e.n, rand.New(rand.NewPCG(e.chance, uint64(e.n)))
	w.said = 0
	all := w.phones
	if deeds[e.deed].name != "join" {
		all = w.alive()
	}
	if len(all) == 0 {
		return
	}
	p := all[int(e.who)%len(all)]
	w.note("%s: %s", p.name, deeds[e.deed].name)
	deeds[e.deed].do(p)
}
