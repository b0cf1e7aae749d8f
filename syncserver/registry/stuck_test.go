package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/syncserver/importer"
	"sodanvan/syncserver/store"
	"sodanvan/syncserver/store/sqlite"
)

func (tw *town) stuck() Stuck {
	tw.t.Helper()
	s, err := tw.r.Stuck(context.Background())
	if err != nil {
		tw.t.Fatal(err)
	}
	return s
}

// later moves the clock on.
func (tw *town) later(d time.Duration) { tw.clock = tw.clock.Add(d) }

// written makes a change by a phone that knows the server's time of its last reply.
func (p *phone) written(kind pb.Kind, id book.ID, m proto.Message, cleared ...uint32) []byte {
	p.tw.t.Helper()
	var patch pb.Patch
	if err := proto.Unmarshal(p.patch(kind, id, book.ID{}, false, m, cleared...), &patch); err != nil {
		p.tw.t.Fatal(err)
	}
	patch.ServerMs = proto.Int64(int64(p.response.GetNow() >> 16))
	b, err := proto.Marshal(&patch)
	if err != nil {
		p.tw.t.Fatal(err)
	}
	return b
}

func TestNothingIsStuck(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	p := tw.phone("Bình")
	p.sync()
	p.sync(p.consent(p.household("Hộ Bình1")))
	if s := tw.stuck(); !s.Nothing() {
		t.Errorf("%+v", s)
	}
}

// A refused change is open until its writer has answered it, and not by what others write.
func TestRefusedChangesAreOpenUntilMended(t *testing.T) {
	const bad, good = "không có", "0987654321"
	phoneOnly := func(number string) *pb.Household { return &pb.Household{Phone: proto.String(number)} }
	for name, c := range map[string]struct {
		refused *pb.Household
		then    func(tw *town, member, desk *phone, h book.ID)
		open    bool
	}{
		"left alone": {phoneOnly(bad), func(*town, *phone, *phone, book.ID) {}, true},
		"mended": {phoneOnly(bad), func(_ *town, p, _ *phone, h book.ID) {
			p.sync(p.written(pb.Kind_KIND_HOUSEHOLD, h, phoneOnly(good)))
		}, false},
		"mended days later": {phoneOnly(bad), func(tw *town, p, _ *phone, h book.ID) {
			tw.later(5 * 24 * time.Hour)
			p.sync(p.written(pb.Kind_KIND_HOUSEHOLD, h, phoneOnly(good)))
		}, false},
		"mended in part, the rest as before": {&pb.Household{Phone: proto.String(bad), Size: proto.Int32(9)}, func(_ *town, p, _ *phone, h book.ID) {
			p.sync(p.written(pb.Kind_KIND_HOUSEHOLD, h, &pb.Household{Size: proto.Int32(9)}))
		}, false},
		"emptied": {phoneOnly(bad), func(_ *town, p, _ *phone, h book.ID) {
			p.sync(p.written(pb.Kind_KIND_HOUSEHOLD, h, &pb.Household{}, 4))
		}, false},
		"refused once more": {phoneOnly(bad), func(_ *town, p, _ *phone, h book.ID) {
			p.sync(p.written(pb.Kind_KIND_HOUSEHOLD, h, phoneOnly(bad+" số")))
		}, true},
		"another field written": {phoneOnly(bad), func(_ *town, p, _ *phone, h book.ID) {
			p.sync(p.written(pb.Kind_KIND_HOUSEHOLD, h, &pb.Household{Size: proto.Int32(9)}))
		}, true},
		"another's value of the field": {phoneOnly(bad), func(_ *town, _, desk *phone, h book.ID) {
			desk.sync(desk.written(pb.Kind_KIND_HOUSEHOLD, h, phoneOnly(good)))
		}, true},
		"another wrote the same": {&pb.Household{Size: proto.Int32(9), Phone: proto.String(bad)}, func(_ *town, _, desk *phone, h book.ID) {
			desk.sync(desk.written(pb.Kind_KIND_HOUSEHOLD, h, &pb.Household{Size: proto.Int32(9)}))
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			tw := newTown(t, sqlite.Options{})
			member, desk := tw.phone("Bình"), tw.phone("An")
			member.sync()
			desk.sync()
			h := member.household("Hộ Bình1")
			// An earlier change of the same field, written and sent before.
			member.sync(member.written(pb.Kind_KIND_HOUSEHOLD, h, phoneOnly("0912000000")))
			tw.later(time.Hour)
			member.sync(member.written(pb.Kind_KIND_HOUSEHOLD, h, c.refused))
			member.wants(2, pb.Result_RESULT_REFUSED, pb.RefusalCode_REFUSAL_CODE_INVALID)
			at := tw.clock
			tw.later(time.Hour)
			c.then(tw, member, desk, h)
			got := tw.stuck().Refused
			if !c.open {
				if len(got) > 0 {
					t.Errorf("open: %+v", got)
				}
				return
			}
			if len(got) == 0 {
				t.Fatal("nothing is open")
			}
			first := got[0]
			if d := first.At.Sub(at); d < 0 || d > time.Second {
				t.Errorf("at %s, want %s", first.At, at)
			}
			first.At = time.Time{}
			want := RefusedOpen{Branch: "Chi bộ Xóm Đình", Member: "Bình", Device: member.device, Kind: "hộ gia đình", Reason: "chưa hợp lệ", Record: h.String()}
			if first != want {
				t.Errorf("%+v, want %+v", first, want)
			}
		})
	}
}

