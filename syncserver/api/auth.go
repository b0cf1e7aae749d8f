package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"connectrpc.com/connect"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/syncserver/registry"
)

// bearer takes the token out of the one Authorization header. Two headers are refused:
// a proxy and this server could read different ones.
func bearer(h http.Header) (string, bool) {
	values := h.Values("Authorization")
	if len(values) != 1 {
		return "", false
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" || strings.ContainsAny(token, " \t,") {
		return "", false
	}
	return token, true
}

// authenticate says who calls, from the headers alone. A revoked device passes only where
// the procedure says so.
func authenticate(ctx context.Context, reg Registry, p procedure, h http.Header) (registry.Caller, error) {
	token, ok := bearer(h)
	if !ok {
		return registry.Caller{}, &registry.Problem{
			Code: pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN, Sentence: sayNoToken,
			Cause: errors.New("no bearer token"),
		}
	}
	caller, err := reg.Authenticate(ctx, token)
	var problem *registry.Problem
	if p.revokedToo && caller.Device != 0 && errors.As(err, &problem) &&
		problem.Code == pb.ProblemCode_PROBLEM_CODE_TOKEN_REVOKED {
		return caller, nil
	}
	if err != nil {
		return registry.Caller{}, err
	}
	return caller, nil
}

// slots bounds the calls of each device that run at one time, so that one token cannot
// fill the memory of the server with messages. The zero value is ready.
type slots struct {
	mu   sync.Mutex
	busy map[uint32]int
}

// take gives a function that frees the slot, or false.
func (s *slots) take(device uint32) (free func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy == nil {
		s.busy = make(map[uint32]int)
	}
	if s.busy[device] >= maxCallsPerDevice {
		return nil, false
	}
	s.busy[device]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.busy[device]--; s.busy[device] <= 0 {
			delete(s.busy, device)
		}
	}, true
}

func tooMany() *connect.Error {
	return asConnect(connect.CodeResourceExhausted, pb.ProblemCode_PROBLEM_CODE_THROTTLED, sayTooMany, retryBusy)
}

// What a call carries in its context, put there by handler.ServeHTTP before the body is read.
type callKey struct{}

// call is the state of one running call; only its own goroutine touches it.
type call struct {
	procedure procedure
	caller    registry.Caller
	channel   registry.Channel
	seen      Call
	cause     error
}

func callFrom(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}
