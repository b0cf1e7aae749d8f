package importer

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"sodanvan/shared/viet"
)

// resultColumns are the columns of the result workbook. The remark is not
// among them.
var resultColumns = []struct {
	title string
	width float64
	text  func(*Row) string
}{
	{"Dòng", 7, func(r *Row) string { return fmt.Sprint(r.Number) }},
	{"TT", 6, func(r *Row) string { return r.Cells.Number }},
	{"Họ và tên chủ hộ", 26, func(r *Row) string { return r.Cells.Head }},
	{"Thôn, phố", 20, func(r *Row) string { return r.Cells.Hamlet }},
	{"Địa chỉ", 28, func(r *Row) string { return r.Cells.Address }},
	{"Số khẩu", 9, func(r *Row) string { return r.Cells.Size }},
	{"Điện thoại", 15, func(r *Row) string { return r.Cells.Phone }},
	{"Diện", 18, func(r *Row) string { return r.Cells.Welfare }},
	{"Đảng viên phụ trách", 26, func(r *Row) string { return r.Cells.Member }},
	{"Chức vụ", 14, func(r *Row) string { return r.Cells.Office }},
}

// Statuses of a row in the result workbook.
const (
	StatusCreated   = "Tạo mới"
	StatusChanged   = "Cập nhật"
	StatusUnchanged = "Không đổi"
	StatusRepeated  = "Dòng lặp lại"
	StatusGone      = "Không nhập"
)

// Outcome gives a row's status and the reason in Vietnamese, as the result
// workbook shows them; mend tells that somebody has to add or decide something.
func (p *Plan) Outcome(r *Row) (status, reason string, mend bool) {
	step := p.HouseholdStep(r.Branch, r.Household)
	var reasons []string
	for _, pr := range r.Problems {
		reasons = append(reasons, pr.UserMessage())
		mend = mend || pr.Mend()
	}
	switch {
	case r.RepeatOf != 0:
		status = StatusRepeated
	case step == nil:
		status = StatusUnchanged
	case step.Gone:
		status = StatusGone
		reasons = append(reasons, "Hộ đã được xóa khỏi sổ sau lần nhập trước nên không nhập lại.")
	case step.Action == Create:
		status = StatusCreated
	case step.Action == Change:
		status = StatusChanged
		reasons = append([]string{"Đã cập nhật: " + labels(step.Set) + "."}, reasons...)
	default:
		status = StatusUnchanged
	}
	if r.RepeatOf == 0 && step != nil && len(step.Kept) > 0 {
		reasons = append(reasons, "Đã được sửa trong sổ sau lần nhập trước nên giữ nguyên: "+labels(step.Kept)+".")
	}
	return status, strings.Join(reasons, " "), mend
}

func labels(fields []Field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Label()
	}
	return strings.Join(names, ", ")
}

// WriteResult writes the result workbook: a summary, then a sheet for each
// sheet of the roster with its rows, a status and a reason for each. All cells
// are texts. The file holds names and phones, so it is made readable to its
// owner only; it is complete or not there at all (written beside path, synced,
// renamed).
func WriteResult(path string, r *Roster, p *Plan) (err error) {
	f := excelize.NewFile()
	defer f.Close()
	styles, err := newResultStyles(f)
	if err != nil {
		return fmt.Errorf("importer: result styles: %w", err)
	}
	const summary = "Tổng hợp"
	if err := f.SetSheetName("Sheet1", summary); err != nil {
		return fmt.Errorf("importer: result: %w", err)
	}
	if err := writeSummary(f, summary, p.Counts, styles); err != nil {
		return fmt.Errorf("importer: result summary: %w", err)
	}
	bySheet, order := map[string][]*Row{}, []string{}
	for i := range r.Rows {
		row := &r.Rows[i]
		if _, ok := bySheet[row.Sheet]; !ok {
			order = append(order, row.Sheet)
		}
		bySheet[row.Sheet] = append(bySheet[row.Sheet], row)
	}
	used := map[string]bool{strings.ToLower(summary): true}
	for _, name := range order {
		if err := writeSheet(f, freeSheetName(name, used), bySheet[name], p, styles); err != nil {
			return fmt.Errorf("importer: result sheet: %w", err)
		}
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".ket-qua-*.tmp")
	if err != nil {
		return fmt.Errorf("importer: result: %w", err)
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
		}
	}()
	if err := f.Write(tmp); err != nil {
		return fmt.Errorf("importer: write result: %w", err)
	}
	if err := tmp.Sync(); err != nil {
		return fmt.Errorf("importer: write result: %w", err)
	}
	if err := tmp.Close(); err != nil {
		return fmt.Errorf("importer: write result: %w", err)
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return fmt.Errorf("importer: write result: %w", err)
	}
	return nil
}

type resultStyles struct{ head, text, mend int }

func newResultStyles(f *excelize.File) (s resultStyles, err error) {
	wrap := &excelize.Alignment{Vertical: "top", WrapText: true}
	if s.head, err = f.NewStyle(&excelize.Style{
		Font:      &excelize.Font{Bold: true, Color: "FFFFFF"},
		Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"9C1C1C"}},
		Alignment: &excelize.Alignment{Vertical: "center", WrapText: true},
	}); err != nil {
		return s, err
	}
	if s.text, err = f.NewStyle(&excelize.Style{NumFmt: 49, Alignment: wrap}); err != nil {
		return s, err
	}
	s.mend, err = f.NewStyle(&excelize.Style{
		NumFmt: 49, Alignment: wrap,
		Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FFF2CC"}},
	})
	return s, err
}

