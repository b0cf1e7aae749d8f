package window_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/test/probe"
)

// Heads of the invented households that the tour visits.
const (
	headFull     = "Nguyễn Thị Thanh Hường"              // with all that a page may hold
	headConflict = "Trần Văn Lực"                        // its telephone was changed twice
	headRefused  = "Công Tằng Tôn Nữ Mộng Đào Diễm Thúy" // took its consent back meanwhile
	headNew      = "Lê Văn Quý"                          // nobody asked it anything yet
	headHanded   = "Phạm Thị Lụa"                        // goes to another member
	headDraft    = "Đỗ Ngọc Ẩn"                          // a visit is half written
)

// returnedNote is of a visit that was given back and not edited yet, changedNote of one that
// was edited after it.
const (
	returnedNote = "Gia đình hỏi lịch họp thôn tháng 12."
	changedNote  = "Gia đình đồng ý dọn vệ sinh ngõ 5, hẹn chủ nhật; nhờ chi bộ nhắn đội thu gom rác đến lấy."
)

// library is the books of the tour: a town in which much has happened already.
type library struct {
	town         *probe.Town
	pin          string // a file with the passphrase
	member, desk seat
	number       string // of the petition that was answered
	code         string // with which another device may join
}

// writer is a notebook of which every action must succeed.
type writer struct {
	t *testing.T
	*notebook.Notebook
}

func (w writer) saved(s notebook.Saved, err error) notebook.Saved {
	w.t.Helper()
	w.ok(err)
	return s
}

func (w writer) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%s: %v (%s)", w.Me().Name, err, notebook.Say(err))
	}
}

func (w writer) synced() {
	w.t.Helper()
	_, err := w.Sync(w.t.Context())
	w.ok(err)
}

// of finds a household by its head.
func (w writer) of(head string) notebook.ID {
	w.t.Helper()
	id, err := w.HouseholdNamed(head)
	w.ok(err)
	return id
}

func (w writer) agrees(household notebook.ID, purposes ...pb.Purpose) {
	w.t.Helper()
	for _, p := range purposes {
		w.saved(w.RecordConsent(w.t.Context(), notebook.NewConsent{Household: household, Purpose: p, Answer: pb.Answer_ANSWER_GIVEN,
			NoticeVersion: words.NoticeVersion, Channel: pb.Channel_CHANNEL_SPOKEN}))
	}
}

func ptr[T any](v T) *T { return &v }

