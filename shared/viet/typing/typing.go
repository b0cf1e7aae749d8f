package typing

import (
	"strings"
	"unicode"
	"unicode/utf8"

	bamboo "github.com/BambooEngine/bamboo-core"
	"golang.org/x/text/unicode/norm"
)

// Method is a way of typing Vietnamese on a keyboard without its letters.
type Method int

const (
	// Off composes nothing: the system's own keyboard does, or nobody.
	Off Method = iota
	// Telex types marks with letters: "ddawngf" is đằng, "w" is ư.
	Telex
	// VNI types marks with digits behind a letter: "d9a8ng2" is đằng.
	VNI
)

// ParseMethod reads what String gives.
func ParseMethod(s string) (Method, bool) {
	for _, m := range []Method{Off, Telex, VNI} {
		if s == m.String() {
			return m, true
		}
	}
	return Off, false
}

// String gives "off", "telex" or "vni", a name to store; it is not for the
// screen.
func (m Method) String() string {
	switch m {
	case Telex:
		return "telex"
	case VNI:
		return "vni"
	}
	return "off"
}

// The tables are read once; an engine only reads them.
var (
	telexTable = bamboo.ParseInputMethod(bamboo.InputMethodDefinitions, "Telex W")
	vniTable   = bamboo.ParseInputMethod(bamboo.InputMethodDefinitions, "VNI")
)

// Composer turns keys into Vietnamese. The zero value composes nothing (Off).
// It is not safe for concurrent use; each entry has its own.
type Composer struct {
	method Method
	engine bamboo.IEngine
	table  *keySet

	// shown is the word as it stands before the caret; empty: no word begun.
	shown string
	// raw is the word as it reads if nothing is composed: what stood there
	// when it was begun, and each key since.
	raw string
	// composed is what the engine makes of all keys.
	composed string
	// good tells that shown is composed, else it is raw.
	good bool
	// literal tells that the rest of the word is taken as typed.
	literal bool
	// fresh tells that the word was typed key by key from nothing.
	fresh bool
	// afterDigit tells that a digit stands right before the word.
	afterDigit bool
}

// New makes a Composer; a method that does not exist counts as Off.
func New(m Method) *Composer {
	c := &Composer{}
	c.SetMethod(m)
	return c
}

// SetMethod changes the method; the word before the caret is then taken as it
// stands.
func (c *Composer) SetMethod(m Method) {
	c.Reset()
	switch m {
	case Telex:
		c.engine, c.table = bamboo.NewEngine(telexTable, bamboo.EstdFlags), &telexKeys
	case VNI:
		c.engine, c.table = bamboo.NewEngine(vniTable, bamboo.EstdFlags), &vniKeys
	default:
		m, c.engine, c.table = Off, nil, nil
	}
	c.method = m
}

// Reset forgets the keys of the word being typed: what stands before the caret
// is then taken as it stands. Call it when the field is filled anew or left; a
// moved caret Type sees itself.
func (c *Composer) Reset() {
	c.shown, c.raw, c.composed = "", "", ""
	c.good, c.literal, c.fresh, c.afterDigit = false, false, false, false
}

// Type handles one typed rune. before is the text before the caret, all of it
// or at least the last word and what stands next to it without a blank. It
// gives how many runes before the caret to delete and what to insert in their
// place. Off gives r itself. Else the last word is in NFC afterwards, and
// nothing before it is touched.
func (c *Composer) Type(before string, r rune) (remove int, insert string) {
	if c.method == Off {
		return 0, string(r)
	}
	start, long := lastWord(before)
	if long {
		start = len(before)
	}
	prefix, word := before[:start], before[start:]
	if r >= utf8.RuneSelf || r < 0 {
		// A letter that another keyboard has composed, or a combining mark, or
		// an emoji: it may join what stands before it.
		c.Reset()
		from := min(start, lastJoin(before))
		return change(before[from:], norm.NFC.String(before[from:]+string(r)))
	}
	if !c.isKey(r, word) || long {
		next := c.end(word, r)
		c.Reset()
		return change(word, next+string(r))
	}
	if c.shown == "" || word != c.shown {
		c.begin(prefix, norm.NFC.String(word))
	}
	c.press(r)
	next := c.shown
	if isASCIIDigit(r) && strings.HasSuffix(next, string(r)) {
		c.Reset() // the digit is a digit, and ends the word
	}
	return change(word, next)
}

