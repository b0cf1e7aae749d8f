package handover

import (
	"errors"
	"slices"
	"testing"

	"sodanvan/app/notebook"
	"sodanvan/app/store"
	"sodanvan/app/syncing"
	"sodanvan/app/words"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// A member becomes secretary while work of the own households waits on the phone: it is
// taken as it is, and the book grows to the whole branch.
func TestAMemberBecomesSecretaryWithUnsentWork(t *testing.T) {
	s := before(t)
	b, binh, hoa := s.branch, s.binh, s.hoa
	s.work()
	b.office(hoa, pb.Office_OFFICE_MEMBER)
	b.office(binh, pb.Office_OFFICE_SECRETARY)
	if binh.Me().Desk {
		t.Fatal("Bình knows before the first call")
	}
	for _, p := range []*phone{binh, hoa, binh} {
		p.sync()
	}
	if me := binh.Me(); !me.Desk || me.Office.Code != "secretary" {
		t.Errorf("Bình's book says %+v", me)
	}
	b.wantText("Bình's own households", binh.heads(false), "Lan Đạt")
	b.wantText("all that Bình has", binh.heads(true), "Lan Mai Quang Sen Đạt")
	b.wantText("all that Hoa has", hoa.heads(true), "Sen")
	// There is nobody else at the desk now who could approve what the secretary wrote.
	b.want("the visits that Bình reads", binh.visits(s.dat), []string{
		"lần ba / Bình / " + words.NoReviewer, "lần hai, sửa lại / Bình / " + words.NoReviewer, "lần muộn / Bình / " + words.NoReviewer,
		"lần tư / Bình / " + words.Returned("ghi rõ hơn"), "lần đầu / Bình / " + words.NoReviewer,
	})
	page, err := binh.Household(s.dat)
	if err != nil || page.Phone != "0987 654 321" || len(page.Petitions) != 1 || len(page.Drafts) != 1 {
		t.Errorf("the page: %+v %v", page, err)
	}
	b.want("the desk", binh.waiting(), nil)
	if st := binh.State(); st.Unsent+st.Mends+st.Leaving+st.Suggested != 0 || st.Drafts != 1 {
		t.Errorf("the screen of sending: %q", st.Lines)
	}
	b.sound()
}

// A secretary resigns with an approval and an assignment unsent: whoever follows decides.
func TestASecretaryResignsWithUnsentDecisions(t *testing.T) {
	s := before(t)
	b, binh, cuc, dung, hoa := s.branch, s.binh, s.cuc, s.dung, s.hoa
	b.must(hoa.Approve(t.Context(), s.old))
	b.must(hoa.AssignHousehold(t.Context(), s.dat, cuc.me))
	hoa.visit(b.household("Sen"), "")
	b.office(hoa, pb.Office_OFFICE_MEMBER)
	b.office(dung, pb.Office_OFFICE_SECRETARY)

	hoa.sync()
	b.wantText("all that Hoa has", hoa.heads(true), "Sen")
	if me := hoa.Me(); me.Desk {
		t.Errorf("Hoa's book says %+v", me)
	}
	b.want("the desk that Hoa left", hoa.waiting(), nil)
	hoa.nothingOf(s.dat)
	b.want("Hoa's own visits", hoa.visits(notebook.ID(hoa.Households(notebook.Query{})[0].ID)), []string{" / Hoa / " + stored})

	dung.sync()
	b.wantText("all that Dũng has", dung.heads(true), "Lan Mai Quang Sen Đạt")
	assignment := "office_ended / Hộ gia đình / Hộ Đạt / Hoa / Đảng viên phụ trách: Cúc"
	if got := dung.waiting(); len(got) != 2 || !slices.Contains(got, assignment) {
		t.Fatalf("the new desk: %q", got)
	}
	b.wantText("whose Đạt is", assigned(dung, s.dat), "Bình")
	for _, what := range []string{"Hộ gia đình", "Kết quả duyệt"} {
		if err := dung.Decide(t.Context(), dung.suggestion(what), true); err != nil {
			t.Fatalf("accept %s: %v (%s)", what, err, notebook.Say(err))
		}
	}
	for _, p := range []*phone{dung, binh, cuc, dung} {
		p.sync()
		p.atRest()
	}
	b.want("the new desk afterwards", dung.waiting(), nil)
	b.wantText("whose Đạt is afterwards", assigned(dung, s.dat), "Cúc")
	binh.nothingOf(s.dat)
	b.want("the visits that Cúc reads", cuc.visits(s.dat), []string{
		"lần ba / Bình / " + stored, "lần hai / Bình / " + words.Approved, "lần tư / Bình / " + words.Returned("ghi rõ hơn"), "lần đầu / Bình / " + stored,
	})
	b.sound()
}

// assigned is who looks after a household, as a book says.
func assigned(p *phone, household notebook.ID) string {
	p.Helper()
	page, err := p.Household(household)
	if err != nil {
		p.Fatal(err)
	}
	return page.Assigned
}

// lose syncs a phone whose owner may no longer use it until its book is gone: the call that
// brings the news and the one that hands the work over, each lost on its way out and on its
// way back before it gets through.
func (p *phone) lose() {
	p.Helper()
	for _, last := range []bool{false, true} {
		for _, f := range []fault{requestLost, replyLost} {
			p.faults[p.calls] = f
			if _, err := p.Notebook.Sync(p.Context()); notebook.Say(err) != words.NoNetwork && notebook.Say(err) != noServer {
				p.Fatalf("%s: a lost call: %v (%s)", p.name, err, notebook.Say(err))
			}
			if p.store.Snapshot().Len() == 0 {
				p.Fatalf("%s: the book went before its work was handed over", p.name)
			}
		}
		out, err := p.call()
		if err != nil || (out.Kind == syncing.Revoked) != last {
			p.Fatalf("%s: %s %v", p.name, out.Kind, err)
		}
	}
	if err := p.Unlock(p.Context(), pin); !errors.Is(err, store.ErrClosed) {
		p.Errorf("%s: the book still opens: %v", p.name, err)
	}
	if look, err := store.Peek(p.Context(), p.options.Dir); err != nil || look.Exists {
		p.Errorf("%s: a book is still in the folder: %v", p.name, err)
	}
}

// revokedDesk is what is on the desk after Bình's phone was ended.
var revokedDesk = []string{
	"device_revoked / Hộ gia đình / Hộ Đạt / Bình / Điện thoại: 0987 654 321",
	"device_revoked / Lượt tiếp xúc / Hộ Đạt / Bình / Ghi chép: lần ba, viết dở",
	"device_revoked / Lượt tiếp xúc / Hộ Đạt / Bình / Ghi chép: lần hai, sửa lại",
	"device_revoked / Lượt tiếp xúc / Hộ Đạt / Bình / Ngày: 22/11/2026; Hình thức: Tại nhà; Ghi chép: lần muộn",
	"device_revoked / Sự đồng ý của hộ / Hộ Đạt / Bình / Mục đích: Chuyển kiến nghị lên trên chi bộ; Trả lời: Đồng ý; Bản thông báo: 1; Thời điểm: 08:13 ngày 22/11/2026; Hình thức: Nói trực tiếp",
	"device_revoked / Xác nhận đã đọc, đã phổ biến / Hộ Đạt / Bình / Xác nhận: Đã phổ biến đến hộ; Ngày: 22/11/2026",
	"device_revoked / Ý kiến, kiến nghị / Hộ Đạt / Bình / Số kiến nghị: A2-001T; Ngày: 22/11/2026; Lời của hộ: đường ngập",
	"device_revoked / Đóng góp / Hộ Đạt / Bình / Ngày: 22/11/2026; Giá trị (đồng): 200.000",
}

// A phone is revoked with unsent work: the work is on the desk before the book goes, and what
// the secretary accepts of it stands.
func TestAPhoneIsRevokedWithUnsentWork(t *testing.T) {
	s := before(t)
	b, binh, hoa := s.branch, s.binh, s.hoa
	s.work()
	if err := hoa.RevokeDevice(t.Context(), binh.store.Snapshot().State().Identity.Device); err != nil {
		t.Fatal(err)
	}
	hoa.sync()
	b.want("the desk before the phone calls", hoa.waiting(), nil)
	binh.lose()
	hoa.sync()
	b.want("the desk", hoa.waiting(), revokedDesk)
	for _, says := range []string{"0987", "sửa lại", "viết dở"} {
		if err := hoa.Decide(t.Context(), hoa.suggestion(says), true); err != nil {
			t.Errorf("accept %s: %v (%s)", says, err, notebook.Say(err))
		}
	}
	hoa.sync()
	hoa.atRest()
	b.want("the visits", hoa.visits(s.dat), []string{
		"lần ba, viết dở / Bình / " + words.NoReviewer, "lần hai, sửa lại / Bình / " + words.NoReviewer,
		"lần tư / Bình / " + words.Returned("ghi rõ hơn"), "lần đầu / Bình / " + stored,
	})
	b.sound()
}

// A member leaves the branch: the households go to others, the record is deleted, and the
// phone, away all the while, hands over what it had and wipes itself.
func TestAMemberIsDeletedWithUnsentWork(t *testing.T) {
	s := before(t)
	b, binh, cuc, hoa := s.branch, s.binh, s.cuc, s.hoa
	s.work()
	_, err := hoa.Delete(t.Context(), binh.me)
	b.wantError("delete who still looks after households", err, words.StillLooksAfter(2))
	b.must(hoa.AssignHousehold(t.Context(), s.dat, cuc.me))
	b.must(hoa.AssignHousehold(t.Context(), b.household("Lan"), cuc.me))
	b.must(hoa.Delete(t.Context(), binh.me))
	hoa.sync()
	binh.lose()
	for _, p := range []*phone{hoa, cuc} {
		p.sync()
	}
	b.want("the desk", hoa.waiting(), revokedDesk)
	b.wantText("Cúc's households", cuc.heads(false), "Lan Mai Đạt")
	if slices.ContainsFunc(hoa.Members(), func(m notebook.Member) bool { return m.ID == binh.me }) {
		t.Error("Bình is still in the list of members")
	}
	// Cúc has a phone: her pages are hers to write, and the work waits.
	err = hoa.Decide(t.Context(), hoa.suggestion("lần muộn"), true)
	b.wantError("accept a visit for who has a phone", err, "Đồng chí được phân công nay có máy riêng; hãy đưa trang giấy để đồng chí ấy tự ghi.")
	if err := hoa.Decide(t.Context(), hoa.suggestion("0987"), true); err != nil {
		t.Errorf("accept: %v (%s)", err, notebook.Say(err))
	}
	for _, p := range []*phone{hoa, cuc} {
		p.sync()
		p.atRest()
	}
	page, err := cuc.Household(s.dat)
	if err != nil || page.Phone != "0987 654 321" {
		t.Errorf("Cúc reads the number %s: %v", page.Phone, err)
	}
	b.want("the desk afterwards", hoa.waiting(), revokedDesk[1:])
	b.sound()
}
