package registry

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"sodanvan/syncserver/store"
	"sodanvan/syncserver/store/sqlite"
)

var errPower = errors.New("no more power")

// A call that was not committed is not answered: the phone sends it again, and it is stored
// then, once.
func TestNoAckWithoutACommit(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	h := member.household("Hộ Bình1")
	if err := tw.r.Close(); err != nil {
		t.Fatal(err)
	}
	dead := false
	tw.open(sqlite.Options{Step: func(statement string) error {
		if dead && statement == "COMMIT" {
			return errPower
		}
		return nil
	}})
	req := member.request(member.consent(h), member.visit(member.id(), h, "một"))
	dead = true
	if out, err := tw.r.Sync(ctx, member.caller, req); err == nil {
		t.Errorf("without a commit the phone was told %v", out.GetAcks())
	}
	dead = false
	out, err := tw.r.Sync(ctx, member.caller, req)
	if err != nil || len(out.GetAcks()) != 2 {
		t.Fatalf("with power again: %v, %d acks", err, len(out.GetAcks()))
	}
	member.last += 2
	member.take(out)
	member.sync()
	member.equal()
	tw.sound()
}

// What a power cut right after a commit leaves can be read: the keys of all rows are there.
func TestAKeyIsOnDiskBeforeItsBodies(t *testing.T) {
	dir := t.TempDir()
	data, left := filepath.Join(dir, "data"), filepath.Join(dir, "left")
	ctx := context.Background()
	commits := 0
	s, err := sqlite.Open(ctx, data, sqlite.Options{Step: func(statement string) error {
		if statement != "committed" {
			return nil
		}
		commits++
		if err := os.RemoveAll(left); err != nil {
			return err
		}
		return os.CopyFS(left, os.DirFS(data))
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	readable := func() {
		t.Helper()
		cut, err := sqlite.Open(ctx, left, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer cut.Close()
		if err := cut.Read(ctx, func(from store.Reader) error {
			_, err := from.Secret("a secret")
			return err
		}); err != nil {
			t.Errorf("after a power cut: %v", err)
		}
	}
	if err := s.Write(ctx, func(tx store.Tx) error { return tx.SetSecret("a secret", []byte("body")) }); err != nil {
		t.Fatal(err)
	}
	if commits == 0 {
		t.Fatal("nothing was committed")
	}
	readable()
}

// While a call of this process reads what it is about to change, another process on the same
// files cannot write: neither works on what the other has replaced.
func TestTheWriterLocksBeforeItReads(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, sqlite.Options{})
	other, err := sql.Open("sqlite", "file:"+filepath.Join(tw.dir, "data", "server.db")+"?_pragma=busy_timeout(0)&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	write := func() error {
		tx, err := other.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		return tx.Rollback()
	}
	if err := tw.r.store.Write(ctx, func(tx store.Tx) error {
		if _, err := tx.Meta(metaClock); err != nil {
			return err
		}
		if write() == nil {
			t.Error("another process could write in between")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := write(); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
