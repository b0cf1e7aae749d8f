package notebook

import (
	"sort"
	"strings"
	"unicode"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/viet"
)

// WarnedWords gives the words of a text that the commune's table says should not stand in
// a note, sorted, each once. Words are compared whole, without case and however composed,
// with their accents: «mã» is not «ma». Nothing is counted or kept (docs/domain.md, "The
// line", 1).
func (n *Notebook) WarnedWords(s string) []string {
	key := wordKey(s)
	if key == "  " {
		return nil
	}
	var out []string
	for _, w := range n.WarnedWordTable() {
		if k := wordKey(w); k != "  " && strings.Contains(key, k) {
			out = append(out, w)
		}
	}
	return out
}

// WarnedWordTable is the commune's table, open to every member, sorted.
func (n *Notebook) WarnedWordTable() []string {
	v := n.view()
	seen := map[string]bool{}
	var out []string
	for r := range v.Kind(pb.Kind_KIND_CATEGORY) {
		c := decode[pb.Category](r.State)
		name := strings.TrimSpace(c.GetName())
		if c.GetDeleted() || c.GetUse() != pb.CategoryUse_CATEGORY_USE_WARNED_WORD || name == "" || seen[name] {
			continue
		}
		seen[name] = true
		out = append(out, name)
	}
	sort.Strings(out)
	return out
}

// wordKey puts blanks around every word of a text, so that a table's word, which may be
// several words, is found whole.
func wordKey(s string) string {
	parts := strings.FieldsFunc(viet.CompareKey(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
	return " " + strings.Join(parts, " ") + " "
}
