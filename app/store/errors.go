package store

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"sodanvan/shared/book"
)

// BusyError: another app has the book open.
type BusyError struct{ Dir string }

func (e *BusyError) Error() string { return "book in " + e.Dir + " is open in another app" }

// UserMessage is the sentence for the screen.
func (e *BusyError) UserMessage() string {
	return "Sổ này đang mở ở cửa sổ khác. Đóng cửa sổ kia rồi mở lại."
}

// NewerError: a newer app wrote the book.
type NewerError struct{ Found, Known int }

func (e *NewerError) Error() string {
	return fmt.Sprintf("book has schema %d, this app knows %d", e.Found, e.Known)
}

// UserMessage is the sentence for the screen.
func (e *NewerError) UserMessage() string {
	return "Sổ này do phiên bản ứng dụng mới hơn ghi. Cập nhật ứng dụng rồi mở lại; dữ liệu vẫn còn nguyên."
}

// FullError: no room is left on the phone.
type FullError struct{ Err error }

func (e *FullError) Error() string { return fmt.Sprintf("disk is full: %v", e.Err) }

// Unwrap gives what SQLite said.
func (e *FullError) Unwrap() error { return e.Err }

// UserMessage is the sentence for the screen.
func (e *FullError) UserMessage() string {
	return "Máy đã hết chỗ nên chưa ghi được. Những gì đã ghi trước vẫn còn; xóa bớt ảnh hoặc ứng dụng rồi lưu lại."
}

// MissingError: there is no book in the folder.
type MissingError struct{ Dir string }

func (e *MissingError) Error() string { return "no book in " + e.Dir }

// UserMessage is the sentence for the screen.
func (e *MissingError) UserMessage() string {
	return "Chưa có sổ trên máy này. Nhập mã trên phiếu để nhận sổ."
}

// ExistsError: there is a book already.
type ExistsError struct{ Dir string }

func (e *ExistsError) Error() string { return "there is a book in " + e.Dir }

// UserMessage is the sentence for the screen.
func (e *ExistsError) UserMessage() string {
	return "Máy này đã có sổ. Mở sổ bằng mã PIN; muốn nhận sổ khác thì chọn thư mục khác."
}

// LeavingError: the household was handed over to another member and takes no new work here.
type LeavingError struct{ Holder book.Holder }

func (e *LeavingError) Error() string {
	return fmt.Sprintf("household %s was handed over", e.Holder.ID)
}

// UserMessage is the sentence for the screen.
func (e *LeavingError) UserMessage() string {
	return "Hộ này đã chuyển cho đảng viên khác phụ trách nên không ghi thêm được. Những gì chưa gửi sẽ được gửi cho chi bộ."
}

// WaitError: after several wrong PINs the next guess has to wait. Nothing was tried.
type WaitError struct{ For time.Duration }

func (e *WaitError) Error() string { return "wait " + e.For.String() + " before the next PIN" }

// UserMessage is the sentence for the screen: seconds up to a minute and a half, then
// minutes, rounded up.
func (e *WaitError) UserMessage() string {
	n, unit := (e.For+time.Second-1)/time.Second, "giây"
	if n > 90 {
		n, unit = (n+59)/60, "phút"
	}
	return fmt.Sprintf("Nhập sai nhiều lần. Đợi %d %s rồi thử lại.", n, unit)
}

// Error is a plain failure with a sentence for the screen.
type Error struct{ text, user string }

func (e *Error) Error() string { return "store: " + e.text }

// UserMessage is the sentence for the screen.
func (e *Error) UserMessage() string { return e.user }

var (
	// ErrClosed: the book was closed or wiped.
	ErrClosed = &Error{"book is closed", "Sổ đã đóng. Mở lại sổ."}
	// ErrPatch: a change that cannot be one: no envelope, or not canonical.
	ErrPatch = &Error{"malformed change", "Chưa lưu được vì thay đổi này bị lỗi. Mở lại trang và ghi lại; nếu vẫn vậy, báo người quản trị."}
	// ErrSent: a change that was sent cannot be taken back here.
	ErrSent = &Error{"change was sent already", "Thay đổi này đã gửi đi nên không rút lại được. Sửa lại trên trang của hộ."}
	// ErrNoOp: no such change.
	ErrNoOp = &Error{"no such change", "Thay đổi này không còn nữa. Mở lại trang."}
)

// diskError gives the failure of a statement its type.
func diskError(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_FULL || errors.Is(err, syscall.ENOSPC) {
		return &FullError{Err: err}
	}
	return err
}
