package seal

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
)

// fill reads len(b) random bytes. It panics when the source fails: see the
// package comment.
func fill(random io.Reader, b []byte) {
	if random == nil {
		random = rand.Reader
	}
	if _, err := io.ReadFull(random, b); err != nil {
		panic(fmt.Sprintf("seal: the source of randomness failed: %v", err))
	}
}

// appendPart appends part behind its length (4 bytes, big endian), so that
// "ab","c" and "a","bc" never give the same bytes.
func appendPart[T ~string | ~[]byte](b []byte, part T) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
	return append(b, part...)
}

// cutPart is the reverse of appendPart.
func cutPart(b []byte) (part, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := uint64(binary.BigEndian.Uint32(b))
	if n > uint64(len(b)-4) {
		return nil, nil, false
	}
	return b[4 : 4+n], b[4+n:], true
}
