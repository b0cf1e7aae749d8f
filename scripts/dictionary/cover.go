package main

import (
	"bytes"
	"encoding/binary"
)

// cover picks the stretches of the samples that are worth having as history, the best last,
// since near ones cost fewer bits. A stretch is worth the number of samples that hold each of
// its eight-byte parts, and a part that was picked is worth nothing any more. The idea is that
// of "Effective construction of relative Lempel-Ziv dictionaries" (Liao, Petri, Moffat, Wirth;
// WWW 2016), with one stretch from each equal part of the samples in turn.
func cover(samples [][]byte, size, stretch int) []byte {
	const part = 8
	counts := map[uint64]int{}
	seen := map[uint64]int{}
	for n, s := range samples {
		for i := 0; i+part <= len(s); i++ {
			key := binary.LittleEndian.Uint64(s[i:])
			if seen[key] != n+1 { // once a sample: a part that one sample repeats finds itself there
				seen[key] = n + 1
				counts[key]++
			}
		}
	}
	all := bytes.Join(samples, nil)
	epochs := max(1, min(size/stretch/4, len(all)/stretch/16)) // so that each part gives about four stretches
	length := len(all) / epochs
	var picked [][]byte
	total := 0
	for at := 0; total < size; at = (at + 1) % epochs {
		from, worth := best(all[at*length:(at+1)*length], counts, stretch, part)
		if worth == 0 { // then the others have hardly more
			break
		}
		seg := trim(all[at*length+from:at*length+from+stretch], counts, part)
		for i := 0; i+part <= len(seg); i++ {
			delete(counts, binary.LittleEndian.Uint64(seg[i:]))
		}
		picked = append(picked, seg)
		total += len(seg)
	}
	var out []byte
	for i := len(picked) - 1; i >= 0; i-- {
		out = append(out, picked[i]...)
	}
	return out[max(0, len(out)-size):]
}

// value of a part: what only one sample has helps no other.
func value(counts map[uint64]int, key uint64) int { return max(0, counts[key]-1) }

// best finds the stretch that is worth most.
func best(in []byte, counts map[uint64]int, stretch, part int) (from, worth int) {
	sum := 0
	window := map[uint64]int{}
	for i := 0; i+part <= len(in); i++ {
		key := binary.LittleEndian.Uint64(in[i:])
		if window[key]++; window[key] == 1 {
			sum += value(counts, key)
		}
		if gone := i - (stretch - part + 1); gone >= 0 {
			key := binary.LittleEndian.Uint64(in[gone:])
			if window[key]--; window[key] == 0 {
				sum -= value(counts, key)
				delete(window, key)
			}
		}
		if start := i + part - stretch; start >= 0 && sum > worth {
			from, worth = start, sum
		}
	}
	return from, worth
}

// trim drops worthless ends.
func trim(seg []byte, counts map[uint64]int, part int) []byte {
	for len(seg) > part && value(counts, binary.LittleEndian.Uint64(seg)) == 0 {
		seg = seg[1:]
	}
	for len(seg) > part && value(counts, binary.LittleEndian.Uint64(seg[len(seg)-part:])) == 0 {
		seg = seg[:len(seg)-1]
	}
	return seg
}
