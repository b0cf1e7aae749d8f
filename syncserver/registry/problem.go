package registry

import (
	"errors"
	"fmt"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/syncserver/store"
)

// Problem is the only kind of error that reaches a client: a code, one Vietnamese sentence
// that says what to do, and the cause, which stays in the log.
type Problem struct {
	Code     pb.ProblemCode
	Sentence string
	// RetryAfter is a number of seconds; 0: no advice.
	RetryAfter int
	Cause      error
}

func (p *Problem) Error() string {
	if p.Cause != nil {
		return fmt.Sprintf("%s: %v", p.Code, p.Cause)
	}
	return p.Code.String()
}

func (p *Problem) Unwrap() error { return p.Cause }

// UserMessage returns the sentence.
func (p *Problem) UserMessage() string { return p.Sentence }

var sentences = map[pb.ProblemCode]string{
	pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN:  "Máy chủ chưa nhận ra máy này. Mọi ghi chép vẫn còn trên máy; xin bí thư cấp mã đăng ký mới.",
	pb.ProblemCode_PROBLEM_CODE_TOKEN_REVOKED:  "Máy này đã bị thu hồi. Liên hệ bí thư chi bộ.",
	pb.ProblemCode_PROBLEM_CODE_BAD_SIGNATURE:  "Chữ ký của máy không khớp. Mọi ghi chép vẫn còn trên máy; báo người quản trị.",
	pb.ProblemCode_PROBLEM_CODE_GAP:            "Thiếu một đoạn ghi chép ở giữa. Máy sẽ gửi lại từ đoạn thiếu.",
	pb.ProblemCode_PROBLEM_CODE_TOO_LARGE:      "Gửi một lần quá nhiều. Máy sẽ tự chia nhỏ rồi gửi lại.",
	pb.ProblemCode_PROBLEM_CODE_DISK_FULL:      "Máy chủ hết chỗ chứa. Cứ ghi tiếp, máy sẽ tự gửi lại; báo người quản trị.",
	pb.ProblemCode_PROBLEM_CODE_BUSY:           "Máy chủ đang bận. Máy sẽ tự gửi lại sau ít phút.",
	pb.ProblemCode_PROBLEM_CODE_CODE_WRONG:     "Mã không đúng hoặc không còn dùng được. Xem lại phiếu, hoặc xin bí thư mã mới.",
	pb.ProblemCode_PROBLEM_CODE_CODE_USED:      "Mã này đã dùng cho một máy khác. Xin bí thư mã mới.",
	pb.ProblemCode_PROBLEM_CODE_CODE_EXPIRED:   "Mã này đã quá hạn. Xin bí thư mã mới.",
	pb.ProblemCode_PROBLEM_CODE_NOT_YOURS:      "Không tìm thấy, hoặc không thuộc phạm vi của đồng chí.",
	pb.ProblemCode_PROBLEM_CODE_BAD_REQUEST:    "Máy chủ không hiểu yêu cầu này. Cập nhật ứng dụng rồi thử lại.",
	pb.ProblemCode_PROBLEM_CODE_THROTTLED:      "Thử quá nhiều lần. Đợi ít phút rồi thử lại.",
	pb.ProblemCode_PROBLEM_CODE_SCHEMA_TOO_OLD: "Ứng dụng đã cũ. Cập nhật ứng dụng; mọi ghi chép vẫn còn trên máy.",
}

func problem(code pb.ProblemCode, cause error) *Problem {
	p := &Problem{Code: code, Sentence: sentences[code], Cause: cause}
	switch code {
	case pb.ProblemCode_PROBLEM_CODE_DISK_FULL:
		p.RetryAfter = 600
	case pb.ProblemCode_PROBLEM_CODE_BUSY:
		p.RetryAfter = 30
	case pb.ProblemCode_PROBLEM_CODE_THROTTLED:
		p.RetryAfter = 120
	}
	return p
}

// asProblem turns any error into one that a client may see.
func asProblem(err error) error {
	var p *Problem
	switch {
	case err == nil:
		return nil
	case errors.As(err, &p):
		return p
	case errors.Is(err, store.ErrFull):
		return problem(pb.ProblemCode_PROBLEM_CODE_DISK_FULL, err)
	default:
		return problem(pb.ProblemCode_PROBLEM_CODE_BUSY, err)
	}
}
