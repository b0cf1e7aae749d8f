package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

var update = flag.Bool("update", false, "write the golden files anew")

// desk is a folder of books and the command that opens them.
type desk struct {
	t    *testing.T
	b    *nt.Branch
	dirs map[notebook.ID]string
	// env is the environment besides the PIN.
	env map[string]string
}

func newDesk(t *testing.T) *desk {
	return &desk{t: t, b: nt.NewBranch(t), dirs: map[notebook.ID]string{}, env: map[string]string{"SODANVAN_PIN": nt.PIN}}
}

// book runs the command on the book of a member; the first time it makes the book.
func (d *desk) book(member notebook.ID, args ...string) (out, errs string, code int) {
	d.t.Helper()
	dir, ok := d.dirs[member]
	if !ok {
		dir = d.t.TempDir()
		d.dirs[member] = dir
		if err := d.b.Empty(member, dir).Close(); err != nil {
			d.t.Fatal(err)
		}
		d.must(member, "sync")
	}
	return d.run(append([]string{"--book", dir}, args...)...)
}

func (d *desk) run(args ...string) (out, errs string, code int) {
	var o, e bytes.Buffer
	h := host{out: &o, err: &e, getenv: func(k string) string { return d.env[k] }}
	h.options = func(g *globals) notebook.Options { return d.b.Options(g.Book) }
	code = h.run(d.t.Context(), args)
	return o.String(), e.String(), code
}

// must runs a command that has to go well and gives its output.
func (d *desk) must(member notebook.ID, args ...string) string {
	d.t.Helper()
	out, errs, code := d.book(member, args...)
	if code != 0 || errs != "" {
		d.t.Fatalf("book %q: exit code %d: %s", args, code, errs)
	}
	return out
}

// id runs a command with --json and gives the id of what it made.
func (d *desk) id(member notebook.ID, args ...string) string {
	d.t.Helper()
	var s struct{ ID string }
	if err := json.Unmarshal([]byte(d.must(member, append([]string{"--json"}, args...)...)), &s); err != nil {
		d.t.Fatal(err)
	}
	return s.ID
}

func (d *desk) sync(members ...notebook.ID) {
	d.t.Helper()
	for _, m := range members {
		d.must(m, "sync")
	}
}

var anyID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)

// steady names ids that differ from run to run by the order in which they come.
func steady(s string) string {
	names := map[string]string{}
	return anyID.ReplaceAllStringFunc(s, func(id string) string {
		if strings.HasPrefix(id[8:], "-0000-7000-8000-") {
			return id // the invented branch's own
		}
		if names[id] == "" {
			names[id] = fmt.Sprintf("id-%d", len(names)+1)
		}
		return names[id]
	})
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	got = steady(got)
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; look at it and run with -update:\n%s", name, got)
	}
}

// branchWork is what the secretary writes for the branch, on top of a season.
func branchWork(t *testing.T) *desk {
	d := season(t)
	s := nt.Hoa
	d.must(s, "member", "add", "--name", "Vũ Thị Cúc (bịa)", "--phone", "0912 000 222")
	d.must(s, "member", "edit", "cúc", "--distinguish", "Xóm Bãi")
	d.must(s, "member", "proxy", "cúc", "bình", "dũng")
	d.must(s, "notice", "add", "--title", "Họp thôn", "--text", "19 giờ thứ Bảy.\nNhà văn hóa.", "--until", "28/11/2026")
	coming := d.id(s, "notice", "add", "--title", "Thu gom", "--text", "Buổi sáng.", "--from", "05/12/2026")
	d.must(s, "notice", "edit", coming, "--title", "Thu gom rác")
	d.must(s, "initiative", "add", "--name", "Mở rộng ngõ 5", "--field", "economy", "--description", "Hiến đất, góp ngày công.", "--registered", "01/11/2026")
	d.must(s, "initiative", "add", "--name", "Ngõ hoa", "--field", "culture-society")
	d.must(s, "initiative", "edit", "ngo hoa", "--description", "Mỗi nhà một khóm hoa.")
	d.must(s, "commendation", "add", "--collective", "Tổ dân vận số 3", "--decision", "12-QĐ/ĐU", "--reason", "Làm ngõ hoa", "--for", "ngo hoa")
	second := d.id(s, "commendation", "add", "--person", "Hồ Văn Tám (bịa)", "--day", "02/09/2026")
	d.must(s, "commendation", "edit", second, "--decision", "9-QĐ/ĐU")
	d.sync(s, nt.Binh)
	given := d.id(nt.Binh, "contribute", "dat", "--land", "20", "--for", "mo rong")
	d.must(nt.Binh, "contribute", "dat", "--workdays", "2,5", "--value", "300.000", "--for", "mo rong")
	d.sync(nt.Binh, s)
	d.must(s, "review", "approve", given)
	return d
}

