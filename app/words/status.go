package words

import (
	"fmt"
	"time"
)

// The receipts of a record: how far it came. Every screen says it in these words.
const (
	// Written: the record is on this device's disk; nothing is said of the server.
	Written = "Đã ghi trên máy này"
	// Unsent: the change waits in the outbox.
	Unsent = "Chưa gửi (đợi có mạng)"
	// Stored: the server has it on its disk.
	Stored = "Máy chủ đã lưu"
	// Approved: secretary or deputy approved the version that is shown.
	Approved = "Bí thư đã duyệt"
	// WaitingAgain: edited after it was returned or approved.
	WaitingAgain = "Đã sửa, chờ duyệt lại"
	// NoReviewer: a branch with no second person; counted apart.
	NoReviewer = "Máy chủ đã lưu, chưa có người duyệt"
	// Refused: the server sent the change back; it is in the list of things to mend.
	Refused = "Máy chủ chưa nhận, cần sửa lại"
	// Parked: the server keeps the change until what it belongs to arrives.
	Parked = "Máy chủ đang giữ, chờ mục liên quan"
)

// Returned says that the reviewer sent the record back, and why.
func Returned(reason string) string {
	if reason == "" {
		return "Trả lại"
	}
	return fmt.Sprintf("Trả lại: «%s»", reason)
}

// Overwritten asks the loser of two edits whether their own value should stand.
func Overwritten(who string, at time.Time) string {
	return fmt.Sprintf("Đồng chí %s đã sửa lúc %s. Giữ của mình?", who, At(at))
}

// OverwrittenValues shows both values under Overwritten.
func OverwrittenValues(field, mine, theirs string) string {
	return fmt.Sprintf("%s: của mình «%s», đang ghi «%s»", field, orEmpty(mine), orEmpty(theirs))
}

// Empty stands for a value that is not there.
const Empty = "(trống)"

func orEmpty(s string) string {
	if s == "" {
		return Empty
	}
	return s
}
