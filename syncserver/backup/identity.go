package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
)

const (
	// KeyFile holds the private half; it should be moved to a safe place after the first
	// backup. PubFile, the public half, stays.
	KeyFile = "backup.key"
	PubFile = "backup.pub"
)

const keyNote = `# Khóa mở các bản sao lưu của Sổ Dân Vận. Không có tệp này thì không ai mở được bản sao lưu nào.
# Hãy chép ra giấy hoặc USB, cất ở nơi an toàn khác với nơi để bản sao lưu, rồi xóa khỏi máy chủ.
# Chép tay thì chỉ cần dòng bắt đầu bằng AGE-SECRET-KEY-1.
`

// recipient gives the public half that backups of a data directory are sealed to, and makes
// both halves where there are none yet.
func recipient(dir string) (to *age.X25519Recipient, made bool, err error) {
	pubPath, keyPath := filepath.Join(dir, PubFile), filepath.Join(dir, KeyFile)
	b, err := os.ReadFile(pubPath)
	if err == nil {
		if to, err = age.ParseX25519Recipient(strings.TrimSpace(string(b))); err != nil {
			return nil, false, failed(err, "Tệp %s bị hỏng; hãy chép khóa %s về thư mục dữ liệu, xóa tệp hỏng rồi chạy lại.", pubPath, KeyFile)
		}
		return to, false, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, false, err
	}
	id, err := readKey(keyPath)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if id, err = age.GenerateX25519Identity(); err != nil {
			return nil, false, err
		}
		// The private half first: a public one alone would seal what nobody opens.
		if err := writeWhole(keyPath, []byte(keyNote+id.String()+"\n")); err != nil {
			return nil, false, err
		}
		made = true
	case err != nil:
		return nil, false, err
	}
	return id.Recipient(), made, writePub(dir, id)
}

func writePub(dir string, id *age.X25519Identity) error {
	return writeWhole(filepath.Join(dir, PubFile), []byte(id.Recipient().String()+"\n"))
}

// Key opens backups.
type Key struct {
	identity *age.X25519Identity
	path     string
}

// ReadKey reads a private half, as it was made or as it was typed from paper.
func ReadKey(path string) (Key, error) {
	id, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = failed(err, "Không có tệp khóa %s; hãy chỉ đúng tệp %s đã cất ở nơi an toàn bằng --key.", path, KeyFile)
	}
	return Key{id, path}, err
}

var errNoKey = errors.New("no line with a private key")

func readKey(path string) (*age.X25519Identity, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("backup key: %w", err)
	}
	for line := range strings.Lines(string(b)) {
		line = strings.ToUpper(strings.TrimSpace(line))
		if line == "" || line[0] == '#' {
			continue
		}
		id, err := age.ParseX25519Identity(line)
		if err != nil {
			return nil, failed(err, "Tệp khóa %s không đúng; hãy so lại từng chữ của dòng AGE-SECRET-KEY-1… với bản đã cất.", path)
		}
		return id, nil
	}
	return nil, failed(errNoKey, "Tệp %s không có khóa; hãy chỉ đúng tệp %s đã cất ở nơi an toàn.", path, KeyFile)
}

// Keep puts into a restored data directory what the next backups need: the public half, the key
// itself where it lay in the data directory that is replaced, and the places that one knew.
func (k Key) Keep(dir, replaced string) error {
	old, err := readKey(filepath.Join(replaced, KeyFile))
	if err == nil && old.String() == k.identity.String() {
		if err := writeWhole(filepath.Join(dir, KeyFile), []byte(keyNote+old.String()+"\n")); err != nil {
			return writing(dir, err)
		}
	}
	if err := writePub(dir, k.identity); err != nil {
		return writing(dir, err)
	}
	return writing(dir, inheritPlaces(dir, replaced))
}
