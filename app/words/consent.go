package words

// The screen where a household is asked whether the branch may keep notes or pass its
// petition on, and what other screens say of it.
const (
	ReadAloud = "Đọc cho hộ nghe"

	// NoticeVersion names the texts below in every answer. It changes with them.
	NoticeVersion = "Bản 01, ngày 21/11/2026"
	// NoticeKeep is read out before anything of a household is kept.
	NoticeKeep = "Chi bộ xin ghi vào sổ: tên chủ hộ, địa chỉ, số điện thoại, ngày gặp và những việc gia đình trao đổi.\n" +
		"Chỉ đồng chí phụ trách hộ, bí thư và phó bí thư chi bộ được xem.\n" +
		"Gia đình xem, sửa, xóa hoặc rút lại lúc nào cũng được, chỉ cần nói với đồng chí phụ trách.\n" +
		"Không đồng ý cũng không ảnh hưởng gì đến gia đình."
	// NoticeForward is read out before a petition leaves the branch.
	NoticeForward = "Chi bộ xin gửi kiến nghị của gia đình lên xã để xã xem và trả lời.\n" +
		"Không kèm tên hộ, trừ khi gia đình muốn kèm.\n" +
		"Gia đình rút lại lúc nào cũng được, chỉ cần nói với đồng chí phụ trách.\n" +
		"Không đồng ý cũng không ảnh hưởng gì đến gia đình."

	TheirAnswer  = "Hộ trả lời"
	Agrees       = "Đồng ý"
	AgreesNot    = "Không đồng ý"
	StillAgrees  = "Vẫn đồng ý"
	TakesBack    = "Rút lại"
	HowAsked     = "Hỏi bằng cách nào"
	Witness      = "Người chứng kiến (không bắt buộc)"
	WitnessHint  = "Họ và tên"
	RecordAnswer = "Ghi câu trả lời"
	ChooseAnswer = "Chọn câu trả lời của hộ."
	ChooseHow    = "Chọn cách đã hỏi."
	// AnswerKept: done.
	AnswerKept = "Đã ghi câu trả lời của hộ."
	// TakesBackMeans and AgreesNotMeans tell what follows.
	TakesBackMeans = "Từ nay sổ không ghi thêm nội dung của hộ. Hộ muốn xóa phần cũ thì báo bí thư."
	AgreesNotMeans = "Sổ chỉ ghi ngày và cách tiếp xúc."
	NotPassedOn    = "Kiến nghị của hộ không gửi lên xã."
)

// LastAnswer says what a household answered last, and when.
func LastAnswer(state string, day int32) string {
	if day == 0 {
		return "Lần trước: " + state
	}
	return "Lần trước: " + state + ", ngày " + Day(day)
}
