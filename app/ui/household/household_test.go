package household

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/ui/outline"
	"sodanvan/app/ui/uitest"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func pageOf(t testing.TB, n *notebook.Notebook, id notebook.ID) notebook.Page {
	t.Helper()
	return must[notebook.Page](t)(n.Household(id))
}

func synced(t testing.TB, all ...*notebook.Notebook) {
	t.Helper()
	for _, n := range all {
		must[notebook.Synced](t)(n.Sync(t.Context()))
	}
}

func agree(t testing.TB, n *notebook.Notebook, id notebook.ID) {
	t.Helper()
	must[notebook.Saved](t)(n.RecordConsent(t.Context(), notebook.NewConsent{
		Household: id, Purpose: pb.Purpose_PURPOSE_KEEP, Answer: pb.Answer_ANSWER_GIVEN, NoticeVersion: "bản 1", Channel: pb.Channel_CHANNEL_SPOKEN,
	}))
}

func meet(t testing.TB, n *notebook.Notebook, id notebook.ID, day notebook.Day, note string) notebook.ID {
	t.Helper()
	in := notebook.NewVisit{Household: id, Day: day, Contact: pb.Contact_CONTACT_AT_HOME, Note: note}
	if note != "" {
		in.Topics = []notebook.ID{nt.Hygiene, nt.Loans}
	}
	return must[notebook.Saved](t)(n.RecordVisit(t.Context(), in)).ID
}

func wish(t testing.TB, n *notebook.Notebook, id notebook.ID, text string) notebook.ID {
	t.Helper()
	return must[notebook.Saved](t)(n.RecordPetition(t.Context(), notebook.NewPetition{Household: id, Text: text, Matter: nt.Roads, Day: nt.Day(20, 11, 2026)})).ID
}

func give(t testing.TB, n *notebook.Notebook, id notebook.ID, m2 float64, vnd int64) notebook.ID {
	t.Helper()
	return must[notebook.Saved](t)(n.RecordContribution(t.Context(), id, notebook.ContributionEdit{LandM2: &m2, ValueVND: &vnd}, notebook.ID{})).ID
}

func road(b *nt.Branch) notebook.ID {
	id := nt.NewID(900)
	b.Put(pb.Kind_KIND_INITIATIVE, id, nt.Unit, book.Holder{Kind: pb.HolderKind_HOLDER_KIND_BRANCH, ID: book.ID(nt.Unit)},
		&pb.Initiative{Name: proto.String("Thắp sáng đường quê"), Field: pb.InitiativeField_INITIATIVE_FIELD_CULTURE_SOCIETY.Enum()})
	return id
}

// lived is a branch in which things happened to Dat's household.
func lived(t *testing.T) (*nt.Branch, *notebook.Notebook) {
	b := nt.NewBranch(t)
	road(b)
	before := b.Phone(nt.Binh)
	agree(t, before, nt.Dat)
	meet(t, before, nt.Dat, nt.Day(2, 9, 2026), "")
	meet(t, before, nt.Dat, nt.Day(20, 10, 2026), "Gia đình đồng ý góp đất làm đường, hỏi thêm về vay vốn sửa chuồng trại.")
	wish(t, before, nt.Dat, "Đường ngõ 5 ngập mỗi khi mưa to, xe không đi được, đề nghị nạo vét rãnh trước vụ gặt")
	give(t, before, nt.Dat, 12.5, 500_000)
	must[notebook.Saved](t)(before.TellNotice(t.Context(), nt.Harvest, nt.Dat))
	synced(t, before)
	return b, before
}

// tabs stand as in the app, with the list in the first.
func tabs(r *uitest.Rig, branch bool) {
	one := func(label, sign string) *frame.Tab {
		return &frame.Tab{Name: label, Label: label, Sign: sign, Root: func() *frame.Screen { return List(r.Frame, branch) }}
	}
	r.Frame.SetTabs(one(words.TabHouseholds, kit.SignHome), one(words.TabTasks, kit.SignTasks), one(words.TabPetitions, kit.SignPetition),
		one(words.TabNotices, kit.SignNotice), one(words.TabSync, kit.SignSync))
}

// under opens a screen over the list.
func under(r *uitest.Rig, s *frame.Screen) {
	tabs(r, false)
	r.Frame.Push(s)
}

