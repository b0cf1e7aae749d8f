package simulation

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	seedFlag   = flag.Int64("seed", -1, "replay this seed and show what happened")
	eventsFlag = flag.String("events", "", "only these events of -seed, such as 4,7,9")
	seedsFlag  = flag.Int("seeds", 0, "how many seeds; 0: $SEEDS, else 2000")
	mostFlag   = flag.Int("most", 3, "stop after so many failed seeds")
	firstFlag  = flag.Uint64("first", 0, "the first of them")
)

func seedCount() int {
	if *seedsFlag > 0 {
		return *seedsFlag
	}
	if n, err := strconv.Atoi(os.Getenv("SEEDS")); err == nil && n > 0 {
		return n
	}
	return 2000
}

// twiceEvery: so many seeds, and one of them runs twice: its two traces must be one.
const twiceEvery = 40

// enough seeds see everything that a run must see.
const enough = 1000

func TestSeeds(t *testing.T) {
	if *seedFlag >= 0 {
		replay(t)
		return
	}
	n := seedCount()
	commit()
	var next atomic.Int64
	var failed, ran atomic.Int64
	var wg sync.WaitGroup
	var reached tally
	begun := time.Now()
	// On a slow machine what was run is said, in place of the stacks of a test that took too long.
	late := func() bool {
		end, ok := t.Deadline()
		return ok && time.Until(end) < time.Minute
	}
	for range runtime.GOMAXPROCS(0) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for {
				i := next.Add(1) - 1
				if i >= int64(n) || failed.Load() >= int64(*mostFlag) || late() {
					return
				}
				ran.Add(1)
				seed := *firstFlag + uint64(i)
				res := run(seed, nil, options{})
				reached.add(res.reached)
				if res.broken == nil && i%twiceEvery == 0 {
					if again := run(seed, nil, options{}); again.trace.sum != res.trace.sum {
						res.broken = &failure{"a seed gave two runs", ""}
					}
				}
				if res.broken != nil {
					failed.Add(1)
					keep := shrink(seed, *res.broken, options{})
					t.Errorf("seed %d: %v\n%s", seed, res.broken, command(seed, keep))
				}
			}
		}()
	}
	wg.Wait()
	took := time.Since(begun)
	done := ran.Load()
	if late() && done < int64(n) {
		t.Errorf("only %d of %d seeds in the time of the test: give it more with -timeout", done, n)
	}
	if all := reached.missing(); len(all) > 0 && done >= enough {
		t.Errorf("no run reached: %s", strings.Join(all, ", "))
	}
	t.Logf("%s", &reached)
	t.Logf("%d seeds in %s: %.1f seeds a second, %.1f a core", done, took.Round(time.Second), float64(done)/took.Seconds(), float64(done)/took.Seconds()/float64(runtime.GOMAXPROCS(0)))
}

func replay(t *testing.T) {
	var keep []int
	for _, s := range strings.Split(*eventsFlag, ",") {
		if n, err := strconv.Atoi(s); err == nil {
			keep = append(keep, n)
		}
	}
	res := run(uint64(*seedFlag), keep, options{trace: true})
	for _, l := range res.trace.text {
		fmt.Println(l)
	}
	if res.broken != nil {
		t.Errorf("seed %d: %v", *seedFlag, res.broken)
	}
}
