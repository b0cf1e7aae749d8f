package importer

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// carryOut does what the registry does with a plan, on a Known in memory.
func carryOut(r *Roster, p *Plan, known Known) Known {
	out := Known{Branches: slices.Clone(known.Branches), Members: slices.Clone(known.Members), Households: slices.Clone(known.Households)}
	branchID := make([]string, len(r.Branches))
	for _, s := range p.Branches {
		b := r.Branches[s.Index]
		if s.Action == Create {
			s.ID = fmt.Sprintf("b%d", len(out.Branches))
			out.Branches = append(out.Branches, KnownBranch{ID: s.ID, Name: b.Name})
		}
		for i := range out.Branches {
			if out.Branches[i].ID == s.ID {
				out.Branches[i].Key = b.Key
			}
		}
		branchID[s.Index] = s.ID
	}
	ids := map[string]string{}
	for _, k := range out.Members {
		ids[k.ID] = k.ID
	}
	memberAt := map[string]int{}
	for i, k := range out.Members {
		memberAt[k.ID] = i
	}
	for _, s := range p.Members {
		m := r.Branches[s.Branch].Members[s.Index]
		if s.Gone {
			continue
		}
		if s.Action == Create {
			s.ID = fmt.Sprintf("m%d", len(out.Members))
			memberAt[s.ID] = len(out.Members)
			out.Members = append(out.Members, KnownMember{ID: s.ID, Branch: branchID[s.Branch]})
		}
		ids[m.Key] = s.ID
		k := &out.Members[memberAt[s.ID]]
		k.Key = m.Key
		for _, f := range s.Set {
			switch f {
			case FieldName:
				k.Current.Name = m.Name
			case FieldDistinguish:
				k.Current.Distinguish = m.Distinguish
			case FieldOffice:
				k.Current.Office = m.Office
			}
		}
		imported := s.Imported
		k.Imported = &imported
	}
	householdAt := map[string]int{}
	for i, k := range out.Households {
		householdAt[k.ID] = i
	}
	for _, s := range p.Households {
		h := r.Branches[s.Branch].Households[s.Index]
		if s.Gone {
			continue
		}
		if s.Action == Create {
			s.ID = fmt.Sprintf("h%d", len(out.Households))
			householdAt[s.ID] = len(out.Households)
			out.Households = append(out.Households, KnownHousehold{ID: s.ID, Branch: branchID[s.Branch]})
		}
		k := &out.Households[householdAt[s.ID]]
		k.Key = h.Key
		for _, f := range s.Set {
			switch f {
			case FieldHead:
				k.Current.Head = h.Head
			case FieldHamlet:
				k.Current.Hamlet = h.Hamlet
			case FieldAddress:
				k.Current.Address = h.Address
			case FieldSize:
				k.Current.Size = h.Size
			case FieldPhone:
				k.Current.Phone = h.Phone
			case FieldWelfare:
				k.Current.Welfare = h.Welfare
			case FieldMember:
				k.Current.Member = ids[h.Member]
			}
		}
		imported := s.Imported
		if id, ok := ids[imported.Member]; ok {
			imported.Member = id
		}
		k.Imported = &imported
	}
	return out
}