func TestGoldenOfTheBranch(t *testing.T) {
	d := branchWork(t)
	for _, c := range []struct {
		file string
		who  notebook.ID
		args []string
	}{
		{"members-proxies.txt", nt.Hoa, []string{"members"}},
		{"members.json", nt.Hoa, []string{"--json", "members"}},
		{"notices-desk.txt", nt.Hoa, []string{"notices"}},
		{"notices-branch.txt", nt.Binh, []string{"notices"}},
		{"notices-none-told.txt", nt.Dung, []string{"notices"}},
		{"initiatives.txt", nt.Hoa, []string{"initiative"}},
		{"initiatives.json", nt.Hoa, []string{"--json", "initiative", "list"}},
		{"initiatives-member.txt", nt.Binh, []string{"initiative", "list"}},
		{"commendations.txt", nt.Hoa, []string{"commendation", "list"}},
		{"commendations.json", nt.Binh, []string{"--json", "commendation"}},
	} {
		t.Run(c.file, func(t *testing.T) { golden(t, c.file, d.must(c.who, c.args...)) })
	}
	_, errs, code := d.book(nt.Hoa, "commendation", "add", "--person", "Hộ ông Đạt")
	if code != 1 || errs != words.NoHouseholdCommended+"\n" {
		t.Errorf("a household was commended: %d %q", code, errs)
	}
	d.must(nt.Hoa, "member", "proxy", "cúc")
	if out := d.must(nt.Hoa, "members"); !strings.Contains(out, words.Phone(false, nil)) {
		t.Errorf("%s", out)
	}
}

// season is some weeks of work in the branch: what the golden files show.
func season(t *testing.T) *desk {
	d := newDesk(t)
	m := nt.Binh
	for _, purpose := range []string{"keep", "forward"} {
		d.must(m, "consent", "dat", "--for", purpose, "--answer", "given", "--channel", "spoken", "--notice", "TB-01", "--witness", "Bà Tư (bịa)")
	}
	d.must(m, "visit", "dat", "--how", "meeting", "--day", "02/09/2026")
	first := d.id(m, "petition", "dat", "--denunciation", "no", "--text", "Đường ngõ 5 ngập\nMong xã sửa cống", "--matter", "đường", "--day", "20/10/2026")
	second := d.id(m, "petition", "dat", "--denunciation", "no", "--text", "Đèn đường hỏng", "--day", "21/10/2026", "--with-name")
	d.must(m, "contribute", "dat", "--day", "01/11/2026", "--land", "12,5", "--workdays", "3", "--value", "1.500.000")
	d.must(m, "notices", "--told", nt.Harvest.String(), "--to", "dat")
	d.must(m, "notices", "--read", nt.Harvest.String())
	d.must(m, "visit", "quang", "--how", "nobody", "--day", "15/11/2026")
	d.must(m, "edit", "household", "lan", "--phone", "0162 345 6789")
	d.sync(m, nt.Hoa)
	d.must(nt.Hoa, "review", "approve", first)
	d.must(nt.Hoa, "review", "return", second, "ghi rõ cột đèn nào")
	d.must(nt.Hoa, "send-up", first)
	d.sync(nt.Hoa)
	up := d.b.Of(pb.Kind_KIND_STEP)[0]
	petition, err := notebook.ParseID(first)
	if err != nil {
		t.Fatal(err)
	}
	d.b.Put(pb.Kind_KIND_STEP, nt.NewID(1), petition, nt.Household(nt.Dat), &pb.Step{
		Follows: up.ID.Bytes(), What: pb.StepKind_STEP_KIND_FORWARDED.Enum(), Day: proto.Int32(int32(nt.Day(20, 11, 2026))),
		Forwarded: &pb.Forwarded{Authority: book.ID(nt.Authority).Bytes(), DueDay: proto.Int32(int32(nt.Day(5, 12, 2026)))},
	})
	// Two people change one phone number without knowing of each other.
	d.must(m, "edit", "household", "dat", "--phone", "0911 111 111")
	d.must(nt.Hoa, "edit", "household", "dat", "--phone", "0922 222 222")
	d.sync(m, nt.Hoa, m)
	// One visit is not sent yet.
	d.must(m, "visit", "dat", "--how", "home", "--day", "20/10/2026", "--topic", "ve sinh", "--topic", "vay von",
		"--note", "Gia đình đồng ý dọn rãnh trước nhà", "--follow-up", "01/12/2026")
	return d
}

