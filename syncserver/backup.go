package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"sodanvan/shared/viet"
	"sodanvan/syncserver/backup"
	"sodanvan/syncserver/registry"
)

type backupCmd struct {
	To   string `help:"Thư mục để bản sao lưu, nên ở ổ đĩa khác. Mặc định: thư mục “backups” trong dữ liệu." env:"SODANVAN_BACKUP_TO" placeholder:"THƯ-MỤC"`
	Keep int    `help:"Số bản sao lưu giữ lại; bản cũ hơn bị xóa sau khi sao lưu xong." default:"14" placeholder:"SỐ"`
}

// Run makes a backup, also while serve runs on the same data.
func (c *backupCmd) Run(s *session) (err error) {
	if c.Keep < 1 {
		return say("Phải giữ lại ít nhất một bản sao lưu; hãy viết --keep 1 hoặc lớn hơn.")
	}
	// Data that the server itself would refuse are not worth a backup that replaces others.
	reg, err := s.open(false, registry.Options{})
	if err != nil {
		return err
	}
	defer reg.Close()
	inside := c.To == ""
	if rel, err := filepath.Rel(absolute(s.data), absolute(c.To)); err == nil && filepath.IsLocal(rel) {
		inside = true
	}
	done := func(ctx context.Context, ops map[uint32]uint64, at time.Time) error {
		if inside {
			ops = nil // one disk may take both: phones go on keeping what they sent
		}
		if err := reg.MarkKept(ctx, ops, at); err != nil {
			return sayWhy(err, "Bản sao lưu đã xong nhưng chưa ghi lại được việc đó vào dữ liệu; hãy xem chỗ trống rồi chạy lại.")
		}
		return nil
	}
	made, err := backup.Make(s.ctx, backup.Job{Dir: s.data, Place: c.To, Keep: c.Keep, Program: versionText(), Done: done})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "Đã sao lưu %s bản ghi lúc %s vào %s (%s).\n", viet.FormatInt(int64(made.Rows)), moment(made.Time), made.Path, size(uint64(made.Size+made.Keys)))
	if inside {
		fmt.Fprintln(s.stdout, "Bản sao lưu nằm trong thư mục dữ liệu nên hỏng ổ đĩa là mất cả hai; hãy sao lưu sang ổ đĩa khác bằng --to. Đến lúc đó các máy vẫn giữ lại những gì đã gửi.")
	}
	if made.NewKey {
		fmt.Fprintf(s.stdout, "Khóa mở bản sao lưu vừa được tạo: %s\nHãy chép tệp này ra giấy hoặc USB, cất nơi khác với bản sao lưu, rồi xóa khỏi máy chủ. Không có khóa này thì không ai mở được bản sao lưu nào.\n",
			filepath.Join(absolute(s.data), backup.KeyFile))
	}
	if len(made.Missed) > 0 {
		fmt.Fprintf(s.stdout, "Chưa thay được khóa trong %s; hãy cắm lại ổ đĩa rồi chạy “backup --to” nơi đó, hoặc xóa dòng đó trong %s nếu nơi ấy không còn dùng.\n",
			strings.Join(made.Missed, ", "), filepath.Join(absolute(s.data), backup.PlacesFile))
	}
	return nil
}

// moment shows a time as people in Viet Nam write it.
func moment(at time.Time) string { return at.In(vietnam).Format("15:04 02/01/2006") }
