package kit

import "github.com/rivo/uniseg"

// letterEnds gives the byte offset after each letter as a person sees it, marks and emoji
// sequences included.
func letterEnds(s string) []int {
	var ends []int
	at := 0
	for g := uniseg.NewGraphemes(s); g.Next(); {
		at += len(g.Bytes())
		ends = append(ends, at)
	}
	return ends
}
