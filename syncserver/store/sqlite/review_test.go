package sqlite

import (
	"context"
	"errors"
	"testing"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/syncserver/store"
)

// What one call of a batch does wrong is its own: an error, a panic, an error of the
// database. The others are kept, with the keys that seal their rows.
func TestABatchKeepsWhatIsSound(t *testing.T) {
	ctx := context.Background()
	mine := errors.New("mine")
	for name, c := range map[string]struct {
		bad  func(store.Tx) error
		want error
	}{
		"an error":    {func(tx store.Tx) error { return errors.Join(tx.SetMeta("bad", []byte("x")), mine) }, mine},
		"a panic":     {func(tx store.Tx) error { _ = tx.SetMeta("bad", []byte("x")); panic("p") }, nil},
		"a violation": {func(tx store.Tx) error { _ = tx.SetMeta("bad", []byte("x")); return tx.SetMeta("bad", nil) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s, err := Open(ctx, dir, Options{})
			if err != nil {
				t.Fatal(err)
			}
			put := func(n byte) *job {
				id := book.ID{n}
				r := &store.Row{ID: id, Unit: id, Holder: book.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD, ID: id}, Kind: pb.Kind_KIND_VISIT, Seq: 1, Bytes: []byte("body")}
				return &job{fn: func(tx store.Tx) error { return tx.PutRow(r, 1) }, done: make(chan error, 1)}
			}
			batch := []*job{put(1), {fn: c.bad, done: make(chan error, 1)}, put(2)}
			// As one batch, while the loop has nothing to do.
			s.run(batch)
			for i, j := range batch {
				err := <-j.done
				if bad := i == 1; bad != (err != nil) || bad && c.want != nil && !errors.Is(err, c.want) {
					t.Errorf("call %d: %v", i, err)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if s, err = Open(ctx, dir, Options{}); err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if err := s.Read(ctx, func(from store.Reader) error {
				for n := byte(1); n <= 2; n++ {
					if r, err := from.Row(book.ID{n}); err != nil || r == nil || string(r.Bytes) != "body" {
						t.Errorf("row %d: %v, %v", n, r, err)
					}
				}
				if v, err := from.Meta("bad"); err != nil || v != nil {
					t.Errorf("of the bad call %q was kept, %v", v, err)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		})
	}
}