// A new record that was refused is answered by that record, and an unreadable change by nothing.
func TestRefusedNewRecords(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	p := tw.phone("Bình")
	p.sync()
	h, v, other := p.household("Hộ Bình1"), p.id(), p.id()
	p.sync(p.visit(v, h, "chưa hỏi ý kiến hộ"), p.visit(other, h, "cũng vậy"), []byte{0xff})
	p.wants(1, pb.Result_RESULT_REFUSED, pb.RefusalCode_REFUSAL_CODE_NO_CONSENT)
	if got := tw.stuck().Refused; len(got) != 3 {
		t.Fatalf("%d open, want 3: %+v", len(got), got)
	}
	tw.later(time.Hour)
	p.sync(p.consent(h), p.visit(v, h, "hộ đã đồng ý"))
	p.wants(5, pb.Result_RESULT_STORED, 0)
	got := tw.stuck().Refused
	if len(got) != 2 || got[0].Record != other.String() || got[0].Kind != "lượt tiếp xúc" || got[0].Reason != "chưa có đồng ý" ||
		got[1].Record != "" || got[1].Kind != "" || got[1].Reason != "bản ghi hỏng" {
		t.Fatalf("%+v", got)
	}
	if s := tw.stuck(); s.RefusedFor(3*24*time.Hour) != 0 || s.RefusedFor(30*time.Minute) != 2 {
		t.Error("how long they are open")
	}
	if _, err := tw.r.Erase(context.Background(), h); err != nil {
		t.Fatal(err)
	}
	if got := tw.stuck().Refused; len(got) != 1 || got[0].Record != "" {
		t.Errorf("after the household was erased: %+v", got)
	}
	tw.sound()
}

// What a writer gave up, or mended back to what stood before, sends no change: the phone says
// how much still waits on it, once it has the refusal.
func TestRefusedChangesThatWereGivenUp(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	p := tw.phone("Bình")
	p.sync()
	p.sync(p.visit(p.id(), p.household("Hộ Bình1"), "chưa hỏi ý kiến hộ"))
	say := func(confirmed uint64, mends uint32) int {
		t.Helper()
		tw.later(time.Hour)
		req := p.request()
		req.Confirmed, req.Mends = &confirmed, &mends
		out, err := tw.r.Sync(context.Background(), p.caller, req)
		if err != nil {
			t.Fatal(err)
		}
		p.take(out)
		return len(tw.stuck().Refused)
	}
	for i, c := range []struct {
		confirmed uint64
		mends     uint32
		open      int
	}{
		{0, 0, 1}, // the reply was lost: the phone knows of no refusal
		{1, 1, 1},
		{1, 0, 0},
	} {
		if n := say(c.confirmed, c.mends); n != c.open {
			t.Errorf("call %d: %d open, want %d", i, n, c.open)
		}
	}
}

