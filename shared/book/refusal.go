package book

import (
	"errors"
	"fmt"
	"slices"

	pb "sodanvan/shared/gen/sodanvan/v1"
)

// ErrParked: the kind, or what the record is about, is not known here yet. The server
// keeps the change and tries again by itself; nothing is lost and nobody has to act.
var ErrParked = errors.New("subject or kind not known here yet")

// Refusal says why a change was refused: the code that phone and server agree on, the
// field that breaks the rule (0: the record as a whole) and the rule's stable name. It is
// an error; UserMessage is what a user reads.
type Refusal struct {
	Code  pb.RefusalCode
	Field uint32
	Rule  string
}

// RefusalFrom reads a refusal of an ack; nil for nil. Rules that this code does not know
// still have a sentence, by their code.
func RefusalFrom(p *pb.Refusal) *Refusal {
	if p == nil {
		return nil
	}
	return &Refusal{Code: p.GetCode(), Field: p.GetField(), Rule: p.GetRule()}
}

// Proto gives the refusal as an ack carries it.
func (r *Refusal) Proto() *pb.Refusal {
	if r == nil {
		return nil
	}
	return &pb.Refusal{Code: r.Code.Enum(), Field: &r.Field, Rule: &r.Rule}
}

// Error is for the log: no value of the record, no Vietnamese.
func (r *Refusal) Error() string {
	if r.Field == 0 {
		return fmt.Sprintf("refused: %s (%s)", r.Rule, r.Code)
	}
	return fmt.Sprintf("refused: %s (%s, field %d)", r.Rule, r.Code, r.Field)
}

// Is matches a Refusal whose set parts (code, field, rule) are the same, so that
// errors.Is(err, &Refusal{Code: …}) asks for a code.
func (r *Refusal) Is(target error) bool {
	t, ok := target.(*Refusal)
	if !ok {
		return false
	}
	return (t.Code == 0 || t.Code == r.Code) && (t.Field == 0 || t.Field == r.Field) && (t.Rule == "" || t.Rule == r.Rule)
}

// UserMessage says in Vietnamese what happened and what to do.
func (r *Refusal) UserMessage() string {
	if s, ok := sentences[r.Rule]; ok {
		return s
	}
	if s, ok := codeSentences[r.Code]; ok {
		return s
	}
	return "Máy chủ chưa nhận được bản ghi này; hãy cập nhật ứng dụng rồi gửi lại."
}

// UserMessageFor is UserMessage with the name of the form's field before it, where the refusal
// names one that the kind has.
func (r *Refusal) UserMessageFor(kind pb.Kind) string {
	if name := FieldName(kind, r.Field); name != "" {
		return name + ": " + r.UserMessage()
	}
	return r.UserMessage()
}

