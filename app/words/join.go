package words

import "fmt"

// Joining: how a phone gets its book, and opens it again after a forgotten PIN.
const (
	JoinTitle = "Nhận sổ"
	// JoinWelcome is all that is said before the code is asked.
	JoinWelcome = "Đây là sổ tay của đồng chí phụ trách hộ: gặp ai, hộ cần gì, đã trả lời chưa. Để nhận sổ, đồng chí cần phiếu có mã do bí thư chi bộ đưa."
	JoinBegin   = "Tôi có phiếu"
	// ForgottenWithCode opens the same steps for a book that is here already.
	ForgottenWithCode = "Quên mã PIN: có mã mới của bí thư"

	RecoverTitle = "Đặt lại mã PIN"
	// RecoverPhraseTitle is the same on a desk.
	RecoverPhraseTitle = "Đặt lại cụm mật khẩu"
	// RecoverIntro: what is needed and that nothing is lost.
	RecoverIntro = "Gọi bí thư chi bộ xin mã mới, rồi nhập ở đây. Những gì đã ghi trên máy vẫn còn nguyên."

	// RejoinTitle heads joining again with the book that is here.
	RejoinTitle = "Nối lại sổ"
	// RejoinOpen is the button to it, RejoinWhy what is said above it.
	RejoinOpen = "Tôi có mã mới"
	RejoinWhy  = "Máy chủ không nhận ra máy này, có thể vì vừa được khôi phục. Sổ và phần chưa gửi vẫn còn nguyên. Xin bí thư chi bộ mã mới rồi nhập ở đây."
	// RejoinIntro: what is needed and that nothing is lost.
	RejoinIntro = "Nhập mã mới do bí thư chi bộ cấp cho chính đồng chí. Sổ trên máy giữ nguyên, phần máy chủ thiếu sẽ tự gửi lại."
	RejoinDo    = "Nối lại"
	RejoinDone  = "Đã nối lại. Máy đang gửi phần máy chủ còn thiếu."
	// RejoinServer: only a server that moved needs it.
	RejoinServer  = "Để nguyên nếu chi bộ không báo đổi địa chỉ."
	RejoinWaiting = "Đang hỏi máy chủ. Đợi một lát, đừng tắt máy…"

	CodeLabel    = "Mã trên phiếu"
	CodeHint     = "gõ 21 chữ và số"
	CodePaste    = "Dán"
	CodePicture  = "Chọn ảnh mã QR"
	PictureOpen  = "Chọn ảnh này"
	CodeLooking  = "Đang tìm mã trong ảnh…"
	CodeRight    = "Mã đủ và khớp."
	PasteNothing = "Chưa có gì để dán. Chép cả dòng mời hoặc mã rồi bấm Dán."
	PasteOther   = "Chỗ vừa chép không có mã. Chép cả dòng mời, hoặc mã trên phiếu, rồi bấm Dán."
	// The answers to a picture.
	PictureNoQR    = "Không thấy mã QR trong ảnh. Chụp lại phiếu cho rõ, cả ô vuông trong khung, rồi chọn lại."
	PictureOther   = "Mã QR trong ảnh không phải của Sổ Dân Vận. Chọn ảnh chụp phiếu mời."
	PictureUnread  = "Chưa đọc được ảnh này. Chọn ảnh PNG hoặc JPG."
	PictureTooBig  = "Ảnh quá lớn. Chụp màn hình ảnh đó rồi chọn ảnh chụp màn hình."
	ServerLabel    = "Địa chỉ máy chủ"
	ServerHint     = "https://tên-máy:cổng"
	ServerHelp     = "In dưới mã trên phiếu. Chép đúng từng chữ."
	ServerNeeded   = "Gõ địa chỉ máy chủ in trên phiếu."
	PINTitle       = "Đặt mã PIN"
	PhraseTitle    = "Đặt cụm mật khẩu"
	PINExplains    = "Mã PIN mở sổ mỗi ngày. Đặt 6 chữ số dễ nhớ với mình, khó đoán với người khác."
	PhraseExplains = "Cụm mật khẩu mở sổ mỗi ngày. Đặt ít nhất 12 chữ, ví dụ bốn từ không liên quan."
	PINLabel       = "Mã PIN"
	PhraseLabel    = "Cụm mật khẩu"
	PINAgain       = "Nhập lại lần nữa"
	PINDiffers     = "Hai lần nhập chưa giống nhau. Nhập lại lần thứ hai."
	ShowLetters    = "Hiện chữ đã gõ"
	HideLetters    = "Che chữ đã gõ"
	// PINNote: nobody else can open the book.
	PINNote = "Không ai khác biết mã này, kể cả bí thư. Quên thì xin bí thư mã mới."

	DeviceTitle   = "Tên máy này"
	DeviceLabel   = "Tên máy"
	DeviceHelp    = "Bí thư nhìn tên này để biết máy nào là máy nào. Ví dụ: Điện thoại của tôi."
	DeviceNeeded  = "Đặt tên cho máy này."
	DevicePhone   = "Điện thoại"
	DeviceDesktop = "Máy tính"
	JoinDo        = "Nhận sổ"
	RecoverDo     = "Đặt lại mã và mở sổ"
	JoinWaiting   = "Đang hỏi máy chủ và làm sổ trên máy. Đợi một lát, đừng tắt máy…"
	LookAtCode    = "Xem lại mã"

	// JoinNoNetwork: nothing was spent, nothing typed is lost.
	JoinNoNetwork = "Chưa tới được máy chủ. Bật mạng, xem lại địa chỉ máy chủ, rồi bấm lại. Những gì đã gõ vẫn còn."
	// JoinFailed: something answered that is no server of ours, or failed without words.
	JoinFailed = "Địa chỉ này trả lời không đúng nên chưa nhận được sổ. Xem lại địa chỉ trên phiếu rồi bấm lại; vẫn vậy thì gọi bí thư."

	// CodeEmpty: nothing typed.
	CodeEmpty = "Chưa có mã. Gõ mã in trên phiếu."
	// CodeWrong: the check letter does not fit, which does not tell where.
	CodeWrong = "Mã chưa đúng. Dò lại từng nhóm với phiếu."
)

