package words

import (
	"fmt"
	"time"
)

// The state of sending and receiving.
const (
	// NoNetwork: nothing to worry about.
	NoNetwork = "Chưa có mạng. Cứ ghi tiếp, có mạng máy sẽ tự gửi."
	// AllSafe: the outbox, the drafts and the things to mend are empty.
	AllSafe = "Đã lưu an toàn tất cả. Có thể đổi điện thoại."
	// NeverSynced: the book was joined and never filled.
	NeverSynced = "Chưa gửi nhận lần nào. Tìm nơi có mạng rồi bấm Gửi."
	// Filling: the first rows of a household or a book are still under way.
	Filling = "Sổ đang được tải về, danh sách chưa đủ. Giữ mạng thêm một lúc."
	// CloneWaits: another device used the same book first.
	CloneWaits = "Máy này chạy bản sao của một sổ khác. Nhờ bí thư xác nhận máy; phần đã ghi vẫn giữ nguyên."
	// Revoked: the device's right ended.
	Revoked = "Máy này đã bị thu hồi quyền. Phần chưa gửi đã được niêm phong để giao lại chi bộ."
	// Differs: the digest of a holder is not the server's.
	Differs = "Sổ trên máy lệch với máy chủ ở một số mục. Máy sẽ tự đối chiếu ở lần gửi nhận sau."
)

// UnsentCount tells how many changes wait.
func UnsentCount(n int) string {
	if n == 0 {
		return "Không còn gì chưa gửi"
	}
	return fmt.Sprintf("Còn %s chưa gửi", Count(n, "mục"))
}

// DraftCount tells how many forms were left half filled.
func DraftCount(n int) string { return fmt.Sprintf("Còn %s đang ghi dở", Count(n, "mục")) }

// MendCount tells how many changes the server sent back.
func MendCount(n int) string {
	return fmt.Sprintf("%s máy chủ chưa nhận. Mở «Cần sửa» để xem lý do và sửa.", Count(n, "mục"))
}

// ParkedCount tells how many changes the server keeps waiting.
func ParkedCount(n int) string {
	return fmt.Sprintf("%s máy chủ đang giữ, chờ mục liên quan. Không cần làm gì.", Count(n, "mục"))
}

// ConflictCount tells how many own values were overwritten unseen.
func ConflictCount(n int) string {
	return fmt.Sprintf("%s bị sửa chồng. Mở «Bị sửa chồng» để chọn giữ của ai.", Count(n, "mục"))
}

// SuggestedCount tells how many changes wait for a person's decision.
func SuggestedCount(n int) string {
	return fmt.Sprintf("%s đã gửi, chờ bí thư quyết định.", Count(n, "mục"))
}

// LeavingCount tells that households were handed over and stay until what was
// written about them is sent.
func LeavingCount(n int) string {
	return fmt.Sprintf("%s đã bàn giao, còn trên máy đến khi gửi xong. Tìm nơi có mạng rồi bấm Gửi.", Count(n, "hộ"))
}

// OfferCount tells how many records a restored server is still to be shown.
func OfferCount(n int) string {
	return fmt.Sprintf("Máy chủ vừa được khôi phục. Máy này còn giữ %s để máy chủ đối chiếu, sẽ tự gửi.", Count(n, "mục"))
}

// LastSync tells when the book last matched the server.
func LastSync(t time.Time) string {
	if t.IsZero() {
		return NeverSynced
	}
	return "Gửi nhận lần cuối lúc " + AtWithYear(t)
}

// Synced tells what one sync did.
func Synced(sent, received int) string {
	switch {
	case sent == 0 && received == 0:
		return "Đã gửi nhận xong, không có gì mới."
	default:
		return fmt.Sprintf("Đã gửi nhận xong: gửi %s, nhận %s.", Count(sent, "mục"), Count(received, "mục"))
	}
}

// Leaving marks a household that was handed over to someone else.
const Leaving = "Hộ đã bàn giao cho đồng chí khác; không ghi thêm được, gửi xong sẽ rời khỏi máy này."

// DeviceState tells how a device of the branch stands.
func DeviceState(revoked, unconfirmed bool, unsent int, last time.Time) string {
	switch {
	case revoked:
		return "đã thu hồi"
	case unconfirmed:
		return "bản sao, chờ xác nhận"
	case last.IsZero():
		return "chưa gửi nhận lần nào"
	case unsent > 0:
		return fmt.Sprintf("còn %s chưa gửi, lần cuối %s", Count(unsent, "mục"), AtWithYear(last))
	}
	return "gửi nhận lần cuối " + AtWithYear(last)
}
