package registry

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/lww"
	"sodanvan/syncserver/store"
)

const (
	// SilentAfter is when a device that does not sync is worth a question to its owner.
	SilentAfter = 7 * 24 * time.Hour
	// ClockOff is from which difference a device's clock is told of: the times of its changes
	// are shifted from there on.
	ClockOff = oddClockMS * time.Millisecond
)

// Stuck is all that does not go on by itself, for whoever runs the server. It names members,
// devices, kinds, ids and times; never a household or a value, since an administrator reads
// no household's data.
type Stuck struct {
	Now time.Time `json:"now"`
	// Refused are changes that the server did not take and whose writers have not mended them.
	Refused []RefusedOpen `json:"refused"`
	// Suggestions wait on desks for a decision; Takeover are rows of the life before a restore
	// that do so.
	Suggestions []OnDesk `json:"suggestions"`
	Takeover    []OnDesk `json:"takeover"`
	// Parked changes wait for a record or a kind that is not known here.
	Parked []ParkedChanges `json:"parked"`
	// Unsent devices reported changes or drafts that they have not sent. Silent ones have not
	// synced for SilentAfter. Ahead ones know of changes that this database has not.
	Unsent []StuckDevice `json:"unsent"`
	Silent []StuckDevice `json:"silent"`
	Ahead  []StuckDevice `json:"ahead"`
	// Clones are copies of another device, also those that were confirmed.
	Clones []StuckDevice `json:"clones"`
	// Skewed are devices whose clock is off by more than ClockOff.
	Skewed []StuckDevice `json:"skewed"`
	// Work is what revoked devices handed over and what lies on no desk.
	Work []KeptWork `json:"work"`
}

// KeptWork is one piece of handed-over work that nobody sees.
type KeptWork struct {
	Device uint32 `json:"device"`
	// Owner and Branch are "" where the owner is not known (any more): then it waits for the
	// owner's record. Else it was more than one call may bring.
	Owner  string `json:"owner"`
	Branch string `json:"branch"`
	// Unreadable: it does not open, or is nothing that a phone packs; Changes is 0. Nobody can
	// do anything about it, so it is listed for a month.
	Unreadable bool      `json:"unreadable,omitempty"`
	Changes    int       `json:"changes"`
	At         time.Time `json:"at"`
}

// unreadableFor is how long work that does not open is listed.
const unreadableFor = 30 * 24 * time.Hour

// RefusedOpen is one refused change that nobody has answered.
type RefusedOpen struct {
	Branch string    `json:"branch"`
	Member string    `json:"member"`
	Device uint32    `json:"device"`
	At     time.Time `json:"at"`
	// Kind and Reason are in words; the kind of a change that could not be read is "".
	Kind   string `json:"kind"`
	Reason string `json:"reason"`
	// Record is the id of the record that the change is about; "": it could not be read.
	Record string `json:"record"`
}

// OnDesk counts what waits on one desk for one reason.
type OnDesk struct {
	Branch string    `json:"branch"`
	Reason string    `json:"reason"`
	Count  int       `json:"count"`
	Oldest time.Time `json:"oldest"`
}

// ParkedChanges are parked changes of one device and kind.
type ParkedChanges struct {
	Branch string `json:"branch"`
	Member string `json:"member"`
	Device uint32 `json:"device"`
	// Kind is in words. NewKind: they wait for a version of the server that knows it; else for
	// the record that they are about.
	Kind    string `json:"kind"`
	NewKind bool   `json:"new_kind"`
	Count   int    `json:"count"`
	// Oldest is when the first of them counts as written; when it came here is not kept.
	Oldest time.Time `json:"oldest"`
}

