package notebook

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// CommendationEdit is what an edit of a commendation changes; nil leaves a field alone.
type CommendationEdit struct {
	// Name of the collective or person, never of a household.
	Name       *string
	Collective *bool
	Day        *Day
	// Decision is the number of the paper.
	Decision *string
	Reason   *string
	// Initiative for which it was given; none: another work.
	Initiative *ID
}

func (e CommendationEdit) kind() pb.Kind { return pb.Kind_KIND_COMMENDATION }

func (e CommendationEdit) apply(msg proto.Message) {
	m := msg.(*pb.Commendation)
	if e.Name != nil {
		m.Name = text(*e.Name)
	}
	if e.Collective != nil {
		m.Collective = flag(*e.Collective)
	}
	if e.Day != nil {
		m.Day = day(*e.Day)
	}
	if e.Decision != nil {
		m.DecisionNumber = text(*e.Decision)
	}
	if e.Reason != nil {
		m.Reason = text(*e.Reason)
	}
	if e.Initiative != nil {
		m.Initiative = book.ID(*e.Initiative).Bytes()
	}
}

// commends refuses a name that is a household's: docs/domain.md knows commendations of collectives
// and of persons only, and no household is ever rated. The server cannot tell the one from
// the other either; "Hồ" and "hộ" differ, so accents count.
func commends(r book.Record, fields []uint32) error {
	if r.Kind != pb.Kind_KIND_COMMENDATION || !slices.Contains(fields, 1) {
		return nil
	}
	name := wordKey(decode[pb.Commendation](r.State).GetName())
	if strings.HasPrefix(name, " hộ ") || strings.HasPrefix(name, " gia đình ") {
		return ErrCommendsHousehold
	}
	return nil
}

// NewCommendation records a commendation by the branch; for secretary and deputy. Without
// a day it is today's. A household is not commended: ErrCommendsHousehold.
func (n *Notebook) NewCommendation(ctx context.Context, e CommendationEdit) (Saved, error) {
	s, err := n.ofBranch(ctx, e, ID{}, func(v *view) proto.Message { return &pb.Commendation{Day: proto.Int32(v.today)} })
	if err == nil && e.Reason != nil {
		s.Warned = n.WarnedWords(*e.Reason)
	}
	return s, err
}

// EditCommendation changes a commendation of the branch; for secretary and deputy.
func (n *Notebook) EditCommendation(ctx context.Context, id ID, e CommendationEdit) (Saved, error) {
	s, err := edit(ctx, n, pb.Kind_KIND_COMMENDATION, id, func(_ *view, _ store.Record, m *pb.Commendation) error {
		e.apply(m)
		return nil
	})
	if err == nil && e.Reason != nil {
		s.Warned = n.WarnedWords(*e.Reason)
	}
	return s, err
}

// Commendation is one commendation by the branch or the commune.
type Commendation struct {
	ID ID `json:"id"`
	// Name is of a collective, or of a person.
	Name       string `json:"name"`
	Collective bool   `json:"collective"`
	Day        Day    `json:"day"`
	Decision   string `json:"decision,omitempty"`
	Reason     string `json:"reason,omitempty"`
	// Initiative is the name of that for which it was given.
	Initiative string `json:"initiative,omitempty"`
	// Branch: of the branch, whose secretary and deputy may edit it; else of the commune.
	Branch  bool    `json:"branch"`
	Receipt Receipt `json:"receipt"`
}

// Commendations gives the commendations of the branch and those of the commune, newest first.
func (n *Notebook) Commendations() []Commendation {
	v := n.view()
	out := []Commendation{}
	for r := range v.Kind(pb.Kind_KIND_COMMENDATION) {
		m := decode[pb.Commendation](r.State)
		if m.GetDeleted() {
			continue
		}
		out = append(out, Commendation{
			ID: ID(r.ID), Name: m.GetName(), Collective: m.GetCollective(), Day: Day(m.GetDay()), Decision: m.GetDecisionNumber(),
			Reason: m.GetReason(), Initiative: v.nameOf(m.GetInitiative()), Branch: r.Subject == v.me.Branch, Receipt: v.receipt(r),
		})
	}
	newestFirst(out, func(c Commendation) (Day, ID) { return c.Day, c.ID })
	return out
}
