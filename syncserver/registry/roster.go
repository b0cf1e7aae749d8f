package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/viet"
	"sodanvan/syncserver/importer"
	"sodanvan/syncserver/store"
)

// Levels of units that an import makes; other trees come from the console.
const (
	levelCommune = "xã"
	levelBranch  = "chi bộ"
)

// importNote is what the last import left of a record: its key in the roster and the
// values it wrote. It tells the next import which fields a phone changed since.
type importNote struct {
	Key       string                    `json:"key"`
	Branch    *string                   `json:"branch,omitempty"`
	Member    *importer.MemberFields    `json:"member,omitempty"`
	Household *importer.HouseholdFields `json:"household,omitempty"`
}

var errDryRun = errors.New("dry run")

// ImportRoster carries a roster into the book of a commune, which is made where it is not
// there yet. All in one transaction; with dryRun nothing is written and the plan says what
// would be.
func (r *Registry) ImportRoster(ctx context.Context, roster *importer.Roster, commune string, dryRun bool) (*importer.Plan, error) {
	commune = viet.Squash(commune)
	if commune == "" {
		return nil, &StartError{"Cần tên xã, thị trấn: thêm --commune \"TÊN\".", errors.New("no commune")}
	}
	var plan *importer.Plan
	err := r.store.Write(ctx, func(tx store.Tx) error {
		w, err := r.begin(tx)
		if err != nil {
			return err
		}
		c, err := w.commune(commune)
		if err != nil {
			return err
		}
		known, notes, err := w.known(c)
		if err != nil {
			return err
		}
		plan = importer.MakePlan(roster, known)
		if dryRun {
			return errDryRun
		}
		if err := w.importPlan(c, roster, plan, notes); err != nil {
			return err
		}
		w.audit(serverDevice, "import", book.Holder{Kind: pb.HolderKind_HOLDER_KIND_COMMUNE, ID: c})
		return w.finish()
	})
	if dryRun && errors.Is(err, errDryRun) {
		err = nil
	}
	if err != nil {
		return nil, asProblem(err)
	}
	return plan, nil
}

// commune finds a commune by its name, or makes it.
func (w *writing) commune(name string) (book.ID, error) {
	units, err := w.tx.Units()
	if err != nil {
		return book.ID{}, err
	}
	for _, u := range units {
		if u.ID != u.Commune {
			continue
		}
		var m pb.Unit
		if err := w.decode(u.ID, &m); err != nil {
			return book.ID{}, err
		}
		if viet.SearchKey(m.GetName()) == viet.SearchKey(name) {
			return u.ID, nil
		}
	}
	id := book.NewID(w.now.Millis(), w.r.random)
	return id, w.makeUnit(id, id, book.ID{}, name, levelCommune)
}

func (w *writing) decode(id book.ID, m proto.Message) error {
	s := w.world.stored(id)
	if s == nil {
		return fmt.Errorf("record %s: not there", id)
	}
	_, err := lww.Decode(s.record.State.Body, m)
	return err
}

// makeUnit makes a partition and its record, which the commune holds.
func (w *writing) makeUnit(id, commune, above book.ID, name, level string) error {
	w.units[id] = &store.Unit{ID: id, Commune: commune}
	w.world.units[id] = commune
	body, err := lww.Encode(&pb.Unit{Name: proto.String(name), Level: proto.String(level)})
	if err != nil {
		return err
	}
	_, err = w.serverPatch(&pb.Envelope{Kind: pb.Kind_KIND_UNIT.Enum(), Id: id.Bytes(), Subject: above.Bytes()},
		book.Holder{Kind: pb.HolderKind_HOLDER_KIND_COMMUNE, ID: commune}, commune, body, nil)
	return err
}

