package hostile

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"sodanvan/app/notebook"
	"sodanvan/app/store"
	"sodanvan/app/syncing"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/registry"
	serverstore "sodanvan/syncserver/store"
	"sodanvan/test/probe"
)

// versioned sets the schema number that a file says it has, and gives the one it had.
func versioned(t *testing.T, path string, version int) (before int) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow("PRAGMA user_version").Scan(&before); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(fmt.Sprintf("PRAGMA user_version = %d", version)); err != nil {
		t.Fatal(err)
	}
	return before
}

// contents reads all files of a folder but those that SQLite or a lock makes anew each time.
func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > 0 { // an empty -wal or lock says nothing
			out[e.Name()] = b
		}
	}
	return out
}

func untouched(t *testing.T, dir string, before map[string][]byte) {
	t.Helper()
	after := contents(t, dir)
	for name, b := range before {
		if !bytes.Equal(after[name], b) {
			t.Errorf("%s was changed", name)
		}
	}
	for name := range after {
		if before[name] == nil {
			t.Errorf("%s was made", name)
		}
	}
}

func TestServerRefusesNewerFiles(t *testing.T) {
	for _, file := range []string{"server.db", "keys.db"} {
		t.Run(file, func(t *testing.T) {
			s := probe.Start(t, probe.Options{})
			tw := probe.NewTown(t, s)
			p := tw.Phone(t, tw.Member("Bình"))
			agreedOn(t, p, "Hộ Bình 1")
			s.Stop()
			version := versioned(t, filepath.Join(s.Dir, file), 99)
			before := contents(t, s.Dir)

			_, err := registry.Open(t.Context(), s.Dir, registry.Options{})
			said(t, err)
			var start *registry.StartError
			if !errors.As(err, &start) || !errors.Is(err, serverstore.ErrNewer) {
				t.Errorf("%v, want a StartError of ErrNewer", err)
			}
			untouched(t, s.Dir, before)
			if open := openFiles(t, s.Dir); len(open) > 0 {
				t.Errorf("still open: %q", open)
			}

			versioned(t, filepath.Join(s.Dir, file), version)
			r, err := registry.Open(t.Context(), s.Dir, registry.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if found, err := r.Check(t.Context()); err != nil || len(found) > 0 {
				t.Errorf("%v %v", found, err)
			}
		})
	}
}

func TestPhoneRefusesANewerBook(t *testing.T) {
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	p := joined(t, tw.Server, tw.Member("Bình"), store.Options{}, syncing.Options{})
	p.synced(t)
	h := p.first(t)
	p.agreed(t, h.ID)
	v := p.visited(t, h.ID, "chưa gửi (bịa)")
	p.client.Close()
	if err := p.store.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(p.dir, "book.db")
	versioned(t, path, 99)
	before := contents(t, p.dir)

	_, err := notebook.Open(t.Context(), notebook.Options{Dir: p.dir, PIN: cheap}, pin)
	said(t, err)
	var newer *store.NewerError
	if !errors.As(err, &newer) {
		t.Errorf("%v, want a NewerError", err)
	}
	if peeked, err := store.Peek(t.Context(), p.dir); err != nil || !peeked.Newer {
		t.Errorf("%+v %v, want newer", peeked, err)
	}
	// Nor does enrolling again write over it: the code stays good.
	inv := invitation(t, tw.Server, tw.Member("Bình"))
	_, err = notebook.Enrol(t.Context(), notebook.Options{Dir: p.dir, PIN: cheap}, notebook.Network{}, notebook.Join{Invitation: inv.Text()}, pin)
	said(t, err)
	if _, err := syncing.Enrol(t.Context(), inv, "", "máy khác (bịa)", syncing.Options{}); err != nil {
		t.Errorf("the code was spent on a book that stands already: %v", err)
	}
	untouched(t, p.dir, before)

	versioned(t, path, 1)
	n, err := notebook.Open(t.Context(), notebook.Options{Dir: p.dir, PIN: cheap}, pin)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if page, err := n.Household(h.ID); err != nil || len(page.Visits) != 1 || page.Visits[0].ID != v {
		t.Errorf("the visit is gone: %v", err)
	}
}

// TestBookOpenTwiceOrWithAWrongPIN changes nothing; a guess is counted beside the book.
func TestBookOpenTwiceOrWithAWrongPIN(t *testing.T) {
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	p := joined(t, tw.Server, tw.Member("Bình"), store.Options{}, syncing.Options{})
	p.synced(t)
	_, err := notebook.Open(t.Context(), notebook.Options{Dir: p.dir, PIN: cheap}, pin)
	said(t, err)
	var busy *store.BusyError
	if !errors.As(err, &busy) {
		t.Errorf("%v, want a BusyError", err)
	}
	p.client.Close()
	if err := p.store.Close(); err != nil {
		t.Fatal(err)
	}
	before := contents(t, p.dir)
	_, err = notebook.Open(t.Context(), notebook.Options{Dir: p.dir, PIN: cheap}, "314159")
	said(t, err)
	if !errors.Is(err, seal.ErrWrongPIN) {
		t.Errorf("%v, want ErrWrongPIN", err)
	}
	const counted = "book.guess"
	if before[counted] = contents(t, p.dir)[counted]; before[counted] == nil {
		t.Error("the guess is not counted")
	}
	untouched(t, p.dir, before)
	n, err := notebook.Open(t.Context(), notebook.Options{Dir: p.dir, PIN: cheap}, pin)
	if err != nil {
		t.Fatal(err)
	}
	n.Close()
}
