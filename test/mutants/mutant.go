package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// mutant is one deliberate breakage.
type mutant struct {
	name string
	// promise says what it breaks, in one sentence.
	promise string
	edits   []edit
	// tests must catch it: one of them has to fail.
	tests []command
}

// edit replaces a text that occurs once in a file.
type edit struct{ file, old, new string }

// command runs some tests of a package.
type command struct {
	pkg   string
	tests []string
	flags string
}

// drawing packages have properties that are tried on drawn values. A failing one leaves no
// file in the project, and is not made smaller: that it fails is all that is asked.
var drawing = []string{"app/store", "app/syncing", "shared/hlc", "shared/lww", "shared/wire"}

const drawFlags = "-rapid.nofailfile -rapid.shrinktime=0s"

// in names tests of a package.
func in(pkg string, tests ...string) command {
	c := command{pkg: pkg, tests: tests}
	if slices.Contains(drawing, pkg) {
		c.flags = drawFlags
	}
	return c
}

// simulated runs towns from so many seeds.
func simulated(seeds int) command {
	return command{"test/simulation", []string{"TestSeeds"}, fmt.Sprintf("-seeds %d", seeds)}
}

func (c command) pattern() string { return "^(" + strings.Join(c.tests, "|") + ")$" }

// key names what is run together: a package with its flags.
func (c command) key() string {
	return strings.TrimSuffix(strings.TrimSpace(c.pkg+" "+c.flags), " "+drawFlags)
}

// mutants is the whole list.
func mutants() []mutant {
	return slices.Concat(ofMerging(), ofThePhone(), ofTheEngine(), ofTheServer(), ofTheDesk(), ofRestoring(), ofErasing())
}

// applyError: a mutant that does not fit the code any more.
type applyError struct {
	file  string
	times int
}

func (e *applyError) Error() string {
	return fmt.Sprintf("the old text occurs %d times in %s, not once", e.times, e.file)
}

// changed gives the changed files of a mutant, by their paths below root. The error is an
// *applyError, or says that a file cannot be read or does not parse any more.
func (m mutant) changed(root string) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, e := range m.edits {
		text, ok := out[e.file]
		if !ok {
			b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(e.file)))
			if err != nil {
				return nil, fmt.Errorf("read: %w", err)
			}
			text = b
		}
		if n := strings.Count(string(text), e.old); n != 1 {
			return nil, &applyError{e.file, n}
		}
		out[e.file] = []byte(strings.Replace(string(text), e.old, e.new, 1))
	}
	for file, text := range out {
		if _, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution); err != nil {
			return nil, fmt.Errorf("changed file: %w", err)
		}
	}
	return out, nil
}
