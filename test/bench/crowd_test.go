package bench

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/seal"
	"sodanvan/test/probe"
)

const (
	// places bounds how many phones have a line at one time.
	places = 200
	// rushPhones, of a large commune, send their day's work within rushTime.
	rushPhones = 566
	rushTime   = time.Minute
)

// visitTimes tells how the sync of one phone went.
type visitTimes struct {
	// safe is when the acks of its changes were there, done when it had all: both from when it
	// first wanted to sync. lines is the time of its calls alone, without waiting for a turn.
	safe, done, lines time.Duration
	calls, held       int
	rows              int
	err               error
}

// BenchmarkDistrict prints what a district's phones cost one server; its own number means
// nothing. PHONES and RUSH make it smaller.
func BenchmarkDistrict(b *testing.B) {
	phones, rush := size(b, "PHONES", 10_000), size(b, "RUSH", rushPhones)
	for b.Loop() {
		start := time.Now()
		d := newDistrict(b, phones)
		rush = min(rush, len(d.settled))
		fmt.Printf("\n%d branches of %d members, %d households each; %d rows written in %s; server and phones share %d processors\n\n",
			len(d.branches), branchMembers, householdsEach, d.rows, time.Since(start).Round(time.Second), runtime.NumCPU())
		fmt.Printf("%-40s %8s %8s %8s %8s %8s %8s %8s %8s\n", "", "s", "p50 ms", "p99 ms", "line p50", "line p99", "CPU s", "phones", "peak MB")
		r := rand.New(rand.NewPCG(seed, 3))

		now := func(int) time.Duration { return 0 }
		first := d.together(fmt.Sprintf("%d first syncs", len(d.fresh)), d.fresh, now, func(*visitor) [][]byte { return nil })
		d.check(first, filled)

		work := func(v *visitor) [][]byte { return v.day(d.categories, r) }
		spread := make([]time.Duration, rush)
		for i := range spread {
			spread[i] = time.Duration(r.Int64N(int64(rushTime)))
		}
		minute := d.together(fmt.Sprintf("%d days' work in a minute", rush), d.settled[:rush], func(i int) time.Duration { return spread[i] }, work)
		d.check(minute, stored)
		trace := d.strace()
		atOnce := d.together(fmt.Sprintf("%d at once, under strace", rush), d.settled[:rush], now, work)
		d.check(atOnce, stored)
		syncs := trace()

		fmt.Printf("\nfirst syncs: %d calls, %d of them told to come back; %d rows a phone (median)\n", sum(first.all, func(t visitTimes) int { return t.calls }),
			sum(first.all, func(t visitTimes) int { return t.held }), middle(first.all, func(t visitTimes) int { return t.rows }, 50))
		minute.acked("in a minute")
		atOnce.acked("at once")
		fmt.Printf("at once: %d fsync and fdatasync calls for the work of %d phones (strace -c, under which times do not count)\n\n", syncs, rush)
		d.Stop()
	}
}

// crowd is what a crowd of phones met.
type crowd struct {
	phones []*visitor
	all    []visitTimes
}

// acked says when a day's work was safe: its acks never wait for a turn, the rows may.
func (c crowd) acked(name string) {
	safe := func(t visitTimes) int { return int(t.safe.Milliseconds()) }
	fmt.Printf("%s: acks of the day's work after %d ms (p50), %d ms (p99); %d calls, %d told to come back for rows\n", name,
		middle(c.all, safe, 50), middle(c.all, safe, 99),
		sum(c.all, func(t visitTimes) int { return t.calls }), sum(c.all, func(t visitTimes) int { return t.held }))
}

// together lets phones sync, each from its time on, and prints a line about them. Changes
// are made before the clock starts.
func (d *district) together(name string, phones []*visitor, from func(int) time.Duration, work func(*visitor) [][]byte) crowd {
	d.b.Helper()
	ops := make([][][]byte, len(phones))
	for i, v := range phones {
		ops[i] = work(v)
	}
	c := crowd{phones, make([]visitTimes, len(phones))}
	lines := make(chan struct{}, places)
	d.forgetPeak()
	server, own := cpu(d.b, d.Process.PID()), ownCPU()
	start := time.Now()
	var all sync.WaitGroup
	for i, v := range phones {
		all.Go(func() {
			time.Sleep(from(i) - time.Since(start))
			c.all[i] = v.sync(lines, ops[i])
		})
	}
	all.Wait()
	ms := func(t time.Duration) int { return int(t.Milliseconds()) }
	done, line := func(t visitTimes) int { return ms(t.done) }, func(t visitTimes) int { return ms(t.lines) }
	fmt.Printf("%-40s %8.1f %8d %8d %8d %8d %8.1f %8.1f %8d\n", name, time.Since(start).Seconds(), middle(c.all, done, 50), middle(c.all, done, 99),
		middle(c.all, line, 50), middle(c.all, line, 99), (cpu(d.b, d.Process.PID()) - server).Seconds(), (ownCPU() - own).Seconds(), d.peak()>>20)
	return c
}

