package wire

import (
	"context"
	"sync/atomic"

	"connectrpc.com/connect"

	pb "sodanvan/shared/gen/sodanvan/v1"
	rpc "sodanvan/shared/gen/sodanvan/v1/sodanvanv1connect"
)

// Option lets a client send and accept messages packed by this package, replies of at most
// limit bytes. Gzip is still accepted.
func Option(limit int64) connect.ClientOption {
	return connect.WithClientOptions(
		connect.WithAcceptCompression(Name, func() connect.Decompressor { return NewDecompressor(limit) }, NewCompressor),
		connect.WithSendCompression(Name),
		connect.WithCompressMinBytes(Worth),
	)
}

// gzipWorth is Worth without a dictionary.
const gzipWorth = 256

// either calls a server that knows this package's compression, or an older one.
type either struct {
	packed, gzip rpc.SyncServiceClient
	// older: the server refused the compression before.
	older atomic.Bool
}

// NewClient makes a client of SyncService that packs with this package, and with gzip for
// as long as it lives once the server has refused that. Replies are at most limit bytes.
func NewClient(c connect.HTTPClient, address string, limit int64, o ...connect.ClientOption) rpc.SyncServiceClient {
	common := connect.WithClientOptions(append(o, connect.WithReadMaxBytes(int(limit)))...)
	return &either{
		packed: rpc.NewSyncServiceClient(c, address, common, Option(limit)),
		gzip:   rpc.NewSyncServiceClient(c, address, common, connect.WithSendGzip(), connect.WithCompressMinBytes(gzipWorth)),
	}
}

func (e *either) Sync(ctx context.Context, req *connect.Request[pb.SyncRequest]) (*connect.Response[pb.SyncResponse], error) {
	return try(ctx, e, req, rpc.SyncServiceClient.Sync)
}

func (e *either) History(ctx context.Context, req *connect.Request[pb.HistoryRequest]) (*connect.Response[pb.HistoryResponse], error) {
	return try(ctx, e, req, rpc.SyncServiceClient.History)
}

// try calls, and calls again with gzip where the server does not know the encoding:
// Connect answers "unimplemented" then, before anything of the body was looked at. A server
// that has not got the method says the same, and again to gzip: nothing is learnt from that.
func try[Q, R any](ctx context.Context, e *either, req *connect.Request[Q],
	call func(rpc.SyncServiceClient, context.Context, *connect.Request[Q]) (*connect.Response[R], error)) (*connect.Response[R], error) {
	if e.older.Load() {
		return call(e.gzip, ctx, req)
	}
	res, err := call(e.packed, ctx, again(req))
	if connect.CodeOf(err) != connect.CodeUnimplemented {
		return res, err
	}
	if res, err = call(e.gzip, ctx, again(req)); err == nil {
		e.older.Store(true)
	}
	return res, err
}

// again is the same request without the headers that a call added to it.
func again[Q any](req *connect.Request[Q]) *connect.Request[Q] {
	out := connect.NewRequest(req.Msg)
	for name, values := range req.Header() {
		out.Header()[name] = values
	}
	return out
}
