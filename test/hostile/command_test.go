package hostile

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"sodanvan/test/probe"
)

func TestMain(m *testing.M) {
	code := probe.Main(m)
	if bookCommand.dir != "" {
		os.RemoveAll(bookCommand.dir)
	}
	os.Exit(code)
}

// ran runs the server's command and gives what it said.
func ran(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, said bytes.Buffer
	cmd := exec.Command(probe.Binary(t), args...)
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), said.String(), cmd.ProcessState.ExitCode()
}

// oneSentence checks that a command failed as it should: code 1, one line on stderr that a
// person understands, nothing of the program's inside.
func oneSentence(t *testing.T, stdout, stderr string, code int) {
	t.Helper()
	if code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	if strings.Contains(stdout+stderr, "goroutine") || strings.Contains(stdout+stderr, "panic") {
		t.Errorf("a stack trace: %s%s", stdout, stderr)
	}
	line := strings.TrimSuffix(stderr, "\n")
	spoken(t, line)
}

// zipped makes a zip of parts, given as name and content in turn.
func zipped(t *testing.T, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		w, err := z.Create(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(parts[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// workbook makes a real one of rows, with a password if there is one.
func workbook(t *testing.T, password string, rows ...[]string) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", "Chi bộ Xóm Bịa"); err != nil {
		t.Fatal(err)
	}
	for r, row := range rows {
		for c, text := range row {
			ref, err := excelize.CoordinatesToCellName(c+1, r+1)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.SetCellStr("Chi bộ Xóm Bịa", ref, text); err != nil {
				t.Fatal(err)
			}
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b, excelize.Options{Password: password}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var goodRows = [][]string{
	{"TT", "Họ tên chủ hộ", "Thôn", "Địa chỉ", "Số khẩu", "Đảng viên phụ trách"},
	{"1", "Phạm Văn Bịa", "Xóm Bịa", "Ngõ 1", "4", "Vũ Thị Bịa"},
	{"2", "Phạm Thị Bịa", "Xóm Bịa", "Ngõ 2", "5", "Vũ Thị Bịa"},
}

func TestBadRostersOnTheCommandLine(t *testing.T) {
	good := workbook(t, "", goodRows...)
	data := filepath.Join(t.TempDir(), "data")
	path := filepath.Join(t.TempDir(), "tot.xlsx")
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, said, code := ran(t, "import", "roster", path, "--commune", "Xã Bịa", "--data", data); code != 0 {
		t.Fatalf("the good roster: %d %s%s", code, out, said)
	}
	before := contents(t, data)
	bomb := strings.Repeat("<row/>", 30<<20/6)
	book := func(sheet string) []string {
		return []string{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>`,
			"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
			"xl/worksheets/sheet1.xml", sheet}
	}
	for _, c := range []struct {
		name string
		file []byte
	}{
		{"an empty file", []byte{}},
		{"a text", []byte("TT,Chủ hộ\n1,Phạm Văn Bịa\n")},
		{"an old xls", append([]byte{0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1}, make([]byte, 4096)...)},
		{"a password", workbook(t, "bí mật", goodRows...)},
		{"cut in the middle", good[:len(good)/2]},
		{"a zip of something else", zipped(t, "word/document.xml", "<a/>")},
		{"no sheet", zipped(t, "xl/workbook.xml", "<workbook/>")},
		{"a sheet that is no XML", zipped(t, book("<worksheet><sheetData><row <")...)},
		{"entities that grow", zipped(t, book(`<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><worksheet><sheetData><row r="1"><c t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>`)...)},
		{"a zip bomb", zipped(t, book("<worksheet><sheetData>"+bomb+"</sheetData></worksheet>")...)},
		{"another table", workbook(t, "", []string{"Tên hàng", "Đơn giá"}, []string{"Phân bón", "12000"})},
		{"an empty workbook", workbook(t, "")},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "danh sách.xlsx")
			if err := os.WriteFile(path, c.file, 0o600); err != nil {
				t.Fatal(err)
			}
			out, said, code := ran(t, "import", "roster", path, "--commune", "Xã Bịa", "--data", data)
			oneSentence(t, out, said, code)
			untouched(t, data, before)
			if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
				t.Errorf("beside the bad file lies %v, %v", left, err)
			}
		})
	}
	t.Run("no such file", func(t *testing.T) {
		out, said, code := ran(t, "import", "roster", filepath.Join(t.TempDir(), "không có.xlsx"), "--commune", "Xã Bịa", "--data", data)
		oneSentence(t, out, said, code)
	})
	t.Run("a folder", func(t *testing.T) {
		out, said, code := ran(t, "import", "roster", t.TempDir(), "--commune", "Xã Bịa", "--data", data)
		oneSentence(t, out, said, code)
	})
	t.Run("no commune", func(t *testing.T) {
		out, said, code := ran(t, "import", "roster", path, "--data", data)
		oneSentence(t, out, said, code)
	})
	t.Run("a full disk", func(t *testing.T) {
		d, ok := smallDisk(t, "2m")
		if !ok {
			return
		}
		d.fill(t)
		out, said, code := ran(t, "import", "roster", path, "--commune", "Xã Bịa", "--data", filepath.Join(d.dir, "data"))
		oneSentence(t, out, said, code)
	})
	t.Run("files of a newer program", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "data")
		if out, said, code := ran(t, "import", "roster", path, "--commune", "Xã Bịa", "--data", dir); code != 0 {
			t.Fatalf("%d %s%s", code, out, said)
		}
		versioned(t, filepath.Join(dir, "server.db"), 99)
		before := contents(t, dir)
		for _, args := range [][]string{{"import", "roster", path, "--commune", "Xã Bịa"}, {"status"}, {"check"}, {"serve", "--listen", "127.0.0.1:0", "--metrics", "off"}} {
			out, said, code := ran(t, append(args, "--data", dir)...)
			oneSentence(t, out, said, code)
		}
		untouched(t, dir, before)
	})
}
