package store

import (
	"bytes"
	"context"
	"slices"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/lww"
)

func (s *Store) apply(ctx context.Context, d Delta) (out Applied, err error) {
	err = s.write(ctx, func(w *writer) error {
		out = Applied{}
		w.apply(d, &out)
		return nil
	})
	if err != nil {
		return Applied{}, err
	}
	return out, nil
}

// apply lays one reply into the book. The order matters: acks first, since they decide what
// a household that leaves still waits for; then the view, which decides which rows are ours;
// cursors before fillings, since a new filling starts at them.
func (w *writer) apply(d Delta, out *Applied) {
	st := w.st()
	if d.Epoch != nil {
		w.newEpoch(d, out)
		return
	}
	st.LastSyncMS = d.PhoneMS
	if d.Now != 0 {
		st.ServerNow = max(st.ServerNow, d.Now)
		st.SkewMS = d.Now.Millis() - d.PhoneMS
	}
	if d.Compared {
		st.ComparedMS = d.PhoneMS
	}
	if d.AuditHead != nil {
		st.AuditHead = d.AuditHead
	}
	if d.Clone != nil && d.Device == st.Identity.Device {
		w.clone(d.Clone, out)
	} else if len(d.Cursors) > 0 {
		st.Unconfirmed = false
	}
	// A call under the number that was given up consumed nothing.
	if d.Device == st.Identity.Device {
		w.acks(d.Acks, out)
		st.Kept = max(st.Kept, min(d.Kept, st.Confirmed))
	}
	w.cursors(d.Cursors)
	if d.View != nil {
		w.view(d.View, out)
	}
	w.filling(d.Filling)
	w.serverRows(d.Rows, out)
	w.erased(d.Erased)
	switch {
	case d.More:
		st.Partial = true
	case d.Sum != nil || len(d.Digests) > 0: // they end a pull
		st.Partial = false
	}
	w.settle()
	w.heal(d, out)
	w.compare(d, out)
	if d.Device == st.Identity.Device {
		w.dropOffers(d.Offered)
	}
}

// unitOf is the partition in which a holder's rows are counted.
func (st *State) unitOf(h book.Holder) book.ID {
	switch h.Kind {
	case pb.HolderKind_HOLDER_KIND_MEMBER, pb.HolderKind_HOLDER_KIND_HOUSEHOLD:
		if st.Identity.Branch.IsZero() {
			return st.Identity.Commune
		}
		return st.Identity.Branch
	}
	return h.ID
}

func wholeBranch(unit book.ID) book.Holder {
	return book.Holder{Kind: pb.HolderKind_HOLDER_KIND_WHOLE_BRANCH, ID: unit}
}

// grants is the view as last heard: complete grants and those that are filling.
func (st *State) grants() map[book.Holder]uint64 {
	m := make(map[book.Holder]uint64, len(st.Grants)+len(st.Fillings))
	for _, g := range st.Grants {
		m[g.Holder] = g.Number
	}
	for _, f := range st.Fillings {
		m[f.Holder] = f.Number
	}
	return m
}

func covered(m map[book.Holder]uint64, h book.Holder, unit book.ID) bool {
	if _, ok := m[h]; ok {
		return true
	}
	_, ok := m[wholeBranch(unit)]
	return ok
}

// Cursor is the position in a partition; 0: none yet.
func (st *State) Cursor(unit book.ID) uint64 {
	for _, c := range st.Cursors {
		if c.Unit == unit {
			return c.Seq
		}
	}
	return 0
}

// acks takes the server's answers in the order of the numbers. One beyond a gap is left
// alone: its change is sent again and answered again.
func (w *writer) acks(acks []*pb.Ack, out *Applied) {
	acks = slices.Clone(acks)
	slices.SortStableFunc(acks, func(a, b *pb.Ack) int {
		switch {
		case a.GetNumber() < b.GetNumber():
			return -1
		case a.GetNumber() > b.GetNumber():
			return 1
		}
		return 0
	})
	byNumber := map[uint64]*Op{}
	for _, o := range w.ops {
		if o.Device == w.state.Identity.Device && o.Number != 0 {
			byNumber[o.Number] = o
		}
	}
	st := w.st()
	for _, a := range acks {
		if a.GetResult() == pb.Result_RESULT_LATER || a.GetResult() == pb.Result_RESULT_UNSPECIFIED {
			continue
		}
		o := byNumber[a.GetNumber()]
		switch {
		case a.GetNumber() == st.Confirmed+1 && a.GetNumber() <= st.LastNumber:
			st.Confirmed++
		case a.GetNumber() <= st.Confirmed && o != nil && (o.State == Parked || o.State == Suggested):
		default:
			continue
		}
		if o != nil {
			if a.GetBuilt() && !o.Gone {
				w.build(o, a)
			}
			byNumber[o.Number] = w.ack(o, a, out)
		}
	}
}

