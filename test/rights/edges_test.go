package rights

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/test/probe"
)

// TestOneForbiddenFieldRefusesTheWhole: a change with one field that its writer may not
// write is refused as a whole, and nothing of it is kept.
func TestOneForbiddenFieldRefusesTheWhole(t *testing.T) {
	s := newStage(t)
	s.sameAsNotThere()
	bt := s.phone["bt"]
	for name, sub := range subjects {
		if sub.by == "" {
			continue // the server's own
		}
		p := s.phone[sub.by]
		c := sub.fresh(s, p, s.secret())
		c.Raw = append(p.Encode(c.Set), raw(unknownFar, 1)...)
		o := s.send(sub.by, p.Bytes(c))
		if got := o.word(seesOnly); got != seesOnly && got != notThere {
			t.Errorf("new %s with a field of the server's: %s", name, got)
		}
		if bt.Sync(); bt.Rows[c.ID] != nil {
			t.Errorf("new %s with a field of the server's is there", name)
		}
	}
	for name, c := range map[string]struct {
		actor, row string
		field      []byte
	}{
		"member, desk field of a visit":             {"hộ", "Visit", raw(unknownDesk, 1)},
		"member, assignment of a household":         {"hộ", "Household", s.phone["hộ"].Encode(&pb.Household{Member: s.tw.Member("Cúc").Bytes()})},
		"member, deletion of a household":           {"hộ", "Household", raw(deletedMark, 1)},
		"proxy, desk field of a visit":              {"đv", "Visit/behalf", raw(unknownDesk, 1)},
		"secretary, far field of a member":          {"bt", "Member", raw(unknownFar, 1)},
		"secretary, office of a member":             {"bt", "Member", raw(200, uint64(pb.Office_OFFICE_DEPUTY))},
		"officer, office of a member":               {"cb", "Member/commune", raw(200, uint64(pb.Office_OFFICE_ADMINISTRATOR))},
		"administrator, desk field of a unit":       {"qt", "Unit", raw(unknownDesk, 1)},
		"officer, far field of an authority":        {"cb", "Authority", raw(unknownFar, 1)},
		"secretary, far field of a branch's notice": {"bt", "Notice/branch", raw(unknownFar, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			sub, p := subjects[c.row], s.phone[c.actor]
			ids, _ := s.records(sub, 1)
			bt.Sync()
			before := bt.Rows[ids[0]].GetBody()
			change := s.change(sub, ids[0], "edit", s.secret())
			change.Raw = append(p.Encode(change.Set), c.field...)
			o := s.send(c.actor, p.Bytes(change))
			if got := o.word(seesOnly); got != seesOnly {
				t.Errorf("got %s", got)
			}
			bt.Sync()
			if !bytes.Equal(bt.Rows[ids[0]].GetBody(), before) {
				t.Error("part of it was kept")
			}
		})
	}
}

// TestStrangersLearnNothingByCreating: a new record about a record of others is refused in
// the words of "not there", whatever that record is; so is one under an id that others use.
func TestStrangersLearnNothingByCreating(t *testing.T) {
	s := newStage(t)
	s.sameAsNotThere()
	about := map[string]book.ID{}
	for name, sub := range subjects {
		if s.tb.cells[cell{name, "pull", "bt2"}] == notThere {
			ids, _ := s.records(sub, 1)
			about[name] = ids[0]
		}
	}
	if len(about) < 15 {
		t.Fatalf("only %d sorts of records that the second branch does not see", len(about))
	}
	for _, actor := range []string{"bt2", "đv2", "cb", "qt", "đv"} {
		p := s.phone[actor]
		for name, id := range about {
			if s.tb.cells[cell{name, "pull", actor}] != notThere {
				continue
			}
			digest := make([]byte, 16)
			for what, c := range map[string]probe.Change{
				"Review":      create(pb.Kind_KIND_REVIEW, p, id, &pb.Review{Digest: digest, Verdict: pb.Verdict_VERDICT_APPROVED.Enum()}),
				"Step":        create(pb.Kind_KIND_STEP, p, id, s.step(sentUp, book.ID{}, digest, p.Day(), "bịa")),
				"Overwritten": create(pb.Kind_KIND_OVERWRITTEN, p, id, &pb.Overwritten{}),
				"Suggestion":  create(pb.Kind_KIND_SUGGESTION, p, id, &pb.Suggestion{}),
				"Receipt":     create(pb.Kind_KIND_RECEIPT, p, id, &pb.Receipt{What: pb.ReceiptKind_RECEIPT_KIND_READ.Enum(), Day: proto.Int32(p.Day())}),
				"the same id": {Kind: subjects[name].kind, ID: id, Subject: p.Commune, Create: true, Raw: raw(unknownLow, 1)},
				"other kind":  {Kind: pb.Kind_KIND_CALENDAR, ID: id, Raw: raw(unknownLow, 1)},
			} {
				if what == "the same id" && subjects[name].by == actor {
					continue // their own, though they do not see it: an edit
				}
				o := s.send(actor, p.Bytes(c))
				if got := o.word(notThere); got != notThere {
					t.Errorf("%s, %s about or as a %s of others: %s", actor, what, name, got)
				}
			}
		}
	}
}
