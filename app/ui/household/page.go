package household

import (
	"context"
	"net/url"
	"reflect"
	"strings"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/consent"
	"sodanvan/app/ui/form"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/ui/petition"
	"sodanvan/app/ui/visit"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/viet"
)

// Handover makes the screen on which the desk gives a household to another member. Who
// puts the app together sets it, since that screen's package needs this one; nil: a page
// has no such button.
var Handover func(f *frame.Frame, id notebook.ID) *frame.Screen

const (
	// few and more are how many lines of a long list a page shows at first, and how many
	// each tap adds.
	few, more = 8, 20
	// noteLetters and wishLetters are how much of a note and of a petition stands on the page;
	// a tap opens the whole.
	noteLetters, wishLetters = 160, 60
)

// Page is the page of a household: what needs an answer first, then how to reach them,
// then what was written.
func Page(f *frame.Frame, id notebook.ID) *frame.Screen {
	p := &page{f: f, id: id, column: kit.Column(2 * kit.Grid), visits: few, petitions: few, gifts: few, told: few}
	p.main = kit.Do(words.RecordVisit, func() { p.open(visit.New(f, id)) })
	p.main.Hide()
	p.screen = &frame.Screen{Name: "household", Title: words.PageOfHousehold, Body: p.column, Foot: p.main, Refresh: p.fill}
	return p.screen
}

type page struct {
	f      *frame.Frame
	id     notebook.ID
	screen *frame.Screen
	column *fyne.Container
	main   *kit.Button
	shown  *sight
	asked  int

	visits, petitions, gifts, told int // how many lines of each are shown
}

// sight is all that the page is made of.
type sight struct {
	page  notebook.Page
	err   error
	me    notebook.Me
	edit  bool // the user may change the household's fields
	write bool // and write visits, petitions and contributions
	today int32
}

func (p *page) fill() {
	p.asked++
	asked, id, b, today := p.asked, p.id, p.f.Book, words.Today(p.f.Now())
	frame.Load(p.f, func() sight {
		s := sight{me: b.Me(), today: today}
		s.page, s.err = b.Household(id)
		s.edit = b.MayEdit(id)
		s.write = s.err == nil && !s.page.Leaving && writes(b, s.page, s.me)
		return s
	}, func(s sight) {
		// A sync calls for a refresh at each of its replies: most change nothing here.
		if asked == p.asked && (p.shown == nil || !reflect.DeepEqual(*p.shown, s)) {
			p.shown = &s
			p.show()
		}
	})
}

// writes tells whether the user writes for a household: as its member, or for a member
// who has no phone. Who sees the household and is neither sits at the desk and reads.
func writes(b *notebook.Notebook, h notebook.Page, me notebook.Me) bool {
	if h.Member == me.ID || h.Member.IsZero() {
		return h.Member == me.ID
	}
	for _, m := range b.Members() {
		if m.ID == h.Member {
			return !m.HasDevice
		}
	}
	return false
}

// show builds the page of what was read last.
func (p *page) show() {
	s := p.shown
	if s.err != nil {
		p.main.Hide()
		p.column.Objects = []fyne.CanvasObject{kit.NewText(notebook.Say(s.err), kit.Style{Color: kit.Second})}
		p.screen.Fit()
		return
	}
	h := s.page
	var all []fyne.CanvasObject
	add := func(objects ...fyne.CanvasObject) { all = append(all, objects...) }
	if h.Leaving {
		add(kit.Banner(kit.SignTold, words.Leaving, kit.Told))
	}
	for _, c := range h.Conflicts {
		add(p.conflict(c))
	}
	for _, m := range h.Mends {
		add(kit.NewTap(m.Kind.Text, func() { p.open(mend(p.f, m)) },
			kit.Heading(join(m.Kind.Text, brief(m.Title, wishLetters))), kit.State(kit.SignWrong, words.Refused, kit.Wrong), kit.Lesser(m.Text)))
	}
	add(p.contact())
	if s.write {
		add(kit.Act(words.RecordPetition, func() { p.open(petition.New(p.f, p.id)) }))
	}
	if len(h.Drafts) > 0 {
		add(p.drafts())
	}
	// What has to be asked before anything can be noted comes first, a standing answer last.
	asked := kept(h)
	if !asked {
		add(p.consents())
	}
	add(p.petitionList(), p.visitList(), p.giftList(), p.toldList())
	if asked {
		add(p.consents())
	}
	add(p.about())
	p.column.Objects = all
	if s.write {
		p.main.Show()
	} else {
		p.main.Hide()
	}
	p.screen.SetTitle(h.Title, "")
	p.screen.Fit()
}

// open shows a screen over this one, in place of what stood there: on a wide window this
// page may stand in the middle.
func (p *page) open(s *frame.Screen) {
	if s != nil {
		p.f.PushOver(p.screen, s)
	}
}

