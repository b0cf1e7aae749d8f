package kit

import (
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"sodanvan/app/words"
	"sodanvan/shared/viet"
)

// Date is a field for a day: typed as people write it (21/11/2026, 21/11), or chosen with
// one tap. Days are counted from 1970-01-01 in Viet Nam, 0 is no day, as in the notebook.
type Date struct {
	widget.BaseWidget
	// OnEdited is called after a user changed it.
	OnEdited func()

	body  *fyne.Container
	entry *Entry
	help  *Text
	quick *Choice
	days  []int32
	today int32
	none  bool
}

// Jump is a chip that sets a day: days from today on.
type Jump struct {
	Words string
	Days  int32
}

// NewDate makes the field. now is the phone's clock. With none the field may stay empty.
func NewDate(now time.Time, none bool, jumps ...Jump) *Date {
	d := &Date{entry: NewNumbers(words.DateHint), help: Help(), today: words.Today(now), none: none}
	names := make([]string, 0, len(jumps)+1)
	if none {
		names, d.days = append(names, words.NoDay), append(d.days, 0)
	}
	for _, j := range jumps {
		names, d.days = append(names, j.Words), append(d.days, d.today+j.Days)
	}
	d.quick = NewChoice(names...).Keep()
	d.quick.OnChanged = func() {
		d.entry.SetText(words.Day(d.days[d.quick.Chosen()]))
		d.changed()
	}
	d.entry.OnEdited = func(string) { d.changed() }
	d.body = Column(Grid, d.quick, d.entry, d.help)
	d.ExtendBaseWidget(d)
	return d
}

// CreateRenderer is Fyne's.
func (d *Date) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(d.body) }

// Named gives the field its name for screen readers and tests.
func (d *Date) Named(label string) *Date { d.entry.Named(label); return d }

// Unset says what the empty field means, on the chip that empties it; only with none.
func (d *Date) Unset(words string) *Date {
	if d.none {
		d.quick.chips[0].SetWords(words)
	}
	return d
}

func (d *Date) changed() {
	day, err := d.Day()
	Tell(d.help, errWords(err))
	i := -1
	for k, v := range d.days {
		if err == nil && v == day {
			i = k
		}
	}
	d.quick.Choose(i)
	if d.OnEdited != nil {
		d.OnEdited()
	}
}

// errWords gives the sentence of an error that has one.
func errWords(err error) string {
	if u, ok := err.(interface{ UserMessage() string }); ok {
		return u.UserMessage()
	}
	return ""
}

// Day reads the field; the error has a sentence and stands below the field already.
func (d *Date) Day() (int32, error) {
	if d.entry.Text == "" && d.none {
		return 0, nil
	}
	text := strings.TrimSpace(d.entry.Text)
	if strings.Count(text, "/") == 1 {
		return d.nearYear(text)
	}
	got, err := viet.ParseDate(text)
	if err != nil {
		return 0, err
	}
	return int32(got.Days()), nil
}

// nearYear reads a day without a year: this year's, but at the turn of the year that of the
// year that is meant. What was done is not half a year ahead, and what is planned not half a
// year ago.
func (d *Date) nearYear(text string) (int32, error) {
	const halfYear = 183
	year := viet.FromDays(int(d.today)).Year
	in := func(y int) (int32, error) {
		got, err := viet.ParseDate(text + "/" + strconv.Itoa(y))
		return int32(got.Days()), err
	}
	day, err := in(year)
	switch {
	case err != nil:
		return 0, err
	case day > d.today+halfYear:
		return in(year - 1)
	case d.none && day < d.today-halfYear:
		return in(year + 1)
	}
	return day, nil
}

// Set shows a day.
func (d *Date) Set(day int32) {
	d.entry.SetText(words.Day(day))
	i := -1
	for k, v := range d.days {
		if v == day {
			i = k
		}
	}
	d.quick.Choose(i)
}

// Text gives what stands in the field, good or not; SetRaw puts it back.
func (d *Date) Text() string { return d.entry.Text }

// SetRaw: see Text.
func (d *Date) SetRaw(s string) { d.entry.SetText(s); d.changed() }
