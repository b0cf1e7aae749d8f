package handover

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	"sodanvan/app/syncing"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/syncserver/registry"
)

// most bounds how many calls one sync may take.
const most = 200

// remote is a notebook's way to the registry. It makes the calls that the app would make, by
// the story's clock.
type remote struct{ *phone }

var _ notebook.Remote = remote{}

func (r remote) Sync(ctx context.Context) (notebook.Traffic, error) {
	t := notebook.Traffic{Received: 1} // whatever came: the notebook looks through its drafts
	for range most {
		out, err := r.call()
		switch {
		case err != nil, out.Kind == syncing.Retry, out.Kind == syncing.Stopped, out.Kind == syncing.Revoked:
			return t, &notebook.StoppedError{Outcome: out, Err: err}
		case out.Kind == syncing.Rest:
			return t, nil
		}
	}
	r.Fatalf("%s is not quiet after %d calls", r.name, most)
	return t, nil
}

func (remote) Close()                                                {}
func (remote) Keep(context.Context, <-chan struct{}, notebook.Watch) {}
func (remote) Ping(context.Context) (notebook.Pong, error)           { return notebook.Pong{}, errLost }
func (remote) ConfirmDevice(context.Context, uint32) error           { return errLost }
func (remote) IssueCode(context.Context, *pb.IssueCodeRequest) (*pb.IssueCodeResponse, error) {
	return nil, errLost
}

func (r remote) RevokeDevice(ctx context.Context, number uint32) error {
	c, err := r.caller(ctx)
	if err != nil {
		return err
	}
	_, err = r.server.RevokeDevice(ctx, c, &pb.RevokeDeviceRequest{Device: &number})
	return said(err)
}

func (r remote) ListDevices(ctx context.Context) (*pb.ListDevicesResponse, error) {
	c, err := r.caller(ctx)
	if err != nil {
		return nil, err
	}
	resp, err := r.server.ListDevices(ctx, c, &pb.ListDevicesRequest{})
	return resp, said(err)
}

func (r remote) History(ctx context.Context, req *pb.HistoryRequest) (*pb.HistoryResponse, error) {
	c, err := r.caller(ctx)
	if err != nil {
		return nil, err
	}
	resp, err := r.server.History(ctx, c, req)
	return resp, said(err)
}

// caller shows the phone's token, as every call does.
func (p *phone) caller(ctx context.Context) (registry.Caller, error) {
	c, err := p.server.Authenticate(ctx, p.store.Snapshot().State().Identity.Token)
	return c, said(err)
}

// said is an error as it reaches a phone: what the server said, and nothing of the cause.
func said(err error) error {
	var p *registry.Problem
	if err == nil || !errors.As(err, &p) {
		return err
	}
	return &syncing.CallError{Problem: &pb.Problem{Code: p.Code.Enum(), Sentence: &p.Sentence}}
}

// call makes one call, if one is due. A phone that was revoked hands its work over.
func (p *phone) call() (syncing.Outcome, error) {
	ctx := p.Context()
	if p.store.Snapshot().State().Revoked {
		return syncing.Run(ctx, p.engine, p.store, lastWords{p})
	}
	p.now = p.now.Add(time.Second)
	p.engine.Kick()
	req, _, err := p.engine.Next(p.now)
	if err != nil {
		return syncing.Outcome{Kind: syncing.Retry}, err
	}
	if req == nil {
		return syncing.Outcome{Kind: syncing.Rest}, nil
	}
	resp, callErr := p.send(func() (*pb.SyncResponse, error) { return p.deliver(ctx, req) })
	out, err := p.engine.Reply(p.now, req, resp, callErr)
	if err == nil && out.Kind == syncing.Revoked {
		out.Kind = syncing.Again // what it has to say is the next call
	}
	return out, err
}

// send lets one call go wrong where the story says so.
func (p *phone) send(do func() (*pb.SyncResponse, error)) (*pb.SyncResponse, error) {
	n := p.calls
	p.calls++
	if p.faults[n] == requestLost {
		return nil, errLost
	}
	resp, err := do()
	if f := p.faults[n]; f == replyLost || f == died {
		p.dead = f == died
		return nil, errLost
	}
	return resp, err
}

// deliver brings one call to the server as it would arrive there.
func (p *phone) deliver(ctx context.Context, req *pb.SyncRequest) (*pb.SyncResponse, error) {
	c, err := p.caller(ctx)
	if err != nil {
		return nil, err
	}
	sent := proto.Clone(req).(*pb.SyncRequest)
	if p.paging.down {
		sent.Page = proto.Uint32(4 << 10)
	}
	resp, err := p.server.Sync(ctx, c, sent)
	if err != nil {
		return nil, said(err)
	}
	if resp.Rows, err = lww.Unpack(lww.Pack(resp.Rows)); err != nil {
		return nil, err
	}
	return resp, nil
}

// lastWords is the server as a revoked phone reaches it.
type lastWords struct{ *phone }

var _ syncing.Server = lastWords{}

func (l lastWords) Sync(context.Context, *pb.SyncRequest) (*pb.SyncResponse, error) {
	return nil, errors.New("a revoked phone does not sync")
}

func (l lastWords) RotateToken(context.Context) (string, error) {
	return "", errors.New("a revoked phone gets no token")
}

func (l lastWords) ReclaimToken(context.Context) (string, error) {
	return "", errors.New("a revoked phone gets no token back")
}

func (l lastWords) HandOverWork(ctx context.Context, device uint32, sealed []byte) error {
	_, err := l.send(func() (*pb.SyncResponse, error) {
		c, err := l.caller(ctx)
		var call *syncing.CallError
		if err != nil && !(errors.As(err, &call) && call.Problem.GetCode() == pb.ProblemCode_PROBLEM_CODE_TOKEN_REVOKED) {
			return nil, err
		}
		_, err = l.server.HandOverWork(ctx, c, &pb.HandOverWorkRequest{Device: &device, Sealed: sealed})
		return nil, said(err)
	})
	return err
}

// noServer is what a book says where a call of its last words is lost.
const noServer = "Chưa gửi được vì không tới được máy chủ. Dữ liệu vẫn còn trên máy và sẽ tự gửi khi có mạng."
