package household

import (
	"context"
	"strings"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/form"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/viet"
)

// Numbers of a contribution's fields.
const fieldDay, fieldInitiative, fieldLand, fieldWorkdays, fieldValue = 1, 2, 3, 4, 5

// giftName is the form's name in drafts.
const giftName = "contribution"

// newGift is the form of what a household gives.
func newGift(f *frame.Frame, household notebook.ID) *frame.Screen {
	return addingGift(f, household).start("contribution-new")
}

func addingGift(f *frame.Frame, household notebook.ID) *editor {
	fm := gift(f)
	fm.base, fm.always = notebook.DraftForm{Household: household}, true
	today := words.Day(words.Today(f.Now()))
	fm.load = func(b *notebook.Notebook) source {
		return source{title: words.ContributionTitle, start: values{"day": today}, choices: b.Initiatives()}
	}
	fm.save = func(ctx context.Context, b *notebook.Notebook, e notebook.Edit, draft notebook.ID) (notebook.Saved, error) {
		return b.RecordContribution(ctx, household, e.(notebook.ContributionEdit), draft)
	}
	return fm
}

// editGift is the form of a contribution that was recorded.
func editGift(f *frame.Frame, household, id notebook.ID) *frame.Screen {
	fm := editingGift(f, id)
	fm.base.Household = household
	return fm.again().start("contribution-edit")
}

func editingGift(f *frame.Frame, id notebook.ID) *editor {
	fm := gift(f)
	fm.base = notebook.DraftForm{ID: id}
	fm.load = func(b *notebook.Notebook) source {
		e, err := b.Entry(id)
		return source{title: words.ContributionTitle, of: e.Fields, choices: b.Initiatives(), closed: !b.MayEdit(id), err: err}
	}
	fm.save = func(ctx context.Context, b *notebook.Notebook, e notebook.Edit, _ notebook.ID) (notebook.Saved, error) {
		return b.EditContribution(ctx, id, e.(notebook.ContributionEdit))
	}
	return fm
}

// mendingGift is the form of a refused contribution.
func mendingGift(f *frame.Frame, m notebook.Mend) *editor {
	fm := gift(f)
	fm.base, fm.always = notebook.DraftForm{ID: m.Record, Household: m.Household}, true
	fm.load = func(b *notebook.Notebook) source {
		return source{title: words.ContributionTitle, of: m.Fields, choices: b.Initiatives()}
	}
	fm.save = sendAgain(m)
	return fm
}

// gift makes the form without what it is for.
func gift(f *frame.Frame) *editor {
	fm := &editor{f: f, name: giftName}
	fm.build = func(src source) []*slot { return giftSlots(fm, src) }
	fm.read = func(changed values) (notebook.Edit, map[string]string) { return readGift(fm, changed) }
	return fm
}

func giftSlots(fm *editor, src source) []*slot {
	label := func(field uint32) string { return book.FieldName(pb.Kind_KIND_CONTRIBUTION, field) }
	date := form.NewDay(fm.f, label(fieldDay))
	fm.date = date
	day := &slot{key: "day", field: fieldDay, get: date.Text, set: date.SetRaw}
	date.OnEdited = func() {
		fm.touched(day)
		fm.screen.Fit()
	}
	day.o = kit.Field(label(fieldDay), date, nil)
	slots := []*slot{day}
	if len(src.choices) > 0 {
		var names, codes []string
		byName := map[string]string{}
		for _, c := range src.choices {
			names, codes = append(names, c.Name), append(codes, c.ID.String())
			byName[c.Name] = c.ID.String()
		}
		slots = append(slots, fm.choice("initiative", fieldInitiative, words.GivenFor, kit.NewChoice(names...), codes,
			func(text string) string { return byName[text] }))
	}
	const digits = 24
	return append(slots,
		fm.entry("land", fieldLand, label(fieldLand), kit.NewNumbers(words.LandHint), digits),
		fm.entry("workdays", fieldWorkdays, label(fieldWorkdays), kit.NewNumbers(words.WorkdaysHint), digits),
		fm.entry("value", fieldValue, label(fieldValue), kit.NewNumbers(words.ValueHint), digits))
}

// readGift makes the edit of what was changed.
func readGift(fm *editor, changed values) (notebook.Edit, map[string]string) {
	e, wrong := notebook.ContributionEdit{}, map[string]string{}
	if _, ok := changed["day"]; ok {
		n, err := fm.date.Day()
		if err != nil {
			wrong["day"] = notebook.Say(err)
		} else {
			day := notebook.Day(n)
			e.Day = &day
		}
	}
	if v, ok := changed["initiative"]; ok {
		id, _ := notebook.ParseID(v) // "" is none
		e.Initiative = &id
	}
	for key, to := range map[string]**float64{"land": &e.LandM2, "workdays": &e.Workdays} {
		v, ok := changed[key]
		if !ok {
			continue
		}
		n, err := 0.0, error(nil)
		if v != "" {
			n, err = viet.ParseNumber(v)
		}
		if err != nil {
			wrong[key] = notebook.Say(err)
			continue
		}
		*to = &n
	}
	if v, ok := changed["value"]; ok {
		n, err := int64(0), error(nil)
		if v != "" {
			n, err = viet.ParseInt(v)
		}
		if err != nil {
			wrong["value"] = notebook.Say(err)
		} else {
			e.ValueVND = &n
		}
	}
	if strings.Trim(fm.slot("land").get()+fm.slot("workdays").get()+fm.slot("value").get(), "0,. ") == "" {
		wrong[""] = words.GiveSomething
	}
	return e, wrong
}
