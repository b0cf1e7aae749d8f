package words

import (
	"fmt"
	"time"

	"sodanvan/shared/viet"
)

// What is said of the device itself: room, folder, and the check that a helper asks for.
const (
	// NoFolder: the app was started in a way that gives it no place for a book.
	NoFolder = "Máy chưa cho ứng dụng chỗ để giữ sổ. Tắt hẳn ứng dụng rồi mở lại."
	// LowSpace: writing will soon fail.
	LowSpace = "Máy sắp hết chỗ. Xóa bớt ảnh, video không cần để còn ghi sổ."
)

// The titles of a check of the device, in its order.
const (
	CheckStorage = "Ghi vào máy"
	CheckSpace   = "Chỗ trống"
	CheckSQLite  = "Tệp sổ"
	CheckTLS     = "Nối máy chủ"
	CheckReopen  = "Tắt ngang rồi mở lại"
	CheckClock   = "Giờ của máy"
)

// How the parts of the check went.
const (
	CanWrite    = "Ghi được."
	SlowDisk    = "Ghi được nhưng chậm. Tắt bớt ứng dụng khác rồi thử lại."
	CannotWrite = "Chưa ghi được. Xóa bớt ảnh, video rồi thử lại; nếu vẫn vậy, đưa máy cho người hỗ trợ."

	UnknownSpace = "Máy không cho biết còn bao nhiêu chỗ. Vẫn dùng được."

	SQLiteWorks = "Ghi thử 500 dòng, mở lại đủ cả."
	SQLiteFails = "Ghi thử chưa được. Đưa máy cho người hỗ trợ xem."

	ServerNotTried   = "Chưa nhận sổ nên chưa thử. Nhận sổ xong thì thử lại."
	ServerReached    = "Nối được, đúng máy chủ của mình."
	ServerNotReached = "Chưa nối được. Tìm nơi có mạng rồi thử lại."

	KillNotTried = "Chưa thử. Bấm thử, tắt hẳn ứng dụng, mở lại rồi xem ở đây."
	KillArmed    = "Đã sẵn sàng. Tắt hẳn ứng dụng ngay bây giờ, mở lại rồi xem ở đây."
	KillSurvived = "Tắt ngang không mất gì."
	KillLost     = "Có phần không đọc lại được. Đừng xóa ứng dụng; đưa máy cho người hỗ trợ."

	ClockRight = "Giờ đúng."
)

// FreeSpace tells how much room is left.
func FreeSpace(bytes uint64) string {
	mib := bytes >> 20
	if mib >= 1<<10 {
		return fmt.Sprintf("Còn %s GB trống.", viet.FormatInt(int64(mib>>10)))
	}
	return fmt.Sprintf("Còn %d MB trống.", mib)
}

// ClockOff tells that the device's clock is wrong, and what it says.
func ClockOff(at time.Time) string {
	return fmt.Sprintf("Máy đang để %s. Vào cài đặt, bật ngày giờ tự động.", AtWithYear(at))
}

// ClockLikely asks to look at the clock where there is nothing to compare it with.
func ClockLikely(at time.Time) string {
	return fmt.Sprintf("Máy đang để %s. Xem có đúng không.", AtWithYear(at))
}
