package syncing

import (
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

// past is a stretch of the server's life: one epoch, up to a seq of the branch.
type past struct {
	epoch string
	upto  uint64
}

// backup is all that a fake server knows at one moment.
type backup struct {
	seq     map[book.ID]uint64
	rows    map[book.ID]*pb.Row
	devices map[uint32]*fakeDevice
	owner   map[book.ID]store.Grant
	texts   map[string]bool
	life    []past
}

// life is the past of the present epoch.
func (f *fake) life() []past {
	return append(slices.Clone(f.lives[string(f.epoch)]), past{string(f.epoch), f.seq[branch]})
}

func copyDevices(of map[uint32]*fakeDevice) map[uint32]*fakeDevice {
	out := map[uint32]*fakeDevice{}
	for n, d := range of {
		c := *d
		c.log, c.lateAcks, c.parked = maps.Clone(d.log), maps.Clone(d.lateAcks), slices.Clone(d.parked)
		out[n] = &c
	}
	return out
}

// backup is finished at once, and the devices hear of it.
func (f *fake) backup() backup {
	for _, d := range f.devices {
		d.kept = d.last
	}
	return backup{maps.Clone(f.seq), maps.Clone(f.rows), copyDevices(f.devices), maps.Clone(f.owner), maps.Clone(f.texts), f.life()}
}

// restore forgets all that came after a backup and begins a new epoch.
func (f *fake) restore(b backup) {
	f.seq, f.rows, f.owner, f.texts = maps.Clone(b.seq), maps.Clone(b.rows), maps.Clone(b.owner), maps.Clone(b.texts)
	f.devices = copyDevices(b.devices)
	f.epoch = epochNamed(len(f.lives) + 1)
	f.lives[string(f.epoch)] = b.life
	f.consumed, f.desk = map[string]int{}, nil
	for n := range f.devices {
		f.jump[n] = true
	}
}

// takeOver is the desk that accepts all that was offered.
func (f *fake) takeOver() {
	for _, o := range f.desk {
		x := bookID(o.GetEnvelope().GetId())
		r, st := f.rows[x], lww.FromRow(o)
		if r != nil {
			st = lww.Join(lww.FromRow(r), st)
		}
		if r != nil && slices.Equal(st.Later, lww.FromRow(r).Later) && st.Created == lww.FromRow(r).Created {
			continue
		}
		r = proto.Clone(o).(*pb.Row)
		st.IntoRow(r)
		f.seq[branch]++
		r.Seq = proto.Uint64(f.seq[branch])
		f.rows[x] = r
	}
	f.desk = nil
}

// newEpoch tells a phone of another life where the two part.
func (f *fake) newEpoch(d *fakeDevice, named []byte) *pb.Epoch {
	e := &pb.Epoch{Id: f.epoch, LastOp: proto.Uint64(d.last)}
	for id, before := range f.lives {
		if !lww.IsEpoch([]byte(id), named) {
			continue
		}
		theirs := append(slices.Clone(before), past{id, ^uint64(0)})
		if at := parting(theirs, f.life()); at > 0 {
			e.At = []*pb.Cursor{{Unit: branch.Bytes(), Seq: proto.Uint64(at)}}
		}
	}
	return e
}

// parting is the last seq that two lives have in common.
func parting(a, b []past) (at uint64) {
	for i := 0; i < min(len(a), len(b)) && a[i].epoch == b[i].epoch; i++ {
		at = min(a[i].upto, b[i].upto)
		if a[i].upto != b[i].upto {
			break
		}
	}
	return at
}

// erase destroys a record, or a household with all that it holds.
func (f *fake) erase(x book.ID) {
	for id, r := range f.rows {
		h := book.HolderFrom(r.GetEnvelope().GetHolder())
		if id == x || h.ID == x && h.Kind == pb.HolderKind_HOLDER_KIND_HOUSEHOLD {
			delete(f.rows, id)
			f.erased = append(f.erased, id)
		}
	}
	delete(f.owner, x)
	f.erased = append(f.erased, x)
}

func (f *fake) listing(of *pb.Holder) *pb.Listing {
	l := &pb.Listing{Holder: of}
	for id, r := range f.rows {
		if book.HolderFrom(r.GetEnvelope().GetHolder()) == book.HolderFrom(of) {
			l.Rows = append(l.Rows, &pb.RowHash{Id: id.Bytes(), Hash: proto.Uint64(lww.RowHash(r))})
		}
	}
	return l
}

func noteOf(t tb, body []byte) string {
	var v pb.Visit
	if _, err := lww.Decode(body, &v); err != nil {
		t.Fatal(err)
	}
	return v.GetNote()
}

// bookID is the id of those bytes; zero where they are none.
func bookID(b []byte) book.ID {
	id, _ := book.IDFrom(b)
	return id
}

func epochNamed(n int) []byte { return fmt.Appendf(nil, "epoch %010d", n) }
