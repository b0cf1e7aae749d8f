package registry

import (
	"cmp"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/syncserver/store"
)

// Bounds of a page of rows, in bytes of their sealed bodies.
const (
	minPage     = 4 << 10
	defaultPage = 256 << 10
	maxPage     = 2 << 20
)

// phases of a fill: households and members first, so that a list can be shown at once.
const phases = 2

func phaseOf(k pb.Kind) uint32 {
	switch k {
	case pb.Kind_KIND_UNIT, pb.Kind_KIND_MEMBER, pb.Kind_KIND_HOUSEHOLD, pb.Kind_KIND_CATEGORY, pb.Kind_KIND_CALENDAR, pb.Kind_KIND_AUTHORITY:
		return 0
	}
	return 1
}

// pager builds the rows of one reply on one snapshot.
type pager struct {
	from   store.Reader
	world  *world
	actor  book.Actor
	view   []grant
	budget int
	sent   int
	out    *pb.SyncResponse
	// seen says which holders the actor may see, by the same function as the app.
	seen map[book.Holder]bool
	// built are rows that the phone makes itself.
	built map[rowAt]bool
	// wrote: the phone has sent changes before.
	wrote bool
}

// take adds the row of a key, unless the page is full. At least one row always fits.
func (p *pager) take(k store.Key, open func() (*store.Row, error)) (bool, error) {
	if p.sent > 0 && p.sent+k.Size > p.budget {
		p.out.More = proto.Bool(true)
		return false, nil
	}
	r, err := open()
	if err != nil {
		return false, err
	}
	may, known := p.seen[r.Holder]
	if !known {
		may = book.MaySee(p.actor, r.Holder, r.Unit, p.world)
		p.seen[r.Holder] = may
	}
	if !may {
		// A view that offers what the rights refuse is a bug of ours; the rights win.
		return false, fmt.Errorf("row %s of %s is in the view and not in the rights", r.ID, r.Holder.Kind)
	}
	row := &pb.Row{}
	if err := proto.Unmarshal(r.Bytes, row); err != nil {
		return false, fmt.Errorf("row %s: %w", r.ID, err)
	}
	p.out.Rows = append(p.out.Rows, row)
	p.sent += k.Size
	return true, nil
}

// page fills the reply: what is newer than the cursors, then the fillings.
func page(from store.Reader, d *store.Device, a book.Actor, v []grant, req *pb.SyncRequest, built map[rowAt]bool, out *pb.SyncResponse) error {
	p := &pager{from: from, wrote: d.LastOp > 0, world: newWorld(from), actor: a, view: v, out: out, seen: map[book.Holder]bool{}, built: built}
	p.budget = int(req.GetPage())
	if p.budget == 0 {
		p.budget = defaultPage
	}
	p.budget = min(max(p.budget, minPage), maxPage)

	known := matches(v, req)
	if !known {
		out.View = &pb.View{Grants: protoGrants(v)}
	}
	cursors, err := p.news(req)
	if err != nil {
		return err
	}
	if err := p.fill(req, cursors, known); err != nil {
		return err
	}
	if p.world.err != nil {
		return p.world.err
	}
	if out.GetMore() {
		return nil
	}
	for _, g := range v {
		var sum store.Sum
		if g.holder.Kind == pb.HolderKind_HOLDER_KIND_WHOLE_BRANCH {
			u, _, err := from.Unit(g.unit)
			if err != nil {
				return err
			}
			sum = u.Sum
		} else if sum, err = from.HolderSum(g.holder); err != nil {
			return err
		}
		out.Digests = append(out.Digests, &pb.HolderDigest{Holder: g.holder.Proto(), Digest: proto.Uint64(sum.Digest), Rows: proto.Uint64(sum.Rows)})
	}
	if req.GetBrief() {
		out.Sum, out.Digests = proto.Uint64(lww.SumDigests(out.Digests)), nil
	}
	return nil
}

// news adds the rows above the phone's cursors, by partition and rising, and returns where
// the cursors stand then. A phone without a cursor gets the present one: what is older
// comes by filling.
func (p *pager) news(req *pb.SyncRequest) (map[book.ID]uint64, error) {
	var units []book.ID
	for _, g := range p.view {
		if !slices.Contains(units, g.unit) {
			units = append(units, g.unit)
		}
	}
	at := map[book.ID]uint64{}
	for _, id := range units {
		u, ok, err := p.from.Unit(id)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		from, had := cursorOf(req, id)
		at[id] = u.Seq
		before := from
		if had {
			if from > u.Seq {
				// A phone ahead of us: an alarm (status shows it), never a reason to go back.
				at[id] = from
			} else if at[id], err = p.newsOf(id, from, u.Seq); err != nil {
				return nil, err
			}
		}
		// Who comes without a cursor and has sent changes has words that may have been erased.
		if (had || p.wrote) && at[id] > before {
			gone, err := p.from.ErasedAfter(id, before, at[id])
			if err != nil {
				return nil, err
			}
			for _, e := range gone {
				p.out.Erased = append(p.out.Erased, e.Bytes())
			}
		}
		if !had || at[id] != before {
			named := id.Bytes()
			if req.GetBrief() {
				named = lww.ShortUnit(named)
			}
			p.out.Cursors = append(p.out.Cursors, &pb.Cursor{Unit: named, Seq: proto.Uint64(at[id])})
		}
	}
	return at, nil
}

