package desk

import (
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	nt "sodanvan/app/notebook/notebooktest"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/ui/uitest"
	"sodanvan/app/words"
)

// slow is a window whose work is done when the test says so.
type slow struct {
	*uitest.Rig
	work []func()
}

func newSlow(t *testing.T, b *nt.Branch) *slow {
	t.Helper()
	app := test.NewTempApp(t)
	app.Settings().SetTheme(kit.Theme{Shade: kit.Light})
	win := test.NewTempWindow(t, nil)
	s := &slow{}
	f := frame.New(frame.Options{Window: win, Now: func() time.Time { return b.At }, Start: func(work func()) { s.work = append(s.work, work) }})
	win.Resize(uitest.Phone)
	t.Cleanup(f.Close)
	s.Rig = &uitest.Rig{T: t, Frame: f, Window: win, Branch: b, Book: b.Phone(nt.Hoa)}
	f.Book = s.Book
	return s
}

func (s *slow) run() {
	for len(s.work) > 0 {
		work := s.work[0]
		s.work = s.work[1:]
		work()
	}
}

// TestLateWorkTakesNoOtherScreenAway: who goes back while something is being saved finds the
// screens as they left them.
func TestLateWorkTakesNoOtherScreenAway(t *testing.T) {
	b := newWaiting(t)
	for name, c := range map[string]struct {
		opens func(s *slow) *frame.Screen
		does  func(s *slow)
	}{
		"a form": {func(s *slow) *frame.Screen { return NewMember(s.Frame) }, func(s *slow) {
			s.Type(words.MemberName, "Vu Thi Moi")
			s.Tap(words.Save)
			s.Frame.Back()
			s.Tap(words.DropForm)
		}},
		"a verdict": {func(s *slow) *frame.Screen { return Record(s.Frame, nt.Lan) }, func(s *slow) {
			s.Tap(words.Approve)
			s.Frame.Back()
		}},
		"a handover": {func(s *slow) *frame.Screen { return Handover(s.Frame, nt.Dat) }, func(s *slow) {
			s.Tap("Phạm Tiến Dũng")
			s.Tap(words.HandOver)
			s.Frame.Back()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSlow(t, b.Branch)
			first, second := Root(s.Frame), Members(s.Frame)
			s.Frame.Only(first)
			s.Frame.Push(second)
			s.Frame.Push(c.opens(s))
			s.run()
			c.does(s)
			if s.Frame.Top() != second || len(s.work) == 0 {
				t.Fatalf("%s is shown, %d things are to be done", s.Frame.Top().Name, len(s.work))
			}
			s.run()
			if top := s.Frame.Top(); top != second {
				t.Errorf("%s is shown after it", top.Name)
			}
		})
	}
}
