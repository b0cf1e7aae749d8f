package store

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// flock takes the lock without waiting; false: another holds it. The system drops it with
// the process, so a killed app leaves nothing behind.
func flock(f *os.File) (bool, error) {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	return err == nil, err
}