// build makes the row that the server made of an own change, so that it need not come back.
// Where that cannot be done the digest will differ and say so.
func (w *writer) build(o *Op, a *pb.Ack) {
	if o.Patch() == nil {
		return
	}
	var before *pb.Row
	if r, ok := w.rows.get(o.Record); ok {
		if r.rec.Seq >= a.GetSeq() {
			return
		}
		before = &pb.Row{Envelope: &pb.Envelope{Kind: r.rec.Kind.Enum(), Id: r.rec.ID.Bytes(), Author: r.rec.Author.Bytes(),
			Subject: r.rec.Subject.Bytes(), Household: r.rec.Household.Bytes(), Holder: r.rec.Holder.Proto()}}
		r.rec.State.IntoRow(before)
	}
	row, err := lww.Build(before, o.Patch(), a, o.Device, w.state.Identity.Member.Bytes(), o.Holder.Proto())
	if err != nil {
		return
	}
	if rec, ok := book.RecordFrom(row, o.Unit); ok {
		w.putRow(&Record{Record: rec}, lww.RowHash(row))
	}
}

func (w *writer) ack(o *Op, a *pb.Ack, out *Applied) *Op {
	c := *o
	c.Stamp, c.Seq, c.Refusal, c.Was = hlc.Stamp(a.GetStamp()), a.GetSeq(), nil, 0
	switch {
	case o.State == Erased:
		return o
	case o.Gone:
		w.blank(o)
		return o
	case a.GetResult() == pb.Result_RESULT_ERASED:
		w.blank(o)
		w.erase(map[book.ID]bool{o.Record: true})
		return o
	case o.Mended:
		c.State = Done
	case a.GetResult() == pb.Result_RESULT_STORED:
		c.State = Stored
	case a.GetResult() == pb.Result_RESULT_PARKED:
		c.State = Parked
	case a.GetResult() == pb.Result_RESULT_SUGGESTION:
		c.State = Suggested
	default: // refused, and any result of a newer server: a person must see it
		c.State, c.Refusal = Refused, a.GetRefusal()
		if c.Refusal == nil {
			c.Refusal = &pb.Refusal{}
		}
		if !o.Away {
			out.Refused = append(out.Refused, c)
		}
	}
	w.putOp(&c)
	return &c
}

// blank leaves the number of a change and nothing else.
func (w *writer) blank(o *Op) {
	if o.Device != w.state.Identity.Device || o.Number <= w.state.Kept {
		w.dropOp(o.Key)
		return
	}
	w.putOp(&Op{Key: o.Key, Number: o.Number, Device: o.Device, State: Erased, Record: o.Record, MadeMS: o.MadeMS})
}

// cursors never go back.
func (w *writer) cursors(cs []*pb.Cursor) {
	if len(cs) == 0 {
		return
	}
	at := map[book.ID]uint64{}
	for _, c := range w.state.Cursors {
		at[c.Unit] = c.Seq
	}
	for _, c := range cs {
		if unit, ok := w.state.unitNamed(c.GetUnit()); ok {
			at[unit] = max(at[unit], c.GetSeq())
		}
	}
	w.st().Cursors = sortedCursors(at)
}

// unitNamed finds the partition that a full or short id names.
func (st *State) unitNamed(named []byte) (book.ID, bool) {
	if unit, ok := book.IDFrom(named); ok {
		return unit, true
	}
	for _, unit := range []book.ID{st.Identity.Branch, st.Identity.Commune} {
		if !unit.IsZero() && lww.IsUnit(unit[:], named) {
			return unit, true
		}
	}
	return book.ID{}, false
}

func sortedCursors(at map[book.ID]uint64) []Cursor {
	out := make([]Cursor, 0, len(at))
	for unit, seq := range at {
		out = append(out, Cursor{unit, seq})
	}
	slices.SortFunc(out, func(a, b Cursor) int { return bytes.Compare(a.Unit[:], b.Unit[:]) })
	return out
}

func compareGrants(a, b Grant) int {
	if a.Holder.Kind != b.Holder.Kind {
		return int(a.Holder.Kind) - int(b.Holder.Kind)
	}
	return bytes.Compare(a.Holder.ID[:], b.Holder.ID[:])
}

