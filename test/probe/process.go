package probe

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sodanvan/shared/book"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/registry"
)

// startTime is how long a server process may take to say where it listens, and to end.
const startTime = 30 * time.Second

var binary struct {
	once sync.Once
	dir  string
	path string
	err  error
}

// Binary builds the server command once for this test binary and gives its path. Main
// removes it at the end.
func Binary(t testing.TB) string {
	t.Helper()
	binary.once.Do(func() {
		if binary.dir, binary.err = os.MkdirTemp("", "sodanvan-probe-*"); binary.err != nil {
			return
		}
		binary.path = filepath.Join(binary.dir, "syncserver")
		if runtime.GOOS == "windows" {
			binary.path += ".exe"
		}
		if out, err := exec.Command("go", "build", "-o", binary.path, "sodanvan/syncserver").CombinedOutput(); err != nil {
			binary.err = fmt.Errorf("build the server: %w\n%s", err, out)
		}
	})
	if binary.err != nil {
		t.Fatal(binary.err)
	}
	return binary.path
}

// Main runs the tests of a package that uses StartProcess and cleans up after them:
//
//	func TestMain(m *testing.M) { os.Exit(probe.Main(m)) }
func Main(m *testing.M) int {
	code := m.Run()
	if binary.dir != "" {
		os.RemoveAll(binary.dir)
	}
	return code
}

// Process is a running server process.
type Process struct {
	cmd   *exec.Cmd
	once  sync.Once
	ended chan error
}

// StartProcess runs the server command as its administrator would, as a process of its own
// with its own data directory, on a free port of loopback. Of Options it takes Dir, Listen
// and Args; the clock is the machine's. Registry is the same data directory opened beside
// it, as the administrator's commands do.
func StartProcess(t testing.TB, o Options) *Server {
	t.Helper()
	if o.Dir == "" {
		o.Dir = filepath.Join(t.TempDir(), "data")
	}
	s := &Server{Dir: o.Dir, now: time.Now}
	args := append([]string{"serve", "--data", o.Dir, "--listen", cmp.Or(o.Listen, "127.0.0.1:0"), "--host", "127.0.0.1", "--metrics", "off"}, o.Args...)
	cmd := exec.Command(Binary(t), args...)
	cmd.Stderr = &s.log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &Process{cmd: cmd, ended: make(chan error, 1)}
	address := make(chan string, 1)
	go func() {
		defer close(address)
		told := false
		lines := bufio.NewScanner(io.TeeReader(out, &s.log))
		for lines.Scan() {
			if i := strings.Index(lines.Text(), "https://"); i >= 0 && !told {
				if u, err := url.Parse(strings.Fields(lines.Text()[i:])[0]); err == nil {
					address <- u.Host
					told = true
				}
			}
		}
		p.ended <- cmd.Wait()
	}()
	s.Process = p
	s.follow = func() {
		if s.Registry != nil {
			s.Registry.Close()
		}
		if err := p.end(syscall.SIGTERM); err != nil {
			t.Errorf("the server process: %v\n%s", err, s.Log())
		}
	}
	t.Cleanup(s.Stop)
	select {
	case host, ok := <-address:
		if !ok {
			t.Fatalf("the server process ended at once:\n%s", s.Log())
		}
		s.Address = host
	case <-time.After(startTime):
		t.Fatalf("the server process does not say where it listens:\n%s", s.Log())
	}
	s.Registry, err = registry.Open(context.Background(), o.Dir, registry.Options{Address: s.URL()})
	if err != nil {
		t.Fatal(err)
	}
	s.Codes = func(t testing.TB, member book.ID) seal.Code {
		t.Helper()
		codes, err := s.Registry.IssueCodes(context.Background(), []registry.Person{{ID: member}})
		if err != nil {
			t.Fatal(err)
		}
		return codes[0].Code
	}
	return s
}

// Kill ends the process at once, without a chance to tidy up, as a power cut would.
func (s *Server) Kill() { _ = s.Process.end(os.Kill) }

// PID is the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// end ends the process once; a killed one is no error.
func (p *Process) end(with os.Signal) (err error) {
	p.once.Do(func() {
		if e := p.cmd.Process.Signal(with); e != nil {
			if !errors.Is(e, os.ErrProcessDone) {
				p.cmd.Process.Kill()
			}
		}
		select {
		case err = <-p.ended:
		case <-time.After(startTime):
			p.cmd.Process.Kill()
			err = errors.New("did not stop when asked to")
		}
		if with == os.Kill {
			err = nil
		}
	})
	return err
}
