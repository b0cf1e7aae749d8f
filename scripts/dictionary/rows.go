package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

const dayMS = 24 * 3600 * 1000

// record is one record before it became a row or a change.
type record struct {
	kind       pb.Kind
	id         book.ID
	subject    book.ID
	household  book.ID
	author     book.ID
	holder     *pb.Holder
	body       proto.Message
	ms         int64
	later      []*pb.FieldStamp
	ofServer   bool
	deviceFrom uint32
}

// branch is an invented branch with all that its people hold.
type branch struct {
	r               *rand.Rand
	ms              int64
	commune, id     book.ID
	members         []book.ID
	households      []book.ID
	topics, matters []book.ID
	authorities     []book.ID
	notices         []book.ID
	initiatives     []book.ID
	records         []*record
}

type bytesOf struct{ r *rand.Rand }

func (s bytesOf) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(s.r.Uint32())
	}
	return len(b), nil
}

var _ io.Reader = bytesOf{}

func newBranch(r *rand.Rand) *branch {
	b := &branch{r: r, ms: 1_767_200_000_000 + r.Int64N(3*365*dayMS)}
	b.commune, b.id = b.next(), b.next()
	b.build()
	return b
}

// next is the id of something that happens a while later.
func (b *branch) next() book.ID {
	b.ms += b.r.Int64N(6 * 3600 * 1000)
	return book.NewID(b.ms, bytesOf{b.r})
}

func (b *branch) pick(from []string) string     { return from[b.r.IntN(len(from))] }
func (b *branch) pickID(from []book.ID) book.ID { return from[b.r.IntN(len(from))] }
func (b *branch) day() int32                    { return int32(b.ms / dayMS) }
func (b *branch) often(percent int) bool        { return b.r.IntN(100) < percent }
func (b *branch) random(n int) []byte           { p := make([]byte, n); _, _ = bytesOf{b.r}.Read(p); return p }
func (b *branch) name() string                  { return b.pick(surnames) + " " + b.pick(middles) + " " + b.pick(given) }
func (b *branch) phone() string {
	return fmt.Sprintf("0%d%08d", []int{3, 7, 8, 9}[b.r.IntN(4)], b.r.IntN(100_000_000))
}
func holder(k pb.HolderKind, id book.ID) *pb.Holder {
	return &pb.Holder{Kind: k.Enum(), Id: id.Bytes()}
}

// note is one to four sentences.
func (b *branch) note() string {
	var s []string
	for range 1 + b.r.IntN(3) {
		if b.often(60) {
			s = append(s, b.pick(who)+" "+b.pick(said)+" "+b.pick(matters)+".")
		} else {
			s = append(s, b.pick(told))
		}
	}
	return strings.Join(s, " ")
}

// add keeps a record whose holder is given; the author is any member.
func (b *branch) add(k pb.Kind, subject book.ID, h *pb.Holder, m proto.Message) *record {
	rec := &record{kind: k, id: b.next(), subject: subject, holder: h, body: m, ms: b.ms, deviceFrom: uint32(1 + b.r.IntN(40))}
	if len(b.members) > 0 {
		rec.author = b.pickID(b.members)
	}
	b.records = append(b.records, rec)
	return rec
}

