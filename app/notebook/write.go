package notebook

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/viet"
)

// Saved is what an action gives back: the record and how far it has come.
type Saved struct {
	ID      ID      `json:"id"`
	Receipt Receipt `json:"receipt"`
	// Number is a new petition's, for the household's slip.
	Number string `json:"number,omitempty"`
	// Warned are the words of the text that the commune's table warns of. They are shown
	// once and kept nowhere.
	Warned []string `json:"warned,omitempty"`
}

func saved(id book.ID) Saved {
	return Saved{ID: ID(id), Receipt: Receipt{State: StateWritten, Text: words.Written}}
}

// change is one change before it is checked.
type change struct {
	envelope *pb.Envelope
	create   bool
	set      []byte
	cleared  []uint32
	// dropDraft: what was a draft is now a change. mends: answers all refused changes of
	// the record.
	dropDraft, mends bool
}

// making gives the change that creates a record.
func making(kind pb.Kind, id, subject, household book.ID, body proto.Message) (change, error) {
	set, err := lww.Encode(body)
	if err != nil {
		return change{}, fmt.Errorf("encode %s: %w", kind, err)
	}
	e := &pb.Envelope{Kind: kind.Enum(), Id: id.Bytes(), Subject: subject.Bytes(), Household: household.Bytes()}
	return change{envelope: e, create: true, set: set, dropDraft: true}, nil
}

// editing gives the change that makes edited out of what the screen shows;
// ErrNothingChanged where nothing is different.
func editing(r store.Record, edited proto.Message) (change, error) {
	set, cleared, err := lww.Edited(r.State.Body, edited)
	if err != nil {
		return change{}, fmt.Errorf("edit %s: %w", r.Kind, err)
	}
	if len(set) == 0 && len(cleared) == 0 {
		return change{}, ErrNothingChanged
	}
	return change{envelope: of(r), set: set, cleared: cleared, dropDraft: true}, nil
}

// of names a record that exists, as a change of it does: kind and id.
func of(r store.Record) *pb.Envelope {
	return &pb.Envelope{Kind: r.Kind.Enum(), Id: r.ID.Bytes()}
}

// check asks the rules as the server will, against the book as it stands, and says where
// the change belongs. It changes nothing.
func (v *view) check(c change) (store.Write, error) {
	kind := c.envelope.GetKind()
	id, _ := book.IDFrom(c.envelope.GetId())
	w := world{v}
	var before book.Record
	if c.create {
		// A draft that stood in two forms was recorded from the other one: recording it again
		// would overwrite that, and give a petition a second number.
		if _, ok := v.Record(id); ok && !c.mends {
			return store.Write{}, ErrGone
		}
		holder, unit, err := book.Place(c.envelope, v.me, w)
		if err != nil {
			return store.Write{}, v.refused(kind, id, err)
		}
		before = book.Record{Kind: kind, ID: id, Author: v.me.Member, Holder: holder, Unit: unit}
		before.Subject, _ = book.IDFrom(c.envelope.GetSubject())
		before.Household, _ = book.IDFrom(c.envelope.GetHousehold())
	} else {
		r, ok := v.Record(id)
		if !ok {
			return store.Write{}, ErrNotYours
		}
		before = r.Record
	}
	fields := book.Fields(&pb.Patch{Set: c.set, Cleared: c.cleared})
	if refusal := book.MayWrite(v.me, before, c.create, fields, c.set, w); refusal != nil {
		return store.Write{}, v.refused(kind, before.Holder.ID, refusal)
	}
	merge := lww.Change{Set: c.set, Cleared: c.cleared, Create: c.create}
	// Only the content of the merged row is judged: any version above all that it has will do.
	merge.Version = lww.Version{Stamp: before.State.Max().Stamp.Next(), Device: v.me.Device}
	state, _, err := lww.Merge(before.State, merge)
	if err != nil {
		return store.Write{}, fmt.Errorf("merge %s: %w", kind, err)
	}
	after := before
	after.State = state
	if refusal := book.Validate(after, merge, v.me, w); refusal != nil {
		return store.Write{}, v.refused(kind, before.Holder.ID, refusal)
	}
	if err := commends(after, fields); err != nil {
		return store.Write{}, err
	}
	patch := &pb.Patch{Envelope: c.envelope, Set: c.set, Cleared: c.cleared, Schema: proto.Uint32(book.Schema)}
	if c.create {
		patch.Create = proto.Bool(true)
	}
	return store.Write{Patch: patch, Holder: before.Holder, Unit: before.Unit, DropDraft: c.dropDraft, Mends: c.mends}, nil
}

