package book

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

func (w *fakeWorld) verdict(t *testing.T, name, reviewer, subject string, digest [16]byte, v pb.Verdict, reason string) Record {
	m := &pb.Review{Digest: digest[:], Verdict: v.Enum()}
	if reason != "" {
		m.Reason = &reason
	}
	return w.stored(t, pb.Kind_KIND_REVIEW, name, reviewer, subject, w.records[named(subject)].Holder, "thôn", m)
}

func digestOf(r Record) [16]byte { return lww.Digest(r.State.Body) }

func aVisit(note string) *pb.Visit {
	return &pb.Visit{Day: proto.Int32(20000), Contact: pb.Contact_CONTACT_AT_HOME.Enum(), Note: &note}
}

// TestStatus goes through written → stored → returned → waiting again → approved →
// waiting again → back to the approved words.
func TestStatus(t *testing.T) {
	w := newWorld()
	check := func(step string, want Status, reason string, verdict string) {
		t.Helper()
		r := w.records[named("v")]
		got, why, by := StatusOf(r, w.About(r.ID, pb.Kind_KIND_REVIEW), w)
		if got != want || why != reason {
			t.Errorf("%s: %v %q, want %v %q", step, got, why, want, reason)
		}
		if (verdict == "") != (by == nil) || by != nil && by.ID != named(verdict) {
			t.Errorf("%s: verdict %v, want %q", step, by, verdict)
		}
	}
	r := w.stored(t, pb.Kind_KIND_VISIT, "v", "an", "hộ-an", byHousehold("hộ-an"), "thôn", aVisit("đường"))
	unsent := r
	unsent.Seq = 0
	if got, _, _ := StatusOf(unsent, nil, w); got != Written {
		t.Errorf("unsent: %v", got)
	}
	check("stored", Stored, "", "")
	w.verdict(t, "trả", "bí", "v", digestOf(r), pb.Verdict_VERDICT_RETURNED, "thiếu ngày")
	check("returned", Returned, "thiếu ngày", "trả")
	r = w.edited(t, "v", 3, &pb.Visit{Note: proto.String("đường làng")})
	check("edited", WaitingAgain, "", "")
	w.verdict(t, "duyệt", "phó", "v", digestOf(r), pb.Verdict_VERDICT_APPROVED, "")
	check("approved", Approved, "", "duyệt")
	w.edited(t, "v", 3, &pb.Visit{Note: proto.String("đường liên thôn")})
	check("edited after approval", WaitingAgain, "", "")
	w.edited(t, "v", 3, &pb.Visit{Note: proto.String("đường làng")})
	check("the approved words again", Approved, "", "duyệt")
	w.edited(t, "v", 1, nil, 101)
	check("a field of the desk does not undo it", Approved, "", "duyệt")
	w.edited(t, "v", 3, &pb.Visit{Deleted: proto.Bool(true)})
	check("deletion waits for a verdict", WaitingAgain, "", "")
}

func TestLaterVerdictOnOneVersionHolds(t *testing.T) {
	w := newWorld()
	r := w.stored(t, pb.Kind_KIND_VISIT, "v", "an", "hộ-an", byHousehold("hộ-an"), "thôn", aVisit("x"))
	first := w.verdict(t, "một", "bí", "v", digestOf(r), pb.Verdict_VERDICT_APPROVED, "")
	second := w.verdict(t, "hai", "phó", "v", digestOf(r), pb.Verdict_VERDICT_RETURNED, "vì sao")
	for _, order := range [][]Record{{first, second}, {second, first}, {second, first, second}} {
		if got, reason, by := StatusOf(r, order, w); got != Returned || reason != "vì sao" || by.ID != second.ID {
			t.Errorf("%v %q", got, reason)
		}
	}
	stranger := second
	stranger.Subject = named("khác")
	if got, _, _ := StatusOf(r, []Record{first, stranger}, w); got != Approved {
		t.Errorf("a verdict on another record counts: %v", got)
	}
}

