package hostile

import (
	"bytes"
	"crypto/rand"
	"net/http"
	"os"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	"sodanvan/app/store"
	"sodanvan/app/syncing"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	rpc "sodanvan/shared/gen/sodanvan/v1/sodanvanv1connect"
	"sodanvan/shared/seal"
	"sodanvan/test/probe"
)

// TestUnknownTokenKeepsEverything: a server restored from an old backup may have forgotten a
// phone. That is no reason to lose a word.
func TestUnknownTokenKeepsEverything(t *testing.T) {
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	p := joined(t, tw.Server, tw.Member("Bình"), store.Options{}, syncing.Options{})
	p.synced(t)
	h := p.first(t)
	p.agreed(t, h.ID)
	p.visited(t, h.ID, "chưa gửi (bịa)")
	note := "đang ghi dở (bịa)"
	if _, err := p.SaveDraft(t.Context(), notebook.DraftForm{Household: h.ID, Edit: notebook.VisitEdit{Note: &note}}); err != nil {
		t.Fatal(err)
	}
	before := p.store.Snapshot()
	right := before.State().Identity.Token
	unknown, _ := seal.NewToken(rand.Reader)
	if err := p.store.SetToken(t.Context(), unknown); err != nil {
		t.Fatal(err)
	}

	out := p.sync(t)
	if out.Kind != syncing.Stopped || out.Problem.GetCode() != pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN {
		t.Errorf("sync ended with %s %s, want stopped with TOKEN_UNKNOWN", out.Kind, out.Problem.GetCode())
	}
	spoken(t, out.Sentence)
	again := p.reopened(t, store.Options{}, syncing.Options{})
	if b := again.store.Snapshot(); b.Len() != before.Len() || b.Unsent() != 3 || len(b.Drafts()) != 1 || b.State().Revoked {
		t.Errorf("%d rows, %d unsent, %d drafts, revoked %v; want %d, 3 with the draft, 1, false", b.Len(), b.Unsent(), len(b.Drafts()), b.State().Revoked, before.Len())
	}
	if err := again.store.SetToken(t.Context(), right); err != nil {
		t.Fatal(err)
	}
	again.synced(t)
	if n := again.store.Snapshot().Unsent(); n != 1 {
		t.Errorf("%d unsent after the server knows the phone again, want the draft alone", n)
	}
}

// TestRevokedPhoneHandsOverThenWipes: its unsent work reaches the server sealed before the
// book goes.
func TestRevokedPhoneHandsOverThenWipes(t *testing.T) {
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	p := joined(t, tw.Server, tw.Member("Bình"), store.Options{}, syncing.Options{})
	p.synced(t)
	h := p.first(t)
	p.agreed(t, h.ID)
	p.visited(t, h.ID, "việc chưa gửi của máy bị thu hồi (bịa)")
	if err := tw.Registry.Revoke(t.Context(), p.store.Snapshot().State().Identity.Device); err != nil {
		t.Fatal(err)
	}
	token := p.store.Snapshot().State().Identity.Token

	out := p.sync(t)
	if out.Kind != syncing.Revoked {
		t.Fatalf("sync ended with %s: %s", out.Kind, out.Sentence)
	}
	spoken(t, out.Sentence)
	if got, err := store.Peek(t.Context(), p.dir); err != nil || got.Exists {
		t.Errorf("the book of a revoked phone is still there: %+v %v", got, err)
	}
	files, err := os.ReadDir(p.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasPrefix(f.Name(), "book.db") {
			t.Errorf("%s is left", f.Name())
		}
	}
	log, err := tw.Registry.AccessLog(t.Context(), book.Holder{Kind: pb.HolderKind_HOLDER_KIND_MEMBER, ID: tw.Member("Bình")})
	if err != nil {
		t.Fatal(err)
	}
	handed := 0
	for _, e := range log {
		if e.Verb == "hand over" {
			handed++
		}
	}
	if handed != 1 {
		t.Errorf("the server has work handed over %d times, want once", handed)
	}
	// From now on the token opens nothing else.
	line := tw.Dial(t, seal.ClientTLS([][32]byte{tw.Root.Pin()}))
	_, err = rpc.NewSyncServiceClient(line, tw.URL()).Sync(t.Context(), probe.With(&pb.SyncRequest{}, token))
	refused(t, err, pb.ProblemCode_PROBLEM_CODE_TOKEN_REVOKED)
}

// TestRevokedWorkWaitsForTheServer: where the server cannot take the work, the phone keeps it.
func TestRevokedWorkWaitsForTheServer(t *testing.T) {
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	p := joined(t, tw.Server, tw.Member("Bình"), store.Options{}, syncing.Options{})
	p.synced(t)
	p.agreed(t, p.first(t).ID)
	if err := p.store.MarkRevoked(t.Context()); err != nil {
		t.Fatal(err)
	}
	tw.Stop()
	p.engine.Kick()
	out, err := syncing.Run(t.Context(), p.engine, p.store, p.client)
	if err == nil || out.Kind == syncing.Revoked {
		t.Fatalf("%s %v: work was handed to nobody", out.Kind, err)
	}
	spoken(t, out.Sentence)
	if n := p.store.Snapshot().Unsent(); n != 1 {
		t.Errorf("%d unsent, want 1", n)
	}
}

