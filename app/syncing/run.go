package syncing

import (
	"context"
	"fmt"
	"time"

	"connectrpc.com/connect"

	"sodanvan/app/store"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/seal"
)

// Server is what Run calls; *Client is one.
type Server interface {
	Sync(context.Context, *pb.SyncRequest) (*pb.SyncResponse, error)
	RotateToken(context.Context) (string, error)
	// ReclaimToken gets a new token where a restored server does not know this phone's last one.
	ReclaimToken(context.Context) (string, error)
	// HandOverWork hands over work that is sealed under a device number.
	HandOverWork(ctx context.Context, device uint32, sealed []byte) error
}

// Book is what Run needs of the book besides the engine's part.
type Book interface {
	Store
	SetToken(ctx context.Context, token string) error
	Wipe(ctx context.Context) error
}

// Run makes calls until nothing is left to do, a call fails, or ctx ends. It waits for
// nothing: the outcome says when to come back. A revoked phone hands its work over and
// wipes the book; then the outcome is Revoked and the book is closed.
func Run(ctx context.Context, e *Engine, b Book, srv Server) (Outcome, error) {
	reclaimed := false
	for {
		if b.Snapshot().State().Revoked {
			return handOver(ctx, b, srv)
		}
		now := time.Now()
		req, wake, err := e.Next(now)
		if err != nil {
			return Outcome{Kind: Retry, Wake: now.Add(firstDelay), Sentence: sentence(err)}, err
		}
		if req == nil {
			out := e.Status()
			if out.Kind != Stopped && out.Kind != Retry {
				out.Kind = Rest
			}
			out.Wake = wake
			return out, nil
		}
		resp, callErr := srv.Sync(ctx, req)
		if !reclaimed && ProblemOf(callErr).GetCode() == pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN {
			reclaimed = true
			resp, callErr, err = reclaim(ctx, b, srv, req, callErr)
			if err != nil {
				return Outcome{Kind: Retry, Wake: now.Add(firstDelay), Sentence: sentence(err)}, err
			}
		}
		if ctx.Err() != nil && callErr != nil {
			return Outcome{Kind: Retry}, ctx.Err() // nobody's failure: no waiting for it
		}
		out, err := e.Reply(time.Now(), req, resp, callErr)
		if err != nil {
			return out, err
		}
		if out.Rotate {
			if err := rotate(ctx, b, srv); err != nil {
				return out, err
			}
		}
		if out.Kind != Again && out.Kind != Revoked {
			return out, nil
		}
	}
}

// reclaim asks for a new token with the device's key and makes the call once more: a server
// that was restored from a backup may know this phone and not its last token. Where it knows
// nothing of the phone, the first error stands.
func reclaim(ctx context.Context, b Book, srv Server, req *pb.SyncRequest, unknown error) (*pb.SyncResponse, error, error) {
	token, err := srv.ReclaimToken(ctx)
	switch {
	case err == nil && token != "":
		if err := b.SetToken(ctx, token); err != nil {
			return nil, nil, fmt.Errorf("keep new token: %w", err)
		}
		if b.Snapshot().State().Identity.Device != req.GetDevice() {
			return nil, unknown, nil // the phone joined anew meanwhile: that call is nobody's any more
		}
		resp, callErr := srv.Sync(ctx, req)
		return resp, callErr, nil
	case err != nil && ProblemOf(err).GetCode() != pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN && connect.CodeOf(err) != connect.CodeUnimplemented:
		return nil, err, nil // the network, or a busy server: not its last word
	}
	return nil, unknown, nil
}

// handOverWork gives sealed work to the server; one that was restored may know the phone and
// not its last token.
func handOverWork(ctx context.Context, b Book, srv Server, sealed []byte) error {
	device := b.Snapshot().State().Identity.Device
	err := srv.HandOverWork(ctx, device, sealed)
	if ProblemOf(err).GetCode() != pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN {
		return err
	}
	token, reclaimErr := srv.ReclaimToken(ctx)
	if reclaimErr != nil || token == "" {
		return err
	}
	if err := b.SetToken(ctx, token); err != nil {
		return fmt.Errorf("keep new token: %w", err)
	}
	return srv.HandOverWork(ctx, device, sealed)
}

// rotate takes a new token. A failed call is no failure of the sync: the old token goes on
// and the server asks again.
func rotate(ctx context.Context, b Book, srv Server) error {
	token, err := srv.RotateToken(ctx)
	if err != nil || token == "" {
		return nil
	}
	if err := b.SetToken(ctx, token); err != nil {
		return fmt.Errorf("keep new token: %w", err)
	}
	return nil
}

// handOver gives the unsent work of a revoked phone to the server and wipes the book, in
// this order: work that was not taken stays.
func handOver(ctx context.Context, b Book, srv Server) (Outcome, error) {
	out := Outcome{Kind: Revoked, Sentence: "Máy này đã bị thu hồi. Những gì chưa gửi đã được bàn giao cho chi bộ và sổ trên máy đã xóa."}
	snap := b.Snapshot()
	work, n, err := snap.Work()
	if err != nil {
		return Outcome{Kind: Stopped, Sentence: sentence(err)}, err
	}
	if n > 0 {
		id := snap.State().Identity
		if len(id.RecoveryKey) != len(seal.RecoveryPub{}) {
			return Outcome{Kind: Stopped}, fmt.Errorf("hand work over: no recovery key")
		}
		sealed, err := seal.SealWork(seal.RecoveryPub(id.RecoveryKey), store.BookName(id.Server, id.Device), work)
		if err != nil {
			return Outcome{Kind: Stopped}, fmt.Errorf("hand work over: %w", err)
		}
		if err := handOverWork(ctx, b, srv, sealed); err != nil {
			return Outcome{Kind: Retry, Wake: time.Now().Add(maxDelay), Problem: ProblemOf(err), Sentence: sentence(err)}, err
		}
	}
	if err := b.Wipe(ctx); err != nil {
		return Outcome{Kind: Stopped}, err
	}
	return out, nil
}

// Keep syncs until ctx ends: at once, when kick is sent to (after a save, when the network
// returns, on the button), and at the engine's times. report gets every outcome; it runs on
// this goroutine. Keep returns early when the phone was revoked and wiped; what stood in the
// way of that is tried again when kicked.
func Keep(ctx context.Context, e *Engine, b Book, srv Server, kick <-chan struct{}, report func(Outcome, error)) {
	for {
		out, err := Run(ctx, e, b, srv)
		if ctx.Err() != nil {
			return
		}
		report(out, err)
		if out.Kind == Revoked && err == nil {
			return
		}
		var timer <-chan time.Time
		if !out.Wake.IsZero() {
			timer = time.After(max(time.Until(out.Wake), time.Second))
		}
		select {
		case <-ctx.Done():
			return
		case <-kick:
			e.Kick()
		case <-timer:
		}
	}
}
