package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"
	_ "modernc.org/sqlite"

	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	rpc "sodanvan/shared/gen/sodanvan/v1/sodanvanv1connect"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/registry"
)

// check compares what the timeline said with what is really there. It uses the merge's and
// the seal's functions, since the bytes are theirs, and nothing of the notebook or the sync
// loop that wrote them.
func check(s *stage, t *told) error {
	chapter("Kiểm tra độc lập")
	c := &checker{}
	client, err := join(s, t)
	if err != nil {
		return fmt.Errorf("máy kiểm tra không nhận được sổ: %w", err)
	}
	if err := client.fetch(s.ctx); err != nil {
		return fmt.Errorf("máy kiểm tra không lấy được dữ liệu: %w", err)
	}
	c.counts(t)
	c.api(client, t)
	c.digests(client)
	if err := c.revoked(s, t); err != nil {
		return err
	}
	s.stopServer()
	if err := c.server(s, t); err != nil {
		return err
	}
	if err := c.books(s, t, client); err != nil {
		return err
	}
	if err := c.files(s, t); err != nil {
		return err
	}
	if len(c.wrong) > 0 {
		return fmt.Errorf("%d điều trên không đúng với dữ liệu", len(c.wrong))
	}
	fmt.Printf("\nĐúng cả %d điều: mọi cơ sở dữ liệu và máy khách thứ hai đều khớp với dòng thời gian.\n", c.right)
	return nil
}

type checker struct {
	right int
	wrong []string
}

// that counts one thing that must hold.
func (c *checker) that(holds bool, what string, args ...any) {
	what = fmt.Sprintf(what, args...)
	if holds {
		c.right++
		fmt.Println("  ✓", what)
		return
	}
	c.wrong = append(c.wrong, what)
	fmt.Println("  ✗", what)
}

func (c *checker) counts(t *told) {
	want := map[string]int{"branches": 6, "members": 566, "rows": 4806, "households": 4785, "repeated": 21, "no_head": 16,
		"bad_phone": 13, "old_phone": 94, "no_member": 22, "namesakes": 30}
	for k, n := range want {
		if t.counts[k] != n {
			c.that(false, "danh sách: %s là %d, lẽ ra %d", k, t.counts[k], n)
		}
	}
	c.that(true, "danh sách: đủ 10 con số")
}

// second is a client of its own: a second device of the secretary, written from the contract.
type second struct {
	sync     rpc.SyncServiceClient
	token    string
	joined   *pb.JoinResponse
	rows     map[book.ID]*pb.Row
	digests  []*pb.HolderDigest
	pins     [][32]byte
	pageRows int
}

func join(s *stage, t *told) (*second, error) {
	out, err := s.admin("enrol", "--member", t.secretary.name, "--branch", t.branch)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(strings.Fields(out[strings.Index(out, "sodanvan://"):])[0])
	if err != nil {
		return nil, err
	}
	code, err := seal.ParseCode(u.Query().Get("c"))
	if err != nil {
		return nil, err
	}
	address := u.Query().Get("s")
	var state tls.ConnectionState
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&tls.Dialer{Config: seal.EnrolTLS()}).DialContext(ctx, network, addr)
		if err == nil {
			state = conn.(*tls.Conn).ConnectionState()
		}
		return conn, err
	}
	tr := &http.Transport{DialTLSContext: dial, MaxConnsPerHost: 1}
	defer tr.CloseIdleConnections()
	enrol := rpc.NewEnrolServiceClient(&http.Client{Transport: tr}, address)
	nonce := make([]byte, 32)
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	ch, err := enrol.Challenge(s.ctx, connect.NewRequest(&pb.ChallengeRequest{Code: &code.ID, Nonce: nonce}))
	if err != nil {
		return nil, err
	}
	ekm, err := seal.ChannelBinding(state)
	if err != nil {
		return nil, err
	}
	spki, key := state.PeerCertificates[0].RawSubjectPublicKeyInfo, seal.CodeKey(code.Secret)
	c := &second{rows: map[book.ID]*pb.Row{}}
	binding := slices.Clone(ch.Msg.GetServer())
	for _, p := range ch.Msg.GetPins() {
		binding = append(binding, p...)
		c.pins = append(c.pins, [32]byte(p))
	}
	if !seal.CheckProof(ch.Msg.GetProof(), key, seal.ServerSide, ekm, spki, nonce, binding) {
		return nil, errors.New("máy chủ không chứng minh được là biết mã")
	}
	device := seal.NewDeviceKey(rand.Reader).Public().(ed25519.PublicKey)
	proof := seal.Proof(key, seal.PhoneSide, ekm, spki, nonce, device)
	joined, err := enrol.Join(s.ctx, connect.NewRequest(&pb.JoinRequest{Code: &code.ID, Nonce: nonce, Proof: proof[:], DeviceKey: device,
		DeviceName: proto.String("máy kiểm tra"), Schema: proto.Uint32(book.Schema)}))
	if err != nil {
		return nil, err
	}
	c.joined, c.token = joined.Msg, joined.Msg.GetToken()
	pinned := &http.Client{Transport: &http.Transport{TLSClientConfig: seal.ClientTLS(c.pins), ForceAttemptHTTP2: true}}
	c.sync = rpc.NewSyncServiceClient(pinned, address)
	return c, nil
}

