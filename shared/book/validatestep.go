package book

import (
	"bytes"
	"slices"

	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

func validateStep(m *merged) *Refusal {
	step := new(pb.Step)
	if err := proto.Unmarshal(m.r.State.Body, step); err != nil {
		return badWire(0, ruleBadWire)
	}
	if refusal := first(m.oneOf(2, pb.StepKind_name, true), m.dayRequired(3), stepContent(step)); refusal != nil {
		return refusal
	}
	petition, ok := m.w.Record(m.r.Subject)
	if !ok || petition.Kind != pb.Kind_KIND_PETITION {
		return notYours(0, ruleNotYours)
	}
	if deleted(&petition) {
		return invalid(0, rulePetitionGone)
	}
	s := PetitionState(withoutRecord(m.w.About(m.r.Subject, pb.Kind_KIND_STEP), m.r.ID))
	if follows, _ := IDFrom(step.GetFollows()); follows != s.Last {
		return notLastStep()
	}
	what := step.GetWhat()
	if !slices.Contains(stepAfter[s.State], what) {
		if s.SentUp.IsZero() {
			return invalid(2, ruleFirstSentUp)
		}
		return invalid(2, ruleStepOrder)
	}
	switch what {
	case pb.StepKind_STEP_KIND_SENT_UP:
		return sendingUp(m, step.GetSentUp(), petition)
	case pb.StepKind_STEP_KIND_FORWARDED:
		id, _ := IDFrom(step.GetForwarded().GetAuthority())
		r, ok := m.w.Record(id)
		if !ok || r.Kind != pb.Kind_KIND_AUTHORITY || deleted(&r) {
			return invalid(6, ruleAuthorityUnknown)
		}
		if step.GetForwarded().DueDay != nil && step.GetForwarded().GetDueDay() < step.GetDay() {
			return invalid(6, ruleDaysReversed)
		}
	case pb.StepKind_STEP_KIND_TOLD:
		if by := step.GetTold().GetBy(); len(by) > 0 {
			id, _ := IDFrom(by)
			if _, ok := m.w.Member(id); !ok {
				return invalid(8, ruleTellerUnknown)
			}
		}
	case pb.StepKind_STEP_KIND_CLOSED:
		// After the household was told, why it is closed needs no more words.
		if s.State != pb.StepKind_STEP_KIND_TOLD && blank([]byte(step.GetReason())) {
			return invalid(9, ruleReasonRequired)
		}
	}
	return nil
}

// stepContent wants the nested message of the step's sort, whole, and no other.
func stepContent(step *pb.Step) *Refusal {
	what := step.GetWhat()
	parts := []struct {
		of    pb.StepKind
		field uint32
		is    bool
	}{
		{pb.StepKind_STEP_KIND_SENT_UP, 4, step.GetSentUp() != nil},
		{pb.StepKind_STEP_KIND_SUPPLEMENT, 5, step.GetSupplement() != nil},
		{pb.StepKind_STEP_KIND_FORWARDED, 6, step.GetForwarded() != nil},
		{pb.StepKind_STEP_KIND_ANSWERED, 7, step.GetAnswered() != nil},
		{pb.StepKind_STEP_KIND_TOLD, 8, step.GetTold() != nil},
	}
	for _, p := range parts {
		if p.is != (what == p.of) {
			return invalid(p.field, ruleStepContent)
		}
	}
	switch what {
	case pb.StepKind_STEP_KIND_SUPPLEMENT:
		if blank([]byte(step.GetSupplement().GetText())) {
			return invalid(5, ruleRequired)
		}
	case pb.StepKind_STEP_KIND_ANSWERED:
		if blank([]byte(step.GetAnswered().GetText())) {
			return invalid(7, ruleRequired)
		}
	case pb.StepKind_STEP_KIND_TOLD:
		outcome := step.GetTold().GetOutcome()
		if _, ok := pb.ToldOutcome_name[int32(outcome)]; !ok || outcome == 0 {
			return invalid(8, ruleUnknownValue)
		}
	case pb.StepKind_STEP_KIND_REOPENED, pb.StepKind_STEP_KIND_TAKEN_BACK:
		if blank([]byte(step.GetReason())) {
			return invalid(9, ruleReasonRequired)
		}
	}
	return nil
}

// sendingUp holds what must be before a petition leaves the branch: the version that is
// named is the current one, somebody else approved it (or nobody could), the household
// agreed that it goes, with its name only if it wishes.
func sendingUp(m *merged, sent *pb.SentUp, petition Record) *Refusal {
	digest := lww.Digest(petition.State.Body)
	if !bytes.Equal(sent.GetDigest(), digest[:]) {
		return refuse(pb.RefusalCode_REFUSAL_CODE_UNKNOWN_VERSION, 4, ruleNotCurrentVersion)
	}
	if wish, _ := peek(petition.State.Body, 5); sent.GetWithName() != (wish.v != 0) {
		return invalid(4, ruleNameNotAsWished)
	}
	if consentFor(m.w.About(petition.Subject, pb.Kind_KIND_CONSENT), pb.Purpose_PURPOSE_FORWARD) != Given {
		return noConsent(4, ruleNoConsentForward)
	}
	status, _, _ := verdictOn(petition, m.w.About(petition.ID, pb.Kind_KIND_REVIEW), m.w)
	if status != Approved && status != NoReviewer {
		return invalid(4, ruleNotApproved)
	}
	return nil
}