// StuckDevice is a device in one of the lists.
type StuckDevice struct {
	Device uint32 `json:"device"`
	Owner  string `json:"owner"`
	Branch string `json:"branch"`
	// LastSync and AheadAt are zero for never.
	LastSync    time.Time `json:"last_sync,omitzero"`
	AheadAt     time.Time `json:"ahead_at,omitzero"`
	Unsent      uint32    `json:"unsent"`
	SkewSeconds int64     `json:"skew_seconds"`
	CloneOf     uint32    `json:"clone_of,omitempty"`
	Unconfirmed bool      `json:"unconfirmed,omitempty"`
}

// SuggestionCount is how many suggestions wait in all.
func (s Stuck) SuggestionCount() int { return waiting(s.Suggestions) }

// TakeoverCount is how many rows wait to be taken over after a restore.
func (s Stuck) TakeoverCount() int { return waiting(s.Takeover) }

func waiting(list []OnDesk) (n int) {
	for _, w := range list {
		n += w.Count
	}
	return n
}

// ParkedCount is how many changes are parked.
func (s Stuck) ParkedCount() (n int) {
	for _, p := range s.Parked {
		n += p.Count
	}
	return n
}

// Unconfirmed is how many copies of devices wait for the secretary.
func (s Stuck) Unconfirmed() (n int) {
	for _, d := range s.Clones {
		if d.Unconfirmed {
			n++
		}
	}
	return n
}

// RefusedFor counts the refused changes that have been open for longer.
func (s Stuck) RefusedFor(longer time.Duration) (n int) {
	for _, r := range s.Refused {
		if s.Now.Sub(r.At) > longer {
			n++
		}
	}
	return n
}

// Nothing tells that all goes on by itself. A copy that was confirmed is no trouble any more.
func (s Stuck) Nothing() bool {
	return len(s.Refused)+len(s.Suggestions)+len(s.Takeover)+len(s.Parked)+len(s.Unsent)+len(s.Silent)+len(s.Ahead)+len(s.Skewed)+len(s.Work) == 0 &&
		s.Unconfirmed() == 0
}

// IsSilent tells whether a device that may sync has not done so for SilentAfter.
func (d DeviceInfo) IsSilent(now time.Time) bool {
	return !d.Revoked && now.Sub(time.UnixMilli(max(d.LastSync, d.EnrolledMS))) >= SilentAfter
}

// IsSkewed tells whether the clock of a device that may sync is off by more than ClockOff.
func (d DeviceInfo) IsSkewed() bool {
	return !d.Revoked && (d.SkewMS > ClockOff.Milliseconds() || d.SkewMS < -ClockOff.Milliseconds())
}

// IsAhead tells whether a device that may sync had seen more than this database has, when it
// called last: that is noted once a day, as long as it lasts.
func (d DeviceInfo) IsAhead() bool {
	const noted = 25 * time.Hour
	return !d.Revoked && d.AheadMS != 0 && d.LastSync-d.AheadMS <= noted.Milliseconds()
}

// Stuck looks for what does not go on by itself. It reads desks, devices and what is parked,
// all on one snapshot, and none of the rows of households except those that a refused change
// is about.
func (r *Registry) Stuck(ctx context.Context) (Stuck, error) {
	var out Stuck
	err := r.store.Read(ctx, func(from store.Reader) error {
		l := &look{r: r, from: from, world: newWorld(from), desks: map[deskKey]*OnDesk{}, parked: map[parkedKey]*ParkedChanges{}}
		l.out = Stuck{Now: r.now(), Refused: []RefusedOpen{}, Suggestions: []OnDesk{}, Takeover: []OnDesk{}, Parked: []ParkedChanges{},
			Unsent: []StuckDevice{}, Silent: []StuckDevice{}, Ahead: []StuckDevice{}, Clones: []StuckDevice{}, Skewed: []StuckDevice{}, Work: []KeptWork{}}
		if err := l.all(); err != nil {
			return err
		}
		out = l.out
		return l.world.err
	})
	return out, asProblem(err)
}

// look is one search for what is stuck.
type look struct {
	r      *Registry
	from   store.Reader
	world  *world
	out    Stuck
	desks  map[deskKey]*OnDesk
	parked map[parkedKey]*ParkedChanges
}