func TestNoReviewer(t *testing.T) {
	leave := func(w *fakeWorld, names ...string) {
		for _, n := range names {
			delete(w.members, named(n))
		}
	}
	for _, tc := range []struct {
		name   string
		author string
		behalf string
		world  func(*fakeWorld)
		want   Status
	}{
		{"the secretary's own, with a deputy", "bí", "", func(*fakeWorld) {}, Stored},
		{"the deputy's own, with a secretary", "phó", "", func(*fakeWorld) {}, Stored},
		{"the secretary's own, alone", "bí", "", func(w *fakeWorld) { leave(w, "phó") }, NoReviewer},
		{"a deputy without a device", "bí", "", func(w *fakeWorld) {
			m := w.members[named("phó")]
			m.HasDevice = false
			w.members[m.ID] = m
		}, NoReviewer},
		{"a deputy who left", "bí", "", func(w *fakeWorld) {
			m := w.members[named("phó")]
			m.Deleted = true
			w.members[m.ID] = m
		}, NoReviewer},
		{"a member's, with only a secretary", "an", "", func(w *fakeWorld) { leave(w, "phó") }, Stored},
		{"a member's, with nobody at the desk", "an", "", func(w *fakeWorld) { leave(w, "phó", "bí") }, NoReviewer},
		{"written by a proxy for the secretary, alone", "chi", "bí", func(w *fakeWorld) { leave(w, "phó") }, NoReviewer},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld()
			tc.world(w)
			m := aVisit("x")
			if tc.behalf != "" {
				m.OnBehalfOf = named(tc.behalf).Bytes()
			}
			r := w.stored(t, pb.Kind_KIND_VISIT, "v", tc.author, "hộ-bí", byHousehold("hộ-bí"), "thôn", m)
			if got, _, _ := StatusOf(r, nil, w); got != tc.want {
				t.Errorf("%v, want %v", got, tc.want)
			}
		})
	}
}

func TestHouseholdReviewsMembersEditsOnly(t *testing.T) {
	w := newWorld()
	r := w.stored(t, pb.Kind_KIND_HOUSEHOLD, "hộ-an", "bí", "thôn", byHousehold("hộ-an"), "thôn", &pb.Household{Head: proto.String("Ông Mẫu")})
	if got, _, _ := StatusOf(r, nil, w); got != Approved {
		t.Errorf("entered by the secretary: %v", got)
	}
	if got := MayReview(actor("bí"), r, digestOf(r), w); rule(got) != ruleSelfReview {
		t.Errorf("the secretary approves their own entry: %v", got)
	}
	r = w.edited(t, "hộ-an", 3, &pb.Household{Phone: proto.String("0912345678")})
	if got, _, _ := StatusOf(r, nil, w); got != Stored {
		t.Errorf("edited by the member: %v", got)
	}
	if got := MayReview(actor("bí"), r, digestOf(r), w); got != nil {
		t.Errorf("the secretary may approve a member's edit: %v", got)
	}
	imported := r
	imported.State = lww.State{Body: r.State.Body, Created: lww.Version{Stamp: 1, Device: 0}}
	if got, _, _ := StatusOf(imported, nil, w); got != Approved {
		t.Errorf("imported by the server: %v", got)
	}
}

