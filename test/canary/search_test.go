package canary

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// TestSearchFindsWhatIsPlanted is the control: a text that lies in a file on purpose is
// found, in every form and wherever it begins.
func TestSearchFindsWhatIsPlanted(t *testing.T) {
	const text = "Ông Hoàng Yến Bịa 7731"
	s, err := NewSearcher([]string{text, "Bà Chim Khuyên Bịa 4410"})
	if err != nil {
		t.Fatal(err)
	}
	for form, b := range Forms(text) {
		for before := range 5 {
			dir := t.TempDir()
			noise := bytes.Repeat([]byte{0xa7}, before)
			if err := os.WriteFile(filepath.Join(dir, "control"), append(append(noise, b...), 0xa7), 0o600); err != nil {
				t.Fatal(err)
			}
			found, files, _, err := s.Below(dir)
			if err != nil || files != 1 || len(found) == 0 || found[0].Text != text || found[0].Offset != before {
				t.Errorf("%s after %d bytes: %v, %d files, %v", form, before, found, files, err)
			}
		}
	}
	for before := range 6 { // inside a longer base64, as a dump of a record would have it
		dump := base64.StdEncoding.EncodeToString(append(bytes.Repeat([]byte{0x5a}, before), text+" và thêm nữa"...))
		if len(s.In("dump", []byte(dump))) == 0 {
			t.Errorf("not found in base64 after %d bytes", before)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, norm.NFC.String(text)+".txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if found, _, _, err := s.Below(dir); err != nil || len(found) == 0 {
		t.Errorf("not found in the name of a file: %v", err)
	}
	if found := s.In("clean", []byte("Ông Hoàng Yến Bịa 7732 và những thứ khác")); len(found) > 0 {
		t.Errorf("found what is not there: %v", found)
	}
}

func TestSearcherRefusesShortTexts(t *testing.T) {
	if _, err := NewSearcher([]string{"Yến"}); err == nil {
		t.Error("a text of five bytes would be found by chance")
	}
}
