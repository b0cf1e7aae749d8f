package simulation

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/syncing"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/wire"
)

// parcel is a request on its way, as bytes.
type parcel struct {
	phone *phone
	token string
	body  []byte
}

var marshal = proto.MarshalOptions{Deterministic: true}

// deliver gives a request to the server and returns the reply as bytes. Whatever the server
// answers is looked at before it leaves, also where nobody will hear it.
func (w *world) deliver(p parcel) ([]byte, error) {
	req := &pb.SyncRequest{}
	w.must(proto.Unmarshal(p.body, req), "read a request")
	resp, err := w.answer(p.token, req)
	if w.server.revive() {
		return nil, errLost
	}
	w.mirror.look()
	if err != nil {
		w.note("%s ← error %v", p.phone.name, codeOf(err))
		w.expected(p.phone, err)
		return nil, err
	}
	if w.sabotage != nil {
		w.sabotage(req, resp)
	}
	w.watch(p.phone, req, resp)
	w.reach(req, resp)
	resp.Page, resp.Rows = lww.Pack(resp.Rows), nil
	body, err := marshal.Marshal(resp)
	w.must(err, "write a reply")
	w.note("%s → %s ← %s%s", p.phone.name, hash(p.body), hash(body), acksOf(req, resp))
	return body, nil
}

func (w *world) answer(token string, req *pb.SyncRequest) (*pb.SyncResponse, error) {
	caller, err := w.server.reg.Authenticate(ctx, token)
	if err != nil {
		return nil, problem(err)
	}
	resp, err := w.server.reg.Sync(ctx, caller, req)
	if err != nil {
		return nil, problem(err)
	}
	return resp, nil
}

// expected ends the run on an error that no fault explains: a phone's call is one that the
// server understands, and nothing in the server fails but its disk.
func (w *world) expected(p *phone, err error) {
	switch syncing.ProblemOf(err).GetCode() {
	case pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN, pb.ProblemCode_PROBLEM_CODE_TOKEN_REVOKED:
	case pb.ProblemCode_PROBLEM_CODE_DISK_FULL:
		w.reached["the server's disk is full"]++
	default:
		w.fail("a call fails", "%s: %v", p.name, err)
	}
}

func codeOf(err error) string {
	if p := syncing.ProblemOf(err); p != nil {
		return p.GetCode().String()
	}
	return "of the network"
}

// readReply is what the phone makes of a body.
func readReply(body []byte) (*pb.SyncResponse, error) {
	resp := &pb.SyncResponse{}
	if err := proto.Unmarshal(body, resp); err != nil {
		return nil, err
	}
	rows, err := lww.Unpack(resp.GetPage())
	resp.Rows, resp.Page = rows, nil
	return resp, err
}

var packers = sync.Pool{New: func() any { return wire.NewCompressor() }}

// cut sends a reply compressed and ends the connection after some bytes of it: the phone has
// the whole of it or an error, never a part.
func (w *world) cut(body []byte) (*pb.SyncResponse, error) {
	var packed bytes.Buffer
	c := packers.New().(interface {
		io.WriteCloser
		Reset(io.Writer)
	})
	c.Reset(&packed)
	_, err := c.Write(body)
	w.must(err, "compress a reply")
	w.must(c.Close(), "compress a reply")
	b := packed.Bytes()
	b = b[:w.chance.IntN(len(b)+1)]
	w.reached["a reply was cut"]++
	d := wire.NewDecompressor(1 << 24)
	if err := d.Reset(bytes.NewReader(b)); err != nil {
		return nil, errLost
	}
	plain, err := io.ReadAll(d)
	if err != nil {
		return nil, errLost
	}
	if len(b) > 0 && !bytes.Equal(plain, body) {
		w.fail("a cut reply was read", "%d of %d bytes gave %d bytes, the reply has %d", len(b), packed.Len(), len(plain), len(body))
	}
	if len(b) == 0 && len(body) > 0 {
		return nil, errLost // no header came either
	}
	return readReply(plain)
}

type ackKey struct {
	device uint32
	number uint64
	hash   string
}

// stampsAhead is how far a stamp may be ahead of the server's clock: many changes of one
// moment get stamps that follow each other.
const stampsAhead = 1000