func title(s string) fyne.CanvasObject {
	return kit.NewText(s, kit.Style{Size: kit.Title, Bold: true})
}

// section is a title with what belongs to it.
func section(head string, objects ...fyne.CanvasObject) fyne.CanvasObject {
	return kit.Column(kit.Grid, append([]fyne.CanvasObject{title(head)}, objects...)...)
}

// join puts parts behind one another and leaves out the empty ones.
func join(parts ...string) string {
	var out []string
	for _, s := range parts {
		if s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, " · ")
}

// brief is the beginning of a text on one line, cut between words.
func brief(s string, letters int) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) <= letters {
		return string(r)
	}
	short := string(r[:letters])
	if at := strings.LastIndexByte(short, ' '); at > 0 {
		short = short[:at]
	}
	return short + " …"
}

// day is a day without its year where that is this one.
func (p *page) day(d notebook.Day) string {
	if viet.FromDays(int(d)).Year == viet.FromDays(int(p.shown.today)).Year {
		return words.ShortDay(int32(d))
	}
	return d.String()
}

// conflict asks which of two values should stand.
func (p *page) conflict(c notebook.Conflict) fyne.CanvasObject {
	mine, theirs := kit.Act(words.KeepMine, nil), kit.Act(words.KeepTheirs, nil)
	b := p.f.Book
	mine.OnTapped = func() {
		p.f.Do(mine, func(ctx context.Context) error { _, err := b.KeepMine(ctx, c.ID); return err }, nil)
	}
	theirs.OnTapped = func() {
		p.f.Do(theirs, func(ctx context.Context) error { return b.KeepTheirs(ctx, c.ID) }, nil)
	}
	below := []fyne.CanvasObject{kit.Plain(words.OverwrittenValues(c.Field, c.Mine, c.Theirs)), mine, theirs}
	if c.Record != p.id { // the page's own title says it else
		below = append([]fyne.CanvasObject{kit.Plain(c.Title)}, below...)
	}
	return kit.Banner(kit.SignWrong, c.Text, kit.Waiting, below...)
}

// contact says who and where, and calls.
func (p *page) contact() fyne.CanvasObject {
	h := p.shown.page
	var all []fyne.CanvasObject
	line := func(s string) {
		if s != "" {
			all = append(all, kit.Plain(s))
		}
	}
	line(h.Address)
	size := ""
	if h.Size > 0 {
		size = words.People(h.Size)
	}
	line(join(size, h.Welfare.Text))
	next := ""
	if h.NextVisit != 0 {
		next = words.FollowUp(int32(h.NextVisit))
	}
	line(words.Capital(join(h.Since, next)))
	if p.shown.me.Desk || h.Member != p.shown.me.ID {
		if h.Assigned == "" {
			line(words.Capital(words.NobodyAssigned))
		} else {
			line(words.LookedAfterBy(h.Assigned))
		}
	}
	all = append(all, form.Standing(h.Receipt))
	if h.Phone != "" {
		number := h.Phone
		all = append(all, kit.Gap(0), kit.Flow(
			kit.Act(words.Call(number), func() { call(p.f, number, fyne.CurrentDevice().IsMobile()) }),
			kit.Link(words.CopyPhone, func() { p.f.Copy(number) })))
	}
	return kit.Column(kit.Grid/2, all...)
}

// call opens the phone's own dialler; a desk has none, and copies the number.
func call(f *frame.Frame, number string, mobile bool) {
	if mobile {
		if err := fyne.CurrentApp().OpenURL(dialler(number)); err == nil {
			return
		}
	}
	f.Copy(number)
	f.Tell(words.PhoneCopied)
}

// dialler gives the address of a call.
func dialler(number string) *url.URL {
	return &url.URL{Scheme: "tel", Opaque: strings.ReplaceAll(number, " ", "")}
}

func (p *page) drafts() fyne.CanvasObject {
	var all []fyne.CanvasObject
	for _, d := range p.shown.page.Drafts {
		filled := make([]string, 0, len(d.Fields))
		for _, l := range d.Fields {
			filled = append(filled, l.Value)
		}
		name := words.HalfWritten(d.Kind.Text, d.SavedAt)
		objects := []fyne.CanvasObject{kit.State(kit.SignPetition, name, kit.Waiting)}
		if text := brief(join(filled...), wishLetters); text != "" {
			objects = append(objects, kit.Plain(text))
		}
		all = append(all, kit.NewTap(name, func() { p.open(resume(p.f, d)) }, objects...))
	}
	return section(words.Drafts, all...)
}

// resume gives the form of a draft; nil where this app has none for it.
func resume(f *frame.Frame, d notebook.Draft) *frame.Screen {
	switch d.Kind.Code {
	case "visit":
		return visit.ResumeDraft(f, d)
	case "petition":
		return petition.ResumeDraft(f, d)
	}
	return ResumeDraft(f, d)
}

