package notebook

import (
	"context"
	"strings"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/viet"
)

// HouseholdEdit is what an edit of a household changes; nil leaves a field alone. The
// member's fields come first, then those of secretary and deputy.
type HouseholdEdit struct {
	Head, Hamlet, Address *string
	// Phone as typed; it is kept in the form in which it is dialled.
	Phone         *string
	Size          *int32
	FormOfAddress *string

	Member   *ID
	Welfare  *pb.Welfare
	Position *int32
}

func (e HouseholdEdit) kind() pb.Kind { return pb.Kind_KIND_HOUSEHOLD }

func (e HouseholdEdit) apply(msg proto.Message) {
	m := msg.(*pb.Household)
	for _, f := range []struct {
		from *string
		to   **string
	}{{e.Head, &m.Head}, {e.Hamlet, &m.Hamlet}, {e.Address, &m.Address}, {e.FormOfAddress, &m.FormOfAddress}} {
		if f.from != nil {
			*f.to = text(*f.from)
		}
	}
	if e.Phone != nil {
		m.Phone = text(dialled(*e.Phone))
	}
	if e.Size != nil {
		m.Size = number(*e.Size)
	}
	if e.Member != nil {
		m.Member = book.ID(*e.Member).Bytes()
	}
	if e.Welfare != nil {
		m.Welfare = nil
		if *e.Welfare != 0 {
			m.Welfare = e.Welfare.Enum()
		}
	}
	if e.Position != nil {
		m.Position = number(*e.Position)
	}
}

// dialled gives a typed number as it is dialled; what is no number stays as typed, and
// the rules say so with the field's name.
func dialled(s string) string {
	if strings.TrimSpace(s) == "" {
		return ""
	}
	if p, err := viet.Phone(s); err == nil {
		return p.Number
	}
	return s
}

func number(n int32) *int32 {
	if n == 0 {
		return nil
	}
	return &n
}

// EditHousehold changes a household's page: its member the contact fields, secretary and
// deputy the rest too.
func (n *Notebook) EditHousehold(ctx context.Context, id ID, e HouseholdEdit) (Saved, error) {
	return edit(ctx, n, pb.Kind_KIND_HOUSEHOLD, id, func(_ *view, _ store.Record, m *pb.Household) error {
		e.apply(m)
		return nil
	})
}

// NewHousehold adds a household to the branch; for secretary and deputy. The branch's list
// comes before anybody was asked: it needs no consent, what is noted later does. draft is
// the id of the draft that becomes it; none: a new one.
func (n *Notebook) NewHousehold(ctx context.Context, e HouseholdEdit, draft ID) (Saved, error) {
	return n.ofBranch(ctx, e, draft, func(*view) proto.Message { return new(pb.Household) })
}

// ofBranch makes a record that stands directly under the branch: what begin gives, with e.
func (n *Notebook) ofBranch(ctx context.Context, e Edit, draft ID, begin func(*view) proto.Message) (Saved, error) {
	id, err := n.put(ctx, func(v *view) (change, error) {
		m := begin(v)
		e.apply(m)
		return making(e.kind(), n.idOf(draft), v.me.Branch, book.ID{}, m)
	})
	if err != nil {
		return Saved{}, err
	}
	return saved(id), nil
}

// AssignHousehold hands a household over to a member, or to nobody (the zero ID); for
// secretary and deputy. The member's phone gets it with its history at its next sync, the
// old one drops it when its own work is sent.
func (n *Notebook) AssignHousehold(ctx context.Context, household, member ID) (Saved, error) {
	return n.EditHousehold(ctx, household, HouseholdEdit{Member: &member})
}
