package join

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/skip2/go-qrcode"

	"sodanvan/app/notebook"
	"sodanvan/app/notebook/notebooktest"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/ui/uitest"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	"sodanvan/shared/seal"
	"sodanvan/test/probe"
)

var noon = time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC)

func bare(t *testing.T, size fyne.Size) *uitest.Rig {
	return uitest.Bare(t, size, func() time.Time { return noon })
}

// stage is a real server with a code for a member, and a phone's folder.
type stage struct {
	server *probe.Server
	member book.ID
	other  book.ID // of the same branch
	code   seal.Code
	o      notebook.Options
	opened *notebook.Notebook
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{server: probe.Start(t, probe.Options{})}
	town := probe.NewTown(t, s.server)
	s.member, s.other = town.Member("Bình"), town.Member("Cúc")
	s.code = s.server.Codes(t, s.member)
	s.o = notebook.Options{Dir: filepath.Join(t.TempDir(), "book"), PIN: notebooktest.Cheap, Remote: notebook.ViaNetwork(notebook.Network{})}
	return s
}

func (s *stage) address() string { return "https://" + s.server.Address }

func (s *stage) start(t *testing.T) Start {
	return Start{Options: s.o, Opened: func(n *notebook.Notebook) {
		s.opened = n
		t.Cleanup(func() { n.Close() })
	}}
}

const newPIN = "271828"

// fill goes through the steps up to the last button.
func fill(r *uitest.Rig, code, address, pin string) {
	r.T.Helper()
	r.Tap(words.JoinBegin)
	r.Type(words.CodeLabel, code)
	if address != "" {
		r.Type(words.ServerLabel, address)
	}
	r.Tap(words.Next)
	r.Want(words.PINAgain)
	label := words.PINLabel
	if !r.Sees(label) {
		label = words.PhraseLabel
	}
	r.Type(label, pin)
	r.Type(words.PINAgain, pin)
	r.Tap(words.Next)
	r.Want(words.DeviceHelp)
}

func TestJoinByTyping(t *testing.T) {
	s := newStage(t)
	r := bare(t, uitest.Phone)
	r.Show(Screen(r.Frame, s.start(t)))
	r.WantNot(words.ForgottenWithCode) // no book: nothing to forget
	fill(r, strings.ToLower(s.code.String()), s.server.Address, newPIN)
	if got := r.Field(words.DeviceLabel).Text; got != words.DevicePhone {
		t.Errorf("device is called %q", got)
	}
	r.Field(words.DeviceLabel).SetText("Điện thoại cũ")
	r.Tap(words.JoinDo)
	if s.opened == nil {
		t.Fatalf("no book:\n%s", r.Text())
	}
	if _, err := s.opened.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if me := s.opened.Me(); !strings.Contains(me.Name, "Bình") {
		t.Errorf("joined as %+v", me)
	}
	if err := s.opened.Unlock(t.Context(), newPIN); err != nil {
		t.Errorf("the new PIN does not open: %v", err)
	}
	if err := s.opened.Unlock(t.Context(), "000000"); !notebook.WrongPIN(err) {
		t.Errorf("another PIN: %v", err)
	}
	devices, err := s.server.Registry.AllDevices(t.Context())
	if err != nil || len(devices) != 1 || devices[0].Name != "Điện thoại cũ" {
		t.Errorf("devices: %+v %v", devices, err)
	}
}

