package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"sodanvan/shared/viet"
	"sodanvan/syncserver/registry"
)

type stuckCmd struct {
	JSON bool `name:"json" help:"In dạng JSON để chương trình khác đọc."`
}

// Run prints what does not go on by itself.
func (c *stuckCmd) Run(s *session) error {
	reg, err := s.open(false, registry.Options{})
	if err != nil {
		return err
	}
	defer reg.Close()
	stuck, err := reg.Stuck(s.ctx)
	if err != nil {
		return unreadable(s, err)
	}
	if !c.JSON {
		_, err = io.WriteString(s.stdout, stuckText(stuck))
		return err
	}
	e := json.NewEncoder(s.stdout)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(stuck)
}

// stuckText is the table: a section for each sort of thing that is stuck, and none for others.
func stuckText(s registry.Stuck) string {
	t := &table{}
	if s.Nothing() {
		fmt.Fprintln(&t.text, "Không có gì mắc kẹt.")
	}
	t.refused(s.Refused)
	t.desks("Đề nghị chờ quyết định trên bàn của bí thư, phó bí thư", s.SuggestionCount(), s.Suggestions)
	t.desks("Bản ghi từ trước lần khôi phục, chờ nhận lại", s.TakeoverCount(), s.Takeover)
	t.parked(s.ParkedCount(), s.Parked)
	t.devices("Máy còn phần chưa gửi", "CHƯA GỬI", s.Unsent, func(d registry.StuckDevice) string { return number(int(d.Unsent)) })
	t.devices(fmt.Sprintf("Máy không kết nối từ %d ngày trở lên", days(registry.SilentAfter)), "", s.Silent, nil)
	t.devices("Máy đã nhận nhiều hơn những gì máy chủ đang có; có thể dữ liệu cũ đã bị chép đè lên", "THẤY LÚC", s.Ahead,
		func(d registry.StuckDevice) string { return when(d.AheadAt.UnixMilli()) })
	t.devices("Máy là bản sao của máy khác", "TÌNH TRẠNG", s.Clones, func(d registry.StuckDevice) string {
		if d.Unconfirmed {
			return fmt.Sprintf("bản sao của máy %d, chờ bí thư xác nhận", d.CloneOf)
		}
		return fmt.Sprintf("bản sao của máy %d, đã xác nhận", d.CloneOf)
	})
	t.devices(fmt.Sprintf("Máy lệch giờ quá %d phút", int(registry.ClockOff.Minutes())), "ĐỒNG HỒ", s.Skewed,
		func(d registry.StuckDevice) string { return clockSays(d.SkewSeconds) })
	t.work(s.Work)
	return t.text.String()
}

// table is a text of sections, each with aligned columns.
type table struct{ text strings.Builder }

// section writes a title with its count and rows under the names of their columns.
func (t *table) section(title string, count int, head []string, rows [][]string) {
	if count == 0 {
		return
	}
	if t.text.Len() > 0 {
		t.text.WriteByte('\n')
	}
	fmt.Fprintf(&t.text, "%s: %s\n", title, number(count))
	w := tabwriter.NewWriter(&t.text, 0, 4, 2, ' ', 0)
	for _, row := range append([][]string{head}, rows...) {
		fmt.Fprintln(w, "  "+strings.Join(row, "\t"))
	}
	w.Flush() // a Builder never fails
}

func (t *table) refused(list []registry.RefusedOpen) {
	var rows [][]string
	for _, r := range list {
		rows = append(rows, []string{r.Branch, r.Member, fmt.Sprint(r.Device), when(r.At.UnixMilli()), orUnread(r.Kind), r.Reason, orUnread(r.Record)})
	}
	t.section("Thay đổi bị từ chối chưa ai sửa", len(list), []string{"ĐƠN VỊ", "NGƯỜI GHI", "MÁY", "LÚC", "LOẠI", "LÝ DO", "MÃ BẢN GHI"}, rows)
}

// orUnread stands for what could not be read of a change.
func orUnread(s string) string {
	if s == "" {
		return "không đọc được"
	}
	return s
}

func (t *table) desks(title string, count int, list []registry.OnDesk) {
	var rows [][]string
	for _, d := range list {
		rows = append(rows, []string{d.Branch, d.Reason, number(d.Count), when(d.Oldest.UnixMilli())})
	}
	t.section(title, count, []string{"ĐƠN VỊ", "LÝ DO", "SỐ LƯỢNG", "CŨ NHẤT TỪ"}, rows)
}

