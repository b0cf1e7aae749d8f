package canary

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"
)

// Forms are the spellings in which a text could lie in a file: as it is and decomposed, as
// UTF-16 both ways round, hexadecimal, base64 at each of the three places where it may
// begin, escaped as Go, JSON and URLs do it. Keys say which.
func Forms(text string) map[string][]byte {
	forms := map[string][]byte{
		"UTF-8":            []byte(norm.NFC.String(text)),
		"UTF-8 decomposed": []byte(norm.NFD.String(text)),
		"hex":              []byte(hex.EncodeToString([]byte(text))),
		"URL":              []byte(url.QueryEscape(text)),
		"ASCII escapes":    []byte(strings.Trim(strconv.QuoteToASCII(text), `"`)),
	}
	var little, big []byte
	for _, u := range utf16.Encode([]rune(text)) {
		little = binary.LittleEndian.AppendUint16(little, u)
		big = binary.BigEndian.AppendUint16(big, u)
	}
	forms["UTF-16LE"], forms["UTF-16BE"] = little, big
	for name, enc := range map[string]*base64.Encoding{"base64": base64.StdEncoding, "base64url": base64.URLEncoding} {
		for shift := range 3 {
			// What stands before and after the text is unknown: letters that depend on it go.
			whole := enc.EncodeToString(append(make([]byte, shift), text...))
			first, last := (shift*8+5)/6, (shift+len(text))*8/6
			forms[fmt.Sprintf("%s at %d", name, shift)] = []byte(whole[first:last])
		}
	}
	return forms
}

// Searcher finds any of many texts in one pass over a file.
type Searcher struct {
	// by holds the patterns by their first eight bytes.
	by map[[8]byte][]pattern
}

type pattern struct {
	bytes      []byte
	text, form string
}

// Find is one text found: where it must not be.
type Find struct {
	Where, Text, Form string
	Offset            int
}

func (f Find) String() string {
	return fmt.Sprintf("%s at byte %d: %q as %s", f.Where, f.Offset, f.Text, f.Form)
}

// NewSearcher prepares to look for texts in all their Forms. A text with a form of fewer
// than eight bytes is an error: it would be found by chance.
func NewSearcher(texts []string) (*Searcher, error) {
	s := &Searcher{by: map[[8]byte][]pattern{}}
	for _, text := range texts {
		for form, b := range Forms(text) {
			if len(b) < 8 {
				return nil, fmt.Errorf("text %q is too short as %s", text, form)
			}
			key := [8]byte(b)
			s.by[key] = append(s.by[key], pattern{b, text, form})
		}
	}
	return s, nil
}

// In looks through bytes; where names them.
func (s *Searcher) In(where string, b []byte) (found []Find) {
	for i := 0; i+8 <= len(b); i++ {
		for _, p := range s.by[[8]byte(b[i:i+8])] {
			if bytes.HasPrefix(b[i:], p.bytes) {
				found = append(found, Find{where, p.text, p.form, i})
			}
		}
	}
	return found
}

// Below looks through all files below a folder and through their names. It returns how many
// files and bytes it read: nothing found in nothing proves nothing.
func (s *Searcher) Below(dir string) (found []Find, files int, size int64, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		found = append(found, s.In("name of "+rel, []byte(rel+strings.Repeat("\x00", 8)))...)
		if !d.Type().IsRegular() {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files, size = files+1, size+int64(len(b))
		found = append(found, s.In(path, b)...)
		return nil
	})
	return slices.Clip(found), files, size, err
}
