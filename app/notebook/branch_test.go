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

var (
	notYours = &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_NOT_YOURS}
	invalid  = &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_INVALID}
)

// member gives the line of a member.
func member(t testing.TB, n *notebook.Notebook, id notebook.ID) notebook.Member {
	t.Helper()
	for _, m := range n.Members() {
		if m.ID == id {
			return m
		}
	}
	t.Fatalf("no member %s: %+v", id, n.Members())
	return notebook.Member{}
}

// A proxy is named, works, and is one no more: what the whole feature is for.
func TestAProxyGetsTheHouseholdsAndLosesThem(t *testing.T) {
	b := nt.NewBranch(t)
	desk, binh := b.Phone(nt.Hoa), b.Phone(nt.Binh)
	cuc := must[notebook.Saved](t)(desk.NewMember(t.Context(), notebook.MemberEdit{Name: str("Vũ Thị Cúc (bịa)")})).ID
	var hers []notebook.ID
	for _, head := range []string{"Hộ thứ nhất", "Hộ thứ hai"} {
		hers = append(hers, must[notebook.Saved](t)(desk.NewHousehold(t.Context(), notebook.HouseholdEdit{Head: str(head), Member: &cuc}, notebook.ID{})).ID)
	}
	sync(t, desk, binh)
	if _, err := binh.Household(hers[0]); !errors.Is(err, notebook.ErrNotYours) {
		t.Fatalf("a household of somebody else is here: %v", err)
	}

	must[notebook.Saved](t)(desk.SetProxies(t.Context(), cuc, []notebook.ID{nt.Binh}))
	notice := must[notebook.Saved](t)(desk.NewNotice(t.Context(), notebook.NoticeEdit{Title: str("Họp thôn"), Text: str("19 giờ thứ Bảy.")})).ID
	sync(t, desk, binh)
	if got := len(binh.Households(notebook.Query{Member: cuc})); got != 2 {
		t.Fatalf("%d households of the member without a phone", got)
	}
	if got := len(binh.Households(notebook.Query{})); got != 2 {
		t.Errorf("%d households of his own", got)
	}
	if m := member(t, binh, cuc); m.HasDevice || m.Households != 2 || m.Office.Code != "member" || !equal(m.Proxies, []string{"Trần Văn Bình"}) || m.ProxyIDs[0] != nt.Binh {
		t.Errorf("%+v", m)
	}
	if m := member(t, binh, nt.Binh); !m.HasDevice || !equal(m.WritesFor, []string{"Vũ Thị Cúc (bịa)", "Nguyễn Văn Sáu"}) {
		t.Errorf("%+v", m)
	}

	visit := must[notebook.Saved](t)(binh.RecordVisit(t.Context(), notebook.NewVisit{Household: hers[0], Contact: pb.Contact_CONTACT_AT_HOME})).ID
	must[notebook.Saved](t)(binh.TellNotice(t.Context(), notice, hers[0]))
	if p := page(t, binh, hers[0]); p.Visits[0].For != "Vũ Thị Cúc (bịa)" || p.Visits[0].By != "Trần Văn Bình" || len(p.NoticesTold) != 1 {
		t.Errorf("%+v", p)
	}
	sync(t, binh, desk)
	q := desk.ReviewQueue()
	if len(q) != 1 || q[0].Member != cuc || len(q[0].Months) != 1 || q[0].Months[0].Visits[0].ID != visit || !equal(q[0].Months[0].Visits[0].By, []string{"Trần Văn Bình"}) {
		t.Fatalf("%+v", q)
	}

	// Taken back while the proxy still has something to send: nothing of it is lost.
	must[notebook.Saved](t)(binh.RecordVisit(t.Context(), notebook.NewVisit{Household: hers[1], Contact: pb.Contact_CONTACT_NOBODY_MET}))
	must[notebook.Saved](t)(desk.SetProxies(t.Context(), cuc, nil))
	sync(t, desk, binh, binh, desk)
	for _, id := range hers {
		if _, err := binh.Household(id); !errors.Is(err, notebook.ErrNotYours) {
			t.Errorf("the household stayed: %v", err)
		}
	}
	if m := member(t, binh, nt.Binh); !equal(m.WritesFor, []string{"Nguyễn Văn Sáu"}) {
		t.Errorf("%+v", m)
	}
	if _, err := binh.RecordVisit(t.Context(), notebook.NewVisit{Household: hers[0], Contact: pb.Contact_CONTACT_AT_HOME}); !errors.Is(err, notebook.ErrNotYours) {
		t.Errorf("wrote for a household that is gone: %v", err)
	}
	if len(page(t, desk, hers[0]).Visits) != 1 || len(page(t, desk, hers[1]).Visits) != 1 {
		t.Error("a visit of the proxy was lost")
	}
}