type deskKey struct {
	unit     book.ID
	why      pb.SuggestionReason
	takeover bool
}

type parkedKey struct {
	device  uint32
	kind    pb.Kind
	newKind bool
}

func (l *look) all() error {
	units, err := l.from.Units()
	if err != nil {
		return err
	}
	for _, u := range units {
		if err := l.unit(u); err != nil {
			return err
		}
	}
	if err := l.waitingFor(); err != nil {
		return err
	}
	if err := l.devices(); err != nil {
		return err
	}
	if err := l.work(); err != nil {
		return err
	}
	l.sort()
	return nil
}

// unit reads the desk of a unit. What a person of the commune wrote waits at that person
// instead, for there is no desk.
func (l *look) unit(u store.Unit) error {
	if err := l.holder(u, book.Holder{Kind: pb.HolderKind_HOLDER_KIND_DESK, ID: u.ID}); err != nil || u.ID != u.Commune {
		return err
	}
	people, err := l.from.MembersOf(u.ID)
	if err != nil {
		return err
	}
	for _, m := range people {
		if err := l.holder(u, book.Holder{Kind: pb.HolderKind_HOLDER_KIND_MEMBER, ID: m.ID}); err != nil {
			return err
		}
	}
	return nil
}

func (l *look) holder(u store.Unit, h book.Holder) error {
	const page = 1000
	for after := uint64(0); ; {
		keys, err := l.from.HolderKeys(h, after, page)
		if err != nil {
			return err
		}
		for _, k := range keys {
			row, err := l.from.Fetch(k)
			if err != nil {
				return err
			}
			if err := l.onDesk(u, row); err != nil {
				return err
			}
			after = k.Seq
		}
		if len(keys) < page {
			return nil
		}
	}
}

func (l *look) onDesk(u store.Unit, row *store.Row) error {
	if row.Kind != pb.Kind_KIND_SUGGESTION && row.Kind != pb.Kind_KIND_REFUSED {
		return nil
	}
	s, err := open(row)
	if err != nil {
		return err
	}
	if row.Kind == pb.Kind_KIND_SUGGESTION {
		return l.suggestion(u, s)
	}
	return l.refused(u, s)
}

func (l *look) suggestion(u store.Unit, s *stored) error {
	var m pb.Suggestion
	if _, err := lww.Decode(s.record.State.Body, &m); err != nil {
		return err
	}
	if m.GetVerdict() != 0 || m.GetSettled() {
		return nil
	}
	k := deskKey{u.ID, m.GetWhy(), len(m.GetRow()) > 0}
	at := time.UnixMilli(m.GetTimeMs())
	w := l.desks[k]
	if w == nil {
		w = &OnDesk{Branch: l.world.unitName(u.ID), Reason: book.Label(m.GetWhy()), Oldest: at}
		l.desks[k] = w
	}
	w.Count++
	if at.Before(w.Oldest) {
		w.Oldest = at
	}
	return nil
}

func (l *look) refused(u store.Unit, s *stored) error {
	var m pb.RefusedChange
	if _, err := lww.Decode(s.record.State.Body, &m); err != nil {
		return err
	}
	done, err := l.answered(s.record.Subject, &m)
	if err != nil || done {
		return err
	}
	r := RefusedOpen{Branch: l.world.unitName(u.ID), Device: m.GetDevice(), At: time.UnixMilli(m.GetTimeMs()), Reason: book.Label(m.GetCode())}
	if patch, ok := refusedPatch(&m); ok {
		r.Kind = kindInWords(patch.GetEnvelope().GetKind())
	}
	if !s.record.Subject.IsZero() {
		r.Record = s.record.Subject.String()
	}
	if member, ok := l.world.MemberOfDevice(m.GetDevice()); ok {
		r.Member, _ = l.person(member)
	}
	l.out.Refused = append(l.out.Refused, r)
	return nil
}

