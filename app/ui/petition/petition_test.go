package petition

import (
	"strings"
	"testing"
	"time"

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

const keep, forward = pb.Purpose_PURPOSE_KEEP, pb.Purpose_PURPOSE_FORWARD

// tall shows a whole form on one picture.
var tall = fyne.NewSize(360, 1000)

// open shows a screen over another one.
func open(r *uitest.Rig, s *frame.Screen) {
	r.Show(&frame.Screen{Name: "below", Title: "Hộ", Body: kit.Plain("dưới")})
	r.Frame.Push(s)
}

func answer(t *testing.T, n *notebook.Notebook, a pb.Answer, purposes ...pb.Purpose) {
	t.Helper()
	for _, p := range purposes {
		if _, err := n.RecordConsent(t.Context(), notebook.NewConsent{
			Household: nt.Dat, Purpose: p, Answer: a, NoticeVersion: words.NoticeVersion, Channel: pb.Channel_CHANNEL_SPOKEN,
		}); err != nil {
			t.Fatal(err)
		}
	}
}

const given = pb.Answer_ANSWER_GIVEN

func sync(t *testing.T, phones ...*notebook.Notebook) {
	t.Helper()
	for _, n := range phones {
		if _, err := n.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func did(t *testing.T) func(notebook.Saved, error) notebook.ID {
	return func(s notebook.Saved, err error) notebook.ID {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return s.ID
	}
}

func petitionOf(t *testing.T, n *notebook.Notebook, id notebook.ID) notebook.PetitionPage {
	t.Helper()
	p, err := n.Petition(id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func record(t *testing.T, n *notebook.Notebook, text string) notebook.ID {
	t.Helper()
	return did(t)(n.RecordPetition(t.Context(), notebook.NewPetition{Household: nt.Dat, Text: text, Matter: nt.Roads}))
}

// put is a step of the commune.
func put(t *testing.T, b *nt.Branch, n *notebook.Notebook, number uint64, petition notebook.ID, s *pb.Step) {
	t.Helper()
	steps := petitionOf(t, n, petition).Steps
	s.Follows, s.Day = book.ID(steps[len(steps)-1].ID).Bytes(), proto.Int32(int32(nt.Today))
	b.Put(pb.Kind_KIND_STEP, nt.NewID(number), petition, nt.Household(nt.Dat), s)
	sync(t, n)
}

func forwarded(due notebook.Day) *pb.Step {
	return &pb.Step{What: pb.StepKind_STEP_KIND_FORWARDED.Enum(), Forwarded: &pb.Forwarded{Authority: book.ID(nt.Authority).Bytes(), DueDay: proto.Int32(int32(due))}}
}

func answeredStep() *pb.Step {
	return &pb.Step{What: pb.StepKind_STEP_KIND_ANSWERED.Enum(), Answered: &pb.Answered{Text: proto.String("Xã sửa cống trong tháng 12.")}}
}

func TestADenunciationIsNotKept(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	open(r, New(r.Frame, nt.Dat))
	r.Want(book.DenunciationQuestion, words.ItIsAnOpinion, words.ItIsDenouncing)
	r.Golden("question")
	r.Tap(words.ItIsDenouncing)
	r.Want("Tố cáo không ghi vào sổ này")
	r.Golden("advice")
	r.Tap(words.Understood)
	r.Want("dưới")
	if s := r.Book.State(); len(r.Book.Drafts()) != 0 || len(r.Book.Petitions()) != 0 || s.Unsent != 0 {
		t.Errorf("something of it was kept: %+v", s)
	}
}

func TestAPetitionGetsANumberForTheSlip(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	open(r, New(r.Frame, nt.Dat))
	r.Tap(words.ItIsAnOpinion)
	r.Want("Hộ ông Nguyễn Văn Đạt", words.AskFirst)
	r.WantNot(words.FieldWords, words.Done)
	r.Tap(words.AskHousehold)
	r.Tap(words.Agrees)
	r.Tap("Nói trực tiếp")
	r.Tap(words.RecordAnswer)
	r.Want(words.FieldWords, words.NameMeans)
	r.Window.Resize(tall)
	r.Golden("new")
	r.Window.Resize(uitest.Phone)
	r.Tap(words.Done)
	r.Want(words.TextNeeded)
	r.Type(words.FieldWords, "Đường ngõ 5 ngập, mong xã sửa cống.")
	r.WantNot(words.TextNeeded)
	r.Tap("Đường sá")
	r.Field(words.FieldDay).SetText("20/11")
	r.Tap(words.Done)
	all := r.Book.Petitions()
	if len(all) != 1 {
		t.Fatalf("%+v", all)
	}
	p := all[0]
	if p.Text != "Đường ngõ 5 ngập, mong xã sửa cống." || p.Matter != "đường sá" || p.WithName || p.Day != nt.Day(20, 11, 2026) {
		t.Errorf("%+v", p)
	}
	r.Want(p.Number, words.Slip(p.Number), words.Written)
	r.Golden("slip")
	r.Tap(words.CopyNumber)
	if got := r.Clipboard(); got != p.Number {
		t.Errorf("copied %q", got)
	}
	r.Tap(words.AskForwardNow)
	r.Tap(words.Agrees)
	r.Tap("Nói trực tiếp")
	r.Tap(words.RecordAnswer)
	r.Tap(words.ToThePetition)
	r.Want(p.Text, "Đường sá", words.WithoutName, words.NoSteps)
	r.Frame.Back()
	r.Want("dưới")
	if len(r.Book.Drafts()) != 0 {
		t.Errorf("%+v", r.Book.Drafts())
	}
	if got := petitionOf(t, r.Book, p.ID); got.Forward != book.Given {
		t.Errorf("%+v", got)
	}
}

func TestAKilledAppReopensOnTheForm(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	answer(t, r.Book, given, keep)
	open(r, New(r.Frame, nt.Dat))
	r.Tap(words.ItIsAnOpinion)
	r.Type(words.FieldWords, "Đèn đường")
	r.Tap("Đường sá")
	r.Tap(words.WithName)
	r.Field(words.FieldDay).SetText("3/")
	r.Frame.Close() // killed: nobody leaves the form

	d := r.Book.Drafts()
	if len(d) != 1 {
		t.Fatalf("%+v", d)
	}
	if half, ok := frame.ReadHalf(d[0]); !ok || !half.Open || half.Form != formName {
		t.Fatalf("%+v", half)
	}
	again := uitest.Bare(t, uitest.Phone, func() time.Time { return b.At })
	again.Frame.Book = r.Book
	open(again, ResumeDraft(again.Frame, d[0]))
	if text, day := again.Field(words.FieldWords).Text, again.Field(words.FieldDay).Text; text != "Đèn đường" || day != "3/" {
		t.Errorf("text %q, day %q", text, day)
	}
	again.Tap(words.Done)
	if len(r.Book.Petitions()) != 0 {
		t.Fatal("half a day was taken")
	}
	again.Field(words.FieldDay).SetText("3/11/2026")
	again.Tap(words.Done)
	all := r.Book.Petitions()
	if len(all) != 1 || all[0].ID != d[0].ID || !all[0].WithName || all[0].Matter != "đường sá" || len(r.Book.Drafts()) != 0 {
		t.Errorf("%+v", all)
	}
}

func TestAFormThatIsLeftStaysADraftThatDoesNotOpen(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	answer(t, r.Book, given, keep)
	open(r, New(r.Frame, nt.Dat))
	r.Tap(words.ItIsAnOpinion)
	r.Type(words.FieldWords, "Đèn đường có chuyện bệnh")
	r.Want(words.Warned([]string{"bệnh"}))
	r.Frame.Back()
	r.Want("dưới", words.KeptAsDraft)
	d := r.Book.Drafts()
	if half, ok := frame.ReadHalf(d[0]); !ok || half.Open {
		t.Errorf("%+v", half)
	}
	r.Frame.Push(ResumeDraft(r.Frame, d[0]))
	r.Tap(words.DropHalf)
	r.Tap(words.DropIt)
	r.Want("dưới")
	if d := r.Book.Drafts(); len(d) != 0 {
		t.Errorf("%+v", d)
	}
}

func TestAReturnedPetitionIsEdited(t *testing.T) {
	b := nt.NewBranch(t)
	desk := b.Phone(nt.Hoa)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	answer(t, r.Book, given, keep)
	id := record(t, r.Book, "Đường ngập")
	sync(t, r.Book, desk)
	did(t)(desk.Return(t.Context(), id, "Ghi rõ đoạn nào."))
	sync(t, desk, r.Book)
	open(r, Page(r.Frame, id))
	r.Want("Trả lại: «Ghi rõ đoạn nào.»", words.AskForward)
	r.Golden("page-returned")
	r.Tap(words.EditPetition)
	r.Want("Trả lại: «Ghi rõ đoạn nào.»")
	r.Tap(words.Done)
	r.Want(words.NothingChanged)
	r.Tap(words.EditPetition)
	r.Type(words.FieldWords, " từ cống đến đình")
	r.Tap("Đường sá") // taken back
	r.Tap(words.WithName)
	r.Tap(words.Done)
	got := petitionOf(t, r.Book, id)
	if !strings.Contains(got.Text, "từ cống đến đình") || !strings.Contains(got.Text, "Đường ngập") || got.Matter != "" || !got.WithName || got.Day != nt.Today {
		t.Errorf("%+v", got)
	}
	r.Want("từ cống đến đình", words.WithName)
	r.Tap(words.EditPetition)
	r.Tap(words.DeletePetition)
	r.Tap(words.Delete)
	if all := r.Book.Petitions(); len(all) != 0 {
		t.Errorf("%+v", all)
	}
	r.Want(words.NotYours) // its page says so
}

func TestTheDeskSendsItUpAndTheHouseholdIsTold(t *testing.T) {
	b := nt.NewBranch(t)
	n := b.Phone(nt.Binh)
	answer(t, n, given, keep)
	id := record(t, n, "Đường ngõ 5 ngập mỗi khi mưa, mong xã sửa cống trước mùa lũ.")
	sync(t, n)
	r := uitest.Over(t, uitest.Phone, b, nt.Hoa)
	open(r, Page(r.Frame, id))
	r.Want(words.ApproveOnce, words.AskForward)
	r.WantNot(words.SendUp+"?", words.EditPetition)
	did(t)(r.Book.Approve(t.Context(), id))
	sync(t, r.Book)
	r.Frame.Changed()
	r.WantNot(words.ApproveOnce)
	r.Tap(words.AskHousehold)
	r.Tap(words.Agrees)
	r.Tap("Qua điện thoại")
	r.Tap(words.RecordAnswer)
	r.WantNot(words.AskForward)
	r.Theme(kit.Theme{Shade: kit.Dark})
	r.Golden("page-approved-dark")
	r.Theme(kit.Theme{Shade: kit.Light})
	r.Tap(words.SendUp)
	r.Want(words.SendUpAsk)
	r.Tap(words.SendUp)
	r.Want(words.SentUpDone)
	if got := petitionOf(t, r.Book, id); got.Standing.Code != "sent_up" || len(got.Steps) != 1 {
		t.Fatalf("%+v", got)
	}
	sync(t, r.Book)
	put(t, b, r.Book, 1, id, forwarded(nt.Day(15, 11, 2026)))
	r.Frame.Changed()
	r.Want(words.Overdue(6))
	put(t, b, r.Book, 2, id, answeredStep())
	r.Frame.Changed()
	r.Want("Xã sửa cống trong tháng 12.")
	r.WantNot(words.Overdue(6)) // it was answered
	r.Tap(words.Close)
	r.Window.Resize(uitest.Desktop)
	r.Golden("page-answered-desk")
	r.Window.Resize(uitest.Phone)

	// The member told the household, and it does not agree.
	r.Tap(words.TellHousehold)
	r.Want(words.WhoTold, "Trần Văn Bình")
	r.Tap(words.Done)
	r.Want(words.ChooseOutcome)
	r.Tap("Hộ chưa đồng tình")
	r.Tap("Trần Văn Bình")
	r.Golden("told")
	r.Tap(words.Done)
	r.Want(words.StepKept)
	if got := petitionOf(t, r.Book, id); got.Standing.Code != "told" || !strings.Contains(got.Steps[3].Text, "Trần Văn Bình") || !strings.Contains(got.Steps[3].Text, "chưa đồng tình") {
		t.Errorf("%+v", got.Steps[3])
	}

	// Said more, taken back, closed, opened again.
	r.Tap(words.Supplement)
	r.Tap(words.Done)
	r.Want(words.TextNeeded)
	r.Type(words.SupplementFor, "Thêm đoạn trước đình")
	r.Tap(words.Done)
	r.Want("Thêm đoạn trước đình")
	r.Tap(words.TakeBackStep)
	r.Tap(words.Done)
	r.Want(words.ReasonFirst)
	r.Type(words.TakeBackWhy, "ghi nhầm")
	r.Tap(words.Done)
	r.WantNot("Thêm đoạn trước đình")
	r.Tap(words.ClosePetition)
	r.Tap(words.Done) // after the household was told no reason is needed
	if got := petitionOf(t, r.Book, id); !got.Closed {
		t.Fatalf("%+v", got)
	}
	r.Tap(words.Reopen)
	r.Type(words.ReopenWhy, "ngập lại")
	r.Frame.Back()
	r.Want(words.LoseStepAsk)
	r.Tap(words.Cancel)
	r.Tap(words.Done)
	if got := petitionOf(t, r.Book, id); got.Closed || got.Standing.Code != "reopened" {
		t.Errorf("%+v", got)
	}
	r.Frame.Back()
	r.Want("dưới")
}

func TestASupplementAsksTheHouseholdAgain(t *testing.T) {
	b := nt.NewBranch(t)
	n, desk := b.Phone(nt.Binh), b.Phone(nt.Hoa)
	answer(t, n, given, keep, forward)
	id := record(t, n, "Đường ngập")
	sync(t, n, desk)
	did(t)(desk.Approve(t.Context(), id))
	did(t)(desk.SendUp(t.Context(), id))
	sync(t, desk, n)
	answer(t, n, pb.Answer_ANSWER_WITHDRAWN, keep)
	r := uitest.Bare(t, uitest.Phone, func() time.Time { return b.At })
	r.Frame.Book = n
	open(r, Page(r.Frame, id))
	r.WantNot(words.EditPetition, words.AskForward)
	r.Tap(words.Supplement)
	r.Want(words.ReadAloud)
	r.Frame.Back()
	r.Frame.Push(Edit(r.Frame, nt.Dat, id)) // it went up: closed
	r.WantNot(words.Done, words.FieldWords)
}

func TestARefusedPetitionIsMended(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	answer(t, r.Book, given, keep)
	record(t, r.Book, "Giữ nguyên lời này")
	b.Refuse = func(p *pb.Patch) *book.Refusal {
		if p.GetEnvelope().GetKind() == pb.Kind_KIND_PETITION {
			return &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_INVALID, Field: fieldMatter, Rule: "unknown_value"}
		}
		return nil
	}
	sync(t, r.Book)
	m := r.Book.Mends()
	if len(m) != 1 {
		t.Fatalf("%+v", m)
	}
	open(r, Mend(r.Frame, m[0]))
	r.Want(m[0].Text, "Giữ nguyên lời này", words.MendAsItIs)
	r.Theme(kit.Theme{Step: 3})
	r.Golden("mend-big")
	r.Tap(words.MendAsItIs) // refused once more
	sync(t, r.Book)
	b.Refuse = nil
	if m = r.Book.Mends(); len(m) != 1 {
		t.Fatalf("%+v", m)
	}
	r.Frame.Push(Mend(r.Frame, m[0]))
	r.Tap("Đường sá")
	r.Tap(words.SendAgain)
	r.Want("dưới", words.SentAgain)
	sync(t, r.Book)
	all := r.Book.Petitions()
	if len(all) != 1 || all[0].Matter != "" || all[0].Text != "Giữ nguyên lời này" || len(r.Book.Mends()) != 0 || len(r.Book.Drafts()) != 0 {
		t.Errorf("%+v %+v", all, r.Book.Mends())
	}
	r.Frame.Push(Mend(r.Frame, m[0]))
	r.Want(words.NoMendLeft)
}

func TestARefusedPetitionWithoutConsentIsAskedForOrDropped(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	answer(t, r.Book, given, keep)
	record(t, r.Book, "Giữ nguyên lời này")
	b.Refuse = func(p *pb.Patch) *book.Refusal {
		if p.GetEnvelope().GetKind() == pb.Kind_KIND_PETITION {
			return &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_NO_CONSENT}
		}
		return nil
	}
	answer(t, r.Book, pb.Answer_ANSWER_WITHDRAWN, keep)
	sync(t, r.Book)
	open(r, Mend(r.Frame, r.Book.Mends()[0]))
	r.Want(words.Withdrawn, words.AskAgain)
	r.WantNot("Giữ nguyên lời này", words.MendAsItIs, words.SendAgain)
	r.Tap(words.DropIt)
	r.Tap(words.DropIt)
	r.Want("dưới", words.MendDropped)
	if len(r.Book.Mends()) != 0 {
		t.Errorf("%+v", r.Book.Mends())
	}
}

func TestARefusedStepIsSentAgainOrDropped(t *testing.T) {
	for _, drop := range []bool{false, true} {
		b := nt.NewBranch(t)
		n := b.Phone(nt.Binh)
		answer(t, n, given, keep, forward)
		id := record(t, n, "Đường ngập")
		sync(t, n)
		r := uitest.Over(t, uitest.Phone, b, nt.Hoa)
		did(t)(r.Book.Approve(t.Context(), id))
		did(t)(r.Book.SendUp(t.Context(), id))
		b.Refuse = func(p *pb.Patch) *book.Refusal {
			if p.GetEnvelope().GetKind() == pb.Kind_KIND_STEP {
				return &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_NOT_LAST_STEP, Field: 1}
			}
			return nil
		}
		sync(t, r.Book)
		b.Refuse = nil
		m := r.Book.Mends()
		if len(m) != 1 || m[0].Kind.Code != kindStep {
			t.Fatalf("%+v", m)
		}
		open(r, Mend(r.Frame, m[0]))
		r.Want(m[0].Text, m[0].Title)
		if drop {
			r.Tap(words.DropIt)
			r.Tap(words.DropIt)
		} else {
			r.Golden("mend-step")
			r.Tap(words.MendAsItIs)
		}
		r.Want("dưới")
		sync(t, r.Book)
		if got := len(b.Of(pb.Kind_KIND_STEP)); len(r.Book.Mends()) != 0 || (got == 0) != drop {
			t.Errorf("dropped %v: %d steps, %+v", drop, got, r.Book.Mends())
		}
	}
}

func TestTheList(t *testing.T) {
	b := nt.NewBranch(t)
	n := b.Phone(nt.Binh)
	r := uitest.Over(t, uitest.Phone, b, nt.Hoa)
	r.Show(List(r.Frame))
	r.Want(words.NoPetitionsYet)
	r.Golden("list-empty")

	answer(t, n, given, keep, forward)
	late, soon := record(t, n, "Đường ngõ 5 ngập mỗi khi mưa, mong xã sửa cống trước mùa lũ."), record(t, n, "Đèn đường hỏng ba bóng")
	fresh, done := record(t, n, "Xin mở lớp dạy nghề"), record(t, n, "Sửa loa truyền thanh")
	sync(t, n, r.Book)
	for _, id := range []notebook.ID{late, soon, done} {
		did(t)(r.Book.Approve(t.Context(), id))
		did(t)(r.Book.SendUp(t.Context(), id))
	}
	did(t)(r.Book.AddStep(t.Context(), notebook.NewStep{Petition: done, What: pb.StepKind_STEP_KIND_CLOSED, Reason: "đã sửa"}))
	sync(t, r.Book)
	put(t, b, r.Book, 1, soon, forwarded(nt.Day(5, 12, 2026)))
	put(t, b, r.Book, 2, late, forwarded(nt.Day(18, 11, 2026)))
	r.Frame.Changed()
	r.Want(words.SectionOf(words.PetitionsOpen, 3), words.SectionOf(words.PetitionsClosed, 1), "Đèn đường hỏng", "hạn 05/12", words.Overdue(3), "Sửa loa")
	r.Golden("list")

	number := petitionOf(t, r.Book, fresh).Number
	search := r.Field(words.Search)
	search.SetText(strings.ToLower(strings.ReplaceAll(number, "-", " ")))
	r.Want("Xin mở lớp")
	r.WantNot("Đèn đường", "Sửa loa")
	search.SetText("đèn đường") // a text is never searched
	r.Want(words.NumberNotFound)
	search.SetText("nguyen van dat")
	r.Want("Xin mở lớp", "Đèn đường", "Sửa loa")
	search.SetText(number)
	r.Tap("Xin mở lớp")
	r.Want(number, words.StepsOfIt)
	r.Frame.Back()
	r.Want("Xin mở lớp")
	r.Tap(words.SectionOf(words.PetitionsOpen, 1)) // a heading opens nothing
	r.WantNot(words.StepsOfIt)
}
