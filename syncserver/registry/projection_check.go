package registry

import (
	"bytes"
	"fmt"
	"slices"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/syncserver/store"
)

// projections is one look at whether the small tables beside the rows say what the rows say:
// rights, views and reviews are computed from them.
type projections struct {
	from store.Reader
	// restored: verdicts of the life before may have been taken over, on versions that this
	// database never had.
	restored bool
	// active counts the devices of each member that are in use.
	active map[book.ID]int
	found  []string
}

// rowsOf is what the rows of one partition say.
type rowsOf struct {
	unit       store.Unit
	households map[book.ID]atSeq[book.HouseholdFacts]
	members    map[book.ID]atSeq[book.MemberFacts]
	// reviewed has the digest of each record that can be reviewed.
	reviewed map[book.ID][16]byte
	reviews  map[book.ID]verdict
}

type atSeq[T any] struct {
	facts T
	seq   uint64
}

type verdict struct {
	of       book.ID
	digest   []byte
	approved bool
}

// checkProjections computes households, members, tenures and versions anew from the rows, and
// names each difference in one line. A partition with a row that cannot be read is left out:
// that row is a finding already.
func (r *Registry) checkProjections(from store.Reader, units []store.Unit) ([]string, error) {
	p := &projections{from: from, restored: len(r.parent) > 0, active: map[book.ID]int{}}
	devices, err := from.Devices()
	if err != nil {
		return nil, err
	}
	for _, d := range devices {
		if !d.Revoked && !d.Unconfirmed {
			p.active[d.Member]++
		}
	}
	for _, u := range units {
		rows, err := p.read(u)
		if err != nil {
			continue
		}
		for _, check := range []func(*rowsOf) error{p.checkHouseholds, p.checkMembers, p.checkDesk, p.checkVerdicts, p.checkApproved} {
			if err := check(rows); err != nil {
				return nil, err
			}
		}
	}
	slices.Sort(p.found)
	return p.found, nil
}

func (p *projections) say(format string, args ...any) {
	p.found = append(p.found, fmt.Sprintf(format, args...))
}

func (p *projections) read(u store.Unit) (*rowsOf, error) {
	out := &rowsOf{unit: u, households: map[book.ID]atSeq[book.HouseholdFacts]{}, members: map[book.ID]atSeq[book.MemberFacts]{},
		reviewed: map[book.ID][16]byte{}, reviews: map[book.ID]verdict{}}
	return out, p.from.EachRow(u.ID, func(row *store.Row) error {
		s, err := open(row)
		if err != nil {
			return err
		}
		rec := s.record
		if info, _ := book.KindInfo(rec.Kind); info.Reviewed {
			out.reviewed[rec.ID] = lww.Digest(rec.State.Body)
		}
		switch rec.Kind {
		case pb.Kind_KIND_HOUSEHOLD:
			facts, ok := book.HouseholdFactsOf(rec)
			if !ok {
				p.say("row %s: not a household", rec.ID)
			}
			out.households[rec.ID] = atSeq[book.HouseholdFacts]{facts, rec.Seq}
		case pb.Kind_KIND_MEMBER:
			facts, _, ok := book.MemberFactsOf(rec)
			if !ok {
				p.say("row %s: not a member", rec.ID)
			}
			out.members[rec.ID] = atSeq[book.MemberFacts]{facts, rec.Seq}
		case pb.Kind_KIND_REVIEW:
			var m pb.Review
			if _, err := lww.Decode(rec.State.Body, &m); err != nil {
				return err
			}
			out.reviews[rec.ID] = verdict{rec.Subject, m.GetDigest(), m.GetVerdict() == pb.Verdict_VERDICT_APPROVED}
		}
		return nil
	})
}

func (p *projections) checkHouseholds(rows *rowsOf) error {
	kept, err := p.from.HouseholdsIn(rows.unit.ID)
	if err != nil {
		return err
	}
	known := map[book.ID]bool{}
	for _, h := range kept {
		known[h.ID] = true
		row, ok := rows.households[h.ID]
		switch {
		case !ok:
			p.say("household %s: projected, and has no row", h.ID)
			continue
		case row.facts != h.HouseholdFacts:
			p.say("household %s: member or deletion differs from its row", h.ID)
		case h.Since > row.seq || h.Since == 0:
			p.say("household %s: assigned at seq %d, its row is at %d", h.ID, h.Since, row.seq)
		}
		ts, err := p.from.HouseholdTenures(h.ID)
		if err != nil {
			return err
		}
		p.checkCare(rows.unit, h, ts)
	}
	for id := range rows.households {
		if !known[id] {
			p.say("household %s: a row, and not projected", id)
		}
	}
	return nil
}