// view takes over the full list of what should be here. Rows of holders that are not in it
// go, and rows of holders whose grant has another number: between the two grants others
// may have written unseen (A→B→A). New and changed grants start to fill.
func (w *writer) view(v *pb.View, out *Applied) {
	st := w.st()
	before := st.grants()
	want := make(map[book.Holder]uint64, len(v.GetGrants()))
	for _, g := range v.GetGrants() {
		h := book.HolderFrom(g.GetHolder())
		if h == (book.Holder{}) {
			continue
		}
		want[h] = g.GetGrant()
		switch h.Kind {
		case pb.HolderKind_HOLDER_KIND_BRANCH, pb.HolderKind_HOLDER_KIND_WHOLE_BRANCH:
			st.Identity.Branch = h.ID
		}
	}
	was := before
	for _, g := range st.Leaving {
		was[g.Holder] = g.Number
	}
	changed := func(h book.Holder) bool {
		n, ok := was[h]
		return ok && n != want[h]
	}

	var grants []Grant
	var fillings []Filling
	for h, n := range want {
		g := Grant{Holder: h, Number: n}
		if slices.Contains(st.Grants, g) {
			grants = append(grants, g)
			continue
		}
		if i := slices.IndexFunc(st.Fillings, func(f Filling) bool { return f.Grant == g }); i >= 0 {
			fillings = append(fillings, st.Fillings[i])
			continue
		}
		upto := st.Cursor(st.unitOf(h))
		fillings = append(fillings, Filling{Grant: g, Upto: upto, Below: upto + 1})
	}
	slices.SortFunc(grants, compareGrants)
	slices.SortFunc(fillings, func(a, b Filling) int { return compareGrants(a.Grant, b.Grant) })
	st.Grants, st.Fillings = grants, fillings

	leaving := map[book.Holder]uint64{}
	leave := func(h book.Holder) {
		if h.Kind == pb.HolderKind_HOLDER_KIND_HOUSEHOLD {
			leaving[h] = was[h] // finishLeaving drops it at once where nothing is unsent
		}
	}
	w.rows.each(func(id book.ID, r *row) bool {
		h, unit := r.rec.Holder, r.rec.Unit
		_, own := want[h]
		switch {
		case !covered(want, h, unit):
			if h.Kind == pb.HolderKind_HOLDER_KIND_HOUSEHOLD {
				leave(h)
				return true
			}
			if !slices.Contains(out.Left, h) {
				out.Left = append(out.Left, h)
			}
		case own && changed(h), !own && changed(wholeBranch(unit)):
		default:
			return true
		}
		w.dropRow(id)
		return true
	})
	for h := range was {
		if !covered(want, h, st.unitOf(h)) {
			leave(h)
		}
	}
	for _, o := range slices.Clone(w.ops) {
		here := covered(want, o.Holder, o.Unit)
		switch {
		case o.State == Erased, o.Away && !here && o.State == Done:
		case !here:
			leave(o.Holder)
		case o.Away:
			c := *o
			c.Away = false
			w.putOp(&c)
		}
	}
	for _, d := range slices.Clone(w.drafts) {
		if !covered(want, d.Holder, d.Unit) {
			leave(d.Holder)
		}
	}
	for h := range want {
		if changed(h) && w.waits(h, st.LastKey) && !slices.ContainsFunc(st.Behind, func(b Behind) bool { return b.Holder == h }) {
			st.Behind = append(slices.Clip(st.Behind), Behind{Grant{h, was[h]}, st.LastKey})
		}
	}
	st.Leaving = nil
	for h, n := range leaving {
		st.Leaving = append(st.Leaving, Grant{h, n})
		out.Left = append(out.Left, h)
	}
	slices.SortFunc(st.Leaving, compareGrants)
	w.sendDrafts()
	w.pruneCursors(want)
}

// waits tells whether a change of a holder, up to a key, is not out yet.
func (w *writer) waits(h book.Holder, key uint64) bool {
	return slices.ContainsFunc(w.ops, func(o *Op) bool {
		return o.Unsent() && o.Key <= key && (o.Holder == h || h == wholeBranch(o.Unit))
	})
}

// catchUp forgets the old numbers of grants whose old work is out.
func (w *writer) catchUp() {
	done := func(b Behind) bool { return !w.waits(b.Holder, b.Key) }
	if slices.ContainsFunc(w.state.Behind, done) {
		w.st().Behind = slices.DeleteFunc(slices.Clone(w.state.Behind), done)
	}
}

