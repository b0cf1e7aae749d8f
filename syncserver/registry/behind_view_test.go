package registry

import (
	"context"
	"testing"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/syncserver/store"
	"sodanvan/syncserver/store/sqlite"
)

// A view that offers more than the rights give is a fault of the server's; the row stays here
// all the same.
func TestRightsHoldBehindTheView(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member, other := tw.phone("Bình"), tw.phone("Cúc")
	member.sync()
	other.sync()
	for _, c := range []struct {
		name  string
		head  string
		whose *phone
		may   bool
	}{
		{"their own household", "Hộ Bình1", member, true},
		{"another member's", "Hộ Cúc1", other, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: c.whose.household(c.head)}
			out := &pb.SyncResponse{}
			err := tw.r.store.Read(context.Background(), func(from store.Reader) error {
				d, err := from.Device(member.device)
				if err != nil {
					return err
				}
				actor, err := tw.r.actor(from, d)
				if err != nil {
					return err
				}
				return page(from, &store.Device{}, actor, []grant{{holder: h, unit: actor.Branch, since: 1}}, &pb.SyncRequest{}, nil, out)
			})
			if may := err == nil && len(out.GetRows()) > 0; may != c.may {
				t.Errorf("%d rows, error %v", len(out.GetRows()), err)
			}
		})
	}
}
