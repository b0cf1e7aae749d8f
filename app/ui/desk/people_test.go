package desk

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
	"sodanvan/app/ui/kit"
	"sodanvan/app/ui/outline"
	"sodanvan/app/ui/uitest"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/lww"
)

func find[T any](t testing.TB, all []T, is func(T) bool) T {
	t.Helper()
	for _, x := range all {
		if is(x) {
			return x
		}
	}
	t.Fatalf("not among %+v", all)
	panic("unreachable")
}

func TestMembers(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Hoa)
	atDesk(r)
	r.Tap(words.Members)
	r.Want("4 đồng chí", "Nguyễn Văn Sáu")
	r.Type(words.Search, "binh")
	r.WantNot("Nguyễn Văn Sáu")
	r.Tap(words.AddMember)
	r.Tap(words.Save)
	r.Want(words.NameNeeded)
	r.Type(words.MemberName, "Vu Thi Mai")
	r.Type(words.MemberPhone, "123")
	r.Tap(words.Save)
	if top := r.Frame.Top().Name; top != "new member" {
		t.Fatalf("a phone that is none was taken; %s is shown", top)
	}
	r.Field(words.MemberPhone).SetText("0912 000 111")
	r.Tap(words.Save)
	r.Want(words.MemberAdded)
	mai := find(t, r.Book.Members(), func(m notebook.Member) bool { return m.Name == "Vu Thi Mai" })
	if mai.Phone != "0912 000 111" {
		t.Errorf("%+v", mai)
	}

	r.Show(Member(r.Frame, nt.Sau))
	r.Want("Không có máy, ghi thay: Trần Văn Bình", "Hộ anh Lê Quang", "Hộ phụ trách (1)")
	r.Golden("member")
	atDesk(r)
	r.Frame.Push(Member(r.Frame, nt.Sau))
	r.Tap(words.EditMember)
	r.Type(words.MemberDistinguish, "Xom Chua")
	r.Frame.Back()
	r.Want(words.DropFormTitle)
	r.Tap(words.KeepWriting)
	r.Tap(words.Save)
	r.Want("Nguyễn Văn Sáu (Xom Chua)", words.MemberSaved)
	r.Tap(words.EditMember)
	r.Tap(words.Save)
	r.Want(words.NothingChanged)
	r.Tap(words.ChooseProxies)
	r.Tap("Trần Văn Bình")
	r.Tap("Phạm Tiến Dũng")
	r.Tap(words.Save)
	r.Want(words.ProxiesSaved, "ghi thay: Phạm Tiến Dũng")
	if m, _ := member(r.Book, nt.Sau); len(m.ProxyIDs) != 1 || m.ProxyIDs[0] != nt.Dung {
		t.Errorf("%+v", m)
	}
	r.Show(Member(r.Frame, nt.NewID(1)))
	r.Want(words.NotYours)
}

// TestCode: the code is on the screen and nowhere else, and goes with it.
func TestCode(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Hoa)
	atDesk(r)
	r.Frame.Push(Member(r.Frame, nt.Sau))
	r.Tap(words.IssueCode)
	const code, line = "ABCD EFGH JKMN PQRS TVWX Y", "sodanvan://enrol?c=invented"
	r.Want(code, words.OnlyForThem, "Nguyễn Văn Sáu", "Dùng trước 10:42 ngày 05/12/2026")
	r.WantNot(line)
	r.Theme(kit.Theme{Shade: kit.Dark})
	r.Golden("code-dark")
	r.Theme(kit.Theme{Shade: kit.Light})
	r.Tap(words.CopyCode)
	if got := r.Clipboard(); got != line {
		t.Errorf("copied «%s»", got)
	}
	s := r.Frame.Top()
	r.Frame.Back()
	r.WantNot(code)
	r.Frame.Push(s)
	r.WantNot(code)
}