func (b *branch) build() {
	commune, whole := holder(pb.HolderKind_HOLDER_KIND_COMMUNE, b.commune), holder(pb.HolderKind_HOLDER_KIND_BRANCH, b.id)
	server := func(rec *record) *record { rec.ofServer = true; return rec }
	server(b.add(pb.Kind_KIND_UNIT, book.ID{}, commune, &pb.Unit{Name: new("Xã " + b.pick(given) + " " + b.pick(given)), Level: new("xã"), Symbol: new("ĐU"), Code: new(fmt.Sprintf("%05d", b.r.IntN(30000)))}))
	server(b.add(pb.Kind_KIND_UNIT, b.commune, whole, &pb.Unit{Name: new("Chi bộ " + b.pick(hamlets)), Level: new("chi bộ"), Symbol: new("CB")}))
	for i, t := range topics {
		use := pb.CategoryUse_CATEGORY_USE_TOPIC
		if i%2 == 1 {
			use = pb.CategoryUse_CATEGORY_USE_MATTER
		}
		rec := server(b.add(pb.Kind_KIND_CATEGORY, b.commune, commune, &pb.Category{Use: use.Enum(), Name: new(t), Position: new(int32(i + 1))}))
		if i%2 == 1 {
			b.matters = append(b.matters, rec.id)
		} else {
			b.topics = append(b.topics, rec.id)
		}
	}
	for _, w := range words {
		server(b.add(pb.Kind_KIND_CATEGORY, b.commune, commune, &pb.Category{Use: pb.CategoryUse_CATEGORY_USE_WARNED_WORD.Enum(), Name: new(w)}))
	}
	for _, name := range bodies {
		rec := server(b.add(pb.Kind_KIND_AUTHORITY, b.commune, commune, &pb.Authority{Name: new(name), Address: new("Trụ sở " + b.pick(streets)), Phone: new(b.phone())}))
		b.authorities = append(b.authorities, rec.id)
	}
	for _, name := range holidays {
		server(b.add(pb.Kind_KIND_CALENDAR, b.commune, commune, &pb.Calendar{Holiday: &pb.Holiday{Day: new(b.day() + int32(b.r.IntN(300))), Name: new(name)}}))
	}
	for _, m := range b.matters {
		server(b.add(pb.Kind_KIND_CALENDAR, b.commune, commune, &pb.Calendar{Limit: &pb.Limit{Matter: m.Bytes(), Days: new(int32(5 + 5*b.r.IntN(6))), Source: new(b.pick(sources)), ValidFromDay: new(b.day() - 200)}}))
	}
	for i := range 6 + b.r.IntN(6) {
		office := pb.Office_OFFICE_MEMBER
		if i < 2 {
			office = pb.Office_OFFICE_SECRETARY + pb.Office(i)
		}
		rec := server(b.add(pb.Kind_KIND_MEMBER, b.id, whole, &pb.Member{Name: new(b.name()), Phone: new(b.phone()), Office: office.Enum(), Devices: []uint32{uint32(b.r.IntN(60))}, HasDevice: new(b.often(70))}))
		b.members = append(b.members, rec.id)
	}
	for _, m := range b.members {
		for i := range 5 + b.r.IntN(8) {
			b.household(m, i)
		}
	}
	for range 4 {
		rec := b.add(pb.Kind_KIND_NOTICE, b.id, whole, &pb.Notice{Title: new(b.pick(titles)), Text: new(b.pick(told) + " " + b.note()), FromDay: new(b.day()), UntilDay: new(b.day() + 30)})
		b.notices = append(b.notices, rec.id)
		rec = b.add(pb.Kind_KIND_INITIATIVE, b.id, whole, &pb.Initiative{Name: new(b.pick(works)), Field: (1 + pb.InitiativeField(b.r.IntN(4))).Enum(), Description: new(b.pick(descriptions)), RegisteredDay: new(b.day())})
		b.initiatives = append(b.initiatives, rec.id)
	}
	b.add(pb.Kind_KIND_SURVEY, b.id, whole, &pb.Survey{Day: new(b.day()), Findings: new(b.pick(findings) + " " + b.pick(findings)), Recommendations: new(b.pick(findings))})
	b.add(pb.Kind_KIND_COMMENDATION, b.id, whole, &pb.Commendation{Name: new(b.name()), Day: new(b.day()), DecisionNumber: new(b.pick(numbers)), Reason: new(b.pick(works))})
	for range 12 * len(b.members) {
		b.happen(b.pickID(b.households))
	}
}