// check ends the benchmark unless every phone ended well.
func (d *district) check(c crowd, well func(*visitor, visitTimes) error) {
	d.b.Helper()
	for i, t := range c.all {
		if err := cmp.Or(t.err, well(c.phones[i], t)); err != nil {
			d.b.Fatalf("phone %d, %d calls: %v", i, t.calls, err)
		}
	}
}

// filled: a keeper's phone got the whole book.
func filled(v *visitor, t visitTimes) error {
	if v.want != 0 && t.rows != v.want {
		return fmt.Errorf("%d rows of %d", t.rows, v.want)
	}
	return nil
}

// stored: all of a phone's changes were.
func stored(v *visitor, _ visitTimes) error {
	for n := v.Confirmed + 1; n <= v.Last; n++ {
		if a := v.Acks[n]; a.GetResult() != pb.Result_RESULT_STORED {
			return fmt.Errorf("change %d: %s, %s", n, a.GetResult(), a.GetRefusal().GetRule())
		}
	}
	v.Confirmed = v.Last
	return nil
}

// sync is one sync of a phone, on a connection of its own. Whoever is told to come back hangs
// up until then, as a phone that sleeps does; the time of waiting counts.
func (v *visitor) sync(lines chan struct{}, ops [][]byte) (t visitTimes) {
	start := time.Now()
	fetching := len(ops) == 0
	defer func() {
		t.done, t.rows = time.Since(start), len(v.Rows)
		if fetching {
			v.Rows = nil // ten thousand books are more than this machine holds
		}
	}()
	for {
		lines <- struct{}{}
		wait, err := v.talk(&t, start, &ops)
		<-lines
		if err != nil || wait == 0 {
			t.err = err
			return t
		}
		t.held++
		time.Sleep(wait)
	}
}

// talk calls until the phone has everything, or is told to come back.
func (v *visitor) talk(t *visitTimes, start time.Time, ops *[][]byte) (wait time.Duration, err error) {
	tr := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: seal.ClientTLS(v.Pins), DialContext: (&net.Dialer{}).DialContext}
	defer tr.CloseIdleConnections()
	v.Line = &probe.Line{Client: &http.Client{Transport: tr, Timeout: 2 * time.Minute}}
	for {
		before := time.Now()
		out, err := v.Try(*ops...)
		t.lines += time.Since(before)
		t.calls++
		if err != nil {
			return 0, err
		}
		if len(*ops) > 0 {
			*ops, t.safe = nil, time.Since(start)
		}
		if s := out.GetRetryAfterS(); s > 0 {
			return time.Duration(s) * time.Second, nil
		}
		if !out.GetMore() && out.GetView() == nil && len(v.Filling) == 0 {
			return 0, nil
		}
	}
}

// middle is the p-th percentile of a number.
func middle(all []visitTimes, of func(visitTimes) int, p int) int {
	var ns []int
	for _, t := range all {
		ns = append(ns, of(t))
	}
	slices.Sort(ns)
	return ns[(len(ns)-1)*p/100]
}

func sum(all []visitTimes, of func(visitTimes) int) (n int) {
	for _, t := range all {
		n += of(t)
	}
	return n
}

func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // it cannot fail for oneself
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func (d *district) proc(name string) string {
	return filepath.Join("/proc", strconv.Itoa(d.Process.PID()), name)
}

// peak is the most memory that the server has had since forgetPeak, in bytes.
func (d *district) peak() int64 {
	d.b.Helper()
	status, err := os.ReadFile(d.proc("status"))
	if err != nil {
		d.b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.ParseInt(strings.Fields(kb)[0], 10, 64)
			if err != nil {
				d.b.Fatal(err)
			}
			return n << 10
		}
	}
	d.b.Fatal("no VmHWM")
	return 0
}

// forgetPeak lets the kernel count the peak anew.
func (d *district) forgetPeak() {
	d.b.Helper()
	if err := os.WriteFile(d.proc("clear_refs"), []byte("5"), 0); err != nil {
		d.b.Fatal(err)
	}
}

// strace counts the server's calls of fsync and fdatasync until the function that it
// returns is called.
func (d *district) strace() (stop func() int) {
	d.b.Helper()
	path := filepath.Join(d.b.TempDir(), "syncs")
	cmd := exec.Command("strace", "-f", "-c", "-e", "trace=fsync,fdatasync", "-o", path, "-p", strconv.Itoa(d.Process.PID()))
	told, err := cmd.StderrPipe()
	if err != nil {
		d.b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		d.b.Fatalf("strace: %v (scripts/setup installs it)", err)
	}
	// It says so once it is attached.
	if _, err := told.Read(make([]byte, 1)); err != nil {
		d.b.Fatalf("strace: %v", err)
	}
	return func() (n int) {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait() // it reports the signal
		table, err := os.ReadFile(path)
		if err != nil {
			d.b.Fatal(err)
		}
		for line := range strings.Lines(string(table)) {
			f := strings.Fields(line)
			if len(f) < 5 || f[len(f)-1] != "fsync" && f[len(f)-1] != "fdatasync" {
				continue
			}
			calls, err := strconv.Atoi(f[3])
			if err != nil {
				d.b.Fatalf("strace: %q", line)
			}
			n += calls
		}
		return n
	}
}
