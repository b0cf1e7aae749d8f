package kills

import (
	"testing"

	"sodanvan/app/store"
)

// TestTheBookSyncsItsFile reads the pragmas of a connection that the book's own opening code
// made: 2 is FULL, with which SQLite syncs the log at every commit. The server's connections
// are judged by what they do, in test/fsync.
func TestTheBookSyncsItsFile(t *testing.T) {
	tried, err := store.Try(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if tried.Synchronous != 2 || tried.Journal != "wal" {
		t.Errorf("synchronous %d, journal %s; want 2 and wal", tried.Synchronous, tried.Journal)
	}
}
