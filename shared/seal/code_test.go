package seal

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func spell(v []byte) string {
	var b strings.Builder
	for _, x := range v {
		b.WriteByte(codeAlphabet[x])
	}
	return b.String()
}

func drawCode(t *rapid.T) Code {
	return NewCode(bytes.NewReader(rapid.SliceOfN(rapid.Byte(), 14, 14).Draw(t, "random")))
}

func TestCodeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCode(t)
		s := c.String()
		if len(s) != 25 || strings.Count(s, "-") != 4 || s[:4] != c.ID {
			t.Fatalf("shape of %q", s)
		}
		for _, as := range []string{s, strings.ToLower(s), strings.ReplaceAll(s, "-", ""), strings.ReplaceAll(s, "-", " – "),
			"  " + s + "\r\n", strings.ReplaceAll(s, "0", "o"), strings.ReplaceAll(s, "1", "l"), strings.ReplaceAll(s, "1", "I"),
			strings.ReplaceAll(s, "D", "đ"), strings.ReplaceAll(s, "D", "Đ"), "\ufeff" + s[:7] + "\u200b" + s[7:]} {
			got, err := ParseCode(as)
			if err != nil || got != c {
				t.Fatalf("%q read as %v, %v", as, got, err)
			}
		}
	})
}

// The exact letters are a format on paper: a slip printed by one version is
// typed into another.
func TestCodeKnownSlip(t *testing.T) {
	c := Code{ID: "7KQX", Secret: [10]byte{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99}}
	if got, want := c.String(), knownSlip; got != want {
		t.Errorf("printed %s, want %s", got, want)
	}
	if got, err := ParseCode(knownSlip); err != nil || got != c {
		t.Errorf("read %v, %v", got, err)
	}
}

// Every single wrong letter at every place, for every letter there, is found.
func TestCodeCheckFindsEverySubstitution(t *testing.T) {
	r := seeded(1)
	for pos := range codeLetters {
		for a := range byte(32) {
			v := NewCode(r).values()
			if pos < codeLetters-1 {
				v[pos] = a
				v[codeLetters-1] = codeCheck(v[:codeLetters-1])
			}
			if _, err := ParseCode(spell(v[:])); err != nil {
				t.Fatalf("right code refused: %v", err)
			}
			right := v[pos]
			for b := range byte(32) {
				if b == right {
					continue
				}
				v[pos] = b
				wantCodeError(t, spell(v[:]), CodeCheck, 0)
			}
		}
	}
}

// Every swap of two different letters, neighbours or not, is found.
func TestCodeCheckFindsEverySwap(t *testing.T) {
	r := seeded(2)
	for i := range codeLetters {
		for j := i + 1; j < codeLetters; j++ {
			for a := range byte(32) {
				for b := range byte(32) {
					v := NewCode(r).values()
					v[i] = a
					if j < codeLetters-1 {
						v[j] = b
					}
					v[codeLetters-1] = codeCheck(v[:codeLetters-1])
					if v[i] == v[j] {
						continue
					}
					v[i], v[j] = v[j], v[i]
					if codeCheck(v[:codeLetters-1]) == v[codeLetters-1] {
						t.Fatalf("swap of %d and %d passes: %s", i, j, spell(v[:]))
					}
				}
			}
		}
	}
}

func TestCodeAllZerosIsNoCode(t *testing.T) {
	wantCodeError(t, strings.Repeat("0", codeLetters), CodeCheck, 0)
}

func wantCodeError(t *testing.T, s string, kind CodeErrorKind, group int) {
	t.Helper()
	_, err := ParseCode(s)
	var ce *CodeError
	if !errors.As(err, &ce) || ce.Kind != kind || ce.Group != group {
		t.Fatalf("%q: %v, want kind %v group %d", s, err, kind, group)
	}
}

const knownSlip = "7KQX-008J-4CT4-ANK7-F24S5"

