package api

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"connectrpc.com/connect"
	"connectrpc.com/grpchealth"

	pb "sodanvan/shared/gen/sodanvan/v1"
	rpc "sodanvan/shared/gen/sodanvan/v1/sodanvanv1connect"
	"sodanvan/shared/wire"
	"sodanvan/syncserver/registry"
)

// Call is what is known of a finished call, for the log and the metrics: numbers and
// names of this program only.
type Call struct {
	// Method is Service/Method without the package, "" for an unknown one.
	Method string
	// Code is "ok" or the name of a Connect code.
	Code string
	// Problem is the typed reason, 0 for none.
	Problem pb.ProblemCode
	// Device is 0 before it is known.
	Device   uint32
	Duration time.Duration
	// In and Out are bytes of bodies on the wire, packed.
	In, Out         int64
	Ops, Acks, Rows int
}

// Config is what New needs. Registry is required; the rest may be zero.
type Config struct {
	Registry Registry
	// Log gets one line a call. Zero: the default logger.
	Log *slog.Logger
	// Observe is called at the end of each call, for metrics; it must be quick.
	Observe func(Call)
	// Ready says whether the server can do its work now, for health checks. Zero: always.
	Ready func(context.Context) error
}

// procedure is how one method is guarded.
type procedure struct {
	name       string
	open       bool // no token: the method proves otherwise who calls
	revokedToo bool
	maxBody    int64
	time       time.Duration
}

// procedures lists every method that exists. What is not here is not served, so a method
// added to the proto is closed until somebody decides who may call it.
var procedures = map[string]procedure{
	rpc.SyncServiceSyncProcedure:    {name: "Sync/Sync", maxBody: MaxBody, time: syncTime},
	rpc.SyncServiceHistoryProcedure: {name: "Sync/History", maxBody: MaxEnrolMessage, time: otherTime},

	rpc.EnrolServiceChallengeProcedure:    {name: "Enrol/Challenge", open: true, maxBody: MaxEnrolMessage, time: otherTime},
	rpc.EnrolServiceJoinProcedure:         {name: "Enrol/Join", open: true, maxBody: MaxEnrolMessage, time: otherTime},
	rpc.EnrolServiceRecoverProcedure:      {name: "Enrol/Recover", open: true, maxBody: MaxEnrolMessage, time: otherTime},
	rpc.EnrolServiceReclaimTokenProcedure: {name: "Enrol/ReclaimToken", open: true, maxBody: MaxEnrolMessage, time: otherTime},

	rpc.EnrolServiceIssueCodeProcedure:     {name: "Enrol/IssueCode", maxBody: MaxEnrolMessage, time: otherTime},
	rpc.EnrolServiceListDevicesProcedure:   {name: "Enrol/ListDevices", maxBody: MaxEnrolMessage, time: otherTime},
	rpc.EnrolServiceRevokeDeviceProcedure:  {name: "Enrol/RevokeDevice", maxBody: MaxEnrolMessage, time: otherTime},
	rpc.EnrolServiceConfirmDeviceProcedure: {name: "Enrol/ConfirmDevice", maxBody: MaxEnrolMessage, time: otherTime},
	rpc.EnrolServiceRotateTokenProcedure:   {name: "Enrol/RotateToken", maxBody: MaxEnrolMessage, time: otherTime},
	rpc.EnrolServiceHandOverWorkProcedure:  {name: "Enrol/HandOverWork", revokedToo: true, maxBody: MaxWork, time: syncTime},
}

// handler is the one http.Handler of the API.
type handler struct {
	reg     Registry
	log     *slog.Logger
	observe func(Call)
	mux     *http.ServeMux
	errors  *connect.ErrorWriter
	slots   slots
}