func (p *pager) newsOf(unit book.ID, from, until uint64) (uint64, error) {
	const batch = 2000
	for {
		// Most often all that is new came with this very call.
		for p.built[rowAt{unit, from + 1}] {
			from++
		}
		if from >= until {
			return until, nil
		}
		var keys []store.Key
		full := false
		for _, g := range p.view {
			if g.unit != unit {
				continue
			}
			var ks []store.Key
			var err error
			if g.holder.Kind == pb.HolderKind_HOLDER_KIND_WHOLE_BRANCH {
				ks, err = p.from.UnitKeys(unit, from, batch)
			} else {
				ks, err = p.from.HolderKeys(g.holder, from, batch)
			}
			if err != nil {
				return 0, err
			}
			full = full || len(ks) == batch
			keys = append(keys, ks...)
		}
		slices.SortFunc(keys, func(a, b store.Key) int { return cmp.Compare(a.Seq, b.Seq) })
		// Where one holder had more, only the seqs up to the least last one are complete.
		if full && len(keys) > batch {
			keys = keys[:batch]
		}
		for _, k := range keys {
			if !p.built[rowAt{unit, k.Seq}] {
				ok, err := p.take(k, func() (*store.Row, error) { return p.from.Fetch(k) })
				if err != nil {
					return 0, err
				}
				if !ok {
					return from, nil
				}
			}
			from = k.Seq
		}
		if !full {
			return until, nil
		}
	}
}

// fill goes on with the fillings of the request that are still in the view; a phone that
// holds nothing and fills nothing yet starts on the whole view at once.
func (p *pager) fill(req *pb.SyncRequest, cursors map[book.ID]uint64, known bool) error {
	type filling struct {
		g grant
		*pb.Filling
	}
	var todo []filling
	inView := map[book.Holder]grant{}
	for _, g := range p.view {
		inView[g.holder] = g
	}
	for _, f := range req.GetFilling() {
		h := book.HolderFrom(f.GetHolder())
		if g, ok := inView[h]; ok && g.since == f.GetGrant() && !f.GetDone() {
			todo = append(todo, filling{g, proto.Clone(f).(*pb.Filling)})
			delete(inView, h) // once, however often it is asked for
		}
	}
	if len(req.GetHeld()) == 0 && len(req.GetFilling()) == 0 && !known {
		for _, g := range p.view {
			upto := cursors[g.unit]
			todo = append(todo, filling{g, &pb.Filling{Holder: g.holder.Proto(), Grant: proto.Uint64(g.since),
				Upto: proto.Uint64(upto), Phase: proto.Uint32(0), Below: proto.Uint64(upto + 1)}})
		}
	}
	for phase := uint32(0); phase < phases; phase++ {
		for _, f := range todo {
			if f.GetPhase() != phase || f.GetDone() {
				continue
			}
			done, err := p.fillOne(f.g, f.Filling)
			if err != nil {
				return err
			}
			if !done {
				p.out.More = proto.Bool(true)
				continue
			}
			f.Phase, f.Below = proto.Uint32(phase+1), proto.Uint64(f.GetUpto()+1)
			if phase+1 == phases {
				f.Done = proto.Bool(true)
			}
		}
		if p.out.GetMore() {
			break
		}
	}
	for _, f := range todo {
		p.out.Filling = append(p.out.Filling, f.Filling)
	}
	return nil
}

// fillOne adds rows of one phase of one filling, newest first; true: the phase is complete.
func (p *pager) fillOne(g grant, f *pb.Filling) (done bool, err error) {
	if p.out.GetMore() {
		return false, nil
	}
	done = true
	each := func(k store.Key, open func() (*store.Row, error)) (bool, error) {
		ok, err := p.take(k, open)
		if done = ok && err == nil; done {
			f.Below = proto.Uint64(k.Seq)
		}
		return done, err
	}
	below := min(f.GetBelow(), f.GetUpto()+1)
	if g.holder.Kind == pb.HolderKind_HOLDER_KIND_WHOLE_BRANCH {
		err = p.from.FillUnit(g.unit, f.GetPhase(), below, each)
	} else {
		err = p.from.FillHolder(g.holder, f.GetPhase(), below, each)
	}
	return done, err
}
