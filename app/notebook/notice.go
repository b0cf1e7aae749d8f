package notebook

import (
	"context"

	"google.golang.org/protobuf/proto"

	"sodanvan/app/store"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// Notice is a text that members carry to households.
type Notice struct {
	ID    ID     `json:"id"`
	Title string `json:"title"`
	Text  string `json:"text"`
	From  Day    `json:"from,omitempty"`
	Until Day    `json:"until,omitempty"`
	// Branch: of the branch, whose secretary and deputy may edit it; else of the commune.
	Branch bool `json:"branch"`
	// Coming: its first day is still to come.
	Coming bool `json:"coming,omitempty"`
	// Read: this user has said so.
	Read bool `json:"read"`
	// Told is how many of the user's own households it was told to, of Households.
	Told       int `json:"told"`
	Households int `json:"households"`
}

// NoticeEdit is what an edit of a notice changes; nil leaves a field alone.
type NoticeEdit struct {
	Title, Text *string
	// From is the first day on which members see it, Until the last; no day: no end.
	From, Until *Day
}

func (e NoticeEdit) kind() pb.Kind { return pb.Kind_KIND_NOTICE }

func (e NoticeEdit) apply(msg proto.Message) {
	m := msg.(*pb.Notice)
	if e.Title != nil {
		m.Title = text(*e.Title)
	}
	if e.Text != nil {
		m.Text = text(*e.Text)
	}
	if e.From != nil {
		m.FromDay = day(*e.From)
	}
	if e.Until != nil {
		m.UntilDay = day(*e.Until)
	}
}

// NewNotice gives the branch a notice to carry; for secretary and deputy. Without a first
// day it holds from today.
func (n *Notebook) NewNotice(ctx context.Context, e NoticeEdit) (Saved, error) {
	return n.ofBranch(ctx, e, ID{}, func(v *view) proto.Message { return &pb.Notice{FromDay: proto.Int32(v.today)} })
}

// EditNotice changes a notice of the branch; for secretary and deputy. Who read it or told
// it stays.
func (n *Notebook) EditNotice(ctx context.Context, id ID, e NoticeEdit) (Saved, error) {
	return edit(ctx, n, pb.Kind_KIND_NOTICE, id, func(_ *view, _ store.Record, m *pb.Notice) error {
		e.apply(m)
		return nil
	})
}

// Notices gives the notices that hold today, newest first; to secretary and deputy also
// those of the branch that are still to come, so that they can be edited.
func (n *Notebook) Notices() []Notice {
	v := n.view()
	mine := map[ID]bool{}
	for r := range v.Kind(pb.Kind_KIND_HOUSEHOLD) {
		if h := decode[pb.Household](r.State); !h.GetDeleted() && idFrom(h.GetMember()) == ID(v.me.Member) {
			mine[ID(r.ID)] = true
		}
	}
	out := []Notice{}
	for r := range v.Kind(pb.Kind_KIND_NOTICE) {
		m := decode[pb.Notice](r.State)
		own := r.Subject == v.me.Branch
		over, coming := m.GetUntilDay() != 0 && m.GetUntilDay() < v.today, m.GetFromDay() > v.today
		if m.GetDeleted() || over || coming && !(own && v.atDesk()) {
			continue
		}
		line := Notice{
			ID: ID(r.ID), Title: m.GetTitle(), Text: m.GetText(), From: Day(m.GetFromDay()), Until: Day(m.GetUntilDay()),
			Branch: own, Coming: coming, Households: len(mine),
		}
		told := map[ID]bool{}
		for _, receipt := range v.receipts(r.ID) {
			if receipt.Household.IsZero() {
				line.Read = line.Read || receipt.Author == v.me.Member
			} else if mine[ID(receipt.Household)] {
				told[ID(receipt.Household)] = true
			}
		}
		line.Told = len(told)
		out = append(out, line)
	}
	newestFirst(out, func(l Notice) (Day, ID) { return l.From, l.ID })
	return out
}

// receipts gives the receipts of a notice that stand.
func (v *view) receipts(notice book.ID) []book.Record {
	back := map[ID]bool{}
	var out []book.Record
	for r := range v.About(notice, pb.Kind_KIND_RECEIPT) {
		m := decode[pb.Receipt](r.State)
		if m.GetWhat() == pb.ReceiptKind_RECEIPT_KIND_TAKEN_BACK {
			back[idFrom(m.GetTakesBack())] = true
			continue
		}
		out = append(out, r.Record)
	}
	stand := out[:0]
	for _, r := range out {
		if !back[ID(r.ID)] {
			stand = append(stand, r)
		}
	}
	return stand
}

// ReadNotice says that this user read a notice; once is enough, a second time changes nothing.
func (n *Notebook) ReadNotice(ctx context.Context, notice ID) (Saved, error) {
	return n.receiptFor(ctx, notice, ID{}, pb.ReceiptKind_RECEIPT_KIND_READ)
}

// TellNotice says that a notice was told to a household.
func (n *Notebook) TellNotice(ctx context.Context, notice, household ID) (Saved, error) {
	return n.receiptFor(ctx, notice, household, pb.ReceiptKind_RECEIPT_KIND_TOLD)
}

func (n *Notebook) receiptFor(ctx context.Context, notice, household ID, what pb.ReceiptKind) (Saved, error) {
	id, err := n.put(ctx, func(v *view) (change, error) {
		for _, r := range v.receipts(book.ID(notice)) {
			if r.Author == v.me.Member && r.Household == book.ID(household) {
				return change{}, ErrNothingChanged
			}
		}
		m := &pb.Receipt{What: what.Enum(), Day: proto.Int32(v.today)}
		return making(pb.Kind_KIND_RECEIPT, n.newID(), book.ID(notice), book.ID(household), m)
	})
	if err != nil {
		return Saved{}, err
	}
	return saved(id), nil
}

// TakeBackReceipt takes an own receipt back that was given by mistake.
func (n *Notebook) TakeBackReceipt(ctx context.Context, receipt ID) (Saved, error) {
	id, err := n.put(ctx, func(v *view) (change, error) {
		r, ok := v.Record(book.ID(receipt))
		if !ok || r.Kind != pb.Kind_KIND_RECEIPT {
			return change{}, ErrNotYours
		}
		m := &pb.Receipt{What: pb.ReceiptKind_RECEIPT_KIND_TAKEN_BACK.Enum(), Day: proto.Int32(v.today), TakesBack: r.ID.Bytes()}
		return making(pb.Kind_KIND_RECEIPT, n.newID(), r.Subject, r.Household, m)
	})
	if err != nil {
		return Saved{}, err
	}
	return saved(id), nil
}
