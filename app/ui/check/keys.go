package check

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"sodanvan/app/ui/kit"
	"sodanvan/app/words"
	"sodanvan/shared/viet"
)

// maxEvents bounds what is kept of a keyboard that never stops.
const maxEvents = 600

// keys is what reached the field while the sentence was typed.
type keys struct {
	events  []string
	deleted int
	text    string
	// stray: something else than the sentence stood in the field since it was empty.
	stray bool
	done  bool
}

// edited is called with every state of the field.
func (k *keys) edited(s string) {
	k.text = s
	if s == "" {
		*k = keys{} // what was typed before is no part of this try
		return
	}
	k.stray = k.stray || !like(s)
}

func (k *keys) hear(event string) {
	if event == "key BackSpace" {
		k.deleted++
	}
	if len(k.events) < maxEvents {
		k.events = append(k.events, event)
	}
}

// same tells whether the sentence came out. Blanks at the ends do not count: many keyboards
// put one behind a word.
func (k *keys) same() bool {
	return norm.NFC.String(strings.TrimSpace(k.text)) == words.KeysSentence
}

// trace gives the events for whoever helps; not where something else was typed meanwhile,
// which is the user's own.
func (k *keys) trace() string {
	if k.stray || !like(k.text) {
		return words.ResultNoTrace
	}
	short := make([]string, len(k.events))
	for i, e := range k.events {
		if letter, ok := strings.CutPrefix(e, "rune "); ok {
			short[i] = letter
		} else {
			short[i] = "[" + strings.TrimPrefix(e, "key ") + "]"
		}
	}
	return words.ResultTrace + strings.Join(short, " ")
}

// like tells whether a text is the beginning of the sentence, with accents or without, as
// marks of Telex or VNI or lost: half of its letters may be other ones.
func like(s string) bool {
	typed, asked := []rune(viet.SearchKey(s)), []rune(viet.SearchKey(words.KeysSentence))
	return distance(typed, asked) <= len(typed)/2+2
}

// distance is how many letters have to be put in, taken out or changed to make the beginning
// of b from a.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		corner := row[0]
		row[0] = i + 1
		for j, y := range b {
			change := corner
			if x != y {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, corner+1)
		}
	}
	return slices.Min(row)
}

// listen begins to hear what reaches fields; the func ends it.
func (k *keys) listen() (end func()) {
	kit.Traced = k.hear
	return func() { kit.Traced = nil }
}
