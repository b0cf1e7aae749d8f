package importer

import "fmt"

// ProblemKind is something in a row that a person should look at. None keeps
// the household out.
type ProblemKind int

const (
	// NoHead: the head's name is missing.
	NoHead ProblemKind = iota + 1
	// BadPhone: the phone is not a Vietnamese number and is left empty.
	BadPhone
	// OldPhone: an 11-digit number of before 2018 was converted.
	OldPhone
	// NoMember: nobody looks after the household.
	NoMember
	// SeveralPhones and SeveralMembers: the cell names more than one, the first
	// is taken.
	SeveralPhones
	SeveralMembers
	// UnknownWelfare: the category is not in the closed list and is left empty.
	UnknownWelfare
	// BadSize: the number of people cannot be read.
	BadSize
	// YearLeftOut: a year stood with the head's name; it is not kept.
	YearLeftOut
	// NoValue: a formula without a stored value, or an error value.
	NoValue
	// MemberApart: the member's name appeared before, in another place.
	MemberApart
	// PossibleDuplicate: looks like the household of Problem.Row.
	PossibleDuplicate
	// RepeatedRow: the row says the same as Problem.Row.
	RepeatedRow
)

// Problem is one thing to look at in a row.
type Problem struct {
	Kind ProblemKind
	// Row is the other row, for PossibleDuplicate and RepeatedRow.
	Row int
}

// Mend tells whether somebody has to add or decide something; the others only
// tell what was done.
func (p Problem) Mend() bool {
	switch p.Kind {
	case OldPhone, YearLeftOut, RepeatedRow:
		return false
	}
	return true
}

// UserMessage is the Vietnamese sentence for the row.
func (p Problem) UserMessage() string {
	switch p.Kind {
	case NoHead:
		return "Thiếu họ tên chủ hộ, cần bổ sung."
	case BadPhone:
		return "Số điện thoại không đúng nên để trống, cần hỏi lại."
	case OldPhone:
		return "Số điện thoại 11 chữ số đã được đổi sang 10 chữ số."
	case NoMember:
		return "Chưa có đảng viên phụ trách, cần phân công."
	case SeveralPhones:
		return "Ô có nhiều số điện thoại, chỉ lấy số đầu."
	case SeveralMembers:
		return "Ô có nhiều đảng viên, chỉ lấy người đầu; cần xem lại phân công."
	case UnknownWelfare:
		return "Diện không có trong danh mục (hộ nghèo, cận nghèo, gia đình chính sách) nên để trống, cần xem lại."
	case BadSize:
		return "Số khẩu không đọc được, cần ghi lại bằng chữ số."
	case YearLeftOut:
		return "Năm sinh của chủ hộ không được lưu."
	case NoValue:
		return "Có ô là công thức chưa tính hoặc báo lỗi; hãy mở tệp bằng Excel, tính lại và lưu, hoặc gõ giá trị vào ô."
	case MemberApart:
		return "Tên đảng viên này đã có ở chỗ khác trong danh sách và được coi là một người; nếu là hai người, hãy ghi thêm năm sinh sau tên."
	case PossibleDuplicate:
		return fmt.Sprintf("Có thể trùng với hộ ở dòng %d, cần xem lại.", p.Row)
	case RepeatedRow:
		return fmt.Sprintf("Lặp lại dòng %d nên không nhập thêm.", p.Row)
	}
	return ""
}