func TestGolden(t *testing.T) {
	d := season(t)
	for _, c := range []struct {
		file string
		who  notebook.ID
		args []string
	}{
		{"households.txt", nt.Binh, []string{"households"}},
		{"households-branch.txt", nt.Hoa, []string{"households", "--branch", "--sort", "name"}},
		{"households-none.txt", nt.Binh, []string{"households", "không có ai"}},
		{"household.txt", nt.Binh, []string{"household", "nguyen van dat"}},
		{"household-new.txt", nt.Hoa, []string{"household", "mới"}},
		{"household-ids.txt", nt.Binh, []string{"--ids", "household", "0922222222"}},
		{"household.json", nt.Binh, []string{"--json", "household", "dat"}},
		{"show.txt", nt.Binh, []string{"show", nt.Dat.String()}},
		{"sheet.txt", nt.Binh, []string{"sheet", "dat"}},
		{"review-queue.txt", nt.Hoa, []string{"review"}},
		{"review-queue.json", nt.Hoa, []string{"--json", "review", "queue"}},
		{"review-queue-member.txt", nt.Binh, []string{"review", "queue"}},
		{"status.txt", nt.Binh, []string{"status"}},
		{"takeback.txt", nt.Binh, []string{"takeback"}},
		{"notices.txt", nt.Binh, []string{"notices"}},
		{"members.txt", nt.Hoa, []string{"members"}},
		{"devices.txt", nt.Hoa, []string{"devices"}},
		{"code.txt", nt.Hoa, []string{"code", "bình"}},
		{"history.txt", nt.Hoa, []string{"history", nt.Dat.String()}},
		{"me.txt", nt.Hoa, []string{"me"}},
	} {
		t.Run(c.file, func(t *testing.T) { golden(t, c.file, d.must(c.who, c.args...)) })
	}
}

func TestGoldenAfterARefusal(t *testing.T) {
	d := newDesk(t)
	d.must(nt.Binh, "consent", "dat", "--for", "keep", "--answer", "given", "--channel", "paper", "--notice", "TB-01")
	id := d.id(nt.Binh, "visit", "dat", "--how", "home", "--note", "Gia đình hỏi về lịch lấy nước")
	d.b.Refuse = func(p *pb.Patch) *book.Refusal {
		if p.GetEnvelope().GetKind() != pb.Kind_KIND_VISIT {
			return nil
		}
		return &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_NO_CONSENT, Field: 4, Rule: "no_consent_keep"}
	}
	d.sync(nt.Binh)
	d.b.Refuse = nil
	golden(t, "mend.txt", d.must(nt.Binh, "mend"))
	golden(t, "household-mend.txt", d.must(nt.Binh, "household", "dat"))
	d.must(nt.Binh, "mend", "visit", id, "--note", "")
	d.sync(nt.Binh)
	if out := d.must(nt.Binh, "mend"); out != words.NoMend+"\n" {
		t.Errorf("%q", out)
	}
	if out := d.must(nt.Binh, "status"); !strings.Contains(out, words.AllSafe) {
		t.Errorf("%s", out)
	}
}

