package sqlite

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	lib "modernc.org/sqlite"

	"sodanvan/syncserver/store"
)

//go:embed schema.sql
var schema1 string

//go:embed schema2.sql
var schema2 string

//go:embed schema3.sql
var schema3 string

// Steps from nothing to the schema of today. PRAGMA user_version holds how many of them a
// file has gone; a step that was released is never changed.
var (
	serverSteps = []string{schema1, schema2, schema3}
	keySteps    = []string{`CREATE TABLE keys (id TEXT PRIMARY KEY, wrapped BLOB) WITHOUT ROWID;`}
)

// Options are for tests and small machines; the zero value is right for a server.
type Options struct {
	// Readers is how many snapshots may be open at once; 0: 4.
	Readers int
	// MaxPages bounds server.db, as a full disk would; 0: no bound.
	MaxPages int
	// MaxBatch is how many calls may share one fsync; 0: 64.
	MaxBatch int
	// Step, in tests, is called with the text of each statement of the writer before it runs,
	// and with "committed" after a commit. An error stops it there, as a crash would.
	Step func(statement string) error
}

type mode int

const (
	writer mode = iota
	reader
)

// openDB opens a file with the pragmas that this project's promises rest on:
// WAL so that readers never wait for the writer; synchronous FULL, since an ack means that
// the change is on disk; busy_timeout first, because the others may meet a lock of another
// process; immediate transactions for the writer, so that it cannot fail to upgrade; plain
// deferred and read-only ones for readers, which would otherwise queue behind it;
// secure_delete, because what is deleted must be gone from the file; a log of 16 MB, since
// with the usual 4 every second call of a phone that was away long waits while it is emptied.
func openDB(path string, m mode) (*sql.DB, error) {
	pragmas := "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(1)&_pragma=secure_delete(1)&_pragma=temp_store(MEMORY)&_pragma=cache_size(-32768)&_pragma=wal_autocheckpoint(4000)"
	if m == reader {
		pragmas += "&_txlock=deferred&_pragma=query_only(1)"
	} else {
		pragmas += "&_txlock=immediate"
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	// A folder may have a question mark or a per cent sign in its name.
	return sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()+pragmas)
}

// migrate brings a file to the schema of today, a step in a transaction, and refuses one of a
// newer program.
func migrate(db *sql.DB, name string, steps []string) error {
	for {
		v, err := migrateOne(db, name, steps)
		if err != nil || v == len(steps) {
			return err
		}
	}
}

// migrateOne takes the next step, if there is one, and gives the version that the file then has.
func migrateOne(db *sql.DB, name string, steps []string) (v int, err error) {
	if err := db.QueryRow(`PRAGMA user_version`).Scan(&v); err != nil {
		return 0, fmt.Errorf("%s: %w", name, mapError(err))
	}
	switch {
	case v > len(steps):
		return 0, fmt.Errorf("%s has schema %d, this program knows %d: %w", name, v, len(steps), store.ErrNewer)
	case v == len(steps):
		return v, nil
	}
	tx, err := db.Begin()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, mapError(err))
	}
	defer tx.Rollback()
	// Another process may have been first.
	if err := tx.QueryRow(`PRAGMA user_version`).Scan(&v); err != nil || v == len(steps) {
		return v, mapError(err)
	}
	if _, err := tx.Exec(steps[v]); err != nil {
		return 0, fmt.Errorf("%s: %w", name, mapError(err))
	}
	if _, err := tx.Exec(fmt.Sprintf(`PRAGMA user_version = %d`, v+1)); err != nil {
		return 0, fmt.Errorf("%s: %w", name, mapError(err))
	}
	return v + 1, mapError(tx.Commit())
}

// Store implements store.Store.
type Store struct {
	dir     string
	keys    *keyRing
	writeDB *sql.DB
	readDB  *sql.DB
	write   *session
	readers chan *session
	jobs    chan *job
	stop    chan struct{}
	stopped chan struct{}
	batch   int
	closing sync.Once
}

var _ store.Store = (*Store)(nil)

// Open opens or makes the database in dir, which is made private. The error is
// store.ErrNewer for files of a newer program, store.ErrFull where there is no room.
func Open(ctx context.Context, dir string, o Options) (*Store, error) {
	if o.Readers == 0 {
		o.Readers = 4
	}
	if o.MaxBatch == 0 {
		o.MaxBatch = 64
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	path := filepath.Join(dir, "server.db")
	w, err := openDB(path, writer)
	if err != nil {
		return nil, err
	}
	w.SetMaxOpenConns(1)
	s := &Store{dir: dir, writeDB: w, batch: o.MaxBatch,
		readers: make(chan *session, o.Readers), jobs: make(chan *job, o.MaxBatch),
		stop: make(chan struct{}), stopped: make(chan struct{})}
	fail := func(err error) (*Store, error) { s.closeFiles(); return nil, err }
	if err := migrate(w, "server.db", serverSteps); err != nil {
		return fail(err)
	}
	if s.keys, err = openKeys(dir); err != nil {
		return fail(err)
	}
	if o.MaxPages > 0 {
		if _, err := w.Exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, o.MaxPages)); err != nil {
			return fail(err)
		}
	}
	if s.readDB, err = openDB(path, reader); err != nil {
		return fail(err)
	}
	s.readDB.SetMaxOpenConns(o.Readers + 1) // one more for Check
	if s.write, err = newSession(ctx, w, s.keys); err != nil {
		return fail(err)
	}
	s.write.step = o.Step
	s.write.behind = newBehind(s.write)
	for range o.Readers {
		r, err := newSession(ctx, s.readDB, s.keys)
		if err != nil {
			return fail(err)
		}
		s.readers <- r
	}
	for _, f := range []string{"server.db", "keys.db"} {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if err := os.Chmod(filepath.Join(dir, f+suffix), 0o600); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fail(err)
			}
		}
	}
	go s.loop()
	return s, nil
}

