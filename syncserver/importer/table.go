package importer

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"

	"sodanvan/shared/viet"
)

// tableRow is one household's row as it was found, before members are known.
type tableRow struct {
	sheet  string
	branch string // as shown, without "Chi bộ"
	row    *rawRow
	lay    *layout

	member  string // text that holds for the row, filled down; "" when none
	named   bool   // the member stands in the row or in a merge over it
	hamlet  string
	heading string // the member named in a heading row above, if there is one
	// newTable tells that the row is the first one of a table.
	newTable bool
}

func (r *tableRow) text(c column) string { return r.row.at(r.lay.at[c]).text }

func (r *tableRow) addressText() string {
	var parts []string
	for _, c := range r.lay.address {
		if s := viet.Squash(r.row.at(c).text); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

// sheetTables is what one sheet holds.
type sheetTables struct {
	name   string
	rows   []tableRow
	found  bool   // there is a table, if only its head
	titled string // the branch of the first title
}

// tablesOf finds the tables of a sheet: heads under title rows, households,
// heading rows that name a member or a hamlet, totals and signatures.
func tablesOf(s *sheet) sheetTables {
	out := sheetTables{name: s.name}
	sheetBranch, _ := branchOfSheet(s.name)
	branch := sheetBranch
	var (
		lay            *layout
		member, hamlet string // of heading rows
		start          = -1   // first row of the current table in out.rows
		fresh          bool
		settled        bool // a line of its own named the branch of the next table
	)
	flush := func() {
		if start >= 0 {
			fillDown(out.rows[start:])
		}
		start = -1
	}
	for i := 0; i < len(s.rows); i++ {
		row := &s.rows[i]
		if l, ok := findHead(s.rows, i); ok {
			out.found = true
			i += l.rows - 1
			if lay == nil || !lay.same(l) {
				flush()
				lay, member, hamlet, fresh = l, "", "", true
			}
			continue
		}
		if title, sure, ok := titleBranch(row); ok && (lay == nil || isTitleRow(row)) {
			if settled && !sure || lay != nil && viet.SameText(title, branch) {
				// "Danh sách … của chi bộ …" below the branch's own line, or the
				// title printed again on the next page.
				continue
			}
			settled = sure
			if out.titled == "" {
				out.titled = title
			}
			flush()
			branch, member, hamlet, fresh = title, "", "", true
			continue
		}
		if lay == nil {
			continue
		}
		kind := classify(row, lay)
		if kind == rowHeading {
			m, h, sure := readHeading(row, lay)
			// A bare name is a heading only right above households; elsewhere it
			// is a household of which only the head is known.
			if !sure && (i+1 == len(s.rows) || classify(&s.rows[i+1], lay) != rowHousehold) {
				kind = rowHousehold
			} else {
				if m != "" {
					member = m
				}
				if h != "" {
					hamlet = h
				}
			}
		}
		switch kind {
		case rowSignature:
			flush()
			lay = nil
		case rowHousehold:
			if start < 0 {
				start = len(out.rows)
				fresh = true
			}
			out.rows = append(out.rows, tableRow{
				sheet: s.name, branch: branch, row: row, lay: lay,
				heading: member, hamlet: hamlet, newTable: fresh,
			})
			fresh, settled = false, false
		}
	}
	flush()
	return out
}

// titleBranch looks for "Chi bộ …" in the cells of a row.
func titleBranch(row *rawRow) (branch string, sure, ok bool) {
	for _, c := range row.cells {
		if b, sure, ok := branchOf(c.own()); ok {
			return b, sure, true
		}
	}
	return "", false, false
}

// isTitleRow tells whether a row inside a table can be a title: it has text in
// at most two cells, none of which is a number.
func isTitleRow(row *rawRow) bool {
	n := 0
	for _, c := range row.cells {
		if s := viet.Squash(c.own()); s != "" {
			if onlyDigits.MatchString(s) {
				return false
			}
			n++
		}
	}
	return n <= 2
}

type rowKind int

const (
	rowOther rowKind = iota // blank, a total, the line of column numbers
	rowHousehold
	rowHeading
	rowSignature
)

var (
	onlyDigits = regexp.MustCompile(`^\(?\d+\)?\.?$`)
	enumerator = regexp.MustCompile(`^(?:[IVXLCivxlc]+|\d{1,4}|[A-Za-z])\s*[.)/:\-]\s*|^[*+\-•–]\s*`)
	bareCount  = regexp.MustCompile(`(?i)^\(?\s*(?:[IVXLC]+|[a-h]|\d+)\s*(?:hộ|khẩu|người|hộ gia đình)?\s*\)?\.?$`)
	totalLine  = regexp.MustCompile(`^(?:tong|cong)(?: \d.*)?$|^(?:tong cong|tong so|tong ho|cong ho|cong so)\b`)
	dateLine   = regexp.MustCompile(`\bngay\b.*\bthang\b.*\bnam\b`)
)

func classify(row *rawRow, lay *layout) rowKind {
	filledOnly, texts := true, []string{}
	for _, c := range row.cells {
		if c.noValue {
			filledOnly = false
		}
		if c.own() != "" && viet.SearchKey(c.own()) != "" {
			filledOnly = false
			texts = append(texts, viet.Squash(c.own()))
		}
	}
	if filledOnly {
		return rowOther
	}
	numbered := onlyDigits.MatchString(viet.Squash(row.at(lay.at[colNumber]).own()))
	if !numbered && len(texts) <= 4 && isSignature(texts) {
		return rowSignature
	}
	if !numbered && isTotal(texts) || isColumnNumbers(texts) {
		return rowOther
	}
	if m, h, _ := readHeading(row, lay); m != "" || h != "" {
		return rowHeading
	}
	for _, c := range []column{colHead, colPhone, colSize, colWelfare} {
		if cell := row.at(lay.at[c]); cell.own() != "" && viet.SearchKey(cell.own()) != "" || cell.noValue {
			return rowHousehold
		}
	}
	for _, c := range lay.address {
		if row.at(c).own() != "" {
			return rowHousehold
		}
	}
	// A number, a hamlet or a member alone is a line prepared for a household
	// that is not written yet.
	return rowOther
}

// isSignature tells whether a row begins the block of signatures or the place
// and date above it.
func isSignature(texts []string) bool {
	for _, t := range texts {
		key := viet.SearchKey(t)
		switch {
		case strings.HasPrefix(key, "t m "), strings.HasPrefix(key, "tm "), strings.HasPrefix(key, "k t "), strings.HasPrefix(key, "t l "),
			strings.HasPrefix(key, "nguoi lap"), strings.HasPrefix(key, "lap bieu"), strings.HasPrefix(key, "xac nhan"),
			strings.HasPrefix(key, "noi nhan"), strings.HasPrefix(key, "ky ten"), strings.HasPrefix(key, "ky ghi ro"),
			strings.HasPrefix(key, "bi thu chi bo"), strings.HasPrefix(key, "thay mat"),
			key == "bi thu", key == "pho bi thu", key == "chu tich", key == "truong thon", key == "chi bo",
			dateLine.MatchString(key):
			return true
		}
	}
	return false
}

// isTotal tells whether a row sums up: its first text says so.
func isTotal(texts []string) bool {
	if len(texts) == 0 {
		return false
	}
	return totalLine.MatchString(viet.SearchKey(texts[0]))
}

// isColumnNumbers tells whether a row only numbers the columns: (1) (2) (3).
func isColumnNumbers(texts []string) bool {
	if len(texts) < 3 {
		return false
	}
	last := -1
	for _, t := range texts {
		if !onlyDigits.MatchString(t) {
			return false
		}
		n, ok := parseSize(strings.Trim(t, "()."))
		if !ok || last >= 0 && n != last+1 {
			return false
		}
		last = n
	}
	return true
}

// readHeading reads a row that stands above a block of households and names
// the member who looks after them, or their hamlet; both are empty if the row
// is something else.
//
// Such a row has one text, besides a number and a count of households. The
// text says what it is ("Đ/c …", "… phụ trách", "Xóm …"); a bare name counts
// only where it cannot be a household: in a table without a member's column,
// merged over several columns or in the column of the numbers; sure is false for it.
func readHeading(row *rawRow, lay *layout) (member, hamlet string, sure bool) {
	text, at, span := "", -1, 0
	for c := range row.cells {
		s := viet.Squash(row.cells[c].own())
		switch {
		case s == "" || bareCount.MatchString(s):
		case text == "":
			text, at, span = s, c, row.cells[c].span
		default:
			return "", "", false
		}
	}
	if text == "" {
		return "", "", false
	}
	text = strings.TrimSpace(enumerator.ReplaceAllString(text, ""))
	inMember := at == lay.at[colMember]
	apart := span >= 3 || at == lay.at[colNumber] || inMember
	key := viet.SearchKey(text)
	if name, ok := cutCharge(text); ok {
		if p, ok := parsePerson(name); ok && looksLikeName(p.name) {
			return name, "", true
		}
		return "", "", false
	}
	if rest, marked := cutComrade(text); marked && at != lay.at[colPhone] {
		rest = cutCount(rest)
		if p, ok := parsePerson(rest); ok && looksLikeName(p.name) {
			return rest, "", true
		}
	}
	if hamletWord.MatchString(viet.NFC(text)) && (apart || at == lay.at[colHead]) && len(key) <= 60 {
		if s := cutCount(text); len(strings.Fields(s)) >= 2 && !numberedRow(row, lay, at) {
			return "", properBranch(s), true
		}
	}
	numberless := lay.has(colNumber) && !numberedRow(row, lay, at)
	if (apart && !lay.has(colMember)) || (inMember && numberless) || span >= 3 || (at == lay.at[colHead] && !lay.has(colMember) && numberless) {
		s := cutCount(text)
		if p, ok := parsePerson(s); ok && looksLikeName(p.name) {
			return s, "", span >= 3 || at == lay.at[colNumber]
		}
	}
	return "", "", false
}

// numberedRow tells whether the running number stands in a row, apart from the
// column of its text.
func numberedRow(row *rawRow, lay *layout, except int) bool {
	c := lay.at[colNumber]
	return c != except && onlyDigits.MatchString(viet.Squash(row.at(c).own()))
}

var (
	// With accents: "Tổ 3" is a place, "Tô Văn Bình" a person.
	hamletWord   = regexp.MustCompile(`(?i)^(?:thôn|xóm|phố|khu|tổ|ngõ|ấp|bản|khối|tdp)\s`)
	chargeAfter  = regexp.MustCompile(`(?i)^(?:họ\s+(?:và\s+)?tên\s+)?(?:(?:đảng\s+viên|đồng\s+chí|đ/c|đv|người)\s+)?(?:được\s+phân\s+công\s+)?phụ\s+trách\s*[:\-–]\s*(.+)$`)
	chargeBefore = regexp.MustCompile(`(?i)^(.+?)\s*[,:\-–]?\s+(?:được\s+phân\s+công\s+)?phụ\s+trách\b`)
	memberColon  = regexp.MustCompile(`(?i)^(?:họ\s+(?:và\s+)?tên\s+)?(?:đảng\s+viên|đồng\s+chí)\s*:\s*(.+)$`)
	countTail    = regexp.MustCompile(`(?i)\s*[,:;\-–]?\s*\(?\s*(?:gồm\s+|tổng\s+số\s+)?\d+\s*(?:hộ(?:\s+gia\s+đình)?|khẩu)\s*\)?\s*$`)
)

// cutCharge takes the name out of "Đảng viên phụ trách: …" and "… phụ trách 10 hộ".
func cutCharge(s string) (name string, ok bool) {
	for _, re := range []*regexp.Regexp{chargeAfter, memberColon, chargeBefore} {
		if m := re.FindStringSubmatch(s); m != nil {
			return cutCount(m[1]), true
		}
	}
	return "", false
}

func cutCount(s string) string {
	return strings.Trim(countTail.ReplaceAllString(s, ""), " :;,-–")
}

// looksLikeName tells whether a text can be a person's name: two to six words
// without digits, each with a capital.
func looksLikeName(s string) bool {
	words := strings.Fields(s)
	if len(words) < 2 || len(words) > 6 || strings.ContainsAny(s, "0123456789:;!?") {
		return false
	}
	for _, w := range words {
		if strings.ToLower(w) == w {
			return false
		}
	}
	return true
}

// fillDown gives each row of a table the member and the hamlet that hold for
// it. A roster names a member in each row, or once for a block of rows. Which
// of the two is decided for the whole table: if more rows have a blank cell
// than repeat the name right above, a blank means "the same as above";
// otherwise the table repeats names, so a blank is a household that nobody
// looks after and that must be listed, not given to the neighbour's member.
func fillDown(rows []tableRow) {
	down := func(get func(*tableRow) string, stop func(*tableRow) bool, set func(*tableRow, string)) {
		blanks, repeats, last := 0, 0, ""
		for i := range rows {
			v := viet.CompareKey(get(&rows[i]))
			switch {
			case rows[i].newTable:
				last = ""
			case v == "" && !stop(&rows[i]):
				blanks++
			case v == last:
				repeats++
			}
			if v != "" {
				last = v
			}
		}
		carried := ""
		for i := range rows {
			if rows[i].newTable || stop(&rows[i]) {
				carried = ""
			}
			v := get(&rows[i])
			if v != "" {
				carried = v
			} else if blanks > repeats {
				v = carried
			}
			set(&rows[i], v)
		}
	}
	down(func(r *tableRow) string {
		if s := r.text(colMember); !isPlaceholder(s) {
			return s
		}
		return ""
	}, func(r *tableRow) bool {
		// "Chưa phân công" ends a block, and so does a heading row.
		return r.heading != "" || viet.SearchKey(r.text(colMember)) != ""
	}, func(r *tableRow, v string) {
		r.named = v != ""
		if r.member = v; v == "" {
			r.member = r.heading
		}
	})
	down(func(r *tableRow) string { return viet.Squash(r.text(colHamlet)) },
		func(r *tableRow) bool { return r.hamlet != "" },
		func(r *tableRow, v string) {
			if v != "" {
				r.hamlet = v
			}
		})
}

// sameRow is a digest of all cells of a row but the running number, each in
// its normal form: rows with one digest are repeated. It is held in memory
// while a file is read; the cells that are not imported are only compared.
func (r *tableRow) sameRow(branch, memberKey, phone string) [sha256.Size]byte {
	h := sha256.New()
	write := func(col int, s string) {
		if s != "" {
			fmt.Fprintf(h, "%d\x00%s\x00", col, s)
		}
	}
	write(-2, branch)
	write(-1, memberKey)
	for c, cell := range r.row.cells {
		value := viet.CompareKey(cell.text)
		switch c {
		case r.lay.at[colNumber], r.lay.at[colMember]:
			continue
		case r.lay.at[colPhone]:
			if phone != "" {
				value = phone
			}
		case r.lay.at[colWelfare]:
			if w, ok := parseWelfare(cell.text); ok {
				value = w.String()
			}
		}
		write(c, value)
	}
	return [sha256.Size]byte(h.Sum(nil))
}
