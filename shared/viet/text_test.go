package viet

import (
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestNFC(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"empty":                 {"", ""},
		"plain":                 {"Nguyen Van A", "Nguyen Van A"},
		"composed stays":        {"Nguyễn Văn Đạt", "Nguyễn Văn Đạt"},
		"decomposed":            {"Nguye\u0302\u0303n", "Nguyễn"},
		"half composed":         {"Nguyê\u0303n", "Nguyễn"},
		"marks in either order": {"ta\u0302\u0323m", "tậm"},
		"horn":                  {"o\u031b\u0301", "ớ"},
		"not UTF-8":             {"0\xf1\xffe\u0302", "0\ufffdê"},
		"blanks stay":           {" a \u00a0b ", " a \u00a0b "},
	} {
		t.Run(name, func(t *testing.T) {
			if got := NFC(c.in); got != c.want {
				t.Errorf("NFC(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestNFCProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := texts().Draw(t, "s")
		once := NFC(s)
		if again := NFC(once); again != once {
			t.Fatalf("not idempotent: %q then %q", once, again)
		}
		if !norm.NFC.IsNormalString(once) || !utf8.ValidString(once) {
			t.Fatalf("%q is not NFC in UTF-8", once)
		}
	})
}

func TestNFCOfComposedTextAllocatesNothing(t *testing.T) {
	if n := testing.AllocsPerRun(50, func() { NFC("Nguyễn Văn Đạt, xóm Đình, số 56") }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func TestSquash(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"empty":               {"", ""},
		"only blanks":         {" \t\u00a0\u3000\n", ""},
		"nothing to do":       {"Bùi Hữu Nam", "Bùi Hữu Nam"},
		"plain, nothing":      {"Bui Huu Nam", "Bui Huu Nam"},
		"plain, double blank": {"Bui  Huu Nam", "Bui Huu Nam"},
		"plain, ends":         {" Bui Huu Nam ", "Bui Huu Nam"},
		"no-break space":      {"Bùi\u00a0Hữu\u202fNam", "Bùi Hữu Nam"},
		"zero-width space":    {"Bùi\u200bHữu\u200b Nam", "Bùi Hữu Nam"},
		"line break in cell":  {"Bùi\r\nHữu Nam", "Bùi Hữu Nam"},
		"byte order mark":     {"\ufeffBùi Nam", "Bùi Nam"},
		"joiner in a word":    {"Bù\u200di Nam", "Bùi Nam"},
		"joiner before mark":  {"Bu\u200d\u0300i", "Bùi"},
		"soft hyphen":         {"Nam\u00ad", "Nam"},
		"control character":   {"Nam\x00\x07", "Nam"},
		"decomposed":          {"Bu\u0300i", "Bùi"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Squash(c.in); got != c.want {
				t.Errorf("Squash(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestSquashProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := texts().Draw(t, "s")
		once := Squash(s)
		if again := Squash(once); again != once {
			t.Fatalf("not idempotent: %q then %q", once, again)
		}
		if !norm.NFC.IsNormalString(once) || !utf8.ValidString(once) {
			t.Fatalf("%q is not NFC in UTF-8", once)
		}
		if d := Squash(norm.NFD.String(s)); d != once {
			t.Fatalf("decomposed text gives %q, composed %q", d, once)
		}
	})
}
