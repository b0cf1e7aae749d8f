package rights

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/test/probe"
)

// changes are the verbs that change a record that stands, and the field that each touches.
var changes = []string{"edit", "clear", "conflict", "delete", "desk", "server"}

// Fields of each range that no code knows: rights must hold for them all the same.
const (
	unknownLow  = 60
	unknownDesk = 150
	unknownFar  = 250
	deletedMark = 99
)

// change makes the patch of a verb.
func (s *stage) change(sub subject, id book.ID, verb, text string) probe.Change {
	c := probe.Change{Kind: sub.kind, ID: id}
	switch verb {
	case "edit", "conflict":
		c.Blind = verb == "conflict"
		if sub.edit == nil {
			c.Raw = raw(unknownLow, 1)
		} else {
			c.Set = sub.edit(text)
		}
	case "clear":
		c.Cleared, c.Set = []uint32{sub.clear}, sub.clearSet
	case "delete":
		c.Raw = raw(deletedMark, 1)
	case "desk":
		c.Raw = raw(unknownDesk, 1)
	case "server":
		c.Raw = raw(unknownFar, 1)
	default:
		c.Raw = sub.fields[verb](s)
	}
	return c
}

func TestRights(t *testing.T) {
	s := newStage(t)
	s.sameAsNotThere()
	for _, row := range s.tb.rows {
		sub, ok := subjects[row]
		if !ok {
			t.Errorf("the table has a row %q that this test cannot try", row)
			continue
		}
		if slices.Contains(s.tb.verbs[row], "create") {
			s.creations(row, sub)
		}
		s.changes(row, sub)
	}
	for name := range subjects {
		if !slices.Contains(s.tb.rows, name) {
			t.Errorf("the table has no row %q", name)
		}
	}
	s.calls()
	s.pulls()
	s.forged()
	s.allEqual()
	for key, d := range s.tb.known {
		if !d.used {
			t.Errorf("deviation %q is of no cell", key)
		}
	}
	t.Logf("%d cells, %d replies looked at", len(s.tb.cells), s.replies)
}

// TestTableIsWhole: all twenty kinds, all seven verbs and three ranges, all actors.
func TestTableIsWhole(t *testing.T) {
	tb := readTable(t, "testdata/rights.txt")
	have := map[pb.Kind]map[string]bool{}
	for _, row := range tb.rows {
		k := subjects[row].kind
		if have[k] == nil {
			have[k] = map[string]bool{}
		}
		for _, verb := range tb.verbs[row] {
			have[k][verb] = true
		}
	}
	for n, name := range pb.Kind_name {
		for _, verb := range append([]string{"create", "pull", "history"}, changes...) {
			if n != 0 && !have[pb.Kind(n)][verb] {
				t.Errorf("%s: no row for %s", name, verb)
			}
		}
	}
	words := []string{yes, notThere, seesOnly, writeOnce, suggested, revoked, unknown}
	for c, word := range tb.cells {
		if !slices.Contains(words, word) {
			t.Errorf("%v: %q is no word of the table", c, word)
		}
	}
}

// sameAsNotThere learns the answer for a record that does not exist, and that it is one
// for all actors and kinds.
func (s *stage) sameAsNotThere() {
	for _, actor := range actors[:8] {
		for name, sub := range subjects {
			o := s.send(actor, s.writer(actor).Bytes(s.change(sub, s.writer(actor).ID(), "edit", "lời-bịa-không-đâu")))
			if notThereRefusal == nil {
				notThereRefusal = o.ack.GetRefusal()
			}
			if got := o.word(notThere); got != notThere || o.ack.GetResult() != pb.Result_RESULT_REFUSED {
				s.t.Errorf("%s on a %s that is not there: %s", actor, name, got)
			}
		}
	}
}

// check compares an outcome with the table.
func (s *stage) check(row, verb, actor string, o outcome) (stored bool) {
	s.t.Helper()
	want := s.tb.want(row, verb, actor)
	if got := o.word(want); got != want {
		s.t.Errorf("%s %s by %s: %s, the table has %s", row, verb, actor, got, want)
	}
	return o.ack.GetResult() == pb.Result_RESULT_STORED
}

