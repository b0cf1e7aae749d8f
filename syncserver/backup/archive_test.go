package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func newKey(t testing.TB) Key {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return Key{id, "backup.key"}
}

// sealed writes an archive and gives its path.
func sealed(t testing.TB, key Key, m Manifest, pieces ...piece) string {
	t.Helper()
	var b bytes.Buffer
	if err := sealInto(t.Context(), &b, key.identity.Recipient(), m, pieces); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.backup")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAnArchiveComesBack(t *testing.T) {
	key := newKey(t)
	rapid.Check(t, func(r *rapid.T) {
		var pieces []piece
		for _, name := range append([]string{"keys.db"}, keyFiles...) {
			if rapid.Bool().Draw(r, name) {
				pieces = append(pieces, piece{name: name, bytes: rapid.SliceOfN(rapid.Byte(), 0, 3000).Draw(r, "bytes")})
			}
		}
		want := Manifest{Part: Keys, Server: rapid.String().Draw(r, "server"), Keys: rapid.Uint64().Draw(r, "keys"),
			LastOps: rapid.MapOf(rapid.Uint32(), rapid.Uint64()).Draw(r, "ops")}
		if len(want.LastOps) == 0 {
			want.LastOps = nil
		}
		into := t.TempDir()
		got, err := unseal(t.Context(), sealed(t, key, want, pieces...), key, Keys, into)
		if err != nil {
			r.Fatal(err)
		}
		for _, p := range pieces {
			if b, err := os.ReadFile(filepath.Join(into, p.name)); err != nil || !bytes.Equal(b, p.bytes) {
				r.Fatalf("%s: %d bytes, %v", p.name, len(b), err)
			}
		}
		if len(got.Files) != len(pieces) {
			r.Fatalf("%d files of %d", len(got.Files), len(pieces))
		}
		got.Files, got.Format = nil, 0
		want.Server = strings.ToValidUTF8(want.Server, "\ufffd")
		if diff := cmp.Diff(want, got); diff != "" {
			r.Fatal(diff)
		}
	})
}

func TestADamagedFileIsRefused(t *testing.T) {
	key := newKey(t)
	whole, err := os.ReadFile(sealed(t, key, Manifest{Part: Book}, piece{name: "server.db", bytes: bytes.Repeat([]byte("dòng "), 40_000)}))
	if err != nil {
		t.Fatal(err)
	}
	try := func(b []byte) error {
		path := filepath.Join(t.TempDir(), "x.backup")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := unseal(t.Context(), path, key, Book, t.TempDir())
		return err
	}
	if err := try(whole); err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{0, 30, 200, len(whole) / 2, len(whole) - 1} {
		flipped := bytes.Clone(whole)
		flipped[at] ^= 1
		if err := try(flipped); err == nil {
			t.Errorf("a flipped bit at %d of %d is taken", at, len(whole))
		}
		// The last chunk of the seal may be cut exactly at the end of the archive inside.
		if err := try(whole[:at]); err == nil {
			t.Errorf("%d bytes of %d are taken", at, len(whole))
		}
	}
	if err := try(append(bytes.Clone(whole), 0)); err == nil {
		t.Error("a byte too many is taken")
	}
}

// entry is one entry of an archive made by hand.
type entry struct {
	name, text string
	kind       byte
}

func tarOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: e.kind, Mode: 0o644, Size: int64(len(e.text))}
		if e.kind == tar.TypeSymlink {
			h.Linkname, h.Size, e.text = e.text, 0, ""
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// manifestOf lists these files with their true sums.
func manifestOf(t testing.TB, part Part, files ...entry) entry {
	t.Helper()
	m := Manifest{Format: format, Part: part, Files: map[string]File{}}
	for _, f := range files {
		sum, err := piece{bytes: []byte(f.text)}.sum(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		m.Files[f.name] = sum
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return entry{manifestName, string(b), tar.TypeReg}
}

func TestWhatIsNotOursIsRefused(t *testing.T) {
	db := entry{"server.db", "nội dung", tar.TypeReg}
	out := entry{"../server.db", "nội dung", tar.TypeReg}
	link := entry{"server.db", "/etc/passwd", tar.TypeSymlink}
	newer := entry{manifestName, `{"format":2,"part":"book"}`, tar.TypeReg}
	for name, c := range map[string]struct {
		entries []entry
		want    error
	}{
		"as it should be":          {[]entry{manifestOf(t, Book, db), db}, nil},
		"empty":                    {nil, errFormat},
		"no manifest":              {[]entry{db}, errFormat},
		"manifest is no JSON":      {[]entry{{manifestName, "x", tar.TypeReg}, db}, errFormat},
		"newer format":             {[]entry{newer, db}, errNewer},
		"other part":               {[]entry{manifestOf(t, Keys, db), db}, errFormat},
		"file of the other part":   {[]entry{manifestOf(t, Book, entry{name: "keys.db"}), {name: "keys.db", kind: tar.TypeReg}}, errFormat},
		"path out of the folder":   {[]entry{manifestOf(t, Book, out), out}, errFormat},
		"link":                     {[]entry{manifestOf(t, Book, link), link}, errFormat},
		"file missing":             {[]entry{manifestOf(t, Book, db)}, errFormat},
		"file twice":               {[]entry{manifestOf(t, Book, db), db, db}, errFormat},
		"file that is not listed":  {[]entry{manifestOf(t, Book, db), db, {"root.pem", "x", tar.TypeReg}}, errFormat},
		"other bytes, same length": {[]entry{manifestOf(t, Book, db), {"server.db", strings.ToUpper(db.text), tar.TypeReg}}, errFormat},
		"other length":             {[]entry{manifestOf(t, Book, db), {"server.db", "x", tar.TypeReg}}, errFormat},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := unpack(bytes.NewReader(tarOf(t, c.entries...)), Book, t.TempDir())
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func FuzzUnpack(f *testing.F) {
	db := entry{"server.db", "nội dung", tar.TypeReg}
	f.Add(tarOf(f, manifestOf(f, Book, db), db))
	f.Add(tarOf(f, entry{manifestName, `{"format":1,"part":"book","files":{"server.db":{"size":-1}}}`, tar.TypeReg}, db))
	f.Add(tarOf(f, manifestOf(f, Keys, entry{name: "master.key"}), entry{name: "master.key", kind: tar.TypeReg}))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, part := range []Part{Book, Keys} {
			into := t.TempDir()
			m, err := unpack(bytes.NewReader(b), part, into)
			there, dirErr := os.ReadDir(into)
			if dirErr != nil {
				t.Fatal(dirErr)
			}
			for _, e := range there {
				if !belongs(part, e.Name()) {
					t.Errorf("wrote %q", e.Name())
				}
			}
			if err == nil && len(there) != len(m.Files) {
				t.Errorf("%d files of %d and no error", len(there), len(m.Files))
			}
		}
	})
}
