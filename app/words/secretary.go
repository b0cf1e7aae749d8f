package words

import (
	"fmt"
	"strings"
	"time"
)

// The secretary's desk: its doors.
const (
	Suggestions       = "Đề xuất chờ quyết định"
	Suggestion        = "Đề xuất"
	Members           = "Đảng viên"
	NobodysHouseholds = "Hộ chưa phân công"
	BranchNotices     = "Thông báo của chi bộ"
	DevicesDoor       = "Xem, thu hồi, xác nhận (cần mạng)"
)

// WaitingCount and the others say how much is behind a door of the desk.
func WaitingCount(n int) string {
	if n == 0 {
		return "Không có gì chờ duyệt"
	}
	return Count(n, "mục chờ duyệt")
}

// SuggestionCount: see WaitingCount.
func SuggestionCount(n int) string {
	if n == 0 {
		return "Không có đề xuất nào"
	}
	return Count(n, "đề xuất chờ quyết định")
}

// NobodysCount: see WaitingCount.
func NobodysCount(n int) string { return Count(n, "hộ chờ phân công") }

// MemberCount: see WaitingCount.
func MemberCount(n int) string { return Count(n, "đồng chí") }

// NoticeCount: see WaitingCount.
func NoticeCount(n int) string { return someOf(n, "thông báo") }

// InitiativeCount: see WaitingCount.
func InitiativeCount(n int) string { return someOf(n, "mô hình") }

// CommendedCount: see WaitingCount.
func CommendedCount(n int) string { return someOf(n, "lần khen") }

func someOf(n int, noun string) string {
	if n == 0 {
		return "Chưa có " + noun + " nào"
	}
	return Count(n, noun)
}

// Records counts records.
func Records(n int) string { return Count(n, "mục") }

// Dots puts the parts that are not empty behind each other.
func Dots(parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, " · ")
}

// Sentences puts sentences behind each other.
func Sentences(s ...string) string { return strings.Join(s, " ") }

// Reviewing.
const (
	OneByOne          = "Xem từng mục"
	ApproveAll        = "Duyệt cả tháng"
	LookFirst         = "Xem lại đã"
	ApproveMonthText  = "Mở từng lượt ra xem trước, rồi duyệt một lần. Lượt nào cần sửa thì mở ra và trả lại riêng."
	NoneWaits         = "Không còn mục nào chờ duyệt."
	NotWaiting        = "Mục này không chờ đồng chí duyệt, hoặc vừa có người xử lý."
	NextWaiting       = "Xem mục còn chờ"
	LastWaiting       = "mục cuối"
	NowThis           = "Đây là mục tiếp theo."
	ApprovedOne       = "Đã duyệt."
	ReturnedOne       = "Đã trả lại."
	OpenHousehold     = "Mở trang của hộ"
	ChangedSinceShown = "Mục này vừa được sửa. Xem lại bản mới rồi hãy duyệt."
	DeskKeys          = "Phím: D duyệt · T trả lại · mũi tên lên, xuống: mục khác"
	ReturnWhy         = "Trả lại vì sao?"
	ReturnOther       = "Ghi thêm cho rõ"
	ReturnHint        = "Cần sửa gì, sửa ở đâu"
	ReasonJoin        = "; "
	DropReasonText    = "Lý do đang ghi sẽ mất. Mục này vẫn chờ duyệt."
)

// ReturnReasons are the usual reasons for which a record is returned, to tap.
var ReturnReasons = []string{"Sai ngày", "Ghi chưa rõ việc", "Chưa đủ lời của hộ", "Nhầm hộ", "Có chuyện riêng tư, xin bỏ ra"}

// WaitingOf says what waits of one member: records that are looked at one by one, and visits.
func WaitingOf(items, visits int) string {
	var parts []string
	if items > 0 {
		parts = append(parts, Count(items, "mục xem từng mục"))
	}
	if visits > 0 {
		parts = append(parts, Count(visits, "lượt tiếp xúc"))
	}
	return Dots(parts...)
}

// VisitsOf heads the visits of one month.
func VisitsOf(year, month int) string { return "Lượt tiếp xúc " + MonthOf(year, month) }

// ApproveMonth is the button that approves the visits of one month.
func ApproveMonth(n int) string { return fmt.Sprintf("Duyệt cả tháng (%s)", Count(n, "lượt")) }