// Rules gives the name of every rule that this package can refuse by, sorted, for tests
// of a message catalogue.
func Rules() []string {
	names := make([]string, 0, len(sentences))
	for name := range sentences {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// refuse makes every refusal of this package; a test holds that its rule is one of the
// constants below.
func refuse(code pb.RefusalCode, field uint32, rule string) *Refusal {
	return &Refusal{Code: code, Field: field, Rule: rule}
}

func invalid(field uint32, rule string) *Refusal {
	return refuse(pb.RefusalCode_REFUSAL_CODE_INVALID, field, rule)
}

func badWire(field uint32, rule string) *Refusal {
	return refuse(pb.RefusalCode_REFUSAL_CODE_BAD_WIRE, field, rule)
}

func notYours(field uint32, rule string) *Refusal {
	return refuse(pb.RefusalCode_REFUSAL_CODE_NOT_YOURS, field, rule)
}

func cannotReview(field uint32, rule string) *Refusal {
	return refuse(pb.RefusalCode_REFUSAL_CODE_CANNOT_REVIEW, field, rule)
}

func noConsent(field uint32, rule string) *Refusal {
	return refuse(pb.RefusalCode_REFUSAL_CODE_NO_CONSENT, field, rule)
}

func notLastStep() *Refusal {
	return refuse(pb.RefusalCode_REFUSAL_CODE_NOT_LAST_STEP, 1, ruleNotLastStep)
}

// Names of the rules. They travel in acks and are stored: never rename one.
const (
	ruleBadWire           = "bad_wire"
	ruleEnvelope          = "envelope_incomplete"
	ruleUnknownKind       = "unknown_kind"
	ruleNotYours          = "not_yours"
	ruleServerField       = "server_field"
	ruleDeskField         = "desk_field"
	ruleServerOnly        = "server_only"
	ruleMemberHasDevice   = "member_has_device"
	ruleStepNotYours      = "step_not_yours"
	ruleWriteOnce         = "write_once"
	ruleTooLarge          = "record_too_large"
	ruleTooLong           = "too_long"
	ruleTooMany           = "too_many"
	ruleOutOfRange        = "out_of_range"
	ruleControl           = "control_characters"
	ruleRequired          = "required"
	ruleUnknownValue      = "unknown_value"
	ruleBadID             = "bad_id"
	ruleRepeated          = "repeated_entry"
	ruleBadDay            = "bad_day"
	ruleBadTime           = "bad_time"
	ruleDaysReversed      = "days_reversed"
	ruleBadPhone          = "bad_phone"
	ruleOwnSuperior       = "own_superior"
	ruleHolidayOrLimit    = "holiday_or_limit"
	ruleProxySelf         = "proxy_self"
	ruleProxyUnknown      = "proxy_not_in_branch"
	ruleProxyHasDevice    = "proxy_member_has_device"
	ruleDeclined          = "declined"
	ruleSubjectMissing    = "taken_over_subject_missing"
	ruleMemberUnknown     = "member_not_in_branch"
	ruleOnBehalfWrong     = "on_behalf_wrong"
	ruleOnBehalfFixed     = "on_behalf_fixed"
	ruleBadNumber         = "bad_petition_number"
	ruleNumberFixed       = "petition_number_fixed"
	ruleNothingGiven      = "nothing_given"
	ruleNoConsentKeep     = "no_consent_keep"
	ruleNoConsentForward  = "no_consent_forward"
	rulePetitionClosed    = "petition_closed"
	ruleStepContent       = "step_content"
	ruleNotLastStep       = "not_last_step"
	ruleFirstSentUp       = "first_step_sent_up"
	ruleStepOrder         = "step_order"
	rulePetitionGone      = "petition_deleted"
	ruleNotCurrentVersion = "not_current_version"
	ruleNotApproved       = "not_approved"
	ruleNameNotAsWished   = "name_not_as_wished"
	ruleAuthorityUnknown  = "authority_unknown"
	ruleTellerUnknown     = "teller_unknown"
	ruleReasonRequired    = "reason_required"
	ruleUnknownVersion    = "unknown_version"
	ruleSelfReview        = "self_review"
	ruleUnknownFields     = "unknown_fields"
	ruleNotReviewed       = "kind_not_reviewed"
	ruleSeenOnlyGiven     = "withdrawals_seen_only_given"
	ruleReceiptHousehold  = "receipt_household"
	ruleReceiptUnknown    = "receipt_unknown"
	ruleReceiptTakesBack  = "receipt_takes_back"
)

var sentences = map[string]string{
	ruleBadWire:           "Bản ghi bị hỏng khi lưu hoặc khi gửi; hãy mở lại, kiểm tra nội dung rồi lưu lần nữa.",
	ruleEnvelope:          "Bản ghi thiếu thông tin nơi lưu; hãy mở lại từ trang của hộ hoặc của chi bộ rồi ghi lại.",
	ruleUnknownKind:       "Máy chủ chưa biết loại bản ghi này; hãy giữ nguyên và chờ máy chủ được cập nhật.",
	ruleNotYours:          "Đồng chí không phụ trách bản ghi này hoặc bản ghi không còn; hãy hỏi bí thư chi bộ về phân công.",
	ruleServerField:       "Mục này do máy chủ tự ghi, không sửa được; hãy bỏ thay đổi ở mục này rồi lưu lại.",
	ruleDeskField:         "Mục này do bí thư, phó bí thư hoặc cán bộ xã ghi; hãy nhắn bí thư chi bộ sửa giúp.",
	ruleServerOnly:        "Loại bản ghi này do máy chủ tự lập; hãy bỏ thay đổi này.",
	ruleMemberHasDevice:   "Đồng chí được phân công nay có máy riêng; hãy đưa trang giấy để đồng chí ấy tự ghi.",
	ruleStepNotYours:      "Bước xử lý này không thuộc việc của đồng chí; hãy nhờ bí thư chi bộ hoặc cán bộ xã ghi.",
	ruleWriteOnce:         "Loại bản ghi này chỉ ghi một lần, không sửa được; hãy ghi một bản mới để rút lại hoặc thay thế.",
	ruleTooLarge:          "Nội dung quá dài, không gửi được; hãy rút gọn hoặc tách thành hai bản ghi.",
	ruleTooLong:           "Nội dung quá dài; hãy rút gọn rồi lưu lại.",
	ruleTooMany:           "Chọn quá nhiều mục; hãy bỏ bớt rồi lưu lại.",
	ruleOutOfRange:        "Con số nằm ngoài mức cho phép; hãy kiểm tra và nhập lại.",
	ruleControl:           "Nội dung có ký tự lạ không hiển thị được; hãy xóa và gõ lại.",
	ruleRequired:          "Mục này còn trống; hãy điền rồi lưu lại.",
	ruleUnknownValue:      "Lựa chọn này không có trong danh sách; hãy chọn lại, hoặc cập nhật ứng dụng.",
	ruleBadID:             "Mục được chọn không hợp lệ; hãy chọn lại từ danh sách.",
	ruleRepeated:          "Một mục được chọn hai lần; hãy bỏ mục trùng rồi lưu lại.",
	ruleBadDay:            "Ngày không hợp lệ; hãy nhập lại ngày theo dạng ngày/tháng/năm.",
	ruleBadTime:           "Thời điểm không hợp lệ; hãy kiểm tra ngày giờ của máy rồi ghi lại.",
	ruleDaysReversed:      "Ngày sau đứng trước ngày đầu; hãy kiểm tra lại hai ngày.",
	ruleBadPhone:          "Số điện thoại không đúng; hãy nhập lại, số di động có 10 chữ số.",
	ruleOwnSuperior:       "Một tổ chức không thể báo cáo cho chính mình; hãy chọn tổ chức khác.",
	ruleHolidayOrLimit:    "Mỗi dòng lịch chỉ là một ngày nghỉ hoặc một thời hạn; hãy chọn một loại và điền đủ.",
	ruleProxySelf:         "Đảng viên không thể ghi thay cho chính mình; hãy chọn người khác.",
	ruleProxyUnknown:      "Người ghi thay phải là đảng viên của cùng chi bộ; hãy chọn lại.",
	ruleProxyHasDevice:    "Đồng chí ấy có máy và tự ghi được; hãy chỉ chọn người ghi thay cho đồng chí không có máy.",
	ruleDeclined:          "Bí thư đã xem và không nhận thay đổi này; nếu vẫn cần, hãy trao đổi với bí thư rồi ghi lại.",
	ruleSubjectMissing:    "Bản này nói về một mục mà máy chủ không còn; hãy nhận lại mục ấy trước, rồi nhận bản này.",
	ruleMemberUnknown:     "Người được phân công phải là đảng viên của cùng chi bộ; hãy chọn lại.",
	ruleOnBehalfWrong:     "Chỉ ghi thay cho đồng chí đang phụ trách hộ này; hãy mở lại trang của hộ rồi ghi.",
	ruleOnBehalfFixed:     "Không đổi được người được ghi thay; hãy xóa bản ghi này và ghi bản mới.",
	ruleBadNumber:         "Số kiến nghị không đúng; hãy xem lại từng chữ số trên phiếu, hoặc tạo lại kiến nghị.",
	ruleNumberFixed:       "Số kiến nghị đã đưa cho hộ nên không đổi được; hãy giữ nguyên số cũ.",
	ruleNothingGiven:      "Chưa ghi hộ đóng góp gì; hãy điền đất, ngày công hoặc giá trị bằng tiền.",
	ruleNoConsentKeep:     "Hộ chưa đồng ý, hoặc đã rút đồng ý, cho lưu nội dung này; hãy hỏi hộ trước, hoặc chỉ ghi ngày và hình thức tiếp xúc.",
	ruleNoConsentForward:  "Hộ chưa đồng ý, hoặc đã rút đồng ý, cho chuyển kiến nghị lên trên; hãy hỏi lại hộ trước khi gửi.",
	rulePetitionClosed:    "Kiến nghị đã gửi lên nên không sửa được; hãy ghi thêm một bước bổ sung.",
	ruleStepContent:       "Nội dung không khớp với loại bước xử lý; hãy mở lại kiến nghị và ghi lại bước này.",
	ruleNotLastStep:       "Đã có bước khác được ghi trước; hãy xem bước mới nhất rồi ghi lại nếu còn cần.",
	ruleFirstSentUp:       "Kiến nghị chưa được gửi lên; hãy chờ chi bộ gửi lên xã rồi mới ghi bước này.",
	ruleStepOrder:         "Bước này không thể theo sau bước hiện tại; hãy xem lại tiến trình của kiến nghị.",
	rulePetitionGone:      "Kiến nghị đã bị xóa; hãy khôi phục kiến nghị trước khi ghi bước xử lý.",
	ruleNotCurrentVersion: "Kiến nghị đã thay đổi sau khi đồng chí xem; hãy đọc lại bản mới nhất rồi gửi.",
	ruleNotApproved:       "Kiến nghị chưa được duyệt; hãy duyệt bản hiện tại trước khi gửi lên.",
	ruleNameNotAsWished:   "Việc kèm tên hộ không đúng như hộ mong muốn; hãy xem lại lựa chọn của hộ.",
	ruleAuthorityUnknown:  "Cơ quan này không có trong danh sách của xã; hãy chọn lại cơ quan có thẩm quyền.",
	ruleTellerUnknown:     "Không tìm thấy người đã báo cho hộ; hãy chọn lại đảng viên.",
	ruleReasonRequired:    "Chưa ghi lý do; hãy ghi ngắn gọn vì sao.",
	ruleUnknownVersion:    "Máy chủ không có phiên bản mà đồng chí đã xem; hãy đồng bộ, đọc lại rồi duyệt.",
	ruleSelfReview:        "Không ai tự duyệt nội dung mình đã ghi hoặc được ghi thay; hãy để người còn lại trong bí thư, phó bí thư duyệt.",
	ruleUnknownFields:     "Bản ghi có mục mà ứng dụng này chưa hiển thị được; hãy cập nhật ứng dụng rồi duyệt.",
	ruleNotReviewed:       "Loại bản ghi này không cần duyệt; hãy bỏ thao tác duyệt.",
	ruleSeenOnlyGiven:     "Chỉ lời đồng ý mới thay được lần rút trước đó; hãy ghi lại câu trả lời của hộ.",
	ruleReceiptHousehold:  "Đã phổ biến thì phải chọn hộ, còn đã đọc thì không gắn với hộ; hãy ghi lại.",
	ruleReceiptUnknown:    "Không tìm thấy xác nhận cần rút lại của chính đồng chí; hãy mở lại thông báo và thử lại.",
	ruleReceiptTakesBack:  "Chỉ khi rút lại mới chọn xác nhận cũ; hãy mở lại thông báo và ghi lại.",
}

var codeSentences = map[pb.RefusalCode]string{
	pb.RefusalCode_REFUSAL_CODE_BAD_WIRE:        "Bản ghi bị hỏng khi lưu hoặc khi gửi; hãy mở lại và lưu lần nữa.",
	pb.RefusalCode_REFUSAL_CODE_NOT_YOURS:       "Đồng chí không phụ trách bản ghi này hoặc bản ghi không còn; hãy hỏi bí thư chi bộ về phân công.",
	pb.RefusalCode_REFUSAL_CODE_INVALID:         "Nội dung chưa hợp lệ; hãy mở ra xem lại rồi lưu lần nữa.",
	pb.RefusalCode_REFUSAL_CODE_CLOSED:          "Kiến nghị đã gửi lên nên không sửa được; hãy ghi thêm một bước bổ sung.",
	pb.RefusalCode_REFUSAL_CODE_WRITE_ONCE:      "Loại bản ghi này chỉ ghi một lần; hãy ghi một bản mới để rút lại hoặc thay thế.",
	pb.RefusalCode_REFUSAL_CODE_NOT_LAST_STEP:   "Đã có bước khác được ghi trước; hãy xem bước mới nhất rồi ghi lại nếu còn cần.",
	pb.RefusalCode_REFUSAL_CODE_UNKNOWN_VERSION: "Máy chủ không có phiên bản mà đồng chí đã xem; hãy đồng bộ, đọc lại rồi duyệt.",
	pb.RefusalCode_REFUSAL_CODE_CANNOT_REVIEW:   "Đồng chí không duyệt được bản này; hãy để người còn lại trong bí thư, phó bí thư duyệt.",
	pb.RefusalCode_REFUSAL_CODE_NO_CONSENT:      "Hộ chưa đồng ý hoặc đã rút đồng ý; hãy hỏi lại hộ trước.",
	pb.RefusalCode_REFUSAL_CODE_TOO_LARGE:       "Nội dung quá dài, không gửi được; hãy rút gọn hoặc tách thành hai bản ghi.",
	pb.RefusalCode_REFUSAL_CODE_FOLLOWS_REFUSED: "Bản ghi gốc chưa được nhận; hãy sửa bản ghi gốc rồi gửi lại cả bản ghi.",
	pb.RefusalCode_REFUSAL_CODE_ID_TAKEN:        "Mã của bản ghi này đã thuộc bản ghi khác; hãy chép nội dung sang một bản ghi mới.",
	pb.RefusalCode_REFUSAL_CODE_DECLINED:        "Bí thư đã xem và không nhận thay đổi này; nếu vẫn cần, hãy trao đổi với bí thư rồi ghi lại.",
}