// refused gives a refusal its type for the screen: what needs consent says so with the
// household's standing answer, the rest names the form's field.
func (v *view) refused(kind pb.Kind, household book.ID, err error) error {
	var r *book.Refusal
	if !errors.As(err, &r) {
		if errors.Is(err, book.ErrParked) {
			return fmt.Errorf("%w: %w", ErrNotYours, err)
		}
		return err
	}
	if r.Code == pb.RefusalCode_REFUSAL_CODE_NO_CONSENT {
		purpose := pb.Purpose_PURPOSE_KEEP
		if kind == pb.Kind_KIND_STEP {
			purpose = pb.Purpose_PURPOSE_FORWARD
		}
		return &ConsentError{Household: ID(household), Purpose: purpose, State: v.consents(household)[purpose]}
	}
	return &refusalError{Refusal: r, kind: kind}
}

// consents folds the household's answers, own unsent ones included.
func (v *view) consents(household book.ID) map[pb.Purpose]book.ConsentState {
	return book.Consents(world{v}.About(household, pb.Kind_KIND_CONSENT))
}

// put checks the change that plan gives for the book of this moment, and puts it into the
// outbox. Nobody else writes meanwhile, so what was checked still holds.
func (n *Notebook) put(ctx context.Context, plan func(v *view) (change, error)) (book.ID, error) {
	n.write.Lock()
	defer n.write.Unlock()
	v := n.view()
	c, err := plan(v)
	if err != nil {
		return book.ID{}, err
	}
	w, err := v.check(c)
	if err != nil {
		return book.ID{}, err
	}
	id, _ := book.IDFrom(c.envelope.GetId())
	w.Session = n.session(id)
	if err := n.send(ctx, w); err != nil {
		return book.ID{}, fmt.Errorf("save %s: %w", c.envelope.GetKind(), err)
	}
	return id, nil
}

// send puts changes into the outbox, the one way there, and has Live send them.
func (n *Notebook) send(ctx context.Context, writes ...store.Write) error {
	if _, err := n.store.AddOps(ctx, writes...); err != nil {
		return err
	}
	n.Kick()
	return nil
}

// session names the sitting of a change: those of one sitting join before they are sent.
// Only edits with nothing between them are one, since a change that joined an earlier one
// would overtake what lies between, such as the consent that it needs.
func (n *Notebook) session(record book.ID) string {
	if n.sitting == "" || n.at != record {
		n.sitting, n.at = n.newID().String(), record
	}
	return n.sitting
}

// apart ends the sitting, for changes that are written in bulk.
func (n *Notebook) apart() { n.sitting = "" }

// edit changes a record of one kind by what alter does to its message.
func edit[T any, M message[T]](ctx context.Context, n *Notebook, kind pb.Kind, id ID, alter func(v *view, r store.Record, m M) error) (Saved, error) {
	_, err := n.put(ctx, func(v *view) (change, error) {
		r, ok := v.Record(book.ID(id))
		if !ok || r.Kind != kind {
			return change{}, ErrNotYours
		}
		m := decode[T, M](r.State)
		if err := alter(v, r, m); err != nil {
			return change{}, err
		}
		return editing(r, m)
	})
	if err != nil {
		return Saved{}, err
	}
	return saved(book.ID(id)), nil
}

// text gives a field its value, composed (NFC) and without blanks around it; an empty text
// clears it.
func text(s string) *string {
	s = strings.TrimSpace(viet.NFC(s))
	if s == "" {
		return nil
	}
	return &s
}

// day gives a field its day; none clears it.
func day(d Day) *int32 {
	if d == 0 {
		return nil
	}
	return proto.Int32(int32(d))
}
