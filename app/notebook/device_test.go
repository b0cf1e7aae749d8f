package notebook_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
	"sodanvan/app/store"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/seal"
)

func TestLook(t *testing.T) {
	b := nt.NewBranch(t)
	dir := t.TempDir()
	if s := notebook.Look(t.Context(), filepath.Join(dir, "not", "there")); s != (notebook.Standing{}) {
		t.Errorf("no folder: %+v", s)
	}
	if s := notebook.Look(t.Context(), dir); s != (notebook.Standing{}) {
		t.Errorf("empty folder: %+v", s)
	}
	n := b.Empty(nt.Binh, dir)
	if s := notebook.Look(t.Context(), dir); s != (notebook.Standing{Book: true, Busy: true}) {
		t.Errorf("open book: %+v", s)
	}
	ok(t, n.Close())
	if s := notebook.Look(t.Context(), dir); s != (notebook.Standing{Book: true}) {
		t.Errorf("closed book: %+v", s)
	}
	// The number of the schema stands in bytes 60 to 63 of an SQLite file.
	f := must[*os.File](t)(os.OpenFile(filepath.Join(dir, "book.db"), os.O_RDWR, 0))
	must[int](t)(f.WriteAt([]byte{0, 0, 9, 9}, 60))
	ok(t, f.Close())
	var newer *store.NewerError
	s := notebook.Look(t.Context(), dir)
	if !s.Book || s.Busy || !errors.As(s.Err, &newer) || newer.Found != 9<<8+9 || notebook.Say(s.Err) == words.Unexpected {
		t.Errorf("newer book: %+v", s)
	}
	ok(t, os.WriteFile(filepath.Join(dir, "book.db"), []byte(strings.Repeat("no book ", 1000)), 0o600))
	if s := notebook.Look(t.Context(), dir); s.Err == nil {
		t.Errorf("a file that is no book: %+v", s)
	}
}

func TestUnlockAndWaits(t *testing.T) {
	b := nt.NewBranch(t)
	dir := t.TempDir()
	n := b.Empty(nt.Binh, dir)
	ok(t, n.Unlock(t.Context(), nt.PIN))
	for range 4 {
		if err := n.Unlock(t.Context(), "999111"); !errors.Is(err, seal.ErrWrongPIN) {
			t.Fatal(err)
		}
	}
	var wait *notebook.WaitError
	err := n.Unlock(t.Context(), nt.PIN)
	if !errors.As(err, &wait) || wait.For > 30*time.Second || wait.For < 29*time.Second || !strings.Contains(notebook.Say(err), "giây") {
		t.Fatalf("%v (%s)", err, notebook.Say(err))
	}
	ok(t, n.Close())
	if _, err := notebook.Open(t.Context(), b.Options(dir), nt.PIN); !errors.As(err, &wait) {
		t.Fatalf("a restart took the wait away: %v", err)
	}
	b.At = b.At.Add(30 * time.Second)
	n = must[*notebook.Notebook](t)(notebook.Open(t.Context(), b.Options(dir), nt.PIN))
	ok(t, n.Close())
}

func TestAFolderOnAndroidIsAbsolute(t *testing.T) {
	for _, c := range []struct {
		system, dir string
		good        bool
	}{
		{"android", "book", false}, {"android", "", false}, {"android", "/data/user/0/app/files", true},
		{"linux", "book", true}, {"windows", "book", true},
	} {
		err := notebook.CheckDir(c.system, c.dir)
		var bad *notebook.DirError
		if (err == nil) != c.good || err != nil && (!errors.As(err, &bad) || notebook.Say(err) != words.NoFolder) {
			t.Errorf("%s %q: %v", c.system, c.dir, err)
		}
	}
}

func TestSpace(t *testing.T) {
	n := nt.NewBranch(t).Phone(nt.Binh)
	for _, c := range []struct {
		free uint64
		err  error
		want bool
	}{{0, nil, true}, {64<<20 - 1, nil, true}, {64 << 20, nil, false}, {1 << 40, nil, false}, {0, errors.New("unknown"), false}} {
		n.SetSpace(func() (uint64, error) { return c.free, c.err })
		free, low := n.Space()
		s := n.State()
		if free != c.free || low != c.want || s.LowSpace != c.want || strings.Contains(strings.Join(s.Lines, "\n"), words.LowSpace) != c.want {
			t.Errorf("%d %v: %d %v %+v", c.free, c.err, free, low, s)
		}
	}
	n = nt.NewBranch(t).Phone(nt.Binh)
	if free, _ := n.Space(); free == 0 {
		t.Error("the system does not say how much room there is")
	}
}