// CodeLetter points at a group with a letter that no code has.
func CodeLetter(group int, letter string) string {
	return fmt.Sprintf("Mã sai ở nhóm thứ %d. Xem lại phiếu: mã không có chữ «%s».", group, letter)
}

// CodeGroupLength points at a group that has too few letters, or too many.
func CodeGroupLength(group, has, wants int) string {
	what := "thừa"
	if has < wants {
		what = "thiếu"
	}
	return fmt.Sprintf("Mã sai ở nhóm thứ %d. Xem lại phiếu: nhóm này %s chữ, cần %d, đang có %d.", group, what, wants, has)
}

// CodeShort tells how many letters are still to come.
func CodeShort(has, wants int) string {
	return fmt.Sprintf("Mã còn thiếu %d chữ. Gõ tiếp theo phiếu.", wants-has)
}

// ServerKnown tells that the invitation has the address.
func ServerKnown(address string) string { return "Máy chủ: " + address }

// StepOf is which step of joining this is.
func StepOf(step, of int) string { return fmt.Sprintf("%d/%d", step, of) }

// Opening a book that is here.
const (
	LockTitle    = "Mở sổ"
	LockPIN      = "Nhập mã PIN để mở sổ."
	LockPhrase   = "Nhập cụm mật khẩu để mở sổ."
	LockEmpty    = "Nhập mã rồi bấm Mở sổ."
	LockOpen     = "Mở sổ"
	LockOpening  = "Đang mở sổ…"
	LockErase    = "Xóa"
	LockAgain    = "Thử lại"
	ForgottenPIN = "Quên mã PIN"
	// PhraseWrong is what a wrong PIN is called on a desk.
	PhraseWrong = "Cụm mật khẩu chưa đúng. Nhập lại, hoặc nhờ bí thư chi bộ đặt lại."
	// ForgottenPhrase: see ForgottenPIN.
	ForgottenPhrase = "Quên cụm mật khẩu"
)

// LockWait counts down to the next try.
func LockWait(seconds int) string {
	if seconds >= 60 {
		return fmt.Sprintf("Nhập sai nhiều lần. Đợi %d phút %02d giây rồi nhập lại.", seconds/60, seconds%60)
	}
	return fmt.Sprintf("Nhập sai nhiều lần. Đợi %d giây rồi nhập lại.", seconds)
}

const (
	// LockBusy: another window has the book.
	LockBusy = "Sổ này đang mở ở cửa sổ khác. Đóng cửa sổ kia rồi bấm Thử lại."
	// LockDamaged: the file is not what was written, or cannot be read.
	LockDamaged = "Chưa đọc được tệp sổ. Đừng xóa ứng dụng; đưa máy cho người hỗ trợ xem."
	// LockNoBook: the folder is empty meanwhile.
	LockNoBook = "Không thấy sổ trên máy này. Đóng ứng dụng rồi mở lại; vẫn vậy thì gọi bí thư."
)
