package registry

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"sodanvan/shared/book"
	"sodanvan/syncserver/store"
)

// ErasedFile is the list, beside the database, of what must not come back: erased households
// with the ids of their records, and revoked devices. It is only ever added to, and on disk
// before the database says the same, so that an older database can be brought to it.
const ErasedFile = "erased.list"

// Gone is what stands in the list. The zero value is an empty one.
type Gone struct {
	// Households are erased ones, each with the ids of all that went with it.
	Households map[book.ID][]book.ID
	// Devices are revoked ones, by number.
	Devices map[uint32]RevokedDevice
}

// RevokedDevice is what a database of before a device was revoked, or had even enrolled, must
// know of it: so that it stays out, and can still hand its work over.
type RevokedDevice struct {
	// Name tells it from another one that got the same number in a database that went another way.
	Name string
	// Key is its public key, nil where an older server wrote the entry: then the rest is not
	// known either. CloneOf is 0 for what is no copy.
	Key        []byte
	Member     book.ID
	CloneOf    uint32
	EnrolledMS int64
}

// revokedEntry is the entry of a device.
func revokedEntry(d *store.Device) RevokedDevice {
	return RevokedDevice{Name: deviceName(d.Key), Key: d.Key, Member: d.Member, CloneOf: d.CloneOf, EnrolledMS: d.EnrolledMS}
}

// device makes the device of an entry anew, revoked.
func (e RevokedDevice) device(number uint32) *store.Device {
	return &store.Device{Number: number, Member: e.Member, Key: e.Key, CloneOf: e.CloneOf, EnrolledMS: e.EnrolledMS, Revoked: true}
}

// words is the entry as a line of the list has it, after its number.
func (e RevokedDevice) words() string {
	if e.Key == nil {
		return e.Name
	}
	return fmt.Sprintf("%s %x %x %d %d", e.Name, e.Key, e.Member[:], e.CloneOf, e.EnrolledMS)
}

// readRevoked reads an entry; false: it is none.
func readRevoked(words []string) (e RevokedDevice, ok bool) {
	e.Name = words[0]
	if len(words) == 1 {
		return e, true
	}
	if len(words) != 5 {
		return e, false
	}
	key, keyErr := hex.DecodeString(words[1])
	raw, memberErr := hex.DecodeString(words[2])
	member, ok := book.IDFrom(raw)
	of, ofErr := strconv.ParseUint(words[3], 10, 32)
	enrolled, enrolledErr := strconv.ParseInt(words[4], 10, 64)
	e.Key, e.Member, e.CloneOf, e.EnrolledMS = key, member, uint32(of), enrolled
	return e, ok && errors.Join(keyErr, memberErr, ofErr, enrolledErr) == nil && deviceName(key) == e.Name
}

var errGone = errors.New("the list of what was erased cannot be read")

// ReadGone reads the list at a path; fs.ErrNotExist where there is none. A last line without
// an end is what a crash left of an entry that nothing came of.
func ReadGone(path string) (Gone, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Gone{}, fmt.Errorf("erased list: %w", err)
	}
	g := Gone{Households: map[book.ID][]book.ID{}, Devices: map[uint32]RevokedDevice{}}
	in := bufio.NewScanner(bytes.NewReader(b[:bytes.LastIndexByte(b, '\n')+1]))
	in.Buffer(nil, len(b)+1)
	for n := 1; in.Scan(); n++ {
		words := strings.Fields(in.Text())
		switch {
		case len(words) >= 2 && words[0] == "erased":
			var ids []book.ID
			for _, w := range words[1:] {
				raw, err := hex.DecodeString(w)
				id, ok := book.IDFrom(raw)
				if err != nil || !ok {
					return Gone{}, fmt.Errorf("line %d: %w", n, errGone)
				}
				ids = append(ids, id)
			}
			g.add(ids[0], ids[1:])
		case len(words) >= 3 && words[0] == "revoked":
			number, err := strconv.ParseUint(words[1], 10, 32)
			e, ok := readRevoked(words[2:])
			if err != nil || !ok {
				return Gone{}, fmt.Errorf("line %d: %w", n, errGone)
			}
			g.Devices[uint32(number)] = e
		case len(words) > 0:
			return Gone{}, fmt.Errorf("line %d: %w", n, errGone)
		}
	}
	if err := in.Err(); err != nil {
		return Gone{}, fmt.Errorf("erased list: %w", err)
	}
	return g, nil
}

func (g *Gone) add(household book.ID, ids []book.ID) {
	for _, id := range ids {
		if !slices.Contains(g.Households[household], id) {
			g.Households[household] = append(g.Households[household], id)
		}
	}
	if g.Households[household] == nil {
		g.Households[household] = []book.ID{}
	}
}

// MergeGone gives all that stands in either list.
func MergeGone(a, b Gone) Gone {
	out := Gone{Households: map[book.ID][]book.ID{}, Devices: map[uint32]RevokedDevice{}}
	for _, g := range []Gone{a, b} {
		for h, ids := range g.Households {
			out.add(h, ids)
		}
		for n, e := range g.Devices {
			if e.Key != nil || out.Devices[n].Key == nil {
				out.Devices[n] = e
			}
		}
	}
	return out
}

// lines is the list as text, in a fixed order.
func (g Gone) lines() []byte {
	var out bytes.Buffer
	byID := func(a, b book.ID) int { return bytes.Compare(a[:], b[:]) }
	for _, h := range slices.SortedFunc(maps.Keys(g.Households), byID) {
		fmt.Fprintf(&out, "erased %x", h[:])
		for _, id := range slices.SortedFunc(slices.Values(g.Households[h]), byID) {
			fmt.Fprintf(&out, " %x", id[:])
		}
		out.WriteByte('\n')
	}
	for _, n := range slices.Sorted(maps.Keys(g.Devices)) {
		fmt.Fprintf(&out, "revoked %d %s\n", n, g.Devices[n].words())
	}
	return out.Bytes()
}

// WriteGone writes a list anew; it is there whole or not at all.
func WriteGone(path string, g Gone) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".erased-*")
	if err != nil {
		return fmt.Errorf("erased list: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(g.lines())
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("erased list: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("erased list: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

// appendGone adds entries to the list and waits until they are on disk.
func appendGone(path string, g Gone) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("erased list: %w", err)
	}
	// What a crash left of an earlier entry must not run into this one.
	b := g.lines()
	if size, err := f.Seek(0, 2); err == nil && size > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, size-1); err == nil && last[0] != '\n' {
			end := int64(0)
			if all, err := os.ReadFile(path); err == nil {
				end = int64(bytes.LastIndexByte(all, '\n') + 1)
			}
			if err := f.Truncate(end); err != nil {
				return errors.Join(fmt.Errorf("erased list: %w", err), f.Close())
			}
		}
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("erased list: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("erased list: %w", err)
	}
	// A file system that cannot sync a folder says so; the file itself is synced.
	_ = d.Sync()
	return d.Close()
}

// gone reads the list of this server; an empty one where nothing was ever erased or revoked.
func (r *Registry) gone() (Gone, error) {
	if r.dir == "" {
		return Gone{}, nil
	}
	g, err := ReadGone(filepath.Join(r.dir, ErasedFile))
	if errors.Is(err, fs.ErrNotExist) {
		return Gone{}, nil
	}
	return g, err
}

// keepGone adds to the list before the database says the same.
func (r *Registry) keepGone(g Gone) error {
	if r.dir == "" {
		return nil
	}
	return appendGone(filepath.Join(r.dir, ErasedFile), g)
}
