package book

import (
	"slices"

	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/viet"
)

// merged is one question of Validate: the merged row, what changed, who asks.
type merged struct {
	r      *Record
	b      body
	change *lww.Change
	// touched are the fields, set or cleared, of the change.
	touched []uint32
	a       Actor
	w       World
	// gone: the row bears the mark of deletion, so that nothing is required of it.
	gone bool
}

// Validate holds the rules within and between the fields of a merged row: nil, or the
// rule that this change breaks. after is the row as the merge made it, with envelope and
// holder; change is what was merged. MayWrite came before.
//
// A value of an enum that this code does not know is refused: the closed lists (welfare,
// verdicts, sorts of step) stay closed. Fields that it does not know are left alone.
//
// Of a deleted record nothing is required, and its other fields may still be edited, as
// the merge of two people's work needs. Rules that ask for other records (consent, the
// assigned member, proxies, on whose behalf) are asked only when the change touches what
// they are about, so that an old row stays editable after a member left or a consent was
// withdrawn: notes kept before a withdrawal go by erasure, not by refusing to mend a day.
//
// What a household lets the branch keep is asked for the topics and note of a visit, for
// petitions and contributions. Not for a visit that says only when and how, because
// "nobody met" and "did not wish to" must be writable without consent; and not for the
// household's own row, which comes from the branch's list before anybody was asked.
func Validate(after Record, change lww.Change, a Actor, w World) *Refusal {
	s := shapeOf(after.Kind)
	if s == nil {
		return invalid(0, ruleUnknownKind)
	}
	if s.info.WriteOnce && !change.Create {
		return refuse(pb.RefusalCode_REFUSAL_CODE_WRITE_ONCE, 0, ruleWriteOnce)
	}
	b, refusal := parse(s, after.State.Body)
	if refusal != nil {
		return refusal
	}
	if refusal := checkLimits(s, b, after.State.Body); refusal != nil {
		return refusal
	}
	check := validators[after.Kind]
	if check == nil {
		return nil
	}
	m := &merged{r: &after, b: b, change: &change, a: a, w: w}
	m.gone = s.info.Deletable && b.flag(fieldDeleted)
	m.touched = fieldsOf(change.Set, change.Cleared)
	return check(m)
}

// validators is the table of the rules of each kind; kinds without an entry are the
// server's own.
var validators = map[pb.Kind]func(*merged) *Refusal{
	pb.Kind_KIND_UNIT:         validateUnit,
	pb.Kind_KIND_AUTHORITY:    validateAuthority,
	pb.Kind_KIND_CALENDAR:     validateCalendar,
	pb.Kind_KIND_CATEGORY:     validateCategory,
	pb.Kind_KIND_NOTICE:       validateNotice,
	pb.Kind_KIND_MEMBER:       validateMember,
	pb.Kind_KIND_HOUSEHOLD:    validateHousehold,
	pb.Kind_KIND_VISIT:        validateVisit,
	pb.Kind_KIND_PETITION:     validatePetition,
	pb.Kind_KIND_CONTRIBUTION: validateContribution,
	pb.Kind_KIND_STEP:         validateStep,
	pb.Kind_KIND_REVIEW:       validateReview,
	pb.Kind_KIND_CONSENT:      validateConsent,
	pb.Kind_KIND_RECEIPT:      validateReceipt,
	pb.Kind_KIND_INITIATIVE:   validateInitiative,
	pb.Kind_KIND_COMMENDATION: validateCommendation,
	pb.Kind_KIND_SURVEY:       validateSurvey,
	pb.Kind_KIND_SUGGESTION:   validateSuggestion,
}

// sets tells that the change gives the field a value.
func (m *merged) sets(field uint32) bool {
	return slices.Contains(m.touched, field) && !slices.Contains(m.change.Cleared, field)
}

func (m *merged) touches(field uint32) bool { return slices.Contains(m.touched, field) }

