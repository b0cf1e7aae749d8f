package registry

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/syncserver/store/sqlite"
)

// A phone that is put back to one old copy again and again: the numbers that it was given were
// used by itself before. It gets further ones and comes to an end each time.
func TestAPhonePutBackAgainAndAgain(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	h := member.household("Hộ Bình1")
	op := member.consent(h)
	given := map[uint32]bool{}
	for round := range 5 {
		p := member.copied()
		p.last = 0
		for calls := 0; ; calls++ {
			if calls > round+2 {
				t.Fatalf("round %d: no end after %d calls", round, calls)
			}
			out := p.call(p.request(op))
			if d := out.GetClone().GetDevice(); d != 0 && d != p.device {
				p.device = d
				continue
			}
			if len(out.GetAcks()) != 1 {
				t.Fatalf("round %d: %v", round, out)
			}
			break
		}
		// The ack is on its disk, so the server forgets what lay under the number.
		p.last = 1
		confirm := p.request()
		confirm.Confirmed = proto.Uint64(1)
		p.call(confirm)
		if given[p.device] {
			t.Errorf("round %d: device %d again", round, p.device)
		}
		given[p.device] = true
	}
}

// After a restore two phones with one book each reclaim a token: once the copy is known for
// one, they take nothing from each other any more, and its token is renewed like others.
func TestACopyReclaimsATokenOfItsOwn(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, sqlite.Options{})
	first := tw.phone("Bình")
	first.sync()
	twin := *first
	twin.join = proto.Clone(first.join).(*pb.JoinResponse)
	h := first.household("Hộ Bình1")
	first.sync(first.consent(h))
	twin.asCopy(first.visit(first.id(), h, "của bản sao"))
	if out, err := tw.r.Sync(ctx, twin.caller, twin.request()); err != nil || out.GetRotate() {
		t.Fatalf("while they share a token: %v %v", out, err)
	}
	copied := tw.backup()
	tw.restore(copied)
	first.meet()
	for _, p := range []*phone{first, &twin, first} {
		if err := p.reclaim(); err != nil {
			t.Fatal(err)
		}
	}
	tw.clock = tw.clock.Add(2 * rotateMS * time.Millisecond)
	twin.join.Epoch = first.join.GetEpoch()
	for _, p := range []*phone{first, &twin} {
		c, err := tw.r.Authenticate(ctx, p.join.GetToken())
		if err != nil || c.Device != p.device {
			t.Fatalf("device %d: %+v %v", p.device, c, err)
		}
		out, err := tw.r.Sync(ctx, c, p.request())
		if err != nil || !out.GetRotate() {
			t.Errorf("device %d: asked for a new token: %v, %v", p.device, out.GetRotate(), err)
		}
		next, err := tw.r.RotateToken(ctx, c, &pb.RotateTokenRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if c, err := tw.r.Authenticate(ctx, next.GetToken()); err != nil || c.Device != p.device {
			t.Errorf("the new token of device %d: %+v %v", p.device, c, err)
		}
	}
}

// A phone that was put back to before its first sync has no cursor to hear of erasures by, but
// has what it wrote. A new phone has nothing, and is not told of all that ever was.
func TestAPhoneWithoutCursorsHearsOfErasures(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	fresh := member.copied()
	member.sync()
	h := member.household("Hộ Bình1")
	member.sync(member.consent(h))
	fresh.device = fresh.call(fresh.request(fresh.visit(fresh.id(), h, "a"))).GetClone().GetDevice()
	fresh.call(fresh.request(fresh.visit(fresh.id(), h, "a")))
	if _, err := tw.r.Erase(context.Background(), h); err != nil {
		t.Fatal(err)
	}
	hears := func(p *phone) bool {
		out := p.call(p.request())
		p.take(out)
		return slices.ContainsFunc(out.GetErased(), func(b []byte) bool { return bytes.Equal(b, h.Bytes()) })
	}
	fresh.last = 1
	if !hears(fresh) {
		t.Error("a copy that waits for the secretary does not hear of it")
	}
	if err := tw.r.Confirm(context.Background(), fresh.device); err != nil {
		t.Fatal(err)
	}
	if !hears(fresh) || hears(fresh) {
		t.Error("a confirmed copy does not hear of it once")
	}
	if hears(tw.phone("Cúc")) {
		t.Error("a new phone is told what others had")
	}
}

