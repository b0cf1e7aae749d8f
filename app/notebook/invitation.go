package notebook

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"sodanvan/app/words"
	"sodanvan/shared/seal"
)

// CodeGroups is how many groups a code has on the slip: four of 4 letters, the last of 5.
const CodeGroups = 5

// Letters of the groups of a code.
const (
	groupLetters = 4
	lastLetters  = 5
	// codeInput is the most that is looked at: a slip has 25 letters, a pasted line some more.
	codeInput = 4096
)

// Code is a code as far as it was typed or pasted.
type Code struct {
	// Groups are its letters as the slip has them: capitals, 0 for O, 1 for I and L, D for Đ.
	// What no code has stays as it was typed.
	Groups [CodeGroups]string
	// Wrong is the first group, from 1, of which something can be said for sure: a letter that
	// no code has, or a wrong number of letters before the next group begins; 0: none.
	Wrong int
	// Letter is the letter of that group that no code has; "": its length is wrong.
	Letter string
	// Address of the server; "" where a code alone was given.
	Address string
}

// Text is the code as the slip prints it, as far as it is there; groups are parted by "-".
func (c Code) Text() string {
	last := 0
	for i, g := range c.Groups {
		if g != "" {
			last = i
		}
	}
	return strings.Join(c.Groups[:last+1], "-")
}

// Letters counts the letters that are there.
func (c Code) Letters() int {
	n := 0
	for _, g := range c.Groups {
		n += len([]rune(g))
	}
	return n
}

// GroupOK tells whether a group, from 0, has as many letters as it should, all of them such
// as codes have. Whether they are the slip's only all groups together can tell.
func (c Code) GroupOK(i int) bool { return groupOK(i, c.Groups[i]) }

// Complete tells that every group is.
func (c Code) Complete() bool {
	for i := range c.Groups {
		if !c.GroupOK(i) {
			return false
		}
	}
	return true
}

func groupSize(i int) int {
	if i == CodeGroups-1 {
		return lastLetters
	}
	return groupLetters
}

func groupOK(i int, g string) bool {
	return len([]rune(g)) == groupSize(i) && strings.IndexFunc(g, func(r rune) bool { return !codeLetter(r) }) < 0
}

// CheckCode reads what was typed or pasted, a code or the whole line of an invitation, while
// it is typed too: the Code holds what could be read in any case. A letter more goes to the
// next group; blanks, hyphens and dots may part the groups anywhere, and where they part too
// early or too late the group that is wrong is told. The error is nil for a code that is
// whole and whose check letter fits; else it has a sentence, which names a group only where
// that is certain.
func CheckCode(s string) (Code, error) {
	if len(s) > codeInput || strings.Contains(s, "://") || strings.Contains(strings.ToLower(s), "sodanvan:") {
		inv, err := seal.ParseInvitation(s)
		if err != nil {
			return Code{}, err
		}
		c, _ := CheckCode(inv.Code.String())
		c.Address = inv.Address
		return c, nil
	}
	var c Code
	c.Groups = grouped(s)
	for i, g := range c.Groups {
		if letter := strings.IndexFunc(g, func(r rune) bool { return !codeLetter(r) }); letter >= 0 {
			c.Wrong = i + 1
			for _, r := range g[letter:] {
				c.Letter = string(r)
				break
			}
			return c, &CodeError{Code: c}
		}
	}
	for i, g := range c.Groups {
		more := i < CodeGroups-1 && c.Groups[i+1] != ""
		if n := len([]rune(g)); n > groupSize(i) || more && n < groupSize(i) {
			c.Wrong = i + 1
			return c, &CodeError{Code: c}
		}
	}
	if _, err := seal.ParseCode(c.Text()); err != nil {
		return c, &CodeError{Code: c}
	}
	return c, nil
}

// CodeError is a code that is not right, or not whole.
type CodeError struct{ Code Code }

func (e *CodeError) Error() string { return "enrolment code is not right" } // never says the code

// UserMessage is the sentence for the screen.
func (e *CodeError) UserMessage() string {
	switch c := e.Code; {
	case c.Letters() == 0:
		return words.CodeEmpty
	case c.Letter != "":
		return words.CodeLetter(c.Wrong, c.Letter)
	case c.Wrong > 0:
		return words.CodeGroupLength(c.Wrong, len([]rune(c.Groups[c.Wrong-1])), groupSize(c.Wrong-1))
	case !c.Complete():
		return words.CodeShort(c.Letters(), groupLetters*(CodeGroups-1)+lastLetters)
	}
	return words.CodeWrong
}

// grouped parts letters into groups: as they were parted, and the last part into fours. What
// was parted into more than there are groups is taken as not parted at all.
func grouped(s string) (groups [CodeGroups]string) {
	parts := strings.FieldsFunc(norm.NFC.String(s), between)
	if len(parts) > CodeGroups {
		parts = []string{strings.Join(parts, "")}
	}
	for i, p := range parts {
		letters := []rune(p)
		for k, r := range letters {
			letters[k] = slipLetter(r)
		}
		if i < len(parts)-1 {
			groups[i] = string(letters)
			continue
		}
		for ; len(letters) > 0; i++ {
			n := len(letters)
			if i < CodeGroups-1 {
				n = min(n, groupLetters)
			}
			groups[i] = string(letters[:n])
			letters = letters[n:]
		}
	}
	return groups
}

// between tells whether a rune stands between groups.
func between(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Pd, unicode.Cf, unicode.Cc) || strings.ContainsRune("_−.,·•", r)
}

// slipLetter is the letter of the slip that is meant, as package seal reads codes.
func slipLetter(r rune) rune {
	if 'a' <= r && r <= 'z' {
		r -= 'a' - 'A'
	}
	switch r {
	case 'O':
		return '0'
	case 'I', 'L':
		return '1'
	case 'Đ', 'đ', 'Ð', 'ð':
		return 'D'
	}
	return r
}

// codeLetter tells whether codes have a letter.
func codeLetter(r rune) bool {
	return '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' && !strings.ContainsRune("ILOU", r)
}

// CheckAddress gives a server's address in one spelling; https:// may be left out. The error
// has a sentence.
func CheckAddress(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s != "" && !strings.Contains(s, "://") {
		s = "https://" + s
	}
	return seal.ParseAddress(s)
}

// CheckPIN judges a new PIN, on a desk a passphrase, before anything is done with it; the
// error is that of Create.
func CheckPIN(pin string, desktop bool) error { return seal.CheckPIN(pin, desktop) }

// Desktop tells whether this book takes passphrases, as Options say.
func (n *Notebook) Desktop() bool { return n.o.Desktop }

// WrongPIN tells that an error of Open, Unlock or ChangePIN is only a wrong PIN.
func WrongPIN(err error) bool { return errors.Is(err, seal.ErrWrongPIN) }

// SayJoining is Say for an error of Enrol or Recover: there is no book yet that could be
// written in meanwhile.
func SayJoining(err error) string {
	var message interface{ UserMessage() string }
	var network net.Error
	var file *fs.PathError // its cause looks like one of the network
	switch {
	case err == nil:
		return ""
	case errors.As(err, &message):
		return message.UserMessage()
	case errors.As(err, &file):
		return words.CannotWrite
	case errors.As(err, &network), errors.Is(err, context.DeadlineExceeded):
		return words.JoinNoNetwork
	}
	return words.JoinFailed
}