// A battery that was empty gives a clock of 1970, a wrong setting one of 2099: all goes on.
func TestAnyClockWillDo(t *testing.T) {
	for _, year := range []int{1970, 2099} {
		t.Run(fmt.Sprint(year), func(t *testing.T) {
			b := nt.NewBranch(t)
			phone := time.Date(year, 1, 1, 0, 0, 0, 0, words.Zone())
			dir := t.TempDir()
			ok(t, b.Empty(nt.Binh, dir).Close())
			o := b.Options(dir)
			o.Now = func() time.Time { phone = phone.Add(time.Second); return phone }
			open := func() *notebook.Notebook {
				t.Helper()
				return must[*notebook.Notebook](t)(notebook.Open(t.Context(), o, nt.PIN))
			}
			n := open()
			n.State()
			sync(t, n)
			ok(t, n.Close())
			n = open()
			defer n.Close()
			must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_AT_HOME}))
			p := page(t, n, nt.Dat)
			if p.Visits[0].Day != nt.Today || p.Since != words.SinceVisit(0) {
				t.Errorf("visit of %s, %s", p.Visits[0].Day, p.Since)
			}
			sync(t, n)
			if got := n.State(); got.Unsent != 0 {
				t.Errorf("%+v", got)
			}
			// The clock is put right before the next sync.
			phone = b.At.Add(24 * time.Hour)
			if got := page(t, n, nt.Dat).Since; got != words.SinceVisit(1) {
				t.Errorf("with the clock put right: %s", got)
			}
		})
	}
	// A clock that is lost after a good sync shows the day of that sync, not 1970 or 2099.
	b := nt.NewBranch(t)
	n := b.Phone(nt.Binh)
	agree(t, n, nt.Dat, keep)
	must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Day: nt.Today - 2, Contact: pb.Contact_CONTACT_AT_HOME}))
	sync(t, n)
	for _, year := range []int{1970, 2099} {
		b.At = time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		if got := page(t, n, nt.Dat).Since; got != words.SinceVisit(2) {
			t.Errorf("in %d: %s", year, got)
		}
	}
}

func TestWhichClockIsBelieved(t *testing.T) {
	at := func(year, month, day int) time.Time {
		return time.Date(year, time.Month(month), day, 5, 0, 0, 0, time.UTC)
	}
	server := at(2026, 11, 21)
	for _, c := range []struct {
		name             string
		now, phone, want time.Time // phone: its clock at the last sync
	}{
		{"right", at(2026, 12, 1), server, at(2026, 12, 1)},
		{"a little behind", server.Add(-time.Hour), server, server.Add(-time.Hour)},
		{"a year without a sync", at(2027, 11, 21), server, at(2027, 11, 21)},
		{"battery empty since", at(1970, 1, 1), server, server},
		{"set to 2099 since", at(2099, 1, 1), server, server},
		{"synced in 1970, three days on", at(1970, 1, 5), at(1970, 1, 2), server.AddDate(0, 0, 3)},
		{"synced in 2099, three days on", at(2099, 1, 5), at(2099, 1, 2), server.AddDate(0, 0, 3)},
		{"synced in 1970, put right", at(2026, 11, 30), at(1970, 1, 2), at(2026, 11, 30)},
		{"synced in 1970, battery empty again", at(1969, 12, 31), at(1970, 1, 2), server},
	} {
		st := &store.State{ServerNow: hlc.Make(server.UnixMilli(), 0), LastSyncMS: c.phone.UnixMilli()}
		if got := notebook.Believed(c.now, st); !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if got := notebook.Believed(at(1970, 1, 2), new(store.State)); !got.Equal(at(1970, 1, 2)) {
		t.Errorf("never synced: %v", got)
	}
}

func TestEnrolWithAnyClock(t *testing.T) {
	for _, year := range []int{1970, 2099} {
		l, url := serve(t)
		network := notebook.Network{Loopback: true}
		at := time.Date(year, 1, 1, 0, 0, 0, 0, words.Zone())
		o := notebook.Options{Dir: t.TempDir(), PIN: nt.Cheap, Remote: notebook.ViaNetwork(network), Now: func() time.Time { return at }}
		n := must[*notebook.Notebook](t)(notebook.Enrol(t.Context(), o, network, notebook.Join{Invitation: l.code.String(), Address: url}, nt.PIN))
		sync(t, n)
		must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_AT_HOME}))
		if day := page(t, n, nt.Dat).Visits[0].Day; day.String() != "18/11/2026" { // the server's
			t.Errorf("in %d a visit is of %s", year, day)
		}
		ok(t, n.Close())
		ok(t, must[*notebook.Notebook](t)(notebook.Open(t.Context(), o, nt.PIN)).Close())
	}
}