func TestJoinByPastingOnADesk(t *testing.T) {
	s := newStage(t)
	s.o.Desktop = true
	s.o.Now = func() time.Time { return time.Unix(3600, 0) } // an empty battery: 1970
	r := bare(t, uitest.Desktop)
	r.Show(Screen(r.Frame, s.start(t)))
	r.Tap(words.JoinBegin)
	r.Tap(words.CodePaste)
	r.Want(words.PasteNothing)
	fyne.CurrentApp().Clipboard().SetContent("tin nhắn không có mã")
	r.Tap(words.CodePaste)
	r.Want(words.PasteOther)
	fyne.CurrentApp().Clipboard().SetContent("Mã: " + s.code.String() + " nhé")
	r.Tap(words.CodePaste)
	r.Want(words.CodeRight, words.ServerLabel)
	r.WantNot(words.PasteOther)
	fyne.CurrentApp().Clipboard().SetContent("Mời đồng chí: " + seal.Invitation{Code: s.code, Address: s.address()}.Text() + " ạ")
	r.Tap(words.CodePaste)
	r.Want(words.ServerKnown(s.address()), words.CodeRight)
	r.WantNot(words.ServerLabel, "Mã sai")
	r.Tap(words.Next)
	r.Type(words.PhraseLabel, "ba con gà")
	r.Tap(words.Next)
	r.Want("Cụm mật khẩu quá ngắn")
	const phrase = "mưa rào tháng sáu"
	r.Field(words.PhraseLabel).SetText(phrase)
	r.Field(words.PINAgain).SetText("mưa rào tháng bảy")
	r.Tap(words.Next)
	r.Want(words.PINDiffers)
	r.Tap(words.ShowLetters)
	if r.Field(words.PhraseLabel).Password || r.Field(words.PINAgain).Password {
		t.Error("the letters are still hidden")
	}
	r.Field(words.PINAgain).SetText(phrase)
	r.Tap(words.Next)
	if got := r.Field(words.DeviceLabel).Text; got != words.DeviceDesktop {
		t.Errorf("device is called %q", got)
	}
	r.Tap(words.JoinDo)
	if s.opened == nil {
		t.Fatalf("no book:\n%s", r.Text())
	}
}

// Whatever fails, a sentence says what to do, what was typed is still there, and the next
// try can go well.
func TestFailuresKeepWhatWasTyped(t *testing.T) {
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := nobody.Addr().String()
	nobody.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		spoil func(s *stage, j *Start) (code seal.Code, address string)
		want  string
	}{
		"no network": {func(s *stage, _ *Start) (seal.Code, string) { return s.code, gone }, words.JoinNoNetwork},
		"wrong code": {func(s *stage, _ *Start) (seal.Code, string) {
			c := s.code
			c.Secret[3] ^= 1
			return c, s.server.Address
		}, "Máy chủ ở địa chỉ này không biết mã"},
		"another server": {func(s *stage, _ *Start) (seal.Code, string) {
			return s.code, probe.Start(t, probe.Options{}).Address
		}, "mã"},
		"used code": {func(s *stage, _ *Start) (seal.Code, string) {
			o := s.o
			o.Dir = filepath.Join(t.TempDir(), "first")
			n, err := notebook.Enrol(t.Context(), o, notebook.Network{}, notebook.Join{Invitation: s.code.String(), Address: s.address(), DeviceName: "x"}, newPIN)
			if err != nil {
				t.Fatal(err)
			}
			n.Close()
			return s.code, s.server.Address
		}, "mã"},
		"no folder": {func(s *stage, j *Start) (seal.Code, string) {
			j.Options.Dir = filepath.Join(file, "book")
			return s.code, s.server.Address
		}, words.CannotWrite},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			start := s.start(t)
			code, address := c.spoil(s, &start)
			r := bare(t, uitest.Phone)
			r.Show(Screen(r.Frame, start))
			fill(r, code.String(), address, newPIN)
			r.Tap(words.JoinDo)
			r.Want(c.want)
			r.WantNot(words.Unexpected, words.JoinWaiting, words.NoNetwork)
			if s.opened != nil {
				t.Fatal("a book all the same")
			}
			r.Tap(words.LookAtCode)
			if got := r.Field(words.CodeLabel).Text; got != code.String() {
				t.Errorf("the code is now %q", got)
			}
			if got := r.Field(words.ServerLabel).Text; got != address {
				t.Errorf("the address is now %q", got)
			}
			if name != "no network" {
				return
			}
			r.Field(words.ServerLabel).SetText(s.address())
			r.Tap(words.Next)
			r.Tap(words.Next)
			r.Tap(words.JoinDo)
			if s.opened == nil {
				t.Errorf("the second try did not go through:\n%s", r.Text())
			}
		})
	}
}

// A desk has no PIN: the steps name what it has.
func TestRecoverOnADesk(t *testing.T) {
	r := bare(t, uitest.Desktop)
	r.Show(Recover(r.Frame, Start{Options: notebook.Options{Desktop: true}}, nil))
	r.Want(words.RecoverPhraseTitle)
	r.WantNot(words.RecoverTitle)
}

