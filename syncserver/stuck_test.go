package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"sodanvan/shared/book"
	"sodanvan/syncserver/registry"
	"sodanvan/syncserver/store"
	"sodanvan/test/probe"
)

// What a phone's refused visit leaves is in stuck, status and check, and its words nowhere; it
// is no damage.
func TestStuckWorkIsShown(t *testing.T) {
	const note = "Gia đình đang khó khăn"
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	if out := do(t, tw.Dir, "stuck"); out != "Không có gì mắc kẹt.\n" {
		t.Errorf("an empty book: %s", out)
	}
	p := tw.Phone(t, tw.Member("Bình"))
	p.Sync()
	id := p.ID()
	p.Sync(p.Visit(id, p.Household("Hộ Bình 1"), note), p.Visit(p.ID(), book.ID{9}, note))

	table := do(t, tw.Dir, "stuck")
	for _, want := range []string{"Thay đổi bị từ chối chưa ai sửa: 1\n", "lượt tiếp xúc", "chưa có đồng ý", id.String(), "Bình", probe.BranchOne,
		"Ghi chép đang chờ phần liên quan: 1\n", "bản ghi liên quan đến máy chủ"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
	if out := do(t, tw.Dir, "status"); !strings.Contains(out, "\n1 thay đổi bị từ chối chưa ai sửa; xem: syncserver stuck\n") {
		t.Errorf("status\n%s", out)
	}
	check := do(t, tw.Dir, "check")
	if !strings.HasPrefix(check, "Dữ liệu nguyên vẹn") || !strings.HasSuffix(check, "\n\n"+table) {
		t.Errorf("check\n%s", check)
	}
	raw := do(t, tw.Dir, "stuck", "--json")
	var got registry.Stuck
	if err := json.Unmarshal([]byte(raw), &got); err != nil || len(got.Refused) != 1 || got.Refused[0].Record != id.String() || got.ParkedCount() != 1 {
		t.Errorf("%v %+v", err, got)
	}
	for _, text := range []string{table, check, raw} {
		for _, secret := range []string{note, "Hộ Bình"} {
			if strings.Contains(text, secret) {
				t.Errorf("%q in\n%s", secret, text)
			}
		}
	}
}

func TestStuckText(t *testing.T) {
	at := time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)
	device := registry.StuckDevice{Device: 4, Owner: "Nguyễn Văn Thử", Branch: "Chi bộ Thử", LastSync: at}
	confirmed, copied := device, device
	confirmed.CloneOf, copied.CloneOf, copied.Unconfirmed = 2, 3, true
	unsent, slow, fast := device, device, device
	unsent.Unsent, slow.SkewSeconds, fast.SkewSeconds = 1500, 20*60, -3*24*3600
	for name, c := range map[string]struct {
		s    registry.Stuck
		want string
	}{
		"nothing": {registry.Stuck{}, "Không có gì mắc kẹt.\n"},
		"a copy that was confirmed": {registry.Stuck{Clones: []registry.StuckDevice{confirmed}}, `Không có gì mắc kẹt.

Máy là bản sao của máy khác: 1
  MÁY  NGƯỜI DÙNG      ĐƠN VỊ      ĐỒNG BỘ LẦN CUỐI  TÌNH TRẠNG
  4    Nguyễn Văn Thử  Chi bộ Thử  08:00 22/11/2026  bản sao của máy 2, đã xác nhận
`},
		"a copy and unsent work": {registry.Stuck{Clones: []registry.StuckDevice{copied}, Unsent: []registry.StuckDevice{unsent}}, `Máy còn phần chưa gửi: 1
  MÁY  NGƯỜI DÙNG      ĐƠN VỊ      ĐỒNG BỘ LẦN CUỐI  CHƯA GỬI
  4    Nguyễn Văn Thử  Chi bộ Thử  08:00 22/11/2026  1.500

Máy là bản sao của máy khác: 1
  MÁY  NGƯỜI DÙNG      ĐƠN VỊ      ĐỒNG BỘ LẦN CUỐI  TÌNH TRẠNG
  4    Nguyễn Văn Thử  Chi bộ Thử  08:00 22/11/2026  bản sao của máy 3, chờ bí thư xác nhận
`},
		"clocks": {registry.Stuck{Skewed: []registry.StuckDevice{slow, fast}}, `Máy lệch giờ quá 5 phút: 2
  MÁY  NGƯỜI DÙNG      ĐƠN VỊ      ĐỒNG BỘ LẦN CUỐI  ĐỒNG HỒ
  4    Nguyễn Văn Thử  Chi bộ Thử  08:00 22/11/2026  chậm 20 phút
  4    Nguyễn Văn Thử  Chi bộ Thử  08:00 22/11/2026  nhanh 3 ngày
`},
		"a change that cannot be read": {registry.Stuck{Refused: []registry.RefusedOpen{{Branch: "Chi bộ Thử", Member: "Thử", Device: 4, At: at, Reason: "bản ghi hỏng"}}},
			`Thay đổi bị từ chối chưa ai sửa: 1
  ĐƠN VỊ      NGƯỜI GHI  MÁY  LÚC               LOẠI            LÝ DO         MÃ BẢN GHI
  Chi bộ Thử  Thử        4    08:00 22/11/2026  không đọc được  bản ghi hỏng  không đọc được
`},
		"desks": {registry.Stuck{Takeover: []registry.OnDesk{{Branch: "Chi bộ Thử", Reason: "khôi phục", Count: 2, Oldest: at}}},
			`Bản ghi từ trước lần khôi phục, chờ nhận lại: 2
  ĐƠN VỊ      LÝ DO      SỐ LƯỢNG  CŨ NHẤT TỪ
  Chi bộ Thử  khôi phục  2         08:00 22/11/2026
`},
		"handed-over work on no desk": {registry.Stuck{Work: []registry.KeptWork{{Device: 1004, Changes: 3, At: at}, {Device: 4, Owner: "Nguyễn Văn Thử", Unreadable: true, At: at}, {Device: 5, Owner: "Nguyễn Văn Thử", Changes: 1200, At: at}}},
			`Phần bàn giao của máy đã thu hồi chưa đến bàn của ai: 3
  MÁY   NGƯỜI DÙNG      NHẬN LÚC          SỐ THAY ĐỔI  CHỜ
  1004  chưa rõ         08:00 22/11/2026  3            máy chủ biết lại người dùng máy này
  4     Nguyễn Văn Thử  08:00 22/11/2026  –            không mở được, chỉ giữ nguyên
  5     Nguyễn Văn Thử  08:00 22/11/2026  1.200        quá nhiều cho một lần bàn giao, vẫn giữ nguyên
`},
	} {
		t.Run(name, func(t *testing.T) {
			got := stuckText(c.s)
			var lines []string
			for l := range strings.Lines(got) {
				lines = append(lines, strings.TrimRight(l, " \n")+"\n")
			}
			if trimmed := strings.Join(lines, ""); trimmed != c.want {
				t.Errorf("got\n%s\nwant\n%s", trimmed, c.want)
			}
		})
	}
}

