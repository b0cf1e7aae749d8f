package seal

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// cheap makes a guess cost nothing: for tests only.
var cheap = Params{MemoryKiB: 8, Time: 1, Threads: 1}

type fixedSecret struct {
	secret []byte
	err    error
}

func (f fixedSecret) Secret(context.Context) ([]byte, error) { return f.secret, f.err }

func TestWrapWithPIN(t *testing.T) {
	ctx := t.Context()
	book := NewBookKey(seeded(1))
	phone := fixedSecret{secret: bytes.Repeat([]byte{7}, 32)}
	for _, c := range []struct {
		name         string
		pin, entered string
		wrap, unwrap DeviceSecret
		want         error
	}{
		{"right PIN", "482915", "482915", NoDeviceSecret{}, NoDeviceSecret{}, nil},
		{"wrong PIN", "482915", "482916", NoDeviceSecret{}, NoDeviceSecret{}, ErrWrongPIN},
		{"empty PIN entered", "482915", "", NoDeviceSecret{}, NoDeviceSecret{}, ErrWrongPIN},
		{"right PIN on its phone", "482915", "482915", phone, phone, nil},
		{"wrong PIN on its phone", "482915", "482916", phone, phone, ErrWrongPIN},
		{"right PIN on a copied file", "482915", "482915", phone, NoDeviceSecret{}, ErrDeviceSecret},
		{"right PIN on another phone", "482915", "482915", phone, fixedSecret{secret: bytes.Repeat([]byte{8}, 32)}, ErrDeviceSecret},
		{"keystore fails", "482915", "482915", phone, fixedSecret{err: context.DeadlineExceeded}, context.DeadlineExceeded},
		{"keystore fails, typed", "482915", "482915", phone, fixedSecret{err: context.DeadlineExceeded}, ErrDeviceSecret},
		{"a secret since", "482915", "482915", NoDeviceSecret{}, phone, nil},
		{"decomposed passphrase", norm.NFC.String("lúa chín đồng sâu"), norm.NFD.String("lúa chín đồng sâu"), NoDeviceSecret{}, NoDeviceSecret{}, nil},
		{"tone on the other vowel", "hoà thuỷ khoẻ", "hòa thủy khỏe", NoDeviceSecret{}, NoDeviceSecret{}, nil},
		{"another tone", "hoà thuỷ khoẻ", "hòa thùy khỏe", NoDeviceSecret{}, NoDeviceSecret{}, ErrWrongPIN},
		{"tone on another word", "hoà thuy khoe", "hoa thùy khoe", NoDeviceSecret{}, NoDeviceSecret{}, ErrWrongPIN},
		{"another case", "Lúa chín đồng sâu", "lúa chín đồng sâu", NoDeviceSecret{}, NoDeviceSecret{}, ErrWrongPIN},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := must[Wrapped](t)(WrapWithPIN(ctx, nil, book, c.pin, c.wrap, cheap))
			w = must[Wrapped](t)(ParseWrapped(w.Bytes()))
			got, err := w.Unwrap(ctx, c.entered, c.unwrap)
			if c.want == nil {
				if err != nil || got != book {
					t.Fatalf("%v", err)
				}
				return
			}
			var u userMessager
			if !errors.Is(err, c.want) || !errors.As(err, &u) || u.UserMessage() == "" || got != (BookKey{}) {
				t.Fatalf("got %v, want %v with a sentence and no key", err, c.want)
			}
		})
	}
}

func TestWrapWithPINRefuses(t *testing.T) {
	var pe *PINError
	if _, err := WrapWithPIN(t.Context(), nil, BookKey{}, "", NoDeviceSecret{}, cheap); !errors.As(err, &pe) {
		t.Errorf("empty PIN: %v", err)
	}
	if _, err := WrapWithPIN(t.Context(), nil, BookKey{}, "482915", nil, cheap); err == nil {
		t.Error("no DeviceSecret passes")
	}
	if _, err := WrapWithPIN(t.Context(), nil, BookKey{}, "482915", fixedSecret{secret: make([]byte, 15)}, cheap); !errors.Is(err, ErrDeviceSecret) {
		t.Errorf("short device secret: %v", err)
	}
	for name, p := range map[string]Params{"zero": {}, "no time": {8, 0, 1}, "no threads": {8, 1, 0}, "little memory": {15, 1, 2},
		"much memory": {1 << 20, 1, 1}, "much time": {8, 65, 1}, "many threads": {1024, 1, 17}} {
		if _, err := WrapWithPIN(t.Context(), nil, BookKey{}, "482915", NoDeviceSecret{}, p); err == nil {
			t.Errorf("%s passes", name)
		}
	}
	if _, err := (Wrapped{}).Unwrap(t.Context(), "482915", NoDeviceSecret{}); !errors.Is(err, ErrDamaged) {
		t.Errorf("zero Wrapped: %v", err)
	}
}

