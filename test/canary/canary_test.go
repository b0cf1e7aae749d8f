package canary

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	"sodanvan/app/store"
	"sodanvan/app/syncing"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/api"
	"sodanvan/syncserver/importer"
	"sodanvan/syncserver/registry"
	"sodanvan/test/probe"
)

func TestMain(m *testing.M) { os.Exit(probe.Main(m)) }

const pin = "271828"

// birds makes the canaries and remembers them. Nothing in them is anybody's.
type birds struct {
	texts []string
	by    map[string]int
}

// of makes the next canary of a sort.
func (b *birds) of(sort string) string {
	if b.by == nil {
		b.by = map[string]int{}
	}
	b.by[sort]++
	n := len(b.texts)
	text := fmt.Sprintf("Chim %s Bịa Đặt Số %d Lẻ %d", sort, 7000+n, 13*n)
	if sort == "điện thoại" {
		text = fmt.Sprintf("09%08d", 31415926+n*271)
	}
	b.texts = append(b.texts, text)
	return text
}

const householdsEach = 12

// roster is a branch whose every name is a canary. The members' names are shown by id.
func (b *birds) roster() (*importer.Roster, []string) {
	br := importer.Branch{Key: "b", Name: b.of("chi bộ")}
	var names []string
	for m := range 3 {
		office := ""
		if m == 0 {
			office = importer.OfficeSecretary
		}
		key, name := fmt.Sprint("m", m), b.of("đảng viên")
		names = append(names, name)
		br.Members = append(br.Members, importer.Member{Key: key, Name: name, Office: office})
		for h := range householdsEach {
			br.Households = append(br.Households, importer.Household{Key: fmt.Sprint(key, "h", h), HouseholdFields: importer.HouseholdFields{
				Head: b.of("chủ hộ"), Hamlet: b.of("thôn"), Address: b.of("địa chỉ"), Phone: b.of("điện thoại"), Size: 3, Member: key}})
		}
	}
	return &importer.Roster{Branches: []importer.Branch{br}}, names
}

// place is a running server as the phones see it.
type place struct {
	url   string
	codes func(book.ID) seal.Code
	reg   *registry.Registry
}

// phone is the real book of one member.
type phone struct {
	*notebook.Notebook
	t      *testing.T
	store  *store.Store
	engine *syncing.Engine
	client *syncing.Client
	dir    string
}

func (p *place) phone(t *testing.T, member book.ID) *phone {
	t.Helper()
	id, err := syncing.Enrol(t.Context(), seal.Invitation{Code: p.codes(member), Address: p.url}, "", "máy thử", syncing.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ph := &phone{t: t, dir: filepath.Join(t.TempDir(), "book")}
	if ph.store, err = store.Create(t.Context(), ph.options(), id, pin, seal.NoDeviceSecret{}); err != nil {
		t.Fatal(err)
	}
	ph.engine = syncing.New(ph.store, syncing.Config{})
	if ph.client, err = syncing.NewClient(func() store.Identity { return ph.store.Snapshot().State().Identity }, syncing.Options{}); err != nil {
		t.Fatal(err)
	}
	if ph.Notebook, err = notebook.Over(ph.store, notebook.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ph.client.Close(); ph.store.Close() })
	return ph
}

func (p *phone) options() store.Options {
	return store.Options{Dir: p.dir, PIN: seal.Params{MemoryKiB: 8, Time: 1, Threads: 1}}
}

func (p *phone) sync() syncing.Kind {
	p.t.Helper()
	p.engine.Kick()
	out, err := syncing.Run(p.t.Context(), p.engine, p.store, p.client)
	if err != nil {
		p.t.Fatal(err)
	}
	return out.Kind
}

func (p *phone) synced() {
	p.t.Helper()
	if k := p.sync(); k != syncing.Rest {
		p.t.Fatalf("sync ended with %s: %s", k, p.engine.Status().Sentence)
	}
}