// errClosed answers calls that come after Close.
var errClosed = errors.New("store: closed")

// Close waits for the running batch and closes the files.
func (s *Store) Close() (err error) {
	s.closing.Do(func() {
		close(s.stop)
		<-s.stopped
		err = s.closeFiles()
	})
	return err
}

func (s *Store) closeFiles() error {
	var errs []error
	if s.write != nil {
		errs = append(errs, s.write.close())
	}
	for {
		select {
		case r := <-s.readers:
			errs = append(errs, r.close())
			continue
		default:
		}
		break
	}
	for _, db := range []*sql.DB{s.readDB, s.writeDB} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if s.keys != nil {
		errs = append(errs, s.keys.db.Close())
	}
	return errors.Join(errs...)
}

// Read implements store.Store.
func (s *Store) Read(ctx context.Context, fn func(store.Reader) error) (err error) {
	var r *session
	select {
	case r = <-s.readers:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.stop:
		return errClosed
	}
	defer func() { s.readers <- r }()
	if err := r.exec(`BEGIN`); err != nil {
		return mapError(err)
	}
	defer func() {
		if e := r.exec(`ROLLBACK`); e != nil && err == nil {
			err = mapError(e)
		}
	}()
	return fn(r)
}

// Check implements store.Store.
func (s *Store) Check(ctx context.Context) ([]string, error) {
	a, err := integrity(ctx, s.readDB, "server.db")
	if err != nil {
		return nil, err
	}
	b, err := s.keys.check(ctx)
	return append(a, b...), err
}

func integrity(ctx context.Context, db *sql.DB, name string) ([]string, error) {
	// A connection of its own: the pool's are all held.
	rows, err := db.QueryContext(ctx, `PRAGMA integrity_check`)
	if err != nil {
		return nil, mapError(err)
	}
	defer rows.Close()
	var found []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		if line != "ok" {
			found = append(found, name+": "+line)
		}
	}
	return found, rows.Err()
}

// mapError turns the driver's errors into the store's.
func mapError(err error) error {
	var e *lib.Error
	if err == nil || !errors.As(err, &e) {
		return err
	}
	const full, ioerr, busy = 13, 10, 5
	switch e.Code() & 0xff {
	case full:
		return fmt.Errorf("%w: %w", store.ErrFull, err)
	case ioerr:
		// A write that finds no room in the -wal comes as an I/O error.
		if strings.Contains(err.Error(), syscall.ENOSPC.Error()) || strings.Contains(err.Error(), "disk I/O error") && noRoom(err) {
			return fmt.Errorf("%w: %w", store.ErrFull, err)
		}
	case busy:
		return fmt.Errorf("%w: %w", store.ErrConflict, err)
	}
	return err
}

func noRoom(err error) bool {
	var e *lib.Error
	const ioWrite, ioFsync, ioTruncate, ioShmSize = 778, 1034, 1546, 4874
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() {
	case ioWrite, ioFsync, ioTruncate, ioShmSize:
		return true
	}
	return false
}

// session is one connection with its prepared statements.
type session struct {
	conn  *sql.Conn
	keys  *keyRing
	stmts map[string]*sql.Stmt
	step  func(string) error
	// behind is the writer's; walking counts the walks over rows that are going on.
	behind  *behind
	walking int
}

func newSession(ctx context.Context, db *sql.DB, keys *keyRing) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, mapError(err)
	}
	return &session{conn: c, keys: keys, stmts: map[string]*sql.Stmt{}}, nil
}

// close ends the statements and the connection.
func (s *session) close() error {
	var errs []error
	if s.behind != nil {
		s.behind.close()
	}
	for _, st := range s.stmts {
		errs = append(errs, st.Close())
	}
	return errors.Join(append(errs, s.conn.Close())...)
}

// stmt prepares a statement once a connection. Statements run with the background
// context: a cancelled call must not break a transaction that others share.
func (s *session) stmt(text string) (*sql.Stmt, error) {
	if st := s.stmts[text]; st != nil {
		return st, nil
	}
	st, err := s.conn.PrepareContext(context.Background(), text)
	if err != nil {
		return nil, mapError(err)
	}
	s.stmts[text] = st
	return st, nil
}

// drain waits for the rows that are being written, in the writer's session.
func (s *session) drain() error {
	if s.behind == nil {
		return nil
	}
	return s.behind.drain()
}

func (s *session) exec(text string, args ...any) error {
	if err := s.drain(); err != nil {
		return err
	}
	return s.run(text, args...)
}

func (s *session) run(text string, args ...any) error {
	if s.step != nil {
		if err := s.step(text); err != nil {
			return err
		}
	}
	st, err := s.stmt(text)
	if err != nil {
		return err
	}
	_, err = st.Exec(args...)
	return mapError(err)
}

// one scans the only row; false: none.
func (s *session) one(text string, args []any, into ...any) (bool, error) {
	if err := s.drain(); err != nil {
		return false, err
	}
	st, err := s.stmt(text)
	if err != nil {
		return false, err
	}
	err = st.QueryRow(args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, mapError(err)
}

// each calls fn for every row.
func (s *session) each(text string, args []any, fn func(scan func(...any) error) error) error {
	if err := s.drain(); err != nil {
		return err
	}
	st, err := s.stmt(text)
	if err != nil {
		return err
	}
	rows, err := st.Query(args...)
	if err != nil {
		return mapError(err)
	}
	defer rows.Close()
	s.walking++
	defer func() { s.walking-- }()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return mapError(rows.Err())
}