func checks(t *testing.T, list []notebook.Check) map[string]notebook.Check {
	t.Helper()
	out := map[string]notebook.Check{}
	var codes []string
	for _, c := range list {
		out[c.Code] = c
		codes = append(codes, c.Code)
		if c.Title == "" || c.Text == "" || c.Detail == "" || c.Millis < 0 {
			t.Errorf("%+v", c)
		}
	}
	if !equal(codes, []string{"storage", "space", "sqlite", "tls", "reopen", "clock"}) {
		t.Errorf("%v", codes)
	}
	return out
}

func TestExamine(t *testing.T) {
	l, url := serve(t)
	network := notebook.Network{Loopback: true}
	secret := "nha-ong-dat"
	o := notebook.Options{Dir: filepath.Join(t.TempDir(), secret), PIN: nt.Cheap, Remote: notebook.ViaNetwork(network)}
	before := checks(t, notebook.Examine(t.Context(), o, nil))
	for code, want := range map[string]bool{"storage": true, "space": true, "sqlite": true, "tls": false, "reopen": false, "clock": true} {
		if before[code].OK != want {
			t.Errorf("before joining: %+v", before[code])
		}
	}
	if before["tls"].Text != words.ServerNotTried || before["reopen"].Text != words.KillNotTried {
		t.Errorf("%+v", before)
	}
	n := must[*notebook.Notebook](t)(notebook.Enrol(t.Context(), o, network, notebook.Join{Invitation: l.code.String(), Address: url}, nt.PIN))
	defer n.Close()
	ok(t, notebook.ArmKill(o))
	with := checks(t, notebook.Examine(t.Context(), o, n))
	if !with["tls"].OK || !with["clock"].OK || with["reopen"].Text != words.KillArmed || with["reopen"].OK {
		t.Errorf("%+v", with)
	}
	must[notebook.Synced](t)(n.Sync(t.Context())) // the book is unharmed

	// What another run of the app left; then half of it.
	mark := filepath.Join(o.Dir, "trial.mark")
	content := must[[]byte](t)(os.ReadFile(mark))
	ok(t, os.WriteFile(mark, []byte(`{"count":1,"process":"another","sum":644892975}`), 0o600))
	if c := checks(t, notebook.Examine(t.Context(), o, n))["reopen"]; !c.OK || c.Text != words.KillSurvived {
		t.Errorf("%+v", c)
	}
	ok(t, os.WriteFile(mark, content[:len(content)/2], 0o600))
	if c := checks(t, notebook.Examine(t.Context(), o, n))["reopen"]; c.OK || c.Text != words.KillLost {
		t.Errorf("%+v", c)
	}

	// Nobody answers, the clock is wrong, the folder is a file.
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	o.Now = func() time.Time { return time.UnixMilli(0) }
	file := filepath.Join(o.Dir, secret)
	ok(t, os.WriteFile(file, nil, 0o600))
	o.Dir = file
	bad := notebook.Examine(t.Context(), o, nil)
	if c := checks(t, bad); c["storage"].OK || c["sqlite"].OK || c["clock"].OK {
		t.Errorf("%+v", c)
	}
	if err := notebook.ArmKill(o); err == nil {
		t.Error("a mark was left in a file")
	}
	host := strings.TrimPrefix(url, "http://")
	for _, c := range append(bad, notebook.Examine(t.Context(), o, n)...) {
		for _, private := range []string{secret, o.Dir, host, "127.0.0.1", nt.Dat.String()} {
			if strings.Contains(fmt.Sprint(c), private) {
				t.Errorf("%+v names %s", c, private)
			}
		}
	}
}

func TestExamineWithoutNetwork(t *testing.T) {
	b := nt.NewBranch(t)
	dir := t.TempDir()
	n := b.Empty(nt.Binh, dir)
	defer n.Close()
	b.Down = true
	if c := checks(t, notebook.Examine(t.Context(), b.Options(dir), n))["tls"]; c.OK || c.Text != words.ServerNotReached {
		t.Errorf("%+v", c)
	}
}