// fetch follows the fillings until all that a secretary holds is here.
func (c *second) fetch(ctx context.Context) error {
	req := &pb.SyncRequest{Device: c.joined.Device, Epoch: c.joined.GetEpoch(), Schema: proto.Uint32(book.Schema)}
	cursors := map[string]uint64{}
	for range 1000 {
		r := connect.NewRequest(req)
		r.Header().Set("Authorization", "Bearer "+c.token)
		out, err := c.sync.Sync(ctx, r)
		if err != nil {
			return err
		}
		rows, err := lww.Unpack(out.Msg.GetPage())
		if err != nil {
			return err
		}
		c.pageRows += len(rows)
		for _, row := range rows {
			id, _ := book.IDFrom(row.GetEnvelope().GetId())
			if old := c.rows[id]; old == nil || old.GetSeq() <= row.GetSeq() {
				c.rows[id] = row
			}
		}
		for _, cur := range out.Msg.GetCursors() {
			cursors[string(cur.GetUnit())] = cur.GetSeq()
		}
		req.Cursors, req.Filling = nil, nil
		for unit, seq := range cursors {
			req.Cursors = append(req.Cursors, &pb.Cursor{Unit: []byte(unit), Seq: &seq})
		}
		for _, f := range out.Msg.GetFilling() {
			if !f.GetDone() {
				req.Filling = append(req.Filling, f)
			}
		}
		if !out.Msg.GetMore() {
			c.digests = out.Msg.GetDigests()
			return nil
		}
	}
	return errors.New("không bao giờ hết trang")
}

// find decodes a record of the API into m.
func (c *second) find(id string, m proto.Message) *pb.Row {
	at, err := book.ParseID(id)
	if err != nil {
		return nil
	}
	row := c.rows[at]
	if row == nil {
		return nil
	}
	if _, err := lww.Decode(row.GetBody(), m); err != nil {
		return nil
	}
	return row
}

// about lists the rows of a kind about a record.
func (c *second) about(id string, kind pb.Kind) (out []*pb.Row) {
	at, _ := book.ParseID(id)
	for _, row := range c.rows {
		if row.GetEnvelope().GetKind() == kind && bytes.Equal(row.GetEnvelope().GetSubject(), at[:]) {
			out = append(out, row)
		}
	}
	slices.SortFunc(out, func(a, b *pb.Row) int { return int(int64(a.GetSeq()) - int64(b.GetSeq())) })
	return out
}

func (c *second) verdict(row *pb.Row, want pb.Verdict) bool {
	digest := lww.Digest(row.GetBody())
	id, _ := book.IDFrom(row.GetEnvelope().GetId())
	for _, r := range c.about(id.String(), pb.Kind_KIND_REVIEW) {
		var m pb.Review
		if _, err := lww.Decode(r.GetBody(), &m); err == nil && m.GetVerdict() == want && bytes.Equal(m.GetDigest(), digest[:]) {
			return true
		}
	}
	return false
}

