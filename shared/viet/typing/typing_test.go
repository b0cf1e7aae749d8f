package typing

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestMethod(t *testing.T) {
	for name, want := range map[string]Method{"off": Off, "telex": Telex, "vni": VNI} {
		if m, ok := ParseMethod(name); !ok || m != want || m.String() != name {
			t.Errorf("ParseMethod(%q) = %v, %v", name, m, ok)
		}
	}
	for _, name := range []string{"", "Telex", "viqr"} {
		if m, ok := ParseMethod(name); ok || m != Off {
			t.Errorf("ParseMethod(%q) = %v, %v", name, m, ok)
		}
	}
	if got := play(New(Method(7)), "", "hoaf"); got != "hoaf" || Method(7).String() != "off" {
		t.Errorf("an unknown method is not Off: %q", got)
	}
}

// Keys that come out as typed in both methods, each typed as a whole.
const asTyped = `
zalo Zalo facebook Facebook wifi WiFi windows web excel email gmail youtube viber iphone internet online
https://www.google.com/hoaf?a1=as www.vnn.vn hoaf@gmail.com nguyenvana@yahoo.com.vn nguyen.thij@xa.gov.vn a1@hoas1
12 05/12 05/12/2026 0912345678 0912.345.678 K7-0421 K7-0421-AB 3,5 100% 12A1 5B 10kg m2 H1N1 covid19 COVID-19 (1) 2-9
MTTQ UBND BHYT CCCD TTg VNPT pdf PDF class address ADDRESS marketing outlook photo oto loto data Ksor 5W kWh 100kW
`

func TestAsTyped(t *testing.T) {
	for _, m := range []Method{Telex, VNI} {
		for _, keys := range strings.Fields(asTyped) {
			if got := play(New(m), "", keys); got != keys {
				t.Errorf("%s: %s gives %s", m, keys, got)
			}
			if got := play(New(m), "xóm ", keys+" "); got != "xóm "+keys+" " {
				t.Errorf("%s: %s and a blank give %q", m, keys, got)
			}
		}
	}
}

func TestKeys(t *testing.T) {
	for keys, want := range map[string]string{
		// Keys in other places.
		"DDAWNGJ": "ĐẶNG", "Ddawngj": "Đặng", "dDoongf": "đồng", "vieetj": "việt", "vietje": "việt", "nguwowif": "người", "nguoiwf": "người",
		"dduowcj": "được", "ruowuj": "rượu", "wowcs": "ước", "truowngf": "trường", "tiengse": "tiếng", "phootos": "photos", "photos": "phốt",
		"motoj": "một", "dand": "đan", "hatx": "hatx",
		// One tone in place of another, and none.
		"hoafs": "hóa", "hoafz": "hoa", "hoaz": "hoaz", "cuaw": "cưa", "cuawa": "cuawa", "toow": "tơ", "towo": "tô", "buwowcs": "bước", "buwowcos": "buốc", "thuowngo": "thuông",
		// The same key twice.
		"aaa": "aa", "ass": "as", "aww": "aw", "eee": "ee", "ooo": "oo", "ddd": "dd", "dddd": "ddd", "ww": "w", "WW": "W", "tww": "tw", "uww": "uw",
		"tesst": "test", "hoaff": "hoaf", "hoaffs": "hoafs", "ddangd": "dangd", "uwoww": "uow", "ASS": "AS",
		// Two o that stay.
		"xooong": "xoong", "sooocs": "soóc", "gooongf": "goòng", "rooot": "root",
		// w.
		"w": "ư", "W": "Ư", "w ": "ư ", "wng": "ưng", "wc": "ưc", "wc ": "wc ", "WC.": "WC.", "wow ": "wow ", "www": "www", "wa ": "ưa ", "tw": "tư", "3wa": "3wa",
		// đ in abbreviations.
		"HDDND": "HĐND", "LDDLDD": "LĐLĐ", "SDDT:": "SĐT:", "sddt": "sđt", "NDD-CP": "NĐ-CP", "BADD": "BAĐ", "50.000dd": "50.000đ", "5nguwowif": "5người",
		// Names.
		"Kroong Busk": "Krông Búk", "Ddawks": "Đắk", "Dakr": "Dakr", "task": "task", "Eeban": "Eeban",
		// What is a syllable by chance.
		"test": "tét", "as": "á",
		// Signs end a word; the next begins anew.
		"hoaf-thuaanj": "hòa-thuận", "H'Hen": "H'Hen", "mej?": "mẹ?", "ddaay\nddos": "đây\nđó", "vaf...as": "và...á", "@as": "@á",
	} {
		if got := play(New(Telex), "", keys); got != want {
			t.Errorf("telex: %q gives %q, want %q", keys, got, want)
		}
	}
	for keys, want := range map[string]string{
		"D9A8NG5": "ĐẶNG", "truong72": "trường", "tru7o7ng2": "trường", "nguo7i2": "người", "vie65t": "việt", "viet65": "việt", "d9u7o7c5": "được",
		"hoa21": "hóa", "hoa20": "hoa", "to67": "tơ",
		"a11": "a1", "a66": "a6", "d99": "d9", "hoa22": "hoa2", "hoa22 a1": "hoa2 á", "A11": "A1", "A1": "Á", "vo7": "vơ", "vo77": "vo7", "a0": "a0", "b5": "b5",
		"HD9ND": "HĐND", "SD9T1": "SĐT1", "50.000d9": "50.000đ", "5nguoi72": "5người", "3a1": "3a1", "3an1": "3án",
		"xoong2": "xoòng", "Kro6ng Bu1k": "Krông Búk", "so61 12": "số 12", "to63 1/2": "tổ 1/2", "to1b2": "to1b2", "w": "w", "dd": "dd", "zo6": "zo6",
	} {
		if got := play(New(VNI), "", keys); got != want {
			t.Errorf("vni: %q gives %q, want %q", keys, got, want)
		}
	}
}