func TestMembersArePeopleOfTheDesk(t *testing.T) {
	b := nt.NewBranch(t)
	desk, n := b.Phone(nt.Hoa), b.Phone(nt.Binh)
	s := must[notebook.Saved](t)(desk.NewMember(t.Context(), notebook.MemberEdit{Name: str(" Lê Thị Hoa "), Distinguish: str("Xóm Bãi"), Phone: str("0162.345.6789")}))
	if m := member(t, desk, s.ID); m.Name != "Lê Thị Hoa (Xóm Bãi)" || m.Phone != "0323 456 789" || m.HasDevice {
		t.Errorf("%+v", m)
	}
	must[notebook.Saved](t)(desk.EditMember(t.Context(), s.ID, notebook.MemberEdit{Name: str("Lê Thu Hoa"), Phone: str("")}))
	if m := member(t, desk, s.ID); m.Name != "Lê Thu Hoa (Xóm Bãi)" || m.Phone != "" {
		t.Errorf("%+v", m)
	}
	for _, c := range []struct {
		name string
		do   func() error
		want error
	}{
		{"a member adds one", func() error {
			_, err := n.NewMember(t.Context(), notebook.MemberEdit{Name: str("Ai đó")})
			return err
		}, notYours},
		{"a member edits one", func() error {
			_, err := n.EditMember(t.Context(), nt.Sau, notebook.MemberEdit{Name: str("Ai đó")})
			return err
		}, notYours},
		{"a member names a proxy", func() error { _, err := n.SetProxies(t.Context(), nt.Sau, nil); return err }, notYours},
		{"without a name", func() error { _, err := desk.NewMember(t.Context(), notebook.MemberEdit{}); return err }, invalid},
		{"phone that is none", func() error {
			_, err := desk.EditMember(t.Context(), nt.Sau, notebook.MemberEdit{Phone: str("12")})
			return err
		}, invalid},
		{"proxy of themselves", func() error { _, err := desk.SetProxies(t.Context(), nt.Sau, []notebook.ID{nt.Sau}); return err }, invalid},
		{"proxy that is nobody", func() error { _, err := desk.SetProxies(t.Context(), nt.Sau, []notebook.ID{nt.Dat}); return err }, invalid},
		{"proxy twice", func() error {
			_, err := desk.SetProxies(t.Context(), nt.Sau, []notebook.ID{nt.Dung, nt.Dung})
			return err
		}, invalid},
		{"proxy of one with a phone", func() error {
			_, err := desk.SetProxies(t.Context(), nt.Binh, []notebook.ID{nt.Dung})
			return err
		}, notebook.ErrHasPhone},
		{"the same proxy again", func() error { _, err := desk.SetProxies(t.Context(), nt.Sau, []notebook.ID{nt.Binh}); return err }, notebook.ErrNothingChanged},
		{"a household is no member", func() error { _, err := desk.EditMember(t.Context(), nt.Dat, notebook.MemberEdit{}); return err }, notebook.ErrNotYours},
	} {
		if err := c.do(); !errors.Is(err, c.want) || notebook.Say(err) == words.Unexpected {
			t.Errorf("%s: %v (%s)", c.name, err, notebook.Say(err))
		}
	}
	// Not while households would be left without anybody.
	must[notebook.Saved](t)(desk.AssignHousehold(t.Context(), nt.New, s.ID))
	var busy *notebook.LooksAfterError
	if _, err := desk.Delete(t.Context(), s.ID); !errors.As(err, &busy) || busy.Households != 1 || notebook.Say(err) != words.StillLooksAfter(1) {
		t.Errorf("a member with a household is deleted: %v", err)
	}
	must[notebook.Saved](t)(desk.AssignHousehold(t.Context(), nt.New, notebook.ID{}))
	must[notebook.Saved](t)(desk.Delete(t.Context(), s.ID))
	for _, m := range desk.Members() {
		if m.ID == s.ID {
			t.Error("a deleted member is listed")
		}
	}
	if _, err := desk.SetProxies(t.Context(), nt.Sau, []notebook.ID{s.ID}); !errors.Is(err, invalid) {
		t.Errorf("a deleted member as proxy: %v", err)
	}
}

