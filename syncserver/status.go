package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sodanvan/shared/viet"
	"sodanvan/syncserver/registry"
)

const (
	// silentAfter is when a phone that does not sync is worth a question to its owner.
	silentAfter = 14 * 24 * time.Hour
	// lowDisk is how little room is an alarm, in bytes.
	lowDisk = 2 << 30
	// skewed is how far a phone's clock may be off before somebody should set it.
	skewed = 24 * time.Hour
)

// facts are what is known of the machine rather than of the book.
type facts struct {
	free      uint64
	freeKnown bool
	// spareHere: the key of the spare still lies on this machine.
	spareHere bool
	address   string
}

func factsOf(dir string) facts {
	var f facts
	f.free, f.freeKnown = diskFree(dir)
	_, err := os.Stat(filepath.Join(dir, spareFile))
	f.spareHere = err == nil
	f.address = savedAddress(dir)
	return f
}

type statusCmd struct{}

func (c *statusCmd) Run(s *session) error {
	reg, err := s.open(false, registry.Options{})
	if err != nil {
		return err
	}
	defer reg.Close()
	st, err := reg.Status(s.ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(s.stdout, statusText(st, factsOf(s.data), absolute(s.data)))
	return err
}

// statusText is the whole of what the command prints.
func statusText(st registry.Status, f facts, dir string) string {
	num := func(n int) string { return viet.FormatInt(int64(n)) }
	var communes, branches, members, households int
	for _, u := range st.Units {
		if u.ID == u.Commune {
			communes++
		} else {
			branches++
		}
		members += u.Members
		households += u.Households
	}
	active, unsent, waiting := 0, 0, 0
	for _, d := range st.Devices {
		if d.Revoked {
			continue
		}
		active++
		unsent += int(d.Unsent)
		if d.Unsent > 0 {
			waiting++
		}
	}
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("Sổ Dân Vận. Phiên bản: %s", versionText())
	line("Dữ liệu: %s", dir)
	if f.address != "" {
		line("Địa chỉ trên phiếu: %s", f.address)
	}
	line("Đơn vị: %s xã, %s chi bộ", num(communes), num(branches))
	line("Người: %s; hộ: %s", num(members), num(households))
	line("Máy đang dùng: %s; mã chưa dùng: %s", num(active), num(st.Codes))
	if unsent == 0 {
		line("Chưa gửi: các máy báo không còn gì chưa gửi")
	} else {
		line("Chưa gửi: %s ghi chép trên %s máy, theo lần báo cuối", num(unsent), num(waiting))
	}
	if silent := silentDevices(st); len(silent) == 0 {
		line("Máy lâu không kết nối: không có")
	} else {
		line("Máy lâu không kết nối (quá %d ngày): %s", int(silentAfter.Hours()/24), num(len(silent)))
		for _, d := range silent {
			line("  máy %d của %s, %s: %s", d.Number, d.Owner, d.UnitName, when(d.LastSync))
		}
	}
	line("Sao lưu lần cuối: chưa có")
	if f.freeKnown {
		line("Ổ đĩa còn trống: %s", size(f.free))
	}
	as := alarms(st, f)
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

func silentDevices(st registry.Status) []registry.DeviceInfo {
	var out []registry.DeviceInfo
	for _, d := range st.Devices {
		last := max(d.LastSync, d.EnrolledMS)
		if !d.Revoked && st.Now.Sub(time.UnixMilli(last)) > silentAfter {
			out = append(out, d)
		}
	}
	return out
}

// clockAhead is how far the records may run ahead of the machine's clock before it is odd.
const clockAhead = 5 * time.Minute

// alarms are what somebody must do, each one sentence.
func alarms(st registry.Status, f facts) []string {
	num := func(n int) string { return viet.FormatInt(int64(n)) }
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if f.freeKnown && f.free < lowDisk {
		add("Ổ đĩa chỉ còn %s; hãy dọn bớt chỗ trước khi máy chủ ngừng nhận ghi chép.", size(f.free))
	}
	add("Chưa có bản sao lưu nào; hãy chép thư mục dữ liệu sang nơi khác khi máy chủ đã dừng.")
	if f.spareHere {
		add("Khóa dự phòng %s còn nằm trên máy chủ; hãy chép ra nơi cất giữ an toàn rồi xóa khỏi máy này.", spareFile)
	}
	if len(st.Units) == 0 {
		add("Sổ chưa có đơn vị nào; hãy nhập danh sách bằng “import roster”.")
	}
	// Stamps never go back, so records of a clock that ran ahead stay ahead of the right one.
	if ahead := st.LastChange.Sub(st.Now); ahead > clockAhead {
		add("Đồng hồ máy chủ chậm %s phút so với ghi chép mới nhất; hãy kiểm tra ngày giờ của máy chủ.", num(int(ahead.Minutes())))
	}
	unconfirmed, off := 0, 0
	for _, d := range st.Devices {
		if d.Revoked {
			continue
		}
		if d.Unconfirmed {
			unconfirmed++
		}
		if skew := time.Duration(d.SkewMS) * time.Millisecond; skew > skewed || skew < -skewed {
			off++
		}
	}
	if unconfirmed > 0 {
		add("%s máy là bản sao của máy khác và đang chờ; hãy nhắc bí thư chi bộ xác nhận hoặc thu hồi.", num(unconfirmed))
	}
	if off > 0 {
		add("%s máy có đồng hồ lệch quá một ngày; hãy nhắc chủ máy chỉnh ngày giờ, ghi chép vẫn được nhận.", num(off))
		if active := activeDevices(st); off > active/2 && active > 2 {
			add("Đa số máy lệch giờ so với máy chủ; hãy kiểm tra ngày giờ của chính máy chủ.")
		}
	}
	if n := len(silentDevices(st)); n > 0 {
		add("%s máy lâu không kết nối; hãy hỏi chủ máy xem có cần giúp không.", num(n))
	}
	if st.Parked > 0 {
		add("%s ghi chép đang chờ vì thiếu phần liên quan; máy chủ tự thử lại, nếu vài ngày không hết hãy nâng cấp máy chủ.", num(st.Parked))
	}
	return out
}

func activeDevices(st registry.Status) int {
	n := 0
	for _, d := range st.Devices {
		if !d.Revoked {
			n++
		}
	}
	return n
}

// size shows bytes as people in Viet Nam write them.
func size(n uint64) string {
	const mb, gb = 1 << 20, 1 << 30
	if n < gb {
		return viet.FormatDecimal(float64(n)/mb, 0) + " MB"
	}
	return viet.FormatDecimal(float64(n)/gb, 1) + " GB"
}

type checkCmd struct{}

func (c *checkCmd) Run(s *session) error {
	reg, err := s.open(false, registry.Options{})
	if err != nil {
		return err
	}
	defer reg.Close()
	found, err := reg.Check(s.ctx)
	if err != nil {
		if s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		return sayWhy(err, "Không đọc được hết dữ liệu, có thể tệp đã hỏng; hãy giữ nguyên thư mục dữ liệu, dừng máy chủ và báo người làm phần mềm (chi tiết: %v).", errors.Unwrap(err))
	}
	if len(found) == 0 {
		fmt.Fprintln(s.stdout, "Dữ liệu nguyên vẹn: tệp, các tổng kiểm và nhật ký truy cập đều khớp.")
		return nil
	}
	for _, f := range found {
		fmt.Fprintln(s.stdout, f)
	}
	return say("Dữ liệu có %s chỗ không khớp; hãy giữ nguyên thư mục dữ liệu, dừng máy chủ và báo người làm phần mềm.", viet.FormatInt(int64(len(found))))
}
