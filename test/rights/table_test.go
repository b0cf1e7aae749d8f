package rights

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"
)

// Cells of the table.
const (
	yes       = "ja"
	notThere  = "-"
	seesOnly  = "xem"
	writeOnce = "1x"
	suggested = "gợi"
	revoked   = "thu"
	unknown   = "lạ"
)

// actors are the columns of the table, in its order.
var actors = []string{"hộ", "đv", "bt", "pbt", "cb", "qt", "đv2", "bt2", "thu", "sao", "lạ"}

type cell struct{ row, verb, actor string }

// deviation is a cell where the server does something else than the table wants, known and
// reported. It is tried too: when the server changes, the line has to go.
type deviation struct {
	verb, actor, got, why string
	used                  bool
}

type table struct {
	cells map[cell]string
	// rows in the order of the file, with their verbs.
	rows  []string
	verbs map[string][]string
	// holders are the classes of holders, calls those of the desk about devices.
	holders, calls []string
	known          map[string]*deviation
}

func readTable(t *testing.T, path string) *table {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tb := &table{cells: map[cell]string{}, verbs: map[string][]string{}, known: map[string]*deviation{}}
	section := ""
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		if words[0] == "kind" || words[0] == "holder" || words[0] == "call" {
			if section = words[0]; !slices.Equal(words[2:], actors) {
				t.Fatalf("line %d: columns are %q", n, words[2:])
			}
			continue
		}
		if words[0] == "lệch" {
			if len(words) < 6 {
				t.Fatalf("line %d: a deviation has row, verb, actor, what is got, and why", n)
			}
			tb.known[words[1]+" "+words[2]+" "+words[3]] = &deviation{verb: words[2], actor: words[3], got: words[4], why: strings.Join(words[5:], " ")}
			continue
		}
		if len(words) != 2+len(actors) {
			t.Fatalf("line %d: %d cells, want %d", n, len(words)-2, len(actors))
		}
		switch {
		case section == "holder":
			tb.holders = append(tb.holders, words[0])
		case section == "call":
			tb.calls = append(tb.calls, words[0])
		case !slices.Contains(tb.rows, words[0]):
			tb.rows = append(tb.rows, words[0])
		}
		for _, verb := range strings.Split(words[1], ",") {
			if section == "kind" {
				tb.verbs[words[0]] = append(tb.verbs[words[0]], verb)
			}
			for i, a := range actors {
				c := cell{words[0], verb, a}
				if _, twice := tb.cells[c]; twice {
					t.Fatalf("line %d: %s %s twice", n, words[0], verb)
				}
				tb.cells[c] = words[2+i]
			}
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return tb
}

// want gives what a cell expects of the server as it is: the table's word, or a known deviation.
func (tb *table) want(row, verb, actor string) string {
	for _, key := range []string{row + " " + verb + " " + actor, "* " + verb + " " + actor} {
		if d := tb.known[key]; d != nil {
			d.used = true
			if other, ok := strings.CutPrefix(d.got, "="); ok {
				return tb.cells[cell{row, verb, other}]
			}
			return d.got
		}
	}
	return tb.cells[cell{row, verb, actor}]
}
