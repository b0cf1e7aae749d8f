package household

import (
	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/consent"
	"sodanvan/app/ui/form"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// Mend shows a record that the server refused, and why: to mend it, to send it again, or
// to give it up. Households and contributions have a form here; what has none, such as a
// household's answer, can be sent again or given up.
func Mend(f *frame.Frame, m notebook.Mend) *frame.Screen {
	s := &frame.Screen{Name: "mend", Title: words.Mend}
	all := []fyne.CanvasObject{
		kit.NewText(join(m.Kind.Text, m.Of), kit.Style{Size: kit.Title, Bold: true}),
		kit.Banner(kit.SignWrong, m.Text, kit.Wrong),
	}
	all = append(all, kit.Column(kit.Grid, kit.Heading(words.MendWritten), written(m.Fields)))
	if m.Code == "no_consent" && !m.Household.IsZero() {
		all = append(all, kit.Act(words.AskHousehold, func() {
			f.PushOver(s, consent.Ask(f, m.Household, pb.Purpose_PURPOSE_KEEP, nil))
		}))
	}
	var fm *editor
	switch m.Kind.Code {
	case "household":
		fm = mending(f, m)
	case "contribution":
		fm = mendingGift(f, m)
	}
	again := kit.Act(words.MendAsItIs, nil)
	if fm == nil {
		again = kit.Do(words.MendAsItIs, nil)
	}
	again.OnTapped = func() { form.SendAsItWas(f, s, again, m.Record) }
	drop := kit.Link(words.DropIt, nil)
	drop.OnTapped = func() { form.GiveUp(f, s, drop, m.Record) }
	if fm == nil {
		s.Foot = again
	} else {
		s.Foot = kit.Do(words.MendEdit, func() { f.Swap(s, fm.again().start(m.Kind.Code+"-mend")) })
		all = append(all, again)
	}
	s.Body = kit.Column(2*kit.Grid, append(all, drop)...)
	return s
}
