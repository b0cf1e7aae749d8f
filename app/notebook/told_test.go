package notebook_test

import (
	"testing"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
)

func TestNoticeHouseholds(t *testing.T) {
	b := nt.NewBranch(t)
	n := b.Phone(nt.Binh)
	want := func(dat, lan notebook.Day) []notebook.NoticeHousehold {
		t.Helper()
		got := n.NoticeHouseholds(nt.Harvest)
		// In the order of the walk, and only Binh's own.
		if len(got) != 2 || got[0].ID != nt.Lan || got[1].ID != nt.Dat || got[0].Told != lan || got[1].Told != dat {
			t.Fatalf("%+v", got)
		}
		return got
	}
	want(0, 0)
	must[notebook.Saved](t)(n.ReadNotice(t.Context(), nt.Harvest))
	s := must[notebook.Saved](t)(n.TellNotice(t.Context(), nt.Harvest, nt.Dat))
	if got := want(nt.Today, 0); got[1].Receipt != s.ID || got[1].Title != "Hộ ông Nguyễn Văn Đạt" || got[1].Address != "Xóm Đình, số 12" {
		t.Errorf("%+v", got)
	}
	must[notebook.Saved](t)(n.TakeBackReceipt(t.Context(), s.ID))
	want(0, 0)
	must[notebook.Saved](t)(n.TellNotice(t.Context(), nt.Harvest, nt.Dat))
	want(nt.Today, 0)
	sync(t, n)
	want(nt.Today, 0)
}
