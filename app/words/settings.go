package words

import "fmt"

// The screen of settings.
const (
	SettingsTitle = "Cài đặt"
	TextSize      = "Cỡ chữ"
	// TextSample is shown in the size that is chosen.
	TextSample = "Hộ bà Hường, xóm Giữa: hẹn gặp lại ngày 05/12, mang theo giấy vay vốn."
	Shade      = "Nền"
	ShadeAuto  = "Theo máy"
	ShadeLight = "Sáng"
	ShadeDark  = "Tối"

	TypingTitle = "Gõ tiếng Việt"
	TypingOff   = "Tắt"
	TypingTelex = "Telex"
	TypingVNI   = "VNI"
	// The help of each way of typing.
	TypingOffHelp   = "Dùng bàn phím tiếng Việt của máy. Nếu chữ ra hai lần dấu thì chọn mục này."
	TypingTelexHelp = "Gõ: ddaangr ra «đẩng», Hoaf ra «Hòa», nguwowif ra «người»."
	TypingVNIHelp   = "Gõ: d9a6ng3 ra «đẩng», Hoa2 ra «Hòa», ngu7o7i2 ra «người»."
	TypingTry       = "Gõ thử ở đây"

	ChangePIN      = "Đổi mã PIN"
	ChangePhrase   = "Đổi cụm mật khẩu"
	OldPIN         = "Mã PIN đang dùng"
	OldPhrase      = "Cụm mật khẩu đang dùng"
	OldNeeded      = "Nhập mã đang dùng trước."
	ChangeDo       = "Đổi mã"
	ChangeDone     = "Đã đổi. Lần sau mở sổ bằng mã mới."
	ChangeWorking  = "Đang đổi mã…"
	LockNow        = "Khóa sổ ngay"
	Owner          = "Sổ của"
	Version        = "Phiên bản"
	VersionUnknown = "bản thử"
	// WarnTable opens the list of words that should not stand in a note.
	WarnTable      = "Những từ sổ nhắc tránh"
	WarnTableSays  = "Khi ghi chú có từ ở đây, sổ nhắc xem lại. Sổ chỉ nhắc, không đếm và không báo cho ai. Danh sách do xã lập, ai cũng xem được."
	WarnTableEmpty = "Xã chưa lập danh sách. Khi có, các từ sẽ hiện ở đây."
	CheckDevice    = "Kiểm tra máy"
	CheckDeviceWhy = "Thử máy này có giữ sổ tốt không; vài phút."
)

// TextStep names one of the text sizes, from 0.
func TextStep(i int) string {
	names := []string{"Vừa", "Lớn", "Lớn hơn", "Rất lớn"}
	if i >= 0 && i < len(names) {
		return names[i]
	}
	return fmt.Sprint(i + 1)
}

// OwnerLine names a member with the office that they hold; either may be missing.
func OwnerLine(name, office string) string {
	switch {
	case name == "":
		return NeverSynced
	case office == "":
		return name
	}
	return name + ", " + office
}

// Under names a branch and its commune, as far as they are known.
func Under(branch, commune string) string {
	if branch == "" || commune == "" {
		return branch + commune
	}
	return branch + ", " + commune
}
