package seal

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"
	"pgregory.net/rapid"
)

func drawAD(t *rapid.T) AD {
	s := rapid.StringN(0, 12, 40)
	return AD{s.Draw(t, "book"), s.Draw(t, "table"), s.Draw(t, "row"), s.Draw(t, "key id")}
}

func TestSealRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := NewRowKey(seeded(rapid.Byte().Draw(t, "seed")))
		ad := drawAD(t)
		plain := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "plain")
		pad := rapid.Bool().Draw(t, "pad")
		sealed := SealBody(nil, key, ad, plain, pad)
		want := len(plain) + Overhead
		if pad {
			want = PaddedLen(len(plain)) + Overhead
		}
		if len(sealed) != want || cap(sealed) != want {
			t.Fatalf("%d bytes (cap %d), want %d", len(sealed), cap(sealed), want)
		}
		got, err := Open(key, ad, sealed)
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("%x, %v; want %x", got, err, plain)
		}
		refuse := func(what string, key RowKey, ad AD, sealed []byte) {
			if got, err := Open(key, ad, sealed); !errors.Is(err, ErrOpen) || got != nil {
				t.Fatalf("%s: %x, %v", what, got, err)
			}
		}
		flipped := bytes.Clone(sealed)
		bit := rapid.IntRange(0, 8*len(sealed)-1).Draw(t, "bit")
		flipped[bit/8] ^= 1 << (bit % 8)
		refuse("flipped bit", key, ad, flipped)
		refuse("cut", key, ad, sealed[:rapid.IntRange(0, len(sealed)-1).Draw(t, "cut")])
		refuse("a byte more", key, ad, append(bytes.Clone(sealed), 0))
		refuse("another key", NewRowKey(nil), ad, sealed)
		for i, f := range []func(*AD) *string{
			func(a *AD) *string { return &a.Book }, func(a *AD) *string { return &a.Table },
			func(a *AD) *string { return &a.Row }, func(a *AD) *string { return &a.Key }} {
			wrong := ad
			*f(&wrong) += "x"
			refuse(fmt.Sprintf("place %d", i), key, wrong, sealed)
		}
		// The same letters cut at another place are another place.
		if ad.Table != "" {
			n := len(ad.Table)
			refuse("a letter slipped", key, AD{ad.Book, ad.Table[:n-1], ad.Table[n-1:] + ad.Row, ad.Key}, sealed)
		}
	})
}

func TestSealEveryBit(t *testing.T) {
	key, ad := NewRowKey(seeded(1)), AD{"b", "t", "1", "k"}
	for _, pad := range []bool{true, false} {
		sealed := SealBody(seeded(2), key, ad, []byte("ghi chép"), pad)
		for bit := range 8 * len(sealed) {
			b := bytes.Clone(sealed)
			b[bit/8] ^= 1 << (bit % 8)
			if _, err := Open(key, ad, b); !errors.Is(err, ErrOpen) {
				t.Fatalf("padded %v, bit %d: %v", pad, bit, err)
			}
		}
	}
}

func TestPaddingHidesTheLength(t *testing.T) {
	key, ad := NewRowKey(seeded(1)), AD{"b", "t", "1", "k"}
	if a, b := Seal(nil, key, ad, nil), Seal(nil, key, ad, make([]byte, 60)); len(a) != len(b) {
		t.Errorf("0 bytes make %d, 60 make %d", len(a), len(b))
	}
	for n, want := range map[int]int{0: 64, 60: 64, 61: 128, 124: 128, 125: 192, 1000: 1024, 1020: 1024, 1021: 1088} {
		if got := PaddedLen(n); got != want {
			t.Errorf("PaddedLen(%d) = %d, want %d", n, got, want)
		}
	}
}

// Nobody can turn padding on or off without the key.
func TestVersionIsAuthenticated(t *testing.T) {
	key, ad := NewRowKey(seeded(1)), AD{"b", "t", "1", "k"}
	for _, pad := range []bool{true, false} {
		b := SealBody(nil, key, ad, []byte{0, 0, 0, 1, 'x'}, pad)
		b[0] ^= versionPadded ^ versionBare
		if got, err := Open(key, ad, b); !errors.Is(err, ErrOpen) {
			t.Errorf("padded %v: read %x, %v", pad, got, err)
		}
	}
}

