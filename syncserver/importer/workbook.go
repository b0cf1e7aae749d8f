package importer

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"sort"
	"strconv"
	"strings"
	"unicode/utf16"
)

// The parts of an .xlsx are read here and not with excelize: its Rows() ends
// a cut sheet without an error, so rows would be lost in silence, and neither
// merged cells nor a formula without a value can be seen without loading the
// whole sheet. A test compares the two readers cell by cell.

// limits bound what one file may cost. A roster of a large commune has some
// 10,000 rows and 1 MB.
type limits struct {
	fileBytes  int64 // the file as it lies on disk
	unzipBytes int64 // all parts together, by the zip's directory
	partBytes  int64 // one part
	parts      int   // entries of the zip
	sheets     int   // sheets with a table or not
	rows       int   // rows with text, over all sheets
	columns    int   // columns looked at; those further right are ignored
	emptyRun   int   // empty rows after which it is asked whether a value follows
	mergeFill  int   // cells filled from vertical merges
}

var defaultLimits = limits{
	fileBytes:  32 << 20,
	unzipBytes: 256 << 20,
	partBytes:  128 << 20,
	parts:      4000,
	sheets:     300,
	rows:       100_000,
	columns:    64,
	emptyRun:   1000,
	mergeFill:  500_000,
}

// sheet is one worksheet: its name and its rows with text, in order.
type sheet struct {
	name string
	rows []rawRow
}

// rawRow is one row: its number in the file (from 1) and its cells by column.
type rawRow struct {
	num   int
	cells []cell
}

// cell is one cell's text as stored. The zero value is an empty cell.
type cell struct {
	text string
	// noValue: a formula without a cached value, or an error value; text is "".
	noValue bool
	// filled: the text comes from the top of a vertical merge.
	filled bool
	// span is the width of a merge that starts here, 0 when there is none.
	span int
}

func (r *rawRow) at(col int) cell {
	if col < 0 || col >= len(r.cells) {
		return cell{}
	}
	return r.cells[col]
}

// own is the text that was written in this very cell.
func (c cell) own() string {
	if c.filled {
		return ""
	}
	return c.text
}

var (
	zipMagic = []byte("PK\x03\x04")
	oleMagic = []byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}
)

// readWorkbook reads all sheets of an .xlsx. Errors are *FileError or those
// of src.
func readWorkbook(src io.ReaderAt, size int64, lim limits, progress func(done, total int)) ([]sheet, error) {
	if size > lim.fileBytes {
		return nil, tooLarge("file has %d bytes", size)
	}
	if err := checkMagic(src, size); err != nil {
		return nil, err
	}
	archive, err := zip.NewReader(src, size)
	if err != nil {
		return nil, damaged("zip directory", err)
	}
	parts, err := listParts(archive, lim)
	if err != nil {
		return nil, err
	}
	book, err := readBook(parts, lim)
	if err != nil {
		return nil, err
	}
	strs, err := readSharedStrings(parts, book.sharedStrings, lim)
	if err != nil {
		return nil, err
	}
	total := 0
	for _, s := range book.sheets {
		total += int(min(s.file.UncompressedSize64, 1<<40))
	}
	rowsLeft, done := lim.rows, 0
	var sheets []sheet
	for _, s := range book.sheets {
		data, err := readPart(s.file, lim)
		if err != nil {
			return nil, err
		}
		p := sheetReader{data: data, strs: strs, lim: lim, rowsLeft: rowsLeft}
		p.progress = func(offset int) {
			if progress != nil {
				progress(done+offset, total)
			}
		}
		rows, err := p.read()
		if err != nil {
			return nil, err
		}
		rowsLeft -= len(rows)
		done += len(data)
		sheets = append(sheets, sheet{name: s.name, rows: rows})
	}
	return sheets, nil
}

// checkMagic looks at the first bytes: a zip goes on, an OLE container is an
// encrypted workbook or an old one, anything else is no workbook.
func checkMagic(src io.ReaderAt, size int64) error {
	head := make([]byte, min(size, 1<<16))
	if n, err := src.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("importer: read workbook: %w", err)
	} else {
		head = head[:n]
	}
	switch {
	case bytes.HasPrefix(head, zipMagic):
		return nil
	case bytes.HasPrefix(head, oleMagic):
		// The directory of an OLE container names its streams in UTF-16; it
		// can lie anywhere, so the whole file is searched.
		all := make([]byte, size)
		n, err := src.ReadAt(all, 0)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("importer: read workbook: %w", err)
		}
		if bytes.Contains(all[:n], utf16LE("EncryptedPackage")) || bytes.Contains(all[:n], utf16LE("EncryptionInfo")) {
			return &FileError{Kind: ErrEncrypted}
		}
		return &FileError{Kind: ErrOldFormat, Detail: "OLE container"}
	}
	return &FileError{Kind: ErrNotWorkbook, Detail: "first bytes"}
}

