package main

import (
	"fmt"
	"math/rand/v2"

	"sodanvan/shared/book"
)

func main() {
	r := readerOf(rand.New(rand.NewPCG(seed, 2)))
	ids := func(n int) []book.ID {
		out := make([]book.ID, n)
		for i := range out {
			out[i] = book.NewID(1_780_000_000_000+int64(i), r)
		}
		return out
	}
	vs := makeVisits(10_000, ids(100), ids(10))
	fmt.Println(weigh(vs))
	fmt.Println(string(vs[0].asJSON()))
}