func TestAFailureNamesNobody(t *testing.T) {
	private := "nha-ong-dat"
	for _, err := range []error{
		&fs.PathError{Op: "open", Path: private, Err: syscall.EACCES},
		&net.OpError{Op: "dial", Net: "tcp", Addr: &net.UnixAddr{Name: private}, Err: syscall.ECONNREFUSED},
		&net.DNSError{Name: private, Server: private, Err: "no such host " + private},
		fmt.Errorf("%s: %w", private, context.DeadlineExceeded),
		fmt.Errorf("%s: %w", private, seal.ErrNotPinned),
		&store.FullError{Err: errors.New(private)},
		errors.New(private),
	} {
		if got := notebook.Failure(err); got == "" || strings.Contains(got, private) {
			t.Errorf("%T: %q", err, got)
		}
	}
}

// What is kept from one snapshot to the next gives what is read anew.
func TestListsAfterEveryChange(t *testing.T) {
	b := nt.NewBranch(t)
	n, desk := b.Phone(nt.Binh), b.Phone(nt.Hoa)
	compare := func(after string) {
		t.Helper()
		for _, p := range []*notebook.Notebook{n, desk} {
			read := func() []any {
				return []any{p.Waiting(), p.ReviewQueue(), p.Households(notebook.Query{Branch: true}), p.Households(notebook.Query{Search: "a1"})}
			}
			warm := read()
			p.Forget()
			if cold := read(); !reflect.DeepEqual(warm, cold) {
				t.Fatalf("after %s:\nkept %+v\nanew %+v", after, warm, cold)
			}
			count := 0
			for _, g := range p.ReviewQueue() {
				count += len(g.Items)
				for _, m := range g.Months {
					count += len(m.Visits)
				}
			}
			if got := p.Waiting(); got != count {
				t.Fatalf("after %s: %d wait, the queue has %d", after, got, count)
			}
		}
	}
	compare("the start")
	if got := desk.Waiting(); got != 0 {
		t.Errorf("%d wait at the start", got)
	}
	agree(t, n, nt.Dat, keep)
	day := nt.Today - 40
	phone, name := "0911111111", "Nguyễn Thị Bình"
	var visit, petition notebook.Saved
	for _, step := range []struct {
		name string
		do   func()
		want int // waiting at the desk
	}{
		{"a visit", func() {
			visit = must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_AT_HOME, FollowUp: nt.Today + 3}))
		}, 0},
		{"a petition", func() {
			petition = must[notebook.Saved](t)(n.RecordPetition(t.Context(), notebook.NewPetition{Household: nt.Dat, Text: "Đường ngập"}))
		}, 0},
		{"a sync", func() { sync(t, n, desk) }, 2},
		{"a verdict that waits", func() { must[notebook.Saved](t)(desk.Approve(t.Context(), visit.ID)) }, 1},
		{"a verdict", func() { sync(t, desk, n) }, 1},
		{"an edit", func() { must[notebook.Saved](t)(n.EditVisit(t.Context(), visit.ID, notebook.VisitEdit{Day: &day})) }, 1},
		{"an edit that was sent", func() { sync(t, n, desk) }, 2},
		{"a refused edit", func() {
			b.Refuse = func(*pb.Patch) *book.Refusal {
				return &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_NOT_YOURS}
			}
			must[notebook.Saved](t)(n.EditHousehold(t.Context(), nt.Dat, notebook.HouseholdEdit{Phone: &phone}))
			sync(t, n)
			b.Refuse = nil
		}, 2},
		{"another name of a member", func() {
			must[notebook.Saved](t)(desk.EditMember(t.Context(), nt.Binh, notebook.MemberEdit{Name: &name}))
			sync(t, desk, n)
		}, 2},
		{"a household of another member", func() {
			must[notebook.Saved](t)(desk.AssignHousehold(t.Context(), nt.Dat, nt.Dung))
			sync(t, desk, n)
		}, 2},
		{"a record that is gone", func() {
			must[notebook.Saved](t)(desk.AssignHousehold(t.Context(), nt.Dat, nt.Binh))
			sync(t, desk, n)
			must[notebook.Saved](t)(n.Delete(t.Context(), petition.ID))
			sync(t, n, desk)
		}, 1},
		{"another day", func() { b.At = b.At.Add(10 * 24 * time.Hour) }, 1},
	} {
		step.do()
		compare(step.name)
		if got := desk.Waiting(); got != step.want {
			t.Errorf("after %s %d wait, want %d", step.name, got, step.want)
		}
	}
	if n.Waiting() != 0 {
		t.Error("something waits for a member without office")
	}
}
