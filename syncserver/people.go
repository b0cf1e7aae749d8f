package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/viet"
	"sodanvan/syncserver/registry"
)

// offices are what may be typed for an office, and how it is shown.
var offices = []struct {
	office pb.Office
	typed  string
	shown  string
}{
	{pb.Office_OFFICE_MEMBER, "dang-vien", "đảng viên"},
	{pb.Office_OFFICE_SECRETARY, "bi-thu", "bí thư chi bộ"},
	{pb.Office_OFFICE_DEPUTY, "pho-bi-thu", "phó bí thư chi bộ"},
	{pb.Office_OFFICE_OFFICER, "can-bo", "cán bộ dân vận xã"},
	{pb.Office_OFFICE_ADMINISTRATOR, "quan-tri", "quản trị"},
}

func officeShown(o pb.Office) string {
	for _, x := range offices {
		if x.office == o {
			return x.shown
		}
	}
	return "chưa rõ vai trò"
}

func officeTyped(s string) pb.Office {
	for _, x := range offices {
		if x.typed == s {
			return x.office
		}
	}
	return pb.Office_OFFICE_UNSPECIFIED
}

// ofCommune tells which offices belong to a commune; the others belong to a branch.
func ofCommune(o pb.Office) bool {
	return o == pb.Office_OFFICE_OFFICER || o == pb.Office_OFFICE_ADMINISTRATOR
}

type memberCmd struct {
	List    memberListCmd    `cmd:"" help:"Danh sách đảng viên, cán bộ."`
	Add     memberAddCmd     `cmd:"" help:"Thêm một người: cán bộ xã, quản trị, hoặc đảng viên không có trong danh sách."`
	SetRole memberSetRoleCmd `cmd:"" name:"set-role" help:"Đặt vai trò cho một người."`
}

type memberListCmd struct {
	Branch string `help:"Chỉ một chi bộ." placeholder:"TÊN"`
}

func (c *memberListCmd) Run(s *session) error {
	reg, err := s.open(false, registry.Options{})
	if err != nil {
		return err
	}
	defer reg.Close()
	people, err := reg.People(s.ctx)
	if err != nil {
		return err
	}
	if c.Branch != "" {
		if people, err = inBranch(people, c.Branch); err != nil {
			return err
		}
	}
	if len(people) == 0 {
		fmt.Fprintln(s.stdout, "Chưa có đảng viên nào; hãy nhập danh sách bằng “import roster”.")
		return nil
	}
	w := tabwriter.NewWriter(s.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "ĐƠN VỊ\tHỌ TÊN\tVAI TRÒ\tMÁY")
	for _, p := range people {
		device := "chưa có"
		if p.HasDevice {
			device = "có"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.UnitName, fullName(p), officeShown(p.Office), device)
	}
	return w.Flush()
}

type memberSetRoleCmd struct {
	Name   string `arg:"" name:"ho-ten" help:"Họ tên."`
	Role   string `arg:"" name:"vai-tro" help:"Vai trò: dang-vien, bi-thu, pho-bi-thu, can-bo, quan-tri." enum:"dang-vien,bi-thu,pho-bi-thu,can-bo,quan-tri"`
	Branch string `help:"Chi bộ, khi nhiều người trùng tên." placeholder:"TÊN"`
}

func (c *memberSetRoleCmd) Run(s *session) error {
	reg, err := s.open(false, registry.Options{})
	if err != nil {
		return err
	}
	defer reg.Close()
	p, err := findPerson(s, reg, c.Name, c.Branch)
	if err != nil {
		return err
	}
	units, err := reg.Units(s.ctx)
	if err != nil {
		return err
	}
	office := officeTyped(c.Role)
	atCommune := slices.ContainsFunc(units, func(u registry.UnitInfo) bool { return u.ID == p.Unit && u.ID == u.Commune })
	if ofCommune(office) != atCommune {
		if atCommune {
			return say("%s là người của xã nên không thể là %s; hãy thêm người này vào chi bộ bằng “member add --branch”.", fullName(p), officeShown(office))
		}
		return say("%s là người của chi bộ nên không thể là %s; hãy thêm người này vào xã bằng “member add --commune”.", fullName(p), officeShown(office))
	}
	if err := reg.SetOffice(s.ctx, p.ID, office); err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "%s (%s) nay là %s.\n", fullName(p), p.UnitName, officeShown(office))
	return nil
}

type memberAddCmd struct {
	Name    string `arg:"" name:"ho-ten" help:"Họ tên."`
	Role    string `help:"Vai trò: dang-vien, bi-thu, pho-bi-thu, can-bo, quan-tri." enum:"dang-vien,bi-thu,pho-bi-thu,can-bo,quan-tri" required:"" placeholder:"VAI-TRÒ"`
	Branch  string `help:"Chi bộ của đảng viên, bí thư, phó bí thư." xor:"unit" placeholder:"TÊN"`
	Commune string `help:"Xã của cán bộ, quản trị." xor:"unit" placeholder:"TÊN"`
}

