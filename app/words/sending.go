package words

import (
	"fmt"
	"time"
)

// The tab "Gửi": what is safe and what waits.
const (
	SendNow = "Gửi nhận ngay"
	// Sending: a sync is under way.
	Sending = "Đang gửi nhận"
	// SendWhenThere: something waits, and nothing was tried yet.
	SendWhenThere = "Có mạng thì bấm Gửi nhận ngay."
	// SentButLookAt: nothing waits to be sent, and something else stands in the way of
	// changing the phone.
	SentButLookAt = "Đã gửi hết. Xem mấy việc dưới đây trước khi đổi điện thoại."
	// SentButKept: only the server's own work is left.
	SentButKept = "Đã gửi hết. Máy chủ đang xếp nốt, không cần làm gì."
	// SendingWaits heads the households with unsent changes.
	SendingWaits = "Đang đợi gửi"
	// SendingOther are changes that belong to no own household.
	SendingOther = "Mục khác"
	// SendingTimeUnknown: the clock was wrong at the last sync.
	SendingTimeUnknown = "Đã gửi nhận, không rõ lúc nào vì giờ của máy sai."
	// OpenSettings opens the settings.
	OpenSettings = "Cài đặt"
)

// What a phone says whose right ended and whose book is gone.
const (
	WipedTitle = "Máy này thôi giữ sổ"
	WipedWhat  = "Chi bộ đã thu hồi quyền của máy này. Sổ trên máy đã xóa."
	WipedWork  = "Phần đã ghi mà chưa gửi không mất: máy đã niêm phong và giao cho máy chủ, bí thư mở được."
	WipedDo    = "Việc cần làm"
	WipedGo    = "Gặp bí thư chi bộ để nhận lại phần chưa gửi."
	WipedAgain = "Muốn dùng tiếp máy này, xin bí thư mã mới. Tắt hẳn ứng dụng, mở lại rồi nhập mã."
)

// SentSoFar tells how far a sync is that runs; of 0: nothing to send.
func SentSoFar(sent, of, received int) string {
	text := fmt.Sprintf("Đã nhận %s", Count(received, "mục"))
	if of > 0 {
		text = fmt.Sprintf("Đã gửi %d/%s · đã nhận %s", sent, Count(of, "mục"), Count(received, "mục"))
	}
	return text
}

// SendingOf counts what waits of one household.
func SendingOf(n int) string { return Count(n, "mục") }

// SendingMore counts the households that are not listed.
func SendingMore(n int) string { return "và " + Count(n, "hộ") + " nữa" }

// SyncedAt is LastSync, and says so where the phone's clock was plainly wrong.
func SyncedAt(t time.Time) string {
	if !t.IsZero() && t.Year() < SoonestYear {
		return SendingTimeUnknown
	}
	return LastSync(t)
}

// SoonestYear: a phone's clock that says an earlier one is wrong.
const SoonestYear = 2025
