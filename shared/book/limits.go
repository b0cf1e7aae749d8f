package book

import (
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/viet"
)

// MaxBody is the greatest size of a merged body in bytes. Every text of the greatest
// length fits, in Vietnamese letters of three bytes; no call has to carry more for one
// record.
const MaxBody = 32 << 10

// Greatest lengths in letters and of lists.
const (
	maxName   = 200
	maxLine   = 500
	maxShort  = 100
	maxHalf   = 5_000
	maxText   = 10_000
	maxReason = 2_000
	maxPicks  = 20
	maxIDs    = 100
)

// FieldLimit bounds one field. Only the bounds that fit its type count.
type FieldLimit struct {
	// Letters is the greatest length of a text, in letters (composed, NFC).
	Letters int
	// Lines: the text may have line breaks.
	Lines bool
	// Items is the greatest length of a list.
	Items int
	// Min and Max bound a number; both 0: not bounded.
	Min, Max int64
	// ID: the bytes are an id.
	ID bool
	// Inner bounds the fields of a nested message.
	Inner Limits
}

// Limits bounds the fields of one kind by field number. Forms read it to stop a text
// before it is saved, and Validate holds it.
type Limits map[uint32]FieldLimit

// LimitsOf gives the bounds of a kind; nil for an unknown kind. Callers do not change it.
func LimitsOf(kind pb.Kind) Limits { return limits[kind] }

func line(letters int) FieldLimit { return FieldLimit{Letters: letters} }
func text(letters int) FieldLimit { return FieldLimit{Letters: letters, Lines: true} }

var (
	aDay = FieldLimit{Min: int64(minDay), Max: int64(maxDay)}
	anID = FieldLimit{ID: true}
)

var limits = map[pb.Kind]Limits{
	pb.Kind_KIND_UNIT:      {1: line(maxName), 2: line(maxShort), 3: line(maxShort), 4: line(maxShort), 5: aDay, 6: aDay, 7: anID},
	pb.Kind_KIND_AUTHORITY: {1: line(maxName), 2: line(maxLine), 3: line(maxShort)},
	pb.Kind_KIND_CALENDAR: {
		1: {Inner: Limits{1: aDay, 2: line(maxName)}},
		2: {Inner: Limits{1: anID, 2: {Min: 1, Max: longestLimit}, 4: line(maxLine), 5: aDay, 6: aDay}},
	},
	pb.Kind_KIND_CATEGORY:  {2: line(maxName), 3: {Min: 0, Max: 1_000_000}},
	pb.Kind_KIND_NOTICE:    {1: line(maxName), 2: text(maxText), 3: aDay, 4: aDay},
	pb.Kind_KIND_MEMBER:    {1: line(maxName), 2: line(maxShort), 3: line(maxShort), 4: {ID: true, Items: maxPicks}},
	pb.Kind_KIND_HOUSEHOLD: {1: line(maxName), 2: line(maxName), 3: line(maxLine), 4: line(maxShort), 5: {Min: 0, Max: 200}, 6: line(20), 100: anID, 102: {Min: 0, Max: 1_000_000}},
	pb.Kind_KIND_VISIT:     {1: aDay, 3: {ID: true, Items: maxPicks}, 4: text(maxText), 5: aDay, 90: anID},
	pb.Kind_KIND_PETITION:  {1: line(32), 2: aDay, 3: text(maxText), 4: anID, 90: anID},
	// Land up to 100 km², work up to a million days, value up to a thousand billion VND.
	pb.Kind_KIND_CONTRIBUTION: {1: aDay, 2: anID, 3: {Min: 0, Max: 1e10}, 4: {Min: 0, Max: 1e7}, 5: {Min: 0, Max: 1e15}, 90: anID},
	pb.Kind_KIND_STEP: {
		1: anID, 3: aDay,
		4: {Inner: Limits{}}, 5: {Inner: Limits{1: text(maxText)}},
		6: {Inner: Limits{1: anID, 2: aDay}}, 7: {Inner: Limits{1: text(maxText), 2: line(maxShort)}},
		8: {Inner: Limits{2: anID}}, 9: text(maxReason),
	},
	pb.Kind_KIND_REVIEW:       {3: text(maxReason)},
	pb.Kind_KIND_CONSENT:      {3: line(maxShort), 4: {Min: minTimeMS, Max: maxTimeMS}, 6: line(maxName), 7: {ID: true, Items: maxIDs}},
	pb.Kind_KIND_OVERWRITTEN:  {},
	pb.Kind_KIND_RECEIPT:      {2: aDay, 3: anID},
	pb.Kind_KIND_INITIATIVE:   {1: line(maxName), 3: text(maxHalf), 4: aDay, 5: aDay},
	pb.Kind_KIND_COMMENDATION: {1: line(maxName), 3: aDay, 4: line(maxShort), 5: text(maxReason), 6: anID},
	pb.Kind_KIND_SURVEY:       {1: aDay, 2: text(maxHalf), 3: text(maxHalf)},
	pb.Kind_KIND_SUGGESTION:   {},
	pb.Kind_KIND_REFUSED:      {},
}