// A refused change of somebody of the commune waits at that person, for there is no desk.
func TestRefusedOfTheCommune(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	ctx := context.Background()
	units, err := tw.r.Units(ctx)
	if err != nil {
		t.Fatal(err)
	}
	commune := units[slices.IndexFunc(units, func(u UnitInfo) bool { return u.ID == u.Commune })].ID
	if _, err := tw.r.AddPerson(ctx, commune, "Giang", pb.Office_OFFICE_OFFICER); err != nil {
		t.Fatal(err)
	}
	tw.index()
	p := tw.phone("Giang")
	p.sync()
	p.sync(p.patch(pb.Kind_KIND_NOTICE, p.id(), commune, true, &pb.Notice{Title: proto.String("Không có lời")}))
	p.wants(1, pb.Result_RESULT_REFUSED, pb.RefusalCode_REFUSAL_CODE_INVALID)
	if got := tw.stuck().Refused; len(got) != 1 || got[0].Branch != "Xã Mẫu" || got[0].Member != "Giang" || got[0].Kind != "thông báo" {
		t.Errorf("%+v", got)
	}
}

// onDesk lays a row of the server's own onto a desk.
func (tw *town) onDesk(kind pb.Kind, unit book.ID, body []byte) {
	tw.t.Helper()
	err := tw.r.store.Write(context.Background(), func(tx store.Tx) error {
		w, err := tw.r.begin(tx)
		if err != nil {
			return err
		}
		if err := w.serverRow(kind, book.NewID(tw.clock.UnixMilli(), w.r.random), book.ID{}, book.Holder{Kind: pb.HolderKind_HOLDER_KIND_DESK, ID: unit}, unit, body); err != nil {
			return err
		}
		return w.finish()
	})
	if err != nil {
		tw.t.Fatal(err)
	}
}

func TestSuggestionsAreCountedByDeskAndReason(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	upper, lower := tw.by["Chi bộ Xóm Đình"], tw.by["Chi bộ Xóm Bến"]
	start := tw.clock.UnixMilli()
	for i, m := range []struct {
		unit book.ID
		s    *pb.Suggestion
	}{
		{upper, &pb.Suggestion{Why: pb.SuggestionReason_SUGGESTION_REASON_HANDED_OVER.Enum()}},
		{upper, &pb.Suggestion{Why: pb.SuggestionReason_SUGGESTION_REASON_HANDED_OVER.Enum()}},
		{upper, &pb.Suggestion{Why: pb.SuggestionReason_SUGGESTION_REASON_OFFICE_ENDED.Enum()}},
		{lower, &pb.Suggestion{Why: pb.SuggestionReason_SUGGESTION_REASON_HANDED_OVER.Enum()}},
		{lower, &pb.Suggestion{Why: pb.SuggestionReason_SUGGESTION_REASON_HANDED_OVER.Enum(), Verdict: pb.Verdict_VERDICT_RETURNED.Enum()}},
		{lower, &pb.Suggestion{Why: pb.SuggestionReason_SUGGESTION_REASON_RESTORED.Enum(), Row: []byte{1}}},
		{lower, &pb.Suggestion{Why: pb.SuggestionReason_SUGGESTION_REASON_RESTORED.Enum(), Row: []byte{1}, Settled: proto.Bool(true)}},
		{lower, &pb.Suggestion{Why: pb.SuggestionReason_SUGGESTION_REASON_RESTORED.Enum(), Row: []byte{1}, Verdict: pb.Verdict_VERDICT_APPROVED.Enum()}},
	} {
		m.s.TimeMs = proto.Int64(start + int64(i)*1000)
		body, err := proto.Marshal(m.s)
		if err != nil {
			t.Fatal(err)
		}
		tw.onDesk(pb.Kind_KIND_SUGGESTION, m.unit, body)
	}
	s := tw.stuck()
	if s.Nothing() || s.SuggestionCount() != 4 || s.TakeoverCount() != 1 {
		t.Fatalf("%d suggestions, %d rows", s.SuggestionCount(), s.TakeoverCount())
	}
	at := func(second int64) time.Time { return time.UnixMilli(start + second*1000) }
	want := []OnDesk{
		{"Chi bộ Xóm Đình", "hộ đã được giao cho người khác", 2, at(0)},
		{"Chi bộ Xóm Đình", "người ghi đã thôi nhiệm vụ", 1, at(2)},
		{"Chi bộ Xóm Bến", "hộ đã được giao cho người khác", 1, at(3)},
	}
	if !slices.Equal(s.Suggestions, want) {
		t.Errorf("%+v", s.Suggestions)
	}
	if r := s.Takeover[0]; r.Branch != "Chi bộ Xóm Bến" || !r.Oldest.Equal(at(5)) {
		t.Errorf("%+v", r)
	}
}

