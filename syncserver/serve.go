package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"sodanvan/syncserver/api"
	"sodanvan/syncserver/registry"
)

// stopTime is how long running calls may take to end after a signal.
const stopTime = 20 * time.Second

type serveCmd struct {
	Listen  string   `help:"Địa chỉ và cổng nhận kết nối." default:":8443" env:"SODANVAN_LISTEN" placeholder:"MÁY:CỔNG"`
	Host    []string `help:"Tên hoặc địa chỉ IP của máy chủ; tên đầu tiên in trên phiếu đăng ký. Mặc định: các địa chỉ của máy này." env:"SODANVAN_HOST" placeholder:"TÊN"`
	Address string   `help:"Địa chỉ đầy đủ in trên phiếu, nếu khác --host và --listen." env:"SODANVAN_ADDRESS" placeholder:"https://TÊN:CỔNG"`
	Metrics string   `help:"Cổng số liệu /metrics, /healthz, /readyz, chỉ trong máy này; “off” để tắt." default:"127.0.0.1:9464" env:"SODANVAN_METRICS" placeholder:"MÁY:CỔNG"`
	Plain   bool     `name:"plain-http-on-loopback" help:"Không mã hóa, chỉ để thử trong chính máy này." env:"SODANVAN_PLAIN_HTTP_ON_LOOPBACK"`
	Log     string   `help:"Dạng nhật ký: text hoặc json." enum:"text,json" default:"text" env:"SODANVAN_LOG"`

	// announce, where set, says more once the server is ready.
	announce func() error
}

// ports are the open listeners; metrics is nil where it is turned off.
type ports struct{ main, metrics net.Listener }

func (p ports) close() {
	if p.main != nil {
		p.main.Close()
	}
	if p.metrics != nil {
		p.metrics.Close()
	}
}

// open opens both ports, or none and says why.
func (c *serveCmd) open() (p ports, err error) {
	if c.Plain && !loopbackAddr(c.Listen) {
		return p, say("Không mã hóa chỉ được dùng trong chính máy này; hãy thêm --listen 127.0.0.1:8443, hoặc bỏ --plain-http-on-loopback.")
	}
	if c.Metrics != "off" && !loopbackAddr(c.Metrics) {
		return p, say("Cổng số liệu chỉ được mở trong chính máy này; hãy viết --metrics 127.0.0.1:9464, hoặc --metrics off.")
	}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	if p.main, err = net.Listen("tcp", c.Listen); err != nil {
		return p, listenSentence(c.Listen, "--listen", err)
	}
	// The names were checked; what the machine made of "localhost" is checked too.
	if c.Plain && !boundToLoopback(p.main) {
		return p, say("Địa chỉ %s không phải là của riêng máy này nên không chạy kiểu không mã hóa; hãy dùng --listen 127.0.0.1:8443.", c.Listen)
	}
	if c.Metrics == "off" {
		return p, nil
	}
	if p.metrics, err = net.Listen("tcp", c.Metrics); err != nil {
		return p, listenSentence(c.Metrics, "--metrics", err)
	}
	if !boundToLoopback(p.metrics) {
		return p, say("Địa chỉ %s không phải là của riêng máy này; hãy viết --metrics 127.0.0.1:9464.", c.Metrics)
	}
	return p, nil
}

func (c *serveCmd) Run(s *session) (err error) {
	log := c.logger(s)
	if os.Getenv("GOGC") == "" {
		// Most of the heap is one call's garbage: collecting half as often saves a sixth of the
		// processor in a push, and costs 40 MB when a whole district comes at once (docs/bench.md).
		debug.SetGCPercent(200)
	}
	hosts, err := cleanHosts(c.Host)
	if err != nil {
		return err
	}
	if len(hosts) == 0 {
		hosts = localHosts()
		if c.Plain {
			hosts = []string{"127.0.0.1"}
		}
	}
	// Ports and lock first: a second server by mistake must not touch the data of the first.
	p, err := c.open()
	if err != nil {
		return err
	}
	defer p.close()
	address, err := publicAddress(c.Address, hosts, p.main.Addr().(*net.TCPAddr).Port, c.Plain)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.data, 0o700); err != nil {
		return sayWhy(err, "Không tạo được thư mục dữ liệu %s; hãy xem quyền ghi, hoặc chọn nơi khác bằng --data.", s.data)
	}
	unlock, err := lockServe(s.data)
	if err != nil {
		return dataSentence(s.data, err)
	}
	defer unlock()

	id, err := loadIdentity(s.data, nil, func() (bool, error) { return nobodyEnrolled(s.ctx, s.data) })
	if err != nil {
		return dataSentence(s.data, err)
	}
	reg, err := registry.Open(s.ctx, s.data, registry.Options{Address: address, Pins: id.pins()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reg.Close()) }()
	if err := writeBytes(filepath.Join(s.data, addressFile), []byte(address+"\n")); err != nil {
		return dataSentence(s.data, err)
	}
	main := p.main
	if !c.Plain {
		l := &leaf{root: id.root, hosts: hosts, now: time.Now}
		if _, err := l.current(); err != nil {
			return err
		}
		main = api.TLSListener(p.main, l.current)
	}

	watch, stopWatch := context.WithCancel(s.ctx)
	var watching sync.WaitGroup
	watching.Go(func() { alarmsDaily(watch, s, reg, log) })
	watching.Go(func() { keepPlaces(watch, s, log) })
	defer func() { stopWatch(); watching.Wait() }()

	fmt.Fprintf(s.stdout, "Sổ Dân Vận đang chạy tại %s\nDữ liệu: %s\nDừng: bấm Ctrl+C.\n", address, absolute(s.data))
	if c.announce != nil {
		if err := c.announce(); err != nil {
			return err
		}
	}
	side := "off"
	if p.metrics != nil {
		side = p.metrics.Addr().String()
	}
	log.Info("started", "address", address, "listen", p.main.Addr().String(), "metrics", side, "version", versionText(), "plain", c.Plain)
	if err := c.serve(s.ctx, reg, main, p.metrics, log); err != nil {
		return err
	}
	fmt.Fprintln(s.stdout, "Máy chủ đã dừng.")
	return nil
}

