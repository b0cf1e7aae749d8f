package main

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"connectrpc.com/connect"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	rpc "sodanvan/shared/gen/sodanvan/v1/sodanvanv1connect"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/backup"
	"sodanvan/syncserver/registry"
	"sodanvan/syncserver/store"
	"sodanvan/syncserver/store/sqlite"
)

// snapshot gives the newest backup in a place.
func snapshot(t *testing.T, place string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(place, "sodanvan-*.backup"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no backup in %s: %v", place, err)
	}
	return found[len(found)-1]
}

func TestBackupAndRestore(t *testing.T) {
	dir, place := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "sao-luu")
	do(t, dir, "import", "roster", roster(t), "--commune", "Xã Thử")
	s := startServer(t, dir)
	invitation := regexp.MustCompile(`sodanvan://\S+`)
	inv, err := seal.ParseInvitation(invitation.FindString(do(t, dir, "enrol", "--member", "tran thi dao")))
	if err != nil {
		t.Fatal(err)
	}
	token := join(t, inv)
	open, err := seal.ParseInvitation(invitation.FindString(do(t, dir, "enrol", "--member", "tran thi dao")))
	if err != nil {
		t.Fatal(err)
	}

	out := do(t, dir, "backup", "--to", place)
	if !regexp.MustCompile(`Đã sao lưu \d+ bản ghi lúc \d\d:\d\d \d\d/\d\d/\d{4} vào .*\.backup \(\d+ MB\)`).MatchString(out) || !strings.Contains(out, backup.KeyFile) {
		t.Errorf("said %s", out)
	}
	if strings.Contains(out, "hỏng ổ đĩa") {
		t.Errorf("warned of another folder: %s", out)
	}
	if again := do(t, dir, "backup", "--to", place); strings.Contains(again, backup.KeyFile) {
		t.Errorf("another key: %s", again)
	}
	if inside := do(t, dir, "backup"); !strings.Contains(inside, "hỏng ổ đĩa") {
		t.Errorf("said nothing of one disk: %s", inside)
	}
	from, key := snapshot(t, place), filepath.Join(dir, backup.KeyFile)

	// Not beside a running server, and not over data unasked.
	if _, errs, code := try(t, dir, "restore", "--from", from, "--key", key, "--replace"); code != 1 || !strings.Contains(errs, "đang chạy") {
		t.Errorf("beside a server: %d %s", code, errs)
	}
	if s.stop() != 0 {
		t.Error("stop")
	}
	if _, errs, code := try(t, dir, "restore", "--from", from, "--key", key); code != 1 || !strings.Contains(errs, "--replace") {
		t.Errorf("over data: %d %s", code, errs)
	}

	fresh := filepath.Join(t.TempDir(), "data-moi")
	out = do(t, fresh, "restore", "--from", from, "--key", key)
	for _, want := range []string{"Đã khôi phục", "1 máy", "Mã đăng ký chưa dùng (1 mã)", "“serve”", strings.TrimPrefix(s.address, "https://")} {
		if !strings.Contains(out, want) {
			t.Errorf("said nothing of %q: %s", want, out)
		}
	}
	if out := do(t, fresh, "check"); !strings.Contains(out, "nguyên vẹn") {
		t.Error(out)
	}

	// The same pins at the same address: the phone's token still opens the door, and it hears
	// of the new epoch; a code of before is void.
	again := startServer(t, fresh, "--listen", strings.TrimPrefix(s.address, "https://"))
	b, err := os.ReadFile(filepath.Join(dir, rootFile))
	if err != nil {
		t.Fatal(err)
	}
	root, err := seal.ParseRoot(b)
	if err != nil {
		t.Fatal(err)
	}
	old, err := registry.Open(t.Context(), dir, registry.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	pinned := client(seal.ClientTLS([][32]byte{root.Pin()}), nil)
	req := connect.NewRequest(&pb.SyncRequest{Device: new(uint32(1)), Schema: new(uint32(1)), Epoch: make([]byte, 16)})
	req.Header().Set("Authorization", "Bearer "+token)
	res, err := rpc.NewSyncServiceClient(pinned, again.address, connect.WithSendGzip()).Sync(t.Context(), req)
	if err != nil || res.Msg.GetEpoch().GetId() == nil || res.Msg.GetEpoch().GetParent() == nil {
		t.Errorf("sync: %v, %v", res, err)
	}
	if _, err := rpc.NewEnrolServiceClient(client(seal.EnrolTLS(), nil), again.address).Challenge(t.Context(), connect.NewRequest(&pb.ChallengeRequest{Code: &open.Code.ID, Nonce: make([]byte, 32)})); err != nil {
		t.Errorf("challenge: %v", err) // whether a code exists is never told
	}
	if out := do(t, fresh, "status"); !strings.Contains(out, "mã chưa dùng: 0") {
		t.Error(out)
	}
	if again.stop() != 0 {
		t.Error("second stop")
	}

	// Replacing keeps what was there.
	out = do(t, fresh, "restore", "--from", from, "--key", key, "--replace")
	kept := regexp.MustCompile(`\S*before-restore-[0-9TZ.]+`).FindString(out)
	if _, err := os.Stat(filepath.Join(kept, "server.db")); err != nil {
		t.Errorf("what was there: %v in %s", err, out)
	}
	if out := do(t, fresh, "check"); !strings.Contains(out, "nguyên vẹn") {
		t.Error(out)
	}
	// The next backup goes on under the same key, without the private half here.
	if out := do(t, fresh, "backup", "--to", place); strings.Contains(out, backup.KeyFile) {
		t.Errorf("another key: %s", out)
	}
	do(t, filepath.Join(t.TempDir(), "lan-ba"), "restore", "--from", snapshot(t, place), "--key", key)
}

