package sending

import (
	"context"
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/ui/outline"
	"sodanvan/app/ui/uitest"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v (%s)", err, notebook.Say(err))
	}
}

func visit(t *testing.T, n *notebook.Notebook, household notebook.ID) notebook.ID {
	t.Helper()
	s, err := n.RecordVisit(t.Context(), notebook.NewVisit{Household: household, Contact: pb.Contact_CONTACT_AT_HOME})
	check(t, err)
	return s.ID
}

// show puts the tab into the window, beside one of tasks.
func show(r *uitest.Rig) {
	settings := func() *frame.Screen {
		return &frame.Screen{Name: "settings", Title: words.OpenSettings, Body: kit.Plain("ở đây chọn cỡ chữ")}
	}
	rejoin := func() *frame.Screen {
		return &frame.Screen{Name: "rejoin", Title: words.RejoinTitle, Body: kit.Plain("ở đây nhập mã mới")}
	}
	r.Frame.SetTabs(
		&frame.Tab{
			Name: "sync", Label: words.TabSync, Sign: kit.SignSync, Count: func() int { return Count(r.Book) },
			Root: func() *frame.Screen { return Root(r.Frame, Deps{Settings: settings, Rejoin: rejoin}) },
		},
		&frame.Tab{Name: "tasks", Label: words.TabTasks, Sign: kit.SignTasks, Root: func() *frame.Screen {
			return &frame.Screen{Name: "tasks", Title: words.TasksToday, Body: kit.Plain("các việc")}
		}},
	)
}

func TestSendNow(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	visit(t, r.Book, nt.Dat)
	visit(t, r.Book, nt.Quang)
	visit(t, r.Book, nt.Quang)
	show(r)
	if Count(r.Book) != 3 {
		t.Errorf("%d at the tab", Count(r.Book))
	}
	r.Want("Còn 3 mục chưa gửi", "Hộ ông Nguyễn Văn Đạt", "2 mục", words.SendingWaits)
	r.Golden("unsent")
	r.Tap(words.SendNow)
	r.Want(words.AllSafe, "Đã gửi nhận xong: gửi 3 mục, nhận 3 mục.", "Gửi nhận lần cuối lúc 10:42 ngày 21/11/2026")
	r.WantNot(words.SendingWaits)
	if got := len(r.Branch.Of(pb.Kind_KIND_VISIT)); got != 3 || Count(r.Book) != 0 {
		t.Errorf("%d visits on the server, %d unsent", got, Count(r.Book))
	}
	r.Golden("safe")
}

// A server that was restored does not know the phone: what is here is safe, and a new code
// goes on.
func TestAServerThatDoesNotKnowThePhone(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	visit(t, r.Book, nt.Dat)
	show(r)
	r.WantNot(words.RejoinOpen)
	r.Branch.Unknown = true
	r.Tap(words.SendNow)
	r.Want("Còn 1 mục chưa gửi", words.RejoinWhy, words.RejoinOpen)
	r.Golden("unknown")
	r.Tap(words.RejoinOpen)
	r.Want("ở đây nhập mã mới")
	r.Branch.Unknown = false
	r.Frame.Pop()
	r.Tap(words.SendNow)
	r.Want(words.AllSafe)
	r.WantNot(words.RejoinOpen)
}

func TestNoNetworkIsNoFault(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	visit(t, r.Book, nt.Dat)
	r.Branch.SetDown(true)
	show(r)
	r.Tap(words.SendNow)
	r.Want("Còn 1 mục chưa gửi", words.NoNetwork, words.SendNow)
	if r.Frame.Said() {
		t.Error("no network is said as a failure")
	}
	if _, _, tone := sentence(read(r.Book)); tone != kit.Waiting {
		t.Errorf("no network is %s", tone)
	}
	r.Golden("offline")
	r.Branch.SetDown(false)
	r.Tap(words.SendNow)
	r.Want(words.AllSafe)
	r.WantNot(words.NoNetwork)
}

