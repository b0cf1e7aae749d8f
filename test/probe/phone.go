package probe

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	rpc "sodanvan/shared/gen/sodanvan/v1/sodanvanv1connect"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
	"sodanvan/shared/wire"
)

// maxReply bounds a reply that was packed, in bytes.
const maxReply = 16 << 20

// Phone is the least that a phone does: it numbers, signs and sends changes, and keeps what
// comes. All its parts may be changed by a test that wants a bad phone. One goroutine uses it.
type Phone struct {
	T      testing.TB
	Server *Server
	Line   *Line
	Joined *pb.JoinResponse
	Key    ed25519.PrivateKey
	// Pins are of the server's root and spare.
	Pins [][32]byte
	// Token is sent with each call; "": no header.
	Token                   string
	Device                  uint32
	Member, Branch, Commune book.ID
	// Now is the phone's own clock.
	Now func() time.Time

	// Last is the number of the last op that was sent.
	Last uint64
	// Confirmed is sent with each call; Sync raises it when Confirm is set.
	Confirmed uint64
	Confirm   bool
	// Page is how many bytes of rows it asks for; 0: as the server likes.
	Page uint32
	// Brief asks for the short form, as the app does; then there are no digests for Equal.
	Brief bool
	// Holder tells where a new record is kept; with it the phone builds rows of its own
	// changes itself, as the app does. Nil: the server sends them all.
	Holder func(*pb.Patch) *pb.Holder
	sent   map[uint64][]byte
	// Packed packs requests and takes replies as phones do (wire); Gzip as older ones did.
	Packed, Gzip bool

	Rows    map[book.ID]*pb.Row
	Acks    map[uint64]*pb.Ack
	Cursors []*pb.Cursor
	View    []*pb.Grant
	Held    []*pb.Grant
	Filling []*pb.Filling
	Reply   *pb.SyncResponse

	// Heard is called with every reply, before it is applied.
	Heard func(*pb.SyncResponse)
}

// build makes the row of an own change, as the app does.
func (p *Phone) build(a *pb.Ack) {
	raw := p.sent[a.GetNumber()]
	delete(p.sent, a.GetNumber())
	var patch pb.Patch
	if err := proto.Unmarshal(raw, &patch); err != nil || len(raw) == 0 {
		p.T.Errorf("ack of a change that was never sent: %v", a)
		return
	}
	id, _ := book.IDFrom(patch.GetEnvelope().GetId())
	row, err := lww.Build(p.Rows[id], &patch, a, p.Device, p.Member.Bytes(), p.Holder(&patch))
	if err != nil {
		p.T.Errorf("build: %v", err)
		return
	}
	p.Rows[id] = row
}

// Copy is the same phone once more, as a copied file would be: same token, same numbers.
func (p *Phone) Copy() *Phone {
	c := *p
	c.Rows, c.Acks = maps.Clone(p.Rows), maps.Clone(p.Acks)
	c.Cursors, c.View, c.Held, c.Filling = slices.Clone(p.Cursors), slices.Clone(p.View), slices.Clone(p.Held), slices.Clone(p.Filling)
	return &c
}

// Forget empties the phone, so that the next Sync is a first one.
func (p *Phone) Forget() {
	p.Rows = map[book.ID]*pb.Row{}
	p.Cursors, p.View, p.Held, p.Filling = nil, nil, nil, nil
}

// Request is a signed request with these ops, as the phone would send it now.
func (p *Phone) Request(ops ...[]byte) *pb.SyncRequest {
	req := &pb.SyncRequest{Device: proto.Uint32(p.Device), Epoch: p.Joined.GetEpoch(), Schema: proto.Uint32(book.Schema), NowMs: proto.Int64(p.Now().UnixMilli()),
		First: proto.Uint64(p.Last + 1), Ops: ops, Cursors: p.Cursors, Held: lww.HeldDigest(p.Held), Filling: p.Filling}
	if p.Page > 0 {
		req.Page = proto.Uint32(p.Page)
	}
	if p.Confirmed > 0 {
		req.Confirmed = proto.Uint64(p.Confirmed)
	}
	if p.Brief {
		req.Brief, req.Epoch, req.Cursors = proto.Bool(true), lww.ShortEpoch(req.Epoch), nil
		for _, c := range p.Cursors {
			req.Cursors = append(req.Cursors, &pb.Cursor{Unit: lww.ShortUnit(c.GetUnit()), Seq: c.Seq})
		}
	}
	if p.Holder != nil {
		req.Builds = proto.Bool(true)
		if p.sent == nil {
			p.sent = map[uint64][]byte{}
		}
		for i, raw := range ops {
			p.sent[p.Last+1+uint64(i)] = raw
		}
	}
	p.Sign(req)
	return req
}

