package seal

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
)

// DeviceSecret is a secret that the device keeps where a copied file does not
// reach: later the Android Keystore; on desktops nothing.
type DeviceSecret interface {
	// Secret gives at least 16 random bytes, the same ones every time, or none
	// if the device keeps none.
	Secret(ctx context.Context) ([]byte, error)
}

// NoDeviceSecret is the DeviceSecret of a device that keeps none.
type NoDeviceSecret struct{}

// Secret gives nothing.
func (NoDeviceSecret) Secret(context.Context) ([]byte, error) { return nil, nil }

const minDeviceSecret = 16

// Params is the cost of one guess at a PIN. It is stored with the wrap, so
// later versions can raise it.
type Params struct {
	MemoryKiB uint32
	Time      uint32 // passes
	Threads   uint8
}

// DefaultParams: 64 MiB and three passes (RFC 9106 section 4, second choice) on
// one thread, so that a guess takes the same time on an old phone with
// one free core. About 0.2 s on a server core.
var DefaultParams = Params{MemoryKiB: 64 << 10, Time: 3, Threads: 1}

// Limits for stored params: a damaged or forged file must not make the app ask
// for more memory than a phone has.
const (
	maxMemoryKiB = 512 << 10
	maxTime      = 64
	maxThreads   = 16
)

func (p Params) valid() bool {
	return p.Time >= 1 && p.Time <= maxTime && p.Threads >= 1 && p.Threads <= maxThreads &&
		p.MemoryKiB >= 8*uint32(p.Threads) && p.MemoryKiB <= maxMemoryKiB
}

// Wrapped is a book key behind a PIN. All of it may be stored in the clear; it is
// as strong as the PIN and the DeviceSecret together (see the package
// comment). Make it with WrapWithPIN or ParseWrapped.
type Wrapped struct {
	params   Params
	device   bool    // a device secret is mixed in
	devCheck [8]byte // tells a changed device secret from a wrong PIN
	salt     [16]byte
	nonce    [chacha20poly1305.NonceSizeX]byte
	box      [32 + chacha20poly1305.Overhead]byte
}

// Params is the cost of a guess at this wrap, to compare with DefaultParams
// after unlocking and wrap again if those have risen.
func (w Wrapped) Params() Params { return w.params }

// WrapWithPIN wraps the book key: XChaCha20-Poly1305 under
// HKDF-SHA256(Argon2id(PIN) ‖ DeviceSecret). It takes any PIN but an empty one;
// CheckPIN judges the choice. Changing a PIN is Unwrap and WrapWithPIN: the book
// stays as it is; a copy made before still opens with the old PIN.
func WrapWithPIN(ctx context.Context, random io.Reader, book BookKey, pin string, device DeviceSecret, p Params) (Wrapped, error) {
	if normalizePIN(pin) == "" {
		return Wrapped{}, fmt.Errorf("wrap book key: %w", &PINError{Kind: PINShort})
	}
	if !p.valid() {
		return Wrapped{}, fmt.Errorf("wrap book key: params %+v out of range", p)
	}
	secret, err := deviceSecret(ctx, device)
	if err != nil {
		return Wrapped{}, fmt.Errorf("wrap book key: %w", err)
	}
	w := Wrapped{params: p, device: len(secret) > 0}
	fill(random, w.salt[:])
	fill(random, w.nonce[:])
	w.devCheck = w.checkOf(secret)
	key := w.key(pin, secret)
	newX(key).Seal(w.box[:0], w.nonce[:], book[:], w.header())
	return w, nil
}

// Unwrap opens the book key. Errors: ErrWrongPIN; ErrDeviceSecret when the
// device's secret is gone or another, which no PIN can mend; or what the device said.
// It takes the time and memory of Params, so call it off the screen's thread.
func (w Wrapped) Unwrap(ctx context.Context, pin string, device DeviceSecret) (BookKey, error) {
	if !w.params.valid() {
		return BookKey{}, fmt.Errorf("unwrap book key: %w", ErrDamaged)
	}
	var secret []byte
	if w.device {
		var err error
		if secret, err = deviceSecret(ctx, device); err != nil {
			return BookKey{}, fmt.Errorf("unwrap book key: %w", err)
		}
		if len(secret) == 0 || w.checkOf(secret) != w.devCheck {
			return BookKey{}, fmt.Errorf("unwrap book key: %w", ErrDeviceSecret)
		}
	}
	plain, err := newX(w.key(pin, secret)).Open(nil, w.nonce[:], w.box[:], w.header())
	if err != nil {
		return BookKey{}, fmt.Errorf("unwrap book key: %w", ErrWrongPIN)
	}
	return BookKey(plain), nil
}