func TestParkedChangesSayWhatTheyWaitFor(t *testing.T) {
	tw := newTown(t, sqlite.Options{})
	p := tw.phone("Bình")
	p.sync()
	h := p.household("Hộ Bình1")
	first := tw.clock
	unknown := p.patch(98, p.id(), h, true, &pb.Visit{Day: proto.Int32(1)})
	tw.later(time.Hour)
	p.sync(unknown, p.patch(98, p.id(), h, true, &pb.Visit{Day: proto.Int32(1)}), p.visit(p.id(), book.ID{9}, "hộ chưa có ở đây"))
	for n := uint64(1); n <= 3; n++ {
		p.wants(n, pb.Result_RESULT_PARKED, 0)
	}
	s := tw.stuck()
	want := []ParkedChanges{
		{Branch: "Chi bộ Xóm Đình", Member: "Bình", Device: p.device, Kind: "loại mới số 98", NewKind: true, Count: 2, Oldest: time.UnixMilli(first.UnixMilli())},
		{Branch: "Chi bộ Xóm Đình", Member: "Bình", Device: p.device, Kind: "lượt tiếp xúc", Count: 1, Oldest: time.UnixMilli(tw.clock.UnixMilli())},
	}
	if s.ParkedCount() != 3 || !slices.Equal(s.Parked, want) {
		t.Errorf("%+v", s.Parked)
	}
}

func TestDevicesThatNeedALook(t *testing.T) {
	day := int64(24 * 3600 * 1000)
	for name, c := range map[string]struct {
		change                                func(now int64, d *store.Device)
		unsent, silent, ahead, clones, skewed int
		nothing                               bool
	}{
		"well":                     {change: func(int64, *store.Device) {}, nothing: true},
		"unsent work":              {change: func(_ int64, d *store.Device) { d.Unsent = 3 }, unsent: 1},
		"silent for a week":        {change: func(now int64, d *store.Device) { d.LastSync = now - 7*day }, silent: 1},
		"silent for nearly a week": {change: func(now int64, d *store.Device) { d.LastSync = now - 7*day + 1 }, nothing: true},
		"new and never synced":     {change: func(now int64, d *store.Device) { d.LastSync, d.EnrolledMS = 0, now-6*day }, nothing: true},
		"never synced":             {change: func(now int64, d *store.Device) { d.LastSync, d.EnrolledMS = 0, now-8*day }, silent: 1},
		"revoked": {change: func(now int64, d *store.Device) {
			d.Revoked, d.Unsent, d.CloneOf, d.SkewMS, d.LastSync, d.AheadMS = true, 3, 1, day, now-9*day, now
		}, nothing: true},
		"clock five minutes off":    {change: func(_ int64, d *store.Device) { d.SkewMS = ClockOff.Milliseconds() }, nothing: true},
		"clock behind":              {change: func(_ int64, d *store.Device) { d.SkewMS = ClockOff.Milliseconds() + 1 }, skewed: 1},
		"clock ahead":               {change: func(_ int64, d *store.Device) { d.SkewMS = -ClockOff.Milliseconds() - 1 }, skewed: 1},
		"a copy":                    {change: func(_ int64, d *store.Device) { d.CloneOf, d.Unconfirmed = 1, true }, clones: 1},
		"a copy that was confirmed": {change: func(_ int64, d *store.Device) { d.CloneOf = 1 }, clones: 1, nothing: true},
		"ahead of the database":     {change: func(now int64, d *store.Device) { d.AheadMS = now }, ahead: 1},
		"ahead long ago":            {change: func(now int64, d *store.Device) { d.AheadMS = now - 2*day }, nothing: true},
	} {
		t.Run(name, func(t *testing.T) {
			tw := newTown(t, sqlite.Options{})
			now := tw.clock.UnixMilli()
			d := &store.Device{Number: 7, Member: tw.by["Bình"], Key: []byte{1}, TokenHash: []byte{2}, EnrolledMS: now - 30*day, LastSync: now - 10*60*1000}
			c.change(now, d)
			if err := tw.r.store.Write(context.Background(), func(tx store.Tx) error { return tx.PutDevice(d) }); err != nil {
				t.Fatal(err)
			}
			s := tw.stuck()
			got := []int{len(s.Unsent), len(s.Silent), len(s.Ahead), len(s.Clones), len(s.Skewed)}
			if want := []int{c.unsent, c.silent, c.ahead, c.clones, c.skewed}; !slices.Equal(got, want) || s.Nothing() != c.nothing {
				t.Errorf("%v, want %v; nothing %t", got, want, s.Nothing())
			}
			for _, list := range [][]StuckDevice{s.Unsent, s.Silent, s.Ahead, s.Clones, s.Skewed} {
				for _, x := range list {
					if x.Device != 7 || x.Owner != "Bình" || x.Branch != "Chi bộ Xóm Đình" {
						t.Errorf("%+v", x)
					}
				}
			}
		})
	}
}

