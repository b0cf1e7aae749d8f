package rights

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/test/probe"
)

// stage is the invented town with its eleven actors, and what the test itself knows of
// every holder: never asked of shared/book.
type stage struct {
	t     *testing.T
	tb    *table
	tw    *probe.Town
	phone map[string]*probe.Phone
	// second is another device of Bình, of which "sao" is a copy.
	second *probe.Phone
	// other phones of the town, whose rows nobody else may get.
	others []*probe.Phone

	branch1, branch2 book.ID
	// houseB is looked after by Bình, houseG by Giang, who has no device.
	houseB, houseG            book.ID
	noticeCommune, noticeHere book.ID
	authority                 book.ID

	class   map[book.Holder]string
	count   int
	counter uint32
	replies int
	toPull  []pulled
}

func newStage(t *testing.T) *stage {
	s := &stage{t: t, tb: readTable(t, "testdata/rights.txt"), phone: map[string]*probe.Phone{}, class: map[book.Holder]string{}}
	s.tw = probe.NewTown(t, probe.Start(t, probe.Options{}))
	s.branch1, s.branch2 = s.tw.Branch(probe.BranchOne), s.tw.Branch(probe.BranchTwo)
	s.class[book.Holder{Kind: pb.HolderKind_HOLDER_KIND_COMMUNE, ID: s.tw.Commune}] = "commune"
	for n, id := range []book.ID{s.branch1, s.branch2} {
		s.class[book.Holder{Kind: pb.HolderKind_HOLDER_KIND_BRANCH, ID: id}] = fmt.Sprint("branch-", n+1)
		s.class[book.Holder{Kind: pb.HolderKind_HOLDER_KIND_DESK, ID: id}] = fmt.Sprint("desk-", n+1)
	}
	for _, name := range []string{"An", "Đào", "Bình", "Cúc", "Giang", "Dung", "Hạnh", "Em", "Khoa", "Lan", "Minh"} {
		s.class[book.Holder{Kind: pb.HolderKind_HOLDER_KIND_MEMBER, ID: s.tw.Member(name)}] = "member-" + name
	}
	s.owners()

	for actor, name := range map[string]string{"hộ": "Bình", "đv": "Cúc", "bt": "An", "pbt": "Đào", "cb": "Lan", "qt": "Minh", "đv2": "Em", "bt2": "Dung"} {
		s.enter(actor, s.tw.Phone(t, s.tw.Member(name)))
	}
	bt, member := s.phone["bt"], s.phone["hộ"]

	revoked := s.tw.Phone(t, s.tw.Member("Bình"))
	revoked.Sync()
	if _, err := bt.Enrolling().RevokeDevice(t.Context(), probe.With(&pb.RevokeDeviceRequest{Device: &revoked.Device}, bt.Token)); err != nil {
		t.Fatal(err)
	}
	s.enter("thu", revoked)

	s.houseB, s.houseG = member.Household("Hộ Bình 1"), bt.Household("Hộ Giang 1")
	s.must(bt, probe.Change{Kind: pb.Kind_KIND_MEMBER, ID: s.tw.Member("Giang"), Set: &pb.Member{Proxies: [][]byte{s.tw.Member("Cúc").Bytes()}}})
	for _, h := range []book.ID{s.houseB, s.houseG} {
		for _, p := range []pb.Purpose{pb.Purpose_PURPOSE_KEEP, pb.Purpose_PURPOSE_FORWARD} {
			s.ops(bt, bt.Consent(h, p))
		}
	}
	s.clone()

	s.noticeCommune, s.noticeHere, s.authority = s.phone["cb"].ID(), bt.ID(), s.phone["cb"].ID()
	s.must(s.phone["cb"],
		probe.Change{Kind: pb.Kind_KIND_NOTICE, ID: s.noticeCommune, Subject: s.tw.Commune, Create: true, Set: &pb.Notice{Title: proto.String("Thông báo bịa"), Text: proto.String("của xã")}},
		probe.Change{Kind: pb.Kind_KIND_AUTHORITY, ID: s.authority, Subject: s.tw.Commune, Create: true, Set: &pb.Authority{Name: proto.String("Cơ quan bịa")}})
	s.must(bt, probe.Change{Kind: pb.Kind_KIND_NOTICE, ID: s.noticeHere, Subject: s.branch1, Create: true, Set: &pb.Notice{Title: proto.String("Thông báo bịa"), Text: proto.String("của chi bộ")}})

	// The second branch has notes of its own, which nobody of the first may get.
	em := s.phone["đv2"]
	h := em.Household("Hộ Em 1")
	s.ops(em, em.Consent(h, pb.Purpose_PURPOSE_KEEP), em.Visit(em.ID(), h, "chuyện của chi bộ hai"), em.Petition(em.ID(), h, 1, "kiến nghị của chi bộ hai"))
	return s
}