func TestNeverSynced(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Bare(t, uitest.Phone, b.Now)
	r.Book = b.Empty(nt.Binh, t.TempDir())
	t.Cleanup(func() { r.Book.Close() })
	r.Frame.Book = r.Book
	show(r)
	r.Want(words.NeverSynced)
	b.SetDown(true)
	r.Tap(words.SendNow)
	r.Want(words.NoNetwork)
	b.SetDown(false)
	r.Tap(words.SendNow)
	r.Want(words.AllSafe)
}

// TestWhatStandsInTheWay: all is sent, and yet the phone may not be changed.
func TestWhatStandsInTheWay(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	b.Refuse = func(*pb.Patch) *book.Refusal {
		return &book.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_INVALID, Field: 4, Rule: "bad_phone"}
	}
	visit(t, r.Book, nt.Dat)
	_, err := r.Book.Sync(t.Context())
	check(t, err)
	b.Refuse = nil
	contact := pb.Contact_CONTACT_AT_HOME
	_, err = r.Book.SaveDraft(t.Context(), notebook.DraftForm{Household: nt.Lan, Edit: notebook.VisitEdit{Contact: &contact}})
	check(t, err)
	show(r)
	r.Want(words.SentButLookAt, words.MendCount(1), words.DraftCount(1))
	r.WantNot(words.AllSafe)
	r.Golden("mends")
	for _, line := range []string{words.MendCount(1), words.DraftCount(1)} {
		r.Tap(line)
		if got := r.Frame.Top().Name; got != "tasks" {
			t.Errorf("%s opened %s", line, got)
		}
		r.Frame.Open("sync")
	}
	r.Tap(words.OpenSettings)
	if got := r.Frame.Top().Name; got != "settings" {
		t.Errorf("opened %s", got)
	}
}

// halting is a way to the server whose sync stops half-way until the test ends.
type halting struct{ notebook.Remote }

func (h halting) Keep(ctx context.Context, _ <-chan struct{}, w notebook.Watch) {
	w.Begun()
	w.Moved(notebook.Traffic{Sent: 3, Received: 45})
	<-ctx.Done()
}

// through lets a book reach the server by another way than the branch's own.
func through[S any](way func(S) (notebook.Remote, error), wrap func(notebook.Remote) notebook.Remote) func(S) (notebook.Remote, error) {
	return func(s S) (notebook.Remote, error) {
		remote, err := way(s)
		return wrap(remote), err
	}
}

// reopened gives Bình's book again, over another way.
func reopened(t *testing.T, b *nt.Branch, wrap func(notebook.Remote) notebook.Remote, prepare func(n *notebook.Notebook)) *notebook.Notebook {
	t.Helper()
	dir := t.TempDir()
	n := b.Empty(nt.Binh, dir)
	_, err := n.Sync(t.Context())
	check(t, err)
	prepare(n)
	check(t, n.Close())
	o := b.Options(dir)
	o.Remote = through(o.Remote, wrap)
	n, err = notebook.Open(t.Context(), o, nt.PIN)
	check(t, err)
	t.Cleanup(func() { n.Close() })
	return n
}

func TestRunning(t *testing.T) {
	b := nt.NewBranch(t)
	n := reopened(t, b, func(r notebook.Remote) notebook.Remote { return halting{r} }, func(n *notebook.Notebook) {
		for range 9 {
			visit(t, n, nt.Dat)
		}
	})
	moved := make(chan notebook.Progress, 8)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		n.Live(ctx, func(p notebook.Progress) { moved <- p })
	}()
	for p := range moved {
		if p.Received == 45 {
			break
		}
	}
	r := uitest.Bare(t, uitest.Phone, b.Now)
	r.Book, r.Frame.Book, r.Branch = n, n, b
	show(r)
	r.Want(words.Sending, "Đã gửi 3/12 mục · đã nhận 45 mục")
	for _, it := range r.Items() {
		if it.Kind == outline.Button && it.Label == words.SendNow && !it.Disabled {
			t.Error("the button is on while a sync runs")
		}
	}
	r.Golden("running")
	cancel()
	<-ended
	r.Frame.Changed()
	r.Want("Còn 9 mục chưa gửi")
	r.WantNot(words.Sending)
}