// ApproveMonthTitle asks whether the visits of one month are approved.
func ApproveMonthTitle(n, year, month int) string {
	return fmt.Sprintf("Duyệt %s của %s?", Count(n, "lượt"), MonthOf(year, month))
}

// ShowMore is the button that shows the rest of a long list.
func ShowMore(n int) string { return fmt.Sprintf("Xem thêm (còn %s)", Count(n, "mục")) }

// StillWaiting counts what waits of one member, in the head of a record.
func StillWaiting(n int) string { return fmt.Sprintf("%d còn chờ", n) }

// NewlyChanged marks a field that was set after the last verdict.
func NewlyChanged(field string) string { return field + " · mới sửa" }

// Leaving a form.
const (
	DropFormTitle = "Bỏ phần đang ghi?"
	DropFormText  = "Phần chưa lưu sẽ mất."
	DropForm      = "Bỏ"
	KeepWriting   = "Ghi tiếp"
)

// Suggestions.
const (
	Accept     = "Nhận"
	Reject     = "Không nhận"
	Accepted   = "Đã nhận đề xuất vào sổ."
	Rejected   = "Đã ghi là không nhận."
	WouldBeNew = "Mục này chưa có trong sổ. Nhận thì sổ có thêm mục mới."
)

// What a record from before a restore of the server says.
const (
	// RestoredNew: the record is not here.
	RestoredNew = "Mục này không còn trong sổ. Nhận thì sổ có lại mục này, đúng như trước: vẫn người ghi và giờ ghi cũ."
	// RestoredOlder: the record is here, as an older version or another one.
	RestoredOlder = "Sổ đang có mục này nhưng thiếu mấy chỗ dưới đây. Nhận thì phần ghi sau được giữ, giờ ghi và người ghi như trước."
	// RestoredBack: done.
	RestoredBack = "Đã nhận. Máy chủ đưa mục này vào lại sổ ở lần gửi nhận tới."
)

// SentBy says who wrote a suggestion, and when.
func SentBy(name string, at time.Time) string {
	return Dots("Đồng chí "+name, AtWithYear(at))
}

// WhyWaits says why a change waits for a decision.
func WhyWaits(why string) string { return "Vì sao chờ quyết định: " + why + "." }

// Stands and Would put what stands against what a suggestion would write.
func Stands(value string) string { return "Đang ghi: " + value }

// Would: see Stands.
func Would(value string) string { return "Đề xuất: " + value }

// Members.
const (
	NoMembers             = "Chưa có đảng viên nào. Bấm Thêm đảng viên."
	NoMemberFound         = "Không có đồng chí nào khớp. Gõ ít chữ hơn, không cần dấu."
	SearchMember          = "Tìm tên, điện thoại"
	AddMember             = "Thêm đảng viên"
	MemberTitle           = "Đồng chí"
	EditMember            = "Sửa tên, điện thoại"
	ChooseProxies         = "Chọn người ghi thay"
	MemberHasNone         = "Chưa phụ trách hộ nào."
	MemberName            = "Họ và tên"
	MemberNameHint        = "Nguyễn Văn An"
	MemberPhone           = "Điện thoại"
	MemberDistinguish     = "Để phân biệt người trùng tên"
	MemberDistinguishHint = "năm sinh, xóm; không trùng thì để trống"
	NameNeeded            = "Ghi tên vào đây."
	MemberAdded           = "Đã thêm đồng chí vào sổ. Mở trang của đồng chí ấy để cấp mã."
	MemberSaved           = "Đã lưu."
	WhoWrites             = "Ai ghi thay?"
	NobodyAble            = "Chưa có đồng chí nào có máy. Cấp mã cho một đồng chí trước."
	ProxiesSaved          = "Đã lưu. Máy của người ghi thay nhận các hộ ở lần gửi nhận tới."
)

// ProxiesOf says what it means to choose those who write for a member.
func ProxiesOf(name string) string {
	return fmt.Sprintf("Người được chọn ghi sổ thay đồng chí %s và thấy các hộ của đồng chí ấy.", name)
}

// HouseholdsOf heads the households of a member.
func HouseholdsOf(n int) string { return fmt.Sprintf("Hộ phụ trách (%d)", n) }

