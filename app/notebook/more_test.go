package notebook_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/lww"
)

func i32(d notebook.Day) *int32 { return proto.Int32(int32(d)) }
func str(s string) *string      { return &s }

func decode(t testing.TB, b []byte, m proto.Message, when bool) {
	t.Helper()
	if !when {
		return
	}
	if _, err := lww.Decode(b, m); err != nil {
		t.Fatal(err)
	}
}

func TestReviewQueue(t *testing.T) {
	b := nt.NewBranch(t)
	n, desk, deputy := b.Phone(nt.Binh), b.Phone(nt.Hoa), b.Phone(nt.Dung)
	agree(t, n, nt.Dat, keep)
	for _, day := range []notebook.Day{nt.Day(2, 9, 2026), nt.Day(20, 10, 2026), nt.Day(5, 10, 2026)} {
		must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Day: day, Contact: pb.Contact_CONTACT_AT_HOME}))
	}
	petition := must[notebook.Saved](t)(n.RecordPetition(t.Context(), notebook.NewPetition{Household: nt.Dat, Text: "Đường ngõ 5 ngập"}))
	phone := "0987 654 321"
	must[notebook.Saved](t)(n.EditHousehold(t.Context(), nt.Lan, notebook.HouseholdEdit{Phone: &phone}))
	own := must[notebook.Saved](t)(desk.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.An, Contact: pb.Contact_CONTACT_PHONE}))
	if q := n.ReviewQueue(); len(q) != 0 {
		t.Errorf("a member has a queue: %+v", q)
	}
	if q := desk.ReviewQueue(); len(q) != 0 {
		t.Errorf("the queue has what is not on the server: %+v", q)
	}
	sync(t, n, desk, deputy)

	q := desk.ReviewQueue()
	if len(q) != 1 || q[0].Member != nt.Binh || len(q[0].Items) != 2 {
		t.Fatalf("%+v", q)
	}
	var months []string
	for _, m := range q[0].Months {
		months = append(months, words.MonthOf(m.Year, m.Month))
		if !slices.IsSortedFunc(m.Visits, func(a, b notebook.ReviewItem) int { return int(a.Day - b.Day) }) {
			t.Errorf("visits are not oldest first: %+v", m.Visits)
		}
	}
	if !equal(months, []string{"tháng 09/2026", "tháng 10/2026"}) {
		t.Errorf("months %v", months)
	}
	for _, item := range q[0].Items {
		switch item.Kind.Code {
		case "petition":
			if item.ID != petition.ID || item.Of != "Hộ ông Nguyễn Văn Đạt" || !equal(item.By, []string{"Trần Văn Bình"}) {
				t.Errorf("%+v", item)
			}
		case "household":
			if item.ID != nt.Lan {
				t.Errorf("%+v", item)
			}
		}
	}
	// The secretary's own visit waits for the deputy, and the reverse.
	if _, err := desk.Approve(t.Context(), own.ID); !errors.Is(err, &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_CANNOT_REVIEW}) {
		t.Errorf("approved an own visit: %v", err)
	}
	found := false
	for _, g := range deputy.ReviewQueue() {
		found = found || g.Member == nt.Hoa && len(g.Months) == 1 && g.Months[0].Visits[0].ID == own.ID
	}
	if !found {
		t.Errorf("the deputy's queue lacks the secretary's visit: %+v", deputy.ReviewQueue())
	}

	count := must[int](t)(desk.ApproveVisits(t.Context(), nt.Binh, 2026, time.October))
	if count != 2 {
		t.Errorf("%d visits approved", count)
	}
	if _, err := desk.ApproveVisits(t.Context(), nt.Binh, 2026, time.October); !errors.Is(err, notebook.ErrNothingToApprove) {
		t.Errorf("approved twice: %v", err)
	}
	must[notebook.Saved](t)(desk.Approve(t.Context(), nt.Lan))
	if _, err := desk.Return(t.Context(), petition.ID, "  "); !errors.Is(err, notebook.ErrReasonNeeded) {
		t.Errorf("returned without a reason: %v", err)
	}
	must[notebook.Saved](t)(desk.Return(t.Context(), petition.ID, "ghi rõ ngõ nào"))
	sync(t, desk, n)
	if q := desk.ReviewQueue(); len(q) != 1 || len(q[0].Items) != 0 || len(q[0].Months) != 1 || q[0].Months[0].Month != 9 {
		t.Errorf("%+v", q)
	}
	if got := len(b.Of(pb.Kind_KIND_REVIEW)); got != 4 {
		t.Errorf("%d reviews, want one for each record", got)
	}
	// What changed since the verdict is marked.
	text := "Đường ngõ 5, đoạn cuối, ngập"
	must[notebook.Saved](t)(n.EditPetition(t.Context(), petition.ID, notebook.PetitionEdit{Text: &text}))
	sync(t, n, desk)
	for _, f := range desk.ReviewQueue()[0].Items[0].Fields {
		if f.Changed != (f.Name == "Lời của hộ") {
			t.Errorf("%+v", f)
		}
	}
}

