package desk

import (
	"context"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
	"sodanvan/app/store"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/ui/outline"
	"sodanvan/app/ui/uitest"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func must[T any](t testing.TB) func(T, error) T {
	return func(x T, err error) T {
		t.Helper()
		ok(t, err)
		return x
	}
}

func sync(t testing.TB, books ...*notebook.Notebook) {
	t.Helper()
	for _, n := range books {
		must[notebook.Synced](t)(n.Sync(t.Context()))
	}
}

// atDesk opens the desk as one of the tabs of a window.
func atDesk(r *uitest.Rig) {
	r.Frame.SetTabs(
		&frame.Tab{Name: "tasks", Label: words.TabTasks, Sign: kit.SignTasks, Root: func() *frame.Screen { return Root(r.Frame) }},
		&frame.Tab{Name: "sync", Label: words.TabSync, Sign: kit.SignSync, Root: func() *frame.Screen { return &frame.Screen{Name: "sync", Title: words.State} }},
	)
}

// waitingBranch is a branch where something of Bình waits: a petition, a new phone of a
// household, and visits of two months.
type waitingBranch struct {
	*nt.Branch
	binh     *notebook.Notebook
	petition notebook.ID
	visits   []notebook.ID
}

func newWaiting(t testing.TB) *waitingBranch {
	b := &waitingBranch{Branch: nt.NewBranch(t)}
	b.binh = b.Phone(nt.Binh)
	must[notebook.Saved](t)(b.binh.RecordConsent(t.Context(), notebook.NewConsent{
		Household: nt.Dat, Purpose: pb.Purpose_PURPOSE_KEEP, Answer: pb.Answer_ANSWER_GIVEN, NoticeVersion: "1", Channel: pb.Channel_CHANNEL_SPOKEN,
	}))
	for _, day := range []notebook.Day{nt.Day(2, 9, 2026), nt.Day(20, 10, 2026), nt.Day(5, 10, 2026)} {
		b.visits = append(b.visits, must[notebook.Saved](t)(b.binh.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Day: day, Contact: pb.Contact_CONTACT_AT_HOME})).ID)
	}
	b.petition = must[notebook.Saved](t)(b.binh.RecordPetition(t.Context(), notebook.NewPetition{
		Household: nt.Dat, Text: "Đường ngõ 5 hay ngập khi mưa to, đề nghị thôn khơi lại rãnh thoát nước trước vụ mưa", Matter: nt.Roads,
	})).ID
	phone := "0987 654 321"
	must[notebook.Saved](t)(b.binh.EditHousehold(t.Context(), nt.Lan, notebook.HouseholdEdit{Phone: &phone}))
	sync(t, b.binh)
	return b
}

