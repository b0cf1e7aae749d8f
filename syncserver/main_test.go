package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/xuri/excelize/v2"

	pb "sodanvan/shared/gen/sodanvan/v1"
	rpc "sodanvan/shared/gen/sodanvan/v1/sodanvanv1connect"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/importer"
	"sodanvan/test/capture"
)

// do runs a command and wants it to go well.
func do(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, errs, code := try(t, dir, args...)
	if code != 0 || errs != "" {
		t.Fatalf("%v: exit %d, %s", args, code, errs)
	}
	return out
}

func try(t *testing.T, dir string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	t.Setenv("SODANVAN_DATA", dir)
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return out.String(), errs.String(), code
}

// roster writes a small roster of invented people: two branches with a namesake in each.
func roster(t *testing.T) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	head := []any{"TT", "Họ và tên chủ hộ", "Địa chỉ", "Số khẩu", "Điện thoại", "Đảng viên phụ trách", "Chức vụ"}
	for branch, rows := range map[string][][]any{
		"Thôn Thượng": {head,
			{1, "Lê Thị Bưởi", "Xóm 1", 4, "0912345678", "Nguyễn Văn Hòa", "Bí thư"},
			{2, "Đào Văn Cam", "Xóm 2", 3, "0912345679", "Trần Thị Đào", ""}},
		"Thôn Hạ": {head, {1, "Phạm Văn Quýt", "Xóm 3", 5, "0912345670", "Nguyễn Văn Hòa", ""}},
	} {
		if _, err := f.NewSheet(branch); err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			cell, err := excelize.CoordinatesToCellName(1, i+1)
			if err == nil {
				err = f.SetSheetRow(branch, cell, &row)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := f.DeleteSheet("Sheet1"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "danh-sach.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// server is a running "serve".
type server struct {
	address, metrics string
	out, log         *capture.Text
	stop             func() int
}

var started = regexp.MustCompile(`msg=started address=(\S+) listen=\S+ metrics=(\S+) `)

func startServer(t *testing.T, dir string, flags ...string) *server {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &server{out: &capture.Text{}, log: &capture.Text{}}
	done := make(chan int, 1)
	args := append([]string{"--data", dir, "serve", "--listen", "127.0.0.1:0", "--host", "127.0.0.1", "--metrics", "127.0.0.1:0"}, flags...)
	go func() { done <- run(ctx, args, s.out, s.log) }()
	var once sync.Once
	code := 0
	s.stop = func() int {
		once.Do(func() { cancel(); code = <-done })
		return code
	}
	t.Cleanup(func() { s.stop() })
	for {
		if m := started.FindStringSubmatch(s.log.String()); m != nil {
			s.address, s.metrics = m[1], m[2]
			return s
		}
		select {
		case c := <-done:
			t.Fatalf("serve ended with %d: %s", c, s.log)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// client is a phone's; state is filled by its first connection.
func client(conf *tls.Config, state *tls.ConnectionState) *http.Client {
	conf.NextProtos = []string{"h2"}
	return &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		ForceAttemptHTTP2: true,
		DialTLSContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := (&tls.Dialer{Config: conf}).DialContext(ctx, network, addr)
			if err == nil && state != nil {
				*state = c.(*tls.Conn).ConnectionState()
			}
			return c, err
		},
	}}
}

func TestFromRosterToPhone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	file := roster(t)

	// A dry run leaves nothing behind.
	if out := do(t, dir, "import", "roster", file, "--commune", "Xã Thử", "--dry-run"); !strings.Contains(out, "2 chi bộ, 3 đảng viên, 3 hộ") {
		t.Errorf("dry run: %s", out)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a dry run made a book")
	}
	if _, err := os.Stat(resultPath(file)); err == nil {
		t.Error("a dry run wrote a result")
	}

	var n importer.Counts
	if err := json.Unmarshal([]byte(do(t, dir, "import", "roster", file, "--commune", "Xã Thử", "--json")), &n); err != nil || n.Households != 3 || n.Created != 8 {
		t.Errorf("imported %+v, %v", n, err)
	}
	if _, err := os.Stat(resultPath(file)); err != nil {
		t.Error(err)
	}
	if out := do(t, dir, "import", "roster", file, "--commune", "Xã Thử"); !strings.Contains(out, "Tạo mới 0, cập nhật 0, không đổi 8") {
		t.Errorf("second import: %s", out)
	}

	// Without an address nobody could use a code.
	if _, errs, code := try(t, dir, "enrol", "--member", "Trần Thị Đào"); code != 1 || !strings.Contains(errs, "--address") {
		t.Errorf("enrol before serve: %d %s", code, errs)
	}

	s := startServer(t, dir)
	for _, name := range []string{rootFile, spareFile, sparePinFile, addressFile} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("data directory: %v, %v", info.Mode(), err)
	}

	// A second server on the same data is refused, on any port.
	if _, errs, code := try(t, dir, "serve", "--listen", "127.0.0.1:0", "--metrics", "off"); code != 1 || !strings.Contains(errs, "đang chạy với thư mục dữ liệu") {
		t.Errorf("second server: %d %s", code, errs)
	}

	out := do(t, dir, "enrol", "--member", "tran thi dao")
	line := regexp.MustCompile(`sodanvan://\S+`).FindString(out)
	inv, err := seal.ParseInvitation(line)
	if err != nil || inv.Address != s.address {
		t.Fatalf("invitation %q of %s: %v", line, out, err)
	}
	token := join(t, inv)

	// The token opens Sync on a pinned connection, and nothing without it.
	b, err := os.ReadFile(filepath.Join(dir, rootFile))
	if err != nil {
		t.Fatal(err)
	}
	root, err := seal.ParseRoot(b)
	if err != nil {
		t.Fatal(err)
	}
	sync := rpc.NewSyncServiceClient(client(seal.ClientTLS([][32]byte{root.Pin()}), nil), s.address, connect.WithSendGzip())
	ask := func() error {
		r := connect.NewRequest(&pb.SyncRequest{Device: new(uint32(1)), Schema: new(uint32(1)), Page: new(uint32(1 << 16))})
		r.Header().Set("Authorization", "Bearer "+token)
		_, err := sync.Sync(t.Context(), r)
		return err
	}
	if err := ask(); err != nil {
		t.Errorf("sync: %v", err)
	}

	if out := do(t, dir, "device", "list"); !strings.Contains(out, "Trần Thị Đào") || !strings.Contains(out, "Máy thử") || !strings.Contains(out, "đang dùng") {
		t.Errorf("devices: %s", out)
	}
	number := regexp.MustCompile(`(?m)^(\d+) `).FindStringSubmatch(do(t, dir, "device", "list"))[1]
	do(t, dir, "device", "revoke", number)
	if err := ask(); connect.CodeOf(err) != connect.CodeUnauthenticated {
		t.Errorf("sync of a revoked device: %v", err)
	}
	if _, errs, code := try(t, dir, "device", "revoke", number); code != 1 || !strings.Contains(errs, "đã bị thu hồi") {
		t.Errorf("revoked twice: %d %s", code, errs)
	}

	for path, want := range map[string]string{"/healthz": "ok", "/readyz": "ok", "/metrics": `sodanvan_calls_total{code="ok",method="Enrol/Join"} 1`} {
		res, err := http.Get("http://" + s.metrics + path)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if !strings.Contains(string(got), want) {
			t.Errorf("%s: %s", path, got)
		}
	}

	if code := s.stop(); code != 0 || !strings.Contains(s.out.String(), "Máy chủ đã dừng") {
		t.Errorf("stopped with %d: %s %s", code, s.out, s.log)
	}
	for _, secret := range []string{token, inv.Code.String(), "Bưởi", "Đào", "0912345678"} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log has %q", secret)
		}
	}
	if out := do(t, dir, "check"); !strings.Contains(out, "nguyên vẹn") {
		t.Error(out)
	}

	// A restart keeps the identity: the pin still fits.
	again := startServer(t, dir)
	var state tls.ConnectionState
	enrol := rpc.NewEnrolServiceClient(client(seal.ClientTLS([][32]byte{root.Pin()}), &state), again.address)
	if _, err := enrol.Challenge(t.Context(), connect.NewRequest(&pb.ChallengeRequest{Code: new("ABCD"), Nonce: make([]byte, 32)})); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	if again.stop() != 0 {
		t.Error("second stop")
	}

	// A lost root must stop the server, not lock every phone out.
	if err := os.Remove(filepath.Join(dir, rootFile)); err != nil {
		t.Fatal(err)
	}
	if _, errs, code := try(t, dir, "serve", "--listen", "127.0.0.1:0", "--metrics", "off"); code != 1 || !strings.Contains(errs, "Mất tệp khóa") {
		t.Errorf("without its root: %d %s", code, errs)
	}
}