// sendDrafts turns drafts of households that were handed over into changes: the server puts
// them on the desk as suggestions. One that says nothing goes.
func (w *writer) sendDrafts() {
	for _, d := range slices.Clone(w.drafts) {
		if !w.leaving(d.Holder) {
			continue
		}
		wr := Write{Patch: unfinished(d.Patch), Holder: d.Holder, Unit: d.Unit}
		if id, err := wr.ready(); err == nil && !empty(d.Patch) {
			key, err := w.addOp(id, wr)
			if err != nil {
				continue // saveDraft took it, so it is well-formed; else it stays a draft
			}
			w.changed(key, func(c *Op) { c.Left = true })
		}
		w.dropDraft(d.ID)
	}
}

// sendRefused does the same for refused changes of such households: nobody can mend them here
// any more. One that was refused even so stays with the desk's copy of what was refused.
func (w *writer) sendRefused() {
	for _, o := range slices.Clone(w.ops) {
		if o.State != Refused || o.Mended || o.patch.GetUnfinished() || !w.leaving(o.Holder) {
			continue
		}
		key, err := w.addOp(o.Record, Write{Patch: unfinished(o.patch), Holder: o.Holder, Unit: o.Unit})
		if err != nil {
			continue // it was encoded before
		}
		if o.Away {
			w.changed(key, func(c *Op) { c.Away = true })
		}
		w.settled(o, func(c *Op) { c.Mended = true })
	}
}

// unfinished is a change that nobody saved, for a person at the desk.
func unfinished(p *pb.Patch) *pb.Patch {
	if p == nil {
		return nil
	}
	p = proto.Clone(p).(*pb.Patch)
	p.Unfinished, p.GivenStamp = proto.Bool(true), nil
	return p
}

// pruneCursors forgets partitions of which nothing is held: coming back to one means to
// fill from the start.
func (w *writer) pruneCursors(want map[book.Holder]uint64) {
	st := w.st()
	units := map[book.ID]bool{}
	for h := range want {
		units[st.unitOf(h)] = true
	}
	st.Cursors = slices.DeleteFunc(slices.Clone(st.Cursors), func(c Cursor) bool { return !units[c.Unit] })
}

func (w *writer) leaving(h book.Holder) bool {
	return slices.ContainsFunc(w.state.Leaving, func(g Grant) bool { return g.Holder == h })
}

// finishLeaving drops the households that were handed over and of which nothing is unsent
// any more, their key first. It runs at the end of every write. The own changes of which the
// server has no finished backup stay, apart from the key and from every screen: this phone may
// be the only one that can bring them back.
func (w *writer) finishLeaving() {
	if len(w.state.Leaving) == 0 {
		return
	}
	w.sendRefused()
	busy := map[book.Holder]bool{}
	for _, o := range w.ops {
		// Of what goes again to a restored server, the fate on a desk there is nothing that
		// this phone would show.
		if o.Pending() && !(o.Away && o.State == Parked) || o.State == Offering {
			busy[o.Holder] = true
		}
	}
	for _, d := range w.drafts {
		busy[d.Holder] = true
	}
	going := map[book.Holder]bool{}
	var stay []Grant
	for _, g := range w.state.Leaving {
		if busy[g.Holder] {
			stay = append(stay, g)
		} else {
			going[g.Holder] = true
		}
	}
	if len(going) == 0 {
		return
	}
	w.st().Leaving = stay
	for h := range going {
		w.dropScopes[scopeOf(h)] = true
	}
	w.rows.each(func(id book.ID, r *row) bool {
		if going[r.rec.Holder] {
			w.dropRow(id)
		}
		return true
	})
	for _, o := range slices.Clone(w.ops) {
		if going[o.Holder] {
			w.settled(o, func(c *Op) { c.Away = true })
		}
	}
}

// filling moves the fillings on; a complete one becomes a grant that is held.
func (w *writer) filling(fs []*pb.Filling) {
	if len(fs) == 0 {
		return
	}
	st := w.st()
	fillings, grants := slices.Clone(st.Fillings), slices.Clone(st.Grants)
	for _, f := range fs {
		g := Grant{book.HolderFrom(f.GetHolder()), f.GetGrant()}
		i := slices.IndexFunc(fillings, func(x Filling) bool { return x.Grant == g })
		if i < 0 {
			continue
		}
		if f.GetDone() {
			fillings = slices.Delete(fillings, i, i+1)
			grants = append(grants, g)
			continue
		}
		at := fillings[i]
		if f.GetPhase() > at.Phase || f.GetPhase() == at.Phase && f.GetBelow() < at.Below {
			fillings[i] = Filling{Grant: g, Upto: f.GetUpto(), Below: f.GetBelow(), Phase: f.GetPhase()}
		}
	}
	slices.SortFunc(grants, compareGrants)
	st.Fillings, st.Grants = fillings, grants
}

