package wire

import (
	"crypto/sha256"
	_ "embed" // the dictionary is part of the program
)

// Name is what Content-Encoding and Accept-Encoding say.
const Name = "flate-1"

// dictionary is history: a stream refers to it as if it had just been sent.
//
//go:embed dict-1.bin
var dictionary []byte

// mark begins each body. With another dictionary a stream would still decode, to other
// words: this says so first, should the two sides ever differ under one name.
var mark = func() [2]byte {
	sum := sha256.Sum256(dictionary)
	return [2]byte(sum[:])
}()