func TestManyHouseholdsWait(t *testing.T) {
	b := nt.NewBranch(t)
	for i := range 20 {
		id, head := nt.NewID(uint64(i+1)), fmt.Sprintf("Nguyễn Thị Hồng Nhung %d", i+1)
		if i == 0 {
			head = "Công Tằng Tôn Nữ Nguyễn Thị Phương Thảo Nguyên Hồng"
		}
		b.Put(pb.Kind_KIND_HOUSEHOLD, id, nt.Unit, nt.Household(id), &pb.Household{Head: &head, FormOfAddress: proto.String("bà"), Member: book.ID(nt.Binh).Bytes(), Position: proto.Int32(int32(i + 1))})
	}
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	for i := range 20 {
		visit(t, r.Book, nt.NewID(uint64(i+1)))
	}
	if _, err := r.Book.ReadNotice(t.Context(), nt.Harvest); err != nil {
		t.Fatal(err)
	}
	b.SetDown(true)
	show(r)
	r.Tap(words.SendNow)
	r.Want("Còn 21 mục chưa gửi", words.SendingMore(14), words.SendingOther)
	r.Theme(kit.Theme{Step: 3})
	r.Golden("large")
	r.Theme(kit.Theme{})
	r.Window.Resize(uitest.Desktop)
	r.Tap(words.OpenSettings)
	r.Golden("wide")
	r.Frame.Back()
	r.Window.Resize(uitest.Phone)
	r.Theme(kit.Theme{Shade: kit.Dark})
	r.Golden("dark")
}

func TestClockAt1970(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	b.At = time.Unix(60, 0).UTC()
	show(r)
	r.Want(words.AllSafe, "Máy đang để 07:01 ngày 01/01/1970. Vào cài đặt, bật ngày giờ tự động.", "Gửi nhận lần cuối lúc 10:42 ngày 21/11/2026")
	r.Golden("clock")
}