func TestListFindsAndSorts(t *testing.T) {
	b, _ := lived(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	meet(t, r.Book, nt.Lan, nt.Today, "")
	tabs(r, false)
	r.Want(words.MyHouseholds, "2 hộ", "Nguyễn Văn Đạt", "32 ngày chưa gặp · 1 kiến nghị", "Trần Thị Lan", "gặp hôm nay", words.UnsentCount(1))
	r.WantNot(words.SeeBranch, words.AddHousehold)
	r.Golden("list")
	order := func() []string {
		var names []string
		for _, it := range r.Items() {
			if it.Label == "Nguyễn Văn Đạt" || it.Label == "Trần Thị Lan" {
				names = append(names, it.Label)
			}
		}
		return names
	}
	if got := order(); got[0] != "Trần Thị Lan" {
		t.Errorf("walking order begins with %v", got)
	}
	r.Tap(words.SortWalk)
	if got := order(); got[0] != "Nguyễn Văn Đạt" {
		t.Errorf("by name the list begins with %v", got)
	}
	r.Tap(words.SortName)
	if got := order(); got[0] != "Nguyễn Văn Đạt" {
		t.Errorf("by the longest time the list begins with %v", got)
	}
	r.Tap(words.SortLongest)
	r.Want(words.SortWalk)
	r.Type(words.Search, "dat")
	r.Want("Nguyễn Văn Đạt", "1 hộ")
	r.WantNot("Trần Thị Lan")
	r.Type(words.Search, "zzz")
	r.Want(words.NothingFound, "0 hộ")
}

func TestEmptyListsSayHowToStart(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Dung)
	tabs(r, false)
	r.Want(words.NoneOfMine)
	r.Tap(words.SeeBranch)
	r.Want(words.BranchHouseholds, "5 hộ", words.LookedAfter("Trần Văn Bình"), words.NobodyAssigned, words.AddHousehold)
	r.Tap(words.SeeMine)
	r.Want(words.MyHouseholds, words.NoneOfMine)
	r.WantNot(words.AddHousehold)

	dir := t.TempDir()
	r.Book = b.Empty(nt.Binh, dir)
	t.Cleanup(func() { r.Book.Close() })
	r.Frame.Book = r.Book
	r.Show(List(r.Frame, false))
	r.Want(words.NoHouseholds)
}

func TestListMarksWhatIsOpenBesideIt(t *testing.T) {
	b, _ := lived(t)
	Handover = func(f *frame.Frame, _ notebook.ID) *frame.Screen {
		return &frame.Screen{Name: "handover", Title: "giao"}
	}
	t.Cleanup(func() { Handover = nil })
	r := uitest.Over(t, uitest.Desktop, b, nt.Hoa)
	tabs(r, true)
	r.Tap("Nguyễn Văn Đạt")
	r.Want("Hộ ông Nguyễn Văn Đạt", words.LookedAfterBy("Trần Văn Bình"), words.HandOver)
	r.WantNot(words.RecordVisit, words.RecordPetition, words.Contribute) // Bình has a phone and writes himself
	r.Golden("desk")
	r.Tap("Trần Thị Lan")
	r.Want("Hộ bà Trần Thị Lan")
	r.WantNot("Hộ ông Nguyễn Văn Đạt")
	r.Tap("Nguyễn Văn Đạt") // the row that was open before opens again
	r.Want("Hộ ông Nguyễn Văn Đạt")
	r.Tap(words.HandOver)
	r.Want("giao")
	r.Tap("Lê Quang") // whose member has no phone
	r.Want("Hộ anh Lê Quang", words.RecordVisit, words.RecordPetition)
	r.Tap("Đỗ Mới")
	r.Want("Hộ Đỗ Mới", "Chưa phân công", words.HandOver, words.EditContact)
	r.WantNot(words.RecordVisit)
}

