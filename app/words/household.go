package words

import (
	"fmt"
	"time"
)

// The list of households and the page of one.
const (
	Search      = "Tìm"
	SortWalk    = "Xếp theo thứ tự đi · đổi"
	SortName    = "Xếp theo tên · đổi"
	SortLongest = "Xếp theo lâu chưa gặp · đổi"

	// SeeBranch and SeeMine go from one list to the other.
	SeeBranch    = "Xem hộ của chi bộ"
	SeeMine      = "Xem hộ của tôi"
	AddHousehold = "Thêm hộ"
	// HandedOver marks a household in a list that was handed over and is not gone yet.
	HandedOver = "đã bàn giao"

	// Empty lists of who sits at the desk.
	NoneOfMine   = "Đồng chí không phụ trách hộ nào. Bấm «Xem hộ của chi bộ» để xem các hộ khác."
	NoneOfBranch = "Chi bộ chưa có hộ nào. Bấm «Thêm hộ» để ghi hộ đầu tiên."
)

// Buttons of a household's page.
const (
	CopyPhone    = "Chép số"
	PhoneCopied  = "Đã chép số. Bấm gọi bằng điện thoại."
	EditContact  = "Sửa thông tin hộ"
	HandOver     = "Bàn giao"
	AskHousehold = "Hỏi hộ"
	AskAgain     = "Hỏi lại hộ"
	TakeConsent  = "Hộ rút lại đồng ý"
	Contribute   = "Ghi đóng góp"
)

// What stands on a household's page.
const (
	PageOfHousehold = "Hộ"
	NoContributions = "Chưa ghi đóng góp. Hộ góp đất, công hoặc tiền, bấm Ghi đóng góp."
	NoNoticesTold   = "Chưa phổ biến thông báo nào. Mở mục Báo, chọn thông báo rồi chọn hộ."
	// NothingYet stands in an empty list of who only reads the page.
	NothingYet     = "Chưa có gì."
	AboutHousehold = "Về hộ này"
	TakenBackTitle = "Hộ rút lại đồng ý?"
	TakenBackHow   = "Hộ nói bằng cách nào? Bấm một cách là ghi việc rút lại. Phần đã ghi vẫn giữ đến khi hộ yêu cầu xóa."
	TakenBack      = "Đã ghi hộ rút lại đồng ý."
)

// The forms of this part: contact fields and contributions.
const (
	EditHouseholdTitle = "Sửa thông tin hộ"
	NewHouseholdTitle  = "Thêm hộ"
	ContributionTitle  = "Đóng góp của hộ"
	NoForm             = "không dùng"
	HeadNeeded         = "Ghi họ tên chủ hộ."
	NumberTooBig       = "Số quá lớn. Xem lại rồi ghi lại."
	GiveSomething      = "Ghi ít nhất một trong ba mục: đất, ngày công, giá trị."
	GivenFor           = "Góp cho mô hình nào"
	LandHint           = "ví dụ 12,5"
	WorkdaysHint       = "ví dụ 2"
	ValueHint          = "ví dụ 500.000"
	PhoneHint          = "ví dụ 0912 345 678"
	DropHalf           = "Bỏ phần đang ghi"
	DropHalfTitle      = "Bỏ phần đang ghi?"
	DropHalfText       = "Những gì vừa gõ ở trang này sẽ mất. Phần đã ghi từ trước vẫn còn."
	DropIt             = "Bỏ"
	HistoryLoading     = "Đang hỏi máy chủ…"
	HistoryAgain       = "Thử lại"
	HistoryWhy         = "Giá trị cũ của mục này, mới nhất ở trên."
	MendEdit           = "Sửa rồi gửi lại"
	MendAsItIs         = "Gửi lại như cũ"
	MendDropTitle      = "Bỏ mục này?"
	MendDropText       = "Mục rời khỏi máy này. Bàn của bí thư vẫn giữ bản đã gửi."
	MendDropped        = "Đã bỏ mục này khỏi máy."
	MendWritten        = "Những gì đã ghi"
	SheetCopy          = "Chép cả tờ"
)

// FormsOfAddress are the forms of address that can be chosen.
func FormsOfAddress() []string { return []string{"ông", "bà", "anh", "chị"} }

// LookedAfter says who looks after a household, in a list.
func LookedAfter(name string) string {
	if name == "" {
		return NobodyAssigned
	}
	return "đồng chí " + name
}

// PastDue says that an authority's day is over.
func PastDue(day int32) string { return "Quá hạn " + ShortDay(day) }

// MoreOf is the link to older lines of a list.
func MoreOf(n int, what string) string { return fmt.Sprintf("Xem thêm %s cũ hơn", Count(n, what)) }

// HalfWritten names an unfinished form, and when it was last saved.
func HalfWritten(kind string, at time.Time) string {
	return fmt.Sprintf("%s đang ghi dở · %s", kind, At(at))
}

// ValueWas is one earlier value of a field.
func ValueWas(field, value string) string { return field + ": " + orEmpty(value) }

// WasWritten says who wrote an earlier value, and when.
func WasWritten(by string, at time.Time) string {
	if by == "" {
		return AtWithYear(at)
	}
	return "đồng chí " + by + " · " + AtWithYear(at)
}
