package main

import (
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/api"
	"sodanvan/syncserver/backup"
	"sodanvan/syncserver/registry"
	"sodanvan/syncserver/store"
)

func yes() (bool, error) { return true, nil }

func TestIdentity(t *testing.T) {
	first := func(t *testing.T) (string, identity) {
		dir := t.TempDir()
		id, err := loadIdentity(dir, nil, yes)
		if err != nil {
			t.Fatal(err)
		}
		return dir, id
	}
	t.Run("stays the same", func(t *testing.T) {
		dir, a := first(t)
		b, err := loadIdentity(dir, nil, func() (bool, error) { return false, nil })
		if err != nil || !slices.Equal(a.pins(), b.pins()) {
			t.Errorf("%v, %v", b, err)
		}
		if a.root.Pin() == a.spare {
			t.Error("root and spare are one")
		}
	})
	t.Run("spare moved off the machine", func(t *testing.T) {
		dir, a := first(t)
		os.Remove(filepath.Join(dir, spareFile))
		b, err := loadIdentity(dir, nil, yes)
		if err != nil || !slices.Equal(a.pins(), b.pins()) {
			t.Errorf("%v, %v", b, err)
		}
		if _, err := os.Stat(filepath.Join(dir, spareFile)); err == nil {
			t.Error("another spare was made")
		}
	})
	t.Run("spare takes over", func(t *testing.T) {
		dir, a := first(t)
		if err := os.Rename(filepath.Join(dir, spareFile), filepath.Join(dir, rootFile)); err != nil {
			t.Fatal(err)
		}
		b, err := loadIdentity(dir, nil, yes)
		if err != nil || b.root.Pin() != a.spare {
			t.Errorf("%v, %v", b, err)
		}
	})
	t.Run("lost root", func(t *testing.T) {
		dir, _ := first(t)
		os.Remove(filepath.Join(dir, rootFile))
		if _, err := loadIdentity(dir, nil, yes); err == nil || !strings.Contains(sentence(err), spareFile) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("all lost but phones know it", func(t *testing.T) {
		if _, err := loadIdentity(t.TempDir(), nil, func() (bool, error) { return false, nil }); err == nil {
			t.Error("a new root locks them out")
		}
	})
	t.Run("crash before the spare's pin", func(t *testing.T) {
		dir, a := first(t)
		os.Remove(filepath.Join(dir, sparePinFile))
		b, err := loadIdentity(dir, nil, yes)
		if err != nil || b.root.Pin() != a.root.Pin() || b.spare == a.spare {
			t.Errorf("%v, %v", b, err)
		}
	})
	for _, name := range []string{rootFile, sparePinFile} {
		t.Run("damaged "+name, func(t *testing.T) {
			dir, _ := first(t)
			os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600)
			if _, err := loadIdentity(dir, nil, yes); err == nil || !strings.Contains(sentence(err), "bản sao lưu") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestLeafIsRenewedInTime(t *testing.T) {
	root, err := seal.NewRoot(nil)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	l := &leaf{root: root, hosts: []string{"danvan.example", "192.0.2.7"}, now: func() time.Time { return now }}
	serial := func() string {
		t.Helper()
		c, err := l.current()
		if err != nil {
			t.Fatal(err)
		}
		if now.After(c.Leaf.NotAfter) || now.Before(c.Leaf.NotBefore) {
			t.Errorf("not valid at %v", now)
		}
		if err := errors.Join(c.Leaf.VerifyHostname("danvan.example"), c.Leaf.VerifyHostname("192.0.2.7"), c.Leaf.CheckSignatureFrom(root.Certificate())); err != nil {
			t.Error(err)
		}
		return c.Leaf.SerialNumber.String()
	}
	a := serial()
	now = now.Add(leafTime - leafRenew - time.Hour)
	if serial() != a {
		t.Error("renewed too early")
	}
	now = now.Add(2 * time.Hour)
	b := serial()
	if b == a {
		t.Error("not renewed")
	}
	now = now.AddDate(-1, 0, 0)
	if serial() == b {
		t.Error("a leaf of the future is shown")
	}
	// A failing renewal leaves the old one in use.
	l.hosts, now = []string{"không hợp lệ"}, now.Add(leafTime)
	if c, err := l.current(); err != nil || c == nil {
		t.Errorf("got %v", err)
	}
}

func TestLoopback(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:1": true, "127.9.9.9:1": true, "[::1]:1": true, "localhost:1": true, "LOCALHOST:1": true,
		":1": false, "0.0.0.0:1": false, "[::]:1": false, "192.0.2.1:1": false, "localhost.example:1": false, "127.0.0.1": false, "127.0.0.1.example:1": false, "[::ffff:192.0.2.1]:1": false,
	} {
		if loopbackAddr(addr) != want {
			t.Errorf("%s: %v", addr, !want)
		}
	}
}

func TestPublicAddress(t *testing.T) {
	for name, c := range map[string]struct {
		explicit string
		hosts    []string
		port     int
		plain    bool
		want     string
	}{
		"name":     {"", []string{"danvan.example", "x"}, 8443, false, "https://danvan.example:8443"},
		"usual":    {"", []string{"danvan.example"}, 443, false, "https://danvan.example"},
		"v6":       {"", []string{"2001:db8::1"}, 8443, false, "https://[2001:db8::1]:8443"},
		"plain":    {"", []string{"127.0.0.1"}, 8080, true, "http://127.0.0.1:8080"},
		"explicit": {"HTTPS://DanVan.example/", []string{"x"}, 8443, false, "https://danvan.example"},
		"not TLS":  {"http://danvan.example", nil, 0, false, ""},
		"path":     {"https://danvan.example/a", nil, 0, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := publicAddress(c.explicit, c.hosts, c.port, c.plain)
			if got != c.want || (err != nil) != (c.want == "") {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	hosts := localHosts()
	if clean, err := cleanHosts(hosts); err != nil || len(clean) == 0 || !slices.Contains(clean, "localhost") {
		t.Errorf("%v: %v", hosts, err)
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := writeBytes(path, []byte("one")); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := writeFile(path, func(w io.Writer) error { w.Write([]byte("tw")); return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if b, _ := os.ReadFile(path); string(b) != "one" {
		t.Errorf("a failed write left %q", b)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%d files are left", len(left))
	}
}

func TestPick(t *testing.T) {
	people := []registry.Person{
		{Name: "Nguyễn Văn Hòa", UnitName: "A"}, {Name: "Nguyễn Văn Hoa", UnitName: "A"},
		{Name: "Trần Đạt", Distinguish: "1950", UnitName: "A"}, {Name: "Trần Đạt", Distinguish: "1960", UnitName: "A"},
	}
	for typed, want := range map[string]int{
		"Nguyễn Văn Hòa": 0, "Nguyễn Văn Hoà": 0, "nguyễn văn hoa": 1, "nguyen van hoà": 0 - 1,
		"Trần Đạt (1960)": 3, "tran dat (1950)": 2, "Trần Đạt": -1, "Ai đó": -1,
	} {
		t.Run(typed, func(t *testing.T) {
			got, err := pick(people, typed)
			if want < 0 {
				if err == nil {
					t.Errorf("took %v", got)
				}
				return
			}
			if err != nil || got != people[want] {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

func TestStatusText(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	stuck := func(change func(*registry.Stuck)) func(*health) { return func(h *health) { change(&h.stuck) } }
	device := registry.StuckDevice{Device: 4, Owner: "Người Thử", Branch: "Chi bộ Thử", LastSync: ago(15 * 24 * time.Hour)}
	with := func(change func(*registry.StuckDevice)) []registry.StuckDevice {
		d := device
		change(&d)
		return []registry.StuckDevice{d}
	}
	for name, c := range map[string]struct {
		change func(*health)
		// want is in the alarm, line in the text; "": no alarm.
		want, line string
	}{
		"healthy": {func(*health) {}, "", "Sao lưu lần cuối: 14:00 22/11/2026"},
		"silent":  {stuck(func(s *registry.Stuck) { s.Silent = []registry.StuckDevice{device} }), "1 máy lâu không kết nối", "máy 4 của Người Thử, Chi bộ Thử: 15:00 07/11/2026"},
		"never synced": {stuck(func(s *registry.Stuck) { s.Silent = with(func(d *registry.StuckDevice) { d.LastSync = time.Time{} }) }),
			"1 máy lâu không kết nối", "máy 4 của Người Thử, Chi bộ Thử: chưa lần nào"},
		"copy": {stuck(func(s *registry.Stuck) { s.Clones = with(func(d *registry.StuckDevice) { d.Unconfirmed = true }) }),
			"bản sao của máy khác", "1 máy là bản sao chưa được xác nhận; xem: syncserver stuck"},
		"copy that was confirmed": {stuck(func(s *registry.Stuck) { s.Clones = []registry.StuckDevice{device} }), "", "Việc cần làm: không có."},
		"clock 1970": {stuck(func(s *registry.Stuck) { s.Skewed = []registry.StuckDevice{device} }),
			"đồng hồ lệch", "1 máy lệch giờ quá 5 phút; xem: syncserver stuck"},
		"ahead": {stuck(func(s *registry.Stuck) { s.Ahead = []registry.StuckDevice{device} }),
			"đã bị chép đè", "1 máy đã nhận nhiều hơn những gì máy chủ đang có; xem: syncserver stuck"},
		"refused today": {stuck(func(s *registry.Stuck) { s.Refused = []registry.RefusedOpen{{At: ago(time.Hour)}} }),
			"", "1 thay đổi bị từ chối chưa ai sửa; xem: syncserver stuck"},
		"refused long ago": {stuck(func(s *registry.Stuck) {
			s.Refused = []registry.RefusedOpen{{At: ago(73 * time.Hour)}, {At: ago(time.Hour)}}
		}),
			"1 thay đổi bị từ chối quá 3 ngày", "2 thay đổi bị từ chối chưa ai sửa; xem: syncserver stuck"},
		"suggestions": {stuck(func(s *registry.Stuck) { s.Suggestions = []registry.OnDesk{{Count: 1000}, {Count: 234}} }),
			"", "1.234 đề nghị chờ bí thư, phó bí thư quyết định; xem: syncserver stuck"},
		"rows to take over":            {stuck(func(s *registry.Stuck) { s.Takeover = []registry.OnDesk{{Count: 2}} }), "", "2 bản ghi từ trước lần khôi phục"},
		"parked":                       {stuck(func(s *registry.Stuck) { s.Parked = []registry.ParkedChanges{{Count: 3}} }), "3 ghi chép đang chờ", "3 ghi chép đang chờ phần liên quan; xem"},
		"records ahead of the clock":   {func(h *health) { h.LastChange = now.Add(90 * time.Minute) }, "chậm 90 phút", ""},
		"records of this minute":       {func(h *health) { h.LastChange = now.Add(time.Second) }, "", ""},
		"no backup":                    {func(h *health) { h.lastCopy = time.Time{} }, "Chưa có bản sao lưu nào", "Sao lưu lần cuối: chưa có"},
		"a backup's key on the server": {func(h *health) { h.copies.KeyHere = true }, "Khóa mở bản sao lưu backup.key còn nằm trên máy chủ", ""},
		"a place that is gone":         {func(h *health) { h.copies.Places = []backup.PlaceState{{Path: "/ổ/rời"}} }, "Không thấy nơi sao lưu /ổ/rời", ""},
		"what a restore replaced":      {func(h *health) { h.copies.Before = []string{"before-restore-1"} }, "Thư mục before-restore-1 là dữ liệu trước lần khôi phục", ""},
		"an old backup":                {func(h *health) { h.lastCopy = ago(73 * time.Hour) }, "Bản sao lưu cuối đã cũ 3 ngày", ""},
		"low disk":                     {func(h *health) { h.free, h.freeKnown = 1<<29, true }, "Ổ đĩa chỉ còn 512 MB", "Ổ đĩa còn trống: 512 MB"},
		"disk":                         {func(h *health) { h.free, h.freeKnown = 1<<40, true }, "", "Ổ đĩa còn trống"},
		"spare":                        {func(h *health) { h.spareHere = true }, "Khóa dự phòng", ""},
		"no units":                     {func(h *health) { h.Units = nil }, "import roster", ""},
		"unsent": {stuck(func(s *registry.Stuck) {
			s.Unsent = []registry.StuckDevice{{Device: 1, Unsent: 1200}, {Device: 2, Unsent: 34}}
		}),
			"", "1.234 ghi chép trên 2 máy"},
		"revoked": {func(h *health) {
			h.Devices = []registry.DeviceInfo{{Device: &store.Device{Number: 1}}, {Device: &store.Device{Number: 2, Revoked: true}}}
		}, "", "Máy đang dùng: 1;"},
	} {
		t.Run(name, func(t *testing.T) {
			h := health{lastCopy: ago(time.Hour)}
			h.Now, h.stuck.Now = now, now
			h.Units = []registry.UnitInfo{{ID: book.ID{1}, Commune: book.ID{1}, Name: "Xã Thử"}}
			c.change(&h)
			as := h.alarms()
			if c.want == "" && len(as) != 0 || c.want != "" && (len(as) != 1 || !strings.Contains(as[0], c.want)) {
				t.Errorf("alarms %q", as)
			}
			if text := h.text("/x"); !strings.Contains(text, c.want) || !strings.Contains(text, c.line) {
				t.Errorf("text\n%s", text)
			}
		})
	}
}

func TestMetricsText(t *testing.T) {
	m := newMetrics()
	m.observe(api.Call{Method: "Sync/Sync", Code: "ok", Duration: 3 * time.Millisecond, In: 10, Out: 20, Ops: 1, Acks: 2, Rows: 3})
	m.observe(api.Call{Method: "Sync/Sync", Code: "ok", Duration: time.Minute})
	m.observe(api.Call{Code: "unimplemented"})
	reply := httptest.NewRecorder()
	promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}).ServeHTTP(reply, httptest.NewRequest("GET", "/metrics", nil))
	b := reply.Body
	for _, want := range []string{
		`sodanvan_calls_total{code="ok",method="Sync/Sync"} 2`,
		`sodanvan_calls_total{code="unimplemented",method="other"} 1`,
		`sodanvan_call_seconds_bucket{method="Sync/Sync",le="0.0025"} 0`,
		`sodanvan_call_seconds_bucket{method="Sync/Sync",le="0.005"} 1`,
		`sodanvan_call_seconds_bucket{method="Sync/Sync",le="10"} 1`,
		`sodanvan_call_seconds_bucket{method="Sync/Sync",le="+Inf"} 2`,
		`sodanvan_call_seconds_sum{method="Sync/Sync"} 60.003`,
		"sodanvan_received_bytes_total 10", "sodanvan_sent_bytes_total 20", "sodanvan_ops_total 1", "sodanvan_acks_total 2", "sodanvan_rows_total 3",
	} {
		if !strings.Contains(b.String(), want+"\n") {
			t.Errorf("no %s in\n%s", want, b.String())
		}
	}
}

func TestOfficeNames(t *testing.T) {
	for n := range pb.Office_name {
		o := pb.Office(n)
		if o == 0 {
			continue
		}
		if officeShown(o) == officeShown(0) {
			t.Errorf("%v has no name", o)
		}
	}
	for _, x := range offices {
		if officeTyped(x.typed) != x.office {
			t.Errorf("%s", x.typed)
		}
	}
}

func TestSentences(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"busy":     {&registry.Problem{Code: pb.ProblemCode_PROBLEM_CODE_BUSY, Sentence: "Máy sẽ tự gửi lại", Cause: errors.New("locked")}, "thử lại sau ít phút (chi tiết: locked)"},
		"full":     {&registry.Problem{Code: pb.ProblemCode_PROBLEM_CODE_DISK_FULL, Sentence: "Cứ ghi tiếp"}, "dọn bớt chỗ"},
		"spoken":   {&registry.StartError{Sentence: "Dữ liệu này do một phiên bản mới hơn ghi.", Cause: store.ErrNewer}, "phiên bản mới hơn"},
		"any":      {errors.New("strange"), "strange"},
		"own":      {say("Câu này."), "Câu này."},
		"wrapped":  {errors.Join(errors.New("x"), say("Câu này.")), "Câu này."},
		"no entry": {&os.PathError{Op: "open", Path: "/a", Err: os.ErrNotExist}, "Không có tệp hoặc thư mục /a"},
		"denied":   {&os.PathError{Op: "open", Path: "/a", Err: os.ErrPermission}, "Không có quyền"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := sentence(c.err); !strings.Contains(got, c.want) || strings.Contains(got, "\n") {
				t.Errorf("got %q", got)
			}
		})
	}
}