func TestDefaultParamsWork(t *testing.T) {
	if DefaultParams != (Params{MemoryKiB: 64 << 10, Time: 3, Threads: 1}) {
		t.Errorf("the cost of a guess fell: %+v", DefaultParams)
	}
	book := NewBookKey(seeded(1))
	w := must[Wrapped](t)(WrapWithPIN(t.Context(), nil, book, "482915", NoDeviceSecret{}, DefaultParams))
	if got, err := w.Unwrap(t.Context(), "482915", NoDeviceSecret{}); err != nil || got != book || w.Params() != DefaultParams {
		t.Error(err)
	}
}

func TestWrapsOfOneBookDiffer(t *testing.T) {
	wrap := func() Wrapped {
		return must[Wrapped](t)(WrapWithPIN(t.Context(), nil, NewBookKey(seeded(1)), "482915", NoDeviceSecret{}, cheap))
	}
	if a, b := wrap(), wrap(); a.salt == b.salt || a.nonce == b.nonce || a.box == b.box {
		t.Error("same salt, nonce or box twice")
	}
}

// The check of the device secret is only a hint: the secret must be in the key.
func TestDeviceSecretIsInTheKey(t *testing.T) {
	w := must[Wrapped](t)(WrapWithPIN(t.Context(), nil, BookKey{}, "482915", NoDeviceSecret{}, cheap))
	a, b := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	if w.key("482915", a) == w.key("482915", b) || w.key("482915", a) == w.key("482915", nil) {
		t.Error("the key does not depend on the device secret")
	}
}

// A damaged file must not look like a wrong PIN, and forged bytes with a right
// sum must not open.
func TestWrappedEveryBit(t *testing.T) {
	ctx := t.Context()
	w := must[Wrapped](t)(WrapWithPIN(ctx, nil, NewBookKey(seeded(1)), "482915", NoDeviceSecret{}, cheap))
	b := w.Bytes()
	if len(b) != 119 {
		t.Fatalf("%d bytes", len(b))
	}
	for bit := range 8 * len(b) {
		bad := bytes.Clone(b)
		bad[bit/8] ^= 1 << (bit % 8)
		if _, err := ParseWrapped(bad); !errors.Is(err, ErrDamaged) {
			t.Fatalf("bit %d: %v", bit, err)
		}
		sum := sumOf(bad[:len(bad)-wrappedSum])
		copy(bad[len(bad)-wrappedSum:], sum[:])
		if bit/8 >= len(b)-wrappedSum {
			continue // the sum itself, made right again
		}
		forged, err := ParseWrapped(bad)
		if err != nil {
			continue
		}
		if forged.params.MemoryKiB > 1<<12 {
			continue // would open nothing either, only slowly
		}
		if _, err := forged.Unwrap(ctx, "482915", NoDeviceSecret{}); err == nil {
			t.Fatalf("bit %d forged with a right sum opens", bit)
		}
	}
	for i := range b {
		if _, err := ParseWrapped(b[:i]); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut at %d: %v", i, err)
		}
	}
}

func TestCheckPIN(t *testing.T) {
	for _, c := range []struct {
		name, pin string
		desktop   bool
		want      PINErrorKind // 0: accepted
	}{
		{"six digits", "482915", false, 0},
		{"eight digits", "48291573", false, 0},
		{"palindrome that is no run", "482284", false, 0},
		{"doubled but no run", "441199", false, 0},
		{"empty", "", false, PINShort},
		{"five digits", "48291", false, PINShort},
		{"blanks do not count", "48291     ", false, PINShort},
		{"letters", "48291a", false, PINNotDigits},
		{"digits of another script", "٤٨٢٩١٥", false, PINNotDigits},
		{"one digit", "777777", false, PINTrivial},
		{"two digits", "474774", false, PINTrivial},
		{"run up", "123456", false, PINTrivial},
		{"run down", "987654", false, PINTrivial},
		{"run over the nine", "678901", false, PINTrivial},
		{"run by two", "024680", false, PINTrivial},
		{"piece repeated", "135135", false, PINTrivial},
		{"doubled run", "112233", false, PINTrivial},
		{"run there and back", "123321", false, PINTrivial},
		{"passphrase", "lúa chín đồng sâu", true, 0},
		{"passphrase of exactly twelve", "trâu vàng sắ", true, 0},
		{"eleven", "trâu vàng s", true, PINShort},
		{"eleven, decomposed", norm.NFD.String("trâu vàng s"), true, PINShort},
		{"a PIN on a desktop", "482915", true, PINShort},
		{"twelve the same", "aaaaaaaaaaaa", true, PINTrivial},
		{"four letters over and over", "abcdabcdabcd", true, PINTrivial},
		{"a piece repeated", "dan vandan vandan van", true, PINTrivial},
		{"long run", "123456789012", true, PINTrivial},
		{"alphabet", "abcdefghijkl", true, PINTrivial},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := CheckPIN(c.pin, c.desktop)
			if c.want == 0 {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var pe *PINError
			if !errors.As(err, &pe) || pe.Kind != c.want || pe.Desktop != c.desktop || pe.UserMessage() == "" {
				t.Fatalf("got %v, want kind %d", err, c.want)
			}
		})
	}
}

func TestNormalizePINKeepsSpellingsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.RuneFrom([]rune("aăâeêioôơuưyđ bt"))).Draw(t, "s")
		u := rapid.StringOf(rapid.RuneFrom([]rune("aăâeêioôơuưyđ bt"))).Draw(t, "u")
		if (normalizePIN(s) == normalizePIN(u)) != (s == u) {
			t.Fatalf("%q and %q", s, u)
		}
		if n := normalizePIN(s); normalizePIN(norm.NFD.String(s)) != n || normalizePIN(n) != n {
			t.Fatalf("%q is not stable", s)
		}
	})
}

func TestRecovery(t *testing.T) {
	key := must[RecoveryKey](t)(NewRecoveryKey(seeded(1)))
	if key != must[RecoveryKey](t)(NewRecoveryKey(seeded(1))) {
		t.Error("a seed does not decide the key")
	}
	pub := must[RecoveryPub](t)(key.Public())
	other := must[RecoveryKey](t)(NewRecoveryKey(seeded(2)))
	book := NewBookKey(seeded(3))
	box := must[[]byte](t)(SealToRecovery(pub, book, "so-1"))
	if got, err := OpenRecovery(key, box, "so-1"); err != nil || got != book {
		t.Fatal(err)
	}
	work := bytes.Repeat([]byte("phiếu "), 1000)
	workBox := must[[]byte](t)(SealWork(pub, "may-7", work))
	if got, err := OpenWork(key, "may-7", workBox); err != nil || !bytes.Equal(got, work) {
		t.Fatal(err)
	}
	empty := must[[]byte](t)(SealWork(pub, "may-7", nil))
	if got, err := OpenWork(key, "may-7", empty); err != nil || len(got) != 0 {
		t.Fatal(err)
	}
	short := must[[]byte](t)(recoverySeal(pub, labelRecovery, "so-1", book[:31]))
	for name, open := range map[string]func() error{
		"another key":             func() error { _, err := OpenRecovery(other, box, "so-1"); return err },
		"another book":            func() error { _, err := OpenRecovery(key, box, "so-2"); return err },
		"nothing":                 func() error { _, err := OpenRecovery(key, nil, "so-1"); return err },
		"a short key inside":      func() error { _, err := OpenRecovery(key, short, "so-1"); return err },
		"work as a book":          func() error { _, err := OpenRecovery(key, workBox, "may-7"); return err },
		"a book as work":          func() error { _, err := OpenWork(key, "so-1", box); return err },
		"work of another device":  func() error { _, err := OpenWork(key, "may-8", workBox); return err },
		"work with another key":   func() error { _, err := OpenWork(other, "may-7", workBox); return err },
		"another version of work": func() error { _, err := OpenWork(key, "may-7", append([]byte{2}, workBox[1:]...)); return err },
	} {
		if err := open(); !errors.Is(err, ErrRecovery) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range box {
		bad := bytes.Clone(box)
		bad[i] ^= 1
		if _, err := OpenRecovery(key, bad, "so-1"); !errors.Is(err, ErrRecovery) {
			t.Fatalf("byte %d flipped: %v", i, err)
		}
		if _, err := OpenRecovery(key, box[:i], "so-1"); !errors.Is(err, ErrRecovery) {
			t.Fatalf("cut at %d: %v", i, err)
		}
	}
	if _, err := SealToRecovery(RecoveryPub{}, book, "so-1"); err == nil {
		t.Error("sealed to the zero key, which anyone can open")
	}
}

func FuzzParseWrapped(f *testing.F) {
	w, err := WrapWithPIN(context.Background(), seeded(1), NewBookKey(seeded(2)), "482915", NoDeviceSecret{}, cheap)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(w.Bytes(), false)
	f.Add(w.Bytes(), true)
	f.Add([]byte(wrappedMagic), true)
	f.Fuzz(func(t *testing.T, b []byte, mend bool) {
		if mend && len(b) == wrappedLen { // let the fuzzer past the sum
			sum := sumOf(b[:wrappedLen-wrappedSum])
			b = append(bytes.Clone(b[:wrappedLen-wrappedSum]), sum[:]...)
		}
		w, err := ParseWrapped(b)
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatal(err)
			}
			return
		}
		if !w.params.valid() || !bytes.Equal(w.Bytes(), b) {
			t.Fatalf("%x reads as %+v", b, w)
		}
	})
}

func FuzzOpenRecovery(f *testing.F) {
	key, _ := NewRecoveryKey(seeded(1))
	pub, _ := key.Public()
	box, _ := SealToRecovery(pub, BookKey{}, "so-1")
	f.Add(box)
	f.Add(box[:40])
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := OpenRecovery(key, b, "so-1"); err != nil && !errors.Is(err, ErrRecovery) {
			t.Fatal(err)
		}
	})
}

func BenchmarkGuess(b *testing.B) {
	w, err := WrapWithPIN(context.Background(), nil, BookKey{}, "482915", NoDeviceSecret{}, DefaultParams)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		w.Unwrap(context.Background(), "482916", NoDeviceSecret{})
	}
}
