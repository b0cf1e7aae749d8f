package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

// ready checks the form of a change before it can reach the outbox.
func (wr Write) ready() (book.ID, error) {
	id, ok := book.IDFrom(wr.Patch.GetEnvelope().GetId())
	if !ok || wr.Patch.GetEnvelope().GetKind() == 0 || wr.Holder == (book.Holder{}) || wr.Unit.IsZero() {
		return id, fmt.Errorf("no id, kind, holder or unit: %w", ErrPatch)
	}
	if err := lww.FromPatch(wr.Patch, lww.Version{}).Valid(); err != nil {
		return id, fmt.Errorf("%w: %w", ErrPatch, err)
	}
	return id, nil
}

func (s *Store) addOps(ctx context.Context, writes []Write) ([]uint64, error) {
	var keys []uint64
	err := s.write(ctx, func(w *writer) error {
		keys = keys[:0]
		for _, wr := range writes {
			id, err := wr.ready()
			if err != nil {
				return err
			}
			if w.leaving(wr.Holder) {
				return &LeavingError{Holder: wr.Holder}
			}
			key, err := w.addOp(id, wr)
			if err != nil {
				return err
			}
			keys = append(keys, key)
			if wr.DropDraft {
				w.dropDraft(id)
			}
			if wr.Mends {
				w.mend(id)
			}
			if wr.Mends && wr.Patch.GetCreate() {
				w.dropWaiting(id, key)
			}
		}
		return nil
	})
	return keys, err
}

// addOp puts a change at the end of the outbox, or joins it to one of the same session.
func (w *writer) addOp(id book.ID, wr Write) (uint64, error) {
	p := proto.Clone(wr.Patch).(*pb.Patch)
	now := w.s.o.Now().UnixMilli()
	p.PhoneMs = proto.Int64(now)
	p.ServerMs = proto.Int64(w.state.ServerNow.Millis())
	p.Seen = proto.Uint64(0)
	if r, ok := w.rows.get(id); ok {
		p.Seen = proto.Uint64(uint64(r.rec.State.Max().Stamp))
	}
	o := &Op{
		Key: w.state.LastKey + 1, State: Waiting, Device: w.state.Identity.Device,
		Record: id, Kind: p.GetEnvelope().GetKind(), Holder: wr.Holder, Unit: wr.Unit,
		Session: wr.Session, MadeMS: now,
	}
	if last := w.lastOf(id); wr.Session != "" && last != nil && last.State == Waiting && last.Session == wr.Session {
		joined, err := join(last.patch, p)
		if err != nil {
			return 0, err
		}
		p = joined
		o.Key = last.Key
	} else {
		w.st().LastKey++
	}
	b, err := encodePatch(p)
	if err != nil {
		return 0, err
	}
	o.Bytes, o.patch = b, p
	w.putOp(o)
	return o.Key, nil
}

func (w *writer) lastOf(id book.ID) *Op {
	for i := len(w.ops) - 1; i >= 0; i-- {
		if w.ops[i].Record == id {
			return w.ops[i]
		}
	}
	return nil
}

// join makes one change of two that follow each other. What was seen stays what the first
// had seen: more would hide from others that the first overwrote them unseen.
func join(first, then *pb.Patch) (*pb.Patch, error) {
	p := proto.Clone(then).(*pb.Patch)
	p.Create = proto.Bool(first.GetCreate())
	if first.GetCreate() {
		p.Envelope = proto.Clone(first.GetEnvelope()).(*pb.Envelope)
	}
	p.Seen = proto.Uint64(first.GetSeen())
	p.HeldBy = first.GetHeldBy()
	values := map[uint32][]byte{} // nil: cleared
	for _, c := range []*pb.Patch{first, then} {
		set, err := lww.Split(c.GetSet())
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrPatch, err)
		}
		for _, v := range set {
			values[v.Field] = v.Raw
		}
		for _, f := range c.GetCleared() {
			values[f] = nil
		}
	}
	p.Cleared = nil
	var set []lww.Value
	for _, f := range slices.Sorted(maps.Keys(values)) {
		if values[f] == nil {
			p.Cleared = append(p.Cleared, f)
		} else {
			set = append(set, lww.Value{Field: f, Raw: values[f]})
		}
	}
	p.Set = lww.Assemble(set)
	return p, nil
}

// mend takes the refused changes of a record off the list.
func (w *writer) mend(id book.ID) {
	for _, o := range slices.Clone(w.ops) {
		if o.Record == id && o.State == Refused {
			w.settled(o, func(c *Op) { c.Mended = true })
		}
	}
}

// dropWaiting drops the unsent edits of a refused new record that is made anew: the new
// creation has them in it, and they would reach the server before it.
func (w *writer) dropWaiting(id book.ID, but uint64) {
	for _, o := range slices.Clone(w.ops) {
		if o.Record == id && o.State == Waiting && o.Key != but {
			w.dropOp(o.Key)
		}
	}
}

// settled puts a change aside: nothing more is to come for it. It is kept until a backup of
// the server has its number, so that a restored server can get it again.
func (w *writer) settled(o *Op, and func(*Op)) {
	if o.Device != w.state.Identity.Device || o.Number <= w.state.Kept {
		w.dropOp(o.Key)
		return
	}
	c := *o
	c.State = Done
	if and != nil {
		and(&c)
	}
	w.putOp(&c)
}

func (s *Store) dropOp(ctx context.Context, key uint64) error {
	return s.write(ctx, func(w *writer) error {
		i, ok := slices.BinarySearchFunc(w.ops, key, byKey)
		if !ok {
			return ErrNoOp
		}
		if w.ops[i].State != Waiting {
			return ErrSent
		}
		w.dropOp(key)
		return nil
	})
}

