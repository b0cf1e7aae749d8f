package registry

import (
	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/syncserver/store"
)

// listEveryMS is how often one device gets listings: they cost as much as reading a book.
const listEveryMS = 55 * 60 * 1000

// listings lists, for holders whose digest differs on the phone, each row with its hash. The
// phone drops what is not there and fetches what it lacks: the server's row wins.
func (r *Registry) listings(from store.Reader, d *store.Device, v []grant, req *pb.SyncRequest, out *pb.SyncResponse) error {
	if len(req.GetCompare()) == 0 {
		return nil
	}
	r.differences.Add(1)
	// A phone that has seen more than this database has is right, and the database is an older
	// copy that somebody put back by hand: the phone must keep what it will offer after a restore.
	if d.AheadMS != 0 || r.behind(from, v, req) || !r.mayList(d.Number) {
		return nil
	}
	inView := map[book.Holder]grant{}
	for _, g := range v {
		inView[g.holder] = g
	}
	for _, asked := range req.GetCompare() {
		h := book.HolderFrom(asked)
		g, ok := inView[h]
		if !ok {
			continue
		}
		delete(inView, h) // once, however often it is asked for
		l := &pb.Listing{Holder: h.Proto()}
		add := func(row *store.Row) error {
			s, err := open(row)
			if err == nil {
				l.Rows = append(l.Rows, &pb.RowHash{Id: row.ID.Bytes(), Hash: proto.Uint64(lww.RowHash(s.row))})
			}
			return err
		}
		if err := eachOf(from, g, add); err != nil {
			return err
		}
		out.Listings = append(out.Listings, l)
	}
	return nil
}

// behind tells whether the database is behind a phone of its own epoch.
func (r *Registry) behind(from store.Reader, v []grant, req *pb.SyncRequest) bool {
	for _, g := range v {
		if seq, ok := cursorOf(req, g.unit); ok {
			if u, known, err := from.Unit(g.unit); err == nil && known && seq > u.Seq {
				return true
			}
		}
	}
	return false
}

// eachOf walks the rows of one entry of a view.
func eachOf(from store.Reader, g grant, fn func(*store.Row) error) error {
	if g.holder.Kind == pb.HolderKind_HOLDER_KIND_WHOLE_BRANCH {
		return from.EachRow(g.unit, fn)
	}
	ids, err := from.HeldBy(g.holder)
	if err != nil {
		return err
	}
	for _, id := range ids {
		row, err := from.Row(id)
		if err != nil {
			return err
		}
		if err := fn(row); err != nil {
			return err
		}
	}
	return nil
}

// mayList tells whether it is time for listings to a device, and if so counts this one.
func (r *Registry) mayList(device uint32) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.nowMS()
	if last, ok := r.listed[device]; ok && now-last < listEveryMS && now >= last {
		return false
	}
	r.listed[device] = now
	return true
}

// Differences counts calls whose phone held something else than the server, since the start.
func (r *Registry) Differences() uint64 { return r.differences.Load() }
