package notebook_test

import (
	"errors"
	"testing"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// must gives the value of a call that may not fail.
func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatalf("%v (%s)", err, notebook.Say(err))
		}
		return v
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v (%s)", err, notebook.Say(err))
	}
}

func sync(t testing.TB, phones ...*notebook.Notebook) {
	t.Helper()
	for _, n := range phones {
		if _, err := n.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func page(t testing.TB, n *notebook.Notebook, id notebook.ID) notebook.Page {
	t.Helper()
	p, err := n.Household(id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// agree records that a household agreed to purposes.
func agree(t testing.TB, n *notebook.Notebook, household notebook.ID, purposes ...pb.Purpose) {
	t.Helper()
	for _, p := range purposes {
		must[notebook.Saved](t)(n.RecordConsent(t.Context(), notebook.NewConsent{
			Household: household, Purpose: p, Answer: pb.Answer_ANSWER_GIVEN, NoticeVersion: "TB-01", Channel: pb.Channel_CHANNEL_SPOKEN,
		}))
	}
}

const keep, forward = pb.Purpose_PURPOSE_KEEP, pb.Purpose_PURPOSE_FORWARD

func TestMe(t *testing.T) {
	b := nt.NewBranch(t)
	me := b.Phone(nt.Hoa).Me()
	if me.Name != "Lê Thị Hoa" || !me.Desk || me.Office.Code != "secretary" || me.Branch != "thôn Bằng Ngang" {
		t.Errorf("%+v", me)
	}
	if me := b.Phone(nt.Binh).Me(); me.Desk || me.Device != nt.BinhDevice {
		t.Errorf("%+v", me)
	}
}

func TestBookBeforeItsFirstSync(t *testing.T) {
	n := nt.NewBranch(t).Empty(nt.Binh, t.TempDir())
	defer n.Close()
	if got := n.Households(notebook.Query{}); len(got) != 0 {
		t.Errorf("households: %v", got)
	}
	if s := n.State(); s.Safe || s.Lines[len(s.Lines)-1] != words.NeverSynced {
		t.Errorf("state: %+v", s)
	}
	if me := n.Me(); me.Name != words.UnknownPerson {
		t.Errorf("me: %+v", me)
	}
	_, err := n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_AT_HOME})
	if !errors.Is(err, notebook.ErrNotYours) || notebook.Say(err) != words.NotYours {
		t.Errorf("visit to an unknown household: %v", err)
	}
}

func TestWrongPIN(t *testing.T) {
	b := nt.NewBranch(t)
	dir := t.TempDir()
	ok(t, b.Empty(nt.Binh, dir).Close())
	if _, err := notebook.Open(t.Context(), b.Options(dir), "999111"); err == nil || notebook.Say(err) == words.Unexpected {
		t.Errorf("wrong PIN: %v", err)
	}
	n := must[*notebook.Notebook](t)(notebook.Open(t.Context(), b.Options(dir), nt.PIN))
	ok(t, n.ChangePIN(t.Context(), "314159"))
	ok(t, n.Close())
	if _, err := notebook.Open(t.Context(), b.Options(dir), nt.PIN); err == nil {
		t.Error("the old PIN still opens the book")
	}
	n = must[*notebook.Notebook](t)(notebook.Open(t.Context(), b.Options(dir), "314159"))
	if err := n.ChangePIN(t.Context(), "111111"); err == nil {
		t.Error("a PIN of one digit was taken")
	}
	ok(t, n.Close())
}

func TestHouseholds(t *testing.T) {
	b := nt.NewBranch(t)
	n, desk := b.Phone(nt.Binh), b.Phone(nt.Hoa)
	agree(t, n, nt.Dat, keep)
	must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Day: nt.Day(20, 10, 2026), Contact: pb.Contact_CONTACT_AT_HOME, FollowUp: nt.Day(1, 12, 2026)}))
	must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Day: nt.Day(19, 11, 2026), Contact: pb.Contact_CONTACT_NOBODY_MET}))
	number := must[notebook.Saved](t)(n.RecordPetition(t.Context(), notebook.NewPetition{Household: nt.Dat, Text: "Đường ngõ 5 ngập"})).Number

	heads := func(q notebook.Query, n *notebook.Notebook) (out []string) {
		for _, l := range n.Households(q) {
			out = append(out, l.Head)
		}
		return out
	}
	for _, c := range []struct {
		name string
		who  *notebook.Notebook
		q    notebook.Query
		want []string
	}{
		{"own, walking order", n, notebook.Query{}, []string{"Trần Thị Lan", "Nguyễn Văn Đạt"}},
		{"own, by given name", n, notebook.Query{Sort: notebook.ByName}, []string{"Nguyễn Văn Đạt", "Trần Thị Lan"}},
		{"own, longest not met first", n, notebook.Query{Sort: notebook.ByLongest}, []string{"Trần Thị Lan", "Nguyễn Văn Đạt"}},
		{"without accents", n, notebook.Query{Search: "nguyen van dat"}, []string{"Nguyễn Văn Đạt"}},
		{"end of the phone number", n, notebook.Query{Search: "345 678"}, []string{"Nguyễn Văn Đạt"}},
		{"address", n, notebook.Query{Search: "xom dinh 14"}, []string{"Trần Thị Lan"}},
		{"petition number", n, notebook.Query{Search: number}, []string{"Nguyễn Văn Đạt"}},
		{"never the text of notes", n, notebook.Query{Search: "ngập"}, nil},
		{"all on the phone", n, notebook.Query{Branch: true, Sort: notebook.ByName}, []string{"Nguyễn Văn Đạt", "Trần Thị Lan", "Lê Quang"}},
		{"of one member", desk, notebook.Query{Member: nt.Sau}, []string{"Lê Quang"}},
		{"branch", desk, notebook.Query{Branch: true, Sort: notebook.ByName}, []string{"Phạm An", "Nguyễn Văn Đạt", "Trần Thị Lan", "Đỗ Mới", "Lê Quang"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := heads(c.q, c.who); !equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
	last := page(t, n, nt.Dat).Visits[1]
	day := nt.Day(18, 11, 2026)
	must[notebook.Saved](t)(n.EditVisit(t.Context(), last.ID, notebook.VisitEdit{Day: &day}))
	if got := n.Households(notebook.Query{Search: "dat"})[0].Since; got != "gặp 3 ngày trước" {
		t.Errorf("after an edit of the visit: %s", got)
	}
	must[notebook.Saved](t)(n.EditVisit(t.Context(), last.ID, notebook.VisitEdit{Day: &last.Day}))
	l := n.Households(notebook.Query{Search: "dat"})[0]
	if l.Since != "32 ngày chưa gặp" || l.NextVisit != nt.Day(1, 12, 2026) || l.OpenPetitions != 1 || l.Unsent != 5 {
		t.Errorf("line: %+v", l)
	}
	if l.Title != "Hộ ông Nguyễn Văn Đạt" || l.Phone != "0912 345 678" || l.Address != "Xóm Đình, số 12" || l.Assigned != "Trần Văn Bình" {
		t.Errorf("line: %+v", l)
	}
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestConsentComesBeforeData(t *testing.T) {
	b := nt.NewBranch(t)
	n := b.Phone(nt.Binh)
	visit := notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_AT_HOME, Note: "Gia đình hỏi về lịch lấy nước"}
	topics := notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_AT_HOME, Topics: []notebook.ID{nt.Hygiene}}
	petition := notebook.NewPetition{Household: nt.Dat, Text: "Đường ngõ 5 ngập"}
	land := 12.5
	refused := func(want book.ConsentState, sentence string) {
		t.Helper()
		for name, try := range map[string]func() error{
			"note":     func() error { _, err := n.RecordVisit(t.Context(), visit); return err },
			"topics":   func() error { _, err := n.RecordVisit(t.Context(), topics); return err },
			"petition": func() error { _, err := n.RecordPetition(t.Context(), petition); return err },
			"contribution": func() error {
				_, err := n.RecordContribution(t.Context(), nt.Dat, notebook.ContributionEdit{LandM2: &land}, notebook.ID{})
				return err
			},
			"draft": func() error {
				_, err := n.SaveDraft(t.Context(), notebook.DraftForm{Household: nt.Dat, Edit: notebook.VisitEdit{Note: &visit.Note}})
				return err
			},
		} {
			err := try()
			var c *notebook.ConsentError
			if !errors.As(err, &c) || c.State != want || c.Purpose != keep || c.Household != nt.Dat || notebook.Say(err) != sentence {
				t.Errorf("%s: %v (%s)", name, err, notebook.Say(err))
			}
		}
	}
	refused(book.NotAsked, words.AskFirst)
	if p := page(t, n, nt.Dat); len(p.Visits)+len(p.Petitions)+len(p.Contributions)+len(p.Drafts) != 0 {
		t.Errorf("refused actions left something: %+v", p)
	}
	if s := n.State(); s.Unsent != 0 {
		t.Errorf("refused actions left %d changes", s.Unsent)
	}
	// When and how needs no consent.
	must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_NOT_WISHED}))

	answer := func(a pb.Answer) {
		t.Helper()
		must[notebook.Saved](t)(n.RecordConsent(t.Context(), notebook.NewConsent{
			Household: nt.Dat, Purpose: keep, Answer: a, NoticeVersion: "TB-01", Channel: pb.Channel_CHANNEL_PAPER, Witness: "Bà Tư (bịa)",
		}))
	}
	answer(pb.Answer_ANSWER_DECLINED)
	refused(book.Declined, words.Declined)
	answer(pb.Answer_ANSWER_GIVEN)
	must[notebook.Saved](t)(n.RecordVisit(t.Context(), visit))
	sync(t, n)
	answer(pb.Answer_ANSWER_WITHDRAWN)
	refused(book.Withdrawn, words.Withdrawn)
	sync(t, n)
	refused(book.Withdrawn, words.Withdrawn)
	answer(pb.Answer_ANSWER_GIVEN)
	must[notebook.Saved](t)(n.RecordVisit(t.Context(), topics))

	line := page(t, n, nt.Dat).Consents[0]
	if line.State != "given" || line.Day != nt.Today || line.NoticeVersion != "TB-01" || line.Witness != "Bà Tư (bịa)" || line.Channel.Code != "paper" || line.By != "Trần Văn Bình" {
		t.Errorf("%+v", line)
	}
	if line := page(t, n, nt.Dat).Consents[1]; line.State != "not_asked" || line.Text != "Chưa hỏi" {
		t.Errorf("%+v", line)
	}
}