// required gives the first of the texts that has nothing in it.
func (m *merged) required(fields ...uint32) *Refusal {
	if m.gone {
		return nil
	}
	for _, f := range fields {
		if blank(m.b.bytes(f)) {
			return invalid(f, ruleRequired)
		}
	}
	return nil
}

// dayRequired wants a day in the field; its range the limits hold.
func (m *merged) dayRequired(field uint32) *Refusal {
	if !m.gone && !m.b.has(field) {
		return invalid(field, ruleRequired)
	}
	return nil
}

// oneOf wants a value of a closed list. names are the generated names of its values.
func (m *merged) oneOf(field uint32, names map[int32]string, must bool) *Refusal {
	v := int32(m.b.number(field))
	if v == 0 {
		if must && !m.gone {
			return invalid(field, ruleRequired)
		}
		return nil
	}
	if _, ok := names[v]; !ok {
		return invalid(field, ruleUnknownValue)
	}
	return nil
}

// daysInOrder wants the second day not before the first, where both are set.
func (m *merged) daysInOrder(first, second uint32) *Refusal {
	from, ok := m.b.day(first)
	to, ok2 := m.b.day(second)
	if ok && ok2 && to < from && !m.gone {
		return invalid(second, ruleDaysReversed)
	}
	return nil
}

// phone wants one or more phone numbers and nothing else: a note beside a number would be
// a place for what the book must not hold.
func (m *merged) phone(field uint32) *Refusal {
	b := m.b.bytes(field)
	if blank(b) {
		return nil
	}
	for _, c := range b {
		if (c < '0' || c > '9') && !slices.Contains([]byte(" +.-()/;,"), c) {
			return invalid(field, ruleBadPhone)
		}
	}
	if _, err := viet.Phone(string(b)); err != nil {
		return invalid(field, ruleBadPhone)
	}
	return nil
}

// first gives the first refusal of those that are not nil.
func first(refusals ...*Refusal) *Refusal {
	for _, r := range refusals {
		if r != nil {
			return r
		}
	}
	return nil
}

func validateUnit(m *merged) *Refusal {
	if above, ok := m.b.id(7); ok && above == m.r.ID {
		return invalid(7, ruleOwnSuperior)
	}
	return first(m.required(1, 2), m.daysInOrder(5, 6))
}

func validateAuthority(m *merged) *Refusal { return first(m.required(1), m.phone(3)) }

func validateCalendar(m *merged) *Refusal {
	c := new(pb.Calendar)
	if err := proto.Unmarshal(m.r.State.Body, c); err != nil {
		return badWire(0, ruleBadWire)
	}
	if m.gone {
		return nil
	}
	switch holiday, limit := c.GetHoliday(), c.GetLimit(); {
	case (holiday == nil) == (limit == nil):
		return invalid(0, ruleHolidayOrLimit)
	case holiday != nil && (holiday.Day == nil || blank([]byte(holiday.GetName()))):
		return invalid(1, ruleHolidayOrLimit)
	case limit != nil && limit.Days == nil:
		return invalid(2, ruleHolidayOrLimit)
	case limit != nil && limit.ValidFromDay != nil && limit.ValidToDay != nil && limit.GetValidToDay() < limit.GetValidFromDay():
		return invalid(2, ruleDaysReversed)
	}
	return nil
}

func validateCategory(m *merged) *Refusal {
	return first(m.oneOf(1, pb.CategoryUse_name, true), m.required(2))
}

func validateNotice(m *merged) *Refusal { return first(m.required(1, 2), m.daysInOrder(3, 4)) }

