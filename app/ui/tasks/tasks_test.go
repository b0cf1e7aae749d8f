package tasks

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/ui/uitest"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// tall shows a whole page in one picture.
var tall = fyne.NewSize(360, 1700)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v (%s)", err, notebook.Say(err))
	}
}

func save(t *testing.T) func(s notebook.Saved, err error) notebook.ID {
	return func(s notebook.Saved, err error) notebook.ID {
		t.Helper()
		check(t, err)
		return s.ID
	}
}

func sync(t *testing.T, phones ...*notebook.Notebook) {
	t.Helper()
	for _, n := range phones {
		_, err := n.Sync(t.Context())
		check(t, err)
	}
}

func agree(t *testing.T, n *notebook.Notebook, household notebook.ID) {
	t.Helper()
	save(t)(n.RecordConsent(t.Context(), notebook.NewConsent{
		Household: household, Purpose: pb.Purpose_PURPOSE_KEEP, Answer: pb.Answer_ANSWER_GIVEN, NoticeVersion: "TB-01", Channel: pb.Channel_CHANNEL_SPOKEN,
	}))
}

// opened notes what was opened through Deps.
type opened struct{ names []string }

func (o *opened) page(kind string, ids ...any) *frame.Screen {
	name := kind + fmt.Sprint(ids...)
	o.names = append(o.names, name)
	return &frame.Screen{Name: kind, Title: kind, Body: kit.Plain(kind)}
}

func (o *opened) deps() Deps {
	return Deps{
		Desk:      func() *frame.Screen { return o.page("desk") },
		Household: func(id notebook.ID) *frame.Screen { return o.page("household", id) },
		Resume: func(d notebook.Draft) *frame.Screen {
			if d.Kind.Code == "contribution" {
				return nil
			}
			return o.page("draft", d.ID)
		},
		Mend:     func(m notebook.Mend) *frame.Screen { return o.page("mend", m.Record) },
		Visit:    func(household, id notebook.ID) *frame.Screen { return o.page("visit", household, " ", id) },
		Petition: func(id notebook.ID) *frame.Screen { return o.page("petition", id) },
	}
}

// show puts the tab into the window.
func show(r *uitest.Rig) *opened {
	o := &opened{}
	r.Frame.SetTabs(&frame.Tab{
		Name: "tasks", Label: words.TabTasks, Sign: kit.SignTasks, Root: func() *frame.Screen { return Root(r.Frame, o.deps()) },
		Count: func() int { return Count(r.Book) },
	})
	return o
}

// busy is a day on which everything waits for Bình; the ids of what waits.
type busy struct {
	*uitest.Rig
	mend, visit, petition, draft notebook.ID
}

func aBusyDay(t *testing.T, size fyne.Size) busy {
	t.Helper()
	b := nt.NewBranch(t)
	r := uitest.Over(t, size, b, nt.Binh)
	n, desk := r.Book, b.Phone(nt.Hoa)
	d := busy{Rig: r}
	agree(t, n, nt.Dat)
	d.visit = save(t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Day: nt.Day(20, 10, 2026), Contact: pb.Contact_CONTACT_AT_HOME, FollowUp: nt.Day(15, 11, 2026)}))
	d.petition = save(t)(n.RecordPetition(t.Context(), notebook.NewPetition{Household: nt.Dat, Text: "Đường ngõ 5 ngập sau mỗi trận mưa, xe máy không vào được"}))
	save(t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Lan, Day: nt.Day(1, 11, 2026), Contact: pb.Contact_CONTACT_PHONE, FollowUp: nt.Today}))
	mine, theirs := "0911 111 111", "0922 222 222"
	sync(t, n, desk)
	save(t)(n.EditHousehold(t.Context(), nt.Dat, notebook.HouseholdEdit{Phone: &mine}))
	save(t)(desk.EditHousehold(t.Context(), nt.Dat, notebook.HouseholdEdit{Phone: &theirs}))
	save(t)(desk.Return(t.Context(), d.visit, "ghi thêm đã trao đổi gì"))
	save(t)(desk.Return(t.Context(), d.petition, "ghi rõ đoạn nào của ngõ, dài bao nhiêu mét"))
	sync(t, n, desk, n)
	b.Refuse = func(*pb.Patch) *book.Refusal {
		return &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_NO_CONSENT, Field: 4, Rule: "no_consent_keep"}
	}
	d.mend = save(t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Quang, Day: nt.Day(19, 11, 2026), Contact: pb.Contact_CONTACT_AT_HOME}))
	sync(t, n)
	b.Refuse = nil
	note, contact := "Gia đình hỏi lịch lấy nước", pb.Contact_CONTACT_AT_HOME
	id, err := n.SaveDraft(t.Context(), notebook.DraftForm{Household: nt.Dat, Edit: notebook.VisitEdit{Note: &note, Contact: &contact}})
	check(t, err)
	d.draft = id
	return d
}

