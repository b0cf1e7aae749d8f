package handover

import (
	"fmt"
	"testing"

	pb "sodanvan/shared/gen/sodanvan/v1"
)

// stories are told again and again, each time with another call lost. They end when everybody
// has synced.
var stories = map[string]func(*offline){
	"handed over": func(s *offline) {
		s.assign(s.dat, s.cuc)
		s.work()
	},
	"handed over and back": func(s *offline) {
		s.assign(s.dat, s.cuc)
		s.cuc.sync()
		s.cuc.rewrite(s.old, "lần hai, Cúc ghi")
		s.cuc.sync()
		s.assign(s.dat, s.binh)
		s.work()
	},
	"the secretary resigns": func(s *offline) {
		s.must(s.hoa.Approve(s.Context(), s.old))
		s.must(s.hoa.AssignHousehold(s.Context(), s.dat, s.cuc.me))
		s.work()
		s.office(s.hoa, pb.Office_OFFICE_MEMBER)
		s.office(s.dung, pb.Office_OFFICE_SECRETARY)
	},
}

// tell tells a story with one call lost, and gives how many calls it took and what everybody
// reads at its end.
func tell(t *testing.T, story func(*offline), p paging, at int, f fault) (calls int, end []string) {
	s := before(t)
	s.paging = p
	first := s.calls
	if f != "" {
		s.faults[first+at] = f
	}
	story(s)
	everybody := []*phone{s.hoa, s.binh, s.cuc, s.dung}
	for range 2 {
		for _, p := range everybody {
			p.sync()
		}
	}
	calls = s.calls - first
	for _, p := range everybody {
		end = append(end, p.seen()...)
	}
	s.sound()
	return calls, append(end, s.rows()...)
}

// Each call of a story is lost once, on its way out or back, or is the last of its app: it ends
// the same every time.
func TestEveryCallMayBeLost(t *testing.T) {
	for _, c := range []struct {
		story  string
		paging paging
	}{
		{"handed over", paging{}},
		{"handed over", paging{up: true, down: true}},
		{"handed over and back", paging{}},
		{"the secretary resigns", paging{up: true, down: true}},
	} {
		t.Run(fmt.Sprintf("%s %+v", c.story, c.paging), func(t *testing.T) {
			calls, want := tell(t, stories[c.story], c.paging, 0, "")
			if calls < 8 {
				t.Fatalf("the story takes %d calls", calls)
			}
			for at := range calls {
				for _, f := range []fault{requestLost, replyLost, died} {
					t.Run(fmt.Sprint(f, " ", at), func(t *testing.T) {
						_, got := tell(t, stories[c.story], c.paging, at, f)
						(&branch{TB: t}).want("the end of the story", got, want)
					})
				}
			}
		})
	}
}

// How the work is cut into calls changes nothing.
func TestPagesChangeNothing(t *testing.T) {
	for _, name := range []string{"handed over", "the secretary resigns"} {
		_, want := tell(t, stories[name], paging{}, 0, "")
		for _, p := range []paging{{up: true}, {down: true}, {up: true, down: true}} {
			_, got := tell(t, stories[name], p, 0, "")
			(&branch{TB: t}).want(fmt.Sprintf("%s, with %+v", name, p), got, want)
		}
	}
}
