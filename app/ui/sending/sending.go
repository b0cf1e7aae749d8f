package sending

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
)

// Deps open the screens behind the buttons.
type Deps struct {
	Settings func() *frame.Screen
	// Rejoin is for a phone that the server does not know any more.
	Rejoin func() *frame.Screen
}

// Count is the number at the tab: changes that the server does not have.
func Count(book *notebook.Notebook) int { return book.Progress().ToSend }

// households is how many households with unsent changes are named.
const households = 6

// Root is the screen. It may be refreshed many times during a sync.
func Root(f *frame.Frame, deps Deps) *frame.Screen {
	r := &root{f: f, page: kit.Column(1.5 * kit.Grid), bar: kit.NewBar()}
	r.button = kit.Do(words.SendNow, r.send)
	if deps.Settings != nil {
		r.settings = kit.Act(words.OpenSettings, func() { f.PushOver(r.screen, deps.Settings()) })
		r.settings.SetSign(kit.SignSettings)
	}
	if deps.Rejoin != nil {
		r.rejoin = kit.Act(words.RejoinOpen, func() { f.PushOver(r.screen, deps.Rejoin()) })
	}
	r.screen = &frame.Screen{Name: "sending", Title: words.State, Body: r.page, Foot: r.button, Refresh: r.fill}
	return r.screen
}

type root struct {
	f        *frame.Frame
	screen   *frame.Screen
	page     *fyne.Container
	bar      *kit.Bar
	button   *kit.Button
	settings *kit.Button
	rejoin   *kit.Button
	pressed  bool // the button's own sync is under way
	asked    int  // which reading is the newest
}

// picture is what is shown.
type picture struct {
	state    notebook.State
	progress notebook.Progress
	waits    []notebook.HouseholdLine
}

func read(book *notebook.Notebook) picture {
	p := picture{progress: book.Progress(), state: book.State(), waits: book.Households(notebook.Query{Branch: true})}
	p.waits = slices.DeleteFunc(p.waits, func(h notebook.HouseholdLine) bool { return h.Unsent == 0 })
	return p
}

func (r *root) fill() {
	r.asked++
	asked, book := r.asked, r.f.Book
	frame.Load(r.f, func() picture { return read(book) }, func(p picture) {
		if asked == r.asked {
			r.show(p)
		}
	})
}

// send syncs now: Live's loop at once, without it here.
func (r *root) send() {
	r.pressed = true
	r.button.Disable()
	book := r.f.Book
	r.f.Kicked(func(err error) {
		r.pressed = false
		p := book.Progress()
		switch {
		case p.Wiped:
			r.f.Only(Wiped(r.f))
			return
		case err != nil && p.Trouble == "":
			r.f.Fail(err) // nothing of it stands on the page
		}
		r.fill()
	})
}

func (r *root) show(p picture) {
	if p.progress.Running || r.pressed {
		r.button.Disable()
	} else {
		r.button.Enable()
	}
	r.page.Objects = nil
	r.page.Add(r.head(p))
	if p.progress.Unknown && r.rejoin != nil {
		r.page.Add(kit.Banner(kit.SignWrong, words.RejoinWhy, kit.Waiting, r.rejoin))
	}
	at := p.state.LastSync
	if !at.IsZero() {
		r.page.Add(kit.Lesser(words.SyncedAt(at)))
	}
	for _, o := range r.lines(p) {
		r.page.Add(o)
	}
	if o := waiting(p); o != nil {
		r.page.Add(o)
	}
	if r.settings != nil {
		r.page.Add(r.settings)
	}
	r.page.Refresh()
	r.screen.Fit()
}

// head is the one sentence that matters, large.
func (r *root) head(p picture) fyne.CanvasObject {
	sign, text, tone := sentence(p)
	objects := []fyne.CanvasObject{kit.Beside(kit.NewSign(sign, tone, 1.5), kit.NewText(text, kit.Style{Size: kit.Title, Bold: true, Color: tone}))}
	add := func(s string) { objects = append(objects, kit.Plain(s)) }
	g := p.progress
	switch {
	case g.Running:
		all := g.Sent + g.ToSend
		if all > 0 {
			r.bar.Set(float32(g.Sent) / float32(all))
			objects = append(objects, r.bar)
		}
		add(words.SentSoFar(g.Sent, all, g.Received))
	case g.Trouble != "" && g.Trouble != text:
		add(g.Trouble)
	case g.Trouble == "" && p.state.Unsent > 0:
		add(words.SendWhenThere)
	case p.state.Safe && g.Sent+g.Received > 0:
		add(words.Synced(g.Sent, g.Received))
	}
	return kit.Sheet(kit.Card, tone, kit.Column(kit.Grid, objects...))
}

