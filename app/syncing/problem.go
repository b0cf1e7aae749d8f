package syncing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"connectrpc.com/connect"

	pb "sodanvan/shared/gen/sodanvan/v1"
)

// CallError is a failed call whose cause the server named. The client makes it of a connect
// error; a simulation may make it directly.
type CallError struct {
	Problem *pb.Problem
	Err     error
}

func (e *CallError) Error() string {
	if e.Err == nil {
		return "server: " + e.Problem.GetCode().String()
	}
	return "server: " + e.Problem.GetCode().String() + ": " + e.Err.Error()
}

// Unwrap gives the error of the call.
func (e *CallError) Unwrap() error { return e.Err }

// UserMessage is the server's sentence.
func (e *CallError) UserMessage() string {
	if s := e.Problem.GetSentence(); s != "" {
		return s
	}
	return offline
}

const offline = "Chưa gửi được vì không tới được máy chủ. Dữ liệu vẫn còn trên máy và sẽ tự gửi khi có mạng."

// fullSentence says that the server takes more of this phone's changes after a while.
func fullSentence(d time.Duration) string {
	n, unit := (d+time.Minute-1)/time.Minute, "phút"
	if n > 90 {
		n, unit = (n+59)/60, "giờ"
	}
	return fmt.Sprintf("Hôm nay máy này đã gửi rất nhiều, nên máy chủ nhận tiếp sau %d %s nữa. Những gì chưa gửi vẫn còn trên máy và sẽ tự gửi.", n, unit)
}

// ProblemOf finds what the server said about a failed call; nil: nothing.
func ProblemOf(err error) *pb.Problem {
	var call *CallError
	if errors.As(err, &call) {
		return call.Problem
	}
	var ce *connect.Error
	if !errors.As(err, &ce) {
		return nil
	}
	for _, d := range ce.Details() {
		if m, err := d.Value(); err == nil {
			if p, ok := m.(*pb.Problem); ok {
				return p
			}
		}
	}
	return nil
}

// callError gives a failed call its type.
func callError(err error) error {
	if err == nil || errors.As(err, new(*CallError)) {
		return err
	}
	if p := ProblemOf(err); p != nil {
		return &CallError{Problem: p, Err: err}
	}
	return err
}

// sentence says an error to a person.
func sentence(err error) string {
	var u interface{ UserMessage() string }
	if errors.As(err, &u) {
		return u.UserMessage()
	}
	if errors.Is(err, context.Canceled) {
		return ""
	}
	return offline
}