func (b *branch) household(member book.ID, i int) {
	rec := b.add(pb.Kind_KIND_HOUSEHOLD, b.id, nil, &pb.Household{Head: new(b.name()), Hamlet: new(b.pick(hamlets)), Address: new(fmt.Sprintf("số %d, %s", 1+b.r.IntN(120), b.pick(streets))),
		Phone: new(b.phone()), Size: new(int32(1 + b.r.IntN(7))), FormOfAddress: new(b.pick(forms)), Member: member.Bytes(), Welfare: (1 + pb.Welfare(b.r.IntN(4))).Enum(), Position: new(int32(i + 1))})
	rec.holder = holder(pb.HolderKind_HOLDER_KIND_HOUSEHOLD, rec.id)
	rec.ofServer = b.often(60)
	b.households = append(b.households, rec.id)
	b.consent(rec.id, pb.Purpose_PURPOSE_KEEP)
}

func (b *branch) consent(h book.ID, p pb.Purpose) {
	c := &pb.Consent{Purpose: p.Enum(), Answer: pb.Answer_ANSWER_GIVEN.Enum(), NoticeVersion: new("1"), TimeMs: new(b.ms), Channel: pb.Channel_CHANNEL_SPOKEN.Enum()}
	if b.often(20) {
		c.Channel, c.Witness = pb.Channel_CHANNEL_PAPER.Enum(), new(b.name())
	}
	b.add(pb.Kind_KIND_CONSENT, h, holder(pb.HolderKind_HOLDER_KIND_HOUSEHOLD, h), c)
}

// happen adds what happens at a door, in about the shares that a book has.
func (b *branch) happen(h book.ID) {
	at := holder(pb.HolderKind_HOLDER_KIND_HOUSEHOLD, h)
	switch n := b.r.IntN(100); {
	case n < 55:
		v := &pb.Visit{Day: new(b.day()), Contact: (1 + pb.Contact(b.r.IntN(5))).Enum(), Note: new(b.note())}
		for range b.r.IntN(3) {
			v.Topics = append(v.Topics, b.pickID(b.topics).Bytes())
		}
		if b.often(25) {
			v.FollowUpDay = new(b.day() + int32(7+b.r.IntN(60)))
		}
		if b.often(10) {
			v.OnBehalfOf = b.pickID(b.members).Bytes()
		}
		rec := b.add(pb.Kind_KIND_VISIT, h, at, v)
		switch {
		case b.often(10):
			b.review(rec)
		case b.often(10):
			rec.later = []*pb.FieldStamp{{Field: new(uint32(4)), Stamp: new(uint64(b.ms+b.r.Int64N(dayMS)) << 16), Device: new(rec.deviceFrom)}}
		}
	case n < 70:
		b.petition(h, at)
	case n < 80:
		what := pb.ReceiptKind_RECEIPT_KIND_TOLD
		rec := b.add(pb.Kind_KIND_RECEIPT, b.pickID(b.notices), at, &pb.Receipt{What: what.Enum(), Day: new(b.day())})
		rec.household = h
	case n < 84:
		b.add(pb.Kind_KIND_RECEIPT, b.pickID(b.notices), holder(pb.HolderKind_HOLDER_KIND_BRANCH, b.id), &pb.Receipt{What: pb.ReceiptKind_RECEIPT_KIND_READ.Enum(), Day: new(b.day())})
	case n < 90:
		c := &pb.Contribution{Day: new(b.day()), Initiative: b.pickID(b.initiatives).Bytes()}
		switch b.r.IntN(3) {
		case 0:
			c.LandDm2 = new(int64(100 * (1 + b.r.IntN(120))))
		case 1:
			c.WorkdayTenths = new(int32(5 * (1 + b.r.IntN(20))))
		default:
			c.ValueVnd = new(int64(50_000 * (1 + b.r.IntN(100))))
		}
		b.add(pb.Kind_KIND_CONTRIBUTION, h, at, c)
	case n < 95:
		b.consent(h, pb.Purpose_PURPOSE_FORWARD)
	default:
		b.onDesk(h)
	}
}