// refusedPatch gives the change inside; false: it was too long to keep or cannot be read.
func refusedPatch(m *pb.RefusedChange) (*pb.Patch, bool) {
	p := &pb.Patch{}
	if len(m.GetPatch()) == 0 || proto.Unmarshal(m.GetPatch(), p) != nil {
		return nil, false
	}
	return p, true
}

// answered tells whether nobody need look at a refused change any more.
//
// The server hears of no mending as such. A phone that mends a record sends what it should be
// as one new change with the same id, written after the refusal was known there, and a stamp
// is never before the server's time that its writer knew. So a change is answered when
//   - it would have made a record, and its writer has made that record since;
//   - its writer has written one of its fields after it was refused;
//   - each of its fields stands as it would have it, whoever wrote it, or was written later by
//     its own writer;
//   - its record was erased;
//   - its phone has the refusal and says that nothing waits there for a person: then the writer
//     gave it up, or mended it back to what stood before.
func (l *look) answered(id book.ID, m *pb.RefusedChange) (bool, error) {
	patch, ok := refusedPatch(m)
	if id.IsZero() || !ok {
		return false, nil
	}
	d, err := l.from.Device(m.GetDevice())
	if err != nil || d != nil && d.Mends == 0 && d.Confirmed >= m.GetNumber() {
		return err == nil, err
	}
	s := l.world.stored(id)
	if s == nil {
		return l.from.Erased(id)
	}
	member, known := l.world.MemberOfDevice(m.GetDevice())
	if !known {
		return false, nil
	}
	if patch.GetCreate() {
		return s.record.Author == member, nil
	}
	if d == nil {
		return false, nil
	}
	// When the change would count as written, had it been taken.
	written := hlc.Give(hlc.Write{PhoneMS: patch.GetPhoneMs(), ServerMS: patch.GetServerMs(), SkewMS: d.SkewMS, Now: hlc.Make(m.GetTimeMs(), 0)})
	wanted := wantedFields(patch)
	all := len(wanted) > 0
	for _, f := range wanted {
		v, _ := s.record.State.FieldVersion(f.Field)
		by, _ := l.world.MemberOfDevice(v.Device)
		own := by == member && v.Stamp > written
		if own && v.Stamp.Millis() >= m.GetTimeMs() {
			return true, nil
		}
		all = all && (own || string(s.record.State.Value(f.Field)) == string(f.Raw))
	}
	return all, nil
}

// wantedFields are the fields of a change as it would have them; a cleared one has no bytes.
func wantedFields(p *pb.Patch) []lww.Value {
	set, err := lww.Split(p.GetSet())
	if err != nil {
		return nil
	}
	for _, f := range p.GetCleared() {
		set = append(set, lww.Value{Field: f})
	}
	return set
}

// kindInWords names a kind; one of a newer app by its number.
func kindInWords(k pb.Kind) string {
	if _, known := book.Descriptor(k); !known {
		return fmt.Sprintf("loại mới số %d", k)
	}
	return book.Label(k)
}

// person gives the name of a member and of their unit, also of one who left.
func (l *look) person(id book.ID) (name, unit string) {
	s := l.world.stored(id)
	if s == nil {
		return "", ""
	}
	var m pb.Member
	if _, err := lww.Decode(s.record.State.Body, &m); err != nil {
		l.world.fail(err)
	}
	return m.GetName(), l.world.unitName(s.record.Unit)
}