func (s *Store) dismiss(ctx context.Context, key uint64) error {
	return s.write(ctx, func(w *writer) error {
		i, ok := slices.BinarySearchFunc(w.ops, key, byKey)
		if !ok || w.ops[i].State != Refused && w.ops[i].State != Suggested {
			return ErrNoOp
		}
		w.settled(w.ops[i], func(c *Op) { c.Mended = true })
		return nil
	})
}

func (s *Store) saveDraft(ctx context.Context, d Draft) error {
	if d.ID.IsZero() {
		return fmt.Errorf("draft without id: %w", ErrPatch)
	}
	if d.Patch != nil {
		d.Patch = proto.Clone(d.Patch).(*pb.Patch)
	}
	d.Form = slices.Clone(d.Form)
	return s.write(ctx, func(w *writer) error {
		if w.leaving(d.Holder) {
			return &LeavingError{Holder: d.Holder}
		}
		d.SavedMS = s.o.Now().UnixMilli()
		w.putDraft(&d)
		return nil
	})
}

func (s *Store) dropDraft(ctx context.Context, id book.ID) error {
	return s.write(ctx, func(w *writer) error {
		w.dropDraft(id)
		return nil
	})
}

func (s *Store) takeCounter(ctx context.Context) (n uint32, err error) {
	err = s.change(ctx, func(st *State) {
		st.Counter++
		n = st.Counter
	})
	return n, err
}

func (s *Store) setSetting(ctx context.Context, name, value string) error {
	return s.change(ctx, func(st *State) {
		m := maps.Clone(st.Settings)
		if m == nil {
			m = map[string]string{}
		}
		if value == "" {
			delete(m, name)
		} else {
			m[name] = value
		}
		st.Settings = m
	})
}

// sent gives the changes that have numbers above Confirmed, in their order.
func sent(st *State, ops []*Op) []*Op {
	return numbered(st, ops, st.Confirmed)
}

// numbered gives the changes of the present device with numbers above n, rising.
func numbered(st *State, ops []*Op, n uint64) []*Op {
	var out []*Op
	for _, o := range ops {
		if o.Device == st.Identity.Device && o.Number > n {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(a, b *Op) int {
		if a.Number < b.Number {
			return -1
		}
		return 1
	})
	return out
}

func (s *Store) freeze(ctx context.Context, bytes int) (out []Op, err error) {
	b := s.Snapshot()
	size := 0
	fits := func(o *Op) bool { size += len(o.Bytes) + opOverhead; return len(out) == 0 || size <= bytes }
	for _, o := range sent(b.state, b.ops) {
		if !fits(o) {
			return out, nil
		}
		out = append(out, *o)
	}
	if !slices.ContainsFunc(b.ops, func(o *Op) bool { return o.State == Waiting }) {
		return out, nil
	}
	err = s.write(ctx, func(w *writer) error {
		out, size = nil, 0
		for _, o := range sent(&w.state, w.ops) {
			if !fits(o) {
				return nil
			}
			out = append(out, *o)
		}
		for _, o := range slices.Clone(w.ops) {
			if o.State != Waiting {
				continue
			}
			if !fits(o) {
				return nil
			}
			c := *o
			st := w.st()
			st.LastNumber++
			c.Number, c.Device, c.State = st.LastNumber, st.Identity.Device, Sending
			w.putOp(&c)
			out = append(out, c)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// opOverhead is what a change costs in a call besides its bytes: tag and length.
const opOverhead = 4

// mostAcked bounds the bytes of acked changes that a revoked phone hands over.
const mostAcked = 2 << 20

// Work packs what the server does not have yet, changes and drafts, as a revoked phone hands
// it over: a marshalled pb.SyncRequest with device, confirmed, first and ops (patches, numbered from
// first, nothing where none is left; those of drafts last) and offers. Changes with an ack go along as
// far as no finished backup has them: the server that asks may have been restored. n is how
// many there are; 0: nothing to hand over.
func (b *Snapshot) Work() (work []byte, n int, err error) {
	st := b.state
	again := numbered(st, b.ops, st.Kept)
	size := 0
	for i := len(again) - 1; i >= 0; i-- {
		if size += len(again[i].Bytes); again[i].Number <= st.Confirmed && size > mostAcked {
			again = again[i+1:]
			break
		}
	}
	first := st.LastNumber + 1
	if len(again) > 0 {
		first = again[0].Number
	}
	req := &pb.SyncRequest{
		Device: proto.Uint32(st.Identity.Device), Confirmed: proto.Uint64(st.Confirmed), First: proto.Uint64(first),
		Ops: make([][]byte, st.LastNumber+1-first),
	}
	for _, o := range again {
		req.Ops[o.Number-first] = o.Bytes
		if len(o.Bytes) > 0 {
			n++
		}
	}
	for _, o := range b.ops {
		if o.State == Waiting {
			req.Ops = append(req.Ops, o.Bytes)
			n++
		}
	}
	for _, d := range b.drafts {
		if empty(d.Patch) {
			continue
		}
		p, err := encodePatch(unfinished(d.Patch))
		if err != nil {
			return nil, 0, err
		}
		req.Ops = append(req.Ops, p)
		n++
	}
	for r := range b.Offers() {
		req.Offers = append(req.Offers, r)
		n++
	}
	work, err = proto.Marshal(req)
	if err != nil {
		return nil, 0, fmt.Errorf("pack work: %w", err)
	}
	return work, n, nil
}

// empty tells whether a draft's change says nothing.
func empty(p *pb.Patch) bool {
	return p.GetEnvelope().GetId() == nil || len(p.GetSet()) == 0 && len(p.GetCleared()) == 0
}