// TestLongListLaysOutWhatIsInSight: 800 households, of which only those in sight are drawn,
// also after scrolling and after a save of one of them.
func TestLongListLaysOutWhatIsInSight(t *testing.T) {
	b := nt.NewBranch(t)
	const all = 800
	for i := range all {
		id := nt.NewID(uint64(1000 + i))
		b.Put(pb.Kind_KIND_HOUSEHOLD, id, nt.Unit, nt.Household(id), &pb.Household{
			Head: proto.String(fmt.Sprintf("Nguyễn Thị Hoàng Ánh %03d", i)), Hamlet: proto.String("Xóm Đình"), Address: proto.String("số 12 ngõ 5"),
			Member: book.ID(nt.Binh).Bytes(), Position: proto.Int32(int32(i + 3)),
		})
	}
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	tabs(r, false)
	list := r.Frame.Top()
	// Fyne keeps the rows in sight and a few around them.
	rows := func() (n int) {
		for _, it := range r.Items() {
			if strings.HasPrefix(it.Label, "Nguyễn Thị Hoàng Ánh") {
				n++
			}
		}
		return n
	}
	if n := rows(); n == 0 || n > 15 {
		t.Fatalf("%d rows are drawn for a window of %v", n, uitest.Phone)
	}
	list.List.ScrollTo(30_000)
	if n := rows(); n == 0 || n > 15 {
		t.Fatalf("%d rows are drawn after scrolling", n)
	}
	first := func() outline.Item {
		for _, it := range r.Items() {
			if strings.HasPrefix(it.Label, "Nguyễn Thị Hoàng Ánh") && it.InSight {
				return it
			}
		}
		t.Fatal("no row is in sight")
		return outline.Item{}
	}
	before := first()
	began := time.Now()
	const refreshes = 50
	for range refreshes {
		r.Frame.Changed()
	}
	idle := time.Since(began) / refreshes
	if after := first(); after.Label != before.Label || after.Y != before.Y || after.Object != before.Object {
		t.Errorf("a refresh without news moved the list from %q to %q, or drew it anew", before.Label, after.Label)
	}
	meet(t, r.Book, nt.NewID(1700), nt.Today, "")
	began = time.Now()
	r.Frame.Changed()
	saved := time.Since(began)
	if after := first(); after.Label != before.Label || after.Y != before.Y {
		t.Errorf("a save moved the list from %q to %q", before.Label, after.Label)
	}
	began = time.Now()
	const steps = 200
	for i := range steps {
		list.List.ScrollTo(float32(i * 250))
	}
	t.Logf("%d rows: %v a refresh without news, %v after a save, %v a step of scrolling", all, idle, saved, time.Since(began)/steps)
	r.Type(words.Search, "799")
	r.Want("Nguyễn Thị Hoàng Ánh 799", "1 hộ")
}

