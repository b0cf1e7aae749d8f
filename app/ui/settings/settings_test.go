package settings

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	"sodanvan/app/notebook/notebooktest"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/ui/uitest"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/viet/typing"
)

// device is a driver's device that says it is a phone.
type device struct{ fyne.Device }

func (device) IsMobile() bool { return true }

// phone is a driver with that device.
type phone struct{ fyne.Driver }

func (p phone) Device() fyne.Device { return device{p.Driver.Device()} }

// phoneApp is an app on a phone.
type phoneApp struct{ fyne.App }

func (a phoneApp) Driver() fyne.Driver { return phone{a.App.Driver()} }

func TestPrefs(t *testing.T) {
	t.Cleanup(func() { kit.Typing = typing.Off })
	app := test.NewTempApp(t)
	first := typing.Telex
	if fyne.CurrentDevice().IsMobile() { // this test binary has the phone's driver
		first = typing.Off
	}
	if got, want := Load(app), (Prefs{Typing: first}); got != want {
		t.Errorf("at first: %+v, want %+v", got, want)
	}
	fyne.SetCurrentApp(phoneApp{app})
	if got := Load(app); got != (Prefs{}) {
		t.Errorf("at first on a phone: %+v", got)
	}
	fyne.SetCurrentApp(app)
	for _, p := range []Prefs{{Step: 3, Shade: kit.Dark, Typing: typing.VNI}, {Step: 1, Shade: kit.Light, Typing: typing.Off}, {Typing: typing.Telex}} {
		p.Save(app)
		if got := Load(app); got != p {
			t.Errorf("kept %+v as %+v", p, got)
		}
		p.Apply(app)
		if th, ok := app.Settings().Theme().(kit.Theme); !ok || th.Step != p.Step || th.Shade != p.Shade || kit.Typing != p.Typing {
			t.Errorf("applied %+v as %+v, typing %v", p, app.Settings().Theme(), kit.Typing)
		}
	}
	for _, step := range []int{-3, 99} {
		app.Preferences().SetInt(stepKey, step)
		app.Preferences().SetString(shadeKey, "?")
		app.Preferences().SetString(typingKey, "?")
		if got := Load(app); got.Step < 0 || got.Step >= kit.Steps() || got.Shade != kit.BySystem || got.Typing != first {
			t.Errorf("from nonsense: %+v", got)
		}
	}
}

var communeHolder = book.Holder{Kind: pb.HolderKind_HOLDER_KIND_COMMUNE, ID: book.ID(notebooktest.Commune)}

type calls struct{ applied, locked int }

func shown(t *testing.T, size fyne.Size) (*uitest.Rig, *calls) {
	t.Helper()
	t.Cleanup(func() { kit.Typing = typing.Off })
	b := notebooktest.NewBranch(t)
	for i, w := range []string{"cãi nhau", "nợ nần"} {
		b.Put(pb.Kind_KIND_CATEGORY, notebooktest.NewID(uint64(900+i)), notebooktest.Commune, communeHolder, &pb.Category{
			Use: pb.CategoryUse_CATEGORY_USE_WARNED_WORD.Enum(), Name: proto.String(w)})
	}
	r := uitest.Over(t, size, b, notebooktest.Binh)
	kit.Typing = Load(fyne.CurrentApp()).Typing // as at the start of the app
	c := &calls{}
	r.Show(Root(r.Frame, Deps{
		Apply: func() { c.applied++; r.Frame.Redraw() },
		Lock:  func() { c.locked++ },
		Check: func() *frame.Screen { return &frame.Screen{Name: "check", Title: words.CheckDevice} },
	}))
	return r, c
}

func TestLook(t *testing.T) {
	r, c := shown(t, uitest.Phone)
	r.Want("Bình", words.TextSample, words.VersionUnknown)
	r.Tap(words.TextStep(2))
	r.Tap(words.ShadeDark)
	app := fyne.CurrentApp()
	if got := Load(app); got.Step != 2 || got.Shade != kit.Dark || c.applied != 2 {
		t.Errorf("kept %+v, applied %d times", got, c.applied)
	}
	if th := app.Settings().Theme().(kit.Theme); th.Step != 2 || th.Shade != kit.Dark {
		t.Errorf("shown in %+v", th)
	}
	r.Tap(words.TextStep(2))
	if got := Load(app); got.Step != 2 {
		t.Error("a second tap took the size back")
	}
	r.Tap(words.LockNow)
	r.Tap(words.CheckDevice)
	if c.locked != 1 || r.Frame.Top().Name != "check" {
		t.Errorf("locked %d times, at %s", c.locked, r.Frame.Top().Name)
	}
}

