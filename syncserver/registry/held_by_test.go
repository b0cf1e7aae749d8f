package registry

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/syncserver/store"
	"sodanvan/syncserver/store/sqlite"
)

// heldBy is a change as a phone sends it after a restore.
func heldBy(t *testing.T, op []byte, household book.ID) []byte {
	t.Helper()
	p := &pb.Patch{}
	if err := proto.Unmarshal(op, p); err != nil {
		t.Fatal(err)
	}
	p.HeldBy = household.Bytes()
	b, err := proto.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// withHousehold is a branch with two households that have agreed.
func withHousehold(t *testing.T) (tw *town, member, secretary *phone, household, other book.ID) {
	t.Helper()
	tw = newTown(t, sqlite.Options{})
	member, secretary = tw.phone("Bình"), tw.phone("An")
	member.sync()
	secretary.sync()
	household, other = member.household("Hộ Bình1"), secretary.household("Hộ An1")
	member.sync(member.consent(household))
	secretary.sync(secretary.consent(other))
	return tw, member, secretary, household, other
}

// about are changes of a phone about a petition that the restored server never had: one waits
// for it, one is refused, one is of a newer app.
func about(t *testing.T, p *phone, petition, household book.ID) [][]byte {
	words := &pb.Petition{Text: proto.String(secretWord)}
	ops := [][]byte{
		p.patch(pb.Kind_KIND_STEP, p.id(), petition, true, &pb.Step{What: pb.StepKind_STEP_KIND_TOLD.Enum(), Reason: proto.String(secretWord)}),
		p.patch(pb.Kind_KIND_PETITION, petition, book.ID{}, false, words),
		p.patch(pb.Kind(77), p.id(), petition, true, words),
	}
	for i := range ops {
		ops[i] = heldBy(t, ops[i], household)
	}
	return ops
}

// After a restore a phone says of what it sends again whose it is: the server cannot tell an
// edit or a step of something that it lost.
func TestWhoseAChangeIsAfterARestore(t *testing.T) {
	ctx := context.Background()
	for _, first := range []string{"sent, then erased", "erased, then sent"} {
		t.Run(first, func(t *testing.T) {
			tw, _, secretary, household, other := withHousehold(t)
			petition := secretary.id()
			erase := func() {
				if _, err := tw.r.Erase(ctx, household); err != nil {
					t.Fatal(err)
				}
			}
			if first == "erased, then sent" {
				erase()
			}
			secretary.sync(about(t, secretary, petition, household)...)
			for n := secretary.last - 2; n <= secretary.last && first == "erased, then sent"; n++ {
				if got := secretary.acks[n].GetResult(); got != pb.Result_RESULT_ERASED {
					t.Errorf("change %d: %v", n, got)
				}
			}
			secretary.sync(about(t, secretary, secretary.id(), other)...)
			if got := secretary.acks[secretary.last-2].GetResult(); got != pb.Result_RESULT_PARKED {
				t.Errorf("a step about another household: %v", got)
			}
			copied := tw.backup()
			if first != "erased, then sent" {
				erase()
			}
			// Of the other household's there are as many as of this one's.
			want := map[string]int{"parked": 2, "rows": 1}
			if got := tw.words(secretWord); got["parked"] != want["parked"] || got["rows"] != want["rows"] || len(got) != 2 {
				t.Errorf("the words are in %v, want %v", got, want)
			}
			tw.sound()
			tw.clock = tw.clock.Add(time.Hour)
			tw.restore(copied)
			if got := tw.words(secretWord); got["parked"] != want["parked"] || got["rows"] != want["rows"] {
				t.Errorf("after a restore the words are in %v, want %v", got, want)
			}
			tw.sound()
		})
	}
}

// Nobody's record goes because a change of somebody else says that it is about what is erased,
// and such a change does not stay either.
func TestErasureTakesNothingThatStands(t *testing.T) {
	ctx := context.Background()
	tw, stranger, owner, household, other := withHousehold(t)
	if bytes.Compare(household[:], other[:]) > 0 {
		// After a restore they are erased in this order, and what is about the first is looked at
		// while the other one still stands and cannot be read.
		owner, stranger, household, other = stranger, owner, other, household
	}
	visit := owner.id()
	owner.sync(owner.visit(visit, other, "của hộ khác"))
	stand := []book.ID{visit, other, tw.by["An"]}
	for _, id := range stand {
		stranger.sync(stranger.patch(pb.Kind_KIND_VISIT, id, household, true, &pb.Visit{Note: proto.String(secretWord)}),
			stranger.patch(pb.Kind(77), id, household, true, &pb.Visit{Note: proto.String(secretWord)}),
			heldBy(t, stranger.patch(pb.Kind(77), id, book.ID{}, false, &pb.Visit{Note: proto.String(secretWord)}), household))
	}
	if before := tw.words(secretWord); before["parked"] == 0 || before["rows"] == 0 {
		t.Fatalf("the words are in %v", before)
	}
	copied := tw.backup()
	if _, err := tw.r.Erase(ctx, household); err != nil {
		t.Fatal(err)
	}
	if got := tw.words(secretWord); len(got) != 0 {
		t.Errorf("the words are in %v", got)
	}
	err := tw.r.store.Read(ctx, func(from store.Reader) error {
		for _, id := range stand {
			if r, err := from.Row(id); err != nil || r == nil {
				t.Errorf("%s is gone: %v", id, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	tw.sound()
	owner.sync(owner.patch(pb.Kind_KIND_VISIT, visit, book.ID{}, false, &pb.Visit{Note: proto.String("sửa lại")}))
	if got := owner.acks[owner.last].GetResult(); got != pb.Result_RESULT_STORED {
		t.Errorf("an edit of what stands: %v", got)
	}
	// Nor does such a change keep a restored server from opening where both are erased.
	if _, err := tw.r.Erase(ctx, other); err != nil {
		t.Fatal(err)
	}
	keysOfToday(t, tw, copied)
	tw.clock = tw.clock.Add(time.Hour)
	tw.restore(copied)
	for _, words := range []string{"của hộ khác", secretWord} {
		if got := tw.words(words); len(got) != 0 {
			t.Errorf("the words are in %v", got)
		}
	}
	tw.sound()
}

// A change that was sent to a life of the database which was lost goes again with its household
// behind the same bytes: a backup of that life, restored after all, knows it by its number.
func TestAChangeIsKnownWithAndWithoutItsHolder(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	h := member.household("Hộ Bình1")
	op := member.consent(h)
	member.sync(op)
	ack := member.acks[1]
	held, err := proto.Marshal(&pb.Patch{HeldBy: h.Bytes()})
	if err != nil {
		t.Fatal(err)
	}
	member.last = 0
	out := member.sync(slices.Concat(op, held))
	if out.GetClone() != nil || len(out.GetAcks()) != 1 || out.GetAcks()[0].GetStamp() != ack.GetStamp() {
		t.Errorf("the same change again: %v", out)
	}
	for name, c := range map[string]struct {
		raw  []byte
		same bool
	}{
		"behind":         {slices.Concat(op, held), true},
		"in front":       {slices.Concat(held, op), true},
		"twice":          {slices.Concat(held, op, held), true},
		"another change": {member.visit(member.id(), h, "khác"), false},
		"cut":            {slices.Concat(op, held[:len(held)-1]), false},
		"nothing":        {nil, false},
	} {
		if same := bytes.Equal(lww.ChangeHash(op), lww.ChangeHash(c.raw)); same != c.same {
			t.Errorf("%s: the same change: %v", name, same)
		}
	}
}

// The secretary's edit of a visit was refused and lay on the desk. The server is put back to
// before the visit, then its household is erased: no phone brings the words back.
func TestARefusedChangeOfTheErasedStaysAway(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member, secretary, stranger := tw.phone("Bình"), tw.phone("An"), tw.phone("Em")
	for _, p := range []*phone{member, secretary, stranger} {
		p.sync()
	}
	h := member.household("Hộ Bình1")
	copied := tw.backup()
	visit := member.id()
	member.sync(member.consent(h), member.visit(visit, h, "a"))
	edit := &pb.Visit{Note: proto.String(secretWord)}
	secretary.sync(secretary.patch(pb.Kind_KIND_VISIT, visit, book.ID{}, false, edit))
	stranger.sync(stranger.patch(pb.Kind_KIND_VISIT, visit, book.ID{}, false, edit))
	refused := func(p *phone) (rows []*pb.Row) {
		for _, r := range p.rows {
			if r.GetEnvelope().GetKind() == pb.Kind_KIND_REFUSED {
				rows = append(rows, r)
			}
		}
		return rows
	}
	secretary.sync()
	desk := refused(secretary)
	if len(desk) != 1 || !bytes.Equal(desk[0].GetEnvelope().GetHousehold(), h.Bytes()) {
		t.Fatalf("on the desk: %v", desk)
	}
	// Another branch learns nothing of whose it is.
	other := tw.phone("Dung")
	other.sync()
	for _, r := range refused(other) {
		if r.GetEnvelope().GetHousehold() != nil {
			t.Errorf("another branch's desk says %x", r.GetEnvelope().GetHousehold())
		}
	}
	tw.restore(copied)
	if _, err := tw.r.Erase(context.Background(), h); err != nil {
		t.Fatal(err)
	}
	secretary.meet()
	secretary.offer(desk...)
	if got := tw.words(secretWord); len(got) != 0 {
		t.Errorf("erased words are in %v", got)
	}
	tw.sound()
}

// A copied phone that nobody confirmed yet: all that it sends waits on the desk, but not what
// is about a new record of an erased household, which names that record alone.
func TestACopyWritesNothingAboutTheErased(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	first := tw.phone("Bình")
	first.sync()
	h := first.household("Hộ Bình1")
	first.sync(first.consent(h))
	if _, err := tw.r.Erase(context.Background(), h); err != nil {
		t.Fatal(err)
	}
	twin := *first
	twin.rows, twin.acks, twin.last = map[book.ID]*pb.Row{}, map[uint64]*pb.Ack{}, 0
	visit := twin.id()
	ops := [][]byte{twin.visit(visit, h, secretWord), twin.patch(pb.Kind_KIND_REVIEW, twin.id(), visit, true, &pb.Review{Verdict: pb.Verdict_VERDICT_RETURNED.Enum(), Reason: proto.String(secretWord)})}
	out, err := tw.r.Sync(context.Background(), twin.caller, twin.request(ops...))
	if err != nil || out.GetClone() == nil {
		t.Fatalf("not taken for a copy: %v %v", out, err)
	}
	twin.device = out.GetClone().GetDevice()
	if out, err = tw.r.Sync(context.Background(), twin.caller, twin.request(ops...)); err != nil {
		t.Fatal(err)
	}
	for _, a := range out.GetAcks() {
		if a.GetResult() != pb.Result_RESULT_ERASED {
			t.Errorf("answered: %v", a)
		}
	}
	if got := tw.words(secretWord); len(out.GetAcks()) != 2 || len(got) != 0 {
		t.Errorf("%d acks, words in %v", len(out.GetAcks()), got)
	}
	// It gets no rows, but it hears what must go from it.
	if len(out.GetRows()) != 0 || !slices.ContainsFunc(out.GetErased(), func(b []byte) bool { return bytes.Equal(b, h.Bytes()) }) {
		t.Errorf("%d rows, erased %x", len(out.GetRows()), out.GetErased())
	}
}

// Servers of before counted the household in when they noted what a change was.
func TestAChangeOfBeforeIsKnownAgain(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	h := member.household("Hộ Bình1")
	op := heldBy(t, member.consent(h), h)
	member.sync(op)
	ack, err := proto.Marshal(member.acks[1])
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(op)
	if err := tw.r.store.Write(context.Background(), func(tx store.Tx) error {
		return errors.Join(tx.ForgetLog(member.device, 1), tx.AppendLog(member.device, []store.LogEntry{{Number: 1, Hash: sum[:16], Ack: ack}}))
	}); err != nil {
		t.Fatal(err)
	}
	member.last = 0
	if out := member.sync(op); out.GetClone() != nil || len(out.GetAcks()) != 1 {
		t.Errorf("the same bytes again: %v", out)
	}
}

// One change lies on a desk once, whether its writer's phone says by now whose it is or not.
func TestASuggestionLiesOnTheDeskOnce(t *testing.T) {
	for _, order := range [][]string{{"desk", "writer"}, {"writer", "desk"}} {
		tw, member, secretary, h, _ := withHousehold(t)
		visit := member.id()
		member.sync(member.visit(visit, h, "a"))
		copied := tw.backup()
		p := decodedPatch(t, member.patch(pb.Kind_KIND_VISIT, visit, book.ID{}, false, &pb.Visit{Note: proto.String("dở dang")}))
		p.Unfinished = proto.Bool(true)
		raw, err := proto.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		member.sync(raw)
		secretary.sync()
		var desk []*pb.Row
		for _, r := range secretary.rows {
			if r.GetEnvelope().GetKind() == pb.Kind_KIND_SUGGESTION {
				desk = append(desk, r)
			}
		}
		tw.restore(copied)
		member.meet()
		secretary.meet()
		for _, who := range order {
			if who == "desk" {
				secretary.offer(desk...)
			} else {
				member.sync(heldBy(t, raw, h))
			}
		}
		secretary.sync()
		if n := len(secretary.suggestions()); n != 1 || len(desk) != 1 {
			t.Errorf("%v: %d on the desk, %d before", order, n, len(desk))
		}
	}
}

func decodedPatch(t *testing.T, raw []byte) *pb.Patch {
	t.Helper()
	p := &pb.Patch{}
	if err := proto.Unmarshal(raw, p); err != nil {
		t.Fatal(err)
	}
	return p
}

// After a restore a phone may offer what lay on the desk, and may lie: that another's change
// is about an erased household, or that it is about one that is erased later.
func TestNobodysWordErasesTheWorkOfOthers(t *testing.T) {
	for _, lie := range []string{"the change", "the row", "the holder"} {
		for _, what := range []string{"record", "step"} {
			t.Run(lie+", "+what, func(t *testing.T) {
				tw, member, secretary, h, other := withHousehold(t)
				mean := tw.phone("Cúc")
				mean.sync()
				copied := tw.backup()
				petition := member.id()
				p := decodedPatch(t, member.patch(pb.Kind_KIND_PETITION, petition, h, true, &pb.Petition{
					Number: proto.String(book.PetitionNumber(member.device, 1)), Day: proto.Int32(20778), Text: proto.String("Xin sửa cống.")}))
				p.Unfinished = proto.Bool(lie != "the change")
				create, err := proto.Marshal(p)
				if err != nil {
					t.Fatal(err)
				}
				member.sync(create)
				number := member.last
				secretary.sync()
				stands := secretary.rows[petition]
				tw.restore(copied)
				mean.meet()
				member.meet()
				secretary.meet()
				// The lie: the desk's row as it was, but for one word.
				told := proto.Clone(p).(*pb.Patch)
				switch lie {
				case "the change":
					told = &pb.Patch{Envelope: &pb.Envelope{Kind: pb.Kind_KIND_PETITION.Enum(), Id: petition.Bytes(), Subject: other.Bytes()}, Create: proto.Bool(true)}
				case "the holder":
					told.HeldBy = other.Bytes()
				}
				raw, err := proto.Marshal(told)
				if err != nil {
					t.Fatal(err)
				}
				body, err := lww.Encode(&pb.Suggestion{Patch: raw, Device: &member.device, Number: &number, TimeMs: proto.Int64(1)})
				if err != nil {
					t.Fatal(err)
				}
				row := &pb.Row{Envelope: &pb.Envelope{Kind: pb.Kind_KIND_SUGGESTION.Enum(), Id: mean.id().Bytes(), Subject: petition.Bytes(),
					Holder: &pb.Holder{Kind: pb.HolderKind_HOLDER_KIND_DESK.Enum(), Id: member.join.GetBranch()}}, Body: body}
				if lie == "the row" {
					row.Envelope.Household = other.Bytes()
				}
				if lie == "the change" {
					if _, err := tw.r.Erase(context.Background(), other); err != nil {
						t.Fatal(err)
					}
				}
				mean.offer(row)
				if lie != "the change" && what == "record" {
					// The writer's phone sends it again before the other household is erased, or after.
					member.sync(create)
					if _, err := tw.r.Erase(context.Background(), other); err != nil {
						t.Fatal(err)
					}
					if tw.deskRows() != 1 {
						t.Errorf("%d rows on the desk", tw.deskRows())
					}
				}
				op := create
				if what == "step" {
					if stands == nil {
						t.Skip("it never stood")
					}
					// The desk took it over from another phone.
					if err := tw.r.store.Write(context.Background(), func(tx store.Tx) error {
						w, err := tw.r.begin(tx)
						if err != nil {
							return err
						}
						rec, _ := book.RecordFrom(stands, tw.by["Chi bộ Xóm Đình"])
						if _, err := w.put(rec, nil); err != nil {
							return err
						}
						return w.finish()
					}); err != nil {
						t.Fatal(err)
					}
					op = member.patch(pb.Kind_KIND_STEP, member.id(), petition, true, &pb.Step{What: pb.StepKind_STEP_KIND_TOLD.Enum(), Day: proto.Int32(20778)})
				}
				member.sync(op)
				if a := member.acks[member.last]; a.GetResult() == pb.Result_RESULT_ERASED || a == nil {
					t.Errorf("the writer's own change: %v", a)
				}
				tw.sound()
			})
		}
	}
}

// A long chain of changes, each about the next one and the last about an erased household, is
// followed in one pass, with few questions to the database: all others wait for it.
func TestALongChainIsFollowedOnce(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	member := tw.phone("Bình")
	member.sync()
	gone := member.household("Hộ Bình1")
	if _, err := tw.r.Erase(context.Background(), gone); err != nil {
		t.Fatal(err)
	}
	asked := 0
	const long = 20_000
	ops := make([][]byte, long)
	next := gone
	for i := range ops {
		id := member.id()
		b, err := proto.Marshal(&pb.Patch{Envelope: &pb.Envelope{Id: id.Bytes(), Subject: next.Bytes()}})
		if err != nil {
			t.Fatal(err)
		}
		ops[long-1-i], next = b, id
	}
	work := &pb.SyncRequest{First: proto.Uint64(1), Ops: ops}
	err := tw.r.store.Write(context.Background(), func(tx store.Tx) error {
		w, err := tw.r.begin(counting{tx, &asked})
		if err != nil {
			return err
		}
		changed, err := w.forgetErased(work)
		if !changed || piecesOf(work) != 0 {
			t.Errorf("%d changes are left", piecesOf(work))
		}
		return err
	})
	if err != nil || asked > 10 {
		t.Errorf("the database was asked %d times: %v", asked, err)
	}
}

// counting counts questions of what stands under ids.
type counting struct {
	store.Tx
	asked *int
}

func (c counting) Known(ids []book.ID, device uint32) (map[book.ID]store.Known, error) {
	*c.asked++
	return c.Tx.Known(ids, device)
}

func (c counting) Erased(id book.ID) (bool, error) {
	*c.asked++
	return c.Tx.Erased(id)
}