func TestPageShowsWhatWasWritten(t *testing.T) {
	b, _ := lived(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	under(r, Page(r.Frame, nt.Dat))
	number := pageOf(t, r.Book, nt.Dat).Petitions[0].Number
	r.Want("Hộ ông Nguyễn Văn Đạt", "Xóm Đình, số 12", "4 khẩu · Hộ cận nghèo", "32 ngày chưa gặp", words.Call("0912 345 678"),
		words.RecordVisit, words.RecordPetition, "Đồng ý · 21/11/2026", "Chưa hỏi", words.AskHousehold, number+"  Đường ngõ 5 ngập", "20/10  Tại nhà",
		"02/09  Tại nhà", "vệ sinh, vay vốn", "21/11  12,5 m² · 500.000 đồng", "21/11  Lịch lấy nước vụ xuân", words.WhatWeHold, words.EditContact)
	r.WantNot(words.HandOver, words.LookedAfterBy("Trần Văn Bình"))
	r.Golden("page")
	r.Window.Resize(fyne.NewSize(360, 1800))
	r.Golden("page-whole")
	r.Window.Resize(uitest.Phone)
	r.Theme(kit.Theme{Shade: kit.Dark})
	r.Golden("page-dark")
	r.Theme(kit.Theme{Shade: kit.Light, Step: 3})
	r.Golden("page-28px")
	r.Theme(kit.Theme{Shade: kit.Light})
	r.Tap(words.CopyPhone)
	if got := r.Clipboard(); got != "0912 345 678" {
		t.Errorf("copied %q", got)
	}
	fyne.CurrentApp().Clipboard().SetContent("")
	r.Tap(words.Call("0912 345 678"))
	copied := "0912 345 678"
	if fyne.CurrentDevice().IsMobile() {
		copied = "" // its own dialler has it
	} else {
		r.Want(words.PhoneCopied)
	}
	if got := r.Clipboard(); got != copied {
		t.Errorf("after a call «%s» is copied, want «%s»", got, copied)
	}
	if got := dialler("0912 345 678").String(); got != "tel:0912345678" {
		t.Errorf("a phone would dial %q", got)
	}
	for label, screen := range map[string]string{words.RecordVisit: "visit", words.RecordPetition: "petition", "20/10  Tại nhà": "visit", number: "petition", words.AskHousehold: "consent"} {
		r.Tap(label)
		if got := r.Frame.Top().Name; !strings.HasPrefix(got, screen) {
			t.Errorf("«%s» opens %q", label, got)
		}
		r.Frame.Pop()
	}
}

func TestPetitionsSayWhatTheyWaitFor(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	agree(t, r.Book, nt.Dat)
	for i, due := range []notebook.Day{nt.Day(5, 12, 2026), nt.Day(10, 11, 2026)} {
		petition, up, on := wish(t, r.Book, nt.Dat, "Đường ngõ 5 ngập"), nt.NewID(uint64(10+2*i)), nt.NewID(uint64(11+2*i))
		synced(t, r.Book)
		b.Put(pb.Kind_KIND_STEP, up, petition, nt.Household(nt.Dat), &pb.Step{
			What: pb.StepKind_STEP_KIND_SENT_UP.Enum(), Day: proto.Int32(int32(nt.Day(1, 11, 2026))), SentUp: &pb.SentUp{},
		})
		b.Put(pb.Kind_KIND_STEP, on, petition, nt.Household(nt.Dat), &pb.Step{
			Follows: book.ID(up).Bytes(), What: pb.StepKind_STEP_KIND_FORWARDED.Enum(), Day: proto.Int32(int32(nt.Day(2, 11, 2026))),
			Forwarded: &pb.Forwarded{Authority: book.ID(nt.Authority).Bytes(), DueDay: proto.Int32(int32(due))},
		})
	}
	synced(t, r.Book)
	under(r, Page(r.Frame, nt.Dat))
	r.Want("Chuyển cơ quan có thẩm quyền · hạn 05/12", words.PastDue(int32(nt.Day(10, 11, 2026))))
}

func TestPageOfAStrangerSaysSo(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	under(r, Page(r.Frame, nt.An))
	r.Want(words.NotYours)
	r.WantNot(words.RecordVisit)
}

func TestConsentIsTakenBackWithOneTapAndAnAnswer(t *testing.T) {
	b, _ := lived(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	under(r, Page(r.Frame, nt.Dat))
	r.Tap(words.TakeConsent)
	r.Want(words.TakenBackTitle)
	r.Golden("take-back")
	r.Tap(words.Cancel)
	if got := pageOf(t, r.Book, nt.Dat).Consents[0].State; got != "given" {
		t.Fatalf("cancelled, and the consent is %s", got)
	}
	r.Tap(words.TakeConsent)
	r.Tap("Qua điện thoại")
	r.Want(words.TakenBack, "Đã rút đồng ý", words.AskAgain)
	got := pageOf(t, r.Book, nt.Dat).Consents[0]
	if got.State != "withdrawn" || got.Channel.Code != "phone" {
		t.Errorf("%+v", got)
	}
	r.WantNot(words.TakeConsent)
}

func TestConflictIsAnsweredOnThePage(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	dung := b.Phone(nt.Dung)
	mine, theirs, size := "số 12 ngõ 5", "số 12B", int32(6)
	three := int32(3)
	must[notebook.Saved](t)(r.Book.EditHousehold(t.Context(), nt.Dat, notebook.HouseholdEdit{Address: &mine, Size: &size}))
	must[notebook.Saved](t)(dung.EditHousehold(t.Context(), nt.Dat, notebook.HouseholdEdit{Address: &theirs, Size: &three}))
	synced(t, r.Book, dung, r.Book)
	under(r, Page(r.Frame, nt.Dat))
	r.Want("Đồng chí Phạm Tiến Dũng đã sửa lúc", "Giữ của mình?", "Địa chỉ: của mình «số 12 ngõ 5», đang ghi «số 12B»", "Số khẩu: của mình «6», đang ghi «3»")
	r.Golden("conflict")
	first := pageOf(t, r.Book, nt.Dat).Conflicts[0].Field
	for range 2 {
		button := words.KeepTheirs
		if pageOf(t, r.Book, nt.Dat).Conflicts[0].Field == "Địa chỉ" {
			button = words.KeepMine
		}
		tapFirst(r, button)
	}
	p := pageOf(t, r.Book, nt.Dat)
	if len(p.Conflicts) != 0 || p.Address != "Xóm Đình, "+mine || p.Size != three {
		t.Errorf("first %s: %+v %q %d", first, p.Conflicts, p.Address, p.Size)
	}
	r.WantNot("Giữ của mình?")
}

// typeOn types behind what stands in a field.
func typeOn(r *uitest.Rig, field, text string) {
	r.T.Helper()
	e := r.Field(field)
	e.CursorColumn = len([]rune(e.Text))
	r.Type(field, text)
}

// tapFirst taps the first of several buttons of one name.
func tapFirst(r *uitest.Rig, label string) {
	r.T.Helper()
	for _, it := range r.Items() {
		if it.Kind == outline.Button && it.Label == label {
			it.Object.(fyne.Tappable).Tapped(&fyne.PointEvent{})
			return
		}
	}
	r.T.Fatalf("no «%s»", label)
}

func TestLeavingHouseholdTakesNothingNew(t *testing.T) {
	b, _ := lived(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	hoa := b.Phone(nt.Hoa)
	must[notebook.Saved](t)(hoa.AssignHousehold(t.Context(), nt.Lan, nt.Dung))
	synced(t, hoa)
	b.Later = true // what Binh wrote is not taken yet, so the household stays on this phone
	meet(t, r.Book, nt.Lan, nt.Today, "")
	synced(t, r.Book)
	if !pageOf(t, r.Book, nt.Lan).Leaving {
		t.Fatal("the household is not leaving")
	}
	under(r, Page(r.Frame, nt.Lan))
	r.Want(words.Leaving)
	r.WantNot(words.RecordVisit, words.RecordPetition, words.Contribute, words.AskHousehold, words.EditContact)
	r.Golden("leaving")
}

func TestLongPagesShowMoreOnATap(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	for i := range 12 {
		meet(t, r.Book, nt.Lan, nt.Today-notebook.Day(i), "")
	}
	under(r, Page(r.Frame, nt.Lan))
	r.WantNot("10/11  Tại nhà")
	r.Tap(words.MoreOf(4, "lượt"))
	r.Want("10/11  Tại nhà")
}

func TestEditWritesOnlyWhatChanged(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	under(r, Page(r.Frame, nt.Dat))
	r.Tap(words.EditContact)
	r.WantNot("Diện", "Thứ tự đi")
	r.Field("Điện thoại").SetText("123")
	r.Field("Chủ hộ").SetText("")
	r.Tap(words.Done)
	r.Want(words.HeadNeeded)
	r.Window.Resize(fyne.NewSize(360, 900))
	r.Golden("edit-wrong")
	r.Window.Resize(uitest.Phone)
	if got := r.Frame.Top().Name; got != "household-edit" {
		t.Fatalf("a wrong form closed: %s", got)
	}
	r.Field("Chủ hộ").SetText("Nguyễn Văn Đạt")
	r.WantNot(words.HeadNeeded)
	r.Field("Điện thoại").SetText("")
	r.Type("Điện thoại", "+84 933 333 333")
	r.Tap("bà")
	r.Field("Số khẩu").SetText("900")
	r.Tap(words.Done)
	r.Want("Con số nằm ngoài mức cho phép")
	r.Field("Số khẩu").SetText("5")
	// Meanwhile the deputy writes the address.
	dung := b.Phone(nt.Dung)
	address := "số 99"
	must[notebook.Saved](t)(dung.EditHousehold(t.Context(), nt.Dat, notebook.HouseholdEdit{Address: &address}))
	synced(t, dung, r.Book)
	r.Frame.Changed()
	r.Tap(words.Done)
	r.Want(words.Written, "Hộ bà Nguyễn Văn Đạt")
	synced(t, r.Book)
	p := pageOf(t, r.Book, nt.Dat)
	if p.Phone != "0933 333 333" || p.FormOfAddress != "bà" || p.Size != 5 || p.Address != "Xóm Đình, số 99" || len(p.Conflicts) != 0 || len(r.Book.Drafts()) != 0 {
		t.Errorf("%+v", p)
	}
	r.Tap(words.EditContact)
	r.Tap(words.Done)
	r.Want(words.NothingChanged)
}

func TestHalfWrittenEditComesBack(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	under(r, Page(r.Frame, nt.Dat))
	r.Tap(words.EditContact)
	r.WantNot(words.DropHalf)
	typeOn(r, "Điện thoại", "99")
	r.Want(words.SavedHere, words.DropHalf)
	r.Frame.Back()
	r.Want(words.Drafts, "Hộ gia đình đang ghi dở")
	d := r.Book.Drafts()
	if len(d) != 1 {
		t.Fatalf("%+v", d)
	}
	if h, ok := frame.ReadHalf(d[0]); !ok || h.Open || h.Form != formName || h.Fields["phone"] != "0912 345 67899" || len(h.Fields) != 1 {
		t.Errorf("the draft holds %+v", h)
	}
	r.Tap("Hộ gia đình đang ghi dở")
	if got := r.Field("Điện thoại").Text; got != "0912 345 67899" {
		t.Errorf("the form came back with %q", got)
	}
	r.Tap(words.DropHalf)
	r.Tap(words.DropIt)
	r.WantNot(words.Drafts)
	if len(r.Book.Drafts()) != 0 {
		t.Error("the draft is still there")
	}
	if p := pageOf(t, r.Book, nt.Dat); p.Phone != "0912 345 678" {
		t.Error("an edit that was thrown away was written")
	}
}

func TestDeskAddsAHousehold(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Over(t, uitest.Desktop, b, nt.Hoa)
	tabs(r, true)
	r.Tap(words.AddHousehold)
	r.Tap(words.Done)
	r.Want(words.HeadNeeded)
	r.Type("Chủ hộ", "Vũ Thị Mận")
	r.Tap("bà")
	r.Tap("Hộ nghèo")
	r.Type("Thôn", "Xóm Bãi")
	r.Type("Thứ tự đi", "7")
	r.Window.Canvas().Unfocus()
	r.Golden("new-desk")
	r.Tap(words.Done)
	r.Want("Hộ bà Vũ Thị Mận", "Xóm Bãi", "Hộ nghèo", "Chưa phân công")
	id := must[notebook.ID](t)(r.Book.HouseholdNamed("vu thi man"))
	p := pageOf(t, r.Book, id)
	if p.Position != 7 || p.Welfare.Code != "poor" || len(r.Book.Drafts()) != 0 {
		t.Errorf("%+v, drafts %d", p, len(r.Book.Drafts()))
	}
	r.Tap(words.EditContact)
	r.Tap("Hộ nghèo") // taken back
	r.Tap(words.NoForm)
	r.Tap(words.Done)
	if p := pageOf(t, r.Book, id); p.Welfare.Code != "" || p.FormOfAddress != "" {
		t.Errorf("%+v", p)
	}
}

func TestHalfWrittenHouseholdIsTakenUpAgain(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Hoa)
	under(r, New(r.Frame))
	r.Type("Chủ hộ", "Vũ Thị Mận")
	r.Tap("Hộ nghèo")
	d := r.Book.Drafts()
	if len(d) != 1 {
		t.Fatalf("%+v", d)
	}
	r.Frame.Pop()
	r.Frame.Push(ResumeDraft(r.Frame, d[0]))
	r.Want(words.NewHouseholdTitle, "Vũ Thị Mận")
	bare := d[0]
	bare.Form = nil // as another app would have left it
	r.Frame.Replace(ResumeDraft(r.Frame, bare))
	if got := r.Field("Chủ hộ").Text; got != "Vũ Thị Mận" {
		t.Errorf("of a draft without a form came %q", got)
	}
	r.Tap(words.Done)
	p := pageOf(t, r.Book, must[notebook.ID](t)(r.Book.HouseholdNamed("vu thi man")))
	if p.Welfare.Code != "poor" || len(r.Book.Drafts()) != 0 {
		t.Errorf("%+v, %d drafts", p, len(r.Book.Drafts()))
	}
	if s := ResumeDraft(r.Frame, notebook.Draft{Kind: notebook.Term{Code: "visit"}}); s != nil {
		t.Errorf("a visit's draft opened %s", s.Name)
	}
}

func TestContributionIsWrittenAndEdited(t *testing.T) {
	b := nt.NewBranch(t)
	id := road(b)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	agree(t, r.Book, nt.Dat)
	under(r, Page(r.Frame, nt.Dat))
	r.Tap(words.Contribute)
	r.Tap(words.Done)
	r.Want(words.GiveSomething)
	r.Type("Đất (m²)", "12.5")
	r.Type("Giá trị (đồng)", "500.000")
	r.Tap("Thắp sáng đường quê")
	r.Tap(words.Done)
	r.Window.Canvas().Unfocus()
	r.Window.Resize(fyne.NewSize(360, 900))
	r.Golden("contribution-wrong")
	r.Window.Resize(uitest.Phone)
	if n := len(pageOf(t, r.Book, nt.Dat).Contributions); n != 0 {
		t.Fatalf("%d contributions of a wrong form", n)
	}
	r.Field("Đất (m²)").SetText("12,5")
	r.Field("Ngày").SetText("")
	r.Type("Ngày", "31/02")
	r.Tap(words.Done)
	if said := strings.Count(r.Text(), "31/02"); r.Frame.Top().Name != "contribution-new" || said != 2 {
		t.Fatalf("a wrong day stands %d times on %s, want it in the field and below:\n%s", said, r.Frame.Top().Name, r.Text())
	}
	r.Field("Ngày").SetText("")
	r.Type("Ngày", "19/11")
	r.Tap(words.Done)
	r.Want(words.Written, "19/11  12,5 m² · 500.000 đồng", "Thắp sáng đường quê")
	p := pageOf(t, r.Book, nt.Dat)
	if len(p.Contributions) != 1 || p.Contributions[0].Day != nt.Day(19, 11, 2026) || len(p.Drafts) != 0 {
		t.Fatalf("%+v %+v", p.Contributions, p.Drafts)
	}
	r.Tap("19/11  12,5 m²")
	r.Type("Ngày công", "3")
	r.Tap("Thắp sáng đường quê")
	r.Tap(words.Done)
	p = pageOf(t, r.Book, nt.Dat)
	if c := p.Contributions[0]; len(p.Contributions) != 1 || c.Workdays != 3 || c.LandM2 != 12.5 || c.Initiative != "" {
		t.Errorf("%+v; the initiative was %s", p.Contributions, id)
	}
}

func TestContributionNeedsConsentFirst(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	under(r, Page(r.Frame, nt.Lan))
	r.Tap(words.Contribute)
	r.Want(words.AskFirst)
	if got := r.Frame.Top().Name; !strings.HasPrefix(got, "consent") {
		t.Fatalf("without consent «%s» is open", got)
	}
	r.Tap(words.Agrees)
	r.Tap("Nói trực tiếp")
	r.Tap(words.RecordAnswer)
	if got := r.Frame.Top().Name; got != "contribution-new" {
		t.Fatalf("after the household agreed «%s» is open", got)
	}
	// A killed app takes the form up again.
	r.Type("Ngày công", "2")
	d := r.Book.Drafts()
	if len(d) != 1 {
		t.Fatalf("%+v", d)
	}
	if h, _ := frame.ReadHalf(d[0]); !h.Open {
		t.Error("the draft does not say that its form was open")
	}
	r.Frame.Pop()
	r.Frame.Push(ResumeDraft(r.Frame, d[0]))
	if got := r.Field("Ngày công").Text; got != "2" {
		t.Errorf("the form came back with %q", got)
	}
	r.Tap(words.Done)
	if p := pageOf(t, r.Book, nt.Lan); len(p.Contributions) != 1 || p.Contributions[0].Day != nt.Today || len(p.Drafts) != 0 {
		t.Errorf("%+v %+v", p.Contributions, p.Drafts)
	}
}

func TestRefusedIsMendedSentAgainOrGivenUp(t *testing.T) {
	for _, c := range []struct {
		name  string
		do    func(r *uitest.Rig)
		phone string
		left  int
	}{
		{"mended", func(r *uitest.Rig) {
			r.Tap(words.MendEdit)
			r.Field("Điện thoại").SetText("0977 777 777")
			r.Tap(words.Done)
			r.Want(words.Written)
		}, "0977 777 777", 0},
		{"mended later", func(r *uitest.Rig) {
			r.Tap(words.MendEdit)
			r.Field("Điện thoại").SetText("0977 777 77")
			r.Frame.Back()
			r.Tap("Hộ gia đình đang ghi dở")
			typeOn(r, "Điện thoại", "8")
			r.Tap(words.Done)
		}, "0977 777 778", 0},
		{"sent again", func(r *uitest.Rig) { r.Tap(words.MendAsItIs) }, "0966 666 666", 0},
		{"given up", func(r *uitest.Rig) {
			r.Tap(words.DropIt)
			r.Tap(words.DropIt)
			r.Want(words.MendDropped)
		}, "0912 345 678", 0},
		{"left", func(r *uitest.Rig) {
			r.Tap(words.DropIt)
			r.Tap(words.Cancel)
			r.Frame.Back()
		}, "0912 345 678", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := nt.NewBranch(t)
			r := uitest.Over(t, uitest.Phone, b, nt.Binh)
			phone := "0966 666 666"
			must[notebook.Saved](t)(r.Book.EditHousehold(t.Context(), nt.Dat, notebook.HouseholdEdit{Phone: &phone}))
			b.Refuse = func(*pb.Patch) *book.Refusal {
				return &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_INVALID, Field: 4, Rule: "bad_phone"}
			}
			synced(t, r.Book)
			b.Refuse = nil
			under(r, Page(r.Frame, nt.Dat))
			r.Want(words.Refused)
			tapFirst(r, "Hộ gia đình")
			r.Want("Điện thoại: 0966 666 666")
			if c.name == "mended" {
				r.Golden("mend")
			}
			c.do(r)
			p := pageOf(t, r.Book, nt.Dat)
			if p.Phone != c.phone || len(p.Mends) != c.left || len(p.Drafts) != 0 {
				t.Errorf("phone %s, %d to mend, %d drafts", p.Phone, len(p.Mends), len(p.Drafts))
			}
			synced(t, r.Book)
			if left := len(r.Book.Mends()); left != c.left {
				t.Errorf("%d to mend after the next sync", left)
			}
		})
	}
}