func deviceSecret(ctx context.Context, device DeviceSecret) ([]byte, error) {
	if device == nil {
		return nil, errors.New("no DeviceSecret given; use NoDeviceSecret")
	}
	secret, err := device.Secret(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDeviceSecret, err)
	}
	if len(secret) > 0 && len(secret) < minDeviceSecret {
		return nil, fmt.Errorf("%d bytes: %w", len(secret), ErrDeviceSecret)
	}
	return secret, nil
}

func (w Wrapped) key(pin string, secret []byte) [32]byte {
	slow := argon2.IDKey([]byte(normalizePIN(pin)), w.salt[:], w.params.Time, w.params.MemoryKiB, w.params.Threads, 32)
	if w.params.MemoryKiB >= 1<<14 {
		debug.FreeOSMemory() // phones kill what is large; a guess leaves 64 MiB behind
	}
	return hkdf32(append(slow, secret...), w.salt[:], labelPIN)
}

// checkOf is safe to store: it is a one-way function of a secret too long to guess.
func (w Wrapped) checkOf(secret []byte) (c [8]byte) {
	if len(secret) > 0 {
		sum := hkdf32(secret, w.salt[:], labelDevCheck)
		copy(c[:], sum[:])
	}
	return c
}

const (
	wrappedMagic   = "SDVW"
	wrappedVersion = 1
	wrappedHeader  = 4 + 1 + 4 + 4 + 1 + 1 + 8 + 16
	wrappedSum     = 8
	wrappedLen     = wrappedHeader + chacha20poly1305.NonceSizeX + 32 + chacha20poly1305.Overhead + wrappedSum
)

// header is authenticated with the box: changed params do not open.
func (w Wrapped) header() []byte {
	b := make([]byte, 0, wrappedLen)
	b = append(b, wrappedMagic...)
	b = append(b, wrappedVersion)
	b = binary.BigEndian.AppendUint32(b, w.params.MemoryKiB)
	b = binary.BigEndian.AppendUint32(b, w.params.Time)
	b = append(b, w.params.Threads)
	if w.device {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	b = append(b, w.devCheck[:]...)
	return append(b, w.salt[:]...)
}

// Bytes is the stored form, 119 bytes: header ‖ nonce ‖ box ‖ sum. The sum is no
// protection; it tells a damaged file from a wrong PIN, so that nobody
// tries PINs for ever on bytes that cannot open.
func (w Wrapped) Bytes() []byte {
	b := w.header()
	b = append(b, w.nonce[:]...)
	b = append(b, w.box[:]...)
	sum := sumOf(b)
	return append(b, sum[:]...)
}

func sumOf(b []byte) [wrappedSum]byte {
	s := sha256.Sum256(append([]byte(labelWrapSum), b...))
	return [wrappedSum]byte(s[:])
}

// ParseWrapped reads what Bytes wrote; the error is ErrDamaged.
func ParseWrapped(b []byte) (Wrapped, error) {
	fail := func(why string) (Wrapped, error) {
		return Wrapped{}, fmt.Errorf("wrapped book key: %s: %w", why, ErrDamaged)
	}
	if len(b) != wrappedLen {
		return fail(fmt.Sprintf("%d bytes", len(b)))
	}
	body := b[:wrappedLen-wrappedSum]
	if sumOf(body) != [wrappedSum]byte(b[len(body):]) {
		return fail("sum")
	}
	if string(b[:4]) != wrappedMagic || b[4] != wrappedVersion {
		return fail("unknown version")
	}
	w := Wrapped{params: Params{
		MemoryKiB: binary.BigEndian.Uint32(b[5:]),
		Time:      binary.BigEndian.Uint32(b[9:]),
		Threads:   b[13],
	}}
	if !w.params.valid() || b[14] > 1 {
		return fail("params out of range")
	}
	w.device = b[14] == 1
	b = b[15:]
	b = b[copy(w.devCheck[:], b):]
	b = b[copy(w.salt[:], b):]
	b = b[copy(w.nonce[:], b):]
	copy(w.box[:], b)
	return w, nil
}
