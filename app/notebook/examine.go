package notebook

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"sodanvan/app/store"
	"sodanvan/app/words"
	"sodanvan/shared/seal"
)

// Check is one thing that was tried on this device.
type Check struct {
	// Code is storage, space, sqlite, tls, reopen or clock.
	Code string `json:"code"`
	// Title and Text are for the screen: what was tried, and how it went.
	Title string `json:"title"`
	Text  string `json:"text"`
	// OK: tried, and as it should be. What could not be tried yet is not OK.
	OK bool `json:"ok"`
	// Millis is how long it took.
	Millis int64 `json:"millis"`
	// Detail is for whoever helps: sizes, versions, kinds of failures. It names no person, no
	// folder, no address and no id, so it may be read out or sent.
	Detail string `json:"detail"`
}

const (
	fsyncTimes = 20
	// slowFsync is a write that a person notices at every save.
	slowFsync = 500 * time.Millisecond
	// clockOff is how far a clock may be off before a day may be the wrong one.
	clockOff = 10 * time.Minute
	// A clock that says less or more was never set.
	firstYear, lastYear = 2025, 2090
)

// Examine tries whether this device can keep a book: its folder and disk, the room left, a
// scratch file of SQLite beside the book, the way to the server, what was left by ArmKill, and
// the clock, in this order. n may be nil: nobody joined yet, and the server is not tried. It
// takes seconds and changes nothing of the book: call it off the screen's thread.
func Examine(ctx context.Context, o Options, n *Notebook) []Check {
	var pong *Pong
	checks := []struct {
		code  string
		title string
		run   func() (text string, ok bool, detail string)
	}{
		{"storage", words.CheckStorage, func() (string, bool, string) { return examineStorage(o.Dir) }},
		{"space", words.CheckSpace, func() (string, bool, string) { return examineSpace(o.Dir) }},
		{"sqlite", words.CheckSQLite, func() (string, bool, string) { return examineSQLite(ctx, o.Dir) }},
		{"tls", words.CheckTLS, func() (text string, ok bool, detail string) {
			pong, text, ok, detail = examineTLS(ctx, n)
			return text, ok, detail
		}},
		{"reopen", words.CheckReopen, func() (string, bool, string) { return examineMark(o.Dir, n) }},
		{"clock", words.CheckClock, func() (string, bool, string) { return examineClock(o.now(), n, pong) }},
	}
	out := make([]Check, 0, len(checks))
	for _, c := range checks {
		start := time.Now()
		text, ok, detail := c.run()
		out = append(out, Check{Code: c.code, Title: c.title, Text: text, OK: ok, Millis: time.Since(start).Milliseconds(), Detail: detail})
	}
	return out
}

// ArmKill leaves a mark on the disk: end the app by force then, and Examine of the next run
// tells under "reopen" whether the mark was found as it was written.
func ArmKill(o Options) error {
	if err := o.checkDir(); err != nil {
		return err
	}
	return store.LeaveMark(o.Dir)
}

func examineStorage(dir string) (string, bool, string) {
	absolute := filepath.IsAbs(dir)
	if checkDir(runtime.GOOS, dir) != nil {
		return words.NoFolder, false, "relative folder"
	}
	took, err := store.SyncTime(dir, fsyncTimes)
	detail := fmt.Sprintf("%s/%s, absolute %v, fsync median of %d: %.1f ms", runtime.GOOS, runtime.GOARCH, absolute, fsyncTimes, float64(took.Microseconds())/1000)
	switch {
	case err != nil:
		return words.CannotWrite, false, failure(err)
	case took > slowFsync:
		return words.SlowDisk, true, detail
	}
	return words.CanWrite, true, detail
}

func examineSpace(dir string) (string, bool, string) {
	free, err := store.Free(dir)
	if err != nil {
		return words.UnknownSpace, false, failure(err)
	}
	detail := fmt.Sprintf("%d MiB free, warns below %d", free>>20, lowSpace>>20)
	if free < lowSpace {
		return words.LowSpace, false, detail
	}
	return words.FreeSpace(free), true, detail
}