func TestRefusedContributionAndAnswer(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	agree(t, r.Book, nt.Dat)
	give(t, r.Book, nt.Dat, 3, 0)
	b.Refuse = func(*pb.Patch) *book.Refusal {
		return &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_NO_CONSENT, Field: 3, Rule: "no_consent_keep"}
	}
	synced(t, r.Book)
	b.Refuse = nil
	under(r, Page(r.Frame, nt.Dat))
	mends := pageOf(t, r.Book, nt.Dat).Mends
	if len(mends) != 2 {
		t.Fatalf("%+v", mends)
	}
	tapFirst(r, mends[0].Kind.Text) // the answer: no form, so it is sent again or given up
	r.Want(words.AskHousehold)
	r.WantNot(words.MendEdit)
	r.Tap(words.MendAsItIs)
	tapFirst(r, "Đóng góp")
	r.Tap(words.MendEdit)
	if got := r.Field("Đất (m²)").Text; got != "3" {
		t.Errorf("the form holds %q", got)
	}
	typeOn(r, "Đất (m²)", "0")
	r.Tap(words.Done)
	synced(t, r.Book)
	p := pageOf(t, r.Book, nt.Dat)
	if len(p.Mends) != 0 || len(p.Contributions) != 1 || p.Contributions[0].LandM2 != 30 || p.Contributions[0].Receipt.State != notebook.StateStored {
		t.Errorf("%+v", p)
	}
}