// sentence chooses the sentence, with a sign and a colour. No network is nothing to worry
// about, and waits in another colour than what went wrong.
func sentence(p picture) (sign, text string, tone fyne.ThemeColorName) {
	s, g := p.state, p.progress
	switch {
	case g.Running:
		return kit.SignSync, words.Sending, kit.Told
	case s.Safe:
		return kit.SignApproved, words.AllSafe, kit.Safe
	case s.Unsent > 0 && g.Trouble != "" && g.Trouble != words.NoNetwork:
		return kit.SignWrong, words.UnsentCount(s.Unsent), kit.Wrong
	case s.Unsent > 0:
		return kit.SignWaiting, words.UnsentCount(s.Unsent), kit.Waiting
	case s.LastSync.IsZero() && g.Trouble == "":
		return kit.SignWaiting, words.NeverSynced, kit.Waiting
	case s.LastSync.IsZero():
		return kit.SignWaiting, g.Trouble, kit.Waiting
	case s.Drafts+s.Mends == 0:
		return kit.SignAgain, words.SentButKept, kit.Waiting
	}
	return kit.SignWrong, words.SentButLookAt, kit.Waiting
}

// lines are the other things that the book says, what needs doing first; those that the tab
// of tasks is for lead there.
func (r *root) lines(p picture) []fyne.CanvasObject {
	s := p.state
	_, head, _ := sentence(p)
	said := map[string]bool{head: true, p.progress.Trouble: true, words.LastSync(s.LastSync): true, words.UnsentCount(s.Unsent): true, words.AllSafe: true}
	links := map[string]struct {
		sign string
		tone fyne.ThemeColorName
	}{
		words.MendCount(s.Mends):         {kit.SignReturned, kit.Wrong},
		words.ConflictCount(s.Conflicts): {kit.SignWrong, kit.Waiting},
		words.DraftCount(s.Drafts):       {kit.SignPetition, kit.Waiting},
	}
	var out []fyne.CanvasObject
	if now := r.f.Now(); wrongClock(now, s.LastSync) {
		out = append(out, kit.Banner(kit.SignWrong, words.ClockOff(now), kit.Waiting))
	}
	for _, line := range s.Lines {
		link, isLink := links[line]
		switch {
		case said[line]:
		case line == words.LowSpace || line == words.Revoked || line == words.CloneWaits:
			out = append(out, kit.Banner(kit.SignWrong, line, kit.Wrong))
		case isLink:
			out = append(out, kit.NewTap(line, func() { r.f.Open("tasks") }, kit.State(link.sign, line, link.tone)))
		default:
			out = append(out, kit.State(kit.SignAgain, line, kit.Waiting))
		}
		said[line] = true
	}
	return out
}

// wrongClock tells whether the phone's clock cannot be right: before this app was, or well
// before the last sync.
func wrongClock(now, last time.Time) bool {
	return now.Year() < words.SoonestYear || now.Before(last.Add(-24*time.Hour))
}

// waiting lists the households of which something is not sent; nil for none.
func waiting(p picture) fyne.CanvasObject {
	if p.state.Unsent == 0 {
		return nil
	}
	line := func(name string, n int) fyne.CanvasObject {
		return kit.Trailing(kit.Plain(name), kit.NewText(words.SendingOf(n), kit.Style{Color: kit.Waiting}))
	}
	objects := []fyne.CanvasObject{kit.Heading(words.SendingWaits)}
	rest := p.state.Unsent
	for i, h := range p.waits {
		if i < households {
			objects = append(objects, line(h.Title, h.Unsent))
		}
		rest -= h.Unsent
	}
	if more := len(p.waits) - households; more > 0 {
		objects = append(objects, kit.Lesser(words.SendingMore(more)))
	}
	if rest > 0 {
		objects = append(objects, line(words.SendingOther, rest))
	}
	return kit.Paper(objects...)
}

// Wiped is the last screen of a phone whose right ended: its book is gone, and it says what
// became of the work and what to do. It needs no book.
func Wiped(*frame.Frame) *frame.Screen {
	return &frame.Screen{Name: "wiped", Title: words.WipedTitle, Body: kit.Column(2*kit.Grid,
		kit.Banner(kit.SignWrong, words.WipedWhat, kit.Waiting),
		kit.Banner(kit.SignSafe, words.WipedWork, kit.Safe),
		kit.NewText(words.WipedDo, kit.Style{Size: kit.Title, Bold: true}),
		kit.Beside(kit.NewSign("1", kit.Ink, 1), kit.Plain(words.WipedGo)),
		kit.Beside(kit.NewSign("2", kit.Ink, 1), kit.Plain(words.WipedAgain)),
	)}
}