func TestWhatIsDeletedWaitsForNobody(t *testing.T) {
	b := nt.NewBranch(t)
	n, desk := b.Phone(nt.Binh), b.Phone(nt.Hoa)
	s := must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_AT_HOME}))
	sync(t, n, desk)
	if len(desk.ReviewQueue()) != 1 {
		t.Fatalf("%+v", desk.ReviewQueue())
	}
	must[notebook.Saved](t)(n.Delete(t.Context(), s.ID))
	sync(t, n, desk)
	if q := desk.ReviewQueue(); len(q) != 0 {
		t.Errorf("%+v", q)
	}
}

func TestNoReviewer(t *testing.T) {
	b := nt.NewBranch(t)
	n := b.Phone(nt.Binh)
	// A branch whose secretary and deputy have no phone.
	for _, m := range []struct {
		id     notebook.ID
		office pb.Office
	}{{nt.Hoa, pb.Office_OFFICE_SECRETARY}, {nt.Dung, pb.Office_OFFICE_DEPUTY}} {
		b.Put(pb.Kind_KIND_MEMBER, m.id, nt.Unit, book.Holder{Kind: pb.HolderKind_HOLDER_KIND_BRANCH, ID: book.ID(nt.Unit)}, &pb.Member{Name: str("Vắng máy"), Office: m.office.Enum()})
	}
	must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_AT_HOME}))
	sync(t, n)
	if r := page(t, n, nt.Dat).Visits[0].Receipt; r.State != notebook.StateNoReviewer || r.Text != words.NoReviewer {
		t.Errorf("%+v", r)
	}
}

func TestAssign(t *testing.T) {
	b := nt.NewBranch(t)
	n, desk := b.Phone(nt.Binh), b.Phone(nt.Hoa)
	if _, err := n.AssignHousehold(t.Context(), nt.Dat, nt.Hoa); err == nil {
		t.Error("a member handed a household over")
	}
	must[notebook.Saved](t)(desk.AssignHousehold(t.Context(), nt.New, nt.Binh))
	if _, err := desk.AssignHousehold(t.Context(), nt.New, nt.Authority); !errors.Is(err, &book.Refusal{Rule: "member_not_in_branch"}) {
		t.Errorf("assigned to nobody of the branch: %v", err)
	}
	sync(t, desk, n)
	if got := len(n.Households(notebook.Query{})); got != 3 {
		t.Errorf("%d households after the handover", got)
	}
	// Handed over again while the phone still has something to send.
	must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.New, Contact: pb.Contact_CONTACT_AT_HOME}))
	must[notebook.Saved](t)(desk.AssignHousehold(t.Context(), nt.New, nt.Dung))
	sync(t, desk, n)
	if got := len(n.Households(notebook.Query{})); got != 2 {
		t.Errorf("%d households after the second handover", got)
	}
	if _, err := n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.New, Contact: pb.Contact_CONTACT_AT_HOME}); notebook.Say(err) == words.Unexpected || err == nil {
		t.Errorf("new work for a household that went: %v", err)
	}
	if got := len(b.Of(pb.Kind_KIND_VISIT)); got != 1 {
		t.Errorf("the visit was lost in the handover: %d", got)
	}

	head := "Vũ Thêm (bịa)"
	s := must[notebook.Saved](t)(desk.NewHousehold(t.Context(), notebook.HouseholdEdit{Head: &head, Member: &nt.Sau}, notebook.ID{}))
	if p := page(t, desk, s.ID); p.Assigned != "Nguyễn Văn Sáu" || p.Head != head {
		t.Errorf("%+v", p.HouseholdLine)
	}
	if _, err := n.NewHousehold(t.Context(), notebook.HouseholdEdit{Head: &head}, notebook.ID{}); err == nil {
		t.Error("a member made a household")
	}
}

func TestMembers(t *testing.T) {
	desk := nt.NewBranch(t).Phone(nt.Hoa)
	var got []string
	for _, m := range desk.Members() {
		got = append(got, m.Name)
	}
	if !equal(got, []string{"Trần Văn Bình", "Phạm Tiến Dũng", "Lê Thị Hoa", "Nguyễn Văn Sáu"}) {
		t.Errorf("%v", got)
	}
	for _, c := range []struct {
		typed string
		want  notebook.ID
	}{{"binh", nt.Binh}, {"Lê Thị Hoa", nt.Hoa}, {nt.Sau.String(), nt.Sau}, {"van", notebook.ID{}}, {"", notebook.ID{}}, {"không ai", notebook.ID{}}} {
		if id, err := desk.MemberNamed(c.typed); id != c.want || (err == nil) == c.want.IsZero() {
			t.Errorf("%q: %v %v", c.typed, id, err)
		}
	}
}

