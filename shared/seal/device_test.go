package seal

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestOpsClaim(t *testing.T) {
	key := NewDeviceKey(seeded(1))
	pub := key.Public().(ed25519.PublicKey)
	claim := OpsClaim{Server: []byte("may chu"), Epoch: []byte("ky"), Device: 7, First: 3, Last: 5, Hash: HashOps([][]byte{{1}, {2}, {3}})}
	sig := SignOps(key, claim)
	if err := VerifyOps(pub, claim, sig); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(c *OpsClaim)
	}{
		{"another server", func(c *OpsClaim) { c.Server = []byte("may chv") }},
		{"a byte from server to epoch", func(c *OpsClaim) { c.Server, c.Epoch = []byte("may ch"), []byte("uky") }},
		{"another epoch", func(c *OpsClaim) { c.Epoch = nil }},
		{"another device", func(c *OpsClaim) { c.Device++ }},
		{"another first", func(c *OpsClaim) { c.First++ }},
		{"another last", func(c *OpsClaim) { c.Last-- }},
		{"other operations", func(c *OpsClaim) { c.Hash = HashOps([][]byte{{1}, {2}, {4}}) }},
	} {
		changed := claim
		c.change(&changed)
		err := VerifyOps(pub, changed, sig)
		if !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for i := range sig {
		bad := bytes.Clone(sig)
		bad[i] ^= 1
		if VerifyOps(pub, claim, bad) == nil {
			t.Fatalf("byte %d flipped passes", i)
		}
	}
	if !errors.Is(VerifyOps(nil, claim, sig), ErrSignature) || !errors.Is(VerifyOps(pub, claim, nil), ErrSignature) {
		t.Error("missing key or signature passes")
	}
	if VerifyOps(NewDeviceKey(seeded(2)).Public().(ed25519.PublicKey), claim, sig) == nil {
		t.Error("another device's key passes")
	}
	if !bytes.HasPrefix(claim.message(), []byte(labelOps)) {
		t.Error("the signed message does not begin with its label")
	}
}

func TestHashOpsKeepsBoundaries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.Byte(), 1, 30).Draw(t, "bytes")
		cut := func(name string) [][]byte {
			at := rapid.IntRange(0, len(all)).Draw(t, name)
			return [][]byte{all[:at], all[at:]}
		}
		a, b := cut("a"), cut("b")
		if (HashOps(a) == HashOps(b)) != (len(a[0]) == len(b[0])) {
			t.Fatalf("%v and %v", a, b)
		}
		if HashOps([][]byte{all}) == HashOps([][]byte{all, nil}) {
			t.Fatal("an empty operation does not count")
		}
	})
	if HashOps(nil) == HashOps([][]byte{nil}) {
		t.Error("none and one empty operation are the same")
	}
}

func TestToken(t *testing.T) {
	token, hash := NewToken(seeded(1))
	if got, err := HashToken(token); err != nil || got != hash {
		t.Fatalf("%x, %v; want %x", got, err, hash)
	}
	other, otherHash := NewToken(seeded(2))
	if token == other || hash == otherHash {
		t.Error("two tokens alike")
	}
	// 43 letters carry 258 bits: the last must have its two low bits clear, or
	// one token would have four spellings.
	spellings := 0
	for _, last := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
		if h, err := HashToken(token[:42] + string(last)); err == nil && h == hash {
			spellings++
		}
	}
	if spellings != 1 {
		t.Errorf("%d spellings", spellings)
	}
	for name, bad := range map[string]string{"empty": "", "short": token[:42], "long": token + "A", "padded": token + "=", "newline inside": token[:20] + "\n" + token[21:],
		"standard alphabet": strings.Repeat("+", 42) + "A", "blank": " " + token[1:], "huge": strings.Repeat("A", 1<<20)} {
		if _, err := HashToken(bad); !errors.Is(err, ErrToken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFailingRandomnessPanics(t *testing.T) {
	short := func() *bytes.Reader { return bytes.NewReader([]byte{1, 2, 3}) }
	for name, f := range map[string]func(){
		"code":  func() { NewCode(short()) },
		"key":   func() { NewBookKey(short()) },
		"token": func() { NewToken(short()) },
		"seal":  func() { Seal(short(), RowKey{}, AD{}, nil) },
	} {
		t.Run(name, func(t *testing.T) { wantPanic(t, f) })
	}
}

func TestSeedRepeats(t *testing.T) {
	one, again, other := NewBookKey(seeded(1)), NewBookKey(seeded(1)), NewBookKey(seeded(2))
	if one != again || one == other {
		t.Error("a seed does not decide the key")
	}
	if a, b := NewBookKey(nil), NewBookKey(nil); a == b {
		t.Error("without a seed keys repeat")
	}
}

func TestReclaimIsForOneDeviceServerAndConnection(t *testing.T) {
	key, other := NewDeviceKey(seeded(1)), NewDeviceKey(seeded(2))
	claim := ReclaimClaim{Server: []byte("s"), Device: 7, Channel: []byte("ekm"), SPKI: []byte("leaf")}
	sig := SignReclaim(key, claim)
	if err := VerifyReclaim(key.Public().(ed25519.PublicKey), claim, sig); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]ReclaimClaim{
		"server":  {[]byte("x"), 7, []byte("ekm"), []byte("leaf")},
		"device":  {[]byte("s"), 8, []byte("ekm"), []byte("leaf")},
		"channel": {[]byte("s"), 7, []byte("EKM"), []byte("leaf")},
		"leaf":    {[]byte("s"), 7, []byte("ekm"), nil},
		"slipped": {[]byte("s"), 7, []byte("ekml"), []byte("eaf")},
	} {
		if err := VerifyReclaim(key.Public().(ed25519.PublicKey), c, sig); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := VerifyReclaim(other.Public().(ed25519.PublicKey), claim, sig); !errors.Is(err, ErrSignature) {
		t.Errorf("another key: %v", err)
	}
}
