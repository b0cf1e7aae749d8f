//go:build unix

package store

import (
	"errors"
	"os"
	"syscall"
)

// flock takes the lock without waiting; false: another holds it. The system drops it with
// the process, so a killed app leaves nothing behind.
func flock(f *os.File) (bool, error) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}