// watch holds a reply against what nobody may ever see in one.
func (w *world) watch(p *phone, req *pb.SyncRequest, resp *pb.SyncResponse) {
	if resp.GetEpoch() != nil {
		return
	}
	free := w.entitled(req.GetDevice())
	for _, row := range resp.GetRows() {
		id, _ := book.IDFrom(row.GetEnvelope().GetId())
		s := w.mirror.rows[id]
		if s == nil || lww.RowHash(row) != s.hash || row.GetSeq() != s.row.GetSeq() {
			w.fail("a row that is not the server's", "%s to %s", id, p.name)
		}
		if !free || !w.mirror.may(p.member, s) {
			w.fail("a row outside the rights", "%s %s of %s to %s (device %d)", s.kind, id, s.h.Kind, p.name, req.GetDevice())
		}
	}
	for _, a := range resp.GetAcks() {
		w.watchAck(p, req, a)
	}
	if ahead := resp.GetNow()>>16 > uint64(w.now.UnixMilli())+stampsAhead; ahead {
		w.fail("the server's clock runs ahead", "%d at %d", resp.GetNow()>>16, w.now.UnixMilli())
	}
	if w.mirror.stamp>>16 > uint64(w.now.UnixMilli())+stampsAhead {
		w.fail("a stamp of the future", "%d at %d", w.mirror.stamp>>16, w.now.UnixMilli())
	}
}

// entitled tells whether a device may have rows at all.
func (w *world) entitled(number uint32) bool {
	d := w.device(number)
	return d != nil && !d.Revoked && !d.Unconfirmed
}

// hasTwin tells whether another phone had the same book: it may have sent a change again before
// this one, and without the stamp, of which it never heard.
func (p *phone) hasTwin() bool {
	return slices.ContainsFunc(p.phones, func(q *phone) bool { return q != p && q.member == p.member })
}

// watchAck: one change has one answer, however often it is sent.
func (w *world) watchAck(p *phone, req *pb.SyncRequest, a *pb.Ack) {
	i := int(a.GetNumber()) - int(req.GetFirst())
	if a.GetResult() == pb.Result_RESULT_LATER {
		return
	}
	k := ackKey{device: req.GetDevice(), number: a.GetNumber()}
	if i >= 0 && i < len(req.GetOps()) {
		k.hash = hash(req.GetOps()[i])
	}
	if i >= 0 && i < len(req.GetOps()) && a.GetResult() == pb.Result_RESULT_STORED {
		var patch pb.Patch
		w.must(proto.Unmarshal(req.GetOps()[i], &patch), "read a change")
		if given := patch.GetGivenStamp(); given != 0 && w.restores > 0 && a.GetStamp() != given && !p.hasTwin() {
			w.fail("a stamp was given twice", "device %d, change %d: %d, and after the restore %d", k.device, k.number, given, a.GetStamp())
		}
	}
	was := w.acks[k]
	if was != nil && k.hash != "" && (was.GetResult() != a.GetResult() || was.GetStamp() != a.GetStamp() || was.GetSeq() != a.GetSeq()) {
		w.fail("two answers to one change", "device %d, change %d: %v, then %v", k.device, k.number, was, a)
	}
	w.acks[k] = a
}

// acksOf shows the answers of a reply.
func acksOf(req *pb.SyncRequest, resp *pb.SyncResponse) (all string) {
	for i, a := range resp.GetAcks() {
		all += fmt.Sprintf(" %d:%s", a.GetNumber(), strings.ToLower(strings.TrimPrefix(a.GetResult().String(), "RESULT_")))
		if a.GetResult() == pb.Result_RESULT_REFUSED {
			all += "(" + a.GetRefusal().GetRule() + ")"
		}
		if i < len(req.GetOps()) && len(req.GetOps()[i]) == 0 {
			all += "(empty)"
		}
	}
	if e := resp.GetEpoch(); e != nil {
		all += fmt.Sprintf(" epoch, last %d", e.GetLastOp())
	}
	if n := len(req.GetOffers()); n > 0 {
		all += fmt.Sprintf(" %d offers", n)
	}
	if v := resp.GetView(); v != nil {
		all += fmt.Sprintf(" view of %d", len(v.GetGrants()))
	}
	return all
}
