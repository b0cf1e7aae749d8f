package notebook

import (
	"context"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	"sodanvan/app/words"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// InitiativeEdit is what an edit of an initiative changes; nil leaves a field alone. That
// it is recognised the commune says.
type InitiativeEdit struct {
	Name        *string
	Field       *pb.InitiativeField
	Description *string
	Registered  *Day
}

func (e InitiativeEdit) kind() pb.Kind { return pb.Kind_KIND_INITIATIVE }

func (e InitiativeEdit) apply(msg proto.Message) {
	m := msg.(*pb.Initiative)
	if e.Name != nil {
		m.Name = text(*e.Name)
	}
	if e.Field != nil {
		m.Field = nil
		if *e.Field != 0 {
			m.Field = e.Field.Enum()
		}
	}
	if e.Description != nil {
		m.Description = text(*e.Description)
	}
	if e.Registered != nil {
		m.RegisteredDay = day(*e.Registered)
	}
}

// NewInitiative registers an initiative of the branch; for secretary and deputy. Without a
// day it is registered today.
func (n *Notebook) NewInitiative(ctx context.Context, e InitiativeEdit) (Saved, error) {
	s, err := n.ofBranch(ctx, e, ID{}, func(v *view) proto.Message { return &pb.Initiative{RegisteredDay: proto.Int32(v.today)} })
	if err == nil && e.Description != nil {
		s.Warned = n.WarnedWords(*e.Description)
	}
	return s, err
}

// EditInitiative changes an initiative of the branch; for secretary and deputy.
func (n *Notebook) EditInitiative(ctx context.Context, id ID, e InitiativeEdit) (Saved, error) {
	s, err := edit(ctx, n, pb.Kind_KIND_INITIATIVE, id, func(_ *view, _ store.Record, m *pb.Initiative) error {
		e.apply(m)
		return nil
	})
	if err == nil && e.Description != nil {
		s.Warned = n.WarnedWords(*e.Description)
	}
	return s, err
}

// Initiative is a registered piece of work.
type Initiative struct {
	ID          ID     `json:"id"`
	Name        string `json:"name"`
	Field       Term   `json:"field"`
	Description string `json:"description,omitempty"`
	Registered  Day    `json:"registered,omitempty"`
	// Recognised: the day on which the commune recognised it.
	Recognised Day `json:"recognised,omitempty"`
	// Branch: of the branch, whose secretary and deputy may edit it; else of the commune.
	Branch bool `json:"branch"`
	// Sums are what the households of the branch gave; only for secretary and deputy,
	// because a member's phone knows some of the households only.
	Sums    *Sums   `json:"sums,omitempty"`
	Receipt Receipt `json:"receipt"`
}

// Sums are what households gave to an initiative, never by household (docs/domain.md, "The
// line", 4). What was returned counts nowhere until it is mended. On the
// phone an edit takes a contribution from Approved to Waiting; reports count the version
// approved last, which only the server keeps.
type Sums struct {
	Approved Given `json:"approved"`
	Waiting  Given `json:"waiting"`
	// NoReviewer: the branch has no second person who could approve; counted apart.
	NoReviewer Given `json:"no_reviewer"`
}

// Given is land in square metres, work in days and value in VND, and all of it in words.
type Given struct {
	LandM2   float64 `json:"land_m2"`
	Workdays float64 `json:"workdays"`
	ValueVND int64   `json:"value_vnd"`
	Text     string  `json:"text"`
}

// Initiatives gives the initiatives of the branch and those of the commune, newest first.
func (n *Notebook) Initiatives() []Initiative {
	v := n.view()
	var sums map[ID]*Sums
	if v.atDesk() {
		sums = v.sums()
	}
	out := []Initiative{}
	for r := range v.Kind(pb.Kind_KIND_INITIATIVE) {
		m := decode[pb.Initiative](r.State)
		if m.GetDeleted() {
			continue
		}
		line := Initiative{
			ID: ID(r.ID), Name: m.GetName(), Field: term(m.GetField()), Description: m.GetDescription(),
			Registered: Day(m.GetRegisteredDay()), Recognised: Day(m.GetRecognisedDay()), Branch: r.Subject == v.me.Branch, Receipt: v.receipt(r),
		}
		if sums != nil {
			if line.Sums = sums[line.ID]; line.Sums == nil {
				line.Sums = new(Sums)
			}
		}
		out = append(out, line)
	}
	newestFirst(out, func(i Initiative) (Day, ID) { return i.Registered, i.ID })
	return out
}

// sums adds up the contributions that this phone sees, by initiative.
func (v *view) sums() map[ID]*Sums {
	type total struct{ dm2, tenths, vnd int64 }
	totals := map[*Given]*total{}
	out := map[ID]*Sums{}
	for r := range v.Kind(pb.Kind_KIND_CONTRIBUTION) {
		m := decode[pb.Contribution](r.State)
		to := idFrom(m.GetInitiative())
		if m.GetDeleted() || to.IsZero() {
			continue
		}
		if out[to] == nil {
			out[to] = new(Sums)
		}
		g := out[to].of(v.receipt(r).State)
		if g == nil {
			continue
		}
		t := totals[g]
		if t == nil {
			t = new(total)
			totals[g] = t
		}
		t.dm2 += m.GetLandDm2()
		t.tenths += int64(m.GetWorkdayTenths())
		t.vnd += m.GetValueVnd()
	}
	for g, t := range totals {
		*g = Given{
			LandM2: float64(t.dm2) / 100, Workdays: float64(t.tenths) / 10, ValueVND: t.vnd,
			Text: words.Given(decimalOf(t.dm2, 2), decimalOf(t.tenths, 1), decimalOf(t.vnd, 0)),
		}
	}
	return out
}

// of gives the sum to which a contribution in that state belongs; nil: none.
func (s *Sums) of(state ReceiptState) *Given {
	switch state {
	case StateApproved:
		return &s.Approved
	case StateNoReviewer:
		return &s.NoReviewer
	case StateReturned, StateRefused:
		return nil
	}
	return &s.Waiting
}

// InitiativeNamed finds an initiative by id, or by the beginnings of its words if that
// means only one; else ErrWhich.
func (n *Notebook) InitiativeNamed(s string) (ID, error) {
	if id, err := ParseID(s); err == nil {
		return id, nil
	}
	var list []Category
	for _, i := range n.Initiatives() {
		list = append(list, Category{ID: i.ID, Name: i.Name})
	}
	return Named(list, s)
}
