package seal

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
)

// PinError says that the connection is not to a pinned server. It is
// ErrNotPinned to errors.Is and carries its sentence.
type PinError struct {
	Reason string
	Got    [][32]byte // SPKI hashes of the CA certificates presented, for the log
}

func (e *PinError) Error() string { return ErrNotPinned.Error() + ": " + e.Reason }

// Unwrap makes errors.Is(err, ErrNotPinned) true.
func (e *PinError) Unwrap() error { return ErrNotPinned }

// UserMessage is the sentence for the screen.
func (e *PinError) UserMessage() string { return ErrNotPinned.UserMessage() }

// VerifyPinned is for tls.Config.VerifyConnection, together with
// InsecureSkipVerify: it replaces the check of authorities, names and dates by a
// stricter one. Among the presented certificates there must be a CA whose key is
// pinned, and that key must have signed the leaf, whose key TLS itself has seen
// in use. Nothing else in the CA certificate counts.
//
// Dates are not looked at, on purpose: a phone whose clock says 1970 must still
// deliver its notes, and RootCAs refuses it. Names neither: the pin says
// who the server is, and the address may move. No pins refuses everything.
func VerifyPinned(pins [][32]byte) func(tls.ConnectionState) error {
	pins = slices.Clone(pins)
	return func(cs tls.ConnectionState) error {
		_, err := signingRoot(cs, func(h [32]byte) bool { return slices.Contains(pins, h) })
		return err
	}
}

// signingRoot finds the presented CA certificate that accept takes and that
// signed the leaf.
func signingRoot(cs tls.ConnectionState, accept func([32]byte) bool) (*x509.Certificate, error) {
	if cs.Version < tls.VersionTLS13 {
		return nil, &PinError{Reason: tls.VersionName(cs.Version) + " instead of TLS 1.3"}
	}
	if len(cs.PeerCertificates) == 0 {
		return nil, &PinError{Reason: "no certificate"}
	}
	leaf := cs.PeerCertificates[0]
	e := &PinError{Reason: "no pinned authority among the presented"}
	for _, ca := range cs.PeerCertificates[1:] {
		h := SPKIHash(ca)
		e.Got = append(e.Got, h)
		if !accept(h) {
			continue
		}
		// Checks that ca may sign certificates, and the signature; no dates.
		if err := leaf.CheckSignatureFrom(ca); err != nil {
			e.Reason = fmt.Sprintf("leaf is not signed by the pinned key: %v", err)
			continue
		}
		if !slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageServerAuth) {
			e.Reason = "leaf is not for a server"
			continue
		}
		return ca, nil
	}
	return nil, e
}

// RootSPKI is SPKIHash of the root that signed the server's leaf on this
// connection: what an enrolling phone puts into its proof and pins afterwards.
func RootSPKI(cs tls.ConnectionState) ([32]byte, error) {
	root, err := signingRoot(cs, func([32]byte) bool { return true })
	if err != nil {
		return [32]byte{}, err
	}
	return SPKIHash(root), nil
}

// ClientTLS is the phone's side of every connection after enrolment: TLS 1.3 to
// a pinned server only. With http.Transport set ForceAttemptHTTP2 as well.
func ClientTLS(pins [][32]byte) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		InsecureSkipVerify: true, // VerifyConnection does it, without the clock
		VerifyConnection:   VerifyPinned(pins),
	}
}

// EnrolTLS is the phone's side of the one connection on which it has no pins
// yet. It accepts any server of the right shape: nothing secret may be sent on
// it before CheckProof of the server's side has passed.
func EnrolTLS() *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		InsecureSkipVerify: true, // the proof of the code decides, not an authority
		VerifyConnection: func(cs tls.ConnectionState) error {
			_, err := RootSPKI(cs)
			return err
		},
	}
}

// ServerTLS is the server's side: TLS 1.3, HTTP/2 first. cert must hold leaf and
// root, as Root.Issue makes it; every phone refuses a leaf alone. To change the
// TLS key without a restart, set GetCertificate instead of Certificates.
func ServerTLS(cert tls.Certificate) *tls.Config {
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{cert},
		NextProtos:   []string{"h2", "http/1.1"},
	}
}

// IsNotPinned tells a refused server from a missing network: the sync loop
// retries the one and stops at the other.
func IsNotPinned(err error) bool { return errors.Is(err, ErrNotPinned) }
