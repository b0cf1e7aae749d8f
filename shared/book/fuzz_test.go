package book

import (
	"testing"

	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

// FuzzValidate: whatever the bytes, of every kind, nothing panics; what Validate accepts a
// protobuf decoder reads; and a verdict on rights comes without looking at sense.
func FuzzValidate(f *testing.F) {
	seeds := []proto.Message{
		fullVisit(), petitionOf("x"), &pb.Contribution{Day: proto.Int32(1), LandDm2: proto.Int64(1)},
		&pb.Household{Head: proto.String("Ông Mẫu"), Phone: proto.String("0912345678"), Member: named("an").Bytes()},
		&pb.Step{What: sentUp.Enum(), Day: proto.Int32(1), SentUp: &pb.SentUp{}},
		&pb.Calendar{Limit: &pb.Limit{Days: proto.Int32(10)}},
		&pb.Consent{Purpose: pb.Purpose_PURPOSE_KEEP.Enum(), Answer: pb.Answer_ANSWER_GIVEN.Enum(), WithdrawalsSeen: [][]byte{{1}}},
		&pb.Receipt{What: pb.ReceiptKind_RECEIPT_KIND_TAKEN_BACK.Enum(), TakesBack: named("x").Bytes()},
		&pb.Review{Digest: make([]byte, 16), Verdict: pb.Verdict_VERDICT_APPROVED.Enum()},
		&pb.Member{Name: proto.String("a"), Proxies: [][]byte{named("an").Bytes()}, Devices: []uint32{1, 2}},
	}
	for i, m := range seeds {
		f.Add(uint8(i), true, encode(f, m))
	}
	f.Add(uint8(8), false, []byte{0x0b})
	world := petitionReady(f)
	chain(f, world, sentUp, forwarded)
	f.Fuzz(func(t *testing.T, n uint8, isNew bool, raw []byte) {
		w := *world
		for _, k := range Kinds() {
			subject := "hộ-an"
			switch k.Kind {
			case pb.Kind_KIND_STEP, pb.Kind_KIND_REVIEW:
				subject = "đơn"
			}
			a := actor(everybody[int(n)%len(everybody)])
			r := Record{
				Kind: k.Kind, ID: named("đơn"), Author: a.Member, Subject: named(subject), Holder: byHousehold("hộ-an"), Unit: named("thôn"), Seq: 1,
				State: lww.State{Body: raw, Created: lww.Version{Stamp: 1, Device: 3}},
			}
			c := lww.Change{Set: raw, Create: isNew, Cleared: []uint32{uint32(n)}}
			if Validate(r, c, a, &w) == nil {
				md, _ := Descriptor(k.Kind)
				m := dynamic(k.Kind)
				if m != nil && !k.ServerOnly && lww.Check(md, raw) == nil {
					if err := proto.Unmarshal(raw, m); err != nil {
						t.Errorf("%s accepted, but %v", k.Name, err)
					}
				}
			}
			MayWrite(a, r, isNew, fieldsOf(raw, nil), raw, &w)
			CheckLimits(k.Kind, raw)
			StatusOf(r, []Record{r}, &w)
			LastWriters(r, &w)
			MayReview(a, r, [16]byte{}, &w)
			PetitionState([]Record{r, {Kind: pb.Kind_KIND_STEP, ID: named("b"), State: lww.State{Body: raw}}})
			Consents([]Record{r, {Kind: pb.Kind_KIND_CONSENT, ID: named("b"), State: lww.State{Body: raw}}})
			Withdrawals([]Record{r}, pb.Purpose_PURPOSE_KEEP)
			Holidays([]Record{r})
			LimitFor([]Record{r}, ID{}, 1)
		}
	})
}

// dynamic makes an empty message of a kind.
func dynamic(kind pb.Kind) proto.Message {
	return map[pb.Kind]proto.Message{
		pb.Kind_KIND_VISIT: &pb.Visit{}, pb.Kind_KIND_PETITION: &pb.Petition{}, pb.Kind_KIND_STEP: &pb.Step{},
		pb.Kind_KIND_HOUSEHOLD: &pb.Household{}, pb.Kind_KIND_CONSENT: &pb.Consent{}, pb.Kind_KIND_CALENDAR: &pb.Calendar{},
	}[kind]
}

// BenchmarkVisit is the way of one visit: place, rights, rules. The server's budget for
// 10,000 of them is 150 ms, 15 µs each.
func BenchmarkVisit(b *testing.B) {
	w := newWorld()
	consents := []Record{
		w.answer(b, "1", "hộ-an", pb.Purpose_PURPOSE_KEEP, pb.Answer_ANSWER_GIVEN),
		w.answer(b, "2", "hộ-an", pb.Purpose_PURPOSE_FORWARD, pb.Answer_ANSWER_GIVEN),
	}
	cached := cachingWorld{w, consents}
	a := actor("an")
	body := encode(b, fullVisit())
	env := &pb.Envelope{Kind: pb.Kind_KIND_VISIT.Enum(), Id: named("v").Bytes(), Subject: named("hộ-an").Bytes()}
	patch := &pb.Patch{Envelope: env, Set: body, Create: proto.Bool(true)}
	b.ReportAllocs()
	for b.Loop() {
		h, unit, err := Place(env, a, cached)
		if err != nil {
			b.Fatal(err)
		}
		r := Record{Kind: pb.Kind_KIND_VISIT, ID: named("v"), Author: a.Member, Subject: named("hộ-an"), Holder: h, Unit: unit}
		if refusal := MayWrite(a, r, true, Fields(patch), body, cached); refusal != nil {
			b.Fatal(refusal)
		}
		r.State.Body = body
		if refusal := Validate(r, lww.Change{Set: body, Create: true}, a, cached); refusal != nil {
			b.Fatal(refusal)
		}
	}
}

// cachingWorld answers About as the server's cache does.
type cachingWorld struct {
	*fakeWorld
	consents []Record
}

func (c cachingWorld) About(ID, pb.Kind) []Record { return c.consents }
