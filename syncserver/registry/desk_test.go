package registry

import (
	"context"
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/syncserver/store/sqlite"
)

// handedOver is a household of Bình's that the secretary gave to Cúc while Bình was away.
func handedOver(t *testing.T) (tw *town, away, secretary *phone, h book.ID) {
	t.Helper()
	tw = newTown(t, sqlite.Options{})
	away, secretary = tw.phone("Bình"), tw.phone("An")
	away.sync()
	secretary.sync()
	h = away.household("Hộ Bình1")
	away.sync(away.consent(h))
	secretary.sync(secretary.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Member: tw.by["Cúc"].Bytes()}))
	return tw, away, secretary, h
}

// unfinished marks a change as one that nobody saved.
func unfinished(t *testing.T, raw []byte) []byte {
	t.Helper()
	p := &pb.Patch{}
	if err := proto.Unmarshal(raw, p); err != nil {
		t.Fatal(err)
	}
	p.Unfinished = proto.Bool(true)
	b, err := proto.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatAFormerMemberCannotMendWaitsOnTheDesk(t *testing.T) {
	tw, away, secretary, h := handedOver(t)
	empty := away.patch(pb.Kind_KIND_VISIT, away.id(), h, true, &pb.Visit{})
	whole := away.visit(away.id(), h, "chưa bấm lưu")
	out, err := tw.r.Sync(context.Background(), away.caller, away.request(empty, unfinished(t, whole), away.visit(away.id(), h, "đã lưu")))
	if err != nil {
		t.Fatal(err)
	}
	away.take(out)
	for n, want := range map[uint64]pb.Result{2: pb.Result_RESULT_SUGGESTION, 3: pb.Result_RESULT_SUGGESTION, 4: pb.Result_RESULT_STORED} {
		if got := away.acks[n].GetResult(); got != want {
			t.Errorf("change %d: %v, want %v", n, got, want)
		}
	}
	secretary.sync()
	if n := len(secretary.suggestions()); n != 2 {
		t.Errorf("%d on the desk, want 2", n)
	}
	tw.sound()
}

// Who becomes secretary before their last visits were sent wrote them as a member.
func TestANewSecretarysOldVisitsCount(t *testing.T) {
	tw, away, _, h := handedOver(t)
	if err := tw.r.SetOffice(context.Background(), tw.by["Bình"], pb.Office_OFFICE_SECRETARY); err != nil {
		t.Fatal(err)
	}
	out, err := tw.r.Sync(context.Background(), away.caller, away.request(away.visit(away.id(), h, "trước khi làm bí thư")))
	if err != nil {
		t.Fatal(err)
	}
	if got := out.GetAcks()[0]; got.GetResult() != pb.Result_RESULT_STORED {
		t.Errorf("%v", got)
	}
	tw.sound()
}

// The writer of a suggestion hears what became of it, when their phone asks.
func TestTheWriterHearsWhatTheDeskDecided(t *testing.T) {
	for verdict, want := range map[pb.Verdict]pb.Result{
		pb.Verdict_VERDICT_APPROVED: pb.Result_RESULT_STORED, pb.Verdict_VERDICT_RETURNED: pb.Result_RESULT_REFUSED} {
		tw, away, secretary, h := handedOver(t)
		out, err := tw.r.Sync(context.Background(), away.caller, away.request(unfinished(t, away.visit(away.id(), h, "nháp"))))
		if err != nil {
			t.Fatal(err)
		}
		away.take(out)
		ask := func() []*pb.Ack {
			t.Helper()
			req := away.request()
			req.Parked, req.Confirmed = []uint64{2}, proto.Uint64(2)
			out, err := tw.r.Sync(context.Background(), away.caller, req)
			if err != nil {
				t.Fatal(err)
			}
			return out.GetAcks()
		}
		away.last = 2
		if got := ask(); len(got) != 0 {
			t.Errorf("before a decision: %v", got)
		}
		secretary.sync()
		for id := range secretary.suggestions() {
			secretary.sync(secretary.patch(pb.Kind_KIND_SUGGESTION, id, book.ID{}, false, &pb.Suggestion{Verdict: verdict.Enum()}))
		}
		for range 2 {
			got := ask()
			if len(got) != 1 || got[0].GetNumber() != 2 || got[0].GetResult() != want {
				t.Errorf("%v: %v", verdict, got)
			}
		}
		tw.sound()
	}
}

// Secretary and deputy take the same new record over at once: the second finds it done.
func TestTheSameRecordTwiceFromOneDesk(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	ctx := context.Background()
	if err := tw.r.SetOffice(ctx, tw.by["Bình"], pb.Office_OFFICE_DEPUTY); err != nil {
		t.Fatal(err)
	}
	secretary, deputy, member := tw.phone("An"), tw.phone("Bình"), tw.phone("Cúc")
	for _, p := range []*phone{secretary, deputy, member} {
		p.sync()
	}
	id := secretary.id()
	branch, _ := book.IDFrom(secretary.join.GetBranch())
	make := func(p *phone, title string) pb.Result {
		t.Helper()
		out, err := tw.r.Sync(ctx, p.caller, p.request(p.patch(pb.Kind_KIND_NOTICE, id, branch, true, &pb.Notice{
			Title: &title, Text: proto.String("nội dung"), FromDay: proto.Int32(20778)})))
		if err != nil {
			t.Fatal(err)
		}
		p.take(out)
		p.last++
		return out.GetAcks()[0].GetResult()
	}
	if got := make(secretary, "Thông báo"); got != pb.Result_RESULT_STORED {
		t.Fatalf("the first: %v", got)
	}
	for _, c := range []struct {
		who   string
		p     *phone
		title string
		want  pb.Result
	}{
		{"the same by the deputy", deputy, "Thông báo", pb.Result_RESULT_STORED},
		{"another text under its id", deputy, "Khác", pb.Result_RESULT_REFUSED},
	} {
		if got := make(c.p, c.title); got != c.want {
			t.Errorf("%s: %v, want %v", c.who, got, c.want)
		}
	}
	secretary.sync()
	secretary.equal()
	tw.sound()
}
