package api

import (
	"context"
	"errors"

	"connectrpc.com/connect"

	pb "sodanvan/shared/gen/sodanvan/v1"
	rpc "sodanvan/shared/gen/sodanvan/v1/sodanvanv1connect"
	"sodanvan/shared/lww"
	"sodanvan/syncserver/registry"
)

var (
	_ rpc.SyncServiceHandler  = syncService{}
	_ rpc.EnrolServiceHandler = enrolService{}
)

// errUnguarded: a method ran without handler.ServeHTTP before it.
var errUnguarded = errors.New("call did not pass the guard")

// run carries one decoded message to the registry within its time and turns what comes
// back into a reply. A panic there ends this call alone.
func run[Req, Res any](ctx context.Context, req *connect.Request[Req], fn func(context.Context, *call, *Req) (*Res, error)) (reply *connect.Response[Res], err error) {
	c := callFrom(ctx)
	if c == nil {
		return nil, wireError(errUnguarded)
	}
	defer func() {
		if v := recover(); v != nil {
			reply, err = nil, c.failed(panicError(v))
		}
	}()
	if !readable(req.Msg) {
		return nil, c.failed(&registry.Problem{Code: pb.ProblemCode_PROBLEM_CODE_BAD_REQUEST, Sentence: sayDamaged, Cause: errUnreadable})
	}
	ctx, cancel := context.WithTimeout(ctx, c.procedure.time)
	defer cancel()
	res, failure := fn(ctx, c, req.Msg)
	if failure != nil {
		return nil, c.failed(failure)
	}
	return connect.NewResponse(res), nil
}

// asCaller runs a method that needs a token.
func asCaller[Req, Res any](ctx context.Context, req *connect.Request[Req], fn func(context.Context, registry.Caller, *Req) (*Res, error)) (*connect.Response[Res], error) {
	return run(ctx, req, func(ctx context.Context, c *call, m *Req) (*Res, error) {
		if c.procedure.open {
			return nil, errUnguarded
		}
		return fn(ctx, c.caller, m)
	})
}

// onChannel runs a method that has no token yet and is bound to its connection.
func onChannel[Req, Res any](ctx context.Context, req *connect.Request[Req], fn func(context.Context, registry.Channel, *Req) (*Res, error)) (*connect.Response[Res], error) {
	return run(ctx, req, func(ctx context.Context, c *call, m *Req) (*Res, error) {
		return fn(ctx, c.channel, m)
	})
}

// errUnreadable: the bytes of a request are no message, or too many records.
var errUnreadable = errors.New("request cannot be read")

type syncService struct{ reg Registry }

func (s syncService) Sync(ctx context.Context, req *connect.Request[pb.SyncRequest]) (*connect.Response[pb.SyncResponse], error) {
	return run(ctx, req, func(ctx context.Context, c *call, m *pb.SyncRequest) (*pb.SyncResponse, error) {
		c.seen.Ops = len(m.GetOps())
		res, err := s.reg.Sync(ctx, c.caller, m)
		c.seen.Acks, c.seen.Rows = len(res.GetAcks()), len(res.GetRows())
		if res != nil {
			res.Page, res.Rows = lww.Pack(res.GetRows()), nil
		}
		return res, err
	})
}

func (s syncService) History(ctx context.Context, req *connect.Request[pb.HistoryRequest]) (*connect.Response[pb.HistoryResponse], error) {
	return asCaller(ctx, req, s.reg.History)
}

type enrolService struct{ reg Registry }

func (s enrolService) Challenge(ctx context.Context, req *connect.Request[pb.ChallengeRequest]) (*connect.Response[pb.ChallengeResponse], error) {
	return onChannel(ctx, req, s.reg.Challenge)
}

func (s enrolService) Join(ctx context.Context, req *connect.Request[pb.JoinRequest]) (*connect.Response[pb.JoinResponse], error) {
	return onChannel(ctx, req, s.reg.Join)
}

func (s enrolService) Recover(ctx context.Context, req *connect.Request[pb.RecoverRequest]) (*connect.Response[pb.RecoverResponse], error) {
	return onChannel(ctx, req, s.reg.Recover)
}

func (s enrolService) ReclaimToken(ctx context.Context, req *connect.Request[pb.ReclaimTokenRequest]) (*connect.Response[pb.ReclaimTokenResponse], error) {
	return onChannel(ctx, req, s.reg.ReclaimToken)
}

func (s enrolService) IssueCode(ctx context.Context, req *connect.Request[pb.IssueCodeRequest]) (*connect.Response[pb.IssueCodeResponse], error) {
	return asCaller(ctx, req, s.reg.IssueCode)
}

func (s enrolService) ListDevices(ctx context.Context, req *connect.Request[pb.ListDevicesRequest]) (*connect.Response[pb.ListDevicesResponse], error) {
	return asCaller(ctx, req, s.reg.ListDevices)
}

func (s enrolService) RevokeDevice(ctx context.Context, req *connect.Request[pb.RevokeDeviceRequest]) (*connect.Response[pb.RevokeDeviceResponse], error) {
	return asCaller(ctx, req, s.reg.RevokeDevice)
}

func (s enrolService) ConfirmDevice(ctx context.Context, req *connect.Request[pb.ConfirmDeviceRequest]) (*connect.Response[pb.ConfirmDeviceResponse], error) {
	return asCaller(ctx, req, s.reg.ConfirmDevice)
}

func (s enrolService) RotateToken(ctx context.Context, req *connect.Request[pb.RotateTokenRequest]) (*connect.Response[pb.RotateTokenResponse], error) {
	return asCaller(ctx, req, s.reg.RotateToken)
}

func (s enrolService) HandOverWork(ctx context.Context, req *connect.Request[pb.HandOverWorkRequest]) (*connect.Response[pb.HandOverWorkResponse], error) {
	return asCaller(ctx, req, s.reg.HandOverWork)
}