// Two phones with one book after a restore: the second one hears whose change the last number
// is. What it sends again then goes under a number of its own; what stands already is not
// laid on the desk.
func TestTheSecondOfTwoPhonesHearsThatItIs(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	secretary, one := tw.phone("An"), tw.phone("Bình")
	one.sync()
	h := one.household("Hộ Bình1")
	copied := tw.backup()
	two := one.copied()
	consent, visit := one.consent(h), one.visit(one.id(), h, "của máy thứ hai")
	one.sync(consent)
	given := one.acks[1].GetStamp()
	named := func(op []byte) []byte {
		p := decodedPatch(t, op)
		return lww.ChangeName(p.GetEnvelope().GetId(), p.GetPhoneMs())
	}
	tw.restore(copied)
	if e := one.meet(); e.GetLastOp() != 0 || e.GetLastName() != nil {
		t.Fatalf("nothing is here: %v", e)
	}
	again := resent(t, consent, given)
	one.sync(again)
	two.join = proto.Clone(one.join).(*pb.JoinResponse)
	two.join.Epoch = []byte("the life before1")
	e := two.meet()
	if e.GetLastOp() != 1 || !bytes.Equal(e.GetLastName(), named(consent)) || bytes.Equal(e.GetLastName(), named(visit)) {
		t.Fatalf("the last change: %v", e)
	}
	two.last = 0
	out := two.call(two.request(visit, again))
	if out.GetClone() == nil {
		t.Fatalf("not taken for a copy: %v", out)
	}
	two.device = out.GetClone().GetDevice()
	var got []pb.Result
	for _, a := range two.call(two.request(visit, again)).GetAcks() {
		got = append(got, a.GetResult())
	}
	if !slices.Equal(got, []pb.Result{pb.Result_RESULT_SUGGESTION, pb.Result_RESULT_STORED}) {
		t.Errorf("answers: %v", got)
	}
	// With another stamp it is not what stands, and a person decides.
	two.last = 2
	if a := two.call(two.request(resent(t, consent, given+1))).GetAcks(); len(a) != 1 || a[0].GetResult() != pb.Result_RESULT_SUGGESTION {
		t.Errorf("with another stamp: %v", a)
	}
	secretary.meet()
	secretary.cursors = nil
	secretary.sync()
	if n := len(secretary.suggestions()); n != 2 {
		t.Errorf("%d on the desk", n)
	}
	tw.sound()
}

// A copy of a copy that has a token of its own lives by that one at first; it speaks for
// nobody else of the book.
func TestACopyOfACopyWithItsOwnToken(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, sqlite.Options{})
	first := tw.phone("Bình")
	first.sync()
	h := first.household("Hộ Bình1")
	first.sync(first.consent(h))
	twin := *first
	twin.join = proto.Clone(first.join).(*pb.JoinResponse)
	twin.asCopy(first.visit(first.id(), h, "của bản sao"))
	tw.restore(tw.backup())
	first.meet()
	twin.join.Epoch = first.join.GetEpoch()
	if err := twin.reclaim(); err != nil {
		t.Fatal(err)
	}
	var err error
	if twin.caller, err = tw.r.Authenticate(ctx, twin.join.GetToken()); err != nil || twin.caller.Device != twin.device {
		t.Fatalf("the token is of %+v, %v", twin.caller, err)
	}
	third := twin.copied()
	twin.last = 0
	twin.sync(twin.visit(twin.id(), h, "một"))
	third.last = 0
	op := third.visit(third.id(), h, "hai")
	third.device = third.call(third.request(op)).GetClone().GetDevice()
	if out := third.call(third.request(op)); len(out.GetAcks()) != 1 || third.device == twin.device {
		t.Errorf("the third of the book: %v", out)
	}
	// A fourth is told the third's number first, which has a token of its own by then, and goes on.
	if err := third.reclaim(); err != nil {
		t.Fatal(err)
	}
	third.last = 1
	confirm := third.request()
	confirm.Confirmed = proto.Uint64(1)
	third.call(confirm)
	fourth := twin.copied()
	fourth.device, fourth.last = twin.device, 0
	for range 2 {
		fourth.device = fourth.call(fourth.request(op)).GetClone().GetDevice()
	}
	if out := fourth.call(fourth.request(op)); len(out.GetAcks()) != 1 || fourth.device == third.device {
		t.Errorf("the fourth of the book: %v", out)
	}
	third.device = first.device
	if _, err := tw.r.Sync(ctx, third.caller, third.request(op)); !isProblem(err, pb.ProblemCode_PROBLEM_CODE_BAD_REQUEST) {
		t.Errorf("in the name of the first: %v", err)
	}
}