// waitingFor counts the parked changes.
func (l *look) waitingFor() error {
	all, err := l.from.AllParked()
	if err != nil {
		return err
	}
	for _, p := range all {
		var patch pb.Patch
		if err := proto.Unmarshal(p.Op, &patch); err != nil {
			return err
		}
		k := parkedKey{p.Device, patch.GetEnvelope().GetKind(), p.WaitFor.IsZero()}
		at := time.UnixMilli(hlc.Give(hlc.Write{PhoneMS: patch.GetPhoneMs(), ServerMS: patch.GetServerMs(), SkewMS: p.SkewMS, Now: hlc.Make(l.out.Now.UnixMilli(), 0)}).Millis())
		c := l.parked[k]
		if c == nil {
			c = &ParkedChanges{Branch: l.world.unitName(p.Unit), Device: p.Device, Kind: kindInWords(k.kind), NewKind: k.newKind, Oldest: at}
			if member, ok := l.world.MemberOfDevice(p.Device); ok {
				c.Member, _ = l.person(member)
			}
			l.parked[k] = c
		}
		c.Count++
		if at.Before(c.Oldest) {
			c.Oldest = at
		}
	}
	return nil
}

func (l *look) devices() error {
	all, err := l.from.Devices()
	if err != nil {
		return err
	}
	for _, stored := range all {
		d := DeviceInfo{Device: l.r.fresh(stored)}
		if d.Revoked {
			continue
		}
		for _, in := range []struct {
			list *[]StuckDevice
			is   bool
		}{
			{&l.out.Unsent, d.Unsent > 0}, {&l.out.Silent, d.IsSilent(l.out.Now)}, {&l.out.Ahead, d.IsAhead()},
			{&l.out.Clones, d.CloneOf != 0}, {&l.out.Skewed, d.IsSkewed()},
		} {
			if in.is {
				*in.list = append(*in.list, l.device(d))
			}
		}
	}
	return nil
}

// work looks for handed-over work that was not laid out.
func (l *look) work() error {
	all, err := l.from.WaitingWork()
	if err != nil {
		return err
	}
	for _, kept := range all {
		k := KeptWork{Device: kept.Device, Unreadable: kept.Waits == store.Unreadable, Changes: max(kept.Waits, 0), At: time.UnixMilli(kept.MS)}
		if k.Unreadable && l.out.Now.Sub(k.At) > unreadableFor {
			continue
		}
		if d, err := l.from.Device(kept.Device); err != nil {
			return err
		} else if d != nil {
			k.Owner, k.Branch = l.person(d.Member)
		}
		l.out.Work = append(l.out.Work, k)
	}
	return nil
}

func (l *look) device(d DeviceInfo) StuckDevice {
	s := StuckDevice{Device: d.Number, Unsent: d.Unsent, SkewSeconds: d.SkewMS / 1000, CloneOf: d.CloneOf, Unconfirmed: d.Unconfirmed}
	s.Owner, s.Branch = l.person(d.Member)
	if d.LastSync != 0 {
		s.LastSync = time.UnixMilli(d.LastSync)
	}
	if d.IsAhead() {
		s.AheadAt = time.UnixMilli(d.AheadMS)
	}
	return s
}

// sort puts what has waited longest first.
func (l *look) sort() {
	for k, w := range l.desks {
		if k.takeover {
			l.out.Takeover = append(l.out.Takeover, *w)
		} else {
			l.out.Suggestions = append(l.out.Suggestions, *w)
		}
	}
	for _, list := range [][]OnDesk{l.out.Takeover, l.out.Suggestions} {
		slices.SortFunc(list, func(a, b OnDesk) int {
			return cmp.Or(a.Oldest.Compare(b.Oldest), cmp.Compare(a.Branch, b.Branch), cmp.Compare(a.Reason, b.Reason))
		})
	}
	for _, p := range l.parked {
		l.out.Parked = append(l.out.Parked, *p)
	}
	slices.SortFunc(l.out.Parked, func(a, b ParkedChanges) int {
		return cmp.Or(a.Oldest.Compare(b.Oldest), cmp.Compare(a.Device, b.Device), cmp.Compare(a.Kind, b.Kind))
	})
	slices.SortStableFunc(l.out.Refused, func(a, b RefusedOpen) int { return a.At.Compare(b.At) })
}