// quiet checks that a reply tells nothing of a record to one who may not see it.
func (s *stage) quiet(row, verb, actor string, id book.ID, o outcome, secrets ...string) {
	s.t.Helper()
	if s.tb.cells[cell{row, "pull", actor}] == yes {
		return
	}
	b, err := proto.Marshal(o.reply)
	if err != nil {
		s.t.Fatal(err)
	}
	if o.err != nil {
		b = append(b, o.err.Error()...)
		b = append(b, o.problem.String()...)
	}
	for _, secret := range secrets {
		if secret != "" && bytes.Contains(b, []byte(secret)) {
			s.t.Errorf("%s %s by %s: the reply holds what the record says", row, verb, actor)
		}
	}
	for _, r := range o.reply.GetRows() {
		self, _ := book.IDFrom(r.GetEnvelope().GetId())
		about, _ := book.IDFrom(r.GetEnvelope().GetSubject())
		// One's own refused change comes back to one's own desk; it says what one sent.
		if kind := r.GetEnvelope().GetKind(); self == id || about == id && kind != pb.Kind_KIND_REFUSED && kind != pb.Kind_KIND_SUGGESTION {
			s.t.Errorf("%s %s by %s: the reply has a %s of or about the record", row, verb, actor, kind)
		}
	}
}

// creations lets every actor make a record that is valid but for rights.
func (s *stage) creations(row string, sub subject) {
	made, refused := map[book.ID]string{}, map[book.ID]string{}
	for _, actor := range actors {
		p := s.writer(actor)
		c := sub.fresh(s, p, s.secret())
		o := s.send(actor, p.Bytes(c))
		if s.check(row, "create", actor, o) {
			made[c.ID] = actor
		} else {
			refused[c.ID] = actor
			s.quiet(row, "create", actor, c.ID, o)
		}
	}
	bt := s.phone["bt"]
	bt.Sync()
	for id, actor := range refused {
		if bt.Rows[id] != nil {
			s.t.Errorf("%s create by %s: not stored, and there it is", row, actor)
		}
	}
	for id, actor := range made {
		// The second branch's own receipts are not for the first one's secretary.
		if bt.Rows[id] == nil && !strings.HasSuffix(actor, "2") {
			s.t.Errorf("%s create by %s: stored, and it is not there", row, actor)
		}
	}
}

// records makes n records of a row of the table.
func (s *stage) records(sub subject, n int) (ids []book.ID, secrets []string) {
	if sub.make != nil {
		return sub.make(s, n)
	}
	p := s.phone[sub.by]
	var all []probe.Change
	for range n {
		secrets = append(secrets, s.secret())
		c := sub.fresh(s, p, secrets[len(secrets)-1])
		all, ids = append(all, c), append(ids, c.ID)
	}
	s.must(p, all...)
	if sub.kind == pb.Kind_KIND_RECEIPT {
		secrets = make([]string, n) // no text in it
	}
	return ids, secrets
}

// changes lets every actor try every change, each on a record of its own.
func (s *stage) changes(row string, sub subject) {
	var verbs []string
	for _, verb := range s.tb.verbs[row] {
		if slices.Contains(changes, verb) || sub.fields[verb] != nil {
			verbs = append(verbs, verb)
		}
	}
	reads := slices.Contains(s.tb.verbs[row], "history")
	if len(verbs) == 0 && !reads {
		return
	}
	ids, secrets := s.records(sub, len(verbs)*len(actors)+1)
	newer := map[book.ID]string{}
	// Where nobody may edit, nothing can change meanwhile.
	if slices.Contains(verbs, "conflict") && s.tb.cells[cell{row, "conflict", sub.by}] == yes {
		newer = s.meanwhile(sub, verbs, ids)
	}
	bt := s.phone["bt"]
	bt.Sync()
	before := map[book.ID][]byte{}
	for _, id := range ids {
		before[id] = bt.Rows[id].GetBody()
		if len(before[id]) == 0 {
			s.t.Fatalf("%s: the secretary has no such record", row)
		}
	}
	stored := map[book.ID]string{}
	tried := map[book.ID]string{}
	for v, verb := range verbs {
		for a, actor := range actors {
			i := v*len(actors) + a
			p := s.writer(actor)
			o := s.send(actor, p.Bytes(s.change(sub, ids[i], verb, s.secret())))
			tried[ids[i]] = verb + " by " + actor
			if s.check(row, verb, actor, o) {
				stored[ids[i]] = verb + " by " + actor
				if verb == "assign" {
					s.owns(ids[i], "Cúc")
				}
			}
			s.quiet(row, verb, actor, ids[i], o, secrets[i], newer[ids[i]])
		}
	}
	bt.Sync()
	for id, what := range tried {
		same := bytes.Equal(bt.Rows[id].GetBody(), before[id])
		if stored[id] == "" && !same {
			s.t.Errorf("%s %s: not stored, and the record has changed", row, what)
		}
		if stored[id] != "" && same {
			s.t.Errorf("%s %s: stored, and the record is as before", row, what)
		}
	}
	if reads {
		s.histories(row, ids[len(ids)-1], secrets[len(secrets)-1])
	}
	s.toPull = append(s.toPull, pulled{row, ids[len(ids)-1], secrets[len(secrets)-1]})
}

