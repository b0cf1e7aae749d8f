package registry

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/store/sqlite"
)

// What a phone had not sent when it was revoked lies on the desk, once, however often the
// phone has to say it.
func TestWorkOfARevokedPhoneIsOnTheDesk(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, sqlite.Options{})
	member, secretary := tw.phone("Bình"), tw.phone("An")
	member.sync()
	h := member.household("Hộ Bình1")
	sent := member.consent(h)
	member.sync(sent)
	unsent := [][]byte{sent, member.visit(member.id(), h, "chưa kịp gửi"), []byte("hỏng")}
	if _, err := tw.r.RevokeDevice(ctx, secretary.caller, &pb.RevokeDeviceRequest{Device: &member.device}); err != nil {
		t.Fatal(err)
	}
	caller, err := tw.r.Authenticate(ctx, member.join.GetToken())
	if err == nil || caller.Device != member.device {
		t.Fatalf("revoked: %v, %v", caller, err)
	}
	work, err := proto.Marshal(&pb.SyncRequest{Device: &member.device, First: proto.Uint64(1), Ops: unsent})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		sealed, err := seal.SealWork(seal.RecoveryPub(member.join.GetRecoveryKey()), recoveryName(tw.r.server, member.device), work)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tw.r.HandOverWork(ctx, caller, &pb.HandOverWorkRequest{Sealed: sealed}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tw.r.HandOverWork(ctx, caller, &pb.HandOverWorkRequest{Sealed: []byte("nobody can open this")}); err != nil {
		t.Errorf("work that does not open is kept all the same: %v", err)
	}
	secretary.sync()
	var found []*pb.Suggestion
	for _, row := range secretary.rows {
		if row.GetEnvelope().GetKind() == pb.Kind_KIND_SUGGESTION {
			var s pb.Suggestion
			if _, err := lww.Decode(row.GetBody(), &s); err != nil {
				t.Fatal(err)
			}
			found = append(found, &s)
		}
	}
	if len(found) != 1 || !bytes.Equal(found[0].GetPatch(), unsent[1]) || found[0].GetWhy() != pb.SuggestionReason_SUGGESTION_REASON_DEVICE_REVOKED {
		t.Errorf("on the desk: %v", found)
	}
	secretary.equal()
	tw.sound()
}

// The key that opens what phones seal is itself sealed in the database.
func TestRecoveryKeyIsSealed(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	key := tw.r.recovery
	if err := tw.r.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(tw.dir, "data", "*"))
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, key[:]) {
			t.Errorf("%s has the recovery key in clear", filepath.Base(f))
		}
	}
	tw.open(sqlite.Options{})
	if tw.r.recovery != key {
		t.Error("another key after a restart")
	}
}

// A phone hands over what it has acks for too, and the server that took it knows it again; a
// copy's own changes under the same numbers it does not.
func TestHandedOverWorkIsNeverSkippedByItsNumberAlone(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		confirmed uint64
		want      int
	}{"acked here": {2, 1}, "a copy's own": {0, 3}} {
		tw := newTown(t, sqlite.Options{})
		member, secretary := tw.phone("Bình"), tw.phone("An")
		member.sync()
		h := member.household("Hộ Bình1")
		member.sync(member.consent(h), member.visit(member.id(), h, "đã nhận"))
		ops := [][]byte{member.visit(member.id(), h, "một"), member.visit(member.id(), h, "hai"), member.visit(member.id(), h, "ba")}
		work, err := proto.Marshal(&pb.SyncRequest{Device: &member.device, Confirmed: &c.confirmed, First: proto.Uint64(1), Ops: ops})
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := seal.SealWork(seal.RecoveryPub(member.join.GetRecoveryKey()), recoveryName(tw.r.server, member.device), work)
		if err != nil {
			t.Fatal(err)
		}
		if err := tw.r.Revoke(ctx, member.device); err != nil {
			t.Fatal(err)
		}
		caller, _ := tw.r.Authenticate(ctx, member.join.GetToken())
		if _, err := tw.r.HandOverWork(ctx, caller, &pb.HandOverWorkRequest{Sealed: sealed}); err != nil {
			t.Fatal(err)
		}
		secretary.sync()
		if n := len(secretary.suggestions()); n != c.want {
			t.Errorf("%s: %d on the desk, want %d", name, n, c.want)
		}
		tw.sound()
	}
}
