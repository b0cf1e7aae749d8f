// Command dictionary makes the dictionary of shared/wire out of invented messages: run it as
//
//	go run ./scripts/dictionary -o shared/wire/dict-2.bin -seed 2
//
// A dictionary that phones in use know is never changed: a new one gets a new file and a new
// name on the wire, and stands beside the old one until no phone asks for that any more.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
)

// Of 16, 24 and 32 KiB the middle one is as good as the last; what is farther back than 32
// KiB cannot be reached at all.
const (
	size     = 24 << 10
	stretch  = 40
	branches = 60
)

func main() {
	out := flag.String("o", "", "file to write")
	seed := flag.Uint64("seed", 1, "seed of the invented branches")
	flag.Parse()
	if *out == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	dict := cover(samples(rand.New(rand.NewPCG(1, *seed)), branches), size, stretch)
	if err := os.WriteFile(*out, dict, 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "dictionary:", err)
		os.Exit(1)
	}
	fmt.Printf("%s: %d bytes\n", *out, len(dict))
}

// samples are messages of so many invented branches, in about the shares of a week.
func samples(r *rand.Rand, branches int) [][]byte {
	var out [][]byte
	for range branches {
		b := newBranch(r)
		out = append(out, marshal(b.firstSync(60)))
		for range 4 {
			n := 1 + r.IntN(6)
			out = append(out, marshal(b.request(nil)), marshal(b.later(0, 0)), marshal(b.later(r.IntN(5), 0)),
				marshal(b.request(b.ops(n))), marshal(b.later(r.IntN(2), n)))
		}
	}
	return out
}