// checkCare wants the stretches of a household to follow one another, and the last to be the
// one that runs.
func (p *projections) checkCare(u store.Unit, h store.Household, ts []store.Tenure) {
	p.checkStretches("household", u, ts)
	for i, t := range ts {
		if i > 0 && ts[i-1].To > t.From {
			p.say("household %s: looked after by two at seq %d", h.ID, t.From)
		}
	}
	var running []store.Tenure
	for _, t := range ts {
		if t.To == 0 {
			running = append(running, t)
		}
	}
	switch {
	case h.Member.IsZero() && len(running) == 0:
	case len(running) != 1 || running[0].Member != h.Member:
		p.say("household %s: the running tenure is not its member's", h.ID)
	case running[0].From != h.Since:
		p.say("household %s: assigned at seq %d, the tenure began at %d", h.ID, h.Since, running[0].From)
	}
}

// checkStretches wants every tenure inside the seqs of its partition.
func (p *projections) checkStretches(of string, u store.Unit, ts []store.Tenure) {
	for _, t := range ts {
		if t.From == 0 || t.From > u.Seq || t.To > u.Seq || t.To != 0 && t.To <= t.From {
			p.say("%s %s: tenure of %s from %d to %d, partition at %d", of, t.Of, t.Member, t.From, t.To, u.Seq)
		}
	}
}

func (p *projections) checkMembers(rows *rowsOf) error {
	kept, err := p.from.MembersOf(rows.unit.ID)
	if err != nil {
		return err
	}
	known := map[book.ID]bool{}
	for _, m := range kept {
		known[m.ID] = true
		row, ok := rows.members[m.ID]
		if !ok {
			p.say("member %s: projected, and has no row", m.ID)
			continue
		}
		f := row.facts
		if f.Office != m.Office || f.Deleted != m.Deleted || f.HasDevice != m.HasDevice || f.Unit != m.Unit || !slices.Equal(set(f.Proxies), set(m.Proxies)) {
			p.say("member %s: office, device, proxies or deletion differ from the row", m.ID)
		}
		if m.Since > row.seq || m.ProxySince > row.seq || m.Since == 0 {
			p.say("member %s: office since seq %d, proxies since %d, the row is at %d", m.ID, m.Since, m.ProxySince, row.seq)
		}
		if f.HasDevice != (p.active[m.ID] > 0) {
			p.say("member %s: the row says device %t, %d are in use", m.ID, f.HasDevice, p.active[m.ID])
		}
		ts, err := p.from.ProxyTenures(m.ID)
		if err != nil {
			return err
		}
		p.checkStretches("proxies of", rows.unit, ts)
		want := f.Proxies
		if f.Deleted {
			want = nil
		}
		if !slices.Equal(runningOf(ts), set(want)) {
			p.say("member %s: the running tenures are not the proxies'", m.ID)
		}
	}
	for id := range rows.members {
		if !known[id] {
			p.say("member %s: a row, and not projected", id)
		}
	}
	return nil
}

// checkDesk wants the running tenures of a unit's desk to be of those who sit there.
func (p *projections) checkDesk(rows *rowsOf) error {
	ts, err := p.from.OfficeTenures(rows.unit.ID)
	if err != nil {
		return err
	}
	p.checkStretches("desk of", rows.unit, ts)
	var sit []book.ID
	for id, m := range rows.members {
		if book.IsDesk(m.facts.Office) && !m.facts.Deleted {
			sit = append(sit, id)
		}
	}
	if !slices.Equal(runningOf(ts), set(sit)) {
		p.say("desk of %s: the running tenures are not of those who sit there", rows.unit.ID)
	}
	return nil
}

func runningOf(ts []store.Tenure) []book.ID {
	var out []book.ID
	for _, t := range ts {
		if t.To == 0 {
			out = append(out, t.Member)
		}
	}
	return set(out)
}

// set sorts ids and has each once.
func set(ids []book.ID) []book.ID { return slices.Compact(sorted(ids)) }

// checkVerdicts wants each verdict to be on a version that its record has or had.
func (p *projections) checkVerdicts(rows *rowsOf) error {
	if p.restored {
		return nil
	}
	for id, v := range rows.reviews {
		now, known := rows.reviewed[v.of]
		if !known || len(v.digest) != len(now) {
			p.say("review %s: of no record that is reviewed", id)
			continue
		}
		if bytes.Equal(now[:], v.digest) {
			continue
		}
		_, had, err := p.from.Version(v.of, [16]byte(v.digest))
		if err != nil {
			return err
		}
		if !had {
			p.say("review %s: of a version that record %s never had", id, v.of)
		}
	}
	return nil
}

// checkApproved wants a body that reports count to be the one that its verdict approved.
func (p *projections) checkApproved(rows *rowsOf) error {
	for id := range rows.reviewed {
		a, err := p.from.Approved(id)
		if err != nil {
			return err
		}
		if a == nil {
			continue
		}
		digest := lww.Digest(a.Body)
		v, ok := rows.reviews[a.Review]
		if !ok || !v.approved || v.of != id || !bytes.Equal(v.digest, digest[:]) || !bytes.Equal(a.Digest, digest[:]) {
			p.say("record %s: the approved body is not the one of verdict %s", id, a.Review)
		}
	}
	return nil
}
