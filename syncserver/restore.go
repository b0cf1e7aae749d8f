package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sodanvan/shared/viet"
	"sodanvan/syncserver/backup"
	"sodanvan/syncserver/registry"
)

type restoreCmd struct {
	From    string `help:"Tệp sao lưu sodanvan-….backup." required:"" placeholder:"TỆP"`
	Key     string `help:"Tệp khóa backup.key đã cất ở nơi an toàn." required:"" placeholder:"TỆP"`
	Keys    string `help:"Tệp keys.backup mới nhất. Mặc định: tệp nằm cùng thư mục với bản sao lưu." placeholder:"TỆP"`
	Replace bool   `help:"Thay dữ liệu đang có; dữ liệu cũ được chuyển sang thư mục before-restore-…"`
}

// Run puts a backup in place of what the data directory holds, or fails and leaves that.
func (c *restoreCmd) Run(s *session) (err error) {
	if c.Keys == "" {
		c.Keys = filepath.Join(filepath.Dir(c.From), backup.KeysBackup)
	}
	key, err := backup.ReadKey(c.Key)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.data, 0o700); err != nil {
		return sayWhy(err, "Không tạo được thư mục dữ liệu %s; hãy xem quyền ghi, hoặc chọn nơi khác bằng --data.", s.data)
	}
	unlock, err := lockServe(s.data)
	if err != nil {
		return dataSentence(s.data, err)
	}
	defer unlock()
	release, err := backup.Lock(s.data)
	if err != nil {
		return err
	}
	defer release()
	if hasData(s.data) && !c.Replace {
		return say("Thư mục %s đã có dữ liệu của máy chủ; hãy chọn thư mục khác bằng --data, hoặc thêm --replace để thay (dữ liệu cũ vẫn được giữ lại bên cạnh).", s.data)
	}
	r, err := backup.Begin(s.data, time.Now())
	if err != nil {
		return err
	}
	done, err := c.build(s, r.New(), key)
	if err != nil {
		return errors.Join(err, r.Drop())
	}
	if err := r.Install(); err != nil {
		return err
	}
	c.tell(s, done, r.Before())
	return nil
}

// rebuilt is what a restore made.
type rebuilt struct {
	registry.Restored
	taken time.Time
	// findings of the check; none: sound.
	findings []string
}

// build makes the whole book anew in a folder, and checks it.
func (c *restoreCmd) build(s *session, dir string, key backup.Key) (out rebuilt, err error) {
	m, err := backup.Open(s.ctx, c.From, c.Keys, key, dir)
	if err != nil {
		return out, err
	}
	out.taken = m.Time
	if err := key.Keep(dir, s.data); err != nil {
		return out, err
	}
	gone, err := mergeGone(dir, s.data)
	if err != nil {
		return out, err
	}
	if out.Restored, err = registry.StartNewEpoch(s.ctx, dir, registry.Options{}, gone); err != nil {
		return out, err
	}
	out.findings, err = checkOf(s.ctx, dir)
	return out, err
}

// mergeGone brings the list of what must not come back up to that of the data directory which
// is replaced: it may be newer than the one in the backup.
func mergeGone(dir, replaced string) (registry.Gone, error) {
	path := filepath.Join(dir, registry.ErasedFile)
	gone, err := registry.ReadGone(path)
	if err != nil {
		return gone, sayWhy(err, "Danh sách hộ đã xóa trong bản sao lưu không đọc được nên không khôi phục; hãy dùng tệp %s khác.", backup.KeysBackup)
	}
	newer, err := registry.ReadGone(filepath.Join(replaced, registry.ErasedFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return gone, sayWhy(err, "Danh sách hộ đã xóa %s không đọc được; hãy chép lại tệp này từ bản sao, vì nếu thiếu nó thì hộ đã xóa có thể quay lại.", filepath.Join(replaced, registry.ErasedFile))
	default:
		gone = registry.MergeGone(gone, newer)
	}
	return gone, registry.WriteGone(path, gone)
}

// checkOf looks whether all that was restored can be read.
func checkOf(ctx context.Context, dir string) ([]string, error) {
	reg, err := registry.Open(ctx, dir, registry.Options{})
	if err != nil {
		return nil, err
	}
	found, err := reg.Check(ctx)
	return found, errors.Join(err, reg.Close())
}

// tell says what there is now, what will happen, and what to do next.
func (c *restoreCmd) tell(s *session, r rebuilt, before string) {
	num := func(n int) string { return viet.FormatInt(int64(n)) }
	line := func(format string, args ...any) { fmt.Fprintf(s.stdout, format+"\n", args...) }
	line("Đã khôi phục vào %s: %s bản ghi, %s máy, như lúc sao lưu %s.", absolute(s.data), viet.FormatInt(int64(r.Rows)), num(r.Devices), moment(r.taken))
	if r.Erased > 0 {
		line("%s hộ đã xóa theo yêu cầu vẫn bị xóa, không quay lại.", num(r.Erased))
	}
	if r.Revoked > 0 {
		line("%s máy đã thu hồi sau lần sao lưu vẫn bị thu hồi.", num(r.Revoked))
	}
	if len(r.findings) > 0 {
		line("Kiểm tra thấy %s chỗ không khớp; hãy chạy “check” và báo người làm phần mềm:", num(len(r.findings)))
		line("  %s", strings.Join(r.findings[:min(len(r.findings), 5)], "\n  "))
	}
	line("Điều sẽ xảy ra:")
	line("  - Mỗi máy tự gửi lại phần máy chủ còn thiếu khi đồng bộ lần tới; không cần làm gì trên máy.")
	line("  - Phần mà máy khác đã gửi sau lúc sao lưu hiện thành đề nghị trên bàn bí thư, chờ bí thư nhận lại.")
	line("  - Mã đăng ký chưa dùng (%s mã) hết hiệu lực; máy đăng ký sau lúc sao lưu cần mã mới và giữ nguyên sổ.", num(r.Codes))
	line("  - Vai trò đặt sau lúc sao lưu không còn; xem bằng “member list” và đặt lại bằng “member set-role”.")
	line("Việc cần làm:")
	line("  1. Chạy “serve” với đúng địa chỉ cũ%s.", addressHint(s.data))
	line("  2. Cấp mã mới bằng “enrol” cho người cần, và nhắc mọi người đồng bộ.")
	line("  3. Nhắc bí thư các chi bộ xem bàn làm việc và nhận lại phần còn thiếu; phần của xã xem bằng “takeover list”.")
	line("  4. Chạy “backup” ngay để có bản sao lưu của máy chủ mới.")
	if _, err := os.Stat(before); err == nil {
		line("Dữ liệu trước khi khôi phục nằm trong %s; hãy xóa thư mục này khi không cần nữa, vì trong đó còn khóa cũ.", before)
	}
}

// addressHint names the address that phones know.
func addressHint(dir string) string {
	if a := savedAddress(dir); a != "" {
		return " (" + a + ")"
	}
	return ""
}

// finishRestore ends what a crash left of a restore, before anything opens the data.
func finishRestore(dir string) error {
	if !backup.Interrupted(dir) {
		return nil
	}
	unlock, err := lockServe(dir)
	if err != nil {
		return sayWhy(err, "Một lệnh khôi phục đang chạy với thư mục dữ liệu %s; hãy chờ xong rồi chạy lại.", dir)
	}
	defer unlock()
	return backup.Finish(dir)
}
