package seal

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/netip"
	"time"
)

const pemKey, pemCert = "PRIVATE KEY", "CERTIFICATE"

// Root is the server's long-lived identity: an ECDSA P-256 key (every TLS stack
// knows it) and the self-signed certificate that carries it. Phones pin the
// hash of its public key at enrolment, never a certificate or a name.
//
// A server has two: the root in use, and a spare made with a second NewRoot,
// whose key is kept off the machine and whose Pin phones learn along with
// the first. If the first is lost or stolen, the spare goes on without a new slip
// for every phone. The zero value is not usable.
type Root struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

// NewRoot draws a root.
func NewRoot(random io.Reader) (Root, error) {
	return newRoot(newP256(random))
}

// newP256 draws a scalar by rejection, because since Go 1.26
// ecdsa.GenerateKey ignores the reader that it is given.
func newP256(random io.Reader) *ecdsa.PrivateKey {
	for {
		var b [32]byte
		fill(random, b[:])
		if key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), b[:]); err == nil {
			return key // refused: 0 and numbers past the order, once in 2³²
		}
	}
}

// newRoot makes the certificate anew from the key alone: fixed dates, a serial
// taken from the key, a deterministic signature (RFC 6979, which a nil reader
// selects). So the key file is all that must be kept.
func newRoot(key *ecdsa.PrivateKey) (Root, error) {
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return Root{}, fmt.Errorf("new root: %w", err)
	}
	sum := sha256.Sum256(der)
	t := &x509.Certificate{
		SerialNumber:          serial(sum[:16]),
		Subject:               pkix.Name{CommonName: "Sổ Dân Vận"},
		NotBefore:             time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		KeyUsage:              x509.KeyUsageCertSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	raw, err := x509.CreateCertificate(nil, t, t, &key.PublicKey, key)
	if err != nil {
		return Root{}, fmt.Errorf("new root: %w", err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		return Root{}, fmt.Errorf("new root: %w", err)
	}
	return Root{key, cert}, nil
}

func serial(b []byte) *big.Int {
	n := new(big.Int).SetBytes(b)
	n.SetBit(n, 126, 1).SetBit(n, 127, 0) // positive and never zero
	return n
}

// Certificate is the self-signed certificate that the server presents.
func (r Root) Certificate() *x509.Certificate { return r.cert }

// Pin is what phones compare: SPKIHash of the root. Zero for the zero Root.
func (r Root) Pin() [32]byte {
	if r.cert == nil {
		return [32]byte{}
	}
	return SPKIHash(r.cert)
}

// SPKIHash is SHA-256 of the certificate's SubjectPublicKeyInfo: it names the
// key and nothing else that a certificate says.
func SPKIHash(cert *x509.Certificate) [32]byte {
	return sha256.Sum256(cert.RawSubjectPublicKeyInfo)
}

// Issue makes a TLS key of its own, signed by the root, for hosts (names or IP
// addresses; names matter to browsers, not to phones), valid from an hour before
// now, for clocks that lag, to now + validity. The chain is leaf then root, as
// VerifyPinned needs it. Phones do not look at the dates (see VerifyPinned), so a
// stolen TLS key serves until the root changes: keep it as carefully as the root.
func (r Root) Issue(random io.Reader, now time.Time, hosts []string, validity time.Duration) (tls.Certificate, error) {
	if r.key == nil {
		return tls.Certificate{}, fmt.Errorf("issue: no root: %w", ErrIdentity)
	}
	if validity <= 0 {
		return tls.Certificate{}, fmt.Errorf("issue: validity %v: %w", validity, ErrIdentity)
	}
	key := newP256(random)
	var sn [16]byte
	fill(random, sn[:])
	t := &x509.Certificate{
		SerialNumber:          serial(sn[:]),
		Subject:               pkix.Name{CommonName: "Sổ Dân Vận TLS"},
		NotBefore:             now.Add(-time.Hour).UTC(),
		NotAfter:              now.Add(validity).UTC(),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, h := range hosts {
		if !validHost(h) {
			return tls.Certificate{}, fmt.Errorf("issue: bad host %q: %w", h, ErrIdentity)
		}
		if a, err := netip.ParseAddr(h); err == nil {
			t.IPAddresses = append(t.IPAddresses, a.AsSlice())
		} else {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	raw, err := x509.CreateCertificate(nil, t, r.cert, &key.PublicKey, r.key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("issue: %w", err)
	}
	leaf, err := x509.ParseCertificate(raw)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("issue: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{raw, r.cert.Raw}, PrivateKey: key, Leaf: leaf}, nil
}

// MarshalPEM gives the root's private key (PKCS #8) and, for people with other
// tools, its certificate. ParseRoot needs the key alone.
func (r Root) MarshalPEM() ([]byte, error) {
	if r.key == nil {
		return nil, fmt.Errorf("marshal root: %w", ErrIdentity)
	}
	key, err := x509.MarshalPKCS8PrivateKey(r.key)
	if err != nil {
		return nil, fmt.Errorf("marshal root: %w", err)
	}
	out := pem.EncodeToMemory(&pem.Block{Type: pemKey, Bytes: key})
	return append(out, pem.EncodeToMemory(&pem.Block{Type: pemCert, Bytes: r.cert.Raw})...), nil
}

// ParseRoot reads what MarshalPEM wrote. Errors wrap ErrIdentity and never quote
// the input.
func ParseRoot(data []byte) (Root, error) {
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != pemKey {
			continue
		}
		k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return Root{}, fmt.Errorf("parse root: not a PKCS #8 key: %w", ErrIdentity)
		}
		key, ok := k.(*ecdsa.PrivateKey)
		if !ok || key.Curve != elliptic.P256() {
			return Root{}, fmt.Errorf("parse root: not an ECDSA P-256 key: %w", ErrIdentity)
		}
		return newRoot(key)
	}
	return Root{}, fmt.Errorf("parse root: no private key: %w", ErrIdentity)
}

// MarshalCertificate gives a chain and its key as one PEM text, key last.
func MarshalCertificate(c tls.Certificate) ([]byte, error) {
	var out bytes.Buffer
	for _, der := range c.Certificate {
		out.Write(pem.EncodeToMemory(&pem.Block{Type: pemCert, Bytes: der}))
	}
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		return nil, fmt.Errorf("marshal certificate: %w", err)
	}
	out.Write(pem.EncodeToMemory(&pem.Block{Type: pemKey, Bytes: key}))
	return out.Bytes(), nil
}

// ParseCertificate reads what MarshalCertificate wrote and checks that key and
// leaf belong together. Errors wrap ErrIdentity.
func ParseCertificate(data []byte) (tls.Certificate, error) {
	c, err := tls.X509KeyPair(data, data)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("parse certificate: %w (%w)", ErrIdentity, err)
	}
	return c, nil
}
