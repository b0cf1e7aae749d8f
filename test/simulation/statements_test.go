package simulation

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"sodanvan/app/store"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/registry"
)

// story is a small day: a phone joins, its owner and another write, a household is handed
// over while work about it is on its way. arm decides what goes wrong in it, once all phones
// have their books.
func story(w *world, arm func(an, binh, cuc *phone)) {
	an, binh, cuc := w.phones[0], w.phones[1], w.phones[2]
	for _, p := range w.phones {
		p.sync(20)
	}
	arm(an, binh, cuc)
	tick := func(n int) {
		w.event = n
		w.now = w.now.Add(20 * time.Minute)
	}
	tick(1)
	w.enrol(cuc)
	tick(2)
	binh.visit()
	binh.visit()
	binh.tries()
	tick(3)
	binh.editVisit()
	binh.editHousehold()
	an.editHousehold()
	an.tries()
	binh.tries()
	tick(4)
	binh.visit()
	h, ok := an.some(pb.Kind_KIND_HOUSEHOLD, func(r store.Record) bool { return w.mirror.houses[r.ID] == binh.member })
	if ok {
		an.write(change{kind: pb.Kind_KIND_HOUSEHOLD, id: h.ID, holder: h.Holder, unit: h.Unit, msg: &pb.Household{Member: cuc.member.Bytes()}})
	}
	an.tries()
	binh.editHousehold()
	binh.tries()
	cuc.tries()
	tick(5)
	w.atCalm = [2]int{w.server.count, binh.count}
	w.settle()
	w.check()
}

// tries syncs, and again after whatever went wrong.
func (p *phone) tries() {
	for range 3 {
		if p.sync(6) {
			return
		}
		p.now = p.now.Add(time.Hour)
	}
}

// enrol joins one more phone of a member, which asks again where the server died over it.
func (w *world) enrol(of *phone) {
	random := newStream(w.seed, 77)
	key, nonce := seal.NewDeviceKey(random), make([]byte, 32)
	random.Read(nonce)
	for range 3 {
		codes, err := w.server.reg.IssueCodes(ctx, []registry.Person{{ID: of.member}})
		if w.server.revive() || err != nil {
			continue
		}
		for range 3 {
			_, err = joinAs(w.server.reg, codes[0].Code, key, nonce)
			if !w.server.revive() && err == nil {
				w.mirror.look()
				return
			}
		}
	}
}

// small is the town of the story.
var small = setup{shape: 0}

// walk does the story once for each n from 1 to last, with n armed, on all processors. Each
// time so many processes die.
func walk(t *testing.T, name string, last, deaths int, arm func(n int) func(an, binh, cuc *phone)) {
	t.Helper()
	var wg sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := range next {
				res := within(1, small, options{trace: true}, func(w *world) { story(w, arm(n)) })
				if res.broken == nil && res.deaths != deaths {
					res.broken = &failure{"the walk", fmt.Sprint(res.deaths, " deaths")}
				}
				if res.broken != nil {
					t.Errorf("%s %d of %d: %v\n%s", name, n, last, res.broken, lastLines(res.trace.text))
				}
			}
		}()
	}
	for n := 1; n <= last && !t.Failed(); n++ {
		next <- n
	}
	close(next)
	wg.Wait()
}

func lastLines(all []string) (s string) {
	for _, l := range all[max(0, len(all)-25):] {
		s += "    " + l + "\n"
	}
	return s
}

// statements counts those of the story, on the server and on the phone of Bình.
func statements(t *testing.T) (atServer, atPhone int) {
	t.Helper()
	res := within(1, small, options{}, func(w *world) {
		story(w, func(_, binh, _ *phone) { w.server.count, binh.count = 0, 0 })
		atServer, atPhone = w.atCalm[0], w.atCalm[1]
	})
	if res.broken != nil {
		t.Fatal(res.broken)
	}
	return atServer, atPhone
}

// TestADeathAtEveryStatement lets the server, and then a phone, die before each of the
// statements of a small day: whatever it was, nothing is lost and both sides agree in the end.
func TestADeathAtEveryStatement(t *testing.T) {
	atServer, atPhone := statements(t)
	if atServer < 120 || atPhone < 60 {
		t.Fatalf("%d statements on the server, %d on the phone: the story has become too short", atServer, atPhone)
	}
	walk(t, "the server dies at statement", atServer, 1, func(n int) func(an, binh, cuc *phone) {
		return func(an, _, _ *phone) { an.server.left = n }
	})
	walk(t, "the phone dies at statement", atPhone, 1, func(n int) func(an, binh, cuc *phone) {
		return func(_, binh, _ *phone) { binh.left = n }
	})
	t.Logf("%d deaths of the server, %d of the phone", atServer, atPhone)
}

// TestADiskFullAtEveryStatement lets the disk run out at each statement that writes, and be
// made free again at the end of the day.
func TestADiskFullAtEveryStatement(t *testing.T) {
	atServer, atPhone := statements(t)
	const stride = 7 // each refuses all that come after it too, so neighbours differ little
	walk(t, "the server is full from write", atServer/stride, 0, func(n int) func(an, binh, cuc *phone) {
		return func(an, _, _ *phone) { an.server.room = 1 + n*stride }
	})
	walk(t, "the phone is full from write", atPhone/2, 0, func(n int) func(an, binh, cuc *phone) {
		return func(_, binh, _ *phone) { binh.room = 2 * n }
	})
}

// TestADiskFullAtEveryPage bounds the real files, a page more each time, so that SQLite itself
// finds no room.
func TestADiskFullAtEveryPage(t *testing.T) {
	const pages = 12
	walk(t, "the server's file may grow by pages", pages, 0, func(n int) func(an, binh, cuc *phone) {
		return func(an, _, _ *phone) {
			an.server.pages = pagesOf(an.server.dir, "server.db") + n - 1
			an.server.restart()
		}
	})
	walk(t, "the phone's file may grow by pages", pages, 0, func(n int) func(an, binh, cuc *phone) {
		return func(_, binh, _ *phone) {
			binh.pages = pagesOf(binh.dir, "book.db") + n - 1
			binh.restart()
		}
	})
}
