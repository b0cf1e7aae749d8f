package main

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"sodanvan/shared/seal"
	"sodanvan/syncserver/registry"
)

// Files of the identity in the data directory, readable by the owner alone.
const (
	rootFile = "root.pem"
	// spareFile should be moved to a safe place after the first start; sparePinFile stays.
	spareFile    = "spare.pem"
	sparePinFile = "spare.pin"
	// addressFile holds the address under which serve was last reached, for the slips.
	addressFile = "address"
)

// How long a leaf is valid, and how long before its end it is replaced.
const (
	leafTime  = 90 * 24 * time.Hour
	leafRenew = 30 * 24 * time.Hour
)

// identity is what phones know the server by.
type identity struct {
	root  seal.Root
	spare [32]byte
}

// pins are what a phone remembers: the root in use first, then the spare.
func (i identity) pins() [][32]byte { return [][32]byte{i.root.Pin(), i.spare} }

// loadIdentity reads root and spare, and makes them at the first start. mayMake is asked
// before a root is made: where phones already pin one, a new one would lock them all out,
// so a lost file must be an error.
func loadIdentity(dir string, random io.Reader, mayMake func() (bool, error)) (identity, error) {
	var id identity
	rootPath, sparePath, pinPath := filepath.Join(dir, rootFile), filepath.Join(dir, spareFile), filepath.Join(dir, sparePinFile)
	b, err := os.ReadFile(rootPath)
	switch {
	case err == nil:
		if id.root, err = seal.ParseRoot(b); err != nil {
			return id, sayWhy(err, "Tệp khóa %s bị hỏng; hãy chép lại tệp này từ bản sao lưu.", rootPath)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return id, fmt.Errorf("read root: %w", err)
	default:
		ok, err := mayMake()
		if err != nil {
			return id, err
		}
		if _, pinErr := os.Stat(pinPath); !ok || pinErr == nil {
			return id, sayWhy(fs.ErrNotExist, "Mất tệp khóa %s mà các máy đã đăng ký vẫn đang dùng; hãy chép lại từ bản sao lưu, hoặc chép khóa dự phòng %s vào đó với tên %s.", rootPath, spareFile, rootFile)
		}
		if id.root, err = newRoot(rootPath, random); err != nil {
			return id, err
		}
	}
	b, err = os.ReadFile(pinPath)
	switch {
	case err == nil:
		pin, err := hex.DecodeString(strings.TrimSpace(string(b)))
		if err != nil || len(pin) != len(id.spare) {
			return id, sayWhy(err, "Tệp %s bị hỏng; hãy chép lại tệp này từ bản sao lưu.", pinPath)
		}
		copy(id.spare[:], pin)
		return id, nil
	case !errors.Is(err, fs.ErrNotExist):
		return id, fmt.Errorf("read spare pin: %w", err)
	}
	// The pin is written after the key: a crash between leaves a spare that nobody knows,
	// and the next start makes another.
	spare, err := newRoot(sparePath, random)
	if err != nil {
		return id, err
	}
	id.spare = spare.Pin()
	if err := writeBytes(pinPath, []byte(hex.EncodeToString(id.spare[:])+"\n")); err != nil {
		return id, fmt.Errorf("write spare pin: %w", err)
	}
	return id, nil
}

func newRoot(path string, random io.Reader) (seal.Root, error) {
	root, err := seal.NewRoot(random)
	if err != nil {
		return seal.Root{}, err
	}
	text, err := root.MarshalPEM()
	if err != nil {
		return seal.Root{}, err
	}
	if err := writeBytes(path, text); err != nil {
		return seal.Root{}, fmt.Errorf("write key: %w", err)
	}
	return root, nil
}

// nobodyEnrolled tells whether a new root would lock nobody out.
func nobodyEnrolled(ctx context.Context, dir string) (bool, error) {
	if !hasData(dir) {
		return true, nil
	}
	r, err := registry.Open(ctx, dir, registry.Options{})
	if err != nil {
		return false, err
	}
	devices, err := r.AllDevices(ctx)
	return len(devices) == 0, errors.Join(err, r.Close())
}

// leaf issues the TLS certificate of the server and replaces it in time, whenever a
// connection asks. It is kept in memory only: a new start makes a new one.
type leaf struct {
	root   seal.Root
	hosts  []string
	now    func() time.Time
	random io.Reader

	mu   sync.Mutex
	cert *tls.Certificate
}

// current gives the certificate in use; it never fails once the first was issued.
func (l *leaf) current() (*tls.Certificate, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	// A wall clock that was far ahead and came back must not leave a leaf of the future.
	if c := l.cert; c != nil && now.Before(c.Leaf.NotAfter.Add(-leafRenew)) && !now.Before(c.Leaf.NotBefore) {
		return c, nil
	}
	fresh, err := l.root.Issue(l.random, now, l.hosts, leafTime)
	if err != nil {
		if l.cert != nil {
			return l.cert, nil
		}
		return nil, fmt.Errorf("issue leaf: %w", err)
	}
	l.cert = &fresh
	return l.cert, nil
}
