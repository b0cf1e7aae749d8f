package words

import (
	"fmt"
	"strings"
	"time"
)

// Sentences of the app's own errors; what a rule of the book says comes from book.Refusal.
const (
	// NotYours is the one answer for "not there" and "not theirs".
	NotYours = "Không tìm thấy, hoặc không thuộc phạm vi của đồng chí."
	// AskFirst: consent comes before data.
	AskFirst = "Hỏi hộ có đồng ý cho ghi vào sổ không, ghi câu trả lời rồi mới ghi nội dung này."
	// AskForward: a petition goes beyond the branch only with the household's consent.
	AskForward = "Hỏi hộ có đồng ý chuyển kiến nghị lên trên không, ghi câu trả lời rồi mới gửi lên."
	// Declined: the household said no.
	Declined = "Hộ không đồng ý cho ghi. Chỉ ghi ngày và cách tiếp xúc, không ghi nội dung."
	// NothingChanged: a form was closed as it was opened.
	NothingChanged = "Không có gì thay đổi."
	// GoneMeanwhile: what a notice offers to put back is no longer open.
	GoneMeanwhile = "Mục này đã được xử lý rồi."
	// OnlyOnline: the action needs the server.
	OnlyOnline = "Việc này cần mạng. Tìm nơi có mạng rồi làm lại."
	// ReasonNeeded: a returned record tells why.
	ReasonNeeded = "Ghi lý do trả lại để đồng chí ấy biết cần sửa gì."
	// NothingToApprove: no visit of that member and month waits.
	NothingToApprove = "Không có lượt tiếp xúc nào của tháng này chờ duyệt."
	// Unexpected: a failure that has no words of its own.
	Unexpected = "Máy gặp lỗi, phần đã ghi vẫn còn. Đóng sổ rồi mở lại; vẫn lỗi thì báo quản trị."
)

// NotYetStored says that a version can be reviewed only when the server has it.
const NotYetStored = "Mục này máy chủ chưa lưu, hoặc đang có phần sửa chưa gửi. Gửi nhận xong rồi duyệt."

// Warned names the words of a text that the commune's table warns of.
func Warned(found []string) string {
	return fmt.Sprintf("Sổ không ghi chuyện riêng tư của hộ. Xem lại: «%s».", strings.Join(found, "», «"))
}

const (
	// Withdrawn: the household took its consent back.
	Withdrawn = "Hộ đã rút lại đồng ý. Chỉ ghi ngày và cách tiếp xúc, không ghi nội dung."
	// WhichMember: a name that means nobody, or several people.
	WhichMember = "Không rõ đồng chí nào. Chọn lại trong danh sách đảng viên của chi bộ."
	// NoHouseholdCommended: a commendation is of a collective or a person.
	NoHouseholdCommended = "Biểu dương, khen thưởng ghi cho tập thể hoặc cá nhân, không ghi cho hộ. Ghi lại tên."
	// HasPhone: a proxy is for who has no phone.
	HasPhone = "Đồng chí ấy có máy và tự ghi được. Chỉ chọn người ghi thay cho đồng chí không có máy."
	// Which: a name that means nothing, or several things.
	Which = "Không rõ mục nào, hoặc có nhiều mục trùng. Ghi rõ hơn, hoặc mở danh sách để chọn."
)

// What the help desk's command says when something is done.
const (
	Joined          = "Đã nhận sổ trên máy này."
	PINChanged      = "Đã đổi mã mở sổ."
	Dropped         = "Đã bỏ."
	NoWarning       = "Không có từ nào cần tránh."
	DeviceRevoked   = "Đã thu hồi. Máy ấy sẽ giao lại phần chưa gửi rồi tự xóa sổ ở lần gửi nhận tới."
	DeviceConfirmed = "Đã xác nhận. Máy ấy nhận được sổ ở lần gửi nhận tới."
)

// StillLooksAfter says what comes before a member is taken off the list.
func StillLooksAfter(households int) string {
	return fmt.Sprintf("Đồng chí ấy còn phụ trách %s. Bàn giao hết các hộ rồi hãy xóa.", Count(households, "hộ"))
}

// VisitsApproved counts visits that were approved in one gesture.
func VisitsApproved(n int) string {
	return fmt.Sprintf("Đã duyệt %s.", Count(n, "lượt tiếp xúc"))
}

// CodeFor heads a new code.
func CodeFor(member string, expires time.Time) string {
	return fmt.Sprintf("Mã cho đồng chí %s, dùng một lần, trước %s. Chỉ đưa cho đồng chí ấy.", member, AtWithYear(expires))
}

// Phone says whether a member has a phone, and who writes for them.
func Phone(has bool, proxies []string) string {
	state := "không có máy"
	if has {
		state = "có máy"
	}
	switch {
	case len(proxies) > 0:
		return state + ", ghi thay: " + strings.Join(proxies, ", ")
	case !has:
		return state + ", chưa có đồng chí ghi thay"
	}
	return state
}

// WritesFor names those for whom a member writes; nothing for none.
func WritesFor(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "ghi thay cho: " + strings.Join(names, ", ")
}

// NoticeState tells who knows of a notice; of households nothing to who looks after none.
func NoticeState(read bool, told, households int) string {
	state := "chưa đọc"
	if read {
		state = "đã đọc"
	}
	if households == 0 {
		return state
	}
	return fmt.Sprintf("%s, đã phổ biến %d/%d hộ", state, told, households)
}

// Until says up to when a notice holds; nothing for no end.
func Until(day int32) string {
	if day == 0 {
		return ""
	}
	return "đến " + Day(day)
}

// From says from when a notice holds that is still to come.
func From(day int32) string { return "từ " + Day(day) }

// Registered and Recognised say on which day an initiative was; nothing for no day.
func Registered(day int32) string { return onDay("đăng ký", day) }

// Recognised: see Registered.
func Recognised(day int32) string { return onDay("được công nhận", day) }

func onDay(what string, day int32) string {
	if day == 0 {
		return ""
	}
	return what + " " + Day(day)
}

// GivenInAll tells what households gave to an initiative: what is approved, what waits and
// what nobody may approve, of texts of Given.
func GivenInAll(approved, waiting, noReviewer string) string {
	var parts []string
	for _, p := range []struct{ title, given string }{{"Đã duyệt", approved}, {"Chờ duyệt", waiting}, {"Chưa có người duyệt", noReviewer}} {
		if p.given != "" {
			parts = append(parts, p.title+": "+p.given)
		}
	}
	if len(parts) == 0 {
		return NothingGiven
	}
	return strings.Join(parts, " / ")
}

// Decision says by which paper something was decided; nothing for none.
func Decision(number string) string {
	if number == "" {
		return ""
	}
	return "quyết định số " + number
}
