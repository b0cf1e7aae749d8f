package seal

import (
	"crypto/ecdh"
	"crypto/hpke"
	"fmt"
	"io"
	"log/slog"
)

// RecoveryKey is the private half of the server's recovery key, an X25519
// scalar; RecoveryPub is the public half, which every phone gets at enrolment.
// The private half opens every book key sealed to it: keep it as the master
// key is kept, and log each use.
type (
	RecoveryKey [32]byte
	RecoveryPub [32]byte
)

// Format prints no key, whatever the verb.
func (RecoveryKey) Format(f fmt.State, _ rune) { io.WriteString(f, hidden) }

// LogValue logs no key.
func (RecoveryKey) LogValue() slog.Value { return slog.StringValue(hidden) }

const recoveryVersion = 1

// suite is RFC 9180 with X25519, HKDF-SHA256 and ChaCha20-Poly1305. The hybrids
// with ML-KEM in crypto/hpke still follow a draft and add over 1 kB to
// each box; the version byte leaves room for one.
func suite() (hpke.KEM, hpke.KDF, hpke.AEAD) {
	return hpke.DHKEM(ecdh.X25519()), hpke.HKDFSHA256(), hpke.ChaCha20Poly1305()
}

// NewRecoveryKey draws a recovery key.
func NewRecoveryKey(random io.Reader) (RecoveryKey, error) {
	var seed [32]byte
	fill(random, seed[:])
	kem, _, _ := suite()
	k, err := kem.DeriveKeyPair(seed[:])
	if err != nil {
		return RecoveryKey{}, fmt.Errorf("new recovery key: %w", err)
	}
	b, err := k.Bytes()
	if err != nil {
		return RecoveryKey{}, fmt.Errorf("new recovery key: %w", err)
	}
	return RecoveryKey(b), nil
}

// Public gives the half that phones hold.
func (k RecoveryKey) Public() (RecoveryPub, error) {
	kem, _, _ := suite()
	priv, err := kem.NewPrivateKey(k[:])
	if err != nil {
		return RecoveryPub{}, fmt.Errorf("recovery key: %w", err)
	}
	return RecoveryPub(priv.PublicKey().Bytes()), nil
}

// SealToRecovery seals a phone's book key to the server, bound to the id of the
// book: made at enrolment and kept by the server, so that a forgotten PIN is
// reset without losing unsent work. HPKE does not say who sealed: the server
// takes a box only inside a call that it has authenticated, and a phone only
// believes an opened key if its book opens with it.
func SealToRecovery(pub RecoveryPub, book BookKey, bookID string) ([]byte, error) {
	return recoverySeal(pub, labelRecovery, bookID, book[:])
}

// OpenRecovery opens what SealToRecovery made for this book; the error is ErrRecovery.
func OpenRecovery(key RecoveryKey, box []byte, bookID string) (BookKey, error) {
	b, err := recoveryOpen(key, labelRecovery, bookID, box)
	if err != nil {
		return BookKey{}, err
	}
	if len(b) != len(BookKey{}) {
		return BookKey{}, fmt.Errorf("book %s: %d bytes: %w", bookID, len(b), ErrRecovery)
	}
	return BookKey(b), nil
}

// SealWork seals the unsent work of a revoked phone to the server before the
// phone wipes itself. from names the phone's book or device and must be given
// again to open.
func SealWork(pub RecoveryPub, from string, work []byte) ([]byte, error) {
	return recoverySeal(pub, labelWork, from, work)
}

// OpenWork opens what SealWork made; the error is ErrRecovery. What comes out
// was written by a revoked phone: it becomes suggestions, never records.
func OpenWork(key RecoveryKey, from string, box []byte) ([]byte, error) {
	return recoveryOpen(key, labelWork, from, box)
}

func recoverySeal(pub RecoveryPub, label, id string, plain []byte) ([]byte, error) {
	kem, kdf, aead := suite()
	pk, err := kem.NewPublicKey(pub[:])
	if err != nil {
		return nil, fmt.Errorf("seal to recovery key: %w", err)
	}
	box, err := hpke.Seal(pk, kdf, aead, appendPart([]byte(label), id), plain)
	if err != nil {
		return nil, fmt.Errorf("seal to recovery key: %w", err)
	}
	return append([]byte{recoveryVersion}, box...), nil
}

func recoveryOpen(key RecoveryKey, label, id string, box []byte) ([]byte, error) {
	if len(box) == 0 || box[0] != recoveryVersion {
		return nil, fmt.Errorf("book %s: unknown version: %w", id, ErrRecovery)
	}
	kem, kdf, aead := suite()
	sk, err := kem.NewPrivateKey(key[:])
	if err != nil {
		return nil, fmt.Errorf("recovery key: %w", err)
	}
	plain, err := hpke.Open(sk, kdf, aead, appendPart([]byte(label), id), box[1:])
	if err != nil {
		return nil, fmt.Errorf("book %s: %w", id, ErrRecovery)
	}
	return plain, nil
}
