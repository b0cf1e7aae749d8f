package probe

import (
	"context"
	"fmt"
	"testing"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/syncserver/importer"
)

// Names of the invented commune. Nobody of these lives anywhere.
const (
	CommuneName = "Xã Hư Cấu"
	BranchOne   = "Chi bộ Xóm Đình (bịa)"
	BranchTwo   = "Chi bộ Xóm Bến (bịa)"
)

// HouseholdsEach is how many households every member of a town looks after at first.
const HouseholdsEach = 2

// Town is an invented commune of two branches.
//
// Of the first branch: An (secretary), Đào (deputy), Bình, Cúc and Giang; of the second:
// Dung (secretary), Hạnh (deputy), Em and Khoa. Of the commune: Lan (officer) and Minh
// (administrator). Each member of a branch looks after HouseholdsEach households, called
// "Hộ <member> <n>".
type Town struct {
	*Server
	Commune book.ID
	by      map[string]book.ID
}

// NewTown imports the town into an empty server of this process.
func NewTown(t testing.TB, s *Server) *Town {
	t.Helper()
	ctx := context.Background()
	tw := &Town{Server: s, by: map[string]book.ID{}}
	if _, err := s.Registry.ImportRoster(ctx, Roster(), CommuneName, false); err != nil {
		t.Fatal(err)
	}
	units, err := s.Registry.Units(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range units {
		tw.by[u.Name] = u.ID
		tw.Commune = u.Commune
	}
	for name, office := range map[string]pb.Office{"Lan": pb.Office_OFFICE_OFFICER, "Minh": pb.Office_OFFICE_ADMINISTRATOR} {
		if _, err := s.Registry.AddPerson(ctx, tw.Commune, name, office); err != nil {
			t.Fatal(err)
		}
	}
	people, err := s.Registry.People(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range people {
		tw.by[p.Name] = p.ID
	}
	return tw
}

// Roster is the list of the town's two branches, as a spreadsheet would give it.
func Roster() *importer.Roster {
	return &importer.Roster{Branches: []importer.Branch{
		branch(BranchOne, "Xóm Đình", "An", "Đào", "Bình", "Cúc", "Giang"),
		branch(BranchTwo, "Xóm Bến", "Dung", "Hạnh", "Em", "Khoa"),
	}}
}

func branch(name, hamlet string, members ...string) importer.Branch {
	b := importer.Branch{Key: name, Name: name}
	for i, m := range members {
		office := ""
		switch i {
		case 0:
			office = importer.OfficeSecretary
		case 1:
			office = importer.OfficeDeputy
		}
		b.Members = append(b.Members, importer.Member{Key: name + m, Name: m, Office: office})
		for n := 1; n <= HouseholdsEach; n++ {
			b.Households = append(b.Households, importer.Household{Key: fmt.Sprint(name, m, n), HouseholdFields: importer.HouseholdFields{
				Head: fmt.Sprintf("Hộ %s %d", m, n), Hamlet: hamlet, Address: fmt.Sprint("số ", n), Size: 4, Phone: "0912345678", Member: name + m}})
		}
	}
	return b
}

// Member gives a member's id by name; the zero id for an unknown name.
func (tw *Town) Member(name string) book.ID { return tw.by[name] }

// Branch gives a branch's id by name.
func (tw *Town) Branch(name string) book.ID { return tw.by[name] }
