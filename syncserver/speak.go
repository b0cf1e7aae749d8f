package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"regexp"
	"syscall"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/syncserver/registry"
)

// saying is an error that is nothing but its sentence.
type saying struct {
	text  string
	cause error
}

func (e *saying) Error() string {
	if e.cause != nil {
		return e.text + ": " + e.cause.Error()
	}
	return e.text
}
func (e *saying) Unwrap() error       { return e.cause }
func (e *saying) UserMessage() string { return e.text }

// say makes an error of one Vietnamese sentence.
func say(format string, args ...any) error { return &saying{text: fmt.Sprintf(format, args...)} }

// sayWhy is say with a cause for errors.Is.
func sayWhy(cause error, format string, args ...any) error {
	return &saying{fmt.Sprintf(format, args...), cause}
}

// sentence is what the administrator reads of an error: one sentence that says what
// happened and what to do.
func sentence(err error) string {
	var own *saying
	var problem *registry.Problem
	var spoken interface{ UserMessage() string }
	var path *fs.PathError
	switch {
	case errors.As(err, &own):
		return own.text
	case errors.As(err, &problem) && problem.Code == pb.ProblemCode_PROBLEM_CODE_BUSY:
		// The registry's sentence is for phones.
		return fmt.Sprintf("Chưa làm được và dữ liệu không đổi; hãy thử lại sau ít phút (chi tiết: %v).", problem.Cause)
	case errors.As(err, &problem) && problem.Code == pb.ProblemCode_PROBLEM_CODE_DISK_FULL:
		return "Ổ đĩa của máy chủ đã đầy nên chưa ghi gì; hãy dọn bớt chỗ rồi làm lại."
	case errors.As(err, &spoken):
		return spoken.UserMessage()
	case errors.Is(err, context.Canceled):
		return "Đã dừng theo yêu cầu; việc dở dang không được ghi lại."
	case errors.As(err, &path) && errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf("Không có tệp hoặc thư mục %s; hãy xem lại đường dẫn.", path.Path)
	case errors.As(err, &path) && errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf("Không có quyền đọc hoặc ghi %s; hãy sửa quyền hoặc chọn nơi khác.", path.Path)
	case errors.As(err, &path):
		return fmt.Sprintf("Không dùng được %s; hãy xem lại đường dẫn và chỗ trống trên ổ đĩa (chi tiết: %v).", path.Path, path.Err)
	}
	return fmt.Sprintf("Có lỗi ngoài dự kiến nên lệnh dừng lại; hãy báo người làm phần mềm (chi tiết: %v).", err)
}

// listenSentence says why an address cannot be listened on.
func listenSentence(addr, flag string, err error) error {
	var dns *net.DNSError
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return sayWhy(err, "Cổng %s đang có chương trình khác dùng, có thể là một máy chủ Sổ Dân Vận đang chạy; hãy dừng nó hoặc chọn cổng khác bằng %s.", addr, flag)
	case errors.Is(err, syscall.EACCES), errors.Is(err, os.ErrPermission):
		return sayWhy(err, "Không có quyền mở cổng %s; hãy chọn cổng lớn hơn 1024 bằng %s.", addr, flag)
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.As(err, &dns):
		return sayWhy(err, "Máy này không có địa chỉ %s; hãy xem lại %s.", addr, flag)
	}
	return sayWhy(err, "Không mở được cổng %s; hãy viết dạng máy:cổng, ví dụ :8443, trong %s.", addr, flag)
}

// parsePatterns turn what kong says into Vietnamese. The first that fits is used; the
// parts in brackets go into the sentence.
var parsePatterns = []struct {
	pattern *regexp.Regexp
	say     string
}{
	{regexp.MustCompile(`unknown flag (\S+?), did you mean "?(.+?)"?\?`), `Không có tham số %s; có phải là %s?`},
	{regexp.MustCompile(`unknown flag (\S+)`), `Không có tham số %s; gõ thêm --help để xem các tham số.`},
	{regexp.MustCompile(`unexpected argument (.+), did you mean "(.+?)"\?`), `Không hiểu “%s”; có phải là “%s”?`},
	{regexp.MustCompile(`unexpected argument (.+)`), `Không hiểu “%s”; gõ --help để xem các lệnh.`},
	{regexp.MustCompile(`missing flags: (.+)`), `Thiếu tham số %s; hãy thêm vào rồi chạy lại.`},
	{regexp.MustCompile(`(--\S+?)(?:=\S*)?: (?:missing value|expected .* value but got "EOL")`), `Tham số %s chưa có giá trị; hãy ghi giá trị ngay sau nó.`},
	{regexp.MustCompile(`(--\S+?)(?:=\S*)? must be one of (.+) but got (".*")`), `Tham số %s chỉ nhận một trong các giá trị %s, không nhận %s.`},
	{regexp.MustCompile(`<(\S+)> must be one of (.+) but got (".*")`), `Chỗ <%s> chỉ nhận một trong các giá trị %s, không nhận %s.`},
	{regexp.MustCompile(`(\S+) and (\S+) can't be used together`), `Chỉ dùng một trong hai tham số %s và %s.`},
	{regexp.MustCompile(`expected "?<(.+?)>"?`), `Thiếu <%s> ở cuối lệnh; gõ thêm --help để xem cách dùng.`},
	{regexp.MustCompile(`expected one of (.+)`), `Lệnh chưa đủ; hãy gõ thêm một trong các từ: %s.`},
	{regexp.MustCompile(`expected (".+")`), `Lệnh chưa đủ; hãy gõ thêm %s.`},
	{regexp.MustCompile(`but got (".*")`), `Không hiểu giá trị %s; gõ thêm --help để xem cách dùng.`},
}

var commas = regexp.MustCompile(`, *`)

func parseSentence(err error) string {
	text := err.Error()
	for _, p := range parsePatterns {
		m := p.pattern.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		parts := make([]any, len(m)-1)
		for i, s := range m[1:] {
			parts[i] = commas.ReplaceAllString(s, ", ")
		}
		return fmt.Sprintf(p.say, parts...)
	}
	return `Lệnh gõ chưa đúng; gõ "syncserver --help" để xem cách dùng.`
}
