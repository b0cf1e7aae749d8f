package notebook

import (
	"context"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// NewVisit is what the form of a visit holds.
type NewVisit struct {
	Household ID
	// Day is the day of the visit; none: today.
	Day      Day
	Contact  pb.Contact
	Topics   []ID
	Note     string
	FollowUp Day
	// Draft is the id of the draft that becomes this visit; none: a new one.
	Draft ID
}

// RecordVisit keeps a visit. A note or topics need the household's consent and give a
// [*ConsentError] without it; "nobody met" and "did not wish to" need none.
//
// Who writes for the household's member, who has no phone, writes on behalf of them: the
// book knows who looks after the household, so nobody has to say it.
func (n *Notebook) RecordVisit(ctx context.Context, in NewVisit) (Saved, error) {
	id, err := n.put(ctx, func(v *view) (change, error) {
		household := book.ID(in.Household)
		if len(in.Topics) > 0 || text(in.Note) != nil {
			if err := v.needKeep(household); err != nil {
				return change{}, err
			}
		}
		m := &pb.Visit{OnBehalfOf: v.onBehalf(household)}
		if in.Day == 0 {
			in.Day = Day(v.today)
		}
		VisitEdit{Day: &in.Day, Contact: &in.Contact, Topics: &in.Topics, Note: &in.Note, FollowUp: &in.FollowUp}.apply(m)
		return making(pb.Kind_KIND_VISIT, n.idOf(in.Draft), household, book.ID{}, m)
	})
	if err != nil {
		return Saved{}, err
	}
	s := saved(id)
	s.Warned = n.WarnedWords(in.Note)
	return s, nil
}

// idOf gives the id of a new record: the draft's, or a new one.
func (n *Notebook) idOf(draft ID) book.ID {
	if draft.IsZero() {
		return n.newID()
	}
	return book.ID(draft)
}

// onBehalf gives the household's member where it is not the one who writes.
func (v *view) onBehalf(household book.ID) []byte {
	h, ok := world{v}.Household(household)
	if !ok || h.Member == v.me.Member {
		return nil
	}
	return h.Member.Bytes()
}

// VisitEdit is what an edit of a visit changes; nil leaves a field alone.
type VisitEdit struct {
	Day      *Day
	Contact  *pb.Contact
	Topics   *[]ID
	Note     *string
	FollowUp *Day
}

func (e VisitEdit) kind() pb.Kind { return pb.Kind_KIND_VISIT }

func (e VisitEdit) apply(msg proto.Message) {
	m := msg.(*pb.Visit)
	if e.Day != nil {
		m.Day = day(*e.Day)
	}
	if e.Contact != nil {
		m.Contact = nil
		if *e.Contact != 0 {
			m.Contact = e.Contact.Enum()
		}
	}
	if e.Topics != nil {
		m.Topics = nil
		for _, t := range *e.Topics {
			m.Topics = append(m.Topics, book.ID(t).Bytes())
		}
	}
	if e.Note != nil {
		m.Note = text(*e.Note)
	}
	if e.FollowUp != nil {
		m.FollowUpDay = day(*e.FollowUp)
	}
}

// EditVisit changes a visit; it waits for review again.
func (n *Notebook) EditVisit(ctx context.Context, id ID, e VisitEdit) (Saved, error) {
	s, err := edit(ctx, n, pb.Kind_KIND_VISIT, id, func(_ *view, _ store.Record, m *pb.Visit) error {
		e.apply(m)
		return nil
	})
	if err == nil && e.Note != nil {
		s.Warned = n.WarnedWords(*e.Note)
	}
	return s, err
}

// Edit is one of VisitEdit, PetitionEdit, ContributionEdit, HouseholdEdit, MemberEdit,
// NoticeEdit, InitiativeEdit, CommendationEdit.
type Edit interface {
	kind() pb.Kind
	// apply changes a message of the kind.
	apply(proto.Message)
}

// Delete puts the mark of deletion on a record; the server keeps what it was for 180 days.
// The rules say who may; a kind without the mark is ErrNotYours, a member who still looks
// after households a [*LooksAfterError].
func (n *Notebook) Delete(ctx context.Context, id ID) (Saved, error) {
	_, err := n.put(ctx, func(v *view) (change, error) {
		r, ok := v.Record(book.ID(id))
		info, known := book.KindInfo(r.Kind)
		if !ok || !known || !info.Deletable {
			return change{}, ErrNotYours
		}
		if r.Kind == pb.Kind_KIND_MEMBER {
			if err := v.freed(r.ID); err != nil {
				return change{}, err
			}
		}
		m := body(r.Record)
		m.ProtoReflect().Set(deletedField(m), trueValue)
		return editing(r, m)
	})
	if err != nil {
		return Saved{}, err
	}
	return saved(book.ID(id)), nil
}
