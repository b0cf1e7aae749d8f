package notices

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"google.golang.org/protobuf/proto"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/ui/uitest"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

func show(r *uitest.Rig) {
	r.Frame.SetTabs(&frame.Tab{
		Name: "notices", Label: words.TabNotices, Sign: kit.SignNotice, Root: func() *frame.Screen { return Root(r.Frame) },
		Count: func() int { return Count(r.Book) },
	})
}

// more puts a long notice and households of Bình on the server.
func more(b *nt.Branch) {
	commune := book.Holder{Kind: pb.HolderKind_HOLDER_KIND_COMMUNE, ID: book.ID(nt.Commune)}
	b.Put(pb.Kind_KIND_NOTICE, nt.NewID(100), nt.Commune, commune, &pb.Notice{
		Title:   proto.String("Chiến dịch vệ sinh đường làng ngõ xóm đón Tết và hướng dẫn phân loại rác tại nhà"),
		Text:    proto.String(strings.TrimSpace(strings.Repeat("Sáng thứ bảy hằng tuần, mỗi hộ quét dọn phần đường trước nhà; rác hữu cơ ủ tại vườn, rác còn lại để đầu ngõ trước 7 giờ.\n", 3))),
		FromDay: proto.Int32(int32(nt.Day(20, 11, 2026))),
	})
	for i := range 12 {
		id, head := nt.NewID(uint64(i+1)), fmt.Sprintf("Nguyễn Thị Hồng Nhung %d", i+1)
		b.Put(pb.Kind_KIND_HOUSEHOLD, id, nt.Unit, nt.Household(id), &pb.Household{
			Head: &head, FormOfAddress: proto.String("bà"), Hamlet: proto.String("Xóm Đình"), Member: book.ID(nt.Binh).Bytes(), Position: proto.Int32(int32(i + 3)),
		})
	}
}

func TestReadAndTell(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Binh)
	show(r)
	r.Want("Lịch lấy nước vụ xuân", words.NoticeUnread, "Đã phổ biến 0/2 hộ", "Của xã · đến 31/12/2026", words.UnreadNotices(1))
	if Count(r.Book) != 1 {
		t.Errorf("%d at the tab", Count(r.Book))
	}
	r.Tap("Lịch lấy nước vụ xuân")
	r.Want("Trạm bơm mở nước từ ngày 05/12.", "Từ 15/11/2026 đến 31/12/2026")
	r.Golden("unread")
	r.Tap(words.NoticeRead)
	if n := r.Book.Notices()[0]; !n.Read || Count(r.Book) != 0 {
		t.Errorf("%+v", n)
	}
	r.Tap("Hộ bà Trần Thị Lan")
	r.Want("Đã phổ biến 1/2 hộ", "Hộ bà Trần Thị Lan\nđã phổ biến 21/11")
	p, err := r.Book.Household(nt.Lan)
	if err != nil || len(p.NoticesTold) != 1 || p.NoticesTold[0].Notice != nt.Harvest {
		t.Fatalf("%v %+v", err, p.NoticesTold)
	}
	r.Golden("told")
	// A second tap takes it back, after a question.
	r.Tap("Hộ bà Trần Thị Lan")
	r.Want(words.NoticeUntellAsk, "Hộ bà Trần Thị Lan sẽ lại là chưa phổ biến.")
	r.Golden("untell")
	r.Tap(words.Cancel)
	r.Want("Đã phổ biến 1/2 hộ")
	r.Tap("Hộ bà Trần Thị Lan")
	r.Tap(words.NoticeUntell)
	r.Want("Đã phổ biến 0/2 hộ")
	if p, _ := r.Book.Household(nt.Lan); len(p.NoticesTold) != 0 {
		t.Errorf("%+v", p.NoticesTold)
	}
	r.Tap("Hộ bà Trần Thị Lan")
	r.Tap("Hộ ông Nguyễn Văn Đạt")
	r.Want("Đã phổ biến 2/2 hộ")
	r.Frame.Back()
	r.Want("Đã phổ biến 2/2 hộ")
	r.WantNot(words.NoticeUnread)
}

func TestEmpty(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	b.At = b.At.AddDate(0, 3, 0)
	show(r)
	r.Want(words.NoNotices)
	r.Golden("empty")
}

func TestNoticeThatEndedWhileOpen(t *testing.T) {
	b := nt.NewBranch(t)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	show(r)
	r.Tap("Lịch lấy nước vụ xuân")
	b.At = b.At.AddDate(0, 3, 0)
	r.Frame.Changed()
	r.Want(words.NoticeGone)
	r.WantNot(words.NoticeRead, words.NoticeTell)
}

func TestWithoutHouseholds(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Dung)
	show(r)
	r.Tap("Lịch lấy nước vụ xuân")
	r.Want(words.NoticeNobody)
}

func TestComingNoticeOfTheDesk(t *testing.T) {
	r := uitest.New(t, uitest.Phone, nt.Hoa)
	title, text, from := "Họp chi bộ", "Đúng 7 giờ tại nhà văn hóa.", nt.Day(1, 12, 2026)
	if _, err := r.Book.NewNotice(t.Context(), notebook.NoticeEdit{Title: &title, Text: &text, From: &from}); err != nil {
		t.Fatal(err)
	}
	show(r)
	if Count(r.Book) != 1 {
		t.Errorf("%d at the tab: what is to come is not waited for", Count(r.Book))
	}
	r.Want("Từ 01/12/2026", words.NoticeOfBranch)
	r.Tap(title)
	r.WantNot(words.NoticeTellHelp)
	r.Want("Từ 01/12/2026")
}

func TestLooks(t *testing.T) {
	b := nt.NewBranch(t)
	more(b)
	r := uitest.Over(t, uitest.Phone, b, nt.Binh)
	for i := range 7 {
		if _, err := r.Book.TellNotice(t.Context(), nt.Harvest, nt.NewID(uint64(i+1))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Book.ReadNotice(t.Context(), nt.Harvest); err != nil {
		t.Fatal(err)
	}
	show(r)
	r.Golden("list")
	r.Theme(kit.Theme{Shade: kit.Dark})
	r.Golden("list_dark")
	r.Theme(kit.Theme{})
	r.Tap("Chiến dịch vệ sinh")
	r.Window.Resize(fyne.NewSize(360, 1700))
	r.Golden("long")
	r.Frame.Back()
	r.Window.Resize(uitest.Desktop)
	r.Tap("Lịch lấy nước vụ xuân")
	r.Golden("wide")
	r.Window.Resize(uitest.Phone)
	r.Theme(kit.Theme{Step: 3})
	r.Golden("large")
}
