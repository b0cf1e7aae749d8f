package importer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"sodanvan/shared/viet"
)

// Roster is what a workbook says. It holds only what the server may keep.
type Roster struct {
	// Branches in the order in which the file first names them.
	Branches []Branch
	// Rows are all households' rows of the file in order, repeated ones too.
	Rows []Row
	// Counts of the file; Created, Changed and Unchanged are in Plan.Counts.
	Counts Counts
}

// Counts is the one object that --json prints.
type Counts struct {
	Branches   int `json:"branches"`
	Members    int `json:"members"`
	Rows       int `json:"rows"`       // rows of households, repeated ones too
	Households int `json:"households"` // rows less the repeated ones
	// Repeated counts rows equal to an earlier one of their branch in all cells
	// but the running number, after normalising.
	Repeated int `json:"repeated"`
	// The next four count households.
	NoHead   int `json:"no_head"`
	BadPhone int `json:"bad_phone"` // not a Vietnamese number after normalising
	OldPhone int `json:"old_phone"` // converted from 11 digits
	NoMember int `json:"no_member"`
	// Namesakes counts members who share their name with another one of their
	// branch.
	Namesakes int `json:"namesakes"`
	// PossibleDuplicates counts households that share head and address, or head
	// and phone, with an earlier one of their branch and differ in something.
	PossibleDuplicates int `json:"possible_duplicates"`
	// Created, Changed and Unchanged count records: branches, members and
	// households together.
	Created   int `json:"created"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
}

// Branch is one branch (chi bộ) with its members and households in file order.
type Branch struct {
	// Key is the same in each import for the same branch.
	Key string
	// Name is as shown: "Chi bộ Thôn Hành Lạc".
	Name string
	// Sheet is the first sheet with a table of this branch.
	Sheet      string
	Members    []Member
	Households []Household
}

// Member is a party member who looks after at least one household.
type Member struct {
	// Key is the same in each import for the same branch, name and Distinguish.
	Key  string
	Name string
	// Distinguish is the year that tells namesakes apart, as in the file; empty
	// for almost all.
	Distinguish string
	// Office is OfficeSecretary, OfficeDeputy, another office as written, or "".
	Office string
}

// Consent is the state in which contacts enter the book.
type Consent string

// ConsentNotAsked is the state of every imported household: nobody has asked
// it yet, and the app says so until somebody does.
const ConsentNotAsked Consent = "chưa hỏi"

// HouseholdFields are the fields that an import may write.
type HouseholdFields struct {
	Head    string // as written, in small letters if it was all capitals; "" if missing
	Hamlet  string
	Address string
	Size    int    // people, 0 when not known
	Phone   string // as viet.Phone gives it, "" when missing or bad
	Welfare Welfare
	// Member is the Member.Key in a Roster, the registry's ID in a Known; "" for
	// nobody.
	Member string
}

// Household is one household to be kept.
type Household struct {
	// Key is the household's natural key: branch, head, hamlet and address, and
	// an ordinal among households that share all of these. Phone, size, welfare
	// and member are not in it, so they may change from file to file.
	Key string
	HouseholdFields
	Consent Consent
	// RowNumbers are the rows of the file that say the same, the first one first.
	RowNumbers []int
	Problems   []Problem

	// blankWelfare: the file has a column for the category and leaves it blank,
	// so "none" is what it says and not merely what it does not say.
	blankWelfare bool
}

// Row is one household's row of the file.
type Row struct {
	Sheet  string
	Number int // in the file, from 1
	// Branch and Household are indexes into Roster.Branches and its Households.
	Branch, Household int
	// RepeatOf is the number of the earlier row that this one repeats, or 0.
	RepeatOf int
	// Cells are the row's own cells as written, without the remark, columns that
	// are not imported, a head's year of birth and unknown welfare texts.
	Cells Cells
	// Problems are the household's, and those of this row alone.
	Problems []Problem
}

// Cells are texts of a row as in the file, blank ones filled down.
type Cells struct {
	Number, Head, Hamlet, Address, Size, Phone, Welfare, Member, Office string
}

// Options of Read. The zero value is fine.
type Options struct {
	// Secretaries are members to be given the office of secretary, each as a
	// name, with a year and a branch if needed: "Nguyễn Văn An", "tran van binh
	// (1950), hanh lac". Accents count only if several names differ in nothing
	// else.
	Secretaries []string
}

// Read reads the roster in the workbook at path. progress, if not nil, is
// called with the bytes read of all sheets.
//
// Errors are *FileError when the file is at fault, else those of os.
func Read(path string, opts Options, progress func(done, total int)) (*Roster, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("importer: open roster: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("importer: open roster: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, &FileError{Kind: ErrNotWorkbook, Detail: "not a regular file"}
	}
	return ReadFrom(f, info.Size(), opts, progress)
}

// ReadFrom is Read for a workbook that is open or in memory.
func ReadFrom(src io.ReaderAt, size int64, opts Options, progress func(done, total int)) (*Roster, error) {
	return readWithin(src, size, opts, progress, defaultLimits)
}

func readWithin(src io.ReaderAt, size int64, opts Options, progress func(done, total int), lim limits) (r *Roster, err error) {
	defer func() {
		// A file that nobody thought of must not end the server.
		if p := recover(); p != nil {
			r, err = nil, damaged(fmt.Sprintf("reader stopped: %v", p), nil)
		}
	}()
	sheets, err := readWorkbook(src, size, lim, progress)
	if err != nil {
		return nil, err
	}
	var (
		tables []sheetTables
		names  []string
		rows   int
	)
	for i := range sheets {
		t := tablesOf(&sheets[i])
		names = append(names, t.name)
		rows += len(t.rows)
		tables = append(tables, t)
	}
	if rows == 0 {
		return nil, &FileError{Kind: ErrNoTable, Sheets: names}
	}
	separateBranches(tables)
	b := builder{roster: &Roster{}, index: map[string]int{}}
	for i := range tables {
		for j := range tables[i].rows {
			b.place(&tables[i].rows[j])
		}
	}
	b.identify()
	b.households()
	b.findDuplicates()
	b.count()
	for _, name := range opts.Secretaries {
		if err := b.roster.appoint(name); err != nil {
			return nil, err
		}
	}
	return b.roster, nil
}

// separateBranches mends a common slip: sheets named after branches, copied
// from the first one with its title left as it was. There the sheet's name is
// the branch.
func separateBranches(tables []sheetTables) {
	users := map[string]map[string]bool{}
	for _, t := range tables {
		if name, sure := branchOfSheet(t.name); sure && t.titled != "" && len(t.rows) > 0 {
			k := viet.CompareKey(t.titled)
			if users[k] == nil {
				users[k] = map[string]bool{}
			}
			users[k][viet.CompareKey(name)] = true
		}
	}
	for i := range tables {
		t := &tables[i]
		name, sure := branchOfSheet(t.name)
		if !sure || len(users[viet.CompareKey(t.titled)]) < 2 {
			continue
		}
		for j := range t.rows {
			if viet.SameText(t.rows[j].branch, t.titled) {
				t.rows[j].branch = name
			}
		}
	}
}

// builder turns rows into branches, members and households.
type builder struct {
	roster *Roster
	index  map[string]int // of branches, by CompareKey of the name
	rows   []builtRow
}

type builtRow struct {
	*tableRow
	branch    int
	branchKey string
	who       person
	hasWho    bool
	office    string
	member    int // index in the branch, -1 for nobody
	problems  []Problem
}

func (b *builder) place(r *tableRow) {
	key := viet.CompareKey(r.branch)
	i, ok := b.index[key]
	if !ok {
		i = len(b.roster.Branches)
		b.index[key] = i
		b.roster.Branches = append(b.roster.Branches, Branch{
			Key: naturalKey("branch", key), Name: "Chi bộ " + r.branch, Sheet: r.sheet,
		})
	}
	row := builtRow{tableRow: r, branch: i, branchKey: key, member: -1}
	row.who, row.hasWho = parsePerson(r.member)
	row.office = parseOffice(r.text(colOffice))
	if row.who.several {
		row.problems = append(row.problems, Problem{Kind: SeveralMembers})
	}
	b.rows = append(b.rows, row)
}

// naturalKey makes a short key of what identifies a record in a file. It is a
// digest, so that no name stands in it; whoever holds the names can compute it.
func naturalKey(kind string, parts ...string) string {
	sum := sha256.Sum256([]byte(kind + "\x1f" + strings.Join(parts, "\x1f")))
	return hex.EncodeToString(sum[:16])
}

// identify finds the members of each branch.
//
// Who is the same person: within a branch, the same name (viet.CompareKey) with
// the same year. Rows side by side with one name and the year in only some of
// them are one member. The same name without a year in blocks that are apart
// is one member as well: a member's households are often listed in two places,
// and a second person of that name is what the year is for; the later block is
// marked so that somebody looks. A name without a year that elsewhere in the
// branch has one is another member: the year was written to tell them apart.
func (b *builder) identify() {
	byBranch := make([][]int, len(b.roster.Branches))
	for i := range b.rows {
		if b.rows[i].hasWho {
			byBranch[b.rows[i].branch] = append(byBranch[b.rows[i].branch], i)
		}
	}
	for bi, rows := range byBranch {
		b.identifyBranch(&b.roster.Branches[bi], rows)
	}
}

func (b *builder) identifyBranch(branch *Branch, rows []int) {
	type id struct{ name, year string }
	index := map[id]int{}
	again := map[int][]int{} // member → first rows of later blocks
	for from := 0; from < len(rows); {
		to := from
		for to < len(rows) && b.rows[rows[to]].who.nameKey == b.rows[rows[from]].who.nameKey {
			to++
		}
		run := rows[from:to]
		year := ""
		for _, i := range run {
			if year = b.rows[i].who.year; year != "" {
				break
			}
		}
		last := -1
		for _, i := range run {
			r := &b.rows[i]
			if r.who.year != "" {
				year = r.who.year
			}
			k := id{r.who.nameKey, year}
			m, ok := index[k]
			if !ok {
				m = len(branch.Members)
				index[k] = m
				branch.Members = append(branch.Members, Member{
					Key:  naturalKey("member", r.branchKey, k.name, k.year),
					Name: r.who.name, Distinguish: year,
				})
			} else if m != last && k.year == "" {
				again[m] = append(again[m], i)
			}
			member := &branch.Members[m]
			if member.Office == "" {
				member.Office = r.who.office
			}
			if member.Office == "" {
				member.Office = r.office
			}
			r.member, last = m, m
		}
		from = to
	}
	// In a roster sorted by address every member is in many places: a mark on
	// each row would tell nothing.
	if len(again)*5 > len(branch.Members) && len(again) > 1 {
		return
	}
	for _, starts := range again {
		for _, i := range starts {
			b.rows[i].problems = append(b.rows[i].problems, Problem{Kind: MemberApart})
		}
	}
}

// households builds the households and tells repeated rows.
func (b *builder) households() {
	type place struct{ branch, household int }
	seen := map[[sha256.Size]byte]place{}
	ordinals := map[string]int{}
	for i := range b.rows {
		r := &b.rows[i]
		branch := &b.roster.Branches[r.branch]
		h, problems := r.fields()
		memberKey := ""
		if r.member >= 0 {
			memberKey = branch.Members[r.member].Key
		}
		h.Member = memberKey
		row := Row{Sheet: r.sheet, Number: r.row.num, Branch: r.branch, Cells: r.cells(&h)}
		digest := r.sameRow(r.branchKey, memberKey, h.Phone)
		if at, ok := seen[digest]; ok {
			first := &branch.Households[at.household]
			first.RowNumbers = append(first.RowNumbers, r.row.num)
			row.Household, row.RepeatOf = at.household, first.RowNumbers[0]
			row.Problems = []Problem{{Kind: RepeatedRow, Row: row.RepeatOf}}
			b.roster.Rows = append(b.roster.Rows, row)
			continue
		}
		base := naturalKey("household", r.branchKey, viet.CompareKey(h.Head), viet.CompareKey(h.Hamlet), viet.CompareKey(h.Address))
		ordinals[base]++
		key := base
		if n := ordinals[base]; n > 1 {
			key = naturalKey("household", base, fmt.Sprint(n))
		}
		if memberKey == "" {
			problems = append(problems, Problem{Kind: NoMember})
		}
		problems = append(problems, r.problems...)
		row.Household = len(branch.Households)
		row.Problems = problems
		seen[digest] = place{r.branch, row.Household}
		branch.Households = append(branch.Households, Household{
			Key: key, HouseholdFields: h, Consent: ConsentNotAsked,
			RowNumbers: []int{r.row.num}, Problems: problems,
			blankWelfare: r.saysNoWelfare(),
		})
		b.roster.Rows = append(b.roster.Rows, row)
	}
}

// fields reads a row's cells.
func (r *builtRow) fields() (h HouseholdFields, problems []Problem) {
	add := func(k ProblemKind) { problems = append(problems, Problem{Kind: k}) }
	var hadYear bool
	if h.Head, hadYear = parseHead(r.text(colHead)); h.Head == "" {
		add(NoHead)
	} else if hadYear {
		add(YearLeftOut)
	}
	h.Hamlet = properBranch(r.hamlet)
	if isPlaceholder(h.Hamlet) {
		h.Hamlet = ""
	}
	if h.Address = cleanLine(r.addressText()); isPlaceholder(h.Address) && viet.SearchKey(h.Address) != "0" {
		h.Address = ""
	}
	var ok bool
	if h.Size, ok = parseSize(r.text(colSize)); !ok {
		add(BadSize)
	}
	if text := r.text(colPhone); !isPlaceholder(text) {
		switch phone, n, ok := readPhone(text); {
		case !ok:
			add(BadPhone)
		default:
			h.Phone = phone.Number
			if phone.Old {
				add(OldPhone)
			}
			if n > 1 {
				add(SeveralPhones)
			}
		}
	}
	if h.Welfare, ok = r.welfare(); !ok {
		add(UnknownWelfare)
	}
	for c := range numColumns {
		if at := r.lay.at[c]; c != colNumber && c != colRemark && at >= 0 && r.row.at(at).noValue {
			add(NoValue)
			break
		}
	}
	return h, problems
}

func (r *builtRow) welfare() (Welfare, bool) {
	for _, t := range r.lay.ticks {
		if !isPlaceholder(r.row.at(t.col).text) {
			return t.what, true
		}
	}
	return parseWelfare(r.text(colWelfare))
}

func (r *builtRow) saysNoWelfare() bool {
	w, ok := r.welfare()
	return ok && w == WelfareNone && (r.lay.has(colWelfare) || len(r.lay.ticks) > 0) && !r.row.at(r.lay.at[colWelfare]).noValue
}

var phoneRun = regexp.MustCompile(`\+?\d[\d .\-]{6,}\d`)

// readPhone reads a phone cell; n is how many valid numbers it holds. A number
// with words around it ("… (con trai)") is taken if it is the only one.
func readPhone(text string) (p viet.PhoneResult, n int, ok bool) {
	if all := viet.Phones(text); len(all) > 0 {
		return all[0], len(all), true
	}
	if runs := phoneRun.FindAllString(text, -1); len(runs) == 1 && strings.ContainsFunc(text, isLetter) {
		if p, err := viet.Phone(runs[0]); err == nil {
			return p, 1, true
		}
	}
	return p, 0, false
}

func isLetter(r rune) bool {
	return r != 'e' && r != 'E' && viet.SearchKey(string(r)) != "" && (r < '0' || r > '9')
}

// cells gives the row's texts for the result workbook.
func (r *builtRow) cells(h *HouseholdFields) Cells {
	c := Cells{
		Number: r.text(colNumber), Head: r.text(colHead), Hamlet: r.hamlet, Address: r.addressText(),
		Size: r.text(colSize), Phone: r.text(colPhone), Member: r.tableRow.member, Office: r.text(colOffice),
	}
	if _, hadYear := parseHead(c.Head); hadYear {
		c.Head = h.Head
	}
	if w, ok := r.welfare(); ok && w != WelfareNone {
		c.Welfare = w.String()
		if _, ok := parseWelfare(r.text(colWelfare)); ok && r.lay.has(colWelfare) {
			c.Welfare = r.text(colWelfare)
		}
	}
	for _, p := range []*string{&c.Number, &c.Head, &c.Hamlet, &c.Address, &c.Size, &c.Phone, &c.Welfare, &c.Member, &c.Office} {
		*p = viet.Squash(*p)
	}
	return c
}

// findDuplicates marks households of a branch that share head and address, or
// head and phone, with an earlier one.
func (b *builder) findDuplicates() {
	for bi := range b.roster.Branches {
		branch := &b.roster.Branches[bi]
		first := map[string]int{}
		for i := range branch.Households {
			h := &branch.Households[i]
			head := viet.CompareKey(h.Head)
			if head == "" {
				continue
			}
			keys := []string{"a\x1f" + head + "\x1f" + viet.CompareKey(h.Hamlet) + "\x1f" + viet.CompareKey(h.Address)}
			if h.Phone != "" {
				keys = append(keys, "p\x1f"+head+"\x1f"+h.Phone)
			}
			twin := -1
			for _, k := range keys {
				if j, ok := first[k]; !ok {
					first[k] = i
				} else if twin < 0 {
					twin = j
				}
			}
			if twin >= 0 {
				h.Problems = append(h.Problems, Problem{Kind: PossibleDuplicate, Row: branch.Households[twin].RowNumbers[0]})
				b.roster.Counts.PossibleDuplicates++
			}
		}
	}
	for i := range b.roster.Rows {
		if r := &b.roster.Rows[i]; r.RepeatOf == 0 {
			r.Problems = b.roster.Branches[r.Branch].Households[r.Household].Problems
		}
	}
}

func (b *builder) count() {
	c := &b.roster.Counts
	c.Branches, c.Rows = len(b.roster.Branches), len(b.roster.Rows)
	for _, branch := range b.roster.Branches {
		c.Members += len(branch.Members)
		c.Households += len(branch.Households)
		names := map[string]int{}
		for _, m := range branch.Members {
			names[viet.CompareKey(m.Name)]++
		}
		for _, n := range names {
			if n > 1 {
				c.Namesakes += n
			}
		}
		for _, h := range branch.Households {
			for _, p := range h.Problems {
				switch p.Kind {
				case NoHead:
					c.NoHead++
				case BadPhone:
					c.BadPhone++
				case OldPhone:
					c.OldPhone++
				case NoMember:
					c.NoMember++
				}
			}
		}
	}
	c.Repeated = c.Rows - c.Households
}

// appoint gives the office of secretary to the one member that a --secretary
// option names.
func (r *Roster) appoint(option string) error {
	name, branch := option, ""
	if front, back, ok := strings.Cut(option, ","); ok {
		name, branch = front, viet.SearchKey(back)
	}
	who, ok := parsePerson(name)
	if !ok {
		return &FileError{Kind: ErrSecretary, Name: viet.Squash(option)}
	}
	var exact, loose []*Member
	var exactIn, looseIn []string
	for bi := range r.Branches {
		b := &r.Branches[bi]
		if !strings.Contains(" "+viet.SearchKey(b.Name)+" ", " "+branch+" ") && branch != "" {
			continue
		}
		for mi := range b.Members {
			m := &b.Members[mi]
			if who.year != "" && m.Distinguish != who.year {
				continue
			}
			if viet.SearchKey(m.Name) == viet.SearchKey(who.name) {
				loose, looseIn = append(loose, m), append(looseIn, b.Name)
			}
			if viet.CompareKey(m.Name) == who.nameKey {
				exact, exactIn = append(exact, m), append(exactIn, b.Name)
			}
		}
	}
	if len(exact) == 0 {
		exact, exactIn = loose, looseIn
	}
	if len(exact) != 1 {
		return &FileError{Kind: ErrSecretary, Name: viet.Squash(option), Branches: exactIn}
	}
	exact[0].Office = OfficeSecretary
	return nil
}
