package words

import "fmt"

// The screens of petitions.
const (
	Petition = "Kiến nghị"

	AskFirstTitle   = "Hỏi trước khi ghi"
	ItIsAnOpinion   = "Nêu ý kiến, kiến nghị"
	ItIsDenouncing  = "Tố cáo"
	Denouncing      = "Nơi nhận tố cáo"
	Understood      = "Đã đọc cho hộ"
	PetitionsOpen   = "Đang chờ"
	PetitionsClosed = "Đã xong"
	SearchNumber    = "Tìm số kiến nghị, tên hộ"
	NumberNotFound  = "Không có kiến nghị nào khớp. Xem lại số trên phiếu."
	NoPetitionsYet  = "Chưa có kiến nghị nào. Mở trang của hộ, bấm Ghi kiến nghị, kiến nghị sẽ hiện ở đây."

	FieldWords     = "Lời của hộ"
	WordsHint      = "Ghi đúng lời gia đình nói"
	FieldMatter    = "Về việc gì"
	OldMatter      = "lĩnh vực cũ"
	FieldName      = "Gửi lên xã"
	WithoutName    = "Không kèm tên hộ"
	WithName       = "Kèm tên hộ"
	NameMeans      = "Không kèm tên thì xã chỉ thấy nội dung. Chỉ kèm khi gia đình muốn."
	TextNeeded     = "Ghi lời của hộ."
	PetitionNumber = "Số kiến nghị"
	CopyNumber     = "Chép số"
	ToThePetition  = "Xem kiến nghị"

	EditPetition       = "Sửa kiến nghị"
	DeletePetition     = "Xóa kiến nghị này"
	DeletePetitionAsk  = "Xóa kiến nghị này?"
	DeletePetitionText = "Hộ đang giữ số này trên phiếu. Nói với hộ trước khi xóa."

	StepsOfIt   = "Đã đến đâu"
	NotUp       = "Chưa gửi lên xã"
	NoSteps     = "Chưa gửi lên xã."
	ApproveOnce = "Bí thư duyệt xong thì gửi lên xã được."

	// ForwardDeclined and ForwardWithdrawn: it stays in the branch.
	ForwardDeclined  = "Hộ không đồng ý gửi lên xã. Kiến nghị ở lại chi bộ."
	ForwardWithdrawn = "Hộ đã rút lại đồng ý gửi lên xã. Kiến nghị ở lại chi bộ."
	AskForwardNow    = "Hỏi hộ có gửi lên xã không"

	SendUp        = "Gửi lên xã"
	SendUpAsk     = "Gửi kiến nghị này lên xã?"
	SentUpOnce    = "Gửi rồi thì không sửa được nữa, chỉ bổ sung."
	SentUpDone    = "Đã ghi gửi lên xã, có mạng máy sẽ gửi."
	StepKept      = "Đã ghi trên máy này, có mạng máy sẽ gửi."
	Supplement    = "Bổ sung nội dung"
	SupplementFor = "Hộ nói thêm"
	TellHousehold = "Ghi đã báo cho hộ"
	ToldHousehold = "Đã báo cho hộ"
	TheyAre       = "Hộ thấy thế nào"
	WhoTold       = "Ai đã báo cho hộ"
	Myself        = "Tôi"
	ClosePetition = "Kết thúc"
	CloseWhy      = "Vì sao kết thúc"
	Reopen        = "Mở lại"
	ReopenWhy     = "Vì sao mở lại"
	TakeBackStep  = "Rút lại bước vừa ghi"
	TakeBackWhy   = "Vì sao rút lại"
	ReasonFirst   = "Ghi ngắn gọn vì sao."
	ChooseOutcome = "Chọn hộ thấy thế nào."
	LoseStepAsk   = "Bỏ phần đang gõ?"
)

// DueBy says by which day an answer is due.
func DueBy(day int32) string { return "Hạn trả lời " + Day(day) }

// Overdue says for how many days an answer has been due.
func Overdue(days int32) string { return fmt.Sprintf("Quá hạn %d ngày", days) }

// SectionOf heads a part of a list.
func SectionOf(title string, n int) string { return title + " · " + Counted(n) }

// WithNameUp says how a petition goes up.
func WithNameUp(with bool) string {
	if with {
		return WithName
	}
	return WithoutName
}
