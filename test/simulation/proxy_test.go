package simulation

import (
	"errors"
	"slices"
	"testing"

	"sodanvan/app/notebook"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/syncserver/registry"
)

// notebook is what the phone's owner does, over the same store that the run syncs. It is not
// closed: the store is the run's.
func (p *phone) notebook() *notebook.Notebook {
	n, err := notebook.Over(p.store, notebook.Options{Now: p.clock, Rand: stream{p.chance}})
	p.must(err, "open the notebook of "+p.name)
	return n
}

// whole syncs until nothing is left to do.
func (p *phone) whole() {
	if !p.sync(60) {
		p.fail("a phone is not quiet", "%s", p.name)
	}
}

// owner is the id of a phone's member.
func (p *phone) owner() notebook.ID { return notebook.ID(p.member) }

func saved(t testing.TB) func(notebook.Saved, error) notebook.ID {
	return func(s notebook.Saved, err error) notebook.ID {
		t.Helper()
		if err != nil {
			t.Fatalf("%v (%s)", err, notebook.Say(err))
		}
		return s.ID
	}
}

// A member loses the phone, another writes for them from paper, and later no more: the
// proxy's book gets the households and drops them, and no page is lost on the way.
func TestAProxyWritesAndLeaves(t *testing.T) {
	res := within(11, small, options{}, func(w *world) { proxyLeaves(t, w) })
	if res.broken != nil {
		t.Fatal(res.broken)
	}
}

func proxyLeaves(t *testing.T, w *world) {
	an, binh, cuc := w.phones[0], w.phones[1], w.phones[2]
	for _, p := range w.phones {
		p.whole()
	}
	desk, proxy, away := an.notebook(), binh.notebook(), cuc.owner()
	must := saved(t)
	hers := func() (ids []notebook.ID) {
		for _, h := range proxy.Households(notebook.Query{Member: away}) {
			ids = append(ids, h.ID)
		}
		return ids
	}
	if got := hers(); len(got) != 0 {
		t.Fatalf("the book has %d households of somebody else", len(got))
	}

	// As long as the member has a phone, nobody writes for them, and the book says so.
	if _, err := desk.SetProxies(ctx, away, []notebook.ID{binh.owner()}); !errors.Is(err, notebook.ErrHasPhone) {
		t.Fatalf("somebody writes for a member who has a phone: %v", err)
	}
	if err := w.server.reg.Revoke(ctx, cuc.store.Snapshot().State().Identity.Device); err != nil {
		t.Fatal(err)
	}
	an.whole()
	must(desk.SetProxies(ctx, away, []notebook.ID{binh.owner()}))
	an.whole()
	binh.whole()
	theirs := hers()
	if len(theirs) != 2 {
		t.Fatalf("the proxy's book has %d households of the member, want 2", len(theirs))
	}
	visit := notebook.NewVisit{Household: theirs[0], Contact: pb.Contact_CONTACT_AT_HOME}
	first := must(proxy.RecordVisit(ctx, visit))
	binh.whole()
	an.whole()
	r, ok := an.store.Snapshot().Record(book.ID(first))
	var kept pb.Visit
	if _, err := lww.Decode(r.State.Body, &kept); err != nil || !ok {
		t.Fatalf("the visit is not on the desk: %v", err)
	}
	if for90, _ := book.IDFrom(kept.GetOnBehalfOf()); for90 != book.ID(away) || r.Author != book.ID(binh.owner()) {
		t.Errorf("written for %s by %s", for90, r.Author)
	}
	q := desk.ReviewQueue()
	if len(q) != 1 || q[0].Member != away || len(q[0].Months) != 1 || q[0].Months[0].Visits[0].ID != first || !slices.Equal(q[0].Months[0].Visits[0].By, []string{"Bình"}) {
		t.Fatalf("the queue: %+v", q)
	}
	must(desk.Approve(ctx, first))

	// A page written before the proxy's book heard that it is one no more is not lost: it is
	// a record, or it waits on the desk.
	must(proxy.RecordConsent(ctx, notebook.NewConsent{
		Household: theirs[1], Purpose: pb.Purpose_PURPOSE_KEEP, Answer: pb.Answer_ANSWER_GIVEN, NoticeVersion: "1", Channel: pb.Channel_CHANNEL_PAPER,
	}))
	binh.whole()
	must(desk.SetProxies(ctx, away, nil))
	an.whole()
	late := binh.say()
	must(proxy.RecordVisit(ctx, notebook.NewVisit{Household: theirs[1], Contact: pb.Contact_CONTACT_AT_HOME, Note: late}))
	binh.whole()
	an.whole()
	if got := hers(); len(got) != 0 {
		t.Errorf("the proxy's book still has %d households of the member", len(got))
	}
	for r := range binh.store.Snapshot().All() {
		if slices.Contains(theirs, notebook.ID(r.Holder.ID)) {
			t.Errorf("the proxy's book still has a %s of a household of the member", r.Kind)
		}
	}
	if got := len(proxy.Households(notebook.Query{})); got != 2 {
		t.Errorf("the proxy has %d households of his own, want 2", got)
	}
	if s := proxy.State(); s.Unsent+s.Mends+s.Parked+s.Suggested+s.Leaving+s.Filling != 0 {
		t.Errorf("the proxy's book is not at rest: %+v", s)
	}
	if e, err := desk.Entry(first); err != nil || e.Receipt.State != notebook.StateApproved {
		t.Errorf("the approved visit: %v, %+v", err, e.Receipt)
	}
	if !w.onServer()[late] {
		t.Errorf("%s is nowhere on the server", late)
	}
	caller, _ := binh.caller()
	if _, err := w.server.reg.History(ctx, caller, &pb.HistoryRequest{Id: book.ID(first).Bytes()}); err == nil {
		t.Error("who is proxy no more still reads the history")
	}
	if found, err := w.server.reg.Check(ctx); err != nil || len(found) > 0 {
		t.Errorf("check: %v %v", found, err)
	}
	people, err := w.server.reg.People(ctx)
	if err != nil || slices.ContainsFunc(people, func(p registry.Person) bool { return p.ID == book.ID(away) && p.HasDevice }) {
		t.Errorf("the member has a phone again: %v", err)
	}
}
