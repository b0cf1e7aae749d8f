package importer

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// All names and numbers in these tests are invented.

// madeSheet is a sheet made for a test: rows of texts; "=…" is a formula
// without a value, "#…" a number.
type madeSheet struct {
	name   string
	rows   [][]string
	merges []string // "A1:C1"
}

// made gives the bytes of a workbook.
func made(t testing.TB, sheets ...madeSheet) *bytes.Reader {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, s := range sheets {
		if i == 0 {
			check(f.SetSheetName("Sheet1", s.name))
		} else {
			_, err := f.NewSheet(s.name)
			check(err)
		}
		for r, row := range s.rows {
			for c, text := range row {
				ref, err := excelize.CoordinatesToCellName(c+1, r+1)
				check(err)
				switch {
				case text == "":
				case strings.HasPrefix(text, "="):
					check(f.SetCellFormula(s.name, ref, text))
				case strings.HasPrefix(text, "#"):
					var n float64
					_, err := fmt.Sscan(text[1:], &n)
					check(err)
					check(f.SetCellFloat(s.name, ref, n, -1, 64))
				default:
					check(f.SetCellStr(s.name, ref, text))
				}
			}
		}
		for _, m := range s.merges {
			from, to, _ := strings.Cut(m, ":")
			check(f.MergeCell(s.name, from, to))
		}
	}
	var b bytes.Buffer
	_, err := f.WriteTo(&b)
	check(err)
	return bytes.NewReader(b.Bytes())
}

func readMade(t testing.TB, opts Options, sheets ...madeSheet) (*Roster, error) {
	t.Helper()
	b := made(t, sheets...)
	return ReadFrom(b, b.Size(), opts, nil)
}

// lines shows households as "branch: member (year) < head | hamlet | address |
// size | phone | welfare".
func lines(r *Roster) []string {
	var out []string
	for _, b := range r.Branches {
		names := map[string]string{"": "-"}
		for _, m := range b.Members {
			names[m.Key] = m.Name
			if m.Distinguish != "" {
				names[m.Key] += " (" + m.Distinguish + ")"
			}
			if m.Office != "" {
				names[m.Key] += " [" + m.Office + "]"
			}
		}
		for _, h := range b.Households {
			out = append(out, fmt.Sprintf("%s: %s < %s | %s | %s | %d | %s | %s",
				strings.TrimPrefix(b.Name, "Chi bộ "), names[h.Member], h.Head, h.Hamlet, h.Address, h.Size, h.Phone, h.Welfare))
		}
	}
	return out
}

func problemsOf(r *Roster) string {
	var out []string
	for _, row := range r.Rows {
		for _, p := range row.Problems {
			out = append(out, fmt.Sprintf("%d:%d", row.Number, p.Kind))
		}
	}
	return strings.Join(out, " ")
}

// dump shows everything that a roster holds.
func dump(r *Roster) string { return fmt.Sprintf("%+v", *r) }