func utf16LE(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

// listParts checks the sizes that the zip's directory declares before
// anything is unzipped. archive/zip stops a part that is longer than declared.
func listParts(archive *zip.Reader, lim limits) (map[string]*zip.File, error) {
	if len(archive.File) > lim.parts {
		return nil, tooLarge("%d parts", len(archive.File))
	}
	parts := make(map[string]*zip.File, len(archive.File))
	var sum uint64
	for _, f := range archive.File {
		if f.UncompressedSize64 > uint64(lim.partBytes) {
			return nil, tooLarge("a part has %d bytes unzipped", f.UncompressedSize64)
		}
		if sum += f.UncompressedSize64; sum > uint64(lim.unzipBytes) {
			return nil, tooLarge("more than %d bytes unzipped", lim.unzipBytes)
		}
		if f.Flags&1 != 0 {
			return nil, &FileError{Kind: ErrEncrypted, Detail: "zip entry is encrypted"}
		}
		parts[partName(f.Name)] = f
	}
	return parts, nil
}

// partName makes names of parts comparable: some writers use backslashes or
// other capitals.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Clean(strings.ReplaceAll(name, `\`, "/")), "/"))
}

func readPart(f *zip.File, lim limits) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, damaged("open part", err)
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, lim.partBytes+1))
	if err != nil {
		return nil, damaged("unzip part", err)
	}
	if int64(len(data)) > lim.partBytes {
		return nil, tooLarge("a part is longer than %d bytes", lim.partBytes)
	}
	return data, nil
}

type bookSheet struct {
	name string
	file *zip.File
}

type book struct {
	sheets        []bookSheet
	sharedStrings *zip.File
}