// A word that stands in the text is typed on.
func TestTextBefore(t *testing.T) {
	for _, c := range []struct{ name, text, telex, vni, want string }{
		{"a tone", "xóm hoa", "f", "2", "xóm hòa"},
		{"a letter moves the tone", "hòa", "n", "n", "hoàn"},
		{"tone at the new place", "thuỷ", "s", "1", "thúy"},
		{"another tone", "Hoàng", "s", "1", "Hoáng"},
		{"a mark", "tieng", "es", "61", "tiếng"},
		{"a bar", "dang", "d", "9", "đang"},
		{"horns", "truong", "wf", "72", "trường"},
		{"taken back", "viêt", "e", "6", ""},
		{"capitals", "ĐƯƠNG", "F", "2", "ĐƯỜNG"},
		{"abbreviation", "HĐN", "DD", "D9", "HĐNĐ"},
		{"two o", "xoong", "f", "2", "xoòng"},
		{"decomposed", "nguye\u0302n", "x", "4", "nguyễn"},
		{"decomposed, a letter", "vie\u0323\u0302", "t", "t", "việt"},
		{"decomposed, before the word", "e\u0302 hoa", "f", "2", "e\u0302 hòa"},
		{"decomposed, a sign", "Ê e\u0302", ".", ".", "Ê ê."},
		{"foreign", "facebo", "ok", "ok", "facebook"},
		{"foreign, keys", "tes", "ts", "ts", "tests"},
		{"foreign letters", "größ", "es", "e1", ""},
		{"other script", "中", "as", "a1", ""},
		{"emoji", "🙂", "as", "a1", "🙂á"},
		{"composed by another program", "", "ộs", "ộ1", "ố"},
		{"marks from another keyboard", "", "e\u0302\u0301", "e\u0302\u0301", "ế"},
		{"mark on nothing", "", "\u0301a", "\u0301a", "\u0301a"},
		{"mark on a sign", "a =", "\u0338s", "\u0338s", "a ≠s"},
		{"korean", "ᄒ", "\u1161\u11ab", "\u1161\u11ab", "한"},
		{"long", strings.Repeat("a", 200), "as", "a1", ""},
		{"long decomposed", strings.Repeat("ê", 100) + "e", "\u0302", "\u0302", strings.Repeat("ê", 101)},
		{"address", "viết tới ba@x.vn/ho", "as", "a1", ""},
		{"not UTF-8", "\xff\xfea", "s", "1", "\xff\xfeá"},
	} {
		for m, keys := range map[Method]string{Telex: c.telex, VNI: c.vni} {
			want := c.want
			if want == "" {
				want = c.text + keys
			}
			if c.name == "taken back" {
				want = map[Method]string{Telex: "viete", VNI: "viet6"}[m]
			}
			comp := New(m)
			got := c.text
			for _, r := range keys {
				remove, insert := comp.Type(got, r)
				got = cut(got, remove) + insert
			}
			if got != want {
				t.Errorf("%s, %s: %q and %q give %q, want %q", c.name, m, c.text, keys, got, want)
			}
		}
	}
}

