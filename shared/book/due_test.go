package book

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/viet"
)

func dayOf(t testing.TB, s string) int32 {
	t.Helper()
	d, err := viet.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return int32(d.Days())
}

func TestDueDay(t *testing.T) {
	// Tết Bính Ngọ 2026 as a commune would enter it (its five weekdays), and 30 April, 1 May.
	var holidays []int32
	for d := dayOf(t, "16/02/2026"); d <= dayOf(t, "20/02/2026"); d++ {
		holidays = append(holidays, d)
	}
	holidays = append(holidays, dayOf(t, "01/05/2026"), dayOf(t, "30/04/2026"))
	for _, tc := range []struct {
		name, from string
		days       int32
		calendar   bool
		want       string
	}{
		{"ten working days from a Monday", "05/01/2026", 10, false, "19/01/2026"},
		{"one working day from a Friday", "09/01/2026", 1, false, "12/01/2026"},
		{"one working day from a Saturday", "10/01/2026", 1, false, "12/01/2026"},
		{"one working day from a Sunday", "11/01/2026", 1, false, "12/01/2026"},
		{"five working days from a Friday", "09/01/2026", 5, false, "16/01/2026"},
		{"over Tết", "09/02/2026", 10, false, "02/03/2026"},
		{"the day before Tết", "13/02/2026", 1, false, "23/02/2026"},
		{"over 30 April", "29/04/2026", 1, false, "04/05/2026"},
		{"calendar days", "05/01/2026", 10, true, "15/01/2026"},
		{"calendar days that end on a Saturday", "07/01/2026", 10, true, "19/01/2026"},
		{"calendar days that end in Tết", "06/02/2026", 10, true, "23/02/2026"},
		{"over the end of a leap February", "26/02/2024", 3, false, "29/02/2024"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := DueDay(dayOf(t, tc.from), &pb.Limit{Days: &tc.days, CalendarDays: &tc.calendar}, holidays)
			if got != dayOf(t, tc.want) {
				t.Errorf("%s, want %s", viet.FromDays(int(got)), tc.want)
			}
		})
	}
	for name, limit := range map[string]*pb.Limit{"no limit": nil, "no days": {}, "negative": {Days: proto.Int32(-1)}} {
		if got := DueDay(20000, limit, nil); got != 0 {
			t.Errorf("%s: %d", name, got)
		}
	}
}

func TestDueDayProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		from := rapid.Int32Range(-20000, 60000).Draw(rt, "from")
		days := rapid.Int32Range(1, 90).Draw(rt, "days")
		holidays := rapid.SliceOf(rapid.Int32Range(from-5, from+150)).Draw(rt, "holidays")
		due := DueDay(from, &pb.Limit{Days: &days}, holidays)
		if due < from+days {
			rt.Fatalf("due %d before %d days from %d", due, days, from)
		}
		isHoliday := map[int32]bool{}
		for _, h := range holidays {
			isHoliday[h] = true
		}
		working := int32(0)
		for d := from + 1; d <= due; d++ {
			switch time.Unix(int64(d)*86400, 0).UTC().Weekday() {
			case time.Saturday, time.Sunday:
			default:
				if !isHoliday[d] {
					working++
				}
			}
		}
		if working != days {
			rt.Fatalf("%d working days to the due day, want %d", working, days)
		}
		if again := DueDay(from, &pb.Limit{Days: proto.Int32(days + 1)}, holidays); again <= due {
			rt.Fatalf("a longer limit is due on %d, the shorter on %d", again, due)
		}
	})
}

func TestLimitFor(t *testing.T) {
	w := newWorld()
	land := named("đất đai")
	add := func(name string, l *pb.Limit, deleted bool) {
		c := &pb.Calendar{Limit: l}
		if deleted {
			c.Deleted = proto.Bool(true)
		}
		w.stored(t, pb.Kind_KIND_CALENDAR, name, "cán", "xã", byCommune("xã"), "xã", c)
	}
	add("chung", &pb.Limit{Days: proto.Int32(10), ValidFromDay: proto.Int32(100)}, false)
	add("chung mới", &pb.Limit{Days: proto.Int32(12), ValidFromDay: proto.Int32(300)}, false)
	add("đất", &pb.Limit{Matter: land.Bytes(), Days: proto.Int32(30), ValidFromDay: proto.Int32(150), ValidToDay: proto.Int32(250)}, false)
	add("xóa", &pb.Limit{Days: proto.Int32(1), ValidFromDay: proto.Int32(310)}, true)
	w.stored(t, pb.Kind_KIND_CALENDAR, "tết", "cán", "xã", byCommune("xã"), "xã", &pb.Calendar{Holiday: &pb.Holiday{Day: proto.Int32(200), Name: proto.String("Tết")}})
	calendar := w.About(named("xã"), pb.Kind_KIND_CALENDAR)
	for _, tc := range []struct {
		name   string
		matter ID
		day    int32
		want   int32
	}{
		{"before any", ID{}, 99, 0}, {"first day", ID{}, 100, 10}, {"other matter", named("khác"), 200, 10},
		{"own limit", land, 200, 30}, {"last day of the own limit", land, 250, 30}, {"own limit is over", land, 251, 10},
		{"a newer general one", ID{}, 300, 12}, {"deleted ones do not count", ID{}, 400, 12},
	} {
		if got := LimitFor(calendar, tc.matter, tc.day).GetDays(); got != tc.want {
			t.Errorf("%s: %d days, want %d", tc.name, got, tc.want)
		}
	}
	if days := Holidays(calendar); len(days) != 1 || days[0] != 200 {
		t.Errorf("holidays %v", days)
	}
}
