package notebooktest

import (
	"context"
	"fmt"
	"net"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	"sodanvan/app/store"
	"sodanvan/app/syncing"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/lww"
)

// stamp gives the server's next stamp.
func (b *Branch) stamp() hlc.Stamp {
	s := max(hlc.Make(b.Now().UnixMilli(), 0), hlc.Stamp(b.last)+1)
	b.last = uint64(s)
	return s
}

// merge stores a change and gives what it overwrote.
func (b *Branch) merge(r *book.Record, c lww.Change) []lww.Lost {
	state, lost, err := lww.Merge(r.State, c)
	if err != nil {
		b.t.Fatalf("server: merge %s: %v", r.Kind, err)
	}
	b.seq++
	r.State, r.Seq = state, b.seq
	if b.rows[r.ID] == nil {
		b.ids = append(b.ids, r.ID)
	}
	b.rows[r.ID] = r
	return lost
}

// wire is one phone's way to the server.
type wire struct {
	b    *Branch
	s    *store.Store
	seen uint64
	view map[book.Holder]bool
}

// down is what a phone without network gets.
type down struct{}

func (down) Error() string   { return "no route to an invented server" }
func (down) Timeout() bool   { return true }
func (down) Temporary() bool { return true }

var _ net.Error = down{}

func (w *wire) Close() {}

// Sync takes all that waits and sends all that is new.
func (w *wire) Sync(ctx context.Context) (notebook.Traffic, error) {
	w.b.mu.Lock()
	defer w.b.mu.Unlock()
	if w.b.Down {
		return notebook.Traffic{}, fmt.Errorf("sync: %w", down{})
	}
	if w.b.Unknown {
		p := &pb.Problem{Code: pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN.Enum(), Sentence: proto.String("Máy chủ chưa biết máy này.")}
		return notebook.Traffic{}, &notebook.StoppedError{Outcome: syncing.Outcome{Kind: syncing.Stopped, Problem: p, Sentence: p.GetSentence()}}
	}
	ops, err := w.s.Freeze(ctx, 1<<20)
	if err != nil {
		return notebook.Traffic{}, err
	}
	st := w.s.Snapshot().State()
	d := store.Delta{Device: st.Identity.Device, PhoneMS: w.b.Now().UnixMilli()}
	for _, o := range ops {
		d.Acks = append(d.Acks, w.take(o, st.Identity))
	}
	w.send(&d, st.Identity)
	if _, err := w.s.Apply(ctx, d); err != nil {
		return notebook.Traffic{}, err
	}
	return notebook.Traffic{Sent: len(ops), Received: len(d.Rows)}, nil
}

// Keep syncs at once, when kicked and every few minutes; after a failure sooner.
func (w *wire) Keep(ctx context.Context, kick <-chan struct{}, watch notebook.Watch) {
	for {
		watch.Begun()
		t, err := w.Sync(ctx)
		if ctx.Err() != nil {
			return
		}
		rest := 5 * time.Minute
		if err == nil {
			watch.Moved(t)
		} else {
			rest = 2 * time.Second
		}
		watch.Ended(notebook.Round{Traffic: t}, err)
		select {
		case <-ctx.Done():
			return
		case <-kick:
		case <-time.After(rest):
		}
	}
}

// Ping answers like a server next door whose clock is the branch's.
func (w *wire) Ping(context.Context) (notebook.Pong, error) {
	if w.b.isDown() {
		return notebook.Pong{}, fmt.Errorf("ping: %w", down{})
	}
	return notebook.Pong{TLS: "TLS 1.3", Handshake: 30 * time.Millisecond, Took: 60 * time.Millisecond, Clock: true}, nil
}