// verdicts gives the server's reviews of a record, oldest first.
func (b *waitingBranch) verdicts(t testing.TB, subject notebook.ID) []*pb.Review {
	t.Helper()
	var out []*pb.Review
	for _, r := range b.Of(pb.Kind_KIND_REVIEW) {
		if notebook.ID(r.Subject) != subject {
			continue
		}
		m := new(pb.Review)
		if _, err := lww.Decode(r.State.Body, m); err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

func (b *waitingBranch) change(t testing.TB, text string) {
	t.Helper()
	must[notebook.Saved](t)(b.binh.EditPetition(t.Context(), b.petition, notebook.PetitionEdit{Text: &text}))
	sync(t, b.binh)
}

func TestVerdicts(t *testing.T) {
	b := newWaiting(t)
	r := uitest.Over(t, uitest.Phone, b.Branch, nt.Hoa)
	atDesk(r)
	r.Want("5 mục chờ duyệt", "1 hộ chờ phân công", "5 hộ")
	r.Golden("desk")
	r.Tap(words.ReviewQueue)
	r.Want("Trần Văn Bình", "2 mục xem từng mục · 3 lượt tiếp xúc")
	r.Tap("Trần Văn Bình")
	r.Want("Hộ ông Nguyễn Văn Đạt", "Hộ bà Trần Thị Lan", "Duyệt cả tháng (2 lượt)")
	r.Golden("waiting")
	r.Tap("Hộ bà Trần Thị Lan, Hộ bà Trần Thị Lan")
	r.Want("Điện thoại · mới sửa", "0987 654 321", "5 còn chờ", "Người ghi: Trần Văn Bình")
	r.WantNot("Chủ hộ · mới sửa", "Phím:")
	r.Golden("record")

	r.Tap(words.Approve)
	r.Want(words.ApprovedOne, "4 còn chờ", "Đường ngõ 5")
	// To return it a reason is needed, at the field.
	r.Tap(words.Return)
	r.Tap(words.Return)
	r.Want(words.ReasonNeeded)
	r.Tap("Ghi chưa rõ việc")
	r.WantNot(words.ReasonNeeded)
	r.Type(words.ReturnOther, "rãnh nào, dài bao nhiêu")
	r.Window.Canvas().Unfocus() // a caret blinks
	r.Golden("reason")
	// What arrives meanwhile takes nothing away from it.
	r.Frame.Changed()
	if got := r.Field(words.ReturnOther).Text; got != "rãnh nào, dài bao nhiêu" {
		t.Errorf("the reason is «%s» after a sync", got)
	}
	// Leaving asks first.
	r.Frame.Back()
	r.Want(words.DropFormTitle)
	r.Tap(words.KeepWriting)
	r.Tap(words.Return)
	r.Want(words.ReturnedOne, "3 còn chờ", "02/09/2026")
	r.Tap(words.Approve)
	r.Tap(words.Approve)
	r.Want(words.LastWaiting)
	r.Tap(words.Approve)
	r.Want(words.NoneWaits, words.NoReviews)
	if top := r.Frame.Top().Name; top != "queue" {
		t.Errorf("after the last verdict %s is shown", top)
	}

	sync(t, r.Book)
	if v := b.verdicts(t, nt.Lan); len(v) != 1 || v[0].GetVerdict() != pb.Verdict_VERDICT_APPROVED {
		t.Errorf("the household's edit: %v", v)
	}
	if v := b.verdicts(t, b.petition); len(v) != 1 || v[0].GetVerdict() != pb.Verdict_VERDICT_RETURNED || v[0].GetReason() != "Ghi chưa rõ việc; rãnh nào, dài bao nhiêu" {
		t.Errorf("the petition: %v", v)
	}
	for _, id := range b.visits {
		if v := b.verdicts(t, id); len(v) != 1 || v[0].GetVerdict() != pb.Verdict_VERDICT_APPROVED {
			t.Errorf("a visit: %v", v)
		}
	}
}

func TestMonth(t *testing.T) {
	b := newWaiting(t)
	r := uitest.Over(t, uitest.Phone, b.Branch, nt.Hoa)
	atDesk(r)
	r.Tap(words.ReviewQueue)
	r.Tap("Trần Văn Bình")
	// A visit of the month arrives behind the page: it is not approved unseen.
	late := must[notebook.Saved](t)(b.binh.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Lan, Day: nt.Day(7, 10, 2026), Contact: pb.Contact_CONTACT_PHONE}))
	sync(t, b.binh, r.Book)
	r.Tap("Duyệt cả tháng (2 lượt)")
	r.Want("Duyệt 2 lượt của tháng 10/2026?")
	r.Tap(words.LookFirst)
	r.Tap("Duyệt cả tháng (2 lượt)")
	r.Tap(words.ApproveAll)
	r.Want(words.VisitsApproved(2), "Duyệt cả tháng (1 lượt)")
	sync(t, r.Book)
	if n := len(b.Of(pb.Kind_KIND_REVIEW)); n != 2 {
		t.Fatalf("%d verdicts, want those that were seen", n)
	}
	// A visit that says something else now stops the gesture.
	day := nt.Day(8, 10, 2026)
	must[notebook.Saved](t)(b.binh.EditVisit(t.Context(), late.ID, notebook.VisitEdit{Day: &day}))
	sync(t, b.binh, r.Book)
	r.Tap("Duyệt cả tháng (1 lượt)")
	r.Tap(words.ApproveAll)
	r.Want(words.ChangedSinceShown)
	sync(t, r.Book)
	if n := len(b.Of(pb.Kind_KIND_REVIEW)); n != 2 {
		t.Fatalf("%d verdicts on a month that was not seen", n)
	}
	r.Tap("Duyệt cả tháng (1 lượt)")
	r.Tap(words.ApproveAll)
	r.Want(words.VisitsApproved(1))
	r.WantNot("tháng 10/2026")
}

// TestMany: of a long part the first cards are shown, and more when asked for.
func TestMany(t *testing.T) {
	b := newWaiting(t)
	for i := range notebook.Day(33) {
		must[notebook.Saved](t)(b.binh.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Lan, Day: nt.Day(1, 10, 2026) + i%28, Contact: pb.Contact_CONTACT_PHONE}))
	}
	sync(t, b.binh)
	r := uitest.Over(t, uitest.Phone, b.Branch, nt.Hoa)
	r.Show(Waiting(r.Frame, nt.Binh))
	r.Want("Duyệt cả tháng (35 lượt)")
	cards := func() (n int) {
		for _, it := range r.Items() {
			if it.Kind == outline.Button && strings.Contains(it.Label, "/10/2026") {
				n++
			}
		}
		return n
	}
	if n := cards(); n != atOnce {
		t.Errorf("%d cards at once", n)
	}
	r.Tap("Xem thêm (còn 5 mục)")
	if n := cards(); n != 35 {
		t.Errorf("%d cards after asking for more", n)
	}
	r.WantNot("Xem thêm")
}

