package book

import (
	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
)

// ConsentState is a household's standing answer for one purpose. The zero value is
// NotAsked.
type ConsentState uint8

const (
	NotAsked ConsentState = iota
	Given
	Declined
	Withdrawn
)

// Consents folds the answers of one household, in any order and however often each comes,
// into one state a purpose; a purpose without answer is not in the map and reads as
// NotAsked.
//
// A withdrawal stands until an answer "given" names it as seen: a consent that has not
// seen a withdrawal does not undo it, whatever the clocks say. Where no withdrawal stands,
// the later of "given" and "declined" holds (by the server's stamp, then id; "declined" of
// two with one stamp and device).
func Consents(records []Record) map[pb.Purpose]ConsentState {
	states := map[pb.Purpose]ConsentState{}
	for _, r := range records {
		if p, ok := purposeOf(&r); ok {
			if _, done := states[p]; !done {
				states[p] = consentFor(records, p)
			}
		}
	}
	return states
}

func purposeOf(r *Record) (pb.Purpose, bool) {
	if r.Kind != pb.Kind_KIND_CONSENT {
		return 0, false
	}
	f, ok := peek(r.State.Body, 1)
	return pb.Purpose(int32(f.v)), ok && f.v != 0
}

// consentFor folds the answers for one purpose.
func consentFor(records []Record, purpose pb.Purpose) ConsentState {
	var last *Record
	lastAnswer := pb.Answer_ANSWER_UNSPECIFIED
	withdrawals := 0
	for i := range records {
		r := &records[i]
		if p, ok := purposeOf(r); !ok || p != purpose {
			continue
		}
		f, _ := peek(r.State.Body, 2)
		switch answer := pb.Answer(int32(f.v)); answer {
		case pb.Answer_ANSWER_WITHDRAWN:
			withdrawals++
		case pb.Answer_ANSWER_GIVEN, pb.Answer_ANSWER_DECLINED:
			if last == nil || answersLater(r, answer, last, lastAnswer) {
				last, lastAnswer = r, answer
			}
		}
	}
	if withdrawals > 0 && withdrawalStands(records, purpose) {
		return Withdrawn
	}
	switch lastAnswer {
	case pb.Answer_ANSWER_GIVEN:
		return Given
	case pb.Answer_ANSWER_DECLINED:
		return Declined
	}
	return NotAsked
}

func answersLater(a *Record, answer pb.Answer, b *Record, than pb.Answer) bool {
	if c := a.State.Created.Compare(b.State.Created); c != 0 {
		return c > 0
	}
	if answer != than {
		return answer == pb.Answer_ANSWER_DECLINED
	}
	return later(a, b)
}

// withdrawalStands tells whether there is a withdrawal that no consent has seen.
func withdrawalStands(records []Record, purpose pb.Purpose) bool {
	seen := map[ID]bool{}
	for i := range records {
		c, ok := consentOf(&records[i], purpose)
		if !ok || c.GetAnswer() != pb.Answer_ANSWER_GIVEN {
			continue
		}
		for _, b := range c.GetWithdrawalsSeen() {
			if id, ok := IDFrom(b); ok {
				seen[id] = true
			}
		}
	}
	for i := range records {
		if c, ok := consentOf(&records[i], purpose); ok && c.GetAnswer() == pb.Answer_ANSWER_WITHDRAWN && !seen[records[i].ID] {
			return true
		}
	}
	return false
}

func consentOf(r *Record, purpose pb.Purpose) (*pb.Consent, bool) {
	if p, ok := purposeOf(r); !ok || p != purpose {
		return nil, false
	}
	c := new(pb.Consent)
	if err := proto.Unmarshal(r.State.Body, c); err != nil {
		return nil, false
	}
	return c, true
}

// Withdrawals gives the withdrawals for a purpose among a household's answers: what a new
// consent names as seen when it is written.
func Withdrawals(records []Record, purpose pb.Purpose) []ID {
	var ids []ID
	for i := range records {
		if c, ok := consentOf(&records[i], purpose); ok && c.GetAnswer() == pb.Answer_ANSWER_WITHDRAWN {
			ids = append(ids, records[i].ID)
		}
	}
	return ids
}
