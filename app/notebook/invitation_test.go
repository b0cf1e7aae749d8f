package notebook_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"syscall"
	"testing"

	"sodanvan/app/notebook"
	"sodanvan/app/store"
	"sodanvan/app/words"
	"sodanvan/shared/seal"
)

// slip is a code of which every test knows the letters.
const slip = "0000-0000-0000-0000-0000N"

func fitting(t *testing.T) string {
	t.Helper()
	for _, last := range "0123456789ABCDEFGHJKMNPQRSTVWXYZ" {
		s := "7K2P-AB3D-9XYZ-0011-QRST" + string(last)
		if _, err := seal.ParseCode(s); err == nil {
			return s
		}
	}
	t.Fatal("no check letter fits")
	return ""
}

func TestCheckCode(t *testing.T) {
	good := fitting(t)
	wrongLast := good[:len(good)-1] + "0"
	if wrongLast == good {
		wrongLast = good[:len(good)-1] + "1"
	}
	for name, c := range map[string]struct {
		in    string
		text  string // "": as good
		wrong int
		says  string
	}{
		"as printed":          {in: good},
		"small, blanks":       {in: strings.ToLower(strings.ReplaceAll(good, "-", " "))},
		"dots":                {in: strings.ReplaceAll(good, "-", ".")},
		"without anything":    {in: strings.ReplaceAll(good, "-", "")},
		"odd parts":           {in: strings.Join(strings.Split(strings.ReplaceAll(good, "-", ""), ""), " ")},
		"look-alikes":         {in: strings.NewReplacer("0", "o", "11", "lI", "D", "đ").Replace(good)},
		"hidden marks":        {in: strings.ReplaceAll(good, "-", "\u200b–")},
		"first of a group":    {in: "7k2pa", text: "7K2P-A", says: "thiếu 16 chữ"},
		"nothing":             {in: " ", text: "", says: words.CodeEmpty},
		"a letter too few":    {in: "7K2-AB3D", text: "7K2-AB3D", wrong: 1, says: "nhóm thứ 1"},
		"too few in the 3rd":  {in: "7K2P-AB3D-9XY-0011-QRST0", text: "7K2P-AB3D-9XY-0011-QRST0", wrong: 3, says: "Mã sai ở nhóm thứ 3. Xem lại phiếu"},
		"too many in the 2nd": {in: "7K2P-AB3DD-9XYZ", text: "7K2P-AB3DD-9XYZ", wrong: 2, says: "thừa"},
		"too many at the end": {in: good + "7", text: good + "7", wrong: 5, says: "nhóm thứ 5"},
		"no such letter":      {in: "7K2P-AU3D", text: "7K2P-AU3D", wrong: 2, says: "«U»"},
		"accents":             {in: "7K2P-AB3D-9Áyz", text: "7K2P-AB3D-9ÁYZ", wrong: 3, says: "«Á»"},
		"check letter":        {in: wrongLast, text: wrongLast, says: words.CodeWrong},
		"two swapped":         {in: "K72P" + good[4:], text: "K72P" + good[4:], says: words.CodeWrong},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := notebook.CheckCode(c.in)
			text := c.text
			if c.says == "" {
				text = good
			}
			if got.Text() != text || got.Wrong != c.wrong || (err == nil) != (c.says == "") {
				t.Errorf("%q wrong %d, %v; want %q, %d", got.Text(), got.Wrong, err, text, c.wrong)
			}
			if said := notebook.Say(err); !strings.Contains(said, c.says) {
				t.Errorf("says %q, want %q", said, c.says)
			}
			if err != nil && c.in != " " && strings.Contains(err.Error(), got.Groups[0]) {
				t.Errorf("the error has the code: %v", err)
			}
		})
	}
}

func TestCheckLine(t *testing.T) {
	code, err := seal.ParseCode(fitting(t))
	if err != nil {
		t.Fatal(err)
	}
	line := seal.Invitation{Code: code, Address: "https://may.xa.example:8443"}.Text()
	got, err := notebook.CheckCode("Đồng chí chép dòng này: " + line + ".")
	if err != nil || got.Address != "https://may.xa.example:8443" || got.Text() != code.String() || !got.Complete() {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := notebook.CheckCode(seal.Invitation{Code: code}.Text()); err != nil || got.Address != "" {
		t.Errorf("a line without address: %+v %v", got, err)
	}
	for _, bad := range []string{"https://example.com/", "sodanvan://other?c=1", strings.Repeat("A", 5000)} {
		if _, err := notebook.CheckCode(bad); err == nil || notebook.Say(err) == words.Unexpected {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
}

// Every code that seal makes is read, and letter for letter CheckCode agrees with seal on
// what can stand in a code.
func TestCheckCodeAgreesWithSeal(t *testing.T) {
	for range 200 {
		c := seal.NewCode(rand.Reader)
		got, err := notebook.CheckCode(c.String())
		if err != nil || got.Text() != c.String() {
			t.Fatalf("%s: %+v %v", c.ID, got, err)
		}
	}
	for r := rune(0x21); r < 0x1F00; r++ {
		got, err := notebook.CheckCode(string(r) + slip[1:])
		if got.Letters() != 21 && strings.ContainsRune("-_.,·", r) {
			continue // parts groups here
		}
		var code *seal.CodeError
		_, sealErr := seal.ParseCode(string(r) + slip[1:])
		sealKnows := !errors.As(sealErr, &code) || code.Kind == seal.CodeCheck
		var mine *notebook.CodeError
		knows := !errors.As(err, &mine) || mine.Code.Letter == "" && mine.Code.Complete()
		if sealKnows != knows {
			t.Errorf("%U: seal takes it %v, CheckCode %v", r, sealKnows, knows)
		}
		if sealKnows && got.Complete() {
			if _, err := seal.ParseCode(got.Text()); (err == nil) != (sealErr == nil) {
				t.Errorf("%U is read as another letter: %v, seal %v", r, err, sealErr)
			}
		}
	}
}

func TestCheckAddress(t *testing.T) {
	for in, want := range map[string]string{
		"may.xa.example:8443":         "https://may.xa.example:8443",
		" HTTPS://May.Xa.Example ":    "https://may.xa.example",
		"http://127.0.0.1:80":         "http://127.0.0.1:80",
		"http://may.xa.example":       "",
		"":                            "",
		"máy xã":                      "",
		"https://may.xa.example/path": "",
	} {
		got, err := notebook.CheckAddress(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q %v, want %q", in, got, err, want)
		}
		if err != nil && notebook.Say(err) == words.Unexpected {
			t.Errorf("%q has no sentence", in)
		}
	}
}

func TestSayJoining(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"none":       {nil, ""},
		"no network": {fmt.Errorf("enrol: %w", &net.OpError{Op: "dial", Err: errors.New("refused")}), words.JoinNoNetwork},
		"too slow":   {context.DeadlineExceeded, words.JoinNoNetwork},
		"own words":  {fmt.Errorf("enrol: %w", notebook.ErrOffline), words.OnlyOnline},
		"full disk":  {fmt.Errorf("look for room: %w", &store.FullError{}), (&store.FullError{}).UserMessage()},
		"no folder":  {fmt.Errorf("open book: %w", &fs.PathError{Op: "open", Err: syscall.EACCES}), words.CannotWrite},
		"no words":   {errors.New("404"), words.JoinFailed},
	} {
		if got := notebook.SayJoining(c.err); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
