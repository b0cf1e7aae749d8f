package sqlite

import (
	"path/filepath"
	"sync"
	"testing"

	"sodanvan/shared/seal"
)

// Two programs may open a new data directory at once; with two master keys the rows of
// one would be lost to the other.
func TestOneMasterKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	keys := make([]seal.MasterKey, 16)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var err error
			if keys[i], err = masterKey(path); err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	for _, k := range keys {
		if k != keys[0] {
			t.Fatal("two master keys")
		}
	}
}
