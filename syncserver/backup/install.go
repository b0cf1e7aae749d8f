package backup

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sodanvan/syncserver/store/sqlite"
)

// A restore goes through three folders in the data directory, "restore-<time>" and one of
// these endings. Their names are the only state: what is in .new counts for nothing; once it
// is renamed to .out the old files are on their way out, from .in on the new ones are on
// their way in, and whoever comes next finishes it (Finish). So a crash leaves the old book
// or the new one, and never opens a mix.
const (
	stageBegin = "restore-"
	stageNew   = ".new"
	stageOut   = ".out"
	stageIn    = ".in"
	// beforeDir begins the names of folders with what was replaced.
	beforeDir = "before-restore-"
)

// bookFiles are all files of a data directory that a restore replaces.
func bookFiles() []string {
	var out []string
	for _, db := range []string{sqlite.ServerFile, sqlite.KeysFile} {
		out = append(out, db, db+"-wal", db+"-shm")
	}
	return append(append(out, keyFiles...), KeyFile, PubFile)
}

// Restore is one on its way. The caller keeps servers and backups off the data directory.
type Restore struct {
	dir, stage string
	// Step, in tests, is called before each change to the data directory.
	Step func(what string)
}

// Begin makes the folder in which a restored book is built.
func Begin(dir string, now time.Time) (*Restore, error) {
	for ; ; now = now.Add(time.Millisecond) {
		r := &Restore{dir: dir, stage: stageBegin + now.UTC().Format(nameTime)}
		if _, err := os.Lstat(r.Before()); err == nil {
			continue // what another restore replaced is not to be mixed with what this one does
		}
		if err := os.Mkdir(r.New(), 0o700); err != nil {
			return nil, writing(dir, err)
		}
		return r, nil
	}
}

// New is that folder.
func (r *Restore) New() string { return filepath.Join(r.dir, r.stage+stageNew) }

// Before is the folder to which the files go that were there.
func (r *Restore) Before() string {
	return filepath.Join(r.dir, beforeDir+strings.TrimPrefix(r.stage, stageBegin))
}

// Drop gives up what was built.
func (r *Restore) Drop() error { return os.RemoveAll(r.New()) }

// Install puts what was built in place of what is there.
func (r *Restore) Install() error {
	if err := syncAll(r.New()); err != nil {
		return writing(r.dir, err)
	}
	if err := r.move(stageNew, stageOut); err != nil {
		return writing(r.dir, err)
	}
	return r.finish(stageOut)
}

func (r *Restore) step(what string) {
	if r.Step != nil {
		r.Step(what)
	}
}

// move takes a stage to the next.
func (r *Restore) move(from, to string) error {
	r.step("stage " + to)
	if err := os.Rename(filepath.Join(r.dir, r.stage+from), filepath.Join(r.dir, r.stage+to)); err != nil {
		return err
	}
	return syncDir(r.dir)
}

// finish goes on from a stage; all of it may have been done before.
func (r *Restore) finish(stage string) error {
	if stage == stageOut {
		if err := r.takeOut(); err != nil {
			return writing(r.dir, err)
		}
		if err := r.move(stageOut, stageIn); err != nil {
			return writing(r.dir, err)
		}
	}
	return writing(r.dir, r.takeIn())
}

func (r *Restore) takeOut() error {
	moved := false
	for _, name := range bookFiles() {
		old := filepath.Join(r.dir, name)
		if _, err := os.Lstat(old); errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return err
		}
		r.step("folder for old files")
		if err := os.Mkdir(r.Before(), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		r.step("out " + name)
		if err := os.Rename(old, filepath.Join(r.Before(), name)); err != nil {
			return err
		}
		moved = true
	}
	if !moved {
		return nil
	}
	return errors.Join(syncDir(r.Before()), syncDir(r.dir))
}

func (r *Restore) takeIn() error {
	stage := filepath.Join(r.dir, r.stage+stageIn)
	entries, err := os.ReadDir(stage)
	if err != nil {
		return err
	}
	for _, e := range entries {
		r.step("in " + e.Name())
		if err := os.Rename(filepath.Join(stage, e.Name()), filepath.Join(r.dir, e.Name())); err != nil {
			return err
		}
	}
	// The new names must last before the stage goes, which tells that they are wanted.
	if err := syncDir(r.dir); err != nil {
		return err
	}
	r.step("remove stage")
	if err := os.Remove(stage); err != nil {
		return err
	}
	return syncDir(r.dir)
}

// Interrupted tells whether a restore was begun in a data directory and did not end, or is
// still running. Nobody may open the directory until Finish was called.
func Interrupted(dir string) bool {
	entries, _ := os.ReadDir(dir) // where there is none, nothing was begun
	for _, e := range entries {
		if _, _, ok := stageOf(e.Name()); ok {
			return true
		}
	}
	return false
}

func stageOf(name string) (stage, ending string, ok bool) {
	for _, ending := range []string{stageNew, stageOut, stageIn} {
		if stage, ok := strings.CutSuffix(name, ending); ok && strings.HasPrefix(stage, stageBegin) {
			return stage, ending, true
		}
	}
	return "", "", false
}

// Finish ends what a crash left of a restore: one that was complete is put in place, another
// one is dropped. The caller keeps servers and other restores off the data directory.
func Finish(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		stage, ending, ok := stageOf(e.Name())
		if !ok {
			continue
		}
		r := &Restore{dir: dir, stage: stage}
		if ending == stageNew {
			err = errors.Join(err, writing(dir, r.Drop()))
			continue
		}
		err = errors.Join(err, r.finish(ending))
	}
	return err
}

// syncAll puts all files of a folder on disk.
func syncAll(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		f, err := os.OpenFile(filepath.Join(dir, e.Name()), os.O_RDWR, 0)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return syncDir(dir)
}
