package main

import (
	"encoding/hex"
	"fmt"
	"strings"
	"text/tabwriter"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/syncserver/backup"
	"sodanvan/syncserver/registry"
)

// eraseCmd is true deletion: at a household's request, not to be taken back.
type eraseCmd struct {
	Household string `arg:"" name:"mã-hộ" help:"Mã hộ (UUID) ghi trên phiếu yêu cầu xóa."`
	Yes       bool   `help:"Đã đọc kỹ: xóa hẳn, không lấy lại được."`
}

func (c *eraseCmd) Run(s *session) error {
	id, err := parseID(c.Household)
	if err != nil {
		return err
	}
	if !c.Yes {
		return say("Xóa hẳn thì không lấy lại được, kể cả từ bản sao lưu; nếu đúng hộ này, hãy chạy lại lệnh với --yes.")
	}
	reg, err := s.open(false, registry.Options{})
	if err != nil {
		return err
	}
	defer reg.Close()
	n, err := reg.Erase(s.ctx, id)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "Đã xóa hẳn hộ và %d bản ghi liên quan trên máy chủ. Các máy xóa theo ở lần đồng bộ tới.\nNếu hộ này còn trong bảng danh sách dùng để nhập, hãy xóa dòng đó: nhập lại sẽ tạo ra hộ như mới.\n", n-1)
	places, err := s.rewriteKeys()
	if err != nil {
		return err
	}
	if places > 0 {
		fmt.Fprintln(s.stdout, "Khóa của hộ đã được hủy cả trong nơi sao lưu. Nếu đã chép tệp keys.backup đi nơi khác, hãy chép đè bằng tệp mới.")
	}
	return nil
}

// rewriteKeys brings what lies beside the backups up to what must not come back, and gives in
// how many places.
func (s *session) rewriteKeys() (places int, err error) {
	all, err := backup.Places(s.data)
	if err != nil {
		return 0, err
	}
	return len(all), backup.RewriteKeys(s.ctx, s.data, all)
}

func parseID(text string) (book.ID, error) {
	raw, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(text), "-", ""))
	id, ok := book.IDFrom(raw)
	if err != nil || !ok {
		return id, say("Mã “%s” không đúng; mã gồm 32 chữ số thập lục phân, có thể có gạch nối.", text)
	}
	return id, nil
}

// takeoverCmd decides about the commune's own records that phones still had after a restore.
// What belongs to a branch is decided on its secretary's desk.
type takeoverCmd struct {
	List    takeoverListCmd    `cmd:"" help:"Danh sách mục của xã đang chờ quyết định."`
	Accept  takeoverAcceptCmd  `cmd:"" help:"Nhận lại một mục, hoặc tất cả."`
	Decline takeoverDeclineCmd `cmd:"" help:"Không nhận lại một mục."`
}

type takeoverListCmd struct{}

func (c *takeoverListCmd) Run(s *session) error {
	return withOffers(s, func(_ *registry.Registry, offers []registry.CommuneOffer) error {
		if len(offers) == 0 {
			fmt.Fprintln(s.stdout, "Không có mục nào của xã đang chờ. Mục của chi bộ nằm trong sổ của bí thư.")
			return nil
		}
		w := tabwriter.NewWriter(s.stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "MÃ\tLOẠI\tTRÊN MÁY CHỦ")
		for _, o := range offers {
			state := "có bản cũ hơn"
			if o.Missing {
				state = "không còn"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\n", o.ID, kindWord(o.Kind), state)
		}
		return w.Flush()
	})
}

type takeoverAcceptCmd struct {
	ID string `arg:"" optional:"" name:"mã" help:"Mã của mục, xem bằng “takeover list”; không ghi: tất cả."`
}

func (c *takeoverAcceptCmd) Run(s *session) error {
	return withOffers(s, func(reg *registry.Registry, offers []registry.CommuneOffer) error {
		if c.ID != "" {
			id, err := parseID(c.ID)
			if err != nil {
				return err
			}
			offers = []registry.CommuneOffer{{ID: id}}
		}
		for _, o := range offers {
			if err := reg.DecideCommuneOffer(s.ctx, o.ID, true); err != nil {
				return err
			}
		}
		fmt.Fprintf(s.stdout, "Đã nhận lại %d mục.\n", len(offers))
		return nil
	})
}

type takeoverDeclineCmd struct {
	ID string `arg:"" name:"mã" help:"Mã của mục, xem bằng “takeover list”."`
}

func (c *takeoverDeclineCmd) Run(s *session) error {
	return withOffers(s, func(reg *registry.Registry, _ []registry.CommuneOffer) error {
		id, err := parseID(c.ID)
		if err != nil {
			return err
		}
		if err := reg.DecideCommuneOffer(s.ctx, id, false); err != nil {
			return err
		}
		fmt.Fprintln(s.stdout, "Đã ghi là không nhận lại. Bản mà máy gửi lên vẫn được giữ trong sổ của máy chủ.")
		return nil
	})
}

func withOffers(s *session, fn func(*registry.Registry, []registry.CommuneOffer) error) error {
	reg, err := s.open(false, registry.Options{})
	if err != nil {
		return err
	}
	defer reg.Close()
	offers, err := reg.CommuneOffers(s.ctx)
	if err != nil {
		return err
	}
	return fn(reg, offers)
}

// kindWord names the kinds that a commune holds.
func kindWord(k pb.Kind) string {
	switch k {
	case pb.Kind_KIND_UNIT:
		return "tổ chức"
	case pb.Kind_KIND_AUTHORITY:
		return "cơ quan có thẩm quyền"
	case pb.Kind_KIND_CALENDAR:
		return "lịch làm việc"
	case pb.Kind_KIND_CATEGORY:
		return "danh mục"
	case pb.Kind_KIND_NOTICE:
		return "thông báo"
	case pb.Kind_KIND_MEMBER:
		return "cán bộ"
	}
	return "mục khác"
}
