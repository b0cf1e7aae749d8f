package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"sodanvan/shared/seal"
)

// ErrOtherOwner: the code that was used is not of this book's owner.
var ErrOtherOwner = &Error{"enrolment of another member or server",
	"Mã này là của người khác hoặc của máy chủ khác, nên sổ trên máy không nối lại được. Sổ vẫn nguyên; xin bí thư chi bộ mã của chính mình."}

// enrolment is what the file says in the clear of how the phone joined.
type enrolment struct {
	device uint32
	sealed []byte
}

// Rejoin goes on with this book under a new enrolment of the same member: the server does
// not know the device any more, since it was restored from a backup that is older. All own
// changes that a later backup does not have go again, under the new number from 1. The error
// is [ErrOtherOwner] where the enrolment is somebody else's; then nothing was changed.
//
// The epoch stays the old one: the server says where its new life parts from it.
func (s *Store) Rejoin(ctx context.Context, id Identity) error {
	return s.write(ctx, func(w *writer) error { return w.rejoin(id) })
}

func (w *writer) rejoin(id Identity) error {
	st := w.st()
	was := st.Identity
	if !bytes.Equal(id.Server, was.Server) || id.Member != was.Member || id.Commune != was.Commune {
		return fmt.Errorf("rejoin: %w", ErrOtherOwner)
	}
	if len(id.RecoveryKey) != len(seal.RecoveryPub{}) {
		return fmt.Errorf("rejoin: recovery key has %d bytes", len(id.RecoveryKey))
	}
	// A forgotten PIN is reset by the device number that the server knows now.
	sealed, err := seal.SealToRecovery(seal.RecoveryPub(id.RecoveryKey), w.s.bookKey, BookName(id.Server, id.Device))
	if err != nil {
		return fmt.Errorf("rejoin: %w", err)
	}
	w.enrolled = &enrolment{id.Device, sealed}
	id.Epoch, id.Branch = was.Epoch, was.Branch // the view says where a branch changed
	st.Identity = id
	st.LastNumber, st.Confirmed, st.Kept, st.Unconfirmed, st.Revoked = 0, 0, 0, false, false
	for _, o := range slices.Clone(w.ops) {
		switch {
		case o.State == Offering:
			continue
		case o.State == Erased, o.Gone:
			w.dropOp(o.Key) // under the new number there is nothing to say about it
			continue
		case o.State == Waiting:
			c := *o
			c.Device = id.Device
			w.putOp(&c)
			continue
		}
		c := resent(o)
		c.Was = 0 // an answer to another number
		st.LastNumber++
		c.Number, c.Device = st.LastNumber, id.Device
		w.putOp(c)
	}
	return nil
}