// api checks the timeline against what a second client gets.
func (c *checker) api(k *second, t *told) {
	var v, w pb.Visit
	row := k.find(t.visit, &v)
	c.that(row != nil && v.GetNote() == t.note, "lượt tiếp xúc trên máy chủ có đúng lời đã ghi")
	c.that(row != nil && k.verdict(row, pb.Verdict_VERDICT_APPROVED), "lượt tiếp xúc: bí thư đã duyệt đúng bản này")
	c.that(k.find(t.secondVisit, &w) != nil && w.GetNote() == t.secondNote, "lượt tiếp xúc của đảng viên thứ hai có trên máy chủ")

	var p pb.Petition
	row = k.find(t.petition, &p)
	c.that(row != nil && p.GetText() == t.petitionText && p.GetNumber() == t.number, "kiến nghị %s có lời đã sửa", t.number)
	reviews := k.about(t.petition, pb.Kind_KIND_REVIEW)
	var first, last pb.Review
	if len(reviews) == 2 {
		_, _ = lww.Decode(reviews[0].GetBody(), &first)
		_, _ = lww.Decode(reviews[1].GetBody(), &last)
	}
	c.that(first.GetVerdict() == pb.Verdict_VERDICT_RETURNED && first.GetReason() == t.reason, "kiến nghị: lần đầu trả lại, đúng lý do")
	c.that(last.GetVerdict() == pb.Verdict_VERDICT_APPROVED && row != nil && k.verdict(row, pb.Verdict_VERDICT_APPROVED), "kiến nghị: lần sau duyệt, đúng bản đang có")
	var step pb.Step
	steps := k.about(t.petition, pb.Kind_KIND_STEP)
	if len(steps) == 1 {
		_, _ = lww.Decode(steps[0].GetBody(), &step)
	}
	digest := lww.Digest(row.GetBody())
	c.that(step.GetWhat() == pb.StepKind_STEP_KIND_SENT_UP && bytes.Equal(step.GetSentUp().GetDigest(), digest[:]) && !step.GetSentUp().GetWithName(), "kiến nghị: đã gửi lên, không kèm tên hộ")

	var h pb.Household
	k.find(t.household, &h)
	c.that(h.GetPhone() == t.phoneNew, "số điện thoại là số ghi sau: %s", h.GetPhone())
	var over pb.Overwritten
	lost := k.about(t.household, pb.Kind_KIND_OVERWRITTEN)
	if len(lost) == 1 {
		_, _ = lww.Decode(lost[0].GetBody(), &over)
	}
	var mine pb.Household
	_, _ = lww.Decode(over.GetValue(), &mine)
	c.that(mine.GetPhone() == t.phoneOld, "người bị sửa chồng được báo số của mình: %s", mine.GetPhone())
	id, _ := book.ParseID(t.household)
	values := map[string]bool{}
	r := connect.NewRequest(&pb.HistoryRequest{Id: id.Bytes()})
	r.Header().Set("Authorization", "Bearer "+k.token)
	if out, err := k.sync.History(context.Background(), r); err == nil {
		for _, v := range out.Msg.GetValues() {
			var old pb.Household
			if _, err := lww.Decode(v.GetValue(), &old); err == nil && v.GetField() == 4 {
				values[old.GetPhone()] = true
			}
		}
	}
	c.that(values[t.phoneOld] && len(values) == 2, "lịch sử giữ số của danh sách và số bị thay: %d số", len(values))

	onDesk := 0
	for _, row := range k.rows {
		var m pb.Suggestion
		if row.GetEnvelope().GetKind() == pb.Kind_KIND_SUGGESTION {
			if _, err := lww.Decode(row.GetBody(), &m); err == nil && bytes.Contains(m.GetPatch(), []byte(t.lastNote)) {
				onDesk++
			}
		}
	}
	c.that(onDesk == 1, "điều máy bị thu hồi chưa kịp gửi nằm trên bàn bí thư")

	var moved pb.Household
	k.find(t.moved, &moved)
	var to pb.Member
	member, _ := book.IDFrom(moved.GetMember())
	k.find(member.String(), &to)
	c.that(to.GetName() == t.second.name, "hộ bàn giao nay do đ/c %s phụ trách", to.GetName())
}

// digests checks that the rows of the API sum up to what the server says of them.
func (c *checker) digests(k *second) {
	for _, d := range k.digests {
		h := book.HolderFrom(d.GetHolder())
		var sum, rows uint64
		for _, row := range k.rows {
			at := book.HolderFrom(row.GetEnvelope().GetHolder())
			commune := at.Kind == pb.HolderKind_HOLDER_KIND_COMMUNE
			if at == h || h.Kind == pb.HolderKind_HOLDER_KIND_WHOLE_BRANCH && !commune {
				sum += lww.RowHash(row)
				rows++
			}
		}
		c.that(sum == d.GetDigest() && rows == d.GetRows(), "tổng kiểm của máy chủ khớp với %d dòng đã nhận", rows)
	}
}

