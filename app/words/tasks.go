package words

import (
	"fmt"
	"time"
)

// The tab "Việc": what to do today.
const (
	TasksToday = "Việc hôm nay"
	// NoTasks: nothing is asked of the member.
	NoTasks = "Không có việc nào chờ. Hẹn gặp hộ, mục cần sửa, phần ghi dở sẽ hiện ở đây."
	// TasksReturned heads what secretary or deputy gave back.
	TasksReturned = "Bí thư trả lại"
	// TasksDue heads the visits that were agreed, TasksLongest those not met for long.
	TasksDue     = "Hẹn gặp"
	TasksLongest = "Lâu chưa gặp"

	// DueToday: the household expects somebody today.
	DueToday = "Hẹn gặp hôm nay"

	// KeptMine and KeptTheirs answer the choice between two values.
	KeptMine   = "Đã giữ của mình."
	KeptTheirs = "Đã để như đang ghi."

	// DropDraft throws an unfinished form away, after DropDraftAsk.
	DropDraft    = "Bỏ"
	DropDraftAsk = "Bỏ phần ghi dở này?"
	// DraftElsewhere: no form of this app made the draft.
	DraftElsewhere = "Phần này ghi dở ở bản ứng dụng khác. Cập nhật ứng dụng rồi mở lại."
)

// TaskCount counts what waits for the user.
func TaskCount(n int) string { return Count(n, "việc") }

// TasksHead heads a part of the page with how many there are.
func TasksHead(title string, n int) string { return fmt.Sprintf("%s (%d)", title, n) }

// TasksAll opens the rest of a part of the page.
func TasksAll(n int) string { return "Xem cả " + Count(n, "mục") }

// DeskWaiting tells how much waits for a verdict.
func DeskWaiting(n int) string {
	if n == 0 {
		return "Không có gì chờ duyệt"
	}
	return Count(n, "mục") + " chờ duyệt"
}

// MineIs and TheirsIs show the two values of which one is to stay.
func MineIs(value string) string { return fmt.Sprintf("Của mình: «%s»", orEmpty(value)) }

// TheirsIs: see MineIs.
func TheirsIs(value string) string { return fmt.Sprintf("Đang ghi: «%s»", orEmpty(value)) }

// DropDraftOf says what would be lost; what is its kind, of the household.
func DropDraftOf(what, of string) string {
	if of != "" {
		what += ", " + of
	}
	return what + ": phần đang ghi dở sẽ mất, không lấy lại được."
}

// DropOf is what a screen reader calls the button DropDraft of one form.
func DropOf(what, of string) string {
	if of == "" {
		of = what
	}
	return DropDraft + ": " + of
}

// DraftSince says when a form was left.
func DraftSince(t time.Time) string { return "Ghi dở lúc " + At(t) }

// DuePast says that the agreed day went by.
func DuePast(day, days int32) string {
	return fmt.Sprintf("Hẹn %s, đã qua %s", ShortDay(day), Count(int(days), "ngày"))
}
