package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"sodanvan/syncserver/store"
)

// Error is what went wrong, with one Vietnamese sentence for the administrator.
type Error struct {
	Sentence string
	Cause    error
}

func (e *Error) Error() string {
	if e.Cause == nil {
		return "backup: " + e.Sentence
	}
	return "backup: " + e.Cause.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// UserMessage is the sentence.
func (e *Error) UserMessage() string { return e.Sentence }

func failed(cause error, format string, args ...any) error {
	return &Error{fmt.Sprintf(format, args...), cause}
}

// spoken tells whether an error has its sentence already, or needs none.
func spoken(err error) bool {
	var own interface{ UserMessage() string }
	return err == nil || errors.As(err, &own) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// writing says why nothing could be written to a folder.
func writing(dir string, err error) error {
	switch {
	case spoken(err):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, store.ErrFull):
		return failed(err, "Ổ đĩa chứa %s đã đầy nên chưa làm được và không để lại gì dở dang; hãy dọn bớt chỗ rồi chạy lại.", dir)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return failed(err, "Không có quyền ghi vào %s; hãy sửa quyền, hoặc chọn thư mục khác.", dir)
	}
	return failed(err, "Không ghi được vào %s; hãy xem ổ đĩa còn cắm và còn chỗ không rồi chạy lại (chi tiết: %v).", dir, err)
}

// reading says why the data directory could not be copied.
func reading(dir string, err error) error {
	if spoken(err) {
		return err
	}
	if errors.Is(err, store.ErrFull) || errors.Is(err, syscall.ENOSPC) {
		return writing(dir, err)
	}
	return failed(err, "Không đọc được dữ liệu trong %s nên chưa sao lưu được; hãy chạy “check”, rồi chạy lại (chi tiết: %v).", dir, err)
}
