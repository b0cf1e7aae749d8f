package hostile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"sodanvan/app/notebook"
	"sodanvan/test/probe"
)

// bookCommand builds the app's command once.
var bookCommand = struct {
	once sync.Once
	dir  string
	err  error
}{}

// bookProgram runs commands on the book in a folder.
type bookProgram struct {
	t    *testing.T
	path string
	dir  string
}

func bookAt(t *testing.T, dir string) *bookProgram {
	t.Helper()
	bookCommand.once.Do(func() {
		if bookCommand.dir, bookCommand.err = os.MkdirTemp("", "sodanvan-book-*"); bookCommand.err != nil {
			return
		}
		if out, err := exec.Command("go", "build", "-o", filepath.Join(bookCommand.dir, "book"), "sodanvan/app/book").CombinedOutput(); err != nil {
			bookCommand.err = fmt.Errorf("build the book: %w\n%s", err, out)
		}
	})
	if bookCommand.err != nil {
		t.Fatal(bookCommand.err)
	}
	return &bookProgram{t, filepath.Join(bookCommand.dir, "book"), dir}
}

// run runs a command with a passphrase.
func (b *bookProgram) run(pass string, args ...string) (stdout, stderr string, code int) {
	b.t.Helper()
	var out, said bytes.Buffer
	cmd := exec.Command(b.path, append([]string{"--book", b.dir}, args...)...)
	cmd.Env = append(os.Environ(), "SODANVAN_PIN="+pass)
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		b.t.Fatal(err)
	}
	return out.String(), said.String(), cmd.ProcessState.ExitCode()
}

// done is run that must go well.
func (b *bookProgram) done(args ...string) string {
	b.t.Helper()
	out, said, code := b.run(passphrase, args...)
	if code != 0 {
		b.t.Fatalf("book %q: %d %s%s", args, code, out, said)
	}
	return out
}

const passphrase = "bốn từ bịa đặt không liên quan"

// TestTheBookCommandHasBadLuck: the whole road, as a user at a desk walks it: two real
// processes, a disk that fills, a file of a newer app, a wrong passphrase, no network.
func TestTheBookCommandHasBadLuck(t *testing.T) {
	s := probe.StartProcess(t, probe.Options{})
	tw := probe.NewTown(t, s)
	inv := invitation(t, s, tw.Member("Bình"))
	dir := filepath.Join(t.TempDir(), "book")
	d, small := smallDisk(t, "1m")
	if small {
		dir = filepath.Join(d.dir, "book")
	}
	b := bookAt(t, dir)
	fails := func(pass string, args ...string) {
		t.Helper()
		out, said, code := b.run(pass, args...)
		oneSentence(t, out, said, code)
	}
	fails(passphrase, "households") // no book yet
	fails(passphrase, "enrol", "khong-phai-ma")
	fails("1234", "enrol", inv.Text())
	b.done("enrol", inv.Text())
	var homes []notebook.HouseholdLine
	if err := json.Unmarshal([]byte(b.done("--json", "households")), &homes); err != nil || len(homes) == 0 {
		t.Fatalf("%d households, %v", len(homes), err)
	}
	home := homes[0].ID.String()
	fails(passphrase, "visit", home, "--how", "home", "--note", "chưa hỏi hộ (bịa)")
	fails(passphrase, "visit", "không có hộ này", "--how", "home")
	b.done("consent", home, "--for", "keep", "--answer", "given", "--channel", "spoken", "--notice", "1")
	fails("một cụm mật khẩu sai hẳn", "households")

	b.done("visit", home, "--how", "home", "--note", "trước khi đầy (bịa)")
	if small {
		d.fill(t)
		fails(passphrase, "visit", home, "--how", "home", "--note", longNote(1))
		d.empty(t)
	}
	path := filepath.Join(dir, "book.db")
	versioned(t, path, 99)
	before := contents(t, dir)
	fails(passphrase, "visit", home, "--how", "home", "--note", "x")
	fails(passphrase, "sync")
	untouched(t, dir, before)
	versioned(t, path, 1)

	s.Stop()
	fails(passphrase, "sync")
	b.done("visit", home, "--how", "phone", "--note", "không có mạng (bịa)")
	var page notebook.Page
	if err := json.Unmarshal([]byte(b.done("--json", "household", home)), &page); err != nil || len(page.Visits) != 2 || page.Unsent != 3 {
		t.Fatalf("%d visits, %d unsent, %v; want 2 and 3", len(page.Visits), page.Unsent, err)
	}
	probe.StartProcess(t, probe.Options{Dir: s.Dir, Listen: s.Address})
	b.done("sync")
	var state notebook.State
	if err := json.Unmarshal([]byte(b.done("--json", "status")), &state); err != nil || !state.Safe {
		t.Errorf("%+v %v, want all safe", state, err)
	}
}
