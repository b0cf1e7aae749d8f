package notebook

import (
	"context"
	"slices"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// NewConsent is one answer of a household for one purpose. Nothing is filled in for the
// user: an answer that was not asked for is none.
type NewConsent struct {
	Household ID
	Purpose   pb.Purpose
	Answer    pb.Answer
	// NoticeVersion names the notice that was read out.
	NoticeVersion string
	Channel       pb.Channel
	// Witness is who stood by, if anybody.
	Witness string
}

// RecordConsent keeps a household's answer. A new "given" names the withdrawals that this
// phone knows of: it undoes those and no others (docs/domain.md, "The line", 3).
func (n *Notebook) RecordConsent(ctx context.Context, in NewConsent) (Saved, error) {
	id, err := n.put(ctx, func(v *view) (change, error) {
		household := book.ID(in.Household)
		c := &pb.Consent{
			NoticeVersion: text(in.NoticeVersion), TimeMs: proto.Int64(n.o.now().UnixMilli()), Witness: text(in.Witness),
		}
		if in.Purpose != 0 {
			c.Purpose = in.Purpose.Enum()
		}
		if in.Answer != 0 {
			c.Answer = in.Answer.Enum()
		}
		if in.Channel != 0 {
			c.Channel = in.Channel.Enum()
		}
		if in.Answer == pb.Answer_ANSWER_GIVEN {
			seen := book.Withdrawals(world{v}.About(household, pb.Kind_KIND_CONSENT), in.Purpose)
			// The newest matter most where the list has an end.
			slices.SortFunc(seen, func(a, b book.ID) int { return slices.Compare(b[:], a[:]) })
			for _, w := range seen[:min(len(seen), maxSeen)] {
				c.WithdrawalsSeen = append(c.WithdrawalsSeen, w.Bytes())
			}
		}
		return making(pb.Kind_KIND_CONSENT, n.newID(), household, book.ID{}, c)
	})
	if err != nil {
		return Saved{}, err
	}
	return saved(id), n.obey(ctx)
}

// maxSeen is how many withdrawals one consent may name.
var maxSeen = book.LimitsOf(pb.Kind_KIND_CONSENT)[7].Items

// needKeep tells whether the household has agreed that the branch keeps notes.
func (v *view) needKeep(household book.ID) error {
	if _, ok := (world{v}).Household(household); !ok {
		return ErrNotYours
	}
	if state := v.consents(household)[pb.Purpose_PURPOSE_KEEP]; state != book.Given {
		return &ConsentError{Household: ID(household), Purpose: pb.Purpose_PURPOSE_KEEP, State: state}
	}
	return nil
}

// ConsentLine is a household's standing answer for one purpose.
type ConsentLine struct {
	Purpose Term `json:"purpose"`
	// State is not_asked, given, declined or withdrawn; Text in words.
	State string `json:"state"`
	Text  string `json:"text"`
	// Day, Channel, NoticeVersion and Witness are of the last answer.
	Day           Day    `json:"day,omitempty"`
	Channel       Term   `json:"channel"`
	NoticeVersion string `json:"notice_version,omitempty"`
	Witness       string `json:"witness,omitempty"`
	By            string `json:"by,omitempty"`
}

var consentStates = map[book.ConsentState]string{
	book.NotAsked: "not_asked", book.Given: "given", book.Declined: "declined", book.Withdrawn: "withdrawn",
}

// consentLines gives a line for every purpose, also those that were not asked.
func (v *view) consentLines(household book.ID) []ConsentLine {
	answers := world{v}.About(household, pb.Kind_KIND_CONSENT)
	states := book.Consents(answers)
	var out []ConsentLine
	for _, purpose := range []pb.Purpose{pb.Purpose_PURPOSE_KEEP, pb.Purpose_PURPOSE_FORWARD} {
		line := ConsentLine{Purpose: term(purpose), State: consentStates[states[purpose]], Text: words.Capital(states[purpose].String())}
		var last *book.Record
		for i := range answers {
			c := decode[pb.Consent](answers[i].State)
			if c.GetPurpose() == purpose && (last == nil || answers[i].State.Created.Compare(last.State.Created) > 0) {
				last = &answers[i]
				line.Day = Day(words.Today(moment(c.GetTimeMs())))
				line.Channel = term(c.GetChannel())
				line.NoticeVersion, line.Witness, line.By = c.GetNoticeVersion(), c.GetWitness(), v.memberName(last.Author)
			}
		}
		out = append(out, line)
	}
	return out
}
