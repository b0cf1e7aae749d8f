package importer

import (
	"regexp"
	"strconv"
	"strings"

	"sodanvan/shared/viet"
)

// Welfare is the household's category (diện), the closed list of docs/domain.md.
type Welfare int

const (
	WelfareNone Welfare = iota
	// WelfarePoor is "hộ nghèo".
	WelfarePoor
	// WelfareNearPoor is "hộ cận nghèo".
	WelfareNearPoor
	// WelfarePolicy is "gia đình chính sách".
	WelfarePolicy
)

// String is the Vietnamese name, empty for none.
func (w Welfare) String() string {
	switch w {
	case WelfarePoor:
		return "hộ nghèo"
	case WelfareNearPoor:
		return "cận nghèo"
	case WelfarePolicy:
		return "gia đình chính sách"
	}
	return ""
}

var welfareWords = map[string]Welfare{
	"khong": WelfareNone, "binh thuong": WelfareNone, "ho binh thuong": WelfareNone,
	"thuong": WelfareNone, "ho thuong": WelfareNone, "k": WelfareNone, "0": WelfareNone,
	"khong thuoc dien": WelfareNone, "khac": WelfareNone,
	"ho ngheo": WelfarePoor, "ngheo": WelfarePoor, "hn": WelfarePoor, "dien ho ngheo": WelfarePoor,
	"can ngheo": WelfareNearPoor, "ho can ngheo": WelfareNearPoor, "cn": WelfareNearPoor,
	"hcn": WelfareNearPoor, "ho cn": WelfareNearPoor, "dien can ngheo": WelfareNearPoor,
	"gia dinh chinh sach": WelfarePolicy, "gdcs": WelfarePolicy, "gd chinh sach": WelfarePolicy,
	"gd cs": WelfarePolicy, "g d c s": WelfarePolicy, "chinh sach": WelfarePolicy, "ho chinh sach": WelfarePolicy,
	"cs": WelfarePolicy, "gia dinh cs": WelfarePolicy, "ho gia dinh chinh sach": WelfarePolicy,
	"gia dinh co cong": WelfarePolicy, "nguoi co cong": WelfarePolicy, "gia dinh nguoi co cong": WelfarePolicy,
}

// parseWelfare reads a category; ok is false for a text that is none of the
// closed list, which is then not kept: it may say what must not be stored.
func parseWelfare(s string) (w Welfare, ok bool) {
	key := viet.SearchKey(s)
	if key == "" {
		return WelfareNone, true
	}
	w, ok = welfareWords[key]
	return w, ok
}

// isPlaceholder tells whether a cell says "nothing" in words.
func isPlaceholder(s string) bool {
	switch viet.SearchKey(s) {
	case "", "khong", "khong co", "chua", "chua co", "chua ro", "chua phan cong", "k", "ko", "0":
		return true
	}
	return false
}

// Offices of a branch that the app knows; others stay as they were written.
const (
	OfficeSecretary = "Bí thư"
	OfficeDeputy    = "Phó bí thư"
)

// parseOffice reads an office: the two that the app knows in any wording,
// others as they are.
func parseOffice(s string) string {
	key := viet.SearchKey(s)
	switch strings.TrimSuffix(strings.TrimSuffix(key, " chi bo"), " cb") {
	case "":
		return ""
	case "bi thu", "bt", "btcb", "btcbo", "bi thu chi uy":
		return OfficeSecretary
	case "pho bi thu", "pbt", "p bi thu", "pbtcb", "p bt":
		return OfficeDeputy
	case "dang vien", "dv", "khong":
		return ""
	}
	return viet.Squash(s)
}

// isOffice tells whether a text names the secretary or the deputy.
func isOffice(s string) bool {
	o := parseOffice(s)
	return o == OfficeSecretary || o == OfficeDeputy
}

// person is a member's cell, read.
type person struct {
	name    string // as shown: squashed, not in capitals
	nameKey string // viet.CompareKey of it
	year    string // tells namesakes apart, or ""
	office  string
	several bool // the cell names more than one person
}

