package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
)

// writer is one transaction: it changes a copy of the book in memory and notes what
// differs, then writes the differences and, once they are on disk, puts the copy in place.
// The rules (delta.go, outbox.go) run on it and never see SQL.
type writer struct {
	s     *Store
	old   *Snapshot
	state State

	stateChanged bool
	// damaged are the rows that do not open and are still there.
	damaged []uint64
	// enrolled is set where the book goes on under a new enrolment.
	enrolled *enrolment

	rows   *tableEdit[book.ID, *row]
	ops    []*Op
	drafts []*Draft

	putRows    map[book.ID]bool
	dropRows   map[uint64]bool // local numbers
	putOps     map[uint64]bool
	dropOps    map[uint64]bool
	putDrafts  map[book.ID]bool
	dropDrafts map[uint64]bool // local numbers
	dropScopes map[scope]bool
	touched    map[book.ID]bool // records to lay together again

	// mark is the number of this write; marksNow is how many marks the file then has.
	mark     uint64
	marksNow int
}

// write runs one change of the book. Nothing is changed where it returns an error.
func (s *Store) write(ctx context.Context, change func(*writer) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	old := s.now.Load()
	w := &writer{
		s: s, old: old, state: *old.state, rows: edit(old.rows),
		ops: slices.Clone(old.ops), drafts: slices.Clone(old.drafts), damaged: old.damaged,
		putRows: map[book.ID]bool{}, dropRows: map[uint64]bool{},
		putOps: map[uint64]bool{}, dropOps: map[uint64]bool{},
		putDrafts: map[book.ID]bool{}, dropDrafts: map[uint64]bool{},
		dropScopes: map[scope]bool{}, touched: map[book.ID]bool{},
		mark: s.nextMark, marksNow: s.marks,
	}
	s.nextMark++
	if err := change(w); err != nil {
		return err
	}
	w.finishLeaving()
	w.catchUp()
	next := w.snapshot()
	// A transaction is short and must end one way or the other: no cancelling in its middle.
	if err := w.commit(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("write book: %w", diskError(err))
	}
	s.now.Store(next)
	return nil
}

// change is a write that only touches the state.
func (s *Store) change(ctx context.Context, f func(*State)) error {
	return s.write(ctx, func(w *writer) error {
		f(w.st())
		return nil
	})
}

// st gives the state for changing. Slices and maps in it are replaced, never written to.
func (w *writer) st() *State {
	w.stateChanged = true
	return &w.state
}

func (w *writer) putRow(rec *Record, hash uint64) {
	local := w.s.nextRow
	if r, ok := w.rows.get(rec.ID); ok {
		local = r.local
	} else {
		w.s.nextRow++ // a number that a failed write took is only skipped
	}
	w.rows.set(rec.ID, &row{rec: rec, local: local, hash: hash})
	w.putRows[rec.ID] = true
	delete(w.dropRows, local)
	w.touched[rec.ID] = true
}

func (w *writer) dropRow(id book.ID) {
	r, ok := w.rows.get(id)
	if !ok {
		return
	}
	w.rows.drop(id)
	delete(w.putRows, id)
	w.dropRows[r.local] = true
	w.touched[id] = true
}

// putOp replaces the change of the same key, or adds it at the end.
func (w *writer) putOp(o *Op) {
	w.putOps[o.Key] = true
	if i, ok := slices.BinarySearchFunc(w.ops, o.Key, byKey); ok {
		if !laidAlike(w.ops[i], o) {
			w.touched[w.ops[i].Record], w.touched[o.Record] = true, true
		}
		w.ops[i] = o
		return
	}
	w.ops = append(w.ops, o)
	w.touched[o.Record] = true
}

// changed replaces the change of a key by what f makes of a copy.
func (w *writer) changed(key uint64, f func(*Op)) {
	if i, ok := slices.BinarySearchFunc(w.ops, key, byKey); ok {
		c := *w.ops[i]
		f(&c)
		w.putOp(&c)
	}
}

// laidAlike tells whether a change that is on its way looks as before to who reads its record.
func laidAlike(a, b *Op) bool {
	return a.Unsent() && b.Unsent() && a.patch == b.patch && a.Record == b.Record && a.Holder == b.Holder && a.Unit == b.Unit &&
		a.Device == b.Device && a.Stamp == b.Stamp && a.Mended == b.Mended && a.Gone == b.Gone && a.Away == b.Away
}