func TestSyncedAtAWrongClock(t *testing.T) {
	if got := words.SyncedAt(time.Unix(60, 0)); got != words.SendingTimeUnknown {
		t.Error(got)
	}
	if got := words.SyncedAt(time.Time{}); got != words.NeverSynced {
		t.Error(got)
	}
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name      string
		now, last time.Time
		wrong     bool
	}{
		{"right", now, now.Add(-time.Hour), false},
		{"never synced", now, time.Time{}, false},
		{"an hour behind the last sync", now, now.Add(time.Hour), false},
		{"days behind the last sync", now, now.AddDate(0, 0, 3), true},
		{"1970", time.Unix(60, 0), time.Time{}, true},
	} {
		if got := wrongClock(c.now, c.last); got != c.wrong {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestSentences goes through what State and Progress can say together.
func TestSentences(t *testing.T) {
	last := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		p    picture
		text string
		tone string
	}{
		{"running", picture{progress: notebook.Progress{Running: true}, state: notebook.State{Safe: true, LastSync: last}}, words.Sending, string(kit.Told)},
		{"safe, though the network went since", picture{progress: notebook.Progress{Trouble: words.NoNetwork}, state: notebook.State{Safe: true, LastSync: last}}, words.AllSafe, string(kit.Safe)},
		{"server trouble", picture{progress: notebook.Progress{Trouble: "Máy chủ bận."}, state: notebook.State{Unsent: 2, LastSync: last}}, words.UnsentCount(2), string(kit.Wrong)},
		{"rows for a restored server", picture{state: notebook.State{Offers: 3, LastSync: last}}, words.SentButKept, string(kit.Waiting)},
		{"only parked", picture{state: notebook.State{Parked: 2, LastSync: last}}, words.SentButKept, string(kit.Waiting)},
		{"never, trouble", picture{progress: notebook.Progress{Trouble: words.NoNetwork}}, words.NoNetwork, string(kit.Waiting)},
	} {
		if _, text, tone := sentence(c.p); text != c.text || string(tone) != c.tone {
			t.Errorf("%s: %q in %s", c.name, text, tone)
		}
	}
}

func TestLowSpaceAndTrouble(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	show(r)
	s := &root{f: r.Frame, page: kit.Column(1.5 * kit.Grid), bar: kit.NewBar(), button: kit.Do(words.SendNow, nil)}
	s.screen = &frame.Screen{Name: "sending", Title: words.State, Body: s.page, Foot: s.button}
	r.Frame.Only(s.screen)
	trouble := "Máy chủ đang bận. Máy sẽ tự gửi lại sau ít phút."
	s.show(picture{
		progress: notebook.Progress{Trouble: trouble, ToSend: 2},
		state: notebook.State{
			Unsent: 2, Parked: 1, LowSpace: true, LastSync: r.Branch.At,
			Lines: []string{words.LowSpace, words.UnsentCount(2), words.ParkedCount(1), trouble, words.LastSync(r.Branch.At)},
		},
	})
	r.Want(words.LowSpace, words.UnsentCount(2), trouble, words.ParkedCount(1), words.SendingOther)
	r.Golden("trouble")
}

func TestWiped(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Bare(t, uitest.Phone, b.Now)
	r.Show(Wiped(r.Frame))
	r.Want(words.WipedWhat, words.WipedWork, words.WipedGo, words.WipedAgain)
	r.Golden("wiped")
}

// broken is a way to the server on which something fails that has no words.
type broken struct{ notebook.Remote }

func (broken) Sync(context.Context) (notebook.Traffic, error) { return notebook.Traffic{}, errBroken }

var errBroken = fmt.Errorf("an answer that nobody expected")

func TestAnUnknownFailureHasWords(t *testing.T) {
	b := nt.NewBranch(t)
	n := reopened(t, b, func(r notebook.Remote) notebook.Remote { return broken{r} }, func(n *notebook.Notebook) { visit(t, n, nt.Dat) })
	r := uitest.Bare(t, uitest.Phone, b.Now)
	r.Book, r.Frame.Book, r.Branch = n, n, b
	show(r)
	r.Tap(words.SendNow)
	r.Want(words.Unexpected, "Còn 1 mục chưa gửi")
	r.WantNot("nobody expected")
}

// live runs Live of a book until the test ends, and returns once it began.
func live(t *testing.T, n *notebook.Notebook, began <-chan struct{}) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		n.Live(ctx, nil)
	}()
	t.Cleanup(func() { cancel(); <-ended })
	<-began
}

// patient is a way to the server on which Live syncs when it is kicked and not before.
type patient struct {
	notebook.Remote
	began chan struct{}
	wipe  bool
}

func (p patient) Keep(ctx context.Context, kick <-chan struct{}, w notebook.Watch) {
	close(p.began)
	for {
		select {
		case <-kick:
		case <-ctx.Done():
			return
		}
		w.Begun()
		if p.wipe {
			w.Ended(notebook.Round{Wiped: true}, nil)
			return
		}
		t, err := p.Sync(ctx)
		w.Ended(notebook.Round{Traffic: t}, err)
	}
}

// TestSendNowKicksLive: while Live runs the button makes it sync at once, and waits for it.
func TestSendNowKicksLive(t *testing.T) {
	for _, wipe := range []bool{false, true} {
		t.Run(fmt.Sprintf("wiped %v", wipe), func(t *testing.T) {
			b := nt.NewBranch(t)
			began := make(chan struct{})
			n := reopened(t, b, func(r notebook.Remote) notebook.Remote { return patient{r, began, wipe} }, func(n *notebook.Notebook) { visit(t, n, nt.Dat) })
			live(t, n, began)
			r := uitest.Bare(t, uitest.Phone, b.Now)
			r.Book, r.Frame.Book, r.Branch = n, n, b
			show(r)
			r.Want("Còn 1 mục chưa gửi")
			r.Tap(words.SendNow)
			if wipe {
				r.Want(words.WipedTitle)
				return
			}
			r.Want(words.AllSafe)
			if got := len(b.Of(pb.Kind_KIND_VISIT)); got != 1 {
				t.Errorf("%d visits on the server", got)
			}
		})
	}
}