// known reads what the server holds in the branches of a commune.
func (w *writing) known(commune book.ID) (importer.Known, map[book.ID]importNote, error) {
	var k importer.Known
	notes := map[book.ID]importNote{}
	units, err := w.tx.Units()
	if err != nil {
		return k, nil, err
	}
	for _, u := range units {
		if u.Commune != commune {
			continue
		}
		raw, err := w.tx.Imported(u.ID)
		if err != nil {
			return k, nil, err
		}
		for id, b := range raw {
			var n importNote
			if err := json.Unmarshal(b, &n); err != nil {
				return k, nil, fmt.Errorf("import note of %s: %w", id, err)
			}
			notes[id] = n
		}
	}
	for _, u := range units {
		if u.Commune != commune || u.ID == commune {
			continue
		}
		var m pb.Unit
		if err := w.decode(u.ID, &m); err != nil {
			return k, nil, err
		}
		k.Branches = append(k.Branches, importer.KnownBranch{ID: u.ID.String(), Key: notes[u.ID].Key, Name: m.GetName()})
		err := w.tx.EachRow(u.ID, func(row *store.Row) error {
			if row.Kind != pb.Kind_KIND_MEMBER && row.Kind != pb.Kind_KIND_HOUSEHOLD {
				return nil
			}
			s, err := open(row)
			if err != nil {
				return err
			}
			w.world.records[row.ID] = s
			n := notes[row.ID]
			if row.Kind == pb.Kind_KIND_MEMBER {
				var m pb.Member
				if _, err := lww.Decode(s.record.State.Body, &m); err != nil {
					return err
				}
				k.Members = append(k.Members, importer.KnownMember{ID: row.ID.String(), Key: n.Key, Branch: u.ID.String(), Imported: n.Member, Gone: m.GetDeleted(),
					Current: importer.MemberFields{Name: m.GetName(), Distinguish: m.GetDistinguish(), Office: officeText(m.GetOffice(), n.Member)}})
				return nil
			}
			var h pb.Household
			if _, err := lww.Decode(s.record.State.Body, &h); err != nil {
				return err
			}
			f := importer.HouseholdFields{Head: h.GetHead(), Hamlet: h.GetHamlet(), Address: h.GetAddress(), Size: int(h.GetSize()), Phone: h.GetPhone(), Welfare: welfareFrom[h.GetWelfare()]}
			if id, ok := book.IDFrom(h.GetMember()); ok {
				f.Member = id.String()
			}
			k.Households = append(k.Households, importer.KnownHousehold{ID: row.ID.String(), Key: n.Key, Branch: u.ID.String(), Current: f, Imported: n.Household, Gone: h.GetDeleted()})
			return nil
		})
		if err != nil {
			return k, nil, err
		}
	}
	return k, notes, nil
}

var welfareFrom = map[pb.Welfare]importer.Welfare{
	pb.Welfare_WELFARE_POOR: importer.WelfarePoor, pb.Welfare_WELFARE_NEAR_POOR: importer.WelfareNearPoor, pb.Welfare_WELFARE_POLICY_FAMILY: importer.WelfarePolicy}

var welfareTo = map[importer.Welfare]pb.Welfare{importer.WelfareNone: pb.Welfare_WELFARE_NONE,
	importer.WelfarePoor: pb.Welfare_WELFARE_POOR, importer.WelfareNearPoor: pb.Welfare_WELFARE_NEAR_POOR, importer.WelfarePolicy: pb.Welfare_WELFARE_POLICY_FAMILY}

// officeText gives an office in the roster's words. An office that the book does not know
// ("Chi ủy viên") is no right, so it stays what the file said.
func officeText(o pb.Office, imported *importer.MemberFields) string {
	switch o {
	case pb.Office_OFFICE_SECRETARY:
		return importer.OfficeSecretary
	case pb.Office_OFFICE_DEPUTY:
		return importer.OfficeDeputy
	}
	if imported != nil && imported.Office != importer.OfficeSecretary && imported.Office != importer.OfficeDeputy {
		return imported.Office
	}
	return ""
}

func officeOf(text string) pb.Office {
	switch text {
	case importer.OfficeSecretary:
		return pb.Office_OFFICE_SECRETARY
	case importer.OfficeDeputy:
		return pb.Office_OFFICE_DEPUTY
	}
	return pb.Office_OFFICE_MEMBER
}