// lastOpened tells what was opened last and goes back.
func (d busy) lastOpened(t *testing.T, o *opened, want string) {
	t.Helper()
	if len(o.names) == 0 || o.names[len(o.names)-1] != want {
		t.Fatalf("opened %q, want %q", o.names, want)
	}
	d.Frame.Back()
}

func TestEveryLineOpensItsScreen(t *testing.T) {
	d := aBusyDay(t, tall)
	o := show(d.Rig)
	if got := Count(d.Book); got != 4 {
		t.Errorf("%d at the tab, want a thing to mend, a conflict and two returned", got)
	}
	d.Want("Cần sửa (1)", "Bị sửa chồng (1)", "Bí thư trả lại (2)", "Đang ghi dở (1)", "Hẹn gặp (2)", "Hẹn 15/11, đã qua 6 ngày", words.DueToday,
		"Trả lại: «ghi rõ đoạn nào của ngõ, dài bao nhiêu mét»", "7 việc")
	d.WantNot(words.Desk, words.TasksLongest)
	d.Golden("busy")
	d.Tap("Ghi chép: Hộ chưa đồng ý")
	d.lastOpened(t, o, "mend"+d.mend.String())
	d.Tap("Lượt tiếp xúc · 20/10/2026 Tại nhà")
	d.lastOpened(t, o, "visit"+nt.Dat.String()+" "+d.visit.String())
	d.Tap("Đường ngõ 5 ngập")
	d.lastOpened(t, o, "petition"+d.petition.String())
	d.Tap(words.DueToday)
	d.lastOpened(t, o, "household"+nt.Lan.String())
	d.Tap("10:42 ngày 21/11")
	d.lastOpened(t, o, "draft"+d.draft.String())
}

func TestConflictIsAnswered(t *testing.T) {
	for _, c := range []struct{ name, tap, phone, said string }{
		{"mine", words.KeepMine, "0911 111 111", words.KeptMine},
		{"theirs", words.KeepTheirs, "0922 222 222", words.KeptTheirs},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := aBusyDay(t, tall)
			show(d.Rig)
			d.Want("Của mình: «0911 111 111»", "Đang ghi: «0922 222 222»", "Đồng chí Lê Thị Hoa đã sửa lúc 10:42 ngày 21/11. Giữ của mình?")
			d.Tap(c.tap)
			d.Want(c.said)
			d.WantNot(words.Conflicts)
			if p, err := d.Book.Household(nt.Dat); err != nil || p.Phone != c.phone || len(d.Book.Conflicts()) != 0 {
				t.Errorf("%s %v %+v", p.Phone, err, d.Book.Conflicts())
			}
		})
	}
}

func TestConflictThatWasAnsweredElsewhere(t *testing.T) {
	d := aBusyDay(t, tall)
	show(d.Rig)
	check(t, d.Book.KeepTheirs(t.Context(), d.Book.Conflicts()[0].ID))
	d.Tap(words.KeepMine)
	d.Want(words.GoneMeanwhile)
}

func TestDraftIsDroppedAfterAQuestion(t *testing.T) {
	d := aBusyDay(t, tall)
	show(d.Rig)
	d.Window.Resize(uitest.Phone)
	drop := words.DropOf("Lượt tiếp xúc", "Hộ ông Nguyễn Văn Đạt")
	d.Tap(drop)
	d.Want(words.DropDraftAsk, "Lượt tiếp xúc, Hộ ông Nguyễn Văn Đạt: phần đang ghi dở sẽ mất, không lấy lại được.")
	d.Golden("drop")
	d.Tap(words.Cancel)
	if len(d.Book.Drafts()) != 1 {
		t.Fatal("the draft is gone after «Thôi»")
	}
	d.Tap(drop)
	d.Tap(words.DropDraft)
	if len(d.Book.Drafts()) != 0 {
		t.Error("the draft is still there")
	}
	d.WantNot(words.Drafts)
}

func TestDraftOfNoForm(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	agree(t, r.Book, nt.Dat)
	days := 1.5
	_, err := r.Book.SaveDraft(t.Context(), notebook.DraftForm{Household: nt.Dat, Edit: notebook.ContributionEdit{Workdays: &days}})
	check(t, err)
	o := show(r)
	r.Tap("10:42 ngày 21/11")
	if len(o.names) != 1 || o.names[0] != "household"+nt.Dat.String() {
		t.Errorf("opened %q", o.names)
	}
}

