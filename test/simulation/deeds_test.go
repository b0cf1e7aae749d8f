package simulation

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

// say makes a text that nobody wrote before.
func (p *phone) say() string {
	p.said++
	t := fmt.Sprintf("«%d.%d»", p.event, p.said)
	return t
}

// words are a text with one of its own in it, long in runs that want many pages.
func (p *phone) words() string {
	if p.wordy && p.chance.IntN(2) == 0 {
		return p.say() + strings.Repeat(" và nhiều chữ nữa", 20+p.chance.IntN(100))
	}
	return p.say()
}

// tokens finds the texts that say made in any bytes.
func tokens(b []byte) (all []string) {
	open, end := []byte("«"), []byte("»")
	for {
		i := bytes.Index(b, open)
		if i < 0 {
			return all
		}
		n := i + len(open)
		for n < len(b) && (b[n] >= '0' && b[n] <= '9' || b[n] == '.') {
			n++
		}
		if bytes.HasPrefix(b[n:], end) {
			all = append(all, string(b[i:n+len(end)]))
		}
		b = b[n:]
	}
}

// change is what an act writes.
type change struct {
	kind    pb.Kind
	id      book.ID
	holder  book.Holder
	unit    book.ID
	subject book.ID
	// about is the household that a receipt names.
	about   book.ID
	create  bool
	msg     proto.Message
	raw     []byte // in place of msg
	clear   []uint32
	session string
}

func (p *phone) newID() book.ID { return book.NewID(p.clock().UnixMilli(), stream{p.chance}) }

func (p *phone) unit() book.ID { return p.state().Identity.Branch }

// patch makes the change as the app would; a newer app adds fields that this one does not know.
func (p *phone) patch(c change) *pb.Patch {
	set := c.raw
	if c.msg != nil {
		var err error
		set, err = lww.Encode(c.msg)
		p.must(err, "encode a change")
	}
	if p.newer && c.kind != pb.Kind_KIND_REVIEW && c.kind != pb.Kind_KIND_SUGGESTION && len(set) > 0 {
		values, err := lww.Split(set)
		p.must(err, "split a change")
		values = append(values, lww.Value{Field: 40, Raw: protowire.AppendString(protowire.AppendTag(nil, 40, protowire.BytesType), p.say())})
		if p.desk() && p.chance.IntN(2) == 0 {
			values = append(values, lww.Value{Field: 140, Raw: protowire.AppendVarint(protowire.AppendTag(nil, 140, protowire.VarintType), uint64(p.event))})
		}
		slices.SortStableFunc(values, func(a, b lww.Value) int { return int(a.Field) - int(b.Field) })
		set = lww.Assemble(values)
	}
	schema := book.Schema
	if p.newer {
		schema++
	}
	env := &pb.Envelope{Kind: c.kind.Enum(), Id: c.id.Bytes()}
	if c.create {
		env.Subject = c.subject.Bytes()
		if !c.about.IsZero() {
			env.Household = c.about.Bytes()
		}
	}
	return &pb.Patch{Envelope: env, Create: proto.Bool(c.create), Set: set, Cleared: c.clear, Schema: proto.Uint32(schema)}
}

// write puts a change into the outbox. A crash leaves it there as a whole or not at all.
func (p *phone) write(c change) {
	patch := p.patch(c)
	said := tokens(patch.GetSet())
	var before []string
	if c.session != "" {
		before = p.joining(c)
	}
	_, err := p.store.AddOps(ctx, store.Write{Patch: patch, Holder: c.holder, Unit: c.unit, Session: c.session})
	died := p.revive()
	there := p.outbox()
	var full *store.FullError
	var leaving *store.LeavingError
	switch {
	case died:
	case errors.As(err, &full), errors.As(err, &leaving):
		for _, t := range said {
			if there[t] {
				p.fail("a refused save was kept", "%s at %s", t, p.name)
			}
		}
		p.note("%s cannot save: %v", p.name, leaving != nil)
		return
	default:
		p.must(err, "save at "+p.name)
		for _, t := range said {
			if !there[t] {
				p.fail("a save was lost", "%s at %s", t, p.name)
			}
		}
	}
	kept := 0
	for _, t := range said {
		if there[t] {
			kept++
			p.texts[t] = &text{phone: p, record: c.id, holder: c.holder, abroad: p.abroad(c.holder)}
		}
	}
	if kept != 0 && kept != len(said) {
		p.fail("half a save", "%d of %d texts at %s", kept, len(said), p.name)
	}
	for _, t := range before {
		if !there[t] && p.texts[t] != nil {
			p.texts[t].gone = "its writer wrote another in its place before it was sent"
		}
	}
	p.note("%s writes %s %s %v", p.name, c.kind, hash(c.id[:]), said)
}