// A phone that the server does not know any more goes on with its open book.
func TestRejoin(t *testing.T) {
	s := newStage(t)
	n, err := notebook.Enrol(t.Context(), s.o, notebook.Network{}, notebook.Join{Invitation: s.code.String(), Address: s.address(), DeviceName: "x"}, newPIN)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if _, err := n.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	was := n.Me().Device
	done := 0
	r := bare(t, uitest.Phone)
	r.Show(&frame.Screen{Name: "below", Title: "Gửi", Body: kit.Plain("ở dưới")})
	r.Frame.Push(Rejoin(r.Frame, notebook.Network{}, n, func() { done++ }))
	r.Want(words.RejoinIntro, words.RejoinTitle, "1/2")
	if got := r.Field(words.ServerLabel).Text; got != s.address() {
		t.Errorf("the address is %q", got)
	}
	// The code of somebody else changes nothing.
	r.Type(words.CodeLabel, s.server.Codes(t, s.other).String())
	r.Tap(words.Next)
	r.Want("2/2", words.DeviceHelp)
	r.Tap(words.RejoinDo)
	r.Want("Mã này là của người khác")
	if n.Me().Device != was || done != 0 {
		t.Fatalf("device %d after %d, done %d times", n.Me().Device, was, done)
	}
	r.Tap(words.LookAtCode)
	r.Field(words.CodeLabel).SetText("")
	r.Type(words.CodeLabel, s.server.Codes(t, s.member).String())
	r.Tap(words.Next)
	r.Tap(words.RejoinDo)
	r.Want("ở dưới")
	if n.Me().Device == was || done != 1 {
		t.Errorf("device %d after %d, done %d times", n.Me().Device, was, done)
	}
	if _, err := n.Sync(t.Context()); err != nil {
		t.Errorf("%v (%s)", err, notebook.Say(err))
	}
}

func TestRecover(t *testing.T) {
	s := newStage(t)
	n, err := notebook.Enrol(t.Context(), s.o, notebook.Network{}, notebook.Join{Invitation: s.code.String(), Address: s.address(), DeviceName: "x"}, newPIN)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := bare(t, uitest.Phone)
	r.Show(Recover(r.Frame, s.start(t), func() *notebook.Notebook { return n }))
	r.Want(words.RecoverIntro)
	r.Type(words.CodeLabel, s.server.Codes(t, s.member).String())
	r.Type(words.ServerLabel, s.server.Address)
	r.Tap(words.Next)
	r.Type(words.PINLabel, "314159")
	r.Type(words.PINAgain, "314159")
	r.Tap(words.RecoverDo)
	if s.opened == nil {
		t.Fatalf("no book:\n%s", r.Text())
	}
	if err := s.opened.Unlock(t.Context(), "314159"); err != nil {
		t.Errorf("the new PIN: %v", err)
	}
	if me := s.opened.Me(); !strings.Contains(me.Name, "Bình") {
		t.Errorf("the book is empty: %+v", me)
	}
}

func TestForgottenIsOfferedWhereABookIs(t *testing.T) {
	b := notebooktest.NewBranch(t)
	dir := t.TempDir()
	b.Empty(notebooktest.Binh, dir).Close()
	r := bare(t, uitest.Phone)
	r.Show(Screen(r.Frame, Start{Options: b.Options(dir)}))
	r.Tap(words.ForgottenWithCode)
	r.Want(words.RecoverTitle, words.RecoverIntro)
}

// codeScreen shows the step of the code.
func codeScreen(t *testing.T, size fyne.Size) (*uitest.Rig, *joining) {
	r := bare(t, size)
	j := newJoining(r.Frame, Start{}, false)
	r.Show(j.codeStep)
	return r, j
}

// The letters of this code are known, so pictures of it stay the same.
func known(t *testing.T) string {
	t.Helper()
	c := seal.Code{ID: "7K2P", Secret: [10]byte{0x50, 0xC6, 0xD4, 0xFB, 0xD9, 0x10, 0x21, 0x66, 0x7A, 0x9B}}
	return c.String()
}