// TestCommands tries the commands that the golden files do not show.
func TestCommands(t *testing.T) {
	d := newDesk(t)
	m, s := nt.Binh, nt.Hoa
	d.must(m, "consent", "dat", "--for", "keep", "--answer", "given", "--channel", "phone", "--notice", "TB-01")
	d.must(m, "consent", "dat", "--for", "forward", "--answer", "given", "--channel", "phone", "--notice", "TB-01")
	out := d.must(m, "petition", "dat", "--denunciation", "no", "--text", "Đường ngõ 5 ngập")
	number := book.PetitionNumber(nt.BinhDevice, 1)
	if out != words.Written+"\n"+words.Slip(number)+"\n" {
		t.Errorf("%q", out)
	}
	out = d.must(m, "visit", "dat", "--how", "phone", "--note", "Bác bị bệnh")
	if !strings.Contains(out, words.Warned([]string{"bệnh"})) {
		t.Errorf("%q", out)
	}
	if out := d.must(m, "check", "Bác", "bị", "bệnh"); out != words.Warned([]string{"bệnh"})+"\n" {
		t.Errorf("%q", out)
	}
	if out := d.must(m, "check", "Bác khỏe"); out != words.NoWarning+"\n" {
		t.Errorf("%q", out)
	}
	visit := d.id(m, "visit", "dat", "--how", "home")
	d.must(m, "edit", "visit", visit, "--day", "01/11/2026", "--note", "Gia đình hỏi về lịch lấy nước")
	d.must(m, "edit", "petition", strings.ToLower(number), "--with-name")
	d.sync(m, s)
	if out := d.must(s, "review", "month", "bình", "2026", "11"); out != words.VisitsApproved(2)+"\n" {
		t.Errorf("%q", out)
	}
	var queue []notebook.ReviewGroup
	if err := json.Unmarshal([]byte(d.must(s, "--json", "review")), &queue); err != nil || len(queue) != 1 || len(queue[0].Items) != 1 {
		t.Fatalf("%v %+v", err, queue)
	}
	d.must(s, "review", "approve", queue[0].Items[0].ID.String())
	d.must(s, "send-up", number)
	d.must(s, "assign", "mới", "bình")
	d.must(s, "add", "--head", "Vũ Thêm (bịa)", "--phone", "0912000111")
	d.must(s, "assign", "vũ thêm", "sáu")
	d.must(s, "assign", "vũ thêm")
	d.sync(s, m)
	d.must(m, "step", number, "supplement", "--text", "Ngõ 6 cũng ngập")
	d.must(m, "delete", visit)
	d.must(s, "revoke", "9")
	d.must(s, "confirm", "9")
	d.must(m, "topics")
	d.must(m, "matters")
	if out := d.must(m, "drafts"); out != words.NoDrafts+"\n" {
		t.Errorf("%q", out)
	}
	if out := d.must(s, "suggestions"); !strings.Contains(out, words.NoSuggestions) {
		t.Errorf("%q", out)
	}
	d.sync(m)
	p := d.must(m, "household", "dat")
	for _, want := range []string{"Bổ sung · Ngõ 6 cũng ngập", "Gửi lên xã · kèm tên hộ"} {
		if !strings.Contains(p, want) {
			t.Errorf("the page lacks %q:\n%s", want, p)
		}
	}
}

