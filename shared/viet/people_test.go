package viet

import (
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestGivenName(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"empty":          {"", ""},
		"blanks":         {"  ", ""},
		"one word":       {"Nam", "Nam"},
		"three words":    {"Nguyễn Văn Đạt", "Đạt"},
		"trailing blank": {"Nguyễn Văn Đạt \u00a0", "Đạt"},
		"no-break space": {"Bùi\u00a0Nam", "Nam"},
		"decomposed":     {"Bu\u0300i Hu\u031b\u0303u", "Hữu"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := GivenName(c.in); got != c.want {
				t.Errorf("GivenName(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestTitleName(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"empty":               {"", ""},
		"capitals":            {"BÙI HỮU NAM", "Bùi Hữu Nam"},
		"capitals decomposed": {norm.NFD.String("BÙI HỮU NAM"), "Bùi Hữu Nam"},
		"đ at both places":    {"ĐỖ VĐ", "Đỗ Vđ"},
		"eth in capitals":     {"ÐỖ VÐ", "Đỗ Vđ"},
		"mixed case stays":    {"Bùi hữu NAM", "Bùi hữu NAM"},
		"eth, mixed, stays":   {"Ðỗ Nam", "Ðỗ Nam"},
		"small stays":         {"bùi hữu nam", "bùi hữu nam"},
		"mixed gets NFC":      {"Bu\u0300i Nam", "Bùi Nam"},
		"title before":        {"đ/c DƯƠNG VINH", "đ/c DƯƠNG VINH"},
		"hyphen":              {"Y-KHOA NIÊ", "Y-Khoa Niê"},
		"apostrophe":          {"H'HEN NIÊ", "H'Hen Niê"},
		"one letter":          {"NGUYỄN VĂN A", "Nguyễn Văn A"},
		"ơ and ư":             {"LƯƠNG THỊ ƯƠNG", "Lương Thị Ương"},
		"no letters":          {"12/5", "12/5"},
		"blanks stay":         {" BÙI  NAM ", " Bùi  Nam "},
	} {
		t.Run(name, func(t *testing.T) {
			if got := TitleName(c.in); got != c.want {
				t.Errorf("TitleName(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

// Each list is in order; every pair of each is compared, both ways round.
func TestComparePeople(t *testing.T) {
	for name, list := range map[string][]string{
		"given name first":            {"Vũ Văn An", "Nguyễn Thị Bình", "Bùi Văn Cường", "An Thị Dung"},
		"then the whole name":         {"Bùi Văn Nam", "Nguyễn Thị Nam", "Nguyễn Văn Nam", "Vũ An Nam"},
		"the letters":                 {"a", "ă", "â", "b", "c", "d", "đ", "e", "ê", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "ô", "ơ", "p", "q", "r", "s", "t", "u", "ư", "v", "w", "x", "y", "z"},
		"the tones":                   {"ma", "mà", "mả", "mã", "má", "mạ"},
		"the tones on a letter's own": {"mơ", "mờ", "mở", "mỡ", "mớ", "mợ"},
		"letters before tones":        {"Ba", "Bà", "Bạ", "Bác", "Bằng"},
		"tones before the surname":    {"Vũ Thị Hoa", "Bùi Thị Hòa", "Bùi Thị Hóa"},
		"d before đ":                  {"Trần Dũng", "An Đạt"},
		"shorter first":               {"An", "Anh"},
		"blank before letters":        {"Lê Văn Nam", "Lên An Nam"},
		"digit before letters":        {"Nam 2", "Nam 10 a", "Nam a"},
		"foreign letters":             {"Vy", "Wendy", "Xuân", "Zung"},
		"other scripts last":          {"Zung", "中"},
		"empty first":                 {"", "An"},
		"place of tone decides last":  {"Bùi Hoà", "Bùi Hòa", "Trần Hoà", "Trần Hòa"},
		"case decides last":           {"BÙI NAM", "Bùi Nam", "CAO NAM"},
	} {
		t.Run(name, func(t *testing.T) {
			for i, a := range list {
				for j, b := range list {
					want := 0
					if i < j {
						want = -1
					} else if i > j {
						want = 1
					}
					if got := ComparePeople(a, b); got != want {
						t.Errorf("ComparePeople(%q, %q) = %d, want %d", a, b, got, want)
					}
				}
			}
		})
	}
}

func TestComparePeopleOfOneNameInTwoForms(t *testing.T) {
	if got := ComparePeople("Nguyễn Đạt", norm.NFD.String("Nguyễn Đạt")); got != 0 {
		t.Errorf("composed and decomposed compare as %d", got)
	}
}

func TestComparePeopleIsATotalOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := texts().Draw(t, "a"), texts().Draw(t, "b"), texts().Draw(t, "c")
		ab, bc, ac := ComparePeople(a, b), ComparePeople(b, c), ComparePeople(a, c)
		if ab != -ComparePeople(b, a) {
			t.Fatalf("not antisymmetric")
		}
		if ab <= 0 && bc <= 0 && ac > 0 || ab >= 0 && bc >= 0 && ac < 0 {
			t.Fatalf("not transitive: %d %d %d", ab, bc, ac)
		}
		if (ab == 0) != (NFC(a) == NFC(b)) {
			t.Fatalf("compare as %d though NFC is %q and %q", ab, NFC(a), NFC(b))
		}
	})
}

func TestSortPeople(t *testing.T) {
	type household struct{ head string }
	want := []household{{"Vũ Văn An"}, {"Trần Thị Ánh"}, {"Lê Thị Ân"}, {"Bùi Hữu Đạt"}, {"Nguyễn Văn Đạt"}, {"Đỗ Thị Hoa"}, {"An Văn Hòa"}}
	got := slices.Clone(want)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
	SortPeople(got, func(h household) string { return h.head })
	if !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

func TestSortPeopleKeepsTheOrderOfEqualNames(t *testing.T) {
	got := []struct {
		name string
		n    int
	}{{"B", 1}, {"A", 1}, {"B", 2}, {"A", 2}}
	want := slices.Clone(got)
	want[0], want[1], want[2], want[3] = got[1], got[3], got[0], got[2]
	SortPeople(got, func(x struct {
		name string
		n    int
	}) string {
		return x.name
	})
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
