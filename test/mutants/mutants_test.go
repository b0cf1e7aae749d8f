package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The list cannot rot: each old text occurs once, and what takes its place parses.
func TestTheListFitsTheCode(t *testing.T) {
	root := rootOf(t)
	names := map[string]bool{}
	for _, m := range mutants() {
		t.Run(m.name, func(t *testing.T) {
			if names[m.name] || !regexp.MustCompile(`^[a-z0-9-]+$`).MatchString(m.name) || len(m.name) >= nameWidth {
				t.Error("no name of its own")
			}
			names[m.name] = true
			if !strings.HasSuffix(m.promise, ".") || strings.Count(m.promise, ". ") > 0 {
				t.Errorf("the promise is not one sentence: %q", m.promise)
			}
			files, err := m.changed(root)
			if err != nil {
				t.Fatal(err)
			}
			for file, text := range files {
				was, err := os.ReadFile(filepath.Join(root, file))
				if err != nil {
					t.Fatal(err)
				}
				if bytes.Equal(was, text) {
					t.Errorf("%s is not changed", file)
				}
			}
		})
	}
	if len(names) < 24 {
		t.Errorf("only %d mutants", len(names))
	}
}

// The tests that must catch a mutant are there, and leave nothing in the project when they fail.
func TestTheNamedTestsAreThere(t *testing.T) {
	root := rootOf(t)
	texts := map[string]string{}
	for _, m := range mutants() {
		if len(m.tests) == 0 {
			t.Errorf("%s: no tests", m.name)
		}
		for _, c := range m.tests {
			text, known := texts[c.pkg]
			if !known {
				text = testsOf(t, filepath.Join(root, c.pkg))
				texts[c.pkg] = text
				if draws := strings.Contains(text, `"pgregory.net/rapid"`); draws != slices.Contains(drawing, c.pkg) {
					t.Errorf("%s draws values: %t", c.pkg, draws)
				}
			}
			for _, name := range c.tests {
				if !strings.Contains(text, "\nfunc "+name+"(t *testing.T)") {
					t.Errorf("%s: %s has no %s", m.name, c.pkg, name)
				}
			}
		}
	}
}

// testsOf is the text of all tests of a package.
func testsOf(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	return all.String()
}

func rootOf(t *testing.T) string {
	t.Helper()
	root, err := projectRoot()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name   string
		out    string
		ok     bool
		built  bool
		failed []string
	}{
		{"all is well", "ok  \tsodanvan/x\t0.1s\n", true, true, nil},
		{"the log of a test that passed", "--- FAIL: TestA\nok\n", true, true, nil},
		{"one failed", "--- FAIL: TestA (0.01s)\n    a_test.go:3: no\nFAIL\n", false, true, []string{"TestA"}},
		{"an inner one", "--- FAIL: TestA (0.01s)\n    --- FAIL: TestA/one (0.00s)\n    --- FAIL: TestA/two (0.00s)\n--- FAIL: TestB (0.0s)\n", false, true, []string{"TestA/one", "TestA/two", "TestB"}},
		{"no compiler takes it", "# sodanvan/x\n./a.go:1:1: no\nFAIL\tsodanvan/x [build failed]\n", false, false, nil},
		{"a package that is not there", "FAIL\t./x [setup failed]\n", false, false, nil},
		{"it never ends", "panic: test timed out after 2m0s\n\trunning tests:\n\t\tTestC (2m0s)\n", false, true, []string{"TestC (hung)"}},
		{"a panic elsewhere", "panic: no\n\ngoroutine 7 [running]:\nFAIL\tsodanvan/x\t0.1s\n", false, true, []string{"the tests ended early"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := judge(c.out, c.ok); got.built != c.built || !slices.Equal(got.failed, c.failed) {
				t.Errorf("built %t, failed %q", got.built, got.failed)
			}
		})
	}
}

// A small project with one promise: what breaks it is caught, what does not survives, and the
// files stay as they were.
func TestMutantsOfASmallProject(t *testing.T) {
	root := t.TempDir()
	files := map[string]string{
		"go.mod":        "module small\n\ngo 1.24\n",
		"a/a.go":        "package a\n\nfunc Greater(a, b int) bool { return a > b }\n\nfunc Unseen() int { return 1 }\n",
		"a/a_test.go":   "package a\n\nimport \"testing\"\n\nfunc TestGreater(t *testing.T) {\n\tif Greater(1, 2) {\n\t\tt.Error(\"1 > 2\")\n\t}\n}\n",
		"a/red_test.go": "package a\n\nimport \"testing\"\n\nfunc TestRed(t *testing.T) { t.Error(\"as it always does\") }\n",
	}
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	breaking := func(name, old, new string) mutant {
		return mutant{name: name, edits: []edit{{"a/a.go", old, new}}, tests: []command{in("a", "TestRed", "TestGreater")}}
	}
	all := []struct {
		mutant
		caught bool
		text   string
	}{
		{breaking("caught", "a > b", "a < b"), true, "TestGreater"},
		{breaking("unseen", "return 1", "return 2"), false, "SURVIVED"},
		{breaking("gone", "a >= b", "a < b"), false, "DOES NOT APPLY"},
		{breaking("twice", "int", "uint"), false, "DOES NOT APPLY"},
		{breaking("not-go", "a > b", "a > c"), false, "DOES NOT BUILD"},
	}
	w := &workshop{root: root, temp: t.TempDir(), all: []mutant{all[0].mutant}, red: map[string][]string{}}
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			v, err := w.try(t.Context(), c.mutant)
			if err != nil {
				t.Fatal(err)
			}
			if v.caught != c.caught || v.text != c.text {
				t.Errorf("%q (caught: %t)", v.text, v.caught)
			}
		})
	}
	if got := w.red["a"]; !slices.Equal(got, []string{"TestRed"}) || !w.sawRed() {
		t.Errorf("red without any change: %q", got)
	}
	ended, stop := context.WithCancel(t.Context())
	stop()
	if _, err := w.try(ended, all[0].mutant); !errors.Is(err, context.Canceled) {
		t.Errorf("a run that was stopped: %v", err)
	}
	for name, text := range files {
		if b, err := os.ReadFile(filepath.Join(root, name)); err != nil || string(b) != text {
			t.Errorf("%s was changed: %v", name, err)
		}
	}
}

func TestChoose(t *testing.T) {
	all := []mutant{{name: "one"}, {name: "two"}}
	if got, err := choose(all, ""); err != nil || len(got) != 2 {
		t.Errorf("all: %d, %v", len(got), err)
	}
	if got, err := choose(all, "two"); err != nil || len(got) != 1 || got[0].name != "two" {
		t.Errorf("one: %v, %v", got, err)
	}
	if got, err := choose(all, "two,one"); err != nil || len(got) != 2 || got[0].name != "two" {
		t.Errorf("two: %v, %v", got, err)
	}
	if _, err := choose(all, "three"); err == nil {
		t.Error("a name that is not in the list")
	}
}
