package importer

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// part is one entry of a zip made by hand.
type part struct{ name, text string }

func zipOf(t testing.TB, parts ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, p := range parts {
		f, err := w.Create(p.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(p.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const (
	rawWorkbook = `<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="CB Thôn Đông" sheetId="1" r:id="rId1"/></sheets></workbook>`
	rawRels     = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`
	rawHead     = `<row r="1"><c r="A1" t="inlineStr"><is><t>TT</t></is></c><c r="B1" t="inlineStr"><is><t>Chủ hộ</t></is></c><c r="C1" t="inlineStr"><is><t>Địa chỉ</t></is></c><c r="D1" t="inlineStr"><is><t>Số khẩu</t></is></c></row>`
	rawRow2     = `<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="inlineStr"><is><r><t>Phạm Văn </t></r><r><t>Tốt</t></r></is></c><c r="C2" t="str"><f>"Ngõ "&amp;1</f><v>Ngõ 1</v></c><c r="D2"><f>2+2</f><v>4.0</v></c></row>`
)

func rawBook(t testing.TB, sheetData string) []byte {
	t.Helper()
	return zipOf(t,
		part{"xl/workbook.xml", rawWorkbook},
		part{"xl/_rels/workbook.xml.rels", rawRels},
		part{"xl/worksheets/sheet1.xml", `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + sheetData + `</sheetData></worksheet>`})
}

func readBytes(b []byte) (*Roster, error) {
	return ReadFrom(bytes.NewReader(b), int64(len(b)), Options{}, nil)
}

// declared makes a zip whose directory declares a size for a part of zeros.
func declared(t testing.TB, size uint64, zeros int) []byte {
	t.Helper()
	var packed bytes.Buffer
	fw, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fw.Write(make([]byte, zeros)); err != nil {
		t.Fatal(err)
	}
	if err := fw.Close(); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.CreateRaw(&zip.FileHeader{Name: "xl/workbook.xml", Method: zip.Deflate, UncompressedSize64: size, CompressedSize64: uint64(packed.Len())})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(packed.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func encrypted(t testing.TB) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	var b bytes.Buffer
	if err := f.Write(&b, excelize.Options{Password: "bi-mat"}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestBadFiles(t *testing.T) {
	oldXLS := append(append(append([]byte{}, oleMagic...), make([]byte, 600)...), utf16LE("Workbook")...)
	whole := rawBook(t, rawHead+rawRow2)
	tests := []struct {
		name string
		data []byte
		kind error
		says string // part of the sentence
	}{
		{"empty", nil, ErrNotWorkbook, ".xlsx"},
		{"a text", []byte("TT,Chủ hộ\n1,Phạm Văn Tốt\n"), ErrNotWorkbook, ".xlsx"},
		{"a zip of something else", zipOf(t, part{"word/document.xml", "<a/>"}), ErrNotWorkbook, ".xlsx"},
		{"an office document of another kind", zipOf(t, part{"_rels/.rels", `<Relationships><Relationship Id="r" Type="x/officeDocument" Target="word/document.xml"/></Relationships>`}, part{"word/document.xml", "<a/>"}), ErrNotWorkbook, ".xlsx"},
		{"password", encrypted(t), ErrEncrypted, "mật khẩu"},
		{"old xls", oldXLS, ErrOldFormat, ".xls"},
		{"xlsb", zipOf(t, part{"_rels/.rels", `<Relationships><Relationship Id="r" Type="x/officeDocument" Target="xl/workbook.bin"/></Relationships>`}, part{"xl/workbook.bin", "x"}), ErrOldFormat, ".xlsb"},
		{"bomb by its directory", declared(t, 1<<40, 10), ErrTooLarge, "quá lớn"},
		{"bomb that lies about its size", declared(t, 100, 20<<20), ErrDamaged, "hỏng"},
		{"cut file", whole[:len(whole)/2], ErrDamaged, "hỏng"},
		{"sheet cut inside", zipOf(t, part{"xl/workbook.xml", rawWorkbook}, part{"xl/_rels/workbook.xml.rels", rawRels}, part{"xl/worksheets/sheet1.xml", `<worksheet><sheetData>` + rawHead + rawRow2}), ErrDamaged, "hỏng"},
		{"sheet is not XML", zipOf(t, part{"xl/workbook.xml", rawWorkbook}, part{"xl/_rels/workbook.xml.rels", rawRels}, part{"xl/worksheets/sheet1.xml", `<worksheet><sheetData><row <`}), ErrDamaged, "hỏng"},
		{"sheet missing", zipOf(t, part{"xl/workbook.xml", rawWorkbook}, part{"xl/_rels/workbook.xml.rels", rawRels}), ErrDamaged, "hỏng"},
		{"no sheets", zipOf(t, part{"xl/workbook.xml", `<workbook/>`}), ErrNoTable, "không có trang tính"},
		{"another shape", rawBook(t, `<row r="1"><c r="A1" t="inlineStr"><is><t>Tên hàng</t></is></c><c r="B1" t="inlineStr"><is><t>Đơn giá</t></is></c></row><row r="2"><c r="A2"><v>1</v></c></row>`), ErrNoTable, "“CB Thôn Đông”"},
		{"a head without rows", rawBook(t, rawHead), ErrNoTable, "họ tên chủ hộ"},
		{"no rows at all", rawBook(t, ""), ErrNoTable, "“CB Thôn Đông”"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.xlsx")
			if err := os.WriteFile(path, tt.data, 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := Read(path, Options{}, nil)
			var fe *FileError
			if r != nil || !errors.Is(err, tt.kind) || !errors.As(err, &fe) {
				t.Fatalf("got %v, want %v", err, tt.kind)
			}
			if s := fe.UserMessage(); !strings.Contains(s, tt.says) || strings.Contains(s, "\n") {
				t.Errorf("sentence %q lacks %q", s, tt.says)
			}
		})
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none.xlsx"), Options{}, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := Read(t.TempDir(), Options{}, nil); !errors.Is(err, ErrNotWorkbook) {
		t.Errorf("directory: %v", err)
	}
}

func TestLimits(t *testing.T) {
	data := rawBook(t, rawHead+rawRow2)
	tests := []struct {
		name   string
		narrow func(*limits)
	}{
		{"file", func(l *limits) { l.fileBytes = 100 }},
		{"all parts", func(l *limits) { l.unzipBytes = 500 }},
		{"one part", func(l *limits) { l.partBytes = 500 }},
		{"number of parts", func(l *limits) { l.parts = 2 }},
		{"sheets", func(l *limits) { l.sheets = 0 }},
		{"rows", func(l *limits) { l.rows = 1 }},
	}
	if _, err := readBytes(data); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lim := defaultLimits
			tt.narrow(&lim)
			if _, err := readWithin(bytes.NewReader(data), int64(len(data)), Options{}, nil, lim); !errors.Is(err, ErrTooLarge) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestStoredForms(t *testing.T) {
	prefixed := strings.NewReplacer("<row", "<x:row", "</row", "</x:row", "<c ", "<x:c ", "</c>", "</x:c>", "<v>", "<x:v>", "</v>", "</x:v>", "<f>", "<x:f>", "</f>", "</x:f>", "<is>", "<x:is>", "</is>", "</x:is>", "<t>", "<x:t>", "</t>", "</x:t>", "<r>", "<x:r>", "</r>", "</x:r>")
	bare := strings.NewReplacer(` r="A1"`, "", ` r="B1"`, "", ` r="C1"`, "", ` r="D1"`, "", ` r="A2"`, "", ` r="B2"`, "", ` r="C2"`, "", ` r="D2"`, "", ` r="1"`, "", ` r="2"`, "")
	const want = "Thôn Đông: - < Phạm Văn Tốt |  | Ngõ 1 | 4 |  | "
	tests := []struct{ name, data, want string }{
		{"rich text, formulas with a value", rawHead + rawRow2, want},
		{"prefixed names", prefixed.Replace(rawHead + rawRow2), want},
		{"no references", bare.Replace(rawHead + rawRow2), want},
		{"error value", rawHead + strings.Replace(rawRow2, `<c r="D2"><f>2+2</f><v>4.0</v></c>`, `<c r="D2" t="e"><f>1/0</f><v>#DIV/0!</v></c>`, 1), "Thôn Đông: - < Phạm Văn Tốt |  | Ngõ 1 | 0 |  | "},
		{"index out of the shared strings", rawHead + rawRow2 + `<row r="3"><c r="B3" t="s"><v>99</v></c></row>`, want},
		{"far columns", rawHead + rawRow2 + `<row r="3"><c r="XFD3"><v>1</v></c></row>`, want},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := readBytes(rawBook(t, tt.data))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(lines(r), "\n"); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestManyEmptyRows: a sheet formatted down to row 200,000 reads like one that
// is not, and a household below the empty rows is not lost.
func TestManyEmptyRows(t *testing.T) {
	var b strings.Builder
	for n := 3; n < 200_003; n++ {
		fmt.Fprintf(&b, `<row r="%d"><c r="A%d" s="1"/><c r="B%d" s="1"/></row>`, n, n, n)
	}
	empty := b.String()
	below := `<row r="200003"><c r="B200003" t="inlineStr"><is><t>Phạm Văn Khá</t></is></c></row>`
	for name, tt := range map[string]struct {
		data string
		want int
	}{"nothing below": {empty, 1}, "a household below": {empty + below, 2}} {
		t.Run(name, func(t *testing.T) {
			r, err := readBytes(rawBook(t, rawHead+rawRow2+tt.data))
			if err != nil {
				t.Fatal(err)
			}
			if r.Counts.Households != tt.want {
				t.Errorf("%d households, want %d", r.Counts.Households, tt.want)
			}
		})
	}
	// The bound itself: after emptyRun rows without text the decoder stops.
	p := sheetReader{data: []byte(`<sheetData>` + rawHead + empty + `</sheetData><mergeCells/>`), lim: defaultLimits, rowsLeft: 10, progress: func(int) {}}
	rest, err := p.readRows()
	if err != nil || len(rest) < len(empty)*9/10 {
		t.Errorf("the decoder walked through the empty rows: %d bytes left of %d, %v", len(rest), len(empty), err)
	}
}

// TestReadersAgree compares our reader with excelize, cell by cell.
func TestReadersAgree(t *testing.T) {
	data, err := os.ReadFile(nhuQuynh)
	if err != nil {
		t.Fatal(err)
	}
	var calls, last, total int
	ours, err := readWorkbook(bytes.NewReader(data), int64(len(data)), defaultLimits, func(done, all int) {
		if done < last || done > all {
			t.Errorf("progress went from %d to %d of %d", last, done, all)
		}
		calls, last, total = calls+1, done, all
	})
	if err != nil {
		t.Fatal(err)
	}
	if calls < 6 || last != total {
		t.Errorf("progress ended at %d of %d after %d calls", last, total, calls)
	}
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, want := len(ours), f.SheetCount; got != want {
		t.Fatalf("%d sheets, want %d", got, want)
	}
	for i, name := range f.GetSheetList() {
		rows, err := f.GetRows(name, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		if ours[i].name != name {
			t.Errorf("sheet %q, want %q", ours[i].name, name)
		}
		ourCells, theirs := map[string]string{}, map[string]string{}
		for _, r := range ours[i].rows {
			for c, v := range r.cells {
				if v.text != "" {
					ourCells[fmt.Sprintf("%d/%d", r.num, c)] = v.text
				}
			}
		}
		for r, row := range rows {
			for c, v := range row {
				if v != "" {
					theirs[fmt.Sprintf("%d/%d", r+1, c)] = v
				}
			}
		}
		if len(ourCells) != len(theirs) {
			t.Errorf("sheet %q: %d cells, want %d", name, len(ourCells), len(theirs))
		}
		for k, v := range theirs {
			if ourCells[k] != v {
				t.Errorf("sheet %q cell %s: %q, want %q", name, k, ourCells[k], v)
			}
		}
	}
}

// FuzzRead: no bytes make the reader panic, and an error is always typed.
func FuzzRead(f *testing.F) {
	f.Add(rawBook(f, rawHead+rawRow2))
	f.Add(encrypted(f))
	f.Add(declared(f, 100, 5000))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, data []byte) {
		lim := defaultLimits
		lim.partBytes, lim.unzipBytes = 1<<20, 4<<20
		r, err := readWithin(bytes.NewReader(data), int64(len(data)), Options{}, nil, lim)
		var fe *FileError
		if err != nil && !errors.As(err, &fe) || (err == nil) != (r != nil) {
			t.Fatalf("roster %v, error %v", r, err)
		}
	})
}

// FuzzSheet goes deeper: any text as the rows of a sheet.
func FuzzSheet(f *testing.F) {
	f.Add(rawHead + rawRow2)
	f.Add(rawHead + `<row r="1048577"><c r="ZZZZ1" t="s"><v>-1</v></c></row>`)
	f.Fuzz(func(t *testing.T, text string) {
		p := sheetReader{data: []byte("<sheetData>" + text + "</sheetData>"), lim: defaultLimits, rowsLeft: 1000, progress: func(int) {}}
		rows, err := p.read()
		if err != nil {
			return
		}
		s := sheet{name: "CB Thôn Đông", rows: rows}
		tables := tablesOf(&s)
		b := builder{roster: &Roster{}, index: map[string]int{}}
		for i := range tables.rows {
			b.place(&tables.rows[i])
		}
		b.identify()
		b.households()
		b.findDuplicates()
		b.count()
		if c := b.roster.Counts; c.Rows != len(tables.rows) || c.Households > c.Rows {
			t.Errorf("counts %+v of %d rows", c, len(tables.rows))
		}
	})
}