func TestHandover(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Hoa)
	atDesk(r)
	r.Frame.Push(Handover(r.Frame, nt.Dat))
	r.Want("Bàn giao: Hộ ông Nguyễn Văn Đạt", words.ToNobody)
	r.Tap("Nguyễn Văn Sáu")
	r.Want("Bàn giao 1 hộ cho đồng chí Nguyễn Văn Sáu?")
	r.Golden("handover")
	r.Tap(words.Cancel)
	at := func(id notebook.ID) notebook.ID { return must[notebook.Page](t)(r.Book.Household(id)).Member }
	if at(nt.Dat) != nt.Binh {
		t.Fatal("handed over without a yes")
	}
	r.Tap("Nguyễn Văn Sáu")
	r.Tap(words.HandOver)
	r.Want(words.HandoverDone(1))
	if at(nt.Dat) != nt.Sau {
		t.Error("not handed over")
	}

	// Several at once: those of nobody first, then the member's own.
	r.Frame.Push(Member(r.Frame, nt.Sau))
	r.Tap(words.HandOverSeveral)
	if b := find(t, r.Items(), func(i outline.Item) bool { return i.Label == words.ChooseHouseholds }); !b.Disabled {
		t.Error("nothing is chosen, and the button is on")
	}
	r.Tap("Đỗ Mới, Xóm Bãi")
	r.Tap("Lê Quang, Xóm Chùa, số 3")
	r.Frame.Changed() // as after a sync: what was chosen stays
	r.Want("Chọn đồng chí nhận 2 hộ")
	r.Golden("handover-several")
	r.Tap("Chọn đồng chí nhận 2 hộ")
	r.Tap("Phạm Tiến Dũng")
	r.Tap(words.HandOver)
	r.Want(words.HandoverDone(2), words.ChooseHouseholds)
	if at(nt.New) != nt.Dung || at(nt.Quang) != nt.Dung || at(nt.Dat) != nt.Sau {
		t.Error("other households than those that were chosen were handed over")
	}
	r.Tap("Nguyễn Văn Đạt, Xóm Đình, số 12")
	r.Tap("Chọn đồng chí nhận 1 hộ")
	r.Tap(words.ToNobody)
	r.Tap(words.HandOver)
	if !at(nt.Dat).IsZero() {
		t.Error("still with a member")
	}
	r.Want(words.OfNobody(1))
}

// TestHandoverThatFailsInTheMiddle: the others are handed over, and how many were not is said.
func TestHandoverThatFailsInTheMiddle(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Hoa)
	gone := nt.NewID(77)
	done := false
	r.Show(handTo(r.Frame, []notebook.ID{nt.Dat, gone, nt.Lan}, func() { done = true }))
	r.Tap("Phạm Tiến Dũng")
	r.Tap(words.HandOver)
	r.Want(words.HandoverPart(2, 1, words.NotYours))
	if done {
		t.Error("a handover that failed in part counts as done")
	}
	for _, id := range []notebook.ID{nt.Dat, nt.Lan} {
		if p := must[notebook.Page](t)(r.Book.Household(id)); p.Member != nt.Dung {
			t.Errorf("%s is with another member", p.Title)
		}
	}
}

