package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Names of what a trial of the device leaves for a while or until the next start.
const (
	trialName = "trial.db"
	markName  = "trial.mark"
)

// SyncTime is the median time of so many small writes that are on the disk, in a folder that
// it makes.
func SyncTime(dir string, times int) (_ time.Duration, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, diskError(err)
	}
	f, err := os.CreateTemp(dir, ".trial-*")
	if err != nil {
		return 0, diskError(err)
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	took := make([]time.Duration, times)
	page := make([]byte, 4096)
	for i := range took {
		page[0] = byte(i)
		start := time.Now()
		if _, err := f.WriteAt(page, 0); err != nil {
			return 0, diskError(err)
		}
		if err := f.Sync(); err != nil {
			return 0, diskError(err)
		}
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	return took[times/2], nil
}

// Trial is what a scratch file of SQLite showed on this device.
type Trial struct {
	// Version of SQLite; Journal, Synchronous and TempStore as the pragmas say: wal, 2, 2.
	Version, Journal       string
	Synchronous, TempStore int
	// Rows were there after reopening; Bytes is the file's size then.
	Rows  int
	Bytes int64
	// Integrity is ok, or what is wrong.
	Integrity string
}

// OK tells whether all is as the book needs it.
func (t Trial) OK() bool {
	return t.Journal == "wal" && t.Synchronous == 2 && t.TempStore == 2 && t.Rows == trialRows && t.Integrity == "ok"
}

const (
	trialRows    = 500
	trialSteps   = 50 // transactions
	trialPerStep = trialRows / trialSteps
)

// Try writes rows into a scratch file beside the book, as the book does, opens it again and
// looks what is there. The file is gone afterwards.
func Try(ctx context.Context, dir string) (t Trial, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return t, diskError(err)
	}
	path := filepath.Join(dir, trialName)
	if err := dropTrial(path); err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, dropTrial(path)) }()
	err = withFile(path, func(db *sql.DB) error {
		if _, err := db.ExecContext(ctx, "CREATE TABLE trial (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT"); err != nil {
			return err
		}
		body := make([]byte, 256)
		for range trialSteps {
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			for range trialPerStep {
				if _, err := tx.ExecContext(ctx, "INSERT INTO trial (body) VALUES (?)", body); err != nil {
					return errors.Join(err, tx.Rollback())
				}
			}
			if err := tx.Commit(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return t, fmt.Errorf("scratch file: %w", diskError(err))
	}
	err = withFile(path, func(db *sql.DB) error {
		for _, q := range []struct {
			query string
			to    any
		}{
			{"SELECT sqlite_version()", &t.Version}, {"PRAGMA journal_mode", &t.Journal}, {"PRAGMA synchronous", &t.Synchronous},
			{"PRAGMA temp_store", &t.TempStore}, {"SELECT count(*) FROM trial", &t.Rows}, {"PRAGMA integrity_check", &t.Integrity},
		} {
			if err := db.QueryRowContext(ctx, q.query).Scan(q.to); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return t, fmt.Errorf("scratch file: %w", diskError(err))
	}
	if info, err := os.Stat(path); err == nil {
		t.Bytes = info.Size()
	}
	return t, nil
}

func withFile(path string, f func(*sql.DB) error) error {
	db, err := openFile(path, 0)
	if err != nil {
		return err
	}
	return errors.Join(f(db), db.Close())
}

func dropTrial(path string) error {
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// process tells this run of the app from the next one; a process number may come again.
var process = func() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}()

// Mark is what LeaveMark left.
type Mark struct {
	// Count is how many marks were left in this folder.
	Count int `json:"count"`
	// Process is the run of the app that left it.
	Process string `json:"process"`
	// Sum is over the two, so that half a mark is none.
	Sum uint32 `json:"sum"`
}

func (m Mark) sum() uint32 { return crc32.ChecksumIEEE(fmt.Appendf(nil, "%d %s", m.Count, m.Process)) }

// Survived tells whether the mark is of an earlier run of the app.
func (m Mark) Survived() bool { return m.Process != process }

// ErrNoMark: no mark was left. ErrMark: there is one that is not what was written.
var (
	ErrNoMark = errors.New("store: no mark")
	ErrMark   = errors.New("store: damaged mark")
)

// LeaveMark puts the next mark on the disk: end the app then, and ReadMark of the next run
// tells whether what was on the disk is still there.
func LeaveMark(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return diskError(err)
	}
	last, err := ReadMark(dir)
	if err != nil && !errors.Is(err, ErrNoMark) && !errors.Is(err, ErrMark) {
		return err
	}
	m := Mark{Count: last.Count + 1, Process: process}
	m.Sum = m.sum()
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return putFile(dir, markName, b)
}

// ReadMark gives the last mark; [ErrNoMark], [ErrMark].
func ReadMark(dir string) (Mark, error) {
	b, err := os.ReadFile(filepath.Join(dir, markName))
	if errors.Is(err, fs.ErrNotExist) {
		return Mark{}, ErrNoMark
	}
	if err != nil {
		return Mark{}, err
	}
	var m Mark
	if json.Unmarshal(b, &m) != nil || m.Sum != m.sum() {
		return Mark{}, ErrMark
	}
	return m, nil
}
