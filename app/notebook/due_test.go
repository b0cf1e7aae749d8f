package notebook_test

import (
	"slices"
	"testing"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

func TestDue(t *testing.T) {
	type seen struct {
		day, next notebook.Day
		contact   pb.Contact
	}
	const home, nobody = pb.Contact_CONTACT_AT_HOME, pb.Contact_CONTACT_NOBODY_MET
	at := func(day int) notebook.Day { return nt.Day(day, 11, 2026) } // today is the 21st
	for _, c := range []struct {
		name   string
		visits []seen
		want   notebook.Day
		days   int32
	}{
		{"never agreed", []seen{{at(1), 0, home}}, 0, 0},
		{"today", []seen{{at(1), at(21), home}}, at(21), 0},
		{"today, met since for something else", []seen{{at(1), at(21), home}, {at(10), 0, home}}, at(21), 0},
		{"today, done", []seen{{at(1), at(21), home}, {at(21), 0, home}}, 0, 0},
		{"today, nobody there", []seen{{at(1), at(21), home}, {at(21), 0, nobody}}, at(21), 0},
		{"tomorrow", []seen{{at(1), at(22), home}}, 0, 0},
		{"overdue", []seen{{at(1), at(15), home}}, at(15), 6},
		{"overdue, nobody there", []seen{{at(1), at(15), home}, {at(15), 0, nobody}}, at(15), 6},
		{"came a day early", []seen{{at(1), at(15), home}, {at(14), 0, home}}, 0, 0},
		{"came late", []seen{{at(1), at(15), home}, {at(18), 0, home}}, 0, 0},
		{"put off to a later day", []seen{{at(1), at(15), home}, {at(15), at(25), nobody}}, 0, 0},
		{"put off to today", []seen{{at(1), at(15), home}, {at(15), at(21), nobody}}, at(21), 0},
		{"put off to a day that is past too", []seen{{at(1), at(15), home}, {at(15), at(19), nobody}}, at(19), 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := nt.NewBranch(t).Phone(nt.Binh)
			for _, v := range c.visits {
				must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Day: v.day, Contact: v.contact, FollowUp: v.next}))
			}
			got := n.Due()
			switch {
			case c.want == 0 && len(got) > 0:
				t.Errorf("%+v", got)
			case c.want != 0 && (len(got) != 1 || got[0].Day != c.want || got[0].Days != c.days || got[0].Household != nt.Dat || got[0].Title != "Hộ ông Nguyễn Văn Đạt"):
				t.Errorf("%+v, want %s", got, c.want)
			}
		})
	}
}

func TestDueIsOfOwnHouseholds(t *testing.T) {
	b := nt.NewBranch(t)
	n, desk := b.Phone(nt.Binh), b.Phone(nt.Hoa)
	for i, household := range []notebook.ID{nt.Dat, nt.Lan, nt.Quang} {
		must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{
			Household: household, Day: nt.Day(1, 11, 2026), FollowUp: nt.Day(20-i, 11, 2026), Contact: pb.Contact_CONTACT_AT_HOME,
		}))
	}
	sync(t, n, desk)
	var got []notebook.ID
	for _, d := range n.Due() {
		got = append(got, d.Household)
	}
	// Binh writes for Sau, whose household Quang is. The longest overdue comes first.
	if !slices.Equal(got, []notebook.ID{nt.Quang, nt.Lan, nt.Dat}) {
		t.Errorf("%+v", n.Due())
	}
	if got := desk.Due(); len(got) != 0 {
		t.Errorf("the secretary goes to other members' households: %+v", got)
	}
	// A phone whose battery was empty believes the server's day.
	b.At = b.At.AddDate(-56, 0, 0)
	if got := n.Due(); len(got) != 3 || got[0].Days != 3 {
		t.Errorf("with the clock at 1970: %+v", got)
	}
}