func examineSQLite(ctx context.Context, dir string) (string, bool, string) {
	t, err := store.Try(ctx, dir)
	if err != nil {
		return words.SQLiteFails, false, failure(err)
	}
	detail := fmt.Sprintf("SQLite %s, journal %s, synchronous %d, temp_store %d, %d rows, %d KiB, integrity ok: %v",
		t.Version, t.Journal, t.Synchronous, t.TempStore, t.Rows, t.Bytes>>10, t.Integrity == "ok")
	if !t.OK() {
		return words.SQLiteFails, false, detail
	}
	return words.SQLiteWorks, true, detail
}

func examineTLS(ctx context.Context, n *Notebook) (*Pong, string, bool, string) {
	if n == nil || n.remote == nil {
		return nil, words.ServerNotTried, false, "no book"
	}
	p, err := n.remote.Ping(ctx)
	if errors.Is(err, seal.ErrNotPinned) {
		return nil, Say(err), false, failure(err)
	}
	if err != nil {
		return nil, words.ServerNotReached, false, failure(err)
	}
	version := p.TLS
	if version == "" {
		version = "no TLS (loopback)"
	}
	detail := fmt.Sprintf("máy chủ: %s, handshake %d ms, answer after %d ms", version, p.Handshake.Milliseconds(), p.Took.Milliseconds())
	if p.Clock {
		detail += fmt.Sprintf(", clock of máy chủ ahead by %d min", minutes(p.Ahead))
	}
	return &p, words.ServerReached, true, detail
}

func examineMark(dir string, n *Notebook) (string, bool, string) {
	m, err := store.ReadMark(dir)
	detail := fmt.Sprintf("mark %d", m.Count)
	if n != nil {
		detail += fmt.Sprintf(", damaged rows %d", n.store.Snapshot().Damaged())
	}
	switch {
	case errors.Is(err, store.ErrNoMark):
		return words.KillNotTried, false, "no mark"
	case err != nil:
		return words.KillLost, false, failure(err)
	case !m.Survived():
		return words.KillArmed, false, detail
	case n != nil && n.store.Snapshot().Damaged() > 0:
		return words.KillLost, false, detail
	}
	return words.KillSurvived, true, detail
}

func examineClock(now time.Time, n *Notebook, p *Pong) (string, bool, string) {
	local := now.In(words.Zone())
	detail := fmt.Sprintf("year %d", local.Year())
	var ahead time.Duration // of the server
	known := false
	if n != nil {
		if st := n.store.Snapshot().State(); st.LastSyncMS != 0 {
			ahead, known = time.Duration(st.SkewMS)*time.Millisecond, true
			detail += fmt.Sprintf(", at the last sync máy chủ ahead by %d min", minutes(ahead))
		}
	}
	if p != nil && p.Clock {
		ahead, known = p.Ahead, true
		detail += fmt.Sprintf(", now by %d min", minutes(ahead))
	}
	off := known && ahead.Abs() > clockOff || local.Year() < firstYear || local.Year() > lastYear
	switch {
	case off:
		return words.ClockOff(local), false, detail
	case !known:
		return words.ClockLikely(local), true, detail
	}
	return words.ClockRight, true, detail
}

// failure says what kind of failure an error is without what it is about: errors of files and
// of the network name folders, people's names in them, and addresses.
func failure(err error) string {
	var dns *net.DNSError
	var number syscall.Errno
	var code interface{ Code() int }
	var full *store.FullError
	switch {
	case errors.Is(err, seal.ErrNotPinned):
		return "key is not pinned"
	case errors.As(err, &dns):
		return fmt.Sprintf("name not resolved (timeout %v)", dns.IsTimeout)
	case errors.As(err, &number):
		return number.Error()
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return "no answer in time"
	case errors.As(err, &full):
		return "disk full"
	case errors.As(err, &code):
		return fmt.Sprintf("%T %d", code, code.Code())
	case errors.Is(err, store.ErrMark):
		return "mark is damaged"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	}
	var timeout net.Error
	if errors.As(err, &timeout) {
		return fmt.Sprintf("network (timeout %v)", timeout.Timeout())
	}
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return fmt.Sprintf("%T", err)
}

func minutes(d time.Duration) int { return int(d.Round(time.Minute) / time.Minute) }