// mend gives the page of a refused record.
func mend(f *frame.Frame, m notebook.Mend) *frame.Screen {
	switch m.Kind.Code {
	case "visit":
		return visit.Mend(f, m)
	case "petition", "step":
		return petition.Mend(f, m)
	}
	return Mend(f, m)
}

var purposes = map[string]pb.Purpose{"keep": pb.Purpose_PURPOSE_KEEP, "forward": pb.Purpose_PURPOSE_FORWARD}

const given = "given"

// forwarded is the standing of a petition that an authority is to answer.
const forwarded = "forwarded"

// kept tells whether the household agreed that the branch keeps notes.
func kept(h notebook.Page) bool {
	for _, c := range h.Consents {
		if purposes[c.Purpose.Code] == pb.Purpose_PURPOSE_KEEP {
			return c.State == given
		}
	}
	return false
}

// consents is the card of what the household agreed to.
func (p *page) consents() fyne.CanvasObject {
	all := []fyne.CanvasObject{kit.Heading(words.Consents)}
	for i, c := range p.shown.page.Consents {
		if i > 0 {
			all = append(all, kit.Rule())
		}
		sign, tone, ask := kit.SignTold, kit.Told, words.AskAgain
		switch c.State {
		case given:
			sign, tone, ask = kit.SignSafe, kit.Safe, ""
		case "not_asked":
			sign, tone, ask = kit.SignAgain, kit.Waiting, words.AskHousehold
		}
		all = append(all, kit.Plain(c.Purpose.Text), kit.State(sign, join(c.Text, c.Day.String(), strings.ToLower(c.Channel.Text)), tone))
		if p.shown.page.Leaving {
			continue
		}
		purpose := purposes[c.Purpose.Code]
		if ask != "" {
			all = append(all, kit.Act(ask, func() { p.open(consent.Ask(p.f, p.id, purpose, nil)) }))
		} else {
			all = append(all, kit.Link(words.TakeConsent, func() { p.takeBack(purpose) }))
		}
	}
	return kit.Paper(all...)
}

// takeBack asks how the household said that it takes its consent back: the answer is the
// confirmation too.
func (p *page) takeBack(purpose pb.Purpose) {
	objects := []fyne.CanvasObject{title(words.TakenBackTitle), kit.Plain(words.Capital(book.Label(purpose))), kit.Plain(words.TakenBackHow)}
	b := p.f.Book
	for _, channel := range []pb.Channel{pb.Channel_CHANNEL_SPOKEN, pb.Channel_CHANNEL_PHONE, pb.Channel_CHANNEL_PAPER} {
		objects = append(objects, kit.Act(words.Capital(book.Label(channel)), func() {
			p.f.Uncover()
			p.f.Do(nil, func(ctx context.Context) error {
				_, err := b.RecordConsent(ctx, notebook.NewConsent{Household: p.id, Purpose: purpose, Answer: pb.Answer_ANSWER_WITHDRAWN, Channel: channel})
				return err
			}, func() { p.f.Tell(words.TakenBack) })
		}))
	}
	p.f.Cover(nil, append(objects, kit.Link(words.Cancel, p.f.Uncover))...)
}

// several shows the first lines of a list and the way to the next ones.
func several[T any](p *page, all []T, shown *int, what string, line func(T) fyne.CanvasObject) []fyne.CanvasObject {
	n := min(*shown, len(all))
	out := make([]fyne.CanvasObject, 0, n+1)
	for _, x := range all[:n] {
		out = append(out, line(x))
	}
	if rest := len(all) - n; rest > 0 {
		out = append(out, kit.Link(words.MoreOf(rest, what), func() {
			*shown += more
			p.show()
		}))
	}
	return out
}

// orSay gives a sentence in place of an empty list: how to start, to who may.
func (p *page) orSay(lines []fyne.CanvasObject, sentence string) []fyne.CanvasObject {
	if len(lines) > 0 {
		return lines
	}
	if !p.shown.write {
		sentence = words.NothingYet
	}
	return []fyne.CanvasObject{kit.NewText(sentence, kit.Style{Color: kit.Second})}
}

