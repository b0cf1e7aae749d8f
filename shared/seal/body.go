package seal

import (
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"math"
	"sync"

	"golang.org/x/crypto/chacha20poly1305"
)

// BookKey opens a phone's book. It seals no body itself, only row keys. It is
// random and never derived from a PIN, so a new PIN does not re-encrypt the book.
type BookKey [32]byte

// RowKey seals the bodies of one household (or of the branch, or the drafts). It
// is random and never derived from another key: once its wrapped copy is gone,
// what it sealed is gone too, in every copy of the file. A derived key would
// come back with its parent and erase nothing.
type RowKey [32]byte

// MasterKey wraps the row keys in the server's keys.db. The store reads it from
// a file that lies outside the database and outside its backups.
type MasterKey [32]byte

// NewBookKey draws a book key.
func NewBookKey(random io.Reader) (k BookKey) { fill(random, k[:]); return k }

// NewRowKey draws a row key.
func NewRowKey(random io.Reader) (k RowKey) { fill(random, k[:]); return k }

// NewMasterKey draws a master key.
func NewMasterKey(random io.Reader) (k MasterKey) { fill(random, k[:]); return k }

const hidden = "(key)"

// Format prints no key, whatever the verb.
func (BookKey) Format(f fmt.State, _ rune) { io.WriteString(f, hidden) }

// Format prints no key, whatever the verb.
func (RowKey) Format(f fmt.State, _ rune) { io.WriteString(f, hidden) }

// Format prints no key, whatever the verb.
func (MasterKey) Format(f fmt.State, _ rune) { io.WriteString(f, hidden) }

// LogValue logs no key.
func (BookKey) LogValue() slog.Value { return slog.StringValue(hidden) }

// LogValue logs no key.
func (RowKey) LogValue() slog.Value { return slog.StringValue(hidden) }

// LogValue logs no key.
func (MasterKey) LogValue() slog.Value { return slog.StringValue(hidden) }

// AD names the place of a sealed body. It is authenticated and not stored with
// the body: whoever opens must know the place, so that a row copied over
// another row, table or book does not open there.
type AD struct {
	Book  string // id of the book, or of the server's database
	Table string
	Row   string // local id of the row
	Key   string // id of the row key, as a rule the household
}

func (a AD) appendTo(b []byte, version byte) []byte {
	b = append(b, labelBody...)
	b = append(b, version)
	b = appendPart(b, a.Book)
	b = appendPart(b, a.Table)
	b = appendPart(b, a.Row)
	return appendPart(b, a.Key)
}

func (a AD) String() string { return a.Book + "/" + a.Table + "/" + a.Row + " under " + a.Key }

// Layout of a sealed body: version (1) ‖ nonce (24) ‖ ciphertext ‖ tag (16).
// A nonce of 24 random bytes needs no counter, which a restored file would repeat.
const (
	versionPadded = 1
	versionBare   = 2

	// Overhead is what sealing adds to the plaintext after padding, in bytes.
	Overhead = 1 + chacha20poly1305.NonceSizeX + chacha20poly1305.Overhead

	padBlock  = 64
	padLength = 4 // bytes of the length in front of a padded plaintext
)

// PaddedLen is what n bytes of plaintext take after padding: a multiple of 64,
// the 4 bytes of length included. n must not be negative.
func PaddedLen(n int) int {
	return (n + padLength + padBlock - 1) / padBlock * padBlock
}

// Seal seals one body under key for the place ad, padded to a multiple of 64
// bytes so that its size does not tell a short note from none.
func Seal(random io.Reader, key RowKey, ad AD, plaintext []byte) []byte {
	return sealWith(random, newX(key), ad, plaintext, true)
}

// SealBody is Seal with padding by choice: the server, whose pages and backups
// count bytes, may leave it out. Open reads both.
func SealBody(random io.Reader, key RowKey, ad AD, body []byte, pad bool) []byte {
	return sealWith(random, newX(key), ad, body, pad)
}

// Open opens what Seal and SealBody made. The error wraps ErrOpen and names the
// place, never the content.
func Open(key RowKey, ad AD, sealed []byte) ([]byte, error) {
	return openWith(newX(key), ad, sealed)
}

func newX(key [32]byte) cipher.AEAD {
	c, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		panic(fmt.Sprintf("seal: %v", err)) // only for a wrong key length
	}
	return c
}

var adBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 256); return &b }}

func sealWith(random io.Reader, c cipher.AEAD, ad AD, plaintext []byte, pad bool) []byte {
	if len(plaintext) > math.MaxInt32-padBlock-padLength-Overhead {
		panic("seal: plaintext over 2 GiB") // also what an int of 32 bits can count
	}
	version, n := byte(versionBare), len(plaintext)
	if pad {
		version, n = versionPadded, PaddedLen(n)
	}
	out := make([]byte, Overhead-chacha20poly1305.Overhead, Overhead+n)
	out[0] = version
	nonce := out[1:]
	fill(random, nonce)

	body := out[len(out) : len(out)+n] // sealed in place
	if pad {
		binary.BigEndian.PutUint32(body, uint32(len(plaintext)))
		copy(body[padLength:], plaintext)
	} else {
		copy(body, plaintext)
	}
	buf := adBuffers.Get().(*[]byte)
	*buf = ad.appendTo((*buf)[:0], version)
	out = c.Seal(out, nonce, body, *buf)
	adBuffers.Put(buf)
	return out
}

func openWith(c cipher.AEAD, ad AD, sealed []byte) ([]byte, error) {
	if len(sealed) < Overhead {
		return nil, fmt.Errorf("%v: %d bytes: %w", ad, len(sealed), ErrOpen)
	}
	version := sealed[0]
	if version != versionPadded && version != versionBare {
		return nil, fmt.Errorf("%v: version %d: %w", ad, version, ErrOpen)
	}
	head := 1 + chacha20poly1305.NonceSizeX
	buf := adBuffers.Get().(*[]byte)
	*buf = ad.appendTo((*buf)[:0], version)
	plain, err := c.Open(nil, sealed[1:head], sealed[head:], *buf)
	adBuffers.Put(buf)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", ad, ErrOpen)
	}
	if version == versionBare {
		return plain, nil
	}
	if len(plain) < padLength {
		return nil, fmt.Errorf("%v: padding: %w", ad, ErrOpen)
	}
	n := binary.BigEndian.Uint32(plain)
	if uint64(n) > uint64(len(plain)-padLength) {
		return nil, fmt.Errorf("%v: padding: %w", ad, ErrOpen)
	}
	return plain[padLength : padLength+n : padLength+n], nil
}
