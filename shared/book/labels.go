package book

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/viet"
)

// labels is the one table of Vietnamese names of enum values, by the enum's name. The
// value 0 of an enum means that nothing was chosen and has no name.
var labels = map[protoreflect.Name]map[protoreflect.EnumNumber]string{
	"CategoryUse":      {1: "chủ đề tiếp xúc", 2: "lĩnh vực kiến nghị", 3: "từ cần tránh"},
	"Office":           {1: "đảng viên", 2: "bí thư chi bộ", 3: "phó bí thư chi bộ", 4: "cán bộ dân vận xã", 5: "quản trị"},
	"Welfare":          {1: "không thuộc diện", 2: "hộ nghèo", 3: "hộ cận nghèo", 4: "gia đình chính sách"},
	"Contact":          {1: "tại nhà", 2: "điện thoại", 3: "họp", 4: "không gặp ai", 5: "hộ không muốn tiếp"},
	"StepKind":         {1: "gửi lên xã", 2: "bổ sung", 3: "chuyển cơ quan có thẩm quyền", 4: "đã trả lời", 5: "đã báo cho hộ", 6: "kết thúc", 7: "mở lại", 8: "rút lại bước"},
	"ToldOutcome":      {1: "hộ đồng tình", 2: "hộ chưa đồng tình"},
	"Verdict":          {1: "duyệt", 2: "trả lại"},
	"Purpose":          {1: "lưu liên hệ và ghi chép trong sổ chi bộ", 2: "chuyển kiến nghị lên trên chi bộ"},
	"Answer":           {1: "đồng ý", 2: "không đồng ý", 3: "rút đồng ý"},
	"Channel":          {1: "nói trực tiếp", 2: "trên giấy", 3: "qua điện thoại"},
	"ReceiptKind":      {1: "đã đọc", 2: "đã phổ biến đến hộ", 3: "rút lại xác nhận"},
	"InitiativeField":  {1: "kinh tế", 2: "văn hóa - xã hội", 3: "quốc phòng - an ninh", 4: "xây dựng Đảng và hệ thống chính trị"},
	"SuggestionReason": {1: "hộ đã được giao cho người khác", 2: "gửi từ bản sao của một máy", 3: "người ghi đã thôi nhiệm vụ", 4: "bàn giao từ một máy bị thu hồi", 5: "máy chủ được khôi phục và không còn bản này"},
	"RefusalCode": {
		1: "bản ghi hỏng", 2: "không phụ trách", 3: "chưa hợp lệ", 4: "đã gửi lên", 5: "chỉ ghi một lần", 6: "có bước khác trước",
		7: "không có phiên bản này", 8: "không được duyệt", 9: "chưa có đồng ý", 10: "quá dài", 11: "theo bản ghi bị từ chối", 12: "trùng mã", 13: "chi bộ không nhận",
	},
	"Kind": func() map[protoreflect.EnumNumber]string {
		names := map[protoreflect.EnumNumber]string{}
		for _, k := range kinds {
			names[protoreflect.EnumNumber(k.Kind)] = k.Vietnamese
		}
		return names
	}(),
}

// Label gives the Vietnamese name of an enum's value, in lower case; "" for the value 0
// and "không rõ" for one that this code does not know.
func Label(e protoreflect.Enum) string {
	n := e.Number()
	if n == 0 {
		return ""
	}
	if name, ok := labels[e.Descriptor().Name()][n]; ok {
		return name
	}
	return "không rõ"
}

// statusNames are indexed by status.
var statusNames = [...]string{"", "đã ghi, chưa gửi", "đang gửi", "chờ duyệt", "đã duyệt", "trả lại", "đã sửa, chờ duyệt lại", "chưa có người duyệt"}

// String gives the status as the app shows it; "" for the zero value.
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return ""
}

// String gives the consent's state as the app shows it.
func (c ConsentState) String() string {
	switch c {
	case Given:
		return "đồng ý"
	case Declined:
		return "không đồng ý"
	case Withdrawn:
		return "đã rút đồng ý"
	}
	return "chưa hỏi"
}

