package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"runtime"
	"sodanvan/syncserver/backup"
)

// writeFile puts a file in place as a whole or not at all: a temporary one beside it is
// written, synced and renamed, and the directory synced. Only the owner may read it.
func writeFile(path string, write func(io.Writer) error) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".tam-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

func writeBytes(path string, b []byte) error {
	return writeFile(path, func(w io.Writer) error { _, err := w.Write(b); return err })
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
	return errors.Join(d.Sync(), d.Close())
}

// lockServe keeps a second serve off the same data: each holds what phones last reported in
// memory, and phones would be sent now to the one and now to the other. Other commands
// need no lock.
func lockServe(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "serve.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	ok, err := backup.TryLock(f)
	if err != nil || !ok {
		f.Close()
		if err == nil {
			err = say("Một máy chủ khác đang chạy với thư mục dữ liệu %s; hãy dừng máy chủ đó trước.", dir)
		}
		return nil, err
	}
	return func() { f.Close() }, nil
}
