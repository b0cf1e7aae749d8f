// Package visit has the form of a visit: a new one, one that was recorded, a half-written
// one, and one that the server refused. It is one form: what differs is what stands in it
// at first and what the button at the bottom does.
package visit

import (
	"strings"
	"time"

	"sodanvan/app/notebook"
	"sodanvan/app/ui/form"
	"sodanvan/app/ui/frame"
	"sodanvan/app/words"
	pb "sodanvan/shared/gen/sodanvan/v1"
)

// New is the form of a new visit to a household; today stands in it.
func New(f *frame.Frame, household notebook.ID) *frame.Screen {
	return newForm(f, form.AsNew, household, notebook.ID{}).Screen
}

// Edit is the form of a visit that was recorded, with how far it has come; who may not write
// it gets a page to read.
func Edit(f *frame.Frame, household, id notebook.ID) *frame.Screen {
	return newForm(f, form.AsEdit, household, id).Screen
}

// ResumeDraft goes on with a half-written form: every field stands as it was typed, good or
// not.
func ResumeDraft(f *frame.Frame, d notebook.Draft) *frame.Screen {
	v := newForm(f, form.ModeOf(f, formName, d), d.Household, d.ID)
	v.Take(d)
	return v.Screen
}

// Mend is the form of a visit that the server refused, with the reason and what was written.
func Mend(f *frame.Frame, m notebook.Mend) *frame.Screen {
	v := newForm(f, form.AsMend, m.Household, m.Record)
	v.Why = m.Text
	return v.Screen
}

// contacts are the ways to meet, in the order of their chips.
var contacts = []pb.Contact{
	pb.Contact_CONTACT_AT_HOME, pb.Contact_CONTACT_PHONE, pb.Contact_CONTACT_MEETING,
	pb.Contact_CONTACT_NOBODY_MET, pb.Contact_CONTACT_NOT_WISHED,
}

// silent tells whether nothing was talked about in this way of meeting.
func silent(c pb.Contact) bool {
	return c == pb.Contact_CONTACT_NOBODY_MET || c == pb.Contact_CONTACT_NOT_WISHED
}

// untilNextMonth is how many days from now to the same day of the next month, or to its
// last day where that is sooner.
func untilNextMonth(now time.Time) int32 {
	now = now.In(words.Zone())
	y, m, d := now.Date()
	last := time.Date(y, m+2, 0, 0, 0, 0, 0, words.Zone()).Day()
	next := time.Date(y, m+1, min(d, last), 12, 0, 0, 0, words.Zone())
	return words.Today(next) - words.Today(now)
}

// ids and their text in a draft's own part.
func joinIDs(ids []notebook.ID) string {
	parts := make([]string, len(ids))
	for i, id := range ids {
		parts[i] = id.String()
	}
	return strings.Join(parts, " ")
}

func splitIDs(s string) []notebook.ID {
	var ids []notebook.ID
	for _, part := range strings.Fields(s) {
		if id, err := notebook.ParseID(part); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}