// join enrols a phone by an invitation, checking the server's proof first, and gives its token.
func join(t *testing.T, inv seal.Invitation) string {
	t.Helper()
	var state tls.ConnectionState
	enrol := rpc.NewEnrolServiceClient(client(seal.EnrolTLS(), &state), inv.Address)
	nonce := make([]byte, 32)
	rand.Read(nonce)
	hello, err := enrol.Challenge(t.Context(), connect.NewRequest(&pb.ChallengeRequest{Code: &inv.Code.ID, Nonce: nonce}))
	if err != nil {
		t.Fatal(err)
	}
	ekm, err := seal.ChannelBinding(state)
	if err != nil {
		t.Fatal(err)
	}
	spki, key := state.PeerCertificates[0].RawSubjectPublicKeyInfo, seal.CodeKey(inv.Code.Secret)
	binding := slices.Concat(append([][]byte{hello.Msg.GetServer()}, hello.Msg.GetPins()...)...)
	if !seal.CheckProof(hello.Msg.GetProof(), key, seal.ServerSide, ekm, spki, nonce, binding) {
		t.Fatal("the server does not prove to know the code")
	}
	own := seal.NewDeviceKey(nil).Public().(ed25519.PublicKey)
	proof := seal.Proof(key, seal.PhoneSide, ekm, spki, nonce, own)
	req := &pb.JoinRequest{Code: &inv.Code.ID, Nonce: nonce, Proof: proof[:], DeviceKey: own, DeviceName: new("Máy thử"), Schema: new(uint32(1))}
	res, err := enrol.Join(t.Context(), connect.NewRequest(req))
	if err != nil {
		t.Fatal(err)
	}
	return res.Msg.GetToken()
}

