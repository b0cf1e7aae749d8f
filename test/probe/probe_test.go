package probe

import (
	"bytes"
	"net/http"
	"os"
	"testing"

	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
	rpc "sodanvan/shared/gen/sodanvan/v1/sodanvanv1connect"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

func TestPhoneEnrolsAndSyncs(t *testing.T) {
	tw := NewTown(t, Start(t, Options{}))
	member, secretary := tw.Phone(t, tw.Member("Bình")), tw.Phone(t, tw.Member("An"))
	member.Page = 4096
	member.Sync()
	h, v := member.Household("Hộ Bình 1"), member.ID()
	member.Sync(member.Consent(h, pb.Purpose_PURPOSE_KEEP), member.Visit(v, h, "ghi chép bịa"))
	member.Stored(1, 2)
	secretary.Gzip = true
	secretary.Sync()
	if secretary.Count(pb.Kind_KIND_HOUSEHOLD) != 5*HouseholdsEach || secretary.Rows[v] == nil {
		t.Errorf("the secretary has %d households, the visit %v", secretary.Count(pb.Kind_KIND_HOUSEHOLD), secretary.Rows[v])
	}
	secretary.Sync(secretary.Approve(v))
	secretary.Stored(1)
	member.Sync()
	for _, p := range []*Phone{member, secretary} {
		if diff := p.Equal(); diff != "" {
			t.Error(diff)
		}
	}
	before := len(member.Rows)
	member.Forget()
	member.Sync()
	if len(member.Rows) != before {
		t.Errorf("a first sync gave %d rows, %d were there", len(member.Rows), before)
	}
}

func TestRawReachesTheServer(t *testing.T) {
	tw := NewTown(t, Start(t, Options{}))
	p := tw.Phone(t, tw.Member("Bình"))
	b, err := proto.Marshal(p.Request())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		header http.Header
		body   []byte
		want   int
	}{
		"as it is":     {nil, b, http.StatusOK},
		"no token":     {http.Header{"Authorization": {""}}, b, http.StatusUnauthorized},
		"other token":  {http.Header{"Authorization": {"Bearer x"}}, b, http.StatusUnauthorized},
		"other type":   {http.Header{"Content-Type": {"application/json"}}, b, http.StatusUnsupportedMediaType},
		"broken bytes": {nil, []byte{0xff, 0xff}, http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			status, _, answer, err := p.Raw(rpc.SyncServiceSyncProcedure, c.header, bytes.NewReader(c.body))
			if err != nil || status != c.want {
				t.Errorf("%d %q %v, want %d", status, answer, err, c.want)
			}
		})
	}
}

func TestStoppedServerKeepsItsData(t *testing.T) {
	s := Start(t, Options{})
	tw := NewTown(t, s)
	p := tw.Phone(t, tw.Member("Bình"))
	p.Sync()
	s.Stop()
	if _, err := p.Try(); err == nil {
		t.Fatal("a stopped server answers")
	}
	again := Start(t, Options{Dir: s.Dir})
	people, err := again.Registry.People(t.Context())
	if err != nil || len(people) != 11 {
		t.Errorf("%d people, %v", len(people), err)
	}
}

func TestProcessIsKilledAndComesBack(t *testing.T) {
	s := StartProcess(t, Options{})
	tw := NewTown(t, s)
	p := tw.Phone(t, tw.Member("Bình"))
	p.Sync()
	h, v := p.Household("Hộ Bình 1"), p.ID()
	p.Sync(p.Consent(h, pb.Purpose_PURPOSE_KEEP), p.Visit(v, h, "trước khi mất điện"))
	p.Stored(1, 2)
	s.Kill()
	if _, err := p.Try(); err == nil {
		t.Fatal("a killed server answers")
	}
	again := StartProcess(t, Options{Dir: s.Dir, Listen: s.Address})
	if again.Address != s.Address {
		t.Fatalf("listens at %s", again.Address)
	}
	p.Forget()
	p.Sync()
	if p.Rows[v] == nil || p.Equal() != "" {
		t.Errorf("after the kill: %v %s", p.Rows[v], p.Equal())
	}
}