func (w *writer) dropOp(key uint64) {
	if i, ok := slices.BinarySearchFunc(w.ops, key, byKey); ok {
		w.touched[w.ops[i].Record] = true
		w.ops = slices.Delete(w.ops, i, i+1)
		delete(w.putOps, key)
		w.dropOps[key] = true
	}
}

func (w *writer) putDraft(d *Draft) {
	d.local = w.s.nextRow
	i := slices.IndexFunc(w.drafts, func(o *Draft) bool { return o.ID == d.ID })
	if i >= 0 {
		d.local = w.drafts[i].local
		w.drafts = slices.Delete(w.drafts, i, i+1)
	} else {
		w.s.nextRow++
	}
	w.drafts = append(w.drafts, d)
	w.putDrafts[d.ID] = true
}

func (w *writer) dropDraft(id book.ID) {
	if i := slices.IndexFunc(w.drafts, func(o *Draft) bool { return o.ID == id }); i >= 0 {
		w.dropDrafts[w.drafts[i].local] = true
		w.drafts = slices.Delete(w.drafts, i, i+1)
		delete(w.putDrafts, id)
	}
}

// snapshot lays the own changes over the rows that were touched and keeps the indexes.
func (w *writer) snapshot() *Snapshot {
	next := &Snapshot{
		rows: w.rows.table, ops: w.ops, drafts: w.drafts, state: w.old.state,
		recs: w.old.recs, holder: w.old.holder, about: w.old.about, kinds: w.old.kinds,
		damaged: w.damaged, edition: w.old.edition, others: w.old.others, editions: w.old.editions,
	}
	if w.stateChanged {
		st := w.state
		next.state = &st
	}
	if len(w.touched) == 0 {
		return next
	}
	own := make(map[book.ID][]*Op)
	for _, o := range w.ops {
		if o.Pending() && w.touched[o.Record] {
			own[o.Record] = append(own[o.Record], o)
		}
	}
	x := newIndexer(w.old)
	next.edition++
	for id := range w.touched {
		var base *row
		if r, ok := w.rows.get(id); ok {
			base = r
		}
		x.put(id, lay(base, own[id]))
	}
	x.into(next)
	w.editions(next)
	return next
}

// editions notes whose records this write changed.
func (w *writer) editions(next *Snapshot) {
	e := edit(next.editions)
	for id := range w.touched {
		for _, b := range []*Snapshot{w.old, next} {
			r, ok := b.recs.get(id)
			switch {
			case !ok:
			case r.Holder.Kind == pb.HolderKind_HOLDER_KIND_HOUSEHOLD:
				e.set(r.Holder, next.edition)
			default:
				next.others = next.edition
			}
		}
	}
	next.editions = e.table
}

// lay gives the record that a screen shows: the row with the own changes over it; nil where
// there is none. A stored change that the row already carries is not laid over again: others
// may have written since.
func lay(base *row, ops []*Op) *Record {
	var rec *Record
	if base != nil {
		rec = base.rec
	}
	for _, o := range ops {
		if o.Mended || o.Gone || o.Away || o.State == Stored && base != nil && base.rec.Seq >= o.Seq {
			continue
		}
		p := o.patch
		r := Record{}
		switch {
		case rec != nil:
			r = *rec
		case p.GetCreate():
			r.Record = book.Record{Kind: o.Kind, ID: o.Record, Holder: o.Holder, Unit: o.Unit}
			r.Author, _ = book.IDFrom(p.GetEnvelope().GetAuthor())
			r.Subject, _ = book.IDFrom(p.GetEnvelope().GetSubject())
			r.Household, _ = book.IDFrom(p.GetEnvelope().GetHousehold())
			r.New = true
		default:
			continue // an edit of a row that is not here (yet)
		}
		v := lww.Version{Stamp: r.State.Max().Stamp.Next(), Device: o.Device}
		if o.Stamp != 0 {
			v.Stamp = max(v.Stamp, o.Stamp)
		}
		st, _, err := lww.Merge(r.State, lww.FromPatch(p, v))
		if err != nil {
			continue // addOps refuses such a change; the server refuses it too
		}
		r.State = st
		r.Own = append(slices.Clip(r.Own), o.Key)
		rec = &r
	}
	return rec
}