func TestARestoreThatFailsChangesNothing(t *testing.T) {
	dir, place := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "sao-luu")
	do(t, dir, "import", "roster", roster(t), "--commune", "Xã Thử")
	do(t, dir, "backup", "--to", place)
	key := filepath.Join(dir, backup.KeyFile)
	from := snapshot(t, place)
	half := filepath.Join(t.TempDir(), "nua.backup")
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(half, b[:len(b)/2], 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "khac")
	do(t, other, "import", "roster", roster(t), "--commune", "Xã Khác")
	do(t, other, "backup")
	tell := func() string {
		t.Helper()
		var all strings.Builder
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !strings.HasSuffix(path, ".lock") {
				all.WriteString(path + "\n")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return all.String()
	}
	before := tell()
	keys := filepath.Join(place, backup.KeysBackup)
	for name, c := range map[string]struct {
		args []string
		say  string
	}{
		"no such backup": {[]string{"--from", from + "x", "--keys", keys, "--key", key}, "Không có tệp"},
		"no such key":    {[]string{"--from", from, "--key", key + "x"}, "Không có tệp khóa"},
		"no keys":        {[]string{"--from", from, "--keys", keys + "x", "--key", key}, "Không có tệp"},
		"half a backup":  {[]string{"--from", half, "--keys", keys, "--key", key}, "nguyên vẹn"},
		"another's key":  {[]string{"--from", from, "--key", filepath.Join(other, backup.KeyFile)}, "không mở được"},
		"a folder":       {[]string{"--from", place, "--keys", keys, "--key", key}, "hãy"},
		"no key given":   {[]string{"--from", from}, "--key"},
	} {
		t.Run(name, func(t *testing.T) {
			_, errs, code := try(t, dir, append([]string{"restore", "--replace"}, c.args...)...)
			if code != 1 || !strings.Contains(errs, c.say) || strings.Count(strings.TrimSpace(errs), "\n") > 0 {
				t.Errorf("%d %s", code, errs)
			}
			if after := tell(); after != before {
				t.Errorf("the data directory has\n%s, had\n%s", after, before)
			}
		})
	}
	if out := do(t, dir, "check"); !strings.Contains(out, "nguyên vẹn") {
		t.Error(out)
	}
}

// What a crash left of a restore is finished by whatever command comes next.
func TestTheNextCommandFinishesARestore(t *testing.T) {
	dir, place := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "sao-luu")
	do(t, dir, "import", "roster", roster(t), "--commune", "Xã Thử")
	do(t, dir, "backup", "--to", place)
	key := filepath.Join(dir, backup.KeyFile)
	do(t, dir, "member", "add", "Vũ Thị Mận", "--role", "can-bo", "--commune", "xa thu")
	built := filepath.Join(t.TempDir(), "dung-xong")
	do(t, built, "restore", "--from", snapshot(t, place), "--key", key)

	unlock, err := lockServe(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(built, filepath.Join(dir, "restore-20261122T000000.000Z.out")); err != nil {
		t.Fatal(err)
	}
	if _, errs, code := try(t, dir, "member", "list"); code != 1 || !strings.Contains(errs, "đang chạy") {
		t.Errorf("while it runs: %d %s", code, errs)
	}
	unlock()
	if out := do(t, dir, "member", "list"); strings.Contains(out, "Vũ Thị Mận") || !strings.Contains(out, "Trần Thị Đào") {
		t.Errorf("the old book or none: %s", out)
	}
}