func TestNoticesOfTheBranch(t *testing.T) {
	b := nt.NewBranch(t)
	desk, n := b.Phone(nt.Hoa), b.Phone(nt.Binh)
	titles := func(n *notebook.Notebook) (out []string) {
		for _, l := range n.Notices() {
			out = append(out, l.Title)
		}
		return out
	}
	s := must[notebook.Saved](t)(desk.NewNotice(t.Context(), notebook.NoticeEdit{Title: str("Họp thôn"), Text: str("19 giờ thứ Bảy.\nNhà văn hóa.")}))
	later, end := nt.Day(1, 12, 2026), nt.Day(5, 12, 2026)
	coming := must[notebook.Saved](t)(desk.NewNotice(t.Context(), notebook.NoticeEdit{Title: str("Thu gom rác"), Text: str("Buổi sáng."), From: &later, Until: &end}))
	sync(t, desk, n)
	if got := titles(desk); !equal(got, []string{"Thu gom rác", "Họp thôn", "Lịch lấy nước vụ xuân"}) {
		t.Errorf("desk: %v", got)
	}
	if got := titles(n); !equal(got, []string{"Họp thôn", "Lịch lấy nước vụ xuân"}) {
		t.Errorf("a member sees what is still to come: %v", got)
	}
	if l := n.Notices()[0]; !l.Branch || l.Coming || l.From != nt.Today || l.Until != 0 || l.Households != 2 {
		t.Errorf("%+v", l)
	}
	if l := desk.Notices(); !l[0].Coming || l[0].Until != end || l[2].Branch {
		t.Errorf("%+v", l)
	}
	must[notebook.Saved](t)(n.ReadNotice(t.Context(), s.ID))
	must[notebook.Saved](t)(n.TellNotice(t.Context(), s.ID, nt.Lan))
	today := nt.Today
	must[notebook.Saved](t)(desk.EditNotice(t.Context(), s.ID, notebook.NoticeEdit{Text: str("20 giờ."), Until: &end}))
	must[notebook.Saved](t)(desk.EditNotice(t.Context(), coming.ID, notebook.NoticeEdit{From: &today}))
	sync(t, desk, n)
	for _, l := range n.Notices() {
		if l.ID == s.ID && (l.Text != "20 giờ." || l.Until != end || !l.Read || l.Told != 1) {
			t.Errorf("%+v", l)
		}
	}
	if got := len(n.Notices()); got != 3 {
		t.Errorf("%d notices", got)
	}
	for _, c := range []struct {
		name string
		do   func() error
		want error
	}{
		{"a member makes one", func() error {
			_, err := n.NewNotice(t.Context(), notebook.NoticeEdit{Title: str("x"), Text: str("x")})
			return err
		}, notYours},
		{"a member edits one", func() error {
			_, err := n.EditNotice(t.Context(), s.ID, notebook.NoticeEdit{Title: str("x")})
			return err
		}, notYours},
		{"the commune's", func() error {
			_, err := desk.EditNotice(t.Context(), nt.Harvest, notebook.NoticeEdit{Title: str("x")})
			return err
		}, notYours},
		{"without text", func() error { _, err := desk.NewNotice(t.Context(), notebook.NoticeEdit{Title: str("x")}); return err }, invalid},
		{"over before it begins", func() error {
			_, err := desk.NewNotice(t.Context(), notebook.NoticeEdit{Title: str("x"), Text: str("x"), From: &end, Until: &later})
			return err
		}, invalid},
	} {
		if err := c.do(); !errors.Is(err, c.want) || notebook.Say(err) == words.Unexpected {
			t.Errorf("%s: %v (%s)", c.name, err, notebook.Say(err))
		}
	}
	must[notebook.Saved](t)(desk.Delete(t.Context(), s.ID))
	sync(t, desk, n)
	if got := len(n.Notices()); got != 2 {
		t.Errorf("%d notices after one was deleted", got)
	}
}

