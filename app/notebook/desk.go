package notebook

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

// Suggestion is a change on the desk that waits for a person: from a phone that did not
// know of a handover, from an unconfirmed copy, from somebody whose office ended. Or it is a
// record that a phone still had and the server, restored from a backup, has not.
type Suggestion struct {
	ID        ID        `json:"id"`
	Why       Term      `json:"why"`
	Kind      Term      `json:"kind"`
	Record    ID        `json:"record"`
	Household ID        `json:"household"`
	Of        string    `json:"of"`
	Title     string    `json:"title"`
	By        string    `json:"by"`
	At        time.Time `json:"at"`
	// Fields are what it would set; a value of nothing empties the field.
	Fields []FieldLine `json:"fields"`
	// Restored: taking it over puts back what was written before, as it was, by whom it was.
	Restored bool `json:"restored,omitempty"`
}

// Suggestions gives what waits on the desk, oldest first; empty for who does not sit there.
func (n *Notebook) Suggestions() []Suggestion {
	v := n.view()
	out := []Suggestion{}
	for r := range v.Kind(pb.Kind_KIND_SUGGESTION) {
		m := decode[pb.Suggestion](r.State)
		switch {
		case m.GetVerdict() != 0 || m.GetSettled():
		case len(m.GetRow()) > 0:
			if s, ok := v.restored(r, m); ok {
				out = append(out, s)
			}
		default:
			out = append(out, v.suggestion(r, m))
		}
	}
	slices.SortFunc(out, func(a, b Suggestion) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return bytes.Compare(a.ID[:], b.ID[:])
	})
	return out
}

// suggestion is one that brings a change.
func (v *view) suggestion(r store.Record, m *pb.Suggestion) Suggestion {
	p := suggested(m)
	kind := p.GetEnvelope().GetKind()
	s := Suggestion{ID: ID(r.ID), Why: term(m.GetWhy()), At: moment(m.GetTimeMs()), By: words.UnknownPerson}
	if by, ok := (world{v}).MemberOfDevice(m.GetDevice()); ok {
		s.By = v.memberName(by)
	}
	v.wouldBe(&s, v.suggestedRecord(p))
	s.Fields = v.fieldLines(kind, lww.State{Body: p.GetSet()}, lww.Version{})
	s.empties(kind, p.GetCleared())
	return s
}

// restored is one that brings a record from before a restore of the server: what it would
// change here, and who wrote it and when, not who still had it.
func (v *view) restored(r store.Record, m *pb.Suggestion) (Suggestion, bool) {
	row := new(pb.Row)
	if proto.Unmarshal(m.GetRow(), row) != nil {
		return Suggestion{}, false
	}
	was, ok := book.RecordFrom(row, r.Unit)
	if !ok {
		return Suggestion{}, false
	}
	s := Suggestion{
		ID: ID(r.ID), Why: term(m.GetWhy()), Restored: true, By: v.memberName(was.Author),
		At: was.State.Max().Stamp.Time().In(words.Zone()),
	}
	if was.Author.IsZero() {
		s.By = words.UnknownPerson
	}
	known, here := v.Record(was.ID)
	after := was
	if here {
		after = known.Record
		after.State = lww.Join(known.State, was.State)
	}
	v.wouldBe(&s, after)
	set, cleared, err := lww.Diff(known.State.Body, after.State.Body)
	if err != nil || len(set)+len(cleared) == 0 {
		set, cleared = was.State.Body, nil
	}
	s.Fields = v.fieldLines(was.Kind, lww.State{Body: set}, lww.Version{})
	s.empties(was.Kind, cleared)
	return s, true
}

// wouldBe says which record it is about.
func (v *view) wouldBe(s *Suggestion, after book.Record) {
	s.Kind, s.Record, s.Title = kindTerm(after.Kind), ID(after.ID), v.title(after)
	if after.Holder.Kind == pb.HolderKind_HOLDER_KIND_HOUSEHOLD {
		s.Household, s.Of = ID(after.Holder.ID), v.nameOf(after.Holder.ID.Bytes())
	}
}

func (s *Suggestion) empties(kind pb.Kind, fields []uint32) {
	for _, f := range fields {
		s.Fields = append(s.Fields, FieldLine{Field: f, Name: fieldName(kind, f)})
	}
}

// suggested gives the change inside a suggestion; empty where it cannot be read.
func suggested(m *pb.Suggestion) *pb.Patch {
	p := new(pb.Patch)
	if proto.Unmarshal(m.GetPatch(), p) != nil {
		return new(pb.Patch)
	}
	return p
}