// cut takes runes from the end, also where text is not UTF-8.
func cut(text string, runes int) string {
	for range runes {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return text
}

// The caret moves between keys.
func TestCaretMoves(t *testing.T) {
	c := New(Telex)
	if got := play(c, "", "hoaf"); got != "hòa" {
		t.Fatal(got)
	}
	if got := play(c, "ca", "s"); got != "cá" {
		t.Errorf("elsewhere: %q", got)
	}
	if got := play(c, "hòa", "n"); got != "hoàn" {
		t.Errorf("back: %q", got)
	}
	if got := play(c, "", "as"); got != "á" {
		t.Errorf("in an emptied field: %q", got)
	}
	play(c, "", "tesst")
	c.Reset()
	if got := play(c, "te", "s"); got != "té" {
		t.Errorf("after Reset: %q", got)
	}
	play(c, "", "ho")
	c.SetMethod(VNI)
	if got := play(c, "hoa", "f2"); got != "hoaf2" {
		t.Errorf("in the other method: %q", got)
	}
	if got := play(c, "", "hoa2"); got != "hòa" {
		t.Errorf("in the other method: %q", got)
	}
}

func TestBackspace(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "a": 1, "hòa": 1, "hoe\u0302\u0323": 3, " ": 1, "a\r\n": 2, "🙂": 1, "👨‍👩‍👧": 5, "a👍🏽": 2, "🇻🇳🇻🇳": 2, "a🇻🇳": 2, "\u0301": 1,
		"한": 1, "\u1112\u1161\u11ab": 3, "\xff": 1, "a\xff\xfe": 1, strings.Repeat("👍", 1000): 1,
	} {
		for _, m := range []Method{Off, Telex, VNI} {
			if got := New(m).Backspace(text); got != want {
				t.Errorf("%s: Backspace(%q) = %d, want %d", m, text, got, want)
			}
		}
	}
	if got := new(Composer).Backspace("e\u0302"); got != 2 {
		t.Errorf("zero Composer: %d", got)
	}
}

func TestBackspaceThenTyping(t *testing.T) {
	for _, c := range []struct{ first, then, want string }{
		{"vieetj", "n", "viện"}, {"hoanf", "i", "hoài"}, {"hoaff", "f", "hòa"}, {"wifi", "i", "wifi"}, {"test", "st", "test"}, {"tesst", "t", "test"}, {"dd", "dd", "đ"},
	} {
		comp := New(Telex)
		text := play(comp, "ở ", c.first)
		text = cut(text, comp.Backspace(text))
		if got := play(comp, text, c.then); got != "ở "+c.want {
			t.Errorf("%s, Backspace, %s: %q, want %q", c.first, c.then, got, c.want)
		}
	}
}

func TestOff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.Rune().Draw(t, "r")
		if remove, insert := new(Composer).Type(rapid.String().Draw(t, "before"), r); remove != 0 || insert != string(r) {
			t.Fatalf("%d, %q", remove, insert)
		}
	})
}

// parts of texts and keys that trip naive code.
var parts = []string{
	"vieejt", "nguoiwf", "hoaf", "hoa2", "tru7o7ng2", "ww", "dd", "ooo", "aaa", "ss", "11", "z", "0", "12", "qu", "gi", "K7-0421", "a@b", "www.", "https://",
	" ", ". ", "\n", "\t", "-", "Đặng", "hoà", "ộ", "e\u0302", "\u0301", "\u0323\u0302", "🙂", "👨‍👩‍👧", "🇻🇳", "ﬁ", "ß", "İ", "ᄒ\u1161", "中", "=\u0338", "\u200b", "\u0600",
}

func texts() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 8), func(s []string) string { return strings.Join(s, "") }))
}