// serve answers on both listeners until ctx ends or one of them fails, and lets running
// calls end.
func (c *serveCmd) serve(ctx context.Context, reg *registry.Registry, main, side net.Listener, log *slog.Logger) error {
	m := newMetrics()
	var stopping atomic.Bool
	ready := func(ctx context.Context) error {
		if stopping.Load() {
			return errStopping
		}
		return reg.Ready(ctx)
	}
	handler := api.New(api.Config{Registry: reg, Log: log, Observe: m.observe, Ready: ready})
	servers := []*http.Server{api.NewHTTPServer(handler, c.Plain, log)}
	listeners := []net.Listener{main}
	if side != nil {
		servers = append(servers, sideServer(m, reg, ready, log))
		listeners = append(listeners, side)
	}
	failed := make(chan error, len(servers))
	for i := range servers {
		go func() { failed <- servers[i].Serve(listeners[i]) }()
	}
	var err error
	select {
	case err = <-failed:
		err = fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
		log.Info("stopping")
	}
	stopping.Store(true)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	for _, srv := range servers {
		if srv.Shutdown(last) != nil {
			srv.Close() // cut calls get no ack, so their phones ask again
		}
	}
	return err
}

var errStopping = errors.New("the server is stopping")

func (c *serveCmd) logger(s *session) *slog.Logger {
	if c.Log == "json" {
		return slog.New(slog.NewJSONHandler(s.stderr, nil))
	}
	return slog.New(slog.NewTextHandler(s.stderr, nil))
}

// dataSentence speaks of the data directory where the error itself has no sentence.
func dataSentence(dir string, err error) error {
	var spoken interface{ UserMessage() string }
	if errors.As(err, &spoken) {
		return err
	}
	return sayWhy(err, "Không ghi được vào thư mục dữ liệu %s; hãy xem quyền ghi và chỗ trống, hoặc chọn nơi khác bằng --data.", dir)
}

func absolute(dir string) string {
	if a, err := filepath.Abs(dir); err == nil {
		return a
	}
	return dir
}

// lookAtPlaces is how often serve looks whether the list of what must not come back has grown.
const lookAtPlaces = 10 * time.Minute

// keepPlaces brings the places of backups up to that list: a phone that a secretary revoked
// must stay revoked in whatever backup is restored.
func keepPlaces(ctx context.Context, s *session, log *slog.Logger) {
	tick := time.NewTicker(lookAtPlaces)
	defer tick.Stop()
	size := func() int64 {
		info, err := os.Stat(filepath.Join(s.data, registry.ErasedFile))
		if err != nil {
			return 0 // nothing was erased or revoked yet; damage stops the next start
		}
		return info.Size()
	}
	last := size()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := size()
		if now == last {
			continue
		}
		if _, err := s.rewriteKeys(); err != nil {
			log.Error("keys beside the backups", "cause", err.Error())
			continue
		}
		last = now
	}
}

// alarmsDaily puts what an administrator must know into the log, at the start and daily.
func alarmsDaily(ctx context.Context, s *session, reg *registry.Registry, log *slog.Logger) {
	tick := time.NewTicker(24 * time.Hour)
	defer tick.Stop()
	for {
		if h, err := healthOf(ctx, reg, s.data); err == nil {
			for _, a := range h.alarms() {
				log.Warn("alarm", "say", a)
			}
		} else if ctx.Err() == nil {
			log.Error("status", "cause", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