func TestCodeFieldGroups(t *testing.T) {
	good := known(t)
	plain := strings.ReplaceAll(good, "-", "")
	for name, c := range map[string]struct {
		keys  string // ← left, ⌫ backspace
		want  string
		caret int
		says  string
	}{
		"all at once":           {keys: strings.ToLower(plain), want: good, caret: 25},
		"own hyphens":           {keys: good, want: good, caret: 25},
		"blanks and dots":       {keys: strings.NewReplacer("-", " . ").Replace(good), want: good, caret: 25},
		"look-alikes":           {keys: "ooilđ", want: "0011-D", caret: 6},
		"a letter back":         {keys: "7k2pa⌫", want: "7K2P", caret: 4},
		"over the hyphen":       {keys: "7k2pab←←⌫", want: "7K2P-AB", caret: 4},
		"forgotten, put in":     {keys: "7kpabc←←←←←2", want: "7K2P-ABC", caret: 3},
		"too much, taken out":   {keys: "7kk2pab←←←←←⌫", want: "7K2P-AB", caret: 2},
		"closed too early":      {keys: "7k2-", want: "7K2 ", caret: 4},
		"and gone on":           {keys: "7k2-ab", want: "7K2 AB", caret: 6, says: "Mã sai ở nhóm thứ 1. Xem lại phiếu: nhóm này thiếu chữ, cần 4, đang có 3."},
		"and mended":            {keys: "7k2-ab←←←p", want: "7K2P-AB", caret: 4},
		"no letter of a code":   {keys: "7k2pauc", want: "7K2P-AUC", caret: 8, says: "Mã sai ở nhóm thứ 2. Xem lại phiếu: mã không có chữ «U»."},
		"accents of a keyboard": {keys: "7k2á", want: "7K2á", caret: 4, says: "nhóm thứ 1"},
		"one too many":          {keys: plain + "7", want: good + "7", caret: 26, says: "nhóm thứ 5"},
		"two swapped":           {keys: "k7" + plain[2:], want: "K7" + good[2:], caret: 25, says: words.CodeWrong},
	} {
		t.Run(name, func(t *testing.T) {
			r, j := codeScreen(t, uitest.Phone)
			e := r.Field(words.CodeLabel)
			r.Window.Canvas().Focus(e)
			for _, k := range c.keys {
				switch k {
				case '←':
					e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft})
				case '⌫':
					e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
				default:
					e.TypedRune(k)
				}
			}
			if e.Text != c.want || e.CursorColumn != c.caret {
				t.Errorf("%q caret %d, want %q %d", e.Text, e.CursorColumn, c.want, c.caret)
			}
			if c.says == "" {
				r.WantNot("Mã sai", words.CodeWrong)
			} else {
				r.Want(c.says)
			}
			if whole := c.want == good; whole != r.Sees(words.CodeRight) {
				t.Errorf("says that the code is right: %v", !whole)
			}
			if c.want == good && j.code.code.Text() != good {
				t.Errorf("read as %q", j.code.code.Text())
			}
		})
	}
}

// However much is typed, and in whatever size, the page is no wider than the phone.
func TestTheCodeNeverWidensThePage(t *testing.T) {
	r, j := codeScreen(t, uitest.Phone)
	for step := range kit.Steps() {
		r.Theme(kit.Theme{Step: step, Shade: kit.Light})
		for _, s := range []string{"", "WWWW", strings.Repeat("W", 21), strings.Repeat("W", 300), strings.Repeat("W", 40) + " " + strings.Repeat("W", 40)} {
			r.Field(words.CodeLabel).SetText(s)
			for _, g := range j.code.groups {
				if w := g.MinSize().Width; w > 360-8*kit.Grid {
					t.Errorf("step %d, %.30q: a group is %v wide", step, s, w)
				}
			}
		}
	}
}

func TestNextNeedsCodeAndAddress(t *testing.T) {
	r, _ := codeScreen(t, uitest.Phone)
	r.Tap(words.Next)
	r.Want(words.CodeEmpty, words.ServerNeeded)
	r.Type(words.CodeLabel, "7K2P-AB")
	r.Type(words.ServerLabel, "http://may.xa.example")
	r.Tap(words.Next)
	r.Want("Mã còn thiếu 15 chữ", "Địa chỉ máy chủ chưa đúng")
}

