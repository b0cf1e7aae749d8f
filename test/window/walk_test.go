package window_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/syncserver/store"
	"sodanvan/syncserver/store/sqlite"
	"sodanvan/test/probe"
	"sodanvan/test/window"
)

func TestMain(m *testing.M) { os.Exit(probe.Main(m)) }

// shots is where pictures of every screen are kept.
const shots = "../../build/screenshots"

// hand drives one app and fails the test where the app does not follow.
type hand struct {
	t *testing.T
	*window.App
	prefix string
	n      int
}

func (h *hand) do(err error) {
	h.t.Helper()
	if err != nil {
		_ = h.Shot(filepath.Join(shots, "failed-"+h.prefix+".png"))
		h.t.Fatalf("%v\nthe app printed:\n%s", err, h.Log())
	}
}

func (h *hand) tap(texts ...string) {
	h.t.Helper()
	for _, s := range texts {
		h.do(h.Tap(s))
	}
}

func (h *hand) wait(texts ...string) { h.t.Helper(); h.do(h.Wait(texts...)) }

func (h *hand) types(field, keys string) { h.t.Helper(); h.do(h.Type(field, keys)) }

// shot keeps a picture, numbered in the order of the walk.
func (h *hand) shot(name string) {
	h.t.Helper()
	h.n++
	h.do(h.Shot(filepath.Join(shots, h.prefix+"-"+string(rune('a'+h.n-1))+"-"+name+".png")))
}

// passphrase opens the books on a desktop, pin those on a phone.
const (
	passphrase = "bon tu khong lien quan"
	pin        = "271828"
)

// programs are the app built for both drivers, with the race detector.
type programs struct{ desktop, phone string }

