package importer

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
)

// TestShapes reads rosters of other towns: other orders, wordings and habits.
func TestShapes(t *testing.T) {
	tests := []struct {
		name   string
		sheets []madeSheet
		want   []string
	}{
		{
			name: "other order and wording, no running number",
			sheets: []madeSheet{{name: "CB Thôn Đông", rows: [][]string{
				{"ĐẢNG ỦY XÃ AN BÌNH"},
				{"", "Danh sách phân công đảng viên phụ trách hộ"},
				{"Người phụ trách", "Số ĐT liên hệ", "Họ tên", "Nơi ở", "Số người", "Diện chính sách"},
				{"Đồng chí Vũ Thị Lành", "0912.345.678", "Phạm Văn Tốt", "Ngõ 3", "4 khẩu", "HN"},
				{"Vũ Thị Lành", "84912345679", "Phạm Văn Khá", "Ngõ 4", "#5", "cận nghèo"},
			}}},
			want: []string{
				"Thôn Đông: Vũ Thị Lành < Phạm Văn Tốt |  | Ngõ 3 | 4 | 0912345678 | hộ nghèo",
				"Thôn Đông: Vũ Thị Lành < Phạm Văn Khá |  | Ngõ 4 | 5 | 0912345679 | cận nghèo",
			},
		},
		{
			name: "member once for a block, blank rows inside, heading of the next block",
			sheets: []madeSheet{{name: "Sheet1", rows: [][]string{
				{"CHI BỘ TỔ DÂN PHỐ 3"},
				{"STT", "Đảng viên phụ trách", "Hộ gia đình", "Địa chỉ"},
				{"1", "Đ/C: Vũ Thị Lành", "Phạm Văn Tốt", "Ngõ 3"},
				{"2", "", "Phạm Văn Khá", "Ngõ 4"},
				{},
				{"3", "", "Phạm Văn Giỏi", "Ngõ 5"},
				{"4", "ĐC Lò Văn Pá", "Phạm Văn Tốt", "Ngõ 6"},
				{"5", "", "", "Ngõ 7"},
				{"", "Cộng: 5 hộ"},
			}}},
			want: []string{
				"Tổ Dân Phố 3: Vũ Thị Lành < Phạm Văn Tốt |  | Ngõ 3 | 0 |  | ",
				"Tổ Dân Phố 3: Vũ Thị Lành < Phạm Văn Khá |  | Ngõ 4 | 0 |  | ",
				"Tổ Dân Phố 3: Vũ Thị Lành < Phạm Văn Giỏi |  | Ngõ 5 | 0 |  | ",
				"Tổ Dân Phố 3: Lò Văn Pá < Phạm Văn Tốt |  | Ngõ 6 | 0 |  | ",
				"Tổ Dân Phố 3: Lò Văn Pá <  |  | Ngõ 7 | 0 |  | ",
			},
		},
		{
			name: "merged member and hamlet cells",
			sheets: []madeSheet{{name: "Chi bộ Thôn Tây", rows: [][]string{
				{"TT", "Chủ hộ", "Thôn", "Số nhà", "Phụ trách"},
				{"1", "Phạm Văn Tốt", "Thôn Tây", "1", "Vũ Thị Lành"},
				{"2", "Phạm Văn Khá", "", "2", ""},
				{"3", "Phạm Văn Giỏi", "", "3", "Lò Văn Pá"},
				{"4", "Phạm Văn Hay", "", "4", ""},
				{"5", "Phạm Văn Lạ", "", "5", ""},
			}, merges: []string{"C2:C6", "E2:E3", "E4:E5"}}},
			want: []string{
				"Thôn Tây: Vũ Thị Lành < Phạm Văn Tốt | Thôn Tây | 1 | 0 |  | ",
				"Thôn Tây: Vũ Thị Lành < Phạm Văn Khá | Thôn Tây | 2 | 0 |  | ",
				"Thôn Tây: Lò Văn Pá < Phạm Văn Giỏi | Thôn Tây | 3 | 0 |  | ",
				"Thôn Tây: Lò Văn Pá < Phạm Văn Hay | Thôn Tây | 4 | 0 |  | ",
				"Thôn Tây: - < Phạm Văn Lạ | Thôn Tây | 5 | 0 |  | ",
			},
		},
		{
			name: "members and hamlets as heading rows",
			sheets: []madeSheet{{name: "Thôn Nam", rows: [][]string{
				{"TT", "Họ và tên chủ hộ", "Địa chỉ", "SĐT"},
				{"I. Xóm Đình"},
				{"1. Đồng chí Vũ Thị Lành - Bí thư chi bộ"},
				{"1", "Phạm Văn Tốt", "Số 1", "912345678"},
				{"2", "Phạm Văn Khá", "Số 2", ""},
				{"Đảng viên phụ trách: Lò Văn Pá (2 hộ)"},
				{"1", "Phạm Văn Giỏi", "Số 3", ""},
				{"II. Xóm Chùa"},
				{"Đ/c Lê Thị Na phụ trách 1 hộ:"},
				{"1", "Phạm Văn Hay", "Số 4", ""},
			}, merges: []string{"A2:D2", "A3:D3", "A6:D6", "A8:D8", "A9:D9"}}},
			want: []string{
				"Thôn Nam: Vũ Thị Lành [Bí thư] < Phạm Văn Tốt | Xóm Đình | Số 1 | 0 | 0912345678 | ",
				"Thôn Nam: Vũ Thị Lành [Bí thư] < Phạm Văn Khá | Xóm Đình | Số 2 | 0 |  | ",
				"Thôn Nam: Lò Văn Pá < Phạm Văn Giỏi | Xóm Đình | Số 3 | 0 |  | ",
				"Thôn Nam: Lê Thị Na < Phạm Văn Hay | Xóm Chùa | Số 4 | 0 |  | ",
			},
		},
		{
			name: "bare names above the blocks, in the column of heads",
			sheets: []madeSheet{{name: "CB Thôn Bắc", rows: [][]string{
				{"TT", "Chủ hộ", "Địa chỉ"},
				{"", "VŨ THỊ LÀNH", ""},
				{"1", "Phạm Văn Tốt", "Số 1"},
				{"2", "Phạm Văn Khá", ""},
				{"", "LÒ VĂN PÁ", ""},
				{"3", "Phạm Văn Giỏi", "Số 3"},
			}}},
			want: []string{
				"Thôn Bắc: Vũ Thị Lành < Phạm Văn Tốt |  | Số 1 | 0 |  | ",
				"Thôn Bắc: Vũ Thị Lành < Phạm Văn Khá |  |  | 0 |  | ",
				"Thôn Bắc: Lò Văn Pá < Phạm Văn Giỏi |  | Số 3 | 0 |  | ",
			},
		},
		{
			name: "head of two rows, merged, then the line of column numbers",
			sheets: []madeSheet{{name: "CB 1", rows: [][]string{
				{"CHI BỘ THÔN THƯỢNG"},
				{"TT", "Hộ gia đình", "", "", "", "Đảng viên phụ trách", "", "Ghi chú"},
				{"", "Họ tên", "Thôn", "Xóm, ngõ", "Số khẩu", "Họ tên", "Chức vụ", ""},
				{"(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)", "(8)"},
				{"1", "Phạm Văn Tốt", "Thôn Thượng", "Xóm Đình", "3", "Vũ Thị Lành", "PBT", "có đảng viên"},
			}, merges: []string{"A2:A3", "B2:E2", "F2:G2", "H2:H3"}}},
			want: []string{"Thôn Thượng: Vũ Thị Lành [Phó bí thư] < Phạm Văn Tốt | Thôn Thượng | Xóm Đình | 3 |  | "},
		},
		{
			name: "two tables in a sheet, the second of another branch and layout",
			sheets: []madeSheet{{name: "Danh sách", rows: [][]string{
				{"Chi bộ thôn Thượng"},
				{"TT", "Chủ hộ", "Địa chỉ", "ĐV phụ trách"},
				{"1", "Phạm Văn Tốt", "Số 1", "Vũ Thị Lành"},
				{"", "", "", "T/M CHI BỘ"},
				{"", "", "", "BÍ THƯ"},
				{"", "", "", "Vũ Thị Lành"},
				{},
				{"Chi bộ thôn Hạ"},
				{"Địa chỉ", "Chủ hộ", "ĐV phụ trách"},
				{"Số 2", "Phạm Văn Khá", "Lò Văn Pá"},
				{"Tổng cộng", "1 hộ"},
			}}},
			want: []string{
				"thôn Thượng: Vũ Thị Lành < Phạm Văn Tốt |  | Số 1 | 0 |  | ",
				"thôn Hạ: Lò Văn Pá < Phạm Văn Khá |  | Số 2 | 0 |  | ",
			},
		},
		{
			name: "decomposed text, capitals, doubled blanks and the look-alike of Đ",
			sheets: []madeSheet{{name: norm.NFD.String("CB Thôn Đông"), rows: [][]string{
				{norm.NFD.String("TT"), norm.NFD.String("Họ và tên chủ hộ"), norm.NFD.String("Địa chỉ"), norm.NFD.String("Đảng viên phụ trách")},
				{"1", norm.NFD.String("PHẠM  VĂN\u00a0TỐT "), "Ngõ 1", norm.NFD.String("đ/c  Đỗ Thị Hoà")},
				{"2", "Phạm Văn Khá", "Ngõ 2", "ĐỖ THỊ HÒA"},
				{"3", "Phạm Văn Hay", "Ngõ 3", "Ðỗ Thị Hòa"},
			}}},
			want: []string{
				"Thôn Đông: Đỗ Thị Hoà < Phạm Văn Tốt |  | Ngõ 1 | 0 |  | ",
				"Thôn Đông: Đỗ Thị Hoà < Phạm Văn Khá |  | Ngõ 2 | 0 |  | ",
				"Thôn Đông: Đỗ Thị Hoà < Phạm Văn Hay |  | Ngõ 3 | 0 |  | ",
			},
		},
		{
			name: "namesakes told apart by a year, written in many ways",
			sheets: []madeSheet{{name: "CB Thôn Đông", rows: [][]string{
				{"TT", "Chủ hộ", "Địa chỉ", "Đảng viên phụ trách"},
				{"1", "Phạm Văn Tốt", "Ngõ 1", "Đỗ Thị Na (1960)"},
				{"2", "Phạm Văn Khá", "Ngõ 2", "Đỗ Thị Na SN 1960"},
				{"3", "Phạm Văn Hay", "Ngõ 3", "Đỗ Thị Na"},
				{"4", "Phạm Văn Lạ", "Ngõ 4", "Đỗ Thị Na - sinh năm 1971"},
				{"5", "Phạm Văn Quen", "Ngõ 5", "đ/c Đỗ Thị Na (SN: 2/9/1971)"},
			}}},
			want: []string{
				"Thôn Đông: Đỗ Thị Na (1960) < Phạm Văn Tốt |  | Ngõ 1 | 0 |  | ",
				"Thôn Đông: Đỗ Thị Na (1960) < Phạm Văn Khá |  | Ngõ 2 | 0 |  | ",
				"Thôn Đông: Đỗ Thị Na (1960) < Phạm Văn Hay |  | Ngõ 3 | 0 |  | ",
				"Thôn Đông: Đỗ Thị Na (1971) < Phạm Văn Lạ |  | Ngõ 4 | 0 |  | ",
				"Thôn Đông: Đỗ Thị Na (1971) < Phạm Văn Quen |  | Ngõ 5 | 0 |  | ",
			},
		},
		{
			name: "ticked categories, hamlet and lane apart, a sheet of members left alone",
			sheets: []madeSheet{
				{name: "Đảng viên", rows: [][]string{
					{"TT", "Họ và tên", "Chức vụ", "Điện thoại"},
					{"1", "Vũ Thị Lành", "Bí thư", "0912345678"},
				}},
				{name: "CB Thôn Đông", rows: [][]string{
					{"TT", "Chủ hộ", "Xóm", "Thôn", "Số nhà", "Hộ nghèo", "Cận nghèo", "Phụ trách"},
					{"1", "Phạm Văn Tốt", "Xóm Đình", "Thôn Đông", "12", "", "x", "Vũ Thị Lành"},
				}},
			},
			want: []string{"Thôn Đông: Vũ Thị Lành < Phạm Văn Tốt | Thôn Đông | Xóm Đình, 12 | 0 |  | cận nghèo"},
		},
		{
			name: "head printed again on each page, prepared lines without a household",
			sheets: []madeSheet{{name: "CB Thôn Đông", rows: [][]string{
				{"TT", "Chủ hộ", "Địa chỉ", "Phụ trách"},
				{"1", "Phạm Văn Tốt", "Ngõ 1", "Vũ Thị Lành"},
				{"2", "Phạm Văn Khá", "Ngõ 2", ""},
				{"Cộng 2 hộ"},
				{"CHI BỘ THÔN ĐÔNG"},
				{"TT", "Chủ hộ", "Địa chỉ", "Phụ trách"},
				{"3", "Phạm Văn Hay", "Ngõ 3", ""},
				{"4", "", "", ""},
				{"Như Quỳnh, ngày 02 tháng 9 năm 2025"},
				{"", "Vũ Thị Lành", "", ""},
			}}},
			want: []string{
				"Thôn Đông: Vũ Thị Lành < Phạm Văn Tốt |  | Ngõ 1 | 0 |  | ",
				"Thôn Đông: Vũ Thị Lành < Phạm Văn Khá |  | Ngõ 2 | 0 |  | ",
				"Thôn Đông: Vũ Thị Lành < Phạm Văn Hay |  | Ngõ 3 | 0 |  | ",
			},
		},
		{
			name: "the member's own phone, address and year of birth are other columns",
			sheets: []madeSheet{{name: "CB Thôn Đông", rows: [][]string{
				{"STT", "SĐT đảng viên", "Năm sinh ĐV", "Họ tên đảng viên phụ trách", "Địa chỉ ĐV", "Số hộ phụ trách", "Họ tên chủ hộ", "Năm sinh", "Số CCCD", "Điện thoại chủ hộ", "Nơi ở"},
				{"1", "0911111111", "1950", "Vũ Thị Lành", "Ngõ 9", "10", "Phạm Văn Tốt", "1960", "033060000001", "0912345678", "Ngõ 1"},
			}}},
			want: []string{"Thôn Đông: Vũ Thị Lành < Phạm Văn Tốt |  | Ngõ 1 | 0 | 0912345678 | "},
		},
		{
			name: "households of which only the head is known, one with the name of a place",
			sheets: []madeSheet{{name: "CB Thôn Đông", rows: [][]string{
				{"Chủ hộ", "Địa chỉ", "Phụ trách"},
				{"Tô Văn Bình", "", ""},
				{"Phạm Văn Tốt", "Ngõ 1", "Vũ Thị Lành"},
				{"Bàn Văn Khu", "", ""},
			}}, {name: "CB Thôn Tây", rows: [][]string{
				{"TT", "Chủ hộ", "Địa chỉ"},
				{"1", "Phạm Văn Tốt", "Ngõ 1"},
				{"", "Phạm Văn Khá", ""},
			}}},
			want: []string{
				"Thôn Đông: - < Tô Văn Bình |  |  | 0 |  | ",
				"Thôn Đông: Vũ Thị Lành < Phạm Văn Tốt |  | Ngõ 1 | 0 |  | ",
				"Thôn Đông: Vũ Thị Lành < Bàn Văn Khu |  |  | 0 |  | ",
				"Thôn Tây: - < Phạm Văn Tốt |  | Ngõ 1 | 0 |  | ",
				"Thôn Tây: - < Phạm Văn Khá |  |  | 0 |  | ",
			},
		},
		{
			name: "sheets copied with the title of the first left in",
			sheets: []madeSheet{
				{name: "CB Thôn Đông", rows: [][]string{{"CHI BỘ THÔN ĐÔNG"}, {"TT", "Chủ hộ", "Địa chỉ"}, {"1", "Phạm Văn Tốt", "Ngõ 1"}}},
				{name: "CB Thôn Tây", rows: [][]string{{"CHI BỘ THÔN ĐÔNG"}, {"TT", "Chủ hộ", "Địa chỉ"}, {"1", "Phạm Văn Khá", "Ngõ 1"}}},
			},
			want: []string{
				"Thôn Đông: - < Phạm Văn Tốt |  | Ngõ 1 | 0 |  | ",
				"Thôn Tây: - < Phạm Văn Khá |  | Ngõ 1 | 0 |  | ",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := readMade(t, Options{}, tt.sheets...)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, lines(r)); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestMending: what is incomplete or odd is kept and listed.
func TestMending(t *testing.T) {
	head := []string{"TT", "Chủ hộ", "Địa chỉ", "Số khẩu", "Điện thoại", "Diện", "Phụ trách", "Ghi chú"}
	named := []string{"9", "Đinh Văn Đủ", "Ngõ 9", "2", "", "", "Vũ Thị Lành", ""}
	again := []string{"10", "Đinh Văn Đầy", "Ngõ 10", "2", "", "", "Vũ Thị Lành", ""}
	tests := []struct {
		name string
		row  []string
		want string // of the first household
		kind ProblemKind
	}{
		{"no head", []string{"1", "", "Ngõ 1", "", "", "", "Vũ Thị Lành"}, " |  | Ngõ 1 | 0 |  | ", NoHead},
		{"head is a dash", []string{"1", "-", "Ngõ 1", "", "", "", "Vũ Thị Lành"}, " |  | Ngõ 1 | 0 |  | ", NoHead},
		{"bad phone", []string{"1", "Phạm Văn Tốt", "Ngõ 1", "", "09123456", "", "Vũ Thị Lành"}, "Phạm Văn Tốt |  | Ngõ 1 | 0 |  | ", BadPhone},
		{"old phone", []string{"1", "Phạm Văn Tốt", "Ngõ 1", "", "01692345678", "", "Vũ Thị Lành"}, "Phạm Văn Tốt |  | Ngõ 1 | 0 | 0392345678 | ", OldPhone},
		{"two phones", []string{"1", "Phạm Văn Tốt", "Ngõ 1", "", "0912345678 / 0912345679", "", "Vũ Thị Lành"}, "Phạm Văn Tốt |  | Ngõ 1 | 0 | 0912345678 | ", SeveralPhones},
		{"no member in a table that repeats names", []string{"1", "Phạm Văn Tốt", "Ngõ 1"}, "Phạm Văn Tốt |  | Ngõ 1 | 0 |  | ", NoMember},
		{"two members", []string{"1", "Phạm Văn Tốt", "Ngõ 1", "", "", "", "Vũ Thị Lành, Lò Văn Pá"}, "Phạm Văn Tốt |  | Ngõ 1 | 0 |  | ", SeveralMembers},
		{"unknown category is not kept", []string{"1", "Phạm Văn Tốt", "Ngõ 1", "", "", "hay ốm", "Vũ Thị Lành"}, "Phạm Văn Tốt |  | Ngõ 1 | 0 |  | ", UnknownWelfare},
		{"size in words", []string{"1", "Phạm Văn Tốt", "Ngõ 1", "bốn", "", "", "Vũ Thị Lành"}, "Phạm Văn Tốt |  | Ngõ 1 | 0 |  | ", BadSize},
		{"year of birth is not kept", []string{"1", "Phạm Văn Tốt (1950)", "Ngõ 1", "", "", "", "Vũ Thị Lành"}, "Phạm Văn Tốt |  | Ngõ 1 | 0 |  | ", YearLeftOut},
		{"formula without a value", []string{"1", "Phạm Văn Tốt", "Ngõ 1", "=1+1", "", "", "Vũ Thị Lành"}, "Phạm Văn Tốt |  | Ngõ 1 | 0 |  | ", NoValue},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.row = append(tt.row, make([]string, 8-len(tt.row))...)
			tt.row[7] = "bí mật của hộ"
			r, err := readMade(t, Options{}, madeSheet{name: "CB Thôn Đông", rows: [][]string{head, tt.row, named, again}})
			if err != nil {
				t.Fatal(err)
			}
			if got := lines(r)[0]; !strings.HasSuffix(got, "< "+tt.want) {
				t.Errorf("got %q, want …%q", got, tt.want)
			}
			h := r.Branches[0].Households[0]
			if len(h.Problems) != 1 || h.Problems[0].Kind != tt.kind {
				t.Errorf("problems %v, want %d", h.Problems, tt.kind)
			}
			if h.Problems[0].UserMessage() == "" || h.Consent != ConsentNotAsked {
				t.Errorf("no sentence, or consent %q", h.Consent)
			}
			if s := dump(r); strings.Contains(s, "bí mật") || strings.Contains(s, "hay ốm") || strings.Contains(s, "(1950)") {
				t.Errorf("the roster holds what must not be kept: %s", s)
			}
		})
	}
}

func TestRepeatedAndPossibleDuplicates(t *testing.T) {
	head := []string{"TT", "Chủ hộ", "Địa chỉ", "Số khẩu", "Điện thoại", "Diện", "Phụ trách", "Ghi chú", "Cột lạ"}
	first := []string{"1", "Phạm Văn Tốt", "Ngõ 1", "4", "0912345678", "Hộ nghèo", "Vũ Thị Lành"}
	tests := []struct {
		name                 string
		row                  []string
		repeated, duplicates int
	}{
		{"equal but the number", []string{"2", "Phạm Văn Tốt", "Ngõ 1", "4", "0912345678", "Hộ nghèo", "Vũ Thị Lành"}, 1, 0},
		{"equal after normalising", []string{"2", " PHẠM VĂN  TỐT", "ngõ 1", "4", "+84 912 345 678", "HN", "đ/c VŨ THỊ LÀNH"}, 1, 0},
		{"other size", []string{"2", "Phạm Văn Tốt", "Ngõ 1", "5", "0912345678", "Hộ nghèo", "Vũ Thị Lành"}, 0, 1},
		{"other remark", []string{"2", "Phạm Văn Tốt", "Ngõ 1", "4", "0912345678", "Hộ nghèo", "Vũ Thị Lành", "mới"}, 0, 1},
		{"other text in a column that is not imported", []string{"2", "Phạm Văn Tốt", "Ngõ 1", "4", "0912345678", "Hộ nghèo", "Vũ Thị Lành", "", "a"}, 0, 1},
		{"same head and phone, other address", []string{"2", "Phạm Văn Tốt", "Ngõ 2", "4", "0912345678", "", "Vũ Thị Lành"}, 0, 1},
		{"same head, other address and phone", []string{"2", "Phạm Văn Tốt", "Ngõ 2", "4", "0912345679", "", "Vũ Thị Lành"}, 0, 0},
		{"other member", []string{"2", "Phạm Văn Tốt", "Ngõ 1", "4", "0912345678", "Hộ nghèo", "Lò Văn Pá"}, 0, 1},
		{"other accents", []string{"2", "Phạm Văn Tột", "Ngõ 1", "4", "0912345678", "Hộ nghèo", "Vũ Thị Lành"}, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := readMade(t, Options{}, madeSheet{name: "CB Thôn Đông", rows: [][]string{head, first, tt.row}})
			if err != nil {
				t.Fatal(err)
			}
			c := r.Counts
			if c.Repeated != tt.repeated || c.PossibleDuplicates != tt.duplicates || c.Rows != 2 || c.Households != 2-tt.repeated {
				t.Errorf("counts %+v", c)
			}
			keys := map[string]bool{}
			for _, h := range r.Branches[0].Households {
				keys[h.Key] = true
			}
			if len(keys) != c.Households {
				t.Error("two households share a key")
			}
		})
	}
}

