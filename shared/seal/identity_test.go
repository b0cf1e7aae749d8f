package seal

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	serverNow = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	phone1970 = func() time.Time { return time.Date(1970, 1, 1, 0, 1, 0, 0, time.UTC) }
	phone2099 = func() time.Time { return time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC) }
)

func newIdentity(t testing.TB, seed byte) (Root, tls.Certificate) {
	t.Helper()
	root := must[Root](t)(NewRoot(seeded(seed)))
	cert := must[tls.Certificate](t)(root.Issue(seeded(seed+100), serverNow, []string{"xa-a.example.vn", "127.0.0.1"}, 90*24*time.Hour))
	return root, cert
}

// connect shakes hands over loopback and sends one byte each way. It gives the
// client's error and both ends' states.
func connect(t *testing.T, server, client *tls.Config) (cs, ss tls.ConnectionState, err error) {
	t.Helper()
	l := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	defer l.Close()
	done := make(chan tls.ConnectionState, 1)
	go func() {
		var state tls.ConnectionState
		defer func() { done <- state }()
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(30 * time.Second))
		s := tls.Server(c, server)
		if s.Handshake() != nil {
			return
		}
		state = s.ConnectionState()
		io.CopyN(s, s, 1)
	}()
	conn := must[net.Conn](t)(net.Dial("tcp", l.Addr().String()))
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	c := tls.Client(conn, client)
	if err = c.Handshake(); err == nil {
		if _, err = c.Write([]byte("x")); err == nil {
			_, err = io.ReadFull(c, make([]byte, 1))
		}
	}
	cs = c.ConnectionState()
	conn.Close()
	return cs, <-done, err
}

func TestPinnedConnection(t *testing.T) {
	root, cert := newIdentity(t, 1)
	spare, spareCert := newIdentity(t, 2)
	other, otherCert := newIdentity(t, 3)
	pins := [][32]byte{root.Pin(), spare.Pin()}

	// A leaf of the true root, used as an authority for a leaf of one's own.
	subRaw := must[[]byte](t)(x509.CreateCertificate(nil, &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "thief"},
		NotAfter: serverNow.Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, cert.Leaf, newP256(seeded(9)).Public(), cert.PrivateKey))
	// A CA certificate that says the pinned key is its own, signed by another.
	borrowed := must[[]byte](t)(x509.CreateCertificate(nil, &x509.Certificate{SerialNumber: big.NewInt(2), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotAfter: serverNow.Add(time.Hour)}, other.cert, root.key.Public(), other.key))
	client := must[[]byte](t)(x509.CreateCertificate(nil, &x509.Certificate{SerialNumber: big.NewInt(3),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, root.cert, newP256(seeded(10)).Public(), root.key))

	// The root's own key in a certificate for servers: it must never be a TLS key.
	rootAsLeaf := must[[]byte](t)(x509.CreateCertificate(nil, &x509.Certificate{SerialNumber: big.NewInt(4), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}},
		root.cert, root.key.Public(), root.key))

	for _, c := range []struct {
		name      string
		chain     tls.Certificate
		pins      [][32]byte
		clock     func() time.Time
		notPinned bool // refused with ErrNotPinned
		refused   bool // refused by TLS itself
	}{
		{name: "right root", chain: cert, pins: pins},
		{name: "right root, phone in 1970", chain: cert, pins: pins, clock: phone1970},
		{name: "right root, phone in 2099", chain: cert, pins: pins, clock: phone2099},
		{name: "spare root", chain: spareCert, pins: pins, clock: phone1970},
		{name: "another root", chain: otherCert, pins: pins, notPinned: true},
		{name: "another root, phone in 1970", chain: otherCert, pins: pins, clock: phone1970, notPinned: true},
		{name: "no pins", chain: cert, pins: nil, notPinned: true},
		{name: "zero pin", chain: cert, pins: make([][32]byte, 1), notPinned: true},
		{name: "leaf without root", chain: tls.Certificate{Certificate: cert.Certificate[:1], PrivateKey: cert.PrivateKey}, pins: pins, notPinned: true},
		{name: "another leaf beside the right root", pins: pins, notPinned: true,
			chain: tls.Certificate{Certificate: [][]byte{otherCert.Certificate[0], root.cert.Raw}, PrivateKey: otherCert.PrivateKey}},
		{name: "the right root behind another chain", pins: pins, notPinned: true,
			chain: tls.Certificate{Certificate: [][]byte{otherCert.Certificate[0], otherCert.Certificate[1], root.cert.Raw}, PrivateKey: otherCert.PrivateKey}},
		{name: "the right root behind a superfluous certificate",
			chain: tls.Certificate{Certificate: [][]byte{cert.Certificate[0], other.cert.Raw, root.cert.Raw}, PrivateKey: cert.PrivateKey}, pins: pins},
		{name: "pinned key borrowed by another authority", pins: pins, notPinned: true,
			chain: tls.Certificate{Certificate: [][]byte{otherCert.Certificate[0], borrowed}, PrivateKey: otherCert.PrivateKey}},
		{name: "leaf signed by a leaf", pins: pins, notPinned: true,
			chain: tls.Certificate{Certificate: [][]byte{subRaw, cert.Certificate[0], root.cert.Raw}, PrivateKey: newP256(seeded(9))}},
		{name: "leaf pinned instead of the root", pins: [][32]byte{SPKIHash(cert.Leaf)}, notPinned: true,
			chain: tls.Certificate{Certificate: [][]byte{subRaw, cert.Certificate[0], root.cert.Raw}, PrivateKey: newP256(seeded(9))}},
		{name: "leaf for clients", pins: pins, notPinned: true,
			chain: tls.Certificate{Certificate: [][]byte{client, root.cert.Raw}, PrivateKey: newP256(seeded(10))}},
		{name: "root as its own leaf", pins: pins, notPinned: true,
			chain: tls.Certificate{Certificate: [][]byte{rootAsLeaf}, PrivateKey: root.key}},
		{name: "right chain without its key", pins: pins, refused: true,
			chain: tls.Certificate{Certificate: cert.Certificate, PrivateKey: otherCert.PrivateKey}},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := ClientTLS(c.pins)
			client.Time = c.clock
			_, _, err := connect(t, ServerTLS(c.chain), client)
			switch {
			case c.notPinned:
				var u userMessager
				if !errors.Is(err, ErrNotPinned) || !IsNotPinned(err) || !errors.As(err, &u) || u.UserMessage() != ErrNotPinned.UserMessage() {
					t.Errorf("got %v, want ErrNotPinned with its sentence", err)
				}
			case c.refused:
				if err == nil || IsNotPinned(err) {
					t.Errorf("got %v, want a refusal by TLS", err)
				}
			case err != nil:
				t.Errorf("refused: %v", err)
			}
		})
	}
}

