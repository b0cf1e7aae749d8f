package syncing

import (
	"bytes"
	"testing"

	"sodanvan/app/store"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

// Until the work on a household that was handed over is sent, the digest is of a phone that
// still has it: else its changes would come from one that knew of the handover, and wait on
// the desk instead of being stored.
func TestALeavingHouseholdIsStillHeld(t *testing.T) {
	stays, leaves := store.Grant{Holder: household(1), Number: 3}, store.Grant{Holder: household(2), Number: 4}
	grants := func(gs ...store.Grant) (all []*pb.Grant) {
		for _, g := range gs {
			all = append(all, &pb.Grant{Holder: g.Holder.Proto(), Grant: &g.Number})
		}
		return all
	}
	while := held(&store.State{Grants: []store.Grant{stays}, Leaving: []store.Grant{leaves}})
	if !bytes.Equal(while, lww.HeldDigest(grants(stays, leaves))) {
		t.Error("the digest is not of both")
	}
	after := held(&store.State{Grants: []store.Grant{stays}})
	if !bytes.Equal(after, lww.HeldDigest(grants(stays))) || bytes.Equal(after, while) {
		t.Error("the digest does not change when it has left")
	}
}