// Sign signs the ops of a request; again after a test has changed it.
func (p *Phone) Sign(req *pb.SyncRequest) {
	n := uint64(len(req.GetOps()))
	if n == 0 {
		req.Signature = nil
		return
	}
	req.Signature = seal.SignOps(p.Key, seal.OpsClaim{Server: p.Joined.GetServer(), Epoch: p.Joined.GetEpoch(), Device: req.GetDevice(),
		First: req.GetFirst(), Last: req.GetFirst() + n - 1, Hash: seal.HashOps(req.GetOps())})
}

// Call sends any request with the phone's token and applies nothing.
func (p *Phone) Call(req *pb.SyncRequest) (*pb.SyncResponse, error) {
	var o []connect.ClientOption
	switch {
	case p.Packed:
		o = append(o, wire.Option(maxReply))
	case p.Gzip:
		o = append(o, connect.WithSendGzip())
	}
	out, err := rpc.NewSyncServiceClient(p.Line, p.Server.URL(), o...).Sync(context.Background(), With(req, p.Token))
	if err != nil {
		return nil, err
	}
	if out.Msg.Rows, err = lww.Unpack(out.Msg.GetPage()); err != nil {
		return nil, err
	}
	if p.Heard != nil {
		p.Heard(out.Msg)
	}
	return out.Msg, nil
}

// Try sends ops in one call and applies the reply. After an error nothing has changed.
func (p *Phone) Try(ops ...[]byte) (*pb.SyncResponse, error) {
	out, err := p.Call(p.Request(ops...))
	if err != nil {
		return nil, err
	}
	if len(out.GetAcks()) > 0 || out.GetClone() == nil {
		p.Last += uint64(len(ops))
	}
	p.Take(out)
	return out, nil
}

// Sync sends ops and follows the pages until there is nothing more; any error ends the
// test. It returns the last reply.
func (p *Phone) Sync(ops ...[]byte) *pb.SyncResponse {
	p.T.Helper()
	for range 10_000 {
		out, err := p.Try(ops...)
		if err != nil {
			p.T.Fatalf("sync: %v", err)
		}
		ops = nil
		if !out.GetMore() && out.GetView() == nil && len(p.Filling) == 0 {
			return out
		}
	}
	p.T.Fatal("ten thousand pages and no end")
	return nil
}

// Take applies a reply as a phone does.
func (p *Phone) Take(out *pb.SyncResponse) {
	for _, a := range out.GetAcks() {
		p.Acks[a.GetNumber()] = a
		if a.GetBuilt() {
			p.build(a)
		}
		if p.Confirm {
			p.Confirmed = max(p.Confirmed, a.GetNumber())
		}
	}
	for _, c := range out.GetCursors() {
		p.Cursors = slices.DeleteFunc(slices.Clone(p.Cursors), func(o *pb.Cursor) bool { return lww.IsUnit(o.GetUnit(), c.GetUnit()) })
		full := c.GetUnit()
		for _, unit := range []book.ID{p.Branch, p.Commune} {
			if lww.IsUnit(unit[:], full) {
				full = unit.Bytes()
			}
		}
		p.Cursors = append(p.Cursors, &pb.Cursor{Unit: full, Seq: c.Seq})
	}
	if v := out.GetView(); v != nil {
		p.takeView(v.GetGrants())
	}
	for _, row := range out.GetRows() {
		if id, ok := book.IDFrom(row.GetEnvelope().GetId()); ok {
			p.Rows[id] = row
		}
	}
	if len(out.GetFilling()) > 0 {
		p.Filling = nil
		for _, f := range out.GetFilling() {
			if f.GetDone() {
				p.Held = append(p.Held, &pb.Grant{Holder: f.GetHolder(), Grant: f.Grant})
			} else {
				p.Filling = append(p.Filling, f)
			}
		}
	}
	p.Reply = out
}