// importPlan carries a plan out: branches, then members, then households.
func (w *writing) importPlan(commune book.ID, roster *importer.Roster, plan *importer.Plan, notes map[book.ID]importNote) error {
	branches := make([]book.ID, len(roster.Branches))
	members := map[string]book.ID{}
	note := func(id book.ID, h book.Holder, unit book.ID, n importNote) error {
		b, err := json.Marshal(n)
		if err != nil {
			return err
		}
		if old, ok := notes[id]; ok {
			if o, err := json.Marshal(old); err != nil || string(o) == string(b) {
				return err
			}
		}
		return w.tx.PutImported(id, h, unit, b)
	}
	for _, s := range plan.Branches {
		b := &roster.Branches[s.Index]
		id, _ := book.ParseID(s.ID)
		if s.Action == importer.Create {
			id = book.NewID(w.now.Millis(), w.r.random)
			if err := w.makeUnit(id, commune, commune, b.Name, levelBranch); err != nil {
				return err
			}
		}
		branches[s.Index] = id
		if err := note(id, book.Holder{Kind: pb.HolderKind_HOLDER_KIND_BRANCH, ID: id}, id, importNote{Key: b.Key, Branch: &b.Name}); err != nil {
			return err
		}
	}
	for _, s := range plan.Members {
		m := &roster.Branches[s.Branch].Members[s.Index]
		branch := branches[s.Branch]
		id, _ := book.ParseID(s.ID)
		if s.Action == importer.Create {
			id = book.NewID(w.now.Millis(), w.r.random)
		}
		members[m.Key] = id
		holder := book.Holder{Kind: pb.HolderKind_HOLDER_KIND_BRANCH, ID: branch}
		if s.Action != importer.Unchanged {
			msg := &pb.Member{}
			if s.Action == importer.Create {
				msg.Office = pb.Office_OFFICE_MEMBER.Enum()
			}
			for _, f := range s.Set {
				switch f {
				case importer.FieldName:
					msg.Name = proto.String(m.Name)
				case importer.FieldDistinguish:
					msg.Distinguish = proto.String(m.Distinguish)
				case importer.FieldOffice:
					msg.Office = officeOf(m.Office).Enum()
				}
			}
			if err := w.importRecord(pb.Kind_KIND_MEMBER, id, branch, holder, msg); err != nil {
				return err
			}
		}
		imported := s.Imported
		if err := note(id, holder, branch, importNote{Key: m.Key, Member: &imported}); err != nil {
			return err
		}
	}
	for _, s := range plan.Households {
		h := &roster.Branches[s.Branch].Households[s.Index]
		branch := branches[s.Branch]
		id, _ := book.ParseID(s.ID)
		if s.Action == importer.Create {
			id = book.NewID(w.now.Millis(), w.r.random)
		}
		holder := book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: id}
		if s.Action != importer.Unchanged {
			msg := &pb.Household{}
			if s.Action == importer.Create {
				msg.Position = proto.Int32(int32(s.Index + 1))
			}
			for _, f := range s.Set {
				switch f {
				case importer.FieldHead:
					msg.Head = proto.String(h.Head)
				case importer.FieldHamlet:
					msg.Hamlet = proto.String(h.Hamlet)
				case importer.FieldAddress:
					msg.Address = proto.String(h.Address)
				case importer.FieldSize:
					msg.Size = proto.Int32(int32(h.Size))
				case importer.FieldPhone:
					msg.Phone = proto.String(h.Phone)
				case importer.FieldWelfare:
					msg.Welfare = welfareTo[h.Welfare].Enum()
				case importer.FieldMember:
					if m, ok := members[h.Member]; ok {
						msg.Member = m.Bytes()
					}
				}
			}
			if err := w.importRecord(pb.Kind_KIND_HOUSEHOLD, id, branch, holder, msg); err != nil {
				return err
			}
		}
		imported := s.Imported
		if m, ok := members[imported.Member]; ok {
			imported.Member = m.String()
		}
		if err := note(id, holder, branch, importNote{Key: h.Key, Household: &imported}); err != nil {
			return err
		}
	}
	return nil
}

// importRecord writes the fields of a message that are set.
func (w *writing) importRecord(kind pb.Kind, id, branch book.ID, h book.Holder, m proto.Message) error {
	set, err := lww.Encode(m)
	if err != nil {
		return err
	}
	_, err = w.serverPatch(&pb.Envelope{Kind: kind.Enum(), Id: id.Bytes(), Subject: branch.Bytes()}, h, branch, set, nil)
	return err
}