var (
	comradeMark = regexp.MustCompile(`(?i)^(?:[đd]\s*/\s*c(?:hí)?|[đd]\s*\.\s*c|đc|đồng\s+chí|đảng\s+viên|đv)(?:\s*[:.,\-–]+\s*|\s+)`)
	comradeTail = regexp.MustCompile(`(?i)^[đd]\s*/\s*c`)
	yearMark    = regexp.MustCompile(`(?i)[\s,;\-–(\[]*(?:\b(?:sn|ns)\b|năm\s+sinh|sinh\s+năm|sinh)?[\s.:]*(?:\d{1,2}[/.\-]){0,2}\b((?:19|20)\d\d)[\s)\]]*$`)
	bracketed   = regexp.MustCompile(`\s*[(\[]([^()\[\]]*)[)\]]\s*`)
	phoneTail   = regexp.MustCompile(`[\s,;:\-–]*\+?\d[\d .\-]{6,}\d\s*$`)
	personSplit = regexp.MustCompile(`\s*(?:[;\n+&]|,|\s(?i:và)\s|/)\s*`)
	dashTail    = regexp.MustCompile(`\s+[-–]\s*|\s*[-–]\s+|,\s*|:\s*`)
)

// eth is an icelandic letter that old fonts put in place of đ.
var eth = strings.NewReplacer("Ð", "Đ", "Ɖ", "Đ", "ð", "đ")

// cleanLine squashes a one-line text and undoes the look-alikes of đ.
func cleanLine(s string) string { return eth.Replace(viet.Squash(s)) }

// cutComrade takes "đ/c", "đồng chí", "ĐV" and the like from the front.
func cutComrade(s string) (rest string, found bool) {
	for {
		m := comradeMark.FindString(s)
		if m == "" {
			if m = comradeTail.FindString(s); m == "" {
				return s, found
			}
		}
		s, found = strings.TrimSpace(s[len(m):]), true
	}
}

// cutYear takes a year of birth from the end of a name.
func cutYear(s string) (rest, year string) {
	m := yearMark.FindStringSubmatchIndex(s)
	if m == nil || m[0] == 0 {
		return s, ""
	}
	return strings.TrimSpace(s[:m[0]]), s[m[2]:m[3]]
}

// parsePerson reads a member's cell; ok is false when it names nobody.
func parsePerson(s string) (p person, ok bool) {
	s = strings.TrimSpace(eth.Replace(viet.NFC(s)))
	if isPlaceholder(s) {
		return p, false
	}
	rest, _ := cutComrade(s)
	parts := personSplit.Split(rest, -1)
	var names []string
	for _, part := range parts {
		if cleaned, _ := cutComrade(cleanLine(part)); len(strings.Fields(viet.SearchKey(cleaned))) >= 2 && !isOffice(cleaned) && !startsWithDigitOrYear(cleaned) {
			names = append(names, part)
		}
	}
	if len(names) > 1 {
		p.several = true
		rest = names[0]
	}
	rest = cleanLine(rest)
	rest, p.year = cutYear(rest)
	for _, m := range bracketed.FindAllStringSubmatch(rest, -1) {
		if inner := m[1]; isOffice(inner) {
			p.office = parseOffice(inner)
		} else if _, y := cutYear(" " + inner); y != "" && p.year == "" {
			p.year = y
		}
	}
	rest = strings.TrimSpace(bracketed.ReplaceAllString(rest, " "))
	rest = phoneTail.ReplaceAllString(rest, "")
	if y := ""; p.year == "" {
		if rest, y = cutYear(rest); y != "" {
			p.year = y
		}
	}
	rest, p.office = cutOffice(rest, p.office)
	rest, _ = cutComrade(rest)
	rest = strings.Trim(viet.Squash(rest), " .,;:-–_*/")
	if viet.SearchKey(rest) == "" {
		return p, false
	}
	p.name = properName(rest)
	p.nameKey = viet.CompareKey(p.name)
	return p, true
}

func startsWithDigitOrYear(s string) bool {
	key := viet.SearchKey(s)
	return key == "" || key[0] >= '0' && key[0] <= '9' || strings.HasPrefix(key, "sinh ") || strings.HasPrefix(key, "sn ")
}