func TestConsentIsNeverFilledIn(t *testing.T) {
	n := nt.NewBranch(t).Phone(nt.Binh)
	whole := notebook.NewConsent{Household: nt.Dat, Purpose: keep, Answer: pb.Answer_ANSWER_GIVEN, NoticeVersion: "TB-01", Channel: pb.Channel_CHANNEL_SPOKEN}
	for name, drop := range map[string]func(*notebook.NewConsent){
		"purpose": func(c *notebook.NewConsent) { c.Purpose = 0 },
		"answer":  func(c *notebook.NewConsent) { c.Answer = 0 },
		"channel": func(c *notebook.NewConsent) { c.Channel = 0 },
		"notice":  func(c *notebook.NewConsent) { c.NoticeVersion = "" },
	} {
		in := whole
		drop(&in)
		if _, err := n.RecordConsent(t.Context(), in); !errors.Is(err, &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_INVALID}) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

func TestDenunciationIsNeverStored(t *testing.T) {
	b := nt.NewBranch(t)
	n := b.Phone(nt.Binh)
	agree(t, n, nt.Dat, keep)
	sync(t, n)
	text := "Nội dung không được giữ lại"
	draft := must[notebook.ID](t)(n.SaveDraft(t.Context(), notebook.DraftForm{Household: nt.Dat, Edit: notebook.PetitionEdit{Text: &text}}))
	_, err := n.RecordPetition(t.Context(), notebook.NewPetition{Household: nt.Dat, Denunciation: true, Text: text, Draft: draft})
	if !errors.As(err, new(*notebook.DenunciationError)) || notebook.Say(err) != book.DenunciationAdvice {
		t.Fatalf("%v", err)
	}
	if s := n.State(); s.Unsent != 0 || s.Drafts != 0 || !s.Safe {
		t.Errorf("something was kept: %+v", s)
	}
	if p := page(t, n, nt.Dat); len(p.Petitions) != 0 {
		t.Errorf("%+v", p.Petitions)
	}
	// Not even its number was spent.
	if s := must[notebook.Saved](t)(n.RecordPetition(t.Context(), notebook.NewPetition{Household: nt.Dat, Text: "Đường ngõ 5 ngập"})); s.Number != book.PetitionNumber(nt.BinhDevice, 1) {
		t.Errorf("number %s", s.Number)
	}
}

func TestVisitAndItsReceipts(t *testing.T) {
	b := nt.NewBranch(t)
	n, desk := b.Phone(nt.Binh), b.Phone(nt.Hoa)
	agree(t, n, nt.Dat, keep)
	s := must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{
		Household: nt.Dat, Contact: pb.Contact_CONTACT_AT_HOME, Topics: []notebook.ID{nt.Hygiene}, Note: "  Gia đi\u0300nh hỏi về lịch lấy nước  ",
	}))
	if s.Receipt.Text != words.Written {
		t.Errorf("receipt of a save: %+v", s.Receipt)
	}
	state := func(want notebook.ReceiptState, text string) notebook.VisitLine {
		t.Helper()
		v := page(t, n, nt.Dat).Visits[0]
		if v.Receipt.State != want || v.Receipt.Text != text {
			t.Errorf("receipt %+v, want %s «%s»", v.Receipt, want, text)
		}
		return v
	}
	v := state(notebook.StateUnsent, words.Unsent)
	if v.ID != s.ID || v.Day != nt.Today || v.Contact.Text != "Tại nhà" || !equal(v.Topics, []string{"vệ sinh"}) || v.By != "Trần Văn Bình" || v.For != "" {
		t.Errorf("%+v", v)
	}
	if v.Note != "Gia đình hỏi về lịch lấy nước" {
		t.Errorf("note is not composed or trimmed: %q", v.Note)
	}
	sync(t, n, desk)
	state(notebook.StateStored, words.Stored)
	must[notebook.Saved](t)(desk.Return(t.Context(), s.ID, "thiếu giờ gặp"))
	sync(t, desk, n)
	state(notebook.StateReturned, "Trả lại: «thiếu giờ gặp»")
	note := "Gia đình hỏi về lịch lấy nước, gặp buổi sáng"
	must[notebook.Saved](t)(n.EditVisit(t.Context(), s.ID, notebook.VisitEdit{Note: &note}))
	state(notebook.StateUnsent, words.Unsent)
	sync(t, n, desk)
	state(notebook.StateWaitingAgain, words.WaitingAgain)
	must[notebook.Saved](t)(desk.Approve(t.Context(), s.ID))
	sync(t, desk, n)
	state(notebook.StateApproved, words.Approved)

	if _, err := n.EditVisit(t.Context(), s.ID, notebook.VisitEdit{Note: &note}); !errors.Is(err, notebook.ErrNothingChanged) {
		t.Errorf("an edit that changes nothing: %v", err)
	}
	must[notebook.Saved](t)(n.Delete(t.Context(), s.ID))
	if p := page(t, n, nt.Dat); len(p.Visits) != 0 {
		t.Errorf("a deleted visit is on the page: %+v", p.Visits)
	}
	if err := func() error { _, err := n.Delete(t.Context(), nt.Dat); return err }(); err == nil {
		t.Error("a member deleted a household")
	}
}

