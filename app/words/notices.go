package words

import "fmt"

// The tab "Báo": notices that members carry to households.
const (
	NoticeUnread = "Chưa đọc"
	NoticeRead   = "Đã đọc"
	// NoticeOfBranch and NoticeOfCommune say whose it is.
	NoticeOfBranch  = "Của chi bộ"
	NoticeOfCommune = "Của xã"
	// NoticeTell heads the user's households, NoticeTellHelp says what to do there.
	NoticeTell     = "Phổ biến đến hộ"
	NoticeTellHelp = "Nói với hộ nào xong thì bấm vào hộ ấy."
	// NoticeNobody: the user looks after no household.
	NoticeNobody = "Đồng chí chưa phụ trách hộ nào, chỉ cần đọc."
	// NoticeGone: it ended or was withdrawn while it was open.
	NoticeGone = "Thông báo này hết hạn rồi. Quay lại xem thông báo khác."

	// NoticeUntellAsk asks before a tick is taken away with NoticeUntell.
	NoticeUntellAsk = "Bỏ dấu «đã phổ biến»?"
	NoticeUntell    = "Bỏ dấu"
)

// NoticeUntellOf says of which household.
func NoticeUntellOf(household string) string {
	return household + " sẽ lại là chưa phổ biến."
}

// NoticeTold counts the households that know.
func NoticeTold(told, households int) string {
	return fmt.Sprintf("Đã phổ biến %d/%d hộ", told, households)
}

// NoticeToldOn says when a household was told, below its name.
func NoticeToldOn(household string, day int32) string {
	return household + "\nđã phổ biến " + ShortDay(day)
}

// NoticeHolds says from when until when a notice holds; 0 is no day.
func NoticeHolds(from, until int32) string {
	switch {
	case from == 0 && until == 0:
		return ""
	case from == 0:
		return "Đến " + Day(until)
	case until == 0:
		return "Từ " + Day(from)
	}
	return "Từ " + Day(from) + " đến " + Day(until)
}

// UnreadNotices counts notices that were not read.
func UnreadNotices(n int) string { return Count(n, "chưa đọc") }
