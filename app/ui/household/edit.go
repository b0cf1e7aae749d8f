package household

import (
	"context"
	"slices"
	"strconv"
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

// Numbers of a household's fields.
const (
	fieldHead, fieldHamlet, fieldAddress, fieldPhone, fieldSize, fieldForm = 1, 2, 3, 4, 5, 6
	fieldWelfare, fieldPosition                                            = 101, 102
)

// formName is the form's name in drafts.
const formName = "household"

// Edit is the form of a household's contact fields; secretary and deputy also write what
// the state says of it, and the order of the walk.
func Edit(f *frame.Frame, id notebook.ID) *frame.Screen {
	return editing(f, id).again().start("household-edit")
}

func editing(f *frame.Frame, id notebook.ID) *editor {
	fm := contact(f)
	fm.base = notebook.DraftForm{ID: id}
	fm.load = func(b *notebook.Notebook) source {
		e, err := b.Entry(id)
		return source{title: words.EditHouseholdTitle, of: e.Fields, desk: b.Me().Desk, closed: !b.MayEdit(id), err: err}
	}
	fm.save = func(ctx context.Context, b *notebook.Notebook, e notebook.Edit, _ notebook.ID) (notebook.Saved, error) {
		return b.EditHousehold(ctx, id, e.(notebook.HouseholdEdit))
	}
	return fm
}

// New is the form of a household that is new in the branch; for secretary and deputy.
func New(f *frame.Frame) *frame.Screen { return adding(f).start("household-new") }

func adding(f *frame.Frame) *editor {
	fm := contact(f)
	fm.load = func(b *notebook.Notebook) source {
		return source{title: words.NewHouseholdTitle, desk: b.Me().Desk}
	}
	fm.always = true
	fm.save = func(ctx context.Context, b *notebook.Notebook, e notebook.Edit, draft notebook.ID) (notebook.Saved, error) {
		return b.NewHousehold(ctx, e.(notebook.HouseholdEdit), draft)
	}
	fm.next = func(saved notebook.Saved) *frame.Screen { return Page(f, saved.ID) }
	return fm
}

// mending is the form of a refused change of a household.
func mending(f *frame.Frame, m notebook.Mend) *editor {
	fm := contact(f)
	fm.base, fm.always = notebook.DraftForm{ID: m.Record}, true
	fm.load = func(b *notebook.Notebook) source {
		return source{title: words.EditHouseholdTitle, of: m.Fields, desk: b.Me().Desk}
	}
	fm.save = sendAgain(m)
	return fm
}

// sendAgain answers a refused record with an edit of it.
func sendAgain(m notebook.Mend) func(context.Context, *notebook.Notebook, notebook.Edit, notebook.ID) (notebook.Saved, error) {
	return func(ctx context.Context, b *notebook.Notebook, e notebook.Edit, _ notebook.ID) (notebook.Saved, error) {
		return form.SendAgain(ctx, b, m.Record, e)
	}
}

// contact makes the form without what it is for.
func contact(f *frame.Frame) *editor {
	fm := &editor{f: f, name: formName}
	fm.build = func(src source) []*slot { return contactSlots(fm, src) }
	fm.read = func(changed values) (notebook.Edit, map[string]string) { return readContact(fm, changed) }
	return fm
}

func contactSlots(fm *editor, src source) []*slot {
	limits := book.LimitsOf(pb.Kind_KIND_HOUSEHOLD)
	entry := func(key string, field uint32, e *kit.Entry) *slot {
		limit := limits[field].Letters
		if limit == 0 {
			limit = 12 // a number
		}
		return fm.entry(key, field, book.FieldName(pb.Kind_KIND_HOUSEHOLD, field), e, limit)
	}
	// Who is called otherwise than the list knows keeps that.
	forms := words.FormsOfAddress()
	if own := texts(src.of)[fieldForm]; own != "" && !slices.Contains(forms, own) {
		forms = append(forms, own)
	}
	slots := []*slot{
		entry("head", fieldHead, kit.NewEntry("")),
		fm.choice("form", fieldForm, book.FieldName(pb.Kind_KIND_HOUSEHOLD, fieldForm),
			kit.NewChoice(append(slices.Clone(forms), words.NoForm)...).Keep(), append(forms, ""), nil),
		entry("hamlet", fieldHamlet, kit.NewEntry("")),
		entry("address", fieldAddress, kit.NewEntry("")),
		entry("phone", fieldPhone, kit.NewNumbers(words.PhoneHint)),
		entry("size", fieldSize, kit.NewNumbers("")),
	}
	if src.desk {
		names, codes, byName := welfares()
		slots = append(slots,
			fm.choice("welfare", fieldWelfare, book.FieldName(pb.Kind_KIND_HOUSEHOLD, fieldWelfare), kit.NewChoice(names...), codes,
				func(text string) string { return byName[text] }),
			entry("position", fieldPosition, kit.NewNumbers("")))
	}
	return slots
}

// welfares gives the closed list of the state: names, the enum's numbers as text, and the
// numbers by the words that records show.
func welfares() (names, codes []string, byName map[string]string) {
	byName = map[string]string{}
	for n := int32(1); pb.Welfare_name[n] != ""; n++ {
		name, code := words.Capital(book.Label(pb.Welfare(n))), strconv.Itoa(int(n))
		names, codes, byName[name] = append(names, name), append(codes, code), code
	}
	return names, codes, byName
}

// readContact makes the edit of what was changed.
func readContact(fm *editor, changed values) (notebook.Edit, map[string]string) {
	e, wrong := notebook.HouseholdEdit{}, map[string]string{}
	for key, to := range map[string]**string{"head": &e.Head, "hamlet": &e.Hamlet, "address": &e.Address, "form": &e.FormOfAddress} {
		if v, ok := changed[key]; ok {
			*to = &v
		}
	}
	if fm.slot("head").get() == "" {
		wrong["head"] = words.HeadNeeded
	}
	if v, ok := changed["phone"]; ok {
		if _, err := viet.Phone(v); v != "" && err != nil {
			wrong["phone"] = notebook.Say(err)
		} else {
			e.Phone = &v
		}
	}
	for key, to := range map[string]**int32{"size": &e.Size, "position": &e.Position} {
		v, ok := changed[key]
		if !ok {
			continue
		}
		n, err := count(v)
		if err != "" {
			wrong[key] = err
			continue
		}
		*to = &n
	}
	if v, ok := changed["welfare"]; ok {
		n, _ := strconv.Atoi(v) // "" is none
		w := pb.Welfare(n)
		e.Welfare = &w
	}
	return e, wrong
}

// count reads a whole number, nothing as 0, or says what is wrong with it.
func count(s string) (int32, string) {
	if strings.TrimSpace(s) == "" {
		return 0, ""
	}
	n, err := viet.ParseInt(s)
	switch {
	case err != nil:
		return 0, notebook.Say(err)
	case n != int64(int32(n)):
		return 0, words.NumberTooBig
	}
	return int32(n), ""
}

// ResumeDraft goes on with the form of a draft of a household or a contribution; nil for
// another kind.
func ResumeDraft(f *frame.Frame, d notebook.Draft) *frame.Screen {
	var fm *editor
	switch d.Kind.Code {
	case "household":
		fm = resumed(f, d, mending, func() *editor { return editing(f, d.ID) }, func() *editor { return adding(f) })
	case "contribution":
		fm = resumed(f, d, mendingGift, func() *editor { return editingGift(f, d.ID) }, func() *editor { return addingGift(f, d.Household) })
	default:
		return nil
	}
	return fm.start(d.Kind.Code + "-draft")
}

// resumed chooses what a draft is for: to mend what was refused, an edit of what is there,
// or something new.
func resumed(f *frame.Frame, d notebook.Draft, mend func(*frame.Frame, notebook.Mend) *editor, edit, add func() *editor) *editor {
	fm := add()
	if m, ok := form.Refused(f.Book, d.ID); ok {
		fm = mend(f, m)
	} else if _, err := f.Book.Entry(d.ID); err == nil {
		fm = edit()
	}
	fm.from(d)
	return fm
}