// serverRows takes rows of the view. An older one than is here changes nothing.
func (w *writer) serverRows(rows []*pb.Row, out *Applied) {
	if len(rows) == 0 {
		return
	}
	want := w.state.grants()
	for _, m := range rows {
		h := book.HolderFrom(m.GetEnvelope().GetHolder())
		rec, ok := book.RecordFrom(m, w.state.unitOf(h))
		if !ok || !covered(want, h, rec.Unit) {
			out.Ignored++
			continue
		}
		hash := lww.RowHash(m)
		if r, ok := w.rows.get(rec.ID); ok && (r.rec.Seq > rec.Seq || r.rec.Seq == rec.Seq && r.hash == hash) {
			continue
		}
		w.putRow(&Record{Record: rec}, hash)
		out.Rows++
	}
}

// settle puts stored changes aside whose row has come: when the cursor has passed the seq,
// and the holder is not still filling, which would bring the row only later. Rows of a
// holder that is not in the view never come.
func (w *writer) settle() {
	want := w.state.grants()
	filling := map[book.Holder]bool{}
	for _, f := range w.state.Fillings {
		filling[f.Holder] = true
	}
	for _, o := range slices.Clone(w.ops) {
		switch {
		case o.State == Stored && !covered(want, o.Holder, o.Unit),
			o.State == Stored && w.state.Cursor(o.Unit) >= o.Seq && !filling[o.Holder] && !filling[wholeBranch(o.Unit)],
			o.State == Done:
			w.settledOnce(o)
		case o.State == Erased && o.Number <= w.state.Kept:
			w.dropOp(o.Key)
		}
	}
}

// settledOnce is settled, without writing again what is Done already.
func (w *writer) settledOnce(o *Op) {
	if o.State != Done || o.Device != w.state.Identity.Device || o.Number <= w.state.Kept {
		w.settled(o, nil)
	}
}

// compare computes the digests of what is here, never adopting the server's.
func (w *writer) compare(d Delta, out *Applied) {
	if d.More || len(d.Digests) == 0 && d.Sum == nil || len(w.state.Fillings) > 0 {
		return
	}
	type sum struct{ hash, rows uint64 }
	sums := map[book.Holder]sum{}
	add := func(h book.Holder, hash uint64) {
		s := sums[h]
		sums[h] = sum{s.hash + hash, s.rows + 1}
	}
	w.rows.each(func(_ book.ID, r *row) bool {
		add(r.rec.Holder, r.hash)
		add(wholeBranch(r.rec.Unit), r.hash)
		return true
	})
	st := w.st()
	if d.Sum != nil {
		own := make([]*pb.HolderDigest, len(st.Grants))
		for i, g := range st.Grants {
			s := sums[g.Holder]
			own[i] = &pb.HolderDigest{Holder: g.Holder.Proto(), Digest: &s.hash, Rows: &s.rows}
		}
		if st.SumDiffers = lww.SumDigests(own) != *d.Sum; st.SumDiffers {
			st.DifferCount++
		} else {
			st.Differs = nil
			w.dropDamaged()
		}
		return
	}
	st.Differs, st.SumDiffers = nil, false
	for _, g := range d.Digests {
		h := book.HolderFrom(g.GetHolder())
		if s := sums[h]; s.hash != g.GetDigest() || s.rows != g.GetRows() {
			st.Differs = append(st.Differs, h)
		}
	}
	if len(st.Differs) > 0 {
		st.DifferCount++
		st.SumDiffers = true // until the lines agree again
	} else {
		w.dropDamaged()
	}
	out.Differs = st.Differs
}

// clone goes on as a device of its own: another one used these numbers. What was not acked
// gets numbers from 1 under the new device, with the same bytes; what was acked is settled.
func (w *writer) clone(n *pb.CloneNotice, out *Applied) {
	st := w.st()
	st.Unconfirmed = !n.GetConfirmed()
	if n.GetDevice() == 0 || n.GetDevice() == st.Identity.Device {
		return
	}
	out.Cloned = true
	st.Identity.Device = n.GetDevice()
	st.LastNumber, st.Confirmed, st.Kept = 0, 0, 0
	for _, o := range slices.Clone(w.ops) {
		c := *o
		switch o.State {
		case Waiting, Sending:
			// Session goes: bytes that were sent are not joined any more.
			c.State, c.Number, c.Device, c.Session, c.Was = Waiting, 0, n.GetDevice(), "", 0
		case Parked, Done, Erased:
			w.dropOp(o.Key) // the server has it, under the old number
			continue
		default:
			continue // stored, refused, suggested: settled or shown as before; offers go as they are
		}
		w.putOp(&c)
	}
}