// readBook finds the worksheets in the order of their tabs.
func readBook(parts map[string]*zip.File, lim limits) (*book, error) {
	workbook := "xl/workbook.xml"
	var rootRels relationships
	if f := parts["_rels/.rels"]; f != nil {
		if err := decodePart(f, lim, &rootRels); err != nil {
			return nil, err
		}
		for _, r := range rootRels.List {
			if strings.HasSuffix(r.Type, "/officeDocument") {
				workbook = partName(r.Target)
			}
		}
	}
	if strings.HasSuffix(workbook, ".bin") {
		return nil, &FileError{Kind: ErrOldFormat, Detail: "binary workbook"}
	}
	if parts[workbook] == nil || !strings.HasPrefix(workbook, "xl/") {
		return nil, &FileError{Kind: ErrNotWorkbook, Detail: "zip without a workbook part"}
	}
	var wb struct {
		Sheets []struct {
			Name string     `xml:"name,attr"`
			Attr []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := decodePart(parts[workbook], lim, &wb); err != nil {
		return nil, err
	}
	if len(wb.Sheets) > lim.sheets {
		return nil, tooLarge("%d sheets", len(wb.Sheets))
	}
	dir, base := path.Split(workbook)
	var rels relationships
	if f := parts[dir+"_rels/"+base+".rels"]; f != nil {
		if err := decodePart(f, lim, &rels); err != nil {
			return nil, err
		}
	}
	resolve := func(target string) *zip.File {
		if strings.HasPrefix(target, "/") {
			return parts[partName(target)]
		}
		return parts[partName(dir+target)]
	}
	out := &book{}
	byID := map[string]relationship{}
	for _, r := range rels.List {
		byID[r.ID] = r
		if strings.HasSuffix(r.Type, "/sharedStrings") {
			out.sharedStrings = resolve(r.Target)
		}
	}
	for _, s := range wb.Sheets {
		var id string
		for _, a := range s.Attr {
			if a.Name.Local == "id" {
				id = a.Value
			}
		}
		rel, ok := byID[id]
		if ok && !strings.HasSuffix(rel.Type, "/worksheet") {
			continue // a chart sheet or a macro sheet
		}
		f := resolve(rel.Target)
		if !ok || f == nil {
			return nil, damaged("a sheet's part is missing", nil)
		}
		out.sheets = append(out.sheets, bookSheet{name: s.Name, file: f})
	}
	return out, nil
}

type relationship struct {
	ID     string `xml:"Id,attr"`
	Type   string `xml:"Type,attr"`
	Target string `xml:"Target,attr"`
}

type relationships struct {
	List []relationship `xml:"Relationship"`
}

func decodePart(f *zip.File, lim limits, into any) error {
	data, err := readPart(f, lim)
	if err != nil {
		return err
	}
	if err := xml.Unmarshal(data, into); err != nil {
		return damaged("part is not XML", err)
	}
	return nil
}

// readSharedStrings reads the table of texts. Rich text is joined, phonetic
// hints (rPh) are left out.
func readSharedStrings(parts map[string]*zip.File, f *zip.File, lim limits) ([]string, error) {
	if f == nil {
		if f = parts["xl/sharedstrings.xml"]; f == nil {
			return nil, nil
		}
	}
	data, err := readPart(f, lim)
	if err != nil {
		return nil, err
	}
	dec := xml.NewDecoder(bytes.NewReader(data))
	var out []string
	var text strings.Builder
	inText, phonetic, closed := false, false, false
	for {
		tok, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, damaged("shared strings", err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "si":
				text.Reset()
			case "t":
				inText = true
			case "rPh":
				phonetic = true
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "si":
				out = append(out, unescape(text.String()))
			case "t":
				inText = false
			case "rPh":
				phonetic = false
			case "sst":
				closed = true
			}
		case xml.CharData:
			if inText && !phonetic {
				text.Write(t)
			}
		}
	}
	if !closed {
		return nil, damaged("shared strings are cut", nil)
	}
	return out, nil
}

// unescape undoes the _x000D_ that some writers leave for carriage returns.
func unescape(s string) string {
	if !strings.Contains(s, "_x00") {
		return s
	}
	return strings.NewReplacer("_x000D_", "\r", "_x000d_", "\r", "_x000A_", "\n", "_x000a_", "\n", "_x0009_", "\t").Replace(s)
}

// sheetReader walks one worksheet part.
type sheetReader struct {
	data     []byte
	strs     []string
	lim      limits
	rowsLeft int
	progress func(offset int)

	rows   []rawRow
	merges []mergeRange
}

type mergeRange struct{ row1, col1, row2, col2 int }

func (p *sheetReader) read() ([]rawRow, error) {
	rest, err := p.readRows()
	if err != nil {
		return nil, err
	}
	p.readMerges(rest)
	p.fillMerges()
	p.progress(len(p.data))
	return p.rows, nil
}

// readRows reads sheetData and returns the bytes after it.
func (p *sheetReader) readRows() ([]byte, error) {
	dec := xml.NewDecoder(bytes.NewReader(p.data))
	var (
		row                     rawRow
		rowNum, col, empty      int
		cur                     cell
		kind                    string
		text                    strings.Builder
		inCell, inText, formula bool
		last                    = -1
	)
	for {
		tok, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			return nil, damaged("sheet is cut", nil)
		}
		if err != nil {
			return nil, damaged("sheet is not XML", err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "row":
				rowNum++
				if n, err := strconv.Atoi(attr(t, "r")); err == nil && n > 0 && n <= 1<<20 {
					rowNum = n
				}
				row, col, inCell = rawRow{num: rowNum}, -1, false
			case "c":
				col++
				if n, ok := columnOf(attr(t, "r")); ok {
					col = n
				}
				inCell, formula, cur = true, false, cell{}
				kind = attr(t, "t")
				text.Reset()
			case "f":
				formula = inCell
			case "v", "t":
				inText = inCell
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "v", "t":
				inText = false
			case "c":
				if !inCell {
					break // RawToken does not pair the ends with the beginnings
				}
				inCell = false
				cur.text = p.value(kind, text.String())
				if kind == "e" || (formula && text.Len() == 0) {
					cur.text, cur.noValue = "", true
				}
				if (cur.text != "" || cur.noValue) && col < p.lim.columns {
					for len(row.cells) <= col {
						row.cells = append(row.cells, cell{})
					}
					row.cells[col] = cur
				}
			case "row":
				if len(row.cells) > 0 {
					empty = 0
					if len(p.rows) >= p.rowsLeft {
						return nil, tooLarge("more than %d rows", p.lim.rows)
					}
					p.rows = append(p.rows, row)
					if len(p.rows)%256 == 0 {
						p.progress(int(dec.InputOffset()))
					}
					break
				}
				if empty++; empty%p.lim.emptyRun == 0 {
					// Sheets are often formatted down to row 200,000: when no
					// value follows, walking on would only cost time.
					if last < 0 {
						last = lastValue(p.data)
					}
					if at := dec.InputOffset(); int(at) > last {
						return p.data[at:], nil
					}
				}
			case "sheetData":
				return p.data[dec.InputOffset():], nil
			}
		case xml.CharData:
			if inText {
				text.Write(t)
			}
		}
	}
}