func TestVisitForAMemberWithoutPhone(t *testing.T) {
	b := nt.NewBranch(t)
	n := b.Phone(nt.Binh)
	must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Quang, Contact: pb.Contact_CONTACT_MEETING}))
	if v := page(t, n, nt.Quang).Visits[0]; v.For != "Nguyễn Văn Sáu" || v.By != "Trần Văn Bình" {
		t.Errorf("%+v", v)
	}
	// The secretary may not write for a member who has a phone.
	_, err := b.Phone(nt.Hoa).RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_MEETING})
	if !errors.Is(err, &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_NOT_YOURS}) || notebook.Say(err) == words.Unexpected {
		t.Errorf("%v (%s)", err, notebook.Say(err))
	}
}

func TestARefusedFormNamesItsField(t *testing.T) {
	n := nt.NewBranch(t).Phone(nt.Binh)
	_, err := n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat})
	if want := "Hình thức: Mục này còn trống; hãy điền rồi lưu lại."; notebook.Say(err) != want {
		t.Errorf("%q, want %q", notebook.Say(err), want)
	}
	phone := "12"
	if _, err := n.EditHousehold(t.Context(), nt.Dat, notebook.HouseholdEdit{Phone: &phone}); err == nil {
		t.Error("a phone of two digits was taken")
	}
}

