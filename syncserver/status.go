package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sodanvan/shared/viet"
	"sodanvan/syncserver/backup"
	"sodanvan/syncserver/registry"
)

const (
	// lowDisk is how little room is an alarm, in bytes.
	lowDisk = 2 << 30
	// mendWithin is how long a refused change may stay open before somebody should ask.
	mendWithin = 3 * 24 * time.Hour
	// backupWithin is how old the last backup may be.
	backupWithin = 2 * 24 * time.Hour
)

// facts are what is known of the machine rather than of the book.
type facts struct {
	free      uint64
	freeKnown bool
	// spareHere: the key of the spare still lies on this machine.
	spareHere bool
	address   string
	// copies is the state of the places of backups.
	copies backup.State
}

func factsOf(dir string) facts {
	var f facts
	f.free, f.freeKnown = diskFree(dir)
	_, err := os.Stat(filepath.Join(dir, spareFile))
	f.spareHere = err == nil
	f.address = savedAddress(dir)
	// What cannot be read of the places is told by the next backup.
	f.copies, _ = backup.Look(dir)
	return f
}

// health is all that an administrator is told of a server.
type health struct {
	registry.Status
	stuck registry.Stuck
	// lastCopy is when the last finished backup was taken; zero: never.
	lastCopy time.Time
	facts
}

func healthOf(ctx context.Context, reg *registry.Registry, dir string) (h health, err error) {
	h.facts = factsOf(dir)
	if h.Status, err = reg.Status(ctx); err != nil {
		return h, err
	}
	if h.stuck, err = reg.Stuck(ctx); err != nil {
		return h, err
	}
	h.lastCopy, err = reg.LastBackup(ctx)
	return h, err
}

type statusCmd struct{}

func (c *statusCmd) Run(s *session) error {
	reg, err := s.open(false, registry.Options{})
	if err != nil {
		return err
	}
	defer reg.Close()
	h, err := healthOf(s.ctx, reg, s.data)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(s.stdout, h.text(absolute(s.data)))
	return err
}

// text is the whole of what the command prints.
func (h health) text(dir string) string {
	var communes, branches, members, households int
	for _, u := range h.Units {
		if u.ID == u.Commune {
			communes++
		} else {
			branches++
		}
		members += u.Members
		households += u.Households
	}
	unsent := 0
	for _, d := range h.stuck.Unsent {
		unsent += int(d.Unsent)
	}
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("Sổ Dân Vận. Phiên bản: %s", versionText())
	line("Dữ liệu: %s", dir)
	if h.address != "" {
		line("Địa chỉ trên phiếu: %s", h.address)
	}
	line("Đơn vị: %s xã, %s chi bộ", number(communes), number(branches))
	line("Người: %s; hộ: %s", number(members), number(households))
	line("Máy đang dùng: %s; mã chưa dùng: %s", number(len(h.active())), number(h.Codes))
	if unsent == 0 {
		line("Chưa gửi: các máy báo không còn gì chưa gửi")
	} else {
		line("Chưa gửi: %s ghi chép trên %s máy, theo lần báo cuối", number(unsent), number(len(h.stuck.Unsent)))
	}
	if silent := h.stuck.Silent; len(silent) == 0 {
		line("Máy lâu không kết nối: không có")
	} else {
		line("Máy lâu không kết nối (từ %d ngày trở lên): %s", days(registry.SilentAfter), number(len(silent)))
		for _, d := range silent {
			line("  máy %d của %s, %s: %s", d.Device, d.Owner, d.Branch, lastSync(d))
		}
	}
	for _, l := range stuckLines(h.stuck) {
		line("%s", l)
	}
	if h.lastCopy.IsZero() {
		line("Sao lưu lần cuối: chưa có")
	} else {
		line("Sao lưu lần cuối: %s", when(h.lastCopy.UnixMilli()))
	}
	for _, p := range h.copies.Places {
		if p.Reached && p.Snapshots > 0 {
			line("Nơi sao lưu %s: %s bản, mới nhất %s", p.Path, number(p.Snapshots), moment(p.Newest))
		}
	}
	if h.freeKnown {
		line("Ổ đĩa còn trống: %s", size(h.free))
	}
	as := h.alarms()
	if len(as) == 0 {
		line("Việc cần làm: không có.")
		return b.String()
	}
	line("Việc cần làm:")
	for _, a := range as {
		line("  - %s", a)
	}
	return b.String()
}

// active are the devices that may sync.
func (h health) active() []registry.DeviceInfo {
	return slices.DeleteFunc(slices.Clone(h.Devices), func(d registry.DeviceInfo) bool { return d.Revoked })
}