func writeSummary(f *excelize.File, sheet string, c Counts, styles resultStyles) error {
	lines := []struct {
		label string
		n     int
	}{
		{"Chi bộ", c.Branches}, {"Đảng viên", c.Members}, {"Dòng trong tệp", c.Rows}, {"Hộ", c.Households},
		{"Dòng lặp lại", c.Repeated}, {"Hộ thiếu tên chủ hộ", c.NoHead}, {"Hộ có số điện thoại không đúng", c.BadPhone},
		{"Hộ có số điện thoại 11 chữ số đã đổi", c.OldPhone}, {"Hộ chưa có đảng viên phụ trách", c.NoMember},
		{"Đảng viên trùng tên trong chi bộ", c.Namesakes}, {"Hộ có thể trùng nhau", c.PossibleDuplicates},
		{"Tạo mới (chi bộ, đảng viên, hộ)", c.Created}, {"Cập nhật", c.Changed}, {"Không đổi", c.Unchanged},
	}
	rows := [][]string{{"Kết quả nhập danh sách", "Số lượng"}}
	for _, l := range lines {
		rows = append(rows, []string{l.label, viet.FormatInt(int64(l.n))})
	}
	for i, texts := range rows {
		for j, text := range texts {
			if err := setText(f, sheet, j+1, i+1, text); err != nil {
				return err
			}
		}
	}
	if err := f.SetColWidth(sheet, "A", "A", 44); err != nil {
		return err
	}
	if err := f.SetColWidth(sheet, "B", "B", 12); err != nil {
		return err
	}
	return f.SetCellStyle(sheet, "A1", "B1", styles.head)
}

func writeSheet(f *excelize.File, name string, rows []*Row, p *Plan, styles resultStyles) error {
	if _, err := f.NewSheet(name); err != nil {
		return err
	}
	titles := len(resultColumns) + 2
	for j, c := range resultColumns {
		if err := setText(f, name, j+1, 1, c.title); err != nil {
			return err
		}
		if err := setWidth(f, name, j+1, c.width); err != nil {
			return err
		}
	}
	for j, c := range []struct {
		title string
		width float64
	}{{"Trạng thái", 14}, {"Lý do", 60}} {
		if err := setText(f, name, len(resultColumns)+j+1, 1, c.title); err != nil {
			return err
		}
		if err := setWidth(f, name, len(resultColumns)+j+1, c.width); err != nil {
			return err
		}
	}
	last, err := excelize.ColumnNumberToName(titles)
	if err != nil {
		return err
	}
	for i, row := range rows {
		at := i + 2
		for j, c := range resultColumns {
			if err := setText(f, name, j+1, at, c.text(row)); err != nil {
				return err
			}
		}
		status, reason, mend := p.Outcome(row)
		if err := setText(f, name, titles-1, at, status); err != nil {
			return err
		}
		if err := setText(f, name, titles, at, reason); err != nil {
			return err
		}
		style := styles.text
		if mend {
			style = styles.mend
		}
		if err := f.SetCellStyle(name, fmt.Sprintf("A%d", at), fmt.Sprintf("%s%d", last, at), style); err != nil {
			return err
		}
	}
	if err := f.SetCellStyle(name, "A1", last+"1", styles.head); err != nil {
		return err
	}
	if err := f.SetPanes(name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	return f.AutoFilter(name, fmt.Sprintf("A1:%s%d", last, len(rows)+1), nil)
}

func setText(f *excelize.File, sheet string, col, row int, text string) error {
	if text == "" {
		return nil
	}
	ref, err := excelize.CoordinatesToCellName(col, row)
	if err != nil {
		return err
	}
	if utf8.RuneCountInString(text) > excelize.TotalCellChars {
		text = string([]rune(text)[:excelize.TotalCellChars])
	}
	return f.SetCellStr(sheet, ref, text)
}

func setWidth(f *excelize.File, sheet string, col int, width float64) error {
	name, err := excelize.ColumnNumberToName(col)
	if err != nil {
		return err
	}
	return f.SetColWidth(sheet, name, name, width)
}

// freeSheetName makes a name that a workbook accepts and that is not used yet:
// files from other programs may have longer ones.
func freeSheetName(name string, used map[string]bool) string {
	clean := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]`, r) || r < ' ' {
			return '-'
		}
		return r
	}, viet.Squash(name))
	clean = strings.Trim(clean, "'")
	if clean == "" {
		clean = "Trang"
	}
	for n := 1; ; n++ {
		suffix := ""
		if n > 1 {
			suffix = fmt.Sprintf(" (%d)", n)
		}
		rs := []rune(clean)
		candidate := string(rs[:min(len(rs), excelize.MaxSheetNameLength-len(suffix))]) + suffix
		if k := strings.ToLower(candidate); !used[k] {
			used[k] = true
			return candidate
		}
	}
}
