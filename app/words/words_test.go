package words

import (
	"testing"
	"time"

	"sodanvan/shared/viet"
)

func TestStatusWords(t *testing.T) {
	at := time.Date(2026, 11, 20, 3, 42, 0, 0, time.UTC)
	for _, c := range []struct{ name, got, want string }{
		{"written", Written, "Đã ghi trên máy này"},
		{"outbox", Unsent, "Chưa gửi (đợi có mạng)"},
		{"stored", Stored, "Máy chủ đã lưu"},
		{"approved", Approved, "Bí thư đã duyệt"},
		{"returned", Returned("thiếu ngày"), "Trả lại: «thiếu ngày»"},
		{"waiting again", WaitingAgain, "Đã sửa, chờ duyệt lại"},
		{"overwritten", Overwritten("Hoa", at), "Đồng chí Hoa đã sửa lúc 10:42 ngày 20/11. Giữ của mình?"},
		{"no network", NoNetwork, "Chưa có mạng. Cứ ghi tiếp, có mạng máy sẽ tự gửi."},
		{"safe", AllSafe, "Đã lưu an toàn tất cả. Có thể đổi điện thoại."},
		{"not yours", NotYours, "Không tìm thấy, hoặc không thuộc phạm vi của đồng chí."},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q as every screen says it", c.name, c.got, c.want)
		}
	}
}

func TestSinceVisit(t *testing.T) {
	for _, c := range []struct {
		days int32
		want string
	}{
		{-2, "đã ghi trước cho 2 ngày nữa"},
		{0, "gặp hôm nay"},
		{1, "gặp hôm qua"},
		{3, "gặp 3 ngày trước"},
		{29, "gặp 29 ngày trước"},
		{30, "30 ngày chưa gặp"},
		{32, "32 ngày chưa gặp"},
	} {
		if got := SinceVisit(c.days); got != c.want {
			t.Errorf("%d days: %q, want %q", c.days, got, c.want)
		}
	}
}

func TestDays(t *testing.T) {
	// 17:30 UTC is already the next day in Viet Nam.
	late := time.Date(2026, 11, 20, 17, 30, 0, 0, time.UTC)
	if got := Day(Today(late)); got != "21/11/2026" {
		t.Errorf("today at 17:30 UTC: %s", got)
	}
	if got := Day(0); got != "" {
		t.Errorf("no day: %q", got)
	}
	if got := ShortDay(int32(viet.Date{Year: 2026, Month: 12, Day: 5}.Days())); got != "05/12" {
		t.Errorf("short day: %q", got)
	}
	if got := Count(4785, "hộ"); got != "4.785 hộ" {
		t.Errorf("count: %q", got)
	}
}