func TestMemberInTwoPlaces(t *testing.T) {
	head := []string{"TT", "Chủ hộ", "Địa chỉ", "Phụ trách"}
	r, err := readMade(t, Options{}, madeSheet{name: "CB Thôn Đông", rows: [][]string{
		head,
		{"1", "Phạm Văn Tốt", "Ngõ 1", "Vũ Thị Lành"},
		{"2", "Phạm Văn Khá", "Ngõ 2", "Lò Văn Pá"},
		{"3", "Phạm Văn Hay", "Ngõ 3", "Vũ Thị Lành"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Counts.Members != 2 || r.Counts.Namesakes != 0 {
		t.Errorf("counts %+v", r.Counts)
	}
	if got := problemsOf(r); got != "4:11" {
		t.Errorf("problems %q, want MemberApart in row 4", got)
	}
}

func TestSecretaryOption(t *testing.T) {
	head := []string{"TT", "Chủ hộ", "Địa chỉ", "Phụ trách"}
	sheets := []madeSheet{
		{name: "CB Thôn Đông", rows: [][]string{head,
			{"1", "Phạm Văn Tốt", "Ngõ 1", "Vũ Thị Lành"},
			{"2", "Phạm Văn Khá", "Ngõ 2", "Đỗ Văn Đạt (1950)"},
			{"3", "Phạm Văn Hay", "Ngõ 3", "Đỗ Văn Đạt (1960)"},
		}},
		{name: "CB Thôn Tây", rows: [][]string{head,
			{"1", "Phạm Văn Lạ", "Ngõ 1", "Vũ Thị Lánh"},
			{"2", "Phạm Văn Quen", "Ngõ 2", "Vũ Thị Lành"},
		}},
	}
	tests := []struct {
		option, want string // "branch/member" or ""
		branches     int    // listed in the error
	}{
		{"do van dat (1960)", "Chi bộ Thôn Đông/Đỗ Văn Đạt 1960", 0},
		{"Vũ Thị Lánh", "Chi bộ Thôn Tây/Vũ Thị Lánh ", 0},
		{"vu thi lanh, thon dong", "Chi bộ Thôn Đông/Vũ Thị Lành ", 0},
		{"VŨ THỊ LÀNH, Tây", "Chi bộ Thôn Tây/Vũ Thị Lành ", 0},
		{"Vũ Thị Lành", "", 2},
		{"do van dat", "", 2},
		{"Không Có Ai", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.option, func(t *testing.T) {
			r, err := readMade(t, Options{Secretaries: []string{tt.option}}, sheets...)
			if tt.want == "" {
				var fe *FileError
				if !errors.As(err, &fe) || !errors.Is(err, ErrSecretary) || len(fe.Branches) != tt.branches || fe.UserMessage() == "" {
					t.Fatalf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, b := range r.Branches {
				for _, m := range b.Members {
					if m.Office == OfficeSecretary {
						got = append(got, b.Name+"/"+m.Name+" "+m.Distinguish)
					}
				}
			}
			if strings.Join(got, ";") != tt.want {
				t.Errorf("secretaries %q, want %q", got, tt.want)
			}
		})
	}
}
