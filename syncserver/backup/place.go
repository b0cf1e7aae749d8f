package backup

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"sodanvan/syncserver/store/sqlite"
)

const (
	// DefaultPlace is the folder inside the data directory; a copy elsewhere is better.
	DefaultPlace = "backups"
	// KeysBackup is the one file with the keys in a place.
	KeysBackup = "keys.backup"
	// PlacesFile, in the data directory, has a line for each place that holds keys.
	PlacesFile = "backup.places"
	// ownerFile, in a place, tells whose backups lie there.
	ownerFile = "sodanvan.place"
)

// nameTime makes the names of snapshots sort by time.
const nameTime = "20060102T150405.000Z"

var snapshotName = regexp.MustCompile(`^sodanvan-(\d{8}T\d{6}\.\d{3}Z)\.backup$`)

// snapshots lists the names in a place, oldest first.
func snapshots(place string) ([]string, error) {
	entries, err := os.ReadDir(place)
	var out []string
	for _, e := range entries {
		if snapshotName.MatchString(e.Name()) && e.Type().IsRegular() {
			out = append(out, e.Name())
		}
	}
	slices.Sort(out)
	return out, err
}

// freeName is the name of a snapshot of this time, or of the first moment after it that has none.
func freeName(place string, at time.Time) (string, error) {
	for ; ; at = at.Add(time.Millisecond) {
		path := filepath.Join(place, "sodanvan-"+at.UTC().Format(nameTime)+".backup")
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			return path, nil
		} else if err != nil {
			return "", err
		}
	}
}

// prune leaves the newest ones, and the one just made even where the clock went back.
func prune(place, made string, keep int) (removed int, err error) {
	names, err := snapshots(place)
	if err != nil {
		return 0, err
	}
	names = slices.DeleteFunc(names, func(n string) bool { return n == filepath.Base(made) })
	for _, n := range names[:max(0, len(names)-(keep-1))] {
		if err := os.Remove(filepath.Join(place, n)); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, syncDir(place)
}

// preparePlace makes the folder where there is none. Only the last part of the path is made:
// a disk that is not there must not become a folder on another one.
func preparePlace(place string) error {
	err := os.Mkdir(place, 0o700)
	if errors.Is(err, fs.ErrNotExist) {
		return failed(err, "Không có thư mục %s; hãy xem ổ đĩa sao lưu đã cắm chưa, hoặc tạo thư mục rồi chạy lại.", filepath.Dir(place))
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return writing(place, err)
	}
	return nil
}

// stillThere refuses a place that had backups and has none now: the disk is not mounted, and
// what lies there is the empty folder on which it is mounted otherwise.
func stillThere(dir, place string) error {
	places, err := Places(dir)
	if err != nil || !slices.Contains(places, place) {
		return err
	}
	_, err = os.Lstat(filepath.Join(place, ownerFile))
	if errors.Is(err, fs.ErrNotExist) {
		return failed(err, "Nơi sao lưu %s trước đây có bản sao mà nay trống; hãy xem ổ đĩa đã cắm chưa, hoặc xóa dòng đó trong %s rồi chạy lại.", place, PlacesFile)
	}
	return writing(place, err)
}

// owner is what ownerFile says. Nothing in it tells about anybody.
type owner struct {
	Server string `json:"server"`
	Epoch  string `json:"epoch"`
	// Keys and Destroyed are how many keys there are, and how many of them were destroyed.
	Keys      uint64 `json:"keys"`
	Destroyed uint64 `json:"destroyed"`
}

// Why keys are not replaced.
var (
	errOther = errors.New("the keys there are another server's")
	errAhead = errors.New("the keys there are ahead of this server")
	errLife  = errors.New("the keys there are of the life before a restore")
)

// mayReplace refuses to write keys over another server's, over those that open what ours do
// not, as after a restore from an older backup or where older files were put back by hand, and over those where one was destroyed that
// we still have, as in a copy of this server that somebody tried out.
func mayReplace(place string, mine owner) error {
	b, err := os.ReadFile(filepath.Join(place, ownerFile))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(filepath.Join(place, KeysBackup)); err == nil {
			return failed(errOther, "Thư mục %s đã có tệp %s không rõ của máy chủ nào; hãy chọn thư mục khác bằng --to.", place, KeysBackup)
		}
		return nil
	}
	var there owner
	if err == nil {
		err = json.Unmarshal(b, &there)
	}
	switch {
	case err != nil:
		return writing(place, err)
	case there.Server != mine.Server:
		return failed(errOther, "Thư mục %s giữ bản sao lưu của một máy chủ khác; hãy chọn thư mục khác bằng --to.", place)
	case there.Keys > mine.Keys, there.Destroyed > mine.Destroyed:
		return failed(errAhead, "Thư mục %s giữ khóa mới hơn của máy chủ này nên không ghi đè; hãy chọn thư mục khác bằng --to.", place)
	}
	return nil
}

