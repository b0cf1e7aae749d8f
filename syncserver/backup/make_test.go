package backup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/syncserver/registry"
	"sodanvan/syncserver/store/sqlite"
	"sodanvan/test/probe"
)

// town is a running server with people.
func town(t *testing.T) *probe.Town {
	t.Helper()
	return probe.NewTown(t, probe.Start(t, probe.Options{}))
}

// back makes a backup and wants it to go well.
func back(t *testing.T, j Job) Made {
	t.Helper()
	made, err := Make(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// opened unseals a backup with the keys beside it into a folder of its own.
func opened(t *testing.T, path string, key Key) (string, Manifest, error) {
	t.Helper()
	into := t.TempDir()
	m, err := Open(t.Context(), path, filepath.Join(filepath.Dir(path), KeysBackup), key, into)
	return into, m, err
}

func keyOf(t *testing.T, dir string) Key {
	t.Helper()
	key, err := ReadKey(filepath.Join(dir, KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// names lists a folder; locks stay and tell nothing.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".lock") && !strings.Contains(e.Name(), ".db") {
			out = append(out, e.Name())
		}
	}
	return out
}

// What is written between the copy of the book and that of the keys has its key in the backup
// and no row; the snapshot itself is complete.
func TestABackupBesideARunningServer(t *testing.T) {
	tw := town(t)
	p := tw.Phone(t, tw.Member("Bình"))
	p.Sync()
	h, before, after := p.Household("Hộ Bình 1"), p.ID(), p.ID()
	p.Sync(p.Consent(h, pb.Purpose_PURPOSE_KEEP), p.Visit(before, h, "trước khi chép"))
	var later book.ID
	var kept map[uint32]uint64
	at := time.Date(2026, 11, 22, 1, 2, 3, 456_000_000, time.UTC)
	made := back(t, Job{Dir: tw.Dir, Now: func() time.Time { return at }, Program: "thử",
		Copied: func() {
			p.Sync(p.Visit(after, h, "sau khi chép"))
			people, err := tw.Registry.AddPerson(t.Context(), tw.Commune, "Người mới", pb.Office_OFFICE_OFFICER)
			if err != nil {
				t.Error(err)
			}
			later = people
		},
		Done: func(_ context.Context, ops map[uint32]uint64, when time.Time) error {
			kept = ops
			if !when.Equal(at) {
				t.Errorf("done at %v", when)
			}
			return tw.Registry.MarkKept(context.Background(), ops, when)
		}})
	if kept[p.Device] != 2 || p.Last != 3 {
		t.Errorf("kept %v of %d changes", kept, p.Last)
	}
	if filepath.Base(made.Path) != "sodanvan-20261122T010203.456Z.backup" || !made.NewKey {
		t.Errorf("made %+v", made)
	}
	if got := names(t, filepath.Dir(made.Path)); !slices.Equal(got, []string{KeysBackup, filepath.Base(made.Path), ownerFile}) {
		t.Errorf("the place has %v", got)
	}
	for _, name := range names(t, tw.Dir) {
		if strings.HasSuffix(name, ".tmp") {
			t.Errorf("%s is left", name)
		}
	}
	dir, m, err := opened(t, made.Path, keyOf(t, tw.Dir))
	if err != nil {
		t.Fatal(err)
	}
	if !m.Time.Equal(at) || m.Program != "thử" || m.LastOps[p.Device] != 2 || m.Rows != made.Rows || m.Rows == 0 {
		t.Errorf("manifest %+v", m)
	}
	reg, err := registry.Open(t.Context(), dir, registry.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer reg.Close()
	if found, err := reg.Check(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("check: %v %v", found, err)
	}
	people, err := reg.People(t.Context())
	if err != nil || len(people) != 11 || slices.ContainsFunc(people, func(p registry.Person) bool { return p.ID == later }) {
		t.Errorf("%d people, %v", len(people), err)
	}
	for id, want := range map[book.ID]bool{before: true, after: false} {
		if _, err := reg.History(t.Context(), caller(t, reg, p), &pb.HistoryRequest{Id: id.Bytes()}); (err == nil) != want {
			t.Errorf("record %s: %v", id, err)
		}
	}
}

func caller(t *testing.T, reg *registry.Registry, p *probe.Phone) registry.Caller {
	t.Helper()
	c, err := reg.Authenticate(t.Context(), p.Token)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOldSnapshotsGo(t *testing.T) {
	tw := town(t)
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	var all []string
	for range 5 {
		now = now.Add(24 * time.Hour)
		all = append(all, filepath.Base(back(t, Job{Dir: tw.Dir, Now: clock, Keep: 3}).Path))
	}
	place := filepath.Join(tw.Dir, DefaultPlace)
	if got, _ := snapshots(place); !slices.Equal(got, all[2:]) {
		t.Errorf("left: %v", got)
	}
	// A clock that went back makes a name that sorts first; it is still the one to keep.
	now = now.Add(-10 * 365 * 24 * time.Hour)
	old := filepath.Base(back(t, Job{Dir: tw.Dir, Now: clock, Keep: 1}).Path)
	if got, _ := snapshots(place); !slices.Equal(got, []string{old}) {
		t.Errorf("left: %v", got)
	}
	if again := back(t, Job{Dir: tw.Dir, Now: clock, Keep: 2}); filepath.Base(again.Path) == old {
		t.Error("a second backup of one moment took the first one's name")
	}
	s, err := Look(tw.Dir)
	if err != nil || !s.KeyHere || len(s.Places) != 1 || !s.Places[0].Reached || s.Places[0].Snapshots != 2 || !s.Places[0].Newest.Equal(now.Add(time.Millisecond)) {
		t.Errorf("state %+v, %v", s, err)
	}
}

func TestAPlaceThatWillNotDo(t *testing.T) {
	tw, other := town(t), town(t)
	shared := t.TempDir()
	back(t, Job{Dir: other.Dir, Place: shared})
	file := filepath.Join(t.TempDir(), "tệp")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	unknown := t.TempDir()
	if err := os.WriteFile(filepath.Join(unknown, KeysBackup), []byte("của ai đó"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ place, say string }{
		"disk is not there":         {filepath.Join(t.TempDir(), "usb", "backup"), "cắm"},
		"a file":                    {file, "Không ghi được"},
		"of another server":         {shared, "máy chủ khác"},
		"keys of nobody knows whom": {unknown, "không rõ"},
	} {
		t.Run(name, func(t *testing.T) {
			before := ""
			if info, err := os.Stat(c.place); err == nil && info.IsDir() {
				before = strings.Join(names(t, c.place), " ")
			}
			_, err := Make(t.Context(), Job{Dir: tw.Dir, Place: c.place})
			var spoken *Error
			if !errors.As(err, &spoken) || !strings.Contains(spoken.Sentence, c.say) {
				t.Errorf("got %v", err)
			}
			if before != "" && before != strings.Join(names(t, c.place), " ") {
				t.Errorf("the place has %v", names(t, c.place))
			}
			if slices.Contains(names(t, tw.Dir), bookTemp) {
				t.Error("an unsealed copy is left")
			}
		})
	}
}

func TestOneBackupAtATime(t *testing.T) {
	tw := town(t)
	var second error
	back(t, Job{Dir: tw.Dir, Copied: func() { _, second = Make(t.Context(), Job{Dir: tw.Dir}) }})
	var spoken *Error
	if !errors.As(second, &spoken) || !strings.Contains(spoken.Sentence, "đang chạy") {
		t.Errorf("the second one: %v", second)
	}
	back(t, Job{Dir: tw.Dir})
}

func TestAStoppedBackupLeavesNothing(t *testing.T) {
	tw := town(t)
	first := back(t, Job{Dir: tw.Dir})
	place := filepath.Dir(first.Path)
	// What a crash left goes with the next one.
	for _, left := range []string{filepath.Join(tw.Dir, bookTemp), filepath.Join(tw.Dir, keysTemp)} {
		if err := os.Mkdir(left, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(left, "server.db"), []byte("nửa chừng"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, left := range []string{bookDraft + "1.tmp", keysDraft + "1.tmp"} {
		if err := os.WriteFile(filepath.Join(place, left), []byte("nửa chừng"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := names(t, place)[2:]
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := Make(ctx, Job{Dir: tw.Dir, Copied: cancel}); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	got := slices.DeleteFunc(names(t, place), func(n string) bool { return n == keysDraft+"1.tmp" })
	if !slices.Equal(got, want) {
		t.Errorf("the place has %v, had %v", got, want)
	}
	if slices.Contains(names(t, tw.Dir), bookTemp) {
		t.Error("an unsealed copy is left")
	}
	back(t, Job{Dir: tw.Dir})
	if left := names(t, place); slices.ContainsFunc(left, func(n string) bool { return strings.HasSuffix(n, ".tmp") }) {
		t.Errorf("the place has %v", left)
	}
}

func TestFilesThatDoNotBelongTogether(t *testing.T) {
	tw, other := town(t), town(t)
	early := back(t, Job{Dir: tw.Dir})
	oldKeys := filepath.Join(t.TempDir(), KeysBackup)
	b, err := os.ReadFile(filepath.Join(filepath.Dir(early.Path), KeysBackup))
	if err == nil {
		err = os.WriteFile(oldKeys, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	p := tw.Phone(t, tw.Member("An"))
	p.Sync()
	h := p.ID()
	p.Sync(p.Bytes(probe.Change{Kind: pb.Kind_KIND_HOUSEHOLD, ID: h, Subject: p.Branch, Create: true, Set: &pb.Household{Head: new("Hộ mới"), Hamlet: new("Xóm Đình")}}))
	p.Stored(1)
	late := back(t, Job{Dir: tw.Dir})
	theirs := back(t, Job{Dir: other.Dir})
	key, foreign := keyOf(t, tw.Dir), keyOf(t, other.Dir)
	keys := filepath.Join(filepath.Dir(late.Path), KeysBackup)
	for name, c := range map[string]struct {
		from, keys string
		key        Key
		say        string
	}{
		"late book, late keys":  {late.Path, keys, key, ""},
		"early book, late keys": {early.Path, keys, key, ""},
		"late book, old keys":   {late.Path, oldKeys, key, "cũ hơn"},
		"other key":             {late.Path, keys, foreign, "không mở được"},
		"keys as the book":      {keys, keys, key, "không phải bản sao lưu"},
		"book as the keys":      {late.Path, late.Path, key, "không phải bản sao lưu"},
		"keys missing":          {late.Path, keys + "x", key, "Không có tệp"},
		"their book, our keys":  {theirs.Path, keys, foreign, "không mở được"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), c.from, c.keys, c.key, t.TempDir())
			var spoken *Error
			if c.say == "" && err != nil || c.say != "" && (!errors.As(err, &spoken) || !strings.Contains(spoken.Sentence, c.say)) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestKeysOfAnotherServerUnderOneKey(t *testing.T) {
	tw, other := town(t), town(t)
	made := back(t, Job{Dir: tw.Dir})
	for _, name := range []string{KeyFile, PubFile} {
		b, err := os.ReadFile(filepath.Join(tw.Dir, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(other.Dir, name), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	theirs := back(t, Job{Dir: other.Dir})
	_, err := Open(t.Context(), made.Path, filepath.Join(filepath.Dir(theirs.Path), KeysBackup), keyOf(t, tw.Dir), t.TempDir())
	if !errors.Is(err, errApart) {
		t.Errorf("got %v", err)
	}
}

// The list of what was erased is what keeps an erased household away; keys without it are refused.
func TestKeysWithoutTheList(t *testing.T) {
	tw := town(t)
	made := back(t, Job{Dir: tw.Dir})
	key := keyOf(t, tw.Dir)
	dir, m, err := opened(t, made.Path, key)
	if err != nil {
		t.Fatal(err)
	}
	m.Part = Keys
	var pieces []piece
	for _, name := range []string{sqlite.KeysFile, masterFile} {
		pieces = append(pieces, piece{name: name, path: filepath.Join(dir, name)})
	}
	_, err = Open(t.Context(), made.Path, sealed(t, key, m, pieces...), key, t.TempDir())
	if !errors.Is(err, errNoList) {
		t.Errorf("got %v", err)
	}
}

func TestTheKeyFromPaper(t *testing.T) {
	tw := town(t)
	made := back(t, Job{Dir: tw.Dir})
	path := filepath.Join(tw.Dir, KeyFile)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	secret := lines[len(lines)-1]
	for name, c := range map[string]struct{ text, say string }{
		"as it was made":   {string(b), ""},
		"the line alone":   {secret, ""},
		"in small letters": {"\n  " + strings.ToLower(secret) + "\r\n", ""},
		"a wrong letter":   {secret[:len(secret)-1] + "B", "so lại từng chữ"},
		"a letter missing": {secret[1:], "so lại từng chữ"},
		"empty":            {"# chỉ có ghi chú\n", "không có khóa"},
	} {
		t.Run(name, func(t *testing.T) {
			typed := filepath.Join(t.TempDir(), "khoa.txt")
			if err := os.WriteFile(typed, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			key, err := ReadKey(typed)
			if err == nil {
				_, _, err = opened(t, made.Path, key)
			}
			var spoken *Error
			if c.say == "" && err != nil || c.say != "" && (!errors.As(err, &spoken) || !strings.Contains(spoken.Sentence, c.say)) {
				t.Errorf("got %v", err)
			}
		})
	}
	// Once it is put away the public half goes on.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if again := back(t, Job{Dir: tw.Dir}); again.NewKey {
		t.Error("another key was made")
	}
	if s, err := Look(tw.Dir); err != nil || s.KeyHere {
		t.Errorf("state %+v, %v", s, err)
	}
}

// A key that was destroyed opens in no place any more, however old the snapshot; a backup that
// copied the keys before must not bring it back.
func TestADestroyedKeyIsGoneFromAllPlaces(t *testing.T) {
	tw := town(t)
	p := tw.Phone(t, tw.Member("Bình"))
	p.Sync()
	h := p.Household("Hộ Bình 1")
	far, away := t.TempDir(), filepath.Join(t.TempDir(), "usb")
	near := back(t, Job{Dir: tw.Dir})
	made := []Made{near, back(t, Job{Dir: tw.Dir, Place: far}), back(t, Job{Dir: tw.Dir, Place: away})}
	key := keyOf(t, tw.Dir)
	unplugged := away + "-rút"
	if err := os.Rename(away, unplugged); err != nil {
		t.Fatal(err)
	}
	if _, err := tw.Registry.Erase(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	places, err := Places(tw.Dir)
	if err != nil || len(places) != 3 {
		t.Fatalf("places %v, %v", places, err)
	}
	var missed *MissedError
	if err := RewriteKeys(t.Context(), tw.Dir, places); !errors.As(err, &missed) || !slices.Equal(missed.Places, []string{away}) {
		t.Fatalf("rewritten: %v", err)
	}
	if _, err := os.Stat(away); err == nil {
		t.Error("a folder was made where no disk is")
	}
	opens := func(path string) bool {
		t.Helper()
		dir, _, err := opened(t, path, key)
		if err != nil {
			t.Fatal(err)
		}
		// Without the list, so that only the key can keep it away.
		if err := os.Remove(filepath.Join(dir, registry.ErasedFile)); err != nil {
			t.Fatal(err)
		}
		reg, err := registry.Open(t.Context(), dir, registry.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer reg.Close()
		_, err = reg.History(t.Context(), caller(t, reg, p), &pb.HistoryRequest{Id: h.Bytes()})
		return err == nil
	}
	for _, m := range made[:2] {
		if opens(m.Path) {
			t.Errorf("%s still opens the household", m.Path)
		}
	}
	left := filepath.Join(unplugged, filepath.Base(made[2].Path))
	if !opens(left) {
		t.Fatal("the test cannot tell: the place that was not reached does not open it either")
	}
	// Plugged in again, the next backup to anywhere takes care of it.
	if got := back(t, Job{Dir: tw.Dir}); !slices.Equal(got.Missed, []string{away}) {
		t.Errorf("missed %v", got.Missed)
	}
	if err := os.Rename(unplugged, away); err != nil {
		t.Fatal(err)
	}
	if got := back(t, Job{Dir: tw.Dir}); len(got.Missed) > 0 {
		t.Errorf("missed %v", got.Missed)
	}
	if opens(made[2].Path) {
		t.Error("the key came to no end on the disk that was away")
	}
}

// A server restored from an old backup must not write its few keys over those of the newer
// snapshots that it forgot, and no copy may bring a destroyed key back.
func TestNewerKeysAreNotReplaced(t *testing.T) {
	place := t.TempDir()
	if err := os.WriteFile(filepath.Join(place, KeysBackup), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writeOwner(place, owner{"s", "một", 10, 2}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		mine           owner
		asked, unasked error
	}{
		"same life":                  {owner{"s", "một", 12, 3}, nil, nil},
		"older files put back":       {owner{"s", "một", 9, 2}, errAhead, nil},
		"after a restore of newest":  {owner{"s", "hai", 10, 2}, nil, errLife},
		"after one of an older":      {owner{"s", "hai", 9, 2}, errAhead, errLife},
		"a copy from before erasure": {owner{"s", "hai", 10, 1}, errAhead, errLife},
		"another server":             {owner{"x", "ba", 12, 2}, errOther, errLife},
	} {
		t.Run(name, func(t *testing.T) {
			if err := mayReplace(place, c.mine); !errors.Is(err, c.asked) {
				t.Errorf("asked: %v", err)
			}
			if err := sameLife(place, c.mine); !errors.Is(err, c.unasked) {
				t.Errorf("unasked: %v", err)
			}
		})
	}
}

// A place that had backups and is empty is a disk that is not mounted, not a new place.
func TestAnEmptyPlaceThatHadBackupsIsRefused(t *testing.T) {
	dir, place := t.TempDir(), t.TempDir()
	if err := stillThere(dir, place); err != nil {
		t.Errorf("a new place: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, PlacesFile), []byte(place+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := stillThere(dir, place)
	var spoken interface{ UserMessage() string }
	if !errors.As(err, &spoken) || !strings.Contains(spoken.UserMessage(), place) {
		t.Errorf("an empty place: %v", err)
	}
	if err := writeOwner(place, owner{"s", "một", 1, 0}); err != nil {
		t.Fatal(err)
	}
	if err := stillThere(dir, place); err != nil {
		t.Errorf("with its backups: %v", err)
	}
}

func TestPlacesAreRemembered(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	inside := filepath.Join(dir, DefaultPlace)
	if err := os.Mkdir(inside, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{inside, outside, inside, outside} {
		if err := remember(dir, p); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := Places(dir); err != nil || !slices.Equal(got, []string{inside, outside}) {
		t.Errorf("%v, %v", got, err)
	}
	// A restored directory takes over what the replaced one knew; what lay inside that one is
	// inside this one, or is gone.
	restored := t.TempDir()
	if err := remember(restored, "/mnt/usb"); err != nil {
		t.Fatal(err)
	}
	if err := inheritPlaces(restored, dir); err != nil {
		t.Fatal(err)
	}
	if got, err := Places(restored); err != nil || !slices.Equal(got, []string{"/mnt/usb", outside}) {
		t.Errorf("%v, %v", got, err)
	}
}

// New households make new keys all the time; every backup has the key of every row in it.
func TestBackupsWhileHouseholdsCome(t *testing.T) {
	tw := town(t)
	p := tw.Phone(t, tw.Member("An"))
	p.Sync()
	stop, ended, grown := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			case grown <- struct{}{}:
			default:
			}
			op := p.Bytes(probe.Change{Kind: pb.Kind_KIND_HOUSEHOLD, ID: p.ID(), Subject: p.Branch, Create: true, Set: &pb.Household{Head: new("Hộ mới"), Hamlet: new("Xóm Đình")}})
			if _, err := p.Try(op); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	var made []Made
	for range 5 {
		made = append(made, back(t, Job{Dir: tw.Dir}))
		<-grown // there was another one
	}
	close(stop)
	<-ended
	key := keyOf(t, tw.Dir)
	for i, m := range made {
		if i > 0 && m.Rows <= made[i-1].Rows {
			t.Errorf("backup %d has %d rows, the one before %d", i, m.Rows, made[i-1].Rows)
		}
		dir, _, err := opened(t, m.Path, key)
		if err != nil {
			t.Fatal(err)
		}
		reg, err := registry.Open(t.Context(), dir, registry.Options{})
		if err != nil {
			t.Fatal(err)
		}
		found, err := reg.Check(t.Context())
		if err := errors.Join(err, reg.Close()); err != nil || len(found) > 0 {
			t.Errorf("backup %d: %v %v", i, found, err)
		}
	}
}
