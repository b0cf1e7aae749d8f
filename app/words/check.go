package words

import "fmt"

// The check of the device that a user does with a helper.
const (
	CheckTitle   = "Kiểm tra máy"
	CheckIntro   = "Máy tự thử các mục trên. Ba mục dưới đồng chí tự làm, rồi chép kết quả gửi người hỗ trợ."
	CheckRunning = "Đang thử, đợi một lát…"
	CheckAgain   = "Thử lại"
	CheckCopy    = "Chép kết quả"
	CheckYet     = "Chưa thử. Bấm vào đây."
	// CheckCopyNote: what is copied may be sent on.
	CheckCopyNote = "Kết quả không có tên người, địa chỉ hay nội dung sổ."

	FontsTitle   = "Chữ và dấu"
	FontsAsk     = "Nhìn đủ dấu không?"
	FontsExplain = "Mỗi hàng là một chữ: không dấu, huyền, hỏi, ngã, sắc, nặng. Kéo xuống xem hết. Có ô vuông hay mất dấu thì bấm Không đủ."
	FontsYes     = "Đủ dấu"
	FontsNo      = "Không đủ"
	FontsSeen    = "Nhìn đủ dấu."
	FontsNotSeen = "Có chữ nhìn không đủ dấu. Chụp màn hình gửi người hỗ trợ."

	KeysTitle   = "Bàn phím"
	KeysExplain = "Gõ đúng câu dưới đây bằng bàn phím hay dùng, có dấu, có chữ hoa."
	KeysField   = "Gõ câu trên vào đây"
	KeysHint    = "gõ ở đây"
	KeysDone    = "Gõ xong"
	KeysSame    = "Gõ ra đúng câu."
	KeysDiffer  = "Chữ ra khác câu mẫu. Gõ nhầm thì xóa đi gõ lại; nếu bàn phím ra sai thì đổi mục Gõ tiếng Việt trong Cài đặt."
	// KeysSentence has every mark, both cases, digits and signs, and names nobody.
	KeysSentence = "Đường ngõ 12 ngập nước; bà con đề nghị sửa rãnh, đổ lại bê tông trước ngày 05/12. Ủy ban đã nhận."

	KillTitle   = "Thử tắt ngang"
	KillOpen    = "Bấm vào đây để bắt đầu."
	KillExplain = "Thử xem máy có giữ được phần đã ghi khi ứng dụng bị tắt đột ngột không. Bấm Bắt đầu, rồi vuốt ứng dụng ra khỏi danh sách ứng dụng đang mở. Mở lại ứng dụng, vào Cài đặt, Kiểm tra máy để xem kết quả."
	KillBegin   = "Bắt đầu"
)

// GlyphsMissing tells which letters the font lacks.
func GlyphsMissing(letters string) string {
	return fmt.Sprintf("Phông chữ thiếu: %s. Báo người hỗ trợ.", letters)
}

// The lines of the copied result; they are for whoever helps.
const (
	ResultOK     = "ĐƯỢC"
	ResultNot    = "CHƯA"
	ResultNotYet = "CHƯA THỬ"
)

// ResultDevice tells what kind of machine it is.
func ResultDevice(system, processor string, cores int, mobile bool, width, height, scale float32) string {
	kind := "máy tính"
	if mobile {
		kind = "điện thoại"
	}
	return fmt.Sprintf("Máy: %s, %s/%s, %d nhân; cửa sổ %.0f x %.0f, tỷ lệ %.2f", kind, system, processor, cores, width, height, scale)
}

// ResultLook tells the settings that matter for letters and keys.
func ResultLook(step int, typing string) string {
	return fmt.Sprintf("Cài đặt: cỡ chữ %d, gõ tiếng Việt: %s", step+1, typing)
}

// ResultGlyphs counts letters that the app drew.
func ResultGlyphs(tried int) string { return fmt.Sprintf("phông có đủ %d chữ", tried) }

// ResultKeys counts what reached the field while the sentence was typed.
func ResultKeys(events, deletions int) string {
	return fmt.Sprintf("%d lần nhận phím, %d lần xóa lùi", events, deletions)
}

// ResultTrace heads the list of keys; ResultNoTrace says why there is none.
const (
	ResultTrace   = "Phím: "
	ResultNoTrace = "Phím: không chép, vì chữ đã gõ không phải câu mẫu"
)
