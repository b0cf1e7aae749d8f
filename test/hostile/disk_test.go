package hostile

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sodanvan/app/notebook"
	"sodanvan/app/store"
	"sodanvan/app/syncing"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/registry"
	"sodanvan/syncserver/store/sqlite"
	"sodanvan/test/probe"
)

// disk is a small file system of the test's own.
type disk struct{ dir string }

// smallDisk mounts a tmpfs; false where this machine does not allow it, and then only the
// limit of pages inside SQLite is tried.
func smallDisk(t *testing.T, size string) (*disk, bool) {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Logf("no small disk here (%v: %s): only SQLite's own limit is tried", err, strings.TrimSpace(string(out)))
		return nil, false
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v %s", err, out)
		}
	})
	return &disk{dir}, true
}

// grow makes room.
func (d *disk) grow(t *testing.T, size string) {
	t.Helper()
	if out, err := exec.Command("mount", "-o", "remount,size="+size, d.dir).CombinedOutput(); err != nil {
		t.Fatalf("remount: %v %s", err, out)
	}
}

// fill leaves no byte free; the file that it makes goes when room is made.
func (d *disk) fill(t *testing.T) {
	t.Helper()
	f, err := os.Create(filepath.Join(d.dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, n := range []int{1 << 16, 1 << 12, 1} {
		for {
			if _, err := f.Write(make([]byte, n)); err != nil {
				break
			}
		}
	}
}

func (d *disk) empty(t *testing.T) {
	t.Helper()
	if err := os.Remove(filepath.Join(d.dir, "filler")); err != nil {
		t.Fatal(err)
	}
}

// openFiles lists what this process has open below a folder.
func openFiles(t *testing.T, dir string) (found []string) {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		if to, err := os.Readlink(filepath.Join("/proc/self/fd", fd.Name())); err == nil && strings.HasPrefix(to, dir) {
			found = append(found, to)
		}
	}
	return found
}

// TestAStoppedServerLetsGo: a clean stop leaves no file open and folds the -wal away, so
// that a disk can be taken off and a copy of the two databases is whole.
func TestAStoppedServerLetsGo(t *testing.T) {
	s := probe.Start(t, probe.Options{})
	tw := probe.NewTown(t, s)
	p := tw.Phone(t, tw.Member("Bình"))
	agreedOn(t, p, "Hộ Bình 1")
	if len(openFiles(t, s.Dir)) == 0 {
		t.Fatal("the list of open files is broken")
	}
	s.Stop()
	if open := openFiles(t, s.Dir); len(open) > 0 {
		t.Errorf("still open: %q", open)
	}
	for _, name := range []string{"server.db-wal", "server.db-shm", "keys.db-wal", "keys.db-shm"} {
		if _, err := os.Stat(filepath.Join(s.Dir, name)); !os.IsNotExist(err) {
			t.Errorf("%s is left: %v", name, err)
		}
	}
}

// longNote is a note of some kilobytes, each another.
func longNote(n int) string {
	return fmt.Sprintf("ghi chép bịa số %d ", n) + strings.Repeat("một câu dài cho đầy đĩa ", 250)
}

// fullServer fills a server's disk with changes until it says so, and gives the acked
// visits and the request that did not fit.
func fullServer(t *testing.T, p *probe.Phone, h book.ID) (acked []book.ID, left *pb.SyncRequest) {
	t.Helper()
	p.Page = 4096
	for n := range 500 {
		var ids []book.ID
		var ops [][]byte
		for i := range 10 {
			id := p.ID()
			ids, ops = append(ids, id), append(ops, p.Visit(id, h, longNote(10*n+i)))
		}
		req := p.Request(ops...)
		out, err := p.Call(req)
		if err != nil {
			if problem := refused(t, err, pb.ProblemCode_PROBLEM_CODE_DISK_FULL); problem.GetRetryAfterS() == 0 {
				t.Error("a full disk, and the phone does not hear when to come back")
			}
			return acked, req
		}
		p.Last += uint64(len(ops))
		p.Take(out)
		p.Stored(p.Last-9, p.Last)
		acked = append(acked, ids...)
	}
	t.Fatal("the disk never filled")
	return nil, nil
}

// whole checks that a server holds each of these visits and is sound.
func whole(t *testing.T, r *registry.Registry, p *probe.Phone, acked []book.ID) {
	t.Helper()
	p.Page = 1 << 20
	p.Forget()
	p.Sync()
	for i, id := range acked {
		if p.Rows[id] == nil {
			t.Fatalf("visit %d of %d was acked and is not there", i, len(acked))
		}
	}
	if diff := p.Equal(); diff != "" {
		t.Error(diff)
	}
	if found, err := r.Check(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("%v %v", found, err)
	}
}

func TestServerDiskFills(t *testing.T) {
	d, ok := smallDisk(t, "4m")
	if !ok {
		return // TestServerDatabaseFills does the same inside SQLite
	}
	s := probe.Start(t, probe.Options{Dir: filepath.Join(d.dir, "data")})
	tw := probe.NewTown(t, s)
	p := tw.Phone(t, tw.Member("Bình"))
	h := agreedOn(t, p, "Hộ Bình 1")
	acked, left := fullServer(t, p, h)
	t.Logf("full after %d visits", len(acked))
	if _, err := p.Call(left); err == nil {
		t.Error("the second try goes through on a full disk")
	} else {
		refused(t, err, pb.ProblemCode_PROBLEM_CODE_DISK_FULL)
	}
	// Reading goes on: a full disk takes no rows from anyone.
	if _, err := p.Call(p.Request()); err != nil {
		t.Errorf("a call without changes on a full disk: %v", err)
	}
	d.grow(t, "64m")
	out, err := p.Call(left)
	if err != nil {
		t.Fatalf("with room again: %v", err)
	}
	for _, a := range out.GetAcks() {
		if a.GetResult() != pb.Result_RESULT_STORED {
			t.Errorf("%v", a)
		}
	}
	p.Last += uint64(len(left.GetOps()))
	whole(t, s.Registry, p, acked)
}

// TestServerStartsOnAFullDisk: stopped on a full disk and started again, it says what is
// wrong or works; the records stay.
func TestServerStartsOnAFullDisk(t *testing.T) {
	d, ok := smallDisk(t, "6m")
	if !ok {
		return
	}
	dir := filepath.Join(d.dir, "data")
	s := probe.Start(t, probe.Options{Dir: dir})
	tw := probe.NewTown(t, s)
	p := tw.Phone(t, tw.Member("Bình"))
	agreedOn(t, p, "Hộ Bình 1")
	people, err := s.Registry.People(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.Stop()
	d.fill(t)
	if r, err := registry.Open(t.Context(), dir, registry.Options{}); err != nil {
		said(t, err)
	} else if err := r.Close(); err != nil {
		t.Errorf("close on a full disk: %v", err)
	}
	empty := filepath.Join(d.dir, "new")
	if r, err := registry.Open(t.Context(), empty, registry.Options{}); err == nil {
		r.Close()
		t.Error("a new server was made where there is no room")
	} else {
		said(t, err)
	}
	d.empty(t)
	r, err := registry.Open(t.Context(), dir, registry.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	again, err := r.People(t.Context())
	if err != nil || len(again) != len(people) {
		t.Errorf("%d people, were %d: %v", len(again), len(people), err)
	}
	if found, err := r.Check(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("%v %v", found, err)
	}
	// What could not be made for want of room is made now.
	made, err := registry.Open(t.Context(), empty, registry.Options{})
	if err != nil {
		t.Fatalf("with room again: %v", err)
	}
	made.Close()
}

func TestServerDatabaseFills(t *testing.T) {
	s := probe.Start(t, probe.Options{Store: sqlite.Options{MaxPages: 400}})
	tw := probe.NewTown(t, s)
	p := tw.Phone(t, tw.Member("Bình"))
	h := agreedOn(t, p, "Hộ Bình 1")
	acked, left := fullServer(t, p, h)
	t.Logf("full after %d visits", len(acked))
	s.Stop()

	bigger := probe.Start(t, probe.Options{Dir: s.Dir})
	p.Server = bigger
	p.Line = bigger.Dial(t, seal.ClientTLS([][32]byte{bigger.Root.Pin()}))
	out, err := p.Call(left)
	if err != nil {
		t.Fatalf("with room again: %v", err)
	}
	if len(out.GetAcks()) != len(left.GetOps()) {
		t.Errorf("%d acks for %d changes", len(out.GetAcks()), len(left.GetOps()))
	}
	p.Last += uint64(len(left.GetOps()))
	whole(t, bigger.Registry, p, acked)
}

// sameBook compares what a phone holds with what it held.
func sameBook(t *testing.T, p *realPhone, before *store.Snapshot) {
	t.Helper()
	b := p.store.Snapshot()
	if b.Len() != before.Len() || b.Unsent() != before.Unsent() || len(b.Drafts()) != len(before.Drafts()) || b.State().LastKey != before.State().LastKey {
		t.Errorf("%d records, %d unsent, %d drafts, key %d; were %d, %d, %d, %d", b.Len(), b.Unsent(), len(b.Drafts()), b.State().LastKey,
			before.Len(), before.Unsent(), len(before.Drafts()), before.State().LastKey)
	}
}

func TestPhoneDiskFills(t *testing.T) {
	for _, c := range []struct {
		name string
		// make gives where the book lies; room makes room, which may need a new start.
		make func(t *testing.T) (o store.Options, room func(t *testing.T, p *realPhone) *realPhone, ok bool)
	}{
		{"the disk", func(t *testing.T) (store.Options, func(*testing.T, *realPhone) *realPhone, bool) {
			d, ok := smallDisk(t, "1m")
			if !ok {
				return store.Options{}, nil, false
			}
			return store.Options{Dir: filepath.Join(d.dir, "book")}, func(t *testing.T, p *realPhone) *realPhone { d.grow(t, "64m"); return p }, true
		}},
		{"SQLite's own limit", func(t *testing.T) (store.Options, func(*testing.T, *realPhone) *realPhone, bool) {
			return store.Options{Dir: filepath.Join(t.TempDir(), "book"), MaxPages: 200},
				func(t *testing.T, p *realPhone) *realPhone {
					return p.reopened(t, store.Options{}, syncing.Options{})
				}, true
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, room, ok := c.make(t)
			if !ok {
				return
			}
			tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
			p := joined(t, tw.Server, tw.Member("Bình"), o, syncing.Options{})
			p.synced(t)
			h := p.first(t)
			p.agreed(t, h.ID)
			half := "đang ghi dở (bịa)"
			draft, err := p.SaveDraft(t.Context(), notebook.DraftForm{Household: h.ID, Edit: notebook.VisitEdit{Note: &half}})
			if err != nil {
				t.Fatal(err)
			}
			var kept []notebook.ID
			for n := range 2000 {
				before := p.store.Snapshot()
				var s notebook.Saved
				s, err = p.RecordVisit(t.Context(), notebook.NewVisit{Household: h.ID, Contact: pb.Contact_CONTACT_AT_HOME, Note: longNote(n)})
				if err != nil {
					sameBook(t, p, before)
					break
				}
				kept = append(kept, s.ID)
			}
			var full *store.FullError
			if !errors.As(err, &full) {
				t.Fatalf("%v, want a FullError", err)
			}
			said(t, err)
			spoken(t, notebook.Say(err))
			t.Logf("full after %d visits", len(kept))
			// The screen still shows everything.
			page, err := p.Household(h.ID)
			if err != nil || len(page.Visits) != len(kept) {
				t.Errorf("%d visits on the page, want %d: %v", len(page.Visits), len(kept), err)
			}

			p = room(t, p)
			kept = append(kept, p.visited(t, h.ID, "có chỗ lại rồi (bịa)"))
			p = p.reopened(t, store.Options{}, syncing.Options{})
			for i, id := range kept {
				if _, ok := p.store.Snapshot().Record(book.ID(id)); !ok {
					t.Fatalf("visit %d of %d was saved and is gone", i, len(kept))
				}
			}
			if _, ok := p.store.Snapshot().Draft(book.ID(draft)); !ok {
				t.Error("the draft is gone")
			}
			if err := p.DropDraft(t.Context(), draft); err != nil {
				t.Fatal(err)
			}
			p.synced(t)
			if n := p.store.Snapshot().Unsent(); n != 0 {
				t.Errorf("%d changes are still unsent", n)
			}
			for i, id := range kept {
				if _, ok := p.store.Snapshot().Row(book.ID(id)); !ok {
					t.Fatalf("visit %d of %d did not reach the server", i, len(kept))
				}
			}
		})
	}
}

// TestPhoneDiskFillsWhileReceiving: a reply that does not fit is kept as a whole or not at
// all, says so, and comes again when there is room.
func TestPhoneDiskFillsWhileReceiving(t *testing.T) {
	d, ok := smallDisk(t, "1m")
	if !ok {
		return
	}
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	p := joined(t, tw.Server, tw.Member("An"), store.Options{Dir: filepath.Join(d.dir, "book")}, syncing.Options{})
	p.synced(t)
	secretarys := p.first(t)
	p.agreed(t, secretarys.ID)
	writer := tw.Phone(t, tw.Member("Bình"))
	h := agreedOn(t, writer, "Hộ Bình 1")
	var ids []book.ID
	for n := range 200 {
		ids = append(ids, writer.ID())
		writer.Sync(writer.Visit(ids[n], h, longNote(n)))
	}
	p.engine.Kick()
	out, err := syncing.Run(t.Context(), p.engine, p.store, p.client)
	var full *store.FullError
	if !errors.As(err, &full) {
		t.Fatalf("%s %v, want a FullError", out.Kind, err)
	}
	said(t, err)
	d.grow(t, "64m")
	p = p.reopened(t, store.Options{}, syncing.Options{})
	p.synced(t)
	b := p.store.Snapshot()
	for i, id := range ids {
		if _, ok := b.Row(id); !ok {
			t.Fatalf("visit %d is missing", i)
		}
	}
	if b.Unsent() != 0 || len(b.State().Differs) > 0 {
		t.Errorf("%d unsent, %d holders differ", b.Unsent(), len(b.State().Differs))
	}
}

// TestEnrolmentOnAFullDisk: the code must not be spent on a book that cannot be made.
func TestEnrolmentOnAFullDisk(t *testing.T) {
	d, ok := smallDisk(t, "1m")
	if !ok {
		return
	}
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	inv := invitation(t, tw.Server, tw.Member("Bình"))
	o := notebook.Options{Dir: filepath.Join(d.dir, "book"), PIN: cheap}
	d.fill(t)
	_, err := notebook.Enrol(t.Context(), o, notebook.Network{}, notebook.Join{Invitation: inv.Text()}, pin)
	said(t, err)
	d.empty(t)
	n, err := notebook.Enrol(t.Context(), o, notebook.Network{}, notebook.Join{Invitation: inv.Text()}, pin)
	if err != nil {
		t.Fatalf("with room again: %v", err)
	}
	n.Close()
}
