package bench

import (
	"context"
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"

	"sodanvan/shared/book"
	pb "sodanvan/shared/gen/sodanvan/v1"
	"sodanvan/shared/lww"
	"sodanvan/shared/seal"
	"sodanvan/syncserver/importer"
	"sodanvan/syncserver/registry"
	"sodanvan/test/probe"
)

func TestMain(m *testing.M) {
	os.Exit(probe.Main(m))
}

const (
	rounds     = 5
	manyRows   = 10_000
	households = 100
	members    = 10
)

// wire counts the bytes of a phone's connections, TLS included.
type wire struct{ up, down, calls atomic.Int64 }

type counted struct {
	net.Conn
	w *wire
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.w.down.Add(int64(n))
	return n, err
}

func (c counted) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.w.up.Add(int64(n))
	return n, err
}

func (w *wire) take() (up, down, calls float64) {
	return float64(w.up.Swap(0)), float64(w.down.Swap(0)), float64(w.calls.Swap(0))
}

type rounder struct {
	http.RoundTripper
	w *wire
}

func (r rounder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.w.calls.Add(1)
	return r.RoundTripper.RoundTrip(req)
}

// count puts the phone on a counted connection; its TLS stays pinned.
func count(p *probe.Phone) *wire {
	w := &wire{}
	cfg := seal.ClientTLS(p.Pins)
	cfg.NextProtos = []string{"h2"}
	tr := &http.Transport{ForceAttemptHTTP2: true, DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		raw, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		c := tls.Client(counted{raw, w}, cfg)
		return c, c.HandshakeContext(ctx)
	}}
	p.Line.Client = &http.Client{Transport: rounder{tr, w}, Timeout: time.Minute}
	p.Packed, p.Brief = true, true
	return w
}

func cpu(b *testing.B, pid int) time.Duration {
	b.Helper()
	// The kernel's clock of another process (clock_getcpuclockid); /proc counts in steps of 10 ms.
	var at unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|2), &at); err != nil {
		b.Fatal(err)
	}
	return time.Duration(at.Nano())
}

// roster is one branch whose members look after ten households each.
func roster() *importer.Roster {
	br := importer.Branch{Key: "bench", Name: "Chi bộ Mẫu"}
	for m := range members {
		office := ""
		if m == 0 {
			office = importer.OfficeSecretary
		}
		name := fmt.Sprintf("Đảng viên %02d", m)
		br.Members = append(br.Members, importer.Member{Key: name, Name: name, Office: office})
		for h := range households / members {
			br.Households = append(br.Households, importer.Household{Key: fmt.Sprint(m, "/", h), HouseholdFields: importer.HouseholdFields{
				Head: fmt.Sprintf("Chủ hộ %d-%d", m, h), Hamlet: "Xóm Đình", Address: fmt.Sprint("số ", h), Size: 4, Phone: "0912345678", Member: name}})
		}
	}
	return &importer.Roster{Branches: []importer.Branch{br}}
}

type run struct {
	push, pull                time.Duration
	pushUp, pushDown          float64
	pullUp, pullDown          float64
	pushCPU, pullCPU          time.Duration
	oneUp, oneDown, oneCalls  float64
	newBytes, newCalls        float64
	newCPU                    time.Duration
	newRows                   int
	floor, each, call, digest time.Duration
}

// categoryIDs are the ids of the topics, the same in every run.
func categoryIDs() []book.ID {
	r := readerOf(rand.New(rand.NewPCG(seed, 2)))
	out := make([]book.ID, len(topics))
	for i := range out {
		out[i] = book.NewID(1_780_000_000_000+int64(i), r)
	}
	return out
}

// BenchmarkSync prints the table; its own number means nothing.
func BenchmarkSync(b *testing.B) {
	categories := categoryIDs()
	var runs []run
	var asJSON, best float64
	for b.Loop() {
		for range rounds {
			got, vs := once(b, categories)
			runs = append(runs, got)
			asJSON, best = weigh(vs)
		}
	}
	print(runs, asJSON, best)
}

// desk is a server with one branch, its secretary's phone on a counted connection, and the
// set as changes that are not sent yet.
type desk struct {
	*probe.Server
	people []registry.Person
	writer *probe.Phone
	wire   *wire
	visits []visit
	ops    [][]byte
}

