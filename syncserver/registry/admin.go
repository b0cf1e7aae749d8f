package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
	"sodanvan/shared/viet"
	"sodanvan/syncserver/store"
)

// Person is a member as the administrator's commands show one.
type Person struct {
	ID, Unit    book.ID
	Name        string
	Distinguish string
	UnitName    string
	CommuneName string
	Office      pb.Office
	HasDevice   bool
}

// UnitInfo is a commune or branch with how much it holds.
type UnitInfo struct {
	ID, Commune book.ID
	Name        string
	Seq, Rows   uint64
	Members     int
	Households  int
}

// People lists all members that are not deleted, by unit and by given name.
func (r *Registry) People(ctx context.Context) ([]Person, error) {
	var out []Person
	err := r.store.Read(ctx, func(from store.Reader) error {
		w := newWorld(from)
		units, err := from.Units()
		if err != nil {
			return err
		}
		for _, u := range units {
			name, commune := w.unitName(u.ID), w.unitName(u.Commune)
			ms, err := from.MembersOf(u.ID)
			if err != nil {
				return err
			}
			for _, m := range ms {
				s := w.stored(m.ID)
				if s == nil || m.Deleted {
					continue
				}
				var b pb.Member
				if _, err := lww.Decode(s.record.State.Body, &b); err != nil {
					return err
				}
				out = append(out, Person{ID: m.ID, Unit: u.ID, Name: b.GetName(), Distinguish: b.GetDistinguish(), UnitName: name, CommuneName: commune, Office: m.Office, HasDevice: m.HasDevice})
			}
		}
		return w.err
	})
	slices.SortStableFunc(out, func(a, b Person) int {
		if c := viet.ComparePeople(a.UnitName, b.UnitName); c != 0 {
			return c
		}
		return viet.ComparePeople(a.Name, b.Name)
	})
	return out, asProblem(err)
}

func (w *world) unitName(id book.ID) string {
	s := w.stored(id)
	if s == nil {
		return ""
	}
	var u pb.Unit
	if _, err := lww.Decode(s.record.State.Body, &u); err != nil {
		w.fail(err)
	}
	return u.GetName()
}

// Units lists communes and branches.
func (r *Registry) Units(ctx context.Context) ([]UnitInfo, error) {
	var out []UnitInfo
	err := r.store.Read(ctx, func(from store.Reader) error {
		w := newWorld(from)
		units, err := from.Units()
		if err != nil {
			return err
		}
		for _, u := range units {
			i := UnitInfo{ID: u.ID, Commune: u.Commune, Name: w.unitName(u.ID), Seq: u.Seq, Rows: u.Sum.Rows}
			ms, err := from.MembersOf(u.ID)
			if err != nil {
				return err
			}
			hs, err := from.HouseholdsIn(u.ID)
			if err != nil {
				return err
			}
			i.Members, i.Households = len(ms), len(hs)
			out = append(out, i)
		}
		return w.err
	})
	return out, asProblem(err)
}

// AddPerson makes a member of a unit: officers and administrators of a commune, who are in
// no roster, and members of a branch.
func (r *Registry) AddPerson(ctx context.Context, unit book.ID, name string, office pb.Office) (book.ID, error) {
	var id book.ID
	err := r.store.Write(ctx, func(tx store.Tx) error {
		w, err := r.begin(tx)
		if err != nil {
			return err
		}
		u, err := w.unit(unit)
		if err != nil {
			return err
		}
		id = book.NewID(w.now.Millis(), r.random)
		h := book.Holder{Kind: pb.HolderKind_HOLDER_KIND_BRANCH, ID: unit}
		if u.ID == u.Commune {
			h.Kind = pb.HolderKind_HOLDER_KIND_COMMUNE
		}
		if err := w.importRecord(pb.Kind_KIND_MEMBER, id, unit, h, &pb.Member{Name: proto.String(viet.Squash(name)), Office: office.Enum()}); err != nil {
			return err
		}
		return w.finish()
	})
	return id, asProblem(err)
}

var (
	errUnknownPerson = errors.New("no such member")
	errOfficeUnit    = errors.New("an office of the other sort of unit")
)

