package visit

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/ui/uitest"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

const keep = pb.Purpose_PURPOSE_KEEP

// open shows a screen over another one.
func open(r *uitest.Rig, s *frame.Screen) {
	r.Show(&frame.Screen{Name: "below", Title: "Hộ", Body: kit.Plain("dưới")})
	r.Frame.Push(s)
}

func agree(t *testing.T, n *notebook.Notebook, household notebook.ID, answer pb.Answer) {
	t.Helper()
	if _, err := n.RecordConsent(t.Context(), notebook.NewConsent{
		Household: household, Purpose: keep, Answer: answer, NoticeVersion: words.NoticeVersion, Channel: pb.Channel_CHANNEL_SPOKEN,
	}); err != nil {
		t.Fatal(err)
	}
}

func sync(t *testing.T, phones ...*notebook.Notebook) {
	t.Helper()
	for _, n := range phones {
		if _, err := n.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func visits(t *testing.T, n *notebook.Notebook, household notebook.ID) []notebook.VisitLine {
	t.Helper()
	p, err := n.Household(household)
	if err != nil {
		t.Fatal(err)
	}
	return p.Visits
}

// record keeps a visit with all its fields.
func record(t *testing.T, n *notebook.Notebook, household notebook.ID, note string) notebook.ID {
	t.Helper()
	s, err := n.RecordVisit(t.Context(), notebook.NewVisit{
		Household: household, Day: nt.Day(20, 11, 2026), Contact: pb.Contact_CONTACT_AT_HOME, Topics: []notebook.ID{nt.Loans}, Note: note, FollowUp: nt.Day(1, 12, 2026),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s.ID
}

func still(r *uitest.Rig) { r.Window.Canvas().Unfocus() } // a caret blinks

func TestAVisitIsRecordedAfterTheHouseholdWasAsked(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	open(r, New(r.Frame, nt.Dat))
	r.Want("Hộ ông Nguyễn Văn Đạt", "Tại nhà", "Hộ không muốn tiếp", words.AskFirst)
	r.WantNot(words.FieldNote, words.FieldTopics)
	if got := r.Field(words.FieldDay).Text; got != "21/11/2026" {
		t.Errorf("the day is %q at first", got)
	}
	r.Golden("new-unasked")
	r.Tap("Tại nhà")
	r.Tap(words.AskHousehold)
	r.Tap(words.Agrees)
	r.Tap("Nói trực tiếp")
	r.Tap(words.RecordAnswer)
	r.Want(words.FieldNote, words.FieldTopics)
	r.WantNot(words.AskFirst)
	r.Tap("vay vốn")
	r.Type(words.FieldNote, "Muốn vay trồng na, đã chỉ nơi hỏi.")
	r.Tap(words.TwoWeeks)
	r.Want(words.SavedHere)
	still(r)
	r.Window.Resize(fyne.NewSize(360, 1160)) // all of it on one picture
	r.Golden("new-filled")
	if d := r.Book.Drafts(); len(d) != 1 || d[0].Household != nt.Dat {
		t.Fatalf("drafts: %+v", d)
	}
	r.Tap(words.Done)
	r.Want("dưới", words.Written)
	got := visits(t, r.Book, nt.Dat)
	if len(got) != 1 || got[0].Day != nt.Today || got[0].Contact.Code != "at_home" || got[0].Note != "Muốn vay trồng na, đã chỉ nơi hỏi." ||
		len(got[0].Topics) != 1 || got[0].Topics[0] != "vay vốn" || got[0].FollowUp != nt.Day(5, 12, 2026) {
		t.Errorf("%+v", got)
	}
	if d := r.Book.Drafts(); len(d) != 0 {
		t.Errorf("a draft stayed: %+v", d)
	}
}

func TestNobodyMetNeedsNoConsentAndHasNoNote(t *testing.T) {
	for _, how := range []string{"Không gặp ai", "Hộ không muốn tiếp"} {
		r := uitest.New(t, uitest.Phone, nt.Binh)
		open(r, New(r.Frame, nt.Dat))
		r.Tap(how)
		r.WantNot(words.AskFirst, words.FieldNote, words.FieldTopics)
		r.Tap(words.Yesterday)
		r.Tap(words.Done)
		if got := visits(t, r.Book, nt.Dat); len(got) != 1 || got[0].Contact.Text != how || got[0].Day != nt.Today-1 || got[0].Note != "" {
			t.Errorf("%s: %+v", how, got)
		}
	}
}

func TestSilentWaysHideWhatWasTypedAndBringItBack(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	agree(t, r.Book, nt.Dat, pb.Answer_ANSWER_GIVEN)
	open(r, New(r.Frame, nt.Dat))
	r.Type(words.FieldNote, "lời hộ nói")
	r.Tap("Không gặp ai")
	r.Want(words.NothingToNote)
	r.WantNot("lời hộ nói")
	r.Tap("Họp")
	r.Want("lời hộ nói")
	r.Tap("Không gặp ai")
	r.Tap(words.Done)
	if got := visits(t, r.Book, nt.Dat); len(got) != 1 || got[0].Note != "" {
		t.Errorf("%+v", got)
	}
}

func TestWhatIsMissingIsSaidAtTheField(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	open(r, New(r.Frame, nt.Dat))
	r.Tap(words.Done)
	r.Want(words.ChooseContact)
	r.Tap("Điện thoại")
	r.WantNot(words.ChooseContact)
	for _, day := range []string{"", "32/1/2026", "hôm kia"} {
		r.Field(words.FieldDay).SetText(day)
		r.Tap(words.Done)
		if got := visits(t, r.Book, nt.Dat); len(got) != 0 {
			t.Fatalf("%q was taken for a day: %+v", day, got)
		}
	}
	r.Golden("bad-day")
	r.Field(words.FieldDay).SetText("21/11/2026")
	r.Field(words.FieldNext).SetText("1/11/2026") // before the visit
	r.Tap(words.Done)
	r.Want("Ngày sau đứng trước ngày đầu")
	r.Field(words.FieldNext).SetText("")
	r.Tap(words.Done)
	if got := visits(t, r.Book, nt.Dat); len(got) != 1 || got[0].FollowUp != 0 {
		t.Errorf("%+v", got)
	}
}

func TestALongNoteIsCutWithASentenceAndWarnedWordsAreShown(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	agree(t, r.Book, nt.Dat, pb.Answer_ANSWER_GIVEN)
	open(r, New(r.Frame, nt.Dat))
	r.Tap("Tại nhà")
	note := r.Field(words.FieldNote)
	r.Type(words.FieldNote, "Kể chuyện bệnh")
	r.Want(words.Warned([]string{"bệnh"}))
	note.SetText("")
	r.WantNot("Xem lại: «")
	limit := book.LimitsOf(pb.Kind_KIND_VISIT)[4].Letters
	r.Type(words.FieldNote, "Đầu. ")
	paste(r, strings.Repeat("ế", limit-100))
	r.Want(words.LettersLeft(95))
	if got := len([]rune(note.Text)); got != limit-95 {
		t.Fatalf("%d letters", got)
	}
	paste(r, strings.Repeat("o", 10_000))
	r.Want(words.TextFull)
	if got := []rune(note.Text); len(got) != limit || !strings.HasPrefix(note.Text, "Đầu. ế") {
		t.Fatalf("%d letters, %q …", len(got), string(got[:8]))
	}
	r.Type(words.FieldNote, "x")
	r.Want(words.TextFull)
	r.Tap(words.Done)
	if got := visits(t, r.Book, nt.Dat); len(got) != 1 || len([]rune(got[0].Note)) != limit {
		t.Errorf("%d visits", len(got))
	}
}

func paste(r *uitest.Rig, s string) {
	c := test.NewClipboard()
	c.SetContent(s)
	r.Field(words.FieldNote).TypedShortcut(&fyne.ShortcutPaste{Clipboard: c})
}

func TestAKilledAppReopensOnTheForm(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	agree(t, r.Book, nt.Dat, pb.Answer_ANSWER_GIVEN)
	open(r, New(r.Frame, nt.Dat))
	r.Tap("Họp")
	r.Tap("vệ sinh")
	r.Tap("vay vốn")
	r.Type(words.FieldNote, "nửa câu")
	r.Field(words.FieldDay).SetText("2/1")
	r.Field(words.FieldNext).SetText("5/")
	r.Frame.Close() // killed: nobody leaves the form

	drafts := r.Book.Drafts()
	if len(drafts) != 1 {
		t.Fatalf("%+v", drafts)
	}
	half, ok := frame.ReadHalf(drafts[0])
	if !ok || !half.Open || half.Form != formName {
		t.Fatalf("%+v", half)
	}
	again := uitest.Bare(t, uitest.Phone, func() time.Time { return b.At })
	again.Frame.Book = r.Book
	open(again, ResumeDraft(again.Frame, drafts[0]))
	if d, n, next := again.Field(words.FieldDay).Text, again.Field(words.FieldNote).Text, again.Field(words.FieldNext).Text; d != "2/1" || n != "nửa câu" || next != "5/" {
		t.Errorf("day %q, note %q, next %q", d, n, next)
	}
	again.Golden("resumed")
	again.Field(words.FieldDay).SetText("20/11")
	again.Field(words.FieldNext).SetText("5/12")
	again.Tap(words.Done)
	got := visits(t, r.Book, nt.Dat)
	if len(got) != 1 || got[0].ID != drafts[0].ID || got[0].Contact.Code != "meeting" || len(got[0].Topics) != 2 || got[0].Note != "nửa câu" || got[0].Day != nt.Day(20, 11, 2026) {
		t.Errorf("%+v", got)
	}
	if left := r.Book.Drafts(); len(left) != 0 {
		t.Errorf("%+v", left)
	}
}

func TestAFormThatIsLeftStaysADraftThatDoesNotOpen(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	open(r, New(r.Frame, nt.Dat))
	r.Frame.Back()
	if d := r.Book.Drafts(); len(d) != 0 || r.Frame.Said() {
		t.Fatalf("an untouched form left a draft: %+v", d)
	}
	open(r, New(r.Frame, nt.Dat))
	r.Tap("Điện thoại")
	r.Frame.Back()
	r.Want("dưới", words.KeptAsDraft)
	d := r.Book.Drafts()
	if len(d) != 1 {
		t.Fatalf("%+v", d)
	}
	if half, ok := frame.ReadHalf(d[0]); !ok || half.Open {
		t.Errorf("%+v", half)
	}
	r.Frame.Push(ResumeDraft(r.Frame, d[0]))
	r.Want(words.DropHalf)
	r.Tap(words.DropHalf)
	r.Tap(words.DropIt)
	r.Want("dưới", words.Dropped)
	if d := r.Book.Drafts(); len(d) != 0 {
		t.Errorf("%+v", d)
	}
}

func TestNothingOfAHouseholdThatDidNotAgreeIsInADraft(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	agree(t, r.Book, nt.Dat, pb.Answer_ANSWER_GIVEN)
	open(r, New(r.Frame, nt.Dat))
	r.Type(words.FieldNote, "điều riêng")
	agree(t, r.Book, nt.Dat, pb.Answer_ANSWER_WITHDRAWN)
	r.Frame.Changed()
	r.Want(words.Withdrawn, words.AskAgain)
	r.WantNot("điều riêng")
	r.Tap("Họp")
	d := r.Book.Drafts()
	if len(d) != 1 || strings.Contains(string(d[0].Form), "riêng") {
		t.Errorf("%s", d[0].Form)
	}
	r.Golden("withdrawn")
	r.Tap(words.Done)
	if got := visits(t, r.Book, nt.Dat); len(got) != 1 || got[0].Note != "" {
		t.Errorf("%+v", got)
	}
}

func TestABookThatChangesKeepsWhatIsTyped(t *testing.T) {
	r := uitest.New(t, uitest.Desktop, nt.Binh)
	agree(t, r.Book, nt.Dat, pb.Answer_ANSWER_GIVEN)
	open(r, New(r.Frame, nt.Dat))
	r.Type(words.FieldNote, "đang gõ")
	sync(t, r.Book)
	r.Frame.Changed()
	if got := r.Field(words.FieldNote).Text; got != "đang gõ" {
		t.Errorf("%q", got)
	}
}

func TestARecordedVisitIsEdited(t *testing.T) {
	b := nt.NewBranch(t)
	desk := b.Phone(nt.Hoa)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	agree(t, r.Book, nt.Dat, pb.Answer_ANSWER_GIVEN)
	id := record(t, r.Book, nt.Dat, "Lần đầu")
	sync(t, r.Book, desk)
	if _, err := desk.Return(t.Context(), id, "Ghi rõ hẹn việc gì."); err != nil {
		t.Fatal(err)
	}
	sync(t, desk, r.Book)
	open(r, Edit(r.Frame, nt.Dat, id))
	r.Want("Trả lại: «Ghi rõ hẹn việc gì.»")
	r.Golden("returned")
	r.Tap(words.Done)
	r.Want("dưới", words.NothingChanged)

	r.Frame.Push(Edit(r.Frame, nt.Dat, id))
	r.Type(words.FieldNote, " Hẹn xem mẫu đơn.")
	r.Tap("vay vốn")
	r.Tap("vệ sinh")
	r.Tap(words.NoDay)
	r.Tap(words.Done)
	got := visits(t, r.Book, nt.Dat)[0]
	if !strings.Contains(got.Note, "Hẹn xem mẫu đơn.") || !strings.Contains(got.Note, "Lần đầu") || got.FollowUp != 0 || len(got.Topics) != 1 || got.Topics[0] != "vệ sinh" || got.Day != nt.Day(20, 11, 2026) {
		t.Errorf("%+v", got)
	}
	r.Frame.Push(Edit(r.Frame, nt.Dat, id))
	r.Tap(words.DeleteVisit)
	r.Want(words.DeleteVisitAsk)
	r.Tap(words.Delete)
	r.Want("dưới", words.Deleted)
	if got := visits(t, r.Book, nt.Dat); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestADraftOfAnEditKeepsWhatItDoesNotTouch(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	agree(t, r.Book, nt.Dat, pb.Answer_ANSWER_GIVEN)
	id := record(t, r.Book, nt.Dat, "Lần đầu")
	open(r, Edit(r.Frame, nt.Dat, id))
	r.Tap("Họp")
	r.Frame.Back()
	d := r.Book.Drafts()
	if len(d) != 1 || d[0].ID != id {
		t.Fatalf("%+v", d)
	}
	r.Frame.Push(ResumeDraft(r.Frame, d[0]))
	r.Tap(words.Done)
	got := visits(t, r.Book, nt.Dat)
	if len(got) != 1 || got[0].Contact.Code != "meeting" || got[0].Note != "Lần đầu" || got[0].Topics[0] != "vay vốn" || len(r.Book.Drafts()) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestAnotherMembersVisitIsToRead(t *testing.T) {
	b := nt.NewBranch(t)
	n := b.Phone(nt.Binh)
	agree(t, n, nt.Dat, pb.Answer_ANSWER_GIVEN)
	id := record(t, n, nt.Dat, "Đã nói về vay vốn")
	sync(t, n)
	r := uitest.Over(t, uitest.Phone, b, nt.Hoa)
	open(r, Edit(r.Frame, nt.Dat, id))
	r.Want("Đã nói về vay vốn", "Người ghi: Trần Văn Bình", "20/11/2026", "Tại nhà", "01/12/2026", "vay vốn")
	r.WantNot(words.Done, words.DeleteVisit)
	r.Golden("to-read")
}

func TestAProxySaysForWhom(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	open(r, New(r.Frame, nt.Quang))
	r.Want("Hộ anh Lê Quang", words.Capital(words.WrittenFor("Nguyễn Văn Sáu")))
	r.Tap("Điện thoại")
	r.Tap(words.Done)
	if got := visits(t, r.Book, nt.Quang); len(got) != 1 || got[0].For != "Nguyễn Văn Sáu" {
		t.Errorf("%+v", got)
	}
}

// refuse makes a visit of Dat that the server refuses once for its next day.
func refuse(t *testing.T, b *nt.Branch, n *notebook.Notebook) notebook.Mend {
	t.Helper()
	agree(t, n, nt.Dat, pb.Answer_ANSWER_GIVEN)
	record(t, n, nt.Dat, "Giữ nguyên lời này")
	b.Refuse = func(p *pb.Patch) *book.Refusal {
		if p.GetEnvelope().GetKind() == pb.Kind_KIND_VISIT {
			return &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_INVALID, Field: fieldNext, Rule: "days_reversed"}
		}
		return nil
	}
	sync(t, n)
	b.Refuse = nil
	m := n.Mends()
	if len(m) != 1 {
		t.Fatalf("%+v", m)
	}
	return m[0]
}

func TestARefusedVisitIsMended(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	m := refuse(t, b, r.Book)
	open(r, Mend(r.Frame, m))
	r.Want(m.Text, "Giữ nguyên lời này", words.MendAsItIs, words.SendAgain)
	r.Theme(kit.Theme{Step: 3})
	r.Golden("mend-big")
	r.Theme(kit.Theme{Shade: kit.Light})
	r.Field(words.FieldNext).SetText("15/12/2026")
	r.Tap(words.SendAgain)
	r.Want("dưới", words.SentAgain)
	sync(t, r.Book)
	got := visits(t, r.Book, nt.Dat)
	if len(got) != 1 || got[0].FollowUp != nt.Day(15, 12, 2026) || got[0].Note != "Giữ nguyên lời này" || got[0].Topics[0] != "vay vốn" || len(r.Book.Mends()) != 0 {
		t.Errorf("%+v, %+v", got, r.Book.Mends())
	}
	// The same screen a second time: it was settled meanwhile.
	r.Frame.Push(Mend(r.Frame, m))
	r.Want(words.NoMendLeft)
}

func TestARefusedVisitIsSentAsItWasOrWithoutTheNoteOrDropped(t *testing.T) {
	for _, c := range []struct {
		name  string
		do    func(r *uitest.Rig)
		left  int
		noted bool
	}{
		{"as it was", func(r *uitest.Rig) { r.Tap(words.MendAsItIs) }, 1, true},
		{"without the note", func(r *uitest.Rig) {
			agree(t, r.Book, nt.Dat, pb.Answer_ANSWER_WITHDRAWN)
			r.Frame.Changed()
			r.WantNot("Giữ nguyên lời này")
			r.Tap(words.SendWithout)
		}, 1, false},
		{"dropped", func(r *uitest.Rig) { r.Tap(words.DropIt); r.Tap(words.DropIt) }, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := nt.NewBranch(t)
			r := uitest.Over(t, uitest.Phone, b, nt.Binh)
			open(r, Mend(r.Frame, refuse(t, b, r.Book)))
			c.do(r)
			r.Want("dưới")
			sync(t, r.Book)
			got := visits(t, r.Book, nt.Dat)
			if len(got) != c.left || len(r.Book.Mends()) != 0 || len(got) == 1 && (got[0].Note != "") != c.noted {
				t.Errorf("%+v, %+v", got, r.Book.Mends())
			}
		})
	}
}

func TestARefusedEditThatTheVisitSaysMeanwhileGoesOffTheList(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	agree(t, r.Book, nt.Dat, pb.Answer_ANSWER_GIVEN)
	id := record(t, r.Book, nt.Dat, "Lần đầu")
	sync(t, r.Book)
	meeting := pb.Contact_CONTACT_MEETING
	edit := func() {
		t.Helper()
		if _, err := r.Book.EditVisit(t.Context(), id, notebook.VisitEdit{Contact: &meeting}); err != nil {
			t.Fatal(err)
		}
		sync(t, r.Book)
	}
	b.Refuse = func(*pb.Patch) *book.Refusal {
		return &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_INVALID, Field: fieldContact}
	}
	edit()
	b.Refuse = nil
	edit()
	m := r.Book.Mends()
	if len(m) != 1 {
		t.Fatalf("%+v", m)
	}
	open(r, Mend(r.Frame, m[0]))
	r.Tap(words.MendAsItIs)
	r.Want("dưới", words.GoneMeanwhile)
	if m := r.Book.Mends(); len(m) != 0 {
		t.Errorf("%+v", m)
	}
}

func TestInAWideWindowTheFormGoesWithWhatStandsOverIt(t *testing.T) {
	r := uitest.New(t, uitest.WideDesk, nt.Binh)
	r.Frame.SetTabs(&frame.Tab{Name: "a", Label: "Hộ", Sign: kit.SignHome, Root: func() *frame.Screen {
		return &frame.Screen{Name: "below", Title: "Hộ", Body: kit.Plain("dưới")}
	}})
	r.Frame.Push(New(r.Frame, nt.Dat))
	r.Tap("Họp")
	r.Tap(words.AskHousehold)
	r.Tap(words.AskHousehold) // beside it, and once more: not twice on the stack
	r.Want(words.ReadAloud, "Họp")
	r.Tap(words.Done)
	r.WantNot(words.ReadAloud, words.Done)
	if got := visits(t, r.Book, nt.Dat); len(got) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestADraftWithoutAFormOfThisAppIsReadAsFarAsItGoes(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	agree(t, r.Book, nt.Dat, pb.Answer_ANSWER_GIVEN)
	id := record(t, r.Book, nt.Dat, "cũ")
	note := "mới"
	for _, d := range []notebook.DraftForm{{ID: id, Edit: notebook.VisitEdit{Note: &note}}, {Household: nt.Dat, Edit: notebook.VisitEdit{Note: &note}}} {
		if _, err := r.Book.SaveDraft(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range r.Book.Drafts() {
		open(r, ResumeDraft(r.Frame, d))
		if got := r.Field(words.FieldNote).Text; got != "mới" {
			t.Errorf("%q", got)
		}
		r.Tap("Họp")
		r.Tap(words.Done)
	}
	got := visits(t, r.Book, nt.Dat)
	if len(got) != 2 || got[0].Note != "mới" || got[1].Note != "mới" || len(r.Book.Drafts()) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestAMendIsKeptAsADraftToo(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	open(r, Mend(r.Frame, refuse(t, b, r.Book)))
	r.Field(words.FieldNext).SetText("15/12")
	r.Frame.Back()
	d := r.Book.Drafts()
	if len(d) != 1 {
		t.Fatalf("%+v", d)
	}
	r.Frame.Push(ResumeDraft(r.Frame, d[0]))
	if got := r.Field(words.FieldNext).Text; got != "15/12" {
		t.Errorf("%q", got)
	}
	r.Want("Giữ nguyên lời này", words.MendAsItIs)
	r.Tap(words.SendAgain)
	if len(r.Book.Drafts()) != 0 {
		t.Errorf("%+v", r.Book.Drafts())
	}
}

func TestWithoutRoomTheFormSaysSoAndKeepsWhatIsTyped(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	agree(t, r.Book, nt.Dat, pb.Answer_ANSWER_GIVEN)
	open(r, New(r.Frame, nt.Dat))
	r.Book.Close() // nothing can be written any more
	r.Tap("Họp")
	r.Want(words.NotKept)
	r.Tap(words.Done)
	r.Want("Họp", words.Done)
	if !r.Frame.Said() {
		t.Error("a save that failed says nothing")
	}
}

func TestUntilNextMonth(t *testing.T) {
	for day, want := range map[string]int32{"2026-11-21": 30, "2026-01-31": 28, "2026-12-31": 31, "2028-01-30": 30} {
		at, err := time.ParseInLocation("2006-01-02", day, words.Zone())
		if err != nil {
			t.Fatal(err)
		}
		if got := untilNextMonth(at); got != want {
			t.Errorf("%s: %d days, want %d", day, got, want)
		}
	}
}

func TestDarkDesk(t *testing.T) {
	r := uitest.New(t, uitest.Desktop, nt.Binh)
	agree(t, r.Book, nt.Dat, pb.Answer_ANSWER_GIVEN)
	r.Theme(kit.Theme{Shade: kit.Dark})
	open(r, New(r.Frame, nt.Dat))
	r.Tap("Tại nhà")
	r.Tap("vệ sinh")
	r.Field(words.FieldNote).SetText("Kể chuyện bệnh của người già trong nhà")
	r.Golden("desk-dark")
}
