package words

import (
	"strings"
	"time"
)

// The sheet "Những gì chúng tôi ghi về hộ": everything that this book holds about
// one household, in words that the household understands.
const (
	SheetFor        = "Tờ này ghi lại tất cả những gì sổ của chi bộ đang giữ về gia đình."
	SheetContact    = "Thông tin liên lạc"
	SheetWho        = "Ai xem được"
	SheetWhoText    = "Đồng chí phụ trách hộ, bí thư và phó bí thư chi bộ. Xã chỉ thấy kiến nghị mà gia đình đồng ý gửi lên."
	SheetNever      = "Những gì không bao giờ ghi"
	SheetNeverText  = "Quan điểm chính trị, tôn giáo, dân tộc, sức khỏe, nhận xét hay xếp loại gia đình; không số giấy tờ, không vị trí, không ảnh."
	SheetRights     = "Quyền của gia đình"
	SheetRightsText = "Xem, sửa, xóa, rút lại đồng ý bất cứ lúc nào: nói với đồng chí phụ trách. Chúng tôi trả lời trong 2 ngày làm việc."
	SheetOthers     = "Tờ này lấy từ sổ trên máy này. Nhật ký ai đã xem ở xã có trong tờ do xã in."
)

// SheetMade dates a sheet.
func SheetMade(t time.Time) string { return "Lập lúc " + AtWithYear(t) }

// SheetMark tells what is special about a record on the sheet.
func SheetMark(deleted, draft, refused bool) string {
	switch {
	case deleted:
		return "(đã xóa, chờ hủy hẳn)"
	case draft:
		return "(đang ghi dở)"
	case refused:
		return "(máy chủ chưa nhận)"
	}
	return ""
}

// SheetPhones names whose phones hold the household's page.
func SheetPhones(names []string) string {
	if len(names) == 0 {
		return "Chỉ có trên máy này."
	}
	return "Có trên máy của: " + strings.Join(names, ", ") + "."
}