// joining are the texts of the change that this one may join.
func (p *phone) joining(c change) (all []string) {
	for o := range p.book().Ops() {
		if o.Record == c.id && o.State == store.Waiting && o.Session == c.session {
			all = tokens(o.Bytes)
		}
	}
	return all
}

// outbox are all texts of own changes and drafts that are on the phone and not taken by the
// server yet.
func (p *phone) outbox() map[string]bool {
	all := map[string]bool{}
	for o := range p.book().Ops() {
		if o.Unsent() {
			for _, t := range tokens(o.Bytes) {
				all[t] = true
			}
		}
	}
	for _, d := range p.book().Drafts() {
		for _, t := range tokens(d.Patch.GetSet()) {
			all[t] = true
		}
	}
	return all
}

// abroad tells whether a household is of another branch.
func (p *phone) abroad(h book.Holder) bool {
	s := p.mirror.rows[h.ID]
	return s != nil && s.unit != p.unit()
}

func household(id book.ID) book.Holder {
	return book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: id}
}

func (p *phone) visit() {
	h, ok := p.some(pb.Kind_KIND_HOUSEHOLD, nil)
	if !ok {
		return
	}
	p.consent(h, pb.Purpose_PURPOSE_KEEP)
	p.write(change{kind: pb.Kind_KIND_VISIT, id: p.newID(), holder: h.Holder, unit: h.Unit, subject: h.ID, create: true,
		msg: &pb.Visit{Day: proto.Int32(20778), Contact: pb.Contact_CONTACT_AT_HOME.Enum(), Note: proto.String(p.words())}})
}

func (p *phone) consent(h store.Record, purpose pb.Purpose) {
	if p.chance.IntN(8) == 0 {
		return // then what needs it is refused
	}
	for r := range p.book().About(h.ID, pb.Kind_KIND_CONSENT) {
		var c pb.Consent
		if _, err := lww.Decode(r.State.Body, &c); err == nil && c.GetPurpose() == purpose {
			return
		}
	}
	p.write(change{kind: pb.Kind_KIND_CONSENT, id: p.newID(), holder: h.Holder, unit: h.Unit, subject: h.ID, create: true,
		msg: &pb.Consent{Purpose: purpose.Enum(), Answer: pb.Answer_ANSWER_GIVEN.Enum(), NoticeVersion: proto.String("1"),
			TimeMs: proto.Int64(start.UnixMilli()), Channel: pb.Channel_CHANNEL_SPOKEN.Enum()}})
}

func (p *phone) editVisit() {
	v, ok := p.some(pb.Kind_KIND_VISIT, nil)
	if !ok {
		return
	}
	session := ""
	if p.chance.IntN(2) == 0 {
		session = "form"
	}
	p.write(change{kind: pb.Kind_KIND_VISIT, id: v.ID, holder: v.Holder, unit: v.Unit, session: session, msg: &pb.Visit{Note: proto.String(p.words())}})
}

// editHousehold is where several people write the same fields.
func (p *phone) editHousehold() {
	h, ok := p.some(pb.Kind_KIND_HOUSEHOLD, nil)
	if !ok {
		return
	}
	m := &pb.Household{Address: proto.String(p.say())}
	if p.chance.IntN(2) == 0 {
		m.Head = proto.String("Hộ " + p.say())
	}
	c := change{kind: pb.Kind_KIND_HOUSEHOLD, id: h.ID, holder: h.Holder, unit: h.Unit, msg: m}
	if p.chance.IntN(4) == 0 {
		c.msg, c.clear = &pb.Household{Head: m.Head}, []uint32{3}
	}
	p.write(c)
}

func (p *phone) notice() {
	branch := book.Holder{Kind: pb.HolderKind_HOLDER_KIND_BRANCH, ID: p.unit()}
	if n, ok := p.some(pb.Kind_KIND_NOTICE, nil); ok && p.chance.IntN(2) == 0 {
		p.write(change{kind: pb.Kind_KIND_NOTICE, id: n.ID, holder: n.Holder, unit: n.Unit, msg: &pb.Notice{Text: proto.String(p.words())}})
		return
	}
	p.write(change{kind: pb.Kind_KIND_NOTICE, id: p.newID(), holder: branch, unit: p.unit(), subject: p.unit(), create: true,
		msg: &pb.Notice{Title: proto.String("Họp"), Text: proto.String(p.words())}})
}