// fieldNames are the Vietnamese names of fields as forms show them.
var fieldNames = map[pb.Kind]map[uint32]string{
	pb.Kind_KIND_UNIT:         {1: "Tên tổ chức", 2: "Cấp", 3: "Ký hiệu", 4: "Mã", 5: "Có hiệu lực từ", 6: "Đến ngày", 7: "Báo cáo lên"},
	pb.Kind_KIND_AUTHORITY:    {1: "Tên cơ quan", 2: "Địa chỉ", 3: "Điện thoại"},
	pb.Kind_KIND_CALENDAR:     {1: "Ngày nghỉ", 2: "Thời hạn"},
	pb.Kind_KIND_CATEGORY:     {1: "Dùng cho", 2: "Tên", 3: "Thứ tự"},
	pb.Kind_KIND_NOTICE:       {1: "Tiêu đề", 2: "Nội dung", 3: "Từ ngày", 4: "Đến ngày"},
	pb.Kind_KIND_MEMBER:       {1: "Họ và tên", 2: "Phân biệt", 3: "Điện thoại", 4: "Người ghi thay", 200: "Chức vụ", 201: "Máy"},
	pb.Kind_KIND_HOUSEHOLD:    {1: "Chủ hộ", 2: "Thôn", 3: "Địa chỉ", 4: "Điện thoại", 5: "Số khẩu", 6: "Cách xưng hô", 100: "Đảng viên phụ trách", 101: "Diện", 102: "Thứ tự đi"},
	pb.Kind_KIND_VISIT:        {1: "Ngày", 2: "Hình thức", 3: "Chủ đề", 4: "Ghi chép", 5: "Hẹn lại", 90: "Ghi thay cho"},
	pb.Kind_KIND_PETITION:     {1: "Số kiến nghị", 2: "Ngày", 3: "Lời của hộ", 4: "Lĩnh vực", 5: "Kèm tên hộ", 90: "Ghi thay cho"},
	pb.Kind_KIND_CONTRIBUTION: {1: "Ngày", 2: "Mô hình", 3: "Đất (m²)", 4: "Ngày công", 5: "Giá trị (đồng)", 90: "Ghi thay cho"},
	pb.Kind_KIND_STEP:         {1: "Sau bước", 2: "Bước", 3: "Ngày", 4: "Gửi lên", 5: "Bổ sung", 6: "Chuyển cơ quan", 7: "Trả lời", 8: "Báo cho hộ", 9: "Lý do"},
	pb.Kind_KIND_REVIEW:       {1: "Phiên bản", 2: "Kết quả duyệt", 3: "Lý do"},
	pb.Kind_KIND_CONSENT:      {1: "Mục đích", 2: "Trả lời", 3: "Bản thông báo", 4: "Thời điểm", 5: "Hình thức", 6: "Người chứng kiến", 7: "Lần rút đã biết"},
	pb.Kind_KIND_RECEIPT:      {1: "Xác nhận", 2: "Ngày", 3: "Rút lại"},
	pb.Kind_KIND_INITIATIVE:   {1: "Tên mô hình", 2: "Lĩnh vực", 3: "Mô tả", 4: "Ngày đăng ký", 5: "Ngày công nhận"},
	pb.Kind_KIND_COMMENDATION: {1: "Tên", 2: "Tập thể", 3: "Ngày", 4: "Số quyết định", 5: "Thành tích", 6: "Mô hình"},
	pb.Kind_KIND_SURVEY:       {1: "Ngày", 2: "Kết quả", 3: "Kiến nghị"},
	pb.Kind_KIND_SUGGESTION:   {100: "Quyết định"},
}

// FieldName gives the Vietnamese name of a field as forms show it; "" where a form has
// none for it.
func FieldName(kind pb.Kind, field uint32) string {
	if field == fieldDeleted {
		return "Xóa"
	}
	return fieldNames[kind][field]
}

// PhoneText gives the phone numbers of a field in the groups in which they are read out,
// several with a comma between; what is no number comes back as it is.
func PhoneText(s string) string {
	var out []string
	for _, p := range viet.Phones(s) {
		out = append(out, viet.FormatPhone(p.Number))
	}
	if len(out) == 0 {
		return s
	}
	return strings.Join(out, ", ")
}
