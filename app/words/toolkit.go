package words

// Toolkit translates the words that the window's toolkit (Fyne) shows by itself, in menus
// of fields and in the dialog for a file; the keys are the toolkit's English.
var Toolkit = map[string]any{
	"Advanced": "Thêm", "Cancel": Cancel, "Confirm": "Đồng ý", "Copy": "Chép", "Create Folder": "Tạo thư mục", "Cut": "Cắt",
	"Enter filename": "Tên tệp", "Error": "Chưa được", "Favourites": "Hay dùng", "File": "Tệp", "Folder": "Thư mục",
	"New Folder": "Thư mục mới", "No": "Không", "OK": "Được", "Open": "Mở", "Paste": "Dán", "Quit": "Thoát", "Redo": "Làm lại", "Save": Save,
	"Select all": "Chọn tất cả", "Show Hidden Files": "Hiện tệp ẩn", "Undo": "Lấy lại", "Yes": "Có",
	"file.name": map[string]string{"other": "Tên"}, "file.parent": map[string]string{"other": "Thư mục trên"},
	"monday": "thứ Hai", "tuesday": "thứ Ba", "wednesday": "thứ Tư", "thursday": "thứ Năm", "friday": "thứ Sáu", "saturday": "thứ Bảy", "sunday": "Chủ nhật",
	"monday.short": "T2", "tuesday.short": "T3", "wednesday.short": "T4", "thursday.short": "T5", "friday.short": "T6", "saturday.short": "T7", "sunday.short": "CN",
}