func build(t *testing.T) programs {
	t.Helper()
	if missing := window.Missing(); len(missing) > 0 {
		t.Fatalf("these tests need %s: run make setup", strings.Join(missing, ", "))
	}
	dir := t.TempDir()
	p := programs{filepath.Join(dir, "desktop"), filepath.Join(dir, "phone")}
	for path, mobile := range map[string]bool{p.desktop: false, p.phone: true} {
		if err := window.Build(t.Context(), path, mobile, true); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// seat is where somebody sits: a phone at the left of the display, a desk at the right.
type seat struct {
	phone      bool
	x, w, h    int
	dir, home  string
	name, slug string
}

func (s seat) secret() string {
	if s.phone {
		return pin
	}
	return passphrase
}

func (s seat) launch(p programs, args ...string) window.Launch {
	l := window.Launch{Name: s.slug, Binary: p.desktop, Args: append([]string{"--book", s.dir}, args...), X: s.x, W: s.w, H: s.h, Home: s.home, Phone: s.phone}
	if s.phone {
		l.Binary = p.phone
	}
	return l
}

func start(t *testing.T, d *window.Display, p programs, s seat, prefix string, args ...string) *hand {
	t.Helper()
	a, err := d.Start(s.launch(p, args...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Kill)
	return &hand{t: t, App: a, prefix: prefix}
}

// joins enrols with the code of the slip, as a person types it.
func (h *hand) joins(s seat, code, address string) {
	h.t.Helper()
	h.wait(words.JoinBegin)
	h.shot("welcome")
	h.tap(words.JoinBegin)
	wrong := strings.Replace(code, code[:1], "0", 1)
	if wrong == code {
		wrong = "8" + code[1:]
	}
	h.types(words.CodeLabel, wrong)
	h.types(words.ServerLabel, address)
	h.tap(words.Next)
	h.shot("wrong-code")
	h.types(words.CodeLabel, "")
	h.do(h.Key("End"))
	h.do(h.Clear(words.CodeLabel))
	h.do(h.Keys(code))
	h.wait(words.CodeRight)
	h.shot("code")
	h.tap(words.Next)
	label := words.PhraseLabel
	if s.phone {
		label = words.PINLabel
	}
	h.types(label, s.secret())
	h.types(words.PINAgain, s.secret())
	h.shot("pin")
	h.tap(words.Next)
	h.shot("device")
	h.tap(words.JoinDo)
	h.wait(words.MyHouseholds)
}

// TestWindowWalk: a member enrols by typing, asks a household, records a visit and sends
// it; the secretary enrols and approves it in the other window; the member sees it. What
// the book and the server then hold is exactly what was typed. Once with the phone's
// driver at the door and the desk's at the secretary's, once the other way round.
func TestWindowWalk(t *testing.T) {
	p := build(t)
	for _, c := range []struct {
		name        string
		memberPhone bool
	}{{"member on a phone", true}, {"member on a desktop", false}} {
		t.Run(c.name, func(t *testing.T) { walk(t, p, c.memberPhone) })
	}
}

func walk(t *testing.T, p programs, memberPhone bool) {
	d, err := window.OpenDisplay(1660, 900)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	server := probe.StartProcess(t, probe.Options{})
	town := probe.NewTown(t, server)
	homes := t.TempDir()
	at := func(slug, name string, phone bool) seat {
		s := seat{phone: phone, dir: filepath.Join(homes, slug, "book"), home: filepath.Join(homes, slug), slug: slug, name: name, w: 540, h: 900}
		if !phone {
			s.x, s.w = 560, 1100
		}
		return s
	}
	prefix := "phone"
	if !memberPhone {
		prefix = "desktop"
	}
	binh, an := at("binh", "Bình", memberPhone), at("an", "An", !memberPhone)

	member := start(t, d, p, binh, prefix+"-member")
	member.joins(binh, town.Codes(t, town.Member(binh.name)).String(), server.URL())
	member.shot("households")

	// Telex is on at a desk; on a phone it is the keyboard that composes, so it is off
	// until somebody turns it on.
	keys, typed := "Gia ddinhf ddoongf ys donj veej sinh ngox 5, hejn chur nhaatj.", "Gia đình đồng ý dọn vệ sinh ngõ 5, hẹn chủ nhật."
	if memberPhone {
		member.tap(words.TabSync, words.OpenSettings)
		member.shot("settings")
		member.tap("Telex")
		member.do(member.Key("Escape"))
		member.tap(words.TabHouseholds)
	}
	member.wait("Hộ Bình 1")
	member.types(words.Search, "binh 2")
	member.shot("search")
	member.do(member.Clear(words.Search))
	member.wait("Hộ Bình 1")
	member.tap("Hộ Bình 1")
	member.shot("household")
	member.tap(words.RecordVisit)
	member.shot("visit-before-consent")
	member.tap(words.AskHousehold)
	member.tap(words.Agrees, "Nói trực tiếp")
	member.shot("consent")
	member.tap(words.RecordAnswer)
	member.tap("Tại nhà")
	member.types(words.FieldNote, keys)
	member.do(member.Value(words.FieldNote, typed))
	member.shot("visit")

	// The phone kills the app in the middle of the form; it reopens on it.
	member.Kill()
	member = start(t, d, p, binh, prefix+"-member-again")
	member.shot("locked")
	unlock(member, binh)
	member.do(member.Value(words.FieldNote, typed))
	member.shot("reopened")
	member.tap(words.Done)
	member.wait(words.Written)
	member.shot("recorded")
	member.tap(words.Close, words.TabSync, words.SendNow)
	member.wait(words.AllSafe)
	member.shot("sent")

	secretary := start(t, d, p, an, prefix+"-secretary")
	secretary.joins(an, town.Codes(t, town.Member(an.name)).String(), server.URL())
	secretary.tap(words.TabTasks, words.Desk)
	secretary.shot("desk")
	secretary.tap(words.ReviewQueue)
	secretary.shot("queue")
	secretary.tap(binh.name)
	secretary.shot("waiting")
	secretary.tap("Hộ Bình 1")
	secretary.wait(typed)
	secretary.shot("record")
	if err := d.Shot(filepath.Join(shots, prefix+"-side-by-side.png")); err != nil {
		t.Fatal(err)
	}
	if an.phone {
		secretary.tap(words.Approve)
	} else {
		secretary.do(secretary.Keys("d"))
	}
	secretary.wait(words.NoneWaits)
	secretary.shot("approved")
	secretary.tap(words.Close)
	if an.phone {
		secretary.tap(words.Back, words.Back) // the tabs are on the first screens
	}
	secretary.tap(words.TabSync, words.SendNow)
	secretary.wait(words.AllSafe)

	member.tap(words.SendNow)
	member.tap(words.TabHouseholds, "Hộ Bình 1")
	member.wait(words.Approved)
	member.shot("approved")

	for _, h := range []*hand{member, secretary} {
		ours, others := races(h.Log())
		for _, r := range ours {
			t.Errorf("%s: the race detector found something:\n%s", h.Name, r)
		}
		if others > 0 {
			t.Logf("%s: %d races inside the toolkit, as in the glide after a finger's flick", h.Name, others)
		}
		h.Kill()
	}
	holds(t, town, binh, typed)
}

// races gives the reports of the race detector in which one of the two accesses was made by
// code of ours, or called from it; and how many others there are. Fyne's phone driver has
// some of its own: the glide after a flick changes an event that the screen's thread reads.
func races(log string) (ours []string, others int) {
	for _, report := range strings.Split(log, "==================") {
		if !strings.Contains(report, "DATA RACE") {
			continue
		}
		// What comes after the accesses is where their goroutines began: always in main.
		accesses, _, _ := strings.Cut(report, "\nGoroutine ")
		if strings.Contains(accesses, "sodanvan/") {
			ours = append(ours, report)
		} else {
			others++
		}
	}
	return ours, others
}

func TestRacesOfOurs(t *testing.T) {
	report := func(first, second string) string {
		return "==================\nWARNING: DATA RACE\nRead at 0x1 by goroutine 1:\n  " + first +
			"()\n\nPrevious write at 0x1 by goroutine 2:\n  " + second + "()\n\nGoroutine 1 (running) created at:\n  sodanvan/app/ui.Run()\n==================\n"
	}
	log := "started\n" + report("fyne.io/fyne/v2/x.A", "fyne.io/fyne/v2/x.B") + report("fyne.io/fyne/v2/x.A", "sodanvan/app/ui/frame.F") + report("sodanvan/app/ui/kit.K", "fyne.io/fyne/v2/x.B")
	if ours, others := races(log); len(ours) != 2 || others != 1 {
		t.Errorf("%d of ours, %d others", len(ours), others)
	}
	if ours, others := races("started\n"); len(ours) != 0 || others != 0 {
		t.Errorf("in a quiet log: %d, %d", len(ours), others)
	}
}

func unlock(h *hand, s seat) {
	h.t.Helper()
	h.wait(words.LockOpen)
	label := words.PhraseLabel
	if s.phone {
		label = words.PINLabel
	}
	h.types(label, s.secret())
	h.tap(words.LockOpen)
}

// holds opens the member's book, and the server's database after it stopped, and finds the
// visit with exactly these words, approved.
func holds(t *testing.T, town *probe.Town, s seat, note string) {
	t.Helper()
	n, err := notebook.Open(context.Background(), notebook.Options{Dir: s.dir, Desktop: !s.phone}, s.secret())
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	var id notebook.ID
	for _, h := range n.Households(notebook.Query{}) {
		if h.Head == "Hộ Bình 1" {
			id = h.ID
		}
	}
	page, err := n.Household(id)
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Visits) != 1 || page.Visits[0].Note != note || page.Visits[0].Contact.Code != "at_home" || page.Visits[0].Receipt.State != notebook.StateApproved {
		t.Fatalf("the book holds %+v", page.Visits)
	}
	if st := n.State(); !st.Safe || len(n.Drafts()) != 0 {
		t.Errorf("the book is not at rest: %+v, %d drafts", st, len(n.Drafts()))
	}
	town.Stop()
	db, err := sqlite.Open(context.Background(), town.Dir, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	visits, verdicts := 0, 0
	if err := db.Read(context.Background(), func(r store.Reader) error {
		row, err := r.Row(book.ID(page.Visits[0].ID))
		if err != nil {
			return err
		}
		if row == nil {
			t.Fatal("the server has no such visit")
		}
		var sent pb.Row
		var v pb.Visit
		if err := proto.Unmarshal(row.Bytes, &sent); err != nil {
			return err
		}
		if err := proto.Unmarshal(sent.GetBody(), &v); err != nil {
			return err
		}
		if v.GetNote() != note || v.GetContact() != pb.Contact_CONTACT_AT_HOME || row.Author != town.Member(s.name) {
			t.Errorf("the server holds %v by %v", &v, row.Author)
		}
		visits++
		about, err := r.About(row.ID, pb.Kind_KIND_REVIEW)
		verdicts = len(about)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if visits != 1 || verdicts != 1 {
		t.Errorf("the server has %d visits, %d verdicts", visits, verdicts)
	}
}
