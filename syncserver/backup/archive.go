package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"
)

// format is what this program writes; a greater one is of a newer program.
const format = 1

// Part says which of the two kinds of file it is.
type Part string

// Parts: the book is a snapshot of server.db, the keys are all that opens it.
const (
	Book Part = "book"
	Keys Part = "keys"
)

// File is one file in an archive.
type File struct {
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Manifest is the first entry of an archive.
type Manifest struct {
	Format int    `json:"format"`
	Part   Part   `json:"part"`
	Server string `json:"server"`
	Epoch  string `json:"epoch"`
	// Time is when the copy was made.
	Time    time.Time `json:"time"`
	Program string    `json:"program,omitempty"`
	Schema  int       `json:"schema,omitempty"`
	Rows    uint64    `json:"rows,omitempty"`
	// Keys: in a book, how many keys there were when it was copied; in keys, how many there are.
	Keys uint64 `json:"keys"`
	// LastOps is the last change of each device that the book has.
	LastOps map[uint32]uint64 `json:"last_ops,omitempty"`
	Files   map[string]File   `json:"files"`
}

const (
	manifestName = "manifest.json"
	// maxManifest bounds what is read before anything is known: a line for each device of a
	// district is far below.
	maxManifest = 16 << 20
)

// piece is one file to go in: small ones by their bytes, databases by their path.
type piece struct {
	name  string
	path  string
	bytes []byte
}

func (p piece) open() (io.ReadCloser, error) {
	if p.path == "" {
		return io.NopCloser(bytes.NewReader(p.bytes)), nil
	}
	return os.Open(p.path)
}

func (p piece) sum(ctx context.Context) (File, error) {
	r, err := p.open()
	if err != nil {
		return File{}, err
	}
	defer r.Close()
	h := sha256.New()
	n, err := io.Copy(h, stopped{ctx, r})
	return File{n, hex.EncodeToString(h.Sum(nil))}, err
}

// stopped is a reader that ends with its context.
type stopped struct {
	ctx context.Context
	io.Reader
}

func (s stopped) Read(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.Reader.Read(b)
}

// sealInto writes an archive of these pieces, sealed.
func sealInto(ctx context.Context, out io.Writer, to age.Recipient, m Manifest, pieces []piece) error {
	sealed, err := age.Encrypt(out, to)
	if err != nil {
		return err
	}
	if err := pack(ctx, sealed, m, pieces); err != nil {
		return err
	}
	return sealed.Close()
}

func pack(ctx context.Context, out io.Writer, m Manifest, pieces []piece) error {
	m.Format, m.Files = format, map[string]File{}
	for _, p := range pieces {
		f, err := p.sum(ctx)
		if err != nil {
			return err
		}
		m.Files[p.name] = f
	}
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	w := tar.NewWriter(out)
	for _, p := range append([]piece{{name: manifestName, bytes: text}}, pieces...) {
		size := int64(len(p.bytes))
		if p.path != "" {
			size = m.Files[p.name].Size
		}
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: p.name, Mode: 0o600, Size: size, ModTime: m.Time, Format: tar.FormatPAX}); err != nil {
			return err
		}
		r, err := p.open()
		if err != nil {
			return err
		}
		_, err = io.Copy(w, stopped{ctx, r})
		if err := errors.Join(err, r.Close()); err != nil {
			return err
		}
	}
	return w.Close()
}

// Why an archive cannot be used.
var (
	errNewer  = errors.New("written by a newer program")
	errFormat = errors.New("not an archive of this program")
)

// unseal opens an archive of one part and writes its files into a folder. Every file has the
// size and the SHA-256 of the manifest, and nothing else was inside.
func unseal(ctx context.Context, path string, key Key, part Part, into string) (Manifest, error) {
	f, err := os.Open(path)
	if err != nil {
		return Manifest{}, err
	}
	defer f.Close()
	m, err := func() (Manifest, error) {
		clear, err := age.Decrypt(f, key.identity)
		if err != nil {
			return Manifest{}, err
		}
		m, err := unpack(stopped{ctx, clear}, part, into)
		if err != nil {
			return m, err
		}
		// The end of the archive is not the end of the seal, which tells that nothing was cut.
		_, err = io.Copy(io.Discard, clear)
		return m, err
	}()
	var other *age.NoIdentityMatchError
	switch {
	case errors.As(err, &other):
		return m, failed(err, "Khóa %s không mở được %s; hãy dùng tệp %s của đúng máy chủ đã làm bản sao lưu này.", key.path, path, KeyFile)
	case errors.Is(err, errNewer):
		return m, failed(err, "Bản sao lưu %s do một phiên bản mới hơn ghi; hãy cài phiên bản mới nhất rồi chạy lại.", path)
	case err != nil && !spoken(err):
		if w := new(writeError); errors.As(err, &w) {
			return m, writing(into, w.cause)
		}
		return m, failed(err, "Tệp %s không phải bản sao lưu nguyên vẹn; hãy dùng một bản sao lưu khác (chi tiết: %v).", path, err)
	}
	return m, err
}

// writeError tells a full disk here from a bad archive.
type writeError struct{ cause error }

func (e *writeError) Error() string { return "write: " + e.cause.Error() }
func (e *writeError) Unwrap() error { return e.cause }

// unpack reads an archive: the manifest first, then each of its files once.
func unpack(in io.Reader, part Part, into string) (m Manifest, err error) {
	r := tar.NewReader(in)
	head, err := r.Next()
	if err != nil {
		return m, fmt.Errorf("%w: %w", errFormat, err)
	}
	if head.Name != manifestName || head.Size > maxManifest {
		return m, fmt.Errorf("%w: no manifest", errFormat)
	}
	if err := json.NewDecoder(io.LimitReader(r, maxManifest)).Decode(&m); err != nil {
		return m, fmt.Errorf("%w: %w", errFormat, err)
	}
	if m.Format > format {
		return m, errNewer
	}
	if m.Format < 1 || m.Part != part {
		return m, fmt.Errorf("%w: part %q where %q was expected", errFormat, m.Part, part)
	}
	for name := range m.Files {
		if !belongs(part, name) {
			return m, fmt.Errorf("%w: file %q", errFormat, name)
		}
	}
	for range len(m.Files) {
		head, err := r.Next()
		if err != nil {
			return m, fmt.Errorf("%w: %w", errFormat, err)
		}
		want, ok := m.Files[head.Name]
		if !ok || head.Typeflag != tar.TypeReg || head.Size != want.Size {
			return m, fmt.Errorf("%w: entry %q", errFormat, head.Name)
		}
		if err := unpackFile(r, filepath.Join(into, head.Name), want); err != nil {
			return m, err
		}
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		return m, fmt.Errorf("%w: more than the manifest lists: %w", errFormat, err)
	}
	return m, nil
}

// unpackFile writes one entry. A second one of the same name finds the file there.
func unpackFile(r io.Reader, path string, want File) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return &writeError{err}
	}
	h := sha256.New()
	var full *writeError
	_, err = io.Copy(writer{f}, io.TeeReader(r, h))
	if err != nil && !errors.As(err, &full) {
		f.Close()
		return fmt.Errorf("%w: %w", errFormat, err)
	}
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return &writeError{err}
	}
	if hex.EncodeToString(h.Sum(nil)) != want.SHA256 {
		return fmt.Errorf("%w: %s differs from its SHA-256", errFormat, filepath.Base(path))
	}
	return nil
}

// writer marks its errors.
type writer struct{ io.Writer }

func (w writer) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	if err != nil {
		err = &writeError{err}
	}
	return n, err
}
