package seal

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
)

// CodeKey stretches the secret of a code to K = HKDF-SHA256(secret). Server and
// phone both need K itself to prove it, so the server stores K, sealed like any
// body, and no hash of it: a hash would be one more thing to guess against and
// would prove nothing. 80 random bits need no slow hash.
func CodeKey(secret [10]byte) [32]byte {
	return hkdf32(secret[:], nil, labelCodeKey)
}

// hkdf32 cannot fail for 32 bytes of SHA-256.
func hkdf32(secret, salt []byte, info string) [32]byte {
	b, err := hkdf.Key(sha256.New, secret, salt, info, 32)
	if err != nil {
		panic(fmt.Sprintf("seal: hkdf: %v", err))
	}
	return [32]byte(b)
}

// Side says who proves. The sides differ so that a proof cannot be sent back to
// its maker.
type Side byte

// The two sides. The server proves first, so that a phone never answers a
// server that does not know its code.
const (
	ServerSide Side = 1
	PhoneSide  Side = 2
)

// Proof is HMAC-SHA256(K, label ‖ side ‖ ekm ‖ spki ‖ nonce ‖ deviceKey), every
// part with its length. ekm is ChannelBinding of this very connection, so a
// proof relayed from another connection fails; spki is the public key
// (SubjectPublicKeyInfo) of the certificate shown on it; nonce is the phone's,
// which a retry repeats; deviceKey is the phone's Ed25519 public key, and on the
// server's side its name and its pins, which the phone is about to keep. On loopback without TLS ekm and spki are nil.
func Proof(key [32]byte, side Side, ekm, spki, nonce, deviceKey []byte) [32]byte {
	b := append([]byte(labelProof), byte(side))
	for _, part := range [][]byte{ekm, spki, nonce, deviceKey} {
		b = appendPart(b, part)
	}
	m := hmac.New(sha256.New, key[:])
	m.Write(b)
	return [32]byte(m.Sum(nil))
}

// CheckProof compares proof with the right one in constant time.
func CheckProof(proof []byte, key [32]byte, side Side, ekm, spki, nonce, deviceKey []byte) bool {
	want := Proof(key, side, ekm, spki, nonce, deviceKey)
	return hmac.Equal(proof, want[:])
}

// ChannelBinding exports the 32 bytes that only the two ends of this TLS
// connection know (RFC 9266 in spirit, with our own label). It fails below
// TLS 1.3, where a man in the middle can make two connections export the same.
func ChannelBinding(cs tls.ConnectionState) ([]byte, error) {
	if cs.Version < tls.VersionTLS13 {
		return nil, fmt.Errorf("channel binding: %s, need TLS 1.3", tls.VersionName(cs.Version))
	}
	ekm, err := cs.ExportKeyingMaterial(EKMLabel, nil, 32)
	if err != nil {
		return nil, fmt.Errorf("channel binding: %w", err)
	}
	return ekm, nil
}
