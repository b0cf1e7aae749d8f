package words

import (
	"fmt"
	"strings"
)

// Titles and headings of the screens.
const (
	MyHouseholds     = "Hộ của tôi"
	BranchHouseholds = "Hộ của chi bộ"
	SearchHint       = "Tìm tên, địa chỉ, điện thoại"
	Petitions        = "Kiến nghị"
	Visits           = "Lượt tiếp xúc"
	Contributions    = "Đóng góp"
	Consents         = "Đồng ý của hộ"
	NoticesTold      = "Thông báo đã phổ biến"
	Notices          = "Thông báo"
	ReviewQueue      = "Chờ duyệt"
	Desk             = "Bàn của bí thư"
	Mend             = "Cần sửa"
	Drafts           = "Đang ghi dở"
	Devices          = "Máy của chi bộ"
	History          = "Các lần sửa"
	Conflicts        = "Bị sửa chồng"
	State            = "Gửi nhận"
	WhatWeHold       = "Những gì chúng tôi ghi về hộ"
	Initiatives      = "Mô hình «Dân vận khéo»"
	Commendations    = "Biểu dương, khen thưởng"
)

// Buttons.
const (
	RecordVisit    = "Ghi lượt tiếp xúc"
	RecordPetition = "Ghi kiến nghị"
	Done           = "Xong"
	Approve        = "Duyệt"
	Return         = "Trả lại"
	KeepMine       = "Giữ của mình"
	KeepTheirs     = "Để như đang ghi"
)

// What stands in a list that has nothing yet: what will be there and how to start.
const (
	NoHouseholds  = "Chưa có hộ nào. Bí thư phân công xong, hộ sẽ hiện ở đây sau lần gửi nhận tới."
	NothingFound  = "Không có hộ nào khớp. Gõ ít chữ hơn, không cần dấu."
	NoVisits      = "Chưa ghi lượt nào. Gặp hộ xong, bấm Ghi lượt tiếp xúc."
	NoPetitions   = "Chưa có kiến nghị. Hộ có ý kiến, bấm Ghi kiến nghị."
	NoReviews     = "Không có gì chờ duyệt. Mục mới của đảng viên sẽ hiện ở đây."
	NoMend        = "Không có gì cần sửa."
	NoDrafts      = "Không có gì ghi dở."
	NoNotices     = "Chưa có thông báo. Thông báo của xã và chi bộ sẽ hiện ở đây."
	NoConflicts   = "Không có mục nào bị sửa chồng."
	NoSuggestions = "Không có đề xuất nào chờ quyết định."
	NoDevices     = "Chưa có máy nào. Cấp mã cho đảng viên để thêm máy."
	NoHistory     = "Mục này chưa được sửa lần nào."
	NoInitiatives = "Chưa có mô hình nào. Bí thư đăng ký mô hình, mô hình sẽ hiện ở đây."
	NoCommended   = "Chưa có biểu dương, khen thưởng. Bí thư ghi xong sẽ hiện ở đây."
	NothingGiven  = "Chưa có đóng góp."
)

// HouseholdOf gives the title of a household's page, "Hộ ông Nguyễn Văn Đạt"; the
// form of address is the one that the user chose, or nothing.
func HouseholdOf(form, head string) string {
	if form == "" {
		return "Hộ " + head
	}
	return "Hộ " + form + " " + head
}

// Households counts households.
func Households(n int) string { return Count(n, "hộ") }

// People gives the size of a household.
func People(n int32) string { return Count(int(n), "khẩu") }

// OpenPetitions counts petitions that are not closed.
func OpenPetitions(n int) string { return Count(n, "kiến nghị") }

// Branch gives "Chi bộ Thôn Đồng Lý", also for a name that says so itself.
func Branch(name string) string {
	if strings.HasPrefix(strings.ToLower(name), "chi bộ") {
		return name
	}
	return "Chi bộ " + name
}

// Call is the button with a household's phone.
func Call(phone string) string { return "Gọi " + phone }

// NotVisited says that nobody met the household yet.
const NotVisited = "chưa gặp lần nào"

// LongAgoDays is from how many days on a household is listed as not seen. It
// only chooses the words; the list of what is due has its own rule.
const LongAgoDays = 30

// SinceVisit says how long ago the household was met. Days, never hours: it
// serves the member, it does not measure.
func SinceVisit(days int32) string {
	switch {
	case days < 0:
		return fmt.Sprintf("đã ghi trước cho %d ngày nữa", -days)
	case days == 0:
		return "gặp hôm nay"
	case days == 1:
		return "gặp hôm qua"
	case days < LongAgoDays:
		return fmt.Sprintf("gặp %d ngày trước", days)
	default:
		return fmt.Sprintf("%d ngày chưa gặp", days)
	}
}

// Due says by when an authority must answer.
func Due(day int32) string { return "hạn " + ShortDay(day) }

// FollowUp says when to come again.
func FollowUp(day int32) string { return "hẹn lại " + Day(day) }

// What stands before the name of who is commended.
const (
	Collective = "Tập thể"
	Person     = "Cá nhân"
)

// WrittenFor says for whom a proxy wrote a record.
func WrittenFor(name string) string { return "ghi thay đồng chí " + name }

// ByMember heads a group of the review queue.
func ByMember(name string, n int) string {
	return fmt.Sprintf("Đồng chí %s (%s)", name, Count(n, "mục"))
}

// MonthOf gives "tháng 11/2026".
func MonthOf(year, month int) string { return fmt.Sprintf("tháng %02d/%04d", month, year) }

// NobodyAssigned stands where a household has no member.
const NobodyAssigned = "chưa phân công"

// LookedAfterBy says which member looks after a household.
func LookedAfterBy(name string) string { return "Phụ trách: đồng chí " + name }

// UnknownPerson stands for a member whose row is not on this device.
const UnknownPerson = "(không rõ)"

// Slip is what is written on the slip that a household keeps.
func Slip(number string) string {
	return "Số kiến nghị " + number + ". Ghi số này vào phiếu cho hộ; hộ hỏi xã bằng số này."
}

// UnknownField stands for a field that a newer app wrote.
const UnknownField = "Mục mới (cập nhật ứng dụng để xem)"

// Yes and No are the values of a field that is on or off.
const (
	Yes = "có"
	No  = "không"
)

const (
	// Unreadable stands for a value whose bytes this app cannot read.
	Unreadable = "(không đọc được, cập nhật ứng dụng)"
	// NotHere stands for a record that is not on this device.
	NotHere = "(không có trên máy này)"
	// Contribution heads one contribution of a household.
	Contribution = "Đóng góp"
)

// Flag says in words what a yes-or-no inside a step means, by the field's name.
func Flag(field string, on bool) string {
	switch {
	case field == "with_name" && on:
		return "kèm tên hộ"
	case field == "with_name":
		return "không kèm tên hộ"
	case field == "calendar_days" && on:
		return "tính cả ngày nghỉ"
	case field == "calendar_days":
		return "ngày làm việc"
	case on:
		return Yes
	}
	return No
}

// WrittenBy says who wrote something; nothing where nobody is known.
func WrittenBy(names ...string) string {
	who := strings.Join(names, ", ")
	if who == "" {
		return ""
	}
	return "người ghi: " + who
}

// Given says what a household gave, of numbers as text; those that are empty are left out.
func Given(m2, workdays, vnd string) string {
	var parts []string
	for _, p := range []struct{ n, unit string }{{m2, "m²"}, {workdays, "ngày công"}, {vnd, "đồng"}} {
		if p.n != "" {
			parts = append(parts, p.n+" "+p.unit)
		}
	}
	return strings.Join(parts, " · ")
}