func (p *phone) receipt() {
	n, ok := p.some(pb.Kind_KIND_NOTICE, nil)
	if !ok {
		return
	}
	c := change{kind: pb.Kind_KIND_RECEIPT, id: p.newID(), unit: p.unit(), subject: n.ID, create: true,
		holder: book.Holder{Kind: pb.HolderKind_HOLDER_KIND_MEMBER, ID: p.member}, msg: &pb.Receipt{What: pb.ReceiptKind_RECEIPT_KIND_READ.Enum(), Day: proto.Int32(20778)}}
	if h, ok := p.some(pb.Kind_KIND_HOUSEHOLD, nil); ok && p.chance.IntN(2) == 0 {
		c.holder, c.about = h.Holder, h.ID
		c.msg = &pb.Receipt{What: pb.ReceiptKind_RECEIPT_KIND_TOLD.Enum(), Day: proto.Int32(20778)}
	}
	p.write(c)
}

func (p *phone) petition() {
	h, ok := p.some(pb.Kind_KIND_HOUSEHOLD, nil)
	if !ok {
		return
	}
	p.consent(h, pb.Purpose_PURPOSE_KEEP)
	p.consent(h, pb.Purpose_PURPOSE_FORWARD)
	n, err := p.store.TakeCounter(ctx)
	if p.revive() || errors.As(err, new(*store.FullError)) {
		return
	}
	p.must(err, "take a number")
	p.write(change{kind: pb.Kind_KIND_PETITION, id: p.newID(), holder: h.Holder, unit: h.Unit, subject: h.ID, create: true,
		msg: &pb.Petition{Number: proto.String(book.PetitionNumber(p.state().Identity.Device, n)), Day: proto.Int32(20778), Text: proto.String(p.words())}})
}

func (p *phone) editPetition() {
	if r, ok := p.some(pb.Kind_KIND_PETITION, nil); ok {
		p.write(change{kind: pb.Kind_KIND_PETITION, id: r.ID, holder: r.Holder, unit: r.Unit, msg: &pb.Petition{Text: proto.String(p.words())}})
	}
}

// takeStep takes a petition on: a member adds to it, the desk sends it up or closes it.
func (p *phone) takeStep() {
	r, ok := p.some(pb.Kind_KIND_PETITION, nil)
	if !ok {
		return
	}
	var steps []book.Record
	for s := range p.book().About(r.ID, pb.Kind_KIND_STEP) {
		steps = append(steps, s.Record)
	}
	at := book.PetitionState(steps)
	digest := lww.Digest(r.State.Body)
	m := &pb.Step{Follows: at.Last.Bytes(), Day: proto.Int32(20779)}
	switch {
	case at.SentUp.IsZero():
		m.What, m.SentUp = pb.StepKind_STEP_KIND_SENT_UP.Enum(), &pb.SentUp{Digest: digest[:]}
	case p.chance.IntN(3) > 0:
		m.What, m.Supplement = pb.StepKind_STEP_KIND_SUPPLEMENT.Enum(), &pb.Supplement{Text: proto.String(p.words())}
	default:
		m.What, m.Reason = pb.StepKind_STEP_KIND_CLOSED.Enum(), proto.String(p.say())
	}
	p.write(change{kind: pb.Kind_KIND_STEP, id: p.newID(), holder: r.Holder, unit: r.Unit, subject: r.ID, create: true, msg: m})
}

func (p *phone) review() {
	kind := []pb.Kind{pb.Kind_KIND_VISIT, pb.Kind_KIND_PETITION}[p.chance.IntN(2)]
	r, ok := p.some(kind, nil)
	if !ok {
		return
	}
	digest := lww.Digest(r.State.Body)
	m := &pb.Review{Digest: digest[:], Verdict: pb.Verdict_VERDICT_APPROVED.Enum()}
	if p.chance.IntN(4) == 0 {
		m.Verdict, m.Reason = pb.Verdict_VERDICT_RETURNED.Enum(), proto.String(p.say())
	}
	p.write(change{kind: pb.Kind_KIND_REVIEW, id: p.newID(), holder: r.Holder, unit: r.Unit, subject: r.ID, create: true, msg: m})
}

