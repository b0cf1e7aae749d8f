package main

import (
	"strings"

	"sodanvan/app/notebook"
	"sodanvan/app/words"
)

// printer puts text together: lines of parts, in steps of two blanks.
type printer struct {
	b   strings.Builder
	ids bool
}

// line writes the parts that are not empty, two blanks between them. A part with line
// breaks goes on in the same column.
func (p *printer) line(step int, parts ...string) {
	indent := strings.Repeat("  ", step)
	text := ""
	for _, part := range parts {
		if part == "" {
			continue
		}
		if text != "" {
			text += "  "
		}
		text += part
	}
	if text == "" {
		return
	}
	p.b.WriteString(indent + strings.ReplaceAll(text, "\n", "\n"+indent) + "\n")
}

// head writes a heading with an empty line before it.
func (p *printer) head(text string) {
	if p.b.Len() > 0 {
		p.b.WriteByte('\n')
	}
	p.b.WriteString(text + "\n")
}

// id gives an id in brackets where ids are wanted.
func (p *printer) id(id notebook.ID) string {
	if !p.ids || id.IsZero() {
		return ""
	}
	return "[" + id.String() + "]"
}

func dots(parts ...string) string {
	var out []string
	for _, part := range parts {
		if part != "" {
			out = append(out, part)
		}
	}
	return strings.Join(out, " · ")
}

func receipt(r notebook.Receipt) string { return r.Icon() + " " + r.Text }

// onBehalf tells for whom a proxy wrote.
func onBehalf(name string) string {
	if name == "" {
		return ""
	}
	return words.WrittenFor(name)
}

func (p *printer) households(title string, lines []notebook.HouseholdLine, searched bool) {
	p.line(0, title+" — "+words.Households(len(lines)))
	if len(lines) == 0 {
		empty := words.NoHouseholds
		if searched {
			empty = words.NothingFound
		}
		p.line(1, empty)
	}
	for _, l := range lines {
		mark := "○"
		if l.OpenPetitions > 0 || l.LastVisit == 0 {
			mark = "●"
		}
		p.line(0, mark+" "+l.Head, p.id(l.ID))
		p.line(1, dots(l.Address, l.Phone))
		open := ""
		if l.OpenPetitions > 0 {
			open = words.OpenPetitions(l.OpenPetitions)
		}
		p.line(1, dots(l.Since, open))
		if l.NextVisit != 0 {
			p.line(1, words.FollowUp(int32(l.NextVisit)))
		}
		if l.Unsent > 0 {
			p.line(1, "↑ "+words.UnsentCount(l.Unsent))
		}
		if l.Leaving {
			p.line(1, words.Leaving)
		}
	}
}

func (p *printer) page(h notebook.Page) {
	p.line(0, h.Title, p.id(h.ID))
	p.line(0, h.Address)
	size := ""
	if h.Size > 0 {
		size = words.People(h.Size)
	}
	p.line(0, dots(size, h.Welfare.Text))
	if h.Phone != "" {
		p.line(0, words.Call(h.Phone))
	}
	if h.Assigned == "" {
		p.line(0, words.Capital(words.NobodyAssigned))
	} else {
		p.line(0, words.LookedAfterBy(h.Assigned))
	}
	p.line(0, receipt(h.Receipt))
	if h.Leaving {
		p.line(0, words.Leaving)
	}
	p.conflicts(h.Conflicts)
	p.mends(h.Mends)
	if len(h.Drafts) > 0 {
		p.drafts(h.Drafts)
	}
	p.head(words.Consents)
	for _, c := range h.Consents {
		p.line(1, c.Purpose.Text+": "+dots(c.Text, c.Day.String(), strings.ToLower(c.Channel.Text)))
	}
	p.head(words.Petitions)
	if len(h.Petitions) == 0 {
		p.line(1, words.NoPetitions)
	}
	for _, l := range h.Petitions {
		p.petition(l)
	}
	p.head(words.Visits)
	if len(h.Visits) == 0 {
		p.line(1, words.NoVisits)
	}
	for _, v := range h.Visits {
		p.line(1, v.Day.String(), v.Contact.Text, receipt(v.Receipt), onBehalf(v.For), p.id(v.ID))
		p.line(2, strings.Join(v.Topics, ", "))
		p.line(2, v.Note)
		if v.FollowUp != 0 {
			p.line(2, words.FollowUp(int32(v.FollowUp)))
		}
	}
	if len(h.Contributions) > 0 {
		p.head(words.Contributions)
	}
	for _, c := range h.Contributions {
		p.line(1, c.Day.String(), c.Text, c.Initiative, receipt(c.Receipt), p.id(c.ID))
	}
	if len(h.NoticesTold) > 0 {
		p.head(words.NoticesTold)
	}
	for _, t := range h.NoticesTold {
		p.line(1, t.Day.String(), t.Title, receipt(t.Receipt), p.id(t.ID))
	}
}

