package simulation

import (
	"bytes"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/syncserver/registry"
	serverstore "sodanvan/syncserver/store"
)

// backup is a copy of the server's files.
type backup struct {
	dir string
	// kept: the phones were told that it is finished, and keep nothing for it any more.
	kept bool
}

// lastOps is what the server has of each device.
func (w *world) lastOps() map[uint32]uint64 {
	all := map[uint32]uint64{}
	w.must(w.server.store.Read(ctx, func(from serverstore.Reader) error {
		ds, err := from.Devices()
		for _, d := range ds {
			all[d.Number] = d.LastOp
		}
		return err
	}), "read devices")
	return all
}

// backUp copies the server's files. Where the phones hear that the copy is finished they let
// go of what it has, so that no older one may take its place.
func (p *phone) backUp() {
	b := backup{dir: p.newDir("backup")}
	p.must(copyFiles(p.server.dir, b.dir), "copy the server")
	if p.chance.IntN(2) == 0 {
		err := p.server.reg.MarkKept(ctx, p.lastOps(), p.now)
		if p.server.revive() {
			return
		}
		p.must(err, "say that a backup is finished")
		p.mirror.look()
		b.kept = true
		p.backups = nil
	}
	p.world.backups = append(p.world.backups, b)
	p.note("the server is backed up, phones hear of it: %v", b.kept)
}

// restoreServer puts a backup in the place of the server's files, as the restore command does.
func (p *phone) restoreServer() {
	if len(p.backups) == 0 {
		return
	}
	b := p.backups[p.chance.IntN(len(p.backups))]
	s := p.server
	s.must(s.reg.Close(), "close the server")
	old := s.dir
	s.dir = s.newDir("server")
	s.must(copyFiles(b.dir, s.dir), "copy a backup")
	gone := s.mergeGone(old)
	os.RemoveAll(old)
	s.newEpoch(gone)
	s.open()
	s.world.restores++
	lost := p.mirror.stamp
	s.world.mirror = newMirror(s.world)
	s.world.mirror.look()
	last := p.lastOps()
	for k := range p.acks {
		if n, known := last[k.device]; !known || k.number > n {
			delete(p.acks, k) // an answer of a life that never was
		}
	}
	p.loseWithServer(nil)
	p.note("the server is as in a backup, stamps were up to %d", lost)
}

// newEpoch is the last step of a restore. It is done again where it died.
func (s *server) newEpoch(gone registry.Gone) {
	for {
		next, dir := s.newDir("server"), s.dir
		l := &life{leave: func() error { return copyFiles(dir, next) }}
		if s.chance.IntN(3) == 0 {
			l.left = 1 + s.chance.IntN(30)
		}
		_, err := registry.StartNewEpoch(ctx, dir, registry.Options{Now: s.clock, Random: s.random, Store: serverOptions(l.step)}, gone)
		if !l.dead {
			s.must(err, "begin a new epoch")
			return
		}
		s.must(l.err, "copy the dead restore's files")
		os.RemoveAll(dir)
		s.dir = next
		s.deaths++
		s.reached["a restore died"]++
		s.note("the restore died and is done again")
	}
}

// mergeGone brings the list of what must not come back up to that of the files which are replaced.
func (s *server) mergeGone(old string) registry.Gone {
	read := func(dir string) registry.Gone {
		g, err := registry.ReadGone(filepath.Join(dir, registry.ErasedFile))
		if errors.Is(err, fs.ErrNotExist) {
			return registry.Gone{}
		}
		s.must(err, "read the list of what was erased")
		return g
	}
	g := registry.MergeGone(read(s.dir), read(old))
	s.must(registry.WriteGone(filepath.Join(s.dir, registry.ErasedFile), g), "write the list of what was erased")
	return g
}

// loseWithServer: what neither the server nor any phone has is gone, except what is named.
func (w *world) loseWithServer(except map[string]bool) {
	there := w.onServer()
	for t := range except {
		there[t] = true
	}
	for _, p := range w.alive() {
		for t := range p.everything() {
			there[t] = true
		}
	}
	for t := range w.texts {
		if !there[t] {
			w.forget([]string{t}, "it was on the server's lost disk alone")
		}
	}
}

// own are the texts of all changes of the phone that are still there, acknowledged or not.
func (p *phone) own() map[string]bool {
	all := map[string]bool{}
	for key := uint64(1); key <= p.state().LastKey; key++ {
		if o, ok := p.book().Op(key); ok && o.State != store.Offering {
			for _, t := range tokens(o.Bytes) {
				all[t] = true
			}
		}
	}
	return all
}

// takeOver lets the desk accept every row that phones still had.
func (p *phone) takeOver() {
	if !p.desk() || p.restores == 0 {
		return
	}
	var waiting []store.Record
	for r := range p.book().Kind(pb.Kind_KIND_SUGGESTION) {
		var m pb.Suggestion
		_, err := lww.Decode(r.State.Body, &m)
		p.must(err, "read a suggestion")
		if len(m.GetRow()) > 0 && m.GetVerdict() == 0 && !m.GetSettled() {
			waiting = append(waiting, r)
		}
	}
	slices.SortFunc(waiting, func(a, b store.Record) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	for _, r := range waiting {
		p.reached["an offer was taken over"]++
		p.write(change{kind: r.Kind, id: r.ID, holder: r.Holder, unit: r.Unit, msg: &pb.Suggestion{Verdict: pb.Verdict_VERDICT_APPROVED.Enum()}})
	}
}

// erase has a household erased, for a person who asks for it.
func (p *phone) erase() {
	h, ok := p.some(pb.Kind_KIND_HOUSEHOLD, nil)
	if !ok || p.mirror.rows[h.ID] == nil {
		return
	}
	if p.chance.IntN(2) == 0 {
		p.server.left = 1 + p.chance.IntN(60)
	}
	_, err := p.server.reg.Erase(ctx, h.ID)
	p.server.left = 0
	if p.server.revive() {
		p.erasedOrNot(h.ID)
		return
	}
	p.must(err, "erase a household")
	p.world.erased[h.ID] = true
	p.mirror.look()
	p.note("household %s is erased", hash(h.ID[:]))
}

// erasedOrNot finds out whether an erasure that was cut short took place: then it is whole.
func (p *phone) erasedOrNot(id book.ID) {
	p.mirror.look()
	if p.mirror.rows[id] == nil {
		p.world.erased[id] = true
	}
	p.note("household %s is erased in spite of the death: %v", hash(id[:]), p.world.erased[id])
}

// damage spoils or removes one row in a phone's file.
func (p *phone) damage() {
	p.must(p.store.Close(), "close a book")
	db, err := sql.Open("sqlite", "file:"+filepath.Join(p.dir, "book.db"))
	p.must(err, "open a file")
	var ids []int64
	rows, err := db.Query("SELECT id FROM row ORDER BY id")
	p.must(err, "list rows")
	for rows.Next() {
		var id int64
		p.must(rows.Scan(&id), "list rows")
		ids = append(ids, id)
	}
	p.must(rows.Err(), "list rows")
	rows.Close()
	if len(ids) > 0 {
		q := []string{"DELETE FROM row WHERE id = ?", "UPDATE row SET body = zeroblob(length(body)) WHERE id = ?"}[p.chance.IntN(2)]
		_, err = db.Exec(q, ids[p.chance.IntN(len(ids))])
		p.must(err, "damage a row")
		p.hurt = true
	}
	p.must(db.Close(), "close a file")
	p.open()
	p.note("a row of %s is damaged", p.name)
}