// What a restored server lacks and a phone still had.
func TestSuggestionsAfterARestore(t *testing.T) {
	b := nt.NewBranch(t)
	put := func(n uint64, kind pb.Kind, id, household notebook.ID, ms int64, m proto.Message) {
		row := must[[]byte](t)(proto.Marshal(&pb.Row{
			Envelope: &pb.Envelope{
				Kind: kind.Enum(), Id: book.ID(id).Bytes(), Author: book.ID(nt.Binh).Bytes(), Subject: book.ID(household).Bytes(),
				Holder: book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: book.ID(household)}.Proto(),
			},
			Body: must[[]byte](t)(lww.Encode(m)), Stamp: proto.Uint64(uint64(hlc.Make(ms, 0))), Device: proto.Uint32(nt.BinhDevice),
		}))
		b.Put(pb.Kind_KIND_SUGGESTION, nt.NewID(n), nt.Dat, nt.Desk, &pb.Suggestion{Row: row, Why: pb.SuggestionReason_SUGGESTION_REASON_RESTORED.Enum()})
	}
	put(10, pb.Kind_KIND_VISIT, nt.NewID(77), nt.Dat, 1_795_000_000_000, &pb.Visit{
		Day: proto.Int32(20_770), Contact: pb.Contact_CONTACT_AT_HOME.Enum(), Note: proto.String("Gia đình hỏi về lịch lấy nước vụ xuân"),
	})
	put(11, pb.Kind_KIND_HOUSEHOLD, nt.Lan, nt.Lan, 2_900_000_000_000, &pb.Household{Phone: proto.String("0966666666")})
	r := uitest.Over(t, uitest.Phone, b, nt.Hoa)
	atDesk(r)
	r.Tap(words.Suggestions)
	r.Want("Máy chủ được khôi phục và không còn bản này")
	r.Tap("Hộ ông Nguyễn Văn Đạt")
	r.Want("Gia đình hỏi về lịch lấy nước vụ xuân", "Trần Văn Bình", words.RestoredNew)
	r.WantNot(words.WouldBeNew)
	r.Golden("restored")
	r.Tap(words.Accept)
	r.Want(words.RestoredBack)
	r.Tap("Hộ bà Trần Thị Lan")
	r.Want("Đang ghi: "+words.Empty, "Đề xuất: 0966 666 666", words.RestoredOlder)
	r.Tap(words.Reject)
	r.Want(words.Rejected)
	if all := r.Book.Suggestions(); len(all) != 0 {
		t.Errorf("%+v", all)
	}
}

func TestSuggestions(t *testing.T) {
	b := nt.NewBranch(t)
	put := func(n uint64, m proto.Message, kind pb.Kind, id notebook.ID) {
		set := must[[]byte](t)(lww.Encode(m))
		patch := must[[]byte](t)(proto.Marshal(&pb.Patch{Envelope: &pb.Envelope{Kind: kind.Enum(), Id: book.ID(id).Bytes()}, Set: set}))
		b.Put(pb.Kind_KIND_SUGGESTION, nt.NewID(n), nt.Dat, nt.Desk, &pb.Suggestion{
			Patch: patch, Why: pb.SuggestionReason_SUGGESTION_REASON_HANDED_OVER.Enum(), Device: proto.Uint32(nt.BinhDevice), TimeMs: proto.Int64(1_795_000_000_000 + int64(n)),
		})
	}
	put(10, &pb.Household{Phone: proto.String("0955555555"), Address: proto.String("số 12, cạnh nhà văn hóa")}, pb.Kind_KIND_HOUSEHOLD, nt.Dat)
	put(11, &pb.Household{Phone: proto.String("0966666666")}, pb.Kind_KIND_HOUSEHOLD, nt.Lan)
	// A visit of a member who has a phone: the rules let nobody else write it.
	put(12, &pb.Visit{Note: proto.String("x")}, pb.Kind_KIND_VISIT, nt.NewID(77))
	r := uitest.Over(t, uitest.Phone, b, nt.Hoa)
	atDesk(r)
	r.Tap(words.Suggestions)
	r.Tap("Hộ ông Nguyễn Văn Đạt")
	r.Want("Đang ghi: 0912 345 678", "Đề xuất: 0955 555 555", "Trần Văn Bình")
	r.Golden("suggestion")
	r.Tap(words.Accept)
	r.Want(words.Accepted)
	if p := must[notebook.Page](t)(r.Book.Household(nt.Dat)); p.Phone != "0955 555 555" {
		t.Errorf("phone %s", p.Phone)
	}
	r.Tap("Hộ bà Trần Thị Lan")
	r.Want("Đang ghi: " + words.Empty)
	r.Tap(words.Reject)
	r.Want(words.Rejected)
	if p := must[notebook.Page](t)(r.Book.Household(nt.Lan)); p.Phone != "" {
		t.Errorf("a change that was not accepted stands: %s", p.Phone)
	}
	r.Tap("Lượt tiếp xúc")
	r.Tap(words.Accept)
	r.Want(words.NotYours)
	if all := r.Book.Suggestions(); len(all) != 1 {
		t.Errorf("%+v", all)
	}
	if r.Frame.Top().Name != "suggestion" {
		t.Error("the page of what could not be accepted is gone")
	}
	// Somebody else decides it meanwhile.
	ok(t, r.Book.Decide(t.Context(), nt.NewID(12), false))
	r.Frame.Changed()
	r.Want(words.GoneMeanwhile)
}

