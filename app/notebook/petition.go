package notebook

import (
	"context"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

// NewPetition is what the form of a petition holds.
type NewPetition struct {
	Household ID
	// Denunciation is the household's answer to book.DenunciationQuestion, which is asked
	// first and never guessed.
	Denunciation bool
	// Day on which the household said it; none: today.
	Day Day
	// Text is in the household's own words.
	Text string
	// Matter is a category; none: not said.
	Matter ID
	// WithName: the household wishes its name to go with it. Without is the default.
	WithName bool
	// Draft is the id of the draft that becomes this petition; none: a new one.
	Draft ID
}

// RecordPetition keeps a petition and gives it the short number that the household gets on
// its slip. It needs the household's consent, else it is a [*ConsentError].
//
// For a denunciation it stores nothing at all, drops the draft if there was one, and the
// [*DenunciationError] has the advice to read out (docs/domain.md, "The line", 6).
func (n *Notebook) RecordPetition(ctx context.Context, in NewPetition) (Saved, error) {
	if in.Denunciation {
		if !in.Draft.IsZero() {
			if err := n.DropDraft(ctx, in.Draft); err != nil {
				return Saved{}, err
			}
		}
		return Saved{}, &DenunciationError{}
	}
	var number string
	id, err := n.put(ctx, func(v *view) (change, error) {
		household := book.ID(in.Household)
		if err := v.needKeep(household); err != nil {
			return change{}, err
		}
		if in.Day == 0 {
			in.Day = Day(v.today)
		}
		numbered := func(counter uint32) (change, error) {
			number = book.PetitionNumber(v.me.Device, counter)
			m := &pb.Petition{Number: &number, OnBehalfOf: v.onBehalf(household)}
			PetitionEdit{Day: &in.Day, Text: &in.Text, Matter: &in.Matter, WithName: &in.WithName}.apply(m)
			return making(pb.Kind_KIND_PETITION, n.idOf(in.Draft), household, book.ID{}, m)
		}
		// A number is spent only on a petition that the rules let pass.
		c, err := numbered(v.State().Counter + 1)
		if err != nil {
			return change{}, err
		}
		if _, err := v.check(c); err != nil {
			return change{}, err
		}
		counter, err := n.store.TakeCounter(ctx)
		if err != nil {
			return change{}, err
		}
		return numbered(counter)
	})
	if err != nil {
		return Saved{}, err
	}
	s := saved(id)
	s.Number = number
	s.Warned = n.WarnedWords(in.Text)
	return s, nil
}

// PetitionEdit is what an edit of a petition changes; nil leaves a field alone. The number
// stays: the household has it on its slip.
type PetitionEdit struct {
	Day      *Day
	Text     *string
	Matter   *ID
	WithName *bool
}

func (e PetitionEdit) kind() pb.Kind { return pb.Kind_KIND_PETITION }

func (e PetitionEdit) apply(msg proto.Message) {
	m := msg.(*pb.Petition)
	if e.Day != nil {
		m.Day = day(*e.Day)
	}
	if e.Text != nil {
		m.Text = text(*e.Text)
	}
	if e.Matter != nil {
		m.Matter = book.ID(*e.Matter).Bytes()
	}
	if e.WithName != nil {
		m.WithName = flag(*e.WithName)
	}
}

// flag sets a field that is on and clears one that is off.
func flag(on bool) *bool {
	if !on {
		return nil
	}
	return proto.Bool(true)
}

// EditPetition changes a petition that has not gone up; after that a supplement is a step.
func (n *Notebook) EditPetition(ctx context.Context, id ID, e PetitionEdit) (Saved, error) {
	s, err := edit(ctx, n, pb.Kind_KIND_PETITION, id, func(_ *view, _ store.Record, m *pb.Petition) error {
		e.apply(m)
		return nil
	})
	if err == nil && e.Text != nil {
		s.Warned = n.WarnedWords(*e.Text)
	}
	return s, err
}

// NewStep is one thing that happened to a petition. What the sort of step needs is set,
// the rest is left empty.
type NewStep struct {
	Petition ID
	What     pb.StepKind
	// Day on which it happened; none: today.
	Day Day
	// Text of a supplement.
	Text string
	// Outcome and By (none: the writer) of "told".
	Outcome pb.ToldOutcome
	By      ID
	// Reason for closing, reopening or taking back.
	Reason string
}

// AddStep puts a step behind the last one that this phone knows. If another was faster
// the server says so and the step waits in the list of things to mend.
func (n *Notebook) AddStep(ctx context.Context, in NewStep) (Saved, error) {
	id, err := n.put(ctx, func(v *view) (change, error) {
		r, ok := v.Record(book.ID(in.Petition))
		if !ok || r.Kind != pb.Kind_KIND_PETITION {
			return change{}, ErrNotYours
		}
		if in.Day == 0 {
			in.Day = Day(v.today)
		}
		s := v.standing(r.ID)
		m := &pb.Step{Follows: s.Last.Bytes(), Day: day(in.Day), Reason: text(in.Reason)}
		if in.What != 0 {
			m.What = in.What.Enum()
		}
		switch in.What {
		case pb.StepKind_STEP_KIND_SENT_UP:
			digest := lww.Digest(r.State.Body)
			p := decode[pb.Petition](r.State)
			// False is said too: without a name is the household's answer, not a gap.
			m.SentUp = &pb.SentUp{Digest: digest[:], WithName: proto.Bool(p.GetWithName())}
		case pb.StepKind_STEP_KIND_SUPPLEMENT:
			if err := v.needKeep(r.Subject); err != nil {
				return change{}, err
			}
			m.Supplement = &pb.Supplement{Text: text(in.Text)}
		case pb.StepKind_STEP_KIND_TOLD:
			m.Told = &pb.Told{By: book.ID(in.By).Bytes()}
			if in.Outcome != 0 {
				m.Told.Outcome = in.Outcome.Enum()
			}
		}
		return making(pb.Kind_KIND_STEP, n.newID(), r.ID, book.ID{}, m)
	})
	if err != nil {
		return Saved{}, err
	}
	s := saved(id)
	s.Warned = n.WarnedWords(in.Text)
	return s, nil
}

// SendUp sends an approved petition beyond the branch, with the household's name or
// without as the household wished. It needs its consent to forward.
func (n *Notebook) SendUp(ctx context.Context, petition ID) (Saved, error) {
	return n.AddStep(ctx, NewStep{Petition: petition, What: pb.StepKind_STEP_KIND_SENT_UP})
}

// standing folds the petition's steps, own unsent ones included.
func (v *view) standing(petition book.ID) book.Standing {
	return book.PetitionState(world{v}.About(petition, pb.Kind_KIND_STEP))
}

// NextSteps gives the sorts of step that this user may take now on a petition, for the
// buttons of its page.
func (n *Notebook) NextSteps(petition ID) []Term {
	v := n.view()
	r, ok := v.Record(book.ID(petition))
	if !ok || r.Kind != pb.Kind_KIND_PETITION {
		return nil
	}
	var out []Term
	for _, what := range v.standing(r.ID).NextSteps() {
		set, err := lww.Encode(&pb.Step{What: what.Enum()})
		step := book.Record{Kind: pb.Kind_KIND_STEP, ID: n.newID(), Author: v.me.Member, Subject: r.ID, Holder: r.Holder, Unit: r.Unit}
		if err == nil && book.MayWrite(v.me, step, true, []uint32{2}, set, world{v}) == nil {
			out = append(out, term(what))
		}
	}
	return out
}
