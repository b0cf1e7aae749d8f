package simulation

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"time"

	"sodanvan/app/store"
	"sodanvan/app/syncing"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	serverstore "sodanvan/syncserver/store"
)

const (
	// mostCalls is how many calls a phone may need until it is quiet.
	mostCalls = 80
	// mostRounds is how often all phones sync in turn until nothing moves any more.
	mostRounds = 10
)

// settle ends all faults, lets what is on its way arrive, and lets every phone sync until
// nothing moves.
func (w *world) settle() {
	w.note("calm")
	w.calm = true
	w.server.left, w.server.room = 0, 0
	for _, p := range w.alive() {
		p.left, p.room = 0, 0
	}
	w.chance = rand.New(rand.NewPCG(w.seed, 9))
	for _, it := range w.flight {
		w.deliver(it)
	}
	w.flight = nil
	for _, p := range w.alive() {
		if p.jumped || p.pages > 0 {
			p.pages = 0
			p.restart()
		}
	}
	if w.server.pages > 0 {
		w.server.pages = 0
		w.server.restart()
	}
	rounds := mostRounds
	if w.dayOps > 0 {
		rounds *= 6
	}
	quiet := 0
	for range rounds {
		if w.dayOps > 0 {
			w.now = w.now.Add(25 * time.Hour)
		}
		before := w.mirror.total()
		for _, p := range w.alive() {
			p.settle()
		}
		for _, p := range w.alive() {
			p.confirm()
			p.takeOver()
		}
		waiting := slices.ContainsFunc(w.alive(), func(p *phone) bool { return p.waits() })
		if quiet++; waiting || w.mirror.total() != before {
			quiet = 0
		}
		if quiet == 2 {
			return
		}
	}
	w.fail("not quiet", "after %d rounds", rounds)
}

// settle calls until the phone rests.
func (p *phone) settle() {
	for range mostCalls {
		p.now = p.now.Add(10 * time.Minute)
		if p.locked {
			p.again()
		}
		out := p.call(fine)
		if p.gone {
			return
		}
		if out.Kind == syncing.Rest && out.Wake.Sub(p.clock()) > 0 || out.Problem.GetCode() == pb.ProblemCode_PROBLEM_CODE_THROTTLED {
			return
		}
	}
	p.fail("a phone is not quiet", "%s after %d calls: %+v", p.name, mostCalls, p.engine.Status())
}

// waits tells whether a phone has something to send or to fetch.
func (p *phone) waits() bool {
	st := p.state()
	if st.Unconfirmed {
		return slices.ContainsFunc(slices.Collect(p.book().Ops()), store.Op.Unsent) // nothing comes to it yet
	}
	return len(st.Fillings) > 0 || st.SumDiffers || len(st.Differs) > 0 || p.book().OfferCount() > 0 || slices.ContainsFunc(slices.Collect(p.book().Ops()), store.Op.Unsent)
}

// mark changes with all that is written to the server's rows.
func (m *mirror) mark() uint64 { return m.total() + uint64(m.restores)<<40 }

func (m *mirror) total() (n uint64) {
	for _, seq := range m.seq {
		n += seq
	}
	return n
}

// check holds the end of a run against all that was promised.
func (w *world) check() {
	for _, p := range w.alive() {
		w.checkPhone(p)
	}
	w.checkServer()
	w.checkTexts()
	for _, p := range w.alive() {
		w.must(p.store.Close(), "close a book")
		p.store = nil
		if found := integrity(filepath.Join(p.dir, "book.db")); found != "ok" {
			w.fail("a damaged file", "the book of %s: %s", p.name, found)
		}
	}
}

func (w *world) checkPhone(p *phone) {
	b := p.book()
	st := b.State()
	if st.Unconfirmed {
		if p.deskAlive() {
			w.fail("a copy waits for ever", "%s", p.name)
		}
		return
	}
	for o := range b.Ops() {
		w.note("%s has change %d: state %d, device %d number %d, %s %s of %s, session %q", p.name, o.Key, o.State, o.Device, o.Number, o.Kind, hash(o.Record[:]), o.Holder.Kind, o.Session)
	}
	for o := range b.Ops() {
		switch {
		case o.State == store.Parked && (o.Kind == unknown || w.restores > 0 && w.standsOnNothing(o)):
		case o.Pending():
			w.fail("a change still waits", "at %s: %s %s, state %d, number %d", p.name, o.Kind, o.Record, o.State, o.Number)
		case o.State == store.Refused && o.Refusal.GetCode() == 0:
			w.fail("refused without a reason", "at %s: %s %s", p.name, o.Kind, o.Record)
		}
	}
	if len(st.Fillings)+len(st.Leaving)+len(st.Differs) != 0 {
		for _, g := range st.Leaving {
			if !parkedFor(b, g.Holder) && !draftFor(b, g.Holder) {
				w.fail("a household does not leave", "%s of %s", g.Holder.ID, p.name)
			}
		}
		if len(st.Fillings)+len(st.Differs) != 0 {
			w.fail("not at rest", "%s: %d fillings, %d differ", p.name, len(st.Fillings), len(st.Differs))
		}
	}
	p.exact()
	w.note("%s ends with %s", p.name, p.digest())
}

