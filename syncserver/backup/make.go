package backup

import (
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"sodanvan/syncserver/store/sqlite"
)

// Folders in the data directory for copies that are not sealed yet.
const (
	bookTemp = "backup.tmp"
	keysTemp = "backup-keys.tmp"
)

// Job is one backup.
type Job struct {
	// Dir is the data directory; a server may be running on it.
	Dir string
	// Place is the folder to write to; "": DefaultPlace in Dir.
	Place string
	// Keep is how many snapshots stay; 0: all.
	Keep int
	// Program is the version of the program, for the manifest.
	Program string
	// Now gives the wall clock; nil: time.Now.
	Now func() time.Time
	// Done hears of a backup that is on disk, before older ones are removed.
	Done func(ctx context.Context, lastOps map[uint32]uint64, at time.Time) error
	// Copied, where set, is called when the snapshot was copied and the keys were not yet.
	Copied func()
}

// Made tells of a finished backup.
type Made struct {
	Path string
	// Size is of the snapshot's file; Keys of keys.backup beside it.
	Size, Keys int64
	Time       time.Time
	Rows       uint64
	// NewKey: the key that opens this and all later backups was made just now.
	NewKey  bool
	Removed int
	// Missed are other places whose keys could not be rewritten.
	Missed []string
}

// Make makes a backup. After an error there is nothing new in the place but, at most, newer keys.
func Make(ctx context.Context, j Job) (out Made, err error) {
	if j.Now == nil {
		j.Now = time.Now
	}
	unlock, err := Lock(j.Dir)
	if err != nil {
		return out, err
	}
	defer unlock()
	place, err := filepath.Abs(j.Place)
	if j.Place == "" {
		place, err = filepath.Abs(filepath.Join(j.Dir, DefaultPlace))
	}
	if err != nil {
		return out, err
	}
	if err := preparePlace(place); err != nil {
		return out, err
	}
	if err := stillThere(j.Dir, place); err != nil {
		return out, err
	}
	if err := dropDrafts(place, bookDraft); err != nil {
		return out, writing(place, err)
	}
	to, made, err := recipient(j.Dir)
	if err != nil {
		return out, writing(j.Dir, err)
	}
	out.NewKey = made
	temp, done, err := tempDir(j.Dir, bookTemp)
	if err != nil {
		return out, err
	}
	defer done()

	m, copied, err := j.copyBook(ctx, temp)
	if err != nil {
		return out, reading(j.Dir, err)
	}
	if j.Copied != nil {
		j.Copied()
	}
	// Sealed before the keys are touched, so that a full disk changes nothing.
	d, err := newDraft(place, bookDraft)
	if err != nil {
		return out, writing(place, err)
	}
	defer d.drop()
	err = sealInto(ctx, d, to, m, []piece{{name: sqlite.ServerFile, path: copied}})
	if err == nil {
		err = d.finish()
	}
	if err != nil {
		return out, writing(place, err)
	}
	out.Missed, out.Keys, err = writeKeys(ctx, j.Dir, place, to, m)
	if err != nil {
		return out, err
	}
	if out.Path, err = freeName(place, m.Time); err == nil {
		err = d.name(out.Path)
	}
	if err != nil {
		return out, writing(place, err)
	}
	info, err := os.Stat(out.Path)
	if err != nil {
		return out, writing(place, err)
	}
	out.Size, out.Time, out.Rows = info.Size(), m.Time, m.Rows
	if j.Done != nil {
		if err := j.Done(ctx, m.LastOps, m.Time); err != nil {
			return out, err
		}
	}
	if j.Keep > 0 {
		if out.Removed, err = prune(place, out.Path, j.Keep); err != nil {
			return out, writing(place, err)
		}
	}
	return out, nil
}

// tempDir makes a private folder anew, without what a crash left in it.
func tempDir(dir, name string) (temp string, done func(), err error) {
	temp = filepath.Join(dir, name)
	if err := errors.Join(os.RemoveAll(temp), os.Mkdir(temp, 0o700)); err != nil {
		return "", nil, writing(dir, err)
	}
	return temp, func() { os.RemoveAll(temp) }, nil
}

// copyBook copies server.db and says what is in the copy.
func (j Job) copyBook(ctx context.Context, temp string) (m Manifest, path string, err error) {
	path = filepath.Join(temp, sqlite.ServerFile)
	m = Manifest{Part: Book, Program: j.Program, Time: j.Now().UTC().Truncate(time.Millisecond)}
	if err := sqlite.CopyServer(ctx, j.Dir, path); err != nil {
		return m, "", err
	}
	s, err := sqlite.ReadSnapshot(ctx, path)
	if err != nil {
		return m, "", err
	}
	m.Server, m.Epoch = hex.EncodeToString(s.Server), hex.EncodeToString(s.Epoch)
	m.Schema, m.Rows, m.LastOps = s.Schema, s.Rows, s.LastOps
	m.Keys, _, err = sqlite.CountKeys(ctx, filepath.Join(j.Dir, sqlite.KeysFile))
	return m, path, err
}