// CheckLimits says which bound a body breaks, or nil. A form calls it on each change, so
// that nothing can be saved that no call can carry; it looks at nothing but sizes, ranges
// and characters, and leaves fields alone that it does not know. An unknown kind has only
// the bound of its whole size.
func CheckLimits(kind pb.Kind, raw []byte) *Refusal {
	s := shapeOf(kind)
	if s == nil {
		return checkSize(raw)
	}
	b, refusal := parse(s, raw)
	if refusal != nil {
		return refusal
	}
	return checkLimits(s, b, raw)
}

func checkSize(raw []byte) *Refusal {
	if len(raw) > MaxBody {
		return refuse(pb.RefusalCode_REFUSAL_CODE_TOO_LARGE, 0, ruleTooLarge)
	}
	return nil
}

func checkLimits(s *shape, b body, raw []byte) *Refusal {
	if refusal := checkSize(raw); refusal != nil {
		return refusal
	}
	bounds := limitTable[s.info.Kind]
	for i := range b {
		f := &b[i]
		if int(f.num) >= len(bounds) || bounds[f.num] == nil {
			continue
		}
		limit := bounds[f.num]
		if refusal := checkField(f, limit, s.fields[f.num].text); refusal != nil {
			return refusal
		}
		if limit.Items > 0 && (i+1 == len(b) || b[i+1].num != f.num) {
			if refusal := checkList(b, f.num, limit); refusal != nil {
				return refusal
			}
		}
	}
	return nil
}

// limitTable is limits by kind and field number, for the way of every change.
var limitTable = func() [][]*FieldLimit {
	table := make([][]*FieldLimit, len(shapes))
	for kind, fields := range limits {
		for num, l := range fields {
			for len(table[kind]) <= int(num) {
				table[kind] = append(table[kind], nil)
			}
			table[kind][num] = &l
		}
	}
	return table
}()

func checkField(f *field, l *FieldLimit, isText bool) *Refusal {
	switch {
	case isText:
		return checkText(f.num, f.b, l)
	case l.ID:
		// A single id of no bytes is the same as none.
		if _, ok := IDFrom(f.b); !ok && (len(f.b) > 0 || l.Items > 0) {
			return invalid(f.num, ruleBadID)
		}
	case l.Inner != nil:
		return checkInner(f.num, f.b, l.Inner)
	case l.Min != 0 || l.Max != 0:
		return checkNumber(f.num, int64(f.v), l)
	}
	return nil
}

func checkNumber(field uint32, v int64, l *FieldLimit) *Refusal {
	switch {
	case v >= l.Min && v <= l.Max:
		return nil
	case l.Max == int64(maxDay):
		return invalid(field, ruleBadDay)
	case l.Max == maxTimeMS:
		return invalid(field, ruleBadTime)
	}
	return invalid(field, ruleOutOfRange)
}

// checkText holds length and characters. Control characters other than a line break or tab
// cannot be typed or printed; they come from broken pastes and break papers.
func checkText(field uint32, b []byte, l *FieldLimit) *Refusal {
	for _, c := range b {
		if c < ' ' && c != '\t' && (!l.Lines || c != '\n' && c != '\r') || c == 0x7f {
			return invalid(field, ruleControl)
		}
	}
	if l.Letters == 0 || len(b) <= l.Letters || utf8.RuneCount(b) <= l.Letters {
		return nil
	}
	// Decomposed text has more code points than letters.
	if len(b) <= MaxBody && utf8.RuneCountInString(viet.NFC(string(b))) <= l.Letters {
		return nil
	}
	return invalid(field, ruleTooLong)
}

// checkList holds the length of a list of ids and that none is in it twice.
func checkList(b body, num uint32, l *FieldLimit) *Refusal {
	var seen [][]byte
	for _, f := range b {
		if f.num != num {
			continue
		}
		if len(seen) == l.Items {
			return invalid(num, ruleTooMany)
		}
		for _, other := range seen {
			if string(other) == string(f.b) {
				return invalid(num, ruleRepeated)
			}
		}
		seen = append(seen, f.b)
	}
	return nil
}

// checkInner holds the bounds of a nested message; the refusal names the outer field.
func checkInner(outer uint32, raw []byte, l Limits) *Refusal {
	for len(raw) > 0 {
		num, typ, n := protowire.ConsumeTag(raw)
		if n < 0 {
			return badWire(outer, ruleBadWire)
		}
		m := protowire.ConsumeFieldValue(num, typ, raw[n:])
		if m < 0 {
			return badWire(outer, ruleBadWire)
		}
		if bound, ok := l[uint32(num)]; ok {
			f := field{num: outer, typ: typ}
			switch typ {
			case protowire.VarintType:
				f.v, _ = protowire.ConsumeVarint(raw[n:])
			case protowire.BytesType:
				f.b, _ = protowire.ConsumeBytes(raw[n:])
			}
			if refusal := checkField(&f, &bound, bound.Letters > 0); refusal != nil {
				return refusal
			}
		}
		raw = raw[n+m:]
	}
	return nil
}

// blank tells that a text has nothing to read in it.
func blank(b []byte) bool { return strings.TrimSpace(string(b)) == "" }