// Codes.
const (
	IssueCode   = "Cấp mã"
	GettingCode = "Đang lấy mã…"
	OnlyForThem = "Chỉ đưa cho đồng chí ấy"
	CodeUse     = "Trên điện thoại của đồng chí ấy: gõ mã, hoặc chụp hình này rồi bấm Chọn ảnh mã QR. Mã dùng một lần: để nhận sổ, hoặc khi quên mã mở sổ. Đóng màn hình này là mã không hiện lại."
	CopyCode    = "Chép"
	TryAgain    = "Thử lại"
)

// CodeUntil says up to when a code holds.
func CodeUntil(t time.Time) string { return "Dùng trước " + AtWithYear(t) }

// Handing over.
const (
	HandOverSeveral    = "Bàn giao nhiều hộ"
	ChooseWho          = "Chọn đồng chí nhận:"
	ToNobody           = "Chưa giao cho ai"
	ChooseHouseholds   = "Chọn hộ để bàn giao"
	NothingToHandOver  = "Không có hộ nào để bàn giao."
	HandOverNobodyText = "Hộ rời khỏi máy của đồng chí phụ trách sau khi phần đã ghi được gửi xong.\nBí thư, phó bí thư vẫn thấy và giao lại được."
)

// HandOverOne is the title of handing one household over.
func HandOverOne(household string) string { return "Bàn giao: " + household }

// HandOverTo asks whether households are handed to a member.
func HandOverTo(n int, name string) string {
	return fmt.Sprintf("Bàn giao %s cho đồng chí %s?", Households(n), name)
}

// HandOverToNobody asks whether households are taken from their members.
func HandOverToNobody(n int) string {
	return fmt.Sprintf("Để %s chưa phân công ai?", Households(n))
}

// HandOverText says in two lines what will happen.
func HandOverText(name string, n int) string {
	what := "hộ này"
	if n > 1 {
		what = "các hộ này"
	}
	return fmt.Sprintf("Máy của đồng chí %s nhận %s, cả những gì đã ghi, ở lần gửi nhận tới.\nMáy đang giữ hộ gửi xong phần đã ghi rồi mới thôi giữ.", name, what)
}

// HandoverPart says how many households were handed over, how many were not, and why.
func HandoverPart(done, failed int, why string) string {
	if done == 0 {
		return fmt.Sprintf("Chưa bàn giao được %s. %s", Households(failed), why)
	}
	return fmt.Sprintf("Đã bàn giao %s, còn %s chưa được. %s", Households(done), Households(failed), why)
}

// HandoverDone says that it is done.
func HandoverDone(n int) string {
	return fmt.Sprintf("Đã bàn giao %s. Có mạng máy sẽ tự gửi.", Households(n))
}

// ChooseWhoGets is the button after households were chosen.
func ChooseWhoGets(n int) string { return fmt.Sprintf("Chọn đồng chí nhận %s", Households(n)) }

// OfNobody and OfMember head households to choose from.
func OfNobody(n int) string { return fmt.Sprintf("Chưa phân công (%d)", n) }

// OfMember: see OfNobody.
func OfMember(name string, n int) string {
	return fmt.Sprintf("Hộ của đồng chí %s (%d)", name, n)
}

// HouseholdAt names a household on one chip.
func HouseholdAt(head, address string) string {
	if address == "" {
		return head
	}
	return head + ", " + address
}

// Devices.
const (
	RevokeDevice      = "Thu hồi"
	ConfirmDevice     = "Xác nhận"
	ThisDevice        = "Đây là máy đồng chí đang dùng. Muốn thu hồi, làm trên máy khác của bí thư hoặc phó bí thư."
	LookAgain         = "Xem lại từ máy chủ"
	ConfirmDeviceText = "Chỉ xác nhận khi đồng chí ấy nói là máy của mình (đổi máy, cài lại). Máy ấy sẽ nhận sổ ở lần gửi nhận tới."
)

// DevicesOffline says why the devices are not listed, and that nothing is lost.
func DevicesOffline(why string) string {
	if why == NoNetwork {
		return "Chưa có mạng nên chưa xem được máy của chi bộ. Tìm nơi có mạng rồi thử lại."
	}
	return why
}

// DeviceName names a device.
func DeviceName(name string, number uint32) string {
	if name == "" {
		return fmt.Sprintf("Máy số %d", number)
	}
	return fmt.Sprintf("%s (máy số %d)", Capital(name), number)
}

