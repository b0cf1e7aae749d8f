//go:build unix

package store

import (
	"fmt"
	"syscall"
)

// Free is how many bytes this app may still write in the file system of a folder that is there.
func Free(dir string) (uint64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, fmt.Errorf("free space: %w", err)
	}
	// The types of the fields differ from system to system.
	return uint64(st.Bavail) * uint64(st.Bsize), nil
}