// A change must not overtake what lies between it and an earlier one of the same record:
// the note would reach the server before the consent that it needs.
func TestAnEditDoesNotOvertakeTheConsentItNeeds(t *testing.T) {
	b := nt.NewBranch(t)
	n := b.Phone(nt.Binh)
	s := must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_AT_HOME}))
	day := nt.Day(20, 11, 2026)
	must[notebook.Saved](t)(n.EditVisit(t.Context(), s.ID, notebook.VisitEdit{Day: &day}))
	if got := n.State().Unsent; got != 1 {
		t.Errorf("an edit of the same sitting made %d changes", got)
	}
	agree(t, n, nt.Dat, keep)
	note := "Gia đình hỏi về lịch lấy nước"
	must[notebook.Saved](t)(n.EditVisit(t.Context(), s.ID, notebook.VisitEdit{Note: &note}))
	if got := n.State().Unsent; got != 3 {
		t.Errorf("%d changes wait, want visit, consent, edit", got)
	}
	agreed := false
	b.Refuse = func(p *pb.Patch) *book.Refusal {
		var v pb.Visit
		decode(t, p.GetSet(), &v, p.GetEnvelope().GetKind() == pb.Kind_KIND_VISIT)
		agreed = agreed || p.GetEnvelope().GetKind() == pb.Kind_KIND_CONSENT
		if v.GetNote() != "" && !agreed {
			t.Error("the note came before the consent")
		}
		return nil
	}
	sync(t, n)
}