func TestInitiativesSumWhatHouseholdsGave(t *testing.T) {
	b := nt.NewBranch(t)
	desk, n := b.Phone(nt.Hoa), b.Phone(nt.Binh)
	economy, culture := pb.InitiativeField_INITIATIVE_FIELD_ECONOMY, pb.InitiativeField_INITIATIVE_FIELD_CULTURE_SOCIETY
	day := nt.Day(1, 11, 2026)
	s := must[notebook.Saved](t)(desk.NewInitiative(t.Context(), notebook.InitiativeEdit{
		Name: str("Mở rộng ngõ 5"), Field: &economy, Description: str("Hiến đất, góp ngày công. Không ghi bệnh."), Registered: &day,
	}))
	if !equal(s.Warned, []string{"bệnh"}) {
		t.Errorf("warned: %v", s.Warned)
	}
	other := must[notebook.Saved](t)(desk.NewInitiative(t.Context(), notebook.InitiativeEdit{Name: str("Ngõ hoa"), Field: &culture}))
	must[notebook.Saved](t)(desk.EditInitiative(t.Context(), s.ID, notebook.InitiativeEdit{Description: str("Hiến đất, góp ngày công.")}))
	sync(t, desk, n)

	agree(t, n, nt.Dat, keep)
	agree(t, n, nt.Lan, keep)
	give := func(household notebook.ID, land, days float64, vnd int64, to *notebook.ID) notebook.ID {
		t.Helper()
		return must[notebook.Saved](t)(n.RecordContribution(t.Context(), household, notebook.ContributionEdit{LandM2: &land, Workdays: &days, ValueVND: &vnd, Initiative: to}, notebook.ID{})).ID
	}
	first := give(nt.Dat, 12.55, 0.1, 1_500_000, &s.ID)
	second := give(nt.Lan, 0.1, 0.2, 500_000, &s.ID)
	give(nt.Lan, 0.2, 3, 0, &s.ID)
	returned := give(nt.Dat, 1000, 0, 0, &s.ID)
	gone := give(nt.Dat, 2000, 0, 0, &s.ID)
	give(nt.Dat, 7, 0, 0, nil) // to no initiative
	must[notebook.Saved](t)(n.Delete(t.Context(), gone))
	sync(t, n, desk)
	for _, id := range []notebook.ID{first, second} {
		must[notebook.Saved](t)(desk.Approve(t.Context(), id))
	}
	must[notebook.Saved](t)(desk.Return(t.Context(), returned, "đo lại"))
	sync(t, desk, n)

	all := desk.Initiatives()
	if len(all) != 2 || all[0].ID != other.ID || all[1].ID != s.ID {
		t.Fatalf("%+v", all)
	}
	i := all[1]
	if i.Name != "Mở rộng ngõ 5" || i.Field.Code != "economy" || i.Registered != day || !i.Branch || i.Description != "Hiến đất, góp ngày công." || all[0].Registered != nt.Today {
		t.Errorf("%+v", i)
	}
	want := notebook.Sums{
		Approved: notebook.Given{LandM2: 12.65, Workdays: 0.3, ValueVND: 2_000_000, Text: "12,65 m² · 0,3 ngày công · 2.000.000 đồng"},
		Waiting:  notebook.Given{LandM2: 0.2, Workdays: 3, Text: "0,2 m² · 3 ngày công"},
	}
	if *i.Sums != want || *all[0].Sums != (notebook.Sums{}) {
		t.Errorf("%+v, want %+v", *i.Sums, want)
	}
	// An edit of what was approved waits again.
	less := 100.0
	must[notebook.Saved](t)(n.EditContribution(t.Context(), second, notebook.ContributionEdit{LandM2: &less}))
	sync(t, n, desk)
	if got := desk.Initiatives()[1].Sums; got.Approved.LandM2 != 12.55 || got.Waiting.LandM2 != 100.2 {
		t.Errorf("%+v", *got)
	}
	// A member's phone sees some households only and adds nothing up.
	for _, i := range n.Initiatives() {
		if i.Sums != nil {
			t.Errorf("a member got sums: %+v", *i.Sums)
		}
	}
	for typed, want := range map[string]notebook.ID{"mo rong": s.ID, "Ngõ hoa": other.ID, s.ID.String(): s.ID, "ngo": {}, "": {}} {
		if id, err := n.InitiativeNamed(typed); id != want || (err == nil) == want.IsZero() {
			t.Errorf("%q: %v %v", typed, id, err)
		}
	}
	if _, err := n.NewInitiative(t.Context(), notebook.InitiativeEdit{Name: str("x"), Field: &economy}); !errors.Is(err, notYours) {
		t.Errorf("a member registered one: %v", err)
	}
	if _, err := desk.NewInitiative(t.Context(), notebook.InitiativeEdit{Name: str("x")}); !errors.Is(err, invalid) {
		t.Errorf("without a field: %v", err)
	}
}