// owners notes who looks after each imported household, as the roster says.
func (s *stage) owners() {
	first, second := s.tw.Phone(s.t, s.tw.Member("An")), s.tw.Phone(s.t, s.tw.Member("Hạnh"))
	s.others = append(s.others, second)
	for _, p := range []*probe.Phone{first, second} {
		p.Sync()
		for _, name := range []string{"An", "Đào", "Bình", "Cúc", "Giang", "Dung", "Hạnh", "Em", "Khoa"} {
			for id, row := range p.Rows {
				var h pb.Household
				if row.GetEnvelope().GetKind() != pb.Kind_KIND_HOUSEHOLD {
					continue
				}
				if _, err := lww.Decode(row.GetBody(), &h); err != nil {
					s.t.Fatal(err)
				}
				if bytes.HasPrefix([]byte(h.GetHead()), []byte("Hộ "+name+" ")) {
					s.owns(id, name)
				}
			}
		}
	}
}

func (s *stage) owns(household book.ID, member string) {
	s.class[book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: household}] = "household-" + member
}

// enter gives an actor their phone and listens to all that it hears.
func (s *stage) enter(actor string, p *probe.Phone) {
	s.phone[actor] = p
	p.Confirm = true
	p.Heard = func(out *pb.SyncResponse) { s.heard(actor, out) }
	if actor != "thu" {
		p.Sync()
	}
}

// clone makes "sao": the second device of Bình and its copy use one number for two changes.
func (s *stage) clone() {
	s.second = s.tw.Phone(s.t, s.tw.Member("Bình"))
	s.second.Sync()
	c := s.second.Copy()
	s.ops(s.second, s.second.Consent(s.houseB, pb.Purpose_PURPOSE_KEEP))
	out, err := c.Call(c.Request(c.Consent(s.houseB, pb.Purpose_PURPOSE_KEEP)))
	if err != nil {
		s.t.Fatal(err)
	}
	if out.GetClone().GetDevice() == 0 || out.GetClone().GetConfirmed() {
		s.t.Fatalf("the copy was not told apart: %v", out)
	}
	c.Device, c.Last, c.Confirmed = out.GetClone().GetDevice(), 0, 0
	c.Forget()
	c.Acks = map[uint64]*pb.Ack{}
	s.phone["sao"] = c
	c.Confirm = true
	c.Heard = func(out *pb.SyncResponse) { s.heard("sao", out) }
}

// holderKinds is the column "holder" of docs/domain.md's table of kinds.
var holderKinds = map[pb.Kind][]string{
	pb.Kind_KIND_UNIT: {"commune"}, pb.Kind_KIND_AUTHORITY: {"commune"}, pb.Kind_KIND_CALENDAR: {"commune"}, pb.Kind_KIND_CATEGORY: {"commune"},
	pb.Kind_KIND_NOTICE: {"commune", "branch"}, pb.Kind_KIND_MEMBER: {"branch", "commune"}, pb.Kind_KIND_HOUSEHOLD: {"household"},
	pb.Kind_KIND_VISIT: {"household"}, pb.Kind_KIND_PETITION: {"household"}, pb.Kind_KIND_CONTRIBUTION: {"household"},
	pb.Kind_KIND_STEP: {"household"}, pb.Kind_KIND_REVIEW: {"household"}, pb.Kind_KIND_CONSENT: {"household"},
	pb.Kind_KIND_OVERWRITTEN: {"commune", "branch", "household", "member", "desk"},
	pb.Kind_KIND_RECEIPT:     {"household", "member"},
	pb.Kind_KIND_INITIATIVE:  {"branch", "commune"}, pb.Kind_KIND_COMMENDATION: {"branch", "commune"}, pb.Kind_KIND_SURVEY: {"branch", "commune"},
	// Officers and administrators have no desk: theirs is kept with themselves.
	pb.Kind_KIND_SUGGESTION: {"desk"}, pb.Kind_KIND_REFUSED: {"desk", "member"},
}

