package seal

import (
	"context"
	"crypto/cipher"
	"fmt"
	"io"
	"sync"

	"golang.org/x/crypto/chacha20poly1305"
)

// wrappedKeyLen is nonce ‖ sealed key ‖ tag.
const wrappedKeyLen = chacha20poly1305.NonceSizeX + 32 + chacha20poly1305.Overhead

// WrapRowKey seals a row key under the book key, bound to its id: 72 bytes for
// the phone's table of keys.
func WrapRowKey(random io.Reader, book BookKey, id string, key RowKey) []byte {
	return wrapKey(random, book, labelRowKey, id, key)
}

// UnwrapRowKey opens what WrapRowKey made; the error wraps ErrOpen.
func UnwrapRowKey(book BookKey, id string, wrapped []byte) (RowKey, error) {
	return unwrapKey(book, labelRowKey, id, wrapped)
}

// WrapRowKey seals a row key under the server's master key, bound to its id: 72
// bytes for keys.db.
func (m MasterKey) WrapRowKey(random io.Reader, id string, key RowKey) []byte {
	return wrapKey(random, m, labelMaster, id, key)
}

// UnwrapRowKey opens what MasterKey.WrapRowKey made; the error wraps ErrOpen.
func (m MasterKey) UnwrapRowKey(id string, wrapped []byte) (RowKey, error) {
	return unwrapKey(m, labelMaster, id, wrapped)
}

func wrapKey(random io.Reader, outer [32]byte, label, id string, key RowKey) []byte {
	out := make([]byte, chacha20poly1305.NonceSizeX, wrappedKeyLen)
	fill(random, out)
	return newX(outer).Seal(out, out, key[:], appendPart([]byte(label), id))
}

func unwrapKey(outer [32]byte, label, id string, wrapped []byte) (RowKey, error) {
	if len(wrapped) != wrappedKeyLen {
		return RowKey{}, fmt.Errorf("row key %s: %d bytes: %w", id, len(wrapped), ErrOpen)
	}
	n := chacha20poly1305.NonceSizeX
	plain, err := newX(outer).Open(nil, wrapped[:n], wrapped[n:], appendPart([]byte(label), id))
	if err != nil {
		return RowKey{}, fmt.Errorf("row key %s: %w", id, ErrOpen)
	}
	return RowKey(plain), nil
}

// KeyRing gives the row keys of a server's database. The server's store
// implements it over keys.db, which lies apart from the bodies so that erasing a
// key there erases the household in every backup of the bodies.
type KeyRing interface {
	// RowKey gives the key of one id. The error is ErrNoKey when it was erased
	// or never made; nobody makes a second key for an erased id.
	RowKey(ctx context.Context, id string) (RowKey, error)
}

// Sealer seals and opens the bodies of one book or database with a cipher ready
// for each key id. Safe for concurrent use. Make it with NewSealer.
type Sealer struct {
	random io.Reader
	book   string

	mu      sync.RWMutex
	ciphers map[string]cipher.AEAD
}

// NewSealer makes a sealer without keys. book goes into every AD. random must
// be safe for concurrent use if the sealer is used so; crypto/rand (nil) is.
func NewSealer(random io.Reader, book string) *Sealer {
	return &Sealer{random: random, book: book, ciphers: make(map[string]cipher.AEAD)}
}

// Add makes a key usable under its id, replacing one of the same id.
func (s *Sealer) Add(id string, key RowKey) {
	c := newX(key)
	s.mu.Lock()
	s.ciphers[id] = c
	s.mu.Unlock()
}

// Forget drops the key of an id, for a household handed over or erased. The
// stored wrapped key must go too; that is the caller's.
func (s *Sealer) Forget(id string) {
	s.mu.Lock()
	delete(s.ciphers, id)
	s.mu.Unlock()
}

// Has tells whether the key of an id is here.
func (s *Sealer) Has(id string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.ciphers[id] != nil
}

func (s *Sealer) cipher(id string) (cipher.AEAD, error) {
	s.mu.RLock()
	c := s.ciphers[id]
	s.mu.RUnlock()
	if c == nil {
		return nil, fmt.Errorf("key %s: %w", id, ErrNoKey)
	}
	return c, nil
}

// Seal seals a body, padded. The error is ErrNoKey.
func (s *Sealer) Seal(table, row, key string, plaintext []byte) ([]byte, error) {
	return s.seal(table, row, key, plaintext, true)
}

// SealBare is Seal without padding, as SealBody has it.
func (s *Sealer) SealBare(table, row, key string, plaintext []byte) ([]byte, error) {
	return s.seal(table, row, key, plaintext, false)
}

func (s *Sealer) seal(table, row, key string, plaintext []byte, pad bool) ([]byte, error) {
	c, err := s.cipher(key)
	if err != nil {
		return nil, err
	}
	return sealWith(s.random, c, AD{s.book, table, row, key}, plaintext, pad), nil
}

// Open opens a body. The error is ErrNoKey or ErrOpen.
func (s *Sealer) Open(table, row, key string, sealed []byte) ([]byte, error) {
	c, err := s.cipher(key)
	if err != nil {
		return nil, err
	}
	return openWith(c, AD{s.book, table, row, key}, sealed)
}