// TestUnseen: a verdict never falls on a version that the user did not see.
func TestUnseen(t *testing.T) {
	b := newWaiting(t)
	r := uitest.Over(t, uitest.Phone, b.Branch, nt.Hoa)
	r.Show(Record(r.Frame, b.petition))
	r.Want("Đường ngõ 5")
	b.change(t, "Cả ngõ 5 và ngõ 6 đều ngập")
	sync(t, r.Book) // behind the screen
	r.Tap(words.Approve)
	r.Want(words.ChangedSinceShown, "Cả ngõ 5 và ngõ 6 đều ngập")
	sync(t, r.Book)
	if v := b.verdicts(t, b.petition); len(v) != 0 {
		t.Fatalf("a verdict on what was not seen: %v", v)
	}
	r.Tap(words.Return)
	r.Tap("Sai ngày")
	r.Tap(words.Return)
	sync(t, r.Book)
	if v := b.verdicts(t, b.petition); len(v) != 1 {
		t.Fatalf("%v", v)
	}

	// Mended, it waits again, with what is new marked.
	b.change(t, "Ngõ 5 và ngõ 6 ngập sau mỗi trận mưa")
	sync(t, r.Book)
	r.Show(Record(r.Frame, b.petition))
	r.Want("Lời của hộ · mới sửa", words.WaitingAgain)
	r.WantNot("Số kiến nghị · mới sửa")
	// The deputy is faster.
	dung := b.Phone(nt.Dung)
	must[notebook.Saved](t)(dung.Approve(t.Context(), b.petition))
	sync(t, dung, r.Book)
	r.Tap(words.Approve)
	r.Want(words.NotWaiting, words.Approved)
	r.WantNot(words.Return)
	sync(t, r.Book)
	if v := b.verdicts(t, b.petition); len(v) != 2 {
		t.Errorf("%d verdicts, want that of the deputy and the one before", len(v))
	}
	r.Tap(words.NextWaiting)
	r.Want(words.Approve)
}

func TestDeputy(t *testing.T) {
	b := newWaiting(t)
	hoa := b.Phone(nt.Hoa)
	own := must[notebook.Saved](t)(hoa.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.An, Contact: pb.Contact_CONTACT_PHONE})).ID
	sync(t, hoa)
	// The secretary's own visit is not for the secretary.
	s := uitest.Over(t, uitest.Phone, b.Branch, nt.Hoa)
	s.Show(Queue(s.Frame))
	s.WantNot("Lê Thị Hoa")
	s.Show(Record(s.Frame, own))
	s.Want(words.NotWaiting)
	s.WantNot(words.Return)

	r := uitest.Over(t, uitest.Phone, b.Branch, nt.Dung)
	r.Show(Queue(r.Frame))
	r.Tap("Lê Thị Hoa")
	r.Tap("Hộ Phạm An")
	r.Tap(words.Approve)
	r.Want(words.NoneWaits)
	sync(t, r.Book)
	if v := b.verdicts(t, own); len(v) != 1 || v[0].GetVerdict() != pb.Verdict_VERDICT_APPROVED {
		t.Errorf("%v", v)
	}
}

// TestKeys: D, T and the arrows work on a desk, and not while a reason is written.
func TestKeys(t *testing.T) {
	b := newWaiting(t)
	r := uitest.Over(t, uitest.WideDesk, b.Branch, nt.Hoa)
	c := r.Window.Canvas()
	press := func(k fyne.KeyName) { c.OnTypedKey()(&fyne.KeyEvent{Name: k}) }
	atDesk(r)
	r.Tap(words.ReviewQueue)
	r.Tap("Trần Văn Bình")
	r.Tap("Hộ bà Trần Thị Lan, Hộ bà Trần Thị Lan")
	r.Want("5 mục")
	if fyne.CurrentDevice().IsMobile() {
		r.WantNot(words.DeskKeys) // nobody has these keys
	} else {
		r.Want(words.DeskKeys)
	}
	press(fyne.KeyDown)
	r.Want("Đường ngõ 5 hay ngập khi mưa to, đề nghị thôn khơi lại rãnh thoát nước trước vụ mưa")
	r.Golden("wide")
	press(fyne.KeyUp)
	press(fyne.KeyUp) // the first one: stays
	r.Want("Điện thoại · mới sửa")
	test.TypeOnCanvas(c, "t")
	r.Want(words.ReturnWhy)
	r.Type(words.ReturnOther, "dt")
	c.Unfocus()
	test.TypeOnCanvas(c, "dDtT")
	press(fyne.KeyDown)
	if sync(t, r.Book); len(b.Of(pb.Kind_KIND_REVIEW)) != 0 {
		t.Fatal("a key gave a verdict while a reason was written")
	}
	if got := r.Field(words.ReturnOther).Text; !strings.HasSuffix(got, "t") {
		t.Errorf("the reason is «%s»", got)
	}
	// Nor behind a question.
	r.Tap(words.Cancel)
	r.Tap("Duyệt cả tháng (2 lượt)")
	test.TypeOnCanvas(c, "d")
	if sync(t, r.Book); len(b.Of(pb.Kind_KIND_REVIEW)) != 0 {
		t.Fatal("a key gave a verdict behind a question")
	}
	r.Tap(words.LookFirst)
	test.TypeOnCanvas(c, "D")
	r.Want("4 còn chờ", words.ApprovedOne)
	if sync(t, r.Book); len(b.verdicts(t, nt.Lan)) != 1 {
		t.Error("D approved nothing")
	}
	r.Window.Resize(uitest.Desktop)
	r.Golden("desktop")
}