// RevokeDeviceTitle asks whether a device is revoked.
func RevokeDeviceTitle(owner string) string {
	return "Thu hồi máy của đồng chí " + owner + "?"
}

// RevokeDeviceText says what will happen to a device that is revoked.
func RevokeDeviceText(unsent int) string {
	s := "Ở lần gửi nhận tới, máy ấy giao lại phần chưa gửi rồi tự xóa sổ. Sổ trên máy chủ còn nguyên. Muốn dùng lại phải cấp mã mới."
	if unsent > 0 {
		s += fmt.Sprintf(" Máy này còn %s chưa gửi: nếu không mất máy, cho máy gửi xong trước đã.", Count(unsent, "mục"))
	}
	return s
}

// ConfirmDeviceTitle asks whether a copy of a device goes on as a device of its own.
func ConfirmDeviceTitle(owner string) string {
	return "Đây là máy của đồng chí " + owner + "?"
}

// Notices of the branch.
const (
	NoBranchNotices = "Chi bộ chưa có thông báo nào. Bấm Soạn thông báo; đảng viên thấy ở lần gửi nhận tới."
	NewNotice       = "Soạn thông báo"
	EditNoticeTitle = "Sửa thông báo"
	GiveNotice      = "Gửi cho đảng viên"
	NoticeTitle     = "Tiêu đề"
	NoticeTitleHint = "Họp chi bộ tháng 12"
	NoticeText      = "Nội dung"
	NoticeTextHint  = "Viết như khi nói với bà con"
	NoticeFrom      = "Từ ngày"
	NoticeUntil     = "Đến hết ngày"
	NoEnd           = "không hạn"
	Tomorrow        = "ngày mai"
	InOneWeek       = "1 tuần"
	InOneMonth      = "1 tháng"
	EndsBefore      = "Ngày hết phải sau ngày bắt đầu. Xem lại hai ngày này."
	TitleNeeded     = "Ghi tiêu đề để đảng viên biết việc gì."
	NoticeGiven     = "Đã ghi thông báo. Có mạng máy sẽ tự gửi cho đảng viên."
	NoticeSaved     = "Đã lưu thông báo."
)

// Held says when a notice holds, in a list.
func Held(from, until int32, coming bool) string {
	start := ""
	if from != 0 {
		start = From(from)
	}
	if coming {
		start = "chưa tới ngày, " + start
	}
	return Capital(Dots(start, Until(until)))
}

// Initiatives and commendations.
const (
	NoInitiativesDesk = "Chưa có mô hình nào. Bấm Đăng ký mô hình."
	NewInitiative     = "Đăng ký mô hình"
	EditInitiative    = "Sửa mô hình"
	InitiativeTitle   = "Mô hình"
	InitiativeName    = "Tên mô hình"
	InitiativeHint    = "Đường hoa ngõ xóm"
	InitiativeField   = "Lĩnh vực"
	InitiativeText    = "Mô tả"
	InitiativeDay     = "Ngày đăng ký"
	InitiativeSaved   = "Đã lưu mô hình."
	WorkNameNeeded    = "Ghi tên mô hình."
	OfCommune         = "của xã"
	GivenTitle        = "Các hộ đã đóng góp"
	SumApproved       = "Đã duyệt"
	SumNoReviewer     = "Chưa có người duyệt"
	Edit              = "Sửa"

	NoCommendedDesk   = "Chưa có biểu dương, khen thưởng. Bấm Ghi khen thưởng."
	NewCommendation   = "Ghi khen thưởng"
	EditCommendation  = "Sửa khen thưởng"
	CommendWho        = "Khen ai?"
	CommendName       = "Tên"
	CommendHint       = "Tên tập thể hoặc cá nhân"
	CommendDay        = "Ngày"
	CommendDecision   = "Số quyết định"
	CommendReason     = "Thành tích"
	CommendFor        = "Vì mô hình"
	CommendationSaved = "Đã lưu khen thưởng."
	WhoNeeded         = "Chọn tập thể hay cá nhân."
	CommuneKeeps      = "Mục này của xã, xã mới sửa được."
)

// Who says who is commended.
func Who(collective bool, name string) string {
	if collective {
		return Collective + ": " + name
	}
	return Person + ": " + name
}