// Without a second person what the secretary's own households gave is counted apart.
func TestSumsWithoutAReviewer(t *testing.T) {
	b := nt.NewBranch(t)
	desk := b.Phone(nt.Hoa)
	b.Put(pb.Kind_KIND_MEMBER, nt.Dung, nt.Unit, book.Holder{Kind: pb.HolderKind_HOLDER_KIND_BRANCH, ID: book.ID(nt.Unit)},
		&pb.Member{Name: str("Vắng máy"), Office: pb.Office_OFFICE_DEPUTY.Enum()})
	field := pb.InitiativeField_INITIATIVE_FIELD_ECONOMY
	s := must[notebook.Saved](t)(desk.NewInitiative(t.Context(), notebook.InitiativeEdit{Name: str("Ngõ hoa"), Field: &field}))
	agree(t, desk, nt.An, keep)
	days := 2.5
	must[notebook.Saved](t)(desk.RecordContribution(t.Context(), nt.An, notebook.ContributionEdit{Workdays: &days, Initiative: &s.ID}, notebook.ID{}))
	sync(t, desk)
	if got := *desk.Initiatives()[0].Sums; got.NoReviewer.Workdays != 2.5 || got.Waiting != (notebook.Given{}) || got.Approved != (notebook.Given{}) {
		t.Errorf("%+v", got)
	}
}

func TestCommendations(t *testing.T) {
	b := nt.NewBranch(t)
	desk, n := b.Phone(nt.Hoa), b.Phone(nt.Binh)
	field := pb.InitiativeField_INITIATIVE_FIELD_ECONOMY
	initiative := must[notebook.Saved](t)(desk.NewInitiative(t.Context(), notebook.InitiativeEdit{Name: str("Ngõ hoa"), Field: &field})).ID
	yes, no := true, false
	day := nt.Day(2, 9, 2026)
	group := must[notebook.Saved](t)(desk.NewCommendation(t.Context(), notebook.CommendationEdit{
		Name: str("Tổ dân vận số 3"), Collective: &yes, Decision: str("12-QĐ/ĐU"), Reason: str("Làm ngõ hoa"), Initiative: &initiative,
	})).ID
	// The family name Hồ is no household.
	must[notebook.Saved](t)(desk.NewCommendation(t.Context(), notebook.CommendationEdit{Name: str("Hồ Văn Tám (bịa)"), Collective: &no, Day: &day}))
	sync(t, desk, n)
	all := n.Commendations()
	if len(all) != 2 || all[1].Name != "Hồ Văn Tám (bịa)" || all[1].Collective || all[1].Day != day {
		t.Fatalf("%+v", all)
	}
	if c := all[0]; c.ID != group || !c.Collective || c.Day != nt.Today || c.Decision != "12-QĐ/ĐU" || c.Reason != "Làm ngõ hoa" || c.Initiative != "Ngõ hoa" || !c.Branch {
		t.Errorf("%+v", c)
	}
	for _, name := range []string{"Hộ ông Nguyễn Văn Đạt", "hộ Đạt", "Gia đình bà Lan", "HO\u0323\u0302 Đạt", " Hộ: Đạt"} {
		_, err := desk.NewCommendation(t.Context(), notebook.CommendationEdit{Name: &name})
		if !errors.Is(err, notebook.ErrCommendsHousehold) || notebook.Say(err) != words.NoHouseholdCommended {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := desk.EditCommendation(t.Context(), group, notebook.CommendationEdit{Name: &name}); !errors.Is(err, notebook.ErrCommendsHousehold) {
			t.Errorf("renamed to %q: %v", name, err)
		}
	}
	must[notebook.Saved](t)(desk.EditCommendation(t.Context(), group, notebook.CommendationEdit{Decision: str("21-QĐ/ĐU")}))
	if got := desk.Commendations()[0].Decision; got != "21-QĐ/ĐU" {
		t.Errorf("decision %q", got)
	}
	if _, err := n.NewCommendation(t.Context(), notebook.CommendationEdit{Name: str("Ai đó")}); !errors.Is(err, notYours) {
		t.Errorf("a member commended: %v", err)
	}
	if _, err := desk.NewCommendation(t.Context(), notebook.CommendationEdit{}); !errors.Is(err, invalid) {
		t.Errorf("nobody commended: %v", err)
	}
}

// A half-filled form of the branch is kept like every other.
func TestDraftsOfTheBranch(t *testing.T) {
	desk := nt.NewBranch(t).Phone(nt.Hoa)
	for name, e := range map[string]notebook.Edit{
		"notice": notebook.NoticeEdit{Title: str("Họp thôn")}, "member": notebook.MemberEdit{Name: str("Vũ")},
		"initiative": notebook.InitiativeEdit{Name: str("Ngõ")}, "commendation": notebook.CommendationEdit{Reason: str("Làm")},
	} {
		id := must[notebook.ID](t)(desk.SaveDraft(t.Context(), notebook.DraftForm{Edit: e}))
		if all := desk.Drafts(); len(all) != 1 || all[0].Kind.Code != name || len(all[0].Fields) != 1 || !all[0].Household.IsZero() {
			t.Errorf("%s: %+v", name, all)
		}
		ok(t, desk.DropDraft(t.Context(), id))
	}
}