// revoked checks that the ended phone's book is gone.
func (c *checker) revoked(s *stage, t *told) error {
	p, err := store.Peek(s.ctx, t.first.dir)
	if err != nil {
		return err
	}
	c.that(!p.Exists, "máy bị thu hồi không còn sổ")
	return nil
}

// server checks the server's own files, opened beside it.
func (c *checker) server(s *stage, t *told) error {
	r, err := registry.Open(s.ctx, s.data, registry.Options{})
	if err != nil {
		return err
	}
	defer r.Close()
	found, err := r.Check(s.ctx)
	if err != nil {
		return err
	}
	c.that(len(found) == 0, "máy chủ: tệp, tổng kiểm và chuỗi nhật ký đều nguyên vẹn %v", found)
	devices, err := r.AllDevices(s.ctx)
	if err != nil {
		return err
	}
	ended := false
	for _, d := range devices {
		ended = ended || d.Number == t.revoked && d.Revoked
	}
	c.that(ended, "máy chủ: máy số %d đã thu hồi", t.revoked)
	log, err := r.AccessLog(s.ctx, book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: must(book.ParseID(t.moved))})
	if err != nil {
		return err
	}
	sent := map[uint32]bool{}
	for _, e := range log {
		if e.Verb == "send" {
			sent[e.Device] = true
		}
	}
	c.that(len(sent) == 2, "nhật ký truy cập: hộ bàn giao đã đến %d máy phụ trách", len(sent))
	work, err := query(s.ctx, filepath.Join(s.data, "server.db"), `SELECT count(*) FROM work`)
	if err != nil {
		return err
	}
	c.that(work == 1, "máy chủ giữ phần chưa gửi của máy bị thu hồi, niêm phong")
	return nil
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// books opens the phones' books and compares them with the second client's rows.
func (c *checker) books(s *stage, t *told, k *second) error {
	for _, p := range []*person{t.secretary, t.second} {
		b, err := store.Open(s.ctx, store.Options{Dir: p.dir}, passphrase, seal.NoDeviceSecret{})
		if err != nil {
			return fmt.Errorf("sổ của %s: %w", p.name, err)
		}
		snap := b.Snapshot()
		c.that(snap.Unsent() == 0, "sổ của %s: không còn gì chưa gửi", p.name)
		same, other := 0, 0
		for _, id := range []string{t.visit, t.petition, t.household, t.moved, t.secondVisit} {
			at, err := book.ParseID(id)
			if err != nil {
				return err
			}
			rec, ok := snap.Record(at)
			if !ok {
				continue
			}
			if row := k.rows[at]; row != nil && bytes.Equal(row.GetBody(), rec.State.Body) {
				same++
			} else {
				other++
			}
		}
		want := 5
		if p == t.second {
			want = 2 // its own visit and the household that came
		}
		c.that(same == want && other == 0, "sổ của %s: %d mục giống hệt máy chủ", p.name, same)
		if p == t.second {
			_, sees := snap.Record(must(book.ParseID(t.visit)))
			c.that(!sees, "sổ của %s không có mục của hộ người khác", p.name)
		}
		if err := b.Close(); err != nil {
			return err
		}
	}
	return nil
}

// files opens every database with plain SQLite, and looks for words in clear.
func (c *checker) files(s *stage, t *told) error {
	words := []string{t.note, t.secondNote, t.petitionText, t.reason, t.lastNote, t.phoneOld, t.phoneNew}
	bad, databases := 0, 0
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == s.server || path == s.book || filepath.Ext(path) == ".xlsx" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, w := range words {
			if bytes.Contains(b, []byte(w)) {
				bad++
			}
		}
		if filepath.Ext(path) == ".db" {
			databases++
			ok, err := query(s.ctx, path, `SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'`)
			if err != nil {
				return err
			}
			c.that(ok == 1, "%s nguyên vẹn", filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, w := range words {
		if strings.Contains(s.log.String(), w) {
			bad++
		}
	}
	c.that(bad == 0 && databases >= 4, "%d cơ sở dữ liệu và nhật ký: không có lời nào của hộ ở dạng đọc được", databases)
	return nil
}

func query(ctx context.Context, path, text string) (n int, err error) {
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	return n, db.QueryRowContext(ctx, text).Scan(&n)
}