func TestCodeErrors(t *testing.T) {
	good := knownSlip
	for _, c := range []struct {
		name, in string
		kind     CodeErrorKind
		group    int
		says     string
	}{
		{"nothing", "", CodeEmpty, 0, "Chưa nhập mã. Gõ mã in trên phiếu."},
		{"only dashes", " - - ", CodeEmpty, 0, "Chưa nhập mã. Gõ mã in trên phiếu."},
		{"letter U in group 3", good[:11] + "U" + good[12:], CodeLetter, 3, "Mã sai ở nhóm thứ 3. Xem lại phiếu."},
		{"letter U without dashes", strings.ReplaceAll(good[:11]+"U"+good[12:], "-", ""), CodeLetter, 3, "Mã sai ở nhóm thứ 3. Xem lại phiếu."},
		{"accent typed by Telex", good[:5] + "Á" + good[6:], CodeLetter, 2, "Mã sai ở nhóm thứ 2. Xem lại phiếu."},
		{"decomposed accent", good[:5] + "A\u0301" + good[6:], CodeLetter, 2, "Mã sai ở nhóm thứ 2. Xem lại phiếu."},
		{"slash in the last group", good[:24] + "/", CodeLetter, 5, "Mã sai ở nhóm thứ 5. Xem lại phiếu."},
		{"bad letter in a short group", "7KQX-0?2-4CT4-ANK7-F24S5", CodeLetter, 2, "Mã sai ở nhóm thứ 2. Xem lại phiếu."},
		{"short group 2", "7KQX-002-4CT4-ANK7-F24S5", CodeLength, 2, "Mã sai ở nhóm thứ 2. Xem lại phiếu."},
		{"long group 4", "7KQX-008J-4CT4-ANK77-F24S5", CodeLength, 4, "Mã sai ở nhóm thứ 4. Xem lại phiếu."},
		{"no check letter", "7KQX-008J-4CT4-ANK7-F24S", CodeLength, 5, "Mã sai ở nhóm thứ 5. Xem lại phiếu."},
		{"short group, more to come", "7KQX-002-4CT4", CodeLength, 2, "Mã sai ở nhóm thứ 2. Xem lại phiếu."},
		{"stopped early", "7KQX-008J-4CT4", CodeLength, 0, "Mã còn thiếu chữ: cần 21, mới có 12. Xem lại phiếu."},
		{"stopped early without dashes", "7KQX008J4CT4AN", CodeLength, 0, "Mã còn thiếu chữ: cần 21, mới có 14. Xem lại phiếu."},
		{"too long", strings.Repeat("A", 22), CodeLength, 0, "Mã thừa chữ: chỉ cần 21. Xem lại phiếu."},
		{"far too long", strings.Repeat("A", 1<<20), CodeLength, 0, "Mã thừa chữ: chỉ cần 21. Xem lại phiếu."},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantCodeError(t, c.in, c.kind, c.group)
			_, err := ParseCode(c.in)
			var u userMessager
			if !errors.As(err, &u) || u.UserMessage() != c.says {
				t.Errorf("says %v, want %q", u, c.says)
			}
		})
	}
	v := NewCode(seeded(3)).values()
	v[7] ^= 1
	_, err := ParseCode(spell(v[:]))
	if u := err.(userMessager); u.UserMessage() != "Mã có một chữ chưa đúng. Xem lại phiếu." {
		t.Errorf("says %q", u.UserMessage())
	}
	if strings.Contains(err.Error(), spell(v[:4])) {
		t.Errorf("error quotes the code: %v", err)
	}
}

func TestCodeStaysOutOfLogs(t *testing.T) {
	c := NewCode(seeded(4))
	inv := Invitation{Code: c, Address: "https://example.vn"}
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "code", c, "inv", inv)
	if secret := c.String()[5:9]; strings.Contains(out.String(), secret) {
		t.Errorf("log has the secret: %s", out.String())
	}
	if !strings.Contains(out.String(), c.ID) {
		t.Errorf("log lacks the id: %s", out.String())
	}
}

func TestInvitationRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inv := Invitation{Code: drawCode(t), Address: rapid.SampledFrom([]string{"", "https://xa-a.example.vn:8443", "https://10.0.0.7",
			"https://[2001:db8::1]:443", "http://127.0.0.1:8080", "http://localhost:9"}).Draw(t, "address")}
		line := inv.Text()
		for _, s := range []string{line, "Mời đồng chí: " + line + ".", "(" + line + ")\nxin cảm ơn", strings.Replace(line, "sodanvan://enrol", "SODANVAN://Enrol", 1)} {
			got, err := ParseInvitation(s)
			if err != nil || got != inv {
				t.Fatalf("%q read as %v, %v", s, got, err)
			}
		}
		got, err := ParseInvitation(inv.Code.String())
		if err != nil || got != (Invitation{Code: inv.Code}) {
			t.Fatalf("bare code read as %v, %v", got, err)
		}
	})
}