// Backspace gives how many runes before the caret to delete for one press: what
// a person sees as one letter, so a decomposed letter goes whole, and an emoji
// too; 0 at the start of the text. The rest of the word can be typed on.
func (c *Composer) Backspace(before string) (remove int) {
	c.Reset()
	return lastGrapheme(before)
}

// isKey reports whether r may act on word: letters do, digits only in VNI and
// behind a letter.
func (c *Composer) isKey(r rune, word string) bool {
	return isASCIILetter(r) || c.method == VNI && isASCIIDigit(r) && word != ""
}

// begin takes up a word that stands there, in NFC, so that keys act on it.
func (c *Composer) begin(prefix, word string) {
	c.Reset()
	c.shown, c.raw, c.composed = word, word, word
	c.fresh = word == ""
	last, _ := utf8.DecodeLastRuneInString(prefix)
	c.afterDigit = isASCIIDigit(last)
	keys, ok := c.table.keysOf(word)
	if !ok || len(keys) > maxWord || inAddress(prefix) {
		c.literal = true
		return
	}
	c.engine.Reset()
	for _, key := range keys {
		c.engine.ProcessKey(key, bamboo.VietnameseMode)
	}
	// Words that no keys compose are foreign: they stay, and what is typed
	// behind them too.
	c.composed = c.engineText()
	c.good = sameButTonePlace(c.composed, word)
	c.literal = !c.good
}

func (c *Composer) engineText() string {
	return norm.NFC.String(c.engine.GetProcessedString(bamboo.VietnameseMode | bamboo.FullText))
}

// press adds one key to the word.
func (c *Composer) press(r rune) {
	key := string(r)
	c.raw += key
	if c.literal || utf8.RuneCountInString(c.raw) > maxWord || c.staysLiteral(r) {
		c.literal = true
		c.shown += key
		if c.fresh && strings.EqualFold(c.raw, "www") {
			c.shown = c.raw
		}
		return
	}
	was := c.composed
	c.engine.ProcessKey(r, bamboo.VietnameseMode)
	c.composed = c.engineText()
	switch {
	case c.good && strings.HasSuffix(c.composed, key) && marks(c.composed) < marks(was):
		// The key twice takes its mark back and stands itself. The word is
		// then foreign, except for boong and the like.
		c.shown = c.composed
		c.literal = !isSyllable(c.composed, false)
		if !c.literal {
			c.raw = c.composed
		}
	case strings.ContainsRune("aeoAEO", r) && isStopped(strings.ToLower(c.composed)) && isSyllable(c.composed, false) && !isSyllable(c.composed, true):
		// The second o of photo would mark the first one; it does so only when
		// a tone follows (phốt), as no syllable ends in t without one.
		c.shown, c.good = c.raw, false
	case isSyllable(c.composed, false), c.good && isAbbreviation(c.composed), c.good && isASCIIDigit(r) && c.composed == c.shown+key:
		c.shown, c.good = c.composed, true
	default:
		c.shown, c.good = c.raw, false
	}
}

// staysLiteral reports whether r is a plain letter or digit because a number
// stands before the word: 5W, 12A1. But 50.000d9 is money.
func (c *Composer) staysLiteral(r rune) bool {
	if !c.afterDigit {
		return false
	}
	if c.method == Telex {
		return c.shown == "" && unicode.ToLower(r) == 'w'
	}
	return isASCIIDigit(r) && utf8.RuneCountInString(c.shown) == 1 && !strings.EqualFold(c.shown, "d")
}

// end gives the word as it stays when r, which is no key, ends it.
func (c *Composer) end(word string, r rune) string {
	if word == "" || word != c.shown || !c.good || c.literal || c.shown == c.raw {
		return norm.NFC.String(word)
	}
	if r == '@' {
		return c.raw // it was the start of an address
	}
	if c.method == Telex && c.fresh && unicode.ToLower(rune(c.raw[0])) == 'w' && utf8.RuneCountInString(word) > 1 && !isSyllable(word, true) {
		return c.raw // wc, wt: w alone is ư, but not in these
	}
	return word
}
