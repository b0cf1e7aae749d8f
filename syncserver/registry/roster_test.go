package registry

import (
	"context"
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/syncserver/importer"
	"sodanvan/syncserver/store/sqlite"
)

const realRoster = "../importer/testdata/roster-nhu-quynh.xlsx"

func TestImportTwiceAndAfterAPhone(t *testing.T) {
	ctx := context.Background()
	tw := &town{t: t, dir: t.TempDir(), clock: newTown(t, sqlite.Options{}).clock, by: map[string]book.ID{}}
	tw.open(sqlite.Options{})
	read := func() *importer.Roster {
		r, err := importer.Read(realRoster, importer.Options{Secretaries: []string{"Lý Minh Hòa, Phố Như Quỳnh"}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	dry, err := tw.r.ImportRoster(ctx, read(), "Thị trấn Như Quỳnh", true)
	if err != nil {
		t.Fatal(err)
	}
	if units, err := tw.r.Units(ctx); err != nil || len(units) != 0 {
		t.Fatalf("a dry run wrote: %v %v", units, err)
	}
	first, err := tw.r.ImportRoster(ctx, read(), "Thị trấn Như Quỳnh", false)
	if err != nil {
		t.Fatal(err)
	}
	if first.Counts != dry.Counts || first.OfHouseholds.Created != 4785 || first.OfMembers.Created != 566 {
		t.Errorf("dry run said %+v, import did %+v", dry.Counts, first.Counts)
	}
	second, err := tw.r.ImportRoster(ctx, read(), "THỊ TRẤN NHƯ QUỲNH", false)
	if err != nil {
		t.Fatal(err)
	}
	if second.Counts.Created+second.Counts.Changed != 0 || second.Counts.Unchanged != first.Counts.Created {
		t.Errorf("a second import changed something: %+v", second.Counts)
	}
	tw.sound()

	// A phone mends a number; the old file must not bring the old one back.
	tw.index()
	p := tw.phone("Lý Minh Hòa")
	p.sync()
	if p.count(pb.Kind_KIND_HOUSEHOLD) != 850 {
		t.Fatalf("the secretary sees %d households, want the branch's 850", p.count(pb.Kind_KIND_HOUSEHOLD))
	}
	h := p.household("Bùi Hữu Đạt")
	p.sync(p.patch(pb.Kind_KIND_HOUSEHOLD, h, book.ID{}, false, &pb.Household{Phone: proto.String("0911222333")}))
	p.wants(1, pb.Result_RESULT_STORED, 0)
	roster := read()
	b := &roster.Branches[0]
	for i := range b.Households {
		if b.Households[i].Head == "Bùi Hữu Đạt" && b.Households[i].Address == "Ngõ 2, số 52" {
			b.Households[i].Phone, b.Households[i].Size = "0999888777", 9
		}
	}
	third, err := tw.r.ImportRoster(ctx, roster, "Thị trấn Như Quỳnh", false)
	if err != nil {
		t.Fatal(err)
	}
	if third.Counts.Changed != 1 {
		t.Errorf("%d changed, want 1", third.Counts.Changed)
	}
	p.sync()
	var got pb.Household
	if _, err := lww.Decode(p.rows[h].GetBody(), &got); err != nil {
		t.Fatal(err)
	}
	if got.GetPhone() != "0911222333" || got.GetSize() != 9 {
		t.Errorf("phone %s, size %d: want the phone's number and the file's size", got.GetPhone(), got.GetSize())
	}
	p.equal()
	tw.sound()
}