func TestOneUserMessageForEveryFailure(t *testing.T) {
	d := newDesk(t)
	d.sync(nt.Binh)
	pinFile := filepath.Join(t.TempDir(), "pin")
	if err := os.WriteFile(pinFile, []byte("1234\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"unknown command", []string{"visti"}, "Chưa hiểu lệnh"},
		{"day that is none", []string{"visit", "dat", "--how", "home", "--day", "31/02/2026"}, "Chưa hiểu lệnh"},
		{"denunciation", []string{"petition", "dat", "--denunciation", "yes", "--text", "x"}, book.DenunciationAdvice},
		{"denunciation not asked", []string{"petition", "dat", "--text", "x"}, "Chưa hiểu lệnh"},
		{"consent first", []string{"visit", "dat", "--how", "home", "--note", "x"}, words.AskFirst},
		{"which household", []string{"household", "xom dinh"}, words.Which},
		{"not theirs", []string{"household", nt.An.String()}, words.NotYours},
		{"which member", []string{"assign", "dat", "văn"}, words.WhichMember},
		{"desk only", []string{"assign", "dat", "hoa"}, "Đảng viên phụ trách: "},
		{"proxy of nobody", []string{"member", "proxy", "sáu", "ai đó"}, words.WhichMember},
		{"desk adds members", []string{"member", "add", "--name", "Ai đó"}, "không phụ trách"},
		{"two are commended", []string{"commendation", "add", "--person", "a", "--collective", "b"}, "Chưa hiểu lệnh"},
		{"which initiative", []string{"initiative", "edit", "ngõ", "--name", "x"}, words.Which},
		{"field that is none", []string{"initiative", "add", "--name", "x", "--field", "x"}, "Chưa hiểu lệnh"},
		{"no petition", []string{"send-up", book.PetitionNumber(7, 7)}, words.NotYours},
		{"mistyped number", []string{"send-up", "A1-0013"}, words.Which},
		{"PIN that is none", []string{"pin", "--new-file", pinFile}, "Mã PIN"},
		{"file that is none", []string{"pin", "--new-file", pinFile + "x"}, "Không đọc được tệp"},
		{"wrong PIN", []string{"--pin", "999111", "me"}, "PIN"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, errs, code := d.book(nt.Binh, c.args...)
			if code != 1 || out != "" || !strings.Contains(errs, c.want) || strings.Contains(errs, words.Unexpected) {
				t.Errorf("exit code %d, out %q, error %q, want %q", code, out, errs, c.want)
			}
		})
	}
	d.b.Down = true
	if _, errs, code := d.book(nt.Binh, "sync"); code != 1 || errs != words.NoNetwork+"\n" {
		t.Errorf("no network: %d %q", code, errs)
	}
	d.env = nil
	for name, args := range map[string][]string{
		"Chưa chọn sổ":        {"me"},
		"Chưa có mã mở sổ":    {"--book", d.dirs[nt.Binh], "me"},
		"Chưa có sổ":          {"--book", t.TempDir(), "--pin", nt.PIN, "me"},
		"Mã sai ở nhóm thứ 3": {"--book", t.TempDir(), "--pin", "271828", "enrol", "ABCD-EFGH-UJKM-NPQR-STVW-X"},
	} {
		if out, errs, code := d.run(args...); code != 1 || out != "" || !strings.Contains(errs, name) {
			t.Errorf("%q: exit code %d, error %q, want %q", args, code, errs, name)
		}
	}
}

func TestHelpIsNoFailure(t *testing.T) {
	out, errs, code := newDesk(t).run("--help")
	if code != 0 || errs != "" || !strings.Contains(out, "Ghi lượt tiếp xúc.") {
		t.Errorf("%d %q %q", code, out, errs)
	}
}

func TestEveryJSONIsOneValue(t *testing.T) {
	d := season(t)
	for _, args := range [][]string{
		{"me"}, {"status"}, {"households"}, {"household", "dat"}, {"show", nt.Dat.String()}, {"sheet", "dat"}, {"members"}, {"topics"},
		{"matters"}, {"notices"}, {"drafts"}, {"takeback"}, {"mend"}, {"suggestions"}, {"review"}, {"check", "x"}, {"sync"}, {"history", nt.Dat.String()},
		{"initiative"}, {"commendation"},
	} {
		out := d.must(nt.Binh, append([]string{"--json"}, args...)...)
		var v any
		if err := json.Unmarshal([]byte(out), &v); err != nil || v == nil {
			t.Errorf("%q: %v\n%s", args, err, out)
		}
	}
}
