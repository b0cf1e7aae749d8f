package bench

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"maps"
	mathrand "math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/importer"
	"sodanvan/syncserver/registry"
	"sodanvan/syncserver/store"
	"sodanvan/syncserver/store/sqlite"
	"sodanvan/test/probe"
)

const (
	// branchMembers in a branch, each with householdsEach households; one of them is its secretary.
	branchMembers, householdsEach = 56, 10
	// keepers are the members of a branch who have a year's book. The branch's other phones are
	// further phones of theirs: the server's work is the same, and the books are written in
	// minutes instead of an hour.
	keepers = 6
	// bookRows is how many rows the first sync of a keeper's phone brings.
	bookRows = 600
)

// size reads a number from the environment, so that a trial can be small.
func size(b *testing.B, name string, usual int) int {
	b.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		b.Fatalf("%s=%q is not a number above 0", name, text)
	}
	return n
}

// district is a server process with a whole district in it.
type district struct {
	*probe.Server
	b          *testing.B
	real       *probe.Phone // enrolled as phones are; the others take server, epoch and pins from it
	branches   [][]registry.Person
	categories []book.ID
	// fresh phones have not synced yet; settled ones are of keepers and hold all their book.
	fresh, settled []*visitor
	// rows is how many the keepers wrote.
	rows int
}

// visitor is one phone, a light one: it counts what it gets and keeps only what it needs.
type visitor struct {
	*probe.Phone
	caller registry.Caller
	// want is how many rows its first sync brings; 0: as many as come.
	want int
	// petitions counts the numbers that it gave.
	petitions uint32
}

