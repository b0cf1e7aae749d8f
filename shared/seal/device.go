package seal

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
)

// NewDeviceKey draws the Ed25519 key of one device; its public half is
// key.Public().(ed25519.PublicKey). The key stays on the device, sealed.
func NewDeviceKey(random io.Reader) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	fill(random, seed)
	return ed25519.NewKeyFromSeed(seed)
}

// OpsClaim is what a device signs for one call: these operations, from this
// device, to this server, in this epoch. Server and Epoch keep a recorded call
// from being replayed at another server or after a restore; First and Last are
// the numbers of the first and last operation, both included (both 0 for a call
// without operations); Hash is HashOps of their bytes as sent.
type OpsClaim struct {
	Server, Epoch []byte
	Device        uint32
	First, Last   uint64
	Hash          [32]byte
}

func (c OpsClaim) message() []byte {
	b := []byte(labelOps)
	b = appendPart(b, c.Server)
	b = appendPart(b, c.Epoch)
	b = binary.BigEndian.AppendUint32(b, c.Device)
	b = binary.BigEndian.AppendUint64(b, c.First)
	b = binary.BigEndian.AppendUint64(b, c.Last)
	return append(b, c.Hash[:]...)
}

// HashOps is SHA-256 over the number of operations and each operation behind
// its length, so that bytes cannot slip from one operation into the next.
func HashOps(ops [][]byte) [32]byte {
	h := sha256.New()
	h.Write([]byte(labelOpsHash))
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(ops)))
	h.Write(n[:])
	for _, op := range ops {
		binary.BigEndian.PutUint64(n[:], uint64(len(op)))
		h.Write(n[:])
		h.Write(op)
	}
	return [32]byte(h.Sum(nil))
}

// SignOps signs the claim. It panics if key is not a whole private key.
func SignOps(key ed25519.PrivateKey, c OpsClaim) []byte {
	return ed25519.Sign(key, c.message())
}

// VerifyOps tells whether the holder of public signed the claim; the error is
// ErrSignature.
func VerifyOps(public ed25519.PublicKey, c OpsClaim, sig []byte) error {
	if len(public) != ed25519.PublicKeySize || !ed25519.Verify(public, c.message(), sig) {
		return fmt.Errorf("operations %d to %d of device %d: %w", c.First, c.Last, c.Device, ErrSignature)
	}
	return nil
}

// ReclaimClaim is what a device signs to get a new token from a server that was restored
// and does not know its last one: who it is, and the connection on which it asks
// (exported keying material and the key of the server's certificate; both empty on plain
// loopback), so that nobody can use the signature on another.
type ReclaimClaim struct {
	Server        []byte
	Device        uint32
	Channel, SPKI []byte
}

func (c ReclaimClaim) message() []byte {
	b := []byte(labelReclaim)
	b = appendPart(b, c.Server)
	b = binary.BigEndian.AppendUint32(b, c.Device)
	b = appendPart(b, c.Channel)
	return appendPart(b, c.SPKI)
}

// SignReclaim signs the claim. It panics if key is not a whole private key.
func SignReclaim(key ed25519.PrivateKey, c ReclaimClaim) []byte {
	return ed25519.Sign(key, c.message())
}

// VerifyReclaim tells whether the holder of public signed the claim; the error is
// ErrSignature.
func VerifyReclaim(public ed25519.PublicKey, c ReclaimClaim, sig []byte) error {
	if len(public) != ed25519.PublicKeySize || !ed25519.Verify(public, c.message(), sig) {
		return fmt.Errorf("reclaim by device %d: %w", c.Device, ErrSignature)
	}
	return nil
}

// tokenText is the length of a token: 32 bytes in base64url without padding.
const tokenText = 43

// NewToken draws a bearer token of 32 random bytes. The phone keeps the text,
// the server the hash: a copied server database opens no session. A plain hash
// suffices, since 256 random bits cannot be guessed.
func NewToken(random io.Reader) (token string, hash [32]byte) {
	var b [32]byte
	fill(random, b[:])
	return base64.RawURLEncoding.EncodeToString(b[:]), hashToken(b)
}

// HashToken gives the hash by which the server looks a token up. Only the one
// spelling that NewToken makes is taken; else the error is ErrToken.
func HashToken(token string) ([32]byte, error) {
	if len(token) != tokenText {
		return [32]byte{}, fmt.Errorf("%d characters: %w", len(token), ErrToken)
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) != 32 {
		return [32]byte{}, ErrToken
	}
	return hashToken([32]byte(b)), nil
}

func hashToken(b [32]byte) [32]byte {
	return sha256.Sum256(append([]byte(labelToken), b[:]...))
}
