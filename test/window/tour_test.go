package window_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sodanvan/app/words"
	"sodanvan/test/window"
)

// wrongPhrase opens no book. It takes longer to type than Fyne waits for a second click on
// the field: a click on a button that lies across the end of that wait is lost.
const wrongPhrase = "khong phai cum nay"

// visitor goes through the app's screens and keeps a picture of each.
type visitor struct {
	*hand
	seen int
}

// view waits for the texts that make a screen, lets it draw, and keeps its picture.
func (v *visitor) view(name string, texts ...string) {
	v.t.Helper()
	v.wait(texts...)
	v.kept(name)
}

func (v *visitor) kept(name string) {
	v.t.Helper()
	v.seen++
	time.Sleep(150 * time.Millisecond) // the frame with what was waited for is drawn
	v.do(v.Shot(filepath.Join(shots, fmt.Sprintf("%s-%02d-%s.png", v.prefix, v.seen, name))))
}

// below scrolls what stands under a text, and keeps another picture.
func (v *visitor) below(over, name string, clicks int) {
	v.t.Helper()
	v.do(v.Wheel(over, clicks))
	v.kept(name)
}

// line taps a line of a list by a part of it.
func (v *visitor) line(part string) { v.t.Helper(); v.do(v.TapLine(part)) }