func TestTyping(t *testing.T) {
	r, _ := shown(t, uitest.Phone)
	for _, c := range []struct{ way, keys, want string }{
		{words.TypingTelex, "nguwowif Hoaf ddaangr", "người Hòa đẩng"},
		{words.TypingVNI, "ngu7o7i2 Hoa2 d9a6ng3", "người Hòa đẩng"},
		{words.TypingOff, "nguwowif7", "nguwowif7"},
	} {
		r.Tap(c.way)
		r.Field(words.TypingTry).SetText("")
		r.Type(words.TypingTry, c.keys)
		if got := r.Field(words.TypingTry).Text; got != c.want {
			t.Errorf("%s: %q, want %q", c.way, got, c.want)
		}
	}
	if Load(fyne.CurrentApp()).Typing != typing.Off {
		t.Error("the last choice was not kept")
	}
}

func TestChangePIN(t *testing.T) {
	r, _ := shown(t, uitest.Phone)
	r.Tap(words.ChangePIN)
	r.Tap(words.ChangeDo)
	r.Want(words.OldNeeded, "Mã PIN quá ngắn")
	r.Type(words.OldPIN, "999111")
	r.Field(words.PINLabel).SetText("314159")
	r.Field(words.PINAgain).SetText("314158")
	r.Tap(words.ChangeDo)
	r.Want(words.PINDiffers)
	r.Field(words.PINAgain).SetText("314159")
	r.Tap(words.ChangeDo)
	r.Want("Mã PIN chưa đúng")
	r.Window.Canvas().Unfocus()
	r.Golden("pin_wrong")
	if err := r.Book.Unlock(t.Context(), notebooktest.PIN); err != nil {
		t.Fatalf("the PIN was changed without the old one: %v", err)
	}
	r.Field(words.OldPIN).SetText(notebooktest.PIN)
	r.Tap(words.ChangeDo)
	r.Want(words.ChangeDone, words.SettingsTitle)
	if err := r.Book.Unlock(t.Context(), "314159"); err != nil {
		t.Errorf("the new PIN: %v", err)
	}
	if err := r.Book.Unlock(t.Context(), notebooktest.PIN); !notebook.WrongPIN(err) {
		t.Errorf("the old PIN: %v", err)
	}
}

// Who goes back while the PIN is being changed finds the screens as they left them.
func TestChangePINWhileGoingBack(t *testing.T) {
	app := test.NewTempApp(t)
	app.Settings().SetTheme(kit.Theme{Shade: kit.Light})
	win := test.NewTempWindow(t, nil)
	b := notebooktest.NewBranch(t)
	var later []func()
	f := frame.New(frame.Options{Window: win, Now: b.Now, Start: func(work func()) { later = append(later, work) }})
	t.Cleanup(f.Close)
	f.Book = b.Phone(notebooktest.Binh)
	win.Resize(uitest.Phone)
	r := &uitest.Rig{T: t, Frame: f, Window: win, Branch: b, Book: f.Book}
	below := &frame.Screen{Name: "below", Body: kit.Plain("dưới")}
	f.Only(&frame.Screen{Name: "first", Body: kit.Plain("đầu")})
	f.Push(below)
	f.Push(changePIN(f))
	r.Field(words.OldPIN).SetText(notebooktest.PIN)
	r.Field(words.PINLabel).SetText("314159")
	r.Field(words.PINAgain).SetText("314159")
	r.Tap(words.ChangeDo)
	f.Back()
	if f.Top() != below || len(later) != 1 {
		t.Fatalf("%s is shown, %d things are to be done", f.Top().Name, len(later))
	}
	later[0]()
	if f.Top() != below {
		t.Errorf("%s is shown after it", f.Top().Name)
	}
	r.Want(words.ChangeDone)
}

func TestWarnTable(t *testing.T) {
	r, _ := shown(t, uitest.Phone)
	r.Tap(words.WarnTable)
	r.Want("cãi nhau", "nợ nần", words.WarnTableSays)
	r.Golden("words")
}

func TestPictures(t *testing.T) {
	r, _ := shown(t, uitest.Phone)
	r.Golden("phone")
	r.Tap(words.TextStep(3))
	r.Golden("big")
	r.Tap(words.TextStep(0))
	r.Tap(words.ShadeDark)
	r.Golden("dark")
	r.Tap(words.ShadeLight)
	r.Window.Resize(uitest.Desktop)
	r.Golden("desk")
}
