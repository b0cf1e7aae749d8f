package household

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/frame"
	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
)

// Sheet is "Những gì chúng tôi ghi về hộ", in large letters: the phone is shown to the
// household, or the whole is copied.
func Sheet(f *frame.Frame, id notebook.ID) *frame.Screen {
	column := kit.Column(kit.Grid)
	s := &frame.Screen{Name: "sheet", Title: words.WhatWeHold, Body: column}
	var shown []sheetLine
	foot := kit.Act(words.SheetCopy, func() { f.Copy(plainSheet(shown)) })
	foot.Disable()
	s.Foot = foot
	s.Refresh = func() {
		b := f.Book
		frame.Load(f, func() []sheetLine {
			sheet, err := b.Sheet(id)
			if err != nil {
				return []sheetLine{{text: notebook.Say(err)}}
			}
			return sheetLines(sheet)
		}, func(lines []sheetLine) {
			if slices.Equal(lines, shown) {
				return
			}
			shown = lines
			column.Objects = nil
			for _, l := range lines {
				column.Add(l.object())
			}
			foot.Enable()
			s.Fit()
		})
	}
	return s
}

// sheetLine is one paragraph of the sheet.
type sheetLine struct {
	rank sheetRank
	text string
}

type sheetRank int

const (
	sheetText   sheetRank = iota
	sheetEntry            // the first line of a record
	sheetHead             // of a part
	sheetSecond           // of lower rank
)

func (l sheetLine) object() fyne.CanvasObject {
	t := kit.NewText(l.text, kit.Style{Size: kit.Title, Bold: l.rank == sheetHead || l.rank == sheetEntry})
	switch l.rank {
	case sheetHead:
		return kit.Column(kit.Grid, kit.Gap(kit.Grid), kit.Rule(), t)
	case sheetEntry:
		return kit.Column(0, kit.Gap(kit.Grid), t)
	case sheetSecond:
		return kit.Plain(l.text)
	}
	return t
}

// sheetLines puts a sheet into words.
func sheetLines(s notebook.Sheet) []sheetLine {
	lines := []sheetLine{{sheetEntry, s.Title}, {sheetText, words.SheetFor}, {sheetSecond, words.SheetMade(s.Made)}}
	add := func(rank sheetRank, texts ...string) {
		for _, t := range texts {
			if t != "" {
				lines = append(lines, sheetLine{rank, t})
			}
		}
	}
	fields := func(all []notebook.FieldLine) {
		for _, l := range all {
			add(sheetText, words.ValueWas(l.Name, l.Value))
		}
	}
	add(sheetHead, words.SheetContact)
	fields(s.Contact)
	for _, part := range s.Parts {
		add(sheetHead, part.Kind.Text)
		for _, r := range part.Records {
			add(sheetEntry, strings.TrimSpace(r.Title+" "+words.SheetMark(r.Deleted, r.Draft, r.Refused)))
			fields(r.Fields)
			add(sheetSecond, words.Capital(words.WrittenBy(r.By)))
		}
	}
	add(sheetHead, words.SheetWho)
	add(sheetText, words.SheetWhoText, words.SheetPhones(s.Holders))
	add(sheetHead, words.SheetNever)
	add(sheetText, words.SheetNeverText)
	add(sheetHead, words.SheetRights)
	add(sheetText, words.SheetRightsText)
	add(sheetSecond, words.SheetOthers)
	return lines
}

// plainSheet is the sheet as text, to be sent or printed elsewhere.
func plainSheet(lines []sheetLine) string {
	var b strings.Builder
	b.WriteString(words.WhatWeHold + "\n")
	for _, l := range lines {
		if l.rank == sheetHead || l.rank == sheetEntry {
			b.WriteByte('\n')
		}
		b.WriteString(l.text + "\n")
	}
	return b.String()
}