// rowsOf counts what a data directory knows, which must be sound.
func rowsOf(t *testing.T, dir string) (rows uint64, households int) {
	t.Helper()
	reg, err := registry.Open(t.Context(), dir, registry.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer reg.Close()
	units, err := reg.Units(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range units {
		rows += u.Rows
		households += u.Households
	}
	if found, err := reg.Check(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("check: %v %v", found, err)
	}
	return rows, households
}

// An erased household does not come back with a backup of before, from whichever of the two
// lists it is known, and its key is not in the restored data either.
func TestAnErasedHouseholdStaysAway(t *testing.T) {
	dir, place := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "sao-luu")
	do(t, dir, "import", "roster", roster(t), "--commune", "Xã Thử")
	do(t, dir, "backup", "--to", place)
	key, old := filepath.Join(dir, backup.KeyFile), snapshot(t, place)
	oldKeys := filepath.Join(t.TempDir(), backup.KeysBackup)
	b, err := os.ReadFile(filepath.Join(place, backup.KeysBackup))
	if err == nil {
		err = os.WriteFile(oldKeys, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	_, all := rowsOf(t, dir)
	erased := eraseOne(t, dir, func(id book.ID) {
		if !keyThere(t, dir, id) {
			t.Error("there is no key to begin with")
		}
	})
	rows, left := rowsOf(t, dir)
	if left != all-1 {
		t.Fatalf("%d households of %d", left, all)
	}
	places, err := backup.Places(dir)
	if err == nil {
		err = backup.RewriteKeys(t.Context(), dir, places)
	}
	if err != nil {
		t.Fatal(err)
	}
	stays := func(t *testing.T, dir, said string) {
		t.Helper()
		if !strings.Contains(said, "1 hộ đã xóa") {
			t.Errorf("said %s", said)
		}
		if r, h := rowsOf(t, dir); r != rows || h != left {
			t.Errorf("%d rows and %d households, want %d and %d", r, h, rows, left)
		}
		reg, err := registry.Open(t.Context(), dir, registry.Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = reg.Erase(t.Context(), erased) // of one that was never here it would say so
		if err := errors.Join(err, reg.Close()); err != nil {
			t.Error(err)
		}
		if keyThere(t, dir, erased) {
			t.Error("its key is in the restored data")
		}
		if gone, err := registry.ReadGone(filepath.Join(dir, registry.ErasedFile)); err != nil || gone.Households[erased] == nil {
			t.Errorf("the list: %v, %v", gone, err)
		}
	}
	t.Run("the list in the backup knows it", func(t *testing.T) {
		fresh := filepath.Join(t.TempDir(), "moi")
		stays(t, fresh, do(t, fresh, "restore", "--from", old, "--key", key))
	})
	t.Run("only the list that is replaced knows it", func(t *testing.T) {
		stays(t, dir, do(t, dir, "restore", "--from", old, "--keys", oldKeys, "--key", key, "--replace"))
	})
}

// keyThere tells whether the file with the keys still holds a household's.
func keyThere(t *testing.T, dir string, household book.ID) bool {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, sqlite.KeysFile))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var n int
	if err := db.QueryRow(`SELECT count(*) FROM keys WHERE id = ? AND wrapped IS NOT NULL`, fmt.Sprintf("household:%x", household[:])).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n > 0
}

// eraseOne erases some household of a data directory; before is told which.
func eraseOne(t *testing.T, dir string, before func(book.ID)) (id book.ID) {
	t.Helper()
	reg, err := registry.Open(t.Context(), dir, registry.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer reg.Close()
	units, err := reg.Units(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Read(t.Context(), func(from store.Reader) error {
		for _, u := range units {
			hs, err := from.HouseholdsIn(u.ID)
			if err != nil {
				return err
			}
			for _, h := range hs {
				id = h.ID
			}
		}
		return nil
	})
	if err == nil {
		before(id)
		_, err = reg.Erase(t.Context(), id)
	}
	if err != nil {
		t.Fatal(err)
	}
	return id
}