// clockAhead is how far the records may run ahead of the machine's clock before it is odd.
const clockAhead = 5 * time.Minute

// alarms are what somebody must do, each one sentence.
func (h health) alarms() []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if h.freeKnown && h.free < lowDisk {
		add("Ổ đĩa chỉ còn %s; hãy dọn bớt chỗ trước khi máy chủ ngừng nhận ghi chép.", size(h.free))
	}
	if h.lastCopy.IsZero() {
		add("Chưa có bản sao lưu nào; hãy chạy “syncserver backup” và giữ bản sao lưu ở ổ đĩa khác.")
	} else if age := h.Now.Sub(h.lastCopy); age > backupWithin {
		add("Bản sao lưu cuối đã cũ %s ngày; hãy chạy “syncserver backup” và xem vì sao việc sao lưu đã ngừng.", number(days(age)))
	}
	if h.copies.KeyHere {
		add("Khóa mở bản sao lưu %s còn nằm trên máy chủ; hãy chép ra giấy hoặc USB, cất nơi khác rồi xóa khỏi máy này.", backup.KeyFile)
	}
	for _, p := range h.copies.Places {
		if !p.Reached {
			add("Không thấy nơi sao lưu %s; hãy cắm lại ổ đĩa ấy, hoặc xóa dòng đó trong %s nếu không còn dùng.", p.Path, backup.PlacesFile)
		}
	}
	for _, dir := range h.copies.Before {
		add("Thư mục %s là dữ liệu trước lần khôi phục, còn chứa khóa cũ; khi không cần nữa hãy xóa hẳn.", dir)
	}
	if h.spareHere {
		add("Khóa dự phòng %s còn nằm trên máy chủ; hãy chép ra nơi cất giữ an toàn rồi xóa khỏi máy này.", spareFile)
	}
	if len(h.Units) == 0 {
		add("Sổ chưa có đơn vị nào; hãy nhập danh sách bằng “import roster”.")
	}
	// Stamps never go back, so records of a clock that ran ahead stay ahead of the right one.
	if ahead := h.LastChange.Sub(h.Now); ahead > clockAhead {
		add("Đồng hồ máy chủ chậm %s phút so với ghi chép mới nhất; hãy kiểm tra ngày giờ của máy chủ.", number(int(ahead.Minutes())))
	}
	return append(out, stuckAlarms(h.stuck, len(h.active()))...)
}

// stuckAlarms are the alarms about what is stuck; active is how many devices may sync.
func stuckAlarms(s registry.Stuck, active int) []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if n := s.RefusedFor(mendWithin); n > 0 {
		add("%s thay đổi bị từ chối quá %d ngày chưa ai sửa; hãy xem “syncserver stuck” và nhắc người ghi mở mục cần sửa trên máy.", number(n), days(mendWithin))
	}
	if n := len(s.Ahead); n > 0 {
		add("%s máy đã nhận nhiều hơn những gì máy chủ đang có, có thể dữ liệu cũ đã bị chép đè lên; hãy dừng máy chủ và dùng “syncserver restore” với bản sao lưu mới nhất.", number(n))
	}
	if n := s.Unconfirmed(); n > 0 {
		add("%s máy là bản sao của máy khác và đang chờ; hãy nhắc bí thư chi bộ xác nhận hoặc thu hồi.", number(n))
	}
	if n := len(s.Skewed); n > 0 {
		add("%s máy có đồng hồ lệch quá %d phút; hãy nhắc chủ máy chỉnh ngày giờ, ghi chép vẫn được nhận.", number(n), int(registry.ClockOff.Minutes()))
		if n > active/2 && active > 2 {
			add("Đa số máy lệch giờ so với máy chủ; hãy kiểm tra ngày giờ của chính máy chủ.")
		}
	}
	if n := len(s.Silent); n > 0 {
		add("%s máy lâu không kết nối; hãy hỏi chủ máy xem có cần giúp không.", number(n))
	}
	if n := s.ParkedCount(); n > 0 {
		add("%s ghi chép đang chờ vì thiếu phần liên quan; máy chủ tự thử lại, nếu vài ngày không hết hãy nâng cấp máy chủ.", number(n))
	}
	return out
}

// size shows bytes as people in Viet Nam write them.
func size(n uint64) string {
	const mb, gb = 1 << 20, 1 << 30
	if n < gb {
		return viet.FormatDecimal(float64(n)/mb, 0) + " MB"
	}
	return viet.FormatDecimal(float64(n)/gb, 1) + " GB"
}
