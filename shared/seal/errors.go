package seal

// Error is a failure that code tests for with errors.Is and that a person may
// meet: besides the technical text it has one Vietnamese sentence saying what
// happened and what to do.
type Error struct{ text, user string }

func (e *Error) Error() string { return "seal: " + e.text }

// UserMessage is the sentence for the screen.
func (e *Error) UserMessage() string { return e.user }

// The failures of this package. They come wrapped with context: use errors.Is.
var (
	// ErrNotPinned: the server that answered does not hold a key that the
	// phone pinned. Nothing may be sent.
	ErrNotPinned = &Error{"server key is not pinned",
		"Đây không phải máy chủ đã ghi trên phiếu. Không gửi gì. Báo người quản trị."}
	// ErrMoved: a "the server has moved" statement that no pinned root signed.
	ErrMoved = &Error{"statement of a move is not signed by a pinned root",
		"Thông báo đổi địa chỉ máy chủ không hợp lệ nên không dùng. Báo người quản trị."}
	// ErrSignature: operations that the named device did not sign.
	ErrSignature = &Error{"signature does not match",
		"Máy chủ không nhận ra chữ ký của máy này. Dữ liệu vẫn còn trên máy. Báo bí thư chi bộ."}
	// ErrToken: not the shape of a token. Says nothing of whether it is known.
	ErrToken = &Error{"malformed token",
		"Máy chủ không nhận ra máy này. Dữ liệu vẫn còn trên máy. Báo bí thư chi bộ."}
	// ErrOpen: a sealed body does not open: another key, another place, or
	// changed bytes. Which of them, nobody can tell.
	ErrOpen = &Error{"sealed data does not open",
		"Có dữ liệu trên máy không đọc được. Đừng xóa ứng dụng. Báo người quản trị."}
	// ErrNoKey: the key of this household is not here: erased, or never given.
	ErrNoKey = &Error{"no such key",
		"Dữ liệu của hộ này đã được xóa hoặc không còn giao cho máy này."}
	// ErrWrongPIN: the PIN or passphrase does not open the book.
	ErrWrongPIN = &Error{"wrong PIN",
		"Mã PIN chưa đúng. Nhập lại, hoặc nhờ bí thư chi bộ đặt lại mã."}
	// ErrDeviceSecret: the secret kept by the device is gone or is another one,
	// so no PIN can open the book. Only the recovery key can.
	ErrDeviceSecret = &Error{"device secret is missing or changed",
		"Máy đã mất khóa bảo vệ nên không mở được sổ bằng mã PIN. Nhờ bí thư chi bộ khôi phục."}
	// ErrDamaged: the stored bytes are not what was written; no PIN was tried.
	ErrDamaged = &Error{"stored bytes are damaged",
		"Tệp khóa của sổ bị hỏng. Đừng xóa ứng dụng. Nhờ bí thư chi bộ khôi phục."}
	// ErrRecovery: a recovery box that this key does not open.
	ErrRecovery = &Error{"recovery box does not open",
		"Không mở được bản khôi phục bằng khóa này. Báo người quản trị."}
	// ErrIdentity: a root or a certificate that cannot be used.
	ErrIdentity = &Error{"unusable server identity",
		"Khóa nhận dạng của máy chủ không dùng được. Lấy lại tệp khóa từ bản sao lưu."}
)
