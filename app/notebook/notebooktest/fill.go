package notebooktest

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// Fill puts households of a member, with visits and petitions each, into the branch: the
// books of the benchmarks. The texts are all alike; what takes time is their number.
func (b *Branch) Fill(member notebook.ID, households, visits, petitions int) {
	next := uint64(1)
	id := func() notebook.ID { next++; return NewID(next) }
	for i := range households {
		h := id()
		head := fmt.Sprintf("Nguyễn Văn %c%d", 'A'+i%26, i)
		b.Put(pb.Kind_KIND_HOUSEHOLD, h, Unit, Household(h), &pb.Household{
			Head: &head, Address: proto.String(fmt.Sprintf("số %d", i)), Phone: proto.String(fmt.Sprintf("0912%06d", i)), Member: book.ID(member).Bytes(),
		})
		for v := range visits {
			b.Put(pb.Kind_KIND_VISIT, id(), h, Household(h), &pb.Visit{
				Day: proto.Int32(int32(Today) - int32(v)*30), Contact: pb.Contact_CONTACT_AT_HOME.Enum(), Note: proto.String("Gia đình hỏi về lịch lấy nước"),
			})
		}
		for range petitions {
			b.Put(pb.Kind_KIND_PETITION, id(), h, Household(h), &pb.Petition{
				Number: proto.String("A1-0012"), Day: proto.Int32(int32(Today)), Text: proto.String("Đường ngập"),
			})
		}
	}
}
