package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/store"
)

// serverKey seals what belongs to no household and no unit.
const serverKey = "server"

// keyOf names the key that seals what a holder holds: one a household, one a unit.
func keyOf(h book.Holder, unit book.ID) string {
	if h.Kind == pb.HolderKind_HOLDER_KIND_HOUSEHOLD {
		return "household:" + hex.EncodeToString(h.ID[:])
	}
	return "unit:" + hex.EncodeToString(unit[:])
}

// keyRing makes, wraps and remembers the keys of keys.db. New keys are written and
// synced before the transaction whose bodies they seal commits: a key without a body
// harms nobody, a body without a key is lost.
type keyRing struct {
	db     *sql.DB
	master seal.MasterKey
	sealer *seal.Sealer

	mu    sync.Mutex
	fresh map[string]seal.RowKey
}

func openKeys(dir string) (*keyRing, error) {
	db, err := openDB(filepath.Join(dir, "keys.db"), writer)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if err := migrate(db, "keys.db", keySteps); err != nil {
		db.Close()
		return nil, err
	}
	path := filepath.Join(dir, "master.key")
	master, err := readMaster(path)
	if errors.Is(err, os.ErrNotExist) {
		// The first start makes it. Beside keys that another one wraps it would open nothing, and
		// what it wraps would be lost when that one is found again.
		var keys int
		if err = db.QueryRow(`SELECT count(*) FROM keys`).Scan(&keys); err == nil && keys == 0 {
			master, err = masterKey(path)
		} else if err == nil {
			// Or another process was first, and has made keys since.
			if master, err = readMaster(path); errors.Is(err, os.ErrNotExist) {
				err = store.ErrNoMaster
			}
		}
	}
	if err != nil {
		db.Close()
		return nil, mapError(err)
	}
	return &keyRing{db: db, master: master, sealer: seal.NewSealer(nil, "server"), fresh: map[string]seal.RowKey{}}, nil
}

// readMaster reads the key that wraps all others; os.ErrNotExist where there is none.
func readMaster(path string) (seal.MasterKey, error) {
	b, err := os.ReadFile(path)
	switch {
	case err != nil:
		return seal.MasterKey{}, fmt.Errorf("master key: %w", err)
	case len(b) != len(seal.MasterKey{}):
		return seal.MasterKey{}, fmt.Errorf("master key: %d bytes, want 32", len(b))
	}
	return seal.MasterKey(b), nil
}

// masterKey reads the master key, or makes it at first start.
func masterKey(path string) (seal.MasterKey, error) {
	if k, err := readMaster(path); !errors.Is(err, os.ErrNotExist) {
		return k, err
	}
	k := seal.NewMasterKey(rand.Reader)
	if err := newFile(path, k[:]); errors.Is(err, os.ErrExist) {
		// Another process was first; a second key would make the first one's rows unreadable.
		return masterKey(path)
	} else if err != nil {
		return seal.MasterKey{}, fmt.Errorf("master key: %w", err)
	}
	return k, nil
}

// newFile makes a private file that is there whole or not at all, and never replaces one.
func newFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(b); err != nil {
		f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// load makes the key of an id usable; false where there is none. The other process of a
// running server may have made it meanwhile, so a miss asks the file.
func (k *keyRing) load(id string) (bool, error) {
	if k.sealer.Has(id) {
		return true, nil
	}
	var wrapped []byte
	err := k.db.QueryRow(`SELECT wrapped FROM keys WHERE id = ?`, id).Scan(&wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, mapError(err)
	}
	if wrapped == nil {
		return false, fmt.Errorf("key %s: %w", id, store.ErrKeyGone)
	}
	key, err := k.master.UnwrapRowKey(id, wrapped)
	if err != nil {
		return false, fmt.Errorf("key %s: %w", id, err)
	}
	k.sealer.Add(id, key)
	return true, nil
}

// ensure makes a key where there is none yet.
func (k *keyRing) ensure(id string) error {
	ok, err := k.load(id)
	if err != nil || ok {
		return err
	}
	key := seal.NewRowKey(rand.Reader)
	k.mu.Lock()
	k.fresh[id] = key
	k.mu.Unlock()
	k.sealer.Add(id, key)
	return nil
}

// seal seals a body, making its key where there is none yet.
func (k *keyRing) seal(table, row, id string, body []byte) ([]byte, error) {
	if err := k.ensure(id); err != nil {
		return nil, err
	}
	return k.sealer.SealBare(table, row, id, body)
}

func (k *keyRing) open(table, row, id string, sealed []byte) ([]byte, error) {
	ok, err := k.load(id)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("key %s: %w", id, store.ErrKeyGone)
	}
	return k.sealer.Open(table, row, id, sealed)
}

// flush puts the keys made since the last flush on disk.
func (k *keyRing) flush() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.fresh) == 0 {
		return nil
	}
	tx, err := k.db.Begin()
	if err != nil {
		return mapError(err)
	}
	defer tx.Rollback()
	for id, key := range k.fresh {
		if _, err := tx.Exec(`INSERT INTO keys (id, wrapped) VALUES (?, ?)`, id, k.master.WrapRowKey(rand.Reader, id, key)); err != nil {
			return mapError(err)
		}
	}
	if err := tx.Commit(); err != nil {
		return mapError(err)
	}
	clear(k.fresh)
	return nil
}

// drop forgets keys that a rolled back transaction made.
func (k *keyRing) drop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for id := range k.fresh {
		k.sealer.Forget(id)
	}
	clear(k.fresh)
}

// destroy takes keys out of the file for good. What they sealed opens nowhere any more, not
// in a copy of the database either. The ids stay, so that no new key takes their place.
func (k *keyRing) destroy(ids []string) error {
	tx, err := k.db.Begin()
	if err != nil {
		return mapError(err)
	}
	defer tx.Rollback()
	for _, id := range ids {
		if _, err := tx.Exec(`INSERT INTO keys (id, wrapped) VALUES (?, NULL) ON CONFLICT (id) DO UPDATE SET wrapped = NULL WHERE wrapped IS NOT NULL`, id); err != nil {
			return mapError(err)
		}
	}
	if err := tx.Commit(); err != nil {
		return mapError(err)
	}
	for _, id := range ids {
		k.sealer.Forget(id)
	}
	// The log beside the file still holds them.
	return truncate(k.db)
}

func (k *keyRing) check(ctx context.Context) ([]string, error) {
	return integrity(ctx, k.db, "keys.db")
}
