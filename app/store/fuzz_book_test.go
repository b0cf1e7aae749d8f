package store

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/lww"
)

// twice encodes what was decoded, and that once more: a book that is opened and closed must
// not change.
func twice[T any](t *testing.T, v T, encode func(T) ([]byte, error), decode func([]byte) (T, error)) {
	t.Helper()
	once, err := encode(v)
	if err != nil {
		t.Fatalf("what was read cannot be written: %v", err)
	}
	again, err := decode(once)
	if err != nil {
		t.Fatalf("what was written cannot be read: %v", err)
	}
	if b, err := encode(again); err != nil || !bytes.Equal(b, once) {
		t.Fatalf("%s became %s, %v", once, b, err)
	}
}

// FuzzOp: a change as it lies in the file.
func FuzzOp(f *testing.F) {
	for _, o := range []*Op{
		{Key: 1, State: Waiting, Kind: pb.Kind_KIND_VISIT, Bytes: visitPatch(f)},
		{Key: 2, Number: 2, Device: 7, State: Refused, Bytes: visitPatch(f), Refusal: &pb.Refusal{Rule: proto.String("x")}},
		{Key: 3, Number: 3, Device: 7, State: Erased},
	} {
		b, err := encodeOp(o, 7)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"state":255,"bytes":"/////w=="}`))
	f.Add([]byte(`{"state":3,"record":[0],"made_ms":-9223372036854775808}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		o, mark, err := decodeOp(1, b)
		if err != nil {
			return
		}
		twice(t, o, func(o *Op) ([]byte, error) { return encodeOp(o, mark) }, func(b []byte) (*Op, error) {
			o, again, err := decodeOp(1, b)
			if again != mark {
				t.Errorf("mark %d, then %d", mark, again)
			}
			return o, err
		})
		lay(nil, []*Op{o})
		_, _ = o.Unsent(), o.Pending()
	})
}

// FuzzDraft: a half filled form as it lies in the file; it may go along with the work of a
// phone that was revoked.
func FuzzDraft(f *testing.F) {
	var patch pb.Patch
	if err := proto.Unmarshal(visitPatch(f), &patch); err != nil {
		f.Fatal(err)
	}
	for _, d := range []*Draft{{ID: id('V', 1), Kind: pb.Kind_KIND_VISIT, Patch: &patch, Form: []byte("nửa chừng")}, {ID: id('V', 2)}} {
		b, err := encodeDraft(d)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"id":"","patch":"AAAA","form":"e30="}`))
	f.Add([]byte(`{"kind":-1,"holder":{"Kind":99}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := decodeDraft(1, b)
		if err != nil {
			return
		}
		twice(t, d, encodeDraft, func(b []byte) (*Draft, error) { return decodeDraft(1, b) })
		s := &Snapshot{state: new(State), drafts: []*Draft{d}}
		if _, _, err := s.Work(); err != nil {
			t.Fatalf("the work of a revoked phone: %v", err)
		}
	})
}

// FuzzState: what the phone knows besides records.
func FuzzState(f *testing.F) {
	s, _ := settledBook(f)
	settled, err := encodeState(s.Snapshot().State())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(settled)
	f.Add([]byte(`{"Cursors":[{"Seq":18446744073709551615}],"Settings":null,"Confirmed":9,"LastNumber":1}`))
	f.Add([]byte(`{"Grants":[{"Holder":{"Kind":1,"ID":[1]},"Number":-1}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		st := new(State)
		if json.Unmarshal(b, st) != nil {
			return
		}
		twice(t, st, encodeState, func(b []byte) (*State, error) { st := new(State); return st, json.Unmarshal(b, st) })
		_ = (&Snapshot{state: st}).Leaving(communeHolder)
	})
}

// FuzzReply: whatever a server answers, the phone takes all of it or nothing, keeps its own
// changes, and opens again as it was.
func FuzzReply(f *testing.F) {
	for _, r := range []*pb.SyncResponse{
		{Page: lww.Pack([]*pb.Row{visitRow(f, 1, 1, 11, "một")}), Cursors: cursors(5, 11), Now: proto.Uint64(1 << 50), Acks: []*pb.Ack{stored(1, 12)}},
		{View: view(standing()[:3]...), Filling: done(standing()...), Kept: proto.Uint64(1)},
		{View: view(standing()...), Digests: []*pb.HolderDigest{{Holder: household(1).Proto(), Digest: proto.Uint64(1), Rows: proto.Uint64(1)}}},
		{Clone: &pb.CloneNotice{Device: proto.Uint32(30)}},
		{Epoch: &pb.Epoch{Id: []byte("another epoch 16")}},
		{Acks: []*pb.Ack{result(1, pb.Result_RESULT_REFUSED), result(2, pb.Result_RESULT_PARKED), result(9, pb.Result_RESULT_STORED)}},
		{Acks: []*pb.Ack{result(1, pb.Result_RESULT_ERASED)}, Cursors: []*pb.Cursor{{Unit: []byte("x"), Seq: proto.Uint64(1<<64 - 1)}}},
		{Acks: []*pb.Ack{{Number: proto.Uint64(1), Result: pb.Result_RESULT_STORED.Enum(), Built: proto.Bool(true), Seq: proto.Uint64(12), Stamp: proto.Uint64(1 << 60)}}},
		{Listings: []*pb.Listing{{Holder: household(1).Proto()}}},
	} {
		b, err := proto.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var r pb.SyncResponse
		if proto.Unmarshal(b, &r) != nil {
			return
		}
		rows, err := lww.Unpack(r.GetPage())
		if err != nil {
			return
		}
		s, _ := settledBook(t, visitRow(t, 1, 1, 8, "một"), visitRow(t, 2, 2, 9, "hai"))
		added(t, s, visitWrite(t, 3, 1, true, "ba"), visitWrite(t, 1, 1, false, "sửa"))
		frozen(t, s, 1<<20)
		before := dumped(s.Snapshot())
		_, err = s.Apply(t.Context(), Delta{Device: 7, Acks: r.GetAcks(), Rows: rows, View: r.GetView(), Cursors: r.GetCursors(), Filling: r.GetFilling(),
			Digests: r.GetDigests(), Sum: r.Sum, Listings: r.GetListings(), Epoch: r.GetEpoch(), Clone: r.GetClone(), Kept: r.GetKept(),
			Now: hlc.Stamp(r.GetNow()), AuditHead: r.GetAuditHead(), More: r.GetMore(), Erased: r.GetErased()})
		after := dumped(s.Snapshot())
		if err != nil {
			if d := diff(before, after); d != "" {
				t.Fatalf("%v, and the book changed: %s", err, d)
			}
		}
		if len(r.GetAcks())+len(r.GetErased()) == 0 && r.Epoch == nil && r.Clone == nil {
			if d := cmp.Diff(before.Ops, after.Ops, protocmp.Transform(), cmpopts.IgnoreUnexported(Op{})); d != "" {
				t.Fatalf("nothing was said of the changes on their way: %s", d)
			}
		}
		if d := diff(after, dumped(reopen(t, s).Snapshot())); d != "" {
			t.Fatalf("the file says something else: %s", d)
		}
	})
}

// visitPatch is the bytes of a visit as they travel.
func visitPatch(t testing.TB) []byte {
	t.Helper()
	b, err := encodePatch(visitWrite(t, 1, 1, true, "x").Patch)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
