package importer

import (
	"slices"
	"strings"

	"sodanvan/shared/viet"
)

// column is what a column of a roster table means.
type column int

const (
	colUnknown column = iota
	colNumber
	colHead
	colHamlet
	colAddress
	colSize
	colPhone
	colWelfare
	colMember
	colOffice
	colRemark // never imported
	numColumns
)

// wording is one line of the table below: a heading with one of the words
// means the column. Words are search keys; "=" in front asks for the whole
// heading, otherwise the words must stand in it in this order side by side.
type wording struct {
	means column
	words []string
}

// wordings is tried from top to bottom and the first line that fits decides,
// so the order matters: "Điện thoại chủ hộ" is a phone, "Xóm, ngõ, số nhà" an
// address, "Họ tên ĐV phụ trách" a member. Extend it when a town writes
// otherwise; accents and capitals do not count.
var wordings = []wording{
	{colRemark, []string{"ghi chu", "luu y", "nhan xet"}},
	{colNumber, []string{"=tt", "=stt", "=so tt", "=so thu tu", "=thu tu", "=s tt", "=so"}},
	{colPhone, []string{"dien thoai", "sdt", "so dt", "=dt", "dtdd", "di dong", "lien he", "lien lac", "=phone", "=tel", "zalo"}},
	{colSize, []string{"so khau", "nhan khau", "so nguoi", "so nhan khau", "=khau", "so thanh vien", "tong khau"}},
	{colHead, []string{"dai dien ho", "nguoi dai dien"}},
	{colWelfare, []string{"=dien", "dien chinh sach", "dien ho", "thuoc dien", "doi tuong", "loai ho", "phan loai ho", "ho ngheo can ngheo"}},
	{colAddress, []string{"dia chi", "so nha", "ngo", "noi o", "cho o", "noi cu tru", "duong", "noi thuong tru", "thuong tru"}},
	{colHead, []string{"chu ho", "ten ho", "ho ten", "ho va ten", "ho gia dinh", "=ten", "=ho"}},
	{colHamlet, []string{"thon", "pho", "xom", "khu", "khu pho", "to dan pho", "tdp", "to", "ap", "ban", "khoi", "cum dan cu", "khu dan cu"}},
}

// memberWords make a heading one about the member and not the household.
var memberWords = []string{"dang vien", "phu trach", "dv", "phan cong", "nguoi theo doi"}

// officeWords make a heading the member's office.
var officeWords = []string{"chuc vu", "chuc danh", "chuc vu dang"}

// notMemberName: a heading about the member with one of these is not the name.
// The member's own phone or address is not imported from a roster.
var notMemberName = []string{"dien thoai", "sdt", "so dt", "di dong", "lien he", "dia chi", "so ho", "sinh", "so the", "gioi tinh", "tuoi", "ngay", "thoi gian", "ky"}

// meaningOf tells what a heading means; parent is the heading above it in a
// head of two rows, or empty.
//
// A heading that is clear by itself keeps its meaning, unless it stands below
// the member's: under "Đảng viên phụ trách", "Họ tên" is the member.
func meaningOf(parent, heading string) column {
	if parent != "" && !hasAny(viet.SearchKey(parent), memberWords) {
		if own := meaningOf("", heading); own != colUnknown {
			return own
		}
	}
	key := viet.SearchKey(parent + " " + heading)
	if key == "" || len(key) > 120 || hasAny(firstWords(key, 2), []string{"danh sach", "chi bo", "dang bo", "dang uy", "bieu tong"}) {
		return colUnknown
	}
	if hasAny(key, []string{"ghi chu", "luu y", "nhan xet"}) {
		return colRemark
	}
	if hasAny(key, memberWords) {
		switch {
		case hasAny(key, officeWords):
			return colOffice
		case hasAny(key, notMemberName):
			return colUnknown
		}
		return colMember
	}
	if hasAny(key, officeWords) {
		return colOffice
	}
	if hasAny(key, []string{"sinh", "cccd", "cmnd", "can cuoc", "so ho khau", "so so", "dan toc", "ton giao", "gioi tinh", "quan he", "nghe nghiep"}) {
		return colUnknown
	}
	for _, w := range wordings {
		if hasAny(key, w.words) {
			return w.means
		}
	}
	return colUnknown
}

func firstWords(key string, n int) string {
	words := strings.SplitN(key, " ", n+1)
	return strings.Join(words[:min(n, len(words))], " ")
}

// hasAny tells whether key holds one of the phrases as whole words.
func hasAny(key string, phrases []string) bool {
	padded := " " + key + " "
	return slices.ContainsFunc(phrases, func(p string) bool {
		if whole, ok := strings.CutPrefix(p, "="); ok {
			return key == whole
		}
		return strings.Contains(padded, " "+p+" ")
	})
}

// layout says where the columns of one table are.
type layout struct {
	at [numColumns]int // column of the sheet, -1 when there is none
	// address are all columns that make up the address, from left to right: a
	// roster may have "Xóm" and "Số nhà" apart.
	address []int
	// ticks are columns headed by a welfare category, marked with an "x".
	ticks []tick
	// rows is how many rows the head takes.
	rows int
}