func TestSheetIsShownAndCopied(t *testing.T) {
	b, _ := lived(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	under(r, Page(r.Frame, nt.Dat))
	r.Tap(words.WhatWeHold)
	r.Want(words.SheetFor, "Chủ hộ: Nguyễn Văn Đạt", "Điện thoại: 0912 345 678", "Ghi chép: Gia đình đồng ý góp đất làm đường", words.SheetNeverText, words.SheetRightsText,
		"Lê Thị Hoa, Phạm Tiến Dũng, Trần Văn Bình")
	r.Golden("sheet")
	r.Tap(words.SheetCopy)
	text := r.Clipboard()
	for _, it := range r.Items() {
		if it.Kind == outline.Text && it.W > 200 && strings.HasPrefix(it.Label, "Ghi chép:") && !strings.Contains(text, it.Label) {
			t.Errorf("the copy lacks %q", it.Label)
		}
	}
	for _, s := range []string{"Hộ ông Nguyễn Văn Đạt", words.SheetWhoText, "Lượt tiếp xúc", "Đường ngõ 5 ngập", "Người ghi: Trần Văn Bình"} {
		if !strings.Contains(text, s) {
			t.Errorf("the copy lacks %q:\n%s", s, text)
		}
	}
}

func TestHistoryNeedsTheNetwork(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	for _, phone := range []string{"0933 333 333", "0944 444 444"} {
		must[notebook.Saved](t)(r.Book.EditHousehold(t.Context(), nt.Dat, notebook.HouseholdEdit{Phone: &phone}))
		synced(t, r.Book)
	}
	b.SetDown(true)
	under(r, Page(r.Frame, nt.Dat))
	r.Tap(words.History)
	r.Want(words.HistoryAgain)
	b.SetDown(false)
	r.Tap(words.HistoryAgain)
	r.Want("Điện thoại: 0933 333 333", "Điện thoại: 0912 345 678", "đồng chí Trần Văn Bình")
	r.WantNot(words.HistoryAgain)
	r.Frame.Replace(History(r.Frame, nt.Lan))
	r.Want(words.NoHistory)
}

func TestBriefCutsBetweenWords(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		letters        int
	}{
		{"short", "Đường ngõ", "Đường ngõ", 20},
		{"lines", "một\n\n hai", "một hai", 20},
		{"long", "Đường ngõ năm ngập", "Đường ngõ …", 12},
		{"one word", "Nguyễnvănđạt", "Nguyễn …", 6},
	} {
		if got := brief(c.in, c.letters); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
