package fsync

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sodanvan/app/notebook"
	"sodanvan/app/store"
	"sodanvan/app/syncing"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/registry"
	"sodanvan/test/capture"
	"sodanvan/test/probe"
)

func TestMain(m *testing.M) { os.Exit(probe.Main(m)) }

const pin = "271828"

// calls are what the trace holds; more would only slow the server down.
const calls = "trace=fsync,fdatasync,write,writev,pwrite64,pwritev,sendto"

// traced is the real server under strace, on plain HTTP of loopback, so that a reply can be
// told by its first bytes.
type traced struct {
	address, host string
	trace         string
	cmd           *exec.Cmd
	log           capture.Text
}

func start(t *testing.T, dir string) *traced {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Fatal("strace is missing: run scripts/setup, which installs it")
	}
	s := &traced{trace: filepath.Join(t.TempDir(), "trace")}
	// -D: strace is the grandchild, so that signals go to the server itself.
	s.cmd = exec.Command(strace, "-D", "-f", "-yy", "-s", "32", "-e", calls, "-e", "signal=none", "-o", s.trace,
		probe.Binary(t), "serve", "--data", dir, "--listen", "127.0.0.1:0", "--plain-http-on-loopback", "--metrics", "off")
	s.cmd.Stderr = &s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.cmd.ProcessState == nil {
			_ = s.cmd.Process.Kill()
			_ = s.cmd.Wait()
		}
	})
	told := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if i := strings.Index(lines.Text(), "http://"); i >= 0 {
				told <- strings.Fields(lines.Text()[i:])[0]
				break
			}
		}
		_, _ = io.Copy(io.Discard, out)
	}()
	select {
	case s.address = <-told:
	case <-time.After(30 * time.Second):
		t.Fatalf("the server does not say where it listens:\n%s", s.log.String())
	}
	u, err := url.Parse(s.address)
	if err != nil {
		t.Fatal(err)
	}
	s.host = u.Host
	return s
}

// stop ends the server and gives its whole trace.
func (s *traced) stop(t *testing.T) []Call {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil { // strace holds our pipe too: its end is the trace's end
		t.Fatalf("the server: %v\n%s", err, s.log.String())
	}
	f, err := os.Open(s.trace)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	calls, err := Parse(f)
	if err != nil {
		t.Fatal(err)
	}
	return calls
}

// phone is the real app without a screen.
type phone struct {
	*notebook.Notebook
	sync func() error
}

func join(t *testing.T, code seal.Code, address string) *phone {
	t.Helper()
	ctx := context.Background()
	loopback := syncing.Options{Loopback: true}
	id, err := syncing.Enrol(ctx, seal.Invitation{Code: code, Address: address}, "", "máy thử (bịa)", loopback)
	if err != nil {
		t.Fatal(err)
	}
	o := store.Options{Dir: filepath.Join(t.TempDir(), "book"), PIN: seal.Params{MemoryKiB: 8, Time: 1, Threads: 1}}
	st, err := store.Create(ctx, o, id, pin, seal.NoDeviceSecret{})
	if err != nil {
		t.Fatal(err)
	}
	client, err := syncing.NewClient(func() store.Identity { return st.Snapshot().State().Identity }, loopback)
	if err != nil {
		t.Fatal(err)
	}
	n, err := notebook.Over(st, notebook.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); n.Close() })
	engine := syncing.New(st, syncing.Config{})
	return &phone{n, func() error {
		engine.Kick()
		out, err := syncing.Run(ctx, engine, st, client)
		if err == nil && out.Kind != syncing.Rest {
			err = errors.New(out.Sentence)
		}
		return err
	}}
}

func (p *phone) synced(t *testing.T) {
	t.Helper()
	if err := p.sync(); err != nil {
		t.Fatal(err)
	}
}

// TestAcksLeaveAfterTheDisk: from the enrolment of a phone over visits to new households,
// whose keys are new too, no reply of the real server begins before what it says is synced.
func TestAcksLeaveAfterTheDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	ctx := t.Context()
	r, err := registry.Open(ctx, dir, registry.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.ImportRoster(ctx, probe.Roster(), probe.CommuneName, false); err != nil {
		t.Fatal(err)
	}
	people, err := r.People(ctx)
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]seal.Code{}
	for _, p := range people {
		if p.Name == "An" || p.Name == "Bình" {
			c, err := r.IssueCodes(ctx, []registry.Person{p})
			if err != nil {
				t.Fatal(err)
			}
			codes[p.Name] = c[0].Code
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}

	s := start(t, dir)
	secretary, member := join(t, codes["An"], s.address), join(t, codes["Bình"], s.address)
	secretary.synced(t)
	member.synced(t)
	const visits, households = 5, 3
	home := member.Households(notebook.Query{})[0].ID
	if _, err := member.RecordConsent(ctx, notebook.NewConsent{Household: home, Purpose: pb.Purpose_PURPOSE_KEEP,
		Answer: pb.Answer_ANSWER_GIVEN, NoticeVersion: "1", Channel: pb.Channel_CHANNEL_SPOKEN}); err != nil {
		t.Fatal(err)
	}
	member.synced(t)
	for n := range visits {
		if _, err := member.RecordVisit(ctx, notebook.NewVisit{Household: home, Contact: pb.Contact_CONTACT_AT_HOME, Note: fmt.Sprint("ghi chép bịa ", n)}); err != nil {
			t.Fatal(err)
		}
		member.synced(t)
	}
	for n := range households {
		head, hamlet := fmt.Sprint("Hộ Mới ", n), "Xóm Đình"
		if _, err := secretary.NewHousehold(ctx, notebook.HouseholdEdit{Head: &head, Hamlet: &hamlet}, notebook.ID{}); err != nil {
			t.Fatal(err)
		}
		secretary.synced(t)
	}
	trace := s.stop(t)

	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := Files{Rows: filepath.Join(real, "server.db-wal"), Keys: filepath.Join(real, "keys.db-wal")}
	replies := Replies(trace, files, func(target string) bool { return strings.HasPrefix(target, "TCP:["+s.host+"->") }, func(args string) bool { return strings.Contains(args, `"HTTP/1.1 200`) })
	wrote, keyed := 0, 0
	for _, r := range replies {
		if r.Rows > 0 {
			wrote++
		}
		if r.Keys > 0 {
			keyed++
		}
		for _, w := range r.Wrong {
			t.Error(w)
		}
	}
	t.Logf("%d calls in the trace, %d replies, %d after writes to rows, %d after writes to keys", len(trace), len(replies), wrote, keyed)
	// Two enrolments, a consent, the visits and the households each wrote rows.
	if want := 2 + 1 + visits + households; wrote < want {
		t.Errorf("%d replies after a write to the rows, want at least %d: the trace misses something", wrote, want)
	}
	if keyed < households {
		t.Errorf("%d replies after a write to the keys, want at least %d: the trace misses something", keyed, households)
	}
}
