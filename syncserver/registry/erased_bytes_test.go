package registry

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"sodanvan/syncserver/store/sqlite"
)

// After an erasure neither the sealed bodies nor the wrapped key stand anywhere in the files,
// not in what SQLite has freed either: whoever finds the master key later can open nothing.
func TestErasedBytesAreNotInTheFiles(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	h := member.household("Hộ Bình1")
	v := member.id()
	member.sync(member.consent(h), member.visit(v, h, "sẽ xóa"))
	data := filepath.Join(tw.dir, "data")
	secrets := map[string][]byte{
		"the household": sealedIn(t, data, "server.db", `SELECT sealed FROM rows WHERE id = ?`, h[:]),
		"the visit":     sealedIn(t, data, "server.db", `SELECT sealed FROM rows WHERE id = ?`, v[:]),
		"the key":       sealedIn(t, data, "keys.db", `SELECT wrapped FROM keys WHERE id = ?`, "household:"+hex.EncodeToString(h[:])),
	}
	if err := tw.r.Close(); err != nil {
		t.Fatal(err)
	}
	for what, b := range secrets {
		if !inFiles(t, data, b) {
			t.Fatalf("%s is not found before the erasure: the test is wrong", what)
		}
	}
	tw.open(sqlite.Options{})
	if _, err := tw.r.Erase(context.Background(), h); err != nil {
		t.Fatal(err)
	}
	if err := tw.r.Close(); err != nil {
		t.Fatal(err)
	}
	for what, b := range secrets {
		if inFiles(t, data, b) {
			t.Errorf("%s is still in a file", what)
		}
	}
}

// sealedIn reads one value past the store.
func sealedIn(t *testing.T, dir, file, query string, arg any) (b []byte) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, file)+"?_pragma=query_only(1)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(query, arg).Scan(&b); err != nil || len(b) < 32 {
		t.Fatalf("%s: %d bytes, %v", file, len(b), err)
	}
	return b
}

// inFiles looks for the middle of some bytes, since the first of a freed place may be used
// for the list of such places.
func inFiles(t *testing.T, dir string, b []byte) bool {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.IsDir() {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, b[len(b)/2:len(b)/2+16]) {
			return true
		}
	}
	return false
}
