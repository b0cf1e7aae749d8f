package simulation

import (
	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/syncserver/store"
)

// mirror is what the server's rows say, read past the registry, and who may see them by
// plain code of its own.
type mirror struct {
	*world
	rows    map[book.ID]*seen
	seq     map[book.ID]uint64
	commune map[book.ID]book.ID
	members map[book.ID]*pb.Member
	houses  map[book.ID]book.ID // the member of each household
	stamp   uint64              // the greatest
	gone    int                 // how many ids are erased
}

type seen struct {
	row  *pb.Row
	unit book.ID
	hash uint64
	h    book.Holder
	kind pb.Kind
}

func newMirror(w *world) *mirror {
	return &mirror{world: w, rows: map[book.ID]*seen{}, seq: map[book.ID]uint64{}, commune: map[book.ID]book.ID{},
		members: map[book.ID]*pb.Member{}, houses: map[book.ID]book.ID{}}
}

// look takes what was written since the last look.
func (m *mirror) look() {
	err := m.server.store.Read(ctx, func(from store.Reader) error {
		units, err := from.Units()
		if err != nil {
			return err
		}
		for _, u := range units {
			m.commune[u.ID] = u.Commune
			last := m.seq[u.ID]
			if u.Seq < last {
				m.fail("seq goes back", "%s from %d to %d", u.ID, last, u.Seq)
			}
			if u.Seq == last {
				continue
			}
			keys, err := from.UnitKeys(u.ID, last, 1<<20)
			if err != nil {
				return err
			}
			for _, k := range keys {
				r, err := from.Fetch(k)
				if err != nil {
					return err
				}
				if r.Seq <= last || r.Seq > u.Seq {
					m.fail("seq does not rise", "row %s has seq %d after %d, the unit is at %d", r.ID, r.Seq, last, u.Seq)
				}
				last = r.Seq
				m.take(r)
			}
			m.seq[u.ID] = u.Seq
		}
		return m.forgetErased(from)
	})
	m.must(err, "look at the server's rows")
}

// forgetErased takes out what was erased.
func (m *mirror) forgetErased(from store.Reader) error {
	if any, err := from.HasErased(); err != nil || !any {
		return err
	}
	ids, err := from.ErasedIDs()
	if err != nil || len(ids) == m.gone {
		return err
	}
	m.gone = len(ids)
	for _, id := range ids {
		delete(m.rows, id)
		delete(m.houses, id)
	}
	return nil
}

func (m *mirror) take(r *store.Row) {
	row := &pb.Row{}
	m.must(proto.Unmarshal(r.Bytes, row), "read a row")
	s := &seen{row: row, unit: r.Unit, hash: lww.RowHash(row), h: book.HolderFrom(row.GetEnvelope().GetHolder()), kind: r.Kind}
	m.rows[r.ID] = s
	m.stamp = max(m.stamp, uint64(lww.FromRow(row).Max().Stamp))
	switch r.Kind {
	case pb.Kind_KIND_MEMBER:
		b := &pb.Member{}
		_, err := lww.Decode(row.GetBody(), b)
		m.must(err, "read a member")
		m.members[r.ID] = b
	case pb.Kind_KIND_HOUSEHOLD:
		b := &pb.Household{}
		_, err := lww.Decode(row.GetBody(), b)
		m.must(err, "read a household")
		m.houses[r.ID], _ = book.IDFrom(b.GetMember())
	}
}

// desk tells whether a member sits at the desk of a branch.
func (m *mirror) desk(who, branch book.ID) bool {
	o := m.members[who].GetOffice()
	return m.rows[who] != nil && m.rows[who].unit == branch && (o == pb.Office_OFFICE_SECRETARY || o == pb.Office_OFFICE_DEPUTY)
}

// may tells whether a member may have a row, as docs/domain.md says it.
func (m *mirror) may(who book.ID, s *seen) bool {
	me, ok := m.rows[who]
	if !ok || m.members[who].GetDeleted() {
		return false
	}
	branch := me.unit
	inBranch := branch != m.commune[branch]
	switch s.h.Kind {
	case pb.HolderKind_HOLDER_KIND_COMMUNE:
		return s.h.ID == m.commune[branch]
	case pb.HolderKind_HOLDER_KIND_BRANCH:
		return inBranch && s.h.ID == branch
	case pb.HolderKind_HOLDER_KIND_DESK:
		return s.h.ID == branch && m.desk(who, branch)
	case pb.HolderKind_HOLDER_KIND_MEMBER:
		return s.h.ID == who || s.unit == branch && m.desk(who, branch)
	case pb.HolderKind_HOLDER_KIND_HOUSEHOLD:
		if s.unit != branch || !inBranch {
			return false
		}
		of := m.houses[s.h.ID]
		if m.desk(who, branch) || of == who {
			return true
		}
		for _, p := range m.members[of].GetProxies() {
			if id, _ := book.IDFrom(p); id == who {
				return true
			}
		}
	}
	return false
}

// rowOf is a phone's record as a row.
func rowOf(r book.Record) *pb.Row {
	row := &pb.Row{Envelope: &pb.Envelope{Kind: r.Kind.Enum(), Id: r.ID.Bytes(), Author: r.Author.Bytes(), Subject: r.Subject.Bytes(),
		Household: r.Household.Bytes(), Holder: r.Holder.Proto()}, Seq: proto.Uint64(r.Seq)}
	r.State.IntoRow(row)
	return row
}
