package api

import (
	"cmp"
	"context"
	"errors"
	"strconv"

	"connectrpc.com/connect"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/syncserver/registry"
)

// Sentences for what goes wrong in this package itself.
const (
	sayInternal  = "Máy chủ gặp lỗi khi xử lý; dữ liệu vẫn còn trên máy này, ứng dụng sẽ tự gửi lại."
	sayNoToken   = "Máy chủ không nhận ra máy này; dữ liệu vẫn còn trên máy, hãy báo bí thư chi bộ."
	sayTooLarge  = "Gói dữ liệu gửi lên quá lớn nên máy chủ không nhận; ứng dụng sẽ chia nhỏ rồi gửi lại."
	sayTooLong   = "Máy chủ đang bận nên chưa xử lý xong; dữ liệu vẫn còn trên máy, ứng dụng sẽ tự gửi lại."
	sayTooMany   = "Máy này đang gửi nhiều lần cùng lúc; hãy chờ một lát, ứng dụng sẽ tự gửi lại."
	sayDamaged   = "Gói dữ liệu gửi lên bị hỏng trên đường; ứng dụng sẽ tự gửi lại."
	sayBadMethod = "Địa chỉ này chỉ dành cho ứng dụng Sổ Dân Vận."
	sayNoChannel = "Kết nối này không đủ an toàn để đăng ký máy; hãy mở lại ứng dụng rồi thử lần nữa."
)

// retryBusy is when to come back after an overload, in seconds.
const retryBusy = 5

// connectCodes says which Connect code carries a problem. "Not yours" and "not there" look
// the same on purpose.
var connectCodes = map[pb.ProblemCode]connect.Code{
	pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN:  connect.CodeUnauthenticated,
	pb.ProblemCode_PROBLEM_CODE_TOKEN_REVOKED:  connect.CodeUnauthenticated,
	pb.ProblemCode_PROBLEM_CODE_BAD_SIGNATURE:  connect.CodePermissionDenied,
	pb.ProblemCode_PROBLEM_CODE_GAP:            connect.CodeFailedPrecondition,
	pb.ProblemCode_PROBLEM_CODE_TOO_LARGE:      connect.CodeResourceExhausted,
	pb.ProblemCode_PROBLEM_CODE_DISK_FULL:      connect.CodeUnavailable,
	pb.ProblemCode_PROBLEM_CODE_BUSY:           connect.CodeUnavailable,
	pb.ProblemCode_PROBLEM_CODE_CODE_WRONG:     connect.CodePermissionDenied,
	pb.ProblemCode_PROBLEM_CODE_CODE_USED:      connect.CodeFailedPrecondition,
	pb.ProblemCode_PROBLEM_CODE_CODE_EXPIRED:   connect.CodeFailedPrecondition,
	pb.ProblemCode_PROBLEM_CODE_NOT_YOURS:      connect.CodeNotFound,
	pb.ProblemCode_PROBLEM_CODE_BAD_REQUEST:    connect.CodeInvalidArgument,
	pb.ProblemCode_PROBLEM_CODE_THROTTLED:      connect.CodeResourceExhausted,
	pb.ProblemCode_PROBLEM_CODE_SCHEMA_TOO_OLD: connect.CodeFailedPrecondition,
}

// wireError makes the error that a phone gets out of any error of a call. Only a
// *registry.Problem says more than "internal", and even of that only code, sentence and
// time; its cause is for the log.
func wireError(err error) *connect.Error {
	var p *registry.Problem
	switch {
	case errors.As(err, &p):
		code, ok := connectCodes[p.Code]
		if !ok {
			code = connect.CodeInternal
		}
		return asConnect(code, p.Code, cmp.Or(p.Sentence, sayInternal), p.RetryAfter)
	case errors.Is(err, context.Canceled):
		return asConnect(connect.CodeCanceled, 0, sayTooLong, 0)
	case errors.Is(err, context.DeadlineExceeded):
		return asConnect(connect.CodeDeadlineExceeded, pb.ProblemCode_PROBLEM_CODE_BUSY, sayTooLong, retryBusy)
	}
	var ready *connect.Error
	if errors.As(err, &ready) {
		return ready
	}
	return asConnect(connect.CodeInternal, 0, sayInternal, retryBusy)
}

// asConnect is the one place where an error for the wire is made.
func asConnect(code connect.Code, problem pb.ProblemCode, sentence string, retryAfter int) *connect.Error {
	e := connect.NewError(code, errors.New(sentence))
	detail := &pb.Problem{Code: &problem, Sentence: &sentence}
	if retryAfter > 0 {
		detail.RetryAfterS = new(uint32(retryAfter))
		e.Meta().Set("Retry-After", strconv.Itoa(retryAfter))
	}
	if d, err := connect.NewErrorDetail(detail); err == nil { // fails for no message of ours
		e.AddDetail(d)
	}
	return e
}

func tooLarge() *connect.Error {
	return asConnect(connect.CodeResourceExhausted, pb.ProblemCode_PROBLEM_CODE_TOO_LARGE, sayTooLarge, 0)
}
