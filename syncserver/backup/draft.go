package backup

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// draft is a private file under a name that nobody looks for, until it is whole.
type draft struct {
	*os.File
	ready bool
}

// Beginnings of such names; what a crash left of them is removed by the next one.
const (
	bookDraft = ".sodanvan-"
	keysDraft = ".keys-"
)

func newDraft(dir, begin string) (*draft, error) {
	f, err := os.CreateTemp(dir, begin+"*.tmp") // mode 0600
	if err != nil {
		return nil, err
	}
	return &draft{File: f}, nil
}

// finish puts the bytes on disk.
func (d *draft) finish() error {
	err := errors.Join(d.Sync(), d.Close())
	d.ready = err == nil
	return err
}

// name gives a finished file its name, which lasts.
func (d *draft) name(path string) error {
	if err := os.Rename(d.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// drop removes what has no name yet.
func (d *draft) drop() {
	if !d.ready {
		d.Close()
	}
	os.Remove(d.Name())
}

// dropDrafts removes what a crash left in a folder.
func dropDrafts(dir, begin string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), begin) && strings.HasSuffix(e.Name(), ".tmp") {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// writeWhole puts a small file in place as a whole or not at all.
func writeWhole(path string, b []byte) error {
	d, err := newDraft(filepath.Dir(path), ".tam-")
	if err != nil {
		return err
	}
	defer d.drop()
	if _, err := d.Write(b); err != nil {
		return err
	}
	if err := d.finish(); err != nil {
		return err
	}
	return d.name(path)
}

// syncDir makes a rename last. Windows has no such thing and needs none.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	// A disk that cannot sync a folder (some network ones) says so; the file itself is synced.
	_ = d.Sync()
	return d.Close()
}