// remove deletes a record or brings it back.
func (p *phone) remove() {
	r, ok := p.some([]pb.Kind{pb.Kind_KIND_VISIT, pb.Kind_KIND_NOTICE, pb.Kind_KIND_PETITION, pb.Kind_KIND_HOUSEHOLD}[p.chance.IntN(4)], nil)
	if !ok {
		return
	}
	c := change{kind: r.Kind, id: r.ID, holder: r.Holder, unit: r.Unit, raw: []byte{0x98, 0x06, 0x01}}
	if r.State.Value(99) != nil {
		c.raw, c.clear = nil, []uint32{99}
	}
	p.write(c)
}

// handover gives a household to another member of the branch.
func (p *phone) handover() {
	h, ok := p.some(pb.Kind_KIND_HOUSEHOLD, nil)
	m, ok2 := p.some(pb.Kind_KIND_MEMBER, func(m store.Record) bool { return m.Holder.Kind == pb.HolderKind_HOLDER_KIND_BRANCH })
	if ok && ok2 {
		p.write(change{kind: pb.Kind_KIND_HOUSEHOLD, id: h.ID, holder: h.Holder, unit: h.Unit, msg: &pb.Household{Member: m.ID.Bytes()}})
	}
}

func (p *phone) newHousehold() {
	id := p.newID()
	m, ok := p.some(pb.Kind_KIND_MEMBER, func(m store.Record) bool { return m.Holder.Kind == pb.HolderKind_HOLDER_KIND_BRANCH })
	if !ok {
		return
	}
	p.write(change{kind: pb.Kind_KIND_HOUSEHOLD, id: id, holder: household(id), unit: p.unit(), subject: p.unit(), create: true,
		msg: &pb.Household{Head: proto.String("Hộ " + p.say()), Member: m.ID.Bytes()}})
}

// proxies names who may write for a member.
func (p *phone) proxies() {
	m, ok := p.some(pb.Kind_KIND_MEMBER, func(m store.Record) bool { return m.Holder.Kind == pb.HolderKind_HOLDER_KIND_BRANCH })
	q, ok2 := p.some(pb.Kind_KIND_MEMBER, func(m store.Record) bool { return m.Holder.Kind == pb.HolderKind_HOLDER_KIND_BRANCH })
	if !ok || !ok2 || m.ID == q.ID {
		return
	}
	c := change{kind: pb.Kind_KIND_MEMBER, id: m.ID, holder: m.Holder, unit: m.Unit, msg: &pb.Member{Proxies: [][]byte{q.ID.Bytes()}}}
	if m.State.Value(4) != nil {
		c.msg, c.clear = nil, []uint32{4}
	}
	p.write(c)
}

// decide answers a suggestion.
func (p *phone) decide() {
	s, ok := p.some(pb.Kind_KIND_SUGGESTION, nil)
	if !ok {
		return
	}
	v := pb.Verdict_VERDICT_APPROVED
	if p.chance.IntN(2) == 0 {
		v = pb.Verdict_VERDICT_RETURNED
	}
	p.write(change{kind: pb.Kind_KIND_SUGGESTION, id: s.ID, holder: s.Holder, unit: s.Unit, msg: &pb.Suggestion{Verdict: v.Enum()}})
}

// foreign writes about a household that is somebody else's, and then about what was refused.
func (p *phone) foreign() {
	var ids []book.ID
	for id := range p.mirror.houses {
		if _, mine := p.book().Row(id); !mine {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return
	}
	slices.SortFunc(ids, func(a, b book.ID) int { return bytes.Compare(a[:], b[:]) })
	of := ids[p.chance.IntN(len(ids))]
	visit := p.newID()
	c := change{kind: pb.Kind_KIND_VISIT, id: visit, holder: household(of), unit: p.unit(), subject: of, create: true,
		msg: &pb.Visit{Day: proto.Int32(20778), Contact: pb.Contact_CONTACT_AT_HOME.Enum(), Note: proto.String(p.words())}}
	p.write(c)
	if p.chance.IntN(2) == 0 {
		c.create, c.msg = false, &pb.Visit{Note: proto.String(p.words())}
		p.write(c)
	}
}

// wrong writes what no rule allows: a visit without a day, a value of another type, a name that is too long.
func (p *phone) wrong() {
	h, ok := p.some(pb.Kind_KIND_HOUSEHOLD, nil)
	if !ok {
		return
	}
	c := change{kind: pb.Kind_KIND_VISIT, id: p.newID(), holder: h.Holder, unit: h.Unit, subject: h.ID, create: true,
		msg: &pb.Visit{Contact: pb.Contact_CONTACT_AT_HOME.Enum(), Note: proto.String(p.words())}}
	switch p.chance.IntN(3) {
	case 0:
		c.msg, c.raw = nil, protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), p.say())
	case 1:
		c = change{kind: pb.Kind_KIND_HOUSEHOLD, id: h.ID, holder: h.Holder, unit: h.Unit, msg: &pb.Household{Head: proto.String(string(bytes.Repeat([]byte("dài "), 100)) + p.say())}}
	}
	p.write(c)
}

