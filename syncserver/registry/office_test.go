package registry

import (
	"context"
	"errors"
	"testing"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/syncserver/store/sqlite"
)

// TestOfficesBelongToTheirUnit: a person of a branch works in no commune, and the reverse.
func TestOfficesBelongToTheirUnit(t *testing.T) {
	ctx := context.Background()
	tw := newTown(t, sqlite.Options{})
	units, err := tw.r.Units(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range units {
		if u.ID == u.Commune {
			if _, err := tw.r.AddPerson(ctx, u.ID, "Giang", pb.Office_OFFICE_OFFICER); err != nil {
				t.Fatal(err)
			}
		}
	}
	tw.index()
	ofBranch, ofCommune := []pb.Office{pb.Office_OFFICE_MEMBER, pb.Office_OFFICE_SECRETARY, pb.Office_OFFICE_DEPUTY}, []pb.Office{pb.Office_OFFICE_OFFICER, pb.Office_OFFICE_ADMINISTRATOR}
	for _, c := range []struct {
		name    string
		offices []pb.Office
		fits    bool
	}{
		{"Bình", ofBranch, true}, {"Bình", ofCommune, false}, {"Giang", ofCommune, true}, {"Giang", ofBranch, false},
	} {
		for _, o := range c.offices {
			err := tw.r.SetOffice(ctx, tw.by[c.name], o)
			var p *Problem
			if c.fits {
				if err != nil {
					t.Errorf("%s as %s: %v", c.name, o, err)
				}
			} else if !errors.As(err, &p) || p.Code != pb.ProblemCode_PROBLEM_CODE_BAD_REQUEST || p.UserMessage() == sentences[p.Code] {
				t.Errorf("%s as %s: %v", c.name, o, err)
			}
		}
	}
	people, err := tw.r.People(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range people {
		if p.Name == "Bình" && p.Office != pb.Office_OFFICE_DEPUTY || p.Name == "Giang" && p.Office != pb.Office_OFFICE_ADMINISTRATOR {
			t.Errorf("%s is %s: a refused office was kept", p.Name, p.Office)
		}
	}
}

// TestNobodyWritesForWhoGotAPhone: the secretary names a proxy while the member joins; the
// server knows of the phone, and the secretary's book hears why.
func TestNobodyWritesForWhoGotAPhone(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	desk := tw.phone("An")
	desk.sync()
	tw.phone("Cúc")
	name := func(member string, proxies ...[]byte) []byte {
		return desk.patch(pb.Kind_KIND_MEMBER, tw.by[member], book.ID{}, false, &pb.Member{Proxies: proxies})
	}
	desk.sync(name("Cúc", tw.by["Bình"].Bytes()), name("Bình", tw.by["An"].Bytes()))
	desk.wants(1, pb.Result_RESULT_REFUSED, pb.RefusalCode_REFUSAL_CODE_INVALID)
	if r := book.RefusalFrom(desk.acks[1].GetRefusal()); r.Rule != "proxy_member_has_device" || r.Field != 4 {
		t.Errorf("%+v", r)
	}
	desk.wants(2, pb.Result_RESULT_STORED, 0)

	// Who was named before the phone came stays, until the desk takes them away.
	tw.phone("Bình")
	desk.sync(name("Bình", tw.by["An"].Bytes()), name("Bình", tw.by["Cúc"].Bytes()), desk.patch(pb.Kind_KIND_MEMBER, tw.by["Bình"], book.ID{}, false, &pb.Member{}, 4))
	desk.wants(3, pb.Result_RESULT_STORED, 0)
	desk.wants(4, pb.Result_RESULT_REFUSED, pb.RefusalCode_REFUSAL_CODE_INVALID)
	desk.wants(5, pb.Result_RESULT_STORED, 0)
	tw.sound()
}