func TestConflict(t *testing.T) {
	for _, c := range []struct {
		name string
		mine bool
	}{{"keep mine", true}, {"keep theirs", false}} {
		t.Run(c.name, func(t *testing.T) {
			b := nt.NewBranch(t)
			n, desk := b.Phone(nt.Binh), b.Phone(nt.Hoa)
			mine, theirs := "0911 111 111", "0922 222 222"
			must[notebook.Saved](t)(n.EditHousehold(t.Context(), nt.Dat, notebook.HouseholdEdit{Phone: &mine}))
			must[notebook.Saved](t)(desk.EditHousehold(t.Context(), nt.Dat, notebook.HouseholdEdit{Phone: &theirs}))
			sync(t, n, desk, n)
			p := page(t, n, nt.Dat)
			if len(p.Conflicts) != 1 || len(n.Conflicts()) != 1 || len(desk.Conflicts()) != 0 {
				t.Fatalf("%+v", p.Conflicts)
			}
			q := p.Conflicts[0]
			if q.Field != "Điện thoại" || q.Mine != mine || q.Theirs != theirs || q.By != "Lê Thị Hoa" || !strings.HasPrefix(q.Text, "Đồng chí Lê Thị Hoa đã sửa lúc 10:4") {
				t.Errorf("%+v", q)
			}
			want := theirs
			if c.mine {
				want = mine
				must[notebook.Saved](t)(n.KeepMine(t.Context(), q.ID))
			} else {
				ok(t, n.KeepTheirs(t.Context(), q.ID))
			}
			sync(t, n, desk)
			if p := page(t, n, nt.Dat); len(p.Conflicts) != 0 || p.Phone != want {
				t.Errorf("%s %+v", p.Phone, p.Conflicts)
			}
			if p := page(t, desk, nt.Dat); p.Phone != want || len(p.Conflicts) != 0 {
				t.Errorf("the other phone: %s %+v", p.Phone, p.Conflicts)
			}
			if _, err := n.KeepMine(t.Context(), q.ID); !errors.Is(err, notebook.ErrGone) {
				t.Errorf("answered twice: %v", err)
			}
			if err := n.KeepTheirs(t.Context(), q.ID); !errors.Is(err, notebook.ErrGone) {
				t.Errorf("answered twice: %v", err)
			}
		})
	}
}

func TestMendRefused(t *testing.T) {
	b := nt.NewBranch(t)
	n := b.Phone(nt.Binh)
	agree(t, n, nt.Dat, keep)
	sync(t, n)
	s := must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_AT_HOME, Note: "Gia đình hỏi về lịch lấy nước"}))
	agree(t, n, nt.Dat, forward)
	note := "Gia đình hỏi về lịch lấy nước, vụ xuân"
	must[notebook.Saved](t)(n.EditVisit(t.Context(), s.ID, notebook.VisitEdit{Note: &note}))
	b.Refuse = func(p *pb.Patch) *book.Refusal {
		switch {
		case p.GetEnvelope().GetKind() == pb.Kind_KIND_CONSENT:
			return nil
		case p.GetCreate():
			return &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_NO_CONSENT, Field: 4, Rule: "no_consent_keep"}
		}
		return &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_FOLLOWS_REFUSED}
	}
	sync(t, n)
	b.Refuse = nil
	mends := n.Mends()
	if len(mends) != 1 {
		t.Fatalf("%+v", mends)
	}
	m := mends[0]
	if m.Record != s.ID || m.Code != "no_consent" || !strings.HasPrefix(m.Text, "Ghi chép: Hộ chưa đồng ý") || m.Household != nt.Dat || m.Of != "Hộ ông Nguyễn Văn Đạt" {
		t.Errorf("%+v", m)
	}
	if !slices.ContainsFunc(m.Fields, func(f notebook.FieldLine) bool { return f.Value == note }) {
		t.Errorf("the list of things to mend lacks the last words: %+v", m.Fields)
	}
	if st := n.State(); st.Mends != 1 || st.Safe {
		t.Errorf("%+v", st)
	}
	empty := ""
	must[notebook.Saved](t)(n.MendRefused(t.Context(), s.ID, notebook.VisitEdit{Note: &empty}))
	if n := n.Progress().ToSend; n != 1 {
		t.Errorf("the creation and its edit go again as %d changes", n)
	}
	sync(t, n)
	r, found := b.Record(s.ID)
	var v pb.Visit
	decode(t, r.State.Body, &v, found)
	if !found || v.GetNote() != "" || v.GetContact() != pb.Contact_CONTACT_AT_HOME || v.GetDay() != int32(nt.Today) {
		t.Errorf("the mended record is not whole: %v", &v)
	}
	if len(n.Mends()) != 0 || !n.State().Safe || page(t, n, nt.Dat).Visits[0].Receipt.State != notebook.StateStored {
		t.Errorf("%+v %+v", n.Mends(), n.State())
	}
	if _, err := n.MendRefused(t.Context(), s.ID, nil); !errors.Is(err, notebook.ErrGone) {
		t.Errorf("mended twice: %v", err)
	}
}