func (t *table) parked(count int, list []registry.ParkedChanges) {
	var rows [][]string
	for _, p := range list {
		wait := "bản ghi liên quan đến máy chủ"
		if p.NewKind {
			wait = "máy chủ được nâng cấp"
		}
		rows = append(rows, []string{p.Branch, p.Member, fmt.Sprint(p.Device), p.Kind, wait, number(p.Count), when(p.Oldest.UnixMilli())})
	}
	t.section("Ghi chép đang chờ phần liên quan", count, []string{"ĐƠN VỊ", "NGƯỜI GHI", "MÁY", "LOẠI", "CHỜ", "SỐ LƯỢNG", "CŨ NHẤT TỪ"}, rows)
}

func (t *table) work(list []registry.KeptWork) {
	var rows [][]string
	for _, k := range list {
		owner, why, count := k.Owner, "máy chủ biết lại người dùng máy này", number(k.Changes)
		if owner == "" {
			owner = "chưa rõ"
		}
		switch {
		case k.Unreadable:
			why, count = "không mở được, chỉ giữ nguyên", "–"
		case k.Owner != "":
			why = "quá nhiều cho một lần bàn giao, vẫn giữ nguyên"
		}
		rows = append(rows, []string{fmt.Sprint(k.Device), owner, when(k.At.UnixMilli()), count, why})
	}
	t.section("Phần bàn giao của máy đã thu hồi chưa đến bàn của ai", len(list), []string{"MÁY", "NGƯỜI DÙNG", "NHẬN LÚC", "SỐ THAY ĐỔI", "CHỜ"}, rows)
}

// devices lists devices with one column of their own; "": none.
func (t *table) devices(title, column string, list []registry.StuckDevice, say func(registry.StuckDevice) string) {
	head := []string{"MÁY", "NGƯỜI DÙNG", "ĐƠN VỊ", "ĐỒNG BỘ LẦN CUỐI"}
	if column != "" {
		head = append(head, column)
	}
	var rows [][]string
	for _, d := range list {
		row := []string{fmt.Sprint(d.Device), d.Owner, d.Branch, lastSync(d)}
		if column != "" {
			row = append(row, say(d))
		}
		rows = append(rows, row)
	}
	t.section(title, len(list), head, rows)
}

// lastSync shows when a device synced last.
func lastSync(d registry.StuckDevice) string {
	if d.LastSync.IsZero() {
		return when(0)
	}
	return when(d.LastSync.UnixMilli())
}

// stuckLines are a line for each sort of thing that is stuck, for the status; devices that
// are silent or have unsent work stand there already.
func stuckLines(s registry.Stuck) []string {
	var out []string
	for _, l := range []struct {
		count int
		what  string
	}{
		{len(s.Refused), "thay đổi bị từ chối chưa ai sửa"},
		{s.SuggestionCount(), "đề nghị chờ bí thư, phó bí thư quyết định"},
		{s.TakeoverCount(), "bản ghi từ trước lần khôi phục chờ nhận lại"},
		{s.ParkedCount(), "ghi chép đang chờ phần liên quan"},
		{len(s.Ahead), "máy đã nhận nhiều hơn những gì máy chủ đang có"},
		{s.Unconfirmed(), "máy là bản sao chưa được xác nhận"},
		{len(s.Work), "phần bàn giao của máy đã thu hồi chưa đến bàn của ai"},
		{len(s.Skewed), fmt.Sprintf("máy lệch giờ quá %d phút", int(registry.ClockOff.Minutes()))},
	} {
		if l.count > 0 {
			out = append(out, fmt.Sprintf("%s %s; xem: syncserver stuck", number(l.count), l.what))
		}
	}
	return out
}

// number shows a count as people in Viet Nam write it.
func number(n int) string { return viet.FormatInt(int64(n)) }

func days(d time.Duration) int { return int(d.Hours() / 24) }

// clockSays tells how far a clock is off; seconds are the server's time less the device's.
func clockSays(seconds int64) string {
	word := "chậm"
	if seconds < 0 {
		word, seconds = "nhanh", -seconds
	}
	switch minutes := seconds / 60; {
	case minutes < 2*60:
		return fmt.Sprintf("%s %d phút", word, minutes)
	case minutes < 2*24*60:
		return fmt.Sprintf("%s %d giờ", word, minutes/60)
	default:
		return fmt.Sprintf("%s %s ngày", word, viet.FormatInt(minutes/60/24))
	}
}