// need ends the test where an action fails.
func need[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// planted is a story with all that a household can say, told by three phones.
type planted struct {
	birds                      birds
	secretary, member, revoked *phone
}

func plant(t *testing.T, at *place) *planted {
	t.Helper()
	ctx := t.Context()
	p := &planted{}
	roster, names := p.birds.roster()
	if _, err := at.reg.ImportRoster(ctx, roster, p.birds.of("xã"), false); err != nil {
		t.Fatal(err)
	}
	people := need[[]registry.Person](t)(at.reg.People(ctx))
	id := func(name string) book.ID {
		i := slices.IndexFunc(people, func(p registry.Person) bool { return p.Name == name })
		if i < 0 {
			t.Fatalf("nobody is called %q", name)
		}
		return people[i].ID
	}
	p.secretary, p.member, p.revoked = at.phone(t, id(names[0])), at.phone(t, id(names[1])), at.phone(t, id(names[2]))
	for _, ph := range []*phone{p.secretary, p.member, p.revoked} {
		ph.synced()
	}
	m, s := p.member, p.secretary
	saved := need[notebook.Saved](t)
	homes := m.Households(notebook.Query{})
	agree := func(ph *phone, household notebook.ID, purpose pb.Purpose) {
		saved(ph.RecordConsent(ctx, notebook.NewConsent{Household: household, Purpose: purpose, Answer: pb.Answer_ANSWER_GIVEN,
			NoticeVersion: "1", Channel: pb.Channel_CHANNEL_SPOKEN, Witness: p.birds.of("người chứng kiến")}))
	}
	for _, h := range homes[:6] {
		agree(m, h.ID, pb.Purpose_PURPOSE_KEEP)
	}

	// Notes and petitions; some are edited after they were sent, so that the old words are history.
	var visits, petitions []notebook.ID
	for n := range 20 {
		visits = append(visits, saved(m.RecordVisit(ctx, notebook.NewVisit{Household: homes[n%6].ID, Contact: pb.Contact_CONTACT_AT_HOME, Note: p.birds.of("ghi chép")})).ID)
	}
	for n := range 10 {
		petitions = append(petitions, saved(m.RecordPetition(ctx, notebook.NewPetition{Household: homes[n%6].ID, Text: p.birds.of("kiến nghị")})).ID)
	}
	m.synced()
	for n := range 6 {
		note, text := p.birds.of("ghi chép sửa"), p.birds.of("kiến nghị sửa")
		saved(m.EditVisit(ctx, visits[n], notebook.VisitEdit{Note: &note}))
		saved(m.EditPetition(ctx, petitions[n], notebook.PetitionEdit{Text: &text}))
	}
	m.synced()
	s.synced()
	for _, v := range visits[10:15] {
		saved(s.Return(ctx, v, p.birds.of("lý do trả lại")))
	}
	for _, v := range append(slices.Clone(visits[:3]), petitions[7]) {
		saved(s.Approve(ctx, v))
	}
	s.synced()

	// Both change the same household without seeing the other: the loser's words are kept.
	for n := range 6 {
		mine, theirs := p.birds.of("chủ hộ sửa"), p.birds.of("chủ hộ sửa chồng")
		saved(m.EditHousehold(ctx, homes[n].ID, notebook.HouseholdEdit{Head: &mine}))
		saved(s.EditHousehold(ctx, homes[n].ID, notebook.HouseholdEdit{Head: &theirs}))
	}
	m.synced()
	s.synced()
	m.synced()
	if len(m.Conflicts()) == 0 {
		t.Error("nothing was overwritten: the story is not what it should be")
	}

	// Changes that the server refuses, which the use cases would not write: no consent.
	for range 4 {
		b := need[[]byte](t)(lww.Encode(&pb.Visit{Day: proto.Int32(20000), Contact: pb.Contact_CONTACT_AT_HOME.Enum(), Note: proto.String(p.birds.of("bị từ chối"))}))
		household := book.ID(homes[10].ID)
		need[[]uint64](t)(m.store.AddOps(ctx, store.Write{Holder: book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: household},
			Unit: m.store.Snapshot().State().Identity.Branch,
			Patch: &pb.Patch{Envelope: &pb.Envelope{Kind: pb.Kind_KIND_VISIT.Enum(), Id: book.NewID(time.Now().UnixMilli(), rand.Reader).Bytes(), Subject: household.Bytes()},
				Create: proto.Bool(true), Set: b, Schema: proto.Uint32(book.Schema)}}))
	}
	m.synced()
	if len(m.Mends()) != 4 {
		t.Errorf("%d refused changes, want 4", len(m.Mends()))
	}

	// A household goes to the secretary while its member still writes: suggestions.
	agree(m, homes[7].ID, pb.Purpose_PURPOSE_KEEP)
	old := saved(m.RecordVisit(ctx, notebook.NewVisit{Household: homes[7].ID, Contact: pb.Contact_CONTACT_AT_HOME, Note: p.birds.of("trước bàn giao")})).ID
	m.synced()
	me := need[notebook.ID](t)(s.MemberNamed(names[0]))
	s.synced()
	saved(s.AssignHousehold(ctx, homes[7].ID, me))
	s.synced()
	late, head := p.birds.of("đề nghị muộn"), p.birds.of("chủ hộ muộn")
	saved(m.EditVisit(ctx, old, notebook.VisitEdit{Note: &late}))
	saved(m.EditHousehold(ctx, homes[7].ID, notebook.HouseholdEdit{Head: &head}))
	m.synced()
	s.synced()
	if len(s.Suggestions()) == 0 {
		t.Error("no suggestion on the desk: the story is not what it should be")
	}

	// A petition goes up, and more is said to it.
	agree(s, homes[7].ID, pb.Purpose_PURPOSE_FORWARD)
	agree(m, homes[1].ID, pb.Purpose_PURPOSE_FORWARD)
	m.synced()
	s.synced()
	saved(s.SendUp(ctx, petitions[7]))
	s.synced()
	m.synced()
	saved(m.AddStep(ctx, notebook.NewStep{Petition: petitions[7], What: pb.StepKind_STEP_KIND_SUPPLEMENT, Text: p.birds.of("bổ sung")}))
	m.synced()

	// A revoked phone hands over what it had not sent.
	mine := p.revoked.Households(notebook.Query{})[0].ID
	agree(p.revoked, mine, pb.Purpose_PURPOSE_KEEP)
	saved(p.revoked.RecordVisit(ctx, notebook.NewVisit{Household: mine, Contact: pb.Contact_CONTACT_AT_HOME, Note: p.birds.of("bàn giao của máy thu hồi")}))
	if err := at.reg.Revoke(ctx, p.revoked.store.Snapshot().State().Identity.Device); err != nil {
		t.Fatal(err)
	}
	if k := p.revoked.sync(); k != syncing.Revoked {
		t.Errorf("the revoked phone's sync ended with %s", k)
	}

	// What waits on the phone: drafts with what the screen keeps of them, and unsent changes.
	for n := range 6 {
		note := p.birds.of("nháp")
		need[notebook.ID](t)(m.SaveDraft(ctx, notebook.DraftForm{Household: homes[n].ID, Edit: notebook.VisitEdit{Note: &note}, Form: []byte(p.birds.of("ô đang gõ"))}))
	}
	for n := range 4 {
		saved(m.RecordVisit(ctx, notebook.NewVisit{Household: homes[n].ID, Contact: pb.Contact_CONTACT_AT_HOME, Note: p.birds.of("chưa gửi")}))
	}
	if len(p.birds.texts) < 200 {
		t.Errorf("%d canaries, want 200", len(p.birds.texts))
	}
	p.readable(t, visits)
	return p
}