func (c *memberAddCmd) Run(s *session) error {
	name := viet.Squash(c.Name)
	if name == "" {
		return say("Họ tên để trống; hãy ghi họ tên trong dấu ngoặc kép.")
	}
	office := officeTyped(c.Role)
	wanted, flag := c.Branch, "--branch"
	if ofCommune(office) {
		wanted, flag = c.Commune, "--commune"
	}
	if wanted == "" {
		return say("Vai trò %s cần biết đơn vị; hãy thêm %s TÊN.", officeShown(office), flag)
	}
	reg, err := s.open(false, registry.Options{})
	if err != nil {
		return err
	}
	defer reg.Close()
	units, err := reg.Units(s.ctx)
	if err != nil {
		return err
	}
	u, err := findUnit(units, wanted, ofCommune(office))
	if err != nil {
		return err
	}
	people, err := reg.People(s.ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(people, func(p registry.Person) bool { return p.Unit == u.ID && viet.SameText(p.Name, name) }) {
		return say("%s đã có %s; muốn đổi vai trò, hãy dùng “member set-role”.", u.Name, name)
	}
	if _, err := reg.AddPerson(s.ctx, u.ID, name, office); err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "Đã thêm %s (%s), %s.\n", name, u.Name, officeShown(office))
	return nil
}

// findUnit finds the one commune or branch that is meant.
func findUnit(units []registry.UnitInfo, name string, commune bool) (registry.UnitInfo, error) {
	key := viet.SearchKey(name)
	var exact, near []registry.UnitInfo
	var names []string
	for _, u := range units {
		if (u.ID == u.Commune) != commune {
			continue
		}
		names = append(names, u.Name)
		switch own := viet.SearchKey(u.Name); {
		case own == key:
			exact = append(exact, u)
		case viet.Matches(own, name):
			near = append(near, u)
		}
	}
	switch {
	case len(exact) == 1:
		return exact[0], nil
	case len(exact) == 0 && len(near) == 1:
		return near[0], nil
	case len(names) == 0:
		return registry.UnitInfo{}, say("Máy chủ chưa có đơn vị nào; hãy nhập danh sách bằng “import roster” trước.")
	case len(exact)+len(near) == 0:
		return registry.UnitInfo{}, say("Không có đơn vị “%s”; các đơn vị đang có: %s.", name, someOf(names))
	}
	return registry.UnitInfo{}, say("Nhiều đơn vị có tên như “%s”; hãy ghi đủ tên, một trong: %s.", name, someOf(names))
}

// inBranch keeps the people of the one branch that is meant.
func inBranch(people []registry.Person, name string) ([]registry.Person, error) {
	var units []registry.UnitInfo
	seen := map[book.ID]bool{}
	for _, p := range people {
		if !seen[p.Unit] {
			seen[p.Unit] = true
			// Here people of a commune may be asked for too.
			units = append(units, registry.UnitInfo{ID: p.Unit, Name: p.UnitName})
		}
	}
	u, err := findUnit(units, name, false)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(people), func(p registry.Person) bool { return p.Unit != u.ID }), nil
}

// findPerson finds the one person who is meant, by name, with the year if namesakes have one.
func findPerson(s *session, reg *registry.Registry, name, branch string) (registry.Person, error) {
	people, err := reg.People(s.ctx)
	if err != nil {
		return registry.Person{}, err
	}
	if branch != "" {
		if people, err = inBranch(people, branch); err != nil {
			return registry.Person{}, err
		}
	}
	return pick(people, name)
}

func pick(people []registry.Person, name string) (registry.Person, error) {
	// As typed with its accents first: "Hòa" must not be taken for "Hoa" where both exist.
	for _, same := range []func(string) bool{
		func(n string) bool { return viet.SameText(n, viet.Squash(name)) },
		func(n string) bool { return viet.SearchKey(n) == viet.SearchKey(name) },
	} {
		var found []registry.Person
		for _, p := range people {
			if same(p.Name) || same(fullName(p)) {
				found = append(found, p)
			}
		}
		switch {
		case len(found) == 1:
			return found[0], nil
		case len(found) > 1:
			var names []string
			for _, p := range found {
				names = append(names, fmt.Sprintf("%s, %s", fullName(p), p.UnitName))
			}
			return registry.Person{}, say("Có %d người tên “%s” (%s); hãy thêm --branch, hoặc ghi cả năm trong ngoặc.", len(found), name, someOf(names))
		}
	}
	return registry.Person{}, say("Không có ai tên “%s”; hãy xem lại họ tên bằng “member list”.", name)
}

func fullName(p registry.Person) string {
	if p.Distinguish == "" {
		return p.Name
	}
	return p.Name + " (" + p.Distinguish + ")"
}

// someOf lists names without flooding the screen.
func someOf(names []string) string {
	const most = 12
	if len(names) > most {
		return strings.Join(names[:most], "; ") + fmt.Sprintf(" và %d tên khác", len(names)-most)
	}
	return strings.Join(names, "; ")
}
