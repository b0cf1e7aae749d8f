package book

import (
	"crypto/sha256"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/lww"
)

// A small invented commune. All people in it are invented.
//
//	commune "xã": branch "thôn", branch "bên"; commune "xã khác": branch "xa"
//	"thôn": secretary bí (device 1), deputy phó (2), an (3), bình (no device, proxy chi),
//	        chi (4), dũng (5, also with proxy chi)
//	"bên": secretary bên-bí (6); "xã": officer cán (7), administrator quản (8);
//	"xã khác": officer cán-khác (9)
//	households: hộ-an, hộ-bình, hộ-dũng, hộ-bí, hộ-trống (nobody's), hộ-bên (bên-bí's)
func named(s string) ID {
	sum := sha256.Sum256([]byte(s))
	return ID(sum[:16])
}

type fakeWorld struct {
	households map[ID]HouseholdFacts
	members    map[ID]MemberFacts
	devices    map[uint32]ID
	records    map[ID]Record
	communes   map[ID]ID
	versions   map[ID][][16]byte
	asked      map[string]int
}

func (w *fakeWorld) count(what string) {
	if w.asked == nil {
		w.asked = map[string]int{}
	}
	w.asked[what]++
}

func (w *fakeWorld) Household(id ID) (HouseholdFacts, bool) {
	w.count("household")
	f, ok := w.households[id]
	return f, ok
}
func (w *fakeWorld) Member(id ID) (MemberFacts, bool) {
	w.count("member")
	f, ok := w.members[id]
	return f, ok
}
func (w *fakeWorld) MemberOfDevice(d uint32) (ID, bool) { id, ok := w.devices[d]; return id, ok }
func (w *fakeWorld) Record(id ID) (Record, bool) {
	w.count("record")
	r, ok := w.records[id]
	return r, ok
}
func (w *fakeWorld) About(subject ID, kind pb.Kind) []Record {
	w.count("about")
	var out []Record
	for _, r := range w.records {
		if r.Subject == subject && r.Kind == kind {
			out = append(out, r)
		}
	}
	return out
}
func (w *fakeWorld) Commune(unit ID) (ID, bool) {
	w.count("commune")
	c, ok := w.communes[unit]
	return c, ok
}
func (w *fakeWorld) HadVersion(id ID, digest [16]byte) bool {
	if r, ok := w.records[id]; ok && lww.Digest(r.State.Body) == digest {
		return true
	}
	return slices.Contains(w.versions[id], digest)
}
func (w *fakeWorld) BranchMembers(branch ID) []MemberFacts {
	var out []MemberFacts
	for _, m := range w.members {
		if m.Unit == branch {
			out = append(out, m)
		}
	}
	return out
}

// person describes who is in the fake world.
type person struct {
	name, unit string
	office     pb.Office
	device     uint32
	proxies    []string
}

var people = []person{
	{name: "bí", unit: "thôn", office: pb.Office_OFFICE_SECRETARY, device: 1},
	{name: "phó", unit: "thôn", office: pb.Office_OFFICE_DEPUTY, device: 2},
	{name: "an", unit: "thôn", office: pb.Office_OFFICE_MEMBER, device: 3},
	{name: "bình", unit: "thôn", office: pb.Office_OFFICE_MEMBER, proxies: []string{"chi"}},
	{name: "chi", unit: "thôn", office: pb.Office_OFFICE_MEMBER, device: 4},
	{name: "dũng", unit: "thôn", device: 5, proxies: []string{"chi"}},
	{name: "bên-bí", unit: "bên", office: pb.Office_OFFICE_SECRETARY, device: 6},
	{name: "cán", unit: "xã", office: pb.Office_OFFICE_OFFICER, device: 7},
	{name: "quản", unit: "xã", office: pb.Office_OFFICE_ADMINISTRATOR, device: 8},
	{name: "cán-khác", unit: "xã khác", office: pb.Office_OFFICE_OFFICER, device: 9},
}

func newWorld() *fakeWorld {
	w := &fakeWorld{
		households: map[ID]HouseholdFacts{}, members: map[ID]MemberFacts{}, devices: map[uint32]ID{},
		records: map[ID]Record{}, versions: map[ID][][16]byte{},
		communes: map[ID]ID{
			named("xã"): named("xã"), named("thôn"): named("xã"), named("bên"): named("xã"),
			named("xã khác"): named("xã khác"), named("xa"): named("xã khác"),
		},
	}
	for _, p := range people {
		m := MemberFacts{ID: named(p.name), Unit: named(p.unit), Office: p.office, HasDevice: p.device != 0}
		for _, q := range p.proxies {
			m.Proxies = append(m.Proxies, named(q))
		}
		w.members[m.ID] = m
		if p.device != 0 {
			w.devices[p.device] = m.ID
		}
	}
	for household, who := range map[string][2]string{
		"hộ-an": {"thôn", "an"}, "hộ-bình": {"thôn", "bình"}, "hộ-dũng": {"thôn", "dũng"},
		"hộ-bí": {"thôn", "bí"}, "hộ-trống": {"thôn", ""}, "hộ-bên": {"bên", "bên-bí"},
	} {
		f := HouseholdFacts{ID: named(household), Branch: named(who[0])}
		if who[1] != "" {
			f.Member = named(who[1])
		}
		w.households[f.ID] = f
	}
	return w
}