// readable proves that the canaries are where they should be: on the screens of those who
// may read them, and in the server's history. Nothing found on disk means something only then.
func (p *planted) readable(t *testing.T, visits []notebook.ID) {
	t.Helper()
	var b bytes.Buffer
	show := func(v any, err error) {
		if err == nil {
			enc := json.NewEncoder(&b)
			enc.SetEscapeHTML(false)
			err = enc.Encode(v)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, ph := range []*phone{p.member, p.secretary} {
		for _, h := range ph.Households(notebook.Query{Branch: true}) {
			show(ph.Household(h.ID))
		}
		show(ph.Drafts(), nil)
		show(ph.Mends(), nil)
		show(ph.Conflicts(), nil)
		show(ph.Suggestions(), nil)
		show(ph.Me(), nil)
	}
	for _, d := range p.member.store.Snapshot().Drafts() {
		b.Write(d.Form)
	}
	history, err := p.member.client.History(t.Context(), &pb.HistoryRequest{Id: book.ID(visits[0]).Bytes()})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range history.GetValues() {
		b.Write(v.GetValue())
	}
	if len(history.GetValues()) == 0 {
		t.Error("an edited note has no history")
	}
	seen, digits := 0, strings.ReplaceAll(b.String(), " ", "")
	for _, text := range p.birds.texts {
		if strings.Contains(b.String(), text) || strings.Contains(digits, strings.ReplaceAll(text, " ", "")) {
			seen++
		}
	}
	t.Logf("%d canaries of %d sorts, %d on the screens", len(p.birds.texts), len(p.birds.by), seen)
	if seen < 180 {
		t.Errorf("only %d of %d canaries can be read by those who may: the test looks for what was never there", seen, len(p.birds.texts))
	}
}

// silent looks below folders and in texts for canaries.
func (p *planted) silent(t *testing.T, when string, dirs []string, logs ...string) {
	t.Helper()
	s, err := NewSearcher(p.birds.texts)
	if err != nil {
		t.Fatal(err)
	}
	report := func(found []Find) {
		for i, f := range found {
			if i == 5 {
				t.Errorf("%s: and %d more", when, len(found)-i)
				break
			}
			t.Errorf("%s: %s", when, f)
		}
	}
	for _, dir := range dirs {
		found, files, size, err := s.Below(dir)
		if err != nil {
			t.Fatal(err)
		}
		if files == 0 || size < 1000 {
			t.Errorf("%s: %d files with %d bytes in %s: nothing was looked at", when, files, size, dir)
		}
		report(found)
	}
	for _, log := range logs {
		if len(log) < 1000 {
			t.Errorf("%s: a log of %d bytes: nothing was looked at", when, len(log))
		}
		report(s.In("log", []byte(log)))
	}
}

// copied copies a folder as it lies there now, as a thief or a power cut would leave it.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// TestNoWordsInFiles runs the server as a process of its own.
func TestNoWordsInFiles(t *testing.T) {
	probe.Binary(t) // before the folder of temporary files is this test's own
	scratch := t.TempDir()
	t.Setenv("TMPDIR", scratch)
	s := probe.StartProcess(t, probe.Options{})
	p := plant(t, &place{url: s.URL(), reg: s.Registry, codes: func(m book.ID) seal.Code { return s.Codes(t, m) }})
	books := []string{p.member.dir, p.secretary.dir}
	all := append(slices.Clone(books), s.Dir)

	p.silent(t, "while open", all, s.Log())
	crashed := copied(t, p.member.dir)
	if left, err := os.ReadDir(p.revoked.dir); err != nil || slices.ContainsFunc(left, func(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), "book.db") }) {
		t.Errorf("the revoked phone still has %v, %v", left, err)
	}

	s.Registry.Close()
	s.Kill()
	p.silent(t, "after the server was killed", []string{s.Dir}, s.Log())
	again := probe.StartProcess(t, probe.Options{Dir: s.Dir})
	p.silent(t, "after it recovered", []string{s.Dir}, again.Log()+strings.Repeat(" ", 1000))
	again.Stop()
	p.silent(t, "after it stopped", []string{s.Dir}, again.Log()+strings.Repeat(" ", 1000))

	// The copy of the open book is opened, which folds its -wal in, and closed.
	p.silent(t, "the copy of an open book", []string{crashed})
	o := p.member.options()
	o.Dir = crashed
	st, err := store.Open(t.Context(), o, pin, seal.NoDeviceSecret{})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := st.Snapshot(), p.member.store.Snapshot(); a.Len() != b.Len() || a.Unsent() != b.Unsent() || a.Damaged() != 0 {
		t.Errorf("the copy has %d records and %d unsent, want %d and %d", a.Len(), a.Unsent(), b.Len(), b.Unsent())
	}
	p.silent(t, "the copy, opened", []string{crashed})
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	for _, ph := range []*phone{p.member, p.secretary} {
		if err := ph.store.Close(); err != nil {
			t.Fatal(err)
		}
	}
	p.silent(t, "after closing", append(books, crashed))
	search, err := NewSearcher(p.birds.texts)
	if err != nil {
		t.Fatal(err)
	}
	found, _, _, err := search.Below(scratch) // may well be empty
	if err != nil || len(found) > 0 {
		t.Errorf("in temporary files: %v %v", found, err)
	}

	// The control in the same place: one text planted on purpose is found.
	if err := os.WriteFile(filepath.Join(p.member.dir, "control"), []byte("x"+p.birds.texts[100]+"x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if found, _, _, err := search.Below(p.member.dir); err != nil || len(found) != 1 || found[0].Text != p.birds.texts[100] {
		t.Errorf("the planted text was not found: %v %v", found, err)
	}
}

// TestNoWordsInLogs runs the server in this process with everything logged, and gives it
// calls that go wrong too: errors are where logs talk too much.
func TestNoWordsInLogs(t *testing.T) {
	var mu sync.Mutex
	var b bytes.Buffer
	log := slog.New(slog.NewTextHandler(lockedWriter{&mu, &b}, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))
	old := slog.Default()
	slog.SetDefault(log)
	defer slog.SetDefault(old)

	root, err := seal.NewRoot(nil)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := root.Issue(nil, time.Now(), []string{"127.0.0.1"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "https://" + ln.Addr().String()
	reg, err := registry.Open(t.Context(), filepath.Join(t.TempDir(), "data"), registry.Options{Address: url, Pins: [][32]byte{root.Pin()}})
	if err != nil {
		t.Fatal(err)
	}
	web := api.NewHTTPServer(api.New(api.Config{Registry: reg, Log: log}), false, log)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = web.Serve(api.TLSListener(ln, func() (*tls.Certificate, error) { return &leaf, nil }))
	}()
	t.Cleanup(func() { web.Close(); <-done; reg.Close() })
	p := plant(t, &place{url: url, reg: reg, codes: func(m book.ID) seal.Code {
		c := need[[]registry.IssuedCode](t)(reg.IssueCodes(context.Background(), []registry.Person{{ID: m}}))
		return c[0].Code
	}})

	// The same words once more in calls that fail: wrong signature, a gap, a closed database.
	token := p.secretary.store.Snapshot().State().Identity
	words := proto.String(p.birds.texts[150])
	patch := need[[]byte](t)(lww.Encode(&pb.Visit{Note: words}))
	for _, req := range []*pb.SyncRequest{
		{Device: &token.Device, Epoch: token.Epoch, First: proto.Uint64(1000), Ops: [][]byte{patch}},
		{Device: &token.Device, Epoch: []byte(*words), First: proto.Uint64(1000), Ops: [][]byte{patch}},
		{Device: proto.Uint32(4711), Epoch: token.Epoch, Signature: []byte(*words)},
	} {
		_, _ = p.secretary.client.Sync(t.Context(), req)
	}
	_, _ = p.secretary.client.History(t.Context(), &pb.HistoryRequest{Id: []byte(*words)})
	if err := reg.Close(); err != nil {
		t.Fatal(err)
	}
	_, _ = p.secretary.client.Sync(t.Context(), &pb.SyncRequest{Device: &token.Device, Epoch: token.Epoch, Ops: [][]byte{patch}})

	mu.Lock()
	logged := b.String()
	mu.Unlock()
	if n := strings.Count(logged, "\n"); n < 30 {
		t.Errorf("%d lines were logged: nothing was looked at", n)
	}
	p.silent(t, "the log of everything", nil, logged)
	// And no secret of a phone either.
	for name, secret := range map[string]string{"token": token.Token, "device key": string(token.DeviceKey)} {
		if strings.Contains(logged, secret) {
			t.Errorf("the log has a %s", name)
		}
	}
}

type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
