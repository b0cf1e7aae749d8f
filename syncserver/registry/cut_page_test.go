package registry

import (
	"testing"

	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/syncserver/store/sqlite"
)

// The news of a branch may be more than a page: the cursor of each page stands at its last
// row, so that the next one goes on there.
func TestACutPageSkipsNothing(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	writer, reader := tw.phone("Bình"), tw.phone("Bình")
	writer.sync()
	reader.sync()
	h := writer.household("Hộ Bình1")
	note := make([]byte, 2000)
	for i := range note {
		note[i] = 'a'
	}
	ops := [][]byte{writer.consent(h)}
	for range 12 {
		ops = append(ops, writer.visit(writer.id(), h, string(note)))
	}
	writer.sync(ops...)
	pages := 0
	for more := true; more; pages++ {
		if pages > 40 {
			t.Fatal("no end")
		}
		req := reader.request()
		req.Page = proto.Uint32(minPage)
		out := reader.call(req)
		reader.take(out)
		more = out.GetMore()
	}
	if got := reader.count(pb.Kind_KIND_VISIT); got != 12 || pages < 4 {
		t.Errorf("%d visits came in %d pages, want 12 in several", got, pages)
	}
	reader.equal()
}
