package importer

import (
	"errors"
	"fmt"
	"strings"
)

// What can be wrong with a roster file as a whole. Each is wrapped in a
// *FileError, whose UserMessage is the sentence for the administrator.
var (
	// ErrNotWorkbook: the bytes are not a zip, or a zip without a workbook.
	ErrNotWorkbook = errors.New("not an xlsx workbook")
	// ErrEncrypted: an OLE container with an encrypted package.
	ErrEncrypted = errors.New("workbook is password-protected")
	// ErrOldFormat: an OLE container that holds a pre-2007 .xls, or an .xlsb.
	ErrOldFormat = errors.New("workbook is in an old or binary format")
	// ErrTooLarge: a limit of size, sheets or rows is passed; a zip bomb too.
	ErrTooLarge = errors.New("workbook is too large")
	// ErrDamaged: the workbook's parts are missing, cut or not XML.
	ErrDamaged = errors.New("workbook is damaged")
	// ErrNoTable: no sheet has a table with the columns of a roster.
	ErrNoTable = errors.New("no roster table found")
	// ErrSecretary: a name given with --secretary is not one member.
	ErrSecretary = errors.New("secretary is not exactly one member of the roster")
)

// FileError says why a workbook cannot be imported. errors.Is finds the
// sentinel (ErrEncrypted …) through Unwrap.
type FileError struct {
	// Kind is one of the sentinels above.
	Kind error
	// Sheets are the sheets that were looked at, for ErrNoTable.
	Sheets []string
	// Name and Branches are the name that was asked for and the branches in
	// which it is found, for ErrSecretary.
	Name     string
	Branches []string
	// Detail is what the program saw, for the log.
	Detail string
	// Cause is the error below, if there is one.
	Cause error
}

// Error is the line for the log: it names no person.
func (e *FileError) Error() string {
	s := "importer: " + e.Kind.Error()
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap gives the sentinel and the cause to errors.Is and errors.As.
func (e *FileError) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}

// UserMessage is one Vietnamese sentence: what happened and what to do.
func (e *FileError) UserMessage() string {
	switch e.Kind {
	case ErrNotWorkbook:
		return "Tệp này không phải là bảng tính Excel (.xlsx); hãy mở danh sách bằng Excel hoặc LibreOffice rồi lưu lại dạng .xlsx."
	case ErrEncrypted:
		return "Tệp có đặt mật khẩu nên không đọc được; hãy mở tệp, bỏ mật khẩu, lưu lại rồi nhập lại."
	case ErrOldFormat:
		return "Tệp ở định dạng Excel cũ (.xls hoặc .xlsb); hãy mở tệp rồi chọn Lưu thành dạng .xlsx và nhập lại."
	case ErrTooLarge:
		return "Tệp quá lớn so với một danh sách hộ nên không đọc; hãy tách tệp theo chi bộ, xóa hình ảnh và các dòng thừa rồi nhập lại."
	case ErrDamaged:
		return "Tệp bảng tính bị hỏng hoặc bị thiếu một phần; hãy mở bằng Excel, lưu thành tệp mới rồi nhập lại."
	case ErrNoTable:
		return fmt.Sprintf("Không tìm thấy bảng danh sách hộ trong %s; bảng cần có một dòng tiêu đề với cột họ tên chủ hộ và ít nhất một cột trong số: thôn phố, địa chỉ, điện thoại, số khẩu, đảng viên phụ trách.", sheetList(e.Sheets))
	case ErrSecretary:
		if len(e.Branches) == 0 {
			return fmt.Sprintf("Không có đảng viên nào tên “%s” trong danh sách; hãy viết đúng họ tên như trong tệp.", e.Name)
		}
		return fmt.Sprintf("Có nhiều đảng viên tên “%s” (%s); hãy ghi thêm năm hoặc tên chi bộ, ví dụ “%s, %s”.", e.Name, strings.Join(e.Branches, "; "), e.Name, e.Branches[0])
	}
	return "Không đọc được tệp danh sách; hãy lưu lại tệp rồi thử lại."
}

func sheetList(names []string) string {
	const shown = 8
	if len(names) == 0 {
		return "tệp (tệp không có trang tính nào)"
	}
	list := "“" + strings.Join(names[:min(shown, len(names))], "”, “") + "”"
	if len(names) > shown {
		list += fmt.Sprintf(" và %d trang khác", len(names)-shown)
	}
	return "các trang tính " + list
}

func damaged(detail string, cause error) error {
	return &FileError{Kind: ErrDamaged, Detail: detail, Cause: cause}
}

func tooLarge(format string, args ...any) error {
	return &FileError{Kind: ErrTooLarge, Detail: fmt.Sprintf(format, args...)}
}