// cutOffice takes an office that stands before or after a name.
func cutOffice(s, had string) (rest, office string) {
	if loc := dashTail.FindStringIndex(s); loc != nil {
		front, back := s[:loc[0]], s[loc[1]:]
		if isOffice(back) {
			return strings.TrimSpace(front), parseOffice(back)
		}
		if isOffice(front) {
			return strings.TrimSpace(back), parseOffice(front)
		}
	}
	words := strings.Fields(s)
	for n := min(5, len(words)-2); n >= 1; n-- {
		if head := strings.Join(words[:n], " "); isOffice(head) {
			return strings.Join(words[n:], " "), parseOffice(head)
		}
	}
	return s, had
}

func isShouting(s string) bool { return strings.ToUpper(s) == s && strings.ToLower(s) != s }

// properName gives a name as it is written: capitals only where they belong.
// A name with small and capital letters is taken as meant.
func properName(s string) string {
	s = cleanLine(s)
	if strings.ToLower(s) == s {
		s = strings.ToUpper(s)
	}
	return viet.TitleName(s)
}

// parseHead reads the head of a household. A year of birth is taken off and
// not kept (docs/domain.md, "The line"); hadYear tells that there was one.
func parseHead(s string) (name string, hadYear bool) {
	s = cleanLine(s)
	if isPlaceholder(s) {
		return "", false
	}
	s, year := cutYear(s)
	s = strings.Trim(s, " ,;")
	if isShouting(s) {
		s = viet.TitleName(s)
	}
	return s, year != ""
}

var firstNumber = regexp.MustCompile(`^\D{0,12}(\d{1,3})(?:[.,]0+)?\D*$`)

// parseSize reads the number of people; ok is false for a text without one,
// or a number that no household has (over 99).
func parseSize(s string) (n int, ok bool) {
	s = viet.Squash(s)
	if s == "" {
		return 0, true
	}
	m := firstNumber.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n > 99 {
		return 0, false
	}
	return n, true
}

var (
	branchTitle  = regexp.MustCompile(`(?i)chi\s+bộ\s*[:.\-–]?\s*(.*)$`)
	titleTail    = regexp.MustCompile(`(?i)[\s,\-–(]*(?:(?:năm|tháng|quý|đợt)\s*[\dIVX]|\().*$`)
	branchPrefix = regexp.MustCompile(`(?i)^(?:chi\s+bộ|cb)(?:\s*[:.\-–_]\s*|\s+)`)
)

// branchOf finds a branch in a title: "CHI BỘ THÔN HÀNH LẠC" gives "Thôn Hành
// Lạc". The signature "T/M CHI BỘ" and "BÍ THƯ CHI BỘ" are none. sure tells that
// the line is nothing but the branch.
func branchOf(text string) (branch string, sure, ok bool) {
	for line := range strings.Lines(eth.Replace(viet.NFC(text))) {
		line = viet.Squash(line)
		loc := branchTitle.FindStringSubmatchIndex(line)
		if loc == nil {
			continue
		}
		before, name := viet.SearchKey(line[:loc[0]]), strings.Trim(titleTail.ReplaceAllString(line[loc[2]:loc[3]], ""), " .,;:-–()")
		if hasAny(before, []string{"t m", "tm", "bi thu", "k t", "xac nhan", "dai dien"}) {
			continue
		}
		key := viet.SearchKey(name)
		if key == "" || len([]rune(name)) > 60 || hasAny(firstWords(key, 1), notBranch) {
			continue
		}
		return properBranch(name), before == "", true
	}
	return "", false, false
}

// notBranch are words with which a title goes on after "chi bộ" when it does
// not name one: "… trong chi bộ phân công phụ trách hộ".
var notBranch = []string{"ve", "phan", "phu", "danh", "duoc", "da", "thuc", "theo", "trong", "va", "cua", "bao", "ke", "quan"}

// branchOfSheet takes the branch from a sheet's name; sure tells that the name
// says that it is a branch.
func branchOfSheet(name string) (branch string, sure bool) {
	name = cleanLine(name)
	if loc := branchPrefix.FindStringIndex(name); loc != nil && viet.SearchKey(name[loc[1]:]) != "" {
		return properBranch(name[loc[1]:]), true
	}
	return properBranch(name), false
}

func properBranch(s string) string {
	s = cleanLine(s)
	if isShouting(s) {
		s = viet.TitleName(s)
	}
	return s
}