func TestMayReview(t *testing.T) {
	unknownField := protowire.AppendVarint(protowire.AppendTag(nil, 42, protowire.VarintType), 1)
	for _, tc := range []struct {
		name   string
		author string
		change func(t *testing.T, w *fakeWorld)
		rules  map[string]string
	}{
		{"an's visit", "an", nil, map[string]string{"bí": "", "phó": "", "an": ruleNotYours, "bên-bí": ruleNotYours, "cán": ruleNotYours}},
		{"the secretary's visit", "bí", nil, map[string]string{"bí": ruleSelfReview, "phó": ""}},
		{"one field by the deputy", "an", func(t *testing.T, w *fakeWorld) {
			w.edited(t, "v", 2, &pb.Visit{Note: proto.String("sửa")})
		}, map[string]string{"bí": "", "phó": ruleSelfReview}},
		{"a field cleared by the deputy", "an", func(t *testing.T, w *fakeWorld) {
			w.edited(t, "v", 2, nil, 4)
		}, map[string]string{"bí": "", "phó": ruleSelfReview}},
		{"the deputy's field overwritten by an", "an", func(t *testing.T, w *fakeWorld) {
			w.edited(t, "v", 2, &pb.Visit{Note: proto.String("sửa")})
			w.edited(t, "v", 3, &pb.Visit{Note: proto.String("sửa lại")})
		}, map[string]string{"bí": "", "phó": ""}},
		{"the secretary's, every field since by an", "bí", func(t *testing.T, w *fakeWorld) {
			w.edited(t, "v", 3, aVisit("tất cả"))
		}, map[string]string{"bí": "", "phó": ""}},
		{"a desk field by the secretary", "an", func(t *testing.T, w *fakeWorld) {
			w.edited(t, "v", 1, nil, 101)
		}, map[string]string{"bí": "", "phó": ""}},
		{"a reviewed field that the app does not know", "an", func(t *testing.T, w *fakeWorld) {
			r := w.records[named("v")]
			r.State.Body = append(r.State.Body, unknownField...)
			w.records[r.ID] = r
		}, map[string]string{"bí": ruleUnknownFields, "phó": ruleUnknownFields}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld()
			w.stored(t, pb.Kind_KIND_VISIT, "v", tc.author, "hộ-an", byHousehold("hộ-an"), "thôn", aVisit("x"))
			if tc.change != nil {
				tc.change(t, w)
			}
			r := w.records[named("v")]
			for who, want := range tc.rules {
				if got := MayReview(actor(who), r, digestOf(r), w); rule(got) != want {
					t.Errorf("%s: %v, want %q", who, got, want)
				}
				digest := digestOf(r)
				review := Record{Kind: pb.Kind_KIND_REVIEW, ID: named("r"), Author: actor(who).Member, Subject: r.ID, Holder: r.Holder, Unit: r.Unit}
				set := encode(t, &pb.Review{Digest: digest[:], Verdict: pb.Verdict_VERDICT_APPROVED.Enum()})
				if got := MayWrite(actor(who), review, true, []uint32{1, 2}, set, w); rule(got) != want {
					t.Errorf("%s by MayWrite: %v, want %q", who, got, want)
				}
			}
		})
	}
}

func TestAnOlderAppCannotApprove(t *testing.T) {
	w := newWorld()
	r := w.stored(t, pb.Kind_KIND_VISIT, "v", "an", "hộ-an", byHousehold("hộ-an"), "thôn", aVisit("x"))
	sinceSchema[pb.Kind_KIND_VISIT] = map[uint32]uint32{4: 3}
	t.Cleanup(func() { delete(sinceSchema, pb.Kind_KIND_VISIT) })
	a := actor("bí")
	a.Schema = 0
	delete(sinceSchema, pb.Kind_KIND_VISIT)
	if got := MayReview(a, r, digestOf(r), w); rule(got) != ruleUnknownFields {
		t.Errorf("an app of unknown version: %v", got)
	}
	sinceSchema[pb.Kind_KIND_VISIT] = map[uint32]uint32{4: 3}
	for schema, want := range map[uint32]string{0: ruleUnknownFields, 2: ruleUnknownFields, 3: "", 4: ""} {
		a.Schema = schema
		if got := MayReview(a, r, digestOf(r), w); rule(got) != want {
			t.Errorf("schema %d: %v, want %q", schema, got, want)
		}
	}
}

// historyWorld also remembers who wrote which version.
type historyWorld struct {
	*fakeWorld
	writers map[[16]byte][]ID
}

func (h historyWorld) WritersOf(_ ID, digest [16]byte) ([]ID, bool) {
	ids, ok := h.writers[digest]
	return ids, ok
}