func TestPetitionFromDoorToDoor(t *testing.T) {
	b := nt.NewBranch(t)
	n, desk := b.Phone(nt.Binh), b.Phone(nt.Hoa)
	agree(t, n, nt.Dat, keep)
	s := must[notebook.Saved](t)(n.RecordPetition(t.Context(), notebook.NewPetition{Household: nt.Dat, Text: "Đường ngõ 5 ngập\nMong xã sửa cống", Matter: nt.Roads}))
	if s.Number != book.PetitionNumber(nt.BinhDevice, 1) {
		t.Errorf("number %s", s.Number)
	}
	second := must[notebook.Saved](t)(n.RecordPetition(t.Context(), notebook.NewPetition{Household: nt.Dat, Text: "Đèn đường hỏng"}))
	if second.Number != book.PetitionNumber(nt.BinhDevice, 2) {
		t.Errorf("second number %s", second.Number)
	}
	sync(t, n, desk)
	if _, err := n.SendUp(t.Context(), s.ID); err == nil {
		t.Error("a member sent a petition up")
	}
	var c *notebook.ConsentError
	if _, err := desk.SendUp(t.Context(), s.ID); !errors.As(err, &c) || c.Purpose != forward || notebook.Say(err) != words.AskForward {
		t.Errorf("sent up without consent to forward: %v", err)
	}
	agree(t, n, nt.Dat, forward)
	sync(t, n, desk)
	if _, err := desk.SendUp(t.Context(), s.ID); !errors.Is(err, &book.Refusal{Rule: "not_approved"}) {
		t.Errorf("sent up without approval: %v", err)
	}
	must[notebook.Saved](t)(desk.Approve(t.Context(), s.ID))
	sync(t, desk)
	if next := desk.NextSteps(s.ID); len(next) != 1 || next[0].Code != "sent_up" {
		t.Errorf("buttons: %+v", next)
	}
	must[notebook.Saved](t)(desk.SendUp(t.Context(), s.ID))
	sync(t, desk, n)
	text := "Đường ngõ 5 và ngõ 6 ngập"
	if _, err := n.EditPetition(t.Context(), s.ID, notebook.PetitionEdit{Text: &text}); !errors.Is(err, &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_CLOSED}) {
		t.Errorf("edited after it went up: %v", err)
	}
	must[notebook.Saved](t)(n.AddStep(t.Context(), notebook.NewStep{Petition: s.ID, What: pb.StepKind_STEP_KIND_SUPPLEMENT, Text: "Ngõ 6 cũng ngập"}))
	sync(t, n)
	last := b.Of(pb.Kind_KIND_STEP)
	// The commune forwards and answers.
	b.Put(pb.Kind_KIND_STEP, nt.NewID(1), s.ID, nt.Household(nt.Dat), &pb.Step{
		Follows: last[len(last)-1].ID.Bytes(), What: pb.StepKind_STEP_KIND_FORWARDED.Enum(), Day: i32(nt.Today),
		Forwarded: &pb.Forwarded{Authority: book.ID(nt.Authority).Bytes(), DueDay: i32(nt.Day(5, 12, 2026))},
	})
	b.Put(pb.Kind_KIND_STEP, nt.NewID(2), s.ID, nt.Household(nt.Dat), &pb.Step{
		Follows: book.ID(nt.NewID(1)).Bytes(), What: pb.StepKind_STEP_KIND_ANSWERED.Enum(), Day: i32(nt.Today),
		Answered: &pb.Answered{Text: str("Sửa cống trong tháng 12"), Number: str("12/UBND")},
	})
	sync(t, n)
	must[notebook.Saved](t)(n.AddStep(t.Context(), notebook.NewStep{Petition: s.ID, What: pb.StepKind_STEP_KIND_TOLD, Outcome: pb.ToldOutcome_TOLD_OUTCOME_ACCEPTED}))
	sync(t, n, desk)
	must[notebook.Saved](t)(desk.AddStep(t.Context(), notebook.NewStep{Petition: s.ID, What: pb.StepKind_STEP_KIND_CLOSED}))
	sync(t, desk, n)
	var p notebook.PetitionLine
	for _, l := range page(t, n, nt.Dat).Petitions {
		if l.ID == s.ID {
			p = l
		}
	}
	if !p.Closed || p.Due != nt.Day(5, 12, 2026) || p.Matter != "đường sá" || p.Standing.Code != "closed" || p.Receipt.State != notebook.StateApproved {
		t.Errorf("%+v", p)
	}
	want := []string{
		"Gửi lên xã|không kèm tên hộ", "Bổ sung|Ngõ 6 cũng ngập", "Chuyển cơ quan có thẩm quyền|Ủy ban nhân dân xã Đồng Lý · Hạn trả lời 05/12/2026",
		"Đã trả lời|Sửa cống trong tháng 12 · 12/UBND", "Đã báo cho hộ|Hộ đồng tình", "Kết thúc|",
	}
	var got []string
	for _, st := range p.Steps {
		got = append(got, st.What.Text+"|"+st.Text)
	}
	if !equal(got, want) {
		t.Errorf("steps:\n%q\nwant\n%q", got, want)
	}
}