// newDistrict imports branches for so many phones, writes the keepers' books, and gives the
// phones their devices and tokens. Not measured.
func newDistrict(b *testing.B, phones int) *district {
	b.Helper()
	d := &district{Server: probe.StartProcess(b, probe.Options{}), b: b, categories: categoryIDs()}
	n := (phones + branchMembers - 1) / branchMembers
	if _, err := d.Registry.ImportRoster(b.Context(), districtRoster(n), "Xã Mẫu", false); err != nil {
		b.Fatal(err)
	}
	people, err := d.Registry.People(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	by := map[book.ID]int{}
	for _, p := range people {
		at, known := by[p.Unit]
		if !known {
			at = len(d.branches)
			by[p.Unit] = at
			d.branches = append(d.branches, nil)
		}
		if p.Office == pb.Office_OFFICE_SECRETARY {
			d.branches[at] = append([]registry.Person{p}, d.branches[at]...)
		} else {
			d.branches[at] = append(d.branches[at], p)
		}
	}
	d.real = d.Phone(b, d.branches[0][0].ID)
	d.enrol(phones)
	d.write()
	return d
}

func districtRoster(branches int) *importer.Roster {
	r := &importer.Roster{}
	for n := range branches {
		br := importer.Branch{Key: fmt.Sprint(n), Name: fmt.Sprintf("Chi bộ Mẫu %03d", n)}
		for m := range branchMembers {
			office := ""
			if m == 0 {
				office = importer.OfficeSecretary
			}
			key := fmt.Sprint(n, "/", m)
			br.Members = append(br.Members, importer.Member{Key: key, Name: fmt.Sprintf("Đảng viên %03d-%02d", n, m), Office: office})
			for h := range householdsEach {
				br.Households = append(br.Households, importer.Household{Key: fmt.Sprint(key, "/", h), HouseholdFields: importer.HouseholdFields{
					Head: fmt.Sprintf("Chủ hộ %d-%d-%d", n, m, h), Hamlet: "Xóm Đình", Address: fmt.Sprint("số ", h), Size: 4, Phone: "0912345678", Member: key}})
			}
		}
		r.Branches = append(r.Branches, br)
	}
	return r
}

// enrol makes the devices straight in the store: ten thousand proofs of codes would measure
// the throttle of enrolment. In each branch there is a settled phone of every keeper, a fresh
// one of the secretary, and fresh ones of the keepers in turn.
func (d *district) enrol(phones int) {
	d.b.Helper()
	s, err := sqlite.Open(d.b.Context(), d.Dir, sqlite.Options{})
	if err != nil {
		d.b.Fatal(err)
	}
	defer s.Close()
	err = s.Write(d.b.Context(), func(tx store.Tx) error {
		for i, people := range d.branches {
			for k := range keepers {
				if err := d.device(tx, &d.settled, people[1+k], bookRows); err != nil {
					return err
				}
			}
			for n := range min(branchMembers, phones-i*branchMembers) {
				who, want := people[0], 0
				if n > 0 {
					who, want = people[1+n%keepers], bookRows
				}
				if err := d.device(tx, &d.fresh, who, want); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		d.b.Fatal(err)
	}
}

func (d *district) device(tx store.Tx, list *[]*visitor, of registry.Person, want int) error {
	n, err := tx.NextDevice()
	if err != nil {
		return err
	}
	key := seal.NewDeviceKey(rand.Reader)
	token, hash := seal.NewToken(rand.Reader)
	p := &probe.Phone{T: d.b, Server: d.Server, Joined: d.real.Joined, Pins: d.real.Pins, Key: key, Token: token, Device: n, Member: of.ID, Branch: of.Unit,
		Commune: d.real.Commune, Now: time.Now, Rows: map[book.ID]*pb.Row{}, Acks: map[uint64]*pb.Ack{}, Page: 256 << 10, Packed: true, Brief: true}
	p.Holder = func(c *pb.Patch) *pb.Holder {
		of := c.GetEnvelope().GetSubject()
		if len(of) == 0 {
			of = c.GetEnvelope().GetId()
		}
		return &pb.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD.Enum(), Id: of}
	}
	now := time.Now().UnixMilli()
	*list = append(*list, &visitor{Phone: p, want: want, caller: registry.Caller{Device: n, Member: of.ID, Branch: of.Unit, Commune: d.real.Commune}})
	return tx.PutDevice(&store.Device{Number: n, Member: of.ID, Key: key.Public().(ed25519.PublicKey), TokenHash: hash[:], TokenMS: now,
		Name: "máy thử (bịa)", EnrolledMS: now, Schema: book.Schema})
}

// write fills the keepers' books, through the registry beside the server and with all its duties.
func (d *district) write() {
	d.b.Helper()
	pool := makeVisits(bookRows, []book.ID{{1}}, []book.ID{{2}})
	for _, v := range d.settled {
		v.inside(d)
		mine := mineOf(v.Phone)
		var ops [][]byte
		for _, h := range mine {
			ops = append(ops, v.Consent(h, pb.Purpose_PURPOSE_KEEP), v.Consent(h, pb.Purpose_PURPOSE_FORWARD))
		}
		for i := range max(0, bookRows-len(v.Rows)-len(ops)) {
			ops = append(ops, v.Bytes(probe.Change{Kind: pb.Kind_KIND_VISIT, ID: v.ID(), Subject: mine[i%len(mine)], Create: true, Set: pool[i].message(d.categories)}))
		}
		v.inside(d, ops...)
		for n := uint64(1); n <= v.Last; n++ {
			if v.Acks[n].GetResult() != pb.Result_RESULT_STORED {
				d.b.Fatalf("op %d: %v", n, v.Acks[n])
			}
		}
		v.Confirmed = v.Last
		clear(v.Acks)
		// What it holds is not needed any more, but for what it will edit.
		maps.DeleteFunc(v.Rows, func(_ book.ID, r *pb.Row) bool { return r.GetEnvelope().GetKind() != pb.Kind_KIND_HOUSEHOLD })
		d.rows += len(ops)
	}
}

// inside syncs without a network, until there is nothing more.
func (v *visitor) inside(d *district, ops ...[]byte) {
	for {
		out, err := d.Registry.Sync(d.b.Context(), v.caller, v.Request(ops...))
		if err != nil {
			d.b.Fatal(err)
		}
		v.Last += uint64(len(ops))
		ops = nil
		v.Take(out)
		if !out.GetMore() && out.GetView() == nil && len(v.Filling) == 0 {
			return
		}
	}
}

// day is what a member has done on one day: ten visits, two petitions, and a household whose
// address was corrected.
func (v *visitor) day(categories []book.ID, r *mathrand.Rand) (ops [][]byte) {
	mine := mineOf(v.Phone)
	for i, w := range makeVisits(10, mine, []book.ID{v.Member}) {
		w.Day, w.FollowUp = v.Day(), 0
		ops = append(ops, v.Bytes(probe.Change{Kind: pb.Kind_KIND_VISIT, ID: v.ID(), Subject: mine[i%len(mine)], Create: true, Set: w.message(categories)}))
	}
	for range 2 {
		v.petitions++
		ops = append(ops, v.Petition(v.ID(), mine[r.IntN(len(mine))], v.petitions, "Đèn ngõ hỏng đã hai tuần, đề nghị thay (bịa)."))
	}
	return append(ops, v.Bytes(probe.Change{Kind: pb.Kind_KIND_HOUSEHOLD, ID: mine[r.IntN(len(mine))], Set: &pb.Household{Address: proto.String(fmt.Sprint("số ", r.IntN(1000)))}}))
}