// lastValue gives the place of the last value or formula of a sheet.
func lastValue(data []byte) int {
	last := -1
	for _, mark := range []string{"<v>", "<v ", "<is>", "<is ", "<f>", "<f ", ":v>", ":v ", ":is>", ":is ", ":f>", ":f "} {
		last = max(last, bytes.LastIndex(data, []byte(mark)))
	}
	return last
}

func attr(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// value turns a stored value into text. Whole numbers lose the exponent and
// the ".0" that some programs write.
func (p *sheetReader) value(kind, v string) string {
	switch kind {
	case "s":
		n, err := strconv.Atoi(strings.TrimSpace(v))
		if err != nil || n < 0 || n >= len(p.strs) {
			return ""
		}
		return p.strs[n]
	case "inlineStr", "str":
		return unescape(v)
	case "", "n":
		v = strings.TrimSpace(v)
		if strings.ContainsAny(v, ".eE") {
			f, err := strconv.ParseFloat(v, 64)
			if err == nil && f == float64(int64(f)) && f > -1e15 && f < 1e15 {
				return strconv.FormatInt(int64(f), 10)
			}
		}
		return v
	}
	return strings.TrimSpace(v)
}

// columnOf gives the column (from 0) of a reference such as "AB12".
func columnOf(ref string) (int, bool) {
	_, col, ok := cellOf(ref)
	return col, ok
}

// cellOf splits a reference into row (from 1) and column (from 0).
func cellOf(ref string) (row, col int, ok bool) {
	ref = strings.ReplaceAll(ref, "$", "")
	i := 0
	for ; i < len(ref) && i < 4; i++ {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		col = col*26 + int(c-'A') + 1
	}
	if i == 0 || i == 4 {
		return 0, 0, false
	}
	row, err := strconv.Atoi(ref[i:])
	if err != nil || row < 1 || row > 1<<20 {
		return 0, 0, false
	}
	return row, col - 1, true
}

// readMerges reads the merged ranges, which follow the rows. What cannot be
// read is left out: without it the sheet is still a table.
func (p *sheetReader) readMerges(rest []byte) {
	i := bytes.Index(rest, []byte("mergeCells"))
	if i < 1 {
		return
	}
	i = bytes.LastIndexByte(rest[:i], '<')
	if i < 0 {
		return
	}
	dec := xml.NewDecoder(bytes.NewReader(rest[i:]))
	for {
		tok, err := dec.RawToken()
		if err != nil {
			return
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if t.Name.Local != "mergeCell" {
				continue
			}
			from, to, found := strings.Cut(attr(t, "ref"), ":")
			r1, c1, ok1 := cellOf(from)
			r2, c2, ok2 := cellOf(to)
			if found && ok1 && ok2 && r1 <= r2 && c1 <= c2 {
				p.merges = append(p.merges, mergeRange{r1, c1, r2, c2})
			}
		case xml.EndElement:
			if t.Name.Local == "mergeCells" {
				return
			}
		}
	}
}

// fillMerges lets the value of a vertical merge hold for each row of it, and
// notes how wide a horizontal merge is.
func (p *sheetReader) fillMerges() {
	budget := p.lim.mergeFill
	for _, m := range p.merges {
		if m.col1 >= p.lim.columns {
			continue
		}
		i := sort.Search(len(p.rows), func(i int) bool { return p.rows[i].num >= m.row1 })
		if i == len(p.rows) || p.rows[i].num != m.row1 {
			continue
		}
		top := p.rows[i].at(m.col1)
		if top.text == "" {
			continue
		}
		p.rows[i].cells[m.col1].span = m.col2 - m.col1 + 1
		top.filled, top.span = true, m.col2-m.col1+1
		for j := i + 1; j < len(p.rows) && p.rows[j].num <= m.row2; j++ {
			if budget--; budget < 0 {
				return
			}
			r := &p.rows[j]
			for len(r.cells) <= m.col1 {
				r.cells = append(r.cells, cell{})
			}
			if r.cells[m.col1].text == "" {
				r.cells[m.col1] = top
			}
		}
	}
}
