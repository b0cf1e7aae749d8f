package lww_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

// visit is the body of an invented visit, of the size that the benchmarks of the whole use.
func visit(b testing.TB) []byte {
	return encode(b, &pb.Visit{
		Day: proto.Int32(20413), Contact: pb.Contact_CONTACT_AT_HOME.Enum(),
		Topics: [][]byte{make([]byte, 16), make([]byte, 16)},
		Note:   proto.String("Gia đình mong xã sửa đoạn đường trước cổng, mùa mưa đi lại khó; hẹn tuần sau trở lại."),
	})
}

// rows is how many rows one round of a benchmark merges: what a full push carries.
const rows = 10_000

func BenchmarkCreate10k(b *testing.B) {
	c := creation(5, visit(b))
	b.ReportAllocs()
	for b.Loop() {
		for range rows {
			if _, _, err := lww.Merge(lww.State{}, c); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkEdit10k(b *testing.B) {
	s, _, err := lww.Merge(lww.State{}, creation(5, visit(b)))
	if err != nil {
		b.Fatal(err)
	}
	c := change(7, text(4, "Đã trở lại, xã đã sửa đường."), 3)
	b.ReportAllocs()
	for b.Loop() {
		for range rows {
			if _, _, err := lww.Merge(s, c); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkCheck10k(b *testing.B) {
	body, md := visit(b), (&pb.Visit{}).ProtoReflect().Descriptor()
	b.ReportAllocs()
	for b.Loop() {
		for range rows {
			if err := lww.Check(md, body); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkRowHash10k(b *testing.B) {
	row := sampleRow()
	row.Body = visit(b)
	b.ReportAllocs()
	for b.Loop() {
		for range rows {
			lww.RowHash(row)
		}
	}
}

func BenchmarkDigest10k(b *testing.B) {
	body := visit(b)
	b.ReportAllocs()
	for b.Loop() {
		for range rows {
			lww.Digest(body)
		}
	}
}

// Creating is what a server does most, and must not copy.
func TestCreatingAllocatesNothing(t *testing.T) {
	c := creation(5, visit(t))
	if n := testing.AllocsPerRun(100, func() {
		if _, _, err := lww.Merge(lww.State{}, c); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
