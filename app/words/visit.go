package words

import "fmt"

// The form of a visit.
const (
	Visit       = "Lượt tiếp xúc"
	FieldDay    = "Ngày"
	FieldHow    = "Gặp thế nào"
	FieldTopics = "Nội dung đã trao đổi"
	FieldNote   = "Ghi chú"
	NoteHint    = "Việc gia đình nêu, việc cần làm tiếp"
	FieldNext   = "Hẹn lại"
	OneWeek     = "1 tuần"
	TwoWeeks    = "2 tuần"
	OneMonth    = "1 tháng"

	ChooseContact = "Chọn gặp thế nào."
	// OldTopic is a chip for a topic that the commune's list no longer has.
	OldTopic = "chủ đề cũ"
	// NothingToNote: with this way of meeting there is nothing to write.
	NothingToNote = "Không gặp thì không ghi nội dung. Phần đã gõ sẽ bỏ khi bấm Xong."

	// KeptAsDraft: a form was left half written.
	KeptAsDraft = "Đã giữ phần đang ghi dở. Mở lại trong «Đang ghi dở» để ghi tiếp."
	// LeaveLosesAsk and what follows: a form is left whose last state could not be kept.
	LeaveLosesAsk  = "Chưa giữ được phần vừa gõ"
	LeaveLosesText = "Nếu rời trang này, phần vừa gõ sẽ mất."
	LeaveAnyway    = "Rời trang"
	// NotKept heads why a form could not be saved.
	NotKept = "Chưa tự lưu được. "

	DeleteVisit     = "Xóa lượt này"
	DeleteVisitAsk  = "Xóa lượt tiếp xúc này?"
	DeleteVisitText = "Lượt này sẽ không còn trong sổ trên các máy."
	Delete          = "Xóa"
	Deleted         = "Đã xóa trên máy này, có mạng sẽ gửi."

	SendAgain   = "Sửa và gửi lại"
	SendWithout = "Gửi lại, bỏ phần nội dung"
	SentAgain   = "Đã ghi, có mạng máy sẽ gửi lại."
	NoMendLeft  = "Mục này đã xử lý rồi. Quay lại để xem mục khác."
)

// LettersLeft counts what a text still takes.
func LettersLeft(n int) string {
	return fmt.Sprintf("Còn viết được %s.", Count(n, "chữ cái"))
}
