package notebook

import (
	"context"
	"path/filepath"
	"runtime"
	"time"

	"sodanvan/app/store"
	"sodanvan/app/words"
	"sodanvan/shared/seal"
)

// DirError: a folder that is no place for a book on this system.
type DirError struct{ Dir string }

func (e *DirError) Error() string { return "folder " + e.Dir + " is not absolute" }

// UserMessage is the sentence for the screen.
func (e *DirError) UserMessage() string { return words.NoFolder }

// checkDir refuses a relative folder where there is no working directory to begin at.
func (o Options) checkDir() error { return checkDir(runtime.GOOS, o.Dir) }

// checkNew judges folder and PIN before a book is made or put behind another PIN.
func (o Options) checkNew(pin string) error {
	if err := o.checkDir(); err != nil {
		return err
	}
	return seal.CheckPIN(pin, o.Desktop)
}

func checkDir(system, dir string) error {
	if system == "android" && !filepath.IsAbs(dir) {
		return &DirError{Dir: dir}
	}
	return nil
}

// Standing tells what is in a folder before a PIN is asked.
type Standing struct {
	// Book: there is a book.
	Book bool
	// Busy: it is open elsewhere; close that first.
	Busy bool
	// Err: why it cannot be opened whatever the PIN, such as *store.NewerError; Say has the
	// sentence. With Book it is there all the same and nothing of it is lost.
	Err error
}

// Look tells what is in a folder. It writes nothing that stays and asks for no PIN; a folder
// that is not there has no book.
func Look(ctx context.Context, dir string) Standing {
	if err := checkDir(runtime.GOOS, dir); err != nil {
		return Standing{Err: err}
	}
	p, err := store.Peek(ctx, dir)
	s := Standing{Book: p.Exists, Busy: p.Busy, Err: err}
	if err == nil {
		s.Err = p.Err()
	}
	return s
}

// lowSpace is less than a day of work and a backup of the file need.
const lowSpace = 64 << 20

// Space is how many bytes are free where the book lies, and whether that is so little that
// the user should make room before writing fails. Where the system does not say, 0 and false.
func (n *Notebook) Space() (free uint64, low bool) {
	free, err := n.space()
	if err != nil {
		return 0, false
	}
	return free, free < lowSpace
}

// How far a phone's clock may be from what the server said last before it is not believed.
const (
	clockBehind = 24 * time.Hour
	clockAhead  = 400 * 24 * time.Hour
)

// believed is the time by which days are counted. A phone whose battery was empty may say
// 1970, another 2099: then the server's last time counts, with what passed on the phone's
// clock since if that is believable. Before the first sync there is only the phone's clock.
func believed(now time.Time, st *store.State) time.Time {
	if st.ServerNow == 0 {
		return now
	}
	server := st.ServerNow.Time()
	if off := now.Sub(server); -clockBehind <= off && off <= clockAhead {
		return now
	}
	if passed := now.Sub(time.UnixMilli(st.LastSyncMS)); 0 <= passed && passed <= clockAhead {
		return server.Add(passed)
	}
	return server
}
