package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"sodanvan/syncserver/api"
	"sodanvan/syncserver/registry"
)

// metrics counts calls and shows them in the text format of Prometheus. It holds names of
// this program and numbers, nothing of a household or a member.
type metrics struct {
	mu      sync.Mutex
	calls   map[callName]uint64
	times   map[string]*histogram
	in, out int64
	ops     int
	acks    int
	rows    int

	// A lock of its own: no call waits while the state is read.
	stateMu sync.Mutex
	state   registry.Status
	stateAt time.Time
}

type callName struct{ method, code string }

// buckets are upper bounds in seconds: from a push of one change to a page on a busy disk.
var buckets = [...]float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

type histogram struct {
	counts [len(buckets)]uint64
	n      uint64
	sum    float64
}

func newMetrics() *metrics {
	return &metrics{calls: map[callName]uint64{}, times: map[string]*histogram{}}
}

// observe is for api.Config. Methods and codes are from fixed lists, so that no caller can
// make the maps grow.
func (m *metrics) observe(c api.Call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	method := cmp.Or(c.Method, "other")
	m.calls[callName{method, c.Code}]++
	h := m.times[method]
	if h == nil {
		h = &histogram{}
		m.times[method] = h
	}
	s := c.Duration.Seconds()
	h.n++
	h.sum += s
	for i, b := range buckets {
		if s <= b {
			h.counts[i]++
		}
	}
	m.in += c.In
	m.out += c.Out
	m.ops += c.Ops
	m.acks += c.Acks
	m.rows += c.Rows
}

// stateAge is how old the counts of devices and changes may be: reading them decodes every member.
const stateAge = time.Minute

// status reads the state of the registry at most once a minute. False: it cannot be read.
func (m *metrics) status(ctx context.Context, reg *registry.Registry) (registry.Status, bool) {
	m.stateMu.Lock()
	defer m.stateMu.Unlock()
	if !m.stateAt.IsZero() && time.Since(m.stateAt) < stateAge {
		return m.state, true
	}
	st, err := reg.Status(ctx)
	if err != nil {
		return registry.Status{}, false
	}
	m.state, m.stateAt = st, time.Now()
	return st, true
}

func (m *metrics) write(out io.Writer) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := bufio.NewWriter(out)
	head(w, "sodanvan_calls_total", "counter", "Calls by method and Connect code.")
	for _, k := range slices.SortedFunc(maps.Keys(m.calls), func(a, b callName) int {
		return cmp.Or(cmp.Compare(a.method, b.method), cmp.Compare(a.code, b.code))
	}) {
		fmt.Fprintf(w, "sodanvan_calls_total{method=%q,code=%q} %d\n", k.method, k.code, m.calls[k])
	}
	head(w, "sodanvan_call_seconds", "histogram", "How long calls took, by method.")
	for _, method := range slices.Sorted(maps.Keys(m.times)) {
		h := m.times[method]
		for i, b := range buckets {
			fmt.Fprintf(w, "sodanvan_call_seconds_bucket{method=%q,le=%q} %d\n", method, float(b), h.counts[i])
		}
		fmt.Fprintf(w, "sodanvan_call_seconds_bucket{method=%q,le=\"+Inf\"} %d\n", method, h.n)
		fmt.Fprintf(w, "sodanvan_call_seconds_sum{method=%q} %s\n", method, float(h.sum))
		fmt.Fprintf(w, "sodanvan_call_seconds_count{method=%q} %d\n", method, h.n)
	}
	one(w, "sodanvan_received_bytes_total", "counter", "Bytes of request bodies, packed.", float64(m.in))
	one(w, "sodanvan_sent_bytes_total", "counter", "Bytes of reply bodies, packed.", float64(m.out))
	one(w, "sodanvan_ops_total", "counter", "Changes that phones sent.", float64(m.ops))
	one(w, "sodanvan_acks_total", "counter", "Acks that were sent.", float64(m.acks))
	one(w, "sodanvan_rows_total", "counter", "Rows that were sent.", float64(m.rows))
	return w.Flush()
}

func writeState(out io.Writer, st registry.Status) {
	revoked, unconfirmed, unsent := 0, 0, uint64(0)
	for _, d := range st.Devices {
		switch {
		case d.Revoked:
			revoked++
			continue
		case d.Unconfirmed:
			unconfirmed++
		}
		unsent += uint64(d.Unsent)
	}
	one(out, "sodanvan_devices", "gauge", "Devices that may sync.", float64(len(st.Devices)-revoked))
	one(out, "sodanvan_devices_unconfirmed", "gauge", "Copies of a device that wait for confirmation.", float64(unconfirmed))
	one(out, "sodanvan_unsent", "gauge", "Changes and drafts that wait on phones, as they last reported.", float64(unsent))
	one(out, "sodanvan_parked", "gauge", "Changes that wait for a record or a kind.", float64(st.Parked))
	one(out, "sodanvan_open_codes", "gauge", "Enrolment codes that may still be used.", float64(st.Codes))
}

func writeRuntime(out io.Writer) {
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	one(out, "go_goroutines", "gauge", "Goroutines.", float64(runtime.NumGoroutine()))
	one(out, "go_memstats_heap_inuse_bytes", "gauge", "Bytes of heap in use.", float64(mem.HeapInuse))
	one(out, "go_memstats_sys_bytes", "gauge", "Bytes of memory from the system.", float64(mem.Sys))
}

func head(w io.Writer, name, kind, help string) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

func one(w io.Writer, name, kind, help string, value float64) {
	head(w, name, kind, help)
	fmt.Fprintf(w, "%s %s\n", name, float(value))
}

func float(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// sideServer answers on loopback: /metrics, /healthz (the process runs) and /readyz (the
// database answers and the server is not stopping).
func sideServer(m *metrics, reg *registry.Registry, ready func(context.Context) error, log *slog.Logger) *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		if m.write(w) != nil {
			return // the reader went away
		}
		if st, ok := m.status(r.Context(), reg); ok {
			writeState(w, st)
		}
		writeRuntime(w)
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		if err := ready(ctx); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	return &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