func TestSecondImportChangesNothing(t *testing.T) {
	r, err := Read(nhuQuynh, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	records := 6 + 566 + 4785
	first := MakePlan(r, Known{})
	if c := first.Counts; c.Created != records || c.Changed != 0 || c.Unchanged != 0 || c.Households != 4785 {
		t.Errorf("first import: %+v", c)
	}
	if first.OfHouseholds != (Tally{Created: 4785}) || first.OfMembers != (Tally{Created: 566}) || first.OfBranches != (Tally{Created: 6}) {
		t.Errorf("tallies %+v %+v %+v", first.OfBranches, first.OfMembers, first.OfHouseholds)
	}
	known := carryOut(r, first, Known{})
	again, err := Read(nhuQuynh, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	second := MakePlan(again, known)
	if c := second.Counts; c.Created != 0 || c.Changed != 0 || c.Unchanged != records {
		t.Errorf("second import: %+v", c)
	}
	if len(second.Absent) != 0 {
		t.Errorf("%d households called absent", len(second.Absent))
	}
	for _, s := range second.Households {
		if len(s.Set)+len(s.Kept) > 0 || s.Adopted {
			t.Fatalf("step %+v", s)
		}
	}
	for i, k := range known.Households {
		if *k.Imported != k.Current {
			t.Fatalf("household %d: imported %+v, current %+v", i, *k.Imported, k.Current)
		}
	}
}

var planHead = []string{"TT", "Chủ hộ", "Thôn", "Địa chỉ", "Số khẩu", "Điện thoại", "Diện", "Phụ trách", "Chức vụ"}

func planSheet(rows ...[]string) madeSheet {
	return madeSheet{name: "CB Thôn Đông", rows: append([][]string{planHead}, rows...)}
}

// TestPlan imports one file, changes the server, then imports another file.
func TestPlan(t *testing.T) {
	tot := []string{"1", "Phạm Văn Tốt", "Thôn Đông", "Ngõ 1", "4", "0912345671", "Hộ nghèo", "Vũ Thị Lành", "Bí thư"}
	kha := []string{"2", "Phạm Văn Khá", "Thôn Đông", "Ngõ 2", "3", "0912345672", "", "Vũ Thị Lành"}
	hay := []string{"3", "Phạm Văn Hay", "Thôn Đông", "Ngõ 3", "2", "0912345673", "", "Lò Văn Pá"}
	mo := []string{"4", "", "Thôn Đông", "Ngõ 4", "2", "", "", "Lò Văn Pá"}
	file := [][]string{tot, kha, hay, mo}
	with := func(row int, col int, text string) [][]string {
		out := make([][]string, len(file))
		for i := range file {
			out[i] = append(slices.Clone(file[i]), make([]string, 9-len(file[i]))...)
		}
		out[row][col] = text
		return out
	}
	none := func(*Known) {}
	tests := []struct {
		name   string
		server func(*Known)
		second [][]string
		// want are the steps that do something: "head: action set/kept".
		want string
	}{
		{"the same file", none, file, ""},
		{"the same file in another order", none, [][]string{hay, mo, tot, kha}, ""},
		{"phone changed on a device, file as before", func(k *Known) { k.Households[0].Current.Phone = "0988888888" }, file,
			"Phạm Văn Tốt: 0 set[] kept[phone]"},
		{"phone changed on a device and in the file", func(k *Known) { k.Households[0].Current.Phone = "0988888888" }, with(0, 5, "0977777777"),
			"Phạm Văn Tốt: 0 set[] kept[phone]"},
		{"phone emptied on a device stays empty", func(k *Known) { k.Households[0].Current.Phone = "" }, file,
			"Phạm Văn Tốt: 0 set[] kept[phone]"},
		{"device and file agree", func(k *Known) { k.Households[0].Current.Phone = "0977777777" }, with(0, 5, "0977777777"), ""},
		{"another field of the row is still written", func(k *Known) { k.Households[0].Current.Phone = "0988888888" }, with(0, 4, "5"),
			"Phạm Văn Tốt: 2 set[size] kept[phone]"},
		{"phone changed in the file", none, with(1, 5, "0977777777"), "Phạm Văn Khá: 2 set[phone] kept[]"},
		{"a blank cell clears nothing", none, with(1, 5, ""), ""},
		{"a bad phone clears nothing", none, with(1, 5, "123"), ""},
		{"a household leaves its category", none, with(0, 6, ""), "Phạm Văn Tốt: 2 set[welfare] kept[]"},
		{"an unknown category clears nothing", none, with(0, 6, "khó nói"), ""},
		{"reassigned by the secretary", func(k *Known) { k.Households[0].Current.Member = k.Members[1].ID }, file,
			"Phạm Văn Tốt: 0 set[] kept[member]"},
		{"reassigned in the file", none, with(1, 7, "Lò Văn Pá"), "Phạm Văn Khá: 2 set[member] kept[]"},
		{"address mended, found by its phone", none, with(1, 3, "Ngõ 22"), "Phạm Văn Khá: 2 set[address] kept[]"},
		{"head mended, found by its address", none, with(3, 1, "Phạm Văn Mơ"), "Phạm Văn Mơ: 2 set[head] kept[]"},
		{"head mended on the device too", func(k *Known) { k.Households[3].Current.Head = "Phạm Thị Mơ" }, with(3, 1, "Phạm Văn Mơ"),
			"Phạm Văn Mơ: 0 set[] kept[head]"},
		{"another family in the house is another household", none,
			[][]string{tot, kha, {"3", "Lê Văn Mới", "Thôn Đông", "Ngõ 3", "2", "", "", "Lò Văn Pá"}, mo},
			"Lê Văn Mới: 1 set[head hamlet address size member] kept[]; absent 1"},
		{"a household that is new", none, append(slices.Clone(file), []string{"5", "Lê Văn Mới", "", "Ngõ 9"}),
			"Lê Văn Mới: 1 set[head address] kept[]"},
		{"a household that was deleted", func(k *Known) { k.Households[2].Gone = true }, file, "Phạm Văn Hay: 0 set[] kept[] gone"},
		{"a household that the file has no more", none, file[:3], "absent 1"},
		{"made by hand, blank fields are filled", func(k *Known) {
			k.Households[1].Key, k.Households[1].Imported = "", nil
			k.Households[1].Current.Phone, k.Households[1].Current.Size = "", 7
		}, file, "Phạm Văn Khá: 2 set[phone] kept[size] adopted"},
		{"a year is added to a member", none, [][]string{tot, kha,
			{"3", "Phạm Văn Hay", "Thôn Đông", "Ngõ 3", "2", "0912345673", "", "Lò Văn Pá (1950)"}, {"4", "", "Thôn Đông", "Ngõ 4", "2", "", "", "Lò Văn Pá (1950)"}},
			"member Lò Văn Pá: 2 set[distinguish] kept[] adopted"},
		{"the office changed in the file", none, with(0, 8, "Phó bí thư"), "member Vũ Thị Lành: 2 set[office] kept[]"},
		{"the office changed in the console", func(k *Known) { k.Members[0].Current.Office = "" }, file, "member Vũ Thị Lành: 0 set[] kept[office]"},
		{"the branch was made by hand", func(k *Known) { k.Branches[0].Key, k.Branches[0].Name = "", "CHI BỘ THÔN ĐÔNG" }, file, "branch adopted"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := readMade(t, Options{}, planSheet(file...))
			if err != nil {
				t.Fatal(err)
			}
			known := carryOut(r, MakePlan(r, Known{}), Known{})
			tt.server(&known)
			r2, err := readMade(t, Options{}, planSheet(tt.second...))
			if err != nil {
				t.Fatal(err)
			}
			p := MakePlan(r2, known)
			if got := steps(r2, p); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
			// Whatever it was, once carried out it changes nothing more.
			p3 := MakePlan(r2, carryOut(r2, p, known))
			if c := p3.Counts; c.Created != 0 || c.Changed != 0 {
				t.Errorf("a third import would do %s", steps(r2, p3))
			}
		})
	}
}

// steps shows what a plan does.
func steps(r *Roster, p *Plan) string {
	var out []string
	show := func(who string, s Step) {
		line := fmt.Sprintf("%s: %d set%v kept%v", who, s.Action, s.Set, s.Kept)
		if s.Gone {
			line += " gone"
		}
		if s.Adopted && (s.Action != Change || s.Set[0] != FieldHead && s.Set[0] != FieldAddress) && len(s.Kept)+len(s.Set) > 1 || s.Adopted && strings.HasPrefix(who, "member") {
			line += " adopted"
		}
		if s.Action != Unchanged || len(s.Kept) > 0 || s.Gone {
			out = append(out, line)
		}
	}
	for _, s := range p.Branches {
		if s.Adopted {
			out = append(out, "branch adopted")
		}
	}
	for _, s := range p.Members {
		show("member "+r.Branches[s.Branch].Members[s.Index].Name, s.Step)
	}
	for _, s := range p.Households {
		show(r.Branches[s.Branch].Households[s.Index].Head, s.Step)
	}
	if n := len(p.Absent); n > 0 {
		out = append(out, fmt.Sprintf("absent %d", n))
	}
	return strings.Join(out, "; ")
}
