// Command mutants breaks the sync on purpose, one promise at a time, and looks whether the
// tests that should notice do. A test that never failed proves little; each entry of the list
// is a mistake that somebody could make, and names the tests that must fail on it.
//
// The files of the project are not touched: a changed copy of one file takes its place by
// Go's -overlay flag.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	only := flag.String("only", "", "try these alone, separated by commas")
	list := flag.Bool("list", false, "say what each mutant breaks, and try none")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *only, *list); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, only string, list bool) error {
	chosen, err := choose(mutants(), only)
	if err != nil {
		return err
	}
	if list {
		for _, m := range chosen {
			fmt.Printf("%-*s %s\n", nameWidth, m.name, m.promise)
		}
		return nil
	}
	root, err := projectRoot()
	if err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "sodanvan-mutants-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	w := &workshop{root: root, temp: temp, all: chosen, red: map[string][]string{}}
	begun := time.Now()
	fmt.Printf("%-*s %-*s %s\n", nameWidth, "mutant", nameWidth, "caught by", "seconds")
	missed := 0
	for _, m := range chosen {
		start := time.Now()
		v, err := w.try(ctx, m)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		fmt.Printf("%-*s %-*s %7.1f\n", nameWidth, m.name, nameWidth, v.text, time.Since(start).Seconds())
		if !v.caught {
			missed++
			fmt.Printf("    %s\n", m.promise)
			if v.detail != "" {
				fmt.Printf("    %s\n", v.detail)
			}
		}
	}
	fmt.Printf("%d mutants, %d not caught, %s\n", len(chosen), missed, time.Since(begun).Round(time.Second))
	switch {
	case missed > 0:
		return fmt.Errorf("%d of %d mutants are not caught", missed, len(chosen))
	case w.sawRed():
		return errors.New("some of the tests fail without any change")
	}
	return nil
}

const nameWidth = 46

// choose gives the mutants with these names; all where none is named.
func choose(all []mutant, only string) (chosen []mutant, err error) {
	if only == "" {
		return all, nil
	}
	for _, name := range strings.Split(only, ",") {
		i := slices.IndexFunc(all, func(m mutant) bool { return m.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no mutant is called %q; -list names them", name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// projectRoot is the folder of the go.mod above the working directory.
func projectRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		above := filepath.Dir(dir)
		if above == dir {
			return "", errors.New("run this inside of the project")
		}
		dir = above
	}
}