func TestLooks(t *testing.T) {
	b := newWaiting(t)
	r := uitest.Over(t, uitest.Phone, b.Branch, nt.Hoa)
	r.Theme(kit.Theme{Step: 3, Shade: kit.Dark})
	r.Show(Record(r.Frame, nt.Lan))
	r.Golden("record-large-dark")
	r.Theme(kit.Theme{Shade: kit.Light})
	e := uitest.New(t, uitest.Phone, nt.Hoa)
	e.Show(Queue(e.Frame))
	e.Want(words.NoReviews)
	e.Show(Suggestions(e.Frame))
	e.Want(words.NoSuggestions)
	e.Show(Waiting(e.Frame, nt.Binh))
	e.Want(words.NoneWaits)
	e.Show(Record(e.Frame, nt.NewID(99)))
	e.Want(words.NotYours)
}

// remote counts what the desk asks the server to do.
type remote struct {
	notebook.Remote
	revoked, confirmed []uint32
}

func (r *remote) ListDevices(ctx context.Context) (*pb.ListDevicesResponse, error) {
	l, err := r.Remote.ListDevices(ctx)
	if err == nil {
		l.Devices = append([]*pb.Device{{Number: proto.Uint32(nt.HoaDevice), Member: book.ID(nt.Hoa).Bytes(), Name: proto.String("máy tính"), LastSyncMs: l.Devices[0].LastSyncMs}}, l.Devices...)
	}
	return l, err
}

func (r *remote) RevokeDevice(_ context.Context, n uint32) error {
	r.revoked = append(r.revoked, n)
	return nil
}

func (r *remote) ConfirmDevice(_ context.Context, n uint32) error {
	r.confirmed = append(r.confirmed, n)
	return nil
}

func TestDevices(t *testing.T) {
	b := nt.NewBranch(t)
	dir := t.TempDir()
	n := b.Empty(nt.Hoa, dir)
	sync(t, n)
	ok(t, n.Close())
	var rem *remote
	o := b.Options(dir)
	o.Remote = func(s *store.Store) (notebook.Remote, error) {
		w, err := b.Remote(s)
		rem = &remote{Remote: w}
		return rem, err
	}
	n = must[*notebook.Notebook](t)(notebook.Open(t.Context(), o, nt.PIN))
	t.Cleanup(func() { n.Close() })
	r := uitest.Bare(t, uitest.Phone, b.Now)
	r.Book, r.Frame.Book = n, n

	b.SetDown(true)
	r.Show(Devices(r.Frame))
	r.Want("Chưa có mạng nên chưa xem được")
	b.SetDown(false)
	r.Tap(words.TryAgain)
	r.Want("Điện thoại của Bình (máy số 1)", "Còn 3 mục chưa gửi", "Bản sao, chờ xác nhận")
	r.Golden("devices")
	// The one that is in the hand is not revoked by mistake.
	r.Want(words.ThisDevice)
	revocable := 0
	for _, it := range r.Items() {
		if it.Kind == outline.Button && it.Label == words.RevokeDevice {
			revocable++
		}
	}
	if revocable != 2 {
		t.Errorf("%d devices can be revoked, want those of others", revocable)
	}
	r.Tap(words.ConfirmDevice)
	r.Tap(words.Cancel)
	if len(rem.confirmed) != 0 {
		t.Fatal("confirmed without a yes")
	}
	r.Tap(words.ConfirmDevice)
	r.Tap(words.ConfirmDevice)
	r.Want(words.DeviceConfirmed)
	r.Tap(words.RevokeDevice) // the last one
	r.Want(words.RevokeDeviceTitle("Trần Văn Bình"))
	r.Tap(words.RevokeDevice)
	r.Want(words.DeviceRevoked)
	if len(rem.confirmed) != 1 || rem.confirmed[0] != 9 || len(rem.revoked) != 1 || rem.revoked[0] != 9 {
		t.Errorf("confirmed %v, revoked %v", rem.confirmed, rem.revoked)
	}
}
