package main

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

// change is the frozen bytes of a patch that makes a record, or edits its note.
func (b *branch) change(rec *record, create bool) []byte {
	p := &pb.Patch{Envelope: &pb.Envelope{Kind: rec.kind.Enum(), Id: rec.id.Bytes()}, PhoneMs: new(rec.ms), ServerMs: new(rec.ms - b.r.Int64N(dayMS/4)), Schema: new(uint32(book.Schema))}
	if create {
		p.Create, p.Set = new(true), encode(rec.body)
		if !rec.subject.IsZero() {
			p.Envelope.Subject = rec.subject.Bytes()
		}
		if !rec.household.IsZero() {
			p.Envelope.Household = rec.household.Bytes()
		}
	} else {
		p.Create, p.Seen = new(false), new(uint64(rec.ms)<<16)
		switch rec.kind {
		case pb.Kind_KIND_HOUSEHOLD:
			p.Set = encode(&pb.Household{Phone: new(b.phone()), Size: new(int32(1 + b.r.IntN(7)))})
		case pb.Kind_KIND_VISIT:
			p.Set = encode(&pb.Visit{Note: new(b.note())})
		default:
			p.Set = encode(rec.body)
		}
	}
	return marshal(p)
}

// row is a record as the server sends it.
func (b *branch) row(rec *record, seq uint64) *pb.Row {
	e := &pb.Envelope{Kind: rec.kind.Enum(), Id: rec.id.Bytes(), Holder: rec.holder}
	if !rec.subject.IsZero() {
		e.Subject = rec.subject.Bytes()
	}
	if !rec.household.IsZero() {
		e.Household = rec.household.Bytes()
	}
	if !rec.ofServer {
		e.Author = rec.author.Bytes()
	}
	stamp := uint64(rec.ms+b.r.Int64N(2000)) << 16
	if b.often(20) {
		stamp += uint64(b.r.IntN(4))
	}
	return &pb.Row{Envelope: e, Body: encode(rec.body), Stamp: new(stamp), Device: new(rec.deviceFrom), Later: rec.later, Seq: new(seq)}
}

// own gives the records that one member has, in order of time.
func (b *branch) own() []*record {
	mine := map[string]bool{}
	m := b.pickID(b.members)
	for _, rec := range b.records {
		if h, ok := rec.body.(*pb.Household); ok && string(h.GetMember()) == string(m.Bytes()) {
			mine[string(rec.id.Bytes())] = true
		}
	}
	var out []*record
	for _, rec := range b.records {
		if rec.holder.GetKind() != pb.HolderKind_HOLDER_KIND_HOUSEHOLD || mine[string(rec.holder.GetId())] {
			out = append(out, rec)
		}
	}
	return out
}

func (b *branch) cursors() []*pb.Cursor {
	return []*pb.Cursor{{Unit: b.commune.Bytes(), Seq: new(uint64(20 + b.r.IntN(200)))}, {Unit: b.id.Bytes(), Seq: new(uint64(100 + b.r.IntN(60_000)))}}
}

// holders are what a view grants.
func (b *branch) holders() []*pb.Holder {
	out := []*pb.Holder{holder(pb.HolderKind_HOLDER_KIND_COMMUNE, b.commune), holder(pb.HolderKind_HOLDER_KIND_BRANCH, b.id), holder(pb.HolderKind_HOLDER_KIND_MEMBER, b.pickID(b.members))}
	if b.often(25) {
		return append(out[:1], holder(pb.HolderKind_HOLDER_KIND_DESK, b.id), holder(pb.HolderKind_HOLDER_KIND_WHOLE_BRANCH, b.id))
	}
	for range 5 + b.r.IntN(8) {
		out = append(out, holder(pb.HolderKind_HOLDER_KIND_HOUSEHOLD, b.pickID(b.households)))
	}
	return out
}