// suggestedRecord gives the record as the suggestion would make it, as far as it can be.
func (v *view) suggestedRecord(p *pb.Patch) book.Record {
	id, _ := book.IDFrom(p.GetEnvelope().GetId())
	r := book.Record{Kind: p.GetEnvelope().GetKind(), ID: id}
	r.Subject, _ = book.IDFrom(p.GetEnvelope().GetSubject())
	if known, ok := v.Record(id); ok {
		r = known.Record
	} else if holder, unit, err := book.Place(p.GetEnvelope(), v.me, world{v}); err == nil {
		r.Holder, r.Unit = holder, unit
	}
	version := lww.Version{Stamp: r.State.Max().Stamp.Next(), Device: v.me.Device}
	if state, _, err := lww.Merge(r.State, lww.FromPatch(p, version)); err == nil {
		r.State = state
	}
	return r
}

// Decide answers a suggestion. Accepting writes its content as the user's own change, in
// one transaction with the verdict; where the rules do not let this user write it (a visit
// of a member with a phone) the error says so and the suggestion stays. Of a record from
// before a restore only the verdict is written: the server puts it back as it was, with its
// own times and writers. Not accepting only says so: the server keeps what it was.
func (n *Notebook) Decide(ctx context.Context, suggestion ID, accept bool) error {
	n.write.Lock()
	defer n.write.Unlock()
	v := n.view()
	r, ok := v.Record(book.ID(suggestion))
	if !ok || r.Kind != pb.Kind_KIND_SUGGESTION {
		return ErrNotYours
	}
	m := decode[pb.Suggestion](r.State)
	if m.GetVerdict() != 0 || m.GetSettled() {
		return ErrGone
	}
	var writes []store.Write
	m.Verdict = pb.Verdict_VERDICT_RETURNED.Enum()
	if accept {
		m.Verdict = pb.Verdict_VERDICT_APPROVED.Enum()
	}
	if accept && len(m.GetRow()) == 0 {
		c, err := v.accepting(suggested(decode[pb.Suggestion](r.State)))
		if err != nil {
			return err
		}
		if len(c.set) > 0 || len(c.cleared) > 0 {
			w, err := v.check(c)
			if err != nil {
				return err
			}
			writes = append(writes, w)
		}
	}
	c, err := editing(r, m)
	if err != nil {
		return err
	}
	w, err := v.check(c)
	if err != nil {
		return err
	}
	n.apart()
	if err := n.send(ctx, append(writes, w)...); err != nil {
		return fmt.Errorf("decide suggestion: %w", err)
	}
	return nil
}

// accepting gives the change of a suggestion as an own one; without anything to set where
// the record already is so.
func (v *view) accepting(p *pb.Patch) (change, error) {
	c := change{envelope: p.GetEnvelope(), set: p.GetSet(), cleared: p.GetCleared()}
	id, ok := book.IDFrom(p.GetEnvelope().GetId())
	if !ok {
		return change{}, ErrGone
	}
	known, ok := v.Record(id)
	if !ok {
		if !p.GetCreate() {
			return change{}, ErrNotYours
		}
		c.create = true
		return v.behalf(c)
	}
	after := v.suggestedRecord(p)
	set, cleared, err := lww.Diff(known.State.Body, after.State.Body)
	if err != nil {
		return change{}, fmt.Errorf("suggestion: %w", err)
	}
	c.envelope, c.set, c.cleared = of(known), set, cleared
	return c, nil
}

// behalf says for whom a taken over record is written, where its writer had no need to.
func (v *view) behalf(c change) (change, error) {
	switch c.envelope.GetKind() {
	case pb.Kind_KIND_VISIT, pb.Kind_KIND_PETITION, pb.Kind_KIND_CONTRIBUTION:
	default:
		return c, nil
	}
	household, _ := book.IDFrom(c.envelope.GetSubject())
	member := v.onBehalf(household)
	// The three kinds have the same number for it.
	raw, err := lww.Encode(&pb.Visit{OnBehalfOf: member})
	if err != nil || member == nil {
		return c, err
	}
	values, err := lww.Split(c.set)
	if err != nil {
		return c, err
	}
	named, err := lww.Split(raw)
	if err != nil || slices.ContainsFunc(values, func(f lww.Value) bool { return f.Field == named[0].Field }) {
		return c, err
	}
	c.set = lww.Assemble(append(values, named...))
	return c, nil
}
