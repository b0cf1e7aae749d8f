package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/seal"
)

// BookName names a book in every AD and towards the recovery key: the server's id in hex, a
// slash, and the device number at enrolment. The server makes the same name from a
// RecoverRequest.
func BookName(server []byte, device uint32) string {
	return hex.EncodeToString(server) + "/" + strconv.FormatUint(uint64(device), 10)
}

func (o Options) filled() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.PIN == (seal.Params{}) {
		o.PIN = seal.DefaultParams
	}
	return o
}

// firstBook is more than the file of a new book takes with its first page of rows.
const firstBook = 1 << 19

// room writes as much as a new book takes into its folder, and takes it away again.
func room(dir string) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make folder of book: %w", diskError(err))
	}
	f, err := os.CreateTemp(dir, ".room-*")
	if err != nil {
		return fmt.Errorf("look for room: %w", diskError(err))
	}
	defer os.Remove(f.Name())
	_, err = f.Write(make([]byte, firstBook))
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("look for room: %w", diskError(err))
	}
	return nil
}

// lockBook makes sure that one app at a time has the book.
func lockBook(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock book: %w", err)
	}
	ok, err := flock(f)
	if err == nil && !ok {
		err = &BusyError{Dir: dir}
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock book: %w", err)
	}
	return f, nil
}

// found tells whether a file holds a finished book: the schema's number is part of the
// transaction that makes it.
func found(ctx context.Context, db *sql.DB) (int, error) {
	var v int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&v); err != nil {
		return 0, fmt.Errorf("read schema: %w", diskError(err))
	}
	return v, nil
}

func exists(dir string) (bool, error) {
	_, err := os.Stat(filepath.Join(dir, fileName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func peek(ctx context.Context, dir string) (p Peeked, err error) {
	if ok, err := exists(dir); err != nil || !ok {
		return p, err
	}
	lock, err := lockBook(dir)
	var busy *BusyError
	if errors.As(err, &busy) {
		return Peeked{Exists: true, Busy: true}, nil
	}
	if err != nil {
		return p, err
	}
	defer lock.Close()
	db, err := openDB(dir, 0)
	if err != nil {
		return p, err
	}
	defer db.Close()
	v, err := found(ctx, db)
	if err != nil || v == 0 {
		return p, err
	}
	p.Exists, p.Newer, p.schema = true, v > schemaVersion, v
	if p.Newer {
		return p, nil
	}
	if err := db.QueryRowContext(ctx, "SELECT name, device, sealed FROM book").Scan(&p.Name, &p.Device, &p.SealedKey); err != nil {
		return p, fmt.Errorf("read book: %w", err)
	}
	return p, nil
}

// take locks the folder and opens its file, with the version of the schema that it has.
func take(ctx context.Context, o Options) (s *Store, version int, err error) {
	lock, err := lockBook(o.Dir)
	if err != nil {
		return nil, 0, err
	}
	s = &Store{o: o, lock: lock, keys: map[scope]uint64{}, nextKey: 1, nextRow: 1, nextMark: 1}
	if s.db, err = openDB(o.Dir, o.MaxPages); err == nil {
		version, err = found(ctx, s.db)
	}
	if err != nil {
		s.release()
		return nil, 0, err
	}
	return s, version, nil
}

func create(ctx context.Context, o Options, id Identity, pin string, device seal.DeviceSecret) (s *Store, err error) {
	o = o.filled()
	if len(id.RecoveryKey) != len(seal.RecoveryPub{}) {
		return nil, fmt.Errorf("create book: recovery key has %d bytes", len(id.RecoveryKey))
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("create book: %w", err)
	}
	s, v, err := take(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.release()
			s = nil
		}
	}()
	s.name = BookName(id.Server, id.Device)
	if v != 0 {
		return s, &ExistsError{Dir: o.Dir}
	}
	s.bookKey = seal.NewBookKey(o.Rand)
	s.sealer = seal.NewSealer(o.Rand, s.name)
	wrapped, err := seal.WrapWithPIN(ctx, o.Rand, s.bookKey, pin, device, o.PIN)
	if err != nil {
		return s, err
	}
	recovery, err := seal.SealToRecovery(seal.RecoveryPub(id.RecoveryKey), s.bookKey, s.name)
	if err != nil {
		return s, err
	}
	s.recovery.Store(&recovery)
	// One transaction: a crash leaves a book or none.
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return s, diskError(err)
	}
	defer tx.Rollback()
	if _, err = tx.Exec(schema + schemaMark); err != nil {
		return s, diskError(err)
	}
	if _, err = tx.Exec("INSERT INTO book (id, name, device, wrapped, sealed) VALUES (1, ?, ?, ?, ?)", s.name, id.Device, wrapped.Bytes(), recovery); err != nil {
		return s, diskError(err)
	}
	st := &State{Identity: id}
	run := &runner{s: s, tx: tx, made: s.keys, stmts: map[string]*sql.Stmt{}}
	defer run.close()
	if err = run.putState(st); err != nil {
		return s, diskError(err)
	}
	if _, err = tx.Exec("PRAGMA user_version = " + strconv.Itoa(schemaVersion)); err != nil {
		return s, diskError(err)
	}
	if err = tx.Commit(); err != nil {
		return s, diskError(err)
	}
	s.wrapped.Store(&wrapped)
	s.marked = true
	forget(o.Dir)
	s.now.Store(&Snapshot{state: st})
	return s, nil
}

func open(ctx context.Context, o Options, unwrap func(*Store, seal.Wrapped) (seal.BookKey, error)) (s *Store, err error) {
	o = o.filled()
	if ok, err := exists(o.Dir); err != nil {
		return nil, fmt.Errorf("open book: %w", err)
	} else if !ok {
		return nil, &MissingError{Dir: o.Dir}
	}
	s, v, err := take(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.release()
			s = nil
		}
	}()
	if v == 0 {
		return s, &MissingError{Dir: o.Dir}
	}
	if v > schemaVersion {
		return s, &NewerError{Found: v, Known: schemaVersion}
	}
	var wrappedBytes, recovery []byte
	if err = s.db.QueryRowContext(ctx, "SELECT name, wrapped, sealed FROM book").Scan(&s.name, &wrappedBytes, &recovery); err != nil {
		return s, fmt.Errorf("read book: %w", err)
	}
	s.recovery.Store(&recovery)
	wrapped, err := seal.ParseWrapped(wrappedBytes)
	if err != nil {
		return s, err
	}
	if s.bookKey, err = unwrap(s, wrapped); err != nil {
		return s, err
	}
	if s.marked = v >= 3; v < 2 {
		// The same tables; from now on an older app would misread what is in them.
		if _, err = s.db.ExecContext(ctx, "PRAGMA user_version = 2"); err != nil {
			return s, fmt.Errorf("open book: %w", diskError(err))
		}
	}
	s.wrapped.Store(&wrapped)
	s.sealer = seal.NewSealer(o.Rand, s.name)
	b, err := s.load(ctx)
	if err != nil {
		return s, fmt.Errorf("read book: %w", err)
	}
	s.now.Store(b)
	return s, nil
}