func validateMember(m *merged) *Refusal {
	if refusal := first(m.required(1), m.phone(3)); refusal != nil || m.gone || !m.sets(4) {
		return refusal
	}
	for _, f := range m.b {
		if f.num != 4 {
			continue
		}
		proxy, _ := IDFrom(f.b)
		if proxy == m.r.ID {
			return invalid(4, ruleProxySelf)
		}
		if facts, ok := m.w.Member(proxy); !ok || facts.Unit != m.r.Unit || facts.Deleted {
			return invalid(4, ruleProxyUnknown)
		}
		if m.b.flag(fieldMemberHasDevice) && !m.wasProxy(proxy) {
			return invalid(4, ruleProxyHasDevice)
		}
	}
	return nil
}

// wasProxy tells whether the member had this proxy before the change. Who gets a phone keeps
// the proxies of before until the desk takes them away, one after the other if it likes: only
// a new one is refused.
func (m *merged) wasProxy(proxy ID) bool {
	before, _ := m.w.Member(m.r.ID)
	return slices.Contains(before.Proxies, proxy)
}

func validateHousehold(m *merged) *Refusal {
	if refusal := first(m.required(1), m.phone(4), m.oneOf(101, pb.Welfare_name, false)); refusal != nil || !m.sets(100) {
		return refusal
	}
	member, ok := m.b.id(100)
	if !ok {
		return nil
	}
	if facts, ok := m.w.Member(member); !ok || facts.Unit != m.r.Unit || facts.Deleted ||
		facts.Office == pb.Office_OFFICE_OFFICER || facts.Office == pb.Office_OFFICE_ADMINISTRATOR {
		return invalid(100, ruleMemberUnknown)
	}
	return nil
}

// onBehalf holds field 90 of a record of a household: set only as the record is made, and
// naming another member of the branch than its author. That it is the household's member
// MayWrite asks; here it is not, because a page that a proxy wrote before a handover still
// arrives after it. Who looks after the household writes on behalf of nobody with a device.
func (m *merged) onBehalf() *Refusal {
	if !m.touches(fieldOnBehalf) {
		return nil
	}
	if !m.change.Create {
		return invalid(fieldOnBehalf, ruleOnBehalfFixed)
	}
	member, ok := m.b.id(fieldOnBehalf)
	if !ok {
		return nil
	}
	h, known := m.w.Household(m.r.Subject)
	if !known || member == m.r.Author {
		return invalid(fieldOnBehalf, ruleOnBehalfWrong)
	}
	if member == h.Member {
		return nil
	}
	facts, ok := m.w.Member(member)
	if !ok || facts.Unit != m.r.Unit || h.Member == m.r.Author && facts.HasDevice {
		return invalid(fieldOnBehalf, ruleOnBehalfWrong)
	}
	return nil
}

// kept wants the household's consent for what the change puts into these fields, or back
// into view by taking the mark of deletion away.
func (m *merged) kept(fields ...uint32) *Refusal {
	if m.gone {
		return nil
	}
	for _, f := range fields {
		if (m.sets(f) || m.touches(fieldDeleted)) && m.b.has(f) {
			if consentFor(m.w.About(m.r.Subject, pb.Kind_KIND_CONSENT), pb.Purpose_PURPOSE_KEEP) != Given {
				return noConsent(f, ruleNoConsentKeep)
			}
			return nil
		}
	}
	return nil
}

func validateVisit(m *merged) *Refusal {
	if refusal := first(
		m.dayRequired(1), m.oneOf(2, pb.Contact_name, true), m.daysInOrder(1, 5), m.onBehalf(),
	); refusal != nil {
		return refusal
	}
	if blank(m.b.bytes(4)) {
		return m.kept(3)
	}
	return m.kept(3, 4)
}

func validatePetition(m *merged) *Refusal {
	if !m.change.Create {
		if slices.ContainsFunc(m.touched, func(f uint32) bool { return f <= lastReviewed }) &&
			!PetitionState(m.w.About(m.r.ID, pb.Kind_KIND_STEP)).SentUp.IsZero() {
			return refuse(pb.RefusalCode_REFUSAL_CODE_CLOSED, 0, rulePetitionClosed)
		}
		if m.touches(1) {
			return invalid(1, ruleNumberFixed)
		}
	}
	if refusal := first(m.required(1), m.dayRequired(2), m.required(3), m.onBehalf()); refusal != nil {
		return refusal
	}
	if number := string(m.b.bytes(1)); !m.gone {
		if canonical, err := CheckPetitionNumber(number); err != nil || canonical != number {
			return invalid(1, ruleBadNumber)
		}
	}
	return m.kept(3, 4, 5)
}

