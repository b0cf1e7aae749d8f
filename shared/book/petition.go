package book

import (
	"bytes"
	"slices"

	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
)

// StandingStep is one step of a petition that nobody took back.
type StandingStep struct {
	ID, Author ID
	Step       *pb.Step
}

// Standing is where a petition has come to, folded from its steps. The zero value is a
// petition without steps.
type Standing struct {
	// State is the last standing step that moves the petition (a supplement does not);
	// STEP_KIND_UNSPECIFIED: it has not gone up, or that was taken back.
	State pb.StepKind
	// Last is the end of the chain, which the next step follows; steps taken back and
	// those that take back are part of the chain.
	Last ID
	// Top is the last standing step: the one that a "taken back" would take back.
	Top StandingStep
	// SentUp is the standing step that sent it up; while there is one, fields 1-99 of the
	// petition are closed.
	SentUp ID
	// Authority and DueDay are those of the last standing "forwarded".
	Authority ID
	DueDay    int32
	// Steps are the standing steps, oldest first.
	Steps []StandingStep
	// Aside are steps that are not in the chain: another step followed the same one
	// first, or what they follow is not here.
	Aside []ID
}

// PetitionState folds all steps about one petition, in any order and however often each
// comes. A step names the step it follows; of two that follow the same one the first
// (by the server's stamp, then the id; those without a stamp last) is in the chain and
// the other aside, which on a phone is a step that the server will refuse.
//
// "Taken back" takes back the last standing step, so that a second one takes back the
// step before that.
func PetitionState(steps []Record) Standing {
	var s Standing
	next := map[ID][]*Record{}
	bodies := map[ID]*pb.Step{}
	for i := range steps {
		r := &steps[i]
		if r.Kind != pb.Kind_KIND_STEP || r.ID.IsZero() || bodies[r.ID] != nil {
			continue
		}
		b := new(pb.Step)
		if err := proto.Unmarshal(r.State.Body, b); err != nil {
			s.Aside = append(s.Aside, r.ID)
			continue
		}
		bodies[r.ID] = b
		follows, _ := IDFrom(b.GetFollows())
		next[follows] = append(next[follows], r)
	}
	inChain := map[ID]bool{}
	for at := (ID{}); ; {
		var first *Record
		for _, r := range next[at] {
			if first == nil || stampedFirst(r, first) {
				first = r
			}
		}
		if first == nil || inChain[first.ID] {
			break
		}
		inChain[first.ID] = true
		at, s.Last = first.ID, first.ID
		b := bodies[first.ID]
		if b.GetWhat() == pb.StepKind_STEP_KIND_TAKEN_BACK {
			if len(s.Steps) > 0 {
				s.Steps = s.Steps[:len(s.Steps)-1]
			}
			continue
		}
		s.Steps = append(s.Steps, StandingStep{ID: first.ID, Author: first.Author, Step: b})
	}
	for id := range bodies {
		if !inChain[id] {
			s.Aside = append(s.Aside, id)
		}
	}
	slices.SortFunc(s.Aside, func(a, b ID) int { return bytes.Compare(a[:], b[:]) })
	for _, step := range s.Steps {
		switch what := step.Step.GetWhat(); what {
		case pb.StepKind_STEP_KIND_SENT_UP:
			s.SentUp, s.State = step.ID, what
		case pb.StepKind_STEP_KIND_FORWARDED:
			s.Authority, _ = IDFrom(step.Step.GetForwarded().GetAuthority())
			s.DueDay, s.State = step.Step.GetForwarded().GetDueDay(), what
		case pb.StepKind_STEP_KIND_SUPPLEMENT:
		default:
			s.State = what
		}
		s.Top = step
	}
	return s
}

// stampedFirst tells whether the server had a before b; what it has not had comes last.
func stampedFirst(a, b *Record) bool {
	if za, zb := a.State.Created.Stamp == 0, b.State.Created.Stamp == 0; za != zb {
		return zb
	}
	return later(b, a)
}

// stepAfter is the table of which step may follow which state of a petition. An answer
// may be followed by another authority or a fuller answer; what the household disputes
// goes round again without a "reopened"; a petition may close at any time, because a
// household may let it rest.
var stepAfter = map[pb.StepKind][]pb.StepKind{
	pb.StepKind_STEP_KIND_UNSPECIFIED: {pb.StepKind_STEP_KIND_SENT_UP},
	pb.StepKind_STEP_KIND_SENT_UP: {
		pb.StepKind_STEP_KIND_SUPPLEMENT, pb.StepKind_STEP_KIND_FORWARDED, pb.StepKind_STEP_KIND_ANSWERED,
		pb.StepKind_STEP_KIND_CLOSED, pb.StepKind_STEP_KIND_TAKEN_BACK,
	},
	pb.StepKind_STEP_KIND_FORWARDED: {
		pb.StepKind_STEP_KIND_SUPPLEMENT, pb.StepKind_STEP_KIND_FORWARDED, pb.StepKind_STEP_KIND_ANSWERED,
		pb.StepKind_STEP_KIND_CLOSED, pb.StepKind_STEP_KIND_TAKEN_BACK,
	},
	pb.StepKind_STEP_KIND_ANSWERED: {
		pb.StepKind_STEP_KIND_SUPPLEMENT, pb.StepKind_STEP_KIND_FORWARDED, pb.StepKind_STEP_KIND_ANSWERED,
		pb.StepKind_STEP_KIND_TOLD, pb.StepKind_STEP_KIND_CLOSED, pb.StepKind_STEP_KIND_TAKEN_BACK,
	},
	pb.StepKind_STEP_KIND_TOLD: {
		pb.StepKind_STEP_KIND_SUPPLEMENT, pb.StepKind_STEP_KIND_FORWARDED, pb.StepKind_STEP_KIND_ANSWERED,
		pb.StepKind_STEP_KIND_TOLD, pb.StepKind_STEP_KIND_CLOSED, pb.StepKind_STEP_KIND_TAKEN_BACK,
	},
	pb.StepKind_STEP_KIND_CLOSED: {pb.StepKind_STEP_KIND_REOPENED, pb.StepKind_STEP_KIND_TAKEN_BACK},
	pb.StepKind_STEP_KIND_REOPENED: {
		pb.StepKind_STEP_KIND_SUPPLEMENT, pb.StepKind_STEP_KIND_FORWARDED, pb.StepKind_STEP_KIND_ANSWERED,
		pb.StepKind_STEP_KIND_TOLD, pb.StepKind_STEP_KIND_CLOSED, pb.StepKind_STEP_KIND_TAKEN_BACK,
	},
}

// NextSteps gives the sorts of step that may follow this standing, whoever takes them;
// the app and the console offer those that MayWrite allows.
func (s Standing) NextSteps() []pb.StepKind { return slices.Clone(stepAfter[s.State]) }

// Open tells that the petition went up and is not closed: somebody still owes something.
func (s Standing) Open() bool {
	return !s.SentUp.IsZero() && s.State != pb.StepKind_STEP_KIND_CLOSED
}