// sameLife tells whether the keys in a place were written since the last restore. Before, only
// a backup to that very place may replace them: a copy of the server that was restored to try
// it out knows the places too, and must not touch them unasked.
func sameLife(place string, mine owner) error {
	b, err := os.ReadFile(filepath.Join(place, ownerFile))
	if err != nil {
		return err
	}
	var there owner
	if err := json.Unmarshal(b, &there); err != nil || there.Epoch != mine.Epoch {
		return errors.Join(err, errLife)
	}
	return nil
}

func writeOwner(place string, mine owner) error {
	b, err := json.Marshal(mine)
	if err != nil {
		return err
	}
	return writeWhole(filepath.Join(place, ownerFile), append(b, '\n'))
}

// Places lists the folders to which backups of a data directory went. A line that is taken out
// of the file by hand is forgotten.
func Places(dir string) ([]string, error) {
	lines, err := placeLines(dir)
	if err != nil {
		return nil, err
	}
	home, err := filepath.Abs(dir)
	var out []string
	for _, line := range lines {
		if !filepath.IsAbs(line) {
			line = filepath.Join(home, line)
			// It went with the data directory in which it was.
			if _, err := os.Stat(line); errors.Is(err, fs.ErrNotExist) {
				continue
			}
		}
		out = append(out, line)
	}
	return out, err
}

// placeLines reads the file: a place inside the data directory stands in it by its name there,
// so that the directory may be moved.
func placeLines(dir string) (lines []string, err error) {
	b, err := os.ReadFile(filepath.Join(dir, PlacesFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines, err
}

func writePlaces(dir string, lines []string) error {
	return writeWhole(filepath.Join(dir, PlacesFile), []byte(strings.Join(lines, "\n")+"\n"))
}

// remember adds a place before keys are written there.
func remember(dir, place string) error {
	lines, err := placeLines(dir)
	if err != nil {
		return err
	}
	home, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if rel, err := filepath.Rel(home, place); err == nil && filepath.IsLocal(rel) {
		place = rel
	}
	if slices.Contains(lines, place) {
		return nil
	}
	return writePlaces(dir, append(lines, place))
}

// inheritPlaces adds the places that another data directory knew.
func inheritPlaces(dir, from string) error {
	lines, err := placeLines(dir)
	if err != nil {
		return err
	}
	known := len(lines)
	older, err := placeLines(from)
	for _, p := range older {
		if !slices.Contains(lines, p) {
			lines = append(lines, p)
		}
	}
	if err != nil || len(lines) == known {
		return err
	}
	return writePlaces(dir, lines)
}

// State is what an administrator should know of the backups of a data directory.
type State struct {
	// KeyHere: the private half still lies on the server.
	KeyHere bool
	Places  []PlaceState
	// Before are the folders with what a restore replaced. They hold keys, also those of
	// households that were erased since.
	Before []string
}

// PlaceState is what lies in a place.
type PlaceState struct {
	Path string
	// Reached: the folder is there, with its keys.
	Reached bool
	// Newest is when the newest snapshot was made, by its name; zero: none.
	Newest    time.Time
	Snapshots int
}

// Look tells the state of the backups of a data directory.
func Look(dir string) (State, error) {
	var s State
	_, err := os.Stat(filepath.Join(dir, KeyFile))
	s.KeyHere = err == nil
	places, err := Places(dir)
	if err != nil {
		return s, err
	}
	for _, p := range places {
		at := PlaceState{Path: p}
		_, err := os.Stat(filepath.Join(p, KeysBackup))
		at.Reached = err == nil
		if names, err := snapshots(p); err == nil && len(names) > 0 {
			at.Snapshots = len(names)
			if at.Newest, err = time.Parse(nameTime, snapshotName.FindStringSubmatch(names[len(names)-1])[1]); err != nil {
				at.Newest = time.Time{}
			}
		}
		s.Places = append(s.Places, at)
	}
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), beforeDir) {
			s.Before = append(s.Before, filepath.Join(dir, e.Name()))
		}
	}
	return s, err
}

// Files beside keys.db that go with the keys. The names are those of the server's command.
const (
	masterFile = "master.key"
	erasedFile = "erased.list"
)

var keyFiles = []string{masterFile, erasedFile, "root.pem", "spare.pem", "spare.pin", "address", PlacesFile}

func belongs(part Part, name string) bool {
	if part == Book {
		return name == sqlite.ServerFile
	}
	return name == sqlite.KeysFile || slices.Contains(keyFiles, name)
}
