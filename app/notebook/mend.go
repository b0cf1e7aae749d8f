package notebook

import (
	"context"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

// Mend is one record with changes that the server refused: what was written, why it was
// refused, what to do.
type Mend struct {
	// Record is what MendRefused and DropRefused take.
	Record    ID     `json:"record"`
	Kind      Term   `json:"kind"`
	Household ID     `json:"household"`
	Of        string `json:"of"`
	Title     string `json:"title"`
	// Code is the refusal's, such as "no_consent"; Text says it in words.
	Code string `json:"code"`
	Text string `json:"text"`
	// Fields are the record as the refused changes would have made it.
	Fields []FieldLine `json:"fields"`
}

// Mends gives what the server refused, oldest first.
func (n *Notebook) Mends() []Mend { return n.view().mends() }

func (v *view) mends() []Mend {
	out := []Mend{}
	for _, ops := range v.pending() {
		first := ops[0]
		m := Mend{Record: ID(first.Record), Kind: kindTerm(first.Kind)}
		if first.Holder.Kind == pb.HolderKind_HOLDER_KIND_HOUSEHOLD {
			m.Household, m.Of = ID(first.Holder.ID), v.nameOf(first.Holder.ID.Bytes())
		}
		refusal := book.RefusalFrom(first.Refusal)
		if refusal != nil {
			m.Code, m.Text = term(refusal.Code).Code, refusal.UserMessageFor(first.Kind)
		}
		if after, err := v.wanted(ops); err == nil {
			m.Title = v.title(after)
			m.Fields = v.fieldLines(after.Kind, after.State, lww.Version{})
		}
		out = append(out, m)
	}
	return out
}

// pending gives the refused changes that have no answer yet, by record, oldest first.
func (v *view) pending() [][]store.Op {
	var out [][]store.Op
	at := map[book.ID]int{}
	for _, o := range v.Mend() {
		if o.Mended || o.Patch() == nil {
			continue
		}
		i, ok := at[o.Record]
		if !ok {
			i = len(out)
			at[o.Record] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], o)
	}
	return out
}

func (v *view) refusedOf(record ID) ([]store.Op, bool) {
	all := v.pending()
	i := slices.IndexFunc(all, func(ops []store.Op) bool { return ops[0].Record == book.ID(record) })
	if i < 0 {
		return nil, false
	}
	return all[i], true
}

// wanted gives the record as the refused changes would have made it.
func (v *view) wanted(ops []store.Op) (book.Record, error) {
	o := ops[0]
	r := book.Record{Kind: o.Kind, ID: o.Record, Author: v.me.Member, Holder: o.Holder, Unit: o.Unit}
	r.Subject, _ = book.IDFrom(o.Patch().GetEnvelope().GetSubject())
	r.Household, _ = book.IDFrom(o.Patch().GetEnvelope().GetHousehold())
	if known, ok := v.Record(o.Record); ok {
		r = known.Record
	} else {
		ops = append(slices.Clip(ops), v.waitingOf(o.Record)...)
	}
	for _, o := range ops {
		version := lww.Version{Stamp: r.State.Max().Stamp.Next(), Device: v.me.Device}
		state, _, err := lww.Merge(r.State, lww.FromPatch(o.Patch(), version))
		if err != nil {
			return book.Record{}, fmt.Errorf("merge refused %s: %w", o.Kind, err)
		}
		r.State = state
	}
	return r, nil
}

// waitingOf gives the edits of a record that were not sent.
func (v *view) waitingOf(record book.ID) (out []store.Op) {
	for o := range v.Ops() {
		if o.Record == record && o.State == store.Waiting {
			out = append(out, o)
		}
	}
	return out
}

// MendRefused sends a refused record again, mended by e, or as it is for nil (after the
// household was asked, say). All refused changes of the record are answered by one change
// with the whole record. A step is put behind the last one. ErrGone: nothing to mend.
func (n *Notebook) MendRefused(ctx context.Context, record ID, e Edit) (Saved, error) {
	id, err := n.put(ctx, func(v *view) (change, error) {
		ops, ok := v.refusedOf(record)
		if !ok {
			return change{}, ErrGone
		}
		after, err := v.wanted(ops)
		if err != nil {
			return change{}, err
		}
		m := body(after)
		if m == nil || e != nil && e.kind() != after.Kind {
			return change{}, ErrNotYours
		}
		if e != nil {
			e.apply(m)
		}
		if step, ok := m.(*pb.Step); ok {
			v.behindLast(step, after.Subject)
		}
		c, err := v.mending(after, m)
		c.mends = true
		return c, err
	})
	if err != nil {
		return Saved{}, err
	}
	return saved(id), nil
}

// behindLast puts a step that another one overtook behind it, for the petition as it is now.
func (v *view) behindLast(step *pb.Step, petition book.ID) {
	step.Follows = v.standing(petition).Last.Bytes()
	if sent := step.GetSentUp(); sent != nil {
		if r, ok := v.Record(petition); ok {
			digest := lww.Digest(r.State.Body)
			sent.Digest = digest[:]
			sent.WithName = proto.Bool(decode[pb.Petition](r.State).GetWithName())
		}
	}
}

func (v *view) mending(after book.Record, m proto.Message) (change, error) {
	known, ok := v.Record(after.ID)
	if !ok {
		return making(after.Kind, after.ID, after.Subject, after.Household, m)
	}
	return editing(known, m)
}

// DropRefused gives a refused record up: it goes off this phone's list and stays on the
// desk of the branch.
func (n *Notebook) DropRefused(ctx context.Context, record ID) error {
	n.write.Lock()
	defer n.write.Unlock()
	ops, ok := n.view().refusedOf(record)
	if !ok {
		return ErrGone
	}
	for _, o := range ops {
		if err := n.store.Dismiss(ctx, o.Key); err != nil {
			return fmt.Errorf("drop refused change: %w", err)
		}
	}
	return nil
}
