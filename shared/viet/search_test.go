package viet

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestSearchKey(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"empty":               {"", ""},
		"name":                {"Nguyễn Văn Đạt", "nguyen van dat"},
		"decomposed":          {norm.NFD.String("Nguyễn Văn Đạt"), "nguyen van dat"},
		"eth for Đ":           {"Nguyễn Văn Ðạt", "nguyen van dat"},
		"small eth":           {"ðạt", "dat"},
		"African D":           {"Ɖạt ɖạt", "dat dat"},
		"capitals":            {"ĐỖ HỮU TÙNG", "do huu tung"},
		"all the vowels":      {"ă â ê ô ơ ư ỵ ữ ặ ậ ệ ộ ợ", "a a e o o u y u a a e o o"},
		"tone places":         {"hoà hòa thuý thúy", "hoa hoa thuy thuy"},
		"punctuation":         {"Xóm Đình, số 56/2 - ngõ (5)", "xom dinh so 56 2 ngo 5"},
		"apostrophe":          {"H'Hen Niê, HʼHen", "h hen nie h hen"},
		"no-break space":      {"Bùi\u00a0Nam", "bui nam"},
		"zero-width space":    {"Bùi\u200bNam", "bui nam"},
		"byte order mark":     {"\ufeffBùi", "bui"},
		"blanks at ends":      {"  Bùi  ", "bui"},
		"only punctuation":    {"—…!", ""},
		"full width letters":  {"Ｎａｍ １２", "nam 12"},
		"not UTF-8":           {"0\xf1ê", "0 e"},
		"superscript":         {"5 m²", "5 m2"},
		"phone number digits": {"0912345678", "0912345678"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := SearchKey(c.in); got != c.want {
				t.Errorf("SearchKey(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestMatches(t *testing.T) {
	key := SearchKey("Nguyễn Văn Đạt, Xóm Đình, số 56/2") + " 0912345678"
	for name, c := range map[string]struct {
		query string
		want  bool
	}{
		"without accents":          {"nguyen van dat", true},
		"with accents":             {"Nguyễn Văn Đạt", true},
		"other accents":            {"nguyện", true},
		"look-alike":               {"Ðạt", true},
		"beginnings":               {"ng v d", true},
		"any order":                {"dat nguyen", true},
		"one word, one household":  {"dinh dat", true},
		"middle of a word":         {"guyen", false},
		"second hit is the prefix": {"at", false},
		"one word missing":         {"nguyen thi dat", false},
		"longer than the word":     {"datt", false},
		"empty":                    {"", true},
		"only punctuation":         {" - ", true},
		"phone from the start":     {"0912", true},
		"end of the phone":         {"678", true},
		"phone in groups":          {"0912 345 678", true},
		"phone with dots":          {"0912.345.678", true},
		"digits not in it":         {"679", false},
		"digits of two runs":       {"2091", false},
		"house number":             {"so 56", true},
		"digits and letters":       {"56b", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Matches(key, c.query); got != c.want {
				t.Errorf("Matches(%q, %q) = %v, want %v", key, c.query, got, c.want)
			}
		})
	}
}

func TestMatchesLooksPastAHitInsideAWord(t *testing.T) {
	if key := SearchKey("Loan An"); !Matches(key, "an") {
		t.Errorf("an does not find %q", key)
	}
	if key := SearchKey("Nhu 5B 15B"); !Matches(key, "15b") || Matches(key, "b") {
		t.Errorf("words with digits and letters are not matched from their start in %q", key)
	}
}

func TestZeroQueryMatchesEverything(t *testing.T) {
	if !(Query{}).Matches("") || !(Query{}).Matches("a b") {
		t.Error("the zero Query refuses a key")
	}
}

func TestSearchKeyProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkSearchKey(t, texts().Draw(t, "s")) })
}

type failer interface{ Fatalf(string, ...any) }

func checkSearchKey(t failer, s string) {
	key := SearchKey(s)
	if again := SearchKey(key); again != key {
		t.Fatalf("not idempotent: %q gives %q, then %q", s, key, again)
	}
	if d, c := SearchKey(norm.NFD.String(s)), SearchKey(norm.NFC.String(s)); d != c {
		t.Fatalf("NFD gives %q, NFC %q", d, c)
	}
	if key != strings.Join(strings.Fields(key), " ") {
		t.Fatalf("blanks are not collapsed in %q", key)
	}
	if !Matches(key, s) {
		t.Fatalf("%q does not find itself by %q", key, s)
	}
}

func TestEveryPrefixFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := SearchKey(texts().Draw(t, "s"))
		ws := strings.Fields(key)
		if len(ws) == 0 {
			return
		}
		w := []rune(rapid.SampledFrom(ws).Draw(t, "word"))
		query := string(w[:rapid.IntRange(1, len(w)).Draw(t, "length")])
		if !Matches(key, query) {
			t.Fatalf("%q does not find %q", query, key)
		}
	})
}

func FuzzSearchKey(f *testing.F) {
	for _, w := range words {
		f.Add(w)
	}
	f.Fuzz(func(t *testing.T, s string) { checkSearchKey(t, s) })
}
