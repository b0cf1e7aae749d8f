package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"sodanvan/shared/viet"
	"sodanvan/syncserver/importer"
	"sodanvan/syncserver/registry"
)

type importCmd struct {
	Roster rosterCmd `cmd:"" help:"Nhập danh sách đảng viên phụ trách hộ (tệp .xlsx). Nhập lại nhiều lần không tạo trùng."`
}

type rosterCmd struct {
	File      string   `arg:"" name:"tep" help:"Tệp danh sách (.xlsx)."`
	Commune   string   `help:"Tên xã, phường, thị trấn." required:"" placeholder:"TÊN"`
	Secretary []string `help:"Họ tên bí thư chi bộ, nếu tệp không ghi; thêm tên chi bộ nếu trùng. Dùng được nhiều lần." sep:"none" placeholder:"HỌ-TÊN"`
	DryRun    bool     `help:"Chỉ xem trước, không ghi gì vào sổ."`
	JSON      bool     `name:"json" help:"In kết quả dạng JSON cho máy đọc."`
	Result    string   `help:"Tệp kết quả từng dòng. Mặc định: cạnh tệp danh sách, thêm “-ket-qua” vào tên." placeholder:"TỆP"`
}

func (c *rosterCmd) Run(s *session) error {
	bar := newProgress(s.stderr)
	roster, err := importer.Read(c.File, importer.Options{Secretaries: c.Secretary}, bar.set)
	bar.end()
	if err != nil {
		return err
	}
	// A dry run must not leave an empty book behind where there was none.
	data := s.data
	if c.DryRun && !hasData(data) {
		if data, err = os.MkdirTemp("", "so-dan-van-xem-truoc-*"); err != nil {
			return err
		}
		defer os.RemoveAll(data)
	}
	reg, err := registry.Open(s.ctx, data, registry.Options{})
	if err != nil {
		return err
	}
	defer reg.Close()
	plan, err := reg.ImportRoster(s.ctx, roster, c.Commune, c.DryRun)
	if err != nil {
		return err
	}
	// A dry run writes nothing that was not asked for.
	result := c.Result
	if result == "" && !c.DryRun {
		result = resultPath(c.File)
	}
	if result != "" {
		if err := importer.WriteResult(result, roster, plan); err != nil {
			if c.DryRun {
				return sayWhy(err, "Chưa ghi được tệp kết quả %s; hãy đóng tệp nếu đang mở, hoặc chọn nơi khác bằng --result.", result)
			}
			return sayWhy(err, "Danh sách đã nhập xong nhưng chưa ghi được tệp kết quả %s; hãy đóng tệp nếu đang mở, chọn nơi khác bằng --result rồi chạy lại, dữ liệu sẽ không bị trùng.", result)
		}
	}
	if c.JSON {
		return json.NewEncoder(s.stdout).Encode(plan.Counts)
	}
	return writeCounts(s.stdout, plan.Counts, c.DryRun, result)
}

// resultPath is beside the roster.
func resultPath(file string) string {
	return strings.TrimSuffix(file, filepath.Ext(file)) + "-ket-qua.xlsx"
}

func writeCounts(w io.Writer, n importer.Counts, dryRun bool, result string) error {
	num := func(i int) string { return viet.FormatInt(int64(i)) }
	var b strings.Builder
	title := "Đã nhập danh sách."
	if dryRun {
		title = "Xem trước, chưa ghi gì vào sổ."
	}
	fmt.Fprintf(&b, "%s\n  %s chi bộ, %s đảng viên, %s hộ (từ %s dòng)\n", title, num(n.Branches), num(n.Members), num(n.Households), num(n.Rows))
	fmt.Fprintf(&b, "  Tạo mới %s, cập nhật %s, không đổi %s\n", num(n.Created), num(n.Changed), num(n.Unchanged))
	for _, l := range []struct {
		n    int
		text string
	}{
		{n.NoHead, "hộ chưa có tên chủ hộ"},
		{n.NoMember, "hộ chưa có đảng viên phụ trách"},
		{n.BadPhone, "số điện thoại cần xem lại"},
		{n.OldPhone, "số điện thoại 11 số đã đổi sang 10 số"},
		{n.Repeated, "dòng lặp lại nguyên vẹn, chỉ nhập một lần"},
		{n.PossibleDuplicates, "hộ có thể trùng, cần người xem"},
		{n.Namesakes, "đảng viên trùng tên trong chi bộ"},
	} {
		if l.n > 0 {
			fmt.Fprintf(&b, "  %s %s\n", num(l.n), l.text)
		}
	}
	if result != "" {
		fmt.Fprintf(&b, "Kết quả từng dòng: %s\n", result)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// progress is a bar on a terminal and nothing elsewhere.
type progress struct{ bar *progressbar.ProgressBar }

func newProgress(w io.Writer) *progress {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return &progress{}
	}
	return &progress{progressbar.NewOptions64(1, progressbar.OptionSetWriter(f),
		progressbar.OptionSetDescription("Đang đọc danh sách"), progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetElapsedTime(false), progressbar.OptionSetPredictTime(false))}
}

// set shows how far it is. A bar that cannot be drawn must not stop the work.
func (p *progress) set(done, total int) {
	if p.bar == nil || total <= 0 {
		return
	}
	p.bar.ChangeMax(total)
	_ = p.bar.Set(done)
}

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