// heard looks at every row of every reply: each must be of a holder that the actor sees by
// the table, and of a kind that this holder may have.
func (s *stage) heard(actor string, out *pb.SyncResponse) {
	s.replies++
	for _, row := range out.GetRows() {
		h, kind := book.HolderFrom(row.GetEnvelope().GetHolder()), row.GetEnvelope().GetKind()
		class := s.class[h]
		if class == "" {
			s.t.Errorf("%s was given a %s of holder %s %s, which this test does not know", actor, kind, h.Kind, h.ID)
			continue
		}
		if s.tb.cells[cell{class, "rows", actor}] != yes {
			s.t.Errorf("%s was given a %s of %s", actor, kind, class)
		}
		if sort, _, _ := strings.Cut(class, "-"); !slices.Contains(holderKinds[kind], sort) {
			s.t.Errorf("a %s is held by %s", kind, class)
		}
	}
	if v := out.GetView(); v != nil {
		for _, g := range v.GetGrants() {
			h := book.HolderFrom(g.GetHolder())
			class := s.class[desk(h)]
			if s.tb.cells[cell{class, "rows", actor}] != yes {
				s.t.Errorf("the view of %s has %s (%s)", actor, h.Kind, class)
			}
		}
	}
	for _, d := range out.GetDigests() {
		if h := book.HolderFrom(d.GetHolder()); s.tb.cells[cell{s.class[desk(h)], "rows", actor}] != yes {
			s.t.Errorf("%s was given the digest of %s", actor, h.Kind)
		}
	}
	for _, l := range out.GetListings() {
		if h := book.HolderFrom(l.GetHolder()); s.tb.cells[cell{s.class[desk(h)], "rows", actor}] != yes {
			s.t.Errorf("%s was given a listing of %s", actor, h.Kind)
		}
	}
}

// desk is the holder by which the table knows "whole branch": who sees the one sees the other.
func desk(h book.Holder) book.Holder {
	if h.Kind == pb.HolderKind_HOLDER_KIND_WHOLE_BRANCH {
		h.Kind = pb.HolderKind_HOLDER_KIND_DESK
	}
	return h
}

// must sends changes that all have to be stored.
func (s *stage) must(p *probe.Phone, changes ...probe.Change) {
	s.t.Helper()
	var raw [][]byte
	for _, c := range changes {
		raw = append(raw, p.Bytes(c))
	}
	s.ops(p, raw...)
}

func (s *stage) ops(p *probe.Phone, raw ...[]byte) {
	s.t.Helper()
	first := p.Last + 1
	out, err := p.Try(raw...)
	if err != nil {
		s.t.Fatalf("fixture: %v", err)
	}
	_ = out
	for n := first; n <= p.Last; n++ {
		p.Stored(n)
	}
}

// secret is a text that stands nowhere else.
func (s *stage) secret() string {
	s.count++
	return fmt.Sprintf("lời-bịa-%06d", s.count)
}

// number is a petition number of the phone.
func (s *stage) number(p *probe.Phone) string {
	s.counter++
	return book.PetitionNumber(p.Device, s.counter)
}

// raw is one wire record of a field that no code knows, or knows as a bool or enum.
func raw(field protowire.Number, value uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, field, protowire.VarintType), value)
}

// outcome is what came of a change: a word of the table, and the details for the report.
type outcome struct {
	ack     *pb.Ack
	problem *pb.Problem
	err     error
	reply   *pb.SyncResponse
}

// send lets an actor send one change.
func (s *stage) send(actor string, op []byte) outcome {
	p := s.phone[actor]
	if actor == "lạ" {
		p = s.phone["hộ"].Copy()
		p.Token = ""
	}
	reply, err := p.Try(op)
	if err != nil {
		return outcome{err: err, problem: probe.ProblemOf(err)}
	}
	return outcome{ack: p.Acks[p.Last], reply: reply}
}

// writer is the phone by which an actor makes up a change.
func (s *stage) writer(actor string) *probe.Phone {
	if actor == "lạ" {
		return s.phone["hộ"]
	}
	return s.phone[actor]
}

// word names an outcome in the table's words; a refusal in the words of "not there" fits
// both "-" and "xem", so it is asked with the word that is wanted.
func (o outcome) word(want string) string {
	switch o.problem.GetCode() {
	case pb.ProblemCode_PROBLEM_CODE_TOKEN_REVOKED:
		return revoked
	case pb.ProblemCode_PROBLEM_CODE_TOKEN_UNKNOWN:
		return unknown
	}
	if o.err != nil {
		return o.err.Error()
	}
	r := o.ack.GetRefusal()
	switch o.ack.GetResult() {
	case pb.Result_RESULT_STORED:
		return yes
	case pb.Result_RESULT_SUGGESTION:
		return suggested
	case pb.Result_RESULT_REFUSED:
		switch {
		case r.GetCode() == pb.RefusalCode_REFUSAL_CODE_NOT_YOURS && want != seesOnly && proto.Equal(r, notThereRefusal):
			return notThere
		case r.GetCode() == pb.RefusalCode_REFUSAL_CODE_NOT_YOURS && want == seesOnly:
			return seesOnly
		case r.GetCode() == pb.RefusalCode_REFUSAL_CODE_WRITE_ONCE:
			return writeOnce
		}
	}
	return fmt.Sprintf("%s %s field %d %q", o.ack.GetResult(), r.GetCode(), r.GetField(), r.GetRule())
}

// notThereRefusal is the refusal of a change of a record that does not exist; the test
// fills it from the server's own answer.
var notThereRefusal *pb.Refusal