type tick struct {
	col  int
	what Welfare
}

func (l *layout) has(c column) bool { return l.at[c] >= 0 }

// same tells whether the head was only printed again, as on a new page.
func (l *layout) same(o *layout) bool {
	return l.at == o.at && slices.Equal(l.ticks, o.ticks) && slices.Equal(l.address, o.address)
}

// findHead tells whether the rows from i on are the head of a table, of one
// row or of two.
func findHead(rows []rawRow, i int) (*layout, bool) {
	if !canBeHead(&rows[i]) {
		return nil, false
	}
	if i+1 < len(rows) && rows[i+1].num == rows[i].num+1 {
		if parents, ok := twoRowHead(&rows[i], &rows[i+1]); ok {
			if l, ok := makeLayout(parents, &rows[i+1]); ok {
				l.rows = 2
				return l, true
			}
		}
	}
	l, ok := makeLayout(nil, &rows[i])
	if ok {
		l.rows = 1
	}
	return l, ok
}

// canBeHead rules out most rows cheaply: a head has two texts and no bare number.
func canBeHead(row *rawRow) bool {
	texts := 0
	for _, c := range row.cells {
		s := strings.TrimSpace(c.text)
		if s == "" {
			continue
		}
		if strings.Trim(s, "0123456789") == "" {
			return false
		}
		texts++
	}
	return texts >= 2
}

// twoRowHead tells whether lower continues the head begun in upper, and gives
// the upper heading for each column. In a head of two rows the lower one has
// text only under a heading that is merged over several columns (or followed
// by blanks), has no digits, and at least two of its cells. Two headings in the
// upper row keep a title above a head of one row from being taken for it.
func twoRowHead(upper, lower *rawRow) ([]string, bool) {
	width := max(len(upper.cells), len(lower.cells))
	parents := make([]string, width)
	spread, until, cells, headings := "", -1, 0, 0
	for c := range width {
		up, down := upper.at(c).own(), lower.at(c).own()
		if up != "" {
			if meaningOf("", up) != colUnknown {
				headings++
			}
			parents[c], spread, until = up, up, -1
			if s := upper.at(c).span; s > 1 {
				until = c + s - 1
			}
		} else if spread != "" && (until < 0 && down != "" || c <= until) {
			parents[c] = spread
		}
		if down == "" {
			continue
		}
		cells++
		nextBlank := upper.at(c+1).own() == "" && lower.at(c+1).own() != ""
		if up != "" && upper.at(c).span < 2 && !nextBlank {
			return nil, false
		}
		if strings.ContainsAny(down, "0123456789") || len([]rune(down)) > 60 {
			return nil, false
		}
		if meaningOf("", down) == colUnknown && meaningOf(parents[c], down) == colUnknown {
			return nil, false
		}
	}
	return parents, cells >= 2 && headings >= 2
}

// makeLayout reads headings. A table needs the household's head and one more
// column that says something of it. A bare "Họ tên" without a member's column
// but with an office is a list of members, not of households.
func makeLayout(parents []string, row *rawRow) (*layout, bool) {
	l := &layout{}
	for c := range l.at {
		l.at[c] = -1
	}
	explicitHead, smallHamlet := false, false
	for c := range max(len(parents), len(row.cells)) {
		heading, parent := row.at(c).text, ""
		if c < len(parents) {
			parent = parents[c]
		}
		if row.at(c).filled {
			parent = ""
		}
		if heading == "" {
			heading, parent = parent, ""
			if heading == "" || c > 0 && c-1 < len(parents) && parents[c-1] == heading {
				continue
			}
		}
		if w, ok := parseWelfare(heading); ok && w != WelfareNone {
			l.ticks = append(l.ticks, tick{c, w})
			continue
		}
		m := meaningOf(parent, heading)
		switch {
		case m == colAddress:
			l.address = append(l.address, c)
		case m == colHamlet && l.has(colHamlet):
			// "Xóm" beside "Thôn": the larger one is the hamlet.
			if smallHamlet {
				l.address = append(l.address, l.at[colHamlet])
				l.at[colHamlet], smallHamlet = c, false
			} else {
				l.address = append(l.address, c)
			}
			continue
		}
		if m == colUnknown || l.at[m] >= 0 {
			continue
		}
		l.at[m] = c
		if m == colHamlet {
			smallHamlet = hasAny(viet.SearchKey(heading), []string{"=xom", "=ngo xom", "=ap", "=cum", "=to"})
		}
		if m == colHead {
			key := viet.SearchKey(parent + " " + heading)
			explicitHead = hasAny(key, []string{"chu ho", "ten ho", "ho gia dinh", "dai dien ho"})
		}
	}
	if !l.has(colHead) {
		return nil, false
	}
	if !explicitHead && !l.has(colMember) && l.has(colOffice) {
		return nil, false
	}
	slices.Sort(l.address)
	if len(l.address) > 0 {
		l.at[colAddress] = l.address[0]
	}
	told := 0
	for _, c := range []column{colHamlet, colAddress, colSize, colPhone, colMember} {
		if l.has(c) {
			told++
		}
	}
	return l, told >= 1
}