func TestAStepThatWasOvertakenIsPutBehind(t *testing.T) {
	b := nt.NewBranch(t)
	n, desk := b.Phone(nt.Binh), b.Phone(nt.Hoa)
	agree(t, n, nt.Dat, keep, forward)
	s := must[notebook.Saved](t)(n.RecordPetition(t.Context(), notebook.NewPetition{Household: nt.Dat, Text: "Đường ngõ 5 ngập"}))
	sync(t, n, desk)
	must[notebook.Saved](t)(desk.Approve(t.Context(), s.ID))
	must[notebook.Saved](t)(desk.SendUp(t.Context(), s.ID))
	sync(t, desk, n)
	up := b.Of(pb.Kind_KIND_STEP)[0]
	must[notebook.Saved](t)(n.AddStep(t.Context(), notebook.NewStep{Petition: s.ID, What: pb.StepKind_STEP_KIND_SUPPLEMENT, Text: "Ngõ 6 cũng ngập"}))
	b.Put(pb.Kind_KIND_STEP, nt.NewID(1), s.ID, nt.Household(nt.Dat), &pb.Step{
		Follows: up.ID.Bytes(), What: pb.StepKind_STEP_KIND_FORWARDED.Enum(), Day: i32(nt.Today), Forwarded: &pb.Forwarded{Authority: book.ID(nt.Authority).Bytes()},
	})
	// The other step is here before the server has looked at the own one: it comes first.
	b.Later = true
	sync(t, n)
	b.Later = false
	if l := page(t, n, nt.Dat).Petitions[0]; l.Standing.Code != "forwarded" || len(l.Steps) != 2 {
		t.Errorf("an own step that is not sent went before the server's: %+v", l)
	}
	b.Refuse = func(p *pb.Patch) *book.Refusal {
		return &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_NOT_LAST_STEP, Field: 1, Rule: "not_last_step"}
	}
	sync(t, n)
	b.Refuse = nil
	mends := n.Mends()
	if len(mends) != 1 || mends[0].Code != "not_last_step" || mends[0].Household != nt.Dat {
		t.Fatalf("%+v", mends)
	}
	if got := page(t, n, nt.Dat).Petitions[0].Steps; len(got) != 2 {
		t.Errorf("steps before mending: %+v", got)
	}
	must[notebook.Saved](t)(n.MendRefused(t.Context(), mends[0].Record, nil))
	sync(t, n)
	steps := page(t, n, nt.Dat).Petitions[0].Steps
	if len(steps) != 3 || steps[2].Text != "Ngõ 6 cũng ngập" || len(n.Mends()) != 0 {
		t.Errorf("%+v", steps)
	}
}
