package notebook_test

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// secretarysBook is a book of 800 households and 60,000 records, as the budgets have it.
func secretarysBook(b *testing.B) *notebook.Notebook {
	branch := nt.NewBranch(b)
	next := uint64(1)
	id := func() notebook.ID { next++; return nt.NewID(next) }
	for i := range 800 {
		h := id()
		head := fmt.Sprintf("Nguyễn Văn %c%d", 'A'+i%26, i)
		branch.Put(pb.Kind_KIND_HOUSEHOLD, h, nt.Unit, nt.Household(h), &pb.Household{
			Head: &head, Address: proto.String(fmt.Sprintf("số %d", i)), Phone: proto.String(fmt.Sprintf("0912%06d", i)), Member: book.ID(nt.Binh).Bytes(),
		})
		for v := range 70 {
			branch.Put(pb.Kind_KIND_VISIT, id(), h, nt.Household(h), &pb.Visit{
				Day: proto.Int32(int32(nt.Today) - int32(v)*30), Contact: pb.Contact_CONTACT_AT_HOME.Enum(), Note: proto.String("Gia đình hỏi về lịch lấy nước"),
			})
		}
		for range 4 {
			branch.Put(pb.Kind_KIND_PETITION, id(), h, nt.Household(h), &pb.Petition{
				Number: proto.String("A1-0012"), Day: proto.Int32(int32(nt.Today)), Text: proto.String("Đường ngập"),
			})
		}
	}
	return branch.Phone(nt.Hoa)
}

// BenchmarkKeystroke: budget 16 ms.
func BenchmarkKeystroke(b *testing.B) {
	n := secretarysBook(b)
	n.Households(notebook.Query{Branch: true})
	for b.Loop() {
		n.Households(notebook.Query{Branch: true, Search: "nguyen a"})
	}
}

// BenchmarkListAfterSave makes the list anew, as after every save and at the start.
func BenchmarkListAfterSave(b *testing.B) {
	n := secretarysBook(b)
	for b.Loop() {
		if err := n.DropDraft(b.Context(), nt.Dat); err != nil {
			b.Fatal(err)
		}
		phone := "0911111111"
		if _, err := n.SaveDraft(b.Context(), notebook.DraftForm{ID: nt.Dat, Edit: notebook.HouseholdEdit{Phone: &phone}}); err != nil {
			b.Fatal(err)
		}
		n.Households(notebook.Query{Branch: true})
	}
}

// BenchmarkReviewQueue makes the queue of a branch where everything waits.
func BenchmarkReviewQueue(b *testing.B) {
	n := secretarysBook(b)
	for b.Loop() {
		n.ReviewQueue()
	}
}