// New makes the handler of SyncService, EnrolService and the health check.
func New(c Config) http.Handler {
	h := &handler{
		reg:     c.Registry,
		log:     cmp.Or(c.Log, slog.Default()),
		observe: c.Observe,
		mux:     http.NewServeMux(),
		errors:  connect.NewErrorWriter(),
	}
	common := []connect.HandlerOption{connect.WithCodec(codec{}), connect.WithSendMaxBytes(MaxMessage)}
	h.mux.Handle(rpc.NewSyncServiceHandler(syncService{h.reg}, append(common,
		connect.WithReadMaxBytes(MaxMessage),
		connect.WithCompression("gzip", func() connect.Decompressor { return newUnpacker(MaxMessage) }, newPacker),
		connect.WithCompression(wire.Name, func() connect.Decompressor { return newWireUnpacker(MaxMessage) }, wire.NewCompressor),
		connect.WithCompressMinBytes(wire.Worth),
	)...))
	// Bodies of EnrolService carry secrets; packing them would let their length tell.
	h.mux.Handle(rpc.NewEnrolServiceHandler(enrolService{h.reg}, append(common,
		connect.WithCompression("gzip", nil, nil),
		connect.WithConditionalHandlerOptions(func(s connect.Spec) []connect.HandlerOption {
			return []connect.HandlerOption{connect.WithReadMaxBytes(int(procedures[s.Procedure].maxBody))}
		}),
	)...))
	healthPath, health := grpchealth.NewHandler(checker{c.Ready},
		connect.WithReadMaxBytes(MaxHealth), connect.WithCompression("gzip", nil, nil))

	outer := http.NewServeMux()
	outer.Handle(healthPath, http.MaxBytesHandler(health, MaxHealth))
	outer.Handle("/", h)
	return outer
}

// ServeHTTP guards one call and tells the log how it went.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	out := &counter{ResponseWriter: w}
	// The reply has the server's own clock; a date that changes each second costs 24 bytes.
	w.Header()["Date"] = nil
	c := &call{}
	defer func() {
		if v := recover(); v != nil {
			if v == http.ErrAbortHandler {
				panic(v)
			}
			c.cause = panicError(v)
			if !out.begun {
				h.fail(c, out, r, c.cause)
			} else {
				c.seen.Code = connect.CodeInternal.String()
			}
		}
		c.seen.Duration = time.Since(start)
		c.seen.Out = out.written
		h.finish(r.Context(), c, out.status)
	}()

	p, known := procedures[r.URL.Path]
	if !known {
		c.seen.Code = connect.CodeUnimplemented.String()
		http.Error(out, sayBadMethod, http.StatusNotFound)
		return
	}
	c.procedure, c.seen.Method = p, p.name
	// Phones speak one dialect. Each other one (JSON, gRPC, GET) would be a second decoder to trust.
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); r.Method != http.MethodPost || err != nil || kind != "application/proto" {
		c.seen.Code = connect.CodeUnimplemented.String()
		http.Error(out, sayBadMethod, http.StatusUnsupportedMediaType)
		return
	}
	if p.open {
		ch, err := channelOf(r)
		if err != nil {
			h.fail(c, out, r, &registry.Problem{
				Code: pb.ProblemCode_PROBLEM_CODE_BAD_REQUEST, Sentence: sayNoChannel, Cause: err,
			})
			return
		}
		c.channel = ch
	} else {
		caller, err := authenticate(r.Context(), h.reg, p, r.Header)
		if err != nil {
			h.fail(c, out, r, err)
			return
		}
		c.caller, c.seen.Device = caller, caller.Device
		free, ok := h.slots.take(caller.Device)
		if !ok {
			h.fail(c, out, r, tooMany())
			return
		}
		defer free()
	}
	if r.ContentLength > p.maxBody {
		h.fail(c, out, r, tooLarge())
		return
	}
	limitBody(w, r, p.maxBody, &c.seen.In)
	h.mux.ServeHTTP(out, r.WithContext(context.WithValue(r.Context(), callKey{}, c)))
}

