package kills

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/test/probe"
)

// end is when an app is killed: at a line, or so long after its start where lines is nought.
type end struct {
	lines int
	after time.Duration
}

func (e end) String() string { return fmt.Sprintf("after %d lines or %v", e.lines, e.after) }

func anEnd(chance *rand.Rand) end {
	if chance.IntN(2) == 0 {
		return end{lines: 1 + chance.IntN(60)}
	}
	return end{after: time.Duration(chance.Int64N(int64(400 * time.Millisecond)))}
}

// live starts the app on a book, kills it, and gives the lines that it printed.
func live(t *testing.T, dir string, life int, e end) (lines []said) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), writerBook+"="+dir, fmt.Sprintf("%s=%d", writerSeed, life))
	var errors bytes.Buffer
	cmd.Stderr = &errors
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var timer *time.Timer
	if e.lines == 0 {
		timer = time.AfterFunc(e.after, func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
	}
	read := bufio.NewScanner(out)
	for read.Scan() {
		var s said
		if err := json.Unmarshal(read.Bytes(), &s); err != nil {
			t.Errorf("the app printed %q", read.Text())
		}
		lines = append(lines, s)
		if len(lines) == e.lines {
			_ = cmd.Process.Kill()
		}
	}
	_ = cmd.Wait()
	if cmd.ProcessState.Exited() {
		t.Fatalf("the app ended by itself: %s", errors.String())
	}
	return lines
}

// TestTheAppIsKilled: what the book called saved is there when it opens again.
func TestTheAppIsKilled(t *testing.T) {
	kills, chance := moments(t)
	s := probe.StartProcess(t, probe.Options{})
	tw := probe.NewTown(t, s)
	dir := enrolled(t, tw.Server, tw.Member("Bình"))
	first, err := open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.agree(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	desk := tw.Phone(t, tw.Member("An"))

	saved, drafts := map[book.ID]string{}, map[book.ID]string{}
	lives := setting(t, "KILLS_SEED", 1) * 10_000
	total, formed, waiting := 0, 0, 0
	for i := range kills {
		e := anEnd(chance)
		lines := live(t, dir, int(lives)+i, e)
		total += len(lines)
		for _, l := range lines {
			id, err := book.ParseID(l.ID)
			switch l.What {
			case saidOpen:
				continue
			case saidSaved:
				saved[id] = l.Text
				delete(drafts, id)
			case saidDraft:
				drafts[id] = l.Text
				formed++
			}
			if err != nil {
				t.Fatalf("%+v: %v", l, err)
			}
		}
		sound(t, filepath.Join(dir, "book.db"))
		b, err := open(t.Context(), dir)
		if err != nil {
			t.Fatalf("the book does not open: %v", err)
		}
		waiting += unsent(b.store.Snapshot())
		whole(t, b.store.Snapshot(), saved, drafts)
		b.settle(t)
		desk.Sync()
		agrees(t, desk)
		for id := range saved {
			sameOnDesk(t, b.store.Snapshot(), desk, id)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Fatalf("the kill %s", e)
		}
	}
	// A secretary's new phone finds it all.
	desk.Forget()
	desk.Sync()
	agrees(t, desk)
	for id := range saved {
		if desk.Rows[id] == nil {
			t.Errorf("record %s was saved and is not on the server", id)
		}
	}
	if len(saved) < kills || formed == 0 || waiting == 0 {
		t.Errorf("%d records, %d drafts, %d changes unsent at a kill: the app hardly wrote", len(saved), formed, waiting)
	}
	t.Logf("%d kills of the app, %d lines, %d records, %d drafts saved, %d changes unsent at the kills", kills, total, len(saved), formed, waiting)
}

// whole compares a book after a kill with what the app said was saved. The kill may have
// come after a save and before its line: then the book is further than what was said.
func whole(t *testing.T, snap *store.Snapshot, saved, drafts map[book.ID]string) {
	t.Helper()
	if n := snap.Damaged(); n > 0 {
		t.Errorf("%d rows cannot be read", n)
	}
	if err := numbered(snap); err != nil {
		t.Error(err)
	}
	for id, want := range saved {
		r, ok := snap.Record(id)
		if !ok {
			t.Errorf("record %s was saved and is gone", id)
			continue
		}
		if got, err := note(r.Kind, r.State.Body); err != nil || got < want {
			t.Errorf("record %s has %.30q, saved was %.30q; %v", id, got, want, err)
		}
	}
	maps.DeleteFunc(drafts, func(id book.ID, want string) bool {
		d, ok := snap.Draft(id)
		if !ok {
			_, became := snap.Record(id)
			if !became {
				t.Errorf("draft %s was saved and is gone", id)
			}
			return became
		}
		if string(d.Form) < want {
			t.Errorf("draft %s has %.30q, saved was %.30q", id, d.Form, want)
		}
		return false
	})
	numbers := map[string]book.ID{}
	for r := range snap.Kind(pb.Kind_KIND_PETITION) {
		text, err := note(r.Kind, r.State.Body)
		if err != nil {
			t.Error(err)
		}
		number, _, _ := bytes.Cut([]byte(text), []byte(" "))
		if other, twice := numbers[string(number)]; twice {
			t.Errorf("petitions %s and %s have the number %s", other, r.ID, number)
		}
		numbers[string(number)] = r.ID
	}
}

// sameOnDesk compares what the writer's book and the secretary's phone have of a record.
func sameOnDesk(t *testing.T, snap *store.Snapshot, desk *probe.Phone, id book.ID) {
	t.Helper()
	r, ok := snap.Record(id)
	row := desk.Rows[id]
	if !ok || row == nil || !bytes.Equal(r.State.Body, row.GetBody()) {
		t.Errorf("record %s is not the same in the book and on the desk", id)
	}
}