// actor gives who acts by name: a person of the table, "clone" (an's unconfirmed copy) or
// "nobody".
func actor(name string) Actor {
	switch name {
	case "nobody":
		return Actor{}
	case "clone":
		a := actor("an")
		a.Unconfirmed = true
		return a
	}
	for _, p := range people {
		if p.name != name {
			continue
		}
		a := Actor{Member: named(name), Office: p.office, Device: p.device, Schema: Schema}
		a.Commune = map[string]ID{"thôn": named("xã"), "bên": named("xã"), "xã": named("xã"), "xã khác": named("xã khác")}[p.unit]
		if p.unit == "thôn" || p.unit == "bên" {
			a.Branch = named(p.unit)
		}
		return a
	}
	panic("no such actor: " + name)
}

var everybody = []string{"bí", "phó", "an", "bình", "chi", "dũng", "bên-bí", "cán", "quản", "cán-khác", "clone", "nobody"}

func encode(t testing.TB, m proto.Message) []byte {
	t.Helper()
	b, err := lww.Encode(m)
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	return b
}

func holderOf(kind pb.HolderKind, name string) Holder { return Holder{kind, named(name)} }

func byHousehold(name string) Holder {
	return holderOf(pb.HolderKind_HOLDER_KIND_HOUSEHOLD, name)
}
func byBranch(name string) Holder  { return holderOf(pb.HolderKind_HOLDER_KIND_BRANCH, name) }
func byCommune(name string) Holder { return holderOf(pb.HolderKind_HOLDER_KIND_COMMUNE, name) }
func byMember(name string) Holder  { return holderOf(pb.HolderKind_HOLDER_KIND_MEMBER, name) }
func byDesk(name string) Holder    { return holderOf(pb.HolderKind_HOLDER_KIND_DESK, name) }

var tick uint64

// stored puts a record into the world as the device wrote it, each with a later stamp.
func (w *fakeWorld) stored(t testing.TB, kind pb.Kind, name, author, subject string, h Holder, unit string, m proto.Message) Record {
	t.Helper()
	tick++
	r := Record{
		Kind: kind, ID: named(name), Author: named(author), Subject: named(subject), Holder: h, Unit: named(unit), Seq: tick,
		State: lww.State{Body: encode(t, m), Created: lww.Version{Stamp: hlc.Make(int64(tick), 0), Device: actor(author).Device}},
	}
	w.records[r.ID] = r
	return r
}

// edited merges a later change by a device into a stored record.
func (w *fakeWorld) edited(t testing.TB, name string, device uint32, m proto.Message, cleared ...uint32) Record {
	t.Helper()
	tick++
	r := w.records[named(name)]
	w.versions[r.ID] = append(w.versions[r.ID], lww.Digest(r.State.Body))
	s, _, err := lww.Merge(r.State, lww.Change{Set: encode(t, m), Cleared: cleared, Version: lww.Version{Stamp: hlc.Make(int64(tick), 0), Device: device}})
	if err != nil {
		t.Fatalf("merge: %v", err)
	}
	r.State = s
	w.records[r.ID] = r
	return r
}

func (w *fakeWorld) answer(t testing.TB, name, household string, p pb.Purpose, a pb.Answer, seen ...ID) Record {
	c := &pb.Consent{Purpose: p.Enum(), Answer: a.Enum()}
	for _, s := range seen {
		c.WithdrawalsSeen = append(c.WithdrawalsSeen, s.Bytes())
	}
	return w.stored(t, pb.Kind_KIND_CONSENT, name, "an", household, byHousehold(household), "thôn", c)
}

// agreed lets a household agree to both purposes.
func (w *fakeWorld) agreed(t testing.TB, households ...string) {
	for _, h := range households {
		w.answer(t, h+"-lưu", h, pb.Purpose_PURPOSE_KEEP, pb.Answer_ANSWER_GIVEN)
		w.answer(t, h+"-chuyển", h, pb.Purpose_PURPOSE_FORWARD, pb.Answer_ANSWER_GIVEN)
	}
}

func rule(r *Refusal) string {
	if r == nil {
		return ""
	}
	return r.Rule
}

func petitionOf(text string) *pb.Petition {
	return &pb.Petition{Number: proto.String(PetitionNumber(3, 42)), Day: proto.Int32(20000), Text: proto.String(text)}
}