// An edit that was made while the creation was being refused goes into the new creation.
func TestMendTakesEditsThatWait(t *testing.T) {
	b := nt.NewBranch(t)
	n := b.Phone(nt.Binh)
	agree(t, n, nt.Dat, keep)
	sync(t, n)
	s := must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_AT_HOME, Note: "Gia đình hỏi về lịch lấy nước"}))
	note := "Gia đình hỏi về lịch lấy nước, vụ xuân"
	b.Refuse = func(*pb.Patch) *book.Refusal {
		b.Refuse = nil
		must[notebook.Saved](t)(n.EditVisit(t.Context(), s.ID, notebook.VisitEdit{Note: &note}))
		return &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_NO_CONSENT, Field: 4, Rule: "no_consent_keep"}
	}
	sync(t, n)
	if all := n.Mends(); len(all) != 1 || !slices.ContainsFunc(all[0].Fields, func(f notebook.FieldLine) bool { return f.Value == note }) {
		t.Fatalf("%+v", all)
	}
	must[notebook.Saved](t)(n.MendRefused(t.Context(), s.ID, nil))
	if n := n.Progress().ToSend; n != 1 {
		t.Errorf("%d changes go", n)
	}
	sync(t, n)
	r, found := b.Record(s.ID)
	var v pb.Visit
	decode(t, r.State.Body, &v, found)
	if v.GetNote() != note || len(n.Mends()) != 0 || !n.State().Safe {
		t.Errorf("%v, %+v", &v, n.State())
	}
}

func TestMendAnEditAndDropIt(t *testing.T) {
	b := nt.NewBranch(t)
	n := b.Phone(nt.Binh)
	refuse := func(*pb.Patch) *book.Refusal {
		return &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_INVALID, Field: 4, Rule: "bad_phone"}
	}
	edit := func(phone string) {
		t.Helper()
		b.Refuse = refuse
		must[notebook.Saved](t)(n.EditHousehold(t.Context(), nt.Dat, notebook.HouseholdEdit{Phone: &phone}))
		sync(t, n)
		b.Refuse = nil
		if p := page(t, n, nt.Dat); len(p.Mends) != 1 || p.Receipt.State != notebook.StateRefused || p.Phone != "0912 345 678" {
			t.Fatalf("%+v %+v", p.Mends, p.Receipt)
		}
	}
	edit("0911111111")
	better := "0933333333"
	if _, err := n.MendRefused(t.Context(), nt.Dat, notebook.VisitEdit{}); err == nil {
		t.Error("a household was mended as a visit")
	}
	must[notebook.Saved](t)(n.MendRefused(t.Context(), nt.Dat, notebook.HouseholdEdit{Phone: &better}))
	sync(t, n)
	if p := page(t, n, nt.Dat); len(p.Mends) != 0 || p.Phone != "0933 333 333" {
		t.Errorf("%s %+v", p.Phone, p.Mends)
	}
	edit0 := n.DropRefused(t.Context(), nt.Dat)
	if !errors.Is(edit0, notebook.ErrGone) {
		t.Errorf("dropped what is not there: %v", edit0)
	}
	b.Refuse = refuse
	other := "0944444444"
	must[notebook.Saved](t)(n.EditHousehold(t.Context(), nt.Dat, notebook.HouseholdEdit{Phone: &other}))
	sync(t, n)
	ok(t, n.DropRefused(t.Context(), nt.Dat))
	if p := page(t, n, nt.Dat); len(p.Mends) != 0 || p.Phone != "0933 333 333" {
		t.Errorf("%s %+v", p.Phone, p.Mends)
	}
}