func TestPeopleAndSlips(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	do(t, dir, "import", "roster", roster(t), "--commune", "Xã Thử")
	const at = "https://danvan.example:8443"

	if out := do(t, dir, "member", "list", "--branch", "thon thuong"); !strings.Contains(out, "Trần Thị Đào") || strings.Contains(out, "Thôn Hạ") {
		t.Errorf("list: %s", out)
	}
	do(t, dir, "member", "set-role", "Nguyễn Văn Hòa", "pho-bi-thu", "--branch", "Thôn Hạ")
	do(t, dir, "member", "add", "Vũ Thị Mận", "--role", "can-bo", "--commune", "xa thu")
	if out := do(t, dir, "member", "list"); !regexp.MustCompile(`Thôn Hạ +Nguyễn Văn Hòa +phó bí thư`).MatchString(out) || !strings.Contains(out, "cán bộ dân vận xã") {
		t.Errorf("list: %s", out)
	}

	pdf := filepath.Join(t.TempDir(), "phieu.pdf")
	if out := do(t, dir, "enrol", "--branch", "Thôn Thượng", "--slips", pdf, "--address", at); !strings.Contains(out, "2 phiếu") {
		t.Errorf("slips: %s", out)
	}
	b, err := os.ReadFile(pdf)
	if err != nil || !bytes.HasPrefix(b, []byte("%PDF-")) {
		t.Errorf("no PDF: %v", err)
	}
	if info, _ := os.Stat(pdf); info.Mode().Perm() != 0o600 {
		t.Errorf("slips are open to others: %v", info.Mode())
	}

	out := do(t, dir, "enrol", "--member", "Trần Thị Đào", "--address", at)
	code := regexp.MustCompile(`[0-9A-Z]{4}(-[0-9A-Z]{4}){3}-[0-9A-Z]{5}`).FindString(out)
	if _, err := seal.ParseCode(code); err != nil || !strings.Contains(out, at) {
		t.Errorf("code %q in %s: %v", code, out, err)
	}
	if out := do(t, dir, "status"); !strings.Contains(out, "mã chưa dùng: 3") || !strings.Contains(out, "1 xã, 2 chi bộ") {
		t.Errorf("status: %s", out)
	}
	do(t, dir, "enrol", "--revoke", code)
	if out := do(t, dir, "status"); !strings.Contains(out, "mã chưa dùng: 2") {
		t.Errorf("status: %s", out)
	}

	// A file that cannot be written costs no codes.
	if _, errs, code := try(t, dir, "enrol", "--branch", "Thôn Hạ", "--slips", filepath.Join(dir, "no", "p.pdf"), "--address", at); code != 1 || errs == "" {
		t.Errorf("unwritable: %d %s", code, errs)
	}
	if out := do(t, dir, "status"); !strings.Contains(out, "mã chưa dùng: 2") {
		t.Errorf("codes on no paper: %s", out)
	}

	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"namesakes":             {[]string{"member", "set-role", "nguyen van hoa", "bi-thu"}, "Có 2 người"},
		"nobody":                {[]string{"member", "set-role", "Không Ai", "bi-thu"}, "Không có ai tên"},
		"office of a commune":   {[]string{"member", "set-role", "Trần Thị Đào", "quan-tri"}, "không thể là quản trị"},
		"office of a branch":    {[]string{"member", "set-role", "Vũ Thị Mận", "bi-thu"}, "không thể là bí thư"},
		"no such branch":        {[]string{"member", "list", "--branch", "Thôn Giữa"}, "Không có đơn vị"},
		"twice":                 {[]string{"member", "add", "Vũ Thị Mận", "--role", "can-bo", "--commune", "Xã Thử"}, "đã có"},
		"officer with a branch": {[]string{"member", "add", "Vũ Thị Lê", "--role", "can-bo", "--branch", "Thôn Hạ"}, "--commune"},
		"no such device":        {[]string{"device", "revoke", "99"}, "Không có máy số 99"},
		"no such code":          {[]string{"enrol", "--revoke", "ZZZZ"}, "Không có mã"},
		"plain address":         {[]string{"enrol", "--member", "Trần Thị Đào", "--address", "http://danvan.example"}, "không dùng được"},
	} {
		t.Run(name, func(t *testing.T) {
			_, errs, code := try(t, dir, c.args...)
			if code != 1 || !strings.Contains(errs, c.want) || strings.Count(errs, "\n") != 1 {
				t.Errorf("%d %q", code, errs)
			}
		})
	}
}