// A nonce used twice under one key gives away both texts.
func TestNoncesDiffer(t *testing.T) {
	key, ad := NewRowKey(seeded(1)), AD{"b", "t", "1", "k"}
	seen := make(map[string]bool)
	random := seeded(2)
	for range 1000 {
		n := string(Seal(random, key, ad, nil)[1 : 1+chacha20poly1305.NonceSizeX])
		if seen[n] {
			t.Fatal("nonce repeats")
		}
		seen[n] = true
	}
}

func TestNoPlaintextInTheSealed(t *testing.T) {
	canary := []byte("CHIM HOANG YEN, khong duoc thay")
	key := NewRowKey(seeded(1))
	for _, pad := range []bool{true, false} {
		if bytes.Contains(SealBody(nil, key, AD{"b", "t", "1", "k"}, canary, pad), canary[:8]) {
			t.Error("plaintext shows")
		}
	}
}

// A body whose inner length lies, sealed by a holder of the key, is refused and
// does not crash.
func TestPaddingLies(t *testing.T) {
	key, ad := NewRowKey(seeded(1)), AD{"b", "t", "1", "k"}
	for name, inner := range map[string][]byte{"nothing": nil, "half a length": {0, 0}, "longer than it is": {0, 0, 0, 1}, "huge": {255, 255, 255, 255, 0}} {
		nonce := make([]byte, chacha20poly1305.NonceSizeX)
		sealed := append([]byte{versionPadded}, nonce...)
		sealed = newX(key).Seal(sealed, nonce, inner, ad.appendTo(nil, versionPadded))
		if _, err := Open(key, ad, sealed); !errors.Is(err, ErrOpen) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWrapRowKey(t *testing.T) {
	book, master, row := NewBookKey(seeded(1)), NewMasterKey(seeded(1)), NewRowKey(seeded(2))
	wrapped := WrapRowKey(nil, book, "ho-1", row)
	if got, err := UnwrapRowKey(book, "ho-1", wrapped); err != nil || got != row {
		t.Fatalf("%v", err)
	}
	byMaster := master.WrapRowKey(nil, "ho-1", row)
	if got, err := master.UnwrapRowKey("ho-1", byMaster); err != nil || got != row {
		t.Fatalf("%v", err)
	}
	if len(wrapped) != wrappedKeyLen || bytes.Contains(wrapped, row[:]) {
		t.Error("wrong shape, or the key shows")
	}
	refused := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, ErrOpen) {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := UnwrapRowKey(book, "ho-2", wrapped)
	refused("another id", err)
	_, err = UnwrapRowKey(NewBookKey(seeded(3)), "ho-1", wrapped)
	refused("another book", err)
	_, err = UnwrapRowKey(BookKey(master), "ho-1", byMaster)
	refused("the server's wrap on a phone", err)
	_, err = master.UnwrapRowKey("ho-1", wrapped)
	refused("the phone's wrap on the server", err)
	for i := range wrapped {
		_, err = UnwrapRowKey(book, "ho-1", wrapped[:i])
		refused("cut", err)
		b := bytes.Clone(wrapped)
		b[i] ^= 0x10
		_, err = UnwrapRowKey(book, "ho-1", b)
		refused("flipped", err)
	}
}

func TestSealer(t *testing.T) {
	s := NewSealer(nil, "book")
	key := NewRowKey(seeded(1))
	if _, err := s.Seal("visit", "1", "ho-1", nil); !errors.Is(err, ErrNoKey) {
		t.Errorf("without a key: %v", err)
	}
	s.Add("ho-1", key)
	s.Add("ho-2", NewRowKey(seeded(2)))
	sealed := must[[]byte](t)(s.Seal("visit", "1", "ho-1", []byte("chào")))
	bare := must[[]byte](t)(s.SealBare("visit", "1", "ho-1", []byte("chào")))
	if len(bare) >= len(sealed) {
		t.Error("bare is padded")
	}
	for _, b := range [][]byte{sealed, bare} {
		if got, err := s.Open("visit", "1", "ho-1", b); err != nil || string(got) != "chào" {
			t.Errorf("%q, %v", got, err)
		}
		if got, err := Open(key, AD{"book", "visit", "1", "ho-1"}, b); err != nil || string(got) != "chào" {
			t.Errorf("Open reads %q, %v", got, err)
		}
	}
	other := NewSealer(nil, "another book")
	other.Add("ho-1", key)
	for name, open := range map[string]func() ([]byte, error){
		"another row":   func() ([]byte, error) { return s.Open("visit", "2", "ho-1", sealed) },
		"another table": func() ([]byte, error) { return s.Open("petition", "1", "ho-1", sealed) },
		"another key":   func() ([]byte, error) { return s.Open("visit", "1", "ho-2", sealed) },
		"another book":  func() ([]byte, error) { return other.Open("visit", "1", "ho-1", sealed) },
	} {
		if _, err := open(); !errors.Is(err, ErrOpen) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !s.Has("ho-1") || s.Has("ho-3") {
		t.Error("Has is wrong")
	}
	s.Forget("ho-1")
	if _, err := s.Open("visit", "1", "ho-1", sealed); !errors.Is(err, ErrNoKey) || s.Has("ho-1") {
		t.Errorf("after Forget: %v", err)
	}
}

func TestSealerConcurrently(t *testing.T) {
	s := NewSealer(nil, "book")
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			id := strconv.Itoa(g)
			for i := range 200 {
				s.Add(id, NewRowKey(nil))
				row := strconv.Itoa(i)
				b, err := s.Seal("t", row, id, []byte(row))
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := s.Open("t", row, id, b); err != nil || string(got) != row {
					t.Errorf("%q, %v", got, err)
					return
				}
				s.Forget(id)
			}
		})
	}
	wg.Wait()
}