func (b *branch) request(ops [][]byte) *pb.SyncRequest {
	req := &pb.SyncRequest{Device: new(uint32(1 + b.r.IntN(300))), Epoch: b.random(16), Schema: new(uint32(book.Schema)), NowMs: new(b.ms), First: new(uint64(1 + b.r.IntN(4000))), Ops: ops,
		Cursors: b.cursors(), Held: b.random(32), Builds: new(true), Page: new(uint32(256 << 10))}
	if b.often(80) {
		req.Confirmed = new(req.GetFirst() - 1)
	}
	if len(ops) > 0 {
		req.Signature, req.Unsent = b.random(64), new(uint32(0))
	}
	return req
}

func (b *branch) response() *pb.SyncResponse {
	return &pb.SyncResponse{Cursors: b.cursors(), Now: new(uint64(b.ms)<<16 + uint64(b.r.IntN(9))), Rotate: new(false)}
}

// acks of n changes; most are stored.
func (b *branch) acks(n int) []*pb.Ack {
	first, seq := uint64(1+b.r.IntN(4000)), uint64(100+b.r.IntN(60_000))
	out := make([]*pb.Ack, n)
	for i := range out {
		out[i] = &pb.Ack{Number: new(first + uint64(i)), Result: pb.Result_RESULT_STORED.Enum(), Stamp: new(uint64(b.ms)<<16 + uint64(i)), Seq: new(seq + uint64(i)), Built: new(true)}
	}
	if n > 0 && b.often(5) {
		out[0] = &pb.Ack{Number: new(first), Result: pb.Result_RESULT_REFUSED.Enum(), Refusal: &pb.Refusal{Code: (1 + pb.RefusalCode(b.r.IntN(12))).Enum(), Field: new(uint32(4)), Rule: new("too_long")}}
	}
	return out
}

// firstSync is the whole book of a new phone of a member; part of it where it is long.
func (b *branch) firstSync(most int) *pb.SyncResponse {
	out := b.response()
	recs := b.own()
	from := b.r.IntN(max(1, len(recs)-most))
	recs = recs[from:min(len(recs), from+most)]
	var rows []*pb.Row
	for i, rec := range slices.Backward(recs) { // newest first, as a filling goes
		rows = append(rows, b.row(rec, uint64(100+i)))
	}
	out.Page = lww.Pack(rows)
	for _, h := range b.holders() {
		out.View = cmpView(out.View, &pb.Grant{Holder: h, Grant: new(uint64(1 + b.r.IntN(300)))})
		out.Filling = append(out.Filling, &pb.Filling{Holder: h, Grant: new(uint64(1 + b.r.IntN(300))), Upto: new(uint64(4000)), Phase: new(uint32(2)), Below: new(uint64(4001)), Done: new(true)})
		out.Digests = append(out.Digests, b.digest(h))
	}
	return out
}

func cmpView(v *pb.View, g *pb.Grant) *pb.View {
	if v == nil {
		v = &pb.View{}
	}
	v.Grants = append(v.Grants, g)
	return v
}

func (b *branch) digest(h *pb.Holder) *pb.HolderDigest {
	return &pb.HolderDigest{Holder: h, Digest: new(b.r.Uint64()), Rows: new(uint64(1 + b.r.IntN(200)))}
}

// later are the few rows that a phone gets on an ordinary day.
func (b *branch) later(rows, acks int) *pb.SyncResponse {
	out := b.response()
	out.Acks = b.acks(acks)
	var some []*pb.Row
	for range rows {
		some = append(some, b.row(b.records[b.r.IntN(len(b.records))], uint64(100+b.r.IntN(60_000))))
	}
	out.Page = lww.Pack(some)
	for _, h := range b.holders() {
		out.Digests = append(out.Digests, b.digest(h))
	}
	return out
}

// ops are n changes: new records mostly.
func (b *branch) ops(n int) [][]byte {
	var out [][]byte
	for len(out) < n {
		rec := b.records[b.r.IntN(len(b.records))]
		if rec.ofServer {
			continue
		}
		out = append(out, b.change(rec, b.often(80)))
	}
	return out
}

func marshal(m proto.Message) []byte {
	out, err := proto.Marshal(m)
	if err != nil {
		panic(err) // messages of this file are whole
	}
	return out
}
