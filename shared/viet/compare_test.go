package viet

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestSameText(t *testing.T) {
	for name, c := range map[string]struct {
		a, b string
		want bool
	}{
		"same":                   {"Hòa", "Hòa", true},
		"both empty":             {"", " ", true},
		"tone place oa":          {"hoà", "hòa", true},
		"tone place oe":          {"khoẻ", "khỏe", true},
		"tone place uy":          {"thuý", "thúy", true},
		"tone place ua":          {"của", "cuả", true},
		"tone before consonant":  {"hoàng", "hòang", true},
		"tone place, capitals":   {"THUỶ", "Thủy", true},
		"two syllables, one off": {"Hoà Thuý", "Hòa Thúy", true},
		"tone place, decomposed": {"hoa\u0300", "ho\u0300a", true},
		"i is not y":             {"quí", "quý", false},
		"quý is quý":             {"quý", "QUÝ", true},
		"which tone, after qu":   {"quà", "quả", false},
		"tone counts":            {"Hoa", "Hòa", false},
		"which tone counts":      {"Hóa", "Hòa", false},
		"quality counts":         {"An", "Ân", false},
		"horn counts":            {"Tho", "Thơ", false},
		"đ is not d":             {"Đạt", "Dạt", false},
		"eth is đ":               {"Ðạt", "đạt", true},
		"case":                   {"BÙI HỮU NAM", "Bùi Hữu Nam", true},
		"blanks":                 {" Bùi\u00a0 Nam ", "Bùi Nam", true},
		"a blank inside counts":  {"Bùi Nam", "BùiNam", false},
		"decomposed":             {norm.NFD.String("Nguyễn"), "Nguyễn", true},
		"tones of two syllables": {"Đắklák", "Đáklắk", false},
		"punctuation counts":     {"số 5/2", "số 52", false},
		"plain text, case":       {"Xom Dinh", "xom dinh", true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := SameText(c.a, c.b); got != c.want {
				t.Errorf("SameText(%q, %q) = %v, keys %q and %q", c.a, c.b, got, CompareKey(c.a), CompareKey(c.b))
			}
			if SameText(c.b, c.a) != c.want {
				t.Errorf("SameText(%q, %q) differs from the other way round", c.b, c.a)
			}
		})
	}
}

func TestCompareKey(t *testing.T) {
	for in, want := range map[string]string{
		"Nguyễn  Văn ĐẠT": "nguyễn văn đạt",
		"Hòa":             "hoà",
		"giếng":           "giếng",
		"khuỷu":           "khuyủ",
		"ứ":               "ứ",
		"ñ":               "ñ",
	} {
		if got := CompareKey(in); got != want {
			t.Errorf("CompareKey(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCompareKeyProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := texts().Draw(t, "s")
		key := CompareKey(s)
		if again := CompareKey(key); again != key {
			t.Fatalf("not idempotent: %q then %q", key, again)
		}
		if d := CompareKey(norm.NFD.String(s)); d != key {
			t.Fatalf("decomposed text gives %q, composed %q", d, key)
		}
		if !SameText(s, Squash(s)) {
			t.Fatalf("%q is not the same as its squashed form", s)
		}
		// What compares as the same must be found as the same.
		if a, b := SearchKey(key), SearchKey(Squash(s)); a != b {
			t.Fatalf("searched as %q, its key as %q", b, a)
		}
	})
}

func TestSameTextIgnoresCaseOfNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words[:26]), 0, 5).Draw(t, "words"), " ")
		if !SameText(s, strings.ToUpper(s)) || !SameText(s, strings.ToLower(s)) {
			t.Fatalf("%q differs from itself in capitals or small letters", s)
		}
	})
}