// take stores one change and answers it.
func (w *wire) take(o store.Op, from store.Identity) *pb.Ack {
	b, p := w.b, o.Patch()
	ack := &pb.Ack{Number: proto.Uint64(o.Number), Result: pb.Result_RESULT_STORED.Enum()}
	if b.Later {
		ack.Result = pb.Result_RESULT_LATER.Enum()
		return ack
	}
	if p.GetUnfinished() {
		ack.Result = pb.Result_RESULT_SUGGESTION.Enum()
		return ack
	}
	if b.Refuse != nil {
		if refusal := b.Refuse(p); refusal != nil {
			ack.Result, ack.Refusal = pb.Result_RESULT_REFUSED.Enum(), refusal.Proto()
			return ack
		}
	}
	r := b.rows[o.Record]
	if r == nil {
		r = &book.Record{Kind: o.Kind, ID: o.Record, Author: from.Member, Holder: o.Holder, Unit: o.Unit}
		r.Subject, _ = book.IDFrom(p.GetEnvelope().GetSubject())
		r.Household, _ = book.IDFrom(p.GetEnvelope().GetHousehold())
	}
	version := lww.Version{Stamp: b.stamp(), Device: o.Device}
	for _, l := range b.merge(r, lww.FromPatch(p, version)) {
		b.past[r.ID] = append(b.past[r.ID], &pb.PastValue{
			Field: proto.Uint32(l.Field), Value: l.Value, Cleared: proto.Bool(l.Cleared), Stamp: proto.Uint64(uint64(l.Version.Stamp)),
			Device: proto.Uint32(l.Version.Device), Author: b.memberOf(l.Version.Device).Bytes(),
		})
		// The winner had not seen it: its writer is told.
		if l.Version.Device != 0 && l.Version.Device != o.Device && p.GetSeen() < uint64(l.Version.Stamp) {
			b.overwritten(*r, l, version)
		}
	}
	ack.Stamp, ack.Seq = proto.Uint64(uint64(version.Stamp)), proto.Uint64(r.Seq)
	return ack
}

func (b *Branch) overwritten(r book.Record, l lww.Lost, winner lww.Version) {
	b.put(pb.Kind_KIND_OVERWRITTEN, id('O', b.seq), notebook.ID(r.ID), r.Holder, &pb.Overwritten{
		Field: proto.Uint32(l.Field), Value: l.Value, Cleared: proto.Bool(l.Cleared),
		Stamp: proto.Uint64(uint64(l.Version.Stamp)), Device: proto.Uint32(l.Version.Device), Author: b.memberOf(l.Version.Device).Bytes(),
		WinnerStamp: proto.Uint64(uint64(winner.Stamp)), WinnerDevice: proto.Uint32(winner.Device), WinnerAuthor: b.memberOf(winner.Device).Bytes(),
	})
}

func (b *Branch) memberOf(device uint32) book.ID {
	return map[uint32]book.ID{BinhDevice: book.ID(Binh), HoaDevice: book.ID(Hoa), DungDevice: book.ID(Dung)}[device]
}

// grants gives what a member may hold, as the server's view.
func (b *Branch) grants(member book.ID) []book.Holder {
	out := []book.Holder{
		{Kind: pb.HolderKind_HOLDER_KIND_COMMUNE, ID: book.ID(Commune)},
		{Kind: pb.HolderKind_HOLDER_KIND_BRANCH, ID: book.ID(Unit)},
		{Kind: pb.HolderKind_HOLDER_KIND_MEMBER, ID: member},
	}
	if member == book.ID(Hoa) || member == book.ID(Dung) {
		return append(out, Desk, book.Holder{Kind: pb.HolderKind_HOLDER_KIND_WHOLE_BRANCH, ID: book.ID(Unit)})
	}
	for _, r := range b.of(pb.Kind_KIND_HOUSEHOLD) {
		var h pb.Household
		if _, err := lww.Decode(r.State.Body, &h); err != nil {
			b.t.Fatal(err)
		}
		owner, _ := book.IDFrom(h.GetMember())
		if owner == member || b.writesFor(member, owner) {
			out = append(out, r.Holder)
		}
	}
	return out
}

// writesFor tells whether a member is named as another's proxy.
func (b *Branch) writesFor(member, other book.ID) bool {
	r := b.rows[other]
	if r == nil {
		return false
	}
	f, _, _ := book.MemberFactsOf(*r)
	return slices.Contains(f.Proxies, member)
}