// standsOnNothing: after a restore, what a parked change is about may wait on the desk itself.
func (w *world) standsOnNothing(o store.Op) bool {
	subject, _ := book.IDFrom(o.Patch().GetEnvelope().GetSubject())
	return w.mirror.rows[subject] == nil
}

func parkedFor(b *store.Snapshot, h book.Holder) bool {
	return slices.ContainsFunc(slices.Collect(b.Ops()), func(o store.Op) bool { return o.Holder == h && o.State == store.Parked })
}

func draftFor(b *store.Snapshot, h book.Holder) bool {
	return slices.ContainsFunc(b.Drafts(), func(d store.Draft) bool { return d.Holder == h })
}

// deskAlive tells whether somebody of the phone's branch could confirm it.
func (p *phone) deskAlive() bool {
	return slices.ContainsFunc(p.alive(), func(q *phone) bool { return q.desk() && !q.state().Unconfirmed && q.unit() == p.unit() })
}

// digest names all rows of a phone.
func (p *phone) digest() string {
	var sum uint64
	b := p.book()
	for r := range b.All() {
		if row, ok := b.Row(r.ID); ok {
			sum += lww.RowHash(rowOf(row))
		}
	}
	return itoa(sum)
}

// checkServer looks at the server's files and reads them once more, row by row.
func (w *world) checkServer() {
	found, err := w.server.reg.Check(ctx)
	w.must(err, "check the server")
	if len(found) > 0 {
		w.fail("the server's check", "%v", found)
	}
	n := 0
	w.must(w.server.store.Read(ctx, func(from serverstore.Reader) error {
		for unit := range w.mirror.seq {
			err := from.EachRow(unit, func(r *serverstore.Row) error {
				n++
				s := w.mirror.rows[r.ID]
				if s == nil || s.row.GetSeq() != r.Seq {
					w.fail("a row without a place in the order", "%s %s, seq %d", r.Kind, r.ID, r.Seq)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	}), "read all rows")
	if n != len(w.mirror.rows) {
		w.fail("rows vanished", "%d are there, %d were", n, len(w.mirror.rows))
	}
}

// checkTexts looks for every text that anybody wrote: in its record, in history, in a row
// that was overwritten, on the desk, among what is parked, or in a draft that is still one.
func (w *world) checkTexts() {
	there := w.onServer()
	for _, p := range w.alive() {
		for t := range p.outbox() {
			there[t] = true
		}
	}
	var lost []string
	for t, x := range w.texts {
		if x.gone == "" && !there[t] && !w.erased[x.holder.ID] {
			lost = append(lost, t+" of "+x.phone.name+" in "+hash(x.record[:]))
		}
	}
	if len(lost) > 0 {
		slices.Sort(lost)
		w.fail("a text is lost", "%v", lost)
	}
	w.checkErased(there)
}

// checkErased: what was erased is nowhere.
func (w *world) checkErased(server map[string]bool) {
	for _, p := range w.alive() {
		if p.state().Unconfirmed {
			continue // it hears nothing yet
		}
		for t := range p.everything() {
			server[t] = true
		}
	}
	var left []string
	for t, x := range w.texts {
		if w.erased[x.holder.ID] && server[t] && !x.abroad {
			left = append(left, t)
		}
	}
	if len(left) > 0 {
		slices.Sort(left)
		w.fail("erased words are still there", "%v", left)
	}
}

// everything are all texts that a phone has in any form.
func (p *phone) everything() map[string]bool {
	all := p.outbox()
	take := func(b []byte) {
		for _, t := range tokens(b) {
			all[t] = true
		}
	}
	b := p.book()
	for r := range b.All() {
		take(r.State.Body)
		if row, ok := b.Row(r.ID); ok {
			take(row.State.Body)
		}
	}
	for key := uint64(1); key <= b.State().LastKey; key++ {
		if o, ok := b.Op(key); ok {
			take(o.Bytes)
		}
	}
	return all
}

// onServer are all texts that the server has: in records, in their history, on the desk
// (suggestions, refused changes, rows that were overwritten), and among what is parked.
func (w *world) onServer() map[string]bool {
	there := map[string]bool{}
	take := func(b []byte) {
		for _, t := range tokens(b) {
			there[t] = true
		}
	}
	w.must(w.server.store.Read(ctx, func(from serverstore.Reader) error {
		for id, s := range w.mirror.rows {
			take(s.row.GetBody())
			past, err := from.History(id, 0, 1000)
			if err != nil {
				return err
			}
			for _, v := range past {
				take(v.GetValue())
			}
		}
		parked, err := from.AllParked()
		for _, o := range parked {
			take(o.Op)
		}
		return err
	}), "read all texts")
	return there
}