// meanwhile lets who made the records change them before the conflicting edits come.
func (s *stage) meanwhile(sub subject, verbs []string, ids []book.ID) map[book.ID]string {
	newer := map[book.ID]string{}
	p := s.phone[sub.by]
	p.Sync()
	var all []probe.Change
	at := slices.Index(verbs, "conflict") * len(actors)
	for _, id := range ids[at : at+len(actors)] {
		newer[id] = s.secret()
		all = append(all, s.change(sub, id, "edit", newer[id]))
	}
	s.must(p, all...)
	return newer
}

// histories asks for the earlier values of a record, and compares the answer to a stranger
// with the one for a record that is not there.
func (s *stage) histories(row string, id book.ID, secret string) {
	for _, actor := range actors {
		p := s.writer(actor)
		if actor == "lạ" {
			p = p.Copy()
			p.Token = ""
		}
		want := s.tb.want(row, "history", actor)
		_, err := p.History(id)
		o := outcome{err: err, problem: probe.ProblemOf(err)}
		got := o.word(want)
		switch {
		case err == nil:
			got = yes
		case o.problem.GetCode() == pb.ProblemCode_PROBLEM_CODE_NOT_YOURS:
			got = notThere
			_, other := p.History(p.ID())
			if other == nil || other.Error() != err.Error() || !proto.Equal(probe.ProblemOf(other), o.problem) {
				s.t.Errorf("%s history by %s: %v, and of what is not there %v", row, actor, err, other)
			}
		}
		if got != want {
			s.t.Errorf("%s history by %s: %s, the table has %s", row, actor, got, want)
		}
	}
}

// pulled is a record that a first sync gives to those who may see it.
type pulled struct {
	row    string
	id     book.ID
	secret string
}

// pulls empties every phone and lets it fetch all anew.
func (s *stage) pulls() {
	for _, actor := range actors {
		p := s.writer(actor)
		if actor == "lạ" {
			p = p.Copy()
			p.Token = ""
		}
		p.Forget()
		var failed outcome
		for range 1000 {
			out, err := p.Try()
			if err != nil {
				failed = outcome{err: err, problem: probe.ProblemOf(err)}
				break
			}
			if !out.GetMore() && out.GetView() == nil && len(p.Filling) == 0 {
				break
			}
		}
		for _, x := range s.toPull {
			want := s.tb.want(x.row, "pull", actor)
			got := notThere
			if failed.err != nil {
				got = failed.word(want)
			} else if p.Rows[x.id] != nil {
				got = yes
			}
			if got != want {
				s.t.Errorf("%s pull by %s: %s, the table has %s", x.row, actor, got, want)
			}
		}
		if actor == "sao" && len(p.Rows)+len(p.Reply.GetRows())+len(p.Reply.GetDigests())+len(p.View) > 0 {
			s.t.Errorf("the unconfirmed copy holds %d rows", len(p.Rows))
		}
	}
}

// allEqual: after all that, phones and server agree, and the server is sound.
func (s *stage) allEqual() {
	for _, actor := range slices.Sorted(maps.Keys(s.phone)) {
		if actor == "thu" || actor == "sao" {
			continue
		}
		s.phone[actor].Sync()
		if diff := s.phone[actor].Equal(); diff != "" {
			s.t.Errorf("%s: %s", actor, diff)
		}
	}
	found, err := s.tw.Registry.Check(s.t.Context())
	if err != nil || len(found) > 0 {
		s.t.Errorf("the server's own check: %v %v", found, err)
	}
}
