package notebook

import (
	"context"
	"math"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// ContributionEdit is what an edit of a contribution changes; nil leaves a field alone.
type ContributionEdit struct {
	Day        *Day
	Initiative *ID
	// LandM2 is land in square metres, kept to two decimals; Workdays to one.
	LandM2, Workdays *float64
	ValueVND         *int64
}

func (e ContributionEdit) kind() pb.Kind { return pb.Kind_KIND_CONTRIBUTION }

func (e ContributionEdit) apply(msg proto.Message) {
	m := msg.(*pb.Contribution)
	if e.Day != nil {
		m.Day = day(*e.Day)
	}
	if e.Initiative != nil {
		m.Initiative = book.ID(*e.Initiative).Bytes()
	}
	if e.LandM2 != nil {
		m.LandDm2 = nil
		if dm2 := int64(math.Round(*e.LandM2 * 100)); dm2 != 0 {
			m.LandDm2 = &dm2
		}
	}
	if e.Workdays != nil {
		m.WorkdayTenths = number(int32(math.Round(*e.Workdays * 10)))
	}
	if e.ValueVND != nil {
		m.ValueVnd = nil
		if *e.ValueVND != 0 {
			m.ValueVnd = e.ValueVND
		}
	}
}

// RecordContribution keeps what a household gave; it needs the household's consent.
// Without a day it is today's. draft is the id of the draft that becomes it; none: a new one.
func (n *Notebook) RecordContribution(ctx context.Context, household ID, e ContributionEdit, draft ID) (Saved, error) {
	id, err := n.put(ctx, func(v *view) (change, error) {
		if err := v.needKeep(book.ID(household)); err != nil {
			return change{}, err
		}
		m := &pb.Contribution{Day: proto.Int32(v.today), OnBehalfOf: v.onBehalf(book.ID(household))}
		e.apply(m)
		return making(pb.Kind_KIND_CONTRIBUTION, n.idOf(draft), book.ID(household), book.ID{}, m)
	})
	if err != nil {
		return Saved{}, err
	}
	return saved(id), nil
}

// EditContribution changes a contribution.
func (n *Notebook) EditContribution(ctx context.Context, id ID, e ContributionEdit) (Saved, error) {
	return edit(ctx, n, pb.Kind_KIND_CONTRIBUTION, id, func(_ *view, _ store.Record, m *pb.Contribution) error {
		e.apply(m)
		return nil
	})
}
