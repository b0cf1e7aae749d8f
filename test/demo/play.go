package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// told is what the timeline said and the checker must find.
type told struct {
	secretary, first, second *person
	branch                   string
	counts                   map[string]int

	household, moved   string // ids: where things were written; what was handed over
	movedHead          string
	visit, note        string
	petition, number   string
	petitionText       string
	reason             string
	phoneOld, phoneNew string // the member's number that lost, the secretary's that stands
	secondVisit        string
	secondNote         string
	revoked            uint32
	lastNote           string // written on the phone before it was revoked, never synced by itself
}

const branchName = "Phố Như Quỳnh"

// play goes through the day and prints it.
func play(s *stage) (*told, error) {
	t := &told{branch: branchName, note: "Gia đình hỏi thủ tục vay vốn chăn nuôi, hẹn cuối tuần trả lời.",
		secondNote: "Đã phổ biến lịch thu gom rác mới; cả nhà nhất trí.",
		reason:     "Ghi rõ ngập ở đoạn nào, từ bao giờ.", phoneOld: "0912345678", phoneNew: "0987654321",
		lastNote: "Ghi trước khi máy bị thu hồi: hộ xin cấp lại sổ hộ khẩu."}
	t.secretary = s.person("Lý Minh Hòa", "bí thư", "so-bi-thu")
	t.first = s.person("Bùi Hữu Nam", "đảng viên", "so-dang-vien-1")
	t.second = s.person("Hoàng Thị Bưởi", "đảng viên", "so-dang-vien-2")
	for _, part := range []func(*stage, *told) error{prepare, offline, review, sendUp, atOdds, handOver, revoke} {
		if err := part(s, t); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func prepare(s *stage, t *told) error {
	fmt.Println("Sổ Dân Vận — từ cửa nhà dân đến nơi trả lời")
	chapter("Chuẩn bị")
	out, err := s.admin("import", "roster", roster, "--commune", "Thị trấn Như Quỳnh", "--secretary", t.secretary.name+", "+t.branch, "--json", "--result", s.dir+"/ket-qua.xlsx")
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(out), &t.counts); err != nil {
		return err
	}
	say("Quản trị", fmt.Sprintf("nhập danh sách: %d chi bộ, %d đảng viên, %d hộ (%d dòng, %d dòng lặp)",
		t.counts["branches"], t.counts["members"], t.counts["households"], t.counts["rows"], t.counts["repeated"]), "")
	if err := s.startServer(); err != nil {
		return err
	}
	say("Máy chủ", "chạy, TLS 1.3 trong máy này", "")
	for _, p := range []*person{t.secretary, t.first, t.second} {
		if err := p.enrol(t.branch); err != nil {
			return err
		}
		if err := p.sync(); err != nil {
			return err
		}
		var hs []household
		if err := p.do(&hs, "households"); err != nil {
			return err
		}
		say("Đ/c "+p.name, fmt.Sprintf("(%s) nhận sổ bằng mã trên phiếu, %d hộ phụ trách", p.role, len(hs)), "")
	}
	return nil
}

func offline(s *stage, t *told) error {
	chapter("Ở thôn, không có sóng: máy chủ tắt")
	s.stopServer()
	var hs []household
	if err := t.first.do(&hs, "households"); err != nil {
		return err
	}
	// The day is spent with a household that has a number in the list.
	at := slices.IndexFunc(hs, func(h household) bool { return h.Phone != "" })
	if at < 0 || len(hs) < 2 {
		return errors.New("đảng viên thứ nhất phải có ít nhất hai hộ, một hộ có điện thoại")
	}
	t.household, t.moved = hs[at].ID, hs[(at+1)%len(hs)].ID
	head := hs[at].Head
	for _, purpose := range []string{"keep", "forward"} {
		if err := t.first.do(nil, "consent", t.household, "--for", purpose, "--answer", "given", "--channel", "spoken", "--notice", "1"); err != nil {
			return err
		}
	}
	say("Đ/c "+t.first.name, "hỏi hộ "+head+": đồng ý ghi sổ, đồng ý chuyển kiến nghị", "")
	var v saved
	if err := t.first.do(&v, "visit", t.household, "--how", "home", "--note", t.note); err != nil {
		return err
	}
	t.visit = v.ID
	say("Đ/c "+t.first.name, "ghi lượt tiếp xúc với hộ "+head, v.Receipt.Text)
	var p saved
	if err := t.first.do(&p, "petition", t.household, "--denunciation", "no", "--text", "Đường ngõ 5 ngập."); err != nil {
		return err
	}
	t.petition, t.number = p.ID, p.Number
	say("Đ/c "+t.first.name, "ghi kiến nghị, đưa hộ số "+p.Number, p.Receipt.Text)
	sentence, err := t.first.refusedWith("sync")
	if err != nil {
		return err
	}
	say("Đ/c "+t.first.name, "bấm Gửi", sentence)
	if err := t.first.expect(t.household, t.visit, "Chưa gửi"); err != nil {
		return err
	}
	var mine []household
	if err := t.second.do(&mine, "households"); err != nil {
		return err
	}
	if err := t.second.do(nil, "consent", mine[0].ID, "--for", "keep", "--answer", "given", "--channel", "spoken", "--notice", "1"); err != nil {
		return err
	}
	var w saved
	if err := t.second.do(&w, "visit", mine[0].ID, "--how", "home", "--note", t.secondNote); err != nil {
		return err
	}
	t.secondVisit = w.ID
	say("Đ/c "+t.second.name, "ghi lượt tiếp xúc với hộ "+mine[0].Head, w.Receipt.Text)

	chapter("Có mạng: máy chủ chạy lại")
	if err := s.startServer(); err != nil {
		return err
	}
	for _, p := range []*person{t.first, t.second, t.secretary} {
		if err := p.sync(); err != nil {
			return err
		}
	}
	if err := t.first.expect(t.household, t.visit, "Máy chủ đã lưu"); err != nil {
		return err
	}
	return t.first.expect(t.household, t.petition, "Máy chủ đã lưu")
}

// expect prints the receipt that a person sees for a record and fails unless it says want.
func (p *person) expect(household, id, want string) error {
	pg, err := p.page(household)
	if err != nil {
		return err
	}
	for _, l := range slices.Concat(pg.Visits, pg.Petitions) {
		if l.ID != id {
			continue
		}
		what := "lượt tiếp xúc"
		if l.Number != "" {
			what = "kiến nghị " + l.Number
		}
		text := l.Receipt.Text
		if l.Standing.Text != "" {
			text += " · " + l.Standing.Text
		}
		say("Sổ của "+p.name, what+", hộ "+pg.Head, text)
		if !strings.Contains(text, want) {
			return fmt.Errorf("sổ của %s: %q, lẽ ra có %q", p.name, text, want)
		}
		return nil
	}
	return fmt.Errorf("sổ của %s: không thấy mục %s", p.name, id)
}

func review(s *stage, t *told) error {
	chapter("Bí thư xem từng mục")
	var queue []group
	if err := t.secretary.do(&queue, "review", "queue"); err != nil {
		return err
	}
	waiting := map[string]bool{}
	for _, g := range queue {
		for _, l := range g.Items {
			waiting[l.ID] = true
		}
		for _, m := range g.Months {
			for _, l := range m.Visits {
				waiting[l.ID] = true
			}
		}
	}
	if !waiting[t.visit] || !waiting[t.petition] || !waiting[t.secondVisit] {
		return fmt.Errorf("thiếu mục chờ duyệt: %v", waiting)
	}
	say("Đ/c "+t.secretary.name, fmt.Sprintf("có %d mục chờ duyệt", len(waiting)), "")
	if err := t.secretary.do(nil, "review", "approve", t.visit); err != nil {
		return err
	}
	say("Đ/c "+t.secretary.name, "duyệt lượt tiếp xúc", "")
	if err := t.secretary.do(nil, "review", "return", t.petition, t.reason); err != nil {
		return err
	}
	say("Đ/c "+t.secretary.name, "trả lại kiến nghị "+t.number+": "+t.reason, "")
	for _, p := range []*person{t.secretary, t.first} {
		if err := p.sync(); err != nil {
			return err
		}
	}
	if err := t.first.expect(t.household, t.visit, "Bí thư đã duyệt"); err != nil {
		return err
	}
	if err := t.first.expect(t.household, t.petition, "Trả lại: «"+t.reason+"»"); err != nil {
		return err
	}
	t.petitionText = "Đường ngõ 5 ngập đoạn từ cổng đình đến số nhà 21, mỗi khi mưa to, từ tháng 9."
	if err := t.first.do(nil, "edit", "petition", t.petition, "--text", t.petitionText); err != nil {
		return err
	}
	say("Đ/c "+t.first.name, "sửa kiến nghị "+t.number, "")
	for _, p := range []*person{t.first, t.secretary} {
		if err := p.sync(); err != nil {
			return err
		}
	}
	return t.first.expect(t.household, t.petition, "Đã sửa, chờ duyệt lại")
}

func sendUp(s *stage, t *told) error {
	chapter("Duyệt lại và gửi lên xã")
	if err := t.secretary.do(nil, "review", "approve", t.petition); err != nil {
		return err
	}
	if err := t.secretary.do(nil, "send-up", t.petition); err != nil {
		return err
	}
	say("Đ/c "+t.secretary.name, "duyệt kiến nghị "+t.number+", gửi lên xã không kèm tên hộ", "")
	for _, p := range []*person{t.secretary, t.first} {
		if err := p.sync(); err != nil {
			return err
		}
	}
	return t.first.expect(t.household, t.petition, "Bí thư đã duyệt")
}

func atOdds(s *stage, t *told) error {
	chapter("Hai người sửa một số điện thoại mà không biết nhau")
	if err := t.first.do(nil, "edit", "household", t.household, "--phone", t.phoneOld); err != nil {
		return err
	}
	say("Đ/c "+t.first.name, "ghi số "+t.phoneOld, "Chưa gửi")
	if err := t.secretary.do(nil, "edit", "household", t.household, "--phone", t.phoneNew); err != nil {
		return err
	}
	say("Đ/c "+t.secretary.name, "ghi số "+t.phoneNew, "Chưa gửi")
	for _, p := range []*person{t.secretary, t.first, t.secretary} {
		if err := p.sync(); err != nil {
			return err
		}
	}
	// The one who wrote later stands, whoever synced first; the other is told.
	pg, err := t.first.page(t.household)
	if err != nil {
		return err
	}
	if len(pg.Conflicts) != 1 {
		return fmt.Errorf("đảng viên phải thấy một lần bị sửa chồng, thấy %d", len(pg.Conflicts))
	}
	say("Sổ của "+t.first.name, "số "+pg.Conflicts[0].Mine+" bị thay bằng "+pg.Conflicts[0].Theirs, pg.Conflicts[0].Text)
	var values []past
	if err := t.first.do(&values, "history", t.household); err != nil {
		return err
	}
	kept := []string{pg.Phone + " (đang ghi, " + t.secretary.name + ")"}
	for _, v := range values {
		by := v.By
		if by == "" {
			by = "danh sách"
		}
		kept = append(kept, v.Value+" ("+by+")")
	}
	say("Lịch sử của hộ", "điện thoại: "+strings.Join(kept, ", "), "")
	return nil
}

func handOver(s *stage, t *told) error {
	chapter("Bàn giao một hộ")
	var moved page
	if err := t.first.do(&moved, "household", t.moved); err != nil {
		return err
	}
	if err := t.secretary.do(nil, "assign", t.moved, t.second.name); err != nil {
		return err
	}
	t.movedHead = moved.Head
	say("Đ/c "+t.secretary.name, "giao hộ "+moved.Head+" cho đ/c "+t.second.name, "")
	for _, p := range []*person{t.secretary, t.first, t.second} {
		if err := p.sync(); err != nil {
			return err
		}
	}
	if _, err := t.second.page(t.moved); err != nil {
		return err
	}
	say("Sổ của "+t.second.name, "có hộ "+moved.Head, "")
	sentence, err := t.first.refusedWith("household", t.moved)
	if err != nil {
		return err
	}
	say("Sổ của "+t.first.name, "mở hộ "+moved.Head, sentence)
	return nil
}

func revoke(s *stage, t *told) error {
	chapter("Thu hồi một máy")
	if err := t.first.do(nil, "visit", t.household, "--how", "phone", "--note", t.lastNote); err != nil {
		return err
	}
	say("Đ/c "+t.first.name, "ghi một lượt tiếp xúc, chưa gửi", "")
	var devices []device
	if err := t.secretary.do(&devices, "devices"); err != nil {
		return err
	}
	for _, d := range devices {
		if d.Owner == t.first.name {
			t.revoked = d.Number
		}
	}
	if t.revoked == 0 {
		return fmt.Errorf("không thấy máy của %s trong %+v", t.first.name, devices)
	}
	if err := t.secretary.do(nil, "revoke", fmt.Sprint(t.revoked)); err != nil {
		return err
	}
	say("Đ/c "+t.secretary.name, "thu hồi máy của đ/c "+t.first.name, "")
	sentence, err := t.first.refusedWith("sync")
	if err != nil {
		return err
	}
	say("Máy bị thu hồi", "bàn giao phần chưa gửi, rồi xóa sổ", sentence)
	return nil
}