func TestDrafts(t *testing.T) {
	b := nt.NewBranch(t)
	dir := t.TempDir()
	n := b.Empty(nt.Binh, dir)
	sync(t, n)
	agree(t, n, nt.Dat, keep)
	note, contact := "Gia đình hỏi", pb.Contact_CONTACT_PHONE
	form := notebook.DraftForm{Household: nt.Dat, Edit: notebook.VisitEdit{Note: &note, Contact: &contact}, Form: []byte("nửa ngày: 2")}
	id := must[notebook.ID](t)(n.SaveDraft(t.Context(), form))
	note = "Gia đình hỏi về lịch lấy nước"
	form.ID = id
	if again := must[notebook.ID](t)(n.SaveDraft(t.Context(), form)); again != id {
		t.Errorf("a second draft: %v", again)
	}
	phone := "0911111111"
	must[notebook.ID](t)(n.SaveDraft(t.Context(), notebook.DraftForm{ID: nt.Lan, Edit: notebook.HouseholdEdit{Phone: &phone}}))
	ok(t, n.Close())

	n = must[*notebook.Notebook](t)(notebook.Open(t.Context(), b.Options(dir), nt.PIN))
	defer n.Close()
	drafts := n.Drafts()
	if len(drafts) != 2 || drafts[0].Household != nt.Lan || drafts[1].ID != id {
		t.Fatalf("%+v", drafts)
	}
	d := drafts[1]
	if string(d.Form) != "nửa ngày: 2" || d.Kind.Code != "visit" || d.Of != "Hộ ông Nguyễn Văn Đạt" || !slices.ContainsFunc(d.Fields, func(f notebook.FieldLine) bool { return f.Value == note }) {
		t.Errorf("%+v", d)
	}
	if p := page(t, n, nt.Dat); len(p.Drafts) != 1 || len(p.Visits) != 0 {
		t.Errorf("%+v", p)
	}
	// "Xong" makes a record of it, with the same id.
	s := must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Contact: contact, Note: note, Draft: id}))
	if s.ID != id || len(n.Drafts()) != 1 {
		t.Errorf("%v, %d drafts", s.ID, len(n.Drafts()))
	}
	ok(t, n.DropDraft(t.Context(), nt.Lan))
	ok(t, n.DropDraft(t.Context(), nt.Lan))
	if len(n.Drafts()) != 0 {
		t.Errorf("%+v", n.Drafts())
	}
	long := strings.Repeat("a", 20_000)
	if _, err := n.SaveDraft(t.Context(), notebook.DraftForm{Household: nt.Dat, Edit: notebook.VisitEdit{Note: &long}}); !errors.Is(err, &book.Refusal{Rule: "too_long"}) {
		t.Errorf("a draft that no call can carry: %v", err)
	}
}

func TestSuggestions(t *testing.T) {
	b := nt.NewBranch(t)
	desk, n := b.Phone(nt.Hoa), b.Phone(nt.Binh)
	phone := "0955555555"
	set := must[[]byte](t)(lww.Encode(&pb.Household{Phone: &phone}))
	patch := must[[]byte](t)(proto.Marshal(&pb.Patch{Envelope: &pb.Envelope{Kind: pb.Kind_KIND_HOUSEHOLD.Enum(), Id: book.ID(nt.Lan).Bytes()}, Set: set}))
	for i := range uint64(2) {
		b.Put(pb.Kind_KIND_SUGGESTION, nt.NewID(10+i), nt.Lan, nt.Desk, &pb.Suggestion{
			Patch: patch, Why: pb.SuggestionReason_SUGGESTION_REASON_HANDED_OVER.Enum(), Device: proto.Uint32(nt.BinhDevice), TimeMs: proto.Int64(int64(1_795_000_000_000 + i)),
		})
	}
	sync(t, desk, n)
	if len(n.Suggestions()) != 0 {
		t.Error("a member sees the desk")
	}
	all := desk.Suggestions()
	if len(all) != 2 || all[0].Of != "Hộ bà Trần Thị Lan" || all[0].By != "Trần Văn Bình" || all[0].Why.Code != "handed_over" || all[0].Fields[0].Value != "0955 555 555" {
		t.Fatalf("%+v", all)
	}
	ok(t, desk.Decide(t.Context(), all[0].ID, false))
	if p := page(t, desk, nt.Lan); p.Phone != "" {
		t.Errorf("a change that was not accepted stands: %s", p.Phone)
	}
	ok(t, desk.Decide(t.Context(), all[1].ID, true))
	sync(t, desk)
	if p := page(t, desk, nt.Lan); p.Phone != "0955 555 555" {
		t.Errorf("phone %s", p.Phone)
	}
	if len(desk.Suggestions()) != 0 {
		t.Errorf("%+v", desk.Suggestions())
	}
	if err := desk.Decide(t.Context(), all[1].ID, true); !errors.Is(err, notebook.ErrGone) {
		t.Errorf("decided twice: %v", err)
	}
	if err := n.Decide(t.Context(), all[1].ID, true); !errors.Is(err, notebook.ErrNotYours) {
		t.Errorf("a member decided: %v", err)
	}
}