// The reason for VerifyPinned: the same chain through RootCAs fails in 1970.
func TestRootCAsFailIn1970(t *testing.T) {
	root, cert := newIdentity(t, 1)
	pool := x509.NewCertPool()
	pool.AddCert(root.Certificate())
	cfg := func(clock func() time.Time) *tls.Config {
		return &tls.Config{RootCAs: pool, ServerName: "xa-a.example.vn", Time: clock}
	}
	if _, _, err := connect(t, ServerTLS(cert), cfg(func() time.Time { return serverNow })); err != nil {
		t.Errorf("a browser that trusts the root is refused: %v", err)
	}
	var expired x509.CertificateInvalidError
	if _, _, err := connect(t, ServerTLS(cert), cfg(phone1970)); !errors.As(err, &expired) {
		t.Errorf("in 1970: %v", err)
	}
}

func TestTLS12IsRefused(t *testing.T) {
	root, cert := newIdentity(t, 1)
	server := ServerTLS(cert)
	server.MinVersion, server.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	if _, _, err := connect(t, server, ClientTLS([][32]byte{root.Pin()})); err == nil {
		t.Error("connected")
	}
	loose := ClientTLS([][32]byte{root.Pin()})
	loose.MinVersion = tls.VersionTLS12
	if _, _, err := connect(t, server, loose); !IsNotPinned(err) {
		t.Errorf("VerifyConnection lets TLS 1.2 through: %v", err)
	}
	// Go itself would export keying material here.
	cs, _, err := connect(t, server, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ChannelBinding(cs); err == nil {
		t.Error("channel binding below TLS 1.3")
	}
}

// Enrolment over real TLS: the proof passes end to end and fails when a man in
// the middle relays it between two connections.
func TestProofBindsTheChannel(t *testing.T) {
	_, cert := newIdentity(t, 1)
	_, thief := newIdentity(t, 4)
	key := CodeKey(NewCode(seeded(5)).Secret)
	nonce := []byte("nonce of the phone")

	serverProof := func(ss tls.ConnectionState, chain tls.Certificate) []byte {
		ca := must[*x509.Certificate](t)(x509.ParseCertificate(chain.Certificate[1]))
		spki := SPKIHash(ca)
		p := Proof(key, ServerSide, must[[]byte](t)(ChannelBinding(ss)), spki[:], nonce, nil)
		return p[:]
	}
	phoneAccepts := func(cs tls.ConnectionState, proof []byte) bool {
		spki := must[[32]byte](t)(RootSPKI(cs))
		return CheckProof(proof, key, ServerSide, must[[]byte](t)(ChannelBinding(cs)), spki[:], nonce, nil)
	}
	cs, ss, err := connect(t, ServerTLS(cert), EnrolTLS())
	if err != nil {
		t.Fatal(err)
	}
	if !phoneAccepts(cs, serverProof(ss, cert)) {
		t.Error("right server refused")
	}
	phoneToThief, _, err := connect(t, ServerTLS(thief), EnrolTLS())
	if err != nil {
		t.Fatal(err)
	}
	if phoneAccepts(phoneToThief, serverProof(ss, cert)) {
		t.Error("relayed proof accepted")
	}
	again, _, err := connect(t, ServerTLS(cert), EnrolTLS())
	if err != nil {
		t.Fatal(err)
	}
	if phoneAccepts(again, serverProof(ss, cert)) {
		t.Error("proof of an earlier connection accepted")
	}
	if _, _, err := connect(t, ServerTLS(tls.Certificate{Certificate: cert.Certificate[:1], PrivateKey: cert.PrivateKey}), EnrolTLS()); err == nil {
		t.Error("enrolled at a server that shows no root")
	}
}

func TestRootIsItsKey(t *testing.T) {
	root, cert := newIdentity(t, 1)
	same, sameCert := newIdentity(t, 1)
	if !bytes.Equal(root.cert.Raw, same.cert.Raw) || !bytes.Equal(cert.Certificate[0], sameCert.Certificate[0]) {
		t.Error("the same seed gives other certificates")
	}
	text := must[[]byte](t)(root.MarshalPEM())
	back := must[Root](t)(ParseRoot(text))
	if back.Pin() != root.Pin() || !bytes.Equal(back.cert.Raw, root.cert.Raw) || !back.key.Equal(root.key) {
		t.Error("root changed on the way through PEM")
	}
	keyOnly := text[:bytes.Index(text, []byte("-----BEGIN CERTIFICATE"))]
	if back := must[Root](t)(ParseRoot(keyOnly)); back.Pin() != root.Pin() {
		t.Error("the key alone does not restore the root")
	}
	c := must[tls.Certificate](t)(ParseCertificate(must[[]byte](t)(MarshalCertificate(cert))))
	if len(c.Certificate) != 2 || !bytes.Equal(c.Certificate[0], cert.Certificate[0]) || !bytes.Equal(c.Certificate[1], root.cert.Raw) {
		t.Error("chain changed on the way through PEM")
	}
	if _, _, err := connect(t, ServerTLS(c), ClientTLS([][32]byte{root.Pin()})); err != nil {
		t.Error(err)
	}
}

func TestIdentityErrors(t *testing.T) {
	root, cert := newIdentity(t, 1)
	certText := must[[]byte](t)(MarshalCertificate(cert))
	for name, f := range map[string]func() error{
		"issue from zero root": func() error { _, err := Root{}.Issue(nil, serverNow, nil, time.Hour); return err },
		"marshal zero root":    func() error { _, err := Root{}.MarshalPEM(); return err },
		"sign with zero root":  func() error { _, err := SignMoved(Root{}, "https://a.vn", 1); return err },
		"issue for no time":    func() error { _, err := root.Issue(nil, serverNow, nil, 0); return err },
		"issue for a bad host": func() error { _, err := root.Issue(nil, serverNow, []string{"a b"}, time.Hour); return err },
		"parse nothing":        func() error { _, err := ParseRoot(nil); return err },
		"parse a certificate": func() error {
			_, err := ParseRoot(certText[:bytes.Index(certText, []byte("-----BEGIN PRIVATE"))])
			return err
		},
		"parse a broken key": func() error {
			_, err := ParseRoot([]byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"))
			return err
		},
		"parse cert without key": func() error { _, err := ParseCertificate(certText[:200]); return err },
	} {
		if err := f(); !errors.Is(err, ErrIdentity) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if (Root{}).Pin() != [32]byte{} {
		t.Error("zero root has a pin")
	}
}

func TestMoved(t *testing.T) {
	root, _ := newIdentity(t, 1)
	spare, _ := newIdentity(t, 2)
	other, _ := newIdentity(t, 3)
	pins := [][32]byte{root.Pin(), spare.Pin()}
	const to = "https://xa-b.example.vn:8443"
	for name, r := range map[string]Root{"root": root, "spare": spare} {
		m, err := VerifyMoved(pins, must[[]byte](t)(SignMoved(r, "HTTPS://Xa-B.example.vn:8443/", 7)))
		if err != nil || m != (Moved{to, 7}) {
			t.Errorf("%s: %v, %v", name, m, err)
		}
	}
	s := must[[]byte](t)(SignMoved(root, to, 7))
	if _, err := VerifyMoved(pins, must[[]byte](t)(SignMoved(other, to, 7))); !errors.Is(err, ErrMoved) {
		t.Errorf("another root: %v", err)
	}
	if _, err := VerifyMoved(nil, s); !errors.Is(err, ErrMoved) {
		t.Errorf("no pins: %v", err)
	}
	if _, err := SignMoved(root, "http://a.vn", 1); err == nil {
		t.Error("signed a move to plain http")
	}
	if _, err := VerifyMoved(pins, append(bytes.Clone(s), 0)); !errors.Is(err, ErrMoved) {
		t.Errorf("a byte more: %v", err)
	}
	for i := range s {
		if _, err := VerifyMoved(pins, s[:i]); !errors.Is(err, ErrMoved) {
			t.Fatalf("cut at %d: %v", i, err)
		}
		for bit := range 8 {
			b := bytes.Clone(s)
			b[i] ^= 1 << bit
			if _, err := VerifyMoved(pins, b); !errors.Is(err, ErrMoved) {
				t.Fatalf("bit %d of byte %d flipped: %v", bit, i, err)
			}
		}
	}
}

func TestProofParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.SliceOfN(rapid.Byte(), 0, 40)
		key := [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key"))
		parts := [][]byte{part.Draw(t, "ekm"), part.Draw(t, "spki"), part.Draw(t, "nonce"), part.Draw(t, "device")}
		p := Proof(key, PhoneSide, parts[0], parts[1], parts[2], parts[3])
		check := func(proof []byte, key [32]byte, side Side, q [][]byte) bool {
			return CheckProof(proof, key, side, q[0], q[1], q[2], q[3])
		}
		if !check(p[:], key, PhoneSide, parts) {
			t.Fatal("own proof refused")
		}
		if check(p[:], key, ServerSide, parts) || check(p[:31], key, PhoneSide, parts) || check(nil, key, PhoneSide, parts) {
			t.Fatal("wrong side or length accepted")
		}
		k2 := key
		k2[rapid.IntRange(0, 31).Draw(t, "at")] ^= 1
		if check(p[:], k2, PhoneSide, parts) {
			t.Fatal("wrong key accepted")
		}
		// Move one byte from a part into the next: the whole stays the same.
		i := rapid.IntRange(0, 2).Draw(t, "part")
		if n := len(parts[i]); n > 0 {
			q := append([][]byte{}, parts...)
			q[i] = parts[i][:n-1]
			q[i+1] = append([]byte{parts[i][n-1]}, parts[i+1]...)
			if check(p[:], key, PhoneSide, q) {
				t.Fatal("a byte slipped between parts")
			}
		}
	})
}

func TestCodeKeyIsAFunctionOfTheSecret(t *testing.T) {
	a, b := NewCode(seeded(1)), NewCode(seeded(2))
	if one, again := CodeKey(a.Secret), CodeKey(a.Secret); one != again || one == CodeKey(b.Secret) {
		t.Error("keys do not follow the secret")
	}
	k := CodeKey(a.Secret)
	if bytes.Contains(k[:], a.Secret[:]) {
		t.Error("the key shows the secret")
	}
}

func TestHostsOfTheLeaf(t *testing.T) {
	_, cert := newIdentity(t, 1)
	if got := strings.Join(cert.Leaf.DNSNames, " "); got != "xa-a.example.vn" {
		t.Errorf("names %q", got)
	}
	if len(cert.Leaf.IPAddresses) != 1 || !cert.Leaf.IPAddresses[0].Equal(net.IPv4(127, 0, 0, 1)) {
		t.Errorf("addresses %v", cert.Leaf.IPAddresses)
	}
	if !cert.Leaf.NotAfter.Equal(serverNow.Add(90 * 24 * time.Hour)) {
		t.Errorf("valid to %v", cert.Leaf.NotAfter)
	}
}

func FuzzVerifyMoved(f *testing.F) {
	root, _ := NewRoot(seeded(1))
	s, _ := SignMoved(root, "https://a.vn", 1)
	f.Add(s)
	f.Add([]byte{1, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := VerifyMoved([][32]byte{root.Pin()}, b)
		if err == nil && m != (Moved{"https://a.vn", 1}) {
			t.Fatalf("forged %v", m)
		}
		if err != nil && !errors.Is(err, ErrMoved) {
			t.Fatal(err)
		}
	})
}