func validateContribution(m *merged) *Refusal {
	if refusal := first(m.dayRequired(1), m.onBehalf()); refusal != nil {
		return refusal
	}
	if !m.gone && m.b.number(3) == 0 && m.b.number(4) == 0 && m.b.number(5) == 0 {
		return invalid(0, ruleNothingGiven)
	}
	return m.kept(2, 3, 4, 5)
}

func validateReview(m *merged) *Refusal {
	if refusal := first(m.oneOf(2, pb.Verdict_name, true)); refusal != nil {
		return refusal
	}
	if pb.Verdict(m.b.number(2)) == pb.Verdict_VERDICT_RETURNED && blank(m.b.bytes(3)) {
		return invalid(3, ruleReasonRequired)
	}
	digest := m.b.bytes(1)
	if len(digest) != 16 || !m.w.HadVersion(m.r.Subject, [16]byte(digest)) {
		return refuse(pb.RefusalCode_REFUSAL_CODE_UNKNOWN_VERSION, 1, ruleUnknownVersion)
	}
	return nil
}

func validateConsent(m *merged) *Refusal {
	if refusal := first(
		m.oneOf(1, pb.Purpose_name, true), m.oneOf(2, pb.Answer_name, true), m.oneOf(5, pb.Channel_name, true),
	); refusal != nil {
		return refusal
	}
	given := pb.Answer(m.b.number(2)) == pb.Answer_ANSWER_GIVEN
	switch {
	case !m.b.has(4):
		return invalid(4, ruleRequired)
	case given && blank(m.b.bytes(3)):
		// To take back or decline one need not have been read the notice.
		return invalid(3, ruleRequired)
	case !given && m.b.has(7):
		return invalid(7, ruleSeenOnlyGiven)
	}
	return nil
}

func validateReceipt(m *merged) *Refusal {
	if refusal := first(m.oneOf(1, pb.ReceiptKind_name, true), m.dayRequired(2)); refusal != nil {
		return refusal
	}
	what := pb.ReceiptKind(m.b.number(1))
	if (what == pb.ReceiptKind_RECEIPT_KIND_TAKEN_BACK) != (len(m.b.bytes(3)) > 0) {
		return invalid(3, ruleReceiptTakesBack)
	}
	switch what {
	case pb.ReceiptKind_RECEIPT_KIND_READ:
		if !m.r.Household.IsZero() {
			return invalid(1, ruleReceiptHousehold)
		}
	case pb.ReceiptKind_RECEIPT_KIND_TOLD:
		if m.r.Household.IsZero() {
			return invalid(1, ruleReceiptHousehold)
		}
	case pb.ReceiptKind_RECEIPT_KIND_TAKEN_BACK:
		id, _ := m.b.id(3)
		old, ok := m.w.Record(id)
		if !ok || old.Kind != pb.Kind_KIND_RECEIPT || old.Author != m.r.Author || old.Subject != m.r.Subject || old.Household != m.r.Household {
			return invalid(3, ruleReceiptUnknown)
		}
	}
	return nil
}

func validateInitiative(m *merged) *Refusal {
	return first(m.required(1), m.oneOf(2, pb.InitiativeField_name, true), m.daysInOrder(4, 5))
}

func validateCommendation(m *merged) *Refusal { return first(m.required(1), m.dayRequired(3)) }

func validateSurvey(m *merged) *Refusal { return m.dayRequired(1) }

func validateSuggestion(m *merged) *Refusal { return m.oneOf(100, pb.Verdict_name, false) }
