package importer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

func TestCountsJSON(t *testing.T) {
	b, err := json.Marshal(Counts{Branches: 1, Unchanged: 2})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"branches":1,"members":0,"rows":0,"households":0,"repeated":0,"no_head":0,"bad_phone":0,"old_phone":0,"no_member":0,"namesakes":0,"possible_duplicates":0,"created":0,"changed":0,"unchanged":2}`
	if string(b) != want {
		t.Errorf("got %s", b)
	}
}

func TestResultOfNhuQuynh(t *testing.T) {
	r, err := Read(nhuQuynh, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "ket-qua.xlsx")
	if err := WriteResult(path, r, MakePlan(r, Known{})); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v: others can read names and phones", info.Mode())
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.tmp")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sheets := f.GetSheetList()
	if len(sheets) != 7 || sheets[0] != "Tổng hợp" || sheets[3] != "CB Thôn Hành Lạc" {
		t.Fatalf("sheets %q", sheets)
	}
	statuses, reasons, rows := map[string]int{}, map[string]int{}, 0
	for _, name := range sheets[1:] {
		all, err := f.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(all[0], "|"); got != "Dòng|TT|Họ và tên chủ hộ|Thôn, phố|Địa chỉ|Số khẩu|Điện thoại|Diện|Đảng viên phụ trách|Chức vụ|Trạng thái|Lý do" {
			t.Fatalf("head %q", got)
		}
		for i, row := range all[1:] {
			rows++
			statuses[row[10]]++
			if len(row) > 11 {
				for _, k := range []ProblemKind{NoHead, BadPhone, OldPhone, NoMember} {
					if s := (Problem{Kind: k}).UserMessage(); strings.Contains(row[11], s) {
						reasons[s]++
					}
				}
			}
			if i == 0 {
				if kind, err := f.GetCellType(name, "A2"); err != nil || kind != excelize.CellTypeSharedString {
					t.Errorf("row number is stored as %v, %v", kind, err)
				}
			}
			for _, cell := range row {
				if strings.Contains(cell, "miễn sinh hoạt") {
					t.Fatal("the remark was copied")
				}
			}
		}
	}
	if rows != 4806 || statuses[StatusCreated] != 4785 || statuses[StatusRepeated] != 21 {
		t.Errorf("%d rows, %v", rows, statuses)
	}
	for k, want := range map[ProblemKind]int{NoHead: 16, BadPhone: 13, OldPhone: 94, NoMember: 22} {
		if s := (Problem{Kind: k}).UserMessage(); reasons[s] != want {
			t.Errorf("%q in %d rows, want %d", s, reasons[s], want)
		}
	}
}

func TestResultSaysWhatWasKept(t *testing.T) {
	rows := [][]string{
		{"1", "=HYPERLINK", "Thôn Đông", "Ngõ 1", "4", "0912345671", "", "Vũ Thị Lành"},
		{"2", "Phạm Văn Khá", "Thôn Đông", "Ngõ 2", "3", "0912345672", "ốm đau", "Vũ Thị Lành"},
		{"3", "Phạm Văn Hay (1950)", "Thôn Đông", "Ngõ 3", "3", "0912345673", "", "Vũ Thị Lành"},
		{"4", "Phạm Văn Hay (1950)", "Thôn Đông", "Ngõ 3", "3", "0912345673", "", "Vũ Thị Lành"},
	}
	s := planSheet(rows...)
	s.rows[1][1] = "Phạm Văn Tốt"
	r, err := readMade(t, Options{}, s)
	if err != nil {
		t.Fatal(err)
	}
	known := carryOut(r, MakePlan(r, Known{}), Known{})
	known.Households[0].Current.Phone = "0988888888"
	known.Households[1].Gone = true
	s.rows[1][4] = "6"
	r, err = readMade(t, Options{}, s)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ket-qua.xlsx")
	if err := os.WriteFile(path, []byte("bản cũ"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := WriteResult(path, r, MakePlan(r, known)); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := f.GetRows("CB Thôn Đông")
	if err != nil {
		t.Fatal(err)
	}
	want := [][2]string{
		{StatusChanged, "Đã cập nhật: số khẩu. Đã được sửa trong sổ sau lần nhập trước nên giữ nguyên: điện thoại."},
		{StatusGone, (Problem{Kind: UnknownWelfare}).UserMessage() + " Hộ đã được xóa khỏi sổ sau lần nhập trước nên không nhập lại."},
		{StatusUnchanged, "Năm sinh của chủ hộ không được lưu."},
		{StatusRepeated, "Lặp lại dòng 4 nên không nhập thêm."},
	}
	for i, w := range want {
		row := got[i+1]
		if row[10] != w[0] || row[11] != w[1] {
			t.Errorf("row %d: %q %q, want %q", i+2, row[10], row[11], w)
		}
		if all := strings.Join(row, "|"); strings.Contains(all, "ốm đau") || strings.Contains(all, "1950") {
			t.Errorf("row %d shows what must not be kept: %s", i+2, all)
		}
	}
}

func TestFreeSheetName(t *testing.T) {
	used := map[string]bool{"tổng hợp": true}
	long := strings.Repeat("Đ", 40)
	for _, tt := range []struct{ in, want string }{
		{"Tổng hợp", "Tổng hợp (2)"},
		{"a/b", "a-b"},
		{"a/b", "a-b (2)"},
		{long, strings.Repeat("Đ", 31)},
		{long, strings.Repeat("Đ", 27) + " (2)"},
		{"", "Trang"},
	} {
		if got := freeSheetName(tt.in, used); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}
