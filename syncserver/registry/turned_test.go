package registry

import (
	"context"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/syncserver/store/sqlite"
)

// turning is a branch whose server was restored from a backup that lacks a petition. The
// secretary's phone knows it, and sends what it has to say about it; the server cannot tell
// what it is about, until the member's phone brings the petition itself. By then the
// petition's household is erased.
func turning(t *testing.T) (tw *town, member, secretary *phone, petition, household book.ID) {
	t.Helper()
	tw = newTown(t, sqlite.Options{})
	member, secretary = tw.phone("Bình"), tw.phone("An")
	member.sync()
	secretary.sync()
	household = member.household("Hộ Bình1")
	member.sync(member.consent(household))
	return tw, member, secretary, member.id(), household
}

func (p *phone) told(petition book.ID) []byte {
	return p.patch(pb.Kind_KIND_STEP, p.id(), petition, true, &pb.Step{What: pb.StepKind_STEP_KIND_TOLD.Enum(), Reason: proto.String(secretWord)})
}

func (p *phone) newPetition(id, household book.ID) []byte {
	return p.patch(pb.Kind_KIND_PETITION, id, household, true, &pb.Petition{Text: proto.String(secretWord)})
}

// wantErased looks at the answers to the last n changes.
func (p *phone) wantErased(n uint64) {
	p.tw.t.Helper()
	for n := p.last - n + 1; n <= p.last; n++ {
		if got := p.acks[n].GetResult(); got != pb.Result_RESULT_ERASED {
			p.tw.t.Errorf("change %d: %v", n, got)
		}
	}
}

// What another phone sent about a record that only one phone could place goes with it, and
// comes back from no backup.
func TestWhatHangsOnATurnedAwayRecordGoes(t *testing.T) {
	ctx := context.Background()
	for name, earlier := range map[string]func(secretary *phone, petition book.ID) []byte{
		"a step that waits": func(p *phone, petition book.ID) []byte { return p.told(petition) },
		"an edit that was refused": func(p *phone, petition book.ID) []byte {
			return p.patch(pb.Kind_KIND_PETITION, petition, book.ID{}, false, &pb.Petition{Text: proto.String(secretWord)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			tw, member, secretary, petition, household := turning(t)
			secretary.sync(earlier(secretary, petition))
			sent := secretary.last
			copied := tw.backup()
			tw.clock = tw.clock.Add(time.Hour)
			if _, err := tw.r.Erase(ctx, household); err != nil {
				t.Fatal(err)
			}
			if before := tw.words(secretWord); len(before) != 1 {
				t.Fatalf("the words are in %v", before)
			}
			calls := [][]byte{member.newPetition(petition, household)}
			for range 12 { // so many that all of them are looked up together
				calls = append(calls, member.told(petition))
			}
			member.sync(calls...)
			member.wantErased(13)
			if after := tw.words(secretWord); len(after) != 0 {
				t.Errorf("the words are still in %v", after)
			}
			tw.sound()
			secretary.later(sent)
			if got := secretary.acks[sent].GetResult(); name == "a step that waits" && got != pb.Result_RESULT_ERASED {
				t.Errorf("the step is told %v", got)
			}
			tw.clock = tw.clock.Add(time.Hour)
			tw.restore(copied)
			if after := tw.words(secretWord); len(after) != 0 {
				t.Errorf("a backup brings the words back into %v", after)
			}
			tw.sound()
		})
	}
}

// Afterwards the server knows, whoever sends what.
func TestATurnedAwayRecordIsKnownOfAllPhones(t *testing.T) {
	tw, member, secretary, petition, household := turning(t)
	if _, err := tw.r.Erase(context.Background(), household); err != nil {
		t.Fatal(err)
	}
	member.sync(member.newPetition(petition, household))
	edit := func() []byte {
		return secretary.patch(pb.Kind_KIND_PETITION, petition, book.ID{}, false, &pb.Petition{Text: proto.String(secretWord)})
	}
	var many [][]byte // enough for all of them to be foreseen together
	for n := range 12 {
		if many = append(many, secretary.told(petition)); n%2 > 0 {
			many[n] = edit()
		}
	}
	secretary.sync(secretary.told(petition), edit())
	secretary.sync(many...)
	secretary.wantErased(14)
	if after := tw.words(secretWord); len(after) != 0 {
		t.Errorf("the words are in %v", after)
	}
	tw.sound()
}

// Nobody turns away what stands: to name an erased household beside another's id does nothing to it.
func TestWhatStandsIsNotTurnedAway(t *testing.T) {
	tw, member, secretary, _, household := turning(t)
	other := secretary.household("Hộ An1")
	visit := secretary.id()
	secretary.sync(secretary.consent(other), secretary.visit(visit, other, "của hộ khác"))
	if _, err := tw.r.Erase(context.Background(), household); err != nil {
		t.Fatal(err)
	}
	member.sync(member.visit(visit, household, "giả"))
	secretary.sync(secretary.patch(pb.Kind_KIND_VISIT, visit, book.ID{}, false, &pb.Visit{Note: proto.String("sửa lại")}))
	if got := secretary.acks[secretary.last].GetResult(); got != pb.Result_RESULT_STORED {
		t.Errorf("the edit of a visit that stands: %v", got)
	}
	tw.sound()
}
