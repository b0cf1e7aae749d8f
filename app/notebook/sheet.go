package notebook

import (
	"slices"
	"time"

	"sodanvan/app/words"
	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
)

// Sheet is "Những gì chúng tôi ghi về hộ": everything that this phone's book holds about
// one household, to show or print for it (docs/domain.md, "The line", 5). It has
// no summary and leaves nothing out: what is not in it is not in this book.
type Sheet struct {
	Title string    `json:"title"`
	Made  time.Time `json:"made"`
	// Holders are the people whose phones hold this household's page.
	Holders []string `json:"holders"`
	// Contact are the fields of the household's own page.
	Contact []FieldLine `json:"contact"`
	// Parts are all other records, by kind.
	Parts []SheetPart `json:"parts"`
}

// SheetPart is all records of one kind.
type SheetPart struct {
	Kind    Term         `json:"kind"`
	Records []SheetEntry `json:"records"`
}

// SheetEntry is one record with all that stands in it.
type SheetEntry struct {
	ID     ID          `json:"id"`
	Title  string      `json:"title"`
	By     string      `json:"by"`
	Fields []FieldLine `json:"fields"`
	// Deleted: marked as deleted; the server drops its body after 180 days.
	Deleted bool `json:"deleted,omitempty"`
	// Draft: an unfinished form on this phone. Refused: a change that the server refused.
	Draft   bool `json:"draft,omitempty"`
	Refused bool `json:"refused,omitempty"`
}

// Sheet makes the sheet of a household; ErrNotYours where it is not here.
func (n *Notebook) Sheet(household ID) (Sheet, error) {
	v := n.view()
	r, ok := v.Record(book.ID(household))
	if !ok || r.Kind != pb.Kind_KIND_HOUSEHOLD {
		return Sheet{}, ErrNotYours
	}
	s := Sheet{
		Title: v.title(r.Record), Made: n.o.now().In(words.Zone()), Holders: v.holders(r.Record),
		Contact: v.fieldLines(r.Kind, r.State, lww.Version{}), Parts: []SheetPart{},
	}
	parts := map[pb.Kind][]SheetEntry{}
	for child := range v.Held(r.Holder) {
		if child.ID != r.ID {
			parts[child.Kind] = append(parts[child.Kind], v.sheetEntry(child.Record))
		}
	}
	// Unfinished and refused work is on this phone too.
	for _, d := range v.Snapshot.Drafts() {
		if d.Holder == r.Holder {
			e := v.sheetEntry(book.Record{Kind: d.Kind, ID: d.ID, Author: v.me.Member, State: lww.State{Body: d.Patch.GetSet()}})
			e.Draft = true
			parts[d.Kind] = append(parts[d.Kind], e)
		}
	}
	for _, o := range v.Mend() {
		if o.Holder == r.Holder && o.Patch() != nil {
			e := v.sheetEntry(book.Record{Kind: o.Kind, ID: o.Record, Author: v.me.Member, State: lww.State{Body: o.Patch().GetSet()}})
			e.Refused = true
			parts[o.Kind] = append(parts[o.Kind], e)
		}
	}
	for _, info := range book.Kinds() {
		if entries := parts[info.Kind]; len(entries) > 0 {
			slices.SortStableFunc(entries, func(a, b SheetEntry) int { return slices.Compare(a.ID[:], b.ID[:]) })
			s.Parts = append(s.Parts, SheetPart{Kind: kindTerm(info.Kind), Records: entries})
		}
	}
	return s, nil
}

func (v *view) sheetEntry(r book.Record) SheetEntry {
	e := SheetEntry{
		ID: ID(r.ID), Title: v.title(r), By: v.authorName(r), Fields: v.fieldLines(r.Kind, r.State, lww.Version{}), Deleted: deleted(r),
	}
	if r.Kind == pb.Kind_KIND_OVERWRITTEN {
		e.By = v.memberName(book.ID(idFrom(decode[pb.Overwritten](r.State).GetAuthor())))
		e.Fields = v.lostLines(r)
	}
	return e
}

// holders names whose phones hold the household's page: its member, their proxies,
// secretary and deputy; those without a phone left out.
func (v *view) holders(r book.Record) []string {
	out := []string{}
	for _, m := range (world{v}).BranchMembers(r.Unit) {
		if m.Deleted || !m.HasDevice {
			continue
		}
		a := book.Actor{Member: m.ID, Branch: r.Unit, Commune: v.me.Commune, Office: m.Office}
		if book.MaySee(a, r.Holder, r.Unit, world{v}) {
			out = append(out, v.memberName(m.ID))
		}
	}
	slices.Sort(out)
	return out
}