// Whichever page of the file is damaged, the command says so in one sentence, and for most
// pages it is check itself that finds it.
func TestCheckFindsDamage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	do(t, dir, "import", "roster", roster(t), "--commune", "Xã Thử")
	do(t, dir, "check")
	path := filepath.Join(dir, "server.db")
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	found, tried := 0, 0
	for at := page; at+page <= len(sound); at += 4 * page {
		tried++
		broken := slices.Clone(sound)
		copy(broken[at:], bytes.Repeat([]byte{0xff}, 64))
		if err := os.WriteFile(path, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		_, errs, code := try(t, dir, "check")
		if code != 1 || strings.Count(errs, "\n") != 1 {
			t.Errorf("page %d: %d %q", at/page+1, code, errs)
		}
		if strings.Contains(errs, "giữ nguyên thư mục dữ liệu") {
			found++
		}
	}
	if tried < 4 || found < tried/2 {
		t.Errorf("found %d of %d", found, tried)
	}
}

func TestPlainOnLoopback(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "data"), "--plain-http-on-loopback")
	if !strings.HasPrefix(s.address, "http://127.0.0.1:") {
		t.Fatalf("address %s", s.address)
	}
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	c := &http.Client{Transport: &http.Transport{Protocols: protocols}, Timeout: 20 * time.Second}
	enrol := rpc.NewEnrolServiceClient(c, s.address)
	res, err := enrol.Challenge(t.Context(), connect.NewRequest(&pb.ChallengeRequest{Code: new("ABCD"), Nonce: make([]byte, 32)}))
	if err != nil || len(res.Msg.GetPins()) != 2 {
		t.Errorf("%v, %v", res, err)
	}
	if s.stop() != 0 {
		t.Error("did not stop well")
	}
}