// The gauges come from one reading a minute, and are missing where the registry cannot be read.
func TestStateMetrics(t *testing.T) {
	readings := 0
	var broken error
	s := &state{
		status: func(context.Context) (registry.Status, error) {
			readings++
			return registry.Status{Parked: 4, Devices: []registry.DeviceInfo{
				{Device: &store.Device{Number: 1, SkewMS: 1500}}, {Device: &store.Device{Number: 2, SkewMS: -61_000}}, {Device: &store.Device{Number: 3, Revoked: true, SkewMS: 1 << 40}},
			}}, broken
		},
		stuck: func(context.Context) (registry.Stuck, error) {
			devices := func(n int) []registry.StuckDevice { return make([]registry.StuckDevice, n) }
			return registry.Stuck{Refused: make([]registry.RefusedOpen, 1), Suggestions: []registry.OnDesk{{Count: 2}, {Count: 3}}, Takeover: []registry.OnDesk{{Count: 6}},
				Unsent: devices(7), Silent: devices(8), Clones: devices(9), Ahead: devices(10), Work: make([]registry.KeptWork, 11)}, nil
		},
	}
	r := prometheus.NewRegistry()
	r.MustRegister(s)
	scrape := func() string {
		reply := httptest.NewRecorder()
		promhttp.HandlerFor(r, promhttp.HandlerOpts{}).ServeHTTP(reply, httptest.NewRequest("GET", "/metrics", nil))
		return reply.Body.String()
	}
	got := scrape()
	for _, want := range []string{"sodanvan_devices 2", "sodanvan_parked 4", "sodanvan_refused_open 1", "sodanvan_suggestions_waiting 5", "sodanvan_takeover_waiting 6",
		"sodanvan_devices_unsent 7", "sodanvan_devices_silent 8", "sodanvan_devices_cloned 9", "sodanvan_devices_ahead 10", "sodanvan_work_waiting 11", "sodanvan_clock_skew_seconds_max 61"} {
		if !slices.Contains(strings.Split(got, "\n"), want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if scrape(); readings != 1 {
		t.Errorf("%d readings for two scrapes", readings)
	}
	broken, s.at = errors.New("no disk"), time.Time{}
	if got := scrape(); strings.Contains(got, "sodanvan_refused_open") || readings != 2 {
		t.Errorf("%d readings, and\n%s", readings, got)
	}
}