// SetOffice gives a member an office. A branch may have one secretary and one deputy at a
// time, or more while they change; nobody is unseated unasked. Officers and administrators are
// people of the commune and the others of a branch: an office of the other sort is refused
// with a Problem, since views and rights go by the unit in which a person stands.
func (r *Registry) SetOffice(ctx context.Context, member book.ID, office pb.Office) error {
	return asProblem(r.store.Write(ctx, func(tx store.Tx) error {
		w, err := r.begin(tx)
		if err != nil {
			return err
		}
		s := w.world.stored(member)
		if s == nil || s.record.Kind != pb.Kind_KIND_MEMBER {
			return problem(pb.ProblemCode_PROBLEM_CODE_NOT_YOURS, errUnknownPerson)
		}
		u, err := w.unit(s.record.Unit)
		if err != nil {
			return err
		}
		if p := officeFits(office, u.ID == u.Commune); p != nil {
			return p
		}
		set, err := lww.Encode(&pb.Member{Office: office.Enum()})
		if err != nil {
			return err
		}
		if _, err := w.serverPatch(&pb.Envelope{Kind: pb.Kind_KIND_MEMBER.Enum(), Id: member.Bytes()}, s.record.Holder, s.record.Unit, set, nil); err != nil {
			return err
		}
		w.audit(serverDevice, "office", book.Holder{Kind: pb.HolderKind_HOLDER_KIND_MEMBER, ID: member})
		return w.finish()
	}))
}

// officeFits refuses an office that a person of this sort of unit cannot hold; nil: it fits.
func officeFits(o pb.Office, atCommune bool) *Problem {
	ofCommune := o == pb.Office_OFFICE_OFFICER || o == pb.Office_OFFICE_ADMINISTRATOR
	if ofCommune == atCommune {
		return nil
	}
	sentence := "Cán bộ dân vận xã và quản trị là người của xã; hãy thêm người này vào xã rồi đặt vai trò."
	if atCommune {
		sentence = "Người của xã không giữ vai trò ở chi bộ; hãy thêm người này vào chi bộ rồi đặt vai trò."
	}
	return &Problem{Code: pb.ProblemCode_PROBLEM_CODE_BAD_REQUEST, Sentence: sentence, Cause: errOfficeUnit}
}

// IssuedCode is a code for one member, as it is printed once.
type IssuedCode struct {
	Person     Person
	Code       seal.Code
	Invitation seal.Invitation
	Expires    time.Time
}

// IssueCodes makes an enrolment code for each of these members.
func (r *Registry) IssueCodes(ctx context.Context, people []Person) ([]IssuedCode, error) {
	var out []IssuedCode
	err := r.store.Write(ctx, func(tx store.Tx) error {
		out = nil
		w, err := r.begin(tx)
		if err != nil {
			return err
		}
		for _, p := range people {
			c, kept, err := w.newCode(p.ID, serverDevice)
			if err != nil {
				return err
			}
			out = append(out, IssuedCode{p, c, seal.Invitation{Code: c, Address: r.address}, time.UnixMilli(kept.ExpiresMS)})
		}
		return w.finish()
	})
	return out, asProblem(err)
}

// RevokeCode ends a code that was not used yet, by its public letters.
func (r *Registry) RevokeCode(ctx context.Context, id string) error {
	return asProblem(r.store.Write(ctx, func(tx store.Tx) error {
		c, err := tx.Code(id)
		if err != nil {
			return err
		}
		if c == nil {
			return problem(pb.ProblemCode_PROBLEM_CODE_NOT_YOURS, errors.New("no such code"))
		}
		c.Revoked = true
		return tx.PutCode(c)
	}))
}

// DeviceInfo is a device with its member's name.
type DeviceInfo struct {
	*store.Device
	Owner, UnitName string
}

// AllDevices lists every device of the server.
func (r *Registry) AllDevices(ctx context.Context) ([]DeviceInfo, error) {
	people, err := r.People(ctx)
	if err != nil {
		return nil, err
	}
	by := map[book.ID]Person{}
	for _, p := range people {
		by[p.ID] = p
	}
	var out []DeviceInfo
	err = r.store.Read(ctx, func(from store.Reader) error {
		ds, err := from.Devices()
		for _, d := range ds {
			p := by[d.Member]
			out = append(out, DeviceInfo{r.fresh(d), p.Name, p.UnitName})
		}
		return err
	})
	return out, asProblem(err)
}

// Revoke ends a device, by the administrator.
func (r *Registry) Revoke(ctx context.Context, number uint32) error {
	return asProblem(r.store.Write(ctx, func(tx store.Tx) error {
		w, err := r.begin(tx)
		if err != nil {
			return err
		}
		d, err := w.device(number)
		if err != nil {
			return err
		}
		if d == nil {
			return problem(pb.ProblemCode_PROBLEM_CODE_NOT_YOURS, errDevice)
		}
		if err := w.revoke(d, serverDevice); err != nil {
			return err
		}
		return w.finish()
	}))
}