// check types r behind text, holds the step against what Type promises, and
// gives the text then.
func check(t interface {
	Helper()
	Fatalf(string, ...any)
}, c *Composer, text string, r rune) string {
	t.Helper()
	remove, insert := c.Type(text, r)
	if remove < 0 || remove > utf8.RuneCountInString(text) {
		t.Fatalf("%q, %q: removes %d", text, r, remove)
	}
	after := cut(text, remove) + insert
	// norm stops looking behind bytes that are not UTF-8.
	if utf8.ValidString(text) && norm.NFC.IsNormalString(text) && !norm.NFC.IsNormalString(after) {
		t.Fatalf("%q, %q: %q is not NFC", text, r, after)
	}
	// The word and, for what may join it, the character before stay the limit.
	isWord := func(r rune) bool { return unicode.IsLetter(r) || unicode.Is(unicode.M, r) }
	before := strings.TrimRightFunc(text, isWord)
	if r >= utf8.RuneSelf || r < 0 {
		before = cut(before, min(1, utf8.RuneCountInString(before)))
	}
	if !strings.HasPrefix(after, before) {
		t.Fatalf("%q, %q: %q touches what stands before the word", text, r, after)
	}
	// Some signs and blanks are others in NFC (U+2000 is U+2002).
	if !isWord(r) && !isASCIIDigit(r) && !strings.HasSuffix(after, norm.NFC.String(string(r))) {
		t.Fatalf("%q, %q: %q does not end in it", text, r, after)
	}
	// Where no key, a digit is added; only a w that was ư may turn back.
	if isASCIIDigit(r) && (c.method == Telex || !isWord(lastRune(text))) && after != text+string(r) && norm.NFC.IsNormalString(text) && !strings.ContainsAny(text, "ưƯ") {
		t.Fatalf("%q, %q: %q", text, r, after)
	}
	return after
}

func lastRune(s string) rune { r, _ := utf8.DecodeLastRuneInString(s); return r }

func TestTyping(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := New(rapid.SampledFrom([]Method{Telex, VNI}).Draw(t, "method"))
		text := texts().Draw(t, "text")
		for _, r := range texts().Draw(t, "keys") {
			text = check(t, c, text, r)
			if rapid.IntRange(0, 9).Draw(t, "backspace") == 0 {
				n := c.Backspace(text)
				if n < 1 || n > utf8.RuneCountInString(text) {
					t.Fatalf("Backspace(%q) = %d", text, n)
				}
				text = cut(text, n)
			}
		}
	})
}

func TestBackspaceGivesTheTextBefore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := New(rapid.SampledFrom([]Method{Off, Telex, VNI}).Draw(t, "method"))
		before := norm.NFC.String(texts().Draw(t, "before")) + rapid.SampledFrom([]string{" ", ", ", "\n", "("}).Draw(t, "end")
		text := play(c, before, rapid.StringMatching(`[a-zA-Z0-9.]{1,12}`).Draw(t, "word"))
		for len(text) > len(before) {
			text = cut(text, c.Backspace(text))
		}
		if text != before {
			t.Fatalf("%q, want %q", text, before)
		}
	})
}

func FuzzType(f *testing.F) {
	for _, s := range parts {
		f.Add(uint8(1), s, "vieejt hoas")
		f.Add(uint8(2), "xã ", s)
	}
	f.Fuzz(func(t *testing.T, m uint8, text, keys string) {
		c := New(Method(m % 3))
		for _, r := range keys {
			if c.method == Off {
				text += string(r)
				continue
			}
			text = check(t, c, text, r)
		}
		for text != "" {
			n := c.Backspace(text)
			if n < 1 || n > utf8.RuneCountInString(text) {
				t.Fatalf("Backspace(%q) = %d", text, n)
			}
			text = cut(text, n)
		}
	})
}

// A key costs the same whatever stands before the word.
func BenchmarkType(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"empty", ""},
		{"10000 letters", strings.Repeat("Xóm Đình có một nghìn hộ. ", 385)},
		{"10000, one word", strings.Repeat("ê", 10000)},
		{"10000, no blank", strings.Repeat("12-", 3333)},
		{"10000 emoji", strings.Repeat("🙂", 10000)},
		{"10000 decomposed", strings.Repeat("e\u0302 ", 3333)},
		{"longest word", strings.Repeat("a", maxWord-1)},
	} {
		b.Run(c.name, func(b *testing.B) {
			comp := New(Telex)
			const keys = "nguwowif "
			var before [len(keys)]string
			t := c.text
			for i, r := range keys {
				before[i] = t
				remove, insert := comp.Type(t, r)
				t = cut(t, remove) + insert
			}
			comp.Reset()
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				comp.Type(before[i], rune(keys[i]))
				i = (i + 1) % len(keys)
			}
		})
	}
}

func BenchmarkBackspace(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"10000 letters", strings.Repeat("ê", 10000)},
		{"10000 emoji", strings.Repeat("🙂", 10000)},
	} {
		b.Run(c.name, func(b *testing.B) {
			comp := New(Telex)
			for b.Loop() {
				comp.Backspace(c.text)
			}
		})
	}
}