func (b *branch) review(of *record) {
	v := &pb.Review{Digest: b.random(32), Verdict: pb.Verdict_VERDICT_APPROVED.Enum()}
	if b.often(25) {
		v.Verdict, v.Reason = pb.Verdict_VERDICT_RETURNED.Enum(), new(b.pick(reasons))
	}
	b.add(pb.Kind_KIND_REVIEW, of.id, of.holder, v)
}

func (b *branch) petition(h book.ID, at *pb.Holder) {
	p := b.add(pb.Kind_KIND_PETITION, h, at, &pb.Petition{Number: new(fmt.Sprintf("%04d-%d", b.r.IntN(10_000), b.r.IntN(10))), Day: new(b.day()),
		Text: new(b.pick(who) + " " + b.pick(said) + " " + b.pick(matters) + ". " + b.pick(told)), Matter: b.pickID(b.matters).Bytes(), WithName: new(b.often(30))})
	b.review(p)
	var before []byte
	step := func(s *pb.Step) {
		s.Follows, s.Day = before, new(b.day())
		before = b.add(pb.Kind_KIND_STEP, p.id, at, s).id.Bytes()
	}
	step(&pb.Step{What: pb.StepKind_STEP_KIND_SENT_UP.Enum(), SentUp: &pb.SentUp{Digest: b.random(32), WithName: new(b.often(30))}})
	steps := []*pb.Step{
		{What: pb.StepKind_STEP_KIND_FORWARDED.Enum(), Forwarded: &pb.Forwarded{Authority: b.pickID(b.authorities).Bytes(), DueDay: new(b.day() + 14)}},
		{What: pb.StepKind_STEP_KIND_ANSWERED.Enum(), Answered: &pb.Answered{Text: new(b.pick(answers)), Number: new(b.pick(numbers))}},
		{What: pb.StepKind_STEP_KIND_TOLD.Enum(), Told: &pb.Told{Outcome: (1 + pb.ToldOutcome(b.r.IntN(2))).Enum()}},
		{What: pb.StepKind_STEP_KIND_CLOSED.Enum(), Reason: new(b.pick(endings))},
	}
	for _, s := range steps[:b.r.IntN(len(steps)+1)] {
		step(s)
	}
}

// onDesk is what waits for the secretary: values that were replaced, suggestions, refused changes.
func (b *branch) onDesk(h book.ID) {
	desk := holder(pb.HolderKind_HOLDER_KIND_DESK, b.id)
	old := b.add(pb.Kind_KIND_VISIT, h, holder(pb.HolderKind_HOLDER_KIND_HOUSEHOLD, h), &pb.Visit{Day: new(b.day()), Note: new(b.note())})
	stamp := uint64(b.ms) << 16
	switch b.r.IntN(3) {
	case 0:
		b.add(pb.Kind_KIND_OVERWRITTEN, old.id, old.holder, &pb.Overwritten{Field: new(uint32(4)), Value: encode(&pb.Visit{Note: new(b.note())}), Stamp: new(stamp), Device: new(old.deviceFrom),
			Author: b.pickID(b.members).Bytes(), WinnerStamp: new(stamp + 1<<24), WinnerDevice: new(uint32(3)), WinnerAuthor: b.pickID(b.members).Bytes()}).ofServer = true
	case 1:
		b.add(pb.Kind_KIND_SUGGESTION, old.id, desk, &pb.Suggestion{Patch: b.change(old, false), Why: (1 + pb.SuggestionReason(b.r.IntN(3))).Enum(), Device: new(uint32(7)), Number: new(uint64(90)), TimeMs: new(b.ms)}).ofServer = true
	default:
		b.add(pb.Kind_KIND_REFUSED, old.id, desk, &pb.RefusedChange{Patch: b.change(old, true), Code: (1 + pb.RefusalCode(b.r.IntN(12))).Enum(), Device: new(uint32(7)), Number: new(uint64(91)), TimeMs: new(b.ms)}).ofServer = true
	}
}

func encode(m proto.Message) []byte {
	out, err := lww.Encode(m)
	if err != nil {
		panic(err) // messages of this file are whole
	}
	return out
}