// waitsFor waits for one of several texts and gives it.
func (v *visitor) waitsFor(texts ...string) string {
	v.t.Helper()
	for range 300 {
		shown := v.Text()
		for _, s := range texts {
			if strings.Contains(shown, s) {
				return s
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	v.t.Fatalf("none of %q comes:\n%s", texts, v.Text())
	return ""
}

// back goes back so many screens.
func (v *visitor) back(times int) {
	v.t.Helper()
	for range times {
		v.tap(words.Back)
	}
}

// quiet fails the test for what a healthy window never prints.
func (v *visitor) quiet() {
	v.t.Helper()
	for line := range strings.Lines(v.Log()) {
		low := strings.ToLower(line)
		for _, bad := range []string{"error", "thread", "panic", "race", "warning"} {
			if strings.Contains(low, bad) {
				v.t.Errorf("%s printed: %s", v.Name, line)
				break
			}
		}
	}
}

// sits opens an app in a window on a display of its own.
func sits(t *testing.T, p programs, s seat, prefix string, args ...string) *visitor {
	t.Helper()
	d, err := window.OpenDisplay(s.w, s.h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return &visitor{hand: start(t, d, p, s, prefix, args...)}
}

// TestWindowTour keeps a picture of every screen of the app in a real window, of a member on
// a window as large as a phone's and of the secretary on a wide one, over books in which much
// has happened. Each screen must show what makes it, and the app must print no errors.
func TestWindowTour(t *testing.T) {
	if missing := window.Missing(); len(missing) > 0 {
		t.Fatalf("these tests need %s: run make setup", strings.Join(missing, ", "))
	}
	p := programs{desktop: filepath.Join(t.TempDir(), "desktop")}
	if err := window.Build(t.Context(), p.desktop, false, false); err != nil {
		t.Fatal(err)
	}
	l := fill(t)
	t.Run("online", func(t *testing.T) {
		t.Run("member", func(t *testing.T) { t.Parallel(); member(t, p, l) })
		t.Run("secretary", func(t *testing.T) { t.Parallel(); secretary(t, p, l) })
	})
	l.town.Stop()
	t.Run("offline", func(t *testing.T) {
		t.Run("member", func(t *testing.T) { t.Parallel(); offline(t, p, l) })
		t.Run("joining", func(t *testing.T) { t.Parallel(); joining(t, p, l) })
	})
}

func member(t *testing.T, p programs, l *library) {
	v := sits(t, p, l.member, "tour-member", "--pin-file", l.pin)
	defer v.quiet()

	v.view("households", words.MyHouseholds, headFull)
	v.types(words.Search, "khong co ai")
	v.view("no-such-household", words.NothingFound)
	v.do(v.Clear(words.Search))

	v.tap(headFull)
	v.view("household", words.RecordPetition, words.Contribute)
	v.below(words.RecordPetition, "household-visits", 9)
	v.below("", "household-contributions", 12)
	v.below("", "household-end", 30)
	v.tap(words.EditContact)
	v.view("household-edit", words.EditHouseholdTitle, words.Done)
	v.back(1)
	v.tap(words.WhatWeHold)
	v.view("sheet", words.SheetFor)
	v.below(words.SheetFor, "sheet-end", 60)
	v.back(1)
	v.tap(words.Contribute)
	v.view("contribution", words.ContributionTitle)
	v.back(1)
	v.tap(words.TakeConsent)
	v.view("consent-taken-back", words.TakenBackTitle)
	v.tap(words.Cancel)
	v.tap(words.RecordVisit)
	v.view("visit", words.FieldHow)
	v.tap(words.Done)
	v.view("visit-unfinished", words.ChooseContact)
	v.back(1)
	v.tap(returnedNote)
	v.view("visit-returned", words.DeleteVisit)
	v.tap(words.DeleteVisit)
	v.view("visit-delete", words.DeleteVisitAsk)
	v.tap(words.Cancel)
	v.back(1)

	v.tap(words.RecordPetition)
	v.view("petition-question", words.ItIsDenouncing)
	v.tap(words.ItIsDenouncing)
	v.view("petition-advice", words.Understood)
	v.tap(words.Understood, words.RecordPetition, words.ItIsAnOpinion)
	v.view("petition", words.FieldWords)
	v.types(words.FieldWords, "Cong ngo 3 bi lap.")
	v.tap(words.Done)
	v.view("petition-slip", words.ToThePetition)
	v.tap(words.Done)
	v.tap(l.number)
	v.view("petition-answered", words.StepsOfIt, words.TellHousehold)
	v.below(words.StepsOfIt, "petition-steps", 30)
	v.tap(words.TellHousehold)
	v.view("petition-told", words.TheyAre)
	v.back(3)

	v.tap(headNew)
	v.view("household-new", words.NoVisits)
	v.tap(words.AskHousehold)
	v.view("consent", words.ReadAloud)
	v.tap(words.Agrees)
	v.below(words.Agrees, "consent-end", 20)
	v.back(2)
	v.tap(headConflict)
	v.view("household-conflict", words.KeepMine)
	v.tap(words.History)
	v.view("history", words.HistoryWhy)
	v.back(2)

	v.tap(words.TabTasks)
	v.view("tasks", words.TasksToday)
	v.below("", "tasks-end", 12)
	v.tap("Công Tằng Tôn Nữ")
	v.view("visit-mend", words.SendWithout)
	v.below(words.FieldDay, "visit-mend-end", 30)
	v.back(1)
	v.tap(words.TabPetitions)
	v.view("petitions", words.SectionOf(words.PetitionsOpen, 3))
	v.tap(words.TabNotices)
	v.view("notices", "tiêm phòng")
	v.line("tiêm phòng")
	v.view("notice", words.NoticeRead)
	v.below("tiêm phòng", "notice-households", 12)
	v.back(1)
	v.tap(words.TabSync)
	v.view("sending", words.SendNow)

	v.tap(words.OpenSettings)
	v.view("settings", words.TextSize)
	v.below(words.TextSize, "settings-end", 20)
	v.tap(words.CheckDevice)
	v.view("check", words.ServerReached)
	v.below(words.CheckTLS, "check-end", 20)
	v.tap(words.KeysTitle)
	v.view("check-keys", words.KeysSentence)
	v.back(1)
	v.tap(words.FontsTitle)
	v.view("check-letters", words.FontsYes)
	v.back(1)
	v.tap(words.KillTitle)
	v.view("check-kill", words.KillBegin)
	v.back(2)
	v.tap(words.WarnTable)
	v.view("warned-words", words.WarnTableSays)
	v.back(1)
	v.tap(words.ChangePhrase)
	v.view("change-passphrase", words.OldPhrase)
	v.back(1)
	v.tap(words.TextStep(3))
	v.view("settings-28px", words.TextSample)
	v.back(1)
	v.tap(words.TabHouseholds)
	v.view("households-28px", headFull)
	v.tap(headFull)
	v.view("household-28px", words.RecordVisit)
	v.tap(words.RecordVisit)
	v.view("visit-28px", words.FieldHow)
	v.back(2)
	v.tap(words.TabSync, words.OpenSettings, words.TextStep(0), words.ShadeDark)
	v.view("settings-dark", words.TextSample)
	v.back(1)
	v.tap(words.TabHouseholds)
	v.view("households-dark", headFull)
	v.tap(headFull)
	v.view("household-dark", words.RecordVisit)
	v.tap(words.RecordVisit)
	v.view("visit-dark", words.FieldHow)
	v.back(2)
	v.tap(words.TabSync, words.OpenSettings, words.ShadeLight, words.LockNow)
	v.view("lock", words.LockPhrase)
	v.types(words.PhraseLabel, wrongPhrase)
	v.tap(words.LockOpen)
	v.view("lock-wrong", words.PhraseWrong)
}

func secretary(t *testing.T, p programs, l *library) {
	v := sits(t, p, l.desk, "tour-secretary", "--pin-file", l.pin)
	defer v.quiet()

	v.view("households", words.MyHouseholds, words.SeeBranch)
	v.tap(words.SeeBranch)
	v.view("branch-households", words.BranchHouseholds, headFull)
	v.tap(headFull)
	v.view("household", words.HandOver)
	v.tap(words.HandOver)
	v.view("handover", words.ChooseWho)
	v.tap(words.AddHousehold)
	v.view("household-new", words.NewHouseholdTitle)

	v.tap(words.TabTasks)
	v.view("tasks", words.Desk)
	v.tap(words.Desk)
	v.view("desk", words.ReviewQueue, words.Members)
	v.tap(words.ReviewQueue)
	v.view("queue", "Bình")
	v.tap("Bình")
	v.view("waiting", words.OneByOne)
	v.tap(words.WaitingAgain)
	v.view("record", words.Approve)
	v.tap(words.Return)
	v.view("record-return", words.ReturnWhy)
	v.tap(words.ReturnReasons[0])
	v.tap(words.Cancel)

	v.tap(words.TabTasks, words.Desk, words.Suggestions)
	v.view("suggestions", headHanded)
	v.line(headHanded)
	v.view("suggestion", words.Accept)
	v.tap(words.NobodysHouseholds)
	v.view("nobodys-households", "Vũ Thị Nhài")
	v.tap(words.Members)
	v.view("members", words.AddMember)
	v.tap("Giang")
	v.view("member", words.IssueCode)
	v.tap(words.HandOverSeveral)
	v.view("handover-several", words.ChooseHouseholds)
	v.tap(words.ChooseProxies)
	v.view("proxies", words.WhoWrites)
	v.tap(words.IssueCode)
	v.view("code", words.CopyCode)
	v.tap(words.AddMember)
	v.view("member-new", words.MemberDistinguish)
	v.tap(words.Devices)
	v.view("devices", words.RevokeDevice)
	v.tap(words.BranchNotices)
	v.view("branch-notices", "Họp chi bộ tháng 12")
	v.tap(words.NewNotice)
	v.view("notice-new", words.GiveNotice)
	v.tap(words.Initiatives)
	v.view("initiatives", "Đường hoa ngõ xóm")
	v.tap("Đường hoa ngõ xóm")
	v.view("initiative", words.GivenTitle)
	v.tap(words.NewInitiative)
	v.view("initiative-new", words.InitiativeField)
	v.tap(words.Commendations)
	v.view("commendations", "Tổ tự quản ngõ 5")
	v.tap(words.NewCommendation)
	v.view("commendation-new", words.CommendWho)
	v.tap(words.TabPetitions)
	v.line(l.number)
	v.view("petition", words.ClosePetition)
	v.tap(words.TabSync)
	v.view("sending", words.SendNow)
	v.tap(words.OpenSettings)
	v.view("settings", words.TextSize)
	v.tap(words.LockNow)
	v.wait(words.LockPhrase)
	for range 5 { // a slip of the hand costs nothing at first
		v.types(words.PhraseLabel, wrongPhrase)
		v.tap(words.LockOpen)
		if v.waitsFor("giây", words.PhraseWrong) == "giây" {
			break
		}
	}
	v.view("lock-waits", "giây")
}

// offline is the member again while the server is away: what is written waits.
func offline(t *testing.T, p programs, l *library) {
	v := sits(t, p, l.member, "tour-offline")
	defer v.quiet()
	v.view("lock", words.LockPhrase)
	unlock(v.hand, l.member)
	v.tap(headDraft)
	v.view("household-draft", words.Drafts)
	v.tap("đang ghi dở ·")
	v.view("visit-draft", words.DropHalf)
	v.tap(words.Done)
	v.view("visit-written", words.Written)
	v.tap(words.Close)
	v.tap(words.History)
	v.view("history-offline", words.NoNetwork)
	v.back(2)
	v.tap(words.TabSync, words.SendNow)
	v.view("sending-waits", words.SendingWaits)
	v.tap(words.OpenSettings, words.CheckDevice)
	v.view("check-offline", words.ServerNotReached)
}

// joining shows how a new phone joins, and what it says where it cannot reach the server.
func joining(t *testing.T, p programs, l *library) {
	s := l.member
	s.dir, s.home, s.slug = filepath.Join(t.TempDir(), "book"), t.TempDir(), "new"
	v := sits(t, p, s, "tour-joining")
	defer v.quiet()
	v.view("welcome", words.JoinWelcome)
	v.tap(words.JoinBegin)
	v.view("code", words.CodeLabel)
	v.types(words.CodeLabel, l.code[:11])
	v.tap(words.Next)
	v.kept("code-short")
	v.types(words.CodeLabel, l.code[11:])
	v.types(words.ServerLabel, l.town.URL())
	v.view("code-right", words.CodeRight)
	v.tap(words.Next)
	v.view("passphrase", words.PhraseExplains)
	v.types(words.PhraseLabel, passphrase)
	v.types(words.PINAgain, passphrase[:8])
	v.tap(words.Next)
	v.view("passphrase-differs", words.PINDiffers)
	v.types(words.PINAgain, passphrase[8:])
	v.tap(words.Next)
	v.view("device", words.DeviceHelp)
	v.tap(words.JoinDo)
	v.view("no-network", words.JoinNoNetwork)
}