func TestNotices(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Hoa)
	atDesk(r)
	r.Tap(words.BranchNotices)
	r.Want(words.NoBranchNotices)
	r.WantNot("Lịch lấy nước") // the commune's
	r.Tap(words.NewNotice)
	r.Tap(words.GiveNotice)
	r.Want(words.TitleNeeded)
	r.Type(words.NoticeTitle, "Hop chi bo")
	r.Type(words.NoticeText, "7 gio toi thu Bay")
	r.Field(words.NoticeUntil).SetText("1/11/2026")
	r.Tap(words.GiveNotice)
	r.Want(words.EndsBefore)
	r.Field(words.NoticeUntil).SetText("31/2/2026")
	r.Tap(words.GiveNotice)
	if got := ownNotices(r.Book); len(got) != 0 {
		t.Fatalf("a notice without a day: %+v", got)
	}
	r.Tap(words.InOneWeek)
	r.WantNot(words.EndsBefore)
	r.Window.Canvas().Unfocus() // a caret blinks
	r.Golden("notice")
	r.Tap(words.GiveNotice)
	r.Want(words.NoticeGiven, "Từ 21/11/2026 · đến 28/11/2026")
	own := find(t, ownNotices(r.Book), func(n notebook.Notice) bool { return n.Title == "Hop chi bo" })
	if own.Text != "7 gio toi thu Bay" || own.From != nt.Today || own.Until != nt.Day(28, 11, 2026) {
		t.Errorf("%+v", own)
	}
	r.Tap("Hop chi bo")
	r.Tap(words.Tomorrow)
	r.Tap(words.NoEnd)
	r.Tap(words.Save)
	r.Want(words.NoticeSaved, "Chưa tới ngày, từ 22/11/2026")
	r.Show(Notice(r.Frame, nt.Harvest))
	r.Want(words.NotYours)
}

func TestWorks(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Hoa)
	atDesk(r)
	r.Tap(words.Initiatives)
	r.Want(words.NoInitiativesDesk)
	r.Tap(words.NewInitiative)
	r.Tap(words.Save)
	r.Want(words.WorkNameNeeded)
	r.Type(words.InitiativeName, "Ngo hoa")
	r.Tap("Kinh tế")
	r.Tap(words.Save)
	r.Want(words.InitiativeSaved)
	r.Tap("Ngo hoa")
	r.Want(words.GivenTitle, words.NothingGiven, "Đăng ký 21/11/2026")
	r.Tap(words.Edit)
	r.Type(words.InitiativeText, "hai ben ngo")
	r.Tap(words.Save)
	r.Want("hai ben ngo")
	if all := r.Book.Initiatives(); len(all) != 1 || all[0].Field.Code != "economy" || all[0].Description != "hai ben ngo" {
		t.Errorf("%+v", all)
	}

	atDesk(r)
	r.Tap(words.Commendations)
	r.Want(words.NoCommendedDesk)
	r.Tap(words.NewCommendation)
	r.Tap(words.Save)
	r.Want(words.WhoNeeded)
	r.Tap(words.Collective)
	r.Type(words.CommendName, "hộ ông Đạt")
	r.Tap(words.Save)
	r.Want(words.NoHouseholdCommended)
	r.Field(words.CommendName).SetText("Chi hội phụ nữ xóm Đình")
	r.Tap("Ngo hoa")
	r.Tap(words.Save)
	r.Want(words.CommendationSaved, "Tập thể: Chi hội phụ nữ xóm Đình")
	r.Tap("Chi hội phụ nữ")
	r.Tap("Ngo hoa") // takes it back
	r.Field(words.CommendReason).SetText("giữ ngõ sạch, không có bệnh")
	r.Tap(words.Save)
	r.Want(words.Warned([]string{"bệnh"}))
	if all := r.Book.Commendations(); len(all) != 1 || !all[0].Collective || all[0].Initiative != "" || all[0].Reason == "" {
		t.Errorf("%+v", all)
	}
}