func (p *page) petitionList() fyne.CanvasObject {
	lines := several(p, p.shown.page.Petitions, &p.petitions, "kiến nghị", func(l notebook.PetitionLine) fyne.CanvasObject {
		head := l.Number + "  " + brief(l.Text, wishLetters)
		objects := []fyne.CanvasObject{kit.Heading(head)}
		due := ""
		owed := l.Due != 0 && l.Standing.Code == forwarded // once it is answered no day is owed
		late := owed && int32(l.Due) < p.shown.today
		if owed && !late {
			due = words.Due(int32(l.Due))
		}
		if standing := join(l.Standing.Text, due); standing != "" {
			objects = append(objects, kit.State(kit.SignTold, standing, kit.Told))
		}
		if late {
			objects = append(objects, kit.State(kit.SignWrong, words.PastDue(int32(l.Due)), kit.Wrong))
		}
		objects = append(objects, form.State(l.Receipt))
		return kit.NewTap(head, func() { p.open(petition.Page(p.f, l.ID)) }, objects...)
	})
	return section(words.Petitions, p.orSay(lines, words.NoPetitions)...)
}

// by says who wrote a line where that was not the user.
func (p *page) by(name, on string) string {
	who := ""
	if name != p.shown.me.Name {
		who = words.WrittenBy(name)
	}
	if on != "" {
		return join(who, words.WrittenFor(on))
	}
	return who
}

func (p *page) visitList() fyne.CanvasObject {
	lines := several(p, p.shown.page.Visits, &p.visits, "lượt", func(l notebook.VisitLine) fyne.CanvasObject {
		head := p.day(l.Day) + "  " + l.Contact.Text
		objects := []fyne.CanvasObject{kit.Heading(head)}
		if l.Note != "" {
			objects = append(objects, kit.Plain(brief(l.Note, noteLetters)))
		}
		next := ""
		if l.FollowUp != 0 {
			next = words.FollowUp(int32(l.FollowUp))
		}
		if s := join(strings.Join(l.Topics, ", "), next, p.by(l.By, l.For)); s != "" {
			objects = append(objects, kit.Lesser(s))
		}
		objects = append(objects, form.State(l.Receipt))
		return kit.NewTap(head, func() { p.open(visit.Edit(p.f, p.id, l.ID)) }, objects...)
	})
	return section(words.Visits, p.orSay(lines, words.NoVisits)...)
}

func (p *page) giftList() fyne.CanvasObject {
	h := p.shown.page
	lines := several(p, h.Contributions, &p.gifts, "lần", func(l notebook.ContributionLine) fyne.CanvasObject {
		head := p.day(l.Day) + "  " + l.Text
		objects := []fyne.CanvasObject{kit.Heading(head)}
		if s := join(l.Initiative, p.by(l.By, "")); s != "" {
			objects = append(objects, kit.Lesser(s))
		}
		objects = append(objects, form.State(l.Receipt))
		return kit.NewTap(head, func() { p.open(editGift(p.f, p.id, l.ID)) }, objects...)
	})
	lines = p.orSay(lines, words.NoContributions)
	if p.shown.write {
		lines = append(lines, kit.Act(words.Contribute, p.contribute))
	}
	return section(words.Contributions, lines...)
}

// contribute opens the form of a contribution; without the household's consent it is
// asked first.
func (p *page) contribute() {
	if kept(p.shown.page) {
		p.open(newGift(p.f, p.id))
		return
	}
	p.open(consent.Ask(p.f, p.id, pb.Purpose_PURPOSE_KEEP, p.agreed))
	p.f.Warn(words.AskFirst)
}

// agreed goes on to the form if the household's answer allows it.
func (p *page) agreed() {
	id, b := p.id, p.f.Book
	frame.Load(p.f, func() bool {
		asked, err := b.Asked(id)
		return err == nil && asked.Keep == book.Given
	}, func(yes bool) {
		if yes {
			p.open(newGift(p.f, id))
		}
	})
}

func (p *page) toldList() fyne.CanvasObject {
	lines := several(p, p.shown.page.NoticesTold, &p.told, "thông báo", func(l notebook.ToldLine) fyne.CanvasObject {
		objects := []fyne.CanvasObject{kit.Plain(p.day(l.Day) + "  " + l.Title)}
		if s := p.by(l.By, ""); s != "" {
			objects = append(objects, kit.Lesser(s))
		}
		return kit.Column(kit.Grid/2, append(objects, form.State(l.Receipt))...)
	})
	return section(words.NoticesTold, p.orSay(lines, words.NoNoticesTold)...)
}

// about is what is done with the page as a whole.
func (p *page) about() fyne.CanvasObject {
	all := []fyne.CanvasObject{
		kit.NewTap(words.WhatWeHold, func() { p.open(Sheet(p.f, p.id)) }, kit.Plain(words.WhatWeHold)),
	}
	if !p.shown.page.Leaving {
		if p.shown.edit {
			all = append(all, kit.Act(words.EditContact, func() { p.open(Edit(p.f, p.id)) }))
		}
		if p.shown.me.Desk && Handover != nil {
			all = append(all, kit.Act(words.HandOver, func() { p.open(Handover(p.f, p.id)) }))
		}
	}
	return section(words.AboutHousehold, append(all, kit.Link(words.History, func() { p.open(History(p.f, p.id)) }))...)
}