func (p *printer) petition(l notebook.PetitionLine) {
	p.line(1, l.Number, l.Day.String(), l.Matter, onBehalf(l.For), p.id(l.ID))
	p.line(2, l.Text)
	due := ""
	if l.Due != 0 && !l.Closed {
		due = words.Due(int32(l.Due))
	}
	p.line(2, dots(receipt(l.Receipt), l.Standing.Text, due))
	for _, s := range l.Steps {
		p.line(3, s.Day.String(), dots(s.What.Text, s.Text), receipt(s.Receipt), p.id(s.ID))
	}
}

func (p *printer) fields(step int, fields []notebook.FieldLine) {
	for _, f := range fields {
		mark := ""
		if f.Changed {
			mark = "✎"
		}
		value := f.Value
		if value == "" {
			value = words.Empty
		}
		p.line(step, mark, f.Name+": "+value)
	}
}

func (p *printer) conflicts(all []notebook.Conflict) {
	if len(all) > 0 {
		p.head(words.Conflicts)
	}
	for _, c := range all {
		p.line(1, c.Text, p.id(c.ID))
		p.line(2, c.Title)
		p.line(2, words.OverwrittenValues(c.Field, c.Mine, c.Theirs))
	}
}

func (p *printer) mends(all []notebook.Mend) {
	if len(all) > 0 {
		p.head(words.Mend)
	}
	for _, m := range all {
		p.line(1, dots(m.Kind.Text, m.Of), m.Title, p.id(m.Record))
		p.line(2, m.Text)
		p.fields(3, m.Fields)
	}
}

func (p *printer) drafts(all []notebook.Draft) {
	p.head(words.Drafts)
	for _, d := range all {
		p.line(1, dots(d.Kind.Text, d.Of), timeText(d.SavedAt), p.id(d.ID))
		p.fields(2, d.Fields)
	}
}

func (p *printer) queue(groups []notebook.ReviewGroup) {
	p.line(0, words.ReviewQueue)
	if len(groups) == 0 {
		p.line(1, words.NoReviews)
	}
	for _, g := range groups {
		n := len(g.Items)
		for _, m := range g.Months {
			n += len(m.Visits)
		}
		p.head(words.ByMember(g.Name, n))
		for _, m := range g.Months {
			p.line(1, words.Visits+" "+words.MonthOf(m.Year, m.Month)+" ("+words.Count(len(m.Visits), "lượt")+")")
			for _, v := range m.Visits {
				p.item(2, v)
			}
		}
		for _, i := range g.Items {
			p.item(1, i)
		}
	}
}

func (p *printer) item(step int, i notebook.ReviewItem) {
	by := ""
	if len(i.By) > 0 {
		by = words.WrittenBy(i.By...)
	}
	p.line(step, dots(i.Kind.Text, i.Of), i.Receipt.Text, by, p.id(i.ID))
	p.fields(step+1, i.Fields)
}

func (p *printer) suggestions(all []notebook.Suggestion) {
	p.line(0, words.Desk)
	if len(all) == 0 {
		p.line(1, words.NoSuggestions)
	}
	for _, s := range all {
		p.line(1, dots(s.Kind.Text, s.Of), s.Why.Text, words.WrittenBy(s.By), p.id(s.ID))
		p.fields(2, s.Fields)
	}
}

func (p *printer) sheet(s notebook.Sheet) {
	p.line(0, words.WhatWeHold)
	p.line(0, s.Title)
	p.line(0, words.SheetMade(s.Made))
	p.line(0, words.SheetFor)
	p.head(words.SheetContact)
	p.fields(1, s.Contact)
	for _, part := range s.Parts {
		p.head(part.Kind.Text)
		for _, r := range part.Records {
			p.line(1, r.Title, words.WrittenBy(r.By), words.SheetMark(r.Deleted, r.Draft, r.Refused))
			p.fields(2, r.Fields)
		}
	}
	p.head(words.SheetWho)
	p.line(1, words.SheetWhoText)
	p.line(1, words.SheetPhones(s.Holders))
	p.head(words.SheetNever)
	p.line(1, words.SheetNeverText)
	p.head(words.SheetRights)
	p.line(1, words.SheetRightsText)
	p.line(1, words.SheetOthers)
}
