package notebook

import (
	"bytes"
	"context"
	"slices"
	"time"

	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
)

// Conflict asks whether an own value that somebody overwrote, who had not seen it, should
// stand after all.
type Conflict struct {
	// ID is the notice's; Record the record that was changed.
	ID        ID     `json:"id"`
	Record    ID     `json:"record"`
	Household ID     `json:"household"`
	Of        string `json:"of"`
	Title     string `json:"title"`
	Field     string `json:"field"`
	Mine      string `json:"mine"`
	Theirs    string `json:"theirs"`
	// By and At say who wrote what stands now.
	By string    `json:"by"`
	At time.Time `json:"at"`
	// Text is the question of the screen.
	Text string `json:"text"`
}

// settledPrefix begins the settings that remember answered notices: the server keeps the
// notice for both sides, and the answer is this phone's.
const settledPrefix = "settled/"

// Conflicts gives the questions about own values that were overwritten, oldest first.
func (n *Notebook) Conflicts() []Conflict { return n.view().conflicts() }

func (v *view) conflicts() []Conflict {
	out := []Conflict{}
	for r := range v.Kind(pb.Kind_KIND_OVERWRITTEN) {
		m := decode[pb.Overwritten](r.State)
		author, _ := book.IDFrom(m.GetAuthor())
		subject, ok := v.Record(r.Subject)
		if author != v.me.Member || !ok || v.State().Settings[settledPrefix+r.ID.String()] != "" {
			continue
		}
		// What stands there now may be one's own again, put back here or elsewhere.
		now := subject.State.Value(m.GetField())
		if bytes.Equal(now, m.GetValue()) {
			continue
		}
		winner, _ := book.IDFrom(m.GetWinnerAuthor())
		c := Conflict{
			ID: ID(r.ID), Record: ID(subject.ID), Title: v.title(subject.Record), Field: fieldName(subject.Kind, m.GetField()),
			Mine:   v.valueText(subject.Kind, m.GetField(), m.GetValue()),
			Theirs: v.valueText(subject.Kind, m.GetField(), now),
			By:     v.memberName(winner), At: hlc.Stamp(m.GetWinnerStamp()).Time().In(words.Zone()),
		}
		if subject.Holder.Kind == pb.HolderKind_HOLDER_KIND_HOUSEHOLD {
			c.Household, c.Of = ID(subject.Holder.ID), v.nameOf(subject.Holder.ID.Bytes())
		}
		c.Text = words.Overwritten(c.By, c.At)
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Conflict) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return bytes.Compare(a.ID[:], b.ID[:])
	})
	return out
}

// KeepMine puts the own value back, as a new edit that has seen the other; ErrGone where
// the question was answered meanwhile.
func (n *Notebook) KeepMine(ctx context.Context, conflict ID) (Saved, error) {
	id, err := n.put(ctx, func(v *view) (change, error) {
		if !v.open(conflict) {
			return change{}, ErrGone
		}
		r, _ := v.Record(book.ID(conflict))
		m := decode[pb.Overwritten](r.State)
		subject, _ := v.Record(r.Subject)
		c := change{envelope: of(subject), set: m.GetValue()}
		if m.GetCleared() || len(m.GetValue()) == 0 {
			c.set, c.cleared = nil, []uint32{m.GetField()}
		}
		return c, nil
	})
	if err != nil {
		return Saved{}, err
	}
	return saved(id), n.settle(ctx, conflict)
}

// KeepTheirs lets stand what stands and takes the question off the list of this phone.
func (n *Notebook) KeepTheirs(ctx context.Context, conflict ID) error {
	if !n.view().open(conflict) {
		return ErrGone
	}
	return n.settle(ctx, conflict)
}

func (n *Notebook) settle(ctx context.Context, conflict ID) error {
	return n.store.SetSetting(ctx, settledPrefix+conflict.String(), "1")
}

// open tells whether a notice still asks.
func (v *view) open(conflict ID) bool {
	return slices.ContainsFunc(v.conflicts(), func(c Conflict) bool { return c.ID == conflict })
}
