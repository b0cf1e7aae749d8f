package words

import "sodanvan/shared/viet"

// Words that the app's fields and frame use on every screen.
const (
	DateHint  = "ngày/tháng/năm"
	NoDay     = "không hẹn"
	ThisDay   = "hôm nay"
	Yesterday = "hôm qua"

	TabHouseholds = "Hộ"
	TabTasks      = "Việc"
	TabPetitions  = "Kiến nghị"
	TabNotices    = "Báo"
	TabSync       = "Gửi"

	AppName = "Sổ Dân Vận"
	Back    = "Quay lại"
	Close   = "Đóng"
	Cancel  = "Thôi"
	Save    = "Lưu"
	Next    = "Tiếp tục"
	Working = "Đang làm…"
	Copied  = "Đã chép."
	// ChooseLeft stands where the page will be, beside a list.
	ChooseLeft = "Chọn một mục ở bên trái để xem."
	// SavedHere tells when a form last wrote itself to the disk.
	SavedHere = "Tự lưu trên máy"
	// TextFull: a field takes no more.
	TextFull = "Đã dài hết mức. Viết gọn lại, hoặc ghi tiếp ở mục khác."
)

// SavedAt says when a form last wrote itself to the disk, hour and minute.
func SavedAt(hourMinute string) string { return SavedHere + " · " + hourMinute }

// Counted is the number at a tab.
func Counted(n int) string {
	if n > 99 {
		return "99+"
	}
	return viet.FormatInt(int64(n))
}
