package desk

import (
	"context"
	"errors"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/form"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/household"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// Record shows one record that waits, with what changed marked, and takes the verdict. After
// it the next record of the same member opens by itself.
func Record(f *frame.Frame, id notebook.ID) *frame.Screen { return newRecord(f, id).screen }

// record is the screen of a verdict. It stays the same while the user goes from one record
// to the next.
type record struct {
	f      *frame.Frame
	screen *frame.Screen
	home   *frame.Screen     // where to go when nothing is left; nil: one back
	shows  func(notebook.ID) // is told which record is shown
	id     notebook.ID

	item     notebook.ReviewItem
	waits    bool          // item waits for this user
	order    []notebook.ID // what waits of the same member, this one with it
	filled   bool
	member   notebook.ID
	said     string // what the last verdict was, shown on the record after it
	deciding bool   // a verdict is under way: the book's changes are looked at after it
	asked    int    // which reading is the newest

	col, foot  *fyne.Container
	reasons    *kit.Choice
	text       *kit.Entry
	help       *kit.Text
	reason     *fyne.Container // the form of a return
	giving     bool            // it is open
	approve    *kit.Button
	sendBack   *kit.Button
	openReason *kit.Button
	dropReason *kit.Button
}

func newRecord(f *frame.Frame, id notebook.ID) *record {
	r := &record{f: f, id: id, col: kit.Column(1.5 * kit.Grid), help: kit.Help(), shows: func(notebook.ID) {}}
	r.approve = kit.Do(words.Approve, r.approved)
	r.openReason = kit.Act(words.Return, r.askReason)
	r.sendBack = kit.Do(words.Return, r.returned)
	r.dropReason = kit.Act(words.Cancel, r.closeReason)
	r.reasons = kit.NewMany(words.ReturnReasons...)
	r.reasons.OnChanged = func() { r.tellReason("") }
	r.text = kit.NewNote(words.ReturnHint, 3)
	r.text.Limit = book.LimitsOf(pb.Kind_KIND_REVIEW)[3].Letters - len([]rune(strings.Join(words.ReturnReasons, words.ReasonJoin)+words.ReasonJoin))
	r.text.OnFull = func() { r.tellReason(words.TextFull) }
	r.text.OnEdited = func(string) { r.tellReason("") }
	r.reason = kit.Column(1.5*kit.Grid, kit.Rule(), kit.Heading(words.ReturnWhy), r.reasons, kit.Field(words.ReturnOther, r.text, r.help))
	r.foot = kit.Column(kit.Grid)
	r.screen = &frame.Screen{
		Name: "record", Title: words.ReviewQueue, Body: r.col, Foot: r.foot, Refresh: r.fill, Leave: r.leave,
		Rune: r.rune, Key: r.key,
	}
	r.foot.Hide()
	return r
}

// reading is what one look at the book gives.
type reading struct {
	item   notebook.ReviewItem
	waits  bool
	member notebook.ID
	order  []notebook.ID
	entry  notebook.Entry
	err    error
}

func read(n *notebook.Notebook, id notebook.ID) reading {
	for _, g := range n.ReviewQueue() {
		items := inOrder(g)
		for _, it := range items {
			if it.ID == id {
				return reading{item: it, waits: true, member: g.Member, order: ids(items)}
			}
		}
	}
	var r reading
	r.entry, r.err = n.Entry(id)
	return r
}

func ids(items []notebook.ReviewItem) []notebook.ID {
	out := make([]notebook.ID, len(items))
	for i, it := range items {
		out[i] = it.ID
	}
	return out
}

func (r *record) fill() {
	if r.deciding {
		return
	}
	id := r.id
	look(r.f, &r.asked, func() reading { return read(r.f.Book, id) }, func(got reading) {
		if !r.deciding {
			r.show(got)
		}
	})
}

// show puts a reading on the screen. What the user sees already stays as it is, with a
// reason that is being typed.
func (r *record) show(got reading) {
	was, waited, filled := r.item, r.waits, r.filled
	r.item, r.waits, r.filled = got.item, got.waits, true
	if got.waits {
		r.order, r.member = got.order, got.member
	}
	switch {
	case got.waits && filled && waited && sameVersion(was, got.item):
		r.heads()
		return
	case got.waits:
		r.build(filled && waited && was.ID == got.item.ID)
	default:
		r.settled(got)
	}
	r.heads()
	r.shows(r.id)
	r.screen.Fit()
	r.screen.Reveal(r.col.Objects[0])
}

func (r *record) heads() {
	title, aside := words.ReviewQueue, ""
	if r.waits {
		title = kindOf(r.item)
		if left := len(r.order); left > 1 {
			aside = words.StillWaiting(left)
		} else {
			aside = words.LastWaiting
		}
	}
	r.screen.SetTitle(title, aside)
}

// build shows a record that waits; anew tells that it says something else than before.
func (r *record) build(anew bool) {
	it := r.item
	r.col.Objects = nil
	switch {
	case r.said != "":
		r.col.Add(kit.State(kit.SignApproved, words.Sentences(r.said, words.NowThis), kit.Safe))
		r.said = ""
	case anew:
		r.col.Add(kit.Banner(kit.SignAgain, words.ChangedSinceShown, kit.Waiting))
	}
	about := []fyne.CanvasObject{kit.NewText(it.Of, kit.Style{Size: kit.Title, Bold: true}), kit.Lesser(words.Capital(words.WrittenBy(it.By...)))}
	if it.Receipt.State == notebook.StateWaitingAgain {
		about = append(about, form.State(it.Receipt))
	}
	r.col.Add(kit.Column(kit.Grid/2, about...))
	r.col.Add(fields(it.Fields))
	if !it.Household.IsZero() {
		r.col.Add(kit.Link(words.OpenHousehold, func() { r.f.Push(household.Page(r.f, it.Household)) }))
	}
	r.col.Add(r.reason)
	r.turn()
}

// fields shows what stands in a record: what is new since the last verdict has a bar, a
// word and bold letters.
func fields(lines []notebook.FieldLine) fyne.CanvasObject {
	col := kit.Column(1.5 * kit.Grid)
	for _, l := range lines {
		if l.Changed {
			col.Add(barred(kit.Waiting, kit.Column(0, kit.State(kit.SignPetition, words.NewlyChanged(l.Name), kit.Waiting), kit.Heading(orEmpty(l.Value)))))
			continue
		}
		col.Add(kit.Column(0, kit.Lesser(l.Name), kit.Plain(orEmpty(l.Value))))
	}
	return kit.Sheet(kit.Card, kit.Line, col)
}

func orEmpty(s string) string {
	if s == "" {
		return words.Empty
	}
	return s
}

// settled shows a record that does not wait for this user, or no more.
func (r *record) settled(got reading) {
	r.col.Objects = nil
	r.giving = false
	if got.err != nil {
		r.col.Add(kit.Banner(kit.SignWrong, notebook.Say(got.err), kit.Waiting))
	} else {
		e := got.entry
		r.col.Add(kit.Banner(kit.SignTold, words.NotWaiting, kit.Told))
		r.col.Add(kit.Column(kit.Grid/2, kit.NewText(words.Dots(e.Kind.Text, e.Of), kit.Style{Size: kit.Title, Bold: true}),
			kit.Lesser(words.Capital(words.WrittenBy(e.By))), form.State(e.Receipt)))
		r.col.Add(fields(e.Fields))
	}
	if next, ok := r.next(r.order, r.order); ok {
		r.col.Add(kit.Act(words.NextWaiting, func() { r.turnTo(next) }))
	}
	r.turn()
}

// turn puts the buttons for the verdict, or those of the reason, into the foot.
func (r *record) turn() {
	r.reason.Hidden = !r.giving
	r.foot.Objects = nil
	switch {
	case !r.waits:
		r.foot.Hide()
		return
	case r.giving:
		r.foot.Add(kit.Even(2, r.dropReason, r.sendBack))
	default:
		r.foot.Add(kit.Even(2, r.openReason, r.approve))
		r.foot.Add(forKeys(r.f, kit.NewText(words.DeskKeys, kit.Style{Size: kit.Small, Color: kit.Second, Center: true})))
	}
	r.foot.Show()
	r.foot.Refresh()
	r.screen.Fit()
}

func (r *record) askReason() {
	if !r.waits || r.deciding || r.giving {
		return
	}
	r.giving = true
	r.turn()
	r.screen.Reveal(r.reason)
}

func (r *record) closeReason() {
	r.giving = false
	r.reasons.Choose()
	r.text.SetText("")
	r.tellReason("")
	r.f.Window().Canvas().Unfocus()
	r.turn()
}

func (r *record) tellReason(s string) {
	kit.Tell(r.help, s)
	r.screen.Fit()
}

// why gives the reason as its writer will read it.
func (r *record) why() string {
	var parts []string
	for _, i := range r.reasons.All() {
		parts = append(parts, words.ReturnReasons[i])
	}
	if t := strings.TrimSpace(r.text.Text); t != "" {
		parts = append(parts, t)
	}
	return strings.Join(parts, words.ReasonJoin)
}

func (r *record) approved() { r.decide(r.f.Book.ApproveSeen, words.ApprovedOne) }

func (r *record) returned() {
	why := r.why()
	r.decide(func(ctx context.Context, shown notebook.ReviewItem) (notebook.Saved, error) {
		return r.f.Book.ReturnSeen(ctx, shown, why)
	}, words.ReturnedOne)
}

// decide writes a verdict on what is shown, and goes on to the next record.
func (r *record) decide(write func(context.Context, notebook.ReviewItem) (notebook.Saved, error), said string) {
	if !r.waits || r.deciding || r.item.ID != r.id { // the next one is still being read
		return
	}
	r.deciding = true
	shown, old, member := r.item, r.order, r.member
	buttons := []*kit.Button{r.approve, r.openReason, r.sendBack, r.dropReason}
	for _, b := range buttons {
		b.Disable()
	}
	var left []notebook.ID
	r.f.Go(func(ctx context.Context) error {
		_, err := write(ctx, shown)
		if err == nil {
			left = ids(inOrder(groupOf(r.f.Book.ReviewQueue(), member)))
		}
		return err
	}, func(err error) {
		r.deciding = false
		for _, b := range buttons {
			b.Enable()
		}
		switch {
		case errors.Is(err, notebook.ErrReasonNeeded):
			r.tellReason(notebook.Say(err))
			r.screen.Reveal(r.help)
		case errors.Is(err, notebook.ErrChangedSinceShown), errors.Is(err, notebook.ErrGone):
			r.fill() // says itself what happened
		case err != nil:
			r.fill()
			r.f.Fail(err)
		default:
			r.closeReason()
			r.goOn(old, left, said)
		}
	})
}

// goOn opens what waits next, or goes back where nothing is left. What was done stands on
// the next record itself: a message over the window would hide the buttons.
func (r *record) goOn(old, left []notebook.ID, said string) {
	if next, ok := r.next(old, left); ok {
		r.id, r.said = next, said
		r.f.Changed()
		return
	}
	r.order = nil
	switch {
	case !r.f.Has(r.screen): // the user went on already
	case r.home != nil:
		r.f.PopTo(r.home)
	default:
		r.f.Remove(r.screen)
	}
	r.f.Changed()
	r.f.Tell(words.Sentences(said, words.NoneWaits))
}

// next gives the record after this one in the old order that is still among those left, else
// the first that is left.
func (r *record) next(old, left []notebook.ID) (notebook.ID, bool) {
	at := slices.Index(old, r.id)
	for _, id := range append(slices.Clone(old[at+1:]), left...) {
		if id != r.id && slices.Contains(left, id) {
			return id, true
		}
	}
	return notebook.ID{}, false
}

// turnTo shows another record in place of this one.
func (r *record) turnTo(id notebook.ID) {
	r.id, r.said = id, ""
	r.fill()
}

// leave asks before a reason that is being written is thrown away.
func (r *record) leave(then func()) {
	if r.giving && r.why() != "" {
		r.f.Ask(words.DropFormTitle, words.DropReasonText, words.DropForm, words.KeepWriting, func() {
			r.closeReason()
			then()
		})
		return
	}
	then()
}

// rune takes D and T, but not while a reason is being written.
func (r *record) rune(c rune) bool {
	if r.giving || !r.waits {
		return false
	}
	switch c {
	case 'd', 'D':
		r.approved()
	case 't', 'T':
		r.askReason()
	default:
		return false
	}
	return true
}

// key takes the arrows, which go from record to record.
func (r *record) key(k *fyne.KeyEvent) bool {
	step := map[fyne.KeyName]int{fyne.KeyUp: -1, fyne.KeyDown: 1}[k.Name]
	if step == 0 || r.giving || r.deciding {
		return false
	}
	if at := slices.Index(r.order, r.id) + step; at >= 0 && at < len(r.order) {
		r.turnTo(r.order[at])
	}
	return true
}