// unknown is a kind of a later version.
const unknown pb.Kind = 77

// unknownKind writes a record of a kind that only a newer server knows.
func (p *phone) unknownKind() {
	h, ok := p.some(pb.Kind_KIND_HOUSEHOLD, nil)
	if !ok {
		return
	}
	p.write(change{kind: unknown, id: p.newID(), holder: h.Holder, unit: h.Unit, subject: h.ID, create: true,
		raw: protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), p.say())})
}

// draft keeps a form half filled, or throws one away.
func (p *phone) draft() {
	if d := p.book().Drafts(); len(d) > 0 && p.chance.IntN(3) == 0 {
		err := p.store.DropDraft(ctx, d[0].ID)
		if p.revive() || errors.As(err, new(*store.FullError)) {
			if _, still := p.book().Draft(d[0].ID); still {
				return
			}
		} else {
			p.must(err, "drop a draft")
		}
		p.forget(tokens(d[0].Patch.GetSet()), "its writer threw the draft away")
		return
	}
	h, ok := p.some(pb.Kind_KIND_HOUSEHOLD, nil)
	if !ok {
		return
	}
	c := change{kind: pb.Kind_KIND_VISIT, id: p.newID(), holder: h.Holder, unit: h.Unit, subject: h.ID, create: true,
		msg: &pb.Visit{Day: proto.Int32(20778), Contact: pb.Contact_CONTACT_AT_HOME.Enum(), Note: proto.String(p.words())}}
	if v, ok := p.some(pb.Kind_KIND_VISIT, nil); ok && p.chance.IntN(2) == 0 {
		c.id, c.holder, c.create = v.ID, v.Holder, false
	}
	var before []string
	if d, ok := p.book().Draft(c.id); ok {
		before = tokens(d.Patch.GetSet())
	}
	patch := p.patch(c)
	err := p.store.SaveDraft(ctx, store.Draft{ID: c.id, Kind: c.kind, Holder: c.holder, Unit: c.unit, Patch: patch})
	if died := p.revive(); !died && err != nil {
		if !errors.As(err, new(*store.FullError)) && !errors.As(err, new(*store.LeavingError)) {
			p.must(err, "save a draft")
		}
		return
	}
	there := p.outbox()
	for _, t := range tokens(patch.GetSet()) {
		if there[t] {
			p.texts[t] = &text{phone: p, record: c.id, holder: c.holder}
		}
	}
	for _, t := range before {
		if !there[t] {
			p.forget([]string{t}, "its writer changed the draft")
		}
	}
}

// takeBack drops a change that was not sent, or dismisses one that was refused or waits on the desk.
func (p *phone) takeBack() {
	ops := slices.Collect(p.book().Ops())
	if len(ops) == 0 {
		return
	}
	o := ops[p.chance.IntN(len(ops))]
	switch o.State {
	case store.Waiting:
		for _, other := range ops {
			if other.Key != o.Key && (other.Record == o.Record || bytes.Contains(other.Bytes, o.Record[:])) {
				return // the app takes back only what nothing else stands on
			}
		}
		err := p.store.DropOp(ctx, o.Key)
		if p.revive() || errors.As(err, new(*store.FullError)) {
			if _, still := p.book().Op(o.Key); still {
				return
			}
		} else {
			p.must(err, "take a change back")
		}
		p.forget(tokens(o.Bytes), "its writer took it back")
	case store.Refused, store.Suggested:
		err := p.store.Dismiss(ctx, o.Key)
		if !p.revive() && !errors.As(err, new(*store.FullError)) {
			p.must(err, "dismiss a change")
		}
	}
}

// forget says that these texts need not be anywhere, if no other phone has them still to send.
func (w *world) forget(all []string, why string) {
	for _, t := range all {
		if x := w.texts[t]; x != nil && x.gone == "" {
			x.gone = why
		}
	}
}