// fail answers with an error before Connect's handler has run.
func (h *handler) fail(c *call, w http.ResponseWriter, r *http.Request, err error) {
	e := c.failed(err)
	if r.ProtoMajor == 1 {
		w.Header().Set("Connection", "close") // else it reads on for a body that nobody wants
	}
	_ = h.errors.Write(w, r, e) // the line is gone: nobody to tell
}

// failed notes an error for the log and gives the one for the wire.
func (c *call) failed(err error) *connect.Error {
	e := wireError(err)
	c.cause = err
	c.seen.Code = e.Code().String()
	for _, d := range e.Details() {
		if v, err := d.Value(); err == nil {
			if p, ok := v.(*pb.Problem); ok {
				c.seen.Problem = p.GetCode()
			}
		}
	}
	// The problem itself is already told: what remains is why.
	var p *registry.Problem
	if errors.As(err, &p) {
		c.cause = p.Cause
	}
	return e
}

// finish writes the one line of a call.
func (h *handler) finish(ctx context.Context, c *call, status int) {
	if c.seen.Code == "" {
		c.seen.Code = "ok"
		if status >= 400 { // Connect itself refused the message before our code saw it
			c.seen.Code = "refused"
		}
	}
	if h.observe != nil {
		h.observe(c.seen)
	}
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("method", c.seen.Method), slog.String("code", c.seen.Code),
		slog.Uint64("device", uint64(c.seen.Device)), slog.Duration("took", c.seen.Duration),
		slog.Int64("in", c.seen.In), slog.Int64("out", c.seen.Out), slog.Int("status", status),
	}
	if c.seen.Ops+c.seen.Acks+c.seen.Rows > 0 {
		attrs = append(attrs, slog.Int("ops", c.seen.Ops), slog.Int("acks", c.seen.Acks), slog.Int("rows", c.seen.Rows))
	}
	if c.seen.Problem != 0 {
		attrs = append(attrs, slog.String("problem", c.seen.Problem.String()))
	}
	if c.seen.Code != "ok" {
		level = slog.LevelWarn
	}
	if c.seen.Code == connect.CodeInternal.String() {
		level = slog.LevelError
	}
	if c.cause != nil {
		attrs = append(attrs, slog.String("cause", c.cause.Error()))
		var p *panicked
		if errors.As(c.cause, &p) {
			attrs = append(attrs, slog.String("stack", string(p.stack)))
		}
	}
	h.log.LogAttrs(ctx, level, "call", attrs...)
}

// panicked is a panic as an error. What was thrown is shown only if the runtime threw it:
// anything else may quote a record.
type panicked struct {
	what  string
	stack []byte
}

func (p *panicked) Error() string { return "panic: " + p.what }

func panicError(v any) error {
	p := &panicked{what: "value of a type that is not shown", stack: debug.Stack()}
	if e, ok := v.(runtime.Error); ok {
		p.what = e.Error()
	}
	return p
}

// counter counts what goes out.
type counter struct {
	http.ResponseWriter
	status  int
	written int64
	begun   bool
}

func (c *counter) WriteHeader(status int) {
	if !c.begun {
		c.begun, c.status = true, status
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *counter) Write(b []byte) (int, error) {
	if !c.begun {
		c.begun, c.status = true, http.StatusOK
	}
	n, err := c.ResponseWriter.Write(b)
	c.written += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the real one.
func (c *counter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// checker answers health checks.
type checker struct {
	ready func(context.Context) error
}

func (c checker) Check(ctx context.Context, req *grpchealth.CheckRequest) (*grpchealth.CheckResponse, error) {
	switch req.Service {
	case "", rpc.SyncServiceName, rpc.EnrolServiceName:
	default:
		return nil, connect.NewError(connect.CodeNotFound, errors.New("unknown service"))
	}
	if c.ready != nil && c.ready(ctx) != nil {
		return &grpchealth.CheckResponse{Status: grpchealth.StatusNotServing}, nil
	}
	return &grpchealth.CheckResponse{Status: grpchealth.StatusServing}, nil
}
