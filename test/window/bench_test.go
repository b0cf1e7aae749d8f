package window_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sodanvan/app/notebook"
	nt "sodanvan/app/notebook/notebooktest"
	"sodanvan/app/words"
	"sodanvan/shared/seal"
	"sodanvan/test/window"
)

// filled makes a book of so many records behind a PIN that costs what it costs a user.
func filled(b *testing.B, owner notebook.ID, households, visits, petitions int) (dir, pinFile string) {
	branch := nt.NewBranch(b)
	branch.Fill(nt.Binh, households, visits, petitions)
	dir = filepath.Join(b.TempDir(), "book")
	n := branch.Empty(owner, dir)
	if _, err := n.Sync(b.Context()); err != nil {
		b.Fatal(err)
	}
	n.Close()
	o := branch.Options(dir)
	o.PIN = seal.Params{} // the app's own
	n, err := notebook.Open(b.Context(), o, nt.PIN)
	if err != nil {
		b.Fatal(err)
	}
	if err := n.ChangePIN(b.Context(), pin); err != nil {
		b.Fatal(err)
	}
	n.Close()
	pinFile = filepath.Join(b.TempDir(), "pin")
	if err := os.WriteFile(pinFile, []byte(pin), 0o600); err != nil {
		b.Fatal(err)
	}
	return dir, pinFile
}

func benchApp(b *testing.B) (*window.Display, string) {
	app := filepath.Join(b.TempDir(), "app")
	if err := window.Build(b.Context(), app, false, false); err != nil {
		b.Fatal(err)
	}
	d, err := window.OpenDisplay(1100, 800)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(d.Close)
	return d, app
}

// megabytes is the resident memory of a process.
func megabytes(b *testing.B, pid int) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kb, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		b.Fatal(err)
	}
	return float64(kb) / 1024
}

// BenchmarkWindowStart is the time from starting the process to a list that can be tapped,
// the PIN's guess and the window included, without a graphics card; and the memory then.
// "empty" is the floor: the same process up to its first screen, without a book.
func BenchmarkWindowStart(b *testing.B) {
	d, app := benchApp(b)
	run := func(b *testing.B, want string, args ...string) {
		var took time.Duration
		var rss float64
		rounds := 0
		for b.Loop() {
			began := time.Now()
			a, err := d.Start(window.Launch{Name: "start", Binary: app, Args: args, W: 1100, H: 800})
			if err != nil {
				b.Fatal(err)
			}
			if err := a.Wait(want); err != nil {
				b.Fatal(err)
			}
			took += time.Since(began)
			rss += megabytes(b, a.PID())
			rounds++
			a.Kill()
		}
		b.ReportMetric(took.Seconds()/float64(rounds), "s/start")
		b.ReportMetric(rss/float64(rounds), "MB")
	}
	b.Run("empty", func(b *testing.B) { run(b, words.JoinBegin, "--book", filepath.Join(b.TempDir(), "none")) })
	for _, c := range []struct {
		name                          string
		owner                         notebook.ID
		households, visits, petitions int
	}{{"member3000", nt.Binh, 40, 70, 4}, {"secretary60000", nt.Hoa, 800, 70, 4}} {
		dir, pinFile := filled(b, c.owner, c.households, c.visits, c.petitions)
		want := "Nguyễn Văn A0"
		if c.owner == nt.Hoa {
			want = "Phạm An" // her own household
		}
		b.Run(c.name, func(b *testing.B) { run(b, want, "--book", dir, "--pin-file", pinFile) })
	}
}

// BenchmarkWindowMemory is the resident memory at the start and after 200 changes of screen.
func BenchmarkWindowMemory(b *testing.B) {
	d, app := benchApp(b)
	dir, pinFile := filled(b, nt.Binh, 40, 70, 4)
	for b.Loop() {
		a, err := d.Start(window.Launch{Name: "memory", Binary: app, Args: []string{"--book", dir, "--pin-file", pinFile}, W: 390, H: 800})
		if err != nil {
			b.Fatal(err)
		}
		if err := a.Wait("Nguyễn Văn A0"); err != nil {
			b.Fatal(err)
		}
		start := megabytes(b, a.PID())
		for i := range 50 {
			for _, step := range []string{[]string{"Nguyễn Văn A0", "Nguyễn Văn A26", "Trần Thị Lan"}[i%3], words.Back, words.TabTasks, words.TabHouseholds} {
				if err := a.Tap(step); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(start, "MB-start")
		b.ReportMetric(megabytes(b, a.PID()), "MB-after-200")
		a.Kill()
	}
}