func TestEmptyDay(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	o := show(r)
	// Nobody was met yet.
	r.Want(words.TasksHead(words.TasksLongest, 2), "Chưa gặp lần nào")
	r.Tap("Hộ bà Trần Thị Lan")
	if len(o.names) != 1 || o.names[0] != "household"+nt.Lan.String() {
		t.Errorf("opened %q", o.names)
	}
	r.Frame.Back()
	for _, h := range []notebook.ID{nt.Dat, nt.Lan} {
		save(t)(r.Book.RecordVisit(t.Context(), notebook.NewVisit{Household: h, Contact: pb.Contact_CONTACT_AT_HOME}))
	}
	r.Frame.Changed()
	r.Want(words.NoTasks)
	r.Golden("empty")
}

// many puts households of Bình on the server that were not met for long, and one whose name
// is very long.
func many(b *nt.Branch, n int) {
	for i := range n {
		id, head := nt.NewID(uint64(i+1)), fmt.Sprintf("Nguyễn Thị Hồng Nhung %d", i+1)
		if i == 0 {
			head = "Công Tằng Tôn Nữ Nguyễn Thị Phương Thảo Nguyên Hồng"
		}
		b.Put(pb.Kind_KIND_HOUSEHOLD, id, nt.Unit, nt.Household(id), &pb.Household{
			Head: &head, FormOfAddress: proto.String("bà"), Hamlet: proto.String("Xóm Đình"), Address: proto.String("ngõ 5, ngách 12, cạnh nhà văn hóa thôn"),
			Member: book.ID(nt.Binh).Bytes(),
		})
	}
}

func TestLongLists(t *testing.T) {
	b := nt.NewBranch(t)
	many(b, 40)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	for i := range 40 {
		save(t)(r.Book.RecordVisit(t.Context(), notebook.NewVisit{
			Household: nt.NewID(uint64(i + 1)), Day: nt.Day(1, 10, 2026), Contact: pb.Contact_CONTACT_AT_HOME, FollowUp: nt.Day(1+i%20, 11, 2026),
		}))
	}
	show(r)
	r.Want(words.TasksHead(words.TasksDue, 40), words.TasksAll(40))
	r.Golden("long")
	r.Tap(words.TasksAll(40))
	r.WantNot(words.TasksAll(40))
	r.Want("Nguyễn Thị Hồng Nhung 40")
	r.Window.Resize(uitest.Desktop)
	r.Tap("Hộ bà Công Tằng Tôn Nữ Nguyễn Thị Phương Thảo Nguyên Hồng")
	r.Golden("wide")
}

func TestDesk(t *testing.T) {
	b := nt.NewBranch(t)
	n := b.Phone(nt.Binh)
	save(t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_AT_HOME}))
	sync(t, n)
	r := uitest.Over(t, uitest.Phone, b, nt.Hoa)
	o := show(r)
	r.Want(words.Desk, words.DeskWaiting(1))
	if got := Count(r.Book); got != 1 {
		t.Errorf("%d at the tab", got)
	}
	r.Golden("desk")
	r.Tap(words.Desk)
	if len(o.names) != 1 || o.names[0] != "desk" {
		t.Errorf("opened %q", o.names)
	}
	r.Frame.Back()
	save(t)(r.Book.Approve(t.Context(), r.Book.ReviewQueue()[0].Months[0].Visits[0].ID))
	r.Frame.Changed()
	r.Want(words.DeskWaiting(0))
}

// TestNothingMovesWithoutChange: a refresh without news keeps the very widgets, and with
// them the focus and the place.
func TestNothingMovesWithoutChange(t *testing.T) {
	d := aBusyDay(t, tall)
	show(d.Rig)
	page := func() []fyne.CanvasObject { return d.Frame.Top().Body.(*fyne.Container).Objects }
	before := page()[1]
	sync(t, d.Book)
	d.Frame.Changed()
	if page()[1] != before {
		t.Error("the page was built anew without news")
	}
}

func TestLooks(t *testing.T) {
	d := aBusyDay(t, uitest.Phone)
	show(d.Rig)
	d.Theme(kit.Theme{Step: 3})
	d.Golden("large")
	d.Theme(kit.Theme{Shade: kit.Dark})
	d.Golden("dark")
}

func TestClockAt1970(t *testing.T) {
	d := aBusyDay(t, uitest.Phone)
	d.Branch.At = d.Branch.At.AddDate(-56, 0, 0)
	show(d.Rig)
	d.Want("Hẹn 15/11, đã qua 6 ngày", words.DueToday)
	d.WantNot("1970")
}
