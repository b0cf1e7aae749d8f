package main

import (
	"cmp"
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"sodanvan/syncserver/registry"
)

type deviceCmd struct {
	List   deviceListCmd   `cmd:"" help:"Danh sách máy đã đăng ký."`
	Revoke deviceRevokeCmd `cmd:"" help:"Thu hồi một máy. Máy gửi nốt phần chưa gửi rồi xóa sổ."`
	// For a secretary whose only phone became a copy; else the secretary confirms in the app.
	Confirm deviceConfirmCmd `cmd:"" help:"Xác nhận bản sao của một máy, khi bí thư không tự xác nhận được."`
}

type deviceConfirmCmd struct {
	Number uint32 `arg:"" name:"so-may" help:"Số của máy, xem bằng “device list”."`
}

func (c *deviceConfirmCmd) Run(s *session) error {
	return s.onDevice(c.Number, func(reg *registry.Registry, d registry.DeviceInfo) error {
		if !d.Unconfirmed || d.Revoked {
			return say("Máy số %d không chờ xác nhận; không cần làm gì thêm.", c.Number)
		}
		if err := reg.Confirm(s.ctx, c.Number); err != nil {
			return err
		}
		fmt.Fprintf(s.stdout, "Đã xác nhận máy số %d của %s. Máy tải sổ ở lần đồng bộ tới.\n", c.Number, d.Owner)
		return nil
	})
}

// onDevice finds a device by its number and works on it.
func (s *session) onDevice(number uint32, fn func(*registry.Registry, registry.DeviceInfo) error) error {
	reg, err := s.open(false, registry.Options{})
	if err != nil {
		return err
	}
	defer reg.Close()
	devices, err := reg.AllDevices(s.ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(devices, func(d registry.DeviceInfo) bool { return d.Number == number })
	if i < 0 {
		return say("Không có máy số %d; hãy xem số máy bằng “device list”.", number)
	}
	return fn(reg, devices[i])
}

type deviceListCmd struct{}

func (c *deviceListCmd) Run(s *session) error {
	reg, err := s.open(false, registry.Options{})
	if err != nil {
		return err
	}
	defer reg.Close()
	devices, err := reg.AllDevices(s.ctx)
	if err != nil {
		return err
	}
	if len(devices) == 0 {
		fmt.Fprintln(s.stdout, "Chưa có máy nào đăng ký; hãy cấp mã bằng “enrol”.")
		return nil
	}
	slices.SortFunc(devices, func(a, b registry.DeviceInfo) int { return cmp.Compare(a.Number, b.Number) })
	w := tabwriter.NewWriter(s.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "SỐ\tNGƯỜI DÙNG\tĐƠN VỊ\tTÊN MÁY\tĐỒNG BỘ LẦN CUỐI\tCHƯA GỬI\tTÌNH TRẠNG")
	for _, d := range devices {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%d\t%s\n", d.Number, d.Owner, d.UnitName, d.Name, when(d.LastSync), d.Unsent, deviceState(d))
	}
	return w.Flush()
}

func deviceState(d registry.DeviceInfo) string {
	switch {
	case d.Revoked:
		return "đã thu hồi"
	case d.Unconfirmed:
		return fmt.Sprintf("bản sao của máy %d, chờ bí thư xác nhận", d.CloneOf)
	}
	return "đang dùng"
}

// when shows a time of Unix milliseconds; 0: never.
func when(ms int64) string {
	if ms == 0 {
		return "chưa lần nào"
	}
	return time.UnixMilli(ms).In(vietnam).Format("15:04 02/01/2006")
}

type deviceRevokeCmd struct {
	Number uint32 `arg:"" name:"so-may" help:"Số của máy, xem bằng “device list”."`
}

func (c *deviceRevokeCmd) Run(s *session) error {
	return s.onDevice(c.Number, func(reg *registry.Registry, d registry.DeviceInfo) error {
		if d.Revoked {
			return say("Máy số %d đã bị thu hồi từ trước; không cần làm gì thêm.", c.Number)
		}
		if err := reg.Revoke(s.ctx, c.Number); err != nil {
			return err
		}
		fmt.Fprintf(s.stdout, "Đã thu hồi máy số %d của %s. Lần kết nối tới, máy gửi nốt phần chưa gửi (đã niêm phong) rồi xóa sổ.\n", c.Number, d.Owner)
		_, err := s.rewriteKeys()
		return err
	})
}