func TestKeysStayOutOfLogs(t *testing.T) {
	type holder struct{ K any }
	recovery := must[RecoveryKey](t)(NewRecoveryKey(seeded(1)))
	for _, k := range []any{NewBookKey(seeded(1)), NewRowKey(seeded(1)), NewMasterKey(seeded(1)), recovery} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%s", "%d"} {
			if got := fmt.Sprintf(verb, k); got != hidden {
				t.Errorf("%T with %s prints %s", k, verb, got)
			}
			if got := fmt.Sprintf(verb, holder{k}); !bytes.Contains([]byte(got), []byte(hidden)) {
				t.Errorf("%T in a struct with %s prints %s", k, verb, got)
			}
		}
		var out bytes.Buffer
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "k", k)
		if !bytes.Contains(out.Bytes(), []byte(`"k":"`+hidden+`"`)) {
			t.Errorf("%T logs %s", k, out.String())
		}
	}
}

func FuzzOpen(f *testing.F) {
	key, ad := NewRowKey(seeded(1)), AD{"b", "t", "1", "k"}
	made := map[string]bool{}
	for _, pad := range []bool{true, false} {
		s := SealBody(seeded(2), key, ad, []byte("ghi chép"), pad)
		made[string(s)] = true
		f.Add(s)
		f.Add(s[:Overhead-1])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := Open(key, ad, b)
		if err == nil && !made[string(b)] {
			t.Fatalf("forged %x", b)
		}
		if err != nil && !errors.Is(err, ErrOpen) {
			t.Fatal(err)
		}
	})
}

// benchRows is a secretary's book: 60,000 rows of 800 households.
func benchRows(b *testing.B) (*Sealer, [][]byte) {
	s := NewSealer(seeded(1), "book")
	ids := make([]string, 800)
	for i := range ids {
		ids[i] = "ho-" + strconv.Itoa(i)
		s.Add(ids[i], NewRowKey(seeded(byte(i))))
	}
	body := bytes.Repeat([]byte("x"), 180)
	rows := make([][]byte, 60_000)
	for i := range rows {
		rows[i], _ = s.Seal("rows", strconv.Itoa(i), ids[i%len(ids)], body)
	}
	return s, rows
}

func BenchmarkOpen60000(b *testing.B) {
	s, rows := benchRows(b)
	b.ReportAllocs()
	for b.Loop() {
		for i, r := range rows {
			if _, err := s.Open("rows", strconv.Itoa(i), "ho-"+strconv.Itoa(i%800), r); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkSeal60000(b *testing.B) {
	s, rows := benchRows(b)
	s.random = nil
	body := bytes.Repeat([]byte("x"), 180)
	b.ReportAllocs()
	for b.Loop() {
		for i := range rows {
			if _, err := s.Seal("rows", strconv.Itoa(i), "ho-"+strconv.Itoa(i%800), body); err != nil {
				b.Fatal(err)
			}
		}
	}
}
