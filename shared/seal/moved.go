package seal

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"slices"
)

const movedVersion = 1

// Moved says that the server now lives at Address. Seq grows with every move;
// a phone keeps the greatest it has seen and takes no smaller one, so that an old
// statement cannot send it back.
type Moved struct {
	Address string
	Seq     uint64
}

// SignMoved makes the statement: version ‖ public key ‖ address ‖ seq ‖
// signature. It can be handed on by anyone, for instance left at the old address
// or sent as a file.
func SignMoved(root Root, address string, seq uint64) ([]byte, error) {
	if root.key == nil {
		return nil, fmt.Errorf("sign moved: no root: %w", ErrIdentity)
	}
	address, err := ParseAddress(address)
	if err != nil {
		return nil, fmt.Errorf("sign moved: %w", err)
	}
	b := []byte{movedVersion}
	b = appendPart(b, root.cert.RawSubjectPublicKeyInfo)
	b = appendPart(b, address)
	b = binary.BigEndian.AppendUint64(b, seq)
	digest := movedDigest(b)
	sig, err := root.key.Sign(nil, digest[:], crypto.SHA256) // no reader: deterministic
	if err != nil {
		return nil, fmt.Errorf("sign moved: %w", err)
	}
	return appendPart(b, sig), nil
}

func movedDigest(b []byte) [32]byte {
	return sha256.Sum256(append([]byte(labelMoved), b...))
}

// VerifyMoved reads a statement signed by one of the pinned roots, the spare
// included; every failure is ErrMoved. The caller still compares Seq, and the
// server at the new address must still pass VerifyPinned.
func VerifyMoved(pins [][32]byte, statement []byte) (Moved, error) {
	fail := func(why string) (Moved, error) { return Moved{}, fmt.Errorf("%s: %w", why, ErrMoved) }
	if len(statement) == 0 || statement[0] != movedVersion {
		return fail("unknown version")
	}
	spki, rest, ok := cutPart(statement[1:])
	if !ok {
		return fail("cut short")
	}
	address, rest, ok := cutPart(rest)
	if !ok || len(rest) < 8 {
		return fail("cut short")
	}
	seq := binary.BigEndian.Uint64(rest)
	rest = rest[8:]
	signed := statement[:len(statement)-len(rest)]
	sig, rest, ok := cutPart(rest)
	if !ok || len(rest) != 0 {
		return fail("wrong length")
	}
	if !slices.Contains(pins, sha256.Sum256(spki)) {
		return fail("key is not pinned")
	}
	k, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return fail("not a public key")
	}
	key, ok := k.(*ecdsa.PublicKey)
	if !ok {
		return fail("not an ECDSA key")
	}
	digest := movedDigest(signed)
	if !ecdsa.VerifyASN1(key, digest[:], sig) {
		return fail("signature does not match")
	}
	a, err := ParseAddress(string(address))
	if err != nil || a != string(address) {
		return fail("unusable address")
	}
	return Moved{a, seq}, nil
}