// A record that the restored server lacks: what it would bring back is told, and taking it
// over writes the verdict alone.
func TestSuggestionsAfterARestore(t *testing.T) {
	b := nt.NewBranch(t)
	desk := b.Phone(nt.Hoa)
	row := func(kind pb.Kind, id notebook.ID, ms int64, m proto.Message) []byte {
		return must[[]byte](t)(proto.Marshal(&pb.Row{
			Envelope: &pb.Envelope{
				Kind: kind.Enum(), Id: book.ID(id).Bytes(), Author: book.ID(nt.Binh).Bytes(), Subject: book.ID(nt.Lan).Bytes(),
				Holder: book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: book.ID(nt.Lan)}.Proto(),
			},
			Body: must[[]byte](t)(lww.Encode(m)), Stamp: proto.Uint64(uint64(hlc.Make(ms, 0))), Device: proto.Uint32(nt.BinhDevice),
		}))
	}
	put := func(n uint64, m *pb.Suggestion) {
		m.Why, m.Device = pb.SuggestionReason_SUGGESTION_REASON_RESTORED.Enum(), proto.Uint32(99)
		b.Put(pb.Kind_KIND_SUGGESTION, nt.NewID(n), nt.Lan, nt.Desk, m)
	}
	visit := row(pb.Kind_KIND_VISIT, nt.NewID(77), 1_790_000_000_000, &pb.Visit{Note: proto.String("gia đình khỏe")})
	put(10, &pb.Suggestion{Row: visit})
	put(11, &pb.Suggestion{Row: visit, Settled: proto.Bool(true)})
	put(12, &pb.Suggestion{Row: row(pb.Kind_KIND_HOUSEHOLD, nt.Lan, 2_900_000_000_000, &pb.Household{Phone: proto.String("0955555555")})})
	put(13, &pb.Suggestion{Row: []byte("no row")})
	sync(t, desk)
	all := desk.Suggestions()
	if len(all) != 2 {
		t.Fatalf("%+v", all)
	}
	s := all[0]
	if !s.Restored || s.Kind.Text != "Lượt tiếp xúc" || s.Of != "Hộ bà Trần Thị Lan" || s.By != "Trần Văn Bình" || s.Why.Code != "restored" ||
		s.At.UnixMilli() != 1_790_000_000_000 || len(s.Fields) != 1 || s.Fields[0].Value != "gia đình khỏe" || s.Record != nt.NewID(77) {
		t.Errorf("%+v", s)
	}
	// Of a record that is here only what would be another is told.
	if s := all[1]; s.Record != nt.Lan || len(s.Fields) != 1 || s.Fields[0].Value != "0955 555 555" {
		t.Errorf("%+v", s)
	}
	before := desk.Progress().ToSend
	ok(t, desk.Decide(t.Context(), s.ID, true))
	if n := desk.Progress().ToSend - before; n != 1 {
		t.Errorf("taking it over wrote %d changes", n)
	}
	if len(desk.Suggestions()) != 1 {
		t.Errorf("%+v", desk.Suggestions())
	}
	if err := desk.Decide(t.Context(), nt.NewID(11), true); !errors.Is(err, notebook.ErrGone) {
		t.Errorf("a settled one was decided: %v", err)
	}
	sync(t, desk)
	for _, r := range b.Of(pb.Kind_KIND_VISIT) {
		if r.ID == book.ID(nt.NewID(77)) {
			t.Error("the phone wrote the visit itself")
		}
	}
}

func TestNotices(t *testing.T) {
	b := nt.NewBranch(t)
	n := b.Phone(nt.Binh)
	line := func() notebook.Notice {
		t.Helper()
		all := n.Notices()
		if len(all) != 1 || all[0].ID != nt.Harvest {
			t.Fatalf("notices that hold: %+v", all)
		}
		return all[0]
	}
	if l := line(); l.Read || l.Told != 0 || l.Households != 2 {
		t.Errorf("%+v", l)
	}
	must[notebook.Saved](t)(n.ReadNotice(t.Context(), nt.Harvest))
	s := must[notebook.Saved](t)(n.TellNotice(t.Context(), nt.Harvest, nt.Dat))
	if _, err := n.TellNotice(t.Context(), nt.Harvest, nt.Dat); !errors.Is(err, notebook.ErrNothingChanged) {
		t.Errorf("told twice: %v", err)
	}
	if l := line(); !l.Read || l.Told != 1 {
		t.Errorf("%+v", l)
	}
	if p := page(t, n, nt.Dat); len(p.NoticesTold) != 1 || p.NoticesTold[0].Title != "Lịch lấy nước vụ xuân" {
		t.Errorf("%+v", p.NoticesTold)
	}
	must[notebook.Saved](t)(n.TakeBackReceipt(t.Context(), s.ID))
	sync(t, n)
	if l := line(); l.Told != 0 {
		t.Errorf("%+v", l)
	}
	if p := page(t, n, nt.Dat); len(p.NoticesTold) != 0 {
		t.Errorf("%+v", p.NoticesTold)
	}
	must[notebook.Saved](t)(n.TellNotice(t.Context(), nt.Harvest, nt.Dat))
	if _, err := n.TellNotice(t.Context(), nt.Harvest, nt.An); err == nil {
		t.Error("told somebody else's household")
	}
}