func TestInvitationErrors(t *testing.T) {
	c := NewCode(seeded(5)).String()
	for _, x := range []struct{ name, in, part string }{
		{"another scheme", "https://example.vn/?c=" + c, "text"},
		{"another action", "sodanvan://erase?c=" + c, "text"},
		{"a path", "sodanvan://enrol/x?c=" + c, "text"},
		{"no code", "sodanvan://enrol?s=https://a.vn", "text"},
		{"two codes", "sodanvan://enrol?c=" + c + "&c=" + c, "text"},
		{"two addresses", "sodanvan://enrol?c=" + c + "&s=https://a.vn&s=https://b.vn", "text"},
		{"bad escape", "sodanvan://enrol?c=%zz", "text"},
		{"too long", "sodanvan://enrol?c=" + strings.Repeat("A", invitationMaxInput), "text"},
		{"plain http", "sodanvan://enrol?c=" + c + "&s=http://a.vn", "address"},
		{"user in address", "sodanvan://enrol?c=" + c + "&s=https://a.vn@b.vn", "address"},
		{"path in address", "sodanvan://enrol?c=" + c + "&s=https://a.vn/x", "address"},
		{"query in address", "sodanvan://enrol?c=" + c + "&s=https%3A%2F%2Fa.vn%3Fx", "address"},
		{"port 0", "sodanvan://enrol?c=" + c + "&s=https://a.vn:0", "address"},
		{"port too great", "sodanvan://enrol?c=" + c + "&s=https://a.vn:65536", "address"},
		{"no port after colon", "sodanvan://enrol?c=" + c + "&s=https%3A%2F%2Fa.vn%3A%2F", "address"},
		{"look-alike letters", "sodanvan://enrol?c=" + c + "&s=https://а.vn", "address"},
		{"no host", "sodanvan://enrol?c=" + c + "&s=https://", "address"},
	} {
		t.Run(x.name, func(t *testing.T) {
			_, err := ParseInvitation(x.in)
			var ie *InvitationError
			if !errors.As(err, &ie) || ie.Part != x.part {
				t.Fatalf("got %v, want an error in %s", err, x.part)
			}
			if ie.UserMessage() == "" {
				t.Error("no sentence")
			}
		})
	}
	var ce *CodeError
	if _, err := ParseInvitation("sodanvan://enrol?c=" + c[:20]); !errors.As(err, &ce) {
		t.Errorf("short code gives %v", err)
	}
}

func TestParseAddressSpelling(t *testing.T) {
	for in, want := range map[string]string{
		" HTTPS://Xa-A.Example.VN:0443/ ": "https://xa-a.example.vn:443",
		"https://[2001:DB8::1]":           "https://[2001:db8::1]",
		"http://[::1]:80":                 "http://[::1]:80",
	} {
		if got, err := ParseAddress(in); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
}

func FuzzParseCode(f *testing.F) {
	f.Add(knownSlip)
	f.Add(NewCode(seeded(6)).String())
	f.Add("đđđđ-0000")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseCode(s)
		if err != nil {
			var ce *CodeError
			if !errors.As(err, &ce) || ce.Group < 0 || ce.Group > codeGroups || ce.UserMessage() == "" {
				t.Fatalf("%v", err)
			}
			return
		}
		if again, err := ParseCode(c.String()); err != nil || again != c {
			t.Fatalf("%q → %v → %v, %v", s, c, again, err)
		}
	})
}

func FuzzParseInvitation(f *testing.F) {
	f.Add(Invitation{NewCode(seeded(7)), "https://a.vn:8443"}.Text())
	f.Add(NewCode(seeded(8)).String())
	f.Add("sodanvan://enrol?c=&s=")
	f.Add("sodanvan:")
	f.Fuzz(func(t *testing.T, s string) {
		inv, err := ParseInvitation(s)
		if err != nil {
			var u userMessager
			if !errors.As(err, &u) || u.UserMessage() == "" {
				t.Fatalf("no sentence for %v", err)
			}
			return
		}
		if again, err := ParseInvitation(inv.Text()); err != nil || again != inv {
			t.Fatalf("%q → %s → %v, %v", s, inv.Text(), again, err)
		}
	})
}
