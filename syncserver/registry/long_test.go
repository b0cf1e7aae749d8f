package registry

import (
	"context"
	"strings"
	"sync"
	"testing"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/syncserver/store/sqlite"
)

// Long calls wait for each other, and all of them and the short ones between come to an end;
// one whose phone hung up meanwhile takes no place.
func TestLongCallsAtOnce(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	note := strings.Repeat("đường làng ", 200)
	type call struct {
		p   *phone
		req *pb.SyncRequest
	}
	var calls []call
	for range longCalls {
		for _, name := range []string{"Bình", "Cúc"} {
			p := tw.phone(name)
			p.sync()
			h := p.household("Hộ " + name + "1")
			p.sync(p.consent(h))
			ops := make([][]byte, 150)
			for i := range ops {
				ops[i] = p.visit(p.id(), h, note)
			}
			calls = append(calls, call{p, p.request(ops...)})
		}
	}
	short := tw.phone("An")
	short.sync()
	for range longCalls {
		tw.r.long <- struct{}{}
	}
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	if _, err := tw.r.Sync(ctx, calls[0].p.caller, calls[0].req); err == nil {
		t.Error("a call without a caller was worked on")
	}
	short.sync(short.consent(short.household("Hộ An1"))) // passes
	for range longCalls {
		<-tw.r.long
	}
	var all sync.WaitGroup
	for _, c := range calls {
		all.Go(func() {
			out, err := tw.r.Sync(t.Context(), c.p.caller, c.req)
			if err != nil {
				t.Errorf("%v", err)
				return
			}
			for _, a := range out.GetAcks() {
				if a.GetResult() != pb.Result_RESULT_STORED {
					t.Errorf("%v", a)
				}
			}
		})
	}
	all.Wait()
	if n := len(tw.r.long); n != 0 {
		t.Errorf("%d places are still taken", n)
	}
	tw.sound()
}
