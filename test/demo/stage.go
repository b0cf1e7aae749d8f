package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sodanvan/test/capture"
	"strings"
	"syscall"
	"time"
)

// stage is where the demo plays: the programs, the server's data, the books.
type stage struct {
	ctx                     context.Context
	dir, server, book, data string
	address                 string
	running                 *exec.Cmd
	log                     capture.Text
}

// passphrase opens the demo's books.
const passphrase = "bốn từ không liên quan"

// startServer runs the server on a free port of loopback, the same one again later, and
// waits until it answers.
func (s *stage) startServer() error {
	if s.address == "" {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		s.address = ln.Addr().String()
		ln.Close()
	}
	const ready = "đang chạy tại"
	cmd := exec.Command(s.server, "--data", s.data, "serve", "--listen", s.address, "--host", "127.0.0.1", "--metrics", "off")
	cmd.Stdout, cmd.Stderr = &s.log, &s.log
	before := strings.Count(s.log.String(), ready)
	if err := cmd.Start(); err != nil {
		return err
	}
	s.running = cmd
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if strings.Count(s.log.String(), ready) > before {
			return nil
		}
	}
	return errors.New("máy chủ không trả lời:\n" + s.log.String())
}

// stopServer ends it as an administrator would.
func (s *stage) stopServer() {
	if s.running == nil {
		return
	}
	_ = s.running.Process.Signal(syscall.SIGTERM)
	_ = s.running.Wait()
	s.running = nil
}

// admin runs a command of the server's administrator.
func (s *stage) admin(args ...string) (string, error) {
	out, err := exec.CommandContext(s.ctx, s.server, append([]string{"--data", s.data}, args...)...).Output()
	if err != nil {
		return "", fmt.Errorf("syncserver %s: %w", strings.Join(args, " "), err)
	}
	return string(out), nil
}

// person is one of the demo's people with a book of their own.
type person struct {
	*stage
	name, role string
	dir        string
}

func (s *stage) person(name, role, dir string) *person {
	return &person{s, name, role, filepath.Join(s.dir, dir)}
}

// do runs a command on the person's book; into, where not nil, takes its JSON.
func (p *person) do(into any, args ...string) error {
	all := append([]string{"--book", p.dir}, args...)
	if into != nil {
		all = append([]string{"--json"}, all...)
	}
	cmd := exec.CommandContext(p.ctx, p.book, all...)
	cmd.Env = append(os.Environ(), "SODANVAN_PIN="+passphrase)
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s, book %s: %w", p.name, strings.Join(args, " "), err)
	}
	if into != nil {
		if err := json.Unmarshal(out, into); err != nil {
			return fmt.Errorf("book %s: %w", strings.Join(args, " "), err)
		}
	}
	return nil
}

// refusedWith runs a command that must fail and returns the sentence it says.
func (p *person) refusedWith(args ...string) (string, error) {
	err := p.do(nil, args...)
	var exit *exec.ExitError
	if err == nil || !errors.As(err, &exit) {
		return "", fmt.Errorf("%s, book %s: lẽ ra phải báo lỗi", p.name, strings.Join(args, " "))
	}
	return strings.TrimSpace(string(exit.Stderr)), nil
}

// enrol gives the person a book with a code that the administrator prints.
func (p *person) enrol(branch string) error {
	out, err := p.admin("enrol", "--member", p.name, "--branch", branch)
	if err != nil {
		return err
	}
	at := strings.Index(out, "sodanvan://")
	if at < 0 {
		return fmt.Errorf("không thấy dòng mời trong:\n%s", out)
	}
	return p.do(nil, "enrol", strings.Fields(out[at:])[0])
}

func (p *person) sync() error { return p.do(nil, "sync") }

// Parts of what the book prints as JSON.
type (
	receipt struct {
		Text string `json:"text"`
	}
	saved struct {
		ID      string  `json:"id"`
		Number  string  `json:"number"`
		Receipt receipt `json:"receipt"`
	}
	line struct {
		ID       string  `json:"id"`
		Number   string  `json:"number"`
		Text     string  `json:"text"`
		Note     string  `json:"note"`
		Standing term    `json:"standing"`
		Receipt  receipt `json:"receipt"`
	}
	term struct {
		Text string `json:"text"`
	}
	page struct {
		ID        string `json:"id"`
		Head      string `json:"head"`
		Phone     string `json:"phone"`
		Visits    []line `json:"visits"`
		Petitions []line `json:"petitions"`
		Conflicts []struct {
			ID     string `json:"id"`
			Field  string `json:"field"`
			Mine   string `json:"mine"`
			Theirs string `json:"theirs"`
			Text   string `json:"text"`
		} `json:"conflicts"`
	}
	household struct {
		ID    string `json:"id"`
		Head  string `json:"head"`
		Phone string `json:"phone"`
	}
	group struct {
		Months []struct {
			Visits []line `json:"visits"`
		} `json:"months"`
		Items []line `json:"items"`
	}
	device struct {
		Number uint32 `json:"number"`
		Owner  string `json:"owner"`
	}
	past struct {
		Field string `json:"field"`
		Value string `json:"value"`
		By    string `json:"by"`
	}
)

func (p *person) page(id string) (page, error) {
	var out page
	return out, p.do(&out, "household", id)
}

// say prints one line of the timeline.
func say(who, what, receipt string) {
	at := time.Now().In(time.FixedZone("ICT", 7*3600)).Format("15:04:05")
	if receipt == "" {
		fmt.Printf("%s  %-28s %s\n", at, who, what)
		return
	}
	fmt.Printf("%s  %-28s %s\n%40s→ %s\n", at, who, what, "", receipt)
}

func chapter(title string) { fmt.Printf("\n── %s\n", title) }
