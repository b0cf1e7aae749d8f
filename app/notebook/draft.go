package notebook

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// DraftForm is a form that is being filled in.
type DraftForm struct {
	// ID is the record that is edited or will be made; none: a new one, whose id SaveDraft
	// gives back.
	ID ID
	// Household is that of a new visit, petition or contribution.
	Household ID
	// Edit is what stands in the form as far as it can be read.
	Edit Edit
	// Form is the screen's own, such as half a date; it comes back as it was.
	Form []byte
}

// Draft is an unfinished form.
type Draft struct {
	ID        ID        `json:"id"`
	Kind      Term      `json:"kind"`
	Household ID        `json:"household"`
	Of        string    `json:"of"`
	Title     string    `json:"title"`
	SavedAt   time.Time `json:"saved_at"`
	// Fields are what was filled in.
	Fields []FieldLine `json:"fields"`
	Form   []byte      `json:"form,omitempty"`
}

// SaveDraft keeps the state of a form at each change, so that a killed app reopens on it.
// A draft is data: what needs the household's consent needs it here too, and a text that
// no call can carry is refused as it is typed. A denunciation has no form.
func (n *Notebook) SaveDraft(ctx context.Context, f DraftForm) (ID, error) {
	n.write.Lock()
	defer n.write.Unlock()
	v := n.view()
	id := n.idOf(f.ID)
	kind := f.Edit.kind()
	d := store.Draft{ID: id, Kind: kind, Form: f.Form}
	patch, err := v.draftPatch(id, f, &d)
	if err != nil {
		return ID{}, err
	}
	d.Patch = patch
	if err := n.store.SaveDraft(ctx, d); err != nil {
		return ID{}, fmt.Errorf("save draft: %w", err)
	}
	return ID(id), nil
}

func (v *view) draftPatch(id book.ID, f DraftForm, d *store.Draft) (*pb.Patch, error) {
	kind := f.Edit.kind()
	r, known := v.Record(id)
	var c change
	var err error
	if known {
		m := body(r.Record)
		if r.Kind != kind {
			return nil, ErrNotYours
		}
		f.Edit.apply(m)
		d.Holder, d.Unit = r.Holder, r.Unit
		if c, err = editing(r, m); err == ErrNothingChanged {
			return nil, nil
		}
	} else {
		m := newMessage(kind)
		f.Edit.apply(m)
		subject := book.ID(f.Household)
		if info, _ := book.KindInfo(kind); info.Holder == book.HeldAsItself || info.Holder == book.HeldByUnit {
			subject = v.me.Branch
		}
		if c, err = making(kind, id, subject, book.ID{}, m); err == nil {
			d.Holder, d.Unit, err = book.Place(c.envelope, v.me, world{v})
		}
		if err != nil {
			return nil, v.refused(kind, subject, err)
		}
	}
	if err != nil {
		return nil, err
	}
	if refusal := book.CheckLimits(kind, c.set); refusal != nil {
		return nil, v.refused(kind, d.Holder.ID, refusal)
	}
	if needsKeep(f.Edit) {
		if err := v.needKeep(d.Holder.ID); err != nil {
			return nil, err
		}
	}
	patch := &pb.Patch{Envelope: c.envelope, Set: c.set, Cleared: c.cleared, Schema: proto.Uint32(book.Schema)}
	if c.create {
		patch.Create = proto.Bool(true)
	}
	return patch, nil
}

// needsKeep tells whether a form holds what a household must have agreed to.
func needsKeep(e Edit) bool {
	switch e := e.(type) {
	case VisitEdit:
		return e.Note != nil && strings.TrimSpace(*e.Note) != "" || e.Topics != nil && len(*e.Topics) > 0
	case PetitionEdit, ContributionEdit:
		return true
	}
	return false
}

// Drafts gives the unfinished forms, the last saved first.
func (n *Notebook) Drafts() []Draft { return n.view().drafts() }

func (v *view) drafts() []Draft {
	out := []Draft{}
	for _, d := range v.Snapshot.Drafts() {
		line := Draft{
			ID: ID(d.ID), Kind: kindTerm(d.Kind),
			SavedAt: moment(d.SavedMS), Form: d.Form,
		}
		if d.Holder.Kind == pb.HolderKind_HOLDER_KIND_HOUSEHOLD {
			line.Household, line.Of = ID(d.Holder.ID), v.nameOf(d.Holder.ID.Bytes())
		}
		r := book.Record{Kind: d.Kind, ID: d.ID}
		r.State.Body = d.Patch.GetSet()
		line.Title = v.title(r)
		line.Fields = v.fieldLines(d.Kind, r.State, r.State.Created)
		out = append(out, line)
	}
	return out
}

// SetDraftForm replaces the screen's own part of a draft and leaves the rest as it is;
// ErrGone: no such draft.
func (n *Notebook) SetDraftForm(ctx context.Context, id ID, form []byte) error {
	n.write.Lock()
	defer n.write.Unlock()
	for _, d := range n.store.Snapshot().Drafts() {
		if d.ID != book.ID(id) {
			continue
		}
		d.Form = form
		if err := n.store.SaveDraft(ctx, d); err != nil {
			return fmt.Errorf("save draft: %w", err)
		}
		return nil
	}
	return ErrGone
}

// DropDraft throws an unfinished form away; none is no error.
func (n *Notebook) DropDraft(ctx context.Context, id ID) error {
	if err := n.store.DropDraft(ctx, book.ID(id)); err != nil {
		return fmt.Errorf("drop draft: %w", err)
	}
	return nil
}