func TestRefusals(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "a-file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "data")
	serve := []string{"serve", "--listen", "127.0.0.1:0", "--metrics", "off"}
	for name, c := range map[string]struct {
		dir  string
		args []string
		want string
	}{
		"nothing":               {empty, nil, "Lệnh chưa đủ"},
		"unknown command":       {empty, []string{"serv"}, "có phải là “serve”"},
		"unknown flag":          {empty, []string{"serve", "--lisen", ":1"}, "có phải là --listen"},
		"far unknown flag":      {empty, []string{"serve", "--xyzzy"}, "Không có tham số --xyzzy"},
		"flag without value":    {empty, []string{"serve", "--listen"}, "chưa có giá trị"},
		"too much":              {empty, []string{"status", "all"}, "Không hiểu “all”"},
		"no commune":            {empty, []string{"import", "roster", "a.xlsx"}, "Thiếu tham số --commune"},
		"no file named":         {empty, []string{"import", "roster", "--commune", "A"}, "Thiếu <tep>"},
		"no such file":          {empty, []string{"import", "roster", "no.xlsx", "--commune", "A"}, "Không có tệp"},
		"not a workbook":        {empty, []string{"import", "roster", file, "--commune", "A"}, "không phải là bảng tính"},
		"unknown role":          {empty, []string{"member", "set-role", "A", "sep"}, "chỉ nhận một trong"},
		"half a command":        {empty, []string{"member"}, "gõ thêm một trong"},
		"not a number":          {empty, []string{"device", "revoke", "x"}, `"x"`},
		"two at once":           {empty, []string{"enrol", "--member", "A", "--revoke", "B"}, "Chỉ dùng một trong hai"},
		"for whom":              {empty, []string{"enrol"}, "cho ai"},
		"slips of which branch": {empty, []string{"enrol", "--slips", "a.pdf"}, "--branch"},
		"no data":               {empty, []string{"status"}, "Không thấy dữ liệu"},
		"port in use":           {empty, []string{"serve", "--listen", taken.Addr().String(), "--metrics", "off"}, "đang có chương trình khác dùng"},
		"metrics port in use":   {empty, []string{"serve", "--listen", "127.0.0.1:0", "--metrics", taken.Addr().String()}, "--metrics"},
		"plain on all":          {empty, []string{"serve", "--plain-http-on-loopback"}, "--listen 127.0.0.1"},
		"plain on a name":       {empty, []string{"serve", "--plain-http-on-loopback", "--listen", "may-chu:8443"}, "--listen 127.0.0.1"},
		"plain on another":      {empty, []string{"serve", "--plain-http-on-loopback", "--listen", "192.0.2.7:8443"}, "--listen 127.0.0.1"},
		"metrics for all":       {empty, []string{"serve", "--metrics", ":9464"}, "chỉ được mở trong chính máy này"},
		"not an address":        {empty, []string{"serve", "--listen", "abc"}, "máy:cổng"},
		"host with a port":      {empty, append(serve, "--host", "danvan.example:8443"), "--host"},
		"host of look-alikes":   {empty, append(serve, "--host", "dânvận.example"), "--host"},
		"data is a file":        {file, serve, "--data"},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs, code := try(t, c.dir, c.args...)
			if code != 1 || !strings.Contains(errs, c.want) || strings.Count(errs, "\n") != 1 || out != "" {
				t.Errorf("%d %q %q", code, out, errs)
			}
			if strings.Contains(errs, "unknown") || strings.Contains(errs, "expected") {
				t.Errorf("not Vietnamese: %q", errs)
			}
		})
	}
	if _, err := os.Stat(empty); err == nil {
		t.Error("a refused command made a book")
	}
}

func TestHelpIsVietnamese(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"serve", "--help"}, {"import", "roster", "--help"}, {"member", "set-role", "--help"}, {"enrol", "--help"}, {"device", "--help"}} {
		t.Run(fmt.Sprint(args), func(t *testing.T) {
			out := do(t, t.TempDir(), args...)
			for _, english := range []string{"Usage", "Flags", "Commands", "Arguments", "Show", "Run ", "flags", "command>"} {
				if strings.Contains(out, english) {
					t.Errorf("%q in\n%s", english, out)
				}
			}
		})
	}
	if out := do(t, t.TempDir(), "--version"); !strings.HasPrefix(out, "Sổ Dân Vận. Phiên bản: ") {
		t.Error(out)
	}
}

// The demo serves invented people, prints three codes that work, and leaves nothing behind.
func TestDemoPrintsCodesAndLeavesNothing(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, log := &capture.Text{}, &capture.Text{}
	done := make(chan int, 1)
	go func() { done <- run(ctx, []string{"demo", "--listen", "127.0.0.1:0"}, out, log) }()
	for deadline := time.Now().Add(time.Minute); !started.MatchString(log.String()); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no start: %s%s", out, log)
		}
	}
	for _, name := range demoPeople {
		if !strings.Contains(out.String(), name) {
			t.Errorf("no code for %s: %s", name, out)
		}
	}
	if n := strings.Count(out.String(), "sodanvan://enrol?c="); n != 3 {
		t.Errorf("%d invitations, want 3", n)
	}
	cancel()
	if code := <-done; code != 0 {
		t.Errorf("exit %d: %s", code, log)
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	if out := doFail(t, "demo", "--listen", "0.0.0.0:0"); !strings.Contains(out, "chỉ mở trong máy này") {
		t.Errorf("on every address: %s", out)
	}
}

// doFail runs a command that must fail and gives what it says.
func doFail(t *testing.T, args ...string) string {
	t.Helper()
	out, log := &capture.Text{}, &capture.Text{}
	if code := run(t.Context(), args, out, log); code == 0 {
		t.Errorf("%v went well", args)
	}
	return log.String()
}