// each runs a query and hands over its rows; the blobs are only valid during the call.
func (s *Store) each(ctx context.Context, query string, f func(id, key uint64, body sql.RawBytes) error) error {
	rows, err := s.db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id, key uint64
		var body sql.RawBytes
		if err := rows.Scan(&id, &key, &body); err != nil {
			return err
		}
		if err := f(id, key, body); err != nil {
			return err
		}
	}
	return rows.Err()
}

// load decrypts the whole book into memory.
func (s *Store) load(ctx context.Context) (*Snapshot, error) {
	if err := s.loadKeys(ctx); err != nil {
		return nil, err
	}
	b := &Snapshot{state: new(State)}
	err := s.each(ctx, "SELECT id, key, body FROM state", func(id, key uint64, body sql.RawBytes) error {
		if id != stateMain {
			return nil // listings, which earlier apps kept
		}
		plain, err := s.sealer.Open("state", keyName(id), keyName(key), body)
		if err != nil {
			return err
		}
		return json.Unmarshal(plain, b.state)
	})
	if err != nil {
		return nil, err
	}
	if b.ops, err = s.loadOps(ctx); err != nil {
		return nil, err
	}
	err = s.each(ctx, "SELECT id, key, body FROM draft ORDER BY id", func(id, key uint64, body sql.RawBytes) error {
		s.nextRow = max(s.nextRow, id+1)
		plain, err := s.sealer.Open("draft", keyName(id), keyName(key), body)
		if err != nil {
			return err
		}
		d, err := decodeDraft(id, plain)
		b.drafts = append(b.drafts, d)
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(b.drafts, func(a, b *Draft) int { return int(min(max(a.SavedMS-b.SavedMS, -1), 1)) })
	return b, s.loadRows(ctx, b)
}

func (s *Store) loadOps(ctx context.Context) (ops []*Op, err error) {
	since := map[uint64]uint64{} // by the key of a change: the mark that it was written with
	err = s.each(ctx, "SELECT id, key, body FROM op ORDER BY id", func(id, key uint64, body sql.RawBytes) error {
		plain, err := s.sealer.Open("op", keyName(id), keyName(key), body)
		if err != nil {
			return err
		}
		o, mark, err := decodeOp(id, plain)
		ops, since[id], s.nextMark = append(ops, o), mark, max(s.nextMark, mark+1)
		return err
	})
	if err != nil || !s.marked {
		return ops, err
	}
	err = s.each(ctx, "SELECT id, key, body FROM mark ORDER BY id", func(id, key uint64, body sql.RawBytes) error {
		plain, err := s.sealer.Open("mark", keyName(id), keyName(key), body)
		if err != nil {
			return err
		}
		s.marks, s.nextMark = s.marks+1, max(s.nextMark, id+1)
		return remark(ops, since, id, plain)
	})
	return ops, err
}

func (s *Store) loadKeys(ctx context.Context) error {
	rows, err := s.db.QueryContext(ctx, "SELECT id, wrapped, scope FROM key")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id uint64
		var wrapped, sealed []byte
		if err := rows.Scan(&id, &wrapped, &sealed); err != nil {
			return err
		}
		k, err := seal.UnwrapRowKey(s.bookKey, keyName(id), wrapped)
		if err != nil {
			return err
		}
		s.sealer.Add(keyName(id), k)
		plain, err := s.sealer.Open("key", keyName(id), keyName(id), sealed)
		if err != nil {
			return err
		}
		var sc scope
		if err := json.Unmarshal(plain, &sc); err != nil {
			return fmt.Errorf("decode scope: %w", err)
		}
		s.keys[sc] = id
		s.nextKey = max(s.nextKey, id+1)
	}
	return rows.Err()
}

// loadRows reads the rows. One that does not open costs only itself: it is the server's,
// and the digests tell that it is missing.
func (s *Store) loadRows(ctx context.Context, b *Snapshot) error {
	own := make(map[book.ID][]*Op)
	for _, o := range b.ops {
		if o.Pending() {
			own[o.Record] = append(own[o.Record], o)
		}
	}
	rows, recs := edit(b.rows), edit(b.recs)
	kinds := map[pb.Kind]*tableEdit[book.ID, *Record]{}
	byHolder, bySubject := map[book.Holder][]book.ID{}, map[book.ID][]book.ID{}
	add := func(rec *Record) {
		if rec == nil {
			return
		}
		recs.set(rec.ID, rec)
		if kinds[rec.Kind] == nil {
			kinds[rec.Kind] = edit(table[book.ID, *Record]{})
		}
		kinds[rec.Kind].set(rec.ID, rec)
		byHolder[rec.Holder] = append(byHolder[rec.Holder], rec.ID)
		bySubject[rec.Subject] = append(bySubject[rec.Subject], rec.ID)
	}
	err := s.each(ctx, "SELECT id, key, body FROM row ORDER BY id", func(id, key uint64, body sql.RawBytes) error {
		s.nextRow = max(s.nextRow, id+1)
		plain, err := s.sealer.Open("row", keyName(id), keyName(key), body)
		if err != nil {
			b.damaged = append(b.damaged, id)
			return nil
		}
		rec, hash, err := decodeRow(plain)
		if err != nil {
			b.damaged = append(b.damaged, id)
			return nil
		}
		r := &row{rec: rec, local: id, hash: hash}
		rows.set(rec.ID, r)
		add(lay(r, own[rec.ID]))
		return nil
	})
	if err != nil {
		return err
	}
	for _, o := range b.ops { // in their order
		if _, ok := recs.get(o.Record); !ok && own[o.Record] != nil {
			add(lay(nil, own[o.Record]))
		}
	}
	holder, about := edit(b.holder), edit(b.about)
	for k, ids := range byHolder {
		holder.set(k, ids)
	}
	for k, ids := range bySubject {
		about.set(k, ids)
	}
	b.rows, b.recs, b.holder, b.about = rows.table, recs.table, holder.table, about.table
	b.kinds = make(map[pb.Kind]table[book.ID, *Record], len(kinds))
	for k, t := range kinds {
		b.kinds[k] = t.table
	}
	return nil
}

func (s *Store) setPIN(ctx context.Context, pin string, device seal.DeviceSecret) error {
	w, err := seal.WrapWithPIN(ctx, s.o.Rand, s.bookKey, pin, device, s.o.PIN)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if _, err := s.db.ExecContext(ctx, "UPDATE book SET wrapped = ?", w.Bytes()); err != nil {
		return fmt.Errorf("set pin: %w", diskError(err))
	}
	s.wrapped.Store(&w)
	forget(s.o.Dir)
	return nil
}

// release lets go of files and lock.
func (s *Store) release() error {
	var err error
	if s.db != nil {
		err = s.db.Close()
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return err
}

func (s *Store) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if err := s.release(); err != nil {
		return fmt.Errorf("close book: %w", err)
	}
	return nil
}

func (s *Store) wipe(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	// The book key goes before all else: from here on nothing of the file can be read.
	for _, q := range []string{
		"DELETE FROM book", "DELETE FROM key", "PRAGMA wal_checkpoint(TRUNCATE)",
	} {
		if _, err := s.db.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("wipe book: %w", diskError(err))
		}
	}
	s.closed = true
	s.now.Store(&Snapshot{state: new(State)})
	err := s.db.Close()
	for _, name := range []string{fileName, fileName + "-wal", fileName + "-shm", guessName, markName} {
		if e := os.Remove(filepath.Join(s.o.Dir, name)); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	err = errors.Join(err, s.lock.Close())
	if err != nil {
		return fmt.Errorf("wipe book: %w", err)
	}
	return nil
}