// Whatever phones send, the report can be written, and names no household and no note.
func TestStuckTellsNoHousehold(t *testing.T) {
	const note = "Gia đình đang khó khăn"
	tw := newTown(t, sqlite.Options{})
	p := tw.phone("Bình")
	p.sync()
	h := p.household("Hộ Bình1")
	var odd pb.Patch
	if err := proto.Unmarshal(p.visit(p.id(), book.ID{9}, note), &odd); err != nil {
		t.Fatal(err)
	}
	odd.PhoneMs, odd.ServerMs = proto.Int64(1<<62), proto.Int64(-1<<62)
	far, err := proto.Marshal(&odd)
	if err != nil {
		t.Fatal(err)
	}
	p.sync(p.visit(p.id(), h, note), far)
	s := tw.stuck()
	if len(s.Refused) != 1 || s.ParkedCount() != 1 {
		t.Fatalf("%+v", s)
	}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{note, "Hộ Bình1", "0912345678"} {
		if strings.Contains(string(b), secret) {
			t.Errorf("%q is in the report: %s", secret, b)
		}
	}
}

// BenchmarkStuck is status on a commune of six branches, 10,000 rows and 600 refused changes.
func BenchmarkStuck(b *testing.B) {
	tw := &town{t: b, dir: b.TempDir(), clock: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC), by: map[string]book.ID{}}
	tw.open(sqlite.Options{})
	roster := &importer.Roster{}
	for i := range 6 {
		n := fmt.Sprint(i)
		roster.Branches = append(roster.Branches, branch("Chi bộ "+n, "Bí"+n, "Bình"+n))
	}
	if _, err := tw.r.ImportRoster(context.Background(), roster, "Xã Mẫu", false); err != nil {
		b.Fatal(err)
	}
	tw.index()
	for i := range 6 {
		p := tw.phone("Bình" + fmt.Sprint(i))
		p.sync()
		h, other := p.household(fmt.Sprintf("Hộ Bình%d1", i)), p.household(fmt.Sprintf("Hộ Bình%d2", i))
		ops := [][]byte{p.consent(h)}
		for range 1600 {
			ops = append(ops, p.visit(p.id(), h, "Gia đình hỏi về vay vốn."))
		}
		for range 100 {
			ops = append(ops, p.visit(p.id(), other, "Chưa hỏi ý kiến."))
		}
		p.sync(ops...)
	}
	b.Run("stuck", func(b *testing.B) {
		for b.Loop() {
			if s := tw.stuck(); len(s.Refused) != 600 {
				b.Fatalf("%d refused", len(s.Refused))
			}
		}
	})
	b.Run("status", func(b *testing.B) {
		for b.Loop() {
			if _, err := tw.r.Status(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("check", func(b *testing.B) {
		for b.Loop() {
			tw.sound()
		}
	})
}
