package backup

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// crashed is how a process of this test ends where a machine would lose power.
const crashed = 77

func TestMain(m *testing.M) {
	if dir := os.Getenv("SODANVAN_TEST_RESTORE"); dir != "" {
		os.Exit(restoreAndCrash(dir))
	}
	os.Exit(m.Run())
}

// restoreAndCrash builds a restored book in a data directory and installs it, or goes on with
// one that was begun, and ends at once before the step that it was told.
func restoreAndCrash(dir string) int {
	at, err := strconv.Atoi(os.Getenv("SODANVAN_TEST_CRASH"))
	if err != nil {
		return 2
	}
	n := 0
	step := func(string) {
		if n++; n == at {
			os.Exit(crashed)
		}
	}
	r, err := Begin(dir, time.UnixMilli(1))
	if err != nil {
		return 2
	}
	r.Step = step
	for name, text := range newBook {
		step(name)
		if err := os.WriteFile(filepath.Join(r.New(), name), []byte(text), 0o600); err != nil {
			return 2
		}
	}
	if err := r.Install(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	return 0
}

var (
	oldBook = map[string]string{"server.db": "sổ cũ", "server.db-wal": "sổ cũ, phần mới", "keys.db": "khóa cũ", "master.key": "khóa chủ cũ",
		"erased.list": "", "root.pem": "gốc", "spare.pem": "dự phòng", "backup.pub": "công khai"}
	newBook = map[string]string{"server.db": "sổ mới", "keys.db": "khóa mới", "master.key": "khóa chủ mới",
		"erased.list": "đã xóa", "root.pem": "gốc mới", "backup.pub": "công khai mới"}
)

// bookOf reads what a server would open.
func bookOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, name := range bookFiles() {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			out[name] = string(b)
		}
	}
	return out
}

func fill(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A crash before any change to the disk leaves the old book or the new one once the next
// command has come, and all that was old is still somewhere.
func TestACrashLeavesOneBook(t *testing.T) {
	for name, old := range map[string]map[string]string{"over a book": oldBook, "into an empty folder": {}} {
		t.Run(name, func(t *testing.T) {
			sawOld, sawNew := false, false
			for at := 1; ; at++ {
				dir := t.TempDir()
				fill(t, dir, old)
				fill(t, dir, map[string]string{"serve.lock": "", "ghi-chu.txt": "của người quản trị"})
				cmd := exec.Command(os.Args[0])
				cmd.Env = append(os.Environ(), "SODANVAN_TEST_RESTORE="+dir, "SODANVAN_TEST_CRASH="+strconv.Itoa(at))
				out, err := cmd.CombinedOutput()
				code := cmd.ProcessState.ExitCode()
				if code != 0 && code != crashed {
					t.Fatalf("step %d: %v %s", at, err, out)
				}
				if Interrupted(dir) != (code == crashed) {
					t.Errorf("step %d: interrupted %v, exit %d", at, Interrupted(dir), code)
				}
				// Coming twice is as good as once.
				for range 2 {
					if err := Finish(dir); err != nil {
						t.Fatalf("step %d: %v", at, err)
					}
				}
				if Interrupted(dir) {
					t.Fatalf("step %d: not finished", at)
				}
				before, _ := filepath.Glob(filepath.Join(dir, beforeDir+"*"))
				switch got := bookOf(t, dir); {
				case maps.Equal(got, old):
					sawOld = true
					if len(before) > 0 || sawNew {
						t.Errorf("step %d: the old book again, with %v", at, before)
					}
				case maps.Equal(got, newBook):
					sawNew = true
					if len(old) > 0 && (len(before) != 1 || !maps.Equal(bookOf(t, before[0]), old)) {
						t.Errorf("step %d: what was old is not in %v", at, before)
					}
				default:
					t.Fatalf("step %d: a mix: %v", at, got)
				}
				if b, err := os.ReadFile(filepath.Join(dir, "ghi-chu.txt")); err != nil || len(b) == 0 {
					t.Errorf("step %d: another file went: %v", at, err)
				}
				if code == 0 {
					break
				}
			}
			if !sawOld || !sawNew {
				t.Errorf("old %v, new %v: the crashes did not come at both sides", sawOld, sawNew)
			}
		})
	}
}

func TestARestoreThatIsGivenUp(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, oldBook)
	r, err := Begin(dir, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	fill(t, r.New(), newBook)
	if err := r.Drop(); err != nil {
		t.Fatal(err)
	}
	if got := bookOf(t, dir); !maps.Equal(got, oldBook) || Interrupted(dir) {
		t.Errorf("left %v", got)
	}
}

// Two restores of one moment do not mix what they replaced.
func TestTwoRestoresOfOneMoment(t *testing.T) {
	dir, at := t.TempDir(), time.UnixMilli(1)
	fill(t, dir, oldBook)
	seen := map[string]bool{}
	for range 3 {
		r, err := Begin(dir, at)
		if err != nil {
			t.Fatal(err)
		}
		fill(t, r.New(), newBook)
		if err := r.Install(); err != nil {
			t.Fatal(err)
		}
		if seen[r.Before()] || !strings.Contains(r.Before(), beforeDir) {
			t.Errorf("again %s", r.Before())
		}
		seen[r.Before()] = true
	}
	if s, err := Look(dir); err != nil || len(s.Before) != 3 {
		t.Errorf("%+v %v", s, err)
	}
}
