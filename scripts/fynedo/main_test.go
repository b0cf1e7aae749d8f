package main

import (
	"strings"
	"testing"
)

func TestFindings(t *testing.T) {
	for _, c := range []struct {
		name, path, body string
		want             []string
	}{
		{"a goroutine", "app/ui/visit/form.go", `go f()`, []string{"goroutine"}},
		{"a goroutine where it belongs", async, `go f()`, nil},
		{"a timer", "app/ui/visit/form.go", `time.AfterFunc(1, f)`, []string{"timer"}},
		{"a widget in work", "app/ui/visit/form.go", `f.Go(func(ctx C) error { s.note.SetText("x"); return nil }, func(error) {})`, []string{"calls SetText"}},
		{"a widget after work", "app/ui/visit/form.go", `f.Go(func(ctx C) error { return nil }, func(error) { s.note.SetText("x") })`, nil},
		{"a field read in work", "app/ui/visit/form.go", `f.Do(b, func(ctx C) error { return save(s.note.Text) }, nil)`, []string{"reads a field's text"}},
		{"a message in the reading", "app/ui/visit/form.go", `frame.Load(f, func() int { f.Tell("x"); return 1 }, func(int) {})`, []string{"calls Tell"}},
		{"a typed reading", "app/ui/visit/form.go", `frame.Load[int](f, func() int { s.list.Refresh(); return 1 }, func(int) {})`, []string{"calls Refresh"}},
		{"back on the thread", "app/ui/visit/form.go", `f.Go(func(ctx C) error { fyne.Do(func() { s.note.SetText("x") }); return nil }, nil)`, nil},
		{"work of the book", "app/ui/visit/form.go", `f.Do(b, func(ctx C) error { _, err := book.RecordVisit(ctx, v); return err }, nil)`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := check(c.path, []byte("package x\nfunc y() {\n"+c.body+"\n}\n"))
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(c.want) {
				t.Fatalf("findings %q, want %q", got, c.want)
			}
			for i, w := range c.want {
				if !strings.Contains(got[i], w) {
					t.Errorf("finding %q, want one with %q", got[i], w)
				}
			}
		})
	}
}
