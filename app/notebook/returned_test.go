package notebook_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

func TestReturned(t *testing.T) {
	b := nt.NewBranch(t)
	n, desk, deputy := b.Phone(nt.Binh), b.Phone(nt.Hoa), b.Phone(nt.Dung)
	agree(t, n, nt.Dat, keep)
	visit := func(household notebook.ID, day notebook.Day) notebook.ID {
		t.Helper()
		return must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: household, Day: day, Contact: pb.Contact_CONTACT_AT_HOME})).ID
	}
	late, early, gone := visit(nt.Dat, nt.Day(5, 11, 2026)), visit(nt.Dat, nt.Day(1, 11, 2026)), visit(nt.Lan, nt.Day(3, 11, 2026))
	proxy := visit(nt.Quang, nt.Day(4, 11, 2026))
	good := visit(nt.Dat, nt.Day(6, 11, 2026))
	petition := must[notebook.Saved](t)(n.RecordPetition(t.Context(), notebook.NewPetition{Household: nt.Dat, Text: "Đường ngõ 5 ngập"})).ID
	own := must[notebook.Saved](t)(desk.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.An, Contact: pb.Contact_CONTACT_PHONE})).ID
	phone := "0987 654 321"
	must[notebook.Saved](t)(n.EditHousehold(t.Context(), nt.Lan, notebook.HouseholdEdit{Phone: &phone}))
	sync(t, n, desk, deputy)
	for _, id := range []notebook.ID{late, early, gone, proxy, petition, nt.Lan} {
		must[notebook.Saved](t)(desk.Return(t.Context(), id, "ghi rõ nội dung"))
	}
	must[notebook.Saved](t)(desk.Approve(t.Context(), good))
	must[notebook.Saved](t)(deputy.Return(t.Context(), own, "ghi rõ ngày"))
	sync(t, desk, deputy, n, desk)

	ids := func(n *notebook.Notebook) []notebook.ID {
		var out []notebook.ID
		for _, i := range n.Returned() {
			out = append(out, i.ID)
		}
		return out
	}
	if got := ids(n); !slices.Equal(got, []notebook.ID{nt.Lan, early, gone, proxy, late, petition}) {
		t.Fatalf("%+v", n.Returned())
	}
	if got := ids(desk); !slices.Equal(got, []notebook.ID{own}) {
		t.Errorf("the secretary mends what she did not write: %+v", desk.Returned())
	}
	if got := ids(deputy); len(got) != 0 {
		t.Errorf("%+v", deputy.Returned())
	}
	i := n.Returned()[5]
	if i.Kind.Code != "petition" || i.Household != nt.Dat || i.Of != "Hộ ông Nguyễn Văn Đạt" || i.Receipt.Reason != "ghi rõ nội dung" || i.Day != nt.Today {
		t.Errorf("%+v", i)
	}

	// An edit, a deletion and a handover take it off the list.
	day := nt.Day(2, 11, 2026)
	must[notebook.Saved](t)(n.EditVisit(t.Context(), early, notebook.VisitEdit{Day: &day}))
	must[notebook.Saved](t)(n.Delete(t.Context(), late))
	if got := ids(n); !slices.Equal(got, []notebook.ID{nt.Lan, gone, proxy, petition}) {
		t.Errorf("%+v", n.Returned())
	}
	must[notebook.Saved](t)(desk.AssignHousehold(t.Context(), nt.Lan, nt.Dung))
	sync(t, n, desk, n)
	if got := ids(n); !slices.Equal(got, []notebook.ID{proxy, petition}) {
		t.Errorf("%+v", n.Returned())
	}
}

// BenchmarkReturned: a secretary's book of 16,000 visits that all have a verdict.
func BenchmarkReturned(b *testing.B) {
	branch := nt.NewBranch(b)
	for i := range uint64(16000) {
		id := nt.NewID(2*i + 1)
		branch.Put(pb.Kind_KIND_VISIT, id, nt.Dat, nt.Household(nt.Dat), &pb.Visit{Day: proto.Int32(int32(nt.Today)), Contact: pb.Contact_CONTACT_AT_HOME.Enum()})
		branch.Put(pb.Kind_KIND_REVIEW, nt.NewID(2*i+2), id, nt.Household(nt.Dat), &pb.Review{Digest: make([]byte, 16), Verdict: pb.Verdict_VERDICT_APPROVED.Enum()})
	}
	n := branch.Phone(nt.Hoa)
	for b.Loop() {
		if got := n.Returned(); len(got) != 0 {
			b.Fatalf("%+v", book.ID(got[0].ID))
		}
	}
}