// takeView keeps what the view still grants under the same number, drops the rest, and
// starts to fill what is new.
func (p *Phone) takeView(grants []*pb.Grant) {
	known, begun := map[book.Holder]uint64{}, map[book.Holder]*pb.Filling{}
	for _, g := range p.Held {
		known[book.HolderFrom(g.GetHolder())] = g.GetGrant()
	}
	for _, f := range p.Filling {
		begun[book.HolderFrom(f.GetHolder())] = f
	}
	p.View, p.Held, p.Filling = grants, nil, nil
	keep := map[book.Holder]bool{}
	for _, g := range grants {
		h := book.HolderFrom(g.GetHolder())
		since, held := known[h]
		f := begun[h]
		switch {
		case held && since == g.GetGrant():
			p.Held = append(p.Held, g)
			keep[h] = true
		case f != nil && f.GetGrant() == g.GetGrant():
			p.Filling = append(p.Filling, f)
			keep[h] = true
		default:
			upto := p.cursor(h)
			p.Filling = append(p.Filling, &pb.Filling{Holder: g.GetHolder(), Grant: g.Grant, Upto: &upto, Phase: proto.Uint32(0), Below: proto.Uint64(upto + 1)})
		}
	}
	maps.DeleteFunc(p.Rows, func(_ book.ID, row *pb.Row) bool {
		h := book.HolderFrom(row.GetEnvelope().GetHolder())
		if keep[h] {
			return false
		}
		whole := book.Holder{Kind: pb.HolderKind_HOLDER_KIND_WHOLE_BRANCH, ID: p.Branch}
		return h.Kind == pb.HolderKind_HOLDER_KIND_COMMUNE || !keep[whole]
	})
}

// cursor gives the cursor of a holder's partition.
func (p *Phone) cursor(h book.Holder) uint64 {
	unit := p.Branch
	if h.Kind == pb.HolderKind_HOLDER_KIND_COMMUNE || unit.IsZero() {
		unit = p.Commune
	}
	for _, c := range p.Cursors {
		if bytes.Equal(c.GetUnit(), unit.Bytes()) {
			return c.GetSeq()
		}
	}
	return 0
}

// History asks for the earlier values of a record.
func (p *Phone) History(id book.ID) (*pb.HistoryResponse, error) {
	out, err := rpc.NewSyncServiceClient(p.Line, p.Server.URL()).History(context.Background(), With(&pb.HistoryRequest{Id: id.Bytes(), Device: &p.Device}, p.Token))
	if err != nil {
		return nil, err
	}
	return out.Msg, nil
}

// Enrolling is the client of the other service, for requests made by With.
func (p *Phone) Enrolling() rpc.EnrolServiceClient {
	return rpc.NewEnrolServiceClient(p.Line, p.Server.URL())
}

// Raw posts any bytes with any header to a path such as rpc.SyncServiceSyncProcedure. What
// header has not, the phone's own values fill in: content type and token; a header with an
// empty value is left out.
func (p *Phone) Raw(path string, header http.Header, body io.Reader) (status int, got http.Header, answer []byte, err error) {
	req, err := http.NewRequest(http.MethodPost, p.Server.URL()+path, body)
	if err != nil {
		return 0, nil, nil, err
	}
	req.Header.Set("Content-Type", "application/proto")
	req.Header.Set("Connect-Protocol-Version", "1")
	if p.Token != "" {
		req.Header.Set("Authorization", "Bearer "+p.Token)
	}
	for name, values := range header {
		req.Header.Del(name)
		for _, v := range values {
			if v != "" {
				req.Header.Add(name, v)
			}
		}
	}
	res, err := p.Line.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer res.Body.Close()
	answer, err = io.ReadAll(res.Body)
	return res.StatusCode, res.Header, answer, err
}

// With puts a token into the header of a request; "": none.
func With[T any](m *T, token string) *connect.Request[T] {
	r := connect.NewRequest(m)
	if token != "" {
		r.Header().Set("Authorization", "Bearer "+token)
	}
	return r
}

// ProblemOf takes the typed detail out of an error; nil: it has none.
func ProblemOf(err error) *pb.Problem {
	var e *connect.Error
	if !errors.As(err, &e) {
		return nil
	}
	for _, d := range e.Details() {
		if v, err := d.Value(); err == nil {
			if p, ok := v.(*pb.Problem); ok {
				return p
			}
		}
	}
	return nil
}

// Equal compares the digests of the last reply with the phone's own rows; "": no difference.
func (p *Phone) Equal() string {
	for _, d := range p.Reply.GetDigests() {
		h := book.HolderFrom(d.GetHolder())
		var sum, rows uint64
		for _, row := range p.Rows {
			at := book.HolderFrom(row.GetEnvelope().GetHolder())
			if at == h || h.Kind == pb.HolderKind_HOLDER_KIND_WHOLE_BRANCH && at.Kind != pb.HolderKind_HOLDER_KIND_COMMUNE {
				sum += lww.RowHash(row)
				rows++
			}
		}
		if sum != d.GetDigest() || rows != d.GetRows() {
			return h.Kind.String() + " " + h.ID.String() + " differs"
		}
	}
	return ""
}