// indexer keeps the indexes of a snapshot.
type indexer struct {
	recs   *tableEdit[book.ID, *Record]
	holder *tableEdit[book.Holder, []book.ID]
	about  *tableEdit[book.ID, []book.ID]
	kinds  map[pb.Kind]*tableEdit[book.ID, *Record]
	old    *Snapshot
	// gone: ids to take out of an index, in one pass a holder or subject.
	goneHolder map[book.Holder]map[book.ID]bool
	goneAbout  map[book.ID]map[book.ID]bool
	// ownedHolder, ownedAbout: lists that this indexer made and may append to.
	ownedHolder map[book.Holder]bool
	ownedAbout  map[book.ID]bool
}

func newIndexer(old *Snapshot) *indexer {
	return &indexer{
		recs: edit(old.recs), holder: edit(old.holder), about: edit(old.about),
		kinds: map[pb.Kind]*tableEdit[book.ID, *Record]{}, old: old,
		goneHolder: map[book.Holder]map[book.ID]bool{}, goneAbout: map[book.ID]map[book.ID]bool{},
		ownedHolder: map[book.Holder]bool{}, ownedAbout: map[book.ID]bool{},
	}
}

func (x *indexer) kind(k pb.Kind) *tableEdit[book.ID, *Record] {
	t := x.kinds[k]
	if t == nil {
		t = edit(x.old.kinds[k])
		x.kinds[k] = t
	}
	return t
}

func mark[K comparable](m map[K]map[book.ID]bool, k K, id book.ID) {
	if m[k] == nil {
		m[k] = map[book.ID]bool{}
	}
	m[k][id] = true
}

func put[K comparable](t *tableEdit[K, []book.ID], owned map[K]bool, k K, id book.ID) {
	ids, _ := t.get(k)
	if !owned[k] {
		ids = slices.Clip(ids)
		owned[k] = true
	}
	t.set(k, append(ids, id))
}

// put sets or, with nil, removes a record. An id comes once.
func (x *indexer) put(id book.ID, rec *Record) {
	was, had := x.recs.get(id)
	if had && rec != nil && was.Kind == rec.Kind && was.Holder == rec.Holder && was.Subject == rec.Subject {
		x.recs.set(id, rec)
		x.kind(rec.Kind).set(id, rec)
		return
	}
	if had {
		x.recs.drop(id)
		x.kind(was.Kind).drop(id)
		mark(x.goneHolder, was.Holder, id)
		mark(x.goneAbout, was.Subject, id)
	}
	if rec == nil {
		return
	}
	x.recs.set(id, rec)
	x.kind(rec.Kind).set(id, rec)
	x.flush(was, id) // before it is appended again
	put(x.holder, x.ownedHolder, rec.Holder, id)
	put(x.about, x.ownedAbout, rec.Subject, id)
}

// flush takes one moved record out of the lists at once.
func (x *indexer) flush(was *Record, id book.ID) {
	if was == nil {
		return
	}
	sweep(x.holder, x.ownedHolder, was.Holder, map[book.ID]bool{id: true})
	sweep(x.about, x.ownedAbout, was.Subject, map[book.ID]bool{id: true})
	delete(x.goneHolder[was.Holder], id)
	delete(x.goneAbout[was.Subject], id)
}

func sweep[K comparable](t *tableEdit[K, []book.ID], owned map[K]bool, k K, gone map[book.ID]bool) {
	if len(gone) == 0 {
		return
	}
	ids, _ := t.get(k)
	left := make([]book.ID, 0, len(ids))
	for _, id := range ids {
		if !gone[id] {
			left = append(left, id)
		}
	}
	owned[k] = true
	if len(left) == 0 {
		t.drop(k)
	} else {
		t.set(k, left)
	}
}

func (x *indexer) into(b *Snapshot) {
	for k, gone := range x.goneHolder {
		sweep(x.holder, x.ownedHolder, k, gone)
	}
	for k, gone := range x.goneAbout {
		sweep(x.about, x.ownedAbout, k, gone)
	}
	kinds := make(map[pb.Kind]table[book.ID, *Record], len(x.old.kinds)+len(x.kinds))
	for k, t := range x.old.kinds {
		kinds[k] = t
	}
	for k, t := range x.kinds {
		kinds[k] = t.table
	}
	b.recs, b.holder, b.about, b.kinds = x.recs.table, x.holder.table, x.about.table, kinds
}

