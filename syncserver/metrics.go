package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"sodanvan/syncserver/api"
	"sodanvan/syncserver/registry"
)

// metrics counts calls for Prometheus. It holds names of this program and numbers, nothing
// of a household or a member.
type metrics struct {
	registry        *prometheus.Registry
	calls           *prometheus.CounterVec
	times           *prometheus.HistogramVec
	in, out         prometheus.Counter
	ops, acks, rows prometheus.Counter
}

func newMetrics() *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		calls:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sodanvan_calls_total", Help: "Calls by method and Connect code."}, []string{"method", "code"}),
		times: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "sodanvan_call_seconds", Help: "How long calls took, by method.",
			// From a push of one change to a page on a busy disk.
			Buckets: []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}}, []string{"method"}),
		in:   counter("sodanvan_received_bytes_total", "Bytes of request bodies, packed."),
		out:  counter("sodanvan_sent_bytes_total", "Bytes of reply bodies, packed."),
		ops:  counter("sodanvan_ops_total", "Changes that phones sent."),
		acks: counter("sodanvan_acks_total", "Acks that were sent."),
		rows: counter("sodanvan_rows_total", "Rows that were sent."),
	}
	m.registry.MustRegister(m.calls, m.times, m.in, m.out, m.ops, m.acks, m.rows, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// observe is for api.Config. Methods and codes are from fixed lists, so that no caller can
// make the labels grow.
func (m *metrics) observe(c api.Call) {
	method := cmp.Or(c.Method, "other")
	m.calls.WithLabelValues(method, c.Code).Inc()
	m.times.WithLabelValues(method).Observe(c.Duration.Seconds())
	m.in.Add(float64(c.In))
	m.out.Add(float64(c.Out))
	m.ops.Add(float64(c.Ops))
	m.acks.Add(float64(c.Acks))
	m.rows.Add(float64(c.Rows))
}

// stateAge is how old the counts of devices and changes may be: reading them decodes every
// member and all that waits on desks.
const stateAge = time.Minute

// state collects what the registry says of itself, on snapshots that hold up no sync.
type state struct {
	status func(context.Context) (registry.Status, error)
	stuck  func(context.Context) (registry.Stuck, error)

	mu    sync.Mutex
	last  registry.Status
	waits registry.Stuck
	at    time.Time
}

var (
	devicesDesc     = prometheus.NewDesc("sodanvan_devices", "Devices that may sync.", nil, nil)
	unconfirmedDesc = prometheus.NewDesc("sodanvan_devices_unconfirmed", "Copies of a device that wait for confirmation.", nil, nil)
	unsentDesc      = prometheus.NewDesc("sodanvan_unsent", "Changes and drafts that wait on phones, as they last reported.", nil, nil)
	parkedDesc      = prometheus.NewDesc("sodanvan_parked", "Changes that wait for a record or a kind.", nil, nil)
	codesDesc       = prometheus.NewDesc("sodanvan_open_codes", "Enrolment codes that may still be used.", nil, nil)
	refusedDesc     = prometheus.NewDesc("sodanvan_refused_open", "Refused changes that their writers have not answered.", nil, nil)
	suggestionsDesc = prometheus.NewDesc("sodanvan_suggestions_waiting", "Suggestions on desks that nobody has decided.", nil, nil)
	takeoverDesc    = prometheus.NewDesc("sodanvan_takeover_waiting", "Rows of the life before a restore that nobody has decided.", nil, nil)
	workDesc        = prometheus.NewDesc("sodanvan_work_waiting", "Pieces of work of revoked devices that lie on no desk.", nil, nil)
	behindDesc      = prometheus.NewDesc("sodanvan_devices_unsent", "Devices that reported unsent changes or drafts.", nil, nil)
	silentDesc      = prometheus.NewDesc("sodanvan_devices_silent", "Devices that have not synced for a week.", nil, nil)
	clonedDesc      = prometheus.NewDesc("sodanvan_devices_cloned", "Copies of a device, confirmed or not.", nil, nil)
	aheadDesc       = prometheus.NewDesc("sodanvan_devices_ahead", "Devices that have seen more than the database has.", nil, nil)
	skewDesc        = prometheus.NewDesc("sodanvan_clock_skew_seconds_max", "Greatest difference of a device's clock from the server's.", nil, nil)
)

// stateDescs are all that state collects.
var stateDescs = []*prometheus.Desc{devicesDesc, unconfirmedDesc, unsentDesc, parkedDesc, codesDesc,
	refusedDesc, suggestionsDesc, takeoverDesc, workDesc, behindDesc, silentDesc, clonedDesc, aheadDesc, skewDesc}

func (s *state) Describe(to chan<- *prometheus.Desc) {
	for _, d := range stateDescs {
		to <- d
	}
}

// Collect implements prometheus.Collector. Where the registry cannot be read the numbers
// are missing, which an alert can ask for.
func (s *state) Collect(to chan<- prometheus.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if (s.at.IsZero() || time.Since(s.at) >= stateAge) && s.read() != nil {
		return
	}
	revoked, unconfirmed, unsent, skew := 0, 0, uint64(0), int64(0)
	for _, d := range s.last.Devices {
		switch {
		case d.Revoked:
			revoked++
			continue
		case d.Unconfirmed:
			unconfirmed++
		}
		unsent += uint64(d.Unsent)
		skew = max(skew, d.SkewMS, -d.SkewMS)
	}
	gauge := func(d *prometheus.Desc, v float64) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v)
	}
	gauge(devicesDesc, float64(len(s.last.Devices)-revoked))
	gauge(unconfirmedDesc, float64(unconfirmed))
	gauge(unsentDesc, float64(unsent))
	gauge(parkedDesc, float64(s.last.Parked))
	gauge(codesDesc, float64(s.last.Codes))
	gauge(refusedDesc, float64(len(s.waits.Refused)))
	gauge(suggestionsDesc, float64(s.waits.SuggestionCount()))
	gauge(takeoverDesc, float64(s.waits.TakeoverCount()))
	gauge(workDesc, float64(len(s.waits.Work)))
	gauge(behindDesc, float64(len(s.waits.Unsent)))
	gauge(silentDesc, float64(len(s.waits.Silent)))
	gauge(clonedDesc, float64(len(s.waits.Clones)))
	gauge(aheadDesc, float64(len(s.waits.Ahead)))
	gauge(skewDesc, float64(skew)/1000)
}

// read asks the registry anew.
func (s *state) read() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	st, err := s.status(ctx)
	if err != nil {
		return err
	}
	waits, err := s.stuck(ctx)
	if err != nil {
		return err
	}
	s.last, s.waits, s.at = st, waits, time.Now()
	return nil
}

// differences counts calls whose phone held something else than the server.
func differences(reg *registry.Registry) prometheus.Collector {
	return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "sodanvan_digest_differences_total",
		Help: "Calls whose phone held something else than the server."}, func() float64 { return float64(reg.Differences()) })
}

// badOffers counts rows that phones offered after a restore and that cannot be of their branch.
func badOffers(reg *registry.Registry) prometheus.Collector {
	return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "sodanvan_bad_offers_total",
		Help: "Rows offered after a restore that cannot be of the phone's branch."}, func() float64 { return float64(reg.BadOffers()) })
}

// sideServer answers on loopback: /metrics, /healthz (the process runs) and /readyz (the
// database answers and the server is not stopping).
func sideServer(m *metrics, reg *registry.Registry, ready func(context.Context) error, log *slog.Logger) *http.Server {
	m.registry.MustRegister(&state{status: reg.Status, stuck: reg.Stuck}, differences(reg), badOffers(reg))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
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
