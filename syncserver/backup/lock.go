package backup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"
)

const (
	// backupLock keeps a second backup off, keysLock two that write keys: one that copied the
	// keys before an erasure must not replace what was written after it.
	backupLock = "backup.lock"
	keysLock   = "backup-keys.lock"
)

// lockRetry is how long to wait before asking for a lock again.
const lockRetry = 50 * time.Millisecond

var errLocked = errors.New("somebody else has the lock")

// Lock keeps backups off a data directory until unlock is called, or the process ends.
func Lock(dir string) (unlock func(), err error) {
	unlock, err = lock(dir, backupLock)
	if errors.Is(err, errLocked) {
		return nil, failed(err, "Một lần sao lưu hay khôi phục khác đang chạy với %s; hãy chờ xong rồi chạy lại.", dir)
	}
	return unlock, writing(dir, err)
}

func lock(dir, name string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	ok, err := TryLock(f)
	if err == nil && !ok {
		err = errLocked
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { f.Close() }, nil
}

// waitLock asks until it gets the lock or ctx ends.
func waitLock(ctx context.Context, dir, name string) (unlock func(), err error) {
	for {
		unlock, err = lock(dir, name)
		if !errors.Is(err, errLocked) {
			return unlock, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(lockRetry):
		}
	}
}
