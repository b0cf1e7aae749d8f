package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// timeLimit ends tests that a mutant makes go round for ever.
const timeLimit = 2 * time.Minute

// workshop tries mutants on a project.
type workshop struct {
	root, temp string
	// all are the mutants that will be tried.
	all []mutant
	// red are tests that fail without any change, by command: they catch nothing. A command
	// that was not needed yet has no entry.
	red map[string][]string
}

// notBuilt is the verdict on what the compiler refuses.
const notBuilt = "DOES NOT BUILD"

// verdict is how a mutant ended.
type verdict struct {
	caught bool
	// text is the first failing test, or why there is none.
	text   string
	detail string
}

// unchanged says which tests of a command fail on the project as it is. The first time it
// runs all that any mutant asks of that package.
func (w *workshop) unchanged(ctx context.Context, c command) ([]string, error) {
	if red, known := w.red[c.key()]; known {
		return red, nil
	}
	together := command{pkg: c.pkg, flags: c.flags}
	for _, m := range w.all {
		for _, other := range m.tests {
			if other.key() == c.key() {
				together.tests = append(together.tests, other.tests...)
			}
		}
	}
	slices.Sort(together.tests)
	together.tests = slices.Compact(together.tests)
	res, err := w.goTest(ctx, together, "")
	if err != nil {
		return nil, err
	}
	if !res.built {
		res.failed = []string{notBuilt}
	}
	w.red[c.key()] = res.failed
	for _, t := range res.failed {
		fmt.Printf("red without any change: %s %s\n", c.pkg, t)
	}
	return res.failed, nil
}

// sawRed tells whether a test failed without any change.
func (w *workshop) sawRed() bool {
	for _, red := range w.red {
		if len(red) > 0 {
			return true
		}
	}
	return false
}

// try runs the tests of a mutant on the changed project, until one fails.
func (w *workshop) try(ctx context.Context, m mutant) (verdict, error) {
	files, err := m.changed(w.root)
	if apply := (*applyError)(nil); errors.As(err, &apply) {
		return verdict{text: "DOES NOT APPLY", detail: apply.Error()}, nil
	}
	if err != nil {
		return verdict{}, err
	}
	overlay, err := w.overlay(m.name, files)
	if err != nil {
		return verdict{}, err
	}
	tried := false
	for _, c := range m.tests {
		red, err := w.unchanged(ctx, c)
		if err != nil {
			return verdict{}, err
		}
		if slices.Contains(red, notBuilt) {
			continue
		}
		tried = true
		res, err := w.goTest(ctx, c, overlay)
		if err != nil {
			return verdict{}, err
		}
		if !res.built {
			return verdict{text: notBuilt, detail: res.out}, nil
		}
		for _, t := range res.failed {
			if !slices.Contains(red, t) {
				return verdict{caught: true, text: t}, nil
			}
		}
	}
	if !tried {
		return verdict{text: "NOT TRIED", detail: "its tests do not build without any change"}, nil
	}
	return verdict{text: "SURVIVED"}, nil
}

// overlay writes changed files and the list by which Go takes them for the project's.
func (w *workshop) overlay(name string, files map[string][]byte) (path string, err error) {
	dir := filepath.Join(w.temp, name)
	replace := map[string]string{}
	for file, text := range files {
		to := filepath.Join(dir, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return "", err
		}
		if err := os.WriteFile(to, text, 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(w.root, filepath.FromSlash(file))] = to
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, b, 0o600)
}

// result is what one run of go test said.
type result struct {
	built  bool
	failed []string
	out    string
}

func (w *workshop) goTest(ctx context.Context, c command, overlay string) (result, error) {
	args := []string{"test", "-vet=off", "-ldflags=-w", "-count=1", "-timeout", timeLimit.String(), "-run", c.pattern(), "./" + c.pkg}
	cmd := exec.CommandContext(ctx, "go", append(args, strings.Fields(c.flags)...)...)
	cmd.Dir = w.root
	cmd.Env = os.Environ()
	if overlay != "" {
		// By the environment, so that programs which a test builds are changed too.
		cmd.Env = append(cmd.Env, "GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+` "-overlay=`+overlay+`"`))
	}
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return result{}, ctx.Err()
	}
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return result{}, fmt.Errorf("go test: %w", err)
	}
	return judge(string(out), err == nil), nil
}

var (
	failLine = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)
	hungLine = regexp.MustCompile(`(?m)^\s*running tests:\s+(\S+)`)
)

// judge reads what go test printed: which tests failed, in their order, the inner ones for
// the outer.
func judge(out string, ok bool) result {
	res := result{built: true, out: out}
	switch {
	case ok:
		return res
	case strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]"):
		res.built = false
		return res
	}
	for _, m := range failLine.FindAllStringSubmatch(out, -1) {
		if n := len(res.failed); n > 0 && strings.HasPrefix(m[1], res.failed[n-1]+"/") {
			res.failed[n-1] = m[1]
		} else {
			res.failed = append(res.failed, m[1])
		}
	}
	if m := hungLine.FindStringSubmatch(out); m != nil {
		res.failed = append(res.failed, m[1]+" (hung)")
	}
	if len(res.failed) == 0 {
		res.failed = []string{"the tests ended early"}
	}
	return res
}
