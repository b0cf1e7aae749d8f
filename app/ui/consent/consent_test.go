package consent

import (
	"testing"

	nt "sodanvan/app/notebook/notebooktest"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/ui/uitest"
	"sodanvan/app/words"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

const keep, forward = pb.Purpose_PURPOSE_KEEP, pb.Purpose_PURPOSE_FORWARD

// below is a screen under the one that is tried.
func below(r *uitest.Rig) {
	r.Show(&frame.Screen{Name: "below", Title: "Hộ", Body: kit.Plain("dưới")})
}

func lines(t *testing.T, r *uitest.Rig) (keep, forward string) {
	t.Helper()
	p, err := r.Book.Household(nt.Dat)
	if err != nil {
		t.Fatal(err)
	}
	return p.Consents[0].State, p.Consents[1].State
}

func TestAnAnswerIsNeverChosenBeforehand(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	below(r)
	done := 0
	r.Frame.Push(Ask(r.Frame, nt.Dat, keep, func() { done++ }))
	r.Want("Hộ ông Nguyễn Văn Đạt", "Chi bộ xin ghi vào sổ", words.NoticeVersion, words.Agrees, words.AgreesNot)
	r.WantNot(words.TakesBack, "Lần trước")
	r.Golden("ask")
	r.Tap(words.RecordAnswer)
	r.Want(words.ChooseAnswer, words.ChooseHow)
	r.Golden("missing")
	if k, _ := lines(t, r); k != "not_asked" || done != 0 {
		t.Errorf("recorded an answer that nobody gave: %s", k)
	}
	r.Tap(words.Agrees)
	r.Tap("Nói trực tiếp")
	r.Type(words.Witness, "Trần Thị Lan")
	r.Tap(words.RecordAnswer)
	r.Want("dưới")
	p, _ := r.Book.Household(nt.Dat)
	if c := p.Consents[0]; c.State != "given" || c.NoticeVersion != words.NoticeVersion || c.Channel.Code != "spoken" || c.Witness != "Trần Thị Lan" || done != 1 {
		t.Errorf("%+v, done %d times", c, done)
	}
	if p.Consents[1].State != "not_asked" {
		t.Error("one purpose answered for both")
	}
}

func TestAHouseholdTakesItsAnswerBackAndGivesItAgain(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	below(r)
	answer := func(purpose pb.Purpose, what string) {
		t.Helper()
		r.Frame.Push(Ask(r.Frame, nt.Dat, purpose, nil))
		r.Tap(what)
		r.Tap("Qua điện thoại")
		r.Tap(words.RecordAnswer)
	}
	answer(keep, words.Agrees)
	r.Want("dưới", words.AnswerKept)
	answer(forward, words.AgreesNot)
	if k, f := lines(t, r); k != "given" || f != "declined" {
		t.Fatal(k, f)
	}
	r.Frame.Push(Ask(r.Frame, nt.Dat, keep, nil))
	r.Want("Lần trước: Đồng ý, ngày 21/11/2026", words.StillAgrees, words.TakesBack)
	r.Tap(words.TakesBack)
	r.Want(words.TakesBackMeans)
	r.Theme(kit.Theme{Step: 3})
	r.Golden("back-big")
	r.Tap("Trên giấy")
	r.Tap(words.RecordAnswer)
	if k, _ := lines(t, r); k != "withdrawn" {
		t.Error(k)
	}
	answer(keep, words.Agrees)
	answer(forward, words.Agrees)
	if k, f := lines(t, r); k != "given" || f != "given" {
		t.Error(k, f)
	}
}

func TestWhatIsChosenStaysWhenTheBookChanges(t *testing.T) {
	r := uitest.New(t, uitest.Desktop, nt.Binh)
	r.Theme(kit.Theme{Shade: kit.Dark})
	below(r)
	r.Frame.Push(Ask(r.Frame, nt.Dat, forward, nil))
	r.Tap(words.AgreesNot)
	r.Tap("Trên giấy")
	r.Type(words.Witness, "Lan")
	r.Frame.Changed()
	r.Want(words.NotPassedOn, "Chi bộ xin gửi kiến nghị")
	if got := r.Field(words.Witness).Text; got != "Lan" {
		t.Errorf("witness: %q", got)
	}
	r.Window.Canvas().Unfocus() // a caret blinks
	r.Golden("forward-dark")
	r.Tap(words.RecordAnswer)
	if _, f := lines(t, r); f != "declined" {
		t.Error(f)
	}
}

func TestAHouseholdOfSomebodyElseIsNotAsked(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	below(r)
	r.Frame.Push(Ask(r.Frame, nt.An, keep, nil))
	r.Want(words.NotYours)
	r.WantNot(words.Agrees, words.RecordAnswer)
}