func TestWarnedWords(t *testing.T) {
	b := nt.NewBranch(t)
	n := b.Phone(nt.Binh)
	for _, c := range []struct {
		text string
		want []string
	}{
		{"Gia đình theo Tôn  Giáo nào", []string{"tôn giáo"}},
		{"Bác bị bệnh, theo tôn giáo", []string{"bệnh", "tôn giáo"}},
		{"be\u0323\u0302nh", []string{"bệnh"}},
		{"bênh vực hàng xóm", nil},
		{"bệnhviện", nil},
		{"", nil},
	} {
		if got := n.WarnedWords(c.text); !equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
	agree(t, n, nt.Dat, keep)
	s := must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_AT_HOME, Note: "Bác bị bệnh"}))
	if !equal(s.Warned, []string{"bệnh"}) {
		t.Errorf("%q", s.Warned)
	}
}

func TestContribution(t *testing.T) {
	b := nt.NewBranch(t)
	n := b.Phone(nt.Binh)
	agree(t, n, nt.Dat, keep)
	land, days, value := 1155.3, 2.5, int64(1_000_000)
	s := must[notebook.Saved](t)(n.RecordContribution(t.Context(), nt.Dat, notebook.ContributionEdit{LandM2: &land, Workdays: &days, ValueVND: &value}, notebook.ID{}))
	c := page(t, n, nt.Dat).Contributions[0]
	if c.LandM2 != land || c.Workdays != days || c.ValueVND != value || c.Text != "1.155,3 m² · 2,5 ngày công · 1.000.000 đồng" || c.Day != nt.Today {
		t.Errorf("%+v", c)
	}
	zero, none := 0.0, int64(0)
	if _, err := n.EditContribution(t.Context(), s.ID, notebook.ContributionEdit{LandM2: &zero, Workdays: &zero, ValueVND: &none}); !errors.Is(err, &book.Refusal{Rule: "nothing_given"}) {
		t.Errorf("an empty contribution: %v", err)
	}
}

func TestSheetHoldsEverything(t *testing.T) {
	b := nt.NewBranch(t)
	n, desk := b.Phone(nt.Binh), b.Phone(nt.Hoa)
	agree(t, n, nt.Dat, keep)
	must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_AT_HOME, Note: "Gia đình hỏi về lịch lấy nước"}))
	gone := must[notebook.Saved](t)(n.RecordPetition(t.Context(), notebook.NewPetition{Household: nt.Dat, Text: "Đèn đường hỏng"}))
	sync(t, n, desk)
	must[notebook.Saved](t)(desk.Return(t.Context(), gone.ID, "ghi nhầm hộ"))
	sync(t, desk, n)
	must[notebook.Saved](t)(n.Delete(t.Context(), gone.ID))
	must[notebook.Saved](t)(n.TellNotice(t.Context(), nt.Harvest, nt.Dat))
	note := "Đang viết dở"
	must[notebook.ID](t)(n.SaveDraft(t.Context(), notebook.DraftForm{Household: nt.Dat, Edit: notebook.VisitEdit{Note: &note}}))
	s := must[notebook.Sheet](t)(n.Sheet(nt.Dat))
	all := string(must[[]byte](t)(json.Marshal(s)))
	for _, want := range []string{"Nguyễn Văn Đạt", "0912 345 678", "Gia đình hỏi về lịch lấy nước", "Đèn đường hỏng", "ghi nhầm hộ", note, "TB-01", "Lịch lấy nước vụ xuân", `"deleted":true`, `"draft":true`} {
		if !strings.Contains(all, want) {
			t.Errorf("the sheet lacks %q:\n%s", want, all)
		}
	}
	if !equal(s.Holders, []string{"Lê Thị Hoa", "Phạm Tiến Dũng", "Trần Văn Bình"}) {
		t.Errorf("holders %v", s.Holders)
	}
	if _, err := n.Sheet(nt.An); !errors.Is(err, notebook.ErrNotYours) {
		t.Errorf("a sheet of somebody else's household: %v", err)
	}
}

