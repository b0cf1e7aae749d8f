package hostile

import (
	"bytes"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/hlc"
	"sodanvan/shared/lww"
	"sodanvan/test/probe"
)

// visitOf is a new visit whose fields are these raw bytes.
func visitOf(p *probe.Phone, household book.ID, raw []byte, cleared ...uint32) []byte {
	return p.Bytes(probe.Change{Kind: pb.Kind_KIND_VISIT, ID: p.ID(), Subject: household, Create: true, Raw: raw, Cleared: cleared})
}

// altered is a good visit whose patch was altered before it was marshalled.
func altered(t *testing.T, p *probe.Phone, household book.ID, f func(*pb.Patch)) []byte {
	t.Helper()
	var patch pb.Patch
	if err := proto.Unmarshal(p.Visit(p.ID(), household, "ghi chép bịa"), &patch); err != nil {
		t.Fatal(err)
	}
	f(&patch)
	b, err := proto.Marshal(&patch)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestBadChangesBlockNothing sends each bad change between two good ones in one call: the
// bad one gets its typed answer, the good ones are stored, and the desk of the branch has a
// copy of what was refused.
func TestBadChangesBlockNothing(t *testing.T) {
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	p, secretary := tw.Phone(t, tw.Member("Bình")), tw.Phone(t, tw.Member("An"))
	h := agreedOn(t, p, "Hộ Bình 1")
	secretary.Sync()
	stranger := secretary.Household("Hộ Cúc 1") // of the same branch, but not Bình's
	far := tw.Phone(t, tw.Member("Em"))
	far.Sync()
	beyond := far.Household("Hộ Em 1")

	good := p.Encode(&pb.Visit{Day: proto.Int32(p.Day()), Contact: pb.Contact_CONTACT_AT_HOME.Enum()})
	note := func(raw []byte) []byte { return append(bytes.Clone(good), raw...) }
	day := func(varint ...byte) []byte { // the day of a visit in these bytes, then the rest as it should be
		return append(append([]byte{1 << 3}, varint...), p.Encode(&pb.Visit{Contact: pb.Contact_CONTACT_AT_HOME.Enum()})...)
	}
	const badWire, notYours = pb.RefusalCode_REFUSAL_CODE_BAD_WIRE, pb.RefusalCode_REFUSAL_CODE_NOT_YOURS
	for _, c := range []struct {
		name string
		op   []byte
		code pb.RefusalCode // 0: parked
	}{
		{"a household of another member", p.Visit(p.ID(), stranger, "không phải hộ của tôi (bịa)"), notYours},
		{"a household of another branch", p.Visit(p.ID(), beyond, "không phải chi bộ của tôi (bịa)"), notYours},
		{"an edit of another member's household", p.Bytes(probe.Change{Kind: pb.Kind_KIND_HOUSEHOLD, ID: stranger, Set: &pb.Household{Head: proto.String("tên giả")}}), notYours},
		{"an edit of what was never there", p.Bytes(probe.Change{Kind: pb.Kind_KIND_VISIT, ID: p.ID(), Set: &pb.Visit{Note: proto.String("x")}}), notYours},
		{"a field of the secretary", p.Bytes(probe.Change{Kind: pb.Kind_KIND_HOUSEHOLD, ID: h, Set: &pb.Household{Welfare: pb.Welfare_WELFARE_POOR.Enum()}}), notYours},
		{"a field of the server", p.Bytes(probe.Change{Kind: pb.Kind_KIND_MEMBER, ID: p.Member, Set: &pb.Member{Office: pb.Office_OFFICE_SECRETARY.Enum()}}), notYours},
		{"a new office for oneself as a new record", p.Bytes(probe.Change{Kind: pb.Kind_KIND_MEMBER, ID: p.ID(), Subject: p.Branch, Create: true, Set: &pb.Member{Name: proto.String("Giả"), Office: pb.Office_OFFICE_SECRETARY.Enum()}}), notYours},
		{"a kind of a newer app", p.Bytes(probe.Change{Kind: pb.Kind(4711), ID: p.ID(), Subject: h, Create: true, Raw: []byte{0x0a, 0x01, 'x'}}), 0},
		{"a household that is not known here", p.Visit(p.ID(), p.ID(), "hộ chưa có (bịa)"), 0},

		{"no patch at all", []byte{}, badWire},
		{"bytes that are no patch", []byte("xin chào"), badWire},
		{"a patch that is cut off", func() []byte { b := p.Visit(p.ID(), h, "ghi chép bịa"); return b[:len(b)-3] }(), badWire},
		{"a kind of nought", altered(t, p, h, func(m *pb.Patch) { m.Envelope.Kind = pb.Kind(0).Enum() }), badWire},
		{"a negative kind", altered(t, p, h, func(m *pb.Patch) { m.Envelope.Kind = pb.Kind(-7).Enum() }), badWire},
		{"an id of 15 bytes", altered(t, p, h, func(m *pb.Patch) { m.Envelope.Id = m.Envelope.Id[:15] }), badWire},
		{"no envelope", altered(t, p, h, func(m *pb.Patch) { m.Envelope = nil }), badWire},
		{"a value that is cut off", visitOf(p, h, note([]byte{4<<3 | 2, 10, 'x'})), badWire},
		{"a varint that is cut off", visitOf(p, h, note([]byte{5 << 3, 0x80})), badWire},
		{"a varint that is not minimal", visitOf(p, h, day(0x81, 0x00)), badWire},
		{"a tag that is not minimal", visitOf(p, h, note([]byte{5<<3 | 0x80, 0x00, 0x01})), badWire},
		{"a length that is not minimal", visitOf(p, h, note([]byte{4<<3 | 2, 0x81, 0x00, 'x'})), badWire},
		{"a wrong wire type", visitOf(p, h, note(protowire.AppendFixed32(protowire.AppendTag(nil, 4, protowire.Fixed32Type), 1))), badWire},
		{"text that is not UTF-8", visitOf(p, h, note(append([]byte{4<<3 | 2, 2}, 0xc3, 0x28))), badWire},
		{"a day beyond 32 bits", visitOf(p, h, day(protowire.AppendVarint(nil, 1<<40)...)), badWire},
		{"a group", visitOf(p, h, note([]byte{4<<3 | 3, 4<<3 | 4})), badWire},
		{"an end of a group", visitOf(p, h, note([]byte{5<<3 | 4})), badWire},
		{"fields out of order", visitOf(p, h, append([]byte{4<<3 | 2, 1, 'x'}, good...)), badWire},
		{"field number nought", visitOf(p, h, append([]byte{0x00, 0x01}, good...)), badWire},
		{"a field set and cleared", visitOf(p, h, note([]byte{4<<3 | 2, 1, 'x'}), 4), badWire},
		{"the same field cleared twice", visitOf(p, h, good, 4, 4), badWire},
		{"field nought cleared", visitOf(p, h, good, 0), badWire},
		{"an unknown field that is cut off", visitOf(p, h, note([]byte{60<<3&0x7f | 2 | 0x80, 3, 10, 'x'})), badWire},

		{"a visit on no day", visitOf(p, h, p.Encode(&pb.Visit{Contact: pb.Contact_CONTACT_AT_HOME.Enum()})), pb.RefusalCode_REFUSAL_CODE_INVALID},
		{"a note without consent", p.Visit(p.ID(), p.Household("Hộ Bình 2"), "chưa hỏi (bịa)"), pb.RefusalCode_REFUSAL_CODE_NO_CONSENT},
	} {
		t.Run(c.name, func(t *testing.T) {
			p.T, secretary.T = t, t
			first, last := p.ID(), p.ID()
			p.Sync(p.Visit(first, h, "trước (bịa)"), c.op, p.Visit(last, h, "sau (bịa)"))
			p.Stored(p.Last-2, p.Last)
			if p.Rows[first] == nil || p.Rows[last] == nil {
				t.Error("a good change beside the bad one did not come back")
			}
			a := p.Acks[p.Last-1]
			if c.code == 0 {
				if a.GetResult() != pb.Result_RESULT_PARKED {
					t.Errorf("%v, want parked", a)
				}
				return
			}
			if a.GetResult() != pb.Result_RESULT_REFUSED || a.GetRefusal().GetCode() != c.code {
				t.Fatalf("%v, want refused with %s", a, c.code)
			}
			r := book.Refusal{Code: a.GetRefusal().GetCode(), Field: a.GetRefusal().GetField(), Rule: a.GetRefusal().GetRule()}
			spoken(t, r.UserMessage())
			if !onTheDesk(t, secretary, p.Device, p.Last-1, c.op) {
				t.Error("the desk has no copy of what was refused")
			}
		})
	}
	p.T, secretary.T = t, t
	if diff := p.Equal(); diff != "" {
		t.Error(diff)
	}
	found, err := tw.Registry.Check(t.Context())
	if err != nil || len(found) > 0 {
		t.Errorf("the server afterwards: %v %v", found, err)
	}
}

// onTheDesk tells whether the secretary holds a refused change with its very bytes.
func onTheDesk(t *testing.T, secretary *probe.Phone, device uint32, number uint64, op []byte) bool {
	t.Helper()
	secretary.Sync()
	for _, row := range secretary.Rows {
		var m pb.RefusedChange
		if row.GetEnvelope().GetKind() != pb.Kind_KIND_REFUSED {
			continue
		}
		if _, err := lww.Decode(row.GetBody(), &m); err != nil {
			t.Fatal(err)
		}
		if m.GetDevice() == device && m.GetNumber() == number {
			return bytes.Equal(m.GetPatch(), op)
		}
	}
	return false
}

// TestNotYoursAndNotThereAreOneAnswer for edits: the ack tells nobody which ids exist.
func TestNotYoursAndNotThereAreOneAnswer(t *testing.T) {
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	p, other := tw.Phone(t, tw.Member("Bình")), tw.Phone(t, tw.Member("Cúc"))
	h := agreedOn(t, other, "Hộ Cúc 1")
	there := other.ID()
	other.Sync(other.Visit(there, h, "của người khác (bịa)"))
	p.Sync()
	edit := func(id book.ID) *pb.Ack {
		p.Sync(p.Bytes(probe.Change{Kind: pb.Kind_KIND_VISIT, ID: id, Set: &pb.Visit{Note: proto.String("x")}}))
		a := proto.CloneOf(p.Acks[p.Last])
		a.Number = nil
		return a
	}
	if a, b := edit(there), edit(p.ID()); !proto.Equal(a, b) {
		t.Errorf("there: %v, not there: %v", a, b)
	}
	create := func(id book.ID) *pb.Ack { // the id of another member's record
		p.Sync(p.Bytes(probe.Change{Kind: pb.Kind_KIND_VISIT, ID: id, Subject: h, Create: true, Set: &pb.Visit{Day: proto.Int32(p.Day()), Contact: pb.Contact_CONTACT_AT_HOME.Enum()}}))
		a := proto.CloneOf(p.Acks[p.Last])
		a.Number = nil
		return a
	}
	if a, b := create(there), create(p.ID()); !proto.Equal(a, b) {
		t.Errorf("a taken id: %v, a free one: %v", a, b)
	}
	if _, err := p.History(there); err != nil {
		refused(t, err, pb.ProblemCode_PROBLEM_CODE_NOT_YOURS)
	} else {
		t.Error("the history of another member's visit is shown")
	}
}

// TestClocksOf1970And2099 are given stamps between what the server knows; the next writer
// wins over both, and the odd clock is kept in the history.
func TestClocksOf1970And2099(t *testing.T) {
	for _, year := range []int{1970, 2099} {
		tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
		p, secretary := tw.Phone(t, tw.Member("Bình")), tw.Phone(t, tw.Member("An"))
		h := agreedOn(t, p, "Hộ Bình 1")
		begun := time.Now()
		for name, clock := range map[string]func(m *pb.Patch, ms int64){
			"the phone's clock":         func(m *pb.Patch, ms int64) { m.PhoneMs = &ms },
			"the server's time as well": func(m *pb.Patch, ms int64) { m.PhoneMs, m.ServerMs = &ms, &ms },
			"all that was seen, too": func(m *pb.Patch, ms int64) {
				m.PhoneMs, m.ServerMs, m.Seen = &ms, &ms, proto.Uint64(uint64(hlc.Make(ms, 7)))
			},
			"a stamp from an earlier life": func(m *pb.Patch, ms int64) { m.PhoneMs, m.GivenStamp = &ms, proto.Uint64(uint64(hlc.Make(ms, 7))) },
		} {
			t.Run(name, func(t *testing.T) {
				p.T = t
				odd := time.Date(year, 2, 3, 4, 5, 6, 0, time.UTC).UnixMilli()
				var id book.ID
				op := altered(t, p, h, func(m *pb.Patch) { clock(m, odd); id, _ = book.IDFrom(m.GetEnvelope().GetId()) })
				p.Sync(op)
				p.Stored(p.Last)
				stamp := hlc.Stamp(p.Acks[p.Last].GetStamp()).Time()
				if stamp.After(time.Now().Add(time.Second)) || year == 2099 && stamp.Before(begun.Add(-time.Second)) {
					t.Errorf("%d: the stamp says %s", year, stamp)
				}
				// Whoever writes next, with a right clock, wins.
				secretary.Sync()
				p.Sync(p.Bytes(probe.Change{Kind: pb.Kind_KIND_VISIT, ID: id, Set: &pb.Visit{Note: proto.String("sửa sau (bịa)")}}))
				p.Stored(p.Last)
				var v pb.Visit
				if _, err := lww.Decode(p.Rows[id].GetBody(), &v); err != nil || v.GetNote() != "sửa sau (bịa)" {
					t.Errorf("%d: the later edit lost: %q %v", year, v.GetNote(), err)
				}
				past, err := p.History(id)
				if err != nil {
					t.Fatal(err)
				}
				kept := false
				for _, x := range past.GetValues() {
					kept = kept || x.GetPhoneMs() == odd
				}
				if !kept {
					t.Errorf("%d: the history does not tell of the odd clock", year)
				}
			})
		}
		found, err := tw.Registry.Check(t.Context())
		if err != nil || len(found) > 0 {
			t.Errorf("%v %v", found, err)
		}
	}
}

// TestTheSameChangeAgain: a retry is answered with the very ack, refusals too, and writes nothing.
func TestTheSameChangeAgain(t *testing.T) {
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	p := tw.Phone(t, tw.Member("Bình"))
	h := agreedOn(t, p, "Hộ Bình 1")
	req := p.Request(p.Visit(p.ID(), h, "một lần (bịa)"), []byte("hỏng"), p.Visit(p.ID(), p.ID(), "hộ chưa có (bịa)"), p.Visit(p.ID(), h, "hai lần (bịa)"))
	one, err := p.Call(req)
	if err != nil {
		t.Fatal(err)
	}
	two, err := p.Call(req)
	if err != nil {
		t.Fatal(err)
	}
	if len(one.GetAcks()) != 4 || len(two.GetAcks()) != 4 {
		t.Fatalf("%d and %d acks, want 4", len(one.GetAcks()), len(two.GetAcks()))
	}
	for i, a := range one.GetAcks() {
		if !proto.Equal(a, two.GetAcks()[i]) {
			t.Errorf("first %v, then %v", a, two.GetAcks()[i])
		}
	}
	p.Last += 4
	before := len(p.Rows)
	p.Sync()
	if got := len(p.Rows) - before; got != 2 {
		t.Errorf("%d new rows, want the two visits once", got)
	}
}

// TestAGap: numbers may not be jumped over; nothing is consumed, and the phone goes on
// from where the server stands.
func TestAGap(t *testing.T) {
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	p := tw.Phone(t, tw.Member("Bình"))
	h := agreedOn(t, p, "Hộ Bình 1")
	for name, first := range map[string]uint64{"one number": p.Last + 2, "a thousand": p.Last + 1000, "all there are": ^uint64(0)} {
		t.Run(name, func(t *testing.T) {
			req := p.Request(p.Visit(p.ID(), h, "sau chỗ hổng (bịa)"))
			req.First = &first
			p.Sign(req)
			_, err := p.Call(req)
			refused(t, err, pb.ProblemCode_PROBLEM_CODE_GAP)
		})
	}
	p.Sync(p.Visit(p.ID(), h, "số tiếp theo (bịa)"))
	p.Stored(p.Last)
}

// TestTwoPhonesWithOneBook: the one that comes second gets a number of its own, the same
// one again, its words wait as suggestions, and the first goes on undisturbed.
func TestTwoPhonesWithOneBook(t *testing.T) {
	tw := probe.NewTown(t, probe.Start(t, probe.Options{}))
	p, secretary := tw.Phone(t, tw.Member("Bình")), tw.Phone(t, tw.Member("An"))
	h := agreedOn(t, p, "Hộ Bình 1")
	secretary.Sync()
	copied := p.Copy()
	p.Sync(p.Visit(p.ID(), h, "máy thứ nhất (bịa)"))
	p.Stored(p.Last)

	op := copied.Visit(copied.ID(), h, "máy thứ hai (bịa)")
	req := copied.Request(op)
	out, err := copied.Call(req)
	if err != nil {
		t.Fatal(err)
	}
	again, err := copied.Call(req)
	if err != nil {
		t.Fatal(err)
	}
	n := out.GetClone().GetDevice()
	if n == 0 || n == p.Device || n != again.GetClone().GetDevice() || out.GetClone().GetConfirmed() || len(out.GetAcks()) > 0 || len(out.GetRows()) > 0 {
		t.Fatalf("%v then %v, want one new number, unconfirmed, and nothing else", out, again)
	}
	copied.Device, copied.Last = n, 0
	copied.Forget()
	out, err = copied.Try(op)
	if err != nil {
		t.Fatal(err)
	}
	if a := copied.Acks[1]; a.GetResult() != pb.Result_RESULT_SUGGESTION {
		t.Errorf("%v, want a suggestion", a)
	}
	if len(out.GetRows()) > 0 {
		t.Error("an unconfirmed copy gets rows")
	}
	waiting := secretary.Count(pb.Kind_KIND_SUGGESTION)
	secretary.Sync()
	if secretary.Count(pb.Kind_KIND_SUGGESTION) != waiting+1 {
		t.Error("the desk has no suggestion of the copy")
	}
	p.Sync(p.Visit(p.ID(), h, "máy thứ nhất đi tiếp (bịa)"))
	p.Stored(p.Last)
	if _, err := secretary.Enrolling().ConfirmDevice(t.Context(), probe.With(&pb.ConfirmDeviceRequest{Device: &n}, secretary.Token)); err != nil {
		t.Fatal(err)
	}
	copied.Sync(copied.Visit(copied.ID(), h, "máy thứ hai sau khi xác nhận (bịa)"))
	copied.Stored(copied.Last)
}
