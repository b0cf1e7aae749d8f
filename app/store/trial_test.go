package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/seal"
)

func TestTrialLeavesNothing(t *testing.T) {
	s, o := made(t)
	before := names(t, o.Dir)
	// What an ended app left of an earlier trial is no hindrance.
	if err := os.WriteFile(filepath.Join(o.Dir, trialName), []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	tr, err := Try(t.Context(), o.Dir)
	if err != nil || !tr.OK() || tr.Version == "" || tr.Bytes == 0 {
		t.Fatalf("%+v %v", tr, err)
	}
	if _, err := SyncTime(o.Dir, 3); err != nil {
		t.Fatal(err)
	}
	if after := names(t, o.Dir); len(after) != len(before) {
		t.Errorf("%v, before %v", after, before)
	}
	if err := s.SetSetting(t.Context(), "a", "b"); err != nil {
		t.Errorf("the book after a trial: %v", err)
	}
	free, err := Free(o.Dir)
	if err != nil || free == 0 {
		t.Errorf("free: %d %v", free, err)
	}
	if _, err := Free(filepath.Join(o.Dir, "not", "there")); err == nil {
		t.Error("free space of no folder")
	}
	file := filepath.Join(o.Dir, fileName)
	if _, err := Try(t.Context(), file); err == nil {
		t.Error("a file was taken for a folder")
	}
	if _, err := SyncTime(file, 3); err == nil {
		t.Error("a file was taken for a folder")
	}
}

func names(t *testing.T, dir string) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestMarks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if _, err := ReadMark(dir); !errors.Is(err, ErrNoMark) {
		t.Fatal(err)
	}
	for want := 1; want <= 2; want++ {
		if err := LeaveMark(dir); err != nil {
			t.Fatal(err)
		}
		if m, err := ReadMark(dir); err != nil || m.Count != want || m.Survived() {
			t.Fatalf("%+v %v", m, err)
		}
	}
	m, _ := ReadMark(dir)
	m.Process = "another run"
	m.Sum = m.sum()
	if !m.Survived() {
		t.Error("a mark of an earlier run is taken for one of this")
	}
	path := filepath.Join(dir, markName)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range b {
		if err := os.WriteFile(path, b[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadMark(dir); !errors.Is(err, ErrMark) {
			t.Fatalf("%d bytes of a mark: %v", cut, err)
		}
	}
	if err := LeaveMark(dir); err != nil {
		t.Errorf("a mark after a damaged one: %v", err)
	}
}

func TestWipeTakesGuessesAndMarksToo(t *testing.T) {
	s, o := made(t)
	if err := s.CheckPIN(t.Context(), "999111", seal.NoDeviceSecret{}); err == nil {
		t.Fatal("a wrong PIN opened")
	}
	if err := LeaveMark(o.Dir); err != nil {
		t.Fatal(err)
	}
	if err := s.Wipe(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range names(t, o.Dir) {
		if name != lockName {
			t.Errorf("%s is left", name)
		}
	}
}

func TestEditions(t *testing.T) {
	s, _ := settledBook(t, visitRow(t, 1, 1, 1, "một"), visitRow(t, 2, 2, 2, "hai"))
	others := holder(pb.HolderKind_HOLDER_KIND_BRANCH, branch)
	at := func() [3]uint64 {
		b := s.Snapshot()
		return [3]uint64{b.Edition(household(1)), b.Edition(household(2)), b.Edition(others)}
	}
	held := 0
	for h := range s.Snapshot().Holders() {
		if h != household(1) && h != household(2) {
			t.Errorf("holder %v", h)
		}
		held++
	}
	if held != 2 {
		t.Errorf("%d households", held)
	}
	for _, c := range []struct {
		name    string
		do      func()
		changes [3]bool
	}{
		{"an own change", func() { added(t, s, visitWrite(t, 1, 1, false, "sửa")) }, [3]bool{true, false, false}},
		{"a new record", func() { added(t, s, visitWrite(t, 3, 2, true, "mới")) }, [3]bool{false, true, false}},
		{"numbering, which no screen shows", func() { frozen(t, s, 1<<20) }, [3]bool{}},
		{"an ack", func() { applied(t, s, Delta{Device: 7, Acks: []*pb.Ack{stored(1, 9)}}) }, [3]bool{true, false, false}},
		{"a row", func() { applied(t, s, Delta{Device: 7, Rows: []*pb.Row{visitRow(t, 2, 2, 10, "hai nữa")}}) }, [3]bool{false, true, false}},
		{"a setting", func() {
			if err := s.SetSetting(t.Context(), "a", "b"); err != nil {
				t.Fatal(err)
			}
		}, [3]bool{}},
	} {
		before := at()
		c.do()
		after := at()
		for i, changed := range c.changes {
			if (after[i] != before[i]) != changed {
				t.Errorf("%s: %v, then %v, want changes %v", c.name, before, after, c.changes)
			}
		}
	}
}