// writeKeys writes the keys as they are now to a place and to all others that are known; of
// those it tells which it did not reach.
func writeKeys(ctx context.Context, dir, place string, to age.Recipient, like Manifest) (missed []string, size int64, err error) {
	unlock, err := waitLock(ctx, dir, keysLock)
	if err != nil {
		return nil, 0, writing(dir, err)
	}
	defer unlock()
	if err := remember(dir, place); err != nil {
		return nil, 0, writing(dir, err)
	}
	k, done, err := copyKeys(ctx, dir, to, like)
	if err != nil {
		return nil, 0, err
	}
	defer done()
	if size, err = k.write(ctx, place); err != nil {
		return nil, 0, err
	}
	places, err := Places(dir)
	if err != nil {
		return nil, 0, writing(dir, err)
	}
	for _, p := range places {
		if p == place {
			continue
		}
		if k.rewrite(ctx, p) != nil {
			missed = append(missed, p)
		}
	}
	return missed, size, ctx.Err()
}

// keySet is a copy of the keys and of what goes with them, ready to be sealed.
type keySet struct {
	manifest Manifest
	mine     owner
	pieces   []piece
	to       age.Recipient
}

// copyKeys copies keys.db and then the list of what was erased: an entry is on disk before its
// key is destroyed, so a key that the copy has not is on the list.
func copyKeys(ctx context.Context, dir string, to age.Recipient, like Manifest) (k keySet, done func(), err error) {
	temp, done, err := tempDir(dir, keysTemp)
	if err != nil {
		return k, nil, err
	}
	defer func() {
		if err != nil {
			done()
			err = reading(dir, err)
		}
	}()
	path := filepath.Join(temp, sqlite.KeysFile)
	if err := sqlite.CopyKeys(ctx, dir, path); err != nil {
		return k, nil, err
	}
	k = keySet{to: to, pieces: []piece{{name: sqlite.KeysFile, path: path}},
		manifest: Manifest{Part: Keys, Server: like.Server, Epoch: like.Epoch, Time: like.Time, Program: like.Program}}
	k.mine = owner{Server: like.Server, Epoch: like.Epoch}
	if k.mine.Keys, k.mine.Destroyed, err = sqlite.CountKeys(ctx, path); err != nil {
		return k, nil, err
	}
	k.manifest.Keys = k.mine.Keys
	for _, name := range keyFiles {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) && name != masterFile {
			if name != erasedFile {
				continue
			}
			// Nothing was ever erased. That this is known must stand in the backup.
			b, err = nil, nil
		}
		if err != nil {
			return k, nil, err
		}
		k.pieces = append(k.pieces, piece{name: name, bytes: b})
	}
	return k, done, nil
}

// write replaces the keys of a place.
func (k keySet) write(ctx context.Context, place string) (size int64, err error) {
	if err := mayReplace(place, k.mine); err != nil {
		return 0, err
	}
	fail := func(err error) (int64, error) { return 0, writing(place, err) }
	// A draft that a crash left may hold a key that was destroyed since.
	if err := dropDrafts(place, keysDraft); err != nil {
		return fail(err)
	}
	d, err := newDraft(place, keysDraft)
	if err != nil {
		return fail(err)
	}
	defer d.drop()
	if err := sealInto(ctx, d, k.to, k.manifest, k.pieces); err != nil {
		return fail(err)
	}
	if size, err = d.Seek(0, 1); err != nil {
		return fail(err)
	}
	if err := d.finish(); err != nil {
		return fail(err)
	}
	// Whose they are is there before they are, else the next backup would not know them.
	if err := writeOwner(place, k.mine); err != nil {
		return fail(err)
	}
	if err := d.name(filepath.Join(place, KeysBackup)); err != nil {
		return fail(err)
	}
	return size, nil
}

// rewrite replaces the keys of a place where there are some of this life of the server: an
// empty folder may be where a disk is not mounted.
func (k keySet) rewrite(ctx context.Context, place string) error {
	if _, err := os.Stat(filepath.Join(place, KeysBackup)); err != nil {
		return err
	}
	if err := sameLife(place, k.mine); err != nil {
		return err
	}
	_, err := k.write(ctx, place)
	return err
}

// MissedError names places whose keys could not be rewritten.
type MissedError struct{ Places []string }

func (e *MissedError) Error() string { return "backup: keys not rewritten" }

// UserMessage tells what still opens there, and what to do.
func (e *MissedError) UserMessage() string {
	return "Chưa hủy được khóa đã xóa trong " + strings.Join(e.Places, ", ") + "; hãy cắm lại ổ đĩa rồi chạy “backup --to” nơi đó, hoặc tự tiêu hủy tệp " + KeysBackup + " ở đó."
}

// RewriteKeys replaces the keys in these places with those of now; it is called after an
// erasure, so that a destroyed key opens nothing there any more. The error is a MissedError
// where a place could not be reached; the others are done.
func RewriteKeys(ctx context.Context, dir string, places []string) error {
	if len(places) == 0 {
		return nil
	}
	to, _, err := recipient(dir)
	if err != nil {
		return writing(dir, err)
	}
	s, err := sqlite.ReadSnapshot(ctx, filepath.Join(dir, sqlite.ServerFile))
	if err != nil {
		return reading(dir, err)
	}
	unlock, err := waitLock(ctx, dir, keysLock)
	if err != nil {
		return writing(dir, err)
	}
	defer unlock()
	k, done, err := copyKeys(ctx, dir, to, Manifest{Server: hex.EncodeToString(s.Server), Epoch: hex.EncodeToString(s.Epoch), Time: time.Now().UTC()})
	if err != nil {
		return err
	}
	defer done()
	var missed []string
	for _, p := range places {
		if k.rewrite(ctx, p) != nil {
			missed = append(missed, p)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(missed) > 0 {
		return &MissedError{missed}
	}
	return nil
}
