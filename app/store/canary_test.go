package store

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/proto"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/seal"
)

// canaries are texts that stand nowhere else, ids included: none may be found in a file.
type canaries [][]byte

func (c *canaries) text(kind string) string {
	s := fmt.Sprintf("%s bà Đào %03d thôn Thượng", kind, len(*c))
	*c = append(*c, []byte(s))
	return s
}

// search looks for canaries in every file of a folder.
func (c canaries) search(t testing.TB, when, dir string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if len(b) > 0 {
			files++
		}
		for _, x := range c {
			if bytes.Contains(b, x) {
				t.Errorf("%s: %q stands in %s", when, x, d.Name())
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files == 0 {
		t.Errorf("%s: nothing was searched", when)
	}
}

func TestNoPlaintextInAnyFile(t *testing.T) {
	var c canaries
	o := options(t.TempDir())
	who := identity(t)
	who.Token, who.Address = c.text("token"), "https://"+c.text("địa chỉ")
	c = append(c, who.DeviceKey.Seed(), me[:], branch[:])
	s, err := Create(t.Context(), o, who, pin, seal.NoDeviceSecret{})
	if err != nil {
		t.Fatal(err)
	}
	c = append(c, append([]byte{}, s.bookKey[:]...))
	var rows []*pb.Row
	// Ids of many different bytes: one byte before fifteen zeros stands in any file by chance.
	const far = 0x7d3c91b24e6fa800
	for n := range uint64(50) {
		rows = append(rows, visitRow(t, far+n, n%2+1, n+1, c.text("ghi chép")))
		c = append(c, rows[n].Envelope.Id)
	}
	applied(t, s, Delta{View: view(standing()...), Filling: done(standing()...), Cursors: cursors(5, 60), Rows: rows})
	for n := range uint64(50) {
		added(t, s, visitWrite(t, 100+n, n%2+1, true, c.text("chưa gửi")))
	}
	for n := range uint64(50) {
		d := Draft{ID: id('V', 200+n), Holder: household(1), Unit: branch, Patch: visitWrite(t, 200+n, 1, true, c.text("nháp")).Patch, Form: []byte(c.text("đang gõ"))}
		if err := s.SaveDraft(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	for range 50 {
		if err := s.SetSetting(t.Context(), c.text("tên"), c.text("giá trị")); err != nil {
			t.Fatal(err)
		}
	}
	c.search(t, "open", o.Dir)
	frozen(t, s, 2000)
	refusal := &pb.Refusal{Code: pb.RefusalCode_REFUSAL_CODE_INVALID.Enum(), Rule: proto.String(c.text("quy tắc"))}
	applied(t, s, Delta{Acks: []*pb.Ack{{Number: proto.Uint64(1), Result: pb.Result_RESULT_REFUSED.Enum(), Refusal: refusal}}})
	c.search(t, "after a refusal", o.Dir)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	c.search(t, "closed", o.Dir)
	s = opened(t, o)
	applied(t, s, Delta{View: view(standing()[:3]...)})
	c.search(t, "after a handover", o.Dir)
	if len(c) < 200 {
		t.Errorf("only %d canaries", len(c))
	}
}

// counter counts errors instead of failing.
type counter struct {
	testing.TB
	errors int
}

func (c *counter) Errorf(string, ...any) { c.errors++ }

// TestTheSearchFinds shows that the canary test can fail.
func TestTheSearchFinds(t *testing.T) {
	var c canaries
	plain := c.text("thử")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("x"+plain+"y"), 0o600); err != nil {
		t.Fatal(err)
	}
	inner := &counter{TB: t}
	c.search(inner, "", dir)
	if inner.errors != 1 {
		t.Error("a text in the clear was not found")
	}
}

// TestAHouseholdThatLeftCannotBeRead: after a handover neither its key nor its rows lie in
// any file, so that a copy made later gives nothing even to who knows the book key.
func TestAHouseholdThatLeftCannotBeRead(t *testing.T) {
	s, o := settledBook(t, visitRow(t, 1, 1, 8, "một"), visitRow(t, 2, 2, 9, "hai"))
	sealed := func(query string, args ...any) []byte {
		var b []byte
		if err := s.db.QueryRow(query, args...).Scan(&b); err != nil {
			t.Fatal(err)
		}
		return b
	}
	key := s.keys[scopeOf(household(1))]
	gone := canaries{sealed("SELECT wrapped FROM key WHERE id = ?", key), sealed("SELECT body FROM row WHERE key = ?", key)}
	inFile := func() (n int) {
		for _, name := range []string{fileName, fileName + "-wal"} {
			b, err := os.ReadFile(filepath.Join(o.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range gone {
				n += bytes.Count(b, x)
			}
		}
		return n
	}
	if inFile() == 0 {
		t.Fatal("the sealed bytes were not found while they should be there")
	}
	grants := standing()
	applied(t, s, Delta{View: view(append(grants[:3:3], grants[4])...)})
	if n := inFile(); n != 0 {
		t.Errorf("%d sealed pieces of the household are still in the files", n)
	}
	if note(t, s.Snapshot(), 2) != "hai" {
		t.Error("household 2 went too")
	}
}
