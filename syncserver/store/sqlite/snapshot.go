package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
)

// Names of the two databases in a data directory.
const (
	ServerFile = "server.db"
	KeysFile   = "keys.db"
)

// Snapshot is what a server.db holds.
type Snapshot struct {
	// Server and Epoch are the ids that phones know the book by.
	Server, Epoch []byte
	Schema        int
	Rows          uint64
	// Erased is how many records were ever erased.
	Erased uint64
	// LastOps is the last change of each device that it has.
	LastOps map[uint32]uint64
}

// CopyServer writes a copy of dir's server.db as it is at one moment to a new file at to.
// It may run beside a server: it only reads, so nobody waits for it. There is nothing of
// deleted rows in the copy.
func CopyServer(ctx context.Context, dir, to string) error {
	return copyDB(ctx, filepath.Join(dir, ServerFile), to)
}

// CopyKeys does the same with keys.db. A key is on disk before the first body that it seals,
// so a copy made after that of server.db has all that it needs.
func CopyKeys(ctx context.Context, dir, to string) error {
	return copyDB(ctx, filepath.Join(dir, KeysFile), to)
}

// CountKeys counts the keys of a keys.db, destroyed ones included, which leave their ids, and
// those apart. Neither number ever falls.
func CountKeys(ctx context.Context, path string) (keys, destroyed uint64, err error) {
	db, err := plainDB(path)
	if err != nil {
		return 0, 0, err
	}
	defer db.Close()
	if err := db.QueryRowContext(ctx, `SELECT count(*), count(*) - count(wrapped) FROM keys`).Scan(&keys, &destroyed); err != nil {
		return 0, 0, fmt.Errorf("count keys: %w", mapError(err))
	}
	return keys, destroyed, nil
}

// Damage looks for damage in a file that nobody uses; each line is one finding, none: sound.
func Damage(ctx context.Context, path string) ([]string, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	db, err := plainDB(path)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return integrity(ctx, db, filepath.Base(path))
}

// plainDB opens a file that must be there, as it is: no pragma changes it.
func plainDB(path string) (*sql.DB, error) {
	at := url.URL{Path: filepath.ToSlash(path)}
	return sql.Open("sqlite", "file:"+at.EscapedPath()+"?mode=rw&_pragma=busy_timeout(10000)&_pragma=temp_store(MEMORY)")
}

func copyDB(ctx context.Context, from, to string) error {
	// Opening what is not there would be an error without a name.
	if _, err := os.Stat(from); err != nil {
		return err
	}
	// SQLite takes an empty file as a new one, and this one is private from the start.
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	db, err := plainDB(from)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, to); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("copy %s: %w", filepath.Base(from), mapError(err))
	}
	return nil
}

// ReadSnapshot tells what a server.db holds: a copy, or the one in use.
func ReadSnapshot(ctx context.Context, path string) (s Snapshot, err error) {
	db, err := plainDB(path)
	if err != nil {
		return s, err
	}
	defer db.Close()
	s.LastOps = map[uint32]uint64{}
	for text, into := range map[string]any{
		`SELECT value FROM meta WHERE name = 'server'`: &s.Server,
		`SELECT value FROM meta WHERE name = 'epoch'`:  &s.Epoch,
		`PRAGMA user_version`:                          &s.Schema,
		`SELECT count(*) FROM rows`:                    &s.Rows,
		`SELECT count(*) FROM erased`:                  &s.Erased,
	} {
		if err := db.QueryRowContext(ctx, text).Scan(into); err != nil {
			return s, fmt.Errorf("read server.db: %w", mapError(err))
		}
	}
	rows, err := db.QueryContext(ctx, `SELECT number, last_op FROM devices`)
	if err != nil {
		return s, fmt.Errorf("read server.db: %w", mapError(err))
	}
	defer rows.Close()
	for rows.Next() {
		var device uint32
		var last uint64
		if err := rows.Scan(&device, &last); err != nil {
			return s, fmt.Errorf("read server.db: %w", err)
		}
		s.LastOps[device] = last
	}
	return s, mapError(rows.Err())
}