func openDesk(b *testing.B, categories []book.ID) *desk {
	b.Helper()
	d := &desk{Server: probe.StartProcess(b, probe.Options{})}
	if _, err := d.Registry.ImportRoster(context.Background(), roster(), "Xã Mẫu", false); err != nil {
		b.Fatal(err)
	}
	var err error
	if d.people, err = d.Registry.People(context.Background()); err != nil {
		b.Fatal(err)
	}
	// One writer looks after all the households, as in the floor: the secretary's own.
	d.writer = d.Phone(b, d.people[0].ID)
	d.wire = count(d.writer)
	d.writer.Holder = func(p *pb.Patch) *pb.Holder {
		return &pb.Holder{Kind: pb.HolderKind_HOLDER_KIND_HOUSEHOLD.Enum(), Id: p.GetEnvelope().GetSubject()}
	}
	d.writer.Page = 1 << 20
	d.writer.Sync()
	var consents [][]byte
	mine := mineOf(d.writer)
	for _, h := range mine {
		consents = append(consents, d.writer.Consent(h, pb.Purpose_PURPOSE_KEEP))
	}
	d.writer.Sync(consents...)
	d.visits = makeVisits(manyRows, mine, []book.ID{d.writer.Member})
	d.ops = make([][]byte, len(d.visits))
	for i, v := range d.visits {
		d.ops[i] = d.writer.Bytes(probe.Change{Kind: pb.Kind_KIND_VISIT, ID: v.ID, Subject: v.Household, Create: true, Set: v.message(categories)})
	}
	return d
}

// push sends the set as a phone does, and ends the benchmark unless all of it was stored.
func (d *desk) push(b *testing.B) (took, cpuTime time.Duration, up, down float64) {
	b.Helper()
	const callOps = 2500
	d.wire.take()
	before := cpu(b, d.Process.PID())
	start := time.Now()
	for part := range slices.Chunk(d.ops, callOps) {
		if _, err := d.writer.Try(part...); err != nil {
			b.Fatal(err)
		}
	}
	took = time.Since(start)
	cpuTime = cpu(b, d.Process.PID()) - before
	up, down, _ = d.wire.take()
	for n := d.writer.Last - manyRows + 1; n <= d.writer.Last; n++ {
		if d.writer.Acks[n].GetResult() != pb.Result_RESULT_STORED {
			b.Fatalf("op %d: %v", n, d.writer.Acks[n])
		}
	}
	return took, cpuTime, up, down
}

// pull gives a new phone of the same person all of it.
func (d *desk) pull(b *testing.B) (took, cpuTime time.Duration, up, down float64) {
	b.Helper()
	reader := d.Phone(b, d.people[0].ID)
	w := count(reader)
	reader.Page = 1 << 20
	before := cpu(b, d.Process.PID())
	start := time.Now()
	reader.Sync()
	took = time.Since(start)
	cpuTime = cpu(b, d.Process.PID()) - before
	up, down, _ = w.take()
	if n := reader.Count(pb.Kind_KIND_VISIT); n != manyRows {
		b.Fatalf("pulled %d visits", n)
	}
	return took, cpuTime, up, down
}

func once(b *testing.B, categories []book.ID) (run, []visit) {
	var out run
	s := openDesk(b, categories)
	defer s.Stop()
	vs, writer, w := s.visits, s.writer, s.wire
	var up, down float64
	out.push, out.pushCPU, up, down = s.push(b)
	out.pushUp, out.pushDown = up/manyRows, down/manyRows

	writer.Brief = false
	writer.Sync()
	if wrong := writer.Equal(); wrong != "" {
		b.Fatal(wrong)
	}
	writer.Brief = true

	out.pull, out.pullCPU, up, down = s.pull(b)
	out.pullUp, out.pullDown = up/manyRows, down/manyRows

	// One changed row: the writer edits a note; a warm connection carries it up, and the
	// merged row comes back in the same round trip.
	writer.Sync()
	edit := writer.Bytes(probe.Change{Kind: pb.Kind_KIND_VISIT, ID: vs[7].ID, Set: &pb.Visit{Note: proto.String("Đã hẹn lại sau vụ gặt.")}})
	writer.Page = 0
	w.take()
	if _, err := writer.Try(edit); err != nil {
		b.Fatal(err)
	}
	out.oneUp, out.oneDown, out.oneCalls = w.take()

	// A new phone of a member with 600 rows: ten households and what was said there.
	small := s.Phone(b, s.people[1].ID)
	small.Sync()
	var few [][]byte
	hs := mineOf(small)
	for _, h := range hs {
		few = append(few, small.Consent(h, pb.Purpose_PURPOSE_KEEP))
	}
	for _, v := range makeVisits(600-len(small.Rows)-len(few), hs, []book.ID{small.Member}) {
		v.ID[15] ^= 0xff // the seed is the same: other ids than above
		few = append(few, small.Bytes(probe.Change{Kind: pb.Kind_KIND_VISIT, ID: v.ID, Subject: v.Household, Create: true, Set: v.message(categories)}))
	}
	small.Sync(few...)
	fresh := s.Phone(b, s.people[1].ID)
	fw := count(fresh)
	fresh.Page = 256 << 10
	before := cpu(b, s.Process.PID())
	fresh.Sync()
	out.newCPU = cpu(b, s.Process.PID()) - before
	up, down, calls := fw.take()
	out.newBytes, out.newCalls, out.newRows = up+down, calls, len(fresh.Rows)

	out.floor = floor(b, vs, categories, false, false, false)
	out.each = floor(b, vs, categories, true, false, false)
	out.call = floor(b, vs, categories, false, true, false)
	out.digest = floor(b, vs, categories, false, true, true)
	return out, vs
}