// TestEachMethodAsksForTheToken: no method but those of enrolment answers a stranger, and
// nobody's body is read for it.
func TestEachMethodAsksForTheToken(t *testing.T) {
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	secretary := tw.Phone(t, tw.Member("An"))
	victim := tw.Phone(t, tw.Member("Bình"))
	stranger, _ := seal.NewToken(rand.Reader)
	if err := tw.Registry.Revoke(t.Context(), victim.Device); err != nil {
		t.Fatal(err)
	}
	calls := map[string]func(p *probe.Phone) error{
		"Sync":    func(p *probe.Phone) error { _, err := p.Call(p.Request()); return err },
		"History": func(p *probe.Phone) error { _, err := p.History(tw.Member("Bình")); return err },
		"IssueCode": func(p *probe.Phone) error {
			_, err := p.Enrolling().IssueCode(t.Context(), probe.With(&pb.IssueCodeRequest{Member: tw.Member("Bình").Bytes()}, p.Token))
			return err
		},
		"ListDevices": func(p *probe.Phone) error {
			_, err := p.Enrolling().ListDevices(t.Context(), probe.With(&pb.ListDevicesRequest{}, p.Token))
			return err
		},
		"RevokeDevice": func(p *probe.Phone) error {
			_, err := p.Enrolling().RevokeDevice(t.Context(), probe.With(&pb.RevokeDeviceRequest{Device: &secretary.Device}, p.Token))
			return err
		},
		"ConfirmDevice": func(p *probe.Phone) error {
			_, err := p.Enrolling().ConfirmDevice(t.Context(), probe.With(&pb.ConfirmDeviceRequest{Device: &secretary.Device}, p.Token))
			return err
		},
		"RotateToken": func(p *probe.Phone) error {
			_, err := p.Enrolling().RotateToken(t.Context(), probe.With(&pb.RotateTokenRequest{}, p.Token))
			return err
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			unknown := victim.Copy()
			unknown.Token = stranger
			refused(t, call(unknown), pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN)
			unknown.Token = ""
			refused(t, call(unknown), pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN)
			unknown.Token = "not a token"
			refused(t, call(unknown), pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN)
			refused(t, call(victim), pb.ProblemCode_PROBLEM_CODE_TOKEN_REVOKED)
		})
	}
	t.Run("another device's number", func(t *testing.T) {
		thief := secretary.Copy()
		thief.Device = victim.Device
		refused(t, calls["Sync"](thief), pb.ProblemCode_PROBLEM_CODE_BAD_REQUEST)
	})
	t.Run("two tokens", func(t *testing.T) {
		status, _, answer, err := secretary.Raw(rpc.SyncServiceSyncProcedure, http.Header{"Authorization": {"Bearer " + secretary.Token, "Bearer " + stranger}}, bytes.NewReader(nil))
		if err != nil || status != http.StatusUnauthorized {
			t.Errorf("%d %s %v", status, answer, err)
		}
	})
	t.Run("the secretary is untouched", func(t *testing.T) { secretary.Sync() })
}

func TestSignatureOfAnotherKey(t *testing.T) {
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	p := tw.Phone(t, tw.Member("Bình"))
	h := agreedOn(t, p, "Hộ Bình 1")
	op := p.Visit(p.ID(), h, "ghi chép bịa")
	for name, spoil := range map[string]func(*pb.SyncRequest){
		"a thief with the token": func(r *pb.SyncRequest) {
			r.Signature = seal.SignOps(seal.NewDeviceKey(rand.Reader), seal.OpsClaim{Server: p.Joined.GetServer(), Epoch: p.Joined.GetEpoch(), Device: p.Device, First: r.GetFirst(), Last: r.GetFirst(), Hash: seal.HashOps(r.GetOps())})
		},
		"no signature":           func(r *pb.SyncRequest) { r.Signature = nil },
		"ops changed on the way": func(r *pb.SyncRequest) { r.Ops[0] = append(bytes.Clone(r.Ops[0]), 0x50, 0x01) },
		"numbers changed":        func(r *pb.SyncRequest) { r.First = proto.Uint64(r.GetFirst() + 1) },
		"number nought":          func(r *pb.SyncRequest) { r.First = proto.Uint64(0); p.Sign(r) },
	} {
		t.Run(name, func(t *testing.T) {
			req := p.Request(op)
			spoil(req)
			_, err := p.Call(req)
			refused(t, err, pb.ProblemCode_PROBLEM_CODE_BAD_SIGNATURE)
		})
	}
	p.Sync(op)
	p.Stored(p.Last)
}