func TestVerdictOnAnEarlierVersion(t *testing.T) {
	w := newWorld()
	v1 := w.stored(t, pb.Kind_KIND_VISIT, "v", "an", "hộ-an", byHousehold("hộ-an"), "thôn", aVisit("một"))
	v2 := w.edited(t, "v", 1, &pb.Visit{Note: proto.String("hai")})
	v3 := w.edited(t, "v", 3, &pb.Visit{Note: proto.String("ba")})
	history := historyWorld{w, map[[16]byte][]ID{digestOf(v2): {named("an"), named("bí")}, digestOf(v1): {named("an")}}}
	if got := MayReview(actor("bí"), v3, digestOf(v2), history); rule(got) != ruleSelfReview {
		t.Errorf("an earlier version with the secretary's words: %v", got)
	}
	if got := MayReview(actor("bí"), v3, digestOf(v1), history); got != nil {
		t.Errorf("an earlier version of an's: %v", got)
	}
	if got := MayReview(actor("bí"), v2, digestOf(v1), history); got != nil {
		t.Errorf("an's version, while the secretary's is current: %v", got)
	}
	if got := MayReview(actor("bí"), v2, digestOf(v1), w); rule(got) != ruleSelfReview {
		t.Errorf("without history the current writers count: %v", got)
	}
	own1 := w.stored(t, pb.Kind_KIND_VISIT, "v", "bí", "hộ-an", byHousehold("hộ-an"), "thôn", aVisit("một"))
	own2 := w.edited(t, "v", 3, aVisit("hai"))
	if got := MayReview(actor("bí"), own2, digestOf(own1), w); rule(got) != ruleSelfReview {
		t.Errorf("without history the author counts: %v", got)
	}
}

func TestOnBehalfOfTheReviewer(t *testing.T) {
	w := newWorld()
	m := aVisit("x")
	m.OnBehalfOf = named("bí").Bytes()
	r := w.stored(t, pb.Kind_KIND_VISIT, "v", "chi", "hộ-bí", byHousehold("hộ-bí"), "thôn", m)
	if got := MayReview(actor("bí"), r, digestOf(r), w); rule(got) != ruleSelfReview {
		t.Errorf("%v", got)
	}
	if got := MayReview(actor("phó"), r, digestOf(r), w); got != nil {
		t.Errorf("%v", got)
	}
	history := historyWorld{w, map[[16]byte][]ID{{7}: {named("chi")}}}
	if got := MayReview(actor("bí"), r, [16]byte{7}, history); rule(got) != ruleSelfReview {
		t.Errorf("an earlier version: %v", got)
	}
}

func TestNotReviewedKinds(t *testing.T) {
	w := newWorld()
	r := w.stored(t, pb.Kind_KIND_NOTICE, "n", "bí", "thôn", byBranch("thôn"), "thôn", &pb.Notice{Title: proto.String("a")})
	if got := MayReview(actor("phó"), r, digestOf(r), w); rule(got) != ruleNotReviewed {
		t.Errorf("%v", got)
	}
}

func TestLastWriters(t *testing.T) {
	w := newWorld()
	w.stored(t, pb.Kind_KIND_HOUSEHOLD, "h", "bí", "thôn", byHousehold("h"), "thôn", &pb.Household{Head: proto.String("Ông Mẫu"), Member: named("an").Bytes()})
	check := func(when string, want ...string) {
		t.Helper()
		got := LastWriters(w.records[named("h")], w)
		for _, n := range want {
			if !slices.Contains(got, named(n)) {
				t.Errorf("%s: lacks %s", when, n)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: %d writers, want %v", when, len(got), want)
		}
	}
	check("new", "bí")
	w.edited(t, "h", 3, &pb.Household{Phone: proto.String("0912345678")})
	check("another field", "bí", "an")
	w.edited(t, "h", 3, &pb.Household{Head: proto.String("Bà Mẫu")})
	check("the creation covers only an assignment by now", "an")
	w.edited(t, "h", 2, &pb.Household{Welfare: pb.Welfare_WELFARE_NONE.Enum()})
	check("a field of the desk", "an")
	w.edited(t, "h", 99, &pb.Household{Hamlet: proto.String("Đông")})
	check("a device that nobody knows", "an")
	if got := LastWriters(Record{Author: named("chi")}, w); !slices.Equal(got, []ID{named("chi")}) {
		t.Errorf("without versions the author: %v", got)
	}
}