// fill enrols a member, the same member's second device, and the secretary, and lets them do
// what leaves something on every screen. The books are closed after it.
func fill(t *testing.T) *library {
	t.Helper()
	ctx := t.Context()
	homes := t.TempDir()
	l := &library{town: probe.NewTown(t, probe.StartProcess(t, probe.Options{})), pin: filepath.Join(homes, "pin")}
	if err := os.WriteFile(l.pin, []byte(passphrase+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	at := func(slug, name string, w, h int) seat {
		return seat{dir: filepath.Join(homes, slug, "book"), home: filepath.Join(homes, slug), slug: slug, name: name, w: w, h: h}
	}
	l.member, l.desk = at("binh", "Bình", 390, 800), at("an", "An", 1400, 860)
	join := func(dir, name, device string) writer {
		n, err := notebook.Enrol(ctx, notebook.Options{Dir: dir, Desktop: true, Remote: notebook.ViaNetwork(notebook.Network{})}, notebook.Network{},
			notebook.Join{Invitation: l.town.Codes(t, l.town.Member(name)).String(), Address: l.town.URL(), DeviceName: device}, passphrase)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { n.Close() })
		w := writer{t, n}
		w.synced()
		return w
	}

	l.code = l.town.Codes(t, l.town.Member("Đào")).String()

	// What the commune keeps: topics, matters, words to avoid, an authority.
	lan := l.town.Phone(t, l.town.Member("Lan"))
	lan.Sync()
	put := func(kind pb.Kind, about book.ID, m proto.Message) book.ID {
		c := probe.Change{Kind: kind, ID: lan.ID(), Subject: about, Create: true, Set: m}
		lan.Sync(lan.Bytes(c))
		lan.Stored(lan.Last)
		return c.ID
	}
	var matter book.ID
	for i, c := range []struct {
		use  pb.CategoryUse
		name string
	}{
		{pb.CategoryUse_CATEGORY_USE_TOPIC, "vệ sinh đường làng"}, {pb.CategoryUse_CATEGORY_USE_TOPIC, "vay vốn sản xuất"},
		{pb.CategoryUse_CATEGORY_USE_TOPIC, "lịch họp"}, {pb.CategoryUse_CATEGORY_USE_TOPIC, "hiến đất làm đường"},
		{pb.CategoryUse_CATEGORY_USE_MATTER, "giao thông, thủy lợi"}, {pb.CategoryUse_CATEGORY_USE_MATTER, "môi trường"},
		{pb.CategoryUse_CATEGORY_USE_WARNED_WORD, "bệnh"}, {pb.CategoryUse_CATEGORY_USE_WARNED_WORD, "nợ xấu"},
	} {
		id := put(pb.Kind_KIND_CATEGORY, l.town.Commune, &pb.Category{Use: c.use.Enum(), Name: &c.name, Position: proto.Int32(int32(i))})
		if c.use == pb.CategoryUse_CATEGORY_USE_MATTER {
			matter = id
		}
	}
	authority := put(pb.Kind_KIND_AUTHORITY, l.town.Commune, &pb.Authority{Name: proto.String("Ủy ban nhân dân xã")})
	put(pb.Kind_KIND_NOTICE, l.town.Commune, &pb.Notice{Title: proto.String("Lịch tiêm phòng cho trâu bò đợt 2"), FromDay: proto.Int32(lan.Day() - 2), UntilDay: proto.Int32(lan.Day() + 20),
		Text: proto.String("Thú y xã tiêm phòng tại sân nhà văn hóa thôn, từ 7 giờ đến 10 giờ sáng thứ Bảy. Bà con dắt trâu bò ra đúng giờ, mang theo sổ tiêm.")})

	an := join(l.desk.dir, "An", "Máy tính chi bộ")
	me, err := an.MemberNamed("Bình")
	an.ok(err)
	household := func(position int32, form, head, hamlet, address string, size int32) {
		an.saved(an.NewHousehold(ctx, notebook.HouseholdEdit{Head: &head, FormOfAddress: &form, Hamlet: &hamlet, Address: &address, Phone: ptr("0912345678"), Size: &size, Member: &me, Position: &position}, notebook.ID{}))
	}
	household(1, "bà", headFull, "Xóm Đình", "số 12, ngõ 5", 4)
	household(2, "ông", headConflict, "Xóm Đình", "số 14", 2)
	household(4, "bà", headRefused, "Xóm Giữa", "số 3, sau trạm bơm, cạnh sân kho hợp tác xã cũ", 6)
	household(4, "ông", headNew, "Xóm Giữa", "số 7", 5)
	household(5, "bà", headHanded, "Xóm Cầu", "số 21", 3)
	household(3, "anh", headDraft, "Xóm Cầu", "số 22", 3)
	an.saved(an.NewHousehold(ctx, notebook.HouseholdEdit{Head: ptr("Vũ Thị Nhài"), FormOfAddress: ptr("bà"), Hamlet: ptr("Xóm Cầu"), Address: ptr("số 30")}, notebook.ID{}))
	// The town's own households are called after their members.
	for i, h := range an.Households(notebook.Query{Branch: true}) {
		if after, found := strings.CutPrefix(h.Head, "Hộ "); found {
			an.saved(an.EditHousehold(ctx, h.ID, notebook.HouseholdEdit{Head: ptr([]string{"Đặng Thị ", "Hoàng Văn "}[i%2] + after)}))
		}
	}
	an.saved(an.NewNotice(ctx, notebook.NoticeEdit{Title: ptr("Họp chi bộ tháng 12"), Text: ptr("Chi bộ họp 19 giờ 30 ngày 05/12 tại nhà văn hóa. Đồng chí nào bận báo trước với bí thư.")}))
	hedge := an.saved(an.NewInitiative(ctx, notebook.InitiativeEdit{Name: ptr("Đường hoa ngõ xóm"), Field: ptr(pb.InitiativeField_INITIATIVE_FIELD_ECONOMY), Description: ptr("Mỗi hộ trồng và chăm một đoạn.")})).ID
	an.saved(an.NewCommendation(ctx, notebook.CommendationEdit{Name: ptr("Tổ tự quản ngõ 5"), Collective: ptr(true), Decision: ptr("12-QĐ/CB"), Reason: ptr("Giữ đường hoa sạch đẹp cả năm"), Initiative: &hedge}))
	an.synced()

	// The member: visits, petitions, a contribution.
	binh := join(l.member.dir, "Bình", "Điện thoại của tôi")
	full := binh.of(headFull)
	binh.agrees(full, pb.Purpose_PURPOSE_KEEP, pb.Purpose_PURPOSE_FORWARD)
	today := notebook.Day(words.Today(l.town.Now()))
	visit := func(household notebook.ID, days int32, note string, next notebook.Day) notebook.ID {
		topics := []notebook.ID{}
		for _, c := range binh.Topics()[:2] {
			topics = append(topics, c.ID)
		}
		return binh.saved(binh.RecordVisit(ctx, notebook.NewVisit{Household: household, Day: today - notebook.Day(days), Contact: pb.Contact_CONTACT_AT_HOME, Topics: topics, Note: note, FollowUp: next})).ID
	}
	ask := func(text string, named bool) notebook.Saved {
		return binh.saved(binh.RecordPetition(ctx, notebook.NewPetition{Household: full, Text: text, Matter: notebook.ID(matter), WithName: named}))
	}
	visit(full, 40, "Gặp cả nhà, bàn việc đổ bê tông ngõ 5.", today-10)
	approved := visit(full, 20, "Gia đình nhận chăm đoạn đường hoa trước cổng.", 0)
	returned := visit(full, 6, returnedNote, 0)
	changed := visit(full, 1, "Gia đình đồng ý dọn vệ sinh.", today+7)
	answered := ask("Đường ngõ 5 ngập khi mưa to, nước tràn vào sân. Đề nghị xã khơi rãnh thoát nước trước mùa mưa.", false)
	ask("Đề nghị lắp thêm hai bóng đèn ở đầu ngõ.", true)
	l.number = answered.Number
	binh.saved(binh.RecordContribution(ctx, full, notebook.ContributionEdit{LandM2: ptr(12.5), Workdays: ptr(2.0), ValueVND: ptr(int64(500_000)), Initiative: &hedge}, notebook.ID{}))
	for _, head := range []string{headConflict, headRefused, headHanded, headDraft} {
		binh.agrees(binh.of(head), pb.Purpose_PURPOSE_KEEP)
	}
	binh.synced()

	an.synced()
	an.saved(an.Approve(ctx, approved))
	an.saved(an.Approve(ctx, answered.ID))
	an.saved(an.Return(ctx, returned, "Ghi chưa rõ việc; cần ghi rõ hộ hỏi gì"))
	an.saved(an.Return(ctx, changed, "Ghi chưa rõ việc"))
	an.saved(an.SendUp(ctx, answered.ID))
	an.synced()

	// The commune forwards and answers.
	lan.Sync()
	last, err := an.Petition(answered.ID)
	an.ok(err)
	steps := last.Steps
	forwarded := put(pb.Kind_KIND_STEP, book.ID(answered.ID), &pb.Step{What: pb.StepKind_STEP_KIND_FORWARDED.Enum(), Day: proto.Int32(lan.Day()), Follows: book.ID(steps[len(steps)-1].ID).Bytes(),
		Forwarded: &pb.Forwarded{Authority: authority.Bytes(), DueDay: proto.Int32(lan.Day() + 14)}})
	put(pb.Kind_KIND_STEP, book.ID(answered.ID), &pb.Step{What: pb.StepKind_STEP_KIND_ANSWERED.Enum(), Day: proto.Int32(lan.Day()), Follows: forwarded.Bytes(),
		Answered: &pb.Answered{Text: proto.String("Xã đã giao đội thủy nông khơi rãnh ngõ 5 trong tuần đầu tháng 12.")}})

	// What goes wrong: the same member's second device and the secretary write meanwhile.
	binh.synced()
	second := join(filepath.Join(homes, "second"), "Bình", "Máy bảng ở nhà")
	binh.saved(binh.EditVisit(ctx, changed, notebook.VisitEdit{Note: ptr(changedNote)}))
	notice := binh.Notices()[0].ID
	binh.saved(binh.ReadNotice(ctx, notice))
	binh.saved(binh.TellNotice(ctx, notice, full))
	_, err = binh.SaveDraft(ctx, notebook.DraftForm{Household: binh.of(headDraft), Edit: notebook.VisitEdit{Contact: ptr(pb.Contact_CONTACT_AT_HOME), Note: ptr("Nhà đang sửa mái, hẹn")}})
	binh.ok(err)
	// A household takes its consent back before the member's visit arrives: refused.
	binh.saved(binh.RecordVisit(ctx, notebook.NewVisit{Household: binh.of(headRefused), Contact: pb.Contact_CONTACT_PHONE, Note: "Gia đình hỏi thủ tục vay vốn sản xuất."}))
	second.saved(second.RecordConsent(ctx, notebook.NewConsent{Household: second.of(headRefused), Purpose: pb.Purpose_PURPOSE_KEEP, Answer: pb.Answer_ANSWER_WITHDRAWN, Channel: pb.Channel_CHANNEL_PHONE}))
	second.synced()
	// A household goes to another member before the second device's change arrives: a
	// suggestion on the desk.
	second.saved(second.EditHousehold(ctx, second.of(headHanded), notebook.HouseholdEdit{Phone: ptr("0987654321")}))
	cuc, err := an.MemberNamed("Cúc")
	an.ok(err)
	an.saved(an.AssignHousehold(ctx, an.of(headHanded), cuc))
	// The secretary writes over a telephone without having seen the member's: a conflict.
	binh.saved(binh.EditHousehold(ctx, binh.of(headConflict), notebook.HouseholdEdit{Phone: ptr("0934567890")}))
	binh.synced()
	an.saved(an.EditHousehold(ctx, an.of(headConflict), notebook.HouseholdEdit{Phone: ptr("0945678901")}))
	an.synced()
	second.synced()
	binh.synced()
	an.synced()
	if len(binh.Mends()) == 0 || len(binh.Conflicts()) == 0 || len(an.Suggestions()) == 0 || len(binh.Returned()) == 0 || an.Waiting() == 0 {
		t.Fatalf("the story is not what it should be: %d to mend, %d conflicts, %d suggestions, %d returned, %d wait",
			len(binh.Mends()), len(binh.Conflicts()), len(an.Suggestions()), len(binh.Returned()), an.Waiting())
	}
	for _, w := range []writer{binh, second, an} {
		w.ok(w.Close())
	}
	return l
}