type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error { c.closed = true; return nil }

func TestPicture(t *testing.T) {
	pictureOf := func(text string) []byte {
		b, err := qrcode.Encode(text, qrcode.Medium, 400)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	line := "sodanvan://enrol?c=" + known(t) + "&s=https%3A%2F%2Fmay.xa.example"
	for name, c := range map[string]struct {
		data []byte
		err  error
		want string
	}{
		"of a slip":    {data: pictureOf(line), want: words.ServerKnown("https://may.xa.example")},
		"of something": {data: pictureOf("https://example.com/"), want: words.PictureOther},
		"no code":      {data: []byte("\x89PNG"), want: words.PictureUnread},
		"no access":    {err: errors.New("refused"), want: words.PictureUnread},
	} {
		t.Run(name, func(t *testing.T) {
			r, j := codeScreen(t, uitest.Phone)
			file := &closing{Reader: bytes.NewReader(c.data)}
			j.pick = func(chosen func(io.ReadCloser, error)) {
				if c.err != nil {
					chosen(nil, c.err)
				} else {
					chosen(file, nil)
				}
			}
			r.Tap(words.CodePicture)
			r.Want(c.want)
			r.WantNot(words.CodeLooking)
			if c.err == nil && !file.closed {
				t.Error("the file stays open")
			}
		})
	}
	t.Run("none chosen", func(t *testing.T) {
		r, j := codeScreen(t, uitest.Phone)
		j.pick = func(chosen func(io.ReadCloser, error)) { chosen(nil, nil) }
		before := r.Text()
		r.Tap(words.CodePicture)
		if r.Text() != before {
			t.Errorf("something changed:\n%s", r.Text())
		}
	})
}

// The file dialog comes up over the step, at the user's own files, with words of ours.
func TestFileDialog(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	for name, size := range map[string]fyne.Size{"phone": uitest.Phone, "desk": uitest.Desktop} {
		t.Run(name, func(t *testing.T) {
			r, _ := codeScreen(t, size)
			r.Tap(words.CodePicture)
			if got := len(r.Window.Canvas().Overlays().List()); got != 1 {
				t.Fatalf("%d dialogs", got)
			}
			if !r.Sees(words.Cancel) && !strings.Contains(r.Text(), words.PictureOpen) {
				t.Errorf("no words of ours:\n%s", r.Text())
			}
		})
	}
}

func TestPictures(t *testing.T) {
	good := known(t)
	r := bare(t, uitest.Phone)
	r.Show(Screen(r.Frame, Start{Options: notebook.Options{Dir: t.TempDir()}}))
	r.Golden("welcome")
	r.Tap(words.JoinBegin)
	r.Golden("code_empty")
	r.Type(words.CodeLabel, good[:11])
	r.Window.Canvas().Unfocus()
	r.Golden("code_half")
	r.Field(words.CodeLabel).SetText(good[:5] + "AU3D-" + good[10:])
	r.Golden("code_wrong_group")
	r.Theme(kit.Theme{Step: 3, Shade: kit.Light})
	r.Field(words.CodeLabel).SetText("WWWW-WUWW-WWWW-WWWW-WWWWWWW")
	r.Golden("code_big")
	r.Theme(kit.Theme{Shade: kit.Dark})
	r.Field(words.CodeLabel).SetText(good[:5] + "AU3D-" + good[10:])
	r.Golden("code_dark")
	r.Theme(kit.Theme{Shade: kit.Light})
	r.Field(words.CodeLabel).SetText(good)
	r.Field(words.ServerLabel).SetText("127.0.0.1:1")
	r.Tap(words.Next)
	r.Field(words.PINLabel).SetText("121212")
	r.Tap(words.Next)
	r.Golden("pin")
	r.Window.Resize(uitest.Desktop)
	r.Golden("pin_wide")
	r.Window.Resize(uitest.Phone)
	r.Field(words.PINLabel).SetText(newPIN)
	r.Field(words.PINAgain).SetText(newPIN)
	r.Tap(words.Next)
	r.Golden("device")
	r.Tap(words.JoinDo) // nothing listens there
	r.Golden("no_network")
}