func TestStateInWords(t *testing.T) {
	b := nt.NewBranch(t)
	n := b.Phone(nt.Binh)
	if s := n.State(); !s.Safe || s.Lines[0] != words.AllSafe {
		t.Errorf("%+v", s)
	}
	must[notebook.Saved](t)(n.RecordVisit(t.Context(), notebook.NewVisit{Household: nt.Dat, Contact: pb.Contact_CONTACT_AT_HOME}))
	b.Down = true
	_, err := n.Sync(t.Context())
	if notebook.Say(err) != words.NoNetwork {
		t.Errorf("no network: %v (%s)", err, notebook.Say(err))
	}
	s := n.State()
	if s.Safe || s.Unsent != 1 || !slices.Contains(s.Lines, words.NoNetwork) || !slices.Contains(s.Lines, "Còn 1 mục chưa gửi") {
		t.Errorf("%+v", s)
	}
	b.Down = false
	done := must[notebook.Synced](t)(n.Sync(t.Context()))
	if done.Sent != 1 || !done.State.Safe || slices.Contains(done.State.Lines, words.NoNetwork) || done.Text != words.Synced(1, done.Received) {
		t.Errorf("%+v", done)
	}
}

func TestHistoryAndDevices(t *testing.T) {
	b := nt.NewBranch(t)
	n, desk := b.Phone(nt.Binh), b.Phone(nt.Hoa)
	for _, phone := range []string{"0911111111", "0922222222"} {
		must[notebook.Saved](t)(n.EditHousehold(t.Context(), nt.Dat, notebook.HouseholdEdit{Phone: &phone}))
		sync(t, n)
	}
	past := must[[]notebook.PastValue](t)(n.History(t.Context(), nt.Dat))
	if len(past) != 2 || past[0].Value != "0911 111 111" || past[0].By != "Trần Văn Bình" || past[1].Value != "0912 345 678" || past[0].Field != "Điện thoại" {
		t.Errorf("%+v", past)
	}
	if _, err := n.Devices(t.Context()); !errors.Is(err, notebook.ErrNotYours) {
		t.Errorf("a member lists devices: %v", err)
	}
	devices := must[[]notebook.Device](t)(desk.Devices(t.Context()))
	if len(devices) != 2 || devices[0].Owner != "Trần Văn Bình" || !strings.HasPrefix(devices[0].Text, "còn 3 mục chưa gửi") || devices[1].Text != "bản sao, chờ xác nhận" {
		t.Errorf("%+v", devices)
	}
	invite := must[notebook.Invite](t)(desk.IssueCode(t.Context(), nt.Binh))
	if invite.Member != "Trần Văn Bình" || invite.Code == "" {
		t.Errorf("%+v", invite)
	}
	if _, err := desk.IssueCode(t.Context(), nt.Dat); !errors.Is(err, notebook.ErrMember) {
		t.Errorf("a code for a household: %v", err)
	}
	ok(t, desk.RevokeDevice(t.Context(), 9))
	ok(t, desk.ConfirmDevice(t.Context(), 9))
	if err := n.RevokeDevice(t.Context(), 9); !errors.Is(err, notebook.ErrNotYours) {
		t.Errorf("a member revoked a device: %v", err)
	}
}

func TestSayNeverShowsEnglish(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"nothing":     {nil, ""},
		"unknown":     {errors.New("disk on fire"), words.Unexpected},
		"deadline":    {context.DeadlineExceeded, words.NoNetwork},
		"parked":      {book.ErrParked, words.NotYours},
		"not an id":   {book.ErrBadID, words.NotYours},
		"not yours":   {notebook.ErrNotYours, words.NotYours},
		"bad day":     {func() error { _, err := notebook.ParseDay("31/02/2026"); return err }(), "Ngày “31/02/2026” không có trong lịch, hãy xem lại ngày và tháng."},
		"a refusal":   {&book.Refusal{Rule: "bad_phone"}, (&book.Refusal{Rule: "bad_phone"}).UserMessage()},
		"denunciated": {&notebook.DenunciationError{}, book.DenunciationAdvice},
	} {
		if got := notebook.Say(c.err); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestJSONOfIDsAndDays(t *testing.T) {
	type pair struct {
		ID  notebook.ID  `json:"id"`
		Day notebook.Day `json:"day"`
	}
	for _, p := range []pair{{}, {nt.Dat, nt.Today}} {
		b := must[[]byte](t)(json.Marshal(p))
		var back pair
		ok(t, json.Unmarshal(b, &back))
		if back != p {
			t.Errorf("%s gave %+v", b, back)
		}
	}
	if b := must[[]byte](t)(json.Marshal(nt.Today)); string(b) != `"2026-11-21"` {
		t.Errorf("%s", b)
	}
	if err := json.Unmarshal([]byte(`"x"`), new(notebook.ID)); !errors.Is(err, book.ErrBadID) {
		t.Errorf("%v", err)
	}
}
