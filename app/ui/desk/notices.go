package desk

import (
	"context"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// Notices lists the notices that the branch itself gives its members to carry.
func Notices(f *frame.Frame) *frame.Screen {
	var own []notebook.Notice
	s := &frame.Screen{Name: "branch notices", Title: words.BranchNotices}
	s.List = kit.NewList(words.NoBranchNotices, func(i int) { f.PushOver(s, Notice(f, own[i].ID)) })
	s.Foot = kit.Do(words.NewNotice, func() { f.PushOver(s, NewNotice(f)) })
	asked := 0
	s.Refresh = func() {
		look(f, &asked, func() []notebook.Notice { return ownNotices(f.Book) }, func(got []notebook.Notice) {
			own = got
			items := make([]kit.Item, len(got))
			for i, n := range got {
				small := kit.Style{Size: kit.Small, Color: kit.Second}
				items[i] = kit.Item{Sign: kit.SignNotice, Tone: kit.Told, Lines: []kit.RowText{{Words: n.Title, Style: kit.Style{Bold: true}}}}
				if n.Coming {
					small.Color = kit.Waiting
				}
				items[i].Lines = append(items[i].Lines, kit.RowText{Words: words.Held(int32(n.From), int32(n.Until), n.Coming), Style: small})
			}
			s.List.Set(items)
			s.SetTitle(s.Title, words.NoticeCount(len(got)))
		})
	}
	return s
}

// ownNotices gives those of the branch; the commune's are not the desk's to change.
func ownNotices(book *notebook.Notebook) []notebook.Notice {
	var own []notebook.Notice
	for _, n := range book.Notices() {
		if n.Branch {
			own = append(own, n)
		}
	}
	return own
}

// noticeForm has the fields of a notice.
type noticeForm struct {
	*formScreen
	title, text *kit.Entry
	from, until *kit.Date
}

func newNoticeForm(f *frame.Frame, name, title string) *noticeForm {
	fm := &noticeForm{formScreen: newForm(f, name, title, pb.Kind_KIND_NOTICE)}
	fm.title = fm.entry(1, words.NoticeTitle, kit.NewEntry(words.NoticeTitleHint))
	fm.text = fm.entry(2, words.NoticeText, kit.NewNote(words.NoticeTextHint, 6))
	fm.from = kit.NewDate(f.Now(), false, kit.Jump{Words: words.ThisDay}, kit.Jump{Words: words.Tomorrow, Days: 1}).Named(words.NoticeFrom)
	fm.until = kit.NewDate(f.Now(), true, kit.Jump{Words: words.InOneWeek, Days: 7}, kit.Jump{Words: words.InOneMonth, Days: 30}).Named(words.NoticeUntil).Unset(words.NoEnd)
	fm.from.OnEdited = func() { fm.touch(3) }
	fm.until.OnEdited = func() { fm.touch(4) }
	fm.add(3, words.NoticeFrom, fm.from)
	fm.add(4, words.NoticeUntil, fm.until)
	return fm
}

// edit gives what differs from what stood before; false: something cannot be read.
func (fm *noticeForm) edit(was notebook.Notice) (notebook.NoticeEdit, bool) {
	from, ok := fm.day(3, fm.from)
	if !ok {
		return notebook.NoticeEdit{}, false
	}
	until, ok := fm.day(4, fm.until)
	if !ok {
		return notebook.NoticeEdit{}, false
	}
	if until != 0 && until < from {
		fm.tell(4, words.EndsBefore)
		return notebook.NoticeEdit{}, false
	}
	if fm.title.Text == "" {
		fm.tell(1, words.TitleNeeded)
		fm.screen.Reveal(fm.title)
		return notebook.NoticeEdit{}, false
	}
	return notebook.NoticeEdit{
		Title: changed(fm.title.Text, was.Title), Text: changed(fm.text.Text, was.Text), From: changedDay(from, was.From), Until: changedDay(until, was.Until),
	}, true
}

// NewNotice is the form of a notice of the branch.
func NewNotice(f *frame.Frame) *frame.Screen {
	fm := newNoticeForm(f, "new notice", words.NewNotice)
	fm.from.Set(words.Today(f.Now()))
	fm.until.Set(0)
	fm.dirty = false
	fm.save.SetWords(words.GiveNotice)
	fm.save.OnTapped = func() {
		e, ok := fm.edit(notebook.Notice{})
		if !ok {
			return
		}
		fm.send(func(ctx context.Context) (notebook.Saved, error) { return f.Book.NewNotice(ctx, e) }, words.NoticeGiven)
	}
	return fm.screen
}

// Notice is the form of a notice that the branch gave.
func Notice(f *frame.Frame, id notebook.ID) *frame.Screen {
	fm := newNoticeForm(f, "notice", words.EditNoticeTitle)
	var was notebook.Notice
	filled := false
	fm.screen.Refresh = func() {
		if filled {
			return
		}
		filled = true
		frame.Load(f, func() notebook.Notice {
			for _, n := range ownNotices(f.Book) {
				if n.ID == id {
					return n
				}
			}
			return notebook.Notice{}
		}, func(n notebook.Notice) {
			if n.ID.IsZero() {
				fm.col.Objects = nil
				fm.col.Add(kit.Banner(kit.SignWrong, words.NotYours, kit.Waiting))
				fm.save.Hide()
				fm.screen.Fit()
				return
			}
			was = n
			fm.title.SetText(n.Title)
			fm.text.SetText(n.Text)
			fm.from.Set(int32(n.From))
			fm.until.Set(int32(n.Until))
			fm.dirty = false
		})
	}
	fm.save.OnTapped = func() {
		e, ok := fm.edit(was)
		if !ok {
			return
		}
		fm.send(func(ctx context.Context) (notebook.Saved, error) { return f.Book.EditNotice(ctx, id, e) }, words.NoticeSaved)
	}
	return fm.screen
}