// Confirm lets a copy of a device go on as a device of its own, by the administrator: where the
// copy is the secretary's only phone, nobody else can.
func (r *Registry) Confirm(ctx context.Context, number uint32) error {
	return asProblem(r.store.Write(ctx, func(tx store.Tx) error {
		w, err := r.begin(tx)
		if err != nil {
			return err
		}
		d, err := w.device(number)
		if err != nil {
			return err
		}
		if d == nil || d.Revoked {
			return problem(pb.ProblemCode_PROBLEM_CODE_NOT_YOURS, errDevice)
		}
		if err := w.confirm(d, serverDevice); err != nil {
			return err
		}
		return w.finish()
	}))
}

// Status is what an administrator must know, in numbers.
type Status struct {
	Units   []UnitInfo
	Devices []DeviceInfo
	Codes   int
	Parked  int
	Now     time.Time
	// LastChange is the server's own clock, which is never behind its greatest stored stamp.
	LastChange time.Time
}

// Status reads the state of the server.
func (r *Registry) Status(ctx context.Context) (Status, error) {
	units, err := r.Units(ctx)
	if err != nil {
		return Status{}, err
	}
	devices, err := r.AllDevices(ctx)
	if err != nil {
		return Status{}, err
	}
	s := Status{Units: units, Devices: devices, Now: r.now()}
	err = r.store.Read(ctx, func(from store.Reader) error {
		codes, err := from.Codes()
		if err != nil {
			return err
		}
		for _, c := range codes {
			if c.Device == 0 && !c.Revoked && c.ExpiresMS > r.nowMS() {
				s.Codes++
			}
		}
		s.Parked, err = from.ParkedCount()
		return err
	})
	s.LastChange = r.clock.Peek(0).Time()
	return s, asProblem(err)
}

// Check looks for damage: the files themselves, each digest and projection against the rows,
// the chain of the access log. One line a finding; none: sound.
func (r *Registry) Check(ctx context.Context) ([]string, error) {
	found, err := r.store.Check(ctx)
	if err != nil {
		return nil, asProblem(err)
	}
	err = r.store.Read(ctx, func(from store.Reader) error {
		units, err := from.Units()
		if err != nil {
			return err
		}
		for _, u := range units {
			var whole store.Sum
			holders := map[book.Holder]store.Sum{}
			err := from.EachRow(u.ID, func(row *store.Row) error {
				s, err := open(row)
				if err != nil {
					return err
				}
				h := lww.RowHash(s.row)
				sum := holders[row.Holder]
				holders[row.Holder] = store.Sum{Digest: sum.Digest + h, Rows: sum.Rows + 1}
				whole.Digest += h
				whole.Rows++
				if row.Seq > u.Seq || row.Seq != s.row.GetSeq() {
					found = append(found, fmt.Sprintf("row %s: seq %d of partition at %d", row.ID, row.Seq, u.Seq))
				}
				if err := s.record.State.Valid(); err != nil {
					found = append(found, fmt.Sprintf("row %s: %v", row.ID, err))
				}
				return nil
			})
			if err != nil {
				// A body that cannot be read is a finding; the other partitions are looked at too.
				found = append(found, fmt.Sprintf("partition %s: %q", u.ID, err.Error()))
				continue
			}
			if whole != u.Sum {
				found = append(found, fmt.Sprintf("partition %s: digest or count differs from its rows", u.ID))
			}
			for h, sum := range holders {
				kept, err := from.HolderSum(h)
				if err != nil {
					return err
				}
				if kept != sum {
					found = append(found, fmt.Sprintf("holder %s %s: digest or count differs from its rows", h.Kind, h.ID))
				}
			}
		}
		differences, err := r.checkProjections(from, units)
		if err != nil {
			return err
		}
		found = append(found, differences...)
		var head []byte
		return from.AuditAll(func(e store.AuditEntry) error {
			if !bytes.Equal(auditHash(head, e), e.Hash) {
				found = append(found, fmt.Sprintf("access log: line %d does not follow from the one before", e.N))
			}
			head = e.Hash
			return nil
		})
	})
	return found, asProblem(err)
}

// AccessLog lists who did what to one holder's rows.
func (r *Registry) AccessLog(ctx context.Context, h book.Holder) (out []store.AuditEntry, err error) {
	err = r.store.Read(ctx, func(from store.Reader) error { out, err = from.AuditOf(h); return err })
	return out, asProblem(err)
}

// Ready tells whether the database answers.
func (r *Registry) Ready(ctx context.Context) error {
	return r.store.Read(ctx, func(from store.Reader) error { _, err := from.Meta(metaServer); return err })
}