// mineOf lists the households that the phone's member looks after.
func mineOf(p *probe.Phone) (out []book.ID) {
	for id, row := range p.Rows {
		if row.GetEnvelope().GetKind() != pb.Kind_KIND_HOUSEHOLD {
			continue
		}
		var h pb.Household
		if _, err := lww.Decode(row.GetBody(), &h); err != nil {
			p.T.Fatal(err)
		}
		if string(h.GetMember()) == string(p.Member[:]) {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, func(a, b book.ID) int { return slices.Compare(a[:], b[:]) })
	return out
}

func median[R any, T int | float64 | time.Duration](runs []R, of func(R) T) T {
	var all []T
	for _, r := range runs {
		all = append(all, of(r))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func print(runs []run, asJSON, best float64) {
	seconds := func(of func(run) time.Duration) float64 { return median(runs, of).Seconds() }
	base := seconds(func(r run) time.Duration { return r.floor })
	fmt.Printf("\n%d visits, seed %d: %.0f B a row as JSON, %.0f B at zstd's best; medians of %d rounds\n\n", manyRows, seed, asJSON, best, len(runs))
	fmt.Printf("%-46s %10s %12s %12s\n", "", "s", "x floor", "budget")
	line := func(name string, of func(run) time.Duration, budget string) {
		v := seconds(of)
		fmt.Printf("%-46s %10.3f %12.2f %12s\n", name, v, v/base, budget)
	}
	line("floor: upserts, fsync per 500", func(r run) time.Duration { return r.floor }, "")
	line("  and a log row an op", func(r run) time.Duration { return r.each }, "")
	line("  and a log row a call", func(r run) time.Duration { return r.call }, "")
	line("  and a log row a call and a digest a holder", func(r run) time.Duration { return r.digest }, "")
	line("push 10,000", func(r run) time.Duration { return r.push }, "0.8")
	line("  server's processor time", func(r run) time.Duration { return r.pushCPU }, "")
	line("pull 10,000", func(r run) time.Duration { return r.pull }, "0.8")
	line("  server's processor time", func(r run) time.Duration { return r.pullCPU }, "")
	fmt.Printf("\n%-46s %10s %10s %14s\n", "bytes on the wire, TLS included", "up", "down", "budget")
	fmt.Printf("%-46s %10.1f %10.1f %14s\n", "a row in push", median(runs, func(r run) float64 { return r.pushUp }), median(runs, func(r run) float64 { return r.pushDown }), "105")
	fmt.Printf("%-46s %10.1f %10.1f %14s\n", "a row in pull", median(runs, func(r run) float64 { return r.pullUp }), median(runs, func(r run) float64 { return r.pullDown }), "105")
	fmt.Printf("%-46s %10.0f %10.0f %14s (%.0f round trip)\n", "one changed row, warm connection", median(runs, func(r run) float64 { return r.oneUp }), median(runs, func(r run) float64 { return r.oneDown }), "400 in all", median(runs, func(r run) float64 { return r.oneCalls }))
	fmt.Printf("\na new phone, %d rows: %.0f round trips (budget 2), %.0f KB (65), %d ms of the server's processor (25)\n\n",
		median(runs, func(r run) int { return r.newRows }), median(runs, func(r run) float64 { return r.newCalls }),
		median(runs, func(r run) float64 { return r.newBytes })/1000, median(runs, func(r run) time.Duration { return r.newCPU }).Milliseconds())
}
