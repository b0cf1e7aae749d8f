package importer

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"sodanvan/shared/viet"
)

const nhuQuynh = "testdata/roster-nhu-quynh.xlsx"

func TestNhuQuynhFigures(t *testing.T) {
	r, err := Read(nhuQuynh, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := Counts{Branches: 6, Members: 566, Rows: 4806, Households: 4785, Repeated: 21,
		NoHead: 16, BadPhone: 13, OldPhone: 94, NoMember: 22, Namesakes: 30}
	if r.Counts != want {
		t.Errorf("counts\n got %+v\nwant %+v", r.Counts, want)
	}
	// The file's own "Tổng cộng: … hộ" lines, below the signatures.
	totals := []struct {
		branch     string
		households int
	}{
		{"Chi bộ Phố Như Quỳnh", 850}, {"Chi bộ Phố Minh Khai", 812}, {"Chi bộ Thôn Hành Lạc", 783},
		{"Chi bộ Thôn Ngô Xuyên", 762}, {"Chi bộ Thôn Ngọc Quỳnh", 805}, {"Chi bộ Thôn Hồng Cầu", 773},
	}
	households, members := map[string]bool{}, map[string]bool{}
	for i, b := range r.Branches {
		if b.Name != totals[i].branch || len(b.Households) != totals[i].households {
			t.Errorf("%s has %d households, want %+v", b.Name, len(b.Households), totals[i])
		}
		here := map[string]bool{"": true}
		for _, m := range b.Members {
			here[m.Key], members[m.Key] = true, true
			if m.Name != viet.TitleName(viet.Squash(m.Name)) || strings.ContainsAny(m.Name, "/()0123456789") {
				t.Errorf("member %q is not clean", m.Name)
			}
		}
		for _, h := range b.Households {
			households[h.Key] = true
			if !here[h.Member] {
				t.Errorf("household of rows %v has a member of another branch", h.RowNumbers)
			}
			if h.Head != viet.Squash(h.Head) || h.Hamlet == "" || h.Address == "" || h.Size < 1 || h.Consent != ConsentNotAsked {
				t.Errorf("household of rows %v: %+v", h.RowNumbers, h.HouseholdFields)
			}
		}
	}
	if len(households) != 4785 || len(members) != 566 {
		t.Errorf("%d household keys, %d member keys", len(households), len(members))
	}
	if strings.Contains(dump(r), "sinh hoạt") {
		t.Error("the remark is in the roster")
	}
}

// TestPersonHoweverWritten: capitals, blanks, "đ/c", decomposition and the way
// a year is added do not make another member.
func TestPersonHoweverWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"Đỗ Thị Hòa", "Lò Văn Pá", "Nguyễn Đức Đạt", "Ðinh Thuý Ái", "Y Ban Niê"}).Draw(t, "name")
		year := rapid.SampledFrom([]string{"", "1950", "2001"}).Draw(t, "year")
		before := rapid.SampledFrom([]string{"", "đ/c ", "Đ/C: ", "đồng chí ", "ĐỒNG CHÍ: ", "ĐV ", "đ.c ", "Bí thư "}).Draw(t, "before")
		after := ""
		if year != "" {
			after = rapid.SampledFrom([]string{" (%)", " %", " SN %", " - sinh năm %", " (SN: %)", ", %", " (2/9/%)"}).Draw(t, "after")
		}
		text := name
		if rapid.Bool().Draw(t, "capitals") {
			text = strings.ToUpper(text)
		}
		if rapid.Bool().Draw(t, "blanks") {
			text = " " + strings.ReplaceAll(text, " ", "\u00a0 ") + " "
		}
		text = before + text + strings.ReplaceAll(after, "%", year)
		if rapid.Bool().Draw(t, "decomposed") {
			text = norm.NFD.String(text)
		}
		p, ok := parsePerson(text)
		if !ok || p.nameKey != viet.CompareKey(name) || p.year != year || p.several {
			t.Fatalf("%q gives %+v", text, p)
		}
	})
}

func TestWelfareWords(t *testing.T) {
	for text, want := range map[string]Welfare{
		"": WelfareNone, "-": WelfareNone, "Không": WelfareNone, "HN": WelfarePoor, "hộ  nghèo": WelfarePoor,
		"Cận nghèo": WelfareNearPoor, "Hộ cận nghèo": WelfareNearPoor, "CN": WelfareNearPoor,
		"GĐCS": WelfarePolicy, "gia đình chính sách": WelfarePolicy,
	} {
		if got, ok := parseWelfare(text); !ok || got != want {
			t.Errorf("%q: %v %v", text, got, ok)
		}
	}
	if w, ok := parseWelfare("công giáo"); ok || w != WelfareNone {
		t.Errorf("unknown text taken as %v", w)
	}
}

func TestBranchTitles(t *testing.T) {
	tests := []struct {
		text, want string
		sure       bool
	}{
		{"CHI BỘ THÔN HÀNH LẠC", "Thôn Hành Lạc", true},
		{"Chi bộ: Tổ dân phố 3", "Tổ dân phố 3", true},
		{"ĐẢNG BỘ XÃ AN BÌNH\nCHI BỘ THÔN ĐÔNG", "Thôn Đông", true},
		{"Danh sách hộ của chi bộ thôn Đông năm 2025", "thôn Đông", false},
		{"T/M CHI BỘ", "", false},
		{"TM. CHI BỘ THÔN ĐÔNG", "", false},
		{"BÍ THƯ CHI BỘ THÔN ĐÔNG", "", false},
		{"Đảng viên trong chi bộ phân công phụ trách hộ", "", false},
	}
	for _, tt := range tests {
		got, sure, ok := branchOf(tt.text)
		if got != tt.want || sure != tt.sure || ok != (tt.want != "") {
			t.Errorf("%q: %q %v %v", tt.text, got, sure, ok)
		}
	}
}