// commit writes the differences in one transaction.
func (w *writer) commit(ctx context.Context) (err error) {
	s := w.s
	if !w.stateChanged && w.enrolled == nil && len(w.putRows)+len(w.dropRows)+len(w.putOps)+len(w.dropOps)+len(w.putDrafts)+len(w.dropDrafts)+len(w.dropScopes) == 0 {
		return nil
	}
	if err := s.at("begin"); err != nil {
		return err
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	made := map[scope]uint64{}
	defer func() {
		if err == nil {
			return
		}
		tx.Rollback() // its error says only that SQLite rolled back itself
		for _, id := range made {
			s.sealer.Forget(keyName(id))
		}
	}()
	run := &runner{s: s, tx: tx, made: made, dropped: w.dropScopes, stmts: map[string]*sql.Stmt{}}
	defer run.close()

	// Keys go first: what they sealed is gone with them, in every copy made later.
	for sc := range w.dropScopes {
		if id, ok := s.keys[sc]; ok {
			if err = run.exec("drop key", "DELETE FROM key WHERE id = ?", id); err != nil {
				return err
			}
		}
	}
	for local := range w.dropRows {
		if err = run.exec("drop row", "DELETE FROM row WHERE id = ?", local); err != nil {
			return err
		}
	}
	for key := range w.dropOps {
		if err = run.exec("drop op", "DELETE FROM op WHERE id = ?", key); err != nil {
			return err
		}
	}
	for local := range w.dropDrafts {
		if err = run.exec("drop draft", "DELETE FROM draft WHERE id = ?", local); err != nil {
			return err
		}
	}
	if err = w.putAll(run); err != nil {
		return err
	}
	if e := w.enrolled; e != nil {
		if err = run.exec("put book", "UPDATE book SET device = ?, sealed = ?", e.device, e.sealed); err != nil {
			return err
		}
	}
	if err = s.at("commit"); err != nil {
		return err
	}
	if err = tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	for sc := range w.dropScopes {
		if id, ok := s.keys[sc]; ok {
			s.sealer.Forget(keyName(id))
			delete(s.keys, sc)
		}
	}
	for sc, id := range made {
		s.keys[sc] = id
	}
	s.marks, s.marked = w.marksNow, s.marked || w.marksNow > 0
	if w.enrolled != nil {
		s.recovery.Store(&w.enrolled.sealed)
	}
	if len(w.dropScopes) > 0 || len(w.dropRows) > 0 {
		// The log still holds the dropped key and rows; a failure here is made up for by the
		// next checkpoint.
		_, _ = s.db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	}
	_ = s.at("committed")
	return nil
}

func (w *writer) putAll(run *runner) error {
	if err := w.writeRows(run); err != nil {
		return err
	}
	marked, err := w.putMark(run)
	if err != nil {
		return err
	}
	for _, o := range w.ops {
		if !w.putOps[o.Key] || marked[o.Key] {
			continue
		}
		plain, err := encodeOp(o, w.mark)
		if err != nil {
			return err
		}
		key, body, err := run.seal("op", o.Key, o.scope(), plain)
		if err != nil {
			return err
		}
		if err := run.exec("put op", "INSERT OR REPLACE INTO op (id, waiting, key, body) VALUES (?, 0, ?, ?)", o.Key, key, body); err != nil {
			return err
		}
	}
	for _, d := range w.drafts {
		if !w.putDrafts[d.ID] {
			continue
		}
		plain, err := encodeDraft(d)
		if err != nil {
			return err
		}
		key, body, err := run.seal("draft", d.local, draftsScope, plain)
		if err != nil {
			return err
		}
		if err := run.exec("put draft", "INSERT OR REPLACE INTO draft (id, key, body) VALUES (?, ?, ?)", d.local, key, body); err != nil {
			return err
		}
	}
	if !w.stateChanged {
		return nil
	}
	return run.putState(&w.state)
}

// rowsAtOnce is how many rows one statement writes where there are many; it takes less than
// one statement for each.
const rowsAtOnce = 16

const putRow = "INSERT OR REPLACE INTO row (id, seq, key, body) VALUES (?, ?, ?, ?)"

var putManyRows = putRow + strings.Repeat(", (?, ?, ?, ?)", rowsAtOnce-1)

// writeRows seals the rows, in the order in which they lie in the file, while those before
// are being written.
func (w *writer) writeRows(run *runner) error {
	put := make([]*row, 0, len(w.putRows))
	for id := range w.putRows {
		r, _ := w.rows.get(id)
		put = append(put, r)
	}
	slices.SortFunc(put, func(a, b *row) int { return cmp.Compare(a.local, b.local) })
	for _, r := range put {
		if _, err := run.key(scopeOf(r.rec.Holder)); err != nil {
			return err
		}
	}
	if len(put) < rowsAtOnce {
		for _, r := range put {
			args, err := w.sealRow(run, r)
			if err == nil {
				err = run.exec("put row", putRow, args...)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	sealed, written := make(chan []any, 4), make(chan error, 1)
	go func() {
		var err error
		for args := range sealed {
			if err != nil {
				continue
			}
			query := putManyRows
			if n := len(args) / 4; n < rowsAtOnce {
				query = putRow + strings.Repeat(", (?, ?, ?, ?)", n-1)
			}
			err = run.do("put row", query, args...)
		}
		written <- err
	}()
	err := func() error {
		defer close(sealed)
		for part := range slices.Chunk(put, rowsAtOnce) {
			args := make([]any, 0, 4*rowsAtOnce)
			for _, r := range part {
				if err := w.s.at("put row"); err != nil {
					return err
				}
				one, err := w.sealRow(run, r)
				if err != nil {
					return err
				}
				args = append(args, one...)
			}
			sealed <- args
		}
		return nil
	}()
	return errors.Join(err, <-written)
}

// sealRow gives the columns of a row.
func (w *writer) sealRow(run *runner, r *row) ([]any, error) {
	plain, err := encodeRow(r.rec)
	if err != nil {
		return nil, err
	}
	key, body, err := run.seal("row", r.local, scopeOf(r.rec.Holder), plain)
	return []any{r.local, int64(r.rec.Seq), key, body}, err
}

// runner runs the statements of one transaction.
type runner struct {
	s       *Store
	tx      *sql.Tx
	stmts   map[string]*sql.Stmt
	made    map[scope]uint64
	dropped map[scope]bool
}

func (r *runner) exec(what, query string, args ...any) error {
	if err := r.s.at(what); err != nil {
		return err
	}
	return r.do(what, query, args...)
}

func (r *runner) do(what, query string, args ...any) error {
	st := r.stmts[query]
	if st == nil {
		var err error
		if st, err = r.tx.Prepare(query); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		r.stmts[query] = st
	}
	if _, err := st.Exec(args...); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func (r *runner) close() {
	for _, st := range r.stmts {
		st.Close()
	}
}

// key gives the key of a scope, which it makes where there is none.
func (r *runner) key(sc scope) (uint64, error) {
	key, ok := r.made[sc]
	if !ok && !r.dropped[sc] {
		key, ok = r.s.keys[sc]
	}
	if ok {
		return key, nil
	}
	return r.newKey(sc)
}

// seal seals a body under the key of its scope.
func (r *runner) seal(table string, local uint64, sc scope, plain []byte) (key uint64, body []byte, err error) {
	if key, err = r.key(sc); err != nil {
		return 0, nil, err
	}
	body, err = r.s.sealer.Seal(table, strconv.FormatUint(local, 10), keyName(key), plain)
	if err != nil {
		return 0, nil, fmt.Errorf("seal %s %d: %w", table, local, err)
	}
	return key, body, nil
}

func (r *runner) newKey(sc scope) (uint64, error) {
	s := r.s
	id := s.nextKey
	s.nextKey++ // a failed write only skips the number; no two keys ever share a name
	k := seal.NewRowKey(s.o.Rand)
	s.sealer.Add(keyName(id), k)
	r.made[sc] = id
	plain, err := json.Marshal(sc)
	if err != nil {
		return 0, fmt.Errorf("encode scope: %w", err)
	}
	sealed, err := s.sealer.Seal("key", keyName(id), keyName(id), plain)
	if err != nil {
		return 0, fmt.Errorf("seal scope: %w", err)
	}
	return id, r.exec("put key", "INSERT INTO key (id, wrapped, scope) VALUES (?, ?, ?)", id,
		seal.WrapRowKey(s.o.Rand, s.bookKey, keyName(id), k), sealed)
}

func (r *runner) putState(st *State) error {
	plain, err := encodeState(st)
	if err != nil {
		return err
	}
	key, body, err := r.seal("state", stateMain, stateScope, plain)
	if err != nil {
		return err
	}
	return r.exec("put state", "INSERT OR REPLACE INTO state (id, key, body) VALUES (?, ?, ?)", stateMain, key, body)
}

func keyName(id uint64) string { return strconv.FormatUint(id, 10) }

// at is where a test stops or fails the writing.
func (s *Store) at(what string) error {
	if s.o.Step == nil {
		return nil
	}
	return s.o.Step(what)
}
