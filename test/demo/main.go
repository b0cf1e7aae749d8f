// Command demo plays the whole loop with real processes: a roster is imported, a server
// runs with TLS on loopback, a secretary and two members have a book each on disk. What
// happens is printed as a timeline with the receipts that each of them sees; at the end a
// checker that shares none of the app's code opens every database, calls the API as a
// second client, and fails where they do not hold what the timeline said.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "\nDỪNG:", err)
		var out *exec.ExitError
		if errors.As(err, &out) && len(out.Stderr) > 0 {
			fmt.Fprintln(os.Stderr, strings.TrimSpace(string(out.Stderr)))
		}
		os.Exit(1)
	}
}

// roster is an invented town's list; it stands in the project, so the demo needs nothing else.
const roster = "syncserver/importer/testdata/roster-nhu-quynh.xlsx"

func run(ctx context.Context) error {
	if _, err := os.Stat(roster); err != nil {
		return fmt.Errorf("chạy lệnh này ở thư mục gốc của dự án: %w", err)
	}
	dir, err := os.MkdirTemp("", "sodanvan-demo-")
	if err != nil {
		return err
	}
	s := &stage{ctx: ctx, dir: dir, server: filepath.Join(dir, "syncserver"), book: filepath.Join(dir, "book"), data: filepath.Join(dir, "may-chu")}
	defer func() {
		s.stopServer()
		os.RemoveAll(dir)
	}()
	for _, b := range [][2]string{{s.server, "./syncserver"}, {s.book, "./app/book"}} {
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", b[0], b[1]).CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", b[1], err, out)
		}
	}
	told, err := play(s)
	if err != nil {
		return err
	}
	if err := check(s, told); err != nil {
		return err
	}
	return windows(s, told)
}
