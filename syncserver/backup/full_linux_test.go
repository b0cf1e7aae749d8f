package backup

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sodanvan/syncserver/store/sqlite"
)

func full(err error) bool {
	var spoken *Error
	return errors.As(err, &spoken) && strings.Contains(spoken.Sentence, "đã đầy")
}

// smallDisk mounts a file system of the test's own; "" where this machine does not allow it.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Logf("no small disk here (%v: %s): only the device that is always full is tried", err, bytes.TrimSpace(out))
		return ""
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v %s", err, out)
		}
	})
	return dir
}

func TestAFullDisk(t *testing.T) {
	tw := town(t)
	made := back(t, Job{Dir: tw.Dir})
	dev, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	key := keyOf(t, tw.Dir)
	if err := writing("/dev/full", sealInto(t.Context(), dev, key.identity.Recipient(), Manifest{Part: Book}, []piece{{name: sqlite.ServerFile, bytes: make([]byte, 1<<20)}})); !full(err) {
		t.Errorf("a full device: %v", err)
	}
	disk := smallDisk(t, "96k")
	if disk == "" {
		return
	}
	place := filepath.Join(disk, "sao-luu")
	if _, err := Make(t.Context(), Job{Dir: tw.Dir, Place: place}); !full(err) {
		t.Errorf("a full disk: %v", err)
	}
	if left := names(t, place); len(left) > 0 {
		t.Errorf("left on it: %v", left)
	}
	if places, err := Places(tw.Dir); err != nil || slices.Contains(places, place) {
		t.Errorf("places %v, %v", places, err)
	}
	_, err = Open(t.Context(), made.Path, filepath.Join(filepath.Dir(made.Path), KeysBackup), key, place)
	if !full(err) {
		t.Errorf("unsealed to a full disk: %v", err)
	}
}