// send puts view, rows and cursors into a reply. A view that changed comes whole, with all
// its rows at once.
func (w *wire) send(d *store.Delta, to store.Identity) {
	b := w.b
	grants := b.grants(to.Member)
	changed := w.view == nil || len(grants) != len(w.view)
	whole := false
	for _, h := range grants {
		changed = changed || !w.view[h]
		whole = whole || h.Kind == pb.HolderKind_HOLDER_KIND_WHOLE_BRANCH
	}
	if changed {
		w.view, w.seen = map[book.Holder]bool{}, 0
		d.View = &pb.View{}
		for _, h := range grants {
			w.view[h] = true
			d.View.Grants = append(d.View.Grants, &pb.Grant{Holder: h.Proto(), Grant: proto.Uint64(1)})
			d.Filling = append(d.Filling, &pb.Filling{Holder: h.Proto(), Grant: proto.Uint64(1), Done: proto.Bool(true)})
		}
	}
	for _, id := range b.ids {
		r := b.rows[id]
		if r.Seq > w.seen && (w.view[r.Holder] || whole && r.Unit == book.ID(Unit)) {
			d.Rows = append(d.Rows, row(*r))
		}
	}
	slices.SortFunc(d.Rows, func(x, y *pb.Row) int { return int(x.GetSeq()) - int(y.GetSeq()) })
	w.seen = b.seq
	for _, unit := range []notebook.ID{Commune, Unit} {
		d.Cursors = append(d.Cursors, &pb.Cursor{Unit: book.ID(unit).Bytes(), Seq: proto.Uint64(b.seq)})
	}
	d.Now = b.stamp()
}

func row(r book.Record) *pb.Row {
	out := &pb.Row{
		Envelope: &pb.Envelope{
			Kind: r.Kind.Enum(), Id: r.ID.Bytes(), Author: r.Author.Bytes(), Subject: r.Subject.Bytes(),
			Household: r.Household.Bytes(), Holder: r.Holder.Proto(),
		},
		Seq: proto.Uint64(r.Seq),
	}
	r.State.IntoRow(out)
	return out
}

// History gives what was overwritten, newest first.
func (w *wire) History(_ context.Context, req *pb.HistoryRequest) (*pb.HistoryResponse, error) {
	if w.b.isDown() {
		return nil, fmt.Errorf("history: %w", down{})
	}
	id, _ := book.IDFrom(req.GetId())
	w.b.mu.Lock()
	defer w.b.mu.Unlock()
	values := slices.Clone(w.b.past[id])
	slices.Reverse(values)
	// One value a page, so that paging is tried too.
	for i, v := range values {
		if req.GetBefore() == 0 || v.GetStamp() < req.GetBefore() {
			return &pb.HistoryResponse{Values: values[i : i+1], More: proto.Bool(i+1 < len(values))}, nil
		}
	}
	return &pb.HistoryResponse{}, nil
}

func (w *wire) ListDevices(context.Context) (*pb.ListDevicesResponse, error) {
	if w.b.isDown() {
		return nil, fmt.Errorf("list devices: %w", down{})
	}
	last := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC).UnixMilli()
	return &pb.ListDevicesResponse{Devices: []*pb.Device{
		{Number: proto.Uint32(BinhDevice), Member: book.ID(Binh).Bytes(), Name: proto.String("điện thoại của Bình"), LastSyncMs: &last, Unsent: proto.Uint32(3)},
		{Number: proto.Uint32(9), Member: book.ID(Binh).Bytes(), Name: proto.String("máy cũ"), Unconfirmed: proto.Bool(true), CloneOf: proto.Uint32(BinhDevice)},
	}}, nil
}

func (w *wire) IssueCode(context.Context, *pb.IssueCodeRequest) (*pb.IssueCodeResponse, error) {
	expires := time.Date(2026, 12, 5, 3, 42, 0, 0, time.UTC).UnixMilli()
	return &pb.IssueCodeResponse{
		Code: proto.String("ABCD-EFGH-JKMN-PQRS-TVWX-Y"), Invitation: proto.String("sodanvan://enrol?c=invented"), ExpiresMs: &expires,
	}, nil
}

func (w *wire) RevokeDevice(context.Context, uint32) error  { return nil }
func (w *wire) ConfirmDevice(context.Context, uint32) error { return nil }
